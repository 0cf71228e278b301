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


def check_json(text: str, document: Document) -> None:
    assert json.loads(text) == document


def check_yaml(text: str, document: Document) -> None:
    assert yaml.safe_load(text) == document


def check_name(text: str, document: Document) -> None:
    """Hold the names to the nodes: all that are listed, those that change, or those that cannot be trusted."""
    kind = document["kind"]
    if kind == "Version":
        assert text == f"kubectl-express/{document['version']}\n"
        return
    named = [
        node
        for node in nodes(document)
        if kind in {"Revisions", "Inspect"} or (texts.visible(node) if kind == "Diff" else node["problems"])
    ]
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
