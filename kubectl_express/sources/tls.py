"""The TLS settings towards one API server: whom to trust, and the certificate to show."""

from __future__ import annotations

import base64
import binascii
import os
import ssl
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from kubectl_express.errors import ExpressError
from kubectl_express.sources.access_checks import check_readable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kubectl_express.core.values import Object


def tls_context(cluster: Object, user: Object) -> ssl.SSLContext:
    """Return the TLS settings for a kubeconfig's cluster and user, whose paths are absolute.

    Verification is as Go's, so that what kubectl trusts is trusted, and no more. As in client-go, data goes before a
    file. Raises ExpressError naming the entry that cannot be used.
    """
    from urllib3.util.ssl_ import create_urllib3_context

    data = {
        key: _decoded(key, str(value))
        for entry in (cluster, user)
        for key, value in entry.items()
        if key.endswith("-data")
    }
    context = create_urllib3_context()
    # What Python 3.13 adds refuses certificates that kubectl takes.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if cluster.get("insecure-skip-tls-verify"):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        _trust(context, cluster, data)
    _show(context, user, data)
    return context


def _decoded(key: str, value: str) -> bytes:
    try:
        return base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        raise ExpressError(f"the kubeconfig cannot be used: {key} is not base64") from None


def _trust(context: ssl.SSLContext, cluster: Object, data: dict[str, bytes]) -> None:
    """Trust the cluster's authority; without one the system's, and where Python knows of none, certifi's."""
    key = "certificate-authority"
    authority = data.get(f"{key}-data")
    if authority is None and key in cluster:
        check_readable(cluster, key)
        authority = Path(str(cluster[key])).read_bytes()
    if authority is not None:
        try:
            # ssl takes ASCII, as certificates are; the remarks around them may be in any encoding.
            context.load_verify_locations(cadata=authority.decode("ascii", "ignore"))
        except (ssl.SSLError, ValueError):
            raise ExpressError(
                f"the certificate-authority of the cluster at {cluster['server']} holds no certificate"
            ) from None
    elif any(ssl.get_default_verify_paths()[:2]):
        context.load_default_certs()
    else:
        import certifi

        context.load_verify_locations(certifi.where())


def _show(context: ssl.SSLContext, user: Object, data: dict[str, bytes]) -> None:
    """Have the user's certificate shown, if there is one."""
    with _file("client-certificate", user, data) as certificate, _file("client-key", user, data) as key:
        if certificate is None:
            return
        try:
            context.load_cert_chain(certificate, key, password=_no_passphrase)
        except (ssl.SSLError, OSError):
            raise ExpressError(
                "the user's client-certificate and client-key are no matching pair in PEM form"
            ) from None


@contextmanager
def _file(key: str, user: Object, data: dict[str, bytes]) -> Iterator[str | None]:
    """Yield where the certificate or key can be read: OpenSSL takes a client's from files alone; None without one.

    What the kubeconfig holds itself, or a plugin has answered, comes through a pipe: no key is ever written to a disk.
    """
    content = data.get(f"{key}-data")
    if content is None:
        check_readable(user, key)
        yield str(user[key]) if key in user else None
        return
    source, sink = os.pipe()
    writer = threading.Thread(target=_fill, args=(sink, content), daemon=True)
    writer.start()
    try:
        yield f"/dev/fd/{source}"
    finally:
        os.close(source)
        writer.join()


def _fill(sink: int, content: bytes) -> None:
    # Where OpenSSL does not read to the end, the pipe breaks.
    with suppress(BrokenPipeError), open(sink, "wb") as pipe:
        pipe.write(content)


def _no_passphrase() -> str:
    # OpenSSL would ask on the terminal; kubectl refuses too.
    raise ExpressError("the user's client-key is encrypted: kubeconfigs take only keys without a passphrase")
