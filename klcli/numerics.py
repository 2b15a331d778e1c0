"""Sums, logarithms and divergence terms that keep their digits.

Everything here takes weights as they were given (counts, or probabilities whose sum is not exactly 1) and
means the normalised distributions p/Σp and q/Σq, without ever rounding the normalised numbers. Arrays are
one-dimensional float64, finite and not negative, with some mass. Logarithms are natural unless a base is said.

The heart is the deviance of Loader (2000), "Fast and accurate computation of binomial probabilities": where
p ≈ q the term p·log(p/q) − p + q is a short series in (p−q)/(p+q), with no logarithm and no cancellation.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from klcli.lazy import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Mask = NDArray[np.bool_]

BLOCK = 16_384  # temporaries of this many numbers stay in the cache and keep memory flat
_SCALE = 500  # the largest weight is brought near 2**500: no sum overflows, no product loses its error term
_TINY = 2.0**-900  # a scaled weight below this may have lost bits: its logarithm is taken before scaling
_NOISE = 2.0**-98  # a relative difference below this is the rounding of Σp/Σq itself: the two are equal

_T = TypeVar("_T", float, "Array")


def log(x: Array, base: float) -> Array:
    """The logarithm of each number in that base; powers of two are exact in base 2."""
    result: Array = np.log2(x) if base == 2 else np.log(x)
    if base not in (2, math.e):
        result = result / math.log(base)
    return result


def log_of(x: float, base: float) -> float:
    """The logarithm of one number in that base; powers of two are exact in base 2."""
    return math.log2(x) if base == 2 else math.log(x) / math.log(base)


# Sums in double-double: a number as high + low, two float64 (Dekker 1971; Knuth, TAOCP 2, section 4.2.2).


def total(x: Array) -> tuple[float, float]:
    """Σx as (high, low), exact to about 2**-100; the order of addition follows from positions alone."""
    high = low = 0.0
    for block in _blocks(x.size):
        block_high, block_low = _tree(x[block])
        high, error = two_sum(high, block_high)
        low += block_low + error
    return two_sum(high, low)


def _blocks(size: int) -> Iterator[slice]:
    return (slice(start, start + BLOCK) for start in range(0, size, BLOCK))


def _tree(x: Array) -> tuple[float, float]:
    size = 1 << (x.size - 1).bit_length()
    high = np.zeros(size)
    high[: x.size] = x
    low = np.zeros(size)
    while size > 1:
        size //= 2
        high, error = two_sum(high[:size], high[size:])
        low = low[:size] + low[size:] + error
    return float(high[0]), float(low[0])


def sum_of(x: Array) -> float:
    """Σx, rounded once; inf where a number is, or where the sum is beyond float64."""
    with np.errstate(over="ignore", invalid="ignore"):
        high = total(x)[0] if np.isfinite(x).all() else math.inf
    return high if math.isfinite(high) else math.inf


def two_sum(a: _T, b: _T) -> tuple[_T, _T]:
    """The sum as high + low, exactly: low is what rounding takes from high."""
    high = a + b
    part = high - a
    return high, (a - (high - part)) + (b - part)


def _two_product(a: _T, b: float) -> tuple[_T, _T]:
    product = a * b
    a_high, a_low = _split(a)
    b_high, b_low = _split(b)
    return product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low


def _split(a: _T) -> tuple[_T, _T]:
    high = a * 134_217_729.0  # 2**27 + 1 (Veltkamp)
    high = high - (high - a)
    return high, a - high


def _quotient(a: tuple[float, float], b: tuple[float, float]) -> tuple[float, float]:
    high = a[0] / b[0]
    product, error = _two_product(high, b[0])
    return two_sum(high, ((a[0] - product) - error + a[1] - high * b[1]) / b[0])


def _scaled(x: Array) -> tuple[Array, int]:
    """x·2**k with its largest number near 2**500, and k."""
    exponent = _SCALE - math.frexp(float(x.max()))[1]
    return (x * 2.0**exponent if abs(exponent) < 1000 else np.ldexp(x, exponent)), exponent


# One distribution.


def sum_as_read(w: Array) -> float | None:
    """Σw rounded once, or None where it is beyond the largest float64."""
    scaled, exponent = _scaled(w)
    return _unscaled(total(scaled)[0], exponent)


def shares(w: Array) -> Array:
    """w/Σw: the weights themselves where their sum is 1 as closely as float64 can say."""
    scaled, exponent = _scaled(w)
    return _shares(w, scaled, total(scaled)[0], exponent)


def _shares(w: Array, scaled: Array, whole: float, exponent: int) -> Array:
    as_read = _unscaled(whole, exponent)
    if as_read is not None and abs(as_read - 1) <= 2.0**-52:
        return w
    result: Array = scaled / whole
    return result


def _unscaled(x: float, exponent: int) -> float | None:
    try:
        return math.ldexp(x, -exponent)
    except OverflowError:
        return None


def surprisal(w: Array, base: float = math.e) -> Array:
    """−log(w/Σw) for each weight, in that base; inf where w = 0, never −0."""
    scaled, exponent = _scaled(w)
    high, low = total(scaled)
    most = int(np.argmax(scaled))
    largest = float(scaled[most])
    with np.errstate(divide="ignore"):
        share = np.divide(scaled, high, out=scaled)
        result = log(share, base)
        np.subtract(0.0, result, out=result)  # which leaves no −0
    faint = (share < _TINY) & (w > 0)
    if faint.any():
        log_of_sum = (math.log(high) - exponent * math.log(2.0)) / math.log(base)
        result[faint] = log_of_sum - log(w[faint], base)
    if share[most] > 0.5:  # near log 1 the rest has the digits that the share has lost
        others = (high - largest) + low
        result[most] = 0.0 - math.log1p(-others / high) / math.log(base)
    return result


def entropy(w: Array, base: float = math.e) -> float:
    """H = −Σ p·log p, in that base."""
    return cross_entropy(w, w, base)


def cross_entropy(p: Array, q: Array, base: float = math.e) -> float:
    """H(P,Q) = −Σ p·log q, in that base; inf where some q = 0 < p."""
    scaled, _ = _scaled(p)
    terms = surprisal(q, base)
    with np.errstate(invalid="ignore"):
        terms *= scaled
    terms[p == 0] = 0.0
    if not np.isfinite(terms).all():
        return math.inf
    return _quotient(total(terms), total(scaled))[0]


# Two distributions.


class Contrast:
    """P and Q on one scale: p, q·Σp/Σq and their difference to the last digits, the start of every divergence.

    `p` and `q` are scaled weights with the same sum `whole`; `difference` is p − q within about 1 ulp of the
    exact value, 0 where the distributions agree; `shares` are the probabilities on both sides. An outcome is near
    where 1/2 < p/q < 2, `lost` where q = 0 < p, `gained` where p = 0 < q. Methods called terms return terms of the
    normalised distributions, 0 for an outcome that neither has.
    """

    def __init__(self, p: Array, q: Array) -> None:
        self._p_given, self._q_given = p, q
        self.p, self._p_exponent = _scaled(p)
        scaled_q, self._q_exponent = _scaled(q)
        self._p_sum, self._q_sum = total(self.p), total(scaled_q)
        self.whole = self._p_sum[0]
        self.shares = {
            "p": _shares(p, self.p, self.whole, self._p_exponent),
            "q": _shares(q, scaled_q, self._q_sum[0], self._q_exponent),
        }
        self._ratio = ratio, ratio_low = _quotient(self._p_sum, self._q_sum)
        self.q = np.empty_like(self.p)
        self.difference = np.empty_like(self.p)
        for block in _blocks(p.size):
            product, error = _two_product(scaled_q[block], ratio)
            error += scaled_q[block] * ratio_low
            self.q[block] = product + error
            self.difference[block] = (self.p[block] - product) - error
        self.difference[np.abs(self.difference) <= _NOISE * self.q] = 0.0
        self.lost = (p > 0) & (q == 0)
        self.gained = (p == 0) & (q > 0)
        self._log_ratios: dict[float, Array] = {}

    @property
    def disjoint(self) -> bool:
        """True where no outcome has mass on both sides."""
        return not ((self._p_given > 0) & (self._q_given > 0)).any()

    @cached_property
    def near(self) -> Mask:
        """True where 1/2 < p/q < 2."""
        return (self.p < 2 * self.q) & (self.q < 2 * self.p)

    @cached_property
    def ratio(self) -> Array:
        """p/q: 0 where p = 0, inf where q = 0 < p, nan where both are 0 or the ratio is beyond float64."""
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            ratio: Array = self.p / self.q
        ratio[np.isinf(ratio)] = np.nan
        ratio[self.lost], ratio[self.gained] = math.inf, 0.0
        return ratio

    def log_ratio(self, base: float = math.e) -> Array:
        """log(p/q) in that base: −inf where p = 0 < q, inf where q = 0 < p, nan where both are 0."""
        if base not in self._log_ratios:
            self._log_ratios[base] = self._log_ratio(base)
        return self._log_ratios[base]

    def _log_ratio(self, base: float) -> Array:
        result, faint = np.empty_like(self.p), np.empty(self.p.shape, dtype=bool)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            for block in _blocks(self.p.size):
                p, q, near = self.p[block], self.q[block], self.near[block]
                ratio = p / q
                logs = log(ratio, base)
                logs[near] = np.log1p(self.difference[block][near] / q[near]) / math.log(base)
                result[block] = logs
                faint[block] = (np.minimum(p, q) < _TINY) | (ratio < _TINY) | (ratio > 1 / _TINY)
        faint &= (self._p_given > 0) & (self._q_given > 0)
        if faint.any():
            result[faint] = self._faint_log_ratio(faint, base)
        result[self.lost], result[self.gained] = math.inf, -math.inf  # though scaling may have made both sides 0
        return result

    def _faint_log_ratio(self, faint: Mask, base: float) -> Array:
        """log(p/q) there, from the weights as given, in mantissas and exponents: the exponents cancel exactly."""
        p, p_exponents = np.frexp(self._p_given[faint])
        q, q_exponents = np.frexp(self._q_given[faint])
        product, error = _two_product(q, self._ratio[0])
        error += q * self._ratio[1]
        exponents = p_exponents - q_exponents + (self._p_exponent - self._q_exponent)
        mantissa, shift = np.frexp(product)
        result = log(p / mantissa, base) + (exponents - shift) * log_of(2, base)
        near = np.abs(exponents - shift) <= 1
        difference = np.ldexp(p[near], exponents[near]) - product[near] - error[near]
        difference[np.abs(difference) <= _NOISE * product[near]] = 0.0
        change = difference / product[near]
        close = np.abs(change) < 0.5
        result[near] = np.where(close, np.log1p(np.where(close, change, 0.0)) / math.log(base), result[near])
        return result

    def log_terms(self, base: float = math.e) -> Array:
        """p·log(p/q) in that base: the textbook's terms, signed."""
        terms = self._log_terms(base)
        terms /= self.whole
        return terms

    def _log_terms(self, base: float) -> Array:
        with np.errstate(invalid="ignore"):
            terms = self.p * self.log_ratio(base)
        terms[self.p == 0] = 0.0
        terms[self.lost] = math.inf
        return terms

    def mean_log_ratio(self, base: float = math.e) -> float:
        """D(P‖Q) = Σ p·log(p/q) in that base, from terms >= 0 that do not cancel."""
        if self.lost.any():
            return math.inf
        # Σ difference is 0, so taking it from the terms changes no sum and makes every term >= 0.
        # The far logarithms stay in a sum of their own: in base 2 they are exact where p/q is a power of two.
        logs = total(np.where(self.near, 0.0, self._log_terms(base)))
        rest = total(np.where(self.near, self._deviance(), -self.difference))
        high, low = two_sum(logs[0], rest[0] / math.log(base))
        return max(0.0, (high + (low + logs[1] + rest[1] / math.log(base))) / self.whole)

    def gap_terms(self) -> Array:
        """p·log(p/q) − p + q in nats, every term >= 0, whose sum is D(P‖Q) too."""
        with np.errstate(invalid="ignore"):
            far = np.where(self.lost, math.inf, self._log_terms(math.e) - self.difference)
        terms: Array = np.where(self.near, self._deviance(), far) / self.whole
        return np.maximum(terms, 0.0)

    def _deviance(self, side: str = "p") -> Array:
        """p·log(p/q) − p + q in nats, >= 0, or its like from the side of Q; for near outcomes (Loader 2000)."""
        if side == "p":
            return self._in_blocks(lambda p, _, d, v: v * (d + 2 * p * series(v * v, _ATANH)))
        return self._in_blocks(lambda _, q, d, v: v * (d - 2 * q * series(v * v, _ATANH)))

    def jensen_shannon_terms(self, base: float = math.e) -> Array:
        """½(p·log(p/m) + q·log(q/m)) with m = ½(p+q), in that base; every term >= 0."""

        def terms(p: Array, q: Array, _: Array, v: Array) -> Array:
            far = [np.where(x > 0, x * log(np.maximum(2 * x / (p + q), _TINY), base), 0.0) for x in (p, q)]
            near = (p + q) * series(v * v, _ENTROPY) / math.log(base)
            return 0.5 * np.where(np.abs(v) < 0.5, near, far[0] + far[1])

        return self._in_blocks(terms) / self.whole

    def squares(self, where: Mask) -> Array:
        """p²/q there, from the weights as given: p/q, and q on the scale of P, may be beyond float64."""
        p, p_exponents = np.frexp(self._p_given[where])
        q, q_exponents = np.frexp(self._q_given[where])
        exponents = 2 * (p_exponents + self._p_exponent) - (q_exponents + self._q_exponent)
        result: Array = np.ldexp(p * (p / q) * (self._q_sum[0] / self.whole / self.whole), exponents)
        return result

    def power_terms(self, alpha: float, divisor: float = 1.0) -> Array:
        """p^α·q^(1−α) / divisor, for α >= 0, with 0^0 = 0; inf where q = 0 < p and α > 1."""
        side, powers, _ = self._powers(alpha)
        own, given = (self.p, self._p_given) if side == "p" else (self.q, self._q_given)
        with np.errstate(over="ignore", invalid="ignore"):
            # e^x itself may be too large for float64, or too small, where own·e^x / whole is not.
            part = np.exp(0.25 * powers)
            terms = np.where(own > 0, own * part * part * (part / (self.whole * divisor)) * part, 0.0)
            faint = (own < _TINY) & (given > 0)
            if faint.any():
                terms[faint] = np.exp(powers[faint] - surprisal(given)[faint]) / divisor
        return terms

    def power_gap_terms(self, alpha: float, divisor: float = 1.0) -> Array:
        """(p^α·q^(1−α) − αp − (1−α)q) / divisor, for α >= 0: with divisor 1 all >= 0 for α > 1, all <= 0 for α < 1.

        Since Σp = Σq, their sum is that of `power_terms` less 1/divisor, without the cancellation near equality.
        """
        side, powers, factor = self._powers(alpha)
        whole = self.whole * divisor
        own = getattr(self, side) / whole
        given = self._p_given if side == "p" else self._q_given
        with np.errstate(over="ignore", invalid="ignore"):
            growth = np.where(np.abs(powers) < 1, own * np.expm1(powers), self.power_terms(alpha, divisor) - own)
            far = np.where(given > 0, growth, 0.0) - factor * (self.difference / whole)
            deviance = self._deviance(side) / whole
            near = own * exp_gap(powers) + (factor if side == "p" else -factor) * deviance
        return np.where(self.near, near, far)

    def renyi(self, alpha: float) -> float:
        """log(Σ p^α·q^(1−α)) / (α − 1) in nats, for α >= 0 but 1."""
        if self.disjoint or (alpha > 1 and self.lost.any()):
            return math.inf
        gap = sum_of(self.power_gap_terms(alpha))
        if abs(gap) <= 0.5:
            return math.log1p(gap) / (alpha - 1)
        plain = sum_of(self.power_terms(alpha))
        if 2.0**-900 < plain < 2.0**900:
            return math.log(plain) / (alpha - 1)
        # Sums of what float64 cannot hold.
        side, powers, factor = self._powers(alpha)
        common = (self._p_given > 0) & (self._q_given > 0)
        weight = surprisal(self._p_given if side == "p" else self._q_given)[common]
        if alpha > 1:  # divided by α − 1 while it can still be done
            logs = self.log_ratio()[common] - weight / factor
            return float(logs.max()) + math.log(sum_of(np.exp(factor * (logs - logs.max())))) / factor
        logs = powers[common] - weight
        return (float(logs.max()) + math.log(sum_of(np.exp(logs - logs.max())))) / (alpha - 1)

    def _powers(self, alpha: float) -> tuple[str, Array, float]:
        """A side and x such that side·e^x is p^α·q^(1−α), and the factor of log(p/q) in x.

        It is the side that needs the smaller factor: the other follows by p ↔ q, α ↔ 1 − α.
        """
        side, factor = ("p", alpha - 1) if alpha >= 0.5 else ("q", alpha)
        with np.errstate(invalid="ignore", over="ignore"):
            return side, np.where(self._p_given > 0, factor * self.log_ratio(), -math.inf), factor

    def _in_blocks(self, terms: Callable[[Array, Array, Array, Array], Array]) -> Array:
        """terms(p, q, p − q, (p−q)/(p+q)) for every outcome, a block at a time."""
        result = np.empty_like(self.p)
        with np.errstate(divide="ignore", invalid="ignore"):
            for block in _blocks(result.size):
                p, q, d = self.p[block], self.q[block], self.difference[block]
                result[block] = terms(p, q, d, d / (p + q))
        return result


