"""The Kullback-Leibler divergence between two families as an integral or as a sum, with an estimate of the error.

Densities are integrated piece by piece between points that bracket every bend, in a coordinate in which both are
smooth and fall off fast. All of it is in nats.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from klcli.errors import InputError, MissingExtraError
from klcli.families import CUT, Beta, Counts, Density, Dirichlet, Family, MvNormal, Positive, condition
from klcli.lazy import np
from klcli.numerals import short
from klcli.numerics import BLOCK, exp_gap, sum_of
from klcli.special import legendre

if TYPE_CHECKING:
    from klcli.numerics import Array


class Numerical(NamedTuple):
    """A divergence that was integrated or summed: its value, the estimate of its error, and what it is made of."""

    value: float
    error: float
    terms: Mapping[str, float]
    heading: str  # of the terms


_SMALL = 0.01  # below this, terms of both signs would cost digits
_HUGE = 1e100  # beside a −log g that large, neither log f nor a density counts
_FAINT = 90.0  # in nats below the largest: what is fainter than that counts for nothing
_MOST = 10_000_000  # whole numbers that are summed over
_UNSEEN = 1e-12  # of the largest part
_ROWS = 40  # of a sum that are shown, next to what is faint


@functools.lru_cache(maxsize=4)  # a verification asks twice
def numerical(f: Family, g: Family) -> Numerical:
    """D(F‖G) by quadrature or by a sum, where it is finite, in nats.

    Raises MissingExtraError where scipy, which integrates, is not installed; InputError where a sum has more than
    ten million terms.
    """
    with np.errstate(all="ignore"):
        if isinstance(f, Counts) and isinstance(g, Counts):
            return _summed(f, g)
        if isinstance(f, Density) and isinstance(g, Density):
            return _integrated(f, g)
    assert isinstance(f, Dirichlet | MvNormal)
    found = [numerical(each, other) for each, other in f.factors(g)]  # type: ignore[arg-type]  # of the same class
    terms = {f"part {index}": each.value for index, each in enumerate(found, 1)}
    value, errors = math.fsum(terms.values()), [each.error for each in found]
    if isinstance(f, MvNormal) and isinstance(g, MvNormal):
        errors.append(1e-15 * (condition(f) + condition(g)) * (1 + value))
    return Numerical(value, math.fsum(errors), terms, "D of an independent part")


class _Stretch(NamedTuple):
    """A piece of the line under a coordinate t in which F and G are smooth, with their log-densities of t.

    `log_cost` is log(−log g) where that is huge. `marks` are the landmarks of F, the middle one where F is not
    negligible; `knots` are those of G; `x` leads back. `blur` is how far G may be from its place by rounding.
    """

    log_f: Callable[[Any], Any]
    log_g: Callable[[Any], Any]
    log_cost: Callable[[Any], Any]
    x: Callable[[float], float]
    low: float
    high: float
    marks: tuple[float, float, float]
    knots: Array
    blur: float = 0.0

    def terms(self, t: Any, without_signs: bool) -> Any:
        """f·log(f/g) at t, or f·log(f/g) − f + g, which is never negative."""
        log_f, log_g, far = self._logs(t)
        return _terms(log_f, log_g, without_signs) * (far == -math.inf) + np.exp(far)

    def _logs(self, t: Any) -> tuple[Any, Any, Any]:
        """Both log-densities and, where that of G is too large for anything else to count, log(−f·log g)."""
        log_f, log_g = self.log_f(t), self.log_g(t)
        far = log_g < -_HUGE
        if not np.any(far):
            return log_f, log_g, -math.inf
        return log_f, np.where(far, 0.0, log_g), np.where(far, log_f + self.log_cost(t), -math.inf)

    def noise(self, t: float, without_signs: bool) -> float:
        """About how much of a term is the rounding of t, of the place of G, and of the logarithms in it."""
        term = self.terms(t, without_signs)
        moved = float(abs(self.terms(math.nextafter(t, math.inf), without_signs) - term))
        log_f, log_g, far = self._logs(t)
        if far > -math.inf:
            return moved + float(np.exp(far) * (self.blur + 4e-16 * (1 + abs(log_f) + abs(far - log_f))))
        moved += float(abs(_terms(log_f, self.log_g(t + self.blur), without_signs) - term))
        return moved + float(_noise(log_f, log_g, without_signs))

    def mass(self, low: float, high: float) -> float:
        """About what F has between two breaks."""
        nodes, weights = legendre(64)
        half = 0.5 * (high - low)
        return half * float(np.dot(weights, self.density(low + half * (1 + nodes))))

    def density(self, t: Any) -> Any:
        """That of F at t."""
        return np.exp(self.log_f(t))

    def weights(self, t: float) -> tuple[float, float]:
        """About the logarithms of what counts at t: of the term, and of the density of G where that is more."""
        log_f, log_g, far = map(float, self._logs(t))
        return (far, -math.inf) if far > -math.inf else (_weight(log_f, log_g), log_g)

    def breaks(self) -> list[float]:
        """Points in order, from where F begins to count to where it no longer does, no bend being far from one."""
        low, centre, high = self.marks
        found, top = [centre], self.weights(centre)[0]  # a peak of G alone makes nothing else faint
        most = self.log_f(centre)
        least = 4 * math.ulp(centre)
        nearest = min((x for x in (centre - low, high - centre) if x > least), default=least)  # of bends
        for end, step in ((self.low, -nearest), (self.high, nearest)):
            t = centre
            while t != end and (max(self.weights(t)) >= top - _FAINT or self.log_f(t) >= most - 0.5 * _FAINT):
                t = max(centre + step, end) if step < 0 else min(centre + step, end)
                found.append(t)
                top, step = max(top, self.weights(t)[0]), 2 * step
        inner = self.knots[(min(found) < self.knots) & (self.knots < max(found))]
        return sorted({*found, *inner.tolist()})

    def row(self, t: float) -> tuple[float, float]:
        """The ends, in x, of the part that t is in, as the marks divide it."""
        cuts = sorted({self.low, *self.marks, self.high})
        low, high = next((low, high) for low, high in itertools.pairwise(cuts) if t <= high)
        return (min(self.x(low), self.x(high)), max(self.x(low), self.x(high)))


def _noise(log_f: Any, log_g: Any, without_signs: bool) -> Any:
    """About how much of such a term is the rounding of the logarithms in it."""
    f = np.exp(log_f)
    share = np.abs(f - np.exp(log_g)) if without_signs else f
    return np.where(f > 0, 4e-16 * share * (1 + np.abs(log_f) + np.abs(log_g)), 0.0)


def _terms(log_f: Any, log_g: Any, without_signs: bool) -> Any:
    f, logs = np.exp(log_f), log_f - log_g
    signed = np.where(f > 0, f * logs, 0.0)
    if not without_signs:
        return signed
    near = logs > -1
    return np.where(near, f * exp_gap(np.where(near, -logs, 0.0)), signed - f + np.exp(log_g))


def _weight(log_f: float, log_g: float) -> float:
    return log_f if math.inf in (-log_f, -log_g) else log_f + math.log1p(abs(log_f - log_g))


def _stretches(f: Density, g: Density) -> list[_Stretch]:
    """Where the density of F is not 0, in one piece or two."""
    if isinstance(f, Beta):
        return [_below(f, g, f.log_centre), _from_one(f, g)]
    if isinstance(f, Positive) or f.support[0] == 0:
        return [_below(f, g, math.log(f.support[1]))]
    return [_on_the_line(f, g) if f.support[0] == -math.inf else _as_it_is(f, g)]


_OUT = 40.0  # from here on sinh t is e^t/2


def _as_it_is(f: Density, g: Density) -> _Stretch:
    """By x itself, moved to 0 where that can be done."""
    middle = f.landmarks()[1] if f.locations and g.locations else 0.0
    f, g = f.moved(-middle), g.moved(-middle)
    ways = (f.log_density, g.log_density, g.log_cost, lambda t: t + middle)
    return _Stretch(*ways, *f.support, f.landmarks(), g.knots())


def _on_the_line(f: Density, g: Density) -> _Stretch:
    """By x = middle + scale·sinh t: tails that fall like powers fall like exponentials in t."""
    middle = f.landmarks()[1]
    f, g = f.moved(-middle), g.moved(-middle)  # so that x keeps its digits
    low, _, high = f.landmarks()
    scale = 0.5 * (high - low)

    def log_of(density: Density) -> Callable[[Any], Any]:
        def near(t: Any) -> Any:
            return density.log_density(scale * np.sinh(t)) + np.log(scale * np.cosh(t))

        return _far_out(near, density.log_density_of_log, _mirrored(density).log_density_of_log, scale)

    def x(t: float) -> float:
        return middle + scale * math.sinh(t) if abs(t) < CUT else math.copysign(math.inf, t)

    log_cost = _far_out(
        lambda t: g.log_cost(scale * np.sinh(t)), g.log_cost_of_log, _mirrored(g).log_cost_of_log, scale
    )
    marks = (-math.asinh(1), 0.0, math.asinh(1))
    return _Stretch(log_of(f), log_of(g), log_cost, x, -math.inf, math.inf, marks, np.arcsinh(g.knots() / scale))


def _far_out(
    near: Callable[[Any], Any], above: Callable[[Any], Any], below: Callable[[Any], Any], scale: float
) -> Callable[[Any], Any]:
    """A function of t that is `near`, and where sinh t is e^t/2 a function of log x: x itself no float64 may hold."""

    def along(t: Any) -> Any:
        inside = np.abs(t) < _OUT
        if np.all(inside):
            return near(t)
        log_x = np.maximum(np.abs(t), _OUT) + math.log(0.5 * scale)
        return np.where(inside, near(np.clip(t, -_OUT, _OUT)), np.where(t > 0, above(log_x), below(log_x)))

    return along


def _mirrored(density: Density) -> Density:
    """The distribution of −x, of those that are symmetric: all but Gumbel's, beside which no tail is heavy."""
    return replace(density, **{name: -getattr(density, name) for name in density.locations})


