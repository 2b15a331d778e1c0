"""Parquet: the columns of one file as text, read by DuckDB; what they mean is what any table means.

The types of the file decide: what it stores as text is never taken for numbers.
"""

from __future__ import annotations

import contextlib
import functools
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from klcli import sources, streams, tables
from klcli.columns import Column, FormatError, repeated
from klcli.distribution import listed
from klcli.errors import clipped
from klcli.labels import MANY, Labels
from klcli.lazy import np

if TYPE_CHECKING:
    from klcli.numerics import Array

_START = b"PAR1\x15"  # and how the first structure in it begins: text goes on otherwise
_NUMBERS = re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL\(.*\)")
_OF_NUMPY = re.compile(r"U?(TINY|SMALL|BIG)?INT(EGER)?|FLOAT|DOUBLE")
_NESTED = re.compile(r"\]$|^(STRUCT|MAP|UNION)\(|^(BLOB|VARIANT|GEOMETRY)")
_LISTS = re.compile(rf"({_NUMBERS.pattern})\[\d*\]")
_BY_THEMSELVES = "save lists by themselves, as .npy with np.stack, or a number to a cell"
_OVERHEAD = 2**28  # bytes that DuckDB needs beside what it unpacks
_MOST = 2**62  # bytes of which it can be told
_BLOCK = 2**20  # rows of text that are fetched at once
_AT_ONCE = 1000  # columns whose cells are fetched at once
_PLANNED = 2**14  # characters of one query: for each all columns are bound, and to plan it takes their square
_LONGEST = 25  # bytes of a number as text, save a DECIMAL or a HUGEINT


def is_parquet(data: bytes, path: str) -> bool:
    """Whether the bytes are a Parquet file, whatever it is called.

    Raises FormatError where the name ends as that of one, and the bytes are none.
    """
    if data.startswith(_START):
        return True
    if sources.ending(path) in ("parquet", "pq"):
        raise FormatError("not a Parquet file" if data else "empty")
    return False


def columns(data: bytes, max_size: int) -> list[Column]:
    """The columns of numbers in the file, each with the labels of its label column; cells are as CSV would have them.

    Raises FormatError where the file is broken, where it holds no numbers and where it unpacks to more than
    `max_size` bytes; MissingExtraError where DuckDB is not installed.
    """
    from klcli.engines.duckdb import connected

    limit = f"{min(max_size + _OVERHEAD, _MOST)}B"
    # A copy, since DuckDB reads nothing but files, and an input may be a pipe or packed.
    try:
        with (
            connected("a Parquet file", memory_limit=limit, temp_directory="") as connection,
            streams.copied([data]) as copy,
        ):
            return _Table(connection, f"/dev/fd/{copy.fileno()}", max_size).columns()
    except MemoryError as error:
        if "used)" not in str(error):  # DuckDB says so of a limit that was set, and not of what the system has
            raise
        raise FormatError(f"unpacks to {sources.too_large(max_size)}") from None


