"""The gate: whether a node has arrived where it is to be, judged from its resource and its pods, and from no hope."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import Enum
from functools import reduce
from typing import TYPE_CHECKING

from kubectl_express.core.live import describe_health
from kubectl_express.core.values import Object, at, join, split, text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kubectl_express.core.node import Pod

QUIET = 5.0
"""Seconds without any change after which an operator that reports nothing has nothing left to do."""
PATIENCE = 600.0
"""Seconds that a node may take where nobody says otherwise."""
_AILMENTS = frozenset(
    {
        "CrashLoopBackOff",
        "CreateContainerConfigError",
        "CreateContainerError",
        "ErrImageNeverPull",
        "ErrImagePull",
        "ImageInspectError",
        "ImagePullBackOff",
        "InvalidImageName",
        "RunContainerError",
        "Unschedulable",
    }
)
"""What a pod hardly gets over by itself, in the words of the kubelet and the scheduler."""


def patience(seconds: float | None) -> float:
    """Return how long to wait for a node: as long as was said, 0 for ever, PATIENCE where nothing was."""
    return PATIENCE if seconds is None else seconds or math.inf


class Outcome(str, Enum):
    """What the gate says."""

    PASSED = "passed"
    WAITING = "waiting"
    FAILED = "failed"
    """It will never pass: somebody else changed what was applied."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate says of a node, and why."""

    outcome: Outcome
    reason: str
    """One line without the node's name: `pod fe1-0 is at 3f2a9c01de, not 91b9d4e077`."""
    ailing: bool = False
    """Whether a pod of the wanted revision shows a reason that it will hardly get over by itself."""
    again: float | None = None
    """Seconds after which the same facts may be judged otherwise; None where only a change can do that."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where a node is to be, and what is known of how it gets there."""

    node: str
    revision: str | None
    """What the resource is to declare and the pods to be at; None where the resource declares none."""
    pods: int = 1
    uid: str | None = None
    """The resource's, as the apply answered; None for any."""
    generation: int | None = None
    """Likewise: another one says that somebody else changed the resource since."""
    changed: bool = False
    """Whether the apply created the resource or changed its generation."""
    before: Mapping[str, Pod] = field(default_factory=dict)
    """The node's pods by uid, listed right before the apply; of `wait`, when it began."""
    min_ready: float = 0.0
    """Seconds that the pods are to be Ready without a break."""
    settled: bool = True
    """Whether the resource, unchanged here, had settled before; not so where somebody may just have applied it."""

    @property
    def ours(self) -> bool:
        """Whether the resource is known as it was applied, so that any other is somebody else's."""
        return self.uid is not None or self.generation is not None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is seen of a node."""

    resource: Object | None
    pods: tuple[Pod, ...]
    quiet: float
    """Seconds since the resource or one of its pods last changed."""
    ready: Mapping[str, float]
    """By a pod's uid, the seconds for which it has been seen Ready without a break."""


def judge(wanted: Wanted, facts: Facts, revision_path: str) -> Verdict:
    """Return whether the node passes: exactly its pods, none terminating, every one Ready and proved at the revision.

    The pods decide. What the resource's status says can prove that the operator has seen the resource; it neither
    replaces a pod nor blocks one that is proved. `revision_path` is where resources declare their revision.
    """
    verdict = judge_resource(wanted, facts.resource, revision_path)
    if verdict is not None or facts.resource is None:
        return verdict or Verdict(Outcome.WAITING, "it has no resource")
    looked = facts.quiet >= QUIET or has_observed(facts.resource, wanted.revision, revision_path)
    pods = [pod for pod in facts.pods if not pod.finished]
    right = [pod for pod in pods if pod.revision == wanted.revision]
    stale = [] if looked else [pod for pod in right if not _proved(wanted, pod)]
    again = max(QUIET - facts.quiet, 0.0) if stale else None
    if obstacles := _obstacles(wanted, facts.pods):
        ailing = any(_ails(pod) for pod in right if pod not in stale)
        return Verdict(Outcome.WAITING, "; ".join(obstacles), ailing, again)
    if stale:
        generation = at(facts.resource, "/metadata/generation")
        reason = f"{_these(stale)} Ready, perhaps from before the apply: the operator has not said yet that it"
        return Verdict(
            Outcome.WAITING, f"{reason} has seen generation {generation}, nor been quiet for {QUIET:g} s", again=again
        )
    rest = max(wanted.min_ready - facts.ready.get(pod.uid, 0.0) for pod in pods)
    if rest > 0:
        reason = f"{_these(pods)} Ready, but not for {wanted.min_ready:g} s yet"
        return Verdict(Outcome.WAITING, reason, again=rest)
    return Verdict(Outcome.PASSED, f"{_these(pods)} Ready at {_named(wanted.revision)}")


