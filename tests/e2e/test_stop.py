"""However a rollout is stopped: nothing but what it says has changed, and the command that it prints goes on."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from typing import TYPE_CHECKING

import pexpect
import pytest

from tests.e2e.rollouts import NODES, go_on_line, groups, hang_up
from tests.e2e.screens import plain
from tests.e2e.stopping import WAYS, goes_on_to_the_end, hang, hanging_at, in_progress, stop_at, touched, unwritable
from tests.testbed.waiting import eventually

if TYPE_CHECKING:
    from tests.e2e.rollouts import SixNodes


@pytest.mark.parametrize("name", ["Ctrl-C", "rollout stop", "kill -9"])
def test_a_rollout_that_is_stopped_at_each_node_in_turn_goes_on_every_time_by_the_command_it_printed(
    name: str, six: SixNodes
) -> None:
    way = WAYS[name]
    six.change()
    before = six.seen()
    hang(six, NODES[0])
    rollout = six.start("--yes", *way.flags)
    for node, following in zip(NODES, (*NODES[1:], None), strict=True):
        line = stop_at(six, way, rollout, node, before)
        if line is None:
            break
        stopped = six.seen()
        if following is None:
            goes_on_to_the_end(six, line, node, before)
            break
        six.audit.forget()
        hang(six, following)
        six.operator.tell(node, "ok")
        rollout = six.start_line(line)
        in_progress(rollout, following)
        assert six.applied() == [following]
        assert touched(stopped, six.seen()) == [following], "no finished node restarts"
    assert six.all_ready()


@pytest.mark.parametrize(("name", "node"), [("SIGTERM", "be1"), ("SIGHUP", "fe1"), ("Ctrl-C", "be10")])
def test_the_command_that_a_stopped_rollout_prints_goes_on_to_the_end(name: str, node: str, six: SixNodes) -> None:
    six.change()
    before = six.seen()
    hang(six, node)
    rollout = six.start("--yes")
    line = stop_at(six, WAYS[name], rollout, node, before)
    assert line is not None
    goes_on_to_the_end(six, line, node, before)


def test_a_terminal_that_hangs_up_twice_leaves_no_node_as_ctrl_c_does(six: SixNodes) -> None:
    """A shell hangs up to what it runs as it ends, and then the system does, since the shell has ended."""
    six.change()
    hang(six, "be1")
    rollout = six.start("--yes")
    in_progress(rollout, "be1")
    rollout.signal(signal.SIGHUP)
    rollout.line("stopping, by a closed terminal (SIGHUP): be1 is seen through")
    rollout.signal(signal.SIGHUP)
    rollout.signal(signal.SIGTERM)
    six.operator.tell("be1", "ok")
    ended = rollout.end()
    assert (ended.code, groups(ended.stdout)) == (4, {"updated": ["be1"], "untouched": list(NODES[1:])})


def test_a_second_ctrl_c_leaves_the_node_in_progress_at_once_and_it_is_awaited_before_the_next(six: SixNodes) -> None:
    six.change()
    before = six.seen()
    rollout = hanging_at(six, "be2")
    rollout.signal(signal.SIGINT)
    rollout.line("stopping, by Ctrl-C: be2 is seen through")
    rollout.signal(signal.SIGINT)
    ended = rollout.end()
    left = {"updated": ["be1"], "in progress": ["be2"], "untouched": list(NODES[2:])}
    assert (ended.code, groups(ended.stdout)) == (4, left)
    assert "stopped by Ctrl-C; Ctrl-C left be2 in progress" in ended.stdout.splitlines()
    assert touched(before, six.seen()) == ["be1", "be2"]

    again = six.start_line(go_on_line(ended.stdout))
    again.line("be2: pod be2-0 is not Ready")
    again.signal(signal.SIGINT)
    again.line("stopping, by Ctrl-C: be2 is seen through")
    again.signal(signal.SIGINT)
    ended = again.end()
    assert (ended.code, groups(ended.stdout)) == (4, left), "awaited, and left once more"
    assert touched(before, six.seen()) == ["be1", "be2"]
    status = six.status()
    assert (status["updated"], status["inProgress"]) == (["be1"], ["be2"])
    goes_on_to_the_end(six, go_on_line(ended.stdout), "be2", before)


def test_many_ctrl_cs_at_once_are_no_reason_to_end_without_a_word(six: SixNodes) -> None:
    six.change()
    before = six.seen()
    rollout = hanging_at(six, "be2")
    for _ in range(20):
        rollout.signal(signal.SIGINT)
    eventually(lambda: rollout.over or "stopping, by Ctrl-C" in rollout.text, "the first of them is heard")
    with suppress(ProcessLookupError):  # Those that came too close were one to the process.
        rollout.signal(signal.SIGINT)
    ended = rollout.end()
    left = {"updated": ["be1"], "in progress": ["be2"], "untouched": list(NODES[2:])}
    assert (ended.code, groups(ended.stdout), ended.stderr) == (4, left, "")
    assert six.status()["rollout"]["state"] == "stopped", "the record is closed"
    goes_on_to_the_end(six, go_on_line(ended.stdout), "be2", before)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_rollout_that_is_stopped_while_objects_are_applied_has_touched_no_node(
    number: signal.Signals, six: SixNodes
) -> None:
    six.change(shared="as it is to be")
    before = six.seen()
    with unwritable(six, "express-shared"):
        rollout = six.start("--yes")
        rollout.line("to be tried again: ")
        rollout.signal(number)
        ended = rollout.end()
    assert "ConfigMap/express-revisions-0 configured" in ended.stdout.splitlines()
    if number is signal.SIGINT:
        assert ended.code == 4
        assert "stopped by Ctrl-C" in ended.stdout.splitlines()
        assert groups(ended.stdout) == {"untouched": list(NODES)}
        line = go_on_line(ended.stdout)
    else:
        shown = six.run("rollout", "status").stdout
        assert "interrupted" in shown.splitlines()
        assert groups(shown) == {"untouched": list(NODES)}
        line = go_on_line(shown)
    assert touched(before, six.seen()) == []

    six.audit.forget()
    ended = six.run_line(line)
    assert ended.code == 0, ended
    assert "ConfigMap/express-shared configured" in ended.stdout.splitlines()
    assert six.applied() == list(NODES)


KEYS = {"Ctrl-C": "\x03", "n": "n\r", "Enter": "\r", "the end of input": "\x04"}


@pytest.mark.parametrize("way", [*KEYS, "SIGTERM", "a closed terminal"])
def test_a_stop_at_the_question_of_the_plan_applies_nothing(way: str, six: SixNodes) -> None:
    six.change()
    before = six.seen()
    six.audit.forget()
    terminal = six.start_on_terminal()
    terminal.expect_exact("Roll 6 of 6 nodes")
    terminal.expect_exact("[y/N] ")
    if way == "a closed terminal":
        hang_up(terminal)
    elif way == "SIGTERM":
        terminal.kill(signal.SIGTERM)
    else:
        terminal.send(KEYS[way])
    if way != "a closed terminal":
        terminal.expect(pexpect.EOF)
        asked_by = "an answer at the prompt" if way in {"n", "Enter"} else way
        assert plain(terminal.before or "").splitlines()[1:] == [f"stopped by {asked_by}: nothing was applied"]
    assert terminal.wait() == 4
    assert touched(before, six.seen()) == []
    ours = [each for each in six.audit.writes() if each.agent == "kubectl-express"]
    assert ours == [], "no lease, no record"


def test_a_terminal_that_is_closed_while_a_node_is_in_progress_stops_the_rollout_behind_it(six: SixNodes) -> None:
    six.change()
    before = six.seen()
    hang(six, "be2")
    terminal = six.start_on_terminal("--yes")
    terminal.expect_exact("be2: pod be2-0 is not Ready")
    hang_up(terminal)
    eventually(lambda: six.status()["rollout"]["state"] == "stopping", "the rollout is about to stop")
    six.operator.tell("be2", "ok")
    assert terminal.wait() == 4
    shown = six.run("rollout", "status").stdout
    assert "stopped by a closed terminal (SIGHUP)" in shown.splitlines()
    assert groups(shown) == {"updated": ["be1", "be2"], "untouched": list(NODES[2:])}
    goes_on_to_the_end(six, go_on_line(shown), "be2", before)


def test_who_goes_on_with_some_nodes_still_has_the_others_to_go_on_with(six: SixNodes) -> None:
    six.change()
    before = six.seen()
    stopped = six.start("--yes", "--pause-after", "be1")
    stopped.line("paused by --pause-after be1 before be2")
    assert six.run("rollout", "stop").code == 0
    stopped.end()
    some = six.run("rollout", "--only", "fe1", "--yes")
    assert some.code == 0
    assert groups(some.stdout) == {"updated": ["be1", "fe1"], "untouched": ["be2", "be10", "fe2", "fe3"]}
    shown = six.run("rollout", "status").stdout
    assert groups(shown) == groups(some.stdout)
    assert "stopped behind the nodes that were chosen" in shown.splitlines()
    assert go_on_line(shown) == go_on_line(some.stdout)
    six.audit.forget()
    assert six.run_line(go_on_line(shown)).code == 0
    assert six.applied() == ["be2", "be10", "fe2", "fe3"]
    assert touched(before, six.seen()) == list(NODES)


def test_a_stop_while_paused_touches_no_further_node(six: SixNodes) -> None:
    six.change()
    before = six.seen()
    rollout = six.start("--yes", "--pause-after", "be1")
    rollout.line("paused by --pause-after be1 before be2")
    assert six.run("rollout", "stop").code == 0
    ended = rollout.end()
    assert (ended.code, groups(ended.stdout)) == (4, {"updated": ["be1"], "untouched": list(NODES[1:])})
    assert touched(before, six.seen()) == ["be1"]
    goes_on_to_the_end(six, go_on_line(ended.stdout), "be1", before)


def test_a_stop_while_an_answer_is_waited_for_touches_no_node(six: SixNodes) -> None:
    six.change()
    before = six.seen()
    rollout = six.start("--step")
    rollout.line("be1: waits for `kubectl express rollout resume`, 1 of 6")
    rollout.signal(signal.SIGINT)
    ended = rollout.end()
    assert (ended.code, groups(ended.stdout)) == (4, {"untouched": list(NODES)})
    assert touched(before, six.seen()) == []


def test_a_stop_while_a_node_is_smoke_tested_sees_the_test_through(six: SixNodes) -> None:
    os.mkfifo(six.example / "gate")
    six.change()
    before = six.seen()
    rollout = six.start("--yes", "--after-node", "test -e 'the gate is open' || cat gate")
    rollout.line("be1: its pod is Ready, --after-node is under way")
    rollout.signal(signal.SIGINT)
    rollout.line("stopping, by Ctrl-C: be1 is seen through")
    with (six.example / "gate").open("w"):
        """It is opened once the test reads from it, and at its end when it is closed."""
    ended = rollout.end()
    assert (ended.code, groups(ended.stdout)) == (4, {"updated": ["be1"], "untouched": list(NODES[1:])})
    (six.example / "the gate is open").touch()
    goes_on_to_the_end(six, go_on_line(ended.stdout), "be1", before)
