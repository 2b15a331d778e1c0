"""The text that queries are made of, as all engines understand it alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from klcli.engines import Field

INFINITY = "CAST('Infinity' AS DOUBLE)"
AT_ONCE = 100  # columns that one query asks of: to plan it takes the square of that
EXACT = 2**53  # up to which float64 has every whole number


def literal(value: Any) -> str:
    """The number: 1.5 by itself is a DECIMAL."""
    return f"CAST('{value!r}' AS DOUBLE)" if isinstance(value, float) else f"({value})"


def comparable(field: Field) -> str:
    """The field as what can be put into order and leaves the engine alike: a number, or the text."""
    way = {"date": "unix_date({})", "time": "unix_micros({})", "decimal": "CAST({} AS DOUBLE)"}
    return way.get(field.kind, "{}").format(field.sql)


def whole_cell(form: str) -> str:
    r"""The pattern of a cell that is written so, with blanks beside it or without, as it is in small files.

    It ends in \z, since for Java a $ is also before a last line break.
    """
    return rf"^[ \t]*({form})[ \t]*\z"


def shortest(x: str) -> str:
    """What a number of 32 bits is called: the shortest decimal that leads to it, 0.1 and not 0.10000000149011612."""
    return f"CAST(CAST(CAST({x} AS FLOAT) AS STRING) AS DOUBLE)"


def with_zero(x: str) -> str:
    """The decimal as text, with a digit before the point, which DuckDB leaves out where its type has none."""
    text = f"CAST({x} AS STRING)"
    cases = f"WHEN {text} LIKE '.%' THEN '0' || {text} WHEN {text} LIKE '-.%' THEN '-0' || substr({text}, 2)"
    return f"CASE {cases} ELSE {text} END"


def as_text(field: Field) -> str:
    """The field as the text of labels, which engines put together."""
    if field.kind == "decimal":
        return with_zero(field.sql)
    return f"CAST({one_zero(field.sql) if field.kind == 'number' else field.sql} AS STRING)"


def one_zero(x: str) -> str:
    """The number, and 0.0 for -0.0, which is the same one and has another text."""
    return f"CASE WHEN {x} = 0 THEN abs({x}) ELSE {x} END"


def is_nan(x: str) -> str:
    """Whether it is NaN."""
    return f"isnan({x})"


def is_below(x: str, edge: Any) -> str:
    """Whether x is less than the edge; the one above the largest HUGEINT no other HUGEINT can be compared with."""
    beyond = isinstance(edge, int) and edge >= 2**127
    return f"{x} <= {literal(edge - 1)}" if beyond else f"{x} < {literal(edge)}"


def bucket(x: str, edges: Sequence[Any], first: int = 0) -> str:
    """How many of the edges are not above x: a search by halves, as nested cases."""
    if not edges:
        return str(first)
    middle = len(edges) // 2
    below, above = bucket(x, edges[:middle], first), bucket(x, edges[middle + 1 :], first + middle + 1)
    return f"CASE WHEN {is_below(x, edges[middle])} THEN {below} ELSE {above} END"


def zero(x: Any) -> Any:
    """The number that an engine gave, and 0.0 for -0.0: they keep the one that they meet first."""
    return x + 0.0 if isinstance(x, float) else x
