"""Trees: JSON and YAML, read without believing a number or a label of it yet."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple

from klcli.answers import answered, are_results, is_answer, is_result, own_columns
from klcli.columns import Column, FormatError, Reading, is_number, line_at, reads
from klcli.errors import clipped
from klcli.nodes import Items, Literal, Members, Quoted, has_parts, kind_of, place_of
from klcli.shapes import is_of_numbers, list_columns, mapping_column, named_columns, refuse_parts
from klcli.tables import is_key

if TYPE_CHECKING:
    import yaml


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
                raise FormatError(f"line {place}: expected a record or a list, found {kind_of(tree)}")
            found.append((place, tree))
    trees = [tree if len(found) == 1 else _numbered(tree, place) for place, tree in found]
    return _of_unicode(_columns(trees[0] if len(trees) == 1 and not _is_record(trees[0]) else trees), text)


def _is_record(tree: Any) -> bool:
    """Whether the mapping has a name of labels or keys, and is no list of columns, nor an answer of klcli."""
    if not isinstance(tree, Members) or is_result(tree):
        return False
    return any(is_key(name) for name, _ in tree) and not any(has_parts(node) for _, node in tree)


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
        raise FormatError(f"line {line}, column {error.colno}: not JSON: {what}") from None
    except RecursionError:
        raise FormatError("nested too deeply") from None


def _numbered(tree: list[Any] | Members, line: int) -> Items | Members:
    """The mapping or list with the line on which it stands."""
    made = tree if isinstance(tree, Members) else Items(tree)
    made.line = line
    return made


def _of_unicode(columns: list[Column], text: str) -> list[Column]:
    """The columns of the JSON text, in whose labels and names no half of a character is escaped."""
    if re.search(r"\\u[dD][89a-fA-F]", text):
        for column in columns:
            words = (column.name, *(column.labels or ()), *dict(column.beside))
            half = next((word for word in words if re.search("[\ud800-\udfff]", word)), "")
            if half:
                raise FormatError(f"$: {clipped(ascii(half))} is not Unicode: half of a character stands alone")
    return columns


def _columns(tree: Any) -> list[Column]:
    """The columns that a tree holds, whatever its shape."""
    if isinstance(tree, Members):
        if is_result(tree):
            return own_columns([tree], ["$"])
        if is_answer(tree):
            return answered([tree], ["$"])
        if not is_of_numbers(tree):
            return named_columns(tree)
        refuse_parts(tree)
        return [mapping_column("", tree, "$")]
    if isinstance(tree, list) and tree and all(map(is_answer, tree)):
        return answered(tree, [place_of(each, f"$[{index}]") for index, each in enumerate(tree)])
    if are_results(tree):
        return own_columns(tree, [f"$[{index}]" for index in range(len(tree))])
    if isinstance(tree, list):
        return list_columns("", tree, "$")
    hint = ": put a blank after the colon" if isinstance(tree, Literal) and ":" in tree else ""
    raise FormatError(f"{place_of(tree, '$')}: expected a list or a mapping of numbers, found {kind_of(tree)}{hint}")


# YAML


@reads("yaml")
def yaml_columns(text: str, _: Reading) -> list[Column]:
    """The columns of a YAML text: scalars as they are written, no tags, no aliases, one document."""
    import yaml

    _refuse_tags(text)
    lines = _physical_lines(text)
    try:
        tree = _yaml_tree(yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)), lines)
    except yaml.MarkedYAMLError as error:
        raise FormatError(_yaml_fault(error, text, lines)) from None
    except yaml.reader.ReaderError:
        odd = yaml.reader.Reader.NON_PRINTABLE.search(text)
        line = f"line {line_at(text, odd.start())}: " if odd else ""
        raise FormatError(f"{line}not YAML: a control character") from None
    if tree is None:
        raise FormatError("empty")
    return _columns(tree)


def _physical_lines(text: str) -> Sequence[int]:
    """The number, from 1, of the line on which each line of YAML begins: NEL and U+2028 and 9 end one there alone."""
    if not re.search("[\x85\u2028\u2029]", text):
        return range(1, len(text) + 2)
    ends = re.findall("\r\n|[\r\n\x85\u2028\u2029]", text)
    found = [*accumulate((end in ("\r\n", "\r", "\n") for end in ends), initial=1)]
    return [*found, found[-1]]  # for the parser ends a last line that nothing ends


def _refuse_tags(text: str) -> None:
    """Raise for a directive of tags: of many the parser takes time that grows with the square of their number."""
    for line, found in enumerate(re.finditer("[^\r\n]*(\r\n|\r|\n|$)", text), 1):
        if found[0].startswith("%TAG"):
            raise FormatError(f"line {line}: a tag, {clipped(found[0].strip())}: write the values without it")
        if found[0].strip() and found[0][0] not in "%#":
            return


_LONGEST_KEY = 1024  # characters: YAML reads no longer one before a colon


def _yaml_fault(error: yaml.MarkedYAMLError, text: str, lines: Sequence[int]) -> str:
    """What the parser stumbled over, and where: what is never closed, where it was opened."""
    mark, context = error.problem_mark, error.context or ""
    if mark is None:
        return f"not YAML: {error.problem}"
    line = lines[mark.line]
    if "nesting depth" in (error.problem or ""):  # which newer parsers bound themselves
        return f"line {line}: nested too deeply"
    before = "".join(re.split("\r\n|[\r\n\x85\u2028\u2029]", text)[mark.line : mark.line + 1])[: mark.column]
    if len(before if "flow" not in context else re.split(r"[,{\[]", before)[-1]) > _LONGEST_KEY:
        return f"line {line}: not YAML: a label of over {_LONGEST_KEY} characters: write it in JSON"
    if error.context_mark is not None and re.search("quoted|simple key|flow", context):
        return f"line {lines[error.context_mark.line]}: not YAML: {error.problem} {context}"
    return f"line {line}: not YAML: {error.problem}"


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


def _yaml_tree(events: Iterator[Any], lines: Sequence[int]) -> Any:
    import yaml

    open_nodes: list[_Open] = []
    root: Any = None
    for event in events:
        line = lines[event.start_mark.line]
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
            if scalar.style:
                node.style = scalar.style
        if open_nodes:
            open_nodes[-1].add(node)
        else:
            root = node
    return root
