"""Codes: the words, their lengths against brute force and the bounds of theory, and what a table says of them."""

from __future__ import annotations

import functools
import heapq
import itertools
import json
import math
import operator
import random
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from conftest import Done, valid
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import exact

from klcli import coding, prefix_codes
from klcli.distribution import Distribution
from klcli.errors import InputError, OptionError
from klcli.prefix_codes import CODES, codewords, decode, encode, huffman_lengths, shannon_lengths
from klcli.render import View
from klcli.render import json as as_json
from klcli.render import table as as_table
from klcli.result import Result

Weights = Sequence[float]

# The language of four letters in a corpus of 8192, and the same in another order.
LETTERS = {"A": 4096, "B": 2048, "C": 1024, "D": 1024}
SHIFTED = {"A": 1024, "B": 1024, "C": 4096, "D": 2048}
LARGEST = 1.7976931348623157e308
INTEGER_CODES = [name for name in CODES if name != "ideal"]
LENGTHS = {"huffman": huffman_lengths, "shannon": shannon_lengths}

every_code = pytest.mark.parametrize("kind", CODES)
every_integer_code = pytest.mark.parametrize("kind", INTEGER_CODES)

# Strategies: counts, probabilities of any magnitude, and weights as far apart as doubles go.

numbers = st.one_of(
    st.integers(0, 20),
    st.floats(0, 1),
    st.sampled_from([0.0, 5e-324, 2.2250738585072014e-308, 1e-200, 1e-17, 0.1, 0.25, 0.5, 1.0, 1e200, LARGEST]),
)
weights_of_any_kind = st.lists(numbers, min_size=1, max_size=12).filter(any)
small_counts = st.lists(st.integers(1, 12), min_size=2, max_size=5)
dyadic = st.lists(st.integers(0, 40), min_size=1, max_size=12)  # which leaf to split, again and again


def pairs(numbers: st.SearchStrategy[Any], size: int = 8) -> st.SearchStrategy[tuple[list[Any], list[Any]]]:
    """P and Q over the same two or more outcomes, both with mass, and Q wherever P has it."""
    rows = st.lists(st.tuples(numbers, numbers), min_size=2, max_size=size)
    sides = rows.map(lambda each: ([p if q else 0 for p, q in each], [q for _, q in each]))
    return sides.filter(lambda each: any(each[0]) and sum(map(bool, each[1])) > 1)


def property_test(examples: int = 100) -> settings:
    """The settings of a property test: the same examples every time, however slow the machine."""
    return settings(deadline=None, derandomize=True, max_examples=examples, database=None)


def weigh(weights: Weights, name: str = "P") -> Distribution:
    """A distribution of any weights, whatever their sum, over a, b, c ..."""
    return Distribution(tuple(map(chr, range(97, 97 + len(weights)))), weights, name=name, normalize=True)


def code_of(p: Weights, q: Weights | None = None, **options: Any) -> Result:
    """The Result of `code` for these weights."""
    return coding.code(weigh(p), None if q is None else weigh(q, "Q"), **options)


def codebook(result: Result, column: str = "code") -> dict[str, str]:
    """The words that a result holds, by outcome."""
    return dict(zip(result.terms["outcome"], result.terms[column], strict=True))


def shares(weights: Weights) -> list[Fraction]:
    """The weights divided by their sum, without rounding."""
    whole = sum(map(Fraction, weights))
    return [Fraction(weight) / whole for weight in weights]


def mean(weights: Weights, lengths: Sequence[int]) -> Fraction:
    """Σ p·length, without rounding."""
    return sum((p * int(length) for p, length in zip(shares(weights), lengths, strict=True)), Fraction(0))


def kraft(lengths: Sequence[int]) -> Fraction:
    """Σ 2^−length over the words."""
    return sum((Fraction(1, 2 ** int(length)) for length in lengths if length), Fraction(0))


def split(choices: list[int]) -> list[float]:
    """Powers of 1/2 that sum to 1: one of them is halved for every choice."""
    found = [1.0]
    for choice in choices:
        half = found.pop(choice % len(found)) / 2
        found += [half, half]
    return found


@functools.cache
def prefix_lengths(size: int) -> list[tuple[int, ...]]:
    """Every way to give so many words lengths below `size` that a prefix code can have."""
    vectors = itertools.product(range(1, max(2, size)), repeat=size)
    return [lengths for lengths in vectors if kraft(lengths) <= 1]


def best_lengths(counts: list[int]) -> list[tuple[int, ...]]:
    """Every choice of lengths with the least mean, by trying them all."""
    bits = [(sum(map(operator.mul, counts, lengths)), lengths) for lengths in prefix_lengths(len(counts))]
    least = min(bits)[0]
    return [lengths for value, lengths in bits if value == least]


def huffman_mean(weights: Weights) -> Fraction:
    """The mean length of Huffman's code: the sum of all groups' shares, by a heap."""
    heap = [share for share in shares(weights) if share]
    heapq.heapify(heap)
    if len(heap) == 1:
        return Fraction(1)
    whole = Fraction(0)
    while len(heap) > 1:
        group = heapq.heappop(heap) + heapq.heappop(heap)
        whole += group
        heapq.heappush(heap, group)
    return whole


# Words and lengths


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        ([1 / 2, 1 / 4, 1 / 8, 1 / 8], ["0", "10", "110", "111"]),
        ([1 / 8, 1 / 8, 1 / 2, 1 / 4], ["110", "111", "0", "10"]),
        ([1 / 4] * 4, ["00", "01", "10", "11"]),
        ([1, 1], ["0", "1"]),
        ([1], ["0"]),
        ([0, 7, 0], ["", "0", ""]),
        ([0.5, 0, 0.5], ["0", "", "1"]),
    ],
)
@every_integer_code
def test_words_of_powers_of_one_half(kind: str, weights: Weights, words: list[str]) -> None:
    """Powers of 1/2 have the words of the textbook in both codes, and an outcome without mass has none."""
    assert codewords(LENGTHS[kind](weights)) == words
    assert list(code_of(weights, code=kind).terms["code"]) == words


