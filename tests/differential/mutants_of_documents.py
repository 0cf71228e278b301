"""The special cases of YAML's structures, of files that hold several documents, and of the slow parser."""

from __future__ import annotations

from kubectl_express.core import goyaml_parser, kubectl_yaml
from tests.differential.program import Mutant, Removed, Replaced

VALUES: list[Mutant] = [
    Replaced("yaml_values", old, new)
    for old, new in (
        ("return self._values[text] if event.implicit[0] else text", "return self._values[text]"),
        ("return to_value(resolve_tagged(event.tag, text))", "return self._values[text]"),
        ('key.value == "<<" and', "False and"),
        (" and (key.implicit[0] or key.tag == MERGE)", ""),
        ("(key.implicit[0] or key.tag == MERGE)", "key.implicit[0]"),
        ("(key.implicit[0] or key.tag == MERGE)", "key.tag == MERGE"),
        ("                if key.anchor is not None:\n                    self._anchors[key.anchor] = key\n", ""),
        (
            "                self._anchors[event.anchor] = event\n            return self._scalar",
            "                pass\n            return self._scalar",
        ),
        ("            self._anchors[event.anchor] = event\n        try:", "            pass\n        try:"),
        (
            'raise ProblemError("invalid map key: an alias',
            'return ("invalid map key: an alias',
        ),
        (
            '            raise ProblemError("invalid map key: a mapping or',
            '            return ("invalid map key: a mapping or',
        ),
        ("return to_key(resolve_tagged(event.tag, event.value))", "return str(event.value)"),
        ("return self._keys[event.value] if event.implicit[0] else str(event.value)", "return self._keys[event.value]"),
        ("return self._keys[event.value] if event.implicit[0] else str(event.value)", "return str(event.value)"),
        ("for one in reversed(merged):", "for one in merged:"),
        (
            "if not isinstance(event, SequenceStartEvent):\n            members.update",
            "if True:\n            members.update",
        ),
        ("        self._close(anchored, list(merged), item)", "        pass"),
        ("if isinstance(event, MappingStartEvent | AliasEvent):", "if isinstance(event, MappingStartEvent):"),
        (
            '        raise ProblemError("map merge requires',
            '        return {"map merge requires": str(event)}\n        raise ProblemError("',
        ),
        ("if target.value is None:", "if False:"),
        (
            'raise ProblemError(f"unknown anchor',
            'return ScalarEvent(None, None, (True, False), "")\n            raise ProblemError(f"unknown anchor',
        ),
        ("if self._alias_steps > 100 and", "if False and"),
        ("            self._count_alias(1, len(target.value), event)\n            event", "            event"),
        ("            self._count_alias(1, len(target.value), event)\n            return", "            return"),
        ("self._count_alias(target.steps, target.size, event)", "self._count_alias(1, 0, event)"),
        ("self._steps = 1 ", "self._steps = 0 "),
        ("return 0.99 -", "return 0.95 -"),
        ("return 0.99 -", "return 1.0 -"),
    )
]

