from __future__ import annotations

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from kubectl_express.core.applications import Application
from kubectl_express.core.settings import ResourceSettings
from kubectl_express.rollout.argocd.ownership import Owners, owning_applications
from tests.sources.test_cluster import cluster
from tests.testbed.applications import HERE, application
from tests.testbed.control_plane import running_control_plane
from tests.testbed.roles import grant, rules

if TYPE_CHECKING:
    from pathlib import Path

    from kubectl_express.sources.cluster import Cluster
    from tests.testbed.api import Api, Object
    from tests.testbed.control_plane import ControlPlane

UNCHECKED = (
    "whether an Argo CD application owns these nodes could not be checked: you may not list applications.argoproj.io"
)
ELSEWHERE = {"server": "https://fra2.example.com:6443"}


@pytest.fixture
def connection(kubeconfig: Path) -> Cluster:
    return cluster(kubeconfig)


@pytest.fixture
def name() -> str:
    """An application's name, this test's own: applications stay behind in Argo CD's namespace."""
    return f"app-{secrets.token_hex(4)}"


def backend(name: str = "be1", tracking: str | None = None, label: str | None = None) -> Object:
    annotations = {} if tracking is None else {"argocd.argoproj.io/tracking-id": tracking}
    labels = {} if label is None else {"app.kubernetes.io/instance": label}
    metadata = {"name": name, "annotations": annotations, "labels": labels}
    return {"apiVersion": "express.example.com/v1", "kind": "Backend", "metadata": metadata}


def tracking(instance: str, namespace: str, node: str = "be1") -> str:
    return f"{instance}:express.example.com/Backend:{namespace}/{node}"


def owners(connection: Cluster, namespace: str, resources: list[Object]) -> Owners:
    """Return who owns the nodes, as far as it matters here: not what became of the last sync."""
    found = owning_applications(connection, namespace, resources, ResourceSettings())
    return replace(found, applications=tuple(replace(each, sync=None) for each in found.applications))


def quiet(name: str, place: str = "argocd") -> Owners:
    """An owner that leaves the nodes alone."""
    return Owners((Application(name, place, automated=False, syncing=False),))


def unseen(name: str, why: str) -> str:
    return f"nodes are tracked by Argo CD's application {name}, {why}: it may be syncing them, now or at any time"


@pytest.fixture
def user(namespace: str) -> str:
    return f"carl-{namespace}"


@pytest.fixture
def as_user(control_plane: ControlPlane, namespace: str, user: str, tmp_path: Path) -> Cluster:
    return cluster(control_plane.kubeconfig(tmp_path / "as", {"yul1": namespace}), as_user=user)


@pytest.mark.parametrize(
    ("policy", "more", "automated", "syncing"),
    [
        (None, {}, False, False),
        ({}, {}, False, False),
        ({"syncOptions": ["ServerSideApply=true"]}, {}, False, False),
        ({"automated": {}}, {}, True, False),
        ({"automated": {"selfHeal": True, "prune": True}}, {}, True, False),
        ({"automated": {"enabled": True}}, {}, True, False),
        ({"automated": {"enabled": False, "selfHeal": True}}, {}, False, False),
        (None, {"phase": "Running"}, False, True),
        (None, {"phase": "Terminating"}, False, True),
        (None, {"phase": "Running", "operation": None}, False, False),
        (None, {"phase": "Failed"}, False, False),
        (None, {"phase": "Error"}, False, False),
        (None, {"operation": {"sync": {"revision": "main"}}}, False, True),
        ({"automated": {}}, {"phase": "Running"}, True, True),
    ],
)
def test_an_application_is_automated_or_syncing_as_argo_cd_means_it(
    argo: Api,
    connection: Cluster,
    namespace: str,
    name: str,
    policy: Object | None,
    more: Any,
    automated: bool,
    syncing: bool,
) -> None:
    application(argo, name, lists=namespace, policy=policy, **more)
    owner = Application(name, "argocd", automated=automated, syncing=syncing)
    assert owners(connection, namespace, [backend()]) == Owners((owner,))
    assert (owner.objection is None) is (not automated and not syncing)


def test_what_is_objected_is_said_in_words() -> None:
    title = "Argo CD's application argocd/express"
    assert Application("express", "argocd", True, True).objection == f"{title} is syncing these nodes now"
    assert Application("express", "argocd", True, False).objection == f"{title} syncs these nodes by itself"


def test_the_application_that_a_tracking_id_names_owns_the_node_wherever_it_deploys_to(
    argo: Api, connection: Cluster, namespace: str, name: str
) -> None:
    application(argo, name, destination=ELSEWHERE)
    tracked = backend(tracking=tracking(name, namespace))
    assert owners(connection, namespace, [backend("be2"), tracked]) == quiet(name)


def test_an_application_of_another_namespace_has_that_before_its_name(
    argo: Api, connection: Cluster, namespace: str, name: str
) -> None:
    application(argo, name, place=namespace)
    application(argo, name)
    tracked = backend(tracking=tracking(f"{namespace}_{name}", namespace))
    assert owners(connection, namespace, [tracked]) == quiet(name, namespace)


def test_a_tracking_id_copied_from_another_object_says_nothing(
    argo: Api, connection: Cluster, namespace: str, name: str
) -> None:
    application(argo, name)
    copied = [
        backend(tracking=tracking(name, namespace, "be2")),
        backend("be2", tracking=tracking(name, "elsewhere", "be2")),
        backend("be3", tracking=name),
    ]
    assert owners(connection, namespace, copied) == Owners()


