"""The gates' image: unpacked when it is built, it starts where nothing can be written."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.testbed.containerfile import BuiltImage, build

REPOSITORY = Path(__file__).parents[2]
CONTAINERFILE = REPOSITORY / "packaging" / "Containerfile"
_DROP_CAPABILITY = 24
"""Linux's PR_CAPBSET_DROP."""
_READ_AND_WRITE_ANYWAY = (1, 2)
"""Its CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH, by which modes mean nothing to root."""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder for the image's root."""
    return tmp_path_factory.mktemp("image") / "root"


@pytest.fixture(scope="module")
def image(zipapp: Path, tools: Path, root: Path) -> BuiltImage:
    """Return the image, built, and read-only from then on."""
    base = root.parent / "base"
    for each in (root, base):
        each.mkdir()
    for tool in [*tools.iterdir(), Path(shutil.which("chmod") or "")]:
        (base / tool.name).symlink_to(tool)
    image = build(CONTAINERFILE, zipapp.parent.parent, root, base)
    for path in [root, *root.rglob("*")]:
        path.chmod(path.stat().st_mode & 0o555)
    return image


def heed_modes() -> None:
    """Have modes mean to a process of root's what they mean to everybody else."""
    if os.geteuid() == 0:
        for capability in _READ_AND_WRITE_ANYWAY:
            assert ctypes.CDLL(None).prctl(_DROP_CAPABILITY, capability, 0, 0, 0) == 0


def files(root: Path) -> dict[Path, tuple[int, int]]:
    """Return all that there is, each with its mode and when it was last changed."""
    return {path: (path.lstat().st_mode, path.lstat().st_mtime_ns) for path in [root, *root.rglob("*")]}


def started(image: BuiltImage, root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run what a container of the image would run, where modes count, and all of the image is read-only."""
    program = root / "usr/local/bin" / image.entrypoint[0]
    return subprocess.run(
        [program, *words],
        env=image.environment,
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=heed_modes,
    )


def test_the_image_runs_as_a_number_that_is_not_root_s(image: BuiltImage) -> None:
    """Of a name kubelet could not tell whether that is root (runAsNonRoot)."""
    assert int(image.user.partition(":")[0]) > 0
    assert image.entrypoint == ["kubectl-express"]


def test_a_container_neither_unpacks_nor_writes(image: BuiltImage, root: Path) -> None:
    before = files(root)
    refused = subprocess.run(["touch", root / "new"], check=False, capture_output=True, preexec_fn=heed_modes)
    assert refused.returncode != 0, "modes count"
    version = started(image, root, "--version")
    assert (version.returncode, version.stderr) == (0, "")
    unreachable = started(image, root, "wait", "be1", "--server", "https://127.0.0.1:1")
    assert (unreachable.returncode, unreachable.stdout) == (2, "")
    assert unreachable.stderr.startswith("The connection to the server 127.0.0.1:1 was refused")
    assert files(root) == before


def test_what_is_unpacked_is_readable_by_every_user_and_compiled(image: BuiltImage, root: Path) -> None:
    unpacked = Path(image.environment["SHIV_ROOT"])
    modes = {path: path.stat().st_mode for path in [unpacked, *unpacked.rglob("*")]}
    assert {mode & 0o444 for mode in modes.values()} == {0o444}
    assert {mode & 0o111 for path, mode in modes.items() if path.is_dir()} == {0o111}
    (module,) = unpacked.glob("*/site-packages/kubectl_express/commands/wait.py")
    assert list(module.parent.glob("__pycache__/wait.*.pyc"))
