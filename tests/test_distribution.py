"""Distribution: what is one, what is none, two of them side by side, and smoothing."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from klcli import distribution
from klcli.distribution import Distribution, Smoothing, align, as_distribution, listed, numbered
from klcli.errors import InputError, OptionError, OutcomeError

ADVICE = (
    "so they are neither probabilities (sum 1) nor counts (whole numbers): "
    "put them right, or give --normalize to divide them by their sum"
)
A_WEIGHT = "a weight is a finite number >= 0"
METHODS = (
    "laplace (add 1 to every count), jeffreys (add 1/2), mix=X (that share of the uniform distribution) "
    "or floor=X (raise probabilities below X to it, then divide by the sum), with 0 < X < 1"
)

labels = st.lists(st.text("abcdef", max_size=2), min_size=1, max_size=12, unique=True)


@st.composite
def distributions(draw: st.DrawFn) -> Distribution:
    """A Distribution with labels of its own and counts, some of them 0."""
    outcomes = draw(labels)
    counts = draw(st.lists(st.integers(0, 9), min_size=len(outcomes), max_size=len(outcomes)))
    return Distribution(tuple(outcomes), [counts[0] + 2, *counts[1:]], name=draw(st.sampled_from(["P", "x.csv"])))


def made(*weights: float, normalize: bool = False) -> Distribution:
    """The weights as a Distribution called P, over a, b, c ..."""
    return Distribution(tuple("abcdefgh"[: len(weights)]), weights, normalize=normalize)


@pytest.fixture(params=["real", "all equal", "by length", "by first letter"])
def hashes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes of outcomes that collide more or less often."""
    ways: dict[str, Callable[[str], int]] = {
        "real": hash,
        "all equal": lambda _: 7,
        "by length": len,
        "by first letter": lambda outcome: ord(outcome[:1] or "z"),
    }
    way = ways[request.param]
    collide = property(lambda self: np.array([way(outcome) for outcome in self.outcomes], np.int64))
    monkeypatch.setattr(Distribution, "hashes", collide)


# One distribution


@pytest.mark.parametrize("weights", [(3, 1), (2, 0), (1, 1, 1), (4096, 2048, 1024, 1024), (2**52, 1)])
def test_whole_numbers_over_one_are_counts(weights: tuple[float, ...]) -> None:
    """Whole numbers that sum to more than 1 are counts: divided by their total, which is the sample size."""
    found = made(*weights)
    assert found.counted
    assert found.size == found.total == sum(weights)
    assert found.notes == (f"P: counts, divided by their total of {sum(weights)}",)
    assert found.probs.tolist() == [weight / sum(weights) for weight in weights]


@pytest.mark.parametrize("weights", [(1, 0), (0.5, 0.5), (1 / 3, 1 / 3, 1 / 3), (0.1,) * 8 + (0.2,), (1,)])
def test_weights_that_sum_to_one_are_probabilities(weights: tuple[float, ...]) -> None:
    """Weights whose sum is 1 are probabilities, kept as they are, without a note and without a sample size."""
    found = Distribution(numbered(len(weights)), weights)
    assert (found.counted, found.size, found.notes) == (False, None, ())
    assert found.probs.tolist() == list(weights)


@pytest.mark.parametrize("off", [-9.9e-7, -1e-8, 1e-8, 9.9e-7])
def test_a_sum_within_a_millionth_of_one_is_taken_as_one(off: float) -> None:
    """Probabilities may miss 1 by a millionth, and a note says by how much."""
    found = made(0.5, 0.5 + off)
    assert not found.counted
    assert found.notes == (f"P: sums to {1 + off:.12g}, taken as 1",)
    assert math.fsum(found.probs) == pytest.approx(1, abs=1e-15)


@pytest.mark.parametrize("off", [-5e-10, 5e-10])
def test_a_sum_within_a_billionth_of_one_is_not_worth_a_note(off: float) -> None:
    """What rounding alone may cause goes without a note."""
    assert made(0.5, 0.5 + off).notes == ()


