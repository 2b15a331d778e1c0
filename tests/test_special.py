"""Special functions against mpmath at 60 digits and more, over many orders of magnitude."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf

from klcli import special
from klcli.numerics import exp_gap

Exact = Callable[..., mpf]

positive = st.builds(lambda exponent: 10.0**exponent, st.floats(-8, 8))
nearness = st.builds(lambda exponent, sign: sign * 10.0**exponent, st.floats(-13, -0.01), st.sampled_from([-1, 1]))
near_pairs = st.builds(lambda x, share: (x * (1 + share), x), positive, nearness)
pairs = st.one_of(near_pairs, st.tuples(positive, positive))


def stirling_error(x: mpf) -> mpf:
    """Stirling's error by its definition."""
    return mpmath.loggamma(x) - (x - 0.5) * mpmath.log(x) + x - mpmath.log(2 * mp.pi) / 2


def stirling_slope(x: mpf) -> mpf:
    """Its derivative."""
    return mpmath.digamma(x) - mpmath.log(x) + 1 / (2 * x)


def log_i0(x: mpf) -> mpf:
    """The logarithm of I₀."""
    return mpmath.log(mpmath.besseli(0, x))


def bessel_ratio(x: mpf) -> mpf:
    """I₁/I₀."""
    return mpmath.besseli(1, x) / mpmath.besseli(0, x)


def bregman(function: Exact, slope: Exact) -> Exact:
    """What is left of a function where its tangent is taken away, by its definition."""
    return lambda y, x: function(y) - function(x) - slope(x) * (y - x)


OF_ONE: dict[str, Exact] = {
    "stirling_error": stirling_error,
    "stirling_slope": stirling_slope,
    "stirling_curvature": lambda x: mpmath.psi(1, x) - 1 / x - 1 / (2 * x * x),
    "trigamma": lambda x: mpmath.psi(1, x),
    "digamma_gap": lambda x: mpmath.log(x) - mpmath.digamma(x),
    "exp_gap": lambda x: mpmath.expm1(x) - x,
    "bessel_ratio": bessel_ratio,
    "bessel_gap": lambda x: 1 - bessel_ratio(x),
}
OF_TWO: dict[str, Exact] = {
    "bregman_stirling": bregman(stirling_error, stirling_slope),
    "bregman_log_gamma": bregman(mpmath.loggamma, mpmath.digamma),
    "bregman_log_i0": bregman(log_i0, bessel_ratio),
    "log_ratio": lambda y, x: mpmath.log(y / x),
    "ratio_gap": lambda y, x: y / x - 1 - mpmath.log(y / x),
    "rate_gap": lambda y, x: y - x - x * mpmath.log(y / x),
}


def exact(function: Exact, numbers: Iterable[float]) -> mpf:
    """The function of these doubles, with digits enough for what cancels in its definition."""
    with mp.workdps(90):
        return +function(*map(mpf, numbers))


def relative_error(value: float, wanted: mpf) -> float:
    """How far the value is from the exact one, as a share of it."""
    return 0.0 if value == wanted else float(abs(mpf(value) - wanted) / abs(wanted))


@pytest.mark.parametrize("name", OF_ONE)
@given(positive)
@settings(deadline=None, derandomize=True, max_examples=60)
def test_functions_of_one_number_are_right_to_the_last_digits(name: str, x: float) -> None:
    """The relative error is below 3e-15 from 1e-8 to 1e8; beyond float64, the exponential is infinite."""
    value = float(getattr(special, name)(x))
    if name == "exp_gap" and x > 709.7:
        assert value == math.inf
        return
    assert relative_error(value, exact(OF_ONE[name], [x])) < 3e-15


@pytest.mark.parametrize("name", OF_TWO)
@given(pairs)
@settings(deadline=None, derandomize=True, max_examples=60)
def test_functions_of_two_numbers_keep_their_digits_however_close_they_are(
    name: str, pair: tuple[float, float]
) -> None:
    """The relative error is below 3e-14, also for arguments that agree in all but the last digits."""
    assert relative_error(getattr(special, name)(*pair), exact(OF_TWO[name], pair)) < 3e-14


