"""What a rollout tells while it goes on: one thing after the other, for people and for programs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class What(str, Enum):
    """What has happened."""

    STARTED = "started"
    """The lease is held and the record is open: from now on objects are applied."""
    OBJECT = "object"
    """An object that is no node was created, configured, deleted, or left as it was."""
    ASKING = "asking"
    """The next node awaits an answer at the prompt, or a `rollout resume`."""
    PAUSED = "paused"
    RESUMED = "resumed"
    APPLIED = "applied"
    """A node's resource was applied."""
    DELETED = "deleted"
    """A node's resource was deleted."""
    WAITING = "waiting"
    """The node in progress does not pass yet; told again whenever the reason changes."""
    PASSED = "passed"
    """The node in progress passed the gate; the next may follow."""
    WARNING = "warning"
    STOPPING = "stopping"
    """Somebody asked to stop: the node in progress is seen through."""
    STOPPED = "stopped"
    HALTED = "halted"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened."""

    what: What
    message: str
    """One line for people, without the node's name."""
    node: str | None = None
    revision: str | None = None
    """The revision that the node's pod is to be at."""
    seconds: float | None = None
    """How long the node took, of `passed`."""
    ailing: bool = False
    """Of `waiting`: whether the pod shows a reason that it will hardly get over by itself."""
