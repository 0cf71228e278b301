"""What Argo CD needs to step through the nodes of a system: the health checks in its settings, and an Application."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubectl_express.core.argocd_health import health_lua

if TYPE_CHECKING:
    from kubectl_express.core.settings import ResourceSettings
    from kubectl_express.core.values import Object, Value

_NOT_IN_NAMES = re.compile(r"[^a-z0-9.-]+")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where Argo CD reads charts, and where it files and deploys what it makes of them."""

    repository: str
    """The git repository's URL."""
    project: str = "default"
    destination: str = "https://kubernetes.default.svc"
    """The cluster: its API server's URL, or its name in Argo CD. By default the one that Argo CD runs in."""
    namespace: str = "argocd"
    """Argo CD's own."""


@dataclass(frozen=True, slots=True)
class Gates:
    """The Jobs that await nodes, as the library chart's `express-revisions.gates` takes them."""

    gate: str
    """`hook` for a Job behind every node, `status` for one behind the last alone."""
    image: str
    """Of this program."""
    config: str | None = None
    """The text of the configuration that nodes are read by; None where there is none."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """One system's release, as Argo CD's helm renders it."""

    name: str
    """The Application's."""
    chart: str
    """Its path in the repository."""
    values: tuple[str, ...]
    """Paths relative to the chart's."""
    release: str
    namespace: str
    kube_version: str | None = None
    api_versions: tuple[str, ...] = ()
    include_crds: bool = False
    gates: Gates | None = None
    """None where no Job awaits any node."""


def application_name(site: str, system: str) -> str:
    """Return an Application's name: sites may have systems of one name, and one Argo CD may serve them all."""
    return _NOT_IN_NAMES.sub("-", f"{site}-{system}".lower()).strip("-.")


def health_keys(resources: ResourceSettings) -> list[str]:
    """Return the keys in argocd-cm of the health checks of all kinds of nodes."""
    return [f"resource.customizations.health.{resources.group}_{kind}" for kind in resources.kinds]


def health_settings(resources: ResourceSettings, namespace: str) -> Object:
    """Return the part of argocd-cm that holds the health checks of all kinds of nodes, to be merged into it."""
    check = health_lua(resources.revision_path)
    checks: Object = dict.fromkeys(health_keys(resources), check)
    # Argo CD reads no ConfigMap without this label.
    labels: Object = {"app.kubernetes.io/name": "argocd-cm", "app.kubernetes.io/part-of": "argocd"}
    metadata: Object = {"name": "argocd-cm", "namespace": namespace, "labels": labels}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": checks}


def application(origin: Origin, deployment: Deployment) -> Object:
    """Return a system's Application: it syncs when told to, never by itself, and each time goes by every wave.

    What a sync leaves out by its options is not awaited either, so none of those is set. Deleting the Application
    leaves the nodes alone: it has no finalizer.
    """
    values: list[Value] = [*deployment.values]
    api_versions: list[Value] = [*deployment.api_versions]
    helm: Object = {"releaseName": deployment.release, "valueFiles": values}
    if deployment.kube_version is not None:
        helm["kubeVersion"] = deployment.kube_version
    if api_versions:
        helm["apiVersions"] = api_versions
    if not deployment.include_crds:
        helm["skipCrds"] = True
    if deployment.gates is not None:
        helm["valuesObject"] = gate_values(deployment.gates)
    named = "server" if "://" in origin.destination else "name"
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": deployment.name, "namespace": origin.namespace},
        "spec": {
            "project": origin.project,
            "source": {
                "repoURL": origin.repository,
                "targetRevision": "HEAD",
                "path": deployment.chart,
                "helm": helm,
            },
            "destination": {named: origin.destination, "namespace": deployment.namespace},
            "syncPolicy": {"syncOptions": ["PruneLast=true", "FailOnSharedResource=true"]},
        },
    }


def gate_values(gates: Gates) -> Object:
    """Return the values that ask a chart for its gates: those of the Application, behind all values files."""
    values: Object = {"gate": gates.gate, "image": gates.image}
    if gates.config is not None:
        values["config"] = gates.config
    return {"global": {"expressGates": values}}
