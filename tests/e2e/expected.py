"""What each command is bound to say of the fleet: the document first, then every other format by the document."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.e2e.fleet import Fleet, Known

Document = Any
ORIGINS = {
    "live": "live",
    "chart": "chart master_charts/express",
    "git": "git:HEAD",
    "edited": "edited.yaml",
    "file": "before.yaml",
    "stdin": "standard input",
}
"""Every side that a source may name, and what it is called."""
CHAIN = ("kind", "stored", "calculated", "declared", "running", "integrity", "state")


def side(fleet: Fleet, name: str) -> Mapping[str, Known]:
    """Return what is known of a side's nodes."""
    return fleet.sides["before" if name in {"git", "file", "stdin"} else name]


def chain(node: Known | None) -> dict[str, object]:
    """Return a node's chain as documents have it."""
    if node is None:
        return {"stored": None, "calculated": None, "declared": None, "running": None, "integrity": [], "state": None}
    return {name: list(node.integrity) if name == "integrity" else getattr(node, name) for name in CHAIN[1:]}


@dataclass(frozen=True, slots=True)
class Reads:
    """`revisions` and `inspect`: every node of a side."""

    side: str
    code: int = 0

    def data(self, fleet: Fleet) -> str:
        """Return what `-o data` is bound to write: every node's stored JSON, byte for byte, a line each."""
        return "\n".join(node.text for node in side(fleet, self.side).values())

    def check(self, document: Document, fleet: Fleet) -> None:
        system = only_system(document, fleet, named=self.side in {"live", "chart"})
        assert system["source"] == ORIGINS[self.side]
        assert system["engine"] == (fleet.engine if self.side == "chart" else None)
        expected = side(fleet, self.side)
        assert [each["node"] for each in system["nodes"]] == list(expected)
        for each in system["nodes"]:
            known = expected[each["node"]]
            assert {name: each[name] for name in CHAIN} == {"kind": known.kind, **chain(known)}


@dataclass(frozen=True, slots=True)
class Compares:
    """`diff`: what changes by node, with the paths an apply would change (others are the same), and other objects."""

    target: str
    baseline: str
    code: int
    changes: Mapping[str, tuple[str, list[str]]] = field(default_factory=dict)
    objects: tuple[str, ...] = ()

    def check(self, document: Document, fleet: Fleet) -> None:
        system = only_system(document, fleet, named=not {self.target, self.baseline} <= {"edited", "stdin", "file"})
        assert (system["target"], system["baseline"]) == (ORIGINS[self.target], ORIGINS[self.baseline])
        assert system["engine"] == (fleet.engine if self.target == "chart" else None)
        target, baseline = side(fleet, self.target), side(fleet, self.baseline)
        gone = [name for name in baseline if name not in target]
        assert [each["node"] for each in system["nodes"]] == [*target, *gone]
        seen = {each["node"]: (each["change"], [one["path"] for one in each["changes"]]) for each in system["nodes"]}
        assert seen == {name: self.changes.get(name, ("same", [])) for name in seen}
        for each in system["nodes"]:
            name = each["node"]
            assert each["restart"] == (each["change"] in {"update", "unneeded"})
            assert (each["target"], each["baseline"]) == (chain(target.get(name)), chain(baseline.get(name)))
        assert {each["change"] for each in system["objects"]} <= {"changed"}
        assert [f"{each['kind']}/{each['name']}" for each in system["objects"]] == list(self.objects)


@dataclass(frozen=True, slots=True)
class Relates:
    """`inspect --against`: every node of the target and those that it removes, each with its way from the baseline."""

    target: str
    baseline: str
    changes: Mapping[str, tuple[str, list[str]]] = field(default_factory=dict)
    code: int = 0

    def check(self, document: Document, fleet: Fleet) -> None:
        system = only_system(document, fleet, named=not {self.target, self.baseline} <= {"edited", "stdin", "file"})
        assert system["source"] == ORIGINS[self.target]
        assert system["engine"] == (fleet.engine if self.target == "chart" else None)
        target, baseline = side(fleet, self.target), side(fleet, self.baseline)
        gone = [name for name in baseline if name not in target]
        assert [each["node"] for each in system["nodes"]] == [*target, *gone]
        for each in system["nodes"]:
            name, way = each["node"], each["comparison"]
            known = target.get(name)
            kind = (known or baseline[name]).kind
            assert {name: each[name] for name in CHAIN} == {"kind": kind, **chain(known)}
            assert (way["against"], way["baseline"]) == (ORIGINS[self.baseline], chain(baseline.get(name)))
            paths = [one["path"] for one in way["changes"]]
            assert (way["change"], paths) == self.changes.get(name, ("same", []))
            assert way["restart"] == (way["change"] in {"update", "unneeded"})
            difference = {"of": "meaning", "parameters": way["changes"]} if way["change"] == "missed" else None
            told = way["difference"]
            assert (told and {"of": told["of"], "parameters": told["parameters"]}) == difference
            assert (way["cause"] is None) == (difference is None)


