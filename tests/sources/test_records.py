"""Records on the real API server: what is kept is read again, the last few of it, and little of it is written."""

from __future__ import annotations

import base64
import json
import random
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from kubectl_express.errors import ExpressError, ServerError
from kubectl_express.rollout.lease_errors import LeaseLostError
from kubectl_express.sources.records import Records
from tests.core.test_record import PROGRESS, RECORD, TOUCHED
from tests.sources.test_cluster import cluster
from tests.testbed.waiting import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from kubectl_express.core.record import Touched
    from kubectl_express.sources.cluster import Cluster
    from tests.testbed.api import Api
    from tests.testbed.control_plane import ControlPlane


@pytest.fixture
def connection(kubeconfig: Path) -> Cluster:
    return cluster(kubeconfig)


@pytest.fixture
def records(connection: Cluster, namespace: str) -> Records:
    return Records(connection, namespace, lambda: 10.0)


class KilledError(Exception):
    """Stands for the end of a process."""


class Lifetime:
    """Lets a process write so many times before it is killed."""

    def __init__(self, writes: int) -> None:
        self._writes = writes

    def __call__(self) -> float:
        if self._writes == 0:
            raise KilledError
        self._writes -= 1
        return 10.0


def secrets(api: Api, namespace: str) -> dict[str, Any]:
    items = api.get(f"/api/v1/namespaces/{namespace}/secrets")["items"]
    return {item["metadata"]["name"]: item for item in items}


def bulky(megabytes: float) -> tuple[Touched, ...]:
    """Return objects that no compression makes smaller than so much."""
    dice = random.Random(7)  # noqa: S311
    size = 100_000
    texts = (base64.b64encode(dice.randbytes(size)).decode() for _ in range(int(megabytes * 1_000_000 / size)))
    return tuple(replace(TOUCHED, name=f"be{number}", applied=text) for number, text in enumerate(texts))


def test_what_is_kept_is_read_again_by_another_process(records: Records, connection: Cluster, namespace: str) -> None:
    assert records.heads() == []
    records.open(replace(RECORD, number=1), (TOUCHED,), PROGRESS)
    again = Records(connection, namespace)
    assert again.heads() == [(replace(RECORD, number=1), PROGRESS)]
    assert again.touched(1) == (TOUCHED,)


def test_progress_is_one_small_write_that_leaves_the_rest_alone(
    records: Records, api: Api, control_plane: ControlPlane, namespace: str
) -> None:
    records.open(replace(RECORD, number=1), (TOUCHED,), PROGRESS)
    before = secrets(api, namespace)["express-rollout-1"]["data"]["record"]
    later = replace(PROGRESS, done=2, current="fe1", message="so far, so good")
    records.update(later)
    assert records.heads() == [(replace(RECORD, number=1), later)]
    assert secrets(api, namespace)["express-rollout-1"]["data"]["record"] == before

    def writes() -> list[tuple[str, str]]:
        lines = [json.loads(line) for line in control_plane.audit_log.read_text().splitlines()]
        found = [each for each in lines if each.get("objectRef", {}).get("namespace") == namespace]
        return [
            (each["verb"], each["objectRef"].get("name", ""))
            for each in found
            if each["objectRef"]["resource"] == "secrets" and each["verb"] not in {"get", "list"}
        ]

    eventually(lambda: len(writes()) == 3, "the audit log has three writes")
    assert writes()[-1] == ("patch", "express-rollout-1")


def test_what_is_too_big_for_one_secret_is_kept_in_several(records: Records, api: Api, namespace: str) -> None:
    touched = bulky(2.5)
    records.open(replace(RECORD, number=1), touched, PROGRESS)
    found = secrets(api, namespace)
    assert sorted(found) == ["express-rollout-1", *(f"express-rollout-1-{each}" for each in range(1, 5))]
    assert max(len(json.dumps(each)) for each in found.values()) < 1_000_000
    assert records.touched(1) == touched