def _below(f: Density, g: Density, end: float) -> _Stretch:
    """By x = e^t, up to an end of t."""

    def x(t: float) -> float:
        return math.exp(t) if t < CUT else math.inf

    low, middle, high = f.log_landmarks()
    start = math.log(f.support[0]) if f.support[0] else -math.inf
    knots = np.log(np.maximum(g.knots(), 0.0))
    ways = (f.log_density_of_log, g.log_density_of_log, g.log_cost_of_log, x)
    return _Stretch(*ways, start, end, (low, middle, min(high, end)), knots, _blur(f, g))


def _blur(*sides: Density) -> float:
    """How much rounding the logarithms of the parameters moves a distribution of log x."""
    scaled = [each for each in sides if not isinstance(each, Beta)]  # whose parameters come in as ratios
    logs = [abs(math.log(abs(x))) for each in scaled for x in each.parameters().values() if x]
    return 2.0**-52 * max(logs, default=0.0)


def _from_one(f: Beta, g: Density) -> _Stretch:
    """By x = 1 − e^t, from 1 down to the mean."""

    def mirrored(density: Density) -> Callable[[Any], Any]:
        if isinstance(density, Beta):
            return density.mirrored.log_density_of_log
        return lambda t: density.log_density(-np.expm1(t)) + t

    def x(t: Any) -> Any:
        return -np.expm1(t)

    low, middle, _ = f.mirrored.log_landmarks()
    knots = np.log1p(-np.minimum(g.knots(), 1.0))
    ways = (mirrored(f), mirrored(g), lambda t: g.log_cost(x(t)), x)
    return _Stretch(*ways, -math.inf, middle, (low, middle, middle), knots, _blur(f, g))


