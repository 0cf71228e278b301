from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from kubectl_express.core.lease import (
    HOLDER,
    PLAN,
    REQUEST,
    Held,
    Holder,
    Request,
    expires_in,
    let_go,
    read_held,
    read_holder,
    read_request,
    renewed,
    request,
)
from kubectl_express.core.moments import micro_time
from kubectl_express.core.values import Object, at, mapping

NOW = datetime(2024, 5, 1, 10, 0, 0, tzinfo=timezone.utc)
HER = Holder("host7-4711-a1", "alice", "host7", 4711, "boot b began 1", step=True, plan="3f2a91b90000")
HIM = replace(HER, identity="host9-1-b2", user="bob", host="host9", pid=1, step=False)


def lease(holder: Holder = HER, stamped: datetime | None = NOW, annotations: dict[str, str] | None = None) -> Object:
    """Return a lease as the API server gives it, renewed at a time of the server's."""
    made = renewed(None, holder, 15, NOW, taken_over=True)
    fields: Object = {"f:spec": {"f:renewTime": {}}}
    entry: Object = {"manager": "m", "operation": "Update", "fieldsV1": fields}
    if stamped:
        entry["time"] = stamped.strftime("%Y-%m-%dT%H:%M:%SZ")
    metadata = mapping(made["metadata"])
    both: Object = {**mapping(metadata["annotations"]), **(annotations or {})}
    return {**made, "metadata": {**metadata, "annotations": both, "managedFields": [entry]}}


def test_a_lease_tells_its_holder() -> None:
    assert read_holder(lease()) == HER


@pytest.mark.parametrize("seconds", range(20))
def test_no_lease_comes_free_before_its_duration_has_passed_however_the_times_were_cut(seconds: int) -> None:
    left = expires_in(lease(stamped=NOW), NOW + timedelta(seconds=seconds))
    assert (left <= 0) == (seconds - 1 >= 15)
    assert left == min(15, 16 - seconds)


def test_all_of_the_duration_is_left_where_the_server_does_not_tell_the_times() -> None:
    late = NOW + timedelta(hours=1)
    assert expires_in(lease(stamped=None), late) == 15
    assert expires_in(lease(), None) == 15


def test_the_latest_of_those_who_wrote_the_renewal_s_time_counts() -> None:
    read = lease()
    entries: Any = at(read, "/metadata/managedFields")
    entries += [
        {**entries[0], "manager": "later", "time": "2024-05-01T10:00:05Z"},
        {**entries[0], "manager": "odd", "time": "yesterday"},
        {"manager": "asked", "fieldsV1": {"f:metadata": {}}, "time": "2024-05-01T10:00:09Z"},
    ]
    assert expires_in(read, NOW + timedelta(seconds=10)) == 11


def test_who_holds_a_lease_and_when_it_comes_free_is_said_in_one_line() -> None:
    who = "alice on host7 (pid 4711, --step, plan 3f2a91b90000)"
    assert str(Held(HER, 11.2, gone=False)) == f"is held by {who} and comes free in 12 s unless renewed"
    assert str(Held(HER, 11.2, gone=True)) == f"was held by {who}, which is no more"
    assert str(Held(HER, 0, gone=False)) == f"was held by {who}, which has not been heard of for long enough"
    assert str(HIM) == "bob on host9 (pid 1, plan 3f2a91b90000)"


@pytest.mark.parametrize(("left", "gone", "free"), [(1.0, False, False), (0.0, False, True), (9.0, True, True)])
def test_a_lease_is_free_once_it_has_expired_or_its_holder_is_gone(left: float, gone: bool, free: bool) -> None:
    assert Held(HER, left, gone).free is free


def test_a_renewal_keeps_what_was_asked_and_a_take_over_does_not() -> None:
    asked = lease(annotations={REQUEST: request(Request("1", "stop", "bob"), HER), "note": "x"})
    kept = renewed(asked, HER, 15, NOW, taken_over=False)
    assert read_request(kept, HER) == Request("1", "stop", "bob")
    taken = renewed(asked, HIM, 15, NOW, taken_over=True)
    assert read_holder(taken) == HIM
    assert sorted(mapping(at(taken, "/metadata/annotations"))) == sorted(["note", HOLDER, PLAN])
    assert at(taken, "/spec/leaseTransitions") == 1


def test_a_renewal_is_of_the_very_lease_that_was_read() -> None:
    read = lease()
    read = {**read, "metadata": {**mapping(read["metadata"]), "uid": "u", "resourceVersion": "7"}}
    for written in (renewed(read, HER, 15, NOW, taken_over=False), let_go(read)):
        assert (at(written, "/metadata/uid"), at(written, "/metadata/resourceVersion")) == ("u", "7")


def test_a_lease_that_was_let_go_has_no_holder() -> None:
    free = let_go(lease(annotations={"note": "x"}))
    assert read_held(free, NOW, lambda _: False) is None
    assert at(free, "/metadata/annotations") == {"note": "x"}


def test_a_request_is_only_for_the_holder_and_the_plan_it_names() -> None:
    asked = Request("1", "pause", "bob")
    read = lease(annotations={REQUEST: request(asked, HER)})
    assert read_request(read, HER) == asked
    assert read_request(read, HIM) is None
    assert read_request(read, replace(HER, plan="another")) is None


@pytest.mark.parametrize("change", [{"action": "explode"}, {"id": ""}, {"id": 3}, {"holder": None}], ids=str)
def test_a_request_that_makes_no_sense_is_none(change: dict[str, Any]) -> None:
    said = {**json.loads(request(Request("1", "stop", "bob"), HER)), **change}
    assert read_request(lease(annotations={REQUEST: json.dumps(said)}), HER) is None


@pytest.mark.parametrize(
    "said", ["", "{", "[]", "3", "[" * 100_000, '{"identity": "another"}'], ids=lambda said: said[:9]
)
def test_of_a_holder_whose_own_words_make_no_sense_the_identity_is_told(said: str) -> None:
    read = lease(annotations={HOLDER: said, REQUEST: said})
    assert str(read_holder(read)) == "somebody on host7-4711-a1 (pid 0, plan 3f2a91b90000)"
    assert read_request(read, HER) is None


def test_nothing_that_a_holder_says_of_itself_breaks_the_line() -> None:
    held = read_holder(lease(replace(HER, user="al\nice\x1b[31m")))
    assert held is not None
    assert held.user == "al?ice?[31m"


def test_times_have_six_fractional_digits_at_every_microsecond() -> None:
    assert micro_time(NOW) == "2024-05-01T10:00:00.000000Z"
