"""The proxy on the way to a server: the one that requests takes, and where it was set."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from requests.utils import get_environ_proxies, prepend_scheme_if_needed, select_proxy

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*")
_HOST = re.compile(r"[A-Za-z0-9._:-]+")


@dataclass(frozen=True)
class Proxy:
    url: str  # scheme, host and port; empty where its address cannot be told from a password
    source: str  # where it was set: `HTTPS_PROXY`

    def __str__(self) -> str:
        return f"the proxy {self.url} ({self.source})" if self.url else f"the proxy of {self.source}"


def proxy_for(server: str) -> Proxy | None:
    proxies = get_environ_proxies(server, no_proxy=None)
    address = select_proxy(server, proxies)
    if not address:
        return None
    scheme = urlsplit(server).scheme
    return Proxy(_shown(address), _source(scheme if proxies.get(scheme) else "all"))


def _shown(address: str) -> str:
    try:
        parts = urlsplit(prepend_scheme_if_needed(address, "http"))  # type: ignore[no-untyped-call]
        host, port = parts.hostname or "", parts.port
    except ValueError:  # also what urllib3 raises
        return ""
    # A slash or the like in a password ends the address before its `@`, and what is left looks like host and port.
    if "@" in parts.path + parts.query + parts.fragment or not (
        _SCHEME.fullmatch(parts.scheme) and _HOST.fullmatch(host)
    ):
        return ""
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{f':{port}' if port else ''}"


def _source(scheme: str) -> str:
    """Name the variable; one in lower case goes first."""
    wanted = f"{scheme}_proxy"
    found = sorted((name for name, value in os.environ.items() if name.lower() == wanted and value), reverse=True)
    return found[0] if found else "the system's settings"
