"""The lease of a system's rollout on the API server: read, written, and watched."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

from kubectl_express.core import lease as leases
from kubectl_express.core.values import Object, at, text
from kubectl_express.errors import ExpressError, ServerError
from kubectl_express.rollout.this_process import is_gone

if TYPE_CHECKING:
    from collections.abc import Callable

    from kubectl_express.core.lease import Held
    from kubectl_express.sources.cluster import Cluster
    from kubectl_express.sources.watch import Watch

MANAGER = "kubectl-express-lease"
"""The field manager of renewals, and of nothing else: the server's time of its entry is that of the last renewal."""

_AGAIN_AFTER = 0.2
"""Seconds between the end of a watch and the next: a request should not have to wait for a renewal."""
_FAILED_AGAIN_AFTER = 2.0
"""Seconds after a watch that was refused, or that did not reach the server."""
_WATCH_SECONDS = 300
"""How long one watch lasts before it is asked for again: proxies cut longer ones off."""


def read(cluster: Cluster, namespace: str, within: float | None = None) -> tuple[Object | None, Held | None]:
    """Return a system's lease, None where there is none, and who holds it, None where nobody does."""
    try:
        lease, date = cluster.get_dated(leases.path(namespace), within=within)
    except ServerError as error:
        if error.status == 404:
            return None, None
        raise
    return lease, leases.read_held(lease, date, is_gone)


def write(cluster: Cluster, namespace: str, lease: Object, within: float, *, anew: bool) -> Object:
    """Create or replace a lease, and return it as it is then. Raises ServerError 409 where another was quicker."""
    method, path = ("POST", leases.collection(namespace)) if anew else ("PUT", leases.path(namespace))
    content, query = json.dumps(lease).encode(), {"fieldManager": MANAGER}
    return cluster.send(method, path, query, content, "application/json", within=within)


class LeaseWatch:
    """Follows a lease in a thread of its own, and begins again whenever the watch ends."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self._cluster = cluster
        self._namespace = namespace
        self._stopped = threading.Event()
        self._watch: Watch | None = None

    def run(self, version: Callable[[], str], hear: Callable[[Object | None], object]) -> None:
        """Hand on the lease as often as it changes, None where it is deleted, until `stop`.

        Begins from `version`, and from the one of then where that has grown too old or the watch fails.
        """
        last = version()
        while not self._stopped.is_set():
            pause = _AGAIN_AFTER
            try:
                for change, lease in self._watching(last):
                    last = text(at(lease, "/metadata/resourceVersion")) or last
                    hear(None if change == "DELETED" else lease)
            except ExpressError:
                last, pause = version(), _FAILED_AGAIN_AFTER
            self._stopped.wait(pause)

    def stop(self) -> None:
        """End the watch, from whichever thread."""
        self._stopped.set()
        if self._watch:
            self._watch.close()

    def _watching(self, version: str) -> Watch:
        query = {
            "fieldSelector": f"metadata.name={leases.NAME}",
            "resourceVersion": version,
            "timeoutSeconds": str(_WATCH_SECONDS),
        }
        self._watch = watch = self._cluster.watch(leases.collection(self._namespace), query)
        if self._stopped.is_set():
            watch.close()
        return watch
