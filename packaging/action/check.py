"""What action.yml runs: verify and diff, a comment on the pull request, and the exit code of the check.

Environment variables say what to do: those of action.yml, and the runner's own GITHUB_….
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import urllib.error
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from comment import Findings, cut, marker, text
from github import Comments, rate_limited

PROGRAM = Path(__file__).resolve().parent.parent.parent / "dist" / "kubectl-express"
COMMENT = 65_000
"""Characters: GitHub refuses a comment of more than 65,536."""
SUMMARY = 250_000
"""Characters: the runner takes a mebibyte, and one may be of four bytes."""


@dataclass(frozen=True)
class Ended:
    """How a run of the program ended."""

    code: int
    stdout: str
    stderr: str


def main() -> int:
    """Check, tell, and return 0, 2 or 3, which the outputs have too; 2 also where the comment could not be written."""
    code, restarts = 2, None
    try:
        code, restarts = _checked()
    finally:
        _append("GITHUB_OUTPUT", f"exit-code={code}\nrestarts={'' if restarts is None else restarts}\n")
    return code


def _checked() -> tuple[int, int | None]:
    """Check and tell; return the code to end with, and how many nodes will restart, where that is known."""
    # What is printed holds words of charts, helm and git. A line of it that looks like a command to the runner is none
    # before the token, which nobody can know, is seen again.
    token = secrets.token_hex(16)
    print(f"::stop-commands::{token}", flush=True)
    try:
        findings = find_out()
    finally:
        print(f"::{token}::", flush=True)
    if findings is None:
        print("::error::There is nothing to compare with: check out with fetch-depth 0, or give against")
        return 2, None
    said = text(findings, _about())
    _append("GITHUB_STEP_SUMMARY", f"{cut(said, SUMMARY, _notice())}\n")
    told = comment(findings, said)
    if findings.code:
        print(f"::error::The revisions {'could not be checked' if findings.code == 2 else 'cannot be trusted'}")
    return findings.code or (0 if told else 2), findings.restarts


def find_out() -> Findings | None:
    """Return what the program finds; None where a pull request has nothing to be compared with."""
    where = [f"--context={os.environ['EXPRESS_CONTEXT']}"]
    where += [f"--system={system}" for system in [os.environ["EXPRESS_SYSTEM"]] if system]
    against = _against()
    if against is None:
        return None
    if not against:
        verified = _run("verify", *where, "-o", "markdown")
        return Findings(_judged(verified.code), None, "", verified.stdout, verified.stderr, changes=False)
    where.append(f"--against={against}")
    verified = _run("verify", *where, "-o", "markdown")
    different = _run("diff", *where, "-o", "markdown")
    counted = _run("diff", *where, "-o", "json", shown=False)
    code = _judged(verified.code, different.code, counted.code)
    try:
        restarts = _restarts(counted.stdout)
    except (ValueError, LookupError, TypeError):
        print("What diff -o json printed is not the JSON that it prints", flush=True)
        code, restarts = 2, None
    return Findings(
        code=code,
        restarts=restarts,
        diff=different.stdout,
        verify=verified.stdout,
        errors=verified.stderr or different.stderr,
        changes=different.code != 0,
    )


def comment(findings: Findings, said: str) -> bool:
    """Bring the pull request's comment up to date, and return whether nothing is left to be done.

    There is none on anything but a pull request, and where nothing changes it needs none. One that a change had before
    it was taken back is written anew. Who may not write one, as a fork may not, is warned.
    """
    number = _event().get("pull_request", {}).get("number")
    if number is None or os.environ["EXPRESS_COMMENT"] != "true":
        return True
    comments = Comments(
        os.environ["GITHUB_API_URL"],
        os.environ["GITHUB_GRAPHQL_URL"],
        os.environ["GITHUB_REPOSITORY"],
        number,
        os.environ["EXPRESS_TOKEN"],
    )
    folder = os.path.relpath(Path.cwd(), os.environ["GITHUB_WORKSPACE"])
    mark = marker(os.environ["EXPRESS_CONTEXT"], os.environ["EXPRESS_SYSTEM"], folder)
    try:
        earlier = comments.find(mark)
        if earlier is not None or findings.changes or findings.code:
            comments.write(earlier, cut(f"{mark}\n{said}", COMMENT, _notice()))
    except urllib.error.HTTPError as error:
        if rate_limited(error):
            print(
                "::error::The comment could not be written: GitHub takes no more requests for now; run it again later"
            )
            return False
        if error.code != 403:
            print(f"::error::The comment could not be written: GitHub answered with {error.code}")
            return False
        print(
            "::warning::No comment was written: the token may not (permissions: pull-requests: write); see the summary"
        )
    except (OSError, ValueError) as error:
        print(f"::error::The comment could not be written: GitHub did not answer ({type(error).__name__})")
        return False
    return True


def _against() -> str | None:
    """Return what to compare with: as told, or where the pull request's branch began; nothing on a push."""
    told, base = os.environ["EXPRESS_AGAINST"], os.environ.get("GITHUB_BASE_REF", "")
    if told or not base:
        return told
    command = ["git", "merge-base", f"origin/{base}", "HEAD"]
    found = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", check=False)
    print(found.stderr, end="")
    return f"git:{found.stdout.strip()}" if found.returncode == 0 else None


def _run(*words: str, shown: bool = True) -> Ended:
    """Run the program without the token that comments, and print what it prints; nothing of it is coloured."""
    environment = {name: value for name, value in os.environ.items() if name not in {"EXPRESS_TOKEN", "CLICOLOR_FORCE"}}
    command = [sys.executable, str(PROGRAM), *words]
    done = subprocess.run(
        command, env=environment, capture_output=True, encoding="utf-8", errors="replace", check=False
    )
    if shown:
        print(f"$ kubectl express {' '.join(words)}\n{done.stdout}{done.stderr}exit code {done.returncode}", flush=True)
    return Ended(done.returncode, done.stdout, done.stderr)


def _restarts(document: str) -> int | None:
    """Return how many nodes will restart by a diff's JSON; None where no system could be read.

    Raises ValueError, LookupError or TypeError for what is no diff's JSON.
    """
    systems = json.loads(document)["systems"] if document else []
    return sum(bool(node["restart"]) for system in systems for node in system["nodes"]) if systems else None


def _judged(verified: int, *compared: int) -> int:
    """Return 0, 2 or 3 for how verify and diffs have ended: a difference is 0; what crashed or was killed is 2."""
    codes = {verified, *(0 if code == 1 else code for code in compared)}
    return 2 if codes - {0, 3} else max(codes)


def _about() -> str:
    """Return which commit was looked at, and where the log is."""
    commit = _event().get("pull_request", {}).get("head", {}).get("sha") or os.environ["GITHUB_SHA"]
    return f"Commit {commit[:10]}, [log and summary]({_address()})"


def _notice() -> str:
    return (
        f"**Cut here.** [The summary of the run]({_address()}) has more; `kubectl express diff -o markdown` prints all."
    )


def _address() -> str:
    server, repository = os.environ["GITHUB_SERVER_URL"], os.environ["GITHUB_REPOSITORY"]
    return f"{server}/{repository}/actions/runs/{os.environ['GITHUB_RUN_ID']}"


def _event() -> dict[str, Any]:
    """Return what set the run off, as GitHub tells it."""
    told: dict[str, Any] = json.loads(Path(os.environ["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))
    return told


def _append(variable: str, said: str) -> None:
    with Path(os.environ[variable]).open("a", encoding="utf-8") as file:
        file.write(said)


if __name__ == "__main__":
    sys.exit(main())
