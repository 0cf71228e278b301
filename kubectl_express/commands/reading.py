"""What the reading commands share: several systems at once, and what is said beside the data."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

from kubectl_express.core.live import split
from kubectl_express.core.node_names import find_nodes
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
    read_so_far: dict[int, Result] = {}
    failed: dict[int, ExpressError] = {}

    def read_one(number: int, system: System) -> None:
        if not read_so_far and any(isinstance(error, UnreachableError) for error in failed.values()):
            return  # They all have one server.
        try:
            read_so_far[number] = read(system)
        except ExpressError as error:
            failed[number] = error

    with printer.alive():
        together([partial(read_one, number, system) for number, system in enumerate(systems)], _AT_ONCE)
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


def check_against(scope: Scope, against: str) -> None:
    """Raise ExpressError where a baseline is meant to be a git revision: no file has its name, and git knows it."""
    if against in {"-", "live"} or against.startswith("git:") or (scope.environment.folder / against).exists():
        return
    from kubectl_express.sources import git

    if git.commit(scope.layout.root, scope.environment.variables, against):
        raise ExpressError(f"--against {against}: there is no such file; did you mean git:{against}?")


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


def named_nodes(scope: Scope, sides: Sequence[Side], words: Sequence[str], where: str = "") -> tuple[str, ...]:
    """Return the names of the nodes that words name, as NAME or KIND/NAME.

    Raises ExpressError where one is on none of the sides; `where` says where was looked if there is no node at all.
    """
    known = [(node.name, node.kind) for side in sides for node in side.nodes.values()]
    return find_nodes(words, known, scope.settings.resources, where=where)


def nowhere(scope: Scope, systems: Sequence[System]) -> str:
    """Return in which namespaces nothing was found, and what else may be meant, to be put behind that."""
    doubts = dict.fromkeys(scope.doubt(system) for system in systems)
    return f" in {', '.join(system.namespace for system in systems)}{''.join(doubts)}"


def tell_doubt(scope: Scope, printer: Printer, system: System) -> None:
    """Say on stderr, of a system without nodes, what else may be meant."""
    if scope.doubt(system):
        printer.remark(f"No nodes found{nowhere(scope, [system])}")


def doubt_without_nodes(scope: Scope, system: System) -> str:
    """Return what else may be meant by a system, to be put behind what is wrong with it.

    Empty where there is no doubt: it has nodes, or had a rollout. So it is where nobody can see whether it has.
    """
    from kubectl_express.rollout.control import held

    try:
        doubt = scope.doubt(system)
        return "" if not doubt or scope.live(system).nodes or held(scope.cluster, system.namespace) else doubt
    except ExpressError:
        return ""
