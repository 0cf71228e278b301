"""Files as large, deep or odd as can be, by what is extreme about them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from tests.core.rendered import config_map, entry, resource, revision_of
from tests.reliability.fuzz import mutants

Fill = Callable[[int], bytes]
"""Returns a file of about so many bytes."""


class Extreme(NamedTuple):
    """A file, the exit code of `verify -f`, and a part of what is said."""

    fill: Fill
    code: int
    said: str = ""


def system(data: Any, **more: Any) -> list[Any]:
    """Return a sound system of one node, `be1`."""
    return [config_map({**entry("be1", data), **more}), resource("be1", data)]


def _file(documents: list[Any]) -> bytes:
    return mutants.as_json(documents).encode("utf-8", "surrogatepass")


def _with_text(text: str) -> bytes:
    """Return a system whose node's data is just this text."""
    return _file([config_map({"be1.json": text, "be1.revision": "x"}), resource("be1", {"a": 1}, declared="x")])


def _in_spec(value: str) -> bytes:
    """Return a resource with this YAML in its parameters."""
    lines = "apiVersion: express.example.com/v1\nkind: Backend\nmetadata: {name: be1}\nspec:\n  a: "
    return f"{lines}{value}\n".encode("utf-8", "surrogatepass")


def _nodes(size: int) -> bytes:
    data: Any = {"image": {"tag": "1"}, "text": "x" * 800}
    count = size // 2500
    entries: dict[str, Any] = {}
    for number in range(count):
        entries |= entry(f"be{number}", {**data, "number": number})
    found = [config_map(entries), *(resource(f"be{number}", {**data, "number": number}) for number in range(count))]
    return _file(found)


def _laughs(_: int) -> bytes:
    lines = "".join(f"l{each}: &l{each} [{', '.join([f'*l{each - 1}'] * 10)}]\n" for each in range(1, 12))
    return f"l0: &l0 [lol]\n{lines}kind: Backend\n".encode()


def _merges(_: int) -> bytes:
    first = "m0: &m0 {" + ", ".join(f"k{each}: 1" for each in range(100)) + "}\n"
    lines = "".join(
        f"m{each}: &m{each}\n  <<: [{', '.join([f'*m{each - 1}'] * 10)}]\n  n{each}: 1\n" for each in range(1, 12)
    )
    return f"{first}{lines}kind: Backend\n".encode()


