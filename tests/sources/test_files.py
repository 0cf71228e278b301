from __future__ import annotations

import io
import subprocess
from typing import TYPE_CHECKING

import pytest

from kubectl_express.core.kubectl_yaml import read_documents
from kubectl_express.core.manifests import rendered_side
from kubectl_express.core.settings import Settings
from kubectl_express.environment import Environment
from kubectl_express.errors import ExpressError
from kubectl_express.sources.files import manifests_only, read_text, title
from tests.testbed.examples import EXAMPLES

if TYPE_CHECKING:
    from pathlib import Path

    from kubectl_express.core.node import Side

VALUES = EXAMPLES / "overlays" / "yul1" / "systemdcrtest3" / "values.yaml"


def environment(folder: Path, stdin: bytes = b"") -> Environment:
    return Environment(io.TextIOWrapper(io.BytesIO(stdin)), io.StringIO(), io.StringIO(), {}, folder)


def side(text: str) -> Side:
    documents = read_documents(manifests_only(text, "output.yaml"), "output.yaml")
    return rendered_side(documents, Settings(), origin="output.yaml")


def captured(helm: Path, *extra: str, debug: bool = True, both: bool = True) -> str:
    """Return what `helm --debug template … > output.yaml 2>&1` leaves in the file."""
    command: list[str | Path] = [helm, *(["--debug"] if debug else []), "template", "foo"]
    command += [EXAMPLES / "master_charts" / "express", "--values", VALUES, *extra]
    stderr = subprocess.STDOUT if both else subprocess.DEVNULL
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=stderr, check=False)
    return done.stdout.decode()


def test_a_file_that_helm_s_log_went_into_holds_the_same_as_one_that_it_did_not(helm: Path) -> None:
    mixed, clean = captured(helm), captured(helm, debug=False, both=False)
    assert mixed != clean
    found, wanted = side(mixed), side(clean)
    assert len(wanted.nodes) > 2
    assert {name: (node.stored, node.integrity) for name, node in found.nodes.items()} == {
        name: (node.calculated, []) for name, node in wanted.nodes.items()
    }
    assert found.objects == wanted.objects


def test_lines_keep_their_numbers_where_the_log_is_left_out(helm: Path) -> None:
    mixed = captured(helm)
    assert manifests_only(mixed, "f").count("\n") == mixed.count("\n")


def test_a_failure_of_helm_in_the_file_is_reported_with_helm_s_whole_message(helm: Path) -> None:
    text = captured(helm, "--set", "unknown=1")
    with pytest.raises(ExpressError) as caught:
        manifests_only(text, "output.yaml")
    first, *rest = str(caught.value).splitlines()
    line = next(number for number, each in enumerate(text.splitlines(), 1) if each.startswith("Error: "))
    assert first.startswith(
        f"output.yaml:{line}: helm failed while it wrote this: values don't meet the specifications"
    )
    assert any("additional properties 'unknown' not allowed" in each for each in rest)
    assert "helm.go" not in str(caught.value)
    assert "Original chart version" not in str(caught.value)


@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_a_line_of_a_log_is_blanked_wherever_it_stands(end: str) -> None:
    lines = ["level=INFO msg=a", "kind: a", "", "WARNING: b", "  level=INFO msg=kept", "I0101 01:01:01", "", "a: 1"]
    text = (end or "\n").join([*lines, "x.go:12: c"]) + end
    kept = ["", "kind: a", "", "", "  level=INFO msg=kept", "", "", "a: 1", ""]
    cleaned = manifests_only(text, "output.yaml")
    assert [line.rstrip("\r") for line in cleaned.split("\n")] == [*kept, *([""] if end else [])]


def test_a_text_without_a_log_stays_as_it_is() -> None:
    text = "---\nkind: a\nb: |\n  level=INFO msg=kept\n- Error: no\n\r\n"
    assert manifests_only(text, "output.yaml") == text
    assert manifests_only("", "output.yaml") == ""


def test_a_failure_after_manifests_is_a_failure_all_the_same() -> None:
    text = "---\nkind: ConfigMap\nError: template: a/templates/b.yaml:1:2: nil pointer\n\nUse --debug flag\n"
    with pytest.raises(ExpressError) as caught:
        manifests_only(text, "-")
    assert str(caught.value) == (
        "standard input:3: helm failed while it wrote this: template: a/templates/b.yaml:1:2: nil pointer"
    )


@pytest.mark.parametrize(
    "line",
    [
        "install.go:225: 2026-01-01 00:00:00.1 +0000 UTC m=+0.04 [debug] CHART PATH: /charts/express",
        'level=DEBUG msg="Chart path" path=/charts/express',
        'time=2026-01-01T00:00:00.000Z level=WARN msg="unable to find"',
        "WARNING: Kubernetes configuration file is group-readable.",
        "2026/01/01 00:00:00 warning: cannot overwrite table with non table for a.b",
        "coalesce.go:286: warning: cannot overwrite table with non table for a.b (map[])",
        "W0101 00:00:00.000000    1234 warnings.go:70] unknown field",
    ],
)
def test_each_kind_of_log_line_is_left_out(line: str) -> None:
    assert manifests_only(f"a: 1\n{line}\r\n{line}\nb: 2\n", "f") == "a: 1\n\n\nb: 2\n"


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\r\nb: |\r\n  Error: kept\r\n  WARNING: kept\r\n",
        "# Error: kept\n",
        "a: 'one\u0085Error: two\u2028WARNING: three'\n",
        "Errors: kept\nlevel: INFO\n",
        "",
        "no newline at the end",
    ],
)
def test_what_is_no_log_line_stays_as_it_is(text: str) -> None:
    assert manifests_only(text, "f") == text


@pytest.mark.parametrize("marked", [False, True])
@pytest.mark.parametrize("standard_input", [False, True])
def test_windows_line_ends_and_a_byte_order_mark_change_no_revision(
    tmp_path: Path, helm4: Path, marked: bool, standard_input: bool
) -> None:
    clean = captured(helm4, debug=False, both=False)
    windows = clean.replace("\n", "\r\n").encode("utf-8-sig" if marked else "utf-8")
    (tmp_path / "output.yaml").write_bytes(windows)
    text = read_text("-" if standard_input else "output.yaml", environment(tmp_path, windows))
    assert {name: (node.calculated, node.integrity) for name, node in side(text).nodes.items()} == {
        name: (node.calculated, []) for name, node in side(clean).nodes.items()
    }


def test_standard_input_without_bytes_is_read_as_text(tmp_path: Path) -> None:
    text_only = Environment(io.StringIO("a: 1"), io.StringIO(), io.StringIO(), {}, tmp_path)
    assert read_text("-", text_only) == "a: 1"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("absent.yaml", "absent.yaml cannot be read: No such file or directory"),
        (".", ". cannot be read: Is a directory"),
        ("utf16.yaml", "utf16.yaml is not UTF-8 text: byte 0 cannot be read"),
        ("-", "standard input is not UTF-8 text: byte 2 cannot be read"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_clear_line(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "utf16.yaml").write_text("a: 1", encoding="utf-16")
    with pytest.raises(ExpressError) as caught:
        read_text(name, environment(tmp_path, b"a:\xff"))
    assert str(caught.value) == message


def test_a_file_is_called_by_its_name() -> None:
    assert title("-") == "standard input"
    assert title("./out/output.yaml") == "out/output.yaml"
