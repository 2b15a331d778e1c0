"""Files, standard input and inline text, each read as Distributions or refused with the place and the cure.

A SOURCE is, in this order: `-` (standard input), an existing path, an existing path with `::NAME` for one of its
columns, or inline text such as `0.5,0.25,1/4` and `A=1/2,B=1/2`.

A format is one decorated function from text to Columns: what the text holds, before a single number is believed.
"""

from __future__ import annotations

import contextlib
import math
import os
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from klcli import delimited, sources, tables, totals, trees  # noqa: F401 - trees enters its formats
from klcli.columns import (
    FORMATS,
    Column,
    FormatError,
    Reading,
    as_asked,
    as_typed,
    is_infinite,
    is_number,
    looks_like_number,
)
from klcli.distribution import Distribution, listed, numbered
from klcli.errors import InputError, OptionError, OutcomeError, clipped
from klcli.labels import first_blank
from klcli.lazy import np
from klcli.numerals import NoNumeralError, NumeralError, counted, numbers, rounded
from klcli.sources import STDIN, called_in_outputs, pipes_kept, refuse_stdin_twice, split

__all__ = [
    "FORMATS",
    "called_in_outputs",
    "read",
    "read_all",
    "read_columns",
    "read_each",
    "read_either",
    "reading",
    "rounding",
    "split",
]

if TYPE_CHECKING:
    from klcli.arrays import Tensor
    from klcli.numerics import Array

T = TypeVar("T")


# The door


def read(source: str | os.PathLike[str], **options: Any) -> Distribution:
    """The one Distribution that the source holds; the options are those of `read_all`.

    Raises InputError where there are several, or none.

    >>> read("A=1/2,B=1/4,C=1/4").outcomes
    ('A', 'B', 'C')
    """
    return read_all(source, several=False, **options)[0]


def read_each(sources: Sequence[str], **options: Any) -> list[list[Distribution]]:
    """What each source holds, under names that tell them apart: as short as that allows.

    Raises InputError as `read_all` does, and where standard input is asked for twice.
    """
    refuse_stdin_twice(sources, "distribution")
    paths = [split(source)[0] for source in sources]
    names = [called_in_outputs(path) for path in paths]
    called: dict[str, set[str]] = {}
    for name, path in zip(names, paths, strict=True):
        called.setdefault(name, set()).add(path)
    with pipes_kept():
        return [
            read_all(source, name=path if len(called[name]) > 1 else name, **options)
            for source, path, name in zip(sources, paths, names, strict=True)
        ]


def read_all(
    source: str | os.PathLike[str],
    *,
    name: str | None = None,
    several: bool = True,
    normalize: bool = False,
    duplicates: str = "refuse",
    **options: Any,
) -> list[Distribution]:
    """Every Distribution that the source holds, in its order.

    `name` is how the source is called in outputs, `several=False` refuses more than one, `normalize` takes weights
    of any sum, `duplicates="sum"` adds up outcomes that stand twice; the other options are those of `reading`.

    Raises InputError with the source, the place and what would be right.
    """
    if duplicates not in ("refuse", "sum"):
        raise OptionError(f"duplicates is refuse or sum, not {duplicates!r}")
    source = os.fspath(source)
    path, wanted = split(source)
    where = sources.called_in_messages(path) + ("" if wanted is None else f"::{clipped(wanted)}")
    columns = read_columns(source, **options)
    are_alike = all(column.labels is columns[0].labels and column.size == 1 for column in columns)
    if len(columns) > 1 and are_alike:
        raise InputError(
            f"{where}: holds {len(columns)} distributions of one number each: if they are one, write "
            "it as a column, a list or a mapping of numbers"
        )
    if len(columns) > 1 and not several:
        names = [column.name for column in columns]
        likely = [column.name for column in columns if _is_read(column) and not tables.is_key(column.name)]
        first = tables.likeliest(names) or (likely or names)[0]
        is_numbered = columns[0].labels is None
        notes = [note for note in columns[0].notes if is_numbered or note.startswith(tables.NO_LABELS)]
        doubt = "".join(f"; {note}" for note in notes)
        if columns[0].may_be_halves:
            doubt = delimited.DECIMAL_COMMA
        choice = f"choose one, as in {as_asked(path, first)}{doubt}"
        raise InputError(f"{where}: holds several distributions ({listed(names, 20)}): {choice}")
    called = name or called_in_outputs(path)
    is_one_of_them = len(columns) > 1 or wanted is not None
    return [
        _distribution(column, f"{called}::{column.name}" if is_one_of_them else called, normalize, duplicates)
        for column in columns
    ]


