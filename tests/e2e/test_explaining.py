"""What a wrong revision is made of, told of the example chart with one fault of each kind put into its templates."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.testbed.examples import commit
from tests.testbed.programs import run, succeeded

if TYPE_CHECKING:
    from tests.testbed.express import Express

TEMPLATES = Path("master_charts/express/charts/express-revisions/templates")
REVISION, CONFIG_MAPS, SYSTEM = TEMPLATES / "_revision.tpl", TEMPLATES / "_configmaps.tpl", TEMPLATES / "_system.tpl"
VALUES = Path("overlays/fra2/systemdcrtest3/values.yaml")
FRA2 = ("--context", "fra2", "--system", "systemdcrtest3")
HASHED = '{{- $revision := include "express-revisions.hash" $json -}}'
ENCODED = "{{- $json := toJson .data -}}"
Document = Any


def edit(example: Path, name: Path, old: str, new: str) -> None:
    """Replace the one place where `old` stands in a file of the example."""
    text = (example / name).read_text()
    assert text.count(old) == 1, f"{old} in {name}"
    (example / name).write_text(text.replace(old, new))


def stored(express: Express, example: Path) -> dict[str, str]:
    """Return what the chart stores, as helm itself renders it: the entries of all ConfigMaps of revisions."""
    command: list[str | Path] = ["helm", "template", "systemdcrtest3", "master_charts/express", "--values", str(VALUES)]
    rendered = succeeded(run(command, express.environment(), example), "helm").stdout
    entries: dict[str, str] = {}
    for found in yaml.safe_load_all(rendered):
        if found and found["metadata"]["name"].startswith("express-revisions"):
            entries |= found["data"]
    return entries


def lines(express: Express, example: Path, *arguments: str, of: str = "be1") -> list[str]:
    """Return what `verify` says of one node, without its name."""
    outcome = express("verify", *arguments, cwd=example)
    assert (outcome.code, outcome.stderr) == (3, "")
    return [line.removeprefix(f"{of}: ") for line in outcome.stdout.splitlines() if line.startswith(f"{of}: ")]


def inspected(express: Express, example: Path, *arguments: str) -> Document:
    """Return a node's first fault as `inspect` prints it for programs, and what it prints for people."""
    document = express("inspect", "be1", *arguments, "-o", "json", cwd=example).json()
    return document["systems"][0]["nodes"][0]["faults"][0], express("inspect", "be1", *arguments, cwd=example).stdout


def changed(express: Express, example: Path, *arguments: str) -> tuple[Document, str]:
    """Return the node be1 as `diff` against the last commit prints it for programs, and what it prints for people."""
    command = ("diff", *FRA2, "--against", "git:HEAD", *arguments)
    document = express(*command, "-o", "json", cwd=example).json()
    (node,) = (each for each in document["systems"][0]["nodes"] if each["node"] == "be1")
    return node, express(*command, cwd=example).stdout


def related(express: Express, example: Path, node: Document) -> list[str]:
    """Return what `inspect` of be1 against the last commit prints for people; for programs it has to be as in `diff`.

    It judges nothing, whatever it finds.
    """
    command = ("inspect", "be1", *FRA2, "--against", "git:HEAD")
    outcomes = [express(*command, cwd=example), express(*command, "-o", "json", cwd=example)]
    assert [(each.code, each.stderr) for each in outcomes] == [(0, "")] * 2
    (inspected,) = outcomes[1].json()["systems"][0]["nodes"]
    told = ("change", "restart", "changes", "cause", "difference", "baseline")
    assert inspected["comparison"] == {"against": "git:HEAD", **{name: node[name] for name in told}}
    return outcomes[0].stdout.splitlines()


def row(text: str, first: str) -> list[str]:
    """Return the cells of the table row that begins so."""
    (found,) = (line.split() for line in text.splitlines() if line.startswith(f"{first} "))
    return found


