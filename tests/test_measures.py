"""What every measure keeps to, its accuracy against mpmath, and the numbers of the article; test_stress has the laws.

Everything that can be is parametrised over MEASURES: a new measure is tested the moment it is registered, and
fails until the tables at the top of this file say what it is on disjoint supports and where it is infinite.
"""

from __future__ import annotations

import functools
import itertools
import math
import re
from collections.abc import Sequence

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle import exact, of_many, relative_error
from pairs import property_test

from klcli import Distribution, KlcliError, Result
from klcli.distribution import numbered
from klcli.errors import InputError, OptionError
from klcli.measures import MEASURES

LN2 = math.log(2)
LARGEST = 1.7976931348623157e308
UNIT = 2.0**-53  # the relative error of one rounding
ORDERS = (0, 0.3, 0.5, 1, 2, 7.5)

Weights = Sequence[float] | np.ndarray
Options = dict[str, float]

# Every measure once, those with an order once for each: ("renyi", {"alpha": 2}) and so on.
VARIANTS = [(name, {}) for name, measure in MEASURES.items() if "alpha" not in measure.options]
VARIANTS += [
    (name, {"alpha": alpha})
    for name, measure in MEASURES.items()
    if "alpha" in measure.options
    for alpha in (*ORDERS, math.inf)
    if (name, alpha) != ("tsallis", math.inf)  # which is refused
]
PAIRED = [(name, options) for name, options in VARIANTS if len(MEASURES[name].sides) == 2]
DIVERGENCES = [(name, options) for name, options in PAIRED if name != "cross-entropy"]  # 0 where P = Q
LOGARITHMIC = [(name, options) for name, options in VARIANTS if "base" in MEASURES[name].options]


def parametrized(variants: Sequence[tuple[str, Options]]) -> pytest.MarkDecorator:
    """A test for each of these variants, called after it: kl, renyi-0.3."""
    names = ["-".join([name, *(f"{x:g}" for x in options.values())]) for name, options in variants]
    return pytest.mark.parametrize(("name", "options"), variants, ids=names)


every, every_paired = parametrized(VARIANTS), parametrized(PAIRED)
every_divergence, every_logarithmic = parametrized(DIVERGENCES), parametrized(LOGARITHMIC)


def on_disjoint_supports(name: str, alpha: float = 1.0) -> float:
    """The value where P and Q have no outcome in common, in nats: each measure's stated maximum."""
    return {
        "cross-entropy": math.inf,
        "kl": math.inf,
        "js": LN2,
        "js-distance": math.sqrt(LN2),
        "jeffreys": math.inf,
        "psi": math.inf,
        "renyi": math.inf,
        "tsallis": 1 / (1 - alpha) if alpha < 1 else math.inf,
        "hellinger": 1.0,
        "bhattacharyya": math.inf,
        "tv": 1.0,
        "chi2": math.inf,
    }[name]


def is_infinite(name: str, p: Weights, q: Weights, alpha: float = 1.0) -> bool:
    """Whether the measure is infinite: where P has what Q lacks, where Q has too, or where nothing is shared."""
    pairs = list(zip(p, q, strict=True))
    lost, gained = any(a and not b for a, b in pairs), any(b and not a for a, b in pairs)
    disjoint = not any(a and b for a, b in pairs)
    return {
        "entropy": False,
        "cross-entropy": lost,
        "kl": lost,
        "js": False,
        "js-distance": False,
        "jeffreys": lost or gained,
        "psi": lost or gained,
        "renyi": disjoint or (alpha >= 1 and lost),
        "tsallis": alpha >= 1 and lost,
        "hellinger": False,
        "bhattacharyya": disjoint,
        "tv": False,
        "chi2": lost,
    }[name]


def weigh(weights: Weights, name: str = "P") -> Distribution:
    """A distribution of any weights, whatever their sum."""
    return Distribution(numbered(len(weights)), weights, name=name, labelled=False, normalize=True)


def result_of(name: str, p: Weights, q: Weights, **options: float) -> Result:
    """The Result of that measure for these weights; a measure of one distribution takes P alone."""
    sides = (weigh(p), weigh(q, "Q"))[: len(MEASURES[name].sides)]
    return MEASURES[name](*sides, **options)


def value_of(name: str, p: Weights, q: Weights, **options: float) -> float:
    """The value of that measure for these weights."""
    return result_of(name, p, q, **options).value


def exactly(name: str, p: Weights, q: Weights, **options: float) -> mpmath.mpf:
    """The exact value of that measure for these weights, in nats."""
    return exact(name, *(p, q)[: len(MEASURES[name].sides)], **options)


