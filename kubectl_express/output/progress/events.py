"""JSON for scripts: an object a line for each thing that happens."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from kubectl_express.core.moments import micro_time
from kubectl_express.output.progress.outlet import told_outlet
from kubectl_express.output.view import API_VERSION

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from kubectl_express.core.happenings import Happening
    from kubectl_express.core.plan import Plan
    from kubectl_express.core.values import Object
    from kubectl_express.environment import Environment
    from kubectl_express.output.progress.outcome import Outcome
    from kubectl_express.output.views.systems import Place


class EventLines:
    """Writes events to stdout, each a line at once; the last one says what became of each node."""

    def __init__(self, environment: Environment, place: Place, plan: Plan, now: Callable[[], datetime]) -> None:
        self._out = told_outlet(environment)
        self._place = place
        self._plan = plan.digest
        self._now = now

    def report(self, happening: Happening) -> None:
        """Write one event."""
        self._write(
            {
                "event": happening.what.value,
                "node": happening.node,
                "revision": happening.revision,
                "message": happening.message,
                "seconds": None if happening.seconds is None else round(happening.seconds, 3),
                "ailing": happening.ailing,
                "outcome": None,
            }
        )

    def pause(self) -> None:
        """Do nothing: questions are asked elsewhere."""

    def resume(self) -> None:
        """Do nothing: questions are asked elsewhere."""

    def close(self, outcome: Outcome | None = None) -> None:
        """Write the last event, of what became of each node."""
        if outcome is None:
            return
        self._write(
            {
                "event": "outcome",
                "node": None,
                "revision": None,
                "message": "; ".join(outcome.lines()),
                "seconds": None,
                "ailing": False,
                "outcome": outcome.document(),
            }
        )

    def _write(self, content: Object) -> None:
        document: Object = {
            "apiVersion": API_VERSION,
            "kind": "RolloutEvent",
            "time": micro_time(self._now()),
            "system": self._place.system,
            "namespace": self._place.namespace,
            "context": self._place.context,
            "plan": self._plan,
            **content,
        }
        # Python leaves DEL as it is, the one control character that JSON allows.
        self._out.write(json.dumps(document).replace("\x7f", "\\u007f") + "\n")
