"""What was tried to break the program, and how often: told by the tests themselves, and kept in docs/reliability.md.

A test ends with `tell(…)`. `RELIABILITY=write tests/run tests/reliability` writes the table anew from what that run
told; any other run fails where it told of something that the table does not have. `RELIABILITY_SCALE=N` has searches
try N times as much as a run of continuous integration does.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from tabulate import tabulate

DOCUMENT = Path(__file__).parents[2] / "docs" / "reliability.md"
BEGIN, END = "<!-- written by RELIABILITY=write tests/run -->", "<!-- end of what was written -->"
_FOLDER = "KUBECTL_EXPRESS_LEDGER"
AGAINST = {
    "A model and a search": """\
The program's own command line within the test's process, with an API server in memory, a clock that the search sets,
and threads that it lets go on one at a time. The first row holds that server to a real one: both are sent the same
requests.""",
    "Broken inputs": """\
Rows with a seed: the program's own code within the test's process, which is handed the files, what helm prints and
what an API server answers; there is no cluster. Likewise what once crashed it, and the regular expressions, each by
itself. The rest is given to the built program, with a script in helm's place where helm prints what the real one does
not.""",
    "Load": """\
The built program, a small operator, and a real kube-apiserver and etcd that are told to turn readers away.""",
    "Rollout under faults": """\
The built program, a real kube-apiserver and etcd, a small operator, and a proxy between them where a fault is to
happen on the way. There is no kubelet: the operator writes the pods. `Own clocks` are those of the program's
process.""",
    "Security": """\
The built program with real helm, git, kubectl and kube-apiserver, in front of which a server may write down who asks,
or answer what no sound one would. Where names, texts for Markdown and pairs of Secrets are searched for by the
hundred, the functions that judge them, within the test's process.""",
}
"""By the heading, what is real in the tests below it and what is not."""


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of trouble: what was done, how often, what the program does, and what was lost of what must not be."""

    part: str
    """The heading that it stands under."""
    what: str
    does: str
    tried: int
    lost: int = 0
    seed: int | None = None


def scale() -> int:
    """Return how many times as much as usual a search is to try."""
    return int(os.environ.get("RELIABILITY_SCALE", "1"))


def tell(row: Row) -> None:
    """Keep a row for the table; the rows of one kind of trouble are added up. Fails where something was lost."""
    assert row.part in AGAINST, f"{row.part}: say in AGAINST what that ran against"
    assert row.lost == 0, f"{row.part}: {row.what}: {row.lost} of {row.tried} were lost"
    folder = os.environ.get(_FOLDER)
    if folder:
        handle, _ = tempfile.mkstemp(suffix=".json", dir=folder)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(asdict(row), file)


def open_ledger() -> None:
    """Have the tests of this process and of those it starts tell into a folder of its own."""
    os.environ[_FOLDER] = tempfile.mkdtemp(prefix="ledger-")


def close_ledger() -> list[Row]:
    """Return what was told, one row for each kind of trouble, in the order of the table; the folder is gone then."""
    folder = Path(os.environ.pop(_FOLDER))
    rows: dict[tuple[str, str], Row] = {}
    for file in sorted(folder.glob("*.json")):
        row = Row(**json.loads(file.read_text(encoding="utf-8")))
        before = rows.get((row.part, row.what))
        tried = row.tried + (before.tried if before else 0)
        rows[row.part, row.what] = Row(row.part, row.what, row.does, tried, row.lost, row.seed)
    shutil.rmtree(folder)
    return sorted(rows.values(), key=lambda row: (row.part, row.what))


def write(rows: list[Row]) -> None:
    """Put the rows into the document, a table for each part."""
    before, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    parts = []
    for part in dict.fromkeys(row.part for row in rows):
        lines = [
            [row.what, row.does, f"{row.tried:,}", row.lost, "" if row.seed is None else row.seed]
            for row in rows
            if row.part == part
        ]
        headers = ["what", "what the program does", "tried", "lost", "seed"]
        table = tabulate(lines, headers, tablefmt="github", disable_numparse=True)
        parts.append(f"## {part}\n\n{AGAINST[part]}\n\n{table}\n")
    DOCUMENT.write_text(f"{before}{BEGIN}\n\n{chr(10).join(parts)}\n{END}{after}", encoding="utf-8")


def unwritten(rows: list[Row]) -> list[str]:
    """Return what was told and does not stand in the document."""
    text = DOCUMENT.read_text(encoding="utf-8") if DOCUMENT.exists() else ""
    return [f"{row.part}: {row.what}" for row in rows if f"## {row.part}\n" not in text or f"| {row.what} " not in text]
