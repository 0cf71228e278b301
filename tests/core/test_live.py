from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from kubectl_express.core import gojson
from kubectl_express.core.drift import Drifted
from kubectl_express.core.entries import read_record
from kubectl_express.core.live import describe, describe_health, judge_state, live_side, split
from kubectl_express.core.live_data import Proof
from kubectl_express.core.manifest import Manifest
from kubectl_express.core.manifests import read_resource
from kubectl_express.core.node import LiveNode, Node, Side, State
from kubectl_express.core.pods import essence, read_pod
from kubectl_express.core.settings import PodSettings
from tests.core.rendered import (
    SETTINGS,
    applied_by_kubectl,
    config_map,
    entry,
    live_of,
    pod,
    resource,
    revision_of,
    side_of,
    system,
)

if TYPE_CHECKING:
    from kubectl_express.core.values import Object

DATA: Object = {"image": "x", "replicas": 2}
REVISION = revision_of(DATA)
OLD = "0ld0ld0ld0"
ENTRY = config_map(entry("be1", DATA))
LIVE = applied_by_kubectl(resource("be1", DATA))
HEALTHY = pod("be1", REVISION)


def live(objects: list[Object], *pods: Object, name: str = "be1") -> tuple[Node, LiveNode]:
    node = live_of(objects, *pods).nodes[name]
    assert node.live is not None
    return node, node.live


def state(objects: list[Object], *pods: Object) -> tuple[State, str]:
    _, known = live(objects, *pods)
    return known.state, known.why


def by_hand(manifest: Object) -> Object:
    """Return the live object after `kubectl edit` changed a parameter."""
    return {**manifest, "spec": {**DATA, "replicas": 9, "deploymentRevision": REVISION}}


def crashing(reason: str) -> Object:
    return pod(
        "be1", REVISION, ready=False, containerStatuses=[{"restartCount": 4, "state": {"waiting": {"reason": reason}}}]
    )


ABSENT = [ENTRY]
UNVERIFIED = [config_map({}), resource("be1", DATA, declared=OLD)]
DRIFTED = [ENTRY, by_hand(LIVE)]
AHEAD = config_map(entry("be1", {**DATA, "image": "y"}))


@pytest.mark.parametrize(
    ("objects", "pods", "expected", "why"),
    [
        pytest.param(ABSENT, [], State.ABSENT, "an entry tells of it, but it has no resource", id="no resource"),
        pytest.param(ABSENT, [HEALTHY], State.ABSENT, "an entry tells of it, but it has no resource", id="only a pod"),
        pytest.param(
            UNVERIFIED,
            [pod("be1", OLD)],
            State.UNVERIFIED,
            f"nothing known hashes to the revision it declares, {OLD}",
            id="unverified",
        ),
        pytest.param(
            DRIFTED,
            [HEALTHY],
            State.DRIFTED,
            "/replicas is not what was deployed",
            id="drifted",
        ),
        pytest.param(
            [AHEAD, by_hand(LIVE)],
            [HEALTHY],
            State.DRIFTED,
            "/replicas is not what was deployed",
            id="drifted before pending",
        ),
        pytest.param(
            [AHEAD, LIVE],
            [HEALTHY],
            State.PENDING,
            f"{revision_of({**DATA, 'image': 'y'})} is stored and not applied to it yet; it declares {REVISION}",
            id="pending",
        ),
        pytest.param(
            [AHEAD, LIVE],
            [],
            State.PENDING,
            f"is stored and not applied to it yet; it declares {REVISION}; it has no pod",
            id="pending before unhealthy",
        ),
        pytest.param(
            [ENTRY, LIVE], [pod("be1", OLD)], State.UPDATING, f"pod be1-0 is at {OLD}, not {REVISION}", id="updating"
        ),
        pytest.param(
            [ENTRY, LIVE],
            [pod("be1", OLD, ready=False)],
            State.UPDATING,
            f"pod be1-0 is at {OLD}, not {REVISION}",
            id="updating before unhealthy",
        ),
        pytest.param(
            [ENTRY, LIVE],
            [pod("be1", None)],
            State.UPDATING,
            f"pod be1-0 is at no revision, not {REVISION}",
            id="a pod without the label",
        ),
        pytest.param([ENTRY, LIVE], [], State.UNHEALTHY, "it has no pod", id="missing"),
        pytest.param(
            [ENTRY, LIVE],
            [crashing("CrashLoopBackOff")],
            State.UNHEALTHY,
            "pod be1-0 is not Ready (CrashLoopBackOff)",
            id="crashing",
        ),
        pytest.param(
            [ENTRY, LIVE],
            [pod("be1", REVISION, ready=False)],
            State.UNHEALTHY,
            "pod be1-0 is not Ready (Running)",
            id="not Ready",
        ),
        pytest.param(
            [ENTRY, LIVE],
            [pod("be1", REVISION, "evicted", phase="Failed")],
            State.UNHEALTHY,
            "it has no pod",
            id="evicted",
        ),
        pytest.param(
            [ENTRY, LIVE],
            [pod("be1", OLD, "evicted", phase="Failed"), HEALTHY],
            State.CURRENT,
            f"its pod is Ready at {REVISION}",
            id="an evicted pod beside a good one",
        ),
        pytest.param([ENTRY, LIVE], [HEALTHY], State.CURRENT, f"its pod is Ready at {REVISION}", id="current"),
        pytest.param([LIVE], [HEALTHY], State.CURRENT, f"its pod is Ready at {REVISION}", id="nothing is stored"),
    ],
)
def test_a_live_node_is_in_the_first_state_that_fits(
    objects: list[Object], pods: list[Object], expected: State, why: str
) -> None:
    found, reason = state(objects, *pods)
    assert found is expected
    assert reason.endswith(why)


