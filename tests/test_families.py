"""Families of distributions: every closed form against an integral over scipy's densities, and the command."""

from __future__ import annotations

import functools
import itertools
import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from conftest import Done
from scipy import integrate, stats

from klcli.closed_forms import CLOSED_FORMS
from klcli.errors import KlcliError
from klcli.families import FAMILIES, parse
from klcli.parametric import continuous, verify

Run = Callable[..., Done]

# Two members of each family that differ in every parameter, and scipy's distribution of the same.
MEMBERS: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "normal": ((0.3, 1.2), (-1.1, 2.5)),
    "laplace": ((0.5, 0.8), (-0.7, 1.9)),
    "cauchy": ((0.4, 1.1), (-0.9, 2.3)),
    "student": ((5.5, 0.2, 1.1), (8.0, -0.4, 0.6)),
    "gumbel": ((0.6, 1.3), (-0.5, 2.1)),
    "uniform": ((0.2, 0.7), (0.1, 0.95)),
    "exponential": ((1.7,), (0.6,)),
    "gamma": ((2.5, 1.3), (0.8, 2.2)),
    "chi2": ((3.0,), (5.5,)),
    "invgamma": ((5.5, 1.4), (3.2, 2.6)),
    "weibull": ((1.8, 1.2), (0.9, 2.4)),
    "halfnormal": ((0.9,), (2.2,)),
    "lognormal": ((0.2, 0.5), (-0.3, 0.8)),
    "pareto": ((1.5, 4.5), (0.8, 6.0)),
    "beta": ((2.2, 3.1), (1.4, 0.9)),
    "vonmises": ((0.7, 1.5), (-1.2, 0.6)),
    "poisson": ((3.2,), (1.9,)),
    "bernoulli": ((0.3,), (0.65,)),
    "binomial": ((7.0, 0.4), (7.0, 0.7)),
    "geometric": ((0.35,), (0.6,)),
    "negbinomial": ((2.5, 0.4), (2.5, 0.7)),
}
SCIPY: dict[str, Callable[..., Any]] = {
    "normal": stats.norm,
    "laplace": stats.laplace,
    "cauchy": stats.cauchy,
    "student": stats.t,
    "gumbel": stats.gumbel_r,
    "uniform": lambda low, high: stats.uniform(low, high - low),
    "exponential": lambda rate: stats.expon(scale=1 / rate),
    "gamma": lambda shape, rate: stats.gamma(shape, scale=1 / rate),
    "chi2": stats.chi2,
    "invgamma": lambda shape, scale: stats.invgamma(shape, scale=scale),
    "weibull": lambda shape, scale: stats.weibull_min(shape, scale=scale),
    "halfnormal": lambda scale: stats.halfnorm(scale=scale),
    "lognormal": lambda mu, sigma: stats.lognorm(sigma, scale=math.exp(mu)),
    "pareto": lambda scale, shape: stats.pareto(shape, scale=scale),
    "beta": stats.beta,
    "vonmises": lambda mu, kappa: stats.vonmises(kappa, loc=mu),
    "poisson": stats.poisson,
    "bernoulli": stats.bernoulli,
    "binomial": stats.binom,
    "geometric": lambda p: stats.geom(p, loc=-1),
    "negbinomial": stats.nbinom,
}
CASES = [
    (f, g, turned)
    for f, g in CLOSED_FORMS
    for turned in (False, True)
    if {f, g}.isdisjoint({"dirichlet", "mvnormal"})
]


def written(name: str, parameters: tuple[float, ...]) -> str:
    """A family as a user writes it."""
    return f"{name}({', '.join(map(repr, parameters))})"


def expected(f: Any, g: Any, is_discrete: bool, is_circular: bool) -> float:
    """D(F‖G) from scipy's densities: a sum, or an integral from quantile to quantile, far into both tails."""

    def term(x: float) -> float:
        log_f = f.logpmf(x) if is_discrete else f.logpdf(x)
        log_g = g.logpmf(x) if is_discrete else g.logpdf(x)
        if not (math.isfinite(log_f) and math.isfinite(log_g)):  # at an end of the supports, which nest
            return 0.0
        return float(math.exp(log_f) * (log_f - log_g))

    assert g.support()[0] <= f.support()[0]
    assert f.support()[1] <= g.support()[1]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # quantiles this far out and integrals to 1e-13 are not to be had everywhere
        if is_discrete:
            return math.fsum(map(term, range(int(f.ppf(1 - 1e-16)) + 60)))
        quad = functools.partial(integrate.quad, term, epsabs=1e-13, epsrel=1e-11, limit=200)
        if is_circular:
            return float(quad(-math.pi, math.pi)[0])
        shares = [10.0**-power for power in (40, 30, 24, 18, 14, 11, 8, 6, 4, 3, 2, 1, 0.4)]
        points = [*map(f.ppf, shares), *map(f.isf, reversed(shares))]
        return math.fsum(quad(low, high)[0] for low, high in itertools.pairwise(points))


