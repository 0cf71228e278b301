"""The builds unpacked on this machine: which are in use, and which can go.

Each running process holds a shared lock on a file in its build's folder, whose time is when it was last used. A build
goes once nobody has used it for three days: it is renamed under the exclusive lock, so nobody starts from half a build.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: builds are kept.
    fcntl = None  # type: ignore[assignment]

UNUSED_SECONDS = 3 * 24 * 3600
BUILD = re.compile(r"kubectl[-_]express[^/]*_[0-9a-f]{64}(?P<rest>|\.tmp|\.removed)")
USED = "used"


def hold(build: Path) -> bool:
    """Keep the build from being removed while this process lives; false where it was removed just now."""
    if fcntl is None:
        return True
    try:
        descriptor = os.open(build / USED, os.O_RDWR | os.O_CREAT, 0o600)
    except FileNotFoundError:
        return False
    except OSError:
        # A folder that this user cannot write to: nothing is removed from it either.
        return True
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    os.utime(descriptor)
    try:
        return os.path.samestat(os.fstat(descriptor), (build / USED).stat())
    except FileNotFoundError:
        return False


def remove_unused(current: Path) -> None:
    """Remove the other builds of this program beside `current` that nobody used for three days."""
    if fcntl is None:
        return
    for build in current.parent.iterdir():
        found = BUILD.fullmatch(build.name)
        if found and build != current:
            try:
                remove(build, found["rest"])
            except OSError:
                # In use, somebody else's, or removed by another process meanwhile.
                continue


def remove(build: Path, rest: str) -> None:
    """Remove one folder if it is unused; raises OSError where it is in use or cannot be removed."""
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
    return time.time() - path.stat().st_mtime > UNUSED_SECONDS
