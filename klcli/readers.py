"""Files, standard input and inline text, each read as Distributions or refused with the place and the cure.

A SOURCE is, in this order: `-` (standard input), an existing path, an existing path with `::NAME` for one of its
columns, or inline text such as `0.5,0.25,1/4` and `A=1/2,B=1/2`.

A format is one decorated function from text to Columns: what the text holds, before a single number is believed.
"""

from __future__ import annotations

import errno
import functools
import os
import re
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from klcli.distribution import Distribution, listed, numbered
from klcli.errors import InputError, OutcomeError
from klcli.lazy import np
from klcli.numerals import NumeralError, number, numbers

if TYPE_CHECKING:
    from klcli.numerics import Array

LABEL_NAMES = ("label", "outcome", "category", "name")
STDIN = "-"


class Column(NamedTuple):
    """One distribution as text: its name in the file, its labels if any, its cells, and where each row stands."""

    name: str
    labels: Sequence[str] | None
    cells: Sequence[str]
    place: Callable[[int], str]
    notes: tuple[str, ...] = ()
    values: Array | None = None  # the numbers, where they are read already and there are no cells


class FormatError(Exception):
    """Raised for text that its format cannot read; the name of the source is added where it is caught."""


Reader = Callable[[str], list[Column]]
FORMATS: dict[str, Reader] = {}


def reads(name: str) -> Callable[[Reader], Reader]:
    """A decorator that makes a function from text to Columns the reader of the format of that name."""

    def enter(function: Reader) -> Reader:
        FORMATS[name] = function
        return function

    return enter


# The door


def read(source: str, **options: Any) -> Distribution:
    """The one Distribution that the source holds; the options are those of `read_all`.

    Raises InputError where there are several, or none.

    >>> read("A=1/2,B=1/4,C=1/4").outcomes
    ('A', 'B', 'C')
    """
    return only(read_all(source, **options), source)


def only(found: Sequence[Distribution], source: str) -> Distribution:
    """The one Distribution that was found in the source.

    Raises InputError where there are several.
    """
    if len(found) > 1:
        names = [each.name.rpartition("::")[2] for each in found]
        raise InputError(
            f"{clipped(source)}: holds several distributions ({listed(names, 20)}): "
            f"choose one, as in {clipped(source)}::{names[0]}"
        )
    return found[0]


def read_each(sources: Sequence[str], **options: Any) -> list[list[Distribution]]:
    """What each source holds, under names that tell them apart: as short as that allows.

    Raises InputError as `read_all` does, and where standard input is asked for twice.
    """
    if sources.count(STDIN) > 1:
        raise InputError("standard input (-) can be read once only: give the other distribution as a file")
    paths = [split(source)[0] for source in sources]
    names = [os.path.basename(path) for path in paths]
    clash = {name for name in names if len({path for path in paths if os.path.basename(path) == name}) > 1}
    return [
        read_all(source, name=path if name in clash else None, **options)
        for source, path, name in zip(sources, paths, names, strict=True)
    ]


