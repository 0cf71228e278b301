"""What the first words of a command line mean."""

from __future__ import annotations

import pytest

from kubectl_express import __version__
from kubectl_express.cli import connection_of
from kubectl_express.errors import ExpressError
from kubectl_express.flags import PROGRAM, with_values
from kubectl_express.parser import build_parser, build_parser_alone, command_first, parse


@pytest.mark.parametrize("line", ["-o json revisions", "--chart revisions", "-w -f revisions"])
def test_a_command_behind_its_own_flags_is_told_whatever_the_flags(line: str) -> None:
    with pytest.raises(ExpressError, match=f"^flags go behind the command: {PROGRAM} revisions …\n"):
        parse(build_parser(), line.split())


@pytest.mark.parametrize(
    ("line", "ordered"),
    [
        ("--context x diff --objects", "diff --context x --objects"),
        ("--context=x -v -n a diff", "diff --context=x -v -n a"),
        ("--system diff diff -- be1", "diff --system diff -- be1"),
        ("-n a rollout -v", "rollout -n a -v"),
        ("-n a rollout stop -v", "rollout stop -n a -v"),
        ("-n a inspect be1 be2", "inspect -n a be1 be2"),
        ("-h diff", "diff -h"),
        ("--insecure-skip-tls-verify diff", "diff --insecure-skip-tls-verify=true"),
        ("--context x --token", "--context x --token"),
        ("-o json diff", "-o json diff"),
        ("--version diff", "--version diff"),
        ("-- diff", "-- diff"),
        ("diff -n a", "diff -n a"),
        ("-h", "-h"),
        ("", ""),
    ],
)
def test_what_fits_every_command_may_stand_before_it(line: str, ordered: str) -> None:
    assert command_first(with_values(line.split())) == ordered.split()


def test_a_command_means_the_same_wherever_its_cluster_is_named() -> None:
    behind, before = "diff --objects --context x -n a", "--context x -n a diff --objects"
    assert parse(build_parser(), before.split()) == parse(build_parser(), behind.split())


@pytest.mark.parametrize("words", [["-o", "", "x"], ["-o", "rollout status"]])
def test_what_is_no_command_is_not_taken_for_one(words: list[str]) -> None:
    with pytest.raises(ExpressError, match=r"^unknown flag: -o\n"):
        parse(build_parser(), words)


@pytest.mark.parametrize("word", ["", "rollout status", "dif"])
@pytest.mark.parametrize("before", [[], ["--context", "x"]])
def test_a_first_word_that_is_no_command_is_told(word: str, before: list[str]) -> None:
    with pytest.raises(ExpressError, match=f'^unknown command "{word}"'):
        parse(build_parser(), [*before, word])


@pytest.mark.parametrize("words", [["--version"], ["--context", "x", "--version"]])
def test_the_version_is_printed_whatever_stands_before(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(build_parser(), words)
    assert capsys.readouterr().out == f"kubectl-express {__version__}\n"


def test_two_dashes_alone_say_nothing() -> None:
    assert parse(build_parser(), ["--"]).command is None
    assert parse(build_parser(), ["--context", "x", "--"]).context == "x"


def test_the_flags_without_a_command_hold_the_whole_connection() -> None:
    assert connection_of(build_parser_alone().parse_args([])).as_groups == ()


@pytest.mark.parametrize(
    ("word", "meant"),
    [("help", "-h"), *((name, f"rollout {name}") for name in ("status", "pause", "resume", "stop", "history", "undo"))],
)
def test_what_is_a_command_of_kubectl_is_told_with_what_is_meant(word: str, meant: str) -> None:
    with pytest.raises(ExpressError, match=f'^unknown command "{word}"; did you mean {meant}\\?\n'):
        parse(build_parser(), [word])


def test_a_node_behind_diff_is_told_with_what_shows_one() -> None:
    with pytest.raises(ExpressError, match=r"^unexpected argument: be1; `kubectl express inspect be1 --against live` "):
        parse(build_parser(), ["diff", "be1"])
    with pytest.raises(ExpressError, match=r"^unexpected argument: be1\n"):
        parse(build_parser(), ["verify", "be1"])


@pytest.mark.parametrize("command", ["diff", "verify", "rollout", "rollout undo", "wait"])
def test_the_help_tells_the_exit_codes_of_what_scripts_go_by(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(build_parser(), [*command.split(), "-h"])
    assert "\nExit status: 0 " in capsys.readouterr().out
