"""Argo CD's Applications on an API server without Argo CD: their type by its name alone, written as Argo CD does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.testbed.api import RequestFailedError
from tests.testbed.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.testbed.api import Api, Object

ARGO = "/apis/argoproj.io/v1alpha1"
HERE = {"server": "https://kubernetes.default.svc"}
"""What Argo CD calls the cluster that it runs in."""
REVISION = "ea8759964626a583667a2bfd08f334ec2070040a"
OPERATION: dict[str, Any] = {
    "initiatedBy": {"username": "foo@example.com"},
    "sync": {"revision": REVISION, "syncStrategy": {"hook": {}}},
}
"""A sync that somebody asked for in Argo CD's own pages."""
CRD: dict[str, Any] = {
    "metadata": {"name": "applications.argoproj.io"},
    "spec": {
        "group": "argoproj.io",
        "scope": "Namespaced",
        "names": {"kind": "Application", "plural": "applications", "singular": "application"},
        "versions": [
            {
                "name": "v1alpha1",
                "served": True,
                "storage": True,
                "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
            }
        ],
    },
}
"""Of Argo CD's own type no more than its name: what is read of it is written by tests as Argo CD writes it."""


def serve_applications(api: Api) -> None:
    """Have the API server serve Applications, and make Argo CD's namespace; either may be there already."""
    for path, body in (
        ("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", CRD),
        ("/api/v1/namespaces", {"metadata": {"name": "argocd"}}),
    ):
        if api.find(f"{path}/{body['metadata']['name']}") is None:
            api.create(path, body)
    eventually(lambda: serves_applications(api), "applications are served")


def serves_applications(api: Api) -> bool:
    """Return whether the API server serves them: a type that it has just learnt of it puts off for a moment (429)."""
    try:
        return api.find(f"{ARGO}/applications") is not None
    except RequestFailedError as failure:
        if failure.status != 429:
            raise
        return False


def application(
    argo: Api,
    name: str,
    *,
    place: str = "argocd",
    lists: str | None = None,
    destination: Mapping[str, str] = HERE,
    policy: Object | None = None,
    phase: str = "Succeeded",
    state: Object | None = None,
    **more: Any,
) -> None:
    """Make an application as Argo CD has it; `lists` is the namespace of be1, which it lists as its own.

    Where the phase is one of a sync in progress, that is asked for too; `state` is more of its operationState.
    """
    own = {"group": "express.example.com", "version": "v1", "kind": "Backend", "namespace": lists, "name": "be1"}
    under_way: Object = {"operation": OPERATION} if phase in {"Running", "Terminating"} else {}
    body = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": name},
        "spec": {
            "project": "default",
            "source": {"repoURL": "https://git.example.com/charts"},
            "destination": destination,
            **({} if policy is None else {"syncPolicy": policy}),
        },
        "status": {
            "operationState": operation_state(phase, **(state or {})),
            "resources": [{**own, "status": "OutOfSync"}] if lists else [],
        },
        **under_way,
        **more,
    }
    argo.create(application_path(place), body)


def application_path(place: str = "argocd", name: str | None = None) -> str:
    """Return the path of an application, or of all that a namespace has."""
    return f"{ARGO}/namespaces/{place}/applications" + (f"/{name}" if name else "")


def begin(argo: Api, name: str, **more: Any) -> None:
    """Do what the controller does with a sync that is asked for."""
    argo.patch(application_path(name=name), {"status": {"operationState": operation_state(finishedAt=None, **more)}})


def end(argo: Api, name: str, phase: str = "Failed", message: str = "Operation terminated") -> None:
    """Do what the controller does with a sync that has ended: one write takes away what was asked for, too."""
    ended = {"phase": phase, "message": message, "finishedAt": "2124-03-05T07:33:14Z"}
    argo.patch(application_path(name=name), {"operation": None, "status": {"operationState": ended}})


def phase_of(argo: Api, name: str) -> str:
    """Return the phase of an application's sync."""
    return str(argo.get(application_path(name=name))["status"]["operationState"]["phase"])


def operation_state(phase: str = "Running", **more: Any) -> Object:
    """Return the state of a sync, as Argo CD's controller writes it (its controller/testdata/diff-cache.yaml)."""
    over: Object = {} if phase in {"Running", "Terminating"} else {"finishedAt": "2024-03-05T07:33:14Z"}
    return {
        "operation": OPERATION,
        "phase": phase,
        "message": "waiting for healthy state of express.example.com/Backend/be1",
        "startedAt": "2024-03-05T07:33:03Z",
        "syncResult": {
            "resources": [applied("", "ConfigMap", "revisions"), applied("express.example.com", "Backend", "be1")],
            "revision": REVISION,
            "source": {"repoURL": "https://git.example.com/charts"},
        },
        **over,
        **more,
    }


def applied(group: str, kind: str, name: str) -> Object:
    """Return what a sync says of a resource that it has applied."""
    return {
        "group": group,
        "hookPhase": "Running",
        "kind": kind,
        "message": f"{kind.lower()}/{name} configured",
        "name": name,
        "namespace": "any",
        "status": "Synced",
        "syncPhase": "Sync",
        "version": "v1",
    }
