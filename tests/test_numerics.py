"""The arithmetic: sums, shares and logarithms against exact fractions, at every magnitude that a double has."""

from __future__ import annotations

import functools
import math
import operator
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import exact, relative_error

from klcli import numerics
from klcli.numerics import BLOCK, Contrast

EXTREMES = (0.0, 5e-324, 2.2250738585072014e-308, 1e-300, 1.0, 0.1, 1e300, 1e308, 1.7976931348623157e308)
SMALLEST, LARGEST = 5e-324, 1.7976931348623157e308
ULP = 2.0**-52

Pair = np.ndarray  # of two rows, P and Q

ordinary = st.floats(1e-6, 1e6)
anything = st.one_of(st.sampled_from(EXTREMES), st.floats(0, LARGEST))


def arrays(numbers: st.SearchStrategy[float], size: int = 12) -> st.SearchStrategy[np.ndarray]:
    """Arrays of one to so many of these numbers, with some mass."""
    return st.lists(numbers, min_size=1, max_size=size).filter(any).map(np.array)


def array_pairs(numbers: st.SearchStrategy[float], size: int = 12) -> st.SearchStrategy[Pair]:
    """Two such arrays of one length."""
    rows = st.lists(st.tuples(numbers, numbers), min_size=1, max_size=size)
    return rows.map(lambda each: np.array(each).T.copy()).filter(lambda each: each.any(axis=1).all())


def fractions(x: np.ndarray) -> list[Fraction]:
    """The numbers of an array as exact fractions."""
    return [Fraction(each) for each in x.tolist()]


def exact_shares(x: np.ndarray) -> list[Fraction]:
    """Each weight divided by their sum, without rounding."""
    whole = sum(fractions(x))
    return [each / whole for each in fractions(x)]


def log_of(fraction: Fraction) -> float:
    """The natural logarithm of a fraction of any size."""
    return math.log(fraction.numerator) - math.log(fraction.denominator)


# Sums


@pytest.mark.parametrize("size", [1, 2, 3, 1000, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 5])
@pytest.mark.parametrize("kind", ["uniform", "lognormal", "signed", "alternating"])
def test_total_is_exact_to_100_bits(size: int, kind: str) -> None:
    """The two halves of a total differ from the exact sum by less than 2^-100 of the magnitudes summed."""
    random = np.random.default_rng(size)
    x = {
        "uniform": random.random(size),
        "lognormal": np.exp(20 * random.standard_normal(size)),
        "signed": random.standard_normal(size),
        "alternating": np.where(np.arange(size) % 2, -1.0, 1.0) * (1e16 + random.random(size)),
    }[kind]
    high, low = numerics.total(x)
    error = abs(Fraction(high) + Fraction(low) - sum(fractions(x)))
    assert error <= sum(map(abs, fractions(x))) / 2**100


@given(arrays(st.floats(-1e300, 1e300), size=50))
@settings(deadline=None, derandomize=True, max_examples=200)
def test_total_of_any_numbers_is_exact_to_100_bits(x: np.ndarray) -> None:
    """The bound holds for any mixture of magnitudes and signs, down to the smallest double."""
    high, low = numerics.total(x)
    error = abs(Fraction(high) + Fraction(low) - sum(fractions(x)))
    assert error <= sum(map(abs, fractions(x))) / 2**100


@given(arrays(st.integers(0, 2**53).map(float), size=50))
@settings(deadline=None, derandomize=True)
def test_total_of_counts_is_exact(x: np.ndarray) -> None:
    """Whole numbers are summed without any error, also beyond 2^53."""
    high, low = numerics.total(x)
    assert int(high) + int(low) == sum(map(int, x.tolist()))


def test_total_is_rounded_once() -> None:
    """The high half is the exact sum rounded to a double, where adding up from the left is not."""
    tenths = np.full(10, 0.1)
    assert (
        numerics.total(tenths)[0] == 1.0 != functools.reduce(operator.add, tenths.tolist())
    )  # sum() compensates from 3.12 on


