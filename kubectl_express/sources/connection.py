"""A connection pool to one API server, as one user."""

from __future__ import annotations

import base64
import binascii
import socket
import ssl
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from kubectl_express import __version__
from kubectl_express.errors import ExpressError
from kubectl_express.sources.credentials import Credentials, header_value, impersonation

if TYPE_CHECKING:
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


def connect(access: Access, credentials: Credentials | None) -> Connection:
    """Return a pool of connections to the server; nothing is sent yet. Credentials go over TLS only, as kubectl's do.

    Authentication and files are read by the kubernetes client's loader. The pool is built here, because that client
    goes by certifi's roots instead of the system's, sends through HTTP_PROXY what NO_PROXY excludes, ignores
    proxy-url, and from Python 3.13 on refuses certificates that kubectl takes.
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
        with tempfile.TemporaryDirectory(prefix="kubectl-express-") as folder:
            configuration = _load(access, credentials, folder)
            options["ssl_context"] = _tls(configuration, server)
        if configuration.tls_server_name:
            options["server_hostname"] = configuration.tls_server_name
        if authorization := configuration.api_key.get("authorization"):
            headers.append(("Authorization", header_value(authorization, "the user's token")))
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
    return Connection(manager.connection_from_url(server), target, tuple(headers), compressed)


def _load(access: Access, credentials: Credentials, folder: str) -> Any:
    """Return the kubernetes client's Configuration: files for certificates, given or written, and the authorization."""
    from kubernetes.client import Configuration
    from kubernetes.config.config_exception import ConfigException
    from kubernetes.config.kube_config import KubeConfigLoader

    configuration = Configuration()
    for entry in (access.cluster, credentials.user):
        for key, value in entry.items():
            if key.endswith("-data"):
                _check_base64(key, str(value))
    try:
        KubeConfigLoader(
            {
                "current-context": "access",
                "contexts": [{"name": "access", "context": {"cluster": "access", "user": "access"}}],
                "clusters": [{"name": "access", "cluster": dict(access.cluster)}],
                "users": [{"name": "access", "user": dict(credentials.user)}],
            },
            temp_file_path=folder,
        ).load_and_set(configuration)
    except ConfigException as error:
        raise ExpressError(f"the kubeconfig cannot be used: {error}") from None
    return configuration


def _check_base64(key: str, value: str) -> None:
    try:
        base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        raise ExpressError(f"the kubeconfig cannot be used: {key} is not base64") from None


def _tls(configuration: Any, server: str) -> ssl.SSLContext:
    """Return the TLS settings: verification as Go's, so that what kubectl trusts is trusted, and no more."""
    import certifi
    from urllib3.util.ssl_ import create_urllib3_context

    context = create_urllib3_context()
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if not configuration.verify_ssl:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif configuration.ssl_ca_cert:
        try:
            context.load_verify_locations(configuration.ssl_ca_cert)
        except (ssl.SSLError, OSError):
            raise ExpressError(f"the certificate-authority of the cluster at {server} holds no certificate") from None
    elif any(ssl.get_default_verify_paths()[:2]):
        context.load_default_certs()
    else:
        context.load_verify_locations(certifi.where())
    if configuration.cert_file:
        try:
            context.load_cert_chain(configuration.cert_file, configuration.key_file, password=_no_passphrase)
        except (ssl.SSLError, OSError):
            raise ExpressError(
                "the user's client-certificate and client-key are no matching pair in PEM form"
            ) from None
    return context


def _no_passphrase() -> str:
    # OpenSSL would ask on the terminal; kubectl refuses too.
    raise ExpressError("the user's client-key is encrypted: kubeconfigs take only keys without a passphrase")


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
