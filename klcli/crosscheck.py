"""klcli against others: one divergence by independent implementations, and how far they are apart.

scipy, torch and mpmath are imported by the functions that use them and by nothing else; what is not installed
gets a row that says so.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from klcli.distribution import MOST, as_distribution, listed
from klcli.lazy import np
from klcli.measure import lay_out
from klcli.measures import kl
from klcli.numerals import short
from klcli.result import Result

if TYPE_CHECKING:
    from klcli.numerics import Array, Mask

OWN = 1e-14  # how far klcli may be from the exact value, as a share of it ...
FLOOR = 1e-33  # ... and what it may be off in any case: of a smaller divergence no digit is promised
LARGEST = 10_000  # outcomes; mpmath takes half a second for as many

_TINY = 2.0**-1021  # a share of Q below this has lost digits, and p/q may be beyond float64
_DIGITS = 50  # of the exact value
_GUARD = 65  # decimal digits by which D(P‖Q) can be smaller than the least share: some p/q is 2^-107 off 1
_REPEATS, _ENOUGH = 3, 0.1  # how often a call is timed, and how many seconds of that are enough


# One divergence by many: the registry


class Implementation(NamedTuple):
    """D(P‖Q) in nats from two arrays of probabilities, as a user of some library would write it.

    `call` is the expression, `extra` that of klcli which installs what it needs ("" for nothing), `zeros` says
    what is done where p = 0, if anything has to be.
    """

    name: str
    call: str
    function: Callable[[Array, Array], float]
    extra: str
    zeros: str


TEXTBOOK: dict[str, Implementation] = {}  # by name, in the order of this page

_LEFT_OUT = "p = 0 left out"


def _textbook(
    name: str, call: str, *, extra: str = "", zeros: str = ""
) -> Callable[[Callable[[Array, Array], float]], Callable[[Array, Array], float]]:
    """A decorator that enters a function in the registry."""

    def enter(function: Callable[[Array, Array], float]) -> Callable[[Array, Array], float]:
        TEXTBOOK[name] = Implementation(name, call, function, extra, zeros)
        return function

    return enter


@_textbook("plain Python", "sum(a * log(a / b) for a, b in zip(p, q) if a > 0)", zeros=_LEFT_OUT)
def _plain(p: Array, q: Array) -> float:
    pairs = zip(p.tolist(), q.tolist(), strict=True)
    return float(sum(a * math.log(a / b) if b > 0 else math.inf for a, b in pairs if a > 0))


@_textbook("numpy", "np.sum(p * np.log(p / q))", zeros=_LEFT_OUT)
def _numpy(p: Array, q: Array) -> float:
    p, q = p[p > 0], q[p > 0]
    return float(np.sum(p * np.log(p / q)))


@_textbook("scipy.special.rel_entr", "rel_entr(p, q).sum()", extra="check")
def _rel_entr(p: Array, q: Array) -> float:
    from scipy.special import rel_entr

    return float(rel_entr(p, q).sum())


@_textbook("scipy.stats.entropy", "entropy(p, q)", extra="check")
def _scipy_entropy(p: Array, q: Array) -> float:
    from scipy.stats import entropy

    return float(entropy(p, q))


@_textbook(
    "torch.nn.KLDivLoss",
    'KLDivLoss(reduction="sum")(q.log(), p)',
    extra="torch",
    zeros=f"{_LEFT_OUT}: 0·(−∞) is nan there",
)
def _kl_div_loss(p: Array, q: Array) -> float:
    import torch

    target, other = torch.from_numpy(p[p > 0]), torch.from_numpy(q[p > 0])
    return float(torch.nn.KLDivLoss(reduction="sum")(other.log(), target))


def _exact(p: Array, q: Array, base: float) -> float:
    """D(P‖Q) of the normalised weights by the textbook's formula, right to 50 digits and then rounded once."""
    import mpmath

    with mpmath.workdps(_working_digits(p, q)):
        weights = [[mpmath.mpf(x) for x in side.tolist()] for side in (p, q)]
        p_sum, q_sum = map(mpmath.fsum, weights)
        used = [(a / p_sum, b / q_sum) for a, b in zip(*weights, strict=True) if a]
        if not all(b for _, b in used):
            return math.inf
        nats = mpmath.fsum(a * mpmath.log(a / b) for a, b in used)
        return float(nats if base == math.e else nats / mpmath.log(base))  # e itself is no float64


