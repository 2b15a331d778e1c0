"""Families of distributions: their densities and moments against scipy, and texts as they are read."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from klcli.errors import InputError
from klcli.families import FAMILIES, Dirichlet, Family, MvNormal, Normal, parse

Numbers = tuple[float, ...]

# Two sets of parameters of each family for F, and two for G that differ in all of them; where there is a divergence,
# it is finite.
OF_F: dict[str, list[Numbers]] = {
    "normal": [(0.3, 1.2), (-1.0, 0.7)],
    "laplace": [(0.3, 0.6), (-0.5, 0.9)],
    "cauchy": [(0.3, 1.2), (-2.0, 0.4)],
    "student": [(4.5, 0.5, 1.5), (2.6, -0.5, 0.6)],
    "gumbel": [(0.5, 1.2), (-1.0, 0.6)],
    "uniform": [(0.2, 0.9), (0.3, 0.8)],
    "exponential": [(1.5,), (0.4,)],
    "gamma": [(2.5, 1.5), (3.5, 0.7)],
    "chi2": [(5.0,), (3.2,)],
    "invgamma": [(3.5, 2.0), (5.0, 1.5)],
    "weibull": [(1.7, 2.0), (3.1, 0.8)],
    "halfnormal": [(1.3,), (0.6,)],
    "lognormal": [(0.2, 0.5), (-0.4, 0.8)],
    "pareto": [(1.5, 3.5), (2.0, 6.0)],
    "beta": [(2.5, 1.5), (1.6, 3.2)],
    "vonmises": [(0.4, 2.5), (-1.0, 0.3)],
    "poisson": [(2.5,), (7.0,)],
    "bernoulli": [(0.3,), (0.85,)],
    "binomial": [(7.0, 0.3), (12.0, 0.85)],
    "geometric": [(0.3,), (0.7,)],
    "negbinomial": [(2.5, 0.3), (0.7, 0.6)],
}
OF_G: dict[str, list[Numbers]] = {
    "normal": [(-0.5, 2.0), (0.8, 1.1)],
    "laplace": [(-0.4, 1.1), (0.9, 1.3)],
    "cauchy": [(-0.8, 0.7), (1.0, 2.0)],
    "student": [(3.0, -0.8, 0.7), (6.0, 1.0, 2.0)],
    "gumbel": [(-0.3, 1.9), (0.7, 1.5)],
    "uniform": [(0.0, 1.5), (-0.5, 1.0)],
    "exponential": [(0.6,), (2.0,)],
    "gamma": [(1.4, 0.8), (4.2, 2.0)],
    "chi2": [(3.0,), (6.5,)],
    "invgamma": [(2.0, 1.0), (1.5, 3.0)],
    "weibull": [(1.2, 1.4), (2.2, 2.5)],
    "halfnormal": [(2.1,), (0.9,)],
    "lognormal": [(-0.1, 0.9), (0.6, 0.4)],
    "pareto": [(0.1, 1.5), (0.2, 0.8)],
    "beta": [(1.4, 0.6), (3.0, 2.2)],
    "vonmises": [(-0.9, 1.1), (2.0, 4.0)],
    "poisson": [(4.0,), (3.3,)],
    "bernoulli": [(0.6,), (0.4,)],
    "binomial": [(7.0, 0.6), (12.0, 0.4)],
    "geometric": [(0.5,), (0.2,)],
    "negbinomial": [(2.5, 0.55), (0.7, 0.2)],
}
MANY = ("dirichlet", "mvnormal")  # of more than one dimension


def made(name: str, parameters: Sequence[float]) -> Family:
    """The distribution of that family."""
    return FAMILIES[name](*parameters)


# The oracle.

SCIPY: dict[str, Callable[..., Any]] = {
    "normal": scipy.stats.norm,
    "laplace": lambda loc, scale: scipy.stats.gennorm(1, loc, scale),  # whose logarithm does not underflow
    "cauchy": scipy.stats.cauchy,
    "student": scipy.stats.t,
    "gumbel": scipy.stats.gumbel_r,
    "uniform": lambda low, high: scipy.stats.uniform(low, high - low),
    "exponential": lambda rate: scipy.stats.expon(scale=1 / rate),
    "gamma": lambda shape, rate: scipy.stats.gamma(shape, scale=1 / rate),
    "chi2": scipy.stats.chi2,
    "invgamma": lambda shape, scale: scipy.stats.invgamma(shape, scale=scale),
    "weibull": lambda shape, scale: scipy.stats.weibull_min(shape, scale=scale),
    "halfnormal": lambda scale: scipy.stats.chi(1, scale=scale),
    "lognormal": lambda mu, sigma: scipy.stats.lognorm(sigma, scale=math.exp(mu)),
    "pareto": lambda scale, shape: scipy.stats.pareto(shape, scale=scale),
    "beta": scipy.stats.beta,
    "vonmises": lambda mu, kappa: scipy.stats.vonmises(kappa, loc=mu),
    "poisson": scipy.stats.poisson,
    "bernoulli": scipy.stats.bernoulli,
    "binomial": scipy.stats.binom,
    "geometric": lambda p: scipy.stats.geom(p, loc=-1),
    "negbinomial": scipy.stats.nbinom,
}


def by_scipy(each: Family) -> Any:
    """The same distribution in scipy.stats."""
    return SCIPY[each.name](*each.parameters().values())


# Families


@pytest.mark.parametrize("name", OF_F)
@pytest.mark.parametrize("side", [OF_F, OF_G])
def test_densities_are_those_of_scipy(name: str, side: dict[str, list[Numbers]]) -> None:
    """The logarithm of the density, or of the probability, is scipy's all over the support, and −inf outside."""
    for parameters in side[name]:
        ours, theirs = made(name, parameters), by_scipy(made(name, parameters))
        if ours.discrete:
            x = np.arange(-1.0, 30.0)
            wanted = theirs.logpmf(x)
        else:
            x = np.concatenate([theirs.ppf(np.linspace(1e-6, 1 - 1e-6, 50)), [-5.0, -1e-9, 1.75]])
            x = x if name != "vonmises" else x[:-3]  # an angle has no outside
            wanted = theirs.logpdf(x)
        assert ours.log_density(x) == pytest.approx(wanted, rel=1e-11, abs=1e-11)


