"""Divergences of parametric families: formulas against integrals, limits against theory, and the command."""

from __future__ import annotations

import contextlib
import functools
import itertools
import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
from conftest import Done
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from mpmath import exp, log, mp, mpf
from test_families import ALL, MANY, OF_F, OF_G, Numbers, by_scipy, made

import klcli.parametric
from klcli.closed_forms import CLOSED_FORMS, ClosedForm, Parts, infinity
from klcli.errors import InputError, KlcliError, MissingExtraError, OptionError
from klcli.families import FAMILIES, Density, Dirichlet, Family, GammaPower, Laplace, MvNormal, parse
from klcli.parametric import METHODS, continuous, verify
from klcli.quadrature import numerical
from klcli.result import Result

Run = Callable[..., Done]

# Families that meet where they are the same, and have a closed form there alone.
GROUPS = [{"cauchy", "student"}, {"bernoulli", "binomial"}, {"geometric", "negbinomial"}]
MEETING_F: dict[str, Numbers] = {
    "cauchy": (0.5, 1.5),
    "student": (1.0, 0.5, 1.5),
    "bernoulli": (0.3,),
    "binomial": (1.0, 0.3),
    "geometric": (0.3,),
    "negbinomial": (1.0, 0.3),
}
MEETING_G: dict[str, Numbers] = {
    "cauchy": (-0.8, 0.7),
    "student": (1.0, -0.8, 0.7),
    "bernoulli": (0.6,),
    "binomial": (1.0, 0.6),
    "geometric": (0.55,),
    "negbinomial": (1.0, 0.55),
}


def examples(f: str, g: str) -> list[tuple[Family, Family]]:
    """Pairs of distributions of these families that have a closed form."""
    if (f, g) == ("student", "student") or (f != g and {f, g} in GROUPS):
        return [(made(f, MEETING_F[f]), made(g, MEETING_G[g]))]
    return [(made(f, one), made(g, other)) for one, other in zip(OF_F[f], OF_G[g], strict=True)]


def comparable(f: Family, g: Family) -> bool:
    """Whether there is a divergence, and whether it is finite."""
    return f.discrete == g.discrete and f.space == g.space and not infinity(f, g)


def has_closed_form(f: Family, g: Family) -> bool:
    """Whether there is a closed form for these parameters."""
    known = CLOSED_FORMS.get((f.name, g.name))
    return known is not None and known.function(f, g) is not None


CLOSED = [
    pytest.param(f, g, id=f"{f}-{g}") for names in CLOSED_FORMS if names[0] not in MANY for f, g in examples(*names)
]
OPEN = [
    pytest.param(f, g, id=f"{f}-{g}")
    for (one, of_f), (other, of_g) in itertools.product(OF_F.items(), OF_G.items())
    for f, g in [(made(one, of_f[0]), made(other, of_g[1]))]
    if comparable(f, g) and not has_closed_form(f, g)
]

# Oracles: scipy.stats for every family, and the textbook's densities in mpmath.


def kinks(*sides: Family) -> list[float]:
    """Where the density of a side has a kink."""
    return [each.loc for each in sides if isinstance(each, Laplace)]


def by_quantiles(f: Family, g: Family) -> float:
    """D(F‖G) as the mean of log(f/g) at the quantiles of F, by the double exponential rule between kinks.

    Densities and quantiles are scipy's. Source: Takahasi and Mori (1974).
    """
    p, q = by_scipy(f), by_scipy(g)
    t = np.arange(-4.6, 4.6, 1 / 24)
    share = 1 / (1 + np.exp(np.pi * np.sinh(np.abs(t))))  # of an interval, from its nearer end
    weights = np.pi * np.cosh(t) * share * (1 - share) / 24
    cuts = sorted(p.cdf(x) for x in kinks(f, g)) or [0.5]
    total = 0.0
    for low, high in itertools.pairwise([0, *cuts, 1]):
        near = low + (high - low) * share
        x = np.where(t < 0, p.ppf(near), p.ppf(high - (high - low) * share))
        if high == 1:
            x = np.where(t < 0, x, p.isf((1 - low) * share))
        with np.errstate(invalid="ignore"):
            logs = p.logpdf(x) - q.logpdf(x)
        total += (high - low) * float(np.sum((weights * logs)[np.isfinite(logs)]))  # x may round to an end
    return total


def by_adding(f: Family, g: Family) -> float:
    """D(F‖G) of discrete distributions as the textbook has it, with scipy's probabilities."""
    x = np.arange(0, 400)
    p, q = by_scipy(f), by_scipy(g)
    held = p.pmf(x) > 0
    return float(np.sum(p.pmf(x[held]) * (p.logpmf(x[held]) - q.logpmf(x[held]))))


log_gamma = functools.lru_cache(100_000)(mpmath.loggamma)
bessel_i = functools.lru_cache(100)(mpmath.besseli)

LOG_DENSITY: dict[str, Callable[..., mpf]] = {
    "normal": lambda x, m, s: -((x - m) ** 2) / (2 * s * s) - log(s * mpmath.sqrt(2 * mp.pi)),
    "laplace": lambda x, m, b: -abs(x - m) / b - log(2 * b),
    "cauchy": lambda x, m, g: -log(mp.pi * g * (1 + ((x - m) / g) ** 2)),
    "student": lambda x, v, m, s: (
        log_gamma((v + 1) / 2)
        - log_gamma(v / 2)
        - log(v * mp.pi) / 2
        - log(s)
        - (v + 1) / 2 * log(1 + ((x - m) / s) ** 2 / v)
    ),
    "gumbel": lambda x, m, b: -(x - m) / b - exp(-(x - m) / b) - log(b),
    "uniform": lambda _, low, high: -log(high - low),
    "exponential": lambda x, rate: log(rate) - rate * x,
    "gamma": lambda x, a, b: a * log(b) - log_gamma(a) + (a - 1) * log(x) - b * x,
    "chi2": lambda x, k: -k / 2 * log(2) - log_gamma(k / 2) + (k / 2 - 1) * log(x) - x / 2,
    "invgamma": lambda x, a, s: a * log(s) - log_gamma(a) - (a + 1) * log(x) - s / x,
    "weibull": lambda x, k, s: log(k / s) + (k - 1) * log(x / s) - (x / s) ** k,
    "halfnormal": lambda x, s: log(mpmath.sqrt(2 / mp.pi) / s) - x * x / (2 * s * s),
    "lognormal": lambda x, m, s: -((log(x) - m) ** 2) / (2 * s * s) - log(x * s * mpmath.sqrt(2 * mp.pi)),
    "pareto": lambda x, s, a: log(a) + a * log(s) - (a + 1) * log(x),
    "beta": lambda x, a, b: (
        (a - 1) * log(x) + (b - 1) * mpmath.log1p(-x) + log_gamma(a + b) - log_gamma(a) - log_gamma(b)
    ),
    "vonmises": lambda x, m, k: k * mpmath.cos(x - m) - log(2 * mp.pi * bessel_i(0, k)),
    "poisson": lambda x, rate: x * log(rate) - rate - log_gamma(x + 1),
    "bernoulli": lambda x, p: x * log(p) + (1 - x) * log(1 - p),
    "binomial": lambda x, n, p: log(mpmath.binomial(n, x)) + x * log(p) + (n - x) * log(1 - p),
    "geometric": lambda x, p: log(p) + x * log(1 - p),
    "negbinomial": lambda x, r, p: log_gamma(x + r) - log_gamma(r) - log_gamma(x + 1) + r * log(p) + x * log(1 - p),
}


def test_every_family_has_a_density_here() -> None:
    """A family that is new has its density in mpmath."""
    assert set(LOG_DENSITY) == set(OF_F)


def by_mpmath(f: Family, g: Family, *breaks: float) -> mpf:
    """D(F‖G) by mpmath's own quadrature of the textbook's densities, between these breaks."""
    own, other = ([mpf(x) for x in each.parameters().values()] for each in (f, g))

    def integrand(x: mpf) -> mpf:
        log_f = LOG_DENSITY[f.name](x, *own)
        return exp(log_f) * (log_f - LOG_DENSITY[g.name](x, *other))

    assert isinstance(f, Density)
    low, high = map(mpf, f.support)
    if f.name == "gumbel":  # e^(−e^z) of a large z takes mpmath forever
        low = own[0] - 7 * own[1]
    inner = [*by_scipy(f).ppf([0.001, 0.1, 0.5, 0.9, 0.999]).tolist(), *kinks(f, g), *breaks]
    return mpmath.quad(integrand, sorted({low, high, *(mpf(x) for x in inner if low < x < high)}))


# Closed forms


