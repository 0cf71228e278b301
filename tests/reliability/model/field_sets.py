"""Which manager set which fields of an object, as server-side apply keeps it: as sets of the fields' paths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kubectl_express.errors import ServerError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.testbed.api import Object

Path = tuple[str, ...]
Managers = dict[tuple[str, str], tuple[set[Path], str]]
"""By name and operation, the fields that a manager has, and since when."""

_NOBODYS = frozenset(
    {"name", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp", "managedFields"}
)
"""What of an object's metadata the server sets, and no manager has."""


def fields(content: dict[str, Any]) -> dict[Path, Any]:
    """Return what managers may have of an object: by the path of each field, its value; lists are whole."""
    found = {key: value for key, value in content.items() if key not in {"apiVersion", "kind", "metadata"}}
    metadata = {key: value for key, value in content.get("metadata", {}).items() if key not in _NOBODYS}
    return _leaves({**found, "metadata": metadata} if metadata else found, ())


def _leaves(value: Any, path: Path) -> dict[Path, Any]:
    if not isinstance(value, dict) or (path and not value):
        return {path: value}
    return {key: leaf for name, member in value.items() for key, leaf in _leaves(member, (*path, name)).items()}


def tree(paths: Iterable[Path]) -> dict[str, Any]:
    """Return paths as `fieldsV1` has them."""
    made: dict[str, Any] = {}
    for path in sorted(paths):
        place = made
        for name in path:
            place = place.setdefault(f"f:{name}", {})
    return made


def paths(fields_v1: dict[str, Any], before: Path = ()) -> set[Path]:
    """Return the paths of a `fieldsV1`; the parents that it may name with `.` are none of them."""
    members = {key: value for key, value in fields_v1.items() if key != "."}
    if not members:
        return {before} if before else set()
    return set().union(*(paths(value, (*before, key.removeprefix("f:"))) for key, value in members.items()))


def put(content: dict[str, Any], path: Path, value: Any) -> None:
    """Set the field at a path."""
    *parents, last = path
    for name in parents:
        content = content.setdefault(name, {})
    content[last] = value


def drop(content: dict[str, Any], path: Path) -> None:
    """Take out the field at a path, and leave what held it."""
    *parents, last = path
    for name in parents:
        content = content.get(name, {})
    content.pop(last, None)


def managers_of(item: Object) -> Managers:
    """Return who has which fields, and since when."""
    return {
        (entry["manager"], entry["operation"]): (paths(entry["fieldsV1"]), entry.get("time", ""))
        for entry in item.get("metadata", {}).get("managedFields", ())
    }


def times_of(item: Object) -> dict[tuple[str, str], str]:
    """Return since when each manager has what it has."""
    return {who: time for who, (_, time) in managers_of(item).items()}


def entries(managers: Managers, api_version: str) -> list[Object]:
    """Return the managers as `managedFields` has them."""
    return [
        {
            "manager": name,
            "operation": operation,
            "apiVersion": api_version,
            "time": time,
            "fieldsType": "FieldsV1",
            "fieldsV1": tree(had),
        }
        for (name, operation), (had, time) in sorted(managers.items(), key=lambda each: (each[0][1], each[1][1]))
    ]


def refused_apply(conflicts: dict[tuple[str, str], set[Path]]) -> ServerError:
    """Return the refusal of an apply that would take fields from others."""
    count = sum(map(len, conflicts.values()))
    told = []
    for (name, _), found in sorted(conflicts.items()):
        places = sorted("." + ".".join(path) for path in found)
        told.append(f'"{name}" using v1: {places[0]}' if len(places) == 1 else f'"{name}":\n- ' + "\n- ".join(places))
    many = "s" if count > 1 else ""
    return ServerError(
        "Conflict", f"Apply failed with {count} conflict{many}: conflict{many} with {'; '.join(told)}", 409
    )