@pytest.mark.parametrize(
    ("objects", "revision", "expected", "why"),
    [
        (UNVERIFIED, OLD, State.UNVERIFIED, f"nothing known hashes to the revision it declares, {OLD}"),
        (DRIFTED, REVISION, State.DRIFTED, "/replicas is not what was deployed"),
        ([AHEAD, LIVE], REVISION, State.PENDING, f"not applied to it yet; it declares {REVISION}"),
    ],
)
def test_a_state_that_says_nothing_of_the_pods_hides_no_trouble_of_theirs(
    objects: list[Object], revision: str, expected: State, why: str
) -> None:
    _, ready = live(objects, pod("be1", revision))
    assert (ready.state, ready.unhealthy_besides) == (expected, False)
    assert ready.why.endswith(why)

    reason: Object = {"restartCount": 4, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}
    _, crashed = live(objects, pod("be1", revision, ready=False, containerStatuses=[reason]))
    assert (crashed.state, crashed.unhealthy_besides) == (expected, True)
    assert crashed.why == f"{ready.why}; pod be1-0 is not Ready (CrashLoopBackOff)"

    _, behind = live(objects, pod("be1", "0ther"))
    assert (behind.state, behind.unhealthy_besides) == (expected, False)
    assert behind.why == f"{ready.why}; pod be1-0 is at 0ther, not {revision}"


def test_what_the_state_says_of_the_pods_is_not_said_twice() -> None:
    assert live([ENTRY, LIVE], crashing("CrashLoopBackOff"))[1].unhealthy_besides is False
    assert live(ABSENT)[1].unhealthy_besides is False


def test_a_pod_being_deleted_is_not_healthy() -> None:
    leaving = pod("be1", REVISION)
    leaving["metadata"] = {**leaving["metadata"], "deletionTimestamp": "2026-01-01T00:00:00Z"}  # type: ignore[dict-item]
    assert state([ENTRY, LIVE], leaving) == (State.UNHEALTHY, "pod be1-0 is terminating")


def test_every_pod_of_a_node_with_several_counts() -> None:
    three = replace(SETTINGS, pods=PodSettings(per_node=3))
    pods = [pod("be1", REVISION, f"be1-{number}") for number in range(3)]
    both = live_of([ENTRY, LIVE], *pods[:2], settings=three).nodes["be1"].live
    assert both is not None
    assert (both.state, both.why) == (State.UNHEALTHY, "1 of 3 pods are missing")
    all_three = live_of([ENTRY, LIVE], *pods, settings=three).nodes["be1"].live
    assert all_three is not None
    assert (all_three.state, all_three.why) == (State.CURRENT, f"its pods are Ready at {REVISION}")


