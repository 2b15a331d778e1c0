"""Columns: what a text holds before a number of it is believed, and the registry of the formats that find them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from klcli.numerals import NoNumeralError, NumeralError, number

if TYPE_CHECKING:
    from klcli.numerics import Array


class Column(NamedTuple):
    """One distribution as text: its name in the file, its labels if any, its cells, and where each row stands."""

    name: str
    labels: Sequence[str] | None
    cells: Sequence[str]
    place: Callable[[int], str]
    notes: tuple[str, ...] = ()
    beside: tuple[tuple[str, str], ...] = ()  # the names of columns that stand beside it, and why they are not used
    values: Array | None = None  # the numbers, where they are read already and there are no cells
    label_name: str = ""  # of the column that its labels are from, where a table has named it
    labels_first: bool = True  # that column is the first one
    is_named: bool = True  # its name was given, and is not its position
    has_number_labels: bool = False  # its labels are numbers and no header says so: they may be data
    may_be_halves: bool = False  # its numbers may be halves of decimals, which the comma in them has parted
    decimal: str = "."  # the sign that was one in its cells, which have a point now
    row_of: str | None = None  # the name of the list of lists whose row it is, "" where that has none
    at: Callable[[int], str] | None = None  # where each of its cells stands, where that is nearer than its row
    label_at: Callable[[int], str] | None = None  # where each of its labels stands, where that is not in its row
    fault: str = ""  # why its cells are no numbers, where that is told if it is asked for

    def place_of_label(self, index: int) -> str:
        """Where the label of that row stands."""
        return (self.label_at or self.place)(index)

    @property
    def size(self) -> int:
        """How many numbers it has."""
        return len(self.cells if self.values is None else self.values)


class Reading(NamedTuple):
    """How an input is written, as far as that was said: None leaves it to what the input shows."""

    format: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    decimal: str = "."
    max_size: int = 2**31  # bytes, read or unpacked


class FormatError(Exception):
    """Raised for text that its format cannot read; the name of the source is added where it is caught."""


Reader = Callable[[str, Reading], list[Column]]
FORMATS: dict[str, Reader] = {}


def reads(name: str) -> Callable[[Reader], Reader]:
    """A decorator that makes a function from text to Columns the reader of the format of that name."""

    def enter(function: Reader) -> Reader:
        FORMATS[name] = function
        return function

    return enter


def is_number(cell: str) -> bool:
    """Whether the cell writes a number, be it one that is infinite."""
    try:
        number(cell)
    except NumeralError:
        return is_infinite(cell)
    return True


def looks_like_number(cell: str) -> bool:
    """Whether the cell writes a number, be it infinite, mistyped as in 30% or 0,5, or missing."""
    try:
        number(cell)
    except NoNumeralError:
        return not cell.strip() or is_infinite(cell)
    except NumeralError:
        pass
    return True


def is_infinite(cell: str) -> bool:
    """Whether the cell writes infinity or minus infinity, as the logarithm of 0 is."""
    return cell.strip().lstrip("+-−").lower() in ("inf", ".inf", "infinity", "∞")


def as_typed(name: str) -> str:
    r"""The name as messages show it, and as it may be asked for: with a line break in it as \n."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode("ascii") for sign in name)


def as_asked(source: str, name: str) -> str:
    """How a part of a source is asked for on a command line: in quotes where a shell would make something else of it.

    >>> print(as_asked("a.csv", "p"), as_asked("a.csv", "p q"))
    a.csv::p 'a.csv::p q'
    """
    return in_shell(f"{source}::{as_typed(name)}")


def as_chosen(name: str) -> str:
    """How a column is asked for where several may be, with commas between them.

    >>> print(as_chosen("p"), as_chosen("p q"), as_chosen("City, State"))
    p 'p q' '"City, State"'
    """
    typed = as_typed(name)
    has_signs = any(sign in typed for sign in ',"')
    return in_shell('"' + typed.replace('"', '""') + '"' if has_signs else typed)


def in_shell(text: str) -> str:
    r"""The text as a word of a command line: in quotes where a shell would make something else of it.

    >>> print(in_shell("a b.csv"), in_shell("a\nb.csv"))
    'a b.csv' $'a\x0ab.csv'
    """
    if re.fullmatch(r"[\w.:/=,@%+-]+", text):
        return text
    if not text.isprintable():
        return f"$'{''.join(map(_in_dollar_quotes, text))}'"
    import shlex

    return shlex.quote(text)


def _in_dollar_quotes(sign: str) -> str:
    if sign.isprintable():
        return f"\\{sign}" if sign in "'\\" else sign
    return "".join(f"\\x{byte:02x}" for byte in sign.encode("utf-8", "surrogateescape"))


def repeated(names: Iterable[str]) -> str | None:
    """The first of the names that stands more than once, if one does."""
    return next((name for name, count in Counter(names).items() if count > 1), None)


def name_cells(labels: Sequence[str]) -> bool:
    """Whether the labels name every cell of a grid of several rows, as those of klcli's own output do."""
    parts = [label.rpartition(", ") for label in labels]
    rows, columns = ({part[side] for part in parts} for side in (0, 2))
    return "" not in rows and len(rows) > 1 and len(labels) == len(set(labels)) == len(rows) * len(columns)


def line_at(text: str, index: int) -> int:
    """The number of the line on which that character stands, whatever ends the lines."""
    return len(re.findall("\r\n|\r|\n", text[:index])) + 1
