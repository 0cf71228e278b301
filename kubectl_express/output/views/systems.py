"""What the views of all commands share: the document's envelope, and the words for nodes and revisions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubectl_express.core.node import Node, Side, State
from kubectl_express.core.order import in_order
from kubectl_express.core.values import Object, Value
from kubectl_express.output.view import API_VERSION, Cell, Style

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kubectl_express.core.settings import Settings


STATE_STYLES = {
    State.ABSENT: Style.CAUTION,
    State.UNVERIFIED: Style.CAUTION,
    State.DRIFTED: Style.BAD,
    State.PENDING: Style.CAUTION,
    State.UPDATING: Style.CAUTION,
    State.UNHEALTHY: Style.BAD,
    State.CURRENT: Style.GOOD,
}


@dataclass(frozen=True, slots=True)
class Place:
    """A system as a document names it; a file may not say which system it holds."""

    system: str | None
    namespace: str | None
    context: str | None

    def title(self) -> str:
        """Return the system's name for people."""
        name = self.system or "(unnamed)"
        return f"{name} in {self.context}" if self.context else name


@dataclass(frozen=True, slots=True)
class Reading:
    """One system's side, as it was read."""

    place: Place
    side: Side
    settings: Settings

    def nodes(self, names: Sequence[str] = ()) -> list[Node]:
        """Return the side's nodes in the order of a rollout; those of some names where any are given."""
        ordered = in_order(self.side.nodes.values(), self.settings.resources.kinds)
        return [node for node in ordered if not names or node.name in names]


def envelope(kind: str, systems: Sequence[tuple[Place, Mapping[str, Value]]]) -> Object:
    """Return the document every command prints: one object a system, with what the command says of it."""
    found: list[Value] = [
        {"system": place.system, "namespace": place.namespace, "context": place.context, **content}
        for place, content in systems
    ]
    return {"apiVersion": API_VERSION, "kind": kind, "systems": found}


def chain(node: Node | None) -> Object:
    """Return a node's chain, integrity and state, null for what was not read."""
    return {
        "stored": node.stored if node else None,
        "calculated": node.calculated if node else None,
        "declared": node.declared if node else None,
        "running": node.live.running if node and node.live else None,
        "integrity": list[Value](node.integrity) if node else [],
        "state": node.live.state.value if node and node.live else None,
    }


def full_name(node: str, kind: str | None, settings: Settings) -> str:
    """Return a node's name as `kubectl get -o name` writes it: `backend.express.example.com/be1`."""
    return f"{kind.lower()}.{settings.resources.group}/{node}" if kind else node


def revision_cell(revision: str | None, reference: str | None) -> Cell:
    """Return a revision; one that is not what it ought to be stands out."""
    if revision is None:
        return Cell("-", Style.FAINT)
    return Cell(revision, Style.PLAIN if reference in {None, revision} else Style.BAD)


def state_cell(node: Node | None) -> Cell:
    """Return a node's live state, and that its pods are unhealthy where that does not say so; `-` without a state."""
    live = node.live if node else None
    if live is None:
        return Cell("-", Style.FAINT)
    if live.unhealthy_besides:
        return Cell(f"{live.state.value},{State.UNHEALTHY.value}", STATE_STYLES[State.UNHEALTHY])
    return Cell(live.state.value, STATE_STYLES[live.state])


def integrity_cell(node: Node) -> Cell:
    """Return a node's faults in words."""
    return Cell(",".join(node.integrity), Style.BAD) if node.faults else Cell("ok", Style.GOOD)
