"""From what a comparison finds to what a rollout does about it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kubectl_express.core.changes import ChangeKind, NodeChange
from kubectl_express.core.helm_order import in_helm_order
from kubectl_express.core.live import describe
from kubectl_express.core.manifest import Manifest
from kubectl_express.core.manifests import is_node, is_revisions
from kubectl_express.core.node_names import find_nodes
from kubectl_express.core.objects import identities, is_hook
from kubectl_express.core.plan import Action, Plan, Step
from kubectl_express.errors import ExpressError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kubectl_express.core.settings import ResourceSettings, Settings
    from kubectl_express.core.values import Object
    from kubectl_express.core.verdict import Comparison


@dataclass(frozen=True, slots=True)
class Choice:
    """Which of the nodes that change are rolled, and where to pause."""

    only: tuple[str, ...] = ()
    start: str | None = None
    """Nodes that come before this one are left alone."""
    pause_after: tuple[str, ...] = ()
    prune: bool = False


def make_plan(comparison: Comparison, settings: Settings, choice: Choice | None = None) -> Plan:
    """Return what is to be done so that the baseline, which is live, becomes the target.

    Objects other than nodes are applied where they change, with a choice of nodes too: the stored revisions may be
    ahead of the nodes, and never behind. Raises ExpressError where the choice names a node that is not there, and of a
    chosen node that is live as another kind.
    """
    choice = _found(comparison, choice or Choice(), settings.resources)
    chosen = _chosen(comparison, choice)
    for change in comparison.nodes:
        if change.change is ChangeKind.MOVED and change.name in chosen and change.baseline:
            # A rollout of such a target is refused for more reasons; what an undo goes back to may be such a node, too.
            was, wanted = change.baseline.kind, f"a {change.kind} in {comparison.target.origin}"
            raise ExpressError(f"nothing was applied: {change.name} is a {was}, and {wanted}: delete it first")
    manifests = {(manifest.kind, manifest.name): manifest for manifest in _nodes(comparison, settings.resources)}
    shells = {(each.kind, each.name) for each in comparison.objects}
    steps = []
    for change in comparison.nodes:
        if change.name in chosen and change.change is not ChangeKind.REMOVED:
            relabelled = (change.kind or "", change.name) in shells
            if step := _step(change, manifests.get((change.kind or "", change.name)), relabelled=relabelled):
                steps.append(replace(step, pause_after=change.name in choice.pause_after))
    gone = [change for change in comparison.nodes if change.change is ChangeKind.REMOVED]
    pruned = [change for change in gone if choice.prune and change.name in chosen]
    spared = [change.name for change in gone if change not in pruned]
    leftover = _leftover(comparison, settings)
    deleted = leftover if choice.prune and not spared else []
    steps += [_deletion(change) for change in reversed(pruned)]
    return Plan(
        objects=tuple(in_helm_order(_changed_objects(comparison, settings.resources))),
        steps=tuple(steps),
        removed=tuple(spared) + tuple(_title(each) for each in leftover if each not in deleted),
        hooks=tuple(_title(each) for each in comparison.target.manifests if is_hook(each.object)),
        deleted=tuple(reversed(deleted)),
    )


def backwards(plan: Plan, turns: Sequence[str]) -> Plan:
    """Return the plan with its nodes in the reverse of the turns that they had: what was rolled last is first.

    One of which no turn is known is last.
    """
    when = {node: turn for turn, node in enumerate(turns)}
    return replace(plan, steps=tuple(sorted(plan.steps, key=lambda step: when.get(step.node, -1), reverse=True)))


def _found(comparison: Comparison, choice: Choice, resources: ResourceSettings) -> Choice:
    """Return the choice by the nodes' names alone. Raises ExpressError where one is not there."""
    known = [(change.name, change.kind) for change in comparison.nodes]
    only = find_nodes(choice.only, known, resources, flag="--only")
    start = find_nodes([choice.start], known, resources, flag="--from")[0] if choice.start is not None else None
    return replace(
        choice,
        only=only,
        start=start,
        pause_after=find_nodes(choice.pause_after, known, resources, flag="--pause-after"),
    )


def _chosen(comparison: Comparison, choice: Choice) -> set[str]:
    names = [change.name for change in comparison.nodes]
    later = names[names.index(choice.start) :] if choice.start else names
    return {name for name in later if not choice.only or name in choice.only}


def _nodes(comparison: Comparison, settings: ResourceSettings) -> Iterator[Manifest]:
    return (manifest for manifest in comparison.target.manifests if is_node(manifest.object, settings))


def _changed_objects(comparison: Comparison, settings: ResourceSettings) -> Iterator[Manifest]:
    """Yield what is no node and is new or changed; what could not be compared is applied to be sure."""
    wanted = {*((each.kind, each.name) for each in comparison.objects if each.new), *comparison.uncompared}
    target = comparison.target
    for manifest, (_, kind, name) in zip(target.manifests, identities(target.objects, settings), strict=True):
        if (kind, name) in wanted and not is_node(manifest.object, settings) and not is_hook(manifest.object):
            yield manifest


def _leftover(comparison: Comparison, settings: Settings) -> list[Manifest]:
    """Return the ConfigMaps of revisions that are live and no longer in the target: all that is known to be its own.

    They may be about any of the removed nodes, so they go only after all of those.
    """
    there = {manifest.name for manifest in comparison.target.manifests if manifest.kind == "ConfigMap"}
    return [
        manifest
        for manifest in comparison.baseline.manifests
        if is_revisions(manifest.object, settings.revisions) and manifest.name not in there
    ]


def _title(manifest: Manifest) -> str:
    return f"{manifest.kind}/{manifest.name}"


def _step(change: NodeChange, manifest: Manifest | None, *, relabelled: bool) -> Step | None:
    target = change.target
    if manifest is None or target is None:
        return None
    reason = _reason(change, relabelled=relabelled)
    if reason is None:
        return None
    live, data = _live(change)
    kind = change.kind or ""
    return Step(change.name, kind, Action.APPLY, change.change, reason, manifest, target.declared, live, data=data)


def _reason(change: NodeChange, *, relabelled: bool) -> str | None:
    """Return in words why a node is rolled; None where it is as it is to be."""
    drift = change.baseline.live.drift if change.baseline and change.baseline.live else ()
    if change.change is ChangeKind.NEW:
        return "it is new"
    if change.change is ChangeKind.UNNEEDED:
        return "its revision changes and its data does not"
    if change.change is ChangeKind.SAME and drift:
        return f"to be put back: {'; '.join(describe(each) for each in drift)}"
    if change.parameters:
        first, *more = [each.path or "/" for each in change.parameters]
        what = f"{first} and {len(more)} more change" if more else f"{first} changes"
        return what if change.change is ChangeKind.UPDATE else f"{what}, and its revision does not"
    if change.change is ChangeKind.UPDATE:
        # Its pods have not: whoever changed the resource by hand left its revision as it was.
        return "its revision changes; its parameters are changed already"
    return "labels or annotations change" if relabelled else None


def _deletion(change: NodeChange) -> Step:
    live, data = _live(change)
    manifest = Manifest(live or {})
    reason = "it is no longer in the target"
    return Step(change.name, change.kind or "", Action.DELETE, change.change, reason, manifest, None, live, data=data)


def _live(change: NodeChange) -> tuple[Object | None, Object | None]:
    """Return the node's resource, and what its parameters are proved to be."""
    return (change.baseline.resource, change.baseline.data) if change.baseline else (None, None)
