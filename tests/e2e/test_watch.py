"""`revisions -w` lists, then goes on with what changes, until it is interrupted."""

from __future__ import annotations

import signal
import subprocess
from typing import TYPE_CHECKING

from tests.testbed.parts import part
from tests.testbed.waiting import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import StartOperator
    from tests.testbed.express import Express
    from tests.testbed.programs import Kubectl


def test_a_node_is_listed_again_when_its_pod_changes_and_ctrl_c_ends_it(
    express: Express, example: Path, system: str, kubectl: Kubectl, operator: StartOperator, tmp_path: Path
) -> None:
    where = ("--context", "yul1", "--system", system)
    overlay = f"overlays/yul1/{system}/values.yaml"
    chart = ("template", system, "master_charts/express", "--values", overlay)
    rendered = subprocess.run(
        [part("helm4"), *chart], cwd=example, env=express.environment(), capture_output=True, text=True, check=True
    ).stdout
    kubectl("apply", "--server-side", "-f", "-", stdin=rendered)
    output = tmp_path / "output"
    with output.open("w") as stdout:
        process = subprocess.Popen(
            [part("kubectl"), "express", "revisions", "be1", "be2", *where, "-w"],
            cwd=example,
            env=express.environment(),
            stdout=stdout,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        eventually(lambda: output.read_text().count("unhealthy") == 2, "both nodes are listed, without pods")
        operator()
        eventually(lambda: output.read_text().count("current") == 2, "both nodes are listed again when their pods run")
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
    finally:
        process.kill()
        process.wait()
    lines = output.read_text().splitlines()
    assert sum(line.startswith("NODE") for line in lines) == 1, "the heads stand above the first listing only"
    assert not [line for line in lines if "Traceback" in line]