def test_a_newline_in_the_hashed_text_is_named_with_its_byte(express: Express, example: Path) -> None:
    size = len(stored(express, example)["be1.json"].encode())
    edit(example, REVISION, "sha256sum .", "println . | sha256sum")
    (line,) = lines(express, example, *FRA2)
    assert line.endswith(
        "the chart hashes other bytes than it stores: the data with a trailing newline has the stored revision; "
        f"same parameters, written otherwise: a newline behind the end of the hashed text (byte {size + 1})"
    )
    fault, shown = inspected(express, example, "--chart", *FRA2)
    assert (fault["fault"], fault["difference"]) == (
        "mismatch",
        {
            "of": "representation",
            "between": ["stored text", "hashed text"],
            "parameters": [],
            "spellings": [{"writing": "end", "path": "", "texts": ["", "\n"], "bytes": [size + 1, size + 1]}],
        },
    )
    assert line in shown
    assert row(shown, "end") == ["end", "-", str(size + 1), "nothing", "a", "newline"]


def test_escapes_that_are_hashed_and_not_stored_are_all_listed(express: Express, example: Path) -> None:
    edit(example, VALUES, "  be1: {}", "  be1: {motd: '<é> & <', zone: fra2-a}")
    edit(example, CONFIG_MAPS, "{{ .json | quote }}", "{{ toRawJson .data | quote }}")
    at = stored(express, example)["be1.json"].encode().index(b'"motd":"<') + len('"motd":"') + 1
    (line,) = lines(express, example, *FRA2)
    assert line.endswith(
        "the data as toJson writes it has the stored revision; same parameters, written otherwise: "
        f"< in the stored text and \\u003c in the hashed text at /motd (byte {at})"
    )
    fault, shown = inspected(express, example, "--chart", *FRA2)
    assert fault["difference"]["spellings"] == [
        {"writing": "escape", "path": "/motd", "texts": ["<", "\\u003c"], "bytes": [at, at]}
    ]
    assert row(shown, "escape") == ["escape", "/motd", str(at), "<", "\\u003c"]


def test_a_number_written_otherwise_than_at_a_git_revision_restarts_for_nothing(
    express: Express, example: Path
) -> None:
    # A chart that puts its JSON together by hand: what `%v` prints of a float, JSON takes too.
    by_hand = '{{- $json := toJson .data | replace "\\"maxMessages\\":1000000" (printf "\\"maxMessages\\":%v" 1e6) -}}'
    edit(example, REVISION, ENCODED, by_hand)
    before = stored(express, example)["be1.json"]
    commit(example, "JSON by hand")
    edit(example, REVISION, by_hand, ENCODED)
    at = before.encode().index(b"1e+06") + 1
    told = (
        "unneeded: the revision changes and the data does not, a restart for nothing; same parameters, written "
        f"otherwise: 1e+06 in the baseline and 1000000 in the target at /maxMessages (byte {at})"
    )
    assert lines(express, example, *FRA2, "--against", "git:HEAD") == [told]
    node, shown = changed(express, example)
    assert (node["change"], node["restart"], node["changes"]) == ("unneeded", True, [])
    assert node["difference"] == {
        "of": "representation",
        "between": ["baseline", "target"],
        "parameters": [],
        "spellings": [{"writing": "number", "path": "/maxMessages", "texts": ["1e+06", "1000000"], "bytes": [at, at]}],
    }
    assert f"be1: {told}" in shown.splitlines()
    told_of_one = related(express, example, node)
    step = f"{node['baseline']['declared']} -> {node['target']['declared']}"
    assert f"Change:     unneeded: {step}, so the pod will be replaced" in told_of_one
    assert told in told_of_one
    assert row("\n".join(told_of_one), "number") == ["number", "/maxMessages", str(at), "1e+06", "1000000"]


def test_keys_in_another_order_than_at_a_git_revision_restart_for_nothing(express: Express, example: Path) -> None:
    zone_first = (
        '{{- $json := printf "{\\"zone\\":%s,%s" (toJson .data.zone) (toJson (omit .data "zone") | trimPrefix "{") -}}'
    )
    edit(example, REVISION, ENCODED, zone_first)
    commit(example, "Zone first")
    edit(example, REVISION, zone_first, ENCODED)
    (line,) = lines(express, example, *FRA2, "--against", "git:HEAD")
    assert line.endswith(
        'written otherwise: "zone" stands before "cacheBytes" in the baseline and behind it in the target (byte 2)'
    )
    node, _ = changed(express, example)
    assert [each["writing"] for each in node["difference"]["spellings"]] == ["order"]


