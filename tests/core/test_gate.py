from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from kubectl_express.core.gate import QUIET, Facts, Outcome, Verdict, Wanted, has_observed, judge
from kubectl_express.core.node import Pod

if TYPE_CHECKING:
    from kubectl_express.core.values import Object

PATH = "/spec/deploymentRevision"
OLD, NEW = "3f2a9c01de", "91b9d4e077"
STATUS = {"observedGeneration": 3, "deploymentRevision": NEW, "ready": True}
STALE = {"observedGeneration": 1, "deploymentRevision": NEW, "ready": True}


def cr(generation: int = 3, revision: str = NEW, uid: str = "u1", status: Any = None, **metadata: Any) -> Object:
    return {
        "kind": "Frontend",
        "metadata": {"name": "fe1", "uid": uid, "generation": generation, **metadata},
        "spec": {"deploymentRevision": revision},
        "status": status or {},
    }


def pod(name: str = "fe1-0", uid: str | None = None, **facts: Any) -> Pod:
    known: dict[str, Any] = {
        "revision": NEW,
        "ready": True,
        "terminating": False,
        "phase": "Running",
        "reason": None,
        "restarts": 0,
        "ready_since": "2026-01-01T00:00:00Z",
        "containers": ("c id1 2026-01-01T00:00:00Z",),
    }
    return Pod(name=name, uid=uid or name, **{**known, **facts})


RESTARTED = {"containers": ("c id2 2026-01-02T00:00:00Z",), "ready_since": "2026-01-02T00:00:01Z"}
APPLIED = Wanted("fe1", NEW, uid="u1", generation=3, changed=True)
UNCHANGED = replace(APPLIED, changed=False)
WAIT = Wanted("fe1", NEW, settled=False)


def seen(*pods: Pod, resource: Object | None = None, quiet: float = 0.0, **ready: float) -> Facts:
    return Facts(resource or cr(), pods, quiet, {name.replace("_", "-"): seconds for name, seconds in ready.items()})


def before(*pods: Pod, wanted: Wanted = APPLIED) -> Wanted:
    return replace(wanted, before={each.uid: each for each in pods})


def verdict(wanted: Wanted, facts: Facts) -> Verdict:
    return judge(wanted, facts, PATH)


def says(wanted: Wanted, facts: Facts, outcome: Outcome = Outcome.WAITING) -> str:
    found = verdict(wanted, facts)
    assert found.outcome is outcome
    return found.reason


@pytest.mark.parametrize(
    ("resource", "reason"),
    [
        (None, "its resource is gone: somebody else deleted it"),
        (cr(uid="u2"), "its Frontend was deleted and created anew by somebody else"),
        (cr(deletionTimestamp="2026-01-01T00:00:00Z"), "its Frontend is being deleted"),
        (cr(generation=4), "its Frontend was changed by somebody else: it is at generation 4, not 3"),
        (
            cr(generation=4, revision=OLD),
            f"its Frontend was changed by somebody else: it is at generation 4, not 3, and declares {OLD}, not {NEW}",
        ),
        (cr(generation=2), "its Frontend was changed by somebody else: it is at generation 2, not 3"),
        (cr(revision=OLD), f"its Frontend declares {OLD}, not {NEW}"),
    ],
)
def test_a_resource_that_is_not_as_it_was_applied_fails_whatever_its_pods(resource: Object | None, reason: str) -> None:
    facts = Facts(resource, (pod(),), 99.0, {})
    for wanted in (APPLIED, UNCHANGED):
        assert says(wanted, facts, Outcome.FAILED) == reason


@pytest.mark.parametrize(
    ("resource", "reason"),
    [
        (None, "it has no resource"),
        (cr(deletionTimestamp="2026-01-01T00:00:00Z"), "its Frontend is being deleted"),
        (cr(revision=OLD), f"its Frontend declares {OLD}, not {NEW}"),
    ],
)
def test_where_nobody_applied_it_here_another_resource_may_still_become_the_one_wanted(
    resource: Object | None, reason: str
) -> None:
    assert says(WAIT, Facts(resource, (pod(),), 99.0, {})) == reason


