"""What a rollout's live table shows at a moment: every node of the plan with how far it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

from kubectl_express.core.happenings import Happening, What
from kubectl_express.output.progress.plain import STYLES, said
from kubectl_express.output.view import Style
from kubectl_express.output.views.plan import step_revisions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kubectl_express.core.plan import Plan, Step
    from kubectl_express.core.settings import Settings


class Turn(Enum):
    """How far a node is."""

    TO_COME = "to come"
    NEXT = "next"
    """It awaits an answer."""
    NOW = "now"
    DONE = "done"
    HALTED = "halted"


@dataclass(frozen=True, slots=True)
class Row:
    """One node of the plan."""

    node: str
    kind: str
    change: str
    revision: str
    turn: Turn = Turn.TO_COME
    said: str = Turn.TO_COME.value
    ailing: bool = False
    since: float | None = None
    """When it was applied, by the clock that counts seconds."""
    took: float | None = None
    """Seconds until it passed, or until it was given up."""

    def time(self, now: float) -> float | None:
        """Return for how many seconds it has been, or was, in progress."""
        if self.took is not None or self.since is None:
            return self.took
        return now - self.since


@dataclass(frozen=True, slots=True)
class Board:
    """All nodes in their order, and what is said of the rollout as a whole. It never changes: a new one follows."""

    rows: Mapping[str, Row]
    current: str | None = None
    """The node that everybody looks at: in progress, asked about, or the last that was."""
    said: str = ""
    style: Style = Style.PLAIN
    since: float | None = None

    @property
    def reason(self) -> str:
        """What is said of the node in progress or asked about, with its name; empty where there is none."""
        row = self.rows.get(self.current or "")
        return f"{row.node}: {row.said}" if row and row.turn in {Turn.NEXT, Turn.NOW} else ""

    @property
    def done(self) -> int:
        """How many nodes have passed."""
        return sum(row.turn is Turn.DONE for row in self.rows.values())

    def after(self, happening: Happening, now: float) -> Board:
        """Return the board as it is after something that happened at a time of the clock."""
        board = self if self.since is not None else replace(self, since=now)
        if happening.what is What.STOPPED:
            board = replace(board, rows={name: _unasked(row) for name, row in board.rows.items()})
        row = board.rows.get(happening.node or "")
        changed = _row_after(row, happening, now) if row else None
        whole, style = _said_after(board, happening, of_node=changed is not None)
        board = replace(board, said=whole, style=style)
        return replace(board, rows={**board.rows, changed.node: changed}, current=changed.node) if changed else board


def _unasked(row: Row) -> Row:
    """Return the row of a node that nobody will be asked about any more."""
    return replace(row, turn=Turn.TO_COME, said=Turn.TO_COME.value) if row.turn is Turn.NEXT else row


def _said_after(board: Board, happening: Happening, *, of_node: bool) -> tuple[str, Style]:
    """Return what is said of the rollout as a whole after something that is told of a node, or of all.

    That it is about to stop, or paused, stays while its node goes on; which object was applied last does not.
    """
    of_all = not of_node or happening.what is What.HALTED
    if happening.what is What.WARNING or (not of_all and board.style is not Style.PLAIN):
        return board.said, board.style
    if not of_all or happening.what in {What.STARTED, What.RESUMED}:
        return "", Style.PLAIN
    named = happening.node and happening.node not in board.rows
    words = f"{happening.node}: {said(happening)}" if named else said(happening)
    return words, STYLES.get(happening.what, Style.PLAIN)


def _row_after(row: Row, happening: Happening, now: float) -> Row | None:
    """Return the node's row after something that is the node's own; None of anything else."""
    words = happening.message.removeprefix(f"{row.node}: ")
    told = replace(row, said=words, ailing=happening.ailing)
    if happening.what is What.ASKING:
        return replace(told, turn=Turn.NEXT)
    if happening.what in {What.APPLIED, What.DELETED}:
        return replace(told, turn=Turn.NOW, since=now, took=None)
    if happening.what is What.WAITING:
        return replace(told, turn=Turn.NOW, since=now if row.since is None else row.since, took=None)
    if happening.what is What.PASSED:
        took = row.time(now) if happening.seconds is None else happening.seconds
        return replace(told, turn=Turn.DONE, said="done", took=took)
    if happening.what is What.HALTED:
        return replace(told, turn=Turn.HALTED, took=row.time(now))
    return None


def first_board(plan: Plan, settings: Settings) -> Board:
    """Return the board before anything has happened."""
    return Board({step.node: _first_row(step, settings) for step in plan.steps})


def _first_row(step: Step, settings: Settings) -> Row:
    return Row(step.node, step.kind, step.change.value, step_revisions(step, settings))


def window(count: int, current: int, most: int) -> range:
    """Return which of a number of rows to show where there is room for `most`: the current one and more behind it."""
    if count <= most:
        return range(count)
    first = min(max(current - most // 3, 0), count - most)
    return range(first, first + most)
