"""Argo CD's Applications: what one says of itself and of its sync."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubectl_express.core.values import Object, at, mapping, objects, text

if TYPE_CHECKING:
    from collections.abc import Iterable

REQUESTED = "Requested"
"""Our word for a sync that is asked for and has not begun; all other phases are Argo CD's own words."""
RUNNING = "Running"
TERMINATING = "Terminating"
SUCCEEDED = "Succeeded"

_WAITS = re.compile(r"waiting for (?:healthy state of|completion of hook|deletion of) ([^/ ]*)/([^/ ]+)/([^/ ]+)")
"""What gitops-engine's sync_context.go says in its setRunningPhase: group, kind and name.

Between two waves it says so of all that has not been applied yet, `… and 3 more resources`, the next one first.
"""
_HOOK = ("batch", "Job")
_NAMED_FOR_ITS_SYNC = re.compile(r"-[^-]+-sync-[0-9]+")
"""What gitops-engine's getSyncTasks adds to a hook's name: the git revision, its phase, the time."""
_LONGEST_NODE = 33
"""Characters of a node's name that stand whole in its hook's: with what is added a name has 63 at most."""


@dataclass(frozen=True, slots=True)
class Sync:
    """An Application's sync that is under way, or its last one."""

    phase: str
    message: str
    started: str | None
    """RFC 3339, as `finished` is; by it Argo CD's syncs are told from one another. None where it has not begun."""
    finished: str | None
    revision: str | None
    """The git revision, as far as it is known yet; several, joined by commas, of an Application of several sources."""
    by: str | None
    """Who began it; None where nobody said."""
    applied: bool
    """Whether anything has been applied by it."""


@dataclass(frozen=True, slots=True)
class Application:
    """One of Argo CD's Applications."""

    name: str
    namespace: str
    automated: bool
    """Whether it syncs by itself, when the repository or the cluster changes."""
    syncing: bool = False
    """Whether its sync is under way, or asked for; if not, it is the last one."""
    sync: Sync | None = None
    """None where it never synced."""

    @property
    def title(self) -> str:
        """Its name in sentences."""
        return f"Argo CD's application {self.namespace}/{self.name}"

    @property
    def objection(self) -> str | None:
        """Why no rollout should run beside it, in words; None where it leaves the nodes alone."""
        if self.syncing:
            return f"{self.title} is syncing these nodes now"
        return f"{self.title} syncs these nodes by itself" if self.automated else None


def read_application(application: Object) -> Application:
    """Return what an Application says.

    A sync is under way for as long as `operation` is set: Argo CD's controller removes it in the same write that ends
    the sync, and where somebody else has removed it, it works on none, whatever the phase says.
    """
    automated = at(application, "/spec/syncPolicy/automated")
    operation = application.get("operation")
    syncing = isinstance(operation, dict)
    return Application(
        name=text(at(application, "/metadata/name")) or "",
        namespace=text(at(application, "/metadata/namespace")) or "",
        automated=isinstance(automated, dict) and automated.get("enabled") is not False,
        syncing=syncing,
        sync=_sync(mapping(operation), mapping(at(application, "/status/operationState")), syncing=syncing),
    )


def _sync(operation: Object, state: Object, *, syncing: bool) -> Sync | None:
    phase = text(state.get("phase"))
    if syncing and phase not in {RUNNING, TERMINATING}:
        return Sync(REQUESTED, "", None, None, _revision(operation.get("sync")), _initiator(operation), applied=False)
    if phase is None:
        return None
    asked, result = mapping(state.get("operation")), mapping(state.get("syncResult"))
    return Sync(
        phase=phase,
        message=text(state.get("message")) or "",
        started=text(state.get("startedAt")),
        finished=text(state.get("finishedAt")),
        revision=_revision(result) or _revision(asked.get("sync")),
        by=_initiator(asked),
        applied=any(_is_applied(each) for each in objects(result.get("resources"))),
    )


def _revision(said: object) -> str | None:
    if not isinstance(said, dict):
        return None
    several = said.get("revisions")
    if isinstance(several, list) and several:
        return ",".join(str(each) for each in several)
    revision = said.get("revision")
    return revision if isinstance(revision, str) and revision else None


def _initiator(operation: Object) -> str | None:
    by = mapping(operation.get("initiatedBy"))
    return "auto-sync" if by.get("automated") is True else text(by.get("username")) or None


def _is_applied(result: Object) -> bool:
    """Return whether this is a resource of the sync itself, not of what runs before it, and was not refused."""
    return result.get("status") == "Synced" and result.get("syncPhase") in {None, "", "Sync"}


def awaited(sync: Sync, group: str, kinds: Iterable[str], nodes: Iterable[str]) -> str | None:
    """Return the node that a sync says it waits for, its resource or the hook behind it; None where it names none."""
    said = _WAITS.fullmatch(sync.message)
    if said is None:
        return None
    of, kind, name = said.groups()
    if (of, kind) == _HOOK:
        return next((node for node in nodes if _is_hook_of(name, node)), None)
    return name if of == group and kind in kinds else None


def _is_hook_of(name: str, node: str) -> bool:
    prefix = hook_name(node)
    return name.startswith(prefix) and _NAMED_FOR_ITS_SYNC.fullmatch(name, len(prefix)) is not None


def hook_name(node: str) -> str:
    """Return what the chart's hooks of a node are called (`express-revisions.gates.name`), without the sync."""
    if len(node) <= _LONGEST_NODE:
        return f"wait-{node}"
    return f"wait-{node[:23]}-{hashlib.sha256(node.encode()).hexdigest()[:10]}"
