"""The folder that everything the configuration names must stay in."""

from __future__ import annotations

import itertools
import os
from pathlib import Path


def holds(root: Path, path: str) -> bool:
    """Return whether a path, relative to the root, stays below it, symbolic links followed; it need not exist.

    Of a template, `{placeholders}` stand for a folder each, and links are followed up to the first of them.
    """
    if Path(path).is_absolute() or Path(os.path.normpath(path)).parts[:1] == (os.pardir,):
        return False
    fixed = itertools.takewhile(lambda part: "{" not in part, Path(path).parts)
    # realpath, because Path.resolve raises RuntimeError for a loop of links before Python 3.13.
    base = Path(os.path.realpath(root))
    return Path(os.path.realpath(base.joinpath(*fixed))).is_relative_to(base)