def _is_read(column: Column) -> bool:
    return column.values is not None or all(is_number(cell) and not is_infinite(cell) for cell in column.cells)


def read_columns(source: str, **options: Any) -> list[Column]:
    """What the source holds before a number of it is believed: its columns, or the one that ::NAME asks for.

    The options are those of `reading`. Raises InputError with the source, the place and what would be right.
    """
    return read_either(source, _of_one_dimension, **options)


def _of_one_dimension(found: list[Tensor], wanted: str | None) -> list[Column]:
    from klcli import arrays

    return arrays.columns(found, wanted)


def read_either(source: str, of_tensors: Callable[[list[Tensor], str | None], T], **options: Any) -> list[Column] | T:
    """The same, but what the function makes of them where the source holds arrays of numbers, not text."""
    from klcli import arrays, parquet  # which help and completion need not wait for

    path, wanted = split(source)
    how = reading(**options)
    try:
        inline = None if path == STDIN or os.path.exists(path) else _inline(source)
        if inline is not None:
            if how.decimal == "," and all(map(str.isdecimal, map(str.strip, source.split(",")))):
                raise FormatError(f"{delimited.COMMA_PARTS}: leave --decimal out, or put them in a file")
            return [inline]
        data = sources.content(path, how.max_size)
        called = path if how.format is None else ""  # how text is to be read says nothing of what is none
        tensors = arrays.tensors(data, called, how.max_size)
        if tensors is not None:
            return of_tensors(tensors, wanted)
        if parquet.is_parquet(data, called):
            columns = parquet.columns(data, how.max_size)
        else:
            columns = _columns(sources.text(data, how.encoding), path, how)
            for note in sources.of_other_encoding([data], how.encoding):
                columns = [column._replace(notes=(*column.notes, note)) for column in columns]
        found = columns if wanted is None else _with_doubt_of_edges(_chosen(columns, wanted), columns)
        fault = next((column.fault for column in found if column.fault), "")
        if fault:
            raise FormatError(fault)
        return found
    except FormatError as error:
        raise InputError(f"{sources.called_in_messages(path)}: {error}") from None


def _with_doubt_of_edges(chosen: list[Column], columns: list[Column]) -> list[Column]:
    """The same, told of another column without labels that may have the edges of bins: it has one number more."""
    from klcli import arrays

    def told(column: Column) -> tuple[str, ...]:
        edges = [each for each in columns if each.name.lower() in arrays.EDGE_NAMES]
        beside = [each.name for each in edges if each.size == column.size + 1]
        if column.labels is not None or not beside:
            return column.notes
        return (*column.notes, f"{listed(beside)} may have the edges of its bins; the outcomes are numbered from 0")

    return [column._replace(notes=told(column)) for column in chosen]


def reading(
    *,
    input_format: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    decimal: str = ".",
    max_size: int = sources.MAX_SIZE,
) -> Reading:
    """How an input is to be read: its format, its encoding, what separates its columns, its decimal point, its size.

    Where None is given, its ending and its content say it. Raises OptionError for what is none of these.
    """
    if input_format is not None and input_format not in FORMATS:
        raise OptionError(f"{input_format!r} is no format that is read: {', '.join(FORMATS)}")
    if encoding is not None:
        encoding = sources.known_encoding(encoding)
    if delimiter is not None:
        delimiter = known_delimiter(delimiter)
    if decimal not in (".", ","):
        raise OptionError(f"decimal is . or , and not {decimal!r}")
    return Reading(input_format, encoding, delimiter, decimal, max_size)


def known_delimiter(name: str) -> str:
    """The sign of that name, or the sign itself; raises OptionError for what separates no columns."""
    sign = delimited.DELIMITERS.get(name, name)
    if len(sign) != 1 or sign.isalnum() or sign in '"\r\n.-+':
        raise OptionError(f"{name!r} separates no columns: give one sign, or {', '.join(delimited.DELIMITERS)}")
    return sign


