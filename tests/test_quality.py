from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent

CHECKS = {
    "ruff": ["ruff", "check", "."],
    "format": ["ruff", "format", "--check", "."],
    "types": ["mypy"],
    "layers": ["lint-imports"],
}
LARGEST = 200_000
"""Bytes. The largest file is a list of hashes; anything larger was hardly written by hand."""
MACHINE_PATH = re.compile(r"(?<![\w.~$})/-])/(?:root|work|home|Users|opt)/")
REGISTRY_HOST = re.compile(
    r"pypi\.org|pythonhosted\.org|proxy\.golang\.org|sum\.golang\.org|arti[f]actory|--trusted[-]host", re.IGNORECASE
)


def tracked() -> list[Path]:
    """Return every file that git tracks and that is still there."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


@pytest.mark.parametrize("command", CHECKS.values(), ids=CHECKS)
def test_the_tools_find_nothing(command: list[str]) -> None:
    done = subprocess.run([BIN / command[0], *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"


def test_no_tracked_file_is_large_or_binary() -> None:
    wrong = [
        path.relative_to(ROOT) for path in tracked() if path.stat().st_size > LARGEST or b"\0" in path.read_bytes()
    ]
    assert wrong == []


@pytest.mark.parametrize("pattern", [MACHINE_PATH, REGISTRY_HOST], ids=["machine paths", "registry hosts"])
def test_no_tracked_file_speaks_of(pattern: re.Pattern[str]) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line}"
        for path in tracked()
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if pattern.search(line)
    ]
    assert found == []
