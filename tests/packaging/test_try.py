from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

DIFF = "$ kubectl-express diff --context yul1 --system systemdcrtest3 --against git:HEAD\n"


def test_one_command_shows_what_the_example_pull_request_changes(checkout: Path) -> None:
    done = subprocess.run([checkout / "examples" / "try"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    shown = done.stdout.partition(DIFF)[2]
    assert {"update", "new", "removed"} <= set(shown.split())
    assert "verified" in shown


def test_without_git_it_says_what_is_missing(checkout: Path, tmp_path: Path) -> None:
    for program in ("sh", "dirname", "date"):
        (tmp_path / program).symlink_to(str(shutil.which(program)))
    environment = {**os.environ, "PATH": str(tmp_path)}
    command = [checkout / "examples" / "try"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    line = "error: git is not on PATH, and the example compares a working tree with its last commit\n"
    assert done.stderr == line
