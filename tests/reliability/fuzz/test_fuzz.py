"""Thousands of broken inputs: the program says what is wrong in one line, and neither crashes nor hangs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.reliability.fuzz.targets import TARGETS
from tests.reliability.ledger import Row, scale, tell

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

PART = "Broken inputs"
SAYS = "one line that says what is wrong, or what could be read; JSON that fits its schema"
TRIED = {
    "manifests": (300, "renderings broken as texts, bytes or by structure, read by `-f`"),
    "one_key": (150, "renderings with all nodes in one key's JSON, broken"),
    "live": (500, "an API server's answers, broken: objects, managed fields, schemas, records, leases"),
    "configuration": (500, "`.express.yaml`, broken"),
    "kubeconfig": (1500, "kubeconfig files, broken"),
    "helm_output": (1000, "what helm prints, broken, also as bytes that are no UTF-8"),
    "json_texts": (1500, "nodes' data and other JSON, broken"),
}
"""How many inputs a run of continuous integration tries of each, and what they are."""


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_whatever_is_read_is_answered_in_good_order(target: Callable[[random.Random], None]) -> None:
    count, what = TRIED[target.__name__]

    @settings(
        max_examples=count * scale(),
        database=None,
        derandomize=True,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.randoms(use_true_random=False))
    def search(chance: random.Random) -> None:
        target(chance)

    search()
    tell(Row(PART, what, SAYS, tried=count * scale(), seed=0))