def test_total_leaves_its_argument_alone() -> None:
    """Adding up changes nothing in the array."""
    x = np.arange(1.0, 40.0)
    numerics.total(x)
    assert x.tolist() == [float(k) for k in range(1, 40)]


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ([0.1] * 10, 1.0),
        ([1e308], 1e308),
        ([1e308] * 3, None),
        ([LARGEST, 1.0], LARGEST),
        ([LARGEST, LARGEST / 2], None),
        ([5e-324] * 3, 1.5e-323),
        ([1e308, 5e-324], 1e308),
        ([1e-200, 2e-200], 3e-200),
        ([4096, 2048, 1024, 1024], 8192.0),
    ],
)
def test_sum_as_read_is_the_sum_or_none_beyond_float64(weights: list[float], expected: float | None) -> None:
    """The sum of the weights is rounded once, and None where no double can hold it."""
    assert numerics.sum_as_read(np.array(weights, dtype=float)) == expected


# One distribution


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ([1e308] * 3, [1 / 3] * 3),
        ([LARGEST] * 4, [0.25] * 4),
        ([5e-324] * 3, [1 / 3] * 3),
        ([5e-324, 1.5e-323], [0.25, 0.75]),
        ([1e-200, 3e-200], [0.25, 0.75]),
        ([1e-155, 3e-155], [0.25, 0.75]),
        ([5e-324], [1.0]),
        ([1e308, 5e-324], [1.0, 0.0]),
        ([1e308, 1.0], [1.0, 1e-308]),
        ([0, 7, 0], [0.0, 1.0, 0.0]),
        ([4096, 2048, 1024, 1024], [0.5, 0.25, 0.125, 0.125]),
    ],
)
def test_shares_of_any_magnitude(weights: list[float], expected: list[float]) -> None:
    """Weights are divided by their sum, however large or small both are."""
    assert numerics.shares(np.array(weights, dtype=float)).tolist() == pytest.approx(expected, rel=ULP, abs=0)


@given(arrays(anything))
@settings(deadline=None, derandomize=True, max_examples=200)
def test_shares_are_within_two_ulps(w: np.ndarray) -> None:
    """Each share is its weight's exact part of the exact sum, within two units of its last place."""
    for share, wanted in zip(numerics.shares(w).tolist(), exact_shares(w), strict=True):
        assert abs(Fraction(share) - wanted) <= 2 * max(wanted * Fraction(ULP), Fraction(SMALLEST))


@pytest.mark.parametrize(
    "weights", [[0.15, 0.13, 0.23, 0.09, 0.2, 0.05, 0.15], [0.1] * 10, [1 / 3] * 3, [0.25] * 4, [1.0, 0.0, 5e-324]]
)
def test_shares_of_probabilities_are_the_probabilities(weights: list[float]) -> None:
    """Where the sum is 1 as closely as a double can say, the weights stay as they were given."""
    assert numerics.shares(np.array(weights)).tolist() == weights


@pytest.mark.parametrize("base", [2, math.e, 10, 3, 1.5])
@pytest.mark.parametrize(
    "weights",
    [
        [1, 2, 3, 4],
        [1e308] * 3,
        [5e-324] * 3,
        [5e-324, 1e308],
        [1, 1e-20],
        [1, 1e-300],
        [0.5, 0.5 - 1e-16],
        [0.3, 0.7 + 1e-16],
        [1, 1e-17, 1e-17],
        [1e16, 1, 1, 1],
        [7e-320, 1e-310, 1],
    ],
)
def test_surprisal_is_right_at_every_magnitude(weights: list[float], base: float) -> None:
    """The surprisal of each outcome is −log of its share to 15 digits, next to 1 as well as next to 0."""
    w = np.array(weights, dtype=float)
    for index, value in enumerate(numerics.surprisal(w, base).tolist()):
        one = np.zeros_like(w)
        one[index] = 1
        wanted = exact("cross-entropy", one.tolist(), weights, **({} if base == math.e else {"base": base}))
        assert relative_error(value, wanted) <= 4 * ULP