@pytest.mark.parametrize(
    ("weights", "lengths"),
    [
        ([1, 1, 1], [2, 2, 1]),
        ([1, 1, 2, 2], [2, 2, 2, 2]),
        ([2, 1, 1, 2], [2, 2, 2, 2]),
        ([1, 1, 1, 3], [3, 3, 2, 1]),
        ([0.1, 0.2, 0.3, 0.3], [2, 2, 2, 2]),
        ([2, 1, 1, 1, 1, 2], [2, 3, 3, 3, 3, 2]),
    ],
)
def test_ties_are_broken_as_stated(weights: Weights, lengths: list[int]) -> None:
    """Of equal weights the one that was made first is joined first, outcomes in their order before groups."""
    assert huffman_lengths(weights).tolist() == lengths


def test_ties_of_numbers_as_read_are_true_ties() -> None:
    """0.1 + 0.7 is less than 0.8 for the doubles that these are, and the code is the best one for them."""
    weights = [0.1, 0.7, 0.8, 0.8]
    assert Fraction(0.1) + Fraction(0.7) < Fraction(0.8)
    assert mean(weights, huffman_lengths(weights)) == min(mean(weights, each) for each in prefix_lengths(4))
    assert huffman_lengths(weights).tolist() == [3, 3, 2, 1]
    assert huffman_lengths([1, 7, 8, 8]).tolist() == [2, 2, 2, 2]


@given(st.lists(st.integers(0, 12), min_size=1, max_size=5).filter(any))
@property_test(200)
def test_huffman_is_the_best_of_all(weights: list[int]) -> None:
    """No lengths have a smaller mean, and of those with that mean none have a shorter longest word."""
    lengths = huffman_lengths(weights).tolist()
    best = best_lengths([weight for weight in weights if weight])
    assert tuple(length for length in lengths if length) in best
    assert max(lengths) == min(map(max, best))
    assert [bool(length) for length in lengths] == [weight > 0 for weight in weights]


@given(weights_of_any_kind)
@property_test()
def test_huffman_has_the_mean_of_a_heap(weights: Weights) -> None:
    """The mean is that of another construction, in fractions, for numbers of any magnitude."""
    assert mean(weights, huffman_lengths(weights)) == huffman_mean(weights)


@given(small_counts)
@property_test(200)
def test_ties_are_spoken_of_where_there_are_other_lengths(weights: list[int]) -> None:
    """The explanation says that ties could be broken otherwise exactly where another choice has the same mean."""
    said = any(line.startswith("Ties could be broken") for line in code_of(weights).explanation)
    assert said == (len(best_lengths(weights)) > 1)


@given(weights_of_any_kind)
@property_test()
def test_shannon_lengths_are_the_logarithm_rounded_up(weights: Weights) -> None:
    """2^−length <= p < 2^(1−length) for the exact share p, but for the rounding of the share; 1 bit for one alone."""
    lengths = shannon_lengths(weights).tolist()
    if sum(map(bool, weights)) == 1:
        assert sum(lengths) == 1
        return
    slack = 1 + Fraction(1, 2**51)
    for p, length in zip(shares(weights), lengths, strict=True):
        assert Fraction(1, 2**length) <= p * slack if p else length == 0
        assert p < Fraction(2, 2**length) * slack if p else True


@pytest.mark.parametrize(
    ("weights", "lengths"),
    [
        ([0.4, 0.3, 0.3], [2, 2, 2]),
        ([0.5, 0.5, 1e-17], [2, 2, 57]),
        ([1.0, 1e-17], [1, 57]),
        ([1.0, 5e-324], [1, 1075]),
        ([LARGEST, 5e-324], [1, 2098]),
        ([0.625, 5e-324], [1, 1074]),
        ([0.2, 0.2, 0.2, 5e-324], [2, 2, 2, 1074]),
        ([0.5, 0.5 - 2.0**-53, 2.0**-1074], [1, 2, 1074]),
        ([*(2.0**-k for k in range(1, 1075)), 2.0**-1074], [*range(1, 1075), 1074]),
        ([0.1] * 10, [4] * 10),
        ([1, 1, 1, 5], [3, 3, 3, 1]),
        ([1, 2, 5, 8], [4, 3, 2, 1]),
    ],
)
def test_shannon_lengths_keep_to_kraft(weights: Weights, lengths: list[int]) -> None:
    """Where rounded shares would make Σ 2^−length more than 1, the exact shares decide."""
    assert shannon_lengths(weights).tolist() == lengths
    assert kraft(lengths) <= 1


@given(weights_of_any_kind)
@property_test()
@every_integer_code
def test_words_are_a_canonical_prefix_code(kind: str, weights: Weights) -> None:
    """Kraft's sum is at most 1, and 1 for two words of Huffman's and more; none begins another; all are in order."""
    lengths = LENGTHS[kind](weights).tolist()
    words = codewords(lengths)
    assert [len(word) for word in words] == lengths
    assert [bool(word) for word in words] == [weight > 0 for weight in weights]
    assert kraft(lengths) <= 1
    if kind == "huffman" and sum(map(bool, weights)) > 1:
        assert kraft(lengths) == 1
    used = [word for word in words if word]
    assert not any(b.startswith(a) for a, b in itertools.permutations(used, 2))
    in_order = sorted(used, key=len)  # which keeps the outcomes' order among equal lengths
    assert in_order == sorted(used)


