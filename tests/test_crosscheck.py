"""klcli against others: agreement where there is some, its absence where there is none, and the laws."""

from __future__ import annotations

import itertools
import math
import sys
from typing import Any

import mpmath
import numpy as np
import pytest
import scipy
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mp
from oracle import exact
from pairs import property_test, rows, weights

import klcli
from klcli import Distribution, crosscheck, numerics
from klcli.crosscheck import TEXTBOOK, implementations
from klcli.errors import InputError, OptionError
from klcli.laws import laws

P = [0.15, 0.13, 0.23, 0.09, 0.2, 0.05, 0.15]
Q1 = [0.14, 0.14, 0.25, 0.08, 0.21, 0.06, 0.12]

ALL = ("klcli", *TEXTBOOK, "mpmath")
OPTIONAL = {
    "scipy.special.rel_entr": ("scipy.special", "check"),
    "scipy.stats.entropy": ("scipy.stats", "check"),
    "torch.nn.KLDivLoss": ("torch", "torch"),
    "mpmath": ("mpmath", "check"),
}


def ran(row: dict[str, Any]) -> bool:
    """Whether the implementation of this row gave a number."""
    return not math.isnan(row["seconds"])


def needs_torch(name: str) -> None:
    """Skip what is about torch where there is none."""
    if name.startswith("torch"):
        pytest.importorskip("torch", reason="PyTorch is an optional package")


