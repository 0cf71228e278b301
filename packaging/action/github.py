"""A pull request's comments, through GitHub's REST API."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

_PAGE = 100
_SECONDS = 30
_WORKFLOW = "github-actions[bot]"
"""The author of what is written with a workflow's own token."""


@dataclass(frozen=True)
class Comments:
    """The comments of one pull request."""

    api: str
    """GITHUB_API_URL: github.com's, or an Enterprise server's."""
    graphql: str
    """GITHUB_GRAPHQL_URL, of the same."""
    repository: str
    number: int
    token: str

    def find(self, marker: str) -> int | None:
        """Return the oldest comment of our own that begins with the marker; raises OSError.

        Anybody can write a comment that does: one of another author is left alone, because that author could change it.
        """
        login, page = "", 1
        while True:
            found = self._ask("GET", f"/issues/{self.number}/comments?per_page={_PAGE}&page={page}")
            for each in found:
                if str(each["body"] or "").startswith(marker):
                    login = login or self._login()
                    if (each["user"] or {}).get("login") == login:
                        return int(each["id"])
            if len(found) < _PAGE:
                return None
            page += 1

    def write(self, number: int | None, body: str) -> None:
        """Write a comment, or write an earlier one anew; raises OSError."""
        if number is None:
            self._ask("POST", f"/issues/{self.number}/comments", {"body": body})
        else:
            self._ask("PATCH", f"/issues/comments/{number}", {"body": body})

    def _login(self) -> str:
        """Return whose token it is: by GraphQL, since REST tells users alone, and neither workflows nor other apps."""
        try:
            answer = self._call("POST", self.graphql, {"query": "{viewer{login}}"})
            return str(answer["data"]["viewer"]["login"])
        except urllib.error.HTTPError as error:
            if error.code not in {401, 403, 404} or rate_limited(error):
                raise
        except (LookupError, TypeError):
            pass  # It answers with errors in place of data.
        return _WORKFLOW

    def _ask(self, method: str, path: str, content: dict[str, str] | None = None) -> Any:
        return self._call(method, f"{self.api}/repos/{self.repository}{path}", content)

    def _call(self, method: str, url: str, content: dict[str, str] | None = None) -> Any:
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
            "User-Agent": "kubectl-express",
        }
        sent = None if content is None else json.dumps(content).encode()
        request = urllib.request.Request(url, sent, headers, method=method)  # noqa: S310
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
            return json.load(answer)


def rate_limited(error: urllib.error.HTTPError) -> bool:
    """Return whether GitHub refuses only because too much was asked of it, as docs.github.com tells it apart."""
    headers = error.headers
    exhausted = headers.get("x-ratelimit-remaining") == "0" or headers.get("Retry-After") is not None
    return error.code == 429 or (error.code == 403 and exhausted)
