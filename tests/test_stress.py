"""The laws of entropy and divergence on weights of every kind; other implementations, big supports and memory.

Each law is tried on 1,000 examples, the same every time; `make stress` tries 100,000, and others each time. A law of
every measure is tried with half of MEASURES on each example, at an order drawn with it. What a law does to weights
(merging, dividing, multiplying, mixing) is done without rounding, so that a law can be broken only by what klcli
computes, and no value is allowed more than the error that is promised for it.
"""

from __future__ import annotations

import itertools
import json
import math
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import duckdb
import mpmath
import numpy as np
import pytest
from conftest import environment
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf
from oracle import FLOOR, ORACLES
from pairs import SEEDS, Side, hard, in_parts, multiple, of_one_total, short
from scipy.spatial.distance import jensenshannon
from scipy.special import entr, rel_entr
from scipy.stats import entropy as scipy_entropy

from klcli.measures import MEASURES

EXAMPLES = int(os.environ.get("STRESS_EXAMPLES", "1000"))
UNIT = 2.0**-53  # the relative error of one rounding
LARGEST = sys.float_info.max

Sides = Sequence[Sequence[float] | np.ndarray]
Options = dict[str, float]
Tried = list[tuple[str, Options]]

law = settings(
    deadline=None,
    max_examples=EXAMPLES,
    derandomize=EXAMPLES <= 1000,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)

HALVES = st.integers(0, 1)
bases = st.one_of(st.sampled_from([2, math.e, 10, 1 + 1e-9, 1.5, 3, 1e300]), st.floats(1.1, 100))
orders = st.one_of(
    st.sampled_from([0, 1e-300, 1e-10, 0.499, 0.5, 0.501, 1 - 1e-12, 1 - 2**-53, 1, 1 + 2**-52, 1 + 1e-12]),
    st.sampled_from([2, 7.5, 30.5, 100, math.inf]),
    st.floats(0.01, 5),
)


class Value(NamedTuple):
    """A value, and how far from the exact one it may be."""

    value: float
    error: float

    @property
    def least(self) -> float:
        """The smallest that the exact value can be."""
        return max(0.0, self.value - self.error)

    @property
    def most(self) -> float:
        """The largest that the exact value can be."""
        return self.value + self.error


INFINITE = Value(math.inf, 0.0)


def half(value: Value) -> Value:
    """Half of it, which is not rounded."""
    return Value(value.value / 2, value.error / 2)


@st.composite
def measures(draw: st.DrawFn, but: Sequence[str] = ()) -> Tried:
    """Every other measure with its options, an order drawn where it has one; Tsallis has none that is infinite."""
    order = draw(orders)
    found = [(name, {"alpha": order} if "alpha" in each.options else {}) for name, each in MEASURES.items()]
    return [each for each in found if each != ("tsallis", {"alpha": math.inf}) and each[0] not in but][
        draw(HALVES) :: 2
    ]


divergences = measures(but=("entropy", "cross-entropy"))  # what is 0 where P = Q


def value_of(name: str, *sides: Sequence[float] | np.ndarray, **options: float) -> Value:
    """The value of that measure for these weights; a measure of one distribution takes P alone."""
    arrays = [np.asarray(side, float) for side in sides[: len(MEASURES[name].sides)]]
    with np.errstate(all="ignore"):
        value = MEASURES[name].function(*arrays, **options).value
    return Value(value, error_of(name, value, *arrays, **options))


def error_of(name: str, value: float, *sides: np.ndarray, alpha: float = 1.0, base: float = math.e) -> float:
    """How far from the exact one that value may be, by what is promised.

    2e-15 of it for kl, js and entropy, 1e-14 for the others. A power is as uncertain as its exponent, here
    (α−1)·log(p/q), and of that the logarithm of a Rényi divergence leaves a part. Below 1e-33 nothing is promised
    but a value as good as 0; of Hellinger's distance and that of Jensen-Shannon this is true of the square. Shares
    that differ by less than 2^-98 of themselves count as equal, which the measures made of first powers can see.
    """
    if value == math.inf:
        return 0.0
    share = 2e-15 if name in ("kl", "js", "entropy") else 1e-14
    if 1 < alpha < math.inf:
        exponent = (alpha - 1) * largest_log_ratio(*sides)
        share += 4 * UNIT * exponent / (max(1.0, (alpha - 1) * value * math.log(base)) if name == "renyi" else 1.0)
    seen = 2.0**-98 if name == "tv" or alpha == math.inf else 0.0
    least = 2 * FLOOR * max(1.0, 1 / math.log(base))
    least = math.sqrt(least) if name in ("hellinger", "js-distance") else least
    return (share * value if value >= least else least) + seen * max(1.0, 1 / math.log(base))


