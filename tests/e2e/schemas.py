"""The JSON Schemas as users get them: out of the built program."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FOLDER = "site-packages/kubectl_express/schemas/"


def shipped(zipapp: Path) -> dict[str, Draft202012Validator]:
    """Return what validates each kind of document, by its kind."""
    with zipfile.ZipFile(zipapp) as archive:
        texts = [archive.read(name) for name in archive.namelist() if name.startswith(FOLDER) and name[-5:] == ".json"]
    schemas: list[Any] = [json.loads(text) for text in texts]
    return {schema["properties"]["kind"]["const"]: Draft202012Validator(schema) for schema in schemas}


def violations(document: Any, validators: Mapping[str, Draft202012Validator]) -> list[str]:
    """Return what is wrong with a document by the schema of its kind, a line each; one of no known kind is wrong."""
    validator = validators.get(document.get("kind"))
    if validator is None:
        return [f"no schema for the kind {document.get('kind')!r}"]
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]
