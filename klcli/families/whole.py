"""Families of whole numbers."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from klcli.families.family import CHANCE, COUNT, POSITIVE, SHARE, Family, family
from klcli.lazy import np
from klcli.numerics import exp_gap
from klcli.special import LOG_2PI, stirling_error

if TYPE_CHECKING:
    from klcli.numerics import Array


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


class BinomialLike(Counts):
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
class Bernoulli(BinomialLike):
    """Bernoulli distribution: 1 with probability p, or else 0."""

    p: float
    rules: ClassVar = {"p": SHARE}

    def as_binomial(self) -> tuple[float, float]:
        """One draw."""
        return (1.0, self.p)


@family
class Binomial(BinomialLike):
    """Binomial distribution: the number of successes in n draws."""

    n: float
    p: float
    rules: ClassVar = {"n": COUNT, "p": SHARE}

    def as_binomial(self) -> tuple[float, float]:
        """Itself."""
        return (self.n, self.p)


class NegativeBinomialLike(Counts):
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
class Geometric(NegativeBinomialLike):
    """Geometric distribution: the number of failures before the first success."""

    p: float
    rules: ClassVar = {"p": CHANCE}

    def as_negative_binomial(self) -> tuple[float, float]:
        """One success."""
        return (1.0, self.p)


@family
class NegBinomial(NegativeBinomialLike):
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
