"""Which parser reads a YAML text: libyaml where PyYAML has it, unless it would not read the text as kubectl does.

kubectl's parser is a port of an early libyaml. Today's reads a few constructs in another way; a text that may hold one
goes to `GoParser`, which reads them all as kubectl does, ten times as slowly.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol, cast

import yaml
from yaml.events import (
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from kubectl_express.core.goyaml_parser import GoParser

if TYPE_CHECKING:
    from collections.abc import Callable

NOT_PRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What goyaml, libyaml and PyYAML all refuse to read."""

# Where libyaml reads something else than kubectl does, without an error: the escape \/, tags that end at a flow
# indicator, byte order marks within the text, the directive `%YAML 1.2`. Found where they mean nothing these cost time,
# nothing else.
_SLASH_ESCAPE = re.compile(r"(?<!\\)(?:\\\\)*\\/")
_TAG = re.compile(r"(?:^|[\s\[{,:?-])![^\s,\[\]{}]*([,\[\]{}]?)")


class EventSource(Protocol):
    """What a parser is to its users."""

    def get_event(self) -> Event:
        """Return the next event; raises yaml.YAMLError where the text is not YAML."""


class DisagreementError(yaml.YAMLError):
    """libyaml read something that goyaml reads in another way."""


def parsers_for(text: str) -> list[Callable[[str], EventSource]]:
    """Return the parsers to try on a text, in order: the last one's word counts, the first that succeeds is fine."""
    if not yaml.__with_libyaml__ or _read_differently_by_libyaml(text):
        return [GoParser]
    # What libyaml refuses goyaml may accept: `"\\'"`, `[a:]`.
    return [_WatchedLibyaml if "?" in text else _libyaml, GoParser]


def _read_differently_by_libyaml(text: str) -> bool:
    # The plain searches spare almost every text the patterns.
    return (
        ("!" in text and any(tag[1] for tag in _TAG.finditer(text)))
        or ("\\/" in text and _SLASH_ESCAPE.search(text) is not None)
        or "\ufeff" in text
        or "%YAML" in text
    )


def _libyaml(text: str) -> EventSource:
    from yaml._yaml import CParser  # absent where PyYAML was built without libyaml

    return cast("EventSource", CParser(text))


class _WatchedLibyaml:
    """libyaml, watched for plain scalars in flow collections that hold a `?`, which ends them in kubectl's parser."""

    def __init__(self, text: str) -> None:
        self._next = _libyaml(text).get_event
        self._flow: list[bool] = []

    def get_event(self) -> Event:
        """Return the next event. Raises DisagreementError besides yaml.YAMLError of other kinds."""
        event = self._next()
        if isinstance(event, MappingStartEvent | SequenceStartEvent):
            self._flow.append(bool(event.flow_style))
        elif isinstance(event, MappingEndEvent | SequenceEndEvent):
            self._flow.pop()
        elif (
            isinstance(event, ScalarEvent) and "?" in event.value and self._flow and self._flow[-1] and not event.style
        ):
            raise DisagreementError
        return event