class _Table:
    """The file as a table of DuckDB's: c0, c1 and so on are its columns, since DuckDB takes p and P for the same."""

    def __init__(self, connection: Any, path: str, max_size: int) -> None:
        from klcli.engines._files import MOST_DIGITS
        from klcli.engines.duckdb import SCHEMA, TOO_WIDE, top_level

        self._connection, self._path, self._max_size = connection, path, max_size
        self._schema = top_level(self._execute(f"{SCHEMA} FROM parquet_schema($path)").fetchall())
        self._names = [node.name for node in self._schema]
        self._faults = {
            index: f"column {clipped(node.name)}: {TOO_WIDE}"
            for index, node in enumerate(self._schema)
            if (node.digits or 0) > MOST_DIGITS
        }
        self._aliases = ", ".join(f"c{index}" for index in range(len(self._names)))
        self._table = f"read_parquet($path, hive_partitioning = false) AS t({self._aliases})"
        self._types = self._described(self._table)
        self._texts = self._in_utf8([index for index, each in enumerate(self._types) if each == "BLOB"])
        for index in self._texts:
            self._types[index] = "VARCHAR"
        self._rows = self._counted()

    def _described(self, table: str) -> list[str]:
        """The types of the table's columns."""
        return [str(row[1]) for row in self._execute(f"DESCRIBE SELECT * FROM {table}").fetchall()]

    def _in_utf8(self, indices: Sequence[int]) -> set[int]:
        """Those of the columns of bytes, whose types do not say what they are, that hold text."""
        sizes = zip(indices, self._bytes_in(indices), strict=True)
        found = [index for index, size in sizes if size <= self._max_size]
        odd = self._asked(f"count(c{index}) - count(TRY(decode(c{index})))" for index in found)
        return {index for index, count in zip(found, odd, strict=True) if not count}

    def _bytes_in(self, indices: Sequence[int]) -> list[int]:
        return self._asked(f"coalesce(sum(octet_length(c{index})), 0)" for index in indices)

    def _counted(self) -> int:
        """How many rows there are; raises FormatError where the file and its row groups say different numbers."""
        from klcli.engines.duckdb import END_OF_PAGES, refuse_two_in_one

        of_groups = f"row_group_id, row_group_num_rows AS rows, {END_OF_PAGES} AS pages_end"
        groups = f"SELECT {of_groups} FROM parquet_metadata($path) GROUP BY row_group_id, rows"
        [(claimed,)] = self._execute("SELECT sum(num_rows) FROM parquet_file_metadata($path)").fetchall()
        found = self._execute(f"SELECT coalesce(sum(rows), 0), max(pages_end) FROM ({groups})").fetchall()
        [(rows, end)] = found
        refuse_two_in_one(self._path, end)
        if rows != claimed:
            raise FormatError(f"broken: its row groups hold {rows} rows where its end says {claimed}: write it anew")
        return int(rows)

    def columns(self) -> list[Column]:
        twice = repeated(self._names)
        if twice is not None:
            raise FormatError(f"two columns are called {clipped(twice)!r}")
        is_text = [not _NUMBERS.fullmatch(each) for each in self._types]
        is_empty = self._are_empty()
        label = self._label(is_text, is_empty)
        counting = self._counting([index for index in range(label or 0) if _OF_NUMPY.fullmatch(self._types[index])])
        aside = {index for index in range(len(self._names)) if is_text[index] or is_empty[index]}
        used = tables.value_columns(self._names, label, counting.__contains__, aside.__contains__)
        if all(is_text[index] or is_empty[index] for index in used):
            is_empty = [False] * len(is_empty)  # there is nothing beside them
        beside = dict.fromkeys(index for index in used if is_text[index] or is_empty[index])
        values = [index for index in used if index not in beside]
        if not values:
            typed = zip(self._names, self._types, strict=True)
            cure = f"; {_BY_THEMSELVES}" if any(map(_LISTS.fullmatch, self._types)) else ""
            raise FormatError(f"no column of numbers: {listed([f'{name} is {each}' for name, each in typed])}{cure}")
        if label in self._faults:
            raise FormatError(f"{self._faults[label]} or as text")
        self._refuse_large([*values, *([] if label is None else [label])])
        self._refuse_fractions(sorted(set(range(len(self._names))).difference([label], used)))
        labels = None if label is None else self._labels(label)
        why = {self._names[index]: self._why_aside(index) for index in beside}
        common = tables.labelled(self._names, label, labels, used, _place, why)
        if label is None:
            common = self._by_its_range(common)
        else:
            common = common._replace(notes=(*common.notes, *self._told_of_labels(label)))
        numbers = {index: self._values(index) if self._rows > MANY else None for index in values}
        cells = dict(self._cells([index for index in values if numbers[index] is None]))
        return [
            common._replace(
                name=self._names[index],
                values=numbers[index],
                cells=cells.get(index, ()),
                fault=self._faults.get(index, ""),
                notes=(*common.notes, *self._told_of_values(index)),
            )
            for index in values
        ]

    @functools.cached_property
    def _told_by_writers(self) -> list[Any]:
        """What pandas and Arrow have told of the table, if they have written it."""
        from klcli.engines.duckdb import writers_query

        found: list[Any] = self._execute(writers_query("$path")).fetchall()
        return found

    def _told_of_labels(self, label: int) -> Iterator[str]:
        """What is told of labels that are not quite what the file holds."""
        from klcli.engines.duckdb import IN_UTC, NO_NANOSECONDS, ZONED, stands_for

        name = self._names[label]
        if name in self._units:
            yield stands_for(name, self._units[name])
        if self._schema[label].type == "INT96":
            yield f"{name}: {NO_NANOSECONDS}"
        if self._types[label] in ZONED:
            yield f"{name}: {IN_UTC}"

    @functools.cached_property
    def _units(self) -> dict[str, str]:
        from klcli.engines.duckdb import units_of

        return units_of(self._told_by_writers)

    def _told_of_values(self, index: int) -> Iterator[str]:
        """What is told of numbers that stand for something else."""
        unit = self._units.get(self._names[index])
        if unit is not None:
            yield f"whole numbers that stand for {unit}"

    @property
    def _index(self) -> Any:
        """The index of the table by pandas: the name of a column, or a range; None for any other."""
        from klcli.engines.duckdb import pandas_of

        with contextlib.suppress(ValueError, LookupError, TypeError):
            [index] = pandas_of(self._told_by_writers)["index_columns"]
            return index
        return None

    def _by_its_range(self, common: Column) -> Column:
        """The same by the range that is its index, if that is named or does not count rows from 0."""
        index = self._index
        with contextlib.suppress(ValueError, LookupError, TypeError, OverflowError):
            rows = range(index["start"], index["stop"], index["step"])
            if index["kind"] == "range" and len(rows) == self._rows and (index["name"] or rows != range(self._rows)):
                notes = tuple(note for note in common.notes if not note.startswith(tables.NO_LABELS))
                labels = Labels([*map(str, rows)]) if len(rows) > MANY else [*map(str, rows)]
                if len(self._names) > 1:
                    told = "are from the index of pandas, which is a range: call a column label if it has them"
                    notes = (*notes, f"the labels, {listed([*map(str, rows[:20])], count=len(rows))}, {told}")
                return common._replace(labels=labels, label_name=index["name"] or "", notes=notes)
        return common

    def _why_aside(self, index: int) -> str:
        if _LISTS.fullmatch(self._types[index]):
            return f"{tables.OF_LISTS}: {_BY_THEMSELVES}"
        return f"holds no numbers: it is {self._types[index]}"

    def _values(self, index: int) -> Array | None:
        """The numbers of the column as they are, where float64 has all of them."""
        if not _OF_NUMPY.fullmatch(self._types[index]):
            return None
        found = self._execute(f"SELECT c{index} AS x FROM {self._table}").fetchnumpy()["x"]
        if np.ma.is_masked(found) or not np.isfinite(found).all():
            return None
        values: Array = np.asarray(found, dtype=np.float64)
        with np.errstate(invalid="ignore"):
            is_exact = bool((values.astype(found.dtype) == found).all())
        return values if is_exact else None  # for which text says where it is not

    def _label(self, is_text: list[bool], is_empty: list[bool]) -> int | None:
        """Where the labels stand: in a column of lists or of structures only if it is called so.

        Neither truth values that repeat are labels nor is a column without values. Where no other has labels, the
        one that pandas calls the index does. Raises FormatError where a column that is called so holds bytes.
        """
        typed = enumerate(zip(self._names, self._types, strict=True))
        flat = [
            index for index, (name, each) in typed if name.lower() in tables.LABEL_NAMES or not _NESTED.search(each)
        ]
        words = {index for index in flat if is_text[index] and not is_empty[index]}
        words -= self._repeating([index for index in sorted(words) if self._types[index] == "BOOLEAN"])
        samples = [
            index
            for index in flat
            if tables.is_of_samples(self._names[index]) and _NUMBERS.fullmatch(self._types[index])
        ]
        found = self._asked(f"count_if({self._is_fraction(index)})" for index in samples)
        parts = {index for index, count in zip(samples, found, strict=True) if count}
        cells = [["a" if index in words else "0.5" if index in parts else "0"] for index in flat]
        label = tables.label_column([self._names[index] for index in flat], cells) if len(flat) > 1 else None
        if label is not None and self._types[flat[label]] == "BLOB":
            if self._bytes_in([flat[label]])[0] > self._max_size:
                raise FormatError(f"unpacks to {sources.too_large(self._max_size)}")
            name = clipped(self._names[flat[label]])
            raise FormatError(f"column {name}: bytes that are not UTF-8: save it as text, or leave it out")
        if label is not None:
            return flat[label]
        index = self._index
        is_known = index in self._names and self._names.index(index) in flat and len(flat) > 1
        return self._names.index(index) if is_known else None

    def _repeating(self, indices: Sequence[int]) -> set[int]:
        """Those of the columns of truth values of which two rows hold the same, be it nothing."""
        if self._rows > 3:
            return set(indices)
        values = ("c{0}", "NOT c{0}", "c{0} IS NULL")
        found = self._asked(
            " + ".join(f"least(count_if({each.format(index)}), 1)" for each in values) for index in indices
        )
        return {index for index, count in zip(indices, found, strict=True) if count < self._rows}

    def _counting(self, indices: Sequence[int]) -> set[int]:
        """Those of the columns that hold nothing but the numbers of rows, from 0 or from 1: of three or more."""
        pairs = [(index, first) for index in indices for first in (0, 1)]
        if self._rows < 3 or not pairs:
            return set()
        rows = "read_parquet($path, hive_partitioning = false, file_row_number = true)"
        if "file_row_number" in map(str.lower, self._names):  # which takes longer
            rows = f"(SELECT *, row_number() OVER () - 1 FROM {self._table})"
        table = f"{rows} AS t({self._aliases}, row)"
        are = (f"bool_and(coalesce(c{index} = row + {first}, false))" for index, first in pairs)
        found = self._asked(are, table)
        return {index for (index, _), is_so in zip(pairs, found, strict=True) if is_so}

    def _refuse_fractions(self, indices: Sequence[int]) -> None:
        """Raise FormatError where one of the columns, which are not used, may be one of probabilities."""
        typed = {index: self._types[index] for index in indices if self._types[index] != "BLOB"}
        may_be = {index: self._is_fraction(index) for index in typed}
        found = self._asked(f"count_if({each})" for each in may_be.values())
        for index in (index for index, count in zip(may_be, found, strict=True) if count):
            is_text = not _NUMBERS.fullmatch(typed[index])
            tables.check_row_names(self._names[index], self._fractions(index) if is_text else ["0.5"])

    def _is_fraction(self, index: int) -> str:
        """What holds of a cell of the column that may be a probability."""
        if _NUMBERS.fullmatch(self._types[index]):
            return f"CAST(c{index} AS DOUBLE) > 0 AND CAST(c{index} AS DOUBLE) < 1"
        return _may_be_fraction(self._text(index))

    def _fractions(self, index: int) -> list[str]:
        """Some cells of the column that may be fractions; all of its text may be more than there is room for."""
        text = self._text(index)
        where = f"WHERE {_may_be_fraction(text)} LIMIT 1000"
        return [cell for (cell,) in self._execute(f"SELECT DISTINCT {text} FROM {self._table} {where}").fetchall()]

    def _refuse_large(self, indices: list[int]) -> None:
        """Raise where there are no rows, or more of them, or more text in them, than may be read."""
        if not self._rows:
            raise FormatError("empty: no rows")
        short = [index for index in indices if _OF_NUMPY.fullmatch(self._types[index])]
        size = self._size([index for index in indices if index not in short])
        most = self._max_size
        if size + self._rows * len(indices) * _LONGEST > most and size + self._size(short) > most:
            raise FormatError(f"unpacks to {sources.too_large(most)}")

    def _size(self, indices: list[int]) -> int:
        """How many bytes the columns are as text."""
        return sum(each or 0 for each in self._asked(f"sum(strlen({self._text(index)}))" for index in indices))

    def _are_empty(self) -> list[bool]:
        """Whether each column holds nothing but NULL, in a table that has rows."""
        found = self._asked(f"count(c{index})" for index in range(len(self._names)))
        return [self._rows > 0 and not count for count in found]

    def _labels(self, index: int) -> Sequence[str]:
        from klcli.engines._sql import one_zero
        from klcli.engines.duckdb import ZONED

        in_utc = ZONED.get(self._types[index])
        column = f"CAST(c{index} AS {in_utc})" if in_utc else f"c{index}"
        column = one_zero(column) if self._types[index] in ("FLOAT", "DOUBLE") else column
        text = self._text(index) if index in self._texts else f"CAST({column} AS VARCHAR)"
        if self._types[index].startswith("DECIMAL"):
            text = f"regexp_replace({text}, '^(-?)[.]', '\\10.')"  # which DuckDB writes as .5 where it can
        blocks = self._checked(block for (block,) in self._blocks([text]))
        return Labels(*map(Labels, blocks)) if self._rows > MANY else [*chain(*blocks)]

    def _checked(self, blocks: Iterator[list[Any]]) -> Iterator[list[str]]:
        for number, labels in enumerate(blocks):
            if None in labels:
                row = number * _BLOCK + labels.index(None)
                raise FormatError(f"{_place(row)}: no label (NULL): give it one, or leave the row out")
            yield labels

    def _cells(self, indices: Sequence[int]) -> Iterator[tuple[int, list[str]]]:
        """Each of the columns with its cells as text; those of many short ones are asked for at once."""
        many = min(max(_BLOCK // self._rows, 1), _AT_ONCE)
        for start in range(0, len(indices), many):
            some = indices[start : start + many]
            parts = zip(*self._blocks([self._text(index) for index in some]), strict=True)
            for index, blocks in zip(some, parts, strict=True):
                yield index, [cell or "" for cell in chain(*blocks)]

    def _blocks(self, asked: Sequence[str]) -> Iterator[list[list[Any]]]:
        """What each of the expressions gives, None where that is NULL, many rows at a time."""
        named = ", ".join(f"{text} AS x{index}" for index, text in enumerate(asked))
        for start in range(0, self._rows, _BLOCK):
            some = f"LIMIT {_BLOCK} OFFSET {start}"
            found = self._execute(f"SELECT {named} FROM {self._table} {some}").fetchnumpy()
            yield [found[f"x{index}"].tolist() for index in range(len(asked))]

    def _text(self, index: int) -> str:
        # By way of DOUBLE, so that a float32 is what it is and not the shortest decimal that leads to it.
        if index in self._texts:
            return f"decode(c{index})"
        column = f"CAST(c{index} AS DOUBLE)" if self._types[index] == "FLOAT" else f"c{index}"
        return f"CAST({column} AS VARCHAR)"

    def _asked(self, aggregates: Iterable[str], table: str = "") -> list[Any]:
        """What each of the aggregates is of the table."""
        wanted, found = [*aggregates], []
        at_once = max(_PLANNED // max(map(len, wanted), default=1), 1)
        for start in range(0, len(wanted), at_once):
            some = ", ".join(wanted[start : start + at_once])
            found += self._execute(f"SELECT {some} FROM {table or self._table}").fetchone()
        return found

    def _execute(self, query: str) -> Any:
        return self._connection.execute(query, {"path": self._path})


def _may_be_fraction(text: str) -> str:
    """What holds of a text that may write a number between 0 and 1, as 0.5 or 1/2: few others do."""
    over, under = (f"abs(TRY_CAST(split_part({text}, '/', {part}) AS DOUBLE))" for part in (1, 2))
    x = f"TRY_CAST({text} AS DOUBLE)"
    return f"strlen({text}) < 100 AND (({x} > 0 AND {x} < 1) OR ({over} < {under} AND {text} NOT LIKE '%/%/%'))"


def _place(index: int) -> str:
    return f"row {index + 1}"
