"""The one door to other programs."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from kubectl_express.errors import ExpressError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def run(
    command: Sequence[str],
    *,
    variables: Mapping[str, str],
    folder: Path | None = None,
    doing: str,
    umask: int = -1,
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end and return what it wrote, read as UTF-8. `umask` is that of its files; -1 is ours.

    Raises ExpressError where it cannot be started or exits with another code than 0: `doing` says what it was for,
    and the program's own words follow.
    """
    try:
        done = subprocess.run(
            command,
            env=dict(variables),
            cwd=folder,
            umask=umask,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            encoding="utf-8",
            errors="surrogateescape",
        )
    except OSError as error:
        raise ExpressError(f"{doing}: {command[0]} cannot be started: {error.strerror or error}") from error
    if done.returncode != 0:
        words = own_words(done.stderr) or _ended(done.returncode)
        raise ExpressError(f"{doing}: {Path(command[0]).name} failed: {words}")
    return done


def _ended(code: int) -> str:
    if code < 0:
        return f"it was killed by signal {-code} ({signal.strsignal(-code) or 'unknown'})"
    return f"it ended with exit code {code} and no message"


def own_words(stderr: str) -> str:
    """Return what a program said of its failure: without a leading `Error: `, and without a trailing newline."""
    lines = [line for line in stderr.strip().splitlines() if line.strip()]
    errors = [number for number, line in enumerate(lines) if line.startswith(("Error: ", "fatal: ", "error: "))]
    if errors:
        lines = lines[errors[0] :]
        lines[0] = lines[0].partition(": ")[2]
    return "\n".join(lines)
