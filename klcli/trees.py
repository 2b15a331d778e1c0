"""Trees: JSON and YAML, and the shapes that hold distributions in them, klcli's own output among these."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from klcli.columns import Column, FormatError, Reading, is_infinite, is_number, line_at, reads
from klcli.distribution import numbered
from klcli.errors import clipped
from klcli.tables import table


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
def json_columns(text: str, _: Reading) -> list[Column]:
    """The columns of a JSON text."""
    return _columns(_json_tree(text))


@reads("ndjson")
def ndjson_columns(text: str, _: Reading) -> list[Column]:
    """The columns of lines that are a JSON text each: records, rows, or klcli's own results."""
    found = []
    for number, line in enumerate(re.split("\r\n|\r|\n", text), 1):
        if line.strip():
            tree = _json_tree(line, number)
            if not isinstance(tree, list):
                raise FormatError(f"line {number}: expected a record or a list, found {_kind(tree)}")
            found.append(_numbered(tree, number))
    if _are_results(found):
        return _own_columns(found)
    return _columns(found)


def _json_tree(text: str, first_line: int = 1) -> Any:
    import json

    try:
        return json.loads(
            text, parse_float=Literal, parse_int=Literal, parse_constant=Literal, object_pairs_hook=Members
        )
    except json.JSONDecodeError as error:
        line = first_line + error.lineno - 1
        raise FormatError(f"line {line}, column {error.colno}: not JSON: {error.msg.lower()}") from None
    except RecursionError:
        raise FormatError("nested too deeply") from None


def _numbered(tree: list[Any], line: int) -> list[Any]:
    """The mapping or list with the line on which it stands."""
    made = tree if isinstance(tree, Members) else Items(tree)
    made.line = line
    return made


