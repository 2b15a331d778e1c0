"""The coding view: entropy as the mean length of words in bits, and what the wrong code costs beside D(P‖Q)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from klcli import numerics
from klcli.distribution import Distribution, as_distribution, named
from klcli.errors import OptionError
from klcli.lazy import np
from klcli.measure import lay_out
from klcli.numerals import short, sum_in_words
from klcli.prefix_codes import CODES, Code
from klcli.result import Result

if TYPE_CHECKING:
    from fractions import Fraction

    from klcli.numerics import Array

_SHOWN = 6  # terms of a sum that an explanation writes out

_TITLES = {"huffman": "Huffman code", "shannon": "Shannon code", "ideal": "Ideal code lengths"}
_RULES = {"huffman": "", "shannon": ", length = ⌈log₂ 1/{}⌉", "ideal": ", length = −log₂ {}"}
_OWN_HEADINGS = {
    "code": "code",
    "length": "length",
    "contribution": "p·length",
    "entropy": "H(P)",
    "redundancy": "L(P) − H(P)",
    "kraft": "Σ 2^−length",
    "corpus": "corpus in bits",
}
_USED_HEADINGS = {
    "own_code": "P's code",
    "own_length": "P's length",
    "code": "Q's code",
    "length": "Q's length",
    "contribution": "p·Q's length",
    "own": "L(P)",
    "extra": "extra bits",
    "kl": "D(P‖Q)",
    "entropy": "H(P)",
    "cross_entropy": "H(P,Q)",
    "corpus": "corpus in bits",
}


def code(
    p: Any,
    q: Any = None,
    *,
    code: str = "huffman",
    total: int | None = None,
    normalize: bool = False,
    smooth: str | None = None,
) -> Result:
    """The Result whose value is the mean length of draws from P in bits: in P's own code, or else in Q's.

    `code` is "huffman", "shannon" or "ideal". The terms are the codebook: each outcome's word, its length, which is
    nan for an outcome without mass, and p·length. With Q `own` is the mean length in P's own code, and `extra` is
    what Q's takes more, summed exactly. That is D(P‖Q) for ideal lengths, and in whole bits where all probabilities
    are powers of 1/2; otherwise Huffman's extra bits are >= 0 and may be 0 between distributions that differ, depend
    on how ties in Q are broken (see above), and Shannon's may even be below 0. An outcome that P has and Q lacks has
    no word in Q's code, so its length is infinite, and the mean is.

    `corpus` is the length of all draws together where their number is known: P holds counts, which are not smoothed,
    or `total` says how many there are. It is a whole number where the counts are.

    Raises InputError as measures do, OptionError for an unknown code, and for a total that is not a whole number
    from 1 or is not that of the counts. Source: Cover and Thomas (2006), sections 5.4 to 5.8 (theorem 5.4.3 for Q).

    >>> result = code({"A": 4096, "B": 2048, "C": 1024, "D": 1024})
    >>> result.value, result.details["corpus"], list(result.terms["code"])
    (1.75, 14336, ['0', '10', '110', '111'])
    >>> code([0.5, 0.25, 0.25], [0.25, 0.25, 0.5]).details["extra"]
    0.25
    """
    if code not in CODES:
        raise OptionError(f"{code!r} is not a code: {', '.join(CODES)}")
    data = {"P": p} if q is None else {"P": p, "Q": q}
    sources = [as_distribution(each, side, normalize=normalize) for side, each in data.items()]
    size = _size(sources[0], total, smooth)
    outcomes, weights, notes = lay_out(sources, smooth)
    codes = [Code(code, each) for each in weights]
    used, drawn = codes[-1], weights[0]
    mean = used.mean(drawn)
    result = Result(
        measure="code",
        title=_TITLES[code] if q is None else f"{_TITLES[code]} of Q, used for P",
        formula=_formula(code, len(sources)),
        inputs={side.lower(): source.name for side, source in zip(data, sources, strict=True)},
        value=float(mean),
        base=2.0,
        unit="bits",
        terms={"outcome": outcomes, **_columns(drawn, codes)},
        headings=_OWN_HEADINGS if q is None else _USED_HEADINGS,
        notes=(*notes, *_notes(sources, outcomes, codes)),
        details=_details(sources, drawn, codes, mean, size),
    )
    is_corpus = sources[0].counted and smooth is None
    explain = _explain_own if q is None else _explain_used
    return replace(result, explanation=tuple(explain(result, codes, drawn, is_corpus)))


def _size(p: Distribution, total: int | None, smooth: str | None) -> int | None:
    """How many draws the corpus has, None where that is not known."""
    counted = sum(map(int, p.weights.tolist())) if p.counted else None
    if total is None:
        return counted if smooth is None else None
    if not isinstance(total, int | float | np.integer) or not 1 <= total <= 2**63 or total != int(total):
        raise OptionError(f"total is {total}: a corpus has a whole number of symbols, from 1 to 2^63")
    if counted not in (None, total):
        raise OptionError(f"total is {total}, but {p.name} holds counts that sum to {counted}: leave the total out")
    return int(total)


def _formula(kind: str, sides: int) -> str:
    if sides == 1:
        return f"L(P) = Σ p·length{_RULES[kind].format('p')}"
    return f"L(P,Q) = Σ p·Q's length{_RULES[kind].format('q')}"


def _columns(p: Array, codes: Sequence[Code]) -> dict[str, Any]:
    own, used = codes[0], codes[-1]
    columns: dict[str, Any] = {side: numerics.shares(each.weights) for side, each in zip("pq", codes, strict=False)}
    made = {"": own} if own is used else {"own_": own, "": used}
    for prefix, each in made.items():
        if each.kind != "ideal":
            columns[f"{prefix}code"] = each.words
        columns[f"{prefix}length"] = each.shown(p)
    columns["contribution"] = used.terms(p)
    return columns


def _details(
    sources: Sequence[Distribution], p: Array, codes: Sequence[Code], mean: Fraction | float, size: int | None
) -> dict[str, Any]:
    """The further numbers: what is compared with the mean, and the sums and sample sizes of every answer."""
    own, used = codes[0], codes[-1]
    details: dict[str, Any] = {"entropy": numerics.entropy(p, 2.0)}
    if len(codes) == 1:
        details["redundancy"] = _redundancy(own)
    else:
        own_mean = own.mean(p)
        kl = numerics.Contrast(p, used.weights).mean_log_ratio(2.0)
        details["cross_entropy"] = numerics.cross_entropy(p, used.weights, 2.0)
        details["own"] = float(own_mean)
        details["extra"] = kl if used.kind == "ideal" else float(mean - own_mean)
        details["kl"] = kl
    details["kraft"] = used.kraft
    if size is not None:
        details["corpus"] = _corpus(mean, size)
    for side, source in zip("pq", sources, strict=False):
        details[f"sum_{side}"] = source.total
        if source.counted:
            details[f"n_{side}"] = source.size
    return details


def _redundancy(own: Code) -> float:
    """L(P) − H(P) >= 0: D(P‖R) less log₂ Σ 2^−length, where R has 2^−length for each outcome; nothing cancels."""
    if own.kind == "ideal":
        return 0.0
    implied = np.where(own.has_word, np.ldexp(1.0, -own.lengths), 0.0)
    if (own.has_word & (implied == 0)).any():  # for a word of more than 1074 bits
        return max(0.0, float(own.mean(own.weights)) - numerics.entropy(own.weights, 2.0))
    return numerics.Contrast(own.weights, implied).mean_log_ratio(2.0) - math.log2(own.kraft)


def _corpus(mean: Fraction | float, size: int) -> int | float:
    """The bits that so many draws take: whole where float64 cannot tell them from a whole number."""
    if mean == math.inf:
        return math.inf
    bits = mean * size
    whole = round(bits)
    return whole if bits > 2**53 or float(bits) == whole else float(bits)


# Words about it


def _notes(sources: Sequence[Distribution], outcomes: Sequence[str], codes: Sequence[Code]) -> Iterator[str]:
    """What is unusual in these codes, and at the end why the mean is infinite."""
    for source, each in zip(sources, codes, strict=True):
        if each.kind != "ideal" and each.has_word.sum() == 1:
            formula = ", though ⌈log₂ 1/p⌉ is 0" if each.kind == "shannon" else ""
            yield f"{source.name}: only one outcome has mass; its word is 0, one bit{formula}"
    p, lost = codes[0].weights, codes[-1].lacks(codes[0].weights)
    if lost.any():
        without, mass = named(outcomes, lost), short(numerics.sum_of(numerics.shares(p)[lost]))
        first, second = sources[0].name, sources[-1].name
        yield f"infinite: {second}'s code has no word for {without}, where {first} has {mass} of its mass"


def _explain_own(result: Result, codes: Sequence[Code], p: Array, is_corpus: bool) -> Iterator[str]:
    """The mean length with the numbers put in, what it means, and how far it is from the entropy."""
    (own,), name = codes, result.inputs["p"]
    mean, entropy = _bits(result.value), _bits(result.details["entropy"])
    yield _worked("L(P)", result.value, own, p, is_corpus)
    if own.kind == "ideal":
        yield f"A draw from {name} takes {mean} on average, which is the entropy H(P)."
        yield "Lengths that are not whole numbers belong to no words; arithmetic coding of long messages nears them."
        return
    if own.has_word.sum() > 1:  # of one alone a note says it
        yield f"A draw from {name} takes {mean} on average. {_MEANINGS[own.kind]}"
    if own.is_ideal_for(p):
        yield f"Each p above 0 is a power of 1/2, so each word has its ideal length and the mean is H(P) = {entropy}."
    else:
        lost = short(result.details["redundancy"])
        yield f"The entropy H(P) is {entropy}, and words in whole bits take {lost} more."
    if own.has_ties:
        yield f"Ties could be broken in other ways, to other lengths with the same mean: {_TIES}."


_MEANINGS = {
    "huffman": "No words that can be told apart take fewer.",
    "shannon": "Each word is less than one bit longer than −log₂ p; Huffman's code may take fewer.",
}
_TIES = "here, of equal weights, the one made first is joined first, outcomes in their order before groups"


def _explain_used(result: Result, codes: Sequence[Code], p: Array, is_corpus: bool) -> Iterator[str]:
    """Both mean lengths with the numbers put in, what lies between them, and how that compares with D(P‖Q)."""
    own, used = codes
    first, second = result.inputs["p"], result.inputs["q"]
    yield _worked("L(P,Q)", result.value, used, p, is_corpus)
    own_mean = _worked("L(P)", result.details["own"], own, p, is_corpus)
    if math.isinf(result.value):
        yield own_mean
        yield f"It is infinite: {result.cause}."
        return
    value, own_value, extra = result.value, result.details["own"], short(result.details["extra"])
    yield f"{own_mean}, and {short(value)} − {short(own_value)} = {extra} extra bits a symbol"
    yield f"A draw from {first} takes {_bits(value)} in {second}'s code, and {_bits(own_value)} in {first}'s own."
    yield _compared(result, codes, p)
    if used.has_ties:
        yield (
            f"Ties in {second}'s code could be broken in other ways, as short for {second} but perhaps not for "
            f"{first}: {_TIES}."
        )
    kl, cross, entropy = (short(result.details[name]) for name in ("kl", "cross_entropy", "entropy"))
    yield (
        f"D(P‖Q) = {kl} is the cross-entropy H(P,Q) = {cross} less the entropy H(P) = {entropy}, not the entropy "
        "of Q less that of P."
    )


def _compared(result: Result, codes: Sequence[Code], p: Array) -> str:
    """How the extra bits compare with D(P‖Q), and why."""
    first, second = result.inputs["p"], result.inputs["q"]
    extra, kl = result.details["extra"], result.details["kl"]
    if codes[0].kind == "ideal":
        return "With ideal lengths the extra bits are D(P‖Q), which is what the divergence measures."
    if kl == 0:
        return f"{first} and {second} are the same distribution, so D(P‖Q) is 0."
    if all(each.is_ideal_for(p) for each in codes):
        return (
            f"Where {first} has mass all probabilities are powers of 1/2, so that each word has its ideal length and "
            "the extra bits are D(P‖Q) exactly."
        )
    if extra == 0:
        return (
            f"Nothing is extra although D(P‖Q) is {_bits(kl)}: {second}'s code is as short for {first} as its "
            "own, since whole bits cannot tell all distributions apart."
        )
    if extra < 0:
        return (
            f"{second}'s code is even shorter for {first} than {first}'s own: lengths that are rounded up to whole "
            f"bits are not the shortest. D(P‖Q) = {_bits(kl)}, which compares ideal lengths, is never below 0."
        )
    if math.isclose(extra, kl, rel_tol=1e-12):
        return "The extra bits agree with D(P‖Q) here; as a rule they do not, since words have whole numbers of bits."
    return (
        f"The extra bits are not D(P‖Q) = {_bits(kl)}, since words have whole numbers of bits: only ideal "
        "lengths −log₂ p and −log₂ q differ by D(P‖Q) on average."
    )


def _worked(symbol: str, value: float, used: Code, p: Array, is_corpus: bool) -> str:
    """The mean length with the numbers of the first terms and the last put in; those without mass are left out."""
    weights, lengths = p if is_corpus else numerics.shares(p), used.shown(p)
    digits = ".0f" if is_corpus else ".6g"
    steps = sum_in_words(
        lambda place: f"{weights[place]:{digits}}×{short(float(lengths[place]))}", np.flatnonzero(p).tolist(), _SHOWN
    )
    if is_corpus:
        steps = f"({steps}) / {sum(map(int, p.tolist()))}"
    return f"{symbol} = {steps} = {short(value)}"


def _bits(x: float) -> str:
    """So many bits, or 1 bit."""
    return f"{short(x)} bit{'s' * (x != 1)}"
