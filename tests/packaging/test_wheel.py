from __future__ import annotations

import subprocess
import venv
from typing import TYPE_CHECKING

import pytest

import kubectl_express

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("source", [".", "dist/kubectl_express-{}-py3-none-any.whl"], ids=["folder", "wheel"])
def test_pip_installs_the_program_into_a_fresh_environment(built: Path, tmp_path: Path, source: str) -> None:
    source = source.format(kubectl_express.__version__)
    venv.create(tmp_path / "venv", with_pip=True, symlinks=True)
    programs = tmp_path / "venv" / "bin"
    subprocess.run([programs / "python", "-m", "pip", "install", "--quiet", str(built / source)], check=True)
    done = subprocess.run([programs / "kubectl-express", "version"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert kubectl_express.__version__ in done.stdout
