"""CSV: the terms of one answer, or one row an answer; numbers in full."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator, Sequence
from typing import Any

from klcli.errors import OutputError, clipped
from klcli.render import View, groups, printable, steps, wants_steps
from klcli.render import aside as notes
from klcli.result import Result

__all__ = ["aside", "render"]


def render(results: Sequence[Result], view: View) -> bytes:
    """The table with commas between the cells."""
    return delimited(results, view, ",")


def delimited(results: Sequence[Result], view: View, delimiter: str) -> bytes:
    """The terms of the results where steps are shown, or else one row a result, with that delimiter."""
    out = io.StringIO()
    # Up to Python 3.12 the writer leaves a lone carriage return without the quotes that it needs; and a byte-order
    # mark at the start of a line is none of files that were put together, if it stands in quotes.
    plain = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    quoted = csv.writer(out, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    for row in _rows(results, view):
        cells = [_plain(x, view) for x in row]
        is_odd = any(isinstance(cell, str) and ("\r" in cell or cell.startswith("\ufeff")) for cell in cells)
        (quoted if is_odd else plain).writerow(cells)
    return out.getvalue().encode("utf-8", "backslashreplace")  # names of files may hold bytes that are no text


_FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # how text begins that a spreadsheet takes for a formula
_UNWRITTEN = re.compile("[\0\ud800-\udfff]|[\r\n]\ufeff")


def aside(results: Sequence[Result], view: View) -> list[str]:
    """The notes, which have no place here, and a warning of text that a spreadsheet would run."""
    said = notes(results, view)
    most = max((len(result.terms["outcome"]) for result in results), default=0)
    if view.top is not None and most > view.top and any(wants_steps(group, view) for group in groups(results)):
        said.append(f"not all outcomes: {view.top} of {most} (--top)")
    texts = () if view.escape_formulas else _texts(results, view)
    first = next((text for text in texts if text.startswith(_FORMULA)), None)
    if first is not None:
        said.append(
            f"a spreadsheet takes {printable(first)} for a formula: --escape-formulas marks such cells with an "
            "apostrophe"
        )
    return said


def _texts(results: Sequence[Result], view: View) -> Iterator[str]:
    """The text of files and of people that comes into cells."""
    with_steps = any(wants_steps(group, view) for group in groups(results))
    for result in results:
        yield result.label
        yield from () if with_steps else result.inputs.values()
        yield from result.terms["outcome"] if with_steps else ()


def _inert(text: str, view: View) -> str:
    """The text as it is, or marked with an apostrophe: what began with one before a formula gets another."""
    return f"'{text}" if view.escape_formulas and text.lstrip("'").startswith(_FORMULA) else text


def _label(text: str, view: View) -> str:
    """The label of an outcome, inert; raises OutputError where no reader would get it back."""
    lost = _UNWRITTEN.search(text) if view.width is None else None
    if lost:
        raise OutputError(
            f"{printable(clipped(text))}: CSV and TSV cannot hold {printable(lost[0])} in a label: take --format json"
        )
    return _inert(text, view)


def _rows(results: Sequence[Result], view: View) -> Iterator[Sequence[Any]]:
    if any(wants_steps(group, view) for group in groups(results)):
        rows = [row for result in results for row in _terms(result, view, len(results) > 1)]
    else:
        rows = [_facts(result, view) for result in results]
    names = list(dict.fromkeys(name for row in rows for name in row))
    yield names
    yield from ([row.get(name) for name in names] for row in rows)


def _terms(result: Result, view: View, is_one_of_several: bool) -> Iterator[dict[str, Any]]:
    table = steps(result, view.top)
    whose = {"result": _inert(result.label, view) or result.measure} if result.label or is_one_of_several else {}
    for outcome, *others in table.rows:
        yield {**whose, **dict(zip(table.names, (_label(outcome, view), *others), strict=True))}


def _facts(result: Result, view: View) -> dict[str, Any]:
    return {
        "measure": result.measure,
        "label": _inert(result.label, view),
        **{side: _inert(name, view) for side, name in result.inputs.items()},
        "value": result.value,
        "base": result.base,
        "unit": result.unit,
        **result.details,
    }


def _plain(x: Any, view: View) -> Any:
    if isinstance(x, str):
        return x if view.width is None else printable(x)  # exact, but for a terminal, which would obey it
    if isinstance(x, float) and not math.isfinite(x):
        return "" if math.isnan(x) else "Infinity" if x > 0 else "-Infinity"
    return x
