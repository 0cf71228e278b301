"""What the zipapp carries for macOS: PyYAML's bindings for both processors in one file, as they were published."""

from __future__ import annotations

import hashlib
import os
import runpy
import struct
import zipfile
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.packaging.conftest import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.packaging.conftest import Zipapp

PYTHONS = ("310", "311", "312", "313", "314")
PROCESSORS = {"x86_64": (0x01000007, 3), "arm64": (0x0100000C, 0)}
"""Type and subtype, by <mach/machine.h>."""
PAGE = 1 << 14
universal = runpy.run_path(str(REPOSITORY / "packaging" / "universal.py"))["universal"]


@dataclass(frozen=True, slots=True)
class Slice:
    """What a universal file holds for one processor."""

    offset: int
    align: int
    content: bytes


def slices(whole: bytes) -> Mapping[tuple[int, int], Slice]:
    """Return the slices of a universal file, by the type and subtype of the processor."""
    magic, count = struct.unpack_from(">II", whole)
    assert magic == 0xCAFEBABE
    found: dict[tuple[int, int], Slice] = {}
    for number in range(count):
        cpu, subtype, offset, size, align = struct.unpack_from(">IIIII", whole, 8 + 20 * number)
        assert (cpu, subtype) not in found
        found[cpu, subtype] = Slice(offset, align, whole[offset : offset + size])
    return found


def published(python: str, processor: str) -> bytes:
    """Return the binding as a wheel of the lock has it: one that build.sh has downloaded."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"), "kubectl-express-build")
    lock = (REPOSITORY / "requirements" / "zipapp.txt").read_text(encoding="utf-8")
    for wheel in cache.glob(f"*/wheels/pyyaml-*-cp{python}-cp{python}-macosx_*_{processor}.whl"):
        if f"sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}" in lock:
            with zipfile.ZipFile(wheel) as archive:
                return archive.read(f"yaml/_yaml.cpython-{python}-darwin.so")
    raise AssertionError(f"no wheel of CPython {python} on {processor} in {cache}")


@pytest.mark.parametrize("python", PYTHONS)
def test_macos_gets_the_published_binding_of_either_processor(zipapp: Zipapp, python: str) -> None:
    with zipfile.ZipFile(zipapp.path) as archive:
        whole = archive.read(f"site-packages/yaml/_yaml.cpython-{python}-darwin.so")
    found = slices(whole)
    assert {processor: each.content for processor, each in found.items()} == {
        number: published(python, name) for name, number in PROCESSORS.items()
    }
    end = 8 + 20 * len(found)
    for each in sorted(found.values(), key=lambda each: each.offset):
        assert (each.offset % PAGE, 1 << each.align) == (0, PAGE)
        assert each.offset >= end
        assert not any(whole[end : each.offset])
        end = each.offset + len(each.content)
    assert len(whole) == end


def test_there_is_machine_code_for_linux_and_macos_alone(zipapp: Zipapp) -> None:
    with zipfile.ZipFile(zipapp.path) as archive:
        compiled = [name for name in archive.namelist() if name.endswith((".so", ".pyd", ".dll", ".dylib"))]
    assert {name.rpartition(".cpython-")[2].partition("-")[2] for name in compiled} == {
        "darwin.so",
        "x86_64-linux-gnu.so",
        "aarch64-linux-gnu.so",
        "x86_64-linux-musl.so",
        "aarch64-linux-musl.so",
    }


def thin(cpu: int, subtype: int = 0, size: int = 100) -> bytes:
    """Return what begins as a Mach-O file for a processor does."""
    return struct.pack("<III", 0xFEEDFACF, cpu, subtype).ljust(size, b"x")


def test_the_order_in_which_files_are_given_does_not_show() -> None:
    files = [thin(7, 3), thin(12, 0, PAGE), thin(12, 2, 1)]
    (whole,) = {universal(*order) for order in permutations(files)}
    assert [each.content for each in slices(whole).values()] == files


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([thin(7, 3), thin(7, 3, 200)], "two Mach-O files for one processor"),
        ([thin(7, 3), b"\x7fELF"], "no Mach-O file of 64 bits for one processor"),
        ([universal(thin(7), thin(12)), thin(12)], "no Mach-O file of 64 bits for one processor"),
    ],
    ids=["twice", "elf", "universal"],
)
def test_what_makes_no_universal_file_is_refused(files: list[bytes], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        universal(*files)