@pytest.mark.parametrize(
    ("weights", "total"),
    [
        ((0.5, 0.47), "0.97"),
        ((0.5, 0.5000011), "1.0000011"),
        ((0.5, 0.4999989), "0.9999989"),
        ((30.5, 69.5), "100"),
        ((1.5, 2), "3.5"),
        ((0.25,), "0.25"),
        ((1e-320,), "9.99988867183e-321"),
        ((1.5, 1e300), "1e+300"),
    ],
)
def test_any_other_sum_is_refused_with_the_sum_and_the_cure(weights: tuple[float, ...], total: str) -> None:
    """Weights that are neither probabilities nor counts are refused, and taken with --normalize."""
    with pytest.raises(InputError) as caught:
        made(*weights)
    assert str(caught.value) == f"P: the values sum to {total}, {ADVICE}"
    taken = made(*weights, normalize=True)
    assert taken.notes == (f"P: weights, divided by their sum of {total} (--normalize)",)
    assert not taken.counted
    assert math.fsum(taken.probs) == pytest.approx(1, abs=1e-15)


@pytest.mark.parametrize("weights", [(3, 1), (0.5, 0.5)])
def test_normalize_changes_nothing_where_it_is_not_needed(weights: tuple[float, ...]) -> None:
    """Counts stay counts and probabilities probabilities, with --normalize or without."""
    plain, asked = made(*weights), made(*weights, normalize=True)
    assert (plain.counted, plain.notes) == (asked.counted, asked.notes)


@pytest.mark.parametrize(
    ("weight", "what"),
    [
        (-0.25, f"-0.25 is negative: {A_WEIGHT}"),
        (-5e-324, f"-5e-324 is negative: {A_WEIGHT}"),
        (math.nan, f"nan is not finite: {A_WEIGHT}"),
        (math.inf, f"inf is not finite: {A_WEIGHT}"),
    ],
)
@pytest.mark.parametrize("normalize", [False, True])
def test_what_is_no_weight_is_refused_with_its_position(weight: float, what: str, normalize: bool) -> None:
    """A negative, missing or infinite weight is refused, whatever the sum; the first one is named."""
    with pytest.raises(OutcomeError) as caught:
        made(0.5, weight, 0.5, weight, normalize=normalize)
    assert str(caught.value) == f"P: position 1: {what}"
    assert (caught.value.name, caught.value.what, caught.value.indices) == ("P", what, (1,))


@pytest.mark.parametrize("weights", [(0.0,), (0, 0, 0), (-0.0, 0.0)])
def test_no_mass_is_refused(weights: tuple[float, ...]) -> None:
    """Zeros alone cannot be made a distribution."""
    with pytest.raises(InputError) as caught:
        made(*weights, normalize=True)
    assert str(caught.value) == "P: all values are zero: a distribution needs some mass"


def test_emptiness_is_refused() -> None:
    """A distribution without outcomes is none."""
    with pytest.raises(InputError) as caught:
        Distribution((), [])
    assert str(caught.value) == "P: empty: a distribution needs at least one outcome"


@pytest.mark.parametrize("weights", [[1.0], [1.0, 2.0, 3.0], [[1.0, 2.0]], [[1.0], [2.0]]])
def test_as_many_weights_as_outcomes_are_needed(weights: Any) -> None:
    """Weights of another shape than the outcomes are refused with it."""
    with pytest.raises(InputError) as caught:
        Distribution(("a", "b"), weights)
    assert str(caught.value) == f"P: 2 outcomes, but weights of shape {np.shape(weights)}"


@pytest.mark.usefixtures("hashes")
@pytest.mark.parametrize(
    ("outcomes", "repeated", "first", "second"),
    [
        (("a", "a"), "a", 0, 1),
        (("a", "b", "c", "b", "a"), "b", 1, 3),
        (("", "x", ""), "", 0, 2),
        (("红", "橙", "红"), "红", 0, 2),
    ],
)
def test_duplicate_outcomes_are_refused_with_both_positions(
    outcomes: tuple[str, ...], repeated: str, first: int, second: int
) -> None:
    """The first outcome that stands twice is named with both places, whether hashes collide or not."""
    with pytest.raises(OutcomeError) as caught:
        Distribution(outcomes, [1.0] * len(outcomes))
    what = f"duplicate outcome {repeated!r}: make them one, or give --duplicates sum"
    assert str(caught.value) == f"P: position {first} and position {second}: {what}"
    assert caught.value.indices == (first, second)


