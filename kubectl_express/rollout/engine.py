"""The rollout itself: one node after the other, each proved by its pods, until all are or somebody stops it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from kubectl_express.core.happenings import What
from kubectl_express.core.values import Object, Value, at
from kubectl_express.errors import ExitStatus, ExpressError
from kubectl_express.rollout.between import Between
from kubectl_express.rollout.lease_errors import LeaseLostError
from kubectl_express.rollout.session import RETRY, HaltedError, Session, StoppedError, passes
from kubectl_express.rollout.turn import await_arrival, settled, take_turn

if TYPE_CHECKING:
    from kubectl_express.core.gate import Wanted
    from kubectl_express.core.manifest import Manifest
    from kubectl_express.core.plan import Plan

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
    _passed: set[str] = field(default_factory=set)
    """The nodes that have passed the gate, in this run and in those that it goes on with."""

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
        self._passed.update(session.parts.journal.finished)
        between = Between(
            self.plan,
            session,
            self._passed,
            unhealthy={wanted.node for wanted in self.outside},
            unseen={wanted.node for wanted in self.at_rest},
        )
        for wanted in self.awaited:
            self._await(wanted)
        for manifest in self.plan.objects:
            session.go_on()
            session.send(partial(self._apply_object, manifest))
        for number, step in enumerate(self.plan.steps, 1):
            between.before(number, step)
            take_turn(session, step, f"{number} of {len(self.plan.steps)}")
            self._passed.add(step.node)
        between.after_all()
        for manifest in self.plan.deleted:
            session.go_on()
            session.send(partial(self._delete_object, manifest))

    def _end(self, status: ExitStatus, what: What, message: str, words: str = "") -> Ended:
        current = self.session.current
        started = {*self._passed, current}
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

    # Before the first node

    def _await(self, wanted: Wanted) -> None:
        """Wait for a node that was on its way before this rollout; one that the plan repairs need not get there."""
        session = self.session
        repairs = any(step.node == wanted.node for step in self.plan.steps)
        session.current = None if repairs else wanted.node
        await_arrival(session, wanted, session.clock() + session.gating.timeout, repairs=repairs)
        session.current = None
        if not repairs:
            session.finished[wanted.node] = settled(wanted)
            self._passed.add(wanted.node)
            session.parts.journal.arrived(wanted.node)
            session.tell(What.PASSED, "it was on its way, and is there", node=wanted.node)
        session.go_on()

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
