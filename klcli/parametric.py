"""The Kullback-Leibler divergence between two parametric families: in closed form, or by quadrature.

`continuous` answers by the closed form where there is one, `verify` by every way there is, side by side. The base is
applied here, once, at the end.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from klcli.closed_forms import CLOSED_FORMS, infinity
from klcli.errors import KlcliError, MissingExtraError, OptionError
from klcli.families import Family, parse
from klcli.numerals import short
from klcli.quadrature import numerical
from klcli.result import Result, unit_of

METHODS = ("auto", "closed-form", "numerical")


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
        inputs={"f": str(f), "g": str(g)},
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
    parts = [short(x) for x in result.terms["contribution"]]
    shown = parts if len(parts) <= 6 else [*parts[:2], "…", parts[-1]]
    steps = f"{' + '.join(shown)} = " if math.isfinite(result.value) else ""
    yield f"{result.symbol} = {steps}{short(result.value)}".replace("+ -", "− ")
    f, g = result.inputs["f"], result.inputs["g"]
    if math.isinf(result.value):
        yield f"It is infinite: {result.notes[-1].removeprefix('infinite: ')}."
    elif result.value == 0:
        yield f"It is 0: {f} and {g} are the same distribution, as far as float64 tells."
    else:
        yield (
            f"A draw from {f} speaks for {f} and against {g} by {short(result.value)} {result.unit} on average: "
            "that is the mean of log(f/g)."
        )
    yield f"The other direction, D(G‖F), takes the mean over draws from {g}, and is as a rule another number."


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
        f"klcli has D(F‖G) = {short(divergence)} {unit}; the other ways differ from it by at most {short(value)}."
        if len(found) > 1
        else f"klcli has D(F‖G) = {short(divergence)} {unit}, and there is nothing to compare it with."
    )
    return Result(
        measure="verification",
        title="Verification of a divergence of families",
        formula="Δ = the largest difference from D(F‖G)",
        inputs={"f": str(f), "g": str(g)},
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
            f"Δ = {short(value)}",
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
