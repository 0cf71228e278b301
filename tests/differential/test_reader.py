"""The reader of YAML beside the real kubectl, and beside the API server that a chart's own text is sent to."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING

import pytest

from tests.differential import kubectl_answers, reading
from tests.differential.program import AS_IT_IS

if TYPE_CHECKING:
    from tests.differential.documents import Nasty
    from tests.differential.kubectl_answers import Answer
    from tests.testbed.control_plane import ControlPlane
    from tests.testbed.programs import Kubectl

_ALWAYS_YAML = ("plain scalars", "tagged values", "double quotes", "block scalars", "flow collections", "merges")
SERVED = 400
"""How many of the documents go to the API server too, which answers them one by one."""


def test_there_are_some_documents_of_each_category_read_and_refused(
    nasty: list[Nasty], read_by_kubectl: dict[str, Answer]
) -> None:
    read = Counter(text.category for text in nasty if read_by_kubectl[text.name] is not None)
    refused = Counter(text.category for text in nasty if read_by_kubectl[text.name] is None)
    assert min(read.values()) >= 5, read
    assert sum(read.values()) >= 300
    assert sum(refused.values()) >= 300
    assert read.keys() == {text.category for text in nasty}


def test_this_program_reads_and_refuses_as_kubectl_does(nasty: list[Nasty], read_by_kubectl: dict[str, Answer]) -> None:
    assert list(islice(reading.differences(AS_IT_IS, nasty, read_by_kubectl), 10)) == []


@pytest.mark.usefixtures("kubectl_of_documents")
def test_the_server_reads_an_applied_text_as_kubectl_does(
    nasty: list[Nasty], read_by_kubectl: dict[str, Answer], control_plane: ControlPlane
) -> None:
    # kubectl reads by lines, and so drops one carriage return of two before the end of a line; the server does not.
    some = [text for text in nasty if text.category in _ALWAYS_YAML and "\r\r\n" not in text.text][:SERVED]
    answers = kubectl_answers.read_by_server(control_plane, some)
    assert list(islice(reading.differences(AS_IT_IS, some, answers), 10)) == []


def test_kubectl_reads_the_same_for_a_dry_run_on_the_server(
    nasty: list[Nasty], read_by_kubectl: dict[str, Answer], kubectl_of_documents: Kubectl
) -> None:
    read = [text for text in nasty if text.category == "plain scalars" and read_by_kubectl[text.name]]
    options = ("--server-side", "--dry-run=server", "--validate=false", "-o", "json")
    printed = kubectl_of_documents("apply", *options, "-f", "-", stdin="---\n".join(text.text for text in read)).stdout
    expected = [kubectl_answers.spec(found) for text in read for found in read_by_kubectl[text.name] or ()]
    assert kubectl_answers.specs(printed) == expected
