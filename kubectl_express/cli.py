"""From the command line to a command, and from errors to words and exit codes; nothing else is decided here."""

from __future__ import annotations

import gc
import os
import signal
import sys

from kubectl_express.environment import Environment
from kubectl_express.errors import ExitStatus, ExpressError
from kubectl_express.parser import build_parser, parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from kubectl_express.output.printer import Printer
    from kubectl_express.sources.kubeconfig import ConnectionOptions
    from kubectl_express.sources.scope import Scope

_INTERRUPTED = 130
"""What a shell makes of a process that SIGINT ended, as kubectl exits where a command only reads."""
_TIDYING = 5.0
"""Seconds that other threads may take to remove their temporary folders, once their programs have been ended."""


def run() -> None:
    """Run the process's own command line, and end the process."""
    # What is read stays, and holds no cycles: to look for some after every 700 objects, as Python does by itself, takes
    # a quarter of the time that a large system does.
    gc.set_threshold(50_000, 20, 50)
    sys.unraisablehook = _tell_unraisable
    try:
        try:
            status = main()
        finally:
            _pass_over_interrupts()
            _end_others()
    except KeyboardInterrupt:
        # Another Ctrl-C while the first was being dealt with.
        os._exit(_INTERRUPTED)
    sys.exit(status)


def main(arguments: Sequence[str] | None = None, environment: Environment | None = None) -> int:
    """Run one command line and return its exit code. Whatever goes wrong is said in one line on stderr."""
    environment = environment or Environment.real()
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return int(_run(words, environment))
    except ExpressError as error:
        return _failed(error, environment)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        _forget_unwritten()
        return ExitStatus.FAILED
    except OSError as error:
        # The machine's own faults: a full disk, no folder for temporary files, too many open files.
        where = f"{os.fsdecode(error.filename)}: " if error.filename else ""
        status = _failed(ExpressError(f"{where}{error.strerror or error}; check the disk and its rights"), environment)
        _forget_unwritten()
        return status
    except Exception as error:  # noqa: BLE001 - a crash must not exit with 1, which says "differences"
        return _crashed(error, environment, verbose="-v" in words or "--verbose" in words)


def _failed(error: ExpressError, environment: Environment) -> ExitStatus:
    from kubectl_express.output.text import printable_lines

    environment.say(printable_lines(f"{error.prefix}{error}"))
    return ExitStatus.FAILED


def _tell_unraisable(told: sys.UnraisableHookArgs) -> None:
    """Say nothing of a Ctrl-C that Python took in where nothing can be raised, as in a destructor: the next one is."""
    if told.exc_type is not KeyboardInterrupt:
        sys.__unraisablehook__(told)


