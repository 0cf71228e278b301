"""What a client-side `kubectl apply` leaves in an object: the whole of it, as it was applied."""

from __future__ import annotations

from kubectl_express.core import gojson
from kubectl_express.core.values import Object, at, mapping, text

ANNOTATION = "kubectl.kubernetes.io/last-applied-configuration"


def last_applied(resource: Object) -> Object | None:
    """Return the object that the annotation holds; None without one, or where it does not parse."""
    annotation = text(mapping(at(resource, "/metadata/annotations")).get(ANNOTATION))
    return gojson.decode_object(annotation or "")
