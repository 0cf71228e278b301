"""What is written of a rollout as it goes on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kubectl_express.rollout.journal import Journal
from tests.rollout.test_recording import TARGET, Attempt, after, first

if TYPE_CHECKING:
    from kubectl_express.core.record import Progress, Record, Touched


class Kept:
    """Records that keep the last progress."""

    def __init__(self) -> None:
        self.progress: Progress | None = None

    def open(self, _record: Record, _touched: tuple[Touched, ...], progress: Progress) -> None:
        """Keep a rollout."""
        self.progress = progress

    def update(self, progress: Progress) -> None:
        """Keep how far it has come."""
        self.progress = progress

    @property
    def stand(self) -> tuple[str, int, str | None]:
        """The state, how many nodes are done, and which is in progress."""
        assert self.progress
        return self.progress.state, self.progress.done, self.progress.current


def journal_of(attempt: Attempt) -> tuple[Journal, Kept]:
    """Return an open journal of an attempt, and what it keeps."""
    kept: Any = Kept()
    journal = Journal(kept, attempt.record, attempt.progress)
    journal.open(attempt.touched)
    return journal, kept


def test_a_node_left_in_progress_stays_so_where_the_next_run_ends_while_it_waits_for_another() -> None:
    for name in ("be1", None):
        journal, kept = journal_of(Attempt(after("be1", "be2"), TARGET, first().ended("stopped", 1, "be2")))
        journal.close("halted", name, "be1: not there after 600 s")
        assert kept.stand == ("halted", 1, "be2")
        assert journal.current == "be2"


def test_once_such_a_node_has_passed_another_may_be_in_progress() -> None:
    journal, kept = journal_of(Attempt(after("be1", "be2"), TARGET, first().ended("stopped", 1, "be2")))
    journal.arrived("be1")
    journal.arrived("be2")
    assert journal.finished == ("be1", "be2")
    journal.applying("be3")
    journal.close("halted", None, "be3 was refused")
    assert kept.stand == ("halted", 2, None)


def test_a_rollout_is_finished_once_each_of_its_nodes_is_and_not_before() -> None:
    attempt = Attempt(after("be1"), TARGET, first().ended("stopped", 1), only="be2")
    for passed, state in (((), "stopped"), (("be2",), "stopped"), (("be2", "be3"), "finished")):
        journal, kept = journal_of(attempt)
        for name in passed:
            journal.passed(name)
        journal.close("finished", None, "")
        assert kept.stand == (state, 1 + len(passed), None)


def test_one_that_was_left_and_has_nothing_to_do_any_more_can_be_closed_at_once() -> None:
    past = first().ended("halted", 1, "be2")
    past = replace(past, progress=replace(past.progress, current=None))
    journal, kept = journal_of(Attempt(after("be1", "be2", "be3"), TARGET, past))
    journal.close("finished", None, "")
    assert kept.stand == ("finished", 3, None)
