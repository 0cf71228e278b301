from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from kubectl_express.errors import ExpressError
from kubectl_express.sources.git import checked_out
from tests.testbed.examples import commit, git

if TYPE_CHECKING:
    from pathlib import Path

VARIABLES = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository of two commits: the first is tagged v1, and holds other values."""
    root = tmp_path / "repository"
    (root / "sub" / "charts").mkdir(parents=True)
    (root / "values.yaml").write_text("a: 1\n")
    (root / "sub" / "charts" / "deep.yaml").write_text("deep: 1\n")
    git(tmp_path, "init", "--quiet", "--initial-branch=main", str(root))
    commit(root, "first")
    git(root, "tag", "v1")
    (root / "values.yaml").write_text("a: 2\n")
    (root / "added.yaml").write_text("new\n")
    commit(root, "second")
    return root


def content(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text() for path in files}


@pytest.mark.parametrize("revision", ["v1", "HEAD~1", "main^", "HEAD@{1}"])
def test_a_revision_is_given_as_it_was(repository: Path, revision: str) -> None:
    with checked_out(revision, repository, VARIABLES) as folder:
        assert content(folder) == {"sub/charts/deep.yaml": "deep: 1\n", "values.yaml": "a: 1\n"}
    assert not folder.exists()


def test_a_folder_below_the_repository_s_top_is_given_as_that_folder(repository: Path) -> None:
    with checked_out("v1", repository / "sub", VARIABLES) as folder:
        assert content(folder) == {"charts/deep.yaml": "deep: 1\n"}


def test_a_folder_that_the_revision_did_not_have_is_empty(repository: Path) -> None:
    (repository / "later").mkdir()
    with checked_out("v1", repository / "later", VARIABLES) as folder:
        assert content(folder) == {}


def test_a_linked_work_tree_is_read_like_any_other(repository: Path, tmp_path: Path) -> None:
    git(repository, "worktree", "add", "--quiet", str(tmp_path / "linked"), "v1")
    with checked_out("main", tmp_path / "linked" / "sub", VARIABLES) as folder:
        assert content(folder) == {"charts/deep.yaml": "deep: 1\n"}
    with checked_out("HEAD", tmp_path / "linked", VARIABLES) as folder:
        assert content(folder)["values.yaml"] == "a: 1\n"


def test_neither_the_index_nor_the_work_tree_is_touched(repository: Path) -> None:
    (repository / "values.yaml").write_text("staged\n")
    git(repository, "add", "values.yaml")
    (repository / "values.yaml").write_text("unstaged\n")
    (repository / "untracked.yaml").write_text("untracked\n")
    (repository / "added.yaml").unlink()
    before = git(repository, "status", "--porcelain=v2"), (repository / ".git" / "index").read_bytes()
    with checked_out("v1", repository, VARIABLES) as folder:
        assert content(folder)["values.yaml"] == "a: 1\n"
    assert (repository / ".git" / "index").read_bytes() == before[1]
    assert git(repository, "status", "--porcelain=v2") == before[0]
    assert git(repository, "for-each-ref", "--format=%(refname)").split() == ["refs/heads/main", "refs/tags/v1"]


def test_variables_that_git_sets_for_its_hooks_lead_nowhere_else(repository: Path, tmp_path: Path) -> None:
    hook = {"GIT_DIR": ".git", "GIT_INDEX_FILE": str(tmp_path / "index"), "GIT_PREFIX": "", "GIT_WORK_TREE": "/"}
    with checked_out("v1", repository / "sub", {**VARIABLES, **hook}) as folder:
        assert content(folder) == {"charts/deep.yaml": "deep: 1\n"}
    assert not (tmp_path / "index").exists()


@pytest.mark.parametrize("revision", ["--output=/tmp/x", "-h", "--git-dir", "absent", "v1:values.yaml", "", "v1..main"])
def test_what_is_no_revision_is_refused_in_words_and_never_taken_for_an_option(repository: Path, revision: str) -> None:
    with pytest.raises(ExpressError, match="revision") as caught, checked_out(revision, repository, VARIABLES):
        pass
    assert "\n" not in str(caught.value)


def test_a_folder_that_is_no_repository_says_so(tmp_path: Path) -> None:
    alone = {**VARIABLES, "GIT_CEILING_DIRECTORIES": str(tmp_path.parent)}
    with pytest.raises(ExpressError, match="git failed: not a git repository"), checked_out("HEAD", tmp_path, alone):
        pass


def test_without_git_on_the_path_it_says_what_needs_it(tmp_path: Path) -> None:
    with (
        pytest.raises(ExpressError, match="git is not on PATH: it is needed to read git:v1"),
        checked_out("v1", tmp_path, {"PATH": str(tmp_path)}),
    ):
        pass


def test_the_folder_is_gone_however_its_use_ends(repository: Path) -> None:
    kept: list[Path] = []
    with pytest.raises(KeyError), checked_out("v1", repository, VARIABLES) as folder:  # noqa: PT012
        kept.append(folder)
        raise KeyError
    assert not kept[0].parent.exists()


def test_filters_of_the_user_s_own_are_run_and_those_of_the_repository_are_not(
    repository: Path, tmp_path: Path
) -> None:
    (repository / ".gitattributes").write_text("values.yaml filter=mine\nadded.yaml filter=theirs\n")
    commit(repository, "filters")
    mine = tmp_path / "gitconfig"
    git(repository, "config", "--file", str(mine), "filter.mine.smudge", "sed s/2/3/")
    git(repository, "config", "filter.theirs.smudge", "sed s/new/run/")
    with checked_out("main", repository, {**VARIABLES, "GIT_CONFIG_GLOBAL": str(mine)}) as folder:
        assert (folder / "values.yaml").read_text() == "a: 3\n"
        assert (folder / "added.yaml").read_text() == "new\n"


def test_a_filter_that_git_cannot_be_told_to_leave_out_is_refused(repository: Path) -> None:
    git(repository, "config", "filter.a=b.smudge", "cat")
    with pytest.raises(ExpressError, match=r"has a filter\.a=b: remove it"), checked_out("main", repository, VARIABLES):
        pass
