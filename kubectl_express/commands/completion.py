"""`completion`: the script that a shell, or kubectl itself, needs for TAB."""

from __future__ import annotations

from typing import TYPE_CHECKING

import argcomplete

from kubectl_express.errors import ExitStatus

if TYPE_CHECKING:
    from kubectl_express.environment import Environment

_PROGRAM = "kubectl-express"
KUBECTL = """\
#!/usr/bin/env sh
# Put this on PATH as kubectl_complete-express: kubectl asks it at `kubectl express <TAB>`.
exec kubectl-express __complete "$@"
"""


def completion(environment: Environment, shell: str) -> ExitStatus:
    """Write the completion script of bash, zsh or fish for `kubectl-express`, or kubectl's for `kubectl express`."""
    script = KUBECTL if shell == "kubectl" else argcomplete.shellcode([_PROGRAM], shell=shell)
    environment.stdout.write(script if script.endswith("\n") else f"{script}\n")
    return ExitStatus.DONE
