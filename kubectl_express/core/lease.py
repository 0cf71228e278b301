"""The lease of a system's rollout: who holds it, what is asked of the holder, and when it comes free.

It is a Lease of coordination.k8s.io/v1. When it comes free is judged by the API server's clock alone: the `Date` of an
answer less the time that the server stamped the last renewal with in `managedFields`. Both are whole seconds, cut off,
so what is left is told a second too long rather than too short.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from kubectl_express.core.managed_fields import subtree
from kubectl_express.core.moments import micro_time
from kubectl_express.core.values import Object, Value, at, mapping, text

if TYPE_CHECKING:
    from collections.abc import Callable

NAME = "express-rollout"
PLURAL = "/apis/coordination.k8s.io/v1"
HOLDER = "kubectl-express/holder"
PLAN = "kubectl-express/plan"
REQUEST = "kubectl-express/request"
ACTIONS = ("stop", "pause", "resume")
DURATION = 15
"""Seconds after its last renewal in which a lease is its holder's alone."""

_CUT_OFF = 1.0
"""Seconds by which the difference of two times may be too great that are each cut to whole seconds."""


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that rolls out."""

    identity: str
    """Of no other holder ever."""
    user: str
    host: str
    pid: int
    process: str
    """What tells this very process from another of the same number; empty where that cannot be known."""
    step: bool
    """Whether it asks before each node."""
    plan: str

    @property
    def author(self) -> str:
        """Who rolls out, as records and requests name people."""
        return author(self.user, self.host)

    def __str__(self) -> str:
        step = "--step, " if self.step else ""
        return f"{self.user or 'somebody'} on {self.host or 'a host'} (pid {self.pid}, {step}plan {self.plan or '?'})"


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asks of a running rollout: `stop`, `pause` or `resume`."""

    id: str
    action: str
    by: str


@dataclass(frozen=True, slots=True)
class Held:
    """A lease that has a holder, as it was read."""

    holder: Holder
    expires_in: float
    """Seconds until it comes free unless renewed, by the server's clock; not above 0: it has come free."""
    gone: bool
    """Whether the holder was a process of this host that is no more."""
    request: Request | None = None
    """What was last asked of this holder, whether it has seen that or not."""

    @property
    def free(self) -> bool:
        """Whether another may take it."""
        return self.gone or self.expires_in <= 0

    def __str__(self) -> str:
        if self.gone:
            return f"was held by {self.holder}, which is no more"
        if self.expires_in <= 0:
            return f"was held by {self.holder}, which has not been heard of for long enough"
        return f"is held by {self.holder} and comes free in {math.ceil(self.expires_in)} s unless renewed"


def author(user: str, host: str) -> str:
    """Return a user of a host as records and requests name people."""
    return f"{user}@{host}"


def path(namespace: str) -> str:
    """Return the path of a system's lease."""
    return f"{collection(namespace)}/{NAME}"


def collection(namespace: str) -> str:
    """Return the path under which the lease is created and watched."""
    return f"{PLURAL}/namespaces/{namespace}/leases"


def renewed(lease: Object | None, holder: Holder, duration: int, now: datetime, *, taken_over: bool) -> Object:
    """Return the lease as the holder writes it: made, taken over, or renewed; it keeps what others have put into it.

    `now` is this machine's time, for people: nothing is judged by it. Taking over drops what was asked of another.
    """
    metadata = _metadata(lease)
    annotations = mapping(metadata.get("annotations"))
    if taken_over:
        annotations = _without_ours(annotations)
    ours: Object = {HOLDER: json.dumps(asdict(holder), sort_keys=True), PLAN: holder.plan}
    spec = mapping(lease.get("spec")) if lease else {}
    if taken_over:
        transitions = spec.get("leaseTransitions")
        spec = {
            **spec,
            "acquireTime": micro_time(now),
            "leaseTransitions": transitions + 1 if isinstance(transitions, int) else 0,
        }
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {**metadata, "annotations": {**annotations, **ours}},
        "spec": {
            **spec,
            "holderIdentity": holder.identity,
            "leaseDurationSeconds": duration,
            "renewTime": micro_time(now),
        },
    }


