"""Whether a node's resource still is what a plan was made for: others deploy, edit and scale meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubectl_express.core.drift import drift
from kubectl_express.core.live_data import parameters
from kubectl_express.core.values import Object, at

if TYPE_CHECKING:
    from kubectl_express.core.settings import ResourceSettings


def is_as_planned(planned: Object | None, live: Object | None, data: Object | None, settings: ResourceSettings) -> bool:
    """Return whether a resource is the same object, of the same revision and parameters; None is one that is not there.

    `data` is what the planned one's parameters are proved to be: where a controller has a field of its own, or the API
    server a default, that may change. Where nothing proves them (None), every field counts.
    """
    if planned is None or live is None:
        return planned is live
    if any(at(planned, path) != at(live, path) for path in ("/metadata/uid", settings.revision_path)):
        return False
    before, now = (parameters(each, settings.data_path, settings.revision_path) for each in (planned, live))
    if before == now or data is None:
        return before == now
    return _changed_since(data, planned, settings) == _changed_since(data, live, settings)


def _changed_since(data: Object, resource: Object, settings: ResourceSettings) -> list[object]:
    paths = {"data_path": settings.data_path, "revision_path": settings.revision_path}
    # Without the schema a default may count: it does so before and now.
    return [(each.path, each.actual, each.has_actual) for each in drift(resource, data, **paths, schema=lambda: None)]
