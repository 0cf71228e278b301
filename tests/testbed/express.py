"""The built program as a user has it: `kubectl express …`, with the real kubectl and helm on PATH and a clean home."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import TYPE_CHECKING

from tests.testbed.parts import cache_folder, part
from tests.testbed.programs import Outcome, run

if TYPE_CHECKING:
    from collections.abc import Mapping

REPOSITORY = Path(__file__).parent.parent.parent
ZIPAPP = REPOSITORY / "dist" / "kubectl-express"
INPUTS = ("build.sh", "pyproject.toml", "LICENSE", "README.md", "packaging", "requirements", "kubectl_express")
TOOLS = ("cat", "cp", "diff", "env", "false", "git", "grep", "sed", "sh", "true")
"""What a user's PATH has besides; a folder of links to these, since /usr/bin may hold a helm of its own."""


@dataclass(frozen=True, slots=True)
class Express:
    """Runs the program as a process: `express("diff", "--context", "yul1", cwd=example)`."""

    zipapp: Path
    tools: Path
    home: Path
    shiv_root: Path
    """Where the zipapp unpacks itself: one place for all the tests of a run."""
    kubeconfig: Path
    """It need not exist: a test without a cluster has none."""

    def __call__(
        self,
        *arguments: str | Path,
        helm: Path | str | None = "helm4",
        cwd: Path | None = None,
        stdin: str | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Outcome:
        """Run `kubectl express` with `arguments` to its end.

        `helm` is the program to have on PATH, or the name of a part, or None for a machine without one; `env` is set
        on top of the clean environment.
        """
        command: list[str | Path] = [part("kubectl"), "express", *arguments]
        return run(command, {**self.environment(helm), **(env or {})}, cwd or self.home, stdin)

    def environment(self, helm: Path | str | None = "helm4") -> dict[str, str]:
        """Return the environment the program runs in, for a test that starts it in its own way."""
        program = part(helm) if isinstance(helm, str) else helm
        folders = [self.zipapp.parent, *([program.parent] if program else []), part("kubectl").parent, self.tools]
        return {
            "PATH": os.pathsep.join(map(str, folders)),
            "HOME": str(self.home),
            "KUBECONFIG": str(self.kubeconfig),
            "SHIV_ROOT": str(self.shiv_root),
            "LANG": "C.UTF-8",
        }


def built_zipapp() -> Path:
    """Return dist/kubectl-express, built anew if anything that goes into it is newer; raises AssertionError."""
    cache_folder().mkdir(parents=True, exist_ok=True)
    with (cache_folder() / ".zipapp-lock").open("w") as lock:
        flock(lock, LOCK_EX)
        if not ZIPAPP.exists() or ZIPAPP.stat().st_mtime < max(map(_newest, INPUTS)):
            environment = {**os.environ, "PYTHON": sys.executable}
            built = subprocess.run(
                [REPOSITORY / "build.sh"], env=environment, capture_output=True, text=True, check=False
            )
            assert built.returncode == 0, f"build.sh failed:\n{built.stderr}"
    return ZIPAPP


def _newest(name: str) -> float:
    path = REPOSITORY / name
    files = (file for file in path.rglob("*") if "__pycache__" not in file.parts) if path.is_dir() else [path]
    return max((file.stat().st_mtime for file in files if file.is_file()), default=0.0)


def link_tools(folder: Path) -> Path:
    """Fill `folder` with the tools, and with the Python that runs the tests as `python3`; return it."""
    folder.mkdir()
    for name in TOOLS:
        found = shutil.which(name)
        assert found, f"{name} is not on PATH"
        (folder / name).symlink_to(found)
    # Not a link: through one, Python would not find the virtual environment that it belongs to.
    python = folder / "python3"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    return folder
