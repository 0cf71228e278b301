"""`rollout status`: how far a rollout is, or a sync of Argo CD, from anywhere."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from dataclasses import replace
from functools import partial
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from kubectl_express.commands.reading import place, tell, tell_doubt
from kubectl_express.errors import ExitStatus, ExpressError
from kubectl_express.output.views.rollout_status import INTERRUPTED, Course, RolloutStatus, rollout_status_view
from kubectl_express.rollout.argocd.following import ApplicationWatch
from kubectl_express.rollout.argocd.ownership import owning_applications
from kubectl_express.rollout.control import held
from kubectl_express.rollout.session import passes
from kubectl_express.sources.records import Records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kubectl_express.core.applications import Application
    from kubectl_express.core.lease import Held
    from kubectl_express.output.printer import Printer
    from kubectl_express.sources.layout import System
    from kubectl_express.sources.scope import Scope
    from kubectl_express.sources.snapshot import Snapshot

    _Tell = Callable[[Callable[[RolloutStatus], RolloutStatus]], object]

_LOOK_EVERY = 5.0
"""Seconds after which the record and the lease are read again: a rollout may wait or end without touching a node, and
a lease expires without a word. More than there is between two renewals."""


def status(scope: Scope, printer: Printer, *, watch: bool) -> ExitStatus:
    """Show what is at work on one system and its nodes; with `watch`, again whenever that changes, until it is over."""
    system = scope.system()
    with printer.alive():
        snapshot = scope.snapshot(system)
        shown = RolloutStatus(place(system), scope.settings, *_rollout(scope, system), scope.live_side(snapshot))
    owners = owning_applications(
        scope.cluster,
        system.namespace,
        [node.resource for node in shown.side.nodes.values() if node.resource is not None],
        scope.settings.resources,
    )
    shown = replace(shown, applications=None if owners.notes and not owners.applications else owners.applications)
    tell(printer, place(system), shown.side, scope.settings)
    if shown.course is None and shown.held is None and not shown.side.nodes:
        tell_doubt(scope, printer, system)
    for note in owners.notes:
        printer.warn(note)
    printer.show(rollout_status_view([shown]))
    if watch and shown.goes_on:
        for newer in _later(scope, system, snapshot, shown):
            if _told(newer) != _told(shown):
                shown = newer
                printer.show_line(rollout_status_view([shown])) if printer.form == "json" else printer.show(
                    rollout_status_view([shown])
                )
    return ExitStatus.DONE


def _rollout(scope: Scope, system: System) -> tuple[Course | None, Held | None]:
    """Return the last rollout, None where there never was one, and who holds the lease."""
    course = holder = None
    for _ in range(2):
        heads = Records(scope.cluster, system.namespace).heads()
        holder = held(scope.cluster, system.namespace)
        course = Course(*heads[-1], holder) if heads else None
        # One that ended between the two requests looks interrupted: its record was read too early.
        if course is None or course.state != INTERRUPTED:
            break
    return course, holder


def _later(scope: Scope, system: System, snapshot: Snapshot, shown: RolloutStatus) -> Iterator[RolloutStatus]:
    """Yield the status whenever it may have changed, from the snapshot on without a gap, until nothing goes on."""
    news: SimpleQueue[Callable[[RolloutStatus], RolloutStatus]] = SimpleQueue()
    watches = [ApplicationWatch(scope.cluster, application) for application in shown.applications or ()]
    runs = [partial(_follow_nodes, scope, system, snapshot, news.put)]
    runs += [partial(_follow_application, watch, news.put) for watch in watches]
    for run in runs:
        threading.Thread(target=run, daemon=True).start()
    # When to read the rollout again, and when it is certain that nothing goes on.
    look_at, certain_at = time.monotonic() + _LOOK_EVERY, math.inf
    try:
        while True:
            try:
                shown = news.get(timeout=max(look_at - time.monotonic(), 0.0))(shown)
            except Empty:
                shown = _read_again(scope, system, shown)
                look_at = time.monotonic() + _LOOK_EVERY
            if shown.goes_on:
                certain_at = math.inf
            elif _is_doubtful(shown):
                look_at = certain_at = min(certain_at, time.monotonic() + _LOOK_EVERY)
            else:
                certain_at = time.monotonic()
            if time.monotonic() >= certain_at:
                # What the watches have to tell of the nodes may still be on its way.
                shown = _read_again(scope, system, shown, nodes=True)
            yield shown
            if not shown.goes_on and time.monotonic() >= certain_at:
                return
    finally:
        for watch in watches:
            watch.stop()


def _read_again(scope: Scope, system: System, shown: RolloutStatus, *, nodes: bool = False) -> RolloutStatus:
    """Return the status with the rollout as it is now, and the nodes if asked; as it was if that cannot be read now."""
    try:
        course, holder = _rollout(scope, system)
        side = scope.live_side(scope.snapshot(system)) if nodes else shown.side
    except ExpressError as error:
        if not passes(error):
            raise
        return shown
    return replace(shown, course=course, held=holder, side=side)


def _is_doubtful(status: RolloutStatus) -> bool:
    """Return whether it may go on though it looks interrupted: the API server was out of the reach of its process, too.

    Or that is there, and about to put on record that it has lost its lease.
    """
    interrupted = status.course is not None and status.course.state == INTERRUPTED
    return interrupted and not (status.held is not None and status.held.gone)


def _follow_nodes(scope: Scope, system: System, snapshot: Snapshot, tell: _Tell) -> None:
    from kubectl_express.sources.snapshot import follow

    newest: deque[Snapshot] = deque(maxlen=1)

    def nodes(shown: RolloutStatus) -> RolloutStatus:
        """Look at the nodes as they are by now; whatever they were since the last look is passed over."""
        try:
            snapshot = newest.pop()
        except IndexError:
            return shown
        return _read_again(scope, system, replace(shown, side=scope.live_side(snapshot)))

    def fail(error: Exception, _: RolloutStatus) -> RolloutStatus:
        raise error

    try:
        for newer in follow(scope.cluster, snapshot):
            newest.append(newer)
            tell(nodes)
    except Exception as error:  # noqa: BLE001  (handed to the thread that shows)
        tell(partial(fail, error))


def _follow_application(watch: ApplicationWatch, tell: _Tell) -> None:
    def application(now: Application | None, shown: RolloutStatus) -> RolloutStatus:
        others = (now if each.title == watch.title else each for each in shown.applications or ())
        return replace(shown, applications=tuple(each for each in others if each))

    watch.run(lambda now: tell(partial(application, now)))


def _told(status: RolloutStatus) -> object:
    """Return what of a status is worth showing again: not when the lease comes free unless renewed."""
    return rollout_status_view([replace(status, held=None)]).document