class Nowhere:
    """What finds modules, and finds that this one is not there."""

    def __init__(self, name: str) -> None:
        self.name = name

    def find_spec(self, name: str, *_: Any) -> None:
        """Nothing, or an error for the module that is not there."""
        if name == self.name:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def take_away(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make importing the package fail as if it were not installed."""
    monkeypatch.delitem(sys.modules, package, raising=False)
    monkeypatch.setattr(sys, "meta_path", [Nowhere(package), *sys.meta_path])


class Clock:
    """A clock by which calls take so long, in turn and from the start again; it counts how often it is asked."""

    def __init__(self, *seconds: float) -> None:
        steps = itertools.chain.from_iterable((0.0, each) for each in itertools.cycle(seconds))
        self.times, self.asked = itertools.accumulate(steps), 0

    def __call__(self) -> float:
        """The time."""
        self.asked += 1
        return next(self.times)


# Implementations: what the table holds


def test_the_balls_of_the_article() -> None:
    """Seven implementations are asked for D(P‖Q) of the article, and each that is there says 0.006735."""
    found = implementations(P, Q1)
    assert found.terms["outcome"] == ALL
    assert {f"{row['value']:.6f}" for row in rows(found).values() if ran(row)} == {"0.006735"}
    assert found.agrees
    assert found.value < 1e-15
    assert rows(found)["mpmath"]["value"] == float(exact("kl", P, Q1))


def test_the_result_says_what_it_is() -> None:
    """Title, formula, sides and columns are those of a check, and the symbol is that of its value."""
    found = implementations(P, Q1, base=2)
    assert (found.measure, found.title) == ("check", "D(P‖Q) by independent implementations")
    assert found.formula == "widest difference = max |D(P‖Q) − that of mpmath|"
    assert (found.symbol, found.base, found.unit) == ("widest difference", 2, "bits")
    assert found.inputs == {"p": "P", "q": "Q"}
    assert tuple(found.terms) == ("outcome", "call", "value", "difference", "ulps", "seconds", "remark")
    assert {len(column) for column in found.terms.values()} == {len(ALL)}


def test_the_value_is_the_widest_difference() -> None:
    """The value is the largest absolute difference in the table, and the explanation names who is so far off."""
    found = implementations(P, Q1)
    differences = {name: abs(row["difference"]) for name, row in rows(found).items() if ran(row)}
    assert found.value == max(differences.values()) > 0
    widest = max(differences, key=lambda name: differences[name])
    assert found.explanation[0].startswith("widest difference = |0.00673501951969")
    assert found.explanation[0].endswith(
        f" − {float(exact('kl', P, Q1)):.17g}| = {found.value:.6g}, that of {widest}"
    )


def test_differences_are_from_the_exact_value() -> None:
    """A difference is value less mpmath's, and ulps count it in numbers of float64 next to that."""
    table = rows(implementations(P, Q1))
    reference = table["mpmath"]["value"]
    for name, row in table.items():
        if ran(row):
            assert row["difference"] == row["value"] - reference
            assert row["ulps"] == row["difference"] / math.ulp(reference), name
            assert row["ulps"] == int(row["ulps"])


def test_ulps_of_zero_are_not_defined() -> None:
    """Where the exact value is 0, no difference from it has ulps but none at all."""
    found = implementations([1, 5], [2, 10])
    for row in rows(found).values():
        if ran(row):
            assert (row["ulps"] == 0) if row["difference"] == 0 else math.isnan(row["ulps"])
    assert rows(found)["klcli"]["value"] == 0.0
    assert found.agrees


@pytest.mark.parametrize("name", ALL)
def test_calls_are_what_is_called(name: str) -> None:
    """The expression in the table, evaluated as it stands, gives the value beside it."""
    needs_torch(name)
    row = rows(implementations(P, Q1))[name]
    p, q = np.array(P), np.array(Q1)
    names: dict[str, Any] = {"p": p, "q": q, "np": np, "log": math.log, "klcli": klcli}
    if name.startswith("scipy"):
        names |= {"rel_entr": scipy.special.rel_entr, "entropy": scipy.stats.entropy}
    if name.startswith("torch"):
        torch = sys.modules["torch"]
        names |= {"KLDivLoss": torch.nn.KLDivLoss, "p": torch.from_numpy(p), "q": torch.from_numpy(q)}
    with mp.workdps(50):
        if name == "mpmath":
            sides = {
                side: [x / mpmath.fsum(given) for x in map(mpmath.mpf, given)]
                for side, given in zip("pq", (P, Q1), strict=True)
            }
            names |= {"fsum": mpmath.fsum, "log": mpmath.log, **sides}
        assert float(eval(row["call"].removesuffix(", 50 digits"), names)) == row["value"]


@pytest.mark.parametrize("name", TEXTBOOK)
def test_implementations_are_independent_of_klcli(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No textbook form touches klcli's arithmetic: without it they say the same."""
    needs_torch(name)
    for attribute in ("Contrast", "total", "sum_of", "surprisal", "log"):
        monkeypatch.delattr(numerics, attribute)
    with np.errstate(all="ignore"):
        found = TEXTBOOK[name].function(np.array([0.5, 0.5, 0.0]), np.array([0.25, 0.5, 0.25]))
    assert found == pytest.approx(0.5 * math.log(2), rel=1e-15)


# Implementations: zeros, infinity and what float64 cannot hold


@pytest.mark.parametrize("name", ALL)
def test_zeros_give_the_same_in_all(name: str) -> None:
    """Where p = 0 a term is 0 in every implementation, also where q is 0 too."""
    needs_torch(name)
    row = rows(implementations({"a": 1, "b": 1, "c": 0, "d": 0}, {"a": 1, "b": 2, "c": 1, "d": 0}))[name]
    assert row["value"] == pytest.approx(0.5 * math.log(2), rel=1e-15)


def test_what_is_done_about_zeros_is_said() -> None:
    """Where p has zeros, those that cannot take them say that they were left out; where it has none, nobody does."""
    with_zeros, without = (rows(implementations(p, [0.5, 0.25, 0.25])) for p in ([1, 0, 0], [2, 1, 1]))
    assert with_zeros["numpy"]["remark"] == with_zeros["plain Python"]["remark"] == "p = 0 left out"
    assert with_zeros["scipy.special.rel_entr"]["remark"] == without["numpy"]["remark"] == ""


def test_torch_says_why_zeros_are_left_out() -> None:
    """The formula of torch is nan where p and q are both 0, so it is not given those, and the table says so."""
    torch = pytest.importorskip("torch", reason="PyTorch is an optional package")
    p, q = torch.tensor([1.0, 0.0]), torch.tensor([1.0, 0.0])
    assert math.isnan(float(torch.nn.KLDivLoss(reduction="sum")(q.log(), p)))
    found = rows(implementations([1, 0], [1, 0]))["torch.nn.KLDivLoss"]
    assert (found["value"], found["remark"]) == (0.0, "p = 0 left out: 0·(−∞) is nan there")


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("q", [[1, 0, 0], [0, 0, 1]], ids=["some", "disjoint"])
def test_what_q_lacks_is_infinite_in_all(name: str, q: list[float]) -> None:
    """Where q = 0 < p every implementation says infinity, and that is agreement."""
    needs_torch(name)
    found = implementations([0.5, 0.5, 0], q)
    row = rows(found)[name]
    assert (row["value"], row["difference"], row["ulps"]) == (math.inf, 0.0, 0.0)
    assert (found.value, found.agrees) == (0.0, True)
    assert found.details == {"divergence": math.inf, "agreement": True, "tolerance": 0.0, "klcli_tolerance": 0.0}


def test_infinity_is_explained_last() -> None:
    """The notes say that all agree, and then which outcomes make it infinite."""
    found = implementations([0.5, 0.5], [1, 0])
    count = sum(map(ran, rows(found).values()))
    assert found.notes[-2:] == (
        f"all {count} agree that it is infinite",
        "infinite: Q gives no probability to outcome 1, where P has 0.5 of its mass",
    )
    assert found.explanation[0] == "widest difference = 0: all are the same float64"


@pytest.mark.parametrize("q", [[1, 1e-310], [1e300, 1e-20]], ids=["subnormal", "nothing"])
def test_shares_too_small_for_float64_are_said(q: list[float]) -> None:
    """Where a share of Q is hardly a float64 or none, others may say infinity: that breaks nothing and is told."""
    found = implementations([1, 1], q, normalize=True)
    table = rows(found)
    assert table["numpy"]["value"] == math.inf
    assert table["klcli"]["value"] == pytest.approx(float(exact("kl", [1, 1], q)), rel=1e-15)
    assert found.agrees
    assert found.details["tolerance"] == found.value == math.inf
    said, infinite = found.notes[-2:]
    assert said == (
        "a share is too small for float64 at 1, so nothing is asked of the implementations that are given shares"
    )
    assert infinite.startswith("infinite: plain Python, numpy")
    assert infinite.endswith(": not finite where the exact value is, or finite where it is not")


def test_a_share_of_p_too_small_for_float64_is_said() -> None:
    """Where the only mass that Q lacks is no float64 after division, klcli still finds it, and others do not."""
    found = implementations([1e300, 1e-30], [1, 0], normalize=True)
    table = rows(found)
    assert (table["klcli"]["value"], table["mpmath"]["value"], table["numpy"]["value"]) == (math.inf, math.inf, 0.0)
    assert found.agrees
    assert found.notes[-1].startswith("infinite: plain Python, numpy")


def test_a_small_share_of_q_where_p_is_zero_changes_nothing() -> None:
    """A share of Q that is hardly a float64 is asked for nowhere where p = 0, so the tolerance is as ever."""
    found = implementations([1, 0], [1, 1e-310])
    assert found.details["tolerance"] < 1e-14
    assert found.agrees


@pytest.mark.parametrize(
    ("p", "q"),
    [
        ([1.0], [1.0]),
        ([1.0, 1e-300], [1.0, 2e-300]),
        ([1.0, 5e-324], [1.0, 1e-323]),
        ([1e308, 1e308, 1e308], [1e308, 1e308, 9e307]),
        ([1.0, 1 + 2**-52], [1 + 2**-52, 1 + 2**-51]),
        ([0.1, 0.2, 0.7], [1, 2, 7]),
    ],
)
def test_the_reference_is_exact(p: list[float], q: list[float]) -> None:
    """The row of mpmath is right to the last digit, also where 50 digits on the way would leave none."""
    assert rows(implementations(p, q, normalize=True))["mpmath"]["value"] == float(exact("kl", p, q))


# Implementations: agreement


@given(pair=weights(), base=st.sampled_from([2, math.e, 10]))
@property_test(60)
def test_all_agree_on_anything(pair: list[list[float]], base: float) -> None:
    """Whatever the weights, near or far, with zeros or without: differences are no larger than the tolerance says."""
    found = implementations(*pair, base=base, normalize=True)
    assert found.agrees, found.notes


@pytest.mark.parametrize("spread", [1e-1, 1e-4, 1e-8, 1e-12])
def test_near_equality_others_lose_digits_and_klcli_does_not(spread: float) -> None:
    """The nearer P and Q, the more ulps the textbook's sum is off; klcli stays within a few."""
    p = np.array([0.1, 0.2, 0.3, 0.4])
    found = implementations(p, p * (1 + spread * np.array([1, -1, 1, -0.5])), normalize=True)
    table = rows(found)
    assert abs(table["klcli"]["ulps"]) <= 8
    if spread < 1e-3:
        assert abs(table["numpy"]["ulps"]) > 1e-17 / spread**2
    assert found.agrees


def test_the_loss_of_digits_is_explained() -> None:
    """A note tells how large the terms are that cancel; without terms of both signs there is none."""
    (note,) = [note for note in implementations(P, Q1).notes if "rel_entr" in note]
    assert note == (
        "rel_entr and its like add terms of both signs, 0.102107 in size, which cancel to 0.00673502: what was "
        "rounded in shares and terms stays in the last digits; klcli adds terms that are not below 0, from the "
        "exact p − q"
    )
    assert not [note for note in implementations([1, 0], [0.5, 0.5]).notes if "rel_entr" in note]


@pytest.mark.parametrize("base", [2, math.e, 10])
def test_the_tolerance_is_the_one_that_is_stated(base: float) -> None:
    """It is (n/2 + 8)·2^-52·(1 + H(P) + H(P,Q)) nats, in the unit of the base, and a note says so."""
    found = implementations(P, Q1, base=base)
    size = 1 + float(exact("entropy", P)) + float(exact("cross-entropy", P, Q1))
    assert found.details["tolerance"] * math.log(base) == pytest.approx(11.5 * 2**-52 * size, rel=1e-12)
    assert found.details["klcli_tolerance"] == pytest.approx(1e-14 * klcli.kl(P, Q1, base=base).value)
    stated = f"(n/2 + 8)·2^-52·(1 + H(P) + H(P,Q)) nats = {found.details['tolerance']:.3g} {found.unit}"
    assert found.notes[-1].endswith(f"klcli within 1e-14 of the value, the textbook's sums within {stated}")


def test_a_fault_of_klcli_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Being wrong by 2e-14 of its value, which is less than the others may be, is no agreement of klcli."""
    right = numerics.Contrast.mean_log_ratio
    monkeypatch.setattr(numerics.Contrast, "mean_log_ratio", lambda *args: right(*args) * (1 + 2e-14))
    found = implementations(P, Q1)
    assert not found.agrees
    assert found.details["agreement"] is False
    assert found.value < found.details["tolerance"]
    assert rows(found)["klcli"]["remark"] == "beyond the tolerance"
    assert found.notes[-1] == "no agreement: klcli beyond the tolerance"
    assert found.explanation[-1].startswith("A difference is larger than rounding explains")


@pytest.mark.parametrize("name", TEXTBOOK)
@pytest.mark.parametrize(
    "fault",
    [lambda p, q: float((q * np.log(q / p)).sum()), lambda p, q: float((p * np.log(p / q)).mean()), lambda *_: 0.0],
    ids=["sides exchanged", "mean for sum", "zero"],
)
def test_a_fault_of_another_is_found(name: str, fault: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """An implementation that computes something else is named, and the others are not."""
    monkeypatch.setitem(TEXTBOOK, name, TEXTBOOK[name]._replace(function=fault))
    found = implementations(P, Q1)
    assert not found.agrees
    assert [row["outcome"] for row in rows(found).values() if "beyond" in row["remark"]] == [name]
    assert found.notes[-1] == f"no agreement: {name} beyond the tolerance"


def test_the_tolerance_is_close() -> None:
    """Off by a ten-millionth of a millionth is more than rounding explains."""
    assert implementations(P, Q1).details["tolerance"] < 2e-14
    assert implementations(P, Q1).details["tolerance"] > implementations(P, Q1).value


def test_a_remark_keeps_what_was_said_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is beyond the tolerance and left zeros out says both."""
    monkeypatch.setitem(TEXTBOOK, "numpy", TEXTBOOK["numpy"]._replace(function=lambda *_: 1.0))
    assert rows(implementations([1, 0], [0.5, 0.5]))["numpy"]["remark"] == "beyond the tolerance; p = 0 left out"


@pytest.mark.parametrize(
    ("answer", "difference"), [(math.nan, math.inf), (math.inf, math.inf), (-math.inf, -math.inf)]
)
def test_no_answer_is_no_agreement(answer: float, difference: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """An implementation that says nan or infinity to what is finite is infinitely far off, as the last note says."""
    monkeypatch.setitem(TEXTBOOK, "numpy", TEXTBOOK["numpy"]._replace(function=lambda *_: answer))
    found = implementations(P, Q1)
    assert rows(found)["numpy"]["difference"] == difference
    assert (found.value, found.agrees) == (math.inf, False)
    assert found.notes[-1].startswith("infinite: numpy: not finite where the exact value is")


def test_a_finite_answer_to_what_is_infinite_is_no_agreement(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where D is infinite every implementation has to say so."""
    monkeypatch.setitem(TEXTBOOK, "numpy", TEXTBOOK["numpy"]._replace(function=lambda *_: 1e300))
    found = implementations([0.5, 0.5], [1, 0])
    assert not found.agrees
    assert math.isnan(rows(found)["numpy"]["ulps"])


# Implementations: what is not there


@pytest.mark.parametrize("name", OPTIONAL)
def test_what_is_not_installed_says_what_to_install(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its package an implementation is a row without numbers that says how to get it; the others agree."""
    package, extra = OPTIONAL[name]
    take_away(package, monkeypatch)
    found = implementations(P, Q1)
    row = rows(found)[name]
    assert all(math.isnan(row[column]) for column in ("value", "difference", "ulps", "seconds"))
    assert row["remark"] == f"not installed: pip install 'klcli[{extra}]'"
    assert math.isfinite(found.value)
    assert found.agrees


def test_without_any_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """With nothing but numpy three implementations are left, and klcli stands in for the exact value."""
    for package, _ in OPTIONAL.values():
        take_away(package, monkeypatch)
    found = implementations(P, Q1)
    assert [name for name, row in rows(found).items() if ran(row)] == ["klcli", "plain Python", "numpy"]
    assert found.formula.endswith(" − that of klcli|")
    assert rows(found)["klcli"]["difference"] == 0.0
    note, verdict = found.notes[-2:]
    assert (
        note == "differences are from klcli, itself not checked: mpmath is not installed: pip install 'klcli[check]'"
    )
    assert verdict.startswith("all 3 agree: the textbook's sums within ")
    assert len(found.explanation) == 3


def test_a_fault_of_klcli_shows_in_the_others_without_mpmath(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where klcli is the reference and wrong, all others are beyond the tolerance."""
    take_away("mpmath", monkeypatch)
    right = numerics.Contrast.mean_log_ratio
    monkeypatch.setattr(numerics.Contrast, "mean_log_ratio", lambda *args: right(*args) * (1 + 1e-9))
    assert not implementations(P, Q1).agrees


def test_many_outcomes_do_without_mpmath() -> None:
    """Above 10,000 outcomes mpmath is left out, which its row and a note say; at 10,000 it is not."""
    assert crosscheck.LARGEST == 10_000
    p, q = np.arange(1.0, 10_002), np.arange(10_001, 0.0, -1)
    found = implementations(p, q)
    row = rows(found)["mpmath"]
    assert math.isnan(row["value"])
    assert row["remark"] == "left out: it is slow, and these are over 10000 outcomes"
    assert f"differences are from klcli, itself not checked: mpmath is {row['remark']}" in found.notes
    assert found.agrees
    assert rows(implementations(p[1:], q[1:]))["mpmath"]["value"] > 0


# Implementations: times, options and sources


def test_seconds_are_the_best_of_three_calls() -> None:
    """By a clock on which calls take 30, 10 and 20 ms in turn, every implementation took 10."""
    found = implementations(P, Q1, clock=Clock(0.03, 0.01, 0.02))
    assert {round(row["seconds"], 9) for row in rows(found).values() if ran(row)} == {0.01}


@pytest.mark.parametrize(("seconds", "times"), [(0.01, 3), (0.06, 2), (0.2, 1)])
def test_slow_calls_are_timed_less_often(seconds: float, times: int) -> None:
    """A call is timed until there are three, or a tenth of a second of them."""
    clock = Clock(seconds)
    found = implementations(P, Q1, clock=clock)
    assert clock.asked == 2 * times * sum(map(ran, rows(found).values()))


def test_by_the_same_clock_the_result_is_the_same() -> None:
    """Nothing but the seconds changes from one run to the next."""
    first, second = (implementations(P, Q1, clock=Clock(0.01)) for _ in range(2))
    for name in first.terms:
        np.testing.assert_array_equal(first.terms[name], second.terms[name])
    assert (first.notes, first.explanation, first.details) == (second.notes, second.explanation, second.details)


@pytest.mark.parametrize("base", [2, 3, 10])
def test_the_base_is_that_of_every_value(base: float) -> None:
    """Every implementation's value is in the unit of the base."""
    found = implementations([0.5, 0.25, 0.25], [0.25, 0.25, 0.5], base=base)
    for row in rows(found).values():
        if ran(row):
            assert row["value"] == pytest.approx(0.25 * math.log(2) / math.log(base), rel=1e-15)


def test_in_base_2_dyadic_distributions_are_exact() -> None:
    """Both klcli and mpmath say 0.25 bits where it is 0.25 bits."""
    table = rows(implementations([0.5, 0.25, 0.25], [0.25, 0.25, 0.5], base=2))
    assert table["klcli"]["value"] == table["mpmath"]["value"] == 0.25


def test_smoothing_and_counts_are_as_in_kl() -> None:
    """Counts are matched by label, smoothed and noted as by kl itself, and all implementations are given the same."""
    p, q = {"a": 3, "b": 1}, {"a": 1, "c": 1}
    found = implementations(p, q, smooth="laplace")
    alone = klcli.kl(p, q, smooth="laplace")
    assert found.notes[: len(alone.notes)] == alone.notes
    assert rows(found)["klcli"]["value"] == alone.value
    assert rows(found)["numpy"]["value"] == pytest.approx(alone.value, rel=1e-14)
    assert found.agrees


def test_distributions_keep_their_names_in_a_check() -> None:
    """The sides are called as the distributions are."""
    p, q = (Distribution(("a", "b"), [0.5, 0.5], name=name) for name in ("mine", "yours"))
    assert implementations(p, q).inputs == {"p": "mine", "q": "yours"}


@pytest.mark.parametrize("function", [implementations, laws])
@pytest.mark.parametrize(
    ("args", "options", "error", "message"),
    [
        (([0.5, 0.5], [1]), {}, InputError, "P has 2 outcomes and Q has 1"),
        (([0.5, 0.5], [0.5, 0.2]), {}, InputError, "Q: the values sum to 0.7"),
        (([0.5, 0.5], [0.5, 0.5]), {"base": 1}, OptionError, "base is 1: "),
        (([0.5, 0.5], [0.5, 0.5]), {"base": math.nan}, OptionError, "base is nan: "),
        (([0.5, 0.5], [0.5, 0.5]), {"smooth": "laplace"}, OptionError, "P: --smooth laplace adds 1"),
    ],
)
def test_what_means_nothing_is_refused(
    function: Any, args: Any, options: Any, error: type[Exception], message: str
) -> None:
    """Data and options are refused as the measures refuse them."""
    with pytest.raises(error) as caught:
        function(*args, **options)
    assert str(caught.value).startswith(message)