def test_every_family_has_two_members_here() -> None:
    """A family that is registered is tested."""
    assert set(MEMBERS) | {"dirichlet", "mvnormal"} == set(FAMILIES)


@pytest.mark.parametrize(("f", "g", "turned"), CASES)
def test_closed_forms_are_integrals(f: str, g: str, turned: bool) -> None:
    """A closed form is the integral over scipy's densities to 1e-8, or infinite and says why."""
    first, second = MEMBERS[f][turned], MEMBERS[g][not turned]
    result = continuous(written(f, first), written(g, second))
    if math.isinf(result.value):
        assert result.notes[-1].startswith("infinite: ")
        return
    wanted = expected(SCIPY[f](*first), SCIPY[g](*second), FAMILIES[f].discrete, f == "vonmises")
    assert result.value == pytest.approx(wanted, rel=1e-8, abs=1e-9)
    assert math.fsum(result.terms["contribution"]) == pytest.approx(result.value, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("name", MEMBERS)
def test_a_family_is_at_distance_zero_from_itself(name: str) -> None:
    """D(F‖F) is exactly 0, and never −0."""
    text = written(name, MEMBERS[name][0])
    value = continuous(text, text).value
    assert value == 0
    assert math.copysign(1, value) == 1


@pytest.mark.parametrize(
    ("f", "g", "value"),
    [
        ("normal(0,1)", "normal(1,2)", 0.443147180559945309),
        ("dirichlet(1,2,3)", "dirichlet(3,2,1)", 3.0),
        ("exponential(1)", "exponential(2)", 1 - math.log(2)),
        ("mvnormal([0,0], [[1,0],[0,1]])", "mvnormal([1,0], [[1,0],[0,4]])", 0.5 * (math.log(4) + 1 + 0.25 - 1)),
        ("mvnormal([[2,0.5],[0.5,1]])", "mvnormal([[2,0.5],[0.5,1]])", 0.0),
        ("uniform(0,1)", "uniform(0,4)", math.log(4)),
        ("gamma(shape=2, rate=1)", "gamma(rate=1, shape=2)", 0.0),
        ("bernoulli(1/2)", "bernoulli(1/4)", 0.5 * math.log(4 / 3)),
    ],
)
def test_known_answers(f: str, g: str, value: float) -> None:
    """Divergences that are known in figures, parameters by position and by name."""
    assert continuous(f, g).value == pytest.approx(value, rel=1e-14, abs=1e-15)


@pytest.mark.parametrize(
    ("f", "g", "words"),
    [
        ("normal(0,1)", "exponential(1)", "exponential(1)"),
        ("uniform(0,2)", "uniform(0,1)", "uniform(0, 1)"),
        ("cauchy(0,1)", "normal(0,1)", "whose mean under cauchy(0, 1) is infinite"),
        ("student(2,0,1)", "normal(0,1)", "infinite"),
    ],
)
def test_infinities_say_why(f: str, g: str, words: str) -> None:
    """Where supports do not nest or tails are too heavy the answer is infinite, with the reason."""
    result = continuous(f, g)
    assert result.value == math.inf
    assert result.notes[-1].startswith("infinite: ")
    assert words in result.notes[-1]


@pytest.mark.parametrize(
    ("f", "g"),
    [("student(5,0,1)", "student(7,1,2)"), ("normal(0,1)", "cauchy(0,1)"), ("weibull(2,1)", "gumbel(0,1)")],
)
def test_without_a_closed_form_it_is_quadrature(f: str, g: str) -> None:
    """Where there is no closed form, or none for these, quadrature says so with its error."""
    result = continuous(f, g)
    name, other = parse(f), parse(g)
    wanted = expected(
        SCIPY[name.name](*name.parameters().values()), SCIPY[other.name](*other.parameters().values()), False, False
    )
    assert result.value == pytest.approx(wanted, rel=1e-7)
    assert any("quadrature" in note for note in result.notes)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("normal(0,-1)", "normal(0,-1): sd is -1: it must be > 0"),
        ("norml(0,1)", "'norml' is not a family: did you mean normal?"),
        ("gamma(2)", "gamma"),
        ("gamma(2,1,3)", "gamma"),
        ("gamma(shape=2, shape=1)", "shape"),
        ("normal(0,x)", "normal"),
        ("normal 0 1", "normal"),
        ("", "family"),
        ("beta(0,1)", "a is 0"),
        ("__import__('os')", "family"),
    ],
)
def test_what_is_no_family_is_refused(text: str, message: str) -> None:
    """Parameters that mean nothing, and names that are none, are refused by name."""
    with pytest.raises(KlcliError) as caught:
        continuous(text, "normal(0,1)")
    assert message in str(caught.value)


def test_verify_shows_three_ways() -> None:
    """Closed form, quadrature and PyTorch stand side by side and agree."""
    result = verify("gamma(2,1)", "gamma(3,2)")
    assert result.value < 1e-12
    assert list(result.terms["outcome"])[:2] == ["closed form", "quadrature"]


def test_the_command_reads_a_covariance_from_a_file(call: Run, tmp_path: Any) -> None:
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
