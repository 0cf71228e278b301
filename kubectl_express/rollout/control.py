"""What is asked of a running rollout, from wherever: to stop, to pause, to go on."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING

from kubectl_express.core import lease as leases
from kubectl_express.core.lease import Request
from kubectl_express.core.values import Object, Value, at, join, mapping, text
from kubectl_express.errors import ExpressError, ServerError
from kubectl_express.rollout.lease_object import read

if TYPE_CHECKING:
    from kubectl_express.core.lease import Held
    from kubectl_express.sources.cluster import Cluster

_MANAGER = "kubectl-express-request"
"""Another field manager than the holder's, so that a request does not look like a renewal."""
_ATTEMPTS = 5
_WITHIN = 10.0


class NoRolloutError(ExpressError):
    """There is no rollout to ask."""


def held(cluster: Cluster, namespace: str) -> Held | None:
    """Return who holds the lease of a system's rollout, be that over or not; None where nobody does."""
    return read(cluster, namespace)[1]


def ask(cluster: Cluster, namespace: str, action: str, by: str) -> Held:
    """Ask the running rollout to `stop`, `pause` or `resume`, and return who is asked.

    Only this very rollout will hear it, whatever begins meanwhile. One that was last heard of too long ago is asked
    nevertheless (`expires_in` is not above 0): it hears it if it ever goes on. A stop stays one, whatever is asked
    later. Raises NoRolloutError where there is no rollout to ask.
    """
    asked = Request(secrets.token_hex(8), action, by)
    first: tuple[str, str] | None = None
    for _ in range(_ATTEMPTS):
        lease, found = read(cluster, namespace)
        if lease is None or found is None or found.gone:
            raise NoRolloutError(_nobody(cluster, namespace, found))
        this = (found.holder.identity, found.holder.plan)
        first = first or this
        if this != first:
            raise ExpressError(f"another rollout of {namespace} has begun meanwhile, and {found}: look, and ask again")
        if found.request and found.request.action == "stop":
            if action == "stop":
                return found
            raise ExpressError(f"the rollout of {namespace} is stopping already: {found.request.by} asked it to")
        try:
            cluster.send(
                "PATCH",
                leases.path(namespace),
                {"fieldManager": _MANAGER},
                json.dumps(_patch(lease, found, asked)).encode(),
                "application/json-patch+json",
                within=_WITHIN,
            )
        except ServerError as error:
            if error.status not in (404, 409, 422):
                raise
        else:
            return found
    raise ExpressError(f"the rollout of {namespace} could not be asked: its lease changes all the time; try again")


def _patch(lease: Object, found: Held, asked: Request) -> list[Value]:
    """Return a JSON patch that does nothing unless the holder, its plan and what it was last asked are as read."""
    place = join("/metadata/annotations", leases.REQUEST)
    before = mapping(at(lease, "/metadata/annotations")).get(leases.REQUEST)
    return [
        {"op": "test", "path": "/spec/holderIdentity", "value": found.holder.identity},
        {"op": "test", "path": join("/metadata/annotations", leases.PLAN), "value": found.holder.plan},
        {"op": "test", "path": place, "value": text(before)},
        {"op": "add", "path": place, "value": leases.request(asked, found.holder)},
    ]


def _nobody(cluster: Cluster, namespace: str, found: Held | None) -> str:
    where = f" of {cluster.context}" if cluster.context else ""
    return f"no rollout is running in {namespace}{where}" + (f": it {found}" if found else "")
