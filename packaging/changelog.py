"""Reads and writes CHANGELOG.md, which is kept as https://keepachangelog.com says."""

from __future__ import annotations

import re

UNRELEASED = "Unreleased"


def section(changelog: str, name: str) -> str:
    """Return what stands below the heading of a version, or of what is unreleased; empty where it has no lines."""
    found = re.search(rf"^## \[{re.escape(name)}\].*\n((?:(?!## ).*\n)*)", changelog, re.MULTILINE)
    lines = found[1].strip() if found else ""
    # A heading such as "### Added" alone tells nothing.
    return lines if re.search(r"^[^#\s]", lines, re.MULTILINE) else ""


def newest(changelog: str) -> str:
    """Return the topmost version that has a heading with a date; empty where there is none."""
    found = re.search(r"^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d\d-\d\d$", changelog, re.MULTILINE)
    return found[1] if found else ""


def released(changelog: str, version: str, date: str) -> str:
    """Return the changelog with all that was unreleased under this version and date."""
    heading = f"## [{UNRELEASED}]\n"
    return changelog.replace(heading, f"{heading}\n## [{version}] - {date}\n", 1)