@pytest.mark.parametrize(
    ("pods", "reason"),
    [
        ([], f"it has no pod at {NEW} yet"),
        ([pod(revision=OLD)], f"pod fe1-0 is at {OLD}, not {NEW}"),
        ([pod(revision=None)], f"pod fe1-0 is at no revision, not {NEW}"),
        ([pod(terminating=True)], f"pod fe1-0 is still terminating; it has no pod at {NEW} yet"),
        ([pod(revision=OLD, terminating=True), pod("fe1-1")], "pod fe1-0 is still terminating"),
        (
            [pod(revision=OLD), pod("fe1-1")],
            f"pod fe1-0 is at {OLD}, not {NEW}; there are 2 pods, fe1-0, fe1-1, where 1 is expected",
        ),
        ([pod(), pod("fe1-1")], "there are 2 pods, fe1-0, fe1-1, where 1 is expected"),
        ([pod(ready=False, reason="ContainerCreating")], "pod fe1-0 is not Ready (ContainerCreating)"),
        ([pod(ready=False, phase="Pending")], "pod fe1-0 is not Ready (Pending)"),
        (
            [pod(ready=False, phase="Failed", reason="Evicted")],
            f"it has no pod at {NEW} yet; pod fe1-0 is Failed (Evicted)",
        ),
        ([pod(phase="Succeeded")], f"it has no pod at {NEW} yet; pod fe1-0 is Succeeded (ended)"),
    ],
)
@pytest.mark.parametrize("wanted", [APPLIED, UNCHANGED, WAIT], ids=["applied", "unchanged", "wait"])
def test_pods_that_are_not_the_ones_wanted_are_waited_for_whatever_the_status_claims(
    wanted: Wanted, pods: list[Pod], reason: str
) -> None:
    assert says(wanted, seen(*pods, resource=cr(status=STATUS), quiet=99.0)) == reason


@pytest.mark.parametrize("status", [{}, STALE, {"ready": False, "observedGeneration": 1, "deploymentRevision": OLD}])
def test_a_new_pod_passes_whatever_the_status_says(status: Object) -> None:
    wanted = before(pod("fe1-0", uid="old", revision=OLD))
    facts = seen(pod("fe1-0", uid="new"), resource=cr(status=status))
    assert says(wanted, facts, Outcome.PASSED) == f"pod fe1-0 is Ready at {NEW}"


def test_a_pod_that_has_finished_stands_beside_the_one_that_counts() -> None:
    facts = seen(pod("fe1-1", phase="Failed", ready=False, reason="Evicted", revision=OLD), pod())
    assert verdict(APPLIED, facts).outcome is Outcome.PASSED


def test_an_apply_that_changed_nothing_leaves_a_healthy_pod_as_it_is() -> None:
    assert verdict(before(pod(), wanted=UNCHANGED), seen(pod())).outcome is Outcome.PASSED


def test_a_pod_from_before_the_apply_waits_until_the_operator_has_seen_the_resource_or_is_quiet() -> None:
    wanted = before(pod())
    found = verdict(wanted, seen(pod(), resource=cr(status=STALE), quiet=1.5))
    assert found.reason == (
        "pod fe1-0 is Ready, perhaps from before the apply: "
        "the operator has not said yet that it has seen generation 3, nor been quiet for 5 s"
    )
    assert (found.outcome, found.again) == (Outcome.WAITING, QUIET - 1.5)
    assert verdict(wanted, seen(pod(), resource=cr(status=STATUS))).outcome is Outcome.PASSED
    assert verdict(wanted, seen(pod(), resource=cr(status=STALE), quiet=QUIET)).outcome is Outcome.PASSED


def test_of_two_pods_each_must_be_proved() -> None:
    wanted = replace(before(pod("fe1-0"), pod("fe1-1")), pods=2)
    assert says(wanted, seen(pod("fe1-0"), pod("fe1-2"))).startswith(
        "pod fe1-0 is Ready, perhaps from before the apply"
    )
    assert says(wanted, seen(pod("fe1-2"))) == "1 of 2 pods are there"
    three = seen(*(pod(f"fe1-{number}") for number in (2, 3, 4)))
    assert says(wanted, three) == "there are 3 pods, fe1-2, fe1-3, fe1-4, where 2 are expected"
    assert says(wanted, seen(pod("fe1-2"), pod("fe1-3")), Outcome.PASSED) == f"pods fe1-2, fe1-3 are Ready at {NEW}"


@pytest.mark.parametrize(
    ("then", "now", "proved"),
    [
        ({"revision": OLD}, RESTARTED, True),
        ({"revision": OLD}, {}, False),
        ({"revision": OLD}, {"containers": RESTARTED["containers"]}, False),
        ({"revision": OLD}, {"ready_since": RESTARTED["ready_since"]}, False),
        ({"revision": OLD, "containers": (), "ready_since": None}, RESTARTED, False),
        ({}, RESTARTED, False),
    ],
    ids=["relabelled and restarted", "relabelled", "not yet Ready again", "flapped", "begun", "crashed"],
)
def test_a_pod_relabelled_in_place_proves_the_revision_once_it_runs_anew(
    then: dict[str, Any], now: dict[str, Any], proved: bool
) -> None:
    found = verdict(before(pod(**then)), seen(pod(**now)))
    assert found.outcome is (Outcome.PASSED if proved else Outcome.WAITING)


