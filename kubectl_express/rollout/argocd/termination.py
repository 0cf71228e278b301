"""Ending an Application's sync, as Argo CD's own Terminate button does."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from kubectl_express.core.applications import REQUESTED, RUNNING, TERMINATING, read_application
from kubectl_express.errors import ExpressError, ServerError
from kubectl_express.rollout.announcer import Announcer
from kubectl_express.rollout.argocd.place import GROUP, PLURAL, path
from kubectl_express.rollout.rights import Right

if TYPE_CHECKING:
    from collections.abc import Callable

    from kubectl_express.core.applications import Application, Sync
    from kubectl_express.core.values import Object, Value
    from kubectl_express.sources.cluster import Cluster

_MANAGER = "kubectl-express-request"
_ATTEMPTS = 10
"""How often an Application is looked at again that changed between a look and the patch, as Argo CD's server does."""
_BEGINS_WITHIN = 10.0
"""Seconds in which a sync that is asked for should begin."""
_KEPT_FOR = 3.0
"""Seconds for which it is seen to that a termination is not undone; where Argo CD is at work it has ended by then."""
_LOOK_EVERY = 0.2
_WITHIN = 10.0


def terminate(
    cluster: Cluster,
    application: Application,
    by: str,
    on_terminated: Callable[[str], None],
    pause: Callable[[float], object] = time.sleep,
) -> None:
    """End the sync that the Application was seen to be at, and no other; one that is yet to begin is awaited.

    Says in `on_terminated` what became of it, as soon as that is done. Raises ExpressError where there is no such sync
    any more, where it does not begin, and where the user lacks a right.

    After server/application/application.go, TerminateOperation: there is no status subresource, and the controller
    sees to what it finds in the phase.
    """
    seen = application.sync.started if application.sync else None
    for _ in range(_ATTEMPTS):
        found, sync = _begun(cluster, application, seen, pause)
        seen = sync.started
        if sync.phase == TERMINATING:
            on_terminated("is being terminated already")
            return
        if _patch(cluster, application, sync):
            on_terminated("is being terminated")
            _announce(cluster, found, application, by)
            with suppress(ExpressError):
                _keep(cluster, application, sync, pause)
            return
    raise ExpressError(f"the sync of {application.title} could not be terminated: it changes all the time; try again")


def _begun(
    cluster: Cluster, application: Application, seen: str | None, pause: Callable[[float], object]
) -> tuple[Object, Sync]:
    """Return the Application afresh, with the sync that was seen to begin then, or any if none was."""
    deadline = time.monotonic() + _BEGINS_WITHIN
    while True:
        found = _get(cluster, application)
        now = read_application(found)
        if now.sync is None or not now.syncing or (seen is not None and now.sync.started != seen):
            raise ExpressError(_too_late(now))
        if now.sync.phase != REQUESTED:
            return found, now.sync
        if time.monotonic() >= deadline:
            raise ExpressError(
                f"{now.title}: a sync is asked for and does not begin, so there is nothing to terminate yet; is Argo "
                "CD's application controller at work? Stop again once it has begun"
            )
        pause(_LOOK_EVERY)


def _keep(cluster: Cluster, application: Application, sync: Sync, pause: Callable[[float], object]) -> None:
    """See to it that the sync stays terminated until it has ended, for a while.

    The controller writes the phase without looking what it has become: what it was about to write undoes a termination.
    """
    deadline = time.monotonic() + _KEPT_FOR
    while time.monotonic() < deadline:
        pause(_LOOK_EVERY)
        now = read_application(_get(cluster, application))
        if not now.syncing or now.sync is None or now.sync.started != sync.started:
            return
        if now.sync.phase == RUNNING:
            _patch(cluster, application, sync)


def _get(cluster: Cluster, application: Application) -> Object:
    try:
        return cluster.get(path(application))
    except ServerError as error:
        raise _refused(error, application, "get") from error


def _patch(cluster: Cluster, application: Application, sync: Sync) -> bool:
    """Terminate just this sync; return whether that was done, or the Application is another by now."""
    operations: list[Value] = [
        {"op": "test", "path": "/status/operationState/phase", "value": RUNNING},
        {"op": "test", "path": "/status/operationState/startedAt", "value": sync.started},
        {"op": "replace", "path": "/status/operationState/phase", "value": TERMINATING},
    ]
    try:
        cluster.send(
            "PATCH",
            path(application),
            {"fieldManager": _MANAGER},
            json.dumps(operations).encode(),
            "application/json-patch+json",
            within=_WITHIN,
        )
    except ServerError as error:
        if error.status in (404, 409, 422):
            return False
        raise _refused(error, application, "patch") from error
    return True


def _refused(error: ServerError, application: Application, verb: str) -> ExpressError:
    if error.status == 403:
        right = Right(verb, GROUP, PLURAL, application.namespace, application.name)
        return ExpressError(
            f"{application.title} is syncing these nodes, and terminating that takes rights that you do not have "
            f"in namespace {right.namespace}: {right}"
        )
    if error.status == 404:
        return ExpressError(f"{application.title} is not there any more: there is no sync of it to terminate")
    return error


def _too_late(now: Application) -> str:
    if now.syncing:
        return f"{now.title} has begun another sync meanwhile: look, and ask again"
    ended = f": {now.sync.phase}" if now.sync else ""
    return f"nothing was terminated: the sync of {now.title} has ended by itself meanwhile{ended}"


def _announce(cluster: Cluster, found: Object, application: Application, by: str) -> None:
    """Leave the Event on the Application that Argo CD's server leaves; without the right to, none."""
    announcer = Announcer(cluster, application.namespace, lambda _: None)
    announcer.announce(found, "ResourceUpdated", f"{by} terminated running operation")
    announcer.close()
