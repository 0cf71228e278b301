"""The record of one rollout as the engine writes it: one write a node."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from kubectl_express.core import moments

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kubectl_express.core.record import Progress, Record, Touched
    from kubectl_express.sources.records import Records


class Journal:
    """Keeps a record's progress."""

    def __init__(self, records: Records, record: Record, progress: Progress) -> None:
        self.record = record
        self._records = records
        self._progress = progress
        self._waited_for = progress.current
        """The node that an earlier run left in progress, until it has passed."""

    @property
    def title(self) -> str:
        """The rollout as Events name it."""
        return f"{self.record.action} {self.record.number} by {self.record.by}"

    @property
    def finished(self) -> tuple[str, ...]:
        """The nodes that passed, those of earlier runs included that this one goes on with."""
        return self.record.steps[: self._progress.done]

    @property
    def left(self) -> tuple[str, ...]:
        """The nodes that have not passed."""
        return self.record.steps[self._progress.done :]

    @property
    def current(self) -> str | None:
        """The node in progress as far as is known."""
        return self._progress.current

    def open(self, touched: Sequence[Touched]) -> None:
        """Write the record before anything is applied."""
        self._records.open(self.record, tuple(touched), self._progress)

    def applying(self, node: str) -> None:
        """Note which node is about to be applied, and that all before it passed."""
        self._write("running", node, "")

    def passed(self, node: str) -> None:
        """Take note that a node passed; it is written with the next."""
        self._progress = replace(self._progress, done=self._progress.done + 1, current=None, message=node)
        self._waited_for = None

    def arrived(self, node: str) -> None:
        """Take note that a node passed which an earlier run had left in progress, if it is that one."""
        if node == self._waited_for:
            self.passed(node)

    def note(self, state: str, message: str) -> None:
        """Note that the rollout waits or is about to stop."""
        self._write(state, self._progress.current, message)

    def close(self, state: str, current: str | None, message: str) -> None:
        """Note how the rollout ended: it is not finished where this run was about a part of its nodes.

        A node that was in progress before stays so, also where it ended while another one was waited for.
        """
        if state == "finished" and self.left:
            state, message = "stopped", "stopped behind the nodes that were chosen"
        self._write(state, self._waited_for or current, message)

    def _write(self, state: str, current: str | None, message: str) -> None:
        now = moments.time(datetime.now(timezone.utc))
        self._progress = replace(self._progress, state=state, current=current, message=message, updated=now)
        self._records.update(self._progress)