@given(weights_of_any_kind, st.randoms(use_true_random=False))
@property_test(100)
@every_integer_code
def test_what_was_encoded_can_be_decoded(kind: str, weights: Weights, chance: random.Random) -> None:
    """The outcomes come back from their bits, whatever they are, and so does nothing from no bits."""
    result = code_of(weights, code=kind)
    book = codebook(result)
    text = chance.choices([outcome for outcome, word in book.items() if word], k=30)
    bits = encode(text, book)
    assert len(bits) == sum(len(book[outcome]) for outcome in text)
    assert decode(bits, book) == text
    assert decode("", book) == []


def test_a_corpus_is_as_long_as_its_encoding() -> None:
    """The 8192 letters take 14336 bits, written out, and 21504 in the code of the other language."""
    text = [letter for letter, count in LETTERS.items() for _ in range(count)]
    own, other = coding.code(LETTERS), coding.code(LETTERS, SHIFTED)
    assert len(encode(text, codebook(own))) == own.details["corpus"] == 14336
    assert len(encode(text, codebook(other))) == other.details["corpus"] == 21504
    assert decode(encode(text, codebook(other)), codebook(other)) == text


@pytest.mark.parametrize(
    ("lengths", "words"),
    [
        ([1, 1], ["0", "1"]),
        ([3, 1, 0, 3], ["100", "0", "", "101"]),
        ([2], ["00"]),
        (np.array([2, 2, 2, 2], dtype=np.uint8), ["00", "01", "10", "11"]),
    ],
)
def test_words_of_given_lengths(lengths: Sequence[int], words: list[str]) -> None:
    """Shorter words come first, each is the number after the one before it, and a length of 0 has no word."""
    assert codewords(lengths) == words


@pytest.mark.parametrize(
    ("lengths", "message"),
    [
        ([1, 1, 1], "no prefix code has words of these lengths: Σ 2^−length is more than 1"),
        ([1, 2, 3, 3, 60], "no prefix code has words of these lengths: Σ 2^−length is more than 1"),
        ([1.0, 1.0], "lengths of words are whole numbers >= 0, in a list, and not all of them 0"),
        ([1, math.nan], "lengths of words are whole numbers >= 0, in a list, and not all of them 0"),
        ([1, -1], "lengths of words are whole numbers >= 0, in a list, and not all of them 0"),
        ([[1], [1]], "lengths of words are whole numbers >= 0, in a list, and not all of them 0"),
        ([0, 0], "lengths of words are whole numbers >= 0, in a list, and not all of them 0"),
        ([], "lengths of words are whole numbers >= 0, in a list, and not all of them 0"),
        (
            [2**60, 1],
            "the words would have 1152921504606846977 bits together, and more than 268435456 are not written out: "
            "ideal lengths (--code ideal) need no words",
        ),
    ],
)
def test_lengths_that_no_words_have_are_refused(lengths: Any, message: str) -> None:
    """Lengths that break Kraft's inequality, that are no lengths or that would fill the memory are refused."""
    with pytest.raises(InputError) as caught:
        codewords(lengths)
    assert str(caught.value) == message


BOOK = {"A": "0", "B": "10", "C": "110", "D": "111", "E": ""}
GAPS = {"A": "00", "B": "100"}


@pytest.mark.parametrize(
    ("bits", "book", "message"),
    [
        ("011", BOOK, "position 1: the bits end inside a word"),
        ("1", BOOK, "position 0: the bits end inside a word"),
        ("0010", GAPS, "position 2: the bits end inside a word"),
        ("001", GAPS, "position 2: the bits end inside a word"),
        ("0001", GAPS, "position 2: no word begins with 01"),
        ("001010000", GAPS, "position 2: no word begins with 101"),
        ("0120", BOOK, "the bits: position 2: '2' is neither 0 nor 1"),
        ("0", {}, "the codebook has no words"),
        ("", {"A": ""}, "the codebook has no words"),
        ("0", {"A": "0", "B": "01"}, "not a prefix code: the word of 'A', 0, begins that of 'B', 01"),
        ("0", {"A": "10", "B": "0", "C": "10"}, "not a prefix code: the word of 'A', 10, begins that of 'C', 10"),
        ("0", {"A": "0", "B": "1x"}, "the word of 'B': position 1: 'x' is neither 0 nor 1"),
        ("٠", BOOK, "the bits: position 0: '٠' is neither 0 nor 1"),
    ],
)
def test_bits_that_are_no_words_are_refused(bits: str, book: dict[str, str], message: str) -> None:
    """Bits that end inside a word or begin none are refused with their place, and so is what is no prefix code."""
    with pytest.raises(InputError) as caught:
        decode(bits, book)
    assert str(caught.value) == message


@pytest.mark.parametrize("outcome", ["E", "F"])
def test_an_outcome_without_a_word_cannot_be_encoded(outcome: str) -> None:
    """An outcome that the code does not know, or that has no mass, is refused with its position."""
    with pytest.raises(InputError, match=rf"^position 2: the code has no word for '{outcome}'$"):
        encode(["A", "B", outcome], BOOK)


@pytest.mark.parametrize("function", LENGTHS.values(), ids=LENGTHS)
@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([], "weights: empty: a distribution needs at least one outcome"),
        ([0, 0], "weights: all values are zero: a distribution needs some mass"),
        ([1, -1], "weights: position 1: -1.0 is negative: a weight is a finite number >= 0"),
        ([1, math.inf], "weights: position 1: inf is not finite: a weight is a finite number >= 0"),
    ],
)
def test_weights_that_are_none_are_refused(function: Any, weights: Weights, message: str) -> None:
    """Lengths are those of weights that a distribution can have."""
    with pytest.raises(InputError) as caught:
        function(weights)
    assert str(caught.value) == message


