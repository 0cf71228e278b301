from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kubectl_express.core.hashing import ALGORITHMS, HashMethod
from kubectl_express.sources.configuration import CONFIG_NAME
from kubectl_express.sources.repository import holds
from tests.sources.configured import loaded, refusal

if TYPE_CHECKING:
    from pathlib import Path

UNKNOWN = "expected a known key"
ESCAPE = "expected a relative path that stays in the repository, links included, found"
SCALAR = "(quotes make it a string)"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("kind: [A]", f"1: kind: {UNKNOWN} (kinds?), found an unknown one"),
        ("config_maps: {}", f"1: config_maps: {UNKNOWN} (configMaps?), found an unknown one"),
        ("pods:\n  pernode: 2", f"2: pods.pernode: {UNKNOWN} (pods.perNode?), found an unknown one"),
        ("\nkubeVersion: '1.33'", f"2: kubeVersion: {UNKNOWN} (helm.kubeVersion?), found an unknown one"),
        ("hash: {salt: x}", f"1: hash.salt: {UNKNOWN} (algorithm, length), found an unknown one"),
        ("<<: {chart: x}", f"1: <<: {UNKNOWN} (chart, values, "),
        ("? [a]\n: b", "1: expected a key, found a list"),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest_one(tmp_path: Path, text: str, message: str) -> None:
    assert refusal(tmp_path, text).startswith(f"{CONFIG_NAME}:{message}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- chart", "1: expected a mapping, found a list"),
        ("chart", '1: expected a mapping, found "chart"'),
        ("helm: 3", "1: helm: expected a mapping, found the number 3"),
        ("chart:", "1: chart: expected a path without placeholders, found nothing"),
        ("chart: !secret x", '1: chart: expected a path without placeholders, found "x" tagged !secret'),
        ("values: a.yaml", '1: values: expected a list of at least one values file, found "a.yaml"'),
        ("values: []", "1: values: expected a list of at least one values file, found an empty list"),
        (
            "helm:\n  apiVersions:\n    - v1\n    - 2",
            f"4: helm.apiVersions[1]: expected a string, found the number 2 {SCALAR}",
        ),
        (
            "helm: {version: 3.14 or later}",
            '1: helm.version: expected versions such as >=3.14 <5, found "3.14 or later"',
        ),
        ("helm: {includeCRDs: 'true'}", '1: helm.includeCRDs: expected true or false, found "true"'),
        (
            "helm: {kubeVersion: 1.33}",
            f"1: helm.kubeVersion: expected a version such as 1.33, found the number 1.33 {SCALAR}",
        ),
        ("version: on", f"1: version: expected an API version such as v1, found the boolean on {SCALAR}"),
        ("sites: [yul1]", "1: sites: expected a mapping, found a list"),
        (
            "sites:\n  prod: 1",
            f"2: sites.prod: expected a site's name, no path that leads upward, found the number 1 {SCALAR}",
        ),
        ("pods: {perNode: true}", "1: pods.perNode: expected a whole number of at least 1, found the boolean true"),
        ("pods: {perNode: 0}", "1: pods.perNode: expected a whole number of at least 1, found the number 0"),
        ("pods: {perNode: 1.5}", "1: pods.perNode: expected a whole number of at least 1, found the number 1.5"),
        ("pods: {perNode: 010}", "1: pods.perNode: expected a whole number of at least 1, found the number 010"),
        ("redact: /password", '1: redact: expected a list of JSON Pointers, found "/password"'),
        ("group: Express", '1: group: expected an API group such as express.example.com, found "Express"'),
    ],
)
def test_a_wrong_type_is_refused(tmp_path: Path, text: str, message: str) -> None:
    assert refusal(tmp_path, text) == f"{CONFIG_NAME}:{message}"


@pytest.mark.parametrize("pointer", ["spec", "", "/", "/a/", "/a~2", "/a~", "/a//b"])
@pytest.mark.parametrize("text", ['revision: {{path: "{}"}}', 'revision: {{data: "{}"}}', 'redact: ["{}"]'])
def test_a_bad_json_pointer_is_refused(tmp_path: Path, text: str, pointer: str) -> None:
    assert refusal(tmp_path, text.format(pointer)).endswith(
        f'expected a JSON Pointer such as /spec/image, found "{pointer}"'
    )