def read_all(
    source: str,
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
    path, wanted = split(source)
    inline = _inline(source)
    try:
        if inline is not None:
            columns, called = [inline], name or clipped(source, 40)
        else:
            text = _decoded(_bytes(path))
            columns = FORMATS[input_format or _format_of(path, text)](text)
            called = name or ("stdin" if path == STDIN else os.path.basename(path))
            if wanted is not None:
                columns = [_chosen(columns, wanted)]
    except FormatError as error:
        raise InputError(f"{'stdin' if path == STDIN else clipped(path)}: {error}") from None
    several = len(columns) > 1 or wanted is not None
    return [
        _distribution(column, f"{called}::{column.name}" if several else called, normalize, duplicates)
        for column in columns
    ]


def clipped(text: str, most: int = 80) -> str:
    """The text, cut where it is too long for a message."""
    return text if len(text) <= most else text[: most - 1] + "…"


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
        weights: Any = numbers(column.cells) if column.values is None else column.values
        outcomes, notes = column.labels, column.notes
        if duplicates == "sum" and outcomes is not None and len(set(outcomes)) < len(outcomes):
            sums: dict[str, float] = {}
            for outcome, weight in zip(outcomes, weights.tolist(), strict=True):
                sums[outcome] = sums.get(outcome, 0.0) + weight
            notes = (*notes, f"{len(outcomes) - len(sums)} rows added to an outcome that stood before")
            outcomes, weights = list(sums), list(sums.values())
        return Distribution(
            tuple(numbered(len(weights)) if outcomes is None else outcomes),
            weights,
            name=name,
            labelled=outcomes is not None,
            notes=tuple(f"{name}: {note}" for note in notes),
            normalize=normalize,
        )
    except NumeralError as error:
        raise InputError(f"{name}: {column.place(error.index)}{where}: {error}") from None
    except OutcomeError as error:
        places = " and ".join(map(column.place, error.indices))
        raise InputError(f"{name}: {places}: {error.what}") from None


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
            return file.read()
    except (OSError, ValueError) as error:
        raise InputError(_missing(path, error)) from None


@functools.cache
def _standard_input() -> bytes:
    # Read once and kept, so that -::p and -::q may be two columns of the same input.
    if sys.stdin is None:
        raise InputError("stdin: is closed")
    return sys.stdin.buffer.read()


def _missing(path: str, error: OSError | ValueError) -> str:
    if not isinstance(error, OSError):
        return f"{clipped(path)}: not a file name: {error}"
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
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        byte = data[error.start]
        raise FormatError(
            f"line {line}: byte 0x{byte:02x} is not {encoding[:6].upper().rstrip('-')}: save the file as UTF-8"
        ) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise FormatError(f"line {line}: a NUL byte: is it binary, or UTF-16 without its mark? Save it as UTF-8")
    if not text or text.isspace():
        raise FormatError("empty")
    return text


def _format_of(path: str, text: str) -> str:
    ending = os.path.splitext(path)[1].lower().lstrip(".")
    ending = {"yml": "yaml", "tab": "tsv"}.get(ending, ending)
    if ending in FORMATS:
        return ending
    first = _first_line(text)
    if first.startswith(("{", "[")):
        return "json"
    if not any(mark in first for mark in ",;\t|") and (
        ": " in first or first.endswith(":") or first[:2] in ("- ", "--")
    ):
        return "yaml"
    return "csv"


def _first_line(text: str) -> str:
    """The first line that is not blank, without blanks around it."""
    start = next(index for index, character in enumerate(text) if not character.isspace())
    return re.split("[\r\n]", text[start : start + 10_000], maxsplit=1)[0].rstrip()


# Inline text


def _inline(source: str) -> Column | None:
    """The column that inline text writes, or None where it names a file or is no list of numbers."""
    path, wanted = split(source)
    if path == STDIN or wanted is not None or os.path.exists(source):
        return None
    parts = source.split(",")
    labels, cells = [], []
    for part in parts:
        label, equals, cell = part.rpartition("=")
        try:
            number(cell)
        except NumeralError as error:
            if not source.strip() or "not a number" in str(error) or "blank" in str(error):
                return None
            raise InputError(f"{clipped(source)}: {error}") from None
        if equals:
            labels.append(label.strip())
        cells.append(cell)
    if labels and len(labels) < len(cells):
        raise InputError(f"{clipped(source)}: either every number has a label, as in A=1/2,B=1/2, or none has")
    return Column("", labels or None, cells, lambda index: f"item {index + 1}")


# Tables: CSV and TSV


@reads("csv")
def csv_columns(text: str) -> list[Column]:
    """The columns of comma-separated values; `;`, a tab or `|` where the first line leaves no doubt."""
    first = _first_line(text)
    if first.lower().startswith("sep="):
        raise FormatError(f"line 1: Excel's {first.strip()!r} line: delete it")
    others = [mark for mark in ";\t|" if mark in first]
    if "," not in first and len(others) > 1:
        raise FormatError(f"line 1: which of {' '.join(map(repr, others))} separates the columns? Use commas")
    return _delimited(text, "," if "," in first or not others else others[0])


@reads("tsv")
def tsv_columns(text: str) -> list[Column]:
    """The columns of tab-separated values."""
    return _delimited(text, "\t")


def _delimited(text: str, delimiter: str) -> list[Column]:
    def place(index: int) -> str:
        line, _ = next(islice(_lines(text, delimiter), index + has_header, None))
        return f"line {line}"

    has_header = True
    plain = _plain_table(text, delimiter, place)
    if plain is not None:
        return plain
    cells = _cells(text, delimiter)
    names = [column[0].strip() for column in cells]
    has_header = not any(map(_is_number, names))
    if has_header:
        _check_header(names)
        cells = [column[1:] for column in cells]
        if not cells[0]:
            raise FormatError("empty: a header and no rows")
        return _table(names, cells, place)
    if len(cells) == 1:
        return [Column("", None, cells[0], place)]
    names = [str(position) for position in range(1, len(cells) + 1)]
    columns = _table(names, cells, place, labels_first=len(cells) == 2)
    return [column._replace(notes=(*column.notes, "no header: the first row is data")) for column in columns]


def _plain_table(text: str, delimiter: str, place: Callable[[int], str]) -> list[Column] | None:
    """The columns of a table that delimiters and ends of lines alone divide, or None where csv's rules are needed.

    A big file is read a block at a time, and only its labels and its numbers are kept: twice as fast as csv and
    in half the memory. Whatever is unusual, mistakes above all, is left to the other way.
    """
    names = [name.strip() for name in text[: text.find("\n")].split(delimiter)]
    stop = len(text) - (len(text[-1000:]) - len(text[-1000:].rstrip("\n")))
    start = text.find("\n") + 1
    first = text[start:].split("\n", 1)[0].split(delimiter)
    width = len(names)
    if not start or '"' in text or "\r" in text or len(first) != width or any(map(_is_number, names)):
        return None
    _check_header(names)
    label = _label_column(names, [[cell] for cell in first])
    labels: list[str] = []
    parts: dict[int, list[Any]] = {index: [] for index in range(width) if index != label}
    row_of_marks = delimiter.encode() * (width - 1) + b"\n"
    while start < stop:
        end = text.find("\n", start + 2**18, stop) % (stop + 1)  # the whole rest where there is none
        block, start = text[start:end], end + 1
        marks = block.encode().translate(None, _ALL_BUT[delimiter]) + b"\n"
        if marks != row_of_marks * (len(marks) // width):
            return None
        cells = block.replace("\n", delimiter).split(delimiter)
        if label is not None:
            labels += cells[label::width]
        try:
            for index, part in parts.items():
                part.append(numbers(cells[index::width]))
        except NumeralError:
            return None
    return [
        Column(names[index], labels if label is not None else None, (), place, values=np.concatenate(part))
        for index, part in parts.items()
    ]


_ALL_BUT = {mark: bytes(set(range(256)) - {ord(mark), ord("\n")}) for mark in ",;\t|"}


def _cells(text: str, delimiter: str) -> list[list[str]]:
    """The cells column by column; blank lines are passed over, save between the rows of a single column."""
    import csv
    import io

    csv.field_size_limit(max(131_072, len(text)))
    # TextIOWrapper splits lines as csv wants them and, unlike StringIO, does not hold four bytes a character.
    lines = io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8", newline="")
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    columns: list[list[str]] = []
    blank = 0
    try:
        while rows := list(islice(reader, 1024)):  # few enough to be still in the cache when they are turned
            kept = list(filter(None, rows))
            blank += len(rows) - len(kept)
            columns = columns or [[] for _ in range(max(map(len, kept), default=0))]
            if not {len(columns)}.issuperset(map(len, kept)):
                _refuse_lines(text, delimiter)
            for column, cells in zip(columns, zip(*kept, strict=True), strict=False):
                column.extend(cells)
    except csv.Error:
        _refuse_lines(text, delimiter)
    if blank and len(columns) == 1:
        _refuse_lines(text, delimiter)
    return columns


def _lines(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not blank, with the physical line on which it starts; slow, for messages."""
    import csv
    import io

    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for row in reader:
            if row:
                yield line, row
            line = reader.line_num + 1
    except csv.Error as error:
        what = "a quote is opened and never closed" if "end of data" in str(error) else str(error)
        raise FormatError(f"line {line}: {what}") from None


def _refuse_lines(text: str, delimiter: str) -> None:
    """Raise for the first row that is not like the first one, if there is one."""
    rows = _lines(text, delimiter)
    line, first = next(rows)
    after = line
    for line, row in rows:
        if len(row) != len(first):
            cells = f"{len(row)} cell{'s' * (len(row) != 1)} where the first row has {len(first)}"
            raise FormatError(f"line {line}: {cells} (separated by {delimiter!r})")
        if len(first) == 1 and line > after + 1 + "".join(row).count("\n"):
            raise FormatError(f"line {line - 1}: blank between numbers: a missing value is not 0")
        after = line


def _is_number(cell: str) -> bool:
    try:
        number(cell)
    except NumeralError:
        return False
    return True


def _check_header(names: Sequence[str]) -> None:
    """Refuse a first row that is neither a header nor a row of data, and names that do not tell columns apart."""
    for position, name in enumerate(names):
        digits = name.lstrip("+-.,")[:1].isdigit() or name.lower() in (
            "nan",
            "na",
            "n/a",
            "null",
            "inf",
            "infinity",
        )
        if digits or (not name and position > 0):
            what = "blank" if not name else repr(clipped(name))
            raise FormatError(f"line 1, column {position + 1}: {what} is neither a number nor the name of a column")
        if name in names[:position]:
            raise FormatError(f"line 1: two columns are called {clipped(name)!r}")


def _table(
    names: Sequence[str],
    columns: Sequence[Sequence[str]],
    place: Callable[[int], str],
    labels_first: bool = False,
) -> list[Column]:
    """The columns of numbers in a table, each with the labels of its label column."""
    label = 0 if labels_first else _label_column(names, columns)
    labels = None if label is None else columns[label]
    values = [index for index in range(len(columns)) if index != label]
    text = [index for index in values if not any(map(_is_number, columns[index]))] if len(values) > 1 else []
    note = (f"text, so not used: column {listed([names[index] for index in text])}",) if text else ()
    kept = [index for index in values if index not in text] or values
    return [Column(names[index], labels, columns[index], place, note) for index in kept]


def _label_column(names: Sequence[str], columns: Sequence[Sequence[str]]) -> int | None:
    """Where the labels stand: a column of a known or blank name, or else the first that is not numeric."""
    if len(columns) == 1:
        return None
    for index, name in enumerate(names):
        if name.lower() in LABEL_NAMES or not name:
            return index
    for index, column in enumerate(columns):
        if not _is_number(column[0]):
            return index
    return next((index for index, column in enumerate(columns) if not all(map(_is_number, column))), None)


# Trees: JSON and YAML


class Literal(str):
    """A scalar as it is written, without quotes: whatever number it may be is not yet believed."""

    line = 0


class Quoted(str):
    """A scalar that was written in quotes."""

    line = 0


class Items(list[Any]):
    """The items of a list."""

    line = 0


class Members(list[tuple[str, Any]]):
    """The members of a mapping in their order, those that stand twice included."""

    line = 0
    key: str | None = None  # while it is read: the name whose value comes next


@reads("json")
def json_columns(text: str) -> list[Column]:
    """The columns of a JSON text."""
    import json

    try:
        tree = json.loads(
            text, parse_float=Literal, parse_int=Literal, parse_constant=Literal, object_pairs_hook=Members
        )
    except json.JSONDecodeError as error:
        raise FormatError(f"line {error.lineno}, column {error.colno}: not JSON: {error.msg.lower()}") from None
    except RecursionError:
        raise FormatError("nested too deeply") from None
    return _tree_columns(tree)


@reads("yaml")
def yaml_columns(text: str) -> list[Column]:
    """The columns of a YAML text: scalars as they are written, no tags, no aliases, one document."""
    import yaml

    try:
        tree = _yaml_tree(yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise FormatError(f"{line}not YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        raise FormatError(f"not YAML: {str(error).splitlines()[0]}") from None
    if tree is None:
        raise FormatError("empty")
    return _tree_columns(tree)


def _yaml_tree(events: Iterator[Any]) -> Any:
    import yaml

    open_nodes: list[Any] = []
    root: Any = None
    for event in events:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.DocumentStartEvent) and root is not None:
            raise FormatError(f"line {line}: a second document begins: keep one to a file")
        if isinstance(event, yaml.AliasEvent):
            raise FormatError(f"line {line}: an alias, *{event.anchor}: write the values out")
        if not isinstance(event, yaml.NodeEvent | yaml.CollectionEndEvent):
            continue
        tag = getattr(event, "tag", None)
        if tag is not None:
            raise FormatError(f"line {line}: a tag, {tag}: write the value without it")
        if isinstance(event, yaml.CollectionEndEvent):
            node = open_nodes.pop()
        else:
            node = _yaml_node(event)
            node.line = line
        if isinstance(event, yaml.CollectionStartEvent):
            open_nodes.append(node)
            if len(open_nodes) > 50:
                raise FormatError(f"line {line}: nested too deeply")
        elif not open_nodes:
            root = node
        elif isinstance(open_nodes[-1], Items):
            open_nodes[-1].append(node)
        elif open_nodes[-1].key is not None:
            open_nodes[-1].append((open_nodes[-1].key, node))
            open_nodes[-1].key = None
        elif isinstance(node, str):
            open_nodes[-1].key = node
        else:
            raise FormatError(f"line {node.line}: a label must be plain text")
    return root


def _yaml_node(event: Any) -> Any:
    import yaml

    if isinstance(event, yaml.ScalarEvent):
        return Quoted(event.value) if event.style else Literal(event.value)
    return Items() if isinstance(event, yaml.SequenceStartEvent) else Members()


def _tree_columns(tree: Any) -> list[Column]:
    """The columns that a tree holds, whatever its shape."""
    if isinstance(tree, Members):
        members = dict(tree)
        if _is_own(members):
            return _own_columns(members["results"])
        if tree and not any(isinstance(node, list) for _, node in tree):
            return [_mapping_column("", tree, "$")]
        return _named_columns(tree)
    if isinstance(tree, list) and tree and all(isinstance(node, Members) for node in tree):
        return _record_columns(tree, "$")
    if isinstance(tree, list):
        return [_list_column("", None, tree, "$")]
    raise FormatError(f"{_place(tree, '$')}: expected a list or a mapping of numbers, found {_kind(tree)}")


def _named_columns(tree: Members) -> list[Column]:
    """A mapping from names to distributions, with `labels` for those that are lists."""
    _refuse_twice(tree)
    if not tree:
        raise FormatError("empty")
    labels = None
    columns = []
    for name, node in tree:
        path = f"$.{name}"
        if isinstance(node, Members):
            columns.append(_mapping_column(name, node, path))
        elif not isinstance(node, list):
            raise FormatError(f"{_place(node, path)}: expected a list or a mapping, found {_kind(node)}")
        elif name == "labels":
            labels = [_text(item, f"{path}[{index}]") for index, item in enumerate(node)]
        elif node and all(isinstance(item, Members) for item in node):
            columns += [column._replace(name=name) for column in _record_columns(node, path)]
        else:
            columns.append(_list_column(name, None, node, path))
    if not columns:
        raise FormatError("empty: labels and no numbers")
    for index, column in enumerate(columns):
        if labels is not None and column.labels is None:
            if len(labels) != len(column.cells):
                raise FormatError(f"$.{column.name}: {len(column.cells)} numbers for {len(labels)} labels")
            columns[index] = column._replace(labels=labels)
    return columns


def _list_column(name: str, labels: Sequence[str] | None, items: list[Any], path: str) -> Column:
    cells = [_cell(item, f"{path}[{index}]") for index, item in enumerate(items)]
    return Column(name, labels, cells, lambda index: _place(items[index], f"{path}[{index}]"))


def _mapping_column(name: str, members: Members, path: str) -> Column:
    cells = [_cell(node, f"{path}.{label}") for label, node in members]
    labels = [str(label) for label, _ in members]
    return Column(name, labels, cells, lambda index: _place(members[index][1], f"{path}.{labels[index]}"))


def _record_columns(records: list[Any], path: str) -> list[Column]:
    """A list of records as the table that it is."""
    names = [name for name, _ in records[0]]
    places = [_place(record, f"{path}[{index}]") for index, record in enumerate(records)]
    rows = []
    for record, place in zip(records, places, strict=True):
        _refuse_twice(record)
        fields = dict(record)
        if not fields or fields.keys() != set(names):
            raise FormatError(f"{place}: its fields are not those of the first record")
        rows.append([fields[name] for name in names])
    nodes = dict(zip(names, zip(*rows, strict=True), strict=True))
    text = [[_text(node, place) for node, place in zip(nodes[name], places, strict=True)] for name in names]
    return [
        column._replace(cells=[_cell(node, place) for node, place in zip(nodes[column.name], places, strict=True)])
        for column in _table(names, text, places.__getitem__)
    ]


def _is_own(members: dict[str, Any]) -> bool:
    results = members.get("results")
    return (
        isinstance(results, list)
        and bool(results)
        and all(isinstance(result, Members) and "measure" in dict(result) for result in results)
    )


def _own_columns(results: list[Any]) -> list[Column]:
    """The distributions behind klcli's own output: p and q of one result, p and every labelled q of several."""
    columns: list[Column] = []
    for index, result in enumerate(map(dict, results)):
        path = f"$.results[{index}].terms"
        terms = result.get("terms")
        if not isinstance(terms, list) or not terms or not all(isinstance(term, Members) for term in terms):
            raise FormatError(f"{path}: holds no steps: make it without --no-steps")
        sides = [Members(each for each in term if each[0] in ("outcome", "p", "q")) for term in terms]
        for column in _record_columns(sides, path):
            if column.name != "p" or index == 0:
                label = result.get("label") or column.name
                columns.append(column if column.name == "p" else column._replace(name=str(label)))
    return columns


def _refuse_twice(members: Members) -> None:
    seen = set()
    for name, node in members:
        if name in seen:
            raise FormatError(f"{_place(node, f'$.{name}')}: duplicate name {clipped(name)!r}")
        seen.add(name)


def _cell(node: Any, path: str) -> str:
    """The text of a number; text in quotes is one only as a fraction, which JSON cannot write otherwise."""
    if isinstance(node, Literal) or (isinstance(node, str) and "/" in node):
        return str(node)
    hint = ": leave out the quotes" if isinstance(node, str) and _is_number(node) else ""
    raise FormatError(f"{_place(node, path)}: expected a number, found {_kind(node)}{hint}")


def _text(node: Any, path: str) -> str:
    if isinstance(node, str):
        return str(node)
    if isinstance(node, list):
        raise FormatError(f"{_place(node, path)}: expected a number or a label, found {_kind(node)}")
    return {True: "true", False: "false", None: "null"}[node]


def _place(node: Any, path: str) -> str:
    """Where the node stands: its line in YAML, its path in JSON."""
    line = getattr(node, "line", 0)
    return f"line {line}" if line else clipped(path)


def _kind(node: Any) -> str:
    if isinstance(node, Members):
        return "a mapping"
    if isinstance(node, list):
        return "a list"
    if isinstance(node, Literal):
        return clipped(node, 40)
    return f"text, {clipped(node, 40)!r}" if isinstance(node, str) else _text(node, "")
