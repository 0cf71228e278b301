"""What docs/security.md claims is held by the tests that it names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kubectl_express.errors import ServerError
from kubectl_express.sources.kubeconfig import ConnectionOptions, resolve
from kubectl_express.sources.paths import check_path, is_segment
from tests.reliability.ledger import Row, tell

ROOT = Path(__file__).parents[3]


def test_every_test_that_the_threat_model_names_is_there() -> None:
    document = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(test_\w+)`", document))
    there = {name for file in (ROOT / "tests").rglob("test_*.py") for name in _tests(file)}
    assert len(named) >= 20
    assert named - there == set()


def _tests(file: Path) -> list[str]:
    return re.findall(r"^def (test_\w+)", file.read_text(encoding="utf-8"), re.MULTILINE)


NAMES = ("", ".", "..", "a/b", "../secrets/b", "a%2fb", "%2e%2e", "a/../b")


@pytest.mark.parametrize("name", NAMES)
def test_no_name_leads_to_another_object(name: str) -> None:
    assert not is_segment(name)
    with pytest.raises(ServerError, match="there is no path"):
        check_path(f"/api/v1/namespaces/{name}/../secrets")
    tell(Row("Security", "names that would be another path of the API", "refuses each", 1))


@pytest.mark.parametrize(
    "path", ["/a?b", "/a#b", "/a b", "/a\n", "/é", "/a//b", "/%2e%2e/b", "/a%2Fb", "a", "//host/a"]
)
def test_a_path_that_a_server_would_read_otherwise_is_none(path: str) -> None:
    with pytest.raises(ServerError, match="there is no path"):
        check_path(path)


def test_ordinary_names_are_paths() -> None:
    for path in ("/", "/api", "/apis/a.b/v1/namespaces/n/roles/system:node%C3%A9", "/openapi/v3/api/v1"):
        assert check_path(path) == path


@pytest.mark.parametrize("namespace", NAMES[1:])
def test_a_namespace_that_is_none_is_refused_before_anything_is_asked(namespace: str) -> None:
    from kubectl_express.errors import ExpressError

    options = ConnectionOptions(server="https://localhost", namespace=namespace)
    with pytest.raises(ExpressError, match="invalid name"):
        resolve(options, {"HOME": "/nowhere"})
