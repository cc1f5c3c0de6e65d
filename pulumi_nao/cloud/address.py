"""Addresses of servers: which a key may be sent to, and when two are the same."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

PUBLIC_SERVER = "https://www.nao-cloud.com"

_DEFAULT_PORTS = {"http": 80, "https": 443}
_LONGEST_URL = 2000
_LONGEST_NAME = 253
_HOST_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9_-]{1,63}(?<!-))*")
# Resolvers read such a name as an address in a short form: 127.1, 2130706433, 0x7f.1.
_ENDS_IN_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")
_MALFORMED = "the URL is malformed; write it like https://nao.example.com"
# Brackets hold an IPv6 address, with nothing but a port beside them: urlsplit drops other text there without a word.
_BRACKETS = re.compile(r"[^\[\]]*|(?:[^\[\]]*@)?\[[^\[\]]+\](?::.*)?", re.DOTALL)
_PATH = re.compile(r"(?:/(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+)*")
_DOTS = re.compile(r"(?:\.|%2e){1,2}", re.IGNORECASE)


def canonical_server(url: str) -> str:
    """Bring a server's URL into the form in which two are compared.

    Scheme and host in lower case, no default port, no trailing slash. A path is kept: a server may live under one.
    Raises `ValueError` for what a key must not be sent to, without repeating the URL: it may hold a password.
    """
    parts = _split(url)
    port = parts.port
    if port == 0:
        raise ValueError("the URL's port must be from 1 to 65535")
    name = parts.hostname or ""
    host = _canonical_address(name) if "[" in parts.netloc else _canonical_host(name)
    if parts.scheme == "http" and not is_loopback(host):
        raise ValueError("plain http would show the key to the network; use https (http is for loopback only)")
    where = f"[{host}]" if ":" in host else host
    if port is not None and port != _DEFAULT_PORTS[parts.scheme]:
        where += f":{port}"
    return f"{parts.scheme}://{where}{_canonical_path(parts.path)}"


def is_loopback(host: str) -> bool:
    """Tell whether a host, without brackets, is this machine."""
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    # Pythons from 3.13 on call a mapped 127.0.0.1 loopback, older ones do not; here it never is.
    return address.is_loopback and not getattr(address, "ipv4_mapped", None)


def _split(url: object) -> SplitResult:
    if not isinstance(url, str):
        raise ValueError("the URL must be text, like https://nao.example.com")  # noqa: TRY004 - as documented
    if len(url) > _LONGEST_URL:
        raise ValueError(f"the URL is longer than {_LONGEST_URL} characters")
    if any(character.isspace() or not character.isprintable() for character in url):
        raise ValueError("the URL contains a space or a control character")
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises
    except ValueError:
        raise ValueError(_MALFORMED) from None
    if not _BRACKETS.fullmatch(parts.netloc):
        raise ValueError(_MALFORMED)
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise ValueError("the URL must begin with https:// and name a host, like https://nao.example.com")
    if parts.username is not None or parts.password is not None:
        raise ValueError("the URL must not contain a user name or a password")
    if "?" in url or "#" in url:
        raise ValueError("the URL must not contain a query or a fragment")
    return parts


def _canonical_host(host: str) -> str:
    try:
        name = host.removesuffix(".").encode("idna").decode("ascii").lower()
    except UnicodeError:
        name = ""
    if _ENDS_IN_NUMBER.fullmatch(name):
        try:
            return str(ipaddress.IPv4Address(name))
        except ValueError:
            raise ValueError("the URL's host is no IPv4 address; write four numbers, like 127.0.0.1") from None
    if len(name) > _LONGEST_NAME or not _HOST_NAME.fullmatch(name):
        raise ValueError("the URL's host is not a valid name")
    return name


def _canonical_address(host: str) -> str:
    try:
        address = ipaddress.IPv6Address(host)
    except ValueError:
        raise ValueError("the URL's host in brackets is no IPv6 address; write it like [::1]") from None
    if address.scope_id:
        raise ValueError("the URL's host has a zone, which other machines do not know")
    return str(address)


def _canonical_path(path: str) -> str:
    path = path.rstrip("/")
    if not _PATH.fullmatch(path) or any(_DOTS.fullmatch(part) for part in path.split("/")):
        raise ValueError("the URL's path has an empty part, dots for a folder, or a character to be written as %XX")
    return path
