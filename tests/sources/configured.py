"""Configuration files written for a test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kubectl_express.errors import ExpressError
from kubectl_express.sources.configuration import CONFIG_NAME, load

if TYPE_CHECKING:
    from pathlib import Path

    from kubectl_express.core.settings import Settings


def written(folder: Path, text: str) -> Path:
    path = folder / CONFIG_NAME
    path.write_text(text, encoding="utf-8")
    return path


def loaded(folder: Path, text: str) -> Settings:
    return load(written(folder, text), folder)


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(ExpressError) as caught:
        loaded(folder, text)
    message = str(caught.value)
    assert "\n" not in message
    return message
