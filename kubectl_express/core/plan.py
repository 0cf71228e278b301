"""What a rollout is going to do, in which order: first what is no node, then node by node."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from kubectl_express.core import gojson
from kubectl_express.core.values import Object, Value, at, text

if TYPE_CHECKING:
    from kubectl_express.core.changes import ChangeKind
    from kubectl_express.core.manifest import Manifest


class Action(str, Enum):
    """What is done with a node's resource."""

    APPLY = "apply"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Step:
    """One node's turn."""

    node: str
    kind: str
    action: Action
    change: ChangeKind
    reason: str
    """Why, in words: `/cacheBytes and 2 more parameters change`."""
    manifest: Manifest
    """What is applied; of a deletion, what is live."""
    revision: str | None
    """The revision that the pod is to be at; None of a deletion."""
    live: Object | None = None
    """The resource as it was when the plan was made; None where there was none."""
    pause_after: bool = False
    data: Object | None = None
    """What that resource's parameters were proved to be; None where nothing proved them."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is applied, in order, and what is left alone."""

    objects: tuple[Manifest, ...]
    """What is no node and is applied before the nodes, in Helm's order."""
    steps: tuple[Step, ...]
    removed: tuple[str, ...] = ()
    """Nodes that the target no longer has and that nobody asked to delete."""
    hooks: tuple[str, ...] = ()
    """Hooks and tests of the chart, as KIND/NAME: they are not applied."""
    deleted: tuple[Manifest, ...] = ()
    """What is no node and is deleted after the nodes: only where an undo takes back what was created."""

    @property
    def digest(self) -> str:
        """The plan's own hash: of what it applies and in which order, not of what is live, nor of where it pauses."""
        applied: list[Value] = [manifest.object for manifest in self.objects]
        steps: list[Value] = [
            [step.action.value, step.manifest.object if step.action is Action.APPLY else step.node]
            for step in self.steps
        ]
        said: Value = [applied, steps, [_name(manifest) for manifest in self.deleted]]
        return hashlib.sha256(gojson.encode(said).encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _name(manifest: Manifest) -> str:
    return f"{manifest.kind}/{text(at(manifest.object, '/metadata/namespace')) or ''}/{manifest.name}"
