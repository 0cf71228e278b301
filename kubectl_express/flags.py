"""The pieces that every command's flags are made of, and how wrong use is reported."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from kubectl_express.errors import ExpressError
from kubectl_express.help_texts import EXAMPLES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any, NoReturn

PROGRAM = "kubectl express"

_INSECURE = "--insecure-skip-tls-verify"

_OF_OURS = r"argument [^:]+: (?=unknown |invalid value )"
"""argparse's words before those of our own that name the argument themselves."""


class Formatter(argparse.RawDescriptionHelpFormatter):
    """Leaves examples as they are written, and gives flags room beside their help."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=34, width=110)

    def _split_lines(self, text: str, width: int) -> list[str]:
        """Return the lines as argparse would; those that fit do without `textwrap`, which takes a while to import."""
        return [text] if len(text) <= width else super()._split_lines(text, width)

    def _format_action(self, action: argparse.Action) -> str:
        if not isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - argparse has no public name for it
            return super()._format_action(action)
        commands = [(each.dest, each.help) for each in action._choices_actions]  # noqa: SLF001 - nor for these
        width = max(len(name) for name, _ in commands)
        return "".join(f"  {name:{width}}  {summary}\n" for name, summary in commands)


class Parser(argparse.ArgumentParser):
    """Reports wrong use as kubectl does: one line, and where the help is."""

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Raise argparse's error for a word that is none of an argument's few, with the nearest or all of them."""
        if action.choices is None or value in action.choices:
            return
        from kubectl_express.core.nearest import did_you_mean

        hint = did_you_mean(value, action.choices) or f", allowed are: {', '.join(action.choices)}"
        raise argparse.ArgumentError(None, f'unknown {action.dest} "{value}"{hint}')

    def error(self, message: str) -> NoReturn:
        """Raise the message as an ExpressError, with where to look for help."""
        import re

        message = re.sub(_OF_OURS, "", message)
        raise ExpressError(f"{message}\nSee '{self.prog} -h' for help and examples.")


def unknown_word(parser: argparse.ArgumentParser, options: argparse.Namespace, word: str) -> ExpressError:
    """Return the error for a word that no parser takes, with the nearest flag that the command has.

    Whatever a flag is given by `=` is left out: it may be a token.
    """
    for name in filter(None, (options.command, getattr(options, "action", None))):
        parser = next(each for each in parser._actions if isinstance(each, argparse._SubParsersAction)).choices[name]  # noqa: SLF001
    see = f"\nSee '{parser.prog} -h' for help and examples."
    if not word.startswith("-"):
        hint = f"; `{PROGRAM} inspect {word} --against live` shows one node" if options.command == "diff" else ""
        return ExpressError(f"unexpected argument: {word}{hint}{see}")
    from kubectl_express.core.nearest import did_you_mean

    flag = word.partition("=")[0]
    known = parser._option_string_actions  # noqa: SLF001 - argparse has no public name for them
    hint = did_you_mean(flag, [each for each in known if each.startswith("--")]) if flag.startswith("--") else ""
    return ExpressError(f"unknown flag: {flag}{hint}{see}")


def with_values(words: Sequence[str]) -> list[str]:
    """Return the words with a value for the one flag that may stand alone: as in kubectl, the next word is not it."""
    return [f"{_INSECURE}=true" if word == _INSECURE else word for word in words]


class Commands(Mapping[str, Parser]):
    """The parsers of commands by name, each made when it is first asked for: a run needs one of them, TAB needs all."""

    def __init__(self, parser: Parser, *, dest: str, metavar: str, title: str, prog: str = PROGRAM) -> None:
        self._prog = prog
        self._makers: dict[str, Callable[[], Parser]] = {}
        self._made: dict[str, Parser] = {}
        self._action = parser.add_subparsers(prog=prog, dest=dest, metavar=metavar, title=title, parser_class=Parser)
        self._action.choices = self._action._name_parser_map = self  # type: ignore[assignment]  # noqa: SLF001

    def add(self, name: str, summary: str, fill: Callable[[Parser], None], operands: str = "", **settings: Any) -> None:
        """Add a command with its help and examples; `fill` adds its flags once they are needed."""
        prog = f"{self._prog} {name}"

        def make() -> Parser:
            parser = Parser(
                prog=prog,
                usage=" ".join(filter(None, [prog, operands, "[flags]"])),
                description=f"{summary[0].upper()}{summary[1:]}.",
                epilog=EXAMPLES[prog.removeprefix(f"{PROGRAM} ")],
                formatter_class=Formatter,
                allow_abbrev=False,
                **settings,
            )
            fill(parser)
            return parser

        self._makers[name] = make
        # What the help lists.
        self._action._choices_actions.append(self._action._ChoicesPseudoAction(name, (), summary))  # noqa: SLF001

    def __getitem__(self, name: str) -> Parser:
        if name not in self._made:
            self._made[name] = self._makers[name]()
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)


