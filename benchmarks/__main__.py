"""How fast this program is, beside its peers on the same work in the same run.

    python -m benchmarks [--nodes 10 100 1000 10000] [--systems 50] [--rollout 100] [--rounds 3] [--json FILE]

Everything is real: the built zipapp, helm, kubectl, a kube-apiserver that holds the nodes. The two of a row take turns,
round by round, and machines are noisy: look at the ratio of their medians. `MB` is the most memory that this program or
one it started had at once. `requests` are those that it sent, by the API server's audit log, without the further pages
of long lists. `diff` finds nothing to tell, but for the rows where all change: a parameter of every node does. Of a
rollout, the seconds are those from a pod's being Ready to the next node's apply.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tabulate import tabulate

from benchmarks import rollout, speed
from tests.testbed.control_plane import running_control_plane

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.measuring import Measured

LIMIT_MEGABYTES = 300
LIMIT_GROWTH = 11
LARGE = 10_000
"""Nodes from which on growth and memory are told: below, a program's start is most of it."""


def table(measured: Sequence[Measured]) -> str:
    """Return what was measured as a Markdown table, with a mark where a limit is exceeded."""
    lines = []
    for each in measured:
        limit = "" if each.row.limit is None else f"{each.row.limit:g}"
        late = each.row.limit is not None and each.ratio > each.row.limit
        lines.append(
            [
                each.row.what,
                each.row.nodes or "",
                f"{each.ours.seconds:.3f}",
                f"{each.ours.megabytes:.0f}",
                each.requests,
                each.row.peer,
                f"{each.theirs.seconds:.3f}",
                f"{each.ratio:.2f}",
                f"{limit} !" if late else limit,
            ]
        )
    headers = ["what", "nodes", "seconds", "MB", "requests", "beside", "seconds", "ratio", "to reach"]
    alignment = ("left", *("right",) * 4, "left", *("right",) * 3)
    return tabulate(lines, headers, tablefmt="pipe", disable_numparse=True, colalign=alignment)


def remarks(measured: Sequence[Measured]) -> Iterator[str]:
    """Yield what no single row shows: growth, memory, and how long a node of a rollout waits."""
    by_command: dict[str, dict[int, Measured]] = {}
    for each in measured:
        # Of those that stand beside two others, the first row is enough.
        by_command.setdefault(each.row.what, {}).setdefault(each.row.nodes, each)
    for what, sizes in by_command.items():
        for size, each in sizes.items():
            if size >= LARGE and size // 10 in sizes:
                growth = each.ours.seconds / sizes[size // 10].ours.seconds
                said = f"{what}, {size} nodes beside {size // 10}: {growth:.1f} times the time"
                yield _held(said, growth, LIMIT_GROWTH)
    for what, sizes in by_command.items():
        if what.startswith("diff") and max(sizes) >= LARGE:
            memory = sizes[max(sizes)].ours.megabytes
            yield _held(f"{what}, {max(sizes)} nodes: at most {memory:.0f} MB", memory, LIMIT_MEGABYTES)
    for each in by_command.get(rollout.WHAT, {}).values():
        waits = each.ours.seconds * 1000
        said = f"{rollout.WHAT}, {each.row.nodes} nodes: a node waits {waits:.0f} ms in the median"
        yield _held(said, waits, rollout.LIMIT_SECONDS * 1000)


def _held(said: str, found: float, limit: float) -> str:
    """Return a remark with its limit, and a mark where that is exceeded."""
    return f"{said} (limit {limit:g}){' !' if found > limit else ''}"


def main() -> None:
    """Measure, print a table, and write it as JSON if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, nargs="+", default=[10, 100, 1000, 10000])
    parser.add_argument("--systems", type=int, default=50, help="how many small systems; 0 for none")
    parser.add_argument("--rollout", type=int, default=100, metavar="NODES", help="how many are rolled out; 0: none")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to this file too")
    options = parser.parse_args()
    if options.rounds < 1 or options.rollout in {1, 2}:
        parser.error("a round is the least, and three nodes for a rollout")
    with tempfile.TemporaryDirectory() as folder, running_control_plane() as plane:
        reading, rolling = Path(folder, "reading"), Path(folder, "rolling")
        for each in (reading, rolling):
            each.mkdir()
        measured = speed.measure(plane, reading, options.nodes, options.systems, options.rounds)
        if options.rollout:
            measured.append(rollout.measure(plane, rolling, options.rollout, options.rounds))
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
