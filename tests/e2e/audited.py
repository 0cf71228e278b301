"""What was written in a namespace since a test last asked, by the API server's own account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.testbed.audit import Request, requests

if TYPE_CHECKING:
    from pathlib import Path


class AuditLog:
    """The writes of one namespace from the time that this was made, or last forgotten."""

    def __init__(self, log: Path, namespace: str) -> None:
        self._log = log
        self._namespace = namespace
        self._from = 0
        self.forget()

    def forget(self) -> None:
        """Leave out what was written until now."""
        self._from = self._log.stat().st_size

    def writes(self, *resources: str) -> list[Request]:
        """Return the writes that were taken, in the order in which they came; of these resources, if any are given."""
        found = requests(self._log, self._namespace, self._from)
        taken = (each for each in found if each.writes and each.code < 400)
        return [each for each in taken if not resources or each.resource in resources]
