"""A chart that was built in another way is adopted by `.express.yaml` alone: see the repository in `foreign/`."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import signal
import zlib
from contextlib import closing
from functools import partial
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from kubectl_express.core import gojson
from tests.e2e.fleet_operator import FleetOperator
from tests.e2e.rollouts import go_on_line, groups
from tests.e2e.started import Started
from tests.testbed.examples import commit, git
from tests.testbed.parts import part
from tests.testbed.programs import run, succeeded
from tests.testbed.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.testbed.api import Api, Object
    from tests.testbed.express import Express
    from tests.testbed.programs import Kubectl, Outcome

FOREIGN = Path(__file__).parent / "foreign"
DOCUMENT = Path(__file__).parents[2] / "docs" / "adopting.md"
NODES = {"a1": "brokers", "a2": "brokers", "edge": "gateways"}
RECORDS = {
    "nested": ("nodes.json#/{node}/revision", "nodes.json#/{node}/data"),
    "texts": ("nodes.json#/{node}/revision", "nodes.json#/{node}/data"),
    "apart": ("revisions.json#/{node}", "data.json#/nodes/{node}"),
}
"""How the foreign chart can write its record (see its values), and what `.express.yaml` says then."""
TYPES = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
SECRET = "swordfish"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
WHERE = ("--context", "yul1")


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """Return a copy of the foreign repository, with one commit."""
    folder = tmp_path / "foreign"
    shutil.copytree(FOREIGN, folder)
    git(folder, "init", "--quiet", "--initial-branch=main")
    commit(folder, "A fleet")
    return folder


@pytest.fixture(scope="session")
def known_kinds(api: Api) -> None:
    """Have the API server know the foreign kinds."""
    for crd in yaml.safe_load_all((FOREIGN / "deploy/fleet/crds/fleet.yaml").read_text(encoding="utf-8")):
        name = crd["metadata"]["name"]
        api.create(TYPES, crd)
        eventually(partial(established, api, name), f"{name} is established")


def established(api: Api, name: str) -> bool:
    conditions = api.get(f"{TYPES}/{name}").get("status", {}).get("conditions") or ()
    return any((each["type"], each["status"]) == ("Established", "True") for each in conditions)


class Fleet:
    """The foreign system as a test deploys it: its namespace is `fleet-` and its name."""

    def __init__(self, folder: Path, system: str, kubectl: Kubectl, api: Api, express: Express) -> None:
        self.folder, self.system, self.namespace = folder, system, f"fleet-{system}"
        self.kubectl, self.api, self.express = kubectl, api, express
        self.values = folder / "settings" / "montreal" / f"{system}.yaml"

    def __call__(self, *words: str) -> Outcome:
        return self.express(*words, *WHERE, cwd=self.folder)

    def start(self, *words: str) -> Started:
        """Start the program with no terminal."""
        command: list[str | Path] = [part("kubectl"), "express", *words, *WHERE]
        return Started(command, self.express.environment(), self.folder)

    def run_line(self, line: str) -> Outcome:
        """Run a command line as it was printed, to its end."""
        return run(["/bin/sh", "-c", f"exec {line}"], self.express.environment(), self.folder)

    def picture(self) -> dict[str, Object]:
        """Return every object of the fleet as its chart has it, by its kind and name."""
        nodes = f"/apis/fleet.example.org/v2/namespaces/{self.namespace}"
        record = f"/api/v1/namespaces/{self.namespace}/configmaps/fleet-record"
        paths = [*(f"{nodes}/{plural}/{node}" for node, plural in NODES.items()), record]
        return {path.rpartition("/")[2]: _as_rendered(self.api.get(path)) for path in paths}

    def apply(self, *flags: str) -> None:
        self.kubectl("apply", "-n", self.namespace, *flags, "-f", "-", stdin=rendered(self.folder))

    def run_pods(self) -> None:
        """Do as the fleet's operator would: two Ready pods of each node, at the revision that it declares."""
        for node, plural in NODES.items():
            path = f"/apis/fleet.example.org/v2/namespaces/{self.namespace}/{plural}/{node}"
            revision = self.api.get(path)["metadata"]["annotations"]["fleet.example.org/revision"]
            for number in (0, 1):
                self._run_pod(
                    f"{node}-{number}", {"fleet.example.org/unit": node, "fleet.example.org/running": revision}
                )

    def _run_pod(self, name: str, labels: dict[str, str]) -> None:
        pods = f"/api/v1/namespaces/{self.namespace}/pods"
        containers = [{"name": "fleet", "image": "fleet"}]
        self.api.create(pods, {"metadata": {"name": name, "labels": labels}, "spec": {"containers": containers}})
        ready = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
        self.api.patch(f"{pods}/{name}/status", {"status": ready})

    def patch_record(self, old: str, new: str) -> None:
        """Edit the record by hand, where it says `old`."""
        record = self.kubectl.json("get", "-n", self.namespace, "configmap", "fleet-record")["data"]["nodes.json"]
        assert old in record
        patch = json.dumps({"data": {"nodes.json": record.replace(old, new, 1)}})
        self.kubectl("patch", "-n", self.namespace, "configmap", "fleet-record", "--type", "merge", "-p", patch)