# Deep and large


def test_the_words_of_every_power_of_two_that_a_double_holds() -> None:
    """2098 weights from 2^-1074 to 2^1023 have words of 1 to 2097 bits, and a mean of 2 without recursion."""
    weights = [math.ldexp(1, exponent) for exponent in range(-1074, 1024)]
    assert huffman_lengths(weights).tolist() == [2097, *range(2097, 0, -1)]
    result = code_of(weights)
    assert (result.value, result.details["entropy"], result.details["redundancy"]) == (2.0, 2.0, 0.0)
    outcomes = list(result.terms["outcome"])
    assert decode(encode(outcomes, codebook(result)), codebook(result)) == outcomes


def test_fibonacci_weights_are_the_deepest() -> None:
    """Fibonacci's 78 numbers below 2^53 give a word of 77 bits, the longest that counts of their sum can have."""
    weights = [1, 1]
    while len(weights) < 78:
        weights.append(weights[-1] + weights[-2])
    lengths = huffman_lengths(weights).tolist()
    assert max(lengths) == 77
    assert mean(weights, lengths) == huffman_mean(weights)


def test_many_outcomes() -> None:
    """A hundred thousand outcomes have a prefix code with the mean of a heap, and means to the last digit."""
    weights = np.random.default_rng(3).integers(1, 10**6, 100_000).tolist()
    heap = sorted(weights)
    whole = 0
    while len(heap) > 1:
        group = heapq.heappop(heap) + heapq.heappop(heap)
        whole += group
        heapq.heappush(heap, group)
    result = coding.code(weights)
    assert result.details["corpus"] == whole
    assert result.value == whole / sum(weights)
    assert result.details["kraft"] == 1.0
    words = sorted(result.terms["code"])
    assert not any(b.startswith(a) for a, b in itertools.pairwise(words))


def test_words_that_would_fill_the_memory_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A code whose words have too many bits together is refused with the way out, which works."""
    monkeypatch.setattr(prefix_codes, "MOST_BITS", 13)
    with pytest.raises(
        InputError, match=r"^the words would have 14 bits together, .* \(--code ideal\) need no words$"
    ):
        code_of([8, 4, 2, 1, 1])
    assert code_of([8, 4, 2, 1, 1], code="ideal").value == 1.875
    assert code_of([4, 2, 1, 1]).value == 1.75


# The codebook of one


def test_the_codebook_of_the_letters() -> None:
    """The textbook's example: 1.75 bits a letter, 14336 bits for the corpus, none of them lost."""
    result = coding.code(LETTERS)
    assert {name: list(column) for name, column in result.terms.items()} == {
        "outcome": ["A", "B", "C", "D"],
        "p": [0.5, 0.25, 0.125, 0.125],
        "code": ["0", "10", "110", "111"],
        "length": [1, 2, 3, 3],
        "contribution": [0.5, 0.5, 0.375, 0.375],
    }
    assert (result.value, result.unit, result.base, result.symbol) == (1.75, "bits", 2.0, "L(P)")
    assert result.details == {
        "entropy": 1.75,
        "redundancy": 0.0,
        "kraft": 1.0,
        "corpus": 14336,
        "sum_p": 8192.0,
        "n_p": 8192,
    }
    assert isinstance(result.details["corpus"], int)
    assert result.terms["length"].dtype == np.int64
    assert result.explanation == (
        "L(P) = (4096×1 + 2048×2 + 1024×3 + 1024×3) / 8192 = 1.75",
        "A draw from P takes 1.75 bits on average. No words that can be told apart take fewer.",
        "Each p above 0 is a power of 1/2, so each word has its ideal length and the mean is H(P) = 1.75 bits.",
    )


def test_the_table_of_the_letters() -> None:
    """A student reads words, lengths and their product, whose sum is the mean."""
    assert as_table.render([coding.code(LETTERS)], View()) == (
        "Huffman code   L(P) = Σ p·length\n"
        "P = P    base 2 (bits)\n"
        "\n"
        "outcome      p  code  length  p·length\n"
        "A        0.5    0          1  0.500000\n"
        "B        0.25   10         2  0.500000\n"
        "C        0.125  110        3  0.375000\n"
        "D        0.125  111        3  0.375000\n"
        "Σ        1                    1.750000  bits\n"
        "\n"
        "H(P) 1.750000   L(P) − H(P) 0   Σ 2^−length 1.000000   corpus in bits 14336\n"
        "note: P: counts, divided by their total of 8192\n"
    )


def test_the_table_of_two() -> None:
    """With Q both codes stand side by side, each under its name, and what Q's costs more stands beside D(P‖Q)."""
    assert as_table.render([coding.code(LETTERS, {"A": 1, "B": 1, "C": 4})], View()) == (
        "Huffman code of Q, used for P   L(P,Q) = Σ p·Q's length\n"
        "P = P    Q = Q    base 2 (bits)\n"
        "\n"
        "outcome      p         q  P's code  P's length  Q's code  Q's length  p·Q's length\n"
        "A        0.5    0.166667  0                  1  10                 2      1.000000\n"
        "B        0.25   0.166667  10                 2  11                 2      0.500000\n"
        "C        0.125  0.666667  110                3  0                  1      0.125000\n"
        "D        0.125  0         111                3                     ∞      ∞\n"
        "Σ        1      1                                                         ∞         bits\n"
        "\n"
        "L(P) 1.750000   extra bits ∞   D(P‖Q) ∞   H(P) 1.750000   H(P,Q) ∞   corpus in bits ∞\n"
        "note: P: counts, divided by their total of 8192\n"
        "note: Q: counts, divided by their total of 6\n"
        "note: absent from Q, so q = 0 there: D\n"
        "note: infinite: Q's code has no word for D, where P has 0.125 of its mass\n"
    )


