from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from kubectl_express.core import lease
from kubectl_express.core.changes import ChangeKind
from kubectl_express.core.manifest import Manifest
from kubectl_express.core.plan import Action, Plan, Step
from kubectl_express.core.settings import ResourceSettings
from kubectl_express.errors import ServerError
from kubectl_express.rollout.rights import Right, lacking, needed, refusal
from kubectl_express.sources.discovery import ServedKind, served_kind
from tests.sources.test_cluster import cluster
from tests.testbed.roles import ROLE, called, documented, grant, rules
from tests.testbed.waiting import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from kubectl_express.core.values import Object
    from kubectl_express.sources.cluster import Cluster
    from tests.testbed.api import Api
    from tests.testbed.control_plane import ControlPlane
    from tests.testbed.programs import Kubectl

GROUP = "express.example.com"
SETTINGS = ResourceSettings()
RIGHTS = documented()

As = Callable[[str], "Cluster"]


def manifest(api_version: str, kind: str, name: str, namespace: str | None = None) -> Manifest:
    metadata: Object = {"name": name, **({"namespace": namespace} if namespace else {})}
    return Manifest({"apiVersion": api_version, "kind": kind, "metadata": metadata})


def step(name: str, action: Action = Action.APPLY, live: Object | None = None) -> Step:
    kind = "Backend" if name.startswith("be") else "Frontend"
    resource = manifest(f"{GROUP}/v1", kind, name)
    return Step(name, kind, action, ChangeKind.UPDATE, "it changes", resource, "3f2a", live)


def served(one: Object) -> ServedKind:
    """Say how an API server serves the kinds that these tests plan for."""
    group, kind = str(one["apiVersion"]).rpartition("/")[0], str(one["kind"])
    within = "" if kind == "ClusterRole" else "/namespaces/{namespace}"
    plural = f"{kind.lower()}s"
    return ServedKind(group, plural, f"/apis{within}/{plural}")


def there(_: Object) -> Object:
    return {}


def absent(_: Object) -> None:
    return None


def told(plan: Plan, live: Callable[[Object], Object | None] = there) -> list[str]:
    """Return what a plan takes beyond what every rollout in namespace `here` takes."""
    every = needed(Plan((), ()), served, SETTINGS, "here", live=there)
    rights = [right for right in needed(plan, served, SETTINGS, "here", live=live) if right not in every]
    return [f"{right}{'' if right.namespace == 'here' else f' in {right.namespace}'}" for right in rights]


def test_every_rollout_reads_nodes_and_pods_and_holds_its_lease_and_keeps_its_record() -> None:
    assert [str(right) for right in needed(Plan((), ()), served, SETTINGS, "here", live=there)] == [
        "list backends.express.example.com",
        "watch backends.express.example.com",
        "list frontends.express.example.com",
        "watch frontends.express.example.com",
        "list configmaps",
        "list pods",
        "watch pods",
        f"get leases.coordination.k8s.io/{lease.NAME}",
        f"watch leases.coordination.k8s.io/{lease.NAME}",
        f"update leases.coordination.k8s.io/{lease.NAME}",
        "create leases.coordination.k8s.io",
        "get secrets",
        "list secrets",
        "create secrets",
        "patch secrets",
        "delete secrets",
        "create events",
    ]


@pytest.mark.parametrize(
    ("planned", "rights"),
    [
        (step("be1", live={}), ["get {}/be1", "patch {}/be1"]),
        (step("be1"), ["get {}/be1", "patch {}/be1", "create {}/be1"]),
        (step("be1", Action.DELETE, live={}), ["get {}/be1", "delete {}/be1"]),
    ],
    ids=["update", "new", "prune"],
)
def test_a_step_takes_what_is_done_with_its_node_and_no_more(planned: Step, rights: list[str]) -> None:
    assert told(Plan((), (planned,))) == [right.format("backends.express.example.com") for right in rights]


def test_another_object_is_created_only_where_it_is_absent() -> None:
    plan = Plan((manifest("v1", "ConfigMap", "shared"),), ())
    assert told(plan) == ["get configmaps/shared", "patch configmaps/shared"]
    assert told(plan, absent) == ["get configmaps/shared", "patch configmaps/shared", "create configmaps/shared"]