def _integrated(f: Density, g: Density) -> Numerical:
    stretches = _stretches(f, g)
    plainly = _quadrature(stretches, False)
    if plainly.value < _SMALL and f.support == g.support:
        return _quadrature(stretches, True)
    return plainly


def _quadrature(stretches: Sequence[_Stretch], without_signs: bool) -> Numerical:
    """The sum of the integrals between breaks, each to about 1e-15 of what the whole is made of."""
    pieces = [(each, low, high) for each in stretches for low, high in itertools.pairwise(each.breaks())]
    middles = [(each, 0.5 * (low + high), high - low) for each, low, high in pieces]
    faint = 1e-15 * math.fsum(abs(float(each.terms(t, without_signs))) * width for each, t, width in middles)
    errors = [each.noise(t, without_signs) * width for each, t, width in middles]
    rows: dict[tuple[float, float], list[float]] = {}
    edges = []
    for (each, low, high), (_, middle, _) in zip(pieces, middles, strict=True):
        part, error = _integral(functools.partial(each.terms, without_signs=without_signs), low, high, faint)
        rows.setdefault(each.row(middle), []).append(part)
        errors.append(error)
        edges += [abs(float(each.log_f(t) - each.log_g(t))) for t in (low, high) if each.log_f(t) > -CUT]
    value = max(0.0, math.fsum(itertools.chain(*rows.values())))
    missed = _missed(pieces)
    errors.append(missed * (value if without_signs else 1 + value))
    if missed > 1e-9:  # a tail that float64 does not reach, where log(f/g) grows further
        furthest = max((x for x in edges if x < math.inf), default=math.inf)
        errors.append(2 * missed * furthest * (1 - 1 / math.log(missed)) if missed < 0.5 else math.inf)
    heading = "∫ f·log(f/g) − f + g" if without_signs else "∫ f·log(f/g)"
    return Numerical(value, math.fsum(errors), _named(rows), heading)


def _missed(pieces: Sequence[tuple[_Stretch, float, float]]) -> float:
    """What of the mass of F is in no piece, or is there and badly known."""
    missed = abs(1 - math.fsum(each.mass(low, high) for each, low, high in pieces))
    if missed > 1e-9:  # a piece that is too wide for a rule without adaptation
        found = [_integral(each.density, low, high, 1e-15)[0] for each, low, high in pieces]
        missed = abs(1 - math.fsum(found))
    return missed


