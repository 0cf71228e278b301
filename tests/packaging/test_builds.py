from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.testbed.waiting import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from tests.packaging.conftest import Zipapp

LONG_AGO = time.time() - 30 * 24 * 3600


def earlier_build(root: Path, digit: str, suffix: str = "", used: float | None = None) -> Path:
    """Make a folder as an earlier build leaves it, last used then."""
    build = root / f"kubectl-express_{digit * 64}{suffix}"
    (build / "site-packages").mkdir(parents=True)
    if used is not None:
        (build / "used").touch()
        os.utime(build / "used", (used, used))
    os.utime(build, (LONG_AGO, LONG_AGO))
    return build


def test_builds_that_nobody_used_for_days_are_removed_and_nothing_else(zipapp: Zipapp, tmp_path: Path) -> None:
    gone = {
        earlier_build(tmp_path, "a", used=LONG_AGO),
        earlier_build(tmp_path, "b"),
        earlier_build(tmp_path, "c", suffix=".tmp"),
        earlier_build(tmp_path, "d", suffix=".removed"),
    }
    kept = {earlier_build(tmp_path, "e", used=time.time()), tmp_path / "another-program_1"}
    (tmp_path / "another-program_1").mkdir()
    assert zipapp.run("version", SHIV_ROOT=str(tmp_path))[0] == 0
    assert not [build for build in gone if build.exists()]
    assert all(build.exists() for build in kept)


def another_build(zipapp: Zipapp, path: Path) -> Zipapp:
    """Return the same program as another build."""
    head, mark, _ = zipapp.path.read_bytes().partition(b"PK\x03\x04")
    assert mark
    build_id = zipapp.unpacked().name.rpartition("_")[2].encode()
    other = build_id[::-1]
    path.write_bytes(head.replace(build_id, other))
    with zipfile.ZipFile(zipapp.path) as archive, zipfile.ZipFile(path, "a") as made:
        for entry in archive.infolist():
            made.writestr(entry, archive.read(entry).replace(build_id, other))
    path.chmod(0o755)
    return replace(zipapp, path=path, root=path.parent)


def in_use(build: Path) -> bool:
    """Whether a process holds the build."""
    with (build / "used").open("r+") as used:
        try:
            fcntl.flock(used, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


@pytest.mark.parametrize("through", [(), (sys.executable,)], ids=["by itself", "through Python"])
def test_a_build_in_use_is_kept_however_long_it_runs(zipapp: Zipapp, tmp_path: Path, through: tuple[str, ...]) -> None:
    zipapp, other = replace(zipapp, root=tmp_path), another_build(zipapp, tmp_path / "next")
    build = zipapp.unpacked()
    running = [*through, str(zipapp.path), "revisions", "-f", "-"]
    with subprocess.Popen(running, env=zipapp.environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        eventually(lambda: in_use(build), "it has started")
        os.utime(build / "used", (LONG_AGO, LONG_AGO))
        assert other.run("version")[0] == 0
        assert (build / "site-packages" / "yaml").is_dir()
        process.communicate(b"")
    last = other.unpacked() / "used"
    assert other.run("version")[0] == 0
    assert build.exists(), "it looks for others once a day"
    os.utime(last, (time.time() - 25 * 3600,) * 2)
    assert other.run("version")[0] == 0
    assert not build.exists()
    assert time.time() - last.stat().st_mtime < 3600
