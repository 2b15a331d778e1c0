"""Files, standard input and inline text, each read as Distributions or refused with the place and the cure.

A SOURCE is, in this order: `-` (standard input), an existing path, an existing path with `::NAME` for one of its
columns, or inline text such as `0.5,0.25,1/4` and `A=1/2,B=1/2`.

A format is one decorated function from text to Columns: what the text holds, before a single number is believed.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import math
import os
import stat
import sys
from collections.abc import Sequence
from typing import Any, BinaryIO

import klcli.trees  # noqa: F401 - enters its formats
from klcli import tables
from klcli.columns import FORMATS, Column, FormatError, is_infinite, is_number, line_at
from klcli.distribution import Distribution, listed, numbered
from klcli.errors import InputError, OptionError, OutcomeError, clipped
from klcli.lazy import np
from klcli.numerals import NoNumeralError, NumeralError, counted, numbers

__all__ = ["FORMATS", "STDIN", "called_in_outputs", "only", "read", "read_all", "read_columns", "read_each", "split"]

STDIN = "-"


# The door


def read(source: str | os.PathLike[str], **options: Any) -> Distribution:
    """The one Distribution that the source holds; the options are those of `read_all`.

    Raises InputError where there are several, or none.

    >>> read("A=1/2,B=1/4,C=1/4").outcomes
    ('A', 'B', 'C')
    """
    return only(read_all(source, **options), os.fspath(source))


def only(found: Sequence[Distribution], source: str) -> Distribution:
    """The one Distribution that was found in the source.

    Raises InputError where there are several.
    """
    if len(found) > 1:
        names = [each.name.partition("::")[2] for each in found]
        raise InputError(
            f"{clipped(source)}: holds several distributions ({listed(names, 20)}): "
            f"choose one, as in {clipped(source)}::{names[0]}"
        )
    return found[0]


def read_each(sources: Sequence[str], **options: Any) -> list[list[Distribution]]:
    """What each source holds, under names that tell them apart: as short as that allows.

    Raises InputError as `read_all` does, and where standard input is asked for twice.
    """
    if [split(source) for source in sources].count((STDIN, None)) > 1:
        raise InputError("standard input (-) can be read once only: give the other distribution as a file")
    paths = [split(source)[0] for source in sources]
    names = [called_in_outputs(path) for path in paths]
    clash = {name for name in names if len({path for path in paths if called_in_outputs(path) == name}) > 1}
    return [
        read_all(source, name=path if name in clash else name, **options)
        for source, path, name in zip(sources, paths, names, strict=True)
    ]


def called_in_outputs(path: str) -> str:
    """What a source is called in outputs: the name of its file, or the inline text itself."""
    if path == STDIN:
        return "stdin"
    inline = path.removeprefix(" ") if path.startswith(" -") else path  # the blank kept it from being an option
    return os.path.basename(path) if os.path.exists(path) else clipped(inline, 40)


def read_all(
    source: str | os.PathLike[str],
    *,
    name: str | None = None,
    normalize: bool = False,
    duplicates: str = "refuse",
    input_format: str | None = None,
) -> list[Distribution]:
    """Every Distribution that the source holds, in its order.

    `name` is how the source is called in outputs, `normalize` takes weights of any sum, `duplicates="sum"` adds up
    outcomes that stand twice, `input_format` names a format where the file's ending does not.

    Raises InputError with the source, the place and what would be right.
    """
    if duplicates not in ("refuse", "sum") or (input_format is not None and input_format not in FORMATS):
        raise OptionError(f"duplicates is refuse or sum, input_format one of {', '.join(FORMATS)}")
    source = os.fspath(source)
    path, wanted = split(source)
    columns = read_columns(source, input_format)
    called = name or called_in_outputs(path)
    several = len(columns) > 1 or wanted is not None
    return [
        _distribution(column, f"{called}::{column.name}" if several else called, normalize, duplicates)
        for column in columns
    ]


def read_columns(source: str, input_format: str | None = None) -> list[Column]:
    """What the source holds before a number of it is believed: its columns, or the one that ::NAME asks for.

    Raises InputError with the source, the place and what would be right.
    """
    path, wanted = split(source)
    try:
        columns = _columns(source, path, input_format)
        return columns if wanted is None else [_chosen(columns, wanted)]
    except FormatError as error:
        raise InputError(f"{'stdin' if path == STDIN else clipped(path)}: {error}") from None


def _columns(source: str, path: str, input_format: str | None) -> list[Column]:
    inline = None if path == STDIN or os.path.exists(path) else _inline(source)
    if inline is not None:
        return [inline]
    text = _decoded(_bytes(path))
    found = input_format or _format_of(path, text)
    line = text.strip()
    if found == "csv" and "," in line and "\n" not in line and "\r" not in line:
        with contextlib.suppress(InputError):  # echo 3,7 | klcli entropy: numbers as on the command line
            as_inline = _inline(line)
            if as_inline is not None:
                return [as_inline._replace(place=lambda index: f"line 1, item {index + 1}")]
    return FORMATS[found](text)


def split(source: str) -> tuple[str, str | None]:
    """The path of the source, - for standard input, and the column asked for, if any."""
    marks = [place for place in range(len(source)) if source.startswith("::", place)]
    for place in [len(source), *marks]:
        path, column = source[:place], source[place + 2 :] if place < len(source) else None
        if path in (STDIN, "/dev/stdin"):
            return STDIN, column
        if os.path.exists(path):
            return path, column
    return source, None


def _chosen(columns: list[Column], wanted: str) -> Column:
    for column in columns:
        if column.name == wanted:
            return column
    if wanted in columns[0].beside:
        raise FormatError(f"column {clipped(wanted)!r} holds text, not numbers")
    names = [column.name for column in columns if column.name]
    if not names:
        raise FormatError(f"holds one distribution without a name: leave ::{clipped(wanted)} out")
    from difflib import get_close_matches

    close = get_close_matches(wanted, names, 1)
    hint = f": did you mean ::{close[0]}?" if close else ""
    raise FormatError(f"no column {clipped(wanted)!r} among {listed(names, 20)}{hint}")


def _distribution(column: Column, name: str, normalize: bool, duplicates: str) -> Distribution:
    """The column as a Distribution; what is wrong with a row says which."""
    where = f", column {column.name}" if column.name else ""
    try:
        if column.values is None:
            column = column._replace(values=numbers(column.cells))
        if duplicates == "sum" and column.labels is not None:
            _distribution(column._replace(labels=None), name, True, "refuse")  # no wrong weight hides in a sum
            column = _added_up(column)
        values: Any = column.values
        return Distribution(
            numbered(len(values)) if column.labels is None else tuple(column.labels),
            values,
            name=name,
            labelled=column.labels is not None,
            notes=tuple(f"{name}: {note}" for note in column.notes),
            normalize=normalize,
        )
    except NumeralError as error:
        raise InputError(f"{name}: {column.place(error.index)}{where}: {error}") from None
    except OutcomeError as error:
        places = " and ".join(map(column.place, error.indices))
        doubt = tables.DECIMAL_COMMA if column.has_number_labels and len(error.indices) > 1 else ""
        raise InputError(f"{name}: {places}: {error.what}{doubt}") from None


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
    return column._replace(
        labels=list(rows),
        values=np.array([_sum(values[each].tolist()) for each in rows.values()]),
        place=lambda index: column.place(firsts[index]),
        notes=(*column.notes, f"{counted(repeated, 'row')} added to an outcome that stood before"),
    )


def _sum(values: list[float]) -> float:
    try:
        return math.fsum(values)
    except OverflowError:
        return math.inf


# Bytes and text


def _bytes(path: str) -> bytes:
    if path == STDIN:
        return _standard_input()
    try:
        kind = os.stat(path).st_mode
        if stat.S_ISDIR(kind):
            raise InputError(f"{clipped(path)}: is a directory: name a file in it")
        if not (stat.S_ISREG(kind) or stat.S_ISFIFO(kind) or path == "/dev/fd/0"):
            raise InputError(f"{clipped(path)}: is a device or a socket, not a file")
        with open(path, "rb") as file:
            return _bounded(file, path)
    except (OSError, ValueError) as error:
        raise InputError(_missing(path, error)) from None


def _bounded(file: BinaryIO, name: str) -> bytes:
    """All that the file holds, or InputError where that is more than KLCLI_MAX_BYTES, 2 GiB if it is not set."""
    given = os.environ.get("KLCLI_MAX_BYTES", "")
    most = int(given) if given.isascii() and given.isdigit() and len(given) < 19 else 2**31
    data = bytearray()
    while len(data) <= most and (block := file.read(2**20)):
        data += block
    if len(data) > most:
        raise InputError(f"{clipped(name)}: more than {most} bytes: set KLCLI_MAX_BYTES to read it all the same")
    return bytes(data)


@functools.cache
def _standard_input() -> bytes:
    # Read once and kept, so that -::p and -::q may be two columns of the same input.
    if sys.stdin is None:
        raise InputError("stdin: is closed")
    try:
        return _bounded(sys.stdin.buffer, "stdin")
    except OSError as error:
        raise InputError(f"stdin: cannot be read: {(error.strerror or str(error)).lower()}") from None


def _missing(path: str, error: OSError | ValueError) -> str:
    path = path or "''"
    if not isinstance(error, OSError):
        what = "it holds a NUL" if "\0" in path else error
        return f"{clipped(path)}: not a file name: {what}"
    if error.errno != errno.ENOENT:
        return f"{clipped(path)}: {(error.strerror or str(error)).lower()}"
    from difflib import get_close_matches

    folder, name = os.path.split(path.partition("::")[0])
    try:
        close = get_close_matches(name, os.listdir(folder or "."), 1)
    except OSError:
        close = []
    hint = f": did you mean {os.path.join(folder, close[0])}?" if close else ""
    if "," in path or "=" in path:
        hint = ", nor numbers such as 0.5,1/4,1/4 or A=1/2,B=1/2" + hint
    return f"{clipped(path)}: no such file{hint}"


_SIGNATURES = {
    b"PK\x03\x04": "a zip archive, as Excel's .xlsx is: save the sheet as CSV",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook: save the sheet as CSV",
    b"\x1f\x8b": "compressed with gzip: unpack it first",
    b"PAR1": "a Parquet file, which cannot be read yet",
    b"\x93NUMPY": "a NumPy file, which cannot be read yet",
    b"%PDF": "a PDF",
}


def _decoded(data: bytes) -> str:
    """The bytes as text: UTF-8, or UTF-16 where its mark says so; never guessed."""
    for signature, what in _SIGNATURES.items():
        if data.startswith(signature):
            raise FormatError(f"is {what}")
    is_utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    if not is_utf16:
        data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        text = data.decode("utf-16" if is_utf16 else "utf-8")
    except UnicodeDecodeError as error:
        line = line_at(data[: error.start].decode("latin-1"), error.start)
        what = f"byte 0x{data[error.start]:02x} is not {'UTF-16' if is_utf16 else 'UTF-8'}"
        raise FormatError(f"line {line}: {what}: save the file as UTF-8") from None
    if "\0" in text:
        line = line_at(text, text.index("\0"))
        raise FormatError(f"line {line}: a NUL byte: is it binary, or UTF-16 without its mark? Save it as UTF-8")
    if not text or text.isspace():
        raise FormatError("empty")
    return text


def _format_of(path: str, text: str) -> str:
    ending = os.path.splitext(path)[1].lower().lstrip(".")
    ending = {"yml": "yaml", "tab": "tsv"}.get(ending, ending)
    if ending in FORMATS:
        return ending
    first = tables.first_line(text).strip()
    if first.startswith(("{", "[")):
        return "json"
    if first.startswith("#"):
        return "yaml"
    is_yaml = ": " in first or first.endswith(":") or first[:2] in ("- ", "--")
    return "yaml" if is_yaml and not any(mark in first for mark in ",;\t|") else "csv"


# Inline text


def _inline(source: str) -> Column | None:
    """The column that inline text writes, or None where the text is no list of numbers at all."""
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
        raise InputError(f"{clipped(source)}: {error}") from None
    if any(cell.startswith("0") and cell.isdigit() and len(cell) == 3 for cell in cells):
        raise InputError(f"{clipped(source)}: a comma before three digits: leave thousands separators out")
    if labels and len(labels) < len(cells):
        raise InputError(f"{clipped(source)}: either every number has a label, as in A=1/2,B=1/2, or none has")
    return Column("", labels or None, cells, lambda index: f"item {index + 1}")


def _has_gap(cells: Sequence[str]) -> bool:
    """Whether the cells are numbers but for some that are blank: then a list was meant."""
    given = [cell for cell in cells if cell.strip()]
    return 0 < len(given) < len(cells) and all(map(is_number, given))
