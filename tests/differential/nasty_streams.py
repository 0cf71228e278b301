"""Streams: where documents part, YAML beside JSON, directives, byte order marks."""

from __future__ import annotations

GROUP = "differential.example.com"
NAME = "NAME-OF-THE-OBJECT"
"""Stands where each object's name is to stand."""


def yaml_object(spec: str) -> str:
    """Return an object in YAML with what stands under its `spec`."""
    indented = "".join(f"  {line}\n" if line else "\n" for line in spec.split("\n"))
    return f"apiVersion: {GROUP}/v1\nkind: Document\nmetadata: {{name: {NAME}}}\nspec:\n{indented}"


def json_object(spec: str) -> str:
    """Return an object in JSON, on one line and without its end, with its `spec`."""
    return f'{{"apiVersion": "{GROUP}/v1", "kind": "Document", "metadata": {{"name": "{NAME}"}}, "spec": {spec}}}'


Y, B = yaml_object("a: 1e3"), yaml_object("b: |+\n  x\n")
J = json_object('{"j": 1.0}')
F = f"{{apiVersion: {GROUP}/v1, kind: Document, metadata: {{name: {NAME}}}, spec: {{f: 1e3}}}}"
N = json_object("-0.0")
SPACES = "".join(map(chr, (*range(1, 33), 127, 0x85, 0xA0, 0x1680, 0x180E, *range(0x2000, 0x2010), 0x2028, 0x2029)))
SPACES += "\u202f\u205f\u2060\u3000\ufeff"
_JSON_VALUES = (
    "1.0", "1e3", "1E+2", "-0", "-0.0", "0.0", "1e21", "1e-7", "9007199254740993", "9223372036854775807",
    "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "18446744073709551615", "1" * 30, "1e400",
    "-1e400", "1e-400", "9" * 400, "01", "1.", ".5", "+1", "-", "0x10", "1_0", "NaN", "Infinity", "-Infinity", "nan",
    "tru", "True", "yes", "null", "~", "''", "'a'", '"a"', "a", '"\\ud83d\\ude00"', '"\\ud800"', '"\\udc00\\ud800"',
    '"\\ud800\\u0041"', '"\\/"', '"\\\'"', '"\\x41"', '"\\u2028"', '"\u2028"', '"\x85"', '"\x7f"', '"\t"', '"\n"',
    '"a\n  b"', '"\x07"', '"\ufeff"', '"\ufffe"', '"\\u0000"', '"\U0001f600"', '"\\U0001F600"', "[1,]", "[,]", "[1,,2]",
    "[1 2]", "{}", "[]", '{"a": 1,}', '{"a": 1, "a": 2}', '{"a": {"b": 1}, "a": {"c": 2}}', '{"": 1}', '{"\\ud800": 1}',
    '[["\\ud800"]]', '{"a": ["\\ud800", {"b": "\\ud800"}]}', '{"1": 1, "y": 2}', "{1: 1}", "{y: 1}", '{"a": y}',
    '{"a":1}', '{"a" 1}', "[1] # c", "/* c */ 1", '{"<<": {"a": 1}}', "[" * 300 + "]" * 300,
)  # fmt: skip

