"""A rollout over links and servers that fail now and then: it goes on as if they had not."""

from __future__ import annotations

import random
import threading
import time
from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from tests.e2e.small_system import tagged
from tests.reliability.ledger import Row, tell
from tests.reliability.weather.proxy import Cut, Told, refusal
from tests.testbed.audit import readiness, requests, steps

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.small_system import SmallSystem, SmallSystems
    from tests.reliability.weather.proxy import Asked, Proxy
    from tests.testbed.control_plane import ControlPlane

    Answer = Callable[[], Told]
    Weather = Callable[[Asked, Answer], Told]

PART = "Rollout under faults"
SEED = 8
NODES = ("be1", "be2", "fe1")


class Sometimes:
    """Does something to some requests: to each kind of them first after a seeded number, then again and again."""

    def __init__(self, seed: int, harm: Weather, of: Callable[[Asked], bool] = lambda _: True) -> None:
        self.done = 0
        self._chance = random.Random(seed)  # noqa: S311
        self._harm = harm
        self._of = of
        self._lock = threading.Lock()
        self._since: dict[str, int] = defaultdict(int)

    def __call__(self, asked: Asked, answer: Answer) -> Told:
        with self._lock:
            key = f"{asked.method} {asked.path}"
            # Never twice in a row: a server that does nothing but fail is another trouble.
            hit = self._of(asked) and self._since[key] == 0 and self._chance.random() < 0.5
            self._since[key] = 2 if hit else max(self._since[key] - 1, 0)
            self.done += hit
        return self._harm(asked, answer) if hit else answer()


def _failing(status: int, reason: str, **headers: str) -> Weather:
    return lambda _, __: refusal(status, reason, "it is the weather", **headers)


def _cut_before(_: Asked, __: Answer) -> Told:
    raise Cut


def _cut_after(_: Asked, answer: Answer) -> Told:
    answer()
    raise Cut


def _gone(asked: Asked, answer: Answer) -> Told:
    return refusal(410, "Expired", "too old resource version") if asked.watches else answer()


def _reads(asked: Asked) -> bool:
    return asked.method == "GET"


GOES_ON: dict[str, tuple[Weather, Callable[[Asked], bool], str]] = {
    "429 with Retry-After": (
        _failing(429, "TooManyRequests", Retry_After="1"),
        lambda _: True,
        "asks again after the time the server names",
    ),
    "503 with Retry-After on reading": (
        _failing(503, "ServiceUnavailable", Retry_After="1"),
        _reads,
        "asks again after the time the server names",
    ),
    "connections reset before reading": (_cut_before, _reads, "reads again"),
    "connections reset on watches": (_cut_after, lambda asked: asked.watches, "takes the watch up where it was"),
    "500 on watches": (
        _failing(500, "InternalError"),
        lambda asked: asked.watches,
        "takes the watch up after a moment",
    ),
    "410 Gone on watches": (_gone, lambda asked: asked.watches, "reads the list again, and watches from there"),
}


@pytest.mark.parametrize("trouble", GOES_ON)
def test_a_rollout_goes_on_through(
    systems: SmallSystems, control_plane: ControlPlane, proxy: Proxy, trouble: str
) -> None:
    harm, of, does = GOES_ON[trouble]
    system = systems(tagged(**dict.fromkeys(NODES, "0")))
    since = control_plane.audit_log.stat().st_size
    proxy.weather = weather = Sometimes(SEED, harm, of)
    done = system.run("--yes", *proxy.flags, target=tagged(**dict.fromkeys(NODES, "1")))
    assert done.code == 0, done.stderr
    assert weather.done > 0
    assert_in_order(system, control_plane, since)
    tell(Row(PART, trouble, does, weather.done, seed=SEED))


def test_a_rollout_goes_on_where_every_watch_is_cut_off_at_once(
    systems: SmallSystems, control_plane: ControlPlane, proxy: Proxy
) -> None:
    system = systems(tagged(**dict.fromkeys(NODES, "0")))
    since = control_plane.audit_log.stat().st_size
    proxy.watches_last = 0.2
    system.operator.tell("default", "slow: 1.5")
    done = system.run("--yes", *proxy.flags, target=tagged(**dict.fromkeys(NODES, "1")))
    assert done.code == 0, done.stderr
    watches = sum(asked.watches for asked in proxy.asked)
    assert watches > 10
    assert_in_order(system, control_plane, since)
    tell(Row(PART, "watches cut off after 0.2 s", "takes them up where they were", watches))


def test_what_a_stale_list_says_of_pods_does_not_pass_for_what_is(
    systems: SmallSystems, control_plane: ControlPlane, proxy: Proxy
) -> None:
    """Pods as they were before each apply are listed once more after it: Ready, at the former revision."""
    system = systems(tagged(**dict.fromkeys(NODES, "0")))
    since = control_plane.audit_log.stat().st_size
    before: dict[str, Told] = {}
    served: list[str] = []

    def weather(asked: Asked, answer: Answer) -> Told:
        if asked.method != "GET" or asked.watches or not asked.path.endswith("/pods"):
            return answer()
        key = asked.target
        if key in before and served.count(key) < 1:
            served.append(key)
            return before[key]
        before[key] = answer()
        return before[key]

    proxy.weather = weather
    done = system.run("--yes", *proxy.flags, target=tagged(**dict.fromkeys(NODES, "1")))
    assert done.code == 0, done.stderr
    assert served
    assert_in_order(system, control_plane, since)
    tell(Row(PART, "stale lists of pods", "waits for what the watch tells next", len(served)))


def test_a_slow_server_takes_its_time_and_loses_nothing(
    systems: SmallSystems, control_plane: ControlPlane, proxy: Proxy
) -> None:
    system = systems(tagged(be1="0", fe1="0"))
    since = control_plane.audit_log.stat().st_size
    slow: list[Asked] = []
    pause = threading.Event()

    def weather(asked: Asked, answer: Answer) -> Told:
        if asked.writes:
            slow.append(asked)
            pause.wait(5 if "leases" in asked.path else 1)
        return answer()

    proxy.weather = weather
    begun = time.monotonic()
    done = system.run("--yes", *proxy.flags, target=tagged(be1="1", fe1="1"))
    assert done.code == 0, done.stderr
    assert time.monotonic() - begun > 5
    again = [line for line in done.stdout.splitlines() if "to be tried again" in line]
    assert len(again) <= 8, again
    assert_in_order(system, control_plane, since, ("be1", "fe1"))
    tell(Row(PART, "a server that takes 5 s for the lease and 1 s for other writes", "waits", len(slow)))


def assert_in_order(system: SmallSystem, plane: ControlPlane, since: int, nodes: tuple[str, ...] = NODES) -> None:
    """Hold the audit log to one node after the other, each begun once the one before was Ready, and none twice."""
    found = requests(plane.audit_log, system.name, since)
    turns = steps(found, "kubectl-express")
    assert [each.name for each in turns] == list(nodes)
    ready = readiness(found)
    for earlier, later in pairwise(turns):
        assert ready[earlier.name] <= later.received, f"{later.name} was begun before {earlier.name} was Ready"
    writes = [each for each in found if each.agent == "express-operator" and each.resource == "pods" and each.writes]
    assert sum(each.verb == "create" for each in writes) == len(nodes), "a pod was made twice"
