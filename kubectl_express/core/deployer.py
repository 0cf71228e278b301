"""Who deploys a live object, and how an apply is made in its place, so that it finds nothing broken afterwards.

Whoever applies under a name of its own leaves behind conflicts, and fields that nobody drops any more. So the one that
owns a node's revision is acted for: by a merge patch where it works client-side, else by a server-side apply under its
name, before which what other deployers own is made its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubectl_express.core import client_side
from kubectl_express.core.field_trees import below, is_bare, minus, spoken_of, united
from kubectl_express.core.last_applied import ANNOTATION as LAST_APPLIED
from kubectl_express.core.last_applied import last_applied
from kubectl_express.core.managed_fields import Owner, Reading, owned, owners
from kubectl_express.core.manifests import is_node, is_revisions
from kubectl_express.core.parameters import compare
from kubectl_express.core.signatures import signature_fields, with_signatures
from kubectl_express.core.values import Object, Value, at, join, mapping, text, without

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kubectl_express.core.settings import Settings

NEW = "kubectl"
"""The manager that creates objects."""
BEFORE = "before-first-apply"
"""The manager that the API server gives all fields to where an object had none, at its first server-side apply."""
_APPLIED_AS = {"helm": "helm", "argocd-controller": "argocd-controller"}
"""The name under which a deployer applies that has only updated so far; `kubectl` for any other."""


@dataclass(frozen=True, slots=True)
class Approach:
    """How an apply to a live object is made."""

    manager: str
    """The field manager in whose name."""
    patches: bool
    """Whether by a merge patch of what changes since the last client-side apply; else by a server-side apply."""
    managed_fields: list[Value] | None
    """What `metadata.managedFields` has to be before; None where it may stay as it is."""
    renews: str | None = None
    """Who renews the last-applied annotation after a server-side apply; None where that renews itself, or is none."""


def approach(target: Object, live: Object, namespace: str | None, settings: Settings) -> Approach:
    """Return how a target is applied to a live object; `namespace` is where it lives, None of a cluster's own."""
    entries = _entries(live)
    deployer = _deployer(entries, target, settings)
    if deployer is None:
        return Approach(NEW, False, _folded(entries, NEW, "Apply", None, target, live, settings, keeps=True))
    client_sided = deployer.operation == "Update" and last_applied(live) is not None
    fits = client_side.fits(target, live, namespace)
    if client_sided and fits and is_node(target, settings.resources):
        fields = _folded(entries, deployer.name, "Update", deployer, target, live, settings, keeps=True)
        return Approach(deployer.name, True, fields)
    name = deployer.name if deployer.applies else _APPLIED_AS.get(deployer.name, NEW)
    fields = _folded(entries, name, "Apply", deployer, target, live, settings, keeps=fits)
    renews = deployer.name if client_sided and fits and name != NEW else None
    return Approach(name, False, fields, renews)


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry of the managed fields, as it stands there and as it is read."""

    raw: Object
    owner: Owner

    @property
    def time(self) -> str:
        return text(self.raw.get("time")) or ""

    def with_fields(self, fields: Object) -> Object:
        return {**self.raw, "fieldsV1": fields}


def _entries(live: Object) -> list[_Entry]:
    fields = at(live, "/metadata/managedFields")
    raw = [entry for entry in (fields if isinstance(fields, list) else []) if isinstance(entry, dict)]
    return [_Entry(entry, owner) for entry, owner in zip(raw, owners(live), strict=True)]


def _deployer(entries: list[_Entry], target: Object, settings: Settings) -> Owner | None:
    """Return the owner of what only a deployer sets; of an object without such a mark, the last known deployer."""
    own = [
        entry for entry in entries if not (entry.owner.subresource or entry.owner.is_hand or entry.owner.name == BEFORE)
    ]
    if is_node(target, settings.resources):
        marked = [entry for entry in own if entry.owner.owns(settings.resources.revision_path)]
        # Of two, the one that updated would have taken the revision from the one that applied: that came later.
        found = max(marked, key=lambda entry: (entry.owner.applies, entry.time), default=None)
        if found is not None:
            return found.owner
    known = [entry for entry in own if entry.owner.is_known_deployer]
    marked = [entry for entry in own if is_revisions(target, settings.revisions) and entry.owner.owns("/data")]
    applying = [entry for entry in own if entry.owner.applies and minus(entry.owner.fields, {"f:metadata": {}})]
    last = max(known or marked or applying, key=lambda entry: (entry.time, entry.owner.applies), default=None)
    return last.owner if last else None


def _folded(
    entries: list[_Entry],
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
    whole = _own_places(target, settings)
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
        moved = _moved(owner, deployer, target, live, whole, patches=operation == "Update")
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


def _own_places(target: Object, settings: Settings) -> tuple[str, ...]:
    """Return where nobody but the deployer has anything to say: what a hand added there goes."""
    if is_node(target, settings.resources):
        return (settings.resources.data_path,)
    return ("/data", "/binaryData") if is_revisions(target, settings.revisions) else ()


def _moved(
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


def body(target: Object, live: Object, manager: str) -> Object:
    """Return what a server-side apply has to say: the target, with what the deployer has signed the object with."""
    signed = [
        signature_fields(entry.owner)
        for entry in _entries(live)
        if entry.owner.name == manager and entry.owner.applies and not entry.owner.subresource
    ]
    return with_signatures(target, live, united(signed)) if any(signed) else target


def merge_patch(target: Object, live: Object, namespace: str | None, settings: Settings) -> Object:
    """Return kubectl's three-way merge patch with the renewed annotation; empty where there is nothing to change.

    Beside what was last applied, it takes out what other deployers have set, and what hands added to the parameters.
    """
    deployer = _deployer(_entries(live), target, settings)
    whole = _own_places(target, settings)
    before = [last_applied(live) or {}]
    for owner in owners(live):
        if owner.is_hand and not owner.subresource:
            fields = united(below(owner.fields, place) for place in whole)
        elif owner.owns(join("/metadata/annotations", LAST_APPLIED)):
            continue
        else:
            moved = _moved(owner, deployer, target, live, whole, patches=True)
            fields = minus(moved, signature_fields(owner))
        if fields:
            before.append(mapping(owned(live, fields, Reading())))
    return client_side.merge_patch(before, target, live, namespace)


def overridden(target: Object, live: Object, answer: Object, settings: Settings) -> dict[str, list[str]]:
    """Return which fields of other managers an apply changes or takes out: JSON Pointers, by the manager's name.

    `answer` is the object as the apply leaves it. Hands and deployers are no other managers.
    """
    found: dict[str, list[str]] = {}
    deployer = _deployer(_entries(live), target, settings)
    for owner in _foreign(live, deployer):
        before, after = (owned(_comparable(each), owner.fields, Reading()) for each in (live, answer))
        changes = [change.path for change in compare(before, after)]
        if changes:
            found.setdefault(owner.name, []).extend(changes)
    return found


def is_shared(target: Object, live: Object, settings: Settings) -> bool:
    """Return whether anybody but deployers and hands has set fields of a live object, its status apart."""
    return any(_foreign(live, _deployer(_entries(live), target, settings)))


def _foreign(live: Object, deployer: Owner | None) -> Iterator[Owner]:
    for owner in owners(live):
        if owner.subresource or owner.is_hand or owner.is_known_deployer or owner == deployer:
            continue
        if minus(owner.fields, {"f:status": {}}):
            yield owner


def _comparable(resource: Object) -> Object:
    for pointer in ("/metadata/managedFields", "/metadata/resourceVersion", "/metadata/generation", "/status"):
        resource = without(resource, pointer)
    return resource
