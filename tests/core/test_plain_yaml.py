"""Whatever the reader without a parser reads, goyaml's parser reads alike."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from kubectl_express.core.goyaml_parser import GoParser
from kubectl_express.core.plain_yaml import NotPlainError, PlainReader
from kubectl_express.core.yaml_scalars import PlainKeys, PlainValues
from kubectl_express.core.yaml_values import Composer
from tests.differential import documents

if TYPE_CHECKING:
    from kubectl_express.core.values import Value

SEED, EDITS = 20, 6000
PIECES = [
    *"abyn019-.:#{}[],\"'|>&*!%@`~?/\\<= \t\n\r\x85\u2028\ufeff",
    *(
        ": ",
        " #",
        "- ",
        "\n",
        "\n  ",
        "\n- ",
        "---",
        "...",
        "1e3",
        "0777",
        "0x1f",
        "-0",
        "2024-01-01",
        "null",
        "~",
        "on",
    ),
    *('"a"', '"\\u0041"', '"\\/"', '"\\ud800"', "'it''s'", "{}", "[]", '{"a": 1}', '["a",1e3]', '{"a":{"b":[true]}}'),
    *("<<: ", "? ", "&a ", "*a", "!!str ", "|\n  a\n", ">-\n  a\n", '"' + "k" * 1025 + '": 1', "[" * 250 + "]" * 250),
]
BASES = [
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  labels: {}\ndata:\n  a.json: \"{\\\"a\\\":1e3}\"\n  b: 'x'\n",
    '---\n# Source: x\nspec:\n  {\n    "a": 1e-7,\n    "b": ["x", null, true],\n    "c": {}\n  }\nstatus: null\n',
    'list:\n- a: 1\n  b:\n  - x\n  -  y: 2\n     z: "3"\n- plain text\nend:\n\n# behind\nlast: /dev/null\n',
    'a:\n  b:\n    c:\n      d: 1.0\n    e: on\n  f: y\ny: no\n0x10: z\n"on": "y"\nn: {"y": {"on": [1]}}\n',
]  # fmt: skip


def plain(text: str) -> Value:
    return PlainReader(PlainValues(), PlainKeys()).read(text)


def composed(text: str) -> Value:
    return Composer(GoParser(text), PlainValues(), PlainKeys()).compose()


def edited(text: str, chance: random.Random) -> str:
    for _ in range(chance.randint(1, 3)):
        place = chance.randrange(len(text) + 1)
        text = text[:place] + chance.choice(PIECES) + text[place + chance.choice((0, 0, 1, 2, 5)) :]
    return text if text.endswith("\n") else f"{text}\n"


def test_what_charts_write_most_is_plain() -> None:
    assert [composed(text) for text in BASES] == [plain(text) for text in BASES]


def test_nasty_documents_are_read_as_by_the_parser_or_left_to_it() -> None:
    texts = [text if text.endswith("\n") else f"{text}\n" for text in (nasty.text for nasty in documents.corpus())]
    read = sum(_read_alike(text) for text in texts)
    assert 50 < read < len(texts) - 50


def test_documents_edited_at_random_are_read_as_by_the_parser_or_left_to_it() -> None:
    chance = random.Random(SEED)  # noqa: S311
    read = sum(_read_alike(edited(chance.choice(BASES), chance)) for _ in range(EDITS))
    assert EDITS // 20 < read < EDITS


@pytest.mark.parametrize(
    "text",
    [
        '{"' + "k" * 1025 + '": 1}',
        '{"a"\n  : 1}',
        "[" * 320 + "]" * 320,
        "é",
        '"\\u00e9"',
        '{"a": NaN}',
        "a # b",
        "a: b",
        "|\n  a",
        "a\n  b",
        "&a b",
    ],
)
def test_what_the_parser_may_read_in_another_way_is_left_to_it(text: str) -> None:
    with pytest.raises(NotPlainError):
        plain(f"v: {text}\n")


def _read_alike(text: str) -> bool:
    """Return whether the text is plain; it is then read as by the parser, to the type, and to the order of members."""
    try:
        value = plain(text)
    except NotPlainError:
        return False
    assert repr(value) == repr(composed(text)), text
    return True
