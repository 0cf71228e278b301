"""What an API server says of its resource types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubectl_express.core.values import Object, Value, at, mapping, objects, text
from kubectl_express.errors import ExpressError, ServerError
from kubectl_express.sources.paths import segment

if TYPE_CHECKING:
    from kubectl_express.sources.cluster import Cluster


def group_path(group: str, version: str) -> str:
    """Return the path of a group and version: the core group has no name, and a path of its own."""
    return f"/apis/{group}/{version}" if group else f"/api/{version}"


@dataclass(frozen=True, slots=True)
class ServedKind:
    """A resource type as the API server serves it."""

    group: str
    plural: str
    path: str
    """The collection's path, with `{namespace}` where it is namespaced."""
    has_status: bool = False
    """Whether the status is written apart: if not, each write of it counts as a new generation."""

    @property
    def namespaced(self) -> bool:
        """Whether its objects live in namespaces."""
        return "{namespace}" in self.path

    def collection(self, namespace: str) -> str:
        """Return the path that lists it in a namespace."""
        return self.path.format(namespace=segment(namespace)) if self.namespaced else self.path

    def item(self, namespace: str, name: str) -> str:
        """Return the path of one object in a namespace."""
        return f"{self.collection(namespace)}/{segment(name)}"


def served_kind(cluster: Cluster, api_version: str, kind: str) -> ServedKind | None:
    """Return how the server serves a kind of an apiVersion; None where it does not know it."""
    group, _, version = api_version.rpartition("/")
    prefix = group_path(group, version)
    try:
        served = cluster.get_once(prefix)
    except ServerError as error:
        if error.status == 404:
            return None
        raise
    resources = objects(served.get("resources"))
    for resource in resources:
        plural = text(at(resource, "/name")) or ""
        if at(resource, "/kind") == kind and "/" not in plural:
            within = "/namespaces/{namespace}" if at(resource, "/namespaced") else ""
            has_status = any(at(each, "/name") == f"{plural}/status" for each in resources)
            return ServedKind(group, plural, f"{prefix}{within}/{plural}", has_status)
    return None


def plurals(cluster: Cluster, group: str, version: str) -> dict[str, str]:
    """Return the plural of each kind that the server has in a group and version, as paths name it.

    Raises ExpressError where the server does not have the group and version.
    """
    try:
        served = cluster.get_once(group_path(group, version))
    except ServerError as error:
        if error.status != 404:
            raise
        where = f"context {cluster.context}" if cluster.context else cluster.server
        raise ExpressError(
            f"the CRDs of {group}/{version} are not installed in {where}: apply them first, "
            "or correct group and version in .express.yaml"
        ) from None
    found: dict[str, str] = {}
    for resource in objects(served.get("resources")):
        kind, name = text(at(resource, "/kind")), text(at(resource, "/name"))
        if kind and name and "/" not in name:  # with a slash it is a subresource
            found[kind] = name
    return found


def schema(cluster: Cluster, group: str, version: str, kind: str) -> Object | None:
    """Return the structural OpenAPI v3 schema of a kind, references resolved; None where the server has none.

    Every authenticated user may read it, unlike the CRD. Where a type contains itself, the inner one is `{}`.
    """
    try:
        document = cluster.get(f"/openapi/v3{group_path(group, version)}")
    except ServerError as error:
        if error.status in (403, 404):
            return None
        raise
    schemas = mapping(at(document, "/components/schemas"))
    wanted: Object = {"group": group, "version": version, "kind": kind}
    for candidate in schemas.values():
        known = at(candidate, "/x-kubernetes-group-version-kind")
        if isinstance(known, list) and wanted in known:
            return mapping(_resolved(candidate, schemas, ()))
    return None


def _resolved(value: Value, schemas: Object, within: tuple[str, ...]) -> Value:
    if isinstance(value, list):
        return [_resolved(item, schemas, within) for item in value]
    if not isinstance(value, dict):
        return value
    reference = value.get("$ref")
    if isinstance(reference, str):
        name = reference.rpartition("/")[2]
        return {} if name in within else _resolved(schemas.get(name), schemas, (*within, name))
    return {key: _resolved(member, schemas, within) for key, member in value.items()}
