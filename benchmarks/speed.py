"""How fast this program reads, beside helm, kubectl and PyYAML on the same work in the same run."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from benchmarks.measuring import Measured, Row, median, requests_sent, take
from benchmarks.systems import Systems

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tests.testbed.control_plane import ControlPlane

BIG, CHANGED, MANY = "yul1", "yul2", "fra2"
"""The contexts: of systems of each size, of the same with a parameter of every node changed, and of many small ones."""
NODES_OF_MANY = 20
READ_YAML = "import sys, yaml\nfor each in yaml.load_all(open(sys.argv[1], 'rb'), Loader=yaml.CSafeLoader): pass"


def measure(plane: ControlPlane, home: Path, sizes: Sequence[int], many: int, rounds: int) -> list[Measured]:
    """Return what reading takes of systems of each size, and of many small ones at once if there are to be any.

    This program and the others take turns, round by round.
    """
    systems = Systems(plane, home, (BIG, CHANGED, MANY))
    measured = [_measure(systems, row, rounds) for row in _rows(systems, sizes)]
    return [*measured, *([_measure(systems, _of_many(systems, many), rounds)] if many else [])]


def _rows(systems: Systems, sizes: Sequence[int]) -> Iterator[Row]:
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
            # It was applied by the client, which a server-side apply conflicts with over the items of defaulted lists.
            asked = ["kubectl", "diff", "--server-side", "--force-conflicts", "--namespace", name, "-f", rendered]
            yield Row("diff", size, ["diff", *there], "kubectl diff", [asked], 1 / 8 if large else None)
        systems.overlay(CHANGED, name, size, "elsewhere")
        changed = ["diff", "--context", CHANGED, "--system", name]
        limit, both = 1.0 if large else None, [systems.template(CHANGED, name), get]
        yield Row("diff, all change", size, changed, "helm template; kubectl get", both, limit, 1)
        if size >= 1000:
            in_json = [*changed, "-o", "json"]
            yield Row("diff -o json, all change", size, in_json, "helm template; kubectl get", both, limit, 1)


def _of_many(systems: Systems, count: int) -> Row:
    """Deploy many small systems, and return what is done with all of them at once."""
    names = [f"small-{number}" for number in range(1, count + 1)]
    for name in names:
        systems.deploy(MANY, name, NODES_OF_MANY)
    templates = [systems.template(MANY, name) for name in names]
    return Row(f"diff of {count} systems", NODES_OF_MANY, ["diff", "--context", MANY], "their renders", templates, 1.0)


def _measure(systems: Systems, row: Row, rounds: int) -> Measured:
    """Let this program and the others take turns at a row's work."""
    ours, theirs = [], []
    environment, folder = systems.environment, systems.repository
    for _ in range(rounds):
        before = systems.plane.audit_log.stat().st_size
        ours.append(take([["kubectl-express", *row.ours]], folder, environment, frozenset({row.code})))
        sent = requests_sent(systems.plane.audit_log, before)
        theirs.append(take(row.theirs, folder, environment, frozenset({0, 1})))  # 1: kubectl diff found differences
    return Measured(row, median(ours), median(theirs), sent)
