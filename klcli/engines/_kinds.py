"""The kinds of text: what a column of it holds if all of it is written so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from klcli.engines._sql import AT_ONCE, is_nan, literal, whole_cell

if TYPE_CHECKING:
    from klcli.engines import Engine, Field, Table
    from klcli.engines._files import Place

_SAMPLE = 1000  # rows
_BARE = "trim(replace({0}, '\t', ' '))"  # without blanks beside it, where not every engine takes it with them
_IN_PART = ("whole", "date", "time")  # of which not all that is written so is one: 9999999999999999999, 2026-02-30
_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_SECONDS = ":[0-5][0-9]([.][0-9]{1,9})?"
_ZONE = "Z| UTC|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?"  # in BigQuery's words too, and in PostgreSQL's
Forms = dict[str, tuple[str, str]]  # the pattern of cells that are of a kind, in SQL, and what makes it of them


def forms_of(place: Place, engine: Engine, zeros: str = "") -> Forms:
    """How each kind is written there; what begins with another 0, as 01234, is a name, unless zeros are "0*".

    Parts of a microsecond are dropped, as they are of times in nanoseconds.
    """
    whole = f"{zeros}(0|[1-9][0-9]{{0,18}})"
    digits, point, cast = f"{zeros}(0|[1-9][0-9]*)", "[.]", "CAST({} AS DOUBLE)"
    if place.decimal == "," and place.format == "csv":
        point, cast = ",", "CAST(replace({}, ',', '.') AS DOUBLE)"
    number = (
        rf"[+-]?({digits}({point}[0-9]*)?|{point}[0-9]+)([eE][+-]?[0-9]+)?|[nN][aA][nN]|[+-]?[iI][nN][fF](inity)?"
    )
    forms = {
        "whole": (f"[+-]?{whole}", "CAST({} AS BIGINT)"),
        "number": (number, cast),
        "date": (_DAY, "CAST({} AS DATE)"),
        "time": (
            f"{_DAY}[T ]([01][0-9]|2[0-3]):[0-5][0-9]({_SECONDS})?({_ZONE})?",
            f"TO_TIMESTAMP({engine.time_text.format(_BARE)})",
        ),
        "truth": ("true|false|True|False|TRUE|FALSE", f"lower({_BARE})"),
    }
    return {kind: (engine.quoted(whole_cell(form)), way) for kind, (form, way) in forms.items()}


def typed(table: Table, fields: Sequence[Field], forms: Forms | None = None) -> list[Field]:
    """The fields, each that a text holds as the kind that all of it is written as; what has types keeps them.

    Some rows show of which kinds a field is not, and one pass over all rows is for the kinds that are left. The
    forms are those of the table, if no others are given.
    """
    forms = forms or table.forms
    text = [field for field in fields if field.kind == "text" and table.is_text]
    kinds: dict[Field, list[str]] = {}
    for start in range(0, len(text), AT_ONCE):
        some = {field: list(forms) for field in text[start : start + AT_ONCE]}
        for view in (f"(SELECT * FROM {table.view} LIMIT {_SAMPLE}) AS t", table.view):
            some = _written_as(table, view, some, forms)
        kinds |= some
    return [_read_as(kinds[field][0], field, forms) if kinds.get(field) else field for field in fields]


def _written_as(table: Table, view: str, kinds: dict[Field, list[str]], forms: Forms) -> dict[Field, list[str]]:
    """Those of the kinds that every value of a field is written as, in so much of the table."""
    pairs = [(field, kind) for field, several in kinds.items() for kind in several]
    if not pairs:
        return kinds
    asked = [f"count({field.sql})" for field in kinds]
    asked += [f"count(CASE WHEN {_is_written(field.sql, kind, forms)} THEN 1 END)" for field, kind in pairs]
    answer = table.ask(f"SELECT {', '.join(asked)} FROM {view}")[0]
    filled = dict(zip(kinds, answer, strict=False))
    found: dict[Field, list[str]] = {field: [] for field in kinds}
    for (field, kind), written in zip(pairs, answer[len(kinds) :], strict=True):
        if written == filled[field] and (written or view != table.view):
            found[field].append(kind)
    return found


def cure_of_commas(table: Table, field: Field) -> str:
    """What is to be done about the commas in the numbers of a column of text; "" where it holds others, or none."""
    if table.place.decimal == "," or table.place.format != "csv":
        return ""
    quoted = table.engine.quoted
    in_thousands = whole_cell("[+-]?([0-9]+|[1-9][0-9]{0,2}(,[0-9]{3})+)([.][0-9]*)?")
    forms = {"commas": (quoted(","), "{}"), "thousands": (quoted(in_thousands), "{}")}
    forms |= {"decimals": forms_of(replace(table.place, decimal=","), table.engine)["number"]}
    is_one = [f"count(CASE WHEN {_is_written(field.sql, kind, forms)} THEN 1 END)" for kind in forms]
    [(filled, commas, thousands, decimals)] = table.rows(f"SELECT count({field.sql}), {', '.join(is_one)}")
    if not commas:
        return ""
    if thousands == filled:
        also = "; or give --decimal , if they are decimal signs" if decimals == filled else ""
        return f"; leave its commas out if they are marks between thousands{also}"
    return "; or give --decimal , for its numbers have commas" if decimals == filled else ""


def _read_as(kind: str, field: Field, forms: Forms) -> Field:
    return field._replace(kind=kind, sql=forms[kind][1].format(field.sql), text=field.sql)


def tried_as(kind: str, field: Field, forms: Forms) -> Field:
    """The field of text as that kind, NULL where it is not written so; a day is a time, and a time is in a day."""
    kind = "number" if kind in ("whole", "decimal") else kind
    ways = {kind: f"TRY_{forms[kind][1].format(field.sql)}"}
    if kind == "time":
        ways["date"] = f"CAST(TRY_{forms['date'][1].format(field.sql)} AS TIMESTAMP)"
    elif kind == "date":
        ways["time"] = f"CAST(TRY_{forms['time'][1].format(field.sql)} AS DATE)"
    cases = " ".join(f"WHEN {_is_written(field.sql, each, forms)} THEN {way}" for each, way in ways.items())
    return field._replace(kind=kind, sql=f"CASE {cases} END", text=field.sql)


def tried_as_large(table: Table, field: Field) -> Field:
    """The field of text as whole numbers of any size, which float64 would round, and others rounded down."""
    whole = f"TRY_CAST({field.sql} AS DECIMAL(38, 0))"
    x = tried_as("number", field, table.forms).sql
    least, most = (f"CAST('{sign}{'9' * 38}' AS DECIMAL(38, 0))" for sign in "-+")  # beyond which there is no edge
    far = f"WHEN {x} >= {literal(1e38)} AND NOT {is_nan(x)} THEN {most} WHEN {x} <= {literal(-1e38)} THEN {least}"
    near = f"WHEN abs({x}) < {literal(2.0**63)} THEN CAST(floor({x}) AS DECIMAL(38, 0))"  # which Spark has as BIGINT
    other = f"CASE {far} {near} ELSE TRY_CAST({x} AS DECIMAL(38, 0)) END"
    is_whole = f"rlike({field.sql}, {table.engine.quoted(whole_cell('[+-]?(0|[1-9][0-9]{0,37})'))})"
    return field._replace(kind="whole", sql=f"CASE WHEN {is_whole} THEN {whole} ELSE {other} END", text=field.sql)


def as_label(kind: str, field: Field, forms: Forms) -> Field:
    """The field of text as labels beside those of that kind: as it is written, and truth values as theirs are."""
    if kind != "truth" or field.kind != "text":
        return field
    way = forms[kind][1].format(field.sql)
    return field._replace(sql=f"CASE WHEN {_is_written(field.sql, kind, forms)} THEN {way} ELSE {field.sql} END")


def _is_written(x: str, kind: str, forms: Forms) -> str:
    pattern, way = forms[kind]
    written = f"rlike({x}, {pattern})"
    return f"{written} AND TRY_{way.format(x)} IS NOT NULL" if kind in _IN_PART else written