@dataclass(frozen=True, slots=True)
class Verifies:
    """`verify`: the problems of each node that has some."""

    target: str
    baseline: str | None
    code: int
    problems: Mapping[str, list[str]] = field(default_factory=dict)

    def check(self, document: Document, fleet: Fleet) -> None:
        system = only_system(
            document, fleet, named=self.target in {"live", "chart"} or self.baseline in {"live", "git"}
        )
        assert system["target"] == ORIGINS[self.target]
        assert system["engine"] == (fleet.engine if self.target == "chart" else None)
        assert (system["ok"], system["problems"]) == (not self.problems, [])
        expected = side(fleet, self.target)
        assert [each["node"] for each in system["nodes"]] == list(expected)
        for each in system["nodes"]:
            known = expected[each["node"]]
            assert {name: each[name] for name in CHAIN} == {"kind": known.kind, **chain(known)}
            assert [one["problem"] for one in each["problems"]] == self.problems.get(each["node"], [])


@dataclass(frozen=True, slots=True)
class Plans:
    """`rollout --dry-run=client`: a step for each node that changes, in order, and the other objects before them."""

    target: str
    steps: Mapping[str, str]
    objects: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    code: int = 0

    def check(self, document: Document, fleet: Fleet) -> None:
        system = only_system(document, fleet, named=True)
        live, target = side(fleet, "live"), side(fleet, self.target)
        assert {each["node"]: each["change"] for each in system["steps"]} == self.steps
        assert [each["node"] for each in system["steps"]] == [name for name in target if name in self.steps]
        for each in system["steps"]:
            before, after = live.get(each["node"]), target[each["node"]]
            assert (each["kind"], each["action"], each["pauseAfter"]) == (after.kind, "apply", False)
            assert (each["declared"], each["revision"]) == (before and before.declared, after.declared)
        assert [f"{each['kind']}/{each['name']}" for each in system["objects"]] == list(self.objects)
        assert (system["removed"], system["deleted"], system["hooks"]) == (list(self.removed), [], [])
        assert system["nodes"] == len(live.keys() | self.steps.keys())


@dataclass(frozen=True, slots=True)
class Stands:
    """`rollout status` where there never was a rollout: the nodes as they are."""

    code: int = 0

    def check(self, document: Document, fleet: Fleet) -> None:
        system = only_system(document, fleet, named=True)
        assert (system["rollout"], system["holder"], system["goOn"]) == (None, None, None)
        assert (system["updated"], system["inProgress"], system["untouched"]) == ([], [], [])
        expected = side(fleet, "live")
        assert [each["node"] for each in system["nodes"]] == list(expected)
        for each in system["nodes"]:
            known = expected[each["node"]]
            assert {name: each[name] for name in CHAIN} == {"kind": known.kind, **chain(known)}
            assert each["progress"] is None


@dataclass(frozen=True, slots=True)
class Lists:
    """`rollout history` where there never was a rollout."""

    code: int = 0

    def check(self, document: Document, fleet: Fleet) -> None:
        assert only_system(document, fleet, named=True)["rollouts"] == []


@dataclass(frozen=True, slots=True)
class Waits:
    """`wait` for a node that is there already."""

    node: str
    code: int = 0

    def check(self, document: Document, fleet: Fleet) -> None:
        system = only_system(document, fleet, named=True)
        (node,) = system["nodes"]
        known = side(fleet, "live")[self.node]
        assert (node["node"], node["kind"], node["revision"]) == (self.node, known.kind, known.stored)
        assert (system["ok"], node["passed"]) == (True, True)


@dataclass(frozen=True, slots=True)
class Tells:
    """`version`: what runs here."""

    code: int = 0

    def check(self, document: Document, fleet: Fleet) -> None:
        from kubectl_express import __version__

        assert (document["version"], document["engine"]) == (__version__, fleet.engine)


@dataclass(frozen=True, slots=True)
class Prints:
    """`completion`: a script, with a line that only this shell's has."""

    line: str
    code: int = 0


@dataclass(frozen=True, slots=True)
class Refuses:
    """Nothing is done: one line that says why, and for wrong use perhaps where the help is."""

    words: tuple[str, ...]
    code: int = 2


Expected = Reads | Compares | Relates | Verifies | Plans | Stands | Lists | Waits | Tells | Prints | Refuses


def only_system(document: Document, fleet: Fleet, *, named: bool) -> Document:
    """Return a document's system; files alone do not name theirs."""
    (system,) = document["systems"]
    place = (fleet.name, fleet.name, "yul1") if named else (None, None, None)
    assert (system["system"], system["namespace"], system["context"]) == place
    return system
