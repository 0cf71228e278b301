"""One node's turn along a made-up course: when it has come to rest, when it is gone, what was applied of it."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest

from kubectl_express.core.changes import ChangeKind
from kubectl_express.core.gate import Facts, Wanted
from kubectl_express.core.manifest import Manifest
from kubectl_express.core.node import Pod
from kubectl_express.core.plan import Action, Step
from kubectl_express.core.settings import Settings
from kubectl_express.errors import ServerError
from kubectl_express.rollout.session import Gating, HaltedError, Session
from kubectl_express.rollout.turn import await_arrival, take_turn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kubectl_express.core.values import Object

OLD, NEW = "3f2a9c01de", "91b9d4e077"


def pod(
    revision: str = NEW, reason: str | None = None, *, phase: str = "Running", ready: bool = False, leaves: bool = False
) -> Pod:
    """Return a pod of be3; those of one revision are one."""
    return Pod("be3-0", revision, revision, ready, leaves, phase, reason, 0)


class Course:
    """What is seen of be3 over time: its pods from each second on; and a clock that goes as far as is waited."""

    def __init__(self, pods: Mapping[float, tuple[Pod, ...]], *, exists: bool = True) -> None:
        self.now = 0.0
        self.there: Any = backend(NEW, 1) if exists else None
        self._pods = dict(pods)
        parts: Any = SimpleNamespace(
            settings=Settings(),
            observer=self,
            applier=self,
            inbox=SimpleNamespace(hear=self._wait, catch_up=lambda: None),
            wishes=SimpleNamespace(stop=None, leave=False),
            lease=SimpleNamespace(within=lambda: 10.0),
            journal=SimpleNamespace(applying=lambda _: None, passed=lambda _: None, note=lambda *_: None),
            report=lambda _: None,
        )
        self.session = Session(parts, Gating(), clock=lambda: self.now)

    def _wait(self, seconds: float) -> None:
        coming = [second for second in self._pods if second > self.now]
        self.now = min([self.now + seconds, *coming])

    # The observer

    def resource(self, _name: str) -> Object | None:
        """Return the resource as it was last seen: none, so that no Event is left."""
        return None

    def node(self, _name: str) -> Facts:
        """Return what is seen now."""
        since = max(second for second in self._pods if second <= self.now)
        return Facts(self.there, self._pods[since], self.now - since, {})

    def refresh(self, name: str, _resource: Object | None = None) -> Facts:
        """Return what is there now: nothing is ever missed here."""
        return self.node(name)

    def pods_afresh(self, _name: str) -> dict[str, Pod]:
        """Return the pods by uid."""
        return {each.uid: each for each in self.node("be3").pods}

    # The applier

    def live(self, _manifest: Object) -> Object | None:
        """Return the resource as it is."""
        found: Object | None = self.there
        return found

    def apply(self, _manifest: Manifest, _live: Object | None) -> Object:
        """Apply; a test says how."""
        raise NotImplementedError

    def delete(self, _live: Object) -> None:
        """Delete the resource."""
        self.there = None


def backend(revision: str, generation: int) -> Object:
    """Return be3's resource."""
    metadata: Object = {"name": "be3", "uid": "1", "generation": generation}
    return {"apiVersion": "v1", "kind": "Backend", "metadata": metadata, "spec": {"deploymentRevision": revision}}


def step(action: Action = Action.APPLY) -> Step:
    """Return be3's step, from the revision that it declares."""
    wanted = Manifest(backend(OLD if action is Action.APPLY else NEW, 1))
    return Step("be3", "Backend", action, ChangeKind.UPDATE, "", wanted, OLD, live=backend(NEW, 1))


RESTS: dict[str, tuple[dict[float, tuple[Pod, ...]], float]] = {
    "its pod crashes": ({0: (pod(reason="CrashLoopBackOff"),)}, 0),
    "its pod is Ready": ({0: (pod(ready=True),)}, 0),
    "its pod has hung for long": ({-100: (pod(),)}, 0),
    "its pod began to hang just now": ({-2: (pod(phase="Pending"),)}, 3),
    "its old pod is gone and the new one, which crashes, not there yet": (
        {0: (), 8: (pod(reason="CrashLoopBackOff"),)},
        8,
    ),
    "its old pod is on its way out, then nothing is there, then one that hangs": (
        {0: (pod(OLD, leaves=True),), 40: (), 90: (pod(),)},
        95,
    ),
    "its pod was evicted, and another one comes": ({0: (pod(phase="Failed"),), 8: (pod(ready=True),)}, 8),
}


@pytest.mark.parametrize("what", RESTS)
def test_a_node_that_the_plan_mends_holds_up_the_others_until_it_has_come_to_rest(what: str) -> None:
    pods, seconds = RESTS[what]
    course = Course(pods)
    await_arrival(course.session, Wanted("be3", NEW), 600.0, repairs=True)
    assert course.now == seconds


def test_a_node_that_is_gone_with_its_pods_holds_up_nothing() -> None:
    course = Course({0: (pod(leaves=True),), 8: ()}, exists=False)
    await_arrival(course.session, Wanted("be3", NEW), 600.0, repairs=True)
    assert course.now == 8


def test_a_node_that_never_gets_its_pod_is_to_be_rolled_first() -> None:
    course = Course({0: ()})
    with pytest.raises(HaltedError, match=r"be3: not there after 600 s: .*; roll it before the others, by --only be3$"):
        await_arrival(course.session, Wanted("be3", NEW), 600.0, repairs=True)
    assert math.isclose(course.now, 600)


def test_a_deleted_node_is_gone_once_only_pods_that_have_ended_are_left() -> None:
    course = Course({0: (pod(), pod(OLD, phase="Failed")), 5: (pod(OLD, phase="Failed"),)})
    take_turn(course.session, step(Action.DELETE), "1 of 1")
    assert course.now == 5


@pytest.mark.parametrize("half_done", [False, True])
def test_a_node_whose_apply_is_refused_is_in_progress_only_if_half_of_it_was_done(half_done: bool) -> None:
    course = Course({0: (pod(ready=True),)})

    def refuse(*_: object) -> Object:
        course.there = backend(OLD, 2) if half_done else course.there
        raise ServerError("Invalid", "it is not to be", 422)

    with mock.patch.object(course, "apply", refuse), pytest.raises(ServerError):
        take_turn(course.session, step(), "1 of 1")
    assert course.session.current == ("be3" if half_done else None)
