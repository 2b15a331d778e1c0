"""Matrices of any real numbers, as models write them: rows are samples, columns are classes or latents."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from klcli.columns import Column, is_infinite, is_number
from klcli.distribution import listed
from klcli.errors import InputError, clipped
from klcli.lazy import np
from klcli.numerals import NoNumeralError, NumeralError, number, numbers
from klcli.readers import called_in_outputs, read_either, split
from klcli.tables import is_key

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from klcli.numerics import Array


class Matrix(NamedTuple):
    """Numbers in rows and columns, finite or −inf, what rows and columns are called where they are, and notes."""

    name: str
    values: NDArray[np.float64]
    rows: tuple[str, ...] | None
    columns: tuple[str, ...] | None
    notes: tuple[str, ...] = ()


_ROW_NAMES = ("row", "sample")


def read_matrix(source: str, **options: Any) -> Matrix:
    """The matrix that the source holds: a table, a list of lists, or one row.

    One column of numbers, and numbers on the command line, are one row, and labels beside them its classes, unless
    their column is called row or sample. A mapping in JSON or YAML holds columns by name.

    The options are those of `readers.reading`. Raises InputError with the source, the place and what would be right.

    >>> read_matrix("a=2,b=1,c=0")[1:4]
    (array([[2., 1., 0.]]), None, ('a', 'b', 'c'))
    """
    from klcli import arrays  # which help and completion need not wait for

    path, wanted = split(source)
    name = called_in_outputs(path) + ("" if wanted is None else f"::{wanted}")
    found = read_either(source, arrays.matrix, **options)
    if not isinstance(found, list):
        return Matrix(name, found, None, None)
    columns = _all_numbers(found, name)
    values = np.array([_values(column, name) for column in columns]).T
    first = columns[0]
    labels = None if first.labels is None else tuple(first.labels)
    is_list_of_lists = not first.is_named and first.name != ""
    if len(columns) > 1 or is_list_of_lists or first.label_name.lower() in _ROW_NAMES:
        return Matrix(name, values, labels, _names(columns), tuple(_counting(columns, values, name)))
    is_doubtful = labels is None and first.name != "" and wanted is None and len(values) > 1
    note = f"{name}: one column of {len(values)} numbers, taken as one row of {len(values)} classes"
    return Matrix(name, values.T, None, labels, (note,) if is_doubtful else ())


def _all_numbers(columns: list[Column], name: str) -> list[Column]:
    """The columns with labels that are labels: what may be data, or a number that is missing, is none."""
    first = columns[0]
    labels = first.labels or ()
    sizes = {len(_cells(column)) for column in columns}
    if len(sizes) > 1:
        shown = ", ".join(f"{column.name} has {len(_cells(column))}" for column in columns)
        raise InputError(f"{name}: columns of different lengths: {shown}")
    if first.has_number_labels:
        columns = [Column("1", None, labels, first.place, first.notes, is_named=False), first._replace(labels=None)]
    elif first.labels is not None:
        _refuse_numbers_mistyped(first, name)
    if first.beside:
        raise InputError(f"{name}: column {first.beside[0]} holds text, not numbers; leave it out, or call it row")
    is_headerless = bool(first.notes) and _names(columns) is None
    if is_headerless and [_cells(column)[0] for column in columns] == [*map(str, range(len(columns)))]:
        raise InputError(
            f"{name}: {first.place(0)}: a header of numbers, 0, 1 ...? Name the columns, or leave the line out"
        )
    return columns


def _refuse_numbers_mistyped(column: Column, name: str) -> None:
    """Raise where the labels may be numbers that were mistyped, or stand for some that are missing."""
    labels = column.labels or ()
    words = [not is_number(label) for label in labels]
    if any(words) and not is_key(column.label_name) and not (all(words) and column.labels_first):
        slip = words.index(True)
        where = f"{name}: {column.place(slip)}, column {column.label_name}"
        try:
            number(labels[slip])
        except NoNumeralError as error:
            raise InputError(f"{where}: {error}; if the column names the rows, call it row") from None
        except NumeralError as error:
            raise InputError(f"{where}: {error}") from None
    missing = next((index for index, label in enumerate(labels) if not _is_label(label)), None)
    if missing is not None:
        raise InputError(
            f"{name}: {column.place(missing)}: {clipped(labels[missing])!r} stands among labels, or for a number "
            "that is missing: rows have names, or numbers in every column"
        )


def _counting(columns: Sequence[Column], values: Array, name: str) -> Iterator[str]:
    """A note of each column that only counts the rows."""
    for column, numbers_of_it in zip(columns, values.T.tolist(), strict=True):
        if (
            len(columns) > 1
            and len(numbers_of_it) > 2
            and numbers_of_it in ([*range(len(values))], [*range(1, len(values) + 1)])
        ):
            yield f"{name}: column {column.name} counts the rows, and is taken as data: if it names them, call it row"


def _cells(column: Column) -> Sequence[str]:
    return column.cells if column.values is None else list(map("{:g}".format, column.values.tolist()))


def _is_label(text: str) -> bool:
    """Whether the text is a word or a plain number, and not a number that is missing or written in another way."""
    try:
        number(text)
    except NoNumeralError:
        return bool(text.strip())
    except NumeralError:
        return False
    return True


def _names(columns: Sequence[Column]) -> tuple[str, ...] | None:
    """The names of the columns, None where they are numbered because nothing names them."""
    return tuple(column.name for column in columns) if columns[0].is_named else None


def _values(column: Column, name: str) -> Array:
    if column.values is not None:
        return column.values
    infinite = [index for index, cell in enumerate(column.cells) if is_infinite(cell) and cell.strip()[0] in "-−"]
    cells = list(column.cells)
    for index in infinite:
        cells[index] = "0"
    try:
        values = numbers(cells)
    except NumeralError as error:
        where = f", column {column.name}" if column.name else ""
        raise InputError(f"{name}: {column.place(error.index)}{where}: {error}") from None
    values[infinite] = -math.inf
    return values


def matched(a: Matrix, b: Matrix) -> tuple[Matrix, Matrix, tuple[str, ...]]:
    """The two with rows and columns in the same order, by their names where both have some, and a note of it.

    Raises InputError where names stand twice, or on one side alone.
    """
    notes = [*a.notes, *b.notes]
    for axis, what in ((0, "rows"), (1, "columns")):
        ours, theirs = _axis_names(a, axis), _axis_names(b, axis)
        for matrix, names in ((a, ours), (b, theirs)):
            twice = next((name for name in names or () if (names or ()).count(name) > 1), None)
            if twice is not None:
                raise InputError(f"{matrix.name}: two {what} are called {clipped(twice)!r}")
        if ours is None or theirs is None or ours == theirs:
            if (ours is None) != (theirs is None):
                nameless = a if ours is None else b
                notes.append(f"{what} matched by position, since {nameless.name} has no names for them")
            continue
        alone = [name for name in (*ours, *theirs) if (name in ours) != (name in theirs)]
        if alone:
            raise InputError(f"{a.name} and {b.name}: {what} on one side alone: {listed(alone)}")
        order = [theirs.index(name) for name in ours]
        values = np.take(b.values, order, axis=axis)
        b = b._replace(values=values, rows=ours) if axis == 0 else b._replace(values=values, columns=ours)
        notes.append(f"{b.name}: {what} put into the order of {a.name}, by their names")
    return a, b, tuple(notes)


def _axis_names(matrix: Matrix, axis: int) -> tuple[str, ...] | None:
    return matrix.rows if axis == 0 else matrix.columns


def paired(matrix: Matrix, first: str, second: str) -> tuple[Matrix, Matrix]:
    """The columns of two names, or, where they are numbered, all of each; then they are called by their numbers.

    Raises InputError where there are other columns, or some on one side alone.

    >>> table = Matrix("m", np.array([[1.0, 2.0, 3.0, 4.0]]), None, ("mu1", "mu2", "var_1", "var_2"))
    >>> [(each.columns, each.values.tolist()) for each in paired(table, "mu", "var")]
    [(('1', '2'), [[1.0, 2.0]]), (('1', '2'), [[3.0, 4.0]])]
    """
    endings: dict[str, dict[str, int]] = {first: {}, second: {}}
    for index, name in enumerate(matrix.columns or ()):
        match = re.fullmatch(rf"({first}|{second})[_ ]?(\w*)", name)
        if match is None:
            raise InputError(f"{matrix.name}: column {name}: neither {first} nor {second}{_instead(name, second)}")
        endings[match[1]][match[2]] = index
    numbers = list(endings[first])
    if not numbers or set(numbers) != set(endings[second]) or ("" in numbers and len(numbers) > 1):
        found = listed(matrix.columns) if matrix.columns else "no names"
        raise InputError(
            f"{matrix.name}: the columns must be {first} and {second}, or {first}1, {first}2 ... and {second}1, "
            f"{second}2 ...; found {found}"
        )
    called = None if numbers == [""] else tuple(numbers)
    one, other = (matrix.values[:, [endings[side][number] for number in numbers]] for side in (first, second))
    return matrix._replace(values=one, columns=called), matrix._replace(values=other, columns=called)


def _instead(name: str, wanted: str) -> str:
    """What is to be done about a column of another name."""
    given = re.sub(r"[_ ]?\d*$", "", name.lower())
    if wanted == "logvar" and given in _LOGVARS:
        return f", and logvar is {_LOGVARS[given]}"
    if wanted == "logvar" and given in ("log_var", "lnvar", "log_variance", "logvariance"):
        return ": if it is the logarithm of the variance, call it logvar"
    if wanted == "logvar" and given in ("mean", "means"):
        return ": if it is the mean, call it mu"
    return ": leave it out, or call it row if it names the rows"


_LOGVARS = {"sigma": "2·ln sigma", "sd": "2·ln sd", "std": "2·ln std", "var": "ln var", "variance": "ln variance"}
