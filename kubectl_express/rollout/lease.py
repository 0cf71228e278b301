"""Holding the lease of a system's rollout: taken, renewed by a thread of its own, watched for requests, let go.

A holder writes to the cluster only for so long after the sending of its last successful renewal, and that is shorter
than others wait before they take the lease over. This bounds a holder that was suspended; it does not fence one: what
it had sent before may still be on its way.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING, Literal

from kubectl_express.core import lease as leases
from kubectl_express.core.values import at, text
from kubectl_express.errors import ExpressError, ServerError
from kubectl_express.rollout.lease_errors import LeaseHeldError, LeaseLostError, LeaseUnsureError
from kubectl_express.rollout.lease_object import LeaseWatch, read, write

if TYPE_CHECKING:
    from collections.abc import Callable

    from kubectl_express.core.lease import Held, Holder, Request
    from kubectl_express.core.values import Object
    from kubectl_express.sources.cluster import Cluster

State = Literal["held", "unsure", "lost"]

_ATTEMPTS = 5
"""How often a lease is looked at again that another process has written meanwhile."""
_PATIENCE = 5.0
"""Seconds that the server may take for one renewal."""
_LET_GO_WITHIN = 3.0
"""Seconds that letting go may take: it only spares the next holder the wait."""


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a lease lasts, how often it is renewed, and how long after a renewal its holder may write; seconds."""

    duration: int = leases.DURATION
    renew_every: float = 2.0
    write_for: float = 10.0


