"""The examples as a user would have them: a git repository of its own that a test may change."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
_NOBODY = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_AUTHOR_NAME": "example",
    "GIT_AUTHOR_EMAIL": "example@example.com",
    "GIT_COMMITTER_NAME": "example",
    "GIT_COMMITTER_EMAIL": "example@example.com",
}


def copy_examples(folder: Path) -> Path:
    """Copy the examples into the new `folder`, as a git repository with one commit; return it."""
    shutil.copytree(EXAMPLES, folder)
    git(folder, "init", "--quiet", "--initial-branch=main")
    commit(folder, "The examples as they come")
    return folder


def commit(folder: Path, message: str) -> str:
    """Commit all that has changed in `folder`, be it nothing; return the new revision."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", message)
    return git(folder, "rev-parse", "HEAD")


def git(folder: Path, *arguments: str) -> str:
    """Run git in `folder` with nobody's configuration; return what it printed."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env={**inherited, **_NOBODY}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"git {' '.join(arguments)}: {done.stderr}"
    return done.stdout.strip()