def test_the_secrets_are_told_by_labels_of_their_own_and_belong_to_nobody(
    records: Records, api: Api, namespace: str
) -> None:
    records.open(replace(RECORD, number=7), (TOUCHED,), PROGRESS)
    for name, secret in secrets(api, namespace).items():
        assert secret["type"] == "kubectl-express/rollout"
        assert secret["metadata"]["labels"] == {
            "kubectl-express/rollout": "head" if name == "express-rollout-7" else "chunk",
            "kubectl-express/number": "7",
        }
        assert "ownerReferences" not in secret["metadata"]


def test_the_last_five_are_kept_in_the_order_of_their_numbers(records: Records, api: Api, namespace: str) -> None:
    for number in range(7, 13):
        records.open(replace(RECORD, number=number), bulky(0.9), PROGRESS)
    assert [record.number for record, _ in records.heads()] == [8, 9, 10, 11, 12]
    assert sorted(secrets(api, namespace)) == sorted(
        f"express-rollout-{number}{part}" for number in range(8, 13) for part in ("", "-1", "-2")
    )


def test_a_rollout_goes_on_where_it_may_not_delete_what_is_old(
    records: Records, api: Api, control_plane: ControlPlane, namespace: str, tmp_path: Path
) -> None:
    for number in range(1, 6):
        records.open(replace(RECORD, number=number), (TOUCHED,), PROGRESS)
    roles = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}"
    verbs = ["create", "get", "list", "patch"]
    api.create(
        f"{roles}/roles",
        {"metadata": {"name": "keeper"}, "rules": [{"apiGroups": [""], "resources": ["secrets"], "verbs": verbs}]},
    )
    subject = {"kind": "User", "name": "alice", "apiGroup": "rbac.authorization.k8s.io"}
    reference = {"kind": "Role", "name": "keeper", "apiGroup": "rbac.authorization.k8s.io"}
    api.create(f"{roles}/rolebindings", {"metadata": {"name": "keeper"}, "subjects": [subject], "roleRef": reference})
    alice = control_plane.kubeconfig(tmp_path / "alice", {"yul1": namespace}, "alice")
    hers = Records(cluster(alice), namespace, lambda: 10.0)

    def may_read() -> bool:
        try:
            hers.heads()
        except ServerError:
            return False
        return True

    eventually(may_read, "the API server has taken note of the role")
    hers.open(replace(RECORD, number=6), (TOUCHED,), PROGRESS)
    assert [record.number for record, _ in hers.heads()] == [1, 2, 3, 4, 5, 6]


def test_what_a_killed_rollout_left_of_its_record_is_overwritten(records: Records, api: Api, namespace: str) -> None:
    records.open(replace(RECORD, number=1), bulky(2.5), PROGRESS)
    api.delete(f"/api/v1/namespaces/{namespace}/secrets/express-rollout-1")
    assert records.heads() == []
    records.open(replace(RECORD, number=1), bulky(0.9), PROGRESS)
    assert records.touched(1) == bulky(0.9)
    for number in range(2, 7):
        records.open(replace(RECORD, number=number), (TOUCHED,), PROGRESS)
    assert [name for name in secrets(api, namespace) if name.startswith("express-rollout-1")] == []


def test_a_rollout_that_goes_on_takes_the_place_of_its_record(records: Records, api: Api, namespace: str) -> None:
    records.open(replace(RECORD, number=1), (TOUCHED,), PROGRESS)
    for touched in ((TOUCHED, replace(TOUCHED, name="be2")), bulky(0.9), (TOUCHED,)):
        record, progress = replace(RECORD, number=1, steps=("be2",)), replace(PROGRESS, done=0)
        records.open(record, touched, progress)
        assert records.heads() == [(record, progress)]
        assert records.touched(1) == touched
    assert sorted(secrets(api, namespace)) == ["express-rollout-1", "express-rollout-1-5"]


