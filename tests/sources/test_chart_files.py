from __future__ import annotations

import tarfile
from typing import TYPE_CHECKING

import pytest

from kubectl_express.errors import ExpressError
from kubectl_express.sources.chart_files import read_chart, templates, write_chart

if TYPE_CHECKING:
    from pathlib import Path

FILES = {
    "Chart.yaml": b"name: top\n",
    "templates/deep/a.yaml": b"a: \xc3\xa9\r\n",
    "templates/binary": b"\xff",
    "files/templates/no.yaml": b"no template\n",
    "charts/sub/Chart.yaml": b"name: sub\n",
    "charts/sub/templates/_b.tpl": b"b\n",
}
TEMPLATES = {"templates/deep/a.yaml": "a: \xe9\r\n", "charts/sub/templates/_b.tpl": "b\n"}


def archived(folder: Path, place: Path) -> None:
    with tarfile.open(place, "w:gz") as archive:
        archive.add(folder, folder.name)


def test_a_chart_is_read_with_its_subcharts_and_written_as_it_was(tmp_path: Path) -> None:
    write_chart(FILES, tmp_path / "top")
    (tmp_path / "top" / "broken").symlink_to("nowhere")
    assert read_chart(tmp_path / "top") == FILES
    assert templates(FILES) == TEMPLATES


def test_an_archive_is_read_as_the_folder_that_it_was_made_of(tmp_path: Path) -> None:
    write_chart(FILES, tmp_path / "top")
    sub = tmp_path / "top" / "charts" / "sub"
    archived(sub, sub.parent / "sub-1.0.0.tgz")
    for path in sorted(sub.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    sub.rmdir()
    archived(tmp_path / "top", tmp_path / "top-1.0.0.tgz")
    assert read_chart(tmp_path / "top") == FILES
    assert read_chart(tmp_path / "top-1.0.0.tgz") == FILES


def test_what_is_no_archive_is_said(tmp_path: Path) -> None:
    (tmp_path / "top.tgz").write_bytes(b"no archive")
    with pytest.raises(ExpressError, match=r"reading .*top\.tgz: "):
        read_chart(tmp_path / "top.tgz")
