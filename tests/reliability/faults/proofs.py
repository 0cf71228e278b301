"""What must hold of a rollout whatever happened to it, by the API server's audit log and the operator's own diary."""

from __future__ import annotations

import base64
import json
from itertools import pairwise
from typing import TYPE_CHECKING

from tests.testbed.audit import readiness, requests, steps
from tests.testbed.operator import diary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.e2e.small_system import SmallSystem
    from tests.testbed.audit import Request
    from tests.testbed.control_plane import ControlPlane

PART = "Rollout under faults"
"""The heading in docs/reliability.md."""
PROGRAM = "kubectl-express"


class Since:
    """A system from the time that this was made."""

    def __init__(self, system: SmallSystem, plane: ControlPlane) -> None:
        self._system = system
        self._log = plane.audit_log
        self._from = self._log.stat().st_size
        self._told = len(diary.entries(system.operator.log))

    def requests(self) -> list[Request]:
        return requests(self._log, self._system.name, self._from)

    def begun(self) -> list[str]:
        """Return the nodes that the program wrote to, in the order of its first write to each."""
        return [each.name for each in steps(self.requests(), PROGRAM)]

    def made(self) -> list[str]:
        """Return the nodes whose pods the operator made, in that order, each as often as it did."""
        return [each.node for each in diary.entries(self._system.operator.log)[self._told :] if each.what == "made"]

    def assert_done(self, nodes: Sequence[str]) -> None:
        """Each node was rolled, one at a time, in order, and restarted once."""
        self.assert_restarted_once(nodes)
        found = self.requests()
        turns = [each for each in steps(found, PROGRAM) if each.name in nodes]
        assert [each.name for each in turns] == list(nodes), "nodes were begun in another order, or not all"
        ready = readiness(found)
        for earlier, later in pairwise(turns):
            assert ready[earlier.name] <= later.received, f"{earlier.name} and {later.name} were in flight at once"
        assert self._recorded() == "finished"

    def _recorded(self) -> str:
        """Return the state of the last rollout that is on record."""
        listed = self._system.api.get(
            f"{self._system.collection('secrets', '/api/v1')}?labelSelector=kubectl-express%2Frollout%3Dhead"
        )
        last = max(listed["items"], key=lambda head: int(head["metadata"]["name"].rpartition("-")[2]))
        return str(json.loads(base64.b64decode(last["data"]["progress"]))["state"])

    def assert_restarted_once(self, nodes: Sequence[str]) -> None:
        """Just these nodes were restarted, and none twice."""
        assert self.made() == list(nodes), "a node was restarted twice, or in another order, or not at all"

    def assert_untouched(self) -> None:
        """Nothing was written by the program."""
        written = [each for each in self.requests() if each.agent == PROGRAM and each.writes and each.code < 400]
        written = [each for each in written if "accessreviews" not in each.resource]
        assert written == [], "something was written"