def test_what_runs_is_named_once_a_revision_finished_pods_aside() -> None:
    pods = [pod("be1", OLD, "a"), pod("be1", REVISION, "b"), pod("be1", OLD, "c"), pod("be1", None, "d")]
    _, known = live([ENTRY, LIVE], *pods, pod("be1", "gone", "e", phase="Succeeded"))
    assert known.running == f"{OLD},{REVISION},?"
    assert live([ENTRY, LIVE])[1].running is None


def test_the_data_of_a_live_node_is_what_hashes_to_its_declared_revision() -> None:
    defaulted = {**LIVE, "spec": {**DATA, "pullPolicy": "Always", "deploymentRevision": REVISION}}
    node, known = live([ENTRY, defaulted], HEALTHY)
    assert (node.data, node.text, known.drift) == (DATA, gojson.encode(DATA), ())
    assert node.parameters == {**DATA, "pullPolicy": "Always"}
    assert known.state is State.CURRENT


def test_a_pending_node_s_data_is_not_what_the_config_map_intends() -> None:
    node, _ = live([AHEAD, LIVE], HEALTHY)
    assert node.data == DATA
    assert node.faults == ()


def test_a_known_text_proves_the_data_where_the_cluster_holds_nothing_else_and_says_so() -> None:
    drifted_from_all = by_hand(resource("be1", DATA))
    known = {"be1": [("chart master_charts/express", gojson.encode(DATA))]}
    node = live_side([drifted_from_all], [], SETTINGS, schema=lambda _: None, known=known).nodes["be1"]
    assert node.live is not None
    assert (node.data, node.live.proof) == (DATA, "chart master_charts/express")


def test_an_unverified_node_has_no_data_and_is_never_called_drifted() -> None:
    node, known = live(UNVERIFIED)
    assert (node.data, node.text, known.drift, known.proof) == (None, None, (), None)
    assert node.parameters == DATA


def test_a_live_entry_that_does_not_hash_to_its_stored_revision_is_a_mismatch() -> None:
    entries: Object = {"be1.revision": REVISION, "be1.json": gojson.encode({**DATA, "replicas": 3})}
    node, known = live([config_map(entries), LIVE], HEALTHY)
    assert node.integrity == ["mismatch"]
    assert node.faults[0].cause == "the data was edited: the resource's own parameters have the stored revision"
    assert known.state is State.CURRENT


def test_a_config_map_ahead_of_a_resource_and_a_resource_without_entry_are_no_faults() -> None:
    assert live([AHEAD, LIVE])[0].faults == ()
    assert live([LIVE])[0].faults == ()


def test_two_live_entries_of_one_name_are_a_duplicate() -> None:
    objects = [config_map(entry("be1", DATA), "one"), config_map(entry("be1", DATA), "two"), LIVE]
    assert live(objects)[0].integrity == ["duplicate"]


def test_a_cluster_without_config_maps_is_told_in_a_note() -> None:
    assert live_of([LIVE]).notes == (
        "no ConfigMap labelled express.example.com/revisions=true: what is stored is unknown",
    )
    assert live_of([ENTRY, LIVE]).notes == ()
    assert live_of([]).notes == ()


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ({"containerStatuses": [{"state": {"waiting": {"reason": "ImagePullBackOff"}}}]}, "ImagePullBackOff"),
        ({"containerStatuses": [{"state": {"terminated": {"reason": "OOMKilled"}}}]}, "OOMKilled"),
        (
            {
                "initContainerStatuses": [
                    {"state": {"terminated": {"reason": "Completed"}}},
                    {"state": {"waiting": {"reason": "CrashLoopBackOff"}}},
                ],
                "containerStatuses": [{"state": {"waiting": {"reason": "PodInitializing"}}}],
            },
            "CrashLoopBackOff",
        ),
        (
            {"conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}]},
            "Unschedulable",
        ),
        ({"reason": "Evicted", "phase": "Failed"}, "Evicted"),
        ({}, None),
    ],
)
def test_a_pod_that_is_not_ready_says_why_in_kubernetes_words(status: Object, reason: str | None) -> None:
    assert read_pod({"metadata": {}, "status": status}, PodSettings()).reason == reason


