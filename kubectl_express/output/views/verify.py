"""Whether revisions can be trusted: one line a system when all is well, else a line a problem."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kubectl_express.core.node import State
from kubectl_express.core.order import in_order
from kubectl_express.core.values import Object, Value
from kubectl_express.output.differences import difference_document, explained
from kubectl_express.output.view import Cell, Lines, Style, View
from kubectl_express.output.views.systems import Place, chain, envelope, full_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kubectl_express.core.settings import Settings
    from kubectl_express.core.verification import Problem, Verification


@dataclass(frozen=True, slots=True)
class SystemVerification:
    """One system's verification."""

    place: Place
    settings: Settings
    verification: Verification


def verify_view(found: Sequence[SystemVerification]) -> View:
    """Return the view; its names are the nodes that cannot be trusted."""
    ordered = sorted(found, key=lambda each: each.verification.sound)
    return View(
        document=envelope("Verify", [(each.place, _document(each)) for each in ordered]),
        names=[
            full_name(name, node.kind if node else None, each.settings)
            for each in ordered
            for name in dict.fromkeys(problem.node for problem in each.verification.problems if problem.node)
            for node in [each.verification.side.nodes.get(name)]
        ],
        blocks=[Lines([line for each in ordered for line in _lines(each, titled=len(found) > 1)])],
    )


def _document(each: SystemVerification) -> Object:
    side, problems, redact = each.verification.side, each.verification.problems, each.settings.redact
    nodes: list[Value] = [
        {
            "node": node.name,
            "kind": node.kind,
            **chain(node),
            "problems": [_problem(problem, redact) for problem in problems if problem.node == node.name],
        }
        for node in in_order(side.nodes.values(), each.settings.resources.kinds)
    ]
    return {
        "target": side.origin,
        "engine": side.engine,
        "ok": each.verification.sound,
        "checks": list[Value](each.verification.checks),
        "problems": [_problem(problem, redact) for problem in problems if problem.node not in side.nodes],
        "nodes": nodes,
    }


def _problem(problem: Problem, redact: Sequence[str]) -> Object:
    return {
        "problem": problem.problem,
        "message": problem.message,
        "cause": explained(problem.cause, problem.difference, redact),
        "difference": difference_document(problem.difference, redact),
    }


def problem_line(problem: Problem, redact: Sequence[str]) -> str:
    """Return a problem in one line, with its cause and the first thing that differs."""
    return replace(problem, cause=explained(problem.cause, problem.difference, redact)).line()


def _lines(each: SystemVerification, *, titled: bool) -> list[Cell]:
    side, problems = each.verification.side, each.verification.problems
    title = each.place.title() if each.place.system else side.origin
    count = f"{len(side.nodes)} node{'' if len(side.nodes) == 1 else 's'}"
    if not problems:
        return [Cell(f"{title}: verified {count}: {', '.join(each.verification.checks)}{_states(each)}", Style.GOOD)]
    prefix = f"{title}: " if titled else ""
    blamed = {problem.node for problem in problems}
    # A problem of no node is one of all: the way of hashing itself.
    nodes = len(side.nodes) if "" in blamed else len(blamed)
    return [
        *(Cell(f"{prefix}{problem_line(problem, each.settings.redact)}", Style.BAD) for problem in problems),
        Cell(f"{title}: {nodes} of {count} cannot be trusted", Style.STRONG),
    ]


def _states(each: SystemVerification) -> str:
    states = Counter(node.live.state for node in each.verification.side.nodes.values() if node.live)
    if not states or set(states) == {State.CURRENT}:
        return ""
    return "; " + ", ".join(f"{states[state]} {state.value}" for state in State if states[state])
