"""Tables of text: how they begin, and where they lie as an engine reads them."""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import re
import shutil
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, count, islice
from typing import Any, BinaryIO, NamedTuple, TextIO
from urllib.parse import quote

from klcli import delimited, litter, sources, streams
from klcli.columns import FormatError, is_number, line_at, repeated
from klcli.distribution import listed
from klcli.engines._files import SAVE_ALIKE, File, Place, chosen_table
from klcli.errors import InputError, clipped
from klcli.numerals import counted
from klcli.tables import with_point

NULL = b"\\N"  # what stands for NULL in a copy; text is in quotes
_HEAD = 2**20  # characters in which the first row of a table must end
_ROWS = 1000  # that are looked at before an engine reads all


class Head(NamedTuple):
    """How a table of text begins: the names of its columns, what separates them, what ends its rows, blank lines."""

    names: tuple[str, ...]
    delimiter: str
    line_end: str
    blank: int = 0  # lines before the first row


def head(place: Place) -> Head:
    """How the files begin, all of them alike.

    Raises InputError where one begins otherwise, or as no table does.
    """
    found = None
    for file in place.files:
        try:
            each = _head(file, place)
        except FormatError as error:
            raise InputError(f"{file.name}: {error}") from None
        if found is not None and each != found:
            raise InputError(f"{file.name}: does not begin as {place.files[0].name}: {_other(each, found)}")
        found = found or each
    assert found is not None
    return found


def _other(one: Head, other: Head) -> str:
    """In what two files differ."""
    if one.names != other.names:
        return f"its columns are {listed(one.names)}, and there {listed(other.names)}{SAVE_ALIKE}"
    if one.delimiter != other.delimiter:
        return f"{one.delimiter!r} separates its columns, and there {other.delimiter!r}{SAVE_ALIKE}"
    if one.blank != other.blank:
        return f"{counted(one.blank, 'blank line')} before its first row, and there {other.blank}{SAVE_ALIKE}"
    return f"its lines end in {one.line_end!r}, and there in {other.line_end!r}{SAVE_ALIKE}"


def _head(file: File, place: Place) -> Head:
    start = _start(file, place)
    delimited.refuse_excel(start)
    delimiter = place.delimiter or delimited.delimiter_of(start, place.decimal)
    names = [name.strip() for name in _first_row(start, delimiter, is_whole=len(start) < _HEAD)]
    blank, line_end = _before(start)
    if place.has_header:
        _check_names(names, delimited.first_place(start), None if place.are_said_names else place.decimal)
    else:
        names = [*map(str, range(1, len(names) + 1))]
    return Head(tuple(names), delimiter, line_end, blank)


_LINE_END = re.compile("\r\n|\n|\r")


def _before(start: str) -> tuple[int, str]:
    """How many blank lines are before the first row, and what ends that: a line break in quotes does not.

    Raises FormatError where the blank lines end otherwise.
    """
    rows = start.lstrip("\r\n")
    blank = _LINE_END.findall(start[: len(start) - len(rows)])
    found = _LINE_END.search(re.sub('"[^"]*"', "", rows)) or _LINE_END.search(rows)
    line_end = found[0] if found else "\n"
    if {*blank} - {line_end}:
        raise FormatError(f"line 1: blank, and does not end as the lines below it, in {line_end!r}: leave it out")
    return len(blank), line_end


def _start(file: File, place: Place) -> str:
    """The text with which the file begins."""
    start = ""
    with streams.opened(file.path) as opened:
        for part in streams.text(streams.blocks(opened), place.encoding):
            start += part
            if len(start) >= _HEAD:
                break
    if not start or start.isspace():
        raise FormatError("empty")
    if "\0" in start:
        line = line_at(start, start.index("\0"))
        raise FormatError(f"line {line}: {sources.NUL}")
    return start


def check_weights(place: Place) -> Head:
    """How the files begin, where they do so as a table of weights does that is small enough to be read whole.

    Raises InputError where they do not.
    """
    found = head(place)
    for file in place.files:  # which have the same header
        try:
            delimited.refuse_drawn(_start(file, place))
            delimited.check_header(found.names, found.blank + 1)
        except FormatError as error:
            raise InputError(f"{file.name}: {error}") from None
    return found


