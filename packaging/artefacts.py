"""Builds all that a release consists of, and tells whether the parts agree with each other."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import zipfile
from typing import TYPE_CHECKING

from build import put
from manifest import ARCHIVE, MANIFEST, PACKAGE_VERSION, sha256

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

PLACEHOLDER = "example.com"
"""What stands in the manifest for wherever it is published."""
ZIPAPP, CHECKSUMS = "kubectl-express", "SHA256SUMS"


def wheel_name(version: str) -> str:
    """Return what the wheel of a version is called."""
    return f"kubectl_express-{version}-py3-none-any.whl"


def build(checkout: Path, version: str, addresses: Sequence[str]) -> dict[str, bytes]:
    """Build in the checkout, and return what then is in its dist folder, by file name.

    The manifest names these addresses, of the archive and the homepage, or those that the checkout has. Raises
    CalledProcessError where something cannot be built.
    """
    # The time in the archives is the commit's, and none that somebody has exported: all others would build other bytes.
    environment = {name: value for name, value in os.environ.items() if name != "SOURCE_DATE_EPOCH"}
    # The build's words on stdout are checksums, which come again in a file of their own.
    subprocess.run([checkout / "build.sh"], check=True, stdout=subprocess.DEVNULL, env=environment)
    fill_in = [sys.executable, str(checkout / "packaging" / "krew"), *addresses]
    subprocess.run(fill_in, check=True, stdout=subprocess.DEVNULL)
    dist = checkout / "dist"
    (dist / CHECKSUMS).write_text(checksums(dist, version), encoding="utf-8")
    return {name: (dist / name).read_bytes() for name in (*listed(version), CHECKSUMS)}


def listed(version: str) -> list[str]:
    """Return the names of what is built, but for the checksums over it."""
    return sorted((ZIPAPP, ARCHIVE, MANIFEST, wheel_name(version)))


def checksums(dist: Path, version: str) -> str:
    """Return the lines that `sha256sum --check` reads."""
    return "".join(f"{sha256(dist / name)}  {name}\n" for name in listed(version))


def write(built: dict[str, bytes], dist: Path) -> None:
    """Write it all into the folder, in place of what an earlier build has left there."""
    dist.mkdir(exist_ok=True)
    for earlier in dist.glob("kubectl_express-*.whl"):
        earlier.unlink()
    for name, content in built.items():
        put(content, dist / name, 0o755 if name == ZIPAPP else 0o644)


def disagreements(dist: Path, version: str, *, published: bool) -> list[str]:
    """Return what in the folder is not of this version, or not of one build, or not to be published; each as a line."""
    manifest = (dist / MANIFEST).read_text(encoding="utf-8")
    versions = re.findall(r"^  version: (.*)$", manifest, re.MULTILINE)
    sums = re.findall(r'sha256: "(.*)"', manifest)
    addresses = re.findall(r"uri: (.*)", manifest)
    with tarfile.open(dist / ARCHIVE) as archive:
        packed = archive.extractfile(ZIPAPP)
        in_archive = packed.read() if packed else b""
    wrong = {
        f"{ZIPAPP} is of another version": zipapp_version(dist / ZIPAPP) != version,
        "the wheel is of another version": wheel_version(dist / wheel_name(version)) != version,
        f"{ARCHIVE} holds another {ZIPAPP}": in_archive != (dist / ZIPAPP).read_bytes(),
        f"{MANIFEST} is of another version": versions != [f"v{version}"],
        f"{MANIFEST} has another archive's checksum": set(sums) != {sha256(dist / ARCHIVE)},
        f"{MANIFEST} has an address without /v{version}/": not all(f"/v{version}/" in one for one in addresses),
        f"{MANIFEST} names {PLACEHOLDER}: say where archive and homepage are": published and PLACEHOLDER in manifest,
        f"{CHECKSUMS} are of other files": (dist / CHECKSUMS).read_text("utf-8") != checksums(dist, version),
    }
    return [what for what, is_wrong in wrong.items() if is_wrong]


def zipapp_version(zipapp: Path) -> str:
    """Return the version of the program within the zipapp."""
    with zipfile.ZipFile(zipapp) as archive:
        package = archive.read("site-packages/kubectl_express/__init__.py").decode()
    return str(PACKAGE_VERSION.findall(package)[0])


def wheel_version(wheel: Path) -> str:
    """Return the version that the wheel's metadata names."""
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return str(re.findall(r"^Version: (.*)$", archive.read(metadata).decode(), re.MULTILINE)[0])
