"""The main job without a cluster and without helm, as README's first command shows it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from tests.testbed.programs import run, succeeded

if TYPE_CHECKING:
    from tests.testbed.express import Express

VALUES = Path("overlays/yul1/systemdcrtest3/values.yaml")
DIFF = ("diff", "--context", "yul1", "--system", "systemdcrtest3", "--against", "git:HEAD")


def test_a_value_edited_in_an_overlay_is_exactly_the_parameter_that_the_diff_shows(
    express: Express, example: Path
) -> None:
    assert express(*DIFF, helm=None, cwd=example).code == 0
    text = (example / VALUES).read_text()
    edited = text.replace("size: 200Gi", "size: 250Gi")
    assert edited != text
    (example / VALUES).write_text(edited)

    outcome = express(*DIFF, "-o", "json", helm=None, cwd=example)
    assert outcome.code == 1
    (system,) = outcome.json()["systems"]
    assert system["engine"].startswith("embedded helm v")
    changed = [node for node in system["nodes"] if node["change"] != "same"]
    assert [(node["node"], node["change"], node["restart"]) for node in changed] == [("be3", "update", True)]
    assert changed[0]["changes"] == [{"path": "/storage/size", "old": "200Gi", "new": "250Gi"}]


def test_the_example_pull_request_updates_a_node_adds_one_and_removes_one(
    express: Express, example: Path, tools: Path
) -> None:

    succeeded(run([tools / "git", "apply", "pull-request.patch"], express.environment(None), example), "git apply")
    outcome = express(*DIFF, "-o", "json", helm=None, cwd=example)
    assert outcome.code == 1
    changes = {node["node"]: node["change"] for node in outcome.json()["systems"][0]["nodes"]}
    assert {"update", "new", "removed", "same"} == set(changes.values())
    sentence = express(*DIFF, helm=None, cwd=example).stdout.splitlines()[-1]
    assert re.fullmatch(
        r"1 of 8 nodes will restart, in this order: be3; 1 is new \(\w+\); .*nothing is wrong\.", sentence
    )


def test_both_helms_and_the_embedded_engine_give_the_same_revisions(express: Express, example: Path) -> None:
    listings = [
        express("revisions", "--chart", "--context", "yul1", "-o", "json", helm=helm, cwd=example).json()["systems"]
        for helm in ("helm3", "helm4", None)
    ]
    revisions = [[(system["system"], system["nodes"]) for system in listing] for listing in listings]
    assert revisions[0] == revisions[1] == revisions[2]
    assert len(revisions[0]) > 1
