"""Distribution, and two of them laid side by side."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence, Set
from dataclasses import InitVar, dataclass, field
from functools import cached_property
from itertools import chain
from operator import eq
from typing import TYPE_CHECKING, Any, NamedTuple

from klcli import numerics
from klcli.errors import InputError, OptionError, OutcomeError
from klcli.labels import Labels, taken
from klcli.lazy import np
from klcli.numerals import NumeralError, number

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from klcli.numerics import Array, Mask

TOLERANCE = 1e-6  # how far from 1 a sum of probabilities may be
WITHIN = TOLERANCE * (1 + 1e-9)  # ... with its rounding: 0.333333 three times is within
MENTIONED = 1e-9  # ... and from where on a note mentions it
MOST = 5  # names in a sentence; the others are counted


@dataclass(frozen=True, eq=False)
class Distribution:
    """Outcomes and their weights: finite, >= 0, with some mass, true for as long as it exists.

    Weights that sum to 1 within 1e-6 are probabilities; whole numbers that sum to more than 1 are counts, and
    `counted` is then true. Anything else is taken with `normalize=True` only. Without labels of their own,
    outcomes are numbered from 0 and `labelled` is false. Outcomes are a tuple, or Labels where they are very many.

    Raises InputError, and its kin OutcomeError that knows the position, for anything that is no distribution.

    >>> Distribution(("a", "b"), [3, 1], name="draws").probs
    array([0.75, 0.25])
    """

    outcomes: Sequence[str]
    weights: Array
    name: str = "P"
    labelled: bool = True
    notes: tuple[str, ...] = ()
    normalize: InitVar[bool] = False
    counted: bool = field(init=False)

    def __post_init__(self, normalize: bool) -> None:
        def keep(name: str, value: Any) -> None:
            object.__setattr__(self, name, value)

        keep("outcomes", self.outcomes if isinstance(self.outcomes, Labels) else tuple(self.outcomes))
        keep("weights", _checked(self.weights, len(self.outcomes), self.name))
        _refuse_repeats(self)
        is_whole = bool((self.weights == np.floor(self.weights)).all())
        counted, note = kind_of(self.name, self.total, is_whole, normalize)
        keep("counted", counted)
        keep("notes", (*self.notes, note) if note else self.notes)

    @cached_property
    def probs(self) -> Array:
        """The weights divided by their total, in float64."""
        return numerics.shares(self.weights)

    @cached_property
    def total(self) -> float | None:
        """The sum of the weights as they were given; None where it is beyond float64."""
        return numerics.sum_as_read(self.weights)

    @cached_property
    def hashes(self) -> NDArray[np.int64]:
        """A hash of every outcome, for this process only."""
        return np.fromiter(map(hash, self.outcomes), np.int64, len(self.outcomes))

    @property
    def size(self) -> int | None:
        """The sample size: the total of counts; None for probabilities."""
        total = self.total if self.counted else None
        return None if total is None else int(total)


def _checked(values: Iterable[float], size: int, name: str) -> Array:
    """The values as an array that nobody changes, each a weight."""
    with np.errstate(invalid="ignore"):  # a signalling NaN is a NaN, and refused below
        weights: Array = np.asarray(values, dtype=np.float64) + 0.0  # a copy, in which -0.0 is 0.0
    weights.flags.writeable = False
    if weights.ndim != 1 or weights.size != size:
        raise InputError(f"{name}: {size} outcomes, but weights of shape {weights.shape}")
    if not weights.size:
        raise InputError(f"{name}: empty: a distribution needs at least one outcome")
    wrong = ~(np.isfinite(weights) & (weights >= 0))
    if wrong.any():
        index = int(np.argmax(wrong))
        what = "negative" if weights[index] < 0 else "not finite"
        raise OutcomeError(name, f"{weights[index]} is {what}: a weight is a finite number >= 0", index)
    if not weights.any():
        raise InputError(f"{name}: all values are zero: a distribution needs some mass")
    return weights


def _refuse_repeats(given: Distribution) -> None:
    sorted_hashes = np.sort(given.hashes)
    repeated = sorted_hashes[1:][sorted_hashes[1:] == sorted_hashes[:-1]]
    first: dict[str, int] = {}
    for index in np.flatnonzero(np.isin(given.hashes, repeated)).tolist() if repeated.size else ():
        outcome = given.outcomes[index]
        if outcome in first:
            what = f"duplicate outcome {outcome!r}: make them one, or give --duplicates sum"
            raise OutcomeError(given.name, what, first[outcome], index)
        first[outcome] = index


def kind_of(name: str, given: float | None, is_whole: bool, normalize: bool) -> tuple[bool, str]:
    """Whether weights of that sum are counts, and a note of what was done to make them probabilities.

    Raises InputError where they are neither, and may not be normalized.
    """
    shown = "over 1.8e308" if given is None else f"{given:.12g}"
    total = math.inf if given is None else given
    off = abs(total - 1)
    if off <= WITHIN:
        return False, f"{name}: sums to {shown}, taken as 1" if off > MENTIONED else ""
    if total > 1 and is_whole:
        exact = f"{total:.0f}" if total < 2**53 else shown
        return True, f"{name}: counts, divided by their total of {exact}"
    if normalize:
        return False, f"{name}: weights, divided by their sum of {shown} (--normalize)"
    raise InputError(
        f"{name}: the values sum to {shown}, so they are neither probabilities (sum 1) nor counts (whole numbers): "
        "put them right, or give --normalize to divide them by their sum"
    )


def as_distribution(data: Any, name: str = "P", *, normalize: bool = False) -> Distribution:
    """The data as a Distribution: one already, a mapping of outcome to weight or a Series, or a sequence of weights.

    >>> as_distribution({"heads": 1, "tails": 3}).notes
    ('P: counts, divided by their total of 4',)
    """
    if isinstance(data, Distribution):
        return data
    if isinstance(data, str | bytes):
        raise InputError(f"{name}: text is not a distribution; klcli.read reads files and inline text")
    if isinstance(data, Set):
        raise InputError(f"{name}: a set has no order: give a list, or a mapping of outcome to weight")
    if hasattr(data, "items"):  # a mapping, or a pandas Series with its index
        outcomes, values = [], []
        for outcome, value in data.items():
            outcomes.append(str(outcome))
            values.append(value)
        return Distribution(tuple(outcomes), _floats(values, name), name=name, normalize=normalize)
    weights = _floats(data, name)
    return Distribution(numbered(len(weights)), weights, name=name, labelled=False, normalize=normalize)


def _floats(values: Iterable[Any], name: str) -> Array:
    """The values as an array; text among them is read as the numbers of a file are."""
    try:
        if isinstance(values, np.ndarray) and values.dtype == np.float64 and values.ndim == 1:
            return values
        return np.array([number(x) if isinstance(x, str) else x for x in values], dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(f"{name}: not a sequence of numbers: {error}") from None


def numbered(size: int) -> tuple[str, ...]:
    """The names of outcomes that have none: 0, 1, 2 ..."""
    return tuple(map(str, range(size)))


class Pair(NamedTuple):
    """P and Q over the same outcomes; absent outcomes have weight 0."""

    outcomes: Sequence[str]
    p: Array
    q: Array
    notes: tuple[str, ...]


def align(p: Distribution, q: Distribution) -> Pair:
    """The two side by side: by label, in P's order and then Q's that P lacks, or else by position.

    Raises InputError where outcomes must be matched by position and the lengths differ.

    >>> pair = align(as_distribution({"a": 1, "b": 1}), as_distribution({"b": 1, "c": 3}, "Q"))
    >>> pair.outcomes, pair.p, pair.q
    (('a', 'b', 'c'), array([1., 1., 0.]), array([0., 1., 3.]))
    """
    if p.outcomes == q.outcomes:
        return Pair(p.outcomes, p.weights, q.weights, ())
    if not (p.labelled and q.labelled):
        return _by_position(p, q)
    places = _places(p, q)
    absent = np.ones(len(q.outcomes), dtype=bool)
    absent[places[places >= 0]] = False
    only_p, only_q = (_at(side.outcomes, np.flatnonzero(where)) for side, where in ((p, places < 0), (q, absent)))
    p_weights = np.concatenate([p.weights, np.zeros(len(only_q))])
    q_weights = np.concatenate([np.where(places >= 0, q.weights[places], 0.0), q.weights[absent]])
    notes = (*_absent(only_p, q.name, "q"), *_absent(only_q, p.name, "p"), *_alike(only_p, only_q))
    return Pair(p.outcomes + only_q if only_q else p.outcomes, p_weights, q_weights, notes)


def _at(outcomes: Sequence[str], places: NDArray[np.intp]) -> Any:
    """The outcomes at these places, in the same kind of sequence."""
    blocks = taken(outcomes, places)
    return Labels(*map(Labels, blocks)) if isinstance(outcomes, Labels) else tuple(chain.from_iterable(blocks))


def _places(p: Distribution, q: Distribution) -> NDArray[np.intp]:
    """Where each outcome of P stands in Q, −1 where it does not.

    A merge of sorted hashes, which for a million outcomes takes half the time of a dict; labels are compared
    all the same, and where two of them share a hash the dict does it.
    """
    wanted, ours, among, theirs = p.outcomes, p.hashes, q.outcomes, q.hashes
    order, their_order = np.argsort(ours), np.argsort(theirs)
    found = np.searchsorted(theirs[their_order], ours[order])
    places = np.empty(len(wanted), dtype=np.intp)
    places[order] = their_order[np.minimum(found, len(among) - 1)]
    same = theirs[places] == ours
    for side in (p, q) if isinstance(wanted, Labels) else ():
        side.__dict__.pop("hashes", None)  # which are many, and quick to make anew
    if all(map(eq, taken(wanted, np.flatnonzero(same)), taken(among, places[same]))):
        return np.where(same, places, -1)
    known = {outcome: index for index, outcome in enumerate(among)}
    return np.array([known.get(outcome, -1) for outcome in wanted], dtype=np.intp)


def _by_position(p: Distribution, q: Distribution) -> Pair:
    if len(p.outcomes) != len(q.outcomes):
        raise InputError(
            f"{p.name} has {len(p.outcomes)} outcomes and {q.name} has {len(q.outcomes)}: "
            "without labels on both sides they are matched by position, so the lengths must agree"
        )
    unlabelled = q if p.labelled else p
    note = f"matched by position, since {unlabelled.name} has no labels"
    return Pair((p if p.labelled else q).outcomes, p.weights, q.weights, (note,))


def _absent(outcomes: Sequence[str], name: str, side: str) -> tuple[str, ...]:
    if not outcomes:
        return ()
    return (f"absent from {name}, so {side} = 0 there: {listed(outcomes)}",)


def _alike(only_p: Sequence[str], only_q: Sequence[str]) -> tuple[str, ...]:
    """A note of the first two outcomes that may be meant as one; of very many only some are looked at."""
    if not (only_p and only_q):
        return ()
    import unicodedata

    def key(outcome: str) -> str:
        return " ".join(unicodedata.normalize("NFKC", outcome).casefold().split())

    # Of many accents in a row the time to put them in order grows with the square.
    ours, others = ([label for label in side[:1000] if len(label) < _LONG] for side in (only_p, only_q))
    theirs = {key(outcome): outcome for outcome in others}
    for outcome in ours:
        other = theirs.get(key(outcome))
        if other is not None:
            is_seen = unicodedata.normalize("NFC", outcome) != unicodedata.normalize("NFC", other)
            one, two = (repr(outcome), repr(other)) if is_seen else (ascii(outcome), ascii(other))
            return (f"{one} and {two} are two outcomes: labels are compared sign by sign",)
    return ()


_LONG = 400  # characters


def listed(names: Sequence[str], most: int = MOST, count: int | None = None) -> str:
    """The names in one line, the first few of many; `count` says how many there are where not all are given.

    A name that begins or ends with a blank stands in quotes.

    >>> listed(["a", "b", "c"], most=2)
    'a, b and 1 more'
    """
    shown = ", ".join(name if name == name.strip() != "" else repr(name) for name in names[:most])
    more = (len(names) if count is None else count) - min(most, len(names))
    return f"{shown} and {more} more" if more else shown


def called(outcome: str) -> str:
    """What an outcome is called in a sentence: "outcome 2" where its name is a number, lest it read as a value."""
    return f"outcome {outcome}" if outcome.isdigit() else outcome


def named(outcomes: Sequence[str], where: Mask) -> str:
    """The outcomes there in one line, the first few of many.

    >>> named(["0", "1", "2"], np.array([True, False, True]))
    'outcomes 0, 2'
    """
    first, count = [outcomes[index] for index in np.flatnonzero(where)[:MOST].tolist()], int(where.sum())
    names = listed(first, count=count)
    return f"outcome{'s' * (count > 1)} {names}" if first and all(map(str.isdigit, first)) else names


class Smoothing(NamedTuple):
    """A named way to move mass to outcomes that have none: laplace, jeffreys, mix=λ or floor=ε."""

    method: str
    amount: float

    @classmethod
    def parse(cls, text: str) -> Smoothing:
        """The smoothing that the text names.

        Raises OptionError for an unknown method, or an amount that it does not take.

        >>> Smoothing.parse("mix=0.05")
        Smoothing(method='mix', amount=0.05)
        """
        method, _, given = text.partition("=")
        amounts = {"laplace": 1.0, "jeffreys": 0.5}
        if method in amounts and not given:
            return cls(method, amounts[method])
        try:
            amount = number(given)
        except NumeralError:
            amount = math.nan
        if method not in ("mix", "floor") or not 0 < amount < 1:
            raise OptionError(
                f"smoothing {text!r}: laplace (add 1 to every count), jeffreys (add 1/2), mix=X (that share of the "
                "uniform distribution) or floor=X (raise probabilities below X to it, then divide by the sum), with "
                "0 < X < 1"
            )
        return cls(method, amount)

    def apply(self, weights: Array, source: Distribution) -> Array:
        """The weights with mass on every outcome.

        Raises OptionError where counts are needed and the source holds probabilities.
        """
        if self.method in ("laplace", "jeffreys"):
            if not source.counted:
                raise OptionError(
                    f"{source.name}: --smooth {self.method} adds {self.amount:g} to every count, and these are "
                    "probabilities: use mix=X or floor=X"
                )
            return weights + self.amount
        share = numerics.shares(weights)
        if self.method == "floor":
            return np.maximum(share, self.amount)
        return (1 - self.amount) * share + self.amount / weights.size

    def note(self, size: int) -> str:
        """What was done, in words."""
        return {
            "laplace": f"smoothed (laplace): 1 added to each of {size} counts on every side",
            "jeffreys": f"smoothed (jeffreys): 1/2 added to each of {size} counts on every side",
            "mix": f"smoothed (mix): {self.amount:g} of every side is the uniform distribution on {size} outcomes",
            "floor": f"smoothed (floor): probabilities below {self.amount:g} raised to it, then divided by the sum",
        }[self.method]
