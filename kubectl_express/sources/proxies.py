"""Which proxy leads to an API server: the rules of Go's net/http, which kubectl follows."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from kubectl_express.errors import ExpressError

if TYPE_CHECKING:
    from collections.abc import Mapping


def from_environment(server: str, environ: Mapping[str, str]) -> str | None:
    """Return the proxy that HTTPS_PROXY or HTTP_PROXY name for the server's URL, or None.

    Loopback addresses and what NO_PROXY lists are reached directly (golang.org/x/net/http/httpproxy).
    """
    url = urlsplit(server)
    variable = f"{url.scheme}_proxy"
    proxy = environ.get(variable.upper()) or environ.get(variable)
    if not proxy or _direct(url.hostname or "", url.port or {"http": 80}.get(url.scheme, 443), environ):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def check(proxy: str, origin: str) -> str:
    """Return the proxy's URL if requests can go through it.

    Raises ExpressError naming the origin (where it was configured), never the URL, which may hold a password.
    """
    try:
        url = urlsplit(proxy)
        usable = bool(url.hostname) and (url.port is None or url.port > 0)
    except ValueError:
        raise ExpressError(f"{origin}: it is not a URL") from None
    if url.scheme == "socks5":
        raise ExpressError(f"{origin}: socks5 proxies are not supported; name an http or https proxy")
    if url.scheme not in ("http", "https"):
        raise ExpressError(f'{origin}: unsupported scheme "{url.scheme}", must be http or https')
    if not usable:
        raise ExpressError(f"{origin}: it names no host")
    return proxy


def _direct(host: str, port: int, environ: Mapping[str, str]) -> bool:
    address = _address(host)
    if host == "localhost" or (address and address.is_loopback):
        return True
    exceptions = environ.get("NO_PROXY") or environ.get("no_proxy") or ""
    return any(_matches(entry.strip().lower(), host, port, address) for entry in exceptions.split(","))


def _matches(entry: str, host: str, port: int, address: ipaddress.IPv4Address | ipaddress.IPv6Address | None) -> bool:
    if entry in ("", "*"):
        return entry == "*"
    if "/" in entry:
        return address is not None and _within(address, entry)
    if _address(entry) is None:
        name, colon, tail = entry.rpartition(":")
        if colon and tail.isdecimal():
            if int(tail) != port:
                return False
            entry = name.strip("[]")
    if (exact := _address(entry)) is not None:
        return exact == address
    entry = entry.removeprefix("*")
    return bool(entry) and (host == entry or host.endswith(entry if entry.startswith(".") else f".{entry}"))


def _within(address: ipaddress.IPv4Address | ipaddress.IPv6Address, network: str) -> bool:
    try:
        return address in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
