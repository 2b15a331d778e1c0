"""A chart as inline SVG for a page of HTML: nothing to install, nothing to load, light and dark as the page is."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from html import escape

from rich.cells import cell_len

from klcli.errors import OptionError
from klcli.render import View, decimal
from klcli.render._chart import COLOURS, Chart, Series, chart, cut, reach
from klcli.result import Result

STYLE = (
    ".klcli svg{font-size:13px;max-width:100%;height:auto}.klcli svg text{fill:currentColor}"
    ".klcli .axis{stroke:currentColor;opacity:.5}"
    ".klcli .endless{fill-opacity:.2;stroke:currentColor;stroke-dasharray:2}"
    + "".join(f".klcli .s{look}{{fill:{colour}}}" for look, colour in enumerate(COLOURS))
)
_BAR, _GAP = 13, 9  # pixels of a bar, and between the outcomes
_PANEL = 300
_NUMBER = 90  # room for the number behind a bar
_LETTER = 8  # pixels of a letter, about


def drawing(results: Sequence[Result], view: View) -> str:
    """The chart of the results as an SVG element, or nothing where there are no bars to draw."""
    try:
        drawn = chart(results, view)
    except OptionError:
        return ""
    label = min(200, 14 + _LETTER * max(map(cell_len, drawn.outcomes)))
    panels = [("probability", drawn.probabilities, 0)] if drawn.probabilities else []
    panels.append((drawn.heading, drawn.contributions, 1 if len(drawn.probabilities) > 1 else 0))
    most = max(len(groups) for _, groups, _ in panels)
    row = most * _BAR + _GAP
    height = 30 + row * len(drawn.outcomes) + 22 * most
    width = label + len(panels) * (_PANEL + _NUMBER)
    parts = [_labels(drawn, label, row)]
    for position, (heading, groups, first) in enumerate(panels):
        left = label + position * (_PANEL + _NUMBER)
        parts.append(f'<text x="{left}" y="16">{escape(heading)}</text>')
        parts += _panel(groups, first, left, row, view)
        parts += _legend(groups, first, left, 40 + row * len(drawn.outcomes))
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    return f'<svg {size} role="img" aria-label="{escape(drawn.title)}">{"".join(parts)}</svg>'


def _labels(drawn: Chart, width: int, row: int) -> str:
    shown = cut(drawn.outcomes, width // _LETTER)
    return "".join(
        f'<text x="{width - 8}" y="{30 + row * index + row / 2 - 2:g}" text-anchor="end">'
        f"<title>{escape(outcome)}</title>{escape(shown[index])}</text>"
        for index, outcome in enumerate(drawn.outcomes)
    )


def _panel(groups: Sequence[Series], first: int, left: int, row: int, view: View) -> Iterator[str]:
    largest = reach(groups)
    is_signed = any(x < 0 for series in groups for x in series.values)
    longest = _PANEL / 2 if is_signed else _PANEL
    zero = left + (_PANEL / 2 if is_signed else 0)
    for position, series in enumerate(groups):
        look = (first + position) % len(COLOURS)
        for index, x in enumerate(series.values):
            if math.isnan(x):
                continue
            length = longest * min(1.0, abs(x) / largest)
            endless = " endless" if math.isinf(x) else ""
            top = 28 + row * index + _BAR * position
            start = zero - length if x < 0 else zero
            yield (
                f'<rect class="s{look}{endless}" x="{start:.1f}" y="{top}" width="{length:.1f}" '
                f'height="{_BAR - 2}"/>'
                f'<text x="{max(zero, start + length) + 5:.1f}" y="{top + _BAR - 3}" font-size="11">'
                f"{escape(decimal(x, view.digits, given=True))}</text>"
            )
    bottom = 28 + row * len(groups[0].values)
    yield f'<line class="axis" x1="{zero:g}" x2="{zero:g}" y1="24" y2="{bottom}"/>'


def _legend(groups: Sequence[Series], first: int, left: int, top: int) -> Iterator[str]:
    for position, series in enumerate(groups):
        y = top + 20 * position
        yield f'<rect class="s{(first + position) % len(COLOURS)}" x="{left}" y="{y}" width="12" height="12"/>'
        yield f'<text x="{left + 18}" y="{y + 11}">{escape(series.name)}</text>'