def test_a_revision_hashed_without_one_parameter_misses_its_change(express: Express, example: Path) -> None:
    edit(example, SYSTEM, HASHED, HASHED.replace("$json", '(toJson (omit .data "zone"))'))
    (line,) = lines(express, example, *FRA2)
    assert line.endswith(
        "the chart hashes only part of the data: without /zone it has the stored revision; "
        'parameters differ: "fra2-a" in the stored text and none in the hashed text at /zone'
    )
    commit(example, "Zone is not hashed")
    edit(example, VALUES, "  be1: {}", "  be1: {zone: fra2-b}")
    _, line = lines(express, example, *FRA2, "--against", "git:HEAD")
    assert line == (
        "missed: the data changes and the revision does not, so it never reaches the pod; "
        "the chart hashes only part of the data: without /zone it has the same revision; "
        'parameters differ: "fra2-a" in the baseline and "fra2-b" in the target at /zone'
    )
    node, shown = changed(express, example)
    assert (node["change"], node["difference"]["of"]) == ("missed", "meaning")
    assert node["difference"]["parameters"] == node["changes"] == [{"path": "/zone", "old": "fra2-a", "new": "fra2-b"}]
    assert f"be1: {line}" in shown.splitlines()
    told_of_one = related(express, example, node)
    assert f"Change:     missed: {node['target']['declared']}" in told_of_one
    assert line in told_of_one
    assert 'parameter     /zone  -       "fra2-a"    "fra2-b"' in told_of_one


def test_a_hard_coded_revision_is_known_by_the_nodes_that_share_it(express: Express, example: Path) -> None:
    edit(example, SYSTEM, HASHED, '{{- $revision := "0123456789" -}}')
    (line,) = lines(express, example, *FRA2)
    assert line.endswith("cause unknown: no text tried has the stored revision, so there is none to compare")
    assert inspected(express, example, "--chart", *FRA2)[0]["difference"] is None
    commit(example, "A revision for all")
    edit(example, VALUES, "  be1: {}", "  be1: {zone: fra2-b, cacheBytes: 1}")
    _, line = lines(express, example, *FRA2, "--against", "git:HEAD")
    assert line.endswith(
        "it is no hash of the whole data: be2, fe1 and fe2 have the same revision for other data; "
        "parameters differ: 5368709120 in the baseline and 1 in the target at /cacheBytes, and 1 more"
    )


@pytest.mark.parametrize("redacted", [False, True])
def test_a_resource_of_other_parameters_shows_both_values_of_each_or_of_none_that_is_redacted(
    express: Express, example: Path, *, redacted: bool
) -> None:
    edit(
        example,
        SYSTEM,
        '(include "express-revisions.yaml" $spec)',
        '(include "express-revisions.yaml" (merge (dict "zone" 7 "samplingRate" "0.25") $spec))',
    )
    if redacted:
        (example / ".express.yaml").write_text("redact: [/samplingRate]\n")
    old, new = ("(redacted)", "(redacted)") if redacted else (0.25, "0.25")
    fault, shown = inspected(express, example, "--chart", *FRA2)
    assert fault["difference"]["parameters"] == [
        {"path": "/samplingRate", "old": old, "new": new},
        {"path": "/zone", "old": "fra2-a", "new": 7},
    ]
    first = (
        '"(redacted)" in the data and "(redacted)" in the resource'
        if redacted
        else '0.25 (a number) in the data and "0.25" (a string) in the resource'
    )
    (line,) = lines(express, example, *FRA2)
    assert line == (
        f"disagree: Backend/be1 has other parameters than the data; parameters differ: {first} at /samplingRate,"
        " and 1 more"
    )
    assert line in shown
    assert [each.split() for each in shown.splitlines() if each.startswith("parameter ")] == [
        ["parameter", "/samplingRate", "-", json.dumps(old), json.dumps(new)],
        ["parameter", "/zone", "-", '"fra2-a"', "7"],
    ]
