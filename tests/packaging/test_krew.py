from __future__ import annotations

import hashlib
import itertools
import re
import subprocess
import tarfile
from typing import TYPE_CHECKING, Any

import pytest
import yaml

import kubectl_express

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def manifest(built: Path) -> dict[str, Any]:
    """Return the manifest that build.sh fills in, and that krew wants named as the plugin."""
    loaded: dict[str, Any] = yaml.safe_load((built / "dist" / "express.yaml").read_text(encoding="utf-8"))
    return loaded


def test_the_manifest_names_the_plugin_and_this_version(manifest: dict[str, Any]) -> None:
    assert manifest["apiVersion"] == "krew.googlecontainertools.github.com/v1alpha2"
    assert manifest["kind"] == "Plugin"
    assert manifest["metadata"] == {"name": "express"}
    assert manifest["spec"]["version"] == f"v{kubectl_express.__version__}"
    assert re.fullmatch(r"v\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?", manifest["spec"]["version"])


def test_the_descriptions_are_what_krew_shows(manifest: dict[str, Any]) -> None:
    spec = manifest["spec"]
    assert 0 < len(spec["shortDescription"]) <= 50
    assert "\n" not in spec["shortDescription"]
    assert spec["homepage"].startswith("https://")


def test_every_platform_gets_the_archive_that_was_built(manifest: dict[str, Any], built: Path) -> None:
    archive = built / "dist" / "kubectl-express.tar.gz"
    sha256 = hashlib.sha256(archive.read_bytes()).hexdigest()
    with tarfile.open(archive) as opened:
        names = opened.getnames()
    for platform in manifest["spec"]["platforms"]:
        assert platform["sha256"] == sha256
        assert re.fullmatch(r"https://\S+/v[^/]+/kubectl-express\.tar\.gz", platform["uri"])
        assert {file["to"] for file in platform["files"]} == {"."}
        assert sorted(file["from"] for file in platform["files"]) == sorted(names)
        assert platform["bin"] in names


def test_each_of_the_four_platforms_is_offered_once_and_no_other(manifest: dict[str, Any]) -> None:
    offered: list[tuple[str, str]] = []
    for platform in manifest["spec"]["platforms"]:
        chosen = {each["key"]: each["values"] for each in platform["selector"]["matchExpressions"]}
        assert {each["operator"] for each in platform["selector"]["matchExpressions"]} == {"In"}
        offered += itertools.product(chosen["os"], chosen["arch"])
    assert sorted(offered) == [("darwin", "amd64"), ("darwin", "arm64"), ("linux", "amd64"), ("linux", "arm64")]


def test_the_archive_is_told_by_its_bytes(built: Path) -> None:
    assert (built / "dist" / "kubectl-express.tar.gz").read_bytes().startswith(b"\x1f\x8b\x08")


def test_the_archive_may_stand_elsewhere_but_only_behind_https(built: Path) -> None:
    krew = str(built / "packaging" / "krew")
    address = "https://downloads.example.com/kubectl-express/v1/kubectl-express.tar.gz"
    manifest = built / "dist" / "express.yaml"
    of_the_build = manifest.read_bytes()
    subprocess.run([krew, address], check=True, capture_output=True)
    assert f"uri: {address}\n" in manifest.read_text(encoding="utf-8")
    subprocess.run([krew], check=True, capture_output=True)
    assert manifest.read_bytes() == of_the_build
    refused = subprocess.run([krew, "http://example.com/a.tar.gz"], capture_output=True, text=True, check=False)
    assert (refused.returncode, refused.stderr) == (2, "error: http://example.com/a.tar.gz is not an https address\n")
