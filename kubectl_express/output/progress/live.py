"""A table of all nodes that follows a rollout on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TextIO, cast

from rich.cells import cell_len
from rich.console import Console
from rich.live import Live
from rich.text import Text

from kubectl_express.core.happenings import Happening, What
from kubectl_express.output.progress.board import Board, Row, Turn, first_board, window
from kubectl_express.output.progress.elapsed import elapsed
from kubectl_express.output.progress.outlet import Outlet, told_outlet
from kubectl_express.output.progress.plain import warning_line
from kubectl_express.output.text import printable, shortened
from kubectl_express.output.view import Style

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from rich.console import ConsoleOptions

    from kubectl_express.core.plan import Plan
    from kubectl_express.core.settings import Settings
    from kubectl_express.environment import Environment
    from kubectl_express.output.palette import Palette
    from kubectl_express.output.progress.outcome import Outcome
    from kubectl_express.output.views.systems import Place

_REFRESHES = 4
"""How often a second the table is drawn, at most: running times are shown to the tenth for ten seconds only."""
_AROUND = 5
"""Lines that are no rows: the head, what is said of all and of one node, the columns' heads, and the cursor's own."""
_LEFT_OUT = 2
"""Lines that say how many rows are not shown, above and below."""
_HEADS = ("NODE", "KIND", "CHANGE", "REVISION")
_WIDEST = 40
"""Characters of a name: a terminal has not much more for all columns."""
_TIME = 8
_STATE = 20
"""Characters of a state that are worth more than the columns before it."""
_LOOKS = {
    Style.PLAIN: "",
    Style.GOOD: "green",
    Style.CAUTION: "yellow",
    Style.BAD: "red",
    Style.STRONG: "bold",
    Style.FAINT: "dim",
}
_STYLES = {
    Turn.TO_COME: Style.FAINT,
    Turn.NEXT: Style.CAUTION,
    Turn.NOW: Style.CAUTION,
    Turn.DONE: Style.GOOD,
    Turn.HALTED: Style.BAD,
}
_MARKS = {Turn.DONE: "✓ ", Turn.HALTED: "✗ "}


def terminal_console(environment: Environment, palette: Palette) -> Console:
    """Return what draws on stdout, which is a terminal: in colour where the palette has any."""
    return Console(
        file=cast("TextIO", told_outlet(environment)),
        force_terminal=True,
        force_interactive=True,
        color_system="standard" if palette.colored else None,
        no_color=not palette.colored,
        _environ=environment.variables,
    )


class LiveTable:
    """Tells a rollout as a table that is drawn anew where it stands; warnings, and what is over, stay above it.

    The thread that draws reads one board, which never changes: whoever reports only puts another in its place.
    """

    def __init__(
        self,
        environment: Environment,
        console: Console,
        remarks: Palette,
        place: Place,
        plan: Plan,
        settings: Settings,
        clock: Callable[[], float],
    ) -> None:
        self._console = console
        self._err = Outlet(environment.stderr)
        self._remarks = remarks
        self._title = f"{place.title()}, plan {plan.digest}"
        self._clock = clock
        self._board = first_board(plan, settings)
        self._layout = _Layout(self._board.rows.values())
        self._live: Live | None = None
        self._paused = False
        self._closed = False
        self._question = False

    def report(self, happening: Happening) -> None:
        """Take note of one thing, for the next time the table is drawn; write a warning above it at once."""
        self._board = self._board.after(happening, self._clock())
        if not self._paused and not self._closed:
            self._draw()
        if happening.what is What.WARNING:
            self._warn(happening)

    def pause(self) -> None:
        """Draw the table once more and leave it there: what follows stands below."""
        self._paused = self._question = True
        self._leave()

    def resume(self) -> None:
        """Draw the table, below whatever was written meanwhile, and go on drawing it."""
        self._paused = self._question = False
        self._draw()

    def close(self, outcome: Outcome | None = None) -> None:
        """Leave the last table on the screen, and what became of each node below; again, do nothing."""
        if self._closed:
            return
        self._closed = True
        if self._paused:
            self._end_question()
            self._console.print(self.picture())
        self._leave()
        for line in outcome.lines() if outcome else ():
            self._console.print(Text(printable(line)), soft_wrap=True)

    def _draw(self) -> None:
        if self._live is None:
            self._console.print()
            self._live = Live(
                console=self._console,
                get_renderable=self.picture,
                refresh_per_second=_REFRESHES,
                redirect_stdout=False,
                redirect_stderr=False,
                vertical_overflow="crop",
            )
            self._live.start(refresh=True)

    def _leave(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _end_question(self) -> None:
        """Begin a line of its own behind a question that nobody answered: Ctrl-C leaves the cursor behind it."""
        if self._question:
            self._question = False
            self._err.write("\n")

    def picture(self) -> _Picture:
        """Return the table as it is now, as many rows of it as the terminal has lines for."""
        return _Picture(self._title, self._layout, self._board, self._clock())

    def _warn(self, happening: Happening) -> None:
        self._end_question()
        if self._err.isatty():
            line = Text.from_ansi(warning_line(happening, self._remarks).rstrip("\n"))
            self._console.print(line, soft_wrap=True)
        else:
            self._err.write(warning_line(happening, self._remarks))


class _Layout:
    """What of each row never changes, cut and padded: of all rows, so that no column jumps as the window moves."""

    def __init__(self, rows: Iterable[Row]) -> None:
        named = {row.node: (row.node, row.kind, row.change, row.revision) for row in rows}
        self._cells = {node: [shortened(printable(text), _WIDEST) for text in texts] for node, texts in named.items()}
        self._widths = [max(map(cell_len, column)) for column in zip(_HEADS, *self._cells.values(), strict=True)]
        self._fitted: tuple[int, _Columns] | None = None

    def fitted(self, width: int) -> _Columns:
        """Return the columns for a terminal's width: where a state has no room, those behind the name go, one by one.

        What they say the plan has said; how far a node is, and for how long, stands nowhere else.
        """
        if self._fitted is None or self._fitted[0] != width:
            self._fitted = width, self._fit(width)
        return self._fitted[1]

    def _fit(self, width: int) -> _Columns:
        kept = [0, 1, 2, 3]
        while len(kept) > 1 and width - sum(self._widths[index] + 2 for index in kept) - _TIME < _STATE:
            kept.pop(1)
        widths = [self._widths[index] for index in kept]
        rows = {node: _padded([texts[index] for index in kept], widths) for node, texts in self._cells.items()}
        return _Columns(_padded([_HEADS[index] for index in kept], widths), rows)


class _Columns(NamedTuple):
    """The columns before STATE: the line of their heads, and that of each node."""

    heads: str
    rows: dict[str, str]


def _padded(texts: Sequence[str], widths: Sequence[int]) -> str:
    return "".join(f"{text}{' ' * (width - cell_len(text))}  " for text, width in zip(texts, widths, strict=True))


class _Picture:
    """One board at one time, drawn to the size that the terminal has."""

    def __init__(self, title: str, layout: _Layout, board: Board, now: float) -> None:
        self._title = title
        self._layout = layout
        self._board = board
        self._now = now

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        rows = list(self._board.rows.values())
        room = console.size.height - _AROUND
        current = list(self._board.rows).index(self._board.current) if self._board.current else 0
        shown = window(len(rows), current, room if len(rows) <= room else max(room - _LEFT_OUT, 1))
        yield self._head(len(rows))
        if self._board.said:
            yield _line(self._board.said, self._board.style)
        if self._board.reason:
            yield _line(self._board.reason)
        if shown.start:
            yield _line(f"… {shown.start} before", Style.FAINT)
        yield from self._table([rows[number] for number in shown], options.max_width)
        if shown.stop < len(rows):
            yield _line(f"… {len(rows) - shown.stop} more", Style.FAINT)

    def _head(self, count: int) -> Text:
        since = self._board.since
        running = f", {elapsed(self._now - since)}" if since is not None else ""
        nodes = "node" if count == 1 else "nodes"
        return _line(f"{self._title}: {self._board.done} of {count} {nodes} done{running}", Style.STRONG)

    def _table(self, rows: list[Row], width: int) -> Iterator[Text]:
        states = [_line(f"{_MARKS.get(row.turn, '')}{row.said}", _style(row)) for row in rows]
        columns = self._layout.fitted(width)
        room = width - cell_len(columns.heads) - _TIME
        widest = max(min(max((state.cell_len for state in states), default=0), room), len("STATE"))
        yield _line(f"{columns.heads}{'STATE':{widest}}{'TIME':>{_TIME}}")
        for row, state in zip(rows, states, strict=True):
            state.truncate(widest, overflow="ellipsis", pad=True)
            time = row.time(self._now)
            line = _line(columns.rows[row.node])
            line.append_text(state)
            line.append("" if time is None else f"{elapsed(time):>{_TIME}}")
            yield line


def _style(row: Row) -> Style:
    return Style.BAD if row.ailing else _STYLES[row.turn]


def _line(text: str, style: Style = Style.PLAIN) -> Text:
    """Return text on one line, cut where it is longer than there is room for, and never taken for markup."""
    line = Text(no_wrap=True, overflow="ellipsis")
    line.append(printable(text), _LOOKS[style])
    return line
