from __future__ import annotations

import json
import os
import runpy
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

WHERE_FROM = "import json, urllib3, yaml; print(json.dumps([yaml.__file__, urllib3.__file__]))"
CHILD = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]], check=True)"


@pytest.mark.parametrize("python", found(SUPPORTED).values() or [sys.executable])
def test_it_runs_with_libyaml_on_every_python_of_this_machine(zipapp: Zipapp, python: str) -> None:
    zipapp = replace(zipapp, python=python)
    code, stdout, stderr = zipapp.run("version")
    assert (code, stderr) == (0, "")
    assert "kubectl-express" in stdout
    assert zipapp.evaluate("import yaml; print(yaml.__with_libyaml__)") == "True"


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


def test_every_older_python_of_this_machine_gets_as_far_as_that_line(zipapp: Zipapp) -> None:
    for version, python in found(TOO_OLD).items():
        line = f"error: kubectl-express needs Python 3.10 or newer, not {version} ({python})\n"
        assert replace(zipapp, python=python).run("version") == (2, "", line)


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """Return a folder with other packages of the names that the program imports."""
    (tmp_path / "urllib3").mkdir()
    for name in ("yaml.py", "tabulate.py", "urllib3/__init__.py"):
        (tmp_path / name).write_text("raise SystemExit('imported from elsewhere')\n", encoding="utf-8")
    return tmp_path


def test_a_pythonpath_does_not_shadow_its_packages(zipapp: Zipapp, hostile: Path) -> None:
    # The standard library in a PYTHONPATH must not end up behind the packages that are named like its modules.
    pythonpath = os.pathsep.join([str(hostile), str(Path(os.__file__).parent), ""])
    origins = json.loads(zipapp.evaluate(WHERE_FROM, PYTHONPATH=pythonpath))
    assert all(origin.startswith(str(zipapp.root)) for origin in origins)
    assert zipapp.run("version", PYTHONPATH=pythonpath)[0] == 0


def test_the_programs_it_starts_see_the_users_environment_unchanged(zipapp: Zipapp, hostile: Path) -> None:
    show = "import json, os; print(json.dumps(dict(os.environ)))"
    changed = {"PYTHONPATH": str(hostile), "XDG_CACHE_HOME": str(hostile / "cache"), "SHIV_ROOT": None}
    # What the interpreter itself adds for any child, however it was started.
    command = [sys.executable, "-c", f"import sys; sys.argv[1:] = [{show!r}]; {CHILD}"]
    environment = zipapp.environment(**changed, SHIV_INTERPRETER="1")
    plain = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    seen = zipapp.evaluate(f"import sys; sys.argv[1:] = [{show!r}]; {CHILD}", **changed)
    assert json.loads(seen) == json.loads(plain)


def test_packages_of_the_interpreter_can_be_imported_behind_its_own(zipapp: Zipapp, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", symlinks=True)
    (packages,) = (tmp_path / "venv").glob("lib/python*/site-packages")
    (packages / "engine.py").write_text("", encoding="utf-8")
    (packages / "yaml.py").write_text("raise SystemExit('imported from elsewhere')\n", encoding="utf-8")
    python = str(tmp_path / "venv" / "bin" / "python")
    code = "import engine, yaml; print(engine.__file__)"
    assert replace(zipapp, python=python).evaluate(code) == str(packages / "engine.py")


def test_where_the_home_folder_cannot_be_used_it_unpacks_into_a_private_temporary_one(
    zipapp: Zipapp, tmp_path: Path
) -> None:
    changed = {"SHIV_ROOT": None, "XDG_CACHE_HOME": None, "HOME": "/dev/null/nowhere", "TMPDIR": str(tmp_path)}
    origin = Path(json.loads(zipapp.evaluate(WHERE_FROM, **changed))[0])
    (folder,) = tmp_path.iterdir()
    assert origin.is_relative_to(folder)
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_temporary_folder_that_others_can_write_to_is_refused_in_one_line(zipapp: Zipapp, tmp_path: Path) -> None:
    (tmp_path / f"kubectl-express-{os.getuid()}").mkdir()
    (tmp_path / f"kubectl-express-{os.getuid()}").chmod(0o777)
    changed = {"SHIV_ROOT": None, "XDG_CACHE_HOME": None, "HOME": "/dev/null/nowhere", "TMPDIR": str(tmp_path)}
    code, stdout, stderr = zipapp.run("version", **changed)
    assert (code, stdout, stderr.count("\n")) == (2, "", 1)
    assert stderr.startswith("error: kubectl-express cannot unpack itself: ")


def test_a_shiv_root_that_cannot_be_used_is_one_line(zipapp: Zipapp) -> None:
    code, stdout, stderr = zipapp.run("version", SHIV_ROOT="/dev/null/nowhere")
    assert (code, stdout, stderr.count("\n")) == (2, "", 1)
    assert stderr.endswith("; set SHIV_ROOT to a folder that can be written to\n")
