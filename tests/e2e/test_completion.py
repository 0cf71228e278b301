"""TAB after `kubectl express`, asked as kubectl asks, and in a real bash."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.e2e.mistakes import ONE
from tests.sources.loopback import CERTIFICATES, Answer, serving
from tests.testbed.parts import part
from tests.testbed.programs import is_there, run, succeeded
from tests.testbed.waiting import eventually

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
        ("--con", ["--config", "--context"]),
        ("--he", ["--help"]),
        ("--context ", ["fra2", "yul1"]),
        ("--context=f", ["fra2"]),
        ("--context yul1 --system ", ["systemdcrprod1", "systemdcrtest3"]),
        ("--context yul1 re", ["revisions"]),
        ("-n systemdcrtest3 -v ver", ["verify", "version"]),
        ("--context yul1 rollout sto", ["stop"]),
        (f"{ONE} wait fe1 fe", FRONTENDS[1:]),
        ("-o json re", []),
        ("--insecure-skip-tls-verify --context f", ["fra2"]),
        (f"wait --insecure-skip-tls-verify {ONE} fe", FRONTENDS),
        ("--insecure-skip-tls-verify=", ["true", "false"]),
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
        ("--kubeconfig ", [], FILES),
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


@pytest.fixture
def known_to(tmp_path: Path) -> Callable[..., str]:
    """Return what writes a kubeconfig for a server, in a context that has no overlays, and returns the flag for it."""

    def written(url: str, **user: object) -> str:
        entries = {
            "clusters": [{"name": "c", "cluster": {"server": url, "insecure-skip-tls-verify": True}}],
            "users": [{"name": "u", "user": user}],
            "contexts": [{"name": "paris", "context": {"cluster": "c", "user": "u", "namespace": "one"}}],
        }
        path = tmp_path / "paris.yaml"
        path.write_text(json.dumps({**entries, "current-context": "paris"}))
        return f"--kubeconfig {path}"

    return written


def test_a_cluster_that_puts_everything_off_is_not_waited_for(ask: Ask, known_to: Callable[..., str]) -> None:
    with serving(lambda _: Answer(status=429, headers={"Retry-After": "20"})) as server:
        began = time.monotonic()
        assert ask(f"inspect {known_to(server.url)} ") == ([], NO_FILES)
        assert time.monotonic() - began < 10
        assert server.received


def test_a_shell_that_asks_by_itself_does_not_wait_either(
    express: Express, known_to: Callable[..., str], tmp_path: Path
) -> None:
    with serving(lambda _: Answer(status=429, headers={"Retry-After": "20"})) as server:
        line = f"kubectl-express inspect {known_to(server.url)} "
        asked = {"_ARGCOMPLETE": "1", "COMP_LINE": line, "COMP_POINT": str(len(line)), "COMP_TYPE": "9"}
        answer = tmp_path / "answer"
        began = time.monotonic()
        asked["_ARGCOMPLETE_STDOUT_FILENAME"] = str(answer)
        done = run([express.zipapp], {**express.environment(), **asked}, tmp_path)
        assert (done.code, done.stdout, answer.read_text()) == (0, "", "")
        assert time.monotonic() - began < 10
        assert server.received


def test_a_credential_plugin_that_does_not_end_is_ended(ask: Ask, known_to: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "plugin").write_text(f"#!/bin/sh\necho $$ >{tmp_path}/number\nexec {shutil.which('sleep')} 300\n")
    (tmp_path / "plugin").chmod(0o755)
    plugin = {"apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Never"}
    flag = known_to("https://127.0.0.1:1", exec={**plugin, "command": str(tmp_path / "plugin")})
    began = time.monotonic()
    assert ask(f"inspect {flag} ") == ([], NO_FILES)
    assert time.monotonic() - began < 10
    number = int((tmp_path / "number").read_text())
    eventually(lambda: not is_there(number), "the plugin is gone", 5)


def test_the_cluster_is_asked_as_whom_the_line_says(ask: Ask, known_to: Callable[..., str]) -> None:
    with serving() as server:
        ask(f"inspect {known_to(server.url, token='own')} --as eve --as-group a --as-group b --as-uid 7 be")
        assert server.received
        for request in server.received:
            assert request.header("Impersonate-User") == ["eve"]
            assert request.header("Impersonate-Group") == ["a", "b"]
            assert request.header("Impersonate-Uid") == ["7"]


def test_the_cluster_is_shown_the_certificate_that_the_line_names(ask: Ask, known_to: Callable[..., str]) -> None:
    with serving(tls=True, client_certificate=True) as server:
        shown = f"--client-certificate {CERTIFICATES}/client.crt --client-key {CERTIFICATES}/client.key"
        ask(f"rollout {known_to(server.url)} {shown} --only ")
        assert {request.client for request in server.received} == {"tester"}


@pytest.mark.parametrize("wrong", ["-o csv", "--tokn", "--chart -f output.yaml", "-h", "--context"])
def test_a_line_that_means_nothing_asks_no_cluster(wrong: str, ask: Ask, known_to: Callable[..., str]) -> None:
    with serving() as server:
        assert ask(f"revisions {known_to(server.url)} {wrong} --as eve be") == ([], NO_FILES)
        assert not server.received


@pytest.mark.parametrize("line", ["revisions ", "wait ", "rollout --only ", "rollout --from="])
def test_another_sites_overlays_say_nothing_of_the_current_cluster(
    line: str, ask: Ask, known_to: Callable[..., str], example: Path
) -> None:
    shutil.rmtree(example / "overlays" / "fra2")
    with serving() as server:
        command, flag = line.split(" ", 1)
        assert ask(f"{command} {known_to(server.url)} {flag}") == ([], NO_FILES)
        assert server.received
        assert ask(f"{command} {known_to(server.url)} --system ") == ([], NO_FILES)


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
