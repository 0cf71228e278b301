"""Where Argo CD's Applications are on the API server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubectl_express.sources.paths import segment

if TYPE_CHECKING:
    from kubectl_express.core.applications import Application

GROUP, VERSION, KIND, PLURAL = "argoproj.io", "v1alpha1", "Application", "applications"
API_VERSION = f"{GROUP}/{VERSION}"


def collection(namespace: str) -> str:
    """Return the path that lists a namespace's Applications."""
    return f"/apis/{API_VERSION}/namespaces/{segment(namespace)}/{PLURAL}"


def path(application: Application) -> str:
    """Return the path of an Application."""
    return f"{collection(application.namespace)}/{segment(application.name)}"
