"""Counts: how often each outcome was seen, as an answer like any other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from klcli.errors import InputError, OptionError
from klcli.numerals import counted
from klcli.result import Result

OTHERS = "(others)"


def counts(
    tally: Mapping[str, int],
    name: str,
    *,
    unit: str = "rows",
    top: int | None = None,
    least: int = 0,
    ordered: bool = False,
    notes: Sequence[str] = (),
    details: Mapping[str, Any] | None = None,
) -> Result:
    """The outcomes with their counts, the most frequent first, those of one count by their labels.

    With `ordered` they stay as they are, as bins do, and what is ranked already. Only the `top` most frequent ones
    are kept, and only those with a count of at least `least`: the others become one. The value is the sum of all of
    them.

    Raises InputError where there is nothing, OptionError where what becomes "(others)" meets an outcome of that name.

    >>> counts({"b": 1, "a": 2, "c": 1}, "data", top=1).terms
    {'outcome': ['a', '(others)'], 'count': [2, 2]}
    """
    total = sum(tally.values())
    if not total:
        raise InputError(f"{name}: nothing to count: no {unit}{''.join(f' ({note})' for note in notes)}")
    is_cut = top is not None or least > 0
    first = ranked(tally.items()) if is_cut or not ordered else []
    shown = dict(tally if ordered else first)
    if is_cut:
        kept = {label for label, count in first[:top] if count >= least}
        shown = {label: count for label, count in shown.items() if label in kept}
    if len(shown) < len(tally):
        if OTHERS in tally:
            raise OptionError(f"{name}: an outcome is called {OTHERS}, as those that are left are to be: count all")
        left = len(tally) - len(shown)
        shown[OTHERS] = total - sum(shown.values())
        notes = (*notes, f"{name}: {OTHERS} is {counted(left, 'outcome')} with {shown[OTHERS]} of {total} {unit}")
    return Result(
        measure="count",
        title="Counts",
        formula="n = Σ count",
        inputs={"data": name},
        value=total,
        unit=unit,
        terms={"outcome": list(shown), "count": list(shown.values())},
        notes=tuple(notes),
        details={**(details or {}), "outcomes": len(tally)},
        explanation=(_meaning(shown, total, unit),),
    )


def name_of_others(labels: Sequence[str]) -> str:
    """What all outcomes beside these are called together: (others), in more brackets where one is called so.

    It is for what is shown; counts go on to other commands, where that name would meet no other one.

    >>> name_of_others(["a", "(others)"])
    '((others))'
    """
    name = OTHERS
    while name in labels:
        name = f"({name})"
    return name


def ranked(counts: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    """The labels with their counts, the most frequent first, and those of one count by their labels."""
    by_label = sorted(counts, key=itemgetter(0))
    return sorted(by_label, key=itemgetter(1), reverse=True)  # which keeps the order of those that are alike


def _meaning(shown: Mapping[str, int], total: int, unit: str) -> str:
    named = [item for item in shown.items() if item[0] != OTHERS]
    label, count = max(named or shown.items(), key=itemgetter(1))
    return (
        f"Of {total} {unit} {count} are {label}, a share of {count / total:.4g}. Divided by {total}, the counts are "
        "the probabilities."
    )
