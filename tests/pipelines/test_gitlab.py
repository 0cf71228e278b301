"""The document's job for GitLab, its lines run as they stand against GitLab's notes on loopback."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from tests.e2e.small_chart import small_chart
from tests.pipelines.conftest import surroundings, write
from tests.pipelines.yaml_blocks import loaded
from tests.sources.loopback import Answer, serving
from tests.testbed.examples import commit

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sources.loopback import Received

NOTES = "/api/v4/projects/1/merge_requests/7/notes"


@dataclass(slots=True)
class FakeGitLab:
    """Answers requests as its REST API does, and keeps the notes of one merge request, the newest first."""

    notes: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, request: Received) -> Answer:
        """Return the answer to a request."""
        assert request.header("PRIVATE-TOKEN") == ["secret"]
        body = parse_qs(request.body.decode()).get("body", [""])[0]
        reply: Any = {"id": 5}
        match request.method, request.path.removeprefix(NOTES):
            case "GET", "/api/v4/user":
                pass
            case "GET", "?per_page=100":
                reply = self.notes
            case "POST", "":
                self.notes.insert(0, {"id": len(self.notes) + 1, "author": {"id": 5}, "body": body})
            case "PUT", path:
                (note,) = (each for each in self.notes if f"/{each['id']}" == path)
                note["body"] = body
            case other:
                return Answer(json.dumps({"message": f"404 {other}"}).encode(), 404)
        return Answer(json.dumps(reply).encode())


def test_a_note_is_written_once_and_brought_up_to_date(built: Path, tmp_path: Path) -> None:
    repository = small_chart(tmp_path / "repository", {"be1": '"1"'})
    base = commit(repository, "What main has")
    job = loaded("docs/pipelines.md", ".gitlab-ci.yml")["express"]
    gitlab = FakeGitLab()

    def pipeline(**nodes: str) -> None:
        if nodes:
            write(repository, nodes)
            commit(repository, "A change")
        for script in (job["script"], job["after_script"]):
            subprocess.run(
                ["bash", "-eo", "pipefail", "-c", "\n".join(script)], cwd=repository, env=environment, check=True
            )

    with serving(gitlab.answer) as server:
        environment = {
            **surroundings(tmp_path),
            "CI_API_V4_URL": f"{server.url}/api/v4",
            "CI_PROJECT_ID": "1",
            "CI_MERGE_REQUEST_IID": "7",
            "CI_MERGE_REQUEST_DIFF_BASE_SHA": base,
            "EXPRESS_TOKEN": "secret",
        }
        environment["PATH"] = f"{built / 'dist'}:{environment['PATH']}"
        pipeline()
        assert gitlab.notes == []
        gitlab.notes.append({"id": 1, "author": {"id": 6}, "body": "<!-- express -->\nsomebody else's"})
        pipeline(be1='"2"')
        pipeline(be1='"2"', be2='"1"')
    ours, other = gitlab.notes
    assert other["body"].endswith("somebody else's")
    assert ours["body"].startswith("<!-- express -->\nsmall in yul1: ")
    assert "1 of 1 node will restart, in this order: be1; 1 is new (be2)" in ours["body"]
