"""The YAML blocks of the documents, and the shell lines in those that are pipelines."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

from tests.documents import DOCUMENTS, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLOCK = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SCRIPTS = {"run", "script", "before_script", "after_script"}


def blocks() -> list[tuple[str, str]]:
    """Return every YAML block, with the name of its document."""
    return [
        (path.relative_to(ROOT).as_posix(), found)
        for path in DOCUMENTS
        for found in _BLOCK.findall(path.read_text(encoding="utf-8"))
    ]


def block(document: str, file: str) -> str:
    """Return the block of a document that shows a file, whose first line names it."""
    (found,) = (text for name, text in blocks() if name == document and text.startswith(f"# {file}\n"))
    return found


def loaded(document: str, file: str) -> Any:
    """Return what that block says."""
    return yaml.safe_load(block(document, file))


def scripts(content: Any) -> Iterator[str]:
    """Yield what a pipeline's steps have a shell run."""
    if isinstance(content, list):
        for each in content:
            yield from scripts(each)
    elif isinstance(content, dict):
        for key, value in content.items():
            if key in _SCRIPTS and isinstance(value, str | list):
                yield from [value] if isinstance(value, str) else value
            else:
                yield from scripts(value)
