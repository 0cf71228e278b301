from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.testbed.express import Express


@pytest.fixture
def broken_helm(tmp_path: Path) -> Path:
    """Return a helm that fails as soon as it is started."""
    helm = tmp_path / "bin" / "helm"
    helm.parent.mkdir()
    helm.write_text("#!/bin/sh\necho 'Error: out of order' >&2\nexit 1\n")
    helm.chmod(0o755)
    return helm


def test_version_tells_where_helm_is_without_starting_it(express: Express, broken_helm: Path) -> None:
    outcome = express("version", "-o", "json", helm=broken_helm)
    assert (outcome.code, outcome.stderr) == (0, "")
    assert json.loads(outcome.stdout)["engine"] == f"helm at {broken_helm}"


def test_asked_for_its_version_a_helm_that_fails_is_an_error_in_its_own_words(
    express: Express, broken_helm: Path
) -> None:
    outcome = express("version", "-v", helm=broken_helm)
    assert (outcome.code, outcome.stdout) == (2, "")
    assert outcome.stderr == "error: asking helm for its version: helm failed: out of order\n"


def test_without_helm_it_tells_of_the_embedded_engine_and_with_v_of_its_version(express: Express) -> None:
    plain, verbose = (json.loads(express("version", *more, "-o", "json", helm=None).stdout) for more in ([], ["-v"]))
    assert plain["engine"] == "embedded helm"
    assert verbose["engine"].startswith("embedded helm v")
