"""`wait`: the rollout's own gate as a command, for scripts and hooks."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from kubectl_express.commands.reading import named_nodes, nowhere, place, tell
from kubectl_express.core.gate import Facts, Outcome, Verdict, Wanted, judge
from kubectl_express.core.manifests import find_parts
from kubectl_express.core.node import FaultKind
from kubectl_express.core.values import at
from kubectl_express.errors import ExitStatus, ExpressError
from kubectl_express.output.views.wait import Arrival, wait_view
from kubectl_express.rollout.inbox import Inbox
from kubectl_express.rollout.observer import Observer
from kubectl_express.rollout.session import PUT_OFF, RETRY, SILENCE, asked_to_wait, passes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kubectl_express.core.node import Node, Side
    from kubectl_express.core.settings import Settings
    from kubectl_express.output.printer import Printer
    from kubectl_express.sources.scope import Scope


def wait(
    scope: Scope, printer: Printer, *, names: tuple[str, ...], revision: str | None, timeout: float, min_ready: float
) -> ExitStatus:
    """Wait until all the nodes named pass the gate at once, at a revision or at the one stored of each.

    Exit 5 where they do not within so many seconds. Raises ExpressError where a node is unknown, or has not just one
    stored revision.
    """
    system = scope.system()
    with printer.alive():
        snapshot = scope.snapshot(system)
        side = scope.live_side(snapshot)
    names = named_nodes(scope, [side], names, nowhere(scope, [system]))
    nodes = [side.nodes[name] for name in dict.fromkeys(names)]
    asked = {node.name: revision or _stored(node, side, scope.settings) for node in nodes}
    tell(printer, place(system), side, scope.settings)
    pods = scope.settings.pods.per_node
    inbox = Inbox()
    observer = Observer(scope.cluster, snapshot, scope.settings, inbox.tell)
    watched = [
        _Watched(Wanted(node.name, asked[node.name], pods, min_ready=min_ready), node, scope, observer)
        for node in nodes
    ]
    observer.start()
    scope.cluster.patience = PUT_OFF
    try:
        with printer.alive(), scope.environment.doing("waiting for", ", ".join(each.name for each in watched)):
            arrived = _await(watched, printer, inbox, time.monotonic() + timeout)
    finally:
        observer.close()
    printer.show(wait_view(place(system), [each.arrival() for each in watched], scope.settings))
    if arrived:
        return ExitStatus.DONE
    late = ", ".join(each.name for each in watched if not each.passed)
    printer.remark(f"error: timed out after {timeout:g} s waiting for {late}")
    return ExitStatus.HALTED


def _stored(node: Node, side: Side, settings: Settings) -> str:
    """Return a node's stored revision. Raises ExpressError where there is none, or more than one."""
    twice = any(fault.kind is FaultKind.DUPLICATE for fault in node.faults)
    entries = find_parts(side.manifests, settings).entries[node.name] if twice else ()
    stored = {each.revision_place.object: each.stored for each in entries}
    if len(set(stored.values())) > 1:
        listed = ", ".join(f"{revision or 'none'} in {place}" for place, revision in stored.items())
        raise ExpressError(
            f"node {node.name} has several stored revisions, {listed}: delete the ConfigMap that the chart no longer "
            "renders, or say with --revision which one to wait for"
        )
    if node.stored is None:
        raise ExpressError(f"node {node.name} has no stored revision: say with --revision which one to wait for")
    return node.stored


def _await(watched: Sequence[_Watched], printer: Printer, inbox: Inbox, deadline: float) -> bool:
    """Return whether all passed before the deadline; say on stderr what each waits for, whenever that changes."""
    while True:
        for each in watched:
            if reason := each.look():
                printer.remark(f"{each.name}: {reason}")
        if all(each.passed for each in watched):
            return True
        left = deadline - time.monotonic()
        if left <= 0:
            return False
        inbox.hear(min([left, *(each.again for each in watched)]))


class _Watched:
    """One node that is waited for."""

    def __init__(self, wanted: Wanted, node: Node, scope: Scope, observer: Observer) -> None:
        self.name = node.name
        self._wanted = wanted
        self._kind = node.kind
        self._path = scope.settings.resources.revision_path
        self._observer = observer
        self._began = time.monotonic()
        self._verdict = Verdict(Outcome.WAITING, "")
        self._looked = self._passed_at = self._began
        self._due = self._began + SILENCE
        self._not_before = self._began
        self._told = ""
        self._applied: object = None

    @property
    def passed(self) -> bool:
        """Whether it passed when it was last looked at."""
        return self._verdict.outcome is Outcome.PASSED

    @property
    def again(self) -> float:
        """In how many seconds to look again though nothing changes."""
        return max(self._due, self._not_before) - time.monotonic()

    def look(self) -> str | None:
        """Judge the node anew; return what it waits for where that is news.

        What only time has changed is believed when it was read afresh, and a node is read afresh every now and then: a
        watch that is broken off, or that tells nothing, is quiet too.
        """
        due = time.monotonic() >= self._due
        if due and self.again > 0:
            return None
        try:
            facts = self._observer.refresh(self.name) if due else self._observer.node(self.name)
        except ExpressError as error:
            if not passes(error):
                raise
            # The watches try again, too; they know when to give up.
            self._not_before = time.monotonic() + max(RETRY, asked_to_wait(error))
            return None
        before, now = self.passed, time.monotonic()
        self._looked = now if due else self._looked
        self._begin_anew(facts)
        self._verdict = judge(self._wanted, facts, self._path)
        self._due = min(self._looked + SILENCE, now + (SILENCE if self._verdict.again is None else self._verdict.again))
        if self.passed:
            self._told = ""
            self._wanted = replace(self._wanted, settled=True)
            self._passed_at = self._passed_at if before else now
            return None
        if self._verdict.reason == self._told:
            return None
        self._told = self._verdict.reason
        return self._told

    def _begin_anew(self, facts: Facts) -> None:
        """Where the resource was applied, now or just before: pods that are there already prove nothing by that."""
        applied = [at(facts.resource, f"/metadata/{name}") for name in ("uid", "generation")]
        if applied != self._applied:
            self._applied = applied
            self._wanted = replace(self._wanted, settled=False, before={pod.uid: pod for pod in facts.pods})

    def arrival(self) -> Arrival:
        """Return how it ended."""
        seconds = self._passed_at - self._began if self.passed else None
        return Arrival(self.name, self._kind, self._wanted.revision, self._verdict, seconds)