def test_half_numbers_have_no_probability() -> None:
    """What is counted is whole."""
    assert parse("poisson(2)").log_density([0.5, -1, math.inf]).tolist() == [-math.inf] * 3


@pytest.mark.parametrize("name", [name for name in OF_F if hasattr(FAMILIES[name], "entropy")])
def test_entropy_mean_and_variance_are_those_of_scipy(name: str) -> None:
    """What the general closed forms are made of agrees with scipy, for every set of parameters."""
    for parameters in (*OF_F[name], *OF_G[name]):
        ours: Any = made(name, parameters)
        theirs = by_scipy(ours)
        assert ours.entropy() == pytest.approx(float(theirs.entropy()), rel=1e-9, abs=1e-9)
        if ours.moment_bound() > 2:
            assert (ours.centre(), ours.variance()) == pytest.approx(theirs.stats("mv"), rel=1e-12)


def test_densities_of_several_dimensions_are_those_of_scipy() -> None:
    """Rows of numbers have the densities that scipy gives them."""
    shares = np.array([[0.2, 0.3, 0.5], [0.6, 0.3, 0.1]])
    dirichlet = Dirichlet((1.5, 2.0, 0.7))
    wanted = [scipy.stats.dirichlet([1.5, 2.0, 0.7]).logpdf(row) for row in shares]
    assert dirichlet.log_density(shares) == pytest.approx(wanted, rel=1e-12)
    cov = [[2.0, 0.5], [0.5, 1.0]]
    points = np.array([[0.0, 0.0], [1.0, -3.0], [20.0, 5.0]])
    wanted = scipy.stats.multivariate_normal([1.0, 2.0], cov).logpdf(points)
    assert MvNormal([1, 2], cov).log_density(points) == pytest.approx(wanted, rel=1e-12)


ALL = [made(name, parameters) for side in (OF_F, OF_G) for name, sets in side.items() for parameters in sets]
ALL += [Dirichlet((1, 2, 3)), MvNormal(None, [[2, 0.5], [0.5, 1]]), MvNormal([0.1, -1e-9], [[1e-3, 0], [0, 1e20]])]


def test_every_family_is_tested() -> None:
    """A family that is new has its parameters here, and its like in scipy."""
    assert set(OF_F) == set(OF_G) == set(SCIPY) == set(FAMILIES) - set(MANY)
    assert {each.name for each in ALL} == set(FAMILIES)


@pytest.mark.parametrize("each", ALL, ids=str)
def test_a_distribution_reads_as_it_is_written(each: Family) -> None:
    """str() of a distribution parses to an equal one, with an equal hash."""
    again = parse(str(each))
    assert (again, str(again), hash(again)) == (each, str(each), hash(each))
    assert each.name in each.usage()