def test_an_object_that_may_not_be_read_is_asked_about_as_if_it_were_absent() -> None:
    def forbidden(_: Object) -> None:
        raise ServerError("Forbidden", "no", 403)

    assert "create configmaps/shared" in told(Plan((manifest("v1", "ConfigMap", "shared"),), ()), forbidden)


def test_a_server_that_fails_is_not_taken_for_one_that_forbids() -> None:
    def failing(_: Object) -> None:
        raise ServerError("InternalError", "etcd is gone", 500)

    with pytest.raises(ServerError, match="etcd is gone"):
        told(Plan((manifest("v1", "ConfigMap", "shared"),), ()), failing)


def test_what_an_undo_deletes_takes_delete() -> None:
    plan = Plan((), (), deleted=(manifest("v1", "Service", "late"),))
    assert told(plan) == ["get services/late", "delete services/late"]


def test_objects_elsewhere_are_asked_about_where_they_are() -> None:
    role = manifest("rbac.authorization.k8s.io/v1", "ClusterRole", "reader")
    plan = Plan((role, manifest("v1", "ConfigMap", "dashboard", "monitoring")), ())
    assert told(plan) == [
        "get clusterroles.rbac.authorization.k8s.io/reader in None",
        "patch clusterroles.rbac.authorization.k8s.io/reader in None",
        "get configmaps/dashboard in monitoring",
        "patch configmaps/dashboard in monitoring",
    ]


def test_kinds_and_group_are_the_configured_ones() -> None:
    settings = ResourceSettings(group="cells.example.org", version="v2", kinds=("Cell",))
    rights = [str(right) for right in needed(Plan((), ()), served, settings, "here", live=there)]
    assert rights[:3] == ["list cells.cells.example.org", "watch cells.cells.example.org", "list configmaps"]


def test_the_refusal_is_one_line_that_names_every_right_where_it_lacks() -> None:
    rights = [
        *(Right("patch", GROUP, "backends", "here", f"be{number}") for number in range(1, 7)),
        Right("create", GROUP, "backends", "here", "be7"),
        Right("create", "", "secrets", "here"),
        *(Right("get", "", "configmaps", "monitoring", name) for name in ("a", "b")),
        Right("patch", "", "namespaces", None, "here"),
    ]
    assert str(refusal(rights)) == (
        "nothing was applied: this rollout takes rights that you do not have in namespace here: "
        "patch backends.express.example.com (be1, be2, be3 and 3 more), create backends.express.example.com/be7, "
        "create secrets; in namespace monitoring: get configmaps (a, b); in the whole cluster: patch namespaces/here; "
        "docs/rollout.md has the Role that grants them"
    )


@pytest.fixture
def plan() -> Plan:
    """All that a rollout of the example can do: of each kind a node that is new, one that changes and one that goes."""
    nodes = ("be1", "fe1")
    steps = [
        *(step(node, live={}) for node in nodes),
        *(step(f"{node}1") for node in nodes),
        *(step(f"{node}2", Action.DELETE, live={}) for node in nodes),
    ]
    shared, service = manifest("v1", "ConfigMap", "shared"), manifest("v1", "Service", "express")
    return Plan((shared, service), tuple(steps), deleted=(shared, service))


@pytest.fixture
def user(control_plane: ControlPlane, namespace: str, tmp_path: Path) -> As:
    """Connects to the API server as a user of that name, who has no right but what a test grants."""

    def connected(name: str) -> Cluster:
        return cluster(control_plane.kubeconfig(tmp_path / "as", {"yul1": namespace}), as_user=name)

    return connected


def served_by(connection: Cluster) -> Callable[[Object], ServedKind]:
    def kind(one: Object) -> ServedKind:
        found = served_kind(connection, str(one["apiVersion"]), str(one["kind"]))
        assert found
        return found

    return kind


def lacks(connection: Cluster, plan: Plan, namespace: str) -> list[Right]:
    return lacking(connection, needed(plan, served_by(connection), SETTINGS, namespace, live=absent))