# Coefficients of series, to the last that matters where the series is used.
_ATANH = (0.0, *(1 / (2 * k + 1) for k in range(1, 18)))  # (atanh v − v)/v in v², for |v| < 1/3
_ENTROPY = (0.0, *(1 / (2 * k * (2 * k - 1)) for k in range(1, 28)))  # in v², for |v| < 1/2
_EXP_GAP = (0.0, 0.0, *(1 / math.factorial(k) for k in range(2, 20)))  # e^x − 1 − x, for |x| < 1


def series(x: Array, coefficients: tuple[float, ...]) -> Array:
    """Σ c_k·x^k over k = 0, 1, ..."""
    result = np.full_like(x, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        result *= x
        if coefficient:
            result += coefficient
    return result


def exp_gap(x: float | Array) -> Array:
    """e^x − 1 − x, >= 0: how far the exponential is above its tangent.

    >>> float(exp_gap(1e-9))
    5.000000001666667e-19
    """
    x = np.asarray(x, float)
    near = np.abs(x) < 1
    with np.errstate(over="ignore"):
        far = np.expm1(np.where(near, 0.0, x)) - np.minimum(x, 1e300)  # so that it is ∞ at ∞
    return np.where(near, series(np.where(near, x, 0.0), _EXP_GAP), far)
