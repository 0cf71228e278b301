"""How a system is laid out: where its charts, resources, revisions and pods are. The defaults need no configuration.

What stands below a setting is what `docs/configuration.md` says of its key (see `tests/configuration_reference.py`).
"""

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
    """The chart's folder."""
    values: tuple[str, ...] = ("overlays/{context}/{system}/values.yaml",)
    """The values files in helm's order, a later one winning; templates over `{context}` (the site) and `{system}`."""
    release: str = "{system}"
    """Helm's release name, a template over `{context}` and `{system}`."""
    namespace: str = "{system}"
    """The namespace a system lives in, a template over `{context}` and `{system}`."""
    kube_version: str | None = None
    """What `helm template --kube-version` gets; `null` leaves helm its own."""
    api_versions: tuple[str, ...] = ()
    """What `helm template --api-versions` gets, each."""
    include_crds: bool = False
    """Whether `helm template` gets `--include-crds`, as Argo CD passes it."""
    helm_version: str | None = None
    """The versions of helm that may render: all comparisons must hold. Another helm is an error; `null` allows every
    one."""


@dataclass(frozen=True, slots=True)
class ResourceSettings:
    """Which custom resources are nodes, and where in them the parameters and the revision stand."""

    group: str = "express.example.com"
    """The API group of the nodes' resources."""
    version: str = "v1"
    """The API version of the nodes' resources."""
    kinds: tuple[str, ...] = ("Backend", "Frontend")
    """The kinds that are nodes, in the order in which they are rolled out."""
    data_path: str = "/spec"
    """Where a resource has its parameters: a JSON Pointer into the resource; the revision itself is none of them."""
    revision_path: str = "/spec/deploymentRevision"
    """Where a resource declares its revision: a JSON Pointer into the resource."""
    order_annotation: str = "argocd.argoproj.io/sync-wave"
    """The annotation whose number orders nodes before their kinds do; without it, 0."""


@dataclass(frozen=True, slots=True)
class RevisionSettings:
    """Where stored revisions are kept, and how they are calculated. `core.entries` alone reads both keys."""

    selector: str = "express.example.com/revisions=true"
    """The label of the ConfigMaps that store revisions, one `key=value`."""
    revision_key: str = "{node}.revision"
    """The ConfigMap key of a node's stored revision, with `{node}` in it once; or a place in
    [JSON of all nodes](#json-of-all-nodes-in-one-key)."""
    data_key: str = "{node}.json"
    """The ConfigMap key of a node's data, of the same two forms; it cannot be read as a `revisionKey`, nor the other
    way round."""
    hash: HashMethod = field(default_factory=HashMethod)


@dataclass(frozen=True, slots=True)
class PodSettings:
    """How a node's pods are found and what says which revision they run."""

    node_label: str = "express.example.com/node"
    """The pod label that names the pod's node."""
    revision_label: str = "express.example.com/deployment-revision"
    """The pod label that names the revision a pod runs."""
    per_node: int = 1
    """How many pods a node has."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All of `.express.yaml`."""

    chart: ChartSettings = field(default_factory=ChartSettings)
    sites: Mapping[str, str] = field(default_factory=dict)
    """From the name of a kubeconfig context to the site that stands for `{context}`; a context that is not listed is
    its own site."""
    resources: ResourceSettings = field(default_factory=ResourceSettings)
    revisions: RevisionSettings = field(default_factory=RevisionSettings)
    pods: PodSettings = field(default_factory=PodSettings)
    redact: tuple[str, ...] = ()
    """Parameters whose values are never shown: JSON Pointers into a node's data."""

    def site(self, context: str) -> str:
        """Return the name that a kubeconfig context's overlays are filed under."""
        return self.sites.get(context, context)