def promised(name: str, p: Weights, q: Weights, wanted: mpmath.mpf, alpha: float = 1.0) -> float:
    """How large the relative error may be.

    A power is as uncertain as its exponent, here (α−1)·log(p/q): the Tsallis entropy of 1e100 has two digits less
    than that of 1, and the Rényi divergence where its logarithm does not bring them back. And where shares differ
    by less than 2^-98 of themselves they count as equal, which the measures made of first powers can see.
    """
    if wanted in (0, math.inf):
        return 0.0
    if name in ("kl", "js", "entropy"):
        return 2e-15
    if name == "tv" or alpha == math.inf:
        return float(1e-14 + 2.0**-98 / wanted)
    exponent = (alpha - 1) * exact("renyi", p, q, alpha=math.inf) if alpha > 1 else 0.0
    if name == "renyi":
        exponent /= max(1.0, (alpha - 1) * wanted)
    return float(1e-14 + 4 * UNIT * exponent)


def assert_exact(name: str, p: Weights, q: Weights, wanted: mpmath.mpf, **options: float) -> None:
    """The value is as exact as promised, and refused where it is finite and beyond float64."""
    if LARGEST < wanted < math.inf:
        with pytest.raises(KlcliError, match="the value is beyond the largest float64"):
            value_of(name, p, q, **options)
    else:
        error = relative_error(value_of(name, p, q, **options), wanted)
        assert error <= promised(name, p, q, wanted, options.get("alpha", 1.0))


def is_plus_zero(value: float) -> bool:
    """Whether the value is 0 and not −0."""
    return value == 0 and math.copysign(1, value) == 1


def is_explained(result: Result) -> bool:
    """Whether there is an explanation, without a nan or a brace that should have become a number."""
    texts = result.explanation
    return bool(texts) and all(texts) and not re.search(r"\bnan\b|[{}]", " ".join(texts))


def dirichlet(seed: int, size: int, concentration: float = 1.0) -> np.ndarray:
    """A random distribution."""
    return np.random.default_rng(seed).dirichlet(np.full(size, concentration))


def near_equal(eps: float) -> tuple[np.ndarray, np.ndarray]:
    """A random distribution, and another that differs from it by about eps of itself."""
    p = dirichlet(7, 200)
    return p, p * (1 + eps * np.random.default_rng(11).standard_normal(200))


def zipf(exponent: float, size: int) -> np.ndarray:
    """Zipf's weights, not normalised."""
    return np.arange(1, size + 1.0) ** -exponent


COUNTS = 1e6 + np.random.default_rng(5).integers(-1000, 1000, 200)

# Pairs of weights over which accuracy is measured.
PAIRS: dict[str, tuple[Weights, Weights]] = {
    **{f"differences of {eps:g}": near_equal(eps) for eps in (1e-3, 1e-5, 1e-7, 1e-8, 1e-10, 1e-12, 1e-15)},
    "Zipf 1 against 1.01": (zipf(1, 1000), zipf(1.01, 1000)),
    "Zipf 1 against 2": (zipf(1, 1000), zipf(2, 1000)),
    "random": (dirichlet(1, 100), dirichlet(2, 100)),
    "Dirichlet 0.01": (dirichlet(3, 100, 0.01), dirichlet(4, 100, 0.01)),
    "Dirichlet 0.1": (dirichlet(3, 50, 0.1), dirichlet(4, 50, 0.1)),
    "q = 5e-324": ([0.5, 0.5], [5e-324, 1]),
    "p = 5e-324": ([5e-324, 1], [0.5, 0.5]),
    "p = 5e-324 and mass gained": ([5e-324, 1, 0], [0.1, 0.3, 0.6]),
    "faint on both sides": ([1, 1e-313], [1, 5e-324]),
    "q = 1e-30": ([0.5, 0.5], [1e-30, 1]),
    "q = 1e-200": ([0.5, 0.5], [1e-200, 1]),
    "all subnormal": ([5e-324, 1e-323, 1.5e-323], [1.5e-323, 5e-324, 1e-320]),
    "all 1e-200": ([1e-200, 3e-200], [2e-200, 2e-200]),
    "all 1e308": ([1e308, 1e308, 1e308], [1e308, 1e308, 5e307]),
    "from 5e-324 to 1e308": ([1e308, 1, 5e-324], [5e-324, 1, 1e308]),
    "counts that differ by 1 in 1e6": (COUNTS, COUNTS + np.random.default_rng(6).integers(-1, 2, 200)),
    "counts of one kind but for one": ([10**15, 1], [10**15, 2]),
    "one kind but for 1e-20": ([1, 1e-20], [1, 2e-20]),
    "factors of two": ([1, 2, 4, 8], [2, 4, 2, 7]),
    "factors of just under two": ([1.999, 1], [1, 1.999]),
    "factors of just under three": ([2.999, 1], [1, 2.999]),
    "nearly disjoint": ([1, 1e-12, 0], [0, 1e-12, 1]),
    "nothing shared but 1e-200": ([1, 1e-200], [1e-200, 1]),
    "nothing shared but 5e-324": ([5e-324, 0.7], [0.7, 1e-323]),
    "shares of 1e-500": ([1e300, 1e-200], [1e-260, 1e260]),
    "sums beyond float64": ([0.5, 0.5, 0], [1.6e-309, 1.6e-309, 1]),
    "P covers little of Q": ([1, 0], [1e-20, 1]),
}
every_pair = pytest.mark.parametrize("pair", PAIRS)


