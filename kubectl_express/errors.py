"""What can go wrong, in one small vocabulary, and the exit codes it ends in."""

from __future__ import annotations

from enum import IntEnum


class ExitStatus(IntEnum):
    """The exit codes of every command; `worst` ranks those that one run may meet together."""

    DONE = 0
    DIFFERENT = 1
    """`diff` found differences."""
    FAILED = 2
    """Wrong use, or it could not be done."""
    UNTRUSTED = 3
    """Revisions cannot be trusted: an integrity fault of the target, `unneeded`, `missed`, or live drift."""
    STOPPED = 4
    """A rollout stopped on request, nodes remaining."""
    HALTED = 5
    """A rollout or `wait` halted: a node failed or timed out, or the lease was lost."""


def worst(statuses: list[ExitStatus]) -> ExitStatus:
    """Return the status that outranks the others: could not be done, then untrusted, then different, then done."""
    for status in (ExitStatus.FAILED, ExitStatus.UNTRUSTED, ExitStatus.DIFFERENT):
        if status in statuses:
            return status
    return ExitStatus.DONE


class ExpressError(Exception):
    """It could not be done. The message is one clear line: what, where, and what to do about it.

    It is printed behind `error: `, as kubectl does. Lines below the first are another program's own words
    (helm's, git's), shown as they came.
    """

    prefix = "error: "


class ServerError(ExpressError):
    """The API server refused. Printed in kubectl's wording: `Error from server (Forbidden): …`.

    `retry_after` is how many seconds it asks to wait before another try; 0 where it does not say.
    """

    def __init__(self, reason: str, message: str, status: int, retry_after: float = 0.0) -> None:
        super().__init__(message)
        self.reason = reason
        self.status = status
        self.retry_after = retry_after
        self.prefix = f"Error from server ({reason}): " if reason else "Error from server: "
