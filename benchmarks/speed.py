"""How fast this program reads, beside helm, kubectl and PyYAML on the same work in the same run.

    python -m benchmarks.speed [--nodes 10 100 1000 10000] [--systems 50] [--rounds 3] [--json FILE]

Everything is real: the built zipapp, helm, kubectl, a kube-apiserver that holds the nodes. The two of a row take turns,
round by round, and machines are noisy: look at the ratio of their medians. `requests` are those that this program sent,
by the API server's audit log, without the further pages of long lists.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tabulate import tabulate

from benchmarks.measuring import Taken, median, take
from benchmarks.systems import Systems
from tests.testbed.control_plane import running_control_plane

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BIG, MANY = "yul1", "fra2"
"""The contexts: of systems of each size, and of many small ones."""
NODES_OF_MANY = 20
READ_YAML = "import sys, yaml\nfor each in yaml.load_all(open(sys.argv[1], 'rb'), Loader=yaml.CSafeLoader): pass"
LIMIT_MEGABYTES = 300
LIMIT_GROWTH = 11


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of work, done by this program and by others."""

    what: str
    nodes: int
    ours: Sequence[str]
    peer: str
    theirs: Sequence[Sequence[str]]
    limit: float | None
    """How many times the others' time this program may take; None where that was never settled."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What a row took: the medians of all rounds."""

    row: Row
    ours: Taken
    theirs: Taken
    requests: int

    @property
    def ratio(self) -> float:
        """This program's time as a multiple of the others'."""
        return self.ours.seconds / self.theirs.seconds


def rows(systems: Systems, sizes: Sequence[int]) -> Iterator[Row]:
    """Deploy a system of each size, and yield what is done with it."""
    python = [sys.executable, "-c", "pass"]
    yield Row("version", 0, ["version"], "python3 -c pass", [python], 2.5)
    yield Row("--help", 0, ["--help"], "python3 -c pass", [python], 2.5)
    for size in sizes:
        name = f"nodes-{size}"
        rendered = str(systems.deploy(BIG, name, size))
        there, large = ["--context", BIG, "--system", name], size >= 1000
        template = systems.template(BIG, name)
        get = ["kubectl", "get", "backends,frontends,configmaps,pods", "--namespace", name, "-o", "json"]
        read = [sys.executable, "-c", READ_YAML, rendered]
        yield Row("diff", size, ["diff", *there], "helm template; kubectl get", [template, get], 1.0 if large else None)
        yield Row("revisions", size, ["revisions", *there], "kubectl get", [get], 1.0 if large else None)
        yield Row("verify", size, ["verify", *there], "helm template", [template], 2.0 if size == 1000 else None)
        yield Row("revisions -f", size, ["revisions", "-f", rendered], "PyYAML", [read], 1.5 if size >= 10000 else None)
        if size <= 1000:
            asked = ["kubectl", "diff", "--server-side", "--namespace", name, "-f", rendered]
            yield Row("diff", size, ["diff", *there], "kubectl diff", [asked], 1 / 8 if large else None)


def of_many(systems: Systems, count: int) -> Row:
    """Deploy many small systems, and return what is done with all of them at once."""
    names = [f"small-{number}" for number in range(1, count + 1)]
    for name in names:
        systems.deploy(MANY, name, NODES_OF_MANY)
    templates = [systems.template(MANY, name) for name in names]
    return Row(f"diff of {count} systems", NODES_OF_MANY, ["diff", "--context", MANY], "their renders", templates, 1.0)


def measure(systems: Systems, row: Row, rounds: int) -> Measured:
    """Let this program and the others take turns at a row's work."""
    ours, theirs = [], []
    environment, folder = systems.environment, systems.repository
    for _ in range(rounds):
        before = systems.plane.audit_log.stat().st_size
        ours.append(take([["kubectl-express", *row.ours]], folder, environment, frozenset({0})))
        sent = requests(systems.plane.audit_log, before)
        theirs.append(take(row.theirs, folder, environment, frozenset({0})))
    return Measured(row, median(ours), median(theirs), sent)


def requests(log: Path, since: int) -> int:
    """Return how many requests this program sent, without the further pages of lists."""
    with log.open("rb") as file:
        file.seek(since)
        events = [json.loads(line) for line in file.read().splitlines()]
    own = [each for each in events if each.get("userAgent", "").startswith("kubectl-express/")]
    return len({each["auditID"] for each in own if "continue=" not in each["requestURI"]})


def table(measured: Sequence[Measured]) -> str:
    """Return what was measured for people, with a mark where a limit is exceeded."""
    lines = []
    for each in measured:
        limit = "" if each.row.limit is None else f"{each.row.limit:g}"
        late = each.row.limit is not None and each.ratio > each.row.limit
        lines.append(
            [
                each.row.what,
                each.row.nodes or "",
                f"{each.ours.seconds:.2f}",
                f"{each.ours.megabytes:.0f}",
                each.requests,
                each.row.peer,
                f"{each.theirs.seconds:.2f}",
                f"{each.ratio:.2f}",
                f"{limit} !" if late else limit,
            ]
        )
    headers = ["", "nodes", "s", "MB", "requests", "beside", "s", "ratio", "limit"]
    return tabulate(lines, headers, disable_numparse=True, colalign=("left", *("right",) * 4, "left", *("right",) * 3))


def remarks(measured: Sequence[Measured]) -> Iterator[str]:
    """Yield what no single row shows: growth and memory."""
    diffs = {
        each.row.nodes: each.ours for each in measured if each.row.what == "diff" and each.row.peer != "kubectl diff"
    }
    for size, taken in diffs.items():
        if size >= 10000 and size // 10 in diffs:
            growth = taken.seconds / diffs[size // 10].seconds
            yield f"diff, {size} nodes beside {size // 10}: {growth:.1f} times the time (limit {LIMIT_GROWTH})"
    if diffs:
        largest = max(diffs)
        yield f"diff, {largest} nodes: at most {diffs[largest].megabytes:.0f} MB (limit {LIMIT_MEGABYTES})"


def main() -> None:
    """Measure, print a table, and write it as JSON if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, nargs="+", default=[10, 100, 1000, 10000])
    parser.add_argument("--systems", type=int, default=50, help="how many small systems; 0 for none")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to this file too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, running_control_plane() as plane:
        systems = Systems(plane, Path(folder), (BIG, MANY))
        measured = [measure(systems, row, options.rounds) for row in rows(systems, options.nodes)]
        if options.systems:
            measured.append(measure(systems, of_many(systems, options.systems), options.rounds))
    print(f"medians of {options.rounds} rounds, {os.cpu_count()} cores")
    print(table(measured))
    for line in remarks(measured):
        print(line)
    if options.json:
        options.json.write_text(json.dumps([document(each) for each in measured], indent=2) + "\n", encoding="utf-8")


def document(measured: Measured) -> dict[str, object]:
    """Return a row for programs; the commands are left out, since they name folders that are gone."""
    row = asdict(replace(measured.row, ours=(), theirs=()))
    row = {name: value for name, value in row.items() if name not in {"ours", "theirs"}}
    figures = {"requests": measured.requests, "ratio": measured.ratio}
    return {**row, **figures, "ours": asdict(measured.ours), "theirs": asdict(measured.theirs)}


if __name__ == "__main__":
    main()
