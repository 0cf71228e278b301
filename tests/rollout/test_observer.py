"""What is seen of nodes, against the real API server."""

from __future__ import annotations

from contextlib import contextmanager
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import pytest

from kubectl_express.core.settings import Settings
from kubectl_express.errors import ServerError
from kubectl_express.rollout.observer import Observer
from kubectl_express.sources.snapshot import Snapshot, read
from tests.sources.test_cluster import cluster

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from kubectl_express.sources.cluster import Cluster
    from tests.testbed.api import Api, Object
    from tests.testbed.control_plane import ControlPlane

NODE, REVISION = "express.example.com/node", "express.example.com/deployment-revision"
READY_AT = "2026-01-01T00:00:00Z"


class Clock:
    """A clock that a test moves on."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class World:
    """A namespace with the backend be1 and its pod be1-0, and an observer of it whose thread is the test's."""

    def __init__(self, api: Api, namespace: str, connection: Cluster) -> None:
        self.api = api
        self.namespace = namespace
        self.backends = f"/apis/express.example.com/v1/namespaces/{namespace}/backends"
        self.pods = f"/api/v1/namespaces/{namespace}/pods"
        self.connection = connection
        self.told: SimpleQueue[Callable[[], object]] = SimpleQueue()
        self.clock = Clock()

    def backend(self, name: str, revision: str = "a") -> Object:
        spec = {"deploymentRevision": revision, "image": {"repository": "r", "tag": "1"}}
        body = {"apiVersion": "express.example.com/v1", "kind": "Backend", "metadata": {"name": name}, "spec": spec}
        return self.api.create(self.backends, body)

    def pod(self, name: str, node: str = "be1", revision: str = "a") -> Object:
        containers = [{"name": "c", "image": "i"}]
        body = {
            "metadata": {"name": name, "labels": {NODE: node, REVISION: revision}},
            "spec": {"containers": containers},
        }
        return self.api.create(self.pods, body)

    def relabel(self, name: str, **labels: str) -> Object:
        prefixed = {f"express.example.com/{key.replace('_', '-')}": value for key, value in labels.items()}
        return self.api.patch(f"{self.pods}/{name}", {"metadata": {"labels": prefixed}})

    def show(self, name: str, ready: bool, since: str = READY_AT) -> Object:
        conditions = [{"type": "Ready", "status": str(ready), "lastTransitionTime": since}]
        return self.api.patch(f"{self.pods}/{name}/status", {"status": {"conditions": conditions}})

    def snapshot(self) -> Snapshot:
        return read(
            self.connection,
            self.namespace,
            group="express.example.com",
            version="v1",
            kinds=("Backend", "Frontend"),
            config_map_selector="express.example.com/revisions=true",
            pod_selector=NODE,
        )

    @contextmanager
    def observed(self) -> Iterator[Observer]:
        observer = Observer(self.connection, self.snapshot(), Settings(), self.told.put, self.clock)
        observer.start()
        try:
            yield observer
        finally:
            observer.close()

    def hear(self, until: Callable[[], bool]) -> None:
        """Run what the watches tell until something is so."""
        while not until():
            self.told.get(timeout=30)()


@pytest.fixture
def world(api: Api, namespace: str, kubeconfig: Path) -> World:
    world = World(api, namespace, cluster(kubeconfig))
    world.backend("be1")
    world.pod("be1-0")
    return world


def test_a_node_is_seen_with_its_resource_and_pods_before_anything_changes(world: World) -> None:
    with world.observed() as observer:
        facts = observer.node("be1")
        assert observer.names() == ["be1"]
    assert facts.resource is not None
    assert (facts.resource["kind"], facts.resource["apiVersion"]) == ("Backend", "express.example.com/v1")
    assert [(pod.name, pod.revision) for pod in facts.pods] == [("be1-0", "a")]
    assert (facts.quiet, facts.ready) == (0.0, {})


def test_each_change_is_told_as_it_comes_and_begins_the_quiet_anew(world: World) -> None:
    with world.observed() as observer:
        assert observer.take_changed() == set()
        world.clock.now += 7
        assert observer.node("be1").quiet == 7
        world.relabel("be1-0", deployment_revision="b")
        world.hear(lambda: observer.node("be1").pods[0].revision == "b")
        assert observer.node("be1").quiet == 0
        assert observer.take_changed() == {"be1"}
        world.clock.now += 2
        world.backend("be2")
        world.hear(lambda: observer.resource("be2") is not None)
        assert (observer.node("be1").quiet, observer.node("be2").quiet) == (2, 0)
        assert sorted(observer.names()) == ["be1", "be2"]
        assert observer.take_changed() == {"be2"}
        assert observer.take_changed() == set()
        world.api.delete(f"{world.backends}/be1")
        world.api.delete(f"{world.pods}/be1-0", {"gracePeriodSeconds": 0})
        world.hear(lambda: not observer.node("be1").pods and observer.resource("be1") is None)


