"""Files: which ones a source names, of which format they are, and how a table of text begins."""

from __future__ import annotations

import contextlib
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, BinaryIO, NamedTuple

from klcli import delimited, sources, streams
from klcli.columns import FormatError, is_number
from klcli.distribution import listed
from klcli.errors import InputError, clipped
from klcli.numerals import counted
from klcli.tables import with_point

FORMATS = ("csv", "tsv", "ndjson", "parquet", "duckdb", "sqlite")
DATABASES = ("duckdb", "sqlite")
_ENDINGS = {"csv": "csv", "txt": "csv", "tsv": "tsv", "tab": "tsv", "ndjson": "ndjson", "jsonl": "ndjson"}
_ENDINGS |= {"json": "ndjson", "parquet": "parquet", "pq": "parquet"}
_ENDINGS |= {"duckdb": "duckdb", "ddb": "duckdb", "sqlite": "sqlite", "sqlite3": "sqlite"}
_NO_TABLES = ("yaml", "yml", "npy", "npz", "safetensors", "xlsx", "xls", "html", "md")
_SIGNATURES = {  # up to bytes that no text has
    re.compile(rb"PAR1\x15"): "parquet",
    re.compile(rb"SQLite format 3\0"): "sqlite",
    re.compile(rb".{8}DUCK..\0{6}", re.DOTALL): "duckdb",
}
_HEAD = 2**20  # characters in which the first row of a table must end
_ROWS = 1000  # that are looked at before an engine reads all
NULL = b"\\N"  # what stands for NULL in a copy; text is in quotes


class File(NamedTuple):
    """A file: where it lies, and what it is called in messages."""

    path: str
    name: str


class Place(NamedTuple):
    """What a source names, and how its text is written.

    `name` is what it is called in outputs, and `typed` how it is asked for; the table is one in a database, and the
    column one of the table.
    """

    name: str
    typed: str
    files: list[File]
    format: str
    table: str | None = None
    column: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    has_header: bool = True
    decimal: str = "."


class Head(NamedTuple):
    """How a table of text begins: the names of its columns, what separates them, and what ends its rows."""

    names: tuple[str, ...]
    delimiter: str
    line_end: str


def named(source: str, relation: Callable[[str], str | None]) -> Place | None:
    """What the source names that is no file but known to the engine, a table or a storage, and a column of it."""
    path, names = _split(source)
    if path == sources.STDIN or os.path.exists(path):
        return None
    found = relation(path)
    return None if found is None else Place(path, path, [], "relation", found, "::".join(names) or None)


def located(
    source: str,
    stack: contextlib.ExitStack,
    *,
    input_format: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    decimal: str = ".",
    header: bool = True,
) -> Place:
    """What the source names: a file, all files of a pattern, or all data files of a folder, and what is in them.

    Behind :: stands a column, and in a database a table, or a table and :: and a column. What comes from a pipe is
    copied to a file, which the stack removes.

    Raises InputError where there is none, and where they are not of one format.
    """
    path, names = _split(source)
    files = list(_found(path, stack))
    formats = [input_format or _format(file, path) for file in files]
    odd = next((file.name for file, format_ in zip(files, formats, strict=True) if format_ != formats[0]), None)
    if odd is not None:
        raise InputError(f"{clipped(path)}: holds files of several formats: {clipped(files[0].name)}, {clipped(odd)}")
    format_ = formats[0]
    if format_ == "tsv":
        format_, delimiter = "csv", delimiter or "\t"
    called = "stdin" if path == sources.STDIN else os.path.basename(path.rstrip("/")) or path
    table = names.pop(0) if names and format_ in DATABASES else None
    within = "" if table is None else f"::{table}"
    column = "::".join(names) if names else None
    return Place(
        f"{called}{within}", f"{path}{within}", files, format_, table, column, encoding, delimiter, header, decimal
    )


