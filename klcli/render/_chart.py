"""What a chart of results shows, before any drawing: probabilities side by side, and signed contributions."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size

from klcli.errors import OptionError
from klcli.render import MOST, View, adds_up, printable, value_line
from klcli.result import Result

# Okabe and Ito (2008), told apart by those who do not see all colours.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#F0E442", "#999999")
_SIGNS = 4  # signs in a cell at most, those that stand above and below others counted in
BEYOND = 1.15  # how much longer than the longest finite bar an infinite one is


class Series(NamedTuple):
    """Bars of one kind: what they are called, and one number for each outcome, nan where there is none."""

    name: str
    values: list[float]


class Chart(NamedTuple):
    """The outcomes along the axis, and the bars over each: probabilities, and what each adds to the value."""

    title: str
    outcomes: list[str]
    probabilities: list[Series]
    contributions: list[Series]
    heading: str  # of the contributions, with their unit
    left_out: int  # outcomes, where there are too many to draw
    is_given: bool  # whether the outcomes are labels, and none of klcli's own words


def chart(results: Sequence[Result], view: View) -> Chart:
    """The results as one chart over all their outcomes; of many outcomes the largest contributions.

    Raises OptionError where the results have no terms that add up.
    """
    drawn = [result for result in results if adds_up(tuple(result.terms))]
    if not drawn:
        raise OptionError(f"{results[0].measure}: its terms do not add up to a value, so there are no bars to draw")
    first = drawn[0]
    if each_apart(results) and len(drawn) > 1:
        raise OptionError("a chart shows one column: choose it by --columns")
    if any(_of_p(result) != _of_p(first) for result in drawn):
        raise OptionError("--smooth gives P other probabilities beside each Q, as their outcomes differ: draw one Q")
    outcomes = list(dict.fromkeys(outcome for result in drawn for outcome in result.terms["outcome"]))
    probabilities = []
    if "p" in first.terms:
        probabilities.append(_series(f"P = {_names(first)[0]}", first, "p", outcomes))
    if "q" in first.terms:
        probabilities += [_series(f"Q = {_names(result)[1]}", result, "q", outcomes) for result in drawn]
    contributions = [_series(_caption(result, view), result, [*result.terms][-1], outcomes) for result in drawn]
    largest = _largest(contributions, view.top or MOST)
    kept = largest if view.top else sorted(largest)  # in their order, unless the largest are asked for
    unit = f" ({first.unit})" if first.unit else ""
    return Chart(
        printable(f"{first.title}   {first.formula}"),
        [printable(outcomes[index]) for index in kept],
        [_only(series, kept) for series in probabilities],
        [_only(series, kept) for series in contributions],
        first.headings.get([*first.terms][-1], [*first.terms][-1]) + unit,
        len(outcomes) - len(kept),
        not first.has_own_words,
    )


def each_apart(results: Sequence[Result]) -> bool:
    """Whether each has outcomes of its own, as the columns of a table have, so that no chart can hold several."""
    return results[0].measure == "drift"


def _of_p(result: Result) -> dict[str, float]:
    """The probabilities above 0 that P has."""
    return {o: float(x) for o, x in zip(result.terms["outcome"], result.terms.get("p", ()), strict=False) if x > 0}


def _series(name: str, result: Result, column: str, outcomes: Sequence[str]) -> Series:
    values = dict(zip(result.terms["outcome"], map(float, result.terms[column]), strict=True))
    missing = 0.0 if column in ("p", "q") else math.nan
    return Series(printable(name), [values.get(outcome, missing) for outcome in outcomes])


def _names(result: Result) -> list[str]:
    """Who P and Q are, whatever the sides are called, as teacher and student."""
    return list(result.inputs.values())


def _caption(result: Result, view: View) -> str:
    value = value_line(result, view.digits)
    return f"{result.label}: {value}" if result.label else value


def _largest(contributions: Sequence[Series], most: int) -> list[int]:
    """The positions of the outcomes that matter most, the largest contributions first."""
    rows = zip(*(series.values for series in contributions), strict=True)
    sizes = [max(0.0 if math.isnan(x) else abs(x) for x in row) for row in rows]
    return sorted(range(len(sizes)), key=lambda index: -sizes[index])[:most]


def _only(series: Series, kept: Sequence[int]) -> Series:
    return Series(series.name, [series.values[index] for index in kept])


def cut(labels: Sequence[str], cells: int) -> list[str]:
    """The labels, none wider than that: of long ones the beginning and the end, numbered where that is not enough.

    >>> cut(["a rather long label of outcome 17", "short"], 16)
    ['a rather…come 17', 'short']
    >>> cut(["x" * 50 + "a" + "y" * 50, "x" * 50 + "b" + "y" * 50], 10)
    ['xxx…yy (1)', 'xxx…yy (2)']
    """
    short = [_shortened(label, cells) for label in labels]
    times = Counter(short)
    marks = [
        f" ({index})" if label != given and times[label] > 1 else ""
        for index, (label, given) in enumerate(zip(short, labels, strict=True), 1)
    ]
    return [_shortened(given, cells - len(mark)) + mark for given, mark in zip(labels, marks, strict=True)]


def _shortened(text: str, cells: int) -> str:
    most = _SIGNS * max(cells, 0)
    if len(text) <= most and cell_len(text) <= cells:
        return text
    if cells < 1:
        return ""
    start, end = text[: most // 2], text[-(most // 2) :]
    head = set_cell_size(start, min(cells // 2, cell_len(start))).rstrip()
    tail = next((rest for at in range(len(end)) if cell_len(rest := end[at:]) < cells - cells // 2), "")
    return f"{head}…{tail}"


def reach(groups: Sequence[Series]) -> float:
    """What the longest bar stands for: the largest number, or more where one is infinite."""
    values = [abs(x) for series in groups for x in series.values if not math.isnan(x)]
    largest = max((x for x in values if x < math.inf), default=0.0) or 1.0
    return BEYOND * largest if math.inf in values else largest


def bars(values: Sequence[float], cells: int, is_ascii: bool = False) -> list[str]:
    """A bar of characters for each number, all of one width: to the right above zero, to the left below.

    `cells` is the width of all of it. What is infinite is as long as can be, and of another texture.
    """
    largest = reach([Series("", list(values))])
    block = "#" if is_ascii else "█"
    is_signed = any(x < 0 for x in values)
    most = cells // 2 if is_signed else cells
    left = most if is_signed else 0
    drawn = []
    for x in values:
        full, part = (0, 0) if math.isnan(x) else divmod(round(8 * most * min(1.0, abs(x) / largest)), 8)
        if math.isinf(x):
            bar = ("<" if x < 0 else ">") * most if is_ascii else "░" * most
        else:
            ends = ["", *("▕▕▕▐▐▐▐" if x < 0 else "▏▎▍▌▋▊▉")]
            end = "" if is_ascii else ends[part]
            bar = end + block * full if x < 0 else block * full + end
        drawn.append(bar.rjust(left) + " " * most if x < 0 else " " * left + bar.ljust(most))
    return drawn
