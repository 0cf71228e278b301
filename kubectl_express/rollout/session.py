"""What every part of a rollout shares: how it tells, hears, writes and gives up, and which node is in progress."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kubectl_express.core.gate import PATIENCE
from kubectl_express.core.happenings import Happening, What
from kubectl_express.errors import ExpressError, ServerError
from kubectl_express.rollout.lease_errors import LeaseLostError, LeaseUnsureError
from kubectl_express.rollout.writing import ConflictError
from kubectl_express.sources.credentials import CredentialsError
from kubectl_express.sources.unreachable import UnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from kubectl_express.core.gate import Wanted
    from kubectl_express.core.plan import Step
    from kubectl_express.core.settings import Settings
    from kubectl_express.core.values import Object
    from kubectl_express.rollout.announcer import Announcer
    from kubectl_express.rollout.applying import Applier
    from kubectl_express.rollout.inbox import Inbox
    from kubectl_express.rollout.journal import Journal
    from kubectl_express.rollout.lease import Lease
    from kubectl_express.rollout.observer import Observer
    from kubectl_express.rollout.smoke import SmokeTest
    from kubectl_express.rollout.stepping import Stepping
    from kubectl_express.rollout.wishes import Wishes

RETRY = 1.0
"""Seconds until something is sent again that the server did not answer."""
PUT_OFF = 2.0
"""Seconds that a request may be waited for without a word or an ear, where the server puts it off."""
SILENCE = 30.0
"""Seconds after which a node is looked at of which no watch tells anything: what is between may keep that to itself."""


def passes(error: ExpressError) -> bool:
    """Return whether another try may succeed: the server did not answer, or put it off, or a login failed.

    The server has been spoken to before, so that a login once succeeded.
    """
    if isinstance(error, ConflictError):
        return False
    if isinstance(error, ServerError):
        return error.status in {409, 429} or error.status >= 500
    return isinstance(error, (UnreachableError, CredentialsError, LeaseUnsureError))


def asked_to_wait(error: ExpressError) -> float:
    """Return the seconds that the server asks for before another try; 0 where it does not."""
    return error.retry_after if isinstance(error, ServerError) else 0.0


class StoppedError(Exception):
    """Nothing more is to be applied: somebody asked for that."""


class HaltedError(Exception):
    """Nothing more is to be applied: something is wrong. `words` are for this screen alone, not to be kept."""

    def __init__(self, message: str, words: str = "") -> None:
        super().__init__(message)
        self.words = words


@dataclass(frozen=True, slots=True)
class Gating:
    """How long a node may take, and what else it has to pass."""

    timeout: float = PATIENCE
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


@dataclass(slots=True)
class Session:
    """One run of one rollout. All of it happens in the thread that runs it."""

    parts: Parts
    gating: Gating
    clock: Callable[[], float] = time.monotonic
    current: str | None = None
    """The node in progress: from before its apply until it passed."""
    finished: dict[str, Wanted] = field(default_factory=dict)
    """What nodes that are done are to stay like, by their names."""
    _told_to_stop: bool = False
    _told_unsure: bool = False
    _trying: tuple[str | None, str] = (None, "")
    """What was last said to be tried again: of which node, and why."""

    @property
    def revision_path(self) -> str:
        """Where resources declare their revision."""
        return self.parts.settings.resources.revision_path

    def tell(
        self,
        what: What,
        message: str,
        *,
        node: str | None = None,
        step: Step | None = None,
        seconds: float | None = None,
        ailing: bool = False,
    ) -> None:
        """Tell of something that happened, to a step's node, to another one, or to none."""
        revision = step.revision if step else None
        self.parts.report(Happening(what, message, step.node if step else node, revision, seconds, ailing))

    def note(self, state: str, message: str) -> None:
        """Put on record that the rollout waits; where that cannot be done now, the next record says more anyway."""
        with suppress(ExpressError):
            self.parts.journal.note(state, message)

    def go_on(self) -> None:
        """Take in the news; raise where nothing more may be applied."""
        self.parts.inbox.catch_up()
        if self.parts.wishes.stop:
            raise StoppedError(f"stopped by {self.parts.wishes.stop}")
        self._check_lease()

    def wait_until(self, done: Callable[[], bool]) -> None:
        """Take in the news until `done`, before the next node; raise where nothing more may be applied."""
        self.go_on()
        while not done():
            self.parts.inbox.hear()
            self.go_on()

    def hear(self, seconds: float) -> None:
        """Wait for news: a first stop sees the node in progress through, where there is one, and a second leaves it."""
        self.parts.inbox.hear(seconds)
        if self.current is None:
            self.go_on()
        wishes = self.parts.wishes
        if wishes.leave:
            raise StoppedError(f"stopped by {wishes.stop}; Ctrl-C left {self.current} in progress")
        if wishes.stop and not self._told_to_stop:
            self._told_to_stop = True
            what = f"{self.current} is seen through, no other is touched"
            self.tell(What.STOPPING, f"stopping, by {wishes.stop}: {what}; Ctrl-C now leaves it on its way")
            self.note("stopping", f"by {wishes.stop}")
        self._check_lease()

    def _check_lease(self) -> None:
        """Raise where the lease is lost; say so, once, where it is not sure any more, and where it is again."""
        try:
            self.parts.lease.within()
        except LeaseLostError:
            raise HaltedError(f"the lease is lost: {self.parts.lease.lost}; nothing more is applied") from None
        except LeaseUnsureError as unsure:
            if not self._told_unsure:
                self.tell(What.WARNING, f"{unsure}; until it is, nothing more is applied")
            self._told_unsure = True
            return
        if self._told_unsure:
            self.tell(What.WARNING, "the lease is renewed again: it goes on")
        self._told_unsure = False

    def fail(self, node: str, reason: str, words: str = "") -> None:
        """Halt for a node's sake, and leave an Event that says so, without some program's own words."""
        resource = self.parts.observer.resource(node)
        if resource is not None:
            self.parts.announcer.announce(resource, "RolloutHalted", reason, warning=True)
        raise HaltedError(f"{node}: {reason}", words)

    def send(self, send: Callable[[], Object | None], deadline: float | None = None) -> Object:
        """Send something, again where the server did not answer or while it is not sure who holds the lease.

        What is written brings about a state, so that doing it twice is the same as once. Raises HaltedError where it
        is not done by the deadline, and what the server refuses for good.
        """
        until = deadline or self.clock() + self.gating.timeout
        while True:
            try:
                return send() or {}
            except ExpressError as error:
                if not passes(error):
                    raise
                why = error
            if self.clock() >= until:
                raise HaltedError(f"not done within {self.gating.timeout:g} s: {why}")
            if not isinstance(why, LeaseUnsureError) and self._trying != (trying := (self.current, str(why))):
                self._trying = trying
                when = f" in {asked_to_wait(why):g} s" if asked_to_wait(why) > RETRY else ""
                self.tell(What.WAITING, f"to be tried again{when}: {why}", node=self.current)
            again = min(self.clock() + asked_to_wait(why), until)
            self.hear(RETRY)
            while self.clock() < again:
                self.hear(again - self.clock())

    def look(self, node: str, resource: Object | None = None, deadline: float | None = None) -> None:
        """Look at a node afresh, whatever the watches have told; its resource is as an apply has answered."""

        def refresh() -> None:
            self.parts.observer.refresh(node, resource)

        self.send(refresh, deadline)
