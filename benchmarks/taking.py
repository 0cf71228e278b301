"""Runs commands one after the other in a small process of its own, and says what they took.

A process starts with the memory of the one that started it on its account, so a benchmark that has grown cannot measure
by itself. Standard input holds the commands and the exit codes that are fine, as JSON; so does what is printed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time


def main() -> None:
    """Measure; end the program where a command fails."""
    asked = json.load(sys.stdin)
    seconds, kilobytes = 0.0, 0
    for command in asked["commands"]:
        with tempfile.TemporaryFile() as errors:
            start = time.perf_counter()
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors)
            _, status, usage = os.wait4(process.pid, 0)
            seconds += time.perf_counter() - start
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode not in asked["codes"]:
                errors.seek(0)
                said = errors.read()[-2000:].decode(errors="replace")
                sys.exit(f"{' '.join(command)} ended with {process.returncode}:\n{said}")
            kilobytes = max(kilobytes, usage.ru_maxrss)
    json.dump({"seconds": seconds, "memory": kilobytes}, sys.stdout)


if __name__ == "__main__":
    main()
