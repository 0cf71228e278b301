"""Small systems, and what stands between them and the program: a door that writes down who asks, and a proxy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.conftest import systems
from tests.reliability.security.door import Door, opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.testbed.control_plane import ControlPlane

__all__ = ["systems"]


@pytest.fixture(scope="module")
def door(control_plane: ControlPlane) -> Iterator[Door]:
    """Return the way to the real API server by which everybody is asked for a certificate and written down."""
    with opened(control_plane) as door:
        yield door