def test_the_documented_role_is_applied_as_it_stands_and_has_every_right(
    kubectl: Kubectl, user: As, plan: Plan, namespace: str
) -> None:
    kubectl("apply", "-f", ROLE)
    member = cluster(kubectl.kubeconfig, as_user="carl", as_groups=("express-operators", "system:authenticated"))
    assert eventually(lambda: not lacks(member, plan, namespace), "the role counts")
    assert lacks(user("carl"), plan, namespace) != []


@pytest.mark.parametrize("missing", RIGHTS, ids=called)
def test_a_right_taken_away_is_the_one_that_lacks(
    api: Api, user: As, plan: Plan, namespace: str, missing: tuple[str, str, str]
) -> None:
    grant(api, namespace, "alice", rules(right for right in RIGHTS if right != missing))
    unnamed = {(right.verb, right.group, right.resource) for right in lacks(user("alice"), plan, namespace)}
    # Only a request to a running rollout patches the lease: the rollout itself does not.
    assert unnamed == ({missing} - {("patch", "coordination.k8s.io", "leases")})


def test_a_role_for_named_objects_will_do_and_the_name_that_it_leaves_out_is_told(
    api: Api, user: As, plan: Plan, namespace: str
) -> None:
    nodes = [right for right in RIGHTS if right[1] == GROUP and right[0] not in {"list", "watch"}]
    others = [right for right in RIGHTS if right not in nodes]
    names = ["be1", "be11", "be12", "fe1", "fe11", "fe12"]
    grant(api, namespace, "alice", [*rules(others), *rules(nodes, names)])
    assert lacks(user("alice"), plan, namespace) == []
    grant(api, namespace, "alice", [*rules(others), *rules(nodes, names[1:])])
    assert [str(right) for right in lacks(user("alice"), plan, namespace)] == [
        "get backends.express.example.com/be1",
        "patch backends.express.example.com/be1",
    ]


def apply_shared(connection: Cluster, namespace: str, **query: str) -> None:
    """Apply ConfigMap `shared` on the server's side."""
    path = f"/api/v1/namespaces/{namespace}/configmaps/shared"
    body = b'{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "shared"}}'
    connection.send("PATCH", path, {"fieldManager": "kubectl", **query}, body, "application/apply-patch+yaml")


def test_server_side_apply_creates_where_the_role_grants_create_for_that_name(
    api: Api, user: As, namespace: str
) -> None:
    apply = rules([("patch", "", "configmaps"), ("create", "", "configmaps")], ["shared"])
    grant(api, namespace, "alice", apply)
    connection = user("alice")
    apply_shared(connection, namespace, dryRun="All")
    apply_shared(connection, namespace)
    other = b'{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "other"}}'
    with pytest.raises(ServerError, match="cannot create"):
        connection.send("POST", f"/api/v1/namespaces/{namespace}/configmaps", (), other, "application/json")


def test_server_side_apply_of_an_absent_object_takes_create_for_a_dry_run_too(
    api: Api, user: As, namespace: str
) -> None:
    grant(api, namespace, "alice", rules([("patch", "", "configmaps")]))
    with pytest.raises(ServerError, match="cannot create"):
        apply_shared(user("alice"), namespace, dryRun="All")


def test_what_lives_in_no_namespace_is_asked_about_in_the_whole_cluster(api: Api, user: As, namespace: str) -> None:
    role = manifest("rbac.authorization.k8s.io/v1", "ClusterRole", "reader")
    connection = user(f"carl-{namespace}")
    rights = needed(Plan((role,), ()), served_by(connection), SETTINGS, namespace, live=there)
    cluster_wide = [right for right in rights if right.namespace is None]
    assert lacking(connection, cluster_wide) == cluster_wide
    verbs = [(verb, "rbac.authorization.k8s.io", "clusterroles") for verb in ("get", "patch")]
    grant(api, None, f"carl-{namespace}", rules(verbs))
    assert lacking(connection, cluster_wide) == []


def test_a_right_in_another_namespace_does_not_count(api: Api, user: As, namespace: str) -> None:
    grant(api, namespace, "alice", rules([("create", "", "events")]))
    here, elsewhere = Right("create", "", "events", namespace), Right("create", "", "events", "default")
    assert lacking(user("alice"), [here, elsewhere]) == [elsewhere]
