"""Once it is unpacked, it starts without what takes time: nothing here looks at a clock, but at what was imported."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.packaging.conftest import Zipapp

SLOW = {
    "ast", "contextlib", "dataclasses", "difflib", "importlib.metadata", "importlib.util", "inspect", "json", "logging",
    "pathlib", "platform", "runpy", "shutil", "site", "subprocess", "tempfile", "threading", "traceback",
    "typing", "urllib.parse", "yaml", "zipfile",
}  # fmt: skip
"""What takes a while to import, and is not needed to say what there is."""


@pytest.mark.parametrize(
    "words", [("--help",), ("version",), ("version", "-o", "wide"), ("diff", "--help")], ids=" ".join
)
def test_what_needs_neither_files_nor_a_cluster_imports_nothing_that_takes_a_while(
    zipapp: Zipapp, words: tuple[str, ...], tmp_path: Path
) -> None:
    helm = tmp_path / "helm"
    helm.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    helm.chmod(0o755)
    zipapp.unpacked()
    path = f"{tmp_path}:{zipapp.environment()['PATH']}"
    code, _, stderr = zipapp.run(*words, PATH=path, PYTHON_FLAGS="-X importtime")
    names = {line.rpartition("|")[2].strip() for line in stderr.splitlines() if line.startswith("import time:")}
    assert code == 0
    assert "argparse" in names
    assert names & SLOW <= ({"textwrap"} if "diff" in words else set())


def test_the_zip_is_not_read(zipapp: Zipapp, tmp_path: Path) -> None:
    zipapp.unpacked()
    (tmp_path / "kubectl-express").write_bytes(zipapp.path.read_bytes().partition(b"PK\x03\x04")[0])
    (tmp_path / "kubectl-express").chmod(0o755)
    assert replace(zipapp, path=tmp_path / "kubectl-express").run("version") == zipapp.run("version")


@pytest.mark.parametrize("named", ["SHIV_ROOT", "XDG_CACHE_HOME", "HOME"])
def test_the_script_looks_where_the_zip_unpacks(zipapp: Zipapp, tmp_path: Path, named: str) -> None:
    head = tmp_path / "head"
    head.write_bytes(zipapp.path.read_bytes().partition(b"PK\x03\x04")[0])
    head.chmod(0o755)
    changed: dict[str, str | None] = {"SHIV_ROOT": None, "XDG_CACHE_HOME": None, named: str(tmp_path / "a folder")}
    assert replace(zipapp, path=head).run("version", **changed)[0] != 0
    unpacked = zipapp.run("version", **changed)
    assert unpacked[0] == 0
    assert replace(zipapp, path=head).run("version", **changed) == unpacked


@pytest.mark.parametrize("relative", ["", "cache", "./cache"])
def test_a_cache_that_depends_on_the_working_directory_is_not_used(
    zipapp: Zipapp, tmp_path: Path, relative: str
) -> None:
    changed: dict[str, str | None] = {"SHIV_ROOT": None, "XDG_CACHE_HOME": relative, "HOME": str(tmp_path / "home")}
    (tmp_path / "here").mkdir()
    for _ in range(2):
        assert replace(zipapp, folder=tmp_path / "here").run("version", **changed)[0] == 0
    assert not list((tmp_path / "here").iterdir())
    assert list((tmp_path / "home" / ".cache" / "kubectl-express").glob("kubectl-express_*"))


def test_a_build_of_which_a_part_is_missing_does_not_start_by_half(zipapp: Zipapp, tmp_path: Path) -> None:
    assert zipapp.run("version", SHIV_ROOT=str(tmp_path))[0] == 0
    (build,) = tmp_path.glob("kubectl-express_*")
    shutil.rmtree(build / "site-packages")
    code, stdout, stderr = zipapp.run("version", SHIV_ROOT=str(tmp_path))
    assert (code, stderr) == (0, "")
    assert "kubectl-express" in stdout
    assert (build / "site-packages" / "yaml").is_dir()
