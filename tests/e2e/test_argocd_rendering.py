"""`verify --as argocd` renders as Argo CD does, and says which nodes a shell's `helm template` gives otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.small_chart import CHART, SYSTEM, small_chart
from tests.testbed.examples import commit

if TYPE_CHECKING:
    from pathlib import Path

    from tests.testbed.express import Express

AS_ARGOCD = ("verify", "--context", "yul1", "--as", "argocd")
HELMS = pytest.mark.parametrize("helm", ["helm3", "helm4"])
PASSED = {
    "plain": '"x"',
    "name": ".Release.Name",
    "namespace": ".Release.Namespace",
    "kube": ".Capabilities.KubeVersion.Minor",
    "api": '.Capabilities.APIVersions.Has "example.com/v1/Widget"',
    "both": 'printf "%s.%s" .Release.Name .Release.Namespace',
    "joint": f'and (eq .Release.Name "{SYSTEM}") (eq .Release.Namespace "{SYSTEM}")',
}
CONFIGURED = "helm: {kubeVersion: 1.29.3, apiVersions: [example.com/v1/Widget]}\n"


@HELMS
def test_each_node_that_argo_cd_renders_otherwise_is_named_with_the_options_that_make_it_so(
    helm: str, express: Express, tmp_path: Path
) -> None:
    folder = small_chart(tmp_path / "small", PASSED)
    (folder / ".express.yaml").write_text(CONFIGURED)
    outcome = express(*AS_ARGOCD, "-o", "json", helm=helm, cwd=folder)
    assert (outcome.code, outcome.stderr) == (3, "")
    (system,) = outcome.json()["systems"]
    assert system["engine"].startswith(f"helm v{helm[-1]}.")
    assert "the same from Argo CD as from helm template foo" in system["checks"]
    name, namespace = f"the release name {SYSTEM}", f"--namespace {SYSTEM}"
    every = f"{name}, {namespace}, --kube-version 1.29.3, --api-versions example.com/v1/Widget, --include-crds"
    assert {each["node"]: [(one["problem"], one["cause"]) for one in each["problems"]] for each in system["nodes"]} == {
        "plain": [],
        "name": [("argocd", f"{name} makes the difference")],
        "namespace": [("argocd", f"{namespace} makes the difference")],
        "kube": [("argocd", "--kube-version 1.29.3 makes the difference")],
        "api": [("argocd", "--api-versions example.com/v1/Widget makes the difference")],
        "both": [("argocd", f"{name} and {namespace} each make the difference")],
        "joint": [("argocd", f"only together do {every} make the difference")],
    }
    (problem,) = next(each["problems"] for each in system["nodes"] if each["node"] == "name")
    declared = next(each["declared"] for each in system["nodes"] if each["node"] == "name")
    assert problem["message"].startswith(f"Argo CD gives {declared}, helm template foo ")


@HELMS
def test_what_argo_cd_passes_is_on_the_command_line_that_v_shows(helm: str, express: Express, example: Path) -> None:
    (example / ".express.yaml").write_text(CONFIGURED)
    outcome = express(*AS_ARGOCD, "--system", "systemdcrtest3", "-v", helm=helm, cwd=example)
    assert outcome.code == 0, outcome.stdout
    assert (
        "helm template systemdcrtest3 master_charts/express --namespace systemdcrtest3 "
        "--values overlays/yul1/systemdcrtest3/values.yaml --api-versions example.com/v1/Widget "
        "--kube-version 1.29.3 --include-crds\n" in outcome.stderr
    )


def test_what_only_argo_cd_s_cluster_knows_is_asked_for_where_the_chart_needs_it(
    express: Express, tmp_path: Path
) -> None:
    folder = small_chart(tmp_path / "small", {"be1": "print .Capabilities.KubeVersion.Minor"})
    outcome = express(*AS_ARGOCD, cwd=folder)
    assert outcome.code == 0
    assert (
        f".Capabilities.KubeVersion at {CHART}/templates/nodes.yaml:2: Argo CD passes its cluster's; "
        "helm.kubeVersion is not set, so this is helm's own" in outcome.stderr
    )


def test_a_baseline_is_rendered_so_too(express: Express, example: Path) -> None:
    words = ("verify", "--context", "yul1", "--against", "git:HEAD", "--render-as", "argocd")
    outcome = express(*words, cwd=example)
    assert outcome.code == 0, outcome.stdout
    assert outcome.stdout.count("the same from Argo CD as from helm template foo, no restart for nothing") == 2


@pytest.mark.parametrize("words", [("--live",), ("-f", "rendered.yaml")])
def test_what_renders_no_chart_cannot_be_rendered_as_anybody_does(
    words: tuple[str, ...], express: Express, example: Path
) -> None:
    outcome = express("verify", "--context", "yul1", "--render-as", "argocd", *words, cwd=example)
    assert (outcome.code, outcome.stdout) == (2, "")
    assert outcome.stderr == "error: --render-as says how the chart is rendered: give it without -f and --live\n"


def test_with_a_cluster_to_ask_as_is_kubectl_s_flag(express: Express, example: Path, kubeconfig: Path) -> None:
    outcome = express(*AS_ARGOCD, "--live", "--system", "systemdcrtest3", cwd=example)
    assert outcome.code == 2
    assert 'User "argocd" cannot list' in outcome.stderr


def test_without_helm_it_is_said_that_argo_cd_needs_one(express: Express, example: Path) -> None:
    outcome = express(*AS_ARGOCD, helm=None, cwd=example)
    assert (outcome.code, outcome.stdout) == (2, "")
    assert outcome.stderr == "error: the embedded helm cannot be told what Argo CD passes: install helm 3 or 4\n"


def test_another_helm_than_the_configuration_wants_renders_nothing(express: Express, example: Path) -> None:
    (example / ".express.yaml").write_text('helm: {version: ">=3.14 <4"}\n')
    assert express("verify", "--context", "yul1", helm="helm3", cwd=example).code == 0
    outcome = express("verify", "--context", "yul1", helm="helm4", cwd=example)
    assert (outcome.code, outcome.stdout) == (2, "")
    assert outcome.stderr.startswith("error: .express.yaml wants helm >=3.14 <4, and here is helm v4.")
    assert outcome.stderr.endswith(": put a helm on PATH that it allows\n")


def test_the_helm_that_a_baseline_wanted_is_no_longer_asked_for(express: Express, example: Path) -> None:
    (example / ".express.yaml").write_text('helm: {version: "<4"}\n')
    commit(example, "Helm 3")
    (example / ".express.yaml").write_text('helm: {version: ">=4"}\n')
    assert express("verify", "--context", "yul1", "--against", "git:HEAD", cwd=example).code == 0


def test_a_null_in_the_chart_s_own_values_gives_helm_3_and_helm_4_two_revisions(
    express: Express, tmp_path: Path
) -> None:
    folder = small_chart(tmp_path / "small", {"be1": "$.Values.node"}, values="node: {image: x, limit: null}\n")
    (folder / "overlays" / "yul1" / SYSTEM / "values.yaml").write_text("node: {image: z}\n")
    texts, revisions = [], []
    for helm in ("helm3", "helm4"):
        outcome = express("verify", "--context", "yul1", "-o", "json", helm=helm, cwd=folder)
        assert outcome.code == 0
        (system,) = outcome.json()["systems"]
        assert system["engine"].startswith(f"helm v{helm[-1]}.")
        revisions += [each["declared"] for each in system["nodes"]]
        texts.append(
            express("inspect", "be1", "--chart", "--context", "yul1", "-o", "data", helm=helm, cwd=folder).stdout
        )
    assert texts == ['{"it":{"image":"z","limit":null}}', '{"it":{"image":"z"}}']
    assert revisions[0] != revisions[1]