@every_code
@pytest.mark.parametrize("q", [None, [0.25, 0.25, 0.5, 0], [0.5, 0.5, 0, 0]], ids=str)
def test_json_of_codes_holds_to_the_schema(kind: str, q: Weights | None) -> None:
    """Words, missing words and infinite lengths are in the JSON as the schema has them."""
    result = code_of([0.5, 0.3, 0.2, 0], q, code=kind, total=100)
    (found,) = valid(as_json.render([result], View(explain=True)))
    assert json.dumps(found["details"]["corpus"]) == (
        '"Infinity"' if result.value == math.inf else str(result.details["corpus"])
    )
    assert found["terms"][3]["length"] is None


def test_shannon_code_of_one() -> None:
    """Shannon's words for 0.4, 0.3, 0.3 have two bits each, more than Huffman's, and leave one word unused."""
    result = code_of([0.4, 0.3, 0.3], code="shannon")
    assert list(result.terms["code"]) == ["00", "01", "10"]
    assert (result.value, result.details["kraft"]) == (2.0, 0.75)
    assert result.formula == "L(P) = Σ p·length, length = ⌈log₂ 1/p⌉"
    assert result.explanation == (
        "L(P) = 0.4×2 + 0.3×2 + 0.3×2 = 2",
        "A draw from P takes 2 bits on average. Each word is less than one bit longer than −log₂ p; "
        "Huffman's code may take fewer.",
        "The entropy H(P) is 1.57095 bits, and words in whole bits take 0.429049 more.",
    )


def test_ideal_lengths_of_one() -> None:
    """Ideal lengths are real numbers without words, and their mean is the entropy."""
    result = code_of([0.4, 0.3, 0.3], code="ideal")
    assert list(result.terms) == ["outcome", "p", "length", "contribution"]
    assert result.terms["length"].tolist() == pytest.approx([math.log2(2.5), *[math.log2(10 / 3)] * 2], rel=1e-15)
    assert result.value == result.details["entropy"]
    assert (result.details["redundancy"], result.details["kraft"]) == (0.0, 1.0)
    assert result.explanation[:2] == (
        "L(P) = 0.4×1.32193 + 0.3×1.73697 + 0.3×1.73697 = 1.57095",
        "A draw from P takes 1.57095 bits on average, which is the entropy H(P).",
    )


@pytest.mark.parametrize(
    ("kind", "note", "value"),
    [
        ("huffman", "P: only one outcome has mass; its word is 0, one bit", 1.0),
        ("shannon", "P: only one outcome has mass; its word is 0, one bit, though ⌈log₂ 1/p⌉ is 0", 1.0),
        ("ideal", None, 0.0),
    ],
)
def test_a_single_outcome_takes_one_bit(kind: str, note: str | None, value: float) -> None:
    """What is certain has the word 0 in whole bits, which a note says, and no ideal bits."""
    result = code_of([1, 0], code=kind)
    assert result.value == value
    assert result.details["redundancy"] == value
    assert result.notes == (() if note is None else (note,))
    assert not any("less than one bit" in line for line in result.explanation)
    assert result.terms["length"].tolist()[0] == value
    assert math.isnan(result.terms["length"][1])
    assert list(result.terms["contribution"]) == [value, 0.0]


def test_a_long_sum_is_cut() -> None:
    """Up to six terms are written out, of more the first four and the last; those without mass are left out."""
    assert code_of([1] * 7).explanation[0] == "L(P) = (1×3 + 1×3 + 1×3 + 1×3 + … + 1×2) / 7 = 2.85714"
    assert code_of([1] * 6).explanation[0] == "L(P) = (1×3 + 1×3 + 1×3 + 1×3 + 1×2 + 1×2) / 6 = 2.66667"
    assert code_of([0.5, 0, 0.5]).explanation[0] == "L(P) = 0.5×1 + 0.5×1 = 1"


# The corpus


@pytest.mark.parametrize(
    ("p", "q", "options", "corpus"),
    [
        ([3, 2, 1], None, {}, 9),
        ([3, 2, 1], None, {"total": 6}, 9),
        ([3, 2, 1], [1, 2, 3], {}, 11),
        ([0.7, 0.2, 0.1], None, {"total": 10}, 13),
        ([0.7, 0.2, 0.1], None, {"total": 11}, 14.3),
        ([0.5, 0.25, 0.25], None, {"total": np.int64(8)}, 12),
        ([0.5, 0.25, 0.25], None, {"total": 8.0}, 12),
        ([0.5, 0.25, 0.25], None, {"total": 1}, 1.5),
        ([0.5, 0.25, 0.25], None, {"total": 8, "code": "ideal"}, 12),
        ([2, 1, 1], [1, 1, 2], {"code": "ideal"}, 7),
        ([1 / 3] * 3, None, {"total": 3}, 5),
        ([3, 2, 1], None, {"smooth": "jeffreys", "total": 6}, 9.2),
        ([2**53, 2**53 - 1], None, {}, 2**54 - 1),
        ([2**60, 2**8, 2**7], None, {}, 2**60 + 2**9 + 2**8),
        ([1e308, 1e308, 1e308], None, {}, 5 * int(1e308)),
        ([0.5, 0.5], [1.0, 0.0], {"total": 5}, math.inf),
    ],
)
def test_corpus_is_the_length_of_all_draws(p: Any, q: Any, options: Any, corpus: float) -> None:
    """Counts make a corpus of a whole number of bits, exactly; a total makes one of probabilities."""
    found = code_of(p, q, **options).details["corpus"]
    assert found == corpus
    assert type(found) is type(corpus)