def largest_log_ratio(p: np.ndarray, q: np.ndarray) -> float:
    """The largest log(p/q), as closely as a bound needs it."""
    both = (p > 0) & (q > 0)
    sums = [math.log(math.fsum(side / side.max())) + math.log(side.max()) for side in (p, q)]
    return max(0.0, float((np.log(p[both]) - np.log(q[both])).max()) - (sums[0] - sums[1]))


def same(left: Value, right: Value, rounding: float = 0.0) -> bool:
    """Whether both can be one number; `rounding` is that of the law's own arithmetic."""
    if math.inf in (left.value, right.value):
        return left.value == right.value
    return abs(left.value - right.value) <= left.error + right.error + rounding


def shares_of(side: Sequence[float]) -> list[Fraction]:
    """The probabilities that the weights stand for, without rounding."""
    weights = [Fraction(weight) for weight in side]
    whole = sum(weights)
    return [weight / whole for weight in weights]


def flat(side: Sequence[Sequence[float]]) -> Side:
    """The parts of all outcomes, one after another."""
    return list(itertools.chain.from_iterable(side))


def merged(side: Sequence[Sequence[float]]) -> Side:
    """What the parts of each outcome sum to."""
    return [math.fsum(parts) for parts in side]


# Laws of every measure


@given(hard(), divergences)
@example([[5e-324, 1e-30], [5e-324, 1e-16]], [("chi2", {})])
@example(
    [[3.753758414402351e255, 5e-324], [5.231975621026697e297, 6.886270049533194e-282]],
    [("renyi", {"alpha": math.inf})],
)
@law
def test_gibbs(pair: list[Side], tried: Tried) -> None:
    """A divergence is at least +0: 0 for proportional weights, and more where float64 can tell a difference."""
    p, q = map(shares_of, pair)
    told = [(a, b) for a, b in zip(p, q, strict=True) if abs(a - b) > max(a, b) / 2**97]
    for name, options in tried:
        value, alpha = value_of(name, *pair, **options).value, options.get("alpha", 1.0)
        seen = {0: [b for a, b in told if not a], math.inf: [(a - b) ** 2 / a for a, b in told if a > b]}
        others = [(a - b) ** 2 / max(a, b) * Fraction(min(1.0, alpha)) for a, b in told]
        assert value >= 0, name
        assert math.copysign(1, value) == 1, name
        assert p != q or value == 0, name
        assert value > 0 or max(seen.get(alpha, others), default=0) <= 2.0**-1000, name


@given(hard(), measures(), SEEDS)
@law
def test_permutation(pair: list[Side], tried: Tried, seed: int) -> None:
    """The order of the outcomes changes no value."""
    places = np.random.default_rng(seed).permutation(len(pair[0]))
    permuted = [np.array(side)[places] for side in pair]
    for name, options in tried:
        assert same(value_of(name, *pair, **options), value_of(name, *permuted, **options)), name


@given(hard(), measures(), SEEDS)
@law
def test_count_scaling(pair: list[Side], tried: Tried, seed: int) -> None:
    """Counts times a whole number, and any weights times a power of two, change no value."""
    random = np.random.default_rng(seed)
    scaled = [side * multiple(side, random) for side in map(np.array, pair)]
    for name, options in tried:
        assert same(value_of(name, *pair, **options), value_of(name, *scaled, **options)), name


