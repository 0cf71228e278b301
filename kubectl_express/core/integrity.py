"""What is wrong with a rendered node's revision chain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubectl_express.core import gojson
from kubectl_express.core.causes import UNKNOWN, find_cause
from kubectl_express.core.node import Entry, Fault, FaultKind, Resource
from kubectl_express.core.parameters import compare
from kubectl_express.core.representation import Difference, difference, paths

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kubectl_express.core.causes import Cause
    from kubectl_express.core.settings import RevisionSettings, Settings
    from kubectl_express.core.values import Object, Value

HASHED = ("stored text", "hashed text")
OWN = ("data", "resource")


def judge(
    entries: Sequence[Entry],
    resources: Sequence[Resource],
    settings: Settings,
    *,
    data: Object | None,
    has_config_map: bool,
) -> Iterator[Fault]:
    """Yield the faults of one node of a rendered side, from every entry and resource of its name.

    `data` is what the first entry's text says, None where that is no JSON object.
    """
    yield from _duplicates(entries, resources)
    entry = entries[0] if entries else None
    resource = resources[0] if resources else None
    if entry is None and resource is not None:
        yield Fault(FaultKind.ORPHAN, f"{resource.place.object} has no entry", _no_entry(settings, has_config_map))
    if entry is not None and resource is None:
        kinds = " or ".join(settings.resources.kinds)
        yield Fault(FaultKind.ORPHAN, f"{entry.revision_place.object} has an entry for it, but there is no {kinds}")
    if entry is not None:
        yield from judge_entry(entry, data, resource, settings.revisions)
    if entry is not None and resource is not None:
        yield from _disagreements(entry, data, resource, settings.revisions)


def judge_entry(
    entry: Entry, data: Object | None, resource: Resource | None, settings: RevisionSettings
) -> Iterator[Fault]:
    """Yield what is wrong with an entry in itself: a text that cannot be read, or another revision than is stored."""
    if entry.text is None:
        lacking = f"{entry.data_place.object} has no text under {entry.data_place.key}"
        yield Fault(FaultKind.UNREADABLE, lacking, _why_absent(entry, entry.data_place.key))
        return
    if data is None:
        where = f"{entry.data_place.object} key {entry.data_place.key}"
        yield Fault(FaultKind.UNREADABLE, f"{where}: {_problem(entry.text)}")
    calculated = settings.hash.revision(entry.text)
    if entry.stored is None:
        why = _why_absent(entry, entry.revision_place.key)
        yield Fault(FaultKind.MISMATCH, f"stored (none), calculated {calculated}", why)
    elif entry.stored != calculated:
        parameters = resource.parameters if resource else None
        found = find_cause(entry.stored, entry.text, parameters, settings.hash)
        yield Fault(
            FaultKind.MISMATCH,
            f"stored {entry.stored}, calculated {calculated}",
            found.phrase if found else UNKNOWN,
            difference=_hashed_otherwise(entry.text, found),
        )


def _hashed_otherwise(text: str, cause: Cause | None) -> Difference | None:
    return difference(text, cause.hashed, HASHED) if cause and cause.hashed is not None else None


def _why_absent(entry: Entry, key: str) -> str:
    if key in entry.unquoted:
        return f"{key} is there and no string: unquoted, YAML reads it as something else, so quote it in the chart"
    return f"the ConfigMap is generated only in part: {key} is absent"


def _duplicates(entries: Sequence[Entry], resources: Sequence[Resource]) -> Iterator[Fault]:
    if len(entries) > 1:
        where = ", ".join(entry.revision_place.object for entry in entries)
        yield Fault(FaultKind.DUPLICATE, f"{len(entries)} entries for it, in {where}")
    if len(resources) > 1:
        where = ", ".join(str(resource.place) for resource in resources)
        yield Fault(FaultKind.DUPLICATE, f"{len(resources)} resources of its name: {where}")


def _no_entry(settings: Settings, has_config_map: bool) -> str:
    selector = settings.revisions.selector
    if not has_config_map:
        return f"the chart does not generate the ConfigMap: no ConfigMap labelled {selector} is rendered"
    key = settings.revisions.revision_key
    return f"the ConfigMap is generated only in part: no key {key.format(node='<node>')} or its data for this node"


def _problem(text: str) -> str:
    """Return why a text is no JSON object."""
    if not text:
        return "it is empty (Helm's toJson gives an empty text when it fails)"
    try:
        gojson.decode(text)
    except gojson.InvalidJSON as error:
        return f"it is no JSON: {error}"
    return "it is no JSON object"


def _disagreements(
    entry: Entry, data: Object | None, resource: Resource, settings: RevisionSettings
) -> Iterator[Fault]:
    stored = entry.stored if entry.stored is not None else "(none)"
    if resource.odd_revision is not None:
        yield Fault(
            FaultKind.DISAGREE,
            f"{resource.place.key} of {resource.place.object} is {resource.odd_revision}, stored is {stored}",
            "the revision is no string: unquoted, YAML reads digits as a number, so quote it in the chart",
        )
    elif resource.declared != entry.stored:
        declared = resource.declared if resource.declared is not None else "(none)"
        found = _cause_of_declared(entry, resource, settings)
        yield Fault(
            FaultKind.DISAGREE,
            f"{resource.place.object} declares {declared}, stored is {stored}",
            found.phrase if found else None,
            difference=_hashed_otherwise(entry.text or "", found),
        )
    # Most are the same as they stand, which is told ten times as fast.
    if data is not None and repr(data) != repr(resource.parameters):
        differing = compare(prune_nulls(data), prune_nulls(resource.parameters))
        if differing:
            yield Fault(
                FaultKind.DISAGREE,
                f"{resource.place.object} has other parameters than the data",
                paths(differing),
                difference=Difference(OWN, tuple(differing)),
            )


def _cause_of_declared(entry: Entry, resource: Resource, settings: RevisionSettings) -> Cause | None:
    if resource.declared is None or entry.text is None or settings.hash.revision(entry.text) == resource.declared:
        return None
    return find_cause(resource.declared, entry.text, resource.parameters, settings.hash, "declared")


def prune_nulls(value: Object) -> Object:
    """Return the object without the members that are null, at any depth: the API server does not keep them."""
    return {key: _pruned(member) for key, member in value.items() if member is not None}


def _pruned(value: Value) -> Value:
    if isinstance(value, dict):
        return prune_nulls(value)
    if isinstance(value, list):
        return [_pruned(item) for item in value]
    return value
