"""What the walk reads: one system, live and in files, and what is known of each of its sides without the program."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import yaml

from tests.testbed.examples import commit
from tests.testbed.programs import run, succeeded
from tests.testbed.waiting import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from tests.testbed.express import Express
    from tests.testbed.programs import Kubectl

ORDER = ("be1", "be2", "be3", "be10", "fe1", "fe2")
"""Of a rollout: Backends first, names in natural order."""
BEFORE = {"backends": {"be1": {"zone": "a"}, "be2": {"zone": "b"}, "be10": {}}, "frontends": {"fe1": {}, "fe2": {}}}
AFTER = {"backends": {"be1": {"zone": "a"}, "be2": {"zone": "c"}, "be3": {}, "be10": {}}, "frontends": {"fe1": {}}}
DRIFTED, EDITED = "be10", "be1"
ADDED = '"aaa":1,'


@dataclass(frozen=True, slots=True)
class Known:
    """A node as it is bound to be."""

    kind: str
    text: str
    stored: str
    calculated: str
    declared: str
    running: str | None = None
    integrity: tuple[str, ...] = ()
    state: str | None = None


@dataclass(frozen=True, slots=True)
class Fleet:
    """The system's name and namespace, its working copy, what renders it, and its nodes on every side.

    `chart` is the working copy, changed since the last commit; `before` is that commit, a file, and standard input;
    `live` is the same, deployed, with one node changed by hand; `edited` is a file with one node's data edited.
    """

    name: str
    folder: Path
    engine: str
    stdin: str
    sides: dict[str, dict[str, Known]]


def deployed_fleet(name: str, folder: Path, express: Express, kubectl: Kubectl) -> Fleet:
    """Lay the sides down: values, a commit, files, and the cluster, where an operator has to be at work already."""
    contexts = folder / "overlays" / "yul1"
    for overlay in contexts.iterdir():
        if overlay.name != name:
            (overlay / "values.yaml").unlink()
            overlay.rmdir()
    values = contexts / name / "values.yaml"
    values.write_text(json.dumps(BEFORE))
    before = _helm(express, folder, "template", name, "master_charts/express", "--values", str(values))
    commit(folder, "The system before the change")
    values.write_text(json.dumps(AFTER))
    after = _helm(express, folder, "template", name, "master_charts/express", "--values", str(values))
    edited = before.replace(_quoted(nodes(before)[EDITED].text), _quoted(_edited(nodes(before)[EDITED].text)))
    assert len(edited) == len(before) + len(_quoted(ADDED)) - 2, "one node's data and no other was edited"
    (folder / "before.yaml").write_text(before)
    (folder / "edited.yaml").write_text(edited)
    _deploy(before, kubectl)
    sides = {"chart": nodes(after), "before": nodes(before), "edited": nodes(edited), "live": _live(nodes(before))}
    sides["edited"][EDITED] = replace(sides["edited"][EDITED], integrity=("mismatch", "disagree"))
    version = _helm(express, folder, "version", "--template", "{{.Version}}")
    return Fleet(name, folder, f"helm {version}", before, sides)


def nodes(rendering: str) -> dict[str, Known]:
    """Return a rendering's nodes in the order of a rollout, as a stranger to the program reads them."""
    objects: list[Any] = [found for found in yaml.safe_load_all(rendering) if found]
    entries: dict[str, str] = {}
    for found in objects:
        if found["metadata"].get("labels", {}).get("express.example.com/revisions") == "true":
            entries |= found["data"]
    resources = {found["metadata"]["name"]: found for found in objects if found["kind"] in {"Backend", "Frontend"}}
    return {
        name: Known(
            resources[name]["kind"],
            text,
            entries[f"{name}.revision"],
            hashlib.sha256(text.encode()).hexdigest()[:10],
            resources[name]["spec"]["deploymentRevision"],
        )
        for name in ORDER
        if (text := entries.get(f"{name}.json", ""))
    }


def _helm(express: Express, folder: Path, *arguments: str) -> str:
    return succeeded(run(["helm", *arguments], express.environment(), folder), "helm").stdout


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _edited(text: str) -> str:
    return text.replace("{", "{" + ADDED, 1)


def _live(before: dict[str, Known]) -> dict[str, Known]:
    return {
        name: replace(node, running=node.declared, state="drifted" if name == DRIFTED else "current")
        for name, node in before.items()
    }


def _deploy(rendering: str, kubectl: Kubectl) -> None:
    """Apply a rendering as people do today, change one node by hand, and wait until nothing moves any more."""
    kubectl("apply", "-f", "-", stdin=rendering)
    kubectl("patch", "backend", DRIFTED, "--type=merge", "-p", json.dumps({"spec": {"zone": "by-hand"}}))

    def settled() -> bool:
        resources = kubectl.json("get", "backends,frontends")["items"]
        status = [(each["metadata"]["generation"], each.get("status", {})) for each in resources]
        return all(each.get("ready") and each.get("observedGeneration") == generation for generation, each in status)

    eventually(settled, "every node is reported as ready", every=0.2)
