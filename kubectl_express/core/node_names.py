"""The nodes that words of a command line name, each as NAME or, as kubectl writes it, as KIND/NAME."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubectl_express.core.nearest import did_you_mean, nearest_or_all
from kubectl_express.core.order import natural
from kubectl_express.errors import ExpressError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kubectl_express.core.settings import ResourceSettings

Known = tuple[str, "str | None"]
"""A node that is there, and its kind; None where only an entry tells of it."""


def find_nodes(
    words: Sequence[str],
    known: Iterable[Known],
    resources: ResourceSettings,
    *,
    flag: str | None = None,
    where: str = "",
) -> tuple[str, ...]:
    """Return the names of the nodes that words name, those of `flag` or what stands behind a command.

    Raises ExpressError where one is not there, or is of another kind; `where` says where was looked in vain where
    there is no node at all.
    """
    kinds: dict[str, set[str | None]] = {}
    for name, kind in known:
        kinds.setdefault(name, set()).add(kind)
    prefix = f"{flag}: " if flag else ""
    for word in words:
        if problem := _problem(word, kinds, resources, flag, where):
            raise ExpressError(f"{prefix}{problem}")
    return tuple(_split(word)[1] for word in words)


def _split(word: str) -> tuple[str, str]:
    kind, _, name = word.rpartition("/")
    return kind, name


def _problem(
    word: str, kinds: dict[str, set[str | None]], resources: ResourceSettings, flag: str | None, where: str
) -> str:
    """Return what is wrong with a word; empty where nothing is."""
    kind, name = _split(word)
    if separated := _separated(word, flag):
        return f'node "{word}" not found{separated}'
    if name not in kinds:
        return f'node "{name}" not found{nearest_or_all(name, sorted(kinds, key=natural)) or where}'
    if not kind:
        return ""
    wanted = next((each for each in resources.kinds if kind.lower() in _spellings(each, resources)), None)
    if wanted is None:
        hint = did_you_mean(kind, resources.kinds) or f"; there are {', '.join(resources.kinds)}"
        return f'unknown kind "{kind}" of node {name}{hint}'
    there = kinds[name]
    if wanted in there or None in there:
        return ""
    return f"node {name} is a {' or '.join(sorted(filter(None, there)))}, not a {wanted}"


def _separated(word: str, flag: str | None) -> str:
    """Return how to write several nodes where a word separates them by commas."""
    names = [name for each in word.split(",") if (name := each.strip())]
    if len(names) < 2:
        return ""
    if flag == "--from":
        return "; it takes one node"
    if flag:
        return f"; repeat the flag: {' '.join(f'{flag} {name}' for name in names)}"
    return f"; separate nodes by spaces: {' '.join(names)}"


def _spellings(kind: str, resources: ResourceSettings) -> set[str]:
    """Return how kubectl takes and prints a kind: `backend`, `backends`, either with the group behind it."""
    lower = kind.lower()
    groups = ("", f".{resources.group}", f".{resources.version}.{resources.group}") if resources.group else ("",)
    return {f"{name}{group}" for name in (lower, f"{lower}s") for group in groups}
