"""What is broken: a real rendering, and what an API server, helm, a kubeconfig and a configuration say, all sound."""

from __future__ import annotations

import base64
import gzip
import json
import subprocess
from datetime import datetime, timezone
from functools import cache
from typing import Any

import yaml

from kubectl_express.core.kubectl_yaml import read_documents
from kubectl_express.core.lease import Holder, renewed
from kubectl_express.core.record import Progress, Record, Touched, write_progress, write_record, write_touched
from tests.core.rendered import applied_by_kubectl, pod
from tests.testbed.examples import EXAMPLES
from tests.testbed.parts import part

CHART, VALUES = (
    EXAMPLES / "master_charts" / "express",
    EXAMPLES / "overlays" / "yul1" / "systemdcrtest3" / "values.yaml",
)
KINDS = {"Backend": "backends", "Frontend": "frontends"}

CONFIGURATION = """\
chart: master_charts/express
values: ["overlays/{context}/{system}/values.yaml"]
sites: {yul1: yul1, other: fra2}
release: "{system}"
namespace: "{system}"
helm:
  kubeVersion: "1.33"
  apiVersions: [apps/v1]
  includeCRDs: true
  version: ">=3.14 <5"
group: express.example.com
version: v1
kinds: [Backend, Frontend]
revision:
  path: /spec/deploymentRevision
  data: /spec
  orderAnnotation: argocd.argoproj.io/sync-wave
configMaps:
  selector: express.example.com/revisions=true
  revisionKey: "nodes.json#/{node}/revision"
  dataKey: "nodes.json#/{node}/data"
hash: {algorithm: sha256, length: 10}
pods: {nodeLabel: express.example.com/node, revisionLabel: express.example.com/deployment-revision, perNode: 1}
redact: [/image/tag, /environment/0/value]
"""

KUBECONFIG = """\
apiVersion: v1
kind: Config
current-context: yul1
clusters:
- name: yul1
  cluster: {server: "https://127.0.0.1:6443", insecure-skip-tls-verify: true, proxy-url: "http://127.0.0.1:3128"}
- name: fra2
  cluster:
    server: https://127.0.0.1:6444/path
    certificate-authority-data: LS0tLS1CRUdJTg==
    tls-server-name: api
users:
- name: admin
  user: {token: abc, as: somebody, as-groups: [one, two], as-user-extra: {scopes: [a, b]}}
- name: plugin
  user:
    exec:
      {apiVersion: client.authentication.k8s.io/v1, command: ./none, args: [a], env: [{name: A, value: b}]}
contexts:
- name: yul1
  context: {cluster: yul1, user: admin, namespace: systemdcrtest3}
- name: fra2
  context: {cluster: fra2, user: plugin}
preferences: {}
"""


