"""Who deploys a live object, and how an apply is made in its place, so that it finds nothing broken afterwards.

Whoever applies under a name of its own leaves behind conflicts, and fields that nobody drops any more. So the one that
owns a node's revision is acted for: by a merge patch where it works client-side, else by a server-side apply under its
name, before which what other deployers own is made its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubectl_express.core import client_side
from kubectl_express.core.field_trees import below, emptied, empty_fields, minus, united
from kubectl_express.core.folding import BEFORE, Entry, entries_of, folded, is_applied_by, own_places, taken_over
from kubectl_express.core.last_applied import ANNOTATION as LAST_APPLIED
from kubectl_express.core.last_applied import last_applied
from kubectl_express.core.managed_fields import Owner, Reading, owned, owners
from kubectl_express.core.manifests import is_node, is_revisions
from kubectl_express.core.parameters import compare
from kubectl_express.core.signatures import signature_fields, with_signatures
from kubectl_express.core.values import Object, Value, join, mapping, without

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kubectl_express.core.settings import Settings

NEW = "kubectl"
"""The manager that creates objects."""
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
    applies_next: bool = False
    """Whether what a merge patch has set is to be as if it had been applied server-side: see `applied_fields`."""


def approach(target: Object, live: Object, namespace: str | None, settings: Settings) -> Approach:
    """Return how a target is applied to a live object; `namespace` is where it lives, None of a cluster's own."""
    entries = entries_of(live)
    deployer = _deployer(entries, target, settings)
    fits = client_side.fits(target, live, namespace)
    noted = last_applied(live) is not None and fits
    if deployer is not None and not deployer.applies and noted and is_node(target, settings.resources):
        fields = folded(entries, deployer.name, "Update", deployer, target, live, settings, keeps=True)
        return Approach(deployer.name, True, fields)
    name = NEW if deployer is None else _applying_name(deployer, entries)
    fields = folded(entries, name, "Apply", deployer, target, live, settings, keeps=fits)
    if is_node(target, settings.resources) and emptied(_applied(entries, fields, name), target, live):
        # The API server makes null of an object or a list whose members an apply drops, all of them.
        return Approach(name, True, None, applies_next=True)
    return Approach(name, False, fields, _renewing(entries) if fits and name != NEW else None)


def _applied(entries: list[Entry], fields: list[Value] | None, name: str) -> Object:
    """Return the tree of what a manager has applied, once the managed fields are changed to what they have to be."""
    found = [each.raw for each in entries] if fields is None else [mapping(each) for each in fields]
    return united(mapping(each.get("fieldsV1")) for each in found if is_applied_by(each, name))


def _deployer(entries: list[Entry], target: Object, settings: Settings) -> Owner | None:
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


def _applying_name(deployer: Owner, entries: list[Entry]) -> str:
    if any(entry.owner.applies and entry.owner.name == deployer.name for entry in entries):
        return deployer.name
    return _APPLIED_AS.get(deployer.name, NEW)


def applied_fields(target: Object, answer: Object, manager: str, settings: Settings) -> list[Value]:
    """Return the managed fields of an object that a merge patch left, as if its manager had applied it instead."""
    entries = entries_of(answer)
    patched = next((each.owner for each in entries if each.owner.name == manager and not each.owner.applies), None)
    changed = folded(entries, manager, "Apply", patched, target, answer, settings, keeps=True)
    fields = [each.raw for each in entries] if changed is None else [mapping(each) for each in changed]
    return [
        {**each, "fieldsV1": united([mapping(each["fieldsV1"]), empty_fields(target)])}
        if is_applied_by(each, manager)
        else each
        for each in fields
    ]


def _renewing(entries: list[Entry]) -> str | None:
    """Return who noted last what it applied client-side; a server-side apply of `kubectl` alone renews that note."""
    place = join("/metadata/annotations", LAST_APPLIED)
    noting = (entry.owner for entry in entries if entry.owner.is_known_deployer and entry.owner.owns(place))
    return next((owner.name for owner in noting if not owner.applies), None)


def body(target: Object, live: Object, manager: str) -> Object:
    """Return what a server-side apply has to say: the target, with what the deployer has signed the object with."""
    signed = [
        signature_fields(entry.owner)
        for entry in entries_of(live)
        if entry.owner.name == manager and entry.owner.applies and not entry.owner.subresource
    ]
    return with_signatures(target, live, united(signed)) if any(signed) else target


def merge_patch(target: Object, live: Object, namespace: str | None, settings: Settings) -> Object:
    """Return kubectl's three-way merge patch with the renewed annotation; empty where there is nothing to change.

    Beside what was last applied, it takes out what other deployers have set, and what hands added to the parameters.
    """
    deployer = _deployer(entries_of(live), target, settings)
    whole = own_places(target, settings)
    before = [last_applied(live) or {}]
    for owner in owners(live):
        if owner.is_hand and not owner.subresource:
            fields = united(below(owner.fields, place) for place in whole)
        elif owner.owns(join("/metadata/annotations", LAST_APPLIED)):
            continue
        else:
            moved = taken_over(owner, deployer, target, live, whole, patches=True)
            fields = minus(moved, signature_fields(owner))
        if fields:
            before.append(mapping(owned(live, fields, Reading())))
    return client_side.merge_patch(before, target, live, namespace)


def overridden(target: Object, live: Object, answer: Object, settings: Settings) -> dict[str, list[str]]:
    """Return which fields of other managers an apply changes or takes out: JSON Pointers, by the manager's name.

    `answer` is the object as the apply leaves it. Hands and deployers are no other managers.
    """
    found: dict[str, list[str]] = {}
    deployer = _deployer(entries_of(live), target, settings)
    for owner in _foreign(live, deployer):
        before, after = (owned(_comparable(each), owner.fields, Reading()) for each in (live, answer))
        changes = [change.path for change in compare(before, after)]
        if changes:
            found.setdefault(owner.name, []).extend(changes)
    return found


def is_shared(target: Object, live: Object, settings: Settings) -> bool:
    """Return whether anybody but deployers and hands has set fields of a live object, its status apart."""
    return any(_foreign(live, _deployer(entries_of(live), target, settings)))


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
