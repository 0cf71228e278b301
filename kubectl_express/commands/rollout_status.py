"""`rollout status`: how far a rollout is, or a sync of Argo CD, from anywhere."""

from __future__ import annotations

import threading
from dataclasses import replace
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING

from kubectl_express.commands.reading import place, tell
from kubectl_express.errors import ExitStatus
from kubectl_express.output.views.rollout_status import Course, RolloutStatus, rollout_status_view
from kubectl_express.rollout.argocd.following import ApplicationWatch
from kubectl_express.rollout.argocd.ownership import owning_applications
from kubectl_express.rollout.control import held
from kubectl_express.sources.records import Records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kubectl_express.core.applications import Application
    from kubectl_express.output.printer import Printer
    from kubectl_express.sources.layout import System
    from kubectl_express.sources.scope import Scope
    from kubectl_express.sources.snapshot import Snapshot

    _Tell = Callable[[Callable[[RolloutStatus], RolloutStatus]], object]


def status(scope: Scope, printer: Printer, *, watch: bool) -> ExitStatus:
    """Show what is at work on one system and its nodes; with `watch`, again whenever that changes, until it is over."""
    system = scope.system()
    with printer.alive():
        shown = _status(scope, system, scope.snapshot(system))
    owners = owning_applications(
        scope.cluster,
        system.namespace,
        [node.resource for node in shown.side.nodes.values() if node.resource is not None],
        scope.settings.resources,
    )
    shown = replace(shown, applications=None if owners.notes and not owners.applications else owners.applications)
    tell(printer, place(system), shown.side, scope.settings)
    for note in owners.notes:
        printer.warn(note)
    printer.show(rollout_status_view([shown]))
    if watch and shown.goes_on:
        for newer in _later(scope, system, shown):
            if _told(newer) != _told(shown):
                shown = newer
                printer.show_line(rollout_status_view([shown])) if printer.form == "json" else printer.show(
                    rollout_status_view([shown])
                )
            if not newer.goes_on:
                break
    return ExitStatus.DONE


def _status(scope: Scope, system: System, snapshot: Snapshot) -> RolloutStatus:
    heads = Records(scope.cluster, system.namespace).heads()
    holder = held(scope.cluster, system.namespace)
    course = Course(*heads[-1], holder) if heads else None
    return RolloutStatus(place(system), scope.settings, course, holder, scope.live_side(snapshot))


def _later(scope: Scope, system: System, shown: RolloutStatus) -> Iterator[RolloutStatus]:
    """Yield the status whenever its nodes or its Applications change, from now on without a gap."""
    news: SimpleQueue[Callable[[RolloutStatus], RolloutStatus]] = SimpleQueue()
    watches = [ApplicationWatch(scope.cluster, application) for application in shown.applications or ()]
    runs = [partial(_follow_nodes, scope, system, news.put)]
    runs += [partial(_follow_application, watch, news.put) for watch in watches]
    for run in runs:
        threading.Thread(target=run, daemon=True).start()
    try:
        while True:
            shown = news.get()(shown)
            yield shown
    finally:
        for watch in watches:
            watch.stop()


def _follow_nodes(scope: Scope, system: System, tell: _Tell) -> None:
    from kubectl_express.sources.snapshot import follow

    def nodes(snapshot: Snapshot, shown: RolloutStatus) -> RolloutStatus:
        return replace(_status(scope, system, snapshot), applications=shown.applications)

    def fail(error: Exception, _: RolloutStatus) -> RolloutStatus:
        raise error

    try:
        first = scope.snapshot(system)
        tell(partial(nodes, first))
        for snapshot in follow(scope.cluster, first):
            tell(partial(nodes, snapshot))
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
