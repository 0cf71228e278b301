"""A node's resource is what a plan was made for as long as nobody deploys it, edits it, or makes it anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kubectl_express.core.unchanged import is_as_planned
from kubectl_express.core.values import mapping
from tests.core.rendered import SETTINGS, applied_by_kubectl, resource

if TYPE_CHECKING:
    from kubectl_express.core.values import Object, Value

DATA: Object = {"image": "x"}
PLANNED = applied_by_kubectl(resource("be1", DATA))


def having(manager: str, operation: str = "Update", **members: Value) -> Object:
    """Return the planned resource with these members of its spec, owned by such a manager."""
    fields: Object = {"f:spec": {f"f:{name}": {} for name in members}}
    entry: Object = {"manager": manager, "operation": operation, "fieldsV1": fields}
    metadata: Object = {**mapping(PLANNED["metadata"]), "managedFields": [entry]}
    return {**PLANNED, "metadata": metadata, "spec": {**mapping(PLANNED["spec"]), **members}}


def as_planned(planned: Object | None, live: Object | None, data: Object | None = DATA) -> bool:
    return is_as_planned(planned, live, data, SETTINGS.resources)


def test_what_is_there_is_not_what_is_not() -> None:
    assert as_planned(None, None, None)
    assert not as_planned(PLANNED, None)
    assert not as_planned(None, PLANNED, None)


@pytest.mark.parametrize("data", [DATA, None], ids=["proven", "not proven"])
def test_a_status_is_no_part_of_it(data: Object | None) -> None:
    assert as_planned(PLANNED, {**PLANNED, "status": {"ready": True}}, data)


@pytest.mark.parametrize("data", [DATA, None], ids=["proven", "not proven"])
@pytest.mark.parametrize(
    "live",
    [
        {**PLANNED, "metadata": {**mapping(PLANNED["metadata"]), "uid": "another"}},
        {**PLANNED, "spec": {**mapping(PLANNED["spec"]), "deploymentRevision": "another"}},
        {**PLANNED, "spec": {**mapping(PLANNED["spec"]), "image": "by hand"}},
        having("kubectl-edit", cache=1),
        having("helm", "Apply", cache=1),
    ],
    ids=["made anew", "another revision", "another parameter", "one more, by hand", "one more, deployed"],
)
def test_whoever_deploys_edits_or_makes_it_anew_changes_it(live: Object, data: Object | None) -> None:
    assert not as_planned(PLANNED, live, data)


def test_a_controller_may_write_a_field_of_its_own_where_it_is_known_to_be_no_parameter() -> None:
    scaled, again = having("autoscaler", replicas=3), having("autoscaler", replicas=4)
    assert as_planned(scaled, again)
    assert as_planned(PLANNED, again)
    assert not as_planned(scaled, again, None)


def test_an_edit_stays_one_beside_what_a_controller_writes() -> None:
    edited = having("autoscaler", replicas=4)
    edited = {**edited, "spec": {**mapping(edited["spec"]), "image": "by hand"}}
    assert not as_planned(having("autoscaler", replicas=3), edited)
