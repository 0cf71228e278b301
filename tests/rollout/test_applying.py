"""Applying to the real API server: what it refuses, what it tells, and what others' fields and stale reads lead to."""

from __future__ import annotations

import secrets
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from kubectl_express.core import gojson
from kubectl_express.core.kubectl_yaml import read_documents
from kubectl_express.core.last_applied import ANNOTATION
from kubectl_express.core.manifest import Manifest
from kubectl_express.core.manifests import manifests
from kubectl_express.core.settings import Settings
from kubectl_express.core.values import Object, Value, at, mapping, without
from kubectl_express.errors import ExpressError, ServerError
from kubectl_express.rollout.applying import Applier
from kubectl_express.rollout.writing import ConflictError
from kubectl_express.sources.cluster import Cluster
from kubectl_express.sources.kubeconfig import ConnectionOptions, resolve
from tests.testbed.waiting import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from tests.testbed.api import Api
    from tests.testbed.programs import Kubectl

CLIENT_SIDE = ("apply",)
SERVER_SIDE = ("apply", "--server-side")
CREATED = ("create",)
MERGE = "application/merge-patch+json"


@pytest.fixture
def cluster(kubeconfig: Path) -> Cluster:
    return Cluster(resolve(ConnectionOptions(kubeconfig=str(kubeconfig)), {}), {})


@pytest.fixture
def applier(cluster: Cluster, namespace: str) -> Applier:
    return Applier(cluster, namespace, Settings(), within=lambda: 30.0)


@pytest.fixture
def forcing(cluster: Cluster, namespace: str) -> Applier:
    return Applier(cluster, namespace, Settings(), force_conflicts=True, within=lambda: 30.0)


def backend(revision: str, **parameters: Value) -> Manifest:
    spec: Object = {"image": {"repository": "r", "tag": "1"}, "deploymentRevision": revision, **parameters}
    return Manifest(
        {"apiVersion": "express.example.com/v1", "kind": "Backend", "metadata": {"name": "be1"}, "spec": spec}
    )


def config_map(labels: Object | None = None, **data: Value) -> Manifest:
    metadata: Object = {"name": "settings", **({"labels": labels} if labels else {})}
    return Manifest({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data})


def deploy(kubectl: Kubectl, manifest: Manifest, *way: str) -> None:
    kubectl(*way, "-f", "-", stdin=gojson.encode(manifest.object))


def applied(applier: Applier, manifest: Manifest) -> Object:
    live = applier.live(manifest.object)
    applier.dry_run(manifest, live)
    return applier.apply(manifest, live)


def there(applier: Applier, manifest: Manifest) -> Object:
    found = applier.live(manifest.object)
    assert found is not None
    return found


def by_another(cluster: Cluster, namespace: str, change: Object, manager: str = "autoscaler") -> None:
    """Change be1 as a controller does."""
    path = f"/apis/express.example.com/v1/namespaces/{namespace}/backends/be1"
    cluster.send("PATCH", path, {"fieldManager": manager}, gojson.encode(change).encode(), MERGE)


def managers(resource: Object) -> set[tuple[Value, Value]]:
    fields = at(resource, "/metadata/managedFields")
    return {(at(each, "/manager"), at(each, "/operation")) for each in (fields if isinstance(fields, list) else [])}


def test_a_new_object_is_applied_by_kubectl_in_its_own_words(applier: Applier, namespace: str) -> None:
    (manifest,) = manifests(
        read_documents(
            "apiVersion: express.example.com/v1\nkind: Backend\nmetadata:\n  name: be1\nspec:\n"
            "  image: {repository: r, tag: '1'}  # a comment\n  deploymentRevision: '1'\n  cacheBytes: 1e+06\n",
            "output.yaml",
        )
    )
    assert applier.live(manifest.object) is None
    applier.dry_run(manifest, None)
    assert applier.live(manifest.object) is None, "a dry run writes nothing"
    answer = applier.apply(manifest, None)
    assert at(answer, "/spec/cacheBytes") == 1_000_000
    assert at(answer, "/metadata/namespace") == namespace
    assert managers(answer) == {("kubectl", "Apply")}


