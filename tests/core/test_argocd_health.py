from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from kubectl_express.core.argocd_health import Health, HealthStatus, health, health_lua

if TYPE_CHECKING:
    from kubectl_express.core.values import Object

PATH = "/spec/deploymentRevision"
OLD, NEW = "3f2a9c01de", "91b9d4e077"
UNSEEN = Health(HealthStatus.PROGRESSING, f"the operator has not said yet that it has seen {NEW}")


def cr(revision: Any = NEW, *, generation: int = 3, status: Any = None, **metadata: Any) -> Object:
    return {
        "kind": "Frontend",
        "metadata": {"name": "fe1", "generation": generation, **metadata},
        "spec": {"deploymentRevision": revision},
        **({} if status is None else {"status": status}),
    }


def status(observed: Any = 3, revision: Any = NEW, *, ready: Any = True) -> Object:
    return {"observedGeneration": observed, "deploymentRevision": revision, "ready": ready}


def test_a_node_is_healthy_where_its_operator_says_of_this_generation_that_it_is_ready_at_the_revision() -> None:
    assert health(cr(status=status()), PATH) == Health(HealthStatus.HEALTHY, f"ready at {NEW}")


@pytest.mark.parametrize(
    "reported", [None, {}, status(observed=2), status(observed=2, revision=OLD), status(revision=OLD), status("3")]
)
def test_a_status_from_before_the_apply_is_an_update_that_goes_on(reported: Any) -> None:
    assert health(cr(status=reported), PATH) == UNSEEN


def test_an_operator_that_names_no_revision_is_not_taken_at_its_word_for_a_healthy_pod() -> None:
    found = health(cr(status={"observedGeneration": 3, "ready": True}), PATH)
    assert found == Health(HealthStatus.PROGRESSING, f"the operator does not say that it is at {NEW}")


@pytest.mark.parametrize("ready", [False, None, "true", 1])
def test_pods_that_are_not_said_to_be_ready_are_waited_for_and_fail_no_sync(ready: Any) -> None:
    assert health(cr(status=status(ready=ready)), PATH) == Health(HealthStatus.PROGRESSING, f"not ready yet at {NEW}")


def test_what_is_being_deleted_is_never_healthy() -> None:
    deleted = cr(status=status(), deletionTimestamp="2026-01-01T00:00:00Z")
    assert health(deleted, PATH) == Health(HealthStatus.PROGRESSING, "its Frontend is being deleted")


@pytest.mark.parametrize("revision", [None, "", 7, ["91b9d4e077"]])
def test_a_resource_that_declares_no_revision_can_only_fail_a_sync(revision: Any) -> None:
    found = health(cr(revision, status=status(revision=revision)), PATH)
    assert found == Health(HealthStatus.DEGRADED, f"no revision at {PATH}")


def test_the_lua_looks_where_the_settings_say_in_maps_and_in_lists() -> None:
    lua = health_lua('/spec/stages/0/a"b~1c')
    inner = ', "0", 1), "a\\"b/c")'
    assert f'local declared = at(at(at(at(obj, "spec"), "stages"){inner}' in lua
    assert f'local reported = at(at(at(at(obj, "status"), "stages"){inner}' in lua
