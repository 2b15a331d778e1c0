"""Families on the line, and that of angles."""

from __future__ import annotations

import functools
import math
from abc import abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

from klcli import special
from klcli.families.family import NOT_NEGATIVE, POSITIVE, Family, family, plain
from klcli.lazy import np
from klcli.numerics import exp_gap
from klcli.special import EULER, LOG_2PI, digamma_gap, log_beta, log_ratio

if TYPE_CHECKING:
    from klcli.numerics import Array

CUT = 700.0  # e to that is still a float64, and e to minus that is not 0


class Density(Family):
    """A distribution of numbers that has a density.

    How heavy its tails are decides which divergences are finite: E|x|^p is infinite from p = `moment_bound` on, the
    density is like x^`power_at_zero` near 0 where that is finite, and −log of the density grows like x^`tail_power`,
    0 standing for slower than any power.
    """

    locations: ClassVar[tuple[str, ...]] = ()  # the parameters that move with x, where it can be moved

    @property
    def support(self) -> tuple[float, float]:
        """The ends of the interval where the density is not 0."""
        return (-math.inf, math.inf)

    def moved(self, by: float) -> Self:
        """The distribution of x + by."""
        return replace(self, **{name: getattr(self, name) + by for name in self.locations})

    @abstractmethod
    def landmarks(self) -> tuple[float, float, float]:
        """About where the quantiles 1/6, 1/2 and 5/6 are: a hint where to look, which need not be exact."""

    def knots(self) -> Array:
        """Numbers around its middle, at its own scale and from there out: where its density may bend."""
        return spread_out(*self.landmarks())

    def log_landmarks(self) -> tuple[float, float, float]:
        """The landmarks of log x, where x is positive."""
        low, centre, high = map(math.log, self.landmarks())
        return (low, centre, high)

    def log_density_of_log(self, t: Any) -> Array:
        """The log-density of log x at t, which is that of x plus t."""
        result: Array = self.log_density(np.exp(t)) + t
        return result

    def log_cost(self, x: Any, beyond: Any = 0.0) -> Array:
        """The logarithm of −log of the density at x·e^beyond where that is huge: log of what grows most in it.

        A heavy tail of F makes little of it, so that it counts even where float64 does not hold it itself. −inf where
        −log of the density is huge nowhere.
        """
        return np.full_like(np.asarray(x + beyond, float), -math.inf)

    def log_cost_of_log(self, t: Any) -> Array:
        """The same at x = e^t."""
        beyond = np.maximum(np.asarray(t, float) - CUT, 0)
        return self.log_cost(np.exp(t - beyond), beyond)

    def moment_bound(self) -> float:
        """The order from which E|x|^p is infinite."""
        return math.inf

    def power_at_zero(self) -> float:
        """The power of x that the density is like near 0; inf where it is less than any power, or 0."""
        return math.inf

    def tail_power(self) -> float:
        """The power of x that −log of the density grows like."""
        return 0.0


def _log_distance(x: Any, beyond: Any, loc: float, scale: float) -> Array:
    """The logarithm of |z| for z = (x·e^beyond − loc)/scale."""
    with np.errstate(divide="ignore"):
        result: Array = np.log(np.abs(x - loc * np.exp(-beyond))) + beyond - math.log(scale)
    return result


def spread_out(low: float, centre: float, high: float) -> Array:
    """Points from the centre out to both sides, at multiples of its distance to low and to high."""
    steps = 32.0 ** np.arange(9)
    return np.concatenate([centre - (centre - low) * steps[::-1], [centre], centre + (high - centre) * steps])


