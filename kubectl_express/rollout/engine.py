"""The rollout itself: one node after the other, each proved by its pods, until all are or somebody stops it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from kubectl_express.core.gate import Outcome, Wanted, judge
from kubectl_express.core.happenings import What
from kubectl_express.core.values import Object, Value, at
from kubectl_express.errors import ExitStatus, ExpressError
from kubectl_express.rollout.lease_errors import LeaseLostError
from kubectl_express.rollout.session import RETRY, HaltedError, Session, StoppedError, passes
from kubectl_express.rollout.turn import await_arrival, settled, take_turn

if TYPE_CHECKING:
    from kubectl_express.core.manifest import Manifest
    from kubectl_express.core.plan import Plan, Step

_CLOSING = 3.0
"""Seconds in which the end is tried to be put on record."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a rollout ended, and which nodes remain; those that passed are on record."""

    status: ExitStatus
    message: str
    in_progress: tuple[str, ...]
    untouched: tuple[str, ...]


@dataclass(slots=True)
class Rollout:
    """One run of a plan."""

    plan: Plan
    session: Session
    awaited: tuple[Wanted, ...] = ()
    """Nodes that are on their way when it starts: they are gated before anything is applied."""
    at_rest: tuple[Wanted, ...] = ()
    """Nodes that the plan does not change and that are not on their way."""
    outside: tuple[Wanted, ...] = ()
    """Those of them that are not healthy when it starts."""
    _updated: list[str] = field(default_factory=list)
    _unhealthy: set[str] = field(default_factory=set)

    def run(self) -> Ended:
        """Apply the plan; whatever ends it, what was applied is told, and recorded as far as that can still be done."""
        try:
            self._roll()
        except StoppedError as stopped:
            return self._end(ExitStatus.STOPPED, What.STOPPED, str(stopped))
        except HaltedError as halted:
            return self._end(ExitStatus.HALTED, What.HALTED, str(halted), halted.words)
        except LeaseLostError as lost:
            return self._end(ExitStatus.HALTED, What.HALTED, str(lost))
        except ExpressError as error:
            return self._end(ExitStatus.HALTED, What.HALTED, f"{error.prefix.removeprefix('error: ')}{error}")
        return self._end(ExitStatus.DONE, What.FINISHED, "")

    def _roll(self) -> None:
        session = self.session
        session.finished.update({wanted.node: wanted for wanted in self.at_rest})
        self._unhealthy.update(wanted.node for wanted in self.outside)
        for wanted in self.awaited:
            self._await(wanted)
        for manifest in self.plan.objects:
            session.go_on()
            session.send(partial(self._apply_object, manifest))
        for number, step in enumerate(self.plan.steps, 1):
            self._between(number, step)
            take_turn(session, step, f"{number} of {len(self.plan.steps)}")
            self._updated.append(step.node)
        for manifest in self.plan.deleted:
            session.go_on()
            session.send(partial(self._delete_object, manifest))

    def _end(self, status: ExitStatus, what: What, message: str, words: str = "") -> Ended:
        current = self.session.current
        started = {*self._updated, current}
        untouched = tuple(step.node for step in self.plan.steps if step.node not in started)
        self._close(what, current, message)
        self.session.tell(what, f"{message}: {words}" if words else message, node=current)
        return Ended(status, message, (current,) if current else (), untouched)

    def _close(self, what: What, current: str | None, message: str) -> None:
        """Put the end on record, again where the server does not take it: for a while, since the end is not to hang."""
        session = self.session
        until = session.clock() + _CLOSING
        told = False
        while True:
            try:
                session.parts.journal.close(what.value, current, message)
            except ExpressError as error:
                if not passes(error) or session.clock() >= until:
                    session.tell(What.WARNING, f"the record could not be closed: {error}")
                    return
                if not told:
                    session.tell(What.WARNING, f"the record is not closed yet, to be tried again: {error}")
                told = True
                self._pass_over_news(session.clock() + RETRY)
            else:
                return

    def _pass_over_news(self, until: float) -> None:
        """Wait; whatever is heard, be it of a watch that broke off, changes nothing any more."""
        session = self.session
        while (left := until - session.clock()) > 0:
            with suppress(Exception):
                session.parts.inbox.hear(left)

    # Before each node

    def _await(self, wanted: Wanted) -> None:
        """Wait for a node that was on its way before this rollout; one that the plan repairs need not get there."""
        session = self.session
        repairs = any(step.node == wanted.node for step in self.plan.steps)
        session.current = None if repairs else wanted.node
        await_arrival(session, wanted, session.clock() + session.gating.timeout, repairs=repairs)
        session.current = None
        if not repairs:
            session.finished[wanted.node] = settled(wanted)
            session.parts.journal.arrived(wanted.node)
            session.tell(What.PASSED, "it was on its way, and is there", node=wanted.node)
        session.go_on()

    def _between(self, number: int, step: Step) -> None:
        """Wait until the next node may be applied."""
        session = self.session
        session.go_on()
        wishes = session.parts.wishes
        if number > 1 and self.plan.steps[number - 2].pause_after and not wishes.pause:
            wishes.pause = f"--pause-after {self.plan.steps[number - 2].node}"
        self._wait_while_paused(step)
        if session.parts.stepping.on:
            self._ask(number, step)
        self._check_others(step)
        session.go_on()

    def _wait_while_paused(self, step: Step) -> None:
        session, wishes = self.session, self.session.parts.wishes
        if not wishes.pause:
            return
        how = "`kubectl express rollout resume` goes on"
        session.tell(What.PAUSED, f"paused by {wishes.pause} before {step.node}; {how}")
        session.note("paused", f"by {wishes.pause}")
        while wishes.pause:
            session.go_on()
            session.parts.inbox.hear()
        session.tell(What.RESUMED, f"resumed by {wishes.resumed}")
        wishes.resumed = None

    def _ask(self, number: int, step: Step) -> None:
        session, total = self.session, len(self.plan.steps)
        stepping, wishes = session.parts.stepping, session.parts.wishes
        wishes.resumed = None
        session.tell(What.ASKING, stepping.asking(number, total), node=step.node)
        session.note("paused", "waits for an answer")
        stepping.ask(step, number, total)
        while not (stepping.granted or wishes.resumed):
            session.go_on()
            session.parts.inbox.hear()
        stepping.taken()
        wishes.resumed = None
        session.go_on()

    def _check_others(self, step: Step) -> None:
        """Raise where a finished node no longer passes; ask where one outside the plan has become unhealthy."""
        session = self.session
        for node in sorted(session.parts.observer.take_changed()):
            wanted = session.finished.get(node)
            if wanted is None:
                continue
            verdict = judge(wanted, session.parts.observer.node(node), session.revision_path)
            if verdict.outcome is Outcome.PASSED:
                self._unhealthy.discard(node)
            elif node in self._updated:
                raise HaltedError(f"{node} is finished and no longer passes: {verdict.reason}")
            elif node not in self._unhealthy and not session.gating.ignore_unhealthy:
                self._unhealthy.add(node)
                self._ask_about(node, verdict.reason, step)

    def _ask_about(self, node: str, reason: str, step: Step) -> None:
        session = self.session
        stepping = session.parts.stepping
        fault = f"{node} is not part of this plan and has become unhealthy: {reason}"
        session.tell(What.WARNING, fault)
        if not stepping.on_terminal:
            raise HaltedError(f"{fault}; mend it, or give --ignore-unhealthy")
        stepping.ask_whether(f"Go on with {step.node} nevertheless? [y/N] ")
        while not stepping.granted:
            session.go_on()
            session.parts.inbox.hear()
        stepping.taken()

    # What is no node

    def _apply_object(self, manifest: Manifest) -> None:
        applier = self.session.parts.applier
        live = applier.live(manifest.object)
        answer = applier.apply(manifest, live)
        same = live is not None and _version(live) == _version(answer)
        outcome = "unchanged" if same else "configured" if live else "created"
        self.session.tell(What.OBJECT, f"{manifest.kind}/{manifest.name} {outcome}")

    def _delete_object(self, manifest: Manifest) -> None:
        applier = self.session.parts.applier
        live = applier.live(manifest.object)
        if live is not None:
            applier.delete(live)
        self.session.tell(What.OBJECT, f"{manifest.kind}/{manifest.name} deleted")


def _version(manifest: Object) -> Value:
    return at(manifest, "/metadata/resourceVersion")
