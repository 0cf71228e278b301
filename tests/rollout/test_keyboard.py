from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from contextlib import contextmanager
from queue import SimpleQueue
from typing import TYPE_CHECKING

import pytest

from kubectl_express.core.changes import ChangeKind
from kubectl_express.core.manifest import Manifest
from kubectl_express.core.plan import Action, Step
from kubectl_express.rollout.keyboard import Answer, Keyboard, ask_step, parse_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DEADLINE = 10.0


class Heard:
    """What a keyboard hands on, run by the thread of the test as the engine would."""

    def __init__(self) -> None:
        self.told: SimpleQueue[Callable[[], object]] = SimpleQueue()
        self.lines: list[str | None] = []

    def next(self) -> str | None:
        before = len(self.lines)
        self.told.get(timeout=DEADLINE)()
        assert len(self.lines) == before + 1
        return self.lines[-1]


@contextmanager
def reading(descriptor: int) -> Iterator[Heard]:
    heard = Heard()
    keyboard = Keyboard(descriptor, heard.told.put, heard.lines.append)
    keyboard.start()
    try:
        yield heard
    finally:
        keyboard.close()


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """Return a real terminal's two ends: where a person types, and what the program reads."""
    person, program = os.openpty()
    yield person, program
    os.close(program)
    os.close(person)


def types(person: int, keys: bytes) -> None:
    """Type, and return once the terminal has them: it shows what is typed."""
    os.write(person, keys)
    shown = b""
    while keys not in shown.replace(b"\r\n", b"\n"):
        shown += os.read(person, 100)


def test_what_is_typed_on_a_terminal_is_handed_on_line_by_line(terminal: tuple[int, int]) -> None:
    person, program = terminal
    with reading(program) as heard:
        os.write(person, b"y\n")
        assert heard.next() == "y"
        os.write(person, "nö\nd".encode())
        assert heard.next() == "nö"
        os.write(person, b"iff\n\n")
        assert [heard.next(), heard.next()] == ["diff", ""]


def test_bytes_that_are_no_text_are_no_end_of_the_keyboard(terminal: tuple[int, int]) -> None:
    person, program = terminal
    with reading(program) as heard:
        os.write(person, b"\xff\x1b[A\ny\n")
        assert parse_answer(heard.next()) is Answer.UNKNOWN
        assert heard.next() == "y"


def test_the_end_of_input_on_a_terminal_is_a_no(terminal: tuple[int, int]) -> None:
    person, program = terminal
    with reading(program) as heard:
        os.write(person, b"\x04")
        said = heard.next()
        assert said is None
        assert parse_answer(said) is Answer.NO


def test_more_may_be_typed_after_the_end_of_input(terminal: tuple[int, int]) -> None:
    person, program = terminal
    with reading(program) as heard:
        os.write(person, b"\x04")
        assert heard.next() is None
        os.write(person, b"y\n")
        assert heard.next() == "y"


def test_what_was_typed_before_it_was_asked_for_is_forgotten_read_or_not(terminal: tuple[int, int]) -> None:
    person, program = terminal
    types(person, b"y\nye")  # before anything reads
    heard = Heard()
    keyboard = Keyboard(program, heard.told.put, heard.lines.append)
    keyboard.forget()
    keyboard.start()
    try:
        os.write(person, b"n\n")
        assert heard.next() == "n"
        os.write(person, b"a\n")
        late = heard.told.get(timeout=DEADLINE)  # read, and not heard yet
        types(person, b"ye")
        keyboard.forget()
        late()
        assert heard.lines == ["n"]
        os.write(person, b"d\n")
        assert heard.next() == "d"
    finally:
        keyboard.close()


def test_where_nothing_can_be_typed_any_more_every_question_is_told_so() -> None:
    person, program = os.openpty()
    heard = Heard()
    keyboard = Keyboard(program, heard.told.put, heard.lines.append)
    keyboard.start()
    os.close(person)
    assert heard.next() is None
    keyboard.forget()
    assert heard.next() is None
    keyboard.close()
    os.close(program)


def test_a_terminal_that_is_closed_is_the_end_of_input() -> None:
    person, program = os.openpty()
    with reading(program) as heard:
        os.close(person)
        assert heard.next() is None
    os.close(program)


def test_the_last_line_of_a_pipe_counts_without_its_newline() -> None:
    program, person = os.pipe()
    with reading(program) as heard:
        os.write(person, b"y\r\na")
        os.close(person)
        assert [heard.next(), heard.next(), heard.next()] == ["y", "a", None]
    os.close(program)


def test_a_descriptor_that_never_blocks_is_waited_for_all_the_same() -> None:
    program, person = os.pipe()
    os.set_blocking(program, False)
    with reading(program) as heard:
        os.write(person, b"y\n")
        assert heard.next() == "y"
    os.close(person)
    os.close(program)


def test_a_closed_keyboard_leaves_what_is_typed_to_whatever_reads_next(terminal: tuple[int, int]) -> None:
    person, program = terminal
    with reading(program) as heard:
        os.write(person, b"y\n")
        assert heard.next() == "y"
    os.write(person, b"ls\n")
    assert os.read(program, 100) == b"ls\n"
    assert heard.told.empty()


def test_a_program_ends_in_peace_while_its_keyboard_still_reads() -> None:
    program = """
        from kubectl_express.rollout.keyboard import Keyboard
        Keyboard(0, print, print).start()
    """
    person, stdin = os.openpty()
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], stdin=stdin, capture_output=True, timeout=60, check=False
    )
    os.close(person)
    os.close(stdin)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("y", Answer.YES),
        ("Y", Answer.YES),
        (" yes ", Answer.YES),
        ("n", Answer.NO),
        ("no", Answer.NO),
        (None, Answer.NO),
        ("d", Answer.DIFF),
        ("diff", Answer.DIFF),
        ("a", Answer.ALL),
        ("ALL", Answer.ALL),
        ("", Answer.UNKNOWN),
        (" ", Answer.UNKNOWN),
        ("ye", Answer.UNKNOWN),
        ("yy", Answer.UNKNOWN),
        ("yes please", Answer.UNKNOWN),
        ("1", Answer.UNKNOWN),
        ("\x1b[A", Answer.UNKNOWN),
    ],
)
def test_an_answer_is_a_word_or_its_first_letter_and_anything_else_is_unknown(line: str | None, answer: Answer) -> None:
    assert parse_answer(line) is answer


@pytest.mark.parametrize(("action", "verb"), [(Action.APPLY, "Roll"), (Action.DELETE, "Delete")])
def test_a_step_s_question_says_what_is_done_to_which_node_and_what_can_be_answered(action: Action, verb: str) -> None:
    step = Step("be2", "Backend", action, ChangeKind.UPDATE, "", Manifest({}), None)
    choices = "[y]es, [n]o: stop here, [d]iff, [a]ll the rest: "
    assert ask_step(step, 3, 6) == f"{verb} be2 (Backend, 3 of 6)? {choices}"
