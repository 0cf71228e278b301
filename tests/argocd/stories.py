"""What is to happen while Argo CD deploys six nodes, whichever gate holds back the next one; a function a story.

The operator's own diary says what was touched and when. Mostly nothing but Argo CD's pauses go by, so stories run side
by side, each with a system, a repository and an Application of its own.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

from tests.argocd.six import HANG, NODES, WELL, Six, one_at_a_time
from tests.testbed.waiting import remains

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pytest

    Story = Callable[[Six], None]

LONG = 6.0
"""Seconds in which Argo CD, with its pause of two, would be two waves further."""


AT_ONCE = 10
"""Stories: fewer leave the machine idle, more make each too slow."""


def tell(stories: Mapping[str, Story], make: Callable[[], Six], subtests: pytest.Subtests) -> None:
    """Have the stories happen side by side, each with a system of its own, and report each by its name."""

    def told(story: Story) -> None:
        with closing(make()) as six:
            story(six)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        futures = {name: pool.submit(told, story) for name, story in stories.items()}
        for name, future in futures.items():
            with subtests.test(name):
                future.result()


def a_first_install_and_updates_go_one_node_at_a_time(six: Six) -> None:
    six.install()
    one_at_a_time(six.diary, NODES)
    six.turn_page()
    six.commit_tag("1.1")
    assert six.sync().phase == "Succeeded"
    one_at_a_time(six.diary, NODES)
    six.turn_page()
    six.commit_tag("1.1", be10="1.2", fe2="1.2")
    assert six.sync().phase == "Succeeded"
    one_at_a_time(six.diary, ("be10", "fe2"))
    for command in (("diff",), ("verify", "--live")):
        found = six.express(*command, "--context", "yul1", "-n", six.name, cwd=six.repository)
        assert found.code == 0, f"what Argo CD deployed is what this program would: {found}"


def a_new_node_in_the_middle_restarts_no_other(six: Six) -> None:
    six.take_over()
    six.commit_tag("1.0", (*NODES, "be5"))
    assert six.sync().phase == "Succeeded"
    one_at_a_time(six.diary, ("be5",))


def stopped_at(node: str, stop: Callable[[Six], None], six: Six) -> None:
    """Stopped while the node is in progress, the sync touches none behind it; the next one goes on where it was."""
    done, rest = NODES[: NODES.index(node) + 1], NODES[NODES.index(node) + 1 :]
    six.take_over()
    before = six.revisions()
    six.tell(node, HANG)
    six.commit_tag("1.1")
    six.begin_sync()
    six.await_diary("made", node)
    stop(six)
    ended = six.ended()
    assert (ended.phase, ended.message) == ("Failed", "Operation terminated")
    remains(lambda: six.touched() == [*done], f"none behind {node} is touched", LONG)
    six.tell(node, WELL)
    six.await_diary("Ready", node)
    one_at_a_time(six.diary, done)
    assert {each: six.revision(each) for each in rest} == {each: before[each] for each in rest}
    assert six.sync().phase == "Succeeded"
    one_at_a_time(six.diary, NODES)
    assert six.restarted() == [*NODES]


def a_node_that_does_not_get_ready(fault: str, six: Six) -> None:
    """Everything waits, for as long as it takes, and goes on by itself when the node gets well."""
    six.take_over()
    six.tell("be10", f"next, {fault}")
    six.commit_tag("1.1")
    six.begin_sync()
    six.await_diary("made", "be10")
    remains(lambda: six.touched() == ["be1", "be2", "be10"], f"none is touched behind one that {fault}es", LONG)
    six.await_waiting("be10")
    beside = six.express("rollout", "--yes", "--context", "yul1", "-n", six.name, cwd=six.repository)
    assert beside.code == 2
    assert f"Argo CD's application argocd/{six.application} is syncing these nodes now" in beside.stderr
    status = six.express("rollout", "status", "--context", "yul1", "-n", six.name).stdout.splitlines()
    assert [line for line in status if line.startswith(("it waits for", "in progress", "updated", "untouched"))] == [
        next(line for line in status if line.startswith("it waits for be10: pod be10-0 is not Ready")),
        "updated (2): be1, be2",
        "in progress (1): be10",
        "untouched (3): fe1, fe2, fe3",
    ]
    six.tell("be10", WELL)
    assert six.ended().phase == "Succeeded"
    one_at_a_time(six.diary, NODES)


def an_operator_that_is_slow_to_notice_is_waited_for(six: Six) -> None:
    """Right after the apply the status is that of the last revision, and so is the pod, Ready."""
    six.tell("default", f"late: 3, {WELL}")
    six.take_over()
    six.commit_tag("1.1")
    assert six.sync().phase == "Succeeded"
    one_at_a_time(six.diary, NODES)


def the_last_node_is_awaited(six: Six) -> None:
    six.take_over()
    six.tell("fe3", HANG)
    six.commit_tag("1.1")
    six.begin_sync()
    six.await_diary("made", "fe3")
    remains(lambda: not _over(six), "the sync waits for the last node", LONG)
    six.tell("fe3", WELL)
    assert six.ended().phase == "Succeeded"
    assert six.diary[-1].what == "Ready"


def hang_at_be2(six: Six) -> None:
    """Have an update come as far as be2, whose pod does not get Ready."""
    six.take_over()
    six.tell("be2", HANG)
    six.commit_tag("1.1")
    six.begin_sync()
    six.await_diary("made", "be2")


def stop_at_be2(six: Six) -> None:
    """Have an update stopped while be2 is in progress, whose pod does not get Ready."""
    hang_at_be2(six)
    six.terminate()
    six.ended()


def _over(six: Six) -> bool:
    operation = six.operation
    return operation is not None and operation.over


def named(*stories: Story) -> dict[str, Story]:
    """Return stories by their names."""
    return {getattr(story, "__name__", ""): story for story in stories}


def stopped(**nodes: Sequence[str]) -> dict[str, Story]:
    """Return the stories of syncs that a way of `Six` stops, `terminate` or `stop`, each at one of its nodes."""
    ways = {"terminate": Six.terminate, "stop": Six.stop}
    return {f"{way}_at_{node}": partial(stopped_at, node, ways[way]) for way in nodes for node in nodes[way]}


def held(*faults: str) -> dict[str, Story]:
    """Return the stories of pods that get this fault."""
    return {f"a_{fault}_holds_all_behind_it": partial(a_node_that_does_not_get_ready, fault) for fault in faults}
