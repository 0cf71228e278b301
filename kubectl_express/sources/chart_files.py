"""A chart's files as Helm loads them: a folder or an archive, the charts below `charts/` included, archived or not."""

from __future__ import annotations

import io
import os
import re
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

from kubectl_express.errors import ExpressError
from kubectl_express.sources.private import write_private

if TYPE_CHECKING:
    from collections.abc import Mapping

_ARCHIVED = re.compile(r"(.*/)?charts/[^/]+\.(tgz|tar\.gz)")
_TEMPLATE = re.compile(r"(charts/[^/]+/)*templates/.+")


def read_chart(chart: Path) -> dict[str, bytes]:
    """Return every file of a chart by its path in the chart. Raises ExpressError where one cannot be read."""
    try:
        if chart.is_file():
            return _unfolded(_archive(chart.read_bytes(), ""))
        paths = [Path(folder, name) for folder, _, names in os.walk(chart, followlinks=True) for name in names]
        # A broken link is nothing to Helm where .helmignore names it.
        files = {path.relative_to(chart).as_posix(): path.read_bytes() for path in paths if path.is_file()}
        return _unfolded(files)
    except (OSError, tarfile.TarError, EOFError) as error:
        raise ExpressError(f"reading {chart}: {error}") from error


def _unfolded(files: Mapping[str, bytes]) -> dict[str, bytes]:
    unfolded: dict[str, bytes] = {}
    for path, content in files.items():
        if _ARCHIVED.fullmatch(path):
            unfolded |= _unfolded(_archive(content, f"{path.rpartition('charts/')[0]}charts/", strip=False))
        else:
            unfolded[path] = content
    return unfolded


def _archive(content: bytes, below: str, *, strip: bool = True) -> dict[str, bytes]:
    """Return an archive's files, put below a folder; `strip` drops the archive's own top folder, the chart's name."""
    files: dict[str, bytes] = {}
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:*") as archive:
        for member in archive:
            path = member.name.removeprefix("./")
            stored = archive.extractfile(member) if member.isfile() and ".." not in path.split("/") else None
            if stored:
                files[below + (path.partition("/")[2] if strip else path)] = stored.read()
    return files


def templates(files: Mapping[str, bytes]) -> dict[str, str]:
    """Return the templates among a chart's files, the subcharts' included; one that is no UTF-8 is none."""
    found = {}
    for path, content in files.items():
        if _TEMPLATE.fullmatch(path):
            try:
                found[path] = content.decode("utf-8")
            except UnicodeDecodeError:
                continue
    return found


def write_chart(files: Mapping[str, bytes], folder: Path) -> None:
    """Write a chart's files below a new folder."""
    for path, content in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        write_private(place, content)
