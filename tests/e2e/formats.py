"""How each output format is held to the document that the same command prints with `-o json`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import yaml

from tests.e2e import texts
from tests.e2e.tables import markdown_table, plain_table, unescaped

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Document = Any


def nodes(document: Document) -> list[Document]:
    """Return the nodes of every system of a document."""
    return [node for system in document["systems"] for node in system["nodes"]]


_CHOSEN: Mapping[str, Callable[[Document], object]] = {
    "Diff": texts.visible,
    "Verify": lambda node: node["problems"],
    "RolloutStatus": lambda node: node["progress"] in {"in progress", "untouched"},
    "Wait": lambda node: node["passed"],
}
"""Which nodes of a document have their names printed."""


def check_json(text: str, document: Document) -> None:
    assert json.loads(text) == document


def check_yaml(text: str, document: Document) -> None:
    assert _timeless(yaml.safe_load(text)) == _timeless(document)


def _timeless(document: Document) -> Document:
    """Return a document without how long something took, which is another time the next time."""
    if document["kind"] != "Wait":
        return document
    untimed = [
        {**system, "nodes": [{**node, "seconds": None} for node in system["nodes"]]} for system in document["systems"]
    ]
    return {**document, "systems": untimed}


def check_name(text: str, document: Document) -> None:
    """Hold the names to the nodes: all that are listed, those that change, or those that cannot be trusted."""
    kind = document["kind"]
    if kind == "Version":
        assert text == f"kubectl-express/{document['version']}\n"
        return
    if kind == "RolloutHistory":
        assert text == "".join(f"{each['number']}\n" for system in document["systems"] for each in system["rollouts"])
        return
    named = [node for node in nodes(document) if kind in {"Revisions", "Inspect"} or _CHOSEN[kind](node)]
    assert text == "".join(f"{node['kind'].lower()}.express.example.com/{node['node']}\n" for node in named)


def check_data(text: str, document: Document) -> None:
    """Hold the lines to the data, a node's each; whether they are the very bytes is held to the chart, not to this."""
    assert [json.loads(line) for line in text.split("\n")] == [node["data"] for node in nodes(document)]


def check_table(text: str, document: Document) -> None:
    texts.check(texts.Shown(text, text.splitlines(), plain_table, wide=False), document)


def check_wide(text: str, document: Document) -> None:
    texts.check(texts.Shown(text, text.splitlines(), plain_table, wide=True), document)


def check_markdown(text: str, document: Document) -> None:
    lines = [unescaped(line).removesuffix("  ") for line in text.splitlines()]
    texts.check(texts.Shown(text, lines, markdown_table, wide=True), document)


FORMATS: Mapping[str, Callable[[str, Document], None]] = {
    "json": check_json,
    "yaml": check_yaml,
    "name": check_name,
    "table": check_table,
    "wide": check_wide,
    "markdown": check_markdown,
    "data": check_data,
}
