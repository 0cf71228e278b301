"""From what the cluster holds to the nodes of the live side: their proven data, drift, pods and state."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from kubectl_express.core.drift import Drifted, drift
from kubectl_express.core.integrity import judge_entry
from kubectl_express.core.live_data import Proof, prove
from kubectl_express.core.manifest import Manifest
from kubectl_express.core.manifests import Parts, calculate, find_parts, parse, places
from kubectl_express.core.node import Entry, Fault, FaultKind, LiveNode, Node, Pod, Resource, Side, State
from kubectl_express.core.pods import pods_by_node
from kubectl_express.core.sharing import Pool
from kubectl_express.core.values import Object, at

if TYPE_CHECKING:
    from kubectl_express.core.settings import Settings

_LEFT_OVER = "a ConfigMap that the chart no longer renders stays until it is deleted"

Schema = Callable[[str], Object | None]
"""Gives the OpenAPI schema of a kind; asked only where nothing else proves a node's data, since it costs a request."""


def live_side(
    objects: Iterable[Object],
    pods: Iterable[Object],
    settings: Settings,
    *,
    schema: Schema,
    known: Mapping[str, Sequence[tuple[str, str]]] | None = None,
) -> Side:
    """Return the live side of a system: its resources and ConfigMaps, and its pods, as the API server lists them.

    `known` holds further texts that a node's data may have been (the chart's own, say), with where they come from.
    """
    manifests = [Manifest(item, f"resourceVersion {at(item, '/metadata/resourceVersion')}") for item in objects]
    parts = find_parts(manifests, settings)
    by_node, pool = pods_by_node(pods, settings.pods), Pool()
    nodes = {
        name: _live_node(name, parts, by_node.get(name, []), settings, schema, (known or {}).get(name, ()), pool)
        for name in parts.names
    }
    return Side("live", nodes, tuple(manifests), notes=_notes(parts, settings))


def _notes(parts: Parts, settings: Settings) -> tuple[str, ...]:
    if parts.has_config_map or not parts.resources:
        return ()
    return (f"no ConfigMap labelled {settings.revisions.selector}: what is stored is unknown",)


def _live_node(
    name: str,
    parts: Parts,
    pods: list[Pod],
    settings: Settings,
    schema: Schema,
    known: Sequence[tuple[str, str]],
    pool: Pool,
) -> Node:
    entries, resources = parts.entries.get(name, []), parts.resources.get(name, [])
    entry = entries[0] if entries else None
    resource = resources[0] if resources else None
    proof, drifted = None, []
    if resource is not None:
        proof = _proof(resource, entries, settings, schema, known)
        proof = replace(proof, data=pool.members(proof.data)) if proof else None
        drifted = _drift(resource, proof, settings, schema)
    state, why, health = judge_state(entry, resource, proof, drifted, pods, settings.pods.per_node)
    return Node(
        name=name,
        kind=resource.kind if resource else None,
        stored=entry.stored if entry else None,
        calculated=calculate(entry, settings.revisions),
        declared=resource.declared if resource else None,
        text=proof.text if proof else None,
        data=proof.data if proof else None if resource else parse(entry),
        parameters=resource.parameters if resource else None,
        wave=resource.wave if resource else 0,
        faults=(*_faults(entries, resources, proof, settings), *(() if entries else parts.unreadable)),
        resource=resource.object if resource else None,
        places=places(entry, resource),
        live=LiveNode(
            state,
            why,
            _running(pods),
            tuple(pods),
            tuple(drifted),
            proof.source if proof else None,
            health,
        ),
    )


def _faults(
    entries: Sequence[Entry], resources: Sequence[Resource], proof: Proof | None, settings: Settings
) -> list[Fault]:
    resource = replace(resources[0], parameters=proof.data) if resources and proof else None
    faults: list[Fault] = []
    for entry in entries[:1]:
        data = proof.data if proof and proof.text == entry.text else parse(entry)
        faults += judge_entry(entry, data, resource, settings.revisions)
    for found, what, hint in ((entries, "entries", _LEFT_OVER), (resources, "resources", None)):
        if len(found) > 1:
            where = ", ".join(str(each.revision_place if isinstance(each, Entry) else each.place) for each in found)
            faults.insert(0, Fault(FaultKind.DUPLICATE, f"{len(found)} {what} for it: {where}", hint))
    return faults


