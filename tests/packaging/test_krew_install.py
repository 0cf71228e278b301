"""What was built is installed by the real krew and run by the real kubectl, for each platform of the manifest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import kubectl_express
from tests.packaging.krew import Machine
from tests.testbed.parts import part
from tests.testbed.programs import run, succeeded

if TYPE_CHECKING:
    from pathlib import Path

    from tests.testbed.programs import Outcome

PLATFORMS = [("linux", "amd64"), ("linux", "arm64"), ("darwin", "amd64"), ("darwin", "arm64")]


@pytest.fixture(scope="module")
def dist(built: Path) -> Path:
    """Return the folder with the archive and the manifest."""
    return built / "dist"


@pytest.fixture
def machine(tools: Path, tmp_path: Path) -> Machine:
    """Return a machine of the first platform."""
    return Machine(tmp_path, tools, *PLATFORMS[0])


def install(machine: Machine, manifest: Path, archive: Path) -> Outcome:
    """Install as a user would, but that the archive is here already."""
    return machine.kubectl("krew", "install", f"--manifest={manifest}", f"--archive={archive}")


def test_krews_index_takes_the_manifest(dist: Path, machine: Machine) -> None:
    validate: list[str | Path] = [part("validate-krew-manifest"), "-skip-install", "-manifest", dist / "express.yaml"]
    said = succeeded(run(validate, machine.environment()), "validate-krew-manifest").stderr
    for what in ("structural validation OK", "all spec.platform[] items are used", "no overlapping spec.platform"):
        assert what in said


@pytest.mark.parametrize(("system", "architecture"), PLATFORMS)
def test_krew_installs_it_and_kubectl_runs_it(
    dist: Path, tools: Path, tmp_path: Path, system: str, architecture: str
) -> None:
    machine = Machine(tmp_path, tools, system, architecture)
    installed = succeeded(install(machine, dist / "express.yaml", dist / "kubectl-express.tar.gz"), "krew install")
    assert "Installed plugin: express" in installed.stderr
    assert "kubectl express" in installed.stderr
    link = tmp_path / ".krew" / "bin" / "kubectl-express"
    assert link.is_symlink()
    assert {path.name for path in link.resolve().parent.iterdir()} == {"kubectl-express", "LICENSE"}

    listed = machine.kubectl("plugin", "list")
    assert (listed.code, str(link) in listed.stdout.splitlines()) == (0, True), listed.stderr
    said = machine.kubectl("express", "version")
    assert (said.code, said.stderr) == (0, "")
    assert kubectl_express.__version__ in said.stdout
    shown = machine.kubectl("express", "--help")
    assert (shown.code, shown.stderr) == (0, "")
    assert shown.stdout.startswith("usage: kubectl express ")
    assert "kubectl-express" not in shown.stdout


def test_krew_installs_on_no_other_platform(dist: Path, tools: Path, tmp_path: Path) -> None:
    machine = Machine(tmp_path, tools, "windows", "amd64")
    refused = install(machine, dist / "express.yaml", dist / "kubectl-express.tar.gz")
    assert refused.code != 0
    assert "does not offer installation for this platform" in refused.stderr


def test_krew_refuses_an_archive_that_is_not_the_one_that_was_built(dist: Path, machine: Machine) -> None:
    changed = machine.home / "kubectl-express.tar.gz"
    content = bytearray((dist / "kubectl-express.tar.gz").read_bytes())
    content[-1] ^= 1
    changed.write_bytes(content)
    refused = install(machine, dist / "express.yaml", changed)
    assert refused.code != 0
    assert "checksum does not match" in refused.stderr
    assert machine.kubectl("express", "version").code != 0