def add_source_options(parser: argparse.ArgumentParser) -> None:
    """Add the flags that say where to read: the chart or a file, not the cluster."""
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--chart", action="store_true", help="read the chart as it renders now, not the cluster")
    source.add_argument("-f", "--filename", metavar="FILE", help="read manifests from a file; - is standard input")


def add_target_option(parser: argparse.ArgumentParser) -> None:
    """Add the flag that takes a file as the target."""
    parser.add_argument(
        "-f",
        "--filename",
        metavar="FILE",
        help="the target: manifests from a file (- is standard input), not the chart",
    )


SEVERAL = "only this system; may be given several times"
ONE = "the system, where the context has several"


def add_reading_options(parser: argparse.ArgumentParser, formats: tuple[str, ...], systems: str = SEVERAL) -> None:
    """Add what picks systems, the configuration, the output and the connection."""
    add_system_options(parser, systems)
    add_output_options(parser, formats)
    add_connection_options(parser)


def add_system_options(parser: argparse.ArgumentParser, systems: str = SEVERAL) -> None:
    """Add what picks systems, of which `systems` says how many, and the configuration."""
    parser.add_argument("--system", action="append", default=[], metavar="NAME", help=systems)
    parser.add_argument("--config", metavar="FILE", help="the configuration; by default .express.yaml, found upward")


def add_output_options(parser: argparse.ArgumentParser, formats: tuple[str, ...]) -> None:
    """Add what says how results look."""
    parser.add_argument(
        "-o",
        "--output",
        default="table",
        metavar="FORMAT",
        type=one_of("output format", formats),
        help=f"one of: {', '.join(formats)}",
    )
    add_look_options(parser)


def add_look_options(parser: argparse.ArgumentParser) -> None:
    """Add what says how anything looks, and how much is said."""
    parser.add_argument(
        "--color",
        default="auto",
        metavar="WHEN",
        type=one_of("colour", ("auto", "always", "never")),
        help="auto (the default; NO_COLOR and CLICOLOR_FORCE are heeded), always or never",
    )
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="say where every link was read, and what rendered and hashed it"
    )


def one_of(what: str, allowed: tuple[str, ...]) -> Callable[[str], str]:
    """Return a type for argparse that takes some values, and lists them where another one is given."""

    def check(value: str) -> str:
        if value not in allowed:
            raise argparse.ArgumentTypeError(f'unknown {what} "{value}", allowed are: {", ".join(allowed)}')
        return value

    return check


def add_connection_options(parser: argparse.ArgumentParser) -> None:
    """Add kubectl's own connection flags."""
    group = parser.add_argument_group("connection (as in kubectl)")
    add = group.add_argument
    add("--context", metavar="NAME", help="the kubeconfig context; where only charts are read, the overlays' folder")
    add("-n", "--namespace", metavar="NS", help="the namespace: picks the system that lives there")
    add("--kubeconfig", metavar="FILE", help="the kubeconfig to use")
    add("--cluster", metavar="NAME", help="the kubeconfig cluster to use")
    add("--user", metavar="NAME", help="the kubeconfig user to use")
    add("-s", "--server", metavar="URL", help="address and port of the API server")
    add("--token", metavar="TOKEN", help="bearer token")
    add("--as", dest="as_user", metavar="USER", help="user to impersonate")
    add("--as-group", action="append", default=[], metavar="GROUP", help="group to impersonate; may be repeated")
    add("--as-uid", metavar="UID", help="UID to impersonate")
    add("--request-timeout", metavar="TIME", help="how long one request may take (1s, 2m, 3h); 0 is no limit")
    add(
        _INSECURE,
        type=boolean,
        metavar="BOOL",
        help="do not check the server's certificate",
    )
    add("--certificate-authority", metavar="FILE", help="certificate of the authority")
    add("--client-certificate", metavar="FILE", help="client certificate")
    add("--client-key", metavar="FILE", help="client key")
    add("--tls-server-name", metavar="NAME", help="name to check the server's certificate for")


def boolean(value: str) -> bool:
    """Return what Go's strconv.ParseBool makes of a value."""
    if value in {"1", "t", "T", "true", "TRUE", "True"}:
        return True
    if value in {"0", "f", "F", "false", "FALSE", "False"}:
        return False
    raise argparse.ArgumentTypeError(f'invalid value "{value}": true or false is wanted')
