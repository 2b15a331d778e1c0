"""Prefix codes: Huffman's, Shannon's, and the ideal lengths that no code has.

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
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from operator import mul
from typing import TYPE_CHECKING, Any, NamedTuple

from klcli import numerics
from klcli.distribution import as_distribution
from klcli.errors import InputError, clipped
from klcli.lazy import np

if TYPE_CHECKING:
    from fractions import Fraction

    from numpy.typing import NDArray

    from klcli.numerics import Array, Mask

    Integers = NDArray[np.int64]

MOST_BITS = 2**28  # of all the words of a code together: more is not written out
_LEAST_NORMAL = 2.0**-1022  # float64 below this have fewer digits


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


# A code for a distribution


class Code:
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
