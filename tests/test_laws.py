"""The laws of a divergence on numbers: they hold, two of other distances do not, and a counterexample is found."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import mpmath
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle import exact
from pairs import property_test, rows, weights

import klcli
import klcli.laws as room
from klcli import Result
from klcli.errors import InputError
from klcli.laws import laws
from klcli.measure import Terms

P = [0.15, 0.13, 0.23, 0.09, 0.2, 0.05, 0.15]
Q1 = [0.14, 0.14, 0.25, 0.08, 0.21, 0.06, 0.12]
Q2 = [0.11, 0.11, 0.22, 0.16, 0.15, 0.16, 0.09]


LAWS = (
    "symmetry",
    "Gibbs' inequality",
    "zero only for equal",
    "Pinsker's inequality",
    "bound of Jensen-Shannon",
    "cross-entropy",
)


# What the table holds


def columns(result: Result, *names: str) -> list[tuple[Any, ...]]:
    """Some columns of a result, row by row."""
    return list(zip(*(result.terms[name] for name in names), strict=True))


def test_the_laws_of_the_balls() -> None:
    """Six laws of two distributions, two more of three, each with its statement and how its numbers stand."""
    found = laws(P, Q1, Q2)
    assert columns(found, "outcome", "statement", "relation", "holds", "remark") == [
        ("symmetry", "D(P‖Q) = D(Q‖P)", "≠", "no", "they differ; no law of D"),
        ("Gibbs' inequality", "D(P‖Q) ≥ 0", "≥", "yes", ""),
        ("zero only for equal", "D(P‖Q) = 0 only if P = Q", ">", "yes", "P and Q differ"),
        ("Pinsker's inequality", "TV(P,Q) ≤ √(D(P‖Q)/2)", "≤", "yes", ""),
        ("bound of Jensen-Shannon", "JS(P,Q) ≤ log 2", "≤", "yes", ""),
        ("cross-entropy", "H(P,Q) = H(P) + D(P‖Q)", "=", "yes", ""),
        ("triangle inequality", "D(P‖R) ≤ D(P‖Q) + D(Q‖R)", ">", "no", "fails here; no law of D"),
        ("triangle inequality of √JS", "√JS(P,R) ≤ √JS(P,Q) + √JS(Q,R)", "≤", "yes", ""),
    ]
    assert (found.value, found.details["laws"]) == (0, 6)
    assert found.notes == ("the triangle inequality fails for these three, as it may: it is no law of D",)


def test_a_result_of_laws_says_what_it_is() -> None:
    """Title, formula and columns are those of laws; the value is a count, which has neither base nor unit."""
    found = laws(P, Q1, base=2)
    assert (found.measure, found.title) == ("laws", "The laws of D(P‖Q)")
    assert (found.symbol, found.value, found.base, found.unit) == ("laws broken", 0, None, "")
    assert tuple(found.terms) == ("outcome", "statement", "left", "relation", "right", "holds", "remark")
    assert found.terms["outcome"] == LAWS
    assert found.inputs == {"p": "P", "q": "Q"}
    assert found.details == {"agreement": True, "laws": 5, "base": 2}
    assert laws(P, Q1, Q2).inputs == {"p": "P", "q": "Q", "r": "R"}


@pytest.mark.parametrize("base", [2, math.e, 10])
def test_both_sides_are_the_exact_numbers(base: float) -> None:
    """Left and right of every law are those of mpmath, Pinsker's in nats whatever the base."""
    p, q, r = P, Q1, Q2

    def of(name: str, *sides: list[float]) -> float:
        return float(exact(name, *sides, base=base))

    wanted = {
        "symmetry": (of("kl", p, q), of("kl", q, p)),
        "Gibbs' inequality": (of("kl", p, q), 0.0),
        "zero only for equal": (of("kl", p, q), 0.0),
        "Pinsker's inequality": (float(exact("tv", p, q)), math.sqrt(float(exact("kl", p, q)) / 2)),
        "bound of Jensen-Shannon": (of("js", p, q), math.log(2, base)),
        "cross-entropy": (of("cross-entropy", p, q), of("entropy", p) + of("kl", p, q)),
        "triangle inequality": (of("kl", p, r), of("kl", p, q) + of("kl", q, r)),
        "triangle inequality of √JS": (of("js-distance", p, r), of("js-distance", p, q) + of("js-distance", q, r)),
    }
    for name, row in rows(laws(p, q, r, base=base)).items():
        assert (row["left"], row["right"]) == pytest.approx(wanted[name], rel=1e-14), name


def test_another_base_is_said() -> None:
    """In bits a note says so, and that Pinsker's inequality is in nats; in nats there is nothing to say."""
    assert laws(P, Q1, base=2).notes == ("D, H and JS are in bits, and √(D(P‖Q)/2) is of D in nats",)
    assert laws(P, Q1).notes == ()


