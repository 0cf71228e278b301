"""Typed reading of a YAML file, where every complaint names file, line and key."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from typing import Any, TypeAlias

import yaml

from kubectl_express.errors import ExpressError

Reader: TypeAlias = Callable[[yaml.Node], Any]
"""Turns a node into a setting, or raises UnexpectedError."""

_TAG = "tag:yaml.org,2002:"
_SURROGATE = re.compile("[\ud800-\udfff]")
_LARGEST = 300_000
"""Characters of a file, which PyYAML's own parser reads: it takes seconds for so many."""
_LONGEST = 60
"""Characters of a value that a message quotes."""


class UnexpectedError(Exception):
    """A node is not what its key wants. As text: `KEY: expected …, found …`."""

    def __init__(self, node: yaml.Node, expected: str, found: str | None = None, key: str = "") -> None:
        super().__init__(expected)
        self.line = line_of(node)
        self.key = key
        """Where in the file, or in what is being read: `.kinds[0]`."""
        self.reason = f"expected {expected}, found {found or described(node)}"

    def __str__(self) -> str:
        return f"{self.key.removeprefix('.')}: {self.reason}" if self.key else self.reason


@contextmanager
def under(key: str) -> Iterator[None]:
    """Put a key before that of whatever is complained about inside."""
    try:
        yield
    except UnexpectedError as error:
        error.key = f"{key}{error.key}"
        raise


def line_of(node: yaml.Node) -> int:
    """Return the line a node starts in, counted from 1."""
    return int(node.start_mark.line) + 1