def _split(source: str) -> tuple[str, list[str]]:
    """The path or pattern of a source, and the names behind it, which :: parts from it."""
    import glob

    path, column = sources.split(source)
    if path == sources.STDIN:
        return path, [] if column is None else column.split("::")
    marks = [place for place in range(len(source)) if source.startswith("::", place)]
    for end in (len(source), *reversed(marks)):
        if os.path.exists(source[:end]) or (glob.has_magic(source[:end]) and glob.glob(source[:end], recursive=True)):
            return source[:end], source[end + 2 :].split("::") if end < len(source) else []
    path, *names = source.split("::")
    return path, names


def inputs(source: str) -> list[str]:
    """The paths of all that the source names."""
    path, _ = _split(source)
    return _matching(path) or [path]


def _matching(path: str) -> list[str]:
    """The data files in a folder, or the files that match a pattern; none where the path is neither."""
    import glob

    if os.path.isdir(path):
        every = glob.glob(os.path.join(glob.escape(path), "**"), recursive=True)
        return sorted(each for each in every if os.path.isfile(each) and sources.ending(each) in _ENDINGS)
    if _is_pattern(path):
        return sorted(each for each in glob.glob(path, recursive=True) if os.path.isfile(each))
    return []


def _is_pattern(path: str) -> bool:
    import glob

    return path != sources.STDIN and not os.path.exists(path) and glob.has_magic(path)


def _found(path: str, stack: contextlib.ExitStack) -> Iterator[File]:
    matching = [path] if os.path.isfile(path) else _matching(path)
    if matching:
        yield from (File(_named_in_utf_8(os.path.abspath(each), stack), each) for each in matching)
    elif os.path.isdir(path):
        raise InputError(f"{clipped(path)}: a folder without files of data: {', '.join(FORMATS)}")
    elif _is_pattern(path):
        raise InputError(f"{clipped(path)}: no file matches")
    else:
        copy = stack.enter_context(streams.opened(path))
        yield File(f"/dev/fd/{copy.fileno()}", "stdin" if path == sources.STDIN else path)