def test_wait_passes_a_pod_that_was_there_when_it_began_only_once_that_has_settled() -> None:
    wanted = before(pod(), wanted=WAIT)
    assert says(wanted, seen(pod(), resource=cr(status=STALE))).startswith("pod fe1-0 is Ready, perhaps from before")
    assert verdict(wanted, seen(pod(uid="new"), resource=cr(status=STALE))).outcome is Outcome.PASSED
    assert verdict(wanted, seen(pod(), resource=cr(status=STATUS))).outcome is Outcome.PASSED
    assert verdict(replace(wanted, settled=True), seen(pod(), resource=cr(status=STALE))).outcome is Outcome.PASSED


def test_min_ready_is_counted_for_every_pod() -> None:
    wanted = replace(APPLIED, pods=2, min_ready=10)
    found = verdict(wanted, seen(pod("fe1-0"), pod("fe1-1"), fe1_0=12.0, fe1_1=4.0))
    assert (found.outcome, found.again) == (Outcome.WAITING, 6.0)
    assert found.reason == "pods fe1-0, fe1-1 are Ready, but not for 10 s yet"
    assert verdict(wanted, seen(pod("fe1-0"), pod("fe1-1"), fe1_0=12.0)).again == 10
    assert verdict(wanted, seen(pod("fe1-0"), pod("fe1-1"), fe1_0=12.0, fe1_1=10.0)).outcome is Outcome.PASSED


@pytest.mark.parametrize("reason", ["CrashLoopBackOff", "ImagePullBackOff", "ErrImagePull", "Unschedulable"])
def test_a_pod_that_will_hardly_get_over_it_is_ailing(reason: str) -> None:
    sick = pod(ready=False, reason=reason)
    assert verdict(APPLIED, seen(sick)).ailing
    assert verdict(APPLIED, seen(sick, pod("fe1-1", revision=OLD, terminating=True))).ailing
    assert verdict(UNCHANGED, seen(sick)).ailing


def test_a_pod_that_is_starting_or_still_the_old_one_is_not_ailing() -> None:
    assert not verdict(APPLIED, seen(pod(ready=False, reason="ContainerCreating"))).ailing
    assert not verdict(APPLIED, seen(pod(ready=False, reason="CrashLoopBackOff", revision=OLD))).ailing
    assert not verdict(APPLIED, seen(pod(ready=False, reason="CrashLoopBackOff", terminating=True))).ailing


def test_what_ailed_before_the_apply_is_held_against_it_only_when_the_operator_has_seen_it() -> None:
    sick = pod(ready=False, reason="CrashLoopBackOff")
    found = verdict(before(sick), seen(sick, quiet=2.0))
    assert (found.ailing, found.again) == (False, 3.0)
    assert verdict(before(sick), seen(sick, quiet=QUIET)).ailing
    assert verdict(before(sick), seen(sick, resource=cr(status=STATUS))).ailing


@pytest.mark.parametrize(
    ("status", "path", "observed"),
    [
        ({}, PATH, False),
        ({"observedGeneration": 2}, PATH, False),
        ({"observedGeneration": "3"}, PATH, False),
        ({"observedGeneration": 3}, PATH, True),
        ({"observedGeneration": 3, "deploymentRevision": NEW}, PATH, True),
        ({"observedGeneration": 3, "deploymentRevision": OLD}, PATH, False),
        ({"observedGeneration": 3, "deploymentRevision": {}}, PATH, False),
        ({"observedGeneration": 3, "config": {"a/b": OLD}}, "/spec/config/a~1b", False),
        ({"observedGeneration": 3, "config": {"a/b": NEW}}, "/spec/config/a~1b", True),
        ({"observedGeneration": 3, "revision": OLD}, "/revision", False),
    ],
)
def test_the_status_says_that_the_resource_was_seen_by_its_generation_and_revision(
    status: Object, path: str, observed: bool
) -> None:
    assert has_observed(cr(status=status), NEW, path) is observed


def test_a_resource_without_generation_and_observed_generation_was_not_seen() -> None:
    assert not has_observed({"metadata": {}, "status": {}}, NEW, PATH)


def test_a_node_that_declares_no_revision_is_there_with_a_pod_that_has_none() -> None:
    wanted = Wanted("fe1", None, uid="u1", generation=3, changed=True)
    bare: Object = {"kind": "Frontend", "metadata": {"uid": "u1", "generation": 3}, "spec": {}}
    before = replace(wanted, before={"old": pod(uid="old", revision=NEW)})
    waiting = says(before, seen(pod(uid="old"), resource=bare, quiet=99.0))
    assert waiting == f"pod fe1-0 is at {NEW}, not no revision"
    facts = seen(pod(revision=None), resource=bare)
    assert says(before, facts, Outcome.PASSED) == "pod fe1-0 is Ready at no revision"
    assert says(wanted, seen(resource=bare)) == "it has no pod at no revision yet"
    assert says(wanted, seen(pod(revision=None)), Outcome.FAILED) == f"its Frontend declares {NEW}, not no revision"
    assert says(APPLIED, seen(pod(), resource=bare), Outcome.FAILED) == f"its Frontend declares no revision, not {NEW}"
