"""The program as build.sh makes it, from a copy of the working tree, and a way to run it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent.parent


@dataclass(frozen=True, slots=True)
class Zipapp:
    """The built program, where it is unpacked unless a test says otherwise, and the Python it runs on."""

    path: Path
    root: Path
    python: str = sys.executable
    through: tuple[str, ...] = ()
    """What runs the file, where it does not run by itself: a shell, or Python."""
    folder: Path | None = None
    """The working directory, where it is not this process's."""

    def environment(self, **changed: str | None) -> dict[str, str]:
        """Return this process's environment for running it; None takes a variable away.

        `python3` on PATH is the Python, with the flags of PYTHON_FLAGS.
        """
        folder = self.root / "pythons" / self.python.strip("/").replace("/", "-")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "python3").write_text(f'#!/bin/sh\nexec "{self.python}" ${{PYTHON_FLAGS-}} "$@"\n', encoding="utf-8")
        (folder / "python3").chmod(0o755)
        variables = {name: value for name, value in os.environ.items() if not name.startswith(("SHIV_", "PYTHON"))}
        wanted = {"SHIV_ROOT": str(self.root), "PATH": f"{folder}:/usr/bin:/bin", **changed}
        return {name: value for name, value in {**variables, **wanted}.items() if value is not None}

    def run(self, *arguments: str, **changed: str | None) -> tuple[int, str, str]:
        """Run it to its end and return exit code, stdout and stderr."""
        command = [*self.through, str(self.path), *arguments]
        environment = self.environment(**changed)
        done = subprocess.run(command, env=environment, cwd=self.folder, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr

    def unpacked(self) -> Path:
        """Return the folder it is unpacked into, after doing so where need be."""
        assert self.run("--version")[0] == 0
        head = self.path.read_bytes().partition(b"PK\x03\x04")[0].decode()
        (name,) = re.findall("kubectl-express_[0-9a-f]{64}", head)
        return self.root / str(name)


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the working tree as git sees it, changes that are not committed included."""
    folder = tmp_path_factory.mktemp("checkout") / "kubectl-express"
    subprocess.run(["git", "clone", "--quiet", "--no-checkout", str(REPOSITORY), str(folder)], check=True)
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(listing, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        source, target = REPOSITORY / name, folder / name
        # A file deleted but not yet committed is listed too.
        if source.is_symlink() or source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target, follow_symlinks=False)
    return folder


@pytest.fixture(scope="session")
def built(checkout: Path) -> Path:
    """Return the checkout with its dist folder filled by build.sh."""
    subprocess.run([checkout / "build.sh"], check=True, capture_output=True)
    return checkout


@pytest.fixture(scope="session")
def zipapp(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Zipapp:
    """Return the program, to be unpacked into a folder that the tests of one run share."""
    return Zipapp(built / "dist" / "kubectl-express", tmp_path_factory.mktemp("shiv"))
