"""A rollout as people have it: asked about at a real terminal, told to go on from elsewhere, watched, and scripted."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING

import pexpect
import pytest

from tests.e2e.rollouts import NODES, go_on_line, groups
from tests.e2e.schemas import shipped, violations
from tests.e2e.screens import frames, plain, rows
from tests.e2e.stopping import hang, in_progress, touched
from tests.testbed.waiting import eventually, remains

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.rollouts import SixNodes

CHOICES = "[y]es, [n]o: stop here, [d]iff, [a]ll the rest: "


class Person:
    """Somebody at a terminal, who reads a question to its end before typing."""

    def __init__(self, terminal: pexpect.spawn[str]) -> None:
        self.terminal = terminal
        self.read = ""
        """All that has been shown."""

    def sees(self, text: str) -> str:
        """Wait for a text, which is looked for from the last one on; return what was shown in between, plain."""
        self.terminal.expect_exact(text)
        shown = (self.terminal.before or "") + text
        self.read += shown
        return plain(shown)

    def types(self, keys: str) -> None:
        self.terminal.send(keys)

    def leaves(self) -> int:
        """Wait for the program's end; return its exit code."""
        self.terminal.expect(pexpect.EOF)
        self.read += self.terminal.before or ""
        return self.terminal.wait()


def asked_about(person: Person, node: str, number: int, total: int = 6) -> str:
    """Wait for the question before a node; return what was shown before."""
    kind = "Backend" if node.startswith("be") else "Frontend"
    return person.sees(f"Roll {node} ({kind}, {number} of {total})? {CHOICES}")


def test_each_node_waits_for_a_yes_of_its_own_and_nothing_else_is_one(six: SixNodes) -> None:
    six.change()
    before = six.seen()
    hang(six, "be2")
    person = Person(six.start_on_terminal("--step"))
    asked_about(person, "be1", 1)
    for keys in ("\r", "yes please\r", "\x1b[A\r", "jawohl\r"):
        person.types(keys)
        asked_about(person, "be1", 1)
    assert touched(before, six.seen()) == []
    person.types("d\r")
    shown = asked_about(person, "be1", 1)
    assert '/image/tag   "24.3.1"  "24.9.9"' in shown
    assert "be2" not in shown
    assert touched(before, six.seen()) == []

    person.types("y\r")
    asked_about(person, "be2", 2)
    assert touched(before, six.seen()) == ["be1"]
    person.types("YES\r")
    person.sees("be2: pod be2-0 is not Ready")
    person.types("y\ry\ra\r")
    six.operator.tell("be2", "ok")
    asked_about(person, "be10", 3)
    person.types("what was typed while be2 was in progress is no answer\r")
    asked_about(person, "be10", 3)
    assert touched(before, six.seen()) == ["be1", "be2"]
    person.types("n\r")
    assert person.leaves() == 4
    said = plain(person.read)
    assert "stopped by an answer at the prompt" in said
    assert groups(said) == {"updated": ["be1", "be2"], "untouched": list(NODES[2:])}
    assert "--step" in go_on_line(said)
    assert six.applied() == ["be1", "be2"]


def test_a_resume_from_elsewhere_answers_the_question_and_all_the_rest_is_rolled_after_an_a(six: SixNodes) -> None:
    six.change()
    person = Person(six.start_on_terminal("--step"))
    asked_about(person, "be1", 1)
    assert six.run("rollout", "resume").code == 0
    assert asked_about(person, "be2", 2).startswith("\n"), "nothing stands behind the question"
    person.types("a\r")
    assert person.leaves() == 0
    assert person.read.count(CHOICES) == 2
    assert groups(plain(person.read)) == {"updated": list(NODES)}
    assert six.applied() == list(NODES)


@pytest.mark.parametrize("keys", ["\x04", "\x03"], ids=["the end of input", "Ctrl-C"])
def test_the_end_of_input_and_ctrl_c_at_a_question_stop_there(keys: str, six: SixNodes) -> None:
    six.change()
    person = Person(six.start_on_terminal("--step"))
    asked_about(person, "be1", 1)
    person.types(keys)
    assert person.leaves() == 4
    last = plain(person.read).rpartition(CHOICES)[2]
    assert groups(last) == {"untouched": list(NODES)}
    assert last.removeprefix("^C").startswith("\n"), "nothing stands behind the question"
    assert six.applied() == []