@pytest.mark.usefixtures("hashes")
@pytest.mark.parametrize("outcomes", [("a", "b", "ab", "ba"), ("a", "A", " a", "a "), ("é", "e\u0301"), ("1", "1.0")])
def test_outcomes_that_differ_at_all_are_no_duplicates(outcomes: tuple[str, ...]) -> None:
    """Outcomes are the same only where every character is, whether hashes collide or not."""
    assert Distribution(outcomes, [2.0] * len(outcomes)).outcomes == outcomes


def test_negative_zero_is_zero() -> None:
    """-0.0 is a weight of 0, and its sign is gone."""
    weights = made(0.5, -0.0, 0.5).weights
    assert not np.signbit(weights).any()


def test_a_sum_beyond_float64_is_no_trouble() -> None:
    """Three times 1e308 have no total in float64, and are a third each."""
    found = made(1e308, 1e308, 1e308)
    assert found.probs.tolist() == [1 / 3] * 3
    assert (found.total, found.size, found.counted) == (None, None, True)
    assert found.notes == ("P: counts, divided by their total of over 1.8e308",)


@pytest.mark.parametrize("weights", [(5e-324, 5e-324), (1e-310, 3e-310), (1e-300, 1e-300)])
def test_the_smallest_weights_have_shares(weights: tuple[float, float]) -> None:
    """Shares come out right where the weights are next to nothing."""
    exact = [float(Fraction(weight) / sum(map(Fraction, weights))) for weight in weights]
    assert made(*weights, normalize=True).probs.tolist() == pytest.approx(exact, rel=1e-15)


def test_weights_are_a_copy_that_nobody_changes() -> None:
    """The weights cannot be written to, and changing the array they came from changes nothing."""
    given = np.array([0.5, 0.5])
    found = Distribution(("a", "b"), given)
    given[0] = 9
    assert found.weights.tolist() == [0.5, 0.5]
    with pytest.raises(ValueError, match="read-only"):
        found.weights[0] = 9


