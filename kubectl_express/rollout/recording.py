"""What is put on record of a rollout before it begins: what each object becomes, and what it was."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from kubectl_express.core import gojson, moments
from kubectl_express.core.former import former_text
from kubectl_express.core.plan import Action, Plan
from kubectl_express.core.record import Progress, Record, Touched
from kubectl_express.core.values import Object, at, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from kubectl_express.core.lease import Holder
    from kubectl_express.core.manifest import Manifest
    from kubectl_express.core.node import Node, Side
    from kubectl_express.core.settings import Settings
    from kubectl_express.sources.records import Records

UNFINISHED = frozenset({"running", "paused", "stopping", "stopped", "halted"})
"""States of a rollout that has nodes left, be its process still there or not."""


@dataclass(frozen=True, slots=True)
class Past:
    """The last rollout on record."""

    record: Record
    progress: Progress
    touched: tuple[Touched, ...]

    @property
    def title(self) -> str:
        """What it is called: `rollout 3`."""
        return f"{self.record.action} {self.record.number}"

    @classmethod
    def read(cls, records: Records, head: tuple[Record, Progress]) -> Past:
        """Return the rollout of a head with all that it touched. Raises ExpressError where its record is not whole."""
        return cls(*head, records.touched(head[0].number))

    @property
    def unfinished(self) -> bool:
        """Whether it has nodes left."""
        return self.progress.state in UNFINISHED

    @property
    def finished_nodes(self) -> tuple[str, ...]:
        """The nodes that passed."""
        return self.record.steps[: self.progress.done]


@dataclass(frozen=True, slots=True)
class Undertaking:
    """What is about to be rolled, as the record will have it."""

    action: str
    context: str
    system: str
    baseline: Side
    target: Side
    settings: Settings
    commit: str | None = None
    undoes: int | None = None
    """The number of the rollout that is taken back."""
    past: Past | None = field(default=None)
    """The last rollout on record; None where there is none."""

    @property
    def digest(self) -> str:
        """A hash of the whole target, whatever of it is live already: by it a rollout is told that goes on."""
        objects = [gojson.encode(manifest.object) for manifest in self.target.manifests]
        return hashlib.sha256("\n".join(sorted(objects)).encode("utf-8", "surrogatepass")).hexdigest()[:12]

    @property
    def continues(self) -> Past | None:
        """The unfinished rollout that this one goes on with: one of the same target."""
        past = self.past
        if past is None or not past.unfinished:
            return None
        return past if (past.record.target, past.record.action) == (self.digest, self.action) else None

    @property
    def in_progress(self) -> str | None:
        """The node that the last rollout left in progress, as far as it is there still."""
        name = self.past.progress.current if self.past is not None and self.past.unfinished else None
        node = self.baseline.nodes.get(name) if name is not None else None
        return name if node is not None and node.exists else None

    def restarted_again(self, plan: Plan) -> list[str]:
        """Return the nodes that an unfinished rollout had finished, and that this plan would restart."""
        if self.past is None or not self.past.unfinished:
            return []
        done = set(self.past.finished_nodes)
        return [step.node for step in plan.steps if step.node in done and step.revision != _declared(step.live, self)]


def _declared(resource: Object | None, undertaking: Undertaking) -> str | None:
    return text(at(resource, undertaking.settings.resources.revision_path)) if resource else None


def new_record(
    undertaking: Undertaking, plan: Plan, last: int, holder: Holder, go_on: tuple[str, ...]
) -> tuple[Record, Progress]:
    """Return the record of a rollout and where it stands.

    One that goes on keeps its number and what was done; where the plan is about a part of its nodes, also the others,
    and the command that goes on with these.
    """
    now = moments.time(datetime.now(timezone.utc))
    steps = tuple(step.node for step in plan.steps)
    record = Record(
        number=last + 1,
        id=holder.identity,
        action=undertaking.action,
        started=now,
        by=holder.author,
        context=undertaking.context,
        system=undertaking.system,
        origin=undertaking.target.origin,
        engine=undertaking.target.engine or "",
        commit=undertaking.commit,
        plan=plan.digest,
        steps=steps,
        step=holder.step,
        go_on=go_on,
        target=undertaking.digest,
        undoes=undertaking.undoes,
    )
    progress = Progress("running", 0, None, "", now)
    past = undertaking.continues
    if past is None:
        return record, progress
    done, left, current = _stand(undertaking, past, steps)
    record = replace(
        record,
        number=past.record.number,
        started=past.record.started,
        steps=(*done, *((current,) if current else ()), *steps, *left),
        go_on=past.record.go_on if left else go_on,
    )
    return record, replace(progress, done=len(done), current=current)


def _stand(
    undertaking: Undertaking, past: Past, steps: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[str, ...], str | None]:
    """Return which nodes of a rollout that is gone on with are done, left for later and in progress, but for `steps`.

    One that is as it is to be is done, whoever brought it there: an undo has to know each node that was touched.
    """
    finished, current = past.finished_nodes, undertaking.in_progress
    others = [name for name in past.record.steps if name not in {*finished, *steps}]
    left = tuple(name for name in others if _is_to_change(undertaking, name))
    if current in {*finished, *steps} or (current and _is_to_change(undertaking, current)):
        current = None
    done = tuple(name for name in (*finished, *others) if name not in {*steps, *left, current})
    return done, left, current


def _is_to_change(undertaking: Undertaking, name: str) -> bool:
    return _revision(undertaking.baseline, name) != _revision(undertaking.target, name)


def _revision(side: Side, name: str) -> str | None:
    """Return the revision that a node declares on a side, empty where it declares none; None where it is not there."""
    node = side.nodes.get(name)
    return node.declared or "" if node is not None and node.exists else None


def touched_objects(
    undertaking: Undertaking, plan: Plan, live: Callable[[Object], Object | None]
) -> tuple[Touched, ...]:
    """Return every object of the plan with what it becomes and was; of one touched before, what it was then.

    `live` is the object that a manifest names, now; nodes are as the plan was made for them.
    """
    earlier: dict[str, list[Touched]] = defaultdict(list)
    for each in undertaking.past.touched if undertaking.past else ():
        earlier[each.name].append(each)
    found = {_identity(each): each for each in _all(undertaking, plan, live, earlier)}
    past = undertaking.continues
    for each in past.touched if past else ():
        new = found.get(_identity(each))
        kept = each if new is None else replace(new, live=each.live, former=each.former, data_before=each.data_before)
        found[_identity(each)] = kept
    return tuple(found.values())


def _all(
    undertaking: Undertaking,
    plan: Plan,
    live: Callable[[Object], Object | None],
    earlier: Mapping[str, Sequence[Touched]],
) -> Iterator[Touched]:
    baseline, target = undertaking.baseline.nodes, undertaking.target.nodes
    for manifest in plan.objects:
        yield _touched(manifest, live(manifest.object), earlier, undertaking.settings, deleted=False)
    for step in plan.steps:
        node, wanted = baseline.get(step.node), target.get(step.node)
        deleted = step.action is Action.DELETE
        made = _touched(step.manifest, step.live, earlier, undertaking.settings, deleted=deleted, node=baseline)
        yield replace(
            made,
            node=True,
            data_before=node.text if node and node.exists else None,
            data_after=wanted.text if wanted and not deleted else None,
        )
    for manifest in plan.deleted:
        yield _touched(manifest, live(manifest.object), earlier, undertaking.settings, deleted=True)


def _touched(
    manifest: Manifest,
    live: Object | None,
    earlier: Mapping[str, Sequence[Touched]],
    settings: Settings,
    *,
    deleted: bool,
    node: Mapping[str, Node] | None = None,
) -> Touched:
    known = node.get(manifest.name) if node else None
    return Touched(
        api_version=text(manifest.object.get("apiVersion")) or "",
        kind=manifest.kind,
        name=manifest.name,
        namespace=text(at(manifest.object, "/metadata/namespace")) or "",
        node=False,
        applied=None if deleted else manifest.text or gojson.encode(manifest.object),
        live=live,
        former=former_text(live, known, earlier.get(manifest.name, ()), settings),
        data_before=None,
        data_after=None,
    )


def _identity(touched: Touched) -> tuple[str, str, str]:
    return touched.kind, touched.namespace, touched.name
