"""A system's last rollout as its record has it: read, found unchanged, and finished where nothing of it is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubectl_express.errors import ExpressError
from kubectl_express.rollout.journal import Journal
from kubectl_express.rollout.recording import Past, new_record
from kubectl_express.sources.records import Records

if TYPE_CHECKING:
    from kubectl_express.core.plan import Plan
    from kubectl_express.rollout.lease import Lease
    from kubectl_express.rollout.recording import Undertaking
    from kubectl_express.sources.layout import System
    from kubectl_express.sources.scope import Scope


def last_rollout(scope: Scope, system: System) -> Past | None:
    """Return the last rollout of a system that is on record."""
    records = Records(scope.cluster, system.namespace)
    heads = records.heads()
    return Past.read(records, heads[-1]) if heads else None


def check_last(records: Records, past: Past | None) -> None:
    """Raise where another rollout was at work since a plan was made, when this one was the last."""
    if records.heads()[-1:] != ([(past.record, past.progress)] if past else []):
        raise ExpressError(
            "nothing was applied: another rollout has been at work since the plan was shown; look at it with "
            "`kubectl express rollout status`, and at the plan again"
        )


def finish_record(
    scope: Scope, system: System, undertaking: Undertaking, plan: Plan, lease: Lease, go_on: tuple[str, ...]
) -> None:
    """Have a rollout be on record as finished that was left, where its nodes have come to their end by themselves.

    The plan has nothing left to do. On record as unfinished, an undo would be gone on with for ever.
    """
    past = undertaking.continues
    if past is None:
        return
    record, progress = new_record(undertaking, plan, past.record.number, lease.holder, go_on)
    if progress.done < len(record.steps):
        return
    lease.acquire()
    try:
        records = Records(scope.cluster, system.namespace, lease.within)
        check_last(records, past)
        journal = Journal(records, record, progress)
        journal.open(past.touched)
        journal.close("finished", None, "")
    finally:
        lease.release()