@family
class Normal(Density):
    """Normal distribution with its mean and its standard deviation."""

    mean: float
    sd: float
    locations: ClassVar = ("mean",)
    rules: ClassVar = {"sd": POSITIVE}

    def log_density(self, x: Any) -> Array:
        """−z²/2 − log(sd·√2π), z = (x − mean)/sd."""
        z = (np.asarray(x, float) - self.mean) / self.sd
        with np.errstate(over="ignore"):
            result: Array = -0.5 * z * z - (math.log(self.sd) + 0.5 * LOG_2PI)
        return result

    def landmarks(self) -> tuple[float, float, float]:
        """The mean, a standard deviation to both sides."""
        return (self.mean - self.sd, self.mean, self.mean + self.sd)

    def log_cost(self, x: Any, beyond: Any = 0.0) -> Array:
        """That of z²/2."""
        return 2 * _log_distance(x, beyond, self.mean, self.sd) - math.log(2)

    def tail_power(self) -> float:
        """As z²/2."""
        return 2.0

    def entropy(self) -> float:
        """½·log(2πe·sd²)."""
        return math.log(self.sd) + 0.5 * (LOG_2PI + 1)

    def centre(self) -> float:
        """The mean."""
        return self.mean

    def variance(self) -> float:
        """sd²."""
        return self.sd**2

    def exponential_moment(self, s: float, about: float) -> float:
        """E[e^(−s·(x − about))]."""
        return math.exp(0.5 * (s * self.sd) ** 2 - s * (self.mean - about))


@family
class Laplace(Density):
    """Laplace distribution, of two exponentials back to back."""

    loc: float
    scale: float
    locations: ClassVar = ("loc",)
    rules: ClassVar = {"scale": POSITIVE}

    def log_density(self, x: Any) -> Array:
        """−|z| − log(2·scale), z = (x − loc)/scale."""
        return -np.abs(np.asarray(x, float) - self.loc) / self.scale - math.log(2 * self.scale)

    def landmarks(self) -> tuple[float, float, float]:
        """loc, a scale to both sides."""
        return (self.loc - self.scale, self.loc, self.loc + self.scale)

    def log_cost(self, x: Any, beyond: Any = 0.0) -> Array:
        """That of |z|."""
        return _log_distance(x, beyond, self.loc, self.scale)

    def tail_power(self) -> float:
        """As |z|."""
        return 1.0

    def entropy(self) -> float:
        """1 + log(2·scale)."""
        return 1 + math.log(2 * self.scale)

    def centre(self) -> float:
        """The mean, loc."""
        return self.loc

    def variance(self) -> float:
        """2·scale²."""
        return 2 * self.scale**2

    def exponential_moment(self, s: float, about: float) -> float:
        """E[e^(−s·(x − about))], for s·scale < 1."""
        return math.exp(-s * (self.loc - about)) / ((1 - s * self.scale) * (1 + s * self.scale))


class StudentLike(Density):
    """Student's t and its case with one degree of freedom."""

    @abstractmethod
    def as_student(self) -> tuple[float, float, float]:
        """Degrees of freedom, location and scale."""

    @functools.cached_property
    def _log_width(self) -> float:
        """log(√df·B(df/2, ½)), of which the large numbers that cancel for many degrees of freedom are left out."""
        df, _, _ = self.as_student()
        half = 0.5 * df
        if half < 1:
            return 0.5 * math.log(df) + log_beta(half, 0.5)
        return 0.5 * LOG_2PI + 0.5 * digamma_gap(half) - special.bregman_log_gamma(half + 0.5, half, 0.5)

    @functools.cached_property
    def _constant(self) -> float:
        return -math.log(self.as_student()[2]) - self._log_width

    def log_density(self, x: Any) -> Array:
        """−½(df + 1)·log(1 + z²/df) − log(scale·√df·B(df/2, ½)), z = (x − loc)/scale."""
        df, loc, scale = self.as_student()
        apart = np.abs(np.asarray(x, float) - loc)
        with np.errstate(over="ignore", divide="ignore"):
            z = apart / scale / math.sqrt(df)
            logs: Array = np.where(z > 1e100, 2 * (np.log(apart) - math.log(scale)) - math.log(df), np.log1p(z * z))
        result: Array = self._constant - 0.5 * (df + 1) * logs
        return result

    def log_density_of_log(self, t: Any) -> Array:
        """The log-density of log x at t; far out it is that of x^−df, without x itself, which may be no float64."""
        df, loc, scale = self.as_student()
        width = math.log(scale) + 0.5 * math.log(df)
        start = min(20 + (max(width, math.log(abs(loc))) if loc else width), CUT)
        t = np.asarray(t, float)
        far = np.maximum(t, start)
        tail: Array = self._constant + (df + 1) * (width - np.log1p(-loc * np.exp(-far))) - df * far
        return np.where(t > start, tail, self.log_density(np.exp(np.minimum(t, start))) + t)

    def landmarks(self) -> tuple[float, float, float]:
        """loc, a scale to both sides."""
        _, loc, scale = self.as_student()
        return (loc - scale, loc, loc + scale)

    def moment_bound(self) -> float:
        """E|x|^df is infinite."""
        return self.as_student()[0]


