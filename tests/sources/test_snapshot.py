from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from kubectl_express.errors import ExpressError, ServerError
from kubectl_express.sources.discovery import plurals, schema
from kubectl_express.sources.listing import Listing, read_list
from kubectl_express.sources.snapshot import Snapshot, follow, read
from tests.sources.loopback import Answer, Received, refused, serving
from tests.sources.test_cluster import cluster

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from kubectl_express.sources.cluster import Cluster
    from tests.testbed.api import Api
    from tests.testbed.control_plane import ControlPlane

GROUP, VERSION = "express.example.com", "v1"
KINDS = ("Backend", "Frontend")
NODE = "express.example.com/node"


def snapshot(connection: Cluster, namespace: str, kinds: tuple[str, ...] = KINDS, group: str = GROUP) -> Snapshot:
    return read(
        connection,
        namespace,
        group=group,
        version=VERSION,
        kinds=kinds,
        config_map_selector="express.example.com/revisions=true",
        pod_selector=NODE,
    )


def names(items: list[Any]) -> list[tuple[str, str]]:
    return [(item["kind"], item["metadata"]["name"]) for item in items]


def pod(name: str, labels: dict[str, str]) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "labels": labels},
        "spec": {"containers": [{"name": "c", "image": "i"}], "automountServiceAccountToken": False},
    }


def config_map(name: str, **labels: str) -> dict[str, Any]:
    prefixed = {f"express.example.com/{key}": value for key, value in labels.items()}
    return {"metadata": {"name": name, "labels": prefixed}}


@pytest.fixture
def system(api: Api, namespace: str) -> str:
    """A namespace with two backends, a frontend, and ConfigMaps and pods of which one each belong to the system."""
    for kind, name in (("Backend", "be2"), ("Backend", "be1"), ("Frontend", "fe1")):
        spec = {"deploymentRevision": "0123456789", "image": {"repository": "registry.example.com/node", "tag": "1"}}
        body = {"apiVersion": f"{GROUP}/{VERSION}", "kind": kind, "metadata": {"name": name}, "spec": spec}
        plural = f"{kind.lower()}s"
        api.create(f"/apis/{GROUP}/{VERSION}/namespaces/{namespace}/{plural}", body)
    core = f"/api/v1/namespaces/{namespace}"
    api.create(f"{core}/configmaps", config_map("stored", revisions="true"))
    api.create(f"{core}/configmaps", config_map("other"))
    api.create(f"{core}/pods", pod("be1-0", {NODE: "be1"}))
    api.create(f"{core}/pods", pod("stranger", {}))
    return namespace


def test_a_snapshot_holds_the_systems_objects_with_their_kinds_and_nothing_else(kubeconfig: Path, system: str) -> None:
    taken = snapshot(cluster(kubeconfig), system)
    assert taken.namespace == system
    assert names(taken.resources) == [("Backend", "be1"), ("Backend", "be2"), ("Frontend", "fe1")]
    assert {item["apiVersion"] for item in taken.resources} == {"express.example.com/v1"}
    assert names(taken.config_maps) == [("ConfigMap", "stored")]
    assert names(taken.pods) == [("Pod", "be1-0")]
    assert sorted(path.rpartition("/")[2] for path in taken.versions) == ["backends", "configmaps", "frontends", "pods"]
    assert all(version.isdecimal() for version in taken.versions.values())


def test_the_number_of_requests_does_not_depend_on_the_number_of_nodes_and_none_reads_a_cache(
    kubeconfig: Path, system: str, control_plane: ControlPlane
) -> None:
    snapshot(cluster(kubeconfig), system)
    lines = map(json.loads, control_plane.audit_log.read_text().splitlines())
    mine = [line["requestURI"] for line in lines if line["userAgent"].startswith("kubectl-express/")]
    lists = [urlsplit(uri) for uri in mine if f"/namespaces/{system}/" in uri]
    assert len(lists) == 4
    assert not [uri for uri in lists if "resourceVersion" in parse_qs(uri.query)]


