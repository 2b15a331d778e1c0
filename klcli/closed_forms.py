"""The Kullback-Leibler divergence between two families in closed form, and where it is infinite.

A closed form is one function, entered in CLOSED_FORMS for the pairs that it is good for: it gives the named parts of
the textbook's formula and, where they would cancel for parameters that are close, the value from a form that keeps
its digits. All of it is in nats.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

from klcli import special
from klcli.families import (
    Beta,
    BinomialLike,
    Chi2,
    Counts,
    Density,
    Dirichlet,
    Exponential,
    Family,
    GammaLike,
    GammaPower,
    Gumbel,
    HalfNormal,
    InvGamma,
    Laplace,
    LogNormal,
    MvNormal,
    NegativeBinomialLike,
    Normal,
    Pareto,
    Poisson,
    StudentLike,
    Uniform,
    VonMises,
    Weibull,
    condition,
    plain,
)
from klcli.lazy import np
from klcli.numerics import Contrast, exp_gap
from klcli.special import (
    EULER,
    LOG_2PI,
    digamma,
    log_beta,
    log_gamma_ratio,
    log_peak,
    log_ratio,
    rate_gap,
    ratio_gap,
)


class Parts(NamedTuple):
    """The terms of a closed form by their names, and its value from another form, where that loses fewer digits.

    `size` is the sum of the magnitudes that the value was added up from, each as often as it is rounded: the
    rounding errors of the value are a share of it.
    """

    terms: Mapping[str, float]
    value: float
    size: float


def _not_cancelling(terms: Mapping[str, float], *gaps: float) -> Parts:
    """The value as a sum of gaps >= 0, each of them right to its own last digits."""
    value = math.fsum(gaps)
    return Parts(terms, value, value)


def _added_up(terms: Mapping[str, float], *further: float) -> Parts:
    """The value as the sum of the terms; `further` is what they were themselves added up from, where that is more."""
    return Parts(terms, math.fsum(terms.values()), math.fsum([1.0, *map(abs, terms.values()), *map(abs, further)]))


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


def _log(x: float) -> float:
    """The size of log|x|: of an exponential e^t, its rounding errors are that many times those of t."""
    return abs(math.log(abs(x))) if x else 0.0


@closed_form("normal", "normal", source="Kullback 1959, chapter 9")
def _normal(f: Normal, g: Normal) -> Parts:
    log_sds, ratio, apart = log_ratio(f.sd, g.sd), f.sd / g.sd, (f.mean - g.mean) / g.sd
    terms = {
        "log(σ₂/σ₁)": -log_sds,
        "σ₁²/2σ₂²": 0.5 * ratio * ratio,
        "(μ₁−μ₂)²/2σ₂²": 0.5 * apart * apart,
        "−1/2": -0.5,
    }
    return _not_cancelling(terms, 0.5 * ratio_gap(f.sd, g.sd, power=2), 0.5 * apart * apart)


@closed_form("lognormal", "lognormal", source=f"{GIL}: that of the logarithms")
def _lognormal(f: LogNormal, g: LogNormal) -> Parts:
    return _normal(f.logarithm, g.logarithm)


@closed_form("halfnormal", "halfnormal", source=GIL)
def _halfnormal(f: HalfNormal, g: HalfNormal) -> Parts:
    log_scales, ratio = log_ratio(f.scale, g.scale), f.scale / g.scale
    terms = {"log(σ₂/σ₁)": -log_scales, "σ₁²/2σ₂²": 0.5 * ratio * ratio, "−1/2": -0.5}
    return _not_cancelling(terms, 0.5 * ratio_gap(f.scale, g.scale, power=2))


@closed_form("exponential", "exponential", source=GIL)
def _exponential(f: Exponential, g: Exponential) -> Parts:
    terms = {"log(λ₁/λ₂)": log_ratio(f.rate, g.rate), "λ₂/λ₁": g.rate / f.rate, "−1": -1.0}
    return _not_cancelling(terms, ratio_gap(g.rate, f.rate))


@closed_form("chi2", "chi2", source=GIL)
def _chi2(f: Chi2, g: Chi2) -> Parts:
    a, b = 0.5 * f.df, 0.5 * g.df
    terms = {"log(Γ(k₂/2)/Γ(k₁/2))": log_gamma_ratio(b, a), "½(k₁−k₂)·ψ(k₁/2)": (a - b) * digamma(a)}
    return _not_cancelling(terms, special.bregman_log_gamma(b, a))


@closed_form("exponential gamma chi2", "exponential gamma chi2", source=GIL)
def _gamma(f: GammaLike, g: GammaLike) -> Parts:
    """The value splits by means m and shapes a: a₂·gap(log m₁/m₂) and what equal means leave, all >= 0."""
    (a, rate), (b, other) = f.as_gamma(), g.as_gamma()
    log_rates, log_shapes = log_ratio(other, rate), log_ratio(b, a)
    terms = {
        "log(Γ(a₂)/Γ(a₁))": log_gamma_ratio(b, a),
        "(a₁−a₂)·ψ(a₁)": (a - b) * digamma(a),
        "a₂·log(b₁/b₂)": -b * log_rates,
        "a₁·(b₂−b₁)/b₁": a * ((other - rate) / rate),
    }
    means = log_rates - log_shapes
    value = b * _gap(means) + 0.5 * ratio_gap(b, a) + special.bregman_stirling(b, a)
    return Parts(terms, value, value + b * abs(math.expm1(means)) * (abs(log_rates) + abs(log_shapes)))


@closed_form("invgamma", "invgamma", source="that of the gamma distributions of 1/x")
def _invgamma(f: InvGamma, g: InvGamma) -> Parts:
    return _gamma(f.inverse, g.inverse)


@closed_form("beta", "beta", source=GIL)
def _beta(f: Beta, g: Beta) -> Parts:
    a, b, whole = g.a - f.a, g.b - f.b, f.a + f.b
    more = math.fsum([g.a, g.b, -f.a, -f.b])
    terms = {
        "log(B(a₂,b₂)/B(a₁,b₁))": _log_beta_ratio((g.a, g.b), (f.a, f.b)),
        "(a₁−a₂)·ψ(a₁)": -a * digamma(f.a),
        "(b₁−b₂)·ψ(b₁)": -b * digamma(f.b),
        "(a₂−a₁+b₂−b₁)·ψ(a₁+b₁)": more * digamma(whole),
    }
    return _between_shares(terms, (f.a, f.b), (g.a, g.b))


@closed_form("dirichlet", "dirichlet", source=GIL)
def _dirichlet(f: Dirichlet, g: Dirichlet) -> Parts:
    pairs = list(zip(f.a, g.a, strict=True))
    slope = digamma(math.fsum(f.a))
    terms = {
        "log(Γ(Σa₁)/Γ(Σa₂))": -_log_gamma_of_sum_ratio(g.a, f.a),
        "Σ log(Γ(a₂)/Γ(a₁))": math.fsum(log_gamma_ratio(b, a) for a, b in pairs),
        "Σ (a₁−a₂)·(ψ(a₁)−ψ(Σa₁))": math.fsum((a - b) * (digamma(a) - slope) for a, b in pairs),
    }
    return _between_shares(terms, f.a, g.a)


def _log_beta_ratio(y: Sequence[float], x: Sequence[float]) -> float:
    """The logarithm of B(y)/B(x)."""
    logs = [log_gamma_ratio(b, a) for b, a in zip(y, x, strict=True)]
    return math.fsum([*logs, -_log_gamma_of_sum_ratio(y, x)])


def _log_gamma_of_sum_ratio(y: Sequence[float], x: Sequence[float]) -> float:
    """log(Γ(Σy)/Γ(Σx)), from Σy − Σx, which has digits that both sums have lost."""
    return log_gamma_ratio(math.fsum(y), math.fsum(x), math.fsum([*y, *(-a for a in x)]))


def _between_shares(terms: Mapping[str, float], a: Sequence[float], b: Sequence[float]) -> Parts:
    """The divergence of Dirichlet distributions, by what Stirling's formula makes of each log Γ.

    The large terms of it add up to Σb times the discrete divergence of the mean shares of G from those of F.
    """
    whole, other, apart = math.fsum(a), math.fsum(b), math.fsum([*b, *(-x for x in a)])
    pairs = list(zip(b, a, strict=True))
    means = other * Contrast(np.array(b), np.array(a)).mean_log_ratio()
    gaps = [*(ratio_gap(y, x) for y, x in pairs), -ratio_gap(other, whole, apart)]
    errors = [*(special.bregman_stirling(y, x) for y, x in pairs), -special.bregman_stirling(other, whole, apart)]
    summed = [means, *(0.5 * gap for gap in gaps), *errors]
    return Parts(terms, math.fsum(summed), math.fsum(map(abs, summed)))


@closed_form("laplace", "laplace", source=GIL)
def _laplace(f: Laplace, g: Laplace) -> Parts:
    ratio, apart = f.scale / g.scale, abs(f.loc - g.loc) / f.scale
    terms = {
        "log(b₂/b₁)": log_ratio(g.scale, f.scale),
        "|μ₁−μ₂|/b₂": ratio * apart,
        "b₁/b₂·exp(−|μ₁−μ₂|/b₁)": ratio * math.exp(-apart),
        "−1": -1.0,
    }
    return _not_cancelling(terms, ratio_gap(f.scale, g.scale), ratio * _gap(-apart))


@closed_form("cauchy student", "cauchy student", source="Chyzak and Nielsen 2019")
def _cauchy(f: StudentLike, g: StudentLike) -> Parts | None:
    (df, x, scale), (other_df, y, other) = f.as_student(), g.as_student()
    if not df == other_df == 1:
        return None
    apart = math.hypot(scale - other, x - y) / (2 * math.sqrt(scale) * math.sqrt(other))
    value = math.log1p(apart * apart) if apart < 1e100 else 2 * math.log(apart)
    return _not_cancelling({"log(((γ₁+γ₂)²+(x₁−x₂)²)/4γ₁γ₂)": value}, value)


@closed_form("uniform", "uniform", source=GIL)
def _uniform(f: Uniform, g: Uniform) -> Parts:
    more = (g.high - f.high) + (f.low - g.low)
    value = math.log1p(more / f.width) if more < f.width else log_ratio(g.width, f.width)
    return _not_cancelling({"log((high₂−low₂)/(high₁−low₁))": value}, value)


@closed_form("pareto", "pareto", source=GIL)
def _pareto(f: Pareto, g: Pareto) -> Parts:
    log_scales = log_ratio(f.scale, g.scale)
    terms = {
        "log(α₁/α₂)": log_ratio(f.shape, g.shape),
        "α₂·log(s₁/s₂)": g.shape * log_scales,
        "α₂/α₁": g.shape / f.shape,
        "−1": -1.0,
    }
    return _not_cancelling(terms, ratio_gap(g.shape, f.shape), g.shape * log_scales)


@closed_form("weibull", "weibull", source="Bauckhage 2013")
def _weibull(f: Weibull, g: Weibull) -> Parts:
    moved, shapes = g.shape * log_ratio(f.scale, g.scale), g.shape / f.shape
    terms = {
        "log(k₁/k₂)": log_ratio(f.shape, g.shape),
        "k₂·log(λ₂/λ₁)": -moved,
        "γ·(k₂/k₁−1)": EULER * ((g.shape - f.shape) / f.shape),
        "(λ₁/λ₂)^k₂·Γ(1+k₂/k₁)": math.exp(moved + math.lgamma(1 + shapes)),
        "−1": -1.0,
    }
    return _extreme(terms, moved, shapes, (g.shape - f.shape) / f.shape)


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
    return _extreme(terms, moved, scales, (f.scale - g.scale) / g.scale)


def _extreme(terms: Mapping[str, float], moved: float, ratio: float, more: float) -> Parts:
    """e^m·Γ(1 + r) − 1 − m − log r − γ(1 − r) as two terms >= 0; more = r − 1 has digits that r has lost near 1."""
    log_factor = special.bregman_log_gamma(1 + ratio, 2.0, more) + (1 - EULER) * more  # log Γ(1 + r)
    value = _gap(moved + log_factor) + special.bregman_log_gamma(ratio, 1.0, more)
    return Parts(terms, value, value + abs(math.expm1(moved + log_factor)) * (abs(moved) + abs(log_factor)))


@closed_form("vonmises", "vonmises", source=GIL)
def _vonmises(f: VonMises, g: VonMises) -> Parts:
    mean, angle = special.bessel_ratio(f.kappa), f.mu - g.mu
    turned = 2 * math.sin(0.5 * angle) ** 2  # 1 − cos
    gap = special.bregman_log_i0(g.kappa, f.kappa)
    terms = {
        "log(I₀(κ₂)/I₀(κ₁))": gap + mean * (g.kappa - f.kappa),
        "κ₁·A(κ₁)": f.kappa * mean,
        "−κ₂·cos(μ₁−μ₂)·A(κ₁)": -g.kappa * (1 - turned) * mean,
    }
    value = gap + g.kappa * mean * turned
    return Parts(terms, value, value + g.kappa * mean * abs(angle * math.sin(angle)))


@closed_form("poisson", "poisson", source="Kullback 1959, chapter 7")
def _poisson(f: Poisson, g: Poisson) -> Parts:
    terms = {"λ₁·log(λ₁/λ₂)": f.rate * log_ratio(f.rate, g.rate), "−λ₁": -f.rate, "λ₂": g.rate}
    return _not_cancelling(terms, rate_gap(g.rate, f.rate))


@closed_form("bernoulli binomial", "bernoulli binomial", source="Kullback 1959, chapter 6")
def _binomial(f: BinomialLike, g: BinomialLike) -> Parts | None:
    (n, p), (other, q) = f.as_binomial(), g.as_binomial()
    if n != other:
        return None
    draws = "n·" if n > 1 else ""
    success, failure, value = _one_draw(p, q)
    terms = {f"{draws}p₁·log(p₁/p₂)": n * success, f"{draws}(1−p₁)·log((1−p₁)/(1−p₂))": n * failure}
    return _not_cancelling(terms, n * value)


@closed_form("geometric negbinomial", "geometric negbinomial", source="r/p₁ times that of one draw")
def _negative_binomial(f: NegativeBinomialLike, g: NegativeBinomialLike) -> Parts | None:
    (r, p), (other, q) = f.as_negative_binomial(), g.as_negative_binomial()
    if r != other:
        return None
    draws = "r·" if r != 1 else ""
    success, failure, value = _one_draw(p, q)
    terms = {
        f"{draws}log(p₁/p₂)": r * (success / p),
        f"{draws}(1−p₁)/p₁·log((1−p₁)/(1−p₂))": r * (failure / p),
    }
    return _not_cancelling(terms, r * (value / p))


def _one_draw(p: float, q: float) -> tuple[float, float, float]:
    """Both terms of the divergence of a draw with chance p from one with chance q, and their sum from terms >= 0."""
    log_successes = log_ratio(q, p) if p else 0.0
    apart = (p - q) / (1 - p) if p < 1 else 0.0
    log_failures = math.log1p(apart) if abs(apart) < 0.5 else log_ratio(1 - q, 1 - p)
    success = rate_gap(q, p) if p else q
    failure = (1 - p) * _gap(log_failures) if p < 1 else 1 - q
    return 0.0 - p * log_successes, 0.0 - (1 - p) * log_failures, success + failure


@closed_form("mvnormal", "mvnormal", source="Kullback 1959, chapter 9")
def _mvnormal(f: MvNormal, g: MvNormal) -> Parts:
    """By Cholesky factors; where the covariances are close, from the variances less 1 where G is standard."""
    root, own = np.linalg.cholesky(g.matrix), np.linalg.cholesky(f.matrix)
    moved = np.linalg.solve(root, np.subtract(f.centre, g.centre))
    distance = 0.5 * float(moved @ moved)
    terms = {
        "½tr(Σ₂⁻¹Σ₁)": 0.5 * float(np.sum(np.linalg.solve(root, own) ** 2)),
        "−d/2": -0.5 * len(f.cov),
        "½(μ₁−μ₂)ᵀΣ₂⁻¹(μ₁−μ₂)": distance,
        "½log(|Σ₂|/|Σ₁|)": math.fsum(map(log_ratio, np.diag(root).tolist(), np.diag(own).tolist())),
    }
    apart = np.linalg.solve(root, np.linalg.solve(root, f.matrix - g.matrix).T)
    excess = np.linalg.eigvalsh(0.5 * (apart + apart.T))  # the variances less 1, to their own last digits
    parts = _added_up(terms)
    if np.abs(excess).max() < 0.5:
        parts = _not_cancelling(terms, 0.5 * float(exp_gap(np.log1p(excess)).sum()), distance)
    return parts._replace(size=parts.size * (condition(f) + condition(g)))


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

    def log_landmarks(self) -> tuple[float, float, float]:
        """About where the quantiles 1/6, 1/2 and 5/6 of log x are."""

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
    centre, variance = f.centre(), f.variance()
    apart, spread = (centre - g.mean) / g.sd, 0.5 * (variance / g.sd / g.sd)
    terms = {
        "−h(F)": -f.entropy(),
        "½log(2πσ²)": math.log(g.sd) + 0.5 * LOG_2PI,
        "Var[x]/2σ²": spread,
        "(E[x]−μ)²/2σ²": 0.5 * apart * apart,
    }
    return _added_up(terms, spread * _log(variance), apart / g.sd * (abs(g.mean) + abs(centre) * (1 + _log(centre))))


@closed_form("normal", "laplace", source=LAZO)
def _normal_to_laplace(f: Normal, g: Laplace) -> Parts:
    apart = (f.mean - g.loc) / f.sd
    folded = math.sqrt(2 / math.pi) * math.exp(-0.5 * apart * apart) + apart * math.erf(apart / math.sqrt(2))
    terms = {"−h(F)": -f.entropy(), "log(2b)": math.log(2 * g.scale), "E|x−μ|/b": folded * (f.sd / g.scale)}
    return _added_up(terms)


@closed_form("normal laplace uniform exponential gamma chi2", "gumbel", source=LAZO)
def _to_gumbel(f: Moments, g: Gumbel) -> Parts:
    centre, moment = f.centre(), f.exponential_moment(1 / g.scale, g.loc)
    terms = {
        "−h(F)": -f.entropy(),
        "log β": math.log(g.scale),
        "(E[x]−μ)/β": (centre - g.loc) / g.scale,
        "E[exp(−(x−μ)/β)]": moment,
    }
    far = (abs(centre) * (1 + _log(centre)) + abs(g.loc)) / g.scale
    return _added_up(terms, far, moment * (far + _log(moment)))


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
def _to_gamma_power(f: Moments, g: GammaPower) -> Parts:
    """The value is written around the mean of u = (x/s)^p under G, where its terms are small whatever the shape."""
    shape, log_scale, power = g.as_gamma_power()
    of_f = f.log_moment(power)
    moment = of_f - power * log_scale  # log E[u]
    numbers = (
        math.lgamma(shape) - math.log(abs(power)) + power * shape * log_scale,
        (1 - power * shape) * f.mean_log(),
        math.exp(moment),
    )
    named = dict(zip(_POWER_PARTS[g.name], numbers, strict=True))
    named.pop("", None)
    log_u = power * (f.mean_log() - log_scale) - math.log(shape)
    bend = shape * (math.expm1(moment - math.log(shape)) - log_u)
    around = [-f.entropy(), f.mean_log(), bend, -log_peak(shape), -math.log(abs(power))]
    scales = abs(power) * (abs(f.log_landmarks()[1]) + abs(log_scale))  # of the exponents, which may cancel
    magnitudes = [1.0, *map(abs, around), math.exp(moment) * (1 + abs(of_f) + scales)]
    magnitudes += [shape * (abs(power * f.mean_log()) + scales + abs(math.log(shape)))]
    return Parts({"−h(F)": -f.entropy(), **named}, math.fsum(around), math.fsum(magnitudes))


@closed_form(_ON_THE_POSITIVE, "lognormal", source=LAZO)
def _to_lognormal(f: Moments, g: LogNormal) -> Parts:
    centre = f.mean_log()
    apart = (centre - g.mu) / g.sigma
    terms = {
        "−h(F)": -f.entropy(),
        "E[log x]": centre,
        "½log(2πσ²)": math.log(g.sigma) + 0.5 * LOG_2PI,
        "Var[log x]/2σ²": 0.5 * (f.variance_log() / g.sigma / g.sigma),
        "(E[log x]−μ)²/2σ²": 0.5 * apart * apart,
    }
    return _added_up(terms, apart / g.sigma * (abs(centre) + abs(g.mu)))


@closed_form("uniform", "pareto", source=LAZO)
def _to_pareto(f: Moments, g: Pareto) -> Parts:
    logs = f.mean_log() - math.log(g.scale)
    terms = {
        "−h(F)": -f.entropy(),
        "log s − log α": math.log(g.scale) - math.log(g.shape),
        "(α+1)·E[log(x/s)]": (g.shape + 1) * logs,
    }
    return _added_up(terms, (g.shape + 1) * (abs(f.mean_log()) + abs(math.log(g.scale))))


@closed_form("uniform", "beta", source=LAZO)
def _to_beta(f: Uniform, g: Beta) -> Parts:
    terms = {
        "−h(F)": -f.entropy(),
        "log B(a,b)": log_beta(g.a, g.b),
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
