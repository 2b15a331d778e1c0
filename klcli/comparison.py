"""Several distributions against one: every measure for every Q, ranked."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from klcli.distribution import as_distribution
from klcli.errors import OptionError
from klcli.measures import MEASURES
from klcli.result import Result

REVERSE = "kl-reverse"  # D(Q‖P): kl with its sides exchanged
USUAL = ("kl", REVERSE, "cross-entropy", "js", "tv", "psi")


def comparable() -> tuple[str, ...]:
    """The names that `measures` and `by` take: the measures of two distributions that need no option."""
    return (*(name for name, each in MEASURES.items() if len(each.sides) == 2 and not each.required), REVERSE)


def checked(*names: str) -> tuple[str, ...]:
    """The names, each that of a measure to compare by; raises OptionError for another."""
    for name in names:
        if name not in comparable():
            raise OptionError(f"{name!r} is not a measure to compare by: {', '.join(comparable())}")
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
    found = [
        (
            _measured(by, p, q, base, smooth),
            {name: _measured(name, p, q, base, smooth).value for name in measures},
        )
        for q in named
    ]
    best = min((result.value for result, _ in found), default=0.0)
    ranked = [
        replace(
            result,
            label=q.name,
            headings={
                **_columns(result),
                "rank": "rank",
                "ratio_to_best": "× best",
                **{_key(name): _symbol(name) for name in values if name != by},
            },
            details={
                **result.details,
                **{_key(name): value for name, value in values.items()},
                "rank": 1 + sum(other.value < result.value for other, _ in found),
                "ratio_to_best": _ratio(result.value, best),
            },
        )
        for q, (result, values) in zip(named, found, strict=True)
    ]
    return sorted(ranked, key=lambda result: result.value)


def _ratio(value: float, best: float) -> float:
    if math.isinf(best):
        return math.nan  # all are infinite, and none is so many times as far as another
    return 1.0 if value == best else value / best if best else math.inf


def _measured(name: str, p: Any, q: Any, base: float, smooth: str | None) -> Result:
    if name == REVERSE:
        return _turned(_measured("kl", q, p, base, smooth))
    measure = MEASURES[name]
    options: dict[str, Any] = {"base": base} if "base" in measure.options else {}
    return measure(p, q, smooth=smooth, **options)


def _turned(result: Result) -> Result:
    """D(Q‖P) as an answer about P and Q, from the one that took Q for P."""
    exchanged = {"p": "q", "q": "p"}
    return replace(
        result,
        title=f"{result.title}, reversed",
        formula="D(Q‖P) = Σ q·log(q/p)",
        inputs={side: result.inputs[exchanged[side]] for side in result.inputs},
        terms={name: result.terms[exchanged.get(name, name)] for name in result.terms},
        headings={**result.headings, "ratio": "q/p", "log": "log(q/p)", "contribution": "q·log(q/p)"},
        details={
            re.sub("_([pq])$", lambda match: f"_{exchanged[match[1]]}", name): value
            for name, value in result.details.items()
            if name not in ("entropy", "cross_entropy", "difference")
        },
    )


def _columns(result: Result) -> dict[str, str]:
    return {name: result.headings[name] for name in result.terms if name in result.headings}


def _symbol(name: str) -> str:
    return "D(Q‖P)" if name == REVERSE else MEASURES[name].formula.partition(" = ")[0]


def _key(name: str) -> str:
    return name.replace("-", "_")
