"""Delimited text, CSV and TSV: its delimiter, its header, and its cells column by column."""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice
from typing import Any

from klcli.columns import Column, FormatError, Reading, is_number, looks_like_number, reads
from klcli.distribution import listed
from klcli.errors import clipped
from klcli.labels import MANY, Labels
from klcli.lazy import np
from klcli.numerals import NoNumeralError, NumeralError, counted, number, numbers, stands_for_none
from klcli.tables import (
    LABEL_NAMES,
    NO_HEADER,
    is_counting,
    is_key,
    is_nameless,
    is_of_samples,
    label_column,
    labelled,
    names_labels,
    refuse_points,
    table,
    value_columns,
    with_point,
)

DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|", "blank": " "}  # by what they are called
_MARKS = ",;\t|"
COMMA_PARTS = "',' is the decimal sign, and cannot part numbers too"


@reads("csv")
def csv_columns(text: str, how: Reading) -> list[Column]:
    """The columns of comma-separated values; of `;`, tabs or `|` where the first line has no other such mark."""
    if text.lstrip()[:1] in ("{", "[") and _is_json(text):
        raise FormatError("is JSON: give --input-format json, or call it .json")
    if text.lstrip()[:1] == "{" and _is_json(first_line(text)):
        raise FormatError("is JSON, a record to a line: give --input-format ndjson, or call it .ndjson")
    return _delimited(text, how.delimiter or delimiter_of(text, how.decimal), how.decimal)


def _is_json(text: str) -> bool:
    import json

    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def delimiter_of(text: str, decimal: str) -> str:
    """The sign that separates the columns of the first line, where it leaves no doubt."""
    first = _first_row(text)
    if first.lower().startswith("sep="):
        return ","  # whatever it says: it is refused
    marks = [mark for mark in _MARKS if mark in re.sub('"[^"]*"', "", first)]
    if decimal == "," and "," in marks and (len(marks) > 1 or is_number(first.replace(",", "."))):
        marks.remove(",")
    if len(marks) > 1:  # a;0,5 must not become the outcome "a;0" with the weight 5
        shown = " ".join(map(repr, marks))
        comma = "" if "," not in marks or decimal == "," else ", and --decimal , if numbers have commas"
        raise FormatError(
            f"line {first_place(text)}: which of {shown} separates the columns? Give --delimiter{comma}; or put "
            "labels with the others in quotes"
        )
    if decimal == "," and marks == [","] and all(part.strip().isdecimal() for part in first.split(",")):
        raise FormatError(f"line {first_place(text)}: {COMMA_PARTS}: put ; between them")
    return marks[0] if marks else ";" if decimal == "," else ","


@reads("tsv")
def tsv_columns(text: str, how: Reading) -> list[Column]:
    """The columns of tab-separated values."""
    return _delimited(text, how.delimiter or "\t", how.decimal)


def first_line(text: str, most: int = 100_000) -> str:
    """The first line that is not blank, or so many characters of it."""
    visible = re.search(r"\S", text)
    if visible is None:
        return ""
    start = max(text.rfind(end, 0, visible.start()) for end in "\r\n") + 1
    return re.split("[\r\n]", text[start : start + most], maxsplit=1)[0]


def first_place(text: str) -> int:
    """The number of that line."""
    blank = text[: len(text) - len(text.lstrip())]
    return 1 + len(re.findall("\r\n|\r|\n", blank))


def _first_row(text: str) -> str:
    """The first line, with those after it that a name in quotes goes on in."""
    first = first_line(text)
    if first.count('"') % 2 == 0:
        return first
    start = text.index(first)
    row = re.compile(r'(?:[^"\r\n]|"(?:[^"]|"")*")*').match(text, start, start + 100_000)
    return row[0] if row and row[0].startswith(first) else first


