from __future__ import annotations

import dataclasses
import re
import subprocess
import sys
from pathlib import Path

import pytest

from kubectl_express.core.hashing import HashMethod
from kubectl_express.core.settings import Settings
from kubectl_express.errors import ExpressError
from kubectl_express.sources.configuration import CONFIG_NAME, find, load
from tests.configuration_reference import DOCUMENT, example
from tests.sources.configured import loaded, refusal, written


def leaves(settings: object, name: str = "") -> dict[str, object]:
    if not dataclasses.is_dataclass(settings):
        return {name: settings}
    found: dict[str, object] = {}
    for field in dataclasses.fields(settings):
        found |= leaves(getattr(settings, field.name), f"{name}.{field.name}")
    return found


def test_no_file_means_the_defaults() -> None:
    assert load(None) == Settings()


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "---\n", "null", "helm:\nhash:\n  # length: 3\n", "{}"])
def test_an_empty_file_or_section_means_the_defaults(tmp_path: Path, text: str) -> None:
    assert loaded(tmp_path, text) == Settings()


def test_the_documented_other_layout_changes_every_setting(tmp_path: Path) -> None:
    changed, default = leaves(loaded(tmp_path, example(DOCUMENT.read_text(encoding="utf-8")))), leaves(Settings())
    assert [name for name in default if changed[name] == default[name]] == []


def test_each_key_fills_its_own_setting(tmp_path: Path) -> None:
    settings = loaded(tmp_path, example(DOCUMENT.read_text(encoding="utf-8")))
    assert settings.chart.path == "charts/fleet"
    assert settings.chart.values == ("values/common.yaml", "values/{context}/{system}.yaml")
    assert settings.site("arn:aws:eks:eu-west-1:123456789012:cluster/prod") == "yul1"
    assert (settings.chart.release, settings.chart.namespace) == ("fleet-{system}", "{system}-{context}")
    assert (settings.chart.kube_version, settings.chart.include_crds) == ("1.33", True)
    assert settings.chart.api_versions == ("monitoring.coreos.com/v1",)
    assert (settings.resources.group, settings.resources.version) == ("fleet.example.org", "v1beta1")
    assert settings.resources.kinds == ("Database", "Worker", "Gateway")
    assert settings.resources.revision_path == "/spec/rollout/revision"
    assert settings.resources.data_path == "/spec/parameters"
    assert settings.resources.order_annotation == "fleet.example.org/order"
    assert settings.revisions.selector == "fleet.example.org/hashes=kept"
    assert (settings.revisions.revision_key, settings.revisions.data_key) == ("hash.{node}", "data.{node}")
    assert settings.revisions.hash == HashMethod("sha1", 12)
    assert settings.pods.node_label == "fleet.example.org/name"
    assert settings.pods.revision_label == "fleet.example.org/revision"
    assert settings.pods.per_node == 2
    assert settings.redact == ("/environment/DB_PASSWORD",)


FAULTS = {
    "\n\nhelm: {kubeversion: '1'}\n": "3: helm.kubeversion: expected a known key (helm.kubeVersion?), found",
    "\nchart: ../c\n": '2: chart: expected a relative path that stays in the repository, links included, found "../c"',
    "\n\n\n\n\nhelm:\n  kubeVersion: 1.33\n": "7: helm.kubeVersion: expected a version such as 1.33, found the number",
}


@pytest.mark.parametrize("text", FAULTS)
def test_a_fault_is_told_with_its_line_its_key_and_what_was_expected(tmp_path: Path, text: str) -> None:
    assert refusal(tmp_path, text).startswith(f".express.yaml:{FAULTS[text]}")