def let_go(lease: Object) -> Object:
    """Return the lease without a holder."""
    metadata = _metadata(lease)
    return {
        **lease,
        "metadata": {**metadata, "annotations": _without_ours(mapping(metadata.get("annotations")))},
        "spec": {**mapping(lease.get("spec")), "holderIdentity": ""},
    }


def _metadata(lease: Object | None) -> Object:
    """Return the metadata to write; the uid in it keeps a replacement from creating anew what somebody deleted."""
    if lease is None:
        return {"name": NAME}
    return {key: value for key, value in mapping(lease.get("metadata")).items() if key != "managedFields"}


def _without_ours(annotations: Object) -> Object:
    return {key: value for key, value in annotations.items() if key not in {HOLDER, PLAN, REQUEST}}


def read_held(lease: Object, date: datetime | None, is_gone: Callable[[Holder], bool]) -> Held | None:
    """Return who holds the lease, as of the server's `date` of the answer it came with; None where nobody does."""
    holder = read_holder(lease)
    if holder is None:
        return None
    return Held(holder, expires_in(lease, date), is_gone(holder), read_request(lease, holder))


def read_holder(lease: Object) -> Holder | None:
    """Return the holder of a lease; None where nobody holds it.

    Where its own words do not tell, or are another's, just its identity is known.
    """
    identity = text(at(lease, "/spec/holderIdentity"))
    if not identity:
        return None
    annotations = mapping(at(lease, "/metadata/annotations"))
    said = _parsed(annotations.get(HOLDER))
    if said.get("identity") != identity:
        return Holder(identity, "", _line(identity), 0, "", step=False, plan=_line(annotations.get(PLAN)))
    pid = said.get("pid")
    return Holder(
        identity=identity,
        user=_line(said.get("user")),
        host=_line(said.get("host")),
        pid=pid if isinstance(pid, int) else 0,
        process=text(said.get("process")) or "",
        step=said.get("step") is True,
        plan=_line(annotations.get(PLAN)),
    )


def expires_in(lease: Object, date: datetime | None) -> float:
    """Return the seconds until a held lease comes free unless it is renewed.

    Where the server does not say when it was renewed, or what time it is, all its duration is left.
    """
    duration = at(lease, "/spec/leaseDurationSeconds")
    seconds = float(duration) if isinstance(duration, int) else float(DURATION)
    stamped = _stamped(lease)
    if date is None or stamped is None:
        return seconds
    return min(seconds, seconds + _CUT_OFF - (date - stamped).total_seconds())


def _stamped(lease: Object) -> datetime | None:
    """Return the server's time of the last renewal: of the latest entry that owns it."""
    entries = at(lease, "/metadata/managedFields")
    times = [
        _time(entry.get("time"))
        for entry in (entries if isinstance(entries, list) else [])
        if isinstance(entry, dict) and subtree(mapping(entry.get("fieldsV1")), "/spec/renewTime") is not None
    ]
    return max((time for time in times if time), default=None)


def _time(value: Value) -> datetime | None:
    try:
        time = datetime.fromisoformat((text(value) or "").replace("Z", "+00:00"))
    except ValueError:
        return None
    return time if time.tzinfo else None


def request(asked: Request, holder: Holder) -> str:
    """Return the annotation's text of a request to one holder for one plan."""
    return json.dumps({**asdict(asked), "holder": holder.identity, "plan": holder.plan}, sort_keys=True)


def read_request(lease: Object, holder: Holder) -> Request | None:
    """Return what is asked of just this holder and plan; None where nothing is, or where it makes no sense."""
    said = _parsed(mapping(at(lease, "/metadata/annotations")).get(REQUEST))
    if (said.get("holder"), said.get("plan")) != (holder.identity, holder.plan):
        return None
    number, action = text(said.get("id")), text(said.get("action"))
    if not number or action not in ACTIONS:
        return None
    return Request(number, action, _line(said.get("by")) or "somebody")


def _line(value: Value) -> str:
    """Return what another process says of itself as something that may be printed within a line."""
    return "".join(each if each.isprintable() else "?" for each in text(value) or "")


def _parsed(annotation: Value) -> Object:
    try:
        return mapping(json.loads(text(annotation) or ""))
    except (ValueError, RecursionError):
        return {}
