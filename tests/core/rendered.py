"""Small systems for tests: resources, their ConfigMap, pods, and the sides they make."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubectl_express.core import gojson
from kubectl_express.core.hashing import HashMethod
from kubectl_express.core.kubectl_yaml import read_documents
from kubectl_express.core.live import live_side
from kubectl_express.core.manifests import rendered_side
from kubectl_express.core.settings import Settings
from kubectl_express.core.values import Object, mapping

if TYPE_CHECKING:
    from kubectl_express.core.node import Node, Side

SETTINGS = Settings()
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def revision_of(data: Object) -> str:
    """Return the revision the charts compute of a node's data."""
    return HashMethod().revision(gojson.encode(data))


def resource(name: str, data: Object, kind: str = "Backend", declared: object = None, **annotations: str) -> Object:
    """Return a node's resource that declares its data's revision, or another."""
    metadata: Object = {"name": name, **({"annotations": dict(annotations)} if annotations else {})}
    revision = revision_of(data) if declared is None else declared
    spec: Object = {**data, "deploymentRevision": revision}  # type: ignore[dict-item]
    return {"apiVersion": "express.example.com/v1", "kind": kind, "metadata": metadata, "spec": spec}


def config_map(entries: Object, name: str = "express-revisions-0") -> Object:
    """Return a ConfigMap of revisions with these keys."""
    labels: Object = {"express.example.com/revisions": "true"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "labels": labels}, "data": entries}


def entry(name: str, data: Object) -> Object:
    """Return a node's sound entry in a ConfigMap."""
    return {f"{name}.revision": revision_of(data), f"{name}.json": gojson.encode(data)}


def system(**nodes: Object) -> list[Object]:
    """Return a sound system's objects: a Backend for each node named, and their ConfigMap."""
    entries: Object = {}
    for name, data in nodes.items():
        entries |= entry(name, mapping(data))
    return [config_map(entries), *(resource(name, mapping(data)) for name, data in nodes.items())]


def side_of(objects: list[Object], settings: Settings = SETTINGS) -> Side:
    """Return the side that a file of these objects is."""
    text = "".join(f"---\n{gojson.encode(item)}\n" for item in objects)
    return rendered_side(read_documents(text, "output.yaml"), settings, origin="output.yaml")


def node_of(objects: list[Object], name: str = "be1", settings: Settings = SETTINGS) -> Node:
    """Return one node of that side."""
    return side_of(objects, settings).nodes[name]


def applied_by_kubectl(manifest: Object) -> Object:
    """Return the object as it is live after a client-side apply: with the annotation that proves its data."""
    metadata = mapping(manifest["metadata"])
    annotations = {**mapping(metadata.get("annotations")), LAST_APPLIED: gojson.encode(manifest)}
    return {**manifest, "metadata": {**metadata, "annotations": annotations}}


def pod(node: str, revision: str | None, name: str | None = None, *, ready: bool = True, **status: object) -> Object:
    """Return a node's pod, Running, at a revision."""
    labels: Object = {"express.example.com/node": node}
    if revision is not None:
        labels["express.example.com/deployment-revision"] = revision
    conditions: list[Object] = [{"type": "Ready", "status": "True" if ready else "False"}]
    return {
        "metadata": {"name": name or f"{node}-0", "uid": f"uid-{name or node}", "labels": labels},
        "status": {"phase": "Running", "conditions": conditions, **status},  # type: ignore[dict-item]
    }


def live_of(objects: list[Object], *pods: Object, settings: Settings = SETTINGS) -> Side:
    """Return the live side of a cluster that holds these objects and pods, and publishes no schema."""
    return live_side(objects, pods, settings, schema=lambda _: None)
