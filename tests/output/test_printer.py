from __future__ import annotations

import io
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from kubectl_express.environment import Environment
from kubectl_express.output.palette import Palette, choose_palette
from kubectl_express.output.printer import Printer
from kubectl_express.output.view import Cell, Column, Lines, Style, Table, View

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


def shown_with(form: str, tmp_path: Path, *views: View) -> str:
    out = io.StringIO()
    printer = Printer(Environment(io.StringIO(), out, io.StringIO(), {}, tmp_path), form=form)
    for view in views:
        printer.show(view)
    return out.getvalue()


def table(*rows: tuple[str, str], heads: bool = False) -> View:
    cells = [[Cell(text) for text in row] for row in rows]
    return View({}, [], [Table((Column("NODE"), Column("STATE")), cells, heads=heads)])


@pytest.mark.parametrize("form", ["table", "wide"])
def test_rows_that_follow_a_table_stand_below_its_columns_which_only_grow(form: str, tmp_path: Path) -> None:
    first = table(("frontend-1", "current"), heads=True)
    views = (first, table(("be1", "pending")), table(("frontend-100", "current")), table(("be1", "current")))
    assert shown_with(form, tmp_path, *views).splitlines() == [
        "NODE        STATE",
        "frontend-1  current",
        "be1         pending",
        "frontend-100  current",
        "be1           current",
    ]


@pytest.mark.parametrize(("form", "between"), [("table", "\n"), ("wide", "\n"), ("markdown", "\n"), ("name", "")])
def test_a_blank_line_parts_one_view_from_the_next_for_people(form: str, between: str, tmp_path: Path) -> None:
    view = View({}, ["line"], [Lines([Cell("line")])])
    assert shown_with(form, tmp_path, View({}), view, view) == f"line\n{between}line\n"


def test_a_long_document_is_printed_in_little_more_memory_than_its_text_takes(tmp_path: Path) -> None:
    written = io.BytesIO()
    environment = Environment(io.StringIO(), io.TextIOWrapper(written, "utf-8"), io.StringIO(), {}, tmp_path)
    view = View({"nodes": [{"node": f"be{number}", "restart": True, "changes": []} for number in range(50_000)]})
    tracemalloc.start()
    try:
        Printer(environment, form="json").show(view)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    length = len(written.getvalue())
    assert length > 4 << 20
    # What is written stays in memory here, which is why it counts; so does the text, and what it is made in.
    assert most < 3 * length
