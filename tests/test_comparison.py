"""Several distributions against one: ranks, ratios, and what is refused."""

from __future__ import annotations

import math

import pytest

import klcli
from klcli import MEASURES, Distribution, Result, compare
from klcli.comparison import COMPARABLE, USUAL
from klcli.errors import InputError, OptionError

P = [0.5, 0.25, 0.125, 0.125]
NEAR = [0.5, 0.25, 0.15, 0.1]
FAR = [0.1, 0.2, 0.3, 0.4]
LACKS = [0.5, 0.5, 0, 0]


def named(name: str, weights: list[float]) -> Distribution:
    """A distribution with a name of its own."""
    return Distribution(tuple("abcd"[: len(weights)]), weights, name=name)


def ranked(results: list[Result]) -> list[tuple[str, int]]:
    """The labels in their order, each with its rank."""
    return [(result.label, result.details["rank"]) for result in results]


def test_the_nearest_comes_first() -> None:
    """One Result for each Q, sorted by its value, with ranks from 1."""
    results = compare(P, FAR, LACKS, NEAR)
    assert ranked(results) == [("Q3", 1), ("Q1", 2), ("Q2", 3)]
    assert [result.value for result in results] == [klcli.kl(P, q).value for q in (NEAR, FAR, LACKS)]


def test_distributions_keep_their_names() -> None:
    """The label is the name of the distribution; without one it is Q, or Q1, Q2 ... of several."""
    assert ranked(compare(named("P", P), named("far", FAR), named("near", NEAR))) == [("near", 1), ("far", 2)]
    assert [result.label for result in compare(P, FAR)] == ["Q"]


def test_no_distribution_to_compare_with_gives_no_result() -> None:
    """Nothing in, nothing out."""
    assert compare(P) == []


def test_equal_values_share_a_rank() -> None:
    """Of four with two in the first place, the next is third; equals stay in the order they were given."""
    results = compare(P, FAR, NEAR, LACKS, NEAR, LACKS)
    assert ranked(results) == [("Q2", 1), ("Q4", 1), ("Q1", 3), ("Q3", 4), ("Q5", 4)]


def test_ratio_is_how_many_times_the_best() -> None:
    """Each value is also given as a multiple of the smallest."""
    best, second, infinite = compare(P, NEAR, FAR, LACKS)
    assert best.details["ratio_to_best"] == 1.0
    assert second.details["ratio_to_best"] == second.value / best.value
    assert infinite.details["ratio_to_best"] == math.inf


def test_ratio_to_a_best_of_zero() -> None:
    """Where the best is P itself, it is 1 times itself and every other infinitely many times."""
    results = compare(P, FAR, P, [4, 2, 1, 1], LACKS)
    assert ranked(results) == [("Q2", 1), ("Q3", 1), ("Q1", 3), ("Q4", 4)]
    assert [result.details["ratio_to_best"] for result in results] == [1.0, 1.0, math.inf, math.inf]


def test_ratio_where_all_are_infinite() -> None:
    """Where no Q has what P has, all share the first rank, and there is no ratio of infinity to infinity."""
    results = compare(P, LACKS, [0, 0, 0, 1])
    assert ranked(results) == [("Q1", 1), ("Q2", 1)]
    assert all(math.isnan(result.details["ratio_to_best"]) for result in results)


@pytest.mark.parametrize("by", COMPARABLE)
def test_any_comparable_measure_ranks(by: str) -> None:
    """The value and the terms are those of the measure that ranks, for each that can."""
    results = compare(P, FAR, NEAR, by=by)
    assert [result.label for result in results] == ["Q2", "Q1"]
    for result, q in zip(results, (NEAR, FAR), strict=True):
        alone = klcli.kl(q, P) if by == "kl-reverse" else MEASURES[by](P, q)
        assert result.value == alone.value
        assert list(result.terms) == list(alone.terms)
        assert list(result.terms["contribution"]) == list(alone.terms["contribution"])


