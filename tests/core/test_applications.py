from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from kubectl_express.core.applications import Application, Sync, awaited, read_application
from tests.testbed.applications import OPERATION, REVISION, operation_state

if TYPE_CHECKING:
    from kubectl_express.core.values import Object

STARTED = "2024-03-05T07:33:03Z"
BY = "foo@example.com"
NODES = ("be1", "be2", "fe1")


def read(**content: Any) -> Application:
    return read_application({"metadata": {"name": "express", "namespace": "argocd"}, **content})


def sync(message: str) -> Sync:
    return Sync("Running", message, STARTED, None, None, None, applied=True)


def test_a_sync_under_way_says_since_when_to_what_and_by_whom() -> None:
    message = "waiting for healthy state of express.example.com/Backend/be1"
    found = read(operation=OPERATION, status={"operationState": operation_state()})
    assert found.syncing
    assert found.sync == Sync("Running", message, STARTED, None, REVISION, BY, applied=True)


def test_a_sync_that_is_asked_for_says_nothing_of_the_one_before() -> None:
    found = read(operation=OPERATION, status={"operationState": operation_state("Failed")})
    assert found.syncing
    assert found.sync == Sync("Requested", "", None, None, REVISION, BY, applied=False)


def test_a_sync_whose_operation_is_gone_is_over_whatever_its_phase_says() -> None:
    found = read(status={"operationState": operation_state("Running")})
    assert not found.syncing
    assert found.sync
    assert found.sync.phase == "Running"


def test_an_application_that_never_synced_has_no_sync() -> None:
    assert read() == Application("express", "argocd", automated=False)


@pytest.mark.parametrize(
    ("operation", "by"),
    [({"initiatedBy": {"automated": True}}, "auto-sync"), ({"initiatedBy": {}}, None), ({"sync": {}}, None)],
)
def test_argo_cd_itself_and_nobody_at_all_may_have_begun_a_sync(operation: Object, by: str | None) -> None:
    found = read(status={"operationState": operation_state(operation=operation)}).sync
    assert found
    assert found.by == by


def test_an_application_of_several_sources_has_their_revisions() -> None:
    result = {"revision": "", "revisions": ["a1", "b2"]}
    found = read(status={"operationState": operation_state(syncResult=result)}).sync
    assert found
    assert found.revision == "a1,b2"


@pytest.mark.parametrize(
    ("result", "applied"),
    [
        ({"status": "Synced", "syncPhase": "Sync"}, True),
        ({"status": "SyncFailed", "syncPhase": "Sync"}, False),
        ({"status": "Synced", "syncPhase": "PreSync"}, False),
    ],
)
def test_what_runs_before_a_sync_and_what_was_refused_is_not_applied_by_it(result: Object, applied: bool) -> None:
    found = read(status={"operationState": operation_state(syncResult={"resources": [result]})}).sync
    assert found
    assert found.applied is applied


@pytest.mark.parametrize(
    ("message", "node"),
    [
        ("waiting for healthy state of express.example.com/Backend/be2", "be2"),
        ("waiting for healthy state of express.example.com/Backend/be2 and 2 more resources", None),
        ("waiting for completion of hook batch/Job/wait-be2-0123456-sync-1700000000", "be2"),
        ("waiting for completion of hook batch/Job/wait-be2-0123456-presync-1700000000", None),
        ("waiting for completion of hook batch/Job/wait-be2", None),
        ("waiting for completion of hook batch/Job/migrate and 1 more hooks", None),
        ("waiting for deletion of express.example.com/Frontend/fe1", "fe1"),
        ("waiting for healthy state of apps/Deployment/be2", None),
        ("waiting for healthy state of /ConfigMap/be2", None),
        ("one or more tasks are running", None),
        ("", None),
    ],
)
def test_the_node_that_a_sync_waits_for_is_read_from_what_it_says(message: str, node: str | None) -> None:
    assert awaited(sync(message), "express.example.com", ("Backend", "Frontend"), NODES) == node