@reads("yaml")
def yaml_columns(text: str, _: Reading) -> list[Column]:
    """The columns of a YAML text: scalars as they are written, no tags, no aliases, one document."""
    import yaml

    try:
        tree = _yaml_tree(yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise FormatError(f"{line}not YAML: {error.problem}") from None
    except yaml.reader.ReaderError:
        odd = yaml.reader.Reader.NON_PRINTABLE.search(text)
        line = f"line {line_at(text, odd.start())}: " if odd else ""
        raise FormatError(f"{line}not YAML: a control character") from None
    if tree is None:
        raise FormatError("empty")
    return _columns(tree)


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


def _columns(tree: Any) -> list[Column]:
    """The columns that a tree holds, whatever its shape."""
    if isinstance(tree, Members):
        if _is_own(tree):
            _refuse_twice(tree, "$")
            return _own_columns(dict(tree)["results"])
        if tree and not any(isinstance(node, list) for _, node in tree):
            return [_mapping_column("", tree, "$")]
        return _named_columns(tree)
    if isinstance(tree, list) and tree and all(isinstance(node, Members) for node in tree):
        return _record_columns(tree, "$")
    if isinstance(tree, list) and tree and all(isinstance(node, list) for node in tree):
        return _row_columns(tree, "$")
    if isinstance(tree, list):
        return [_list_column("", tree, "$")]
    raise FormatError(f"{_place(tree, '$')}: expected a list or a mapping of numbers, found {_kind(tree)}")


def _named_columns(tree: Members) -> list[Column]:
    """A mapping from names to distributions, with `labels` for those that are lists."""
    _refuse_twice(tree, "$")
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
            found = _record_columns(node, path)
            columns += [each._replace(name=f"{name}.{each.name}" if len(found) > 1 else name) for each in found]
        elif node and all(isinstance(item, list) for item in node):
            columns += [each._replace(name=f"{name}{each.name}", is_named=True) for each in _row_columns(node, path)]
        else:
            columns.append(_list_column(name, node, path))
    if not columns:
        raise FormatError("empty: labels and no numbers")
    for index, column in enumerate(columns):
        if labels is not None and column.labels is None:
            if len(labels) != len(column.cells):
                raise FormatError(f"$.{column.name}: {len(column.cells)} numbers for {len(labels)} labels")
            columns[index] = column._replace(labels=labels)
    return columns


def _list_column(name: str, items: list[Any], path: str) -> Column:
    cells = [_cell(item, f"{path}[{index}]") for index, item in enumerate(items)]
    return Column(name, None, cells, lambda index: _place(items[index], f"{path}[{index}]"))


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
        _refuse_twice(record, place)
        fields = dict(record)
        if not fields or fields.keys() != set(names):
            raise FormatError(f"{place}: its fields are not those of the first record")
        rows.append([fields[name] for name in names])
    nodes = dict(zip(names, zip(*rows, strict=True), strict=True))
    text = [[_text(node, place) for node, place in zip(nodes[name], places, strict=True)] for name in names]
    return [
        column._replace(cells=[_cell(node, place) for node, place in zip(nodes[column.name], places, strict=True)])
        for column in table(names, text, places.__getitem__)
    ]


def _row_columns(rows: list[Any], path: str) -> list[Column]:
    """A list of lists as the columns of a table without a header: called by their position, from 1."""
    width = len(rows[0])
    if not width:
        raise FormatError(f"{_place(rows[0], f'{path}[0]')}: empty")
    for index, row in enumerate(rows):
        if len(row) != width:
            place = _place(row, f"{path}[{index}]")
            raise FormatError(f"{place}: {len(row)} numbers where the first row has {width}")
    return [_cell_column(rows, position, path) for position in range(width)]


def _cell_column(rows: list[Any], position: int, path: str) -> Column:
    def place(index: int) -> str:
        return f"{path}[{index}][{position}]"

    cells = [_cell(row[position], place(index)) for index, row in enumerate(rows)]
    return Column(
        str(position + 1), None, cells, lambda index: _place(rows[index][position], place(index)), is_named=False
    )


def _is_own(tree: Members) -> bool:
    return _are_results(dict(tree).get("results"))


def _are_results(results: Any) -> bool:
    return (
        isinstance(results, list)
        and bool(results)
        and all(isinstance(result, Members) and "measure" in dict(result) for result in results)
    )


def _own_columns(results: list[Any]) -> list[Column]:
    """The distributions behind klcli's own output: p and q of one result, p and every labelled q of several."""
    columns: list[Column] = []
    for index, result in enumerate(results):
        _refuse_twice(result, f"$.results[{index}]")
        fields = dict(result)
        path = f"$.results[{index}].terms"
        terms = fields.get("terms")
        if not isinstance(terms, list) or not terms or not all(isinstance(term, Members) for term in terms):
            raise FormatError(f"{path}: holds no terms: make it without --no-steps")
        if "omitted" in fields:
            raise FormatError(f"{path}: {fields['omitted']} terms were left out: make it without --top")
        sides = [Members(each for each in term if each[0] in ("outcome", "p", "q")) for term in terms]
        for column in _record_columns(sides, path):
            if column.name != "p" or index == 0:
                label = str(fields.get("label") or column.name)
                unlabelled = tuple(column.labels or ()) == numbered(len(terms))
                columns.append(
                    column._replace(
                        name="p" if column.name == "p" else label, labels=None if unlabelled else column.labels
                    )
                )
    names = [column.name for column in columns]
    for index, name in enumerate(names):
        if name in names[:index]:
            raise FormatError(f"$.results: two of them are called {clipped(name)!r}")
    return columns


def _refuse_twice(members: Members, path: str) -> None:
    seen = set()
    for name, node in members:
        if name in seen:
            member = path if path.startswith("line ") else f"{path}.{name}"
            raise FormatError(f"{_place(node, member)}: duplicate name {clipped(name)!r}")
        seen.add(name)


def _cell(node: Any, path: str) -> str:
    """The text of a number; in quotes it is one only as what JSON cannot write otherwise: a fraction, infinity."""
    if isinstance(node, Literal) or (isinstance(node, str) and ("/" in node or is_infinite(node))):
        return str(node)
    hint = ": leave out the quotes" if isinstance(node, str) and is_number(node) else ""
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
        return clipped(node, 40) or "nothing"
    return f"text, {clipped(node, 40)!r}" if isinstance(node, str) else _text(node, "")
