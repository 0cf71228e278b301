"""`rollout status`: how far a rollout is, from anywhere."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from kubectl_express.commands.reading import place, tell
from kubectl_express.errors import ExitStatus
from kubectl_express.output.views.rollout_status import Course, RolloutStatus, rollout_status_view
from kubectl_express.rollout.control import held
from kubectl_express.sources.records import Records

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kubectl_express.output.printer import Printer
    from kubectl_express.sources.layout import System
    from kubectl_express.sources.scope import Scope
    from kubectl_express.sources.snapshot import Snapshot

_GOING_ON = frozenset({"running", "paused", "stopping"})


def status(scope: Scope, printer: Printer, *, watch: bool) -> ExitStatus:
    """Show one system's last rollout and its nodes; with `watch`, again whenever that changes, until it is over."""
    system = scope.system()
    shown = _status(scope, system, scope.snapshot(system))
    tell(printer, place(system), shown.side, scope.settings)
    printer.show(rollout_status_view([shown]))
    if watch and _goes_on(shown):
        for newer in _later(scope, system):
            if _told(newer) != _told(shown):
                shown = newer
                printer.show_line(rollout_status_view([shown])) if printer.form == "json" else printer.show(
                    rollout_status_view([shown])
                )
            if not _goes_on(shown):
                break
    return ExitStatus.DONE


def _status(scope: Scope, system: System, snapshot: Snapshot) -> RolloutStatus:
    heads = Records(scope.cluster, system.namespace).heads()
    holder = held(scope.cluster, system.namespace)
    course = Course(*heads[-1], holder) if heads else None
    return RolloutStatus(place(system), scope.settings, course, holder, scope.live_side(snapshot))


def _later(scope: Scope, system: System) -> Iterator[RolloutStatus]:
    from kubectl_express.sources.snapshot import follow

    for snapshot in follow(scope.cluster, scope.snapshot(system)):
        yield _status(scope, system, snapshot)


def _goes_on(status: RolloutStatus) -> bool:
    return status.course is not None and status.course.state in _GOING_ON


def _told(status: RolloutStatus) -> object:
    """Return what of a status is worth showing again: not when the lease comes free unless renewed."""
    return rollout_status_view([replace(status, held=None)]).document
