"""How the formats for people are held to the document: the heads, the rows of every node, the closing lines."""

from __future__ import annotations

import json
import re
import textwrap
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.tables import Row

Document = Any
CHAIN = ["NODE", "KIND", "STORED", "CALCULATED", "DECLARED", "RUNNING", "STATE", "INTEGRITY"]
WIDE = ["WAVE", "BYTES", "PODS", "DETAIL"]


@dataclass(frozen=True, slots=True)
class Shown:
    """What a format for people printed: the text, its lines as a person reads them, and how its tables are read."""

    text: str
    lines: list[str]
    table: Callable[[str, str], list[Row]]
    wide: bool


def check(shown: Shown, document: Document) -> None:
    """Raise AssertionError where the text does not say what the document says."""
    checks = {
        "Revisions": _check_revisions,
        "Inspect": _check_inspect,
        "Diff": _check_diff,
        "Verify": _check_verify,
        "RolloutPlan": _check_plan,
        "RolloutStatus": _check_status,
        "RolloutHistory": _check_history,
        "Wait": _check_wait,
        "Version": _check_version,
    }
    checks[document["kind"]](shown, document)


def visible(node: Document) -> bool:
    """Return whether `diff` has something to show of a node: a change, parameters to put back, or a fault."""
    return bool(node["change"] != "same" or node["changes"] or node["target"]["integrity"])


def _check_revisions(shown: Shown, document: Document) -> None:
    (system,) = document["systems"]
    rows = shown.table(shown.text, "NODE")
    assert list(rows[0]) == [*CHAIN, *(WIDE if shown.wide else [])]
    told = ("node", "kind", "stored", "calculated", "declared", "running", "state")
    assert [{head: row[head] for head in CHAIN} for row in rows] == [
        {
            **{name.upper(): node[name] or "-" for name in told},
            "INTEGRITY": ",".join(node["integrity"]) or "ok",
        }
        for node in system["nodes"]
    ]


def _check_inspect(shown: Shown, document: Document) -> None:
    (system,) = document["systems"]
    starts = [number for number, line in enumerate(shown.lines) if line.startswith("Node: ")]
    ends = [*starts[1:], None]
    raw = shown.text.splitlines()
    for node, start, end in zip(system["nodes"], starts, ends, strict=True):
        _check_inspected(Shown("\n".join(raw[start:end]), shown.lines[start:end], shown.table, shown.wide), node)


def _check_inspected(shown: Shown, node: Document) -> None:
    heads = {name: value.strip() for name, _, value in (line.partition(":") for line in shown.lines)}
    assert (heads["Node"], heads["Kind"]) == (node["node"], node["kind"])
    if node["comparison"]:
        _check_compared(shown, heads, node)
    if node["data"] is None:
        assert "Integrity" not in heads
        return
    assert heads["Integrity"] == (", ".join(node["integrity"]) or "ok")
    assert heads.get("State") == (f"{node['state']}: {node['why']}" if node["state"] else None)
    assert heads.get("Data proved by") == node["proof"]
    for fault in node["faults"]:
        assert (
            f"{fault['fault']}: {fault['message']}" + (f"; {fault['cause']}" if fault["cause"] else "") in shown.lines
        )
    for drifted in node["drift"]:
        assert any(line.startswith(f"drifted: {drifted['path']} ") for line in shown.lines)
    links = {row["LINK"]: row for row in shown.table(shown.text, "LINK")}
    places = {"stored": "stored", "calculated": "data", "declared": "declared"}
    for link, place in places.items():
        assert (links[link]["REVISION"], links[link]["READ FROM"]) == (node[link], node["readFrom"][place])
    assert ("running" in links) == (node["state"] is not None)
    if node["pods"]:
        pods = shown.table(shown.text, "POD")
        assert [(row["POD"], row["REVISION"]) for row in pods] == [
            (pod["name"], pod["revision"]) for pod in node["pods"]
        ]
        assert [row.get("UID") for row in pods] == [pod["uid"] if shown.wide else None for pod in node["pods"]]
    data = re.search(r"^Data \(.*\):\n((?:  .*(?:\n|$))+)", shown.text, re.MULTILINE)
    assert data
    assert yaml.safe_load(textwrap.dedent(data[1])) == node["data"]


def _check_compared(shown: Shown, heads: dict[str, str], node: Document) -> None:
    way = node["comparison"]
    old, new = way["baseline"]["declared"], node["declared"]
    step = old if old == new else f"{old or '(none)'} -> {new or '(none)'}"
    assert heads["Change"] == f"{way['change']}: {step}{', so the pod will be replaced' if way['restart'] else ''}"
    state = way["baseline"]["state"]
    assert re.fullmatch(rf"{re.escape(way['against'])}( \(.*\))?{f', {state}: .+' if state else ''}", heads["Against"])
    explained = [line for line in shown.lines if line.startswith(("unneeded: ", "missed: "))]
    assert [line.endswith(f"; {way['cause']}") for line in explained] == ([True] if way["cause"] else [])
    if way["difference"]:
        # Behind the tables of the node's own faults.
        *_, last = re.finditer(r"^\W*difference\b", shown.text, re.MULTILINE | re.IGNORECASE)
        rows = [tuple(row.values()) for row in shown.table(shown.text[last.start() :], "DIFFERENCE")]
        parameters = way["difference"]["parameters"]
        assert rows == [
            ("parameter", each["path"], "-", _value(each, "old"), _value(each, "new")) for each in parameters
        ]
    elif way["changes"] and way["change"] not in {"new", "removed"}:
        rows = [tuple(row.values()) for row in shown.table(shown.text, "PARAMETER")]
        assert rows == [(each["path"], _value(each, "old"), _value(each, "new")) for each in way["changes"]]


