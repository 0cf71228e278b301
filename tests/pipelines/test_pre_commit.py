"""The hook at the repository's root, installed and run by the real pre-commit."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.packaging.conftest import REPOSITORY
from tests.pipelines.conftest import surroundings
from tests.pipelines.yaml_blocks import block
from tests.testbed.examples import commit, copy_examples, git

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

VALUES = "overlays/yul1/systemdcrtest3/values.yaml"
TEMPLATE = "master_charts/express/templates/_express.tpl"
PERSON = {
    name: "x@example.com" for role in ("AUTHOR", "COMMITTER") for name in (f"GIT_{role}_NAME", f"GIT_{role}_EMAIL")
}


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who has pre-commit and helm, and has put the document's configuration into a repository."""

    repository: Path
    environment: dict[str, str]

    def run(self, *command: str) -> tuple[int, str]:
        """Run a command in the repository, and return its exit code and what it printed."""
        done = subprocess.run(
            command,
            cwd=self.repository,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout

    def pre_commit(self, *words: str) -> tuple[int, str]:
        """Run pre-commit."""
        return self.run(sys.executable, "-m", "pre_commit", *words)

    def change(self, name: str, old: str, new: str) -> None:
        """Change a file, and stage it."""
        path = self.repository / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")
        git(self.repository, "add", name)


@pytest.fixture(scope="module")
def installed(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> User:
    """Return a user whose pre-commit has installed the hook from what this repository holds now."""
    folder = tmp_path_factory.mktemp("pre-commit")
    revision = commit(checkout, "As it is now")
    repository = copy_examples(folder / "repository")
    shown = block("docs/pipelines.md", ".pre-commit-config.yaml")
    shown = shown.replace("https://github.com/OWNER/kubectl-express", str(checkout)).replace("vX.Y.Z", revision)
    (repository / ".pre-commit-config.yaml").write_text(shown, encoding="utf-8")
    commit(repository, "Check before each commit")
    user = User(repository, {**surroundings(folder), **PERSON, "PRE_COMMIT_HOME": str(folder / "cache")})
    code, said = user.pre_commit("install", "--install-hooks")
    assert code == 0, said
    return user


@pytest.fixture
def user(installed: User) -> Iterator[User]:
    """Return that user; what a test changes is taken back."""
    before = git(installed.repository, "rev-parse", "HEAD")
    yield installed
    git(installed.repository, "reset", "--quiet", "--hard", before)


def test_what_the_hooks_file_says_pre_commit_takes(installed: User) -> None:
    code, said = installed.pre_commit("validate-manifest", str(REPOSITORY / ".pre-commit-hooks.yaml"))
    assert (code, said) == (0, "")


def test_a_sound_change_is_committed(user: User) -> None:
    user.change(VALUES, "max: 20000", "max: 30000")
    code, said = user.run("git", "commit", "--message", "More sessions")
    assert code == 0, said
    assert said.splitlines()[0].endswith("Passed")


def test_a_chart_that_cannot_be_trusted_is_not_and_the_lines_of_verify_say_why(user: User) -> None:
    user.change(TEMPLATE, "$data := dict -", '$data := dict "since" (now | date "2006") -')
    code, said = user.run("git", "commit", "--message", "A date")
    assert code == 1
    assert said.splitlines()[0].endswith("Failed")
    assert "- exit code: 3\n" in said
    assert "be1: undetermined: chart and values alone do not give its revision; it depends on now at" in said
    assert "systemdcrtest3 in yul1: 8 of 8 nodes cannot be trusted" in said


def test_what_is_not_staged_is_not_looked_at(user: User) -> None:
    user.change(VALUES, "max: 20000", "max: 30000")
    (user.repository / TEMPLATE).write_text("{{ fail }}")
    code, said = user.pre_commit("run")
    assert code == 0, said


@pytest.mark.parametrize("name", ["README.md", "docs/overlays.md", "mycharts/x.yaml"])
def test_a_change_beside_the_charts_is_not_checked(user: User, name: str) -> None:
    (user.repository / name).parent.mkdir(exist_ok=True)
    (user.repository / name).write_text("Other words")
    git(user.repository, "add", name)
    code, said = user.pre_commit("run")
    assert code == 0
    assert "(no files to check)Skipped" in said


@pytest.mark.parametrize("name", [".express.yaml", "deploy/charts/x/values.yaml", "overlays/yul1/a/values.yaml"])
def test_a_change_of_charts_overlays_or_configuration_is(user: User, name: str) -> None:
    (user.repository / name).parent.mkdir(parents=True, exist_ok=True)
    (user.repository / name).write_text("{}\n")
    git(user.repository, "add", name)
    assert "Skipped" not in user.pre_commit("run")[1]
