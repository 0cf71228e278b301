"""How systems are, a line each: what `kubectl express` alone shows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubectl_express.core.node import State
from kubectl_express.output.view import Cell, Lines, Style, View

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kubectl_express.core.node import Node
    from kubectl_express.output.views.rollout_status import Course
    from kubectl_express.output.views.systems import Reading

_NAMED = 3
"""Nodes that are named where something is to be said of them; of more only the first."""
_BAD = {State.UNHEALTHY, State.DRIFTED, State.UNVERIFIED}


@dataclass(frozen=True, slots=True)
class Overview:
    """One system: its nodes, and its last rollout."""

    reading: Reading
    course: Course | None
    """None where no rollout is on record, or where nobody could see whether one is."""
    unseen: str = ""
    """Why nobody could see that."""


def overview_view(found: Sequence[Overview]) -> View:
    """Return the view, for people alone."""
    return View({}, [], [Lines([line for each in found for line in _lines(each)])])


def _lines(overview: Overview) -> list[Cell]:
    reading, course = overview.reading, overview.course
    nodes = reading.nodes()
    title = reading.place.title()
    went = _rollout(course) if course else overview.unseen or "no rollout is recorded"
    go_on = course.outcome(reading.place).go_on if course else None
    to_do = [Cell(f"  to go on: {go_on}")] if go_on else []
    if not nodes:
        return [Cell(f"{title}: nothing is deployed{f'; {went}' if course else ''}", Style.FAINT), *to_do]
    faulty = [node for node in nodes if node.faults]
    integrity = "; ".join(f"{node.name} {', '.join(node.integrity)}" for node in faulty[:_NAMED])
    more = f" and {len(faulty) - _NAMED} more" if len(faulty) > _NAMED else ""
    said = [
        f"{title}: {len(nodes)} node{'' if len(nodes) == 1 else 's'}: {_states(nodes)}",
        f"integrity: {integrity}{more}" if faulty else "integrity ok",
        went,
    ]
    return [Cell("; ".join(said), _style(nodes)), *to_do]


def _states(nodes: Sequence[Node]) -> str:
    """Return how many nodes are in which state, current ones first; those in another are named."""
    states = Counter(node.live.state for node in nodes if node.live)
    ordered = sorted(states, key=lambda state: (state is not State.CURRENT, -states[state]))
    counted = ", ".join(
        f"{states[state]} {state.value}{'' if state is State.CURRENT else f' ({_in_state(nodes, state)})'}"
        for state in ordered
    )
    unhealthy = [node.name for node in nodes if node.live and node.live.unhealthy_besides]
    return f"{counted}; {len(unhealthy)} of them also unhealthy: {_listed(unhealthy)}" if unhealthy else counted


def _in_state(nodes: Sequence[Node], state: State) -> str:
    return _listed([node.name for node in nodes if node.live and node.live.state is state])


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:_NAMED])}{', …' if len(names) > _NAMED else ''}"


def _rollout(course: Course) -> str:
    record, progress = course.record, course.progress
    where = ""
    if course.state != "finished":
        where = (
            f" at {progress.current}" if progress.current else f" after {progress.done} of {len(record.steps)} nodes"
        )
    return f"last {record.action} {record.number} {course.state}{where} by {record.by}"


def _style(nodes: Sequence[Node]) -> Style:
    states = {node.live.state for node in nodes if node.live}
    unhealthy = any(node.live and node.live.unhealthy_besides for node in nodes)
    if states & _BAD or unhealthy or any(node.faults for node in nodes):
        return Style.BAD
    return Style.GOOD if states == {State.CURRENT} else Style.CAUTION
