"""Parametric families, and the Kullback-Leibler divergence between two of them: in closed form, or by quadrature.

A family is one class, whose fields are its parameters; an object of it is a distribution. A closed form is one
function, entered in CLOSED_FORMS for the pairs that it is good for: it gives the named parts of the textbook's
formula and, where they would cancel for parameters that are close, the value from a form that keeps its digits.
What has no closed form is integrated, or summed if it is discrete, with an estimate of the error.

Everything here is in nats; `continuous` and `verify` apply the base, once, at the end. Densities are natural
logarithms, vectorised, and −inf where there is no density, which counts the ends of a support in.
"""

from __future__ import annotations

import functools
import itertools
import math
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol, Self, TypeVar, dataclass_transform

from klcli import special
from klcli.errors import InputError, KlcliError, MissingExtraError, OptionError, clipped
from klcli.lazy import np
from klcli.numerals import NumeralError, number
from klcli.numerics import BLOCK, Contrast, sum_of
from klcli.result import Result, unit_of
from klcli.special import digamma, digamma_gap, exp_gap, legendre, log_gamma_ratio, log_ratio, stirling_error

if TYPE_CHECKING:
    from klcli.numerics import Array

METHODS = ("auto", "closed-form", "numerical")

EULER = 0.5772156649015329  # Euler's constant, −ψ(1)
LOG_2PI = math.log(2 * math.pi)

_CUT = 700.0  # e to that is still a float64, and e to minus that is not 0

Load = Callable[[str], Sequence[Sequence[float]]]  # from the name of a file to its rows of numbers


class ParameterError(InputError):
    """Raised when a parameter is not what its family takes; `what` says so without naming the distribution."""

    def __init__(self, subject: str, what: str) -> None:
        super().__init__(f"{clipped(subject)}: {what}")
        self.what = what


class Rule(NamedTuple):
    """What a parameter must be, as a test and in words."""

    holds: Callable[[float], bool]
    must: str


POSITIVE = Rule(lambda x: x > 0, "> 0")
NOT_NEGATIVE = Rule(lambda x: x >= 0, ">= 0")
SHARE = Rule(lambda x: 0 <= x <= 1, "from 0 to 1")
CHANCE = Rule(lambda x: 0 < x <= 1, "above 0 and at most 1")
COUNT = Rule(lambda x: x >= 1 and x.is_integer(), "a whole number of at least 1")


@dataclass(frozen=True)
class Family(ABC):
    """A distribution of a parametric family, whose fields are its parameters; str() writes it as `parse` reads it.

    Two of them have a divergence if both are `discrete` or neither is, and if they are over the same `space`.
    Raises ParameterError where a parameter is not what `rules` say.
    """

    name: ClassVar[str]
    rules: ClassVar[Mapping[str, Rule]] = {}
    discrete: ClassVar[bool] = False
    optional: ClassVar[tuple[str, ...]] = ()  # parameters that may be left out
    numbered: ClassVar[bool] = False  # its parameters are a1, a2, ..., as many as are given
    takes_lists: ClassVar[bool] = False  # or files, for parameters that are not single numbers
    torch_name: ClassVar[str] = ""  # in torch.distributions, where it is not the name of the class

    @property
    def space(self) -> str:
        """What a draw is."""
        return "numbers"

    @abstractmethod
    def log_density(self, x: Any) -> Array:
        """The logarithm of the density, or of the probability where it is discrete, at each x."""

    def parameters(self) -> dict[str, float]:
        """The parameters by their names."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    def __post_init__(self) -> None:
        for name, value in self.parameters().items():
            object.__setattr__(self, name, float(value))
        fault = self.fault()
        if fault:
            raise ParameterError(str(self), fault)

    def fault(self) -> str:
        """What is wrong with the parameters, "" where nothing is."""
        return _fault(self.parameters(), self.rules)

    def __str__(self) -> str:
        return f"{self.name}({', '.join(plain(value) for value in self.parameters().values())})"

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """The names of its parameters, in order."""
        return tuple(each.name for each in fields(cls))

    @classmethod
    def usage(cls) -> str:
        """How it is written: normal(mean, sd)."""
        return f"{cls.name}({', '.join(cls.names())})"

    @classmethod
    def made(cls, values: Mapping[str, Any]) -> Family:
        """The distribution with these parameters as they were written: numbers, and lists where it takes them."""
        return cls(**values)

    def torch_parameters(self) -> tuple[Any, ...]:
        """The parameters in the order and with the meaning that they have in torch.distributions."""
        return tuple(self.parameters().values())


FAMILIES: dict[str, type[Family]] = {}  # by the name that is written, in the order of this page

_Member = TypeVar("_Member", bound=Family)


@dataclass_transform(frozen_default=True)
def family(cls: type[_Member]) -> type[_Member]:
    """A decorator that makes a class a frozen dataclass and enters it under its own name in small letters."""
    made = dataclass(frozen=True)(cls)
    made.name = cls.__name__.lower()
    FAMILIES[made.name] = made
    return made


def plain(x: float) -> str:
    """The number in the fewest digits that write it exactly."""
    return repr(float(x)).removesuffix(".0")


def _fault(parameters: Mapping[str, float], rules: Mapping[str, Rule]) -> str:
    for name, value in parameters.items():
        if not math.isfinite(value):
            return f"{name} is {value}: it must be a finite number"
        if name in rules and not rules[name].holds(value):
            return f"{name} is {plain(value)}: it must be {rules[name].must}"
    return ""


# Families on the line


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
    def _landmarks(self) -> tuple[float, float, float]:
        """About where the quantiles 1/6, 1/2 and 5/6 are: a hint where to look, which need not be exact."""

    def knots(self) -> Array:
        """Numbers around its middle, at its own scale and from there out: where its density may bend."""
        return _spread(*self._landmarks())

    def log_density_of_log(self, t: Any) -> Array:
        """The log-density of log x at t, which is that of x plus t."""
        result: Array = self.log_density(np.exp(t)) + t
        return result

    def moment_bound(self) -> float:
        """The order from which E|x|^p is infinite."""
        return math.inf

    def power_at_zero(self) -> float:
        """The power of x that the density is like near 0; inf where it is less than any power, or 0."""
        return math.inf

    def tail_power(self) -> float:
        """The power of x that −log of the density grows like."""
        return 0.0


def _spread(low: float, centre: float, high: float) -> Array:
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

    def _landmarks(self) -> tuple[float, float, float]:
        return (self.mean - self.sd, self.mean, self.mean + self.sd)

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

    def _landmarks(self) -> tuple[float, float, float]:
        return (self.loc - self.scale, self.loc, self.loc + self.scale)

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


class _StudentLike(Density):
    """Student's t and its case with one degree of freedom."""

    @abstractmethod
    def as_student(self) -> tuple[float, float, float]:
        """Degrees of freedom, location and scale."""

    @functools.cached_property
    def _constant(self) -> float:
        df, _, scale = self.as_student()
        return -math.log(scale) - 0.5 * math.log(df) - _log_beta(0.5 * df, 0.5)

    def log_density(self, x: Any) -> Array:
        """−½(df + 1)·log(1 + z²/df) − log(scale·√df·B(df/2, ½)), z = (x − loc)/scale."""
        df, loc, scale = self.as_student()
        z = np.abs(np.asarray(x, float) - loc) / (scale * math.sqrt(df))
        with np.errstate(over="ignore", divide="ignore"):
            logs = np.where(z > 1e100, 2 * np.log(z), np.log1p(z * z))
        result: Array = self._constant - 0.5 * (df + 1) * logs
        return result

    def log_density_of_log(self, t: Any) -> Array:
        """The log-density of log x at t."""
        beyond = np.maximum(np.asarray(t, float) - _CUT, 0)  # where e^t is not a float64, the tail is a power of x
        result: Array = self.log_density(np.exp(t - beyond)) - (self.as_student()[0] + 1) * beyond + t
        return result

    def _landmarks(self) -> tuple[float, float, float]:
        _, loc, scale = self.as_student()
        return (loc - scale, loc, loc + scale)

    def moment_bound(self) -> float:
        """E|x|^df is infinite."""
        return self.as_student()[0]


@family
class Cauchy(_StudentLike):
    """Cauchy distribution, which has no mean."""

    loc: float
    scale: float
    locations: ClassVar = ("loc",)
    rules: ClassVar = {"scale": POSITIVE}

    def as_student(self) -> tuple[float, float, float]:
        """One degree of freedom."""
        return (1.0, self.loc, self.scale)


@family
class Student(_StudentLike):
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
        return (half + 0.5) * slopes + 0.5 * math.log(self.df) + _log_beta(half, 0.5) + math.log(self.scale)

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

    def _landmarks(self) -> tuple[float, float, float]:
        return (self.loc - self.scale, self.loc, self.loc + 2 * self.scale)

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

    def _landmarks(self) -> tuple[float, float, float]:
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
    return float(exp_gap(cut)) / math.expm1(cut) if cut < _CUT else 1.0


# Families of positive numbers


class Positive(Density):
    """A distribution of positive numbers: its density follows from log x, which keeps what is near 0.

    Mean and variance follow from `log_moment` and `log_spread`.
    """

    @property
    def support(self) -> tuple[float, float]:
        """From 0 up."""
        return (0.0, math.inf)

    @abstractmethod
    def log_density_of_log(self, t: Any) -> Array:
        """The log-density of log x at t: of x itself it would lose the digits of a density near 0."""

    def log_density(self, x: Any) -> Array:
        """The log-density at each x."""
        x = np.asarray(x, float)
        positive = x > 0
        with np.errstate(over="ignore"):
            t = np.log(np.where(positive, x, 1.0))
            return np.where(positive, self.log_density_of_log(t) - t, -math.inf)

    @abstractmethod
    def _log_landmarks(self) -> tuple[float, float, float]:
        """The landmarks of log x."""

    def _landmarks(self) -> tuple[float, float, float]:
        low, centre, high = np.exp(self._log_landmarks()).tolist()
        return (low, centre, high)

    def knots(self) -> Array:
        """Numbers around its middle, spread on the scale of log x."""
        with np.errstate(over="ignore"):
            result: Array = np.exp(_spread(*self._log_landmarks()))
        return result

    @abstractmethod
    def log_moment(self, order: float) -> float:
        """Log E[x^order], where that is finite."""

    @abstractmethod
    def log_spread(self) -> float:
        """Log E[x²]/E[x]², where that is finite."""

    def centre(self) -> float:
        """The mean."""
        return math.exp(self.log_moment(1.0))

    def variance(self) -> float:
        """E[(x − E[x])²]."""
        return math.exp(2 * self.log_moment(1.0)) * math.expm1(self.log_spread())