@pytest.mark.parametrize(("f", "g"), CLOSED)
def test_closed_forms_are_the_integral(f: Family, g: Family) -> None:
    """Every closed form agrees with an integral of scipy's densities and with quadrature, and its parts add up."""
    result = continuous(f, g, method="closed-form")
    oracle = by_adding if f.discrete else by_quantiles
    if f.name != "vonmises":  # scipy's quantiles of it are approximate
        assert result.value == pytest.approx(oracle(f, g), rel=1e-9)
    assert math.fsum(result.terms["contribution"]) == pytest.approx(result.value, rel=1e-12)
    assert {type(x) for x in (result.value, *result.terms["contribution"])} == {float}


@pytest.mark.parametrize(("f", "g"), CLOSED[::2])
def test_closed_forms_are_what_quadrature_finds(f: Family, g: Family) -> None:
    """Quadrature, and sums, agree with every closed form to 1e-12, and state an error that is as small."""
    wanted, found = continuous(f, g, method="closed-form"), continuous(f, g, method="numerical")
    assert found.value == pytest.approx(wanted.value, rel=1e-12)
    assert found.details["error"] < 1e-11 * wanted.value


REQUIRED = [
    ("normal", "laplace"),
    ("laplace", "normal"),
    ("exponential", "gamma"),
    ("gamma", "exponential"),
    ("weibull", "gamma"),
    ("uniform", "normal"),
    ("uniform", "beta"),
    ("exponential", "normal"),
    ("gamma", "normal"),
    ("beta", "normal"),
    ("lognormal", "gamma"),
]
WITHIN = [(name, name) for name in OF_F if not FAMILIES[name].discrete]


@pytest.mark.parametrize(
    ("f", "g"), [pytest.param(f, g, id=f"{f}-{g}") for names in (*WITHIN, *REQUIRED) for f, g in examples(*names)]
)
def test_closed_forms_are_those_of_mpmath(f: Family, g: Family) -> None:
    """The forms within a family, and the cross forms in use most, agree with mpmath's integrals to 1e-12."""
    assert continuous(f, g).value == pytest.approx(float(by_mpmath(f, g)), rel=1e-12)


def test_every_pair_that_is_wanted_has_a_closed_form() -> None:
    """Every family but student has a closed form with itself, and the cross pairs that are in use most have one."""
    assert {(name, name) for name in FAMILIES} <= set(CLOSED_FORMS)
    assert set(REQUIRED) <= set(CLOSED_FORMS)
    assert continuous("student(3, 0, 1)", "student(4, 0, 1)").notes[0].startswith("no closed form: adaptive quad")


@pytest.mark.parametrize(
    ("f", "g", "value"),
    [
        ("normal(0,1)", "normal(1,2)", math.log(2) - 0.25),
        ("dirichlet(1,2,3)", "dirichlet(3,2,1)", 3.0),
        ("uniform(0,1)", "uniform(-1,3)", math.log(4)),
        ("exponential(2)", "exponential(1)", math.log(2) - 0.5),
        ("bernoulli(1/2)", "bernoulli(1/4)", 0.5 * math.log(4 / 3)),
        ("bernoulli(0)", "bernoulli(1/2)", math.log(2)),
        ("bernoulli(1)", "bernoulli(1/2)", math.log(2)),
        ("geometric(1)", "geometric(1/2)", math.log(2)),
        ("cauchy(0,1)", "cauchy(0,3)", math.log(4 / 3)),
        ("pareto(2,1)", "pareto(1,1)", math.log(2)),
        ("beta(1,1)", "beta(2,1)", 1 - math.log(2)),
        ("poisson(1)", "poisson(2)", 1 - math.log(2)),
        ("student(1,0,1)", "cauchy(0,1)", 0.0),
        ("exponential(3)", "gamma(1,3)", 0.0),
        ("chi2(4)", "gamma(2,1/2)", 0.0),
        ("mvnormal([[1,0],[0,4]])", "mvnormal([1,2],[[1,0],[0,1]])", 0.5 * (5 - 2 + 5) - math.log(2)),
    ],
)
def test_known_answers(f: str, g: str, value: float) -> None:
    """Divergences that can be worked out by hand come out to the last digits."""
    assert continuous(f, g).value == pytest.approx(value, rel=1e-15, abs=0)


def _gamma(a: mpf, b: mpf, c: mpf, d: mpf) -> mpf:
    tail = mpmath.loggamma(c) - mpmath.loggamma(a) + (a - c) * mpmath.digamma(a)
    return tail + c * log(b / d) + a * (d - b) / b


def _weibull(k: mpf, s: mpf, j: mpf, r: mpf) -> mpf:
    ratio = (s / r) ** j * mpmath.gamma(j / k + 1) - 1
    return log(k / s**k) - log(j / r**j) + (k - j) * (log(s) - mp.euler / k) + ratio


def _beta(a: mpf, b: mpf, c: mpf, d: mpf) -> mpf:
    logs = [mpmath.loggamma(x) for x in (c, d, a + b, a, b, c + d)]
    slopes = (a - c) * mpmath.digamma(a) + (b - d) * mpmath.digamma(b) + (c - a + d - b) * mpmath.digamma(a + b)
    return sum(logs[:3]) - sum(logs[3:]) + slopes


def _bernoulli(p: mpf, q: mpf) -> mpf:
    return p * log(p / q) + (1 - p) * log((1 - p) / (1 - q))


def _vonmises(m: mpf, k: mpf, n: mpf, j: mpf) -> mpf:
    mean = mpmath.besseli(1, k) / mpmath.besseli(0, k)
    return log(mpmath.besseli(0, j) / mpmath.besseli(0, k)) + k * mean - j * mpmath.cos(m - n) * mean


# The textbook's formulas, which cancel: mpmath has digits enough for that.
TEXTBOOK: dict[str, Callable[..., mpf]] = {
    "normal": lambda m, s, n, r: log(r / s) + (s * s + (m - n) ** 2) / (2 * r * r) - 0.5,
    "halfnormal": lambda s, r: log(r / s) + s * s / (2 * r * r) - 0.5,
    "laplace": lambda m, s, n, r: log(r / s) + abs(m - n) / r + s / r * exp(-abs(m - n) / s) - 1,
    "cauchy": lambda x, g, y, h: log(((g + h) ** 2 + (x - y) ** 2) / (4 * g * h)),
    "gumbel": lambda m, s, n, r: _weibull(1 / s, exp(-m), 1 / r, exp(-n)),
    "exponential": lambda a, b: log(a / b) + b / a - 1,
    "gamma": _gamma,
    "chi2": lambda k, j: _gamma(k / 2, mpf(0.5), j / 2, mpf(0.5)),
    "invgamma": _gamma,
    "weibull": _weibull,
    "beta": _beta,
    "vonmises": _vonmises,
    "poisson": lambda a, b: a * log(a / b) - a + b,
    "bernoulli": _bernoulli,
    "geometric": lambda p, q: _bernoulli(p, q) / p,
}

_LOCATIONS = {"mean", "loc", "mu"}


def _near(name: str) -> st.SearchStrategy[tuple[list[float], list[float]]]:
    """Two sets of parameters of the family, from far apart to equal but for the last digits."""
    shares = st.one_of(
        st.just(0.0),
        st.builds(lambda sign, power: sign * 10.0**power, st.sampled_from([-1, 1]), st.floats(-12, -0.05)),
    )

    def pairs(parameter: str) -> st.SearchStrategy[tuple[float, float]]:
        if parameter in _LOCATIONS:
            return st.tuples(st.floats(-3, 3), shares).map(lambda x: (x[0], x[0] + x[1]))
        powers = st.floats(-6, -0.01) if parameter == "p" else st.floats(-0.5 if name == "weibull" else -2, 1.5)
        return st.tuples(powers.map(lambda power: 10.0**power), shares).map(
            lambda x: (x[0], x[0] * (1 + x[1] * (1 - x[0] if parameter == "p" else 1)))
        )

    both = st.tuples(*map(pairs, FAMILIES[name].names()))
    return both.map(lambda rows: ([row[0] for row in rows], [row[1] for row in rows]))


@pytest.mark.parametrize("name", TEXTBOOK)
def test_close_parameters_do_not_cancel(name: str) -> None:
    """Values keep 12 digits however close the parameters are, where the textbook's formula would have none."""

    @given(_near(name))
    @settings(deadline=None, derandomize=True, max_examples=30)
    def check(sides: tuple[list[float], list[float]]) -> None:
        with mp.workdps(80):
            wanted = TEXTBOOK[name](*(mpf(x) for side in sides for x in side))
        value = continuous(made(name, sides[0]), made(name, sides[1])).value
        assert abs(value - wanted) <= 3e-13 * wanted

    check()


