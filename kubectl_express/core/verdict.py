"""What a diff comes to: which nodes restart in which order, what is wrong, and the exit status."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubectl_express.core.changes import ChangeKind, NodeChange
from kubectl_express.errors import ExitStatus

if TYPE_CHECKING:
    from kubectl_express.core.node import Node, Side
    from kubectl_express.core.objects import ObjectChange

UNTRUSTED = {
    ChangeKind.UNNEEDED: "unneeded: the revision changes and the data does not, a restart for nothing",
    ChangeKind.MISSED: "missed: the data changes and the revision does not, so it never reaches the pod",
    ChangeKind.MOVED: "moved: it is of another kind, and its old resource would stay beside the new one: rename "
    "the node, or remove it first, with --prune, and add it after that",
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """A system's target against its baseline."""

    baseline: Side
    target: Side
    nodes: tuple[NodeChange, ...]
    objects: tuple[ObjectChange, ...]
    uncompared: tuple[tuple[str, str], ...] = ()
    """Objects of the target, by kind and name, whose live counterparts could not be read."""

    @property
    def different(self) -> bool:
        """Whether an apply would change anything."""
        return bool(self.objects) or any(node.change is not ChangeKind.SAME or node.parameters for node in self.nodes)

    @property
    def wrong(self) -> list[tuple[str, str]]:
        """What cannot be trusted: node names, each with what is wrong with it."""
        faults = [
            (
                fault.whole or node.name,
                f"{fault.kind.value}: {fault.message}" + (f"; {fault.cause}" if fault.cause else ""),
            )
            for node in self.nodes
            if node.target
            for fault in node.target.faults
        ]
        # A fault of all nodes at once is told once.
        faults = list(dict.fromkeys(faults))
        return faults + [(node.name, UNTRUSTED[node.change]) for node in self.nodes if node.change in UNTRUSTED]

    @property
    def status(self) -> ExitStatus:
        """What the comparison alone would end in: nothing is said of a whole that was compared in part."""
        if self.uncompared:
            return ExitStatus.FAILED
        if self.wrong:
            return ExitStatus.UNTRUSTED
        return ExitStatus.DIFFERENT if self.different else ExitStatus.DONE

    def sentence(self) -> str:
        """Return in one sentence which nodes will restart, in their order, what was not compared, and what is wrong."""
        restarts = [node.name for node in self.nodes if node.restart]
        total = sum(1 for node in self.nodes if node.baseline)
        parts = [f"{len(restarts)} of {_nodes(total)} will restart" if total else "no node will restart"]
        if restarts:
            parts[0] += ", in this order: " + ", ".join(restarts)
        named = [
            ("new", [node.name for node in self.nodes if node.change is ChangeKind.NEW]),
            ("removed", [node.name for node in self.nodes if node.change is ChangeKind.REMOVED]),
            ("not compared", [f"{kind}/{name}" for kind, name in self.uncompared]),
        ]
        for words, names in named:
            if names:
                parts.append(f"{len(names)} {'is' if len(names) == 1 else 'are'} {words} ({', '.join(names)})")
        parts.append(self._what_is_wrong())
        return "; ".join(parts) + "."

    def _what_is_wrong(self) -> str:
        said = [f"{name} ({problem.partition(':')[0]})" for name, problem in self.wrong]
        said += [f"{node.name} (drifted)" for node in self.nodes if node.baseline and _drifted(node.baseline)]
        return f"wrong: {', '.join(dict.fromkeys(said))}" if said else "nothing is wrong"


def _drifted(node: Node) -> bool:
    return node.live is not None and bool(node.live.drift)


def _nodes(count: int) -> str:
    return f"{count} node{'' if count == 1 else 's'}"