def test_a_pod_that_changes_its_node_is_no_longer_the_other_ones(world: World) -> None:
    with world.observed() as observer:
        world.relabel("be1-0", node="be2")
        world.hear(lambda: bool(observer.node("be2").pods))
        assert observer.node("be1").pods == ()
        world.api.patch(f"{world.pods}/be1-0", {"metadata": {"labels": {NODE: None}}})
        world.hear(lambda: not observer.node("be2").pods)


def test_readiness_counts_while_it_lasts_and_from_the_beginning_when_it_comes_back(world: World) -> None:
    uid = world.show("be1-0", ready=True)["metadata"]["uid"]
    with world.observed() as observer:
        world.clock.now += 4
        assert observer.node("be1").ready == {uid: 4}
        world.relabel("be1-0", anything="else")
        world.hear(lambda: observer.node("be1").quiet == 0)
        assert observer.node("be1").ready == {uid: 4}
        world.show("be1-0", ready=False)
        world.hear(lambda: not observer.node("be1").ready)
        world.show("be1-0", ready=True)
        world.hear(lambda: observer.node("be1").ready == {uid: 0})


def test_a_break_in_readiness_that_nobody_saw_is_known_by_when_it_turned(world: World) -> None:
    uid = world.show("be1-0", ready=True)["metadata"]["uid"]
    observer = Observer(world.connection, world.snapshot(), Settings(), world.told.put, world.clock)
    world.clock.now += 4
    assert observer.refresh("be1").ready == {uid: 4}
    world.show("be1-0", ready=True, since="2026-01-01T00:00:09Z")
    assert observer.refresh("be1").ready == {uid: 0}


def test_what_was_read_afresh_is_not_undone_by_events_from_before(world: World) -> None:
    observer = Observer(world.connection, world.snapshot(), Settings(), world.told.put, world.clock)
    world.relabel("be1-0", deployment_revision="b")
    world.api.delete(f"{world.pods}/be1-0", {"gracePeriodSeconds": 0})
    world.api.patch(f"{world.backends}/be1", {"spec": {"deploymentRevision": "b"}})
    applied = world.api.patch(f"{world.backends}/be1", {"spec": {"deploymentRevision": "c"}})
    world.pod("be1-1", revision="c")
    seen = [observer.refresh("be1", applied)]
    observer.start()
    try:
        world.backend("be2")
        world.pod("be2-0", node="be2")
        while not (observer.resource("be2") and observer.node("be2").pods):
            world.told.get(timeout=30)()
            seen.append(observer.node("be1"))
    finally:
        observer.close()
    assert {at_revision(facts.resource) for facts in seen} == {"c"}
    assert {tuple((pod.name, pod.revision) for pod in facts.pods) for facts in seen} == {(("be1-1", "c"),)}


def at_revision(resource: Any) -> str:
    return str(resource["spec"]["deploymentRevision"])


def test_a_node_is_read_afresh_with_its_resource_where_no_answer_is_given(world: World) -> None:
    observer = Observer(world.connection, world.snapshot(), Settings(), world.told.put, world.clock)
    world.clock.now += 3
    assert observer.refresh("be1").quiet == 3
    world.api.delete(f"{world.backends}/be1")
    facts = observer.refresh("be1")
    assert (facts.resource, facts.quiet) == (None, 0)


def test_pods_listed_afresh_leave_what_is_seen_as_it_is(world: World) -> None:
    observer = Observer(world.connection, world.snapshot(), Settings(), world.told.put, world.clock)
    second = world.pod("be1-1")
    world.pod("be2-0", node="be2")
    listed = observer.pods_afresh("be1")
    assert sorted(pod.name for pod in listed.values()) == ["be1-0", "be1-1"]
    assert listed[second["metadata"]["uid"]].name == "be1-1"
    assert [pod.name for pod in observer.node("be1").pods] == ["be1-0"]


def test_a_watch_that_is_refused_is_heard_in_the_thread_that_owns_what_is_seen(
    control_plane: ControlPlane, api: Api, namespace: str, tmp_path: Path
) -> None:
    rbac = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}"
    rule = {
        "apiGroups": ["", "express.example.com"],
        "resources": ["backends", "frontends", "configmaps", "pods"],
        "verbs": ["list"],
    }
    api.create(f"{rbac}/roles", {"metadata": {"name": "lists"}, "rules": [rule]})
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "lists"}
    alice = {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "alice"}
    api.create(f"{rbac}/rolebindings", {"metadata": {"name": "lists"}, "roleRef": reference, "subjects": [alice]})
    kubeconfig = control_plane.kubeconfig(tmp_path / "alice", {"yul1": namespace}, user="alice")
    world = World(api, namespace, cluster(kubeconfig))
    with world.observed(), pytest.raises(ServerError, match='User "alice" cannot watch resource'):
        world.told.get(timeout=30)()
