"""The API server's own account of what was written in a namespace, and when."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from pathlib import Path

_READING = frozenset({"get", "list", "watch"})


@dataclass(frozen=True, slots=True)
class Write:
    """One request that wrote and was taken: dry runs and refused ones are left out."""

    at: datetime
    """When the answer was sent."""
    verb: str
    resource: str
    """Its plural, and its subresource if it has one: `backends`, `pods/status`."""
    name: str
    manager: str
    """The field manager that was asked for, empty for none."""


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

    def writes(self, *resources: str) -> list[Write]:
        """Return the writes in the order in which they were answered; of these resources, where any are given."""
        with self._log.open("rb") as log:
            log.seek(self._from)
            lines = log.read().splitlines()
        named = f'"namespace":"{self._namespace}"'.encode()
        events = [json.loads(line) for line in lines if named in line]
        found = [_write(event) for event in events if _is_write(event, self._namespace)]
        return sorted((each for each in found if not resources or each.resource in resources), key=lambda each: each.at)


def _is_write(event: Any, namespace: str) -> bool:
    about = event.get("objectRef", {})
    return (
        about.get("namespace") == namespace
        and event["verb"] not in _READING
        and event["stage"] == "ResponseComplete"
        and event["responseStatus"]["code"] < 400
        and "dryRun" not in parse_qs(urlsplit(event["requestURI"]).query)
    )


def _write(event: Any) -> Write:
    about = event["objectRef"]
    subresource = about.get("subresource")
    manager = parse_qs(urlsplit(event["requestURI"]).query).get("fieldManager", [""])[0]
    at = datetime.fromisoformat(event["stageTimestamp"].replace("Z", "+00:00"))
    resource = f"{about['resource']}/{subresource}" if subresource else about["resource"]
    return Write(at, event["verb"], resource, about.get("name", ""), manager)