@pytest.mark.parametrize("name", ["bregman_stirling", "bregman_log_gamma", "bregman_log_i0"])
def test_a_bregman_function_is_0_on_the_diagonal(name: str) -> None:
    """Nothing is left of a function at the point of its tangent."""
    assert [getattr(special, name)(x, x) for x in (1e-6, 0.3, 1.0, 17.0, 1e5)] == [0.0] * 5


def test_a_difference_with_more_digits_is_used() -> None:
    """`apart` holds digits of y − x that y itself has lost."""
    apart = 1e-14 / 3
    wanted = exact(lambda d: mpmath.psi(1, 2) * d * d / 2 + mpmath.psi(2, 2) * d**3 / 6, [apart])
    assert relative_error(special.bregman_log_gamma(2 + apart, 2.0, apart), wanted) < 1e-14
    assert relative_error(special.bregman_log_gamma(2 + apart, 2.0), wanted) > 1e-3
    assert special.log_ratio(2 + apart, 2.0, apart) == pytest.approx(apart / 2, rel=1e-14)


@given(positive)
@settings(deadline=None, derandomize=True, max_examples=60)
def test_digamma_is_right_to_1e15_of_itself_or_of_1(x: float) -> None:
    """Next to its zero at 1.46 digamma is right to 1e-15 absolutely, elsewhere relatively."""
    wanted = exact(mpmath.digamma, [x])
    assert abs(special.digamma(x) - wanted) <= 1e-15 * max(1, abs(wanted))


@pytest.mark.parametrize("x", [1.4, 1.4616321449683622, 1.5, 15.999, 16.0, 16.001, 0.499, 0.5, 0.501])
def test_digamma_at_its_zero_and_where_methods_meet(x: float) -> None:
    """The zero of digamma, and the numbers where series take over, are no worse than others."""
    wanted = exact(mpmath.digamma, [x])
    assert abs(special.digamma(x) - wanted) <= 1e-15 * max(1, abs(wanted))


@given(positive)
@settings(deadline=None, derandomize=True, max_examples=60)
def test_log_i0e_is_right_to_1e15(kappa: float) -> None:
    """The logarithm of I₀(κ)·e^−κ is right to 1e-15 of itself or of 1."""
    wanted = exact(lambda x: log_i0(x) - x, [kappa])
    assert abs(special.log_i0e(kappa) - wanted) <= 1.5e-15 * max(1, abs(wanted))


@pytest.mark.parametrize("kappa", [0.0, 1.0, 1.0000001, 44.999, 45.0, 45.001, 1e12])
def test_bessel_ratios_where_methods_meet(kappa: float) -> None:
    """Around the numbers where the angles are laid out otherwise, and at both ends, the ratio is as good."""
    wanted = exact(bessel_ratio, [kappa])
    assert relative_error(special.bessel_ratio(kappa), wanted) < 1e-15
    assert relative_error(special.bessel_gap(kappa), 1 - wanted) < 2e-15


def test_bessel_functions_at_no_concentration() -> None:
    """At κ = 0 the angles are uniform: I₀ is 1 and the mean of the cosine 0."""
    assert (special.log_i0e(0.0), special.bessel_ratio(0.0), special.bregman_log_i0(0.0, 0.0)) == (0.0, 0.0, 0.0)
    assert special.bregman_log_i0(1e-5, 0.0) == pytest.approx(2.5e-11, rel=1e-9)  # κ²/4


@pytest.mark.parametrize("name", ["exp_gap", "stirling_error", "stirling_slope", "stirling_curvature"])
def test_functions_of_arrays_are_those_of_their_numbers(name: str) -> None:
    """An array gives for each of its numbers what the number gives alone, and is left as it was."""
    x = np.array([1e-3, 0.2, 0.7, 3.0, 15.5, 16.5, 200.0])
    given = x.copy()
    function = getattr(special, name)
    assert function(x).tolist() == [float(function(each)) for each in x.tolist()]
    assert (x == given).all()


