"""Every discrete measure once more, by mpmath, from the textbook's formulas: what the tests hold klcli against.

The numbers are the doubles that klcli was given, normalised exactly. Nothing here is clever: no series, no
rearrangement, only more digits than the formulas can lose.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import mpmath
import numpy as np
from mpmath import inf, log, mp, mpf, sqrt

Numbers = Sequence[float]
Array = np.ndarray

FLOOR = 1e-33  # the smallest value with a promise for its digits


def exact(name: str, *weights: Numbers, **options: float) -> mpf:
    """The measure of that name with these weights and options, right to 50 digits and more."""
    with mp.workdps(_digits([float(x) for side in weights for x in side], options.get("alpha", 1.0))):
        return +ORACLES[name](*map(_normalised, weights), **{option: mpf(x) for option, x in options.items()})


def relative_error(value: float, wanted: mpf) -> float:
    """How far the value is from the exact one, as a share of it.

    Below FLOOR nothing is promised but a value that is as good as 0.
    """
    if value == wanted:
        return 0.0
    if wanted < FLOOR:
        return 0.0 if 0 <= value < 2 * FLOOR else math.inf
    return float(abs(mpf(value) - wanted) / wanted)


def of_many(name: str, p: Array, q: Array) -> mpf:
    """KL or Jensen-Shannon in nats for weights by the million, all > 0, right to 15 digits and more."""
    if np.finfo(np.longdouble).nmant < 63:  # no more digits than a double: the slow way
        with mp.workdps(30):
            return ORACLES[name](_normalised(p), _normalised(q))
    p, q = (side.astype(np.longdouble) / side.astype(np.longdouble).sum() for side in (p, q))
    m = (p + q) / 2
    terms = {"kl": p * np.log(p / q), "js": (p * np.log(p / m) + q * np.log(q / m)) / 2}[name]
    with mp.workdps(30):
        return mpf(str(terms.sum()))


def _digits(weights: Numbers, alpha: float) -> int:
    """100, and what the weights' magnitudes and the order of a power may cost."""
    magnitudes = [math.log10(weight) for weight in weights if weight > 0]
    spread = max(magnitudes) - min(magnitudes)
    steps = [abs(math.log10(x)) for x in (alpha, abs(alpha - 1)) if 0 < x < math.inf]
    return 100 + round(2 * spread + 2 * max(steps, default=0.0))


def _normalised(weights: Numbers) -> list[mpf]:
    exact_weights = [mpf(float(weight)) for weight in weights]
    whole = mpmath.fsum(exact_weights)
    return [weight / whole for weight in exact_weights]


def _pairs(p: list[mpf], q: list[mpf]) -> list[tuple[mpf, mpf]]:
    return list(zip(p, q, strict=True))


def entropy(p: list[mpf], base: mpf = mpmath.e) -> mpf:
    """−Σ p·log p."""
    return -mpmath.fsum(x * log(x) for x in p if x) / log(base)


def cross_entropy(p: list[mpf], q: list[mpf], base: mpf = mpmath.e) -> mpf:
    """−Σ p·log q."""
    if any(x and not y for x, y in _pairs(p, q)):
        return inf
    return -mpmath.fsum(x * log(y) for x, y in _pairs(p, q) if x) / log(base)


def kl(p: list[mpf], q: list[mpf], base: mpf = mpmath.e) -> mpf:
    """Σ p·log(p/q)."""
    if any(x and not y for x, y in _pairs(p, q)):
        return inf
    return mpmath.fsum(x * log(x / y) for x, y in _pairs(p, q) if x) / log(base)


def js(p: list[mpf], q: list[mpf], base: mpf = mpmath.e) -> mpf:
    """½D(P‖M) + ½D(Q‖M)."""
    m = [(x + y) / 2 for x, y in _pairs(p, q)]
    return (kl(p, m, base) + kl(q, m, base)) / 2


def js_distance(p: list[mpf], q: list[mpf], base: mpf = mpmath.e) -> mpf:
    """√JS."""
    return sqrt(js(p, q, base))


def jeffreys(p: list[mpf], q: list[mpf], base: mpf = mpmath.e) -> mpf:
    """D(P‖Q) + D(Q‖P)."""
    return kl(p, q, base) + kl(q, p, base)


def renyi(p: list[mpf], q: list[mpf], alpha: mpf, base: mpf = mpmath.e) -> mpf:
    """log(Σ p^α·q^(1−α)) / (α − 1), and its limits at 0, 1 and ∞."""
    if alpha == 1:
        return kl(p, q, base)
    if alpha == inf:
        return log(max(x / y if y else inf for x, y in _pairs(p, q) if x)) / log(base)
    powers = _power_sum(p, q, alpha)
    return log(powers) / (alpha - 1) / log(base) if powers else inf


def tsallis(p: list[mpf], q: list[mpf], alpha: mpf) -> mpf:
    """(Σ p^α·q^(1−α) − 1) / (α − 1), and its limit at 1."""
    return kl(p, q) if alpha == 1 else (_power_sum(p, q, alpha) - 1) / (alpha - 1)


def _power_sum(p: list[mpf], q: list[mpf], alpha: mpf) -> mpf:
    """Σ p^α·q^(1−α) where p > 0: the limit of the terms with p = 0 as α falls to 0 is theirs at 0 too."""
    if alpha > 1 and any(x and not y for x, y in _pairs(p, q)):
        return inf
    return mpmath.fsum(x**alpha * y ** (1 - alpha) for x, y in _pairs(p, q) if x and y)


def hellinger(p: list[mpf], q: list[mpf]) -> mpf:
    """√(½ Σ (√p − √q)²)."""
    return sqrt(mpmath.fsum((sqrt(x) - sqrt(y)) ** 2 for x, y in _pairs(p, q)) / 2)


def bhattacharyya(p: list[mpf], q: list[mpf], base: mpf = mpmath.e) -> mpf:
    """−log Σ √(p·q)."""
    overlap = mpmath.fsum(sqrt(x * y) for x, y in _pairs(p, q))
    return -log(overlap) / log(base) if overlap else inf


def tv(p: list[mpf], q: list[mpf]) -> mpf:
    """½ Σ |p − q|."""
    return mpmath.fsum(abs(x - y) for x, y in _pairs(p, q)) / 2


def chi2(p: list[mpf], q: list[mpf]) -> mpf:
    """Σ (p − q)²/q."""
    if any(x and not y for x, y in _pairs(p, q)):
        return inf
    return mpmath.fsum((x - y) ** 2 / y for x, y in _pairs(p, q) if y)


ORACLES: dict[str, Callable[..., mpf]] = {
    "entropy": entropy,
    "cross-entropy": cross_entropy,
    "kl": kl,
    "js": js,
    "js-distance": js_distance,
    "jeffreys": jeffreys,
    "psi": jeffreys,
    "renyi": renyi,
    "tsallis": tsallis,
    "hellinger": hellinger,
    "bhattacharyya": bhattacharyya,
    "tv": tv,
    "chi2": chi2,
}