def _delimited(text: str, delimiter: str, decimal: str) -> list[Column]:
    refuse_excel(text)
    refuse_drawn(text)

    def place(index: int) -> str:
        row = index + has_header
        lines.extend(islice(more_lines, max(row + 1 - len(lines), 0)))
        return f"line {lines[row]}"

    lines = array("q")  # of the rows that were asked for so far, for many columns may ask
    more_lines = (line for line, _, _ in _lines(text, delimiter))
    has_header = True
    plain = _plain_table(text, delimiter, decimal, place)
    if plain is not None:
        return plain
    cells = _cells(text, delimiter)
    _refuse_another_delimiter(cells, text, delimiter)
    doubt = ""
    if '"' in text:
        _refuse_late_quotes(cells, text, delimiter)
        doubt = _bare_quotes(cells, lambda index: next(islice(_lines(text, delimiter), index, None))[0], delimiter)
    names = [column[0].strip() for column in cells]
    if doubt and not may_be_own(names):
        raise FormatError(doubt)
    first_row = [with_point(column[0], decimal) for column in cells]
    has_header = not any(map(is_number, first_row))
    if has_header:
        check_header(names, next(_lines(text, delimiter))[0])
        cells = [column[1:] for column in cells]
        if not cells[0]:
            raise FormatError("empty: a header and no rows")
        columns = _headed(names, table(names, cells, place, decimal=decimal))
        return [column._replace(notes=(*column.notes, doubt)) for column in columns] if doubt else columns
    if len(cells[0]) == 1 and all(map(looks_like_number, first_row)):
        if decimal == ",":
            refuse_points("", [column[0] for column in cells], lambda _: place(0))
        return [Column("", None, first_row, lambda index: f"{place(0)}, item {index + 1}")]
    _refuse_numbers_as_names(cells, place(0))
    if len(cells) == 1:
        note = "no header: 0 was read as the first number; leave it out if it is the name of the column"
        notes = (note,) if first_row[0].strip() == "0" else ()
        return [
            column._replace(name="", notes=(*column.notes, *notes))
            for column in table([""], cells, place, decimal=decimal)
        ]
    if names_labels(names[0]):
        year = next(name for name, cell in zip(names, first_row, strict=True) if is_number(cell))
        raise FormatError(
            f"{place(0)}: a header with the number {year}? Begin the name of a column with a letter; or, if it is "
            "data, put a header before it"
        )
    if len(cells) == 2 and all(map(is_number, cells[0])) and _are_words_for_the_most(cells[1]):
        raise FormatError(f"{place(0)}: numbers before their labels: put a header before them, n and label")
    has_number_labels = len(cells) == 2 and all(map(looks_like_number, cells[0]))
    if has_number_labels and delimiter == ",":
        _refuse_halves(cells, place)
    positions = [str(position) for position in range(1, len(cells) + 1)]
    columns = table(positions, cells, place, labels_first=len(cells) == 2, decimal=decimal)
    notes = (f"{NO_HEADER}{', the first column labels' if has_number_labels else ''}",)
    whole = [all(map(str.isdecimal, map(str.strip, column))) for column in cells]
    may_be_halves = delimiter == "," and decimal == "." and whole[-2:] == [True, True] and sum(whole) == 2
    return [
        column._replace(
            notes=(*column.notes, *notes),
            has_number_labels=has_number_labels,
            may_be_halves=may_be_halves,
            is_named=False,
        )
        for column in columns
    ]


def _are_words_for_the_most(column: Sequence[str]) -> bool:
    return 2 * sum(map(looks_like_number, column)) < len(column)


def refuse_excel(text: str) -> None:
    """Raise where the first line is one for Excel, which says what separates the columns."""
    first = first_line(text)
    if first.lower().startswith("sep="):
        raise FormatError(f"line {first_place(text)}: Excel's {first.strip()!r} line: delete it")


def refuse_drawn(text: str) -> None:
    """Raise for a line that parts a header from rows, as tables have that are drawn for people to look at."""
    for line, content in enumerate(re.split("\r\n|\r|\n", text[:10_000])[:3], 1):
        if _DRAWN.fullmatch(content):
            raise FormatError(
                f"line {line}: a table drawn with lines: write it as CSV, without bars or blanks beside its cells, "
                "as psql --csv, mysql --batch and duckdb -csv do"
            )


_DRAWN = re.compile(r"[-+|=:─━═┌┬┐├┼┤└┴┘╞╪╡│ ]*(---|===|───|━━━|═══)[-+|=:─━═┌┬┐├┼┤└┴┘╞╪╡│ ]*")


