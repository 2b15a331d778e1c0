"""Two columns of many labels, compared where they lie: one row of sums comes back, and the labels that matter most.

The sums are of terms that are never negative, cut at the 18th digit, and are exact then: in whatever order threads
add them, the answer is the same. Together they are within 1e-9 of what they should be.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from klcli.engines._sql import as_text, literal
from klcli.profiles import LEAST_EXPECTED, MISSING, IncomparableError, Joint

if TYPE_CHECKING:
    from klcli.engines import Field, Table

_TOP = 20  # labels that are named


def joint(p: Table, x: Field, q: Table, y: Field, missing: bool) -> Joint:
    """How far apart the labels of two columns are; what is missing is one of them, if it is wanted.

    Labels are put together by GROUP BY, for which NULL is a label like any other: a join would double its rows.

    Raises IncomparableError for labels that are not those that other tables would have.
    """
    if {x.kind, y.kind} & {"number", "time"} and x.kind != y.kind:  # each engine writes them in its own way
        raise IncomparableError("numbers or times beside text, and too many different values: save both alike")
    n, m = (_rows(table, field, missing) for table, field in ((p, x), (q, y)))
    if not n or not m:
        return Joint(n, m)
    scored = _scored(_pairs(p, x, q, y, missing), n, m)
    (row,) = p.ask(f"SELECT {', '.join(_SUMS)} FROM {scored}")
    keys, lost, gained, cells, rare, rare_p, rare_q, alike = (int(each or 0) for each in row[:8])
    gap, js, psi, tv, g = (float(each or 0) for each in row[8:])
    if alike > 1:
        raise IncomparableError(f"a value is called {MISSING}, as what is missing is to be: give --no-missing")
    if rare and cells and (rare_p + rare_q) * (min(n, m) / (n + m)) < LEAST_EXPECTED:
        least = f"SELECT a, b, g FROM {scored} WHERE NOT is_rare ORDER BY a + b, a LIMIT 1"
        [(a, b, its_g)] = p.ask(least)
        rare_p, rare_q, cells, g = rare_p + int(a), rare_q + int(b), cells - 1, g - float(its_g)
    if rare:
        g += _g(rare_p, rare_q, n, m)
    top = p.ask(f"SELECT k, a, b FROM {scored} ORDER BY js DESC, a + b DESC, k LIMIT {_TOP}")
    return Joint(
        n, m, keys, lost, gained,
        common=gap + (n - lost) / n - (m - gained) / m,
        js=js, psi=psi, tv=tv, g=2 * max(g, 0.0), cells=cells + (rare > 0),
        top=tuple((MISSING if label is None else str(label), a, b) for label, a, b in top),
    )  # fmt: skip


def _rows(table: Table, field: Field, missing: bool) -> int:
    (row,) = table.rows(f"SELECT count({'*' if missing else field.sql})")
    return int(row[0])


def _pairs(p: Table, x: Field, q: Table, y: Field, missing: bool) -> str:
    """k, a and b: every label, and how often it stands on either side."""
    both = " UNION ALL ".join(
        f"SELECT {as_text(field)} AS k, {side} AS side FROM {table.view}"
        for side, (table, field) in enumerate(((p, x), (q, y)))
    )
    sides = ", ".join(f"count(CASE WHEN side = {side} THEN 1 END) AS {name}" for side, name in enumerate("ab"))
    return f"(SELECT k, {sides} FROM ({both}) AS u {'' if missing else 'WHERE k IS NOT NULL'} GROUP BY k) AS j"


def _scored(pairs: str, n: int, m: int) -> str:
    """The same, with the term of each measure: a logarithm of 0 is NULL in Spark, so that none is asked for."""
    shares = f"SELECT k, a, b, a / {literal(float(n))} AS p, b / {literal(float(m))} AS q FROM {pairs}"
    return (
        "(SELECT k, a, b, abs(p - q) AS apart, "
        "CASE WHEN a > 0 AND b > 0 THEN p * ln(p / q) - p + q ELSE 0 END AS gap, "
        "CASE WHEN a > 0 AND b > 0 THEN (p - q) * ln(p / q) ELSE 0 END AS psi, "
        f"({_half('p')} + {_half('q')}) / 2 AS js, "
        f"({_against('a', n, n + m)} + {_against('b', m, n + m)}) AS g, "
        f"(a + b) * {literal(min(n, m) / (n + m))} < {LEAST_EXPECTED} AS is_rare FROM ({shares}) AS s) AS t"
    )


def _half(side: str) -> str:
    return f"CASE WHEN {side} > 0 THEN {side} * ln(2 * {side} / (p + q)) ELSE 0 END"


def _against(side: str, size: int, whole: int) -> str:
    """observed·log(observed/expected) of a count among the rows of its side."""
    expected = f"((a + b) * {literal(size / whole)})"
    return f"CASE WHEN {side} > 0 THEN {side} * ln({side} / {expected}) ELSE 0 END"


def _g(a: int, b: int, n: int, m: int) -> float:
    both = (a + b) / (n + m)
    return sum(count * math.log(count / (both * size)) for count, size in ((a, n), (b, m)) if count)


_SUMS = (
    "count(*)",
    "sum(CASE WHEN b = 0 THEN a ELSE 0 END)",
    "sum(CASE WHEN a = 0 THEN b ELSE 0 END)",
    "count(CASE WHEN NOT is_rare THEN 1 END)",
    "count(CASE WHEN is_rare THEN 1 END)",
    "sum(CASE WHEN is_rare THEN a ELSE 0 END)",
    "sum(CASE WHEN is_rare THEN b ELSE 0 END)",
    f"count(CASE WHEN k IS NULL OR k = '{MISSING}' THEN 1 END)",
    *(
        f"sum(CAST({term} AS DECIMAL(38, 18)))"
        for term in ("gap", "js", "psi", "apart / 2", "CASE WHEN is_rare THEN 0 ELSE g END")
    ),
)
