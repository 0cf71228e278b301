from __future__ import annotations

import io
import json
import os
import re
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import pytest
from rich.console import Console

from kubectl_express.core.happenings import Happening, What
from kubectl_express.environment import Environment
from kubectl_express.output.palette import Palette
from kubectl_express.output.progress import choose_reporter
from kubectl_express.output.progress.board import first_board, window
from kubectl_express.output.progress.elapsed import elapsed
from kubectl_express.output.progress.events import EventLines
from kubectl_express.output.progress.live import LiveTable
from kubectl_express.output.progress.outcome import Outcome, summary
from kubectl_express.output.progress.plain import PlainLines
from tests.core.rendered import SETTINGS
from tests.output.rolled import HOSTILE, NEW, PLACE, plan_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PLAN = plan_of("be1", "be2", "be3")
OUTCOME = Outcome(("be1",), ("be2",), ("be3",), "kubectl express rollout --context yul1")
OUTCOME_LINES = [
    "updated (1): be1",
    "in progress (1): be2",
    "untouched (1): be3",
    "go on with: kubectl express rollout --context yul1",
]
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=timezone.utc)


class Terminal(io.StringIO):
    """A stream that says it is a terminal that can show anything."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


class Closed(io.StringIO):
    """A stream that takes nothing any more."""

    def write(self, _text: str, /) -> int:
        raise OSError(5, "Input/output error")


class ClosedTerminal(Closed, Terminal):
    """A terminal that has gone away."""


def environment(
    out: TextIO | None = None, err: TextIO | None = None, variables: Mapping[str, str] | None = None
) -> Environment:
    return Environment(io.StringIO(), out or io.StringIO(), err or io.StringIO(), variables or {}, Path())


def waiting(node: str, message: str, *, ailing: bool = False) -> Happening:
    return Happening(What.WAITING, message, node, NEW, ailing=ailing)


def applied(node: str) -> Happening:
    return Happening(What.APPLIED, f"applied at revision {NEW}", node, NEW)


def passed(node: str, seconds: float | None = None) -> Happening:
    return Happening(What.PASSED, f"its pod is Ready at {NEW}", node, NEW, seconds)


STORY = (
    Happening(What.STARTED, "rollout 3 begins"),
    Happening(What.OBJECT, "ConfigMap/express-revisions-0 configured"),
    applied("be1"),
    waiting("be1", "pod be1-0 is at f97c146a40, not 5d96de6718"),
    passed("be1", 12.25),
    Happening(What.WARNING, "Events cannot be posted"),
    applied("be2"),
    waiting("be2", "pod be2-0: CrashLoopBackOff", ailing=True),
    Happening(What.STOPPING, "stopping, by alice: be2 is seen through", "be2"),
    Happening(What.HALTED, "be2: not there after 600 s", "be2"),
)


# Lines


def test_each_happening_is_a_line_on_stdout_with_its_node_and_a_warning_one_on_stderr() -> None:
    out, err = io.StringIO(), io.StringIO()
    reporter = PlainLines(environment(out, err), Palette(), Palette())
    for happening in STORY:
        reporter.report(happening)
    reporter.close(OUTCOME)
    assert out.getvalue().splitlines() == [
        "rollout 3 begins",
        "ConfigMap/express-revisions-0 configured",
        "be1: applied at revision 5d96de6718",
        "be1: pod be1-0 is at f97c146a40, not 5d96de6718",
        "be1: its pod is Ready at 5d96de6718",
        "be2: applied at revision 5d96de6718",
        "be2: pod be2-0: CrashLoopBackOff",
        "stopping, by alice: be2 is seen through",
        "halted: be2: not there after 600 s",
        *OUTCOME_LINES,
    ]
    assert err.getvalue() == "warning: Events cannot be posted\n"


def test_a_happening_without_a_message_is_named() -> None:
    out = io.StringIO()
    PlainLines(environment(out), Palette(), Palette()).report(Happening(What.FINISHED, ""))
    assert out.getvalue() == "finished\n"


def test_lines_are_coloured_only_where_that_is_wanted_and_never_obey_what_they_say() -> None:
    for palette, colours in ((Palette(), set()), (Palette(colored=True), {"\x1b[31m", "\x1b[0m"})):
        out, err = io.StringIO(), io.StringIO()
        reporter = PlainLines(environment(out, err), palette, palette)
        reporter.report(waiting(HOSTILE, HOSTILE, ailing=True))
        reporter.report(Happening(What.WARNING, HOSTILE, HOSTILE))
        reporter.close(Outcome((HOSTILE,), (), (), HOSTILE))
        assert set(ESCAPES.findall(out.getvalue())) == colours
        for stream in (out, err):
            assert all(line.isprintable() for line in ESCAPES.sub("", stream.getvalue()).splitlines())


def test_a_stream_that_lacks_a_character_gets_it_escaped() -> None:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    PlainLines(environment(out), Palette(), Palette()).report(Happening(What.STARTED, "überrollt"))
    assert raw.getvalue() == b"\\xfcberrollt\n"


@pytest.mark.parametrize("form", ["table", "json"])
@pytest.mark.parametrize("stream", [Closed, ClosedTerminal])
def test_a_rollout_goes_on_where_nobody_hears_of_it_any_more(form: str, stream: type[Closed]) -> None:
    reporter = choose_reporter(form, environment(stream(), stream()), PLACE, PLAN, SETTINGS)
    for happening in STORY:
        reporter.report(happening)
    reporter.pause()
    reporter.resume()
    reporter.close(OUTCOME)


def test_a_pipe_whose_reader_has_gone_is_left_alone_and_nothing_of_it_remains_to_be_written() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as out:
        reporter = PlainLines(environment(out), Palette(), Palette())
        reporter.report(STORY[0])
        reporter.report(STORY[1])


@pytest.mark.parametrize(("answered", "before"), [(True, ""), (False, "\n")])
def test_a_question_that_nobody_answered_keeps_its_line_for_itself(*, answered: bool, before: str) -> None:
    terminal = Terminal()
    reporter = PlainLines(environment(terminal, terminal), Palette(), Palette())
    reporter.pause()
    if answered:
        reporter.resume()
    reporter.report(Happening(What.STOPPED, "stopped by Ctrl-C"))
    reporter.close(Outcome((), (), ("be1",)))
    assert terminal.getvalue() == f"{before}stopped by Ctrl-C\nuntouched (1): be1\n"


# Events


def events(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_each_happening_is_an_event_of_one_line_and_the_last_one_is_the_outcome() -> None:
    out = io.StringIO()
    reporter = EventLines(environment(out), PLACE, PLAN, lambda: NOON)
    for happening in STORY:
        reporter.report(happening)
    reporter.close(OUTCOME)
    said = events(out)
    assert [each["event"] for each in said] == [*(each.what.value for each in STORY), "outcome"]
    assert said[4] == {
        "apiVersion": "express/v1",
        "kind": "RolloutEvent",
        "time": "2026-11-23T12:00:00.000000Z",
        "system": "systemdcrtest3",
        "namespace": "systemdcrtest3",
        "context": "yul1",
        "plan": PLAN.digest,
        "event": "passed",
        "node": "be1",
        "revision": NEW,
        "message": f"its pod is Ready at {NEW}",
        "seconds": 12.25,
        "ailing": False,
        "outcome": None,
    }
    assert said[-1]["outcome"] == {
        "updated": ["be1"],
        "inProgress": ["be2"],
        "untouched": ["be3"],
        "goOn": "kubectl express rollout --context yul1",
    }


def test_an_event_is_one_line_of_printable_ascii_whatever_it_tells() -> None:
    out = io.StringIO()
    EventLines(environment(out), PLACE, PLAN, lambda: NOON).report(Happening(What.WARNING, f"{HOSTILE}\n\x7f\ud800"))
    (line,) = out.getvalue().splitlines()
    assert line.isascii()
    assert line.isprintable()
    assert json.loads(line)["message"] == f"{HOSTILE}\n\x7f\ud800"


# Which one


@pytest.mark.parametrize(
    ("form", "out", "variables", "chosen"),
    [
        ("json", Terminal(), {}, EventLines),
        ("table", io.StringIO(), {}, PlainLines),
        ("table", Terminal(), {}, LiveTable),
        ("wide", Terminal(), {"NO_COLOR": "1"}, LiveTable),
        ("table", Terminal(), {"TERM": "dumb"}, PlainLines),
        ("table", io.TextIOWrapper(io.BytesIO(), encoding="ascii"), {}, PlainLines),
    ],
)
def test_a_rollout_is_told_as_the_form_and_the_terminal_allow(
    form: str, out: TextIO, variables: dict[str, str], chosen: type
) -> None:
    assert type(choose_reporter(form, environment(out, variables=variables), PLACE, PLAN, SETTINGS)) is chosen


@pytest.mark.parametrize(("color", "coloured"), [("auto", True), ("never", False), ("always", True)])
def test_a_live_table_is_coloured_as_wanted_and_moves_the_cursor_all_the_same(color: str, *, coloured: bool) -> None:
    out = Terminal()
    reporter = choose_reporter("table", environment(out), PLACE, PLAN, SETTINGS, color=color)
    for happening in STORY:
        reporter.report(happening)
    reporter.close()
    assert bool(re.search(r"\x1b\[[0-9;]+m", out.getvalue())) is coloured
    assert "\x1b[2K" in out.getvalue()


# The live table


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Screen:
    """A live table on a console of a fixed size, and what it shows."""

    def __init__(self, *names: str, width: int = 110, height: int = 24, err: TextIO | None = None) -> None:
        self.out = Terminal()
        self.err = err or Terminal()
        self.clock = Clock()
        self.console = Console(
            file=self.out, force_terminal=True, force_interactive=True, color_system=None, width=width, height=height
        )
        where = environment(self.out, self.err)
        self.table = LiveTable(where, self.console, Palette(), PLACE, plan_of(*names), SETTINGS, self.clock)

    def tell(self, *happenings: Happening) -> None:
        for happening in happenings:
            self.table.report(happening)

    def lines(self) -> list[str]:
        """Return what would be drawn at this moment."""
        drawn = self.console.render_lines(self.table.picture(), pad=False)
        return ["".join(segment.text for segment in line).rstrip() for line in drawn]

    def row(self, node: str) -> list[str]:
        (found,) = (line for line in self.lines() if line.startswith(f"{node} "))
        return re.split(r"  +", found)


@pytest.fixture
def screen() -> Iterator[Screen]:
    made = Screen("be1", "be2", "be3")
    yield made
    made.table.close()


def test_the_table_has_every_node_with_how_far_it_is_and_for_how_long(screen: Screen) -> None:
    screen.tell(STORY[0], applied("be1"))
    screen.clock.now += 12
    screen.tell(passed("be1", 12.25), applied("be2"))
    screen.clock.now += 65
    screen.tell(waiting("be2", "pod be2-0 is at f97c146a40"))
    screen.clock.now += 1
    assert screen.lines() == [
        f"systemdcrtest3 in yul1, plan {plan_of('be1', 'be2', 'be3').digest}: 1 of 3 nodes done, 1m18s",
        "be2: pod be2-0 is at f97c146a40",
        "NODE  KIND     CHANGE  REVISION                  STATE                         TIME",
        "be1   Backend  update  f97c146a40 -> 5d96de6718  ✓ done                         12s",
        "be2   Backend  update  f97c146a40 -> 5d96de6718  pod be2-0 is at f97c146a40   1m06s",
        "be3   Backend  update  f97c146a40 -> 5d96de6718  to come",
    ]


@pytest.mark.parametrize(
    ("width", "row"),
    [
        (77, ["be1", "Backend", "update", "f97c146a40 -> 5d96de6718"]),
        (76, ["be1", "update", "f97c146a40 -> 5d96de6718"]),
        (60, ["be1", "f97c146a40 -> 5d96de6718"]),
        (59, ["be1"]),
    ],
)
def test_columns_of_the_plan_give_way_to_the_state_and_the_time_on_a_narrow_terminal(
    width: int, row: list[str]
) -> None:
    screen = Screen("be1", "be2", width=width)
    screen.tell(applied("be1"))
    screen.clock.now += 65
    screen.tell(waiting("be1", "pod be1-0 is not Ready (CrashLoopBackOff), restarted 4 times, of late"))
    *before, state, time = screen.row("be1")
    screen.table.close()
    assert before == row
    assert state.startswith("pod be1-0 is not Re")
    assert time == "1m05s"


def test_a_node_that_was_not_seen_to_be_applied_passes_without_a_time(screen: Screen) -> None:
    screen.tell(passed("be1"))
    assert screen.row("be1")[-1] == "✓ done"


def test_what_is_said_of_the_whole_stays_while_a_node_goes_on_and_an_object_does_not(screen: Screen) -> None:
    screen.tell(*STORY[:2])
    assert screen.lines()[1] == "ConfigMap/express-revisions-0 configured"
    screen.tell(applied("be1"))
    assert not [line for line in screen.lines() if "ConfigMap" in line]
    screen.tell(Happening(What.STOPPING, "stopping, by alice", "be1"), waiting("be1", "not yet"))
    assert screen.lines()[1:3] == ["stopping, by alice", "be1: not yet"]
    screen.tell(passed("be1"), Happening(What.STOPPED, "stopped by alice"))
    assert screen.lines()[1] == "stopped by alice"
    assert screen.row("be3")[-1] == "to come"


def test_a_pause_is_said_until_it_is_over(screen: Screen) -> None:
    screen.tell(Happening(What.PAUSED, "paused by bob"))
    assert screen.lines()[1] == "paused by bob"
    screen.tell(Happening(What.RESUMED, "resumed by bob"))
    assert screen.lines()[1].startswith("NODE")


def test_a_node_that_halts_the_rollout_is_marked_and_its_time_stands(screen: Screen) -> None:
    screen.tell(applied("be1"))
    screen.clock.now += 600
    screen.tell(Happening(What.HALTED, "be1: not there after 600 s", "be1"))
    screen.clock.now += 60
    assert screen.lines()[1] == "halted: be1: not there after 600 s"
    assert screen.row("be1")[-2:] == ["✗ not there after 600 s", "10m00s"]


def test_a_node_outside_the_plan_is_told_by_name(screen: Screen) -> None:
    screen.tell(waiting("fe9", "its pod is missing"))
    assert screen.lines()[1] == "fe9: its pod is missing"


def test_a_warning_stands_above_the_table_and_is_not_part_of_it(screen: Screen) -> None:
    screen.tell(STORY[0], Happening(What.WARNING, "look [bold]here[/]", "be1"))
    assert "warning: be1: look [bold]here[/]\nsystemdcrtest3 in yul1" in ESCAPES.sub("", screen.out.getvalue())
    assert "look" not in "".join(screen.lines())


def test_a_warning_goes_to_stderr_where_that_is_no_terminal() -> None:
    screen = Screen("be1", err=io.StringIO())
    screen.tell(Happening(What.WARNING, "look here"))
    screen.table.close()
    assert isinstance(screen.err, io.StringIO)
    assert screen.err.getvalue() == "warning: look here\n"
    assert "look" not in screen.out.getvalue()


def test_the_last_table_stays_on_the_screen_with_the_outcome_below(screen: Screen) -> None:
    screen.tell(applied("be1"), passed("be1", 1.0), applied("be2"))
    screen.table.close(OUTCOME)
    text = ESCAPES.sub("", screen.out.getvalue()).splitlines()
    assert text[-len(OUTCOME_LINES) :] == OUTCOME_LINES
    assert text[-7].startswith("be1 ")
    assert text[-5].startswith("be3 ")
    assert screen.out.getvalue().endswith("\n")
    assert screen.out.getvalue().rindex("\x1b[?25h") > screen.out.getvalue().rindex("\x1b[?25l"), "the cursor is back"


def test_nothing_is_drawn_while_a_question_stands(screen: Screen) -> None:
    screen.tell(STORY[0], Happening(What.ASKING, "waits for an answer, 1 of 3", "be1"))
    screen.table.pause()
    before = screen.out.getvalue()
    assert "waits for an answer" in before
    assert before.endswith("\x1b[?25h"), "the cursor is there for the answer"
    screen.tell(Happening(What.STOPPING, "stopping, by alice"))
    assert screen.out.getvalue() == before
    screen.table.resume()
    assert "stopping, by alice" in screen.out.getvalue()[len(before) :]


def test_a_rollout_that_ends_at_a_question_still_leaves_its_last_table(screen: Screen) -> None:
    screen.tell(STORY[0])
    screen.tell(Happening(What.ASKING, "waits for an answer, 1 of 3", node="be1"))
    screen.table.pause()
    before = len(screen.out.getvalue())
    screen.tell(Happening(What.STOPPED, "stopped by an answer at the prompt"))
    screen.table.close(OUTCOME)
    left = screen.out.getvalue()[before:]
    assert "stopped by an answer at the prompt" in left
    assert "waits for an answer" not in left, "nobody will be asked any more"
    assert isinstance(screen.err, Terminal)
    assert screen.err.getvalue() == "\n", "what follows does not stand behind the question"


def test_a_table_that_is_closed_stays_so_whatever_is_told_late(screen: Screen) -> None:
    screen.tell(STORY[0])
    screen.table.close(OUTCOME)
    before = screen.out.getvalue()
    screen.tell(applied("be1"))
    screen.table.close()
    assert screen.out.getvalue() == before


@pytest.mark.parametrize(("at", "first", "last"), [(1, 1, 15), (4, 1, 15), (500, 495, 509), (1000, 986, 1000)])
def test_of_a_thousand_nodes_those_around_the_current_one_fill_the_terminal_and_no_more(
    at: int, first: int, last: int
) -> None:
    screen = Screen(*(f"be{number}" for number in range(1, 1001)), height=22)
    screen.tell(*(passed(f"be{number}") for number in range(1, at)), applied(f"be{at}"))
    lines = screen.lines()
    screen.table.close()
    shown = [line.split()[0] for line in lines if line.startswith("be") and "Backend" in line]
    assert shown == [f"be{number}" for number in range(first, last + 1)]
    assert ("… 0 before" in lines, f"… {1000 - last} more" in lines) == (False, last < 1000)
    assert len(lines) < 22


@pytest.mark.parametrize(("width", "height"), [(40, 24), (20, 10), (110, 6), (110, 2), (300, 100)])
def test_no_line_is_wider_than_the_terminal_and_none_is_broken(width: int, height: int) -> None:
    screen = Screen(*(f"be{number}" for number in range(1, 31)), width=width, height=height)
    screen.tell(applied("be1"), waiting("be1", "pod be1-0 is at f97c146a40, not 5d96de6718 " * 5))
    lines = screen.lines()
    screen.table.close()
    assert max(map(len, lines)) <= width
    assert len(lines) <= max(height - 1, 6)


def test_no_text_of_a_cluster_is_obeyed_by_the_terminal_or_taken_for_markup() -> None:
    screen = Screen(HOSTILE, "be1", width=300)
    screen.tell(
        applied(HOSTILE),
        waiting(HOSTILE, HOSTILE),
        Happening(What.OBJECT, HOSTILE),
        Happening(What.WARNING, HOSTILE, HOSTILE),
        waiting("another", HOSTILE),
    )
    assert all(line.isprintable() for line in screen.lines())
    assert "".join(screen.lines()).count("[bold red]x[/]") == 4
    screen.table.close(Outcome((), (HOSTILE,), ()))
    text = screen.out.getvalue()
    assert "\x1b]0;" not in text
    assert "\x1b[2J" not in text
    assert all(line.isprintable() for line in ESCAPES.sub("", text).replace("\r", "").splitlines())


def test_a_board_never_changes_a_new_one_follows() -> None:
    first = first_board(PLAN, SETTINGS)
    second = first.after(applied("be1"), 1.0)
    assert (first.current, second.current) == (None, "be1")
    assert first.rows["be1"].since is None


@pytest.mark.parametrize(
    ("count", "current", "most", "rows"),
    [
        (3, 0, 5, range(3)),
        (10, 0, 4, range(4)),
        (10, 5, 4, range(4, 8)),
        (10, 9, 4, range(6, 10)),
        (9, 4, 1, range(4, 5)),
    ],
)
def test_a_window_holds_the_current_row_and_is_as_large_as_there_is_room(
    count: int, current: int, most: int, rows: range
) -> None:
    assert window(count, current, most) == rows
    assert current in rows


# Words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0.0s"),
        (-0.2, "0.0s"),
        (0.44, "0.4s"),
        (9.94, "9.9s"),
        (9.96, "10s"),
        (59.4, "59s"),
        (59.6, "1m00s"),
        (185, "3m05s"),
        (3599.7, "1h00m"),
        (36000, "10h00m"),
    ],
)
def test_a_time_is_told_in_at_most_two_units(seconds: float, words: str) -> None:
    assert elapsed(seconds) == words


def test_the_last_lines_name_every_node_and_the_command_that_goes_on() -> None:
    names = [f"be{number}" for number in range(1, 501)]
    assert summary(names, [], ["fe1", "fe2"], "kubectl express rollout") == [
        f"updated (500): {', '.join(names)}",
        "untouched (2): fe1, fe2",
        "go on with: kubectl express rollout",
    ]
    assert summary([], ["be1"], [], None) == ["in progress (1): be1"]
    assert summary([], [], [], None) == []
