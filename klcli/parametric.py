"""The Kullback-Leibler divergence between two parametric families: in closed form, or by quadrature.

`continuous` answers by the closed form where there is one, `verify` by every way there is, side by side. The base is
applied here, once, at the end.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from klcli.closed_forms import CLOSED_FORMS, infinity
from klcli.errors import BeyondFloat64Error, KlcliError, MissingExtraError, OptionError
from klcli.families import Family, parse
from klcli.numerals import counted, short, sum_in_words
from klcli.quadrature import numerical
from klcli.result import Result, require_base, unit_of

METHODS = ("auto", "closed-form", "numerical")


def continuous(f: str | Family, g: str | Family, *, base: float = math.e, method: str = "auto") -> Result:
    """The Kullback-Leibler divergence D(F‖G) of two distributions, as text or as families, in units of the base.

    `method` is "closed-form", "numerical", or "auto": the closed form where there is one. The terms are the parts of
    the closed form, or parts of the line; a note says which, and where it is from. In `details`, "method" is what it
    came to, "closed form", "quadrature", "sum" or "infinite", and "error" what the error of the value is estimated to
    be; a note says it where it is more than rounding.

    Raises InputError where a text is no distribution, or a sum too long; OptionError for a density against
    probabilities, for different spaces, or where there is no closed form and one is asked for; MissingExtraError
    where scipy is needed and missing; KlcliError where the value is finite but beyond the largest float64, or where
    no digit of it is sure.
    Source: Kullback and Leibler (1951), "On information and sufficiency", equation 2.4.

    >>> round(continuous("normal(0, 1)", "normal(1, 2)").value, 12)
    0.44314718056
    """
    f, g = _pair(f, g)
    _checked(base, method)
    way = _sure(_way(f, g, method), f, g)
    unit, scale = unit_of(base), math.log(base)
    symbol = "Σ" if f.discrete else "∫"
    result = Result(
        measure="continuous",
        title="Kullback-Leibler divergence of families",
        formula=f"D(F‖G) = {symbol} f·log(f/g)",
        inputs={"f": str(f), "g": str(g)},
        value=way.value / scale,
        base=base,
        unit=unit,
        terms={
            "outcome": tuple(way.terms),
            "contribution": tuple(x / scale + 0.0 for x in way.terms.values()),  # no −0
        },
        headings={"outcome": "part", "contribution": way.heading},
        notes=tuple(_notes(way, scale, unit)),
        details={"error": way.error / scale, "method": way.method},
        has_own_words=True,
    )
    return replace(result, explanation=tuple(_explained(result, f == g)))


class _Way(NamedTuple):
    """What one way to compute a divergence came to in nats, nan for nothing, and what it is made of."""

    method: str
    note: str
    value: float = math.nan
    error: float = math.nan
    terms: Mapping[str, float] = {}
    heading: str = "contribution"

    @property
    def digits(self) -> float:
        """How many digits of the value are sure."""
        if not self.error or math.isinf(self.value):
            return math.inf
        return -math.log10(self.error / self.value) if self.value and self.error < math.inf else 0.0


_ROUNDING = 1e-12  # a share of the value, or of 1, that is not worth a word
_ENOUGH = 8  # digits


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
    require_base(base)
    if method not in METHODS:
        raise OptionError(f"{method!r} is not a method: {', '.join(METHODS)}")


def _way(f: Family, g: Family, method: str) -> _Way:
    """The way that the method leads to."""
    found = None if method == "numerical" and not infinity(f, g) else _by_closed_form(f, g)
    if found is None and method == "closed-form":
        raise OptionError(f"no closed form is known here for {f} and {g}: leave the method to klcli")
    return found or _by_numbers(f, g, "" if method == "numerical" else "no closed form: ")


def _by_closed_form(f: Family, g: Family) -> _Way | None:
    """The divergence by a closed form, or by theory where it is infinite; None where there is neither."""
    infinite = infinity(f, g)
    if infinite:
        return _Way("infinite", f"infinite: {infinite.why}", math.inf, 0.0, {infinite.where: math.inf})
    known = CLOSED_FORMS.get((f.name, g.name))
    try:
        parts = known.function(f, g) if known else None
    except (OverflowError, ZeroDivisionError):
        raise _beyond_float64(f, g) from None
    if known is None or parts is None:
        return None
    if not all(map(math.isfinite, [parts.value, *parts.terms.values()])):
        raise _beyond_float64(f, g)
    error = 0.0 if f == g else 1e-15 * parts.size
    return _Way("closed form", f"closed form ({known.source})", max(0.0, parts.value), error, parts.terms)


def _by_numbers(f: Family, g: Family, why: str) -> _Way:
    found = numerical(f, g)
    if not math.isfinite(found.value):
        raise _beyond_float64(f, g)
    method, note = ("sum", f"{why}a sum") if f.discrete else ("quadrature", f"{why}adaptive quadrature")
    error = 0.0 if f == g else found.error  # where log(f/g) is 0 to the last bit
    return _Way(method, note, found.value, error, found.terms, found.heading)


def _beyond_float64(f: Family, g: Family) -> KlcliError:
    return BeyondFloat64Error(f"D({f}‖{g}): the value, or a part of it,")


def _sure(way: _Way, f: Family, g: Family) -> _Way:
    """The way as it is, if it found any digit, or a value that is 0 as closely as anyone may ask.

    Raises KlcliError where it did not.
    """
    if way.digits >= 1 or way.value + way.error <= _ROUNDING:
        return way
    raise KlcliError(
        f"D({f}‖{g}): no digit is sure: {way.method} finds {short(way.value)} nats with an estimated error of "
        f"{way.error:.1g}. Parameters nearer to each other, or less extreme ones, have a divergence that can be had"
    )


def _notes(way: _Way, scale: float, unit: str) -> Iterator[str]:
    """How the value was found, and how sure it is."""
    error = way.error / scale
    stated = way.error > (0.0 if way.method in ("quadrature", "sum") else _ROUNDING * way.value)
    yield f"{way.note}, estimated error {error:.1g} {unit}" if stated else way.note
    if way.digits < 1:
        yield "no digit of the value is sure: it is 0 to within its error"
    elif way.digits < _ENOUGH:
        count = int(way.digits)
        yield f"only {counted(count, 'digit')} of the value {'is' if count == 1 else 'are'} sure"


def _explained(result: Result, same: bool) -> Iterator[str]:
    """The formula with the numbers put in, what the value means, and which way round it is."""
    parts = [short(x) for x in result.terms["contribution"]]
    steps = f"{sum_in_words(parts.__getitem__, range(len(parts)), 6)} = " if math.isfinite(result.value) else ""
    yield f"{result.symbol} = {steps}{short(result.value)}".replace("+ -", "− ")
    f, g = result.inputs["f"], result.inputs["g"]
    if math.isinf(result.value):
        yield f"It is infinite: {result.cause}."
    elif same:
        yield f"It is 0: {f} and {g} are the same distribution."
    elif result.value == 0:
        yield f"It is 0 as float64 has it: {f} and {g} are nearer to each other than its numbers can tell."
    else:
        yield (
            f"A draw from {f} speaks for {f} and against {g} by {short(result.value)} {result.unit} on average: "
            "that is the mean of log(f/g)."
        )
    yield f"The other direction, D(G‖F), takes the mean over draws from {g}, and is as a rule another number."


# Verification


def verify(f: str | Family, g: str | Family, *, base: float = math.e) -> Result:
    """D(F‖G) by every way there is, side by side: closed form, quadrature or sum, and torch.distributions.

    The value is the largest difference from what `continuous` gives, which is `details["divergence"]`. A way that
    there is not has nan, and a remark that says why. `details["agreement"]` is whether every difference is within the
    estimated errors of both sides and rounding. Dirichlet and multivariate normal distributions are integrated as
    independent parts on the line. torch has no estimate of its errors: the one here is how far its value moves where
    a parameter moves by its last digit.

    Raises what `continuous` raises; a package that is missing is a remark, unless nothing is left to compute with.
    """
    f, g = _pair(f, g)
    _checked(base)
    scale, unit = math.log(base), unit_of(base)
    answer = _sure(_way(f, g, "auto"), f, g)
    ways = [_closed_form_or_none(f, g), _numbers_or_none(f, g), _by_torch(f, g)]
    differences = [0.0 if each.value == answer.value else each.value - answer.value for each in ways]
    found = [(each, x) for each, x in zip(ways, differences, strict=True) if not math.isnan(x)]
    beyond = [each.method for each, x in found if abs(x) > _tolerance(each, answer)]
    value, divergence = max(abs(x) for _, x in found) / scale, answer.value / scale
    verdict = _verdict([each.method for each, _ in found], beyond)
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
            "remark": tuple(each.note for each in ways),
        },
        headings={"outcome": "method", "value": "D(F‖G)", "error": "estimated error", "divergence": "D(F‖G)"},
        notes=(answer.note, verdict),
        details={"divergence": divergence, "agreement": not beyond},
        explanation=(f"Δ = {short(value)}", *_compared(f"{short(divergence)} {unit}", value, len(found))),
        has_own_words=True,
    )


def _tolerance(way: _Way, answer: _Way) -> float:
    """How far a way may be from the answer: both errors, and rounding."""
    return way.error + answer.error + _ROUNDING * answer.value if math.isfinite(answer.value) else 0.0


def _verdict(found: Sequence[str], beyond: Sequence[str]) -> str:
    if beyond:
        differ = "is" if len(beyond) == 1 else "are"
        return f"no agreement: {' and '.join(beyond)} {differ} beyond what rounding and the estimated errors explain"
    if len(found) == 1:
        return "one way only: nothing to compare it with"
    return f"all {len(found)} agree to within rounding and their estimated errors"


def _compared(divergence: str, value: float, count: int) -> Iterator[str]:
    """What came of it, and how much it proves."""
    if count == 1:
        yield f"klcli has D(F‖G) = {divergence}, and there is nothing to compare it with."
        return
    yield f"klcli has D(F‖G) = {divergence}; the other ways differ from it by at most {short(value)}."
    yield (
        "klcli's own ways share what they know of each family, such as log Γ in its density, and no formula of a "
        "divergence; torch.distributions shares nothing with them."
    )


def _closed_form_or_none(f: Family, g: Family) -> _Way:
    found = _by_closed_form(f, g)
    if found is None:
        return _Way("closed form", "none is known here")
    return found._replace(method="closed form", note=found.note.removeprefix("infinite: "))


def _numbers_or_none(f: Family, g: Family) -> _Way:
    method = "sum" if f.discrete else "quadrature"
    if infinity(f, g):
        return _Way(method, "not tried: the divergence is infinite")
    try:
        found = _sure(_by_numbers(f, g, ""), f, g)
    except MissingExtraError:
        return _Way(method, "not installed: pip install 'klcli[check]'")
    except KlcliError as error:
        return _Way(method, str(error))
    return found._replace(note="" if f.discrete else "scipy.integrate.quad")


def _by_torch(f: Family, g: Family) -> _Way:
    try:
        import torch
    except ImportError:
        return _Way("torch", "not installed: pip install 'klcli[torch]'")
    count = len(f.torch_parameters())
    numbers = [torch.tensor(x, dtype=torch.float64) for x in (*f.torch_parameters(), *g.torch_parameters())]
    classes = [getattr(torch.distributions, each.torch_name or type(each).__name__) for each in (f, g)]

    def divergence(numbers: Sequence[Any]) -> float:
        sides = [made(*each) for made, each in zip(classes, (numbers[:count], numbers[count:]), strict=True)]
        return float(torch.distributions.kl_divergence(*sides))

    try:
        value = divergence(numbers)
    except NotImplementedError:
        return _Way("torch", "not registered")
    if not math.isfinite(value) and infinity(f, g) is None:
        return _Way("torch", f"its formula leaves float64: {short(value)}")
    moves = [1e-16, 1e-16 * abs(value)]
    for index, x in enumerate(numbers):
        nearer = [*numbers[:index], torch.nextafter(x, torch.zeros_like(x)), *numbers[index + 1 :]]
        with contextlib.suppress(ValueError, NotImplementedError):  # it may be no parameter any more
            moves.append(abs(divergence(nearer) - value))
    error = 8 * max(x for x in moves if math.isfinite(x)) if math.isfinite(value) else 0.0
    return _Way("torch", f"torch {torch.__version__}", value, error)
