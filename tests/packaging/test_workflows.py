"""The workflows run what the repository has, with no more rights than they need."""

from __future__ import annotations

import os
import re
import shlex
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.packaging.conftest import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

WORKFLOWS = sorted((REPOSITORY / ".github" / "workflows").glob("*"))
OF_THE_RUNNER = {"gh"}
"""The programs that are called, and that are no script of the repository."""
MAY_WRITE = {("release.yml", "contents")}


def jobs(path: Path) -> list[dict[str, Any]]:
    """Return a workflow's jobs."""
    return list(yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].values())


def steps(path: Path) -> list[dict[str, Any]]:
    """Return the steps of all jobs."""
    return [step for job in jobs(path) for step in job["steps"]]


def named(path: Path) -> str:
    """Return a workflow's name, for a test's own."""
    return path.name


EACH = pytest.mark.parametrize("path", WORKFLOWS, ids=named)


def test_there_is_one_for_changes_and_one_for_tags() -> None:
    # YAML 1.1 reads the key `on` as true.
    loaded = {path.name: yaml.safe_load(path.read_text(encoding="utf-8"))[True] for path in WORKFLOWS}
    # A branch is tried by its pull request, and once.
    assert loaded["ci.yml"] == {"push": {"branches": ["main"]}, "pull_request": None}
    assert loaded["release.yml"] == {"push": {"tags": ["v*"]}}


@EACH
def test_what_it_runs_is_a_script_of_the_repository(path: Path) -> None:
    for step in steps(path):
        for line in step.get("run", "").splitlines():
            program = shlex.split(line)[0]
            script = REPOSITORY / program
            assert program in OF_THE_RUNNER or (script.is_file() and os.access(script, os.X_OK)), line


@EACH
def test_nothing_that_somebody_else_has_written_is_part_of_a_command(path: Path) -> None:
    """GitHub puts such text in before a shell reads the line: a branch's name could be a command."""
    for step in steps(path):
        assert "${{" not in step.get("run", "")
    assert not re.search(r"github\.event\b", path.read_text(encoding="utf-8"))
    assert "pull_request_target" not in path.read_text(encoding="utf-8")


@EACH
def test_its_rights_are_stated_and_least(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    granted = [workflow["permissions"], *(job["permissions"] for job in jobs(path) if "permissions" in job)]
    for permissions in granted:
        for scope, right in permissions.items():
            assert right == "read" or (path.name, scope) in MAY_WRITE, f"{scope}: {right}"


@EACH
def test_actions_are_pinned_by_commit_and_leave_no_credentials_behind(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for line in re.findall(r"^.*\buses:.*$", text, re.MULTILINE):
        assert re.search(r"uses: actions/[a-z/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line), line
    for step in steps(path):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"] == {"fetch-depth": 0, "persist-credentials": False}


@EACH
def test_it_ends_by_itself(path: Path) -> None:
    assert all(isinstance(job.get("timeout-minutes"), int) for job in jobs(path))


def test_the_real_parts_are_kept_before_the_tests_begin() -> None:
    """A cache that is saved at the end of a job is saved only where all passed: a red run would build in vain."""
    each = steps(REPOSITORY / ".github" / "workflows" / "ci.yml")
    done = [step.get("run") or step["uses"].partition("@")[0] for step in each]
    assert done[-4:] == ["actions/cache/restore", ".ci/parts", "actions/cache/save", ".ci/run"]
    restore, _, save, _ = each[-4:]
    assert restore["with"]["path"] == save["with"]["path"]
    assert save["with"]["key"] == f"${{{{ steps.{restore['id']}.outputs.cache-primary-key }}}}"


def test_a_newer_push_ends_the_run_of_a_pull_request_alone() -> None:
    workflow = yaml.safe_load((REPOSITORY / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))
    assert workflow["concurrency"] == {
        "group": "ci-${{ github.event_name == 'pull_request' && github.ref || github.run_id }}",
        "cancel-in-progress": True,
    }


def test_files_that_it_uses_are_there() -> None:
    for step in (step for path in WORKFLOWS for step in steps(path)):
        wanted = step.get("with", {}).get("go-version-file")
        assert wanted is None or (REPOSITORY / wanted).is_file()
        for pattern in re.findall(r"hashFiles\((.*?)\)", str(step.get("with", {}).get("key", ""))):
            for each in re.findall(r"'(.*?)'", pattern):
                assert list(REPOSITORY.glob(each)), each
