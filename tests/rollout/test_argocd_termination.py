from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

import pytest

from kubectl_express.core.applications import Application, read_application
from kubectl_express.errors import ExpressError
from kubectl_express.rollout.argocd.termination import terminate
from kubectl_express.sources.cluster import Cluster
from kubectl_express.sources.kubeconfig import ConnectionOptions, resolve
from tests.testbed.applications import OPERATION, application, application_path, begin, end, operation_state, phase_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.testbed.api import Api

LATER = "2024-03-05T07:40:00Z"


class Meddled(Cluster):
    """A cluster where somebody does something between each look at an Application and what is written then."""

    meddle: Callable[[], object]

    def send(self, *words: Any, **named: Any) -> Any:
        self.meddle()
        return super().send(*words, **named)


@pytest.fixture
def name() -> str:
    return f"app-{secrets.token_hex(4)}"


@pytest.fixture
def connection(kubeconfig: Path) -> Meddled:
    made = Meddled(resolve(ConnectionOptions(kubeconfig=str(kubeconfig)), {}), {})
    made.meddle = lambda: None
    return made


def seen(argo: Api, name: str) -> Application:
    return read_application(argo.get(application_path(name=name)))


def told(connection: Cluster, application: Application, pause: Callable[[float], object] = lambda _: None) -> list[str]:
    """Terminate, and return what was told."""
    lines: list[str] = []
    terminate(connection, application, "alice@host7", lines.append, pause)
    return lines


def test_a_running_sync_is_terminated_and_argo_cds_own_event_says_by_whom(
    argo: Api, connection: Meddled, name: str
) -> None:
    application(argo, name, phase="Running")
    assert told(connection, seen(argo, name), lambda _: end(argo, name)) == ["is being terminated"]
    found = argo.get(f"/api/v1/namespaces/argocd/events?fieldSelector=involvedObject.name%3D{name}")["items"]
    assert [(each["reason"], each["type"], each["message"]) for each in found] == [
        ("ResourceUpdated", "Normal", "alice@host7 terminated running operation")
    ]


def test_a_sync_that_is_asked_for_is_terminated_once_it_begins(argo: Api, connection: Meddled, name: str) -> None:
    application(argo, name, operation=OPERATION)
    steps = iter((lambda: begin(argo, name), lambda: end(argo, name)))
    assert told(connection, seen(argo, name), lambda _: next(steps)()) == ["is being terminated"]


def test_a_sync_that_is_asked_for_and_never_begins_is_an_error(
    argo: Api, connection: Meddled, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kubectl_express.rollout.argocd.termination._BEGINS_WITHIN", 0.1)
    application(argo, name, operation=OPERATION)
    with pytest.raises(ExpressError, match=f"argocd/{name}: a sync is asked for and does not begin, so there is"):
        told(connection, seen(argo, name))
    assert phase_of(argo, name) == "Succeeded"


def test_a_sync_that_ends_between_the_look_and_the_patch_is_left_as_it_ended(
    argo: Api, connection: Meddled, name: str
) -> None:
    application(argo, name, phase="Running")
    connection.meddle = lambda: end(argo, name, "Succeeded", "successfully synced (all tasks run)")
    with pytest.raises(ExpressError, match=f"the sync of Argo CD's application argocd/{name} has ended by itself mean"):
        told(connection, seen(argo, name))
    assert phase_of(argo, name) == "Succeeded"


def test_a_sync_that_begins_between_the_look_and_the_patch_is_not_the_one_that_was_meant(
    argo: Api, connection: Meddled, name: str
) -> None:
    application(argo, name, phase="Running")
    connection.meddle = lambda: begin(argo, name, startedAt=LATER)
    with pytest.raises(ExpressError, match="has begun another sync meanwhile: look, and ask again"):
        told(connection, seen(argo, name))
    assert phase_of(argo, name) == "Running"


def test_an_application_that_is_written_between_the_look_and_the_patch_is_terminated_all_the_same(
    argo: Api, connection: Meddled, name: str
) -> None:
    application(argo, name, phase="Running")
    message = {
        "status": {"operationState": {"message": "waiting for healthy state of express.example.com/Backend/be2"}}
    }
    connection.meddle = lambda: argo.patch(application_path(name=name), message)
    assert told(connection, seen(argo, name), lambda _: end(argo, name)) == ["is being terminated"]


def test_a_termination_that_the_controller_writes_over_is_made_again(argo: Api, connection: Meddled, name: str) -> None:
    application(argo, name, phase="Running")
    phases: list[str] = []

    def controller() -> None:
        phases.append(phase_of(argo, name))
        if len(phases) == 1:
            argo.patch(application_path(name=name), {"status": {"operationState": operation_state()}})
        elif len(phases) == 3:
            end(argo, name)

    assert told(connection, seen(argo, name), lambda _: controller()) == ["is being terminated"]
    assert phases == ["Terminating", "Terminating", "Terminating"]


def test_a_sync_that_is_being_terminated_already_is_told_so(argo: Api, connection: Meddled, name: str) -> None:
    application(argo, name, phase="Terminating")
    assert told(connection, seen(argo, name)) == ["is being terminated already"]


def test_an_application_that_is_gone_has_no_sync_to_terminate(argo: Api, connection: Meddled, name: str) -> None:
    application(argo, name, phase="Running")
    before = seen(argo, name)
    argo.delete(application_path(name=name))
    with pytest.raises(ExpressError, match=f"argocd/{name} is not there any more"):
        told(connection, before)
