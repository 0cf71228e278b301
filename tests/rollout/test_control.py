from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kubectl_express.errors import ExpressError
from kubectl_express.rollout.control import ask, held
from kubectl_express.rollout.lease import Lease, Timing
from kubectl_express.rollout.this_process import this_process
from tests.sources.test_cluster import cluster

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from kubectl_express.sources.cluster import Cluster
    from tests.testbed.api import Api


@pytest.fixture
def connection(kubeconfig: Path) -> Cluster:
    return cluster(kubeconfig)


@pytest.fixture
def rollout(connection: Cluster, namespace: str) -> Iterator[Lease]:
    """Return a lease that is held, by a rollout that renews it seldom."""
    holder = this_process("alice", step=False, plan="3f2a91b90000")
    lease = Lease(connection, namespace, holder, lambda _: None, lambda _: None, timing=Timing(renew_every=600))
    lease.acquire()
    yield lease
    lease.release()


def lease_path(namespace: str) -> str:
    return f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases/express-rollout"


def test_who_holds_the_lease_is_told_with_what_was_asked(rollout: Lease, connection: Cluster, namespace: str) -> None:
    found = held(connection, namespace)
    assert found is not None
    assert found.holder == rollout.holder
    assert 10 < found.expires_in <= 15
    assert not found.free
    ask(connection, namespace, "pause", "bob")
    found = held(connection, namespace)
    assert found is not None
    assert found.request is not None
    assert (found.request.action, found.request.by) == ("pause", "bob")


def test_nobody_is_asked_where_no_rollout_runs(connection: Cluster, namespace: str) -> None:
    assert held(connection, namespace) is None
    with pytest.raises(ExpressError, match=f"^no rollout is running in {namespace} of yul1$"):
        ask(connection, namespace, "stop", "bob")


def test_nobody_is_asked_where_the_last_rollout_has_ended(rollout: Lease, connection: Cluster, namespace: str) -> None:
    rollout.release()
    with pytest.raises(ExpressError, match=f"^no rollout is running in {namespace} of yul1$"):
        ask(connection, namespace, "stop", "bob")


def test_a_holder_that_was_not_heard_of_for_long_is_asked_nevertheless(
    connection: Cluster, api: Api, rollout: Lease, namespace: str
) -> None:
    api.patch(lease_path(namespace), {"spec": {"leaseDurationSeconds": 1, "renewTime": "2020-01-01T00:00:00.000000Z"}})
    entry = {"manager": "x", "operation": "Update", "apiVersion": "coordination.k8s.io/v1", "fieldsType": "FieldsV1"}
    stamped = [{**entry, "time": "2020-01-01T00:00:00Z", "fieldsV1": {"f:spec": {"f:renewTime": {}}}}]
    lease = api.get(lease_path(namespace))
    api.replace(lease_path(namespace), {**lease, "metadata": {**lease["metadata"], "managedFields": stamped}})
    found = ask(connection, namespace, "stop", "bob")
    assert found.expires_in < 0
    assert str(found).startswith("was held by alice on ")
    assert str(found).endswith(", which has not been heard of for long enough")


def test_a_stop_is_never_taken_back(rollout: Lease, connection: Cluster, namespace: str) -> None:
    ask(connection, namespace, "stop", "bob")
    assert ask(connection, namespace, "stop", "carl").holder == rollout.holder
    with pytest.raises(ExpressError, match=f"^the rollout of {namespace} is stopping already: bob asked it to$"):
        ask(connection, namespace, "resume", "carl")
    found = held(connection, namespace)
    assert found is not None
    assert found.request is not None
    assert (found.request.action, found.request.by) == ("stop", "bob")


def test_a_request_does_not_reach_a_rollout_that_begins_just_then(
    rollout: Lease, connection: Cluster, api: Api, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = connection.send

    def overtaken(*arguments: object, **options: object) -> object:
        api.patch(lease_path(namespace), {"spec": {"holderIdentity": "another"}})
        return send(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(connection, "send", overtaken)
    with pytest.raises(
        ExpressError, match=r"another rollout .* has begun meanwhile, and is held by somebody on another"
    ):
        ask(connection, namespace, "stop", "bob")
    assert "kubectl-express/request" not in api.get(lease_path(namespace))["metadata"]["annotations"]
