"""TAB after `kubectl express`, asked as kubectl asks, and in a real bash."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.e2e.mistakes import ONE
from tests.testbed.parts import part
from tests.testbed.programs import run, succeeded

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import StartOperator
    from tests.testbed.express import Express
    from tests.testbed.programs import Kubectl

NO_FILES, FILES, FILES_OF_A_KIND = ":4", ":0", ":8"
FRONTENDS = ["fe1", "fe2", "fe3", "fe4"]
MANIFESTS = ["yaml", "yml", "json"]

Ask = Callable[..., tuple[list[str], str]]


@pytest.fixture
def ask(express: Express, example: Path, tmp_path: Path) -> Ask:
    """Return what asks the real kubectl: the lines that it answers, and its directive."""
    script = tmp_path / "kubectl_complete-express"
    script.write_text(express("completion", "kubectl").stdout)
    script.chmod(0o755)

    def asked(line: str, folder: Path = example) -> tuple[list[str], str]:
        environment = express.environment()
        environment["PATH"] = os.pathsep.join([str(tmp_path), environment["PATH"]])
        words = line.split(" ")
        answer = succeeded(run([part("kubectl"), "__complete", "express", *words], environment, folder), "kubectl")
        *found, directive = answer.stdout.splitlines()
        return found, directive

    return asked


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("rev", ["revisions"]),
        ("rollout st", ["status", "stop"]),
        ("rollout ", ["status", "pause", "resume", "stop", "history", "undo"]),
        ("completion ", ["bash", "zsh", "fish", "kubectl"]),
        ("argocd h", ["health"]),
        ("diff --obj", ["--objects"]),
        ("rollout undo --st", ["--step"]),
        ("inspect -o d", ["data"]),
        ("inspect --output=d", ["data"]),
        ("diff --color ", ["auto", "always", "never"]),
        ("rollout --dry-run ", ["none", "client", "server"]),
        ("rollout --allow missed,", ["missed,unneeded", "missed,argocd"]),
        ("verify --render-as ", ["argocd"]),
        ("diff --context f", ["fra2"]),
        ("diff --context=f", ["fra2"]),
        ("rollout status --context f", ["fra2"]),
        ("diff --context yul1 --system ", ["systemdcrprod1", "systemdcrtest3"]),
        ("diff --context yul1 --system systemdcrtest3 --system ", ["systemdcrprod1"]),
        ("diff --context yul1 -n ", ["systemdcrprod1", "systemdcrtest3"]),
        (f"inspect --chart {ONE} fe", FRONTENDS),
        (f"wait {ONE} fe1 fe", FRONTENDS[1:]),
        (f"rollout {ONE} --from fe", FRONTENDS),
        (f"rollout {ONE} --pause-after=fe", FRONTENDS),
        ("revisions --token ", []),
        ("rollout --after-node ", []),
    ],
)
def test_kubectl_is_offered_what_fits(line: str, offered: list[str], ask: Ask) -> None:
    found, directive = ask(line)
    assert [each.split("\t")[0] for each in found] == offered
    assert directive == NO_FILES


@pytest.mark.parametrize(
    ("line", "offered", "directive"),
    [
        ("diff -f ", MANIFESTS, FILES_OF_A_KIND),
        ("rollout --filename ", MANIFESTS, FILES_OF_A_KIND),
        ("revisions --filename=o", MANIFESTS, FILES_OF_A_KIND),
        ("verify --config ", ["yaml", "yml"], FILES_OF_A_KIND),
        ("rollout stop --config ", ["yaml", "yml"], FILES_OF_A_KIND),
        ("diff --kubeconfig ", [], FILES),
        ("diff --certificate-authority ", [], FILES),
        ("wait --client-certificate ", [], FILES),
        ("rollout history --client-key=", [], FILES),
        ("diff --against ", ["live", "git:HEAD"], FILES),
        ("verify --against out", [], FILES),
        ("rollout --at ", ["git:HEAD"], NO_FILES),
    ],
)
def test_files_are_offered_where_files_belong(line: str, offered: list[str], directive: str, ask: Ask) -> None:
    assert ask(line) == (offered, directive)


def test_what_a_command_or_a_flag_does_stands_beside_it(ask: Ask) -> None:
    assert ask("rev") == (["revisions\tlist the revision chain, state and integrity of every node"], NO_FILES)
    assert ask("diff --obj") == (["--objects\tshow other objects that change in full"], NO_FILES)


def test_nodes_are_those_of_the_file_that_is_named(ask: Ask, express: Express, example: Path) -> None:
    rendered = run(
        [part("helm4"), "template", "a", "master_charts/express", "-f", "overlays/yul1/systemdcrtest3/values.yaml"],
        express.environment(),
        example,
    )
    (example / "output.yaml").write_text(rendered.stdout.replace("fe4", "fe40"))
    assert ask("revisions -f output.yaml fe") == ([*FRONTENDS[:3], "fe40"], NO_FILES)


def test_nodes_are_the_clusters_where_no_chart_is(
    ask: Ask,
    express: Express,
    example: Path,
    system: str,
    kubectl: Kubectl,
    kubeconfig: Path,
    operator: StartOperator,
    tmp_path: Path,
) -> None:
    operator()
    values = f"overlays/yul1/{system}/values.yaml"
    rendered = run(
        [part("helm4"), "template", "a", "master_charts/express", "-f", values], express.environment(), example
    )
    kubectl("apply", "-f", "-", stdin=rendered.stdout)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    assert ask("inspect fe", elsewhere) == (FRONTENDS, NO_FILES)
    assert ask("inspect --chart fe", elsewhere) == ([], NO_FILES)
    assert ask(f"diff --kubeconfig {kubeconfig} --context ", elsewhere) == (["yul1", "fra2"], NO_FILES)
    assert ask("diff --cluster ", elsewhere)[0]
    assert ask("diff --user ", elsewhere)[0]


@pytest.mark.parametrize(
    ("line", "offered"), [("in", ["inspect"]), ("revisions -f out", ["output.yaml"]), ("diff --token ", [])]
)
def test_the_script_for_bash_completes(
    line: str, offered: list[str], express: Express, example: Path, tmp_path: Path
) -> None:
    script = tmp_path / "completion.bash"
    script.write_text(express("completion", "bash").stdout)
    (example / "output.yaml").touch()
    (example / "output.txt").touch()
    words = f"kubectl-express {line}"
    current = line.rpartition(" ")[2]
    asked = f"""
        source {script}
        COMP_WORDS=({words}) COMP_CWORD={words.count(" ")} COMP_LINE='{words}' COMP_POINT={len(words)} COMP_TYPE=9
        _python_argcomplete kubectl-express '{current}' kubectl-express
        echo "${{COMPREPLY[@]}}"
    """
    environment = express.environment()
    environment["PATH"] += os.pathsep + os.defpath
    answer = run(["/bin/bash", "--norc", "-c", asked], environment, example)
    assert answer.stdout.split() == offered, answer.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_scripts_of_the_shells_are_read_by_those_that_are_here(
    shell: str, express: Express, tmp_path: Path
) -> None:
    script = tmp_path / f"completion.{shell}"
    script.write_text(express("completion", shell).stdout)
    assert "kubectl-express" in script.read_text()
    program = shutil.which(shell)
    if program:
        checked = run([program, "-n", script], {"PATH": os.defpath, "HOME": str(tmp_path)}, tmp_path)
        assert (checked.code, checked.stderr) == (0, "")
