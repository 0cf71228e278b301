"""One node in full: its chain and where each link was read, its pods, why its state is what it is, its data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubectl_express.core.changes import as_change
from kubectl_express.core.live import describe, describe_health
from kubectl_express.core.parameters import Absent
from kubectl_express.output.differences import difference_document, difference_table, explained
from kubectl_express.output.formats.yaml import dump
from kubectl_express.output.redaction import redacted, redacted_change
from kubectl_express.output.text import shown
from kubectl_express.output.view import Cell, Column, Lines, Style, Table, View
from kubectl_express.output.views.systems import Reading, chain, envelope, full_name, revision_cell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kubectl_express.core.drift import Drifted
    from kubectl_express.core.node import Node, Pod
    from kubectl_express.core.values import Object, Value

_LINKS = (Column("LINK"), Column("REVISION"), Column("READ FROM"))
_PODS = (Column("POD"), Column("REVISION"), Column("HEALTH"), Column("RESTARTS"), Column("UID", wide=True))


def inspect_view(readings: Sequence[Reading], names: Sequence[str]) -> View:
    """Return the view of the nodes named, or of all where none is."""
    found = [(reading, reading.nodes(names)) for reading in readings]
    blocks = [block for reading, nodes in found for node in nodes for block in _blocks(reading, node)]
    return View(
        document=envelope("Inspect", [(each.place, _documents(each, nodes)) for each, nodes in found]),
        names=[full_name(node.name, node.kind, reading.settings) for reading, nodes in found for node in nodes],
        blocks=blocks,
    )


def _documents(reading: Reading, nodes: Sequence[Node]) -> Object:
    inspected: list[Value] = [_document(node, reading.settings.redact) for node in nodes]
    return {"source": reading.side.origin, "engine": reading.side.engine, "nodes": inspected}


def _document(node: Node, redact: Sequence[str]) -> Object:
    live = node.live
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


def _blocks(reading: Reading, node: Node) -> list[Table | Lines]:
    place = reading.place
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
    heads.append(("Integrity", ", ".join(node.integrity) or "ok", Style.BAD if node.faults else Style.GOOD))
    width = max(len(name) for name, _, _ in heads) + 3
    blocks: list[Table | Lines] = [Lines([Cell(f"{name + ':':{width}}{text}", style) for name, text, style in heads])]
    redact = reading.settings.redact
    remarks = [*_faults(node, redact), *_drift(node, redact)]
    if remarks:
        blocks.append(Lines(remarks))
    blocks += [difference_table(fault.difference, redact) for fault in node.faults if fault.difference]
    blocks.append(Table(_LINKS, _links(node)))
    if node.live and node.live.pods:
        blocks.append(Table(_PODS, [_pod_row(pod, node) for pod in node.live.pods]))
    data = _data(node, redact)
    if data is not None:
        lines = (Cell(f"  {line}") for line in dump(data).rstrip().split("\n"))
        blocks.append(Lines([Cell(_size(node)), *lines], verbatim=True))
    return blocks


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
