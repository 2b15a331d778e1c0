"""Measure: a function from arrays to terms, and how it becomes a Result with its notes and its explanation."""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from klcli import numerics
from klcli.distribution import Distribution, Smoothing, align, as_distribution, called, named
from klcli.errors import BeyondFloat64Error
from klcli.lazy import np
from klcli.numerals import operands, short, sum_in_words
from klcli.result import Result, require_base, unit_of

if TYPE_CHECKING:
    from klcli.numerics import Array, Mask


class Terms(NamedTuple):
    """What the function of a measure returns: the value, and equal-length columns, "contribution" last.

    `total` is the sum of the contributions where the value is made from it and not equal to it, as in √Σ;
    `formula`, `headings`, `step` and `whole` replace the measure's own where an option changes them, with
    "" for no step at all.
    """

    value: float
    columns: Mapping[str, Any]
    details: Mapping[str, float] = {}
    total: float | None = None
    formula: str = ""
    headings: Mapping[str, str] = {}
    step: str | None = None
    whole: str | None = None


class Measure:
    """A function of one or two arrays of weights; called with distributions, mappings or lists, it gives a Result.

    `headings` names its columns. `step` writes one term and `whole` what is made of their sum, with the numbers
    put in. `unit` is the value's unit, {} standing for that of the base. `meaning` says in a sentence or two what
    the value means, `largest` what its largest term does and `negative` what terms below zero are; they name
    {P}, {Q}, {value} and other numbers.
    """

    def __init__(
        self,
        function: Callable[..., Terms],
        *,
        title: str,
        formula: str,
        headings: Mapping[str, str],
        step: str,
        meaning: str,
        largest: str = "The largest term is {outcome}, with {contribution}.",
        negative: str = "Terms below zero ({outcomes}) are outcomes that {Q} overrates; "
        "they never outweigh the others.",
        whole: str = "{}",
        unit: str = "{}",
    ) -> None:
        functools.update_wrapper(self, function)
        parameters = list(inspect.signature(function).parameters.values())
        self.function = function
        self.name = function.__name__.replace("_", "-")
        self.sides = tuple(each.name for each in parameters if each.kind is not each.KEYWORD_ONLY)
        self.options = {each.name: each.default for each in parameters if each.kind is each.KEYWORD_ONLY}
        self.__signature__ = _signature(parameters)
        self.required = tuple(name for name, default in self.options.items() if default is inspect.Parameter.empty)
        self.title, self.formula, self.headings = title, formula, headings
        self.step, self.whole, self.unit = step, whole, unit
        self.meaning, self.largest, self.negative = meaning, largest, negative

    def __repr__(self) -> str:
        return f"<measure {self.name}: {self.formula}>"

    def __call__(self, *data: Any, normalize: bool = False, smooth: str | None = None, **options: float) -> Result:
        """The Result for these data, in the order P, Q; `normalize` takes weights of any sum.

        Raises InputError where they are no distributions or cannot be matched, OptionError where an option
        means nothing, KlcliError where the value is finite but beyond the largest float64.
        """
        if len(data) != len(self.sides):
            raise TypeError(f"{self.name} takes {len(self.sides)} distributions, not {len(data)}")
        base = options.get("base", self.options.get("base"))
        if base is not None:
            require_base(base)
        sources = [
            as_distribution(each, side.upper(), normalize=normalize)
            for each, side in zip(data, self.sides, strict=True)
        ]
        outcomes, weights, notes = lay_out(sources, smooth)
        with np.errstate(all="ignore"):
            terms = self.function(*weights, **options)
        if math.isinf(terms.value):
            notes = (*notes, self._cause(sources, outcomes, weights, terms))
        result = Result(
            measure=self.name,
            title=self.title,
            formula=terms.formula or self.formula,
            inputs={side: source.name for side, source in zip(self.sides, sources, strict=True)},
            value=terms.value,
            base=base,
            unit=self.unit.format(unit_of(base)) if base else "",
            terms={"outcome": outcomes, **terms.columns},
            headings={**self.headings, **terms.headings},
            notes=notes,
            details=self._details(sources, weights, terms, base or math.e),
        )
        return replace(result, explanation=tuple(self._explain(result, terms)))

    def _details(
        self, sources: Sequence[Distribution], weights: Sequence[Array], terms: Terms, base: float
    ) -> dict[str, Any]:
        """The further numbers of every answer: entropies, sums as read, sample sizes."""
        details: dict[str, Any] = {}
        if len(sources) == 2:
            own, cross = numerics.entropy(weights[0], base), numerics.cross_entropy(weights[0], weights[1], base)
            details = {"entropy": own, "cross_entropy": cross}
        details |= terms.details
        if terms.total is not None:
            details["sum"] = terms.total
        for side, source in zip(self.sides, sources, strict=True):
            details[f"sum_{side}"] = source.total
            if source.counted:
                details[f"n_{side}"] = source.size
        return details

    def _cause(
        self, sources: Sequence[Distribution], outcomes: Sequence[str], weights: Sequence[Array], terms: Terms
    ) -> str:
        """Why the value is infinite: the outcomes that make it so, and the mass they hold."""
        p, q = weights
        lost, gained = (p > 0) & (q == 0), (p == 0) & (q > 0)
        infinite = np.isinf(terms.columns["contribution"])
        if not (infinite & (lost | gained)).any():  # P has too little there for its share to be more than 0
            infinite = lost
        sides = (
            (sources[0], p, sources[1], lost & infinite),
            (sources[1], q, sources[0], gained & infinite),
        )
        causes = [
            f"{without.name} gives no probability to {named}, where {holder.name} has {short(mass)} of its mass"
            for holder, own, without, where in sides
            for named, mass in _held(outcomes, own, where)
        ]
        if not ((p > 0) & (q > 0)).any():
            causes = [f"{sources[0].name} and {sources[1].name} have no outcome in common"]
        if not causes:
            raise BeyondFloat64Error(f"{self.title}: the value")
        return f"infinite: {'; '.join(causes)}"

    # Words

    def _explain(self, result: Result, terms: Terms) -> Iterator[str]:
        """The formula with the numbers put in, and what they mean."""
        step = self.step if terms.step is None else terms.step
        yield self._worked(result, step, self.whole if terms.whole is None else terms.whole)
        names = {side.upper(): name for side, name in result.inputs.items()}
        numbers = {name: short(x) for name, x in result.details.items() if isinstance(x, float | int)}
        value = f"{short(result.value)} {result.unit}".strip()
        if math.isinf(result.value):
            yield f"It is infinite: {result.cause}."
            return
        yield self.meaning.format(**{**numbers, **names, "value": value, "unit": result.unit})
        if len(names) == 2 and result.value == 0 and np.array_equal(result.terms["p"], result.terms["q"]):
            yield f"It is 0: {names['P']} and {names['Q']} are the same distribution."
            return
        contributions = np.asarray(result.terms["contribution"])
        if contributions.max() > 0:
            row = _cells(result, int(np.argmax(contributions)))
            largest = self.largest if result.unit else self.largest.replace(" {unit}", "")
            yield largest.format(**{**names, **row, "unit": result.unit})
        negative = named(result.terms["outcome"], contributions < 0)
        if negative:
            yield self.negative.format(**names, outcomes=negative)

    def _worked(self, result: Result, step: str, whole: str) -> str:
        """The formula with the numbers of the first and the last terms put in."""
        if not step:
            return f"{result.formula} = {short(result.value)}"
        steps = sum_in_words(lambda row: step.format(**_cells(result, row)), range(len(result.terms["outcome"])))
        return f"{result.symbol} = {whole.format(steps)} = {short(result.value)}"


