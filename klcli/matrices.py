"""Matrices of any real numbers, as models write them: rows are samples, columns are classes or latents."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from klcli.columns import Column, FormatError, as_asked, is_infinite, is_number, name_cells, repeated
from klcli.distribution import listed
from klcli.errors import InputError, clipped
from klcli.lazy import np
from klcli.numerals import NoNumeralError, NumeralError, number, numbers
from klcli.readers import called_in_outputs, read_either, rounding, split
from klcli.tables import (
    FROM_KEYS,
    NO_HEADER,
    NO_LABELS,
    OF_LISTS,
    TELLS_ROWS,
    is_key,
    is_nameless,
    names_labels,
    refuse_points,
    with_point,
)

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


def read_matrix(source: str, *, several: bool = False, **options: Any) -> Matrix:
    """The matrix that the source holds: a table, a list of lists, or one row.

    One column of numbers, and numbers on the command line, are one row, and labels beside them its classes, unless
    their column is called row or sample. A mapping in JSON or YAML holds columns by name, whose rows are put into the
    order of the first one's by theirs. `several` takes the arrays of one binary file in the same way.

    The options are those of `readers.reading`. Raises InputError with the source, the place and what would be right.

    >>> read_matrix("a=2,b=1,c=0")[1:4]
    (array([[2., 1., 0.]]), None, ('a', 'b', 'c'))
    """
    from klcli import arrays  # which help and completion need not wait for

    path, wanted = split(source)
    name = called_in_outputs(path) + ("" if wanted is None else f"::{wanted}")
    found = read_either(source, arrays.side_by_side if several else arrays.matrix, **options)
    if not isinstance(found, list):
        values, told_of_others = found
        return Matrix(name, values, None, None, tuple(f"{name}: {note}" for note in told_of_others))
    found = _with_row_names(found, name)
    _refuse_names_of_lists(found, name)
    if found[0].row_of is not None and {column.row_of for column in found} == {found[0].row_of}:
        rows = [_values(column, name) for column in found]
        labels = None if found[0].labels is None else tuple(found[0].labels)
        return Matrix(name, np.array(rows), None, labels, tuple(_rounded(found, rows, name)))
    _refuse_several(found, name, path, several)
    columns = _all_numbers(_turned(found, name), name)
    nested = _nesting(columns, name)
    told = [*_told(columns, name), *nested]
    vectors, labels, notes = _side_by_side(columns, name)
    values = np.array(vectors).T
    first = columns[0]
    if len(columns) > 1 or first.label_name.lower() in _ROW_NAMES:
        _refuse_twice(labels or (), name, "rows")
        told += _doubts_of_rows(columns, name)
        return Matrix(name, values, labels, _names(columns), (*notes, *told, *_counting(columns, values, name)))
    if labels is not None and name_cells(labels):
        raise InputError(
            f"{name}: its labels, {listed(labels)}, name rows and columns, as the terms of a batch do, and are no "
            "classes of one row: give the matrix itself"
        )
    may_be_rows = labels is None or (
        not names_labels(first.label_name) and all(map(is_number, _labels_as_numbers(first)))
    )
    is_doubtful = may_be_rows and first.name != "" and wanted is None and len(values) > 1
    note = f"{name}: one column of {len(values)} numbers, taken as one row of {len(values)} classes"
    return Matrix(name, values.T, None, labels, (*told, note) if is_doubtful else tuple(told))


def _refuse_names_of_lists(columns: Sequence[Column], name: str) -> None:
    """Raise where lists have names: they would be put together with those of another file by position."""
    if columns[0].row_of is not None and columns[0].beside:
        called, _ = columns[0].beside[0]
        raise InputError(f"{name}: {clipped(called)} names the lists, which have no names here: leave it out")


def _refuse_several(columns: Sequence[Column], name: str, path: str, several: bool) -> None:
    """Raise for a list beside lists of lists, as true classes are beside logits, and for several of these.

    Where several are wanted they are all to be of one kind.
    """
    of_lists = dict.fromkeys(column.row_of for column in columns if column.row_of is not None)
    alone = [column.name for column in columns if column.row_of is None]
    if of_lists and (alone or (len(of_lists) > 1 and not several)):
        held = listed([*map(str, of_lists), *alone], 20)
        choice = f"choose one, as in {as_asked(path, str(next(iter(of_lists))))}"
        raise InputError(f"{name}: holds several ({held}): {'make them all lists of lists' if several else choice}")


def _rounded(columns: Sequence[Column], values: Sequence[Array], name: str) -> list[str]:
    found = (rounding(column, each) for column, each in zip(columns, values, strict=True))
    return [f"{name}: {note}" for note in found if note]


def _told(columns: Sequence[Column], name: str) -> list[str]:
    """What is told of how the columns were read; that rows are numbered, and that no header is there, is no news."""
    news = dict.fromkeys(note for column in columns for note in column.notes)
    return [f"{name}: {note}" for note in news if not note.startswith((NO_LABELS, FROM_KEYS, NO_HEADER))]


def _doubts_of_rows(columns: Sequence[Column], name: str) -> list[str]:
    """A note where the numbers of a column that is called id, or alike, name the rows: it may be one of classes.

    Raises InputError where they are no numbers of rows, and where another column is called row or sample.
    """
    first = columns[0]
    called, labels = first.label_name, _labels_as_numbers(first)
    if called.lower() in ("", *_ROW_NAMES) or is_nameless(called) or not all(map(is_number, labels)):
        return []
    other = next((column.name for column in columns if column.name.lower() in _ROW_NAMES), None)
    if other is not None:
        raise InputError(
            f"{name}: columns {clipped(other)} and {clipped(called)} may both name the rows: leave one out, or call "
            "it otherwise if it is of numbers"
        )
    if not all(map(str.isdecimal, labels)):
        odd = clipped(next(label for label in labels if not label.isdecimal()))
        raise InputError(
            f"{name}: column {clipped(called)} may name the rows, and holds {odd}: call it row if it does, or "
            "otherwise if it is of numbers"
        )
    return [f"{name}: column {clipped(called)} names the rows: call it otherwise if it is of numbers"]


def _with_row_names(columns: list[Column], name: str) -> list[Column]:
    """The columns without the one that is called row or sample, whose cells name the rows of the others.

    In a table it has been found already: here it is one of the arrays of a file, or of the lists, or of the mappings
    from numbers, of a tree.
    """
    named = next((column for column in columns if column.name.lower() in _ROW_NAMES and column.row_of is None), None)
    others = [column for column in columns if column is not named]
    if named is None or not others or not named.size or not all(_is_numbered(column) for column in columns):
        return columns
    _all_numbers(columns, name)
    cells = [cell.strip() for cell in _cells(named)]
    made = []
    for column in others:
        names = dict(zip(named.labels or (), cells, strict=False))
        is_by_key = column.labels is not None and names.keys() == set(column.labels)
        made.append(
            column._replace(
                labels=[names[key] for key in column.labels or ()] if is_by_key else cells,
                label_name=named.name,
            )
        )
    return made


def _is_numbered(column: Column) -> bool:
    """Whether its labels are but the numbers of its rows, from 0, or it has none and its name was given."""
    return column.is_named and (
        column.labels is None or sorted(column.labels) == sorted(map(str, range(column.size)))
    )


def _turned(columns: list[Column], name: str) -> list[Column]:
    """The columns with those of every list of lists in place of its rows: called by its name and a number, from 1."""
    made: list[Column] = []
    for of, group in groupby(columns, lambda column: column.row_of):  # whose rows stand together
        found = list(group)
        made += found if of is None else _upright(found)
    _refuse_twice([column.name for column in made], name, "columns")
    return made


def _upright(rows: list[Column]) -> list[Column]:
    """The columns of a list of lists, of which these are the rows."""

    def column(position: int) -> Column:
        ending = f"{position + 1}" if rows[0].labels is None else f"_{rows[0].labels[position]}"
        cells = [row.cells[position] for row in rows]
        return Column(f"{rows[0].row_of}{ending}", None, cells, lambda index: rows[index].place(position))

    return [column(position) for position in range(len(rows[0].cells))]


def _side_by_side(columns: Sequence[Column], name: str) -> tuple[list[Array], tuple[str, ...] | None, list[str]]:
    """The numbers of the columns, the names of their rows as the first one has them that has some, and notes."""
    first = next((column for column in columns if column.labels is not None), columns[0])
    vectors = [_values(column, name) for column in columns]
    notes = _rounded(columns, vectors, name)
    for index, column in enumerate(columns):
        if column.labels is None and first.labels is not None:
            notes.append(f"{name}: rows of {column.name} matched by position, since it has no names for them")
        elif column.labels is not None and first.labels is not None and column.labels is not first.labels:
            order = _order(first.labels, column.labels, f"{name}: {first.name}", f"{name}: {column.name}", "rows")
            if order != list(range(len(order))):
                vectors[index] = vectors[index][order]
                notes.append(f"{name}: rows of {column.name} put into the order of {first.name}, by their names")
    return vectors, None if first.labels is None else tuple(first.labels), notes


def _nesting(columns: Sequence[Column], name: str) -> tuple[str, ...]:
    """What was taken for columns and what for rows where mappings in a mapping name both, as a note.

    Raises InputError where the outer names only count and the inner ones do not: then they are those of rows.
    """
    first = columns[0]
    is_table = first.label_name != "" or (len(columns) > 1 and columns[1].labels is first.labels)
    if len(columns) == 1 or is_table or any(column.labels is None for column in columns):
        return ()
    outer, inner = [column.name for column in columns], list(first.labels or ())
    if all(map(is_number, inner)) or set(inner) == set(outer):  # they number rows, as pandas does, or it is square
        return ()
    if outer == [*map(str, range(len(outer)))]:
        raise InputError(
            f"{name}: the outer names, {listed(outer)}, number rows: the outer ones must be those of columns, and "
            f"{listed(inner)} stand inside"
        )
    return (f"{name}: columns are {listed(outer)}, the outer names, and rows {listed(inner)}, the inner ones",)


def _order(ours: Sequence[str], theirs: Sequence[str], our: str, their: str, what: str) -> list[int]:
    """Where each of our names stands among theirs.

    Raises InputError, with what the two are called, where names stand twice, or on one side alone.
    """
    for who, names in ((our, ours), (their, theirs)):
        _refuse_twice(names, who, what)
    known, places = set(ours), {name: place for place, name in enumerate(theirs)}
    alone = [*(name for name in ours if name not in places), *(name for name in theirs if name not in known)]
    if alone:
        raise InputError(f"{our} and {their}: {what} on one side alone: {listed(alone)}")
    return [places[name] for name in ours]


def _refuse_twice(names: Sequence[str], who: str, what: str) -> None:
    twice = repeated(names)
    if twice is not None:
        cure = ": give each a name of its own, or leave their column out" if what == "rows" else ""
        raise InputError(f"{who}: two {what} are called {clipped(twice)!r}{cure}")


def _all_numbers(columns: list[Column], name: str) -> list[Column]:
    """The columns with labels that are labels: what may be data, or a number that is missing, is none."""
    first = columns[0]
    labels = first.labels or ()
    sizes = [column.size for column in columns]
    if len(set(sizes)) > 1:
        shown = listed([f"{column.name} has {size}" for column, size in zip(columns, sizes, strict=True)], 20)
        raise InputError(f"{name}: columns of different lengths: {shown}")
    if first.has_number_labels:
        cells = _labels_as_numbers(first)
        if first.decimal == ",":
            _refuse_points(labels, first, name)
        columns = [Column("1", None, cells, first.place, first.notes, is_named=False), first._replace(labels=None)]
    elif first.labels is not None:
        _refuse_numbers_mistyped(first, name)
    if first.beside:
        beside, why = first.beside[0]
        if why.startswith(OF_LISTS):
            raise InputError(f"{name}: column {beside} {why}")
        cure = (
            "leave it out, or call it otherwise if it is of numbers"
            if why.startswith(TELLS_ROWS)
            else ("leave it out, or call it row")
        )
        raise InputError(f"{name}: column {beside} holds no numbers, or names rows; {cure}")
    is_headerless = bool(first.notes) and _names(columns) is None
    if is_headerless and [_cells(column)[0] for column in columns] == [*map(str, range(len(columns)))]:
        raise InputError(
            f"{name}: {first.place(0)}: a header of numbers, 0, 1 ...? Name the columns, or leave the line out"
        )
    return columns


def _refuse_points(cells: Sequence[str], column: Column, name: str) -> None:
    try:
        refuse_points("", cells, column.place)
    except FormatError as error:
        raise InputError(f"{name}: {error}") from None


def _refuse_numbers_mistyped(column: Column, name: str) -> None:
    """Raise where the labels may be numbers that were mistyped, or stand for some that are missing."""
    labels = _labels_as_numbers(column)
    words = [not is_number(label) for label in labels]
    if any(words) and not is_key(column.label_name) and not (all(words) and column.labels_first):
        slip = words.index(True)
        where = f"{name}: {column.place_of_label(slip)}, column {column.label_name}"
        try:
            number(labels[slip])
        except NoNumeralError as error:
            raise InputError(f"{where}: {error}; if the column names the rows, call it row") from None
        except NumeralError as error:
            raise InputError(f"{where}: {error}") from None
    missing = next((index for index, label in enumerate(labels) if not _is_label(label)), None)
    if missing is not None:
        raise InputError(
            f"{name}: {column.place_of_label(missing)}: {clipped(labels[missing])!r} stands among labels, or for a "
            "number that is missing: rows have names, or numbers in every column"
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
    return (
        column.cells
        if column.values is None
        else [repr(value).removesuffix(".0") for value in column.values.tolist()]
    )


def _labels_as_numbers(column: Column) -> list[str]:
    """The labels, with those that are numbers as they are written with a point."""
    return [with_point(label, column.decimal) for label in column.labels or ()]


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
        where = f", column {column.name}" if column.name and column.row_of is None else ""
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
            _refuse_twice(names or (), matrix.name, what)
        if ours is None or theirs is None or ours == theirs:
            if (ours is None) != (theirs is None):
                nameless = a if ours is None else b
                notes.append(f"{what} matched by position, since {nameless.name} has no names for them")
            continue
        values = np.take(b.values, _order(ours, theirs, a.name, b.name, what), axis=axis)
        b = b._replace(values=values, rows=ours) if axis == 0 else b._replace(values=values, columns=ours)
        notes.append(f"{b.name}: {what} put into the order of {a.name}, by their names")
    return a, b, tuple(notes)


def _axis_names(matrix: Matrix, axis: int) -> tuple[str, ...] | None:
    return matrix.rows if axis == 0 else matrix.columns


class Components:
    """Means and covariances, whose components are put into the order of the first file that has names for them.

    `notes` says what was done, `nameless` are the sources without names, and `moved` those that had another order.
    """

    def __init__(self) -> None:
        self.names: tuple[str, ...] | None = None
        self.named = ""  # the first source with names
        self.nameless: list[str] = []
        self.moved: list[str] = []
        self._notes: list[str] = []

    def read(self, path: str) -> Array:
        """The rows of the file, a mean in one row or one column, or a square covariance.

        Raises InputError where its names are not those of the first, or where rows and columns have other names.
        """
        matrix = read_matrix(path)
        self._notes += matrix.notes
        height, width = matrix.values.shape
        axes = [axis for axis, size in enumerate((height, width)) if size > 1 or height == width]
        found = {axis: names for axis in axes if (names := _axis_names(matrix, axis)) is not None}
        if not found or (len(axes) > 1 and height != width):
            self.nameless.append(matrix.name)
            return matrix.values
        if len(found) > 1:
            _order(found[1], found[0], f"{matrix.name}: its columns", "its rows", "names")
        if self.names is None:
            self.names, self.named = found[max(found)], matrix.name
        values, is_moved = matrix.values, False
        for axis in axes:
            names = found.get(axis, found[max(found)])
            order = _order(self.names, names, self.named, matrix.name, "components")
            values, is_moved = np.take(values, order, axis=axis), is_moved or names != self.names
        if is_moved:
            self.moved.append(matrix.name)
            self._notes.append(f"{matrix.name}: components put into the order of {self.named}, by their names")
        return values

    @property
    def notes(self) -> tuple[str, ...]:
        """What was done with the names, and what has none where another one has."""
        nameless = dict.fromkeys(self.nameless) if self.names is not None else ()
        return (
            *dict.fromkeys(self._notes),
            *(f"components matched by position, since {name} has no names for them" for name in nameless),
        )


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
            raise InputError(
                f"{matrix.name}: column {clipped(name)}: neither {first} nor {second}{_instead(name, second)}"
            )
        same = endings[match[1]].setdefault(match[2], index)
        if same != index:
            both = f"{clipped((matrix.columns or ())[same])} and {clipped(name)}"
            raise InputError(f"{matrix.name}: columns {both} are both {match[1]} of one latent: leave one out")
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
    given = re.sub("[_ ]$", "", name.lower().rstrip("0123456789"))
    if given in ("mu", wanted):
        return f": call it {given}"
    if wanted == "logvar" and given in _LOGVARS:
        return f", and logvar is {_LOGVARS[given]}"
    if wanted == "logvar" and given in ("log_var", "lnvar", "log_variance", "logvariance"):
        return ": if it is the logarithm of the variance, call it logvar"
    if wanted == "logvar" and given in ("mean", "means"):
        return ": if it is the mean, call it mu"
    return ": leave it out" if name.lower() in _ROW_NAMES else ": leave it out, or call it row if it names the rows"


_LOGVARS = {"sigma": "2·ln sigma", "sd": "2·ln sd", "std": "2·ln std", "var": "ln var", "variance": "ln variance"}