def test_the_essence_of_a_pod_tells_all_that_is_read_of_it_and_little_more() -> None:
    container: Object = {
        "name": "express",
        "containerID": "containerd://1",
        "imageID": "sha256:1",
        "restartCount": 2,
        "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}},
    }
    pod: Object = {
        "metadata": {
            "name": "be1-0",
            "uid": "u",
            "resourceVersion": "7",
            "labels": {"express.example.com/deployment-revision": "abc"},
            "deletionTimestamp": "2026-01-01T00:00:00Z",
            "managedFields": [{"manager": "kubelet"}],
        },
        "spec": {"containers": [{"name": "express"}]},
        "status": {
            "phase": "Running",
            "reason": "Because",
            "conditions": [
                {"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"},
                {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"},
                {"type": "Initialized", "status": "True"},
            ],
            "initContainerStatuses": [{"name": "first", "state": {"waiting": {"reason": "Waiting"}}}],
            "containerStatuses": [container],
        },
    }
    kept = essence(pod)
    assert read_pod(kept, PodSettings()) == read_pod(pod, PodSettings())
    assert "imageID" not in repr(kept)
    assert "spec" not in kept
    assert read_pod(essence({}), PodSettings()) == read_pod({}, PodSettings())


def test_restarts_of_all_containers_are_counted() -> None:
    statuses: Object = {"containerStatuses": [{"restartCount": 2}, {"restartCount": 3}, {}]}
    assert read_pod({"metadata": {"name": "a"}, "status": statuses}, PodSettings()).restarts == 5


def test_a_pod_of_which_nothing_is_known_is_read_all_the_same() -> None:
    bare = read_pod({}, PodSettings())
    assert (bare.name, bare.revision, bare.ready, bare.phase, describe_health(bare)) == (
        "",
        None,
        False,
        "Unknown",
        "not Ready (Unknown)",
    )


def test_an_empty_label_is_no_revision() -> None:
    pod: Object = {"metadata": {"labels": {PodSettings().revision_label: ""}}}
    assert read_pod(pod, PodSettings()).revision is None


def test_the_state_judges_the_pod_before_anything_was_stored() -> None:
    manifest = Manifest(LIVE)
    known = read_resource(manifest, SETTINGS.resources)
    (stored,) = read_record(Manifest(config_map({"be1.json": "{}"})), SETTINGS.revisions).entries
    proof = Proof(gojson.encode(DATA), DATA, "test")
    assert judge_state(stored, known, proof, [], [], 1) == (State.UNHEALTHY, "it has no pod", State.UNHEALTHY)


@pytest.mark.parametrize(
    ("drifted", "words"),
    [
        (Drifted("/a", 1, 2, True, True, "kubectl-edit"), "/a is not what was deployed (by kubectl-edit)"),
        (Drifted("/a", 1, None, True, False, None), "/a is gone"),
        (Drifted("/a", None, 2, False, True, "kubectl-patch"), "/a was added (by kubectl-patch)"),
    ],
)
def test_drift_is_described_without_its_values(drifted: Drifted, words: str) -> None:
    assert describe(drifted) == words


def test_a_system_is_split_while_not_all_its_nodes_are_at_the_stored_revisions() -> None:
    second = applied_by_kubectl(resource("be2", DATA))
    entries = config_map({**entry("be1", {"image": "y"}), **entry("be2", DATA)})
    assert split(live_of([entries, LIVE, second], HEALTHY, pod("be2", REVISION))) == (1, 2)
    assert split(live_of([ENTRY, LIVE], pod("be1", OLD))) == (0, 1)
    assert split(live_of([ENTRY, LIVE], HEALTHY)) is None
    assert split(live_of([ENTRY, LIVE])) is None
    assert split(live_of([LIVE])) is None


def test_a_rendering_is_never_split_what_disagrees_there_is_a_fault() -> None:
    rendered: Side = side_of([ENTRY, resource("be1", DATA, declared=OLD)])
    assert rendered.nodes["be1"].integrity == ["disagree"]
    assert split(rendered) is None


def test_pods_that_belong_to_no_node_of_the_system_are_passed_over() -> None:
    stray: Object = {"metadata": {"name": "stray"}, "status": {}}
    assert list(live_of(system(be1=DATA), pod("other", REVISION), stray).nodes) == ["be1"]
