"""What can be wrong where no cluster is read: the command line, the chart, helm, files, the configuration, git."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.e2e.mistakes import BARE, ESCAPE, ONE, SECRET, VALUES, Mistake
from tests.testbed.examples import commit, git

if TYPE_CHECKING:
    from pathlib import Path

REFUSE = "master_charts/express/templates/refuse.yaml"
OUTPUT = "-f output.yaml"
BROKEN = "apiVersion: v1\nkind: ConfigMap\ndata:\n  a: {b\n---\n"
BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)
)
NODE = "apiVersion: express.example.com/v1\nkind: Backend\nmetadata: {name: be1}\nspec: {}\n"


def _broken_once(example: Path) -> None:
    """Commit values that are no YAML, and mend them in the work tree."""
    values = example / VALUES
    whole = values.read_text(encoding="utf-8")
    values.write_text("a: [\n", encoding="utf-8")
    commit(example, "Broken")
    values.write_text(whole, encoding="utf-8")


def _random(example: Path) -> None:
    """Give every node a password made up anew in each rendering."""
    template = example / "master_charts" / "express" / "templates" / "_express.tpl"
    whole = template.read_text(encoding="utf-8")
    made_up = whole.replace('"data" $data)', '"data" (set $data "password" (randAlphaNum 8)))')
    template.write_text(made_up, encoding="utf-8")


COMMAND_LINE = {
    "no command, and no cluster": Mistake(""),
    "a command behind a flag, misspelt": Mistake("--context yul1 dif"),
    "a command's own flag before it": Mistake("-o json revisions"),
    "an empty word, and no command": Mistake("''"),
    "an unknown flag, and no command": Mistake("--contxt yul1"),
    "an unknown command": Mistake("dif"),
    "an action that stands without `rollout`": Mistake("status"),
    "the help, asked for by a word": Mistake("help"),
    "an unknown action": Mistake("rollout stauts"),
    "an unknown shell": Mistake("completion bahs"),
    "an unknown flag": Mistake("diff --objetcs"),
    "an unknown flag of an action": Mistake("rollout status --wtach"),
    "an unknown flag, and a secret for it": Mistake(f"diff {ONE} --tokn={SECRET}"),
    "an unknown format": Mistake("diff -o csv"),
    "a flag without its value": Mistake("revisions --context"),
    "an escape sequence in an argument": Mistake(f"inspect --chart {ONE} '{ESCAPE}'"),
    "no node named": Mistake(f"inspect --chart {ONE}"),
    "an unknown node": Mistake(f"inspect be11 --chart {ONE}"),
    "nodes separated by commas": Mistake(f"inspect be1,fe1 --chart {ONE}"),
    "a node of another kind": Mistake(f"inspect frontend/be1 --chart {ONE}"),
    "a node behind diff": Mistake(f"diff be1 {ONE}"),
    "no such system": Mistake("verify --context yul1 --system systemdcrtest4"),
    "a context without overlays": Mistake("verify --context paris"),
    "a misspelt context": Mistake("verify --context yul2"),
    "sources that exclude each other": Mistake("verify --live -f output.yaml"),
    "data alone, to be compared": Mistake(f"inspect be1 {ONE} -o data --against git:HEAD"),
    "a file and a commit to roll": Mistake(f"rollout {ONE} -f output.yaml --at git:HEAD"),
    "a dry run of an unknown kind": Mistake(f"rollout {ONE} --dry-run=maybe"),
    "a fault that nobody may allow": Mistake(f"rollout {ONE} --allow unneeded,integrity"),
    "a time that is none": Mistake(f"wait be1 {ONE} --timeout soon"),
    "no node to wait for": Mistake(f"wait {ONE}"),
}

CHART = {
    "no helm, and no embedded engine": Mistake(f"verify {ONE}", helm=BARE),
    "the chart fails": Mistake(f"verify {ONE}", files={REFUSE: '{{ fail "the moon is full" }}'}),
    "the chart fails in the embedded engine": Mistake(
        f"verify {ONE}", files={REFUSE: '{{ fail "the moon is full" }}'}, helm=None
    ),
    "a template that is none": Mistake(f"diff {ONE} --against git:HEAD", files={REFUSE: "a: {{ .Values.a\n"}),
    "a template that renders no YAML": Mistake(f"verify {ONE}", files={REFUSE: "a: b: c\n"}),
    "an escape sequence in what helm says": Mistake(
        f"verify {ONE}", files={REFUSE: f'{{{{ fail "{ESCAPE}the moon is full" }}}}'}
    ),
    "the same in the embedded engine": Mistake(
        f"verify {ONE}", files={REFUSE: f'{{{{ fail "{ESCAPE}the moon is full" }}}}'}, helm=None
    ),
    "a helm that fails without a word": Mistake(f"revisions --chart {ONE}", helm="#!/bin/sh\nexit 7\n"),
    "a helm that is killed": Mistake(f"revisions --chart {ONE}", helm="#!/bin/sh\nkill -9 $$\n"),
    "a helm that cannot be started": Mistake(f"revisions --chart {ONE}", helm="#!/no/such/shell\n"),
    "a helm that writes something else": Mistake(f"verify {ONE}", helm="#!/bin/sh\necho hello\n"),
    "no chart": Mistake("verify --context yul1", files={".express.yaml": "chart: charts/express\n"}),
    "a chart without Chart.yaml": Mistake(f"verify {ONE}", removed=("master_charts/express/Chart.yaml",)),
    "no values file": Mistake(f"verify {ONE}", removed=(VALUES,)),
    "values that are no YAML": Mistake(f"verify {ONE}", files={VALUES: "a: 1\nb: [\nc: 2\n"}),
    "values that are no YAML, in the embedded engine": Mistake(
        f"verify {ONE}", files={VALUES: "a: 1\nb: [\nc: 2\n"}, helm=None
    ),
    "values that are no text": Mistake(f"verify {ONE}", files={VALUES: b"\x7fELF\xff\xfe\x00"}),
    "values that are no text, in the embedded engine": Mistake(
        f"verify {ONE}", files={VALUES: b"\x7fELF\xff\xfe\x00"}, helm=None
    ),
    "values that are a list": Mistake(f"verify {ONE}", files={VALUES: "- a\n"}),
    "values that are a list, in the embedded engine": Mistake(f"verify {ONE}", files={VALUES: "- a\n"}, helm=None),
    "a folder where values should be": Mistake(f"verify {ONE}", removed=(VALUES,), folders=(VALUES,)),
    "values that the chart refuses, of one system of two": Mistake(
        "revisions --chart --context yul1",
        others=("express:", "- at ", "systemdcrprod1 in yul1: "),
        files={VALUES: "backends: 5\n", "overlays/yul1/systemdcrprod1/values.yaml": "backends: {be1: {}}\n"},
    ),
    "a chart that renders something else each time": Mistake(
        f"verify {ONE}",
        code=3,
        prepare=_random,
        shows="be1: ",
    ),
    "no folder for temporary files": Mistake(f"verify {ONE}", limit="-f 0"),
}

FILES = {
    "a file that is not there": Mistake(f"revisions {OUTPUT}"),
    "a folder instead of a file": Mistake(f"revisions {OUTPUT}", folders=("output.yaml",)),
    "an empty file": Mistake(f"verify {OUTPUT}", files={"output.yaml": ""}),
    "an empty standard input": Mistake("verify -f -", stdin=""),
    "a file that is no text": Mistake(f"verify {OUTPUT}", files={"output.yaml": b"\x89PNG\r\n\x1a\n\x00\xff"}),
    "broken YAML": Mistake(f"revisions {OUTPUT}", files={"output.yaml": BROKEN}),
    "broken YAML behind a document that is whole": Mistake(
        f"verify {OUTPUT}", files={"output.yaml": f"{NODE}---\n{BROKEN}"}
    ),
    "broken JSON": Mistake(f"revisions {OUTPUT}", files={"output.yaml": '{"kind": "ConfigMap",\n"data": ]}\n'}),
    "a control character in YAML": Mistake(f"revisions {OUTPUT}", files={"output.yaml": f"kind: A\na: {ESCAPE}\n"}),
    "YAML nested too deeply": Mistake(f"verify {OUTPUT}", files={"output.yaml": "[" * 5_000}),
    "JSON nested too deeply": Mistake(f"verify {OUTPUT}", files={"output.yaml": '{"a":' * 100_000}),
    "aliases that multiply": Mistake(f"verify {OUTPUT}", files={"output.yaml": f"{NODE}{BOMB}"}),
    "a file of more objects than a system has": Mistake(
        f"verify {OUTPUT}", files={"output.yaml": "---\nkind: a\n" * 200_001}
    ),
    "a file of more lines than a system has": Mistake(f"verify {OUTPUT}", files={"output.yaml": "\n" * 10_000_001}),
    "a file of something else": Mistake(f"verify {OUTPUT}", files={"output.yaml": "hello: world\n"}),
    "a file without nodes": Mistake(
        f"verify {OUTPUT}", files={"output.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n"}
    ),
    "a file into which helm failed": Mistake(
        f"verify {OUTPUT}",
        files={"output.yaml": 'level=DEBUG msg="Chart path"\nError: execution error at (a.yaml:1:3): no\n'},
    ),
    "an escape sequence in what helm said there": Mistake(
        f"verify {OUTPUT}", files={"output.yaml": f"Error: {ESCAPE}no\n"}
    ),
    "an escape sequence in a file's name": Mistake(
        f"verify -f '{ESCAPE}.yaml'", files={f"{ESCAPE}.yaml": "hello: world\n"}
    ),
    "a broken file to compare with": Mistake(f"diff {ONE} --against output.yaml", files={"output.yaml": BROKEN}),
    "a file without nodes to compare with": Mistake(
        f"verify {ONE} --against output.yaml",
        files={"output.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n"},
    ),
    "an empty file to compare with": Mistake(f"diff {ONE} --against output.yaml", files={"output.yaml": ""}),
    "no file to compare with": Mistake(f"verify {ONE} --against output.yaml"),
    "resources without a ConfigMap": Mistake(
        f"verify {OUTPUT}",
        code=3,
        files={"output.yaml": NODE.replace("{}", '{a: 1, deploymentRevision: "0123456789"}')},
        shows="be1: orphan",
    ),
    "an entry that is no JSON": Mistake(
        f"verify {OUTPUT}",
        code=3,
        files={
            "output.yaml": NODE.replace("{}", '{deploymentRevision: "0123456789"}') + "---\napiVersion: v1\n"
            'kind: ConfigMap\nmetadata: {name: r, labels: {express.example.com/revisions: "true"}}\n'
            'data: {be1.json: "{\\"a\\":", be1.revision: "0123456789"}\n'
        },
        shows="be1: unreadable",
    ),
}

CONFIGURATION = {
    "an unknown key": Mistake(f"verify {ONE}", files={".express.yaml": "chart: master_charts/express\nkind: [A]\n"}),
    "an escape sequence in a key": Mistake(f"verify {ONE}", files={".express.yaml": '"a\\e]0;owned\\a\\e[31m": 1\n'}),
    "a wrong type": Mistake(f"verify {ONE}", files={".express.yaml": "kinds: Backend\n"}),
    "no values files": Mistake("verify --context yul1", files={".express.yaml": "values: []\n"}),
    "a path that leaves the repository": Mistake(f"verify {ONE}", files={".express.yaml": "chart: ../express\n"}),
    "a configuration that is no YAML": Mistake(f"verify {ONE}", files={".express.yaml": "chart: [\n"}),
    "a configuration nested too deeply": Mistake(f"verify {ONE}", files={".express.yaml": "[" * 5_000}),
    "a configuration of aliases that multiply": Mistake(f"verify {ONE}", files={".express.yaml": BOMB}),
    "a configuration that is no text": Mistake(f"verify {ONE}", files={".express.yaml": b"\x89PNG\r\n\xff"}),
    "a folder as configuration": Mistake(f"verify {ONE}", folders=(".express.yaml",)),
    "no configuration where --config says": Mistake(f"verify {ONE} --config express.yaml"),
}

GIT = {
    "an unknown git revision": Mistake(f"diff {ONE} --against git:v0"),
    "a git revision without `git:`": Mistake(f"diff {ONE} --against HEAD"),
    "no revision named": Mistake(f"diff {ONE} --against git:"),
    "a git revision that looks like a flag": Mistake(f"diff {ONE} --against git:--output=/dev/null"),
    "no git": Mistake(f"diff {ONE} --against git:HEAD", without=("git",)),
    "no git repository": Mistake(
        f"diff {ONE} --against git:HEAD",
        prepare=lambda example: (example / ".git").rename(example / "git"),
    ),
    "no commit yet": Mistake(
        f"diff {ONE} --against git:HEAD", prepare=lambda example: git(example, "update-ref", "-d", "HEAD")
    ),
    "broken values in the revision": Mistake(
        f"diff {ONE} --against git:HEAD",
        prepare=_broken_once,
    ),
    "a system that did not exist then (no mistake)": Mistake(
        "diff --context yul1 --system systemdcrtest9 --against git:HEAD",
        code=1,
        files={"overlays/yul1/systemdcrtest9/values.yaml": "backends: {be1: {}}\n"},
        shows="be1",
    ),
}

OFFLINE = {
    "The command line": COMMAND_LINE,
    "The chart and helm": CHART,
    "Files of manifests": FILES,
    "`.express.yaml`": CONFIGURATION,
    "git": GIT,
}
