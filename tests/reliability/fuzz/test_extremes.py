"""Extreme files take no more time and memory than their size explains, and are refused in one line, or verified."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.reliability.fuzz.bounded import bounded
from tests.reliability.fuzz.extremes import EXTREMES, Extreme
from tests.reliability.ledger import Row, scale, tell

if TYPE_CHECKING:
    from tests.testbed.express import Express

MEGABYTES = min(5 * scale(), 100)
SECONDS = 20.0 + 3 * MEGABYTES
MEBIBYTES = 250 + 75 * MEGABYTES
"""What 100 MB of the worst there is may take: documents of a few characters each."""


@pytest.mark.parametrize("extreme", EXTREMES.values(), ids=EXTREMES)
def test_an_extreme_file_is_verified_or_refused_within_bounds(express: Express, extreme: Extreme) -> None:
    (express.home / "output.yaml").write_bytes(extreme.fill(MEGABYTES * 1_000_000))
    ended = bounded(express, "verify", "-f", "output.yaml", seconds=SECONDS, mebibytes=MEBIBYTES)
    told = ended.stderr + ended.stdout
    assert (ended.code, extreme.said in told) == (extreme.code, True), told[:2000]
    assert "bug in kubectl-express" not in ended.stderr
    if ended.code == 2:
        assert ended.stderr.startswith("error: ")
        assert ended.stderr.count("\n") == 1
    what = "files that are extreme: aliases, levels, sizes, encodings, numbers"
    tell(Row("Broken inputs", what, "it verifies or refuses them in one line, within time and memory", tried=1))
