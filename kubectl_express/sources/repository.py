"""The folder that everything the configuration names must stay in."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

_LEADING_ELSEWHERE = frozenset({"", os.curdir, os.pardir})


def holds(root: Path, path: str) -> bool:
    """Return whether a path, relative to the root, stays below it, symbolic links followed; it need not exist.

    Of a template, `{placeholders}` stand for a folder each, and links are followed up to the first of them.
    """
    if Path(path).is_absolute() or Path(os.path.normpath(path)).parts[:1] == (os.pardir,):
        return False
    fixed = itertools.takewhile(lambda part: "{" not in part, Path(path).parts)
    base = _real(root)
    return _real(base.joinpath(*fixed)).is_relative_to(base)


def is_name(name: str) -> bool:
    """Return whether a name, put into a path, stays where it is put: it may hold slashes, as some contexts' do."""
    return name.isprintable() and not _LEADING_ELSEWHERE & set(name.split("/"))


def links_outward(root: Path, folder: Path) -> Path | None:
    """Return a symbolic link below a folder that leads out of the root, by way of others or not; None without one.

    Helm reads what they lead to into a rendering: a file of whoever runs it, or their variables in /proc.
    """
    base, seen, coming = _real(root), set[Path](), [folder]
    while coming:
        place = coming.pop()
        if not (real := _real(place)).is_relative_to(base):
            return place
        if real not in seen and real.is_dir():
            seen.add(real)
            with os.scandir(real) as entries:
                coming += [place / each.name for each in entries if each.is_symlink() or each.is_dir()]
    return None


def _real(path: Path) -> Path:
    # Path.resolve raises RuntimeError for a loop of links before Python 3.13.
    return Path(os.path.realpath(path))