def _log_beta(a: float, b: float) -> float:
    """The logarithm of the beta function B(a, b)."""
    if a + b < 20:
        return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
    return math.lgamma(min(a, b)) - log_gamma_ratio(max(a, b), min(a, b))


class _GammaPower(Positive):
    """The distribution of scale·u^(1/power) for u from gamma(shape, 1): gamma, Weibull and their relatives."""

    @abstractmethod
    def as_gamma_power(self) -> tuple[float, float, float]:
        """Shape, the logarithm of the scale, and power."""

    def log_density_of_log(self, t: Any) -> Array:
        """Written around the mean of u, where its terms are small: shape·(s − e^s + 1) and a constant."""
        shape, log_scale, power = self.as_gamma_power()
        s = power * (np.asarray(t, float) - log_scale) - math.log(shape)
        with np.errstate(over="ignore"):
            result: Array = shape * (s - np.expm1(s)) + self._constant
        return result

    @functools.cached_property
    def _constant(self) -> float:
        shape, _, power = self.as_gamma_power()
        return _log_peak(shape) + math.log(abs(power))

    def _log_landmarks(self) -> tuple[float, float, float]:
        shape, log_scale, power = self.as_gamma_power()
        centre, width = math.log(shape), 1 / math.sqrt(shape)
        ends = [log_scale + x / power for x in (centre - max(width, width * width), centre + min(width, 1.0))]
        return (min(ends), log_scale + centre / power, max(ends))

    def moment_bound(self) -> float:
        """The shape of 1/x."""
        shape, _, power = self.as_gamma_power()
        return math.inf if power > 0 else -power * shape

    def power_at_zero(self) -> float:
        """That of x^(power·shape − 1)."""
        shape, _, power = self.as_gamma_power()
        return power * shape - 1 if power > 0 else math.inf

    def tail_power(self) -> float:
        """That of u."""
        return max(0.0, self.as_gamma_power()[2])

    def entropy(self) -> float:
        """That of log u, by Stirling's formula, and what scale and power make of it."""
        shape, _, power = self.as_gamma_power()
        of_log = shape * digamma_gap(shape) - _log_peak(shape)
        return of_log - math.log(abs(power)) + self.mean_log()

    def mean_log(self) -> float:
        """E[log x] = log scale + ψ(shape)/power."""
        shape, log_scale, power = self.as_gamma_power()
        return log_scale + digamma(shape) / power

    def variance_log(self) -> float:
        """The variance of log x, ψ'(shape)/power²."""
        shape, _, power = self.as_gamma_power()
        return special.trigamma(shape) / power / power

    def log_moment(self, order: float) -> float:
        """Log E[x^order] = order·log scale + log Γ(shape + order/power)/Γ(shape)."""
        shape, log_scale, power = self.as_gamma_power()
        return order * log_scale + log_gamma_ratio(shape, order / power)

    def log_spread(self) -> float:
        """Log E[x²]/E[x]², from log Γ at three shapes in steps of 1/power."""
        shape, _, power = self.as_gamma_power()
        middle = shape + 1 / power
        return special.bregman_log_gamma(middle + 1 / power, middle) + special.bregman_log_gamma(shape, middle)


def _log_peak(shape: float) -> float:
    """The logarithm of what the density of log u is at u = shape, for u from gamma(shape, 1)."""
    return 0.5 * (math.log(shape) - LOG_2PI) - float(stirling_error(shape))


class _GammaLike(_GammaPower):
    """The gamma distribution and its cases, by shape and rate."""

    @abstractmethod
    def as_gamma(self) -> tuple[float, float]:
        """Shape and rate."""

    def as_gamma_power(self) -> tuple[float, float, float]:
        """With power 1."""
        shape, rate = self.as_gamma()
        return (shape, -math.log(rate), 1.0)

    def exponential_moment(self, s: float, about: float) -> float:
        """E[e^(−s·(x − about))] = (rate/(rate + s))^shape·e^(s·about)."""
        shape, rate = self.as_gamma()
        return math.exp(s * about - shape * math.log1p(s / rate))


@family
class Exponential(_GammaLike):
    """Exponential distribution, with mean 1/rate."""

    rate: float
    rules: ClassVar = {"rate": POSITIVE}

    def as_gamma(self) -> tuple[float, float]:
        """Shape 1."""
        return (1.0, self.rate)


@family
class Gamma(_GammaLike):
    """Gamma distribution, with mean shape/rate."""

    shape: float
    rate: float
    rules: ClassVar = {"shape": POSITIVE, "rate": POSITIVE}

    def as_gamma(self) -> tuple[float, float]:
        """Itself."""
        return (self.shape, self.rate)


@family
class Chi2(_GammaLike):
    """Chi-square distribution with df degrees of freedom."""

    df: float
    rules: ClassVar = {"df": POSITIVE}

    def as_gamma(self) -> tuple[float, float]:
        """Shape df/2 and rate ½."""
        return (0.5 * self.df, 0.5)


@family
class InvGamma(_GammaPower):
    """Inverse gamma distribution: that of 1/x for x from gamma(shape, rate=scale)."""

    shape: float
    scale: float
    rules: ClassVar = {"shape": POSITIVE, "scale": POSITIVE}
    torch_name: ClassVar = "InverseGamma"

    @property
    def inverse(self) -> Gamma:
        """The distribution of 1/x."""
        return Gamma(self.shape, self.scale)

    def as_gamma_power(self) -> tuple[float, float, float]:
        """With power −1."""
        return (self.shape, math.log(self.scale), -1.0)


@family
class Weibull(_GammaPower):
    """Weibull distribution: that of scale·u^(1/shape) for u from exponential(1)."""

    shape: float
    scale: float
    rules: ClassVar = {"shape": POSITIVE, "scale": POSITIVE}

    def as_gamma_power(self) -> tuple[float, float, float]:
        """With u from gamma(1, 1)."""
        return (1.0, math.log(self.scale), self.shape)

    def torch_parameters(self) -> tuple[Any, ...]:
        """The scale comes first there."""
        return (self.scale, self.shape)


@family
class HalfNormal(_GammaPower):
    """Half-normal distribution: that of |x| for x from normal(0, scale)."""

    scale: float
    rules: ClassVar = {"scale": POSITIVE}

    def as_gamma_power(self) -> tuple[float, float, float]:
        """With x²/2·scale² from gamma(½, 1)."""
        return (0.5, math.log(self.scale) + 0.5 * math.log(2), 2.0)


@family
class LogNormal(Positive):
    """Log-normal distribution, with the mean and the standard deviation of log x."""

    mu: float
    sigma: float
    rules: ClassVar = {"sigma": POSITIVE}

    @property
    def logarithm(self) -> Normal:
        """The distribution of log x."""
        return Normal(self.mu, self.sigma)

    def log_density_of_log(self, t: Any) -> Array:
        """That of a normal distribution."""
        return self.logarithm.log_density(t)

    def _log_landmarks(self) -> tuple[float, float, float]:
        return self.logarithm._landmarks()

    def entropy(self) -> float:
        """½·log(2πe·sigma²) + mu."""
        return self.logarithm.entropy() + self.mu

    def log_spread(self) -> float:
        """Sigma²."""
        return self.sigma**2

    def mean_log(self) -> float:
        """E[log x] = mu."""
        return self.mu

    def variance_log(self) -> float:
        """The variance of log x, sigma²."""
        return self.sigma**2

    def log_moment(self, order: float) -> float:
        """Log E[x^k] = k·mu + ½·k²·sigma²."""
        return order * self.mu + 0.5 * (order * self.sigma) ** 2


@family
class Pareto(Positive):
    """Pareto distribution of numbers from scale on, with a tail like x^−(shape + 1)."""

    scale: float
    shape: float
    rules: ClassVar = {"scale": POSITIVE, "shape": POSITIVE}

    @property
    def support(self) -> tuple[float, float]:
        """From scale up."""
        return (self.scale, math.inf)

    def log_density_of_log(self, t: Any) -> Array:
        """Log shape − shape·log(x/scale)."""
        s = np.asarray(t, float) - math.log(self.scale)
        return np.where(s >= 0, math.log(self.shape) - self.shape * s, -math.inf)

    def _log_landmarks(self) -> tuple[float, float, float]:
        start = math.log(self.scale)
        return (start, start, start + 1 / self.shape)

    def moment_bound(self) -> float:
        """E[x^shape] is infinite."""
        return self.shape

    def entropy(self) -> float:
        """log(scale/shape) + 1 + 1/shape."""
        return log_ratio(self.scale, self.shape) + 1 + 1 / self.shape

    def log_spread(self) -> float:
        """Log (k − 1)²/(k·(k − 2)) for shape k > 2."""
        return math.log1p(1 / self.shape / (self.shape - 2))

    def mean_log(self) -> float:
        """E[log x] = log scale + 1/shape."""
        return math.log(self.scale) + 1 / self.shape

    def variance_log(self) -> float:
        """The variance of log x, 1/shape²."""
        return 1 / self.shape**2

    def log_moment(self, order: float) -> float:
        """Log E[x^k] = k·log scale − log(1 − k/shape), for k < shape."""
        return order * math.log(self.scale) - math.log1p(-order / self.shape)


