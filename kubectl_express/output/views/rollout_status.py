"""A system's last rollout: whose it is, how far each node is, and how it goes on."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubectl_express.core.order import in_order
from kubectl_express.core.values import Object, Value
from kubectl_express.output.progress.outcome import Outcome
from kubectl_express.output.view import Cell, Column, Lines, Style, Table, View
from kubectl_express.output.views.syncs import application_document, application_lines, last, progress_of, when
from kubectl_express.output.views.systems import Place, chain, envelope, full_name, revision_cell, state_cell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kubectl_express.core.applications import Application, Sync
    from kubectl_express.core.lease import Held
    from kubectl_express.core.node import Node, Side
    from kubectl_express.core.record import Progress, Record
    from kubectl_express.core.settings import Settings

INTERRUPTED = "interrupted"
"""What a rollout is that its record has as going on, while nobody holds the lease for it any more."""
STATE_STYLES = {
    "running": Style.CAUTION,
    "paused": Style.CAUTION,
    "stopping": Style.CAUTION,
    "stopped": Style.CAUTION,
    INTERRUPTED: Style.BAD,
    "halted": Style.BAD,
    "finished": Style.GOOD,
}
_GOES_ON = frozenset({"running", "paused", "stopping"})
_OVER = frozenset({"stopped", "halted", INTERRUPTED})
_NODES = (
    Column("NODE"),
    Column("KIND"),
    Column("ROLLOUT"),
    Column("STORED", wide=True),
    Column("DECLARED"),
    Column("RUNNING"),
    Column("STATE"),
    Column("DETAIL"),
)


@dataclass(frozen=True, slots=True)
class Course:
    """One rollout as its record has it, and who holds the system's lease."""

    record: Record
    progress: Progress
    held: Held | None

    @property
    def state(self) -> str:
        """The record's word for how it is, or `interrupted` where it says that it goes on and no one sees to that."""
        state = self.progress.state
        attended = self.held is not None and not self.held.free and self.held.holder.plan == self.record.plan
        return INTERRUPTED if state in _GOES_ON and not attended else state

    @property
    def action(self) -> str:
        """What it does in words, an undo with the number of what it takes back."""
        return self.record.action if self.record.undoes is None else f"{self.record.action} of {self.record.undoes}"

    def outcome(self, place: Place) -> Outcome:
        """Return how far each node of the plan came, and the exact command that goes on where one does."""
        steps, done, current = self.record.steps, self.progress.done, self.progress.current
        return Outcome(
            updated=steps[:done],
            in_progress=(current,) if current else (),
            untouched=tuple(name for name in steps[done:] if name != current),
            go_on=self._go_on(place),
        )

    def _go_on(self, place: Place) -> str | None:
        if self.state in _OVER:
            return shlex.join(self.record.go_on)
        if self.state != "paused":
            return None
        where = (("--context", place.context), ("--namespace", place.namespace))
        words = [word for option, value in where if value for word in (option, value)]
        return shlex.join(["kubectl", "express", "rollout", "resume", *words])

    def document(self) -> Object:
        """Return what programs are told of the rollout itself."""
        record, progress = self.record, self.progress
        return {
            "number": record.number,
            "id": record.id,
            "action": record.action,
            "undoes": record.undoes,
            "state": self.state,
            "message": progress.message,
            "started": record.started,
            "updatedAt": progress.updated,
            "by": record.by,
            "commit": record.commit,
            "origin": record.origin,
            "engine": record.engine or None,
            "plan": record.plan,
            "step": record.step,
            "steps": list[Value](record.steps),
            "done": progress.done,
        }


@dataclass(frozen=True, slots=True)
class RolloutStatus:
    """One system: its last rollout where it ever had one, who holds its lease, and its nodes as they are now."""

    place: Place
    settings: Settings
    course: Course | None
    held: Held | None
    side: Side
    applications: tuple[Application, ...] | None = ()
    """Argo CD's Applications that own its nodes; None where nobody could see whether there are any."""

    @property
    def goes_on(self) -> bool:
        """Whether a rollout or a sync is under way."""
        return self._rolls or any(each.syncing for each in self.applications or ())

    @property
    def _rolls(self) -> bool:
        return self.course is not None and self.course.state in _GOES_ON

    @property
    def outcome(self) -> Outcome:
        """How far the last rollout brought each node, or Argo CD if it was at work last; nothing where neither was."""
        synced = self._synced_last
        if synced:
            return progress_of(synced, self.nodes())
        return self.course.outcome(self.place) if self.course else Outcome((), (), ())

    @property
    def _synced_last(self) -> Sync | None:
        """The sync that has been at work since the last rollout; None where that goes on, or nothing synced since."""
        synced = last(self.applications or ())
        if synced is None or self._rolls:
            return None
        since = self.course.progress.updated if self.course else ""
        return synced.sync if synced.syncing or when(synced) > since else None

    def nodes(self) -> list[Node]:
        """Return the system's nodes in the order of a rollout."""
        return in_order(self.side.nodes.values(), self.settings.resources.kinds)