def test_an_escaped_json_pointer_is_taken_as_it_stands(tmp_path: Path) -> None:
    assert loaded(tmp_path, "redact: [/labels/a~1b~0c/0]").redact == ("/labels/a~1b~0c/0",)


@pytest.mark.parametrize(
    "template", ["{site}", "{}", "{0}", "{system!r}", "{system:>9}", "{{system}}", "{system", "a}", ""]
)
@pytest.mark.parametrize("text", ['values: ["{}"]', 'release: "{}"', 'namespace: "{}"'])
def test_an_unknown_placeholder_is_refused(tmp_path: Path, text: str, template: str) -> None:
    message = refusal(tmp_path, text.replace("{}", template))
    assert message.endswith(f'with no placeholders but {{context}} and {{system}}, found "{template}"')


def test_an_unquoted_placeholder_is_refused_with_the_hint_that_quotes_are_missing(tmp_path: Path) -> None:
    assert refusal(tmp_path, "release: {system}").endswith(f"found a mapping {SCALAR}")


def test_a_release_name_cannot_become_an_option_of_helm(tmp_path: Path) -> None:
    assert "release: expected a name" in refusal(tmp_path, "release: --post-renderer")


@pytest.mark.parametrize(
    "template",
    [
        *("revision", "{node}{node}", "{system}", "{node}-{system}", "{node}/revision", "{Node}"),
        *("nodes.json#", "nodes.json#/all", "#/{node}", "nodes.json#{node}", "{node}.json#/data", "{node}#/{node}"),
        *("nodes.json#/{node}/{node}", "nodes.json#/x{node}", "nodes.json#/{node}//data", "nodes.json#/{node}/~2"),
    ],
)
@pytest.mark.parametrize("key", ["revisionKey", "dataKey"])
def test_a_key_without_exactly_one_node_is_refused(tmp_path: Path, key: str, template: str) -> None:
    message = refusal(tmp_path, f'\nconfigMaps:\n  {key}: "{template}"')
    wanted = "expected a ConfigMap key with {node} in it once, or a place as nodes.json#/{node}/data"
    expected = f'{wanted}, found "{template}"'
    assert message == f"{CONFIG_NAME}:3: configMaps.{key}: {expected}"


@pytest.mark.parametrize(
    "text",
    [
        *('{revisionKey: "{node}.json"}', '{dataKey: "{node}"}', '{revisionKey: "x.{node}.json"}'),
        '{revisionKey: "{node}.json", dataKey: "nodes.json#/{node}"}',
        '{revisionKey: "n#/{node}", dataKey: "n#/{node}/data"}',
        '{revisionKey: "n#/{node}/revision", dataKey: "n#/{node}/revision"}',
        '{revisionKey: "n#/revisions/{node}", dataKey: "n#/{node}"}',
        '{revisionKey: "n#/revisions/{node}", dataKey: "n#/{node}/data"}',
    ],
)
def test_keys_that_could_be_taken_for_each_other_are_refused(tmp_path: Path, text: str) -> None:
    assert "expected keys that cannot be taken for each other" in refusal(tmp_path, f"configMaps: {text}")


@pytest.mark.parametrize(
    "keys",
    [
        ("nodes.json#/{node}/revision", "nodes.json#/{node}/data"),
        ("state#/revisions/{node}", "state#/data/{node}"),
        ("revisions.json#/{node}", "data.json#/{node}"),
        ("{node}.revision", "nodes.json#/all~1of~0them/{node}/0"),
        ("n#/{node}", "{node}.json"),
    ],
)
def test_keys_may_be_places_in_json_that_one_key_holds(tmp_path: Path, keys: tuple[str, str]) -> None:
    settings = loaded(tmp_path, 'configMaps: {{revisionKey: "{}", dataKey: "{}"}}'.format(*keys)).revisions
    assert (settings.revision_key, settings.data_key) == keys


def test_an_unknown_hash_algorithm_is_refused_with_the_nearest_one(tmp_path: Path) -> None:
    expected = f'expected one of {", ".join(ALGORITHMS)} (sha256?), found "sha265"'
    assert refusal(tmp_path, "hash:\n  algorithm: sha265") == f"{CONFIG_NAME}:2: hash.algorithm: {expected}"


