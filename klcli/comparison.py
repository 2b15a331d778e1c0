"""Several distributions against one: every measure for every Q, ranked."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from klcli.distribution import as_distribution
from klcli.errors import OptionError
from klcli.measure import Measure, Terms, measure
from klcli.measures import MEASURES, kl
from klcli.result import Result

if TYPE_CHECKING:
    from klcli.numerics import Array

USUAL = ("kl", "kl-reverse", "cross-entropy", "js", "tv", "psi")

# What to compare by, by name: the measures of two distributions that need no option, and the one below.
COMPARABLE: dict[str, Measure] = {
    name: each for name, each in MEASURES.items() if len(each.sides) == 2 and not each.required
}


@measure(
    COMPARABLE,
    title="Kullback-Leibler divergence, reversed",
    formula="D(Q‖P) = Σ q·log(q/p)",
    headings={"ratio": "q/p", "log": "log(q/p)", "contribution": "q·log(q/p)"},
    step="{q}·log({q}/{p})",
    meaning="Coding draws from {Q} with the code that is ideal for {P} costs {value} a draw more than need be. "
    "The other direction, D(P‖Q), is as a rule another number.",
    largest="The largest term is {outcome}: P gives it {p} where Q has {q}, so each draw of it costs {log} {unit} "
    "more than need be, {contribution} on average.",
    negative="Terms below zero ({outcomes}) are outcomes that {P} overrates; they never outweigh the others.",
)
def kl_reverse(p: Array, q: Array, *, base: float = math.e) -> Terms:
    """Kullback-Leibler divergence with its sides exchanged, D(Q‖P): what it costs to take P for Q."""
    terms = kl.function(q, p, base=base)
    columns = {**terms.columns, "p": terms.columns["q"], "q": terms.columns["p"]}
    return Terms(terms.value, columns)


def checked(*names: str) -> tuple[str, ...]:
    """The names, each that of a measure to compare by; raises OptionError for another."""
    for name in names:
        if name not in COMPARABLE:
            raise OptionError(f"{name!r} is not a measure to compare by: {', '.join(COMPARABLE)}")
    return names


def compare(
    p: Any,
    *qs: Any,
    measures: Sequence[str] = USUAL,
    by: str = "kl",
    base: float = math.e,
    normalize: bool = False,
    smooth: str | None = None,
) -> list[Result]:
    """One Result for each Q, nearest to P first by the measure `by`.

    Its value and terms are those of `by`, its label is the name of Q, and `details` holds the value of every
    measure, the rank (equal values share one) and the ratio to the best, nan where even that is infinite.

    Raises OptionError for a measure that is none, or that needs an option of its own; InputError as measures do.

    >>> p, q1, q2 = [0.5, 0.5], [0.4, 0.6], [0.1, 0.9]
    >>> [(r.label, r.details["rank"]) for r in compare(p, q2, q1)]
    [('Q2', 1), ('Q1', 2)]
    """
    checked(by, *measures)
    p = as_distribution(p, "P", normalize=normalize)
    named = [
        as_distribution(q, f"Q{number}" if len(qs) > 1 else "Q", normalize=normalize)
        for number, q in enumerate(qs, 1)
    ]
    found = [{name: _measured(name, p, q, base, smooth) for name in dict.fromkeys((by, *measures))} for q in named]
    in_order = sorted(results[by].value for results in found)
    best = in_order[0] if in_order else 0.0
    ranked = [
        replace(
            result := results[by],
            label=q.name,
            headings={
                **{name: result.headings[name] for name in result.terms if name in result.headings},
                "rank": "rank",
                "ratio_to_best": "× best",
                **{_key(name): results[name].symbol for name in measures if name != by},
            },
            details={
                **result.details,
                **{_key(name): results[name].value for name in measures},
                "rank": 1 + bisect_left(in_order, result.value),
                "ratio_to_best": _ratio(result.value, best),
            },
        )
        for q, results in zip(named, found, strict=True)
    ]
    return sorted(ranked, key=lambda result: result.value)


def _ratio(value: float, best: float) -> float:
    if math.isinf(best):
        return math.nan  # all are infinite, and none is so many times as far as another
    return 1.0 if value == best else value / best if best else math.inf


def _measured(name: str, p: Any, q: Any, base: float, smooth: str | None) -> Result:
    wanted = COMPARABLE[name]
    options: dict[str, Any] = {"base": base} if "base" in wanted.options else {}
    return wanted(p, q, smooth=smooth, **options)


def _key(name: str) -> str:
    return name.replace("-", "_")