@given(in_parts(), measures())
@law
def test_merging_outcomes_never_increases_a_value(parts: list[list[Side]], tried: Tried) -> None:
    """Telling fewer outcomes apart leaves less to tell, in a divergence, the entropy and the cross-entropy alike."""
    apart, together = [flat(side) for side in parts], [merged(side) for side in parts]
    for name, options in tried:
        assert value_of(name, *together, **options).least <= value_of(name, *apart, **options).most, name


@given(of_one_total(totals=1), divergences, st.lists(st.lists(st.integers(0, 3), min_size=4, max_size=4), min_size=6))
@law
def test_data_processing(pair: list[Side], tried: Tried, targets: list[list[int]]) -> None:
    """A channel, the same for P and Q, brings them no further apart: each outcome becomes one of four, by chance."""
    through = [
        [math.fsum(weight * target.count(j) for weight, target in zip(side, targets, strict=False)) for j in range(4)]
        for side in pair
    ]
    for name, options in tried:
        assert value_of(name, *through, **options).least <= value_of(name, *pair, **options).most, name


def added(a: float, b: float, _: float) -> float:
    """The sum of two values, whatever the order."""
    return a + b


# What a measure of two independent draws is made of; at most the sum where it is no function of the two.
OF_PRODUCTS: dict[str, Callable[[float, float, float], float] | None] = {
    "entropy": added,
    "cross-entropy": added,
    "kl": added,
    "js": None,
    "js-distance": None,
    "jeffreys": added,
    "psi": added,
    "renyi": added,
    "tsallis": lambda a, b, alpha: a + b + a * b * (alpha - 1),
    "hellinger": lambda a, b, _: math.sqrt(a * a + b * b * (1 - a * a)),
    "bhattacharyya": added,
    "tv": None,
    "chi2": lambda a, b, _: a + b + a * b,
}


@given(hard(size=4, many=20), hard(size=4, many=20), measures())
@law
def test_products(first: list[Side], second: list[Side], tried: Tried) -> None:
    """Of two independent draws the divergence is the sum, or what else it is made of, of the divergences of each."""
    first, second = ([[short(weight) for weight in side] for side in pair] for pair in (first, second))
    joint = [np.outer(a, b).ravel() for a, b in zip(first, second, strict=True)]
    for name, options in tried:
        a, b, both = (value_of(name, *pair, **options) for pair in (first, second, joint))
        made, alpha = OF_PRODUCTS[name], options.get("alpha", 1.0)
        if math.inf in (a.value, b.value):
            assert both.value == math.inf, name
        elif made is None:
            assert max(a.least, b.least) <= both.most, name
            assert both.least <= a.most + b.most, name
        else:  # which never falls as a or b rises
            least, most = (made(low, high, alpha) for low, high in ((a.least, b.least), (a.most, b.most)))
            rounding = 4 * UNIT * (a.value + b.value)
            assert least * (1 - 4 * UNIT) - rounding <= both.most, name
            assert both.least <= most * (1 + 4 * UNIT) + rounding, name


@given(in_parts())
@law
def test_chain_rule(parts: list[list[Side]]) -> None:
    """D and the entropies of a pair are those of its first and, on average under P, of its second given the first."""
    p, q = parts
    for name in ("kl", "entropy", "cross-entropy"):
        joint, first = value_of(name, flat(p), flat(q)), value_of(name, merged(p), merged(q))
        rows = [
            (float(share), value_of(name, *row) if any(row[-1]) or name == "entropy" else INFINITE)
            for share, *row in zip(shares_of(merged(p)), p, q, strict=True)
            if share
        ]
        if INFINITE in (first, *(row for _, row in rows)):
            assert joint == INFINITE, name
        else:
            value, error = (math.fsum(share * row[k] for share, row in [(1.0, first), *rows]) for k in (0, 1))
            assert same(joint, Value(value, error), rounding=4 * UNIT * value), name


