"""The example repository holds what it shows."""

from __future__ import annotations

import filecmp
import hashlib
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.charts.rendering import EXAMPLES, EXPRESS, LIBRARY, SYSTEM, Charts

if TYPE_CHECKING:
    from pathlib import Path

    from tests.testbed.programs import Kubectl

OVERLAYS = sorted((EXAMPLES / "overlays").glob("*/*/values.yaml"))


def test_the_unpacked_library_is_the_library() -> None:
    copy = EXPRESS / "charts" / LIBRARY.name
    files = sorted(path.relative_to(LIBRARY) for path in LIBRARY.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(copy) for path in copy.rglob("*") if path.is_file())
    assert [name for name in files if not filecmp.cmp(LIBRARY / name, copy / name, shallow=False)] == []


TEMPLATES = {"1.0.0": "f36cb0358ceef0bc", "1.1.0": "57bdff9ac2aee491"}
"""By the library's version, what its templates hash to. A version that was released keeps its line."""


def test_the_library_has_another_version_once_its_templates_have_changed() -> None:
    version = str(yaml.safe_load((LIBRARY / "Chart.yaml").read_text(encoding="utf-8"))["version"])
    digest = hashlib.sha256()
    for path in sorted((LIBRARY / "templates").iterdir()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    assert TEMPLATES[version] == digest.hexdigest()[:16], "raise the version in its Chart.yaml, and note the hash here"


@pytest.mark.parametrize("name", ["charts/express-revisions/README.md", "examples/master_charts/express/Chart.yaml"])
def test_the_dependency_on_the_library_names_its_version(name: str) -> None:
    version = str(yaml.safe_load((LIBRARY / "Chart.yaml").read_text(encoding="utf-8"))["version"])
    named = re.findall(r"- name: express-revisions\n +version: (.*)\n", (EXAMPLES.parent / name).read_text("utf-8"))
    assert named == [version]


def test_there_are_two_systems_of_a_context_and_two_contexts_of_a_system() -> None:
    assert [(path.parent.parent.name, path.parent.name) for path in OVERLAYS] == [
        ("fra2", "systemdcrtest3"),
        ("yul1", "systemdcrprod1"),
        ("yul1", "systemdcrtest3"),
    ]


@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda path: f"{path.parts[-3]}-{path.parts[-2]}")
@pytest.mark.parametrize("flags", [["--server-side"], []], ids=["server-side", "client-side"])
def test_kubectl_applies_every_overlay(charts: Charts, kubectl: Kubectl, overlay: Path, flags: list[str]) -> None:
    rendering = charts.render(EXPRESS, "--values", overlay)
    kubectl("apply", "--validate=strict", *flags, "-f", "-", stdin=rendering.text)
    live = kubectl.json("get", "backends,frontends")["items"]
    assert {found["metadata"]["name"]: found["spec"]["deploymentRevision"] for found in live} == rendering.revisions


def test_the_server_fills_in_the_defaults_of_the_example_types(charts: Charts, kubectl: Kubectl) -> None:
    kubectl("apply", "-f", "-", stdin=charts.example().text)
    be3, be10 = (kubectl.json("get", "backend", name)["spec"] for name in ("be3", "be10"))
    probe = {"periodSeconds": 10, "failureThreshold": 3}
    assert be3["terminationGracePeriodSeconds"] == 60
    assert be3["image"]["pullPolicy"] == "IfNotPresent"
    assert be3["environment"] == [{"name": "TZ", "value": "Etc/UTC", "visible": True}]
    assert [volume["mountPath"] for volume in be3["storage"]["volumes"]] == ["/data", "/archive"]
    assert {port["protocol"] for port in be3["ports"]} == {"TCP"}
    assert be3["probes"] == be10["probes"] == {"readiness": probe, "liveness": probe}
    assert be10["priority"] == 0


def test_a_null_reaches_the_server_with_a_server_side_apply_and_kubectl_drops_it_else(
    charts: Charts, kubectl: Kubectl
) -> None:
    text = charts.example().text
    kubectl("apply", "-f", "-", stdin=text)
    assert kubectl.json("get", "backend", "be10")["spec"]["storage"] == {"size": "20Gi"}
    kubectl("delete", "backends", "--all")
    kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=text)
    assert kubectl.json("get", "backend", "be10")["spec"]["storage"] == {"size": "20Gi", "class": None}


def test_the_pull_request_updates_adds_and_removes_a_node_and_leaves_the_others(charts: Charts, tmp_path: Path) -> None:
    work = tmp_path / "work"
    shutil.copytree(EXAMPLES / "overlays", work / "overlays")
    subprocess.run(["git", "apply", EXAMPLES / "pull-request.patch"], cwd=work, check=True)
    before = charts.example().revisions
    after = charts.render(EXPRESS, "--values", work / SYSTEM.relative_to(EXAMPLES)).revisions
    assert after.keys() - before.keys() == {"be4"}
    assert before.keys() - after.keys() == {"fe4"}
    assert {node for node in before.keys() & after.keys() if before[node] != after[node]} == {"be3"}


def test_the_patch_applies_in_the_examples_folder_of_a_repository_as_well(tmp_path: Path) -> None:
    shutil.copytree(EXAMPLES / "overlays", tmp_path / "examples" / "overlays")
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    subprocess.run(["git", "apply", EXAMPLES / "pull-request.patch"], cwd=tmp_path / "examples", check=True)
    changed = tmp_path / "examples" / SYSTEM.relative_to(EXAMPLES)
    assert "be4:" in changed.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"backend": {"ports": []}}, "ports"),
        ({"backends": {"be1": {"deploymentRevision": "0123456789"}}}, "deploymentRevision"),
        ({"backends": {"be1": {"enabled": "no"}}}, "enabled"),
        ({"backends": {"be1": {"ports": [{"name": "admin", "port": "7680"}]}}}, "port"),
        ({"frontend": {"parameters": {"image": {"tga": "24.3.2"}}}}, "tga"),
        ({"nodes": {}}, "nodes"),
    ],
)
def test_values_that_cannot_be_meant_are_refused_by_the_schema(charts: Charts, values: object, said: str) -> None:
    outcome = charts.template(EXPRESS, "--values", SYSTEM, "--values", charts.values(values))
    assert outcome.code != 0
    assert "values don't meet the specifications of the schema" in outcome.stderr
    assert said in outcome.stderr


def test_a_node_that_is_not_enabled_leaves_no_trace(charts: Charts) -> None:
    rendering = charts.example(values={"backends": {"be2": {"enabled": False}}})
    assert "be2" not in rendering.revisions
    assert "be2" not in rendering.resources
    assert "enabled" not in "".join(charts.example().data.values())


def test_the_readme_shows_what_the_two_classic_commands_do(charts: Charts, kubectl: Kubectl) -> None:
    readme = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    session = readme.split("```console\n")[1].split("```")[0]
    rendering = charts.example()
    assert f'\n  be3.revision: "{rendering.revisions["be3"]}"\n' in session
    applied = kubectl("apply", "--context", "yul1", "-f", "-", stdin=rendering.text).stdout
    assert session.endswith(f"$ kubectl apply --context yul1 -f output.yaml\n{applied}")


def test_the_chart_that_the_librarys_readme_shows_renders(charts: Charts) -> None:
    readme = (LIBRARY / "README.md").read_text(encoding="utf-8")
    chart = charts.bare()
    (chart / "templates" / "nodes.yaml").write_text(
        readme.split("```yaml\n# templates/nodes.yaml\n")[1].split("```")[0]
    )
    assert list(charts.render(chart).resources) == ["be1", "fe1"]
