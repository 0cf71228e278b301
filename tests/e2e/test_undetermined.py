"""`verify` finds the nodes whose revisions chart and values do not determine, and names what makes it so."""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING

import pytest

from tests.e2e.small_chart import CHART, small_chart

if TYPE_CHECKING:
    from pathlib import Path

    from tests.testbed.express import Express

VERIFY = ("verify", "--context", "yul1")
HELMS = pytest.mark.parametrize("helm", ["helm3", "helm4"])
FED = {
    "randAlphaNum": "randAlphaNum 4",
    "randAlpha": "4 | randAlpha",
    "randNumeric": "randNumeric 1",
    "randAscii": "randAscii 9",
    "randBytes": "randBytes 3",
    "randInt": "randInt 0 2",
    "shuffle": 'shuffle "ab"',
    "uuidv4": 'printf "%s-%s" "be" uuidv4',
    "now": 'now | date "2006"',
    "ago": 'toDate "2006" "2020" | ago',
    "genPrivateKey": 'genPrivateKey "ecdsa"',
    "genCA": '(genCA "ca" 9).Cert',
    "genSelfSignedCert": '(genSelfSignedCert "a" nil (list "a.b") 9).Key',
    "genSignedCert": '(genSignedCert "a" nil nil 9 (genCA "ca" 9)).Cert',
    "bcrypt": 'bcrypt "x"',
    "htpasswd": 'htpasswd "me" "x"',
    "encryptAES": '"x" | encryptAES "0123456789abcdef"',
    "keys": '.Values.map | keys | join ","',
    "lookup": 'lookup "v1" "Secret" "ns" "name" | empty',
    "getHostByName": 'getHostByName "localhost"',
    ".Release.Revision": "$.Release.Revision",
    ".Release.IsUpgrade": ".Release.IsUpgrade",
    ".Release.IsInstall": 'ternary "a" "b" .Release.IsInstall',
}
"""By what is found, an expression that it feeds: many happen to have the same outcome twice, within a second say."""
SOUND = {
    "text": '"now randInt 0 2 {{ uuidv4 }}"',
    "raw": "print `now` 'x'",
    "field": 'dict "now" 1 | toJson',
    "derived": 'derivePassword 1 "long" "secret" "me" "example.com"',
    "sorted": '.Values.map | keys | sortAlpha | join ","',
    "counted": "keys .Values.map | len",
    "dated": 'dateInZone "2006" (toDate "2006-01-02" "2020-01-02") "UTC"',
}
"""What looks like it and is determined by chart and values."""


MAP = "map: {a: 1, b: 2}\n"


def node(name: str) -> str:
    """Return what the node of an expression is called."""
    return name.lower().removeprefix(".").replace(".", "-")


@HELMS
def test_each_function_that_feeds_a_revision_is_named_with_its_place(
    helm: str, express: Express, tmp_path: Path
) -> None:
    nodes = {node(name): it for name, it in {**FED, **SOUND}.items()}
    outcome = express(*VERIFY, "-o", "json", helm=helm, cwd=small_chart(tmp_path / "small", nodes, values=MAP))
    assert (outcome.code, outcome.stderr) == (3, "")
    (system,) = outcome.json()["systems"]
    assert system["problems"] == []
    found = {each["node"]: [(one["problem"], one["cause"]) for one in each["problems"]] for each in system["nodes"]}
    causes = {
        node(name): f"it depends on {name} at {CHART}/templates/nodes.yaml:{line}"
        for line, name in enumerate(FED, start=2)
    }
    assert {name: [(word, cause.partition(" (")[0]) for word, cause in each] for name, each in found.items()} == {
        **{name: [("undetermined", cause)] for name, cause in causes.items()},
        **{node(name): [] for name in SOUND},
    }


