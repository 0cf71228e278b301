"""TAB after `kubectl express`, asked as kubectl asks, and in a real bash."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.testbed.parts import part
from tests.testbed.programs import run, succeeded

if TYPE_CHECKING:
    from pathlib import Path

    from tests.testbed.express import Express


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["rev"], ["revisions"]),
        (["inspect", "--chart", "--context", "yul1", "--system", "systemdcrtest3", "fe"], ["fe1", "fe2", "fe3", "fe4"]),
        (["diff", "--context", "f"], ["fra2"]),
        (["diff", "--context", "yul1", "--system", ""], ["systemdcrprod1", "systemdcrtest3"]),
        (["inspect", "-o", "d"], ["data"]),
        (["diff", "--obj"], ["--objects"]),
        (["rollout", "st"], ["status", "stop"]),
        (["rollout", "--context", "yul1", "--system", "systemdcrtest3", "--from", "fe"], ["fe1", "fe2", "fe3", "fe4"]),
        (["rollout", "--dry-run", ""], ["client", "server"]),
        (["rollout", "undo", "--st"], ["--step"]),
    ],
)
def test_kubectl_is_offered_what_fits(
    words: list[str], offered: list[str], express: Express, example: Path, tmp_path: Path
) -> None:
    script = tmp_path / "kubectl_complete-express"
    script.write_text(express("completion", "kubectl").stdout)
    script.chmod(0o755)
    environment = express.environment()
    environment["PATH"] = os.pathsep.join([str(tmp_path), environment["PATH"]])
    answer = succeeded(run([part("kubectl"), "__complete", "express", *words], environment, example), "kubectl")
    *found, directive = answer.stdout.splitlines()
    assert [each.split("\t")[0] for each in found] == offered
    assert directive == ":4", "no file names"


def test_the_script_for_bash_completes_commands(express: Express, example: Path, tmp_path: Path) -> None:
    script = tmp_path / "completion.bash"
    script.write_text(express("completion", "bash").stdout)
    ask = f"""
        source {script}
        COMP_WORDS=(kubectl-express in) COMP_CWORD=1 COMP_LINE='kubectl-express in' COMP_POINT=18 COMP_TYPE=9
        _python_argcomplete kubectl-express in kubectl-express
        echo "${{COMPREPLY[@]}}"
    """
    answer = run(["/bin/bash", "--norc", "-c", ask], express.environment(), example)
    assert answer.stdout.split() == ["inspect"], answer.stderr
