"""What the reading commands share: several systems at once, and what is said beside the data."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from kubectl_express.core.live import split
from kubectl_express.core.nearest import nearest_or_all
from kubectl_express.errors import ExpressError
from kubectl_express.output.views.systems import Place
from kubectl_express.sources.threads import together
from kubectl_express.sources.unreachable import UnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kubectl_express.core.node import Node, Side
    from kubectl_express.core.settings import Settings
    from kubectl_express.output.printer import Printer
    from kubectl_express.sources.layout import System
    from kubectl_express.sources.scope import Scope

Result = TypeVar("Result")

_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Gathered(Generic[Result]):
    """What could be read of some systems, and whether any could not."""

    results: list[Result]
    failed: bool


def gather(systems: Sequence[System], read: Callable[[System], Result], printer: Printer) -> Gathered[Result]:
    """Read several systems at once. One that cannot be read is said on stderr and does not hide the others.

    Raises the error itself where no system could be read and all failed alike.
    """
    to_do = deque(enumerate(systems))
    read_so_far: dict[int, Result] = {}
    failed: dict[int, ExpressError] = {}

    def work() -> None:
        while to_do:
            try:
                number, system = to_do.popleft()
            except IndexError:  # Another thread was quicker.
                return
            try:
                read_so_far[number] = read(system)
            except ExpressError as error:
                failed[number] = error
                if isinstance(error, UnreachableError) and not read_so_far:
                    to_do.clear()  # They all have one server.

    with printer.alive():
        together([work] * min(_AT_ONCE, len(systems)))
    results = [read_so_far[number] for number in sorted(read_so_far)]
    errors = [(systems[number], failed[number]) for number in sorted(failed)]
    if errors and not results and len({str(each) for _, each in errors}) == 1:
        raise errors[0][1]
    for system, each in errors:
        printer.remark(f"{each.prefix}{system.name}: {each}")
    return Gathered(results, bool(errors))


def place(system: System) -> Place:
    """Return a system as documents name it."""
    return Place(system.name, system.namespace, system.context or None)


def file_place(scope: Scope) -> Place:
    """Return what is known of the system that a file holds: only what the command line says."""
    selection = scope.selection
    name = selection.systems[0] if selection.systems else None
    return Place(name, selection.connection.namespace, None)


def tell(printer: Printer, place: Place, side: Side, settings: Settings) -> None:
    """Say on stderr what a reader of the side must know: notes, a split, and with `-v` where everything was read."""
    for note in side.notes:
        printer.warn(f"{place.title()}: {note}")
    parted = split(side)
    if parted:
        there, total = parted
        printer.remark(f"split: {there} of {total} nodes at the stored revisions ({place.title()})")
    if printer.verbose:
        _tell_in_detail(printer, place, side, settings)


def _tell_in_detail(printer: Printer, place: Place, side: Side, settings: Settings) -> None:
    if side.engine:
        printer.detail(f"{place.title()}: rendered by {side.engine}: {' '.join(side.command)}")
    for node in side.nodes.values():
        printer.detail(f"{place.title()}: {node.name}: {_provenance(node, settings)}")


def _provenance(node: Node, settings: Settings) -> str:
    parts = [f"{link} from {where}" for link, where in node.places.items()]
    if node.text is not None:
        method = settings.revisions.hash
        kept = f", first {method.length} characters" if method.length is not None else ""
        parts.append(f"{len(node.text.encode('utf-8', 'surrogatepass'))} bytes hashed by {method.algorithm}{kept}")
    if node.live:
        parts += [f"running from Pod/{pod.name} resourceVersion {pod.version}" for pod in node.live.pods]
        parts.append(f"data proved by {node.live.proof}" if node.live.proof else "data not proved")
    return "; ".join(parts)


def check_names(sides: Sequence[Side], names: Sequence[str]) -> None:
    """Raise ExpressError where a node's name is on none of the sides, with the nearest names that are."""
    there = list(dict.fromkeys(name for side in sides for name in side.nodes))
    for name in names:
        if name not in there:
            raise ExpressError(f'node "{name}" not found{nearest_or_all(name, there)}')