@given(hard(), measures(), bases)
@law
def test_base_change(pair: list[Side], tried: Tried, base: float) -> None:
    """In base b a value is that in nats divided by ln b, and a root of one by its root."""
    for name, options in tried:
        if "base" in MEASURES[name].options:
            nats, value = value_of(name, *pair, **options), value_of(name, *pair, base=base, **options)
            unit = math.sqrt(math.log(base)) if MEASURES[name].unit == "√{}" else math.log(base)
            wanted = Value(nats.value / unit, nats.error / unit)
            assert same(value, wanted, rounding=4 * UNIT * value.value), name


# The largest order at which a measure of mixtures is at most the mean of its values; beyond it, the larger of them.
CONVEX_UP_TO = {
    "kl": math.inf,
    "js": math.inf,
    "js-distance": -math.inf,
    "jeffreys": math.inf,
    "psi": math.inf,
    "renyi": 1,
    "tsallis": math.inf,
    "hellinger": -math.inf,
    "bhattacharyya": math.inf,
    "tv": math.inf,
    "chi2": math.inf,
}


@given(of_one_total(4), divergences, st.integers(1, 127))
@law
def test_joint_convexity(sides: list[Side], tried: Tried, part: int) -> None:
    """Mixing two pairs, P with P and Q with Q, gives at most the mean of their divergences, or the larger of them.

    Rényi divergences of orders above 1 and roots do the latter: van Erven and Harremoës (2014), theorems 11 and 13.
    """
    first, second = sides[:2], sides[2:]
    mixed = [part * np.array(a) + (128 - part) * np.array(b) for a, b in zip(first, second, strict=True)]
    for name, options in tried:
        value, a, b = (value_of(name, *pair, **options) for pair in (mixed, first, second))
        mean = part / 128 * a.most + (1 - part / 128) * b.most
        most = mean * (1 + 4 * UNIT) if options.get("alpha", 1.0) <= CONVEX_UP_TO[name] else max(a.most, b.most)
        assert value.least <= most, name


@given(of_one_total(2), st.integers(1, 127))
@law
def test_entropy_is_concave(sides: list[Side], part: int) -> None:
    """A mixture is at least as uncertain as what it is mixed of, on average."""
    p, q = map(np.array, sides)
    mean = part / 128 * value_of("entropy", p).least + (1 - part / 128) * value_of("entropy", q).least
    assert value_of("entropy", part * p + (128 - part) * q).most >= mean * (1 - 4 * UNIT)


# Laws of some measures


@given(hard())
@law
def test_pinsker(pair: list[Side]) -> None:
    """2·TV² <= D(P‖Q), in nats."""
    assert 2 * value_of("tv", *pair).least ** 2 * (1 - 2 * UNIT) <= value_of("kl", *pair).most


@given(hard(), bases)
@law
def test_jensen_shannon_bounds(pair: list[Side], base: float) -> None:
    """0 <= JS <= log 2 to the last bit, in every base, and TV²/2 <= JS <= TV·log 2; the same in both directions."""
    value, most = value_of("js", *pair, base=base), math.log(2) / math.log(base) if base != 2 else 1.0
    assert 0 <= value.value <= most
    assert same(value, value_of("js", *pair[::-1], base=base))
    nats, tv = value_of("js", *pair), value_of("tv", *pair)
    assert tv.least**2 / 2 * (1 - 2 * UNIT) <= nats.most
    assert nats.least <= tv.most * math.log(2) * (1 + 2 * UNIT)


@given(hard(3))
@law
def test_triangle_inequality(three: list[Side]) -> None:
    """No detour is shorter, and both directions are as far: of √JS, Hellinger's distance and total variation."""
    p, q, r = three
    for name in ("js-distance", "hellinger", "tv"):
        there, back = value_of(name, p, q), value_of(name, q, p)
        assert same(there, back), name
        assert value_of(name, p, r).least <= (there.most + value_of(name, q, r).most) * (1 + UNIT), name


@given(hard(1))
@law
def test_divergence_from_the_uniform(sides: list[Side]) -> None:
    """D(P‖U) = log n − H(P), where U is uniform on the n outcomes."""
    (p,) = sides
    most, own = math.log(len(p)), value_of("entropy", p)
    assert same(value_of("kl", p, np.ones(len(p))), Value(most - own.value, own.error), rounding=2 * UNIT * most)
    assert own.least <= most


