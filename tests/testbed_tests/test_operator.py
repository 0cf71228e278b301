from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.testbed.operator import diary
from tests.testbed.operator.behaviour import parse
from tests.testbed.waiting import eventually

if TYPE_CHECKING:
    from tests.conftest import StartOperator
    from tests.testbed.api import Api, Object

IMAGE = {"repository": "express", "tag": "9"}
READY = {"phase": "Running", "reasons": [], "ready": True}


@pytest.fixture
def system(api: Api, namespace: str) -> System:
    return System(api, namespace)


class System:
    """Bare CRs of one namespace, and what became of their pods."""

    def __init__(self, api: Api, namespace: str) -> None:
        self._api = api
        self._backends = f"/apis/express.example.com/v1/namespaces/{namespace}/backends"
        self._pods = f"/api/v1/namespaces/{namespace}/pods"

    def create(self, *nodes: str, revision: str = "aaaaaaaaaa") -> None:
        for node in nodes:
            cr = {"apiVersion": "express.example.com/v1", "kind": "Backend", "metadata": {"name": node}}
            self._api.create(self._backends, cr | {"spec": {"deploymentRevision": revision, "image": IMAGE}})

    def set(self, node: str, **spec: Any) -> None:
        self._api.patch(f"{self._backends}/{node}", {"spec": spec})

    def delete(self, node: str) -> None:
        self._api.delete(f"{self._backends}/{node}")

    def status(self, node: str) -> Object:
        answer: Object = self._api.get(f"{self._backends}/{node}").get("status", {})
        return answer

    def pods(self, node: str = "be1") -> list[Object]:
        """Return the node's pods by name, each in the few words that the tests are about."""
        answer = self._api.get(f"{self._pods}?labelSelector=express.example.com/node%3D{node}")
        return [_in_short(pod) for pod in sorted(answer["items"], key=lambda pod: str(pod["metadata"]["name"]))]

    def delete_pod(self, name: str) -> None:
        self._api.delete(f"{self._pods}/{name}")

    def settles(self, *expected: dict[str, Any], node: str = "be1") -> list[Object]:
        """Wait until the node has exactly these pods, each described by some of its words; return them."""

        def seen() -> list[Object]:
            pods = self.pods(node)
            same = len(pods) == len(expected) and all(
                wanted.items() <= pod.items() for wanted, pod in zip(expected, pods, strict=True)
            )
            return pods if same else []

        if not expected:
            eventually(lambda: not self.pods(node), f"{node} has no pod")
            return []
        return eventually(seen, f"{node} has {expected}")


def _in_short(pod: Object) -> Object:
    status = pod.get("status", {})
    containers = status.get("containerStatuses", [])
    conditions = {one["type"]: one for one in status.get("conditions", [])}
    reasons = [one["state"]["waiting"]["reason"] for one in containers if "waiting" in one["state"]]
    return {
        "name": pod["metadata"]["name"],
        "uid": pod["metadata"]["uid"],
        "owner": pod["metadata"]["ownerReferences"][0]["name"],
        "revision": pod["metadata"]["labels"]["express.example.com/deployment-revision"],
        "phase": status["phase"],
        "reasons": reasons
        or [one["reason"] for one in conditions.values() if one["type"] == "PodScheduled" and "reason" in one],
        "containers": [one.get("containerID") for one in containers],
        "ready": conditions.get("Ready", {}).get("status") == "True",
        "restarts": sum(one["restartCount"] for one in containers),
        "terminating": "deletionTimestamp" in pod["metadata"],
    }


def test_a_pod_is_replaced_when_the_revision_changes_and_by_nothing_else(
    system: System, operator: StartOperator
) -> None:
    operator()
    system.create("be1", "be2")
    first = system.settles(READY | {"name": "be1-0", "owner": "be1", "revision": "aaaaaaaaaa"})
    second = system.settles(READY, node="be2")
    system.set("be1", priority=7)
    system.set("be2", deploymentRevision="bbbbbbbbbb")
    system.settles(READY | {"name": "be2-0", "revision": "bbbbbbbbbb"}, node="be2")
    eventually(lambda: system.status("be1").get("observedGeneration") == 2, "the change of be1 was seen")
    assert system.pods("be1") == first
    assert system.pods("be2")[0]["uid"] != second[0]["uid"]


def test_a_pod_goes_with_its_cr_and_comes_back_when_only_the_pod_was_deleted(
    system: System, operator: StartOperator
) -> None:
    operator()
    system.create("be1")
    (pod,) = system.settles(READY)
    system.delete_pod("be1-0")
    eventually(lambda: [one["uid"] for one in system.pods() if one["ready"]] not in ([], [pod["uid"]]), "a new pod")
    system.delete("be1")
    system.settles()


