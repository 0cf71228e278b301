"""`.express.yaml`: how a repository says that its layout is another than the default one."""

from __future__ import annotations

import os
from pathlib import Path

from kubectl_express.core.settings import Settings
from kubectl_express.errors import ExpressError
from kubectl_express.sources.repository import holds

CONFIG_NAME = ".express.yaml"

_MORE_THAN_ANY = 2 << 20
"""Bytes: more than is taken. A device goes on for ever."""


def find(start: Path) -> Path | None:
    """Return the nearest configuration file from a folder upward, or None.

    Whatever has the name is found, a folder or a broken link included: `load` says what is wrong with it, where
    passing over it would quietly calculate other revisions.
    """
    folder = start.absolute()
    candidates = (parent / CONFIG_NAME for parent in (folder, *folder.parents))
    return next((path for path in candidates if os.path.lexists(path)), None)


def load(path: Path | None, folder: Path | None = None) -> Settings:
    """Return what a configuration file sets, with defaults for the rest; the defaults alone where there is no file.

    Paths in the file count from its own folder, which is the repository. `folder` is the working directory (by
    default the process's): a relative `path` counts from there, and errors name the file as seen from there.
    Raises ExpressError, one line with file, line, key, what was expected and what was found.
    """
    if path is None:
        return Settings()
    folder = folder or Path.cwd()
    name = os.path.relpath(path, folder) if path.is_absolute() else str(path)
    if not holds((folder / path).parent, path.name):
        # What it leads to might be quoted as wrong.
        raise ExpressError(f"{name}: the configuration is a link that leads out of its folder")
    try:
        with (folder / path).open("rb") as file:
            content = file.read(_MORE_THAN_ANY)
    except OSError as error:
        raise ExpressError(f"{name}: the configuration cannot be read: {error.strerror or error}") from error
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ExpressError(f"{name}:{line}: expected UTF-8, found the byte 0x{content[error.start]:02x}") from error
    from kubectl_express.sources.configuration_fields import read_settings

    return read_settings(text, name, (folder / path).parent)
