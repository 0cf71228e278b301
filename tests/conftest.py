"""What every test may ask for. The real parts start when a test first asks for them, and end with the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.testbed import parts

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def helm3() -> Path:
    """Return the program `helm`, version 3."""
    return parts.part("helm3")


@pytest.fixture(scope="session")
def helm4() -> Path:
    """Return the program `helm`, version 4."""
    return parts.part("helm4")


@pytest.fixture(scope="session", params=["helm3", "helm4"])
def helm(request: pytest.FixtureRequest) -> Path:
    """Return the program `helm`; a test that asks for it runs once with each version people deploy with."""
    return parts.part(str(request.param))
