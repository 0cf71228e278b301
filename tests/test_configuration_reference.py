from __future__ import annotations

import os
from typing import TYPE_CHECKING

from kubectl_express.core.settings import Settings
from kubectl_express.sources.configuration_fields import fields
from tests.configuration_reference import DOCUMENT, example, referred
from tests.documents import blocks
from tests.sources.configured import loaded

if TYPE_CHECKING:
    from pathlib import Path


def test_the_reference_is_what_the_code_says() -> None:
    document = DOCUMENT.read_text(encoding="utf-8")
    again = referred(document)
    if os.environ.get("DOCUMENTS") == "write":
        DOCUMENT.write_text(again, encoding="utf-8")
    else:
        assert document == again, "DOCUMENTS=write tests/run tests/test_configuration_reference.py writes it anew"


def test_the_reference_tells_of_every_key_once(tmp_path: Path) -> None:
    rows = [line for line in referred(DOCUMENT.read_text(encoding="utf-8")).splitlines() if line.startswith("| `")]
    keys = [row.split("`")[1] for row in rows]
    assert [key for key in keys if key in fields(tmp_path)] == list(fields(tmp_path))


def test_every_whole_file_that_the_document_shows_loads(tmp_path: Path) -> None:
    shown = blocks(DOCUMENT.read_text(encoding="utf-8"), "yaml")
    assert len(shown) == 2
    assert loaded(tmp_path, shown[0]) == Settings()
    assert loaded(tmp_path, shown[1]) != Settings()
    assert shown[1] == example(DOCUMENT.read_text(encoding="utf-8"))