def test_measures_may_disagree_on_the_order() -> None:
    """Ranks follow from `by` alone: what is nearer by one measure can be farther by another."""
    lacking, even = [0.5, 0.25, 0.25, 0], [0.25, 0.25, 0.25, 0.25]
    assert [result.label for result in compare(P, lacking, even, by="kl")] == ["Q2", "Q1"]
    assert [result.label for result in compare(P, lacking, even, by="tv")] == ["Q1", "Q2"]


def test_details_have_the_usual_measures() -> None:
    """KL both ways, cross-entropy, Jensen-Shannon, total variation and PSI are there unless others are asked for."""
    (result,) = compare(P, FAR)
    wanted = {name.replace("-", "_"): MEASURES[name](P, FAR).value for name in USUAL if name != "kl-reverse"}
    assert {name: result.details[name] for name in wanted} == wanted
    assert result.details["kl_reverse"] == klcli.kl(FAR, P).value


def test_details_have_the_measures_asked_for() -> None:
    """`measures` chooses the values that are given beside that of `by`, which it need not name."""
    (result,) = compare(P, FAR, measures=["hellinger", "js-distance"], by="tv")
    assert result.value == MEASURES["tv"](P, FAR).value
    assert result.details["hellinger"] == MEASURES["hellinger"](P, FAR).value
    assert result.details["js_distance"] == MEASURES["js-distance"](P, FAR).value
    assert not {"kl", "kl_reverse", "js", "psi"} & result.details.keys()


def test_every_measure_can_be_asked_for_at_once() -> None:
    """All that can be compared by fit into one result, each under its own key."""
    (result,) = compare(P, FAR, measures=tuple(COMPARABLE))
    assert {name.replace("-", "_") for name in COMPARABLE} <= result.details.keys()


def test_the_reverse_exchanges_the_sides() -> None:
    """kl-reverse is D(Q‖P): infinite where P lacks what Q has, and not where Q lacks what P has."""
    gained, lacking = compare(LACKS, P, by="kl-reverse")[0], compare(P, LACKS, by="kl-reverse")[0]
    assert gained.value == math.inf
    assert lacking.value == klcli.kl(LACKS, P).value == pytest.approx(0.5 * math.log(2), rel=1e-15)


def test_the_reverse_is_told_from_the_sides_of_p_and_q() -> None:
    """A Result of kl-reverse names P and Q as the others do, with their own columns and sums, and is D(Q‖P)."""
    (result,) = compare(named("mine", [4, 2, 1, 1]), named("yours", FAR), by="kl-reverse")
    assert (result.symbol, result.inputs) == ("D(Q‖P)", {"p": "mine", "q": "yours"})
    assert list(result.terms["p"]) == P
    assert list(result.terms["q"]) == FAR
    assert (result.details["sum_p"], result.details["n_p"], result.details["sum_q"]) == (8.0, 8, 1.0)
    assert "n_q" not in result.details


@pytest.mark.parametrize(("base", "unit"), [(2, "bits"), (10, "hartleys"), (math.e, "nats")])
def test_the_base_is_that_of_every_logarithm(base: float, unit: str) -> None:
    """The base holds for the value and for every detail that has one; PSI stays in nats."""
    (result,) = compare(P, FAR, base=base)
    assert (result.value, result.unit) == (klcli.kl(P, FAR, base=base).value, unit)
    assert result.details["js"] == klcli.js(P, FAR, base=base).value
    assert result.details["cross_entropy"] == klcli.cross_entropy(P, FAR, base=base).value
    assert result.details["psi"] == klcli.psi(P, FAR).value


def test_smoothing_makes_the_infinite_finite() -> None:
    """Smoothing is applied to every Q and for every measure, with a note."""
    (result,) = compare(P, LACKS, smooth="mix=0.1")
    assert result.value == klcli.kl(P, LACKS, smooth="mix=0.1").value < math.inf
    assert result.details["psi"] < math.inf
    assert any(note.startswith("smoothed (mix)") for note in result.notes)


