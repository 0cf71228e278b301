"""Argo CD's Applications that own a system's nodes: what each is at, and how far its sync is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubectl_express.core.applications import REQUESTED, RUNNING, SUCCEEDED, TERMINATING, awaited
from kubectl_express.core.node import State
from kubectl_express.output.progress.outcome import Outcome
from kubectl_express.output.view import Cell, Style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kubectl_express.core.applications import Application, Sync
    from kubectl_express.core.node import Node
    from kubectl_express.core.settings import ResourceSettings
    from kubectl_express.core.values import Object

_STYLES = {REQUESTED: Style.CAUTION, RUNNING: Style.CAUTION, TERMINATING: Style.CAUTION, SUCCEEDED: Style.GOOD}
_COMMIT = 40
"""How long a whole commit is."""
_SHOWN = 10
"""How much of it people are shown."""


def last(applications: Sequence[Application]) -> Application | None:
    """Return the Application that syncs, else the one that synced last; None where none ever did."""
    syncs = [each for each in applications if each.sync]
    return max(syncs, key=lambda each: (each.syncing, when(each)), default=None)


def when(application: Application) -> str:
    """Return when its sync ended, or began; empty where it never synced or is yet to begin."""
    sync = application.sync
    return (sync.finished or sync.started or "") if sync else ""


def progress_of(sync: Sync, nodes: Sequence[Node]) -> Outcome:
    """Return how far a sync brought the nodes, in their order; nothing of one that succeeded.

    It applies the stored revisions first, so a node is applied if it declares the revision that is stored. Until it has
    applied anything, what is stored is not its own.
    """
    if sync.phase == SUCCEEDED:
        return Outcome((), (), ())
    there = [node for node in nodes if sync.applied and node.declared is not None and node.declared == node.stored]
    updated = tuple(node.name for node in there if node.live and node.live.state is State.CURRENT)
    in_progress = tuple(node.name for node in there if not (node.live and node.live.state is State.CURRENT))
    applied = {*updated, *in_progress}
    untouched = tuple(node.name for node in nodes if node.name not in applied)
    return Outcome(updated, in_progress, untouched)


def waits_for(application: Application, nodes: Sequence[Node], settings: ResourceSettings) -> str | None:
    """Return the node that its sync waits for, as it says or else by what is in progress; None where for none."""
    sync = application.sync
    if sync is None or not application.syncing or sync.phase == REQUESTED:
        return None
    said = awaited(sync, settings.group, settings.kinds, [node.name for node in nodes])
    return said or next(iter(progress_of(sync, nodes).in_progress), None)


def application_lines(application: Application, nodes: Sequence[Node], settings: ResourceSettings) -> list[Cell]:
    """Return the line or two that a person needs: what it is at, and the node that it waits for."""
    sync = application.sync
    if sync is None:
        return [Cell(f"{application.title} has not synced yet")]
    moment = f" since {sync.started}" if application.syncing and sync.started else ""
    moment = f" at {sync.finished}" if sync.finished and not application.syncing else moment
    revision = sync.revision or ""
    told = [f"{application.title}: {sync.phase}{moment}"]
    told += [f"revision {revision[:_SHOWN] if len(revision) == _COMMIT else revision}"] if revision else []
    told += [f"by {sync.by}"] if sync.by else []
    message = "it is asked for and has not begun" if sync.phase == REQUESTED else sync.message
    line = Cell(", ".join(told) + (f": {message}" if message else ""), _STYLES.get(sync.phase, Style.BAD))
    name = waits_for(application, nodes, settings)
    why = next((node.live.why for node in nodes if node.name == name and node.live), "")
    return [line, *([Cell(f"it waits for {name}" + (f": {why}" if why else ""))] if name else [])]


def application_document(application: Application, nodes: Sequence[Node], settings: ResourceSettings) -> Object:
    """Return the same for programs."""
    sync = application.sync
    return {
        "name": application.name,
        "namespace": application.namespace,
        "automated": application.automated,
        "syncing": application.syncing,
        "sync": {
            "phase": sync.phase,
            "message": sync.message,
            "startedAt": sync.started,
            "finishedAt": sync.finished,
            "revision": sync.revision,
            "by": sync.by,
            "waitsFor": waits_for(application, nodes, settings),
        }
        if sync
        else None,
    }
