"""The model's API server is held to the real one: the same requests are sent to both, and answered alike."""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kubectl_express.errors import ServerError
from kubectl_express.sources.cluster import Cluster
from kubectl_express.sources.kubeconfig import ConnectionOptions, resolve
from tests.e2e.small_system import GROUP, kind
from tests.reliability.ledger import Row, scale, tell
from tests.reliability.model.field_sets import paths
from tests.reliability.model.fleet import data, plural
from tests.reliability.model.server import Server

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.testbed.api import Api, Object
    from tests.testbed.control_plane import ControlPlane

SEQUENCES, LENGTH = 25, 14
APPLY, MERGE, JSON_PATCH = (
    f"application/{each}" for each in ("apply-patch+yaml", "merge-patch+json", "json-patch+json")
)

names = st.sampled_from(["be1", "be2", "fe1"])
tags = st.sampled_from(["1", "2"])
managers = st.sampled_from(["kubectl", "kubectl-edit", "helm"])
versions = st.sampled_from(["none", "last", "first"])


@dataclass(slots=True)
class Side:
    """One of the two servers, with what it has answered so far."""

    ask: Callable[..., Object]
    namespace: str
    first: dict[str, Object] = field(default_factory=dict)
    last: dict[str, Object] = field(default_factory=dict)
    uids: list[str] = field(default_factory=list)

    def path(self, where: str, name: str = "") -> str:
        """Return the path of a collection, or of an object in it."""
        base = {"backends": GROUP, "frontends": GROUP, "leases": "/apis/coordination.k8s.io/v1"}.get(where, "/api/v1")
        return f"{base}/namespaces/{self.namespace}/{where}" + (f"/{name}" if name else "")

    def known(self, which: str, place: str) -> Object:
        """Return the metadata of an object as it was read first or last; nothing of `none`."""
        found: Object = {"first": self.first, "last": self.last}.get(which, {}).get(place, {})
        return dict(found.get("metadata", {}))

    def done(self, request: tuple[Any, ...]) -> Object:
        """Send a request, and return its answer, without what differs from server to server."""
        method, where, name, query, make, media = request
        place = f"{where}/{name}"
        body = make(self, place)
        content = None if body is None else json.dumps(body).encode()
        try:
            answer = self.ask(
                method, self.path(where, "" if method in {"POST", "LIST"} else name), query, content, media
            )
        except ServerError as error:
            said = str(error)
            named = sorted(re.findall(r"\.spec[.\w]*", said)) if said.startswith("Apply failed") else []
            return {"refused": error.status, "fields": named}
        if "items" in answer:
            return {"items": [self._plain(item, item["metadata"]["name"]) for item in answer["items"]]}
        if method == "DELETE":
            return {"deleted": True}
        plain = self._plain(answer, place)
        if "dryRun" not in query:
            self.first.setdefault(place, answer)
            self.last[place] = answer
        return plain

    def _plain(self, item: Object, place: str) -> Object:
        metadata = dict(item["metadata"])
        before = self.last.get(place, {}).get("metadata", {})
        uid = metadata.pop("uid", None)
        if uid not in self.uids:
            self.uids.append(uid)
        metadata["changed"] = metadata.pop("resourceVersion", None) != before.get("resourceVersion")
        metadata.pop("creationTimestamp", None)
        metadata.pop("namespace", None)
        metadata["managedFields"] = sorted(
            [entry["manager"], entry["operation"], sorted(map(list, paths(entry["fieldsV1"])))]
            for entry in metadata.pop("managedFields", [])
        )
        content = {key: value for key, value in item.items() if key not in {"apiVersion", "kind", "metadata", "status"}}
        return {**content, "metadata": metadata}


def _resource(name: str, tag: str, **metadata: Any) -> Object:
    spec = {**data(tag, name), "deploymentRevision": f"revision{tag}"}
    version = "express.example.com/v1"
    return {"apiVersion": version, "kind": kind(name), "metadata": {"name": name, **metadata}, "spec": spec}


