"""Which rights a rollout will need, and which of them the user lacks: asked before anything is applied."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from kubectl_express.core import lease
from kubectl_express.core.manifest import Manifest
from kubectl_express.core.plan import Action
from kubectl_express.core.values import at, text
from kubectl_express.errors import ExpressError, ServerError
from kubectl_express.sources.threads import together

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from kubectl_express.core.plan import Plan
    from kubectl_express.core.settings import ResourceSettings
    from kubectl_express.core.values import Object
    from kubectl_express.sources.cluster import Cluster
    from kubectl_express.sources.discovery import ServedKind

_REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_AT_ONCE = 8
"""How many questions are asked at the same time; each takes about 10 ms."""
_NAMES_SHOWN = 3

_BOOKKEEPING = (
    ("", "configmaps", None, ("list",)),
    ("", "pods", None, ("list", "watch")),
    ("coordination.k8s.io", "leases", lease.NAME, ("get", "watch", "update")),
    ("coordination.k8s.io", "leases", None, ("create",)),
    ("", "secrets", None, ("get", "list", "create", "patch", "delete")),
    ("", "events", None, ("create",)),
)
"""What every rollout does in its namespace besides applying: it reads revisions and pods, holds the lease, keeps its
record, and leaves events."""


@dataclass(frozen=True, slots=True)
class Right:
    """To do one thing with objects of one kind, or with the one that is named."""

    verb: str
    group: str
    resource: str
    """The kind's plural, as paths and roles name it."""
    namespace: str | None
    """None of what lives in no namespace."""
    name: str | None = None

    def __str__(self) -> str:
        """Say it as `kubectl auth can-i` takes it: `patch backends.express.example.com/be1`."""
        resource = f"{self.resource}.{self.group}" if self.group else self.resource
        return f"{self.verb} {resource}/{self.name}" if self.name else f"{self.verb} {resource}"


def needed(
    plan: Plan,
    served: Callable[[Object], ServedKind],
    settings: ResourceSettings,
    namespace: str,
    *,
    live: Callable[[Object], Object | None],
) -> list[Right]:
    """Return what carrying out the plan takes, each right once; `live` is the object that a manifest names, now.

    Server-side apply needs `patch`, and `create` too where the object is absent, even for a dry run; never `update`.
    It asks for `create` under the object's name, unlike a POST, so a role may restrict it to that. Where the object
    may not be read it is taken to be absent.
    """
    rights: list[Right] = []

    def of(manifest: Manifest, *verbs: str) -> None:
        rights.extend(_rights(manifest, served(manifest.object), namespace, verbs))

    for kind in settings.kinds:
        api_version = f"{settings.group}/{settings.version}" if settings.group else settings.version
        of(Manifest({"apiVersion": api_version, "kind": kind}), "list", "watch")
    for step in plan.steps:
        if step.action is Action.DELETE:
            of(step.manifest, "get", "delete")
        else:
            of(step.manifest, "get", "patch", *(("create",) if step.live is None else ()))
    for manifest in plan.objects:
        of(manifest, "get", "patch", *(("create",) if _absent(manifest, live) else ()))
    for manifest in plan.deleted:
        of(manifest, "get", "delete")
    for group, resource, name, verbs in _BOOKKEEPING:
        rights.extend(Right(verb, group, resource, namespace, name) for verb in verbs)
    return list(dict.fromkeys(rights))


def _rights(manifest: Manifest, served: ServedKind, home: str, verbs: Iterable[str]) -> Iterator[Right]:
    namespace = (text(at(manifest.object, "/metadata/namespace")) or home) if served.namespaced else None
    for verb in verbs:
        yield Right(verb, served.group, served.plural, namespace, manifest.name or None)


def _absent(manifest: Manifest, live: Callable[[Object], Object | None]) -> bool:
    try:
        return live(manifest.object) is None
    except ServerError as error:
        if error.status != 403:
            raise
        return True


def lacking(cluster: Cluster, rights: Sequence[Right]) -> list[Right]:
    """Return those of the rights that the user does not have, in the same order; asked of the API server itself.

    Each is asked without a name first. Where a role has resourceNames, that is answered no: then name by name.
    """
    unnamed = {right: replace(right, name=None) for right in rights}
    general = _granted(cluster, list(dict.fromkeys(unnamed.values())))
    left = [right for right in rights if unnamed[right] not in general]
    particular = _granted(cluster, [right for right in left if right.name])
    return [right for right in left if right not in particular]


def _granted(cluster: Cluster, rights: Sequence[Right]) -> set[Right]:
    granted = together([partial(_is_granted, cluster, right) for right in rights], _AT_ONCE)
    return {right for right, is_granted in zip(rights, granted, strict=True) if is_granted}


def _is_granted(cluster: Cluster, right: Right) -> bool:
    attributes = {
        "verb": right.verb,
        "group": right.group,
        "resource": right.resource,
        **({"namespace": right.namespace} if right.namespace else {}),
        **({"name": right.name} if right.name else {}),
    }
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    answer = cluster.send("POST", _REVIEWS, (), json.dumps(review).encode(), "application/json")
    return at(answer, "/status/allowed") is True


def refusal(lacking: Sequence[Right]) -> ExpressError:
    """Return the error that names every right that lacks, in one line, and where the Role is that has them."""
    places: dict[str, dict[Right, list[str]]] = {}
    for right in lacking:
        place = f"in namespace {right.namespace}" if right.namespace else "in the whole cluster"
        names = places.setdefault(place, {}).setdefault(replace(right, name=None), [])
        if right.name:
            names.append(right.name)
    told = "; ".join(
        f"{place}: {', '.join(_named(right, names) for right, names in rights.items())}"
        for place, rights in places.items()
    )
    return ExpressError(
        f"nothing was applied: this rollout takes rights that you do not have {told}; "
        "docs/rollout.md has the Role that grants them"
    )


def _named(right: Right, names: Sequence[str]) -> str:
    if len(names) < 2:
        return str(replace(right, name=names[0])) if names else str(right)
    more = len(names) - _NAMES_SHOWN
    shown = ", ".join(names[:_NAMES_SHOWN])
    return f"{right} ({shown} and {more} more)" if more > 0 else f"{right} ({shown})"
