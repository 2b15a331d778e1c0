"""Answers: what klcli itself has written as JSON, and the distributions behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from klcli.columns import Column, FormatError, name_cells
from klcli.distribution import listed
from klcli.nodes import Members, field_of, is_numeral, item_of, place_of, refuse_twice
from klcli.shapes import record_columns, refuse_ambiguous


def is_result(tree: Any) -> bool:
    """Whether that is an answer of klcli: data may have a measure too, and neither terms nor inputs of it."""
    fields = dict(tree) if isinstance(tree, Members) else {}
    measure = fields.get("measure")
    is_called = isinstance(measure, str) and not is_numeral(measure)
    return is_called and (isinstance(fields.get("terms"), list) or isinstance(fields.get("inputs"), Members))


def are_results(tree: Any) -> bool:
    """Whether that is a list of answers."""
    return isinstance(tree, list) and bool(tree) and all(map(is_result, tree))


def is_answer(tree: Any) -> bool:
    """Whether that is all that a command of klcli has written as JSON."""
    return isinstance(tree, Members) and dict(tree).keys() == {"results"} and are_results(dict(tree)["results"])


def answered(answers: Sequence[Members], places: Sequence[str]) -> list[Column]:
    """The distributions behind the results of each answer."""
    results, paths = [], []
    for answer, place in zip(answers, places, strict=True):
        refuse_twice(answer, place)
        for index, result in enumerate(dict(answer)["results"]):
            results.append(result)
            paths.append(item_of(field_of(place, "results"), index))
    return own_columns(results, paths)


def own_columns(results: Sequence[Members], paths: Sequence[str]) -> list[Column]:
    """The distributions behind klcli's own output: p, and every q by its label if it has one, each of them once.

    Where answers differ in what they call by one name, the position of the answer follows it, as in p.0 and p.1.
    """
    found: dict[str, dict[Any, tuple[int, Column]]] = {}
    for index, (result, path) in enumerate(zip(results, paths, strict=True)):
        for column in _sides(result, place_of(result, path)):
            found.setdefault(column.name, {}).setdefault(_mass(column), (index, column))
    columns = [
        column._replace(name=name if len(alike) == 1 else f"{name}.{index}")
        for name, alike in found.items()
        for index, column in alike.values()
    ]
    if not columns:
        measures = listed(list(dict.fromkeys(str(dict(result)["measure"]) for result in results)))
        place = field_of(place_of(results[0], paths[0]), "terms")
        raise FormatError(f"{place}: no p and no q: the answers of {measures} hold no distribution")
    refuse_ambiguous(columns)
    return columns


_OF_BATCHES = ("loss", "distill")


def _sides(result: Members, place: str) -> list[Column]:
    """The p and the q of one answer, or its counts, as far as its terms have some."""
    refuse_twice(result, place)
    fields = dict(result)
    path = field_of(place, "terms")
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
        column._replace(name=label if column.name == "q" else column.name) for column in record_columns(sides, path)
    ]


def _mass(column: Column) -> tuple[tuple[str, str], ...]:
    """What tells it from others: comparing with another one gives it outcomes that it does not have."""
    labels = column.labels or map(str, range(len(column.cells)))
    return tuple(sorted(each for each in zip(labels, column.cells, strict=True) if each[1] not in ("0", "0.0")))
