"""What a proxy may do to a request."""

from __future__ import annotations

import json
import random
import threading
from collections import defaultdict
from itertools import cycle
from typing import TYPE_CHECKING

from tests.reliability.faults.proxy import HalfAnsweredError, ResetError, Told

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.reliability.faults.proxy import Answer, Asked, Harm

_REASONS = {
    401: "Unauthorized",
    410: "Expired",
    429: "TooManyRequests",
    500: "InternalError",
    503: "ServiceUnavailable",
    504: "Timeout",
}


def refusing(status: int, **headers: str) -> Harm:
    """Return the harm of an answer with a status, as an API server words it; `Retry_After="1"` is a header."""
    status_object = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": status}
    body = json.dumps({**status_object, "reason": _REASONS[status], "message": f"it is the weather ({status})"})
    told = Told(status, body.encode(), {name.replace("_", "-"): value for name, value in headers.items()})
    return lambda _, __: told


def one_of(*harms: Harm) -> Harm:
    """Return the harm that is each of these in turn."""
    turns = cycle(harms)

    def harm(asked: Asked, answer: Answer) -> Told:
        return next(turns)(asked, answer)

    return harm


def reset_before(_: Asked, __: Answer) -> Told:
    """Reset the connection before the server hears of it."""
    raise ResetError


def reset_after(_: Asked, answer: Answer) -> Told:
    """Reset the connection once the server has done it."""
    answer()
    raise ResetError


def half_answered(_: Asked, answer: Answer) -> Told:
    """Break off in the middle of the answer; a watch's has no middle, and is reset."""
    raise HalfAnsweredError(answer())


def gone_midway(asked: Asked, answer: Answer) -> Told:
    """Answer a watch with the one event that it is too old to be followed."""
    if not asked.watches:
        return answer()
    status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 410, "reason": "Expired"}
    event = {"type": "ERROR", "object": {**status, "message": "too old resource version: 1 (2)"}}
    return Told(200, f"{json.dumps(event)}\n".encode(), {"Content-Type": "application/json"})


class Sometimes:
    """Does harm to some requests, by a seed, and never twice in a row to the same kind of request."""

    def __init__(
        self, seed: float, harm: Harm, to: Callable[[Asked], bool] = lambda _: True, rate: float = 0.4
    ) -> None:
        self.done = 0
        self._rate = rate
        self._chance = random.Random(seed)  # noqa: S311
        self._harm = harm
        self._to = to
        self._lock = threading.Lock()
        self._spared: dict[str, bool] = defaultdict(bool)

    def __call__(self, asked: Asked, answer: Answer) -> Told:
        with self._lock:
            key = f"{asked.method} {asked.path}"
            hit = self._to(asked) and not self._spared[key] and self._chance.random() < self._rate
            self._spared[key] = hit
            self.done += hit
        return self._harm(asked, answer) if hit else answer()


class Once:
    """Does harm to each kind of request the first time that it is sent."""

    def __init__(self, harm: Harm) -> None:
        self._harm = harm
        self._lock = threading.Lock()
        self._harmed: set[tuple[str, str]] = set()

    @property
    def done(self) -> int:
        return len(self._harmed)

    def __call__(self, asked: Asked, answer: Answer) -> Told:
        with self._lock:
            hit = (asked.method, asked.path) not in self._harmed
            self._harmed.add((asked.method, asked.path))
        return self._harm(asked, answer) if hit else answer()


class Stale:
    """Answers what is read as it was answered the last time before, by a seed, and never twice in a row."""

    def __init__(self, seed: int) -> None:
        self.done = 0
        self._before: dict[str, Told] = {}
        self._sometimes = Sometimes(seed, self._as_before, lambda asked: asked.target in self._before)

    def __call__(self, asked: Asked, answer: Answer) -> Told:
        if asked.method != "GET" or asked.watches:
            return answer()
        told = self._sometimes(asked, answer)
        self._before[asked.target] = told
        self.done = self._sometimes.done
        return told

    def _as_before(self, asked: Asked, _: Answer) -> Told:
        return self._before[asked.target]