@pytest.mark.parametrize("name", ["outcomes", "weights", "name", "labelled", "notes", "counted"])
def test_a_distribution_is_frozen(name: str) -> None:
    """No field can be set anew."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(made(3, 1), name, None)


def test_outcomes_become_a_tuple_and_notes_are_kept() -> None:
    """Outcomes may come from any iterable; notes given stand before the one that is added."""
    found = Distribution(iter("ab"), [3, 1], name="x.csv", notes=("said before",))  # type: ignore[arg-type]
    assert found.outcomes == ("a", "b")
    assert found.notes == ("said before", "x.csv: counts, divided by their total of 4")


@given(st.lists(st.floats(0, 1e300), min_size=1, max_size=20).filter(any))
def test_probabilities_sum_to_one(weights: list[float]) -> None:
    """Whatever the weights, their shares are each within 0 and 1 and sum to 1."""
    probs = Distribution(numbered(len(weights)), weights, normalize=True).probs
    assert math.fsum(probs) == pytest.approx(1, abs=1e-6)
    assert ((probs >= 0) & (probs <= 1 + 1e-6)).all()


# From Python data


@pytest.mark.parametrize(
    ("data", "outcomes", "labelled"),
    [
        ({"a": 1, "b": 3}, ("a", "b"), True),
        ({1: 1, None: 3}, ("1", "None"), True),
        ([1, 3], ("0", "1"), False),
        ((1.0, 3.0), ("0", "1"), False),
        (np.array([1, 3]), ("0", "1"), False),
        (np.array([1, 3], dtype=np.float32), ("0", "1"), False),
        ([Fraction(1), Decimal(3)], ("0", "1"), False),
        (["1", " 6/2 "], ("0", "1"), False),
        (iter([1, 3]), ("0", "1"), False),
    ],
)
def test_mappings_have_labels_and_sequences_have_none(data: Any, outcomes: tuple[str, ...], labelled: bool) -> None:
    """The keys of a mapping are its outcomes; the weights of a sequence are numbered from 0."""
    found = as_distribution(data, "Q")
    assert (found.outcomes, found.weights.tolist(), found.labelled) == (outcomes, [1.0, 3.0], labelled)
    assert found.notes == ("Q: counts, divided by their total of 4",)


def test_a_distribution_is_one_already() -> None:
    """A Distribution comes back as it is, under its own name."""
    found = made(3, 1)
    assert as_distribution(found, "Q") is found


@pytest.mark.parametrize("text", ["p.csv", b"p.csv", "", "0.5,0.5"])
def test_text_is_no_distribution(text: str | bytes) -> None:
    """Text is not split into characters but refused, with the function that reads it."""
    with pytest.raises(InputError) as caught:
        as_distribution(text)
    assert str(caught.value) == "P: text is not a distribution; klcli.read reads files and inline text"


@pytest.mark.parametrize(
    "data",
    [
        *(5, None, ["x", "y"], {"a": "x"}, [1j, 1], [[1], [1, 2]], [10**400], [{}], [[], 1]),
        *(np.float64(1), np.array(1.0), np.int64(1)),
    ],
)
def test_what_are_no_numbers_is_refused(data: Any) -> None:
    """Whatever numpy cannot read as numbers is refused as an input, not as a bug."""
    with pytest.raises(InputError, match=r"^P: "):
        as_distribution(data)


@pytest.mark.parametrize("data", [["0.5_0", "0.5"], {"a": "0.5_0", "b": "0.5"}, ["٠.٥", "0.5"], ["\u00a01", "3"]])
def test_text_is_no_weight(data: Any) -> None:
    """What files may not write as a number is none in Python data either."""
    with pytest.raises(InputError):
        as_distribution(data)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([], "P: empty: a distribution needs at least one outcome"),
        ({}, "P: empty: a distribution needs at least one outcome"),
        ([0, 0], "P: all values are zero: a distribution needs some mass"),
        ([0.5, None], f"P: position 1: nan is not finite: {A_WEIGHT}"),
        ({"a": 0.5, "b": -1}, f"P: position 1: -1.0 is negative: {A_WEIGHT}"),
        ([[0.5, 0.5]], "P: 1 outcomes, but weights of shape (1, 2)"),
        ([0.5, 0.25], f"P: the values sum to 0.75, {ADVICE}"),
        (
            {1: 1, "1": 2},
            "P: position 0 and position 1: duplicate outcome '1': make them one, or give --duplicates sum",
        ),
    ],
)
def test_python_data_meet_the_same_rules(data: Any, message: str) -> None:
    """Lists and mappings are refused for what files are refused for."""
    with pytest.raises(InputError) as caught:
        as_distribution(data)
    assert str(caught.value) == message


def test_python_data_are_normalized_on_demand() -> None:
    """normalize=True takes weights of any sum, as --normalize does."""
    found = as_distribution([0.5, 0.25], normalize=True)
    assert found.notes == ("P: weights, divided by their sum of 0.75 (--normalize)",)


@pytest.mark.parametrize("size", [0, 1, 3])
def test_outcomes_without_names_are_numbered_from_zero(size: int) -> None:
    """The names are 0, 1, 2 ..."""
    assert numbered(size) == ("0", "1", "2")[:size]


# Two side by side


@pytest.mark.usefixtures("hashes")
def test_outcomes_are_matched_by_label() -> None:
    """P's order comes first, then what Q has and P lacks in Q's order; each absence is noted."""
    p = Distribution(("a", "b", "c", "d"), [1, 2, 3, 4], name="p.csv")
    q = Distribution(("y", "c", "x", "a"), [10, 20, 30, 40], name="q.csv")
    pair = align(p, q)
    assert pair.outcomes == ("a", "b", "c", "d", "y", "x")
    assert pair.p.tolist() == [1, 2, 3, 4, 0, 0]
    assert pair.q.tolist() == [40, 0, 20, 0, 10, 30]
    assert pair.notes == (
        "absent from q.csv, so q = 0 there: b, d",
        "absent from p.csv, so p = 0 there: y, x",
    )


@pytest.mark.usefixtures("hashes")
@pytest.mark.parametrize(
    ("outcomes", "notes"),
    [
        (("a", "b", "c"), ()),
        (("c", "a", "b"), ()),
        (("c", "a", "b", "d"), ("absent from P, so p = 0 there: d",)),
        (("c", "a"), ("absent from Q, so q = 0 there: b",)),
        (("x",), ("absent from Q, so q = 0 there: a, b, c", "absent from P, so p = 0 there: x")),
    ],
)
def test_only_what_is_absent_is_noted(outcomes: tuple[str, ...], notes: tuple[str, ...]) -> None:
    """Another order alone needs no note; labels that one side lacks do."""
    q = Distribution(outcomes, [2.0] * len(outcomes), name="Q")
    assert align(made(1, 2, 3), q).notes == notes


def test_many_absent_outcomes_are_counted() -> None:
    """A note names five outcomes and says how many more there are."""
    p = as_distribution({f"p{index}": 1 for index in range(8)})
    q = as_distribution({"p0": 1, "other": 1}, "Q")
    assert align(p, q).notes[0] == "absent from Q, so q = 0 there: p1, p2, p3, p4, p5 and 2 more"


@pytest.mark.parametrize(
    ("p", "q", "unlabelled"),
    [
        ({"a": 1, "b": 3}, [2, 2], "Q"),
        ([1, 3], {"a": 2, "b": 2}, "P"),
    ],
)
def test_without_labels_on_both_sides_they_are_matched_by_position(p: Any, q: Any, unlabelled: str) -> None:
    """The labels are those of the side that has some, and a note says why."""
    pair = align(as_distribution(p, "P"), as_distribution(q, "Q"))
    assert (pair.outcomes, pair.p.tolist(), pair.q.tolist()) == (("a", "b"), [1, 3], [2, 2])
    assert pair.notes == (f"matched by position, since {unlabelled} has no labels",)


def test_two_without_labels_need_no_note() -> None:
    """Where neither has labels, position is all there is."""
    pair = align(as_distribution([1, 3]), as_distribution([2, 2]))
    assert (pair.outcomes, pair.notes) == (("0", "1"), ())


@pytest.mark.parametrize("p", [[1, 3], {"a": 1, "b": 3}])
def test_by_position_the_lengths_must_agree(p: Any) -> None:
    """Different lengths are refused with both of them."""
    with pytest.raises(InputError) as caught:
        align(as_distribution(p, "p.csv"), as_distribution([1, 2, 3], "q.csv"))
    assert str(caught.value) == (
        "p.csv has 2 outcomes and q.csv has 3: "
        "without labels on both sides they are matched by position, so the lengths must agree"
    )


@pytest.mark.parametrize("bits", [0, 1, 3, 64])
@given(p=distributions(), q=distributions())
def test_alignment_is_a_join_of_dicts(bits: int, p: Distribution, q: Distribution) -> None:
    """For any labels the outcome is that of a join of two dicts, however many bits of a hash are left to tell."""
    for each in (p, q):
        each.__dict__["hashes"] = np.array([hash(outcome) & (2**bits - 1) >> 1 for outcome in each.outcomes])
    ours, theirs = (dict(zip(each.outcomes, each.weights.tolist(), strict=True)) for each in (p, q))
    joined = list(dict.fromkeys([*p.outcomes, *q.outcomes]))
    pair = align(p, q)
    assert pair.outcomes == tuple(joined)
    assert pair.p.tolist() == [ours.get(outcome, 0.0) for outcome in joined]
    assert pair.q.tolist() == [theirs.get(outcome, 0.0) for outcome in joined]


@given(distributions(), distributions())
def test_alignment_loses_no_mass(p: Distribution, q: Distribution) -> None:
    """Both sides keep their totals."""
    pair = align(p, q)
    assert (math.fsum(pair.p), math.fsum(pair.q)) == (p.total, q.total)


def test_many_outcomes_are_matched() -> None:
    """A hundred thousand labels in two orders come together."""
    names = [f"outcome {index}" for index in range(100_000)]
    weights = np.arange(1.0, 100_001.0)
    p, q = Distribution(tuple(names), weights), Distribution(tuple(reversed(names)), weights[::-1], name="Q")
    pair = align(p, q)
    assert pair.outcomes == p.outcomes
    assert (pair.q == weights).all()


def test_labels_of_a_subclass_of_str_are_matched() -> None:
    """Labels whose hash is their own affair are matched by what they say."""

    class Blunt(str):
        __slots__ = ()

        def __hash__(self) -> int:
            return 1

    p = Distribution(tuple(map(Blunt, "abc")), [1, 2, 3])
    q = Distribution(tuple(map(Blunt, "cbd")), [1, 2, 3], name="Q")
    assert align(p, q).q.tolist() == [0, 2, 1, 3]


# Words


@pytest.mark.parametrize(
    ("names", "options", "line"),
    [
        ([], {}, ""),
        (["a"], {}, "a"),
        (list("abcde"), {}, "a, b, c, d, e"),
        (list("abcdef"), {}, "a, b, c, d, e and 1 more"),
        (list("abc"), {"most": 1}, "a and 2 more"),
        (list("abc"), {"count": 3}, "a, b, c"),
        (list("abc"), {"count": 10}, "a, b, c and 7 more"),
        (list("abcdefg"), {"count": 10}, "a, b, c, d, e and 5 more"),
    ],
)
def test_names_are_listed_in_one_line(names: list[str], options: dict[str, int], line: str) -> None:
    """The first few names are shown, and how many more there are."""
    assert listed(names, **options) == line


# Smoothing


@pytest.mark.parametrize(
    ("text", "weights", "note"),
    [
        ("laplace", [4, 1, 2], "smoothed (laplace): 1 added to each of 3 counts on every side"),
        ("jeffreys", [3.5, 0.5, 1.5], "smoothed (jeffreys): 1/2 added to each of 3 counts on every side"),
        (
            "mix=0.3",
            [0.625, 0.1, 0.275],
            "smoothed (mix): 0.3 of every side is the uniform distribution on 3 outcomes",
        ),
        (
            "floor=0.05",
            [0.75, 0.05, 0.25],
            "smoothed (floor): probabilities below 0.05 raised to it, then divided by the sum",
        ),
    ],
)
def test_each_method_moves_mass_to_every_outcome(text: str, weights: list[float], note: str) -> None:
    """Every outcome has mass afterwards: as much as the method says, and a note says which."""
    source = made(3, 0, 1)
    smoothing = Smoothing.parse(text)
    assert smoothing.apply(source.weights, source).tolist() == pytest.approx(weights, rel=1e-15)
    assert smoothing.note(3) == note


@pytest.mark.parametrize(
    ("text", "weights"),
    [
        ("mix=0.5", [0.5, 0.125, 0.25, 0.125]),
        ("mix=0.2", [0.65, 0.05, 0.25, 0.05]),
        ("floor=0.1", [0.75, 0.1, 0.25, 0.1]),
        ("floor=0.9", [0.9, 0.9, 0.9, 0.9]),
    ],
)
def test_mix_and_floor_take_probabilities(text: str, weights: list[float]) -> None:
    """What works on probabilities needs no counts."""
    source = made(0.75, 0, 0.25, 0)
    smoothed = Smoothing.parse(text).apply(source.weights, source)
    assert smoothed.tolist() == pytest.approx(weights, rel=1e-15)


def test_smoothing_leaves_the_source_alone() -> None:
    """The weights of the distribution are what they were."""
    source = made(3, 0, 1)
    for text in ("laplace", "jeffreys", "mix=0.5", "floor=0.5"):
        Smoothing.parse(text).apply(source.weights, source)
    assert source.weights.tolist() == [3, 0, 1]


@pytest.mark.parametrize(("method", "amount"), [("laplace", "1"), ("jeffreys", "0.5")])
def test_what_adds_to_counts_refuses_probabilities(method: str, amount: str) -> None:
    """Adding to probabilities would mean nothing: the message says what to use."""
    source = made(0.5, 0.5)
    with pytest.raises(OptionError) as caught:
        Smoothing.parse(method).apply(source.weights, source)
    assert str(caught.value) == (
        f"P: --smooth {method} adds {amount} to every count, and these are probabilities: use mix=X or floor=X"
    )


@pytest.mark.parametrize(
    "text",
    [
        *("mix=0", "mix=1", "mix=2", "mix=-0.1", "mix=nan", "mix=inf", "mix=", "mix", "mix=x", "mix=1e-400"),
        *("floor=0", "floor=1", "floor=nan", "floor", "laplace=2", "jeffreys=1", "Laplace", "kneser-ney", "", "=0.5"),
    ],
)
def test_an_unknown_smoothing_is_refused_with_those_there_are(text: str) -> None:
    """A method that is none, or an amount that it does not take, is refused with the whole list."""
    with pytest.raises(OptionError) as caught:
        Smoothing.parse(text)
    assert str(caught.value) == f"smoothing {text!r}: {METHODS}"


@pytest.mark.parametrize("text", ["mix=0.0_5", "mix=٠.٥", "floor=０.１", "floor=\u00a00.1"])
def test_an_amount_is_a_number_as_everywhere(text: str) -> None:
    """What is no number in a file is no amount of smoothing."""
    with pytest.raises(OptionError):
        Smoothing.parse(text)


def test_the_tolerance_is_a_millionth() -> None:
    """The documentation says 1e-6."""
    assert distribution.TOLERANCE == 1e-6


@pytest.mark.parametrize(
    ("p", "q", "note"),
    [
        ("North", "north", "'North' and 'north' are two outcomes"),
        ("红", "红 ", "'红' and '红 ' are two outcomes"),
        ("a  b", "a b", "'a  b' and 'a b' are two outcomes"),
        ("th\xe9", "the\u0301", r"'th\xe9' and 'the\u0301' are two outcomes"),
        ("\uff21", "A", "'\uff21' and 'A' are two outcomes"),
    ],
)
def test_labels_that_look_alike_are_told_of(p: str, q: str, note: str) -> None:
    """Two labels that only case, blanks or the way they are composed tell apart are named, and not joined."""
    pair = align(as_distribution({p: 1, "x": 1}), as_distribution({q: 1, "x": 1}, "Q"))
    assert len(pair.outcomes) == 3
    assert pair.notes[-1] == f"{note}: labels are compared sign by sign"


def test_labels_that_do_not_look_alike_are_not_told_of() -> None:
    """Outcomes that one side lacks are usually others."""
    pair = align(as_distribution({"a": 1, "x": 1}), as_distribution({"b": 1, "x": 1}, "Q"))
    assert not any("sign by sign" in note for note in pair.notes)


def test_labels_of_many_accents_take_time_in_proportion() -> None:
    """To put a million of them in order would take a day; no two of so many signs are held for one."""
    pair = align(as_distribution({"a" + "\u0301\u0316" * 500_000: 1, "x": 1}), as_distribution({"b": 1, "x": 1}, "Q"))
    assert not any("sign by sign" in note for note in pair.notes)


def test_a_signalling_nan_is_refused_as_any_other() -> None:
    """Whatever the bits of a NaN are, it is refused, and numpy has nothing to say of it."""
    odd = np.array([0x7FF0000000000001, 0x3FE0000000000000], dtype=np.uint64).view(np.float64)
    with pytest.raises(OutcomeError, match="nan is not finite"):
        Distribution(("a", "b"), odd)