@functools.cache
def exact_value(pair: str, name: str, alpha: float | None) -> mpmath.mpf:
    """The exact value for one of PAIRS, in nats; computed once."""
    return exactly(name, *PAIRS[pair], **({} if alpha is None else {"alpha": alpha}))


anything = st.one_of(
    st.sampled_from([0.0, 5e-324, 2.2250738585072014e-308, 1e-200, 0.5, 1.0, 1e16, 1e200, 1e308, LARGEST]),
    st.floats(0, LARGEST),
    st.floats(0, 1),
)


def pairs_of(numbers: st.SearchStrategy[float]) -> st.SearchStrategy[list[list[float]]]:
    """Two arrays of weights over the same outcomes, each with some mass."""
    rows = st.lists(st.tuples(numbers, numbers), min_size=1, max_size=6)
    return rows.map(lambda each: [list(side) for side in zip(*each, strict=True)]).filter(
        lambda each: all(map(any, each))
    )


# Laws


@every_divergence
@pytest.mark.parametrize(
    "weights",
    [[1.0], [0.5, 0.5], [0, 3, 0, 7], [1e308] * 3, [5e-324, 1e-323], [1e308, 1, 5e-324], [0.1] * 10, [0.7, 0.2, 0.1]],
    ids=str,
)
def test_nothing_lies_between_equals(name: str, options: Options, weights: Weights) -> None:
    """Exactly +0 where P = Q."""
    assert is_plus_zero(value_of(name, weights, weights, **options))


@every_divergence
@pytest.mark.parametrize("weights", [[201_421, 1], [1, 2, 3], [0, 5, 0, 11], [999_983, 1, 1, 7]], ids=str)
def test_nothing_lies_between_proportional_counts(name: str, options: Options, weights: Weights) -> None:
    """Exactly +0 where the counts of Q are a multiple of those of P."""
    for factor in (2, 3, 7, 201_421, 999_983):
        assert is_plus_zero(value_of(name, weights, [factor * count for count in weights], **options))


@every_divergence
@pytest.mark.parametrize("eps", [1e-3, 1e-8, 1e-12, 1e-15])
def test_something_lies_between_all_others(name: str, options: Options, eps: float) -> None:
    """More than 0 where P and Q differ at all; at order 0, only where P leaves out what Q has."""
    p, q = near_equal(eps)
    assert (value_of(name, p, q, **options) > 0) == (options.get("alpha") != 0)


@every_paired
def test_disjoint_supports_give_the_stated_maximum(name: str, options: Options) -> None:
    """No outcome in common: the stated maximum, and never an exception."""
    wanted = pytest.approx(on_disjoint_supports(name, **options), rel=1e-15)
    assert value_of(name, [1, 0], [0, 1], **options) == wanted
    assert value_of(name, [0.3, 0.7, 0, 0], [0, 0, 5e-324, 1], **options) == wanted
    assert value_of(name, [1e308, 0, 1e308], [0, 1e-300, 0], **options) == wanted


@every_paired
@pytest.mark.parametrize("shared", [1e-300, 1e-17, 1e-16, 1e-12, 1e-3])
def test_the_stated_maximum_is_not_exceeded(name: str, options: Options, shared: float) -> None:
    """Supports that share next to nothing come up to the maximum and not beyond it."""
    value = value_of(name, [1 - shared, shared, 0], [0, shared, 1 - shared], **options)
    assert 0 < value <= on_disjoint_supports(name, **options)


@pytest.mark.parametrize("name", ["js", "js-distance", "hellinger", "tv"])
@pytest.mark.parametrize("overlap", [0, 1e-300, 1e-17, 1e-9])
def test_bounded_measures_keep_to_their_bounds(name: str, overlap: float) -> None:
    """Not the last bit of a bounded measure goes beyond its maximum, whatever the rounding of many terms."""
    bases = (2, math.e, 10, 3) if "base" in MEASURES[name].options else (None,)
    for seed, base in itertools.product(range(10), bases):
        p, q = dirichlet(seed, 300), dirichlet(seed + 100, 300)
        p, q = np.append(p, q * overlap), np.append(p * overlap, q)
        scale = math.log(2) / math.log(base or 2)
        most = {"js": scale, "js-distance": math.sqrt(scale)}.get(name, 1.0)
        value = value_of(name, p, q, **({"base": base} if base else {}))
        assert value <= most
        assert value == pytest.approx(most, rel=1e-4)