def test_a_new_node_with_nulls_that_its_kind_does_not_allow_is_created_without_them(applier: Applier) -> None:
    manifest = backend("1", zone=None, extra={"kept": {"null": None, "one": 1}})
    assert "zone" not in mapping(applied(applier, manifest)["spec"])


def test_a_document_with_a_key_twice_is_refused(applier: Applier) -> None:
    twice = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata:\n  a: "1"\n  a: "2"\n'
    (manifest,) = manifests(read_documents(twice, "output.yaml"))
    with pytest.raises(ServerError, match='key "a" already set in map'):
        applier.dry_run(manifest, None)


@pytest.mark.parametrize("way", [CLIENT_SIDE, SERVER_SIDE, CREATED], ids=" ".join)
def test_a_parameter_that_the_kind_does_not_know_is_refused_before_anything_is_written(
    applier: Applier, kubectl: Kubectl, way: tuple[str, ...]
) -> None:
    deploy(kubectl, backend("1"), *way)
    before = there(applier, backend("2"))
    with pytest.raises(ServerError, match="unknown"):
        applier.dry_run(backend("2", unknown=1), before)
    assert there(applier, backend("2")) == before


def test_an_unknown_kind_is_named(applier: Applier) -> None:
    manifest = Manifest({"apiVersion": "nobody.example.com/v1", "kind": "Thing", "metadata": {"name": "x"}})
    with pytest.raises(ExpressError, match=r"does not know the kind Thing of nobody\.example\.com/v1"):
        applier.served(manifest)


@pytest.mark.parametrize("way", [CLIENT_SIDE, SERVER_SIDE, CREATED], ids=" ".join)
def test_another_manager_s_field_is_a_conflict_that_only_force_overrides(
    applier: Applier,
    forcing: Applier,
    cluster: Cluster,
    kubectl: Kubectl,
    namespace: str,
    way: tuple[str, ...],
) -> None:
    deploy(kubectl, backend("1", zone="a", priority=1), *way)
    by_another(cluster, namespace, {"spec": {"zone": "theirs", "priority": 5}})
    target = backend("2", zone="a", priority=1)
    for write in (applier.dry_run, applier.apply):
        with pytest.raises(ConflictError) as refused:
            write(target, there(applier, target))
        assert "Backend/be1 has fields of other managers: " in str(refused.value)
        assert "autoscaler" in str(refused.value)
        assert "zone" in str(refused.value)
        assert "priority" in str(refused.value)
        assert "--force-conflicts" in str(refused.value)
        assert "\n" not in str(refused.value)
        assert at(there(applier, target), "/spec/deploymentRevision") == "1"
    assert mapping(applied(forcing, target)["spec"])["zone"] == "a"


@pytest.mark.parametrize("way", [CLIENT_SIDE, SERVER_SIDE, CREATED], ids=" ".join)
def test_another_manager_s_field_that_the_chart_does_not_speak_of_stays(
    applier: Applier, cluster: Cluster, kubectl: Kubectl, namespace: str, way: tuple[str, ...]
) -> None:
    deploy(kubectl, backend("1", zone="a"), *way)
    by_another(cluster, namespace, {"spec": {"clockTolerance": 0.5}, "metadata": {"labels": {"theirs": "1"}}})
    answer = applied(applier, backend("2", zone="b"))
    assert at(answer, "/spec/clockTolerance") == 0.5
    assert at(answer, "/metadata/labels") == {"theirs": "1"}
    assert at(answer, "/spec/zone") == "b"


@pytest.mark.parametrize("way", [CLIENT_SIDE, SERVER_SIDE, CREATED], ids=" ".join)
def test_edits_by_hand_are_undone_and_what_they_added_is_removed(
    applier: Applier, kubectl: Kubectl, way: tuple[str, ...]
) -> None:
    target = backend("1", zone="a", extra={"kept": 1})
    deploy(kubectl, target, *way)
    pristine = mapping(there(applier, target)["spec"])
    edits: Object = {"zone": "edited", "clockTolerance": 0.5, "extra": {"kept": 2, "added": 1}, "priority": 7}
    kubectl("patch", "backend", "be1", "--type=merge", "-p", gojson.encode({"spec": edits}))
    kubectl("label", "backend", "be1", "mine=1")
    answer = applied(applier, target)
    assert answer["spec"] == pristine
    assert at(answer, "/metadata/labels") == {"mine": "1"}, "a label is no parameter"


