"""What the document says of the tables is what the ledger writes."""

from __future__ import annotations

import re

from tests.reliability.ledger import AGAINST, BEGIN, DOCUMENT, END


def test_each_table_of_the_document_says_what_it_ran_against() -> None:
    written = DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    assert dict(re.findall(r"^## (.*)\n\n((?:[^|#].*\n)+)\n\| what", written, re.MULTILINE)) == {
        part: f"{text}\n" for part, text in AGAINST.items()
    }
