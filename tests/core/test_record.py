from __future__ import annotations

import json
from dataclasses import asdict, fields
from typing import Any

import pytest

from kubectl_express.core.record import (
    Progress,
    Record,
    Touched,
    UnreadableRecordError,
    read_progress,
    read_record,
    read_touched,
    write_progress,
    write_record,
    write_touched,
)

RECORD = Record(
    number=3,
    id="a1",
    action="rollout",
    started="2024-05-01T10:00:00Z",
    by="alice on host7",
    context="yul1",
    system="systemdcrtest3",
    origin="chart master_charts/express",
    engine="helm 4.3.0",
    commit=None,
    plan="3f2a91b90000",
    steps=("be1", "be2", "fe1"),
    step=True,
    go_on=("kubectl", "express", "rollout"),
)
PROGRESS = Progress("running", 1, "be2", "", "2024-05-01T10:00:05Z")
TOUCHED = Touched(
    api_version="express.example.com/v1",
    kind="Backend",
    name="be1",
    namespace="",
    node=True,
    applied="kind: Backend\n# \u2028 é\n",
    live={"spec": {"big": 9007199254740993, "small": 1e-07, "null": None, "list": [1, {"a": True}]}},
    former=None,
    data_before='{"a":1}',
    data_after=None,
)


def test_everything_is_read_as_it_was_written() -> None:
    assert read_record(write_record(RECORD)) == RECORD
    assert read_progress(write_progress(PROGRESS)) == PROGRESS
    assert read_touched(write_touched((TOUCHED, TOUCHED))) == (TOUCHED, TOUCHED)
    assert read_touched(write_touched(())) == ()


def test_what_a_later_version_adds_is_passed_over() -> None:
    assert read_progress(json.dumps({**asdict(PROGRESS), "mood": "good"}).encode()) == PROGRESS


@pytest.mark.parametrize("field", [field.name for field in fields(Record)])
@pytest.mark.parametrize("value", ["left out", -1, {"a": 1}, [1]], ids=str)
def test_a_record_with_a_field_that_makes_no_sense_is_told_as_unreadable(field: str, value: Any) -> None:
    said = json.loads(write_record(RECORD))
    if value == "left out":
        del said["record"][field]
    else:
        said["record"][field] = value
    with pytest.raises(UnreadableRecordError, match=f"its {field} is not what it should be"):
        read_record(json.dumps(said).encode())


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[]", b"null", b"3", b"[" * 100_000], ids=repr)
def test_what_is_no_record_is_told_as_unreadable(content: bytes) -> None:
    with pytest.raises(UnreadableRecordError):
        read_record(content)
    with pytest.raises(UnreadableRecordError):
        read_progress(content)


@pytest.mark.parametrize("content", [b"", b"{}", b"[3]", b"[{}]", b"null"], ids=repr)
def test_what_are_no_objects_is_told_as_unreadable(content: bytes) -> None:
    with pytest.raises(UnreadableRecordError):
        read_touched(content)


def test_the_record_of_a_later_format_is_not_guessed_at() -> None:
    with pytest.raises(UnreadableRecordError, match="another version"):
        read_record(json.dumps({"format": 2, "record": asdict(RECORD)}).encode())
