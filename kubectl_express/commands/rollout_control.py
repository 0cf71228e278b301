"""`rollout pause` and `resume`: what is asked of a running rollout, from anywhere."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from kubectl_express.commands.reading import doubt_without_nodes
from kubectl_express.commands.rollout_stop import applications_of, stop
from kubectl_express.core.lease import author
from kubectl_express.errors import ExitStatus
from kubectl_express.rollout.control import NoRolloutError, ask
from kubectl_express.rollout.this_process import user_name

if TYPE_CHECKING:
    from kubectl_express.output.printer import Printer
    from kubectl_express.sources.scope import Scope

_ASKED = {
    "pause": "is asked to pause before the next node; `kubectl express rollout resume` goes on",
    "resume": "is asked to go on",
}


def control(scope: Scope, printer: Printer, action: str) -> ExitStatus:
    """Ask the running rollout of one system. Raises ExpressError where none is running."""
    system = scope.system()
    by = author(user_name(), socket.gethostname())
    if action == "stop":
        return stop(scope, printer, system, by)
    try:
        held = ask(scope.cluster, system.namespace, action, by)
    except NoRolloutError as error:
        for application in applications_of(scope, printer, system):
            if application.syncing:
                raise NoRolloutError(
                    f"{error}, and {application.title}, which is syncing these nodes, cannot pause: "
                    "`kubectl express rollout stop` terminates the sync, and syncing again goes on"
                ) from None
        raise NoRolloutError(f"{error}{doubt_without_nodes(scope, system)}") from error
    printer.remark(f"the rollout of {system.name} by {held.holder} {_ASKED[action]}")
    return ExitStatus.DONE