def _headed(names: Sequence[str], columns: list[Column]) -> list[Column]:
    """The columns, with a note where their names may be numbers mistyped, or missing, of a first row of data."""
    note = doubt_of_header(names, [column.name for column in columns])
    return [column._replace(notes=(*column.notes, note)) for column in columns] if note else columns


def doubt_of_header(names: Sequence[str], values: Sequence[str]) -> str:
    """What is told of a first row in which the names of the columns of values may be none; "" where they are."""
    if any(map(is_key, names)) or not all(map(_MAY_BE_DATA.fullmatch, values)):
        return ""
    return f"the first row, {listed(names)}, was taken for the names of columns: put a header before it if it is data"


_MAY_BE_DATA = re.compile(
    r"(?:(?-i:[OolISBeE|])|ca?\.?|circa|approx\.?|about|usd|eur|gbp|chf|cny|rmb|jpy|inr|us|rs\.?|kr\.?|r)\s*[.,]?"
    r"\d[\dOoIl.,]*|\d*[OoIl]+\d*|unknown|missing|unavailable|suppressed|pending|invalid|error|empty|blank|true|"
    r"false|yes|no|n\.?\s?d\.?|k\.\s?a\.?|n\.?v\.?t\.?|s\.?d\.?|tbd|tba|tbc|n/?\.?r\.?|lo[dq]|not\b.*|"
    r"no (response|data|answer)|"
    r"too (few|small|low|many)\b.*|((less|fewer|more|greater) than|under|over|below|above|up to|at (least|most))\b.*|"
    r"withheld|redacted|confidential|undisclosed|masked|zero|one|two|three|four|five|six|seven|eight|nine|ten|half|dozen",
    re.IGNORECASE,
)


def _refuse_numbers_as_names(cells: list[list[str]], place: str) -> None:
    """Raise where a first row of data may be one of names: 0, 1, 2 ... as pandas has them, or years."""
    firsts = [column[0].strip() for column in cells]
    after = firsts[1:]
    counts = len(cells) > 2 and (
        firsts == [*map(str, range(len(cells)))]
        or (not is_number(firsts[0]) and after in ([*map(str, range(len(after)))], [*map(str, range(1, len(cells)))]))
    )
    counts |= is_key(firsts[0]) and after == ["0"]
    years = [index for index, first in enumerate(firsts) if _is_year(first)]
    others = [cell for index in years for cell in cells[index][1:]]
    is_labelled = 0 in years and len(years) < len(cells)  # 2000,5 above 3000,6 is a number of its column
    if counts or (years and not is_labelled and others and not any(map(_is_year, others))):
        shown = ", ".join(firsts if len(firsts) <= 4 else [*firsts[:3], "..."])
        raise FormatError(
            f"{place}: is {shown} a header? Begin the names of columns with letters; or, if it is data, put a header "
            "before it"
        )


def _refuse_halves(cells: list[list[str]], place: Callable[[int], str]) -> None:
    """Raise where two columns of a file without a header may be one, of numbers with commas in them."""
    labels, values = ([cell.strip() for cell in column] for column in cells)
    if not all(map(str.isdecimal, labels)) or is_counting(labels):
        return
    odd = next((index for index, value in enumerate(values) if re.fullmatch("0[0-9]+", value)), None)
    if odd is None and len(values) > 1 and all(re.fullmatch("[0-9]{3}", value) for value in values):
        odd = 0
    if odd is not None:
        shown = f"{labels[odd]},{values[odd]}"
        raise FormatError(
            f"{place(odd)}: {shown!r} may be one number: put a header before it if it is two{DECIMAL_COMMA}"
        )


def _is_year(cell: str) -> bool:
    return re.fullmatch("(19|20)[0-9][0-9]", cell.strip()) is not None


DECIMAL_COMMA = "; are these decimal commas? Put ; between the columns, or quotes around them, and give --decimal ,"

_NO_NAME = re.compile(r"[+\-−.,=$€£<>~≈]|\d|inf(inity)?$", re.IGNORECASE)


