"""What an account consists of: a server that a key may be sent to, and a key that can be sent."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

PUBLIC_SERVER = "https://www.nao-cloud.com"

_DEFAULT_PORTS = {"http": 80, "https": 443}


def canonical_server(url: str) -> str:
    """Bring a server's URL into the form in which two are compared.

    Scheme and host in lower case, no default port, no trailing slash. A path is kept: a server may live under one.

    Args:
        url: As configured.

    Raises:
        ValueError: It is no URL of a server that a key may be sent to. The message never repeats the URL, which may
            hold a password.
    """
    if any(character.isspace() or not character.isprintable() for character in url):
        raise ValueError("the URL contains a space or a control character")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("the URL is malformed; write it like https://nao.example.com") from None
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise ValueError("the URL must begin with https:// and name a host, like https://nao.example.com")
    if parts.username is not None or parts.password is not None:
        raise ValueError("the URL must not contain a user name or a password")
    if "?" in url or "#" in url:
        raise ValueError("the URL must not contain a query or a fragment")
    host = _canonical_host(parts.hostname)
    if parts.scheme == "http" and not is_loopback(host):
        raise ValueError("plain http would show the key to the network; use https (http is for loopback only)")
    where = f"[{host}]" if ":" in host else host
    if port is not None and port != _DEFAULT_PORTS[parts.scheme]:
        where += f":{port}"
    return f"{parts.scheme}://{where}{parts.path.rstrip('/')}"


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine.

    Args:
        host: A name or an address, without brackets.
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def key_problem(api_key: str) -> str:
    """Say what makes a key unusable, without repeating any of it; an empty text for a key that may be sent.

    Args:
        api_key: The key.
    """
    if not api_key.strip():
        return "it is empty"
    if api_key.lower().startswith("bearer "):
        return "it begins with `Bearer`; NAO Cloud wants the bare token"
    if api_key != api_key.strip():
        return "it begins or ends with white space, such as a line break"
    if not api_key.isascii() or not api_key.isprintable() or " " in api_key:
        return "it contains a character that no key has (a space, a line break, a letter outside ASCII)"
    return ""


def _canonical_host(host: str) -> str:
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        name = host.rstrip(".").encode("idna").decode("ascii").lower()
    except UnicodeError:
        name = ""
    if not name:
        raise ValueError("the URL's host is not a valid name")
    return name
