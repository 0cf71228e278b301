"""The encoder and the hashes beside helm 3, helm 4 and the embedded engine."""

from __future__ import annotations

import re
from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING

import pytest

from kubectl_express.sources.embedded import EmbeddedHelm
from tests.differential import encoding, nodes, throwaway_chart
from tests.differential.program import AS_IT_IS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.differential.nodes import Node
    from tests.differential.throwaway_chart import Answer


@pytest.fixture(params=["helm3_answers", "helm4_answers"])
def answers(request: pytest.FixtureRequest) -> list[Answer]:
    found: list[Answer] = request.getfixturevalue(request.param)
    return found


def test_there_are_20000_nodes_and_a_thousand_of_each_category(generated: list[Node]) -> None:
    counts = Counter(node.category for node in generated)
    assert counts.keys() == nodes.CATEGORIES.keys()
    assert min(counts.values()) >= 1000, counts
    assert len(generated) >= 20_000


@pytest.mark.parametrize(
    ("what", "least"),
    [
        (r"(?:^|[:\[,])-?214748\d{4}\b", 400),
        (r"(?:^|[:\[,])-?90071992547\d{5}\b", 400),
        (r"(?:^|[:\[,])-?922337203685477\d{4}\b", 300),
        (r"(?:^|[:\[,])-?\d(\.\d+)?e\+\d", 500),
        (r"(?:^|[:\[,])-?\d(\.\d+)?e-\d", 500),
        (r"(?:^|[:\[,])-?0\.00000[1-9]", 200),
        (r"(?:^|[:\[,])-?\d{21}\b", 200),
        (r"(?:^|[:\[,])-0\b(?![.e])", 300),
        (r"\\u00[01]", 300),
        (r"[\x7f-\x9f]", 300),
        (r"\\u003c|\\u003e", 500),
        (r"\\u0026", 500),
        (r"\\u2028", 300),
        (r"\\u2029", 300),
        ("\ufeff", 300),
        ("[\U00010000-\U0010ffff]", 500),
        (r"null", 500),
        (r"\{\}|\[\]", 500),
        (r'""', 300),
        (r'"(yes|no|on|off|y|n|~|1e3|0x1F|0777)"', 100),
    ],
)
def test_helm_wrote_enough_of_what_is_hard_to_write(answers: list[Answer], what: str, least: int) -> None:
    assert sum(re.search(what, answer.text) is not None for answer in answers) >= least


def test_this_program_encodes_hashes_and_reads_as_helm_does(generated: list[Node], answers: list[Answer]) -> None:
    assert list(islice(encoding.differences(AS_IT_IS, generated, answers), 10)) == []


def test_the_embedded_engine_is_helm_4_to_the_byte(
    generated: list[Node], helm4_answers: list[Answer], tmp_path: Path
) -> None:
    answers = throwaway_chart.ask(EmbeddedHelm(), tmp_path, generated)
    pairs = zip(generated, answers, helm4_answers, strict=True)
    assert list(islice(((node, ours, helms) for node, ours, helms in pairs if ours != helms), 10)) == []