def test_surprisal_of_dyadic_shares_is_whole_in_bits() -> None:
    """In base 2 the surprisal of 2^-k is k exactly, for counts and for probabilities."""
    expected = [1.0, 2.0, 3.0, 3.0]
    assert numerics.surprisal(np.array([4096.0, 2048, 1024, 1024]), 2).tolist() == expected
    assert numerics.surprisal(np.array([0.5, 0.25, 0.125, 0.125]), 2).tolist() == expected


@pytest.mark.parametrize("weights", [[1.0], [7.0], [5e-324], [1e308], [0.0, 3.0, 0.0]])
def test_surprisal_of_the_certain_is_zero_and_of_the_impossible_infinite(weights: list[float]) -> None:
    """What has all the mass surprises by 0, never by −0, and what has none by infinity."""
    for weight, value in zip(weights, numerics.surprisal(np.array(weights)).tolist(), strict=True):
        assert math.copysign(1, value) == 1
        assert value == (0.0 if weight else math.inf)


def test_entropy_is_cross_entropy_with_itself_and_infinite_where_mass_is_missing() -> None:
    """H(P,P) is H(P); H(P,Q) is infinite once Q lacks what P has, and not where P lacks what Q has."""
    p, q = np.array([0.5, 0.5, 0.0]), np.array([0.25, 0.0, 0.75])
    assert numerics.entropy(p, 2) == numerics.cross_entropy(p, p, 2) == 1.0
    assert numerics.cross_entropy(p, q) == math.inf
    assert numerics.cross_entropy(np.array([1.0, 0.0, 0.0]), q, 2) == 2.0


@pytest.mark.parametrize("exponent", [-1074, -1022, -1, 0, 1, 52, 1023])
def test_logarithms_of_powers_of_two_are_exact_in_base_two(exponent: int) -> None:
    """log2 of 2^k is k, for one number and for an array."""
    x = math.ldexp(1.0, exponent)
    assert numerics.log_of(x, 2) == exponent
    assert numerics.log(np.array([x]), 2).tolist() == [exponent]


# Two distributions


@given(array_pairs(ordinary))
@settings(deadline=None, derandomize=True, max_examples=200)
def test_difference_is_exact_to_two_ulps(pair: Pair) -> None:
    """The difference of two shares keeps its digits however close they are."""
    p, q = pair
    x = Contrast(p, q)
    scale = Fraction(x.p[0].item()) / Fraction(p[0].item()) * sum(fractions(p))
    for difference, own, other in zip(fractions(x.difference), exact_shares(p), exact_shares(q), strict=True):
        wanted = (own - other) * scale
        assert abs(difference - wanted) <= max(abs(wanted) * Fraction(2 * ULP), other * scale / 2**97)


@pytest.mark.parametrize("factor", [1, 2, 3, 10, 201_421, 999_983, 2**40 + 1])
@pytest.mark.parametrize(
    "counts", [[201_421, 1], [1, 201_421], [1, 1, 1], [3, 0, 7, 11], [2**53 - 1, 1], list(range(1, 2000))]
)
def test_proportional_counts_do_not_differ(counts: list[int], factor: int) -> None:
    """Counts in proportion give a difference of exactly 0 and a divergence of exactly 0."""
    p = np.array(counts, dtype=float)
    x = Contrast(p, p * factor if max(counts) * factor < 2**53 else p * 2)
    assert not x.difference.any()
    assert x.mean_log_ratio() == 0.0


