"""Which API server a command speaks to, and as whom: what kubectl would use, given the same files and flags."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from kubectl_express.core.nearest import nearest_or_all
from kubectl_express.core.values import Object, text
from kubectl_express.errors import ExpressError
from kubectl_express.sources import proxies
from kubectl_express.sources.access_checks import check_cluster, check_user, server_url
from kubectl_express.sources.durations import request_timeout
from kubectl_express.sources.kubeconfig_files import Kubeconfig, load
from kubectl_express.sources.paths import segment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


@dataclass(frozen=True, slots=True)
class ConnectionOptions:
    """kubectl's own connection flags, with kubectl's meaning; None or empty is "not given"."""

    kubeconfig: str | None = None
    context: str | None = None
    namespace: str | None = None
    cluster: str | None = None
    user: str | None = None
    server: str | None = None
    token: str | None = None
    as_user: str | None = None
    as_groups: tuple[str, ...] = ()
    as_uid: str | None = None
    request_timeout: str | None = None
    insecure_skip_tls_verify: bool | None = None
    certificate_authority: str | None = None
    client_certificate: str | None = None
    client_key: str | None = None
    tls_server_name: str | None = None


@dataclass(frozen=True, slots=True)
class Access:
    """One API server and one identity, in a kubeconfig's own terms: flags applied, paths absolute.

    `cluster` and `user` have the keys that a kubeconfig's entries have; `context` is None where none was used.
    `proxy` is the URL of the proxy in the way, `timeout` the seconds one request may take: None is without limit.
    """

    context: str | None
    namespace: str
    cluster: Object
    user: Object
    proxy: str | None = None
    timeout: float | None = None


def resolve(options: ConnectionOptions, environ: Mapping[str, str], service_account: Path = SERVICE_ACCOUNT) -> Access:
    """Return what kubectl would use: the kubeconfig's context with the flags laid over it, or the pod's own account.

    Follows client-go's clientcmd, but for entries a context names and no file has, and for a missing
    configuration: kubectl goes on without them, to localhost or as nobody, and here that is an error.
    Raises ExpressError: one line naming the flag, file or entry.
    """
    config = load(options.kubeconfig, environ)
    name = options.context or config.current_context
    context = _context(config, options, name)
    cluster = _entry(config.clusters, options.cluster, context, "cluster", name)
    user = _entry(config.users, options.user, context, "user", name)
    in_cluster = _in_cluster(environ, service_account)
    if in_cluster and not context and not cluster and not user and not options.server:
        cluster, user = in_cluster
    cluster = _with_cluster_flags(cluster, options)
    user = _with_user_flags(user, options)
    if "server" not in cluster:
        if not environ.get("KUBERNETES_MASTER"):
            raise _no_server(config, name, text(context.get("cluster")))
        cluster["server"] = environ["KUBERNETES_MASTER"]
    cluster["server"] = server_url(str(cluster["server"]))
    check_cluster(cluster)
    check_user(user)
    namespace = options.namespace or text(context.get("namespace"))
    if not namespace and in_cluster:
        namespace = environ.get("POD_NAMESPACE") or _read(service_account / "namespace")
    segment(namespace or "default")
    return Access(
        context=name if name in config.contexts else None,
        namespace=namespace or "default",
        cluster=cluster,
        user=user,
        proxy=_proxy(cluster, environ),
        timeout=request_timeout(options.request_timeout),
    )


def context_names(options: ConnectionOptions, environ: Mapping[str, str]) -> list[str]:
    """Return the names of the contexts that the kubeconfig files have, in their order; none without a file."""
    return list(load(options.kubeconfig, environ).contexts)


def handed_on(options: ConnectionOptions) -> dict[str, str]:
    """Return the variables that tell a command of the user's own which cluster is spoken to, and as whom.

    KUBECONFIG where another file was named, and KUBECTL_FLAGS for `kubectl $KUBECTL_FLAGS get pods`. A token is in
    neither: it would end up on a command line.
    """
    named = {
        "context": options.context,
        "namespace": options.namespace,
        "cluster": options.cluster,
        "user": options.user,
        "server": options.server,
        "as": options.as_user,
        "as-uid": options.as_uid,
        "request-timeout": options.request_timeout,
        "certificate-authority": _absolute(options.certificate_authority),
        "client-certificate": _absolute(options.client_certificate),
        "client-key": _absolute(options.client_key),
        "tls-server-name": options.tls_server_name,
    }
    flags = [f"--{name}={value}" for name, value in named.items() if value]
    flags += [f"--as-group={group}" for group in options.as_groups]
    flags += ["--insecure-skip-tls-verify"] if options.insecure_skip_tls_verify else []
    kubeconfig = _absolute(options.kubeconfig)
    return {"KUBECTL_FLAGS": shlex.join(flags), **({"KUBECONFIG": kubeconfig} if kubeconfig else {})}


def _absolute(path: str | None) -> str | None:
    return str(Path(path).absolute()) if path else None


def _context(config: Kubeconfig, options: ConnectionOptions, name: str | None) -> Object:
    if name and name in config.contexts:
        return dict(config.contexts[name])
    if options.context:
        raise ExpressError(f'context "{name}" does not exist{_nearest(options.context, config.contexts)}')
    if name:
        raise ExpressError(
            f"context was not found for specified context: {name} (the current-context of {', '.join(config.files)})"
            f"{_nearest(name, config.contexts)}"
        )
    return {}


def _entry(
    entries: Mapping[str, Object], flag: str | None, context: Object, kind: str, context_name: str | None
) -> Object:
    name = flag or text(context.get(kind))
    if not name:
        return {}
    if name in entries:
        return dict(entries[name])
    wording = {"cluster": "cluster", "user": "auth info"}[kind]
    of = "" if flag else f' (the {kind} of context "{context_name}")'
    raise ExpressError(f'{wording} "{name}" does not exist{of}{_nearest(name, entries)}')


def _with_cluster_flags(cluster: Object, options: ConnectionOptions) -> Object:
    """Return the cluster's entry with the flags over it (clientcmd's DirectClientConfig.getCluster)."""
    if options.server:
        # The name in the certificate belonged to the other server.
        cluster = {**cluster, "server": options.server}
        cluster.pop("tls-server-name", None)
    if options.tls_server_name:
        cluster["tls-server-name"] = options.tls_server_name
    if options.insecure_skip_tls_verify or options.certificate_authority:
        for key in ("certificate-authority", "certificate-authority-data", "insecure-skip-tls-verify"):
            cluster.pop(key, None)
        if options.insecure_skip_tls_verify:
            cluster["insecure-skip-tls-verify"] = True
        if options.certificate_authority:
            cluster["certificate-authority"] = str(Path(options.certificate_authority).absolute())
    return cluster


def _with_user_flags(user: Object, options: ConnectionOptions) -> Object:
    """Return the user's entry with the flags over it (clientcmd's DirectClientConfig.getAuthInfo)."""
    if options.token:
        # kubectl keeps a tokenFile, which then wins over the flag: the request would go as somebody else.
        user = {**user, "token": options.token}
        user.pop("tokenFile", None)
    for key, path in (("client-certificate", options.client_certificate), ("client-key", options.client_key)):
        if path:
            user.pop(f"{key}-data", None)
            user[key] = str(Path(path).absolute())
    if options.as_user:
        user["as"] = options.as_user
    if options.as_uid:
        user["as-uid"] = options.as_uid
    if options.as_groups:
        user["as-groups"] = list(options.as_groups)
    return user


def _in_cluster(environ: Mapping[str, str], folder: Path) -> tuple[Object, Object] | None:
    host, port = environ.get("KUBERNETES_SERVICE_HOST"), environ.get("KUBERNETES_SERVICE_PORT")
    token = folder / "token"
    if not host or not port or not token.is_file():
        return None
    server = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
    return {"server": server, "certificate-authority": str(folder / "ca.crt")}, {"tokenFile": str(token)}


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def _no_server(config: Kubeconfig, context: str | None, cluster: str | None) -> ExpressError:
    if cluster or context:
        what = f'no server found for cluster "{cluster}"' if cluster else f'context "{context}" names no cluster'
        return ExpressError(f"{what}: complete the kubeconfig ({', '.join(config.files)}), or give --server")
    if config.contexts:
        return ExpressError(
            f"no context is chosen, and the kubeconfig has no current-context: give --context"
            f"{_nearest('', config.contexts)}"
        )
    return ExpressError(
        "no kubeconfig and no cluster are configured: give --kubeconfig, set KUBECONFIG, "
        "put one at ~/.kube/config, or give --server"
    )


def _proxy(cluster: Object, environ: Mapping[str, str]) -> str | None:
    server = str(cluster["server"])
    if configured := text(cluster.get("proxy-url")):
        return proxies.check(configured, f"proxy-url of the cluster at {server}")
    proxy = proxies.from_environment(server, environ)
    return proxies.check(proxy, f"{urlsplit(server).scheme.upper()}_PROXY") if proxy else None


def _nearest(name: str, known: Iterable[str]) -> str:
    return nearest_or_all(name, known) or "; the kubeconfig has none"