def described(node: yaml.Node) -> str:
    """Return what a node is, for people: `the number 1.33`, `a list`."""
    if isinstance(node, yaml.MappingNode):
        return "a mapping"
    if isinstance(node, yaml.SequenceNode):
        return "a list"
    kind = str(node.tag).removeprefix(_TAG)
    value = str(node.value)
    quoted = json.dumps(value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…", ensure_ascii=False)
    words = {"null": "nothing", "bool": f"the boolean {value}", "int": f"the number {value}"}
    return {**words, "float": f"the number {value}", "str": quoted, "timestamp": quoted}.get(
        kind, f"{quoted} tagged {node.tag}"
    )


def compose(text: str, name: str) -> yaml.Node | None:
    """Return the one document of a file as PyYAML's node graph; None where the file is empty.

    Raises ExpressError where it is no YAML, more than one document, or longer than a configuration ever is.
    """
    if len(text) > _LARGEST:
        raise ExpressError(f"{name}: expected at most {_LARGEST:,} characters, found {len(text):,}")
    loader = None
    try:
        loader = yaml.SafeLoader(text)
        node: yaml.Node | None = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, problem = (mark.line + 1 if mark else 1), error.problem or error.context
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        problem = f"the character U+{error.character:04X} is not allowed"
    except RecursionError:
        line, problem = 1, "it is nested too deeply"
    except (ValueError, OverflowError):
        # An escape such as "\UFFFFFFFF", or the directive of a version of thousands of digits.
        line, problem = (loader.line + 1 if loader else 1), "a number that names nothing"
    else:
        return node
    if problem == "but found another document":
        problem = "a second document"
    raise ExpressError(f"{name}:{line}: expected one YAML document, found an error: {problem}")


def members(node: yaml.Node) -> Iterator[tuple[str, yaml.Node, yaml.Node]]:
    """Yield key, key node and value node of a mapping, of which "nothing" is an empty one. A key is its text.

    Raises UnexpectedError for anything else, for a key that is no scalar, and for a key that was there before.
    """
    if node.tag == f"{_TAG}null":
        return
    if not isinstance(node, yaml.MappingNode):
        raise UnexpectedError(node, "a mapping")
    lines: dict[str, int] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise UnexpectedError(key, "a key")
        if key.value in lines:
            found = f"it again after line {lines[key.value]}"
            raise UnexpectedError(key, "this key once", found, f".{key.value}")
        lines[key.value] = line_of(key)
        yield key.value, key, value


def known(node: yaml.Node, keys: Iterable[str], section: str = "") -> Iterator[tuple[str, yaml.Node, yaml.Node]]:
    """Yield the dotted key, key node and value node of every leaf; sections may be nested as the known keys are.

    Raises UnexpectedError as `members` does, and for an unknown key, with the nearest known one.
    """
    keys = list(keys)
    for key, key_node, value in members(node):
        dotted = f"{section}{key}"
        if dotted in keys:
            yield dotted, key_node, value
        elif any(each.startswith(f"{dotted}.") for each in keys):
            with under(f".{key}"):
                leaves = list(known(value, keys, f"{dotted}."))
            yield from leaves
        else:
            raise UnexpectedError(key_node, _nearest(key, section, keys), "an unknown one", f".{key}")


def _nearest(key: str, section: str, keys: list[str]) -> str:
    """Return which key was expected: the nearest of the section, else one of the same name elsewhere, else all."""
    here = list(dict.fromkeys(each.removeprefix(section).split(".")[0] for each in keys if each.startswith(section)))
    elsewhere = {each.rpartition(".")[2]: each for each in keys}
    near = [elsewhere[key]] if key in elsewhere else [f"{section}{each}" for each in get_close_matches(key, here, 1)]
    near = near or [elsewhere[each] for each in get_close_matches(key, elsewhere, 1, 0.8)]
    return f"a known key ({near[0]}?)" if near else f"a known key ({', '.join(here)})"


def string(expected: str, pattern: str | re.Pattern[str] = r"[^\x00-\x1f\x7f]+") -> Reader:
    """Return a reader of strings that match a pattern as a whole; a date counts as the text it is."""
    whole = re.compile(pattern)

    def read(node: yaml.Node) -> str:
        braces = isinstance(node, yaml.MappingNode) and node.flow_style
        if braces or node.tag in {f"{_TAG}bool", f"{_TAG}int", f"{_TAG}float"}:
            raise UnexpectedError(node, expected, f"{described(node)} (quotes make it a string)")
        text = _scalar(node, "str", "timestamp")
        if text is None or _SURROGATE.search(text) or not whole.fullmatch(text):
            raise UnexpectedError(node, expected)
        return text

    return read


def _scalar(node: yaml.Node, *kinds: str) -> str | None:
    """Return the text of a scalar of one of these kinds; None of anything else, whatever its tag says that it is."""
    known = isinstance(node, yaml.ScalarNode) and node.tag.removeprefix(_TAG) in kinds
    return str(node.value) if known else None


def flag(node: yaml.Node) -> bool:
    """Read true or false, in the words YAML has for them."""
    word = (_scalar(node, "bool") or "").lower()
    if word not in yaml.SafeLoader.bool_values:
        raise UnexpectedError(node, "true or false")
    return bool(yaml.SafeLoader.bool_values[word])


def count(node: yaml.Node) -> int:
    """Read a whole number from 1 on."""
    digits = _scalar(node, "int") or ""
    if not re.fullmatch("[1-9][0-9]{0,8}", digits):
        raise UnexpectedError(node, "a whole number of at least 1")
    return int(digits)


def one_of(names: Sequence[str]) -> Reader:
    """Return a reader of names out of a list; the nearest comes first where another is read."""

    def read(node: yaml.Node) -> str:
        text = str(node.value) if isinstance(node, yaml.ScalarNode) else ""
        if text in names:
            return text
        near = get_close_matches(text, names, 1)
        hint = f" ({near[0]}?)" if near else ""
        raise UnexpectedError(node, f"one of {', '.join(names)}{hint}")

    return read


def optional(read: Reader) -> Reader:
    """Return a reader that takes "nothing" as None."""
    return lambda node: None if node.tag == f"{_TAG}null" else read(node)


def listed(read: Reader, expected: str, *, least: int = 0, unique: bool = False) -> Reader:
    """Return a reader of lists, as tuples."""

    def read_list(node: yaml.Node) -> tuple[Any, ...]:
        if not isinstance(node, yaml.SequenceNode):
            raise UnexpectedError(node, expected)
        if len(node.value) < least:
            raise UnexpectedError(node, expected, "an empty list")
        found: list[Any] = []
        for number, item in enumerate(node.value):
            with under(f"[{number}]"):
                value = read(item)
                if unique and value in found:
                    raise UnexpectedError(item, "each once", f"{described(item)} again")
            found.append(value)
        return tuple(found)

    return read_list


def mapped(read: Reader) -> Reader:
    """Return a reader of mappings from any text."""

    def read_mapping(node: yaml.Node) -> dict[str, Any]:
        found = {}
        for key, _, value in members(node):
            with under(f".{key}"):
                found[key] = read(value)
        return found

    return read_mapping
