"""What the document says of the tables is what the ledger writes, and a run that tells of anything else fails."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Protocol

import pytest

from tests.documents import ROOT
from tests.reliability import ledger
from tests.reliability.ledger import AGAINST, BEGIN, DERANDOMIZED, DOCUMENT, END, HEADERS, Row

if TYPE_CHECKING:
    from pathlib import Path

LOAD, SECURITY = "Load", "Security"
ROWS = [
    Row(LOAD, "stdout closed (`| head`)", "goes on", 1),
    Row(LOAD, "storms", "gets | through", 1546, seed=8, varies=True),
    Row(SECURITY, "names", "refuses each", 3, seed=DERANDOMIZED),
]
CONFTEST = """
from pathlib import Path
from tests.reliability import ledger, plugin
ledger.DOCUMENT, plugin.FOLDER = Path(__file__).parent / "document.md", Path(__file__).parent
pytest_plugins = ["tests.reliability.plugin"]
"""
TELLING = """
import pytest
from tests.reliability.ledger import Row, tell
@pytest.mark.parametrize("number", range({count}))
def test_{what}(number):
    tell(Row("Load", "{what}", "goes on", 1))
"""


class Runner(Protocol):
    """Writes tests that each tell of something so often, runs pytest on them, and returns its exit code and output."""

    def __call__(self, *arguments: str, write: bool = False, **counts: int) -> tuple[int, str]: ...


@pytest.fixture
def document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a document of its own for the ledger."""
    path = tmp_path / "document.md"
    path.write_text(f"# Title\n\n{BEGIN}\n\n{END}\n\nAfter.\n")
    monkeypatch.setattr(ledger, "DOCUMENT", path)
    return path