def _integral(function: Callable[[float], Any], low: float, high: float, faint: float) -> tuple[float, float]:
    """The integral to 1e-12 of itself, or to what is faint, and the estimate of its error."""
    try:
        from scipy.integrate import quad
    except ImportError:
        raise MissingExtraError("quadrature", "check") from None
    found = quad(function, low, high, full_output=True, epsabs=faint, epsrel=1e-12, limit=100)  # full: no warnings
    return found[0], found[1]


def _named(rows: Mapping[tuple[float, float], Sequence[float]]) -> dict[str, float]:
    """The parts by the interval they are from, in order; those whose ends read the same are one."""
    named: dict[str, list[float]] = {}
    for (low, high), parts in sorted(rows.items()):
        named.setdefault(f"{short(low)} to {short(high)}", []).extend(parts)
    return {name: math.fsum(parts) for name, parts in named.items()}


def _summed(f: Counts, g: Counts) -> Numerical:
    plainly = _sum(f, g, _window(f, g), False)
    if plainly.value >= _SMALL:
        return plainly
    own, other = _window(f, g), _window(g, f)
    both = _Window(min(own.low, other.low), max(own.high, other.high), own.rest + other.rest)
    return _sum(f, g, both, True)


class _Window(NamedTuple):
    """The whole numbers from low to high, and an estimate, from above, of what the terms outside add up to."""

    low: int
    high: int
    rest: float


def _window(f: Counts, g: Counts) -> _Window:
    """Where F counts. Above it, terms fall like a geometric series or faster; below it, there are fewer than x."""

    def weight(x: float) -> float:
        logs = float(f.log_density(x)), float(g.log_density(x))
        return max(_weight(*logs), logs[1])

    start, end = f.support
    if not (f.spread() < _MOST and f.centre() < 2.0**53):
        raise _too_many(f)
    middle = min(max(float(round(f.centre())), start), end)
    top, least = weight(middle), max(1.0, f.spread())
    low = high = middle
    below = above = -math.inf
    step = least
    while low > start and (below := weight(low) + math.log(low + 1)) >= top - 0.5 * _FAINT:
        low, step, top = max(start, math.floor(middle - step)), 2 * step, max(top, weight(low))
    step = least
    while high < end and (above := _beyond(f, high, weight(high))) >= top - 0.5 * _FAINT:
        high, step, top = min(end, math.ceil(middle + step)), 2 * step, max(top, weight(high))
    if high - low >= _MOST:
        raise _too_many(f)
    rest = (math.exp(below) if low > start else 0.0) + (math.exp(above) if high < end else 0.0)
    return _Window(int(low), int(high), rest)


def _too_many(f: Counts) -> InputError:
    return InputError(f"{f} spreads over more than {_MOST:,} whole numbers: too many to add up")


def _beyond(f: Counts, x: float, weight: float) -> float:
    """The logarithm of what the terms from x on come to at most, where f falls by a known ratio; inf if it rises."""
    ratio = f.ratio_beyond(x) * (1 + 2 / (x + 1))  # in the end log(f/g) grows no faster than x·log x
    return weight - math.log1p(-ratio) if ratio < 1 else math.inf


def _sum(f: Counts, g: Counts, window: _Window, without_signs: bool) -> Numerical:
    step = _share(window.high - window.low + 1, 10 * _ROWS)
    cuts = [*range(window.low, window.high + 1, step), window.high + 1]
    parts, noise = [], window.rest
    for low, end in itertools.pairwise(cuts):
        sums = []
        for first in range(low, end, BLOCK):
            x = np.arange(first, min(first + BLOCK, end), dtype=float)
            logs = f.log_density(x), g.log_density(x)
            sums.append(sum_of(_terms(*logs, without_signs)))
            noise += float(_noise(*logs, without_signs).sum())
        parts.append((low, end - 1, math.fsum(sums)))
    heading = "Σ f·log(f/g) − f + g" if without_signs else "Σ f·log(f/g)"
    return Numerical(max(0.0, math.fsum(x for _, _, x in parts)), noise, dict(_rows(parts)), heading)


def _rows(parts: Sequence[tuple[int, int, float]]) -> Iterator[tuple[str, float]]:
    """The parts by their numbers, in so many rows that all fit, and one row for what is too faint at either end."""
    faint = _UNSEEN * max(abs(x) for _, _, x in parts)
    seen = [index for index, (_, _, x) in enumerate(parts) if abs(x) >= faint]
    first, end = seen[0], seen[-1] + 1
    step = _share(end - first, _ROWS)
    shown = [parts[start : min(start + step, end)] for start in range(first, end, step)]
    for row in filter(None, [parts[:first], *shown, parts[end:]]):
        low, high = row[0][0], row[-1][1]
        yield str(low) if low == high else f"{low} to {high}", math.fsum(x for _, _, x in row)


def _share(count: int, rows: int) -> int:
    """How many are in each of so many rows, rounded up."""
    return -(-count // rows)