def _proof(
    resource: Resource, entries: Sequence[Entry], settings: Settings, schema: Schema, known: Sequence[tuple[str, str]]
) -> Proof | None:
    texts = [(entry.data_place.object, entry.text) for entry in entries if entry.text is not None]
    return prove(
        resource.object,
        declared=resource.declared,
        known=[*texts, *known],
        method=settings.revisions.hash,
        data_path=settings.resources.data_path,
        revision_path=settings.resources.revision_path,
        schema=lambda: schema(resource.kind),
    )


def _drift(resource: Resource, proof: Proof | None, settings: Settings, schema: Schema) -> list[Drifted]:
    if proof is None:
        return []
    return drift(
        resource.object,
        proof.data,
        data_path=settings.resources.data_path,
        revision_path=settings.resources.revision_path,
        schema=lambda: schema(resource.kind),
    )


def _running(pods: Sequence[Pod]) -> str | None:
    revisions = dict.fromkeys(pod.revision or "?" for pod in pods if not pod.finished)
    return ",".join(revisions) or None


def judge_state(
    entry: Entry | None,
    resource: Resource | None,
    proof: Proof | None,
    drifted: Sequence[Drifted],
    pods: Sequence[Pod],
    per_node: int,
) -> tuple[State, str, State]:
    """Return a live node's state, the first that fits, the reason for it in words, and what its pods alone say.

    A state that says nothing of the pods hides no trouble of theirs: the reason goes on with it.
    """
    if resource is None:
        return State.ABSENT, "an entry tells of it, but it has no resource", State.ABSENT
    declared = resource.declared
    health, of_pods = _judge_pods(declared, pods, per_node)
    if proof is None:
        state, why = State.UNVERIFIED, f"nothing known hashes to the revision it declares, {declared or 'none'}"
    elif drifted:
        state, why = State.DRIFTED, f"changed since it was deployed: {'; '.join(describe(each) for each in drifted)}"
    elif entry is not None and entry.stored is not None and declared != entry.stored:
        state, why = State.PENDING, f"{entry.stored} is stored and not applied to it yet; it declares {declared}"
    else:
        return health, of_pods, health
    return state, why if health is State.CURRENT else f"{why}; {of_pods}", health


def _judge_pods(declared: str | None, pods: Sequence[Pod], per_node: int) -> tuple[State, str]:
    counted = [pod for pod in pods if not pod.finished]
    others = [pod for pod in counted if pod.revision != declared]
    if others:
        listed = ", ".join(f"{pod.name} is at {pod.revision or 'no revision'}" for pod in others)
        return State.UPDATING, f"pod {listed}, not {declared}"
    missing = per_node - len(counted)
    if missing > 0:
        return State.UNHEALTHY, "it has no pod" if not counted else f"{missing} of {per_node} pods are missing"
    ailing = [pod for pod in counted if not pod.ready or pod.terminating]
    if ailing:
        listed = ", ".join(f"{pod.name} is {describe_health(pod)}" for pod in ailing)
        return State.UNHEALTHY, f"pod {listed}"
    return State.CURRENT, f"its pod is Ready at {declared}" if per_node == 1 else f"its pods are Ready at {declared}"


def describe_health(pod: Pod) -> str:
    """Return a pod's health in a word or two: Ready, terminating, or not Ready with the reason."""
    if pod.terminating:
        return "terminating"
    if pod.ready:
        return "Ready"
    return f"not Ready ({pod.reason or pod.phase})"


def describe(drifted: Drifted) -> str:
    """Return one parameter that was changed by hand, in words."""
    by = f" (by {drifted.manager})" if drifted.manager else ""
    if not drifted.has_actual:
        return f"{drifted.path} is gone{by}"
    if not drifted.has_expected:
        return f"{drifted.path} was added{by}"
    return f"{drifted.path} is not what was deployed{by}"


def split(side: Side) -> tuple[int, int] | None:
    """Return how many live nodes are at their stored revisions, and of how many; None where all are.

    A side that is not live is never split: what a rendering declares otherwise than it stores is a fault.
    """
    stored = [
        (node, node.live) for node in side.nodes.values() if node.live and node.exists and node.stored is not None
    ]
    there = [node for node, live in stored if node.declared == node.stored and live.running in {None, node.stored}]
    return (len(there), len(stored)) if len(there) < len(stored) else None
