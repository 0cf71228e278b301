"""KUBECTL_EXTERNAL_DIFF: the user's own diff program, as `kubectl diff` calls it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.testbed.programs import run, succeeded

if TYPE_CHECKING:
    from pathlib import Path

    from tests.testbed.express import Express
    from tests.testbed.programs import Outcome

DIFF = ("diff", "--context", "yul1", "--system", "systemdcrtest3", "--against", "git:HEAD")


@pytest.fixture
def changed(example: Path, express: Express, tools: Path) -> Path:
    """Return the example with its pull request applied, not committed."""
    succeeded(run([tools / "git", "apply", "pull-request.patch"], express.environment(None), example), "git apply")
    return example


def external(express: Express, changed: Path, program: str, *options: str) -> Outcome:
    return express(*DIFF, *options, cwd=changed, env={"KUBECTL_EXTERNAL_DIFF": program})


def test_it_gets_a_folder_for_each_side_with_a_file_for_each_changed_node(express: Express, changed: Path) -> None:
    outcome = external(express, changed, "diff -r -N")
    assert outcome.code == 1, "there are differences, whatever the program's own exit code"
    updated = "express.example.com.v1.Backend.systemdcrtest3.be3"
    assert f"LIVE/{updated}" in outcome.stdout
    assert f"MERGED/{updated}" in outcome.stdout
    assert '<     size: "200Gi"\n---\n>     size: "300Gi"\n' in outcome.stdout
    assert "Backend.systemdcrtest3.be1 " not in outcome.stdout, "what stays the same is left out"


def test_its_words_may_hold_letters_digits_and_dashes_as_in_kubectl(express: Express, changed: Path) -> None:
    outcome = external(express, changed, "diff -r -q ; --color=never;")
    assert outcome.code == 1
    assert " differ\n" in outcome.stdout


def test_a_program_that_is_not_there_or_fails_is_an_error(express: Express, changed: Path) -> None:
    missing = external(express, changed, "no-such-program")
    assert (missing.code, missing.stdout) == (2, "")
    assert missing.stderr.startswith("error: KUBECTL_EXTERNAL_DIFF: no-such-program cannot be started: ")
    failing = external(express, changed, "diff --no-such-flag")
    assert failing.code == 2
    assert "error: KUBECTL_EXTERNAL_DIFF: diff failed with exit code 2\n" in failing.stderr


def test_output_for_programs_is_not_its_business(express: Express, changed: Path) -> None:
    assert external(express, changed, "no-such-program", "-o", "json").json()["kind"] == "Diff"
