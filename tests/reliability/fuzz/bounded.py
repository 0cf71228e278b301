"""Running the built program to its end with a limit on its time and on its memory."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from typing import IO, TYPE_CHECKING

from tests.testbed.parts import part
from tests.testbed.programs import Outcome

if TYPE_CHECKING:
    from pathlib import Path

    from tests.testbed.express import Express


# A process's peak counts in what its parent held when it began, so that a small one has to stand between.
_MEASURE = """
import os, resource, subprocess, sys
code = subprocess.run(sys.argv[2:], check=False).returncode
os.write(int(sys.argv[1]), b"%d %d" % (code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
"""


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
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, tempfile.TemporaryFile() as measured:
        process = subprocess.Popen(
            [sys.executable, "-S", "-c", _MEASURE, str(measured.fileno()), *command],
            env=express.environment(helm),
            cwd=cwd or express.home,
            stdin=stdin,
            stdout=out,
            stderr=err,
            pass_fds=(measured.fileno(),),
            start_new_session=True,
        )
        watchdog = threading.Timer(seconds * 2, os.killpg, (process.pid, signal.SIGKILL))
        watchdog.start()
        process.wait()
        watchdog.cancel()
        texts = [(stream.seek(0), stream.read().decode())[1] for stream in (out, err, measured)]
    took = time.monotonic() - started
    assert texts[2], f"it did not end within {seconds * 2:g} s"
    code, most = int(texts[2].split()[0]), int(texts[2].split()[1]) // 1024
    assert took < seconds, f"it took {took:.1f} s of {seconds:g}"
    assert most < mebibytes, f"it took {most} MiB of {mebibytes}"
    return Outcome(code, *texts[:2])
