"""The step table: drawn by Rich on a terminal, plain aligned text everywhere else."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Sequence

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from klcli.render import Page, Table, View, adds_up, pages, text_rows
from klcli.render._chart import bars as chart_bars
from klcli.result import Result

_BAR = 6  # cells of the longest bar
_PHRASE = 20  # cells that words beside the labels should have at least
_UP, _DOWN = "yellow", "cyan"  # terms above and below zero; their direction says it without colour
_ASCII_RULES = box.Box("    \n    \n -- \n    \n    \n -- \n    \n    \n", ascii=True)


def render(results: Sequence[Result], view: View) -> str:
    """The results as a person reads them: what is asked, the steps, their sum, what was done, what it means."""
    out = io.StringIO()
    draw(results, view, console(out, view))
    return "".join(line.rstrip() + "\n" for line in out.getvalue().splitlines())


def console(out: io.StringIO, view: View) -> Console:
    """A Rich console that decides nothing by itself: no markup, no emoji, nothing read from the environment."""
    return Console(
        file=out,
        width=10**9,  # a table is as wide as it is: rich shall cut nothing
        force_terminal=view.colour,
        color_system="standard" if view.colour else None,
        markup=False,
        emoji=False,
        highlight=False,
        legacy_windows=False,
        _environ={},
    )


def draw(results: Sequence[Result], view: View, console: Console) -> None:
    """Print the results on the console."""
    for position, shown in enumerate(pages(results, view)):
        if position:
            console.print()
        _draw_page(shown, view, console)


def _draw_page(shown: Page, view: View, console: Console) -> None:
    def say(line: str, style: str = "") -> None:
        text = Text(view.prose(line, shown.given), style=style)
        console.print(text, width=view.width, soft_wrap=view.width is None)

    say(f"{shown.title}   {shown.formula}", "bold")
    say(shown.sides)
    for caption, table in shown.tables:
        say(f"\n{caption}" if caption else "", "bold")
        for position, grid in enumerate(_laid_out(table, view)):
            if position:
                say("")
            console.print(grid, crop=False)
    value = "" if shown.ends_with_value else shown.value
    if value or shown.asides or shown.notes:
        say("")
    if value:
        say(value, "bold")
    if shown.asides:
        say(shown.asides)
    for note in shown.notes:
        say(f"note: {note}", "dim")
    if shown.explanation:
        say("\n" + "\n".join(shown.explanation))


def _laid_out(table: Table, view: View) -> Iterator[RichTable]:
    """The table with decimal points in line; on a terminal with rules, bars, and in parts where it is too wide."""
    columns = list(map(list, zip(table.headings, *text_rows(table, view.digits), strict=True)))
    if view.ascii:
        columns = [list(_written(table, index, column, view)) for index, column in enumerate(columns)]
    columns = [column if index in table.words else _aligned(column) for index, column in enumerate(columns)]
    room = math.inf if view.width is None else view.width
    colours = [""] * len(columns[0])
    if adds_up(table.names):
        rows = [row for row in (*table.rows, table.rest) if row is not None]
        signs = [row[-1] for row in rows]
        colours[1 : len(signs) + 1] = [_UP if x > 0 else _DOWN if x < 0 else "" for x in signs]
        bars = [""] * len(signs)
        if view.width is not None:  # the rest is many outcomes together, so it gets no bar
            contributions = signs[: len(table.rows)]
            cells = 2 * _BAR if any(x < 0 for x in contributions) else _BAR
            bars[: len(table.rows)] = chart_bars(contributions, cells, view.ascii)
        columns.append(["", *bars, table.unit])
        if _width(columns) > room:  # first the bars go, then the unit, which stands above too
            columns[-1] = ["", *[""] * len(signs), table.unit]
        if _width(columns) > room:
            columns.pop()
    widths = _widths(columns, table.words, room)
    for part in _parts(widths, table.words[0], room):
        yield _grid([columns[index] for index in part], part, widths, table, colours, view)


def _written(table: Table, index: int, column: Sequence[str], view: View) -> Iterator[str]:
    """The column as the output can carry it; its heading, and what sums rows up, are klcli's own words."""
    given = range(1, len(table.rows) + 1) if table.is_given and index in table.words else ()
    return (view.carried(text) if row in given else view.writable(text) for row, text in enumerate(column))


def _widths(columns: Sequence[Sequence[str]], words: Sequence[int], room: float) -> list[int]:
    """The widths of the columns: where there is no room for all, long labels and other words are folded.

    Labels get a third of the room at most, other words what labels leave.
    """
    widths = [max(map(cell_len, column)) for column in columns]
    over = _width(columns) - room
    if over <= 0:
        return widths
    labels, *others = words
    beside = max(min(width, _PHRASE) if index in others else width for index, width in enumerate(widths[1:], 1))
    least = max(8, min(room // 3, room - beside - 3))
    widths[labels] = int(min(widths[labels], max(least, widths[labels] - over)))
    for index in others:
        widths[index] = int(max(8, min(widths[index], room - widths[labels] - 3)))
    return widths


def _parts(widths: Sequence[int], labels: int, room: float) -> Iterator[list[int]]:
    """The positions of the columns that fit side by side, each part with the labels before its numbers."""
    part = list(range(labels + 1))
    for index in range(labels + 1, len(widths)):
        if sum(2 + widths[each] for each in part) + widths[index] + 1 > room and part[-1] != labels:
            yield part
            part = [labels]
        part.append(index)
    yield part


def _grid(
    columns: list[list[str]], part: list[int], widths: Sequence[int], table: Table, colours: list[str], view: View
) -> RichTable:
    coloured = len(table.names) - 1  # the contribution, and its bar beside it
    on_terminal = view.width is not None
    grid = RichTable(
        box=(_ASCII_RULES if view.ascii else box.SIMPLE) if on_terminal else None,
        padding=(0, 1, 0, 0) if on_terminal else (0, 2, 0, 0),
        show_edge=False,
        show_footer=on_terminal and table.total is not None,
        header_style="bold",
        footer_style="bold",
    )
    for index, column in zip(part, columns, strict=True):
        is_folded = widths[index] < max(map(cell_len, column))
        grid.add_column(
            column[0],
            column[-1] if grid.show_footer else "",
            width=widths[index] if is_folded else None,
            no_wrap=not is_folded,
            overflow="fold" if is_folded else "ignore",
        )
    for row in range(1, len(colours) - grid.show_footer):
        styles = ["" if index < coloured else colours[row] for index in part]
        grid.add_row(*(Text(column[row], style) for column, style in zip(columns, styles, strict=True)))
    return grid


def _width(columns: Sequence[Sequence[str]]) -> int:
    return sum(2 + max(map(cell_len, column)) for column in columns) - 1


def _aligned(column: Sequence[str]) -> list[str]:
    """The heading and the cells, to the right and with their decimal points in one line."""
    heading, *cells = column
    after = [len(text) - text.find(".") if "." in text else 0 for text in cells]
    padded = [text + " " * (max(after) - length) for text, length in zip(cells, after, strict=True)]
    width = max(map(cell_len, (heading, *padded)))
    return [" " * (width - cell_len(text)) + text for text in (heading, *padded)]
