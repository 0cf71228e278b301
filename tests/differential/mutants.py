"""Every special case of the encoder, the hashes and the reader, taken out in turn."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from tests.differential import encoding, mutants_of_documents, mutants_of_json, mutants_of_scalars, reading
from tests.differential.program import mutated

if TYPE_CHECKING:
    from tests.differential import kubectl_answers, throwaway_chart
    from tests.differential.documents import Nasty
    from tests.differential.nodes import Node
    from tests.differential.program import Mutant


@dataclass(frozen=True, slots=True)
class Group:
    """Mutants of one kind, and where a difference is looked for first."""

    mutants: list[Mutant]
    categories: tuple[str, ...] = ()
    """Of documents. None: among the nodes, first of all."""
    pure: bool = False
    """Whether the documents are read without libyaml."""


GROUPS = {
    "encoder": Group(mutants_of_json.ENCODER),
    "JSON": Group(mutants_of_json.JSON, ("JSON values", "JSON streams")),
    "scalars": Group(mutants_of_scalars.SCALARS, ("plain scalars", "tagged values", "plain keys", "tagged keys")),
    "times": Group(mutants_of_scalars.TIMES, ("tagged times",)),
    "structures": Group(mutants_of_documents.VALUES, ("anchors and aliases", "merges", "block collections")),
    "files": Group(
        mutants_of_documents.FILES,
        (
            "white space behind separators", "white space before JSON", "white space behind JSON", "separators",
            "where YAML is guessed to be JSON", "JSON streams", "directives and marks", "double quotes",
        ),
    ),
    "parser": Group(
        mutants_of_documents.PARSER,
        ("block scalars", "flow collections", "block collections", "tags of collections", "double quotes"),
        pure=True,
    ),
}  # fmt: skip


def is_noticed(
    mutant: Mutant,
    group: Group,
    helm: tuple[list[Node], list[throwaway_chart.Answer]],
    kubectl: tuple[list[Nasty], dict[str, kubectl_answers.Answer]],
) -> bool:
    """Tell whether a mutant of a group differs from what helm answered of nodes, or kubectl of documents."""
    texts = sorted(kubectl[0], key=lambda text: text.category not in group.categories)
    with mutated(mutant) as program:
        among_nodes = encoding.differences(program, *helm)
        among_texts = reading.differences(program, texts, kubectl[1], (group.pure,))
        both = chain(among_texts, among_nodes) if group.categories else chain(among_nodes, among_texts)
        try:
            return next(both, None) is not None
        except Exception:  # noqa: BLE001  # a crash is a difference too
            return True
