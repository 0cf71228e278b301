"""Small plans for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubectl_express.core.changes import ChangeKind
from kubectl_express.core.manifest import Manifest
from kubectl_express.core.plan import Action, Plan, Step
from kubectl_express.output.views.systems import Place

if TYPE_CHECKING:
    from kubectl_express.core.values import Object

PLACE = Place("systemdcrtest3", "systemdcrtest3", "yul1")
OLD = "f97c146a40"
NEW = "5d96de6718"
HOSTILE = "\x1b[2J\x1b]0;title\x07 [bold red]x[/] \u202e\u200b"
"""What a terminal would obey, and what rich would take for markup."""


def manifest(kind: str, name: str, revision: str | None = None, **metadata: str) -> Manifest:
    """Return an object as rendered, a node's resource where it declares a revision."""
    spec: Object = {"spec": {"deploymentRevision": revision}} if revision else {}
    return Manifest({"apiVersion": "v1", "kind": kind, "metadata": {"name": name, **metadata}, **spec})


def step(
    node: str, change: ChangeKind = ChangeKind.UPDATE, *, kind: str = "Backend", pause_after: bool = False
) -> Step:
    """Return a node's turn, from the old revision to the new one as far as its change has them."""
    live = None if change is ChangeKind.NEW else manifest(kind, node, OLD).object
    if change is ChangeKind.REMOVED:
        return Step(node, kind, Action.DELETE, change, "the chart no longer has it", Manifest(live or {}), None, live)
    revision = OLD if change is ChangeKind.SAME else NEW
    wanted = manifest(kind, node, revision)
    return Step(node, kind, Action.APPLY, change, "/zone changes", wanted, revision, live, pause_after)


def plan_of(*names: str) -> Plan:
    """Return a plan that updates these nodes, in this order."""
    return Plan((), tuple(step(name) for name in names))
