"""What is refused of a kubeconfig's cluster and user before anything is sent."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from kubectl_express.errors import ExpressError

if TYPE_CHECKING:
    from kubectl_express.core.values import Object


def server_url(server: str) -> str:
    """Return the server's URL without query and trailing slash. Raises ExpressError for one that cannot be used."""
    # As client-go: a bare host is plain HTTP.
    url = server if "://" in server else f"http://{server}"
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    if not usable or parts.scheme not in ("http", "https") or "@" in parts.netloc:
        raise ExpressError("the server must be https://HOST[:PORT][/PATH], without a user or password in it")
    return parts._replace(query="", fragment="").geturl().rstrip("/")


def check_cluster(cluster: Object) -> None:
    """Refuse what clientcmd's validateClusterInfo and client-go's transport refuse, in their words."""
    server = cluster["server"]
    authority = "certificate-authority" in cluster or "certificate-authority-data" in cluster
    if authority and cluster.get("insecure-skip-tls-verify"):
        raise ExpressError(
            f"cluster {server}: specifying a root certificates file with the insecure flag is not allowed"
        )
    if "certificate-authority" in cluster and "certificate-authority-data" in cluster:
        raise ExpressError(f"cluster {server}: certificate-authority-data and certificate-authority are both specified")
    check_readable(cluster, "certificate-authority")


def check_user(user: Object) -> None:
    """Refuse what clientcmd's validateAuthInfo refuses, in its words."""
    if "token" in user and ("username" in user or "password" in user):
        raise ExpressError(
            "more than one authentication method found for the user; found [token basicAuth], only one is allowed"
        )
    for kind in ("client-certificate", "client-key"):
        if kind in user and f"{kind}-data" in user:
            raise ExpressError(f"{kind}-data and {kind} are both specified for the user; keep one")
    certificate = "client-certificate" in user or "client-certificate-data" in user
    if certificate and "client-key" not in user and "client-key-data" not in user:
        raise ExpressError(
            "client-key-data or client-key must be specified to use the clientCert authentication method"
        )
    for kind in ("client-certificate", "client-key") if certificate else ():
        check_readable(user, kind)
    if "exec" in user and "auth-provider" in user:
        raise ExpressError("authProvider cannot be provided in combination with an exec plugin for the user")
    if "as" not in user and any(key in user for key in ("as-uid", "as-groups", "as-user-extra")):
        raise ExpressError("requesting uid, groups or user-extra without impersonating a user: give --as too")


def check_readable(entry: Object, key: str) -> None:
    """Refuse a file that the entry names under the key and that cannot be opened, with its path and the reason."""
    if key in entry:
        try:
            Path(str(entry[key])).open("rb").close()
        except OSError as error:
            raise ExpressError(f"unable to read {key} {entry[key]}: {error.strerror}") from None
