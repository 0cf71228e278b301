from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
import zipfile
from typing import TYPE_CHECKING

from kubectl_express import __version__

if TYPE_CHECKING:
    from pathlib import Path

WHEEL = f"kubectl_express-{__version__}-py3-none-any.whl"


def test_another_folder_umask_and_an_empty_cache_give_the_same_bytes(built: Path, tmp_path: Path) -> None:
    other = tmp_path / "another folder"
    shutil.copytree(built, other, symlinks=True, ignore=shutil.ignore_patterns("dist"))
    for path in other.rglob("*.py"):
        path.chmod(0o600)
    build = ["sh", "-c", "umask 077 && exec ./build.sh"]
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    subprocess.run(build, cwd=other, env=environment, check=True, capture_output=True)
    for name in ("kubectl-express", "kubectl-express.tar.gz", "express.yaml", WHEEL):
        assert (other / "dist" / name).read_bytes() == (built / "dist" / name).read_bytes(), name


def test_the_wheel_holds_the_package_alone_and_is_the_only_one(built: Path) -> None:
    assert [path.name for path in (built / "dist").glob("*.whl")] == [WHEEL]
    with zipfile.ZipFile(built / "dist" / WHEEL) as archive:
        entries = {entry.filename: entry.external_attr >> 16 for entry in archive.infolist()}
        record = archive.read(f"{WHEEL.removesuffix('-py3-none-any.whl')}.dist-info/RECORD").decode()
    assert {name.partition("/")[0] for name in entries} == {
        "kubectl_express",
        f"kubectl_express-{__version__}.dist-info",
    }
    assert {line.split(",")[0] for line in record.splitlines()} == set(entries)
    assert set(entries.values()) == {0o100644}
    package = (built / "kubectl_express").rglob("*")
    shipped = {str(path.relative_to(built)) for path in package if path.suffix in {".py", ".json", ".typed"}}
    assert {name for name in entries if name.startswith("kubectl_express/")} == shipped


def test_the_krew_archive_holds_the_program_and_its_license_owned_by_nobody(built: Path) -> None:
    with tarfile.open(built / "dist" / "kubectl-express.tar.gz") as archive:
        members = {entry.name: (entry.mode, entry.uid, entry.uname) for entry in archive}
        program = archive.extractfile("kubectl-express")
        assert program is not None
        assert program.read() == (built / "dist" / "kubectl-express").read_bytes()
    assert members == {"LICENSE": (0o644, 0, ""), "kubectl-express": (0o755, 0, "")}


def test_a_python_that_is_too_old_or_missing_is_one_line(checkout: Path) -> None:
    environment = {**os.environ, "PYTHON": "no-such-python"}
    build = [str(checkout / "build.sh")]
    done = subprocess.run(build, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("error: no Python 3.10 or newer found as no-such-python; ")
    assert done.stderr.count("\n") == 1
