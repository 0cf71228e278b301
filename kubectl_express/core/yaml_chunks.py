"""One document through a YAML parser, for what is not plain enough to be read without one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from kubectl_express.core.yaml_parser import NOT_PRINTABLE, EventSource, parsers_for
from kubectl_express.core.yaml_values import Composer, ProblemError

if TYPE_CHECKING:
    from collections.abc import Callable

    from kubectl_express.core.values import Value
    from kubectl_express.core.yaml_scalars import PlainKeys, PlainValues


class ChunkError(ValueError):
    """The text is not what kubectl accepts: in which of its lines, from 0, and what is wrong there."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(problem)
        self.line = line
        self.problem = " ".join(problem.split())


def read_chunk(
    chunk: str, values: PlainValues, keys: PlainKeys, parser: Callable[[str], EventSource] | None = None
) -> Value:
    """Return the value of one document, by the parser given or else the fastest that reads it. Raises ChunkError."""
    *others, last = [parser] if parser else parsers_for(chunk)
    value, fault = _attempt(others[0] if others else last, chunk, values, keys)
    if fault and others:
        value, fault = _attempt(last, chunk, values, keys)
    if fault:
        raise fault
    return value


def _attempt(
    parser: Callable[[str], EventSource], chunk: str, values: PlainValues, keys: PlainKeys
) -> tuple[Value, ChunkError | None]:
    try:
        return Composer(parser(chunk), values, keys).compose(), None
    except (ProblemError, yaml.YAMLError, UnicodeEncodeError, RecursionError) as error:
        return None, _fault(error, chunk)


def _fault(error: Exception, chunk: str) -> ChunkError:
    if isinstance(error, ProblemError):
        return ChunkError(error.line, error.problem)
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        return ChunkError(mark.line if mark else 0, str(error.problem or error.context))
    if isinstance(error, RecursionError):
        return ChunkError(0, "nested too deeply")
    found = NOT_PRINTABLE.search(chunk)
    if found:
        return ChunkError(chunk.count("\n", 0, found.start()), f"control characters are not allowed: {found[0]!r}")
    return ChunkError(0, str(error))
