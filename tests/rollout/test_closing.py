"""A rollout's end goes on record, and what is heard meanwhile changes nothing of it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from kubectl_express.core.happenings import What
from kubectl_express.core.plan import Plan
from kubectl_express.errors import ExitStatus, ServerError
from kubectl_express.rollout.engine import Rollout
from kubectl_express.rollout.inbox import Inbox
from kubectl_express.rollout.session import Session
from kubectl_express.rollout.wishes import Wishes

if TYPE_CHECKING:
    from collections.abc import Callable

UNAVAILABLE = ServerError("ServiceUnavailable", "not now", 503)
FORBIDDEN = ServerError("Forbidden", "no longer", 403)


class Clock:
    """Seconds that pass as somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Return the time, a bit later than the last time."""
        self.now += 0.3
        return self.now


class Journal:
    """A journal that is closed at some attempt, or never."""

    finished = ()

    def __init__(self, *outcomes: Exception | None) -> None:
        self.attempts = 0
        self._outcomes = outcomes

    def close(self, *_: object) -> None:
        """Fail as told."""
        outcome = self._outcomes[min(self.attempts, len(self._outcomes) - 1)]
        self.attempts += 1
        if outcome is not None:
            raise outcome


def ended(journal: Journal, *news: Callable[[], object]) -> tuple[ExitStatus, list[tuple[What, str]]]:
    """Roll out nothing, and return how it ended, and what it told."""
    told: list[tuple[What, str]] = []
    clock = Clock()
    inbox = Inbox(clock)
    parts: Any = SimpleNamespace(
        journal=journal,
        observer=SimpleNamespace(take_changed=set),
        inbox=inbox,
        wishes=Wishes(),
        report=lambda happening: told.append((happening.what, happening.message)),
    )
    rollout = Rollout(Plan((), ()), Session(parts, cast("Any", None), clock))
    for each in news:
        inbox.tell(each)
    return rollout.run().status, told


def fail() -> None:
    """Do what a watch does that was forbidden."""
    raise FORBIDDEN


def test_the_end_is_put_on_record_again_where_the_server_does_not_take_it() -> None:
    journal = Journal(UNAVAILABLE, None)
    status, told = ended(journal, fail, fail)
    assert (status, journal.attempts) == (ExitStatus.DONE, 2)
    assert [what for what, _ in told] == [What.WARNING, What.FINISHED]


@pytest.mark.parametrize("outcome", [UNAVAILABLE, FORBIDDEN])
def test_an_end_that_cannot_be_put_on_record_is_told(outcome: Exception) -> None:
    status, told = ended(Journal(outcome), fail)
    assert status is ExitStatus.DONE
    assert told[-2:] == [
        (What.WARNING, f"the record could not be closed: {outcome}"),
        (What.FINISHED, ""),
    ]
