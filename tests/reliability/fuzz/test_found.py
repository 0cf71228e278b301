"""What broken inputs have found, each kept: what crashed the program, or kept it busy for minutes."""

from __future__ import annotations

import gzip
import json
import time
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from kubectl_express.core.drift import drift
from kubectl_express.core.hashing import HashMethod
from kubectl_express.core.kubectl_yaml import read_documents
from kubectl_express.core.lease import expires_in
from kubectl_express.core.live_data import prove
from kubectl_express.core.managed_fields import Reading, owned
from kubectl_express.core.parameters import compare
from kubectl_express.core.representation import difference
from kubectl_express.core.values import at
from kubectl_express.errors import ExitStatus, ExpressError
from kubectl_express.sources.answers import decode
from kubectl_express.sources.configuration import load
from kubectl_express.sources.credentials import obtain
from kubectl_express.sources.kubeconfig import ConnectionOptions, resolve
from kubectl_express.sources.records import _unpacked
from tests.core.rendered import config_map, resource
from tests.reliability.fuzz import mutants, seeds
from tests.reliability.fuzz.runs import answering, checked_run
from tests.reliability.ledger import Row, tell

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from kubectl_express.core.values import Object

LIVE = ["--server", "http://127.0.0.1:1", "--namespace", "x"]


@contextmanager
def within(seconds: float) -> Iterator[None]:
    started = time.process_time()
    yield
    took = time.process_time() - started
    assert took < seconds, f"it took {took:.1f} s"


@pytest.fixture(autouse=True)
def _told() -> Iterator[None]:
    yield
    tell(Row("Broken inputs", "inputs that once crashed the program or kept it busy", "what is right", tried=1))


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('chart: "\\UFFFFFFFF"', "names nothing"),
        ('chart: "\\U00200000"', "names nothing"),
        ("%YAML 1." + "1" * 5000 + "\n---\nchart: a", "names nothing"),
        ('chart: "a\\ud800"', "chart: expected"),
        ("chart: !!str [a]", "chart: expected"),
        ("pods: {perNode: !!int [1]}", "perNode: expected"),
        ("helm: {includeCRDs: !!bool maybe}", "includeCRDs: expected true or false"),
        ("hash: {algorithm: &a [*a]}", "algorithm: expected one of"),
        ("sites: {a: &a [x], b: [*a, *a]}", "sites.a: expected"),
        ("helm: {version: '>=" + "9" * 5000 + "'}", "version: expected"),
        ("a: " + "x" * 300_001, "expected at most 300,000 characters"),
    ],
)
def test_a_configuration_is_refused_by_its_key(tmp_path: Path, text: str, key: str) -> None:
    (tmp_path / ".express.yaml").write_text(text)
    with pytest.raises(ExpressError) as caught:
        load(tmp_path / ".express.yaml", tmp_path)
    assert key in str(caught.value)


def test_a_pointer_to_an_item_of_thousands_of_digits_leads_nowhere(tmp_path: Path) -> None:
    assert at([1], "/" + "9" * 5000) is None
    (tmp_path / ".express.yaml").write_text(f"redact: [/a/{'9' * 5000}]")
    documents = [config_map({"be1.json": '{"a":[1]}', "be1.revision": "x"}), resource("be1", {"a": [2]}, declared="y")]
    status = checked_run(["inspect", "--all", "-f", "-", "-o", "json"], mutants.as_json(documents).encode(), tmp_path)
    assert status is ExitStatus.DONE


@pytest.mark.parametrize(
    "user",
    [
        'token: !!int ""', 'token: !!float ""', "token: !!bool maybe", "token: !!timestamp x", 'token: "a\\0b"',
        "token: 0x1f", "token: &a [*a]", 'client-certificate: "a\\0b"',
    ],
)  # fmt: skip
def test_a_kubeconfig_is_refused_whatever_its_tags_and_characters(tmp_path: Path, user: str) -> None:
    path = tmp_path / "config"
    path.write_text(f"users:\n- name: a\n  user:\n    {user}\n")
    with pytest.raises(ExpressError, match=r"^kubeconfig "):
        resolve(ConnectionOptions(kubeconfig=str(path)), {})


def test_merges_of_merges_in_a_kubeconfig_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "config"
    merges = "".join(f"m{each}: &m{each} {{<<: [{', '.join([f'*m{each - 1}'] * 10)}]}}\n" for each in range(1, 10))
    path.write_text(f"m0: &m0 {{a: 1}}\n{merges}")
    with pytest.raises(ExpressError, match="excessive aliasing"):
        resolve(ConnectionOptions(kubeconfig=str(path)), {})


@pytest.mark.parametrize(
    ("plugin", "said"),
    [
        ({"args": 5}, "args must be a list"),
        ({"env": [{"name": "A=B", "value": "x"}]}, "illegal environment variable name"),
        ({"provideClusterInfo": True}, "not found"),
    ],
)
def test_a_credential_plugin_is_refused_whatever_its_entry_says(plugin: Object, said: str) -> None:
    entry: Object = {"command": "/absent", "apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Never"}
    with pytest.raises(ExpressError, match=said):
        obtain({"exec": {**entry, **plugin}}, {"server": "https://a", "extensions": 5}, {}, stdin_taken=True)


@pytest.mark.parametrize("content", ["[" * 100_000, '{"a":' * 1000 + "1" + "}" * 1000, '{"a": NaN}', '{"a": 1e999}'])
def test_an_answer_that_go_would_not_read_is_refused(content: str) -> None:
    with pytest.raises(ValueError, match=r"deeply|NaN|range"):
        decode(content.encode())


