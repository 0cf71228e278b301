"""The zipapp starts wherever it can, and tells in one line where it cannot."""

from __future__ import annotations

import os
import runpy
import shutil
import subprocess
import sys
import venv
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.packaging.conftest import REPOSITORY
from tests.packaging.interpreters import SUPPORTED, TOO_OLD, found

if TYPE_CHECKING:
    from tests.packaging.conftest import Zipapp

SHELLS = [shell for shell in ("sh", "dash", "bash", "ksh", "mksh", "zsh", "yash") if shutil.which(shell)]
BUSYBOX = [("busybox", "sh")] if shutil.which("busybox") else []
READING = ("revisions", "-f", "nodes.yaml", "-o", "yaml")
NODES = """\
apiVersion: express.example.com/v1
kind: Backend
metadata: {name: be1}
spec: {deploymentRevision: 12ab}
"""


@pytest.mark.parametrize("python", found(SUPPORTED).values() or [sys.executable])
def test_it_runs_with_libyaml_on_every_python_of_this_machine(zipapp: Zipapp, python: str) -> None:
    zipapp = replace(zipapp, python=python)
    packages = zipapp.unpacked() / "site-packages"
    code, stdout, stderr = zipapp.run("version")
    assert (code, stderr) == (0, "")
    assert "kubectl-express" in stdout
    ask = f"import sys; sys.path.insert(0, {str(packages)!r}); import yaml; print(yaml.__with_libyaml__)"
    assert subprocess.run([python, "-c", ask], capture_output=True, text=True, check=True).stdout == "True\n"


@pytest.mark.parametrize("through", [(), (sys.executable,), *((shell,) for shell in SHELLS), *BUSYBOX], ids=" ".join)
def test_it_runs_by_itself_and_through_every_shell_and_python_unpacked_or_not(
    zipapp: Zipapp, tmp_path: Path, through: tuple[str, ...]
) -> None:
    folder = tmp_path / "a folder $HOME"
    folder.mkdir()
    shutil.copy(zipapp.path, folder / "the program")
    (folder / "kubectl-express").symlink_to("the program")
    zipapp = replace(zipapp, root=tmp_path / "shiv's root", through=through)
    for path in (folder / "kubectl-express", zipapp.path, folder / "the program", folder / "kubectl-express"):
        code, stdout, stderr = replace(zipapp, path=path).run("revisions", "-f", " * ")
        assert (code, stdout) == (2, "")
        assert stderr == "error:  *  cannot be read: No such file or directory\n"
    assert len(list(zipapp.root.glob("kubectl-express_*"))) == 1


def test_a_python_that_is_too_old_is_told_so_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Version(NamedTuple):
        major: int
        minor: int

    monkeypatch.setattr(sys, "version_info", Version(3, 9))
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(REPOSITORY / "packaging" / "start" / "__main__.py"))
    assert ended.value.code == 2
    line = f"error: kubectl-express needs Python 3.10 or newer, not 3.9 ({sys.executable})\n"
    assert capsys.readouterr().err == line


def test_every_older_python_of_this_machine_gets_as_far_as_that_line(zipapp: Zipapp, tmp_path: Path) -> None:
    zipapp.unpacked()
    for version, python in found(TOO_OLD).items():
        line = f"error: kubectl-express needs Python 3.10 or newer, not {version} ({python})\n"
        for root in (zipapp.root, tmp_path):
            assert replace(zipapp, python=python).run("version", SHIV_ROOT=str(root)) == (2, "", line)


def test_a_path_without_python_is_one_line(zipapp: Zipapp, tmp_path: Path) -> None:
    line = "error: kubectl-express needs Python 3.10 or newer, and there is no python3 on PATH\n"
    assert zipapp.run("version", PATH=str(tmp_path)) == (2, "", line)


