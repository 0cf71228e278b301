"""PyYAML's own parser, taught the rules of kubectl's (go.yaml.in/yaml/v2, a port of an early libyaml)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from yaml.parser import Parser
from yaml.reader import Reader
from yaml.scanner import Scanner, ScannerError
from yaml.tokens import ScalarToken, TagToken

if TYPE_CHECKING:
    from yaml.error import Mark

_BREAKS = "\r\n\x85\u2028\u2029"
_BLANK_OR_END = "\0 \t" + _BREAKS
_SURROGATE = re.compile("[\ud800-\udfff]")


class GoParser(Reader, Scanner, Parser):
    """PyYAML's own parser with goyaml's scanning of white space, plain scalars, escapes, tags and directives."""

    ESCAPE_REPLACEMENTS = {  # type: ignore[misc]  # noqa: RUF012  # kubectl's parser knows no \/, but \'
        **{escape: text for escape, text in Scanner.ESCAPE_REPLACEMENTS.items() if escape != "/"},
        "'": "'",
    }

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)

    def scan_to_next_token(self) -> None:
        """Skip white space and comments; tabs too, where no simple key may start."""
        if self.index == 0 and self.peek() == "\ufeff":
            self.forward()
        while True:
            while self.peek() == " " or (self.peek() == "\t" and (self.flow_level or not self.allow_simple_key)):
                self.forward()
            if self.peek() == "#":
                while self.peek() not in "\0" + _BREAKS:
                    self.forward()
            if not self._line_break():
                return
            if not self.flow_level:
                self.allow_simple_key = True

    def _line_break(self) -> str:
        line_break: str = self.scan_line_break()  # type: ignore[no-untyped-call]
        return line_break

    def scan_plain(self) -> ScalarToken:
        """Scan a plain scalar: a colon ends it only before white space, a question mark in every flow collection."""
        chunks: list[str] = []
        start_mark = end_mark = self.get_mark()
        indent = self.indent + 1
        spaces: list[str] | None = []
        while self.peek() != "#":
            length = self._plain_length()
            if length == 0:
                break
            self.allow_simple_key = False
            chunks.extend(spaces or ())
            chunks.append(self.prefix(length))
            self.forward(length)
            end_mark = self.get_mark()
            spaces = self.scan_plain_spaces(indent, start_mark)
            if not spaces or (not self.flow_level and self.column < indent):
                break
        return ScalarToken("".join(chunks), True, start_mark, end_mark)

    def _plain_length(self) -> int:
        length = 0
        while (character := self.peek(length)) not in _BLANK_OR_END:
            if character == ":" and self.peek(length + 1) in _BLANK_OR_END:
                break
            if self.flow_level and character in ",?[]{}":
                break
            length += 1
        return length

    def scan_plain_spaces(self, indent: int, start_mark: Mark) -> list[str] | None:
        """Scan what stands between two pieces of a plain scalar, tabs included; None at a document's end."""
        blanks, line_break, breaks = "", "", []
        while (character := self.peek()) in " \t" + _BREAKS:
            if character not in " \t":
                if line_break:
                    breaks.append(self._line_break())
                else:
                    line_break = self._line_break()
                    self.allow_simple_key = True
                continue
            if line_break and character == "\t" and self.column < indent:
                problem = "found a tab character that violates indentation"
                raise ScannerError("while scanning a plain scalar", start_mark, problem, self.get_mark())
            if not line_break:
                blanks += character
            self.forward()
        if not line_break:
            return [blanks] if blanks else []
        if self.column == 0 and self.prefix(3) in {"---", "..."} and self.peek(3) in _BLANK_OR_END:
            return None
        if line_break != "\n":
            return [line_break, *breaks]
        return breaks or [" "]

    def scan_flow_scalar_non_spaces(self, double: bool, start_mark: Mark) -> list[str]:
        """Scan a piece of a quoted scalar; escapes cannot name what is no character."""
        try:
            chunks: list[str] = super().scan_flow_scalar_non_spaces(double, start_mark)
        except (ValueError, OverflowError):
            chunks = ["\ud800"]
        if _SURROGATE.search("".join(chunks)):
            problem = "found invalid Unicode character escape code"
            raise ScannerError("while parsing a quoted scalar", start_mark, problem, self.get_mark())
        return chunks

    def scan_block_scalar_indicators(self, start_mark: Mark) -> tuple[bool | None, int | None]:
        """Scan what follows `|` or `>`: chomping and indentation, in either order."""
        chomping: bool | None = None
        increment: int | None = None
        for _ in range(2):
            character = self.peek()
            if character in "+-" and chomping is None:
                chomping = character == "+"
                self.forward()
            elif character in "0123456789" and increment is None:
                increment = int(character)
                if increment == 0:
                    problem = "found an indentation indicator equal to 0"
                    raise ScannerError("while scanning a block scalar", start_mark, problem, self.get_mark())
                self.forward()
        return chomping, increment

    def scan_block_scalar_ignored_line(self, start_mark: Mark) -> None:
        """Scan the rest of a block scalar's first line: blanks, tabs among them, and a comment."""
        while self.peek() in " \t":
            self.forward()
        super().scan_block_scalar_ignored_line(start_mark)

    def scan_block_scalar_indentation(self) -> tuple[list[str], int, Mark]:
        """Scan the lines that decide a block scalar's indentation: a tab may not."""
        result: tuple[list[str], int, Mark] = super().scan_block_scalar_indentation()
        if self.peek() == "\t":
            problem = "found a tab character where an indentation space is expected"
            raise ScannerError("while scanning a block scalar", None, problem, self.get_mark())
        return result

    def scan_tag(self) -> TagToken:
        """Scan a tag: `!`, `!suffix`, `!handle!suffix` or `!<verbatim>`; only white space ends it."""
        start_mark = self.get_mark()
        handle: str | None = "!"
        if self.peek(1) == "<":
            handle = None
            self.forward(2)
            suffix = self.scan_tag_uri("tag", start_mark)
            if self.peek() != ">":
                raise ScannerError("while scanning a tag", start_mark, "did not find the expected '>'", self.get_mark())
            self.forward()
        elif self.peek(1) in _BLANK_OR_END:
            handle, suffix = None, "!"
            self.forward()
        else:
            length = 1
            while self.peek(length).isascii() and (self.peek(length).isalnum() or self.peek(length) in "-_"):
                length += 1
            if self.peek(length) == "!":
                length += 1
                handle = self.prefix(length)
            else:
                length = 1
            self.forward(length)
            suffix = self.scan_tag_uri("tag", start_mark)
        if self.peek() not in _BLANK_OR_END:
            problem = "did not find expected whitespace or line break"
            raise ScannerError("while scanning a tag", start_mark, problem, self.get_mark())
        return TagToken((handle, suffix), start_mark, self.get_mark())

    def scan_directive_name(self, start_mark: Mark) -> str:
        """Scan a directive's name: goyaml knows two and refuses others."""
        name: str = super().scan_directive_name(start_mark)  # type: ignore[no-untyped-call]
        if name not in {"YAML", "TAG"}:
            raise ScannerError("while scanning a directive", start_mark, "found unknown directive name", start_mark)
        return name

    def scan_yaml_directive_value(self, start_mark: Mark) -> tuple[int, int]:
        """Scan the version behind `%YAML`: goyaml refuses all but 1.1."""
        try:
            version: tuple[int, int] = super().scan_yaml_directive_value(start_mark)
        except ValueError:  # Python refuses to convert thousands of digits.
            version = (0, 0)
        if version != (1, 1):
            raise ScannerError("while scanning a directive", start_mark, "found incompatible YAML document", start_mark)
        return version
