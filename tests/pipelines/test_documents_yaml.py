"""What the documents show of pipelines is YAML, and calls the program, the action and the hook as they are."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from kubectl_express.parser import build_parser
from tests.documents import ROOT, commands_of
from tests.pipelines.yaml_blocks import blocks, loaded, scripts

BLOCKS = [(name, text) for name, text in blocks() if not re.search(r"(?<!\$)\{\{", text)]
"""Those that are no chart's templates."""
PIPELINES = "docs/pipelines.md"


@pytest.mark.parametrize(
    ("document", "text"), BLOCKS, ids=[f"{name}-{count}" for count, (name, _) in enumerate(BLOCKS)]
)
def test_every_block_is_yaml_and_its_command_lines_parse(document: str, text: str) -> None:
    for content in yaml.safe_load_all(text):
        for script in scripts(content):
            for line in script.replace("\\\n", " ").splitlines():
                for words in commands_of(line):
                    assert not build_parser().parse_known_args(words)[1], line


def test_there_are_pipelines_whose_lines_are_parsed() -> None:
    lines = [line for _, text in BLOCKS for each in yaml.safe_load_all(text) for line in scripts(each)]
    assert len([line for line in lines if "express rollout" in line]) == 2
    assert len([line for line in lines if "kubectl-express" in line]) == 2


@pytest.mark.parametrize("file", [".github/workflows/express.yaml", ".github/workflows/deploy.yaml"])
def test_no_script_of_a_workflow_has_an_expression_in_it(file: str) -> None:
    assert [script for script in scripts(loaded(PIPELINES, file)) if "${{" in script] == []


def test_the_workflow_gives_the_action_the_inputs_that_it_takes() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    steps: list[dict[str, Any]] = loaded(PIPELINES, ".github/workflows/express.yaml")["jobs"]["express"]["steps"]
    (given,) = (set(step["with"]) for step in steps if step["uses"].startswith("OWNER/kubectl-express@"))
    assert given <= set(action["inputs"])
    assert {name for name, each in action["inputs"].items() if each.get("required")} <= given


def test_the_document_names_every_input_and_output_of_the_action() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    text = (ROOT / PIPELINES).read_text(encoding="utf-8")
    assert re.findall(r"^\| `([\w-]+)` \|", text, re.MULTILINE) == list(action["inputs"])
    assert [name for name in action["outputs"] if f"`{name}`" not in text] == []


def test_the_hook_that_the_document_shows_is_there() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    (repository,) = loaded(PIPELINES, ".pre-commit-config.yaml")["repos"]
    assert [each["id"] for each in repository["hooks"]] == [each["id"] for each in hooks]