FILES: list[Mutant] = [
    *(Removed("kubectl_yaml", "_GO_SPACE", character) for character in kubectl_yaml._GO_SPACE),
    *(
        Replaced("kubectl_yaml", old, new)
        for old, new in (
            ('.removeprefix("\\ufeff")', ""),
            ('.removeprefix("\\ufeff")', '.lstrip("\\ufeff")'),
            ("_SNIFFED = 4096", "_SNIFFED = 4095"),
            ("_SNIFFED = 4096", "_SNIFFED = 4097"),
            ('.encode(errors="replace")[:_SNIFFED].decode', '.encode(errors="replace").decode'),
            ('if not sniffed.lstrip(_GO_SPACE).startswith("{"):', "if True:"),
            ('if not sniffed.lstrip(_GO_SPACE).startswith("{"):', "if False:"),
            ("if count > 1:", "if count > 0:"),
            ("if count > 1:", "if count > 2:"),
            (
                "            if value is not None:\n                yield Document(value, self._text[start:end]",
                "            if True:\n                yield Document(value, self._text[start:end]",
            ),
            (
                "            if value is not None:\n                yield Document(value, self._text[body:end]",
                "            if True:\n                yield Document(value, self._text[body:end]",
            ),
            ("self._behind_blank_line(position, error), error", "position, error"),
            ("stop if newline < 0 else newline + 1", "stop"),
            (
                'rest[stop : stop + 4].encode(errors="replace")) < 4:',
                'rest[stop : stop + 4].encode(errors="replace")) < 3:',
            ),
            (
                'rest[stop : stop + 4].encode(errors="replace")) < 4:',
                'rest[stop : stop + 4].encode(errors="replace")) < 5:',
            ),
            ('rest[stop : stop + 4].encode(errors="replace")) < 4:', "rest[stop : stop + 4]) < 4:"),
            (
                "            except gojson.NumberOutOfRange as error:\n                raise",
                "            except gojson.NumberOutOfRange as error:\n                return\n                raise",
            ),
            ("^---([^\\n]*)(?:\\n|\\Z)", "^---([ \\t]*)(?:\\n|\\Z)"),
            ("^---([^\\n]*)(?:\\n|\\Z)", "^---([^\\n]*)\\n"),
            ("self._text[position:] if position else self._text", "self._text"),
            ("if rest and not rest.startswith", "if False and not rest.startswith"),
            ('if rest and not rest.startswith("#"):', "if rest:"),
            ('.replace("\\r\\n", "\\n")', ""),
            ('chunk += "\\n"', "pass"),
        )
    ),
    *(
        Replaced("yaml_chunks", old, new)
        for old, new in (
            ("    if fault and others:\n        value, fault = _attempt(last, chunk, values, keys)\n", ""),
            (
                "ProblemError, yaml.YAMLError, UnicodeEncodeError, RecursionError",
                "ProblemError, UnicodeEncodeError, RecursionError",
            ),
        )
    ),
    *(
        Replaced("yaml_parser", old, new)
        for old, new in (
            ('("!" in text and any(tag[1] for tag in _TAG.finditer(text)))', "False"),
            ('("\\\\/" in text and _SLASH_ESCAPE.search(text) is not None)', "False"),
            ('        or "\\ufeff" in text\n', ""),
            ('        or "%YAML" in text\n', ""),
            (r"![^\s,\[\]{}]*([,", r"!([,"),
            ("raise DisagreementError", "pass"),
            ('_WatchedLibyaml if "?" in text else _libyaml', "_libyaml"),
            (r'_SLASH_ESCAPE = re.compile(r"(?<!\\)(?:\\\\)*\\/")', r'_SLASH_ESCAPE = re.compile(r"(?<!\\)\\/")'),
        )
    ),
]

PARSER: list[Mutant] = [
    *(
        Removed("goyaml_parser", "GoParser", name)
        for name in vars(goyaml_parser.GoParser)
        if name.startswith("scan_") or name == "ESCAPE_REPLACEMENTS"
    ),
    *(
        Removed("goyaml_parser", "GoParser.ESCAPE_REPLACEMENTS", escape)
        for escape in goyaml_parser.GoParser.ESCAPE_REPLACEMENTS
    ),
    *(
        Replaced("goyaml_parser", old, new)
        for old, new in (
            ('if self.index == 0 and self.peek() == "\\ufeff":', "if False:"),
            ('if self.index == 0 and self.peek() == "\\ufeff":', 'if self.peek() == "\\ufeff":'),
            ("(self.flow_level or not self.allow_simple_key)", "True"),
            ("(self.flow_level or not self.allow_simple_key)", "self.flow_level"),
            ("(self.flow_level or not self.allow_simple_key)", "not self.allow_simple_key"),
            ('if self.peek() == "#":\n', "if False:\n"),
            ('        while self.peek() != "#":', "        while True:"),
            (" and self.peek(length + 1) in _BLANK_OR_END", ""),
            (" and self.peek(length + 1) in _BLANK_OR_END", ' and self.peek(length + 1) in _BLANK_OR_END + ",[]{}"'),
            ('character in ",?[]{}"', 'character in ",[]{}"'),
            ('character in ",?[]{}"', 'character in ",?[]}"'),
            ("if not spaces or (not self.flow_level and self.column < indent):", "if not spaces:"),
            (
                "if not spaces or (not self.flow_level and self.column < indent):",
                "if not spaces or self.column < indent:",
            ),
            ('if line_break and character == "\\t" and self.column < indent:', "if False:"),
            ('if line_break and character == "\\t" and self.column < indent:', 'if line_break and character == "\\t":'),
            ('        if line_break != "\\n":\n            return [line_break, *breaks]\n', ""),
            ('return breaks or [" "]', "return breaks"),
            ('chunks = ["\\ud800"]', 'chunks = ["?"]'),
            ('if _SURROGATE.search("".join(chunks)):', "if False:"),
            ('character in "+-" and chomping is None', 'character in "+-"'),
            ('in "0123456789" and increment is None', 'in "0123456789"'),
            ("if increment == 0:", "if False:"),
            ('if self.peek(1) == "<":', "if False:"),
            ("elif self.peek(1) in _BLANK_OR_END:", "elif False:"),
            ('if self.peek(length) == "!":', "if False:"),
            (
                'if self.peek() not in _BLANK_OR_END:\n            problem = "did not',
                'if False:\n            problem = "did not',
            ),
            ("if version != (1, 1):", "if False:"),
            ("if version != (1, 1):", "if version[0] != 1:"),
            ('if name not in {"YAML", "TAG"}:', "if False:"),
            ('if name not in {"YAML", "TAG"}:', 'if name not in {"YAML"}:'),
        )
    ),
]
