"""The documents as tests read them: links, the commands that they show, and blocks that are played again.

A console block behind `<!-- real: SCENE -->` is real: a test runs its commands in order in that scene (see
`tests/document_scenes.py`) and compares what they print. `DOCUMENTS=write tests/run tests/test_documents.py` writes the
blocks anew where the program's words have changed on purpose. A block behind `<!-- runs: SCENE -->` shows commands
alone: they are run in the scene's order too, and none of them may fail, whatever it prints.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from textwrap import dedent, indent
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("charts/**/*.md"), *ROOT.glob("examples/*.md")]
)

_FENCED = re.compile(
    r"^(?: *<!-- (?P<how>real|runs): (?P<scene>[a-z-]+) -->\n)?"
    r"(?P<indent> *)```(?P<language>.*)\n(?P<text>(?:.*\n)*?)(?P=indent)```$",
    re.MULTILINE,
)
"""A block, in a list's item too, with how and in which scene it is played."""
_CODE = re.compile(r"`[^`]*`")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_LINK = re.compile(r"""\]\(([^)\s]+)(?:\s+"[^"]*")?\)|\b(?:src|srcset|href)="([^"\s]+)""")
"""Markdown's links and pictures, a picture within a link too, and HTML's."""
_COMMAND_LINE = re.compile(r"^\$ ((?:.*\\\n)*.*)$", re.MULTILINE)
_COMMAND = re.compile(r"kubectl[ -]express(?=\s)")
_STREAM = re.compile(r"\s\d(?=[<>])")
"""The number in `2>`, which is no word of the command."""
QUESTION = r"(?:\[a\]ll the rest: |\[y/N\] )"
"""What a rollout's questions end with; in a document the answer stands behind it."""
_ANSWER = re.compile(rf"{QUESTION}(.+)$", re.MULTILINE)
_VARIES = (
    # What differs from run to run and from machine to machine, and what stands for it.
    (re.compile(r"(embedded )?helm v\d[\w.]*( \(helm-python-sdk [\d.]+\))?"), "helm"),
    (re.compile(r"^(kubectl-express|python|go) +\d[\w.]*", re.MULTILINE), r"\1"),
    (re.compile(r'(?<="python": ")[\d.]+'), "(version)"),
    # The program's own, or else each release would leave what documents show behind.
    (re.compile(r'(?<="kind": "Version",\n    "version": ")\d+\.\d+\.\d+(?=")'), "(version)"),
    (re.compile(r"resourceVersion \d+"), "resourceVersion"),
    (re.compile(r"(?<=-)[0-9a-f]{5,10}(?=[\s,|`]|$)", re.MULTILINE), "(random)"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"), "(time)"),
    (re.compile(r"(?<=after )\d+\.\d(?= s)"), "(seconds)"),
    (re.compile(r'(?<="seconds": )\d+\.\d+'), "(seconds)"),
    (re.compile(r"\b[0-9a-f]{10,40}(?= +\d+/\d+$)", re.MULTILINE), "(commit)"),
    (re.compile(r'(\bplan"?:? "?)[0-9a-f]{12}'), r"\1(plan)"),
    (re.compile(r"(?<=pid )\d+"), "(pid)"),
    # A pod's way to Ready is seen in as many steps as there was time for.
    (
        re.compile(
            r"^\w+: (it has no pod|pod \S+ is (at \w+, not|still terminating|not Ready \((Pend|ContainerC))).*\n",
            re.MULTILINE,
        ),
        "",
    ),
    (re.compile(r"[ -]{2,}"), " "),
)


class Shell(Protocol):
    """Where commands are run."""

    def types(self, line: str, answers: list[str]) -> str:
        """Return what a line prints; with answers to a rollout's questions, it asks at a terminal."""

    def runs(self, script: str) -> None:
        """Run a script; raises AssertionError where one of its commands fails."""


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block."""

    language: str
    text: str
    scene: str | None
    """The one that it is played in, if it is."""


def links(document: str) -> Iterator[str]:
    """Yield the targets of a document's links and pictures, code left out."""
    for found in _LINK.finditer(_CODE.sub("", _FENCED.sub("", document))):
        yield found[1] or found[2]


def anchors(document: str) -> set[str]:
    """Return what a link into the document may name: its headings, as GitHub turns them into anchors."""
    found: list[str] = []
    for heading in _HEADING.findall(_FENCED.sub("", document)):
        name = re.sub(r"[^\w\- ]", "", re.sub(r"\]\([^)]*\)", "", heading).lower()).replace(" ", "-")
        again = sum(each == name or re.fullmatch(rf"{re.escape(name)}-\d+", each) is not None for each in found)
        found.append(f"{name}-{again}" if again else name)
    return set(found)


def fenced(document: str) -> list[Block]:
    """Return a document's fenced blocks."""
    return [Block(found["language"], dedent(found["text"]), found["scene"]) for found in _FENCED.finditer(document)]


def blocks(document: str, language: str) -> list[str]:
    """Return the text of each of a document's fenced blocks in a language."""
    return [block.text for block in fenced(document) if block.language == language]


def command_lines(document: str) -> Iterator[list[str]]:
    """Yield the words after `kubectl express` wherever a document shows how it is called.

    That is in `sh` blocks, behind the `$ ` of `console` blocks, and in code within a line.
    """
    joined = document.replace("\\\n", " ")
    for block in fenced(joined):
        for line in block.text.splitlines():
            if block.language == "sh" or (block.language == "console" and line.startswith("$ ")):
                yield from commands_of(line)
    for code in _CODE.findall(_FENCED.sub("", joined)):
        yield from commands_of(code.strip("`"))


def commands_of(line: str) -> Iterator[list[str]]:
    """Yield the words after each `kubectl express` that a shell's line calls; none for a line with `…` in it."""
    if "…" in line or line.lstrip().startswith("#"):
        return
    for found in _COMMAND.finditer(line):
        rest = _STREAM.sub(" ", line[found.end() :])
        lexer = shlex.shlex(rest, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        yield list(takewhile(lambda word: not set(word) <= set("();<>|&"), lexer))


def scenes(document: str) -> list[str]:
    """Return the scenes that a document's blocks are played in, each once."""
    return list(dict.fromkeys(block.scene for block in fenced(document) if block.scene))


def unplayed(document: str) -> list[str]:
    """Return the blocks that no scene plays; those of YAML are files, which other tests read."""
    return [block.text for block in fenced(document) if not block.scene and block.language != "yaml"]


def played(document: str, scene: str, shell: Shell) -> str:
    """Return the document with the blocks of one scene played again: every `$ command` behind which it printed.

    The shell is given the answers too that the document has behind a rollout's questions.
    """

    def again(found: re.Match[str]) -> str:
        if found["scene"] != scene:
            return found[0]
        text = dedent(found["text"])
        if found["how"] == "runs":
            shell.runs("\n".join(_COMMAND_LINE.findall(text)) if found["language"] == "console" else text)
            return found[0]
        start, end = (at - found.start() for at in found.span("text"))
        return found[0][:start] + indent(_played(text, shell), found["indent"]) + found[0][end:]

    return _FENCED.sub(again, document)


def _played(block: str, shell: Shell) -> str:
    shown = []
    commands = list(_COMMAND_LINE.finditer(block))
    ends = [*(found.start() for found in commands[1:]), len(block)]
    for found, end in zip(commands, ends, strict=True):
        output = shell.types(found[1], _ANSWER.findall(block, found.end(), end))
        shown.append(f"{found[0]}\n{output}" + ("\n" if output and not output.endswith("\n") else ""))
    # Between two commands a line stays free where the document has one.
    return "".join(("\n" if f"\n\n{each.splitlines()[0]}" in block else "") + each for each in shown)


def alike(document: str) -> str:
    """Return the document without what differs from run to run: versions, random names, widths of columns."""
    for pattern, replacement in _VARIES:
        document = pattern.sub(replacement, document)
    return document
