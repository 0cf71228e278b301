"""`rollout undo`: takes back the last rollout, nodes in reverse, through the same engine and gate."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from kubectl_express.commands.comparing import Baseline, Comparer
from kubectl_express.commands.reading import doubt_without_nodes, place, tell
from kubectl_express.commands.rolling import Rolling
from kubectl_express.core.changes import ChangeKind
from kubectl_express.core.kubectl_yaml import read_documents
from kubectl_express.core.manifest import Manifest
from kubectl_express.core.manifests import rendered_side
from kubectl_express.core.plan import Action
from kubectl_express.core.planning import Choice, backwards, make_plan
from kubectl_express.errors import ExpressError
from kubectl_express.rollout.applying import Applier
from kubectl_express.rollout.recording import Past, Undertaking
from kubectl_express.sources.records import Records

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kubectl_express.commands.consenting import Consent
    from kubectl_express.core.node import Side
    from kubectl_express.core.plan import Step
    from kubectl_express.core.record import Touched
    from kubectl_express.core.settings import Settings
    from kubectl_express.core.values import Object
    from kubectl_express.errors import ExitStatus
    from kubectl_express.output.printer import Printer
    from kubectl_express.rollout.session import Gating
    from kubectl_express.sources.layout import System
    from kubectl_express.sources.scope import Scope


def undo(
    scope: Scope,
    printer: Printer,
    *,
    consent: Consent,
    gating: Gating,
    dry_run: str | None,
    go_on: Callable[[System], tuple[str, ...]],
) -> ExitStatus:
    """Bring every object that the last rollout touched back to what it was before; what it created is deleted.

    An undo that was stopped is gone on with. Raises ExpressError where nothing is on record.
    """
    system = scope.system()
    past, undone = _last(scope, system)
    known = {
        each.name: [(f"the record of {undone.title}", text)] for each in undone.touched if (text := each.data_after)
    }
    with printer.alive():
        baseline = scope.live_side(scope.snapshot(system), known)
    tell(printer, place(system), baseline, scope.settings)
    touched = _reached(undone, baseline)
    target = former_side(touched, scope.settings, f"what was there before {undone.title}")
    comparison = Comparer(scope, printer, None, Baseline("live")).against_live(system, target, _only(baseline, touched))
    created = [each for each in touched if not each.node and each.former is None and each.applied is not None]
    applier = Applier(scope.cluster, system.namespace, scope.settings, within=lambda: 0.0)
    plan = backwards(make_plan(comparison, scope.settings, Choice(prune=True)), undone.record.steps)
    plan = replace(
        plan,
        steps=tuple(replace(step, reason=_reason(step, undone)) for step in plan.steps),
        deleted=tuple(_present(applier, created)),
    )
    number = undone.record.number
    undertaking = Undertaking("undo", system.context, system.name, baseline, target, scope.settings, None, number, past)
    whole = replace(comparison, baseline=baseline)
    return Rolling(scope, printer, system, plan, whole, undertaking, consent, gating, go_on(system)).run(dry_run)


def _last(scope: Scope, system: System) -> tuple[Past, Past]:
    """Return the last rollout, and the one to take back: that one, or what it was taking back when it ended."""
    records = Records(scope.cluster, system.namespace)
    heads = records.heads()
    if not heads:
        raise ExpressError(
            f"nothing to undo: no rollout of {place(system).title()} is on record{doubt_without_nodes(scope, system)}"
        )
    past = Past.read(records, heads[-1])
    if past.record.action == "undo" and past.unfinished:
        for head in heads:
            if head[0].number == past.record.undoes:
                return past, Past.read(records, head)
    return past, past


def _reached(undone: Past, live: Side) -> tuple[Touched, ...]:
    """Return the objects that a rollout came to: all that are no nodes, and the nodes up to the one in progress.

    Nodes that are at what it brings are among them, too: one that it had finished, and that was to be put back when it
    went on, has a turn that may not have come again.
    """
    reached = {*undone.finished_nodes, undone.progress.current}
    return tuple(each for each in undone.touched if not each.node or each.name in reached or _is_there(each, live))


def _is_there(touched: Touched, live: Side) -> bool:
    node = live.nodes.get(touched.name)
    brought = touched.data_before is not None and touched.data_before != touched.data_after
    return brought and node is not None and node.exists and node.text == touched.data_after


def _reason(step: Step, undone: Past) -> str:
    """Return why a node is to be rolled, in words of the rollout that is taken back."""
    if step.action is Action.DELETE:
        return f"{undone.title} created it"
    if step.change is not ChangeKind.NEW:
        return step.reason
    deleted = any(each.node and each.name == step.node and each.applied is None for each in undone.touched)
    return f"{undone.title} deleted it" if deleted else f"it was there before {undone.title}, and is gone"


def former_side(touched: Sequence[Touched], settings: Settings, origin: str) -> Side:
    """Return the side that objects were before a rollout touched them; those that were not there are not in it."""
    texts = [(f"{each.kind}/{each.name}", each.former) for each in touched if each.former is not None]
    documents = [document for source, text in texts for document in read_documents(text, source)]
    return rendered_side(documents, settings, origin=origin)


def _only(side: Side, touched: Sequence[Touched]) -> Side:
    """Return the part of a live side that a rollout touched."""
    names = {each.name for each in touched if each.node}
    objects = {(each.kind, each.name) for each in touched}
    return replace(
        side,
        nodes={name: node for name, node in side.nodes.items() if name in names},
        manifests=tuple(each for each in side.manifests if (each.kind, each.name) in objects),
    )


def _present(applier: Applier, created: Sequence[Touched]) -> list[Manifest]:
    """Return those of the objects that a rollout created which are still there, what came last first."""
    named: list[Object] = [
        {
            "apiVersion": each.api_version,
            "kind": each.kind,
            "metadata": {"name": each.name, **({"namespace": each.namespace} if each.namespace else {})},
        }
        for each in reversed(created)
    ]
    return [Manifest(live) for each in named if (live := applier.live(each)) is not None]
