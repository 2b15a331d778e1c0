"""Nodes: what a tree of JSON or YAML is made of, its scalars as they are written, and where each of them stands."""

from __future__ import annotations

import re
from typing import Any

from klcli.columns import FormatError, is_infinite, is_number
from klcli.errors import clipped


class Literal(str):
    """A scalar as it is written, without quotes: whatever number it may be is not yet believed."""

    line = 0


class Quoted(str):
    """A scalar that was written in quotes, or as a block below | or >."""

    line = 0
    style = '"'


class Items(list[Any]):
    """The items of a list."""

    line = 0


class Members(tuple[tuple[str, Any], ...]):
    """The members of a mapping in their order, those that stand twice included; no list, lest it pass for one."""

    line = 0


def is_numeral(node: Any) -> bool:
    """Whether it is a number, or infinity, without quotes."""
    return isinstance(node, Literal) and is_number(node)


def has_parts(node: Any) -> bool:
    """Whether it is a list or a mapping."""
    return isinstance(node, list | Members)


def refuse_twice(members: Members, path: str) -> None:
    """Raise FormatError for a name that stands twice."""
    seen = set()
    for name, node in members:
        if name in seen:
            member = path if path.startswith("line ") else f"{path}.{name}"
            raise FormatError(f"{place_of(node, member)}: duplicate name {clipped(name)!r}")
        seen.add(name)


_CONSTANTS = {"": "null", "~": "null"} | {
    case: word for word in ("null", "true", "false") for case in (word, word.title(), word.upper())
}  # as YAML 1.2 has them


def constant_of(node: Any) -> str:
    """null, true or false, where the node is that; "" where it is anything else."""
    if isinstance(node, Literal):
        return _CONSTANTS.get(node, "")
    return {None: "null", True: "true", False: "false"}[node] if node is None or isinstance(node, bool) else ""


_OF_YAML = re.compile(r"(~|\.(?:nan|NaN|NAN))|[+-]?0[0-9]+")  # what is missing, or may be octal


def cell_of(node: Any, path: str, of: str = "") -> str:
    """The text of a number; in quotes it is one only as what JSON cannot write otherwise: a fraction, infinity.

    `of` is the name of the column, if any, that may be one of labels instead.
    """
    if isinstance(node, Literal):
        odd = _OF_YAML.fullmatch(node)
        if odd:
            missing = "a missing value: it is not 0, so write the number or leave it out"
            fault = missing if odd[1] else "octal to some readers of YAML: leave out the first zero"
            raise FormatError(f"{place_of(node, path)}: {clipped(node)!r} is {fault}")
        return str(node)
    if isinstance(node, str) and ("/" in node or is_infinite(node)):
        return str(node)
    hint = ""
    if isinstance(node, str):
        of_labels = of and f"if {clipped(of)} holds labels, call it labels"
        is_quoted = is_number(node) and not re.match("0[0-9]", node)
        style = getattr(node, "style", '"')
        cure = f"write it where the {style} stands" if style in ("|", ">") else "leave out the quotes"
        cures = (cure if is_quoted else "", of_labels)
        hint = "".join(f"{mark}{cure}" for mark, cure in zip((": ", "; or, "), filter(None, cures), strict=False))
    raise FormatError(f"{place_of(node, path)}: expected a number, found {kind_of(node)}{hint}")


def text_of(node: Any, path: str) -> str:
    """The text of a cell, be it one of labels or of numbers."""
    if has_parts(node):
        raise FormatError(f"{place_of(node, path)}: expected a number or a label, found {kind_of(node)}")
    return constant_of(node) or str(node)


def label_of(node: Any, path: str) -> str:
    """The text of a label, which in quotes may be anything."""
    if constant_of(node) or (isinstance(node, Literal) and _NO_NUMBER.fullmatch(node)):
        fault = f"expected a label, found {kind_of(node)}: if it is one, put it in quotes"
        raise FormatError(f"{place_of(node, path)}: {fault}")
    return text_of(node, path)


_NO_NUMBER = re.compile(r"NaN|-?Infinity|\.(nan|NaN|NAN)|[+-]?\.(inf|Inf|INF)")  # as JSON and YAML write them


def field_of(place: str, name: str) -> str:
    """Where a member of a mapping stands: a line cannot tell which one of them it is."""
    return f"{place}, field {name}" if place.startswith("line ") else clipped(f"{place}.{name}")


def item_of(place: str, index: int) -> str:
    """The same for an item of a list."""
    return f"{place}, item {index + 1}" if place.startswith("line ") else f"{place}[{index}]"


def place_of(node: Any, path: str) -> str:
    """Where the node stands: its line in YAML, its path in JSON."""
    line = getattr(node, "line", 0)
    return f"line {line}" if line else clipped(path)


def kind_of(node: Any) -> str:
    """What it is called in a message."""
    if isinstance(node, Members):
        return "a mapping"
    if isinstance(node, list):
        return "a list"
    if isinstance(node, Literal):
        return clipped(node, 40) or "nothing"
    return f"text, {clipped(node, 40)!r}" if isinstance(node, str) else text_of(node, "")
