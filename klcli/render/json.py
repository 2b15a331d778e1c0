"""JSON: {"results": [...]}, every number in full, infinity as the string "Infinity" (docs/schema.json)."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from klcli.render import View, steps
from klcli.result import Result

# Characters that json leaves as they are and that a terminal may obey: escaped, they read back the same.
_ACTIVE = re.compile("[\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]")


def render(results: Sequence[Result], view: View) -> bytes:
    """The results as one object, a term to a line."""
    bodies = [",\n    ".join(f'"{name}": {_lines(value)}' for name, value in fields(each, view)) for each in results]
    inner = "\n  }, {\n    ".join(bodies)
    return encoded('{\n  "results": [{\n    ' + inner + "\n  }]\n}\n")


def fields(result: Result, view: View) -> Iterator[tuple[str, Any]]:
    """The members of a result in their order."""
    yield "measure", result.measure
    yield "title", result.title
    yield "formula", result.formula
    yield "inputs", dict(result.inputs)
    if result.label:
        yield "label", result.label
    yield "value", jsonable(result.value)
    yield "base", result.base
    yield "unit", result.unit
    if view.steps is not False:
        table = steps(result, view.top)
        yield "terms", [{n: jsonable(x) for n, x in zip(table.names, row, strict=True)} for row in table.rows]
        if table.rest is not None:
            yield "omitted", len(result.terms["outcome"]) - len(table.rows)
    yield "notes", list(result.notes)
    yield "details", {name: jsonable(x) for name, x in result.details.items()}
    if view.explain:
        yield "explanation", list(result.explanation)


def jsonable(x: Any) -> Any:
    """The value as JSON has it: infinity as a string, null for what is not defined."""
    if not isinstance(x, float) or math.isfinite(x):
        return x
    return None if math.isnan(x) else "Infinity" if x > 0 else "-Infinity"


def dumps(value: Any) -> str:
    """The value in one line."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def encoded(text: str) -> bytes:
    """The JSON text in UTF-8, with nothing in it that acts on a terminal."""
    return _ACTIVE.sub(lambda match: f"\\u{ord(match[0]):04x}", text).encode()


def _lines(value: Any) -> str:
    if isinstance(value, list) and value:
        return "[\n      " + ",\n      ".join(map(dumps, value)) + "\n    ]"
    if isinstance(value, Mapping) and len(value) > 3:
        return "{\n      " + ",\n      ".join(f"{dumps(n)}: {dumps(x)}" for n, x in value.items()) + "\n    }"
    return dumps(value)
