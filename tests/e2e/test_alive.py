"""What takes long says so on a terminal, in a line that is gone when something is printed."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

import pexpect
import pyte
import pytest

from tests.e2e.mistakes import ONE
from tests.testbed.parts import part

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.rollouts import SixNodes
    from tests.testbed.express import Express

RENDERING = r"rendering systemdcrtest3 … \d s"


@pytest.fixture
def slow(tmp_path: Path) -> Path:
    """Return a helm that thinks for a while before it does what helm does."""
    helm = tmp_path / "slow" / "helm"
    helm.parent.mkdir()
    helm.write_text(f'#!/bin/sh\nsleep 4\nexec "{part("helm4")}" "$@"\n')
    helm.chmod(0o755)
    return helm


class Shown:
    """The program on a terminal, and what a person sees there."""

    def __init__(self, line: str, express: Express, helm: Path, folder: Path, term: str = "xterm") -> None:
        environment = {**express.environment(helm), "TERM": term}
        environment["PATH"] += os.pathsep + os.defpath
        program = f"{shlex.quote(str(part('kubectl')))} express {line}"
        # With job control, as at a prompt, what ends in `&` is not in the terminal's foreground.
        words = ["-c", f"set -m; {program} wait" if line.endswith("&") else f"exec {program}"]
        self.process: pexpect.spawn[str] = pexpect.spawn(
            "/bin/sh", words, env=environment, cwd=str(folder), dimensions=(30, 60), encoding="utf-8", timeout=60
        )
        self._written = ""

    def waits_for(self, what: str) -> None:
        """Read on until something is written."""
        self.process.expect(what)
        self._written += f"{self.process.before}{self.process.after}"

    def end(self) -> tuple[str, list[str], int | None]:
        """Return all that was written, the lines that are left on the screen, and the exit code."""
        self.waits_for_end()
        screen = pyte.Screen(60, 30)
        pyte.Stream(screen).feed(self._written)
        return self._written, [line.rstrip() for line in screen.display if line.strip()], self.process.exitstatus

    def waits_for_end(self) -> None:
        """Read to the end."""
        self.process.expect(pexpect.EOF)
        self._written += str(self.process.before)
        self.process.close()


@pytest.fixture
def shown() -> Iterator[list[Shown]]:
    """Return a list of programs that end with the test."""
    started: list[Shown] = []
    yield started
    for each in started:
        each.process.close(force=True)


def test_a_long_rendering_says_so_and_leaves_nothing_behind(
    express: Express, example: Path, slow: Path, shown: list[Shown]
) -> None:
    shown += [Shown(f"revisions --chart {ONE} -o name", express, slow, example)]
    shown[0].waits_for(RENDERING)
    shown[0].waits_for(RENDERING)
    _, screen, code = shown[0].end()
    assert code == 0
    assert screen[0] == "backend.express.example.com/be1"
    assert all(line.startswith(("backend.", "frontend.")) for line in screen)


def test_several_systems_are_named_as_far_as_they_fit(
    express: Express, example: Path, slow: Path, shown: list[Shown]
) -> None:
    shown += [Shown("diff --context yul1 --against git:HEAD", express, slow, example)]
    shown[0].waits_for(r"rendering systemdcrprod1, systemdcrtest3 … \d s")
    _, screen, code = shown[0].end()
    assert code == 0
    assert not [line for line in screen if "rendering" in line]


def test_ctrl_c_leaves_nothing_of_the_line(express: Express, example: Path, slow: Path, shown: list[Shown]) -> None:
    shown += [Shown(f"verify {ONE}", express, slow, example)]
    shown[0].waits_for(RENDERING)
    shown[0].process.sendintr()
    written, screen, code = shown[0].end()
    assert code == 130
    assert screen in ([], ["^C"]), written


@pytest.mark.parametrize(("line", "term"), [("2>errors", "xterm"), ("", "dumb"), ("", "")])
def test_nothing_is_drawn_where_it_could_not_be_erased(
    line: str, term: str, express: Express, example: Path, slow: Path, shown: list[Shown]
) -> None:
    shown += [Shown(f"revisions --chart {ONE} -o name {line}", express, slow, example, term)]
    written, _, code = shown[0].end()
    errors = example / "errors"
    assert code == 0
    assert "\x1b" not in written
    assert "…" not in f"{written}{errors.read_text() if errors.exists() else ''}"


def test_nothing_is_drawn_from_behind_where_somebody_types(
    express: Express, example: Path, slow: Path, shown: list[Shown]
) -> None:
    shown += [Shown(f"revisions --chart {ONE} -o name &", express, slow, example)]
    written, _, code = shown[0].end()
    assert code == 0
    assert "backend.express.example.com/be1" in written
    assert "…" not in written


def test_waiting_says_for_what_beside_the_reasons(six: SixNodes, shown: list[Shown]) -> None:
    six.change("be2")
    six.operator.tell("be2", "next, hang")
    six.deploy()
    where = shlex.join(six.where)
    shown += [Shown(f"wait be2 fe1 {where}", six.express, part("helm4"), six.example)]
    shown[0].waits_for(r"be2: pod be2-0 is not Ready")
    shown[0].waits_for(r"waiting for be2, fe1 … \d s")
    six.operator.tell("be2", "ok")
    _, screen, code = shown[0].end()
    assert code == 0
    assert not [line for line in screen if "waiting" in line]
