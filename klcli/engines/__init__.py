"""Engines: databases that read tables where they lie, and count. The arithmetic stays with klcli.

An engine opens a source as a view whose columns are c0, c1 and so on, whatever they are called, and runs queries.
There is one body of SQL for all engines, in this folder beside them: it keeps to what they understand alike, and
calls functions by Spark's names. Whole numbers leave it, and the labels and edges that they belong to. NULL and NaN
are never merged.
"""

from __future__ import annotations

import contextlib
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import count, pairwise
from sys import float_info
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from klcli import rooms
from klcli.columns import FormatError, as_asked, as_typed, is_infinite, is_number, repeated
from klcli.counts import ranked
from klcli.distribution import listed
from klcli.engines import _single as single
from klcli.engines._files import FORMATS, NOT_UTF_8, Place, inputs, located, named
from klcli.engines._kinds import as_label, cure_of_commas, forms_of, typed
from klcli.engines._ranks import at_ranks
from klcli.engines._sql import AT_ONCE, INFINITY, bucket, comparable, is_below, is_nan, literal, with_zero, zero
from klcli.errors import InputError, OptionError, clipped
from klcli.numerals import number
from klcli.streams import NoRoomError

if TYPE_CHECKING:
    from fractions import Fraction

    from klcli.engines._joint import joint
    from klcli.engines._profile import profile
    from klcli.engines._sums import Weights, sums, weights

__all__ = [
    "FORMATS", "MOST_BINS", "ORDERED", "Counts", "Engine", "Field", "Stats", "Table", "Weights", "as_label", "bins",
    "chosen", "cure_of_commas", "even_edges", "in_quantiles", "inputs", "joint", "labels_of", "labels_of_missing",
    "opened", "profile", "started", "sums", "text_fields", "typed", "weights",
]  # fmt: skip

ORDERED = ("whole", "number", "decimal", "date", "time")  # of which there are bins


