from __future__ import annotations

from typing import TYPE_CHECKING

from kubectl_express.core import gojson
from kubectl_express.core.changes import changes
from kubectl_express.core.explaining import Explanation, explain
from kubectl_express.core.hashing import HashMethod
from kubectl_express.core.parameters import ParameterChange
from kubectl_express.core.representation import Difference, Spelling, Writing
from tests.core.rendered import SETTINGS, config_map, entry, live_of, pod, resource, revision_of, side_of, system

if TYPE_CHECKING:
    from kubectl_express.core.node import Side
    from kubectl_express.core.values import Object

DEFAULT = HashMethod()
DATA: Object = {"image": "x", "zone": "a"}
REVISION = revision_of(DATA)
SIDES = ("baseline", "target")


def explained(baseline: Side, target: Side, name: str = "be1") -> tuple[str, Explanation]:
    found = changes(baseline, target, SETTINGS.resources.kinds)
    change = next(each for each in found if each.name == name)
    return change.change.value, explain(change, found, DEFAULT)


def written(text: str, revision: str | None = None, data: Object = DATA) -> Side:
    """Return a side whose one node's data is written so, and hashed as it is written or otherwise."""
    revision = revision or DEFAULT.revision(text)
    entries: Object = {"be1.json": text, "be1.revision": revision}
    return side_of([config_map(entries), resource("be1", data, declared=revision)])


def sharing(revision: str, **nodes: Object) -> Side:
    """Return a side whose nodes all have one revision."""
    entries: Object = {}
    for name, data in nodes.items():
        entries |= {f"{name}.json": gojson.encode(data), f"{name}.revision": revision}
    return side_of([config_map(entries), *(resource(name, data, declared=revision) for name, data in nodes.items())])


def test_a_change_that_can_be_trusted_is_not_explained() -> None:
    before, after = system(be1=DATA, be2=DATA, be3=DATA), system(be1=DATA, be2={"image": "y"}, be4=DATA)
    for name in ("be1", "be2", "be3", "be4"):
        _, why = explained(side_of(before), side_of(after), name)
        assert why == Explanation()


def test_a_restart_for_another_writing_names_the_byte() -> None:
    before, after = written('{"image":"x","zone":"\\u0061"}'), written('{"image":"x","zone":"a"}')
    spelling = Spelling(Writing.ESCAPE, "/zone", "\\u0061", "a", 22, 22)
    assert explained(before, after) == ("unneeded", Explanation(None, Difference(SIDES, spellings=(spelling,))))


def test_of_equal_texts_the_side_that_hashes_other_bytes_is_named() -> None:
    text = gojson.encode(DATA)
    change, why = explained(written(text, DEFAULT.revision(text + "\n")), written(text))
    assert change == "unneeded"
    assert why.cause == (
        "the data is the same, byte for byte; in the baseline, the chart hashes other bytes than it stores: "
        "the data with a trailing newline has the stored revision"
    )
    assert why.difference is not None
    assert [each.writing for each in why.difference.spellings] == [Writing.END]


def test_of_equal_texts_and_a_longer_hash_the_length_is_named() -> None:
    longer = HashMethod("sha256", 12).revision(gojson.encode(DATA))
    target = side_of([resource("be1", DATA, declared=longer), config_map(entry("be1", DATA))])
    _, why = explained(side_of(system(be1=DATA)), target)
    assert why == Explanation("the data is the same, byte for byte, and so is the hash: it is kept at another length")


def test_of_equal_texts_without_evidence_that_is_all_that_is_said() -> None:
    target = side_of([resource("be1", DATA, declared="0123456789"), config_map(entry("be1", DATA))])
    _, why = explained(side_of(system(be1=DATA)), target)
    assert why == Explanation(
        "the data is the same, byte for byte: the revision is computed in another way, or over more than the data"
    )


def test_without_a_text_there_is_nothing_to_compare() -> None:
    _, why = explained(side_of([resource("be1", DATA, declared="0123456789")]), side_of(system(be1=DATA)))
    assert why == Explanation(
        "the text that the baseline's revision was made of is not known: there is nothing to compare"
    )


def test_a_missed_change_names_the_parameters_and_that_the_revision_is_the_old_one_still() -> None:
    changed: Object = {"image": "x", "zone": "b", "more": 1}
    before, after = side_of(system(be1=DATA)), written(gojson.encode(changed), REVISION, changed)
    change, why = explained(before, after)
    assert (change, why.cause) == ("missed", "the revision is still that of the baseline's data")
    assert why.difference is not None
    assert [each.path for each in why.difference.parameters] == ["/more", "/zone"]


def test_a_missed_change_of_a_parameter_that_is_not_hashed_is_named_so() -> None:
    changed: Object = {"image": "x", "zone": "b"}
    revision = revision_of({"image": "x"})
    before, after = written(gojson.encode(DATA), revision), written(gojson.encode(changed), revision, changed)
    assert explained(before, after) == (
        "missed",
        Explanation(
            "the chart hashes only part of the data: without /zone it has the same revision",
            Difference(SIDES, (ParameterChange("/zone", "a", "b"),)),
        ),
    )


def test_a_revision_that_nodes_of_other_data_have_too_is_no_hash_of_the_data() -> None:
    other: Object = {"image": "y"}
    before = sharing("0123456789", be1=DATA, be2=DATA, be3=other)
    _, why = explained(before, sharing("0123456789", be1=other, be2=DATA, be3=other))
    assert why.cause == "it is no hash of the whole data: be2 has the same revision for other data"
    many: dict[str, Object] = {f"be{number}": {"image": str(number)} for number in range(2, 8)}
    _, why = explained(sharing("0123456789", be1=DATA, **many), sharing("0123456789", be1=other, **many))
    assert why.cause == (
        "it is no hash of the whole data: be2, be3, be4 and 3 more have the same revision for other data"
    )


def test_a_missed_change_without_evidence_has_no_cause() -> None:
    changed: Object = {"image": "x", "zone": "b"}
    target = written(gojson.encode(changed), "0123456789", changed)
    _, why = explained(written(gojson.encode(DATA), "0123456789"), target)
    assert why.cause is None


def test_a_live_node_s_text_is_the_one_that_proved_its_data() -> None:
    text = '{"zone":"a","image":"x"}'
    revision = DEFAULT.revision(text)
    entries: Object = {"be1.json": text, "be1.revision": revision}
    live = live_of([config_map(entries), resource("be1", DATA, declared=revision)], pod("be1", revision))
    change, why = explained(live, side_of(system(be1=DATA)))
    spelling = Spelling(Writing.ORDER, "", "zone", "image", 2, 2)
    assert (change, why) == ("unneeded", Explanation(None, Difference(SIDES, spellings=(spelling,))))
