"""Go templates as text: which functions and fields their actions use, strings and comments left out.

The rules are those of Go's text/template/parse: an action is between `{{` and `}}`, a command ends at `|`, `)` or the
action's end, and arguments that are calls themselves stand in parentheses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_COMMENT = re.compile(r"\{\{(?:-\s+)?/\*.*?\*/(?:\s+-)?\}\}", re.DOTALL)
_TOKEN = re.compile(
    r"""
    "(?:\\.|[^"\\\n])*" | `[^`]*` | '(?:\\.|[^'\\\n])*'   # strings and characters
    | (?P<end>(?:\s-)?\}\}) | (?P<mark>[|()])
    | (?P<field>\$?\w*(?:\.\w+)+) | \$\w* | (?P<word>\w+) | .
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a function or field in a template."""

    path: str
    """The template, as people find it."""
    line: int
    name: str
    """The function's name, or the end of a field's path: `now`, `.Release.Revision`."""
    start: int
    """Where its name, or the field's whole path, starts in the text, in characters."""
    end: int
    command_end: int
    """Where the command ends that it begins, its arguments included."""

    def __str__(self) -> str:
        return f"{self.name} at {self.path}:{self.line}"


def uses(text: str, path: str, names: Collection[str]) -> Iterator[Use]:
    """Yield every use of the functions and fields named, in the order of the text. A field's name starts with a dot."""
    for start, stop in _actions(text):
        tokens = list(_TOKEN.finditer(text, start, stop))
        for index, token in enumerate(tokens):
            name = token["word"] if token["word"] in names else _field(token["field"], names)
            if name:
                line = text.count("\n", 0, token.start()) + 1
                yield Use(path, line, name, token.start(), token.end(), _command_end(text, tokens[index:]))


def _field(path: str | None, names: Collection[str]) -> str | None:
    return next((name for name in names if name[0] == "." and f"{path}.".partition(f"{name}.")[1]), None)


def _actions(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each action's inside starts, and where its end mark ends."""
    position = text.find("{{")
    while position >= 0:
        comment = _COMMENT.match(text, position)
        stop = comment.end() if comment else len(text)
        if not comment:
            stop = next((token.end() for token in _TOKEN.finditer(text, position + 2) if token["end"]), len(text))
            yield position + 2, stop
        position = text.find("{{", stop)


def _command_end(text: str, tokens: list[re.Match[str]]) -> int:
    depth = 0
    end = tokens[-1].end()
    for token in tokens:
        if token["end"] or (depth == 0 and token["mark"] in {"|", ")"}):
            end = token.start()
            break
        depth += {"(": 1, ")": -1}.get(token["mark"] or "", 0)
    return len(text[:end].rstrip())