STREAMS: dict[str, list[str]] = {
    "JSON values": [json_object(value) for value in _JSON_VALUES],
    "JSON values within YAML": [f"# YAML\n{json_object(value)}\n" for value in _JSON_VALUES],
    "white space behind separators": [f"{Y}---{space}\n{B}" for space in SPACES],
    "white space before JSON": [f"{space}{N}" for space in SPACES],
    "white space behind JSON": [f"{J}{space}\n---\n{N}" for space in SPACES],
    "where YAML is guessed to be JSON": [
        " " * 4095 + N, " " * 4096 + N, "\n" * 4096 + N, "\u2003" * 1365 + N, "\u2003" * 1366 + N, "\u2003" * 3000 + N,
        f"\ufeff{' ' * 4095}{N}", f"\ufeff{' ' * 4093}{N}", f"\ufeff{' ' * 4092}{N}", f"\ufeff{N}", f"\ufeff\ufeff{N}",
        f"\ufeff---x\n{Y}", f"\ufeff---\n{N}",
    ],
    "separators": [
        f"{Y}--- x", f"{Y}---x", f"{J}\n--- x", f"{J}\n#é", f"{J}\n#", f"{J}\n# é", f"{J}\n\n#é", f"---\n{Y}",
        f"---\n---\n{Y}", f"{Y}---\n", f"{Y}---", f"{Y}---\n{B}", f"{Y}---\n{B}---\n{Y}", f"{Y}\n\n---\n\n{B}",
        f"{Y}--- \n{B}", f"{Y}---\t\n{B}", f"{Y}--- # c\n{B}", f"{Y}---# c\n{B}", f"{Y}---#\n{B}", f"{Y}----\n{B}",
        f"{Y}---x\n{B}", f"{Y}--- x\n{B}", f"--- # c\n{Y}", f"--- x\n{Y}", f"--- {F}\n", f"---{F}\n", f"--- !!map\n{Y}",
        f"--- |\n{Y}", f"{Y} ---\n{B}", f"{Y}---\n# only a comment\n---\n{B}", f"{Y}---\n\n---\n  \n---\n{B}",
        f"{Y}---\nnull\n---\n{B}", f"{Y}---\n~\n---\n{B}", f"{Y}---\n''\n---\n{B}", f"{Y}---\r\n{B}",
        f"{Y}---\r\n{B}".replace("\n", "\r\n"), f"{Y}---\r{B}", f"{Y}---\x85\n{B}", f"{Y}---\xa0\n{B}",
        f"{Y}---\u2003\n{B}", f"{Y}---\x0b\n{B}", f"{Y}---\x1c\n{B}", f"{Y}---\u180e\n{B}", f"{Y}---\u200b\n{B}",
        f"{Y}...\n{B}", f"{Y}...\n---\n{B}", f"{Y}...\nx: [\n", f"{Y}...", f"...\n{Y}", f"{Y}... # c\n", f"{Y}...x\n",
        f"{Y}---\n{B}---\n: [\n", f"# c\n{Y}", f"# c\n---\n{Y}", f"# c\n---\n# d\n---\n{Y}", f"\n\n{Y}", f" \n{Y}",
        f"\t\n{Y}",
        Y[:-1], f"{Y}---\n{B[:-1]}", f"{Y}---\n{yaml_object('v: |')[:-1]}\n    x", yaml_object("v: |+\n  x\n\n"),
        yaml_object("v: |\n  x")[:-1], yaml_object("v: |\n  ---\n  x"), yaml_object("v: '\n---\n'"),
        yaml_object("v: 'a")[:-1] + "\n---\nb'\n", yaml_object("v: |\n  x") + "---\n",
        yaml_object("v: 'a") + "  ---\n  b'\n", yaml_object("v: 'a") + "  ...\n  b'\n", yaml_object("v: a") + "...\n",
        yaml_object("v: 'a") + "...\nb'\n",
    ],
    "JSON streams": [
        J, f"{J}\n", f" \n\t{J}", f"\x0b{J}", f"\x85{J}", f"\xa0{J}", f"\u2028{J}", f"{J}{J}", f"{J}\t{J}\t{J}\t{J}",
        f"{J}\r{J}\r{J}\r\n{J}", f"{J} {J} {J} {J}", f"{J}\n{J}", f"{J}\n\n{J}\n", f"{J} {J} {J}", f"{J}\nnull\n{J}",
        f"{J}null{J}", f"null\n{J}", f"{J}\n---\n{J}\n", f"{J}\n---\n{Y}", f"{J}---\n{Y}", f"{J}\n{Y}", f"{J} {Y}",
        f"{J}\n---", f"{J}\n---\n", f"{J}\n--", f"{J}\n-", f"{J}\nab", f"{J}\nabc", f"{J}\né", f"{J}\néé", f"{J}\n# c",
        f"{J}\n# c\n", f"{J}\n#", f"{J}\n---\n{J}\n---\n{J}", f"{J}\n{J}\n---\n{J}", f"{J}\n{J}\n{Y}",
        f"{J}\n{J}\n# c\n", f"{J}{J}\n---\n{Y}", f"{J}\n{J}\n{J}\n---\n{Y}", f"{J},{J}", f"{J}]", f"{J}}}",
        f"{J}\n\n\n---\n{Y}", f"{J}   \n---\n{Y}", f"{J}   ---\n{Y}", f"{J}\t\n  \n---\n{Y}", f"{J}\x85\n---\n{Y}",
        f"{J}\xa0\n---\n{Y}", f"{J}\n{F}\n", f"{F}\n", f"{F}\n---\n{Y}", f"{F}\n---\n{J}", f"{F}\n{F}\n",
        f"{Y}---\n{J}\n", f"{Y}---\n{F}\n", f"{Y}---\n{J}\n{J}\n", f"# c\n{J}\n", f"---\n{J}\n",
        f"---\n{J}\n---\n{J}\n", f"{J[:-1]}\n", J[:-1], f"{J[:-1]},}}", f"{J[:-1]},\n}}\n---\n{Y}",
        J.replace(", ", ",\n"), J.replace(": ", ":\n"), J.replace(", ", ",\t"), J.replace('"', "'"), f"{J}\n---\n{{\n",
        f"{J}\n---\n: [\n", f"{J}\n{{\n", f"{J}\n{{}}x", f"{J}\n{json_object('1e400')}",
        f"{json_object('1e400')}\n---\n{Y}", f"{J}\n---\n{json_object('1e400')}", f"{Y}---\n{json_object('1e400')}\n",
        f"{J}\n---\n{json_object('1.0')}\n", f"{J}\n{json_object(chr(34) + 'x' * 5000 + chr(34))}\n", " " * 4095 + J,
        " " * 4096 + J, "\n" * 5000 + J, "\n" * 5000 + Y, f"# {'x' * 5000}\n{J}",
    ],
    "directives and marks": [
        f"%foo\r--- {F}\n", f"%YAML 1.1\r--- {F}\n", f"%YAML 1.2\r--- {F}\n", f"%YAML 2.0\r--- {F}\n",
        f"%YAML 1.1 # c\r--- {F}\n", f"%YAML 1.1\r%YAML 1.1\r--- {F}\n",
        f"%TAG !e! tag:yaml.org,2002:\r--- {F.replace('1e3', '!e!str 1')}\n", f"%TAG x\r--- {F}\n",
        f"%TAG ! tag:yaml.org,2002:\r--- {F.replace('1e3', '!str 1')}\n",
        f"%TAG !! tag:x,1:\r--- {F.replace('1e3', '!!int x')}\n", f"%TAG !e! tag:x,1:\r%TAG !e! tag:y,1:\r--- {F}\n",
        f"%TAG !e! !\r--- {F.replace('1e3', '!e!str 1')}\n", f"%\r--- {F}\n",
        f"%YAML 1.1\r--- {F.replace('1e3', '!e!str 1')}\n", f"%YAML 1\r--- {F}\n", f"%YAML 1.10\r--- {F}\n",
        f"%YAML 01.1\r--- {F}\n", f"{F}\r--- {F}\n", f"{F}\r...\r--- {F}\n", f"---\r{F}\n", f"--- \r{F}\n",
        f"# c\r{F}\n", f"#\x85{F}\n", f"%YAML 1.1\x85--- {F}\n", f"%YAML 1.1\n---\n{Y}", f"%YAML 1.2\n---\n{Y}",
        f"%YAML 1.0\n---\n{Y}", f"%YAML 2.0\n---\n{Y}", f"%YAML 1.1 # c\n---\n{Y}", f"%YAML 1.1\n{Y}",
        f"%YAML 1\n---\n{Y}", f"%YAML 1.1\n%YAML 1.1\n---\n{Y}", f"%TAG ! tag:x,1:\n---\n{Y}",
        f"%TAG !e! tag:yaml.org,2002:\n---\n{Y}", f"%TAG !e! tag:yaml.org,2002:\n---\n{yaml_object('v: !e!str 1')}",
        f"%TAG ! tag:yaml.org,2002:\n---\n{yaml_object('v: !str 1')}",
        f"%TAG !! tag:x,1:\n---\n{yaml_object('v: !!str 1')}",
        f"%TAG !! tag:yaml.org,2002:\n%TAG !! tag:x,1:\n---\n{Y}", f"%TAG x\n---\n{Y}", f"%foo\n---\n{Y}",
        f"%foo bar\n---\n{Y}", f"%\n---\n{Y}", f"% YAML 1.1\n---\n{Y}", f" %YAML 1.1\n---\n{Y}",
        f"# c\n%YAML 1.1\n---\n{Y}", f"{Y}---\n%YAML 1.1\n---\n{B}", f"{Y}...\n%YAML 1.1\n---\n{B}", f"\ufeff{Y}",
        f"\ufeff\ufeff{Y}", f"\ufeff---\n{Y}", f"\ufeff{J}", f"\ufeff\n{Y}", f"\ufeff# c\n{Y}", f" \ufeff{Y}",
        f"{Y}---\n\ufeff{B}", f"{Y}\ufeff---\n{B}", f"{Y}\ufeff", f"{J}\ufeff", f"{J}\n\ufeff{J}", f"{Y}# \ufeff\n",
        f"\x00{Y}", f"{Y}\x00", f"{Y}\x1a", f"{Y}# \x07\n", f"{Y}# \x7f\n", f"{Y}# \x85\n", f"{Y}# \ufffe\n",
        f"{Y}\x0c", f"{Y}\x0c\n---\n{B}",
    ],
}  # fmt: skip
"""Whole texts, by category."""
