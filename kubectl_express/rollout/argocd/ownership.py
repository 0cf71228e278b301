"""Which of Argo CD's Applications own a system's nodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubectl_express.core.applications import read_application
from kubectl_express.core.values import Object, Value, at, mapping, objects, text
from kubectl_express.errors import ServerError
from kubectl_express.rollout.argocd.place import API_VERSION, KIND
from kubectl_express.sources.discovery import ServedKind, served_kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kubectl_express.core.applications import Application
    from kubectl_express.core.settings import ResourceSettings
    from kubectl_express.sources.cluster import Cluster

TRACKING_ID = "argocd.argoproj.io/tracking-id"
INSTANCE = "app.kubernetes.io/instance"
_USUAL_NAMESPACE = "argocd"
_THIS_CLUSTER = "https://kubernetes.default.svc"
"""What Argo CD calls the cluster that it runs in, where it does not call it `in-cluster`."""

_Identity = tuple[str, str, str]
"""Group, kind and name of a node's resource."""


@dataclass(frozen=True, slots=True)
class Owners:
    """The Applications that own nodes; `notes` say what could not be found out, a line each."""

    applications: tuple[Application, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Claim:
    """An Application as nodes name it. Where it is not in Argo CD's own namespace, that stands before its name."""

    name: str
    namespace: str | None

    @classmethod
    def read(cls, instance: str) -> _Claim:
        namespace, _, name = instance.rpartition("_")
        return cls(name, namespace or None)

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name

    def means(self, application: Object) -> bool:
        place = _metadata(application, "namespace")
        return self.name == _metadata(application, "name") and self.namespace in {None, place}


def owning_applications(
    cluster: Cluster, namespace: str, resources: Iterable[Object], settings: ResourceSettings
) -> Owners:
    """Return the Applications that own the nodes of a namespace; `resources` are those of them that there are.

    Such is one that a resource's tracking-id names; one that lists any node of the namespace as its own, be it there
    yet or not, if it deploys to this very cluster; and one that lists a resource whose label names it. It is no error
    where Argo CD may not be looked at.
    """
    nodes = {_identity(resource): resource for resource in resources}
    tracked = dict.fromkeys(_tracked(nodes.values(), namespace))
    labelled = dict.fromkeys(_labelled(nodes.values()))
    served = served_kind(cluster, API_VERSION, KIND)
    read = _read(cluster, served, [*tracked, *labelled]) if served else _Read([])

    def owns(application: Object) -> bool:
        if any(claim.means(application) for claim in tracked):
            return True
        listed = _listed(application, namespace, settings)
        if _deploys_to(application, cluster):
            return bool(listed)
        return not listed.isdisjoint(nodes) and any(claim.means(application) for claim in labelled)

    owners = [application for application in read.applications if owns(application)]
    unseen = [claim for claim in tracked if not any(claim.means(application) for application in read.applications)]
    notes = [_unseen(claim, forbidden=claim in read.forbidden) for claim in unseen]
    if read.blind and not tracked and not owners:
        notes.append(
            "whether an Argo CD application owns these nodes could not be checked: "
            "you may not list applications.argoproj.io"
        )
    return Owners(tuple(map(read_application, owners)), tuple(notes))


def _unseen(claim: _Claim, *, forbidden: bool) -> str:
    why = "which you may not get" if forbidden else "which is not to be found in this cluster"
    return f"nodes are tracked by Argo CD's application {claim}, {why}: it may be syncing them, now or at any time"


def _tracked(resources: Iterable[Object], namespace: str) -> Iterator[_Claim]:
    """Yield what tracking-ids name, `APPLICATION:GROUP/KIND:NAMESPACE/NAME`.

    One that means another object was copied along with other annotations; Argo CD passes it over too.
    """
    for resource in resources:
        instance, _, of = (text(mapping(at(resource, "/metadata/annotations")).get(TRACKING_ID)) or "").partition(":")
        group, kind, name = _identity(resource)
        if instance and of == f"{group}/{kind}:{namespace}/{name}":
            yield _Claim.read(instance)


def _labelled(resources: Iterable[Object]) -> Iterator[_Claim]:
    for resource in resources:
        instance = text(mapping(at(resource, "/metadata/labels")).get(INSTANCE))
        if instance:
            yield _Claim.read(instance)


def _listed(application: Object, namespace: str, settings: ResourceSettings) -> set[_Identity]:
    """Return the nodes of the namespace that it lists as its own, also those that it is yet to create."""
    return {
        (settings.group, kind, text(at(each, "/name")) or "")
        for each in objects(at(application, "/status/resources"))
        if at(each, "/namespace") == namespace
        and (text(at(each, "/group")) or "") == settings.group
        and (kind := text(at(each, "/kind")) or "") in settings.kinds
    }


def _deploys_to(application: Object, cluster: Cluster) -> bool:
    destination = mapping(at(application, "/spec/destination"))
    server = (text(destination.get("server")) or "").rstrip("/")
    return destination.get("name") == "in-cluster" or server in {_THIS_CLUSTER, cluster.server}


@dataclass(frozen=True, slots=True)
class _Read:
    """The Applications that could be read; those that may not be; and whether no namespace's could be listed."""

    applications: list[Object]
    forbidden: frozenset[_Claim] = frozenset()
    blind: bool = False


def _read(cluster: Cluster, served: ServedKind, claims: Iterable[_Claim]) -> _Read:
    """Read the cluster's Applications; where that is forbidden, those of the likely namespaces; else each by name."""
    everywhere = _list(cluster, served.path.replace("/namespaces/{namespace}", ""))
    if everywhere is not None:
        return _Read(everywhere)
    places: dict[str, list[_Claim]] = {_USUAL_NAMESPACE: []}
    for claim in claims:
        places.setdefault(claim.namespace or _USUAL_NAMESPACE, []).append(claim)
    found: list[Object] = []
    forbidden: set[_Claim] = set()
    listed = [_list(cluster, served.collection(place)) for place in places]
    for (place, named), items in zip(places.items(), listed, strict=True):
        if items is not None:
            found += items
            continue
        for claim in dict.fromkeys(named):
            try:
                found.append(cluster.get(served.item(place, claim.name)))
            except ServerError as error:
                if error.status == 403:
                    forbidden.add(claim)
                elif error.status != 404:
                    raise
    return _Read(found, frozenset(forbidden), blind=all(items is None for items in listed))


def _list(cluster: Cluster, path: str) -> list[Object] | None:
    """Return a LIST's objects; None where it is forbidden."""
    try:
        return objects(cluster.get(path).get("items"))
    except ServerError as error:
        if error.status != 403:
            raise
        return None


def _identity(resource: Object) -> _Identity:
    group = (text(resource.get("apiVersion")) or "").rpartition("/")[0]
    return group, text(resource.get("kind")) or "", _metadata(resource, "name")


def _metadata(value: Value, key: str) -> str:
    return text(at(value, f"/metadata/{key}")) or ""
