"""What is said where nothing is found, or no cluster is: of where was looked, and of what may be meant."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.e2e.mistakes import kubeconfig
from tests.sources.loopback import closed_port

if TYPE_CHECKING:
    from pathlib import Path

    from tests.testbed.express import Express


@pytest.fixture
def configured(express: Express, tmp_path: Path) -> Express:
    """Return the program with a kubeconfig whose cluster is not there."""
    path = tmp_path / "of-no-cluster"
    path.write_text(kubeconfig({"token": "a"}, server=f"https://{closed_port()}"))
    return replace(express, kubeconfig=path)


def test_what_needs_no_cluster_is_told_for_the_context_in_use(express: Express, example: Path, tmp_path: Path) -> None:
    named = express("--context", "yul1", cwd=example)
    assert "`kubectl express verify --context yul1` needs no cluster" in named.stderr

    path = tmp_path / "of-no-server"
    path.write_text(kubeconfig({"token": "a"}).replace('"server": "{server}"', '"note": "none"'))
    current = replace(express, kubeconfig=path)(cwd=example)
    assert "no server found" in current.stderr
    assert "`kubectl express verify --context yul1` needs no cluster" in current.stderr


def test_what_needs_no_cluster_is_not_told_where_one_is_configured(configured: Express, example: Path) -> None:
    done = configured(cwd=example)
    assert (done.code, done.stdout) == (2, "")
    first, see = done.stderr.splitlines()
    assert first.startswith("The connection to the server 127.0.0.1:")
    assert see == "See 'kubectl express -h' for all commands and examples."