@pytest.mark.parametrize(("p", "options"), [([0.5, 0.5], {}), ([3, 2, 1], {"smooth": "laplace"})])
def test_a_corpus_of_unknown_size_has_no_length(p: Weights, options: Any) -> None:
    """Probabilities without a total, and counts that smoothing has changed, have no corpus."""
    assert "corpus" not in code_of(p, **options).details


@pytest.mark.parametrize("total", [0, -1, 0.5, math.nan, math.inf, 2**64, "8", None.__class__])
def test_a_total_that_is_none_is_refused(total: Any) -> None:
    """A total is a whole number from 1."""
    with pytest.raises(OptionError) as caught:
        code_of([0.5, 0.5], total=total)
    assert str(caught.value) == f"total is {total}: a corpus has a whole number of symbols, from 1 to 2^63"


def test_a_total_that_contradicts_counts_is_refused() -> None:
    """Counts have a total of their own."""
    with pytest.raises(OptionError, match=r"^total is 7, but P holds counts that sum to 6: leave the total out$"):
        code_of([3, 2, 1], total=7)


@pytest.mark.parametrize("kind", ["lzw", "Huffman", ""])
def test_an_unknown_code_is_refused(kind: str) -> None:
    """There are the codes of the registry and no others."""
    with pytest.raises(OptionError) as caught:
        code_of([0.5, 0.5], code=kind)
    assert str(caught.value) == f"{kind!r} is not a code: huffman, shannon, ideal"


def test_what_is_no_distribution_is_refused_as_by_measures() -> None:
    """Each side is refused by its name, and weights of any sum need normalize."""
    with pytest.raises(InputError, match=r"^Q: position 0: -1\.0 is negative"):
        coding.code([0.5, 0.5], [-1, 2])
    with pytest.raises(InputError, match=r"^P: the values sum to 0\.6"):
        coding.code([0.3, 0.3])
    assert coding.code([0.3, 0.3], normalize=True).value == 1.0


# P in Q's code


@every_code
def test_letters_in_the_code_of_another_language(kind: str) -> None:
    """Powers of 1/2: every code takes 2.625 bits instead of 1.75, and 0.875 extra bits are D(P‖Q) exactly."""
    result = coding.code(LETTERS, SHIFTED, code=kind)
    assert (result.value, result.symbol) == (2.625, "L(P,Q)")
    wanted = {"own": 1.75, "extra": 0.875, "kl": 0.875, "entropy": 1.75, "cross_entropy": 2.625, "corpus": 21504}
    assert {name: result.details[name] for name in wanted} == wanted
    assert list(result.terms["own_length"]) == [1, 2, 3, 3]
    assert list(result.terms["length"]) == [3, 3, 1, 2]
    if kind != "ideal":
        assert codebook(result, "own_code") == {"A": "0", "B": "10", "C": "110", "D": "111"}
        assert codebook(result) == {"A": "110", "B": "111", "C": "0", "D": "10"}
    assert result.explanation[:3] == (
        "L(P,Q) = (4096×3 + 2048×3 + 1024×1 + 1024×2) / 8192 = 2.625",
        "L(P) = (4096×1 + 2048×2 + 1024×3 + 1024×3) / 8192 = 1.75, and 2.625 − 1.75 = 0.875 extra bits a symbol",
        "A draw from P takes 2.625 bits in Q's code, and 1.75 bits in P's own.",
    )
    assert result.explanation[-1] == (
        "D(P‖Q) = 0.875 is the cross-entropy H(P,Q) = 2.625 less the entropy H(P) = 1.75, not the entropy of Q less "
        "that of P."
    )


THIRDS, SIXTHS = [1 / 3, 1 / 3, 1 / 6, 1 / 6], [1 / 6, 1 / 6, 1 / 3, 1 / 3]


@pytest.mark.parametrize(
    ("p", "q", "kind", "extra", "line"),
    [
        (
            [1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 16],
            [1 / 2, 1 / 8, 1 / 8, 1 / 8, 1 / 8],
            "huffman",
            0.125,
            "Where P has mass all probabilities are powers of 1/2, so that each word has its ideal length and the "
            "extra bits are D(P‖Q) exactly.",
        ),
        (
            [0.5, 0.5, 0, 0],
            [0.25, 0.25, 0.3, 0.2],
            "huffman",
            1.0,
            "Where P has mass all probabilities are powers of 1/2, so that each word has its ideal length and the "
            "extra bits are D(P‖Q) exactly.",
        ),
        (
            [0.5, 0.25, 0.25],
            [0.4, 0.3, 0.3],
            "huffman",
            0.0,
            "Nothing is extra although D(P‖Q) is 0.0294468 bits: Q's code is as short for P as its own, since whole "
            "bits cannot tell all distributions apart.",
        ),
        (
            [0.4, 0.3, 0.3],
            [0.5, 0.25, 0.25],
            "shannon",
            -0.4,
            "Q's code is even shorter for P than P's own: lengths that are rounded up to whole bits are not the "
            "shortest. D(P‖Q) = 0.0290494 bits, which compares ideal lengths, is never below 0.",
        ),
        (
            [0.5, 0.25, 0.25],
            [0.4, 0.3, 0.3],
            "shannon",
            0.5,
            "The extra bits are not D(P‖Q) = 0.0294468 bits, since words have whole numbers of bits: only ideal "
            "lengths −log₂ p and −log₂ q differ by D(P‖Q) on average.",
        ),
        (
            THIRDS,
            SIXTHS,
            "shannon",
            1 / 3,
            "The extra bits agree with D(P‖Q) here; as a rule they do not, since words have whole numbers of bits.",
        ),
        (
            [2 / 11, 8 / 11, 1 / 11],
            [1 / 11, 2 / 11, 8 / 11],
            "shannon",
            15 / 11,
            "The extra bits agree with D(P‖Q) here; as a rule they do not, since words have whole numbers of bits.",
        ),
        ([4, 2, 1, 1], [4, 2, 1, 1], "huffman", 0.0, "P and Q are the same distribution, so D(P‖Q) is 0."),
        (
            [1, 0],
            [0.5, 0.5],
            "huffman",
            0.0,
            "Nothing is extra although D(P‖Q) is 1 bit: Q's code is as short for P as its own, since whole bits "
            "cannot tell all distributions apart.",
        ),
        (
            [0.5, 0.25, 0.25],
            [0.4, 0.3, 0.3],
            "ideal",
            0.029446844526784283,
            "With ideal lengths the extra bits are D(P‖Q), which is what the divergence measures.",
        ),
    ],
)
def test_extra_bits_and_divergence(p: Weights, q: Weights, kind: str, extra: float, line: str) -> None:
    """The extra bits are exact, and the explanation says what is true of them and D(P‖Q) in this case."""
    result = code_of(p, q, code=kind)
    assert result.details["extra"] == pytest.approx(extra, rel=1e-15)
    assert result.explanation[3] == line
    assert result.details["kl"] == pytest.approx(float(exact("kl", p, q, base=2)), rel=2e-15)


