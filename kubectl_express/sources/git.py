"""What git knows of a folder: how it was at a revision, which commit it stands at, and where it came from."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kubectl_express.errors import ExpressError
from kubectl_express.sources.processes import run
from kubectl_express.sources.programs import find_program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


_OF_ANOTHER_CALL = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"})
"""What git sets for its hooks. Which repository is read is up to the folder alone."""


def _git(root: Path, variables: Mapping[str, str], what: str) -> Callable[..., str]:
    """Return what runs git in a folder, to read something, and returns what it prints; it raises ExpressError."""

    def git(*words: str, index: str = "") -> str:
        program = find_program("git", variables)
        if program is None:
            raise ExpressError(f"git is not on PATH: it is needed to read {what}")
        own = {name: value for name, value in variables.items() if name not in _OF_ANOTHER_CALL}
        own |= {"GIT_INDEX_FILE": index} if index else {}
        return run([program, *words], variables=own, folder=root, doing=f"reading {what}").stdout.strip()

    return git


@contextmanager
def checked_out(revision: str, root: Path, variables: Mapping[str, str]) -> Iterator[Path]:
    """Give a temporary folder that holds what `root` held at a git revision; the repository is left as it is.

    `root` is a folder inside a git work tree. The files are written through an index of their own, so neither the
    user's index nor their work tree is touched. Raises ExpressError where git or the revision is missing.
    """
    git = _git(root, variables, f"git:{revision}")
    git("rev-parse", "--git-dir")
    try:
        commit = git("rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}")
    except ExpressError as error:
        raise ExpressError(
            f"there is no git revision {revision} in {root}: name a commit, branch or tag that `git log` knows"
        ) from error
    prefix = git("rev-parse", "--show-prefix")
    with tempfile.TemporaryDirectory(prefix="kubectl-express-") as folder:
        tree = Path(folder, "tree")
        tree.mkdir()
        index = os.fspath(Path(folder, "index"))
        git("read-tree", commit, index=index)
        git(f"--work-tree={tree}", "checkout-index", "--all", f"--prefix={tree}/", index=index)
        yield tree / prefix


def commit(root: Path, variables: Mapping[str, str], revision: str | None = None) -> str | None:
    """Return which commit a folder stands at, or a revision names, in short; None outside of git.

    `-dirty` behind it says that what lies in the folder is not what was committed.
    """
    git = _git(root, variables, "the commit")
    try:
        if revision is not None:
            return git("rev-parse", "--short=10", "--verify", "--end-of-options", f"{revision}^{{commit}}")
        found = git("rev-parse", "--short=10", "HEAD")
        return f"{found}-dirty" if git("status", "--porcelain", "--", ".") else found
    except ExpressError:
        return None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a folder is in its git repository, and where that came from."""

    path: str = ""
    """From the repository's root, with a slash at its end; empty for the root itself."""
    remote: str | None = None
    """The URL of `origin`."""


def place(root: Path, variables: Mapping[str, str]) -> Place:
    """Return a folder's place; outside of git, or where there is none, it is a root that came from nowhere."""
    git = _git(root, variables, "the repository")

    def said(*words: str) -> str | None:
        try:
            return git(*words)
        except ExpressError:
            return None

    return Place(said("rev-parse", "--show-prefix") or "", said("remote", "get-url", "origin"))
