"""A repository with a chart as small as can be, whose nodes have one parameter each: any expression of a test."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tests.testbed.examples import git

if TYPE_CHECKING:
    from collections.abc import Mapping

CHART = Path("master_charts/express")
SYSTEM = "small"
_MANIFESTS = """\
{{- range $name, $data := .nodes }}
{{- $json := toJson $data }}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: "revisions-{{ $name }}", labels: {express.example.com/revisions: "true"}}
data:
  {{ $name }}.json: {{ $json | quote }}
  {{ $name }}.revision: {{ $json | sha256sum | trunc 10 | quote }}
---
apiVersion: express.example.com/v1
kind: Backend
metadata: {name: {{ $name | quote }}{{ with $.label }}, labels: {rendered: {{ . | quote }}}{{ end }}}
spec: {{ set (deepCopy $data) "deploymentRevision" ($json | sha256sum | trunc 10) | toJson }}
{{- end }}
"""


def small_chart(folder: Path, nodes: Mapping[str, str], *, label: str = '""', values: str = "{}\n") -> Path:
    """Make the repository in a new folder: `nodes` has each node's expression, on a line of nodes.yaml of its own.

    The first node's is on line 2. `label` is an expression for a label of all nodes, which no revision holds.
    """
    templates = folder / CHART / "templates"
    templates.mkdir(parents=True)
    overlay = folder / "overlays" / "yul1" / SYSTEM / "values.yaml"
    overlay.parent.mkdir(parents=True)
    overlay.write_text("{}\n")
    (folder / CHART / "Chart.yaml").write_text("apiVersion: v2\nname: express\nversion: 1.0.0\n")
    (folder / CHART / "values.yaml").write_text(values)
    lines = [f'{{{{- $_ := set $nodes "{name}" (dict "it" ({it})) }}}}' for name, it in nodes.items()]
    label = f'{{{{- include "small.manifests" (dict "nodes" $nodes "label" ({label})) }}}}'
    (templates / "nodes.yaml").write_text("\n".join(["{{- $nodes := dict }}", *lines, label, ""]))
    (templates / "_small.tpl").write_text(f'{{{{- define "small.manifests" }}}}{_MANIFESTS}{{{{- end }}}}\n')
    git(folder, "init", "--quiet", "--initial-branch=main")
    return folder
