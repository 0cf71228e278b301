"""Making what other deployers own of a live object the property of one, before that one applies to it.

A field that two have set stays when one of them drops it, and one that somebody else has set is a conflict.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubectl_express.core.field_trees import below, is_bare, minus, spoken_of, united
from kubectl_express.core.last_applied import ANNOTATION as LAST_APPLIED
from kubectl_express.core.last_applied import last_applied
from kubectl_express.core.managed_fields import Owner, owners
from kubectl_express.core.manifests import is_node, is_revisions
from kubectl_express.core.signatures import signature_fields
from kubectl_express.core.values import Object, Value, at, mapping, text

if TYPE_CHECKING:
    from kubectl_express.core.settings import Settings

BEFORE = "before-first-apply"
"""The manager that the API server gives all fields to where an object had none, at its first server-side apply."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the managed fields, as it stands there and as it is read."""

    raw: Object
    owner: Owner

    @property
    def time(self) -> str:
        """When it last changed something, as RFC 3339 writes it; empty where that is not said."""
        return text(self.raw.get("time")) or ""

    def with_fields(self, fields: Object) -> Object:
        """Return the entry with other fields."""
        return {**self.raw, "fieldsV1": fields}


def entries_of(live: Object) -> list[Entry]:
    """Return the entries of an object's managed fields, in their order."""
    fields = at(live, "/metadata/managedFields")
    raw = [entry for entry in (fields if isinstance(fields, list) else []) if isinstance(entry, dict)]
    return [Entry(entry, owner) for entry, owner in zip(raw, owners(live), strict=True)]


def is_applied_by(entry: Object, manager: str) -> bool:
    """Return whether an entry says what a manager has applied server-side."""
    return (entry.get("manager"), entry.get("operation"), entry.get("subresource") or "") == (manager, "Apply", "")


def folded(
    entries: list[Entry],
    name: str,
    operation: str,
    deployer: Owner | None,
    target: Object,
    live: Object,
    settings: Settings,
    *,
    keeps: bool,
) -> list[Value] | None:
    """Return the managed fields with what all deployers own in one entry; None where that is so already.

    Signatures stay with those who signed; of them, the last-applied annotation only where the object `keeps` it.
    """
    whole = own_places(target, settings)
    kept: list[Value] = []
    trees: list[Object] = []
    base: Object | None = None
    changed = False
    for entry in entries:
        owner = entry.owner
        if (owner.name, owner.operation, owner.subresource) == (name, operation, ""):
            base = entry.raw
            trees.insert(0, owner.fields)
            continue
        moved = taken_over(owner, deployer, target, live, whole, patches=operation == "Update")
        moved = minus(moved, signature_fields(owner) if keeps else minus(signature_fields(owner), _ANNOTATION_FIELD))
        if not is_bare(moved):
            changed = True
            trees.append(moved)
            base = base or {**entry.raw, "manager": name, "operation": operation}
        rest = minus(owner.fields, moved) if not is_bare(moved) else owner.fields
        if rest:
            kept.append(entry.with_fields(rest))
    if not changed or base is None:
        return None
    return [{**base, "manager": name, "operation": operation, "fieldsV1": united(trees)}, *kept]


_ANNOTATION_FIELD: Object = {"f:metadata": {"f:annotations": {f"f:{LAST_APPLIED}": {}}}}


def own_places(target: Object, settings: Settings) -> tuple[str, ...]:
    """Return where nobody but the deployer has anything to say: what a hand added there goes."""
    if is_node(target, settings.resources):
        return (settings.resources.data_path,)
    return ("/data", "/binaryData") if is_revisions(target, settings.revisions) else ()


def taken_over(
    owner: Owner, deployer: Owner | None, target: Object, live: Object, whole: tuple[str, ...], *, patches: bool
) -> Object:
    """Return the fields that the deployer takes over from another entry, signatures not yet left out.

    From other deployers all that their tools have set, from hands what the target speaks of, or what was applied once.
    A merge patch needs nothing of hands: it overwrites, and takes out by name.
    """
    if owner.subresource:
        # Somebody scaled it, say: what the chart says of that counts.
        return spoken_of(minus(owner.fields, {"f:status": {}}), target) if owner.is_hand and not patches else {}
    if owner.name == BEFORE or owner.is_hand:
        said = [spoken_of(owner.fields, target), spoken_of(owner.fields, last_applied(live) or {})]
        fields = united([*said, *(below(owner.fields, place) for place in whole)])
        return {} if patches and owner.is_hand else minus(fields, {"f:status": {}})
    if not owner.is_known_deployer and owner != deployer:
        return {}
    if owner.applies:
        return owner.fields
    # Who replaces objects may have written back what controllers keep there.
    metadata = mapping(owner.fields.get("f:metadata"))
    theirs: Object = {key: {} for key in metadata if key not in ("f:annotations", "f:labels")}
    return minus(owner.fields, {"f:status": {}, **({"f:metadata": theirs} if theirs else {})})
