"""`kubectl express` alone: how the current context's systems are, and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubectl_express.commands.reading import gather, place, tell, tell_doubt
from kubectl_express.errors import ExitStatus, ExpressError
from kubectl_express.output.views.overview import Overview, overview_view
from kubectl_express.output.views.rollout_status import Course
from kubectl_express.output.views.systems import Reading
from kubectl_express.rollout.control import held
from kubectl_express.sources.kubeconfig_files import load
from kubectl_express.sources.records import Records

if TYPE_CHECKING:
    from kubectl_express.output.printer import Printer
    from kubectl_express.sources.layout import System
    from kubectl_express.sources.scope import Scope

_FEW = 5
"""Systems of a context that are named one by one."""
_NEXT = (
    "`kubectl express revisions` lists the nodes, `kubectl express diff` what deploying would change; "
    "`kubectl express -h` lists all commands."
)
_HELP = "See 'kubectl express -h' for all commands and examples."


def overview(scope: Scope, printer: Printer) -> ExitStatus:
    """Show a line for each system. Raises ExpressError where none can be read, with what can be done without a cluster.

    That is said where none is configured: whoever has one is to mend the way to it.
    """
    try:
        gathered = gather(scope.systems(live=True), lambda system: (system, _read(scope, system)), printer)
    except ExpressError as error:
        error.args = ("\n".join([str(error), *([] if _configured(scope) else _found(scope)), _HELP]),)
        raise
    for system, each in gathered.results:
        tell(printer, each.reading.place, each.reading.side, each.reading.settings)
        if not each.reading.side.nodes and each.course is None:
            tell_doubt(scope, printer, system)
    if gathered.results:
        printer.show(overview_view([each for _, each in gathered.results]))
        printer.remark(_NEXT)
    else:
        printer.remark(_HELP)
    return ExitStatus.FAILED if gathered.failed else ExitStatus.DONE


def _read(scope: Scope, system: System) -> Overview:
    reading = Reading(place(system), scope.live(system), scope.settings)
    try:
        heads = Records(scope.cluster, system.namespace).heads()
        course = Course(*heads[-1], held(scope.cluster, system.namespace)) if heads else None
    except ExpressError:
        return Overview(reading, None, "its rollouts cannot be read (`kubectl express rollout status` tells why)")
    return Overview(reading, course)


def _configured(scope: Scope) -> bool:
    """Return whether the kubeconfig and the flags name a cluster, be it within reach or not."""
    try:
        return bool(scope.access)
    except ExpressError:
        return False


def _found(scope: Scope) -> list[str]:
    """Return a line on the overlays that are here, and what can be done with them without a cluster."""
    try:
        systems = {context: scope.layout.systems(context) for context in scope.layout.contexts()}
    except ExpressError:
        return []
    if not systems:
        return ["  no overlays are here either: run in the repository that holds charts and overlays"]
    listed = "; ".join(f"{_named(names)} in {context}" for context, names in systems.items())
    meant = _context_in_use(scope)
    context = meant if meant and scope.layout.systems(meant) else next(iter(systems))
    return [f"  overlays are here for {listed}; `kubectl express verify --context {context}` needs no cluster"]


def _context_in_use(scope: Scope) -> str | None:
    """Return the context that the command line or the kubeconfig names, be there a cluster behind it or not."""
    connection = scope.selection.connection
    try:
        return connection.context or load(connection.kubeconfig, scope.environment.variables).current_context
    except ExpressError:
        return None


def _named(names: list[str]) -> str:
    return ", ".join(names) if len(names) <= _FEW else f"{len(names)} systems"
