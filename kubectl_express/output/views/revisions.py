"""The chain, state and integrity of every node, a row each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubectl_express.output.view import Cell, Column, Style, Table, View
from kubectl_express.output.views.systems import (
    Reading,
    chain,
    envelope,
    full_name,
    integrity_cell,
    revision_cell,
    state_cell,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kubectl_express.core.node import Node
    from kubectl_express.core.values import Object, Value

_COLUMNS = (
    Column("SYSTEM"),
    Column("NODE"),
    Column("KIND"),
    Column("STORED"),
    Column("CALCULATED"),
    Column("DECLARED"),
    Column("RUNNING"),
    Column("STATE"),
    Column("INTEGRITY"),
    Column("WAVE", wide=True),
    Column("BYTES", wide=True),
    Column("PODS", wide=True),
    Column("DETAIL", wide=True),
)


def revisions_view(
    readings: Sequence[Reading], names: Sequence[str] = (), *, titled: bool | None = None, heads: bool = True
) -> View:
    """Return the view of every node of some systems, or of the nodes named.

    The system's column is there where `titled` says so, by default where there are several; `heads` are the table's.
    """
    found = [(reading, reading.nodes(names)) for reading in readings]
    several = len(readings) > 1 if titled is None else titled
    rows = [_row(reading, node, several=several) for reading, nodes in found for node in nodes]
    columns = _COLUMNS if several else _COLUMNS[1:]
    return View(
        document=envelope("Revisions", [(reading.place, _document(reading, nodes)) for reading, nodes in found]),
        names=[full_name(node.name, node.kind, reading.settings) for reading, nodes in found for node in nodes],
        blocks=[Table(columns, rows, heads=heads)] if rows else [],
    )


def _document(reading: Reading, nodes: Sequence[Node]) -> Object:
    listed: list[Value] = [{"node": node.name, "kind": node.kind, **chain(node)} for node in nodes]
    return {"source": reading.side.origin, "engine": reading.side.engine, "nodes": listed}


def _row(reading: Reading, node: Node, *, several: bool) -> list[Cell]:
    pods = node.live.pods if node.live else ()
    faults = "; ".join(fault.message for fault in node.faults)
    cells = [
        Cell(node.name, Style.STRONG),
        Cell(node.kind or "-"),
        revision_cell(node.stored, node.calculated),
        revision_cell(node.calculated, node.stored),
        revision_cell(node.declared, node.stored),
        revision_cell(node.live.running if node.live else None, node.declared),
        state_cell(node),
        integrity_cell(node),
        Cell(str(node.wave)),
        Cell(str(len(node.text.encode("utf-8", "surrogatepass"))) if node.text is not None else "-"),
        Cell(",".join(pod.name for pod in pods) or "-"),
        Cell(faults or (node.live.why if node.live else "")),
    ]
    return [Cell(reading.place.system or "-"), *cells] if several else cells
