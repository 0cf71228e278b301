from __future__ import annotations

import re

import pytest

from kubectl_express.core.helm_versions import CONSTRAINT, allows


@pytest.mark.parametrize(
    ("constraint", "engine", "allowed"),
    [
        (">=3.14 <5", "helm v3.14.0", True),
        (">=3.14 <5", "helm v3.9.4", False),
        (">=3.14 <5", "helm v4.3", True),
        (">=3.14 <5", "helm v5.0.0", False),
        (">=3.14 <5", "embedded helm v3.20.1 (helm-python-sdk 0.2.2)", True),
        (">= 3.14, < 4", "helm v3.22.0+g1234567", True),
        (">3.14", "helm v3.14.0", False),
        ("<=3.14", "helm v3.14.1", False),
        ("=4", "helm v4.3.1", True),
        ("=v4.3", "helm v4.2.9", False),
        ("!=3.18.1", "helm v3.18.1", False),
        ("!=3.18.1", "helm v3.18.2", True),
        ("<4", "helm v4.0.0-rc.1", False),
        (">=3", "helm of an unknown version", False),
    ],
)
def test_a_version_is_allowed_where_every_comparison_of_its_numbers_holds(
    constraint: str, engine: str, allowed: bool
) -> None:
    assert re.fullmatch(CONSTRAINT, constraint)
    assert allows(constraint, engine) is allowed


@pytest.mark.parametrize("constraint", ["", "3.14", "~3.14", ">=3.14 ||<5", ">=3.x", ">=3.14<5", ">=1.2.3.4"])
def test_what_is_no_comparison_is_no_constraint(constraint: str) -> None:
    assert not re.fullmatch(CONSTRAINT, constraint)
