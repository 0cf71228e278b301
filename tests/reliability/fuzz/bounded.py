"""Running the built program to its end with a limit on its time and on its memory."""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
import time
from typing import IO, TYPE_CHECKING

from tests.testbed.parts import part
from tests.testbed.programs import Outcome

if TYPE_CHECKING:
    from pathlib import Path

    from tests.testbed.express import Express


def bounded(
    express: Express,
    *arguments: str | Path,
    seconds: float,
    mebibytes: int,
    helm: Path | None = None,
    cwd: Path | None = None,
    stdin: IO[bytes] | int = subprocess.DEVNULL,
) -> Outcome:
    """Run the program. Raises AssertionError where it takes longer, or more memory at any moment."""
    command = [str(part("kubectl")), "express", *map(str, arguments)]
    started = time.monotonic()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        # The built program replaces kubectl, so that what it takes is told of this process.
        process = subprocess.Popen(
            command, env=express.environment(helm), cwd=cwd or express.home, stdin=stdin, stdout=out, stderr=err
        )
        watchdog = threading.Timer(seconds * 2, process.kill)
        watchdog.start()
        _, status, used = os.wait4(process.pid, 0)
        watchdog.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        texts = [(stream.seek(0), stream.read().decode())[1] for stream in (out, err)]
    took, most = time.monotonic() - started, used.ru_maxrss // 1024
    assert took < seconds, f"it took {took:.1f} s of {seconds:g}"
    assert most < mebibytes, f"it took {most} MiB of {mebibytes}"
    return Outcome(process.returncode, *texts)