@cache
def rendering() -> str:
    """Return what helm renders of the example."""
    command = [str(part("helm4")), "template", "systemdcrtest3", str(CHART), "--values", str(VALUES)]
    return str(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


@cache
def objects() -> tuple[Any, ...]:
    """Return the rendering's objects."""
    return tuple(document.value for document in read_documents(rendering(), "rendering"))


@cache
def shared_layout() -> tuple[Any, ...]:
    """Return the objects as a chart writes them that keeps all nodes in one key, `nodes.json`."""
    found = []
    for each in objects():
        data = each.get("data", {}) if each["kind"] == "ConfigMap" else {}
        names = [key.removesuffix(".revision") for key in data if key.endswith(".revision")]
        nodes = {
            name: {"revision": data[f"{name}.revision"], "data": json.loads(data[f"{name}.json"])} for name in names
        }
        found.append({**each, "data": {"nodes.json": json.dumps(nodes)}} if nodes else each)
    return tuple(found)


@cache
def live_objects() -> tuple[Any, ...]:
    """Return the objects as they are live: applied by kubectl, some by Argo CD, defaults and a hand's edit included."""
    found = []
    for number, each in enumerate(objects()):
        live = json.loads(json.dumps(applied_by_kubectl(each)))
        entries = [_owner("kubectl-client-side-apply", "Update", each)]
        if number % 3 == 1:
            del live["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"]
            entries = [_owner("argocd-controller", "Apply", each)]
        if each["kind"] in KINDS and number % 4 == 2:
            live["spec"]["logging"] = {"level": "DEBUG"}
            entries.append(_owner("kubectl-edit", "Update", {"spec": {"logging": {"level": "DEBUG"}}}))
        live["metadata"] |= {"managedFields": entries, "resourceVersion": str(number), "uid": f"u{number}"}
        found.append(live)
    return tuple(found)


def _owner(manager: str, operation: str, value: Any) -> Any:
    stamp = "2024-05-01T10:00:00Z"
    return {
        "manager": manager,
        "operation": operation,
        "time": stamp,
        "fieldsType": "FieldsV1",
        "fieldsV1": _fields(value),
    }


def _fields(value: Any) -> Any:
    if isinstance(value, dict):
        return {f"f:{key}": _fields(member) for key, member in value.items()}
    if isinstance(value, list) and value and all(isinstance(each, dict) and "name" in each for each in value):
        return {f"k:{json.dumps({'name': each['name']})}": {".": {}, **_fields(each)} for each in value}
    return {}


@cache
def answers() -> dict[str, Any]:
    """Return what an API server answers of a system, by the end of each request's path."""
    lists: dict[str, list[Any]] = {"configmaps": [], "backends": [], "frontends": []}
    for each in live_objects():
        plural = KINDS.get(each["kind"], f"{each['kind'].lower()}s")
        lists.setdefault(plural, []).append(each)
    nodes = [each for each in live_objects() if each["kind"] in KINDS]
    pods = [pod(each["metadata"]["name"], each["spec"]["deploymentRevision"]) for each in nodes]
    found: dict[str, Any] = {
        name: {"kind": "List", "apiVersion": "v1", "metadata": {"resourceVersion": "9"}, "items": items}
        for name, items in {**lists, "pods": pods}.items()
    }
    kinds = [{"name": plural, "kind": kind, "namespaced": True, "verbs": ["list"]} for kind, plural in KINDS.items()]
    found["express.example.com/v1"] = {"kind": "APIResourceList", "resources": kinds}
    found["openapi"] = _openapi()
    head, chunk = _record()
    found["secrets"] = {"kind": "SecretList", "items": [head]}
    found["express-rollout-1-1"] = chunk
    found["express-rollout-1"] = head
    found["leases/express-rollout"] = _lease()
    return found


def _openapi() -> Any:
    schemas = {}
    for kind, plural in KINDS.items():
        crd = yaml.safe_load((CHART / "crds" / f"express.example.com_{plural}.yaml").read_text())
        known = [{"group": "express.example.com", "version": "v1", "kind": kind}]
        schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
        schemas[kind] = {**schema, "x-kubernetes-group-version-kind": known}
    return {"openapi": "3.0.0", "components": {"schemas": schemas}}


def _lease() -> Any:
    holder = Holder("identity", "me", "host", 1, "boot", step=True, plan="abc123")
    lease = renewed(None, holder, 15, datetime(2024, 5, 1, 10, tzinfo=timezone.utc), taken_over=True)
    spec: Any = {"f:spec": {"f:renewTime": {}}}
    entry = {
        "manager": "kubectl-express-lease",
        "operation": "Update",
        "time": "2024-05-01T10:00:00Z",
        "fieldsV1": spec,
    }
    metadata: Any = lease["metadata"]
    return {**lease, "metadata": {**metadata, "managedFields": [entry]}}


def _record() -> tuple[Any, Any]:
    steps = tuple(each["metadata"]["name"] for each in objects() if each["kind"] in KINDS)
    record = Record(
        1, "id", "rollout", "2024-05-01T10:00:00Z", "me@host", "yul1", "systemdcrtest3", "chart", "helm v4.3.0", None,
        "abc123", steps, False, ("kubectl", "express", "rollout"),
    )  # fmt: skip
    touched = tuple(
        Touched(
            each["apiVersion"],
            each["kind"],
            each["metadata"]["name"],
            "",
            True,
            json.dumps(each),
            each,
            None,
            None,
            "{}",
        )
        for each in objects()
        if each["kind"] in KINDS
    )
    progress = write_progress(Progress("stopped", 1, None, "stopped", "2024-05-01T10:00:00Z"))
    head = _secret("express-rollout-1", {"record": gzip.compress(write_record(record)), "progress": progress})
    head["metadata"]["annotations"] = {"kubectl-express/chunks": "1-1"}
    return head, _secret("express-rollout-1-1", {"touched": gzip.compress(write_touched(touched))})


def _secret(name: str, data: dict[str, bytes]) -> Any:
    kept = {key: base64.b64encode(content).decode() for key, content in data.items()}
    return {"kind": "Secret", "type": "kubectl-express/rollout", "metadata": {"name": name}, "data": kept}
