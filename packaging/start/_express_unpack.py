"""Unpacks the zipapp where this user can write and nobody else.

shiv's own start would stop with a traceback where the home folder is missing or cannot be written to, would run what
another user has put there, and would keep every build that ever ran.
"""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path

import _express_builds

NAME = "kubectl-express"


def unpacked(zipapp: str) -> Path:
    """Return the folder that holds this build, unpacked now where it was not yet, or end with one line."""
    reason: Exception | None = None
    earlier = os.umask(0o077)
    for folder in (chosen_folder,) if os.environ.get("SHIV_ROOT") else (user_cache, private_temporary_folder):
        try:
            build = unpack(zipapp, folder())
        except (OSError, RuntimeError) as error:
            reason = reason or error
        else:
            os.umask(earlier)
            return build
    sys.stderr.write(
        f"error: {NAME} cannot unpack itself: {reason}; set SHIV_ROOT to a folder that can be written to\n"
    )
    sys.exit(2)


def unpack(zipapp: str, root: Path) -> Path:
    """Return the build below a folder that is this user's alone; raises OSError where it cannot be made or trusted."""
    build = root / build_name()
    start = build / "site-packages" / "__main__.py"
    while not (build.is_dir() and trusted(build) and start.is_file() and _express_builds.hold(str(build))):
        # Here, since where the build is there already this takes longer than all the rest.
        import zipfile

        from _bootstrap import extract_site_packages

        with zipfile.ZipFile(zipapp) as archive:
            # What clears caches may have left the folder alone. One that was renamed to this just now is whole.
            extract_site_packages(archive, build, force=build.is_dir() and not start.is_file())
        _express_builds.remove_unused(str(build))
    return build


def build_name() -> str:
    """Return what the folder of this build is called, as start.sh has it too."""
    # From the zip as Python has opened it for this module: to open it once more would be to read its directory again.
    return f"{NAME}_{json.loads(__loader__.get_data('environment.json'))['build_id']}"


def chosen_folder() -> Path:
    """Return what SHIV_ROOT says, made if need be; in what is all users', like /tmp, this user's own folder."""
    root = Path(os.environ["SHIV_ROOT"]).absolute()
    root.mkdir(parents=True, exist_ok=True)
    return private_folder(root) if root.stat().st_mode & stat.S_ISVTX else trusted(root)


def user_cache() -> Path:
    """Return the folder in this user's cache, which start.sh finds as well, made if need be."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return made(made(cache if cache.is_absolute() else made(Path.home()) / ".cache") / NAME)


def private_temporary_folder() -> Path:
    """Return this user's folder among the temporary files, made if need be."""
    import tempfile

    return private_folder(Path(tempfile.gettempdir()))


def private_folder(shared: Path) -> Path:
    """Return this user's folder among those of all, made if need be."""
    return made(shared / f"{NAME}-{os.getuid()}")


def made(folder: Path) -> Path:
    """Return the folder, made if need be; raises OSError where it cannot be made or trusted."""
    folder.mkdir(parents=True, exist_ok=True)
    return trusted(folder)


def trusted(folder: Path) -> Path:
    """Return the folder; raises PermissionError where others could put there what this user would run.

    root could anyway; and a group of the user's own number is the user's alone.
    """
    if os.name == "posix":
        found, owners = folder.stat(), {os.geteuid(), 0}
        writers = stat.S_IWOTH if found.st_gid == os.geteuid() else stat.S_IWOTH | stat.S_IWGRP
        if found.st_mode & writers or not folder.is_absolute() or not {found.st_uid, folder.lstat().st_uid} <= owners:
            message = f"{folder} belongs to somebody else or is open to others"
            raise PermissionError(message)
    return folder