def check_header(names: Sequence[str], line: int) -> None:
    """Refuse a first row that is neither a header nor a row of data, and names that do not tell columns apart."""
    if {"measure", "value", "base", "unit"}.issubset(names):
        raise FormatError(
            "answers of klcli without their terms: make them with --format json, and without --no-steps"
        )
    if names[:2] == ["result", "outcome"] and names[-1] == "contribution":
        raise FormatError("several answers of klcli, one after another: make them with --format json")
    is_certain = any(name.lower() in LABEL_NAMES for name in names)
    seen: set[str] = set()
    for position, name in enumerate(names):
        has_letter = any(map(str.isalpha, name)) or name.startswith("_")
        is_word = has_letter and not _NO_NAME.match(name) and not stands_for_none(name)
        is_name = name and (is_certain or is_word)
        if not (is_name or (not name and position == 0 < len(names) - 1)):
            if position and not any(names[position:]):
                last = (
                    "the last column has no name" if position == len(names) - 1 else "the last columns have no names"
                )
                end = "a delimiter at its end? Leave it out; or, if it is data, put a header before it"
                raise FormatError(f"line {line}: {last}: {end}")
            raise FormatError(f"line {line}, column {position + 1}: {_neither(name)}")
        if name in seen:
            raise FormatError(f"line {line}: two columns are called {clipped(name)!r}")
        seen.add(name)


def _neither(name: str) -> str:
    try:
        number(name)
    except NumeralError as error:
        if not isinstance(error, NoNumeralError):
            return f"{error}; if it is the name of a column, call it otherwise" if name.isalpha() else str(error)
        if " " in name:  # blanks may separate columns, as uniq -c writes them
            return f"{error}; or, if it is the name of a column, begin it with a letter"
    shown = repr(clipped(name)) if name else "blank"
    return f"{shown} is neither a number nor the name of a column: begin a name with a letter"


