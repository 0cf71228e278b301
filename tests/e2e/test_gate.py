"""The gate tells the truth: on the real API server, with an operator told to behave so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from kubectl_express.core.gate import QUIET
from kubectl_express.core.settings import PodSettings, Settings
from kubectl_express.core.values import at
from tests.e2e.gated import A, B, Gated
from tests.sources.test_cluster import cluster
from tests.testbed.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import StartOperator
    from tests.testbed.api import Api
    from tests.testbed.running_operator import RunningOperator

LONG = 1000.0


@pytest.fixture
def running(operator: StartOperator) -> RunningOperator:
    return operator()


@pytest.fixture
def node(api: Api, namespace: str, kubeconfig: Path, running: RunningOperator) -> Iterator[Gated]:
    """The backend be1 at revision A, its pod Ready and its status true, observed from there on."""
    gated = Gated(api, namespace, cluster(kubeconfig))
    gated.create()
    eventually(lambda: api.get(f"{gated.path}/be1").get("status", {}).get("ready"), "be1 is Ready")
    with gated.observed():
        yield gated


def first_pod(node: Gated) -> str:
    (pod,) = node.facts.pods
    return pod.uid


def test_a_new_pod_passes_and_the_old_one_never_did(node: Gated) -> None:
    old = first_pod(node)
    node.apply(B)
    (pod,) = node.passes().pods
    assert (pod.revision, pod.ready, pod.uid != old) == (B, True, True)


def test_a_ready_pod_of_the_old_revision_never_passes(node: Gated, running: RunningOperator) -> None:
    running.tell("be1", "ignore, boast")
    node.apply(B)
    node.waits_for(f"pod be1-0 is at {A}, not {B}")
    claims = {"observedGeneration": 2, "deploymentRevision": B, "ready": True}
    node.follow_status(claims)
    node.later = LONG
    node.waits_for(f"pod be1-0 is at {A}, not {B}")


def test_an_old_pod_that_still_terminates_beside_the_new_one_holds_it_up(node: Gated, running: RunningOperator) -> None:
    running.tell("be1", "linger")
    node.apply(B)
    node.follow(lambda: [pod.name for pod in node.facts.pods if pod.ready and not pod.terminating] == ["be1-1"])
    node.later = LONG
    node.waits_for("pod be1-0 is still terminating")
    running.tell("be1", "ok")
    assert [pod.name for pod in node.passes().pods] == ["be1-1"]


def test_an_old_pod_that_runs_on_beside_the_new_one_holds_it_up(node: Gated, running: RunningOperator) -> None:
    running.tell("be1", "keep")
    node.apply(B)
    node.follow(lambda: [pod.revision for pod in node.facts.pods if pod.ready] == [A, B])
    node.later = LONG
    node.waits_for(f"pod be1-0 is at {A}, not {B}; there are 2 pods, be1-0, be1-1, where 1 is expected")
    running.tell("be1", "ok")
    node.passes()


def test_two_pods_at_the_revision_do_not_pass_where_one_is_expected(node: Gated, running: RunningOperator) -> None:
    running.tell("be1", "two")
    node.sees(lambda: [pod.ready for pod in node.facts.pods] == [True, True])
    node.apply(A)
    node.later = LONG
    node.waits_for("there are 2 pods, be1-0, be1-1, where 1 is expected")
    running.tell("be1", "ok")
    node.passes()


def test_a_status_that_claims_success_proves_nothing_over_a_pod_that_crashes(
    node: Gated, running: RunningOperator
) -> None:
    running.tell("be1", "crash, boast")
    node.apply(B)
    node.follow_status({"observedGeneration": 2, "deploymentRevision": B, "ready": True})
    node.follow(lambda: [pod.reason for pod in node.facts.pods] == ["CrashLoopBackOff"])
    node.later = LONG
    assert node.waits_for("pod be1-0 is not Ready (CrashLoopBackOff)").ailing
    running.tell("be1", "ok")
    node.passes()


def test_a_status_that_claims_success_proves_nothing_without_a_pod(
    node: Gated, running: RunningOperator, api: Api
) -> None:
    running.stop()
    api.delete(f"{node.pods}/be1-0", {"gracePeriodSeconds": 0})
    node.apply(B)
    claims = {"observedGeneration": 2, "deploymentRevision": B, "ready": True, "pods": ["be1-0"]}
    api.patch(f"{node.path}/be1/status", {"status": claims})
    node.follow_status(claims)
    node.later = LONG
    node.waits_for(f"it has no pod at {B} yet")


@pytest.mark.parametrize("reports", ["silent", "ok"])
def test_readiness_from_before_a_change_there_and_back_does_not_pass(
    node: Gated, running: RunningOperator, reports: str
) -> None:
    old = first_pod(node)
    running.tell("be1", f"in-order, late: 1, {reports}")
    node.set(deploymentRevision=B)
    node.apply(A)
    node.waits_for("pod be1-0 is Ready, perhaps from before the apply")
    # Whether its pod is seen at B, for a moment, is chance.
    (pod,) = node.passes().pods
    assert (pod.revision, pod.ready, pod.uid != old) == (A, True, True)


def test_a_change_there_and_back_that_the_operator_never_noticed_passes_once_it_has_caught_up(
    node: Gated, running: RunningOperator
) -> None:
    old = first_pod(node)
    running.tell("be1", "late: 1")
    node.set(deploymentRevision=B)
    node.apply(A)
    assert node.passes().pods[0].uid == old


def test_a_pod_that_is_right_passes_while_the_status_lags(node: Gated, running: RunningOperator) -> None:
    running.tell("be1", "silent")
    node.apply(B)
    assert at(node.passes().resource, "/status/deploymentRevision") == A


def test_an_apply_that_changes_nothing_passes_at_once_with_the_healthy_pod(node: Gated) -> None:
    node.apply(A)
    assert node.verdict.reason == f"pod be1-0 is Ready at {A}"


def test_an_apply_that_leaves_the_revision_passes_once_the_operator_has_seen_it(node: Gated) -> None:
    old = first_pod(node)
    node.apply(A, priority=7)
    (pod,) = node.passes().pods
    assert pod.uid == old


def test_an_apply_that_leaves_the_revision_passes_a_silent_operator_after_a_while(
    node: Gated, running: RunningOperator
) -> None:
    running.tell("be1", "silent")
    node.apply(A, priority=7)
    again = node.waits_for("pod be1-0 is Ready, perhaps from before the apply").again
    assert again is not None
    assert 0 < again <= QUIET
    node.later = again
    node.passes()


def test_a_pod_that_is_relabelled_in_place_passes_only_when_it_runs_anew(node: Gated, running: RunningOperator) -> None:
    (old,) = node.facts.pods
    running.tell("be1", "relabel: 2, silent")
    node.apply(B)
    node.waits_for("pod be1-0 is Ready, perhaps from before the apply")
    node.waits_for("pod be1-0 is not Ready (ContainerCreating)")
    (pod,) = node.passes().pods
    assert (pod.uid, pod.revision, pod.containers != old.containers) == (old.uid, B, True)


def test_a_resource_that_somebody_else_changes_fails_whatever_its_pod(node: Gated) -> None:
    node.apply(A)
    node.set(deploymentRevision=B)
    changed = f"its Backend was changed by somebody else: it is at generation 2, not 1, and declares {B}, not {A}"
    node.sees(lambda: node.verdict.reason == changed)
    assert node.fails() == changed


def test_a_resource_that_somebody_else_deletes_or_creates_anew_fails(node: Gated, api: Api) -> None:
    node.apply(A)
    api.delete(f"{node.path}/be1")
    node.sees(lambda: node.facts.resource is None)
    assert node.fails() == "its resource is gone: somebody else deleted it"
    node.create()
    node.sees(lambda: node.facts.resource is not None)
    assert node.fails() == "its Backend was deleted and created anew by somebody else"


FOREIGN = Settings(pods=PodSettings("acme.test/unit", "acme.test/build", per_node=2))


def foreign_pod(api: Api, node: Gated, name: str, build: str, *, ready: bool = True, phase: str = "Running") -> None:
    labels = {"acme.test/unit": "be1", "acme.test/build": build}
    spec = {"containers": [{"name": "c", "image": "i"}]}
    api.create(node.pods, {"metadata": {"name": name, "labels": labels}, "spec": spec})
    conditions: list[Any] = [{"type": "Ready", "status": str(ready)}]
    api.patch(f"{node.pods}/{name}/status", {"status": {"phase": phase, "conditions": conditions}})


def test_a_chart_with_other_labels_and_two_pods_a_node_is_judged_by_them(
    api: Api, namespace: str, kubeconfig: Path
) -> None:
    node = Gated(api, namespace, cluster(kubeconfig), FOREIGN)
    node.create()
    foreign_pod(api, node, "one", A)
    foreign_pod(api, node, "two", A)
    with node.observed():
        node.apply(A)
        node.passes()
        node.apply(B)
        node.waits_for(f"pod one is at {A}, not {B}; pod two is at {A}, not {B}")
        for name in ("one", "two"):
            api.delete(f"{node.pods}/{name}", {"gracePeriodSeconds": 0})
        foreign_pod(api, node, "three", B)
        node.waits_for("1 of 2 pods are there")
        foreign_pod(api, node, "four", B, ready=False, phase="Failed")
        foreign_pod(api, node, "five", B)
        assert {pod.name for pod in node.passes().pods} == {"three", "four", "five"}