def _first_row(start: str, delimiter: str, is_whole: bool) -> list[str]:
    """The first row, where those after it are as long: engines read some that are not."""
    whole_lines = start if is_whole else start[: max(map(start.rfind, "\r\n")) + 1]
    first: list[str] = []
    try:
        for row in islice(_rows(io.StringIO(whole_lines, newline=""), delimiter), _ROWS):
            first = first or row
    except _UnclosedError:
        if is_whole or not first:  # else it may be closed after what was looked at
            raise
    if not first:
        raise FormatError(
            f"line {delimited.first_place(start)}: the first row does not end within {_HEAD} characters"
        )
    return first


def _lines(text: TextIO) -> Iterator[str]:
    """The lines of a text, of which none may be longer than engines take, so that they are bounded too."""
    for number in count(1):
        line = text.readline(_LONGEST)
        if not line:
            return
        if len(line) == _LONGEST and line[-1] not in "\r\n":
            raise FormatError(f"line {number}: {_TOO_LONG}")
        yield line


class _UnclosedError(FormatError):
    """A quote that is opened and never closed."""


def _rows(text: TextIO, delimiter: str) -> Iterator[list[str]]:
    """The rows of a text; FormatError with the line of one that is longer, shorter or badly quoted."""
    import csv

    csv.field_size_limit(_LONGEST)
    reader = csv.reader(_lines(text), delimiter=delimiter, strict=True)
    width, line = 0, 1
    try:
        for row in reader:
            width = width or len(row)
            if row and len(row) != width:
                raise FormatError(f"line {line}: {counted(len(row), 'cell')} where the first row has {width}")
            yield row
            line = reader.line_num + 1
    except csv.Error as error:
        if "expected after" in str(error):
            raise FormatError(f"line {line}: {delimited.after_quote(delimiter)}") from None
        is_long = "limit" in str(error)
        what = f"a cell {_TOO_LONG}: is a quote never closed?" if is_long else "a quote is opened and never closed"
        raise _UnclosedError(f"line {line}: {what}") from None


def first_fault(place: Place) -> str | None:
    """What is wrong with the text of a source that an engine could not read, with the file and the line.

    All of it is read once more, as engines count lines each in its own way, or not at all. None where nothing is.
    """
    delimiter = head(place).delimiter if place.format == "csv" else ""
    for file in place.files:
        try:
            with plain(file, place.encoding) as path, open(path, encoding="utf-8", newline="") as text:
                if place.format == "csv":
                    deque(_rows(text, delimiter), 0)
                else:
                    check_records(text)
        except FormatError as error:
            return f"{file.name}: {error}"
        except UnicodeError:
            return _no_text(file)
    return None


def names_in_records(
    ask: Callable[[str], Sequence[Sequence[Any]]], lines: str, record: str, paths: Iterable[str]
) -> list[str]:
    """The names in records of JSON: as the first records have them, and then those that none of these has.

    `ask` runs a query, `lines` and `record` are the SQL of the records, which lie in these files. Raises FormatError
    where one is no record or has a name twice, where there are no names, and where they name no columns of records.
    """
    keys = f"json_object_keys({record})"
    [(records, wrong, twice)] = ask(
        f"SELECT count(*), count(CASE WHEN {keys} IS NULL THEN 1 END), "
        f"count(CASE WHEN size({keys}) <> size(array_distinct({keys})) THEN 1 END) FROM {lines}"
    )
    if wrong:
        raise FormatError(f"{wrong} of {records} lines are no record of JSON")
    if twice:
        raise FormatError(f"a name stands twice in {twice} of {records} records")
    found = [name for (name,) in ask(f"SELECT DISTINCT explode({keys}) AS name FROM {lines}")]
    if not found:
        raise FormatError("no records with names" if records else "empty")
    if records == 1:
        _refuse_columns(paths)
    first = [names for (names,) in ask(f"SELECT {keys} FROM {lines} LIMIT {_ROWS}")]
    names = [*dict.fromkeys([*chain(*first), *sorted(found)])]
    if len(names) > _MOST_NAMES:  # to plan a query takes the square of their number
        raise FormatError(f"records with {len(names)} different names, {listed(names)}: save them as CSV or Parquet")
    return names