@every
@pytest.mark.parametrize("weights", [(1, 1, 1), (2, 3, 5), (0.7, 1e-12, 1e-200), (5e-324, 1, 1e308)], ids=str)
def test_infinite_exactly_where_the_docstring_says(name: str, options: Options, weights: Weights) -> None:
    """Whatever outcomes P and Q have: infinite just where the table says, never nan nor −0, and explained."""
    supports = [each for each in itertools.product((0, 1), repeat=3) if any(each)]
    for inside, outside in itertools.product(supports, supports):
        p = [weight * there for weight, there in zip(weights, inside, strict=True)]
        q = [weight * there for weight, there in zip(weights[::-1], outside, strict=True)]
        infinite = is_infinite(name, p, q, **options)
        if not infinite and exactly(name, p, q, **options) > LARGEST:
            with pytest.raises(KlcliError, match="the value is beyond the largest float64"):
                value_of(name, p, q, **options)
            continue
        result = result_of(name, p, q, **options)
        assert (result.value == math.inf) == infinite, (p, q)
        assert result.value >= 0, (p, q)
        assert math.copysign(1, result.value) == 1, (p, q)
        assert is_explained(result), (p, q, result.explanation)
        assert any(note.startswith("infinite: ") for note in result.notes) == infinite


@every_paired
def test_an_infinite_result_names_the_outcomes_and_their_mass(name: str, options: Options) -> None:
    """The note lists every outcome that one side has and the other lacks, and how much of the mass they hold."""
    p = {"a": 0.25, "b": 0.125, "c": 0.5, "d": 0.125}
    q = {"c": 0.25, "d": 0.125, "e": 0.5, "f": 0.125}
    result = MEASURES[name](p, q, **options)
    note = result.notes[-1]
    assert note.startswith("infinite: ") == (result.value == math.inf)
    if result.value == math.inf:
        lost, _, gained = note.partition("; ")
        assert "Q gives no probability to a, b," in lost
        assert "0.375" in lost
        assert bool(gained) == (name in ("jeffreys", "psi"))
        assert not gained or ("P gives no probability to e, f," in gained and "0.625" in gained)
        assert note.removeprefix("infinite: ") in result.explanation[-1]


@every_paired
def test_the_note_counts_the_outcomes_that_it_does_not_name(name: str, options: Options) -> None:
    """Of many outcomes without probability the first five are named and the others counted."""
    result = result_of(name, [1] * 10, [0] * 8 + [1, 1], **options)
    if is_infinite(name, [1] * 10, [0] * 8 + [1, 1], **options):
        assert "Q gives no probability to outcomes 0, 1, 2, 3, 4 and 3 more," in result.notes[-1]
        assert "0.8" in result.notes[-1]
    else:
        assert result.value < math.inf


@every_paired
def test_the_note_on_disjoint_supports_says_that_nothing_is_shared(name: str, options: Options) -> None:
    """An infinite result of disjoint supports says so instead of listing every outcome."""
    result = result_of(name, [1, 0], [0, 1], **options)
    said = any("P and Q have no outcome in common" in note for note in result.notes)
    assert said == (result.value == math.inf)


@every
def test_the_order_of_outcomes_does_not_matter(name: str, options: Options) -> None:
    """Permuting outcomes permutes the terms and leaves the value as it is."""
    p, q = np.append(dirichlet(1, 20), [0, 0.01, 0]), np.append(dirichlet(2, 20), [0.01, 0.02, 0])
    order = np.random.default_rng(3).permutation(23)
    straight, permuted = result_of(name, p, q, **options), result_of(name, p[order], q[order], **options)
    assert permuted.value == pytest.approx(straight.value, rel=1e-14)
    for column in straight.terms.keys() - {"outcome"}:
        moved = np.asarray(straight.terms[column])[order]
        assert np.asarray(permuted.terms[column]) == pytest.approx(moved, rel=1e-12, abs=1e-15, nan_ok=True)


@every
def test_the_scale_of_weights_does_not_matter(name: str, options: Options) -> None:
    """Counts times a whole number mean the same distribution; by a power of two not a bit of the value changes."""
    p, q = [3, 1, 4, 1, 5, 9, 0], [2, 7, 1, 8, 2, 8, 1]
    value = value_of(name, p, q, **options)
    assert value_of(name, [7 * x for x in p], [1001 * x for x in q], **options) == pytest.approx(value, rel=1e-14)
    for k, j in ((1, 10), (-1074, 3), (1000, -1000)):
        scaled = [math.ldexp(x, k) for x in p], [math.ldexp(x, j) for x in q]
        assert value_of(name, *scaled, **options) == value


