"""How the action cuts what is longer than a comment may be."""

from __future__ import annotations

import runpy
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tests.packaging.conftest import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Callable

cut: Callable[[str, int, str], str] = runpy.run_path(str(REPOSITORY / "packaging" / "action" / "comment.py"))["cut"]
NOTICE = "**Cut here.**"
FOLD = "<details><summary>Parameters (2)</summary>"
BLOCKS = st.sampled_from(
    [
        "be1: a line",
        "| a | b |\n|---|---|\n| 1 | 2 |",
        f"{FOLD}\n\n| a | b |\n|---|---|\n| {'x' * 90} | 2 |\n| 3 | 4 |\n\n</details>",
        "```\n<details>\n:: x\n```",
        "`````text\n```\n</details>\n`````",
        "x" * 300,
    ]
)


def test_what_fits_is_left_as_it_is() -> None:
    assert cut("a\nb\n", 4, NOTICE) == "a\nb\n"


def test_what_is_folded_goes_first_and_the_lines_behind_it_stay() -> None:
    body = f"| be1 |\n\n{FOLD}\n\n| /a |\n| {'x' * 200} |\n| /c |\n\n</details>\n\n1 of 2 nodes will restart."
    assert cut(body, 150, NOTICE) == (
        f"| be1 |\n\n{FOLD}\n\n| /a |\n</details>\n\n1 of 2 nodes will restart.\n\n{NOTICE}"
    )


@pytest.mark.parametrize("fence", ["```", "`" * 40])
def test_a_fence_that_is_open_where_it_is_cut_is_closed(fence: str) -> None:
    body = f"{fence}text\n" + "a line\n" * 100 + fence
    said = cut(body, 200, NOTICE)
    assert said.endswith(f"a line\n{fence}\n\n{NOTICE}")
    assert len(said) <= 200


@settings(max_examples=300, deadline=None, derandomize=True)
@given(blocks=st.lists(BLOCKS, max_size=12), limit=st.integers(60, 1500))
def test_it_is_never_longer_than_it_may_be_and_the_notice_stands_outside_of_all(blocks: list[str], limit: int) -> None:
    body = "\n\n".join(blocks)
    said = cut(body, limit, NOTICE)
    assert len(said) <= limit
    if said == body:
        return
    tokens = MarkdownIt("commonmark").enable("table").parse(said)
    marks = [token.content.strip() for token in tokens if token.type == "html_block"]
    assert marks.count(FOLD) == marks.count("</details>")
    assert [token.type for token in tokens[-3:]] == ["paragraph_open", "inline", "paragraph_close"]
    assert tokens[-2].content == NOTICE