class Engine(Protocol):
    """What every engine has."""

    stack: contextlib.ExitStack  # what is to be closed with it
    writes_otherwise: tuple[str, ...]  # the kinds of what is another text to it than files of text have
    time_text: str  # the SQL of what it takes for a time, of a text that is written as one

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What the query answers."""

    def quoted(self, text: str) -> str:
        """The text as a literal."""

    def relation(self, source: str) -> str | None:
        """What the source names that is no file, as SQL has it; None where it names nothing."""

    def view(self, name: str, place: Place) -> list[Field]:
        """The fields of what is there, which has become a view of that name."""

    def kept(self, view: str) -> str:
        """The name of a copy of the view, which is quicker to read many times than text is."""


def chosen(text: str) -> tuple[str, str]:
    """The name of the engine that is meant, and its URL, "" where none is given.

    Raises OptionError where there is no such engine.

    >>> chosen("duckdb"), chosen("local[2]")
    (('duckdb', ''), ('spark', 'local[2]'))
    """
    if text in rooms.names("engines"):
        return text, ""
    if re.fullmatch(r"local(\[.+\])?|yarn|(spark|sc|k8s)://.+", text):
        return "spark", text
    raise OptionError(f"no engine {clipped(text)!r}: {', '.join(rooms.names('engines'))}, or the URL of a Spark")


@contextlib.contextmanager
def started(text: str, jobs: int | None = None) -> Iterator[Engine]:
    """The engine that is meant, for as long as the context lasts; nothing is left of it, however that ends.

    It counts in so many threads, or in as many as there are processors. Raises OptionError where a URL says that.
    """
    name, url = chosen(text)
    if url and jobs:
        raise OptionError(f"--jobs is for this machine, and {clipped(url)} says itself how much it does at once")
    with rooms.load("engines", name).started(url, jobs) as engine:
        yield engine


_views = count()


def opened(engine: Engine, source: str, *, null: Sequence[str] = (), **options: Any) -> Table:
    """The source as a table, in which those texts are NULL; the other options are those of `_files.located`.

    Raises InputError where there is no such source, or where it is not what it should be.
    """
    return _viewed(engine, named(source, engine.relation) or located(source, engine.stack, **options), null)


def _viewed(engine: Engine, place: Place, null: Sequence[str] = ()) -> Table:
    view = f"t{next(_views)}"
    try:
        fields = engine.view(view, place)
    except FormatError as error:
        raise _fault(engine, place, error) from None
    return Table(engine, view, place, [_without(null, each, engine) for each in fields] if null else fields)


def _without(texts: Sequence[str], field: Field, engine: Engine) -> Field:
    """The field, NULL where it holds one of these texts; of what has types, the values that they write."""
    is_one = " OR ".join(_is_one(texts, field, engine))
    if not is_one:
        return field
    nothing, label = (f"CASE WHEN {is_one} THEN NULL ELSE {sql} END" for sql in (field.sql, field.label))
    return field._replace(sql=nothing, label=label if field.label else "")


def _is_one(texts: Sequence[str], field: Field, engine: Engine) -> Iterator[str]:
    """What holds of the values of the field that one of the texts writes."""
    if field.kind in ("text", "truth"):
        written = [engine.quoted(text.lower() if field.kind == "truth" else text) for text in texts]
        shown = field.sql if field.kind == "text" else f"CAST({field.sql} AS STRING)"
        yield f"{shown} IN ({', '.join(written)})"
    elif field.kind in ORDERED:
        found = [value for value in map(_WRITTEN[field.kind], texts) if value is not None]
        values = {literal(single.nearest(value) if field.is_single else value) for value in found}
        x = comparable(field)
        if values:
            yield f"{x} IN ({', '.join(sorted(values))})"
        if field.kind == "number" and "nan" in map(str.lower, texts):
            yield is_nan(x)


def _whole(text: str) -> int | None:
    """The whole number that the text writes, if it writes one, be it as 5.0."""
    if re.fullmatch("[+-]?[0-9]{1,38}", text):
        return int(text)  # which is not rounded
    x = _float(text)
    return int(x) if x is not None and abs(x) < 2**63 and x.is_integer() else None


def _float(text: str) -> float | None:
    if is_infinite(text):
        return -math.inf if text.strip().startswith(("-", "−")) else math.inf
    return number(text) if is_number(text) else None


def _micros(text: str) -> int | None:
    """The microseconds from 1970 to the day or the time that the text writes, in UTC if it says no other zone."""
    from datetime import UTC, datetime, timedelta

    if not re.match(r"\s*\d{4}-\d\d-\d\d(?!.*[.]\d{7})", text):
        return None
    with contextlib.suppress(ValueError):
        time = datetime.fromisoformat(text.strip())
        time = time if time.tzinfo else time.replace(tzinfo=UTC)
        return (time - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    return None


def _days(text: str) -> int | None:
    micros = _micros(text)
    return None if micros is None or micros % _DAY else micros // _DAY


_WRITTEN: dict[str, Callable[[str], int | float | None]] = {
    "whole": _whole, "number": _float, "decimal": _float, "date": _days, "time": _micros,
}  # fmt: skip
_DAY = 86_400_000_000  # microseconds


def _fault(engine: Engine, place: Place, error: FormatError) -> InputError:
    """What is wrong with a source that an engine cannot read: of several files, with the first that it cannot."""
    if isinstance(error, NoRoomError):  # which is no fault of what is read
        return InputError(f"{place.name}: {error}")
    found = None
    if place.format in ("csv", "ndjson"):
        from klcli.engines._texts import first_fault

        found = first_fault(place)
    elif place.format == "parquet" and len(place.files) > 1:
        alone = (replace(place, name=file.name, typed=file.name, files=[file]) for file in place.files)
        found = next(filter(None, (_first_fault(engine, each) for each in alone)), None)
    return InputError(found or f"{place.name}: {error}")


def _first_fault(engine: Engine, place: Place) -> str | None:
    """What is wrong with what the place holds, all of which is read; None where nothing is."""
    try:
        table = _viewed(engine, place)
        for index in range(len(table.fields)):
            table.rows(f"SELECT max(length(CAST(c{index} AS STRING)))")
    except InputError as error:
        return str(error)
    return None


def text_fields(names: Sequence[str]) -> list[Field]:
    """The fields of a view whose columns are text."""
    return [Field(name, "text", f"c{index}") for index, name in enumerate(names)]


class Field(NamedTuple):
    """A column of a table: what it is called, of which kind it is, and the SQL that holds it."""

    name: str
    kind: str
    sql: str
    text: str = ""  # the SQL of the text that it is read from, if there is some
    label: str = ""  # the SQL of its labels, if that is another one
    note: str = ""  # what is told where its values are labels, if the engine knows it
    unit: str = ""  # what its whole numbers stand for, if the engine knows it
    is_single: bool = False  # numbers of 32 bits, whose labels are not those of the float64 that hold them


class Stats(NamedTuple):
    """How many rows a column has, how many of them hold nothing, NaN or an infinity, and the ends of the others."""

    rows: int
    nulls: int
    nans: int
    infinities: int
    least: Any
    most: Any

    @property
    def is_finite(self) -> bool:
        """Whether neither end is NaN or an infinity, so that nothing between them is."""
        return all(end is None or math.isfinite(end) for end in (self.least, self.most))

    @property
    def finite(self) -> int:
        """How many rows hold a number."""
        return self.rows - self.nulls - self.nans - self.infinities


class Counts(NamedTuple):
    """How often each label stands in a column, or how many values are in each bin; apart from NULL and NaN."""

    labels: list[str]
    counts: list[int]
    nulls: int
    nans: int
    unread: int = 0  # texts that are not of the kind of the column


class Table:
    """A source as an engine sees it.

    `name` is what it is called in outputs, `typed` how it is asked for, `place` where it lies, `view` what it is
    called in SQL, `column` the one that was asked for, if any; `notes` say how it was read.
    """

    def __init__(self, engine: Engine, view: str, place: Place, fields: Sequence[Field]) -> None:
        self.engine, self.view, self.name, self.column = engine, view, place.name, place.column
        self.typed, self.place = place.typed, place
        twice = repeated(field.name for field in fields)
        if twice is not None:
            raise InputError(f"{place.name}: two columns are called {clipped(twice)!r}")
        self.fields = {field.name: field for field in fields}
        self.notes = place.notes
        self.is_text = place.format in ("csv", "ndjson", "sqlite")
        self.forms = forms_of(place, engine)
        self.numerals = forms_of(place, engine, zeros="0*")  # as in small files, where 007 is a weight
        folders = sorted({part for file in place.files for part in file.name.split("/")[:-1] if "=" in part})
        if folders:
            self.notes += (f"what folders say, as {clipped(folders[0])}, is no column",)
        if place.format == "csv" and place.has_header and not place.are_said_names and len(fields) == 1:
            self.notes += (f"the first row, {fields[0].name}, names the column (--no-header: it is data)",)

    def field(self, name: str | None = None) -> Field:
        """The field of that name, or the only one.

        Raises InputError where there is none, or where none is chosen of several.
        """
        names = list(self.fields)
        if name is None and len(names) == 1:
            name = names[0]
        if name not in self.fields:
            name = next((each for each in names if as_typed(each) == name), name)
        if name in self.fields:
            return self._countable(self.fields[name])
        if name is None:
            several = f"holds several columns ({listed(names, 20)})"
            raise InputError(f"{self.name}: {several}: choose one, as in {as_asked(self.typed, names[0])}")
        from difflib import get_close_matches

        close = get_close_matches(name, names, 1)
        hint = f": did you mean {as_asked('', close[0])}?" if close else ""
        raise InputError(f"{self.name}: no column {clipped(name)!r} among {listed(names, 20)}{hint}")

    def _countable(self, field: Field) -> Field:
        if field.kind == "nested":
            from klcli.profiles import NESTED

            raise InputError(f"{self.name}::{field.name}: {NESTED}")
        return field

    def stats(self, fields: Iterable[Field]) -> list[Stats]:
        """The Stats of each field: in one pass, and in a second one for those that hold NaN or infinities."""
        fields = list(fields)
        found = self._stats(fields, _ends)
        odd = [index for index, field in enumerate(fields) if field.kind == "number" and not found[index].is_finite]
        for index, each in zip(odd, self._stats([fields[index] for index in odd], _finite_ends), strict=True):
            found[index] = each
        return found

    def _stats(self, fields: Sequence[Field], asked: Callable[[Field], list[str]]) -> list[Stats]:
        answer: list[Any] = []
        for start in range(0, len(fields), AT_ONCE):
            wanted = [sql for field in fields[start : start + AT_ONCE] for sql in asked(field)]
            answer += self.rows(f"SELECT {', '.join(wanted)}")[0]
        found = [Stats(*answer[start : start + 6]) for start in range(0, len(answer), 6)]
        return [each._replace(least=zero(each.least), most=zero(each.most)) for each in found]

    def counts(self, field: Field) -> Counts:
        """How often each label stands in the field, the most frequent first, and in the order of labels."""
        found = self.counts_up_to(None, field)
        assert found is not None
        return found

    def counts_up_to(self, most: int | None, field: Field) -> Counts | None:
        """The same, or None where there are more labels than that."""
        as_text = with_zero(field.sql) if field.kind == "decimal" else ""
        label = (field.label if field.kind == "time" else "") or as_text or comparable(field)
        limit = "" if most is None else f" LIMIT {most + 3}"  # NULL and NaN are none of them
        tally: dict[Any, int] = dict(self.rows(f"SELECT {label} AS label, count(*) AS n", f"GROUP BY 1{limit}"))
        nulls = tally.pop(None, 0)
        nans = sum(tally.pop(key) for key in [key for key in tally if key != key])
        if most is not None and len(tally) > most:
            return None
        kind = "single" if field.is_single else field.kind
        named = ranked(zip(labels_of(kind, tally), tally.values(), strict=True))
        return Counts([label for label, _ in named], [count for _, count in named], nulls, nans)

    def histogram(self, field: Field, edges: Sequence[Any]) -> Counts:
        """How many values lie below the first edge, from each one to below the next, and from the last one on."""
        x = comparable(field)
        unread = f"{field.text} IS NOT NULL AND {x} IS NULL" if field.text else "FALSE"
        nan = is_nan(x) if field.kind == "number" else "FALSE"
        ends = [single.edge(each) if field.is_single else each for each in edges]
        if len(edges) <= _FEW_EDGES:  # to hold a value against all of them is quicker than to search among them
            cases = (unread, nan, *(is_below(x, end) for end in ends))
            asked = ", ".join(f"coalesce(count_if({each}), 0)" for each in cases)  # of nothing DuckDB has NULL
            rows, filled, unreads, nans, *below = self.rows(f"SELECT count(*), count({x}), {asked}")[0]
            counts = [high - low for low, high in pairwise([0, *below, filled - nans])]
            return Counts(bins(field.kind, edges), counts, rows - filled - unreads, nans, unreads)
        cell = (
            f"CASE WHEN {unread} THEN {_UNREAD} WHEN {x} IS NULL THEN {_NULL} WHEN {nan} THEN {_NAN} "
            f"ELSE {bucket(x, ends)} END"
        )
        found = Counter(dict(self.rows(f"SELECT {cell} AS cell, count(*)", "GROUP BY 1")))
        counts = [found[index] for index in range(len(edges) + 1)]
        return Counts(bins(field.kind, edges), counts, found[_NULL], found[_NAN], found[_UNREAD])

    def kept(self) -> str:
        """The name of a copy of the view."""
        try:
            return self.engine.kept(self.view)
        except FormatError as error:
            raise self._fault(error) from None

    def rows(self, select: str, rest: str = "") -> list[tuple[Any, ...]]:
        """What the query of this table answers: its SELECT, and what comes after FROM."""
        return self.ask(f"{select} FROM {self.view} {rest}")

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """What any query answers; InputError with the name of the table where it cannot be read."""
        try:
            return self.engine.rows(query)
        except FormatError as error:
            raise self._fault(error) from None

    def _fault(self, error: FormatError) -> InputError:
        """What is wrong with the table; with the column that is no text, which engines do not name."""
        if NOT_UTF_8 in str(error) and not self.is_text and len(self.place.files) < 2:
            for field in self.fields.values():
                if self._is_no_text(field):
                    cure = "save it as text, or leave it out"
                    return InputError(f"{self.name}: column {clipped(field.name)}: bytes that are not UTF-8: {cure}")
        return _fault(self.engine, self.place, error)

    def _is_no_text(self, field: Field) -> bool:
        try:
            self.engine.rows(f"SELECT max(length({field.sql})) FROM {self.view}")
        except FormatError as error:
            return NOT_UTF_8 in str(error)
        return False


def labels_of_missing(counts: Counts) -> dict[str, int]:
    """What is missing as outcomes of their own, NULL and NaN apart."""
    return {label: count for label, count in (("(missing)", counts.nulls), ("NaN", counts.nans)) if count}


# The text of queries


_NULL, _NAN, _UNREAD = -1, -2, -3  # the numbers of cells for what is in no bin
_FEW_EDGES = 30


def _ends(field: Field) -> list[str]:
    """rows, nulls, NaNs, infinities, least and most, where there is no NaN, which sorts as the largest number."""
    x = comparable(field)
    ends = [f"min({x})", f"max({x})"] if field.kind in ORDERED else ["NULL", "NULL"]
    return ["count(*)", f"count(*) - count({x})", "0", "0", *ends]


def _finite_ends(field: Field) -> list[str]:
    """The same of the finite numbers, and how many others there are. NaN is not less than infinity."""
    x = comparable(field)
    rows, nulls, *_ = _ends(field)
    infinite = f"CASE WHEN {x} = {INFINITY} OR {x} = -{INFINITY} THEN 1 END"
    finite = f"CASE WHEN {x} > -{INFINITY} AND {x} < {INFINITY} THEN {x} END"
    odd = (f"count(CASE WHEN {is_nan(x)} THEN 1 END)", f"count({infinite})")
    return [rows, nulls, *odd, f"min({finite})", f"max({finite})"]


# Labels


def labels_of(kind: str, values: Iterable[Any]) -> list[str]:
    """Values as labels, formatted here, since engines write numbers and times each in its own way."""
    ways: dict[str, Callable[[Any], str]] = {
        "date": _day, "time": _time, "truth": _truth, "number": _number, "single": _single,
    }  # fmt: skip
    return [*map(ways.get(kind, str), values)]


def _single(x: float) -> str:
    return _number(single.shortest(x))


def _number(x: float) -> str:
    return str(zero(x))


def _truth(x: Any) -> str:
    return str(x).lower()


def _time(micros: int) -> str:
    from datetime import datetime, timedelta

    days, rest = divmod(micros, _DAY)
    seconds, point, parts = (datetime.min + timedelta(microseconds=rest)).time().isoformat().partition(".")
    return f"{_day(days)} {seconds}{point}{parts.rstrip('0')}"  # as the engines write it


def _day(days: int) -> str:
    from datetime import date, timedelta

    try:
        return (date(1970, 1, 1) + timedelta(days=days)).isoformat()
    except OverflowError:
        return f"day {days}"


def bins(kind: str, edges: Sequence[Any]) -> list[str]:
    """What the bins between these edges are called, the first one and the last one open.

    >>> bins("number", [1.5, 2.0])
    ['(-inf, 1.5)', '[1.5, 2.0)', '[2.0, inf)']
    """
    shown = labels_of(kind if kind != "decimal" else "number", edges)
    return [
        f"{'[' if index else '('}{low}, {high})"
        for index, (low, high) in enumerate(pairwise(["-inf", *shown, "inf"]))
    ]


def in_quantiles(table: Table, field: Field, size: int, stats: Stats | None = None) -> tuple[list[Any], Counts]:
    """The edges that part the finite values of a field into bins of as equal a size as they allow, and the counts."""
    stats = stats or table.stats([field])[0]
    if not stats.finite:
        edges = [-float_info.max, float_info.max] if stats.infinities else []
        return edges, table.histogram(field, edges)
    ranks = sorted({stats.finite * part // size for part in range(1, size)})
    below = at_ranks(table, field, stats, ranks)
    if below.pop(stats.least, None) is not None:
        below |= _beside_the_least(table, field, stats)
    edges = sorted(below)
    counts = [high - low for low, high in pairwise([0, *map(below.__getitem__, edges), stats.finite])]
    # Others may hold the number as its shortest decimal or as float64, as it is here: neither is below the lesser.
    edges = [min(each, single.shortest(each)) for each in edges] if field.is_single else edges
    if stats.infinities:
        return edges, table.histogram(field, edges)
    return edges, Counts(bins(field.kind, edges), counts, stats.nulls, stats.nans)


def _beside_the_least(table: Table, field: Field, stats: Stats) -> dict[Any, int]:
    """The edge behind the least value, and how many are less: no other one may be, where that is most of them.

    A value that is alone has both edges of its own, so that what is less or greater later on is seen.
    """
    if stats.least == stats.most:
        following = _next(field, stats.least)
        return {stats.least: 0} | ({following: stats.finite} if following < math.inf else {})
    x, least = comparable(field), literal(stats.least)
    behind = f"min(CASE WHEN {x} > {least} AND {x} <= {literal(stats.most)} THEN {x} END)"
    [(edge, count)] = table.rows(f"SELECT {behind}, count(CASE WHEN {x} = {least} THEN 1 END)")
    return {zero(edge): count}


def _next(field: Field, x: Any) -> Any:
    """The least value above it that the field can hold."""
    if isinstance(x, int):
        return x + 1
    return single.next_above(x) if field.is_single else math.nextafter(x, math.inf)


MOST_BINS = 1000
_UNIT = {"time": 10**6}  # what a width counts in: seconds of times, days of dates


def even_edges(table: Table, field: Field, width: Fraction) -> list[Any]:
    """The edges of bins of that width which hold the finite values of a field: multiples of it.

    Raises OptionError where there are more than a thousand bins, and for parts of a day or a microsecond.
    """
    (stats,) = table.stats([field])
    if not stats.finite:
        return []
    width *= _UNIT.get(field.kind, 1)
    if field.kind in ("date", "time") and width.denominator != 1:
        unit = {"date": "days", "time": "microseconds"}[field.kind]
        raise OptionError(f"{table.name}::{field.name}: is a {field.kind}: give a --width of whole {unit}")
    is_whole = field.kind not in ("number", "decimal") and width.denominator == 1

    def edge(index: int) -> Any:
        try:
            return int(index * width) if is_whole else float(index * width)
        except OverflowError:
            raise OptionError("bins of that width go beyond the largest float64, 1.8e308: give --bins") from None

    least, most = (single.shortest(x) if field.is_single else x for x in (stats.least, stats.most))
    first, last = _multiple(least, width), _multiple(most, width)
    first -= edge(first) > least  # as it is rounded
    last += 1 + (edge(last + 1) <= most)
    if last - first > MOST_BINS:
        many = last - first if last - first < 10**9 else "more than a billion"
        raise OptionError(f"{many} bins of that width, at most {MOST_BINS} are made: give a larger --width")
    edges = [edge(index) for index in range(first, last + 1)]
    if any(low >= high for low, high in pairwise(edges)):
        raise OptionError(f"float64 has no bins of that width at {edges[-1]:g}: give a larger or a whole --width")
    return edges


def _multiple(x: float, width: Fraction) -> int:
    """How often the width goes into x, as float64 has it, so that 0.3 is three times 0.1."""
    try:
        return math.floor(x / width)
    except ArithmeticError:  # of more than float64 holds
        from fractions import Fraction

        return math.floor(Fraction(x) / width)


# What to count a column does not take: imported on demand

_HOMES = {"joint": "_joint", "profile": "_profile", "Weights": "_sums", "sums": "_sums", "weights": "_sums"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(rooms.load("engines", _HOMES[name]), name)