@pytest.mark.parametrize(
    ("denied", "said"),
    [
        ("backends", 'backends.express.example.com is forbidden: User "alice" cannot list resource "backends"'),
        ("configmaps", 'configmaps is forbidden: User "alice" cannot list resource "configmaps" in API group ""'),
        ("pods", 'pods is forbidden: User "alice" cannot list resource "pods" in API group "" in the namespace'),
    ],
)
def test_a_list_that_is_forbidden_is_an_error_that_names_the_resource(
    control_plane: ControlPlane, api: Api, system: str, tmp_path: Path, denied: str, said: str
) -> None:
    allowed = [resource for resource in ("backends", "frontends", "configmaps", "pods") if resource != denied]
    rbac = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{system}"
    rule = {"apiGroups": ["", GROUP], "resources": allowed, "verbs": ["list"]}
    api.create(f"{rbac}/roles", {"metadata": {"name": "some"}, "rules": [rule]})
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "some"}
    alice = {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "alice"}
    api.create(f"{rbac}/rolebindings", {"metadata": {"name": "some"}, "roleRef": reference, "subjects": [alice]})
    connection = cluster(control_plane.kubeconfig(tmp_path / "alice", {"yul1": system}, user="alice"))
    with pytest.raises(ServerError) as caught:
        snapshot(connection, system)
    assert caught.value.prefix == "Error from server (Forbidden): "
    assert str(caught.value).startswith(said)


def test_missing_crds_are_told_with_the_context(kubeconfig: Path, namespace: str) -> None:
    with pytest.raises(ExpressError, match=r"the CRDs of none\.example\.com/v1 are not installed in context yul1:"):
        snapshot(cluster(kubeconfig), namespace, group="none.example.com")
    with pytest.raises(ExpressError, match=r"in context yul1 have no kind Sidend: apply the missing CRD"):
        snapshot(cluster(kubeconfig), namespace, kinds=("Backend", "Sidend"))


def test_discovery_tells_the_plurals_without_subresources(kubeconfig: Path) -> None:
    assert plurals(cluster(kubeconfig), GROUP, VERSION) == {"Backend": "backends", "Frontend": "frontends"}
    assert plurals(cluster(kubeconfig), "", "v1")["Pod"] == "pods"


def test_the_schema_has_its_references_resolved_and_is_readable_without_rights(
    control_plane: ControlPlane, tmp_path: Path
) -> None:
    connection = cluster(control_plane.kubeconfig(tmp_path / "alice", {"yul1": None}, user="alice"))
    found: Any = schema(connection, GROUP, VERSION, "Backend")
    assert found["properties"]["spec"]["properties"]["deploymentRevision"]["type"] == "string"
    assert "$ref" not in json.dumps(found)
    assert "labels" in json.dumps(found["properties"]["metadata"])
    assert schema(connection, GROUP, VERSION, "Sidend") is None
    assert schema(connection, "none.example.com", VERSION, "Backend") is None
    recursive: Any = schema(connection, "apiextensions.k8s.io", "v1", "CustomResourceDefinition")
    assert recursive["properties"]["spec"]["allOf"][0]["type"] == "object"


def test_following_tells_of_new_changed_and_deleted_objects(kubeconfig: Path, system: str, api: Api) -> None:
    connection = cluster(kubeconfig)
    news = follow(connection, snapshot(connection, system))
    core, custom = f"/api/v1/namespaces/{system}", f"/apis/{GROUP}/{VERSION}/namespaces/{system}"
    api.create(f"{core}/pods", pod("be2-0", {NODE: "be2"}))
    assert names(until(news, lambda taken: len(taken.pods) == 2).pods) == [("Pod", "be1-0"), ("Pod", "be2-0")]
    api.patch(f"{custom}/backends/be1", {"spec": {"deploymentRevision": "abcdefabcd"}})
    changed: Any = until(news, lambda taken: "abcdefabcd" in json.dumps(taken.resources)).resources[0]
    assert (changed["apiVersion"], changed["kind"]) == (f"{GROUP}/{VERSION}", "Backend")
    api.patch(f"{core}/configmaps/stored", {"metadata": {"labels": {"express.example.com/revisions": None}}})
    assert until(news, lambda taken: not taken.config_maps).config_maps == []
    api.delete(f"{custom}/frontends/fe1")
    assert names(until(news, lambda taken: len(taken.resources) == 2).resources)[-1] == ("Backend", "be2")
    news.close()  # type: ignore[attr-defined]


