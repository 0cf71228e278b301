"""The words of the domain: nodes with their revision chains, the sides they stand on, faults and states."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kubectl_express.core.drift import Drifted
    from kubectl_express.core.manifest import Manifest
    from kubectl_express.core.representation import Difference
    from kubectl_express.core.values import Object


class FaultKind(str, Enum):
    """What can be wrong with a node's revision chain."""

    MISMATCH = "mismatch"
    """The stored revision is not the one calculated from the stored data."""
    DISAGREE = "disagree"
    """The resource declares another revision than is stored, or holds other parameters than the data."""
    ORPHAN = "orphan"
    """An entry without a resource, or a resource without an entry."""
    DUPLICATE = "duplicate"
    """Two entries, or two resources, of one name."""
    UNREADABLE = "unreadable"
    """The stored JSON is absent, empty or does not parse."""


class State(str, Enum):
    """What a live node is up to; the first that fits."""

    ABSENT = "absent"
    UNVERIFIED = "unverified"
    DRIFTED = "drifted"
    PENDING = "pending"
    UPDATING = "updating"
    UNHEALTHY = "unhealthy"
    CURRENT = "current"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of one node: its kind, what is seen, and its cause where there is evidence for one."""

    kind: FaultKind
    message: str
    cause: str | None = None
    difference: Difference | None = None
    """How the two differ that ought to be the same, where both are known."""
    whole: str | None = None
    """What it is a fault of, where that is of all nodes at once (`ConfigMap/fleet nodes.json`): it is told once."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a link of the chain was read: object, key (or JSON Pointer), and version or line."""

    object: str
    key: str
    version: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (self.object, self.key, self.version) if part)


@dataclass(frozen=True, slots=True)
class Entry:
    """What a ConfigMap says of a node: the stored revision, and the full data as it was hashed."""

    node: str
    stored: str | None
    text: str | None
    revision_place: Place
    data_place: Place
    unquoted: tuple[str, ...] = ()
    """The keys that are there and hold no string: YAML reads `1234567890` as a number, and JSON as an object."""


@dataclass(frozen=True, slots=True)
class Resource:
    """A node's custom resource."""

    node: str
    kind: str
    declared: str | None
    odd_revision: str | None
    """The declared revision as JSON where it is there but is no string: YAML reads `1234567890` as a number."""
    parameters: Object
    wave: int
    object: Object
    place: Place


@dataclass(frozen=True, slots=True)
class Pod:
    """One pod of a node, as far as revisions and health go."""

    name: str
    uid: str
    revision: str | None
    ready: bool
    terminating: bool
    phase: str
    reason: str | None
    """Why it is not Ready, in Kubernetes' words: CrashLoopBackOff, ImagePullBackOff, Unschedulable."""
    restarts: int
    version: str = ""
    ready_since: str | None = None
    """When its readiness last turned, as the API server has it: to be compared for equality, never with a clock."""
    containers: tuple[str, ...] = ()
    """What tells one run of its containers from the next: their names, ids and starts."""

    @property
    def finished(self) -> bool:
        """Whether it runs no more and never will (evicted, say): it does not count as the node's pod."""
        return self.phase in {"Succeeded", "Failed"}


@dataclass(frozen=True, slots=True)
class LiveNode:
    """What only the cluster knows of a node."""

    state: State
    why: str
    running: str | None
    """The revisions its pods run, joined by commas where they are not of one mind."""
    pods: tuple[Pod, ...] = ()
    drift: tuple[Drifted, ...] = ()
    proof: str | None = None
    """Where the text was found that hashes to what the resource declares."""
    health: State = State.CURRENT
    """What its pods alone say, whatever else holds: updating, unhealthy or current."""

    @property
    def unhealthy_besides(self) -> bool:
        """Whether its pods are unhealthy and its state, which comes before that one, does not say so."""
        return self.health is State.UNHEALTHY and self.state is not State.UNHEALTHY


@dataclass(frozen=True, slots=True)
class Node:
    """A node on one side, with its revision chain."""

    name: str
    kind: str | None
    """None where only an entry tells of the node."""
    stored: str | None
    calculated: str | None
    declared: str | None
    text: str | None
    """The data as text, byte for byte what is hashed; on the live side what hashes to the declared revision."""
    data: Object | None
    """The parsed text; None where it is unknown or unreadable."""
    parameters: Object | None
    """The resource's own parameters; None without a resource."""
    wave: int = 0
    faults: tuple[Fault, ...] = ()
    resource: Object | None = None
    places: Mapping[str, Place] = field(default_factory=dict)
    """Where each link was read, by its name: stored, data, declared."""
    live: LiveNode | None = None

    @property
    def integrity(self) -> list[str]:
        """The kinds of its faults, each once."""
        return list(dict.fromkeys(fault.kind.value for fault in self.faults))

    @property
    def exists(self) -> bool:
        """Whether it has a resource: an entry alone is no node."""
        return self.resource is not None

    @property
    def revision(self) -> str | None:
        """The revision that decides about restarts: the declared one, else the stored."""
        return self.declared if self.exists else self.stored


@dataclass(frozen=True)  # without slots, so that it can be known as long as somebody uses it
class Side:
    """A place that has revision chains: a chart as rendered, a file, the cluster."""

    origin: str
    """What it is, for people: `chart master_charts/express`, `output.yaml`, `live`."""
    nodes: Mapping[str, Node]
    manifests: tuple[Manifest, ...] = ()
    """Every object, nodes' resources included, in the order of the text."""
    engine: str | None = None
    """What rendered it, with its version."""
    command: tuple[str, ...] = ()
    """The command line that rendered it."""
    notes: tuple[str, ...] = ()
    """What a reader should know of how it was read; shown on stderr."""

    @property
    def objects(self) -> list[Object]:
        """Every object, nodes' resources included, in the order of the text."""
        return [manifest.object for manifest in self.manifests]

    @property
    def title(self) -> str:
        """The origin, with what rendered it where something did."""
        return f"{self.origin} ({self.engine})" if self.engine else self.origin