def _named_in_utf_8(path: str, stack: contextlib.ExitStack) -> str:
    """The path, or another one that leads to the same file: engines take no bytes for a name that are not UTF-8."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return f"/dev/fd/{stack.enter_context(streams.opened(path)).fileno()}"
    return path


def _format(file: File, path: str) -> str:
    """The format of a file, by what it begins with, or by its ending."""
    try:
        with open(file.path, "rb") as opened:
            start = opened.read(1024)
    except OSError as error:
        raise InputError(sources.missing(file.name, error)) from None
    for signature, name in _SIGNATURES.items():
        if signature.match(start):
            return name
    ending = sources.ending(path if file.name == path else file.name)
    named = _ENDINGS.get(ending, "ndjson" if start.lstrip()[:1] == b"{" else "csv")
    if named in ("parquet", *DATABASES):
        raise InputError(f"{clipped(file.name)}: {'empty' if not start else f'no {named} file'}")
    if ending in _NO_TABLES:
        raise InputError(f"{clipped(file.name)}: is no table of data: give {', '.join(FORMATS)}")
    if start.lstrip()[:1] == b"[" and ending not in ("csv", "tsv", "txt"):
        raise InputError(f"{clipped(file.name)}: a list in JSON: write one record to a line, as jq -c '.[]' does")
    return named


def head(place: Place) -> Head:
    """How the files begin, all of them alike.

    Raises InputError where one begins otherwise, or as no table does.
    """
    found = None
    for file in place.files:
        try:
            each = _head(file, place)
        except FormatError as error:
            raise InputError(f"{clipped(file.name)}: {error}") from None
        if found is not None and each != found:
            raise InputError(
                f"{clipped(file.name)}: does not begin as {clipped(place.files[0].name)}: {_other(each, found)}"
            )
        found = found or each
    assert found is not None
    return found


def _other(one: Head, other: Head) -> str:
    """In what two files differ."""
    if one.names != other.names:
        return f"its columns are {listed(one.names)}, and there {listed(other.names)}"
    if one.delimiter != other.delimiter:
        return f"{one.delimiter!r} separates its columns, and there {other.delimiter!r}"
    return f"its lines end in {one.line_end!r}, and there in {other.line_end!r}"


def _head(file: File, place: Place) -> Head:
    with streams.opened(file.path) as opened:
        start = ""
        for part in streams.text(streams.blocks(opened), place.encoding):
            start += part
            if len(start) >= _HEAD:
                break
    if not start or start.isspace():
        raise FormatError("empty")
    if "\0" in start:
        raise FormatError("a NUL byte: is it binary, or UTF-16 without its mark? Name its --encoding")
    delimiter = place.delimiter or delimited.delimiter_of(start, place.decimal)
    names = [name.strip() for name in _first_row(start, delimiter, is_whole=len(start) < _HEAD)]
    line_end = next(iter(re.findall("\r\n|\n|\r", start)), "\n")
    if place.has_header:
        _check_names(names, place.decimal)
    else:
        names = [*map(str, range(1, len(names) + 1))]
    return Head(tuple(names), delimiter, line_end)


def _first_row(start: str, delimiter: str, is_whole: bool) -> list[str]:
    """The first row, where those after it are as long: engines read some that are not."""
    import csv
    import io

    csv.field_size_limit(_HEAD)
    whole_lines = start if is_whole else start[: max(map(start.rfind, "\r\n")) + 1]
    reader = csv.reader(io.StringIO(whole_lines, newline=""), delimiter=delimiter, strict=True)
    first: list[str] = []
    line = 1
    try:
        for row in islice(reader, _ROWS):
            first = first or row
            if row and len(row) != len(first):
                raise FormatError(f"line {line}: {counted(len(row), 'cell')} where the first row has {len(first)}")
            line = reader.line_num + 1
    except csv.Error as error:
        if "expected after" in str(error):
            raise FormatError(f"line {line}: {delimited.after_quote(delimiter)}") from None
        if is_whole or not first:  # else it may be closed after what was looked at
            raise FormatError(f"line {line}: a quote is opened and never closed") from None
    if not first:
        raise FormatError(f"line 1: the first row does not end within {_HEAD} characters")
    return first


def _check_names(names: Sequence[str], decimal: str) -> None:
    """Refuse a first row that names no columns, and names that do not tell them apart."""
    number = next((name for name in names if is_number(with_point(name, decimal))), None)
    if number is not None:
        raise FormatError(
            f"line 1: {clipped(number)} is a number: if the first row is data, put a header before it (count, drift "
            "and profile take --no-header)"
        )
    twice = next((name for name, count in Counter(names).items() if count > 1), None)
    if twice is not None:
        raise FormatError(f"line 1: two columns are called {clipped(twice)!r}")


@contextlib.contextmanager
def plain(file: File, encoding: str | None, delimiter: str | None = None) -> Iterator[str]:
    """Where the file lies unpacked and in UTF-8: the one given, or a copy.

    Raises InputError where it is a table with that delimiter, and has blanks around the quotes of a cell.
    """
    with streams.opened(file.path) as opened:
        start = opened.read(16)
        opened.seek(0)
        is_plain = sources.packing_of(start) is None and sources.mark_of(start) is None
        if is_plain and encoding in (None, "utf-8"):
            _refuse_loose_quotes(file.path, file.name, delimiter)
            yield file.path
            return
        text = streams.text(streams.blocks(opened), encoding)
        with streams.copied(part.encode() for part in text) as copy:
            path = f"/dev/fd/{copy.fileno()}"
            _refuse_loose_quotes(path, file.name, delimiter)
            yield path


def _refuse_loose_quotes(path: str, name: str, delimiter: str | None) -> None:
    """Raise where a blank stands beside the quotes of a cell: engines drop it, and take two labels for one."""
    if delimiter is None:
        return
    with open(path, "rb") as file:
        if _may_have_loose_quotes(file, re.escape(delimiter.encode())):
            file.seek(0)
            line, where = next(_loose_quotes(file, re.escape(delimiter.encode())), (0, ""))
            if line:
                raise InputError(f"{clipped(name)}: line {line}: a blank {where} a cell: leave it out")


def _may_have_loose_quotes(file: BinaryIO, sign: bytes) -> bool:
    """Whether there are blanks between a quote and what may be the end of a cell; within quotes they mean nothing."""
    loose = re.compile(rb"(?:\A|[\r\n]|%b) +\"|\" +(?:%b|[\r\n]|\Z)" % (sign, sign))
    data = b""
    while block := file.read(_BLOCK):
        data = data[-_SEAM:] + block
        if (b' "' in data or b'" ' in data) and loose.search(data):
            return True
    return False


def _loose_quotes(file: BinaryIO, sign: bytes) -> Iterator[tuple[int, str]]:
    """The lines on which a cell in quotes has blanks beside them, and where these are.

    A quote opens at the start of a cell alone, and what is in quotes is passed over as a whole.
    """
    quoted = re.compile(rb"(?:[\r\n]|%b)( *)\"[^\"]*(?:\"\"[^\"]*)*(?:\"( *)|\Z)" % sign)
    after = re.compile(rb"%b|[\r\n]|\Z" % sign)
    data, line = b"\n", 0  # what was read and not yet passed over
    while len(data) < _LONGEST:
        block = file.read(max(_BLOCK, len(data)))
        data, place = data + block, 0
        for found in quoted.finditer(data):
            if block and found.end() == len(data):
                break  # it may go on
            line, place = line + _ends(data, place, found.start(1)), found.start(1)
            if found[1]:
                yield line, "before the quote that opens"
            if found[2] and after.match(data, found.end()):
                yield line + _ends(data, place, found.end()), "after the quote that closes"
            line, place = line + _ends(data, place, found.end()), found.end()
        else:
            if not block:
                return
            rest = max(place, len(data) - _SEAM)
            line, place = line + _ends(data, place, rest), rest
        data = data[place:]


def _ends(data: bytes, start: int, stop: int) -> int:
    """How many lines end there."""
    lone = data.count(b"\r", start, stop) - data.count(b"\r\n", start, stop)
    return data.count(b"\n", start, stop) + lone


_BLOCK = 2**20
_SEAM = 100  # bytes, more than blanks in a row
_LONGEST = 2**27  # bytes in a cell, of which an engine takes no longer one


@contextlib.contextmanager
def sqlite_copy(place: Place) -> Iterator[tuple[list[str], str]]:
    """The names of the columns of a table of SQLite, and a copy of it in CSV, in which NULL stands for nothing."""
    import sqlite3
    from urllib.parse import quote

    (file,) = place.files
    with contextlib.closing(sqlite3.connect(f"file:{quote(file.path)}?mode=ro", uri=True)) as base:
        try:
            found = base.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name")
            table = chosen_table(place, [row[0] for row in found]).replace('"', '""')
            rows = base.execute(f'SELECT * FROM "{table}"')
            with streams.copied(_csv_rows(rows)) as copy:
                yield [each[0] for each in rows.description], f"/dev/fd/{copy.fileno()}"
        except sqlite3.Error as error:
            raise FormatError(f"SQLite cannot read it: {error}") from None


def _csv_rows(rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    for row in rows:
        yield b",".join(NULL if cell is None else _csv_cell(cell) for cell in row) + b"\n"


def _csv_cell(cell: Any) -> bytes:
    if isinstance(cell, bytes):
        raise FormatError("holds bytes (a BLOB), which are no labels: leave that column out")
    return b'"' + str(cell).encode().replace(b'"', b'""') + b'"'


def chosen_table(place: Place, names: Sequence[str]) -> str:
    """The table that is asked for, or the only one.

    Raises FormatError, with those that there are, where there is no such table, or where none is chosen of several.
    """
    if place.table in names or (place.table is None and len(names) == 1):
        return place.table or names[0]
    if not names:
        raise FormatError("holds no tables")
    if place.table is None:
        raise FormatError(f"holds several tables ({listed(names, 20)}): choose one, as in {place.typed}::{names[0]}")
    raise FormatError(f"no table {clipped(place.table)!r} among {listed(names, 20)}")


def json_path(name: str) -> str:
    """The path of a field in a record of JSON."""
    return '$."' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