@pytest.mark.parametrize("x", [-1e-12, -1e-3, -0.999, -1.0, -1.001, -30.0, -800.0])
def test_exp_gap_of_negative_numbers(x: float) -> None:
    """Below 0 the gap is as exact, and never negative."""
    assert float(exp_gap(x)) >= 0
    assert relative_error(float(exp_gap(x)), exact(OF_ONE["exp_gap"], [x])) < 1e-15


@pytest.mark.parametrize(("a", "b"), [(1e-300, 1e300), (5e-324, 1.0), (1.0, 1.0), (1e308, 1.1e308)])
def test_log_ratio_at_the_ends_of_float64(a: float, b: float) -> None:
    """A ratio that no float64 holds has its logarithm."""
    assert relative_error(special.log_ratio(a, b), exact(OF_TWO["log_ratio"], [a, b])) < 1e-15


@pytest.mark.parametrize("step", [-1.5, -0.5, 1e-9, 1.0, 2.0, 7.5, 1e4])
@pytest.mark.parametrize("x", [1.7, 30.0, 1e5])
def test_log_gamma_ratio_keeps_what_large_numbers_would_lose(x: float, step: float) -> None:
    """Log Γ(x + step)/Γ(x) is right to 1e-14 where both logarithms have a million."""
    wanted = exact(lambda x, step: mpmath.loggamma(x + step) - mpmath.loggamma(x), [x, step])
    assert abs(special.log_gamma_ratio(x + step, x, step) - wanted) < 2e-14 * max(abs(wanted), abs(step))


far = st.builds(lambda exponent: 10.0**exponent, st.floats(-15, 16))


@given(st.one_of(near_pairs, st.tuples(far, far)))
@settings(deadline=None, derandomize=True, max_examples=300)
def test_log_gamma_ratio_keeps_what_small_numbers_would_lose(pair: tuple[float, float]) -> None:
    """Log Γ(y)/Γ(x) is right to 1e-14 from 1e-15 to 1e16, where ψ(x)·(y − x) would cancel next to 0."""
    y, x = pair
    wanted = exact(lambda y, x: mpmath.loggamma(y) - mpmath.loggamma(x), pair)
    tangent = abs(y - x) * abs(special.digamma(x + 1)) + abs(math.log(y / x))
    assert abs(special.log_gamma_ratio(y, x) - wanted) <= 1e-14 * max(abs(wanted), tangent)


@pytest.mark.parametrize(("y", "x"), [(3 + 1e-10, 1e-10), (2 + 1e-14, 1e-14), (1.0, 1e-300), (1e-14, 1e15)])
def test_log_gamma_ratio_next_to_the_pole(y: float, x: float) -> None:
    """Next to 0, where Γ is 1/x, the relative error is below 1e-14."""
    wanted = exact(lambda y, x: mpmath.loggamma(y) - mpmath.loggamma(x), [y, x])
    assert relative_error(special.log_gamma_ratio(y, x), wanted) < 1e-14


@pytest.mark.parametrize(("a", "b"), [(1e-300, 1e300), (1.0, 1e-14), (1e8, 3.0), (2.9, 1.0), (1.0, 2.9), (1.5, 1.6)])
@pytest.mark.parametrize("power", [1.0, 2.0])
def test_gaps_of_ratios_that_are_far_from_1(a: float, b: float, power: float) -> None:
    """Far ratios are taken as they are, not as e to their logarithms."""
    wanted = exact(lambda a, b: (a / b) ** power - 1 - power * mpmath.log(a / b), [a, b])
    assert relative_error(special.ratio_gap(a, b, power=power), wanted) < 1e-15


def test_a_gap_whose_ratio_is_beyond_float64() -> None:
    """b·(r − 1 − log r) is finite where r = a/b is not, and is that of the ratio elsewhere."""
    assert special.rate_gap(1e10, 1e-300) == 1e10
    assert special.rate_gap(3.0, 0.5) == pytest.approx(0.5 * special.ratio_gap(3.0, 0.5), rel=1e-15)
