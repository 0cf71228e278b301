"""All of the model together: the server, the nodes, the processes that roll them out, people, and time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubectl_express.core import lease as leases
from tests.reliability.model.fleet import Fleet
from tests.reliability.model.process import Clock, Process
from tests.reliability.model.rules import LEASE, Rules, Run
from tests.reliability.model.server import Change, Server

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from kubectl_express.core.lease import Holder
    from tests.testbed.api import Object

_RENEW_EVERY = 2.0
_MOST_STEPS = 5000


class World:
    """One system, and whoever works on it."""

    def __init__(self, folder: Path) -> None:
        """Take a folder for files."""
        self.clock = Clock()
        self.runs: list[Run] = []
        self.server = Server(self.clock, self._changed)
        self._folder = folder
        self._writer: Run | None = None
        self._rules: Rules | None = None
        self.fleet = Fleet(self.server)
        self.rules = self._rules = Rules(self.fleet)

    def _changed(self, change: Change, before: Object | None) -> None:
        if self._rules:
            self._rules.look_at(change, before, self._writer, self.runs)

    # Processes

    def start(
        self, words: Sequence[str], tags: Mapping[str, str], *, trusted: bool = True, undoes: bool = False
    ) -> Run:
        """Start a process that is to bring nodes to tags."""
        made = Run(Process(self.server, self.clock, self._folder, words), tags, trusted, undoes)
        self.runs.append(made)
        return made

    def step(self, run: Run) -> None:
        """Let a process go on to its next request, or until it waits."""
        self._writer = run
        run.process.step()
        self._writer = None

    def is_gone(self, holder: Holder) -> bool:
        """Return whether a holder of the lease is a process that is no more."""
        return any(run.process.ended and run.process.identity == holder.identity for run in self.runs)

    def finish(self, run: Run) -> int:
        """Let a process and all around it go on until it ends; return its exit code."""
        for _ in range(_MOST_STEPS):
            if run.process.ended:
                break
            self.step(run)
            run.process.hear()
            if run.process.waits_until is not None and not self.fleet.operate():
                self.pass_time(1.0)
        assert run.process.code is not None, f"it does not end:\n{run.process.printed.getvalue()}"
        return run.process.code

    # Time

    def pass_time(self, seconds: float) -> None:
        """Let time pass; processes that are not suspended renew their leases."""
        end = self.clock.now + seconds
        while self.clock.now < end:
            self.clock.now = min(self.clock.now + _RENEW_EVERY / 2, end)
            for run in self.runs:
                if not run.suspended and run.process.waits_to_renew(_RENEW_EVERY):
                    run.process.renew(reached=not run.cut_off)

    # People

    def ask(self, action: str, number: str) -> None:
        """Have somebody ask whoever holds the lease to stop, to pause or to go on."""
        lease = self.server.of("leases", LEASE)
        holder = leases.read_holder(lease) if lease else None
        if lease is not None and holder is not None:
            asked = leases.request(leases.Request(number, action, "ops@elsewhere"), holder)
            annotations = {**lease["metadata"].get("annotations", {}), leases.REQUEST: asked}
            self.server.put("leases", LEASE, {**lease, "metadata": {**lease["metadata"], "annotations": annotations}})

    def take_lease(self) -> None:
        """Have somebody delete the lease by hand."""
        if self.server.of("leases", LEASE):
            self.rules.tampered = True
            self.server.put("leases", LEASE, None)
