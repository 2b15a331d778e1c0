"""What any table means: which column holds the labels, which hold numbers, and what is told of that."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from types import MappingProxyType

from klcli.columns import Column, FormatError, is_infinite, is_number, looks_like_number
from klcli.distribution import MOST, listed
from klcli.errors import clipped
from klcli.labels import MANY
from klcli.numerals import NumeralError, number, refusal

LABEL_NAMES = ("label", "labels", "outcome", "category", "name")
_ID_NAMES = ("id", "key", "index", "bin", "bucket", "row", "rank", "year")  # of what tells rows apart
_SAMPLE = "sample"
KEY_NAMES = (*_ID_NAMES, _SAMPLE)  # of labels that may be numbers
_NUMBER_NAMES = ("obs", "no", "nr", "s.no", "sr.no", "sl.no", "code", "fips", "zip")  # of what is put before words
WEIGHT_NAMES = (
    "n",
    "count",
    "counts",
    "freq",
    "frequency",
    "p",
    "prob",
    "probability",
    "proportion",
    "share",
    "weight",
)
NO_LABELS = "no column of labels among"
FROM_KEYS = "the labels, "
NO_HEADER = "no header: the first row is data"
TELLS_ROWS = "tells rows apart"
OF_LISTS = "holds lists of numbers"
_OF_PANDAS = re.compile(r"Unnamed: 0(\.\d+)?|__index_level_\d+__")  # its index without a name: in CSV, in Parquet


def table(
    names: Sequence[str],
    columns: Sequence[Sequence[str]],
    place: Callable[[int], str],
    labels_first: bool = False,
    decimal: str = ".",
) -> list[Column]:
    """The columns of numbers in a table, each with the labels of its label column."""
    as_written = columns
    if decimal == ",":
        columns = [list(map(with_point, column)) for column in columns]
    label = 0 if labels_first else label_column(names, columns)
    if label == 0 and not labels_first and not names_labels(names[0]):
        refuse_mixture(names[0], columns[0], place)
    values = value_columns(
        names,
        label,
        lambda index: len(columns[index]) > 2 and is_counting(columns[index]),
        lambda index: is_left_aside(columns[index]),
    )
    for index in {*range(len(names))} - {label, *values}:
        check_row_names(names[index], columns[index])
    text = dict.fromkeys(index for index in values if len(values) > 1 and is_left_aside(columns[index]))
    text = text if len(text) < len(values) else {}
    kept = [index for index in values if index not in text]
    for index in kept if decimal == "," else ():
        refuse_points(names[index], as_written[index], place)
    labels = None if label is None else as_written[label]
    at = place(0) if text else ""
    beside = {names[index]: f"holds no numbers: {at}: {refusal(columns[index][0].strip())}" for index in text}
    common = labelled(names, label, labels, values, place, beside, decimal)
    return [common._replace(name=names[index], cells=columns[index]) for index in kept]


def labelled(
    names: Sequence[str],
    label: int | None,
    labels: Sequence[str] | None,
    values: Iterable[int],
    place: Callable[[int], str],
    beside: Mapping[str, str] = MappingProxyType({}),
    decimal: str = ".",
) -> Column:
    """What the columns of a table have in common: their labels, where these are from, and what is told of them.

    `values` are those of `value_columns`, and `beside` the names of them that hold no numbers, and what they do hold.
    """
    notes = [f"no numbers, so not used: column {listed([*beside])}"] if beside else []
    used = {label, *values}
    aside = [name for index, name in enumerate(names) if index not in used]
    if aside:
        notes.append(f"told rows apart, so not used: {listed([*map(_called, aside)])}")
    if label is not None:
        notes += _doubts_of_labels(names[label], labels or (), decimal, has_others=len(names) > 2)
    elif len(names) > 1:
        notes.append(unlabelled(names))
    label_name = "" if label is None else names[label]
    taken = {name.lower() for name in names}
    free = next((name for name in WEIGHT_NAMES if name not in taken), WEIGHT_NAMES[0])
    why = f"{TELLS_ROWS}, and holds no weights: call it {free} if it does"
    unused = (*beside.items(), *((name, why) for name in aside))
    return Column(
        "",
        labels,
        (),
        place,
        tuple(notes),
        unused,
        label_name=label_name,
        labels_first=not label,
        decimal=decimal,
    )


def unlabelled(names: Sequence[str], outcomes: str = "numbered from 0") -> str:
    """What is told where none of these columns has labels."""
    return f"{NO_LABELS} {listed(names)}, so the outcomes are {outcomes}: call one label if it is"


def _called(name: str) -> str:
    return f"column {clipped(name)}" if name else "the column without a name"


def _doubts_of_labels(name: str, labels: Sequence[str], decimal: str, *, has_others: bool) -> list[str]:
    """What is told of labels that may not be those that were meant: numbers of rows, or of weights with mistakes."""
    if not is_key(name):
        words = [repr(clipped(word)) for word in _words_among_numbers(labels, decimal)]
        among = f"the labels are from column {name}, with {_few(words)} among numbers"
        return [f"{among}: put it right if it was to be one"] if words else []
    some = (with_point(cell, decimal) for cell in islice(labels, MANY))
    if has_others and name.lower() not in LABEL_NAMES and all(map(looks_like_number, some)):
        return [f"{FROM_KEYS}{_few(labels)}, are from {_called(name)}: call another one label if it is"]
    return []


def _few(labels: Sequence[str]) -> str:
    """The first of the labels in one line, of which an engine has not counted all."""
    return f"{listed(labels[:MOST])}{', ...' if len(labels) > MOST else ''}"


def _words_among_numbers(labels: Sequence[str], decimal: str) -> list[str]:
    """The words, where there are as many numbers or more: they may be numbers mistyped."""

    def is_word(cell: str) -> bool:
        return not is_number(with_point(cell, decimal))

    if all(map(is_word, labels[:MANY])):
        return []
    words = [cell for cell in labels if is_word(cell)]
    return words if 0 < 2 * len(words) <= len(labels) else []


def is_counting(labels: Sequence[str]) -> bool:
    """Whether the labels only count the rows, from 0 or from 1."""
    return len(labels) > 1 and any(
        all(label == str(index) for index, label in enumerate(labels, first)) for first in (0, 1)
    )


_WITH_COMMA = re.compile(r"\s*[+\-−]?(\d+,\d*|,\d+)([eE][+\-]?\d+)?\s*")


_GROUPED = re.compile(r"[1-9][0-9]{0,2}(\.[0-9]{3})+")


def with_point(cell: str, decimal: str = ",") -> str:
    """A number as it is written with a point, where the decimal sign is a comma; any other cell as it is."""
    return cell.replace(",", ".") if decimal == "," and _WITH_COMMA.fullmatch(cell) else cell


def refuse_points(name: str, cells: Sequence[str], place: Callable[[int], str]) -> None:
    """Raise where a point stands for the decimal comma."""
    odd = next((index for index, cell in enumerate(cells) if "." in cell and is_number(cell)), None)
    if odd is not None:
        where = f"{place(odd)}{f', column {name}' if name else ''}"
        raise FormatError(f"{where}: {clipped(cells[odd])!r} has a point, and the decimal sign is a comma")


def refuse_thousands(cells: Sequence[str], decimal: str = ".") -> None:
    """Raise NumeralError, with the index, where 1.234 beside 5 may be thousands: no cell has another fraction."""
    pointed = [index for index, cell in enumerate(cells) if "." in cell]
    has_whole = any(cell.strip().isdecimal() and cell.strip("0 ") for cell in cells)
    if pointed and has_whole and all(_GROUPED.fullmatch(cells[index].strip()) for index in pointed):
        example = f"or write whole numbers as 100{decimal}0"
        what = f"in doubt among whole numbers: leave out the marks between thousands, {example}"
        error = NumeralError(cells[pointed[0]].strip().replace(".", decimal), what)
        error.index = pointed[0]
        raise error


def label_column(names: Sequence[str], columns: Sequence[Sequence[str]]) -> int | None:
    """Where the labels stand: by their name, or else as the first column of words, or by a name of keys.

    A column without a name has the labels if it has words, or if there are no words elsewhere: else it numbers the
    rows, as R and pandas do.
    """
    if len(columns) == 1:
        return None
    for index, name in enumerate(names):
        if name.lower() in LABEL_NAMES:
            return index
    nameless = next((index for index, name in enumerate(names) if is_nameless(name)), None)
    if nameless is not None and not all(map(looks_like_number, columns[nameless])):
        return nameless
    if _has_words(columns[0]):
        return 0
    for index, column in enumerate(columns):
        if _is_words(column):
            return index
    if nameless is not None:
        return nameless
    keys = [index for index, name in enumerate(names) if is_of_ids(name) or name.lower() in _ID_NAMES]
    if not set(WEIGHT_NAMES).isdisjoint(map(str.lower, names)):  # beside a population a sample is counted
        keys += [
            index for index, name in enumerate(names) if is_of_samples(name) and not _has_fractions(columns[index])
        ]
    return min(keys, default=None)


def value_columns(
    names: Sequence[str],
    label: int | None,
    counts_rows: Callable[[int], bool] = lambda _: False,
    is_aside: Callable[[int], bool] = lambda _: False,
) -> list[int]:
    """Where the numbers stand: all but the labels, and but the columns that name or number the rows beside them.

    What stands before the labels numbers the rows if it is called so, as SAS has Obs, or if it `counts_rows`, unless
    no numbers are left, but what `is_aside`. Raises FormatError where there are no others.
    """
    if label is None:
        return [*range(len(names))]
    found = [index for index, name in enumerate(names) if index != label and not tells_rows_apart(name)]
    named = {index for index in found if index < label and _numbers_rows(names[index])}
    if not set(found) - named:
        aside = [_called(name) for index, name in enumerate(names) if index != label]
        raise FormatError(
            f"no numbers but those of {listed(aside)}, which tell rows apart: call a column n if it holds weights; "
            "klcli count makes counts of rows"
        )
    before = [index for index in found if index < label and names[index].lower() not in WEIGHT_NAMES]
    numbering = [index for index in before if index in named or counts_rows(index)]
    others = [index for index in found if index not in numbering]
    return found if numbering and all(map(is_aside, others)) else others


def likeliest(names: Sequence[str]) -> str:
    """The first of the names that is one of weights, or ""."""
    return next((name for name in names if name.lower() in WEIGHT_NAMES), "")


def check_row_names(name: str, column: Sequence[str]) -> None:
    """Raise FormatError where the column, which is not used, may be one of probabilities."""
    if _has_fractions(column):
        raise FormatError(f"{_called(name)} holds fractions, no names of rows: name it, or leave it out")


def _has_fractions(column: Sequence[str]) -> bool:
    """Whether some of the cells may be probabilities."""
    return any(is_number(cell) and not is_infinite(cell) and 0 < number(cell) < 1 for cell in column)


def _is_words(column: Sequence[str]) -> bool:
    """Whether no cell is a number, and not all are numbers that are missing or mistyped, as in 30% or 0,5."""
    return not any(map(is_number, column)) and not all(map(looks_like_number, column))


def _has_words(column: Sequence[str]) -> bool:
    """Whether there are words, be it beside numbers; in 0.5, NA, 0.2 one is missing, and there are none."""
    return not all(map(looks_like_number, column))


def refuse_mixture(name: str, column: Sequence[str], place: Callable[[int], str] | None = None) -> None:
    """Raise where words stand among numbers that are not whole, or missing: one may be a number mistyped."""
    likely = [cell for cell in column if looks_like_number(cell)]
    if len(likely) == len(column) or all(map(str.isdecimal, map(str.strip, likely))):
        return
    if any(map(is_number, likely)):
        odd = next(index for index, cell in enumerate(column) if not looks_like_number(cell))
        where = f"{place(odd)}, " if place else ""
        raise FormatError(
            f"{where}column {clipped(name)}: {clipped(column[odd])!r} among numbers: put it right if it is a "
            "number mistyped, or call the column label if these are labels"
        )


def is_left_aside(column: Sequence[str]) -> bool:
    """Whether the column has nothing that was to be a number: words, or blanks alone."""
    return _is_words(column) or not any(map(str.strip, column))


def is_nameless(name: str) -> bool:
    """Whether it is no name, or the one that pandas gives where there is none."""
    return not name or _OF_PANDAS.fullmatch(name) is not None


def tells_rows_apart(name: str) -> bool:
    """Whether a column of that name tells rows apart and is never one of weights; a sample may have been counted."""
    return is_nameless(name) or is_of_ids(name) or name.lower() in _ID_NAMES


def _numbers_rows(name: str) -> bool:
    """Whether a column of that name, before the labels, numbers the rows, as Obs does."""
    return name.lower().rstrip(".") in _NUMBER_NAMES


def is_of_ids(name: str) -> bool:
    """Whether the name is one of ids of something, as user_id is."""
    return name.lower().endswith(("_id", " id"))


def is_of_samples(name: str) -> bool:
    """Whether a column of that name numbers the samples, unless it holds fractions and is one."""
    return name.lower() == _SAMPLE


def names_labels(name: str) -> bool:
    """Whether a column of that name holds labels, beside whatever others."""
    return is_nameless(name) or name.lower() in LABEL_NAMES


def is_key(name: str) -> bool:
    """Whether a column of that name holds labels, be they words or numbers."""
    return names_labels(name) or name.lower() in KEY_NAMES