@pytest.mark.parametrize("destination", [HERE, {"server": f"{HERE['server']}/"}, {"name": "in-cluster"}], ids=str)
def test_an_application_that_lists_a_node_of_this_cluster_owns_the_system_though_none_is_there_yet(
    argo: Api, connection: Cluster, namespace: str, name: str, destination: dict[str, str]
) -> None:
    application(argo, name, lists=namespace, destination=destination)
    for live in ([], [backend()], [backend("be2")]):
        assert owners(connection, namespace, live) == quiet(name)
    assert owners(connection, "elsewhere", [backend()]) == Owners()


@pytest.mark.parametrize("listed", [("apps", "Deployment"), ("express.example.com", "Cache"), ("", "Backend")])
def test_an_application_that_lists_other_kinds_in_the_namespace_owns_no_node(
    argo: Api, connection: Cluster, namespace: str, name: str, listed: tuple[str, str]
) -> None:
    group, kind = listed
    resource = {"group": group, "kind": kind, "namespace": namespace, "name": "be1"}
    application(argo, name, status={"resources": [resource]})
    assert owners(connection, namespace, [backend()]) == Owners()


def test_a_cluster_that_argo_cd_knows_by_its_own_address_is_this_one(
    argo: Api, connection: Cluster, namespace: str, name: str
) -> None:
    application(argo, name, lists=namespace, destination={"server": connection.server})
    assert owners(connection, namespace, [backend()]) == quiet(name)


def test_an_application_that_lists_the_same_names_in_another_cluster_owns_them_only_where_their_label_names_it(
    argo: Api, connection: Cluster, namespace: str, name: str
) -> None:
    application(argo, name, lists=namespace, destination=ELSEWHERE)
    assert owners(connection, namespace, [backend()]) == Owners()
    assert owners(connection, namespace, [backend(label="another")]) == Owners()
    assert owners(connection, namespace, [backend(label=name)]) == quiet(name)


def test_a_label_alone_says_nothing_for_charts_set_it_too(
    argo: Api, connection: Cluster, namespace: str, name: str
) -> None:
    application(argo, name)
    assert owners(connection, namespace, [backend(label=name)]) == Owners()


def test_nodes_whose_application_is_not_here_are_noted(
    argo: Api, connection: Cluster, namespace: str, name: str
) -> None:
    found = owners(connection, namespace, [backend(tracking=tracking(name, namespace))])
    assert found == Owners(notes=(unseen(name, "which is not to be found in this cluster"),))


def test_a_user_who_may_not_list_all_sees_those_of_argo_cds_usual_namespace(
    argo: Api, namespace: str, name: str, user: str, as_user: Cluster
) -> None:
    application(argo, name, lists=namespace)
    grant(argo, "argocd", user, rules([("list", "argoproj.io", "applications")]))
    assert owners(as_user, namespace, [backend()]) == quiet(name)
    assert owners(as_user, "elsewhere", [backend()]) == Owners()


@pytest.mark.parametrize("elsewhere", [False, True], ids=["in argocd", "in the namespace before its name"])
def test_the_application_that_a_tracking_id_names_is_read_by_that_name_where_none_may_be_listed(
    argo: Api, namespace: str, name: str, user: str, as_user: Cluster, elsewhere: bool
) -> None:
    place = namespace if elsewhere else "argocd"
    application(argo, name, place=place, policy={"automated": {}})
    grant(argo, place, user, rules([("get", "argoproj.io", "applications")], [name]))
    tracked = backend(tracking=tracking(f"{namespace}_{name}" if elsewhere else name, namespace))
    found = owners(as_user, namespace, [tracked])
    assert found == Owners((Application(name, place, automated=True, syncing=False),))


def test_the_application_that_a_label_names_is_read_by_that_name_where_none_may_be_listed(
    argo: Api, namespace: str, name: str, user: str, as_user: Cluster
) -> None:
    application(argo, name, lists=namespace)
    grant(argo, "argocd", user, rules([("get", "argoproj.io", "applications")]))
    assert owners(as_user, namespace, [backend(label=name)]) == quiet(name)


def test_an_application_that_may_not_be_read_is_noted(argo: Api, namespace: str, name: str, as_user: Cluster) -> None:
    application(argo, name, lists=namespace)
    found = owners(as_user, namespace, [backend(tracking=tracking(name, namespace))])
    assert found == Owners(notes=(unseen(name, "which you may not get"),))


@pytest.mark.usefixtures("argo")
def test_it_is_noted_where_nothing_could_be_checked(namespace: str, as_user: Cluster) -> None:
    assert owners(as_user, namespace, [backend()]) == Owners(notes=(UNCHECKED,))


def test_without_argo_cd_nothing_owns_nodes_and_only_a_tracking_id_is_noted(tmp_path: Path) -> None:
    with running_control_plane(tmp_path) as plane:
        for user in (None, "carl"):
            connection = cluster(plane.kubeconfig(tmp_path / "config", {"yul1": "here"}), as_user=user)
            assert owners(connection, "here", [backend()]) == Owners()
            tracked = backend(tracking=tracking("a", "here"))
            note = unseen("a", "which is not to be found in this cluster")
            assert owners(connection, "here", [tracked]) == Owners(notes=(note,))
