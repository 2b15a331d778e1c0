"""Special functions that Python's math lacks, for divergences between parametric families.

Gamma functions are written through Stirling's error δ(x) = log Γ(x) − (x − ½)·log x + x − ½·log 2π, whose terms do
not cancel: log Γ, digamma and trigamma of large numbers would lose the digits in which two families differ. The
Bregman functions are what is left of f(y) where its tangent at x is taken away, f(y) − f(x) − f'(x)·(y − x): the
form in which log Γ and log I₀ come into a divergence. It is >= 0, and here to its own last digits, however near
y is to x. Logarithms are natural.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from statistics import NormalDist
from typing import TYPE_CHECKING

from klcli.lazy import np
from klcli.numerics import exp_gap, series

if TYPE_CHECKING:
    from klcli.numerics import Array

EULER = 0.5772156649015329  # Euler's constant, −ψ(1)
LOG_2PI = math.log(2 * math.pi)

_FAR = 16.0  # from here on the asymptotic series of Stirling's error are right to the last digit

# B_2k / (2k·(2k − 1)), the coefficients of Stirling's error in x^(1 − 2k), k = 1, 2, ...
_STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156, -3617 / 122400)

_ATANH = tuple(1 / (2 * k + 1) for k in range(1, 28))  # (atanh v)/v − 1 in v^2k, for |v| <= ½
_ATANH_SLOPE = tuple(2 * k / (2 * k + 1) for k in range(1, 28))


def log_ratio(a: float, b: float, apart: float | None = None) -> float:
    """log(a/b) of two positive numbers, to its own last digits where they are close, and for any magnitudes.

    `apart` is a − b where that is known to more digits than a and b have.
    """
    if b / 2 <= a <= 2 * b:
        return math.log1p((a - b if apart is None else apart) / b)
    ratio = a / b
    return math.log(ratio) if 1e-300 < ratio < 1e300 else math.log(a) - math.log(b)


def ratio_gap(a: float, b: float, apart: float | None = None, *, power: float = 1.0) -> float:
    """R − 1 − log r of r = (a/b)^power, >= 0, to its own last digits however near and however far a and b are.

    `apart` is a − b where that is known to more digits than a and b have.

    >>> math.isclose(ratio_gap(2.0, 1.0), 1 - math.log(2), rel_tol=1e-15)
    True
    """
    logs = power * log_ratio(a, b, apart)
    return float(exp_gap(logs)) if abs(logs) < 1 else (a / b) ** power - 1 - logs


def rate_gap(a: float, b: float) -> float:
    """A − b − b·log(a/b), >= 0, which is b·ratio_gap(a, b), also where a/b is beyond float64."""
    logs = log_ratio(a, b)
    return b * float(exp_gap(logs)) if abs(logs) < 1 else a - b - b * logs


# Gamma functions


def stirling_error(x: float | Array) -> Array:
    """δ(x) = log Γ(x) − (x − ½)·log x + x − ½·log 2π, for x > 0.

    Source: Loader (2000), "Fast and accurate computation of binomial probabilities", section 2, for every real x:
    δ(x) = δ(x + 1) + (x + ½)·log(1 + 1/x) − 1 up to 16, and from there Stirling's series (DLMF 5.11.1).

    >>> math.isclose(stirling_error(1.0), 1 - 0.5 * math.log(2 * math.pi), rel_tol=1e-14)
    True
    """

    def step(x: Array) -> Array:
        v = 1 / (2 * x + 1)
        return np.where(x < 0.5, (x + 0.5) * np.log1p(1 / x) - 1, v * v * series(np.minimum(v * v, 0.25), _ATANH))

    return _raised(x, step, lambda x: _inverse_powers(x, _STIRLING))


def stirling_slope(x: float | Array) -> Array:
    """δ'(x), < 0, for x > 0."""

    def step(x: Array) -> Array:
        v = 1 / (2 * x + 1)
        near = -2 * v * v * v * series(np.minimum(v * v, 0.25), _ATANH_SLOPE)
        return np.where(x < 0.5, np.log1p(1 / x) - (x + 0.5) / (x * (x + 1)), near)

    coefficients = tuple(-(2 * k - 1) * c for k, c in enumerate(_STIRLING, 1))
    return _raised(x, step, lambda x: _inverse_powers(x, coefficients) / x)


def stirling_curvature(x: float | Array) -> Array:
    """δ''(x), > 0, for x > 0: the sum of 1/(2·(x + j)²·(x + j + 1)²) over j = 0, 1, ..."""
    coefficients = tuple(2 * k * (2 * k - 1) * c for k, c in enumerate(_STIRLING, 1))
    return _raised(x, lambda x: 0.5 / (x * (x + 1)) ** 2, lambda x: _inverse_powers(x, coefficients) / x**2)


