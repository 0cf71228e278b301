"""One node in full: its chain and where each link was read, its pods, why its state is what it is, its data.

Where it is compared with a baseline, also its change from there, and why that cannot be trusted where it cannot.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubectl_express.core.changes import as_change
from kubectl_express.core.live import describe, describe_health
from kubectl_express.core.node import Node
from kubectl_express.core.parameters import Absent
from kubectl_express.output.differences import difference_document, difference_table, explained
from kubectl_express.output.formats.yaml import dump
from kubectl_express.output.redaction import redacted, redacted_change
from kubectl_express.output.values import shown
from kubectl_express.output.view import Cell, Column, Lines, Style, Table, View
from kubectl_express.output.views.changes import Explained, explained_changes
from kubectl_express.output.views.systems import Reading, chain, envelope, full_name, revision_cell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kubectl_express.core.changes import NodeChange
    from kubectl_express.core.drift import Drifted
    from kubectl_express.core.node import Pod
    from kubectl_express.core.values import Object, Value
    from kubectl_express.core.verdict import Comparison

_LINKS = (Column("LINK"), Column("REVISION"), Column("READ FROM"))
_PODS = (Column("POD"), Column("REVISION"), Column("HEALTH"), Column("RESTARTS"), Column("UID", wide=True))


@dataclass(frozen=True, slots=True)
class Inspection:
    """One system's side, and its comparison where one is asked for: then the side is the comparison's target."""

    reading: Reading
    comparison: Comparison | None = None

    def nodes(self, names: Sequence[str]) -> list[_Inspected]:
        """Return the nodes named, or all where none is, in the order of a rollout; removed ones last."""
        if self.comparison is None:
            return [_Inspected(node) for node in self.reading.nodes(names)]
        changes = explained_changes(self.comparison, self.reading.settings.revisions.hash)
        return [
            _Inspected(each.change.target or _gone(each.change), each)
            for each in changes
            if not names or each.change.name in names
        ]


@dataclass(frozen=True, slots=True)
class _Inspected:
    """A node as it is on the side read, and its change from the baseline where there is one."""

    node: Node
    change: Explained | None = None

    @property
    def gone(self) -> bool:
        """Whether only the baseline has it."""
        return self.change is not None and self.change.change.target is None


def _gone(change: NodeChange) -> Node:
    """Return what the target has of a node that only the baseline has: no chain and no data."""
    return Node(
        change.name, change.kind, stored=None, calculated=None, declared=None, text=None, data=None, parameters=None
    )


def inspect_view(inspections: Sequence[Inspection], names: Sequence[str]) -> View:
    """Return the view of the nodes named, or of all where none is."""
    found = [(each.reading, each.nodes(names)) for each in inspections]
    return View(
        document=envelope("Inspect", [(reading.place, _documents(reading, nodes)) for reading, nodes in found]),
        names=[
            full_name(each.node.name, each.node.kind, reading.settings) for reading, nodes in found for each in nodes
        ],
        blocks=[block for reading, nodes in found for each in nodes for block in _blocks(reading, each)],
    )


def _documents(reading: Reading, nodes: Sequence[_Inspected]) -> Object:
    inspected: list[Value] = [_document(each, reading.settings.redact) for each in nodes]
    return {"source": reading.side.origin, "engine": reading.side.engine, "nodes": inspected}


def _document(inspected: _Inspected, redact: Sequence[str]) -> Object:
    node, live = inspected.node, inspected.node.live
    drift: list[Value] = [_drifted(each, redact) for each in (live.drift if live else ())]
    faults: list[Value] = [
        {
            "fault": each.kind.value,
            "message": each.message,
            "cause": explained(each.cause, each.difference, redact),
            "difference": difference_document(each.difference, redact),
        }
        for each in node.faults
    ]
    return {
        "node": node.name,
        "kind": node.kind,
        **chain(node),
        "why": live.why if live else None,
        "faults": faults,
        "drift": drift,
        "proof": live.proof if live else None,
        "pods": [_pod(pod) for pod in (live.pods if live else ())],
        "readFrom": {link: str(place) for link, place in node.places.items()},
        "data": _data(node, redact),
        "comparison": inspected.change.document(redact) if inspected.change else None,
    }


def _drifted(drifted: Drifted, redact: Sequence[str]) -> Object:
    change = redacted_change(as_change(drifted), redact)
    return {
        "path": change.path,
        **({} if isinstance(change.old, Absent) else {"expected": change.old}),
        **({} if isinstance(change.new, Absent) else {"actual": change.new}),
        "manager": drifted.manager,
    }


def _data(node: Node, redact: Sequence[str]) -> Object | None:
    data = node.data if node.data is not None else node.parameters
    return redacted(data, redact) if data is not None else None


def _pod(pod: Pod) -> Object:
    return {
        "name": pod.name,
        "uid": pod.uid,
        "revision": pod.revision,
        "ready": pod.ready,
        "terminating": pod.terminating,
        "phase": pod.phase,
        "reason": pod.reason,
        "restarts": pod.restarts,
    }


def _blocks(reading: Reading, inspected: _Inspected) -> list[Table | Lines]:
    node, change, redact = inspected.node, inspected.change, reading.settings.redact
    blocks: list[Table | Lines] = [Lines(_heads(reading, inspected))]
    if inspected.gone:
        return blocks
    remarks = [*_faults(node, redact), *_drift(node, redact), *(change.remarks(redact) if change else [])]
    if remarks:
        blocks.append(Lines(remarks))
    blocks += [difference_table(fault.difference, redact) for fault in node.faults if fault.difference]
    blocks += change.tables(redact) if change else []
    blocks.append(Table(_LINKS, _links(node)))
    if node.live and node.live.pods:
        blocks.append(Table(_PODS, [_pod_row(pod, node) for pod in node.live.pods]))
    data = _data(node, redact)
    if data is not None:
        lines = (Cell(f"  {line}") for line in dump(data, readable=True).rstrip().split("\n"))
        blocks.append(Lines([Cell(_size(node)), *lines], verbatim=True))
    return blocks


def _heads(reading: Reading, inspected: _Inspected) -> list[Cell]:
    node, place = inspected.node, reading.place
    heads = [
        ("Node", node.name, Style.STRONG),
        ("Kind", node.kind or "(no resource)", Style.PLAIN),
        ("System", place.title() + (f", namespace {place.namespace}" if place.namespace else ""), Style.PLAIN),
        ("Source", reading.side.title, Style.PLAIN),
    ]
    if node.live:
        heads.append(("State", f"{node.live.state.value}: {node.live.why}", Style.PLAIN))
    if node.live and node.live.proof:
        heads.append(("Data proved by", node.live.proof, Style.PLAIN))
    if not inspected.gone:
        heads.append(("Integrity", ", ".join(node.integrity) or "ok", Style.BAD if node.faults else Style.GOOD))
    heads += inspected.change.heads() if inspected.change else []
    width = max(len(name) for name, _, _ in heads) + 3
    return [Cell(f"{name + ':':{width}}{text}", style) for name, text, style in heads]


def _faults(node: Node, redact: Sequence[str]) -> list[Cell]:
    lines = []
    for fault in node.faults:
        cause = explained(fault.cause, fault.difference, redact)
        lines.append(Cell(f"{fault.kind.value}: {fault.message}" + (f"; {cause}" if cause else ""), Style.BAD))
    return lines


def _drift(node: Node, redact: Sequence[str]) -> list[Cell]:
    lines = []
    for each in node.live.drift if node.live else ():
        change = redacted_change(as_change(each), redact)
        values = f": deployed {shown(change.old) or '-'}, now {shown(change.new) or '-'}"
        lines.append(Cell(f"drifted: {describe(each)}{values}", Style.BAD))
    return lines


def _links(node: Node) -> list[list[Cell]]:
    def place(link: str) -> Cell:
        return Cell(str(node.places[link]) if link in node.places else "-")

    rows = [
        [Cell("stored"), revision_cell(node.stored, node.calculated), place("stored")],
        [Cell("calculated"), revision_cell(node.calculated, node.stored), place("data")],
        [Cell("declared"), revision_cell(node.declared, node.stored), place("declared")],
    ]
    if node.live:
        pods = ", ".join(f"Pod/{pod.name}" for pod in node.live.pods) or "-"
        rows.append([Cell("running"), revision_cell(node.live.running, node.declared), Cell(pods)])
    return rows


def _pod_row(pod: Pod, node: Node) -> list[Cell]:
    healthy = pod.ready and not pod.terminating
    return [
        Cell(pod.name),
        revision_cell(pod.revision, node.declared),
        Cell(describe_health(pod), Style.GOOD if healthy else Style.BAD),
        Cell(str(pod.restarts)),
        Cell(pod.uid),
    ]


def _size(node: Node) -> str:
    if node.text is None:
        return "Data (the resource's own parameters):"
    return f"Data ({len(node.text.encode('utf-8', 'surrogatepass'))} bytes as hashed):"