def _check_diff(shown: Shown, document: Document) -> None:
    (system,) = document["systems"]
    place = f"{system['system']} in {system['context']}: " if system["system"] else ""
    target = f"{system['target']} ({system['engine']})" if system["engine"] else system["target"]
    assert re.fullmatch(
        rf"{re.escape(place + target)} against {re.escape(system['baseline'])}( \(.*\))?", shown.lines[0]
    )
    assert shown.lines[-1] == system["summary"]
    nodes = [node for node in system["nodes"] if visible(node)]
    live = any(node["baseline"]["state"] for node in system["nodes"])
    expected = [row for node in nodes for row in _diff_rows(node, live=live)]
    assert (shown.table(shown.text, "NODE") if nodes else []) == expected
    counted = [line for line in shown.lines if line.startswith("Other objects that change: ")]
    assert counted == ([_counted(system["objects"])] if system["objects"] else [])


def _diff_rows(node: Document, *, live: bool) -> list[Row]:
    old, new = node["baseline"]["declared"], node["target"]["declared"]
    head = {
        "NODE": node["node"],
        "KIND": node["kind"],
        "CHANGE": node["change"],
        "REVISION": old if old == new else f"{old or '(none)'} -> {new or '(none)'}",
    }
    state = {"STATE": node["baseline"]["state"] or "-"} if live else {}
    parameters = [] if node["change"] in {"new", "removed"} else node["changes"]
    details = [
        {"PARAMETER": each["path"], **{head: _value(each, head.lower()) for head in ("OLD", "NEW")}}
        for each in parameters
    ] or [{"PARAMETER": "", "OLD": "", "NEW": ""}]
    blank = dict.fromkeys([*head, *state], "")
    return [{**(blank if number else {**head, **state}), **detail} for number, detail in enumerate(details)]


def _counted(objects: list[Document]) -> str:
    nodes = [each for each in objects if each["kind"] in {"Backend", "Frontend"}]
    kinds = Counter(each["kind"] for each in objects if each not in nodes)
    said = [f"{kinds.total()} ({', '.join(f'{count} {kind}' for kind, count in kinds.items())})"] if kinds else []
    said += [f"labels or annotations of {len(nodes)} nodes"] if nodes else []
    return f"Other objects that change: {', and '.join(said)}; --objects shows them"


def _value(change: Document, which: str) -> str:
    return json.dumps(change[which]) if which in change else ""


def _check_verify(shown: Shown, document: Document) -> None:
    (system,) = document["systems"]
    title = f"{system['system']} in {system['context']}" if system["system"] else system["target"]
    count = f"{len(system['nodes'])} nodes"
    if system["ok"]:
        assert shown.lines == [f"{title}: verified {count}: {', '.join(system['checks'])}"]
        return
    problems = [(node["node"], problem) for node in system["nodes"] for problem in node["problems"]]
    assert sorted(shown.lines[:-1]) == sorted(
        f"{name}: {each['problem']}: {each['message']}" + (f"; {each['cause']}" if each["cause"] else "")
        for name, each in problems
    )
    assert shown.lines[-1] == f"{title}: {len({name for name, _ in problems})} of {count} cannot be trusted"


def _check_plan(shown: Shown, document: Document) -> None:
    (system,) = document["systems"]
    steps = system["steps"]
    assert shown.lines[0] == f"{_title(system)}: {len(steps)} of {system['nodes']} nodes, one at a time"
    assert [list(row.values())[:-1] for row in shown.table(shown.text, "#")] == [
        [str(number), each["node"], each["kind"], each["change"], _step(each["declared"], each["revision"])]
        for number, each in enumerate(steps, 1)
    ]
    kinds = Counter(each["kind"] for each in system["objects"])
    counted = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    expected = [f"Other objects, applied before the nodes: {kinds.total()} ({counted})"] if kinds else []
    removed = system["removed"]
    expected += [f"Removed and left alone (--prune deletes them): {', '.join(removed)}"] if removed else []
    assert shown.lines[-len(expected) - 1 :] == [*expected, f"plan: {system['plan']}"]


def _check_status(shown: Shown, document: Document) -> None:
    (system,) = document["systems"]
    assert shown.lines[0] == f"{_title(system)}: no rollout is recorded"
    told = ("node", "kind", *(("stored",) if shown.wide else ()), "declared", "running", "state")
    rows = shown.table(shown.text, "NODE")
    assert [(row["ROLLOUT"], row["DETAIL"]) for row in rows] == [("-", node["why"]) for node in system["nodes"]]
    assert [{name: row[name.upper()] for name in told} for row in rows] == [
        {name: node[name] or "-" for name in told} for node in system["nodes"]
    ]


def _check_history(shown: Shown, document: Document) -> None:
    (system,) = document["systems"]
    assert shown.lines == [f"{_title(system)}: no rollout is recorded"]


def _check_wait(shown: Shown, document: Document) -> None:
    (system,) = document["systems"]
    assert shown.lines == [f"{node['node']}: {node['reason']}" for node in system["nodes"]]


def _title(system: Document) -> str:
    return f"{system['system']} in {system['context']}"


def _step(old: str | None, new: str | None) -> str:
    return old or "-" if old == new else f"{old or '(none)'} -> {new or '(none)'}"


def _check_version(shown: Shown, document: Document) -> None:
    told = {row["PROGRAM"]: row["VERSION"] for row in shown.table(shown.text, "PROGRAM")}
    assert told == {"kubectl-express": document["version"], "python": document["python"], "helm": document["engine"]}
