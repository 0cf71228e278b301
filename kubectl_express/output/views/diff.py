"""What deploying a target over a baseline would change."""

from __future__ import annotations

import difflib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubectl_express.core.manifests import is_node
from kubectl_express.core.verification import comparison_problems
from kubectl_express.output.formats.yaml import dump
from kubectl_express.output.masking import masked_pair
from kubectl_express.output.view import Cell, Column, Lines, Style, Table, View
from kubectl_express.output.views.changes import (
    STYLES,
    change_members,
    explained_changes,
    parameter_cells,
    parameters,
    revisions,
)
from kubectl_express.output.views.systems import Place, chain, envelope, full_name, state_cell
from kubectl_express.output.views.verify import problem_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kubectl_express.core.changes import NodeChange
    from kubectl_express.core.objects import ObjectChange
    from kubectl_express.core.settings import Settings
    from kubectl_express.core.values import Object
    from kubectl_express.core.verdict import Comparison
    from kubectl_express.output.views.changes import Explained

_COLUMNS = (
    Column("NODE"),
    Column("KIND"),
    Column("CHANGE"),
    Column("REVISION"),
    Column("PARAMETER", detail=True),
    Column("OLD", cut=True, detail=True),
    Column("NEW", cut=True, detail=True),
)
_STATE = Column("STATE")


@dataclass(frozen=True, slots=True)
class SystemDiff:
    """One system's comparison."""

    place: Place
    settings: Settings
    comparison: Comparison


def diff_view(diffs: Sequence[SystemDiff], *, objects: bool) -> View:
    """Return the view: changed systems first, an unchanged one folded into a line; other objects in full on demand."""
    ordered = sorted(diffs, key=lambda diff: not _noteworthy(diff))
    several = len(diffs) > 1
    blocks = [block for diff in ordered for block in _blocks(diff, objects=objects, titled=several)]
    return View(
        document=envelope("Diff", [(diff.place, _document(diff)) for diff in ordered]),
        names=[
            full_name(node.name, node.kind, diff.settings)
            for diff in ordered
            for node in diff.comparison.nodes
            if node.visible
        ],
        blocks=blocks,
    )


def _noteworthy(diff: SystemDiff) -> bool:
    return diff.comparison.different or bool(diff.comparison.wrong)


def _document(diff: SystemDiff) -> Object:
    nodes = explained_changes(diff.comparison, diff.settings.revisions.hash)
    return {
        "baseline": diff.comparison.baseline.origin,
        "target": diff.comparison.target.origin,
        "engine": diff.comparison.target.engine,
        "nodes": [_node(node, diff.settings.redact) for node in nodes],
        "objects": [{"kind": each.kind, "name": each.name, "change": each.change} for each in diff.comparison.objects],
        "summary": diff.comparison.sentence(),
    }


def _node(node: Explained, redact: Sequence[str]) -> Object:
    return {
        "node": node.change.name,
        "kind": node.change.kind,
        **change_members(node.change, node.why, redact),
        "baseline": chain(node.change.baseline),
        "target": chain(node.change.target),
    }


def _blocks(diff: SystemDiff, *, objects: bool, titled: bool) -> list[Table | Lines]:
    comparison = diff.comparison
    title = f"{diff.place.title()}: " if diff.place.system else ""
    if not _noteworthy(diff) and titled:
        return [Lines([Cell(f"{title}{comparison.sentence()}")])]
    blocks: list[Table | Lines] = []
    against = f"{comparison.target.title} against {comparison.baseline.title}"
    blocks.append(Lines([Cell(f"{title}{against}", Style.STRONG)]))
    live = any(node.baseline and node.baseline.live for node in comparison.nodes)
    rows = [row for node in comparison.nodes if node.visible for row in _rows(node, diff.settings.redact, live=live)]
    if rows:
        blocks.append(Table((*_COLUMNS, _STATE) if live else _COLUMNS, rows))
    if comparison.wrong:
        problems = comparison_problems(comparison, diff.settings.revisions.hash)
        blocks.append(Lines([Cell(problem_line(each, diff.settings.redact), Style.BAD) for each in problems]))
    if comparison.objects:
        blocks.append(Lines([_counted(comparison.objects, diff.settings, in_full=objects)]))
    if objects:
        blocks += [Lines(_object_diff(each, diff.settings), verbatim=True) for each in comparison.objects]
    blocks.append(Lines([Cell(comparison.sentence(), Style.BAD if comparison.wrong else Style.STRONG)]))
    return blocks


def _rows(node: NodeChange, redact: Sequence[str], *, live: bool) -> list[list[Cell]]:
    style = STYLES[node.change]
    head = [
        Cell(node.name, Style.STRONG),
        Cell(node.kind or "-"),
        Cell(node.change.value, style),
        Cell(revisions(node)),
    ]
    state = state_cell(node.baseline).text
    details = [parameter_cells(each, redact) for each in parameters(node)] or [[Cell(""), Cell(""), Cell("")]]
    rows = []
    for number, detail in enumerate(details):
        first = number == 0
        row = [*(head if first else [Cell("")] * len(head)), *detail]
        rows.append([*row, Cell(state if first else "")] if live else row)
    return rows


def _counted(changes: Sequence[ObjectChange], settings: Settings, *, in_full: bool) -> Cell:
    nodes = [each for each in changes if is_node(each.new or each.old or {}, settings.resources)]
    kinds = Counter(each.kind for each in changes if each not in nodes)
    listed = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    said = [f"{kinds.total()} ({listed})"] if kinds else []
    said += [f"labels or annotations of {len(nodes)} node{'' if len(nodes) == 1 else 's'}"] if nodes else []
    return Cell(f"Other objects that change: {', and '.join(said)}" + ("" if in_full else "; --objects shows them"))


def _object_diff(change: ObjectChange, settings: Settings) -> list[Cell]:
    old, new = masked_pair(change.old, change.new, settings)
    lines = difflib.unified_diff(
        dump(old, readable=True).splitlines() if old else [],
        dump(new, readable=True).splitlines() if new else [],
        f"baseline/{change.kind}/{change.name}",
        f"target/{change.kind}/{change.name}",
        lineterm="",
    )
    styles = {"+": Style.GOOD, "-": Style.BAD, "@": Style.FAINT}
    return [Cell(line, styles.get(line[:1], Style.PLAIN)) for line in lines]
