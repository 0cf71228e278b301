"""Which programs there are."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


def find_program(name: str, variables: Mapping[str, str]) -> str | None:
    """Return the path of a program on PATH, or None; as Go has it, folders that PATH names relatively hold none."""
    if os.name != "posix":
        from shutil import which

        return which(name, path=variables.get("PATH"))
    # What `which` does here, without its module, which loads libraries for archives.
    for folder in filter(os.path.isabs, os.get_exec_path(variables)):
        path = os.path.join(folder, name)  # noqa: PTH118 - nor pathlib
        if os.access(path, os.X_OK) and not os.path.isdir(path):  # noqa: PTH112
            return path
    return None
