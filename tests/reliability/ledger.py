"""What was tried to break the program, and how often: told by the tests themselves, and kept in docs/reliability.md.

A test ends with `tell(…)`. `RELIABILITY=write tests/run tests/reliability` writes the tables anew from what that run
told, if none of its tests fails. Any other run fails where it told of something that the tables do not have, and one of
all tests where they have anything else than what it told. `RELIABILITY_SCALE=N` has searches try N times as much as a
run of continuous integration does; with `RELIABILITY=write`, what such a run told stands by itself, below the others.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from tabulate import tabulate

DOCUMENT = Path(__file__).parents[2] / "docs" / "reliability.md"
AT_SCALE = "<!-- written by RELIABILITY=write RELIABILITY_SCALE=N tests/run -->"
BEGIN, END = "<!-- written by RELIABILITY=write tests/run -->", "<!-- end of what was written -->"
HEADERS = ("what", "what the program does", "tried", "lost", "seed")
DERANDOMIZED = 0
"""For a seed: hypothesis has none, and draws the same from the same test each time."""
_ABOUT = "about "
_BETWEEN_CELLS = re.compile(r"(?<!\\)\|")
_FOLDER, _WHOLE = "KUBECTL_EXPRESS_LEDGER", "whole"
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
    varies: bool = False
    """Whether how often it is tried is not the same in each run: it depends on timing, or on what else is imported."""

    @property
    def cells(self) -> list[str]:
        """What stands in the table."""
        seed = "derandomized" if self.seed == DERANDOMIZED else str(self.seed or "")
        return [self.what, self.does, f"{_ABOUT if self.varies else ''}{self.tried:,}", str(self.lost), seed]

    def stands_as(self, cells: list[str]) -> bool:
        """Whether cells say the same; how often may differ where that varies."""
        ours = self.cells
        if self.varies and cells[2].startswith(_ABOUT):
            ours[2] = cells[2]
        return ours == cells


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


def note_whole_run() -> None:
    """Take note that this run is one of all tests that tell."""
    (Path(os.environ[_FOLDER]) / _WHOLE).touch()


def is_whole_run() -> bool:
    """Return whether this run is one of all tests that tell."""
    return (Path(os.environ[_FOLDER]) / _WHOLE).exists()


def close_ledger() -> list[Row]:
    """Return what was told, one row for each kind of trouble, in the order of the table; the folder is gone then."""
    folder = Path(os.environ.pop(_FOLDER))
    rows: dict[tuple[str, str], Row] = {}
    for file in sorted(folder.glob("*.json")):
        row = Row(**json.loads(file.read_text(encoding="utf-8")))
        before = rows.get((row.part, row.what))
        rows[row.part, row.what] = replace(row, tried=row.tried + before.tried) if before else row
    shutil.rmtree(folder)
    return sorted(rows.values(), key=lambda row: (row.part, row.what))


def write(rows: list[Row]) -> None:
    """Put the rows into the document, a table for each part."""
    before, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    parts = "\n".join(f"## {part}\n\n{AGAINST[part]}\n\n{table}\n" for part, table in _tables(rows).items())
    DOCUMENT.write_text(f"{before}{BEGIN}\n\n{parts}\n{END}{after}", encoding="utf-8")


def write_at_scale(rows: list[Row]) -> None:
    """Put the rows of a run that tried more than usual into the document; the parts that it was not of stay there."""
    before, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(AT_SCALE)
    written, _, after = rest.partition(END)
    parts = dict(re.findall(r"^### (.*?), (\d+ times as much\n(?:(?:[^#\n].*)?\n)*)", written, re.MULTILINE))
    parts |= {part: f"{scale()} times as much\n\n{table}\n\n" for part, table in _tables(rows).items()}
    made = "".join(f"### {part}, {text}" for part, text in sorted(parts.items()))
    DOCUMENT.write_text(f"{before.rstrip()}\n\n{AT_SCALE}\n\n{made}{END}{after or chr(10)}", encoding="utf-8")


def _tables(rows: list[Row]) -> dict[str, str]:
    """Return the table of each part."""
    tables = {}
    for part in dict.fromkeys(row.part for row in rows):
        lines = [[cell.replace("|", r"\|") for cell in row.cells] for row in rows if row.part == part]
        tables[part] = tabulate(lines, HEADERS, tablefmt="github", disable_numparse=True)
    return tables


def read() -> dict[tuple[str, str], list[str]]:
    """Return the rows that the document has, each as its cells, by part and by what was tried."""
    found = {}
    part = ""
    for line in DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0].splitlines():
        if line.startswith("## "):
            part = line.removeprefix("## ")
        elif line.startswith("| "):
            cells = [cell.strip().replace(r"\|", "|") for cell in _BETWEEN_CELLS.split(line)[1:-1]]
            found[part, cells[0]] = cells
    return {key: cells for key, cells in found.items() if tuple(cells) != HEADERS}


def differences(rows: list[Row], *, whole: bool) -> list[str]:
    """Return where the document has not what was told; after a whole run, also where it has anything else."""
    told, stands = {(row.part, row.what): row for row in rows}, read()
    found = [f"{part}: {what}: is not there" for part, what in told if (part, what) not in stands]
    if whole:
        found += [
            f"{part}: {what}: is there, and no test tells of it" for part, what in stands if (part, what) not in told
        ]
    if whole and scale() == 1:
        found += [
            f"{part}: {what}: has {' | '.join(stands[part, what][1:])}, and not {' | '.join(row.cells[1:])}"
            for (part, what), row in told.items()
            if (part, what) in stands and not row.stands_as(stands[part, what])
        ]
    return found
