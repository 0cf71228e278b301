from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from kubectl_express.core import gojson
from kubectl_express.core.causes import UNKNOWN, Cause, find_cause, left_out, without
from kubectl_express.core.hashing import ALGORITHMS, HashMethod
from tests.core.rendered import revision_of

if TYPE_CHECKING:
    from kubectl_express.core.values import Object

DATA: Object = {"image": "x", "replicas": 2}
TEXT = gojson.encode(DATA)
DEFAULT = HashMethod()


def cause_of_mismatch(stored: str, text: str, parameters: Object | None, method: HashMethod) -> str:
    """Return the cause in words."""
    found = find_cause(stored, text, parameters, method)
    return found.phrase if found else UNKNOWN


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("algorithm", [name for name in ALGORITHMS if name != "sha256"])
def test_another_hash_that_gives_the_stored_revision_is_the_cause(algorithm: str) -> None:
    stored = HashMethod(algorithm, 8).revision(TEXT)
    assert cause_of_mismatch(stored, TEXT, None, DEFAULT) == (
        f"the local method differs from the chart's: the stored revision is the first {len(stored)} characters of the "
        f"{algorithm} of the data, configured is sha256, 10 characters"
    )


@pytest.mark.parametrize("length", [6, 9, 11, 64])
def test_another_length_is_the_cause(length: int) -> None:
    cause = cause_of_mismatch(sha256(TEXT)[:length], TEXT, None, DEFAULT)
    assert f"is the first {length} characters of the sha256 of the data, configured is sha256, 10 characters" in cause


def test_a_whole_hash_is_named_as_what_is_configured() -> None:
    cause = cause_of_mismatch(sha256(TEXT)[:10], TEXT, None, HashMethod("sha256", None))
    assert cause.endswith("is the first 10 characters of the sha256 of the data, configured is sha256")


@pytest.mark.parametrize(
    ("text", "hashed", "phrase"),
    [
        (TEXT, TEXT + "\n", "the data with a trailing newline"),
        (TEXT, TEXT + "\r\n", "the data with a trailing carriage return and newline"),
        (TEXT + "\n", TEXT, "the data without its trailing white space"),
        (TEXT + "\n", TEXT + "\n\n", "the data with a trailing newline"),
    ],
)
def test_other_bytes_hashed_than_stored_are_the_cause(text: str, hashed: str, phrase: str) -> None:
    assert cause_of_mismatch(DEFAULT.revision(hashed), text, None, DEFAULT) == (
        f"the chart hashes other bytes than it stores: {phrase} has the stored revision"
    )


def test_another_hash_of_other_bytes_is_found_too() -> None:
    stored = HashMethod("md5", 12).revision(TEXT + "\n")
    assert "the first 12 characters of the md5 of the data with a trailing newline" in cause_of_mismatch(
        stored, TEXT, None, DEFAULT
    )


def test_data_edited_behind_the_resource_s_back_is_the_cause() -> None:
    edited = gojson.encode({**DATA, "replicas": 3})
    assert cause_of_mismatch(DEFAULT.revision(TEXT), edited, DATA, DEFAULT) == (
        "the data was edited: the resource's own parameters have the stored revision"
    )


@pytest.mark.parametrize("stored", ["0123456789", "", "not hex at all", sha256("something else")[:10]])
def test_without_evidence_the_cause_is_unknown(stored: str) -> None:
    assert cause_of_mismatch(stored, TEXT, DATA, DEFAULT) == UNKNOWN == "cause unknown"


@pytest.mark.parametrize("length", range(1, 6))
def test_a_few_characters_that_any_text_may_share_are_no_evidence(length: int) -> None:
    stored = hashlib.sha1(TEXT.encode(), usedforsecurity=False).hexdigest()[:length]
    assert cause_of_mismatch(stored, TEXT, None, DEFAULT) == UNKNOWN


@pytest.mark.parametrize(
    ("text", "hashed", "phrase"),
    [
        ('{"a":"<&>"}', '{"a":"\\u003c\\u0026\\u003e"}', "the data as toJson writes it"),
        ('{"b":1,"a":1e+06}', '{"a":1000000,"b":1}', "the data as toJson writes it"),
        ('{"a":"\\u003c\\\\u003c"}', '{"a":"<\\\\u003c"}', "the data as toRawJson writes it"),
    ],
)
def test_the_same_parameters_written_otherwise_are_not_taken_for_edited_data(
    text: str, hashed: str, phrase: str
) -> None:
    parameters = gojson.decode(text)
    assert isinstance(parameters, dict)
    found = find_cause(DEFAULT.revision(hashed), text, parameters, DEFAULT)
    assert found == Cause(f"the chart hashes other bytes than it stores: {phrase} has the stored revision", hashed)


def test_the_text_that_has_the_revision_comes_with_the_cause() -> None:
    edited = gojson.encode({**DATA, "replicas": 3})
    assert find_cause(DEFAULT.revision(TEXT), edited, DATA, DEFAULT) == Cause(
        "the data was edited: the resource's own parameters have the stored revision", TEXT
    )
    assert find_cause("0123456789", TEXT, DATA, DEFAULT) is None


def test_a_declared_revision_is_explained_as_the_declared_one() -> None:
    found = find_cause(DEFAULT.revision(TEXT), "{}", DATA, DEFAULT, "declared")
    assert found == Cause(
        (
            "the resource and the data were not computed together: "
            "the resource's own parameters have the declared revision"
        ),
        TEXT,
    )


def test_a_hash_over_all_parameters_but_one_is_found_and_named() -> None:
    found = find_cause(revision_of({"image": "x"}), TEXT, DATA, DEFAULT)
    assert found == Cause(
        "the chart hashes only part of the data: without /replicas it has the stored revision", '{"image":"x"}'
    )


def test_parameters_known_to_have_changed_are_left_out_with_one_more() -> None:
    data: Object = {"a": 1, "b": {"<": 1e6}, "c/d": 3, "e": 4}
    assert left_out(data, revision_of({"b": {"<": 1e6}, "e": 4}), DEFAULT) == ()
    assert left_out(data, revision_of({"b": {"<": 1e6}, "e": 4}), DEFAULT, {"a", "c/d"}) == ("a", "c/d")
    assert left_out(data, revision_of({"b": {"<": 1e6}, "e": 4}), DEFAULT, {"c/d"}) == ("a", "c/d")
    assert left_out(data, revision_of({}), DEFAULT, {"c/d"}) == ()
    assert left_out(data, revision_of(data), DEFAULT) == ()
    assert without(["a", "c/d"]) == "without /a and /c~1d"


def test_of_a_thousand_parameters_none_is_left_out_in_turn_and_a_short_revision_is_no_evidence() -> None:
    many: Object = {f"p{number}": number for number in range(1000)}
    assert left_out(many, revision_of({**many, "more": 1}), DEFAULT) == ()
    assert left_out({**many, "more": 1}, revision_of(many), DEFAULT, {"more"}) == ("more",)
    assert left_out(DATA, HashMethod("sha256", 5).revision('{"image":"x"}'), HashMethod("sha256", 5)) == ()
