"""CSV: the terms of one answer, or one row an answer; numbers in full."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from typing import Any

from klcli.render import View, steps, wants_steps
from klcli.result import Result


def render(results: Sequence[Result], view: View) -> bytes:
    """The table with commas between the cells."""
    return delimited(results, view, ",")


def delimited(results: Sequence[Result], view: View, delimiter: str) -> bytes:
    """The terms of the results where steps are shown, or else one row a result, with that delimiter."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    if wants_steps(results, view):
        for position, result in enumerate(results):
            table = steps(result, view.top)
            whose = (result.label,) if result.label else ()
            if position == 0:
                writer.writerow((*("result" for _ in whose), *table.names))
            writer.writerows((*whose, *map(_plain, row)) for row in table.rows)
    else:
        rows = [_row(result) for result in results]
        writer.writerow(rows[0])
        writer.writerows(row.values() for row in rows)
    return out.getvalue().encode("utf-8", "backslashreplace")


def _row(result: Result) -> dict[str, Any]:
    facts = {
        "measure": result.measure,
        "label": result.label,
        **result.inputs,
        "value": result.value,
        "base": result.base,
        "unit": result.unit,
        **result.details,
    }
    return {name: _plain(x) for name, x in facts.items()}


def _plain(x: Any) -> Any:
    if isinstance(x, float) and not math.isfinite(x):
        return "" if math.isnan(x) else "Infinity" if x > 0 else "-Infinity"
    return x