@every_logarithmic
@pytest.mark.parametrize(
    ("base", "unit"), [(2, "bits"), (math.e, "nats"), (10, "hartleys"), (3, "log-3 units"), (1.5, "log-1.5 units")]
)
def test_logarithmic_measures_change_with_the_base(name: str, options: Options, base: float, unit: str) -> None:
    """In base b the value is that in nats divided by ln b, and a root of one by √ln b."""
    p, q = [0.15, 0.13, 0.23, 0.09, 0.2, 0.2], [0.11, 0.11, 0.22, 0.16, 0.15, 0.25]
    in_nats, result = result_of(name, p, q, **options), result_of(name, p, q, base=base, **options)
    power = 0.5 if MEASURES[name].unit == "√{}" else 1.0
    assert result.value == pytest.approx(in_nats.value / math.log(base) ** power, rel=1e-14)
    assert (result.base, result.unit) == (base, MEASURES[name].unit.format(unit))


@parametrized([each for each in VARIANTS if each not in LOGARITHMIC])
def test_other_measures_have_no_base(name: str, options: Options) -> None:
    """A measure without a logarithm to choose has neither base nor unit, and takes none."""
    result = result_of(name, [0.5, 0.5], [0.25, 0.75], **options)
    assert (result.base, result.unit) == (None, "")
    with pytest.raises(TypeError):
        value_of(name, [0.5, 0.5], [0.25, 0.75], base=2, **options)


@every
def test_merging_outcomes_never_increases_a_measure(name: str, options: Options) -> None:
    """Telling fewer outcomes apart leaves less to tell: true of divergences, entropy and cross-entropy alike."""
    random = np.random.default_rng(17)
    for _ in range(40):
        p, q = random.poisson(3, (2, 12)) + (np.arange(12) == 0)
        groups = random.integers(0, 5, 12)
        merged = [np.bincount(groups, side).tolist() for side in (p, q)]
        assert value_of(name, *merged, **options) <= value_of(name, p, q, **options) * (1 + 1e-13)


# Accuracy


@every
@every_pair
def test_contributions_sum_to_the_value(name: str, options: Options, pair: str) -> None:
    """The last column adds up to the value, or to details["sum"] where the value is made from that."""
    if LARGEST < exact_value(pair, name, options.get("alpha")) < math.inf:
        with pytest.raises(KlcliError, match="the value is beyond the largest float64"):
            result_of(name, *PAIRS[pair], **options)
        return
    result = result_of(name, *PAIRS[pair], **options)
    columns = list(result.terms)
    assert (columns[0], columns[-1]) == ("outcome", "contribution")
    assert len({len(column) for column in result.terms.values()}) == 1
    contributions = np.asarray(result.terms["contribution"])
    total, magnitude = (math.fsum(each / 2**60) * 2.0**60 for each in (contributions, np.abs(contributions)))
    rounding = max(1e-15, 1e-13 * min(1e300, magnitude))
    assert total == pytest.approx(result.details.get("sum", result.value), abs=rounding)


@every
@every_pair
def test_values_are_exact(name: str, options: Options, pair: str) -> None:
    """The value differs from the exact one by no more than is promised, in base e, 2 and 10."""
    measure, in_nats = MEASURES[name], exact_value(pair, name, options.get("alpha"))
    assert_exact(name, *PAIRS[pair], in_nats, **options)
    for base in (2, 10) if "base" in measure.options else ():
        with mpmath.workdps(100):
            scale = mpmath.sqrt(mpmath.log(base)) if measure.unit == "√{}" else mpmath.log(base)
            wanted = in_nats / scale
        assert_exact(name, *PAIRS[pair], wanted, base=base, **options)


@pytest.mark.parametrize("name", ["kl", "js"])
@pytest.mark.parametrize("size", [1000, 1_000_000])
def test_zipf_with_a_million_outcomes_is_exact(name: str, size: int) -> None:
    """Zipf's law with s = 1 against s = 1.01 keeps all its digits over a million outcomes as over a thousand."""
    p, q = zipf(1, size), zipf(1.01, size)
    wanted = of_many(name, p, q)
    if size == 1000:
        assert relative_error(float(wanted), exact(name, p, q)) <= 2.0**-52  # the fast oracle holds to the slow one
    assert relative_error(value_of(name, p, q), wanted) <= 2e-15


@every
@given(pair=pairs_of(anything))
@property_test(50)
def test_every_value_is_an_answer(name: str, options: Options, pair: list[list[float]]) -> None:
    """Whatever doubles the weights are: +0 or more, infinite just where it should be, and explained."""
    infinite = is_infinite(name, *pair, **options)
    if not infinite and exactly(name, *pair, **options) > LARGEST:
        with pytest.raises(KlcliError, match="the value is beyond the largest float64"):
            value_of(name, *pair, **options)
        return
    result = result_of(name, *pair, **options)
    assert math.copysign(1, result.value) == 1
    assert (result.value == math.inf) == infinite
    assert is_explained(result)


