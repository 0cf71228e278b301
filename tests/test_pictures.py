"""The pictures that documents show of the program at work are what it draws; `DOCUMENTS=write` draws them anew."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pexpect
import pytest

from tests.document_scenes import PERSON, SYSTEM, change, change_three, rendered, stop_midway, wait_for_ready
from tests.documents import ROOT
from tests.pictures import COLUMNS, lasting, picture, screen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import StartOperator
    from tests.testbed.express import Express
    from tests.testbed.programs import Kubectl

PICTURES = ROOT / "docs" / "pictures"
LARGEST = 30_000
"""Bytes: a page loads several."""
STEP = "[a]ll the rest: "


def test_a_diff_is_what_its_picture_shows(example: Path, express: Express) -> None:
    change(example, SYSTEM)
    line = f"kubectl express diff --context yul1 --system {SYSTEM} --against git:HEAD"
    with terminal(line, SYSTEM, example, express) as person:
        person.expect(pexpect.EOF)
        hold("diff", line, person.before or "", "What a pull request would change: three nodes, of which one restarts.")


def test_a_stepped_rollout_is_what_its_picture_shows(
    example: Path, system: str, express: Express, kubectl: Kubectl, operator: StartOperator
) -> None:
    operator()
    kubectl("apply", "-f", "-", stdin=rendered(example, system, express))
    wait_for_ready(kubectl, 8)
    change_three(example, system)
    line = f"kubectl express rollout --step --context yul1 --system {SYSTEM}"
    with terminal(line, system, example, express) as person:
        person.expect_exact(STEP)
        written = f"{person.before}{STEP}"
        person.sendline("y")
        person.expect_exact(STEP)
        written += f"{person.before}{STEP}"
        person.sendline("n")
        person.expect(pexpect.EOF)
    told = "A rollout asks before its second node: the first is done, the third is to come."
    hold("rollout", line, written.replace(system, SYSTEM), told, asks=True)


def test_a_list_of_revisions_is_what_its_picture_shows(
    example: Path, system: str, express: Express, kubectl: Kubectl, operator: StartOperator
) -> None:
    running = operator()
    kubectl("apply", "-f", "-", stdin=rendered(example, system, express))
    wait_for_ready(kubectl, 8)
    stop_midway(example, system, express, kubectl, running)
    kubectl("patch", "backend", "be2", "--type=merge", '--patch={"spec": {"logging": {"level": "DEBUG"}}}')
    line = f"kubectl express revisions --context yul1 --system {SYSTEM}"
    with terminal(line, system, example, express) as person:
        person.expect(pexpect.EOF)
        written = (person.before or "").replace(system, SYSTEM)
    hold(
        "revisions",
        line,
        written,
        "Every node with its revision at each link of the chain; five are not as they should be.",
    )


@contextmanager
def terminal(line: str, system: str, example: Path, express: Express) -> Iterator[pexpect.spawn[str]]:
    """Run a line as a shell does, on a terminal with colours, and end it with the context."""
    environment = {**express.environment(), **PERSON, "TERM": "xterm-256color"}
    command = ["-c", line.replace(SYSTEM, system)]
    started = pexpect.spawn(
        "/bin/sh", command, env=environment, cwd=str(example), dimensions=(40, COLUMNS), encoding="utf-8", timeout=60
    )
    try:
        yield started
    finally:
        started.close(force=True)


def hold(name: str, line: str, written: str, told: str, *, asks: bool = False) -> None:
    """Compare the picture of a line and of what it wrote with the one that is kept, or keep it if so told."""
    shown = screen(f"\x1b[90m$\x1b[0m {line}\r\n{written}")
    head = " ".join(line.split()[:3])
    path, drawn = PICTURES / f"{name}.svg", picture(shown, head, told, asks=asks)
    if os.environ.get("DOCUMENTS") == "write":
        path.write_text(drawn, encoding="utf-8")
    assert lasting(path.read_text(encoding="utf-8")) == lasting(drawn)


@pytest.mark.parametrize("path", sorted(PICTURES.glob("*.svg")), ids=lambda path: path.name)
def test_a_picture_is_small_says_what_it_shows_and_needs_nothing_else(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    root = ET.fromstring(text)  # noqa: S314 - our own
    space = "{http://www.w3.org/2000/svg}"
    assert len(text.encode()) < LARGEST
    assert [bool(root.findtext(f"{space}{name}")) for name in ("title", "desc")] == [True, True]
    assert {each.tag.removeprefix(space) for each in root.iter()} <= {
        *("svg", "title", "desc", "style", "g", "defs", "marker"),
        *("rect", "circle", "path", "line", "text", "tspan"),
    }
    assert not [name for each in root.iter() for name in each.attrib if "href" in name or name.startswith("on")]
    assert "url(http" not in text
    assert "@import" not in text


def test_a_screen_is_drawn_as_it_was_left_with_its_colours_and_columns() -> None:
    drawn = picture(screen("painted over\r\x1b[2K\x1b[2mto come\x1b[0m  \x1b[32m✓ done\x1b[0m <&>"), "head", "told")
    assert '<tspan x="18.0" textLength="75.9" class="brightblack">to come  </tspan>' in drawn
    assert '<tspan x="93.9" textLength="59.0" class="green">✓ done </tspan>' in drawn
    assert ">&lt;&amp;&gt;</tspan>" in drawn
    assert "painted over" not in drawn
