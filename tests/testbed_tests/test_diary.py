from __future__ import annotations

import re

import pytest

from tests.testbed.operator import diary
from tests.testbed.operator.diary import Entry

OLD, NEW = "aaaaaaaaaa", "bbbbbbbbbb"


def test_what_is_written_is_read_again_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    diary.write("be1", "declares", NEW, "generation 2")
    diary.write("be1", "removed", OLD, "be1-0")
    diary.write("be1", "not Ready", NEW)
    diary.write("be1", "Ready", NEW, "be1-0")
    found = diary.entries(capsys.readouterr().out)
    assert [(each.node, each.what, each.revision) for each in found] == [
        ("be1", "declares", NEW),
        ("be1", "removed", OLD),
        ("be1", "not Ready", NEW),
        ("be1", "Ready", NEW),
    ]
    assert all(re.fullmatch(r"\d\d:\d\d:\d\d\.\d{3}", each.time) for each in found)


def test_a_line_reads_as_people_would_read_it() -> None:
    log = "13:37:00.042 be1: made 0123456789 (be1-0)"
    assert diary.entries(log) == [Entry("13:37:00.042", "be1", "made", "0123456789")]


@pytest.mark.parametrize(
    "line",
    [
        "watching",
        "told 211",
        "be1: 409 Conflict: of 0123456789",
        "13:37:00.042 be1: sulks 0123456789",
        "13:37:00.042 be1: made no pod",
    ],
)
def test_what_else_an_operator_says_is_none_of_its_diary(line: str) -> None:
    assert diary.entries(f"{line}\n") == []
