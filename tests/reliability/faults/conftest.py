"""The small systems of the end-to-end tests, and a proxy before the run's control plane."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.conftest import systems
from tests.reliability.faults.proxy import Proxy, proxy_before

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.testbed.control_plane import ControlPlane

__all__ = ["systems"]


@pytest.fixture
def proxy(control_plane: ControlPlane) -> Iterator[Proxy]:
    """Return a proxy of the test's own before the control plane."""
    with proxy_before(control_plane) as proxy:
        yield proxy
