"""A chart that only says what helm makes of values: their JSON, and what that hashes to."""

from __future__ import annotations

import base64
import json
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubectl_express.core.settings import ChartSettings
from kubectl_express.sources.helm import HelmCommand
from kubectl_express.sources.rendering import Release
from tests.testbed.parts import part

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from kubectl_express.core.values import Value
    from kubectl_express.sources.rendering import Engine
    from tests.differential.nodes import Node

HASHES = ("sha256", "sha1", "sha512", "adler32")
_TEMPLATE = f"""\
{{{{- range concat .Values.nodes (.Files.Get "nodes.json" | fromJsonArray) }}}}
{{{{- $text := toJson . }}}}
---
bytes: {{{{ $text | b64enc }}}}
{"".join(f"{name}: {{{{ $text | {name}sum }}}}" + chr(10) for name in HASHES)}\
text: {{{{ $text | quote }}}}
spec: {{{{ list . "end" | toYaml | quote }}}}
{{{{- end }}}}
"""
_SAID = re.compile(r"^(bytes|" + "|".join(HASHES) + r"): (\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Answer:
    """What helm made of one node: the JSON it hashed, each hash of it, and the manifest that holds these and a spec."""

    text: str
    hashes: dict[str, str]
    manifest: str


def ask(engine: Engine, folder: Path, nodes: Sequence[Node]) -> list[Answer]:
    """Return an engine's answers, in the nodes' order and in one run."""
    chart = folder / "differential"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: differential\nversion: 1.0.0\n")
    (chart / "templates" / "nodes.yaml").write_text(_TEMPLATE)
    (chart / "nodes.json").write_text(json.dumps([node.parameters for node in nodes if node.as_json]))
    values = folder / "values.yaml"
    given = "".join(f"- {flow(node.parameters)}\n" for node in nodes if not node.as_json)
    values.write_text(f"nodes:\n{given}", encoding="utf-8")
    rendering = engine.render(Release(chart, (values,), "differential", "differential", ChartSettings()))
    said = [_answer(part) for part in re.split("^(?=bytes: )", rendering.text, flags=re.MULTILINE)[1:]]
    assert len(said) == len(nodes), f"{rendering.engine} answered {len(said)} of {len(nodes)} questions"
    from_values, from_json = iter(said), iter(said[sum(not node.as_json for node in nodes) :])
    return [next(from_json if node.as_json else from_values) for node in nodes]


def helm(name: str) -> HelmCommand:
    """Return the test bed's `helm3` or `helm4` as an engine."""
    return HelmCommand(str(part(name)), {"HOME": os.environ.get("HOME", "/"), "PATH": "/usr/bin:/bin"})


def _answer(manifest: str) -> Answer:
    manifest = manifest.partition("\n---\n")[0]
    said = dict(_SAID.findall(manifest))
    return Answer(base64.b64decode(said.pop("bytes")).decode(), said, f"{manifest.rstrip()}\n")


def flow(value: Value) -> str:
    """Return a value as YAML in flow style that no reader may take for another one."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_quoted(key)}: {flow(member)}" for key, member in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(flow, value))}]"
    return _quoted(value) if isinstance(value, str) else json.dumps(value)


def _quoted(text: str) -> str:
    return '"' + "".join(c if c.isprintable() and c not in '"\\' else f"\\U{ord(c):08x}" for c in text) + '"'