@pytest.mark.parametrize("shift", [1e-3, 1e-8, 1e-12])
def test_close_matrices_and_shares_do_not_cancel(shift: float) -> None:
    """Covariances, and Dirichlet parameters, that differ by little keep their digits too."""
    value = continuous(MvNormal(None, [[2, 0.5], [0.5, 1]]), MvNormal(None, [[2 + shift, 0.5], [0.5, 1]])).value
    with mp.workdps(60):
        more = (mpf(2 + shift) - 2) * 4 / 7  # |Σ₂|/|Σ₁| − 1
        wanted = (log(1 + more) - more / (1 + more)) / 2
    assert value == pytest.approx(float(wanted), rel=1e-13)
    value = continuous(Dirichlet((1e5, 2e5, 3e5)), Dirichlet((1e5, 2e5, 3e5 * (1 + shift)))).value
    with mp.workdps(60):
        a, b, c, d = (mpf(x) for x in (3e5, 3e5 * (1 + shift), 6e5, 3e5 + 3e5 * (1 + shift)))
        d = c + b - a
        tangent = [mpmath.loggamma(y) - mpmath.loggamma(x) - mpmath.digamma(x) * (y - x) for x, y in ((a, b), (c, d))]
        wanted = tangent[0] - tangent[1]
    assert value == pytest.approx(float(wanted), rel=1e-12)


# Each parameter of F, and how many times larger that of G is. The others are 1, and locations 0.
FAR = [
    (parameters, ratios)
    for parameters in (1e-14, 1e-6, 1.0, 1e6, 1e15)
    for ratios in (1e-16, 1e-10, 1e-4, 0.5, 1 + 1e-9, 1e3, 1e10, 1e16)
]


def _parameters(name: str) -> list[str]:
    return [each for each in FAMILIES[name].names() if each not in {*_LOCATIONS, "p"}]


@pytest.mark.parametrize(
    ("name", "varied"),
    [(name, each) for name in TEXTBOOK if name != "vonmises" for each in _parameters(name)],
)
def test_far_parameters_keep_their_digits(name: str, varied: str) -> None:
    """Parameters from 1e-14 to 1e15, and ratios of them from 1e-16 to 1e16, lose none of 12 digits."""
    compared = 0
    for value, ratio in FAR:
        sides = [
            [x if each == varied else 0.0 if each in _LOCATIONS else 1.0 for each in FAMILIES[name].names()]
            for x in (value, value * ratio)
        ]
        with mp.workdps(120):
            wanted = TEXTBOOK[name](*(mpf(x) for side in sides for x in side))
        if wanted > mpf(10) ** 300:
            continue
        compared += 1
        found = continuous(made(name, sides[0]), made(name, sides[1])).value
        assert abs(found - wanted) <= 1e-12 * wanted, (sides, found)
    assert compared >= 20


@pytest.mark.parametrize(
    ("f", "g", "value"),
    [
        ("gumbel(0,1e-10)", "gumbel(0,1e6)", 36.264146),
        ("weibull(1e8,1)", "weibull(1e-8,1)", 36.264146),
        ("gumbel(0,1e-6)", "gumbel(0,1e4)", 22.448635),
    ],
)
def test_extreme_value_distributions_that_are_far_apart(f: str, g: str, value: float) -> None:
    """A ratio of scales that is next to 0 counts with all its digits."""
    assert continuous(f, g).value == pytest.approx(value, rel=2e-8)


def _entropy(shape: mpf, power: mpf, scale: mpf) -> mpf:
    own = mpmath.loggamma(shape) - shape * mpmath.digamma(shape) + shape
    return own - log(abs(power)) + log(scale) + mpmath.digamma(shape) / power


@pytest.mark.parametrize("shape", [1e-14, 1e-12, 1e-6, 0.3, 1e5, 1e15])
@pytest.mark.parametrize("g", ["halfnormal(1e-20)", "halfnormal(3)", "weibull(5, 1e3)", "weibull(1e-3, 0.2)"])
def test_far_shapes_in_the_general_form(shape: float, g: str) -> None:
    """A gamma distribution of any shape is as far from its relatives as the textbook says, within a stated error."""
    result = continuous(f"gamma({shape},1)", g)
    other = parse(g)
    assert isinstance(other, GammaPower)
    with mp.workdps(120):
        a, (b, _, k) = mpf(shape), map(mpf, other.as_gamma_power())
        s = mpf(other.parameters()["scale"]) * (mpmath.sqrt(2) if other.name == "halfnormal" else 1)
        moment = exp(mpmath.loggamma(a + k) - mpmath.loggamma(a) - k * log(s))
        constant = mpmath.loggamma(b) - log(k) + k * b * log(s)
        wanted = constant + (1 - k * b) * mpmath.digamma(a) + moment - _entropy(a, mpf(1), mpf(1))
    assert abs(result.value - wanted) <= result.details["error"] + 1e-14 * wanted
    assert result.details["error"] <= 1e-10 * wanted


def _exact_terms(name: str, a: Sequence[mpf], b: Sequence[mpf]) -> list[mpf]:
    """The textbook's terms of the families whose formulas have log Γ."""
    log_gamma, psi = mpmath.loggamma, mpmath.digamma
    if name in ("gamma", "invgamma"):
        (a1, r1), (a2, r2) = a, b
        return [log_gamma(a2) - log_gamma(a1), (a1 - a2) * psi(a1), a2 * log(r1 / r2), a1 * (r2 - r1) / r1]
    if name == "chi2":
        a1, a2 = a[0] / 2, b[0] / 2
        return [log_gamma(a2) - log_gamma(a1), (a1 - a2) * psi(a1)]
    whole, other = sum(a), sum(b)
    ratios = [log_gamma(y) - log_gamma(x) for x, y in zip(a, b, strict=True)]
    ratio = log_gamma(other) - log_gamma(whole)
    slopes = [(x - y) * psi(x) for x, y in zip(a, b, strict=True)]
    rest = (other - whole) * psi(whole)
    return [sum(ratios) - ratio, *slopes, rest] if name == "beta" else [-ratio, sum(ratios), sum(slopes) + rest]


@pytest.mark.parametrize(
    ("name", "f", "g"),
    [
        ("gamma", (1e15, 1), (1e15 + 1, 1)),
        ("gamma", (1e15, 1e-3), (1e14, 2e-3)),
        ("gamma", (1e-14, 1), (1e15, 1)),
        ("invgamma", (0.276, 17.3), (0.276 + 1e-13, 17.3001)),
        ("chi2", (62.4, ), (62.4 + 1e-8, )),
        ("chi2", (2e15, ), (2e15 + 2, )),
        ("beta", (1e15, 1e15), (1e15 + 1, 1e15)),
        ("beta", (0.84, 0.1), (0.84 + 1e-13, 0.1)),
        ("beta", (1e15, 1e-14), (3, 1e10)),
        ("dirichlet", (1e15, 1e15), (1e15 + 1, 1e15)),
        ("dirichlet", (1e12, 2e13, 1e-5), (1e12 + 1, 2e13, 3)),
    ],
)  # fmt: skip
def test_terms_are_right_where_their_logarithms_are_huge(name: str, f: Numbers, g: Numbers) -> None:
    """Every term that is shown is right, and they add up to the value."""
    result = continuous(*(Dirichlet(x) if name == "dirichlet" else made(name, x) for x in (f, g)))
    terms = result.terms["contribution"]
    size = math.fsum(map(abs, terms))
    with mp.workdps(80):
        wanted = _exact_terms(name, [*map(mpf, f)], [*map(mpf, g)])
    assert len(terms) == len(wanted)
    assert max(abs(x - y) for x, y in zip(terms, wanted, strict=True)) <= 1e-14 * size
    assert abs(math.fsum(terms) - result.value) <= 1e-12 * size


@pytest.mark.parametrize("name", ["chi2", "gamma", "invgamma", "beta", "weibull", "gumbel", "vonmises", "laplace"])
def test_terms_add_up_to_the_value(name: str) -> None:
    """However close the parameters are, what is shown adds up to what is answered."""

    @given(_near(name))
    @settings(deadline=None, derandomize=True, max_examples=30)
    def check(sides: tuple[list[float], list[float]]) -> None:
        result = continuous(made(name, sides[0]), made(name, sides[1]))
        terms = result.terms["contribution"]
        assert abs(math.fsum(terms) - result.value) <= 1e-12 * math.fsum(map(abs, terms))

    check()


_HILBERT = [[1 / (i + j + 1) for j in range(8)] for i in range(8)]
_UNIT = [[float(i == j) for j in range(8)] for i in range(8)]


@pytest.mark.parametrize(
    ("f", "g", "digits"),
    [
        ([[1, 1 - 1e-8], [1 - 1e-8, 1]], [[1, 1 - 3e-8], [1 - 3e-8, 1]], 5),
        (_HILBERT, _UNIT, 5),
        (_UNIT, _HILBERT, 5),
        ([[1e-20, 0], [0, 1]], [[1, 0.5], [0.5, 1]], 12),
        ([[1e-6, 0], [0, 1e6]], [[2e-6, 0], [0, 3e6]], 13),
    ],
)
@pytest.mark.parametrize("method", ["closed-form", "numerical"])
def test_covariances_that_are_nearly_singular(f: Any, g: Any, digits: int, method: str) -> None:
    """The error that is stated follows the conditions of the correlations, and holds for either way."""
    result = continuous(MvNormal(None, f), MvNormal(None, g), method=method)
    with mp.workdps(60):
        own, other = (mpmath.matrix([[mpf(x) for x in row] for row in each]) for each in (f, g))
        moved = other**-1 * own
        wanted = (sum(moved[i, i] for i in range(len(f))) - len(f) - log(mpmath.det(moved))) / 2
    assert abs(result.value - wanted) <= result.details["error"]
    assert result.details["error"] <= 10.0**-digits * result.value
    assert (result.notes[-1] == "only 5 digits of the value are sure") == (digits == 5)


