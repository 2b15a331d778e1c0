"""Bars: a chart in a terminal's characters, probabilities first and then what each outcome adds to the value."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.text import Text

from klcli.render import View, decimal, pages
from klcli.render._chart import Chart, Series, bars, chart, cut
from klcli.render.table import console
from klcli.result import Result

_USUAL_WIDTH = 80  # where there is no terminal
_LABEL, _BAR = 10, 2  # cells that labels and bars get, however narrow the terminal is
_LEAST = 4  # cells of a label where numbers leave no room for more


def render(results: Sequence[Result], view: View) -> str:
    """The chart as lines of text, no wider than the terminal where labels and numbers leave room."""
    drawn, shown = chart(results, view), pages(results, view)
    given = sorted({text for page in shown for text in page.given}, key=len, reverse=True)
    lines = [*_wrapped([drawn.title], view), *([] if view.steps is False else _panels(drawn, view, given)), ""]
    lines += _wrapped([series.name for series in drawn.contributions], view, given)
    for page in shown:
        lines += _wrapped([f"note: {note}" for note in page.notes], view, given)
        lines += ["", *_wrapped(page.explanation, view, given)] if view.explain else []
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _panels(drawn: Chart, view: View, given: Sequence[str]) -> Iterator[str]:
    """The bars of the probabilities and what their marks mean, and the bars of the contributions."""
    marks = _marks(len(drawn.probabilities) - 1)
    if drawn.probabilities:
        yield from ("", "probability")
        yield from _panel(drawn, drawn.probabilities, marks, view)
        yield ""
        names = [series.name.partition(" ")[2] for series in drawn.probabilities]
        width = len(marks[-1])
        yield from _wrapped([f"{mark:<{width}} {name}" for mark, name in zip(marks, names, strict=True)], view, given)
    marks = marks[1:] if len(drawn.probabilities) > 1 else [""]
    yield from ("", *_wrapped([drawn.heading], view))
    yield from _panel(drawn, drawn.contributions, marks, view)
    if drawn.left_out:
        yield f"({drawn.left_out} more)"


def _wrapped(lines: Sequence[str], view: View, given: Sequence[str] = ()) -> list[str]:
    """The lines in as many as the terminal needs, parted between words."""
    written = [view.prose(line, given) for line in lines]
    if view.width is None:
        return written
    width, plain = view.width, console(io.StringIO(), view)
    return [part.plain for line in written for part in Text(line).wrap(plain, width)]


def _marks(size: int) -> list[str]:
    """How P and the Qs are called beside their bars."""
    return ["P", *(["Q"] if size == 1 else [f"Q{number}" for number in range(1, size + 1)])]


def _panel(drawn: Chart, groups: Sequence[Series], marks: Sequence[str], view: View) -> Iterator[str]:
    """Every outcome with a bar for each of the series, and its number at the end."""
    numbers = [[view.writable(decimal(x, view.digits, given=True)) for x in series.values] for series in groups]
    outcomes = list(map(view.carried if drawn.is_given else view.writable, drawn.outcomes))
    mark = max(map(len, marks))
    room = (view.width or _USUAL_WIDTH) - mark - 3 - max(len(text) for column in numbers for text in column)
    if view.width:
        most = max(_LEAST, min(max(_LABEL, view.width // 3), room - _BAR))
        outcomes = list(map(view.writable, cut(outcomes, most - 2 * view.ascii)))  # an ellipsis becomes three dots
    label = max(map(cell_len, outcomes))
    together = [x for series in groups for x in series.values]
    lengths = bars(together, max(_BAR, room - label), view.ascii)
    for index, outcome in enumerate(outcomes):
        for row, column in enumerate(numbers):
            name = outcome + " " * (label - cell_len(outcome)) if row == 0 else " " * label
            yield f"{name} {marks[row]:<{mark}} {lengths[row * len(outcomes) + index]} {column[index]}"
