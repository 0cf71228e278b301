"""The documents as tests read them: links, the commands that they show, and console blocks that can be run again.

A console block behind `<!-- real: SCENE -->` is real: a test runs its commands in order in that scene (see
`tests/document_scenes.py`) and compares what they print. `DOCUMENTS=write tests/run tests/test_documents.py` writes the
blocks anew where the program's words have changed on purpose.
"""

from __future__ import annotations

import re
import shlex
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("charts/**/*.md"), *ROOT.glob("examples/*.md")]
)

_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`]*`")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_LINK = re.compile(r"""\]\(([^)\s]+)(?:\s+"[^"]*")?\)|\b(?:src|srcset|href)="([^"\s]+)""")
"""Markdown's links and pictures, a picture within a link too, and HTML's."""
_REAL = re.compile(r"(?<=^<!-- real: )([a-z-]+)( -->\n```console\n)(.*?)(?=^```$)", re.MULTILINE | re.DOTALL)
_CONSOLE = re.compile(r"(?<!-->\n)^ *```console\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"kubectl[ -]express(?=\s)")
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


def blocks(document: str, language: str) -> list[str]:
    """Return the text of each of a document's fenced blocks in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", document, re.MULTILINE | re.DOTALL)


def command_lines(document: str) -> Iterator[list[str]]:
    """Yield the words after `kubectl express` wherever a document shows how it is called.

    That is in `sh` blocks, behind the `$ ` of `console` blocks, and in code within a line.
    """
    joined = document.replace("\\\n", " ")
    for block in _FENCED.findall(joined):
        language, _, text = block.removeprefix("```").partition("\n")
        for line in text.splitlines():
            if language == "sh" or (language == "console" and line.startswith("$ ")):
                yield from commands_of(line)
    for code in _CODE.findall(_FENCED.sub("", joined)):
        yield from commands_of(code.strip("`"))


def commands_of(line: str) -> Iterator[list[str]]:
    """Yield the words after each `kubectl express` that a shell's line calls; none for a line with `…` in it."""
    if "…" in line or line.lstrip().startswith("#"):
        return
    for found in _COMMAND.finditer(line):
        lexer = shlex.shlex(line[found.end() :], posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        yield list(takewhile(lambda word: not set(word) <= set("();<>|&"), lexer))


def scenes(document: str) -> list[str]:
    """Return the scenes that a document's real blocks play in, each once."""
    return list(dict.fromkeys(found[1] for found in _REAL.finditer(document)))


def unplayed(document: str) -> list[str]:
    """Return the console blocks that show what commands print and are not real."""
    found = [block[1] for block in _CONSOLE.finditer(document)]
    return [block for block in found if re.search(r"^ *(?!\$ )[^\s]", re.sub(r"\\\n", "", block), re.MULTILINE)]


def played(document: str, scene: str, run: Callable[[str, list[str]], str]) -> str:
    """Return the document with the blocks of one scene played again: every `$ command` behind which `run` printed.

    `run` is given the answers too that the document has behind a rollout's questions; with any, it asks at a terminal.
    """

    def again(found: re.Match[str]) -> str:
        return found[1] + found[2] + _played(found[3], run) if found[1] == scene else found[0]

    return _REAL.sub(again, document)


def _played(block: str, run: Callable[[str, list[str]], str]) -> str:
    shown = []
    commands = list(re.finditer(r"^\$ (?:.*\\\n)*.*$", block, re.MULTILINE))
    ends = [*(found.start() for found in commands[1:]), len(block)]
    for found, end in zip(commands, ends, strict=True):
        command = found[0]
        output = run(command.removeprefix("$ "), _ANSWER.findall(block, found.end(), end))
        shown.append(f"{command}\n{output}" + ("\n" if output and not output.endswith("\n") else ""))
    # Between two commands a line stays free where the document has one.
    return "".join(("\n" if f"\n\n{each.splitlines()[0]}" in block else "") + each for each in shown)


def alike(document: str) -> str:
    """Return the document without what differs from run to run: versions, random names, widths of columns."""
    for pattern, replacement in _VARIES:
        document = pattern.sub(replacement, document)
    return document
