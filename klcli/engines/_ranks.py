"""Order statistics, found by counting: exact, alike on every engine, and without memory for the values."""

from __future__ import annotations

import math
import struct
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, cycle
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from klcli.engines._sql import bucket, comparable, literal, zero

if TYPE_CHECKING:
    from klcli.engines import Field, Stats, Table

_FEW = 50_000  # values that are fetched rather than divided again
_CELLS = 8192  # in which values are counted at once, where their number is computed
_EDGES = 256  # ... and where it is searched for, which takes longer


class _Range(NamedTuple):
    """Values from `least` to `most`, of which there are `size`, and `below` that are less; they had that `cell`."""

    least: Any
    most: Any
    size: int
    below: int
    cell: Any = None


def at_ranks(table: Table, field: Field, stats: Stats, ranks: Sequence[int]) -> dict[Any, int]:
    """The finite values that stand at these places when all are put in order, from 0, and how many are less.

    Where the count of values in a range shows that a rank is in it, the range is divided, until its values are few.
    """
    x = comparable(field)
    found: dict[Any, int] = {}
    ranges = _open([_Range(stats.least, stats.most, stats.finite, 0)] if ranks else [], found)
    has_cells = stats.finite == stats.rows - stats.nulls  # infinities and NaN have none
    where = f"{x} IS NOT NULL" if has_cells else _within(x, ranges)
    for divided in cycle((_evenly, _by_place)):
        if not ranges:
            break
        cell = x if _are_few(field.kind, ranges) else divided(x, field.kind, ranges)
        tally = table.rows(f"SELECT {cell} AS cell, count(*), min({x}), max({x})", f"WHERE {where} GROUP BY 1")
        ranges = _open(_parts(ranges, sorted(tally, key=itemgetter(2)), ranks), found)
        # The number of the cell is quicker to look up than the value, while every row has one.
        where = f"{cell} IN ({', '.join(str(each.cell) for each in ranges)})" if has_cells else _within(x, ranges)
        has_cells = False
    return found


def _parts(
    ranges: Sequence[_Range], parts: Sequence[tuple[Any, int, Any, Any]], ranks: Sequence[int]
) -> Iterator[_Range]:
    """Those of the parts of the ranges, all in order, in which there are ranks."""
    ends = [*accumulate(size for _, size, _, _ in parts)]
    shift = 0  # from the ranks among all values to those among the values of the ranges
    for given in ranges:
        shift -= given.below
        inside = ranks[bisect_left(ranks, given.below) : bisect_left(ranks, given.below + given.size)]
        for index in sorted({bisect_right(ends, rank + shift) for rank in inside}):
            cell, size, least, most = parts[index]
            yield _Range(zero(least), zero(most), size, ends[index] - size - shift, cell)
        shift += given.below + given.size


def _open(parts: Iterable[_Range], found: dict[Any, int]) -> list[_Range]:
    """The parts of several values; those of one value are found."""
    parts = [*parts]
    found |= {part.least: part.below for part in parts if part.least == part.most}
    return [part for part in parts if part.least != part.most]


def _within(x: str, ranges: Sequence[_Range]) -> str:
    between = [f"{x} BETWEEN {literal(each.least)} AND {literal(each.most)}" for each in ranges]
    return " OR ".join(between) or "FALSE"


def _are_few(kind: str, ranges: Sequence[_Range]) -> bool:
    """Whether there are few values, or few different ones."""
    is_dense = kind not in ("number", "decimal") and sum(each.most - each.least for each in ranges) < _CELLS
    return is_dense or sum(each.size for each in ranges) <= _FEW


def _evenly(x: str, kind: str, ranges: Sequence[_Range]) -> str:
    """The number of the cell of x, where each range is divided into equally wide ones: quick, if values are even.

    Rounding may move an edge a little, and never puts the greater of two values into the lower cell.
    """
    size = _CELLS // len(ranges)
    cases = []
    for index, each in enumerate(ranges):
        least, width = float(each.least), float(each.most) - float(each.least)  # whole numbers may overflow
        scale = size / width if width else math.inf
        if not 0 < scale < math.inf:
            return _by_place(x, kind, ranges)
        cell = f"CAST(floor((CAST({x} AS DOUBLE) - {literal(least)}) * {literal(scale)}) AS BIGINT)"
        cases.append(f"WHEN {x} <= {literal(each.most)} THEN {index * (size + 1)} + {cell}")
    return f"CASE {' '.join(cases)} END" if len(ranges) > 1 else cell


def _by_place(x: str, kind: str, ranges: Sequence[_Range]) -> str:
    """The same, where each range is divided into cells of equally many numbers that could be in it.

    Of float64 there are so few that eight rounds of it find any.
    """
    size = max(_EDGES // len(ranges), 4)
    edges = {edge for each in ranges for edge in (each.least, *_between(each, kind, size), each.most)}
    return bucket(x, sorted(edges))


def _between(given: _Range, kind: str, size: int) -> Iterator[Any]:
    if kind in ("number", "decimal"):
        low, high = _place(given.least), _place(given.most)
        return (_at_place(low + (high - low) * part // size) for part in range(1, size))
    return (given.least + (given.most - given.least) * part // size for part in range(1, size))


def _place(x: float) -> int:
    """Where the number stands among all float64."""
    bits = int(struct.unpack("<q", struct.pack("<d", x))[0])
    return bits if bits >= 0 else -(bits & (2**63 - 1))


def _at_place(place: int) -> float:
    bits = place if place >= 0 else -place | -(2**63)
    (x,) = struct.unpack("<d", struct.pack("<q", bits))
    return float(x)
