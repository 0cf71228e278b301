"""The YAML that charts write most, read without a YAML parser: block mappings and lists, one-line scalars, and JSON.

A YAML parser makes events of every token, which is what takes longest when a large system is read. Whatever this module
reads, `yaml_values.Composer` reads as the very same value; whatever it does not know for certain it leaves to that.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NoReturn

from kubectl_express.core.gojson import is_too_deep
from kubectl_express.core.values import DEEPEST
from kubectl_express.core.yaml_scalars import UnresolvableError

if TYPE_CHECKING:
    from kubectl_express.core.values import Object, Value
    from kubectl_express.core.yaml_scalars import PlainKeys, PlainValues

_OTHER_ESCAPES = re.compile(r"\\/|\\u(?!00[2-7])")
"""What JSON and YAML read differently in quotes, if they read it."""
_CONTENT = re.compile(r"^ *[^ #\n]", re.MULTILINE)
_KEY = re.compile(r'(?:([A-Za-z0-9_][A-Za-z0-9_./-]{0,200})|"([^"\\\n]{0,200})"): *')
_PLAIN_SCALAR = re.compile(r"[A-Za-z0-9_/.][^\n]*")
_SINGLE_QUOTED = re.compile(r"'([^'\n]*)' *(?=\n)")
_ITEM = re.compile(r"- +")
_LINE_END = re.compile(r" *\n")
_KEY_OVER_LINES = re.compile(r"\n *:")
_LONGEST_KEY = 1000
"""Characters; YAML takes 1,024 for a key without `?`."""


class NotPlainError(Exception):
    """The text may be any YAML: a YAML parser has to read it."""


class PlainReader:
    """Reads documents one after the other, with what plain scalars mean.

    Positions are where a line's content begins; every method that reads returns the next one.
    """

    def __init__(self, values: PlainValues, keys: PlainKeys) -> None:
        self._values = values
        self._keys = keys
        resolve = values.__getitem__
        self._json = json.JSONDecoder(parse_int=resolve, parse_float=resolve, parse_constant=_refuse)
        self._text = ""
        self._depth = 0

    def read(self, text: str) -> Value:
        """Return the value of one document, which ends with a newline. Raises NotPlainError."""
        # No tabs, no line ends of other kinds: `isprintable` is false of them.
        if (
            not text.isascii()
            or not text.replace("\n", "").isprintable()
            or ("\\" in text and _OTHER_ESCAPES.search(text))
        ):
            raise NotPlainError
        self._text, self._depth = text, 0
        try:
            return self._document()
        except (UnresolvableError, json.JSONDecodeError, RecursionError):
            raise NotPlainError from None

    def _document(self) -> Value:
        start = 4 if self._text.startswith("---\n") else 0
        position, indent = self._content(start)
        if indent < 0:
            return None
        value, position, _ = self._block(position, indent)
        if position != len(self._text):
            raise NotPlainError
        return value

    def _content(self, line: int) -> tuple[int, int]:
        """Return where the next content is, from where a line begins, and its column; -1 at the end."""
        found = _CONTENT.search(self._text, line)
        if found is None:
            return len(self._text), -1
        position = found.end() - 1
        return position, position - found.start()

    def _block(self, position: int, indent: int) -> tuple[Value, int, int]:
        """Return the collection that begins here; all its members or items begin at the same column."""
        character = self._text[position : position + 1]
        if character in {"{", "["}:
            return self._flow(position)
        if character == "-":
            return self._list(position, indent)
        return self._mapping(position, indent)

    def _mapping(self, position: int, indent: int) -> tuple[Value, int, int]:
        text, keys = self._text, self._keys
        members: Object = {}
        column = indent
        self._descend()
        while column == indent:
            found = _KEY.match(text, position)
            if found is None:
                raise NotPlainError
            end, plain = found.end(), found[1]
            name = keys[plain] if plain is not None else found[2]
            if text[end] == "\n":
                members[name], position, column = self._nested(end + 1, indent)
            elif text[end - 1] == " ":
                members[name], position, column = self._inline(end)
            else:
                raise NotPlainError
        if column > indent:
            raise NotPlainError
        self._depth -= 1
        return members, position, column

    def _nested(self, line: int, indent: int) -> tuple[Value, int, int]:
        """Return what stands below a key, from the next line on: null where nothing does."""
        position, column = self._content(line)
        if column > indent or (column == indent and _ITEM.match(self._text, position)):
            return self._block(position, column)
        return self._values[""], position, column

    def _list(self, position: int, indent: int) -> tuple[Value, int, int]:
        text = self._text
        items: list[Value] = []
        column = indent
        self._descend()
        while column == indent and (found := _ITEM.match(text, position)):
            start = found.end()
            if _KEY.match(text, start):
                item, position, column = self._mapping(start, indent + start - position)
            else:
                item, position, column = self._inline(start)
            items.append(item)
        if not items or column > indent:
            raise NotPlainError
        self._depth -= 1
        return items, position, column

    def _inline(self, position: int) -> tuple[Value, int, int]:
        """Return what stands behind a key or a dash in the same line."""
        text = self._text
        character = text[position]
        if character == '"':
            value, end = self._json.raw_decode(text, position)
            return value, *self._behind(end)
        if character in {"{", "["}:
            return self._flow(position)
        if found := _PLAIN_SCALAR.match(text, position):
            scalar = found[0].rstrip(" ")
            if ": " in scalar or " #" in scalar or scalar[-1] == ":":
                raise NotPlainError
            return self._values[scalar], *self._content(found.end() + 1)
        if found := _SINGLE_QUOTED.match(text, position):
            return found[1], *self._behind(found.end())
        raise NotPlainError

    def _flow(self, position: int) -> tuple[Value, int, int]:
        """Return JSON, as far as YAML says the same: a key is short and in one line with its colon."""
        value, end = self._json.raw_decode(self._text, position)
        written = self._text[position:end]
        if (
            (end - position > _LONGEST_KEY and max(map(len, written.split('"'))) > _LONGEST_KEY)
            or _KEY_OVER_LINES.search(written)
            or is_too_deep(value, written.count("{") + written.count("["), self._depth)
        ):
            raise NotPlainError
        return value, *self._behind(end)

    def _descend(self) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise NotPlainError

    def _behind(self, end: int) -> tuple[int, int]:
        """Return where the next content is behind a value that ends here, as its line has to."""
        found = _LINE_END.match(self._text, end)
        if found is None:
            raise NotPlainError
        return self._content(found.end())


def _refuse(constant: str) -> NoReturn:
    """Refuse NaN and Infinity, which JSON has not."""
    raise NotPlainError(constant)
