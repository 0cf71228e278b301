"""A node's change from a baseline to a target, as `diff` and `inspect --against` tell it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubectl_express.core.changes import ChangeKind, NodeChange
from kubectl_express.core.explaining import Explanation, explain
from kubectl_express.core.verdict import UNTRUSTED, Comparison
from kubectl_express.output.differences import change_document, difference_document, difference_table, explained
from kubectl_express.output.redaction import redacted_change
from kubectl_express.output.values import shown
from kubectl_express.output.view import Cell, Column, Style, Table
from kubectl_express.output.views.systems import chain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kubectl_express.core.hashing import HashMethod
    from kubectl_express.core.node import Side
    from kubectl_express.core.parameters import ParameterChange
    from kubectl_express.core.values import Object

STYLES = {
    ChangeKind.SAME: Style.PLAIN,
    ChangeKind.NEW: Style.GOOD,
    ChangeKind.REMOVED: Style.BAD,
    ChangeKind.UPDATE: Style.CAUTION,
    ChangeKind.UNNEEDED: Style.BAD,
    ChangeKind.MISSED: Style.BAD,
    ChangeKind.MOVED: Style.BAD,
}
_PARAMETERS = (Column("PARAMETER"), Column("OLD", cut=True), Column("NEW", cut=True))


@dataclass(frozen=True, slots=True)
class Explained:
    """A node's change, what it is a change from, and why it cannot be trusted where that is so."""

    change: NodeChange
    baseline: Side
    why: Explanation

    def document(self, redact: Sequence[str]) -> Object:
        """Return the change for programs, with the node's chain in the baseline."""
        return {
            "against": self.baseline.origin,
            **change_members(self.change, self.why, redact),
            "baseline": chain(self.change.baseline),
        }

    def heads(self) -> list[tuple[str, str, Style]]:
        """Return what is compared with, and what happens to the node: from which revision to which."""
        live = self.change.baseline.live if self.change.baseline else None
        against = f"{self.baseline.title}, {live.state.value}: {live.why}" if live else self.baseline.title
        said = f"{self.change.change.value}: {revisions(self.change)}"
        if self.change.restart:
            said += ", so the pod will be replaced"
        return [("Against", against, Style.PLAIN), ("Change", said, STYLES[self.change.change])]

    def remarks(self, redact: Sequence[str]) -> list[Cell]:
        """Return in one line why the change cannot be trusted; nothing of one that can."""
        kind = self.change.change
        if kind not in UNTRUSTED:
            return []
        cause = explained(self.why.cause, self.why.difference, redact)
        return [Cell(UNTRUSTED[kind] + (f"; {cause}" if cause else ""), Style.BAD)]

    def tables(self, redact: Sequence[str]) -> list[Table]:
        """Return every parameter that changes, and everything that differs where that is something else."""
        difference = self.why.difference
        tables = [difference_table(difference, redact)] if difference else []
        changed = parameters(self.change)
        if changed and (difference is None or changed != difference.parameters):
            rows = [parameter_cells(each, redact) for each in changed]
            tables.insert(0, Table(_PARAMETERS, rows))
        return tables


def explained_changes(comparison: Comparison, method: HashMethod) -> list[Explained]:
    """Return every node's change with its explanation, in the comparison's order.

    `method` is the configured way of hashing.
    """
    every = comparison.nodes
    return [Explained(change, comparison.baseline, explain(change, every, method)) for change in every]


def change_members(change: NodeChange, why: Explanation, redact: Sequence[str]) -> Object:
    """Return what documents say of a change, whatever else they say of its node."""
    return {
        "change": change.change.value,
        "restart": change.restart,
        "changes": [change_document(each, redact) for each in change.parameters],
        "cause": explained(why.cause, why.difference, redact),
        "difference": difference_document(why.difference, redact),
    }


def revisions(change: NodeChange) -> str:
    """Return the revision before and after, or the one that stays."""
    old = change.baseline.revision if change.baseline else None
    new = change.target.revision if change.target and change.target.exists else None
    if old == new:
        return old or "-"
    return f"{old or '(none)'} -> {new or '(none)'}"


def parameters(change: NodeChange) -> tuple[ParameterChange, ...]:
    """Return the parameters that change; none of a node that appears or goes as a whole."""
    return () if change.change in {ChangeKind.NEW, ChangeKind.REMOVED} else change.parameters


def parameter_cells(change: ParameterChange, redact: Sequence[str]) -> list[Cell]:
    """Return one parameter's path, and its value before and after."""
    hidden = redacted_change(change, redact)
    return [Cell(hidden.path), Cell(shown(hidden.old), Style.BAD), Cell(shown(hidden.new), Style.GOOD)]
