"""kubectl's three-way JSON merge patch: what a client-side `kubectl apply` of a custom resource sends.

The rules are those of k8s.io/apimachinery/pkg/util/jsonmergepatch, CreateThreeWayJSONMergePatch, but for one: integers
beyond 2^53 are compared and sent as they are, where Go's are rounded on the way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubectl_express.core import gojson

if TYPE_CHECKING:
    from kubectl_express.core.values import Object, Value


def three_way_patch(original: Object, modified: Object, current: Object) -> Object:
    """Return the JSON merge patch (RFC 7386) that leads `current` to `modified`, empty where nothing is to change.

    It sets what differs from `current`, and takes out what `original` has and `modified` has not, or has as null. A
    null of `modified` sets nothing; whatever else `current` has stays.
    """
    return _merged(_deletions(original, modified), _changes(current, modified))


def _changes(current: Object, modified: Object) -> Object:
    found: Object = {}
    for key, wanted in modified.items():
        if key not in current:
            change = _pruned(wanted)
        elif isinstance(wanted, dict) and isinstance(current[key], dict):
            change = _changes(_as_object(current[key]), wanted) or None
        else:
            change = None if gojson.same(current[key], wanted) else _pruned(wanted)
        if change is not None:
            found[key] = change
    return found


def _pruned(value: Value) -> Value:
    """Return a value to be set without the nulls in its objects; None where nothing else was in it."""
    if not isinstance(value, dict) or not value:
        return value
    members: Object = {key: pruned for key, inner in value.items() if (pruned := _pruned(inner)) is not None}
    return members or None


def _deletions(original: Object, modified: Object) -> Object:
    found: Object = {}
    for key in {**original, **modified}:
        if key not in modified or (modified[key] is None and original.get(key, modified) is not None):
            found[key] = None
        elif isinstance(modified[key], dict):
            inner = _deletions(_as_object(original.get(key)), _as_object(modified[key]))
            if inner:
                found[key] = inner
    return found


def _merged(deletions: Object, changes: Object) -> Object:
    result = dict(deletions)
    for key, change in changes.items():
        known = result.get(key)
        result[key] = _merged(known, change) if isinstance(known, dict) and isinstance(change, dict) else change
    return result


def _as_object(value: Value) -> Object:
    return value if isinstance(value, dict) else {}
