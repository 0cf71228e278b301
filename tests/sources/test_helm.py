from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from kubectl_express.core.kubectl_yaml import read_documents
from kubectl_express.core.settings import ChartSettings
from kubectl_express.core.values import at
from kubectl_express.errors import ExpressError
from kubectl_express.sources import embedded
from kubectl_express.sources.embedded import EmbeddedHelm
from kubectl_express.sources.helm import HelmCommand, find_engine
from kubectl_express.sources.rendering import Release

if TYPE_CHECKING:
    from pathlib import Path

    from kubectl_express.core.values import Value
    from kubectl_express.sources.rendering import Engine, Rendering

TEMPLATE = """\
release: {{ .Release.Name }}
namespace: {{ .Release.Namespace }}
kube: {{ .Capabilities.KubeVersion.Version }}
extra: {{ .Capabilities.APIVersions.Has "example.com/v1/Widget" }}
values: {{ toJson .Values.given | quote }}
"""


def chart_in(folder: Path, template: str = TEMPLATE) -> Path:
    (folder / "templates").mkdir(parents=True)
    (folder / "crds").mkdir()
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: mini\nversion: 1.0.0\n")
    (folder / "values.yaml").write_text("given: {kept: 1, dropped: 2, nested: {a: 1, b: 2}, list: [1, 2]}\n")
    (folder / "templates" / "out.yaml").write_text(template)
    (folder / "templates" / "NOTES.txt").write_text("notes: are no manifest\n")
    (folder / "crds" / "crd.yaml").write_text("crd: true\n")
    return folder


def release(chart: Path, *values: str, options: ChartSettings | None = None) -> Release:
    paths = []
    for number, text in enumerate(values):
        paths.append(chart.parent / f'values {number}, "all" {{of}} them.yaml')
        paths[-1].write_text(text)
    return Release(chart, tuple(paths), "foo", "bar", options or ChartSettings())


def engine(helm: Path) -> HelmCommand:
    return HelmCommand(str(helm), {name: os.environ[name] for name in ("HOME", "PATH") if name in os.environ})


def said(rendering: Rendering, pointer: str) -> Value:
    return at(read_documents(rendering.text, "out")[-1].value, pointer)


def test_a_chart_is_rendered_as_helm_template_does_and_says_by_what(helm: Path, tmp_path: Path) -> None:
    rendering = engine(helm).render(release(chart_in(tmp_path / "mini")))
    assert (said(rendering, "/release"), said(rendering, "/namespace")) == ("foo", "bar")
    assert rendering.engine.startswith(("helm v3.", "helm v4."))
    assert rendering.command[:5] == ("helm", "template", "foo", str(tmp_path / "mini"), "--namespace")
    assert "crd: true" not in rendering.text
    assert "notes" not in rendering.text


OVERLAYS = ("given: {kept: null, nested: {b: 3}, list: [9]}\n", "given: {added: 1e6, nested: {c: null}}\n")
MERGED = '{"added":1000000,"dropped":2,"list":[9],"nested":{"a":1,"b":3,"c":null}}'


def test_values_files_are_merged_in_their_order_whatever_characters_their_paths_hold(
    helm: Path, tmp_path: Path
) -> None:
    rendering = engine(helm).render(release(chart_in(tmp_path / "mi, ni"), *OVERLAYS))
    assert said(rendering, "/values") == MERGED


def test_what_argo_cd_passes_is_passed_on(helm: Path, tmp_path: Path) -> None:
    options = replace(
        ChartSettings(), kube_version="1.29.3", api_versions=("example.com/v1/Widget", "b/v1"), include_crds=True
    )
    rendering = engine(helm).render(release(chart_in(tmp_path / "mini"), options=options))
    assert (said(rendering, "/kube"), said(rendering, "/extra")) == ("v1.29.3", True)
    assert "crd: true" in rendering.text


def test_a_failure_is_helm_s_own_message(helm: Path, tmp_path: Path) -> None:
    failing = chart_in(tmp_path / "mini", '{{ fail "be1 has no image" }}')
    with pytest.raises(ExpressError) as caught:
        engine(helm).render(release(failing))
    assert str(caught.value).startswith(f"rendering {failing}: helm failed: ")
    assert "be1 has no image" in str(caught.value)
    assert "Error: " not in str(caught.value)


def test_helm_on_the_path_goes_before_the_embedded_engine(helm: Path, tmp_path: Path) -> None:
    assert find_engine({"PATH": str(helm.parent)}) == HelmCommand(str(helm), {"PATH": str(helm.parent)})


def test_without_any_engine_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "available", lambda: False)
    with pytest.raises(ExpressError, match="helm is not on PATH, and this Python has no embedded engine: install helm"):
        find_engine({"PATH": str(tmp_path)})


def test_the_embedded_engine_renders_and_merges_as_helm_does(tmp_path: Path) -> None:
    found: Engine = find_engine({"PATH": str(tmp_path)})
    assert isinstance(found, EmbeddedHelm)
    rendering = found.render(release(chart_in(tmp_path / "mini"), *OVERLAYS))
    assert (said(rendering, "/release"), said(rendering, "/values")) == ("foo", MERGED)
    assert rendering.engine.startswith("embedded helm v")
    assert "notes" not in rendering.text


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (ChartSettings(kube_version="1.29"), "kubeVersion"),
        (ChartSettings(api_versions=("a/v1",), include_crds=True), "apiVersions and includeCRDs"),
    ],
)
def test_the_embedded_engine_refuses_what_it_cannot_be_told(tmp_path: Path, options: ChartSettings, named: str) -> None:
    with pytest.raises(ExpressError, match=f"the embedded helm cannot be told {named}, which .express.yaml sets"):
        EmbeddedHelm().render(release(chart_in(tmp_path / "mini"), options=options))


def test_the_embedded_engine_fails_with_helm_s_own_message(tmp_path: Path) -> None:
    failing = chart_in(tmp_path / "mini", '{{ fail "be1 has no image" }}')
    with pytest.raises(ExpressError, match="be1 has no image"):
        EmbeddedHelm().render(release(failing))


@pytest.mark.parametrize(
    ("variables", "values", "told"),
    [({}, "a: 1\n", "400"), ({"GOGC": "50"}, "a: 1\n", "50"), ({}, "a: 1\n" + "#" * 70_000, "its own")],
)
def test_helm_looks_for_garbage_less_often_where_there_is_little_and_nobody_has_said_how_often(
    tmp_path: Path, variables: dict[str, str], values: str, told: str
) -> None:
    program = tmp_path / "helm"
    program.write_text('#!/bin/sh\necho "told: ${GOGC:-its own}"\n')
    program.chmod(0o755)
    rendering = HelmCommand(str(program), variables).render(release(chart_in(tmp_path / "mini"), values))
    assert said(rendering, "/told") == (told if told == "its own" else int(told))
