"""What went wrong on the way to an API server, in kubectl's words."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from kubectl_express.errors import ExpressError

if TYPE_CHECKING:
    from kubectl_express.sources.kubeconfig import Access


class UnreachableError(ExpressError):
    """The server was not reached, or the connection to it broke. Printed as kubectl does, without `error: `."""

    prefix = ""


def unreachable(error: Exception, access: Access) -> UnreachableError:
    """Return what went wrong as one line that names the server and what to check."""
    from urllib3 import exceptions

    server = urlsplit(str(access.cluster["server"])).netloc
    proxy = urlsplit(access.proxy or "").netloc.rpartition("@")[2]
    if isinstance(error, exceptions.NewConnectionError):
        return UnreachableError(_no_connection(error, server))
    if isinstance(error, exceptions.ProxyError):
        fault = f"{server} through the proxy {proxy}: {_cause(error)}; check proxy-url or HTTPS_PROXY"
    elif isinstance(error, exceptions.SSLError):
        fault = f"{server}: {_tls_fault(error.args[0])}"
    elif isinstance(error, (exceptions.TimeoutError, TimeoutError)):
        limit = f"within {access.timeout:g} s (--request-timeout)" if access.timeout else "in time"
        fault = f"{server} did not answer {limit}; check the address and the network"
    else:
        via = f" through the proxy {proxy}" if proxy else ""
        return UnreachableError(f"The connection to the server {server}{via} broke off: {_cause(error)}; try again")
    return UnreachableError(f"Unable to connect to the server: {fault}")


def _no_connection(error: Exception, server: str) -> str:
    from urllib3 import exceptions

    if isinstance(error, exceptions.NameResolutionError):
        host = urlsplit(f"//{server}").hostname
        return f"Unable to connect to the server: lookup {host}: no such host; check the server's address"
    cause = error.__cause__
    if isinstance(cause, ConnectionRefusedError):
        return f"The connection to the server {server} was refused - did you specify the right host or port?"
    return f"Unable to connect to the server: {server}: {_cause(error)}; check the address and the network"


def _cause(error: Exception) -> str:
    """Return the innermost reason, without the addresses of Python objects that urllib3 puts around it."""
    from http.client import IncompleteRead

    from urllib3 import exceptions

    inner: BaseException = error
    while inner.__cause__ or inner.__context__:
        inner = inner.__cause__ or inner.__context__ or inner
    if isinstance(inner, OSError) and inner.strerror:
        return inner.strerror
    if isinstance(inner, (IncompleteRead, exceptions.IncompleteRead)):
        return "its answer is not whole"
    return str(inner.args[0] if inner.args else inner)


def _tls_fault(error: object) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"tls: failed to verify certificate: x509: {error.verify_message}; "
            "check the server's address and the cluster's certificate-authority"
        )
    reason = str(getattr(error, "reason", None) or error)
    if reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST"):
        return "http: server gave HTTP response to HTTPS client; check the server's address"
    return f"tls: {reason.replace('_', ' ').lower()}; check the server's address and the user's client-certificate"
