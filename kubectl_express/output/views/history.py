"""The rollouts that a system's record still has: when, by whom, from which commit, which nodes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kubectl_express.output.view import Cell, Column, Lines, Style, Table, View
from kubectl_express.output.views.rollout_status import STATE_STYLES, Course
from kubectl_express.output.views.systems import Place, envelope

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kubectl_express.core.values import Object

_COLUMNS = (
    Column("NUMBER"),
    Column("STARTED"),
    Column("BY"),
    Column("ACTION"),
    Column("STATE"),
    Column("COMMIT"),
    Column("NODES"),
    Column("NAMES", wide=True),
    Column("PLAN", wide=True),
    Column("FROM", wide=True),
    Column("MESSAGE", wide=True),
)


@dataclass(frozen=True, slots=True)
class History:
    """One system's rollouts, oldest first."""

    place: Place
    courses: tuple[Course, ...]

    def told(self) -> list[Course]:
        """Return them as they are: none but the last goes on, whoever holds the lease for the same plan again."""
        return [*(replace(course, held=None) for course in self.courses[:-1]), *self.courses[-1:]]


def history_view(found: Sequence[History]) -> View:
    """Return the view, each system's newest rollout last; its names are the rollouts' numbers."""
    return View(
        document=envelope("RolloutHistory", [(each.place, _document(each)) for each in found]),
        names=[str(course.record.number) for each in found for course in each.courses],
        blocks=[block for each in found for block in _blocks(each, titled=len(found) > 1)],
    )


def _document(history: History) -> Object:
    return {"rollouts": [course.document() for course in history.told()]}


def _blocks(history: History, *, titled: bool) -> list[Table | Lines]:
    title = history.place.title()
    if not history.courses:
        return [Lines([Cell(f"{title}: no rollout is recorded")])]
    heads = [Lines([Cell(title, Style.STRONG)])] if titled else []
    return [*heads, Table(_COLUMNS, [_row(course) for course in history.told()])]


def _row(course: Course) -> list[Cell]:
    record, progress = course.record, course.progress
    return [
        Cell(str(record.number), Style.STRONG),
        Cell(record.started),
        Cell(record.by),
        Cell(course.action),
        Cell(course.state, STATE_STYLES.get(course.state, Style.PLAIN)),
        Cell(record.commit or "-"),
        Cell(f"{progress.done}/{len(record.steps)}"),
        Cell(", ".join(record.steps) or "-"),
        Cell(record.plan),
        Cell(record.origin),
        Cell(progress.message),
    ]
