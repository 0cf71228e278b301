from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.testbed.golang import parse_version
from tests.testbed.parts import PARTS, BuildError, Part, cache_folder, part, sources
from tests.testbed.programs import run

if TYPE_CHECKING:
    from pathlib import Path


def test_every_part_runs() -> None:
    said = {name: run([part(name), "version"], {"HOME": "/nonexistent"}).stdout for name in ("helm3", "helm4")}
    assert 'Version:"v3' in said["helm3"]
    assert 'Version:"v4' in said["helm4"]
    for name in ("etcd", "kube-apiserver"):
        assert run([part(name), "--version"], {}).code == 0
    assert "Client Version" in run([part("kubectl"), "version", "--client"], {}).stdout
    assert run([part("argocd"), "version", "--client"], {"HOME": "/nonexistent"}).stdout.startswith("argocd: v")


def test_a_machine_that_has_kubernetes_assets_uses_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = part("helm4")
    (tmp_path / "kubectl").touch()
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
    assert part("kubectl") == tmp_path / "kubectl"
    assert part("helm4") == built


@pytest.mark.parametrize(
    ("arguments", "needed"),
    [
        ([], True),
        (["-x", "-k", "health"], True),
        (["tests"], True),
        (["tests/argocd/test_health.py::test_one", "-q"], True),
        (["tests/core", "tests/testbed_tests/"], True),
        (["tests/core", "tests/e2e/test_walk.py"], False),
        (["tests/argocd_else"], False),
    ],
)
def test_tests_that_need_no_argo_cd_do_not_wait_for_it_to_be_built(arguments: list[str], needed: bool) -> None:
    assert PARTS["argocd"].needed(arguments) is needed
    assert PARTS["etcd"].needed(arguments)


def test_the_sources_of_a_part_hold_what_it_needs_besides_its_program() -> None:
    assert (sources("argocd", "github.com/argoproj/argo-cd/v3") / "manifests" / "crds").is_dir()


def test_a_part_that_cannot_be_built_says_why_and_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PARTS, "broken", Part("broken", "broken", "helm4", "helm.sh/helm/v4/cmd/nothing", 1))
    with pytest.raises(BuildError, match=r"broken: .* failed:\n(.|\n)*cmd/nothing"):
        part("broken")
    assert not list(cache_folder().glob("broken-*"))


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("go version go1.26.8 linux/amd64\n", (1, 26, 8)),
        ("go version go1.27rc1 linux/arm64\n", (1, 27)),
        ("module testbed/helm3\n\ngo 1.26.3\n", (1, 26, 3)),
        ("go: command not understood", ()),
    ],
)
def test_versions_of_go_are_read_where_go_writes_them(text: str, version: tuple[int, ...]) -> None:
    assert parse_version(text) == version
