"""Distributions too big to be fetched: their outcomes are put together by label where they lie, and sums come back.

The terms are cut at the 18th digit and added as decimals, exactly: in whatever order threads add them, the answer is
the same. With up to a thousand million outcomes it is within 1e-9 of what it should be.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from klcli import tables, totals
from klcli.columns import FormatError, as_asked, is_number
from klcli.distribution import TOLERANCE, kind_of, listed
from klcli.engines._kinds import typed
from klcli.engines._sql import INFINITY, literal, whole_cell
from klcli.errors import InputError, clipped
from klcli.numerals import counted
from klcli.profiles import Sums

if TYPE_CHECKING:
    from collections.abc import Sequence

    from klcli.engines import Field, Table

_NUMBERS = ("whole", "number", "decimal")
_FAINT = 1e-300  # above which no ratio of shares is beyond float64
_LARGE = 100  # outcomes that may be totals, each with one part in as many of the sum
_EXACT = 2**53  # below which whole numbers are what they are


class Weights(NamedTuple):
    """A column of weights: its name, its labels and numbers in SQL, their sum, and what was made of them."""

    table: Table
    name: str
    label: str
    value: str
    total: float
    is_counted: bool
    notes: tuple[str, ...]


def weights(table: Table, normalize: bool) -> Weights:
    """The weights of a table, of whose fields one has the labels and one the numbers.

    Raises InputError where they are no distribution.
    """
    fields = typed(table, [*table.fields.values()], table.numerals)
    label, value, told = _chosen(table, [field for field in fields if field.kind != "nested"])
    name = table.name if table.column is None else f"{table.name}::{table.column}"
    given = table.fields[label.name]
    k = f"CAST({given.label if given.is_single else given.sql} AS STRING)"
    v = f"CAST({value.sql} AS DOUBLE)"
    lost = f"{v} = 0 AND rlike({value.text}, '^[ \t]*[+-]?[0.]*[1-9]')" if value.text else "FALSE"
    [(rows, labelled, most, *odd, broken)] = table.rows(
        f"SELECT count(*), count({k}), max(CASE WHEN {v} < {INFINITY} THEN {v} END), count(*) - count({v}), "
        f"count(CASE WHEN {v} < 0 THEN 1 END), count(CASE WHEN {v} >= {INFINITY} THEN 1 END), "
        f"count(CASE WHEN {lost} THEN 1 END), "
        f"count(CASE WHEN abs({v}) >= {_EXACT} THEN NULL WHEN {v} <> floor({v}) THEN 1 END)"
    )
    faults = ("without a number", "below 0", "with NaN or an infinity", "with less than the least float64, 5e-324")
    for count, what in zip(odd, faults, strict=True):
        if count:
            raise InputError(f"{name}: {count} of {rows} rows {what}: a weight is a finite number >= 0")
    if labelled < rows:
        without = f"{rows - labelled} of {rows} rows without a label"
        raise InputError(f"{name}: {without}: give them one, or leave them out")
    _refuse_thousands(table, value, name)
    if not rows or not most:
        raise InputError(f"{name}: {'empty: no rows' if not rows else 'all values are zero'}: it needs some mass")
    if not broken and most < _EXACT:
        [(total,)] = table.rows(f"SELECT sum(CAST({v} AS DECIMAL(38, 0)))")
    else:
        [(part,)] = table.rows(f"SELECT sum(CAST({v} / {literal(most)} AS DECIMAL(38, 18)))")
        total = float(part) * most
    if math.isinf(total):
        raise InputError(f"{name}: its sum is beyond the largest float64, 1.8e308: leave --engine out")
    is_counted, note = kind_of(name, float(total), not broken, normalize)
    doubt = _doubt_of_totals(table, k, v, float(total), rows)
    notes = (*(f"{name}: {each}" for each in (*table.notes, *told, doubt) if each), *([note] if note else []))
    return Weights(table, name, k, v, float(total), is_counted, notes)


def _doubt_of_totals(table: Table, k: str, v: str, total: float, rows: int) -> str:
    """What is told of outcomes of which one may be the total of others."""
    if abs(total - 1) <= TOLERANCE:
        return ""
    large = table.rows(
        f"SELECT {k}, {v}", f"WHERE {v} >= {literal(total / _LARGE)} ORDER BY 2 DESC, 1 LIMIT {_LARGE}"
    )
    return totals.doubt_among({label: float(value / total) for label, value in large}, rows)


def _refuse_thousands(table: Table, value: Field, name: str) -> None:
    """Raise where text has 1.234 beside 5, which may be thousands, as it is in small files."""
    if not value.text:
        return
    x, quoted = value.text, table.engine.quoted
    grouped_cell = quoted(whole_cell("[1-9][0-9]{0,2}([.][0-9]{3})+"))
    whole_but_0 = quoted(whole_cell("0*[1-9][0-9]*"))
    [(pointed, grouped, whole)] = table.rows(
        f"SELECT count(CASE WHEN {x} LIKE '%.%' THEN 1 END), "
        f"count(CASE WHEN rlike({x}, {grouped_cell}) THEN 1 END), "
        f"count(CASE WHEN rlike({x}, {whole_but_0}) THEN 1 END)"
    )
    if grouped == pointed > 0 and whole:
        raise InputError(
            f"{name}: {counted(grouped, 'number')} as 1.000 in doubt among whole numbers: leave out the marks "
            "between thousands, or write whole numbers as 100.0"
        )


def _chosen(table: Table, fields: Sequence[Field]) -> tuple[Field, Field, tuple[str, ...]]:
    """The field of the labels and that of the numbers, and what is told of the others, as in small files."""
    names = [field.name for field in fields]
    cells = _some_cells(table, fields)
    label = tables.label_column(names, cells) if fields else None
    if label is None:
        raise InputError(
            f"{table.name}: no column of labels among {listed([*table.fields], 20)}, by which outcomes are put "
            "together: call it label"
        )
    try:
        if label == 0 and not tables.names_labels(names[0]):
            tables.refuse_mixture(names[0], cells[0])
        used = tables.value_columns(names, label)
        for index in {*range(len(names))} - {label, *used}:
            tables.check_row_names(names[index], _fractions(table, fields[index]))
    except FormatError as error:
        raise InputError(f"{table.name}: {error}") from None
    values = [index for index in used if not tables.is_left_aside(cells[index])]
    found = [index for index in values if table.column in (None, names[index])]
    choice = [names[index] for index in values]
    if not values:
        raise InputError(f"{table.name}: no column of numbers among {listed(names, 20)}")
    if not found:
        raise InputError(
            f"{table.name}: no column {clipped(str(table.column))!r} of numbers among {listed(choice, 20)}"
        )
    if len(found) > 1:
        likely = tables.likeliest(choice) or choice[0]
        several = f"holds several distributions ({listed(choice, 20)})"
        raise InputError(f"{table.name}: {several}: choose one, as in {as_asked(table.typed, likely)}")
    value = fields[found[0]]
    if value.kind not in _NUMBERS:
        word = next((cell for cell in cells[found[0]] if not is_number(cell)), "")
        raise InputError(f"{table.name}: column {clipped(value.name)}: {clipped(word)!r} is not a number")
    some = [str(key) for (key,) in table.rows(f"SELECT CAST({fields[label].sql} AS STRING)", f"LIMIT {_LARGE}")]
    beside = {names[index]: "holds no numbers" for index in used if index not in values}
    return fields[label], value, tables.labelled(names, label, some, used, str, beside).notes


def _some_cells(table: Table, fields: Sequence[Field]) -> list[list[str]]:
    """Cells of each field that tell what it holds: of text a whole number, another one and two words, if it has them.

    The words are the first and the last in order: what is a number mistyped begins otherwise than words do.
    """
    found = [["0" if field.kind in _NUMBERS else "a"] for field in fields]
    text = [index for index, field in enumerate(fields) if field.kind == "text" and table.is_text]
    number, whole = (table.numerals[kind][0] for kind in ("number", "whole"))
    asked = []
    for index in text:
        x = fields[index].sql
        asked += [f"min(CASE WHEN rlike({x}, {whole}) THEN {x} END)"]
        asked += [f"min(CASE WHEN rlike({x}, {number}) AND NOT rlike({x}, {whole}) THEN {x} END)"]
        asked += [f"{end}(CASE WHEN NOT rlike({x}, {number}) THEN {x} END)" for end in ("min", "max")]
    answer = table.rows(f"SELECT {', '.join(asked)}")[0] if text else ()
    for index, start in zip(text, range(0, len(answer), 4), strict=True):
        found[index] = [str(cell) for cell in answer[start : start + 4] if cell is not None]
    return found


def _fractions(table: Table, field: Field) -> list[str]:
    """A number of the field between 0 and 1, if there is one."""
    if field.kind not in _NUMBERS:
        return []
    x = f"CAST({field.sql} AS DOUBLE)"
    [(found,)] = table.rows(f"SELECT min(CASE WHEN {x} > 0 AND {x} < 1 THEN {x} END)")
    return [] if found is None else [repr(found)]


def sums(p: Weights, q: Weights | None, top: int) -> Sums:
    """The sums over all outcomes of both, or of P alone; those of the `top` largest terms are named.

    Raises InputError where an outcome stands twice.
    """
    scored = _scored(_alone(p) if q is None else _pairs(p, q), p.total, (q or p).total)
    (row,) = p.table.ask(f"SELECT {', '.join(_SUMS)} FROM {scored}")
    keys, twice_p, twice_q, lost, gained, faint = (int(each or 0) for each in row[:6])
    for side, twice, many in ((p, twice_p, "n"), (q or p, twice_q, "m")):
        if twice:
            [(label,)] = p.table.ask(f"SELECT k FROM {scored} WHERE {many} > 1 ORDER BY k LIMIT 1")
            raise InputError(f"{side.name}: duplicate outcome {label!r} ({twice} of them): make each of them one row")
    if faint and q is not None:
        raise InputError(
            f"{q.name}: {counted(faint, 'share')} below {_FAINT:g}, which no engine adds up: leave --engine out"
        )
    size = "own" if q is None else "size"
    named = p.table.ask(f"SELECT k, a, b FROM {scored} ORDER BY {size} DESC, a DESC, k LIMIT {top}")
    absent = [
        tuple(label for (label,) in p.table.ask(f"SELECT k FROM {scored} WHERE {where} ORDER BY k LIMIT 5"))
        if count
        else ()
        for where, count in (("a > 0 AND b = 0", lost), ("a = 0 AND b > 0", gained))
    ]
    gap, own, lost_mass, gained_mass = (float(each or 0) for each in row[6:])
    return Sums(keys, lost, gained, gap, own, lost_mass, gained_mass, absent[0], absent[1], tuple(named))


def _alone(p: Weights) -> str:
    """k, a and n: the outcomes, their weights, and how many rows each has; b and m are the same."""
    rows = f"SELECT {p.label} AS k, {p.value} AS v FROM {p.table.view}"
    return f"(SELECT k, sum(v) AS a, sum(v) AS b, count(*) AS n, count(*) AS m FROM ({rows}) AS u GROUP BY k) AS j"


def _pairs(p: Weights, q: Weights) -> str:
    """The same of two sides: a and n are those of P, b and m those of Q."""
    both = " UNION ALL ".join(
        f"SELECT {each.label} AS k, {each.value} AS v, {side} AS side FROM {each.table.view}"
        for side, each in enumerate((p, q))
    )
    sides = ", ".join(
        f"sum(CASE WHEN side = {side} THEN v ELSE 0 END) AS {weight}, "
        f"count(CASE WHEN side = {side} THEN 1 END) AS {rows}"
        for side, (weight, rows) in enumerate((("a", "n"), ("b", "m")))
    )
    return f"(SELECT k, {sides} FROM ({both}) AS u GROUP BY k) AS j"


def _scored(pairs: str, p_total: float, q_total: float) -> str:
    """The same with their terms: a logarithm of 0 is NULL in Spark, so that none is asked for."""
    shares = f"SELECT k, a, b, n, m, a / {literal(p_total)} AS p, b / {literal(q_total)} AS q FROM {pairs}"
    is_clear = f"p > 0 AND q >= {literal(_FAINT)}"
    return (
        f"(SELECT k, a, b, n, m, p, q, a > 0 AND b > 0 AND q < {literal(_FAINT)} AS is_faint, "
        f"CASE WHEN a > 0 AND b > 0 THEN CASE WHEN {is_clear} THEN p * ln(p / q) ELSE 0 END - p + q ELSE 0 END "
        "AS gap, "
        "CASE WHEN p > 0 THEN -p * ln(p) ELSE 0 END AS own, "
        f"CASE WHEN {is_clear} THEN abs(p * ln(p / q)) "
        f"WHEN a > 0 AND b = 0 THEN {INFINITY} ELSE 0 END AS size FROM ({shares}) AS s) AS t"
    )


_SUMS = (
    "count(*)",
    "count(CASE WHEN n > 1 THEN 1 END)",
    "count(CASE WHEN m > 1 THEN 1 END)",
    "count(CASE WHEN a > 0 AND b = 0 THEN 1 END)",
    "count(CASE WHEN a = 0 AND b > 0 THEN 1 END)",
    "count(CASE WHEN is_faint THEN 1 END)",
    *(
        f"sum(CAST({term} AS DECIMAL(38, 18)))"
        for term in ("gap", "own", "CASE WHEN b = 0 THEN p ELSE 0 END", "CASE WHEN a = 0 THEN q ELSE 0 END")
    ),
)
