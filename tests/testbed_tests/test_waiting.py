from __future__ import annotations

import time
from itertools import count

import pytest

from tests.testbed.waiting import remains


def test_what_remains_true_is_looked_at_for_all_of_its_time() -> None:
    looks = count(1)
    began = time.monotonic()
    remains(lambda: bool(next(looks)), "one comes after the other", seconds=0.2, every=0.01)
    assert time.monotonic() - began >= 0.2
    assert next(looks) > 3


def test_what_does_not_remain_true_is_named_at_once() -> None:
    looks = iter([True, True, False])
    began = time.monotonic()
    with pytest.raises(AssertionError, match="no longer so: nobody has moved"):
        remains(lambda: next(looks), "nobody has moved", seconds=60, every=0.01)
    assert time.monotonic() - began < 30
