"""Profiles: a table as counts, a column at a time: no rows, and enough to tell how far another table is from it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, NamedTuple

from klcli.distribution import listed
from klcli.errors import InputError, clipped

VERSION = 1
LEAST_EXPECTED = 5  # Cochran (1954): below it the distribution of G is not that of chi-square
MISSING, NAN = "(missing)", "NaN"  # what values that are missing are called, where they are outcomes
NESTED = "holds lists, structures or bytes, which are not counted"
IN_THE_SAME_BINS = "count one in those of the other, by profile count --like"
UNCOUNTED = "uncounted"  # of a column that the profile given by --like has not
_UNKNOWN = ("nested", UNCOUNTED)  # kinds of columns of which nothing was counted
KINDS = {
    "text": "categorical", "whole": "number", "number": "number", "decimal": "number", "truth": "boolean",
    "date": "date", "time": "date", "nested": "nested", UNCOUNTED: "not counted",
}  # fmt: skip


class IncomparableError(Exception):
    """Raised where two columns cannot be compared, with the reason; others still can."""


class Column(NamedTuple):
    """How often each value of a column was seen, or how many were in each bin.

    `edges` part the bins, None where values are counted by themselves. `counts` is None where there are too many
    different values to keep, or the kind is one that is not counted. `stands_for` is what whole numbers are to pandas
    that are lengths of time or months.
    """

    kind: str
    counts: dict[str, int] | None
    nulls: int = 0
    nans: int = 0
    edges: list[Any] | None = None
    stands_for: str = ""

    @property
    def bins(self) -> list[str] | None:
        """What its bins are called, None where it has none; 1 and 1.0 are edges of other bins."""
        return None if self.edges is None else [*(self.counts or {})][: len(self.edges) + 1]

    def outcomes(self, missing: bool) -> dict[str, int]:
        """The counts, those of what is missing too if they are wanted."""
        absent = {MISSING: self.nulls, NAN: self.nans} if missing else {}
        return (self.counts or {}) | {label: count for label, count in absent.items() if count}


class Joint(NamedTuple):
    """How far apart two columns are that have too many labels to keep, as sums alone.

    `n` and `m` are the rows of either side, `lost` and `gained` those whose label the other side lacks. `common` is
    Σ p·log(p/q) over the labels of both, `js` is over all, `psi` over those of both; `g` is the value of a G-test
    over so many `cells`, the rare labels in one. `top` are the labels that add most to `js`, with both counts.
    """

    n: int
    m: int
    keys: int = 0
    lost: int = 0
    gained: int = 0
    common: float = 0.0
    js: float = 0.0
    psi: float = 0.0
    tv: float = 0.0
    g: float = 0.0
    cells: int = 0
    top: tuple[tuple[str, int, int], ...] = ()


class Sums(NamedTuple):
    """What an engine has added up of two distributions over all their outcomes, in nats.

    `lost` outcomes have no mass in Q and hold `lost_mass` of P, and so the other way round for `gained`: the first
    of them are named. `gap` is Σ p·log(p/q) − p + q over the outcomes of both, `own` is −Σ p·log p. `top` are the
    outcomes with the largest terms, with both weights.
    """

    keys: int
    lost: int
    gained: int
    gap: float
    own: float
    lost_mass: float
    gained_mass: float
    lost_names: tuple[str, ...]
    gained_names: tuple[str, ...]
    top: tuple[tuple[str, float, float], ...]


@dataclass(frozen=True)
class Profile:
    """The columns of a table, and how many rows it has."""

    name: str
    rows: int
    columns: Mapping[str, Column]
    notes: tuple[str, ...] = field(default=())


def merged(profiles: Sequence[Profile], name: str) -> Profile:
    """One profile of all the rows that these have counted, each in the same bins.

    The columns are matched by name, and stand as the first one has them. Raises InputError where they are not the
    same, in the same bins.
    """
    first, *others = profiles
    columns = dict(first.columns)
    for other in others:
        apart = sorted(set(columns) ^ set(other.columns))
        if apart:
            what = f"its columns are not those of {first.name}: {listed(apart)}"
            raise InputError(f"{other.name}: {what}: count each with --columns, of those that all have")
        for title, column in other.columns.items():
            columns[title] = _added(columns[title], column, f"{other.name}: column {title}", first.name)
    notes = tuple(dict.fromkeys(note for each in profiles for note in each.notes))
    return Profile(name, sum(each.rows for each in profiles), columns, notes)


def _added(one: Column, other: Column, where: str, first: str) -> Column:
    if KINDS[one.kind] != KINDS[other.kind]:
        raise InputError(f"{where}: is {KINDS[other.kind]}, and {KINDS[one.kind]} in {first}")
    if one.stands_for != other.stands_for:
        raise InputError(f"{where}: {of_other_units(one, other, first)}")
    if one.bins != other.bins:
        raise InputError(f"{where}: other bins than in {first}: {IN_THE_SAME_BINS}")
    counts = None
    if one.counts is not None and other.counts is not None:
        both = Counter(one.counts)
        both.update(other.counts)
        counts = dict(both)
    return one._replace(counts=counts, nulls=one.nulls + other.nulls, nans=one.nans + other.nans)


def of_other_units(one: Column, other: Column, first: str) -> str:
    """What is wrong where whole numbers of two columns stand for other things."""
    held, there = (each.stands_for or "values without a unit" for each in (other, one))
    return f"holds {held}, and {there} in {first}: save it alike in both"


# As JSON


def to_tree(profile: Profile) -> dict[str, Any]:
    """The profile as what JSON can hold."""
    columns = {title: column._asdict() for title, column in profile.columns.items()}
    for each in columns.values():
        if not each["stands_for"]:
            del each["stands_for"]
        if each["kind"] in _UNKNOWN:
            del each["nulls"], each["nans"]
    return {"klcli_profile": VERSION, "name": profile.name, "rows": profile.rows, "columns": columns}


def is_profile(tree: Any) -> bool:
    """Whether that is what a profile is kept as."""
    return isinstance(tree, dict) and "klcli_profile" in tree


def from_tree(tree: dict[str, Any], name: str) -> Profile:
    """The profile that was kept so.

    Raises InputError where it is not whole, or of another version.
    """
    if tree.get("klcli_profile") != VERSION:
        raise InputError(f"{name}: a profile of version {tree.get('klcli_profile')!r}, and klcli knows {VERSION}")
    columns: dict[str, Column] = {}
    where = f"{name}: no whole profile: "
    try:
        rows = _count(tree["rows"])
        for title, each in tree["columns"].items():
            where = f"{name}: no whole profile: column {clipped(title)}: "
            columns[title] = _column(each, rows)
    except KeyError as error:
        raise InputError(f"{where}{error} is missing") from None
    except ValueError as error:
        raise InputError(f"{where}{error}") from None
    except (TypeError, AttributeError):
        raise InputError(f"{where}it is not as klcli profile writes it") from None
    if not columns:
        raise InputError(f"{name}: a profile without columns")
    return Profile(name, rows, columns)


def _column(tree: Mapping[str, Any], rows: int) -> Column:
    kind, edges, given = tree["kind"], tree["edges"], tree["counts"]
    nulls, nans = _count(tree.get("nulls", 0)), _count(tree.get("nans", 0))
    if kind not in KINDS:
        raise ValueError(f"no kind {clipped(str(kind))!r}")
    counts = None if given is None else {str(label): _count(count) for label, count in given.items()}
    if edges is not None:
        is_ordered = KINDS[kind] in ("number", "date")
        if not is_ordered or not all(map(_is_edge, edges)) or any(a >= b for a, b in pairwise(edges)):
            raise ValueError("edges that do not rise")
        counts = _in_order(counts or {}, len(edges) + 1)
    if counts is not None and (kind in _UNKNOWN or sum(counts.values()) + nulls + nans != rows):
        raise ValueError("counts that are not those of its rows")
    return Column(kind, counts, nulls, nans, edges, str(tree.get("stands_for", "")))


def _in_order(counts: dict[str, int], size: int) -> dict[str, int]:
    """The counts with those of so many bins before others, each bin after the one that ends where it begins.

    JSON knows no order, and what others have written of it may be sorted. Raises ValueError where bins are missing.
    """
    by_start = {label[1:].partition(", ")[0]: label for label in counts}
    bins: list[str] = []
    start = "-inf"
    while len(bins) < size:
        if start not in by_start:
            raise ValueError("fewer counts than bins")
        bins.append(by_start.pop(start))
        start = bins[-1][:-1].partition(", ")[2]
    return {label: counts[label] for label in dict.fromkeys([*bins, *counts])}


def _is_edge(x: Any) -> bool:
    return math.isfinite(x) if isinstance(x, float) else type(x) is int and abs(x) <= 2**128


def _count(x: Any) -> int:
    if not isinstance(x, int) or isinstance(x, bool) or not 0 <= x < 2**63:
        raise ValueError(f"{clipped(repr(x))} is no count")
    return x


def only(profile: Profile, columns: Sequence[str]) -> Profile:
    """The profile with these columns alone."""
    return replace(profile, columns={title: profile.columns[title] for title in columns})
