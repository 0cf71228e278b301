"""`argocd` with gates that the chart does not render: Argo CD would go through all nodes without a stop."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.argocd.test_gates_printed import CONFIG, HOOK, ONE
from tests.argocd.test_manifests import IMAGE, WORDS
from tests.charts.rendering import LIBRARY
from tests.testbed.programs import succeeded

if TYPE_CHECKING:
    from pathlib import Path

    from tests.testbed.express import Express
    from tests.testbed.programs import Outcome

APPLICATIONS = ("argocd", "applications", *WORDS[1:], *ONE)
STATUS = ("--gate", "status", "--image", IMAGE)
INCLUDED = '{{- include "express-revisions.gates" (dict "system" $system "root" $) }}\n'
ASKED = "{{- with (.Values.global).expressGates }}\n"


def node(name: str, wave: int) -> str:
    """Return a node's resource as a template has it."""
    return f"""---
apiVersion: express.example.com/v1
kind: Backend
metadata: {{name: {name}, annotations: {{argocd.argoproj.io/sync-wave: "{wave}"}}}}
spec: {{deploymentRevision: "0123456789"}}
"""


def job(wave: int, annotations: str = "argocd.argoproj.io/hook: Sync", version: str = "batch/v1") -> str:
    """Return a Job of a chart's own."""
    return f"""---
apiVersion: {version}
kind: Job
metadata: {{name: own-{wave}, annotations: {{argocd.argoproj.io/sync-wave: "{wave}", {annotations}}}}}
"""


def lay(example: Path, template: str) -> None:
    """Have the chart render its nodes so."""
    (example / "master_charts" / "express" / "templates" / "nodes.yaml").write_text(template)


def refused(outcome: Outcome, name: str, system: str = "systemdcrtest3") -> None:
    """Assert that there is one line that says what is missing, and nothing to apply."""
    assert (outcome.code, outcome.stdout) == (2, "")
    assert outcome.stderr == (
        f"error: {system}: a sync would not await {name}: master_charts/express renders no hook's Job in a wave of its "
        'own behind it; include "express-revisions.gates" behind the nodes, or upgrade the copy of '
        "express-revisions that the chart has: docs/argocd.md\n"
    )


def documented() -> str:
    """Return the template that the library chart's document shows."""
    (shown,) = re.findall(r"```yaml\n# templates/nodes\.yaml\n(.*?)```", (LIBRARY / "README.md").read_text(), re.DOTALL)
    return str(shown)


@pytest.mark.parametrize(("words", "name"), [(HOOK, "be1"), (STATUS, "fe1")], ids=["hook", "status"])
def test_a_chart_that_does_not_include_the_gates_is_refused(
    express: Express, example: Path, helm: Path, words: tuple[str, ...], name: str
) -> None:
    assert INCLUDED in documented()
    lay(example, documented())
    succeeded(express(*APPLICATIONS, *words, cwd=example, helm=helm), "argocd applications")
    lay(example, documented().replace(INCLUDED, ""))
    refused(express(*APPLICATIONS, *words, cwd=example, helm=helm), name)


def test_with_health_checks_alone_no_gate_is_missed_and_nothing_rendered(express: Express, example: Path) -> None:
    lay(example, "{{ fail }}")
    assert express(*APPLICATIONS, cwd=example).code == 0


def test_the_embedded_engine_renders_the_gates_as_well(express: Express, example: Path) -> None:
    succeeded(express(*APPLICATIONS, *HOOK, cwd=example, helm=None), "argocd applications")
    lay(example, node("be1", 2))
    refused(express(*APPLICATIONS, *HOOK, cwd=example, helm=None), "be1")


def test_a_job_that_is_applied_together_with_the_next_node_is_no_gate(
    express: Express, example: Path, helm: Path
) -> None:
    """The library chart once left no wave free behind a node, and a chart may number its nodes itself."""
    lay(example, node("be1", 1) + job(2) + node("be2", 2) + job(3))
    refused(express(*APPLICATIONS, *HOOK, cwd=example, helm=helm), "be1")


def test_of_the_status_gate_a_job_behind_the_last_node_is_enough(express: Express, example: Path) -> None:
    lay(example, node("be9", 9) + node("be10", 10) + job(11))
    succeeded(express(*APPLICATIONS, *STATUS, cwd=example), "argocd applications")
    refused(express(*APPLICATIONS, *HOOK, cwd=example), "be9")
    lay(example, node("be9", 9) + job(10) + node("be10", 10))
    refused(express(*APPLICATIONS, *STATUS, cwd=example), "be10")


def test_a_chart_may_make_its_gates_in_its_own_way(express: Express, example: Path) -> None:
    both = "argocd.argoproj.io/hook: 'PreSync, Sync'"
    lay(example, job(-5, both) + node("be1", -10) + node("be2", 0) + job(7) + job(31) + node("be3", 30))
    succeeded(express(*APPLICATIONS, *HOOK, cwd=example), "argocd applications")


@pytest.mark.parametrize(
    "other",
    [
        job(3, "example.com/of: express"),
        job(3, "argocd.argoproj.io/hook: PostSync"),
        job(3, "helm.sh/hook: post-upgrade"),
        job(3, version="fleet.example.org/v1"),
        job(2),
        job(1),
    ],
    ids=["no-hook", "behind-the-sync", "helm-s", "another-kind", "with-the-node", "before-the-node"],
)
def test_what_argo_cd_does_not_await_behind_a_node_is_no_gate(express: Express, example: Path, other: str) -> None:
    lay(example, node("be1", 2) + other)
    refused(express(*APPLICATIONS, *HOOK, cwd=example), "be1")


def test_the_chart_is_rendered_with_the_values_that_the_application_carries(express: Express, example: Path) -> None:
    (example / ".express.yaml").write_text(CONFIG)
    asked = '{{- if and (eq .gate "hook") (eq .image "%s") (contains "as it was" .config) }}\n'
    lay(example, f"{node('be1', 2)}{ASKED}{asked % IMAGE}{job(3)}{{{{- end }}}}\n{{{{- end }}}}\n")
    succeeded(express(*APPLICATIONS, *HOOK, cwd=example), "argocd applications")
    refused(express(*APPLICATIONS, "--gate", "hook", "--image", "other", cwd=example), "be1")


def test_the_system_is_named_that_lacks_a_gate(express: Express, example: Path) -> None:
    words = ("argocd", *WORDS[1:], *HOOK)
    unless = f'{{{{- if ne .Release.Name "%s" }}}}\n{job(3)}{{{{- end }}}}\n'
    for system in ("systemdcrprod1", "systemdcrtest3"):
        lay(example, node("be1", 2) + unless % system)
        refused(express(*words, cwd=example), "be1", system)


def test_where_a_system_cannot_be_rendered_nothing_is_printed_for_the_others(express: Express, example: Path) -> None:
    lay(example, '{{- if eq .Release.Name "systemdcrtest3" }}{{ fail "no such zone" }}{{ end }}\n')
    outcome = express("argocd", *WORDS[1:], *HOOK, cwd=example)
    assert (outcome.code, outcome.stdout) == (2, "")
    assert outcome.stderr.startswith("error: systemdcrtest3: rendering master_charts/express: helm failed: ")
    assert "no such zone" in outcome.stderr