def test_headings_name_ranks_ratios_and_measures() -> None:
    """A table can head each detail: by the symbol of its measure, rank and ratio; that of `by` is the value's own."""
    (result,) = compare(P, FAR)
    headings = result.headings
    assert {"rank", "ratio_to_best", "kl_reverse", "cross_entropy", "js", "tv", "psi"} <= headings.keys()
    assert "kl" not in headings
    assert (headings["kl_reverse"], headings["js"], headings["tv"]) == ("D(Q‖P)", "JS(P,Q)", "TV(P,Q)")


def test_what_needs_an_option_or_one_side_is_not_comparable() -> None:
    """Everything of two distributions can be compared by, save what has an order; KL in both directions."""
    assert set(MEASURES) - set(COMPARABLE) == {"entropy", "renyi", "tsallis"}
    assert set(COMPARABLE) - set(MEASURES) == {"kl-reverse"}


@pytest.mark.parametrize("name", ["entropy", "renyi", "tsallis", "nonsense", "KL", ""])
def test_what_is_not_comparable_is_refused(name: str) -> None:
    """An unknown measure, or one that needs an option, is refused with the list of those there are."""
    for options in ({"by": name}, {"measures": ["kl", name]}):
        with pytest.raises(OptionError) as caught:
            compare(P, FAR, **options)
        assert str(caught.value) == f"{name!r} is not a measure to compare by: {', '.join(COMPARABLE)}"


def test_a_refused_measure_is_refused_without_distributions_too() -> None:
    """Options are checked first, so that nothing is computed in vain."""
    with pytest.raises(OptionError):
        compare(P, by="nonsense")


@pytest.mark.parametrize(
    ("q", "message"),
    [
        ([0.5, 0.5], "P has 4 outcomes and Q2 has 2"),
        ([0.5, 0.5, -1, 1], "Q2: position 2: -1.0 is negative"),
        ([0.5, 0.2, 0, 0], "Q2: the values sum to 0.7"),
        ("P", "Q2: text is not a distribution"),
    ],
)
def test_what_is_no_distribution_is_refused_by_its_name(q: object, message: str) -> None:
    """Input errors name the one of several that is wrong."""
    with pytest.raises(InputError) as caught:
        compare(P, FAR, q)
    assert str(caught.value).startswith(message)


def test_labels_are_matched_for_each_q_on_its_own() -> None:
    """Each Q is laid beside P by its labels, whatever outcomes the others have."""
    p = {"a": 1, "b": 1}
    first, second = compare(p, {"b": 1, "a": 1}, {"b": 2, "a": 1, "c": 1})
    assert first.value == 0.0
    assert first.terms["outcome"] == ("a", "b")
    assert second.terms["outcome"] == ("a", "b", "c")
    assert second.value == pytest.approx(0.5 * math.log(2), rel=1e-15)


def test_the_reverse_says_what_is_true_of_it() -> None:
    """D(Q‖P) names the outcomes that P lacks, and explains itself as what it is."""
    (result,) = compare({"a": 1, "b": 1}, {"a": 1}, by="kl-reverse")
    assert result.notes[-1] == "absent from Q, so q = 0 there: b"
    assert result.value == math.log(2)
    assert result.explanation[:2] == (
        "D(Q‖P) = 1·log(1/0.5) + 0·log(0/0.5) = 0.693147",
        "Coding draws from Q with the code that is ideal for P costs 0.693147 nats a draw more than need be. "
        "The other direction, D(P‖Q), is as a rule another number.",
    )
    (infinite,) = compare({"a": 1}, {"a": 1, "b": 1}, by="kl-reverse")
    assert infinite.notes[-1] == "infinite: P gives no probability to b, where Q has 0.5 of its mass"
