"""The Pythons of this machine: those on PATH, and those that pyenv keeps beside it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

SUPPORTED = ("3.10", "3.11", "3.12", "3.13", "3.14")
TOO_OLD = ("2.7", "3.6", "3.7", "3.8", "3.9")


def found(versions: tuple[str, ...]) -> dict[str, str]:
    """Return the interpreter of each version that the machine has."""
    interpreters = ((version, interpreter(version)) for version in versions)
    return {version: path for version, path in interpreters if path is not None}


def interpreter(version: str) -> str | None:
    """Return a Python of the version that really starts: pyenv puts names on PATH that lead nowhere."""
    pyenv = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser()
    candidates = [str(path) for path in sorted(pyenv.glob(f"versions/{version}.*/bin/python{version}"))]
    on_path = shutil.which(f"python{version}")
    for candidate in [*candidates, *([on_path] if on_path else [])]:
        if subprocess.run([candidate, "-c", ""], capture_output=True, check=False).returncode == 0:
            return candidate
    return None