def test_the_table_shows_what_is_done_what_is_waited_for_and_what_is_to_come(six: SixNodes) -> None:
    six.change("be1", "be2", "fe1")
    hang(six, "be2")
    person = Person(six.start_on_terminal())
    person.sees("Roll 3 of 6 nodes of")
    assert ", be1 first? [y/N] " in person.sees("[y/N] ")
    person.types("y\r")
    person.sees("be2: pod be2-0 is not Ready (ContainerCreating)")
    six.operator.tell("fe3", "crash")
    person.sees("s\r\nfe1")
    shown = rows(frames(person.read)[-1])
    six.operator.tell("be2", "ok")
    warned = person.sees("Go on with fe1 nevertheless? [y/N] ")
    assert "warning: fe3 is not part of this plan and has become unhealthy: pod fe3-0" in warned
    person.types("y\r")
    assert person.leaves() == 0
    assert shown["be1"].startswith("✓ done  0.")
    assert shown["be2"].startswith("pod be2-0 is not Ready (ContainerCreating)  ")
    last = rows(frames(person.read)[-1])
    assert list(last) == ["be1", "be2", "fe1"]
    assert all(state.startswith("✓ done  ") for state in last.values())
    assert groups(plain(person.read)) == {"updated": ["be1", "be2", "fe1"]}


def test_a_node_that_falls_down_while_the_plan_is_looked_at_is_asked_about(six: SixNodes) -> None:
    six.change("be1")
    person = Person(six.start_on_terminal())
    person.sees("be1 first? [y/N] ")
    six.operator.tell("fe3", "crash")
    eventually(lambda: not six.all_ready(), "fe3 is down")
    person.types("y\r")
    assert "warning: fe3 is not part of this plan" in person.sees("Go on with be1 nevertheless? [y/N] ")
    person.types("n\r")
    assert person.leaves() == 4
    assert six.applied() == []


def test_what_was_typed_before_the_plan_was_shown_agrees_to_nothing(six: SixNodes) -> None:
    six.change("be1")
    person = Person(six.start_on_terminal())
    person.types("y\ry\r")
    person.sees("be1 first? [y/N] ")
    remains(lambda: six.applied() == [], "nobody has agreed", 1)
    person.types("y\r")
    assert person.leaves() == 0
    assert six.applied() == ["be1"]


def test_a_ctrl_d_while_a_node_is_in_progress_ends_nothing(six: SixNodes) -> None:
    six.change("be1", "be2")
    hang(six, "be1")
    person = Person(six.start_on_terminal("--step"))
    asked_about(person, "be1", 1, 2)
    person.types("y\r")
    person.sees("be1: pod be1-0 is not Ready")
    person.types("\x04")
    six.operator.tell("be1", "ok")
    asked_about(person, "be2", 2, 2)
    person.types("y\r")
    assert person.leaves() == 0
    assert six.applied() == ["be1", "be2"]


def test_in_the_background_it_leaves_the_keyboard_to_whoever_is_in_front(six: SixNodes) -> None:
    six.change("be1")
    hang(six, "be1")
    person = Person(six.start_on_terminal("--yes", line="set -m; {} & read said; echo they said $said; wait $!"))
    person.sees("be1: pod be1-0 is not Ready")
    person.types("hello\r")
    person.sees("they said hello")
    six.operator.tell("be1", "ok")
    assert person.leaves() == 0
    assert six.applied() == ["be1"]


def test_without_a_terminal_each_resume_rolls_one_node(six: SixNodes) -> None:
    six.change()
    before = six.seen()
    rollout = six.start("--step")
    for number, node in enumerate(NODES[:2], 1):
        rollout.line(f"{node}: waits for `kubectl express rollout resume`, {number} of 6")
        assert touched(before, six.seen()) == list(NODES[: number - 1])
        status = six.status()
        assert status["rollout"]["state"] == "paused"
        assert six.run("rollout", "resume").code == 0
    rollout.line("be10: waits for")
    assert touched(before, six.seen()) == ["be1", "be2"]
    assert six.run("rollout", "stop").code == 0
    ended = rollout.end()
    assert ended.code == 4
    assert groups(ended.stdout) == {"updated": ["be1", "be2"], "untouched": list(NODES[2:])}
    assert "\x1b" not in ended.stdout + ended.stderr
    assert six.applied() == ["be1", "be2"]


