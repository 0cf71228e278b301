"""Waiting for what must become true: by looking, with a deadline, never by a fixed pause."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Seen = TypeVar("Seen")


def eventually(look: Callable[[], Seen], what: str, seconds: float = 30, every: float = 0.02) -> Seen:
    """Return what `look` sees as soon as that is true; `AssertionError` naming `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (seen := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s: {what} (last seen: {seen!r})")
        time.sleep(every)
    return seen


def remains(look: Callable[[], bool], what: str, seconds: float, every: float = 0.1) -> None:
    """Return after `seconds` in which `look` saw nothing but truth; `AssertionError` naming `what` as soon as not."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert look(), f"no longer so: {what}"
        time.sleep(every)
