"""The workflow that plans, waits for somebody's word and applies: the document's own, against the real cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.pipelines.runner import Ran, Runner, resolved
from tests.pipelines.yaml_blocks import loaded
from tests.test_documents import change_three, rendered, wait_for_ready

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import StartOperator
    from tests.testbed.express import Express
    from tests.testbed.programs import Kubectl


def job(name: str, runner: Runner, system: str, plan: Ran | None = None) -> Ran:
    """Run a job of the workflow, in the test's own system, with what the job before handed on."""
    described: dict[str, Any] = loaded("docs/pipelines.md", ".github/workflows/deploy.yaml")["jobs"][name]
    handed = plan.outputs["plan"] if plan else {}
    steps = [
        {**step, "env": {**step["env"], "SYSTEM": system}} if "run" in step else step for step in described["steps"]
    ]
    ran = runner.run(steps, {"needs": {"plan": {"outputs": handed}}})
    for output in described.get("outputs", {}).values():
        assert resolved(output, {"steps": {name: {"outputs": each} for name, each in ran.outputs.items()}})
    return ran


def test_what_was_approved_is_applied_once_and_nothing_else_ever(
    example: Path, system: str, express: Express, kubectl: Kubectl, operator: StartOperator, tmp_path: Path
) -> None:
    operator()
    kubectl("apply", "-f", "-", stdin=rendered(example, system, express))
    wait_for_ready(kubectl, 8)
    change_three(example, system)
    environment = express.environment()
    runner = Runner(tmp_path, example, {**environment, "PATH": f"{environment['PATH']}:/usr/bin:/bin"})

    planned = job("plan", runner, system)
    assert planned.code == 0, planned.log
    assert planned.outputs["plan"]["changes"] == "4"
    assert planned.outputs["plan"]["plan"] in planned.summary
    assert "1    be2     Backend   update " in planned.summary

    # Somebody deploys one of the nodes by hand while the plan waits for approval.
    manifests = rendered(example, system, express).split("\n---\n")
    one = [each for each in manifests if "express.example.com/revisions:" in each or 'name: "be2"' in each]
    kubectl("apply", "-f", "-", stdin="\n---\n".join(one))
    wait_for_ready(kubectl, 8)
    refused = job("apply", runner, system, planned)
    assert refused.code == 2
    assert f"not {planned.outputs['plan']['plan']} as --expect-plan wants it" in refused.log

    again = job("plan", runner, system)
    assert again.outputs["plan"]["changes"] == "2"
    applied = job("apply", runner, system, again)
    assert applied.code == 0, applied.log
    assert "updated (2): fe2, fe3" in applied.log
    assert job("plan", runner, system).outputs["plan"]["changes"] == "0"
