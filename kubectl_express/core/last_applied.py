"""What a client-side `kubectl apply` leaves in an object: the whole of it, as it was applied."""

from __future__ import annotations

from functools import lru_cache

from kubectl_express.core import gojson
from kubectl_express.core.values import Object, at, mapping, text

ANNOTATION = "kubectl.kubernetes.io/last-applied-configuration"


def last_applied(resource: Object) -> Object | None:
    """Return the object that the annotation holds; None without one, or where it does not parse."""
    annotation = text(mapping(at(resource, "/metadata/annotations")).get(ANNOTATION))
    return _decoded(annotation) if annotation else None


@lru_cache(maxsize=1)
def _decoded(annotation: str) -> Object | None:
    """Remembered, since one object's is asked for several times in a row."""
    return gojson.decode_object(annotation)
