"""No token, password, key, Secret value or redacted parameter comes to where it can be read."""

from __future__ import annotations

import base64
import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.small_system import listable, rendered, spec
from tests.reliability.ledger import Row, tell
from tests.reliability.security.canaries import (
    ALL,
    CONFIGURATION,
    CREDENTIALS,
    DATA,
    PARAMETER,
    PASSWORD,
    TEXT,
    TOKEN,
    Spy,
    found,
    system,
)
from tests.reliability.security.door import CARD, Door, kubeconfig, trusted
from tests.sources.loopback import AUTHORITY, Answer, closed_port, refused, silent_port
from tests.testbed.programs import run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.small_system import SmallSystem, SmallSystems
    from tests.sources.loopback import Received
    from tests.testbed.control_plane import ControlPlane
    from tests.testbed.programs import Outcome

FORMATS = ("table", "wide", "json", "yaml", "name", "markdown")
SHOWN = (
    *(f"diff --objects -f NEXT -o {form} -v" for form in FORMATS),
    *(f"inspect --all -o {form} -v" for form in ("wide", "json", "markdown")),
    "inspect be1 -f NEXT --against live -v", "revisions -o wide -v", "revisions -f NEXT -o json -v",
    "verify --live -v", "verify -f NEXT --against live -o markdown -v", "rollout --dry-run=client -f NEXT -o json -v",
    "rollout --dry-run=server -f NEXT -v", "inspect be1 -o data", "rollout status -v", "wait be1 -v",
)  # fmt: skip
DONE = (
    "rollout --yes -f NEXT -o json -v", "rollout history -o json -v", "rollout status -o yaml -v",
    "rollout undo --yes -v", "rollout history -o wide", "diff -f NEXT -v",
)  # fmt: skip


class Look:
    """Runs commands as somebody whose credentials a plugin gives, through a proxy with a password."""

    def __init__(self, system: SmallSystem, door: Door, spy: Spy, folder: Path) -> None:
        cluster = {**trusted(door), "proxy-url": door.proxy.url.replace("//", f"//me:{PASSWORD}@")}
        self.config = kubeconfig(folder / "config", cluster, spy.plugin(), system.name)
        self._system, self._folder, self.spy = system, folder, spy
        (folder / ".express.yaml").write_text(CONFIGURATION)
        (folder / "next.yaml").write_text(_SYSTEM("2"))

    def __call__(self, line: str, config: Path | None = None, **variables: str) -> Outcome:
        words = [str(self._folder / "next.yaml") if word == "NEXT" else word for word in line.split()]
        environment = {
            **self._system.express.environment(None),
            "KUBECONFIG": str(config or self.config),
            "TMPDIR": str(self.spy.temporary),
            **variables,
        }
        return run([self._system.express.zipapp, *words], environment, self._folder)


_SYSTEM = system


@pytest.fixture(scope="module")
def look(systems: SmallSystems, door: Door, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Look]:
    folder = tmp_path_factory.mktemp("secrets")
    yield Look(systems(_SYSTEM("1")), door, Spy.in_folder(folder), folder)
    door.answer = lambda _: None


def test_nothing_that_is_printed_written_down_or_left_behind_holds_a_secret(
    look: Look, control_plane: ControlPlane
) -> None:
    made: SmallSystem = look._system
    before = control_plane.audit_log.stat().st_size
    smoke, external = look.spy.be("smoke", f"echo {DATA}; exit 1"), look.spy.be("differ", 'exec diff -ru "$@"')
    texts = {}
    for line in SHOWN:
        texts[line] = look(line)
    texts["external"] = look("diff --objects -f NEXT", KUBECTL_EXTERNAL_DIFF=str(external))
    halted = look(f"rollout --yes -f NEXT --after-node {smoke}")
    assert (halted.code, DATA in halted.stdout) == (5, True), "what it says is for who runs it"
    for line in DONE:
        texts[line] = look(line)
    assert [(line, ended.stderr) for line, ended in texts.items() if ended.code == 2 and "-o data" not in line] == []
    assert "***" in texts[SHOWN[0]].stdout
    assert "(redacted)" in texts[SHOWN[0]].stdout
    shown = {line: found(ended.stdout + ended.stderr) for line, ended in texts.items()}
    assert {line: each for line, each in shown.items() if each} == {}
    _tell("command lines whose output was searched", "shows no secret", len(texts))

    assert found(control_plane.audit_log.read_bytes()[before:].decode()) == []
    for what in ("processes", "contents"):
        assert found(look.spy.saw(what)) == [], what
    environments = look.spy.saw("environment").split("--- ")
    others = [each for each in environments if each and not each.startswith("plugin")]
    assert len(others) >= 2
    assert found("".join(others)) == []
    assert list(look.spy.temporary.iterdir()) == []
    _tell(
        "programs that were started, looking around",
        "gives them no secret, and none is on a command line",
        len(environments),
        varies=True,
    )
    _tell("objects of the namespace searched", "writes no secret", _search_objects(made), varies=True)


def _search_objects(made: SmallSystem) -> int:
    """Search all that a rollout leaves in the namespace: what was deployed aside, and the records unpacked."""
    count = 0
    for base, plural in listable(made.api):
        for item in made.api.get(made.collection(plural, base))["items"]:
            count += 1
            if item.get("type") == "kubectl-express/rollout":
                _assert_sound_record(item)
            elif plural in {"backends", "configmaps", "secrets"}:
                assert found(json.dumps(item), CREDENTIALS) == [], item
            else:
                assert found(json.dumps(item)) == [], item
    return count


