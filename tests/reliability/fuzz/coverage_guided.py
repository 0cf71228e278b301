"""Searches what reads JSON and YAML for what breaks it, led by which of its lines an input reaches.

Needs atheris, which has no wheels for every Python that this project supports, so it is no requirement:
`pip install atheris`, then `python -m tests.reliability.fuzz.coverage_guided yaml FOLDER -max_total_time=300`. What it
meets on the way goes into the folder, and further flags are libFuzzer's.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
from typing import Any


def main() -> None:
    """Search until something breaks, or until a limit given by a flag."""
    atheris: Any = importlib.import_module("atheris")
    wanted = sys.argv.pop(1)
    with atheris.instrument_imports(include=["kubectl_express"]):
        from kubectl_express.core import gojson
        from kubectl_express.core.kubectl_yaml import InvalidYAML, read_documents
        from kubectl_express.core.manifests import rendered_side
        from kubectl_express.core.settings import Settings

    def read_yaml(data: bytes) -> None:
        with contextlib.suppress(InvalidYAML):
            documents = read_documents(data.decode("utf-8", "surrogateescape"), "input")
            rendered_side(documents, Settings(), origin="input")

    def read_json(data: bytes) -> None:
        with contextlib.suppress(gojson.InvalidJSON):
            value = gojson.decode(data.decode("utf-8", "surrogateescape"))
            assert gojson.same(value, gojson.decode(gojson.encode(value)))

    atheris.Setup(sys.argv, {"json": read_json, "yaml": read_yaml}[wanted])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
