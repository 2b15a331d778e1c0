"""The command for parametric families of distributions."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import Any

import click

from klcli.cli.options import base_option, option, output_options
from klcli.cli.show import Command, refuse_inputs, show
from klcli.errors import InputError, clipped
from klcli.matrices import Components


class Family(click.ParamType):
    """A family with its parameters: normal(0, 1), gamma(shape=2, rate=1/2), mvnormal([[2, 1], [1, 2]])."""

    name = "family"


@click.command(
    "continuous",
    cls=Command,
    params=[
        click.Argument(["f"], type=Family(), metavar="F"),
        click.Argument(["g"], type=Family(), metavar="G"),
        base_option(),
        option("--verify", is_flag=True, help="Compare closed form, quadrature and PyTorch."),
        *output_options(),
    ],
)
def continuous_command(f: str, g: str, base: float, verify: bool, **given: Any) -> int:
    """The divergence between two families of distributions, by its closed form or by quadrature.

    F and G are a name with parameters, in order or by name: normal(mean, sd), lognormal(mu, sigma),
    exponential(rate), gamma(shape, rate), beta(a, b), dirichlet(a1, a2, ...), laplace(loc, scale),
    cauchy(loc, scale), uniform(low, high), pareto(scale, shape), weibull(shape, scale), gumbel(loc, scale),
    vonmises(mu, kappa), student(df, loc, scale), halfnormal(scale), invgamma(shape, scale), chi2(df),
    mvnormal(mean, cov) or mvnormal(cov); and of counts poisson(rate), bernoulli(p), binomial(n, p), geometric(p),
    negbinomial(r, p). A matrix cov is [[...]] or a file.
    """
    from klcli import families, parametric  # big rooms, which other commands need not wait for

    components = Components()
    loaded: list[str] = []

    def rows(path: str) -> list[list[float]]:
        refuse_inputs([path], given)
        loaded.append(path)
        found: list[list[float]] = components.read(path).tolist()
        return found

    sides = []
    for text in (f, g):
        loaded.clear()
        sides.append(families.parse(text, load=rows))
        if not loaded:
            components.nameless.append(str(sides[-1]))
        elif components.moved and "[" in functools.reduce(lambda rest, path: rest.replace(path, ""), loaded, text):
            raise InputError(
                f"{clipped(text)}: its list has no names, and {components.moved[0]} has its components in another "
                f"order than {components.named}: put the list in a file with names, or all in one order"
            )
        components.moved.clear()
    results = [parametric.continuous(*sides, base=base)]
    if verify:
        results.append(parametric.verify(*sides, base=base))
    return show([replace(result, notes=(*components.notes, *result.notes)) for result in results], given)


COMMANDS: list[click.Command] = [continuous_command]