def _pass_over_interrupts() -> None:
    """Heed no further Ctrl-C: all that is still done is to end, and Python would tell where it was interrupted."""
    # First by a function: Python complains of a signal that it has taken in and finds to be ignored.
    signal.signal(signal.SIGINT, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _end_others() -> None:
    """End the programs that other threads have started and wait for: nobody waits for these threads, but to tidy up."""
    if "kubectl_express.sources.processes" in sys.modules:
        from kubectl_express.sources.processes import end_all

        end_all()
    if "kubectl_express.sources.private" in sys.modules:
        from kubectl_express.sources.private import await_end

        await_end(_TIDYING)


def _forget_unwritten() -> None:
    """Let go of what stdout did not take, which Python would try to write again as it ends, and complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _crashed(error: Exception, environment: Environment, *, verbose: bool) -> ExitStatus:
    """Tell of a fault of this program. The exception's own text may hold anything, so only `-v` shows it."""
    if isinstance(error, RecursionError | MemoryError):
        # No fault of the program's: what was read is beyond what this machine can hold.
        much = "is nested too deeply" if isinstance(error, RecursionError) else "takes more memory than there is"
        return _failed(ExpressError(f"what was read {much}"), environment)
    import traceback

    frame = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{os.path.basename(frame.filename)}:{frame.lineno}"  # noqa: PTH119 - pathlib is imported by few commands
    environment.say(f"error: this is a bug in kubectl-express: {type(error).__name__} at {where}; -v shows the trace")
    if verbose:
        from kubectl_express.output.text import printable_lines

        environment.say(printable_lines("".join(traceback.format_exception(error)).rstrip()))
    return ExitStatus.FAILED


def _run(words: Sequence[str], environment: Environment) -> ExitStatus:
    parser = build_parser()
    if "_ARGCOMPLETE" in environment.variables:
        from kubectl_express.completion import complete

        complete(parser, environment)
    if words[:1] == ["__complete"]:
        from kubectl_express.completion import complete_for_kubectl

        complete_for_kubectl(parser, words[1:], environment)
        return ExitStatus.DONE
    try:
        options = parse(parser, words)
    except SystemExit as ended:  # -h has been printed
        return ExitStatus(int(ended.code or 0))
    return _dispatch(options, words, environment)


def _dispatch(options: argparse.Namespace, words: Sequence[str], environment: Environment) -> ExitStatus:
    """Call the command with explicit arguments. Each is imported only when it is called: start-up time is a feature."""
    if options.command == "completion":
        from kubectl_express.commands.completion import completion

        return completion(environment, options.shell)

    from kubectl_express.output.printer import Printer

    form, color = getattr(options, "output", "table"), getattr(options, "color", "auto")
    printer = Printer(environment, form=form, color=color, verbose=getattr(options, "verbose", False))
    if options.command == "version":
        from kubectl_express.commands.version import version

        return version(environment, printer)

    from kubectl_express.sources.scope import ARGOCD, Scope, Selection

    connection, render_as = connection_of(options), getattr(options, "render_as", None)
    if (
        options.command == "verify"
        and render_as is None
        and connection.as_user == ARGOCD
        and not _asks_a_cluster(options)
    ):
        from dataclasses import replace

        # Nobody to ask in somebody's name: `verify --as argocd` then means how the chart is rendered.
        connection, render_as = replace(connection, as_user=None), ARGOCD
    selection = Selection(
        connection,
        tuple(options.system),
        options.config,
        render_as,
        stdin_taken="-" in {getattr(options, "filename", None), getattr(options, "against", None)},
    )
    scope = Scope(environment, selection)
    if options.command is None:
        from kubectl_express.commands.overview import overview

        return overview(scope, printer)
    return _dispatch_systems(options, words, scope, printer)


def _dispatch_systems(options: argparse.Namespace, words: Sequence[str], scope: Scope, printer: Printer) -> ExitStatus:
    """Call the command that is about systems."""
    if options.command == "rollout":
        from kubectl_express.rollout_dispatch import dispatch_rollout

        return dispatch_rollout(options, words, scope, printer)
    if options.command == "wait":
        from kubectl_express.commands.wait import wait
        from kubectl_express.core.gate import patience

        names, revision, min_ready = tuple(options.nodes), options.revision, options.min_ready or 0.0
        return wait(
            scope, printer, names=names, revision=revision, timeout=patience(options.timeout), min_ready=min_ready
        )
    if options.command == "argocd":
        from kubectl_express.commands.argocd import argocd

        return argocd(
            scope,
            printer,
            piece=options.piece,
            repository=options.repo,
            project=options.project,
            destination=options.destination,
            namespace=options.argocd_namespace,
            gate=options.gate,
            image=options.image,
        )
    return _dispatch_reading(options, scope, printer)


def _dispatch_reading(options: argparse.Namespace, scope: Scope, printer: Printer) -> ExitStatus:
    """Call the command that reads systems, and changes nothing."""
    if options.command in {"revisions", "inspect"}:
        from kubectl_express.commands.sources import Source

        source = Source(options.chart, options.filename)
        names = tuple(options.nodes)
        if options.command == "inspect":
            from kubectl_express.commands.inspect import inspect

            everything, against = options.everything, options.against
            return inspect(scope, printer, names=names, source=source, everything=everything, against=against)
        from kubectl_express.commands.revisions import revisions

        return revisions(scope, printer, names=names, source=source, watch=options.watch)
    if options.command == "diff":
        from kubectl_express.commands.diff import diff

        return diff(scope, printer, file=options.filename, against=options.against, objects=options.objects)
    from kubectl_express.commands.verify import verify

    return verify(scope, printer, file=options.filename, against=options.against, live=options.live)


def _asks_a_cluster(options: argparse.Namespace) -> bool:
    """Whether `verify` needs a cluster, or a chart at all: with `-f` it renders none."""
    return options.live or options.against == "live" or options.filename is not None


def connection_of(options: argparse.Namespace) -> ConnectionOptions:
    """Return kubectl's own connection flags as they were given."""
    from kubectl_express.sources.kubeconfig import ConnectionOptions

    return ConnectionOptions(
        kubeconfig=options.kubeconfig,
        context=options.context,
        namespace=options.namespace,
        cluster=options.cluster,
        user=options.user,
        server=options.server,
        token=options.token,
        as_user=options.as_user,
        as_groups=tuple(options.as_group),
        as_uid=options.as_uid,
        request_timeout=options.request_timeout,
        insecure_skip_tls_verify=options.insecure_skip_tls_verify,
        certificate_authority=options.certificate_authority,
        client_certificate=options.client_certificate,
        client_key=options.client_key,
        tls_server_name=options.tls_server_name,
    )
