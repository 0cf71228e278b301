"""What is made once is made by two runs at the same time, and the slower one does no harm."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

# In Python's place: makes an environment that does nothing, and lets another run be done when it installs into it.
PYTHON = f"""#!/bin/sh
case "$*" in
"-m venv "*)
    mkdir -p "$3/bin"
    cp "$0" "$3/bin/python"
    printf '#!/bin/sh\\ntest "$1" != diff\\n' > "$3/bin/kubectl-express"
    chmod +x "$3/bin/kubectl-express" ;;
"-m pip "*)
    partial=${{0%/bin/python}} partial=${{partial%/venv}}
    name=${{partial##*/}} folder=${{partial%/*}}
    case $name in
    .*) cp -R "$partial" "$folder/faster" && name=${{name#.}} && ln -s faster "$folder/${{name%.*}}" ;;
    *) cp -R "$partial" "${{partial%.*}}" ;;
    esac ;;
-c*) exec "{sys.executable}" "$@" ;;
esac
"""


@pytest.mark.parametrize(
    ("script", "where", "whole"),
    [
        ("build.sh", "kubectl-express-build", {"venv"}),
        ("examples/try", "kubectl-express-try", {"bin"}),
        ("tests/run", "kubectl-express-testbed", {"bin"}),
    ],
)
def test_another_run_that_is_done_first_keeps_what_it_made(
    checkout: Path, tmp_path: Path, script: str, where: str, whole: set[str]
) -> None:
    python = tmp_path / "python"
    python.write_text(PYTHON, encoding="utf-8")
    python.chmod(0o755)
    left_out = {"KUBECTL_EXPRESS_TESTBED"}
    environment = {name: value for name, value in os.environ.items() if name not in left_out}
    environment |= {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache"), "PYTHON": str(python)}
    ran = subprocess.run([checkout / script], env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    made = [path for path in (tmp_path / "cache" / where).iterdir() if path.name != "faster"]
    assert len(made) == 1, made
    assert {path.name for path in made[0].iterdir()} == whole