@HELMS
def test_a_chart_that_puts_the_time_into_a_label_only_is_not_accused(
    helm: str, express: Express, tmp_path: Path
) -> None:
    folder = small_chart(
        tmp_path / "small", {"be1": '"x"'}, label='printf "%d-%d" (now | unixEpoch) $.Release.Revision'
    )
    outcome = express(*VERIFY, helm=helm, cwd=folder)
    assert (outcome.code, outcome.stderr) == (0, "")
    assert "the same on a second render" in outcome.stdout


@HELMS
def test_an_upgrade_that_a_chart_asks_for_by_another_name_is_found_by_rendering_one(
    helm: str, express: Express, tmp_path: Path
) -> None:
    outcome = express(*VERIFY, helm=helm, cwd=small_chart(tmp_path / "small", {"be1": 'get .Release "IsUpgrade"'}))
    assert outcome.code == 3
    assert "be1: undetermined: two renders of the same values give " in outcome.stdout
    assert "; cause unknown; the second was that of an upgrade, in another time zone\n" in outcome.stdout


@HELMS
def test_a_date_that_depends_on_the_machine_s_time_zone_is_found(helm: str, express: Express, tmp_path: Path) -> None:
    zoned = 'toDate "2006-01-02T15:04:05Z07:00" "2020-01-02T03:04:05Z" | date "15:04"'
    outcome = express(*VERIFY, helm=helm, cwd=small_chart(tmp_path / "small", {"be1": zoned}))
    assert outcome.code == 3
    assert f"the chart uses date at {CHART}/templates/nodes.yaml:2 (the machine's time and time zone)" in outcome.stdout


@HELMS
@pytest.mark.parametrize("archived", [False, True], ids=["folder", "archive"])
def test_a_subchart_s_template_is_looked_through(archived: bool, helm: str, express: Express, tmp_path: Path) -> None:
    folder = small_chart(tmp_path / "small", {"be1": 'include "sub.seed" .'})
    charts = folder / CHART / "charts"
    charts.mkdir()
    files = {
        "sub/Chart.yaml": "apiVersion: v2\nname: sub\nversion: 1.0.0\n",
        "sub/templates/_seed.tpl": '{{/* now */}}\n{{- define "sub.seed" }}{{ randInt 0 2 }}{{ end }}\n',
    }
    if archived:
        with tarfile.open(charts / "sub-1.0.0.tgz", "w:gz") as archive:
            for name, text in files.items():
                member = tarfile.TarInfo(name)
                member.size = len(text)
                archive.addfile(member, io.BytesIO(text.encode()))
    else:
        for name, text in files.items():
            (charts / name).parent.mkdir(parents=True, exist_ok=True)
            (charts / name).write_text(text)
    outcome = express(*VERIFY, helm=helm, cwd=folder)
    assert outcome.code == 3
    assert f"it depends on randInt at {CHART}/charts/sub/templates/_seed.tpl:2 (random)" in outcome.stdout


@HELMS
def test_a_use_that_no_other_outcome_can_be_given_is_a_warning_alone(
    helm: str, express: Express, tmp_path: Path
) -> None:
    picky = '$.Release.Revision | eq 1 | ternary "x" nil | required "only the first revision"'
    outcome = express(*VERIFY, helm=helm, cwd=small_chart(tmp_path / "small", {"be1": picky}))
    assert outcome.code == 0
    assert (
        f"revisions may depend on .Release.Revision at {CHART}/templates/nodes.yaml:2 (the release's history): "
        "the chart cannot be rendered with two outcomes of that" in outcome.stderr
    )


def test_the_embedded_engine_finds_the_same(express: Express, tmp_path: Path) -> None:
    nodes = {"be1": "uuidv4", "be2": '"x"', "be3": ".Release.IsInstall"}
    outcome = express(*VERIFY, helm=None, cwd=small_chart(tmp_path / "small", nodes))
    assert outcome.code == 3
    assert [line.split(": ")[0] for line in outcome.stdout.splitlines()] == ["be1", "be3", "small in yul1"]
