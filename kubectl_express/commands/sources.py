"""The side that `revisions` and `inspect` read: the cluster's, the chart's, or a file's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubectl_express.commands.reading import check_names, file_place, gather, place, tell
from kubectl_express.core.nearest import did_you_mean
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


def read_source(scope: Scope, source: Source, names: tuple[str, ...], printer: Printer) -> tuple[list[Reading], bool]:
    """Return what was read of every system, and whether any could not be read. Says what belongs to stderr.

    Raises ExpressError where a node is named that no side has.
    """
    if source.file is not None:
        readings, failed = [Reading(file_place(scope), scope.file(source.file), scope.settings)], False
    else:

        def read(system: System) -> Reading:
            side = scope.live(system) if source.live else scope.rendered(system)
            return Reading(place(system), side, scope.settings)

        gathered = gather(scope.systems(live=source.live), read, printer)
        readings, failed = gathered.results, gathered.failed
    check_names([reading.side for reading in readings], names)
    for reading in readings:
        tell(printer, reading.place, reading.side, reading.settings)
    if not any(reading.side.nodes for reading in readings) and not failed:
        where = ", ".join(reading.place.namespace or reading.side.origin for reading in readings)
        printer.remark(f"No nodes found in {where}{_nearest(scope, readings) or '.'}")
    return readings, failed


def _nearest(scope: Scope, readings: list[Reading]) -> str:
    """Return the nearest system that has overlays, where one was asked for that has none: it may be misspelt."""
    for named in scope.selection.systems:
        for reading in readings:
            known = scope.layout.systems(reading.place.context or "")
            if reading.place.system == named and named not in known:
                return did_you_mean(named, known)
    return ""
