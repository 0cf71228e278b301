"""The zipapp starts on each Python of this machine wherever something is missing, closed or in its way."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.packaging.interpreters import SUPPORTED, found

if TYPE_CHECKING:
    from tests.packaging.conftest import Zipapp

# Made where the system can make locales: none but UTF-8 comes with it.
LATIN_1 = ["en_US.ISO-8859-1"] if shutil.which("localedef") and Path("/usr/share/i18n/locales/en_US").exists() else []
READING = ("revisions", "-f", "nodes.yaml", "-o", "yaml")
NODES = """\
apiVersion: express.example.com/v1
kind: Backend
metadata: {name: be1, labels: {place: Montréal}}
spec: {deploymentRevision: 12ab}
"""


@pytest.fixture(params=found(SUPPORTED).values() or [sys.executable])
def there(request: pytest.FixtureRequest, zipapp: Zipapp, tmp_path: Path) -> Zipapp:
    """Return the program on one of the Pythons, in a folder with a file of nodes, and unpacked nowhere yet."""
    (tmp_path / "nodes.yaml").write_text(NODES, encoding="utf-8")
    return replace(zipapp, python=str(request.param), root=tmp_path / "root", folder=tmp_path)


def assert_reads(there: Zipapp, **changed: str | None) -> None:
    """Assert that the first start reads the nodes, and so does the second, which finds it unpacked."""
    for _ in range(2):
        code, stdout, stderr = there.run(*READING, **changed)
        assert (code, stderr) == (0, "")
        assert "be1" in stdout


def read_only(folder: Path) -> str:
    """Return a folder that this user cannot write to; root can write to all but the kernel's."""
    if os.geteuid() == 0:
        return "/proc"
    folder.mkdir()
    folder.chmod(0o555)
    return str(folder)


@pytest.mark.parametrize("home", [None, "", "/dev/null/nowhere", "read-only"])
def test_without_a_home_folder_that_it_can_write_to(there: Zipapp, tmp_path: Path, home: str | None) -> None:
    (tmp_path / "temporary").mkdir()
    home = read_only(tmp_path / "home") if home == "read-only" else home
    # Without HOME, Python asks the system where it is, and may find one.
    cache = {"XDG_CACHE_HOME": None if home else str(tmp_path / "cache")}
    assert_reads(there, SHIV_ROOT=None, HOME=home, TMPDIR=str(tmp_path / "temporary"), **cache)


def test_with_a_pythonpath_that_holds_other_modules(there: Zipapp, tmp_path: Path) -> None:
    others = tmp_path / "others"
    (others / "kubectl_express").mkdir(parents=True)
    for name in ("yaml", "argparse", "os", "re", "sitecustomize", "usercustomize", "kubectl_express/__init__"):
        (others / f"{name}.py").write_text("raise SystemExit('imported from elsewhere')\n", encoding="utf-8")
    assert_reads(there, PYTHONPATH=str(others), PYTHONSTARTUP=str(others / "yaml.py"), PYTHONOPTIMIZE="2")


def test_without_libyaml(there: Zipapp) -> None:
    with_libyaml = there.run(*READING)
    bindings = list(there.unpacked().glob("site-packages/yaml/_yaml*"))
    assert bindings
    for binding in bindings:
        binding.unlink()
    assert there.run(*READING) == with_libyaml


def test_without_a_terminal_and_with_nothing_to_read(there: Zipapp) -> None:
    """As a scheduler starts programs: in a session of its own, and standard input closed."""
    for _ in range(2):
        command = ["sh", "-c", 'exec "$0" "$@" <&-', str(there.path), *READING]
        done = subprocess.run(
            command,
            env=there.environment(TERM=None),
            cwd=there.folder,
            start_new_session=True,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert "be1" in done.stdout


@pytest.mark.parametrize("locale", ["C", "xx_XX.unknown", *LATIN_1])
def test_in_a_locale_that_is_not_utf_8(there: Zipapp, locale: str, tmp_path: Path) -> None:
    if locale in LATIN_1:
        command = ["localedef", "--inputfile=en_US", "--charmap=ISO-8859-1", str(tmp_path / locale)]
        subprocess.run(command, check=True, capture_output=True)
    assert_reads(there, LC_ALL=locale, LOCPATH=str(tmp_path))
    # Not even in the way that Python mends such a locale by itself.
    changed: dict[str, str | None] = {"LC_ALL": locale, "LOCPATH": str(tmp_path), "PYTHON_FLAGS": "-X utf8=0"}
    assert_reads(there, **changed)
    command = [str(there.path), "revisions", "-f", "Montréal.yaml"]
    environment = there.environment(**changed)
    done = subprocess.run(command, env=environment, cwd=there.folder, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"error: Montr")
    assert done.stderr.endswith(b"al.yaml cannot be read: No such file or directory\n")


def test_first_starts_at_the_same_time(there: Zipapp) -> None:
    command, environment = [str(there.path), "version"], there.environment()
    started = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    finished = [(*process.communicate(), process.returncode) for process in started]
    assert {(stderr, code) for _, stderr, code in finished} == {("", 0)}
    assert len(list(there.root.glob("kubectl-express_*"))) == 1