def _as_rendered(item: Object) -> Object:
    metadata = item["metadata"]
    annotations = {key: text for key, text in metadata.get("annotations", {}).items() if key != LAST_APPLIED}
    return {**item, "metadata": {"labels": metadata.get("labels"), "annotations": annotations}}


def rendered(folder: Path) -> str:
    """Return what people deploy of the foreign chart today."""
    (system,) = (folder / "settings" / "montreal").iterdir()
    values: list[str | Path] = ["--values", folder / "settings" / "common.yaml", "--values", system]
    return succeeded(
        run(
            [part("helm4"), "template", "fleet", folder / "deploy" / "fleet", *values],
            {"HOME": str(folder), "PATH": os.defpath},
        ),
        "helm template",
    ).stdout


@pytest.fixture
def fleet(foreign: Path, kubectl: Kubectl, api: Api, express: Express, known_kinds: None) -> Fleet:
    system = secrets.token_hex(4)
    api.create("/api/v1/namespaces", {"metadata": {"name": f"fleet-{system}"}})
    found = Fleet(foreign, system, kubectl, api, express)
    (foreign / "settings" / "montreal" / "orders.yaml").rename(found.values)
    return found


@pytest.fixture
def fleet_operator(fleet: Fleet, api: Api) -> Iterator[FleetOperator]:
    operator = FleetOperator(api, fleet.namespace)
    yield operator
    operator.stop()


def listed(outcome: Outcome) -> dict[str, dict[str, object]]:
    (system,) = outcome.json()["systems"]
    return {node["node"]: node for node in system["nodes"]}


