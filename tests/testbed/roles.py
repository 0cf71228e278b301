"""Users with exactly the rights that a test gives them, and the documented Role as a table of single rights."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from tests.testbed.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.testbed.api import Api, Object

ROLE = Path(__file__).parent.parent.parent / "docs" / "roles" / "rollout.yaml"
"""The Role that the documents hand out."""
_RBAC = "rbac.authorization.k8s.io"

Single = tuple[str, str, str]
"""A verb, an API group and a resource: the least that a rule can grant."""


def documented() -> list[Single]:
    """Return what the documented Role grants, one by one; a role with all but one of them is `rules` of the others."""
    role = next(document for document in yaml.safe_load_all(ROLE.read_text()) if document["kind"] == "Role")
    return [
        (verb, group, resource)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    ]


def rules(rights: Iterable[Single], names: Iterable[str] = ()) -> list[Object]:
    """Return one rule for each right; with `names`, for the objects so named only."""
    return [
        {"apiGroups": [group], "resources": [resource], "verbs": [verb]}
        | ({"resourceNames": list(names)} if names else {})
        for verb, group, resource in rights
    ]


def called(right: Single) -> str:
    """Return the right as `kubectl auth can-i` takes it, and as the program names it: `patch leases.coordination…`."""
    verb, group, resource = right
    return f"{verb} {resource}.{group}" if group else f"{verb} {resource}"


def grant(api: Api, namespace: str | None, user: str, rights: list[Object]) -> None:
    """Give a user these rules and no others of what was granted here before; None is the whole cluster.

    Returns once the API server, which learns of roles by watching, goes by them.
    """
    kind = "Role" if namespace else "ClusterRole"
    base = f"/apis/{_RBAC}/v1" + (f"/namespaces/{namespace}" if namespace else "")
    name, sign = f"granted-{user}", f"granted-{secrets.token_hex(4)}"
    marked = [*rights, *rules([("get", "testbed.example.com", sign)])]
    _put(api, f"{base}/{kind.lower()}s", name, {"rules": marked})
    binding = {
        "roleRef": {"apiGroup": _RBAC, "kind": kind, "name": name},
        "subjects": [{"apiGroup": _RBAC, "kind": "User", "name": user}],
    }
    _put(api, f"{base}/{kind.lower()}bindings", name, binding)
    asked = {"verb": "get", "group": "testbed.example.com", "resource": sign, "namespace": namespace or ""}
    eventually(lambda: may(api, user, asked), f"{user} has been granted {rights}")


def may(api: Api, user: str, attributes: Object) -> bool:
    """Return whether a user has a right (of SubjectAccessReview's resourceAttributes), as the administrator asks."""
    spec = {"user": user, "groups": ["system:authenticated"], "resourceAttributes": attributes}
    review: Any = api.create("/apis/authorization.k8s.io/v1/subjectaccessreviews", {"spec": spec})
    return bool(review["status"]["allowed"])


def _put(api: Api, path: str, name: str, content: Object) -> None:
    body = {"metadata": {"name": name}, **content}
    if api.find(f"{path}/{name}") is None:
        api.create(path, body)
    else:
        api.replace(f"{path}/{name}", body)
