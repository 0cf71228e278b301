"""Charts rendered by the real helm, and what is in the rendering."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kubectl_express.core.kubectl_yaml import read_documents
from tests.testbed.programs import Outcome, run, succeeded

REPOSITORY = Path(__file__).parents[2]
LIBRARY = REPOSITORY / "charts" / "express-revisions"
EXAMPLES = REPOSITORY / "examples"
EXPRESS = EXAMPLES / "master_charts" / "express"
SYSTEM = EXAMPLES / "overlays" / "yul1" / "systemdcrtest3" / "values.yaml"
WAVE = "argocd.argoproj.io/sync-wave"


@dataclass(frozen=True, slots=True)
class Rendering:
    """What `helm template` wrote: its text, and the objects in it, in helm's order."""

    text: str
    objects: list[Any]

    @property
    def config_maps(self) -> list[Any]:
        """The ConfigMaps that hold revisions."""
        label = "express.example.com/revisions"
        return [found for found in self.objects if found["metadata"].get("labels", {}).get(label) == "true"]

    @property
    def resources(self) -> dict[str, Any]:
        """The custom resources, by name."""
        return {
            found["metadata"]["name"]: found
            for found in self.objects
            if found["apiVersion"].startswith("express.example.com/")
        }

    @property
    def jobs(self) -> list[Any]:
        """The hooks that await nodes, by their waves."""
        return sorted((found for found in self.objects if found["kind"] == "Job"), key=wave_of)

    @property
    def entries(self) -> dict[str, str]:
        """Every key of every ConfigMap that holds revisions; a key in two of them is an error."""
        entries: dict[str, str] = {}
        for found in self.config_maps:
            assert not entries.keys() & found["data"].keys()
            entries |= found["data"]
        return entries

    @property
    def revisions(self) -> dict[str, str]:
        """The stored revisions, by node."""
        return {key[: -len(".revision")]: text for key, text in self.entries.items() if key.endswith(".revision")}

    @property
    def data(self) -> dict[str, str]:
        """The stored JSON, by node."""
        return {key[: -len(".json")]: text for key, text in self.entries.items() if key.endswith(".json")}


@dataclass(frozen=True, slots=True)
class Charts:
    """A helm, and a folder of the test's own in which values and charts may be laid down."""

    helm: Path
    folder: Path

    def template(self, chart: Path, *arguments: str | Path, release: str = "foo", zone: str = "UTC") -> Outcome:
        """Run `helm template`, far from any cluster and any settings."""
        home = self.folder / "home"
        environment = {"HOME": str(home), "PATH": "/usr/bin:/bin", "TZ": zone}
        return run([self.helm, "template", release, chart, *arguments], environment)

    def render(self, chart: Path, *arguments: str | Path, release: str = "foo", zone: str = "UTC") -> Rendering:
        """Run `helm template`, and fail with helm's words if it does."""
        outcome = self.template(chart, *arguments, release=release, zone=zone)
        text = succeeded(outcome, f"helm template of {chart.name}").stdout
        return Rendering(text, [document.value for document in read_documents(text, "rendering")])

    def example(self, *arguments: str | Path, values: object = None) -> Rendering:
        """Render the example system, with `values` over its own."""
        more: list[str | Path] = [] if values is None else ["--values", self.values(values)]
        return self.render(EXPRESS, "--values", SYSTEM, *more, *arguments)

    def values(self, values: object) -> Path:
        """Write values to a file and return it.

        JSON is YAML, and says exactly what is meant, but for the surrogate pairs that json escapes characters with.
        """
        path = self.folder / "values.json"
        text = re.sub("[\x7f-\uffff]", lambda found: f"\\u{ord(found[0]):04x}", json.dumps(values, ensure_ascii=False))
        path.write_text(text, encoding="utf-8")
        return path

    def copy(self, chart: Path) -> Path:
        """Return a copy of a chart, to be changed."""
        return Path(shutil.copytree(chart, self.folder / f"{chart.name}-copy"))

    def bare(self, template: str = "") -> Path:
        """Return a chart that hands `.Values.nodes` to the library as they are, and does nothing else.

        `template` runs before, and may change `$nodes`.
        """
        chart = self.folder / "bare"
        (chart / "templates").mkdir(parents=True)
        (chart / "Chart.yaml").write_text("{apiVersion: v2, name: bare, version: 1.0.0}", encoding="utf-8")
        shutil.copytree(LIBRARY, chart / "charts" / LIBRARY.name)
        before = "{{- $nodes := .Values.nodes -}}" + template
        (chart / "templates" / "nodes.yaml").write_text(before + _BARE, encoding="utf-8")
        return chart

    def bare_nodes(self, nodes: list[Any], template: str = "", **values: object) -> Rendering:
        """Render these nodes by the library alone, with further values if any."""
        return self.render(self.bare(template), "--values", self.values({"nodes": nodes, **values}))

    def refusal(self, nodes: list[Any], template: str = "") -> str:
        """Return what helm says of nodes that the library refuses."""
        outcome = self.template(self.bare(template), "--values", self.values({"nodes": nodes}))
        assert outcome.code != 0
        assert outcome.stdout == ""
        return outcome.stderr


_BARE = """
{{- $system := dict "kinds" (list "Backend" "Frontend") "nodes" $nodes -}}
{{- include "express-revisions.compute" $system -}}
{{- include "express-revisions.configMaps" $system }}
{{- range $node := $system.ordered }}
---
apiVersion: express.example.com/v1
kind: {{ $node.kind }}
metadata:
  name: {{ $node.name | quote }}
  annotations:
    {{- include "express-revisions.wave" $node | nindent 4 }}
spec:
  {{- $node.spec | nindent 2 }}
{{- end }}
{{- include "express-revisions.gates" (dict "system" $system "root" $) }}
"""


def wave_of(found: Any) -> int:
    """Return the sync wave of an object."""
    return int(found["metadata"]["annotations"][WAVE])


def backend(name: str, **data: object) -> dict[str, object]:
    """Return a node for the library."""
    return {"name": name, "kind": "Backend", "data": data}