def test_a_repository_behind_a_link_holds_its_own_charts(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert loaded(tmp_path / "link", "chart: charts/express").chart.path == "charts/express"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("chart: a\nkinds: [A]\nchart: b", "3: chart: expected this key once, found it again after line 1"),
        ("hash:\n  length: 3\n  length: 4", "3: hash.length: expected this key once, found it again after line 2"),
        ("sites:\n  a.b: c\n  a.b: c", "3: sites.a.b: expected this key once, found it again after line 2"),
    ],
)
def test_a_key_that_stands_there_twice_is_refused(tmp_path: Path, text: str, message: str) -> None:
    assert refusal(tmp_path, text) == f"{CONFIG_NAME}:{message}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("chart: a\nhelm: b: c", "2: expected one YAML document, found an error: mapping values are not allowed here"),
        ("chart: a\n\tb: c", "2: expected one YAML document, found an error: found character '\\t'"),
        ("chart: a\n---\nchart: b", "2: expected one YAML document, found an error: a second document"),
        ("chart: *a", "1: expected one YAML document, found an error: found undefined alias 'a'"),
        ("\nchart: \x01", "2: expected one YAML document, found an error: the character U+0001 is not allowed"),
        ("[" * 5000, "1: expected one YAML document, found an error: it is nested too deeply"),
    ],
)
def test_broken_yaml_is_refused_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    assert refusal(tmp_path, text).startswith(f"{CONFIG_NAME}:{message}")


def test_an_alias_to_what_it_stands_in_is_refused_and_ends(tmp_path: Path) -> None:
    assert "helm.kubeVersion: expected a version" in refusal(tmp_path, "helm: &a\n  kubeVersion: *a")


def test_a_file_in_another_encoding_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / CONFIG_NAME).write_bytes(b"chart: a\n# caf\xe9\n")
    with pytest.raises(ExpressError, match=re.escape(f"{CONFIG_NAME}:2: expected UTF-8, found the byte 0xe9")):
        load(tmp_path / CONFIG_NAME, tmp_path)


@pytest.mark.parametrize(
    "text", ["\ufeffchart: a\r\nversion: v2\r\n", "chart: a\nversion: v2", '{"chart": "a", "version": "v2"}']
)
def test_byte_order_mark_line_ends_and_json_are_yaml_too(tmp_path: Path, text: str) -> None:
    settings = loaded(tmp_path, text)
    assert (settings.chart.path, settings.resources.version) == ("a", "v2")


def test_the_nearest_file_upward_is_found(tmp_path: Path) -> None:
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    above = written(tmp_path, "")
    assert find(below) == above
    nearer = written(tmp_path / "a", "")
    assert find(below) == nearer
    assert find(tmp_path / "a") == nearer


def test_none_is_found_where_there_is_none(tmp_path: Path) -> None:
    assert find(tmp_path) is None


def test_a_broken_link_or_a_folder_of_the_name_is_found_and_refused_rather_than_passed_over(tmp_path: Path) -> None:
    link, folder = tmp_path / "a", tmp_path / "b"
    link.mkdir()
    (link / CONFIG_NAME).symlink_to("nowhere")
    (folder / CONFIG_NAME).mkdir(parents=True)
    for place, reason in ((link, "No such file or directory"), (folder, "Is a directory")):
        with pytest.raises(ExpressError, match=f"^{CONFIG_NAME}: the configuration cannot be read: {reason}$"):
            load(find(place), place)


def test_errors_name_the_file_as_seen_from_the_working_directory(tmp_path: Path) -> None:
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    path = written(tmp_path, "chart: 1")
    for given in (path, Path("../../.express.yaml")):
        with pytest.raises(ExpressError, match=r"^\.\./\.\./\.express\.yaml:1: chart: "):
            load(given, below)


def test_paths_count_from_the_file_not_from_the_working_directory(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/")
    below = tmp_path / "a"
    below.mkdir()
    written(tmp_path, "chart: link/etc")
    with pytest.raises(ExpressError, match="stays in the repository"):
        load(Path("..") / CONFIG_NAME, below)


def test_a_long_value_is_cut_in_the_message(tmp_path: Path) -> None:
    assert len(refusal(tmp_path, f"group: {'X' * 9000}")) < 200


def test_yaml_is_loaded_only_where_there_is_a_file() -> None:
    program = "import sys, kubectl_express.sources.configuration as c; c.load(None); sys.exit('yaml' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True, cwd=DOCUMENT.parents[1])
