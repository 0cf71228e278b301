"""`verify`: the gate for CI and for people."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

from kubectl_express.commands.comparing import Baseline, Comparer
from kubectl_express.commands.deploying import SHELL, deployer_problems, unset
from kubectl_express.commands.reading import Gathered, check_against, file_place, gather, place, tell
from kubectl_express.commands.trusting import hashing_problems, render_problems, rendered_again
from kubectl_express.core.verification import (
    Problem,
    Verification,
    change_problems,
    integrity_problems,
    live_problems,
)
from kubectl_express.errors import ExitStatus, ExpressError, worst
from kubectl_express.output.views.verify import SystemVerification, verify_view
from kubectl_express.sources.layout import Layout, System
from kubectl_express.sources.scope import ARGOCD
from kubectl_express.sources.threads import Threads

if TYPE_CHECKING:
    from kubectl_express.core.node import Side
    from kubectl_express.output.printer import Printer
    from kubectl_express.sources.scope import Scope
    from kubectl_express.sources.threads import Begun

_CHAINS = "stored = calculated = declared"


def verify(scope: Scope, printer: Printer, *, file: str | None, against: str | None, live: bool) -> ExitStatus:
    """Verify the chart, a file, or the cluster's own chains; exit 3 where revisions cannot be trusted."""
    if scope.selection.render_as and (live or file is not None):
        raise ExpressError("--render-as says how the chart is rendered: give it without -f and --live")
    if live and (file is not None or against is not None):
        raise ExpressError("--live checks the cluster's own chains: give it without -f and --against")
    if live:
        gathered = _live_systems(scope, printer)
    elif file is not None and against is None:
        gathered = gather([System("", "", "")], lambda _: _file(scope, file), printer)
    else:
        gathered = _target(scope, printer, file, against)
    for each in gathered.results:
        tell(printer, each.place, each.verification.side, each.settings)
        if each.verification.baseline:
            tell(printer, each.place, each.verification.baseline, each.settings)
    printer.show(verify_view(gathered.results))
    trusted = all(each.verification.sound for each in gathered.results)
    statuses = [ExitStatus.DONE if trusted else ExitStatus.UNTRUSTED]
    return worst([*statuses, ExitStatus.FAILED] if gathered.failed else statuses)


def _live_systems(scope: Scope, printer: Printer) -> Gathered[SystemVerification]:
    """Verify every system that is there: of several that have overlays, some may not be deployed yet."""
    systems = scope.systems(live=True)
    gathered = gather(systems, lambda system: _live(scope, system, alone=len(systems) == 1), printer)
    deployed = [each for each in gathered.results if each.verification.side.nodes]
    absent = [each.place.title() for each in gathered.results if not each.verification.side.nodes]
    if absent and not deployed and not gathered.failed:
        raise ExpressError(f"nothing to verify: nothing is deployed of {', '.join(absent)}")
    for title in absent:
        printer.remark(f"{title}: nothing is deployed")
    return Gathered(deployed, gathered.failed)


def _live(scope: Scope, system: System, *, alone: bool) -> SystemVerification:
    side = scope.live(system)
    recorded = any(node.stored is not None or node.faults for node in side.nodes.values())
    if not recorded and (alone or side.nodes):
        raise ExpressError(
            f"nothing to verify in namespace {system.namespace}: no ConfigMap labelled "
            f"{scope.settings.revisions.selector} there; deploy a chart that makes one, or pick a system with --system"
        )
    checks = ("stored = calculated", "every resource has the parameters of the revision it declares")
    return SystemVerification(place(system), scope.settings, Verification(side, checks, tuple(live_problems(side))))


def _file(scope: Scope, file: str) -> SystemVerification:
    side = _with_nodes(scope.file(file))
    problems = tuple(integrity_problems(side.nodes.values()))
    return SystemVerification(file_place(scope), scope.settings, Verification(side, (_CHAINS,), problems))


def _target(scope: Scope, printer: Printer, file: str | None, against: str | None) -> Gathered[SystemVerification]:
    if against is not None:
        check_against(scope, against)
    comparer = Comparer(scope, printer, file, Baseline(against)) if against is not None else None
    with ExitStack() as stack:
        earlier = stack.enter_context(comparer.opened()) if comparer else None
        proof = stack.enter_context(Threads()).begin(hashing_problems, scope) if file is None else None

        def check(system: System) -> SystemVerification:
            return _checked(scope, system, comparer, earlier, proof)

        return gather(comparer.systems() if comparer else scope.systems(live=False), check, printer)


def _checked(
    scope: Scope, system: System, comparer: Comparer | None, earlier: Layout | None, proof: Begun[list[Problem]] | None
) -> SystemVerification:
    with Threads() as threads:
        again = threads.begin(lambda: rendered_again(scope, scope.release(system))) if proof else None
        comparison = comparer.compare(system, earlier) if comparer else None
        side = _with_nodes(comparison.target if comparison else scope.rendered(system))
        checks, problems = [_CHAINS], integrity_problems(side.nodes.values())
        if again and proof:
            release = scope.release(system)
            checks += ["the same on a second render", f"hashing proved on {side.engine}"]
            found, notes = render_problems(scope, release, side, again.result())
            problems += found + proof.result()
            if scope.selection.render_as == ARGOCD:
                checks.append(f"the same from Argo CD as from {SHELL}")
                problems += deployer_problems(scope, release, side)
                notes += unset(release)
            side = replace(side, notes=(*side.notes, *notes))
        if comparison:
            checks.append(f"no restart for nothing and no change missed against {comparison.baseline.origin}")
            problems += change_problems(comparison.nodes, scope.settings.revisions.hash)
    where = place(system) if system.name else file_place(scope)
    baseline = comparison.baseline if comparison else None
    return SystemVerification(where, scope.settings, Verification(side, tuple(checks), tuple(problems), baseline))


def _with_nodes(side: Side) -> Side:
    if not side.nodes:
        raise ExpressError(f"nothing to verify: {side.origin} holds no node and no ConfigMap of revisions")
    return side
