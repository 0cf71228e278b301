"""`rollout status -w` follows a rollout to its end, whatever that is, and says it though no node changes any more."""

from __future__ import annotations

import json
import signal
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from tests.e2e.rollouts import NODES, groups
from tests.e2e.stopping import hang, in_progress

if TYPE_CHECKING:
    from tests.e2e.rollouts import SixNodes
    from tests.testbed.programs import Outcome


def test_a_stop_from_elsewhere_while_it_waits_for_an_answer_is_seen(six: SixNodes) -> None:
    six.change()
    rollout = six.start("--step")
    rollout.line("waits for `kubectl express rollout resume`, 1 of 6")
    watching = six.start("status", "-w")
    watching.line("paused: waits for an answer")
    assert six.run("rollout", "stop").code == 0
    assert rollout.end().code == 4
    ended = watching.end()
    assert ended.code == 0, ended
    head, last = ended.stdout.split(f"{six.system} in yul1: ")[-2:]
    assert "paused: waits for an answer" in head
    assert "stopped by" in last
    assert groups(last) == {"untouched": list(NODES)}
    assert "go on with: " in last


def test_a_rollout_that_is_killed_is_seen_to_be_interrupted(six: SixNodes) -> None:
    six.change()
    hang(six, "be2")
    rollout = six.start("--yes")
    in_progress(rollout, "be2")
    watching = six.start("status", "-w", "-o", "json")
    watching.line('"running"')
    rollout.signal(signal.SIGKILL)
    ended = watching.end()
    assert ended.code == 0, ended
    status = six.status()
    assert status["rollout"]["state"] == "interrupted"
    assert shown(ended)[-1] == without_holder(status)


def test_the_end_is_seen_though_it_comes_long_after_the_last_change_of_a_node(six: SixNodes) -> None:
    six.change("fe3")
    rollout = six.start("--yes", "--min-ready", "5s")
    in_progress(rollout, "fe3")
    watching = six.start("status", "-w", "-o", "json")
    ended = watching.end()
    assert ended.code == 0, ended
    assert rollout.end().code == 0
    last = shown(ended)[-1]
    assert (last["rollout"]["state"], last["updated"]) == ("finished", ["fe3"])
    assert {node["state"] for node in last["nodes"]} == {"current"}
    assert last == without_holder(six.status())


def test_a_rollout_of_which_nothing_is_heard_is_interrupted_until_it_is_heard_of_again(six: SixNodes) -> None:
    """Where an API server was away, its watchers may be back before the rollout is."""
    six.change()
    hang(six, "be1")
    hang(six, "be2")
    rollout = six.start("--yes")
    rollout.line("be1: pod be1-0 is not Ready")
    watching = six.start("status", "-w", "-o", "json")
    watching.line('"running"')
    rollout.signal(signal.SIGSTOP)
    watching.line('"interrupted"')
    rollout.signal(signal.SIGCONT)
    six.operator.tell("be1", "ok")
    in_progress(rollout, "be2")
    watching.line('"inProgress": ["be2"]')
    assert watching.running
    rollout.signal(signal.SIGSTOP)
    ended = watching.end()
    assert ended.code == 0, ended
    statuses = shown(ended)
    assert statuses[-1]["rollout"]["state"] == "interrupted"
    assert [one for one, next_one in pairwise(statuses) if one == next_one] == [], "nothing is shown twice"


def shown(ended: Outcome) -> list[Any]:
    """Return the statuses that were shown one after another, less who holds the lease."""
    decoder, rest, found = json.JSONDecoder(), ended.stdout, []
    while rest:
        document, length = decoder.raw_decode(rest)
        found.append(without_holder(document["systems"][0]))
        rest = rest[length:].lstrip()
    return found


def without_holder(status: Any) -> Any:
    """Return what a status says less when the lease comes free, which is another at each look."""
    return {**status, "holder": None}
