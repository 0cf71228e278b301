"""Who looks on, `wait` and `rollout status -w`, behind an API server that fails or a proxy that keeps watches back."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Protocol

import pytest

from tests.e2e.small_system import tagged
from tests.e2e.started import Started
from tests.reliability.faults.harms import refusing
from tests.reliability.faults.proofs import PART
from tests.reliability.faults.proxy import no_harm
from tests.reliability.ledger import Row, tell
from tests.testbed.parts import part
from tests.testbed.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.e2e.small_system import SmallSystem, SmallSystems
    from tests.reliability.faults.proxy import Answer, Asked, Harm, Proxy, Told

BEFORE, AFTER = tagged(be1="0"), tagged(be1="1")
HANG = "next, hang"


class Start(Protocol):
    """Starts a command on a system through the proxy."""

    def __call__(self, system: SmallSystem, *words: str) -> Started: ...


@pytest.fixture
def system(systems: SmallSystems) -> SmallSystem:
    return systems(BEFORE)


@pytest.fixture
def start(proxy: Proxy) -> Iterator[Start]:
    with ExitStack() as running:

        def begun(system: SmallSystem, *words: str) -> Started:
            flags = ["--context", "yul1", "-n", system.name, *proxy.flags]
            command: list[str | Path] = [part("kubectl"), "express", *words, *flags]
            program = Started(command, system.express.environment(), system.folder)
            running.callback(program.close)
            return program

        yield begun


def failing(what: Callable[[Asked], bool]) -> Harm:
    """Return the harm that answers just these requests with 503, and with no word of when to ask again."""
    refuse = refusing(503)

    def harm(asked: Asked, answer: Answer) -> Told:
        return refuse(asked, answer) if what(asked) else answer()

    return harm


def asks_again(proxy: Proxy, what: Callable[[Asked], bool]) -> None:
    """Wait until such a request was made twice more."""
    before = len(proxy.asked)
    eventually(lambda: sum(map(what, proxy.asked[before:])) >= 2, "it asks again", 60)


def test_wait_asks_again_where_the_server_fails(system: SmallSystem, proxy: Proxy, start: Start) -> None:
    # An operator that says nothing is taken at its quiet, once that is read afresh.
    system.operator.tell("be1", "silent")
    system.set("be1", priority=7)
    proxy.harm = failing(_looks_afresh)
    waiting = start(system, "wait", "be1")
    asks_again(proxy, _looks_afresh)
    proxy.harm = no_harm
    ended = waiting.end()
    assert (ended.code, ended.stdout.startswith("be1: pod be1-0 is Ready")) == (0, True), ended
    tell(Row(PART, "503 for what `wait` reads afresh", "asks again", 1))


def _looks_afresh(asked: Asked) -> bool:
    return "fieldSelector" in asked.query and not asked.watches


def test_wait_looks_though_watches_tell_nothing(system: SmallSystem, proxy: Proxy, start: Start) -> None:
    system.operator.tell("be1", HANG)
    rollout = system.start("--yes", target=AFTER)
    rollout.line("be1: pod be1-0 is not Ready")
    proxy.mute = True
    waiting = start(system, "wait", "be1", "--timeout", "120s")
    waiting.line("be1: pod be1-0 is not Ready")
    system.operator.tell("be1", "ok")
    ended = waiting.end(150)
    assert (ended.code, ended.stdout.startswith("be1: pod be1-0 is Ready")) == (0, True), ended
    assert rollout.end().code == 0
    tell(Row(PART, "watches that tell `wait` nothing", "looks at the nodes every 30 s", 1))


def test_status_that_watches_reads_again_where_the_server_fails(
    system: SmallSystem, proxy: Proxy, start: Start
) -> None:
    rollout = system.start("--step", target=AFTER)
    rollout.line("waits for `kubectl express rollout resume`, 1 of 1")
    watching = start(system, "rollout", "status", "-w")
    watching.line("paused: waits for an answer")
    proxy.harm = failing(_reads_the_record)
    asks_again(proxy, _reads_the_record)
    assert system.run("stop").code == 0
    assert rollout.end().code == 4
    proxy.harm = no_harm
    ended = watching.end()
    assert (ended.code, "stopped by" in ended.stdout) == (0, True), ended
    tell(Row(PART, "503 for what `rollout status -w` reads", "reads again", 1))


def _reads_the_record(asked: Asked) -> bool:
    return asked.path.endswith("/secrets")


def test_a_rollout_that_ends_between_reading_its_record_and_its_lease_is_not_said_to_be_interrupted(
    system: SmallSystem, proxy: Proxy, start: Start
) -> None:
    rollout = system.start("--step", target=AFTER)
    rollout.line("waits for `kubectl express rollout resume`, 1 of 1")

    def ends_before_the_lease(asked: Asked, answer: Answer) -> Told:
        if asked.about_the_lease and rollout.running:
            assert system.run("stop").code == 0
            rollout.end()
        return answer()

    proxy.harm = ends_before_the_lease
    ended = start(system, "rollout", "status").end()
    assert not rollout.running
    assert ("interrupted" in ended.stdout, "stopped by" in ended.stdout) == (False, True), ended
    tell(Row(PART, "a rollout that ends while `rollout status` reads", "reads its record again", 1))