def _refuse_columns(paths: Iterable[str]) -> None:
    """Raise FormatError where the only record of JSON is a table by its columns: nothing but lists or mappings.

    What engines take for JSON, as they do a comma before a bracket, and Python does not, is passed over.
    """
    for path in paths:
        record: dict[str, Any] = {}
        with open(path, encoding="utf-8", newline="") as text, contextlib.suppress(ValueError, RecursionError):
            record = next((_loaded(line) for line in _lines(text) if line.strip()), {})
        if record and all(isinstance(value, (list, dict)) for value in record.values()):
            raise FormatError(
                "one record of lists or mappings alone: if it is a table by its columns, write one record to a line, "
                "as pandas does by to_json(orient='records', lines=True)"
            )


_OPEN = "ends within a record of JSON: write one record to a line, as jq -c . does"


def check_records(text: TextIO) -> None:
    """Raise FormatError with the first line that is no record of JSON, as RFC 8259 has it, or holds a name twice."""
    import json

    for number, line in enumerate(_lines(text), 1):
        if line.endswith("\r"):
            raise FormatError(f"line {number}: ends in CR alone: end lines in LF")
        try:
            record = _loaded(line) if line.strip() else {}
            if "\\u" in line:
                json.dumps(record, ensure_ascii=False).encode()  # half of a pair of surrogates is no sign
        except UnicodeError:
            raise FormatError(f"line {number}: no JSON: half of a surrogate pair, which is no sign") from None
        except (ValueError, RecursionError) as error:
            if getattr(error, "pos", -1) >= len(line.rstrip()):
                raise FormatError(f"line {number}: {_OPEN}") from None
            raise FormatError(f"line {number}: no JSON: {getattr(error, 'msg', error)}") from None
        if not isinstance(record, dict):
            raise FormatError(f"line {number}: no record of JSON")
        if isinstance(record, _Record) and record.twice is not None:
            raise FormatError(f"line {number}: two values are called {clipped(record.twice)!r}: leave one out")


def _loaded(line: str) -> Any:
    import json

    # A whole number may be of any length, for it is counted as text.
    return json.loads(line, parse_int=str, parse_constant=_no_constant, object_pairs_hook=_Record)


