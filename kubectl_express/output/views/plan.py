"""What a rollout is going to do, in which order, and what it leaves alone."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from kubectl_express.core.plan import Action
from kubectl_express.core.values import Object, Value, at, text
from kubectl_express.output.view import Cell, Column, Lines, Style, Table, View
from kubectl_express.output.views.changes import STYLES
from kubectl_express.output.views.systems import Place, envelope, full_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kubectl_express.core.manifest import Manifest
    from kubectl_express.core.plan import Plan, Step
    from kubectl_express.core.settings import Settings

_COLUMNS = (
    Column("#"),
    Column("NODE"),
    Column("KIND"),
    Column("CHANGE"),
    Column("REVISION"),
    Column("REASON", cut=True),
)


def plan_view(plan: Plan, place: Place, settings: Settings, *, nodes: int) -> View:
    """Return the view of a plan for a system of some nodes; its names are the nodes that have a step."""
    return View(
        document=envelope("RolloutPlan", [(place, _document(plan, settings, nodes))]),
        names=[full_name(step.node, step.kind, settings) for step in plan.steps],
        blocks=[
            Lines([Cell(f"{place.title()}: {_counted(plan, nodes)}", Style.STRONG)]),
            *([Table(_COLUMNS, _rows(plan, settings))] if plan.steps else []),
            Lines(_lines(plan)),
        ],
    )


def step_revisions(step: Step, settings: Settings) -> str:
    """Return the revision that a step's node declares and the one that it will, or the one that stays."""
    old = _declared(step, settings)
    if old == step.revision:
        return old or "-"
    return f"{old or '(none)'} -> {step.revision or '(none)'}"


def _declared(step: Step, settings: Settings) -> str | None:
    return text(at(step.live, settings.resources.revision_path)) if step.live is not None else None


def _counted(plan: Plan, nodes: int) -> str:
    if not plan.steps:
        return "no node changes"
    return f"{len(plan.steps)} of {nodes} node{'' if nodes == 1 else 's'}, one at a time"


def _rows(plan: Plan, settings: Settings) -> list[list[Cell]]:
    return [
        [
            Cell(str(number)),
            Cell(step.node, Style.STRONG),
            Cell(step.kind),
            Cell(step.change.value, STYLES[step.change]),
            Cell(step_revisions(step, settings)),
            Cell(step.reason),
        ]
        for number, step in enumerate(plan.steps, 1)
    ]


def _lines(plan: Plan) -> list[Cell]:
    pauses = [step.node for step in plan.steps if step.pause_after]
    said = [
        (f"Other objects, applied before the nodes: {_kinds(plan.objects)}", plan.objects),
        (f"Other objects, deleted after the nodes: {_kinds(plan.deleted)}", plan.deleted),
        (f"Pauses after: {', '.join(pauses)}", pauses),
        (f"Hooks and tests, not applied: {', '.join(plan.hooks)}", plan.hooks),
        (f"Removed and left alone (--prune deletes them): {', '.join(plan.removed)}", plan.removed),
    ]
    return [*(Cell(line) for line, wanted in said if wanted), Cell(f"plan: {plan.digest}", Style.STRONG)]


def _kinds(manifests: Sequence[Manifest]) -> str:
    kinds = Counter(each.kind for each in manifests)
    return f"{kinds.total()} ({', '.join(f'{count} {kind}' for kind, count in sorted(kinds.items()))})"


def _document(plan: Plan, settings: Settings, nodes: int) -> Object:
    return {
        "plan": plan.digest,
        "nodes": nodes,
        "steps": [_step(step, settings) for step in plan.steps],
        "objects": [_object(each) for each in plan.objects],
        "deleted": [_object(each) for each in plan.deleted],
        "removed": list[Value](plan.removed),
        "hooks": list[Value](plan.hooks),
    }


def _step(step: Step, settings: Settings) -> Object:
    return {
        "node": step.node,
        "kind": step.kind,
        "action": step.action.value,
        "change": step.change.value,
        "declared": _declared(step, settings),
        "revision": None if step.action is Action.DELETE else step.revision,
        "reason": step.reason,
        "pauseAfter": step.pause_after,
    }


def _object(manifest: Manifest) -> Object:
    return {
        "kind": manifest.kind,
        "name": manifest.name,
        "namespace": text(at(manifest.object, "/metadata/namespace")),
    }
