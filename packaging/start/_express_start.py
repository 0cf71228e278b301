"""Starts the program where it is unpacked; the same file in the zip has it unpacked first.

Only what every interpreter has loaded already is imported here, since each start passes through.
"""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Start the program, by way of unpacking it where that is needed."""
    packages = os.path.dirname(__file__)  # noqa: PTH120
    if os.path.isdir(packages):  # noqa: PTH112
        from _express_builds import hold

        if not hold(os.path.dirname(packages)):  # noqa: PTH120
            start_again(*sys.argv[1:])
        # What was called comes first, as for any program.
        del sys.argv[0]
    else:
        from _express_unpack import unpacked

        packages = str(unpacked(sys.argv[0]) / "site-packages")
        start_again(os.path.join(packages, "__main__.py"), *sys.argv)  # noqa: PTH118
        sys.path.insert(0, packages)

    from kubectl_express.cli import run

    run()


def start_again(*words: str) -> None:
    """Run these words of Python's command line in place of this process; return where that cannot be done.

    Neither PYTHONPATH, PYTHONHOME nor site-packages can then put other modules before the program's own. The variables
    stay as they are for the programs started from here.
    """
    # Windows has nothing like it, and without a PATH Python may not know where it is itself.
    if os.name == "posix" and sys.executable:
        os.execv(sys.executable, [sys.executable, "-E", "-S", *words])  # noqa: S606