def judge_resource(wanted: Wanted, resource: Object | None, revision_path: str) -> Verdict | None:
    """Return what the resource alone decides; None where it is the one wanted, so that its pods decide."""
    bad = Outcome.FAILED if wanted.ours else Outcome.WAITING
    if resource is None:
        return Verdict(bad, "its resource is gone: somebody else deleted it" if wanted.ours else "it has no resource")
    kind = _kind(resource)
    if wanted.uid is not None and at(resource, "/metadata/uid") != wanted.uid:
        return Verdict(bad, f"its {kind} was deleted and created anew by somebody else")
    if at(resource, "/metadata/deletionTimestamp") is not None:
        return Verdict(bad, f"its {kind} is being deleted")
    declared = text(at(resource, revision_path)) or None
    same = declared == wanted.revision
    another = "" if same else f"declares {_named(declared)}, not {_named(wanted.revision)}"
    generation = at(resource, "/metadata/generation")
    if wanted.generation is not None and generation != wanted.generation:
        seen = f"it is at generation {generation}, not {wanted.generation}"
        return Verdict(bad, f"its {kind} was changed by somebody else: {seen}{another and f', and {another}'}")
    return Verdict(bad, f"its {kind} {another}") if another else None


def has_observed(resource: Object, revision: str | None, revision_path: str) -> bool:
    """Return whether the status says that the operator has seen this very resource, at a revision.

    Right after an apply the status is stale, so the generation it names must be the resource's own; and where it has a
    revision, at the place in `/status` that the spec has it at, that must be the one asked for.
    """
    observed = at(resource, "/status/observedGeneration")
    # To Python, though to nobody else, true is 1.
    if observed is None or isinstance(observed, bool) or observed != at(resource, "/metadata/generation"):
        return False
    return at(resource, reported_revision_path(revision_path)) in (None, revision)


def reported_revision_path(revision_path: str) -> str:
    """Return where the status says which revision the operator is at: in `/status`, where the spec declares it."""
    top, *inner = split(revision_path)
    return reduce(join, inner or [top], "/status")


def _proved(wanted: Wanted, pod: Pod) -> bool:
    """Return whether a pod at the revision owes that to the apply, or the apply had nothing to change.

    Compared for inequality with what was there before, never by clock.
    """
    if wanted.settled and not wanted.changed:
        return True
    before = wanted.before.get(pod.uid)
    if before is None:
        return True
    relabelled = before.revision != pod.revision
    restarted = bool(before.containers) and before.containers != pod.containers
    return relabelled and restarted and before.ready_since != pod.ready_since


def _obstacles(wanted: Wanted, pods: Sequence[Pod]) -> list[str]:
    """Return what is wrong with the pods as they are seen, whatever they prove."""
    found = []
    counted = [pod for pod in pods if not pod.finished]
    for pod in counted:
        if pod.terminating:
            found.append(f"pod {pod.name} is still terminating")
        elif pod.revision != wanted.revision:
            found.append(f"pod {pod.name} is at {_named(pod.revision)}, not {_named(wanted.revision)}")
        elif not pod.ready:
            found.append(f"pod {pod.name} is {describe_health(pod)}")
    staying = [pod for pod in counted if not pod.terminating]
    if len(staying) > wanted.pods:
        expected = f"{wanted.pods} {'is' if wanted.pods == 1 else 'are'} expected"
        names = ", ".join(pod.name for pod in staying)
        found.append(f"there are {len(staying)} pods, {names}, where {expected}")
    elif not staying:
        ended = [f"; pod {pod.name} is {pod.phase} ({pod.reason or 'ended'})" for pod in pods if pod.finished]
        found.append(f"it has no pod at {_named(wanted.revision)} yet{''.join(ended)}")
    elif len(staying) < wanted.pods:
        found.append(f"{len(staying)} of {wanted.pods} pods are there")
    return found


def _ails(pod: Pod) -> bool:
    return not pod.ready and not pod.terminating and pod.reason in _AILMENTS


def _these(pods: Sequence[Pod]) -> str:
    names = ", ".join(pod.name for pod in pods)
    return f"pod {names} is" if len(pods) == 1 else f"pods {names} are"


def _named(revision: str | None) -> str:
    return revision or "no revision"


def _kind(resource: Object) -> str:
    return text(resource.get("kind")) or "resource"