def test_the_laws_are_explained() -> None:
    """The explanation puts the numbers in and says what they mean."""
    lines = laws(P, Q1, Q2).explanation
    assert len(lines) == 4
    assert lines[0] == "laws broken = 0 of 6"
    assert lines[1].startswith("D(P‖Q) = 0.00673502 and D(Q‖P) = 0.00654688: D has a direction")
    assert lines[2].endswith("differs by more than 0.0580302. The largest difference is 0.05.")
    assert len(laws(P, Q1).explanation) == 3
    assert len(laws([1, 0], [0, 1]).explanation) == 2  # Pinsker's inequality says nothing there


# They hold


@given(weights(3, 4), st.sampled_from([2, math.e, 10]))
@property_test(40)
def test_no_law_is_ever_broken(three: list[list[float]], base: float) -> None:
    """Whatever the weights are: no law is broken, and the triangle inequality of D is shown to be none."""
    found = laws(*three, base=base, normalize=True)
    assert found.value == 0, columns(found, "outcome", "left", "right", "holds")
    table = rows(found)
    assert table["triangle inequality of √JS"]["holds"] == "yes"
    if table["triangle inequality"]["holds"] == "yes" and len(three[0]) > 1:
        assert shown(found)


def times(measure: Any, factor: float) -> Any:
    """The measure with its value so many times what it is."""

    class Wrong:
        def function(self, *args: Any, **options: Any) -> Terms:
            terms: Terms = measure.function(*args, **options)
            return terms._replace(value=terms.value * factor)

    return Wrong()


