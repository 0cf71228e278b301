from __future__ import annotations

from typing import TYPE_CHECKING

from tests.testbed.examples import commit, git
from tests.testbed.programs import run, succeeded
from tests.testbed.waiting import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import StartOperator
    from tests.testbed.express import Express
    from tests.testbed.programs import Kubectl, Outcome


def test_the_program_runs_through_kubectl_in_a_clean_home(express: Express, helm: Path) -> None:
    assert succeeded(express("version", helm=helm), "version").stdout
    assert not (express.home / ".shiv").exists()


def test_a_machine_without_helm_has_none_on_path(express: Express, tools: Path) -> None:
    assert "helm" not in express.environment(None)["PATH"]
    assert not (tools / "helm").exists()


def test_the_example_is_a_repository_that_a_test_may_change(example: Path) -> None:
    assert git(example, "status", "--porcelain") == ""
    values = example / "overlays" / "yul1" / "systemdcrtest3" / "values.yaml"
    values.write_text(values.read_text() + "\n# changed\n")
    assert commit(example, "A change") != git(example, "rev-parse", "HEAD~1")


def test_the_example_rolls_out_by_hand_and_its_pods_become_ready(
    example: Path, system: str, express: Express, kubectl: Kubectl, operator: StartOperator, helm: Path
) -> None:
    operator()
    chart, values = example / "master_charts" / "express", example / "overlays" / "yul1" / system / "values.yaml"
    rendered = succeeded(_helm(express, helm, "template", "foo", chart, "--values", values), "helm template")
    kubectl("apply", "-f", "-", stdin=rendered.stdout)
    declared = kubectl.json("get", "backends,frontends")["items"]
    assert declared

    def ready() -> bool:
        pods = kubectl.json("get", "pods")["items"]
        conditions = [{one["type"]: one["status"] for one in pod["status"].get("conditions", [])} for pod in pods]
        return len(pods) == len(declared) and all(one.get("Ready") == "True" for one in conditions)

    eventually(ready, f"{len(declared)} pods are ready", every=0.2)


def _helm(express: Express, helm: Path, *arguments: str | Path) -> Outcome:
    return run([helm, *arguments], express.environment(helm), express.home)