def measure(registry: dict[str, Measure], **facts: Any) -> Callable[[Callable[..., Terms]], Measure]:
    """A decorator that makes a function a Measure and enters it in the registry."""

    def enter(function: Callable[..., Terms]) -> Measure:
        made = Measure(function, **facts)
        registry[made.name] = made
        return made

    return enter


def _signature(parameters: Sequence[inspect.Parameter]) -> inspect.Signature:
    """How a measure is called: its sides may be any data, and every measure can normalize and smooth."""
    sides = [each.replace(annotation="Any") for each in parameters if each.kind is not each.KEYWORD_ONLY]
    options = [each for each in parameters if each.kind is each.KEYWORD_ONLY]
    known = inspect.signature(Measure.__call__).parameters
    return inspect.Signature([*sides, *options, known["normalize"], known["smooth"]], return_annotation="Result")


def lay_out(
    sources: Sequence[Distribution], smooth: str | None
) -> tuple[Sequence[str], list[Array], tuple[str, ...]]:
    """The outcomes of one or two distributions, their weights side by side, and the notes so far."""
    notes = tuple(dict.fromkeys(note for source in sources for note in source.notes))
    if len(sources) == 1:
        outcomes, weights = sources[0].outcomes, [sources[0].weights]
    else:
        pair = align(*sources)
        outcomes, weights, notes = pair.outcomes, [pair.p, pair.q], (*notes, *pair.notes)
    if smooth is not None:
        smoothing = Smoothing.parse(smooth)
        weights = [smoothing.apply(each, source) for each, source in zip(weights, sources, strict=True)]
        notes = (*notes, smoothing.note(len(outcomes)))
    return outcomes, weights, notes


def _held(outcomes: Sequence[str], weights: Array, where: Mask) -> Iterator[tuple[str, float]]:
    """The names of the outcomes there and the mass they hold, if there are any."""
    if where.any():
        yield named(outcomes, where), float(numerics.shares(weights)[where].sum())


def _cells(result: Result, index: int) -> dict[str, str]:
    """One term in words."""
    row = {name: column[index] for name, column in result.terms.items()}
    return {"outcome": called(row.pop("outcome")), **operands(row)}
