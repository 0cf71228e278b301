"""The API server's own account of who asked it for what, and when: its audit log, read back."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_READING = frozenset({"get", "list", "watch"})
_NODES = frozenset({"backends", "frontends"})
_OPERATOR = "express-operator"


@dataclass(frozen=True, slots=True)
class Request:
    """One request that was answered; a watch is one from its beginning."""

    agent: str
    """The program that asked, without its version: `kubectl-express`, `kubectl`, `express-operator`."""
    verb: str
    resource: str
    """Its plural, and its subresource if it has one: `backends`, `pods/status`."""
    name: str
    """Empty where the request names no object."""
    received: datetime
    answered: datetime
    code: int
    dry_run: bool

    @property
    def writes(self) -> bool:
        """Whether it changed something, or was to."""
        return self.verb not in _READING and not self.dry_run


def requests(log: Path, namespace: str, since: int = 0) -> list[Request]:
    """Return the requests about a namespace in the order of their arrival; `since` is where in the log to begin."""
    with log.open("rb") as file:
        file.seek(since)
        lines = file.read().splitlines()
    named = f'"namespace":"{namespace}"'.encode()
    events = [json.loads(line) for line in lines if named in line]
    # A watch is told of twice: as it begins and as it ends.
    found = {each["auditID"]: each for each in events if each.get("objectRef", {}).get("namespace") == namespace}
    return sorted(map(_request, found.values()), key=_received)


def steps(found: Sequence[Request], agent: str) -> list[Request]:
    """Return the first write that a program did to each node, in order: where its turn began."""
    first: dict[str, Request] = {}
    for each in found:
        if each.agent == agent and each.resource in _NODES and each.writes:
            first.setdefault(each.name, each)
    return list(first.values())


def readiness(found: Sequence[Request]) -> dict[str, datetime]:
    """Return when the operator had last made the pod of each node Ready: when its status was written."""
    told = [each for each in found if each.agent == _OPERATOR and each.resource == "pods/status" and each.code < 400]
    return {each.name.rpartition("-")[0]: each.answered for each in told}


def gaps(found: Sequence[Request], agent: str) -> list[float]:
    """Return the seconds from each node's pod being Ready to the next node's first write; below 0 if that was first."""
    ready = readiness(found)
    turns = pairwise(steps(found, agent))
    return [(later.received - ready[earlier.name]).total_seconds() for earlier, later in turns if earlier.name in ready]


def _received(request: Request) -> datetime:
    return request.received


def _request(event: Any) -> Request:
    about = event["objectRef"]
    subresource = about.get("subresource")
    return Request(
        agent=event.get("userAgent", "").partition("/")[0],
        verb=event["verb"],
        resource=f"{about['resource']}/{subresource}" if subresource else about["resource"],
        name=about.get("name", ""),
        received=_time(event["requestReceivedTimestamp"]),
        answered=_time(event["stageTimestamp"]),
        code=event.get("responseStatus", {}).get("code", 0),
        dry_run="dryRun" in parse_qs(urlsplit(event["requestURI"]).query),
    )


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
