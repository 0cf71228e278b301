"""What the action says about a pull request, in Markdown."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

_FENCE = re.compile("`{3,}")


@dataclass(frozen=True)
class Findings:
    """What the program found, its Markdown as it printed it."""

    code: int
    """The exit code of the check as a whole: 0, 2 or 3."""
    restarts: int | None
    """How many nodes will restart; None where nothing was compared."""
    diff: str
    verify: str
    errors: str
    """What it wrote to stderr."""
    changes: bool
    """Whether deploying would change anything."""


def marker(*told_apart: str) -> str:
    """Return the line that a comment begins with and is found again by: one for each context, system and folder."""
    digest = hashlib.sha256("\0".join(told_apart).encode()).hexdigest()[:12]
    return f"<!-- kubectl-express {digest} -->"


def text(findings: Findings, about: str) -> str:
    """Return what was found: a heading with the restarts, `about` as the line below it, the nodes, and the verdict."""
    return "\n\n".join(
        part.strip("\n")
        for part in (
            f"### {_title(findings)}",
            about,
            findings.diff,
            _verdict(findings),
            _fenced(findings.errors) if findings.code == 2 else "",
        )
        if part.strip()
    )


def cut(body: str, limit: int, notice: str) -> str:
    """Return the body, or as much of it as the limit allows, at whole lines, with the notice at its end.

    What is folded away is left out first: the nodes are news, and their parameters can be looked up. Fences and folds
    that were open where it was cut are closed.
    """
    if len(body) <= limit:
        return body
    lines = body.splitlines()
    folded = _folded(lines)
    room = limit - len(notice) - 2
    room_folded = room - sum(len(line) + 1 for line, inside in zip(lines, folded, strict=True) if not inside)
    kept: list[str] = []
    for line, inside in zip(lines, folded, strict=True):
        if inside:
            room_folded -= len(line) + 1
            if room_folded < 0:
                continue
        room -= len(line) + 1
        if room < 0:
            break
        kept.append(line)
    while len(said := "\n".join([*kept, *_closings(kept), "", notice])) > limit and kept:
        kept.pop()
    return said


def _title(findings: Findings) -> str:
    count = findings.restarts
    if count is None:
        return "What would restart is not known" if findings.code == 2 else "The revisions were checked"
    said = "No node" if count == 0 else "1 node" if count == 1 else f"{count} nodes"
    return f"{said} will restart" + (", of the systems that could be read" if findings.code == 2 else "")


def _verdict(findings: Findings) -> str:
    if findings.code == 0:
        return f"<details><summary>Every revision can be trusted</summary>\n\n{findings.verify}\n</details>"
    failed = "could not be checked" if findings.code == 2 else "cannot be trusted"
    return f"**The revisions {failed}** (exit code {findings.code})\n\n{findings.verify}"


def _fenced(said: str) -> str:
    """Return a code block; its fence is longer than any run of backticks inside."""
    longest = max((len(run) for run in re.findall("`+", said)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{said.strip()}\n{fence}" if said.strip() else ""


def _folded(lines: list[str]) -> list[bool]:
    """Return of each line whether it is inside a fold, whose first and last line are not."""
    behind = [folded for _, folded in _open_behind(lines)]
    return [before and after for before, after in zip([False, *behind], behind, strict=False)]


def _closings(lines: list[str]) -> list[str]:
    """Return the lines that close what is open behind these."""
    fence, folded = _open_behind(lines)[-1] if lines else ("", False)
    return [*([fence] if fence else []), *(["", "</details>"] if folded else [])]


def _open_behind(lines: list[str]) -> list[tuple[str, bool]]:
    """Return the fence that is open behind each line, and whether a fold is: in a code block nothing opens one."""
    fence, folded, told = "", False, []
    for line in lines:
        if fence:
            fence = "" if line == fence else fence
        elif found := _FENCE.match(line):
            fence = found[0]
        else:
            folded = (folded or line.startswith("<details>")) and line != "</details>"
        told.append((fence, folded))
    return told