@family
class Beta(Positive):
    """Beta distribution of numbers between 0 and 1, with mean a/(a + b)."""

    a: float
    b: float
    rules: ClassVar = {"a": POSITIVE, "b": POSITIVE}

    @property
    def support(self) -> tuple[float, float]:
        """From 0 to 1."""
        return (0.0, 1.0)

    @functools.cached_property
    def mirrored(self) -> Beta:
        """The distribution of 1 − x."""
        return Beta(self.b, self.a)

    @functools.cached_property
    def _constant(self) -> float:
        a, b = self.a, self.b
        errors = float(stirling_error(a) + stirling_error(b) - stirling_error(a + b))
        return 0.5 * (math.log(a) + math.log(b) - math.log(a + b) - LOG_2PI) - errors

    @functools.cached_property
    def log_centre(self) -> float:
        """The logarithm of the mean."""
        return -math.log1p(self.b / self.a)

    def log_density_of_log(self, t: Any) -> Array:
        """For x = e^t, a·log x + (b − 1)·log(1 − x) − log B(a, b)."""
        t = np.asarray(t, float)
        with np.errstate(divide="ignore", invalid="ignore"):
            rest = np.log(-np.expm1(np.minimum(t, 0.0)))  # log(1 − x)
            s = self.a * (t - self.log_centre) + self.b * (rest - self.mirrored.log_centre)
            return np.where(t < 0, s + self._constant - rest, -math.inf)

    def _log_landmarks(self) -> tuple[float, float, float]:
        width = math.sqrt(self.b / self.a / (self.a + self.b + 1))
        return (self.log_centre - width, self.log_centre, min(self.log_centre + width, 0.5 * self.log_centre))

    def power_at_zero(self) -> float:
        """That of x^(a − 1)."""
        return self.a - 1

    def entropy(self) -> float:
        """Log B(a, b) − (a − 1)·ψ(a) − (b − 1)·ψ(b) + (a + b − 2)·ψ(a + b)."""
        a, b = self.a, self.b
        gaps = (a - 1) * digamma_gap(a) + (b - 1) * digamma_gap(b) - (a + b - 2) * digamma_gap(a + b)
        return gaps - self._constant + self.log_centre + self.mirrored.log_centre

    def log_spread(self) -> float:
        """Log (a + 1)·(a + b)/(a·(a + b + 1))."""
        return math.log1p(self.b / self.a / (self.a + self.b + 1))

    def mean_log(self) -> float:
        """E[log x] = ψ(a) − ψ(a + b)."""
        return self.log_centre - digamma_gap(self.a) + digamma_gap(self.a + self.b)

    def variance_log(self) -> float:
        """The variance of log x, ψ'(a) − ψ'(a + b)."""
        return special.trigamma(self.a) - special.trigamma(self.a + self.b)

    def log_moment(self, order: float) -> float:
        """Log E[x^order] = log B(a + order, b)/B(a, b)."""
        return log_gamma_ratio(self.a, order) - log_gamma_ratio(self.a + self.b, order)


# Families of angles, of shares and of vectors


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

    def _landmarks(self) -> tuple[float, float, float]:
        width = 1 / math.sqrt(max(self.kappa, 1.0))
        return (self.mu - width, self.mu, self.mu + width)


@family
class Dirichlet(Family):
    """Dirichlet distribution of the shares of two or more parts, with means a_i/Σa."""

    a: tuple[float, ...]
    numbered: ClassVar = True

    @property
    def space(self) -> str:
        """As many shares as parameters."""
        return f"{len(self.a)} shares"

    def __post_init__(self) -> None:
        object.__setattr__(self, "a", tuple(map(float, self.a)))
        parameters = {f"a{index}": value for index, value in enumerate(self.a, 1)}
        fault = _fault(parameters, dict.fromkeys(parameters, POSITIVE))
        if fault or len(self.a) < 2:
            raise ParameterError(str(self), fault or "there must be at least two parameters")

    def __str__(self) -> str:
        return f"{self.name}({', '.join(map(plain, self.a))})"

    @classmethod
    def usage(cls) -> str:
        """How it is written."""
        return f"{cls.name}(a1, a2, ...)"

    @classmethod
    def made(cls, values: Mapping[str, Any]) -> Dirichlet:
        """The distribution with these parameters, which are all of one kind."""
        return cls(tuple(values.values()))

    def log_density(self, x: Any) -> Array:
        """The log-density at each row of shares, with respect to all of them but the last."""
        a = np.array(self.a)
        constant = math.lgamma(a.sum()) - math.fsum(map(math.lgamma, self.a))
        with np.errstate(divide="ignore"):
            result: Array = ((a - 1) * np.log(np.asarray(x, float))).sum(axis=-1) + constant
        return result

    def factors(self, other: Dirichlet) -> list[tuple[Family, Family]]:
        """Pairs on the line whose divergences add up to that of self and the other.

        Each share, as a fraction of what the ones before it have left, is a beta distribution, independent of the
        others. Source: Connor and Mosimann (1969), "Concepts of independence for proportions".
        """
        sides = [[Beta(x, math.fsum(each.a[i + 1 :])) for i, x in enumerate(each.a[:-1])] for each in (self, other)]
        return list(zip(*sides, strict=True))

    def torch_parameters(self) -> tuple[Any, ...]:
        """All of them together."""
        return (self.a,)


@family
class MvNormal(Family):
    """Normal distribution of vectors, with their mean (None for 0) and their covariance matrix.

    Raises ParameterError where the covariance is not square, not symmetric to 1e-12 of its entries, or not positive
    definite.
    """

    mean: Sequence[float] | None
    cov: Sequence[Sequence[float]]
    optional: ClassVar = ("mean",)
    takes_lists: ClassVar = True
    torch_name: ClassVar = "MultivariateNormal"

    @property
    def space(self) -> str:
        """Vectors as long as the mean."""
        return f"vectors of length {len(self.cov)}"

    def __post_init__(self) -> None:
        object.__setattr__(self, "cov", tuple(tuple(map(float, row)) for row in self.cov))
        mean = (0.0,) * len(self.cov) if self.mean is None else tuple(map(float, self.mean))
        object.__setattr__(self, "mean", mean)
        fault = self.fault()
        if fault:
            raise ParameterError(str(self), fault)

    def fault(self) -> str:
        """What is wrong with the parameters, "" where nothing is."""
        mean, size = self.centre, len(self.cov)
        for row, numbers in enumerate(self.cov, 1):
            if len(numbers) != size:
                return f"cov has {size} rows and {len(numbers)} numbers in row {row}: it must be square"
        if len(mean) != size:
            return f"mean has {len(mean)} numbers and cov has {size} rows: they must agree"
        if not size:
            return "cov is empty"
        if not all(map(math.isfinite, [*mean, *(x for row in self.cov for x in row)])):
            return "every number must be finite"
        return _not_a_covariance(np.array(self.cov))

    @property
    def centre(self) -> Sequence[float]:
        """The mean, which is never None once it is made."""
        return self.mean or ()

    @functools.cached_property
    def matrix(self) -> Array:
        """The covariance, symmetric to the last bit."""
        given = np.array(self.cov)
        result: Array = 0.5 * (given + given.T)
        return result

    def __str__(self) -> str:
        rows = ", ".join(f"[{', '.join(map(plain, row))}]" for row in self.cov)
        return f"{self.name}([{', '.join(map(plain, self.centre))}], [{rows}])"

    @classmethod
    def usage(cls) -> str:
        """How it is written."""
        return f"{cls.name}(mean, cov), {cls.name}(cov) or {cls.name}(FILE)"

    @classmethod
    def made(cls, values: Mapping[str, Any]) -> MvNormal:
        """The distribution with these parameters, each one number, a list of numbers, or a list of rows."""
        cov, mean = values["cov"], values.get("mean")
        if not _are_rows(cov):
            raise ParameterError(cls.name, "cov must be rows of numbers, as [[2, 0.5], [0.5, 1]]")
        if mean is not None:
            if _are_rows(mean) and (len(mean) == 1 or {len(row) for row in mean} == {1}):  # a row or a column
                mean = [x for row in mean for x in row]
            if not all(isinstance(x, float) for x in mean):
                raise ParameterError(cls.name, "mean must be a list of numbers, as [0, 1]")
        return cls(mean, cov)

    def log_density(self, x: Any) -> Array:
        """The log-density at each row of numbers."""
        root = np.linalg.cholesky(self.matrix)
        z = np.linalg.solve(root, (np.asarray(x, float) - self.centre)[..., None])[..., 0]
        result: Array = -0.5 * (z * z).sum(axis=-1) - np.log(np.diag(root)).sum() - 0.5 * len(self.cov) * LOG_2PI
        return result

    def factors(self, other: MvNormal) -> list[tuple[Family, Family]]:
        """Pairs on the line whose divergences add up to that of self and the other.

        The linear map that makes the other standard and self diagonal leaves the divergence as it is.
        """
        spread, turn, moved = _standardised(self, other)
        pairs = zip((turn.T @ moved).tolist(), np.sqrt(spread).tolist(), strict=True)
        return [(Normal(mean, sd), Normal(0.0, 1.0)) for mean, sd in pairs]

    def torch_parameters(self) -> tuple[Any, ...]:
        """The mean and the covariance."""
        return (self.centre, self.cov)


def _are_rows(value: list[Any]) -> bool:
    """Whether this is a list of lists."""
    return all(isinstance(row, list) for row in value)


def _not_a_covariance(given: Array) -> str:
    """Why the matrix is not a covariance of full rank, "" where it is."""
    scale = np.sqrt(np.abs(np.diag(given)))
    apart = np.abs(given - given.T) > 1e-12 * np.outer(scale, scale)
    if apart.any():
        i, j = np.argwhere(apart)[0].tolist()
        entries = f"{plain(given[i, j])} in row {i + 1}, column {j + 1} and {plain(given[j, i])} across"
        return f"cov has {entries}: it must be symmetric"
    try:
        np.linalg.cholesky(0.5 * (given + given.T))
    except np.linalg.LinAlgError:
        least = float(np.linalg.eigvalsh(0.5 * (given + given.T))[0])
        return f"cov has the eigenvalue {least:.3g}: it must be positive definite, all > 0"
    return ""


def _standardised(f: MvNormal, g: MvNormal) -> tuple[Array, Array, Array]:
    """Variances and axes of F where the map that makes G standard takes it, and its mean there."""
    root = np.linalg.cholesky(g.matrix)
    half = np.linalg.solve(root, np.linalg.cholesky(f.matrix))
    turn, widths, _ = np.linalg.svd(half)
    moved = np.linalg.solve(root, np.subtract(f.centre, g.centre))
    return widths**2, turn, moved


# Families of whole numbers


class Counts(Family):
    """A distribution of whole numbers from 0 up."""

    discrete: ClassVar[bool] = True

    @property
    def space(self) -> str:
        """Whole numbers."""
        return "whole numbers"

    @property
    def support(self) -> tuple[float, float]:
        """The first and the last number that has a probability."""
        return (0.0, math.inf)

    @abstractmethod
    def centre(self) -> float:
        """The mean."""

    @abstractmethod
    def spread(self) -> float:
        """The standard deviation."""

    @abstractmethod
    def ratio_beyond(self, x: float) -> float:
        """A bound on f(k + 1)/f(k) for all k >= x."""

    @abstractmethod
    def log_mass(self, x: Array) -> Array:
        """The logarithm of the probability of whole numbers of its support."""

    def log_density(self, x: Any) -> Array:
        """The log-probability at each x."""
        x = np.asarray(x, float)
        low, high = self.support
        inside = (low <= x) & (x <= high) & (x == np.floor(x))
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            return np.where(inside, self.log_mass(np.where(inside, x, low)), -math.inf)


