"""The benchmark runs, and what it finds that does not depend on a clock: how many requests a command sends."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from benchmarks import rollout
from benchmarks.__main__ import remarks, table
from benchmarks.measuring import Measured, Row, Taken

ROOT = Path(__file__).parents[2]


def test_reading_takes_as_many_requests_for_a_hundred_nodes_as_for_ten_and_the_chart_alone_none(
    zipapp: Path, tmp_path: Path
) -> None:
    assert zipapp.exists(), "built once for all"
    figures = tmp_path / "figures.json"
    command = [
        sys.executable,
        "-m",
        "benchmarks",
        "--nodes",
        "10",
        "100",
        "--systems",
        "2",
        "--rollout",
        "3",
        "--rounds",
        "1",
    ]
    done = subprocess.run([*command, "--json", figures], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("medians of 1 rounds")
    requests: dict[str, set[int]] = {}
    for row in json.loads(figures.read_text()):
        requests.setdefault(row["what"], set()).add(row["requests"])
    for what in ("diff", "diff, all change", "revisions"):
        (sent,) = requests[what]
        assert sent > 0
    assert min(requests[rollout.WHAT]) > 0
    assert {what: requests[what] for what in ("verify", "revisions -f", "version", "--help")} == {
        "verify": {0},
        "revisions -f": {0},
        "version": {0},
        "--help": {0},
    }


def measured(what: str, nodes: int, seconds: float, megabytes: float = 100, limit: float | None = None) -> Measured:
    row = Row(what, nodes, (), "helm template", (), limit)
    return Measured(row, Taken(seconds, megabytes), Taken(1.0, 50), 9)


def test_growth_is_told_of_each_command_and_whatever_exceeds_its_limit_has_a_mark() -> None:
    found = [
        measured("version", 0, 0.02),
        measured("diff", 100, 0.25),
        measured("diff", 1000, 1.0),
        measured("verify", 1000, 1.0),
        measured("diff", 10000, 9.5, 290),
        measured("verify", 10000, 11.5),
        measured("diff, all change", 10000, 1.0, 301),
        measured(rollout.WHAT, 100, 0.051),
    ]
    assert list(remarks(found)) == [
        "diff, 10000 nodes beside 1000: 9.5 times the time (limit 11)",
        "verify, 10000 nodes beside 1000: 11.5 times the time (limit 11) !",
        "diff, 10000 nodes: at most 290 MB (limit 300)",
        "diff, all change, 10000 nodes: at most 301 MB (limit 300) !",
        "rollout, Ready to next, 100 nodes: a node waits 51 ms in the median (limit 50) !",
    ]


def test_the_table_is_that_of_the_document_and_marks_what_is_late() -> None:
    heads, rule, *rows = table([measured("diff", 10, 0.5, limit=1.0), measured("verify", 10, 2.5, limit=2.0)]).split(
        "\n"
    )
    document = (ROOT / "docs" / "speed.md").read_text(encoding="utf-8")
    assert [_cells(line) for line in document.splitlines() if line.startswith("| what")] == [_cells(heads)]
    assert {cell.strip(":-") for cell in _cells(rule)} == {""}
    assert [_cells(row)[-2:] for row in rows] == [["0.50", "1"], ["2.50", "2 !"]]


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]
