"""The documents' shell lines for any pipeline, run as they stand with `set -e`, and a `gh` that writes down."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.documents import ROOT, blocks
from tests.pipelines.conftest import surroundings
from tests.testbed.examples import commit
from tests.testbed.parts import part

if TYPE_CHECKING:
    from pathlib import Path

    from tests.pipelines.conftest import PullRequest

GH = """\
#!/bin/sh
[ "$1 $2 $3 $#" = "pr comment --body-file 4" ] && cat "$4" >> "$COMMENTS"
"""


@pytest.fixture
def comments(tmp_path: Path) -> Path:
    """Return the file that comments are written to."""
    path = tmp_path / "comments"
    path.write_text("")
    return path


def run(document: str, pull_request: PullRequest, comments: Path) -> int:
    """Run the only shell block of a document in the pull request's checkout; return its exit code."""
    (script,) = blocks((ROOT / document).read_text(encoding="utf-8"), "sh")
    folder = comments.parent
    environment = {**surroundings(folder), "COMMENTS": str(comments)}
    gh = folder / "programs" / "gh"
    gh.write_text(GH)
    gh.chmod(0o755)
    environment["PATH"] = f"{pull_request.action / 'dist'}:{part('kubectl').parent}:{environment['PATH']}"
    return subprocess.run(
        ["sh", "-ec", script], cwd=pull_request.repository, env=environment, stdin=subprocess.DEVNULL, check=False
    ).returncode


def hash_longer(pull_request: PullRequest) -> None:
    """Commit a longer hash of the same data, which restarts every node for nothing."""
    template = pull_request.repository / "master_charts" / "express" / "templates" / "_small.tpl"
    template.write_text(template.read_text().replace("trunc 10", "trunc 12"))
    (pull_request.repository / ".express.yaml").write_text("hash: {length: 12}\n")
    commit(pull_request.repository, "Twelve digits")


def test_the_gate_passes_what_can_be_trusted_and_ends_with_3_or_2_otherwise(
    pull_request: PullRequest, comments: Path
) -> None:
    pull_request.change(be1='"2"', be2='"1"')
    assert run("docs/pipelines.md", pull_request, comments) == 0
    hash_longer(pull_request)
    assert run("docs/pipelines.md", pull_request, comments) == 3
    pull_request.change(be1='fail "no"', be2='"1"')
    assert run("docs/pipelines.md", pull_request, comments) == 2


def test_a_pull_request_that_changes_nothing_gets_no_comment(pull_request: PullRequest, comments: Path) -> None:
    assert run("docs/ci.md", pull_request, comments) == 0
    assert comments.read_text() == ""


def test_a_pull_request_that_restarts_a_node_gets_a_comment_and_passes(
    pull_request: PullRequest, comments: Path
) -> None:
    pull_request.change(be1='"2"', be2='"1"')
    assert run("docs/ci.md", pull_request, comments) == 0
    assert comments.read_text().startswith("small in yul1: ")
    assert "1 of 2 nodes will restart, in this order: be1" in comments.read_text()


@pytest.mark.parametrize("code", [2, 3])
def test_a_diff_that_cannot_be_had_or_trusted_ends_the_job_and_is_no_comment(
    pull_request: PullRequest, comments: Path, code: int
) -> None:
    if code == 3:
        hash_longer(pull_request)
    else:
        pull_request.change(be1='fail "no"', be2='"1"')
    assert run("docs/ci.md", pull_request, comments) == code
    assert comments.read_text() == ""
