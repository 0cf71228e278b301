"""What charts, clusters, helm and git say cannot drive a terminal, forge Markdown, or break JSON."""

from __future__ import annotations

import io
import json
import re
from typing import TYPE_CHECKING, Any

import pexpect
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from kubectl_express.environment import Environment
from kubectl_express.output.formats import find_format
from kubectl_express.output.palette import Palette
from kubectl_express.output.printer import Printer
from kubectl_express.output.text import printable
from kubectl_express.output.view import Cell, Column, Lines, Table, View
from tests.e2e.small_chart import SYSTEM, small_chart
from tests.e2e.small_system import config_map, manifest, resource, spec, yaml_of
from tests.reliability.ledger import Row, scale, tell
from tests.sources.loopback import refused, serving
from tests.testbed.examples import commit, git

if TYPE_CHECKING:
    from pathlib import Path

    from tests.testbed.express import Express
    from tests.testbed.programs import Outcome

FORMATS = ("table", "wide", "json", "yaml", "name", "markdown")
EVIL = {
    "title": "\x1b]0;owned\x07", "clear": "\x1b[2J\x1b[H", "c1": "\x9b31m\x9d0;x\x9c", "line": "ok\rAll is well\b\b",
    "bidi": "\u202eevil\u2066x\u2069", "link": "\x1b]8;;http://evil\x1b\\here\x1b]8;;\x1b\\",
    "invisible": "a\u200bb\u00adc\ufeff",
    "lines": "a\nerror: b\r\nc\vd\fe\x85f\u2028g", "null": "a\x7f", "paste": "\x1b[201~rm -rf /\n",
}  # fmt: skip
ALL = "".join(EVIL.values())
FORBIDDEN = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e0fff]"
)
ONE = ("--context", "yul1", "--system", SYSTEM)
HARMLESS = {"SGR of our own": re.compile(r"\x1b\[[0-9;]*m")}


def assert_tame(text: str) -> None:
    seen = FORBIDDEN.search(text)
    assert seen is None, repr(text[max(seen.start() - 40, 0) : seen.end() + 40])


def assert_all_tame(ended: Outcome, form: str) -> None:
    assert_tame(ended.stdout)
    assert_tame(ended.stderr)
    assert "Traceback" not in ended.stderr
    assert "this is a bug" not in ended.stderr
    if form == "json" and ended.stdout:
        json.loads(ended.stdout)


def manifests(tag: str) -> str:
    """Return a file of manifests in which whatever can have a name, a key or a value has an evil one."""
    nodes = {
        f"be{number}{evil}": spec(f"{tag}{evil}", **{evil: [evil, {evil: evil}]})
        for number, evil in enumerate(EVIL.values())
    }
    evil = config_map("revisions", nodes)
    evil["data"][f"{ALL}.json"] = f'{{"{ALL}'
    other = manifest("v1", "ConfigMap", f"other{ALL}", data={ALL: tag + ALL})
    secret = manifest("v1", "Secret", f"secret{ALL}", data={ALL: "eA=="}, stringData={ALL: tag})
    strange = manifest(f"strange{ALL}/v1", f"Kind{ALL}", ALL, spec={ALL: tag})
    return yaml_of(evil, other, secret, strange, *(resource(node, data) for node, data in nodes.items()))


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """Return a folder with two versions of evil manifests."""
    for tag in ("1", "2"):
        (tmp_path / f"{tag}.yaml").write_text(manifests(tag))
    return tmp_path


@pytest.mark.parametrize("form", FORMATS)
def test_no_format_hands_on_what_a_terminal_obeys(express: Express, two: Path, form: str) -> None:
    lines = ["diff -f 2.yaml --against 1.yaml --objects -v", "inspect --all -f 1.yaml -v"]
    lines += ["verify -f 1.yaml -v", "revisions -f 1.yaml"] if form in {"wide", "json"} else []
    for line in lines:
        ended = express(*line.split(), "-o", form, cwd=two)
        assert ended.code in {0, 3}, ended.stderr
        assert_all_tame(ended, form)
    _tell("names and values that hold what a terminal obeys", "escapes that in every format", len(EVIL) * len(lines))