# Texts


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("normal(0,1)", "normal(0, 1)"),
        ("  Normal ( -0.5 ,1/4 )  ", "normal(-0.5, 0.25)"),
        ("gamma(shape=2, rate=1)", "gamma(2, 1)"),
        ("gamma(rate=1, shape=2)", "gamma(2, 1)"),
        ("gamma(2, rate=1/3)", "gamma(2, 0.3333333333333333)"),
        ("gamma(1, shape=2)", "gamma(2, 1)"),
        ("dirichlet(1,2,3)", "dirichlet(1, 2, 3)"),
        ("dirichlet(a2=2, a1=1)", "dirichlet(1, 2)"),
        ("binomial(1e3, 0.1)", "binomial(1000, 0.1)"),
        ("mvnormal([[2,0.5],[0.5,1]])", "mvnormal([0, 0], [[2, 0.5], [0.5, 1]])"),
        ("mvnormal([0,1],[[2,0.5],[0.5,1]])", "mvnormal([0, 1], [[2, 0.5], [0.5, 1]])"),
        ("mvnormal(cov=[[2, 1/2],[1/2, 1]])", "mvnormal([0, 0], [[2, 0.5], [0.5, 1]])"),
        ("mvnormal(cov=[[2,0],[0,1]], mean=[0,1])", "mvnormal([0, 1], [[2, 0], [0, 1]])"),
        ("mvnormal([0,1], cov=[[2,0],[0,1]])", "mvnormal([0, 1], [[2, 0], [0, 1]])"),
        ("mvnormal([[2,0],[0,1]], mean=[0,1])", "mvnormal([0, 1], [[2, 0], [0, 1]])"),
        ("mvnormal([ [ 4 ] ])", "mvnormal([0], [[4]])"),
    ],
)
def test_texts_that_are_read(text: str, written: str) -> None:
    """Parameters come by position, by name, or both; numbers as anywhere in klcli."""
    assert str(parse(text)) == written


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("normal(0,-1)", "normal(0,-1): sd is -1: it must be > 0"),
        ("normal(0,0)", "normal(0,0): sd is 0: it must be > 0"),
        ("vonmises(0,-1)", "vonmises(0,-1): kappa is -1: it must be >= 0"),
        ("bernoulli(1.5)", "bernoulli(1.5): p is 1.5: it must be from 0 to 1"),
        ("geometric(0)", "geometric(0): p is 0: it must be above 0 and at most 1"),
        ("binomial(2.5,0.1)", "binomial(2.5,0.1): n is 2.5: it must be a whole number of at least 1"),
        ("uniform(2,1)", "uniform(2,1): high is 1: it must be above low, 2"),
        ("uniform(-1e308,1e308)", "uniform(-1e308,1e308): high − low is beyond the largest float64"),
        ("dirichlet(1,0)", "dirichlet(1,0): a2 is 0: it must be > 0"),
        ("dirichlet(1)", "dirichlet(1): there must be at least two parameters"),
        ("dirichlet()", "dirichlet(): there must be at least two parameters"),
        ("normal(0)", "normal(0): 1 parameter given: it is written normal(mean, sd)"),
        ("normal()", "normal(): 0 parameters given: it is written normal(mean, sd)"),
        ("normal(0,1,2)", "normal(0,1,2): 3 parameters given: it is written normal(mean, sd)"),
        ("normal(mean=0)", "normal(mean=0): 1 parameter given: it is written normal(mean, sd)"),
        ("normal(0,1,sd=1)", "normal(0,1,sd=1): 3 parameters given: it is written normal(mean, sd)"),
        ("normal(mu=0,sd=1)", "normal(mu=0,sd=1): mu is none of its parameters: normal(mean, sd)"),
        ("normal(sd=0,sd=1)", "normal(sd=0,sd=1): sd is given twice"),
        ("normal(mean=0,1)", "normal(mean=0,1): 1 has no name and comes after one that has: normal(mean, sd)"),
        ("dirichlet(a1=1,a3=2)", "dirichlet(a1=1,a3=2): a3 is none of its parameters: dirichlet(a1, a2, ...)"),
        ("normal(0,x)", "normal(0,x): sd: 'x' is not a number"),
        ("normal(0,50%)", "normal(0,50%): sd: '50%' is a percentage: divide it by 100"),
        ("normal(nan,1)", "normal(nan,1): mean: 'nan' is a missing value: it is not 0, so write the number or leave "
         "it out"),
        ("normal(0,)", "normal(0,): sd is blank"),
        ("normal(0,[1])", "normal(0,[1]): sd has a list where a number belongs"),
        ("normal(0,1]", "normal(0,1]: write the parameters in brackets: normal(mean, sd)"),
        ("normal(0,[1)", "normal(0,[1): a [ or ] stands alone"),
        ("normal(0,'1)", "normal(0,'1): a ' stands alone"),
        ("normal", "normal: write the parameters in brackets: normal(mean, sd)"),
        ("normal(0,1)+1", "normal(0,1)+1: write the parameters in brackets: normal(mean, sd)"),
        ("mvnormal([1,2])", "mvnormal([1,2]): cov must be rows of numbers, as [[2, 0.5], [0.5, 1]]"),
        ("mvnormal([[1],[2]])", "mvnormal([[1],[2]]): cov has 2 rows and 1 number in row 1: it must be square"),
        ("mvnormal([])", "mvnormal([]): cov is empty"),
        ("mvnormal([0],[[1,0],[0,1]])", "mvnormal([0],[[1,0],[0,1]]): mean has 1 number and cov has 2 rows: "
         "they must agree"),
        ("mvnormal([0,[1]],[[1,0],[0,1]])", "mvnormal([0,[1]],[[1,0],[0,1]]): mean must be a list of numbers, "
         "as [0, 1]"),
        ("mvnormal([[[1]]])", "mvnormal([[[1]]]): cov has a list where a number belongs"),
        ("mvnormal([[1]2])", "mvnormal([[1]2]): cov has '[1]2' where a list or a number belongs"),
        ("mvnormal([[1,2],[3,4]])", "mvnormal([[1,2],[3,4]]): cov has 2 in row 1, column 2 and 3 across: it must be "
         "symmetric"),
        ("mvnormal([[1,2],[2,1]])", "mvnormal([[1,2],[2,1]]): cov has the eigenvalue -1: it must be positive "
         "definite, all > 0"),
        ("mvnormal(cov.csv)", "mvnormal(cov.csv): cov is the file 'cov.csv', and files are not read here"),
        ("mvnormal()", "mvnormal(): 0 parameters given: it is written mvnormal(mean, cov), mvnormal(cov) or "
         "mvnormal(FILE)"),
    ],
)  # fmt: skip
def test_texts_that_are_refused(text: str, message: str) -> None:
    """What is wrong with a text is said with the family, the parameter and what would be right."""
    with pytest.raises(InputError) as caught:
        parse(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("norml(0,1)", "'norml' is not a family: did you mean normal? There are normal, laplace"),
        ("exp(1)", "'exp' is not a family: did you mean exponential? There are normal, laplace"),
        ("zipf(2)", "'zipf' is not a family. There are normal, laplace"),
        ("(0,1)", "'' is not a family. There are normal, laplace"),
        ("", "'' is not a family. There are normal, laplace"),
        ("0.5,0.5", "'0.5,0.5' is not a family. There are normal, laplace"),
        ("__import__('os')(1)", "'__import__' is not a family. There are normal, laplace"),
    ],
)
def test_unknown_families_are_refused(text: str, message: str) -> None:
    """A name that is no family is refused with the nearest one, and with all that there are."""
    with pytest.raises(InputError) as caught:
        parse(text)
    assert str(caught.value).startswith(message)
    assert str(caught.value).endswith("There are " + ", ".join(FAMILIES))


