"""Bars: a chart in a terminal's characters, probabilities first and then what each outcome adds to the value."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.text import Text

from klcli.render import View, ascii_only, decimal, pages
from klcli.render._chart import Chart, Series, bars, chart, cut
from klcli.render.table import console
from klcli.result import Result

_USUAL_WIDTH = 80  # where there is no terminal
_LEAST = 10  # cells of the longest bar, however narrow the terminal is


def render(results: Sequence[Result], view: View) -> str:
    """The chart as lines of text, no wider than the terminal where labels and numbers leave room."""
    drawn = chart(results, view)
    lines = [drawn.title, *([] if view.steps is False else _panels(drawn, view)), ""]
    lines += [series.name for series in drawn.contributions]
    for shown in pages(results, view):
        lines += [part for note in shown.notes for part in _wrapped(f"note: {note}", view)]
        lines += ["", *(part for line in shown.explanation for part in _wrapped(line, view))] if view.explain else []
    return "".join(f"{(ascii_only(line) if view.ascii else line).rstrip()}\n" for line in lines)


def _panels(drawn: Chart, view: View) -> Iterator[str]:
    """The bars of the probabilities and what their marks mean, and the bars of the contributions."""
    marks = _marks(len(drawn.probabilities) - 1)
    if drawn.probabilities:
        yield from ("", "probability")
        yield from _panel(drawn.outcomes, drawn.probabilities, marks, view)
        yield ""
        for mark, series in zip(marks, drawn.probabilities, strict=True):
            yield f"{mark:<{len(marks[-1])}} {series.name.partition(' ')[2]}"
    marks = marks[1:] if len(drawn.probabilities) > 1 else [""]
    yield from ("", drawn.heading)
    yield from _panel(drawn.outcomes, drawn.contributions, marks, view)
    if drawn.left_out:
        yield f"({drawn.left_out} more)"


def _wrapped(line: str, view: View) -> list[str]:
    """The line in as many as the terminal needs, parted between words."""
    if view.width is None:
        return [line]
    return [part.plain for part in Text(line).wrap(console(io.StringIO(), view), view.width)]


def _marks(size: int) -> list[str]:
    """How P and the Qs are called beside their bars."""
    return ["P", *(["Q"] if size == 1 else [f"Q{number}" for number in range(1, size + 1)])]


def _panel(outcomes: Sequence[str], groups: Sequence[Series], marks: Sequence[str], view: View) -> Iterator[str]:
    """Every outcome with a bar for each of the series, and its number at the end."""
    numbers = [[decimal(x, view.digits, given=True) for x in series.values] for series in groups]
    if view.ascii:
        outcomes = list(map(ascii_only, outcomes))
    if view.width:
        outcomes = cut(outcomes, max(_LEAST, view.width // 3))
    label = max(map(cell_len, outcomes))
    mark = max(map(len, marks))
    beside = label + mark + 3 + max(len(text) for column in numbers for text in column)
    together = [x for series in groups for x in series.values]
    drawn = bars(together, max(_LEAST, (view.width or _USUAL_WIDTH) - beside), view.ascii)
    for index, outcome in enumerate(outcomes):
        for row, column in enumerate(numbers):
            name = outcome + " " * (label - cell_len(outcome)) if row == 0 else " " * label
            yield f"{name} {marks[row]:<{mark}} {drawn[row * len(outcomes) + index]} {column[index]}"