def test_half_a_pair_of_surrogates_in_an_answer_is_replaced_as_go_does() -> None:
    assert decode(b'{"a": "\\ud800"}') == {"a": "\ufffd"}


@pytest.mark.parametrize(
    ("of", "path", "value"),
    [
        ("pods", "/status/conditions/0/type", ["Ready"]),
        ("pods", "/status/phase", "Rolling"),
        ("backends", "/spec", "@[100000@"),
        ("backends", "/metadata/managedFields", {"a": 1}),
        ("configmaps", "/data", "@{400@"),
    ],
)
def test_a_cluster_is_listed_whatever_an_object_of_it_says(tmp_path: Path, of: str, path: str, value: Any) -> None:
    answers = json.loads(json.dumps(seeds.answers()))
    parent, _, member = path.rpartition("/")
    holder: Any = at(answers[of]["items"][0], parent)
    holder[member] = value
    contents = {name: mutants.written(answer).encode() for name, answer in answers.items()}
    with answering(contents):
        checked_run(["inspect", "--all", "-o", "json", *LIVE], b"", tmp_path)


@pytest.mark.parametrize("kept", [{"state": "elsewhere"}, {"state": "running", "done": -1}])
def test_a_record_of_no_known_state_is_unreadable(tmp_path: Path, kept: Object) -> None:
    answers = json.loads(json.dumps(seeds.answers()))
    head = answers["secrets"]["items"][0]
    progress = {"state": "running", "done": 0, "current": None, "message": "", "updated": "", **kept}
    head["data"]["progress"] = mutants.base64_of(json.dumps(progress))
    with answering({name: json.dumps(answer).encode() for name, answer in answers.items()}):
        assert checked_run(["rollout", "history", *LIVE], b"", tmp_path) is ExitStatus.FAILED


def test_a_record_that_unpacks_without_end_is_damaged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kubectl_express.sources.records._LARGEST", 1 << 20)
    assert len(_unpacked(gzip.compress(b"0" * (1 << 19)))) == 1 << 19
    with pytest.raises(Exception, match="not whole"):
        _unpacked(gzip.compress(b"0" * (1 << 21)))


@pytest.mark.parametrize("stamp", ["2024-05-01", "2024-05-01T10:00:00", "", 5, None, "99999-01-01T00:00:00Z"])
def test_a_lease_whose_renewal_says_no_time_zone_has_all_its_time_left(stamp: Any) -> None:
    entry = {"time": stamp, "fieldsV1": {"f:spec": {"f:renewTime": {}}}}
    lease: Object = {"spec": {"leaseDurationSeconds": 15}, "metadata": {"managedFields": [entry]}}
    assert expires_in(lease, datetime(2024, 5, 1, 10, tzinfo=timezone.utc)) == 15


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ([0] * 50_000, [0] * 49_999 + [1, 2]),
        ([0, 1] * 20_000, [1, 0, 0] * 14_000),
        ([{"name": f"n{each}"} for each in range(20_000)], [{"name": f"n{each}"} for each in range(20_000, 0, -1)]),
    ],
)
def test_long_lists_are_compared_in_a_moment(old: list[Any], new: list[Any]) -> None:
    with within(5):
        found = compare(old, new)
    assert found


def test_an_item_put_in_front_of_a_long_list_of_equal_items_is_one_change() -> None:
    assert [(each.path, each.new) for each in compare([0] * 5000, [1, *[0] * 5000])] == [("/0", 1)]


def test_thousands_of_merged_items_are_told_apart_in_a_moment() -> None:
    count = 20_000
    items: list[Any] = [{"name": f"n{each}"} for each in range(count)]
    fields: Object = {f'k:{{"name":"n{each}"}}': {} for each in range(count)}
    with within(5):
        assert len(owned(items, fields, Reading())) == count  # type: ignore[arg-type]
    live: Object = {
        "spec": {"items": items[::-1]},
        "metadata": {
            "managedFields": [{"manager": "a", "operation": "Apply", "fieldsV1": {"f:spec": {"f:items": fields}}}]
        },
    }
    with within(10):
        assert drift(live, {"items": items}, data_path="/spec", revision_path="/r", schema=lambda: None) == []


def test_a_node_of_a_thousand_defaults_is_given_up_in_a_moment() -> None:
    names = [f"a{each}" for each in range(400)]
    schema: Object = {"properties": {"spec": {"properties": {name: {"default": 1} for name in names}}}}
    live: Object = {"spec": dict.fromkeys(names, 1)}
    with within(10):
        proof = prove(
            live,
            declared="x",
            known=[],
            method=HashMethod(),
            data_path="/spec",
            revision_path="/r",
            schema=lambda: schema,
        )
    assert proof is None


def test_white_space_without_end_behind_data_is_one_difference() -> None:
    with within(5):
        found = difference('{"a":1}', '{"a":1.0}' + " " * 300_000, ("one", "other"))
    assert found is not None
    assert len(found.spellings) == 2


def test_tags_without_end_are_looked_for_in_a_moment() -> None:
    with within(5):
        read_documents('a: é\nb: "' + "-!" * 200_000 + '"\n', "x")


def test_one_long_name_does_not_widen_every_row(tmp_path: Path) -> None:
    documents = [resource("n" * 100_000, {}), *(resource(f"be{each}", {}) for each in range(200))]
    content = mutants.as_json(documents).encode()
    for form in ("table", "wide", "markdown"):
        with within(5):
            assert checked_run(["revisions", "-f", "-", "-o", form], content, tmp_path) is ExitStatus.DONE
