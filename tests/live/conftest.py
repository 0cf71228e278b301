from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.live.looking import Kinds

if TYPE_CHECKING:
    from tests.testbed.api import Api
    from tests.testbed.programs import Kubectl

SPECIMEN = Path(__file__).with_name("specimen.yaml")


@pytest.fixture
def specimens(kubectl: Kubectl, api: Api, namespace: str) -> Kinds:
    """Return the kind Specimen, known to the API server once the first test asked for it."""
    kinds = Kinds(api, namespace, "live.example.com/v1")
    if not kinds.published("Specimen"):
        kubectl("apply", "--server-side", "-f", SPECIMEN)
        kubectl("wait", "--for=condition=Established", "--timeout=60s", "-f", SPECIMEN)
        kinds.schema("Specimen")
        kinds.asked.clear()
    return kinds


@pytest.fixture
def express(api: Api, namespace: str) -> Kinds:
    """Return the example's kinds."""
    return Kinds(api, namespace, "express.example.com/v1")