@given(hard())
@law
def test_cross_entropy_is_entropy_and_divergence(pair: list[Side]) -> None:
    """H(P,Q) = H(P) + D(P‖Q)."""
    own, divergence = value_of("entropy", *pair), value_of("kl", *pair)
    both = Value(own.value + divergence.value, own.error + divergence.error)
    assert same(value_of("cross-entropy", *pair), both, rounding=UNIT * both.value)


@given(of_one_total())
@law
def test_jensen_shannon_is_the_mean_of_two_divergences(pair: list[Side]) -> None:
    """JS(P,Q) = ½D(P‖M) + ½D(Q‖M) with M halfway between, and the distance is its root."""
    middle = np.add(*pair)
    left, right = (value_of("kl", side, middle) for side in pair)
    mean = Value((left.value + right.value) / 2, (left.error + right.error) / 2)
    assert same(value_of("js", *pair), mean, rounding=UNIT * mean.value)
    assert value_of("js-distance", *pair).value == math.sqrt(value_of("js", *pair).value)


@given(hard(), st.integers(1, 2**30 - 1))
@law
def test_renyi_is_skew_symmetric(pair: list[Side], part: int) -> None:
    """D_α(P‖Q) = α/(1−α)·D_(1−α)(Q‖P) for 0 < α < 1."""
    alpha = part / 2**30
    there, back = value_of("renyi", *pair, alpha=alpha), value_of("renyi", *pair[::-1], alpha=1 - alpha)
    factor = alpha / (1 - alpha)
    assert same(there, Value(factor * back.value, factor * back.error), rounding=4 * UNIT * there.value)


@given(hard())
@law
def test_renyi_grows_with_its_order(pair: list[Side]) -> None:
    """D_α never falls as α rises from 0 through 1 to ∞."""
    rising = (0, 1e-9, 0.3, 0.5, 1 - 1e-9, 1, 1 + 1e-9, 2, 50, 1e6, math.inf)
    values = [value_of("renyi", *pair, alpha=alpha) for alpha in rising]
    assert all(low.least <= high.most for low, high in itertools.pairwise(values))


@given(hard(), st.floats(0.01, 5).filter(lambda alpha: alpha != 1))
@law
def test_the_measures_are_kin(pair: list[Side], alpha: float) -> None:
    """What is made of one sum agrees: Rényi and Tsallis, Bhattacharyya, Hellinger, χ², Jeffreys, PSI and D."""
    assert same(value_of("bhattacharyya", *pair), half(value_of("renyi", *pair, alpha=0.5)))
    hellinger, tsallis = value_of("hellinger", *pair), value_of("tsallis", *pair, alpha=0.5)
    squared = Value(hellinger.value**2, (2 * hellinger.value + hellinger.error) * hellinger.error)
    assert same(squared, half(tsallis), rounding=UNIT * squared.value)
    assert same(value_of("chi2", *pair), value_of("tsallis", *pair, alpha=2))
    there, back, both = value_of("kl", *pair), value_of("kl", *pair[::-1]), value_of("jeffreys", *pair)
    assert same(both, Value(there.value + back.value, there.error + back.error), rounding=UNIT * both.value)
    assert value_of("psi", *pair).value == both.value
    assert value_of("renyi", *pair, alpha=1).value == value_of("tsallis", *pair, alpha=1).value == there.value


@given(hard(), st.floats(0.01, 5).filter(lambda alpha: alpha != 1))
@law
def test_renyi_is_the_logarithm_of_tsallis(pair: list[Side], alpha: float) -> None:
    """D_α(P‖Q) = log(1 + (α−1)·T_α(P‖Q)) / (α−1), where that keeps digits."""
    renyi, tsallis = value_of("renyi", *pair, alpha=alpha), value_of("tsallis", *pair, alpha=alpha)
    change = (alpha - 1) * tsallis.value
    unsure = abs(alpha - 1) * tsallis.error + 4 * UNIT * abs(change)
    assume(1 + change > 2 * unsure)
    wanted = Value(math.log1p(change) / (alpha - 1), 2 * unsure / (1 + change) / abs(alpha - 1))
    assert same(renyi, wanted, rounding=4 * UNIT * renyi.value)