def documented() -> list[str]:
    """Return the YAML that the document shows."""
    return re.findall(r"```yaml\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)


def test_a_chart_that_stores_what_it_hashes_as_documented_is_sound(tmp_path: Path, express: Express) -> None:
    hashed, collected, stored = documented()[:3]
    resource = """
---
apiVersion: express.example.com/v1
kind: Backend
metadata: {name: {{ $name }}}
spec: {{ set (deepCopy $data) "deploymentRevision" $revision | toJson }}
"""
    nodes = f"{{{{- range $name, $data := .Values.nodes }}}}\n{hashed}{collected}{resource}{{{{- end }}}}\n---\n"
    files = {
        "master_charts/express/Chart.yaml": "apiVersion: v2\nname: express\nversion: 1.0.0\n",
        "master_charts/express/templates/nodes.yaml": f"{{{{- $record := dict }}}}\n{nodes}{stored}",
        "overlays/yul1/shop/values.yaml": 'nodes: {be1: {size: 1e6, note: "<a & b>"}, be2: {list: [null, 1.5]}}\n',
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    verified = express("verify", *WHERE, cwd=tmp_path)
    assert (verified.code, verified.stderr) == (0, "")
    assert verified.stdout.startswith("shop in yul1: verified 2 nodes: stored = calculated = declared")


def test_the_documented_configuration_of_another_chart_is_the_one_that_is_tested() -> None:
    assert (FOREIGN / ".express.yaml").read_text(encoding="utf-8") in documented()


def check_the_document(fleet: Fleet, outcome: Outcome) -> None:
    """Fail unless the document shows what was printed, of a system that is called orders there."""
    printed = outcome.stdout.replace(fleet.system, "orders")
    assert printed in DOCUMENT.read_text(encoding="utf-8"), printed


@pytest.mark.parametrize(("record", "helm"), list(product(RECORDS, ["helm3", "helm4"])))
def test_a_record_of_all_nodes_in_one_key_is_verified_as_each_helm_writes_it(
    record: str, helm: str, foreign: Path, express: Express
) -> None:
    use_record(foreign, record)
    verified = express("verify", *WHERE, cwd=foreign, helm=helm)
    assert (verified.code, verified.stderr) == (0, "")
    assert "orders in yul1: verified 3 nodes: stored = calculated = declared" in verified.stdout
    nodes = listed(express("revisions", "--chart", *WHERE, "-o", "json", cwd=foreign, helm=helm))
    assert set(nodes) == set(NODES)
    assert all(re.fullmatch("[0-9]{9,10}", str(node["stored"])) for node in nodes.values()), "adler32, untruncated"


def use_record(foreign: Path, record: str) -> None:
    values, config = foreign / "settings" / "common.yaml", foreign / ".express.yaml"
    values.write_text(f"record: {record}\n{values.read_text(encoding='utf-8')}", encoding="utf-8")
    text = config.read_text(encoding="utf-8")
    for was, now in zip(RECORDS["nested"], RECORDS[record], strict=True):
        text = text.replace(was, now)
    config.write_text(text, encoding="utf-8")


def test_what_was_hashed_of_indented_json_is_what_helm_hashed(foreign: Path, express: Express) -> None:
    config = foreign / ".express.yaml"
    config.write_text(config.read_text(encoding="utf-8").replace("redact: [/credentials/password]\n", ""))
    shown = express("inspect", "a2", "--chart", *WHERE, "-o", "data", cwd=foreign).stdout
    assert json.loads(shown)["topics"] == ["orders", "returns"]
    assert shown == gojson.encode(json.loads(shown)), "as toJson writes it"
    nodes = listed(express("revisions", "--chart", *WHERE, "-o", "json", cwd=foreign))
    assert nodes["a2"]["calculated"] == str(zlib.adler32(shown.encode()))


def test_each_link_names_its_place_in_the_record(foreign: Path, express: Express) -> None:
    (foreign / "output.yaml").write_text(rendered(foreign), encoding="utf-8")
    said = express("revisions", "-f", "output.yaml", "-v", cwd=foreign).stderr
    (line,) = (line for line in said.splitlines() if " a2: " in line)
    assert "stored from ConfigMap/fleet-record nodes.json#/a2/revision output.yaml:" in line
    assert "data from ConfigMap/fleet-record nodes.json#/a2/data output.yaml:" in line
    assert "declared from Broker/a2 /metadata/annotations/fleet.example.org~1revision output.yaml:" in line
    assert line.endswith("bytes hashed by adler32")


@pytest.mark.parametrize("flags", [(), ("--server-side",)], ids=["client-side", "server-side"])
def test_the_live_fleet_is_read_compared_and_verified(flags: tuple[str, ...], fleet: Fleet) -> None:
    fleet.apply(*flags)
    fleet.run_pods()

    nodes = listed(fleet("revisions", "-o", "json"))
    assert list(nodes) == ["a1", "a2", "edge"], "in the order of their annotation"
    for node in nodes.values():
        assert node["stored"] == node["calculated"] == node["declared"] == node["running"]
        assert (node["state"], node["integrity"]) == ("current", [])
    empty = fleet("diff")
    assert (empty.code, empty.stderr) == (0, "")
    assert "0 of 3 nodes will restart; nothing is wrong." in empty.stdout
    verified = fleet("verify", "--live")
    assert verified.code == 0
    assert "verified 3 nodes" in verified.stdout
    inspected = fleet("inspect", "a2")
    assert "State:           current: its pods are Ready at" in inspected.stdout
    assert re.search(r"stored +\d+ +ConfigMap/fleet-record nodes\.json#/a2/revision resourceVersion", inspected.stdout)

    fleet.api.delete(f"/api/v1/namespaces/{fleet.namespace}/pods/a1-1", {"gracePeriodSeconds": 0})
    assert listed(fleet("revisions", "-o", "json"))["a1"]["state"] == "unhealthy", "it wants two pods"

    patch = '{"spec": {"settings": {"heap": 1, "timeoutSeconds": 30}}}'
    fleet.kubectl("patch", "-n", fleet.namespace, "broker", "a2", "--type", "merge", "-p", patch)
    drifted = fleet("verify", "--live")
    assert drifted.code == 3
    assert "a2: drifted: " in drifted.stdout
    assert "/heap" in drifted.stdout
    assert "1 of 3 nodes cannot be trusted" in drifted.stdout


def test_a_changed_value_restarts_the_node_that_it_is_of(fleet: Fleet) -> None:
    fleet.apply()
    fleet.run_pods()
    fleet.values.write_text(fleet.values.read_text(encoding="utf-8").replace("2000000", "3e6"), encoding="utf-8")
    changed = fleet("diff", "-o", "json")
    assert (changed.code, changed.stderr) == (1, "")
    nodes = listed(changed)
    assert {name: node["change"] for name, node in nodes.items()} == {"a1": "same", "a2": "update", "edge": "same"}
    assert nodes["a2"]["changes"] == [{"path": "/heap", "old": 2000000, "new": 3000000}]


def test_a_redacted_parameter_is_hidden_in_the_record_too(fleet: Fleet) -> None:
    fleet.apply()
    common = fleet.folder / "settings" / "common.yaml"
    common.write_text(common.read_text(encoding="utf-8").replace(SECRET, f"{SECRET}2"), encoding="utf-8")
    for command in (
        ("diff", "--objects"),
        ("diff", "-o", "json"),
        ("inspect", "--all"),
        ("inspect", "--all", "--chart"),
    ):
        shown = fleet(*command)
        assert SECRET not in shown.stdout + shown.stderr, command
        assert "(redacted)" in shown.stdout
    objects = fleet("diff", "--objects").stdout
    assert r"\"revision\": \"" in objects, "the rest of the record is shown as it stands"

    fleet.patch_record(SECRET, f"{SECRET}3")
    for command in (("verify", "--live"), ("inspect", "a1"), ("revisions", "-o", "wide")):
        shown = fleet(*command)
        assert "mismatch" in shown.stdout
        assert SECRET not in shown.stdout + shown.stderr, command

    broken = fleet.folder / "output.yaml"
    broken.write_text(rendered(fleet.folder).replace('"a1": {', '"a1": ', 1), encoding="utf-8")
    shown = fleet("diff", "-f", "output.yaml", "--objects")
    assert "(unreadable, and some parameters are redacted)" in shown.stdout
    assert SECRET not in shown.stdout + shown.stderr


def test_a_tampered_entry_is_a_mismatch_of_its_node_that_names_the_place(fleet: Fleet) -> None:
    fleet.apply()
    fleet.run_pods()
    fleet.patch_record('"heap": 2000000', '"heap": 2000001')
    faults = {name: node["integrity"] for name, node in listed(fleet("revisions", "-o", "json")).items()}
    assert faults == {"a1": [], "a2": ["mismatch"], "edge": []}
    assert "nodes.json#/a2/data" in fleet("inspect", "a2").stdout
    judged = fleet("verify", "--live")
    assert judged.code == 3
    assert "a2: mismatch: stored " in judged.stdout
    assert "the data was edited: the resource's own parameters have the stored revision" in judged.stdout
    check_the_document(fleet, judged)

    (fleet.folder / "output.yaml").write_text(
        rendered(fleet.folder).replace('"data": {', '"date": {', 1), encoding="utf-8"
    )
    judged = fleet("verify", "-f", "output.yaml")
    assert judged.code == 3
    assert "a1: unreadable: ConfigMap/fleet-record has no text under nodes.json#/a1/data" in judged.stdout
    assert "1 of 3 nodes cannot be trusted" in judged.stdout


def test_a_record_that_cannot_be_read_is_one_fault_and_not_one_of_each_node(fleet: Fleet) -> None:
    fleet.apply()
    fleet.run_pods()
    told = re.compile(r"^unreadable: ConfigMap/fleet-record key nodes\.json: it is no JSON: line \d+, column \d+: .*$")

    (fleet.folder / "output.yaml").write_text(rendered(fleet.folder).replace('"a1": {', '"a1": ', 1), encoding="utf-8")
    for command, count in ((("verify", "-f", "output.yaml"), 2), (("diff", "-f", "output.yaml"), None)):
        judged = fleet(*command)
        assert judged.code == 3, command
        lines = judged.stdout.splitlines()
        assert len([line for line in lines if "unreadable: " in line]) == 1, judged.stdout
        assert count is None or (len(lines) == count and told.match(lines[0])), judged.stdout
    assert "wrong: ConfigMap/fleet-record nodes.json (unreadable)." in judged.stdout
    assert "orphan" not in judged.stdout

    fleet.patch_record('"a1": {', '"a1": ')
    nodes = listed(fleet("revisions", "-o", "json"))
    assert [(node["stored"], node["integrity"]) for node in nodes.values()] == [(None, ["unreadable"])] * 3
    assert {node["state"] for node in nodes.values()} == {"current"}, "the pods are at what the resources declare"
    judged = fleet("verify", "--live")
    assert judged.code == 3
    first, last = judged.stdout.splitlines()
    assert told.match(first)
    check_the_document(fleet, judged)
    assert "3 of 3 nodes cannot be trusted" in last


@pytest.mark.parametrize("flags", [(), ("--server-side",)], ids=["client-side", "server-side"])
def test_the_fleet_is_rolled_out_stopped_midway_gone_on_with_and_taken_back(
    flags: tuple[str, ...], fleet: Fleet, fleet_operator: FleetOperator
) -> None:
    fleet.apply(*flags)
    eventually(fleet_operator.all_ready, "two pods of each node are Ready")
    commit(fleet.folder, "As it is deployed")
    picture, first, before = fleet.picture(), fleet_operator.revisions(), fleet_operator.running()
    common = fleet.folder / "settings" / "common.yaml"
    common.write_text(common.read_text(encoding="utf-8").replace("ratio: 0.25", "ratio: 1e-9\n  added: {a: null}"))

    fleet_operator.hang("a2")
    with closing(fleet.start("rollout", "--yes")) as rollout:
        rollout.line("a2: applied at revision")
        assert fleet_operator.running()["edge"] == before["edge"]
        rollout.signal(signal.SIGINT)
        rollout.line("stopping, by Ctrl-C: a2 is seen through")
        fleet_operator.go_on("a2")
        stopped = rollout.end()
    assert stopped.code == 4, stopped
    assert groups(stopped.stdout) == {"updated": ["a1", "a2"], "untouched": ["edge"]}
    midway = fleet_operator.running()
    assert midway["edge"] == before["edge"]
    states = {name: node["state"] for name, node in listed(fleet("revisions", "-o", "json")).items()}
    assert states == {"a1": "current", "a2": "current", "edge": "pending"}

    line = go_on_line(stopped.stdout)
    ended = succeeded(fleet.run_line(line), line)
    assert groups(ended.stdout) == {"updated": ["a1", "a2", "edge"]}
    assert fleet_operator.all_ready()
    after = fleet_operator.running()
    assert {node: after[node] for node in ("a1", "a2")} == {node: midway[node] for node in ("a1", "a2")}
    assert after["edge"] != before["edge"]
    assert fleet("diff").code == 0
    assert all(revision != first[node] for node, revision in fleet_operator.revisions().items())

    undone = succeeded(fleet("rollout", "undo", "--yes"), "rollout undo")
    assert groups(undone.stdout) == {"updated": ["edge", "a2", "a1"]}
    assert fleet.picture() == picture
    assert fleet_operator.revisions() == first
    assert fleet_operator.all_ready()
    git(fleet.folder, "checkout", "--", ".")
    assert fleet("diff").code == 0
    assert fleet("verify", "--live").code == 0