def _deviance(x: Array, mean: Array | float) -> Array:
    """x·log(x/m) − x + m, >= 0, by Loader (2000): the part of a log-probability that sees how far x is from m."""
    apart = (mean - x) / x
    logs = np.where(np.abs(apart) < 0.5, np.log1p(np.maximum(apart, -0.5)), np.log(mean / x))
    result: Array = x * exp_gap(logs)
    return result


def _log_binomial(x: Array, n: Array | float, p: float) -> Array:
    """The log-probability of x successes in n, for real numbers 0 <= x <= n too (Loader 2000)."""
    errors = stirling_error(n) - stirling_error(x) - stirling_error(n - x)
    inner = errors - _deviance(x, n * p) - _deviance(n - x, n * (1 - p)) + 0.5 * np.log(n / x / (n - x))
    none, all_of_them = n * np.log1p(-p), n * np.log(p)
    return np.where(x == 0, none, np.where(x == n, all_of_them, inner - 0.5 * LOG_2PI))


@family
class Poisson(Counts):
    """Poisson distribution, with mean rate."""

    rate: float
    rules: ClassVar = {"rate": POSITIVE}

    def log_mass(self, x: Array) -> Array:
        """x·log(rate) − rate − log(x!)."""
        inner = -stirling_error(x) - _deviance(x, self.rate) - 0.5 * (LOG_2PI + np.log(x))
        return np.where(x == 0, -self.rate, inner)

    def centre(self) -> float:
        """The mean, rate."""
        return self.rate

    def spread(self) -> float:
        """√rate."""
        return math.sqrt(self.rate)

    def ratio_beyond(self, x: float) -> float:
        """f(x + 1)/f(x), which falls."""
        return self.rate / (x + 1)


class _BinomialLike(Counts):
    """The binomial distribution and its case with one draw."""

    @abstractmethod
    def as_binomial(self) -> tuple[float, float]:
        """The number of draws and the chance of a success."""

    @property
    def support(self) -> tuple[float, float]:
        """From 0 to n, or one number where p is 0 or 1."""
        n, p = self.as_binomial()
        return (n if p == 1 else 0.0, 0.0 if p == 0 else n)

    def log_mass(self, x: Array) -> Array:
        """log(n over x) + x·log p + (n − x)·log(1 − p)."""
        n, p = self.as_binomial()
        if p in (0, 1):
            return np.zeros_like(x)
        return _log_binomial(x, n, p)

    def centre(self) -> float:
        """The mean, np."""
        n, p = self.as_binomial()
        return n * p

    def spread(self) -> float:
        """√(np(1 − p))."""
        n, p = self.as_binomial()
        return math.sqrt(n * p * (1 - p))

    def ratio_beyond(self, x: float) -> float:
        """f(x + 1)/f(x), which falls."""
        n, p = self.as_binomial()
        return (n - x) / (x + 1) * p / (1 - p) if p < 1 else 0.0


@family
class Bernoulli(_BinomialLike):
    """Bernoulli distribution: 1 with probability p, or else 0."""

    p: float
    rules: ClassVar = {"p": SHARE}

    def as_binomial(self) -> tuple[float, float]:
        """One draw."""
        return (1.0, self.p)


@family
class Binomial(_BinomialLike):
    """Binomial distribution: the number of successes in n draws."""

    n: float
    p: float
    rules: ClassVar = {"n": COUNT, "p": SHARE}

    def as_binomial(self) -> tuple[float, float]:
        """Itself."""
        return (self.n, self.p)


class _NegativeBinomialLike(Counts):
    """The negative binomial distribution and its case with one success."""

    @abstractmethod
    def as_negative_binomial(self) -> tuple[float, float]:
        """The number of successes to wait for and the chance of each."""

    @property
    def support(self) -> tuple[float, float]:
        """From 0 up, or 0 alone where p is 1."""
        return (0.0, 0.0 if self.as_negative_binomial()[1] == 1 else math.inf)

    def log_mass(self, x: Array) -> Array:
        """log(Γ(x + r)/Γ(r)/x!) + r·log p + x·log(1 − p)."""
        r, p = self.as_negative_binomial()
        inner = np.log(r / (r + x)) + _log_binomial(np.full_like(x, r), r + x, p)
        return np.where(x == 0, r * math.log(p), inner)

    def centre(self) -> float:
        """The mean, r(1 − p)/p."""
        r, p = self.as_negative_binomial()
        return r * (1 - p) / p

    def spread(self) -> float:
        """√(r(1 − p))/p."""
        r, p = self.as_negative_binomial()
        return math.sqrt(r * (1 - p)) / p

    def ratio_beyond(self, x: float) -> float:
        """The larger of f(x + 1)/f(x) and its limit 1 − p."""
        r, p = self.as_negative_binomial()
        return (1 - p) * max(1.0, (x + r) / (x + 1))


@family
class Geometric(_NegativeBinomialLike):
    """Geometric distribution: the number of failures before the first success."""

    p: float
    rules: ClassVar = {"p": CHANCE}

    def as_negative_binomial(self) -> tuple[float, float]:
        """One success."""
        return (1.0, self.p)


@family
class NegBinomial(_NegativeBinomialLike):
    """Negative binomial distribution: the number of failures before r successes, r being any number > 0."""

    r: float
    p: float
    rules: ClassVar = {"r": POSITIVE, "p": CHANCE}
    torch_name: ClassVar = "NegativeBinomial"

    def as_negative_binomial(self) -> tuple[float, float]:
        """Itself."""
        return (self.r, self.p)

    def torch_parameters(self) -> tuple[Any, ...]:
        """There p is the chance of a failure."""
        return (self.r, 1 - self.p)


# Closed forms


class Parts(NamedTuple):
    """The terms of a closed form by their names, and its value from another form, where that loses fewer digits.

    `size` is the sum of the magnitudes that the value was added up from, of which its rounding errors are a share.
    """

    terms: Mapping[str, float]
    value: float
    size: float = 0.0


def _added_up(terms: Mapping[str, float]) -> Parts:
    return Parts(terms, math.fsum(terms.values()), math.fsum([1.0, *map(abs, terms.values())]))


class ClosedForm(NamedTuple):
    """A function from two distributions to Parts, or None for parameters that it is not for; and where it is from."""

    function: Callable[[Any, Any], Parts | None]
    source: str


CLOSED_FORMS: dict[tuple[str, str], ClosedForm] = {}  # by the names of F and G

_Formula = TypeVar("_Formula", bound=Callable[..., Parts | None])

# Kullback (1959), "Information theory and statistics". Gil, Alajaji and Linder (2013), "Rényi divergence measures for
# commonly used univariate continuous distributions". Lazo and Rathie (1978), "On the entropy of continuous
# probability distributions". Bauckhage (2013), "Computing the Kullback-Leibler divergence between two Weibull
# distributions". Chyzak and Nielsen (2019), "A closed-form formula for the Kullback-Leibler divergence between Cauchy
# distributions".
GIL = "Gil, Alajaji and Linder 2013"
LAZO = "cross-entropy less entropy, with the entropies of Lazo and Rathie 1978"


def closed_form(f: str, g: str, *, source: str) -> Callable[[_Formula], _Formula]:
    """A decorator that enters a function for each pair of these families, names between blanks.

    A pair that has a closed form already keeps it: particular forms come before general ones.
    """

    def enter(function: _Formula) -> _Formula:
        for pair in itertools.product(f.split(), g.split()):
            CLOSED_FORMS.setdefault(pair, ClosedForm(function, source))
        return function

    return enter


def _gap(x: float) -> float:
    return float(exp_gap(x))


@closed_form("normal", "normal", source="Kullback 1959, chapter 9")
def _normal(f: Normal, g: Normal) -> Parts:
    log_sds, ratio, apart = log_ratio(f.sd, g.sd), f.sd / g.sd, (f.mean - g.mean) / g.sd
    terms = {
        "log(σ₂/σ₁)": -log_sds,
        "σ₁²/2σ₂²": 0.5 * ratio * ratio,
        "(μ₁−μ₂)²/2σ₂²": 0.5 * apart * apart,
        "−1/2": -0.5,
    }
    return Parts(terms, 0.5 * _gap(2 * log_sds) + 0.5 * apart * apart)


@closed_form("lognormal", "lognormal", source=f"{GIL}: that of the logarithms")
def _lognormal(f: LogNormal, g: LogNormal) -> Parts:
    return _normal(f.logarithm, g.logarithm)


@closed_form("halfnormal", "halfnormal", source=GIL)
def _halfnormal(f: HalfNormal, g: HalfNormal) -> Parts:
    log_scales, ratio = log_ratio(f.scale, g.scale), f.scale / g.scale
    terms = {"log(σ₂/σ₁)": -log_scales, "σ₁²/2σ₂²": 0.5 * ratio * ratio, "−1/2": -0.5}
    return Parts(terms, 0.5 * _gap(2 * log_scales))


@closed_form("exponential", "exponential", source=GIL)
def _exponential(f: Exponential, g: Exponential) -> Parts:
    log_rates = log_ratio(g.rate, f.rate)
    return Parts({"log(λ₁/λ₂)": -log_rates, "λ₂/λ₁": g.rate / f.rate, "−1": -1.0}, _gap(log_rates))


@closed_form("chi2", "chi2", source=GIL)
def _chi2(f: Chi2, g: Chi2) -> Parts:
    a, b = 0.5 * f.df, 0.5 * g.df
    terms = {"log(Γ(k₂/2)/Γ(k₁/2))": math.lgamma(b) - math.lgamma(a), "½(k₁−k₂)·ψ(k₁/2)": (a - b) * digamma(a)}
    return Parts(terms, special.bregman_log_gamma(b, a))


@closed_form("exponential gamma chi2", "exponential gamma chi2", source=GIL)
def _gamma(f: _GammaLike, g: _GammaLike) -> Parts:
    """The value splits by means m and shapes a: a₂·gap(log m₁/m₂) and what equal means leave, all >= 0."""
    (a, rate), (b, other) = f.as_gamma(), g.as_gamma()
    log_rates, log_shapes = log_ratio(other, rate), log_ratio(b, a)
    terms = {
        "log(Γ(a₂)/Γ(a₁))": math.lgamma(b) - math.lgamma(a),
        "(a₁−a₂)·ψ(a₁)": (a - b) * digamma(a),
        "a₂·log(b₁/b₂)": -b * log_rates,
        "a₁·(b₂−b₁)/b₁": a * ((other - rate) / rate),
    }
    shapes = 0.5 * _gap(log_shapes) + special.bregman_stirling(b, a)
    return Parts(terms, b * _gap(log_rates - log_shapes) + shapes)


