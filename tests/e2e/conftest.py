"""What end-to-end tests may ask for besides."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.rollouts import SixNodes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import StartOperator
    from tests.testbed.api import Api
    from tests.testbed.control_plane import ControlPlane
    from tests.testbed.express import Express
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
