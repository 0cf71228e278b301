"""The side that `revisions` and `inspect` read: the cluster's, the chart's, or a file's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubectl_express.commands.reading import file_place, gather, named_nodes, nowhere, place, tell
from kubectl_express.output.views.systems import Reading

if TYPE_CHECKING:
    from kubectl_express.output.printer import Printer
    from kubectl_express.sources.layout import System
    from kubectl_express.sources.scope import Scope


@dataclass(frozen=True, slots=True)
class Source:
    """Where to read: `--chart`, `-f FILE`, or neither for the cluster."""

    chart: bool = False
    file: str | None = None

    @property
    def live(self) -> bool:
        """Whether it is the cluster."""
        return not self.chart and self.file is None


@dataclass(frozen=True, slots=True)
class Read:
    """What was read of every system, the names of the nodes that were asked for, and whether any could not be read."""

    readings: list[Reading]
    names: tuple[str, ...]
    failed: bool


def read_source(scope: Scope, source: Source, words: tuple[str, ...], printer: Printer) -> Read:
    """Read every system, and say what belongs to stderr. The words name nodes.

    Raises ExpressError where a node is named that no side has.
    """
    systems: list[System] = []
    if source.file is not None:
        readings, failed = [Reading(file_place(scope), scope.file(source.file), scope.settings)], False
    else:

        def read(system: System) -> Reading:
            side = scope.live(system) if source.live else scope.rendered(system)
            return Reading(place(system), side, scope.settings)

        systems = scope.systems(live=source.live)
        gathered = gather(systems, read, printer)
        readings, failed = gathered.results, gathered.failed
    empty = not any(reading.side.nodes for reading in readings)
    where = nowhere(scope, systems) if source.live and empty else ""
    names = named_nodes(scope, [reading.side for reading in readings], words, where)
    for reading in readings:
        tell(printer, reading.place, reading.side, reading.settings)
    if empty and not failed:
        where = where or f" in {', '.join(reading.place.namespace or reading.side.origin for reading in readings)}"
        printer.remark(f"No nodes found{where}{'' if ';' in where else '.'}")
    return Read(readings, names, failed)