def _columns(text: str, path: str, how: Reading) -> list[Column]:
    found = how.format or _format_of(path, text)
    line = text.strip()
    is_plain = how.delimiter is None and how.decimal == "."
    if found == "csv" and is_plain and "," in line and "\n" not in line and "\r" not in line:
        as_inline = _line(
            line, delimited.first_place(text)
        )  # echo 3,7 | klcli entropy: numbers as on the command line
        if as_inline is not None:
            return [as_inline]
    try:
        return FORMATS[found](text, how)
    except FormatError as error:
        is_guessed = how.format is None and sources.ending(path) not in ("yaml", "yml", "json", "ndjson", "jsonl")
        is_json = found != "yaml" and ("not JSON" not in str(error) or re.match(r'\{\s*"', line))
        if is_guessed and not is_json:
            raise FormatError(f"{error}; or, if it is a table, give --input-format csv") from None
        raise


def _line(line: str, number: int) -> Column | None:
    """The column that the only line of a file writes, or None where it has words, as a row of a table has."""
    try:
        found = _inline(line)
    except FormatError as error:
        if all(looks_like_number(part.rpartition("=")[2]) for part in line.split(",")):
            raise FormatError(f"line {number}: {error}") from None
        return None
    return found and found._replace(place=lambda index: f"line {number}, item {index + 1}")


def _chosen(columns: list[Column], wanted: str) -> list[Column]:
    found = [column for column in columns if column.name == wanted or (wanted and column.row_of == wanted)]
    found = found or [column for column in columns if as_typed(column.name) == wanted]
    if found:
        return found
    for beside in {id(column.beside): column.beside for column in columns}.values():
        why = dict(beside).get(wanted)
        if why is not None:
            raise FormatError(f"column {clipped(wanted)!r} {why}")
    if wanted and any(wanted == column.label_name for column in columns):
        raise FormatError(f"column {clipped(wanted)!r} holds the labels")
    names = [column.name for column in columns if column.name]
    if not names:
        raise FormatError(f"holds one distribution without a name: leave ::{clipped(wanted)} out")
    from difflib import get_close_matches

    close = get_close_matches(wanted, names, 1)
    hint = f": did you mean {as_asked('', close[0])}?" if close else ""
    raise FormatError(f"no column {clipped(wanted)!r} among {listed(names, 20)}{hint}")


def _distribution(column: Column, name: str, normalize: bool, duplicates: str) -> Distribution:
    """The column as a Distribution; what is wrong with a row says which."""
    where = f", column {column.name}" if column.name and column.row_of is None else ""
    told = []
    try:
        if column.values is None:
            found = numbers(column.cells)
            tables.refuse_thousands(column.cells, column.decimal)
            told.append(rounding(column, found))
            column = column._replace(values=found)
        if duplicates == "sum" and column.labels is not None:
            _distribution(column._replace(labels=None), name, True, "refuse")  # no wrong weight hides in a sum
            column = _added_up(column)
        values: Any = column.values
        told.append(totals.doubt(column, values) or _blank_label(column))
        return Distribution(
            numbered(len(values)) if column.labels is None else column.labels,
            values,
            name=name,
            labelled=column.labels is not None,
            notes=tuple(f"{name}: {note}" for note in (*column.notes, *told) if note),
            normalize=normalize,
        )
    except NumeralError as error:
        place = (column.at or column.place)(error.index)
        raise InputError(f"{name}: {place}{where}: {error}") from None
    except OutcomeError as error:
        is_of_labels = len(error.indices) > 1
        place_of = column.place_of_label if is_of_labels else column.at or column.place
        places = " and ".join(map(place_of, error.indices))
        doubt = _doubt_of_labels(column) if is_of_labels else ""
        raise InputError(f"{name}: {places}: {error.what}{doubt}") from None


def _blank_label(column: Column) -> str:
    """What is told of a blank that is an outcome: it may be what a spreadsheet leaves of a label above."""
    row = None if column.labels is None else first_blank(column.labels)
    if row is None:
        return ""
    return f"{column.place_of_label(row)}: a blank label, taken for an outcome of its own"


def _doubt_of_labels(column: Column) -> str:
    """What is told, behind the fault, of labels that were not meant to be some."""
    if column.may_be_halves:
        return delimited.DECIMAL_COMMA
    if column.has_number_labels:
        return "; put a header before it if the first column is none of labels"
    is_guessed = column.is_named and column.label_name and not tables.is_key(column.label_name)
    return f" (labels are from column {clipped(column.label_name)})" if is_guessed else ""


def rounding(column: Column, values: Array) -> str:
    """What is told of a whole number that float64 has not."""
    index = rounded(column.cells, values) if column.values is None else None  # or it was a number already
    if index is None:
        return ""
    place = (column.at or column.place)(index)
    return f"{place}: {clipped(column.cells[index].strip())} is beyond 2^53 and was rounded"


