"""What another user has put where the program is unpacked, or could put there, is not run.

Only root can give folders away; where the tests run as anybody else, they are about folders open to others, and about
Python's part of the start: the shell's looks at owners alone.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.packaging.conftest import Zipapp

NOBODY = 65534
BY_ITSELF, PYTHON = (), ("python3",)
THROUGH = pytest.mark.parametrize("through", [BY_ITSELF, PYTHON] if os.geteuid() == 0 else [PYTHON])


def given_away(path: Path) -> None:
    """Make a folder another user's, or open to others where this user cannot."""
    if os.geteuid() == 0:
        os.chown(path, NOBODY, NOBODY)
    else:
        path.chmod(0o777)


def planted(zipapp: Zipapp, root: Path) -> Path:
    """Return a build below the folder that is not the program's."""
    build = root / zipapp.unpacked().name
    (build / "site-packages").mkdir(parents=True)
    (build / "site-packages" / "__main__.py").write_text("print('planted')\n", encoding="utf-8")
    return build


def assert_refused(outcome: tuple[int, str, str], folder: Path) -> None:
    code, stdout, stderr = outcome
    assert (code, stdout) == (2, "")
    assert stderr == (
        f"error: kubectl-express cannot unpack itself: {folder} belongs to somebody else or is open to others; "
        "set SHIV_ROOT to a folder that can be written to\n"
    )


@THROUGH
def test_a_chosen_folder_that_others_can_put_builds_into_is_refused(
    zipapp: Zipapp, tmp_path: Path, through: tuple[str, ...]
) -> None:
    planted(zipapp, root := tmp_path / "root")
    given_away(root)
    assert_refused(replace(zipapp, through=through).run("version", SHIV_ROOT=str(root)), root)


@THROUGH
def test_a_build_of_somebody_else_s_is_refused(zipapp: Zipapp, tmp_path: Path, through: tuple[str, ...]) -> None:
    given_away(build := planted(zipapp, root := tmp_path / "root"))
    assert_refused(replace(zipapp, through=through).run("version", SHIV_ROOT=str(root)), build)


@THROUGH
def test_in_somebody_else_s_home_it_unpacks_into_a_private_temporary_folder(
    zipapp: Zipapp, tmp_path: Path, through: tuple[str, ...]
) -> None:
    """As `sudo` may leave HOME: what is root's in there, its owner can still replace."""
    planted(zipapp, tmp_path / "home" / ".cache" / "kubectl-express")
    given_away(tmp_path / "home")
    (tmp_path / "temporary").mkdir()
    changed = {"HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path / "temporary")}
    for _ in range(2):
        using = replace(zipapp, through=through)
        code, stdout, stderr = using.run("version", SHIV_ROOT=None, XDG_CACHE_HOME=None, **changed)
        assert (code, stderr) == (0, "")
        assert "planted" not in stdout
    (folder,) = (tmp_path / "temporary").iterdir()
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_build_that_is_a_link_is_left_to_python(zipapp: Zipapp, tmp_path: Path) -> None:
    root = tmp_path / "root"
    planted(zipapp, tmp_path / "elsewhere").rename(tmp_path / "open")
    (tmp_path / "open").chmod(0o777)
    root.mkdir()
    (root / zipapp.unpacked().name).symlink_to(tmp_path / "open")
    assert_refused(zipapp.run("version", SHIV_ROOT=str(root)), root / zipapp.unpacked().name)


@THROUGH
def test_in_a_folder_of_all_users_it_has_its_own(zipapp: Zipapp, tmp_path: Path, through: tuple[str, ...]) -> None:
    """As in /tmp, where nobody can touch this user's folders, and anybody can make one first."""
    given_away(planted(zipapp, root := tmp_path / "all"))
    root.chmod(0o1777)
    for _ in range(2):
        code, stdout, stderr = replace(zipapp, through=through).run("version", SHIV_ROOT=str(root))
        assert (code, stderr) == (0, "")
        assert "planted" not in stdout
    (own,) = root.glob(f"kubectl-express-{os.getuid()}")
    assert own.stat().st_mode & 0o777 == 0o700


def test_whatever_the_umask_what_it_makes_is_closed_to_others(zipapp: Zipapp, tmp_path: Path) -> None:
    using = replace(zipapp, through=("sh", "-c", 'umask 000; exec "$0" "$@"'))
    made = tmp_path / "root" / "deeper"
    assert using.run("version", SHIV_ROOT=str(made))[0] == 0
    (build,) = made.glob("kubectl-express_*")
    assert {folder.stat().st_mode & 0o777 for folder in (made.parent, made, build)} == {0o700}


def test_where_the_home_folder_cannot_be_used_it_unpacks_into_a_private_temporary_one(
    zipapp: Zipapp, tmp_path: Path
) -> None:
    changed = {"SHIV_ROOT": None, "XDG_CACHE_HOME": None, "HOME": "/dev/null/nowhere", "TMPDIR": str(tmp_path)}
    assert zipapp.run("version", **changed)[0] == 0
    (folder,) = tmp_path.iterdir()
    assert folder.stat().st_mode & 0o777 == 0o700
    assert list(folder.glob("kubectl-express_*/site-packages/kubectl_express"))


def test_a_temporary_folder_that_others_can_write_to_is_refused_in_one_line(zipapp: Zipapp, tmp_path: Path) -> None:
    (tmp_path / f"kubectl-express-{os.getuid()}").mkdir()
    (tmp_path / f"kubectl-express-{os.getuid()}").chmod(0o777)
    changed = {"SHIV_ROOT": None, "XDG_CACHE_HOME": None, "HOME": "/dev/null/nowhere", "TMPDIR": str(tmp_path)}
    code, stdout, stderr = zipapp.run("version", **changed)
    assert (code, stdout, stderr.count("\n")) == (2, "", 1)
    assert stderr.startswith("error: kubectl-express cannot unpack itself: ")


def test_a_shiv_root_that_cannot_be_used_is_one_line(zipapp: Zipapp) -> None:
    code, stdout, stderr = zipapp.run("version", SHIV_ROOT="/dev/null/nowhere")
    assert (code, stdout, stderr.count("\n")) == (2, "", 1)
    assert stderr.endswith("; set SHIV_ROOT to a folder that can be written to\n")
