"""Shapes: the ways in which trees hold distributions, and the columns that each of them is."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain
from typing import Any

from klcli.columns import Column, FormatError, is_infinite, looks_like_number, repeated
from klcli.distribution import TOLERANCE, listed
from klcli.errors import clipped
from klcli.nodes import (
    Members,
    cell_of,
    constant_of,
    field_of,
    has_parts,
    is_numeral,
    item_of,
    kind_of,
    label_of,
    place_of,
    refuse_twice,
    text_of,
)
from klcli.numerals import counted, number
from klcli.tables import (
    KEY_NAMES,
    LABEL_NAMES,
    WEIGHT_NAMES,
    is_counting,
    is_key,
    is_of_ids,
    label_column,
    table,
    tells_rows_apart,
    unlabelled,
)


def is_of_numbers(tree: Members) -> bool:
    """Whether it is a mapping from labels to numbers; the few are at fault where it holds distributions too."""
    inner = sum(isinstance(node, list | Members) for _, node in tree)
    return bool(tree) and (not inner or inner < sum(is_numeral(node) for _, node in tree))


def refuse_parts(tree: Members) -> None:
    """Raise for a list or a mapping among numbers: it may be the distribution itself."""
    for name, node in tree:
        if has_parts(node):
            cure = "leave it out, or what is beside it if it holds the distribution"
            raise FormatError(f"{place_of(node, f'$.{name}')}: expected a number, found {kind_of(node)}: {cure}")


def named_columns(tree: Members) -> list[Column]:
    """A mapping from names to distributions, with `labels` for those that are lists; a table by its columns too."""
    refuse_twice(tree, "$")
    if not tree:
        raise FormatError("empty")
    _refuse_apart(dict(tree))
    found = _tables_among(tree)
    if found is not None:
        return found
    of_labels = _name_of_labels(tree)
    _refuse_square(tree, of_labels)
    idle = _idle_members(tree) | _names_of_lists(tree)
    labels: dict[str, tuple[str, Callable[[], str]]] = {}  # and their places, by the numbers of their rows, from 0
    columns = []
    for name, node in tree:
        path = f"$.{name}"
        if name == of_labels and isinstance(node, Members):
            refuse_twice(node, path)
            labels = {str(key): _label(item, f"{path}.{key}") for key, item in node}
        elif name == of_labels:
            labels = {str(index): _label(item, f"{path}[{index}]") for index, item in enumerate(node)}
        elif name in idle:
            continue
        elif isinstance(node, Members):
            columns.append(mapping_column(name, node, path))
        elif not isinstance(node, list):
            raise FormatError(
                f"{place_of(node, path)}: expected a list or a mapping, found {kind_of(node)}: leave it out"
            )
        else:
            columns += list_columns(name, node, path)
    if not columns:
        raise FormatError("empty: labels and no numbers")
    if of_labels is not None:
        is_list = isinstance(dict(tree)[of_labels], list)
        columns = [_with_labels(column, labels, of_labels, is_list=is_list) for column in columns]
    refuse_ambiguous(columns)
    _refuse_rows(columns)
    doubts = _unlabelled(tree) if of_labels is None else {}
    columns = [each._replace(notes=(*doubts.get(each.name, ()), *each.notes)) for each in columns]
    notes, unused = _told_of(idle)
    return [
        column._replace(notes=(*notes, *column.notes), beside=(*column.beside, *unused) if column.beside else unused)
        for column in columns
    ]


def _refuse_apart(nodes: dict[str, Any]) -> None:
    """Raise for a table whose names of columns stand apart from its rows, as pandas has it with orient='split'."""
    rows = next((nodes[name] for name in ("data", "rows", "values", "records") if name in nodes), None)
    has_names = not nodes.keys().isdisjoint(("columns", "fields", "header", "headers", "schema", "meta"))
    if has_names and isinstance(rows, list) and any(map(has_parts, rows)):
        raise FormatError(
            "$: a table in parts, its rows apart from the names of its columns: write it as a list of records, as "
            "pandas does by reset_index().to_json(orient='records')"
        )


def _tables_among(tree: Members) -> list[Column] | None:
    """The columns of the tables that members with the same rows are, and then those of all others.

    None where no members are a table. A member called labels is one for all.
    """
    found: list[Column] = []
    others: list[tuple[str, Any]] = []
    widths = _widths(tree)
    has_labels = any(name.lower() == "labels" for name, _ in tree)
    for group in [tree] if has_labels else _alike(tree):
        columns = _table_by_columns(group)
        if columns is None:
            others += group
            continue
        found += columns
        labels = dict(group)[columns[0].label_name]
        if isinstance(labels, list) and len(labels) in widths:  # which has them too
            others.append((columns[0].label_name, labels))
    if not found:
        return None
    found += named_columns(Members(others)) if others else []
    refuse_ambiguous(found)
    return found


def _alike(tree: Members) -> list[Members]:
    """The members in groups with the same rows: lists of one length, mappings with the same keys, and scalars."""
    groups: dict[Any, list[tuple[str, Any]]] = {}
    for name, node in tree:
        rows: Any = len(node) if isinstance(node, list) else None
        rows = frozenset(key for key, _ in node) if isinstance(node, Members) else rows
        groups.setdefault(rows, []).append((name, node))
    return [*map(Members, groups.values())]


def _widths(tree: Members) -> set[int]:
    """How many numbers the rows have of each member that is a list of lists."""
    return {len(node[0]) for _, node in tree if isinstance(node, list) and node and isinstance(node[0], list)}


def _table_by_columns(tree: Members) -> list[Column] | None:
    """The columns of a table whose members are its columns: lists, or mappings from the numbers of its rows.

    None where none of them has labels: then each is a distribution by itself.
    """
    nodes = dict(tree)
    columns: list[Any] = [*nodes.values()]
    if all(isinstance(column, list) for column in columns):
        keys = [*range(len(columns[0]))]
        step = "[{}]"
    elif all(
        isinstance(column, Members) and column and all(key.isdecimal() for key, _ in column) for column in columns
    ):
        keys = [key for key, _ in columns[0]]
        step = ".{}"
        cells = [*map(dict, columns)]
        if any(
            each.keys() != set(keys) or len(each) != len(given) for each, given in zip(cells, columns, strict=True)
        ):
            return None
        columns = [[each[key] for key in keys] for each in cells]
    else:
        return None
    if {len(column) for column in columns} != {len(keys)} or any(map(has_parts, chain(*columns))):
        return None
    nodes = dict(zip(nodes, columns, strict=True))
    text = {name: [text_of(node, "") for node in column] for name, column in nodes.items()}
    counts_rows = [*map(str, keys)] == [*map(str, range(len(keys)))]  # else the keys may be the labels themselves
    idle = _idle_fields(nodes, text) if counts_rows else _idle_members(tree)
    used = {name: column for name, column in text.items() if name not in idle}
    label = label_column([*used], [*used.values()])
    name = None if label is None else [*used][label]
    if name is None or not _are_labels(nodes[name], is_sure=name.lower() not in _MAY_BE_COUNTED):
        return None

    def at(name: str, index: int) -> str:
        return place_of(nodes[name][index], f"$.{name}{step.format(keys[index])}")

    columns = _table(nodes, at, lambda index: f"$, row {keys[index]}")
    return [
        column._replace(place=partial(at, column.name), label_at=partial(at, column.label_name)) for column in columns
    ]


def _unlabelled(tree: Members) -> dict[str, tuple[str]]:
    """What is told of the members with the same rows of which one may have the labels of the others."""
    told: dict[str, tuple[str]] = {}
    for group in _alike(tree):
        if _may_have_labels(group):
            outcomes = "the keys" if isinstance(group[0][1], Members) else "numbered from 0"
            told |= dict.fromkeys(dict(group), (unlabelled([*dict(group)], outcomes),))
    return told


def _may_have_labels(tree: Members) -> bool:
    """Whether they are columns, by the numbers of their rows, of which one may have the labels of all."""
    first = tree[0][1]
    are_keys = isinstance(first, Members) and not all(key.isdecimal() for key, _ in first)
    if len(tree) < 2 or are_keys or not has_parts(first):
        return False
    columns = [_items_of(node) for _, node in tree]
    return any(
        name.lower() not in WEIGHT_NAMES
        and 1 < len(column) == len({*map(str, column)})
        and not _may_be_weights(column)
        for (name, _), column in zip(tree, columns, strict=True)
        if not any(map(has_parts, column))
    )


_MAY_BE_COUNTED = ("row", "sample")  # a sample and a population are two distributions


def _refuse_rows(columns: Sequence[Column]) -> None:
    """Raise for {"a": {"n": 3}, "b": {"n": 1}}, and for words in such: a table by its rows, and no distributions."""
    first, *others = columns
    are_alike = all(each.labels == first.labels for each in others)
    if others and are_alike and (_are_rows(columns) or all(each.name.isdecimal() and each.fault for each in columns)):
        raise FormatError(
            "$: a table by its rows: write it as a list of records, as pandas does by to_json(orient='records')"
        )
    if others and are_alike and first.labels and len(first.labels) == 1 and not first.fault:
        raise FormatError(
            f"$: {len(columns)} mappings of one number each, all called {clipped(first.labels[0])!r}: if they are "
            f'one distribution, write {{"{clipped(first.name)}": {first.cells[0]}, ...}}'
        )


def _are_rows(columns: Sequence[Column]) -> bool:
    """Whether they are called by the numbers of rows, and their outcomes by what columns are called.

    Letters by themselves, such as those of amino acids, or y and n, are no names of columns.
    """
    names = [each.name for each in columns]
    outcomes = columns[0].labels or ()
    are_letters = all(len(each) == 1 for each in outcomes)
    if len(outcomes) < 2 or are_letters or not all(map(str.isdecimal, names)):
        return False
    has_weights = not set(WEIGHT_NAMES).isdisjoint(outcomes)
    return has_weights and (any(map(is_key, outcomes)) or is_counting(names))


def _label(node: Any, path: str) -> tuple[str, Callable[[], str]]:
    """A label, and what says where it stands."""
    return label_of(node, path), partial(place_of, node, path)


def _with_labels(
    column: Column, labels: dict[str, tuple[str, Callable[[], str]]], of_labels: str, *, is_list: bool
) -> Column:
    """The column with the labels, which are told by the numbers of its rows, be these keys or positions.

    Where these are others, that is its fault.
    """
    if is_list and column.labels is not None and set(column.labels) == {label for label, _ in labels.values()}:
        return column  # they are its keys already
    if column.labels is None and len(labels) != len(column.cells):
        sizes = f"{counted(len(column.cells), 'number')} for {counted(len(labels), 'label')}"
        return column._replace(fault=f"$.{column.name}: {sizes}")
    keys = [*map(str, range(len(column.cells)))] if column.labels is None else column.labels
    if labels.keys() != set(keys):
        return column._replace(fault=f"$.{column.name}: its keys are not those of $.{of_labels}")
    found = [labels[key] for key in keys]
    return column._replace(
        labels=[label for label, _ in found], label_name=of_labels, label_at=lambda index: found[index][1]()
    )


_OF_LABELS = (*LABEL_NAMES, *KEY_NAMES)
# What lists are called that name the numbers in each of several lists, and never these lists themselves.
_OF_OUTCOMES = ("labels", "label", "outcomes", "outcome", "categories", "category", "classes", "tokens", "vocab")


def _refuse_square(tree: Members, of_labels: str | None) -> None:
    """Raise where labels may as well be the names of the lists: there are as many lists as numbers in each."""
    if of_labels is None or of_labels.lower() in _OF_OUTCOMES:
        return
    count = len(dict(tree)[of_labels])
    for name, node in tree:
        is_square = isinstance(node, list) and len(node) == count and all(isinstance(row, list) for row in node)
        if is_square and {len(row) for row in node} == {count}:
            raise FormatError(
                f"$.{of_labels}: may name the {count} lists of $.{name}, or the {count} numbers in each: call it row "
                "or labels"
            )


def _name_of_labels(tree: Members) -> str | None:
    """The name of the member that holds the labels of the others, if any: its column, where others are columns."""
    is_table = len(tree) > 1 and any(all(isinstance(node, kind) for _, node in tree) for kind in (list, Members))
    in_table = {name for group in _alike(tree) if len(group) > 1 or is_table for name in dict(group)}
    lists = {name: node for name, node in tree if isinstance(node, list) and not any(map(has_parts, node))}
    widths = _widths(tree)
    in_table |= {name for name, node in lists.items() if len(node) in widths}
    if widths:
        in_table -= {name for name in in_table if name.lower() in _MAY_BE_COUNTED}  # then it names the lists
        of_outcomes = {name.lower(): name for name, node in lists.items() if len(node) in widths}
        for wanted in _OF_OUTCOMES:
            name = of_outcomes.get(wanted)
            if name is not None and _are_labels(lists[name], is_sure=False):
                return name
    for wanted in _OF_LABELS:
        for name, node in tree:
            is_sure = wanted not in _MAY_BE_COUNTED
            if name.lower() == wanted and (wanted == "labels" or name in in_table) and _are_labels(node, is_sure):
                return name
    return next((name for name, node in tree if name in in_table and _are_labels(node, is_sure=False)), None)


def _are_labels(node: Any, is_sure: bool = True) -> bool:
    """Whether they are words; or, where the name is sure to be one of labels, numbers that are no distribution."""
    if not isinstance(node, list | Members):
        return False
    items = _items_of(node)
    if isinstance(node, Members) and not all(key.isdecimal() for key, _ in node):
        return False  # it is from labels already, and not from the numbers of rows
    if any(isinstance(item, str) and not is_numeral(item) and not is_infinite(item) for item in items):
        return is_sure or not any(looks_like_number(item) for item in items if isinstance(item, str))
    return is_sure and bool(items) and not _may_be_weights(items)


def _may_be_weights(items: Sequence[Any]) -> bool:
    """Whether they may be a distribution: shares of 1, of which one is a fraction."""
    values = [number(item) for item in items if is_numeral(item) and not is_infinite(item)]
    is_whole = len(values) < len(items) or all(map(float.is_integer, values))
    return not is_whole and min(values) >= 0 and abs(math.fsum(values) - 1) <= TOLERANCE


def list_columns(name: str, items: list[Any], path: str) -> list[Column]:
    """The columns of a list: of records, of lists or of numbers, as its first item is."""
    kind = next((kind for kind in (Members, list) if items and isinstance(items[0], kind)), None)
    if kind is None:
        return [_list_column(name, items, path)]
    for index, item in enumerate(items):
        if not isinstance(item, kind):
            place = place_of(item, f"{path}[{index}]")
            raise FormatError(f"{place}: expected {kind_of(items[0])}, as the first one is, found {kind_of(item)}")
    if kind is list:
        return _row_columns(name, items, path)
    found = record_columns(items, path)
    called = [f"{name}.{each.name}" if name and len(found) > 1 else name or each.name for each in found]
    return [each._replace(name=long) for each, long in zip(found, called, strict=True)]


def _list_column(name: str, items: list[Any], path: str, row_of: str | None = None) -> Column:
    place = place_of(items, path)

    def at(index: int) -> str:
        return place_of(items[index], item_of(place, index))

    column = Column(name, None, (), at, is_named=row_of != "", row_of=row_of)
    return _filled(column, items, partial(item_of, place), name if row_of is None else "")


def mapping_column(name: str, members: Members, path: str) -> Column:
    """The column of a mapping from labels to numbers."""
    labels = [str(label) for label, _ in members]
    ids = [label for label in labels if label and tells_rows_apart(label)]
    doubt = f"an outcome for {listed(ids)}: leave it out if it tells records apart"
    notes = (doubt,) if 0 < len(ids) < len(labels) else ()
    column = Column(name, labels, (), lambda index: place_of(members[index][1], f"{path}.{labels[index]}"), notes)
    of = name if all(map(str.isdecimal, labels)) else ""
    return _filled(column, [node for _, node in members], lambda index: f"{path}.{labels[index]}", of)


def record_columns(records: Sequence[Members], path: str) -> list[Column]:
    """A list of records as the table that it is."""
    names = [name for name, _ in records[0]]
    places = [place_of(record, f"{path}[{index}]") for index, record in enumerate(records)]
    if not names:
        raise FormatError(f"{places[0]}: empty: a record needs at least one field")
    rows = []
    for record, place in zip(records, places, strict=True):
        refuse_twice(record, place)
        fields = dict(record)
        if fields.keys() != set(names):
            cure = ""
            if len(record) == len(names) == 1:
                cure = ": if they are one distribution, write it as one mapping"
            elif record and all(is_numeral(node) for _, node in (*records[0], *record)):
                cure = ': if each is a distribution, name them, as in {"p": {...}, "q": {...}}'
            raise FormatError(f"{place}: its fields are not those of the first record: {_apart(fields, names)}{cure}")
        rows.append([fields[name] for name in names])
    nodes = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
    return _table(nodes, lambda name, index: field_of(places[index], name), places.__getitem__)


def _table(nodes: dict[str, list[Any]], at: Callable[[str, int], str], place: Callable[[int], str]) -> list[Column]:
    """The columns of a table of these nodes by their names: the functions say where a node stands, and a row."""
    of_lists = next((name for name in nodes if all(map(_is_list_of_numbers, nodes[name]))), None)
    if of_lists is not None:
        where = place_of(nodes[of_lists][0], at(of_lists, 0))
        cure = "write those of all records by themselves, as [[1, 2], [3, 4]]"
        raise FormatError(f"{where}: expected a number or a label, found a list: {cure}")
    text = {name: [text_of(node, at(name, index)) for index, node in enumerate(nodes[name])] for name in nodes}
    idle = _idle_fields(nodes, text)
    used = {name: column for name, column in nodes.items() if name not in idle}
    columns = table([*used], [text[name] for name in used], place)
    first = columns[0]  # what it has beside its numbers the others have too
    for index, node in enumerate(used[first.label_name] if first.labels is not None else ()):
        label_of(node, at(first.label_name, index))
    notes, unused = _told_of(idle)
    notes, beside = (*notes, *first.notes), (*first.beside, *unused)
    return [
        _filled(column._replace(notes=notes, beside=beside), used[column.name], partial(at, column.name), column.name)
        for column in columns
    ]


def _is_list_of_numbers(node: Any) -> bool:
    return isinstance(node, list) and bool(node) and all(map(is_numeral, node))


def _filled(column: Column, nodes: Sequence[Any], at: Callable[[int], str], of: str = "") -> Column:
    """The column with the cells that these nodes are, or with what is wrong with one."""

    def cell_at(index: int) -> str:
        return place_of(nodes[index], at(index))

    try:
        cells = [cell_of(node, at(index), of) for index, node in enumerate(nodes)]
        has_lines = any(getattr(node, "line", 0) for node in nodes[:1])  # of YAML
        return column._replace(cells=cells, at=cell_at if has_lines else None)
    except FormatError as error:
        return column._replace(cells=[""] * len(nodes), fault=str(error))


def _apart(fields: dict[str, Any], names: Sequence[str]) -> str:
    """Which fields a record lacks, and which it has beside those of the first one."""
    lacks = [name for name in names if name not in fields]
    known = {*names}
    more = [name for name in fields if name not in known]
    return ", and ".join(f"{what} {listed(each)}" for what, each in (("it lacks", lacks), ("it has", more)) if each)


def _told_of(idle: dict[str, str]) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """What is told of columns that are not used, by what each of them holds, and why each of them is not."""
    kinds = dict.fromkeys(idle.values())
    unused = [(what, [name for name in idle if idle[name] == what]) for what in kinds]
    notes = (f"{what}, so not used: column {listed(those)}" for what, those in unused)
    return tuple(notes), tuple((name, f"holds {what} alone") for name, what in idle.items())


def _idle_members(tree: Members) -> dict[str, str]:
    """What the members hold that are null, true and false throughout, beside others with the same rows.

    A blank is no null: in YAML {1} is a mapping from 1 to nothing.
    """
    if not _have_rows_alike(tree):
        return {}
    columns = {name: _items_of(node) for name, node in tree}
    idle = _constant_throughout({name: column for name, column in columns.items() if "" not in column})
    return idle if len(idle) < len(columns) else {}


def _names_of_lists(tree: Members) -> dict[str, str]:
    """The members called row or sample that name as many lists as another one holds."""
    heights = {len(node) for _, node in tree if isinstance(node, list) and node and isinstance(node[0], list)}
    return {
        name: "names of lists"
        for name, node in tree
        if name.lower() in _MAY_BE_COUNTED and isinstance(node, list) and len(node) in heights and _are_labels(node)
    }


def _items_of(node: Any) -> list[Any]:
    return [item for _, item in node] if isinstance(node, Members) else node


def _have_rows_alike(tree: Members) -> bool:
    """Whether all members are lists of one length, or mappings with the same keys."""
    return has_parts(tree[0][1]) and len(_alike(tree)) == 1


def _constant_throughout(columns: dict[str, list[Any]]) -> dict[str, str]:
    """What those columns hold that are null, true and false throughout."""
    return {
        name: "null" if {"null"}.issuperset(map(constant_of, column)) else "truth values"
        for name, column in columns.items()
        if column and all(map(constant_of, column))
    }


def _idle_fields(nodes: dict[str, list[Any]], text: dict[str, list[str]]) -> dict[str, str]:
    """What the fields hold that are null, true and false throughout, beside others that hold the numbers.

    Where no others have labels, those that tell rows apart may be these.
    """
    idle = _constant_throughout({name: nodes[name] for name in nodes if not (is_key(name) or is_of_ids(name))})
    numbers = [name for name in nodes if name not in idle and not is_key(name) and any(map(is_numeral, nodes[name]))]
    used = {name: column for name, column in text.items() if name not in idle}
    if numbers and label_column([*used], [*used.values()]) is None:
        idle = {name: what for name, what in idle.items() if len({*text[name]}) < len(text[name])}
    return idle if numbers else {}


def _row_columns(name: str, rows: list[Any], path: str) -> list[Column]:
    """A list of lists, each a distribution: called by its position, from 0, after the name of the list if any."""
    width = len(rows[0])
    if any(isinstance(item, Members) for item in rows[0]):
        place = place_of(rows[0], f"{path}[0]")
        raise FormatError(
            f"{place}: a list of mappings within a list: write it by itself, without the list around it"
        )
    if not width:
        raise FormatError(f"{place_of(rows[0], f'{path}[0]')}: empty")
    for index, row in enumerate(rows):
        if len(row) != width:
            place = place_of(row, f"{path}[{index}]")
            raise FormatError(f"{place}: {counted(len(row), 'number')} where the first row has {width}")
    if width == 2 and all(isinstance(row[0], str) and not is_numeral(row[0]) and is_numeral(row[1]) for row in rows):
        place = place_of(rows[0], f"{path}[0]")
        raise FormatError(f'{place}: a label and a number: write such pairs as a mapping, {{"a": 0.5, "b": 0.5}}')
    if width > 1 and all(isinstance(row[0], str) and not is_numeral(row[0]) for row in rows[1:]) and len(rows) > 1:
        place = place_of(rows[0], f"{path}[0]")
        raise FormatError(f'{place}: a table in lists: write its rows as records, {{"label": "a", "p": 0.5}}')
    called = [f"{name}.{index}" if name else str(index) for index in range(len(rows))]
    return [_list_column(called[index], row, f"{path}[{index}]", name) for index, row in enumerate(rows)]


def refuse_ambiguous(columns: list[Column]) -> None:
    """Raise where one name is that of two distributions, or of one and of a list of several."""
    of_lists = {column.row_of for column in columns if column.row_of}
    twice = repeated([*(column.name for column in columns), *of_lists])
    if twice is not None:
        raise FormatError(f"$: {clipped(twice)!r} is the name of two distributions: call one of them otherwise")
