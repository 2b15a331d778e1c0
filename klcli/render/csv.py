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
    parts = _parts(results, view)
    names = list(dict.fromkeys(name for part in parts for name in part))
    rows: list[Sequence[Any]] = [_cells(names, view)]
    for part in parts:
        nothing = [None] * len(next(iter(part.values())))
        rows += zip(*(part.get(name, nothing) for name in names), strict=True)
    text = _written(rows, delimiter)
    return text.encode("utf-8", "backslashreplace")  # names of files may hold bytes that are no text


def _written(rows: Sequence[Sequence[Any]], delimiter: str) -> str:
    out = io.StringIO()
    plain = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    plain.writerows(rows)
    text = out.getvalue()
    if "\r" not in text and "\ufeff" not in text:
        return text
    # Up to Python 3.12 the writer leaves a lone carriage return without the quotes that it needs; and a byte-order
    # mark at the start of a line is none of files that were put together, if it stands in quotes.
    out.seek(0)
    out.truncate()
    quoted = csv.writer(out, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    for row in rows:
        is_odd = any(isinstance(cell, str) and ("\r" in cell or cell.startswith("\ufeff")) for cell in row)
        (quoted if is_odd else plain).writerow(row)
    return out.getvalue()


# How text begins that a spreadsheet takes for a formula, and how it may go on where some part cells by default too;
# and what is marked, so that labels stay apart: what looks marked already, too.
_FORMULA, _MARKED = (re.compile(rf"(\A|[;\t\r\n])(?={mark}[-=+@\t\r\n＝＋－＠])") for mark in ("", "'*"))
_ACTING = re.compile(
    "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f]"
)  # control characters but blanks and ends of lines
_UNWRITTEN = re.compile("[\0\ud800-\udfff]|[\r\n]\ufeff")


def aside(results: Sequence[Result], view: View) -> list[str]:
    """The notes, which have no place here, and a warning of text that a spreadsheet would run."""
    said = notes(results, view)
    most = max((len(result.terms["outcome"]) for result in results), default=0)
    if view.top is not None and most > view.top and any(wants_steps(group, view) for group in groups(results)):
        said.append(f"not all outcomes: {view.top} of {most} (--top)")
    texts = [*_texts(results, view)]
    formula = next((text[found.end() :] for text in texts if (found := _FORMULA.search(text))), None)
    if formula is not None and not view.escape_formulas:
        said.append(
            f"a spreadsheet takes {printable(formula)} for a formula: --escape-formulas marks such cells with an "
            "apostrophe"
        )
    acting = next((text for text in texts if view.width is None and _ACTING.search(text)), None)
    if acting is not None:
        said.append(
            f"{printable(acting)} is kept as it is, with characters that a terminal may obey: --format json shows "
            "them as escapes"
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
    return _MARKED.sub(r"\1'", text) if view.escape_formulas else text


def _parts(results: Sequence[Result], view: View) -> list[dict[str, list[Any]]]:
    """Rows that have the same columns, each with its name and its cells: the terms of a result, or its facts."""
    if any(wants_steps(group, view) for group in groups(results)):
        return [_terms(result, view, len(results) > 1) for result in results]
    return [{name: _cells([x], view) for name, x in _facts(result, view).items()} for result in results]


def _terms(result: Result, view: View, is_one_of_several: bool) -> dict[str, list[Any]]:
    table = steps(result, view.top)
    outcomes, *others = ([row[index] for row in table.rows] for index in range(len(table.names)))
    part = dict(
        zip(table.names, [_labels(outcomes, view), *(_cells(column, view) for column in others)], strict=True)
    )
    if not result.label and not is_one_of_several:
        return part
    return {"result": _cells([_inert(result.label, view) or result.measure] * len(outcomes), view), **part}


def _labels(labels: Sequence[str], view: View) -> list[Any]:
    """The labels of outcomes, inert; raises OutputError where no reader would get one back."""
    if view.width is None and _UNWRITTEN.search("|".join(labels)):
        label, sign = next((label, found[0]) for label in labels if (found := _UNWRITTEN.search(label)))
        where = printable(clipped(label))
        raise OutputError(f"{where}: CSV and TSV cannot hold {printable(sign)} in a label: take --format json")
    return _cells([_inert(label, view) for label in labels] if view.escape_formulas else labels, view)


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


def _cells(column: Sequence[Any], view: View) -> list[Any]:
    """The cells as they are written: text exactly, but for a terminal, which would obey it."""
    needs_nothing = {int, str} if view.width is None else {int}
    return list(column) if {*map(type, column)} <= needs_nothing else [_plain(x, view) for x in column]


def _plain(x: Any, view: View) -> Any:
    if isinstance(x, str):
        return x if view.width is None else printable(x)
    if isinstance(x, float) and not math.isfinite(x):
        return "" if math.isnan(x) else "Infinity" if x > 0 else "-Infinity"
    return x