@family
class Cauchy(StudentLike):
    """Cauchy distribution, which has no mean."""

    loc: float
    scale: float
    locations: ClassVar = ("loc",)
    rules: ClassVar = {"scale": POSITIVE}

    def as_student(self) -> tuple[float, float, float]:
        """One degree of freedom."""
        return (1.0, self.loc, self.scale)


@family
class Student(StudentLike):
    """Student's t distribution with df degrees of freedom, moved and stretched."""

    df: float
    loc: float
    scale: float
    locations: ClassVar = ("loc",)
    rules: ClassVar = {"df": POSITIVE, "scale": POSITIVE}
    torch_name: ClassVar = "StudentT"

    def as_student(self) -> tuple[float, float, float]:
        """Itself."""
        return (self.df, self.loc, self.scale)

    def entropy(self) -> float:
        """½(df + 1)·(ψ(½df + ½) − ψ(½df)) + log(√df·B(½df, ½)·scale)."""
        half = 0.5 * self.df
        slopes = math.log1p(1 / self.df) + digamma_gap(half) - digamma_gap(half + 0.5)
        return (half + 0.5) * slopes + self._log_width + math.log(self.scale)

    def centre(self) -> float:
        """The mean, loc, for df > 1."""
        return self.loc

    def variance(self) -> float:
        """scale²·df/(df − 2), for df > 2."""
        return self.scale**2 * self.df / (self.df - 2)


@family
class Gumbel(Density):
    """Gumbel distribution of largest values, with its mode loc."""

    loc: float
    scale: float
    locations: ClassVar = ("loc",)
    rules: ClassVar = {"scale": POSITIVE}

    def log_density(self, x: Any) -> Array:
        """−z − e^−z − log(scale), z = (x − loc)/scale."""
        z = (np.asarray(x, float) - self.loc) / self.scale
        with np.errstate(over="ignore"):
            return -z - np.exp(-z) - math.log(self.scale)

    def landmarks(self) -> tuple[float, float, float]:
        """The mode, and more above than below."""
        return (self.loc - self.scale, self.loc, self.loc + 2 * self.scale)

    def log_cost(self, x: Any, beyond: Any = 0.0) -> Array:
        """That of z or e^−z, whichever is more."""
        with np.errstate(over="ignore"):
            z = (x - self.loc * np.exp(-beyond)) / self.scale * np.exp(beyond)
        result: Array = np.maximum(_log_distance(x, beyond, self.loc, self.scale), -z)
        return result

    def tail_power(self) -> float:
        """As z, above; below it grows like e^−z."""
        return 1.0

    def entropy(self) -> float:
        """log(scale) + γ + 1, with Euler's constant γ."""
        return math.log(self.scale) + EULER + 1

    def centre(self) -> float:
        """The mean, loc + γ·scale."""
        return self.loc + EULER * self.scale

    def variance(self) -> float:
        """π²/6·scale²."""
        return (math.pi * self.scale) ** 2 / 6