def test_a_record_is_whole_whenever_its_writer_is_killed(
    records: Records, connection: Cluster, api: Api, namespace: str
) -> None:
    records.open(replace(RECORD, number=1), (TOUCHED,), PROGRESS)
    later = bulky(0.9)
    kept = []
    for writes in range(1, 9):
        with suppress(KilledError):
            Records(connection, namespace, Lifetime(writes)).open(replace(RECORD, number=1), later, PROGRESS)
        kept.append(records.touched(1))
        assert len(records.heads()) == 1
    assert [each for each in kept if each not in ((TOUCHED,), later)] == []
    assert (kept[0], kept[-1]) == ((TOUCHED,), later)


def test_secrets_of_others_are_passed_over(records: Records, api: Api, namespace: str) -> None:
    collection = f"/api/v1/namespaces/{namespace}/secrets"
    labels = {"kubectl-express/rollout": "head"}
    api.create(collection, {"metadata": {"name": "express-rollout-9", "labels": labels}, "type": "Opaque"})
    api.create(collection, {"metadata": {"name": "mine", "labels": labels}, "type": "kubectl-express/rollout"})
    records.open(replace(RECORD, number=1), (TOUCHED,), PROGRESS)
    assert [record.number for record, _ in records.heads()] == [1]
    assert {"mine", "express-rollout-9"} < set(secrets(api, namespace))


@pytest.mark.parametrize("key", ["record", "progress"])
@pytest.mark.parametrize("content", [None, "", "AAAA", base64.b64encode(b"{}").decode()], ids=repr)
def test_a_damaged_record_is_one_clear_line(
    records: Records, api: Api, namespace: str, key: str, content: str | None
) -> None:
    records.open(replace(RECORD, number=3), (TOUCHED,), PROGRESS)
    api.patch(f"/api/v1/namespaces/{namespace}/secrets/express-rollout-3", {"data": {key: content}})
    with pytest.raises(ExpressError) as told:
        records.heads()
    said = str(told.value)
    assert said.startswith(f"the record of rollout 3 of {namespace} cannot be read: ")
    assert said.endswith(f"; without it: kubectl delete secret express-rollout-3 --namespace {namespace}")
    assert "\n" not in said


@pytest.mark.parametrize("content", ["AAAA", None, "H4sI"], ids=repr)
def test_damaged_objects_of_a_record_are_one_clear_line(
    records: Records, api: Api, namespace: str, content: str | None
) -> None:
    records.open(replace(RECORD, number=3), bulky(0.9), PROGRESS)
    api.patch(f"/api/v1/namespaces/{namespace}/secrets/express-rollout-3-2", {"data": {"touched": content}})
    with pytest.raises(ExpressError, match=r"^the record of rollout 3 of .* cannot be read: what it kept .*damaged"):
        records.touched(3)
    api.delete(f"/api/v1/namespaces/{namespace}/secrets/express-rollout-3-2")
    with pytest.raises(ExpressError, match=r"is not whole: there is no Secret express-rollout-3-2$"):
        records.touched(3)


def test_texts_that_nodes_have_been_are_told_with_their_rollouts_the_latest_first(records: Records) -> None:
    service = replace(TOUCHED, node=False, name="express", data_before=None)
    records.open(replace(RECORD, number=1), (service, replace(TOUCHED, data_before="a", data_after="b")), PROGRESS)
    records.open(replace(RECORD, number=2), (replace(TOUCHED, data_before="b", data_after="c"),), PROGRESS)
    first, second = "the record of rollout 1", "the record of rollout 2"
    assert records.known_texts(1, 2) == {"be1": [(second, "c"), (second, "b"), (first, "b"), (first, "a")]}
    assert records.known_texts(1) == {"be1": [(first, "b"), (first, "a")]}
    assert records.known_texts() == {}


def test_nothing_is_kept_once_the_lease_is_lost(connection: Cluster, api: Api, namespace: str) -> None:
    def lost() -> float:
        raise LeaseLostError("lost")

    with pytest.raises(LeaseLostError):
        Records(connection, namespace, lost).open(replace(RECORD, number=1), (TOUCHED,), PROGRESS)
    assert secrets(api, namespace) == {}