def _raised(x: float | Array, step: Callable[[Array], Array], far: Callable[[Array], Array]) -> Array:
    """The function with f(x) = f(x + 1) + step(x) that is `far` from 16 on."""
    x = np.array(x, float)
    result = np.zeros_like(x)
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        while (low := x < _FAR).any():
            result = np.where(low, result + step(x), result)
            x = np.where(low, x + 1, x)
        return result + far(x)


def _inverse_powers(x: Array, coefficients: tuple[float, ...]) -> Array:
    """Σ c_k·x^(1 − 2k) over k = 1, 2, ..."""
    return series(1 / (x * x), coefficients) / x


def digamma_gap(x: float) -> float:
    """Log x − ψ(x), > 0, for x > 0, to its own last digits."""
    return 0.5 / x - float(stirling_slope(x))


def digamma(x: float) -> float:
    """ψ(x), the derivative of log Γ, for x > 0: to 1e-15 of itself, or of 1 next to its zero at 1.4616.

    Source: the derivative of Stirling's series (DLMF 5.11.2).

    >>> digamma(1.0)  # minus Euler's constant
    -0.5772156649015329
    """
    return math.log(x) - digamma_gap(x)


def trigamma(x: float) -> float:
    """ψ'(x), the second derivative of log Γ, for x > 0.

    Source: the second derivative of Stirling's series (DLMF 5.15.8).

    >>> math.isclose(trigamma(1.0), math.pi**2 / 6, rel_tol=1e-15)
    True
    """
    return float(stirling_curvature(x)) + 0.5 / x / x + 1 / x


def bregman_stirling(y: float, x: float, apart: float | None = None) -> float:
    """δ(y) − δ(x) − δ'(x)·(y − x), >= 0, for y and x > 0; `apart` is y − x where that has more digits than y.

    For near arguments it is ∫ (y − s)·δ''(s) ds from x to y (Taylor's theorem), by 16 nodes of Gauss and Legendre.
    """
    if apart is None:
        apart = y - x
    if not x / 3 <= y <= 3 * x:
        return float(stirling_error(y) - stirling_error(x) - stirling_slope(x) * apart)
    nodes, weights = legendre(16)
    half = 0.5 * apart
    return float(half * half * np.dot(weights, (1 - nodes) * stirling_curvature(x + half * (1 + nodes))))


@functools.cache
def legendre(size: int) -> tuple[Array, Array]:
    """So many nodes of Gauss and Legendre on (−1, 1), and their weights."""
    return np.polynomial.legendre.leggauss(size)


def bregman_log_gamma(y: float, x: float, apart: float | None = None) -> float:
    """Log Γ(y) − log Γ(x) − ψ(x)·(y − x), >= 0, for y and x > 0; `apart` is y − x where that has more digits than y.

    >>> math.isclose(bregman_log_gamma(3.0, 1.0), math.log(2) - 2 * digamma(1.0), rel_tol=1e-15)
    True
    """
    if apart is None:
        apart = y - x
    return y * ratio_gap(x, y, -apart) + 0.5 * ratio_gap(y, x, apart) + bregman_stirling(y, x, apart)


def log_gamma_ratio(y: float, x: float, apart: float | None = None) -> float:
    """log(Γ(y)/Γ(x)), for y and x > 0; `apart` is y − x where that has more digits than y.

    Near 0, where ψ(x)·(y − x) would cancel, Γ(x) is Γ(x + 1)/x.

    >>> math.isclose(log_gamma_ratio(5.0, 1e-14), math.log(24e-14), rel_tol=1e-14)
    True
    """
    if apart is None:
        apart = y - x
    if min(y, x) < 1:
        return log_gamma_ratio(y + 1, x + 1, apart) - log_ratio(y, x, apart)
    return bregman_log_gamma(y, x, apart) + digamma(x) * apart


def log_beta(a: float, b: float) -> float:
    """The logarithm of the beta function B(a, b)."""
    if a + b < 20:
        return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
    return math.lgamma(min(a, b)) - log_gamma_ratio(a + b, max(a, b), min(a, b))


def log_peak(shape: float) -> float:
    """The logarithm of what the density of log u is at u = shape, for u from gamma(shape, 1)."""
    return 0.5 * (math.log(shape) - LOG_2PI) - float(stirling_error(shape))


# Bessel functions of the first kind with imaginary argument, as means over the circle: I₀(κ) is that of e^(κ·cos θ)
# (DLMF 10.32.1). The trapezoidal rule finds such means to the last digit from few angles (Trefethen and Weideman
# 2014, "The exponentially convergent trapezoidal rule", section 5).


def log_i0e(kappa: float) -> float:
    """log(I₀(κ)·e^−κ), for κ >= 0; log I₀(κ) is κ more.

    >>> log_i0e(0.0)
    0.0
    """
    weights, _ = _circle(kappa, kappa)
    return math.log(weights.sum())


