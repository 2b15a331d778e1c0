"""The laws of a divergence with the numbers of two or three distributions, and two that are none of its own."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from klcli.crosscheck import FLOOR, TEXTBOOK
from klcli.distribution import Distribution, Smoothing, align, as_distribution, listed
from klcli.lazy import np
from klcli.measure import Measure, lay_out
from klcli.measures import chi2, cross_entropy, entropy, js, js_distance, kl, tv
from klcli.numerals import short
from klcli.numerics import Contrast, log_of, shares
from klcli.result import Result, require_base, unit_of

if TYPE_CHECKING:
    from klcli.numerics import Array

_LEAST = 2.0**-1070  # what a term may lose where it is too small for float64
_SLACK = 2e-14  # two numbers that are each right to 1e-14 of themselves
_ROOT = math.sqrt(FLOOR)  # what a root may be off in any case

_NOT = {"≤": ">", "≥": "<", "=": "≠"}


class _Law(NamedTuple):
    """A statement with its numbers put in; `binding` is false for what a divergence need not obey."""

    name: str
    statement: str
    left: float
    relation: str
    right: float
    holds: str  # yes, no, does not apply
    remark: str = ""
    binding: bool = True

    @property
    def is_broken(self) -> bool:
        return self.binding and self.holds == "no"


def laws(
    p: Any,
    q: Any,
    r: Any = None,
    *,
    base: float = math.e,
    normalize: bool = False,
    smooth: str | None = None,
) -> Result:
    """One row for each law of D(P‖Q) with the numbers of these distributions; `value` counts the laws broken.

    That is 0 unless klcli is wrong. `left` and `right` are the numbers, `relation` says how they stand, `holds` is
    "yes", "no" or "does not apply", which is said where both are infinite and where digits are not to be trusted:
    numbers count as equal within 2e-14 of themselves, since each is right to 1e-14, and a divergence below 1e-33
    has no digit that is promised.

    Symmetry and, with R, the triangle inequality are shown because distances have them and the divergence has not:
    "no" breaks nothing there. Where the triangle inequality holds for these three, the notes have three others
    near them, in short decimals to be tried, for which it fails.

    D, H and JS are in the unit of the base, √JS in its root; Pinsker's inequality is in nats whatever the base.

    - symmetry and the triangle inequality, which D lacks: Cover and Thomas (2006), "Elements of information
      theory", section 2.3
    - Gibbs' inequality D >= 0, with 0 only for equal distributions: the same, theorem 2.6.3
    - Pinsker's inequality TV <= √(D/2): Pinsker (1964), "Information and information stability of random variables
      and processes", with the constant of Csiszár (1967), "Information-type measures of difference of probability
      distributions and indirect observations"
    - JS <= log 2: Lin (1991), "Divergence measures based on the Shannon entropy"
    - H(P,Q) = H(P) + D(P‖Q): Cover and Thomas (2006), theorem 5.4.3
    - the triangle inequality of √JS: Endres and Schindelin (2003), "A new metric for probability distributions"

    Raises InputError where data are no distributions or cannot be matched, OptionError where an option means
    nothing.

    >>> found = laws([0.5, 0.5], [0.25, 0.75], [0.1, 0.9])
    >>> found.value, dict(zip(found.terms["outcome"], found.terms["holds"]))["triangle inequality"]
    (0, 'no')
    """
    require_base(base)
    given = {name: side for name, side in (("P", p), ("Q", q), ("R", r)) if side is not None}
    sources = [as_distribution(side, name, normalize=normalize) for name, side in given.items()]
    weights, notes = _side_by_side(sources, smooth)
    found = list(_of_two(weights, base))
    if base != math.e:
        notes = (*notes, f"D, H and JS are in {unit_of(base)}, and √(D(P‖Q)/2) is of D in nats")
    if r is not None:
        found += _of_three(weights, base)
        notes = (*notes, *_on_triangles(found, weights, base))
    broken = [law.name for law in found if law.is_broken]
    columns: dict[str, Any] = {
        "outcome": tuple(law.name for law in found),
        "statement": tuple(law.statement for law in found),
        "left": np.array([law.left for law in found]),
        "relation": tuple(law.relation for law in found),
        "right": np.array([law.right for law in found]),
        "holds": tuple(law.holds for law in found),
        "remark": tuple(law.remark for law in found),
    }
    return Result(
        measure="laws",
        title="The laws of D(P‖Q)",
        formula="laws broken = number of laws that do not hold",
        inputs={name.lower(): source.name for name, source in zip(given, sources, strict=True)},
        value=len(broken),
        terms=columns,
        headings={"outcome": "law"},
        notes=(*notes, *(f"broken: {name}; this is a bug of klcli" for name in broken)),
        details={"agreement": not broken, "laws": sum(law.binding for law in found), "base": base},
        explanation=tuple(_in_words(found)),
        has_own_words=True,
    )


def _side_by_side(sources: Sequence[Distribution], smooth: str | None) -> tuple[list[Array], tuple[str, ...]]:
    """The weights of two or three distributions over the same outcomes, and the notes so far."""
    if len(sources) == 2:
        _, weights, notes = lay_out(sources, smooth)
        return weights, notes
    p, q, r = sources
    pair = align(p, q)
    both = Distribution(pair.outcomes, pair.p, f"{p.name} and {q.name}", p.labelled or q.labelled, normalize=True)
    outcomes, p_weights, r_weights, said = align(both, r)
    added = len(outcomes) - len(pair.outcomes)
    if both.labelled and r.labelled:
        said = tuple(_absent_of_three(both, r, outcomes[len(pair.outcomes) :]))
    weights = [p_weights, np.concatenate([pair.q, np.zeros(added)]), r_weights]
    notes = (*(note for source in sources for note in source.notes), *pair.notes, *said)
    if smooth is not None:
        smoothing = Smoothing.parse(smooth)
        weights = [smoothing.apply(each, source) for each, source in zip(weights, sources, strict=True)]
        notes = (*notes, smoothing.note(len(outcomes)))
    return weights, tuple(dict.fromkeys(notes))


def _absent_of_three(both: Distribution, r: Distribution, added: Sequence[str]) -> Iterator[str]:
    own = set(r.outcomes)
    lacking = [outcome for outcome in both.outcomes if outcome not in own]
    if lacking:
        yield f"absent from {r.name}, so r = 0 there: {listed(lacking)}"
    if added:
        yield f"absent from {both.name}, so p = q = 0 there: {listed(added)}"


def _value(measure: Measure, *weights: Array, **options: float) -> float:
    with np.errstate(all="ignore"):
        return measure.function(*weights, **options).value


def _law(
    name: str, statement: str, left: float, wanted: str, right: float, floor: float = FLOOR, *, binding: bool = True
) -> _Law:
    """The law with the relation as it is: the one that is wanted, or its contrary."""
    close = left == right or abs(left - right) <= _SLACK * min(left, right)
    if close or (wanted == "≤" and left < right) or (wanted == "≥" and left > right):
        return _Law(name, statement, left, wanted, right, "yes", binding=binding)
    law = _Law(name, statement, left, _NOT[wanted], right, "no", binding=binding)
    if abs(left - right) <= floor:
        return law._replace(holds="does not apply", remark=f"no digit is promised below {floor:.1g}")
    return law


def _of_two(weights: Sequence[Array], base: float) -> Iterator[_Law]:
    """What D(P‖Q) obeys, after the symmetry that it lacks."""
    p, q = weights[:2]
    there, back = _value(kl, p, q, base=base), _value(kl, q, p, base=base)
    yield _symmetry(there, back)
    yield _law("Gibbs' inequality", "D(P‖Q) ≥ 0", there, "≥", 0.0)
    yield _zero_only_for_equal(p, q, there)
    bound = math.sqrt(max(0.0, _value(kl, p, q)) / 2)
    yield _law("Pinsker's inequality", "TV(P,Q) ≤ √(D(P‖Q)/2)", _value(tv, p, q), "≤", bound, _ROOT)
    yield _law("bound of Jensen-Shannon", "JS(P,Q) ≤ log 2", _value(js, p, q, base=base), "≤", log_of(2, base))
    sides = _value(cross_entropy, p, q, base=base), _value(entropy, p, base=base) + there
    yield _law("cross-entropy", "H(P,Q) = H(P) + D(P‖Q)", sides[0], "=", sides[1])


def _symmetry(there: float, back: float) -> _Law:
    law = _law("symmetry", "D(P‖Q) = D(Q‖P)", there, "=", back, binding=False)
    if math.isinf(there) and math.isinf(back):
        return law._replace(holds="does not apply", remark="infinite both ways")
    words = {"yes": "equal here; no law of D", "no": "they differ; no law of D"}
    return law._replace(remark=words.get(law.holds, law.remark))


def _zero_only_for_equal(p: Array, q: Array, divergence: float) -> _Law:
    x = Contrast(p, q)
    differ = bool((x.lost | x.gained | (x.difference != 0)).any())
    law = _Law("zero only for equal", "D(P‖Q) = 0 only if P = Q", divergence, "=", 0.0, "yes", "P and Q are equal")
    if divergence > 0:
        return law._replace(relation=">", holds="yes" if differ else "no", remark="P and Q differ" * differ)
    if not differ:
        return law
    if _value(chi2, p, q) < p.size * _LEAST:  # D <= χ²
        return law._replace(holds="does not apply", remark="P and Q differ, by less than float64 can say")
    return law._replace(holds="no", remark="P and Q differ")


# Three distributions


_TWO_OUTCOMES = ([0.5, 0.5], [0.25, 0.75], [0.1, 0.9])
_SEARCHED = 20  # outcomes: lists of more are not for pasting
_STEPS = 100  # on a way from the given three to three that fail
_CLEARLY = 1.01  # the straight way is that much longer, so that six digits show it


def _of_three(weights: Sequence[Array], base: float) -> Iterator[_Law]:
    """The triangle inequality of D, which is no law, and that of √JS, which is."""
    direct, *legs = _sides(kl, weights, base)
    law = _law("triangle inequality", "D(P‖R) ≤ D(P‖Q) + D(Q‖R)", direct, "≤", sum(legs), binding=False)
    words = {"yes": "holds here; no law of D", "no": "fails here; no law of D"}
    if math.isinf(direct):
        yield law._replace(relation="=", holds="does not apply", remark="infinite on both sides")
    else:
        yield law._replace(remark=words.get(law.holds, law.remark))
    direct, *legs = _sides(js_distance, weights, base)
    yield _law("triangle inequality of √JS", "√JS(P,R) ≤ √JS(P,Q) + √JS(Q,R)", direct, "≤", sum(legs), _ROOT)


def _on_triangles(found: Sequence[_Law], weights: Sequence[Array], base: float) -> Iterator[str]:
    """That the triangle inequality is no law of D, with three distributions to show it."""
    law = next(law for law in found if law.name == "triangle inequality")
    if law.holds == "no":
        yield "the triangle inequality fails for these three, as it may: it is no law of D"
        return
    if weights[0].size == 1:
        yield "with a single outcome all distributions are equal, and the triangle inequality cannot fail"
        return
    if weights[0].size > _SEARCHED:
        three = [np.array(each) for each in _TWO_OUTCOMES]
        where = f"on two outcomes (over {_SEARCHED}, none near these is looked for)"
    else:
        given = [shares(each) for each in weights]
        three = _failing_near(given)
        where = f"for three that are {_moved(given, three):.2g} of total variation from these, added up"
    direct, first, second = _sides(kl, three, base)
    yield f"the triangle inequality is no law of D: it fails {where}: {' '.join(map(_pasted, three))}"
    yield f"there D(P‖R) = {direct:.6g} > {first + second:.6g} = {first:.6g} + {second:.6g} = D(P‖Q) + D(Q‖R)"


def _failing_near(given: Sequence[Array]) -> list[Array]:
    """Three distributions near those given for which the triangle inequality of D fails, in short decimals.

    Every way that `_ways` names is gone in small steps, the three rounded after each, to the first that fail; of
    all ways the one that moved least is taken. More decimals are taken where fewer cost more than twice the way.
    """
    least = 2 + math.ceil(math.log10(given[0].size))
    nearest = [
        min(
            (three for way in _ways(*given) if (three := _first_failing(given, way, decimals))),
            key=partial(_moved, given),
        )
        for decimals in (least, least + 2, least + 4)
    ]
    least_moved = min(_moved(given, three) for three in nearest)
    return next(three for three in nearest if _moved(given, three) <= 2 * least_moved)


def _ways(p: Array, q: Array, r: Array) -> Iterator[tuple[Array, Array, Array]]:
    """Where to go: threes for which D(P‖R) − D(P‖Q) − D(Q‖R) = Σ (p − q)·log(q/r) is above 0.

    It is where Q lies between P and R, on the straight line (p − q and q − r have the same signs) or on the
    exponential one, with r ∝ q²/p or p ∝ q²/r (log(q/r) = log(p/q) + constant, so the sum is D(P‖Q) + D(Q‖P)).
    The last is that of three which differ at every outcome, whatever was given.
    """
    for part in (0.25, 0.5, 0.75):
        yield p, part * p + (1 - part) * r, r
    if np.array_equal(p > 0, q > 0):
        yield p, q, _beyond(p, q)
    if np.array_equal(r > 0, q > 0):
        yield _beyond(r, q), q, r
    rising = np.arange(1.0, p.size + 1)
    yield shares(rising), np.full(p.size, 1 / p.size), shares(rising[::-1])


def _beyond(start: Array, through: Array) -> Array:
    """The distribution ∝ through²/start, as far behind the second as that is from the first."""
    used = start > 0
    powers = np.full(start.size, -math.inf)
    powers[used] = 2 * np.log(through[used]) - np.log(start[used])
    return shares(np.exp(powers - powers.max()))


def _first_failing(given: Sequence[Array], way: Sequence[Array], decimals: int) -> list[Array]:
    """The first three on the way, rounded, for which the triangle inequality clearly fails; empty for none."""
    for step in range(_STEPS + 1):
        part = step / _STEPS
        three = [_rounded((1 - part) * a + part * b, decimals) for a, b in zip(given, way, strict=True)]
        # The textbook's sum is fast, and klcli right.
        if _fails(TEXTBOOK["numpy"].function, three) and _fails(partial(_value, kl), three):
            return three
    return []


def _fails(divergence: Callable[[Array, Array], float], three: Sequence[Array]) -> bool:
    p, q, r = three
    with np.errstate(all="ignore"):
        return divergence(p, r) > _CLEARLY * (divergence(p, q) + divergence(q, r))


def _sides(measure: Measure, three: Sequence[Array], base: float = math.e) -> tuple[float, float, float]:
    """The measure from P to R, and from P to Q and from Q to R."""
    p, q, r = three
    return _value(measure, p, r, base=base), _value(measure, p, q, base=base), _value(measure, q, r, base=base)


def _rounded(share: Array, decimals: int) -> Array:
    """The shares to so many decimals with a sum of 1: what is left goes to the largest remainders."""
    units = share * 10.0**decimals
    whole = np.floor(units)
    left = round(10.0**decimals - whole.sum())
    whole[np.argsort(whole - units, kind="stable")[:left]] += 1
    rounded: Array = whole / 10.0**decimals
    return rounded


def _moved(given: Sequence[Array], three: Sequence[Array]) -> float:
    return sum(_value(tv, a, b) for a, b in zip(given, three, strict=True))


def _pasted(share: Array) -> str:
    """The shares as they can be given to klcli."""
    return ",".join(f"{x:.12g}" for x in share.tolist())


def _in_words(found: Sequence[_Law]) -> Iterator[str]:
    laws = {law.name: law for law in found}
    binding = [law for law in found if law.binding]
    yield f"laws broken = {sum(law.is_broken for law in found)} of {len(binding)}"
    symmetry, pinsker = laws["symmetry"], laws["Pinsker's inequality"]
    there, back = short(symmetry.left), short(symmetry.right)
    yield (
        f"D(P‖Q) = {there} and D(Q‖P) = {back}: D has a direction, and the two need not be equal, so it is "
        "called a divergence and not a distance. It is never below 0, and 0 only for equal distributions."
    )
    if pinsker.right < 1:
        yield (
            "Pinsker's inequality makes a small D a promise: no event's probability differs by more than "
            f"{short(pinsker.right)}. The largest difference is {short(pinsker.left)}."
        )
    if "triangle inequality" in laws:
        yield (
            "For a distance no detour is shorter than the straight way. For D one can be, as the note shows; for √JS "
            "none is, and it is a distance."
        )
