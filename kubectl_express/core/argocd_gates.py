"""Which nodes Argo CD would not await: those without a gate right behind them."""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise
from math import inf
from typing import TYPE_CHECKING

from kubectl_express.core.manifests import sync_wave
from kubectl_express.core.order import in_order
from kubectl_express.core.settings import ResourceSettings
from kubectl_express.core.values import Object, at, mapping, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kubectl_express.core.node import Side

HOOK = "hook"
"""The gate for operators that say nothing of pods in the resource's status."""
SYNC_WAVE = ResourceSettings().order_annotation
"""The annotation that Argo CD goes by, as this program does unless configured otherwise."""
_HOOK_PHASES = "argocd.argoproj.io/hook"


def first_without_gate(side: Side, gate: str, kinds: Sequence[str]) -> str | None:
    """Return the first node that a sync would not await, in Argo CD's order; None where there is none.

    A node's gate is a Job that runs as a hook within the sync, in a wave after the node's and before the next node's:
    what is applied together with the next node does not hold that up. Of the `status` gate only the last node has one,
    since health checks await the others.
    """
    waves = {node.name: _wave(node.resource) for node in side.nodes.values() if node.resource is not None}
    jobs = sorted(_wave(each) for each in side.objects if _is_gate(each))
    following = dict(pairwise([*sorted(set(waves.values())), inf]))
    nodes = in_order((side.nodes[name] for name in waves), kinds)
    nodes.sort(key=lambda node: waves[node.name])
    for node in nodes if gate == HOOK else nodes[-1:]:
        own = waves[node.name]
        behind = jobs[bisect_right(jobs, own) :][:1]
        if not behind or behind[0] >= following[own]:
            return node.name
    return None


def _is_gate(manifest: Object) -> bool:
    group = (text(manifest.get("apiVersion")) or "").rpartition("/")[0]
    phases = text(_annotations(manifest).get(_HOOK_PHASES)) or ""
    return (group, manifest.get("kind")) == ("batch", "Job") and "Sync" in map(str.strip, phases.split(","))


def _wave(manifest: Object) -> int:
    return sync_wave(text(_annotations(manifest).get(SYNC_WAVE)))


def _annotations(manifest: Object) -> Object:
    return mapping(at(manifest, "/metadata/annotations"))
