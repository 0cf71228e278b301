"""`diff` and `verify` of many nodes, beside what helm and kubectl take for the same, in one run.

    python -m benchmarks.reading [--nodes 1000] [--rounds 3]

Everything is real: the built zipapp, helm, kubectl, a kube-apiserver that holds the example chart's nodes. Machines are
noisy, so look at the last column: how long each took as a multiple of `helm template` in the same round's conditions.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tabulate import tabulate

from tests.testbed.control_plane import running_control_plane
from tests.testbed.parts import part

REPOSITORY = Path(__file__).parent.parent
SYSTEM = "systemdcrtest3"
CONTEXT = "yul1"


def main() -> None:
    """Measure, and print a table: the best of some rounds for each command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, running_control_plane() as plane:
        home = Path(folder)
        config = plane.kubeconfig(home / "kubeconfig", {CONTEXT: SYSTEM})
        environment = _environment(home, config)
        chart = _repository(home, options.nodes)
        rendered = _deploy(home, chart, environment)
        commands = _commands(rendered)
        best = {
            name: min(_time(command, chart, environment) for _ in range(options.rounds)) for name, command in commands
        }
    base = best["helm template"]
    rows = [[name, f"{seconds:.2f}", f"{seconds / base:.1f}"] for name, seconds in best.items()]
    print(f"{options.nodes} nodes, best of {options.rounds} rounds, {os.cpu_count()} cores")
    print(tabulate(rows, ["command", "seconds", "x helm template"], disable_numparse=True))


def _environment(home: Path, config: Path) -> dict[str, str]:
    programs = home / "bin"
    programs.mkdir()
    for name, program in (("helm", part("helm4")), ("kubectl", part("kubectl"))):
        (programs / name).symlink_to(program)
    shutil.copy(REPOSITORY / "dist" / "kubectl-express", programs / "kubectl-express")
    path = f"{programs}:{Path(sys.executable).parent}:/usr/bin:/bin"
    return {"PATH": path, "HOME": str(home), "KUBECONFIG": str(config), "SHIV_ROOT": str(home / "shiv")}


def _repository(home: Path, nodes: int) -> Path:
    examples = home / "repository"
    shutil.copytree(REPOSITORY / "examples", examples)
    overlay = examples / "overlays" / CONTEXT / SYSTEM / "values.yaml"
    lines = [*(f"  be{number}: {{}}" for number in range(1, nodes // 2 + 1))]
    more = [*(f"  fe{number}: {{}}" for number in range(1, nodes - nodes // 2 + 1))]
    overlay.write_text("\n".join(["backends:", *lines, "frontends:", *more, ""]), encoding="utf-8")
    return examples


def _deploy(home: Path, chart: Path, environment: dict[str, str]) -> Path:
    rendered = home / "output.yaml"
    crds = "master_charts/express/crds"
    _run(["kubectl", "apply", "--server-side", "-f", crds], chart, environment)
    _run(["kubectl", "wait", "--for=condition=Established", "--timeout=60s", "-f", crds], chart, environment)
    _run(["kubectl", "create", "namespace", SYSTEM], chart, environment)
    rendered.write_bytes(_run(_template(), chart, environment).stdout)
    _run(["kubectl", "apply", "--server-side", "-f", str(rendered)], chart, environment)
    return rendered


def _template() -> list[str]:
    values = f"overlays/{CONTEXT}/{SYSTEM}/values.yaml"
    return ["helm", "template", SYSTEM, "master_charts/express", "--namespace", SYSTEM, "--values", values]


def _commands(rendered: Path) -> list[tuple[str, list[str]]]:
    system = ["--context", CONTEXT, "--system", SYSTEM]
    return [
        ("helm template", _template()),
        ("kubectl get backends,frontends -o json", ["kubectl", "get", "backends,frontends", "-o", "json"]),
        ("kubectl diff --server-side", ["kubectl", "diff", "--server-side", "-f", str(rendered)]),
        ("kubectl express version", ["kubectl", "express", "version"]),
        ("kubectl express revisions", ["kubectl", "express", "revisions", *system]),
        ("kubectl express diff", ["kubectl", "express", "diff", *system]),
        ("kubectl express verify", ["kubectl", "express", "verify", *system]),
    ]


def _time(command: list[str], folder: Path, environment: dict[str, str]) -> float:
    start = time.perf_counter()
    _run(command, folder, environment)
    return time.perf_counter() - start


def _run(command: list[str], folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[bytes]:
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr.decode()[-2000:]}")
    return done


if __name__ == "__main__":
    main()
