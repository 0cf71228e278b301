"""The rollout itself: one node after the other, each proved by its pods, until all are or somebody stops it."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kubectl_express.core.gate import Facts, Outcome, Wanted, judge
from kubectl_express.core.happenings import Happening, What
from kubectl_express.core.live_data import parameters
from kubectl_express.core.plan import Action, Plan, Step
from kubectl_express.core.values import Object, Value, at, text
from kubectl_express.errors import ExitStatus, ExpressError, ServerError
from kubectl_express.rollout.lease import LeaseLostError, LeaseUnsureError
from kubectl_express.rollout.writing import ConflictError
from kubectl_express.sources.listing import together
from kubectl_express.sources.unreachable import UnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kubectl_express.core.manifest import Manifest
    from kubectl_express.core.node import Pod
    from kubectl_express.core.settings import Settings
    from kubectl_express.rollout.announcer import Announcer
    from kubectl_express.rollout.applying import Applier
    from kubectl_express.rollout.inbox import Inbox
    from kubectl_express.rollout.journal import Journal
    from kubectl_express.rollout.lease import Lease
    from kubectl_express.rollout.observer import Observer
    from kubectl_express.rollout.smoke import SmokeTest
    from kubectl_express.rollout.stepping import Stepping
    from kubectl_express.rollout.wishes import Wishes

_RETRY = 1.0
"""Seconds until a write is tried again that the server did not answer."""


@dataclass(frozen=True, slots=True)
class Gating:
    """How long a node may take, and what else it has to pass."""

    timeout: float = 600.0
    """Seconds that each node may take."""
    min_ready: float = 0.0
    """Seconds that pods must have been Ready without a break."""
    fail_fast: bool = False
    """Whether the first reason that a pod will hardly get over by itself halts the rollout."""
    ignore_unhealthy: bool = False
    """Whether nodes outside the plan may be unhealthy."""
    smoke_test: SmokeTest | None = None
    """Run after each node's gate."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a rollout works with; all of one namespace."""

    settings: Settings
    observer: Observer
    applier: Applier
    lease: Lease
    journal: Journal
    announcer: Announcer
    inbox: Inbox
    wishes: Wishes
    stepping: Stepping
    report: Callable[[Happening], None]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a rollout ended, and which nodes remain; those that passed are on record."""

    status: ExitStatus
    message: str
    in_progress: tuple[str, ...]
    untouched: tuple[str, ...]


class _StoppedError(Exception):
    """Nothing more is to be applied: somebody asked for that."""


class _HaltedError(Exception):
    """Nothing more is to be applied: something is wrong."""


@dataclass(slots=True)
class Rollout:
    """One run of a plan. Everything in it happens in the thread that calls `run`."""

    plan: Plan
    parts: Parts
    gating: Gating
    awaited: tuple[Wanted, ...] = ()
    """Nodes that are on their way when it starts: they are gated before anything is applied."""
    settled: tuple[Wanted, ...] = ()
    """Nodes that are done when it starts, and must stay so."""
    outside: tuple[Wanted, ...] = ()
    """Nodes that are not healthy when it starts, and that the plan does not change."""
    clock: Callable[[], float] = time.monotonic
    _finished: dict[str, Wanted] = field(default_factory=dict)
    _updated: list[str] = field(default_factory=list)
    _current: str | None = None
    _told_to_stop: bool = False
    _unhealthy: set[str] = field(default_factory=set)

    def run(self) -> Ended:
        """Apply the plan; whatever ends it, what was applied is told, and recorded as far as that can still be done."""
        try:
            self._roll()
        except _StoppedError as stopped:
            return self._end(ExitStatus.STOPPED, What.STOPPED, str(stopped))
        except (_HaltedError, LeaseLostError) as halted:
            return self._end(ExitStatus.HALTED, What.HALTED, str(halted))
        except ExpressError as error:
            return self._end(ExitStatus.HALTED, What.HALTED, f"{error.prefix.removeprefix('error: ')}{error}")
        return self._end(ExitStatus.DONE, What.FINISHED, "")

    def _roll(self) -> None:
        self._finished = {wanted.node: wanted for wanted in self.settled}
        self._unhealthy = {wanted.node for wanted in self.outside}
        for wanted in self.awaited:
            self._await(wanted)
        for manifest in self.plan.objects:
            self._go_on()
            self._write(lambda manifest=manifest: self._apply_object(manifest))  # type: ignore[misc]
        for number, step in enumerate(self.plan.steps, 1):
            self._between(number, step)
            self._turn(step)
        for manifest in self.plan.deleted:
            self._go_on()
            self._write(lambda manifest=manifest: self._delete_object(manifest))  # type: ignore[misc]

    def _end(self, status: ExitStatus, what: What, message: str) -> Ended:
        names = [step.node for step in self.plan.steps]
        started = {*self._updated, self._current}
        ended = Ended(
            status,
            message,
            (self._current,) if self._current else (),
            tuple(name for name in names if name not in started),
        )
        try:
            self.parts.journal.close(what.value, self._current, message)
        except ExpressError as error:
            self._tell(What.WARNING, f"the record could not be closed: {error}")
        self._tell(what, message, node=self._current)
        return ended

    def _note(self, state: str, message: str) -> None:
        """Put on record that the rollout waits; where that cannot be done now, the next record says more anyway."""
        with suppress(ExpressError):
            self.parts.journal.note(state, message)

    # Before each node

    def _between(self, number: int, step: Step) -> None:
        """Wait until the next node may be applied."""
        self._go_on()
        stepping, wishes = self.parts.stepping, self.parts.wishes
        if number > 1 and self.plan.steps[number - 2].pause_after and not wishes.pause:
            wishes.pause = f"--pause-after {self.plan.steps[number - 2].node}"
        self._wait_while_paused(step)
        if stepping.on:
            wishes.resumed = None
            self._tell(What.ASKING, stepping.asking(number, len(self.plan.steps)), node=step.node)
            self._note("paused", "waits for an answer")
            stepping.ask(step, number, len(self.plan.steps))
            while not (stepping.granted or wishes.resumed):
                self._go_on()
                self.parts.inbox.hear()
            stepping.taken()
            wishes.resumed = None
            self._go_on()
        self._check_others(step)
        self._go_on()

    def _wait_while_paused(self, step: Step) -> None:
        wishes = self.parts.wishes
        if not wishes.pause:
            return
        how = "`kubectl express rollout resume` goes on"
        self._tell(What.PAUSED, f"paused by {wishes.pause} before {step.node}; {how}")
        self._note("paused", f"by {wishes.pause}")
        while wishes.pause:
            self._go_on()
            self.parts.inbox.hear()
        self._tell(What.RESUMED, f"resumed by {wishes.resumed}")
        wishes.resumed = None

    def _go_on(self) -> None:
        """Take in the news; raise where nothing more may be applied."""
        self.parts.inbox.catch_up()
        if self.parts.wishes.stop:
            raise _StoppedError(f"stopped by {self.parts.wishes.stop}")
        if self.parts.lease.state == "lost":
            raise _HaltedError("the lease is lost: another rollout may be at work")

    def _check_others(self, step: Step) -> None:
        """Raise where a finished node no longer passes; ask where one outside the plan has become unhealthy."""
        for node in self.parts.observer.take_changed():
            wanted = self._finished.get(node)
            if wanted is None:
                continue
            verdict = judge(wanted, self.parts.observer.node(node), self._revision_path)
            if verdict.outcome is Outcome.PASSED:
                self._unhealthy.discard(node)
            elif node in self._updated:
                raise _HaltedError(f"{node} is finished and no longer passes: {verdict.reason}")
            elif node not in self._unhealthy and not self.gating.ignore_unhealthy:
                self._unhealthy.add(node)
                self._ask_about(node, verdict.reason, step)

    def _ask_about(self, node: str, reason: str, step: Step) -> None:
        stepping = self.parts.stepping
        self._tell(What.WARNING, f"{node} is not part of this plan and has become unhealthy: {reason}")
        if not stepping.on_terminal:
            raise _HaltedError(
                f"{node} is not part of this plan and has become unhealthy: {reason}; mend it, or give "
                "--ignore-unhealthy"
            )
        stepping.ask_whether(f"Go on with {step.node} nevertheless? [y/N] ")
        while not stepping.granted:
            self._go_on()
            self.parts.inbox.hear()
        stepping.taken()

    # One node

    def _turn(self, step: Step) -> None:
        started = self.clock()
        deadline = started + self.gating.timeout
        if step.action is Action.DELETE:
            self._delete(step, deadline)
        else:
            self._await_applied(step, self._apply(step, deadline), deadline)
        self._tell(What.PASSED, _took(step, self.clock() - started), step=step, seconds=self.clock() - started)
        self._updated.append(step.node)
        self._current = None
        self.parts.journal.passed(step.node)

    def _await_applied(self, step: Step, wanted: Wanted, deadline: float) -> None:
        self._gate(wanted, deadline, step)
        if test := self.gating.smoke_test:
            self._tell(What.WAITING, "its pod is Ready, --after-node is under way", step=step)
            if fault := test.run(step.node, self.gating.timeout, self.parts.inbox.tell, self._hear):
                self._fail(step.node, fault)
        self._finished[step.node] = Wanted(step.node, wanted.revision, wanted.pods, uid=wanted.uid)

    def _apply(self, step: Step, deadline: float) -> Wanted:
        """Apply a node's resource; return what its pods have to be from now on."""
        observer, applier = self.parts.observer, self.parts.applier
        before: Mapping[str, Pod] = {}
        first: Object | None = None
        attempts = 0

        def attempt() -> Object:
            nonlocal before, first, attempts
            live: Object | None
            if attempts == 0:
                found = together(
                    [lambda: observer.pods_afresh(step.node), lambda: applier.live(step.manifest.object) or {}]
                )
                before, live = found[0], found[1] or None  # type: ignore[assignment]
                first = live
                self._check_unchanged(step, live)
                self.parts.journal.applying(step.node)
                self._current = step.node
            else:
                live = applier.live(step.manifest.object)
                if not self._is_applied(step, live):
                    self._check_unchanged(step, live)
            attempts += 1
            return applier.apply(step.manifest, live)

        try:
            answer = self._write(attempt, deadline)
        except ServerError:
            if attempts == 1:  # It was refused, and no earlier attempt may have been taken unheard.
                self._current = None
            raise
        changed = first is None or _generation(first) != _generation(answer)
        observer.refresh(step.node, answer)
        self._tell(What.APPLIED, _applied(step, changed=changed), step=step)
        number = self.plan.steps.index(step) + 1
        by = f"{self.parts.journal.title}, {number} of {len(self.plan.steps)}"
        self.parts.announcer.announce(answer, "RolloutStep", f"applied at revision {step.revision} ({by})")
        return Wanted(
            step.node,
            step.revision or "",
            self.parts.settings.pods.per_node,
            uid=text(at(answer, "/metadata/uid")),
            generation=_generation(answer) if self.parts.applier.served(step.manifest).has_status else None,
            changed=changed,
            before=before,
            min_ready=self.gating.min_ready,
        )

    def _check_unchanged(self, step: Step, live: Object | None) -> None:
        """Raise where the resource is no longer what the plan was made for: somebody else deploys, too."""
        if (step.live is None) != (live is None):
            raise _HaltedError(
                f"{step.node} was {'created' if live else 'deleted'} by somebody else since the plan was shown: "
                "look at `kubectl express diff`, and roll again"
            )
        if live is None or step.live is None:
            return
        if _said(step.live, self.parts.settings) != _said(live, self.parts.settings):
            raise _HaltedError(
                f"{step.node} was changed by somebody else since the plan was shown: look at `kubectl express diff`, "
                "and roll again"
            )

    def _is_applied(self, step: Step, live: Object | None) -> bool:
        return live is not None and text(at(live, self._revision_path)) == step.revision

    def _gate(self, wanted: Wanted, deadline: float, step: Step | None = None, *, repairs: bool = False) -> None:
        """Wait until a node passes. With `repairs`, until it no longer changes: the plan may be what mends it."""
        told = ""
        while True:
            facts = self.parts.observer.node(wanted.node)
            verdict = judge(wanted, facts, self._revision_path)
            if verdict.outcome is Outcome.PASSED or (repairs and not _is_updating(wanted, facts)):
                return
            if verdict.outcome is Outcome.FAILED or (verdict.ailing and self.gating.fail_fast):
                self._fail(wanted.node, verdict.reason)
            if verdict.reason != told:
                told = verdict.reason
                self._tell(What.WAITING, told, node=wanted.node, step=step, ailing=verdict.ailing)
            now = self.clock()
            if now >= deadline:
                self._fail(wanted.node, f"not there after {self.gating.timeout:g} s: {verdict.reason}")
            self._hear(min(deadline - now, deadline - now if verdict.again is None else verdict.again))
            if verdict.again is not None and self.clock() - now >= verdict.again:
                # A watch that broke off is quiet, too: what nothing was heard of is looked at.
                self.parts.observer.refresh(wanted.node)

    def _hear(self, seconds: float) -> None:
        """Wait for news: a first stop sees the node in progress through, where there is one, and a second leaves it."""
        self.parts.inbox.hear(seconds)
        if self._current is None:
            self._go_on()
        wishes = self.parts.wishes
        if wishes.leave:
            raise _StoppedError(f"stopped by {wishes.stop}; Ctrl-C left {self._current} in progress")
        if wishes.stop and not self._told_to_stop:
            self._told_to_stop = True
            what = f"{self._current} is seen through, no other is touched"
            self._tell(What.STOPPING, f"stopping, by {wishes.stop}: {what}; Ctrl-C leaves it too")
            self._note("stopping", f"by {wishes.stop}")
        if self.parts.lease.state == "lost":
            raise _HaltedError("the lease is lost: another rollout may be at work; nothing more is applied")

    def _fail(self, node: str, reason: str) -> None:
        resource = self.parts.observer.resource(node)
        if resource is not None:
            self.parts.announcer.announce(resource, "RolloutHalted", reason, warning=True)
        raise _HaltedError(f"{node}: {reason}")

    def _await(self, wanted: Wanted) -> None:
        """Wait for a node that was on its way before this rollout; one that the plan repairs need not get there."""
        repairs = any(step.node == wanted.node for step in self.plan.steps)
        self._current = None if repairs else wanted.node
        self._gate(wanted, self.clock() + self.gating.timeout, repairs=repairs)
        self._current = None
        if not repairs:
            self._finished[wanted.node] = Wanted(wanted.node, wanted.revision, wanted.pods, uid=wanted.uid)
            self.parts.journal.arrived(wanted.node)
            self._tell(What.PASSED, "it was on its way, and is there", node=wanted.node)
        self._go_on()

    def _delete(self, step: Step, deadline: float) -> None:
        """Delete a node's resource and wait until its pods are gone with it."""
        observer = self.parts.observer

        def attempt() -> None:
            live = self.parts.applier.live(step.manifest.object)
            self._current = step.node
            self.parts.journal.applying(step.node)
            if live is not None:
                self._check_unchanged(step, live)
                self.parts.applier.delete(live)

        self._write(attempt, deadline)
        self._tell(What.DELETED, "deleted", step=step)
        observer.refresh(step.node, self._write(lambda: self.parts.applier.live(step.manifest.object), deadline))
        told = ""
        while True:
            facts = observer.node(step.node)
            if facts.resource is None and not facts.pods:
                return
            what = f"pod {facts.pods[0].name} is still there" if facts.pods else "its resource is still there"
            if what != told:
                told = what
                self._tell(What.WAITING, what, step=step)
            if self.clock() >= deadline:
                self._fail(step.node, f"not gone after {self.gating.timeout:g} s: {what}")
            self._hear(deadline - self.clock())

    # What is no node

    def _apply_object(self, manifest: Manifest) -> None:
        live = self.parts.applier.live(manifest.object)
        answer = self.parts.applier.apply(manifest, live)
        same = live is not None and _version(live) == _version(answer)
        outcome = "unchanged" if same else "configured" if live else "created"
        self._tell(What.OBJECT, f"{manifest.kind}/{manifest.name} {outcome}")

    def _delete_object(self, manifest: Manifest) -> None:
        live = self.parts.applier.live(manifest.object)
        if live is not None:
            self.parts.applier.delete(live)
        self._tell(What.OBJECT, f"{manifest.kind}/{manifest.name} deleted")

    def _write(self, write: Callable[[], Object | None], deadline: float | None = None) -> Object:
        """Write, again where the server did not answer or where it is not sure who holds the lease, until it is.

        What is written brings about a state, so that doing it twice is the same as once.
        """
        until = deadline or self.clock() + self.gating.timeout
        while True:
            try:
                return write() or {}
            except (UnreachableError, LeaseUnsureError) as error:
                why: ExpressError = error
            except ConflictError:
                raise
            except ServerError as error:
                if error.status not in {409, 429} and error.status < 500:
                    raise
                why = error
            if self.clock() >= until:
                raise _HaltedError(f"not done within {self.gating.timeout:g} s: {why}")
            self._tell(What.WAITING, f"to be tried again: {why}", node=self._current)
            self._hear(_RETRY)

    @property
    def _revision_path(self) -> str:
        return self.parts.settings.resources.revision_path

    def _tell(
        self,
        what: What,
        message: str,
        *,
        node: str | None = None,
        step: Step | None = None,
        seconds: float | None = None,
        ailing: bool = False,
    ) -> None:
        self.parts.report(
            Happening(what, message, step.node if step else node, step.revision if step else None, seconds, ailing)
        )


def _is_updating(wanted: Wanted, facts: Facts) -> bool:
    """Whether the operator has yet to replace a pod."""
    return any(pod.terminating or pod.revision != wanted.revision for pod in facts.pods if not pod.finished)


def _said(resource: Object, settings: Settings) -> tuple[Value, ...]:
    """Return what makes a resource the one that a plan was made for."""
    paths = settings.resources
    return (
        at(resource, "/metadata/uid"),
        at(resource, paths.revision_path),
        parameters(resource, paths.data_path, paths.revision_path),
    )


def _generation(resource: Object) -> int | None:
    found = at(resource, "/metadata/generation")
    return found if isinstance(found, int) else None


def _version(manifest: Object) -> Value:
    return at(manifest, "/metadata/resourceVersion")


def _applied(step: Step, *, changed: bool) -> str:
    if step.live is None:
        return f"created at revision {step.revision}"
    return f"applied at revision {step.revision}" if changed else f"applied, its revision stays {step.revision}"


def _took(step: Step, seconds: float) -> str:
    if step.action is Action.DELETE:
        return f"gone, after {seconds:.1f} s"
    return f"its pod is Ready at {step.revision}, after {seconds:.1f} s"
