from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from kubectl_express.environment import Environment
from kubectl_express.output.palette import Palette, choose_palette
from kubectl_express.output.printer import Printer
from kubectl_express.output.view import Cell, Lines, Style, View

if TYPE_CHECKING:
    from pathlib import Path


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("wanted", "terminal", "variables", "colored"),
    [
        ("auto", True, {}, True),
        ("auto", False, {}, False),
        ("auto", True, {"NO_COLOR": "1"}, False),
        ("auto", True, {"NO_COLOR": ""}, True),
        ("auto", True, {"TERM": "dumb"}, False),
        ("auto", False, {"CLICOLOR_FORCE": "1"}, True),
        ("auto", True, {"CLICOLOR_FORCE": "0"}, True),
        ("auto", False, {"CLICOLOR_FORCE": "0"}, False),
        ("auto", True, {"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, False),
        ("auto", True, {"CLICOLOR_FORCE": "1", "TERM": "dumb"}, True),
        ("never", False, {"CLICOLOR_FORCE": "1"}, False),
        ("always", False, {"NO_COLOR": "1"}, True),
        ("never", True, {}, False),
    ],
)
def test_colour_is_used_where_it_is_wanted(
    wanted: str, terminal: bool, variables: dict[str, str], colored: bool
) -> None:
    stream = Terminal() if terminal else io.StringIO()
    assert choose_palette(wanted, stream, variables).colored == colored


def test_a_cell_without_a_style_or_text_is_left_plain() -> None:
    painting = Palette(colored=True)
    assert painting.paint(Cell("a")) == "a"
    assert painting.paint(Cell("", Style.BAD)) == ""
    assert painting.paint(Cell("\x1b[0mb", Style.BAD)) == "\x1b[31m\\u001b[0mb\x1b[0m"


def test_data_goes_to_stdout_and_everything_else_to_stderr(tmp_path: Path) -> None:
    out, err = io.StringIO(), Terminal()
    printer = Printer(Environment(io.StringIO(), out, err, {}, tmp_path), verbose=True)
    printer.show(View({}, [], [Lines([Cell("data", Style.BAD)])]))
    printer.remark("a remark\nhelm's own \x1bwords")
    printer.warn("a \x1b[2J warning")
    printer.detail("a detail")
    assert out.getvalue() == "data\n", "stdout is no terminal, whatever stderr is"
    assert err.getvalue() == (
        "a remark\nhelm's own \\u001bwords\n\x1b[33mwarning:\x1b[0m a \\u001b[2J warning\n\x1b[2ma detail\x1b[0m\n"
    )


def test_details_are_told_only_where_they_are_asked_for(tmp_path: Path) -> None:
    err = io.StringIO()
    Printer(Environment(io.StringIO(), io.StringIO(), err, {}, tmp_path)).detail("a detail")
    assert err.getvalue() == ""
