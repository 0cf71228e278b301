"""Whatever is wrong is said in one clear line, with the right exit code; docs/errors.md is the table of it.

`DOCUMENTS=write tests/run tests/e2e/test_errors.py` writes the table anew where words have changed on purpose.
"""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from tests.documents import ROOT, alike
from tests.e2e.mistakes import SECRET, Machine, Mistake, Told
from tests.e2e.mistakes_argocd import ARGO_CD
from tests.e2e.mistakes_live import LIVE
from tests.e2e.mistakes_offline import OFFLINE
from tests.e2e.mistakes_world import world

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pytest

    from tests.testbed.api import Api
    from tests.testbed.control_plane import ControlPlane
    from tests.testbed.programs import Outcome

DOCUMENT = ROOT / "docs" / "errors.md"
SECTIONS: Mapping[str, Mapping[str, Mistake]] = {**OFFLINE, **LIVE, **ARGO_CD}
MISTAKES = {title: mistake for section in SECTIONS.values() for title, mistake in section.items()}
BEGINNINGS = ("error: ", "Error from server", "Unable to connect to the server: ", "The connection to the server ")
ANOTHERS = ("See 'kubectl express", "Use --debug", "  ")
"""How lines below the first begin, where they are a hint or another program's own."""


def test_a_mistake_gets_one_clear_line_and_its_exit_code_and_nothing_half_done(
    zipapp: Path,
    tools: Path,
    shiv_root: Path,
    control_plane: ControlPlane,
    api: Api,
    tmp_path: Path,
    subtests: pytest.Subtests,
) -> None:
    with world(control_plane, api, tmp_path) as names, ThreadPoolExecutor(2) as pool:
        machine = Machine(zipapp, tools, shiv_root, tmp_path, names)
        made = pool.map(machine.make, range(len(MISTAKES)), MISTAKES.values())
        said = dict(zip(MISTAKES, made, strict=True))
    for title, mistake in MISTAKES.items():
        with subtests.test(title):
            check(mistake, said[title].outcome)
    with subtests.test("the document shows what is said"):
        document = DOCUMENT.read_text(encoding="utf-8") if DOCUMENT.exists() else ""
        written = re.sub(r"(?<=<!-- written by a test -->\n).*", "", document, flags=re.DOTALL) + tables(said)
        if os.environ.get("DOCUMENTS") == "write":
            DOCUMENT.write_text(written, encoding="utf-8")
        else:
            assert alike(document) == alike(written)


def check(mistake: Mistake, outcome: Outcome) -> None:
    """Hold what was said of a mistake to what is true of all."""
    assert outcome.code == mistake.code, outcome
    both = f"{outcome.stdout}{outcome.stderr}"
    assert "Traceback" not in both
    assert "this is a bug" not in both
    assert SECRET not in both
    assert all(line.isprintable() for line in both.split("\n")), "a terminal might obey this"
    if mistake.code == 2:
        first, *others = outcome.stderr.rstrip("\n").split("\n")
        assert first.startswith("warning: " if mistake.shows else BEGINNINGS), outcome.stderr
        assert all(line.startswith((*ANOTHERS, *mistake.others)) for line in others), outcome.stderr
        assert bool(outcome.stdout) is bool(mistake.others), "data of what could be done stays, and only that"


def tables(said: Mapping[str, Told]) -> str:
    """Return the tables of the document, one for each section."""
    return "".join(
        f"\n## {section}\n\n| What is wrong | What is printed | Exit code |\n| --- | --- | --- |\n"
        + "".join(
            f"| {capitalised(title)} | {code(said[title].line(mistake.shows))} | {mistake.code} |\n"
            for title, mistake in mistakes.items()
        )
        for section, mistakes in SECTIONS.items()
    )


def capitalised(title: str) -> str:
    """Return a title as a cell begins; what is typed stays as it is."""
    return title[0].upper() + title[1:]


def code(line: str) -> str:
    """Return a line as Markdown's code within a table."""
    fence = "``" if "`" in line else "`"
    space = " " if "`" in line else ""
    return f"{fence}{space}{line.replace('|', chr(92) + '|')}{space}{fence}"
