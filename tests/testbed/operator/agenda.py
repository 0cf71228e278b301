"""Which node is looked at next: each by one worker at a time, now or at a later moment."""

from __future__ import annotations

import heapq
import threading
import time


class Agenda:
    """Node names with the moment each is due. One that comes up while its node is in work waits for the end of that."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, str]] = []
        self._due: dict[str, float] = {}
        """The moment that counts for each node: an entry of the heap with another one was superseded."""
        self._in_work: set[str] = set()
        self._changed = threading.Condition()

    def add(self, node: str, seconds: float = 0.0) -> None:
        """Have `node` looked at in so many seconds, or earlier if that was asked for before."""
        moment = time.monotonic() + seconds
        with self._changed:
            if moment < self._due.get(node, float("inf")):
                self._due[node] = moment
                if node not in self._in_work:
                    self._push(node)

    def take(self) -> str:
        """Return the next node once it is due; it is in work until `done`."""
        with self._changed:
            while True:
                while self._heap and self._superseded(*self._heap[0]):
                    heapq.heappop(self._heap)
                wait = self._heap[0][0] - time.monotonic() if self._heap else None
                if wait is not None and wait <= 0:
                    _, node = heapq.heappop(self._heap)
                    del self._due[node]
                    self._in_work.add(node)
                    return node
                self._changed.wait(wait)

    def done(self, node: str) -> None:
        with self._changed:
            self._in_work.discard(node)
            if node in self._due:
                self._push(node)

    def _push(self, node: str) -> None:
        heapq.heappush(self._heap, (self._due[node], node))
        self._changed.notify()

    def _superseded(self, moment: float, node: str) -> bool:
        return node in self._in_work or self._due.get(node) != moment
