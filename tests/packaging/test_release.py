"""packaging/release, in a clone: what it makes agrees, and what it refuses it leaves as it was."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest
import yaml

import kubectl_express
from tests.documents import DOCUMENTS, alike
from tests.packaging.conftest import REPOSITORY
from tests.testbed.parts import part

if TYPE_CHECKING:
    from pathlib import Path

PERSON = {
    "GIT_AUTHOR_NAME": "Alice",
    "GIT_AUTHOR_EMAIL": "alice@example.com",
    "GIT_COMMITTER_NAME": "Alice",
    "GIT_COMMITTER_EMAIL": "alice@example.com",
}
NEXT = "99.0.0"
VERSION = kubectl_express.__version__
NEWS = "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- Something.\n\n## [{version}] - 2020-01-01\n\n- All.\n"


def git(clone: Path, *arguments: str) -> str:
    """Return what git prints."""
    command = ["git", *arguments]
    environment = {**os.environ, **PERSON}
    return subprocess.run(
        command, cwd=clone, env=environment, capture_output=True, text=True, check=True
    ).stdout.strip()


def release(clone: Path, *arguments: str, **exported: str) -> tuple[int, str, str]:
    """Run the script of a clone to its end and return exit code, stdout and stderr."""
    command = [str(clone / "packaging" / "release"), *arguments]
    environment = {**os.environ, **PERSON, "PYTHONDONTWRITEBYTECODE": "1", **exported}
    done = subprocess.run(command, cwd=clone.parent, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def refused(clone: Path, why: str, *arguments: str) -> None:
    """Assert that the script says why in one line, and has changed nothing."""
    before = state(clone)
    assert release(clone, *arguments) == (2, "", f"error: {why}\n")
    assert state(clone) == before
    assert not (clone / "dist").exists()


def state(clone: Path) -> tuple[str, ...]:
    """Return what a refused release must leave as it was."""
    commands = ("rev-parse HEAD", "tag --list", "status --porcelain", "worktree list", "branch --list")
    return tuple(git(clone, *command.split()) for command in commands)


def put(clone: Path, name: str, text: str) -> None:
    """Commit a file of this text."""
    (clone / name).write_text(text, encoding="utf-8")
    git(clone, "add", name)
    git(clone, "commit", "--quiet", "--allow-empty", "--message", f"Change {name}")


@pytest.fixture(scope="module")
def committed(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository in which the working tree is committed, with something unreleased."""
    folder = tmp_path_factory.mktemp("release") / "committed"
    shutil.copytree(checkout, folder, symlinks=True, ignore=shutil.ignore_patterns("dist"))
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", "The working tree")
    for tag in git(folder, "tag").split():
        git(folder, "tag", "--delete", tag)
    put(folder, "CHANGELOG.md", NEWS.format(version=VERSION))
    return folder


@pytest.fixture
def clone(committed: Path, tmp_path: Path) -> Path:
    """Return a clone of it, the test's own."""
    git(committed, "clone", "--quiet", str(committed), str(tmp_path / "clone"))
    return tmp_path / "clone"


