"""CSV: the terms of one answer, or one row an answer; numbers in full."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Sequence
from typing import Any

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
    # Up to Python 3.12 the writer leaves a lone carriage return without the quotes that it needs.
    plain = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    quoted = csv.writer(out, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    for row in _rows(results, view):
        cells = [_unacting(_plain(x, view), view) for x in row]
        has_return = any(isinstance(cell, str) and "\r" in cell for cell in cells)
        (quoted if has_return else plain).writerow(cells)
    return out.getvalue().encode("utf-8", "backslashreplace")


_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # how text begins that a spreadsheet takes for a formula


def aside(results: Sequence[Result], view: View) -> list[str]:
    """The notes, which have no place here, and a warning of text that a spreadsheet would run."""
    said = notes(results, view)
    first = None if view.escape_formulas else next(filter(_acts, _texts(results, view)), None)
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
        for column in result.terms.values() if with_steps else ():
            if isinstance(column[0], str):
                yield from column


def _acts(x: Any) -> bool:
    return isinstance(x, str) and x.startswith(_FORMULA)


def _unacting(x: Any, view: View) -> Any:
    return f"'{x}" if view.escape_formulas and _acts(x) else x


def _rows(results: Sequence[Result], view: View) -> Iterator[Sequence[Any]]:
    if any(wants_steps(group, view) for group in groups(results)):
        rows = [row for result in results for row in _terms(result, view, len(results) > 1)]
    else:
        rows = [_facts(result) for result in results]
    names = list(dict.fromkeys(name for row in rows for name in row))
    yield names
    yield from ([row.get(name) for name in names] for row in rows)


def _terms(result: Result, view: View, is_one_of_several: bool) -> Iterator[dict[str, Any]]:
    table = steps(result, view.top)
    whose = {"result": result.label or result.measure} if result.label or is_one_of_several else {}
    yield from ({**whose, **dict(zip(table.names, row, strict=True))} for row in table.rows)


def _facts(result: Result) -> dict[str, Any]:
    return {
        "measure": result.measure,
        "label": result.label,
        **result.inputs,
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