@family
class Uniform(Density):
    """Uniform distribution between two numbers."""

    low: float
    high: float
    locations: ClassVar = ("low", "high")

    def fault(self) -> str:
        """What is wrong with the parameters, "" where nothing is."""
        wrong = super().fault()
        if not wrong and not self.low < self.high:
            wrong = f"high is {plain(self.high)}: it must be above low, {plain(self.low)}"
        if not wrong and math.isinf(self.high - self.low):
            wrong = "high − low is beyond the largest float64"
        return wrong

    @property
    def support(self) -> tuple[float, float]:
        """From low to high."""
        return (self.low, self.high)

    @property
    def width(self) -> float:
        """How far its ends are apart."""
        return self.high - self.low

    def log_density(self, x: Any) -> Array:
        """−log(high − low)."""
        x = np.asarray(x, float)
        return np.where((self.low <= x) & (x <= self.high), -math.log(self.width), -math.inf)

    def landmarks(self) -> tuple[float, float, float]:
        """Exact here."""
        return (self.low + self.width / 6, self.low + self.width / 2, self.high - self.width / 6)

    def power_at_zero(self) -> float:
        """0 where it reaches 0."""
        return math.inf if self.low > 0 else 0.0

    def entropy(self) -> float:
        """log(high − low)."""
        return math.log(self.width)

    def centre(self) -> float:
        """The mean, (low + high)/2."""
        return 0.5 * self.low + 0.5 * self.high

    def variance(self) -> float:
        """(high − low)²/12."""
        return self.width**2 / 12

    def exponential_moment(self, s: float, about: float) -> float:
        """E[e^(−s·(x − about))]."""
        return math.exp(-s * (self.low - about)) * -math.expm1(-s * self.width) / (s * self.width)

    # Where low >= 0, log x is log high less an exponential that is cut at log(high/low).

    @property
    def _cut(self) -> float:
        return log_ratio(self.high, self.low) if self.low > 0 else math.inf

    def mean_log(self) -> float:
        """E[log x], for low >= 0."""
        return math.log(self.high) - _mean_of_cut(self._cut)

    def mean_log_of_rest(self) -> float:
        """E[log(1 − x)], for high <= 1."""
        cut = math.log1p(-self.low) - math.log1p(-self.high) if self.high < 1 else math.inf
        return math.log1p(-self.low) - _mean_of_cut(cut)

    def variance_log(self) -> float:
        """The variance of log x, 1 − (c/2 / sinh c/2)² with c = log(high/low), for low >= 0."""
        half = 0.5 * self._cut
        if half > 1:
            return 1 - (half / math.sinh(half)) ** 2 if half < 350 else 1.0
        short = math.fsum(half ** (2 * k + 1) / math.factorial(2 * k + 1) for k in range(1, 10)) / math.sinh(half)
        return short * (2 - short)

    def log_moment(self, order: float) -> float:
        """Log E[x^order], for low >= 0."""
        step = order + 1
        share = -math.expm1(-step * self._cut) / step if step else self._cut
        return order * math.log(self.high) + math.log(share / -math.expm1(-self._cut))


def _mean_of_cut(cut: float) -> float:
    """The mean of an exponential distribution with rate 1 of which nothing is beyond the cut: 1 − cut/(e^cut − 1)."""
    return float(exp_gap(cut)) / math.expm1(cut) if cut < CUT else 1.0


@family
class VonMises(Density):
    """Von Mises distribution of angles in radians, around mu with concentration kappa."""

    mu: float
    kappa: float
    rules: ClassVar = {"kappa": NOT_NEGATIVE}

    @property
    def space(self) -> str:
        """Angles, which go round."""
        return "angles"

    @property
    def support(self) -> tuple[float, float]:
        """Once around the circle."""
        return (self.mu - math.pi, self.mu + math.pi)

    @functools.cached_property
    def _constant(self) -> float:
        return -LOG_2PI - special.log_i0e(self.kappa)

    def log_density(self, x: Any) -> Array:
        """kappa·cos(x − mu) − log(2π·I₀(kappa))."""
        return self._constant - 2 * self.kappa * np.sin(0.5 * (np.asarray(x, float) - self.mu)) ** 2

    def landmarks(self) -> tuple[float, float, float]:
        """mu, and the standard deviation where the angles are close to it."""
        width = 1 / math.sqrt(max(self.kappa, 1.0))
        return (self.mu - width, self.mu, self.mu + width)