def _assert_sound_record(secret: Any) -> None:
    """Hold a record to hold what undo needs, which is what was deployed, and nothing that proves who asks."""
    unpacked = {key: base64.b64decode(value) for key, value in secret["data"].items()}
    if secret["metadata"]["labels"]["kubectl-express/rollout"] == "head":
        assert found(gzip.decompress(unpacked["record"]).decode()) == []
        assert found(unpacked["progress"].decode()) == []
        assert found(json.dumps(secret["metadata"])) == []
    else:
        assert found(gzip.decompress(unpacked["touched"]).decode(), CREDENTIALS) == []


def _tell(what: str, does: str, count: int, *, varies: bool = False) -> None:
    tell(Row("Security", what, does, count, varies=varies))


def _echoing(status: int, reason: str) -> Any:
    """Return what answers every request by all that it came with, as some proxies and webhooks do."""

    def answer(request: Received) -> Answer:
        told = f"{request.headers} {request.body.decode(errors='replace')} {TOKEN}"
        return refused(reason, f"no: {told}", status)

    return answer


def _refusing(what: str) -> Any:
    """Return what refuses just the dry run of one kind of object, and quotes it."""

    def answer(request: Received) -> Answer | None:
        if request.method == "PATCH" and "dryRun" in request.path and f"/{what}/" in request.path:
            return refused("Invalid", f"Invalid value: {request.body.decode()}", 422)
        return None

    return answer


ANSWERS = {
    "401 that quotes the request": _echoing(401, "Unauthorized"),
    "403 that quotes the request": _echoing(403, "Forbidden"),
    "500 that quotes the request": _echoing(500, "InternalError"),
    "no JSON": lambda request: Answer(f"<html>{request.headers}</html>".encode(), 502),
    "a refused Secret that is quoted": _refusing("secrets"),
    "a refused node that is quoted": _refusing("backends"),
    "an event of a watch that quotes the token": lambda request: (
        Answer(
            json.dumps({"type": "ERROR", "object": {"kind": "Status", "code": 403, "message": TOKEN}}).encode() + b"\n"
        )
        if "watch=1" in request.path
        else None
    ),
}


@pytest.mark.parametrize("what", ANSWERS)
def test_a_server_that_quotes_what_it_was_sent_is_not_quoted(look: Look, door: Door, what: str) -> None:
    door.answer = ANSWERS[what]
    lines = ("revisions -v", "rollout status -v", "diff -f NEXT -v", "rollout --yes -v -o json -f NEXT --timeout 2s")
    own = (*CREDENTIALS, PARAMETER, DATA, TEXT) if "refused" in what else CREDENTIALS
    try:
        outcomes = [look(line) for line in (lines[3:] if "refused" in what else lines)]
    finally:
        door.answer = lambda _: None
    assert all(each.code in {0, 1, 2, 4, 5} for each in outcomes)
    assert [found(each.stdout + each.stderr, own) for each in outcomes if found(each.stdout + each.stderr, own)] == []
    assert "watch" in what or any("(hidden)" in each.stderr for each in outcomes) or what == "no JSON"
    _tell("answers that quote a secret", "leaves it out", len(outcomes))


def test_a_connection_that_fails_is_told_of_without_its_secrets(look: Look, door: Door, tmp_path: Path) -> None:
    proxy = f"http://me:{PASSWORD}@{closed_port()}"
    user = {"username": "somebody", "password": PASSWORD}
    basic = base64.b64encode(f"somebody:{PASSWORD}".encode()).decode()
    with silent_port() as silent:
        clusters: dict[str, dict[str, Any]] = {
            "wrong authority": {**trusted(door), "certificate-authority": str(AUTHORITY.with_name("expired.crt"))},
            "refused": {"server": f"https://{closed_port()}"},
            "silent": {"server": f"https://{silent}"},
            "proxy refused": {**trusted(door), "proxy-url": proxy},
            "proxy no proxy": {**trusted(door), "proxy-url": proxy.replace("http:", "ftp:")},
            "no such host": {"server": "https://nowhere.invalid"},
            "no client certificate": trusted(door),
        }
        for name, cluster in clusters.items():
            for number, asks in enumerate((user, {**CARD, "token": TOKEN})):
                config = kubeconfig(tmp_path / f"{number}", cluster, asks, "default")
                ended = look("revisions -v --request-timeout=500ms", config)
                if name != "no client certificate" or number == 0:
                    assert ended.code == 2, (name, ended.stdout)
                assert found(ended.stdout + ended.stderr, ALL) == [], name
                assert basic not in ended.stderr
    _tell("connections that fail", "tells of them without the password or token", 2 * len(clusters))


def test_a_redacted_parameter_that_the_api_server_finds_wrong_is_not_quoted(look: Look, tmp_path: Path) -> None:
    target = tmp_path / "target.yaml"
    wrong = spec("3")
    wrong["image"]["pullPolicy"] = PARAMETER
    target.write_text(rendered({"be1": wrong}))
    ended = look(f"rollout --dry-run=server -f {target} -v")
    assert ended.code == 2
    assert 'spec.image.pullPolicy: Unsupported value: "(hidden)"' in ended.stderr
    assert found(ended.stdout + ended.stderr) == []
    _tell("answers that quote a secret", "leaves it out", 1)
