"""Contexts, sites, systems and configured paths that would like to lead elsewhere."""

from __future__ import annotations

import json
import os
import string
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kubectl_express.core.settings import ChartSettings, Settings
from kubectl_express.errors import ExpressError
from kubectl_express.sources.configuration_fields import read_settings
from kubectl_express.sources.layout import Layout
from tests.e2e.small_chart import SYSTEM, small_chart
from tests.reliability.ledger import Row, scale, tell

if TYPE_CHECKING:
    from tests.testbed.express import Express
    from tests.testbed.programs import Outcome

_PARTS = st.sampled_from(
    ["..", ".", "", "yul1", "small", "%2e%2e", "~", "$HOME", "*", "{system}", "outside", "out", "\0", "\n", "-x", "a b"]
)
NAMES = st.one_of(
    st.lists(_PARTS, min_size=1, max_size=6).map("/".join),
    st.text(st.sampled_from(string.printable + "\0\x1b\u202e\ud800"), max_size=12),
)


@settings(max_examples=300 * scale(), deadline=None, derandomize=True)
@given(context=NAMES, system=NAMES, site=st.none() | NAMES)
def test_no_context_site_or_system_leads_out_of_the_overlays(
    tree: Path, context: str, system: str, site: str | None
) -> None:
    sites = {} if site is None else {context: site}
    layout = Layout(tree, Settings(chart=ChartSettings(), sites=sites))
    assert all("/" not in each for each in layout.systems(context))
    try:
        release = layout.release(system, context)
    except ExpressError:
        return
    for path in release.values:
        assert Path(os.path.realpath(path)).is_relative_to(tree / "overlays")


@settings(max_examples=300 * scale(), deadline=None, derandomize=True)
@given(path=NAMES, key=st.sampled_from(["chart", "values"]))
def test_no_path_of_a_configuration_leads_out_of_the_repository(tree: Path, path: str, key: str) -> None:
    text = json.dumps({key: path if key == "chart" else [path]})
    try:
        chart = read_settings(text, ".express.yaml", tree).chart
    except ExpressError:
        return
    named = [chart.path] if key == "chart" else list(chart.values)
    for each in named:
        place = Path(os.path.realpath(tree / each.replace("{system}", "small").replace("{context}", "yul1")))
        assert place.is_relative_to(tree)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository beside which lies what nobody may get at, with links to there."""
    folder = Path(os.path.realpath(tmp_path_factory.mktemp("tree")))
    top = small_chart(folder / "repository", {"be1": '"1"'})
    for secret in (folder / "outside", top / "outside", folder / "small"):
        secret.mkdir()
        (secret / "values.yaml").write_text("{}\n")
    (top / "overlays" / "yul1" / "out").symlink_to(folder / "outside")
    (top / "out").symlink_to(folder)
    return top


def test_names_that_lead_elsewhere_are_refused_by_the_program(express: Express, tree: Path) -> None:
    names = ("../../outside", "..", "/etc", "%2e%2e", "\x1b[2J\n", "out")
    for number, name in enumerate(names):
        flags = ["--context", "yul1", "--system", name] if number % 2 else ["--context", name, "--system", SYSTEM]
        assert_refused(express("revisions", "--chart", *flags, cwd=tree))
    told = len(names) + 2 * 300 * scale()
    tell(Row("Security", "contexts, systems and paths that lead elsewhere", "stays in the overlays", told))


def assert_refused(ended: Outcome) -> None:
    assert (ended.code, ended.stdout) == (2, ""), ended.stdout
    assert ended.stderr.startswith("error: ")
    assert "\x1b" not in ended.stderr