def _plain_table(text: str, delimiter: str, decimal: str, place: Callable[[int], str]) -> list[Column] | None:
    """The columns of a table that delimiters and ends of lines alone divide, or None where csv's rules are needed.

    A big file is read a block at a time, and only its labels and its numbers are kept: twice as fast as csv and
    in half the memory. Whatever is unusual, mistakes above all, is left to the other way.
    """
    if "\r" in text:
        if not text.count("\r") == text.count("\r\n") == text.count("\n"):
            return None
        text = text.replace("\r\n", "\n")
    start = text.find("\n") + 1
    stop = len(text) - (len(text[-1000:]) - len(text[-1000:].rstrip("\n")))
    head = _plain_head(text, start, stop, delimiter, decimal)
    if head is None:
        return None
    names, label = head
    width = len(names)
    packed: list[Labels] = []
    parts: dict[int, list[Any]] = {index: [] for index in range(width) if index != label}
    texts: dict[int, list[str]] = {index: [] for index in parts if is_of_samples(names[index])}  # which may name rows
    rows = 0
    counting = {(index, first) for index in range(label or 0) for first in (0, 1)}  # the numbers of rows so far
    all_but = bytes(set(range(256)) - {ord(delimiter), ord("\n")})
    row_of_marks = delimiter.encode() * (width - 1) + b"\n"
    while start < stop:
        end = text.find("\n", start + 2**18, stop) % (stop + 1)  # the whole rest where there is none
        block, start = text[start:end], end + 1
        marks = block.encode().translate(None, all_but) + b"\n"
        cells = _split(block.replace("\n", delimiter), delimiter)
        if cells is None or marks != row_of_marks * (len(marks) // width):
            return None
        if label is not None:
            packed.append(Labels(cells[label::width]))
        counts = range(rows, rows + len(marks) // width)
        counting = {each for each in counting if cells[each[0] :: width] == [str(row + each[1]) for row in counts]}
        rows = counts.stop
        try:
            for index, part in parts.items():
                part.append(_numbers(cells[index::width], decimal))
        except NumeralError:
            return None
        for index, text_of_it in texts.items():
            text_of_it += [with_point(cell, decimal) for cell in cells[index::width]]
    whole = {index: np.concatenate(part) for index, part in parts.items()}
    counted_rows = {index for index, _ in counting if rows > 2}
    values = set(value_columns(names, label, counted_rows.__contains__))
    labels = Labels(*packed) if sum(map(len, packed)) > MANY else [*chain(*packed)]
    if any(_has_fractions(found) for index, found in whole.items() if index not in values):
        return None
    if any((found >= 2**53).any() for found in whole.values()):
        return None  # which may be rounded
    if any(map(_may_be_thousands, whole.values())) and _POINTED[decimal].search(text):
        return None
    if label is not None and not names_labels(names[label]) and any(map(_may_be_number, labels)):
        return None  # words are labels in such a column if all of it is words; of the first one more is to be known
    common = labelled(names, label, None if label is None else labels, values, place, decimal=decimal)
    columns = [
        common._replace(name=names[index], cells=texts[index])
        if index in texts
        else common._replace(name=names[index], values=found)
        for index, found in whole.items()
        if index in values
    ]
    return _headed(names, columns)


def _plain_head(
    text: str, start: int, stop: int, delimiter: str, decimal: str
) -> tuple[list[str], int | None] | None:
    """The names of the columns, and which one has the labels, where the rows lie from start to stop.

    None where the first row is none of names, or where more than the second one is to be seen to tell.
    """
    names = [name.strip() for name in _split(text[: start - 1], delimiter) or ()]
    end_of_second = text.find("\n", start, stop)
    second = _split(text[start : end_of_second if end_of_second > 0 else stop], delimiter) or []
    if (
        not 0 < start < stop
        or names in ([], [""])
        or not delimiter.isascii()
        or _ZEROS[decimal].search(text)
        or len(second) != len(names)
        or any(is_number(with_point(name, decimal)) for name in names)
        or sum(map(is_nameless, names)) > 1  # which of them has the labels is to be seen in all rows
    ):
        return None
    try:
        check_header(names, 1)
        label = label_column(names, [[with_point(cell, decimal)] for cell in second])
        value_columns(names, label)
    except FormatError:  # by its second row alone
        return None
    return names, label


def _split(text: str, delimiter: str) -> list[str] | None:
    """The cells, without the quotes that some stand in; None where quotes do more than that."""
    cells = text.split(delimiter)
    quotes = text.count('"')
    if not quotes:
        return cells
    if 2 * sum(cell[0] == cell[-1] == '"' for cell in cells if len(cell) > 1) < quotes:
        return None  # some are not at the ends of a cell
    return [cell[1:-1] if cell[:1] == '"' else cell for cell in cells]


def _numbers(cells: list[str], decimal: str) -> Any:
    """The numbers of the cells; a point where the sign is a comma is a NumeralError."""
    if decimal == ".":
        return numbers(cells)
    if any("." in cell for cell in cells):
        raise NumeralError(".", "no decimal sign")
    return numbers([*map(with_point, cells)])


def _has_fractions(values: Any) -> bool:
    return bool(((values > 0) & (values < 1)).any())


_UP_TO_ZEROS = "|".join(rf"(?<=[^0-9{{0}}][1-9]{digits}\{{0}}000)" for digits in ("", "[0-9]", "[0-9]{{2}}"))
_ZEROS = {  # what must be there comes first, for it is found soonest
    sign: re.compile(rf"\{sign}000(?![0-9])(?:{_UP_TO_ZEROS.format(sign)})") for sign in ".,"
}
_POINTED = {
    sign: re.compile(rf"(?<![0-9{sign}])[1-9][0-9]{{0,2}}([{sign}][0-9]{{3}})+(?![0-9{sign}])") for sign in ".,"
}


def _may_be_thousands(values: Any) -> bool:
    """Whether 1.234 may stand among whole numbers, as thousands do that are written with points."""
    is_whole = values == np.floor(values)
    fractions = values[~is_whole]
    alike = (fractions >= 1) & (fractions < 1000) & (np.rint(fractions * 1000) / 1000 == fractions)
    return bool(alike.any() and (is_whole & (values > 0)).any())


def _may_be_number(cell: str) -> bool:
    return cell.lstrip()[:1] in "0123456789+-−.,iI∞" and is_number(with_point(cell))


def _cells(text: str, delimiter: str) -> list[list[str]]:
    """The cells column by column; blank lines are passed over, save between the rows of a single column."""
    import csv
    import io

    csv.field_size_limit(max(131_072, len(text)))
    # TextIOWrapper splits lines as csv wants them and, unlike StringIO, does not hold four bytes a character.
    lines = io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8", newline="")
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    columns: list[list[str]] = []
    blank = False
    try:
        while rows := list(islice(reader, 1024)):  # few enough to be still in the cache when they are turned
            kept = list(filter(None, rows))
            blank |= len(kept) < len(rows)
            columns = columns or [[] for _ in range(max(map(len, kept), default=0))]
            if not {len(columns)}.issuperset(map(len, kept)):
                _refuse_lines(text, delimiter)
            for column, cells in zip(columns, zip(*kept, strict=True), strict=False):
                column.extend(cells)
    except csv.Error:
        _refuse_lines(text, delimiter)
    if blank and len(columns) == 1:
        _refuse_another_delimiter(columns, text, delimiter)
        _refuse_lines(text, delimiter)
    return columns


def _refuse_another_delimiter(cells: list[list[str]], text: str, delimiter: str) -> None:
    """Raise where the only column has another mark in every row, with numbers after it, be it below a title."""
    first, *others = cells[0]
    if len(cells) > 1 or not others or any(map(looks_like_number, others)):
        return
    for mark in _MARKS:
        if not all(mark in cell and looks_like_number(cell.rpartition(mark)[2]) for cell in others[1:]):
            continue
        if mark in first and not looks_like_number(first.rpartition(mark)[2]) and mark in others[0]:
            where = f"line {first_place(text)}"
            if first_line(text).lstrip().startswith('"'):
                raise FormatError(f"{where}: quotes around the whole row, its {mark!r} too: leave them out")
            raise FormatError(f"{where}: no {delimiter!r} in any line, and {mark!r} in every one: {_OTHER_DELIMITER}")
        if mark not in first and mark in others[0]:
            where = f"line {first_place(text)}"
            raise FormatError(f"{where}: a title or a comment, and {mark!r} in every line below? Leave it out")


_OTHER_DELIMITER = "give another --delimiter, or leave that and --input-format out"
_LATE_QUOTE = re.compile('[ \\t]+"')


def _refuse_late_quotes(cells: list[list[str]], text: str, delimiter: str) -> None:
    """Raise where a blank stands before the quotes of a cell, which are then none: they would be a part of it."""
    import csv
    import io

    if not any(_LATE_QUOTE.match(cell) for column in cells for cell in column):
        return
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    as_meant = (row for row in rows if row)
    for (line, _, row), meant in zip(_lines(text, delimiter), as_meant, strict=False):
        late = [cell for cell in row if _LATE_QUOTE.match(cell)]
        if late and [cell.lstrip() for cell in row] != [cell.lstrip() for cell in meant]:
            raise FormatError(f"line {line}: {clipped(late[0])!r}: leave out the blank before the quote")


_QUOTE_IN_CELL = 'write one in a cell as two, and the cell in quotes, as """" is one'


def after_quote(delimiter: str) -> str:
    """What is said of a quote that ends a cell and has more after it."""
    return f"a quote closes a cell only before {delimiter!r} or the end of a line: {_QUOTE_IN_CELL}"


def _bare_quotes(cells: list[list[str]], line: Callable[[int], int], delimiter: str) -> str:
    """What is wrong where a quote that was meant as itself has taken whole rows into one cell, up to the next one."""
    odd = {
        index
        for column in cells
        for index, cell in enumerate(column)
        if delimiter in cell and ("\n" in cell or "\r" in cell)
    }
    for index in sorted(odd):
        doubt = bare_quote([column[index] for column in cells], delimiter, is_first=index == 0)
        if doubt:
            return f"line {line(index)}: {doubt}"
    return ""


def bare_quote(row: Sequence[str], delimiter: str, *, is_first: bool = False) -> str:
    """What is wrong with a row, of which a cell holds what would be whole rows; "" where nothing is."""
    rows = list(filter(None, re.split("[\r\n]+", delimiter.join(row))))
    lines = [[*map(with_point, each.split(delimiter))] for each in rows]
    rows_of_data = lines[is_first:]  # without what may be a header
    is_table = all(len(each) == len(row) for each in lines)
    if not (is_table and any(all(map(is_number, column)) for column in zip(*rows_of_data, strict=True))):
        return ""
    return (
        f"a quote is opened and closed {counted(len(lines) - 1, 'line')} below, with whole rows between: "
        f"{_QUOTE_IN_CELL}; if it is one cell, write that in one line"
    )


def may_be_own(names: Sequence[str]) -> bool:
    """Whether klcli writes such a header, and has written the quotes below it then."""
    return names[0] == "outcome" and names[-1] in ("count", "contribution")


def _refuse_lines(text: str, delimiter: str) -> None:
    """Raise for the first row that is not like the first one, if there is one."""
    rows = _lines(text, delimiter)
    start, last, first = next(rows)
    first_end = last
    for line, end, row in rows:
        if len(row) != len(first):
            if "".join(first[:1]).lstrip().startswith("#"):
                raise FormatError(f"line {start}: a comment? Leave it out: every line of a table is a row")
            cells = f"{counted(len(row), 'cell')} where the first row has {len(first)}"
            is_quoted = first_line(text[text.find("\n") + 1 :]).startswith('"')
            doubt = (
                _why_longer(row, first, delimiter, line == 2 and is_quoted)
                if len(row) > len(first)
                else _why_shorter(row, delimiter, is_first=last == first_end)
            )
            raise FormatError(f"line {line}: {cells} (separated by {delimiter!r}){doubt}")
        if len(first) == 1 and line > last + 1:
            raise FormatError(f"line {last + 1}: blank between numbers: a missing value is not 0")
        last = end


def _why_shorter(row: Sequence[str], delimiter: str, *, is_first: bool) -> str:
    """The same for a row that is shorter: the first one may have the sign in a name, as P(A|B) has."""
    if len(row) > 1:
        return ""
    if " " in row[0].strip():
        return "; a title or a footer? Leave it out: every line of a table is a row"
    return f"; if {delimiter!r} is in a name, give --delimiter comma" if is_first and delimiter != "," else ""


def _why_longer(row: Sequence[str], first: Sequence[str], delimiter: str, is_quoted: bool) -> str:
    """What may have made the row longer than the first one, as the end of a message."""
    if not row[-1].strip():
        return f"; a {delimiter!r} at its end? Leave it out"
    if any(cell.endswith("\\") for cell in row[:-1]):
        return "; a backslash before a quote? CSV has two quotes for one, and the cell stands in quotes"
    is_longer_by_one = len(row) == len(first) + 1
    if not (is_longer_by_one and is_quoted) and delimiter == "," and "".join(row[-2:]).isdigit():
        return DECIMAL_COMMA
    if len(first) == 1:
        return "; if the first row is a title, leave it out"
    if is_longer_by_one and (is_quoted or row[0].strip() == "1"):
        return "; a header that is one short, as R's write.table makes it? Give it col.names = NA"
    if any(re.match(' +"', cell) for cell in row):
        return "; a quote counts at the very start of a cell: leave out the blank before it"
    return f"; a label with {delimiter!r} in it stands in quotes" if delimiter == "," else ""


def _lines(text: str, delimiter: str) -> Iterator[tuple[int, int, list[str]]]:
    """Each row that is not blank, with the physical lines on which it starts and ends; slow, for messages."""
    import csv
    import io

    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for row in reader:
            if row:
                yield line, reader.line_num, row
            line = reader.line_num + 1
    except csv.Error as error:
        if "end of data" in str(error):
            raise FormatError(f"line {_open_quote(text, line)}: a quote is opened and never closed") from None
        cure = f"{after_quote(delimiter)}, or give --delimiter if another sign separates the columns"
        raise FormatError(f"line {line}: {cure if 'expected after' in str(error) else error}") from None


def _open_quote(text: str, line: int) -> int:
    """The line of the quote that is never closed, in a row that starts on the given line."""
    is_open, opened = False, line
    for current, content in enumerate(re.split("\r\n|\r|\n", text)[line - 1 :], line):
        for _ in range(content.count('"')):
            is_open, opened = not is_open, current
    return opened