@pytest.mark.parametrize(
    ("measure", "factor", "broken"),
    [
        ("kl", -1.0, {"Gibbs' inequality", "zero only for equal", "Pinsker's inequality", "cross-entropy"}),
        ("kl", 0.0, {"zero only for equal", "Pinsker's inequality", "cross-entropy"}),
        ("kl", 1 + 1e-9, {"cross-entropy"}),
        ("tv", 2.0, {"Pinsker's inequality"}),
        ("js", 1000.0, {"bound of Jensen-Shannon"}),
        ("entropy", 1 + 1e-13, {"cross-entropy"}),
        ("cross_entropy", 1 - 1e-13, {"cross-entropy"}),
    ],
)
def test_a_broken_law_is_found(
    measure: str, factor: float, broken: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A measure that is wrong breaks the laws it stands in, which are counted, and named in the notes."""
    monkeypatch.setattr(room, measure, times(getattr(room, measure), factor))
    found = laws(P, Q1)
    assert {name for name, row in rows(found).items() if name != "symmetry" and row["holds"] == "no"} == broken
    assert found.value == len(broken)
    assert set(found.notes) == {f"broken: {name}; this is a bug of klcli" for name in broken}
    assert found.explanation[0] == f"laws broken = {len(broken)} of 5"


def test_a_js_distance_that_is_none_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The divergence in place of its root breaks the triangle inequality."""
    monkeypatch.setattr(room, "js_distance", klcli.js)
    found = laws([0.5, 0.5], [0.3, 0.7], [0.1, 0.9])
    row = rows(found)["triangle inequality of √JS"]
    assert (row["relation"], row["holds"], found.value) == (">", "no", 1)


def test_a_zero_for_what_differs_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """0 for distributions that differ, and more than 0 for equal ones, are both broken laws."""
    monkeypatch.setattr(room, "kl", times(klcli.kl, 0.0))
    assert rows(laws(P, Q1))["zero only for equal"]["holds"] == "no"
    monkeypatch.setattr(room, "kl", klcli.cross_entropy)
    assert rows(laws(P, P))["zero only for equal"]["holds"] == "no"


# At the edges


def test_equal_distributions() -> None:
    """For equal distributions every law holds, the symmetry as well, and nothing is called broken."""
    found = laws(P, P, P)
    assert {row["holds"] for row in rows(found).values()} == {"yes"}
    assert rows(found)["symmetry"]["remark"] == "equal here; no law of D"
    assert columns(found, "relation", "right", "remark")[2] == ("=", 0.0, "P and Q are equal")


def test_probabilities_and_counts_of_the_same() -> None:
    """Counts, and probabilities that were rounded on the way to them, are told apart as klcli tells them."""
    assert rows(laws([1, 1, 2], [0.25, 0.25, 0.5]))["zero only for equal"]["remark"] == "P and Q are equal"


def test_symmetry_by_chance() -> None:
    """Where one is the other in reverse, both directions are equal: that is said to be no law."""
    row = rows(laws([0.3, 0.7], [0.7, 0.3]))["symmetry"]
    assert (row["relation"], row["holds"], row["remark"]) == ("=", "yes", "equal here; no law of D")


def test_disjoint_supports() -> None:
    """On disjoint supports D is infinite both ways, and what says nothing of that does not apply."""
    found = laws([1, 0, 0], [0, 1, 0], [0, 0, 1])
    assert columns(found, "left", "relation", "right", "holds", "remark") == [
        (math.inf, "=", math.inf, "does not apply", "infinite both ways"),
        (math.inf, "≥", 0.0, "yes", ""),
        (math.inf, ">", 0.0, "yes", "P and Q differ"),
        (1.0, "≤", math.inf, "yes", ""),
        (math.log(2), "≤", math.log(2), "yes", ""),
        (math.inf, "=", math.inf, "yes", ""),
        (math.inf, "=", math.inf, "does not apply", "infinite on both sides"),
        (math.sqrt(math.log(2)), "≤", 2 * math.sqrt(math.log(2)), "yes", ""),
    ]
    assert shown(found)


def test_infinite_one_way() -> None:
    """Where only one direction is infinite, they differ; a detour of infinite length is longer than any way."""
    found = rows(laws([1, 0], [0.5, 0.5], [1, 0]))
    assert (found["symmetry"]["right"], found["symmetry"]["holds"]) == (math.inf, "no")
    assert (found["triangle inequality"]["right"], found["triangle inequality"]["holds"]) == (math.inf, "yes")


def test_a_single_outcome() -> None:
    """With one outcome everything is 0, and there is nothing for which the triangle inequality could fail."""
    found = laws([1], [7], [3])
    assert {row["left"] for row in rows(found).values()} == {0.0}
    assert {row["holds"] for row in rows(found).values()} == {"yes"}
    assert (
        found.notes[-1]
        == "with a single outcome all distributions are equal, and the triangle inequality cannot fail"
    )


def test_what_differs_by_too_little_does_not_apply() -> None:
    """Where D is below the least float64, 0 is what it is rounded to, and no law is broken."""
    p, q = [1.0, 1e-300], [1.0, 1e-300 * (1 + 2**-52)]
    assert 0 < exact("kl", p, q) < 5e-324
    found = laws(p, q)
    assert columns(found, "left", "relation", "holds", "remark")[2] == (
        0.0,
        "=",
        "does not apply",
        "P and Q differ, by less than float64 can say",
    )
    assert found.value == 0


def test_what_is_below_every_promise_does_not_apply() -> None:
    """Where divergences are below 1e-33 no digit of them is promised, so nothing is concluded from them."""
    p, q, r = [0.1, 0.9], [1, 9], [0.3, 2.7]
    row = rows(laws(p, q, r, normalize=True))["triangle inequality"]
    assert 1e-33 > row["left"] > row["right"] > 0
    assert (row["relation"], row["holds"], row["remark"]) == (
        ">",
        "does not apply",
        "no digit is promised below 1e-33",
    )


def test_three_are_matched_by_label() -> None:
    """All outcomes of the three are laid side by side, whatever their order, and what is absent is noted."""
    p, q, r = {"a": 2, "b": 2}, {"b": 1, "c": 2, "a": 1}, {"d": 4, "c": 2, "b": 1, "a": 1}
    found = rows(laws(p, q, r))
    other = rows(laws([2, 2, 0, 0], [1, 1, 2, 0], [1, 1, 2, 4]))
    assert [tuple(row.values()) for row in found.values()] == [tuple(row.values()) for row in other.values()]
    assert laws(p, q, r).notes[:5] == (
        "P: counts, divided by their total of 4",
        "Q: counts, divided by their total of 4",
        "R: counts, divided by their total of 8",
        "absent from P, so p = 0 there: c",
        "absent from P and Q, so p = q = 0 there: d",
    )
    assert "absent from R, so r = 0 there: b" in laws(p, q, {"a": 1, "c": 1}).notes


def test_three_without_labels_are_matched_by_position() -> None:
    """Lists are matched with labels by position, which is said, and their lengths must agree."""
    found = laws({"a": 1, "b": 3}, {"b": 1, "a": 3}, [1, 1])
    assert "matched by position, since R has no labels" in found.notes
    assert rows(found)["triangle inequality"]["left"] == klcli.kl([1, 3], [1, 1]).value
    with pytest.raises(InputError, match="P and Q has 2 outcomes and R has 3"):
        laws([1, 1], [1, 2], [1, 2, 3])


def test_three_are_smoothed_over_all_their_outcomes() -> None:
    """Smoothing is over the outcomes of all three, so that no number depends on which two are looked at."""
    p, q, r = {"a": 3, "b": 1}, {"a": 1, "b": 1}, {"a": 1, "c": 1}
    found = laws(p, q, r, smooth="laplace")
    assert "smoothed (laplace): 1 added to each of 3 counts on every side" in found.notes
    assert rows(found)["symmetry"]["left"] == klcli.kl([4, 2, 1], [2, 2, 1]).value
    assert rows(found)["triangle inequality"]["left"] == klcli.kl([4, 2, 1], [2, 1, 2]).value < math.inf


def test_weights_of_any_sum_need_normalize() -> None:
    """R too is refused where it is no distribution, and normalised where that is asked for."""
    with pytest.raises(InputError, match=r"R: the values sum to 0\.7"):
        laws([1, 1], [1, 2], [0.2, 0.5])
    assert laws([1, 1], [1, 2], [0.2, 0.5], normalize=True).value == 0


# Where the triangle inequality fails


def shown(result: Result) -> list[list[float]]:
    """The three lists in the note, held against what the notes say of them and against mpmath."""
    (said,) = [note for note in result.notes if note.startswith("the triangle inequality is no law of D: it fails ")]
    texts = said.rpartition(": ")[2].split(" ")
    three = [[float(x) for x in text.split(",")] for text in texts]
    assert len(three) == 3
    assert {sum(map(Decimal, text.split(","))) for text in texts} == {1}
    p, q, r = three
    direct, first, second = (exact("kl", *pair) for pair in ((p, r), (p, q), (q, r)))
    assert direct > 1.005 * (first + second)
    base = result.details["base"]
    assert result.notes[-1] == (
        f"there D(P‖R) = {_six(direct, base)} > {_six(first + second, base)} = {_six(first, base)} + "
        f"{_six(second, base)} = D(P‖Q) + D(Q‖R)"
    )
    return three


def _six(x: Any, base: float) -> str:
    return f"{float(x / mpmath.log(base)):.6g}"


def moved(given: Sequence[Sequence[float]], three: Sequence[Sequence[float]]) -> float:
    """How much of total variation lies between the given and the others."""
    return sum(float(exact("tv", a, b)) for a, b in zip(given, three, strict=True))


@pytest.mark.parametrize(
    ("three", "most"),
    [
        ((P, P, P), 0.02),
        ((P, P, Q2), 0.02),
        ((P, Q2, Q2), 0.02),
        ((P, Q2, P), 0.2),
        (([0.8, 0.03, 0.001, 0.02, 0.149], [0.54, 0.09, 0.05, 0.04, 0.28], [0.8, 0.03, 0.001, 0.02, 0.149]), 0.12),
        (([0.33, 0.66, 0.01], [0.29, 0.2, 0.51], [0.98, 0.01, 0.01]), 0.06),
        ((Q2, P, Q1), 0.06),
        (([0.5, 0.5], [0.9, 0.1], [0.4, 0.6]), 0.5),
        (([1, 0], [0, 1], [1, 0]), 1.6),
        (([1, 0, 0], [0, 1, 0], [0, 0, 1]), 2.5),
        (([0.999, 0.001], [0.001, 0.999], [0.5, 0.5]), 0.6),
    ],
)
def test_three_that_fail_are_found_near_those_given(three: Sequence[list[float]], most: float) -> None:
    """Where it holds, three distributions nearby are shown for which it fails, with how far off they are."""
    found = laws(*three)
    assert rows(found)["triangle inequality"]["holds"] != "no"
    others = shown(found)
    assert moved(three, others) < most
    assert f"for three that are {moved(three, others):.2g} of total variation from these, added up" in found.notes[-2]


def test_what_is_shown_can_be_tried() -> None:
    """The lists in the note, given back, are three for which the triangle inequality fails."""
    again = laws(*shown(laws(P, Q2, P)))
    assert rows(again)["triangle inequality"]["holds"] == "no"
    assert again.value == 0


@pytest.mark.parametrize("size", range(2, 23))
def test_for_every_number_of_outcomes_there_are_some(size: int) -> None:
    """Three are found among as many outcomes as are given, up to 20; of more, two outcomes must do."""
    p = [1.0] * size
    found = laws(p, [*p[:-1], 2.0], p, normalize=True)
    assert {len(side) for side in shown(found)} == ({size} if size <= 20 else {2})
    if size > 20:
        assert (
            "on two outcomes (over 20, none near these is looked for): 0.5,0.5 0.25,0.75 0.1,0.9" in found.notes[-2]
        )


def test_the_decimals_are_short() -> None:
    """Three decimals are enough for the seven balls, and more are taken where the three are nearer than that."""
    assert max(len(f"{x:.12g}") for side in shown(laws(P, P, P)) for x in side) <= 5
    near = [0.5, 0.5], [0.5 + 1e-5, 0.5 - 1e-5], [0.5, 0.5]
    assert moved(near, shown(laws(*near))) < 2.5e-5


def test_the_numbers_there_are_in_the_unit_of_the_base() -> None:
    """In bits the lists are the same, and the divergences are in bits."""
    assert shown(laws(P, P, Q2, base=2)) == shown(laws(P, P, Q2))
