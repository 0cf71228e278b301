"""`argocd --gate` and `--image`: what awaits nodes, as the printed Applications have it and the chart renders it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from kubectl_express.core.kubectl_yaml import read_documents
from tests.argocd.test_manifests import CHECKS, IMAGE, WORDS, namespace_of, printed
from tests.charts.rendering import Charts
from tests.testbed.programs import succeeded

if TYPE_CHECKING:
    from pathlib import Path

    from tests.charts.rendering import Rendering
    from tests.testbed.express import Express
    from tests.testbed.programs import Kubectl

CONFIG = "# Ours.\nhash: {length: 10}  # 'as it was'\nkinds: [Backend, Frontend]"
"""Without a line's end, as some editors leave files."""
HOOK = ("--gate", "hook", "--image", IMAGE)
ONE = ("--system", "systemdcrtest3")


def applications(express: Express, folder: Path, *words: str) -> list[Any]:
    """Return the Applications where nothing else is printed."""
    outcome = succeeded(express(*words, cwd=folder), " ".join(words))
    assert outcome.stderr == ""
    found: list[Any] = [each.value for each in read_documents(outcome.stdout, "printed")]
    assert {each["kind"] for each in found} == {"Application"}
    return found


def gates_of(application: Any) -> Any:
    return application["spec"]["source"]["helm"]["valuesObject"]["global"]["expressGates"]


def rendered(charts: Charts, application: Any, folder: Path) -> Rendering:
    """Return what Argo CD's helm renders: its values object is a file of values behind the others."""
    source = application["spec"]["source"]
    chart = folder / source["path"]
    files = [word for each in source["helm"]["valueFiles"] for word in ("--values", chart / each)]
    own = ("--values", charts.values(source["helm"]["valuesObject"]))
    return charts.render(chart, *files, *own, release=source["helm"]["releaseName"])


@pytest.fixture
def charts(helm: Path, tmp_path: Path) -> Charts:
    return Charts(helm, tmp_path)


def test_the_hook_gate_is_applications_alone_that_ask_the_chart_for_a_job_behind_every_node(
    express: Express, example: Path, charts: Charts
) -> None:
    (application,) = applications(express, example, *WORDS, *ONE, *HOOK)
    assert gates_of(application) == {"gate": "hook", "image": IMAGE}
    rendering = rendered(charts, application, example)
    assert [job["metadata"]["generateName"] for job in rendering.jobs] == [
        f"wait-{name}-" for name in rendering.resources
    ]


def test_the_status_gate_with_an_image_has_a_job_behind_the_last_node_beside_the_health_checks(
    express: Express, example: Path, charts: Charts
) -> None:
    settings, (application,) = printed(express, example, *WORDS, *ONE, "--image", IMAGE)
    assert set(settings["data"]) == CHECKS
    assert gates_of(application) == {"gate": "status", "image": IMAGE}
    (job,) = rendered(charts, application, example).jobs
    assert job["metadata"]["generateName"] == "wait-fe4-"


def test_the_hook_gate_names_the_health_checks_that_argo_cd_must_not_have(express: Express, example: Path) -> None:
    words = (*WORDS, *HOOK, "--argocd-namespace", "gitops")
    (first, *named), _ = (part.splitlines() for part in express(*words, cwd=example).stdout.split("---", 1))
    assert first == "# Argo CD must have no health checks of the nodes: see that argocd-cm in gitops has none of"
    assert {line.removeprefix("#   ") for line in named} == CHECKS


@pytest.mark.parametrize("words", [HOOK, ("--image", IMAGE)], ids=["hook", "status"])
@pytest.mark.parametrize("given", [False, True], ids=["found", "given"])
def test_the_jobs_go_by_the_configuration_as_it_stands(
    express: Express, example: Path, charts: Charts, words: tuple[str, ...], given: bool
) -> None:
    (example / ("ours.yaml" if given else ".express.yaml")).write_text(CONFIG)
    flags = ("--config", "../ours.yaml") if given else ()
    printed = ("argocd", "applications", *WORDS[1:], *ONE, *words, *flags)
    (application,) = applications(express, example / "overlays", *printed)
    assert gates_of(application)["config"] == CONFIG
    maps = [each for each in rendered(charts, application, example).objects if each["kind"] == "ConfigMap"]
    assert [each["data"] for each in maps if each["metadata"]["name"] == "express-gates"] == [{".express.yaml": CONFIG}]


def test_a_gate_changes_no_revision(express: Express, example: Path, charts: Charts) -> None:
    (application,) = applications(express, example, *WORDS, *ONE, *HOOK)
    shown = express("revisions", "--chart", "--context", "yul1", *ONE, "-o", "json", cwd=example).json()
    expected = {node["node"]: node["stored"] for node in shown["systems"][0]["nodes"]}
    assert rendered(charts, application, example).revisions == expected


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            (*WORDS, "--gate", "hook"),
            "--gate hook runs this program in Jobs: give its image with --image; packaging/Containerfile makes it",
        ),
        (
            ("argocd", "health", *HOOK),
            (
                "--gate hook goes without health checks: an operator that says nothing of its pods would keep nodes "
                "Progressing for ever; ask for `argocd applications`"
            ),
        ),
        ((*WORDS, "--gate", "pods"), 'unknown gate "pods", allowed are: status, hook'),
    ],
    ids=["no-image", "health", "unknown"],
)
def test_a_gate_that_cannot_be_had_is_refused(
    express: Express, example: Path, words: tuple[str, ...], said: str
) -> None:
    outcome = express(*words, cwd=example)
    assert (outcome.code, outcome.stdout) == (2, "")
    assert outcome.stderr.startswith(f"error: {said}")


def test_the_health_checks_alone_are_printed_without_a_word(express: Express, tmp_path: Path) -> None:
    assert express("argocd", "health", cwd=tmp_path).stderr == ""


def test_the_api_server_takes_applications_with_gates_and_keeps_all_of_them(
    express: Express, example: Path, argocd_kubectl: Kubectl
) -> None:
    (example / ".express.yaml").write_text(CONFIG)
    words = (*WORDS, *HOOK, "--argocd-namespace", namespace_of(argocd_kubectl))
    made = applications(express, example, *words)
    text = "".join(f"---\n{json.dumps(each)}\n" for each in made)
    argocd_kubectl("apply", "--validate=strict", "-f", "-", stdin=text)
    kept = argocd_kubectl.json("get", "applications.argoproj.io")["items"]
    assert [gates_of(each) for each in kept] == [gates_of(each) for each in made]


def test_all_else_of_an_application_is_as_without_gates(express: Express, example: Path) -> None:
    (application,) = applications(express, example, *WORDS, *ONE, *HOOK)
    _, (plain,) = printed(express, example, *WORDS, *ONE)
    del application["spec"]["source"]["helm"]["valuesObject"]
    assert application == plain


def test_a_shell_offers_the_gates(express: Express) -> None:
    offered = [line.split("\t")[0] for line in express("__complete", "argocd", "--gate", "").stdout.splitlines()]
    assert offered == ["status", "hook", ":4"]
    assert "--image" in express("__complete", "argocd", "--im").stdout.split()
