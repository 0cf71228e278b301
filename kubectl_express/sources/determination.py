"""Which nodes' revisions a chart and its values do not determine, proved by rendering the chart with its uses held."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from kubectl_express.core.indeterminate import TABLE, held, indeterminate_uses
from kubectl_express.errors import ExpressError
from kubectl_express.sources.chart_files import read_chart, templates, write_chart
from kubectl_express.sources.private import private_folder
from kubectl_express.sources.threads import together

if TYPE_CHECKING:
    from pathlib import Path

    from kubectl_express.core.template_actions import Use

Revisions: TypeAlias = Mapping[str, str | None]
"""Of every node, by its name."""

_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Determination:
    """What of random, time, history and cluster a chart uses, and which nodes' revisions that reaches."""

    fed: Mapping[str, tuple[Use, ...]] = field(default_factory=dict)
    """By node, the uses that its revision is proved to depend on."""
    unproved: tuple[Use, ...] = ()
    """Uses without an answer: the chart cannot be rendered with them held at two outcomes."""
    unknown: tuple[Use, ...] = ()
    """Uses that cannot be held: they can only be suspected where two renders differ."""


def determine(chart: Path, revisions: Callable[[Path], Revisions]) -> Determination:
    """Return what feeds which revision. `revisions` renders a chart, or raises ExpressError where that fails."""
    files = read_chart(chart)
    texts = templates(files)
    found = {path: indeterminate_uses(text, f"{chart}/{path}") for path, text in texts.items()}
    uses = [use for each in found.values() for use in each]
    holdable = [use for use in uses if TABLE[use.name].outcomes]
    unknown = tuple(use for use in uses if not TABLE[use.name].outcomes)
    if not holdable:
        return Determination(unknown=unknown)

    def rendered(others: Collection[Use]) -> Revisions | None:
        changed = {path: held(texts[path], each, others).encode() for path, each in found.items()}
        with private_folder("kubectl-express-held-") as folder:
            copy = folder / chart.name
            write_chart({**files, **changed}, copy)
            try:
                return revisions(copy)
            except ExpressError:
                return None

    one, other = together([partial(rendered, others) for others in ([], holdable)])
    if one is None:
        return Determination(unproved=tuple(holdable), unknown=unknown)
    if one == other:
        return Determination(unknown=unknown)
    alone = dict(zip(holdable, together([partial(rendered, [use]) for use in holdable], _AT_ONCE), strict=True))
    unproved = tuple(use for use, revised in alone.items() if revised is None)
    fed: dict[str, tuple[Use, ...]] = {}
    for use, revised in alone.items():
        for node in _differing(one, one if revised is None else revised):
            fed[node] = (*fed.get(node, ()), use)
    jointly = _differing(one, other or one)
    return Determination({**dict.fromkeys(jointly, tuple(holdable)), **fed}, unproved, unknown)


def _differing(one: Revisions, other: Revisions) -> list[str]:
    return [node for node in dict.fromkeys([*one, *other]) if one.get(node) != other.get(node)]