class _Record(dict[str, Any]):
    """A mapping in JSON, and the name that stands in it twice, if one does."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.twice = repeated(name for name, _ in pairs) if len(pairs) > len(self) else None


def _no_constant(word: str) -> None:
    raise ValueError(f"{word} is no number of JSON")


def _check_names(names: Sequence[str], line: int, decimal: str | None) -> None:
    """Refuse a first row that names no columns, and names that do not tell them apart.

    Numbers with this decimal sign are no names; without one any are.
    """
    number = next((name for name in names if decimal and is_number(with_point(name, decimal))), None)
    if number is not None:
        raise FormatError(
            f"line {line}: {clipped(number)} is a number: if the first row is data, put a header before it (count, "
            "drift and profile take --no-header, and --header where these are names)"
        )
    twice = repeated(names)
    if twice is not None:
        raise FormatError(f"line {line}: two columns are called {clipped(twice)!r}")


@contextlib.contextmanager
def plain(file: File, encoding: str | None, head: Head | None = None) -> Iterator[str]:
    """Where the file lies unpacked and in UTF-8: the one given, or a copy.

    Raises InputError where it is a table that begins so, and has blanks around the quotes of a cell, or a row that
    is longer or shorter than the first one.
    """
    with streams.opened(file.path) as opened:
        start = opened.read(16)
        opened.seek(0)
        is_plain = sources.packing_of(start) is None and sources.mark_of(start) is None
        if is_plain and encoding in (None, "utf-8"):
            _refuse_what_engines_pass_over(file.path, file.name, head)
            is_misnamed = os.path.splitext(file.path)[1].lower() in _OF_PACKED  # by which an engine would go
            yield f"/dev/fd/{opened.fileno()}" if is_misnamed else file.path
            return
        text = streams.text(streams.blocks(opened), encoding)
        with streams.copied(part.encode() for part in text) as copy:
            path = f"/dev/fd/{copy.fileno()}"
            _refuse_what_engines_pass_over(path, file.name, head)
            yield path


_OF_PACKED = (*sources.ENDINGS, ".lz4", ".snappy", ".deflate")


def _refuse_what_engines_pass_over(path: str, name: str, head: Head | None) -> None:
    """Raise for what an engine would drop from a table, so that two labels become one, or a cell another one.

    That is a blank beside the quotes of a cell, and blank cells too many in a row. What is no text would be passed
    over in columns that are not asked for.
    """
    if head is None:
        return
    may_have_blanks, is_even, is_text = _looked_through(path, head)
    if not is_text:
        raise InputError(_no_text(File(path, name)))
    if may_have_blanks:
        with open(path, "rb") as file:
            line, where = next(_loose_quotes(file, re.escape(head.delimiter.encode())), (0, ""))
        if line:
            raise InputError(f"{name}: line {line}: a blank {where} a cell: leave it out")
    if not is_even:
        try:
            with open(path, encoding="utf-8", newline="") as text:
                deque(_rows(text, head.delimiter), 0)
        except FormatError as error:
            raise InputError(f"{name}: {error}") from None


def _looked_through(path: str, head: Head) -> tuple[bool, bool, bool]:
    """Whether there may be blanks between a quote and the end of a cell, no row has too much, and it is text.

    Within quotes such blanks mean nothing. No row has cells too many if there are as many delimiters outside of
    quotes as so many rows have; and none has more bytes than an engine takes, which may want many times the memory.
    """
    sign, line_end = head.delimiter.encode(), head.line_end.encode()
    loose = re.compile(rb"(?:\A|[\r\n]|%b) +\"|\" +(?:%b|[\r\n]|\Z)" % ((re.escape(sign),) * 2))
    end = line_end[-1:]  # alone, since a block may part CR from LF
    signs, ends, is_quoted, may_have_blanks, last = 0, 0, False, False, b""
    length, longest = 0, 0  # of the row that goes on, and of the longest one
    decoder, is_text = codecs.getincrementaldecoder("utf-8")(), True
    with open(path, "rb") as file:
        while block := file.read(_BLOCK):
            data = last[-_SEAM:] + block
            if not may_have_blanks and (b' "' in data or b'" ' in data):
                may_have_blanks = loose.search(data) is not None
            parts = block.split(b'"')
            outside = b'"'.join(parts[is_quoted::2])
            is_quoted ^= len(parts) % 2 == 0
            signs += outside.count(sign)
            ends += outside.count(end) - outside.count(end + line_end)  # of which one is that of a blank line
            last = block
            is_text = is_text and _is_text(block, decoder)
            length = len(outside) - outside.rfind(end) if end in outside else length + len(block)
            longest = max(longest, length)
    rows = ends + (not last.endswith(end)) - head.blank
    is_even = signs == (len(head.names) - 1) * rows and longest < _LONGEST
    return may_have_blanks, is_even, is_text and _is_text(b"", decoder)


def _is_text(block: bytes, decoder: codecs.IncrementalDecoder) -> bool:
    """Whether the block goes on in UTF-8; that which is empty is the end."""
    is_between_signs = not decoder.getstate()[0]
    if b"\0" in block or (is_between_signs and block.isascii()):
        return b"\0" not in block
    try:
        decoder.decode(block, final=not block)
    except UnicodeError:
        return False
    return True


def _no_text(file: File) -> str:
    """Where the file is no text, or has a NUL byte, which no text has."""
    line, ends = 1, io.IncrementalNewlineDecoder(None, translate=True)
    with streams.opened(file.path) as opened:
        try:
            for part in streams.text(streams.blocks(opened)):
                before, nul, _ = part.partition("\0")
                line += ends.decode(before).count("\n")
                if nul:
                    return f"{file.name}: line {line}: {sources.NUL}"
        except FormatError as error:
            return f"{file.name}: {error}"
    raise AssertionError("it is text")


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
_TOO_LONG = f"longer than {_LONGEST >> 20} MiB"


@contextlib.contextmanager
def sqlite_copy(place: Place) -> Iterator[tuple[list[str], str, set[int]]]:
    """The names of the columns of a table of SQLite, a copy of it in CSV, and which of the columns hold bytes.

    NULL stands for nothing there, and so it does for bytes.
    """
    import sqlite3

    (file,) = place.files
    with contextlib.ExitStack() as stack:
        try:
            real = os.path.realpath(file.path)  # beside which its log lies
            _refuse_part_of_a_page(real)
            path, how = stack.enter_context(_left_alone(real))
            uri = f"file:{quote(os.fsencode(path))}?{how}"
            base = stack.enter_context(contextlib.closing(sqlite3.connect(uri, uri=True)))
            found = base.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name")
            table = chosen_table(place, [row[0] for row in found]).replace('"', '""')
            rows = base.execute(f'SELECT * FROM "{table}"')
            binary: set[int] = set()
            with streams.copied(_csv_rows(rows, binary)) as copy:
                stack.close()
                yield [each[0] for each in rows.description], f"/dev/fd/{copy.fileno()}", binary
        except sqlite3.Error as error:
            is_left = os.path.exists(f"{real}-journal") and "readonly" in str(error)
            what = "a write to it was never ended: open it once by sqlite3, beside its -journal" if is_left else error
            raise FormatError(f"SQLite cannot read it: {what}") from None


def _refuse_part_of_a_page(path: str) -> None:
    """Raise FormatError where the last page of a database is not whole: SQLite has zeros where there is nothing."""
    with open(path, "rb") as file:
        start = file.read(18)
    size = int.from_bytes(start[16:], "big")
    size = 65536 if size == 1 else size
    if start.startswith(b"SQLite") and size and os.path.getsize(path) % size:
        raise FormatError("cut off in the middle of a page: copy it once more")


@contextlib.contextmanager
def _left_alone(path: str) -> Iterator[tuple[str, str]]:
    """The path by which SQLite is to open a database, and how, so that it leaves no file beside it.

    Beside one that keeps a log of what is to be written (WAL) it leaves -wal and -shm where nobody else has it open.
    There it is read as what does not change, or, with a log that somebody has left, as a copy of both.

    Raises FormatError where it has changed by the end.
    """
    with open(path, "rb") as file:
        is_logged = file.read(20)[18:19] == b"\2"
    if not is_logged or os.path.exists(f"{path}-shm"):
        yield path, "mode=ro"
        return
    before = _as_it_is(path)
    if not os.path.exists(f"{path}-wal"):
        yield path, "mode=ro&immutable=1"
    else:
        with litter.folder() as folder:
            for ending in ("", "-wal"):
                shutil.copyfile(f"{path}{ending}", f"{folder}/copy{ending}")
            yield f"{folder}/copy", "mode=ro"
    if _as_it_is(path) != before:
        raise FormatError("was written to while it was read: try again")


def _as_it_is(path: str) -> list[tuple[int, int] | None]:
    """Of the database and its log: how large it is, and when it was written to."""
    found = (os.stat(each) if os.path.exists(each) else None for each in (path, f"{path}-wal"))
    return [each and (each.st_size, each.st_mtime_ns) for each in found]


def _csv_rows(rows: Iterable[Sequence[Any]], binary: set[int]) -> Iterator[bytes]:
    for row in rows:
        binary.update(index for index, cell in enumerate(row) if isinstance(cell, bytes))
        yield b",".join(map(_csv_cell, row)) + b"\n"


def _csv_cell(cell: Any) -> bytes:
    if cell is None or isinstance(cell, bytes):
        return NULL
    return b'"' + str(cell).encode().replace(b'"', b'""') + b'"'


_MOST_NAMES = 5000  # in records of JSON
JSON_NUMBER = "-?[0-9][-+0-9.eE]*"  # outside of strings
MARK = (
    "\ufdd0"  # before a number in quotes, that was none of the record: Unicode keeps it from being a sign of any text
)


def json_pointer(name: str) -> str:
    """The pointer to a field of a record of JSON (RFC 6901), which any name can have."""
    return "/" + name.replace("~", "~0").replace("/", "~1")