@pytest.mark.parametrize("name", [name for name, measure in MEASURES.items() if "alpha" in measure.options])
@pytest.mark.parametrize(
    "alpha",
    [1e-300, 1e-10, 0.01, 0.499, 0.501, 0.999, 1 - 1e-12, 1 - 2**-53, 1 + 2**-52, 1 + 1e-12, 1.001, 3, 30.5, 100],
)
@pytest.mark.parametrize(
    ("p", "q"),
    [
        ([0.5, 0.5], [0.4, 0.6]),
        ([0.5, 0.5], [0.1, 0.9]),
        ([0.5, 0.5, 0], [0.1, 0.6, 0.3]),
        ([0.5, 0.5], [0.5 + 1e-9, 0.5 - 1e-9]),
        ([1e-12, 1], [1e-9, 1]),
        ([0.999, 0.001], [0.001, 0.999]),
        ([0.5, 0.5], [1e-30, 1]),
        ([0.5, 0.5], [1e-100, 1]),
        ([0.5, 0.5], [1e-200, 1]),
        ([0.5, 0.5], [5e-324, 1]),
        ([1e-200, 1], [0.5, 0.5]),
        ([5e-324, 1, 0], [0.1, 0.3, 0.6]),
        ([1, 1e-313], [1, 5e-324]),
        ([5e-324, 0.7], [0.7, 1e-323]),
        ([1, 1e-300], [1e-300, 1]),
    ],
)
def test_any_order_is_as_exact(name: str, alpha: float, p: Weights, q: Weights) -> None:
    """Orders close to 0, to 1/2 and to 1, and far beyond, cost no digits, though a term be out of float64's range."""
    assert_exact(name, p, q, exact(name, p, q, alpha=alpha), alpha=alpha)


@pytest.mark.parametrize(
    ("name", "q", "options"),
    [
        ("chi2", 2.5e-309, {}),
        ("chi2", 1.5e-309, {}),
        ("tsallis", 2.5e-309, {"alpha": 2}),
        ("tsallis", 1.5e-309, {"alpha": 2}),
        ("tsallis", 1.534e-52, {"alpha": 7}),
        ("tsallis", 3.577e-13, {"alpha": 26.5}),
    ],
)
def test_values_are_given_up_to_the_largest_float64(name: str, q: float, options: Options) -> None:
    """A value just below 1.8e308 is given, though what it is made from be larger."""
    wanted = exact(name, [0.5, 0.5], [q, 1], **options)
    assert 1e305 < wanted < LARGEST
    assert_exact(name, [0.5, 0.5], [q, 1], wanted, **options)


@pytest.mark.parametrize("alpha", [1e3, 1e6, 1e10, 1e100, 1e300, 1e308, LARGEST])
@pytest.mark.parametrize(
    ("p", "q"),
    [
        ([0.5, 0.5], [0.4, 0.6]),
        ([1, 9], [2, 8]),
        ([0, 1], [0.5, 0.5]),
        ([0.5, 0.5], [0.01, 0.99]),
        ([1, 1], [1e-30, 1]),
    ],
)
def test_a_huge_order_comes_up_to_the_limit(alpha: float, p: Weights, q: Weights) -> None:
    """The Rényi divergence of a huge order is a number, at most that of order ∞ and close to it."""
    limit = value_of("renyi", p, q, alpha=math.inf)
    assert limit * (1 - 1e-15 - 10 / alpha) <= value_of("renyi", p, q, alpha=alpha) <= limit * (1 + 1e-15)


# The article

P = [0.15, 0.13, 0.23, 0.09, 0.2, 0.05, 0.15]
Q1 = [0.14, 0.14, 0.25, 0.08, 0.21, 0.06, 0.12]
Q2 = [0.11, 0.11, 0.22, 0.16, 0.15, 0.16, 0.09]


@pytest.mark.parametrize(
    ("p", "q", "column", "total"),
    [
        (P, Q1, "0.010349 -0.009634 -0.019178 0.010600 -0.009758 -0.009116 0.033472", "0.006735"),
        (P, Q2, "0.046523 0.021717 0.010224 -0.051783 0.057536 -0.058158 0.076624", "0.102684"),
    ],
)
def test_kl_of_the_article(p: Weights, q: Weights, column: str, total: str) -> None:
    """The terms and their sum are those of the article, to its six digits."""
    result = MEASURES["kl"](p, q)
    assert " ".join(f"{term:.6f}" for term in result.terms["contribution"]) == column
    assert f"{result.value:.6f}" == total


def test_kl_of_the_article_in_reverse() -> None:
    """The other direction is another number, the article's 0.006547."""
    assert f"{MEASURES['kl'](Q1, P).value:.6f}" == "0.006547"


