"""The builds unpacked on this machine: which are in use, and which can go.

Each running process holds a shared lock on a file in its build's folder, whose time is when it was last used. A build
goes once nobody has used it for three days: it is renamed under the exclusive lock, so nobody starts from half a build.
"""

from __future__ import annotations

import os
import time

try:
    import fcntl
except ImportError:  # Windows: builds are kept.
    fcntl = None  # type: ignore[assignment]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

DAY = 24 * 3600
UNUSED = 3 * DAY
BUILD = r"kubectl[-_]express[^/]*_[0-9a-f]{64}(?P<rest>|\.tmp|\.removed)"
USED = "used"


def hold(build: str) -> bool:
    """Keep the build from being removed while this process lives; false where it was removed just now.

    Once a day it looks for other builds to remove: each start passes through here, and few need to look.
    """
    if fcntl is None:
        return True
    used = os.path.join(build, USED)  # noqa: PTH118 - pathlib takes longer to import than all of this does
    try:
        descriptor = os.open(used, os.O_RDWR | os.O_CREAT, 0o600)
    except FileNotFoundError:
        return False
    except OSError:
        # A folder that this user cannot write to: nothing is removed from it either.
        return True
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    before = os.fstat(descriptor)
    os.utime(descriptor)
    try:
        held = os.path.samestat(before, os.stat(used))  # noqa: PTH116
    except FileNotFoundError:
        return False
    if held and time.time() - before.st_mtime > DAY:
        remove_unused(build)
    return held


def remove_unused(current: str) -> None:
    """Remove the other builds of this program beside `current` that nobody used for three days."""
    if fcntl is None:
        return
    import re
    from pathlib import Path

    for build in Path(current).parent.iterdir():
        found = re.fullmatch(BUILD, build.name)
        if found and str(build) != current:
            try:
                remove(build, found["rest"])
            except OSError:
                # In use, somebody else's, or removed by another process meanwhile.
                continue


def remove(build: Path, rest: str) -> None:
    """Remove one folder if it is unused; raises OSError where it is in use or cannot be removed."""
    import shutil

    if rest == ".removed":
        shutil.rmtree(build)
    elif rest == ".tmp":
        if unused(build):
            shutil.rmtree(build)
    elif unused(build / USED if (build / USED).exists() else build):
        descriptor = os.open(build / USED, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            removed = build.rename(build.with_name(f"{build.name}.removed"))
        finally:
            os.close(descriptor)
        shutil.rmtree(removed)


def unused(path: Path) -> bool:
    """Whether the file or folder was last touched more than three days ago."""
    return time.time() - path.stat().st_mtime > UNUSED