def test_an_operator_that_starts_again_leaves_healthy_pods_alone(system: System, operator: StartOperator) -> None:
    first = operator()
    system.create("be1")
    before = system.settles(READY)
    first.stop()
    system.create("be2")
    operator()
    system.settles(READY, node="be2")
    assert system.pods() == before


def test_the_status_of_a_cr_tells_generation_revision_and_readiness(system: System, operator: StartOperator) -> None:
    operator()
    system.create("be1")
    told = {"observedGeneration": 1, "deploymentRevision": "aaaaaaaaaa", "ready": True, "pods": ["be1-0"]}
    eventually(lambda: system.status("be1") == told, f"the status is {told}")


def test_a_silent_operator_reports_nothing(system: System, operator: StartOperator) -> None:
    operator(behaviour={"default": "silent"})
    system.create("be1")
    system.settles(READY)
    assert system.status("be1") == {}


def test_a_discreet_operator_reports_what_it_has_seen_and_nothing_of_pods(
    system: System, operator: StartOperator
) -> None:
    operator(behaviour={"default": "discreet"})
    system.create("be1")
    system.settles(READY)
    eventually(lambda: system.status("be1") == {"observedGeneration": 1}, "the first generation was seen")
    system.set("be1", deploymentRevision="bbbbbbbbbb")
    system.settles(READY | {"revision": "bbbbbbbbbb"})
    eventually(lambda: system.status("be1") == {"observedGeneration": 2}, "the second generation was seen")


def test_an_operators_diary_tells_what_became_of_a_node(system: System, operator: StartOperator) -> None:
    running = operator()

    def tells(*told: tuple[str, str]) -> None:
        eventually(lambda: written()[-len(told) :] == [*told], f"the diary tells {told}")

    def written() -> list[tuple[str, str]]:
        return [(entry.what, entry.revision) for entry in diary.entries(running.log) if entry.node == "be1"]

    system.create("be1")
    first = [("declares", "aaaaaaaaaa"), ("made", "aaaaaaaaaa"), ("Ready", "aaaaaaaaaa")]
    tells(*first)
    system.set("be1", deploymentRevision="bbbbbbbbbb")
    then = [("declares", "bbbbbbbbbb"), ("removed", "aaaaaaaaaa"), ("made", "bbbbbbbbbb"), ("Ready", "bbbbbbbbbb")]
    tells(*first, *then)


def test_a_boasting_operator_reports_success_over_a_crashing_pod(system: System, operator: StartOperator) -> None:
    operator(behaviour={"be1": "crash, boast"})
    system.create("be1")
    system.settles({"ready": False})
    eventually(lambda: system.status("be1").get("ready") is True, "the status claims success")


@pytest.mark.parametrize(
    ("behaviour", "phase", "reason", "restarts"),
    [
        ("crash", "Running", "CrashLoopBackOff", 1),
        ("hang", "Pending", "ContainerCreating", 0),
        ("image", "Pending", "ImagePullBackOff", 0),
        ("unschedulable", "Pending", "Unschedulable", 0),
    ],
)
def test_a_fault_shows_on_the_pod_as_a_kubelet_would_show_it_and_ends_when_told(
    system: System, operator: StartOperator, behaviour: str, phase: str, reason: str, restarts: int
) -> None:
    running = operator(behaviour={"be1": behaviour})
    system.create("be1", "be2")
    faulty = {"phase": phase, "reasons": [reason], "ready": False, "restarts": restarts}
    (pod,) = system.settles(faulty)
    system.settles(READY, node="be2")
    running.tell("be1", "ok")
    system.settles(READY | {"uid": pod["uid"]})


def test_a_fault_of_the_next_pod_spares_the_one_that_runs(system: System, operator: StartOperator) -> None:
    running = operator()
    system.create("be1", "be2")
    system.settles(READY)
    running.tell("be1", "crash, next")
    system.set("be2", deploymentRevision="bbbbbbbbbb")
    system.settles(READY | {"revision": "bbbbbbbbbb"}, node="be2")
    system.settles(READY)
    system.set("be1", deploymentRevision="bbbbbbbbbb")
    system.settles({"revision": "bbbbbbbbbb", "reasons": ["CrashLoopBackOff"]})


def test_a_flapping_pod_turns_ready_again_and_again_and_stays_the_same(system: System, operator: StartOperator) -> None:
    operator(behaviour={"be1": "flap: 0.2"})
    system.create("be1")
    (pod,) = system.settles({"ready": True})
    for ready in (False, True, False, True):
        system.settles({"ready": ready, "uid": pod["uid"], "restarts": 0})


def test_a_slow_pod_is_ready_only_after_its_time(system: System, operator: StartOperator) -> None:
    operator(behaviour={"be1": "slow: 1"})
    started = time.monotonic()
    system.create("be1")
    system.settles({"phase": "Pending", "reasons": ["ContainerCreating"]})
    system.settles(READY)
    assert time.monotonic() - started >= 1


