"""Why a stored revision is not the calculated one: a cause is named only where something reproduces the stored one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubectl_express.core import gojson
from kubectl_express.core.hashing import ALGORITHMS, HashMethod

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kubectl_express.core.values import Object

UNKNOWN = "cause unknown"

_LEAST_EVIDENCE = 6
"""Characters. Some of the hashes tried are sure to share a few first digits with anything."""


def cause_of_mismatch(stored: str, text: str, parameters: Object | None, method: HashMethod) -> str:
    """Return the cause of a mismatch, with its evidence, or "cause unknown".

    `stored` is the revision the chart wrote, `text` the data it is meant to be the hash of, `parameters` the
    resource's own, and `method` the configured way of hashing.
    """
    for found in _causes(stored, text, parameters, method):
        return found
    return UNKNOWN


def _causes(stored: str, text: str, parameters: Object | None, method: HashMethod) -> Iterator[str]:
    for variant, phrase in _variants(text):
        if method.revision(variant) == stored:
            yield f"the chart hashes other bytes than it stores: {phrase} has the stored revision"
    if parameters is not None and method.revision(gojson.encode(parameters)) == stored:
        yield "the data was edited: the resource's own parameters have the stored revision"
    if len(stored) < _LEAST_EVIDENCE:
        return
    for variant, phrase in [(text, "the data"), *_variants(text)]:
        for algorithm in ALGORITHMS:
            if HashMethod(algorithm, len(stored)).revision(variant) == stored:
                yield (
                    f"the local method differs from the chart's: the stored revision is the first {len(stored)}"
                    f" characters of the {algorithm} of {phrase}, configured is {_described(method)}"
                )


def _variants(text: str) -> Iterator[tuple[str, str]]:
    """Yield texts that a chart may have hashed in place of the stored one, each with its description."""
    yield text + "\n", "the data with a trailing newline"
    if text != text.rstrip():
        yield text.rstrip(), "the data without its trailing white space"
    yield text + "\r\n", "the data with a trailing carriage return and newline"


def _described(method: HashMethod) -> str:
    return method.algorithm if method.length is None else f"{method.algorithm}, {method.length} characters"
