"""What git knows of a folder: how it was at a revision, which commit it stands at, and where it came from."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubectl_express.errors import ExpressError
from kubectl_express.sources.private import private_folder
from kubectl_express.sources.processes import run
from kubectl_express.sources.programs import find_program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path


_OF_ANOTHER_CALL = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"})
"""What git sets for its hooks. Which repository is read is up to the folder alone."""
_RUNS_NOTHING = (
    # A folder among the files may look like a repository itself, and bring a configuration.
    "-c", "safe.bareRepository=explicit", "-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}",
)  # fmt: skip
_OWN = ("local", "worktree")
"""Where a repository's own configuration comes from, as git names it."""


def _git(root: Path, variables: Mapping[str, str], what: str) -> Callable[..., str]:
    """Return what runs git in a folder, to read something, and returns what it prints; it raises ExpressError.

    Whatever the repository says, git runs no hook, no file system monitor and no filter of its: to look at somebody's
    pull request must not mean to run it. Filters that the user has configured themselves are run, as git lfs is.
    """
    program = find_program("git", variables)
    own = {name: value for name, value in variables.items() if name not in _OF_ANOTHER_CALL}
    own["GIT_OPTIONAL_LOCKS"] = "0"
    filters: list[str] | None = None

    def raw(*words: str, index: str = "") -> str:
        if program is None:
            raise ExpressError(f"git is not on PATH: it is needed to read {what}")
        command = [program, *_RUNS_NOTHING, *words]
        environment = {**own, "GIT_INDEX_FILE": index} if index else own
        return run(command, variables=environment, folder=root, doing=f"reading {what}", umask=0o077).stdout.strip()

    def git(*words: str, index: str = "") -> str:
        nonlocal filters
        if filters is None:
            filters = _without_filters(raw("config", "--null", "--list", "--show-scope", "--name-only"))
        return raw(*filters, *words, index=index)

    return git


def _without_filters(configured: str) -> list[str]:
    """Return the options by which git runs none of the filters that a repository's own configuration names.

    Raises ExpressError for one whose name cannot be told to git.
    """
    words = configured.split("\0")
    keys = [key for scope, key in zip(words[::2], words[1::2], strict=False) if scope in _OWN]
    names = {key.rpartition(".")[0] for key in keys if key.startswith("filter.")}
    if unsayable := next((name for name in names if "=" in name or "\n" in name), None):
        raise ExpressError(f"the repository's git configuration has a {unsayable}: remove it")
    off = [(name, key) for name in sorted(names) for key in ("smudge=", "clean=", "process=", "required=false")]
    return [word for name, key in off for word in ("-c", f"{name}.{key}")]


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
    with private_folder("kubectl-express-") as folder:
        tree = folder / "tree"
        tree.mkdir(mode=0o700)
        index = os.fspath(folder / "index")
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
