"""`rollout pause`, `resume` and `stop`: what is asked of a running rollout, from anywhere."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from kubectl_express.core.lease import author
from kubectl_express.errors import ExitStatus
from kubectl_express.rollout.control import ask
from kubectl_express.rollout.this_process import user_name

if TYPE_CHECKING:
    from kubectl_express.output.printer import Printer
    from kubectl_express.sources.scope import Scope

_ASKED = {
    "pause": "is asked to pause before the next node; `kubectl express rollout resume` goes on",
    "resume": "is asked to go on",
    "stop": "is asked to stop: the node in progress is seen through, no other is touched",
}


def control(scope: Scope, printer: Printer, action: str) -> ExitStatus:
    """Ask the running rollout of one system. Raises ExpressError where none is running."""
    system = scope.system()
    held = ask(scope.cluster, system.namespace, action, author(user_name(), socket.gethostname()))
    printer.remark(f"the rollout of {system.name} by {held.holder} {_ASKED[action]}")
    return ExitStatus.DONE
