"""Whatever is wrong is said in one clear line on stderr, with exit code 2, and nothing on stdout."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.testbed.express import Express
    from tests.testbed.programs import Outcome

ONE_SYSTEM = ("--context", "yul1", "--system", "systemdcrtest3")
VALUES = "overlays/yul1/systemdcrtest3/values.yaml"


@dataclass(frozen=True, slots=True)
class Mistake:
    """A command line that cannot be done, what was broken before, and the line that is to be said."""

    command: tuple[str, ...]
    says: str
    files: Mapping[str, str] = field(default_factory=dict)
    helm: str | None = "helm4"


CLUSTERLESS = {
    "no kubeconfig": Mistake(
        ("revisions",),
        "error: no kubeconfig and no cluster are configured: give --kubeconfig, set KUBECONFIG, put one at"
        " ~/.kube/config, or give --server",
    ),
    "no cluster": Mistake(
        ("revisions", "--system", "systemdcrtest3", "--server", "https://127.0.0.1:1"),
        "The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?",
    ),
    "no overlays for the context": Mistake(
        ("verify", "--context", "yul2"),
        "error: no system in context yul2: there are overlays for fra2, yul1; pick one with --context or --system",
    ),
    "no such system": Mistake(
        ("verify", "--context", "yul1", "--system", "systemdcrtest4"),
        "error: no values file overlays/yul1/systemdcrtest4/values.yaml: yul1 has overlays for systemdcrtest3",
    ),
    "unknown node": Mistake(
        ("inspect", "be11", "--chart", *ONE_SYSTEM),
        'error: node "be11" not found; did you mean be1 or be10 or fe1?',
    ),
    "no node named": Mistake(("inspect", "--chart", *ONE_SYSTEM), "error: name the nodes to inspect, or give --all"),
    "unknown git revision": Mistake(
        ("diff", *ONE_SYSTEM, "--against", "git:v0"),
        "error: there is no git revision v0 in ",
    ),
    "the chart fails": Mistake(
        ("verify", *ONE_SYSTEM),
        "error: rendering master_charts/express: helm failed: execution error at (express/templates/refuse.yaml:1:3):"
        " the moon is full",
        {"master_charts/express/templates/refuse.yaml": '{{ fail "the moon is full" }}'},
    ),
    "the chart fails in the embedded engine": Mistake(
        ("verify", *ONE_SYSTEM),
        "error: rendering master_charts/express: the embedded helm failed: ",
        {"master_charts/express/templates/refuse.yaml": '{{ fail "the moon is full" }}'},
        helm=None,
    ),
    "values that are no YAML": Mistake(
        ("verify", *ONE_SYSTEM),
        f"error: rendering master_charts/express: helm failed: failed to parse {VALUES}: ",
        {VALUES: "a: 1\nb: [\nc: 2\n"},
    ),
    "a file that is not there": Mistake(
        ("revisions", "-f", "output.yaml"), "error: output.yaml cannot be read: No such file or directory"
    ),
    "a broken file": Mistake(
        ("revisions", "-f", "output.yaml"),
        "error: output.yaml:5: expected ',' or '}'",
        {"output.yaml": "apiVersion: v1\nkind: ConfigMap\ndata:\n  a: {b\n---\n"},
    ),
    "a file of something else": Mistake(
        ("verify", "-f", "output.yaml"),
        "error: output.yaml:1: this is no Kubernetes object: it has no kind",
        {"output.yaml": "hello: world\n"},
    ),
    "a file without nodes": Mistake(
        ("verify", "-f", "output.yaml"),
        "error: nothing to verify: output.yaml holds no node and no ConfigMap of revisions",
        {"output.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n"},
    ),
    "a file into which helm failed": Mistake(
        ("verify", "-f", "output.yaml"),
        "error: output.yaml:2: helm failed while it wrote this: execution error at (a.yaml:1:3): no",
        {"output.yaml": 'level=DEBUG msg="Chart path"\nError: execution error at (a.yaml:1:3): no\n'},
    ),
    "an unknown flag": Mistake(("diff", "--objetcs"), "error: unknown flag: --objetcs"),
    "an unknown command": Mistake(("dif",), 'error: unknown command "dif"; did you mean diff?'),
    "an unknown format": Mistake(
        ("diff", "-o", "csv"),
        'error: unknown output format "csv", allowed are: table, wide, json, yaml, name, markdown',
    ),
}


@pytest.mark.parametrize("mistake", CLUSTERLESS.values(), ids=CLUSTERLESS)
def test_a_mistake_gets_one_line_and_exit_code_2(mistake: Mistake, express: Express, example: Path) -> None:
    for name, text in mistake.files.items():
        (example / name).write_text(text)
    assert_said(express(*mistake.command, helm=mistake.helm, cwd=example), mistake.says)


def assert_said(outcome: Outcome, says: str) -> None:
    assert outcome.stderr.startswith(says), outcome.stderr
    assert (outcome.code, outcome.stdout) == (2, "")
    others = outcome.stderr.rstrip("\n").split("\n")[1:]
    assert all(line.startswith(("See 'kubectl express", "Use --debug", "  ")) for line in others), "another's own words"


def test_an_unknown_context_is_named_with_those_that_exist(express: Express, example: Path, kubeconfig: Path) -> None:
    assert_said(
        express("diff", "--context", "yul2", cwd=example),
        'error: context "yul2" does not exist; there are: yul1, fra2',
    )


def test_a_namespace_without_nodes_lists_nothing_and_has_nothing_to_verify(
    express: Express, example: Path, namespace: str, kubeconfig: Path
) -> None:
    listed = express("revisions", "-n", namespace, cwd=example)
    assert (listed.code, listed.stdout, listed.stderr) == (0, "", f"No nodes found in {namespace}.\n")
    assert_said(
        express("verify", "--live", "-n", namespace, cwd=example),
        f"error: nothing to verify in namespace {namespace}: no ConfigMap labelled express.example.com/revisions=true",
    )


def test_an_expired_token_and_a_missing_right_are_said_in_kubectls_words(
    express: Express, example: Path, namespace: str, kubeconfig: Path, kubectl: Callable[..., Outcome]
) -> None:
    where = ("-n", namespace)
    unauthorized = express("revisions", *where, "--token", "no-such-token", cwd=example)
    assert_said(unauthorized, "error: You must be logged in to the server (Unauthorized)")
    forbidden = express("revisions", *where, "--as", "nobody", cwd=example)
    assert_said(forbidden, "Error from server (Forbidden): ")
    assert 'User "nobody" cannot list resource' in forbidden.stderr
    theirs = kubectl("get", "pods", *where, "--as", "nobody", check=False).stderr
    assert theirs.startswith("Error from server (Forbidden): ")


def test_one_system_that_cannot_be_read_does_not_hide_the_others(express: Express, example: Path) -> None:
    (example / "overlays/yul1/systemdcrtest3/values.yaml").write_text("backends: 5\n")
    outcome = express("revisions", "--chart", "--context", "yul1", cwd=example)
    assert outcome.code == 2
    assert "error: systemdcrtest3: rendering " in outcome.stderr
    assert "systemdcrprod1" in outcome.stderr or "be1" in outcome.stdout


def test_a_chart_without_a_configmap_is_told_for_every_node(express: Express, example: Path, tmp_path: Path) -> None:
    rendered = express("inspect", "--all", "--chart", *ONE_SYSTEM, "-o", "json", cwd=example).json()
    nodes = [node["node"] for node in rendered["systems"][0]["nodes"]]
    bare = "".join(
        f"---\napiVersion: express.example.com/v1\nkind: Backend\nmetadata: {{name: {name}}}\n"
        f'spec: {{a: 1, deploymentRevision: "0123456789"}}\n'
        for name in nodes
    )
    outcome = express("verify", "-f", "-", stdin=bare, cwd=example)
    assert outcome.code == 3
    for name in nodes:
        assert (
            f"{name}: orphan: Backend/{name} has no entry; the chart does not generate the ConfigMap: no ConfigMap"
            " labelled express.example.com/revisions=true is rendered" in outcome.stdout
        )