def test_files_are_read_by_the_caller() -> None:
    """A name that is no list is handed to `load` as it stands, without its quotes."""
    files = {"cov.csv": [[2, 0.5], [0.5, 1]], "a,b=(1).csv": np.array([[2.0, 0.5], [0.5, 1.0]]), "m": [[1], [2]]}
    asked = []

    def load(name: str) -> Any:
        asked.append(name)
        return files[name]

    assert str(parse("mvnormal(cov.csv)", load)) == "mvnormal([0, 0], [[2, 0.5], [0.5, 1]])"
    assert str(parse("mvnormal(mean=m, cov='a,b=(1).csv')", load)) == "mvnormal([1, 2], [[2, 0.5], [0.5, 1]])"
    assert asked == ["cov.csv", "m", "a,b=(1).csv"]
    with pytest.raises(InputError, match="sd: 'm' is not a number"):
        parse("normal(0, m)", load)


@given(st.text("normalgamvd()[],=.'\" 0123456789-", max_size=30))
@settings(deadline=None, derandomize=True, max_examples=300)
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text is anything but a distribution or an InputError."""
    with contextlib.suppress(InputError):
        assert parse(str(parse(text))) == parse(text)


def test_parameters_are_checked_without_a_text_too() -> None:
    """An object that is made in Python has the same rules, and its name is its text."""
    with pytest.raises(InputError, match=r"^normal\(0, -1\): sd is -1: it must be > 0$"):
        Normal(0, -1)
    with pytest.raises(InputError, match=r"mean is nan: it must be a finite number$"):
        Normal(math.nan, 1)
    with pytest.raises(InputError, match="every number must be finite"):
        MvNormal([0.0], [[math.inf]])


def test_a_covariance_may_be_off_by_rounding() -> None:
    """Entries that differ in the last digit are taken as their mean; anything more is refused."""
    nearly = MvNormal(None, [[1.0, 0.1 + 0.2], [0.3, 1.0]])
    assert nearly.matrix.tolist() == nearly.matrix.T.tolist()
    with pytest.raises(InputError, match="it must be symmetric"):
        MvNormal(None, [[1.0, 0.3001], [0.3, 1.0]])
