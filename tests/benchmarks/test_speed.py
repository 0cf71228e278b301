"""The benchmark runs, and what it finds that does not depend on a clock: how many requests a command sends."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

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
    for what in ("diff", "revisions"):
        (sent,) = requests[what]
        assert sent > 0
    assert {what: requests[what] for what in ("verify", "revisions -f", "version", "--help")} == {
        "verify": {0},
        "revisions -f": {0},
        "version": {0},
        "--help": {0},
    }
