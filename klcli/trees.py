"""Trees: JSON and YAML, and the shapes that hold distributions in them, klcli's own output among these."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from klcli.columns import (
    Column,
    FormatError,
    Reading,
    is_infinite,
    is_number,
    line_at,
    looks_like_number,
    name_cells,
    reads,
)
from klcli.distribution import TOLERANCE, listed
from klcli.errors import clipped
from klcli.numerals import counted, number
from klcli.tables import (
    KEY_NAMES,
    LABEL_NAMES,
    WEIGHT_NAMES,
    is_key,
    is_of_ids,
    label_column,
    table,
    unlabelled,
)

if TYPE_CHECKING:
    import yaml


class Literal(str):
    """A scalar as it is written, without quotes: whatever number it may be is not yet believed."""

    line = 0


class Quoted(str):
    """A scalar that was written in quotes."""

    line = 0


class Items(list[Any]):
    """The items of a list."""

    line = 0


class Members(tuple[tuple[str, Any], ...]):
    """The members of a mapping in their order, those that stand twice included; no list, lest it pass for one."""

    line = 0


@reads("json")
def json_columns(text: str, _: Reading) -> list[Column]:
    """The columns of a JSON text."""
    return _of_unicode(_columns(_json_tree(text)), text)


@reads("ndjson")
def ndjson_columns(text: str, _: Reading) -> list[Column]:
    """The columns of lines that are a JSON text each: records, rows, or own results.

    One line is as in JSON, save a record by the names of its fields.
    """
    found = []
    for place, line in enumerate(re.split("\r\n|\r|\n", text), 1):
        if line.strip():
            tree = _json_tree(line, place)
            if not isinstance(tree, list | Members):
                raise FormatError(f"line {place}: expected a record or a list, found {_kind(tree)}")
            found.append((place, tree))
    trees = [tree if len(found) == 1 else _numbered(tree, place) for place, tree in found]
    return _of_unicode(_columns(trees[0] if len(trees) == 1 and not _is_record(trees[0]) else trees), text)


def _is_record(tree: Any) -> bool:
    """Whether the mapping has a name of labels or keys, and is no list of columns, nor an answer of klcli."""
    if not isinstance(tree, Members) or _is_result(tree):
        return False
    return any(is_key(name) for name, _ in tree) and not any(_has_parts(node) for _, node in tree)


def _json_tree(text: str, first_line: int = 1) -> Any:
    import json

    try:
        return json.loads(
            text, parse_float=Literal, parse_int=Literal, parse_constant=Literal, object_pairs_hook=Members
        )
    except json.JSONDecodeError as error:
        line = first_line + error.lineno - 1
        if error.msg == "Extra data" and text[error.pos :].lstrip()[:1] in ("{", "["):
            several = (
                "several JSON texts, one after another: put each on one line and give --input-format ndjson, as "
            )
            raise FormatError(f"line {line}: {several}jq -c writes them") from None
        what = error.msg.lower().replace("character at", "character: write it as \\u and its number")
        doubt = _otherwise(text, error.pos)
        raise FormatError(f"line {line}, column {error.colno}: not JSON: {what}{doubt}") from None
    except RecursionError:
        raise FormatError("nested too deeply") from None


def _otherwise(text: str, position: int) -> str:
    """What else the text may be that is wrong after its first bracket, or at the end of [0,10), to end a message."""
    odd = text[position : position + 1]
    is_word = text[:position].strip() in ("{", "[") and odd.isalpha()
    return "; if it is another format, name it: --input-format csv, yaml ..." if is_word or odd == ")" else ""


def _numbered(tree: list[Any] | Members, line: int) -> Items | Members:
    """The mapping or list with the line on which it stands."""
    made = tree if isinstance(tree, Members) else Items(tree)
    made.line = line
    return made


def _of_unicode(columns: list[Column], text: str) -> list[Column]:
    """The columns of the JSON text, in whose labels and names no half of a character is escaped."""
    if re.search(r"\\u[dD][89a-fA-F]", text):
        for column in columns:
            words = (column.name, *(column.labels or ()), *column.beside)
            half = next((word for word in words if re.search("[\ud800-\udfff]", word)), "")
            if half:
                raise FormatError(f"$: {clipped(ascii(half))} is not Unicode: half of a character stands alone")
    return columns


# YAML


@reads("yaml")
def yaml_columns(text: str, _: Reading) -> list[Column]:
    """The columns of a YAML text: scalars as they are written, no tags, no aliases, one document."""
    import yaml

    _refuse_tags(text)
    try:
        tree = _yaml_tree(yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    except yaml.MarkedYAMLError as error:
        raise FormatError(_yaml_fault(error, text)) from None
    except yaml.reader.ReaderError:
        odd = yaml.reader.Reader.NON_PRINTABLE.search(text)
        line = f"line {line_at(text, odd.start())}: " if odd else ""
        raise FormatError(f"{line}not YAML: a control character") from None
    if tree is None:
        raise FormatError("empty")
    return _columns(tree)


def _refuse_tags(text: str) -> None:
    """Raise for a directive of tags: of many the parser takes time that grows with the square of their number."""
    for line, found in enumerate(re.finditer("[^\r\n]*(\r\n|\r|\n|$)", text), 1):
        if found[0].startswith("%TAG"):
            raise FormatError(f"line {line}: a tag, {clipped(found[0].strip())}: write the values without it")
        if found[0].strip() and found[0][0] not in "%#":
            return


_LONGEST_KEY = 1024  # characters: YAML reads no longer one before a colon


def _yaml_fault(error: yaml.MarkedYAMLError, text: str) -> str:
    """What the parser stumbled over, and where: what is never closed, where it was opened."""
    mark, context = error.problem_mark, error.context or ""
    if mark is None:
        return f"not YAML: {error.problem}"
    if "nesting depth" in (error.problem or ""):  # which newer parsers bound themselves
        return f"line {mark.line + 1}: nested too deeply"
    before = "".join(re.split("\r\n|[\r\n\x85\u2028\u2029]", text)[mark.line : mark.line + 1])[: mark.column]
    if len(before if "flow" not in context else re.split(r"[,{\[]", before)[-1]) > _LONGEST_KEY:
        return f"line {mark.line + 1}: not YAML: a label of over {_LONGEST_KEY} characters: write it in JSON"
    if error.context_mark is not None and re.search("quoted|simple key|flow", context):
        return f"line {error.context_mark.line + 1}: not YAML: {error.problem} {context}"
    return f"line {mark.line + 1}: not YAML: {error.problem}"


class _Open(NamedTuple):
    """A list or a mapping that is still read: its nodes, of a mapping the names and the values in turn."""

    line: int
    is_mapping: bool
    nodes: list[Any]

    def add(self, node: Any) -> None:
        """Take the next node; raises FormatError for a name that is none, and for what is no value of it."""
        if self.is_mapping and len(self.nodes) % 2:
            _refuse_value(self.nodes[-1], node)
        elif self.is_mapping and not isinstance(node, str):
            raise FormatError(f"line {node.line}: a label must be plain text")
        self.nodes.append(node)

    def closed(self) -> Items | Members:
        """All that was in it."""
        pairs = zip(self.nodes[::2], self.nodes[1::2], strict=True) if self.is_mapping else ()
        made = Members(pairs) if self.is_mapping else Items(self.nodes)
        made.line = self.line
        return made


def _refuse_value(name: Any, node: Any) -> None:
    """Raise for the value of a name that shows that another thing was meant."""
    if isinstance(name, Literal) and name == "<<" and not isinstance(node, str):
        raise FormatError(f"line {name.line}: a merge key, <<: write the values out")
    if isinstance(name, Literal) and ":" in name and isinstance(node, Literal) and not node:
        raise FormatError(f"line {name.line}: {clipped(name)!r} has no value, or no blank after its colon")


def _yaml_tree(events: Iterator[Any]) -> Any:
    import yaml

    open_nodes: list[_Open] = []
    root: Any = None
    for event in events:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.DocumentStartEvent) and root is not None:
            raise FormatError(f"line {line}: a second document begins: keep one to a file")
        if isinstance(event, yaml.AliasEvent):
            raise FormatError(f"line {line}: an alias, *{event.anchor}: write the values out")
        if not isinstance(event, yaml.NodeEvent | yaml.CollectionEndEvent):
            continue
        if isinstance(event, yaml.ScalarEvent) and event.anchor is not None and not is_number(event.value):
            raise FormatError(f"line {line}: an anchor, &{event.anchor}: leave it out, or put the label in quotes")
        tag = getattr(event, "tag", None)
        if tag is not None:
            raise FormatError(f"line {line}: a tag, {tag}: write the value without it")
        if isinstance(event, yaml.CollectionStartEvent):
            open_nodes.append(_Open(line, isinstance(event, yaml.MappingStartEvent), []))
            if len(open_nodes) > 50:
                raise FormatError(f"line {line}: nested too deeply")
            continue
        if isinstance(event, yaml.CollectionEndEvent):
            node: Any = open_nodes.pop().closed()
        else:
            scalar: Any = event
            node = Quoted(scalar.value) if scalar.style else Literal(scalar.value)
            node.line = line
        if open_nodes:
            open_nodes[-1].add(node)
        else:
            root = node
    return root


# Shapes


def _columns(tree: Any) -> list[Column]:
    """The columns that a tree holds, whatever its shape."""
    if isinstance(tree, Members):
        if _is_result(tree):
            return _own_columns([tree], ["$"])
        if _is_answer(tree):
            return _answered([tree], ["$"])
        if not _is_of_numbers(tree):
            return _named_columns(tree)
        _refuse_parts(tree)
        return [_mapping_column("", tree, "$")]
    if isinstance(tree, list) and tree and all(map(_is_answer, tree)):
        return _answered(tree, [_place(each, f"$[{index}]") for index, each in enumerate(tree)])
    if _are_results(tree):
        return _own_columns(tree, [f"$[{index}]" for index in range(len(tree))])
    if isinstance(tree, list):
        return _list_columns("", tree, "$")
    hint = ": put a blank after the colon" if isinstance(tree, Literal) and ":" in tree else ""
    raise FormatError(f"{_place(tree, '$')}: expected a list or a mapping of numbers, found {_kind(tree)}{hint}")


def _is_of_numbers(tree: Members) -> bool:
    """Whether it is a mapping from labels to numbers; the few are at fault where it holds distributions too."""
    inner = sum(isinstance(node, list | Members) for _, node in tree)
    return bool(tree) and (not inner or inner < sum(_is_numeral(node) for _, node in tree))


def _refuse_parts(tree: Members) -> None:
    """Raise for a list or a mapping among numbers: it may be the distribution itself."""
    for name, node in tree:
        if _has_parts(node):
            cure = "leave it out, or what is beside it if it holds the distribution"
            raise FormatError(f"{_place(node, f'$.{name}')}: expected a number, found {_kind(node)}: {cure}")


def _is_numeral(node: Any) -> bool:
    return isinstance(node, Literal) and is_number(node)


def _named_columns(tree: Members) -> list[Column]:
    """A mapping from names to distributions, with `labels` for those that are lists; a table by its columns too."""
    _refuse_twice(tree, "$")
    if not tree:
        raise FormatError("empty")
    _refuse_apart(dict(tree))
    found = _table_by_columns(tree)
    if found is not None:
        return found
    of_labels = _name_of_labels(tree)
    labels: dict[str, str] = {}  # by the numbers of their rows, from 0
    columns = []
    for name, node in tree:
        path = f"$.{name}"
        if name == of_labels and isinstance(node, Members):
            _refuse_twice(node, path)
            labels = {str(key): _label(item, f"{path}.{key}") for key, item in node}
        elif name == of_labels:
            labels = {str(index): _label(item, f"{path}[{index}]") for index, item in enumerate(node)}
        elif isinstance(node, Members):
            columns.append(_mapping_column(name, node, path))
        elif not isinstance(node, list):
            raise FormatError(
                f"{_place(node, path)}: expected a list or a mapping, found {_kind(node)}: leave it out"
            )
        else:
            columns += _list_columns(name, node, path)
    if not columns:
        raise FormatError("empty: labels and no numbers")
    if of_labels is not None:
        is_list = isinstance(dict(tree)[of_labels], list)
        columns = [_with_labels(column, labels, of_labels, is_list=is_list) for column in columns]
    _refuse_ambiguous(columns)
    _refuse_rows(columns)
    if of_labels is None and _may_have_labels(tree):
        note = unlabelled([name for name, _ in tree], "numbered from 0" if columns[0].labels is None else "the keys")
        columns = [column._replace(notes=(note,)) for column in columns]
    return columns


def _refuse_apart(nodes: dict[str, Any]) -> None:
    """Raise for a table whose names of columns stand apart from its rows, as pandas has it with orient='split'."""
    rows = next((nodes[name] for name in ("data", "rows", "values", "records") if name in nodes), None)
    has_names = not nodes.keys().isdisjoint(("columns", "fields", "header", "headers", "schema", "meta"))
    if has_names and isinstance(rows, list) and any(map(_has_parts, rows)):
        raise FormatError(
            "$: a table in parts, its rows apart from the names of its columns: write it as a list of records, as "
            "pandas does by reset_index().to_json(orient='records')"
        )


def _table_by_columns(tree: Members) -> list[Column] | None:
    """The columns of a table whose members are its columns: lists, or mappings from the numbers of its rows.

    None where none of them has labels: then each is a distribution by itself.
    """
    nodes = dict(tree)
    columns: list[Any] = [*nodes.values()]
    if all(isinstance(column, list) for column in columns):
        keys = [*range(len(columns[0]))]
        step = "[{}]"
    elif all(isinstance(column, Members) and column and column[0][0].isdecimal() for column in columns):
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
    if {len(column) for column in columns} != {len(keys)} or any(map(_has_parts, chain(*columns))):
        return None
    nodes = dict(zip(nodes, columns, strict=True))
    label = label_column([*nodes], [[_text(node, "") for node in column] for column in columns])
    name = None if label is None else [*nodes][label]
    if name is None or not _are_labels(nodes[name], is_sure=name.lower() not in _MAY_BE_COUNTED):
        return None

    def at(name: str, index: int) -> str:
        return _place(nodes[name][index], f"$.{name}{step.format(keys[index])}")

    columns = _table(nodes, at, lambda index: f"$, row {keys[index]}")
    return [column._replace(place=partial(at, column.name)) for column in columns]


def _may_have_labels(tree: Members) -> bool:
    """Whether they are columns, by the numbers of their rows, of which one may have the labels of all."""
    columns = [[*dict(node).values()] if isinstance(node, Members) else node for _, node in tree]
    rows = [[key for key, _ in node] if isinstance(node, Members) else [*range(len(node))] for _, node in tree]
    if len(tree) < 2 or any(each != rows[0] for each in rows) or not all(str(key).isdecimal() for key in rows[0]):
        return False
    return any(
        name.lower() not in WEIGHT_NAMES
        and 1 < len(column) == len({*map(str, column)})
        and not _may_be_weights(column)
        for (name, _), column in zip(tree, columns, strict=True)
        if not any(map(_has_parts, column))
    )


_MAY_BE_COUNTED = ("row", "sample")  # a sample and a population are two distributions


def _refuse_rows(columns: Sequence[Column]) -> None:
    """Raise for {"a": {"n": 3}, "b": {"n": 1}}, and for words in such: a table by its rows, and no distributions."""
    first, *others = columns
    are_alike = all(each.labels == first.labels for each in others)
    if others and are_alike and first.name.isdecimal() and any(each.fault for each in columns):
        raise FormatError(
            "$: a table by its rows: write it as a list of records, as pandas does by to_json(orient='records')"
        )
    if others and are_alike and first.labels and len(first.labels) == 1:
        raise FormatError(
            f"$: {len(columns)} mappings of one number each, all called {clipped(first.labels[0])!r}: if they are "
            f'one distribution, write {{"{clipped(first.name)}": {first.cells[0]}, ...}}'
        )


def _with_labels(column: Column, labels: dict[str, str], of_labels: str, *, is_list: bool) -> Column:
    """The column with the labels, which are told by the numbers of its rows, be these keys or positions."""
    if is_list and column.labels is not None and set(column.labels) == set(labels.values()):
        return column  # they are its keys already
    if column.labels is None and len(labels) != len(column.cells):
        sizes = f"{counted(len(column.cells), 'number')} for {counted(len(labels), 'label')}"
        raise FormatError(f"$.{column.name}: {sizes}")
    keys = [*map(str, range(len(column.cells)))] if column.labels is None else column.labels
    if labels.keys() != set(keys):
        raise FormatError(f"$.{column.name}: its keys are not those of $.{of_labels}")
    return column._replace(labels=[labels[key] for key in keys], label_name=of_labels)


_OF_LABELS = (*LABEL_NAMES, *KEY_NAMES)


def _name_of_labels(tree: Members) -> str | None:
    """The name of the member that holds the labels of the others, if any: its column, where others are columns."""
    nodes = [node for _, node in tree]
    is_table = len(nodes) > 1 and any(all(isinstance(node, kind) for node in nodes) for kind in (list, Members))
    for wanted in _OF_LABELS:
        for name, node in tree:
            is_sure = wanted not in _MAY_BE_COUNTED
            if name.lower() == wanted and (wanted == "labels" or is_table) and _are_labels(node, is_sure):
                return name
    return next((name for name, node in tree if is_table and _are_labels(node, is_sure=False)), None)


def _are_labels(node: Any, is_sure: bool = True) -> bool:
    """Whether they are words; or, where the name is sure to be one of labels, numbers that are no distribution."""
    if not isinstance(node, list | Members):
        return False
    items = [item for _, item in node] if isinstance(node, Members) else node
    if isinstance(node, Members) and not all(key.isdecimal() for key, _ in node):
        return False  # it is from labels already, and not from the numbers of rows
    if any(isinstance(item, str) and not _is_numeral(item) and not is_infinite(item) for item in items):
        return is_sure or not any(looks_like_number(item) for item in items if isinstance(item, str))
    return is_sure and bool(items) and not _may_be_weights(items)


def _may_be_weights(items: Sequence[Any]) -> bool:
    """Whether they may be a distribution: shares of 1, of which one is a fraction."""
    values = [number(item) for item in items if _is_numeral(item) and not is_infinite(item)]
    is_whole = len(values) < len(items) or all(map(float.is_integer, values))
    return not is_whole and min(values) >= 0 and abs(math.fsum(values) - 1) <= TOLERANCE


def _has_parts(node: Any) -> bool:
    return isinstance(node, list | Members)


def _list_columns(name: str, items: list[Any], path: str) -> list[Column]:
    """The columns of a list: of records, of lists or of numbers, as its first item is."""
    kind = next((kind for kind in (Members, list) if items and isinstance(items[0], kind)), None)
    if kind is None:
        return [_list_column(name, items, path)]
    for index, item in enumerate(items):
        if not isinstance(item, kind):
            place = _place(item, f"{path}[{index}]")
            raise FormatError(f"{place}: expected {_kind(items[0])}, as the first one is, found {_kind(item)}")
    if kind is list:
        return _row_columns(name, items, path)
    found = _record_columns(items, path)
    called = [f"{name}.{each.name}" if name and len(found) > 1 else name or each.name for each in found]
    return [each._replace(name=long) for each, long in zip(found, called, strict=True)]


def _list_column(name: str, items: list[Any], path: str, row_of: str | None = None) -> Column:
    place = _place(items, path)

    def at(index: int) -> str:
        return _place(items[index], _item(place, index))

    column = Column(name, None, (), at, is_named=row_of != "", row_of=row_of)
    return _filled(column, items, partial(_item, place), name if row_of is None else "")


def _mapping_column(name: str, members: Members, path: str) -> Column:
    labels = [str(label) for label, _ in members]
    column = Column(name, labels, (), lambda index: _place(members[index][1], f"{path}.{labels[index]}"))
    of = name if all(map(str.isdecimal, labels)) else ""
    return _filled(column, [node for _, node in members], lambda index: f"{path}.{labels[index]}", of)


def _record_columns(records: Sequence[Members], path: str) -> list[Column]:
    """A list of records as the table that it is."""
    names = [name for name, _ in records[0]]
    places = [_place(record, f"{path}[{index}]") for index, record in enumerate(records)]
    if not names:
        raise FormatError(f"{places[0]}: empty: a record needs at least one field")
    rows = []
    for record, place in zip(records, places, strict=True):
        _refuse_twice(record, place)
        fields = dict(record)
        if fields.keys() != set(names):
            cure = ""
            if len(record) == len(names) == 1:
                cure = ": if they are one distribution, write it as one mapping"
            elif record and all(_is_numeral(node) for _, node in (*records[0], *record)):
                cure = ': if each is a distribution, name them, as in {"p": {...}, "q": {...}}'
            raise FormatError(f"{place}: its fields are not those of the first record: {_apart(fields, names)}{cure}")
        rows.append([fields[name] for name in names])
    nodes = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
    return _table(nodes, lambda name, index: _field(places[index], name), places.__getitem__)


def _table(nodes: dict[str, list[Any]], at: Callable[[str, int], str], place: Callable[[int], str]) -> list[Column]:
    """The columns of a table of these nodes by their names: the functions say where a node stands, and a row."""
    text = {name: [_text(node, at(name, index)) for index, node in enumerate(nodes[name])] for name in nodes}
    idle = _idle_fields(nodes, text)
    used = {name: column for name, column in nodes.items() if name not in idle}
    columns = table([*used], [text[name] for name in used], place)
    first = columns[0]  # what it has beside its numbers the others have too
    for index, node in enumerate(used[first.label_name] if first.labels is not None else ()):
        _label(node, at(first.label_name, index))
    kinds = dict.fromkeys(idle.values())
    unused = [(what, [name for name in idle if idle[name] == what]) for what in kinds]
    notes = (*(f"{what}, so not used: column {listed(those)}" for what, those in unused), *first.notes)
    beside = (*first.beside, *idle)
    return [
        _filled(column._replace(notes=notes, beside=beside), used[column.name], partial(at, column.name), column.name)
        for column in columns
    ]


def _filled(column: Column, nodes: Sequence[Any], at: Callable[[int], str], of: str = "") -> Column:
    """The column with the cells that these nodes are, or with what is wrong with one."""
    try:
        return column._replace(cells=[_cell(node, at(index), of) for index, node in enumerate(nodes)])
    except FormatError as error:
        return column._replace(cells=[""] * len(nodes), fault=str(error))


def _apart(fields: dict[str, Any], names: Sequence[str]) -> str:
    """Which fields a record lacks, and which it has beside those of the first one."""
    lacks = [name for name in names if name not in fields]
    known = {*names}
    more = [name for name in fields if name not in known]
    return ", and ".join(f"{what} {listed(each)}" for what, each in (("it lacks", lacks), ("it has", more)) if each)


def _idle_fields(nodes: dict[str, list[Any]], text: dict[str, list[str]]) -> dict[str, str]:
    """What the fields hold that are null, true and false throughout, beside others that hold the numbers.

    Where no others have labels, those that tell rows apart may be these.
    """
    idle = {
        name: "null" if {"null"}.issuperset(map(_constant, column)) else "truth values"
        for name, column in nodes.items()
        if not (is_key(name) or is_of_ids(name)) and all(map(_constant, column))
    }
    numbers = [name for name in nodes if name not in idle and not is_key(name) and any(map(_is_numeral, nodes[name]))]
    used = {name: column for name, column in text.items() if name not in idle}
    if numbers and label_column([*used], [*used.values()]) is None:
        idle = {name: what for name, what in idle.items() if len({*text[name]}) < len(text[name])}
    return idle if numbers else {}


def _row_columns(name: str, rows: list[Any], path: str) -> list[Column]:
    """A list of lists, each a distribution: called by its position, from 0, after the name of the list if any."""
    width = len(rows[0])
    if any(isinstance(item, Members) for item in rows[0]):
        place = _place(rows[0], f"{path}[0]")
        raise FormatError(
            f"{place}: a list of mappings within a list: write it by itself, without the list around it"
        )
    if not width:
        raise FormatError(f"{_place(rows[0], f'{path}[0]')}: empty")
    for index, row in enumerate(rows):
        if len(row) != width:
            place = _place(row, f"{path}[{index}]")
            raise FormatError(f"{place}: {counted(len(row), 'number')} where the first row has {width}")
    if width == 2 and all(
        isinstance(row[0], str) and not _is_numeral(row[0]) and _is_numeral(row[1]) for row in rows
    ):
        place = _place(rows[0], f"{path}[0]")
        raise FormatError(f'{place}: a label and a number: write such pairs as a mapping, {{"a": 0.5, "b": 0.5}}')
    called = [f"{name}.{index}" if name else str(index) for index in range(len(rows))]
    return [_list_column(called[index], row, f"{path}[{index}]", name) for index, row in enumerate(rows)]


def _refuse_ambiguous(columns: list[Column]) -> None:
    """Raise where one name is that of two distributions, or of one and of a list of several."""
    names = Counter(
        [column.name for column in columns] + list({column.row_of for column in columns if column.row_of})
    )
    twice = next((name for name, count in names.items() if count > 1), None)
    if twice is not None:
        raise FormatError(f"$: {clipped(twice)!r} is the name of two distributions: call one of them otherwise")


# What klcli writes


def _is_result(tree: Any) -> bool:
    """Whether that is an answer of klcli: data may have a measure too, and neither terms nor inputs of it."""
    fields = dict(tree) if isinstance(tree, Members) else {}
    measure = fields.get("measure")
    is_called = isinstance(measure, str) and not _is_numeral(measure)
    return is_called and (isinstance(fields.get("terms"), list) or isinstance(fields.get("inputs"), Members))


def _are_results(tree: Any) -> bool:
    return isinstance(tree, list) and bool(tree) and all(map(_is_result, tree))


def _is_answer(tree: Any) -> bool:
    """Whether that is all that a command of klcli has written as JSON."""
    return isinstance(tree, Members) and dict(tree).keys() == {"results"} and _are_results(dict(tree)["results"])


def _answered(answers: Sequence[Members], places: Sequence[str]) -> list[Column]:
    """The distributions behind the results of each answer."""
    results, paths = [], []
    for answer, place in zip(answers, places, strict=True):
        _refuse_twice(answer, place)
        for index, result in enumerate(dict(answer)["results"]):
            results.append(result)
            paths.append(_item(_field(place, "results"), index))
    return _own_columns(results, paths)


def _own_columns(results: Sequence[Members], paths: Sequence[str]) -> list[Column]:
    """The distributions behind klcli's own output: p, and every q by its label if it has one, each of them once.

    Where answers differ in what they call by one name, the position of the answer follows it, as in p.0 and p.1.
    """
    found: dict[str, dict[Any, tuple[int, Column]]] = {}
    for index, (result, path) in enumerate(zip(results, paths, strict=True)):
        for column in _sides(result, _place(result, path)):
            found.setdefault(column.name, {}).setdefault(_mass(column), (index, column))
    columns = [
        column._replace(name=name if len(alike) == 1 else f"{name}.{index}")
        for name, alike in found.items()
        for index, column in alike.values()
    ]
    if not columns:
        measures = listed(list(dict.fromkeys(str(dict(result)["measure"]) for result in results)))
        place = _field(_place(results[0], paths[0]), "terms")
        raise FormatError(f"{place}: no p and no q: the answers of {measures} hold no distribution")
    _refuse_ambiguous(columns)
    return columns


_OF_BATCHES = ("loss", "distill")


def _sides(result: Members, place: str) -> list[Column]:
    """The p and the q of one answer, or its counts, as far as its terms have some."""
    _refuse_twice(result, place)
    fields = dict(result)
    path = _field(place, "terms")
    terms = fields.get("terms")
    if not isinstance(terms, list) or not terms or not all(isinstance(term, Members) for term in terms):
        raise FormatError(f"{path}: holds no terms: make it without --no-steps")
    if "omitted" in fields:
        raise FormatError(f"{path}: some were left out: make it without --top")
    sides = [Members(each for each in term if each[0] in ("outcome", "p", "q", "count")) for term in terms]
    if {"p", "q", "count"}.isdisjoint(dict(sides[0])):
        return []
    outcomes = [str(dict(side).get("outcome")) for side in sides]
    if str(fields["measure"]) in _OF_BATCHES and name_cells(outcomes):
        raise FormatError(f"{path}: the terms of a batch: a distribution for each of its rows, and none of them all")
    for side in sides:
        side.line = result.line
    label = str(fields.get("label") or "q")
    label = "q" if label == "p" else label
    return [
        column._replace(name=label if column.name == "q" else column.name) for column in _record_columns(sides, path)
    ]


def _mass(column: Column) -> tuple[tuple[str, str], ...]:
    """What tells it from others: comparing with another one gives it outcomes that it does not have."""
    labels = column.labels or map(str, range(len(column.cells)))
    return tuple(sorted(each for each in zip(labels, column.cells, strict=True) if each[1] not in ("0", "0.0")))


# Nodes


def _refuse_twice(members: Members, path: str) -> None:
    seen = set()
    for name, node in members:
        if name in seen:
            member = path if path.startswith("line ") else f"{path}.{name}"
            raise FormatError(f"{_place(node, member)}: duplicate name {clipped(name)!r}")
        seen.add(name)


_CONSTANTS = {"": "null", "~": "null"} | {
    case: word for word in ("null", "true", "false") for case in (word, word.title(), word.upper())
}  # as YAML 1.2 has them


def _constant(node: Any) -> str:
    """null, true or false, where the node is that; "" where it is anything else."""
    if isinstance(node, Literal):
        return _CONSTANTS.get(node, "")
    return {None: "null", True: "true", False: "false"}[node] if node is None or isinstance(node, bool) else ""


_OF_YAML = re.compile(r"(~|\.(?:nan|NaN|NAN))|[+-]?0[0-9]+")  # what is missing, or may be octal


def _cell(node: Any, path: str, of: str = "") -> str:
    """The text of a number; in quotes it is one only as what JSON cannot write otherwise: a fraction, infinity.

    `of` is the name of the column, if any, that may be one of labels instead.
    """
    if isinstance(node, Literal):
        odd = _OF_YAML.fullmatch(node)
        if odd:
            missing = "a missing value: it is not 0, so write the number or leave it out"
            fault = missing if odd[1] else "octal to some readers of YAML: leave out the first zero"
            raise FormatError(f"{_place(node, path)}: {clipped(node)!r} is {fault}")
        return str(node)
    if isinstance(node, str) and ("/" in node or is_infinite(node)):
        return str(node)
    hint = ""
    if isinstance(node, str):
        of_labels = of and f"if {clipped(of)} holds labels, call it labels"
        is_quoted = is_number(node) and not re.match("0[0-9]", node)
        cures = ("leave out the quotes" if is_quoted else "", of_labels)
        hint = "".join(f"{mark}{cure}" for mark, cure in zip((": ", "; or, "), filter(None, cures), strict=False))
    raise FormatError(f"{_place(node, path)}: expected a number, found {_kind(node)}{hint}")


def _text(node: Any, path: str) -> str:
    if _has_parts(node):
        raise FormatError(f"{_place(node, path)}: expected a number or a label, found {_kind(node)}")
    return _constant(node) or str(node)


def _label(node: Any, path: str) -> str:
    if _constant(node) or (isinstance(node, Literal) and _NO_NUMBER.fullmatch(node)):
        fault = f"expected a label, found {_kind(node)}: if it is one, put it in quotes"
        raise FormatError(f"{_place(node, path)}: {fault}")
    return _text(node, path)


_NO_NUMBER = re.compile(r"NaN|-?Infinity|\.(nan|NaN|NAN)|[+-]?\.(inf|Inf|INF)")  # as JSON and YAML write them


def _field(place: str, name: str) -> str:
    """Where a member of a mapping stands: a line cannot tell which one of them it is."""
    return f"{place}, field {name}" if place.startswith("line ") else clipped(f"{place}.{name}")


def _item(place: str, index: int) -> str:
    """The same for an item of a list."""
    return f"{place}, item {index + 1}" if place.startswith("line ") else f"{place}[{index}]"


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
        return clipped(node, 40) or "nothing"
    return f"text, {clipped(node, 40)!r}" if isinstance(node, str) else _text(node, "")
