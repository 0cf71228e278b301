"""`rollout`: applies a chart, a file or a commit, one node at a time, each proved by its pods."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kubectl_express.commands.comparing import Baseline, Comparer, known_texts
from kubectl_express.commands.preflight import check_rights
from kubectl_express.commands.reading import place, tell
from kubectl_express.commands.rolling import Rolling
from kubectl_express.commands.trusting import hashing_problems, render_problems, rendered_again
from kubectl_express.core.plan import Plan
from kubectl_express.core.planning import make_plan
from kubectl_express.core.verification import Problem, change_problems, integrity_problems
from kubectl_express.errors import ExitStatus, ExpressError, ServerError
from kubectl_express.output.view import Style
from kubectl_express.output.views.verify import problem_line
from kubectl_express.rollout.applying import Applier
from kubectl_express.rollout.recording import Undertaking
from kubectl_express.sources import git
from kubectl_express.sources.threads import Threads

if TYPE_CHECKING:
    from collections.abc import Callable

    from kubectl_express.commands.consenting import Consent
    from kubectl_express.core.node import Side
    from kubectl_express.core.planning import Choice
    from kubectl_express.core.verdict import Comparison
    from kubectl_express.output.printer import Printer
    from kubectl_express.rollout.session import Gating
    from kubectl_express.sources.layout import Layout, System
    from kubectl_express.sources.scope import Scope


@dataclass(frozen=True, slots=True)
class Goal:
    """What is to be rolled out, and how sure of it the user wants to be."""

    file: str | None = None
    at: str | None = None
    """`git:REV`, the chart at that commit."""
    expected: str | None = None
    """The plan's hash, where only that one is to be rolled."""
    allowed: frozenset[str] = frozenset()
    """Which of `unneeded` and `missed` are no reason to refuse."""


@dataclass(frozen=True, slots=True)
class _Target:
    side: Side
    commit: str | None
    problems: list[Problem]
    notes: list[str]


def rollout(
    scope: Scope,
    printer: Printer,
    *,
    goal: Goal,
    choice: Choice,
    consent: Consent,
    gating: Gating,
    dry_run: str | None,
    go_on: Callable[[System], tuple[str, ...]],
) -> ExitStatus:
    """Roll out the goal; exit 3 where revisions cannot be trusted, 4 where it was stopped, 5 where it halted.

    `go_on` returns the command that goes on with a system's rollout, word by word.
    """
    if goal.file is not None and goal.at is not None:
        raise ExpressError("-f takes rendered manifests, and --at renders a commit: give one of them")
    comparer = Comparer(scope, printer, goal.file, Baseline("live"))
    system = _system(scope, comparer, goal)
    try:
        with printer.alive():
            target, comparison = _compared(scope, comparer, system, goal)
    except ServerError as error:
        if error.status == 403:  # What is wanting for the plan is named with all that every rollout takes.
            applier = Applier(scope.cluster, system.namespace, scope.settings, within=lambda: 0.0)
            check_rights(scope, system, Plan((), ()), applier)
        raise
    where = place(system)
    tell(printer, where, target.side, scope.settings)
    tell(printer, where, comparison.baseline, scope.settings)
    for note in target.notes:
        printer.warn(f"{where.title()}: {note}")
    problems = [*target.problems, *_change_problems(scope, comparison, goal)]
    if problems:
        for problem in problems:
            printer.remark(problem_line(problem, scope.settings.redact), Style.BAD)
        count = f"{len(problems)} problem{'' if len(problems) == 1 else 's'}"
        printer.remark(f"error: nothing was applied: the revisions of {where.title()} cannot be trusted ({count})")
        return ExitStatus.UNTRUSTED
    plan = make_plan(comparison, scope.settings, choice)
    if goal.expected is not None and goal.expected != plan.digest:
        raise ExpressError(
            f"nothing was applied: the plan is {plan.digest}, not {goal.expected} as --expect-plan wants it; "
            "--dry-run=client shows it"
        )
    consent = replace(consent, this_plan=goal.expected is not None)
    undertaking = Undertaking(
        "rollout", system.context, system.name, comparison.baseline, target.side, scope.settings, target.commit
    )
    return Rolling(scope, printer, system, plan, comparison, undertaking, consent, gating, go_on(system)).run(dry_run)


def _system(scope: Scope, comparer: Comparer, goal: Goal) -> System:
    if goal.file is not None:
        return comparer.systems()[0]
    return scope.system()


def _compared(scope: Scope, comparer: Comparer, system: System, goal: Goal) -> tuple[_Target, Comparison]:
    """Read the cluster while the chart renders, and compare the two."""
    with ExitStack() as stack:
        threads = stack.enter_context(Threads())
        snapshot = threads.begin(scope.snapshot, system)
        layout = None
        if goal.at is not None:
            revision = Baseline(goal.at).revision
            if revision is None:
                raise ExpressError(f"--at takes git:REV, such as git:HEAD, and not {goal.at}")
            layout = stack.enter_context(scope.at_revision(revision))
        target = _target(scope, comparer, system, goal, layout)
        if not target.side.nodes:
            raise ExpressError(f"nothing to roll: {target.side.origin} holds no node and no ConfigMap of revisions")
        live = scope.live_side(snapshot.result(), known_texts(target.side))
        return target, comparer.against_live(system, target.side, live)


def _target(scope: Scope, comparer: Comparer, system: System, goal: Goal, layout: Layout | None) -> _Target:
    if goal.file is not None:
        side = comparer.target(system)
        return _Target(side, None, integrity_problems(side.nodes.values()), [])
    release = scope.release(system, layout)
    origin = goal.at
    with Threads() as threads:
        again = threads.begin(rendered_again, scope, release, layout)
        proof = threads.begin(hashing_problems, scope)
        side = scope.render(release, layout, origin)
        found, notes = render_problems(scope, release, side, again.result(), layout)
        problems = [*integrity_problems(side.nodes.values()), *found, *proof.result()]
    commit = git.commit(scope.layout.root, scope.environment.variables, Baseline(origin).revision if origin else None)
    return _Target(side, commit, problems, notes)


def _change_problems(scope: Scope, comparison: Comparison, goal: Goal) -> list[Problem]:
    found = change_problems(comparison.nodes, scope.settings.revisions.hash)
    return [problem for problem in found if problem.problem not in goal.allowed]