def test_a_general_form_says_what_it_has_lost() -> None:
    """Where −h(F) and the cross-entropy cancel, the note has the estimate, and it is not too small."""
    result = continuous("gamma(1e8,1)", "normal(1e8,1e4)")
    assert result.notes[0].endswith("estimated error 3e-14 nats")
    assert result.notes[1:] == ("only 5 digits of the value are sure",)
    with mp.workdps(50):
        a = mpf(10) ** 8
        entropy = a + mpmath.loggamma(a) + (1 - a) * mpmath.digamma(a)
        wanted = log(mpf(10) ** 4 * mpmath.sqrt(2 * mp.pi)) + mpf(0.5) - entropy
    assert abs(result.value - wanted) <= result.details["error"] < 1e-5 * result.value
    plain = continuous("gamma(2,1)", "normal(1,2)")
    assert (len(plain.notes), plain.details["error"] < 1e-14) == (1, True)


@pytest.mark.parametrize(
    ("f", "g"),
    [
        ("normal(0,1)", "normal(0,1e-200)"),
        ("normal(1e200,1)", "laplace(0,1e-200)"),
        ("lognormal(0,50)", "normal(0,1)"),
        ("weibull(0.01,1)", "normal(0,1)"),
        ("poisson(1e308)", "poisson(1e-5)"),
    ],
)
def test_what_float64_cannot_hold_is_an_error_and_not_infinite(f: str, g: str) -> None:
    """A finite divergence that is too large is never called infinite."""
    with pytest.raises(KlcliError, match=r"beyond the largest float64, 1\.8e308$"):
        continuous(f, g)


# Laws


@pytest.mark.parametrize("each", ALL, ids=str)
def test_a_distribution_has_no_divergence_from_itself(each: Family) -> None:
    """D(F‖F) is 0 to the last bit for every family, and says so."""
    result = continuous(each, parse(str(each)))
    assert (result.value, math.copysign(1, result.value), result.details["error"]) == (0.0, 1.0, 0.0)
    assert result.explanation[1] == f"It is 0: {each} and {each} are the same distribution."


def test_a_divergence_that_underflows_is_not_called_that_of_equals() -> None:
    """Two distributions that differ by too little for float64 have 0, and are not said to be the same."""
    result = continuous("normal(0,1)", "normal(1e-170,1)")
    assert result.value == 0
    assert result.explanation[1] == (
        "It is 0 as float64 has it: normal(0, 1) and normal(1e-170, 1) are nearer to each other than its numbers can "
        "tell."
    )


def _any(name: str) -> st.SearchStrategy[Family]:
    """Any distribution of the family, of ordinary size."""
    strategies = {
        **dict.fromkeys(_LOCATIONS, st.floats(-5, 5)),
        "p": st.floats(0.01, 0.99),
        "n": st.integers(1, 50),
        "low": st.floats(-5, 5),
        "high": st.floats(5.1, 20),
    }
    parameters = [strategies.get(each, st.floats(0.1, 10)) for each in FAMILIES[name].names()]
    return st.tuples(*parameters).map(lambda values: made(name, values))


any_family = st.sampled_from(list(OF_F)).flatmap(_any)


@given(any_family, any_family)
@settings(deadline=None, derandomize=True, max_examples=50)
def test_divergences_are_never_negative(f: Family, g: Family) -> None:
    """D >= 0, never −0 and never nan; where two ways finish, they agree within the errors that they state."""
    assume(f.discrete == g.discrete and f.space == g.space)
    result = None
    with contextlib.suppress(KlcliError):  # beyond float64
        result = continuous(f, g)
    assume(result)
    assert result is not None
    assert result.value >= 0
    assert math.copysign(1, result.value) == 1
    assert math.isinf(result.value) == (infinity(f, g) is not None)
    if math.isfinite(result.value) and has_closed_form(f, g):
        again = continuous(f, g, method="numerical")
        allowed = 3 * (again.details["error"] + result.details["error"]) + 1e-13 * result.value
        assert abs(again.value - result.value) <= allowed


LINES = [name for name, cls in FAMILIES.items() if issubclass(cls, Density) and cls.locations]