def test_a_revision_changed_by_hand_is_set_back(applier: Applier, kubectl: Kubectl) -> None:
    for way in (CLIENT_SIDE, SERVER_SIDE):
        deploy(kubectl, backend("1"), *way)
        kubectl("patch", "backend", "be1", "--type=merge", "-p", '{"spec": {"deploymentRevision": "mine"}}')
        assert at(applied(applier, backend("1")), "/spec/deploymentRevision") == "1"
        kubectl("delete", "backend", "be1")


@pytest.mark.parametrize("way", [CLIENT_SIDE, SERVER_SIDE, CREATED], ids=" ".join)
def test_an_object_without_managed_fields_loses_what_the_chart_dropped(
    applier: Applier, kubectl: Kubectl, way: tuple[str, ...]
) -> None:
    deploy(kubectl, backend("1", zone="a", extra={"a": 1, "b": 2}), *way)
    kubectl("patch", "backend", "be1", "--type=merge", "-p", '{"metadata": {"managedFields": [{}]}}')
    assert managers(there(applier, backend("1"))) == set()
    spec = mapping(applied(applier, backend("2", extra={"b": 2}))["spec"])
    assert ("zone" in spec, spec["extra"]) == (False, {"b": 2})


@pytest.mark.parametrize("way", [CLIENT_SIDE, SERVER_SIDE, CREATED], ids=" ".join)
def test_an_object_whose_members_all_go_is_empty_and_not_null(
    applier: Applier, kubectl: Kubectl, way: tuple[str, ...]
) -> None:
    deploy(kubectl, backend("1", extra={"a": {"b": 1}}, ports=[{"name": "x", "port": 1}]), *way)
    spec = mapping(applied(applier, backend("2", extra={"a": {}}, ports=[]))["spec"])
    assert (spec["extra"], spec["ports"]) == ({"a": {}}, [])
    spec = mapping(applied(applier, backend("3", extra={}))["spec"])
    assert (spec["extra"], "ports" in spec) == ({}, False)
    assert "extra" not in mapping(applied(applier, backend("4"))["spec"])


@pytest.mark.parametrize("way", [CLIENT_SIDE, SERVER_SIDE], ids=" ".join)
def test_keys_of_removed_nodes_go_from_a_config_map_and_so_does_what_a_hand_changed(
    applier: Applier, kubectl: Kubectl, way: tuple[str, ...]
) -> None:
    revisions: Object = {"express.example.com/revisions": "true"}
    deploy(kubectl, config_map(revisions, a="1", b="2", c="3"), *way)
    kubectl("patch", "configmap", "settings", "--type=merge", "-p", '{"data": {"b": "mine", "d": "mine"}}')
    assert applied(applier, config_map(revisions, a="1", c="4"))["data"] == {"a": "1", "c": "4"}


def test_two_ports_of_one_name_never_meet(applier: Applier, kubectl: Kubectl) -> None:
    """Between the old port and the new one the server sees a duplicate, in a dry run that cannot drop the old one."""

    def service(port: int) -> Manifest:
        ports: Value = [{"name": "http", "port": port}]
        spec: Object = {"selector": {"app": "express"}, "ports": ports}
        return Manifest({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "express"}, "spec": spec})

    deploy(kubectl, service(80), *CLIENT_SIDE)
    answer = applied(applier, service(81))
    assert at(answer, "/spec/ports/0/port") == 81
    assert at(answer, "/spec/ports/1") is None