@st.composite
def requests(draw: st.DrawFn) -> tuple[Any, ...]:
    """Return one request, as far as it does not depend on what was answered before."""
    name, tag, manager, version = draw(names), draw(tags), draw(managers), draw(versions)
    query = {"fieldManager": manager, **({"dryRun": "All"} if draw(st.integers(0, 5)) == 0 else {})}
    where = plural(name)

    def precondition(side: Side, place: str) -> Object:
        known = side.known(version, place)
        return {"resourceVersion": known["resourceVersion"]} if known else {}

    def unless_never_read(value: Object) -> Callable[[Side, str], Object]:
        return lambda side, place: {**value, "metadata": precondition(side, place)}

    def operations(side: Side, place: str) -> list[Object]:
        known = side.known("last", place)
        applied = [entry for entry in known.get("managedFields", []) if entry["operation"] == "Apply"]
        version = {"op": "replace", "path": "/metadata/resourceVersion", "value": known.get("resourceVersion", "1")}
        return [{"op": "add", "path": "/metadata/managedFields", "value": applied or [{}]}, version]

    def preconditions(side: Side, place: str) -> Object:
        known = side.known(version, place)
        told = {key: known[key] for key in ("uid", "resourceVersion") if key in known}
        return {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": told}

    def lease(side: Side, place: str) -> Object:
        known = {k: v for k, v in side.known(version, place).items() if k in {"uid", "resourceVersion"}}
        spec = {"holderIdentity": tag}
        return {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": "lease", **known},
            "spec": spec,
        }

    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "model/x",
        "metadata": {"name": "kept", "labels": {"a": tag}},
    }
    text = {"data": {"key": "b25l" if tag == "1" else "dHdv"}}
    noted = _resource(name, tag, labels={"tag": tag}) if draw(st.booleans()) else _resource(name, tag)
    force = {**query, "force": "true"} if draw(st.booleans()) else query
    patch = unless_never_read({"spec": {"image": {"tag": tag}}})
    plain: dict[str, str] = {}
    return draw(
        st.sampled_from(
            [
                ("PATCH", where, name, force, lambda *_: noted, APPLY),
                ("PATCH", where, name, force, lambda *_: noted, APPLY),
                ("PATCH", where, name, query, patch, MERGE),
                ("PATCH", where, name, query, operations, JSON_PATCH),
                ("DELETE", where, name, plain, preconditions, "application/json"),
                ("GET", where, name, plain, lambda *_: None, ""),
                ("LIST", where, "", {"fieldSelector": f"metadata.name={name}"}, lambda *_: None, ""),
                ("LIST", where, "", {"labelSelector": f"tag={tag}"}, lambda *_: None, ""),
                ("LIST", where, "", {"labelSelector": "tag"}, lambda *_: None, ""),
                ("POST", "secrets", "kept", {}, lambda *_: {**secret, **text}, "application/json"),
                ("PATCH", "secrets", "kept", {}, lambda *_: text, MERGE),
                ("LIST", "secrets", "", {"labelSelector": f"a={tag}"}, lambda *_: None, ""),
                ("PUT", "leases", "lease", {"fieldManager": manager}, lease, "application/json"),
                ("DELETE", "leases", "lease", plain, lambda *_: None, "application/json"),
                ("GET", "leases", "lease", plain, lambda *_: None, ""),
            ]
        )
    )


def test_the_model_of_the_api_server_answers_as_the_real_one(
    control_plane: ControlPlane, api: Api, tmp_path: Path
) -> None:
    tried = 0
    kubeconfig = control_plane.kubeconfig(tmp_path / "kubeconfig", {"yul1": "default"})
    cluster = Cluster(resolve(ConnectionOptions(kubeconfig=str(kubeconfig)), {}), {})

    def ask_real(method: str, path: str, query: dict[str, str], body: bytes | None, media: str) -> Object:
        if method in {"GET", "LIST"}:
            return cluster.get(path, query)
        return cluster.send(method, path, query, body, media)

    @settings(
        max_examples=SEQUENCES * scale(),
        database=None,
        derandomize=True,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(requests(), min_size=LENGTH, max_size=LENGTH))
    def search(asked: list[tuple[Any, ...]]) -> None:
        nonlocal tried
        namespace = f"model-{secrets.token_hex(4)}"
        api.create("/api/v1/namespaces", {"metadata": {"name": namespace}})
        server = Server(lambda: 0.0, lambda *_: None)

        def ask_model(method: str, path: str, query: dict[str, str], body: bytes | None, media: str) -> Object:
            return server.answer("GET" if method == "LIST" else method, path, query, body, media)

        real, model = Side(ask_real, namespace), Side(ask_model, namespace)
        for request in asked:
            tried += 1
            expected, found = real.done(request), model.done(request)
            told = json.dumps([each[:4] for each in asked])
            assert found == expected, f"{request[:4]}:\n{json.dumps(found)}\n{json.dumps(expected)}\n{told}"
            assert len(model.uids) == len(real.uids)

    search()
    tell(Row("A model and a search", "requests to the model's API server", "answered as by the real one", tried))
