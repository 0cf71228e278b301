"""How a system's live nodes stand towards a plan: which it rolls, which are on their way, which ail beside it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kubectl_express.core.gate import Wanted
from kubectl_express.core.node import State

if TYPE_CHECKING:
    from kubectl_express.core.node import Node, Side
    from kubectl_express.core.plan import Plan
    from kubectl_express.core.values import Object


@dataclass(frozen=True, slots=True)
class Standing:
    """A plan, and the cluster as it was when the plan was made."""

    plan: Plan
    baseline: Side
    pods: int
    """How many pods each node has."""
    in_progress: str | None = None
    """The node that an earlier rollout left in progress."""

    @property
    def nodes(self) -> list[Node]:
        """The live nodes that have a resource."""
        return [node for node in self.baseline.nodes.values() if node.exists]

    @property
    def count(self) -> int:
        """How many nodes there are, those to be created included."""
        return len({node.name for node in self.nodes} | self._planned)

    @property
    def changes_anything(self) -> bool:
        """Whether the plan applies or deletes anything."""
        return bool(self.plan.steps or self.plan.objects or self.plan.deleted)

    @property
    def unhealthy(self) -> list[Node]:
        """The nodes that are not healthy, and that are neither rolled nor waited for."""
        concerned = self._planned | {self.in_progress}
        return [
            node
            for node in self.nodes
            if node.live and node.live.health is State.UNHEALTHY and node.name not in concerned
        ]

    @property
    def awaited(self) -> list[Wanted]:
        """The nodes that are on their way: gated before anything is applied, but for the one applied first."""
        first = self.plan.steps[0].node if self.plan.steps else None
        found = []
        for node in self.nodes:
            left = node.name == self.in_progress
            updating = node.live is not None and node.live.health is State.UPDATING
            if node.name != first and (updating or left):
                before = {pod.uid: pod for pod in node.live.pods} if node.live and left else {}
                found.append(replace(self.wanted(node), changed=left, before=before))
        return found

    @property
    def at_rest(self) -> list[Wanted]:
        """The nodes that the plan does not change and that are not on their way, healthy or not."""
        others = self._planned | {wanted.node for wanted in self.awaited}
        return [self.wanted(node) for node in self.nodes if node.name not in others]

    @property
    def first_resource(self) -> Object | None:
        """The resource of the first node rolled that there is one of; of any node, where all are new."""
        live = [step.live for step in self.plan.steps] + [node.resource for node in self.nodes]
        return next((resource for resource in live if resource is not None), None)

    def wanted(self, node: Node) -> Wanted:
        """Return what a node is like that stays as it is."""
        return Wanted(node.name, node.declared or None, self.pods)

    @property
    def _planned(self) -> set[str]:
        return {step.node for step in self.plan.steps}