@pytest.mark.parametrize("way", [SERVER_SIDE, CREATED], ids=" ".join)
def test_an_object_over_256_kib_is_applied(applier: Applier, kubectl: Kubectl, way: tuple[str, ...]) -> None:
    deploy(kubectl, backend("1", extra={"blob": "x" * 300_000}), *way)
    answer = applied(applier, backend("2", extra={"blob": "y" * 400_000}))
    assert len(str(at(answer, "/spec/extra/blob"))) == 400_000


def test_an_object_that_grows_over_256_kib_loses_the_note_that_it_cannot_hold(
    applier: Applier, kubectl: Kubectl
) -> None:
    deploy(kubectl, backend("1", zone="a", extra={"blob": "x"}), *CLIENT_SIDE)
    answer = applied(applier, backend("2", extra={"blob": "y" * 300_000}))
    assert "zone" not in mapping(answer["spec"])
    assert ANNOTATION not in mapping(at(answer, "/metadata/annotations"))
    assert applied(applier, backend("3"))["spec"] != answer["spec"]


@pytest.mark.parametrize("way", [CLIENT_SIDE, SERVER_SIDE, CREATED], ids=" ".join)
def test_a_read_that_only_the_status_has_made_stale_does_not_matter(
    applier: Applier, api: Api, kubectl: Kubectl, namespace: str, way: tuple[str, ...]
) -> None:
    deploy(kubectl, backend("1"), *way)
    stale = there(applier, backend("1"))
    path = f"/apis/express.example.com/v1/namespaces/{namespace}/backends/be1"
    api.patch(f"{path}/status", {"status": {"ready": False}})
    assert at(applier.dry_run(backend("2"), stale), "/spec/deploymentRevision") == "2"
    assert at(applier.apply(backend("2"), stale), "/spec/deploymentRevision") == "2"
    stale = there(applier, backend("2"))
    api.patch(f"{path}/status", {"status": {"ready": True}})
    applier.delete(stale)
    assert applier.live(stale) is None


@pytest.mark.parametrize("way", [CLIENT_SIDE, CREATED], ids=" ".join)
def test_a_stale_read_is_told_in_one_line_and_nothing_is_written(
    applier: Applier, kubectl: Kubectl, way: tuple[str, ...]
) -> None:
    deploy(kubectl, backend("1"), *way)
    stale = there(applier, backend("1"))
    kubectl("patch", "backend", "be1", "--type=merge", "-p", '{"spec": {"zone": "new"}}')
    for write in (lambda: applier.apply(backend("2"), stale), lambda: applier.delete(stale)):
        with pytest.raises(ServerError) as refused:
            write()
        assert str(refused.value) == "Backend/be1 has changed since it was read: look at it, and run it again"
        assert refused.value.status == 409
    assert at(there(applier, backend("1")), "/spec/deploymentRevision") == "1"


@pytest.mark.parametrize("way", [CLIENT_SIDE, CREATED], ids=" ".join)
def test_an_object_deleted_since_it_was_read_is_not_created_anew(
    applier: Applier, kubectl: Kubectl, way: tuple[str, ...]
) -> None:
    deploy(kubectl, backend("1"), *way)
    stale = there(applier, backend("1"))
    kubectl("delete", "backend", "be1")
    for write in (lambda: applier.apply(backend("2"), stale), lambda: applier.delete(stale)):
        with pytest.raises(ServerError) as refused:
            write()
        assert str(refused.value) == "Backend/be1 was deleted since it was read: look at it, and run it again"
        assert refused.value.status == 404
    assert applier.live(stale) is None


def test_an_object_made_anew_since_it_was_read_is_told(applier: Applier, kubectl: Kubectl) -> None:
    deploy(kubectl, backend("1"), *SERVER_SIDE)
    stale = there(applier, backend("1"))
    kubectl("delete", "backend", "be1")
    with pytest.raises(ServerError, match="Backend/be1 has changed since it was read"):
        applier.apply(backend("2"), stale)


