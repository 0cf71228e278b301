"""What others do to a node while a rollout waits for it: nothing further is applied, and it says why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.small_system import tagged
from tests.reliability.faults.proofs import PART, Since
from tests.reliability.ledger import Row, tell
from tests.testbed.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.small_system import SmallSystem, SmallSystems
    from tests.e2e.started import Started
    from tests.testbed.control_plane import ControlPlane

NODES = ("be1", "be2", "fe1")
BEFORE = tagged(**dict.fromkeys(NODES, "0"))
AFTER = tagged(**dict.fromkeys(NODES, "1"))
CHANGED = "be1: its Backend was changed by somebody else: it is at generation 3, not 2"


def _delete(system: SmallSystem) -> None:
    system.api.delete(system.path("be1"))


def _edit(system: SmallSystem) -> None:
    system.set("be1", jvm={"heapFraction": 0.5})


def _take_further(system: SmallSystem) -> None:
    system.set("be1", deploymentRevision="third")


def _make_anew(system: SmallSystem) -> None:
    found = system.api.get(system.path("be1"))
    system.api.delete(system.path("be1"))
    made = {key: found[key] for key in ("apiVersion", "kind", "spec")}
    system.api.create(system.collection("backends"), {**made, "metadata": {"name": "be1"}})


def _terminate(system: SmallSystem) -> None:
    """Delete the namespace, and what is in it as the namespace controller does: there is none here."""
    system.api.delete(f"/api/v1/namespaces/{system.name}")
    for plural in ("backends", "frontends"):
        system.api.delete(system.collection(plural))
    for plural in ("secrets", "configmaps", "pods"):
        system.api.delete(system.collection(plural, "/api/v1"))
    system.api.delete(system.lease)


HANDS: dict[str, tuple[Callable[[SmallSystem], object], tuple[str, ...]]] = {
    "deleted": (_delete, ("be1: its resource is gone: somebody else deleted it",)),
    "edited": (_edit, (CHANGED,)),
    "taken to a third revision": (_take_further, (f"{CHANGED}, and declares third, not ",)),
    "deleted and made anew": (
        _make_anew,
        (
            "be1: its resource is gone: somebody else deleted it",
            "be1: its Backend was deleted and created anew by somebody else",
        ),
    ),
}


@pytest.mark.parametrize("hand", HANDS)
def test_a_resource_that_somebody_lays_hands_on_halts_it_and_the_same_command_goes_on(
    systems: SmallSystems, control_plane: ControlPlane, hand: str
) -> None:
    act, words = HANDS[hand]
    system = systems(BEFORE)
    since, rollout = Since(system, control_plane), _hanging(system)
    act(system)
    ended = rollout.end()
    assert ended.code == 5, ended
    assert _why(ended.stdout).startswith(words)
    assert since.begun() == ["be1"]

    system.operator.tell("be1", "ok")
    again = system.run("--yes", target=AFTER)
    assert again.code == 0, again
    assert since.begun() == list(NODES)
    assert [system.tag(node) for node in NODES] == ["1"] * 3
    does = "halts, names what was done, and applies nothing further; the same command goes on"
    tell(Row(PART, f"the resource that is waited for {hand} by somebody else", does, 1))


def test_a_namespace_that_terminates_halts_it(systems: SmallSystems, control_plane: ControlPlane) -> None:
    system = systems(BEFORE)
    since, rollout = Since(system, control_plane), _hanging(system)
    _terminate(system)
    ended = rollout.end()
    assert ended.code == 5, ended
    assert since.begun() == ["be1"]
    words = ("be1: its resource is gone", "the lease is lost: it was deleted")
    assert _why(ended.stdout).startswith(words)

    system = systems(BEFORE)
    since = Since(system, control_plane)
    system.api.delete(f"/api/v1/namespaces/{system.name}")
    refused = system.run("--yes", target=AFTER)
    assert refused.code == 2, refused
    assert "because it is being terminated" in refused.stderr.splitlines()[-1]
    since.assert_untouched()
    does = "halts as its objects go; begun later, it refuses, and applies nothing"
    tell(Row(PART, "the namespace terminating", does, 2))


def test_a_pod_that_flaps_passes_once_it_has_been_ready_for_long_enough(
    systems: SmallSystems, control_plane: ControlPlane
) -> None:
    system = systems(BEFORE)
    system.operator.tell("be1", "flap: 0.3")
    since = Since(system, control_plane)
    rollout = system.start("--yes", "--min-ready", "1s", target=AFTER)
    rollout.line("be1: pod be1-0 is Ready, but not for 1 s yet")
    eventually(lambda: rollout.text.count("not Ready") >= 4, "it has flapped for a while")
    assert since.begun() == ["be1"]
    system.operator.tell("be1", "ok")
    assert rollout.end().code == 0
    assert since.begun() == list(NODES)
    since.assert_restarted_once(NODES)
    tell(Row(PART, "a pod that flaps", "with --min-ready waits until it has been Ready for so long", 1))


def test_a_finished_node_that_flaps_halts_it_before_the_next(
    systems: SmallSystems, control_plane: ControlPlane
) -> None:
    system = systems(BEFORE)
    system.operator.tell("be2", "next, hang")
    since, rollout = Since(system, control_plane), system.start("--yes", target=AFTER)
    rollout.line("be2: pod be2-0 is not Ready (ContainerCreating)")
    system.make_crash("be1")
    system.operator.tell("be2", "ok")
    ended = rollout.end()
    assert ended.code == 5, ended
    assert _why(ended.stdout).startswith("be1 is finished and no longer passes: ")
    assert since.begun() == ["be1", "be2"]
    tell(Row(PART, "a finished node's pod that is no longer Ready", "halts before the next node", 1))


def _hanging(system: SmallSystem) -> Started:
    system.operator.tell("be1", "next, hang")
    rollout = system.start("--yes", target=AFTER)
    rollout.line("be1: pod be1-0 is not Ready (ContainerCreating)")
    return rollout


def _why(stdout: str) -> str:
    """Return why a rollout halted."""
    (line,) = [line for line in stdout.splitlines() if line.startswith("halted: ")]
    return line.removeprefix("halted: ")
