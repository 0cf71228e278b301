"""Downloads the wheels that the zipapp is made of: pure Python, but for PyYAML's binding to libyaml on Linux and macOS.

Parsing a thousand nodes takes seven times as long without that binding. Its file names tell platform and Python apart,
but for the processors of macOS (see universal.py), so one zipapp can carry them all, and PyYAML goes without on a
platform that has none.
"""

from __future__ import annotations

import re
import runpy
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

PURE = ["--python-version", "3.10", "--implementation", "py", "--abi", "none", "--platform", "any"]
PYTHONS = ["3.10", "3.11", "3.12", "3.13", "3.14"]
PLATFORMS = [
    "manylinux2014_x86_64",
    "manylinux2014_aarch64",
    "musllinux_1_2_x86_64",
    "musllinux_1_2_aarch64",
    "macosx_10_13_x86_64",
    "macosx_11_0_arm64",
]


def split_lock(text: str) -> tuple[str, str]:
    """Return the lock's requirements without PyYAML's, and PyYAML's alone."""
    requirements = re.split(r"\n(?=[a-z])", text)
    native = [one for one in requirements if one.startswith("pyyaml==")]
    return "\n".join(one for one in requirements if one not in native), "\n".join(native)


def download(requirements: Path, into: Path, *target: str) -> str | int | None:
    """Fetch the wheels of a lock file for one target and return pip's exit code, not 0 for a missing or other wheel.

    It is `python -m pip` within this process: thirty of those would spend most of their time on loading pip.
    """
    sys.argv = ["pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
    sys.argv += ["--only-binary", ":all:", "--dest", str(into), "--requirement", str(requirements), *target]
    try:
        runpy.run_module("pip", run_name="__main__")
    except SystemExit as ended:
        return ended.code
    return 0


def native_targets() -> list[list[str]]:
    """Return pip's arguments for every platform and Python whose binding the zipapp has room for."""
    return [
        ["--implementation", "cp", "--python-version", python, "--platform", platform]
        for platform in PLATFORMS
        for python in PYTHONS
        # Python 3.10 names musl's extensions as glibc's.
        if (python, platform[:4]) != ("3.10", "musl")
    ]


def main() -> int:
    """Fill the folder named second from the lock file named first; 2 if a wheel could not be had, as pip has said."""
    lock, into = map(Path, sys.argv[1:])
    pure, native = split_lock(lock.read_text(encoding="utf-8"))
    # Not threads: pip is made to be alone in its process.
    with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor(max_workers=4) as pool:
        pure_lock, native_lock = Path(folder, "pure.txt"), Path(folder, "native.txt")
        pure_lock.write_text(pure, encoding="utf-8")
        native_lock.write_text(native, encoding="utf-8")
        downloads = [pool.submit(download, pure_lock, into, *PURE)]
        downloads += [pool.submit(download, native_lock, into, *target) for target in native_targets()]
        return 2 if any(one.result() for one in downloads) else 0


if __name__ == "__main__":
    sys.exit(main())