@closed_form("invgamma", "invgamma", source="that of the gamma distributions of 1/x")
def _invgamma(f: InvGamma, g: InvGamma) -> Parts:
    return _gamma(f.inverse, g.inverse)


@closed_form("beta", "beta", source=GIL)
def _beta(f: Beta, g: Beta) -> Parts:
    whole, other = f.a + f.b, g.a + g.b
    terms = {
        "log(B(a₂,b₂)/B(a₁,b₁))": _log_beta(g.a, g.b) - _log_beta(f.a, f.b),
        "(a₁−a₂)·ψ(a₁)": (f.a - g.a) * digamma(f.a),
        "(b₁−b₂)·ψ(b₁)": (f.b - g.b) * digamma(f.b),
        "(a₂−a₁+b₂−b₁)·ψ(a₁+b₁)": (other - whole) * digamma(whole),
    }
    return Parts(terms, _between_shares((f.a, f.b), (g.a, g.b)))


@closed_form("dirichlet", "dirichlet", source=GIL)
def _dirichlet(f: Dirichlet, g: Dirichlet) -> Parts:
    whole, other = math.fsum(f.a), math.fsum(g.a)
    slope = digamma(whole)
    terms = {
        "log(Γ(Σa₁)/Γ(Σa₂))": math.lgamma(whole) - math.lgamma(other),
        "Σ log(Γ(a₂)/Γ(a₁))": math.fsum(math.lgamma(b) - math.lgamma(a) for a, b in zip(f.a, g.a, strict=True)),
        "Σ (a₁−a₂)·(ψ(a₁)−ψ(Σa₁))": math.fsum((a - b) * (digamma(a) - slope) for a, b in zip(f.a, g.a, strict=True)),
    }
    return Parts(terms, _between_shares(f.a, g.a))


def _between_shares(a: Sequence[float], b: Sequence[float]) -> float:
    """The divergence of Dirichlet distributions, by what Stirling's formula makes of each log Γ.

    The large terms of it add up to Σb times the discrete divergence of the mean shares of G from those of F.
    """
    whole, other = math.fsum(a), math.fsum(b)
    pairs = list(zip(b, a, strict=True))
    apart = math.fsum(y - x for y, x in pairs)
    means = other * Contrast(np.array(b), np.array(a)).mean_log_ratio()
    gaps = [*(_gap(log_ratio(y, x)) for y, x in pairs), -_gap(log_ratio(other, whole, apart))]
    errors = [*(special.bregman_stirling(y, x) for y, x in pairs), -special.bregman_stirling(other, whole, apart)]
    return means + 0.5 * math.fsum(gaps) + math.fsum(errors)


@closed_form("laplace", "laplace", source=GIL)
def _laplace(f: Laplace, g: Laplace) -> Parts:
    log_scales, apart = log_ratio(f.scale, g.scale), abs(f.loc - g.loc) / f.scale
    ratio = f.scale / g.scale
    terms = {
        "log(b₂/b₁)": -log_scales,
        "|μ₁−μ₂|/b₂": ratio * apart,
        "b₁/b₂·exp(−|μ₁−μ₂|/b₁)": ratio * math.exp(-apart),
        "−1": -1.0,
    }
    return Parts(terms, _gap(log_scales) + ratio * _gap(-apart))


@closed_form("cauchy student", "cauchy student", source="Chyzak and Nielsen 2019")
def _cauchy(f: _StudentLike, g: _StudentLike) -> Parts | None:
    (df, x, scale), (other_df, y, other) = f.as_student(), g.as_student()
    if not df == other_df == 1:
        return None
    apart = math.hypot(scale - other, x - y) / (2 * math.sqrt(scale) * math.sqrt(other))
    value = math.log1p(apart * apart) if apart < 1e100 else 2 * math.log(apart)
    return Parts({"log(((γ₁+γ₂)²+(x₁−x₂)²)/4γ₁γ₂)": value}, value)


@closed_form("uniform", "uniform", source=GIL)
def _uniform(f: Uniform, g: Uniform) -> Parts:
    more = (g.high - f.high) + (f.low - g.low)
    value = math.log1p(more / f.width) if more < f.width else log_ratio(g.width, f.width)
    return Parts({"log((high₂−low₂)/(high₁−low₁))": value}, value)


@closed_form("pareto", "pareto", source=GIL)
def _pareto(f: Pareto, g: Pareto) -> Parts:
    log_shapes, log_scales = log_ratio(g.shape, f.shape), log_ratio(f.scale, g.scale)
    terms = {
        "log(α₁/α₂)": -log_shapes,
        "α₂·log(s₁/s₂)": g.shape * log_scales,
        "α₂/α₁": g.shape / f.shape,
        "−1": -1.0,
    }
    return Parts(terms, _gap(log_shapes) + g.shape * log_scales)


@closed_form("weibull", "weibull", source="Bauckhage 2013")
def _weibull(f: Weibull, g: Weibull) -> Parts:
    log_scales, shapes = log_ratio(f.scale, g.scale), g.shape / f.shape
    moved = g.shape * log_scales
    terms = {
        "log(k₁/k₂)": log_ratio(f.shape, g.shape),
        "k₂·log(λ₂/λ₁)": -moved,
        "γ·(k₂/k₁−1)": EULER * ((g.shape - f.shape) / f.shape),
        "(λ₁/λ₂)^k₂·Γ(1+k₂/k₁)": math.exp(moved + math.lgamma(1 + shapes)),
        "−1": -1.0,
    }
    return Parts(terms, _extreme(moved, (g.shape - f.shape) / f.shape))


@closed_form("gumbel", "gumbel", source="that of the Weibull distributions of exp(−x), Bauckhage 2013")
def _gumbel(f: Gumbel, g: Gumbel) -> Parts:
    moved, scales = (g.loc - f.loc) / g.scale, f.scale / g.scale
    terms = {
        "log(β₂/β₁)": log_ratio(g.scale, f.scale),
        "(μ₁−μ₂)/β₂": -moved,
        "γ·(β₁/β₂−1)": EULER * ((f.scale - g.scale) / g.scale),
        "exp((μ₂−μ₁)/β₂)·Γ(1+β₁/β₂)": math.exp(moved + math.lgamma(1 + scales)),
        "−1": -1.0,
    }
    return Parts(terms, _extreme(moved, (f.scale - g.scale) / g.scale))


def _extreme(moved: float, more: float) -> float:
    """e^m·Γ(1 + r) − 1 − m − log r − γ(1 − r) for r = 1 + more, as two terms >= 0."""
    log_factor = special.bregman_log_gamma(2 + more, 2.0, more) + (1 - EULER) * more  # log Γ(1 + r)
    return _gap(moved + log_factor) + special.bregman_log_gamma(1 + more, 1.0, more)


@closed_form("vonmises", "vonmises", source=GIL)
def _vonmises(f: VonMises, g: VonMises) -> Parts:
    mean = special.bessel_ratio(f.kappa)
    turned = 2 * math.sin(0.5 * (f.mu - g.mu)) ** 2  # 1 − cos
    grown = (g.kappa - f.kappa) + (special.log_i0e(g.kappa) - special.log_i0e(f.kappa))
    terms = {
        "log(I₀(κ₂)/I₀(κ₁))": grown,
        "κ₁·A(κ₁)": f.kappa * mean,
        "−κ₂·cos(μ₁−μ₂)·A(κ₁)": -g.kappa * (1 - turned) * mean,
    }
    return Parts(terms, special.bregman_log_i0(g.kappa, f.kappa) + g.kappa * mean * turned)


@closed_form("poisson", "poisson", source="Kullback 1959, chapter 7")
def _poisson(f: Poisson, g: Poisson) -> Parts:
    log_rates = log_ratio(g.rate, f.rate)
    terms = {"λ₁·log(λ₁/λ₂)": -f.rate * log_rates, "−λ₁": -f.rate, "λ₂": g.rate}
    return Parts(terms, f.rate * _gap(log_rates))


@closed_form("bernoulli binomial", "bernoulli binomial", source="Kullback 1959, chapter 6")
def _binomial(f: _BinomialLike, g: _BinomialLike) -> Parts | None:
    (n, p), (other, q) = f.as_binomial(), g.as_binomial()
    if n != other:
        return None
    draws = "n·" if n > 1 else ""
    success, failure, value = _one_draw(p, q)
    return Parts({f"{draws}p₁·log(p₁/p₂)": n * success, f"{draws}(1−p₁)·log((1−p₁)/(1−p₂))": n * failure}, n * value)


@closed_form("geometric negbinomial", "geometric negbinomial", source="r/p₁ times that of one draw")
def _negative_binomial(f: _NegativeBinomialLike, g: _NegativeBinomialLike) -> Parts | None:
    (r, p), (other, q) = f.as_negative_binomial(), g.as_negative_binomial()
    if r != other:
        return None
    draws = "r·" if r != 1 else ""
    success, failure, value = _one_draw(p, q)
    terms = {
        f"{draws}log(p₁/p₂)": r * (success / p),
        f"{draws}(1−p₁)/p₁·log((1−p₁)/(1−p₂))": r * (failure / p),
    }
    return Parts(terms, r * (value / p))


def _one_draw(p: float, q: float) -> tuple[float, float, float]:
    """Both terms of the divergence of a draw with chance p from one with chance q, and their sum from terms >= 0."""
    log_successes = log_ratio(q, p) if p else 0.0
    apart = (p - q) / (1 - p) if p < 1 else 0.0
    log_failures = math.log1p(apart) if abs(apart) < 0.5 else log_ratio(1 - q, 1 - p)
    success = p * _gap(log_successes) if p else q
    failure = (1 - p) * _gap(log_failures) if p < 1 else 1 - q
    return 0.0 - p * log_successes, 0.0 - (1 - p) * log_failures, success + failure


