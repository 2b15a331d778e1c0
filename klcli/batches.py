"""Batches: arrays whose rows are samples and whose columns are classes or latents, and what their numbers are.

A one-dimensional array is a batch of one row. A row is of log-probabilities, of probabilities or of logits, and is
refused, with what it looks like, where it is not what it is said to be.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from klcli.distribution import MENTIONED, MOST, TOLERANCE, WITHIN
from klcli.errors import InputError
from klcli.lazy import np
from klcli.logits import log_softmax, softmax
from klcli.numerals import counted, short

if TYPE_CHECKING:
    from klcli.numerics import Array, Mask

_ROUNDED = 0.02  # how far from 1 a sum may be of probabilities that were rounded to 8 bits
KINDS = {"log-probs": "log-probabilities", "probs": "probabilities", "logits": "logits"}


class Grid(NamedTuple):
    """What rows and columns are called; the only row of a batch is called "" unless it has a name."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]

    def cell(self, index: int) -> str:
        """The name of an element, counted row by row."""
        row, column = divmod(index, len(self.columns))
        return ", ".join(filter(None, (self.rows[row], self.columns[column])))

    def cells(self) -> tuple[str, ...]:
        """The names of all elements, row by row; in quotes where they would not be told apart without."""
        pairs = [(row, column) for row in self.rows for column in self.columns]
        names = tuple(f"{row}, {column}" if row and column else row or column for row, column in pairs)
        if len(set(names)) == len(names) or len(self.rows) == 1:
            return names
        return tuple(f"{row!r}, {column!r}" for row, column in pairs)

    def named(self, where: Mask) -> str:
        """The names of the elements there in one line, the first few of many."""
        found = np.flatnonzero(where).tolist()
        shown = "; ".join(map(self.cell, found[:MOST]))
        return f"{shown} and {len(found) - MOST} more" if len(found) > MOST else shown


class Side(NamedTuple):
    """One of the two: logits with all the digits that were given, probabilities, and the logarithms of these."""

    logits: Array
    probs: Array
    logs: Array
    notes: tuple[str, ...]


def as_matrix(values: Any, name: str) -> Array:
    """The values as an array of rows × columns."""
    try:
        if np.iscomplexobj(values):
            raise TypeError("complex numbers have no order")
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError, RuntimeError) as error:  # a tensor with its gradient is the last
        raise InputError(f"{name}: not an array of numbers: {error}") from None
    if array.ndim not in (1, 2):
        raise InputError(f"{name}: an array of {array.ndim} dimensions: it must be rows × columns, or one row")
    if not array.size:
        raise InputError(f"{name}: empty: a batch needs at least one row and one column")
    matrix: Array = np.atleast_2d(array) + 0.0  # a copy, in which -0.0 is 0.0
    return matrix


def require_same_shape(a: Array, b: Array, *names: str) -> None:
    """Raise InputError where two arrays, of these names, are not of one shape."""
    if a.shape != b.shape:
        sizes = (f"{name} is {len(each)} × {each.shape[1]}" for name, each in zip(names, (a, b), strict=True))
        raise InputError(f"{' and '.join(sizes)} (rows × columns): the shapes must agree")


def named_grid(shape: tuple[int, ...], rows: Sequence[str] | None, columns: Sequence[str] | None, word: str) -> Grid:
    """The names of rows and columns: those given, or numbers from 0."""
    height, width = shape
    for names, size, what in ((rows, height, "row"), (columns, width, "column")):
        if names is not None and len(names) != size:
            raise InputError(f"{counted(len(names), 'name')} for {counted(size, what)}: each needs one")
    numbered = ("",) if height == 1 else tuple(f"row {row}" for row in range(height))
    return Grid(
        numbered if rows is None else _in_words("row", rows),
        _in_words(word, range(width) if columns is None else columns),
    )


def _in_words(word: str, names: Iterable[Any]) -> tuple[str, ...]:
    """The names, those that are plain numbers with what they number, unless another one is called so."""
    plain = [*map(str, names)]
    worded = tuple(f"{word} {name}" if name.isdigit() else name for name in plain)
    return worded if len(set(worded)) == len(worded) else tuple(plain)


