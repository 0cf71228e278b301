"""Why a revision is not that of the data: a cause is named only where something reproduces the revision."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubectl_express.core import gojson
from kubectl_express.core.hashing import ALGORITHMS, HashMethod
from kubectl_express.core.values import join

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from kubectl_express.core.values import Object

UNKNOWN = "cause unknown"

_LEAST_EVIDENCE = 6
"""Characters. Some of the hashes tried are sure to share a few first digits with anything."""

_MOST_PARTS = 64
"""Top-level parameters. With each one left out in turn, the time grows with their square."""

_HTML_ESCAPE = re.compile(r"\\(u003c|u003e|u0026|.)")
_HTML = {"u003c": "<", "u003e": ">", "u0026": "&"}


@dataclass(frozen=True, slots=True)
class Cause:
    """A cause in words, and the text that has the revision, where that is another than the data."""

    phrase: str
    hashed: str | None = None


def find_cause(
    revision: str, text: str, parameters: Object | None, method: HashMethod, link: str = "stored"
) -> Cause | None:
    """Return why a revision is not the hash of the data, or None where nothing tried has that revision.

    `revision` is what the chart wrote, `text` the data it is meant to be the hash of, `parameters` the resource's own,
    `method` the configured way of hashing, and `link` which link of the chain the revision is: stored or declared.
    """
    return next(_causes(revision, text, parameters, method, link), None)


def _causes(revision: str, text: str, parameters: Object | None, method: HashMethod, link: str) -> Iterator[Cause]:
    data = gojson.decode_object(text)
    variants = list(_variants(text, data))
    for variant, phrase in variants:
        if method.revision(variant) == revision:
            reason = f"the chart hashes other bytes than it stores: {phrase} has the {link} revision"
            yield Cause(reason, variant)
    if parameters is not None and method.revision(own := gojson.encode(parameters)) == revision:
        reason = "the data was edited" if link == "stored" else "the resource and the data were not computed together"
        yield Cause(f"{reason}: the resource's own parameters have the {link} revision", own)
    missing = left_out(data or {}, revision, method)
    if missing:
        part = gojson.encode({key: value for key, value in (data or {}).items() if key not in missing})
        yield Cause(f"the chart hashes only part of the data: {without(missing)} it has the {link} revision", part)
    if len(revision) < _LEAST_EVIDENCE:
        return
    for variant, phrase in [(text, "the data"), *variants]:
        for algorithm in ALGORITHMS:
            if HashMethod(algorithm, len(revision)).revision(variant) == revision:
                yield Cause(
                    f"the local method differs from the chart's: the {link} revision is the first {len(revision)}"
                    f" characters of the {algorithm} of {phrase}, configured is {_described(method)}",
                    variant,
                )


def left_out(data: Object, revision: str, method: HashMethod, changed: Collection[str] = ()) -> tuple[str, ...]:
    """Return the top-level parameters without which the data has a revision; empty where nothing tried has it.

    Tried are the data without the `changed` ones, and without these and one more.
    """
    if len(revision) < _LEAST_EVIDENCE:
        return ()
    pieces = {key: gojson.encode({key: data[key]})[1:-1] for key in sorted(data) if key not in changed}
    more = list(pieces) if len(pieces) <= _MOST_PARTS else []
    for one in [None, *more] if changed else more:
        text = "{" + ",".join(piece for key, piece in pieces.items() if key != one) + "}"
        if method.revision(text) == revision:
            return tuple(sorted({*changed, *([] if one is None else [one])}))
    return ()


def without(keys: Collection[str]) -> str:
    """Return in words that parameters of the top level are left out."""
    return f"without {' and '.join(join('', key) for key in keys)}"


def _variants(text: str, data: Object | None) -> Iterator[tuple[str, str]]:
    """Yield texts that a chart may have hashed in place of the stored one, each with its description."""
    yield text + "\n", "the data with a trailing newline"
    if text != text.rstrip():
        yield text.rstrip(), "the data without its trailing white space"
    yield text + "\r\n", "the data with a trailing carriage return and newline"
    if data is not None:
        written = gojson.encode(data)
        yield written, "the data as toJson writes it"
        yield _HTML_ESCAPE.sub(_unescaped, written), "the data as toRawJson writes it"


def _unescaped(escape: re.Match[str]) -> str:
    return _HTML.get(escape[1], escape[0])


def _described(method: HashMethod) -> str:
    return method.algorithm if method.length is None else f"{method.algorithm}, {method.length} characters"