@closed_form("mvnormal", "mvnormal", source="Kullback 1959, chapter 9")
def _mvnormal(f: MvNormal, g: MvNormal) -> Parts:
    variances, _, moved = _standardised(f, g)
    logs = np.log(variances)
    root = np.linalg.cholesky(g.matrix)
    apart = np.linalg.solve(root, np.linalg.solve(root, f.matrix - g.matrix).T)
    excess = np.linalg.eigvalsh(0.5 * (apart + apart.T))  # the variances less 1, to their own last digits
    if np.abs(excess).max() < 0.5:
        logs = np.log1p(excess)
    distance = 0.5 * float(moved @ moved)
    terms = {
        "½tr(Σ₂⁻¹Σ₁)": 0.5 * float(variances.sum()),
        "−d/2": -0.5 * len(f.cov),
        "½(μ₁−μ₂)ᵀΣ₂⁻¹(μ₁−μ₂)": distance,
        "½log(|Σ₂|/|Σ₁|)": 0.0 - 0.5 * float(logs.sum()),
    }
    return Parts(terms, 0.5 * float(exp_gap(logs).sum()) + distance)


# The general ones: −h(F) and the mean of −log g under F, from moments of F. What they lose where F and G are nearly
# the same is estimated from the size of their terms.


class Moments(Protocol):
    """What the general closed forms want of F; a family has those that exist."""

    def entropy(self) -> float:
        """−E[log f]."""

    def centre(self) -> float:
        """E[x]."""

    def variance(self) -> float:
        """E[(x − E[x])²]."""

    def mean_log(self) -> float:
        """E[log x]."""

    def variance_log(self) -> float:
        """The variance of log x."""

    def log_moment(self, order: float) -> float:
        """Log E[x^order]."""

    def exponential_moment(self, s: float, about: float) -> float:
        """E[e^(−s·(x − about))]."""


_ON_THE_POSITIVE = "exponential gamma chi2 invgamma lognormal halfnormal weibull pareto beta uniform"


@closed_form(f"normal laplace student gumbel {_ON_THE_POSITIVE}", "normal", source=LAZO)
def _to_normal(f: Moments, g: Normal) -> Parts:
    apart = (f.centre() - g.mean) / g.sd
    return _added_up(
        {
            "−h(F)": -f.entropy(),
            "½log(2πσ²)": math.log(g.sd) + 0.5 * LOG_2PI,
            "Var[x]/2σ²": 0.5 * (f.variance() / g.sd / g.sd),
            "(E[x]−μ)²/2σ²": 0.5 * apart * apart,
        }
    )


@closed_form("normal", "laplace", source=LAZO)
def _normal_to_laplace(f: Normal, g: Laplace) -> Parts:
    apart = (f.mean - g.loc) / f.sd
    folded = math.sqrt(2 / math.pi) * math.exp(-0.5 * apart * apart) + apart * math.erf(apart / math.sqrt(2))
    terms = {"−h(F)": -f.entropy(), "log(2b)": math.log(2 * g.scale), "E|x−μ|/b": folded * (f.sd / g.scale)}
    return _added_up(terms)


@closed_form("normal laplace uniform exponential gamma chi2", "gumbel", source=LAZO)
def _to_gumbel(f: Moments, g: Gumbel) -> Parts:
    return _added_up(
        {
            "−h(F)": -f.entropy(),
            "log β": math.log(g.scale),
            "(E[x]−μ)/β": (f.centre() - g.loc) / g.scale,
            "E[exp(−(x−μ)/β)]": f.exponential_moment(1 / g.scale, g.loc),
        }
    )


@closed_form("beta", "uniform", source=LAZO)
def _to_uniform(f: Moments, g: Uniform) -> Parts:
    return _added_up({"−h(F)": -f.entropy(), "log(high−low)": math.log(g.width)})


# How the parts of a density like x^(d − 1)·e^−(x/s)^p are called in each family; "" for one that is always 0.
_POWER_PARTS = {
    "exponential": ("−log λ", "", "λ·E[x]"),
    "gamma": ("log Γ(a) − a·log b", "(1−a)·E[log x]", "b·E[x]"),
    "chi2": ("log Γ(k/2) + k/2·log 2", "(1−k/2)·E[log x]", "E[x]/2"),
    "invgamma": ("log Γ(a) − a·log s", "(1+a)·E[log x]", "s·E[1/x]"),
    "weibull": ("k·log λ − log k", "(1−k)·E[log x]", "E[(x/λ)^k]"),
    "halfnormal": ("½log(πσ²/2)", "", "E[x²]/2σ²"),
}


@closed_form("gamma chi2 weibull invgamma lognormal pareto beta uniform", "invgamma", source=LAZO)
@closed_form(_ON_THE_POSITIVE, "exponential gamma chi2 weibull halfnormal", source=LAZO)
def _to_gamma_power(f: Moments, g: _GammaPower) -> Parts:
    """The value is written around the mean of u = (x/s)^p under G, where its terms are small whatever the shape."""
    shape, log_scale, power = g.as_gamma_power()
    moment = f.log_moment(power) - power * log_scale  # log E[u]
    numbers = (
        math.lgamma(shape) - math.log(abs(power)) + power * shape * log_scale,
        (1 - power * shape) * f.mean_log(),
        math.exp(moment),
    )
    named = dict(zip(_POWER_PARTS[g.name], numbers, strict=True))
    named.pop("", None)
    log_u = power * (f.mean_log() - log_scale) - math.log(shape)
    bend = shape * (math.expm1(moment - math.log(shape)) - log_u)
    around = [-f.entropy(), f.mean_log(), bend, -_log_peak(shape), -math.log(abs(power))]
    return Parts({"−h(F)": -f.entropy(), **named}, math.fsum(around), math.fsum([1.0, *map(abs, around)]))


@closed_form(_ON_THE_POSITIVE, "lognormal", source=LAZO)
def _to_lognormal(f: Moments, g: LogNormal) -> Parts:
    apart = (f.mean_log() - g.mu) / g.sigma
    return _added_up(
        {
            "−h(F)": -f.entropy(),
            "E[log x]": f.mean_log(),
            "½log(2πσ²)": math.log(g.sigma) + 0.5 * LOG_2PI,
            "Var[log x]/2σ²": 0.5 * (f.variance_log() / g.sigma / g.sigma),
            "(E[log x]−μ)²/2σ²": 0.5 * apart * apart,
        }
    )


@closed_form("uniform", "pareto", source=LAZO)
def _to_pareto(f: Moments, g: Pareto) -> Parts:
    logs = f.mean_log() - math.log(g.scale)
    terms = {
        "−h(F)": -f.entropy(),
        "log s − log α": math.log(g.scale) - math.log(g.shape),
        "(α+1)·E[log(x/s)]": (g.shape + 1) * logs,
    }
    return _added_up(terms)


@closed_form("uniform", "beta", source=LAZO)
def _to_beta(f: Uniform, g: Beta) -> Parts:
    terms = {
        "−h(F)": -f.entropy(),
        "log B(a,b)": _log_beta(g.a, g.b),
        "(1−a)·E[log x]": (1 - g.a) * f.mean_log(),
        "(1−b)·E[log(1−x)]": (1 - g.b) * f.mean_log_of_rest(),
    }
    return _added_up(terms)


# Infinite divergences


class Infinity(NamedTuple):
    """Where a divergence becomes infinite, and why."""

    where: str
    why: str


def infinity(f: Family, g: Family) -> Infinity | None:
    """Why D(F‖G) is infinite, or None where it is finite.

    It is infinite where G has nothing and F has something, and where −log g grows faster than F falls off.
    """
    if isinstance(f, Density | Counts) and isinstance(g, Density | Counts):
        beyond = _outside(f, g)
        if beyond or not isinstance(f, Density) or not isinstance(g, Density):
            return beyond
        return _heavy_above(f, g) or _heavy_below(f, g) or _heavy_at_zero(f, g)
    return None


def _outside(f: Density | Counts, g: Density | Counts) -> Infinity | None:
    if isinstance(f, VonMises):
        return None  # the circle has no ends
    has = "probability" if f.discrete else "density"
    (low, high), (least, most) = f.support, g.support
    for beyond, where in ((low < least, f"below {plain(least)}"), (high > most, f"above {plain(most)}")):
        if beyond:
            return Infinity(where, f"{g} has no {has} {where}, where {f} has some")
    return None


def _heavy_above(f: Density, g: Density) -> Infinity | None:
    order = g.tail_power()
    if f.moment_bound() > order:
        return None
    power = {1.0: "x", 2.0: "x²"}.get(order, f"x^{plain(order)}")
    return Infinity("tail", f"−log of the density of {g} grows like {power}, whose mean under {f} is infinite")


def _heavy_below(f: Density, g: Density) -> Infinity | None:
    if not isinstance(g, Gumbel) or f.support[0] > -math.inf:
        return None
    if math.isinf(f.moment_bound()) and not (isinstance(f, Laplace) and f.scale >= g.scale):
        return None
    power = f"e^(−x/{plain(g.scale)})"
    return Infinity("lower tail", f"−log of the density of {g} grows like {power}, whose mean under {f} is infinite")


def _heavy_at_zero(f: Density, g: Density) -> Infinity | None:
    if not isinstance(g, InvGamma) or f.power_at_zero() > 0:
        return None
    return Infinity("near 0", f"−log of the density of {g} grows like 1/x near 0, whose mean under {f} is infinite")


# Quadrature and sums


class Numerical(NamedTuple):
    """A divergence that was integrated or summed: its value, the estimate of its error, and what it is made of."""

    value: float
    error: float
    terms: Mapping[str, float]
    heading: str  # of the terms


_SMALL = 0.01  # below this, terms of both signs would cost digits
_FAINT = 90.0  # in nats below the largest: what is fainter than that counts for nothing
_MOST = 10_000_000  # whole numbers that are summed over
_ROWS = 40  # of a sum that are shown


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
    return Numerical(
        math.fsum(terms.values()), math.fsum(each.error for each in found), terms, "D of an independent part"
    )


