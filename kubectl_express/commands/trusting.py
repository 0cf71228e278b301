"""Whether what a chart renders to can be trusted: the same every time, and hashed as its helm hashes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from kubectl_express.core.determinacy import determinacy_problems, doubt
from kubectl_express.core.verification import Problem
from kubectl_express.errors import ExpressError
from kubectl_express.sources.determination import Determination, Revisions, determine
from kubectl_express.sources.hashing_proof import prove_hashing

if TYPE_CHECKING:
    from pathlib import Path

    from kubectl_express.core.node import Side
    from kubectl_express.sources.layout import Layout
    from kubectl_express.sources.rendering import Release
    from kubectl_express.sources.scope import Scope


def rendered_again(scope: Scope, release: Release, layout: Layout | None = None) -> Side:
    """Render under conditions that must not matter; a chart that refuses them, an upgrade say, under the same ones."""
    try:
        return scope.render(replace(release, again=True), layout)
    except ExpressError:
        return scope.render(release, layout)


def render_problems(
    scope: Scope, release: Release, side: Side, again: Side, layout: Layout | None = None
) -> tuple[list[Problem], list[str]]:
    """Return what a second render gave otherwise, with its cause where one is proved; and what is to be said of it."""

    def revisions(chart: Path) -> Revisions:
        rendered = scope.render(replace(release, chart=chart), layout)
        return {name: node.revision for name, node in rendered.nodes.items()}

    found: Determination = determine(release.chart, revisions)
    notes = [doubt(found.unproved)] if found.unproved else []
    return determinacy_problems(side, again, found.fed, found.unknown), notes


def hashing_problems(scope: Scope) -> list[Problem]:
    """Return where this program hashes otherwise than the helm that renders."""
    return [Problem("", "hashing", line) for line in prove_hashing(scope.engine, scope.settings.revisions.hash)]
