"""GitHub's comments on one pull request, served on loopback: no real part will stand in for it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from tests.sources.loopback import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.sources.loopback import Received

LONGEST = 65_536
BOT = {"login": "github-actions[bot]", "type": "Bot"}


@dataclass(slots=True)
class FakeGitHub:
    """Answers requests as its REST API does, and keeps the comments."""

    token: str
    comments: list[dict[str, Any]] = field(default_factory=list)
    author: dict[str, str] = field(default_factory=BOT.copy)
    """Whose the token is: the workflow's, a user's or another app's."""
    tells_author: bool = True
    refuses: int | None = None
    """The status with which every write is refused."""
    refuses_with: dict[str, str] = field(default_factory=dict)
    """The headers that come with it."""

    def add(self, body: str, author: dict[str, str]) -> None:
        """Let somebody comment."""
        self.comments.append({"id": len(self.comments) + 1, "body": body, "user": author})

    @property
    def bodies(self) -> list[str]:
        """What the comments say."""
        return [each["body"] for each in self.comments]

    def answer(self, request: Received) -> Answer:
        """Return the answer to a request."""
        if request.header("Authorization") != [f"Bearer {self.token}"]:
            return _json({"message": "Bad credentials"}, 401)
        if request.method == "GET":
            return self._read(request.path)
        if request.path == "/graphql":
            assert json.loads(request.body) == {"query": "{viewer{login}}"}
            viewer = {"viewer": {"login": self.author["login"]}}
            return _json({"data": viewer} if self.tells_author else {"data": None, "errors": [{}]})
        if self.refuses:
            return _json({"message": "refused"}, self.refuses, self.refuses_with)
        return self._written(request, json.loads(request.body)["body"])

    def _read(self, path: str) -> Answer:
        found = re.fullmatch(r"/repos/o/r/issues/7/comments\?per_page=(\d+)&page=(\d+)", path)
        assert found, path
        size, page = int(found[1]), int(found[2])
        return _json(self.comments[size * (page - 1) : size * page])

    def _written(self, request: Received, body: str) -> Answer:
        if len(body) > LONGEST:
            return _json({"message": "Validation Failed"}, 422)
        if (request.method, request.path) == ("POST", "/repos/o/r/issues/7/comments"):
            self.add(body, self.author)
            return _json(self.comments[-1], 201)
        found = re.fullmatch(r"/repos/o/r/issues/comments/(\d+)", request.path)
        assert request.method == "PATCH", request.method
        assert found, request.path
        (comment,) = (each for each in self.comments if each["id"] == int(found[1]))
        if comment["user"] != self.author:
            return _json({"message": "not yours"}, 403)
        comment["body"] = body
        return _json(comment)


def _json(content: Any, status: int = 200, headers: Mapping[str, str] = MappingProxyType({})) -> Answer:
    return Answer(json.dumps(content).encode(), status, {"Content-Type": "application/json", **headers})