@pytest.mark.parametrize("p", [[1e308] * 3, [5e-324] * 3, [1e-200, 3e-200], [1e308, 5e-324, 1.0]])
@pytest.mark.parametrize("exponent", [0, -1, -100, -1000])
def test_weights_scaled_by_powers_of_two_do_not_differ(p: list[float], exponent: int) -> None:
    """A distribution does not differ from itself on another scale, whatever the scale."""
    q = np.ldexp(np.array(p), exponent)
    if np.array_equal(np.ldexp(q, -exponent), p):  # nothing was lost below the smallest double
        assert not Contrast(np.array(p), q).difference.any()
    assert not Contrast(np.array(p), np.array(p)).difference.any()


@pytest.mark.parametrize(
    ("p", "q", "near"),
    [
        (1.0, 1.0, True),
        (1.0, 2.0, False),
        (2.0, 1.0, False),
        (1.0, math.nextafter(2.0, 0), True),
        (math.nextafter(2.0, 0), 1.0, True),
        (0.0, 1.0, False),
        (1.0, 0.0, False),
        (0.0, 0.0, False),
    ],
)
def test_near_means_within_a_factor_of_two(p: float, q: float, near: bool) -> None:
    """An outcome is near where 1/2 < p/q < 2, the ends excluded."""
    x = Contrast(np.array([p, 8.0 - p]), np.array([q, 8.0 - q]))
    assert x.near[0] == near


def test_lost_and_gained_are_read_from_the_weights_as_given() -> None:
    """What P has and Q lacks is lost, the reverse gained, though the weight be the smallest double."""
    x = Contrast(np.array([1e308, 5e-324, 0.0, 0.0]), np.array([1e308, 0.0, 5e-324, 0.0]))
    assert x.lost.tolist() == [False, True, False, False]
    assert x.gained.tolist() == [False, False, True, False]
    assert not x.disjoint
    assert Contrast(np.array([1.0, 0.0]), np.array([0.0, 1.0])).disjoint


@pytest.mark.parametrize("tiny", [5e-324, 1e-300, 0.5])
def test_ratio_and_its_logarithm_at_the_ends(tiny: float) -> None:
    """p/q is 0, inf or nan, and its logarithm −inf, inf or nan, where P, Q or both have nothing."""
    x = Contrast(np.array([0.0, tiny, 0.0, 1.0]), np.array([tiny, 0.0, 0.0, 1.0]))
    assert x.ratio[:2].tolist() == [0.0, math.inf]
    assert x.log_ratio()[:2].tolist() == [-math.inf, math.inf]
    assert math.isnan(x.ratio[2])
    assert math.isnan(x.log_ratio()[2])


def test_a_ratio_beyond_float64_is_nan_and_its_logarithm_a_number() -> None:
    """Where p/q is finite and too large for a double, the column has nan and the logarithm is still right."""
    x = Contrast(np.array([1.0, 1.0]), np.array([5e-324, 1.0]))
    assert math.isnan(x.ratio[0])
    assert x.log_ratio()[0] == pytest.approx(log_of(Fraction(1, 2) / Fraction(SMALLEST)), rel=1e-15)


@pytest.mark.parametrize(
    ("p", "q"),
    [
        ([1.0, 1.0], [5e-324, 1.0]),
        ([5e-324, 1.0], [1.0, 1.0]),
        ([1e308, 5e-324], [5e-324, 1e308]),
        ([5e-324, 1e-323], [1e308, 1e308]),
        ([1e308, 1e-300, 1.0], [1e-300, 1e308, 1.0]),
        ([5e-324, 1.0, 1e308], [1e-323, 3.0, 1e308]),
        ([1e-310, 1.0], [3e-320, 1.0]),
    ],
)
@pytest.mark.parametrize("base", [2, math.e, 10])
def test_log_ratio_is_right_for_any_two_weights(p: list[float], q: list[float], base: float) -> None:
    """The logarithm of p/q is right from 5e-324/1e308 to 1e308/5e-324 and beyond."""
    x = Contrast(np.array(p), np.array(q))
    logs = [log_of(a / b) / math.log(base) for a, b in zip(*map(exact_shares, map(np.array, (p, q))), strict=True)]
    assert x.log_ratio(base).tolist() == pytest.approx(logs, rel=1e-15, abs=1e-12)


