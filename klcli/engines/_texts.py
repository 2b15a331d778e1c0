"""Tables of text: how they begin, and where they lie as an engine reads them."""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import re
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import BinaryIO, NamedTuple, TextIO

from klcli import delimited, sources, streams
from klcli.columns import FormatError, is_number, line_at, repeated
from klcli.distribution import listed
from klcli.engines._files import SAVE_ALIKE, File, Place
from klcli.engines._records import LONGEST, ROWS, TOO_LONG, check_records, lines
from klcli.errors import InputError, clipped
from klcli.numerals import counted
from klcli.tables import with_point

_HEAD = 2**20  # characters in which the first row of a table must end


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
            raise InputError(
                f"{file.name}: does not begin as {place.files[0].name}: {_other(each, found)}{SAVE_ALIKE}"
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
    if one.blank != other.blank:
        return f"{counted(one.blank, 'blank line')} before its first row, and there {other.blank}"
    return f"its lines end in {one.line_end!r}, and there in {other.line_end!r}"


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
        for row in islice(_rows(io.StringIO(whole_lines, newline=""), delimiter), ROWS):
            first = first or row
    except _UnclosedError:
        if is_whole or not first:  # else it may be closed after what was looked at
            raise
    if not first:
        raise FormatError(
            f"line {delimited.first_place(start)}: the first row does not end within {_HEAD} characters"
        )
    return first


class _UnclosedError(FormatError):
    """A quote that is opened and never closed."""


def _rows(text: TextIO, delimiter: str) -> Iterator[list[str]]:
    """The rows of a text; FormatError with the line of one that is longer, shorter or badly quoted."""
    import csv

    csv.field_size_limit(LONGEST)
    reader = csv.reader(lines(text), delimiter=delimiter, strict=True)
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
        what = f"a cell {TOO_LONG}: is a quote never closed?" if is_long else "a quote is opened and never closed"
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
    is_even = signs == (len(head.names) - 1) * rows and longest < LONGEST
    return may_have_blanks, is_even, is_text and _is_text(b"", decoder)


def _is_text(block: bytes, decoder: codecs.IncrementalDecoder) -> bool:
    """Whether the block goes on in UTF-8; that which is empty is the end."""
    if b"\0" in block:
        return False
    if block.isascii() and not decoder.getstate()[0]:  # else a sign is open that the block before began
        return True
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
                line += ends.decode(before, final=bool(nul)).count("\n")
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
    while len(data) < LONGEST:
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
