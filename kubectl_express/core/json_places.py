"""Places inside a JSON text, by their own characters: what a chart hashed of a larger text is hashed as it stands."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple

from kubectl_express.core import gojson

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_FASTER = json.JSONDecoder(parse_int=float)
"""Says where a value ends, and nothing of what it is: faster than reading numbers as Kubernetes keeps them."""
_STRING_OR_SPACE = re.compile(r'("[^"\\]*(?:\\.[^"\\]*)*")|[ \t\r\n]+')


class Member(NamedTuple):
    """One member of an object in a text: its key, and where its value's text begins and ends."""

    key: str
    start: int
    end: int


def members(text: str, start: int = 0) -> Iterator[Member]:
    """Yield the members of the value that begins at `start`, in the text's order; none where it is no object.

    A key that stands there twice is yielded twice. The text must be JSON as `gojson.decode` takes it.
    """
    position = gojson.skip_space(text, start)
    if text[position] != "{":
        return
    position = gojson.skip_space(text, position + 1)
    while text[position] != "}":
        key, position = gojson.decode_prefix(text, position)
        begin = gojson.skip_space(text, gojson.skip_space(text, position) + 1)
        _, end = _FASTER.raw_decode(text, begin)
        yield Member(str(key), begin, end)
        position = gojson.skip_space(text, end)
        if text[position] == ",":
            position = gojson.skip_space(text, position + 1)


def below(text: str, start: int, end: int, steps: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield where the values begin and end that the steps lead to, from the value between `start` and `end` on."""
    if not steps:
        yield start, end
        return
    for member in members(text, start):
        if member.key == steps[0]:
            yield from below(text, member.start, member.end, steps[1:])


def compact(text: str) -> str:
    """Return a JSON text without the white space between its tokens, as Go's json.Compact does.

    What Helm's toPrettyJson indented is thereby what its toJson writes, byte for byte.
    """
    return _STRING_OR_SPACE.sub(lambda found: found[1] or "", text)