@given(array_pairs(anything), st.sampled_from([2, math.e, 10]))
@settings(deadline=None, derandomize=True, max_examples=300)
def test_mean_log_ratio_is_never_negative_nor_nan(pair: Pair, base: float) -> None:
    """D(P‖Q) of any two arrays is at least +0, and infinite just where P has what Q lacks."""
    p, q = pair
    value = Contrast(p, q).mean_log_ratio(base)
    assert math.copysign(1, value) == 1
    assert value >= 0
    assert (value == math.inf) == bool(((p > 0) & (q == 0)).any())


@pytest.mark.parametrize("scale", [1.0, 8192.0, 2.0**-1000, 2.0**1000])
def test_dyadic_mean_log_ratio_is_exact_in_bits(scale: float) -> None:
    """Where every ratio is a power of two, the divergence in bits has no rounding error."""
    p, q = np.array([1 / 2, 1 / 4, 1 / 8, 1 / 8]), np.array([1 / 8, 1 / 8, 1 / 2, 1 / 4])
    assert Contrast(p * scale, q).mean_log_ratio(2) == 0.875
    assert Contrast(p, scale * np.full(4, 0.25)).mean_log_ratio(2) == 0.25


@given(array_pairs(anything), st.sampled_from([1e-300, 0.01, 0.3, 0.5, 0.9, 1 + ULP, 1.5, 2.0, 30.0, 1e4, 1e100]))
@settings(deadline=None, derandomize=True, max_examples=300)
def test_every_term_has_its_sign(pair: Pair, alpha: float) -> None:
    """The terms of Jensen-Shannon are >= 0, and those of the gap of powers have the sign of α − 1."""
    x = Contrast(*pair)
    assert (x.jensen_shannon_terms() >= 0).all()
    gap = x.power_gap_terms(alpha)
    assert (gap >= 0).all() if alpha > 1 else (gap <= 0).all()


@given(array_pairs(ordinary), st.floats(0.1, 3.0))
@settings(deadline=None, derandomize=True)
def test_power_gap_sums_to_the_powers_less_one(pair: Pair, alpha: float) -> None:
    """Σ of the gap is Σ p^α·q^(1−α) − 1, which is what the powers sum to less what they would at equality."""
    x = Contrast(*pair)
    powers = numerics.sum_of(x.power_terms(alpha))
    assert numerics.sum_of(x.power_gap_terms(alpha)) == pytest.approx(powers - 1, abs=1e-12 * powers)


@given(array_pairs(anything), st.sampled_from([1e-300, 0.01, 0.5, 1 + ULP, 2.0, 30.0, 1e300]))
@settings(deadline=None, derandomize=True, max_examples=300)
def test_no_warning_escapes(pair: Pair, alpha: float) -> None:
    """Numbers of any magnitude pass through every function without a RuntimeWarning, which pytest makes an error."""
    p, q = pair
    for w in (p, q):
        numerics.shares(w)
        numerics.surprisal(w)
        numerics.entropy(w, 2)
        numerics.sum_as_read(w)
    numerics.cross_entropy(p, q)
    x = Contrast(p, q)
    assert len(x.ratio) == len(x.log_ratio()) == len(x.log_terms(2)) == len(p)
    assert x.mean_log_ratio() >= 0
    assert numerics.sum_of(x.jensen_shannon_terms()) >= 0
    assert len(x.power_terms(alpha)) == len(p)
    assert x.renyi(alpha) >= -1e-15


@given(array_pairs(anything))
@settings(deadline=None, derandomize=True)
def test_arguments_are_left_alone(pair: Pair) -> None:
    """The arithmetic writes nothing into the arrays that it was given."""
    p, q = pair
    before = p.tolist(), q.tolist()
    x = Contrast(p, q)
    x.mean_log_ratio()
    numerics.surprisal(p)
    numerics.shares(q)
    assert (p.tolist(), q.tolist()) == before
