"""Settings are any text there is, and come back as they were given."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from kubectl_express.core import gojson
from tests.charts.rendering import backend

if TYPE_CHECKING:
    from tests.charts.rendering import Charts

LOOK_ALIKES = ["on", "y", "No", "null", "~", "", "1e3", "0777", "0o17", "0x1F", "1_000", "1:30", ".nan", "-0", "1e+06"]
LOOK_ALIKES += ["2024-01-01", "2024-01-01T00:00:00Z", "- a", "a: b", "# no", "a #b", "'", '"', "\\", "{{ .x }}", "---"]
LINES = [
    "a\nb",
    "a\n",
    "\na",
    " a\n  b",
    "a\r\nb",
    "\ta",
    "a\n\n",
    "\n---\nkind: Secret\n",
    "x\n...\n",
    " ",
    "a " * 200,
]
CHARACTERS = [chr(code) for code in (*range(0x20), *range(0x7F, 0xA1), 0x2028, 0x2029, 0xFEFF, 0xFFFD, 0xFFFE, 0xFFFF)]
CHARACTERS += [
    "<b>&amp;</b>",
    "é",
    "日本",
    "😀",
    "👩\u200d🔧",
    "\U000e0001",
    "\U0010ffff",
    "\\u0001",
    "\\n",
    '\\"',
    "\\\\",
]
TEXTS = LOOK_ALIKES + LINES + CHARACTERS + [f"a{text}b" for text in CHARACTERS]


def test_every_text_comes_back_byte_for_byte_from_the_config_map(charts: Charts) -> None:
    rendering = charts.bare_nodes([backend("be1", texts=TEXTS), backend("be2", **dict.fromkeys(TEXTS, 1))])
    assert rendering.data["be1"] == gojson.encode({"texts": list(TEXTS)})
    assert rendering.data["be2"] == gojson.encode(dict.fromkeys(TEXTS, 1))


def test_every_text_comes_back_from_the_custom_resource(charts: Charts) -> None:
    rendering = charts.bare_nodes([backend("be1", texts=TEXTS), backend("be2", **dict.fromkeys(TEXTS, 1))])
    for node in ("be1", "be2"):
        spec = rendering.resources[node]["spec"]
        assert spec.pop("deploymentRevision") == rendering.revisions[node]
        assert gojson.encode(spec) == rendering.data[node]


def test_numbers_are_the_same_in_the_custom_resource_as_in_the_data(charts: Charts) -> None:
    numbers = [0, -1, 1000000, 2147483648, 5368709120, 0.25, 1e-7, 1e-6, 1e20, 1e21, 1e300, 5e-324, 2**53, 123456789.5]
    rendering = charts.bare_nodes([backend("be1", numbers=numbers, none=None, yes=True, empty={}, nothing=[])])
    spec = rendering.resources["be1"]["spec"]
    del spec["deploymentRevision"]
    assert gojson.encode(spec) == rendering.data["be1"]
    assert json.loads(rendering.data["be1"])["numbers"] == numbers