def as_side(values: Array, kind: str, name: str, grid: Grid, option: str = "") -> Side:
    """The values as probabilities and their logarithms, refused where they are not of their kind.

    `option` is the one that names the kind, "" where there is no other kind to name.
    """
    _refuse_undefined(values, kind, name, grid)
    if values.shape[1] == 1:
        raise InputError(
            f"{name}: one class only, whose probability is 1 whatever the numbers: if it has the classes "
            "in rows, transpose it"
        )
    if kind == "logits":
        cure = f"give {option} probs" if option else "take their logarithms"
        note = (
            f"{name}: the rows look like probabilities, and were taken as logits: if they are probabilities, {cure}"
        )
        notes = (note,) if _sums_to_one(values, "probs") else ()
        return Side(values, softmax(values), log_softmax(values), notes)
    _refuse_another_kind(values, kind, name, grid, option)
    with np.errstate(divide="ignore"):
        logs, probs = (np.log(values), values) if kind == "probs" else (values, np.exp(values))
    off = float(np.abs(probs.sum(axis=1) - 1).max())
    note = f"{name}: rows sum to 1 within {off:.1e} only, and were taken as they are: the loss does not normalise"
    return Side(logs, probs, logs, (note,) if off > MENTIONED else ())


def _refuse_undefined(values: Array, kind: str, name: str, grid: Grid) -> None:
    """Raise for what is of no kind: nan, +∞, and a row that is −∞ throughout."""
    wrong = np.isnan(values) | (values == math.inf)
    if wrong.any():
        index = int(np.argmax(wrong))
        what = "nan is a missing value" if np.isnan(values.flat[index]) else "+∞ is too large"
        raise InputError(f"{name}: {grid.cell(index)}: {what}: {KINDS[kind]} are numbers below ∞")
    empty = (values == -math.inf).all(axis=1)
    if empty.any():
        raise InputError(f"{_row_of(name, grid, empty)}: -∞ throughout: some class needs a probability")


def _refuse_another_kind(values: Array, kind: str, name: str, grid: Grid, option: str) -> None:
    """Raise where values are no probabilities, or no log-probabilities, with what they look like."""
    wrong = values < 0 if kind == "probs" else values > TOLERANCE
    sums = _sums(values, kind)
    off = np.abs(sums - 1) > WITHIN
    if wrong.any():
        index = int(np.argmax(wrong))
        bound = "below 0, which no probability is" if kind == "probs" else "above 0, which no log-probability is"
        fault = f"{name}: {grid.cell(index)}: {short(values.flat[index])} is {bound}"
    elif off.any():
        what = "the row sums" if kind == "probs" else "the exponentials of the row sum"
        fault = f"{_row_of(name, grid, off)}: {what} to {sums[np.argmax(off)]:.12g}, not 1"
    else:
        return
    raise InputError(f"{fault}: {_likeness(values, kind, option)}")


def _row_of(name: str, grid: Grid, where: Mask) -> str:
    """The first of the rows there, as a place in a message."""
    return ": ".join(filter(None, (name, grid.rows[int(np.argmax(where))])))


def _sums(values: Array, kind: str) -> Array:
    """What each row sums to if its values are of that kind."""
    with np.errstate(over="ignore"):
        sums: Array = (values if kind == "probs" else np.exp(values)).sum(axis=1)
    return sums


def _sums_to_one(values: Array, kind: str, within: float = WITHIN) -> bool:
    """Whether every row is one of probabilities, or of log-probabilities."""
    fits = np.abs(_sums(values, kind) - 1) <= within
    return bool(fits.all()) and not (kind == "probs" and bool((values < 0).any()))


def _likeness(values: Array, kind: str, option: str) -> str:
    """What values that are not of their kind look like, and what to do about it."""
    other = "probs" if kind == "log-probs" else "log-probs"
    if _sums_to_one(values, other):
        return f"they look like {KINDS[other]}: {option} {other}"
    for base in (2, 10):
        if _sums_to_one(values * math.log(base), "log-probs"):
            return f"they look like logarithms to base {base}: multiply them by ln {base} and give {option} log-probs"
    if _sums_to_one(values, kind, _ROUNDED):
        if kind == "log-probs":
            return f"they look like log-probabilities with few digits: {option} logits divides by the sum"
        return "they look like probabilities with few digits: divide each row by its sum, as float64"
    if (values < 0).any() or kind == "log-probs":
        return f"they look like logits: {option} logits"
    what = "counts" if (values == np.floor(values)).all() else "weights"
    return f"they look like {what}: divide each row by its sum; if they are logits: {option} logits"
