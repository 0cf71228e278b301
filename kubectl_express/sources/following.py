"""Keeping one list up to date by watching it."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Protocol

from kubectl_express.core.values import at, text
from kubectl_express.errors import ServerError
from kubectl_express.sources.credentials import CredentialsError
from kubectl_express.sources.listing import object_name, read_list
from kubectl_express.sources.unreachable import UnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from kubectl_express.core.values import Object
    from kubectl_express.sources.cluster import Cluster
    from kubectl_express.sources.listing import Listed, Listing
    from kubectl_express.sources.watch import Watch

_WATCH_SECONDS = 300
"""How long one watch lasts before it is asked for again: proxies cut longer ones off."""
_PATIENCE = 6
"""How often in a row a watch may fail to reach the server, 1 to 32 s apart, before following ends."""
_LONGEST_PAUSE = 8.0
"""Seconds between two failures where following goes on for ever."""


class Kept(Protocol):
    """What a follower keeps up to date. Only the thread that runs what the follower hands on calls this."""

    def change(self, name: str, item: Object | None, version: str) -> bool:
        """Take in one object as it is at a version, None where it is gone; return whether that makes a difference."""

    def replace(self, items: dict[str, Object], version: str) -> bool:
        """Take in all objects, by name, as they are at a version; return whether that makes a difference."""


class Follower:
    """One list that is kept up to date. What it hears it hands on as functions, run by the one thread that reads."""

    def __init__(self, cluster: Cluster, listing: Listing, version: str, kept: Kept, *, for_ever: bool = False) -> None:
        """Take where to begin; `for_ever` is for who says by other means that the server is out of reach."""
        self.listing = listing
        self.version = version
        self._cluster = cluster
        self._kept = kept
        self._for_ever = for_ever
        self._stopped = threading.Event()
        self._watch: Watch | None = None

    def run(self, tell: Callable[[Callable[[], bool]], None]) -> None:
        """Follow the list until stopped, or until it cannot be followed: then the error is handed on.

        What is handed on changes what is kept, and returns whether that made a difference.
        """
        failures = 0
        version = self.version
        while not self._stopped.is_set():
            started = version
            try:
                if version:
                    version = self._hear(version, tell)
                else:
                    listed = read_list(self._cluster, self.listing)
                    version = listed.version
                    tell(partial(self._replace, listed))
                failures = 0
            except Exception as error:  # noqa: BLE001  (handed to the thread that reads)
                if isinstance(error, ServerError) and error.status == 410:
                    version = ""
                    continue
                failures += 1
                if not _passes(error) or (failures > _PATIENCE and not self._for_ever):
                    tell(partial(_fail, error))
                    return
            if version == started:
                pause = 2.0 ** min(max(failures - 1, 0), _PATIENCE)
                self._stopped.wait(min(pause, _LONGEST_PAUSE) if self._for_ever else pause)

    def stop(self) -> None:
        """End the watch, from whichever thread."""
        self._stopped.set()
        if self._watch:
            self._watch.close()

    def _hear(self, version: str, tell: Callable[[Callable[[], bool]], None]) -> str:
        """Watch until the server ends it, and return the resourceVersion to go on from."""
        query = {
            "resourceVersion": version,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(_WATCH_SECONDS),
            **({"labelSelector": self.listing.selector} if self.listing.selector else {}),
        }
        self._watch = watch = self._cluster.watch(self.listing.path, query)
        if self._stopped.is_set():
            watch.close()
        for change, item in watch:
            version = text(at(item, "/metadata/resourceVersion")) or version
            tell(partial(self._change, change, item, version))
        return version

    def _change(self, change: str, item: Object, version: str) -> bool:
        self.version = version
        if change == "BOOKMARK":
            return False
        known = None if change == "DELETED" else self.listing.known(item)
        return self._kept.change(object_name(item), known, version)

    def _replace(self, listed: Listed) -> bool:
        self.version = listed.version
        return self._kept.replace(listed.items, listed.version)


def _passes(error: Exception) -> bool:
    """Return whether the error may be gone on another try: an API server that restarts or is overrun, or a login's."""
    if isinstance(error, ServerError):
        return error.status >= 500 or error.status == 429
    return isinstance(error, (UnreachableError, CredentialsError))


def _fail(error: Exception) -> bool:
    raise error