def until(news: Iterator[Snapshot], seen: Any) -> Snapshot:
    """Return the first snapshot that is as wanted, within half a minute."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: next(taken for taken in news if seen(taken))).result(30)


class Pages:
    """A list of three pages; its first version is forgotten before the last page of it is read."""

    def __init__(self, *, forgets: bool) -> None:
        self.asked: list[dict[str, str]] = []
        self._forgets = forgets

    def __call__(self, request: Received) -> Answer:
        query = {key: value[0] for key, value in parse_qs(urlsplit(request.path).query).items()}
        self.asked.append(query)
        page = int(query.get("continue", "0"))
        if page == 2 and self._forgets:
            return refused("Expired", "The provided continue parameter is too old", 410)
        whole = "limit" not in query
        names = [f"be{number}" for number in ((0, 1, 2) if whole else (page,))]
        metadata = {"resourceVersion": "9", **({} if whole or page == 2 else {"continue": str(page + 1)})}
        items = [{"metadata": {"name": name}} for name in names]
        return Answer(json.dumps({"metadata": metadata, "items": items}).encode())


@pytest.mark.parametrize("forgets", [False, True])
def test_a_long_list_is_read_page_by_page_and_at_once_where_its_version_is_forgotten(forgets: bool) -> None:
    pages = Pages(forgets=forgets)
    with serving(pages) as server:
        listing = Listing("/list", "app=a", "v1", "Thing")
        listed = read_list(cluster(None, server=server.url), listing, {"fieldSelector": "x"})
    assert list(listed.items) == ["be0", "be1", "be2"]
    assert {(item["apiVersion"], item["kind"]) for item in listed.items.values()} == {("v1", "Thing")}
    assert listed.version == "9"
    assert [query.get("continue") for query in pages.asked] == [None, "1", "2", *([None] if forgets else [])]
    assert {(query["labelSelector"], query["fieldSelector"]) for query in pages.asked} == {("app=a", "x")}


def test_a_server_that_gives_one_page_for_ever_is_told() -> None:
    answer = Answer(json.dumps({"metadata": {"continue": "1"}, "items": []}).encode())
    with serving(lambda _: answer) as server, pytest.raises(ExpressError, match="one page of /list again and again"):
        read_list(cluster(None, server=server.url), Listing("/list", "", "v1", "Thing"))


class Store:
    """The answers of an API server with one list, whose watches break off, and whose history is forgotten."""

    def __init__(self) -> None:
        self.changes: list[tuple[str, str, str]] = []
        self.answered = threading.Event()
        self.lists = 0
        self.watched: list[str] = []

    def __call__(self, request: Received) -> Answer:
        url = urlsplit(request.path)
        query = {key: value[0] for key, value in parse_qs(url.query).items()}
        if url.path == f"/apis/{GROUP}/{VERSION}":
            return Answer(json.dumps({"resources": [{"kind": "Backend", "name": "backends"}]}).encode())
        if not url.path.endswith("/backends"):
            if "watch" in query:
                self.answered.wait(20)
                return Answer(b"")
            return Answer(json.dumps({"metadata": {"resourceVersion": "1"}, "items": []}).encode())
        if "watch" in query:
            return self._watch(query["resourceVersion"])
        self.lists += 1
        item = {"metadata": {"name": f"be{self.lists}", "resourceVersion": "7"}}
        return Answer(json.dumps({"metadata": {"resourceVersion": f"{self.lists}0"}, "items": [item]}).encode())

    def _watch(self, version: str) -> Answer:
        self.watched.append(version)
        item = {"metadata": {"name": "be9", "resourceVersion": "12"}}
        if version == "10":
            return Answer(json.dumps({"type": "ADDED", "object": item}).encode() + b"\n")
        if version == "12" and self.watched.count("12") == 1:
            return refused("InternalError", "restarting", 500)
        if version == "12":
            status = json.loads(refused("Expired", "too old", 410).body)
            return Answer(json.dumps({"type": "ERROR", "object": status}).encode() + b"\n")
        self.answered.wait(20)
        return refused("Forbidden", "no more", 403)


def test_following_survives_closed_watches_and_forgotten_history_and_ends_with_a_refusal() -> None:
    store = Store()
    with serving(store) as server:
        connection = cluster(None, server=server.url)
        news = follow(connection, snapshot(connection, "n", kinds=("Backend",)), settle=0.05)
        assert names(until(news, lambda taken: len(taken.resources) == 2).resources) == [
            ("Backend", "be1"),
            ("Backend", "be9"),
        ]
        relisted = until(news, lambda taken: len(taken.resources) == 1)
        assert names(relisted.resources) == [("Backend", "be2")]
        assert relisted.versions[f"/apis/{GROUP}/{VERSION}/namespaces/n/backends"] == "20"
        store.answered.set()
        with pytest.raises(ServerError, match="no more"):
            until(news, lambda _: False)
    assert store.watched[:3] == ["10", "12", "12"]