def test_a_late_operator_leaves_the_old_pod_ready_for_a_while(system: System, operator: StartOperator) -> None:
    running = operator()
    system.create("be1")
    system.settles(READY)
    running.tell("be1", "late: 1")
    changed = time.monotonic()
    system.set("be1", deploymentRevision="bbbbbbbbbb")
    system.settles(READY | {"revision": "bbbbbbbbbb"})
    assert time.monotonic() - changed >= 1


def test_an_ignoring_operator_leaves_the_old_pod_and_makes_no_new_one(system: System, operator: StartOperator) -> None:
    running = operator()
    system.create("be1")
    before = system.settles(READY)
    running.tell("be1", "ignore")
    system.set("be1", deploymentRevision="bbbbbbbbbb")
    eventually(lambda: system.status("be1").get("ready") is False, "the change was seen")
    assert system.pods() == before


def test_an_old_pod_can_be_kept_beside_the_new_one_until_told_otherwise(
    system: System, operator: StartOperator
) -> None:
    running = operator()
    system.create("be1")
    (old,) = system.settles(READY)
    running.tell("be1", "keep")
    system.set("be1", deploymentRevision="bbbbbbbbbb")
    system.settles(READY | {"uid": old["uid"]}, READY | {"name": "be1-1", "revision": "bbbbbbbbbb"})
    running.tell("be1", "ok")
    system.settles(READY | {"name": "be1-1"})


def test_an_old_pod_can_linger_terminating_beside_the_new_one_until_told_otherwise(
    system: System, operator: StartOperator
) -> None:
    running = operator()
    system.create("be1")
    (old,) = system.settles(READY)
    running.tell("be1", "linger")
    system.set("be1", deploymentRevision="bbbbbbbbbb")
    gone = {"uid": old["uid"], "terminating": True}
    system.settles(gone, READY | {"name": "be1-1", "revision": "bbbbbbbbbb", "terminating": False})
    running.tell("be1", "ok")
    system.settles(READY | {"name": "be1-1"})


def test_a_pod_can_be_relabelled_in_place_and_runs_anew_only_later(system: System, operator: StartOperator) -> None:
    running = operator()
    system.create("be1")
    (old,) = system.settles(READY)
    running.tell("be1", "relabel: 2")
    system.set("be1", deploymentRevision="bbbbbbbbbb")
    (relabelled,) = system.settles(READY | {"uid": old["uid"], "revision": "bbbbbbbbbb"})
    assert relabelled["containers"] == old["containers"]
    eventually(lambda: system.pods()[0]["containers"] != old["containers"], "its container runs anew")
    system.settles(READY | {"uid": old["uid"], "revision": "bbbbbbbbbb"})


def test_an_operator_can_work_through_every_revision_and_reports_the_one_it_is_at(
    system: System, operator: StartOperator
) -> None:
    running = operator()
    system.create("be1")
    (first,) = system.settles(READY)
    running.tell("be1", "in-order, late: 0.3")
    system.set("be1", deploymentRevision="bbbbbbbbbb")
    system.set("be1", deploymentRevision="aaaaaaaaaa")
    assert system.pods() == [first]
    assert system.status("be1")["observedGeneration"] < 3
    (second,) = system.settles(READY | {"revision": "bbbbbbbbbb"})
    eventually(lambda: bool({pod["uid"] for pod in system.pods()} - {first["uid"], second["uid"]}), "a third pod")
    system.settles(READY | {"revision": "aaaaaaaaaa"})
    eventually(lambda: system.status("be1")["observedGeneration"] == 3, "it has caught up")


def test_two_pods_of_one_node_both_run_at_its_revision(system: System, operator: StartOperator) -> None:
    running = operator(behaviour={"be1": "two"})
    system.create("be1")
    system.settles(READY | {"name": "be1-0"}, READY | {"name": "be1-1"})
    running.tell("be1", "ok")
    system.settles(READY | {"name": "be1-0"})


def test_a_behaviour_that_nobody_knows_is_refused_with_those_that_are(operator: StartOperator) -> None:
    with pytest.raises(ValueError, match="unknown behaviour 'sulk'; known are: crash, "):
        operator().tell("be1", "sulk")
    assert parse("slow: 0.5, silent").slow == 0.5


def test_a_hundred_nodes_are_replaced_at_once(system: System, operator: StartOperator) -> None:
    operator()
    nodes = [f"be{number}" for number in range(100)]
    system.create(*nodes)
    system.settles(READY, node=nodes[-1])
    for node in nodes:
        system.set(node, deploymentRevision="bbbbbbbbbb")
    for node in nodes:
        system.settles(READY | {"revision": "bbbbbbbbbb"}, node=node)
