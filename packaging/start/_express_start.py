"""Unpacks the zipapp where this user can write, makes its packages come first, and starts the program.

shiv's own start would stop with a traceback where the home folder is missing or cannot be written to, would let a
PYTHONPATH put other packages before the zipapp's, and would keep every build that ever ran.
"""

from __future__ import annotations

import os
import sys
import tempfile
import zipfile
from pathlib import Path

import _express_builds
from _bootstrap import cache_path, extract_site_packages, import_string, run
from _bootstrap.environment import Environment
from _bootstrap.interpreter import execute_interpreter

NAME = "kubectl-express"


def main() -> None:
    """Start the program; a folder to unpack into that cannot be used is one line and exit code 2."""
    put_pythonpath_last()
    with zipfile.ZipFile(sys.argv[0]) as archive:
        environment = Environment.from_json(archive.read("environment.json").decode())
        build = unpacked(archive, environment)
    _express_builds.remove_unused(build)
    sys.path.insert(1, str(build / "site-packages"))
    if environment.interpreter:
        execute_interpreter()
    else:
        run(import_string(environment.entry_point))


def put_pythonpath_last() -> None:
    """Move what PYTHONPATH added behind the interpreter's own folders, for this process alone.

    The variable stays as it is for the programs started from here, and its packages can still be imported.
    """
    added = os.environ.get("PYTHONPATH", "")
    if sys.flags.ignore_environment or not added:
        return
    # A PYTHONPATH may name the standard library itself, which has to stay in front.
    standard = Path(os.__file__).resolve().parent
    theirs = {Path(entry).resolve() for entry in added.split(os.pathsep)} - {standard, standard / "lib-dynload"}
    sys.path[1:] = sorted(sys.path[1:], key=lambda entry: Path(entry).resolve() in theirs)


def unpacked(archive: zipfile.ZipFile, environment: Environment) -> Path:
    """Return the folder that holds this build, unpacked now where it was not yet."""
    reason: Exception | None = None
    for folder in (chosen_folder,) if os.environ.get("SHIV_ROOT") else (user_cache, private_temporary_folder):
        try:
            build = cache_path(archive, str(folder()), environment.build_id)
            while not (build.is_dir() and _express_builds.hold(build)):
                extract_site_packages(archive, build)
        except (OSError, RuntimeError) as error:
            reason = reason or error
        else:
            return build
    sys.stderr.write(
        f"error: {NAME} cannot unpack itself: {reason}; set SHIV_ROOT to a folder that can be written to\n"
    )
    sys.exit(2)


def chosen_folder() -> Path:
    """Return what SHIV_ROOT says."""
    return Path(os.environ["SHIV_ROOT"])


def user_cache() -> Path:
    """Return the folder in this user's cache."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (cache if cache.is_absolute() else Path("~/.cache")) / NAME


def private_temporary_folder() -> Path:
    """Return this user's folder among the temporary files; raises OSError where another user could write into it."""
    folder = Path(tempfile.gettempdir(), f"{NAME}-{os.getuid()}")
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if found.st_uid != os.getuid() or found.st_mode & 0o077 or folder.is_symlink():
        message = f"{folder} belongs to somebody else or is open to others"
        raise PermissionError(message)
    return folder