def test_what_admission_makes_of_a_parameter_is_a_refusal(applier: Applier, api: Api, namespace: str) -> None:
    name = f"express-{secrets.token_hex(4)}"
    admission = "/apis/admissionregistration.k8s.io/v1"
    expression = 'Object{spec: Object.spec{zone: "another"}}'
    mutation: Object = {"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": expression}}
    rule: Object = {
        "apiGroups": ["express.example.com"],
        "apiVersions": ["*"],
        "operations": ["CREATE"],
        "resources": ["backends"],
    }
    selector: Object = {"matchLabels": {"kubernetes.io/metadata.name": namespace}}
    api.create(
        f"{admission}/mutatingadmissionpolicies",
        {
            "metadata": {"name": name},
            "spec": {
                "matchConstraints": {"resourceRules": [rule], "namespaceSelector": selector},
                "reinvocationPolicy": "Never",
                "mutations": [mutation],
            },
        },
    )
    api.create(
        f"{admission}/mutatingadmissionpolicybindings", {"metadata": {"name": name}, "spec": {"policyName": name}}
    )

    def refusal() -> str:
        try:
            applier.dry_run(backend("1", zone="a"), None)
        except ExpressError as error:
            return str(error)
        return ""

    assert eventually(refusal, "the policy counts") == (
        "Backend/be1: the server would not store what the chart says at /zone: "
        "look at the CRD's schema and at admission webhooks"
    )


def test_writing_stops_where_there_is_no_time_for_it(cluster: Cluster, namespace: str) -> None:
    class LostError(ExpressError):
        pass

    def lost() -> float:
        raise LostError("the lease is lost")

    applier = Applier(cluster, namespace, Settings(), within=lost)
    with pytest.raises(LostError):
        applier.apply(backend("1"), None)
    assert applier.live(backend("1").object) is None


@pytest.mark.parametrize("way", [CLIENT_SIDE, SERVER_SIDE, CREATED], ids=" ".join)
def test_no_watcher_sees_a_generation_of_old_and_new_mixed(
    applier: Applier, api: Api, kubectl: Kubectl, namespace: str, way: tuple[str, ...]
) -> None:
    old, new = backend("1", zone="a", extra={"dropped": 1}), backend("2", cacheBytes=5, extra={})
    deploy(kubectl, old, *way)
    kubectl("patch", "backend", "be1", "--type=merge", "-p", '{"spec": {"clockTolerance": 0.5}}')
    before = there(applier, old)
    seen: list[Object] = []
    version = at(before, "/metadata/resourceVersion")
    path = f"/apis/express.example.com/v1/namespaces/{namespace}/backends"
    events = api.watch(f"{path}?watch=1&timeoutSeconds=60&resourceVersion={version}")

    def follow() -> None:
        for _, resource in events:
            seen.append(resource)
            if at(resource, "/metadata/labels/last"):
                return

    follower = Thread(target=follow)
    follower.start()
    answer = applied(applier, new)
    kubectl("label", "backend", "be1", "last=1")
    follower.join(60)
    specs = {str(at(each, "/metadata/generation")): gojson.encode(each["spec"]) for each in [before, *seen]}
    assert specs == {"2": gojson.encode(before["spec"]), "3": gojson.encode(answer["spec"])}
    assert len({gojson.encode([at(each, "/metadata/generation"), each["spec"]]) for each in seen}) <= 2


def test_the_note_is_byte_for_byte_what_kubectl_writes(applier: Applier, kubectl: Kubectl) -> None:
    old = backend("1", extra={"html": "<a & b>", "big": 1e21, "null": None, "small": 1e-7})
    new = backend("2", extra={"html": "<b & c>", "big": 1e21, "list": [1, {"null": None}]})
    deploy(kubectl, old, *CLIENT_SIDE)
    ours = applied(applier, new)
    kubectl("delete", "backend", "be1")
    deploy(kubectl, old, *CLIENT_SIDE)
    deploy(kubectl, new, *CLIENT_SIDE)
    theirs = there(applier, new)
    assert ours["spec"] == theirs["spec"]
    assert at(ours, "/metadata/annotations") == at(theirs, "/metadata/annotations")
    assert _fields(ours) == _fields(theirs)


def _fields(resource: Object) -> list[Object]:
    entries = at(resource, "/metadata/managedFields")
    return [without(mapping(each), "/time") for each in (entries if isinstance(entries, list) else [])]
