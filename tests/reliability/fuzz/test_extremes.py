"""Extreme files take no more time and memory than their size explains, and are refused in one line, or verified."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.reliability.fuzz.bounded import bounded
from tests.reliability.fuzz.extremes import EXTREMES, TOO_MANY_VALUES, Extreme
from tests.reliability.ledger import Row, scale, tell

if TYPE_CHECKING:
    from tests.testbed.express import Express

MEGABYTES = min(5 * scale(), 100)
SECONDS = 20.0 + 3 * MEGABYTES
MEBIBYTES = min(100 + 60 * MEGABYTES, 1500)
"""What the worst there is may take: values of a few characters each, as many as are read."""
_MOST_VALUES = 10_000_000


@pytest.mark.parametrize("extreme", EXTREMES.values(), ids=EXTREMES)
def test_an_extreme_file_is_verified_or_refused_within_bounds(express: Express, extreme: Extreme) -> None:
    content = extreme.fill(MEGABYTES * 1_000_000)
    (express.home / "output.yaml").write_bytes(content)
    code, said = extreme.code, extreme.said
    if sum(map(content.count, (b"\n", b",", b"[", b"{", b"- "))) > _MOST_VALUES:
        code, said = 2, TOO_MANY_VALUES
    del content
    ended = bounded(express, "verify", "-f", "output.yaml", seconds=SECONDS, mebibytes=MEBIBYTES)
    told = ended.stderr + ended.stdout
    assert (ended.code, said in told) == (code, True), told[:2000]
    assert "bug in kubectl-express" not in ended.stderr
    if ended.code == 2:
        assert ended.stderr.startswith("error: ")
        assert ended.stderr.count("\n") == 1
    what = "files that are extreme: aliases, levels, sizes, encodings, numbers"
    tell(Row("Broken inputs", what, "it verifies or refuses them in one line, within time and memory", tried=1))