@pytest.mark.parametrize(
    ("algorithm", "longest"), [("sha256", 64), ("sha1", 40), ("sha512", 128), ("md5", 32), ("adler32", 10)]
)
def test_a_revision_is_at_most_as_long_as_its_hash(tmp_path: Path, algorithm: str, longest: int) -> None:
    text = f"hash:\n  length: {{}}\n  algorithm: {algorithm}"
    assert loaded(tmp_path, text.format(longest)).revisions.hash == HashMethod(algorithm, longest)
    expected = f"expected at most the {longest} characters of {algorithm}, found {longest + 1}"
    assert refusal(tmp_path, text.format(longest + 1)) == f"{CONFIG_NAME}:3: hash.algorithm: {expected}"


def test_no_length_keeps_the_whole_hash(tmp_path: Path) -> None:
    assert loaded(tmp_path, "hash: {length: null}").revisions.hash == HashMethod("sha256", None)


@pytest.mark.parametrize(
    ("kinds", "message"),
    [
        ("[]", "kinds: expected a list of at least one kind, found an empty list"),
        ('[Backend, ""]', 'kinds[1]: expected a kind such as Backend, found ""'),
        ("[Backend, Frontend, Backend]", 'kinds[2]: expected each once, found "Backend" again'),
    ],
)
def test_an_empty_or_repeated_kind_is_refused(tmp_path: Path, kinds: str, message: str) -> None:
    assert refusal(tmp_path, f"kinds: {kinds}") == f"{CONFIG_NAME}:1: {message}"


@pytest.mark.parametrize("selector", ["a", "a==b", "a=b,c=d", "=b", "a in (b)", "a=b c", "a/b/c=d", "!a", ""])
def test_a_selector_that_is_not_one_label_is_refused(tmp_path: Path, selector: str) -> None:
    message = refusal(tmp_path, f'configMaps: {{selector: "{selector}"}}')
    assert message.endswith(f'configMaps.selector: expected one label as key=value, found "{selector}"')


def test_settings_that_contradict_each_other_are_refused_at_the_line_that_brought_it_about(tmp_path: Path) -> None:
    inside = refusal(tmp_path, "revision:\n  path: /spec\n  data: /spec/parameters")
    assert inside.startswith(f"{CONFIG_NAME}:3: revision.data: expected a revision that does not hold the data")
    labels = refusal(tmp_path, "\npods:\n  nodeLabel: express.example.com/deployment-revision")
    assert labels.startswith(f"{CONFIG_NAME}:3: pods.nodeLabel: expected two labels")


@pytest.mark.parametrize("path", ["/etc", "..", "../charts", "charts/../../charts", "./.."])
@pytest.mark.parametrize("text", ["chart: {}", 'values: ["{}"]'])
def test_a_path_that_leaves_the_repository_is_refused(tmp_path: Path, text: str, path: str) -> None:
    assert refusal(tmp_path, text.format(path)).endswith(f'{ESCAPE} "{path}"')


def test_a_template_that_leaves_the_repository_is_refused(tmp_path: Path) -> None:
    assert ESCAPE in refusal(tmp_path, 'values: ["{context}/../../values.yaml"]')
    assert loaded(tmp_path, 'values: ["overlays/{context}/../all.yaml"]').chart.values


def test_a_path_that_leaves_the_repository_through_a_link_is_refused(tmp_path: Path) -> None:
    repository, outside = tmp_path / "repository", tmp_path / "outside"
    for folder in (repository / "charts", outside):
        folder.mkdir(parents=True)
    (repository / "away").symlink_to(outside)
    (repository / "inside").symlink_to("charts")
    (repository / "loop").symlink_to("loop")
    assert ESCAPE in refusal(repository, "chart: away/chart")
    assert ESCAPE in refusal(repository, 'values: ["away/{system}.yaml"]')
    assert loaded(repository, "chart: inside/chart").chart.path == "inside/chart"
    assert not holds(repository, "away")
    assert holds(repository, "loop")
    assert holds(repository, ".")


@pytest.mark.parametrize("site", ["..", "../a", "a/../..", "/a", "", "{system}"])
def test_a_site_that_leads_upward_is_refused(tmp_path: Path, site: str) -> None:
    assert "sites.prod: expected a site's name" in refusal(tmp_path, f'sites: {{prod: "{site}"}}')
