"""What tests of charts ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.charts.rendering import Charts

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def charts(helm: Path, tmp_path: Path) -> Charts:
    """Return each helm in turn, with a folder of the test's own."""
    return Charts(helm, tmp_path)