def test_a_running_rollout_is_paused_and_resumed_and_every_line_for_scripts_is_as_its_schema_says(
    six: SixNodes, zipapp: Path
) -> None:
    six.change(shared="as it is to be")
    hang(six, "be1")
    rollout = six.start("--yes", "-o", "json", "--pause-after", "fe2", "--after-node", "true")
    in_progress(rollout, "be1")
    assert six.run("rollout", "pause").code == 0
    six.operator.tell("be1", "ok")
    assert "before be2" in rollout.event("paused")["message"]
    assert six.applied() == ["be1"]
    assert six.run("rollout", "resume").code == 0
    rollout.line("paused by --pause-after fe2 before fe3")
    assert six.applied() == list(NODES[:5])
    assert six.run("rollout", "resume").code == 0
    ended = rollout.end()
    assert ended.code == 0, ended
    assert six.applied() == list(NODES)

    validators = shipped(zipapp)
    assert [violations(document, validators) for document in rollout.events] == [[]] * len(rollout.events)
    plan, *events = rollout.events
    assert plan["kind"] == "RolloutPlan"
    told = [(event["event"], event["node"]) for event in events if event["event"] not in {"waiting", "object"}]
    turns = [[("applied", node), ("passed", node)] for node in NODES]
    assert told == [
        ("started", None),
        *turns[0],
        ("paused", None),
        ("resumed", None),
        *(told for turn in turns[1:5] for told in turn),
        ("paused", None),
        ("resumed", None),
        *turns[5],
        ("finished", None),
        ("outcome", None),
    ]
    assert {event["event"] for event in events if event["node"] is None} >= {"object"}
    assert events[-1]["outcome"] == {"updated": list(NODES), "inProgress": [], "untouched": [], "goOn": None}


def test_manifests_on_stdin_are_asked_about_at_the_terminal_itself(six: SixNodes, zipapp: Path) -> None:
    six.change()
    (six.example / "output.yaml").write_text(six.rendered())
    events = six.example / "events"
    person = Person(six.start_on_terminal("-f", "-", "--step", "-o", "json", line="exec {} <output.yaml >events"))
    asked_about(person, "be1", 1)
    person.types("d\r")
    assert '/image/tag   "24.3.1"  "24.9.9"' in asked_about(person, "be1", 1)
    person.types("a\r")
    assert person.leaves() == 0
    documents = [json.loads(line) for line in events.read_text().splitlines()]
    validators = shipped(zipapp)
    assert [violations(document, validators) for document in documents] == [[]] * len(documents)
    assert documents[-1]["outcome"]["updated"] == list(NODES)
    assert six.applied() == list(NODES)


def test_manifests_on_stdin_and_no_terminal_are_not_asked_about_but_refused(six: SixNodes) -> None:
    six.change()
    six.audit.forget()
    ended = six.run("rollout", "-f", "-", stdin=six.rendered())
    assert ended.code == 2
    assert "nothing was applied: there is no terminal to ask at; --yes rolls the plan" in ended.stderr
    assert [each for each in six.audit.writes() if each.agent == "kubectl-express"] == []


def test_the_plan_stays_on_the_screen_in_full_when_a_table_has_more_rows_than_the_terminal(six: SixNodes) -> None:
    six.change()
    hang(six, "be10")
    person = Person(six.start_on_terminal("--yes", rows=10))
    person.sees("be10: pod be10-0 is not Ready")
    person.sees("… 2 more")
    person.terminal.kill(signal.SIGINT)
    person.sees("stopping, by Ctrl-C: be10 is seen through, no other is touched; Ctrl-C now leaves it on its way")
    six.operator.tell("be10", "ok")
    assert person.leaves() == 4
    assert groups(plain(person.read)) == {"updated": list(NODES[:3]), "untouched": list(NODES[3:])}
