"""From the text of a rendering, or of a file, to the side that it is."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from threading import Lock
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from kubectl_express.core.values import at
from kubectl_express.errors import ExpressError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kubectl_express.core.kubectl_yaml import Document
    from kubectl_express.core.node import Side
    from kubectl_express.core.settings import Settings


_MOST_VALUES = 10_000_000
"""In one text. 10,000 nodes take some 1,300,000; each may take a hundred bytes of memory and more."""
_BEFORE_VALUES = ("\n", ",", "[", "{", "- ")
"""One of these stands before every value but the first."""


class Sides:
    """The sides of one run that are in use: what renders a second time to the same bytes is not read a second time.

    Safe to use from several threads, of which one reads at a time.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: WeakValueDictionary[tuple[str, int, bytes], Side] = WeakValueDictionary()
        self._settings: list[Settings] = []

    def read(
        self,
        text: str,
        source: str,
        settings: Settings,
        *,
        origin: str,
        engine: str | None = None,
        command: tuple[str, ...] = (),
    ) -> Side:
        """Return the side that a text is; `source` names it in errors. Raises ExpressError where it is none."""
        digest = sha256(text.encode("utf-8", "surrogatepass")).digest()
        with self._lock:
            key = (source, self._number(settings), digest)
            known = self._known.get(key)
            if known is not None:
                return replace(known, origin=origin, engine=engine, command=command)
            self._known[key] = side = _read(text, source, settings, origin, engine, command)
        return side

    def _number(self, settings: Settings) -> int:
        """Return what tells these settings from all others that were read by; they hold what cannot be hashed."""
        if settings not in self._settings:
            self._settings.append(settings)
        return self._settings.index(settings)


def _read(
    text: str, source: str, settings: Settings, origin: str, engine: str | None, command: tuple[str, ...]
) -> Side:
    from kubectl_express.core.kubectl_yaml import InvalidYAML
    from kubectl_express.core.manifests import rendered_side

    _refuse_too_many_values(text, source)
    try:
        return rendered_side(_objects(text, source), settings, origin=origin, engine=engine, command=command)
    except InvalidYAML as error:
        raise ExpressError(str(error)) from error


def _refuse_too_many_values(text: str, source: str) -> None:
    """Refuse what would take more memory than a machine may have, before any of it is read."""
    if len(text) > _MOST_VALUES and sum(map(text.count, _BEFORE_VALUES)) > _MOST_VALUES:
        raise ExpressError(
            f"{source}: more than {_MOST_VALUES:,} lines, items and members: read the manifests of one system at a time"
        )


def _objects(text: str, source: str) -> Iterator[Document]:
    """Yield the documents of a text. Raises ExpressError where one is no object, and InvalidYAML."""
    from kubectl_express.core.kubectl_yaml import documents

    for document in documents(text, source):
        if not isinstance(at(document.value, "/kind"), str):
            raise ExpressError(f"{source}:{document.line}: this is no Kubernetes object: it has no kind")
        yield document