@pytest.fixture
def tests(document: Path) -> Runner:
    folder = document.parent

    def run(*arguments: str, write: bool = False, **counts: int) -> tuple[int, str]:
        (folder / "conftest.py").write_text(CONFTEST)
        for what, count in counts.items():
            (folder / f"test_{what}.py").write_text(TELLING.format(what=what, count=count))
        unset = {"RELIABILITY", "RELIABILITY_SCALE", "PYTEST_ADDOPTS"}
        kept = {key: value for key, value in os.environ.items() if key not in unset and "XDIST" not in key}
        environment = {**kept, "PYTHONPATH": str(ROOT), **({"RELIABILITY": "write"} if write else {})}
        command = [sys.executable, "-m", "pytest", "-q", "-c", os.devnull, "--rootdir=.", "-p", "no:cacheprovider"]
        ended = subprocess.run(
            [*command, *(arguments or ("-n", "2", "."))],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return ended.returncode, ended.stdout + ended.stderr

    return run


def test_each_table_of_the_document_says_what_it_ran_against() -> None:
    written = DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    assert dict(re.findall(r"^## (.*)\n\n((?:[^|#].*\n)+)\n\| what", written, re.MULTILINE)) == {
        part: f"{text}\n" for part, text in AGAINST.items()
    }


def test_each_row_of_the_document_has_as_many_cells_as_the_tables_have_columns() -> None:
    rows = ledger.read()
    assert len(rows) > 50
    assert {key: cells for key, cells in rows.items() if len(cells) != len(HEADERS)} == {}


@pytest.mark.usefixtures("document")
def test_what_was_written_is_read_again() -> None:
    ledger.write(ROWS)
    assert list(ledger.read().values()) == [
        ["stdout closed (`| head`)", "goes on", "1", "0", ""],
        ["storms", "gets | through", "about 1,546", "0", "8"],
        ["names", "refuses each", "3", "0", "derandomized"],
    ]


def test_what_bounds_cells_is_escaped_within_them(document: Path) -> None:
    ledger.write(ROWS)
    text = document.read_text()
    assert text.startswith("# Title\n")
    assert text.endswith("\nAfter.\n")
    [line] = [line for line in text.splitlines() if "head" in line]
    assert r"(`\| head`)" in line
    assert line.replace(r"\|", "").count("|") == len(HEADERS) + 1


@pytest.mark.usefixtures("document")
@pytest.mark.parametrize(
    ("told", "found"),
    [
        (ROWS, []),
        ([ROWS[0], Row(LOAD, "storms", "gets | through", 7, seed=8, varies=True), ROWS[2]], []),
        (ROWS[:2], ["Security: names: is there, and no test tells of it"]),
        ([*ROWS, Row(LOAD, "new", "goes on", 1)], ["Load: new: is not there"]),
        (
            [Row(LOAD, "stdout closed (`| head`)", "goes on", 2), *ROWS[1:]],
            ["Load: stdout closed (`| head`): has goes on | 1 | 0 | , and not goes on | 2 | 0 | "],
        ),
        (
            [ROWS[0], Row(LOAD, "storms", "gets | through", 1546, seed=9, varies=True), ROWS[2]],
            ["Load: storms: has gets | through | about 1,546 | 0 | 8, and not gets | through | about 1,546 | 0 | 9"],
        ),
    ],
)
def test_a_whole_run_is_held_to_all_of_the_document(told: list[Row], found: list[str]) -> None:
    ledger.write(ROWS)
    assert ledger.differences(told, whole=True) == found


@pytest.mark.usefixtures("document")
def test_a_part_of_a_run_is_held_to_what_it_tells_of(monkeypatch: pytest.MonkeyPatch) -> None:
    ledger.write(ROWS)
    less = Row(SECURITY, "names", "refuses each", 1, seed=DERANDOMIZED)
    assert ledger.differences([less], whole=False) == []
    assert ledger.differences([Row(LOAD, "new", "goes on", 1)], whole=False) == ["Load: new: is not there"]
    monkeypatch.setenv("RELIABILITY_SCALE", "2")
    assert ledger.differences([*ROWS[:2], less], whole=True) == []


def test_what_was_tried_at_another_scale_stands_below_by_itself(
    document: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.write(ROWS)
    usual = document.read_text()
    monkeypatch.setenv("RELIABILITY_SCALE", "34")
    ledger.write_at_scale([Row(LOAD, "readers", "waits", 50)])
    monkeypatch.setenv("RELIABILITY_SCALE", "12")
    ledger.write_at_scale([Row(SECURITY, "names | more", "refuses each", 36)])
    ledger.write_at_scale([Row(LOAD, "readers", "waits", 51)])
    text = document.read_text()
    assert text.startswith(usual.rstrip())
    assert re.findall(r"^###.*|^\| (?!what).*", text.removeprefix(usual.rstrip()), re.MULTILINE) == [
        "### Load, 12 times as much",
        "| readers | waits                   | 51      | 0      |        |",
        "### Security, 12 times as much",
        r"| names \| more | refuses each            | 36      | 0      |        |",
    ]
    assert [*ledger.read()] == [(row.part, row.what) for row in ROWS]
    ledger.write(ROWS)
    assert document.read_text() == text


def test_a_whole_run_writes_the_tables_and_fails_where_they_differ_later(tests: Runner) -> None:
    assert tests(one=3, two=1, write=True)[0] == 0
    assert {what: cells[2] for (_, what), cells in ledger.read().items()} == {"one": "3", "two": "1"}
    assert tests()[0] == 0
    code, printed = tests(one=2)
    assert (code, "Load: one: has goes on | 3 | 0 | , and not goes on | 2 | 0 | " in printed) == (1, True), printed


@pytest.mark.parametrize("part", [["-k", "not two"], ["test_one.py"], ["test_one.py::test_one"], ["--collect-only"]])
def test_a_run_of_some_tests_fails_for_none_that_it_did_not_run_and_writes_nothing(
    tests: Runner, document: Path, part: list[str]
) -> None:
    ledger.write([Row(LOAD, "one", "goes on", 4), Row(LOAD, "two", "goes on", 1)])
    before = document.read_text()
    assert tests(*part, one=3, two=1)[0] == 0
    code, printed = tests(*part, write=True)
    assert (code, "nothing was written" in printed, document.read_text()) == (1, True, before), printed


def test_a_run_in_which_a_test_fails_writes_nothing(tests: Runner, document: Path) -> None:
    before = document.read_text()
    (document.parent / "test_failing.py").write_text("def test_lost():\n    assert not 'lost'\n")
    code, printed = tests(one=1, write=True)
    assert (code, "nothing was written" in printed, document.read_text()) == (1, True, before), printed