@pytest.mark.parametrize("scale", [1, 8192, 3 * 8192, 2**-1000])
def test_dyadic_examples_are_exact_in_bits(scale: float) -> None:
    """The article's code lengths have no rounding error: 1.75, 2, 2.625, 0.25 and 0.875 bits."""
    a, even, b = (
        [scale * x for x in each] for each in ([1 / 2, 1 / 4, 1 / 8, 1 / 8], [0.25] * 4, [1 / 8, 1 / 8, 1 / 2, 1 / 4])
    )
    assert value_of("entropy", a, a, base=2) == value_of("entropy", b, b, base=2) == 1.75
    assert value_of("entropy", even, even, base=2) == value_of("cross-entropy", a, even, base=2) == 2.0
    assert value_of("cross-entropy", a, b, base=2) == 2.625
    assert value_of("kl", a, even, base=2) == 0.25
    assert value_of("kl", a, b, base=2) == 0.875


# Words, details and refusals


@every
@pytest.mark.parametrize(
    ("p", "q"),
    [
        ({"a": 0.5, "b": 0.5}, {"a": 0.4, "b": 0.6}),
        ({"a": 0.5, "b": 0.5}, {"a": 0.5, "b": 0.5}),
        ({"a": 1}, {"a": 1}),
        ({"a": 1}, {"b": 1}),
        ({"a": 1, "b": 1}, {"b": 1, "c": 1}),
        ({"a": 1, "b": 1}, {"b": 1}),
        ({"b": 1}, {"a": 1, "b": 1}),
        ({"none": 0, "a": 1, "b": 3}, {"none": 0, "a": 2, "b": 1}),
        ({"none": 0, "a": 1, "b": 3}, {"none": 0, "a": 7, "b": 21}),
        ({"none": 0, "a": 1.0, "b": 1e-200}, {"none": 0, "a": 1.0, "b": 1e-100}),
        ({"none": 0, "a": 1.0, "b": 0}, {"none": 0, "a": 1.0, "b": 5e-324}),
        (dict.fromkeys("abcdefghij", 3), dict(zip("abcdefghij", range(10), strict=True))),
    ],
)
def test_every_result_is_explained(name: str, options: Options, p: dict[str, float], q: dict[str, float]) -> None:
    """The explanation has the numbers put in, and neither nan nor an unfilled brace, whatever the answer is."""
    result = MEASURES[name](*(p, q)[: len(MEASURES[name].sides)], **options)
    assert is_explained(result), result.explanation


@every_paired
@pytest.mark.parametrize(
    ("q", "same"),
    [
        ([1, 2, 3, 0], True),
        ([7, 14, 21, 0], True),
        ([3, 2, 1, 0], False),
        ([10**15, 2 * 10**15, 3 * 10**15 + 1, 0], False),
        ([1, 2, 2, 1], False),
        ([1, 5, 0, 0], False),
    ],
)
def test_only_equals_are_called_the_same(name: str, options: Options, q: Weights, same: bool) -> None:
    """The explanation says that P and Q are the same distribution where they are, and not where the value is 0."""
    called_same = "the same distribution" in " ".join(result_of(name, [1, 2, 3, 0], q, **options).explanation)
    assert called_same == (same and name != "cross-entropy")


@every
def test_labels_with_braces_are_labels(name: str, options: Options) -> None:
    """Outcomes and names that look like a template's fields are shown as they are."""
    outcomes = ("{q}", "{}", "{nothing[0]!r}")
    p = Distribution(outcomes, [0.7, 0.3, 0], name="{outcome}")
    q = Distribution(outcomes, [0.1, 0.2, 0.7], name="{value}")
    result = MEASURES[name](*(p, q)[: len(MEASURES[name].sides)], **options)
    text = " ".join(result.explanation)
    assert "{outcome}" in text
    assert any(outcome in text for outcome in outcomes)


def test_entropy_has_its_perplexity() -> None:
    """The perplexity is the number of equally likely outcomes that are as uncertain; H/log n is 1 at most."""
    even, certain, single = (
        MEASURES["entropy"]([1] * 8, base=2),
        MEASURES["entropy"]([1, 0]),
        MEASURES["entropy"]([1]),
    )
    assert (even.value, even.details["perplexity"], even.details["normalized"]) == (3.0, 8.0, 1.0)
    assert (certain.value, certain.details["perplexity"], certain.details["normalized"]) == (0.0, 1.0, 0.0)
    assert "normalized" not in single.details
    for base, size in itertools.product((2, math.e, 10, 3), range(2, 60)):
        details = MEASURES["entropy"]([1] * size, base=base).details
        assert details["perplexity"] == pytest.approx(size, rel=1e-13)
        assert 1 - 1e-15 <= details["normalized"] <= 1