def test_an_external_diff_prints_nothing_that_a_terminal_obeys(express: Express, two: Path) -> None:
    words = ("diff", "-f", "2.yaml", "--against", "1.yaml", "--objects")
    ended = express(*words, cwd=two, env={"KUBECTL_EXTERNAL_DIFF": "diff -ru"})
    assert (ended.code, "diff -ru" in ended.stdout) == (3, True), ended.stderr
    assert_tame(ended.stdout.replace("\t", " "))
    _tell("names and values that hold what a terminal obeys", "escapes that in every format", len(EVIL))


def test_errors_of_the_server_helm_and_git_are_made_printable(express: Express, tmp_path: Path) -> None:
    top = small_chart(tmp_path / "repository", {"be1": f"fail {json.dumps(ALL)}"})
    config = top / "kubeconfig"
    outcomes = [express("revisions", "--chart", *ONE, cwd=top), express("verify", *ONE, cwd=top)]
    commit(top, "A chart")
    git(top, "config", "user.name", "x")
    outcomes += [
        express("diff", "--against", f"git:{ALL}", *ONE, cwd=top),
        express("revisions", "--chart", "--context", ALL, cwd=top),
        express("revisions", f"--{ALL}", cwd=top), express("revisions", "-o", ALL, cwd=top), express(ALL, cwd=top),
        express("revisions", "-f", f"{ALL}.yaml".replace("/", ""), cwd=top),
        express("inspect", f"x{ALL}", "-f", "-", cwd=top, stdin=manifests("1")),
        express("verify", "-f", "-", cwd=top, stdin=f"a: [\x07{ALL}"),
    ]  # fmt: skip
    for status, reason in ((401, "Unauthorized"), (403, f"Forbidden{ALL}"), (500, ALL)):
        said = refused(reason, ALL, status)
        with serving(lambda _, said=said: said) as server:  # type: ignore[misc]
            config.write_text("{}")
            outcomes.append(
                express("revisions", "-v", "--server", server.url, "-n", "x", "--kubeconfig", config, cwd=top)
            )
    for ended in outcomes:
        assert ended.code == 2, ended.stdout
        assert_all_tame(ended, "table")
    assert sum("\\u001b" in ended.stderr for ended in outcomes) >= 8
    _tell("errors whose words are somebody else's", "escapes what a terminal obeys", len(outcomes))


def test_stored_data_is_escaped_on_a_terminal_and_to_the_byte_in_a_pipe(express: Express, tmp_path: Path) -> None:
    (tmp_path / "1.yaml").write_text(yaml_of(config_map("r", {"be1": spec("1")}), resource("be1", spec("1"))))
    text = json.dumps({"a": "\x7f\x9b31m\u202e"}, ensure_ascii=False, separators=(",", ":"))
    stored = json.loads((tmp_path / "1.yaml").read_text().split("---\n")[1])
    stored["data"]["be1.json"] = text
    (tmp_path / "1.yaml").write_text(yaml_of(stored, resource("be1", spec("1"))))
    words = ["inspect", "be1", "-f", "1.yaml", "-o", "data"]
    assert express(*words, cwd=tmp_path).stdout == text
    environment = {**express.environment(), "TERM": "xterm"}
    terminal = pexpect.spawn(
        str(express.zipapp), words, cwd=str(tmp_path), env=environment, encoding="utf-8", timeout=60
    )
    terminal.expect(pexpect.EOF)
    shown = str(terminal.before)
    terminal.close()
    assert shown.rstrip() == '{"a":"\\u007f\\u009b31m\\u202e"}'
    assert_tame(shown.replace("\r", ""))
    _tell("stored data on a terminal", "escapes what it obeys", 1)


def test_no_name_that_a_shell_would_show_otherwise_is_offered_at_tab(express: Express, tmp_path: Path) -> None:
    top = small_chart(tmp_path / "repository", {"be1": '"1"'})
    overlays = top / "overlays" / "yul1"
    for evil in (EVIL["clear"], EVIL["bidi"]):
        (overlays / f"small{evil}").mkdir()
        (overlays / f"small{evil}" / "values.yaml").write_text("{}\n")
        (top / "overlays" / f"ctx{evil}").mkdir()
        (top / "overlays" / f"ctx{evil}" / SYSTEM).symlink_to(overlays / SYSTEM)
    offered = [express("__complete", "revisions", "--context", "yul1", "--system", "", cwd=top),
               express("__complete", "revisions", "--context", "", cwd=top)]  # fmt: skip
    assert ["small" in offered[0].stdout, "yul1" in offered[1].stdout] == [True, True]
    for each in offered:
        assert_all_tame(each, "table")
    _tell("names offered at TAB", "offers none that is not printable", 4)


