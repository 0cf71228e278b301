"""Starts the program where it is unpacked; the same file in the zip has it unpacked first.

Only what every interpreter has loaded already is imported here, since each start passes through.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


def main() -> None:
    """Start the program, by way of unpacking it where that is needed."""
    packages = os.path.dirname(__file__)  # noqa: PTH120
    if not os.path.isdir(packages):  # noqa: PTH112
        from _express_unpack import unpacked

        start_again(str(unpacked(sys.argv[0]) / "site-packages" / "__main__.py"), *sys.argv)

    from _express_builds import hold

    if not hold(os.path.dirname(packages)):  # noqa: PTH120
        start_again(*sys.argv[1:])
    # What was called comes first, as for any program.
    del sys.argv[0]
    from kubectl_express.cli import run

    run()


def start_again(*words: str) -> NoReturn:
    """Run these words of Python's command line in place of this process.

    Neither PYTHONPATH, PYTHONHOME nor site-packages can then put other modules before the program's own. The variables
    stay as they are for the programs started from here.
    """
    command = [sys.executable, "-E", "-S", *words]
    if os.name == "posix":
        os.execv(sys.executable, command)  # noqa: S606
    import subprocess

    sys.exit(subprocess.call(command))