def rollout_status_view(found: Sequence[RolloutStatus]) -> View:
    """Return the view; its names are the nodes of the last rollout that are not updated yet."""
    return View(
        document=envelope("RolloutStatus", [(each.place, _document(each)) for each in found]),
        names=[full_name(name, _kind(each, name), each.settings) for each in found for name in _remaining(each)],
        blocks=[block for each in found for block in _blocks(each)],
    )


def _remaining(status: RolloutStatus) -> tuple[str, ...]:
    return (*status.outcome.in_progress, *status.outcome.untouched)


def _kind(status: RolloutStatus, name: str) -> str | None:
    node = status.side.nodes.get(name)
    return node.kind if node else None


def _document(status: RolloutStatus) -> Object:
    outcome = status.outcome
    return {
        "rollout": status.course.document() if status.course else None,
        "holder": _holder(status.held) if status.held else None,
        "applications": _applications(status),
        **outcome.document(),
        "nodes": [
            {
                "node": node.name,
                "kind": node.kind,
                "progress": _progress(outcome, node.name),
                **chain(node),
                "why": node.live.why if node.live else None,
            }
            for node in status.nodes()
        ],
    }


def _applications(status: RolloutStatus) -> Value:
    if status.applications is None:
        return None
    nodes, settings = status.nodes(), status.settings.resources
    return [application_document(each, nodes, settings) for each in status.applications]


def _holder(held: Held) -> Object:
    holder = held.holder
    return {
        "user": holder.user,
        "host": holder.host,
        "pid": holder.pid,
        "step": holder.step,
        "plan": holder.plan,
        "expiresIn": round(held.expires_in, 3),
        "gone": held.gone,
    }


def _progress(outcome: Outcome, name: str) -> str | None:
    groups = (("updated", outcome.updated), ("in progress", outcome.in_progress), ("untouched", outcome.untouched))
    return next((word for word, names in groups if name in names), None)


def _blocks(status: RolloutStatus) -> list[Table | Lines]:
    outcome = status.outcome
    heads = [*_heads(status), *(Cell(line) for line in outcome.lines())]
    rows = [_row(node, _progress(outcome, node.name)) for node in status.nodes()]
    return [Lines(heads), *([Table(_NODES, rows)] if rows else [])]


def _heads(status: RolloutStatus) -> list[Cell]:
    nodes, settings = status.nodes(), status.settings.resources
    others = [Cell(f"the lease {status.held}")] if status.held else []
    others += [line for each in status.applications or () for line in application_lines(each, nodes, settings)]
    course = status.course
    if course is None:
        return [Cell(f"{status.place.title()}: no rollout is recorded", Style.STRONG), *others]
    record, progress = course.record, course.progress
    of = "" if record.undoes is None else f", of rollout {record.undoes},"
    title = f"{status.place.title()}: {record.action} {record.number}{of} by {record.by}, since {record.started}"
    told = progress.message.startswith(course.state) or not progress.message
    said = (progress.message or course.state) if told else f"{course.state}: {progress.message}"
    return [Cell(title, Style.STRONG), Cell(said, STATE_STYLES.get(course.state, Style.PLAIN)), *others]


def _row(node: Node, progress: str | None) -> list[Cell]:
    looks = {"updated": Style.GOOD, "in progress": Style.CAUTION}
    return [
        Cell(node.name, Style.STRONG),
        Cell(node.kind or "-"),
        Cell(progress or "-", looks.get(progress or "", Style.FAINT)),
        revision_cell(node.stored, node.calculated),
        revision_cell(node.declared, node.stored),
        revision_cell(node.live.running if node.live else None, node.declared),
        state_cell(node),
        Cell(node.live.why if node.live else ""),
    ]
