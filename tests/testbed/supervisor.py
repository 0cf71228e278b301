"""Runs one program for as long as whoever started it lives: `supervisor.py LOG PROGRAM ARGUMENT…`.

Its stdin is a pipe that nobody writes to. The system closes it when the owner ends, in whatever way, kill -9 included;
then the program is killed. Standard library only, and nothing of the test bed: it starts in milliseconds.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading


def main(log: str, *command: str) -> int:
    """Run `command` with its output in the file `log`; print its process id; return its exit code."""
    with open(log, "ab") as output:  # noqa: PTH123 - pathlib would double the time it takes to start
        program = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    print(program.pid, flush=True)
    threading.Thread(target=_kill_when_alone, args=(program,), daemon=True).start()
    return program.wait()


def _kill_when_alone(program: subprocess.Popen[bytes]) -> None:
    sys.stdin.buffer.read()
    program.kill()


if __name__ == "__main__":
    # At once: an ordinary end waits for the thread's buffer, which is held by its read.
    os._exit(main(*sys.argv[1:]))
