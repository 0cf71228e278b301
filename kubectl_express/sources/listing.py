"""Reading lists of objects from an API server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubectl_express.core.pods import essence
from kubectl_express.core.sharing import Pool
from kubectl_express.core.values import at, objects, text
from kubectl_express.errors import ExpressError, ServerError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kubectl_express.core.values import Object
    from kubectl_express.sources.cluster import Cluster

_PAGE = 500
"""Objects that are asked for at once, as kubectl does: neither side holds the whole of a long list as one text."""


@dataclass(frozen=True, slots=True)
class Listing:
    """One LIST: what of which kind it holds."""

    path: str
    selector: str
    api_version: str
    kind: str

    def known(self, item: Object) -> Object:
        """Return an item as it is kept: with its apiVersion and kind, which lists leave out; of a pod, the essence."""
        kept = essence(item) if (self.api_version, self.kind) == ("v1", "Pod") else item
        return {"apiVersion": self.api_version, "kind": self.kind, **kept}


@dataclass(frozen=True, slots=True)
class Listed:
    """What a LIST holds by name, and the resourceVersion to watch from."""

    items: dict[str, Object]
    version: str


def read_list(cluster: Cluster, listing: Listing, query: Mapping[str, str] | None = None) -> Listed:
    """Return what a LIST holds, read afresh from the store, page by page: all pages are of one version."""
    asked = {**({"labelSelector": listing.selector} if listing.selector else {}), **(query or {})}
    try:
        return _read(cluster, listing, {**asked, "limit": str(_PAGE)})
    except ServerError as error:
        if error.status != 410:
            raise
        # The store has forgotten the version of the first page meanwhile: all at once then, as client-go does.
        return _read(cluster, listing, asked)


def _read(cluster: Cluster, listing: Listing, query: Mapping[str, str]) -> Listed:
    pool = Pool()
    found: dict[str, Object] = {}
    following = ""
    while True:
        answer = cluster.get(listing.path, {**query, "continue": following} if following else query)
        found |= {object_name(item): pool.object(listing.known(item)) for item in objects(answer.get("items"))}
        token = text(at(answer, "/metadata/continue")) or ""
        if not token:
            return Listed(found, text(at(answer, "/metadata/resourceVersion")) or "")
        if token == following:
            raise ExpressError(f"{cluster.server} answers with one page of {listing.path} again and again: look at it")
        following = token


def object_name(item: Object) -> str:
    """Return the object's name."""
    return text(at(item, "/metadata/name")) or ""
