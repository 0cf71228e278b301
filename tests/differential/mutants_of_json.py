"""The special cases of writing JSON, hashing it, and reading it."""

from __future__ import annotations

from kubectl_express.core import gojson
from tests.differential.program import Mutant, Removed, Replaced

ENCODER: list[Mutant] = [
    *(Removed("gojson", "_ESCAPED_BY_GO_ONLY", character) for character in "<>&"),
    *(Removed("gojson", "_OF_PYTHONS_FLOATS", piece) for piece in gojson._OF_PYTHONS_FLOATS),
    *(Removed("gojson", "_SEPARATORS_ESCAPED_BY_GO", character) for character in "\u2028\u2029"),
    *(
        Replaced("gojson", old, new)
        for old, new in (
            ("ensure_ascii=False", "ensure_ascii=True"),
            ("sort_keys=True", "sort_keys=False"),
            ('separators=(",", ":")', 'separators=(", ", ": ")'),
            (' or text.endswith(".0")', ""),
            # What a float looks like.
            (r"""re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|-?[0-9]+(?:\.""", r"""re.compile(r'-?[0-9]+(?:\."""),
            (r"""re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|-?[0-9]+(?:\.""", r"""re.compile(r'"[^"]*"|-?[0-9]+(?:\."""),
            (r"\.[0-9]+(?:e[-+][0-9]+)?|e[-+][0-9]+)", r"\.[0-9]+|e[-+][0-9]+)"),
            (r"\.[0-9]+(?:e[-+][0-9]+)?|e[-+][0-9]+)", r"\.[0-9]+(?:e[-+][0-9]+)?)"),
            # Go's layout of a float.
            ('("-", text[1:]) if text[0] == "-" else ("", text)', '("", text.lstrip("-"))'),
            ('return sign + "0"', 'return "0"'),
            ('return sign + "0"', 'return sign + "0.0"'),
            ("if not -6 < point <= 21:", "if not -4 < point <= 21:"),
            ("if not -6 < point <= 21:", "if not -5 < point <= 21:"),
            ("if not -6 < point <= 21:", "if not -7 < point <= 21:"),
            ("if not -6 < point <= 21:", "if not -6 < point <= 16:"),
            ("if not -6 < point <= 21:", "if not -6 < point <= 20:"),
            ("if not -6 < point <= 21:", "if not -6 < point <= 22:"),
            ("""{'-' if power < 0 else '+'}{abs(power)}""", """{'-' if power < 0 else ''}{abs(power)}"""),
            ("""{'-' if power < 0 else '+'}{abs(power)}""", """{'-' if power < 0 else '+'}{abs(power):02}"""),
            ('"." + digits[1:] if len(digits) > 1 else ""', '"." + digits[1:]'),
            ("""{sign}0.{'0' * -point}{digits}""", """{sign}.{'0' * -point}{digits}"""),
            ("""{sign}0.{'0' * -point}{digits}""", """{sign}0.{digits}"""),
            ('return sign + digits + "0" * (point - len(digits))', "return sign + digits"),
            (
                'return sign + digits + "0" * (point - len(digits))',
                'return sign + digits + "0" * (point - len(digits)) + ".0"',
            ),
            ('digits = digits.rstrip("0")', "digits = digits"),
        )
    ),
    Replaced("hashing", "str(zlib.adler32(data))", 'f"{zlib.adler32(data):08x}"'),
    Replaced("hashing", "str(zlib.adler32(data))", "str(zlib.crc32(data))"),
    Replaced("hashing", "text.encode() if", 'text.encode("utf-16-le") if'),
    Replaced("hashing", "length: int | None = 10", "length: int | None = 8"),
    Replaced("hashing", "hexdigest()[: self.length]", "hexdigest().upper()[: self.length]"),
]

JSON: list[Mutant] = [
    *(
        Replaced("gojson", old, new)
        for old, new in (
            ("return number if INT64_MIN <= number <= INT64_MAX else float(number)", "return number"),
            ("if len(literal) > 20:", "if False:"),
            ('if number in (float("inf"), float("-inf")):', "if False:"),
            ("parse_int=_integer, ", ""),
            ("parse_float=_float, ", ""),
            ("parse_constant=_constant", "parse_constant=float"),
            (" and _SURROGATE_OR_ITS_ESCAPE.search(text, begin, end):", " and False:"),
            (' or text.find("\\\\u", begin, end) >= 0', ""),
            ("[\\ud800-\\udfff]|\\\\\\\\u[dD][89a-fA-F]", "[\\ud800-\\udfff]"),
            ("""{_SURROGATE.sub("\\ufffd", key): _without_surrogates(member)""", "{key: _without_surrogates(member)"),
            ("return [_without_surrogates(item) for item in value]", "return value"),
            ("key): _without_surrogates(member) for", "key): member for"),
            (r"[ \t\r\n]*", r"[ \r\n]*"),
            (r"[ \t\r\n]*", r"[ \t\n]*"),
            (r"[ \t\r\n]*", r"[ \t\r]*"),
            (r"[ \t\r\n]*", r"[\t\r\n]*"),
            ("return integer if INT64_MIN <= integer <= INT64_MAX else number", "return number"),
            ('if "." in text or "e" in text:', 'if "." in text:'),
        )
    ),
]
