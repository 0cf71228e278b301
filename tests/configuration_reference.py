"""The reference part of `docs/configuration.md`, made from the code.

Its keys are the loader's, in its order; what a value must be is what the loader says of one that it refuses; the
default is the setting's, and what it means stands below the setting, as its docstring. The examples are the values of
the document's own example of a whole file.
"""

from __future__ import annotations

import ast
import inspect
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from kubectl_express.core import hashing, settings
from kubectl_express.core.settings import Settings
from kubectl_express.sources.configuration_fields import Field, fields
from kubectl_express.sources.configuration_yaml import Reader, UnexpectedError
from tests.documents import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import ModuleType

DOCUMENT = ROOT / "docs" / "configuration.md"

_EXAMPLE = re.compile(r"(?<=^## A different layout\n\n```yaml\n).*?(?=^```$)", re.MULTILINE | re.DOTALL)
_REFUSED = ("[]", "{}")
"""What is nowhere a value: one that takes the first expects a list, and says so of the second."""


def example(document: str) -> str:
    """Return the document's example of a file that sets every key."""
    found = _EXAMPLE.search(document)
    assert found, "the example of a whole file is missing"
    return found[0]


def referred(document: str) -> str:
    """Return the document with its generated parts made anew."""
    parts = {"defaults": f"```yaml\n{_as_file()}```\n", "keys": _table(yaml.safe_load(example(document)))}
    for name, part in parts.items():
        begin, end = f"<!-- generated: {name} -->\n", "<!-- generated: end -->"
        assert begin in document, f"the place of the generated {name} is missing"
        before, _, rest = document.partition(begin)
        document = f"{before}{begin}{part}{end}{rest.partition(end)[2]}"
    return document


def _as_file() -> str:
    """Return a file that sets every key to its default."""
    nested: dict[str, Any] = {}
    for dotted, field in fields(ROOT).items():
        *sections, key = dotted.split(".")
        place = nested
        for section in sections:
            place = place.setdefault(section, {})
        place[key] = _default(field)
    return "".join(_lines(nested, ""))


def _lines(nested: Mapping[str, Any], indent: str) -> Iterator[str]:
    for key, value in nested.items():
        if isinstance(value, dict) and value:
            yield f"{indent}{key}:\n"
            yield from _lines(value, f"{indent}  ")
        else:
            yield f"{indent}{key}: {_flow(value)}\n"


def _table(examples: Mapping[str, Any]) -> str:
    meanings = {**_meanings(settings), **_meanings(hashing)}
    rows = ["| key | meaning | a value is | default | example |", "| --- | --- | --- | --- | --- |"]
    for dotted, field in fields(ROOT).items():
        value: Any = examples
        for key in dotted.split("."):
            value = value[key]
        meaning = meanings[_owner(field), field.setting.rpartition(".")[2]]
        cells = [f"`{dotted}`", meaning, _expected(field.read), f"`{_flow(_default(field))}`", f"`{_flow(value)}`"]
        rows.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "\n".join(rows) + "\n"


def _holder(field: Field) -> Any:
    """Return the part of the default settings that a key fills."""
    section = field.setting.rpartition(".")[0]
    default = Settings()
    return default.revisions.hash if section == "hash" else getattr(default, section) if section else default


def _owner(field: Field) -> str:
    return type(_holder(field)).__name__


def _default(field: Field) -> Any:
    value = getattr(_holder(field), field.setting.rpartition(".")[2])
    return list(value) if isinstance(value, tuple) else value


def _expected(read: Reader) -> str:
    """Return what the loader expects of a value, in its own words."""
    words = next(filter(None, (_refusal(read, text) for text in _REFUSED)))
    words = re.sub(r"\{\w+\}|\S*[=<>/]\S*( <\S+)?(?=,|$)", lambda found: f"`{found[0]}`", words)
    return words if _refusal(read, "null") or "mapping" in words else f"{words}; or `null`"


def _refusal(read: Reader, text: str) -> str:
    """Return what is expected where a text is refused as a value, else nothing."""
    node = yaml.compose(text, yaml.SafeLoader)
    assert node is not None
    try:
        read(node)
    except UnexpectedError as error:
        return str(error.args[0])
    return ""


def _flow(value: Any) -> str:
    """Return a value as YAML in one line, quoted where YAML needs it."""
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_flow(key)}: {_flow(each)}' for key, each in value.items())}}}"
    if isinstance(value, str) and re.fullmatch(r"[A-Za-z/][\w./-]*(=\w+)?", value):
        return value
    return json.dumps(value)


def _meanings(module: ModuleType) -> dict[tuple[str, str], str]:
    """Return the docstring below each attribute of a module's classes, by class and attribute."""
    found = {}
    for part in ast.parse(Path(inspect.getfile(module)).read_text(encoding="utf-8")).body:
        if not isinstance(part, ast.ClassDef):
            continue
        for one, below in zip(part.body, part.body[1:], strict=False):
            said = below.value if isinstance(below, ast.Expr) else None
            if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name) and isinstance(said, ast.Constant):
                found[part.name, one.target.id] = " ".join(str(said.value).split())
    return found