def _working_digits(p: Array, q: Array) -> int:
    """How many digits the terms need for 50 of their sum, which can be far smaller than they are."""
    decades = max(math.log10(side.max()) - math.log10(side[side > 0].min()) for side in (p, q))
    return _DIGITS + _GUARD + math.ceil(decades + math.log10(p.size))


# One divergence by many: the runs and what they show


class _Run(NamedTuple):
    """What one implementation said and how long it took: nan and nan where it did not run."""

    name: str
    call: str
    value: float
    seconds: float
    remark: str
    difference: float = math.nan  # from the reference
    allowed: float = 0.0  # how large the difference may be

    @property
    def ran(self) -> bool:
        return not math.isnan(self.seconds)

    @property
    def is_beyond(self) -> bool:
        return abs(self.difference) > self.allowed


def implementations(
    p: Any,
    q: Any,
    *,
    base: float = math.e,
    normalize: bool = False,
    smooth: str | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> Result:
    """One row for each implementation of D(P‖Q): klcli, the textbook's sum written in five ways, mpmath as the judge.

    `value` is the widest absolute difference from mpmath's value, which is the exact one of the normalised
    distributions of the numbers as read. Where mpmath is missing, or left out because there are more than 10,000
    outcomes, klcli takes its place. `seconds` is the best of a few calls by `clock`. Values, differences and
    tolerances are in the unit of the base; `ulps` is the difference in units in the last place of the reference,
    nan where that is 0 or infinite and the value is not.

    `details` has `agreement`, whether every one that ran is within its tolerance, and the two tolerances:

    - `klcli_tolerance`: klcli is within 1e-14 of the exact value, or else within 1e-33 of a unit.
    - `tolerance`: the others add rounded terms of rounded shares. In units of 2^-52, a share is right to 1 of
      itself (2 + ½·log2 n where scipy divides once more), a quotient to ½, a logarithm to 2, a product to ½ and a
      sum of n terms to n/2. The sizes of the terms sum to H(P) + H(P,Q) at most, and a share that is wrong by x of
      itself moves the sum by x·p, besides. All of it stays below (n/2 + 8)·2^-52·(1 + H(P) + H(P,Q)) nats. It is
      0 where D(P‖Q) is infinite, and infinite, with a note, where a share is too small for float64.
      Source: Higham (2002), "Accuracy and stability of numerical algorithms", sections 2.2, 3.1 and 4.2.

    Raises InputError and OptionError as `kl` does.

    >>> found = implementations([0.5, 0.5], [0.25, 0.75])
    >>> found.terms["outcome"][:3], found.agrees
    (('klcli', 'plain Python', 'numpy'), True)
    """
    sources = [as_distribution(each, side, normalize=normalize) for each, side in ((p, "P"), (q, "Q"))]
    own = kl(*sources, base=base, smooth=smooth)
    _, weights, _ = lay_out(sources, smooth)
    faint = _faint(own, weights)
    runs = [
        _run("klcli", "klcli.kl(p, q).value", lambda: kl(*sources, base=base, smooth=smooth).value, clock),
        *(_run_of(each, own, math.log(base), clock) for each in TEXTBOOK.values()),
        _oracle(weights, base, clock),
    ]
    reference = runs[-1] if runs[-1].ran else runs[0]
    runs = list(_judged(runs, reference.value, _tolerance(own, faint)))
    value = max(abs(run.difference) for run in runs if run.ran)
    result = Result(
        measure="check",
        title="D(P‖Q) by independent implementations",
        formula=f"widest difference = max |D(P‖Q) − that of {reference.name}|",
        inputs=own.inputs,
        value=value,
        base=base,
        unit=own.unit,
        terms=_columns(runs, reference.value),
        headings={"outcome": "implementation", "value": "D(P‖Q)", "divergence": "D(P‖Q)", "tolerance": "tolerance"},
        notes=tuple(_notes(own, runs, faint, value)),
        details={
            "divergence": own.value,
            "agreement": not any(run.is_beyond for run in runs),
            "tolerance": runs[1].allowed,
            "klcli_tolerance": runs[0].allowed,
        },
        has_own_words=True,
    )
    return replace(result, explanation=tuple(_explained(result, runs, reference)))


def _run_of(each: Implementation, own: Result, unit: float, clock: Callable[[], float]) -> _Run:
    """A textbook implementation with the shares in float64; `unit` is that of the answer, in nats."""
    p, q = np.asarray(own.terms["p"]), np.asarray(own.terms["q"])
    run = _run(each.name, each.call, lambda: each.function(p, q) / unit, clock, each.extra)
    return run._replace(remark=each.zeros) if run.ran and not np.all(p) else run


def _oracle(weights: Sequence[Array], base: float, clock: Callable[[], float]) -> _Run:
    name, call = "mpmath", f"fsum(a * log(a / b) for a, b in zip(p, q) if a), {_DIGITS} digits"
    p, q = weights
    if p.size > LARGEST:
        return _Run(name, call, math.nan, math.nan, f"left out: it is slow, and these are over {LARGEST} outcomes")
    run = _run(name, call, lambda: _exact(p, q, base), clock, "check")
    return run._replace(remark="the exact value, rounded once") if run.ran else run


def _run(name: str, call: str, function: Callable[[], float], clock: Callable[[], float], extra: str = "") -> _Run:
    """The function's value and the seconds of its best call, after one that is not timed: it may import."""
    with np.errstate(all="ignore"):  # a quotient beyond float64 shows in the value
        try:
            value = function()
        except ImportError:
            return _Run(name, call, math.nan, math.nan, f"not installed: pip install 'klcli[{extra}]'")
        seconds: list[float] = []
        while len(seconds) < _REPEATS and sum(seconds) < _ENOUGH:
            start = clock()
            function()
            seconds.append(clock() - start)
    return _Run(name, call, value, min(seconds), "")


def _judged(runs: Sequence[_Run], reference: float, tolerance: float) -> Iterator[_Run]:
    """The runs with their differences and what those may be; the first is klcli's, the last the oracle's."""
    own = 0.0 if math.isinf(reference) else OWN * reference + FLOOR
    for run, allowed in zip(runs, [own, *[tolerance] * (len(runs) - 2), 0.0], strict=True):
        judged = run._replace(difference=_difference(run, reference), allowed=allowed)
        words = ("beyond the tolerance" if judged.is_beyond else "", run.remark)
        yield judged._replace(remark="; ".join(filter(None, words)))


def _difference(run: _Run, reference: float) -> float:
    if not run.ran:
        return math.nan
    if run.value == reference:
        return 0.0  # inf − inf is none
    return math.inf if math.isnan(run.value) else run.value - reference


def _tolerance(own: Result, faint: Mask) -> float:
    """How far an implementation that is given shares may be from the exact value, in the unit of the base."""
    if faint.any():
        return math.inf
    if math.isinf(own.value):
        return 0.0
    size = own.details["entropy"] + own.details["cross_entropy"] + 1 / math.log(own.base or math.e)
    return float((faint.size / 2 + 8) * 2.0**-52 * size)


def _faint(own: Result, weights: Sequence[Array]) -> Mask:
    """Where a share is so small that float64 changes the answer: q lost digits, or the p that makes it infinite."""
    (p, q), p_share, q_share = weights, np.asarray(own.terms["p"]), np.asarray(own.terms["q"])
    found: Mask = ((p_share > 0) & (q > 0) & (q_share < _TINY)) | ((p > 0) & (p_share == 0) & (q == 0))
    return found


def _columns(runs: Sequence[_Run], reference: float) -> dict[str, Any]:
    differences = np.array([run.difference for run in runs])
    with np.errstate(all="ignore"):
        ulps = differences / math.ulp(reference)
    if reference in (0.0, math.inf):
        ulps = np.where(differences == 0, 0.0, math.nan)
    return {
        "outcome": tuple(run.name for run in runs),
        "call": tuple(run.call for run in runs),
        "value": np.array([run.value for run in runs]),
        "difference": differences,
        "ulps": ulps,
        "seconds": np.array([run.seconds for run in runs]),
        "remark": tuple(run.remark for run in runs),
    }


def _notes(own: Result, runs: Sequence[_Run], faint: Mask, value: float) -> Iterator[str]:
    """What was done and what it shows; where something is infinite, why, in the last note."""
    because = own.notes[-1:] if math.isinf(own.value) else ()
    yield from own.notes[: len(own.notes) - len(because)]
    yield "klcli and mpmath divide by the exact sums; the others are given p/Σp and q/Σq, rounded to float64"
    sizes = float(np.abs(own.terms["contribution"]).sum())
    if own.value * (1 + OWN) < sizes < math.inf:
        yield (
            f"rel_entr and its like add terms of both signs, {short(sizes)} in size, which cancel to "
            f"{short(own.value)}: what was rounded in shares and terms stays in the last digits; klcli adds terms "
            "that are not below 0, from the exact p − q"
        )
    if not runs[-1].ran:
        yield f"differences are from klcli, itself not checked: mpmath is {runs[-1].remark}"
    yield _verdict(own, runs, faint)
    yield from because
    if math.isinf(value):
        apart = _named(run for run in runs if math.isinf(run.difference))
        yield f"infinite: {apart}: not finite where the exact value is, or finite where it is not"


def _verdict(own: Result, runs: Sequence[_Run], faint: Mask) -> str:
    """Whether they agree, and how closely they have to."""
    if any(run.is_beyond for run in runs):
        return f"no agreement: {_named(run for run in runs if run.is_beyond)} beyond the tolerance"
    if faint.any():
        outcomes = [own.terms["outcome"][index] for index in np.flatnonzero(faint)[:MOST].tolist()]
        return (
            f"a share is too small for float64 at {listed(outcomes, count=int(faint.sum()))}, so nothing is asked of "
            "the implementations that are given shares"
        )
    count, tolerance = sum(run.ran for run in runs), runs[1].allowed
    if math.isinf(own.value):
        return f"all {count} agree that it is infinite"
    klcli = "klcli within 1e-14 of the value, " if runs[-1].ran else ""
    bound = f"(n/2 + 8)·2^-52·(1 + H(P) + H(P,Q)) nats = {tolerance:.3g} {own.unit}"
    return f"all {count} agree: {klcli}the textbook's sums within {bound}"


def _named(runs: Iterator[_Run]) -> str:
    return ", ".join(run.name for run in runs)


def _explained(result: Result, runs: Sequence[_Run], reference: _Run) -> Iterator[str]:
    widest = next(run for run in runs if abs(run.difference) == result.value)
    apart = f"|{short(widest.value, 17)} − {short(reference.value, 17)}| = {short(result.value)}"
    yield f"{result.symbol} = {f'{apart}, that of {widest.name}' if result.value else '0: all are the same float64'}"
    yield (
        f"Every row computes {kl.formula} as its library has it; scipy.stats.entropy is rel_entr of shares that are "
        "divided by their sum once more."
    )
    if reference is runs[-1]:
        yield (
            f"mpmath does it with {_DIGITS} digits and rounds once, so its value is the exact one; an ulp is the "
            "distance from there to the next number that float64 has."
        )
    if result.agrees:
        yield "No difference is larger than rounding explains: formula and sides are the same in all."
    else:
        yield "A difference is larger than rounding explains: one of them is wrong, or computes something else."
