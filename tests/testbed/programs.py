"""Running a program to its end, as a test sees it: its exit code and what it wrote, to the byte."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

PATIENCE = 300.0
"""Seconds after which a program is taken to hang, and killed."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a program ended. The texts are what it wrote, line ends untouched."""

    code: int
    stdout: str
    stderr: str

    def json(self) -> Any:
        return json.loads(self.stdout)


def run(
    command: list[str | Path], environment: Mapping[str, str], cwd: Path | None = None, stdin: str | None = None
) -> Outcome:
    """Run `command` in exactly this environment; without `stdin` it reads nothing."""
    ended = subprocess.run(
        command,
        env=environment,
        cwd=cwd,
        input=(stdin or "").encode(),
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    return Outcome(ended.returncode, ended.stdout.decode(), ended.stderr.decode())


def succeeded(outcome: Outcome, what: str) -> Outcome:
    """Return `outcome`, or raise AssertionError with all that the program wrote."""
    if outcome.code != 0:
        raise AssertionError(f"{what} ended with {outcome.code}\n{outcome.stderr}{outcome.stdout}")
    return outcome


@contextmanager
def beside(
    command: list[str], environment: Mapping[str, str], cwd: Path, **how: Any
) -> Iterator[subprocess.Popen[Any]]:
    """Give a program that runs beside the test, as `Popen` takes it; it and what it has started are ended at last."""
    with subprocess.Popen(command, env=environment, cwd=cwd, start_new_session=True, **how) as process:
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def is_there(pid: int) -> bool:
    """Return whether a process is there."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


class Kubectl:
    """The real kubectl with a test's own kubeconfig: `kubectl("get", "pods")`."""

    def __init__(self, program: Path, kubeconfig: Path, home: Path) -> None:
        self.program = program
        self.kubeconfig = kubeconfig
        self._environment = {
            "HOME": str(home),
            "KUBECONFIG": str(kubeconfig),
            "PATH": "/usr/bin:/bin",
            "KUBECTL_KUBERC": "false",
        }

    def __call__(self, *arguments: str | Path, stdin: str | None = None, check: bool = True) -> Outcome:
        """Run it; raises AssertionError with its stderr when it fails, unless told not to check."""
        outcome = run([self.program, *arguments], self._environment, stdin=stdin)
        return succeeded(outcome, " ".join(map(str, ("kubectl", *arguments)))) if check else outcome

    def json(self, *arguments: str) -> Any:
        """Return what it prints with `-o json`, parsed."""
        return self(*arguments, "-o", "json").json()
