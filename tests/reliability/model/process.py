"""The program as a process of the model: run by a thread that stops before each request and wherever it waits.

It is the program's own command line, from flags to exit code. In the place of real ones it has a clock, a connection,
threads that others run, and an inbox whose waiting is the model's.
"""

from __future__ import annotations

import io
import math
import threading
from functools import partial
from typing import TYPE_CHECKING, Any

from kubectl_express import cli
from kubectl_express.core import lease as leases
from kubectl_express.environment import Environment
from kubectl_express.errors import ServerError
from kubectl_express.rollout.lease import Lease
from kubectl_express.rollout.lease_object import LeaseWatch
from kubectl_express.sources.following import Follower
from kubectl_express.sources.unreachable import UnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from kubectl_express.rollout.inbox import Inbox
    from kubectl_express.rollout.wishes import Wishes
    from tests.reliability.model.server import Change, Server
    from tests.testbed.api import Object

LATE = 5.0
"""Seconds for which the program waits for an answer beyond what it gives the server."""


class KilledError(BaseException):
    """The process is no more; nothing of it may reach the server."""


class Process:
    """One run of the program against a Server, on one machine."""

    def __init__(self, server: Server, clock: Clock, folder: Path, words: Sequence[str]) -> None:
        """Take the words of its command line. It has not begun."""
        self.words = tuple(words)
        self.code: int | None = None
        self.printed = io.StringIO()
        self.killed = False
        self.waits_until: float | None = None
        """Until when it waits for news, at most; None where it does not wait."""
        self.fates: list[str] = []
        """What happens to its next requests; each is `lost`, `unheard` or `refused`, or is as it should be."""
        self.asked = 0
        """How many requests it has made; one that it is about to send counts."""
        self.told_to_stop: int | None = None
        """How many it had made when it first heard that it is to stop: by a signal, or from its lease."""
        self.lease: Lease | None = None
        self.wishes: Wishes | None = None
        self.inbox: Inbox | None = None
        self._server = server
        self._clock = clock
        self._heard: dict[str, tuple[int, Callable[[Change], object]]] = {}
        self._once: dict[str, Object] = {}
        environment = Environment(io.StringIO(), self.printed, self.printed, _variables(folder), folder)
        # Locks that one thread takes and the other one gives: of what Python has, the quickest to wait for.
        self._go, self._gone = threading.Lock(), threading.Lock()
        self._go.acquire()
        self._gone.acquire()
        self._thread = threading.Thread(target=self._run, args=(environment,), daemon=True)
        self._thread.process = self  # type: ignore[attr-defined]
        self._thread.start()

    @property
    def ended(self) -> bool:
        """Whether it is no more."""
        return self.code is not None or self.killed

    @property
    def identity(self) -> str:
        """What it calls itself as the holder of the lease."""
        return self.lease.holder.identity if self.lease else ""

    # What the model does with it

    def step(self) -> None:
        """Let it go on to its next request, or until it waits."""
        if not self.ended:
            self._resume()

    def kill(self) -> None:
        """End it where it is."""
        if not self.ended:
            self.killed = True
            self._resume()

    def waits_to_renew(self, every: float) -> bool:
        """Return whether it has a lease that its thread is to renew so often, and the time has come."""
        tried = self.lease._tried if self.lease else math.inf
        return not self.ended and self._clock.now - tried >= every

    def renew(self, *, reached: bool) -> None:
        """Have its thread renew the lease; the server may be out of its reach."""
        fates, self.fates = self.fates, [] if reached else ["lost"] * 9
        if self.lease is not None:
            self.lease.renew()
        self.fates = fates

    def hear(self) -> None:
        """Have it hear of all that has changed since it last heard."""
        for collection, (position, tell) in list(self._heard.items()):
            self._heard[collection] = (len(self._server.changes), tell)
            for change in self._server.changes[position:]:
                if change.collection == collection and not self.ended:
                    tell(change)

    def interrupt(self, by: str) -> None:
        """Send it a signal."""
        if self.inbox is not None and self.wishes is not None and not self.ended:
            self._told_to_stop()
            self.inbox.tell(partial(self.wishes.interrupt, by))

    def _told_to_stop(self) -> None:
        if self.told_to_stop is None:
            self.told_to_stop = self.asked

    def _sees_lease(self, lease: Object | None) -> None:
        """Take note of a stop that a lease asks for, by whatever way it has come to see that."""
        asked = leases.read_request(lease, self.lease.holder) if lease and self.lease else None
        if asked is not None and asked.action == "stop":
            self._told_to_stop()

    def _resume(self) -> None:
        self._go.release()
        self._gone.acquire()

    # What it does itself, in its own thread

    def _run(self, environment: Environment) -> None:
        self._go.acquire()
        try:
            if not self.killed:
                self.code = cli.main(self.words, environment)
        except KilledError:
            pass
        finally:
            self._gone.release()

    def pause(self) -> None:
        """Stop here until the model lets it go on."""
        if self.killed:
            raise KilledError
        self._gone.release()
        self._go.acquire()
        if self.killed:
            raise KilledError

    def exchange(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        body: bytes | None,
        content_type: str,
        within: float | None,
    ) -> Object:
        """Send a request; what its other threads send is not stopped at."""
        if self.killed:
            raise KilledError
        deadline = self._clock.now + within if within is not None else None
        own = threading.current_thread() is self._thread
        if own:
            self.asked += 1
            self.waits_until = None
            self.pause()
        if deadline is not None and self._clock.now > deadline:
            raise UnreachableError("the server did not answer in time")
        fate = self.fates.pop(0) if self.fates else ""
        if fate == "lost":
            raise UnreachableError("the connection to the server broke off")
        if fate == "refused":
            raise ServerError("ServiceUnavailable", "the server is currently unable to handle the request", 503)
        answer = self._server.answer(method, path, query, body, content_type)
        if fate == "unheard":
            raise UnreachableError("the connection to the server broke off")
        if path.endswith(f"/{leases.NAME}"):
            self._sees_lease(answer)
        return answer

    def wait(self, seconds: float | None) -> None:
        """Wait for whatever comes, at most so long."""
        self.waits_until = math.inf if seconds is None else self._clock.now + seconds
        self.pause()

    def begin(self, target: Callable[..., object], arguments: tuple[Any, ...]) -> None:
        """Take note of what a thread is for; what it does is done by the model."""
        owner = getattr(target, "__self__", None)
        if isinstance(owner, Lease):
            self.lease = owner
        elif isinstance(owner, LeaseWatch):
            version, hear = arguments
            since = int(version())

            def see(change: Change) -> None:
                if change.version > since:
                    lease = None if change.type == "DELETED" else change.object
                    self._sees_lease(lease)
                    hear(lease)

            self._follow("leases", see)
        elif isinstance(owner, Follower):
            (tell,) = arguments
            plural = owner.listing.path.rpartition("/")[2]
            self._follow(plural, lambda change: tell(partial(_take, owner, change)))

    def _follow(self, collection: str, tell: Callable[[Change], object]) -> None:
        # The lists that watches begin from were read before, so what came between them and now is told as well.
        self._heard[collection] = (0, tell)


def _take(follower: Follower, change: Change) -> bool:
    version = change.object["metadata"]["resourceVersion"]
    if int(version) <= int(follower.version or 0):
        return False
    return follower._change(change.type, change.object, version)


class Clock:
    """Seconds that pass only as the model says."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def _variables(folder: Path) -> dict[str, str]:
    return {"HOME": str(folder), "KUBECONFIG": str(folder / "kubeconfig")}