_WORDS = st.sampled_from(
    ["|", "\\", "`", "```", "~~~", "<details>", "</details>", "<!--", "[x](http://e)", "![i](u)", "@team", "@org/team",
     "#1", "\n", "\r", "---", "===", "* ", "- ", "+ ", "1. ", "23) ", "> ", "# ", "    ", "\t", "**b**", "_i_",
     "&lt;", "&#64;", "GH-12", "gh-1", "$$", ":tada:", ":100:", ":+1:", "12:30:45", "=",
     "~s~", "a", "\x1b[1m", "\u202e", "$x$", ":---:", "<a@b.cd>", "<http://e>", "[x]: http://e", "^", "\ud800"]
)  # fmt: skip
TEXTS = st.lists(_WORDS, max_size=8).map("".join) | st.text(max_size=12)
_READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
_BLOCKS = {"html_block", "heading_open", "bullet_list_open", "ordered_list_open", "blockquote_open", "code_block", "hr"}
_REFERENCE = re.compile(r"@[A-Za-z0-9]|[#!]\d|\bgh-\d|:[\d_+-]*[^\W\d_][\w+-]*:|:(?:100|1234|[+-]1):", re.IGNORECASE)
_FORMULA = re.compile(r"(?<!\\)(?:\\\\)*\$")
"""A dollar with nothing that escapes it."""


@settings(max_examples=150 * scale(), deadline=None, derandomize=True)
@given(rows=st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=4), lines=st.lists(TEXTS, max_size=3), code=TEXTS)
def test_markdown_says_what_was_said_and_nothing_else(rows: list[tuple[str, str]], lines: list[str], code: str) -> None:
    table = Table([Column("ONE"), Column("OTHER")], [[Cell(each) for each in row] for row in rows])
    view = View({}, (), [table, Lines([Cell(line) for line in lines]), Lines([Cell(code)], verbatim=True)])
    tokens: list[Any] = _READER.parse(find_format("markdown")(view, Palette()))
    spans = [child for token in tokens for child in token.children or ()]
    assert {span.type for span in spans} <= {"text", "text_special", "softbreak", "hardbreak"}
    assert not {token.type for token in tokens} & _BLOCKS
    assert [token.type for token in tokens].count("table_open") == 1
    inline = [token for token in tokens if token.type == "inline"]
    said = [_said(token) for token in inline]
    cells = [cell for row in rows for cell in row]
    behind = 2 + len(cells)
    assert said[2:behind] == [_plain(cell) for cell in cells]
    assert " ".join(filter(None, said[behind:])) == " ".join(filter(None, map(_plain, lines)))
    assert [token.content for token in inline if _FORMULA.search(token.content)] == []
    fences = [token.content for token in tokens if token.type == "fence"]
    assert fences == ([f"{printable(code)}\n"] if code else [])
    assert not _REFERENCE.search("\n".join("".join(span.content for span in token.children) for token in inline))


def _said(token: Any) -> str:
    return " ".join("".join(child.content or "\n" for child in token.children).replace("\u200b", "").split())


def _plain(text: str) -> str:
    return " ".join(printable(text).split())


def test_what_was_searched_is_told() -> None:
    tell(
        Row(
            "Security",
            "texts that would like to be Markdown",
            "shows them as they are, and mentions nobody",
            150 * scale(),
        )
    )


@settings(max_examples=200 * scale(), deadline=None, derandomize=True)
@given(text=TEXTS, form=st.sampled_from(FORMATS))
def test_no_text_comes_through_any_format_raw(text: str, form: str) -> None:
    table = Table([Column("ONE"), Column("TWO")], [[Cell(text), Cell(text)]])
    view = View({text: [text, {text: text}]}, [text], [table, Lines([Cell(text)]), Lines([Cell(text)], verbatim=True)])
    for colored in (False, True):
        shown = find_format(form)(view, Palette(colored=colored))
        assert_tame(HARMLESS["SGR of our own"].sub("", shown) if colored else shown)
        if form == "json":
            assert json.loads(shown) == view.document
    written = io.StringIO()
    Printer(Environment(io.StringIO(), written, io.StringIO(), {}), form=form).show_line(view)
    assert_tame(written.getvalue())
    assert json.loads(written.getvalue()) == view.document


def _tell(what: str, does: str, count: int) -> None:
    tell(Row("Security", what, does, count))
