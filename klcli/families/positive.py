"""Families of positive numbers, whose densities follow from log x."""

from __future__ import annotations

import functools
import math
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from klcli import special
from klcli.families.family import POSITIVE, family
from klcli.families.line import Density, Normal, spread_out
from klcli.lazy import np
from klcli.special import LOG_2PI, digamma, digamma_gap, log_gamma_ratio, log_peak, log_ratio, stirling_error

if TYPE_CHECKING:
    from klcli.numerics import Array


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
    def log_landmarks(self) -> tuple[float, float, float]:
        """The landmarks of log x."""

    def landmarks(self) -> tuple[float, float, float]:
        """Those of log x, taken back."""
        low, centre, high = np.exp(self.log_landmarks()).tolist()
        return (low, centre, high)

    def knots(self) -> Array:
        """Numbers around its middle, spread on the scale of log x."""
        with np.errstate(over="ignore"):
            result: Array = np.exp(spread_out(*self.log_landmarks()))
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


class GammaPower(Positive):
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

    def log_cost_of_log(self, t: Any) -> Array:
        """That of u, which falls out of float64 far up or, with a power < 0, near 0."""
        _, log_scale, power = self.as_gamma_power()
        result: Array = power * (np.asarray(t, float) - log_scale)
        return result

    @functools.cached_property
    def _constant(self) -> float:
        shape, _, power = self.as_gamma_power()
        return log_peak(shape) + math.log(abs(power))

    def log_landmarks(self) -> tuple[float, float, float]:
        """Around the logarithm of the mean of u."""
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
        of_log = shape * digamma_gap(shape) - log_peak(shape)
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
        return order * log_scale + log_gamma_ratio(shape + order / power, shape, order / power)

    def log_spread(self) -> float:
        """Log E[x²]/E[x]², from log Γ at three shapes in steps of 1/power."""
        shape, _, power = self.as_gamma_power()
        middle = shape + 1 / power
        return special.bregman_log_gamma(middle + 1 / power, middle) + special.bregman_log_gamma(shape, middle)


class GammaLike(GammaPower):
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
class Exponential(GammaLike):
    """Exponential distribution, with mean 1/rate."""

    rate: float
    rules: ClassVar = {"rate": POSITIVE}

    def as_gamma(self) -> tuple[float, float]:
        """Shape 1."""
        return (1.0, self.rate)


@family
class Gamma(GammaLike):
    """Gamma distribution, with mean shape/rate."""

    shape: float
    rate: float
    rules: ClassVar = {"shape": POSITIVE, "rate": POSITIVE}

    def as_gamma(self) -> tuple[float, float]:
        """Itself."""
        return (self.shape, self.rate)


@family
class Chi2(GammaLike):
    """Chi-square distribution with df degrees of freedom."""

    df: float
    rules: ClassVar = {"df": POSITIVE}

    def as_gamma(self) -> tuple[float, float]:
        """Shape df/2 and rate ½."""
        return (0.5 * self.df, 0.5)


@family
class InvGamma(GammaPower):
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
class Weibull(GammaPower):
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
class HalfNormal(GammaPower):
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

    def log_landmarks(self) -> tuple[float, float, float]:
        """Those of a normal distribution."""
        return self.logarithm.landmarks()

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

    def log_landmarks(self) -> tuple[float, float, float]:
        """From the least number, where the density is largest."""
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
            x = np.exp(np.minimum(t, 0.0))
            rest = np.where(x < 0.5, np.log1p(-x), np.log(-np.expm1(np.minimum(t, 0.0))))  # log(1 − x)
            s = self.a * (t - self.log_centre) + self.b * (rest - self.mirrored.log_centre)
            return np.where(t < 0, s + self._constant - rest, -math.inf)

    def log_landmarks(self) -> tuple[float, float, float]:
        """Around the logarithm of the mean, below that of 1."""
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
        whole = self.a + self.b
        return log_gamma_ratio(self.a + order, self.a, order) - log_gamma_ratio(whole + order, whole, order)
