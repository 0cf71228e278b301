"""How the action takes what no sound program prints."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.pipelines.conftest import PullRequest
    from tests.pipelines.runner import Ran


def check(pull_request: PullRequest, folder: Path, program: str) -> Ran:
    """Run the check with these lines of Python as the program; `verb`, `form` and `write` are there for them."""
    action = folder / "action"
    shutil.copytree(pull_request.action / "packaging" / "action", action / "packaging" / "action")
    shutil.copy(pull_request.action / "action.yml", action)
    head = "import os, sys\nverb, form = sys.argv[1], sys.argv[-1]\nwrite = sys.stdout.buffer.write\n"
    (action / "dist").mkdir()
    (action / "dist" / "kubectl-express").write_text(head + program)
    return replace(pull_request, action=action).check()


@pytest.mark.parametrize("document", ["{", "[]", "{}", '{"systems": [{}]}', '{"systems": 1}', "\\xff"])
def test_json_that_is_none_of_a_diff_is_a_check_that_failed(
    pull_request: PullRequest, tmp_path: Path, document: str
) -> None:
    ran = check(pull_request, tmp_path, f"write(b'''{document}''' if form == 'json' else b'said')\n")
    assert (ran.code, ran.outputs["check"]) == (2, {"exit-code": "2", "restarts": ""}), ran.log
    assert "### What would restart is not known" in ran.summary


def test_bytes_that_are_no_text_are_shown_as_such(pull_request: PullRequest, tmp_path: Path) -> None:
    program = """write(b'{"systems": [{"nodes": []}]}' if form == "json" else b"a \\xff b")\n"""
    ran = check(pull_request, tmp_path, program)
    assert ran.code == 0, ran.log
    assert "a \ufffd b" in ran.summary


@pytest.mark.parametrize("ended", ["sys.exit(1)", "sys.exit(70)", "os.kill(os.getpid(), 9)"])
def test_a_program_that_crashed_or_was_killed_is_a_check_that_failed(
    pull_request: PullRequest, tmp_path: Path, ended: str
) -> None:
    program = f"""if verb == "verify": {ended}\nwrite(b'{{"systems": [{{"nodes": []}}]}}')\n"""
    assert check(pull_request, tmp_path, program).code == 2


def test_nothing_is_coloured_where_a_workflow_forces_colours(pull_request: PullRequest) -> None:
    pull_request.change(be1="fail 1", be2='"1"')
    environment = {**pull_request.runner.environment, "CLICOLOR_FORCE": "1"}
    ran = replace(pull_request, runner=replace(pull_request.runner, environment=environment)).check()
    assert ran.code == 2
    assert [said for said in (*pull_request.github.bodies, ran.summary, ran.log) if "\x1b" in said] == []
