"""Codes: entropy and Kullback-Leibler divergence as what they first were, the lengths of words in bits.

A prefix code gives every outcome that has mass a word of 0s and 1s, none of which begins another, so that words
written one after the other can be told apart. Kraft's inequality Σ 2^−length <= 1 says which lengths are possible
(Kraft 1949; Cover and Thomas 2006, "Elements of information theory", theorem 5.2.1). Three ways to choose them:

- huffman: the shortest mean length that whole bits allow (Huffman 1952, "A method for the construction of
  minimum-redundancy codes"). It joins the two least weights until one is left. Of equal weights the one that was
  made first is joined first, outcomes in their order before groups, which makes the longest word as short as an
  optimal code has it (Schwartz 1964, "An optimum encoding with minimum longest code and total number of digits").
- shannon: ⌈log₂ 1/p⌉ bits for each outcome (Shannon 1948, "A mathematical theory of communication", section 9).
- ideal: −log₂ p bits, a real number, which no word has; the mean is then the entropy.

Words are canonical: shorter ones first, those of one length in the outcomes' order (Schwartz and Kallick 1964,
"Generating a canonical prefix encoding"). An outcome without mass has no word. A single outcome has the word 0 in
both codes of whole bits, since nothing can be counted in words of no bits; Shannon's formula would give it none.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import pairwise
from operator import mul
from typing import TYPE_CHECKING, Any, NamedTuple

from klcli import numerics
from klcli.distribution import Distribution, as_distribution, named
from klcli.errors import InputError, OptionError, clipped
from klcli.lazy import np
from klcli.measure import lay_out
from klcli.numerals import short, sum_in_words
from klcli.result import Result

if TYPE_CHECKING:
    from fractions import Fraction

    from numpy.typing import NDArray

    from klcli.numerics import Array, Mask

    Integers = NDArray[np.int64]

MOST_BITS = 2**28  # of all the words of a code together: more is not written out
_LEAST_NORMAL = 2.0**-1022  # float64 below this have fewer digits
_SHOWN = 6  # terms of a sum that an explanation writes out


# Lengths


def huffman_lengths(weights: Any) -> Integers:
    """The length in bits of each outcome's word in Huffman's code, 0 for an outcome without mass.

    The weights are taken exactly, as integers of one scale, so that equal sums are equal and the code is optimal
    for the numbers as read; of equal weights the one that was made first is joined first, outcomes before groups.
    Raises InputError where they are not finite, negative or all 0.
    Source: Huffman (1952), with the two queues of van Leeuwen (1976), "On the construction of Huffman trees".

    >>> huffman_lengths([1/8, 1/8, 1/2, 1/4]).tolist()
    [3, 3, 1, 2]
    """
    return _huffman(_weights(weights)).each


def shannon_lengths(weights: Any) -> Integers:
    """The length in bits of each outcome's word in Shannon's code, ⌈log₂ 1/p⌉; 0 for an outcome without mass.

    p is the float64 share of the weight. Where the rounding of shares would make Σ 2^−length more than 1, or one is
    below 2^-1022 and has lost digits, all lengths are those of the exact shares. A single outcome has one bit.
    Raises InputError as `huffman_lengths` does.
    Source: Shannon (1948), section 9; Cover and Thomas (2006), section 5.4.

    >>> shannon_lengths([0.4, 0.3, 0.3]).tolist(), shannon_lengths([0.5, 0.5, 1e-17]).tolist()
    ([2, 2, 2], [2, 2, 57])
    """
    return _shannon(_weights(weights)).each


class _Lengths(NamedTuple):
    """The lengths of words, and whether other lengths would be as good because some weights are equal."""

    each: NDArray[Any]
    has_ties: bool = False


def _weights(data: Any) -> Array:
    return as_distribution(data, "weights", normalize=True).weights


def _huffman(weights: Array) -> _Lengths:
    lengths = np.zeros(weights.size, dtype=np.int64)
    places = np.flatnonzero(weights)
    places = places[np.argsort(weights[places], kind="stable")]
    if places.size == 1:
        lengths[places] = 1
        return _Lengths(lengths)
    nodes = _integers(weights[places])  # the outcomes, least first, and then the groups: each queue is in order
    taken = _joined(nodes)
    depths = [0] * len(nodes)
    for turn in reversed(range(len(taken))):  # from the root down: a group is taken after it was made
        depths[taken[turn]] = depths[places.size + turn // 2] + 1
    lengths[places] = depths[: places.size]
    # Weights were taken in their order. Equal ones at different depths could change places.
    has_ties = any(nodes[a] == nodes[b] and depths[a] != depths[b] for a, b in pairwise(taken))
    return _Lengths(lengths, has_ties)


def _joined(nodes: list[int]) -> list[int]:
    """Append to the sorted weights those of the groups, and say which nodes were taken, two for each group."""
    count, taken = len(nodes), list[int]()
    outcome, group = 0, count
    while len(nodes) < 2 * count - 1:
        for _ in range(2):
            if outcome < count and (group == len(nodes) or nodes[outcome] <= nodes[group]):
                taken.append(outcome)
                outcome += 1
            else:
                taken.append(group)
                group += 1
        nodes.append(nodes[taken[-2]] + nodes[taken[-1]])
    return taken


def _shannon(weights: Array) -> _Lengths:
    has_word = weights > 0
    if has_word.sum() == 1:
        return _Lengths(has_word.astype(np.int64))
    shares = numerics.shares(weights)[has_word]
    # p = m·2^e with 1/2 <= m < 1, so that log₂ 1/p is above −e and at most 1 − e.
    found = 1 - np.frexp(shares)[1].astype(np.int64)
    lengths = np.zeros(weights.size, dtype=np.int64)
    is_sound = shares.min() >= _LEAST_NORMAL and found.min() > 0 and _kraft(found) <= 1
    lengths[has_word] = found if is_sound else _exact_shannon(_integers(weights[has_word]))
    return _Lengths(lengths)


def _exact_shannon(weights: Sequence[int]) -> list[int]:
    """The least length for each weight with weight·2^length >= Σ weights."""
    whole = sum(weights)
    least = [whole.bit_length() - weight.bit_length() for weight in weights]
    return [length + (weight << length < whole) for weight, length in zip(weights, least, strict=True)]


def _ideal(weights: Array) -> _Lengths:
    return _Lengths(numerics.surprisal(weights, 2.0))


# How a code chooses its lengths, by name.
CODES: dict[str, Callable[[Array], _Lengths]] = {"huffman": _huffman, "shannon": _shannon, "ideal": _ideal}


def _integers(weights: Array) -> list[int]:
    """The weights times a power of two that makes all of them whole: exact, whatever their magnitudes."""
    mantissas, exponents = np.frexp(weights)
    exponents = np.where(weights > 0, exponents, exponents.max())
    shifts = (exponents - exponents.min()).tolist()
    return [
        whole << shift for whole, shift in zip((mantissas * 2.0**53).astype(np.int64).tolist(), shifts, strict=True)
    ]


def _kraft(lengths: Integers) -> Fraction:
    """Σ 2^−length over the words, exactly."""
    from fractions import Fraction

    each, counts = np.unique(lengths[lengths > 0], return_counts=True)
    longest = int(each[-1])
    whole = sum(count << (longest - length) for length, count in zip(each.tolist(), counts.tolist(), strict=True))
    return Fraction(whole, 1 << longest)


# Words


def codewords(lengths: Sequence[int] | Integers) -> list[str]:
    """The canonical words of these lengths, "" where a length is 0.

    Shorter words come first, those of one length in the order of the lengths; each word is the number after the
    one before it. Raises InputError for lengths that are not whole numbers >= 0, that are all 0, for which there is
    no prefix code since Σ 2^−length > 1, or that have more than 2^28 bits together.
    Source: Schwartz and Kallick (1964), "Generating a canonical prefix encoding".

    >>> codewords([3, 3, 1, 2])
    ['110', '111', '0', '10']
    """
    whole = _whole(lengths)
    if _kraft(whole) > 1:
        raise InputError("no prefix code has words of these lengths: Σ 2^−length is more than 1")
    order = np.argsort(whole, kind="stable")
    order = order[whole[order] > 0]
    words, word, before = [""] * whole.size, 0, 0
    for place, length in zip(order.tolist(), whole[order].tolist(), strict=True):
        word <<= length - before
        words[place] = f"{word:0{length}b}"
        word, before = word + 1, length
    return words


def _whole(lengths: Sequence[int] | Integers) -> Integers:
    given = np.asarray(lengths)
    if given.ndim != 1 or not np.issubdtype(given.dtype, np.integer) or not (given >= 0).all() or not given.any():
        raise InputError("lengths of words are whole numbers >= 0, in a list, and not all of them 0")
    bits = sum(given.tolist())
    if bits > MOST_BITS:
        raise InputError(
            f"the words would have {bits} bits together, and more than {MOST_BITS} are not written out: "
            "ideal lengths (--code ideal) need no words"
        )
    return given.astype(np.int64)


def encode(outcomes: Iterable[str], codebook: Mapping[str, str]) -> str:
    """The outcomes' words, one after the other.

    `codebook` has the word of each outcome, "" for none. Raises InputError for an outcome without a word.

    >>> encode("ABAD", {"A": "0", "B": "10", "C": "110", "D": "111"})
    '0100111'
    """
    words = []
    for position, outcome in enumerate(outcomes):
        word = codebook.get(outcome, "")
        if not word:
            raise InputError(f"position {position}: the code has no word for {outcome!r}")
        words.append(word)
    return "".join(words)


def decode(bits: str, codebook: Mapping[str, str]) -> list[str]:
    """The outcomes whose words the bits are.

    Raises InputError for bits that are none, that begin no word or that end inside one, with the position; and for
    a codebook in which a word is not of 0s and 1s, or begins another.

    >>> decode("0100111", {"A": "0", "B": "10", "C": "110", "D": "111"})
    ['A', 'B', 'A', 'D']
    >>> decode("011", {"A": "0", "B": "10", "C": "110", "D": "111"})
    Traceback (most recent call last):
    klcli.errors.InputError: position 1: the bits end inside a word
    """
    _refuse_other_than_bits(bits, "the bits")
    words = _numbered(codebook)
    longest = max(number.bit_length() for number in words) - 1
    outcomes, number, start = [], 1, 0
    for position, bit in enumerate(bits, 1):
        number = 2 * number + (bit == "1")
        if number in words:
            outcomes.append(words[number])
            number, start = 1, position
        elif position - start == longest:
            break
    if number != 1:
        rest = bits[start:position]
        inside = any(word.startswith(rest) for word in codebook.values())
        what = "the bits end inside a word" if inside else f"no word begins with {clipped(rest)}"
        raise InputError(f"position {start}: {what}")
    return outcomes


def _numbered(codebook: Mapping[str, str]) -> dict[int, str]:
    """The outcome of each word, which is read as a binary number with a 1 before it that keeps its zeros."""
    words = sorted((word, outcome) for outcome, word in codebook.items() if word)
    if not words:
        raise InputError("the codebook has no words")
    for (word, outcome), (longer, other) in pairwise(words):
        if longer.startswith(word):
            raise InputError(
                f"not a prefix code: the word of {outcome!r}, {clipped(word)}, begins that of {other!r}, "
                f"{clipped(longer)}"
            )
    for word, outcome in words:
        _refuse_other_than_bits(word, f"the word of {outcome!r}")
    return {int(f"1{word}", 2): outcome for word, outcome in words}


def _refuse_other_than_bits(text: str, what: str) -> None:
    for position, character in enumerate(text):
        if character not in "01":
            raise InputError(f"{what}: position {position}: {character!r} is neither 0 nor 1")


# The table


class _Code:
    """A code made for one distribution: `lengths`, which are 0 or infinite where there is no word, and its words."""

    def __init__(self, kind: str, weights: Array) -> None:
        self.kind, self.weights = kind, weights
        self.has_word = weights > 0
        self.lengths, self.has_ties = CODES[kind](weights)

    @cached_property
    def words(self) -> NDArray[np.object_]:
        """The words, "" where there is none; of objects, since the longest one would set the width for all."""
        return np.array(codewords(self.lengths), dtype=object)

    @property
    def kraft(self) -> float:
        """Σ 2^−length, which is Σp for ideal lengths."""
        return 1.0 if self.kind == "ideal" else float(_kraft(self.lengths))

    def lacks(self, p: Array) -> Mask:
        """True where P has mass and this code has no word."""
        return (p > 0) & ~self.has_word

    def shown(self, p: Array) -> NDArray[Any]:
        """The lengths; without a word infinite where P has mass, and else nan."""
        if self.has_word.all():
            return self.lengths
        return np.where(self.has_word, self.lengths, np.where(p > 0, math.inf, math.nan))

    def terms(self, p: Array) -> Array:
        """p·length for each outcome: infinite where P has mass and there is no word, 0 where P has none."""
        finite = numerics.shares(p) * np.where(self.has_word, self.lengths, 0)
        return np.where(self.lacks(p), math.inf, finite)

    def mean(self, p: Array) -> Fraction | float:
        """Σ p·length: exact in whole bits, in ideal ones rounded as the cross-entropy is; infinite without a word."""
        from fractions import Fraction

        if self.lacks(p).any():
            return math.inf
        if self.kind == "ideal":
            return Fraction(numerics.cross_entropy(p, self.weights, 2.0))
        weights = _integers(p)
        return Fraction(sum(map(mul, weights, self.lengths.tolist())), sum(weights))

    def is_ideal_for(self, p: Array) -> bool:
        """Whether each word that P uses is as long as −log₂ of its outcome's exact share in this code's weights."""
        weights = _integers(self.weights)
        whole = sum(weights)
        used = zip(weights, self.lengths.tolist(), (p > 0).tolist(), strict=True)
        return all(weight << length == whole for weight, length, is_used in used if is_used)


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
    codes = [_Code(code, each) for each in weights]
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


def _columns(p: Array, codes: Sequence[_Code]) -> dict[str, Any]:
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
    sources: Sequence[Distribution], p: Array, codes: Sequence[_Code], mean: Fraction | float, size: int | None
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


def _redundancy(own: _Code) -> float:
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


def _notes(sources: Sequence[Distribution], outcomes: Sequence[str], codes: Sequence[_Code]) -> Iterator[str]:
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


def _explain_own(result: Result, codes: Sequence[_Code], p: Array, is_corpus: bool) -> Iterator[str]:
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


def _explain_used(result: Result, codes: Sequence[_Code], p: Array, is_corpus: bool) -> Iterator[str]:
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


def _compared(result: Result, codes: Sequence[_Code], p: Array) -> str:
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


def _worked(symbol: str, value: float, used: _Code, p: Array, is_corpus: bool) -> str:
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
