"""A table as counts, a column at a time, in bins of its own or in those of another profile."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from klcli.engines import ORDERED, bins, in_quantiles
from klcli.engines._kinds import as_label, tried_as, tried_as_large, typed
from klcli.engines._sql import AT_ONCE, EXACT, whole_cell
from klcli.errors import InputError, clipped
from klcli.profiles import KINDS, UNCOUNTED, Column

if TYPE_CHECKING:
    from klcli.engines import Counts, Field, Stats, Table
    from klcli.profiles import Profile

MOST_LABELS = 10_000  # that are kept of a column
_FEW_CELLS = 10**8
_TOO_MANY_DIGITS = "the bins of the reference have more than the 38 digits that numbers in text may have"
_NAN = whole_cell("[nN][aA][nN]")


def profile(
    table: Table, names: Sequence[str], size: int, like: Profile | None = None
) -> Iterator[tuple[str, Column]]:
    """The counts of those columns, one after the other: numbers, days and times in so many bins of equal counts.

    With `like` the bins and the kinds are those of another profile, where it has the column.
    """
    if table.is_text or _is_wide_and_short(table):
        table.view = table.kept()
    fields = {field.name: field for field in typed(table, [table.fields[name] for name in names])}
    ordered = [field for field in fields.values() if field.kind in ORDERED and like is None]
    stats = dict(zip(ordered, table.stats(ordered), strict=True))
    for name in names:
        model = None if like is None else like.columns.get(name, Column(UNCOUNTED, None))
        if model is None or model.kind != UNCOUNTED:
            found = _column(table, fields[name], table.fields[name], size, model, stats)
            yield name, found._replace(stands_for=fields[name].unit)
        else:
            yield name, Column(UNCOUNTED, None)  # with nothing to compare it with


def _is_wide_and_short(table: Table) -> bool:
    """Whether there are so many columns that each query takes long for them alone, and a copy is small."""
    return len(table.fields) > AT_ONCE and table.rows("SELECT count(*)")[0][0] * len(table.fields) <= _FEW_CELLS


def _column(
    table: Table, field: Field, as_given: Field, size: int, model: Column | None, stats: dict[Field, Stats]
) -> Column:
    if model is not None and model.edges is not None:
        return _in_bins_of(model, table, field, as_given)
    if field in stats:
        edges, found = in_quantiles(table, field, size, stats[field])
        return Column(field.kind, _tally(found), found.nulls, found.nans, edges)
    if "nested" in (field.kind, model.kind if model else None):
        return Column("nested", None)
    kind = "text" if field.kind in ORDERED else field.kind
    if model is not None and as_given.kind == "text":
        field, kind = as_label(model.kind, as_given, table.forms), model.kind
    labels = table.counts_up_to(MOST_LABELS, field)
    if labels is None:
        (known,) = table.stats([field])
        return Column(kind, None, known.nulls, known.nans)
    return Column(kind, _tally(labels), labels.nulls, labels.nans)


def _in_bins_of(model: Column, table: Table, field: Field, as_given: Field) -> Column:
    """The values in the bins of another column; what is no value of its kind is an outcome of its own."""
    assert model.edges is not None
    numbers = ("whole", "number", "decimal")
    if field.kind == "date" and model.kind == "time":
        field = field._replace(kind="time", sql=f"CAST({field.sql} AS TIMESTAMP)")
    elif field.kind == "time" and model.kind == "date":
        field = field._replace(kind="date", sql=f"CAST({field.sql} AS DATE)")
    is_alike = field.kind == model.kind or (field.kind in numbers and model.kind in numbers)
    largest = max(map(abs, model.edges), default=0)
    if model.kind == "whole" and as_given.kind == "text" and largest > EXACT:
        if largest >= 10**38:
            cure = "save it with types, as Parquet, or leave it out by --exclude"
            raise InputError(f"{table.name}: column {clipped(field.name)}: {_TOO_MANY_DIGITS}: {cure}")
        field = tried_as_large(table, as_given)
    elif not is_alike and as_given.kind == "text":
        field = tried_as(model.kind, as_given, table.forms)
    elif not is_alike:
        (stats,) = table.stats([field])
        tally = dict.fromkeys(bins(model.kind, model.edges), 0)
        tally[f"(no {KINDS[model.kind]})"] = stats.rows - stats.nulls - stats.nans
        return Column(model.kind, tally, stats.nulls, stats.nans, model.edges)
    edges = model.edges
    if model.kind == "whole" and field.kind in ("number", "decimal"):
        edges = [_not_below(edge) if abs(edge) > EXACT else edge for edge in edges]
    found = table.histogram(field, edges)
    if found.unread and field.kind == "whole":  # which has no NaN, and text may
        [(nans,)] = table.rows(f"SELECT count(CASE WHEN rlike({field.text}, {table.engine.quoted(_NAN)}) THEN 1 END)")
        found = found._replace(unread=found.unread - nans, nans=nans)
    tally = dict(zip(bins(model.kind, model.edges), found.counts, strict=True))
    tally |= {f"(no {KINDS[model.kind]})": found.unread} if found.unread else {}
    return Column(model.kind, tally, found.nulls, found.nans, model.edges)


def _not_below(edge: int) -> float:
    """The least float64 that is not below the edge: what is less is less than both, and engines would round it."""
    found = float(edge)
    return found if found >= edge else math.nextafter(found, math.inf)


def _tally(found: Counts) -> dict[str, int]:
    return dict(zip(found.labels, found.counts, strict=True))
