"""Makes the zipapp, its krew archive and manifest, and the wheel, from the package here and a folder of wheels.

The same input gives the same bytes.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from pathlib import Path

from manifest import ARCHIVE, MANIFEST, filled, sha256
from universal import universal

REPOSITORY = Path(__file__).resolve().parent.parent
ENTRY_POINT = "kubectl_express.cli:run"
START = REPOSITORY / "packaging" / "start"
PACKAGE = "kubectl_express"
NOT_SHIPPED = shutil.ignore_patterns("__pycache__", ".*")


def unpack_wheels(wheels: Path, site_packages: Path) -> None:
    """Lay the wheels over each other; raises ValueError where two disagree about a file.

    What macOS loads has one name for all processors, and is made one file.
    """
    for wheel in sorted(wheels.glob("*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            for entry in archive.infolist():
                parts = Path(entry.filename).parts
                described = parts[0].endswith(".dist-info")
                about_one_wheel = described and parts[-1] in {"RECORD", "WHEEL"}
                if entry.is_dir() or about_one_wheel or parts[0].endswith(".data"):
                    continue
                path, content = site_packages.joinpath(*parts), archive.read(entry)
                if path.exists() and described:
                    # PyYAML's wheels differ in how they describe themselves; the first one's words do.
                    continue
                if path.exists() and path.name.endswith("-darwin.so"):
                    content = universal(path.read_bytes(), content)
                elif path.exists() and path.read_bytes() != content:
                    message = f"{wheel.name}: {entry.filename} differs from that of another wheel"
                    raise ValueError(message)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)


def run_shiv(site_packages: Path, output: Path) -> None:
    """Let shiv make its zipapp, which is not yet reproducible: order, modes and times are the machine's."""
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-m", "shiv", "--reproducible", "--uncompressed"]
    command += ["--site-packages", str(site_packages), "--entry-point", ENTRY_POINT, "--output-file", str(output)]
    subprocess.run(command, check=True)


def write_zipapp(shiv: Path, output: Path, epoch: int) -> None:
    """Write shiv's zipapp again: sorted, one mode and one time for all, and started by our own script and modules."""
    with zipfile.ZipFile(shiv) as archive:
        contents = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    contents |= {path.name: path.read_bytes() for path in START.glob("*.py")}
    build = f"kubectl-express_{json.loads(contents['environment.json'])['build_id']}"
    head = (START / "start.sh").read_text(encoding="utf-8").replace("@BUILD@", build).encode()
    put(zipped(dict(sorted(contents.items())), epoch, head), output, 0o755)


def zipped(contents: dict[str, bytes], epoch: int, head: bytes = b"") -> bytes:
    """Return a zip of the contents behind the head, with one mode and one time for all."""
    packed = io.BytesIO()
    packed.write(head)
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in contents.items():
            entry = zipfile.ZipInfo(name, time.gmtime(epoch)[:6])
            entry.create_system = 3
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED, 6)
    return packed.getvalue()


def put(content: bytes, output: Path, mode: int) -> None:
    """Write a file at once: replaced, not written over, since the old one may be running."""
    partial = output.with_name(f"{output.name}.{os.getpid()}")
    partial.write_bytes(content)
    partial.chmod(mode)
    partial.replace(output)


def write_krew_archive(zipapp: Path, output: Path, epoch: int) -> None:
    """Write the archive that krew unpacks: krew tells one by its bytes, and a zipapp alone begins like a script."""
    packed = io.BytesIO()
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=packed, mtime=epoch) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for path, mode in ((REPOSITORY / "LICENSE", 0o644), (zipapp, 0o755)):
            entry = tarfile.TarInfo(path.name)
            content = path.read_bytes()
            entry.size, entry.mode, entry.mtime = len(content), mode, epoch
            archive.addfile(entry, io.BytesIO(content))
    put(packed.getvalue(), output, 0o644)


def write_wheel(dist: Path, epoch: int) -> Path:
    """Build the wheel with the setuptools of this Python, in place of an earlier version's; return where it is."""
    with tempfile.TemporaryDirectory() as folder:
        # A copy: setuptools would put what it has built in an earlier run, and since was removed, in the wheel too.
        source, built = Path(folder, "source"), Path(folder, "built")
        shutil.copytree(REPOSITORY / PACKAGE, source / PACKAGE, ignore=NOT_SHIPPED)
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copyfile(REPOSITORY / name, source / name)
        ask = f"from setuptools.build_meta import build_wheel; build_wheel({str(built)!r})"
        built.mkdir()
        subprocess.run([sys.executable, "-c", ask], cwd=source, check=True, stdout=subprocess.DEVNULL)
        (wheel,) = built.iterdir()
        with zipfile.ZipFile(wheel) as archive:
            contents = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    for earlier in dist.glob("kubectl_express-*.whl"):
        earlier.unlink()
    put(zipped(contents, epoch), dist / wheel.name, 0o644)
    return dist / wheel.name


def main() -> None:
    """Build from the folder of wheels named first into the folder named second."""
    wheels, dist = Path(sys.argv[1]), Path(sys.argv[2])
    epoch = int(os.environ["SOURCE_DATE_EPOCH"])
    dist.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        site_packages, shiv = Path(folder, "site-packages"), Path(folder, "shiv")
        unpack_wheels(wheels, site_packages)
        shutil.copytree(REPOSITORY / PACKAGE, site_packages / PACKAGE, ignore=NOT_SHIPPED)
        for module in ("__main__.py", "_express_start.py", "_express_builds.py"):
            shutil.copyfile(START / module, site_packages / module)
        run_shiv(site_packages, shiv)
        write_zipapp(shiv, dist / "kubectl-express", epoch)
    write_krew_archive(dist / "kubectl-express", dist / ARCHIVE, epoch)
    put(filled(dist / ARCHIVE, {}), dist / MANIFEST, 0o644)
    wheel = write_wheel(dist, epoch)
    for path in (dist / "kubectl-express", dist / ARCHIVE, dist / MANIFEST, wheel):
        print(f"{sha256(path)}  {path}")


if __name__ == "__main__":
    main()
