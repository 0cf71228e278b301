"""What is special in the encoder and the reader is needed: without it the comparisons fail."""

from __future__ import annotations

import ast
import inspect
from typing import TYPE_CHECKING

import pytest

from kubectl_express.core import plain_yaml
from tests.differential.mutants import GROUPS, is_noticed
from tests.differential.program import MODULES, Replaced

if TYPE_CHECKING:
    from types import ModuleType

    from tests.differential.documents import Nasty
    from tests.differential.kubectl_answers import Answer
    from tests.differential.mutants import Group
    from tests.differential.nodes import Node
    from tests.differential.program import Mutant
    from tests.differential.throwaway_chart import Answer as HelmsAnswer

_ALL = [
    pytest.param(group, mutant, id=f"{name}-{number}")
    for name, group in GROUPS.items()
    for number, mutant in enumerate(group.mutants)
]
_NOT_SPECIAL = {
    "errors, their places and words": {
        "_constant", "_constant_position", "_in_lower_case", "_fault", "_short", "_go_special", "_line_at",
    },
    "what every document goes through": {
        "__init__", "__missing__", "compose", "_sequence", "_open", "_close", "_count_alias", "_line_break", "_libyaml",
    },
    "doors to what has mutants": {
        "get_event", "decode", "decode_object", "float_text", "_rewritten_float", "read_documents",
    },
    "what has only tests of its own": {
        "same", "_same_number", "__post_init__", "is_too_deep", "_descend", "_index", "skip_space",
    },
}  # fmt: skip
"""Functions without a mutant, by what they are for."""


@pytest.mark.parametrize(("group", "mutant"), _ALL)
def test_a_special_case_that_is_taken_out_is_missed(
    group: Group,
    mutant: Mutant,
    generated: list[Node],
    helm4_answers: list[HelmsAnswer],
    nasty: list[Nasty],
    read_by_kubectl: dict[str, Answer],
) -> None:
    noticed = is_noticed(mutant, group, (generated, helm4_answers), (nasty, read_by_kubectl))
    assert noticed, f"nothing tells the program from one with {mutant}"


# What reads plain documents may leave any of them to the parser: tests/core/test_plain_yaml.py holds it to that one.
@pytest.mark.parametrize(
    "module",
    [module for module in MODULES if module is not plain_yaml],
    ids=lambda module: module.__name__.rpartition(".")[2],
)
def test_every_function_has_a_mutant(module: ModuleType) -> None:
    source = inspect.getsource(module)
    name = module.__name__.rpartition(".")[2]
    mutants = [mutant for group in GROUPS.values() for mutant in group.mutants if mutant.module == name]
    touched = {
        source.count("\n", 0, source.index(mutant.old)) + 1 + line
        for mutant in mutants
        if isinstance(mutant, Replaced)
        for line in range(mutant.old.count("\n") + 1)
    }
    removed = {mutant.entry for mutant in mutants if not isinstance(mutant, Replaced)}
    untouched = {
        node.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef)
        and node.name not in removed
        and not touched & set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    }
    assert untouched - set().union(*_NOT_SPECIAL.values()) == set()