# Other implementations


def exactly(name: str, *sides: Sequence[float] | np.ndarray, **options: float) -> mpf:
    """The exact value by mpmath: of 200 digits, a value of 1e-33 and an order near 1 leave more than 100.

    What is 0 to 200 digits may come out as less than 0, and its root as no real number.
    """
    with mp.workdps(200):
        weights = [[mpf(float(weight)) for weight in side] for side in sides[: len(MEASURES[name].sides)]]
        wholes = [mpmath.fsum(side) for side in weights]
        shares = [[weight / whole for weight in side] for side, whole in zip(weights, wholes, strict=True)]
        return +mpmath.re(ORACLES[name](*shares, **{option: mpf(x) for option, x in options.items()}))


def assert_exact(name: str, sides: Sides, wanted: mpf, **options: float) -> None:
    """The value is as close to the exact one as promised, and infinite where that is beyond float64."""
    value = value_of(name, *sides, **options)
    if wanted > LARGEST:
        assert value.value == math.inf, name
    else:
        assert abs(mpf(value.value) - wanted) <= value.error, (name, options, wanted)


@given(hard(many=30), measures())
@example([[5.6e149, 8e304], [4.7e-298, 8e304]], [("chi2", {})])
@example([[1e-30, 5e-324, 4e152], [5e-324, 1e-30, 4e152]], [("chi2", {})])
@example(
    [[1e255, 1e255 * (1 - 1e-12), 5e-324], [1e285, 1e285 * (1 + 1e-12), 5e-294]], [("renyi", {"alpha": math.inf})]
)
@example([[2.7e-286, 4.5e113], [5e-324, 1e308]], [("renyi", {"alpha": 30.5})])
@example([[3e-122, 4e195], [4.7e-218, 4e195]], [("tsallis", {"alpha": 7.5})])
@example([[1e200, 2e-221], [5e-324, 1e216]], [("bhattacharyya", {}), ("renyi", {"alpha": 0.5})])
@law
def test_values_are_exact_for_any_probabilities(pair: list[Side], tried: Tried) -> None:
    """Every measure, of probabilities on any scale, is within its promised error of the value by mpmath."""
    for name, options in tried:
        assert_exact(name, pair, exactly(name, *pair, **options), **options)


def probabilities(size: int, kind: str) -> list[np.ndarray]:
    """Two distributions with probabilities from 5e-324 to 1 and ratios that float64 holds, far apart or near."""
    random = np.random.default_rng(size)
    largest = -math.ceil(math.log2(2 * size))
    exponents = np.where(random.random(size) < 0.5, largest, random.integers(-1074, largest, size, endpoint=True))
    p = np.ldexp(random.uniform(0.5, 1, size), exponents)
    if kind == "near":
        sides = [p, p * (1 + 1e-6 * random.standard_normal(size))]
    else:
        sides = [p * 2.0 ** -random.uniform(0, 20, size) for _ in "pq"]
        sides[1][(p > 1e-300) & (random.random(size) < 0.1)] = 0.0
        sides.reverse()
    for side in sides:
        side[p < 1e-300] = np.maximum(side[p < 1e-300], 5e-324)
        side[0] = 1 - side[1:].sum()
    return sides


def scipys_error(terms: np.ndarray) -> float:
    """How far from the exact value scipy may be, in nats, where it sums these terms.

    Its terms have either sign and cancel, while their roundings do not: a few of each term and of each sum, which
    numpy adds up in at most 12 + log2 n steps. The sums of p and q, taken for 1 or divided by, are as uncertain.
    """
    return (20 + math.log2(terms.size)) * UNIT * (math.fsum(np.abs(terms)) + 3)


