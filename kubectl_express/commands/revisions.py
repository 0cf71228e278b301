"""`revisions`: the chain, state and integrity of every node."""

from __future__ import annotations

import threading
from queue import Queue
from typing import TYPE_CHECKING

from kubectl_express.commands.reading import named_nodes, nowhere, place, tell_doubt
from kubectl_express.commands.sources import Source, read_source
from kubectl_express.errors import ExitStatus, ExpressError
from kubectl_express.output.views.revisions import revisions_view
from kubectl_express.output.views.systems import Reading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kubectl_express.core.node import Node, Side
    from kubectl_express.output.printer import Printer
    from kubectl_express.sources.layout import System
    from kubectl_express.sources.scope import Scope

_Heard = tuple["System", "Side | ExpressError"]


def revisions(scope: Scope, printer: Printer, *, names: tuple[str, ...], source: Source, watch: bool) -> ExitStatus:
    """List nodes, and with `watch` go on with those that change, until interrupted."""
    if watch:
        if not source.live:
            raise ExpressError("--watch follows the cluster: give it without --chart and -f")
        return _watch(scope, printer, names)
    read = read_source(scope, source, names, printer)
    if printer.form in {"table", "wide"}:
        for reading in read.readings:
            if reading.side.engine:
                printer.remark(f"{reading.place.title()}: {reading.side.title}")
    printer.show(revisions_view(read.readings, read.names))
    return ExitStatus.FAILED if read.failed else ExitStatus.DONE


def _watch(scope: Scope, printer: Printer, names: tuple[str, ...]) -> ExitStatus:
    systems = scope.systems(live=True)
    heard: Queue[_Heard] = Queue()
    last: dict[System, Side] = {}
    for system in systems:
        threading.Thread(target=_follow, args=(scope, system, heard), daemon=True).start()
    while True:
        system, side = heard.get()
        if isinstance(side, ExpressError):
            raise side
        before = last.get(system)
        last[system] = side
        if before is None and len(last) == len(systems):
            names = named_nodes(scope, list(last.values()), names, nowhere(scope, systems))
            for each in systems:
                if not last[each].nodes:
                    tell_doubt(scope, printer, each)
            readings = [Reading(place(each), last[each], scope.settings) for each in systems]
            printer.show(revisions_view(readings, names))
        elif before is not None and len(last) == len(systems):
            changed = [name for name in _changed(before, side) if not names or name in names]
            if changed:
                reading = Reading(place(system), side, scope.settings)
                printer.show(revisions_view([reading], changed, titled=len(systems) > 1, heads=False))


def _follow(scope: Scope, system: System, heard: Queue[_Heard]) -> None:
    from kubectl_express.sources.snapshot import follow

    try:
        snapshot = scope.snapshot(system)
        heard.put((system, scope.live_side(snapshot)))
        for after in follow(scope.cluster, snapshot):
            heard.put((system, scope.live_side(after)))
    except ExpressError as error:
        heard.put((system, error))


def _changed(before: Side, after: Side) -> Sequence[str]:
    """Return the names of the nodes that are listed otherwise than before; a node that is gone has no line."""
    return [name for name, node in after.nodes.items() if _listed(node) != _listed(before.nodes.get(name))]


def _listed(node: Node | None) -> object:
    if node is None:
        return None
    live = node.live
    pods = [(pod.name, pod.ready, pod.reason, pod.terminating, pod.restarts) for pod in live.pods] if live else []
    return node.stored, node.calculated, node.declared, node.integrity, live and (live.state, live.running), pods