@every_paired
def test_details_have_entropies_sums_and_sample_sizes(name: str, options: Options) -> None:
    """H(P) and H(P,Q), the sums as they were read, n where the weights are counts, and the order."""
    details = MEASURES[name]([1, 3], [0.25, 0.75 + 2**-30], **options).details
    assert details["entropy"] == value_of("entropy", [1, 3], [1, 3])
    assert details["cross_entropy"] == value_of("cross-entropy", [1, 3], [0.25, 0.75 + 2**-30])
    assert (details["sum_p"], details["sum_q"], details["n_p"]) == (4.0, 1 + 2**-30, 4)
    assert "n_q" not in details
    assert details.get("alpha") == options.get("alpha")


@parametrized([each for each in PAIRED if each in LOGARITHMIC])
def test_the_entropies_beside_a_measure_have_its_base(name: str, options: Options) -> None:
    """H(P) and H(P,Q) are in the base that was asked for."""
    details = result_of(name, [1, 1], [1, 3], base=2, **options).details
    assert (details["entropy"], details["cross_entropy"]) == (1.0, pytest.approx(2 - math.log2(3) / 2, rel=1e-15))


@every
def test_inputs_are_named(name: str, options: Options) -> None:
    """A Result says what it measures, of what: its name, title, formula and the names of P and Q."""
    result = result_of(name, [1, 3], [1, 1], **options)
    measure = MEASURES[name]
    assert (result.measure, result.title) == (name, measure.title)
    assert result.inputs == dict(zip("pq"[: len(measure.sides)], "PQ", strict=False))
    assert " = " in result.formula
    assert repr(measure) == f"<measure {name}: {measure.formula}>"


@parametrized([("renyi", {"alpha": -1}), ("renyi", {"alpha": -1e-9}), ("renyi", {"alpha": math.nan})])
def test_renyi_refuses_an_order_below_zero(name: str, options: Options) -> None:
    """An order that is negative or nan is refused by its value."""
    with pytest.raises(OptionError, match=rf"^alpha is {options['alpha']:g}: "):
        value_of(name, [1, 1], [1, 2], **options)


@parametrized([("tsallis", {"alpha": alpha}) for alpha in (-1, -1e-9, math.nan, math.inf)])
def test_tsallis_refuses_an_order_below_zero_or_infinite(name: str, options: Options) -> None:
    """An order that is negative, nan or infinite is refused by its value."""
    with pytest.raises(OptionError, match=rf"^alpha is {options['alpha']:g}: "):
        value_of(name, [1, 1], [1, 2], **options)


@every_logarithmic
@pytest.mark.parametrize("base", [1, 0.5, 0, -2, math.nan, math.inf])
def test_a_base_is_a_finite_number_above_one(name: str, options: Options, base: float) -> None:
    """Any other base is refused as an option, not met with a wrong number or an arithmetic error."""
    with pytest.raises(OptionError):
        value_of(name, [1, 1], [1, 2], base=base, **options)


@every
def test_the_wrong_number_of_distributions_is_a_type_error(name: str, options: Options) -> None:
    """A measure says how many distributions it takes when it gets another number."""
    with pytest.raises(TypeError, match=rf"{name} takes [12] distributions, not 3"):
        MEASURES[name]([1, 1], [1, 1], [1, 1], **options)


@every_paired
def test_lengths_must_agree_without_labels(name: str, options: Options) -> None:
    """Numbers alone are matched by position, so there must be as many on both sides."""
    with pytest.raises(InputError, match="P has 2 outcomes and Q has 3"):
        MEASURES[name]([1, 1], [1, 1, 1], **options)


@every
def test_the_same_input_gives_the_same_result(name: str, options: Options) -> None:
    """Nothing depends on chance or on what was computed before."""
    p, q = near_equal(1e-5)
    first, second = (result_of(name, p, q, **options) for _ in range(2))
    assert first.value == second.value
    assert first.explanation == second.explanation
    assert all(np.array_equal(first.terms[each], second.terms[each]) for each in first.terms)


@pytest.mark.parametrize(
    ("p", "q", "words"),
    [
        ([0.1, 0.9], [0.2, 0.8], "The largest term is outcome 1: Q gives it 0.8 where P has 0.9,"),
        ({"红": 1, "橙": 9}, {"红": 2, "橙": 8}, "The largest term is 橙: Q gives it 0.8 where P has 0.9,"),
        ([0.1, 0.9], [0.1 + 1e-9, 0.9 - 1e-9], "Q gives it 0.899999999 where P has 0.9,"),
        ([0.1, 0.9], [0.2, 0.8], "Terms below zero (outcome 0) are outcomes that Q overrates;"),
    ],
)
def test_an_explanation_reads_as_it_is_meant(p: object, q: object, words: str) -> None:
    """A number that names an outcome is said to, and numbers that differ are shown to differ."""
    assert words in "\n".join(MEASURES["kl"](p, q).explanation)
