"""Manifests read as kubectl reads them: split, parsed and typed like `kubectl apply -f` does it.

The splitting is that of k8s.io/apimachinery/pkg/util/yaml (YAMLOrJSONDecoder): documents end at a line that starts with
`---`, whatever stands around it, and a stream that starts with `{` is tried as JSON first.
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from kubectl_express.core import gojson
from kubectl_express.core.plain_yaml import NotPlainError, PlainReader
from kubectl_express.core.yaml_scalars import PlainKeys, PlainValues

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kubectl_express.core.values import Value
    from kubectl_express.core.yaml_parser import EventSource

_SEPARATOR = re.compile(r"^---([^\n]*)(?:\n|\Z)", re.MULTILINE)
_SNIFFED = 4096  # bytes
Parser: TypeAlias = "Callable[[str], EventSource]"

# Go's unicode.IsSpace.
_GO_SPACE = "\t\n\v\f\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"


class InvalidYAML(ValueError):  # noqa: N818
    """A file that kubectl would not read. `line` counts from 1 in the whole source."""

    def __init__(self, source: str, line: int, problem: str) -> None:
        super().__init__(f"{source}:{line}: {problem}")
        self.source = source
        self.line = line
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a file: its value, its own text as it stands there, and the line where that text starts."""

    value: Value
    text: str
    line: int
    source: str


def read_documents(text: str, source: str, parser: Parser | None = None) -> list[Document]:
    """Return the documents of a text, in order, without those that are empty, null or only comments.

    A document is whatever value it holds, an object or not. Collections reached by YAML aliases are shared between the
    places that name them: treat values as read-only. `source` names the text in errors. Raises InvalidYAML.
    """
    return list(documents(text, source, parser))


def documents(text: str, source: str, parser: Parser | None = None) -> Iterator[Document]:
    """Yield what `read_documents` returns, as it is read."""
    return _Reading(text.removeprefix("\ufeff"), source, parser).documents()


class _Reading:
    """One pass over one source."""

    def __init__(self, text: str, source: str, parser: Parser | None) -> None:
        self._text = text
        self._source = source
        self._parser = parser
        self._values = PlainValues()
        self._keys = PlainKeys()
        self._plain = PlainReader(self._values, self._keys)
        self._line = 1
        self._counted = 0

    def documents(self) -> Iterator[Document]:
        sniffed = self._text[:_SNIFFED].encode(errors="replace")[:_SNIFFED].decode(errors="replace")
        if not sniffed.lstrip(_GO_SPACE).startswith("{"):
            yield from self._yaml(0)
            return
        position, count = 0, 0
        while (start := gojson.skip_space(self._text, position)) < len(self._text):
            try:
                value, end = gojson.decode_prefix(self._text, start)
            except gojson.NumberOutOfRange as error:
                raise InvalidYAML(self._source, error.line, error.problem) from None
            except gojson.InvalidJSON as error:
                # After two JSON values kubectl takes the stream for JSON; before that it may still be YAML.
                if count > 1:
                    raise InvalidYAML(self._source, error.line, error.problem) from None
                yield from self._yaml(self._behind_blank_line(position, error), error)
                return
            position = end
            count += 1
            if value is not None:
                yield Document(value, self._text[start:end], self._line_at(start), self._source)

    def _behind_blank_line(self, position: int, json_error: gojson.InvalidJSON) -> int:
        """Return where YAML begins after JSON: kubectl eats white space up to the end of the line."""
        rest = self._text[position:]
        blank = rest[: len(rest) - len(rest.lstrip(_GO_SPACE))]
        newline = blank.find("\n")
        stop = len(blank) if newline < 0 else newline
        # It looks at four bytes at a time, and takes fewer for the end.
        if len(rest[stop : stop + 4].encode(errors="replace")) < 4:
            raise InvalidYAML(self._source, json_error.line, json_error.problem)
        return position + (stop if newline < 0 else newline + 1)

    def _yaml(self, position: int, json_error: gojson.InvalidJSON | None = None) -> Iterator[Document]:
        for start, body, end in self._chunks(position):
            try:
                value = self._compose(start, end)
            except InvalidYAML:
                if json_error is None:
                    raise
                # Neither JSON nor YAML, and it looked like JSON: kubectl reports that error too.
                raise InvalidYAML(self._source, json_error.line, json_error.problem) from None
            json_error = None
            if value is not None:
                yield Document(value, self._text[body:end], self._line_at(body), self._source)

    def _chunks(self, position: int) -> Iterator[tuple[int, int, int]]:
        """Yield start, start of the text behind a leading separator, and end of what kubectl parses as one document."""
        start = body = position
        # Sliced, so that the pattern's line starts where kubectl's does, which after JSON may be within a line.
        for separator in _SEPARATOR.finditer(self._text[position:] if position else self._text):
            rest, begin, end = separator[1].strip(_GO_SPACE), position + separator.start(), position + separator.end()
            if rest and not rest.startswith("#"):
                problem = f"invalid Yaml document separator: {rest[:40]}"
                raise InvalidYAML(self._source, self._line_at(begin), problem)
            if start == begin:
                # Nothing stands before it, so it becomes a part of the document that follows.
                body = end
            else:
                yield start, body, begin
                start = body = end
        if start < len(self._text):
            yield start, body, len(self._text)

    def _compose(self, start: int, end: int) -> Value:
        # kubectl reads by lines, which ends each one, the last too, with a single newline.
        chunk = self._text[start:end].replace("\r\n", "\n")
        if not chunk.endswith("\n"):
            chunk += "\n"
        if self._parser is None:
            # Most documents of most charts are plain; the others get a parser.
            with contextlib.suppress(NotPlainError):
                return self._plain.read(chunk)
        from kubectl_express.core.yaml_chunks import ChunkError, read_chunk

        try:
            return read_chunk(chunk, self._values, self._keys, self._parser)
        except ChunkError as error:
            raise InvalidYAML(self._source, self._line_at(start) + error.line, error.problem) from None

    def _line_at(self, position: int) -> int:
        """Return the line of a position; positions rise, so that the text is counted through once."""
        if position < self._counted:
            return self._text.count("\n", 0, position) + 1
        self._line += self._text.count("\n", self._counted, position)
        self._counted = position
        return self._line
