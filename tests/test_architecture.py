"""The page that says where each thing is names what there is, and nothing else."""

from __future__ import annotations

import re

from tests.documents import ROOT

PACKAGE = ROOT / "kubectl_express"
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
DRAWING = (ROOT / "docs" / "pictures" / "architecture.svg").read_text(encoding="utf-8")
PATHS = set(re.findall(r"`([\w./-]+)`", PAGE))


def test_every_package_and_every_module_beside_them_is_named() -> None:
    packages = {path.parent.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*/__init__.py")}
    modules = {path.name for path in PACKAGE.glob("*.py") if path.name != "__init__.py"}
    assert (packages | modules) - {path.removeprefix("kubectl_express/").rstrip("/") for path in PATHS} == set()


def test_every_path_that_is_named_exists() -> None:
    paths = [path for path in PATHS if "/" in path or path.endswith(".py")]
    assert [path for path in paths if not ((PACKAGE / path).exists() or (ROOT / path).exists())] == []


def test_the_layers_are_those_that_the_import_contract_holds() -> None:
    contract = re.search(r"^layers = \[\n(.*?)^\]", (ROOT / "pyproject.toml").read_text(), re.MULTILINE | re.DOTALL)
    table = re.search(r"^\| layer \|.*\n\| ---.*\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    assert contract
    assert table
    held = [re.findall(r"kubectl_express\.(\w+)", line) for line in contract[1].splitlines()]
    told = [re.findall(r"`kubectl_express/(\w+)", row.split("|")[1]) for row in table[1].splitlines()]
    assert told == held


def test_the_drawing_has_every_layer() -> None:
    names = re.findall(r'class="name"[^>]*>([^<]*)<', DRAWING)
    drawn = [name for text in names for name in re.findall(r"[\w.]+", text)]
    assert [name for name in drawn if not (PACKAGE / name).exists()] == []
    assert {path.parent.name for path in PACKAGE.glob("*/__init__.py")} <= set(drawn)
