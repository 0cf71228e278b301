"""A pull request as a pipeline finds it: a checkout with its history, the action beside it, and GitHub on loopback."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.small_chart import CHART, small_chart
from tests.packaging.conftest import built, checkout
from tests.pipelines.fake_github import FakeGitHub
from tests.pipelines.runner import Ran, Runner
from tests.sources.loopback import serving
from tests.testbed.examples import commit, git
from tests.testbed.parts import part

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["built", "checkout"]

TOKEN = "the token of the job"
STEP = "check"
"""The step of the action that comes after the build."""


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A small chart on a branch, and what a workflow run for it sees."""

    repository: Path
    github: FakeGitHub
    action: Path
    runner: Runner

    def change(self, **nodes: str) -> None:
        """Commit another expression for each node."""
        write(self.repository, nodes)
        commit(self.repository, "A change")

    def check(self, *, only: str | None = STEP, **given: str) -> Ran:
        """Run the action as a push to the branch does."""
        return self.runner.use(self.action, {"context": "yul1", **given}, only=only)


def write(repository: Path, nodes: Mapping[str, str]) -> None:
    """Give nodes of the small chart other expressions."""
    lines = [f'{{{{- $_ := set $nodes "{name}" (dict "it" ({it})) }}}}' for name, it in nodes.items()]
    tail = '{{- include "small.manifests" (dict "nodes" $nodes "label" ("")) }}'
    (repository / CHART / "templates" / "nodes.yaml").write_text("\n".join(["{{- $nodes := dict }}", *lines, tail, ""]))


@pytest.fixture
def pull_request(built: Path, tmp_path: Path) -> Iterator[PullRequest]:
    """Return a pull request that changes nothing yet; be1 and be2 are on main."""
    repository = small_chart(tmp_path / "repository", {"be1": '"1"', "be2": '"1"'})
    git(repository, "update-ref", "refs/remotes/origin/main", commit(repository, "What main has"))
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 7, "head": {"sha": "0123456789abcdef"}}}))
    github = FakeGitHub(TOKEN)
    with serving(github.answer) as server:
        environment = {
            **surroundings(tmp_path),
            "GITHUB_API_URL": server.url,
            "GITHUB_BASE_REF": "main",
            "GITHUB_GRAPHQL_URL": f"{server.url}/graphql",
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_REPOSITORY": "o/r",
            "GITHUB_RUN_ID": "42",
            "GITHUB_SERVER_URL": "https://github.example.com",
            "GITHUB_SHA": "fedcba9876543210",
        }
        yield PullRequest(repository, github, built, Runner(tmp_path, repository, environment))


def surroundings(folder: Path) -> dict[str, str]:
    """Return the environment of a machine with helm, git and Python, and nobody's home; what is cached stays so."""
    home = folder / "home"
    home.mkdir(exist_ok=True)
    programs = folder / "programs"
    programs.mkdir(exist_ok=True)
    (programs / "python3").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (programs / "python3").chmod(0o755)
    folders = [programs, part("helm4").parent, "/usr/bin", "/bin"]
    return {
        "PATH": os.pathsep.join(map(str, folders)),
        "HOME": str(home),
        "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache")),
        "LANG": "C.UTF-8",
    }
