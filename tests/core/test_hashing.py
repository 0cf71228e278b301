from __future__ import annotations

import pytest

from kubectl_express.core.hashing import ALGORITHMS, HashMethod

DATA = '{"a":"é"}'

# What Helm printed for DATA through sha256sum, sha1sum, sha512sum and adler32sum, and coreutils' md5sum.
WHOLE = {
    "sha256": "b3a092a6af48807fa9482b2ee140105575daa26d5b24b3c0e60a7e2dee6683b1",
    "sha1": "e39bb2bc62b0c97741e9c09291d693b095924f10",
    "sha512": "bad4b9308178f36c884b269fb691b71b943dd6f710622cfccb55abf9e3619dfa"
    "134aacf23a09b0413af33e20480d1fe77542e944ebbb2c1b081934fa00f58bcd",
    "md5": "110df10b56b83299182f70164879d203",
    "adler32": "298713992",
}


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_algorithm_gives_what_helm_gives(algorithm: str) -> None:
    assert HashMethod(algorithm, None).revision(DATA) == WHOLE[algorithm]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_length_keeps_the_first_characters_as_trunc_does(algorithm: str) -> None:
    assert HashMethod(algorithm, 7).revision(DATA) == WHOLE[algorithm][:7]


def test_a_length_beyond_the_hash_keeps_all_of_it() -> None:
    assert HashMethod("adler32", 10).revision("") == "1"


def test_by_default_a_revision_is_ten_digits_of_sha256() -> None:
    assert HashMethod().revision(DATA) == "b3a092a6af"


def test_text_is_hashed_as_utf8() -> None:
    assert HashMethod().revision(DATA) == HashMethod().revision(DATA.encode())


@pytest.mark.parametrize("algorithm", ["sha256sum", "crc32", "SHA256", ""])
def test_an_unknown_algorithm_is_refused_with_the_list_of_known_ones(algorithm: str) -> None:
    with pytest.raises(ValueError, match="one of sha256, sha1, sha512, md5, adler32"):
        HashMethod(algorithm)


@pytest.mark.parametrize("length", [0, -1])
def test_a_revision_of_no_characters_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        HashMethod("sha256", length)
