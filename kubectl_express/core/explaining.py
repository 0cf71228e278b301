"""Why a change cannot be trusted, as far as there is evidence, and what differs between the two sides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubectl_express.core.causes import left_out, without
from kubectl_express.core.changes import ChangeKind, NodeChange
from kubectl_express.core.node import FaultKind
from kubectl_express.core.parameters import compare
from kubectl_express.core.representation import Difference, difference
from kubectl_express.core.values import split

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kubectl_express.core.hashing import HashMethod
    from kubectl_express.core.node import Node

SIDES = ("baseline", "target")
_SHOWN_NODES = 3


@dataclass(frozen=True, slots=True)
class Explanation:
    """The evidence for a change that cannot be trusted, in words, and what differs; None where there is none."""

    cause: str | None = None
    difference: Difference | None = None


def explain(change: NodeChange, every: Iterable[NodeChange], method: HashMethod) -> Explanation:
    """Return why a node's change cannot be trusted, of `every` change of its system; nothing of one that can.

    `method` is the configured way of hashing.
    """
    before, after = change.baseline, change.target
    if before is None or after is None:
        return Explanation()
    if change.change is ChangeKind.UNNEEDED:
        return _unneeded(before, after)
    if change.change is ChangeKind.MISSED:
        return _missed(change, before, after, every, method)
    if change.change is ChangeKind.MOVED:
        return Explanation(f"a {before.kind} in the baseline and a {after.kind} in the target")
    return Explanation()


def _unneeded(before: Node, after: Node) -> Explanation:
    for side, node in zip(SIDES, (before, after), strict=True):
        if node.text is None:
            return Explanation(
                f"the text that the {side}'s revision was made of is not known: there is nothing to compare"
            )
    found = difference(before.text or "", after.text or "", SIDES)
    if found is not None:
        return Explanation(None, found)
    same = "the data is the same, byte for byte"
    for side, node in zip(SIDES, (before, after), strict=True):
        for fault in node.faults:
            if fault.kind is FaultKind.MISMATCH:
                return Explanation(f"{same}; in the {side}, {fault.cause}", fault.difference)
    old, new = before.revision or "", after.revision or ""
    if old and new and (old.startswith(new) or new.startswith(old)):
        return Explanation(f"{same}, and so is the hash: it is kept at another length")
    return Explanation(f"{same}: the revision is computed in another way, or over more than the data")


def _missed(
    change: NodeChange, before: Node, after: Node, every: Iterable[NodeChange], method: HashMethod
) -> Explanation:
    known = before.data is not None and after.data is not None
    parameters = tuple(compare(before.data, after.data)) if known else change.parameters
    cause = _why_missed(before, after, {split(each.path)[0] for each in parameters if each.path}, every, method)
    return Explanation(cause, Difference(SIDES, parameters))


def _why_missed(
    before: Node, after: Node, changed: set[str], every: Iterable[NodeChange], method: HashMethod
) -> str | None:
    revision = after.revision
    if revision is None:
        return None
    missing = left_out(after.data or {}, revision, method, changed)
    if missing:
        return f"the chart hashes only part of the data: {without(missing)} it has the same revision"
    others = [each.target for each in every if each.target and each.target.name != after.name]
    sharing = [other.name for other in others if other.revision == revision and other.text != after.text]
    if sharing:
        return f"it is no hash of the whole data: {_listed(sharing)} the same revision for other data"
    if before.text is not None and method.revision(before.text) == revision:
        return "the revision is still that of the baseline's data"
    return None


def _listed(names: Sequence[str]) -> str:
    shown = list(names[:_SHOWN_NODES])
    more = len(names) - len(shown)
    if more:
        shown.append(f"{more} more")
    return f"{', '.join(shown[:-1])} and {shown[-1]} have" if len(shown) > 1 else f"{shown[0]} has"