@pytest.fixture(scope="module")
def released(committed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a clone in which a version was released."""
    folder = tmp_path_factory.mktemp("released") / "clone"
    git(committed, "clone", "--quiet", str(committed), str(folder))
    code, stdout, stderr = release(folder, NEXT, SOURCE_DATE_EPOCH="1000000000")
    assert code == 0, stderr
    assert f"git push --atomic origin HEAD v{NEXT} " in stdout
    return folder


def test_one_commit_sets_the_version_everywhere_and_bears_the_tag(released: Path) -> None:
    assert git(released, "log", "-1", "--format=%s %an <%ae>") == f"Release {NEXT} Alice <alice@example.com>"
    assert git(released, "diff", "--name-only", "HEAD^").split() == [
        "CHANGELOG.md",
        "krew-manifest.yaml",
        "kubectl_express/__init__.py",
    ]
    assert git(released, "cat-file", "-t", f"v{NEXT}") == "tag"
    assert git(released, "rev-parse", f"v{NEXT}^{{commit}}") == git(released, "rev-parse", "HEAD")
    assert f'__version__ = "{NEXT}"\n' in (released / "kubectl_express" / "__init__.py").read_text("utf-8")
    manifest = yaml.safe_load((released / "krew-manifest.yaml").read_text("utf-8"))
    assert manifest["spec"]["version"] == f"v{NEXT}"
    assert f"/v{NEXT}/" in manifest["spec"]["platforms"][0]["uri"]


SHOWN = {
    (command, path)
    for path in DOCUMENTS
    for command in re.findall(r"^\$ kubectl express (version[^|\n]*)$", path.read_text("utf-8"), re.MULTILINE)
}


@pytest.mark.parametrize("command", sorted({command for command, _ in SHOWN}))
def test_what_documents_show_of_the_version_is_alike_once_another_is_released(released: Path, command: str) -> None:
    program = [str(released / "dist" / "kubectl-express"), *command.split()]
    environment = {**os.environ, "PATH": f"{part('helm4').parent}{os.pathsep}{os.environ['PATH']}"}
    said = subprocess.run(program, env=environment, capture_output=True, text=True, check=True).stdout
    assert NEXT in said
    for path in (path for each, path in SHOWN if each == command):
        assert alike(f"$ kubectl express {command}\n{said}") in alike(path.read_text("utf-8")), path


def test_what_was_unreleased_is_under_the_version_and_nothing_is_unreleased(released: Path) -> None:
    changelog = (released / "CHANGELOG.md").read_text("utf-8")
    dated = re.sub(r"\d{4}-\d\d-\d\d", "DATE", changelog)
    before = NEWS.format(version=VERSION).replace("2020-01-01", "DATE")
    assert dated == before.replace("## [Unreleased]\n", f"## [Unreleased]\n\n## [{NEXT}] - DATE\n")


def test_all_that_was_built_is_of_that_version_and_of_one_build(released: Path) -> None:
    dist = released / "dist"
    wheel = f"kubectl_express-{NEXT}-py3-none-any.whl"
    listed = {"kubectl-express", "kubectl-express.tar.gz", "express.yaml", wheel}
    assert {path.name for path in dist.iterdir()} == listed | {"SHA256SUMS", "notes.md"}
    lines = (dist / "SHA256SUMS").read_text("utf-8").splitlines()
    sums = {name: digest for digest, name in (line.split("  ") for line in lines)}
    assert sums == {name: hashlib.sha256((dist / name).read_bytes()).hexdigest() for name in listed}
    said = subprocess.run([dist / "kubectl-express", "--version"], capture_output=True, text=True, check=True).stdout
    assert NEXT in said
    with zipfile.ZipFile(dist / wheel) as archive:
        metadata = archive.read(f"kubectl_express-{NEXT}.dist-info/METADATA").decode()
    assert f"\nVersion: {NEXT}\n" in metadata
    with tarfile.open(dist / "kubectl-express.tar.gz") as opened:
        packed = opened.extractfile("kubectl-express")
        assert packed is not None
        assert packed.read() == (dist / "kubectl-express").read_bytes()
    spec = yaml.safe_load((dist / "express.yaml").read_text("utf-8"))["spec"]
    assert spec["version"] == f"v{NEXT}"
    assert {platform["sha256"] for platform in spec["platforms"]} == {sums["kubectl-express.tar.gz"]}
    assert (dist / "notes.md").read_text("utf-8") == "### Added\n\n- Something.\n"


def test_the_time_in_the_archives_is_the_commit_s_whatever_was_exported(released: Path) -> None:
    with tarfile.open(released / "dist" / "kubectl-express.tar.gz") as archive:
        times = {str(member.mtime) for member in archive}
    assert times == {git(released, "log", "-1", "--format=%ct")}


def test_it_leaves_neither_worktrees_nor_changes(released: Path) -> None:
    assert git(released, "status", "--porcelain") == ""
    assert len(git(released, "worktree", "list").splitlines()) == 1


def test_the_tag_is_checked_as_the_workflow_does_and_gives_the_same_bytes(released: Path, tmp_path: Path) -> None:
    git(released, "clone", "--quiet", "--branch", f"v{NEXT}", str(released), str(tmp_path / "clone"))
    before = state(tmp_path / "clone")
    workflow = yaml.safe_load((REPOSITORY / ".github" / "workflows" / "release.yml").read_text("utf-8"))
    (step,) = (each for each in workflow["jobs"]["release"]["steps"] if "--check" in each.get("run", ""))
    told = {"GITHUB_SERVER_URL": "https://github.test", "GITHUB_REPOSITORY": "o/r", "GITHUB_REF_NAME": f"v{NEXT}"}
    done = subprocess.run(
        ["bash", "-e", "-c", step["run"]],
        cwd=tmp_path / "clone",
        env={**os.environ, **told, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert state(tmp_path / "clone") == before
    assert done.stdout == (tmp_path / "clone" / "dist" / "SHA256SUMS").read_text("utf-8")
    for path in (released / "dist").iterdir():
        same = path.read_bytes() == (tmp_path / "clone" / "dist" / path.name).read_bytes()
        assert same or path.name in {"express.yaml", "SHA256SUMS"}, path.name
    manifest = (tmp_path / "clone" / "dist" / "express.yaml").read_text("utf-8")
    assert "  homepage: https://github.test/o/r\n" in manifest
    assert f"uri: https://github.test/o/r/releases/download/v{NEXT}/kubectl-express.tar.gz\n" in manifest
    assert "example.com" not in manifest


def test_a_placeholder_is_not_published(released: Path, tmp_path: Path) -> None:
    git(released, "clone", "--quiet", "--branch", f"v{NEXT}", str(released), str(tmp_path / "clone"))
    address = f"https://github.test/o/r/v{NEXT}/kubectl-express.tar.gz"
    code, stdout, stderr = release(tmp_path / "clone", "--check", f"v{NEXT}", "--archive-address", address)
    assert (code, stdout) == (2, "")
    assert stderr.endswith("\nerror: express.yaml names example.com: say where archive and homepage are\n")
    assert not (tmp_path / "clone" / "dist").exists()


@pytest.mark.parametrize(
    ("version", "why"),
    [
        ("1.0", "1.0 is no version: three numbers, as 1.2.3"),
        ("v99.0.0", "v99.0.0 is no version: three numbers, as 1.2.3"),
        ("99.0.0-rc.1", "99.0.0-rc.1 is no version: three numbers, as 1.2.3"),
        ("0.0.1", f"0.0.1 is not greater than {VERSION}, the version that kubectl_express/__init__.py has"),
        (VERSION, f"{VERSION} is not greater than {VERSION}, the version that kubectl_express/__init__.py has"),
    ],
)
def test_what_is_not_the_next_version_is_refused(clone: Path, version: str, why: str) -> None:
    refused(clone, why, version)


def test_a_tag_that_exists_is_refused(clone: Path) -> None:
    git(clone, "tag", f"v{NEXT}")
    refused(clone, f"the tag v{NEXT} exists", NEXT)


@pytest.mark.parametrize("unreleased", ["", "\n### Added\n"])
def test_a_release_that_changes_nothing_is_refused(clone: Path, unreleased: str) -> None:
    put(clone, "CHANGELOG.md", f"# Changelog\n\n## [Unreleased]\n{unreleased}\n## [{VERSION}] - 2020-01-01\n\n- All.\n")
    refused(clone, "CHANGELOG.md tells of nothing unreleased", NEXT)


@pytest.mark.parametrize("arguments", [(NEXT,), ("--check",)])
@pytest.mark.parametrize("name", ["README.md", "kubectl_express/new.py"])
def test_a_changed_tree_is_refused(clone: Path, name: str, arguments: tuple[str, ...]) -> None:
    (clone / name).write_text("changed\n", encoding="utf-8")
    refused(clone, f"1 files are changed or not committed, {name} for one", *arguments)


def test_a_tag_of_another_version_is_refused(clone: Path) -> None:
    why = f"the tag is v{NEXT}, and kubectl_express/__init__.py has version {VERSION}"
    git(clone, "tag", f"v{NEXT}")
    refused(clone, why, "--check")
    refused(clone, why, "--check", f"v{NEXT}")


def test_a_tag_on_another_commit_is_refused(clone: Path) -> None:
    git(clone, "tag", f"v{VERSION}", "HEAD^")
    refused(clone, f"the tag v{VERSION} is not on the commit that is checked out", "--check", f"v{VERSION}")


def test_a_tag_with_something_unreleased_is_refused(clone: Path) -> None:
    git(clone, "tag", f"v{VERSION}")
    why = f"CHANGELOG.md tells of something unreleased, and v{VERSION} is on this commit"
    refused(clone, why, "--check")


def test_a_changelog_without_the_version_is_refused(clone: Path) -> None:
    put(clone, "CHANGELOG.md", NEWS.format(version="0.0.1"))
    refused(clone, f"CHANGELOG.md does not tell of {VERSION} as its newest version", "--check")


def test_a_manifest_of_another_version_is_refused(clone: Path) -> None:
    manifest = (clone / "krew-manifest.yaml").read_text("utf-8")
    put(clone, "krew-manifest.yaml", manifest.replace(f"version: v{VERSION}", "version: v0.0.1"))
    refused(clone, f"krew-manifest.yaml is not of version v{VERSION}", "--check")


def test_builds_that_differ_and_parts_that_disagree_are_refused(clone: Path) -> None:
    build = (clone / "build.sh").read_text("utf-8")
    put(clone, "build.sh", build.replace("\nexec ", "\npwd >> kubectl_express/py.typed\nexec "))
    before = state(clone)
    address = "https://example.com/v1.0.0/kubectl-express.tar.gz"
    code, stdout, stderr = release(clone, NEXT, "--archive-address", address)
    assert (code, stdout) == (2, "")
    reasons = stderr.splitlines()[-1].removeprefix("error: ").split("; ")
    assert "kubectl-express differs between two builds" in reasons
    assert f"kubectl_express-{NEXT}-py3-none-any.whl differs between two builds" in reasons
    assert f"express.yaml has an address without /v{NEXT}/" in reasons
    assert state(clone) == before


def test_a_build_that_fails_releases_nothing(clone: Path) -> None:
    put(clone, "build.sh", "#!/bin/sh\nexit 3\n")
    before = state(clone)
    code, stdout, stderr = release(clone, NEXT)
    assert (code, stdout) == (1, "")
    assert stderr.endswith("\nerror: build.sh ended with 3\n")
    assert state(clone) == before


def git_that(folder: Path, does: str) -> str:
    """Return a PATH with a git in front that first does this, in the words of a shell."""
    (folder / "programs").mkdir()
    program = folder / "programs" / "git"
    program.write_text(f'#!/bin/sh\n{does}\nexec "{shutil.which("git")}" "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return f"{program.parent}{os.pathsep}{os.environ['PATH']}"


def stops(number: str) -> str:
    """Return a shell's words that send the script a signal, and go on for as long as it does."""
    # Left behind by a script that was stopped while it started this, it must not keep open what the test reads.
    return f"exec >/dev/null 2>&1; kill -{number} $PPID; while kill -0 $PPID 2>/dev/null; do sleep 0.1; done"


@pytest.mark.parametrize(("number", "code"), [("INT", 130), ("TERM", 143), ("HUP", 129)])
def test_stopped_while_it_builds_it_leaves_nothing(clone: Path, tmp_path: Path, number: str, code: int) -> None:
    put(clone, "build.sh", f"#!/bin/sh\n{stops(number)}\n")
    before = state(clone)
    (tmp_path / "temporary").mkdir()
    ended = release(clone, NEXT, TMPDIR=str(tmp_path / "temporary"))
    assert (ended[0], state(clone)) == (code, before), ended
    assert list((tmp_path / "temporary").iterdir()) == []
    assert "Traceback" not in ended[2]


@pytest.mark.parametrize(("number", "code"), [("INT", 130), ("TERM", 143)])
def test_stopped_before_the_branch_has_the_commit_it_leaves_no_tag(
    clone: Path, tmp_path: Path, number: str, code: int
) -> None:
    before = state(clone)
    path = git_that(tmp_path, f'if [ "$1" = merge ]; then {stops(number)}; fi')
    ended = release(clone, NEXT, PATH=path)
    assert (ended[0], state(clone)) == (code, before), ended


def test_a_worktree_that_git_does_not_remove_hides_no_error(clone: Path, tmp_path: Path) -> None:
    put(clone, "build.sh", "#!/bin/sh\nexit 3\n")
    path = git_that(tmp_path, 'if [ "$1 $2" = "worktree remove" ]; then echo "cannot" >&2; exit 1; fi')
    code, stdout, stderr = release(clone, NEXT, PATH=path)
    assert (code, stdout) == (1, "")
    assert stderr.splitlines()[-2:] == [
        "warning: git worktree: cannot; `git worktree prune` removes what is left of it",
        "error: build.sh ended with 3",
    ]
    git(clone, "worktree", "prune")
    assert len(git(clone, "worktree", "list").splitlines()) == 1
