"""`diff`: what deploying would change, and what would restart."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from kubectl_express.commands.comparing import Baseline, Comparer
from kubectl_express.commands.external_diff import run_external_diff
from kubectl_express.commands.reading import check_against, file_place, gather, place, tell
from kubectl_express.errors import ExitStatus, worst
from kubectl_express.output.views.diff import SystemDiff, diff_view

if TYPE_CHECKING:
    from kubectl_express.core.verdict import Comparison
    from kubectl_express.output.printer import Printer
    from kubectl_express.sources.layout import System
    from kubectl_express.sources.scope import Scope

EXTERNAL = "KUBECTL_EXTERNAL_DIFF"


def diff(scope: Scope, printer: Printer, *, file: str | None, against: str, objects: bool) -> ExitStatus:
    """Compare the chart, or a file, with the baseline; exit as the comparisons and what could not be read say."""
    check_against(scope, against)
    comparer = Comparer(scope, printer, file, Baseline(against))
    with comparer.opened() as earlier:

        def compare(system: System) -> SystemDiff:
            where = place(system) if system.name else file_place(scope)
            return SystemDiff(where, scope.settings, _shown(comparer.compare(system, earlier)))

        gathered = gather(comparer.systems(), compare, printer)
    for each in gathered.results:
        tell(printer, each.place, each.comparison.target, each.settings)
        tell(printer, each.place, each.comparison.baseline, each.settings)
    external = scope.environment.variables.get(EXTERNAL)
    if external and printer.form in {"table", "wide"}:
        run_external_diff(external, gathered.results, scope.environment)
    else:
        printer.show(diff_view(gathered.results, objects=objects))
    statuses = [each.comparison.status for each in gathered.results]
    return worst([*statuses, ExitStatus.FAILED] if gathered.failed else statuses)


def _shown(comparison: Comparison) -> Comparison:
    """Return a comparison with what is shown of it: the objects that both sides were read from take much memory."""
    baseline, target = (replace(side, manifests=()) for side in (comparison.baseline, comparison.target))
    return replace(comparison, baseline=baseline, target=target)