def assert_scipy_agrees(p: np.ndarray, q: np.ndarray, base: float = math.e) -> None:
    """Entropy, D and the Jensen-Shannon distance are those of scipy, to the digits that it keeps."""
    unit, m = math.log(base), (p + q) / 2
    own, divergence, distance = (value_of(name, p, q, base=base) for name in ("entropy", "kl", "js-distance"))
    wanted, error = scipy_entropy(p, base=base), scipys_error(entr(p))
    assert same(own, Value(wanted, error / unit))
    for wanted in (rel_entr(p, q).sum() / unit, scipy_entropy(p, q, base=base)):
        assert same(divergence, Value(wanted, scipys_error(rel_entr(p, q)) / unit))
    with np.errstate(invalid="ignore"):  # the root of what should be 0 and is below
        wanted = np.nan_to_num(jensenshannon(p, q, base=base)) ** 2
    squared = Value(distance.value**2, (2 * distance.value + distance.error) * distance.error)
    assert same(squared, Value(wanted, scipys_error(np.append(rel_entr(p, m), rel_entr(q, m))) / unit))


@given(st.lists(st.tuples(*[st.integers(1, 2**53)] * 2), min_size=1, max_size=6), bases)
@law
def test_scipy_agrees(rows: list[tuple[int, int]], base: float) -> None:
    """The functions of scipy say the same of any counts, in any base."""
    p, q = (np.array(side) / math.fsum(side) for side in zip(*rows, strict=True))
    assert_scipy_agrees(p, q, base)


every_kind = pytest.mark.parametrize("kind", ["far", "near"])


@pytest.mark.parametrize("size", [1, 2, 10, 1000, 100_000, 1_000_000])
@every_kind
def test_scipy_agrees_on_any_support(size: int, kind: str) -> None:
    """They say the same of one outcome as of a million, with probabilities from 5e-324 to 1."""
    assert_scipy_agrees(*probabilities(size, kind))


@pytest.mark.parametrize("size", [1, 2, 10, 1000, 10_000])
@every_kind
def test_mpmath_agrees_on_any_support(size: int, kind: str) -> None:
    """So does mpmath, to the last digits that are promised, for up to ten thousand outcomes."""
    sides = probabilities(size, kind)
    for name in ("kl", "js", "entropy"):
        assert_exact(name, sides, exactly(name, *sides))


