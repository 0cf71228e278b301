"""Reading lists of objects from an API server, several at a time."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from kubectl_express.core.values import at, objects, text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kubectl_express.core.values import Object
    from kubectl_express.sources.cluster import Cluster

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Listing:
    """One LIST: what of which kind it holds."""

    path: str
    selector: str
    api_version: str
    kind: str


def read_list(cluster: Cluster, listing: Listing) -> Object:
    """Return the server's answer to a LIST, read afresh from the store."""
    return cluster.get(listing.path, {"labelSelector": listing.selector} if listing.selector else {})


def by_name(answer: Object, listing: Listing) -> dict[str, Object]:
    """Return a LIST's objects by name, each with the apiVersion and kind that the items of a list lack."""
    kind: Object = {"apiVersion": listing.api_version, "kind": listing.kind}
    return {object_name(item): {**kind, **item} for item in objects(answer.get("items"))}


def object_name(item: Object) -> str:
    """Return the object's name."""
    return text(at(item, "/metadata/name")) or ""


def list_version(answer: Object) -> str:
    """Return the resourceVersion of a LIST's answer, to watch from."""
    return text(at(answer, "/metadata/resourceVersion")) or ""


def together(calls: Sequence[Callable[[], _T]]) -> list[_T]:
    """Return what the calls return, all running at once; raises what the first of them in order raised.

    The threads are daemons, unlike a pool's: after Ctrl-C nobody waits for a server that does not answer.
    """
    results: dict[int, _T] = {}
    errors: dict[int, Exception] = {}

    def run(index: int, call: Callable[[], _T]) -> None:
        try:
            results[index] = call()
        except Exception as error:  # noqa: BLE001  (handed to the thread that waits)
            errors[index] = error

    threads = [threading.Thread(target=run, args=(index, call), daemon=True) for index, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for index in sorted(errors):
        raise errors[index]
    return [results[index] for index in range(len(calls))]
