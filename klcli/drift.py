"""Drift: how far a table has moved from a reference, column by column, beside what chance alone would do.

P is the reference and Q the current table. The numbers of a column come from counts alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from klcli.counts import name_of_others
from klcli.distribution import Distribution, Smoothing, listed
from klcli.errors import InputError, OptionError
from klcli.lazy import np
from klcli.measures import js, kl, psi, tv
from klcli.numerals import counted, number, short
from klcli.numerics import Contrast
from klcli.profiles import (
    IN_THE_SAME_BINS,
    KINDS,
    LEAST_EXPECTED,
    MISSING,
    NAN,
    NESTED,
    UNCOUNTED,
    Column,
    IncomparableError,
    Joint,
    Profile,
    of_other_units,
)
from klcli.result import Result
from klcli.special import chi2_tail, chi2_value

if TYPE_CHECKING:
    from klcli.numerics import Array

FDR, EFFECT = 0.05, 0.01
LIMITED = ("js", "kl", "psi", "tv", "drifted")  # what --fail-above may limit
SMOOTHINGS = ("laplace", "jeffreys", "mix=0.01", "floor=0.0001")  # under which a column is shown anew
_RANKS = ("drifted", "noise", "stable")
_HEADINGS = {
    "label": "column", "kind": "kind", "verdict": "verdict", "kl": "D(P‖Q)", "psi": "PSI", "tv": "TV",
    "noise_floor": "JS by chance", "q_value": "q-value", "outcomes": "outcomes",
    "contribution": "to JS", "share": "share", "gap": "p·log(p/q) − p + q",
}  # fmt: skip


class Test(NamedTuple):
    """A G-test of whether two samples are from one distribution: its value, its degrees of freedom, and p."""

    g: float
    freedom: int
    p_value: float


def drift(
    reference: Profile,
    current: Profile,
    *,
    fdr: float = FDR,
    effect: float = EFFECT,
    smooth: str | None = None,
    missing: bool = True,
    sensitivity: bool = False,
    joined: Callable[[str], Joint] | None = None,
) -> list[Result]:
    """One Result for each column that both have, the worst first; its value is JS(P,Q), its label the column.

    `joined` compares a column of too many labels to keep, where the tables are there; otherwise it is told of.

    A column has drifted where chance alone does not do this (q-value <= `fdr`, over all columns) and where the
    divergence matters (JS >= `effect`, in nats); it is noise where it would matter and chance may do it.
    With `sensitivity` the explanation says what D(P‖Q) is under each smoothing.

    Raises InputError where there is no such column, and where profiles have other bins.
    """
    alone = [*_alone(reference, current), *_alone(current, reference)]
    names = (reference.name, current.name)
    results, skipped = [], []
    for title in (title for title in reference.columns if title in current.columns):
        column, other = reference.columns[title], current.columns[title]
        try:
            if column.counts is not None and other.counts is not None:
                if column.stands_for != other.stands_for:
                    raise IncomparableError(f"{names[1]} {of_other_units(column, other, names[0])}")
                _require_same_bins(title, column, other, names)
                if missing:
                    _require_no_value_called_missing((column, other), names)
                sides = (column.outcomes(missing), other.outcomes(missing))
                results.append(_compared(title, column, sides, names, smooth, sensitivity))
            elif joined is None or "nested" in (column.kind, other.kind) or smooth:
                skipped.append(f"{title}: {_why_not((column, other), names, joined is not None)}")
            else:
                results.append(_of_joint(title, joined(title), names))
        except IncomparableError as error:
            skipped.append(f"{title}: {error}")
    if not results:
        why = listed([*skipped, *alone]) if skipped or alone else "there is none in either"
        raise InputError(f"{reference.name} and {current.name} have no column to compare: {why}")
    judged = _judged(results, fdr, effect)
    notes = [*_notes(reference, current, fdr, effect), *alone]
    notes += [f"{side.name}: {note}" for side in (reference, current) for note in side.notes]
    judged[0] = replace(judged[0], notes=(*notes, *skipped, *judged[0].notes))
    return judged


def _notes(reference: Profile, current: Profile, fdr: float, effect: float) -> list[str]:
    """What holds of all columns: who P and Q are, and the thresholds."""
    return [
        f"P is the reference, {reference.name} ({counted(reference.rows, 'row')}), and Q is {current.name} "
        f"({counted(current.rows, 'row')}); D(P‖Q) is what it costs to take Q for P",
        f"drifted: q-value <= {fdr:g} and JS >= {effect:g} nats; noise: JS >= {effect:g}, and chance may do it; "
        "else stable",
    ]


def _alone(one: Profile, other: Profile) -> Iterator[str]:
    """What is told of the columns that the other side lacks, if there are some."""
    only = [title for title in one.columns if title not in other.columns]
    if only:
        yield f"columns of {one.name} alone: {listed(only, 20)}"


def _require_same_bins(title: str, column: Column, other: Column, names: tuple[str, str]) -> None:
    """Refuse profiles that were counted each in its own bins: what is alike would seem to have moved."""
    if column.bins != other.bins:
        raise InputError(f"{names[1]}: column {title}: other bins than in {names[0]}: {IN_THE_SAME_BINS}")


def _require_no_value_called_missing(columns: tuple[Column, Column], names: tuple[str, str]) -> None:
    """Refuse a value that is called as what is missing, on either side, is to be."""
    for label, counts in ((MISSING, [each.nulls for each in columns]), (NAN, [each.nans for each in columns])):
        named = [name for each, name in zip(columns, names, strict=True) if label in (each.counts or {})]
        if any(counts) and named:
            cure = "give --no-missing, or --null with that text if it stands for nothing"
            raise IncomparableError(f"a value is called {label}, as what is missing is to be in {named[0]}: {cure}")


def _require_values(n: int, m: int, names: tuple[str, str]) -> None:
    if not n or not m:
        raise IncomparableError(f"no values in {names[0] if not n else names[1]}, so nothing to compare")


def _why_not(columns: tuple[Column, Column], names: tuple[str, str], has_tables: bool) -> str:
    """Why columns without counts are not compared."""
    kinds = [each.kind for each in columns]
    if UNCOUNTED in kinds:
        return f"not counted in {names[kinds.index(UNCOUNTED)]}, since the profile that was given by --like lacks it"
    if "nested" in kinds:
        return NESTED
    if has_tables:
        return "too many different values to smooth"
    return "too many different values to keep in a profile: compare the tables themselves"


def _compared(
    title: str,
    column: Column,
    counts: tuple[dict[str, int], dict[str, int]],
    names: tuple[str, str],
    smooth: str | None,
    sensitivity: bool,
) -> Result:
    """The numbers of one column, without a verdict."""
    p, q = counts
    _require_values(sum(p.values()), sum(q.values()), names)
    outcomes = [*p, *(label for label in q if label not in p)]
    a, b = (np.array([float(side.get(label, 0)) for label in outcomes]) for side in (p, q))
    seen = (a > 0) | (b > 0)
    n, m, size = int(a.sum()), int(b.sum()), int(seen.sum())
    sides = [_distribution(outcomes, weights, name) for weights, name in ((a, names[0]), (b, names[1]))]
    found = {each.name: each(*sides, smooth=smooth) for each in (js, kl, psi, tv)}
    weights = [Smoothing.parse(smooth).apply(each.weights, each) if smooth else each.weights for each in sides]
    contributions = np.asarray(found["js"].terms["contribution"])
    value = found["js"].value
    terms: dict[str, Any] = {
        "outcome": outcomes,
        "p": found["js"].terms["p"],
        "q": found["js"].terms["q"],
        "gap": Contrast(*weights).gap_terms(),
        "share": contributions / value if value else contributions,
        "contribution": contributions,
    }
    values = {name: each.value for name, each in found.items()}
    sizes = {"n": n, "m": m, ("labels" if column.edges is None else "bins"): size}
    details = _details(KINDS[column.kind], sizes, values, g_test(a, b))
    notes = [f"{title}: whole numbers that stand for {column.stands_for}"] if column.stands_for else []
    notes += _one_sided(title, outcomes, a, b, names, smooth)
    notes += [f"{title}: {Smoothing.parse(smooth).note(len(outcomes))}"] if smooth else []
    return _result(title, names, value, terms, details, notes, _explained(sides) if sensitivity else ())


def _of_joint(title: str, found: Joint, names: tuple[str, str]) -> Result:
    """The same of a column with too many labels to keep: the terms of those that matter most, and of the others."""
    _require_values(found.n, found.m, names)
    lost, gained = found.lost / found.n, found.gained / found.m
    values = {
        "js": found.js,
        "kl": math.inf if lost else max(found.common, 0.0),
        "psi": math.inf if lost or gained else found.psi,
        "tv": found.tv,
    }
    freedom = max(found.cells - 1, 0)
    test = Test(found.g, freedom, chi2_tail(found.g, freedom) if freedom else 1.0)
    sizes = {"n": found.n, "m": found.m, "labels": found.keys}
    notes = [
        f"{title}: {name}: labels that {other} lacks, with {short(mass, 3)} of its rows: {infinite}"
        for mass, name, other, infinite in (
            (lost, names[0], names[1], "D(P‖Q) and PSI are infinite"),
            (gained, names[1], names[0], "PSI is infinite"),
        )
        if mass
    ]
    notes.append(f"{title}: {found.keys} labels, compared by the engine: figures are within 1e-9 of exact ones")
    details = _details("categorical", sizes, values, test)
    return _result(title, names, found.js, _terms_of_joint(found), details, notes, ())


def _terms_of_joint(found: Joint) -> dict[str, Any]:
    """The terms of the labels that are named, and those of all others as one."""
    outcomes, a, b = (list(column) for column in zip(*found.top, strict=True))
    if found.keys > len(found.top):
        others = name_of_others(outcomes)
        outcomes, a, b = [*outcomes, others], [*a, found.n - sum(a)], [*b, found.m - sum(b)]
    x = Contrast(np.array(a, float), np.array(b, float))
    gaps, contributions = x.gap_terms(), x.jensen_shannon_terms()
    if found.keys > len(found.top):  # many labels taken as one would have less than their own terms
        is_lost = found.lost > sum(a for _, a, b in found.top if not b)
        whole = found.common + found.lost / found.n  # Σ p·log(p/q) − p + q over all that Q has
        rest = whole - gaps[:-1][np.isfinite(gaps[:-1])].sum()
        gaps[-1] = math.inf if is_lost else max(rest, 0.0)
        contributions[-1] = max(found.js - contributions[:-1].sum(), 0.0)
    share = contributions / found.js if found.js else contributions
    return {"outcome": outcomes, **x.shares, "gap": gaps, "share": share, "contribution": contributions}


def _details(kind: str, sizes: dict[str, int], values: dict[str, float], test: Test) -> dict[str, Any]:
    """The numbers of a column; `sizes` are n, m and the number of its outcomes."""
    n, m, size = sizes.values()
    chance = (1 / n + 1 / m) * (size - 1)  # the mean of PSI where nothing has moved and n and m are large
    return {
        "kind": kind,
        **sizes,
        **values,
        "g": test.g,
        "degrees_of_freedom": test.freedom,
        "p_value": test.p_value,
        "noise_floor": chance / 8,
        "noise_floor_kl": chance / 2,
        "noise_floor_psi": chance,
        "psi_critical": (1 / n + 1 / m) * chi2_value(FDR, size - 1),
    }


def _result(
    title: str,
    names: tuple[str, str],
    value: float,
    terms: dict[str, Any],
    details: dict[str, Any],
    notes: Sequence[str],
    explanation: Iterable[str],
) -> Result:
    return Result(
        measure="drift",
        title="Drift",
        formula=js.formula,
        inputs={"p": names[0], "q": names[1]},
        value=value,
        base=math.e,
        unit="nats",
        label=title or "(no name)",
        terms=terms,
        headings=_HEADINGS,
        notes=tuple(notes),
        details=details,
        explanation=tuple(explanation),
    )


def _distribution(outcomes: Sequence[str], weights: Array, name: str) -> Distribution:
    return Distribution(tuple(outcomes), weights, name=name, normalize=True)


def _one_sided(
    title: str, outcomes: Sequence[str], a: Array, b: Array, names: tuple[str, str], smooth: str | None
) -> Iterable[str]:
    """What only one side has, with its mass: it makes divergences infinite, if they are not smoothed."""
    without = "without smoothing, " if smooth else ""
    for own, other, name, infinite in (
        (a, b, names[1], f"{without}D(P‖Q) and PSI are infinite"),
        (b, a, names[0], f"{without}PSI is infinite"),
    ):
        where = (own > 0) & (other == 0)
        if where.any():
            labels = [outcomes[index] for index in np.flatnonzero(where).tolist()]
            share = short(float(own[where].sum() / own.sum()), 3)
            yield f"{title}: absent from {name}: {listed(labels)}, with {share} of the other side: {infinite}"


def _explained(sides: Sequence[Distribution]) -> Iterable[str]:
    """D(P‖Q) of the column as it is, and under each smoothing."""
    shown = [f"as it is {short(kl(*sides).value)}"]
    shown += [f"{name} {short(kl(*sides, smooth=name).value)}" for name in SMOOTHINGS]
    yield f"D(P‖Q) {', '.join(shown)} nats"


# Chance


def g_test(a: Array, b: Array) -> Test:
    """Whether two rows of counts may be samples of one distribution.

    G = 2 Σ observed·log(observed/expected) has nearly a chi-square distribution (Wilks 1938) with one degree of
    freedom less than there are outcomes. Outcomes of which fewer than 5 are expected on a side are taken together.

    >>> g_test(np.array([30.0, 70.0]), np.array([30.0, 70.0]))
    Test(g=0.0, freedom=1, p_value=1.0)
    """
    a, b = _pooled(a, b)
    if len(a) < 2:
        return Test(0.0, 0, 1.0)
    both = a + b
    g = 2 * float(a.sum() * kl.function(a, both).value + b.sum() * kl.function(b, both).value)
    return Test(g, len(a) - 1, chi2_tail(g, len(a) - 1))


def _pooled(a: Array, b: Array) -> tuple[Array, Array]:
    """The counts, where the rarest outcomes are one until enough of it are expected on either side."""
    both = a + b
    order = np.lexsort((a, both))  # by which engines find the same one
    expected = np.cumsum(both[order]) * (min(a.sum(), b.sum()) / both.sum())
    rare = int(np.searchsorted(both[order] * (min(a.sum(), b.sum()) / both.sum()), LEAST_EXPECTED))
    if rare:  # one more than the rare ones where these are too few together
        rare = max(rare, int(np.searchsorted(expected, LEAST_EXPECTED)) + 1)
    pooled, kept = order[:rare], order[rare:]
    if not rare:
        return a, b
    return np.r_[a[kept], a[pooled].sum()], np.r_[b[kept], b[pooled].sum()]


def q_values(p_values: Sequence[float]) -> list[float]:
    """What share of those with a p-value as small would be there by chance: Benjamini and Hochberg (1995).

    >>> q_values([0.01, 0.5, 0.02])
    [0.03, 0.5, 0.03]
    """
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    found = [1.0] * len(p_values)
    least = 1.0
    for rank in range(len(order), 0, -1):
        index = order[rank - 1]
        least = min(least, p_values[index] * len(order) / rank)
        found[index] = least
    return found


def _judged(results: Sequence[Result], fdr: float, effect: float) -> list[Result]:
    """The results with their q-values and verdicts, the worst first."""
    judged = []
    for result, q_value in zip(results, q_values([each.details["p_value"] for each in results]), strict=True):
        matters, is_sure = result.value >= effect, q_value <= fdr
        verdict = "drifted" if matters and is_sure else "noise" if matters else "stable"
        details = {**result.details, "q_value": q_value, "verdict": verdict}
        why = (_attribution(result),) if verdict == "drifted" else ()
        judged.append(replace(result, details=details, notes=(*result.notes, *why)))
    return sorted(judged, key=lambda each: (_RANKS.index(each.details["verdict"]), -each.value))


def _attribution(result: Result) -> str:
    """The outcomes that carry the drift of a column, with their share of it."""
    terms = result.terms
    order = sorted(range(len(terms["outcome"])), key=lambda index: -terms["contribution"][index])[:3]
    shown = [
        f"{terms['outcome'][index]} {short(float(terms['p'][index]), 3)} → {short(float(terms['q'][index]), 3)} "
        f"({100 * float(terms['share'][index]):.0f} %)"
        for index in order
        if terms["contribution"][index] > 0
    ]
    return f"{result.label}: drifted: {', '.join(shown)}"


# Limits


def limits(text: str) -> dict[str, float]:
    """What each measure may be at most: psi=0.2,js=0.05; a number alone is that of JS.

    Raises OptionError for a measure that is none of these.

    >>> limits("psi=0.2,drifted=0")
    {'psi': 0.2, 'drifted': 0.0}
    """
    found = {}
    for part in text.split(","):
        name, _, limit = part.rpartition("=")
        name = name.strip() or "js"
        if name not in LIMITED:
            raise OptionError(f"{name!r} is nothing that can be limited: {', '.join(LIMITED)}")
        try:
            found[name] = number(limit)
        except ValueError as error:
            instead = f", or {limit.strip()}=0.2" if limit.strip() in LIMITED else ""
            raise OptionError(f"{error}: give a number for {name}{instead}") from None
    return found


def exceeded(results: Sequence[Result], allowed: dict[str, float]) -> list[str]:
    """What is above its limit, each in words."""
    found = [
        f"{result.label}: {name} is {short(result.details[name])}, above {limit:g}"
        for result in results
        for name, limit in allowed.items()
        if name != "drifted" and result.details[name] > limit
    ]
    drifted = sum(result.details["verdict"] == "drifted" for result in results)
    if drifted > allowed.get("drifted", math.inf):
        found.append(f"{counted(drifted, 'column')} drifted, above {allowed['drifted']:g}")
    return found
