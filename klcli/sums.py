"""Divergences from sums that an engine has made, where outcomes are too many to be fetched."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from klcli.counts import name_of_others
from klcli.distribution import listed
from klcli.lazy import np
from klcli.measures import MEASURES
from klcli.numerals import short
from klcli.result import Result, require_base, unit_of

if TYPE_CHECKING:
    from klcli.profiles import Sums

BOUND = 1e-9  # of what an engine adds up
_ROUNDING = 1e-15  # of terms that come to nothing


class Side(NamedTuple):
    """What a distribution is called, the sum of its weights, and whether they are counts."""

    name: str
    total: float
    is_counted: bool
    notes: tuple[str, ...] = ()


def result(measure: str, sides: list[Side], found: Sums, engine: str, base: float = math.e) -> Result:
    """H(P) of one side, or D(P‖Q) of two, with the terms of the outcomes that are named and of all others as one.

    Σ p·log(p/q) − p + q over the outcomes of both is never negative, and with the mass that Q alone has it is D(P‖Q).
    Raises OptionError where the base is none.
    """
    require_base(base)
    facts, unit = MEASURES[measure], math.log(base)
    own = found.own / unit
    value = own if measure == "entropy" else math.inf if found.lost else (found.gap + found.gained_mass) / unit
    finite = own if measure == "entropy" else (found.gap + found.gained_mass - found.lost_mass) / unit
    details: dict[str, Any] = {"entropy": own, "cross_entropy": own + value, "difference": value}
    if measure == "entropy":
        details = {"perplexity": math.exp(found.own)}
        details |= {"normalized": found.own / math.log(found.keys)} if found.keys > 1 else {}
    for letter, side in zip("pq", sides, strict=False):
        details |= {f"sum_{letter}": side.total} | ({f"n_{letter}": int(side.total)} if side.is_counted else {})
    return Result(
        measure=measure,
        title=facts.title,
        formula=facts.formula,
        inputs={letter: side.name for letter, side in zip("pq", sides, strict=False)},
        value=value,
        base=base,
        unit=unit_of(base),
        terms=_terms(measure, sides, found, finite, base),
        headings=facts.headings,
        notes=tuple(_notes(measure, sides, found, engine)),
        details=details,
        explanation=tuple(_explained(measure, sides, value, details, unit_of(base))),
    )


def _terms(measure: str, sides: list[Side], found: Sums, finite: float, base: float) -> dict[str, Any]:
    """The terms of the outcomes that are named, and those of all others as one."""
    outcomes, *weights = (list(column) for column in zip(*found.top, strict=True))
    has_others = found.keys > len(outcomes)
    if has_others:
        outcomes.append(name_of_others(outcomes))
        weights = [[*some, max(side.total - sum(some), 0.0)] for some, side in zip(weights, sides, strict=False)]
    arrays = [np.array(some, float) for some in weights[: len(sides)]]
    with np.errstate(all="ignore"):
        columns = dict(MEASURES[measure].function(*arrays, base=base).columns)
    if has_others:
        p, q = np.array(weights[0]), np.array(weights[-1])
        contribution = np.array(columns["contribution"])
        named = contribution[:-1]
        is_lost = found.lost > ((p > 0) & (q == 0))[:-1].sum()
        rest = finite - float(named[np.isfinite(named)].sum())
        contribution[-1] = math.inf if is_lost else 0.0 if abs(rest) < _ROUNDING else rest
        for name in columns.keys() & {"ratio", "log"}:  # of many outcomes together there is none
            columns[name] = np.append(columns[name][:-1], math.nan)
        columns["contribution"] = contribution
    return {"outcome": outcomes, **columns}


def _notes(measure: str, sides: list[Side], found: Sums, engine: str) -> list[str]:
    names = [side.name for side in sides]
    formula = "−Σ p·log p" if measure == "entropy" else "Σ p·log(p/q) − p + q"
    notes = [note for side in sides for note in side.notes]
    notes.append(f"{formula} over {found.keys} outcomes was added up by {engine}, within {BOUND:g}")
    if measure == "entropy":
        return notes
    lost, gained = listed(found.lost_names, count=found.lost), listed(found.gained_names, count=found.gained)
    if found.lost:
        notes.append(f"absent from {names[1]}, so q = 0 there: {lost}")
    if found.gained:
        notes.append(f"absent from {names[0]}, so p = 0 there: {gained}")
    if found.lost:
        mass = short(found.lost_mass)
        notes.append(f"infinite: {names[1]} gives no probability to {lost}, where {names[0]} has {mass} of its mass")
    return notes


def _explained(measure: str, sides: list[Side], value: float, details: dict[str, Any], unit: str) -> list[str]:
    facts = MEASURES[measure]
    names = {letter: side.name for letter, side in zip("PQ", sides, strict=False)}
    numbers = {name: short(x) for name, x in details.items()}
    worked = f"{facts.formula} = {short(value)}"
    if math.isinf(value):
        return [worked]
    return [worked, facts.meaning.format(**{**numbers, **names, "value": f"{short(value)} {unit}", "unit": unit})]
