"""Rows of logits: their softmax at a temperature, and the divergences between them to the last digits.

Arrays have one row a distribution. Everything is in nats.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from klcli.errors import BeyondFloat64Error
from klcli.lazy import np
from klcli.numerics import exp_gap, two_sum

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from klcli.numerics import Array

_SMALL = 2.0**-30  # log(1 + S) is S to the last bit where every |x| is below this, for then S < 2^-60


def softmax(logits: Array, temperature: float = 1.0) -> Array:
    """The probabilities of each row of logits, divided by the temperature."""
    with np.errstate(over="ignore"):
        weights = np.exp((logits - logits.max(axis=1, keepdims=True)) / temperature)
    shares: Array = weights / weights.sum(axis=1, keepdims=True)
    return shares


def log_softmax(logits: Array, temperature: float = 1.0) -> Array:
    """The logarithms of those probabilities, finite where they are too small for float64."""
    most = logits.argmax(axis=1)[:, None]
    with np.errstate(over="ignore"):
        powers = (logits - _column(logits, most)) / temperature
    others = np.exp(powers)
    np.put_along_axis(others, most, 0.0, axis=1)
    logs: Array = powers - np.log1p(others.sum(axis=1, keepdims=True))  # whose parts have one sign: nothing cancels
    return logs


class Softened(NamedTuple):
    """P and Q of a batch at a temperature: elements p·ln(p/q), and for each row D(P‖Q) and T²·D(P‖Q)."""

    p: Array
    q: Array
    terms: Array
    divergences: Array
    losses: Array


def softened(teacher: Array, student: Array, temperature: float) -> Softened:
    """The softmax of both at that temperature, and their divergences; raises BeyondFloat64Error.

    With y = b − a less its mean under P, and x = y/T, Σ p·x = 0 and D = ln Σ p·e^x = ln(1 + Σ p·(e^x − 1 − x)),
    a sum of terms >= 0.
    """
    lost = (student == -math.inf) & (teacher > -math.inf)
    broken = lost.any(axis=1)
    less = _less(teacher, student, temperature)
    if less != 1:
        teacher, student, temperature = teacher * less, student * less, temperature * less
    with np.errstate(all="ignore"):
        p, q = softmax(teacher, temperature), softmax(student, temperature)
        finite = _finite_rows(teacher, np.where(broken[:, None], teacher, student), p, temperature)
        divergences = np.where(broken, math.inf, finite.divergences)
        losses = np.where(broken, math.inf, finite.losses / less**2)
        beyond = ~broken & ~(np.isfinite(losses) & np.isfinite(divergences))
        if beyond.any():
            where = f" in row {int(np.argmax(beyond))}" if len(p) > 1 else ""
            raise BeyondFloat64Error(f"the divergence of logits this far apart{where}")
        log_p, log_q = log_softmax(teacher, temperature), log_softmax(student, temperature)
        # Of ln(p/q) either difference is as exact as what it is of is small: of rows that are near, D − x.
        d, sizes = divergences[:, None], np.abs(log_p) + np.abs(log_q)
        logs = np.where(broken[:, None] | (sizes < d + np.abs(finite.x)), log_p - log_q, d - finite.x)
        terms = np.where(lost, math.inf, np.where(p > 0, p * logs, 0.0)) + 0.0  # never −0
    return Softened(p, q, terms, divergences, losses)


def _less(teacher: Array, student: Array, temperature: float) -> float:
    """By what to multiply logits and temperature, which changes no probability, so that no difference is infinite."""
    largest = max(float(np.abs(each).max(initial=0.0, where=np.isfinite(each))) for each in (teacher, student))
    return 2.0**-8 if largest > 2.0**1000 and temperature > 2.0**-900 else 1.0


class _Rows(NamedTuple):
    """D and T²·D of each row, and x = D − ln(p/q), which is ∞ where p = 0 < q."""

    x: Array
    divergences: Array
    losses: Array


def _finite_rows(a: Array, b: Array, p: Array, temperature: float) -> _Rows:
    """The divergences of rows in which b has every class that a has."""
    most = a.argmax(axis=1)[:, None]  # classes with mass are never far from this one where D is small
    y = np.where(a > -math.inf, _gaps(a, b, most), 0.0)
    mean = (p * y).sum(axis=1, keepdims=True)
    y = y - mean
    x = np.where(a > -math.inf, y / temperature, np.where(b > -math.inf, math.inf, 0.0))
    # ln(p·e^x) from b's own differences: from p it would be rounded as much as p is small.
    partition = np.exp((a - _column(a, most)) / temperature).sum(axis=1, keepdims=True)
    powers = (b - _column(b, most) - mean) / temperature - np.log(partition)
    near = np.where(p > 0, p * exp_gap(x), 0.0)
    far = np.exp(powers) - np.where(p > 0, p * (1 + x), 0.0)
    excess = np.where(x < 1, near, far).sum(axis=1)
    top = powers.max(axis=1, keepdims=True)
    beyond = top[:, 0] + np.log(np.exp(powers - top).sum(axis=1))
    divergences = np.where(excess < math.inf, np.log1p(excess), beyond)
    # At a high temperature D may be too small for float64 where T²·D is not.
    small = (np.abs(x) < _SMALL).all(axis=1)
    limit = (p * y * y * (0.5 + x / 6)).sum(axis=1)
    return _Rows(x, divergences, np.where(small, limit, temperature * (temperature * divergences)))


def _gaps(a: Array, b: Array, most: NDArray[np.intp]) -> Array:
    """The gaps b − a, less the one in the column `most`: as if rounded once, whatever shifts all logits."""
    gap, rest = two_sum(b, -a)
    return (gap - _column(gap, most)) + (rest - _column(rest, most))


def _column(values: Array, index: NDArray[np.intp]) -> Array:
    """The number at that index in each row, as a column."""
    column: Array = np.take_along_axis(values, index, axis=1)
    return column