def bessel_ratio(kappa: float) -> float:
    """I₁(κ)/I₀(κ), the mean of cos θ under a von Mises distribution, for κ >= 0.

    >>> bessel_ratio(0.0), round(bessel_ratio(2.0), 12)
    (0.0, 0.697774657964)
    """
    if kappa > 1:
        return 1 - bessel_gap(kappa)
    uniform, rises = _circle(0.0, 0.0)
    cosines = 1 - rises
    return float((uniform * cosines * np.expm1(kappa * cosines)).sum() / (uniform * np.exp(kappa * cosines)).sum())


def bessel_gap(kappa: float) -> float:
    """1 − I₁(κ)/I₀(κ), > 0, for κ >= 0."""
    weights, rises = _circle(kappa, kappa)
    return float((weights * rises).sum() / weights.sum())


def bregman_log_i0(y: float, x: float) -> float:
    """Log I₀(y) − log I₀(x) − I₁(x)/I₀(x)·(y − x), >= 0, for y and x >= 0.

    For near arguments it is the logarithm of the mean of e^((y − x)·(cos θ − m)) under a von Mises distribution with
    concentration x, whose mean of cos θ is m, so that e^t − 1 − t may stand for e^t − 1: terms >= 0.
    """
    if abs(y - x) > max(1.0, x / 2):
        return log_i0e(y) - log_i0e(x) + bessel_gap(x) * (y - x)
    weights, rises = _circle(x, max(x, y))
    weights = weights / weights.sum()
    return math.log1p(float((weights * exp_gap((x - y) * (rises - (weights * rises).sum()))).sum()))


def _circle(kappa: float, finest: float) -> tuple[Array, Array]:
    """Weights e^(κ·(cos θ − 1)) of angles around the circle, whose sum is I₀(κ)·e^−κ, and 1 − cos θ.

    The angles are near enough to each other for a concentration `finest`; those whose weight is nothing are left out.
    """
    steps = math.ceil(math.pi * max(10.0, 2 * math.sqrt(finest)))
    reach = steps if kappa <= 45 else math.ceil(steps * 2 / math.pi * math.asin(math.sqrt(45 / kappa)))  # e^−90
    rises = 2 * np.sin(np.arange(reach + 1) * (0.5 * math.pi / steps)) ** 2
    weights = np.exp(-kappa * rises) / steps
    weights[0] *= 0.5
    if reach == steps:
        weights[-1] *= 0.5
    return weights, rises


# The chi-square distribution


def chi2_tail(x: float, freedom: int) -> float:
    """The probability that chi-square with that many degrees of freedom is above x >= 0.

    It is Γ(k/2, x/2)/Γ(k/2): by a series where x is small and by a continued fraction elsewhere (DLMF 8.7.1, 8.9.2).

    >>> round(chi2_tail(3.841458820694124, 1), 15)
    0.05
    """
    if freedom < 1 or x <= 0:
        return 1.0
    a, y = 0.5 * freedom, 0.5 * x
    if math.isinf(y):
        return 0.0
    if y < a + 1:
        return 1 - _gamma_term(a, y) * _gamma_series(a, y)
    return _gamma_term(a, y) * _gamma_fraction(a, y)


def _gamma_term(a: float, y: float) -> float:
    """y^a·e^−y/Γ(a), from terms that do not cancel."""
    return _gamma_peak(a) * math.exp(-rate_gap(y, a))


@functools.cache
def _gamma_peak(a: float) -> float:
    """The same where y is a: the most that it is."""
    return math.sqrt(a / (2 * math.pi)) * math.exp(-float(stirling_error(a)))


def _gamma_series(a: float, y: float) -> float:
    term = total = 1 / a
    k = a
    while term > 1e-17 * total:
        k += 1
        term *= y / k
        total += term
    return total


def _gamma_fraction(a: float, y: float) -> float:
    """The continued fraction of Γ(a, y)/(y^a·e^−y), by the method of Lentz."""
    b = y + 1 - a
    c, d = math.inf, 1 / b
    value = d
    for k in range(1, 100_000):
        step = -k * (k - a)
        b += 2
        d = 1 / (step * d + b)
        c = b + step / c
        value *= c * d
        if abs(c * d - 1) < 1e-16:
            break
    return value


def chi2_value(tail: float, freedom: int) -> float:
    """What chi-square with that many degrees of freedom is above with that probability, 0 < tail < 1.

    Newton's method leads to it from where the cube root of chi-square would be normal (Wilson and Hilferty, 1931).

    >>> round(chi2_value(0.05, 1), 12)
    3.841458820694
    """
    if freedom < 1:
        return 0.0
    spread = 2 / (9 * freedom)
    x = freedom * max(1 - spread - NormalDist().inv_cdf(tail) * math.sqrt(spread), 0.01) ** 3
    step = math.inf
    while abs(step) > 1e-9 * x:  # the last step leaves the square of that
        above = chi2_tail(x, freedom)
        step = math.log(above / tail) * above * x / _gamma_term(0.5 * freedom, 0.5 * x)
        x = max(x + step, 0.5 * x)
    return x
