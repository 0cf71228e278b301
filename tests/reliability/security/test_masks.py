"""Secrets in `diff --objects` are masked as kubectl masks them: held against the real `kubectl diff`."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kubectl_express.core.objects import ObjectChange, deployed, object_changes
from kubectl_express.core.settings import Settings
from kubectl_express.output.masking import masked_pair
from tests.e2e.small_system import manifest, rendered, spec, yaml_of
from tests.reliability.ledger import Row, scale, tell

if TYPE_CHECKING:
    from tests.e2e.small_system import SmallSystem, SmallSystems
    from tests.testbed.api import Object

VERSIONS = {
    "changed, new, removed and kept": ({"a": "1", "b": "2", "c": "3"}, {"a": "1", "b": "other", "d": "4"}, "data"),
    "a new Secret": (None, {"a": "1", "b": "2"}, "data"),
    "texts instead of data": ({"a": "1", "b": "2"}, {"a": "1", "b": "other", "c": "3"}, "stringData"),
    "only a label": ({"a": "1"}, {"a": "1"}, "data"),
    "empty values": ({"a": ""}, {"a": "1", "b": ""}, "data"),
}


def secret(values: dict[str, str], member: str, label: str) -> Object:
    if member == "data":
        values = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
    made = manifest("v1", "Secret", "keys", type="Opaque", **{member: values})
    made["metadata"]["labels"] = {"n": label}
    return made


@pytest.fixture(scope="module")
def system(systems: SmallSystems) -> SmallSystem:
    return systems(rendered({"be1": spec("1")}))


@pytest.mark.parametrize("server_side", [True, False], ids=["server-side", "client-side"])
@pytest.mark.parametrize("case", VERSIONS)
def test_a_secret_s_values_are_masked_as_kubectl_diff_masks_them(
    system: SmallSystem, case: str, server_side: bool
) -> None:
    before, after, member = VERSIONS[case]
    way = ["--server-side", "--force-conflicts"] if server_side else []
    system.kubectl("delete", "secret", "keys", "--ignore-not-found")
    if before is not None:
        system.kubectl("apply", *way, "-f", "-", stdin=yaml_of(secret(before, "data", "1")))
    changed = secret(after, member, "2" if before == after else "1")
    target = rendered({"be1": spec("1")}, changed)
    theirs = system.kubectl("diff", *way, "-f", "-", stdin=yaml_of(changed), check=False)
    ours = system.express(
        "diff", "--objects", "-f", "-", "--context", "yul1", "-n", system.name, cwd=system.folder, stdin=target
    )
    assert (theirs.code, ours.code) == (1, 1), theirs.stderr + ours.stderr
    assert masked(ours.stdout) == masked(theirs.stdout)
    assert masked(ours.stdout) or before == after
    tell(Row("Security", "Secrets masked beside kubectl diff", "masks each value as kubectl does", len(after)))


def masked(text: str) -> set[str]:
    """Return the lines that differ and are masked: marks, keys and masks, without quotes, which YAML need not have."""
    lines = (line.replace('"', "").replace("'", "").split() for line in text.splitlines() if "***" in line)
    return {" ".join(words) for words in lines if words[0] in "+-" or words[0][0] in "+-"}


VALUES = st.dictionaries(st.sampled_from("abc"), st.sampled_from(["hunter2", "hunter3", ""]), max_size=3)
SECRETS = st.none() | st.builds(
    lambda data, texts, kind: {
        "apiVersion": "v1", "kind": kind, "metadata": {"name": "s"},
        "data": {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}, "stringData": texts,
    },
    VALUES, VALUES, st.just("Secret"),
)  # fmt: skip


@settings(max_examples=150 * scale(), deadline=None, derandomize=True)
@given(old=SECRETS, new=SECRETS)
def test_no_pair_of_versions_shows_a_value(old: Object | None, new: Object | None) -> None:
    every = Settings()
    sides = [deployed([each] if each else [], every.resources) for each in (old, new)]
    changes: list[ObjectChange] = object_changes(sides[0], sides[1], every.resources)
    for change in changes:
        text = json.dumps(masked_pair(change.old, change.new, every))
        assert "hunter" not in text
        assert base64.b64encode(b"hunter").decode()[:-1] not in text
    assert bool(changes) == (_stored(old) != _stored(new))


def _stored(version: Object | None) -> object:
    """Return what the API server keeps of a version's values: texts win over data."""
    if version is None:
        return None
    encoded = {key: base64.b64encode(value.encode()).decode() for key, value in version["stringData"].items()}
    return {**version["data"], **encoded}


def test_what_was_searched_is_told() -> None:
    tell(Row("Security", "pairs of Secrets", "shows no value", 150 * scale()))
