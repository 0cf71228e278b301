"""Pods, as far as revisions and health go."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from kubectl_express.core.node import Pod
from kubectl_express.core.values import Object, Value, at, mapping, objects, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kubectl_express.core.settings import PodSettings

_METADATA = ("name", "uid", "resourceVersion", "labels", "deletionTimestamp")
_STATUS = ("phase", "reason")
_PHASES = ("Pending", "Running", "Succeeded", "Failed", "Unknown")
_CONDITIONS = frozenset({"Ready", "PodScheduled"})
_CONTAINER = ("name", "containerID", "state", "restartCount")


def essence(pod: Object) -> Object:
    """Return what `read_pod` reads of a pod, and no more: most of a pod is its spec and its history."""
    metadata, status = mapping(pod.get("metadata")), mapping(pod.get("status"))
    kept: Object = {key: status[key] for key in _STATUS if key in status}
    if "conditions" in status:
        kept["conditions"] = [each for each in objects(status["conditions"]) if text(each.get("type")) in _CONDITIONS]
    for key in ("containerStatuses", "initContainerStatuses"):
        if key in status:
            kept[key] = [_of(each, _CONTAINER) for each in objects(status[key])]
    return {"metadata": _of(metadata, _METADATA), "status": kept}


def _of(value: Object, keys: tuple[str, ...]) -> Value:
    return {key: value[key] for key in keys if key in value}


def pods_by_node(pods: Iterable[Object], settings: PodSettings) -> dict[str, list[Pod]]:
    """Return the pods of each node, by their node label, in the order of their names."""
    found: dict[str, list[Pod]] = defaultdict(list)
    for pod in pods:
        node = text(mapping(at(pod, "/metadata/labels")).get(settings.node_label))
        if node:
            found[node].append(read_pod(pod, settings))
    return {node: sorted(its, key=lambda pod: pod.name) for node, its in found.items()}


def read_pod(pod: Object, settings: PodSettings) -> Pod:
    """Return a pod as far as revisions and health go."""
    statuses = objects(at(pod, "/status/containerStatuses"))
    conditions = {text(each.get("type")): each for each in objects(at(pod, "/status/conditions"))}
    ready = mapping(conditions.get("Ready")).get("status") == "True"
    restarts = [count for each in statuses if isinstance(count := each.get("restartCount"), int)]
    return Pod(
        name=text(at(pod, "/metadata/name")) or "",
        uid=text(at(pod, "/metadata/uid")) or "",
        revision=text(mapping(at(pod, "/metadata/labels")).get(settings.revision_label)) or None,
        ready=ready,
        terminating=at(pod, "/metadata/deletionTimestamp") is not None,
        phase=phase if (phase := text(at(pod, "/status/phase"))) in _PHASES else "Unknown",
        reason=None if ready else _reason(pod, statuses, conditions),
        restarts=sum(restarts),
        version=text(at(pod, "/metadata/resourceVersion")) or "",
        ready_since=text(mapping(conditions.get("Ready")).get("lastTransitionTime")),
        containers=tuple(_run(each) for each in statuses),
    )


def _run(status: Object) -> str:
    """Return what tells this run of a container from any other."""
    started = text(at(status, "/state/running/startedAt")) or ""
    return " ".join([text(status.get("name")) or "", text(status.get("containerID")) or "", started])


def _reason(pod: Object, statuses: list[Object], conditions: Mapping[str | None, Object]) -> str | None:
    for status in [*objects(at(pod, "/status/initContainerStatuses")), *statuses]:
        for kind in ("waiting", "terminated"):
            reason = text(at(status, f"/state/{kind}/reason"))
            if reason and reason != "Completed":
                return reason
    unscheduled = mapping(conditions.get("PodScheduled"))
    if unscheduled.get("status") == "False":
        return text(unscheduled.get("reason"))
    return text(at(pod, "/status/reason"))
