"""Following an Application, whatever may be read of it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from kubectl_express.core.applications import read_application
from kubectl_express.errors import ExpressError, ServerError
from kubectl_express.rollout.argocd.place import collection, path

if TYPE_CHECKING:
    from collections.abc import Callable

    from kubectl_express.core.applications import Application
    from kubectl_express.sources.cluster import Cluster
    from kubectl_express.sources.watch import Watch

_WATCH_SECONDS = 300
"""How long one watch lasts before it is asked for again: proxies cut longer ones off."""
_AGAIN_AFTER = 2.0
"""Seconds between two watches, and two looks where there is no watching."""


class ApplicationWatch:
    """Follows one Application: it is watched, or looked at every now and then by somebody who may not watch it."""

    def __init__(self, cluster: Cluster, application: Application) -> None:
        self.title = application.title
        self._cluster = cluster
        self._application = application
        self._stopped = threading.Event()
        self._watch: Watch | None = None

    def run(self, hear: Callable[[Application | None], object]) -> None:
        """Hand on the Application as it is and as often as it is written, None where it is gone, until `stop`."""
        while not self._stopped.is_set():
            try:
                self._hear(hear)
            except ExpressError:
                self._look(hear)
            self._stopped.wait(_AGAIN_AFTER)

    def stop(self) -> None:
        """End the watch, from whichever thread."""
        self._stopped.set()
        if self._watch:
            self._watch.close()

    def _hear(self, hear: Callable[[Application | None], object]) -> None:
        """Watch without a version to begin from: the server tells first how the Application is now."""
        query = {
            "fieldSelector": f"metadata.name={self._application.name}",
            "timeoutSeconds": str(_WATCH_SECONDS),
        }
        self._watch = watch = self._cluster.watch(collection(self._application.namespace), query)
        if self._stopped.is_set():
            watch.close()
        for change, item in watch:
            hear(None if change == "DELETED" else read_application(item))

    def _look(self, hear: Callable[[Application | None], object]) -> None:
        try:
            hear(read_application(self._cluster.get(path(self._application))))
        except ServerError as error:
            if error.status == 404:
                hear(None)
        except ExpressError:
            return
