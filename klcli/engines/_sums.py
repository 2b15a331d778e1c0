"""Distributions too big to be fetched: their outcomes are put together by label where they lie, and sums come back.

The terms are cut at the 18th digit and added as decimals, exactly: in whatever order threads add them, the answer is
the same. With up to a thousand million outcomes it is within 1e-9 of what it should be.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from klcli import delimited, tables, totals
from klcli.columns import FormatError, as_asked, is_number
from klcli.distribution import TOLERANCE, kind_of, listed
from klcli.engines._kinds import typed
from klcli.engines._sql import EXACT, INFINITY, as_text, literal, whole_cell
from klcli.errors import InputError, clipped
from klcli.numerals import counted, refusal
from klcli.profiles import NESTED, Sums

if TYPE_CHECKING:
    from collections.abc import Sequence

    from klcli.engines import Field, Table

_NUMBERS = ("whole", "number", "decimal")
_FAINT = 1e-300  # above which no ratio of shares is beyond float64
_LARGE = 100  # outcomes that may be totals, each with one part in as many of the sum


class Weights(NamedTuple):
    """A column of weights: its name, its labels and numbers in SQL, their sum, and what was made of them."""

    table: Table
    name: str
    label: str
    value: str
    total: float
    is_counted: bool
    notes: tuple[str, ...]
    kind: str  # of the labels, as they lie


def weights(table: Table, normalize: bool) -> Weights:
    """The weights of a table, of whose fields one has the labels and one the numbers.

    Raises InputError where they are no distribution.
    """
    bare_quote = _refuse_unlike_small_files(table) if table.place.format == "csv" else ""
    fields = typed(table, [*table.fields.values()], table.numerals)
    label, value, told = _chosen(table, fields)
    name = table.name if table.column is None else f"{table.name}::{table.column}"
    k = _label(table, label)
    v = f"CAST({value.sql} AS DOUBLE)"
    lost = f"{v} = 0 AND rlike({value.text}, '^[ \t]*[+-]?[0.]*[1-9]')" if value.text else "FALSE"
    [(rows, labelled, most, *odd, inexact, broken)] = table.rows(
        f"SELECT count(*), count({k}), max(CASE WHEN {v} < {INFINITY} THEN {v} END), count(*) - count({v}), "
        f"count(CASE WHEN {v} < 0 THEN 1 END), count(CASE WHEN {v} >= {INFINITY} THEN 1 END), "
        f"count(CASE WHEN {lost} THEN 1 END), count(CASE WHEN {_is_rounded(table, value, v)} THEN 1 END), "
        f"count(CASE WHEN abs({v}) >= {EXACT} THEN NULL WHEN {v} <> floor({v}) THEN 1 END)"
    )
    if rows == 1 and table.place.format == "ndjson":
        raise InputError(f"{name}: one record of JSON: if it maps outcomes to numbers, leave --engine out")
    faults = (
        "without a number",
        "below 0",
        "with NaN or an infinity",
        "with less than the least float64, 5e-324",
    )
    for count, what in zip(odd, faults, strict=True):
        if count:
            raise InputError(f"{name}: {count} of {rows} rows {what}: a weight is a finite number >= 0")
    if labelled < rows:
        without = f"{rows - labelled} of {rows} rows without a label"
        raise InputError(f"{name}: {without}: give them one, or leave them out")
    _refuse_thousands(table, value, name)
    if not rows or not most:
        raise InputError(f"{name}: {'empty: no rows' if not rows else 'all values are zero'}: it needs some mass")
    if not broken and most < EXACT:
        [(total,)] = table.rows(f"SELECT sum(CAST({v} AS DECIMAL(38, 0)))")
    else:
        [(part,)] = table.rows(f"SELECT sum(CAST({v} / {literal(most)} AS DECIMAL(38, 18)))")
        total = float(part) * most
    if math.isinf(total):
        raise InputError(f"{name}: its sum is beyond the largest float64, 1.8e308: leave --engine out")
    is_counted, note = kind_of(name, float(total), not broken, normalize)
    if table.place.format == "csv":
        told = [*told, delimited.doubt_of_header([*table.fields], [value.name]), bare_quote]
    rounded = (
        f"{counted(inexact, 'whole number')} beyond 2^53 {'was' if inexact == 1 else 'were'} rounded"
        if inexact
        else ""
    )
    told = [*table.notes, *told, rounded, _doubt_of_totals(table, k, v, float(total), rows)]
    notes = (*(f"{name}: {each}" for each in told if each), *([note] if note else []))
    return Weights(table, name, k, v, float(total), is_counted, notes, table.fields[label.name].kind)


def _is_rounded(table: Table, value: Field, v: str) -> str:
    """Whether the value is a whole number, and another one as float64, which is v."""
    if value.kind not in ("whole", "number") or (value.kind == "number" and not value.text):
        return "FALSE"
    written = value.text or value.sql
    is_whole = f"rlike({written}, {table.engine.quoted(whole_cell('[+-]?[0-9]+'))})" if value.text else "TRUE"
    is_other = f"CAST({v} AS BIGINT) <> TRY_CAST({written} AS BIGINT)"
    in_range = f"abs({v}) < {literal(2.0**63)}"
    return f"abs({v}) >= {EXACT} AND {is_whole} AND CASE WHEN {in_range} THEN {is_other} ELSE TRUE END"


def _refuse_unlike_small_files(table: Table) -> str:
    """What is told of a quote that takes whole rows into a cell, in a file that may be klcli's own; "" of none.

    Raises InputError for text that is refused in small files: such a quote, and a first row that is none of names.
    """
    from klcli.engines import _texts as texts

    names = [*table.fields]
    sign = texts.check_weights(table.place).delimiter
    rows = [names, *_rows_with_lines_in_a_cell(table, sign)]
    doubts = (delimited.bare_quote(row, sign, is_first=not index) for index, row in enumerate(rows))
    doubt = next(filter(None, doubts), "")
    if doubt and not delimited.may_be_own(names):
        raise InputError(f"{table.name}: {doubt}")
    return doubt


_MOST_ROWS = 1000  # that are looked at of those which may hold others


def _rows_with_lines_in_a_cell(table: Table, delimiter: str) -> list[list[str]]:
    """Rows that have a cell of several lines with the delimiter in them."""
    cells = [field.sql for field in table.fields.values()]
    sign, *ends = map(table.engine.quoted, (delimiter, "\n", "\r"))
    several = [f"instr({x}, {sign}) > 0 AND ({' OR '.join(f'instr({x}, {end}) > 0' for end in ends)})" for x in cells]
    found = table.rows(f"SELECT {', '.join(cells)}", f"WHERE {' OR '.join(several)} LIMIT {_MOST_ROWS}")
    return [[cell or "" for cell in row] for row in found]


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


def _label(table: Table, field: Field) -> str:
    """The field as labels: as it is written, where it is text, and each number of 32 bits as its shortest decimal."""
    given = table.fields[field.name]
    return as_text(given._replace(sql=given.label) if given.is_single else given)


def _chosen(table: Table, fields: Sequence[Field]) -> tuple[Field, Field, list[str]]:
    """The field of the labels and that of the numbers, and what is told of the others, as in small files."""
    names = [field.name for field in fields]
    cells = _some_cells(table, fields)
    label = _label_column(table, fields, cells)
    if label is not None and fields[label].kind == "nested":
        raise InputError(f"{table.name}: column {names[label]}: {NESTED}: leave --engine out")
    if label is None:
        raise InputError(
            f"{table.name}: no column of labels among {listed([*table.fields], 20)}, by which outcomes are put "
            "together: call it label"
        )
    try:
        if label == 0 and not tables.names_labels(names[0]):
            tables.refuse_mixture(names[0], cells[0])
        used = tables.value_columns(
            names,
            label,
            lambda index: _counts_rows(table, fields[index]),
            lambda index: tables.is_left_aside(cells[index]),
        )
        for index in {*range(len(names))} - {label, *used}:
            tables.check_row_names(names[index], _fractions(table, fields[index]))
    except FormatError as error:
        raise InputError(f"{table.name}: {error}") from None
    aside = {index for index in used if tables.is_left_aside(cells[index])}
    if table.column is None:
        empty = {index for index in {*used} - aside if not table.is_text and _is_empty(table, fields[index])}
        aside |= empty if {*used} - aside - empty else set()  # unless there is nothing beside them
    values = [index for index in used if index not in aside]
    value = _value(table, [fields[index] for index in values])
    if value.kind not in _NUMBERS:
        raise InputError(f"{table.name}: column {clipped(value.name)}: {_why_none(cells[fields.index(value)])}")
    some = [str(key) for (key,) in table.rows(f"SELECT {_label(table, fields[label])}", f"LIMIT {_LARGE}")]
    beside = {names[index]: "holds no numbers" for index in used if index in aside}
    told = tables.labelled(names, label, some, used, str, beside, table.place.decimal).notes
    return fields[label], value, [*told, fields[label].note]


def _counts_rows(table: Table, field: Field) -> bool:
    """Whether the field numbers the rows, from 0 or from 1, in whatever order they come; of three rows or more."""
    if field.kind != "whole":
        return False
    x = field.sql
    [(rows, filled, least, most)] = table.rows(f"SELECT count(*), count({x}), min({x}), max({x})")
    if rows < 3 or filled < rows or least not in (0, 1) or most - least != rows - 1:
        return False
    [(different,)] = table.rows(f"SELECT count(DISTINCT {x})")
    return bool(different == rows)


def _value(table: Table, fields: Sequence[Field]) -> Field:
    """The field of the numbers: the one that was asked for, or the only one."""
    names = [field.name for field in fields]
    if not names:
        raise InputError(f"{table.name}: no column of numbers among {listed([*table.fields], 20)}")
    found = [field for field in fields if table.column in (None, field.name)]
    if not found:
        wanted = clipped(str(table.column))
        raise InputError(f"{table.name}: no column {wanted!r} of numbers among {listed(names, 20)}")
    if len(found) > 1:
        several = f"holds several distributions ({listed(names, 20)})"
        likely = as_asked(table.typed, tables.likeliest(names) or names[0])
        raise InputError(f"{table.name}: {several}: choose one, as in {likely}")
    return found[0]


def _why_none(cells: Sequence[str]) -> str:
    """Why text that was to be a number is none: of several such cells that of the last one."""
    word = cells[-1]
    if is_number(word) and "/" in word:
        return f"{clipped(word)!r} is a fraction, which no engine reads: write decimals, or leave --engine out"
    return str(refusal(word.strip()))


def _label_column(table: Table, fields: Sequence[Field], cells: Sequence[Sequence[str]]) -> int | None:
    """Which field has the labels: of those with types none of lists, and none that turns out to have no labels."""
    names = [field.name for field in fields]
    without = {index for index, field in enumerate(fields) if field.kind == "nested"}
    while fields:
        label = tables.label_column(names, [["0"] if i in without else some for i, some in enumerate(cells)])
        if label is None or label in without or table.is_text or not _has_no_labels(table, fields[label]):
            return label
        without.add(label)
    return None


def _has_no_labels(table: Table, field: Field) -> bool:
    """Whether the field holds nothing, or truth values, of which some repeat."""
    if field.kind == "truth":
        some = table.rows(f"SELECT {field.sql}", "LIMIT 4")  # there are true, false and nothing
        return len(set(some)) < len(some) or _is_empty(table, field)
    return field.kind == "text" and _is_empty(table, field)


def _is_empty(table: Table, field: Field) -> bool:
    """Whether no row of the field holds anything."""
    return not table.rows("SELECT 1", f"WHERE {field.sql} IS NOT NULL LIMIT 1")


def _some_cells(table: Table, fields: Sequence[Field]) -> list[list[str]]:
    """Cells of each field that tell what it holds: of text a whole number, another one and words, if it has them.

    The words are the first and the last in order, and beside numbers some more.
    """
    found = [["0" if field.kind in _NUMBERS else "a"] for field in fields]
    for index, field in enumerate(fields):
        if tables.is_of_samples(field.name):
            found[index] = _fractions(table, field) or found[index]
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
        numbers, words = answer[start : start + 2], answer[start + 2 : start + 4]
        x = fields[index].sql
        if any(numbers) and any(words):  # one of those between may stand for a number that is missing
            between = table.rows(f"SELECT DISTINCT {x}", f"WHERE NOT rlike({x}, {number}) LIMIT {_MOST_ROWS}")
            numbers = (*numbers, *(cell for (cell,) in between))
        found[index] = [str(cell) for cell in (*numbers, *words) if cell is not None]
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

    Raises InputError where an outcome stands twice, and where labels would be other texts on either side.
    """
    if q is not None and p.kind != q.kind and {p.kind, q.kind}.intersection(p.table.engine.writes_otherwise):
        raise InputError(
            f"{p.name} and {q.name}: the labels are {p.kind} and {q.kind}, and Spark writes numbers and times in its "
            "own way: save them alike, or take --engine duckdb"
        )
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
