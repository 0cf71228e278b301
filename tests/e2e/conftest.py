"""What end-to-end tests may ask for besides."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.rollouts import SixNodes
from tests.e2e.small_system import SmallSystems
from tests.testbed.express import Express

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import StartOperator
    from tests.testbed.api import Api
    from tests.testbed.control_plane import ControlPlane
    from tests.testbed.programs import Kubectl


@pytest.fixture
def six(
    express: Express,
    example: Path,
    system: str,
    kubectl: Kubectl,
    api: Api,
    control_plane: ControlPlane,
    operator: StartOperator,
) -> Iterator[SixNodes]:
    """Return a system of six nodes that is deployed and in health; what a test started on it ends with the test."""
    nodes = SixNodes(express, example, system, kubectl, api, control_plane, operator)
    yield nodes
    nodes.close()


@pytest.fixture(scope="module")
def systems(
    control_plane: ControlPlane,
    api: Api,
    zipapp: Path,
    tools: Path,
    shiv_root: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[SmallSystems]:
    """Return what makes small systems, each with a namespace and an operator of its own; they end with the file."""
    home = tmp_path_factory.mktemp("systems")
    made = SmallSystems(control_plane, api, Express(zipapp, tools, home, shiv_root, home / "none"))
    yield made
    made.close()