def _quadratic(size: int) -> bytes:
    long = "x" * (size // 2)
    return _in_spec(f"&a {long}\n  b: [" + ", ".join(["*a"] * 5000) + "]\n  c: [" + ", ".join("1" * 6000) + "]")


def _at_the_limit(_: int) -> bytes:
    data: Any = {"image": "x"}
    room = 1024 * 1024 - 2000
    return _file([config_map({**entry("be1", data), "filler": "x" * room}), resource("be1", data)])


SOUND = _file(system({"image": "x"}))
DEEP = "nested too deeply"
TOO_MANY_VALUES = "output.yaml: more than 10,000,000 lines, items and members: read the manifests of one system"
TOO_MANY = "more than 200,000 objects: read the manifests of one system at a time"
NO_KIND = "no Kubernetes object"

EXTREMES: dict[str, Extreme] = {
    "aliases of aliases (a billion laughs)": Extreme(_laughs, 2, "excessive aliasing"),
    "merges of merges": Extreme(_merges, 2, "excessive aliasing"),
    "a long text behind thousands of aliases": Extreme(_quadratic, 2, "aliases make the document too large"),
    "one text of its whole size": Extreme(lambda size: _in_spec('"' + "x" * size + '"'), 3, "orphan"),
    "one block text of its whole size": Extreme(lambda size: _in_spec("|\n" + "    line\n" * (size // 9)), 3, "orphan"),
    "one text that is not ASCII": Extreme(lambda size: _in_spec('"' + "é" * (size // 2) + '"'), 3, "orphan"),
    "one text with a character beyond the BMP": Extreme(lambda size: _in_spec(f'"{"x" * size}😀"'), 3, "orphan"),
    "a system of thousands of nodes": Extreme(_nodes, 0),
    "documents that are tiny": Extreme(lambda size: b"---\nkind: a\n" * (size // 12), 2, TOO_MANY),
    "documents that are tiny, for a parser": Extreme(lambda size: b"---\nkind: !!str a\n" * (size // 18), 2, TOO_MANY),
    "JSON objects that are tiny": Extreme(lambda size: b'{"kind":"a"}\n' * (size // 13), 2, TOO_MANY),
    "items that are tiny": Extreme(lambda size: b"kind: List\nitems:\n" + b"- {}\n" * (size // 5), 2, TOO_MANY),
    "values that are tiny": Extreme(lambda size: _in_spec("[" + '{"a":1},' * (size // 8) + "1]"), 3, "orphan"),
    "values that are tiny, for a parser": Extreme(
        lambda size: _in_spec("[" + "{a}," * (size // 4) + "1]"), 3, "orphan"
    ),
    "lists that are tiny": Extreme(lambda size: _in_spec("\n" + f"  - {'- ' * 15}1\n" * (size // 36)), 3, "orphan"),
    "lines that are short": Extreme(lambda size: _in_spec("|\n" + "    a\n" * (size // 6)), 3, "orphan"),
    "documents that are no objects": Extreme(lambda size: b"---\na: 1\n" * (size // 9), 2, NO_KIND),
    "documents that are empty": Extreme(lambda size: b"---\n" * (size // 4), 2, "nothing to verify"),
    "one JSON line": Extreme(lambda size: _file(system({"a": ["x" * 98] * (size // 200)})), 0),
    "JSON values without an end": Extreme(lambda size: b'{"a":1} ' * (size // 8), 2, NO_KIND),
    "as many lines as are read": Extreme(lambda _: b"\n" * 10_000_000, 2, "nothing to verify"),
    "a line more than are read": Extreme(lambda _: b"\n" * 10_000_001, 2, TOO_MANY_VALUES),
    "newlines": Extreme(lambda size: b"\n" * size, 2, "nothing to verify"),
    "blanks": Extreme(lambda size: b" " * size, 2, "nothing to verify"),
    "blanks around JSON": Extreme(lambda size: b"{" + b" " * size + b"}", 2, NO_KIND),
    "comments": Extreme(lambda size: b"# x\n" * (size // 4), 2, "nothing to verify"),
    "brackets that nest": Extreme(lambda size: b"[" * size, 2, DEEP),
    "braces that nest": Extreme(lambda size: b'{"a":' * (size // 5), 2, DEEP),
    "dashes that nest": Extreme(lambda size: b"- " * (size // 2), 2, DEEP),
    "question marks that nest": Extreme(lambda size: b"? " * (size // 2), 2, "invalid map key"),
    "1,000 levels of YAML lists": Extreme(lambda _: _in_spec("[" * 1000 + "]" * 1000), 2, DEEP),
    "100,000 levels of YAML lists": Extreme(lambda _: _in_spec("[" * 100_000 + "]" * 100_000), 2, DEEP),
    "1,000 levels of YAML blocks": Extreme(
        lambda _: b"kind: a\n" + b"".join(b" " * each + b"a:\n" for each in range(1000)), 2, DEEP
    ),
    "320 levels by aliases of 100": Extreme(
        lambda _: "".join(
            f"a{each}: &a{each} {'[' * 100}{f'*a{each - 1}' if each else ''}{']' * 100}\n" for each in range(4)
        ).encode(),
        2,
        DEEP,
    ),
    "1,000 levels of JSON": Extreme(lambda _: b'{"kind": "a", "a": ' + b"[" * 1000 + b"]" * 1000 + b"}", 2, DEEP),
    "100,000 levels of JSON": Extreme(lambda _: b'{"kind": "a", "a": ' + b"[" * 99_999 + b"]" * 99_999 + b"}", 2, DEEP),
    "1,000 levels of a node's data": Extreme(lambda _: _with_text("[" * 1000 + "]" * 1000), 3, DEEP),
    "100,000 levels of a node's data": Extreme(lambda _: _with_text('{"a":' * 100_000), 3, DEEP),
    "300 levels of a node's data": Extreme(lambda _: _file(system(json.loads('{"a":' * 300 + "1" + "}" * 300))), 0),
    "bytes that are no UTF-8": Extreme(lambda _: SOUND.replace(b"image", b"im\xffge"), 2, "is not UTF-8 text"),
    "a surrogate as bytes": Extreme(lambda _: SOUND.replace(b"image", b"im\xed\xa0\x80ge"), 2, "is not UTF-8 text"),
    "UTF-16": Extreme(lambda _: SOUND.decode().encode("utf-16"), 2, "is not UTF-8 text"),
    "the character NUL": Extreme(lambda _: SOUND.replace(b"---", b"---\n\0", 1), 2, "control characters"),
    "a byte order mark": Extreme(lambda _: b"\xef\xbb\xbf" + SOUND, 0),
    "lines that end with CR LF": Extreme(lambda _: SOUND.replace(b"\n", b"\r\n"), 0),
    "lines that end with CR": Extreme(lambda _: SOUND.replace(b"\n", b"\r"), 2, "invalid Yaml document separator"),
    "half a pair of surrogates, escaped": Extreme(lambda _: _with_text('{"a": "\\ud800"}'), 3, "mismatch"),
    "half a pair of surrogates in YAML": Extreme(lambda _: _in_spec('"\\ud800"'), 2, "Unicode character"),
    "NUL in a node's name": Extreme(lambda _: SOUND.replace(b'"be1"', b'"be\\u00001"'), 3, "be\\u00001"),
    "a key that stands there twice": Extreme(lambda _: SOUND.replace(b'"image"', b'"image":1,"image"'), 0),
    "a key that stands twice in a node's data": Extreme(lambda _: _with_text('{"a":0,"a":1}'), 3, "mismatch"),
    "two resources of one name": Extreme(lambda _: SOUND + _file([resource("be1", {"image": "x"})]), 3, "duplicate"),
    "two ConfigMaps with one node": Extreme(lambda _: SOUND + _file(system({"image": "x"})[:1]), 3, "duplicate"),
    "a ConfigMap at the limit of 1 MiB": Extreme(_at_the_limit, 0),
    "a number beyond all floats": Extreme(lambda _: _with_text('{"a": 1e999999}'), 3, "out of range"),
    "a number beyond all floats in JSON": Extreme(lambda _: b'{"kind": "a", "b": 1e999999}', 2, "out of range"),
    "a number beyond all floats in YAML": Extreme(lambda _: _in_spec("1e999999"), 3, "orphan"),
    "an integer of 100,000 digits": Extreme(lambda _: _with_text('{"a": ' + "9" * 100_000 + "}"), 3, "out of range"),
    "an integer of 100,000 digits in YAML": Extreme(lambda _: _in_spec("9" * 100_000), 3, "orphan"),
    "a float of 100,000 digits": Extreme(lambda _: _in_spec("0." + "1" * 100_000), 3, "orphan"),
    "a version of 5,000 digits": Extreme(lambda _: b"%YAML 1." + b"1" * 5000 + b"\n---\na: 1\n", 2, "output.yaml:1:"),
    "a key of 1 MB": Extreme(lambda _: _file(system({"k" * 1_000_000: 1})).replace(b"---\n", b""), 0),
    "a key of 1 MB in YAML": Extreme(lambda _: _in_spec("{" + "k" * 1_000_000 + ": 1}"), 2, "output.yaml:5:"),
    "a name of 1 MB": Extreme(
        lambda _: _file([resource("n" * 1_000_000, {}), *(resource(f"be{each}", {}) for each in range(3000))]), 3
    ),
    "tags without an end": Extreme(lambda size: _in_spec('é\n  b: "' + "-!" * (size // 2) + '"'), 3, "orphan"),
    "items that are all equal": Extreme(
        lambda _: _file(
            [
                config_map({"be1.json": json.dumps({"a": [0, 1] * 50_000}), "be1.revision": "x"}),
                resource("be1", {"a": [1, 0, 0] * 33_000}, declared="x"),
            ]
        ),
        3,
        "disagree",
    ),
    "revisions as numbers": Extreme(lambda _: SOUND.replace(f'"{revision_of({"image": "x"})}"'.encode(), b"1e3"), 3),
}
