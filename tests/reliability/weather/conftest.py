"""The small systems of the end-to-end tests, and a proxy before their server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.conftest import systems
from tests.reliability.weather.proxy import passing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.reliability.weather.proxy import Proxy
    from tests.testbed.control_plane import ControlPlane

__all__ = ["systems"]


@pytest.fixture
def proxy(control_plane: ControlPlane) -> Iterator[Proxy]:
    """Return a proxy before the run's control plane; fine weather until the test says otherwise."""
    with passing(control_plane) as running:
        yield running
