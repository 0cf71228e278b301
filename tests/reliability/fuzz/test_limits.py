"""What tries inputs by the million ends where one takes more memory than its size explains."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
COMMAND = "import sys; from tests.reliability.fuzz import __main__ as fuzz; fuzz.LARGEST = {}; sys.exit(fuzz.main())"
ARGUMENTS = ("--inputs", "4", "--processes", "1", "--target", "json_texts")


@pytest.mark.parametrize(("mebibytes", "code", "failures"), [(1, 1, 1), (1024, 0, 0)])
def test_memory_beyond_the_limit_is_a_failure_that_can_be_repeated(mebibytes: int, code: int, failures: int) -> None:
    command = [sys.executable, "-c", COMMAND.format(mebibytes), *ARGUMENTS]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ended.returncode, f"{failures} failures" in ended.stdout) == (code, True), ended.stdout + ended.stderr
    assert ("MiB: --target json_texts --seed 1 --number 0" in ended.stdout) is bool(failures)