def test_exact_extra_bits_are_exact() -> None:
    """0.125 and 0 are no roundings: the weights are summed as integers."""
    assert code_of([1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 16], [1 / 2, *[1 / 8] * 4]).details["extra"] == 0.125
    assert code_of([0.5, 0.25, 0.25], [0.4, 0.3, 0.3]).details["extra"] == 0.0
    third = code_of([1, 1, 1], [3, 1, 1])
    assert (third.details["extra"], third.details["own"], third.value) == (0.0, 5 / 3, 5 / 3)


def test_extra_bits_depend_on_ties_in_q() -> None:
    """Three equal outcomes of Q have 2, 2 and 1 bits: who gets the short word decides, and the text says so."""
    first, last = code_of([0.25, 0.25, 0.5], [1, 1, 1]), code_of([0.5, 0.25, 0.25], [1, 1, 1])
    assert (first.details["extra"], last.details["extra"]) == (0.0, 0.25)
    for result in (first, last):
        assert result.explanation[4] == (
            "Ties in Q's code could be broken in other ways, as short for Q but perhaps not for P: here, of equal "
            "weights, the one made first is joined first, outcomes in their order before groups."
        )
    assert not any("Ties" in line for line in code_of([1, 1, 1], [4, 2, 1]).explanation)


@pytest.mark.parametrize(
    ("q", "note"),
    [
        ({"A": 1, "B": 1}, "infinite: Q's code has no word for C, where P has 0.25 of its mass"),
        ({"A": 1}, "infinite: Q's code has no word for B, C, where P has 0.5 of its mass"),
        ({"A": 1, "B": 1, "C": 0, "D": 2}, "infinite: Q's code has no word for C, where P has 0.25 of its mass"),
    ],
)
@every_code
def test_no_word_makes_the_mean_infinite(kind: str, q: dict[str, int], note: str) -> None:
    """An outcome of P that Q's code lacks costs infinitely many bits, in words and in numbers."""
    result = coding.code({"A": 0.5, "B": 0.25, "C": 0.25}, q, code=kind)
    assert result.value == result.details["extra"] == result.details["kl"] == math.inf
    assert result.details["own"] == 1.5
    index = result.terms["outcome"].index("C")
    assert result.terms["length"][index] == result.terms["contribution"][index] == math.inf
    assert kind == "ideal" or result.terms["code"][index] == ""
    assert result.notes[-1] == note
    assert result.explanation[-2:] == (
        "L(P) = 0.5×1 + 0.25×2 + 0.25×2 = 1.5",
        f"It is infinite: {note.removeprefix('infinite: ')}.",
    )


def test_infinity_names_the_sources() -> None:
    """The note calls both by their names, and outcomes without a label by their number."""
    p, q = Distribution(("0", "1"), [1, 3], name="corpus.csv"), Distribution(("0", "1"), [1, 0], name="other.csv")
    assert coding.code(p, q).notes[-1] == (
        "infinite: other.csv's code has no word for outcome 1, where corpus.csv has 0.75 of its mass"
    )


@every_code
def test_what_p_lacks_costs_nothing(kind: str) -> None:
    """An outcome of Q that P has not takes no bits, and has a word in Q's code alone."""
    result = coding.code({"A": 3, "B": 1}, {"A": 2, "B": 1, "C": 1}, code=kind)
    assert math.isnan(result.terms["own_length"][2])
    assert (result.terms["length"][2], result.terms["contribution"][2]) == (2, 0.0)
    assert result.notes[-1] == "absent from P, so p = 0 there: C"


def test_an_outcome_that_neither_has() -> None:
    """Where both have no mass there is no length, and the sum knows nothing of it."""
    result = code_of([0.5, 0, 0.5], [0.25, 0, 0.75])
    assert math.isnan(result.terms["own_length"][1])
    assert math.isnan(result.terms["length"][1])
    assert result.value == 1.0


@every_code
def test_smoothing_gives_every_outcome_a_word(kind: str) -> None:
    """Smoothing is applied to both sides, with a note, and the mean is finite."""
    result = coding.code({"A": 3, "B": 1}, {"A": 4, "B": 0}, code=kind, smooth="laplace")
    assert result.value < math.inf
    assert result.terms["q"].tolist() == [5 / 6, 1 / 6]
    assert result.notes[-1].startswith("smoothed (laplace)")