class _Stretch(NamedTuple):
    """A piece of the line under a coordinate t in which F and G are smooth, with their log-densities of t.

    `marks` are the landmarks of F, the middle one where F is not negligible; `knots` are those of G; `x` leads back.
    """

    log_f: Callable[[Any], Any]
    log_g: Callable[[Any], Any]
    x: Callable[[float], float]
    low: float
    high: float
    marks: tuple[float, float, float]
    knots: Array

    def terms(self, t: Any, without_signs: bool) -> Any:
        """f·log(f/g) at t, or f·log(f/g) − f + g, which is never negative."""
        log_f, log_g = self.log_f(t), self.log_g(t)
        return _terms(log_f, log_g, without_signs)

    def noise(self, t: float, without_signs: bool) -> float:
        """About how much of a term is the rounding of t and of the logarithms in it."""
        moved = float(self.terms(math.nextafter(t, math.inf), without_signs) - self.terms(t, without_signs))
        return abs(moved) + float(_noise(self.log_f(t), self.log_g(t), without_signs))

    def mass(self, low: float, high: float) -> float:
        """About what F has between two breaks."""
        nodes, weights = legendre(64)
        half = 0.5 * (high - low)
        return half * float(np.dot(weights, np.exp(self.log_f(low + half * (1 + nodes)))))

    def weight(self, t: float) -> float:
        """About the logarithm of what counts at t."""
        return _weight(float(self.log_f(t)), float(self.log_g(t)))

    def breaks(self) -> list[float]:
        """Points in order, from where F begins to count to where it no longer does, no bend being far from one."""
        low, centre, high = self.marks
        found, top = [centre], self.weight(centre)
        least = 4 * math.ulp(centre)
        for end, step in ((self.low, min(low - centre, -least)), (self.high, max(high - centre, least))):
            t = centre
            while t != end and self.weight(t) >= top - _FAINT:
                t = max(centre + step, end) if step < 0 else min(centre + step, end)
                found.append(t)
                top, step = max(top, self.weight(t)), 2 * step
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
    if math.inf in (-log_f, -log_g):
        return max(log_f, log_g)
    return max(log_f + math.log1p(abs(log_f - log_g)), log_g)


def _stretches(f: Density, g: Density) -> list[_Stretch]:
    """Where the density of F is not 0, in one piece or two."""
    if isinstance(f, Beta):
        return [_below(f, g, f.log_centre), _from_one(f, g)]
    if isinstance(f, Positive) or f.support[0] == 0:
        return [_below(f, g, math.log(f.support[1]))]
    return [_on_the_line(f, g) if f.support[0] == -math.inf else _as_it_is(f, g)]


def _as_it_is(f: Density, g: Density) -> _Stretch:
    """By x itself, moved to 0 where that can be done."""
    middle = f._landmarks()[1] if f.locations and g.locations else 0.0
    f, g = f.moved(-middle), g.moved(-middle)
    return _Stretch(f.log_density, g.log_density, lambda t: t + middle, *f.support, f._landmarks(), g.knots())


def _on_the_line(f: Density, g: Density) -> _Stretch:
    """By x = middle + scale·sinh t: tails that fall like powers fall like exponentials in t."""
    middle = f._landmarks()[1]
    f, g = f.moved(-middle), g.moved(-middle)  # so that x keeps its digits
    low, _, high = f._landmarks()
    scale = 0.5 * (high - low)

    def log_of(density: Density) -> Callable[[Any], Any]:
        return lambda t: density.log_density(scale * np.sinh(t)) + np.log(scale * np.cosh(t))

    def x(t: float) -> float:
        return middle + scale * math.sinh(t) if abs(t) < _CUT else math.copysign(math.inf, t)

    knots = np.arcsinh(g.knots() / scale)
    return _Stretch(log_of(f), log_of(g), x, -_CUT, _CUT, (-math.asinh(1), 0.0, math.asinh(1)), knots)


def _below(f: Density, g: Density, end: float) -> _Stretch:
    """By x = e^t, up to an end of t."""

    def x(t: float) -> float:
        return math.exp(t) if t < _CUT else math.inf

    low, middle, high = f._log_landmarks() if isinstance(f, Positive) else np.log(f._landmarks()).tolist()
    start = math.log(f.support[0]) if f.support[0] else -math.inf
    knots = np.log(np.maximum(g.knots(), 0.0))
    return _Stretch(f.log_density_of_log, g.log_density_of_log, x, start, end, (low, middle, min(high, end)), knots)


def _from_one(f: Beta, g: Density) -> _Stretch:
    """By x = 1 − e^t, from 1 down to the mean."""

    def mirrored(density: Density) -> Callable[[Any], Any]:
        if isinstance(density, Beta):
            return density.mirrored.log_density_of_log
        return lambda t: density.log_density(-np.expm1(t)) + t

    low, middle, _ = f.mirrored._log_landmarks()
    knots = np.log1p(-np.minimum(g.knots(), 1.0))
    return _Stretch(
        mirrored(f), mirrored(g), lambda t: -math.expm1(t), -math.inf, middle, (low, middle, middle), knots
    )


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
    mass, edges = [], []
    for (each, low, high), (_, middle, _) in zip(pieces, middles, strict=True):
        part, error = _integral(functools.partial(each.terms, without_signs=without_signs), low, high, faint)
        rows.setdefault(each.row(middle), []).append(part)
        errors.append(error)
        mass.append(each.mass(low, high))
        edges += [abs(float(each.log_f(t) - each.log_g(t))) for t in (low, high)]
    value = max(0.0, math.fsum(itertools.chain(*rows.values())))
    missed = abs(1 - math.fsum(mass))  # of the mass of F
    errors.append(missed * (value if without_signs else 1 + value))
    if missed > 1e-9:  # a tail that float64 does not reach, where log(f/g) grows further
        furthest = max((x for x in edges if x < math.inf), default=math.inf)
        errors.append(2 * missed * furthest * (1 - 1 / math.log(missed)) if missed < 0.5 else math.inf)
    heading = "∫ f·log(f/g) − f + g" if without_signs else "∫ f·log(f/g)"
    return Numerical(value, math.fsum(errors), _named(rows), heading)


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
        named.setdefault(f"{_short(low)} to {_short(high)}", []).extend(parts)
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
        return _weight(float(f.log_density(x)), float(g.log_density(x)))

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
    count = window.high - window.low + 1
    cuts = [window.low + count * index // min(count, _ROWS) for index in range(min(count, _ROWS) + 1)]
    terms, noise = {}, window.rest
    for low, end in itertools.pairwise(cuts):
        sums = []
        for first in range(low, end, BLOCK):
            x = np.arange(first, min(first + BLOCK, end), dtype=float)
            logs = f.log_density(x), g.log_density(x)
            sums.append(sum_of(_terms(*logs, without_signs)))
            noise += float(_noise(*logs, without_signs).sum())
        terms[str(low) if end == low + 1 else f"{low} to {end - 1}"] = math.fsum(sums)
    heading = "Σ f·log(f/g) − f + g" if without_signs else "Σ f·log(f/g)"
    return Numerical(max(0.0, math.fsum(terms.values())), noise, terms, heading)


# Distributions as text

_BY_NAME = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)\s*=(.*)", re.DOTALL)


def parse(text: str, load: Load | None = None) -> Family:
    """The distribution that the text writes, as normal(0, 1) or gamma(shape=2, rate=1/3).

    Parameters come by position or by name. mvnormal takes lists of numbers, or names of files, which `load` reads:
    it gets the name and returns the rows of numbers there. Quotes let a name hold commas and brackets.

    Raises InputError, which says what would be right, for an unknown family or for parameters that it does not take.

    >>> str(parse("gamma(rate=1/4, shape=2)"))
    'gamma(2, 0.25)'
    >>> parse("normal(0,-1)")
    Traceback (most recent call last):
    klcli.continuous.ParameterError: normal(0,-1): sd is -1: it must be > 0
    """
    text = text.strip()
    name, bracket, inner = text.partition("(")
    cls = _known(name.strip())
    if not bracket or not inner.endswith(")"):
        raise InputError(f"{clipped(text)}: write the parameters in brackets: {cls.usage()}")
    try:
        return cls.made({name: _value(cls, name, each, load) for name, each in _bound(cls, inner[:-1]).items()})
    except ParameterError as error:
        raise ParameterError(text, error.what) from None


def _known(name: str) -> type[Family]:
    if name.lower() in FAMILIES:
        return FAMILIES[name.lower()]
    from difflib import get_close_matches

    close = get_close_matches(name.lower(), FAMILIES, 1) or [
        each for each in FAMILIES if each.startswith(name.lower())
    ]
    hint = f": did you mean {close[0]}?" if name and close else "."
    raise InputError(f"{clipped(name)!r} is not a family{hint} There are {', '.join(FAMILIES)}")


def _bound(cls: type[Family], text: str) -> dict[str, str]:
    """The text of each parameter by its name, in the family's order."""
    positional: list[str] = []
    named: dict[str, str] = {}
    for each in _split(text) if text.strip() else []:
        match = _BY_NAME.fullmatch(each)
        if not match and named:
            raise ParameterError("", f"{each.strip()} has no name and comes after one that has: {cls.usage()}")
        if not match:
            positional.append(each)
        elif match[1] in named:
            raise ParameterError("", f"{match[1]} is given twice")
        else:
            named[match[1]] = match[2]
    given = len(positional) + len(named)
    names = tuple(f"a{index}" for index in range(1, given + 1)) if cls.numbered else cls.names()
    free = [name for name in names if name not in named]
    if len(positional) < len(free):
        free = [name for name in free if name not in cls.optional]
    unknown = [name for name in named if name not in names]
    if unknown:
        raise ParameterError("", f"{unknown[0]} is none of its parameters: {cls.usage()}")
    if len(positional) != len(free):
        raise ParameterError("", f"{given} parameter{'s' * (given != 1)} given: it is written {cls.usage()}")
    named |= dict(zip(free, positional, strict=True))
    return {name: named[name] for name in names if name in named}


def _split(text: str) -> list[str]:
    """The text in pieces, at the commas that stand in no brackets and no quotes."""
    pieces, depth, quote = [""], 0, ""
    for character in text:
        if quote or character in "\"'":
            quote = "" if character == quote else quote or character
        elif character in "[]":
            depth += 1 if character == "[" else -1
        if character == "," and not depth and not quote:
            pieces.append("")
        else:
            pieces[-1] += character
        if depth < 0:
            break
    if depth or quote:
        raise ParameterError("", f"a {quote or '[ or ]'} stands alone")
    return pieces


def _value(cls: type[Family], name: str, text: str, load: Load | None) -> Any:
    """What a parameter is: a number or, where the family takes them, a list or the rows of a file."""
    text = text.strip()
    if not text:
        raise ParameterError("", f"{name} is blank")
    if not cls.takes_lists or text.startswith("["):
        return _numbers(name, text, 2 if cls.takes_lists else 0)
    if text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1]
    if load is None:
        raise ParameterError("", f"{name} is the file {clipped(text)!r}, and files are not read here")
    return [[float(x) for x in row] for row in load(text)]


