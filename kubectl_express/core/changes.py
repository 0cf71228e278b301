"""What deploying a target over a baseline would do to each node, and to which other objects."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from kubectl_express.core.order import in_order
from kubectl_express.core.parameters import ABSENT, Absent, ParameterChange, applied, compare

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kubectl_express.core.drift import Drifted
    from kubectl_express.core.node import Node, Side
    from kubectl_express.core.values import Object, Value


class ChangeKind(str, Enum):
    """What happens to a node."""

    SAME = "same"
    NEW = "new"
    REMOVED = "removed"
    UPDATE = "update"
    """Data and revision change: the pod will be replaced."""
    UNNEEDED = "unneeded"
    """The revision changes, the data does not: a restart for nothing."""
    MISSED = "missed"
    """The data changes, the revision does not: the change never reaches the pod."""
    MOVED = "moved"
    """The node is of another kind: an apply would create a second resource of its name, and leave the first."""


@dataclass(frozen=True, slots=True)
class NodeChange:
    """One node's way from the baseline to the target."""

    name: str
    kind: str | None
    change: ChangeKind
    parameters: tuple[ParameterChange, ...]
    """Every parameter that an apply would change; for a drifted node also what it would put back."""
    baseline: Node | None
    target: Node | None

    @property
    def restart(self) -> bool:
        """Whether the operator will replace the node's pod."""
        return self.change in {ChangeKind.UPDATE, ChangeKind.UNNEEDED}

    @property
    def visible(self) -> bool:
        """Whether there is anything to show: a change, parameters to put back, or a fault of its own."""
        faulty = any(not fault.whole for fault in (self.target.faults if self.target else ()))
        return self.change is not ChangeKind.SAME or bool(self.parameters) or faulty


def changes(baseline: Side, target: Side, kinds: Sequence[str]) -> list[NodeChange]:
    """Return every node's change in the order of a rollout, removed nodes last."""
    kept = in_order(target.nodes.values(), kinds)
    gone = in_order((node for name, node in baseline.nodes.items() if name not in target.nodes), kinds)
    found = [_change(node, baseline.nodes.get(node.name), node) for node in kept]
    return found + [_change(node, node, None) for node in gone if node.exists]


def _change(node: Node, before: Node | None, after: Node | None) -> NodeChange:
    before = before if before is not None and before.exists else None
    wanted = after if after is not None and after.exists else None
    if before and wanted and before.kind == wanted.kind and _same_text(before, wanted):
        return NodeChange(node.name, node.kind, _of_same_data(before, wanted), (), before, after)
    old = data_to_change(before, wanted) if before else ABSENT
    new = _data(wanted) if wanted else ABSENT
    kind = node.kind or (before.kind if before else None)
    return NodeChange(node.name, kind, _classify(before, wanted, old), tuple(compare(old, new)), before, after)


def _classify(before: Node | None, after: Node | None, old: Value | Absent) -> ChangeKind:
    if before is None:
        return ChangeKind.NEW if after else ChangeKind.SAME
    if after is None:
        return ChangeKind.REMOVED
    if before.kind != after.kind:
        return ChangeKind.MOVED
    deployed = before.data if before.data is not None else old
    if not compare(deployed, _data(after)):
        return _of_same_data(before, after)
    return ChangeKind.MISSED if before.revision == after.revision else ChangeKind.UPDATE


def _same_text(before: Node, after: Node) -> bool:
    """Whether both have the same data to the byte, and nobody changed it since: most nodes are settled by that."""
    drifted = before.live is not None and before.live.drift
    return before.data is not None and after.data is not None and before.text == after.text and not drifted


def _of_same_data(before: Node, after: Node) -> ChangeKind:
    if before.revision == after.revision:
        return ChangeKind.SAME
    unproved = before.live is not None and before.data is None
    # Of a live node whose data nothing proves, it cannot be told that it had no other parameter: no ground to accuse.
    return ChangeKind.UPDATE if unproved else ChangeKind.UNNEEDED


def _data(node: Node) -> Object:
    """Return a rendered node's data, or the resource's own parameters where the data is unreadable or absent."""
    return node.data if node.data is not None else node.parameters or {}


def data_to_change(before: Node, after: Node | None) -> Object:
    """Return the parameters that an apply would start from.

    Of a live node that is its proven data with what was changed by hand; where nothing proves its data, its own
    parameters as far as the target has them, since what the API server or a controller added is no parameter.
    """
    if before.live is None:
        return _data(before)
    if before.data is None:
        return _common(before.parameters or {}, _data(after) if after else {}) if after else before.parameters or {}
    return applied(before.data, [as_change(drifted) for drifted in before.live.drift])


def as_change(drifted: Drifted) -> ParameterChange:
    """Return what was done by hand as the change that it was, from what was deployed to what is live."""
    return ParameterChange(
        drifted.path,
        drifted.expected if drifted.has_expected else ABSENT,
        drifted.actual if drifted.has_actual else ABSENT,
    )


def _common(live: Object, wanted: Object) -> Object:
    """Return the live members that the target has too; a null of the target that the server dropped counts as there."""
    common: Object = {}
    for key, want in wanted.items():
        have = live.get(key)
        if key not in live and want is not None:
            continue
        common[key] = _common_value(have, want)
    return common


def _common_value(have: Value, want: Value) -> Value:
    if isinstance(have, dict) and isinstance(want, dict):
        return _common(have, want)
    if isinstance(have, list) and isinstance(want, list) and len(have) == len(want):
        return [_common_value(item, wanted) for item, wanted in zip(have, want, strict=True)]
    return have
