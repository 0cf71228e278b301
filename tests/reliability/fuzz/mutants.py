"""Breaking what is sound: bytes at random, texts by what means something in YAML and JSON, values by structure."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

Place = tuple[Any, Any]
"""A collection, and the key or index of one of its members."""

NASTY_TEXTS = (
    "", " ", "\0", "\ufeff", "\ud800", "\udc80", "\ud83d", "\u2028", "\x85", "\x1b[31m", "\r", "\r\n", "\u202e",
    "é", "𝄞", "a" * 300, "0" * 25, "1e999", "1e-999", "NaN", ".inf", "~", "null", "on", "<<", "*a", "-", "---",
    "{", "[", '"', "#", "{}", "[]", "[[]]", '"x"', "1", '{"a":1}', '{"a":1,"a":2}', "{" * 50, "[" * 250 + "]" * 250,
    "2024-01-01", "/", "../x", "Backend", "List", "BackendList", "ConfigMap", "Secret", "Lease", "be1", "be1.json",
    "be1.revision", "True", "v1", "9" * 5000, "1-999999", "2024-01-01T00:00:00Z", "99999-01-01T00:00:00Z",
    "kubectl-edit", "Apply", "k:{}", "v:1", ".",
)  # fmt: skip
NASTY_NUMBERS = (
    0, -0.0, -1, 1, 2**31, 2**53 + 1, 2**63 - 1, -(2**63), 2**63, 2**64, 10**25, 1e21, 1e-7, 1e300, 5e-324, 0.1, 1e6,
    2.0,
)  # fmt: skip
PIECES = (
    *"{}[]:,-\"'|>&*!%@`?#~\\ \n\r\t\0\x85\u2028\ufeff\ud800",
    *("\r\n", "\n---\n", "\n...\n", "\n- ", ": ", " #", "? ", "<<: ", "&a ", "*a", "!!str ", "!!int ", "!!binary "),
    *("!<a> ", "%YAML 1.1\n", "%TAG ! a:\n", "|\n", ">-\n", "|9\n", '"\\ud800"', '"\\u0000"', '"\\UFFFFFFFF"', '"\\x"'),
    *("1e999", "-1e999", "9" * 30, "1" * 5000, "0x" + "f" * 20, "1e-400", "NaN", "-Infinity", ".nan", "null", "''"),
    *("[" * 300, "{" * 300, '{"a":' * 300, "- " * 300, "[" * 250 + "]" * 250, '"' + "k" * 1100 + '": 1', "a: " * 20),
    *("&a [*a]", "&a {a: *a}", "\t", "\n\n", "  ", '{"apiVersion":"v1","kind":"List","items":['),
    *("Error: x\n", "\\/", "\\u2028", "!x ", "'", "true"),
)  # fmt: skip
BYTES = (
    b"\xff",
    b"\xfe\xff",
    b"\xed\xa0\x80",
    b"\xc0\x80",
    b"\xf5\x80\x80\x80",
    b"\0",
    b"\xef\xbb\xbf",
    b"\xe2\x80",
    b"\x80",
)


DEPTHS = (3, 30, 150, 250, 320, 400, 600, 900, 1500, 5000, 100_000)
_DEEP = re.compile(r"""(["'])@([{\[])(\d+)@\1""")
"""What stands for a value of so many levels until it is written: Python itself could not walk it."""


def broken_bytes(data: bytes, chance: random.Random) -> bytes:
    """Return the bytes with a few of them changed, dropped, doubled or put in."""
    for _ in range(chance.randint(1, 3)):
        start = chance.randrange(len(data) + 1)
        stop = min(len(data), start + chance.choice((0, 1, 2, 8, 64)))
        new = chance.choice((b"", chance.choice(BYTES), data[start:stop] * 2, bytes([chance.randrange(256)])))
        data = data[:start] + new + data[stop:]
    return data[: chance.randrange(len(data) + 1)] if chance.randrange(4) == 0 else data


def broken_text(text: str, chance: random.Random) -> str:
    """Return the text with a few pieces of YAML or JSON put in, taken out or moved, at times with other line ends."""
    for _ in range(chance.randint(1, 3)):
        start = chance.randrange(len(text) + 1)
        stop = start + chance.choice((0, 0, 1, 2, 5, 40))
        new = chance.choice((chance.choice(PIECES), chance.choice(PIECES), "", _slice(text, chance)))
        text = text[:start] + new + text[stop:]
    whole = chance.randrange(40)
    if whole == 0:
        return text.replace("\n", chance.choice(("\r\n", "\r", "\n\n", "\x85")))
    return "\ufeff" + text if whole == 1 else text


def _slice(text: str, chance: random.Random) -> str:
    start = chance.randrange(len(text) + 1)
    return text[start : start + chance.randrange(200)]


def broken_value(value: Any, chance: random.Random) -> Any:
    """Return a copy of the value with a few members of another type, gone, doubled, renamed, nested or swapped."""
    whole = [json.loads(json.dumps(value))]
    for _ in range(chance.randint(1, 4)):
        places = _places(whole)
        container, key = chance.choice(places)
        chance.choice(_CHANGES)(container, key, places, chance)
    return whole[0]


def _places(value: Any) -> list[Place]:
    found: list[Place] = []
    pending = [value]
    while pending:
        each = pending.pop()
        members = each.items() if isinstance(each, dict) else enumerate(each)
        for key, member in members:
            found.append((each, key))
            if isinstance(member, dict | list) and member and len(found) < 5000:
                pending.append(member)
    return found


def nasty(chance: random.Random) -> Any:
    """Return a value that hardly anybody has thought of."""
    return chance.choice(
        (
            lambda: chance.choice(NASTY_TEXTS),
            lambda: chance.choice(NASTY_NUMBERS),
            lambda: chance.choice((None, True, False)),
            lambda: chance.choice(
                ([], {}, [[]], [{}], {"": None}, [None], {"name": "x"}, [{"name": "x"}, {"name": "x"}])
            ),
            lambda: f"@{chance.choice('[{')}{chance.choice(DEPTHS)}@",
        )
    )()


def _replace(container: Any, key: Any, _: list[Place], chance: random.Random) -> None:
    container[key] = nasty(chance)


def _drop(container: Any, key: Any, _: list[Place], chance: random.Random) -> None:
    if isinstance(container, dict):
        del container[key]
    else:
        container[key] = None


def _rename(container: Any, key: Any, _: list[Place], chance: random.Random) -> None:
    if isinstance(container, dict):
        container[chance.choice(NASTY_TEXTS)] = container.pop(key)


def _double(container: Any, key: Any, _: list[Place], chance: random.Random) -> None:
    if isinstance(container, list):
        container.insert(key, container[key])
    else:
        container[f"{key}2"] = container[key]


def _wrap(container: Any, key: Any, _: list[Place], chance: random.Random) -> None:
    member = container[key]
    container[key] = chance.choice(
        (lambda: [member], lambda: {"a": member}, lambda: written(member), lambda: str(member))
    )()


def _copy(container: Any, key: Any, places: list[Place], chance: random.Random) -> None:
    other, other_key = chance.choice(places)
    if other_key in other or (isinstance(other, list) and other_key < len(other)):
        container[key] = json.loads(json.dumps(other[other_key]))


def _break_text(container: Any, key: Any, _: list[Place], chance: random.Random) -> None:
    if isinstance(container[key], str):
        container[key] = broken_text(container[key], chance)


def _break_json(container: Any, key: Any, places: list[Place], chance: random.Random) -> None:
    """Break a JSON text inside by its structure: the data of a node, say."""
    texts = [(each, name) for each, name in places if isinstance(each, dict) and _is_json(each.get(name))]
    if not texts:
        return
    container, key = chance.choice(texts)
    container[key] = written(broken_value(json.loads(container[key]), chance))


def _is_json(value: Any) -> bool:
    return isinstance(value, str) and value[:1] == "{" and value[-1:] == "}" and '"' in value and _parses(value)


def _parses(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


_CHANGES: tuple[Callable[[Any, Any, list[Place], random.Random], None], ...] = (
    _replace, _replace, _replace, _drop, _rename, _double, _wrap, _copy, _break_text, _break_json, _break_json,
)  # fmt: skip


def as_yaml(documents: list[Any]) -> str:
    """Return documents as block YAML, as charts write them."""
    return _deepened("".join(f"---\n{yaml.dump(each, Dumper=yaml.CSafeDumper, sort_keys=False)}" for each in documents))


def as_json(documents: list[Any]) -> str:
    """Return documents as JSON, a line each, which YAML's separators stand between."""
    return "".join(f"---\n{written(each, ascii_only=False)}\n" for each in documents)


def written(value: Any, *, ascii_only: bool = True) -> str:
    """Return the value as JSON."""
    return _deepened(json.dumps(value, ensure_ascii=ascii_only))


def _deepened(text: str) -> str:
    return _DEEP.sub(_levels, text)


def _levels(found: re.Match[str]) -> str:
    depth = int(found[3])
    return "[" * depth + "]" * depth if found[2] == "[" else '{"a":' * depth + "1" + "}" * depth


def base64_of(text: str) -> str:
    """Return what a Secret keeps of a text."""
    return base64.b64encode(text.encode("utf-8", "surrogatepass")).decode()
