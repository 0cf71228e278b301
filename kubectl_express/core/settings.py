"""How a system is laid out: where its charts, resources, revisions and pods are. The defaults need no configuration."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kubectl_express.core.hashing import HashMethod

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class ChartSettings:
    """What is rendered, and with which of helm's options. Paths are relative to the repository's root."""

    path: str = "master_charts/express"
    values: tuple[str, ...] = ("overlays/{context}/{system}/values.yaml",)
    """Templates over `{context}` (the site's name) and `{system}`, in helm's order."""
    release: str = "{system}"
    namespace: str = "{system}"
    kube_version: str | None = None
    api_versions: tuple[str, ...] = ()
    include_crds: bool = False
    helm_version: str | None = None
    """The versions of helm that may render, as `core.helm_versions` reads them; None for any."""


@dataclass(frozen=True, slots=True)
class ResourceSettings:
    """Which custom resources are nodes, and where in them the parameters and the revision stand (JSON Pointers)."""

    group: str = "express.example.com"
    version: str = "v1"
    kinds: tuple[str, ...] = ("Backend", "Frontend")
    """In the order in which they are rolled out."""
    data_path: str = "/spec"
    revision_path: str = "/spec/deploymentRevision"
    order_annotation: str = "argocd.argoproj.io/sync-wave"


@dataclass(frozen=True, slots=True)
class RevisionSettings:
    """Where stored revisions are kept, and how they are calculated."""

    selector: str = "express.example.com/revisions=true"
    """The ConfigMaps' label, as `key=value`."""
    revision_key: str = "{node}.revision"
    """A key of each node, `{node}.revision`; or a key and a JSON Pointer into what it holds for all nodes,
    `nodes.json#/{node}/revision`. See `core.entries`, the only reader of both."""
    data_key: str = "{node}.json"
    """Of the same two forms. Inside JSON, a string is the text that was hashed, any other value is hashed as JSON."""
    hash: HashMethod = field(default_factory=HashMethod)


@dataclass(frozen=True, slots=True)
class PodSettings:
    """How a node's pods are found and what says which revision they run."""

    node_label: str = "express.example.com/node"
    revision_label: str = "express.example.com/deployment-revision"
    per_node: int = 1


@dataclass(frozen=True, slots=True)
class Settings:
    """All of `.express.yaml`."""

    chart: ChartSettings = field(default_factory=ChartSettings)
    sites: Mapping[str, str] = field(default_factory=dict)
    """From a kubeconfig context's name to the name its overlays are filed under."""
    resources: ResourceSettings = field(default_factory=ResourceSettings)
    revisions: RevisionSettings = field(default_factory=RevisionSettings)
    pods: PodSettings = field(default_factory=PodSettings)
    redact: tuple[str, ...] = ()
    """JSON Pointers of parameters whose values are never shown."""

    def site(self, context: str) -> str:
        """Return the name that a kubeconfig context's overlays are filed under."""
        return self.sites.get(context, context)
