"""A connection pool to one API server, as one user."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from kubectl_express import __version__
from kubectl_express.sources.credentials import Credentials, authorization, header_value, impersonation
from kubectl_express.sources.tls import tls_context

if TYPE_CHECKING:
    from kubectl_express.core.values import Object
    from kubectl_express.sources.kubeconfig import Access

CONNECT_SECONDS = 30.0
"""kubectl's own limit for reaching a server."""
SILENCE_SECONDS = 90.0
"""How long an answer may be silent where --request-timeout sets nothing: the API server itself gives up after 60."""


@dataclass(frozen=True, slots=True)
class Connection:
    """An open pool: `target` goes before each path, `headers` with each request."""

    pool: Any
    target: str
    headers: tuple[tuple[str, str], ...]
    compressed: bool
    secrets: frozenset[str]
    """What proves who we are, as it is sent and as it was given: a server that repeats it is not to be quoted."""


def connect(access: Access, credentials: Credentials | None) -> Connection:
    """Return a pool of connections to the server; nothing is sent yet. Credentials go over TLS only, as kubectl's do.

    Raises ExpressError naming the setting that cannot be used.
    """
    import urllib3
    from urllib3.connection import HTTPConnection

    server = str(access.cluster["server"])
    headers = [("User-Agent", f"kubectl-express/{__version__}"), ("Accept", "application/json")]
    headers += impersonation(access.user)
    options: dict[str, Any] = {
        "maxsize": 16,
        "socket_options": [*HTTPConnection.default_socket_options, *_keep_alive()],
    }
    if credentials:
        options["ssl_context"] = tls_context(access.cluster, credentials.user)
        if "tls-server-name" in access.cluster:
            options["server_hostname"] = str(access.cluster["tls-server-name"])
        if value := authorization(credentials.user):
            headers.append(("Authorization", header_value(value, "the user's token")))
    urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    if access.proxy:
        manager: urllib3.PoolManager = urllib3.ProxyManager(
            access.proxy,
            proxy_headers=_proxy_headers(access.proxy),
            proxy_ssl_context=options.get("ssl_context"),
            **options,
        )
    else:
        manager = urllib3.PoolManager(**options)
    # A proxy for plain HTTP is given the whole address.
    target = urlsplit(server).path if credentials or not access.proxy else server
    compressed = not access.cluster.get("disable-compression")
    secrets = _secrets(credentials.user if credentials else {}, access.proxy)
    return Connection(manager.connection_from_url(server), target, tuple(headers), compressed, secrets)


def _secrets(user: Object, proxy: str | None) -> frozenset[str]:
    sent = [authorization(user) or "", *(_proxy_headers(proxy).values() if proxy else ())]
    given = [str(user.get(key) or "") for key in ("token", "password")]
    password = (urlsplit(proxy).password or "") if proxy else ""
    found = {*(each.rpartition(" ")[2] for each in sent), *given, password, unquote(password)}
    return frozenset(found - {""})


def _proxy_headers(proxy: str) -> dict[str, str]:
    from urllib3.util import make_headers

    url = urlsplit(proxy)
    if url.username is None:
        return {}
    return dict(make_headers(proxy_basic_auth=f"{unquote(url.username)}:{unquote(url.password or '')}"))


def _keep_alive() -> list[tuple[int, int, int]]:
    """Return the socket options that tell a dead server from a silent one: a watch may be silent for minutes."""
    options = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    for name, value in (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3)):
        if hasattr(socket, name):
            options.append((socket.IPPROTO_TCP, getattr(socket, name), value))
    return options