@given(st.sampled_from(LINES).flatmap(_any), st.sampled_from(LINES).flatmap(_any), st.integers(-64, 64))
@settings(deadline=None, derandomize=True, max_examples=40)
def test_moving_both_sides_changes_nothing(f: Density, g: Density, by: int) -> None:
    """The divergence of x + c is that of x."""
    assume(not infinity(f, g))
    values = []
    with contextlib.suppress(KlcliError):  # beyond float64
        values = [continuous(f, g).value, continuous(f.moved(by), g.moved(by)).value]
    assume(values)
    assert values[1] == pytest.approx(values[0], rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("scale", [1e-6, 0.3, 1e9])
@pytest.mark.parametrize("f", ["normal(1, 2)", "laplace(1, 2)", "student(4, 1, 2)", "gumbel(1, 2)", "cauchy(1, 2)"])
@pytest.mark.parametrize("g", ["cauchy(-1, 3)", "student(3, -1, 3)", "student(7, 0.5, 1)"])
def test_stretching_both_sides_changes_nothing(f: str, g: str, scale: float) -> None:
    """The divergence of c·x is that of x."""

    def stretched(text: str) -> Family:
        *shape, location, width = parse(text).parameters().values()
        return made(parse(text).name, (*shape, location * scale, width * scale))

    wanted = continuous(f, g).value
    assert continuous(stretched(f), stretched(g)).value == pytest.approx(wanted, rel=1e-10)


@pytest.mark.parametrize(
    ("f", "g", "same_f", "same_g"),
    [
        ("lognormal(0.3, 0.5)", "lognormal(1, 2)", "normal(0.3, 0.5)", "normal(1, 2)"),
        ("invgamma(2, 3)", "invgamma(4, 1)", "gamma(2, 3)", "gamma(4, 1)"),
        ("weibull(1, 0.5)", "weibull(1, 2)", "exponential(2)", "exponential(1/2)"),
        ("chi2(5)", "chi2(3)", "gamma(5/2, 1/2)", "gamma(3/2, 1/2)"),
        ("beta(2, 3)", "beta(4, 1)", "dirichlet(2, 3)", "dirichlet(4, 1)"),
        ("beta(2, 3)", "beta(4, 1)", "beta(3, 2)", "beta(1, 4)"),
        ("halfnormal(1)", "halfnormal(3)", "normal(0, 1)", "normal(0, 3)"),
        ("normal(1, 2)", "normal(-1, 3)", "mvnormal([1], [[4]])", "mvnormal([-1], [[9]])"),
        ("geometric(0.3)", "geometric(0.6)", "negbinomial(1, 0.3)", "negbinomial(1, 0.6)"),
        ("bernoulli(0.3)", "bernoulli(0.6)", "binomial(1, 0.3)", "binomial(1, 0.6)"),
        ("exponential(2)", "weibull(3, 1)", "gamma(1, 2)", "weibull(3, 1)"),
        ("exponential(2)", "normal(0, 1)", "weibull(1, 0.5)", "normal(0, 1)"),
        ("vonmises(1, 2)", "vonmises(3, 4)", "vonmises(1, 2)", "vonmises(9.283185307179586, 4)"),
        ("student(1, 0, 1)", "normal(0, 1)", "cauchy(0, 1)", "normal(0, 1)"),
    ],
)
def test_what_is_the_same_by_another_name_has_the_same_divergence(f: str, g: str, same_f: str, same_g: str) -> None:
    """Special cases, and one-to-one maps of x, lead to the same value."""
    assert continuous(f, g).value == pytest.approx(continuous(same_f, same_g).value, rel=1e-13)


def test_the_order_matters() -> None:
    """D(F‖G) and D(G‖F) are two numbers, and one may be infinite alone."""
    assert continuous("uniform(0,1)", "normal(0,1)").value < math.inf
    assert continuous("normal(0,1)", "uniform(0,1)").value == math.inf


# Infinite divergences


@pytest.mark.parametrize(
    ("f", "g", "where", "why"),
    [
        ("normal(0,1)", "exponential(1)", "below 0", "exponential(1) has no density below 0, where normal(0, 1) has "
         "some"),
        ("gamma(1,1)", "beta(2,2)", "above 1", "beta(2, 2) has no density above 1, where gamma(1, 1) has some"),
        ("uniform(0,1)", "pareto(0.5,1)", "below 0.5", "pareto(0.5, 1) has no density below 0.5, where uniform(0, 1) "
         "has some"),
        ("uniform(0,2)", "uniform(0,1)", "above 1", "uniform(0, 1) has no density above 1, where uniform(0, 2) has "
         "some"),
        ("poisson(2)", "binomial(5,0.5)", "above 5", "binomial(5, 0.5) has no probability above 5, where poisson(2) "
         "has some"),
        ("bernoulli(0.5)", "bernoulli(1)", "below 1", "bernoulli(1) has no probability below 1, where bernoulli(0.5) "
         "has some"),
        ("geometric(0.5)", "geometric(1)", "above 0", "geometric(1) has no probability above 0, where geometric(0.5) "
         "has some"),
        ("cauchy(0,1)", "normal(0,1)", "tail", "−log of the density of normal(0, 1) grows like x², whose mean under "
         "cauchy(0, 1) is infinite"),
        ("student(2,0,1)", "normal(0,1)", "tail", "−log of the density of normal(0, 1) grows like x², whose mean "
         "under student(2, 0, 1) is infinite"),
        ("pareto(1,1)", "gamma(2,1)", "tail", "−log of the density of gamma(2, 1) grows like x, whose mean under "
         "pareto(1, 1) is infinite"),
        ("invgamma(0.5,1)", "weibull(0.5,1)", "tail", "−log of the density of weibull(0.5, 1) grows like x^0.5, "
         "whose mean under invgamma(0.5, 1) is infinite"),
        ("laplace(0,2)", "gumbel(0,2)", "lower tail", "−log of the density of gumbel(0, 2) grows like e^(−x/2), "
         "whose mean under laplace(0, 2) is infinite"),
        ("student(9,0,1)", "gumbel(0,2)", "lower tail", "−log of the density of gumbel(0, 2) grows like e^(−x/2), "
         "whose mean under student(9, 0, 1) is infinite"),
        ("exponential(1)", "invgamma(2,1)", "near 0", "−log of the density of invgamma(2, 1) grows like 1/x near 0, "
         "whose mean under exponential(1) is infinite"),
    ],
)  # fmt: skip
def test_infinite_divergences_say_why(f: str, g: str, where: str, why: str) -> None:
    """An infinite divergence has one term, where it becomes infinite, and its last note says why."""
    result = continuous(f, g, base=2)
    assert result.value == math.inf
    assert result.notes == (f"infinite: {why}",)
    assert dict(result.terms) == {"outcome": (where,), "contribution": (math.inf,)}
    assert result.explanation[:2] == ("D(F‖G) = ∞", f"It is infinite: {why}.")


# For each family, those that it is infinitely far from, with the first parameters here for F and the last for G.
_BOUNDED = "uniform exponential gamma chi2 invgamma weibull halfnormal lognormal pareto beta"
INFINITE = {
    "normal": _BOUNDED,
    "laplace": _BOUNDED,
    "cauchy": f"normal laplace gumbel {_BOUNDED}",
    "student": f"gumbel {_BOUNDED}",
    "gumbel": _BOUNDED,
    "exponential": "uniform invgamma pareto beta",
    "gamma": "uniform pareto beta",
    "chi2": "uniform pareto beta",
    "invgamma": "uniform pareto beta",
    "weibull": "uniform pareto beta",
    "halfnormal": "uniform invgamma pareto beta",
    "lognormal": "uniform pareto beta",
    "pareto": "uniform beta",
    "beta": "pareto",
    "poisson": "bernoulli binomial",
    "binomial": "bernoulli",
    "geometric": "bernoulli binomial",
    "negbinomial": "bernoulli binomial",
}


def test_exactly_these_are_infinite() -> None:
    """No pair of families is called infinite that is not, and none finite."""
    found = {
        (f, g)
        for f, g in itertools.product(OF_F, OF_G)
        for one, other in [(made(f, OF_F[f][0]), made(g, OF_G[g][1]))]
        if one.discrete == other.discrete and one.space == other.space and infinity(one, other)
    }
    assert found == {(f, g) for f, others in INFINITE.items() for g in others.split()}


# F, G and G that is as near to the limit as need be for the divergence to be finite.
LIMITS = [
    ("student(2,0,1)", "normal(0,1)", "student(2.01,0,1)"),
    ("student(1,0,1)", "laplace(0,1)", "student(1.01,0,1)"),
    ("pareto(1,1)", "gamma(2,1)", "pareto(1,1.01)"),
    ("pareto(1,2)", "halfnormal(1)", "pareto(1,2.01)"),
    ("pareto(1,0.5)", "weibull(0.5,1)", "pareto(1,0.51)"),
    ("invgamma(1,1)", "exponential(1)", "invgamma(1.01,1)"),
    ("invgamma(2,1)", "normal(0,1)", "invgamma(2.01,1)"),
    ("laplace(0,1)", "gumbel(0,1)", "laplace(0,0.99)"),
    ("gamma(1,1)", "invgamma(1,1)", "gamma(1.01,1)"),
    ("weibull(1,1)", "invgamma(1,1)", "weibull(1.01,1)"),
    ("beta(1,2)", "invgamma(1,1)", "beta(1.01,2)"),
    ("chi2(2)", "invgamma(1,1)", "chi2(2.02)"),
    ("halfnormal(1)", "invgamma(1,1)", "gamma(1.01,1)"),
    ("uniform(0,1)", "invgamma(1,1)", "uniform(0.01,1)"),
    ("uniform(0,1)", "beta(2,2)", "uniform(0,1)"),
    ("cauchy(0,1)", "student(0.1,0,1)", "cauchy(0,1)"),
    ("lognormal(0,1)", "normal(0,1)", "lognormal(0,1)"),
    ("pareto(1,0.5)", "lognormal(0,1)", "pareto(1,0.5)"),
    ("normal(0,1)", "gumbel(0,1)", "normal(0,1)"),
]


@pytest.mark.parametrize(("at", "g", "before"), LIMITS)
def test_the_limit_between_finite_and_infinite(at: str, g: str, before: str) -> None:
    """At a limit the divergence is infinite, before it finite; and where there is none, it is finite."""
    assert (infinity(parse(at), parse(g)) is None) == (at == before)
    assert 0 < continuous(before, g).value < math.inf


@pytest.mark.parametrize(("at", "g", "before"), [each for each in LIMITS if each[0] != each[2]])
def test_what_is_called_infinite_grows_without_end(at: str, g: str, before: str) -> None:
    """The mean of log(f/g) over ever more of F, up to quantiles of 1e-100, rises by as much as before or more."""
    f, other = by_scipy(parse(at)), parse(g)
    t = np.linspace(0.01, 230, 40_000)  # −log of the share of F beyond
    spread = []
    for x in (f.isf(np.exp(-t)), f.ppf(np.exp(-t))):
        with np.errstate(all="ignore"):
            logs = np.where(np.isfinite(x), f.logpdf(x) - other.log_density(x), 0.0)  # type: ignore[operator]
            steps = np.cumsum(np.where(np.isfinite(logs), logs, 0.0) * np.exp(-t)) * (t[1] - t[0])
        spread.append([steps[round(at)] for at in (10_000, 20_000, 39_999)])
    grown = [np.diff(each) for each in spread]
    assert any(later > 0.5 * earlier > 1e-3 for earlier, later in grown)


# Quadrature and sums


@pytest.mark.parametrize(("f", "g"), OPEN)
def test_what_has_no_closed_form_is_the_integral(f: Family, g: Family) -> None:
    """Quadrature, and sums, agree with scipy's densities in every pair that has no closed form."""
    result = continuous(f, g)
    oracle = by_adding if f.discrete else by_quantiles
    assert result.value == pytest.approx(oracle(f, g), rel=1e-8)
    assert result.notes[0].startswith(
        "no closed form: a sum" if f.discrete else "no closed form: adaptive quadrature"
    )
    assert 0 < result.details["error"] < 1e-10 * result.value
    assert math.fsum(result.terms["contribution"]) == pytest.approx(result.value, rel=1e-13)


@pytest.mark.parametrize(
    ("f", "g"),
    [
        ("normal(0, 1e-3)", "normal(0, 1e3)"),
        ("normal(0, 1e3)", "normal(0, 1e-3)"),
        ("normal(100, 1)", "normal(-100, 1)"),
        ("normal(1e8, 1e-3)", "normal(100000000.001, 2e-3)"),
        ("cauchy(0, 1e3)", "cauchy(5000, 1e-3)"),
        ("cauchy(1e-3, 1e-6)", "cauchy(0, 1e6)"),
        ("laplace(0, 1e3)", "laplace(500, 1e-2)"),
        ("beta(0.5, 0.5)", "beta(2, 3)"),
        ("beta(0.5, 0.5)", "uniform(0, 1)"),
        ("beta(1e-3, 1e-3)", "beta(1, 1)"),
        ("beta(39674, 0.0148)", "exponential(279)"),
        ("beta(1e5, 1e5)", "beta(1.01e5, 1e5)"),
        ("gamma(0.5, 1)", "gamma(2, 1)"),
        ("gamma(1e-3, 1)", "gamma(1, 1)"),
        ("gamma(1e5, 1)", "gamma(1.01e5, 1)"),
        ("gamma(1e5, 1)", "lognormal(11, 1)"),
        ("invgamma(0.1, 1)", "invgamma(2, 5)"),
        ("weibull(0.1, 1)", "weibull(3, 1)"),
        ("lognormal(0, 10)", "gamma(2, 1)"),
        ("pareto(1, 1e-3)", "pareto(0.5, 2)"),
        ("pareto(1e4, 1e5)", "normal(0, 1)"),
        ("uniform(0, 1)", "beta(0.5, 0.5)"),
        ("uniform(0, 1e-5)", "gamma(1e-3, 1)"),
        ("uniform(0, 1)", "lognormal(0, 0.1)"),
        ("gumbel(0, 1e-3)", "gumbel(1e-2, 5)"),
        ("vonmises(0, 1e6)", "vonmises(3, 0.1)"),
        ("vonmises(50, 0)", "vonmises(0, 30)"),
        ("poisson(1e6)", "poisson(1.001e6)"),
        ("negbinomial(0.01, 1e-4)", "negbinomial(0.01, 0.5)"),
        ("binomial(1000000, 0.3)", "binomial(1000000, 0.301)"),
        ("mvnormal([[1e-6, 0], [0, 1e6]])", "mvnormal([1, 1], [[1, 0.5], [0.5, 1]])"),
        ("dirichlet(0.1, 50, 1e4)", "dirichlet(1, 1, 1)"),
    ],
)
def test_hard_integrals(f: str, g: str) -> None:
    """Peaks, far tails, singular ends and large parameters: within 1e-10 of the closed form, and within the error."""
    wanted, found = continuous(f, g), continuous(f, g, method="numerical")
    assert found.value == pytest.approx(wanted.value, rel=1e-10)
    assert abs(found.value - wanted.value) <= 3 * found.details["error"] + 1e-12 * wanted.value


@pytest.mark.parametrize(
    ("f", "g", "breaks"),
    [
        ("normal(0, 1e-3)", "cauchy(0, 1e3)", ()),
        ("normal(0, 1e3)", "cauchy(0, 1e-3)", (-1, -1e-2, -1e-3, 0, 1e-3, 1e-2, 1)),
        ("student(5, 0, 1)", "student(5.0001, 0, 1)", (-1e3, -30, 30, 1e3)),
        ("gamma(0.5, 1)", "cauchy(0, 1)", (1e-8, 1e-4, 30)),
        ("beta(0.5, 2)", "student(3, 0, 1)", ()),
        ("laplace(0, 1)", "student(2, 3, 0.01)", (-30, 2, 2.9, 2.99, 3, 3.01, 3.1, 4, 30)),
        ("gumbel(0, 1)", "laplace(0.5, 0.3)", (0.5, 10, 30)),
    ],
)
def test_hard_integrals_without_a_closed_form(f: str, g: str, breaks: tuple[float, ...]) -> None:
    """Where there is nothing to compare with but mpmath, the value is within the stated error of it."""
    result = continuous(f, g)
    with mp.workdps(30):
        wanted = by_mpmath(parse(f), parse(g), *breaks)
    assert abs(result.value - wanted) <= 3 * result.details["error"] + 1e-15 * result.value
    assert result.details["error"] < 1e-8 * result.value


def by_log_of_x(f: Family, g: Family, breaks: Sequence[float], sides: int = 2) -> mpf:
    """D(F‖G) by x = e^t for a heavy tail, as far as the breaks go; both sides of a symmetric one."""
    own, other = ([mpf(x) for x in each.parameters().values()] for each in (f, g))

    def integrand(t: mpf) -> mpf:
        log_f = LOG_DENSITY[f.name](exp(t), *own)
        return exp(t + log_f) * (log_f - LOG_DENSITY[g.name](exp(t), *other))

    return sides * mpmath.quad(integrand, breaks)


@pytest.mark.parametrize(
    ("f", "g", "breaks"),
    [
        ("student(0.001,0,1)", "cauchy(0,1)", (-100, -10, 0, 10, 100, 1e3, 1e4, 3e4, 1e5)),
        ("student(0.01,0,1)", "cauchy(0,1)", (-100, -10, 0, 10, 100, 1e3, 3e3, 1e4)),
        ("student(1.02,0,1)", "laplace(0,1)", (-100, -10, 0, 10, 100, 1e3, 5e3)),
        ("pareto(1,1.02)", "laplace(0,1)", (0, 10, 100, 1e3, 5e3)),
        ("invgamma(1.02,1)", "laplace(0,1)", (-6, 0, 10, 100, 1e3, 5e3)),
        ("gamma(1.02,1)", "invgamma(2,1)", (-5e3, -1e3, -100, -10, 0, 3, 6)),
    ],
)
def test_tails_that_float64_does_not_reach(f: str, g: str, breaks: tuple[float, ...]) -> None:
    """What is in a tail counts where x itself, or −log g, is beyond the largest float64."""
    result = continuous(f, g, method="numerical")
    with mp.workdps(20):
        wanted = by_log_of_x(parse(f), parse(g), breaks, 2 if f.startswith("student") else 1)
    assert abs(result.value - wanted) <= result.details["error"] + 1e-13 * result.value
    assert result.details["error"] < 1e-11 * result.value
    assert len(result.notes) == 1


@pytest.mark.parametrize("g", ["laplace(0,1)", "gumbel(0,1)"])
def test_a_heavy_tail_is_as_the_mean_has_it(g: str) -> None:
    """A Pareto distribution from 0.5 on of x/b less a constant is known: quadrature has it too."""
    shape = 1.02
    entropy, mean = 1 + 1 / shape - math.log(shape), shape / (shape - 1)
    if g.startswith("laplace"):
        wanted = mean + math.log(2) - entropy
    else:  # and E[e^−x], which is shape·E_(shape + 1)(1)
        wanted = mean + float(shape * mpmath.expint(shape + 1, 1)) - entropy
    assert continuous(f"pareto(1,{shape})", g).value == pytest.approx(wanted, rel=1e-13)


def test_a_peak_of_g_does_not_end_f() -> None:
    """Where G is far higher than F at one place, F still counts at all others."""
    result = continuous("student(2,0,1e200)", "cauchy(0,1e-200)")
    narrow, wide = (continuous("student(2,0,1)", f"cauchy(0,1e-{power})").value for power in (20, 40))
    assert result.value == pytest.approx(wide + (wide - narrow) * 18, rel=1e-12)  # log of the ratio, in the end


def test_a_term_that_is_huge_does_not_end_f() -> None:
    """Where all of the value is far out in F, the rest of F is not taken for a tail that is missing."""
    f, g = "gamma(1.37, 0.0156)", "weibull(27, 0.0305)"
    wanted, found = continuous(f, g, method="closed-form"), continuous(f, g, method="numerical")
    assert wanted.value > 1e100
    assert found.value == pytest.approx(wanted.value, rel=1e-12)
    assert found.details["error"] < 1e-10 * found.value


def test_a_value_without_a_sure_digit_is_refused() -> None:
    """An answer whose error is as large as itself is none, and the refusal says both."""
    with pytest.raises(KlcliError) as caught:
        continuous("beta(1e12,1e12)", "normal(0.5,3.5e-7)", method="numerical")
    assert "‖normal(0.5, 3.5e-07)): no digit is sure: quadrature finds " in str(caught.value)
    assert type(caught.value) is KlcliError


def test_a_tiny_value_without_a_sure_digit_is_0_within_its_error() -> None:
    """Below 1e-12 a value may be all error: that it is so small is an answer."""
    result = continuous("gamma(1e12,1)", "normal(1e12,1e6)")
    assert 0 <= result.value + result.details["error"] <= 1e-12
    assert result.notes[-1] == "no digit of the value is sure: it is 0 to within its error"


def test_the_method_and_the_error_are_in_the_details() -> None:
    """Every answer has the way by which it was found and the estimate of its error, for programs."""
    found = {
        ("normal(0,1)", "normal(1,2)"): "closed form",
        ("student(5,0,1)", "student(3,0,1)"): "quadrature",
        ("binomial(5,0.5)", "poisson(1)"): "sum",
        ("cauchy(0,1)", "normal(0,1)"): "infinite",
    }
    for (f, g), method in found.items():
        result = continuous(f, g)
        assert (result.details["method"], set(result.details)) == (method, {"method", "error"})
        assert 0 <= result.details["error"] < 1e-12
        assert not {"method", "error"} & set(result.headings)


def test_small_divergences_without_a_closed_form_keep_their_digits() -> None:
    """Terms without signs are added where the others would cancel, and the heading says so."""
    result = continuous("binomial(1000000, 1e-6)", "poisson(1)")
    with mp.workdps(40):
        n, p = mpf(1_000_000), mpf(1e-6)
        masses = [LOG_DENSITY["binomial"](mpf(k), n, p) for k in range(60)]
        wanted = mpmath.fsum(exp(f) * (f - LOG_DENSITY["poisson"](mpf(k), mpf(1))) for k, f in enumerate(masses))
    assert abs(result.value - wanted) <= result.details["error"] < 1e-8 * result.value
    assert result.headings["contribution"] == "Σ f·log(f/g) − f + g"
    assert min(result.terms["contribution"]) >= 0


def test_the_terms_of_a_sum_are_its_outcomes() -> None:
    """A short sum shows every number; a long one, ranges of them."""
    short = continuous("binomial(2, 0.5)", "poisson(1)")
    assert short.terms["outcome"] == ("0", "1", "2")
    wanted = [0.25 * (math.log(0.25) + 1), 0.5 * (math.log(0.5) + 1), 0.25 * (math.log(0.5) + 1)]
    assert list(short.terms["contribution"]) == pytest.approx(wanted, rel=1e-14)
    long = continuous("binomial(1000, 0.5)", "poisson(500)")
    assert 30 <= len(long.terms["outcome"]) <= 42
    assert " to " in long.terms["outcome"][0]
    tail = continuous("poisson(1)", "geometric(0.5)")
    assert tail.terms["outcome"][:17] == tuple(map(str, range(17)))
    assert tail.terms["outcome"][17] == "17 to 65"
    assert 0 < abs(tail.terms["contribution"][17]) < 1e-12


def test_the_terms_of_an_integral_are_parts_of_the_line() -> None:
    """An integral shows what each part of the line brings, cut where most of F is, the ends being those of F."""
    result = continuous("student(5, 0, 1)", "student(3, 1, 2)")
    assert result.terms["outcome"] == ("-∞ to -1", "-1 to 0", "0 to 1", "1 to ∞")
    assert continuous("pareto(1, 2)", "cauchy(0, 1)").terms["outcome"] == ("1 to 1.64872", "1.64872 to ∞")
    assert continuous("mvnormal([[1,0],[0,2]])", "mvnormal([[1,0],[0,1]])", method="numerical").terms["outcome"] == (
        "part 1",
        "part 2",
    )


def test_sums_that_are_too_long_are_refused() -> None:
    """More than ten million terms are not added up in silence."""
    with pytest.raises(InputError) as caught:
        continuous("negbinomial(0.01, 1e-9)", "poisson(3)")
    message = "negbinomial(0.01, 1e-09) spreads over more than 10,000,000 whole numbers: too many to add up"
    assert str(caught.value) == message


def test_quadrature_needs_scipy_and_closed_forms_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without scipy a closed form and a sum are as before, and quadrature says what to install."""
    numerical.cache_clear()
    monkeypatch.setitem(sys.modules, "scipy", None)
    monkeypatch.setitem(sys.modules, "scipy.integrate", None)
    assert continuous("normal(0,1)", "normal(1,2)").value > 0
    assert continuous("binomial(5,0.5)", "poisson(1)").value > 0
    with pytest.raises(MissingExtraError) as caught:
        continuous("student(5,0,1)", "normal(0,1)", method="numerical")
    assert str(caught.value) == "quadrature needs an optional package: pip install 'klcli[check]'"
    remark = dict(
        zip(*(verify("normal(0,1)", "normal(1,2)").terms[key] for key in ("outcome", "remark")), strict=True)
    )
    assert remark["quadrature"] == "not installed: pip install 'klcli[check]'"


# Results


def test_a_result_of_a_closed_form() -> None:
    """A closed form gives its parts, says where it is from, and explains itself."""
    result = continuous("normal(0,1)", "normal(1,2)")
    assert (result.measure, result.formula, result.symbol) == ("continuous", "D(F‖G) = ∫ f·log(f/g)", "D(F‖G)")
    assert (dict(result.inputs), result.unit) == ({"f": "normal(0, 1)", "g": "normal(1, 2)"}, "nats")
    assert result.terms["outcome"] == ("log(σ₂/σ₁)", "σ₁²/2σ₂²", "(μ₁−μ₂)²/2σ₂²", "−1/2")
    assert result.terms["contribution"] == pytest.approx((math.log(2), 0.125, 0.125, -0.5))
    assert (result.notes, result.details["method"]) == (("closed form (Kullback 1959, chapter 9)",), "closed form")
    assert result.explanation == (
        "D(F‖G) = 0.693147 + 0.125 + 0.125 − 0.5 = 0.443147",
        "A draw from normal(0, 1) speaks for normal(0, 1) and against normal(1, 2) by 0.443147 nats on average: that "
        "is the mean of log(f/g).",
        "The other direction, D(G‖F), takes the mean over draws from normal(1, 2), and is as a rule another number.",
    )


@pytest.mark.parametrize(
    ("f", "g"),
    [
        ("normal(0,1)", "normal(1,2)"),
        ("student(5,0,1)", "student(3,0,1)"),
        ("poisson(2)", "negbinomial(2,0.5)"),
        ("cauchy(0,1)", "normal(0,1)"),
    ],
)
@pytest.mark.parametrize(("base", "unit"), [(2, "bits"), (10, "hartleys")])
def test_the_base_is_that_of_all_numbers(f: str, g: str, base: float, unit: str) -> None:
    """Value, terms and error are in the unit of the base."""
    nats, other = continuous(f, g), continuous(f, g, base=base)
    assert (other.base, other.unit) == (base, unit)
    assert other.value * math.log(base) == pytest.approx(nats.value, rel=1e-15)
    scaled = [x * math.log(base) for x in other.terms["contribution"]]
    assert scaled == pytest.approx(nats.terms["contribution"], rel=1e-14)
    assert other.details["error"] * math.log(base) == pytest.approx(nats.details["error"], rel=1e-14)


def test_bits_of_powers_of_two_are_whole() -> None:
    """A uniform distribution on an eighth of another is 3 bits away from it."""
    assert continuous("uniform(0,1)", "uniform(0,8)", base=2).value == 3.0


def test_numerical_when_asked() -> None:
    """The method can be chosen, and the note says what was done."""
    result = continuous("normal(0,1)", "normal(1,2)", method="numerical")
    assert result.notes[0].startswith("adaptive quadrature, estimated error ")
    assert result.headings["contribution"] == "∫ f·log(f/g)"
    with pytest.raises(OptionError, match="no closed form is known here for student"):
        continuous("student(5,0,1)", "student(3,0,1)", method="closed-form")
    with pytest.raises(OptionError, match="'magic' is not a method: auto, closed-form, numerical"):
        continuous("normal(0,1)", "normal(1,2)", method="magic")
    assert METHODS == ("auto", "closed-form", "numerical")


@pytest.mark.parametrize(
    ("f", "g", "message"),
    [
        (
            "normal(0,1)",
            "poisson(1)",
            "normal(0, 1) has a density and poisson(1) has probabilities of whole numbers: there is no ratio of the "
            "two. Take two discrete families, or two continuous ones",
        ),
        (
            "vonmises(0,1)",
            "normal(0,1)",
            "vonmises(0, 1) is a distribution of angles and normal(0, 1) one of numbers: both must be over the same",
        ),
        (
            "dirichlet(1,2)",
            "dirichlet(1,2,3)",
            "dirichlet(1, 2) is a distribution of 2 shares and dirichlet(1, 2, 3) one of 3 shares: both must be over "
            "the same",
        ),
        (
            "mvnormal([[1]])",
            "mvnormal([[1,0],[0,1]])",
            "mvnormal([0], [[1]]) is a distribution of vectors of length 1 and mvnormal([0, 0], [[1, 0], [0, 1]]) "
            "one of vectors of length 2: both must be over the same",
        ),
    ],
)
def test_sides_that_have_no_divergence_are_refused(f: str, g: str, message: str) -> None:
    """Densities against probabilities, and spaces that differ, are refused in words."""
    for function in (continuous, verify):
        with pytest.raises(OptionError) as caught:
            function(f, g)
        assert str(caught.value) == message


@pytest.mark.parametrize("base", [1.0, 0.5, 0.0, -2.0, math.inf, math.nan])
def test_a_base_that_is_none_is_refused(base: float) -> None:
    """A logarithm has a finite base above 1."""
    for function in (continuous, verify):
        with pytest.raises(OptionError, match="the base of a logarithm is a finite number above 1"):
            function("normal(0,1)", "normal(0,1)", base=base)


# Verification


def rows(result: Result) -> dict[str, dict[str, Any]]:
    """The rows of a table by their outcome."""
    names = list(result.terms)
    return {row[0]: dict(zip(names, row, strict=True)) for row in zip(*result.terms.values(), strict=True)}


def test_a_verification_has_every_way() -> None:
    """Closed form, quadrature and torch stand side by side; the value is the largest difference."""
    pytest.importorskip("torch", reason="torch is not installed")
    result = verify("gamma(2,1)", "gamma(3,2)", base=2)
    assert result.measure == "verification"
    assert list(result.terms) == ["outcome", "value", "difference", "error", "remark"]
    table = rows(result)
    assert list(table) == ["closed form", "quadrature", "torch"]
    klcli = continuous("gamma(2,1)", "gamma(3,2)", base=2).value
    assert result.details == {"divergence": klcli, "agreement": True}
    assert result.notes[1:] == ("all 3 agree to within rounding and their estimated errors",)
    assert "torch.distributions shares nothing with them" in result.explanation[2]
    assert table["closed form"]["value"] == klcli
    assert table["torch"]["value"] == pytest.approx(klcli, rel=1e-13)
    assert all(0 < row["error"] < 1e-12 for row in table.values())
    assert table["quadrature"]["value"] == pytest.approx(klcli, rel=1e-13)
    assert 0 < table["quadrature"]["error"] < 1e-12
    differences = [abs(row["difference"]) for row in table.values() if not math.isnan(row["difference"])]
    assert result.value == max(differences) < 1e-12
    assert result.symbol == "Δ"


def test_a_verification_shows_a_wrong_formula(monkeypatch: pytest.MonkeyPatch) -> None:
    """A closed form that is wrong stands out by its whole mistake."""
    wrong = ClosedForm(lambda *_: Parts({"wrong": 1.0}, 1.0, 1.0), "nowhere")
    monkeypatch.setitem(CLOSED_FORMS, ("normal", "normal"), wrong)
    result = verify("normal(0,1)", "normal(1,2)")
    assert result.details["divergence"] == 1.0
    assert result.value == pytest.approx(1 - (math.log(2) - 0.25), rel=1e-12)
    assert result.details["agreement"] is False
    assert result.notes[-1].startswith("no agreement: quadrature ")
    assert result.notes[-1].endswith(" beyond what rounding and the estimated errors explain")


def test_a_small_mistake_is_shown_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A formula that is wrong in the ninth digit is outside every tolerance."""
    right = continuous("gamma(2,1)", "gamma(3,2)").value
    wrong = ClosedForm(lambda *_: Parts({"wrong": right}, right * (1 + 1e-9), right), "nowhere")
    monkeypatch.setitem(CLOSED_FORMS, ("gamma", "gamma"), wrong)
    assert verify("gamma(2,1)", "gamma(3,2)").details["agreement"] is False


@pytest.mark.parametrize(
    ("f", "g"),
    [
        ("gamma(1e15,1)", "gamma(1000000000000001,1)"),
        ("gamma(1e8,1)", "gamma(1.00001e8,1)"),
        ("beta(1e8,1e8)", "beta(1.00001e8,1e8)"),
        ("normal(0,1)", "normal(1e-9,1)"),
        ("mvnormal([[1,0.99999999],[0.99999999,1]])", "mvnormal([[1,0.99999997],[0.99999997,1]])"),
    ],
)
def test_rounding_is_no_disagreement(f: str, g: str) -> None:
    """Where a way cancels, as torch does for large shapes, its error is estimated and it still agrees."""
    assert verify(f, g).details["agreement"] is True


@pytest.mark.parametrize(
    ("f", "g", "method"),
    [
        ("student(5,0,1)", "student(3,0,1)", "quadrature"),
        ("poisson(2)", "negbinomial(2,0.5)", "sum"),
        ("dirichlet(1,2,3)", "dirichlet(3,2,1)", "quadrature"),
        ("mvnormal([[2,0.5],[0.5,1]])", "mvnormal([0,1],[[1,0],[0,3]])", "quadrature"),
    ],
)
def test_verification_of_what_has_fewer_ways(f: str, g: str, method: str) -> None:
    """What has no closed form has a remark; several dimensions are integrated as independent parts."""
    result = verify(f, g)
    table = rows(result)
    assert table[method]["value"] == pytest.approx(continuous(f, g).value, rel=1e-13)
    known = not math.isnan(table["closed form"]["value"])
    assert known or table["closed form"]["remark"] == "none is known here"
    assert result.value < 1e-12


def test_a_verification_by_one_way_says_that_it_is_none() -> None:
    """A value that nothing was compared with is not passed off as verified."""
    result = verify("student(5,0,1)", "student(3,0,1)")
    assert result.value == 0
    assert result.notes[-1] == "one way only: nothing to compare it with"
    assert result.explanation[1].endswith("and there is nothing to compare it with.")
    assert (len(result.explanation), result.details["agreement"]) == (2, True)


def test_verification_of_an_infinite_divergence() -> None:
    """Infinity is a matter of theory, which quadrature cannot check and torch may."""
    table = rows(verify("normal(0,1)", "exponential(1)"))
    assert (table["closed form"]["value"], table["closed form"]["difference"]) == (math.inf, 0.0)
    assert table["quadrature"]["remark"] == "not tried: the divergence is infinite"
    assert verify("normal(0,1)", "exponential(1)").value == 0.0


def test_verification_where_quadrature_gives_up() -> None:
    """What a closed form has and quadrature does not is a remark, not an error, and no disagreement."""
    result = verify("beta(1e12,1e12)", "normal(0.5,3.5e-7)")
    table = rows(result)
    assert table["closed form"]["value"] > 1e-4
    assert "no digit is sure" in table["quadrature"]["remark"]
    assert result.details["agreement"] is True


def test_verification_without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without torch there is a remark in its row."""
    monkeypatch.setitem(sys.modules, "torch", None)
    row = rows(verify("normal(0,1)", "normal(1,2)"))["torch"]
    assert math.isnan(row["value"])
    assert row["remark"] == "not installed: pip install 'klcli[torch]'"


def test_torch_agrees_wherever_it_has_a_formula() -> None:
    """torch.distributions has the same value, finite or infinite, for every pair that it knows."""
    pytest.importorskip("torch", reason="torch is not installed")
    compared = 0
    for (one, of_f), (other, of_g) in itertools.product(OF_F.items(), OF_G.items()):
        f, g = made(one, of_f[1]), made(other, of_g[1])
        if f.discrete != g.discrete or f.space != g.space:
            continue
        found = klcli.parametric._by_torch(f, g)
        if math.isnan(found.value):
            assert found.note == "not registered"
            continue
        compared += 1
        assert found.value == pytest.approx(continuous(f, g).value, rel=1e-9), (str(f), str(g))
    assert compared > 60


def test_torch_knows_every_family() -> None:
    """Every family has its like in torch.distributions, with the same mean."""
    torch = pytest.importorskip("torch", reason="torch is not installed")
    for each in ALL:
        parameters = [torch.tensor(x, dtype=torch.float64) for x in each.torch_parameters()]
        like = getattr(torch.distributions, each.torch_name or type(each).__name__)(*parameters)
        if isinstance(each, Density) and hasattr(each, "entropy") and each.moment_bound() > 1:
            assert float(like.mean) == pytest.approx(each.centre(), rel=1e-12, abs=1e-12)  # type: ignore[attr-defined]
        if each.discrete:
            assert float(like.mean) == pytest.approx(by_scipy(each).mean(), rel=1e-12)


# The command


def test_the_command_reads_a_covariance_from_a_file(call: Run, tmp_path: Path) -> None:
    """A matrix may be a file; base and JSON are as everywhere."""
    (tmp_path / "cov.csv").write_text("x,y\n2,0.5\n0.5,1\n")
    result = call("continuous", "mvnormal(cov.csv)", "mvnormal([[1,0],[0,1]])", "--base", "2", "--json").result
    exact = 0.5 * (3 - 2 - math.log(1.75)) / math.log(2)
    assert result["value"] == pytest.approx(exact, rel=1e-14)
    assert result["unit"] == "bits"


def test_the_command_verifies(call: Run) -> None:
    """With --verify the verification follows the parts."""
    results = call("continuous", "normal(0,1)", "normal(1,2)", "--verify", "--json").results
    assert [each["measure"] for each in results] == ["continuous", "verification"]
    assert results[0]["value"] == pytest.approx(0.443147180559945309, rel=1e-15)
    assert results[1]["details"]["agreement"] is True


def test_the_command_exits_1_where_ways_differ(call: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A verification without agreement is an exit code of its own, with the whole answer written."""
    wrong = ClosedForm(lambda *_: Parts({"wrong": 1.0}, 1.0, 1.0), "nowhere")
    monkeypatch.setitem(CLOSED_FORMS, ("normal", "normal"), wrong)
    done = call("continuous", "normal(0,1)", "normal(1,2)", "--verify")
    assert (done.code, done.err) == (1, "")
    assert "note: no agreement: quadrature " in done.out
    assert call("continuous", "normal(0,1)", "normal(1,2)").code == 0  # one way alone differs from none
