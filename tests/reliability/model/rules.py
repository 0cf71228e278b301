"""What a rollout must never do, whatever comes in between: docs/rollout-states.md states these rules."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kubectl_express.core.gojson import encode
from tests.e2e.small_system import REVISION
from tests.reliability.model.fleet import NODES, Fleet, declared, status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.reliability.model.process import Process
    from tests.reliability.model.server import Change
    from tests.testbed.api import Object

RESOURCES = frozenset({"backends", "frontends"})
LEASE = "express-rollout"


@dataclass(slots=True)
class Run:
    """A process that rolls, with what it is to bring about and what it has done."""

    process: Process
    tags: Mapping[str, str]
    trusted: bool = True
    undoes: bool = False
    applied: list[str] = field(default_factory=list)
    """The nodes that it has applied or deleted, in this order."""
    turns: dict[str, int] = field(default_factory=dict)
    """By node, how many requests there had been when its turn was put on record."""
    planned: dict[str, str] = field(default_factory=dict)
    """Each node's spec when the lease was taken."""
    changed: dict[str, int] = field(default_factory=dict)
    """By node that another has changed since, how many requests there had been."""
    suspended: bool = False
    cut_off: bool = False
    """Whether its machine does not reach the server."""


@dataclass(slots=True)
class _Way:
    """How far a node has come since a rollout last changed it."""

    settled: bool = True
    """Whether it has had, since then, just its pod, at the revision that it declares, and not terminating."""
    arrived: bool = True
    """Whether that pod has been Ready, too."""


class Rules:
    """Looks at each change of an object, and keeps what broke a rule."""

    def __init__(self, fleet: Fleet) -> None:
        """Take the nodes; all of them are where they are to be."""
        self.broken: list[str] = []
        self.tampered = False
        """Whether somebody has taken away a lease by hand."""
        self._fleet = fleet
        self._ways = {node: _Way() for node in NODES}

    def look_at(self, change: Change, before: Object | None, writer: Run | None, runs: list[Run]) -> None:
        """Look at one change, made by one of the runs, or by somebody else."""
        respecified = change.collection in RESOURCES and _spec(change.object) != _spec(before)
        name = change.object["metadata"]["name"]
        if writer is not None:
            if not writer.trusted:
                self._break(writer, f"revisions are not trusted, and it wrote {change.collection}")
            self._take_note(writer, change, before)
            if respecified:
                self._check(writer, name, before)
        if respecified:
            # Whoever changes a node by hand answers for it.
            self._ways[name] = _Way(settled=writer is None, arrived=writer is None)
            for other in runs:
                if other is not writer:
                    other.changed[name] = other.process.asked
        for node in NODES:
            self._follow(node)

    def _follow(self, node: str) -> None:
        resource, pods, way = self._fleet.of(node), self._fleet.pods(node), self._ways[node]
        wanted = resource["spec"]["deploymentRevision"] if resource else None
        revisions = [pod["metadata"]["labels"][REVISION] for pod in pods]
        if revisions == [wanted] and "deletionTimestamp" not in pods[0]["metadata"]:
            way.settled = True
            way.arrived = way.arrived or pods[0]["status"] == status("Running")

    def _take_note(self, run: Run, change: Change, before: Object | None) -> None:
        """Take note of a lease that was taken, and of what was put on record."""
        if change.collection == "leases" and not run.planned:
            run.planned = {node: _spec(self._fleet.of(node)) for node in NODES}
        if change.collection != "secrets" or "progress" not in change.object["data"]:
            return
        current = _kept(change.object, "progress")["current"]
        if current:
            run.turns.setdefault(current, run.process.asked)
        replaced = before is not None and before["data"]["record"] != change.object["data"]["record"]
        if replaced and _kept(before or {}, "progress")["state"] == "finished":
            self._break(run, "the record of a rollout that is finished was written over")

    def _check(self, run: Run, node: str, before: Object | None) -> None:
        """Check a node's apply against each rule."""
        if node not in run.applied:
            run.applied.append(node)
        self._check_in_flight(run, node)
        self._check_order(run)
        self._check_holder(run, node)
        turn, told, changed = run.turns.get(node), run.process.told_to_stop, run.changed.get(node)
        if turn is None:
            self._break(run, f"{node} was applied before that was on record")
            return
        if told is not None and told < turn:
            self._break(run, f"{node} was applied although its turn began after the stop")
        # Its turn begins with reading it: two requests before that is on record.
        if changed is not None and changed < turn - 2 and _spec(before) != run.planned[node]:
            self._break(run, f"{node} was applied although another had changed it since the plan was made")

    def _check_in_flight(self, run: Run, node: str) -> None:
        for other in NODES:
            way, resource = self._ways[other], self._fleet.of(other)
            wanted = declared(run.tags.get(other, ""), other)
            mended = resource is not None and resource["spec"]["deploymentRevision"] != wanted
            if other != node and not (way.arrived or (way.settled and mended)):
                self._break(run, f"{node} was applied while {other} was in flight")

    def _check_order(self, run: Run) -> None:
        order = [NODES.index(each) for each in run.applied]
        # What takes back a rollout goes the other way; what takes that back, forward again.
        if order != sorted(order) and not (run.undoes and order == sorted(order, reverse=True)):
            self._break(run, f"out of order: {run.applied}")

    def _check_holder(self, run: Run, node: str) -> None:
        lease = self._fleet.server.of("leases", LEASE)
        holder = lease["spec"].get("holderIdentity") if lease else None
        if holder != run.process.identity and not self.tampered:
            self._break(run, f"{node} was applied by one who does not hold the lease")

    def _break(self, run: Run, what: str) -> None:
        self.broken.append(f"{what}\n{' '.join(run.process.words)}\n{run.process.printed.getvalue()}")


def _kept(secret: Object, key: str) -> Object:
    found: Object = json.loads(base64.b64decode(secret["data"][key]))
    return found


def _spec(resource: Object | None) -> str:
    return encode(resource["spec"]) if resource and "spec" in resource else ""
