"""The action at the repository's root, its steps run as GitHub's runner runs them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from markdown_it import MarkdownIt

from tests.packaging.conftest import REPOSITORY
from tests.pipelines.conftest import STEP
from tests.pipelines.fake_github import BOT, LONGEST
from tests.pipelines.runner import commands

if TYPE_CHECKING:
    from tests.pipelines.conftest import PullRequest

MARKER = re.compile(r"<!-- kubectl-express [0-9a-f]{12} -->\n")


def described() -> dict[str, Any]:
    """Return action.yml."""
    loaded: dict[str, Any] = yaml.safe_load((REPOSITORY / "action.yml").read_text(encoding="utf-8"))
    return loaded


def test_it_is_an_action_as_github_takes_one() -> None:
    action = described()
    assert set(action) == {"name", "description", "branding", "inputs", "outputs", "runs"}
    assert action["runs"]["using"] == "composite"
    for step in action["runs"]["steps"]:
        assert set(step) <= {"name", "id", "shell", "env", "run", "working-directory"}
        assert step["shell"] == "bash"
    ids = {step.get("id") for step in action["runs"]["steps"]}
    for output in action["outputs"].values():
        found = re.fullmatch(r"\$\{\{ steps\.(\w+)\.outputs\.[\w-]+ \}\}", output["value"])
        assert found, output
        assert found[1] in ids
    assert all(
        {"description"} <= set(each) <= {"description", "required", "default"} for each in action["inputs"].values()
    )


def test_no_script_has_an_expression_in_it() -> None:
    """The runner puts it in before a shell reads the line, and so what an input says could be a command."""
    assert [step["run"] for step in described()["runs"]["steps"] if "${{" in step["run"]] == []


def test_every_input_is_used() -> None:
    text = (REPOSITORY / "action.yml").read_text(encoding="utf-8")
    assert set(re.findall(r"inputs\.([\w-]+)", text)) == set(described()["inputs"])


def test_the_first_push_gets_a_comment_and_every_later_one_writes_it_anew(pull_request: PullRequest) -> None:
    pull_request.change(be1='"2"', be2='"1"', be3='"1"')
    ran = pull_request.check(only=None)
    assert ran.code == 0, ran.log
    (body,) = pull_request.github.bodies
    assert MARKER.match(body)
    assert "\n### 1 node will restart\n\nCommit 0123456789, [log and summary](https://github.example.com/" in body
    assert re.search(r"^\| be1 .*\| update ", body, re.MULTILINE)
    assert "1 of 2 nodes will restart, in this order: be1; 1 is new (be3); nothing is wrong." in body
    assert ran.outputs["check"] == {"exit-code": "0", "restarts": "1"}
    assert ran.summary.strip() in body

    pull_request.change(be1='"2"', be2='"2"')
    assert pull_request.check().outputs["check"]["restarts"] == "2"
    (body,) = pull_request.github.bodies
    assert "\n### 2 nodes will restart\n" in body

    pull_request.change(be1='"1"', be2='"1"')
    assert pull_request.check().code == 0
    (body,) = pull_request.github.bodies
    assert "\n### No node will restart\n" in body


def test_where_nothing_changes_there_is_no_comment(pull_request: PullRequest) -> None:
    ran = pull_request.check()
    assert (ran.code, pull_request.github.bodies) == (0, [])
    assert "No node will restart" in ran.summary
    assert "verified 2 nodes" in ran.summary


def test_two_contexts_have_a_comment_each(pull_request: PullRequest) -> None:
    overlays = pull_request.repository / "overlays"
    (overlays / "fra2").symlink_to("yul1")
    pull_request.change(be1='"2"', be2='"1"')
    for _ in range(2):
        assert pull_request.check().code == 0
        assert pull_request.check(context="fra2").code == 0
    assert ["small in yul1" in body for body in pull_request.github.bodies] == [True, False]


def test_a_chart_that_cannot_be_trusted_fails_the_step_and_is_commented_on(pull_request: PullRequest) -> None:
    pull_request.change(be1="randAlphaNum 5", be2='"1"')
    ran = pull_request.check()
    assert ran.code == 3
    (body,) = pull_request.github.bodies
    assert "**The revisions cannot be trusted** (exit code 3)\n\nbe1: undetermined: " in body
    assert commands(ran.log) == ["::error::The revisions cannot be trusted"]
    assert ran.outputs["check"]["exit-code"] == "3"


def test_what_helm_says_is_shown_and_is_no_command_to_the_runner(pull_request: PullRequest) -> None:
    pull_request.change(be1='fail "no\\n::error::owned\\n::set-output name=x::y\\n```\\n</details>"', be2='"1"')
    ran = pull_request.check()
    assert ran.code == 2
    assert commands(ran.log) == ["::error::The revisions could not be checked"]
    (body,) = pull_request.github.bodies
    assert "\n### What would restart is not known\n" in body
    tokens = MarkdownIt("commonmark").enable("table").parse(body)
    (fence,) = (token.content for token in tokens if token.type == "fence")
    assert "::error::owned" in fence
    assert [token.content for token in tokens if token.type == "html_block"] == [body.splitlines()[0] + "\n"]


@pytest.mark.parametrize("context", ['$(touch "$HOME/owned")', "`touch $HOME/owned`", "x; touch $HOME/owned", "--help"])
def test_what_an_input_says_is_never_run(pull_request: PullRequest, context: str) -> None:
    ran = pull_request.check(context=context, system=context)
    assert ran.code == 2, ran.log
    assert list((pull_request.runner.folder / "home").glob("owned")) == []


def test_values_can_neither_break_out_of_the_comment_nor_mention_anybody(pull_request: PullRequest) -> None:
    evil = (
        "| a ` b ``` \n\n</details>\n<!-- x\n--> @team #12 :tada: **b** [l](http://e) <img src=x> \u202e \x1b[1m ~~s~~"
    )
    pull_request.change(
        be1=json.dumps(evil).replace("\\u001b", "\\x1b"), be2=json.dumps(evil * 3).replace("\\u001b", "\\x1b")
    )
    ran = pull_request.check()
    assert ran.code == 0, ran.log
    (body,) = pull_request.github.bodies
    tokens: list[Any] = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(body)
    blocks = [token.content.strip() for token in tokens if token.type == "html_block"]
    assert [re.sub(r"\d+", "N", block) for block in blocks[1:]] == [
        "<details><summary>Parameters (N)</summary>",
        "</details>",
        "<details><summary>Every revision can be trusted</summary>",
        "</details>",
    ]
    spans = [child for token in tokens for child in token.children or ()]
    links = [span.attrs["href"] for span in spans if span.type == "link_open"]
    assert links == ["https://github.example.com/o/r/actions/runs/42"]
    text = "".join(span.content for span in spans)
    assert not re.search(r"@\w|#\d|:tada:", text)
    assert {span.type for span in spans} <= {
        "text",
        "text_special",
        "softbreak",
        "hardbreak",
        "link_open",
        "link_close",
    }
    assert "\u202e" not in body


def test_what_is_too_long_for_a_comment_is_cut_at_a_line_and_says_so(pull_request: PullRequest) -> None:
    pull_request.change(be1='repeat 120000 "x"', be2='"2"', **{f"be{number}": '"1"' for number in range(3, 30)})
    ran = pull_request.check()
    assert ran.code == 0, ran.log
    (body,) = pull_request.github.bodies
    assert len(body) < LONGEST
    assert body.count("<details>") == body.count("</details>") == 2
    assert "in this order: be1, be2; 27 are new" in body
    assert body.endswith("`kubectl express diff -o markdown` prints all.")
    assert len(ran.summary) > 120_000
    assert "Cut here" not in ran.summary


def test_on_a_push_only_the_revisions_are_checked(pull_request: PullRequest) -> None:
    pull_request.change(be1='"2"', be2='"1"')
    environment = {**pull_request.runner.environment, "GITHUB_BASE_REF": ""}
    (pull_request.runner.folder / "event.json").write_text('{"after": "0123"}')
    ran = replace(pull_request.runner, environment=environment).use(pull_request.action, {"context": "yul1"}, only=STEP)
    assert (ran.code, pull_request.github.bodies) == (0, []), ran.log
    assert "### The revisions were checked" in ran.summary
    assert ran.outputs["check"] == {"exit-code": "0", "restarts": ""}


def test_a_shallow_clone_is_told_what_it_lacks(pull_request: PullRequest) -> None:
    (pull_request.repository / ".git" / "refs" / "remotes" / "origin" / "main").unlink()
    ran = pull_request.check()
    assert ran.code == 2
    (line,) = commands(ran.log)
    assert line == "::error::There is nothing to compare with: check out with fetch-depth 0, or give against"
    assert ran.outputs["check"] == {"exit-code": "2", "restarts": ""}


def test_another_baseline_can_be_named(pull_request: PullRequest) -> None:
    pull_request.change(be1='"2"', be2='"1"')
    pull_request.change(be1='"2"', be2='"2"')
    assert pull_request.check(against="git:HEAD^").outputs["check"]["restarts"] == "1"


def test_a_token_that_may_not_comment_is_a_warning(pull_request: PullRequest) -> None:
    pull_request.change(be1='"2"', be2='"1"')
    pull_request.github.refuses = 403
    ran = pull_request.check()
    assert (ran.code, [line.partition("::No")[0] for line in commands(ran.log)]) == (0, ["::warning"])
    assert "### 1 node will restart" in ran.summary


def test_a_comment_that_github_does_not_take_is_a_failure(pull_request: PullRequest) -> None:
    pull_request.change(be1='"2"', be2='"1"')
    pull_request.github.refuses = 500
    ran = pull_request.check()
    assert ran.code == 2
    assert commands(ran.log) == ["::error::The comment could not be written: GitHub answered with 500"]
    assert ran.outputs["check"] == {"exit-code": "2", "restarts": "1"}


@pytest.mark.parametrize(
    ("status", "headers"), [(403, {"x-ratelimit-remaining": "0"}), (403, {"Retry-After": "60"}), (429, {})]
)
def test_too_many_requests_are_told_as_that_and_not_as_a_missing_right(
    pull_request: PullRequest, status: int, headers: dict[str, str]
) -> None:
    pull_request.change(be1='"2"', be2='"1"')
    pull_request.github.refuses, pull_request.github.refuses_with = status, headers
    ran = pull_request.check()
    assert ran.code == 2
    (line,) = commands(ran.log)
    assert line.endswith("The comment could not be written: GitHub takes no more requests for now; run it again later")


def test_no_comment_is_written_where_none_is_wanted(pull_request: PullRequest) -> None:
    pull_request.change(be1='"2"', be2='"1"')
    assert pull_request.check(comment="false").code == 0
    assert pull_request.github.bodies == []


@pytest.mark.parametrize(
    ("author", "told"),
    [
        (BOT, True),
        (BOT, False),
        ({"login": "alice", "type": "User"}, True),
        ({"login": "our-app[bot]", "type": "Bot"}, True),
    ],
)
def test_a_comment_of_somebody_else_is_left_alone_and_our_own_is_found_among_hundreds(
    pull_request: PullRequest, author: dict[str, str], told: bool
) -> None:
    pull_request.change(be1='"2"', be2='"1"')
    github = pull_request.github
    github.author, github.tells_author = author, told
    assert pull_request.check().code == 0
    (ours,) = github.comments
    github.comments[:0] = [{"id": 1000 + each, "body": "a word", "user": BOT} for each in range(120)]
    github.comments.insert(3, {"id": 2000, "body": ours["body"], "user": {"login": "mallory", "type": "User"}})
    github.comments.insert(3, {"id": 2001, "body": ours["body"], "user": {"login": "other[bot]", "type": "Bot"}})
    pull_request.change(be1='"2"', be2='"2"')
    assert pull_request.check().code == 0
    assert len(github.comments) == 123
    assert ["### 1 node will restart" in each["body"] for each in github.comments[3:5]] == [True, True]
    assert "### 2 nodes will restart" in ours["body"]
