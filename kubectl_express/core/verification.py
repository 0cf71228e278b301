"""Whether a side's revisions can be trusted, node by node."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kubectl_express.core.explaining import explain
from kubectl_express.core.hashing import HashMethod
from kubectl_express.core.node import Node, Side, State
from kubectl_express.core.verdict import UNTRUSTED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kubectl_express.core.changes import NodeChange
    from kubectl_express.core.representation import Difference
    from kubectl_express.core.verdict import Comparison


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason not to trust a node's revision (or, with an empty node, the whole side's)."""

    node: str
    problem: str
    message: str
    cause: str | None = None
    difference: Difference | None = field(default=None, hash=False)
    """How the two differ that ought to be the same, where both are known."""

    def line(self) -> str:
        """Return the problem as one line."""
        text = f"{self.problem}: {self.message}" + (f"; {self.cause}" if self.cause else "")
        return f"{self.node}: {text}" if self.node else text


@dataclass(frozen=True, slots=True)
class Verification:
    """What was checked of one side, and what is wrong with it."""

    side: Side
    checks: tuple[str, ...]
    """What was found in order, as phrases: `the same on a second render`."""
    problems: tuple[Problem, ...] = field(default_factory=tuple)
    baseline: Side | None = None
    """What it was compared with, if with anything."""

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


def integrity_problems(nodes: Iterable[Node]) -> list[Problem]:
    """Return the integrity faults of a side's nodes; one of all nodes at once is told once, as a problem of none."""
    problems: list[Problem] = []
    for node in nodes:
        for fault in node.faults:
            name = "" if fault.whole else node.name
            problem = Problem(name, fault.kind.value, fault.message, fault.cause, fault.difference)
            if not fault.whole or problem not in problems:
                problems.append(problem)
    return problems


def change_problems(changes: Sequence[NodeChange], method: HashMethod | None = None) -> list[Problem]:
    """Return the changes against a baseline that cannot be trusted, `unneeded` and `missed`, each with its evidence.

    `method` is the configured way of hashing, the default one unless given.
    """
    problems = []
    for change in changes:
        if change.change in UNTRUSTED:
            why = explain(change, changes, method or HashMethod())
            message = UNTRUSTED[change.change].partition(": ")[2]
            problems.append(Problem(change.name, change.change.value, message, why.cause, why.difference))
    return problems


def comparison_problems(comparison: Comparison, method: HashMethod) -> list[Problem]:
    """Return what a comparison's `wrong` tells, in its order, with what differs and the evidence for why."""
    faults = [
        Problem(fault.whole or node.name, fault.kind.value, fault.message, fault.cause, fault.difference)
        for node in comparison.nodes
        if node.target
        for fault in node.target.faults
    ]
    return [*dict.fromkeys(faults), *change_problems(comparison.nodes, method)]


def live_problems(side: Side) -> list[Problem]:
    """Return what is wrong with the cluster's own chains: faults of entries, drift, and data that nothing proves.

    A node that is pending, updating or unhealthy is on its way or ailing; its revisions can be trusted.
    """
    problems = integrity_problems(side.nodes.values())
    for node in side.nodes.values():
        if node.live and node.live.state in {State.DRIFTED, State.UNVERIFIED}:
            problems.append(Problem(node.name, node.live.state.value, node.live.why))
    return problems