def test_where_python_does_not_know_where_it_is_it_starts_all_the_same(zipapp: Zipapp) -> None:
    """As without a PATH, where a shell knows of one by itself."""
    start = "import runpy, sys; sys.executable = ''; del sys.argv[0]; runpy.run_path(sys.argv[0], run_name='__main__')"
    command = [zipapp.python, "-E", "-S", "-c", start, str(zipapp.path), "--help"]
    done = subprocess.run(command, env=zipapp.environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert (done.returncode, done.stdout, done.stderr) == zipapp.run("--help")


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """Return a folder with other packages of the names that the program imports, and a file of nodes."""
    for name in ("urllib3", "kubectl_express"):
        (tmp_path / name).mkdir()
    others = (
        "yaml",
        "argparse",
        "re",
        "_express_start",
        "_express_builds",
        "urllib3/__init__",
        "kubectl_express/__init__",
    )
    for name in others:
        (tmp_path / f"{name}.py").write_text("raise SystemExit('imported from elsewhere')\n", encoding="utf-8")
    (tmp_path / "nodes.yaml").write_text(NODES, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("through", [(), (sys.executable,)], ids=["by itself", "through Python"])
def test_neither_pythonpath_nor_the_working_directory_shadows_its_modules(
    zipapp: Zipapp, hostile: Path, through: tuple[str, ...]
) -> None:
    if through:
        # Python itself would not get as far as the zip.
        (hostile / "re.py").unlink()
    zipapp = replace(zipapp, root=hostile / "root", through=through, folder=hostile)
    for _ in range(2):
        code, stdout, stderr = zipapp.run(*READING, PYTHONPATH=f"{hostile}{os.pathsep}")
        assert (code, stderr) == (0, "")
        assert "be1" in stdout


def test_a_pythonhome_that_leads_nowhere_does_no_harm(zipapp: Zipapp, tmp_path: Path) -> None:
    for _ in range(2):
        assert zipapp.run("version", SHIV_ROOT=str(tmp_path), PYTHONHOME="/nonexistent")[0] == 0


def test_the_programs_it_starts_see_the_users_environment_unchanged(zipapp: Zipapp, tmp_path: Path) -> None:
    helm = tmp_path / "helm"
    helm.write_text(f'#!/bin/sh\nenv -0 > "{tmp_path}/seen"\necho v3.99.0\n', encoding="utf-8")
    helm.chmod(0o755)
    changed = {"PYTHONPATH": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache"), "SHIV_ROOT": None}
    path = f"{tmp_path}:{zipapp.environment()['PATH']}"
    for _ in range(2):
        code, stdout, _ = zipapp.run("version", "-v", PATH=path, **changed)
        assert (code, "helm v3.99.0" in stdout) == (0, True)
        seen = dict(line.split("=", 1) for line in (tmp_path / "seen").read_text("utf-8").split("\0") if line)
        # What shells set by themselves, those between here and helm.
        of_shells = {"PWD", "OLDPWD", "SHLVL", "_"}
        expected = zipapp.environment(PATH=path, **changed)
        assert {**seen, **dict.fromkeys(of_shells)} == {**expected, **dict.fromkeys(of_shells)}


ENGINE = """\
__version__ = "9"
def helm_sdk_version(): return "v9"
"""


def test_the_embedded_engine_is_found_wherever_the_interpreter_can_import_it(zipapp: Zipapp, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", symlinks=True)
    (in_venv,) = (tmp_path / "venv").glob("lib/python*/site-packages")
    base = str(Path(sys.base_prefix, "bin", "python3"))
    asked = [base, "-c", "import site; print(site.getusersitepackages())"]
    home = {"HOME": str(tmp_path / "home"), "PYTHONUSERBASE": None}
    environment = zipapp.environment(**home)
    of_user = subprocess.run(asked, env=environment, capture_output=True, text=True, check=True).stdout.strip()
    cases: list[tuple[Path, str, dict[str, str | None]]] = [
        (in_venv, str(tmp_path / "venv" / "bin" / "python"), {}),
        (Path(of_user), base, home),
        (tmp_path / "named", str(tmp_path / "venv" / "bin" / "python"), {"PYTHONPATH": str(tmp_path / "named")}),
    ]
    for folder, python, changed in cases:
        using = replace(zipapp, python=python)
        assert "no embedded engine" in using.run("version", **changed)[1]
        (folder / "helm_python").mkdir(parents=True)
        (folder / "helm_python" / "__init__.py").write_text(ENGINE, encoding="utf-8")
        (folder / "yaml.py").write_text("raise SystemExit('imported from elsewhere')\n", encoding="utf-8")
        assert "embedded helm\n" in using.run("version", **changed)[1]
        code, stdout, stderr = using.run("version", "-v", "-o", "yaml", **changed)
        assert (code, stderr) == (0, "")
        assert "embedded helm v9 (helm-python-sdk 9)" in stdout
        shutil.rmtree(folder)
    assert "no embedded engine" in replace(zipapp, python=base).run("version", **home)[1]
