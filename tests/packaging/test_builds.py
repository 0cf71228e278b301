from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

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


def test_a_build_in_use_is_kept_however_long_it_runs(zipapp: Zipapp, tmp_path: Path) -> None:
    running = [sys.executable, str(zipapp.path), "-c", "print('up', flush=True); input()"]
    environment = zipapp.environment(SHIV_ROOT=str(tmp_path), SHIV_INTERPRETER="1")
    with subprocess.Popen(running, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        (build,) = tmp_path.glob("kubectl-express_*")
        os.utime(build / "used", (LONG_AGO, LONG_AGO))
        # Another build: the same program under a longer name.
        other = tmp_path / "kubectl-express-next"
        other.write_bytes(zipapp.path.read_bytes())
        start = [sys.executable, str(other), "version"]
        subprocess.run(start, env=zipapp.environment(SHIV_ROOT=str(tmp_path)), check=True, capture_output=True)
        assert (build / "site-packages" / "yaml").is_dir()
        process.communicate(b"\n")
    subprocess.run(start, env=zipapp.environment(SHIV_ROOT=str(tmp_path)), check=True, capture_output=True)
    assert not build.exists()


def test_first_runs_at_the_same_time_all_work(zipapp: Zipapp, tmp_path: Path) -> None:
    command = [sys.executable, str(zipapp.path), "version"]
    environment = zipapp.environment(SHIV_ROOT=str(tmp_path))
    started = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    finished = [(*process.communicate(), process.returncode) for process in started]
    assert {(stderr, code) for _, stderr, code in finished} == {("", 0)}
    assert len(list(tmp_path.glob("kubectl-express_*"))) == 1