# Laws


@given(weights_of_any_kind)
@property_test()
def test_means_of_one_are_within_their_bounds(weights: Weights) -> None:
    """H <= Huffman's mean < H + 1, which is 1 at H = 0, and Huffman's mean is at most Shannon's."""
    huffman, shannon = (code_of(weights, code=kind) for kind in INTEGER_CODES)
    entropy = huffman.details["entropy"]
    slack = 1e-12 * (1 + entropy)
    assert entropy <= huffman.value + slack
    assert huffman.value < entropy + 1 or sum(map(bool, weights)) == 1 or entropy < 1e-10
    lengths = [LENGTHS[kind](weights) for kind in INTEGER_CODES]
    assert mean(weights, lengths[0]) <= mean(weights, lengths[1])
    for result, kind in zip((huffman, shannon), lengths, strict=True):
        assert result.value == float(mean(weights, kind))
        assert result.details["redundancy"] >= 0
        assert result.details["redundancy"] == pytest.approx(result.value - entropy, abs=slack)
        assert float(np.sum(result.terms["contribution"])) == pytest.approx(result.value, rel=1e-12)


@given(pairs(numbers))
@property_test()
def test_the_mean_in_shannons_code_is_within_a_bit(sides: tuple[Weights, Weights]) -> None:
    """H(P) + D(P‖Q) <= Σ p·⌈log₂ 1/q⌉ < H(P) + D(P‖Q) + 1 (Cover and Thomas 2006, theorem 5.4.3)."""
    p, q = sides
    result = code_of(p, q, code="shannon")
    least = result.details["entropy"] + result.details["kl"]
    slack = 1e-12 * (1 + least)
    assert least <= result.value + slack
    assert result.value <= least + 1 + slack
    assert least == pytest.approx(result.details["cross_entropy"], rel=1e-12)


@given(pairs(numbers))
@property_test()
@every_code
def test_extra_is_what_lies_between(kind: str, sides: tuple[Weights, Weights]) -> None:
    """The extra bits are the exact difference of both means, never negative for Huffman and ideal lengths."""
    p, q = sides
    result = code_of(p, q, code=kind)
    if kind == "ideal":
        assert result.details["extra"] == result.details["kl"]
        assert result.value == result.details["cross_entropy"]
        assert result.details["own"] == result.details["entropy"]
        return
    own, used = mean(p, LENGTHS[kind](p)), mean(p, LENGTHS[kind](q))
    assert (result.value, result.details["own"]) == (float(used), float(own))
    assert result.details["extra"] == float(used - own)
    assert kind == "shannon" or result.details["extra"] >= 0
    assert float(np.sum(result.terms["contribution"])) == pytest.approx(result.value, rel=1e-12, abs=1e-300)


@given(dyadic, dyadic, st.randoms(use_true_random=False))
@property_test()
@every_code
def test_powers_of_one_half_cost_the_divergence(
    kind: str, first: list[int], second: list[int], chance: random.Random
) -> None:
    """Where P and Q are powers of 1/2 the means are the entropies and the extra bits are D(P‖Q), exactly."""
    p = split(first)
    q = split((second * len(p))[: len(p) - 1])  # as many as P has
    chance.shuffle(q)
    result = code_of(p, q, code=kind)
    details = result.details
    assert details["extra"] == details["kl"]
    assert (result.value, details["own"]) == (details["cross_entropy"], details["entropy"])
    assert code_of(p, code=kind).details["redundancy"] == 0.0


@given(st.lists(st.integers(0, 50), min_size=1, max_size=10).filter(any), st.integers(1, 1000), st.randoms())
@property_test()
@every_integer_code
def test_scale_and_order_do_not_matter(kind: str, counts: list[int], factor: int, chance: random.Random) -> None:
    """The mean, the entropy and how many words have each length stay when counts are multiplied or permuted."""
    before = code_of(counts, code=kind)
    scaled = code_of([factor * count for count in counts], code=kind)
    assert (scaled.value, codebook(scaled)) == (before.value, codebook(before))
    permuted = chance.sample(counts, len(counts))
    after = code_of(permuted, code=kind)
    assert after.value == before.value
    assert sorted(map(len, after.terms["code"])) == sorted(map(len, before.terms["code"]))


@given(pairs(numbers))
@property_test(50)
@every_code
def test_every_table_is_whole(kind: str, sides: tuple[Weights, Weights]) -> None:
    """Columns have one length, the contribution stands last, and no text has a nan or a brace left in it."""
    for result in (code_of(sides[0], code=kind), code_of(*sides, code=kind)):
        assert {len(column) for column in result.terms.values()} == {len(sides[0])}
        assert next(reversed(result.terms)) == "contribution"
        assert not any(word in line for line in (*result.explanation, *result.notes) for word in ("nan", "{", "}"))
        assert result.terms.keys() - {"outcome", "p", "q"} <= result.headings.keys()


def test_redundancy_keeps_its_digits() -> None:
    """Near powers of 1/2 the redundancy is what it is, not the rounding of two entropies."""
    p = [0.5 + 1e-10, 0.5 - 1e-10]
    assert code_of(p).details["redundancy"] == pytest.approx(float(exact("kl", p, [1, 1], base=2)), rel=1e-14)
    assert code_of([0.7, 0.2, 0.1]).details["redundancy"] == pytest.approx(
        1.3 - float(exact("entropy", [0.7, 0.2, 0.1], base=2)), rel=1e-14
    )


def test_code_takes_what_is_piped_in(call: Callable[..., Done]) -> None:
    """Without a P it is what standard input holds."""
    assert call("code", "--json", stdin='{"a": 2, "b": 1, "c": 1}').result["value"] == 1.5