def passing_time() -> float:
    """Return seconds that also pass while the machine sleeps, which Python's own monotonic clock leaves out."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class Lease:
    """The lease of one system, held by one process. `within` and `state` may be asked from any thread."""

    def __init__(
        self,
        cluster: Cluster,
        namespace: str,
        holder: Holder,
        tell: Callable[[Callable[[], object]], None],
        on_request: Callable[[Request], None],
        clock: Callable[[], float] = passing_time,
        timing: Timing | None = None,
    ) -> None:
        """Take what is needed; nothing is sent yet. Requests are handed on through `tell`, each once."""
        self.holder = holder
        self._cluster = cluster
        self._namespace = namespace
        self._tell = tell
        self._on_request = on_request
        self._clock = clock
        self._timing = timing or Timing()
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._lease: Object = {}
        self._sent = self._tried = 0.0
        self._unanswered: tuple[str, float] | None = None
        """The time in a renewal of which nobody has said what became of it, and when it was sent."""
        self._told: State = "held"
        self._lost: str | None = None
        self._trouble = ""
        self._requested: set[str] = set()
        self._watch = LeaseWatch(cluster, namespace)
        self._threads: list[threading.Thread] = []

    def acquire(self) -> None:
        """Take the lease and keep it renewed. Raises LeaseHeldError, and what the server refuses or does not answer."""
        for _ in range(_ATTEMPTS):
            lease, held = read(self._cluster, self._namespace)
            if held is not None and not held.free:
                raise LeaseHeldError(f"rollout of {self._namespace} {held}")
            if held is not None and not held.gone and self._is_renewed(lease):
                raise LeaseHeldError(
                    f"rollout of {self._namespace} is held by {held.holder}, who renews it although it has expired: "
                    "the clocks of the API servers differ"
                )
            try:
                self._write(lease, within=self._timing.write_for, taken_over=True)
            except ServerError as error:
                if error.status == 409 or (error.status == 404 and lease):
                    continue
                raise
            self._threads = [
                threading.Thread(target=self._keep_renewed, daemon=True),
                threading.Thread(target=self._watch.run, args=(self._version, self._hear), daemon=True),
            ]
            for thread in self._threads:
                thread.start()
            return
        raise LeaseHeldError(f"rollout of {self._namespace} is being taken by others at this moment: try again")

    @property
    def state(self) -> State:
        """Whether the lease is held, may be lost since it could not be renewed in time, or is lost."""
        with self._lock:
            return self._state()

    @property
    def lost(self) -> str | None:
        """How the lease was lost; None where it was not."""
        with self._lock:
            return self._lost

    def within(self) -> float:
        """Return the seconds in which writing is allowed, always more than 0.

        Raises LeaseLostError and LeaseUnsureError.
        """
        with self._lock:
            if self._lost is not None:
                raise LeaseLostError(f"the lease on the rollout of {self._namespace} is lost: {self._lost}")
            left = self._left()
            if left <= 0:
                raise LeaseUnsureError(
                    f"the lease on the rollout of {self._namespace} was not renewed for {self._timing.write_for:g} s"
                    f": {self._trouble or 'the server has not answered yet'}"
                )
            return left

    def release(self) -> None:
        """Let go, so that the next need not wait. Never raises: a server that cannot be reached sees it expire."""
        self._stopped.set()
        self._watch.stop()
        deadline = self._clock() + _LET_GO_WITHIN
        for thread in self._threads:
            thread.join(max(deadline - self._clock(), 0.0))
        if not self._threads or self.state == "lost":
            return
        lease: Object | None = self._lease
        with suppress(ExpressError):
            while lease is not None and (left := deadline - self._clock()) > 0:
                try:
                    write(self._cluster, self._namespace, leases.let_go(lease), left, anew=False)
                except ServerError as error:
                    if error.status != 409:
                        raise
                    lease, held = read(self._cluster, self._namespace)
                    if held is None or held.holder.identity != self.holder.identity:
                        return
                else:
                    return

    def _is_renewed(self, lease: Object | None) -> bool:
        """Return whether somebody writes to a lease that has expired by the server's clock.

        The server that tells the time need not be the one that stamped the last renewal.
        """
        self._stopped.wait(2 * self._timing.renew_every)
        now, _ = read(self._cluster, self._namespace)
        return at(now or {}, "/spec/renewTime") != at(lease or {}, "/spec/renewTime")

    def _state(self) -> State:
        if self._lost is not None:
            return "lost"
        return "held" if self._left() > 0 else "unsure"

    def _age(self) -> float:
        return self._clock() - self._sent

    def _left(self) -> float:
        return self._timing.write_for - self._age()

    def _keep_renewed(self) -> None:
        """Renew the lease until it is let go or lost."""
        while not self._stopped.wait(self._pause()) and self.lost is None:
            self.renew()

    def renew(self) -> None:
        """Renew the lease once, unless it is lost; what keeps it from that is told by `within`. Never raises."""
        self._notice()
        with self._lock:
            if self._lost is not None:
                return
            left = self._left()
        self._tried = self._clock()
        try:
            self._keep(min(left, _PATIENCE) if left > 0 else _PATIENCE)
            self._trouble = ""
        except ExpressError as error:
            self._trouble = f"{error.prefix.removeprefix('error: ')}{error}"
        self._notice()

    def _pause(self) -> float:
        """Return the seconds until there is something to do: to renew, or to say that it is too late for that.

        They count from when the last renewal was sent: a slow server's answer leaves little time for the next.
        """
        with self._lock:
            left = self._left()
        pause = max(self._tried + self._timing.renew_every - self._clock(), 0.0)
        return min(left, pause) if left > 0 else pause

    def _keep(self, within: float) -> None:
        """Renew once. One that another process has written meanwhile is looked at, and renewed if it is still ours.

        So is one that the former renewal may have written, whose answer did not come in time: a slow server would
        refuse every further one, since it has the former.
        """
        deadline = self._clock() + within
        lease: Object | None = self._lease
        if self._unanswered:
            lease, held = read(self._cluster, self._namespace, within)
            if not self._is_ours(lease, held):
                return
            self._recognise(lease or {})
        while (left := deadline - self._clock()) > 0:
            try:
                self._write(lease, within=left, taken_over=False)
            except ServerError as error:
                if error.status not in (404, 409):
                    raise
            else:
                return
            lease, held = read(self._cluster, self._namespace, within)
            if not self._is_ours(lease, held):
                return

    def _recognise(self, lease: Object) -> None:
        """Take the lease for renewed when a renewal was sent that nobody answered and that is there now."""
        if self._unanswered and text(at(lease, "/spec/renewTime")) == self._unanswered[0]:
            with self._lock:
                self._lease, self._sent = lease, max(self._sent, self._unanswered[1])
            self._unanswered = None
            self._notice()

    def _is_ours(self, lease: Object | None, held: Held | None) -> bool:
        """Return whether the lease is still held by us, taking note of what is asked of us, or of its loss."""
        if held is not None and held.holder.identity == self.holder.identity:
            self._take(leases.read_request(lease or {}, self.holder))
            return True
        now = f"it is held by {held.holder}" if held else "somebody has let it go" if lease else "it was deleted"
        with self._lock:
            self._lost = self._lost or now
        self._notice()
        return False

    def _hear(self, lease: Object | None) -> None:
        """Take in a change of the lease at once, which the next renewal would see seconds later."""
        self._is_ours(lease, leases.read_held(lease, None, lambda _: False) if lease else None)

    def _take(self, asked: Request | None) -> None:
        with self._lock:
            if asked is None or asked.id in self._requested:
                return
            self._requested.add(asked.id)
        self._tell(partial(self._on_request, asked))

    def _notice(self) -> None:
        """Wake whoever acts on the state, if that has changed."""
        with self._lock:
            now = self._state()
            changed, self._told = now != self._told, now
        if changed:
            self._tell(lambda: None)

    def _write(self, lease: Object | None, *, within: float, taken_over: bool) -> None:
        body = leases.renewed(
            lease, self.holder, self._timing.duration, datetime.now(timezone.utc), taken_over=taken_over
        )
        sent = self._clock()
        self._tried = sent
        self._unanswered = (text(at(body, "/spec/renewTime")) or "", sent)
        try:
            answer = write(self._cluster, self._namespace, body, within, anew=lease is None)
        except ServerError:
            self._unanswered = None
            raise
        with self._lock:
            self._lease, self._sent = answer, sent
        self._unanswered = None

    def _version(self) -> str:
        with self._lock:
            return text(at(self._lease, "/metadata/resourceVersion")) or ""
