"""The operator's pods: their manifests, and the status that a kubelet would give them."""

from __future__ import annotations

import secrets
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.testbed.api import Object

NODE_LABEL = "express.example.com/node"
REVISION_LABEL = "express.example.com/deployment-revision"
BORN_UNDER = "express.example.com/born-under"
"""An annotation: the behaviour that held when the pod was made."""
FINALIZER = "express.example.com/linger"
CONTAINER = "express"

FAULTS: dict[str, tuple[str, str, str]] = {
    # Phase, reason and message, as a kubelet or the scheduler words them.
    "starting": ("Pending", "ContainerCreating", ""),
    "hang": ("Pending", "ContainerCreating", ""),
    "image": ("Pending", "ImagePullBackOff", 'Back-off pulling image "express:9"'),
    "crash": ("Running", "CrashLoopBackOff", "back-off 40s restarting failed container=express"),
    "unschedulable": ("Pending", "Unschedulable", "0/3 nodes are available: 3 Insufficient memory."),
}


def manifest(cr: Object, name: str, revision: str, born_under: str) -> Object:
    """Return a pod of the node that `cr` declares."""
    metadata = cr["metadata"]
    return {
        "metadata": {
            "name": name,
            "labels": {NODE_LABEL: metadata["name"], REVISION_LABEL: revision},
            "annotations": {BORN_UNDER: born_under},
            "ownerReferences": [
                {
                    "apiVersion": cr["apiVersion"],
                    "kind": cr["kind"],
                    "name": metadata["name"],
                    "uid": metadata["uid"],
                    "controller": True,
                }
            ],
        },
        "spec": {"containers": [{"name": CONTAINER, "image": "express"}], "terminationGracePeriodSeconds": 0},
    }


def revision_of(pod: Object) -> str:
    return str(pod["metadata"].get("labels", {}).get(REVISION_LABEL, ""))


def terminating(pod: Object) -> bool:
    return "deletionTimestamp" in pod["metadata"]


def owner(pod: Object) -> str:
    """Return the uid of the CR that the pod belongs to, "" when it says none."""
    return next((str(one["uid"]) for one in pod["metadata"].get("ownerReferences", ())), "")


def is_ready(pod: Object) -> bool:
    conditions = pod.get("status", {}).get("conditions", ())
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def new_status(pod: Object, fault: str, ready: bool) -> Object | None:
    """Return the status that `pod` should have instead of its own, or None when it has it already."""
    phase, reason, message = FAULTS.get(fault, ("Running", "", ""))
    if _shown(pod) == (phase, reason, ready):
        return None
    container = _container(pod, reason, message, ready)
    status: Object = {"phase": phase, "conditions": _conditions(reason, message, ready)}
    if reason != "Unschedulable":
        status |= {"startTime": pod.get("status", {}).get("startTime") or _now(), "containerStatuses": [container]}
    return status


def _shown(pod: Object) -> tuple[str, str, bool]:
    status = pod.get("status", {})
    waiting = [one["state"].get("waiting", {}).get("reason", "") for one in status.get("containerStatuses", ())]
    scheduling = [one.get("reason", "") for one in status.get("conditions", ()) if one["type"] == "PodScheduled"]
    return status.get("phase", ""), "".join(waiting or scheduling), is_ready(pod)


def _container(pod: Object, reason: str, message: str, ready: bool) -> Object:
    before: Object = next(iter(pod.get("status", {}).get("containerStatuses", ())), {})
    restarts = before.get("restartCount", 0)
    ran = "running" in before.get("state", {})
    state: Any = {"waiting": {"reason": reason, **({"message": message} if message else {})}}
    identity = before.get("containerID", "")
    if not reason:
        state = before["state"] if ran else {"running": {"startedAt": _now()}}
        identity = identity if ran else f"testbed://{secrets.token_hex(16)}"
    status: Object = {
        "name": CONTAINER,
        "image": "express",
        "imageID": "",
        "ready": ready,
        "started": not reason,
        "restartCount": restarts,
        "containerID": identity,
        "state": state,
    }
    if reason == "CrashLoopBackOff":
        ended = {"exitCode": 1, "reason": "Error", "startedAt": _now(), "finishedAt": _now()}
        status |= {"restartCount": restarts + 1, "lastState": {"terminated": ended}}
    return status


def _conditions(reason: str, message: str, ready: bool) -> list[Object]:
    scheduled = reason != "Unschedulable"
    why = {"reason": reason, "message": message} if not scheduled else {}
    conditions = [_condition("PodScheduled", scheduled, why)]
    if scheduled:
        not_ready = {} if ready else {"reason": "ContainersNotReady", "message": f"not ready: [{CONTAINER}]"}
        conditions.append(_condition("Initialized", True, {}))
        conditions += [_condition(name, ready, not_ready) for name in ("ContainersReady", "Ready")]
    return conditions


def _condition(name: str, true: bool, why: dict[str, str]) -> Object:
    return {"type": name, "status": "True" if true else "False", "lastTransitionTime": _now(), **why}


def _now() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