@pytest.mark.parametrize("size", [100_000, 1_000_000])
@pytest.mark.parametrize(("kind", "order"), [("far", 0.5), ("near", 2)])
def test_values_are_exact_for_a_million_outcomes(size: int, kind: str, order: float) -> None:
    """Every measure keeps its promise over a million outcomes, which an exact sum over the few different ones shows.

    Outcomes of one ratio p/q count as one for a divergence; the entropies are larger by the mean logarithm of how
    many there are.
    """
    times = [1 << k for k in range(20) if size >> k & 1]
    while len(times) < 50:
        times.sort()
        times += [times.pop() // 2] * 2
    few = probabilities(len(times), kind)
    places = np.random.default_rng(size).permutation(size)
    many = [np.repeat(side, times)[places] for side in few]
    few = [side * times for side in few]
    with mp.workdps(50):
        shares = shares_of(few[0])
        more = mpmath.fsum(
            mpf(x.numerator) / x.denominator * mpmath.log(n) for x, n in zip(shares, times, strict=True)
        )
    for name in MEASURES:
        options = {"alpha": order} if "alpha" in MEASURES[name].options else {}
        wanted = exactly(name, *few, **options)
        assert_exact(name, many, wanted + more if name in ("entropy", "cross-entropy") else wanted, **options)


# Memory

MANY = 1_000_000
MEASURED = """\
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * (1 if sys.platform == "darwin" else 1024))
"""
ARRAYS = f"""\
import numpy, klcli
p, q = numpy.random.default_rng(1).dirichlet(numpy.ones({MANY}), 2)
klcli.kl(p, q)
"""


def peak(folder: Path, *command: str) -> int:
    """The most bytes that a command takes, seen from a small process: one that a large one starts begins as large."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, sys.executable, *command],
        cwd=folder,
        env=environment(),
        capture_output=True,
        check=True,
    )
    return int(done.stdout)


def write_pair(folder: Path, size: int, ending: str, line: str = "item-{},{}\n") -> None:
    """P and Q as labelled files of so many outcomes, in different orders, each of them a line."""
    random = np.random.default_rng(20)
    for name, order in (("p", range(size)), ("q", random.permutation(size).tolist())):
        values = random.dirichlet(np.ones(size)).tolist()
        sign = "," if ";" in line else "."
        rows = (
            line.format(index, repr(value).replace(".", sign)) for index, value in zip(order, values, strict=True)
        )
        head = line.format("", name).replace("item-", "label")
        (folder / f"{name}.csv").write_text(head + "".join(rows), encoding="utf-8", newline="")
        if ending == "parquet":
            with duckdb.connect() as connection:
                connection.execute(f"COPY '{folder}/{name}.csv' TO '{folder}/{name}.parquet'")


@pytest.mark.parametrize(
    ("size", "each", "command"),
    [
        (MANY, 300, ["-m", "klcli", "kl", "p.csv", "q.csv", "--json", "--no-steps"]),
        (MANY, 300, ["-m", "klcli", "kl", "p.parquet", "q.parquet"]),
        (MANY if EXAMPLES > 1000 else MANY // 4, 1800, ["-m", "klcli", "kl", "p.csv", "q.csv", "--json"]),
        (MANY, 350, ["-c", ARRAYS]),
    ],
    ids=["the value of two files", "of two files of Parquet", "the table of two files", "the value of two arrays"],
)
def test_a_million_outcomes_run_in_bounded_memory(size: int, each: int, command: list[str], tmp_path: Path) -> None:
    """64 MiB and 300 bytes an outcome are enough for files, 350 for arrays, 1,800 to write all terms as JSON."""
    if "kl" in command:
        write_pair(tmp_path, size, command[3].partition(".")[2])
    assert peak(tmp_path, *command) <= 2**26 + each * size


@pytest.mark.parametrize(
    "line", ["item-{},{}\r\n", '"item-{}",{}\n', "item-{};{}\n"], ids=["CR LF", "quotes", "commas"]
)
def test_other_ways_to_write_a_table_take_no_more_memory(line: str, tmp_path: Path) -> None:
    """So it is with the ends of lines of Windows, with quotes as R writes them, and with decimal commas."""
    write_pair(tmp_path, MANY // 4, "csv", line)
    how = ["--decimal", ","] if ";" in line else []
    assert peak(tmp_path, "-m", "klcli", "kl", "p.csv", "q.csv", "--no-steps", *how) <= 2**26 + 300 * MANY // 4


@pytest.mark.parametrize("apart", [0, 3_000_000])
def test_ten_million_outcomes_a_side_take_less_than_two_gigabytes(apart: int, tmp_path: Path) -> None:
    """So it is where Q has them in another order, and the value is that which SQL finds, as far as SQL can.

    And so it is where many of them are on one side alone, which makes the value infinite.
    """
    size = 10_000_000
    with duckdb.connect(config={"memory_limit": "4GB", "temp_directory": str(tmp_path / "spilt")}) as connection:
        for name, order in (("p", "i"), ("q", f"i * 7919 % {size} + {apart}")):
            rows = f"SELECT 'k' || ({order}) AS k, 1 + hash('{name}' || i) % 1000 AS n FROM range({size}) r(i)"
            connection.execute(f"COPY ({rows}) TO '{tmp_path / name}.parquet'")
        sides = " JOIN ".join(
            f"(SELECT k, n / (SELECT sum(n) FROM '{tmp_path / name}.parquet') AS {name} "
            f"FROM '{tmp_path / name}.parquet') AS {name}"
            for name in "pq"
        )
        [(expected,)] = connection.execute(f"SELECT sum(p * ln(p / q)) FROM {sides} USING (k)").fetchall()
    code = "import sys; from klcli.__main__ import main; sys.argv[0] = 'klcli'; main()"
    output = tmp_path / "answer.json"
    command = ["kl", "p.parquet", "q.parquet", "--json", "--no-steps", "-o", str(output)]
    assert peak(tmp_path, "-c", code, *command) < 2e9
    (result,) = json.loads(output.read_text())["results"]
    assert float(result["value"]) == (math.inf if apart else pytest.approx(expected, rel=1e-9))