def _added_up(column: Column) -> Column:
    """The column with one row for each label: the exact sum of those that stood under it."""
    rows: dict[str, list[int]] = {}
    for row, label in enumerate(column.labels or ()):
        rows.setdefault(label, []).append(row)
    repeated = len(column.labels or ()) - len(rows)
    if not repeated:
        return column
    firsts = [each[0] for each in rows.values()]
    values: Any = column.values
    sums = np.array([_sum(values[each].tolist()) for each in rows.values()])
    if not np.isfinite(sums).all():
        places = list(rows.values())[int(np.argmin(np.isfinite(sums)))]
        raise OutcomeError(column.name, "add up to more than the largest float64, 1.8e308", *places[:2])
    return column._replace(
        labels=list(rows),
        values=sums,
        place=lambda index: column.place(firsts[index]),
        at=None,
        notes=(*column.notes, f"{counted(repeated, 'row')} added to an outcome that stood before"),
    )


def _sum(values: list[float]) -> float:
    try:
        return math.fsum(values)
    except OverflowError:
        return math.inf


def _format_of(path: str, text: str) -> str:
    ending = sources.ending(path)
    ending = {"yml": "yaml", "tab": "tsv", "jsonl": "ndjson"}.get(ending, ending)
    first = delimited.first_line(text).strip()
    if ending == "json" and _is_line_of_many(text):
        return "ndjson"  # as DuckDB, BigQuery and others call it
    if ending in FORMATS:
        return ending
    if first.startswith(("{", "[")):
        return "ndjson" if _is_line_of_many(text) else "json"
    if first.startswith("#"):  # which may be a comment of YAML, or above a table
        first = next((line for line in map(str.strip, text.splitlines()) if line and line[0] != "#"), ":")
    is_row = any(mark in first for mark in ",;\t|") and not _FLOW.match(first)
    is_yaml = ": " in first or first.endswith(":") or first.startswith(("- ", "? ", "--", "%YAML "))
    return "yaml" if is_yaml and not is_row else "csv"


_FLOW = re.compile(r"(- |[^,;\t|]*: )(\[.*\]|\{.*\})$|[?] ")  # of YAML, in one line


def _is_line_of_many(text: str) -> bool:
    """Whether the first line is a JSON text by itself, with more of them after it."""
    import json

    first = delimited.first_line(text, len(text))
    if not re.compile(r"\S").search(text, text.index(first) + len(first)):
        return False
    with contextlib.suppress(ValueError, RecursionError):
        json.loads(first)
        return True
    return False


# Inline text


def _inline(source: str) -> Column | None:
    """The column that inline text writes, or None where the text is no list of numbers at all.

    Raises FormatError where it is one with a fault.
    """
    labels, cells = [], []
    for part in source.split(","):
        label, equals, cell = part.rpartition("=")
        if equals:
            labels.append(label.strip())
        cells.append(cell)
    finite = [cell for cell in cells if not is_infinite(cell)]  # the others may be log-probabilities
    try:
        numbers(finite or cells)
    except NumeralError as error:
        is_list = "," in source or labels
        if not is_list or (isinstance(error, NoNumeralError) and not _has_gap(cells)):
            return None
        raise FormatError(str(error)) from None
    odd = next((cell for cell in cells if cell.startswith("0") and cell.isdigit() and len(cell) > 1), None)
    if odd is not None:
        raise FormatError(f"{clipped(odd)!r} after a comma: write a decimal as 0.5, and nothing between thousands")
    if labels and len(labels) < len(cells):
        raise FormatError("either every number has a label, as in A=1/2,B=1/2, or none has")
    lost = next(filter(_has_another, labels), None)
    if lost is not None:
        raise FormatError(f"the label {clipped(lost)!r} holds a number: put commas between, as in A=1/2,B=1/2")
    return Column("", labels or None, cells, lambda index: f"item {index + 1}")


def _has_another(label: str) -> bool:
    """Whether the label is a whole item with what was meant to end it: in A=3;B=7 that would be A=3;B."""
    closed = max(label.rfind("("), label.rfind(")"))
    items = (found for found in re.finditer(r"=\s*([^\s;|=，；、]+)[;|\s，；、]", label) if found.end() > closed)
    first = next(items, None)
    return first is not None and is_number(first[1])


def _has_gap(cells: Sequence[str]) -> bool:
    """Whether the cells are numbers but for some that are blank: then a list was meant."""
    given = [cell for cell in cells if cell.strip()]
    return 0 < len(given) < len(cells) and all(map(is_number, given))
