"""`rollout history`: the rollouts that are on record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubectl_express.commands.reading import doubt_without_nodes, place, tell_doubt
from kubectl_express.errors import ExitStatus
from kubectl_express.output.views.history import History, history_view
from kubectl_express.output.views.rollout_status import Course
from kubectl_express.rollout.control import held
from kubectl_express.sources.records import Records

if TYPE_CHECKING:
    from kubectl_express.output.printer import Printer
    from kubectl_express.sources.scope import Scope


def history(scope: Scope, printer: Printer) -> ExitStatus:
    """List one system's rollouts, oldest first."""
    system = scope.system()
    heads = Records(scope.cluster, system.namespace).heads()
    holder = held(scope.cluster, system.namespace)
    if not heads and holder is None and doubt_without_nodes(scope, system):
        tell_doubt(scope, printer, system)
    courses = tuple(Course(record, progress, holder) for record, progress in heads)
    printer.show(history_view([History(place(system), courses)]))
    return ExitStatus.DONE