def _numbers(name: str, text: str, depth: int) -> Any:
    """A number, or a list of numbers or of lists of them, as deep as may be."""
    text = text.strip()
    if text.startswith("["):
        if not depth:
            raise ParameterError("", f"{name} has a list where a number belongs")
        if not text.endswith("]"):
            raise ParameterError("", f"{name} has {clipped(text, 40)!r} where a list or a number belongs")
        return [_numbers(name, each, depth - 1) for each in _split(text[1:-1])] if text[1:-1].strip() else []
    try:
        return number(text)
    except NumeralError as error:
        raise ParameterError("", f"{name}: {error}") from None


# Answers


def continuous(f: str | Family, g: str | Family, *, base: float = math.e, method: str = "auto") -> Result:
    """The Kullback-Leibler divergence D(F‖G) of two distributions, as text or as families, in units of the base.

    `method` is "closed-form", "numerical", or "auto": the closed form where there is one. The terms are the parts of
    the closed form, or parts of the line; a note says which, and where it is from. What the error of the value is
    estimated to be is in `details` as "error", where it is more than rounding.

    Raises InputError where a text is no distribution, or a sum too long; OptionError for a density against
    probabilities, for different spaces, or where there is no closed form and one is asked for; MissingExtraError
    where scipy is needed and missing; KlcliError where the value is finite but beyond the largest float64.
    Source: Kullback and Leibler (1951), "On information and sufficiency", equation 2.4.

    >>> round(continuous("normal(0, 1)", "normal(1, 2)").value, 12)
    0.44314718056
    """
    f, g = _pair(f, g)
    _checked(base, method)
    answer = _answer(f, g, method)
    unit, scale = unit_of(base), math.log(base)
    symbol = "Σ" if f.discrete else "∫"
    notes = [answer.note]
    details = {}
    if answer.error:
        details["error"] = answer.error / scale
        notes[0] += f", estimated error {details['error']:.1g} {unit}"
        if answer.error > 1e-8 * answer.value:
            notes.append("less than 8 digits of the value are sure")
    result = Result(
        measure="continuous",
        title="Kullback-Leibler divergence of families",
        formula=f"D(F‖G) = {symbol} f·log(f/g)",
        inputs={"p": str(f), "q": str(g)},
        value=answer.value / scale,
        base=base,
        unit=unit,
        terms={
            "outcome": tuple(answer.terms),
            "contribution": tuple(x / scale + 0.0 for x in answer.terms.values()),  # no −0
        },
        headings={"outcome": "part", "contribution": answer.heading},
        notes=tuple(notes),
        details=details,
    )
    return replace(result, explanation=tuple(_explained(result)))


class _Answer(NamedTuple):
    """A divergence in nats, the parts it is made of, and how it was found."""

    value: float
    terms: Mapping[str, float]
    note: str
    error: float = 0.0  # 0 for no more than rounding
    heading: str = "contribution"


def _pair(f: str | Family, g: str | Family) -> tuple[Family, Family]:
    """Both sides as families; raises OptionError where they have no divergence."""
    f, g = (parse(each) if isinstance(each, str) else each for each in (f, g))
    if f.discrete != g.discrete:
        kinds = {True: "probabilities of whole numbers", False: "a density"}
        raise OptionError(
            f"{f} has {kinds[f.discrete]} and {g} has {kinds[g.discrete]}: there is no ratio of the two. "
            "Take two discrete families, or two continuous ones"
        )
    if f.space != g.space:
        raise OptionError(f"{f} is a distribution of {f.space} and {g} one of {g.space}: both must be over the same")
    return f, g


def _checked(base: float, method: str = "auto") -> None:
    if not 1 < base < math.inf:
        raise OptionError(f"base is {base:g}: the base of a logarithm is a finite number above 1")
    if method not in METHODS:
        raise OptionError(f"{method!r} is not a method: {', '.join(METHODS)}")


def _answer(f: Family, g: Family, method: str) -> _Answer:
    infinite = infinity(f, g)
    if infinite:
        return _Answer(math.inf, {infinite.where: math.inf}, f"infinite: {infinite.why}")
    found = None if method == "numerical" else _by_closed_form(f, g)
    if found is None and method == "closed-form":
        raise OptionError(f"no closed form is known here for {f} and {g}: leave the method to klcli")
    return found or _by_numbers(f, g, "" if method == "numerical" else "no closed form: ")


def _by_closed_form(f: Family, g: Family) -> _Answer | None:
    """The divergence by a closed form, None where there is none."""
    known = CLOSED_FORMS.get((f.name, g.name))
    try:
        parts = known.function(f, g) if known else None
    except (OverflowError, ZeroDivisionError):
        raise _beyond_float64(f, g) from None
    if known is None or parts is None:
        return None
    if not all(map(math.isfinite, [parts.value, *parts.terms.values()])):
        raise _beyond_float64(f, g)
    value, error = max(0.0, parts.value), 1e-15 * parts.size
    note = f"closed form ({known.source})"
    return _Answer(value, parts.terms, note, error if error > 1e-12 * value else 0.0)


def _by_numbers(f: Family, g: Family, why: str) -> _Answer:
    found = numerical(f, g)
    if not math.isfinite(found.value + found.error):
        raise _beyond_float64(f, g)
    how = "a sum" if f.discrete else "adaptive quadrature"
    error = 0.0 if f == g else found.error  # where log(f/g) is 0 to the last bit
    return _Answer(found.value, found.terms, f"{why}{how}", error, found.heading)


def _beyond_float64(f: Family, g: Family) -> KlcliError:
    return KlcliError(f"D({f}‖{g}): the value, or a part of it, is beyond the largest float64, 1.8e308")


def _explained(result: Result) -> Iterator[str]:
    """The formula with the numbers put in, what the value means, and which way round it is."""
    parts = [_short(x) for x in result.terms["contribution"]]
    shown = parts if len(parts) <= 6 else [*parts[:2], "…", parts[-1]]
    steps = f"{' + '.join(shown)} = " if math.isfinite(result.value) else ""
    yield f"{result.symbol} = {steps}{_short(result.value)}".replace("+ -", "− ")
    f, g = result.inputs["p"], result.inputs["q"]
    if math.isinf(result.value):
        yield f"It is infinite: {result.notes[-1].removeprefix('infinite: ')}."
    elif result.value == 0:
        yield f"It is 0: {f} and {g} are the same distribution, as far as float64 tells."
    else:
        yield (
            f"A draw from {f} speaks for {f} and against {g} by {_short(result.value)} {result.unit} on average: "
            "that is the mean of log(f/g)."
        )
    yield f"The other direction, D(G‖F), takes the mean over draws from {g}, and is as a rule another number."


def _short(x: float) -> str:
    """The number to six significant digits."""
    return f"{x:.6g}".replace("inf", "∞")


# Verification


class _Way(NamedTuple):
    """What one way to compute a divergence came to, nan for nothing, in nats."""

    method: str
    value: float = math.nan
    error: float = math.nan
    remark: str = ""


def verify(f: str | Family, g: str | Family, *, base: float = math.e) -> Result:
    """D(F‖G) by every way there is, side by side: closed form, quadrature or sum, and torch.distributions.

    The value is the largest difference from what `continuous` gives, which is `details["divergence"]`. A way that
    there is not has nan, and a remark that says why. Dirichlet and multivariate normal distributions are integrated
    as independent parts on the line.

    Raises what `continuous` raises; a package that is missing is a remark, unless nothing is left to compute with.
    """
    f, g = _pair(f, g)
    _checked(base)
    scale = math.log(base)
    answer = _answer(f, g, "auto")
    ways = [_way_closed(f, g), _way_numerical(f, g), _way_torch(f, g)]
    differences = [0.0 if each.value == answer.value else each.value - answer.value for each in ways]
    found = [abs(x) for x in differences if not math.isnan(x)]
    value, divergence, unit = max(found) / scale, answer.value / scale, unit_of(base)
    compared = (
        f"klcli has D(F‖G) = {_short(divergence)} {unit}; the other ways differ from it by at most {_short(value)}."
        if len(found) > 1
        else f"klcli has D(F‖G) = {_short(divergence)} {unit}, and there is nothing to compare it with."
    )
    return Result(
        measure="verification",
        title="Verification of a divergence of families",
        formula="Δ = the largest difference from D(F‖G)",
        inputs={"p": str(f), "q": str(g)},
        value=value,
        base=base,
        unit=unit,
        terms={
            "outcome": tuple(each.method for each in ways),
            "value": tuple(each.value / scale for each in ways),
            "difference": tuple(x / scale for x in differences),
            "error": tuple(each.error / scale for each in ways),
            "remark": tuple(each.remark for each in ways),
        },
        headings={"outcome": "method", "value": "D(F‖G)", "error": "estimated error", "divergence": "D(F‖G)"},
        notes=(answer.note,) if len(found) > 1 else (answer.note, "one way only: nothing to compare it with"),
        details={"divergence": divergence},
        explanation=(
            f"Δ = {_short(value)}",
            compared,
            "The ways share no formula with each other, so a mistake in one of them would show.",
        ),
    )


def _way_closed(f: Family, g: Family) -> _Way:
    infinite = infinity(f, g)
    if infinite:
        return _Way("closed form", math.inf, remark=infinite.why)
    found = _by_closed_form(f, g)
    if found is None:
        return _Way("closed form", remark="none is known here")
    return _Way("closed form", found.value, found.error or math.nan, found.note)


def _way_numerical(f: Family, g: Family) -> _Way:
    method = "sum" if f.discrete else "quadrature"
    if infinity(f, g):
        return _Way(method, remark="not tried: the divergence is infinite")
    try:
        found = _by_numbers(f, g, "")
    except MissingExtraError:
        return _Way(method, remark="not installed: pip install 'klcli[check]'")
    except KlcliError as error:
        return _Way(method, remark=str(error))
    return _Way(method, found.value, found.error, "" if f.discrete else "scipy.integrate.quad")


def _way_torch(f: Family, g: Family) -> _Way:
    try:
        import torch
    except ImportError:
        return _Way("torch", remark="not installed: pip install 'klcli[torch]'")
    sides = []
    for each in (f, g):
        parameters = [torch.tensor(x, dtype=torch.float64) for x in each.torch_parameters()]
        sides.append(getattr(torch.distributions, each.torch_name or type(each).__name__)(*parameters))
    try:
        value = float(torch.distributions.kl_divergence(*sides))
    except NotImplementedError:
        return _Way("torch", remark="not registered")
    return _Way("torch", value, remark=f"torch {torch.__version__}")
