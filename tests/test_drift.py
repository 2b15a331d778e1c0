"""Drift: how far a table has moved from a reference, and profiles, which are tables without rows."""

from __future__ import annotations

import base64
import contextlib
import gzip
import json
import math
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from conftest import SAMPLES, Done
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from klcli import engines, output, profiles
from klcli.drift import drift, exceeded, g_test, limits, q_values
from klcli.engines._arrow import durations
from klcli.errors import InputError, OptionError
from klcli.measures import MEASURES, kl
from klcli.profiles import Column, Profile
from klcli.special import chi2_tail, chi2_value

pytest.importorskip("duckdb", reason="duckdb is not installed")

Run = Callable[..., Done]
MAY, JUNE = (str(SAMPLES / f"orders_{month}.csv") for month in ("may", "june"))


@pytest.fixture(autouse=True)
def _in_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test works in a folder of its own."""
    monkeypatch.chdir(tmp_path)


def refused(done: Done) -> str:
    """The one line of a command that refuses."""
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    return done.err.removeprefix("klcli: ").rstrip("\n")


def profile(name: str = "ref", **columns: dict[str, int]) -> Profile:
    """A profile of columns of words."""
    rows = max((sum(counts.values()) for counts in columns.values()), default=0)
    return Profile(name, rows, {title: Column("text", counts) for title, counts in columns.items()})


def by_label(results: list[Any]) -> dict[str, Any]:
    """The details of each column."""
    return {result.label: result.details for result in results}


# Chance


@pytest.mark.parametrize("freedom", [1, 2, 3, 9, 10, 50, 999, 10_000])
def test_chi_square_as_scipy_has_it(freedom: int) -> None:
    """Tails are within 1e-12 of those of scipy, however far out, and their inverse leads back."""
    for tail in (0.999, 0.5, 0.05, 1e-5, 1e-20, 1e-200):
        x = float(stats.chi2.isf(tail, freedom))
        assert chi2_tail(x, freedom) == pytest.approx(stats.chi2.sf(x, freedom), rel=1e-12)
        if tail > 1e-10:
            assert chi2_value(tail, freedom) == pytest.approx(x, rel=1e-12)
    assert (chi2_tail(0, freedom), chi2_tail(math.inf, freedom)) == (1, 0)


@given(st.lists(st.tuples(st.integers(10, 500), st.integers(10, 500)), min_size=2, max_size=8))
def test_the_g_test_as_scipy_has_it(pairs: list[tuple[int, int]]) -> None:
    """G and its p-value are those of scipy's test of contingency."""
    a, b = np.array(pairs, dtype=float).T
    both = np.stack([a, b])
    if stats.contingency.expected_freq(both).min() < 5:
        return
    expected = stats.chi2_contingency(both, correction=False, lambda_="log-likelihood")
    found = g_test(a, b)
    assert found.freedom == expected.dof
    assert found.g == pytest.approx(expected.statistic, rel=1e-9, abs=1e-9)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-8, abs=1e-300)


def test_rare_outcomes_are_taken_together() -> None:
    """Of a thousand outcomes that come once there is nothing to test but the rest of them."""
    a, b = np.r_[np.ones(500), np.zeros(500), 500.0], np.r_[np.zeros(500), np.ones(500), 500.0]
    assert g_test(a, b) == (0.0, 1, 1.0)
    assert g_test(np.array([3.0, 1.0]), np.array([1.0, 2.0])) == (0.0, 0, 1.0)


@pytest.mark.parametrize(
    "shares", [[0.5, 0.5], [0.1] * 10, [0.9, 0.05, 0.03, 0.02], (0.7 ** np.arange(1, 30) / 3 * 1.286).tolist()]
)
def test_p_values_are_uniform_where_nothing_drifted(shares: list[float]) -> None:
    """Of samples of one distribution one in twenty has p < 0.05, however rare some outcomes are."""
    rng = np.random.default_rng(5)
    whole = np.array(shares) / sum(shares)
    found = [
        g_test(rng.multinomial(300, whole).astype(float), rng.multinomial(700, whole).astype(float)).p_value
        for _ in range(2000)
    ]
    assert 0.035 < np.mean(np.array(found) < 0.05) < 0.065
    assert 0.45 < np.mean(np.array(found) < 0.5) < 0.56


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_q_values_as_scipy_has_them(p_values: list[float]) -> None:
    """They are those of Benjamini and Hochberg."""
    assert q_values(p_values) == pytest.approx(stats.false_discovery_control(p_values).tolist())


@pytest.mark.parametrize(("n", "m", "size"), [(500, 500, 10), (3000, 1000, 4), (2000, 5000, 40)])
def test_the_noise_floor_is_the_mean_of_what_chance_does(n: int, m: int, size: int) -> None:
    """Where nothing drifted, D(P‖Q), JS and PSI are on average what the noise floors say."""
    rng = np.random.default_rng(6)
    found: dict[str, list[float]] = {"js": [], "kl": [], "psi": []}
    shares = np.full(size, 1 / size)
    for _ in range(400):
        a, b = (dict(zip(map(str, range(size)), rng.multinomial(k, shares).tolist(), strict=True)) for k in (n, m))
        (result,) = drift(profile(x=a), profile("cur", x=b))
        for name, values in found.items():
            values.append(result.details[name])
    for name, floor in (("js", "noise_floor"), ("kl", "noise_floor_kl"), ("psi", "noise_floor_psi")):
        assert np.mean(found[name]) == pytest.approx(result.details[floor], rel=0.12)


# Columns


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 500), min_size=1),
    st.dictionaries(st.sampled_from("abcdefg"), st.integers(1, 500), min_size=1),
)
def test_the_numbers_are_those_of_the_measures(p: dict[str, int], q: dict[str, int]) -> None:
    """JS, D(P‖Q), PSI and TV of a column are what klcli says of its counts; its terms add up, and none is below 0."""
    (result,) = drift(profile(x=p), profile("cur", x=q))
    for name in ("js", "kl", "psi", "tv"):
        assert result.details[name] == MEASURES[name](p, q).value
    assert result.value == result.details["js"]
    terms = {name: np.asarray(column) for name, column in result.terms.items() if name != "outcome"}
    assert math.fsum(terms["contribution"]) == pytest.approx(result.value, rel=1e-12, abs=1e-300)
    assert math.fsum(terms["gap"]) == pytest.approx(result.details["kl"], rel=1e-12, abs=1e-300)
    assert math.fsum(terms["share"]) == pytest.approx(1.0 if result.value else 0.0)
    assert all((column >= 0).all() for column in terms.values())


def test_the_reference_is_p() -> None:
    """What the reference has and the current table lacks makes D(P‖Q) infinite; what is new makes PSI so."""
    lost = drift(profile(x={"a": 50, "b": 50}), profile("cur", x={"a": 100}))[0]
    assert (lost.details["kl"], lost.details["psi"]) == (math.inf, math.inf)
    assert "x: absent from cur: b, with 0.5 of the other side: D(P‖Q) and PSI are infinite" in lost.notes
    new = drift(profile(x={"a": 100}), profile("cur", x={"a": 50, "b": 50}))[0]
    assert (new.details["kl"], new.details["psi"]) == (kl([100], [50, 50][:1]).value + math.log(2), math.inf)
    assert "x: absent from ref: b, with 0.5 of the other side: PSI is infinite" in new.notes


def test_verdicts() -> None:
    """Drifted is what matters and is sure, noise what matters and is not; the worst come first."""
    few, many = {"a": 5, "b": 9}, {"a": 9, "b": 5}
    columns = {
        "moved": ({"a": 500, "b": 500}, {"a": 300, "b": 700}),
        "few": (few, many),
        "same": ({"a": 500, "b": 500}, {"a": 501, "b": 499}),
        "tiny": ({"a": 500_000, "b": 500_000}, {"a": 505_000, "b": 495_000}),
    }
    results = drift(
        profile(**{name: p for name, (p, _) in columns.items()}),
        profile("cur", **{name: q for name, (_, q) in columns.items()}),
    )
    assert [(result.label, result.details["verdict"]) for result in results] == [
        ("moved", "drifted"), ("few", "noise"), ("tiny", "stable"), ("same", "stable"),
    ]  # fmt: skip
    assert by_label(results)["tiny"]["q_value"] < 1e-10
    assert "moved: drifted: a 0.5 → 0.3 (" in " ".join(results[0].notes)


def test_columns_that_one_side_lacks_are_told_of() -> None:
    """Added and removed columns are listed; where there is none in common, that is refused."""
    results = drift(profile(x={"a": 1}, old={"a": 1}), profile("cur", x={"a": 1}, new={"a": 1}))
    assert [result.label for result in results] == ["x"]
    assert {"columns of ref alone: old", "columns of cur alone: new"} <= set(results[0].notes)
    alone = "columns of ref alone: x, columns of cur alone: y"
    with pytest.raises(InputError, match=rf"^ref and cur have no column to compare: {alone}$"):
        drift(profile(x={"a": 1}), profile("cur", y={"a": 1}))


def test_smoothing_is_by_name() -> None:
    """Without it a new category is infinite, with it it is not, and a note says which one it was."""
    p, q = profile(x={"a": 50, "b": 50}), profile("cur", x={"a": 100})
    smoothed = drift(p, q, smooth="laplace")[0]
    assert smoothed.details["kl"] == MEASURES["kl"]({"a": 50, "b": 50}, {"a": 100}, smooth="laplace").value
    assert any("smoothed (laplace)" in note for note in smoothed.notes)
    assert smoothed.details["p_value"] == drift(p, q)[0].details["p_value"]
    (line,) = drift(p, q, sensitivity=True)[0].explanation
    assert line.startswith("D(P‖Q) as it is ∞, laplace ")


def test_limits() -> None:
    """A limit is that of a measure, or of how many columns drifted; of what is above it is said so."""
    assert limits("0.1") == {"js": 0.1}
    results = drift(profile(x={"a": 500, "b": 500}), profile("cur", x={"a": 300, "b": 700}))
    assert exceeded(results, limits("psi=0.1,drifted=0,tv=0.3")) == [
        "x: psi is 0.169460, above 0.1".replace("0.169460", "0.16946"), "1 column drifted, above 0",
    ]  # fmt: skip
    assert exceeded(results, limits("psi=0.2,drifted=1")) == []
    for text in ("psi", "chi=1", "psi=x", ""):
        with pytest.raises(OptionError):
            limits(text)
    with pytest.raises(OptionError, match=r"^'psi' is not a number: give a number for js, or psi=0\.2$"):
        limits("psi")


# The command


def test_the_table(call: Run) -> None:
    """What a person is shown: every column with its numbers and its verdict, then what carries the drift."""
    done = call("drift", MAY, JUNE, "--exclude", "day", "--top", "2")
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        "Drift   JS(P,Q) = ½D(P‖M) + ½D(Q‖M), M = ½(P+Q)\n"
        "P = orders_may.csv    Q = orders_june.csv    base e (nats)\n"
        "\n"
        "column   JS(P,Q)  kind         verdict    D(P‖Q)       PSI        TV  JS by chance       q-value\n"
        "price   0.024746  number       drifted  0.110679  0.204013  0.175000      0.004167  1.890687e-08\n"
        "city    0.011702  categorical  drifted  0.033935  ∞         0.033333      0.001667  0.000024\n"
        "items   0.000932  number       stable   0.003740  0.007458  0.040000      0.001250  0.680089\n"
        "member  0.000071  boolean      stable   0.000283  0.000567  0.011667      0.000417  0.680089\n"
        "\n"
        "note: P is the reference, orders_may.csv (600 rows), and Q is orders_june.csv (600 rows); D(P‖Q) is what it "
        "costs to take Q for P\n"
        "note: drifted: q-value <= 0.05 and JS >= 0.01 nats; noise: JS >= 0.01, and chance may do it; else stable\n"
        "note: price: drifted: (-inf, 8.98) 0.0983 → 0.0317 (36 %), [8.98, 11.58) 0.0983 → 0.04 (26 %), "
        "[33.61, 46.07) 0.0983 → 0.162 (16 %)\n"
        "note: city: absent from orders_may.csv: Quito, with 0.0333 of the other side: PSI is infinite\n"
        "note: city: drifted: Quito 0 → 0.0333 (99 %), 東京 0.24 → 0.23 (0 %), Berlin 0.41 → 0.398 (0 %)\n"
    )


DETAILS = {
    "kind", "n", "m", "bins", "js", "kl", "psi", "tv", "g", "degrees_of_freedom", "p_value", "q_value", "noise_floor",
    "noise_floor_kl", "noise_floor_psi", "psi_critical", "verdict",
}  # fmt: skip


def test_json(call: Run) -> None:
    """One result a column, its name in label, its numbers in details."""
    results = call("drift", MAY, JUNE, "--json").results
    assert [result["label"] for result in results] == ["day", "price", "city", "items", "member"]
    assert set(results[0]["details"]) == DETAILS
    assert set(results[2]["details"]) == DETAILS - {"bins"} | {"labels"}
    assert results[2]["details"]["psi"] == "Infinity"


def test_of_itself(call: Run) -> None:
    """A table has not moved from itself: every number is 0, and every column stable."""
    for result in call("drift", MAY, MAY, "--json").results:
        assert (result["value"], result["details"]["kl"], result["details"]["psi"]) == (0, 0, 0)
        assert (result["details"]["p_value"], result["details"]["verdict"]) == (1, "stable")


def test_columns_can_be_chosen(call: Run) -> None:
    """--columns and --exclude name columns of the tables, and others are refused."""
    labels = [result["label"] for result in call("drift", MAY, JUNE, "--columns", "city,price", "--json").results]
    assert labels == ["price", "city"]
    assert "no column 'prise'" in refused(call("drift", MAY, JUNE, "--columns", "prise"))
    assert "no column 'prise'" in refused(call("drift", MAY, JUNE, "--exclude", "prise"))
    assert "is a column: give --columns city" in refused(call("drift", f"{MAY}::city", JUNE))


def test_a_chart_is_of_one_column(call: Run) -> None:
    """Columns have outcomes of their own, so that a chart shows one of them."""
    assert refused(call("drift", MAY, JUNE, "-f", "bars")) == ("a chart shows one column: choose it by --columns")


def test_fail_above(call: Run) -> None:
    """A limit that is exceeded is exit code 1, with a line for each column that exceeds it."""
    done = call("drift", MAY, JUNE, "--columns", "price,items", "--fail-above", "psi=0.2,drifted=0")
    assert done.code == 1
    assert done.err == (
        "klcli: price: psi is 0.204013, above 0.2 (--fail-above)\nklcli: 1 column drifted, above 0 (--fail-above)\n"
    )
    assert call("drift", MAY, JUNE, "--columns", "items", "--fail-above", "psi=0.2,drifted=0").code == 0
    assert "'psy' is nothing that can be limited" in refused(call("drift", MAY, JUNE, "--fail-above", "psy=1"))


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        (("-", "-"), "standard input (-) can be read once only: give the other table as a file"),
        (("/dev/stdin", "-"), "standard input (-) can be read once only: give the other table as a file"),
        ((MAY, JUNE, "--fdr", "2"), "Invalid value for '--fdr': 2 is out of range: give a number >= 0 and <= 1"),
        ((MAY, JUNE, "--fdr", "-1"), "Invalid value for '--fdr': -1 is out of range: give a number >= 0 and <= 1"),
    ],
)
def test_what_is_asked_for_in_vain(call: Run, args: tuple[str, ...], reason: str) -> None:
    """Two tables from one standard input, and a share that is none, are refused before anything is read."""
    assert refused(call("drift", *args, stdin=Path(MAY).read_text())).startswith(reason)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--columns", ""), "no column '' among a, b"),
        (("--exclude", ""), "no column '' among a, b"),
        (("--exclude", "b,a"), "no column is left of a, b"),
        (("--columns", "a", "--exclude", "a"), "no column is left of a, b"),
    ],
)
def test_columns_of_which_none_is_left(call: Run, options: tuple[str, ...], reason: str) -> None:
    """An empty name is what a variable of the shell is that was never set, and is not all of them."""
    Path("t.csv").write_text("a,b\n1,2\n")
    for command in (("profile", "count", "t.csv"), ("drift", "t.csv", "t.csv")):
        assert refused(call(*command, *options)) == f"t.csv: {reason}"


def test_columns_of_one_side_can_be_left_out(call: Run) -> None:
    """One may be no text, and would be read; a name that neither side has is a slip."""
    Path("a.csv").write_text("id,x\n1,1\n2,2\n")
    Path("b.csv").write_text("x,y\n1,1\n2,1\n")
    call("profile", "count", "a.csv", "-o", "a.json")
    for reference, current in (("a.csv", "b.csv"), ("b.csv", "a.csv"), ("a.json", "b.csv"), ("b.csv", "a.json")):
        for options in (("--exclude", "id"), ("--exclude", "y,id"), ("--columns", "x,y,id"), ("--columns", "x")):
            assert [each["label"] for each in call("drift", reference, current, *options, "--json").results] == ["x"]
        assert "no column 'z' among " in refused(call("drift", reference, current, "--exclude", "z"))
    told = "columns of a.csv alone: id"
    assert told in call("drift", "a.csv", "b.csv", "--json").results[0]["notes"]
    assert told not in call("drift", "a.csv", "b.csv", "--exclude", "id", "--json").results[0]["notes"]


def test_nan_beside_days_is_missing(call: Run) -> None:
    """As it is beside numbers, and --no-missing leaves it out."""
    Path("days.csv").write_text("x,y\n2024-01-01,1\n2024-01-02,1\n")
    with duckdb.connect() as base:
        base.execute("COPY (SELECT * FROM (VALUES ('nan'::DOUBLE, 1), (1.0, 1), (NULL, 1)) t(x, y)) TO 'q.parquet'")
    for options, wanted in (((), {"(no date)", "(missing)", "NaN"}), (("--no-missing",), {"(no date)"})):
        (found,) = call("drift", "days.csv", "q.parquet", "--columns", "x", "--json", *options).results
        held = {term["outcome"]: term["q"] for term in found["terms"] if term["q"]}
        assert held == dict.fromkeys(wanted, 1 / len(wanted))


def test_notes_of_either_side_say_of_which(call: Run) -> None:
    """What was left out of a folder of the one is not of the other."""
    for name in ("may", "june"):
        Path(name).mkdir()
        Path(name, "a.csv").write_text("x,y\n1,1\n2,2\n")
    Path("june", "part-1").touch()
    (x, _) = call("drift", "may", "june", "--json").results
    assert x["notes"][2:] == ["june: left out, for no data have such an ending: part-1"]


def test_what_may_not_be_read_is_no_fault_of_writing(call: Run) -> None:
    """A file of another user is a wrong input, with its name; so is one that gives an error when it is read."""
    Path("t.csv").write_text("a,b\n1,2\n")
    told = "/proc/self/mem: input/output error"
    for command in (("drift", "/proc/self/mem", "t.csv"), ("drift", "t.csv", "/proc/self/mem")):
        assert refused(call(*command)) == told
    assert refused(call("profile", "count", "/proc/self/mem")) == told


def test_names_that_are_numbers(call: Run) -> None:
    """Years, or what pandas calls columns without a name, are names where it is said that the row has names."""
    Path("t.csv").write_text("region,2019,2020\nEU,1,2\nUS,3,4\n")
    cure = "put a header before it (count, drift and profile take --no-header, and --header where these are names)"
    fault = f"t.csv: line 1: 2019 is a number: if the first row is data, {cure}"
    assert refused(call("count", "t.csv::2019")) == refused(call("drift", "t.csv", "t.csv")) == fault
    assert call("count", "t.csv::2019", "--header").out == "outcome,count\n1,1\n3,1\n"
    found = call("drift", "t.csv", "t.csv", "--header", "--json").results
    assert {each["label"] for each in found} == {"region", "2019", "2020"}


def test_of_what_is_not_counted_a_profile_says_nothing(call: Run) -> None:
    """How much is missing is known of columns of too many labels, and not of lists or of what --like lacks."""
    with duckdb.connect() as base:
        some = "CASE WHEN i % 10 > 0 THEN 'l' || i END AS many, CASE WHEN i > 5 THEN [i] END AS lists, 1 AS n"
        base.execute(f"COPY (SELECT {some} FROM range(20000) t(i)) TO 't.parquet'")
    call("profile", "count", "t.parquet", "-o", "t.json")
    columns = json.loads(Path("t.json").read_text())["columns"]
    assert columns["many"] == {"kind": "text", "counts": None, "nulls": 2000, "nans": 0, "edges": None}
    assert columns["lists"] == {"kind": "nested", "counts": None, "edges": None}
    call("profile", "merge", "t.json", "t.json", "-o", "both.json")
    assert json.loads(Path("both.json").read_text())["columns"]["many"]["nulls"] == 4000
    call("profile", "count", "t.parquet", "--columns", "n", "-o", "n.json")
    call("profile", "count", "t.parquet", "--like", "n.json", "-o", "like.json")
    assert json.loads(Path("like.json").read_text())["columns"]["many"] == {
        "kind": "uncounted", "counts": None, "edges": None
    }  # fmt: skip


def test_whole_numbers_beside_float64_are_compared_exactly(call: Run, tmp_path: Path) -> None:
    """Beyond 2^53 an edge is no float64, and a number of these is below it or not, in text and with types."""
    least = 2**53
    with duckdb.connect() as base:
        base.execute(f"COPY (SELECT {least} + 1 + i AS x FROM range(40) t(i)) TO 'p.parquet'")
        base.execute(f"COPY (SELECT CAST({least} + 2 * (i // 2) AS DOUBLE) AS x FROM range(40) t(i)) TO 'q.parquet'")
    Path("p.csv").write_text("x,y\n" + "".join(f"{least + 1 + i},1\n" for i in range(40)))
    Path("q.csv").write_text("x,y\n" + "".join(f"{float(least + 2 * (i // 2)):.1f},1\n" for i in range(40)))
    for p, q in (("p.parquet", "q.parquet"), ("p.csv", "q.csv"), ("p.csv", "q.parquet"), ("p.parquet", "q.csv")):
        (x,) = call("drift", p, q, "--columns", "x", "--bins", "4", "--json").results
        assert [term["q"] for term in x["terms"]] == [0.3, 0.25, 0.25, 0.2]


def test_missing_values_are_outcomes(call: Run) -> None:
    """A column that has lost its values has drifted, unless they are left out."""
    Path("a.csv").write_text("x,y\n" + "1,a\n2,a\n" * 100)
    Path("b.csv").write_text("x,y\n" + "1,a\n2,a\n,a\n,a\n" * 50)
    (x, _) = call("drift", "a.csv", "b.csv", "--json").results
    assert (x["details"]["verdict"], x["terms"][-1]["outcome"], x["terms"][-1]["q"]) == ("drifted", "(missing)", 0.5)
    assert call("drift", "a.csv", "b.csv", "--no-missing", "--json").results[0]["details"]["js"] == 0


def test_a_column_that_changed_its_kind(call: Run) -> None:
    """What is no number in a column of numbers is an outcome of its own, with the mass that it has."""
    Path("a.csv").write_text("x,y\n" + "".join(f"{index},a\n" for index in range(100)))
    Path("b.csv").write_text("x,y\n" + "".join(f"{index},a\n" for index in range(80)) + "oops,a\n" * 20)
    (x, _) = call("drift", "a.csv", "b.csv", "--json").results
    assert [term["q"] for term in x["terms"] if term["outcome"] == "(no number)"] == [0.2]
    (x, _) = call("drift", "b.csv", "a.csv", "--json").results
    assert (x["details"]["kind"], x["details"]["labels"]) == ("categorical", 101)


MANY = 20_000  # labels, more than are kept


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two tables with a column of many labels, of which the second has lost some and gained one."""
    rng = np.random.default_rng(7)
    folder = tmp_path_factory.mktemp("many")
    rows = [rng.integers(0, MANY, 60_000).tolist() for _ in range(2)]
    p = [f"u{x}" for x in rows[0]]
    q = [*(f"u{x}" for x in rows[1] if x > 10), *["new"] * 3000, *[""] * 50]
    for name, labels in (("p.csv", p), ("q.csv", q)):
        (folder / name).write_text("user,n\n" + "".join(f"{label},1\n" for label in labels))
    return folder / "p.csv", folder / "q.csv"


def test_many_labels_are_compared_by_the_engine(
    call: Run, many: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond what is kept the figures are the same, only the terms are fewer; a profile says that it lacks them."""
    command = ["drift", *map(str, many), "--columns", "user", "--json"]
    (found,) = call(*command).results
    kept = call("drift", str(many[0]), str(many[1]), "--columns", "user", "--save-profile", "p.json", "--json")
    assert kept.results == [found]
    monkeypatch.setattr("klcli.engines._profile.MOST_LABELS", 10**6)
    (exact,) = call(*command).results
    ours, theirs = found["details"], exact["details"]
    assert ours.keys() == theirs.keys()
    for name, x in theirs.items():
        assert ours[name] == (pytest.approx(x, rel=1e-9) if isinstance(x, float) else x), name
    assert ours["labels"] > 10_000
    terms = {term["outcome"]: term for term in exact["terms"]}
    assert [term["outcome"] for term in found["terms"]][:2] == ["new", "(missing)"]
    for term in found["terms"][:-1]:
        for name, x in terms[term["outcome"]].items():
            assert term[name] == (pytest.approx(x, rel=1e-9) if isinstance(x, float) else x)
    others = found["terms"][-1]
    assert others["outcome"] == "(others)"
    for name in ("p", "q", "contribution"):
        assert sum(term[name] for term in found["terms"]) == pytest.approx(sum(term[name] for term in exact["terms"]))
    assert others["gap"] == "Infinity"
    assert any("compared by the engine: figures are within 1e-9" in note for note in found["notes"])


def test_many_labels_are_not_in_a_profile(call: Run, many: tuple[Path, Path]) -> None:
    """A profile keeps no more than 10,000 labels; a smoothing of more is refused; each says what to do."""
    command = ["drift", *map(str, many)]
    assert call(*command, "--save-profile", "p.json").code == 0
    (other,) = call("drift", "p.json", str(many[1]), "--json").results
    assert "user: too many different values to keep in a profile: compare the tables themselves" in other["notes"]
    (other,) = call(*command, "--smooth", "laplace", "--json").results
    assert "user: too many different values to smooth" in other["notes"]


def test_a_value_called_as_what_is_missing_is_among_many(call: Run) -> None:
    """Wherever it stands among them: the text would be taken for what is missing."""
    ids = [f"id{index}" for index in range(10_500)]
    for name, blank, word in (("a", 300, 0), ("b", 290, 1)):
        rows = [*ids, *[""] * blank, *["(missing)"] * word, *(f"{name}{index % 40}" for index in range(8000))]
        Path(f"{name}.csv").write_text("k,n\n" + "".join(f"{x},1\n" for x in rows))
    told = "k: a value is called (missing), as what is missing is to be"
    assert told in refused(call("drift", "a.csv", "b.csv", "--columns", "k"))
    assert call("drift", "a.csv", "b.csv", "--columns", "k", "--no-missing").code == 0


def test_columns_by_any_name(call: Run, shell: Run) -> None:
    """The advice is to be followed as it stands, be there blanks, commas and line breaks in a name."""
    text = 'unit price,"City, ""State""","Unit\nprice",z\n1,a,2,1\n2,b,3,1\n'
    for name in ("a.csv", "b.csv"):
        Path(name).write_text(text)
    for column in ("unit price", 'City, "State"', r"Unit\nprice"):
        advice = refused(call("drift", f"a.csv::{column}", "b.csv")).partition("give ")[2]
        assert advice.startswith("--columns ")
        done = shell(f"$K drift a.csv b.csv {advice} -f ndjson | jq -r .label")
        assert done.out.strip() == column.replace(r"\n", "\n")
    found = call("drift", "a.csv", "b.csv", "--exclude", r"unit price,Unit\nprice,z", "--json").result
    assert found["label"] == 'City, "State"'


def test_files_of_one_name_are_told_apart(call: Run) -> None:
    """By their folders."""
    for month in ("may", "june"):
        Path(month).mkdir()
        Path(month, "t.csv").write_text("x,y\na,1\nb,2\n")
    found = call("drift", "may/t.csv", "june/t.csv", "--json").results[0]
    assert found["inputs"] == {"p": "may/t.csv", "q": "june/t.csv"}
    assert found["notes"][0].startswith("P is the reference, may/t.csv (2 rows), and Q is june/t.csv (2 rows)")


def test_what_is_told_of_a_table_is_told_of_its_profile(call: Run) -> None:
    """A first row that names the column may be data."""
    Path("t.csv").write_text("Berlin\nLima\nBerlin\n")
    done = call("profile", "count", "t.csv", "-o", "t.json")
    assert (done.code, done.err) == (
        0,
        "klcli: note: t.csv: the first row, Berlin, names the column (--no-header: it is data)\n",
    )


def test_many_labels_are_those_of_few(call: Run, tmp_path: Path) -> None:
    """Decimals without a digit before the point, and truth values, are put together as those of few labels are."""
    import duckdb

    with duckdb.connect() as connection:
        cells = "SELECT ('0.' || lpad(i::VARCHAR, 5, '0')) AS rate FROM range(11000) r(i)"
        connection.execute(f"COPY ({cells}) TO 't.parquet'")
        connection.execute(f"COPY (SELECT rate::DECIMAL(5, 5) AS rate FROM ({cells})) TO 'd.parquet'")
    assert call("drift", "t.parquet", "d.parquet", "--json").result["value"] == 0
    words = [f"z{index}" for index in range(15_000)]
    Path("p.csv").write_text("flag,n\n" + "".join(f"{x},1\n" for x in ["True", "False"] * 15_000))
    Path("q.csv").write_text("flag,n\n" + "".join(f"{x},1\n" for x in ["true"] * 10_000 + ["FALSE"] * 5000 + words))
    found = call("drift", "p.csv", "q.csv", "--columns", "flag", "--json").result
    assert found["details"]["tv"] == pytest.approx(0.5, rel=1e-9)
    assert [term["outcome"] for term in found["terms"]][:2] == ["false", "true"]


def test_whole_numbers_that_stand_for_times(call: Run, tmp_path: Path) -> None:
    """The same lengths of time are other numbers in other units, and are not compared or put together as numbers."""
    import pandas as pd

    spans = pd.Series(pd.to_timedelta(range(100), unit="s"))
    for unit in ("ns", "us"):
        pd.DataFrame({"span": spans.astype(f"timedelta64[{unit}]"), "x": range(100)}).to_parquet(f"{unit}.parquet")
        call("profile", "count", f"{unit}.parquet", "-o", f"{unit}.json")
    told = "us.{} holds timedelta64[us], and timedelta64[ns] in ns.{}: save it alike in both"
    for ending in ("parquet", "json"):
        found = call("drift", f"ns.{ending}", f"us.{ending}", "--json").result
        assert (found["label"], f"span: {told.format(ending, ending)}" in found["notes"]) == ("x", True)
    assert "us.json: column span: holds timedelta64[us], and" in refused(
        call("profile", "merge", "ns.json", "us.json")
    )
    assert "us.parquet: column span holds timedelta64[us]" in refused(call("count", "*.parquet::span"))
    note = "span: whole numbers that stand for timedelta64[ns]"
    assert note in "".join(
        each for result in call("drift", "ns.parquet", "ns.json", "--json").results for each in result["notes"]
    )
    assert f"ns.parquet::{note}" in call("count", "ns.parquet::span", "--bins", "2").err


def test_lengths_of_time_of_arrow(call: Run) -> None:
    """Parquet has no type for them, and what Arrow tells of them beside it has their units."""
    import pyarrow
    from pyarrow import parquet

    for unit, factor in (("us", 10**6), ("ms", 10**3), ("s", 1)):
        waits = pyarrow.array([index * factor for index in range(100)], pyarrow.duration(unit))
        parquet.write_table(pyarrow.table({"wait": waits, "x": list(range(100))}), f"{unit}.parquet")
    found = call("drift", "us.parquet", "ms.parquet", "--json").result
    told = "wait: ms.parquet holds timedelta64[ms], and timedelta64[us] in us.parquet: save it alike in both"
    assert (found["label"], told in found["notes"]) == ("x", True)
    for unit in ("us", "ms"):
        said = call("count", f"{unit}.parquet::wait").err
        assert f"the labels are the whole numbers that stand for timedelta64[{unit}] in wait" in said
    parquet.write_table(pyarrow.table({"label": waits, "n": [1] * 100}), "labels.parquet")
    assert any(
        "stand for timedelta64[s] in label" in each
        for each in call("entropy", "labels.parquet", "--json").result["notes"]
    )


@given(st.binary(max_size=200) | st.text(max_size=99).map(str.encode), st.integers(0, 400), st.integers(0, 255))
def test_what_is_no_schema_of_arrow_tells_nothing(data: bytes, place: int, byte: int) -> None:
    """Any bytes, and a schema of which some are others, are looked through without an error."""
    import pyarrow

    schema = pyarrow.schema({"a": pyarrow.duration("ns"), "b": pyarrow.int64(), "c": pyarrow.duration("s")})
    written = bytearray(schema.serialize().to_pybytes())
    assert durations(base64.b64encode(written)) == {"a": "timedelta64[ns]", "c": "timedelta64[s]"}
    written[place % len(written)] = byte
    for each in (data, base64.b64encode(data), base64.b64encode(written), base64.b64encode(written[:place])):
        assert set(durations(each).values()) <= {f"timedelta64[{unit}]" for unit in ("s", "ms", "us", "ns")}


# Profiles


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["-o", "x.xlsx"], "x.xlsx: klcli does not write .xlsx: "),
        (["--json", "--format", "csv"], "--json and --format csv exclude each other."),
        (["-f", "png", "-o", "/dev/tty"], "png is no text for a terminal: "),
        (["-o", "old.json"], "old.json: is where both --save-profile and --output would write: name two files"),
        (["-o", "./old.json"], "old.json: is where both --save-profile and --output would write: name two files"),
    ],
)
def test_what_is_refused_writes_no_profile(
    call: Run, monkeypatch: pytest.MonkeyPatch, more: list[str], said: str
) -> None:
    """A command that is refused has written nothing: an old profile stands as it was."""
    monkeypatch.setattr(output, "columns", lambda path: 80 if path == "/dev/tty" else None)
    Path("old.json").write_text("old", encoding="utf-8")
    done = call("drift", MAY, JUNE, "--save-profile", "old.json", *more)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"klcli: {said}")
    assert Path("old.json").read_text(encoding="utf-8") == "old"


def test_no_sign_of_a_profile_acts(call: Run) -> None:
    """A profile holds text that would act on a terminal, or cannot be seen, as escapes, and reads back the same."""
    odd = "a\x9b31mb\x7f\u202e\u200b"
    Path("t.csv").write_text(f"city,n\n{odd},1\nb,2\n", encoding="utf-8")
    call("drift", "t.csv", "t.csv", "--save-profile", "kept.json", "-o", "answer.json")
    call("profile", "merge", "kept.json", "kept.json", "-o", "merged.json")
    counted = call("profile", "count", "t.csv").out
    for text in (counted, Path("kept.json").read_text(), Path("merged.json").read_text()):
        assert text.replace("\n", "").isprintable()
        assert odd in json.loads(text)["columns"]["city"]["counts"]


def test_a_profile_is_the_reference(call: Run) -> None:
    """A reference that was kept as counts and edges gives the same answer as its rows do, and holds none of them."""
    call("drift", MAY, JUNE, "--save-profile", "may.json", "-o", "rows.json")
    done = call("drift", "may.json", JUNE, "-o", "counts.json")
    assert (done.code, done.err) == (0, "")
    rows, counts = (
        json.loads(Path(name).read_text().replace("orders_may.csv", "may.json"))
        for name in ("rows.json", "counts.json")
    )
    assert rows == counts
    assert len(Path("may.json").read_text()) < 4000
    again = call("profile", "count", MAY, "-o", "may2.json")
    assert (again.code, Path("may2.json").read_bytes()) == (0, Path("may.json").read_bytes())


def test_profiles_of_days_merge_into_that_of_all(call: Run) -> None:
    """A table in parts, each counted by itself in the bins of the reference, is the table."""
    header, *rows = Path(JUNE).read_text(encoding="utf-8").splitlines()
    for part in range(3):
        Path(f"{part}.csv").write_text("\n".join([header, *rows[part::3]]) + "\n", encoding="utf-8")
    assert call("profile", "count", MAY, "-o", "may.json").code == 0
    for part in range(3):
        assert call("profile", "count", f"{part}.csv", "--like", "may.json", "-o", f"{part}.json").code == 0
    assert call("profile", "merge", "0.json", "1.json", "2.json", "-o", "june.json").code == 0
    merged = call("drift", "may.json", "june.json", "--json").results
    whole = call("drift", MAY, JUNE, "--json").results
    assert [(each["label"], each["details"]) for each in merged] == [
        (each["label"], each["details"]) for each in whole
    ]


def test_profiles_are_merged_by_the_names_of_columns(call: Run) -> None:
    """Records have their fields in any order, and so have tables that are counted apart."""
    Path("a.ndjson").write_text('{"x":"1","y":"b"}\n{"x":"2","y":"c"}\n')
    Path("b.ndjson").write_text('{"y":"b","x":"2"}\n')
    Path("c.ndjson").write_text('{"y":"b"}\n')
    assert call("profile", "count", "a.ndjson", "-o", "a.json").code == 0
    for name in "bc":
        assert call("profile", "count", f"{name}.ndjson", "--like", "a.json", "-o", f"{name}.json").code == 0
    assert call("profile", "merge", "a.json", "b.json", "-o", "both.json").code == 0
    both = call("drift", "a.json", "both.json", "--json").results
    whole = call("drift", "a.ndjson", "[ab].ndjson", "--json").results
    assert [each["details"] for each in both] == [each["details"] for each in whole]
    assert [*json.loads(Path("both.json").read_text())["columns"]] == ["x", "y"]
    assert refused(call("profile", "merge", "a.json", "c.json")) == (
        "c.json: its columns are not those of a.json: x: count each with --columns, of those that all have"
    )


def test_merged_labels_stay_in_order(tmp_path: Path) -> None:
    """Labels that are new stand behind the others, in the order in which the later profile has them."""
    one = profile("one", x={"b": 1, "a": 0})
    other = profile("other", x={"z": 1, "a": 2, "k": 1, "y": 3})
    counts = profiles.merged([one, other], "both").columns["x"].counts
    assert list((counts or {}).items()) == [("b", 1), ("a", 2), ("z", 1), ("k", 1), ("y", 3)]


def test_a_value_called_as_what_is_missing_is(call: Run) -> None:
    """The text (missing) beside cells that hold nothing is refused, until one of both is something else."""
    Path("a.csv").write_text("x,n\n(missing),1\n,2\nred,3\n", encoding="utf-8")
    Path("b.csv").write_text("x,n\n(missing),1\n(missing),2\nred,3\n", encoding="utf-8")
    told = (
        "x: a value is called (missing), as what is missing is to be in b.csv: give --no-missing, or --null with "
        "that text if it stands for nothing"
    )
    found = call("drift", "b.csv", "a.csv", "--json").result
    assert (found["label"], told in found["notes"]) == ("n", True)
    assert told in refused(call("drift", "b.csv", "a.csv", "--columns", "x"))
    for option in (["--no-missing"], ["--null", "(missing)"]):
        assert call("drift", "b.csv", "a.csv", *option).code == 0
    Path("c.csv").write_text("x,n\n,1\n,2\nred,3\n", encoding="utf-8")
    for sides in (("b.csv", "c.csv"), ("c.csv", "b.csv")):
        said = refused(call("drift", *sides, "--columns", "x"))
        assert "x: a value is called (missing), as what is missing is to be in b.csv: give --no-missing" in said


def test_a_nested_column_of_the_reference_is_counted_nowhere(call: Run) -> None:
    """What cannot be compared is kept as that, and is no hindrance to the others."""
    with duckdb.connect() as base:
        base.execute("COPY (SELECT range AS n, [range] AS l FROM range(9)) TO 'ref.parquet' (FORMAT parquet)")
    Path("cur.csv").write_text("n,l\n" + "".join(f"{x},x\n" for x in range(9)))
    assert call("profile", "count", "ref.parquet", "-o", "ref.json").code == 0
    assert call("profile", "count", "cur.csv", "--like", "ref.json", "-o", "cur.json").code == 0
    assert [each["label"] for each in call("drift", "ref.json", "cur.json", "--json").results] == ["n"]
    assert call("profile", "merge", "ref.json", "cur.json", "-o", "both.json").code == 0
    assert [each["label"] for each in call("drift", "both.json", "cur.csv", "--json").results] == ["n"]


@pytest.mark.parametrize("is_sorted", [False, True])
@pytest.mark.parametrize("way", ["", "utf-8-sig", "utf-16", "gzip"])
def test_a_profile_that_others_have_written_anew_is_the_same(call: Run, is_sorted: bool, way: str) -> None:
    """With its names sorted, in another encoding, or packed."""
    for name, first in (("a", 1), ("b", 5)):
        Path(f"{name}.csv").write_text("x,y\n" + "".join(f"{x},t{x % 3}\n" for x in range(first, first + 20)))
    call("profile", "count", "a.csv", "-o", "a.json")
    call("profile", "count", "b.csv", "--like", "a.json", "-o", "b.json")
    text = json.dumps(json.loads(Path("a.json").read_text()), sort_keys=is_sorted, indent=1)
    written = gzip.compress(text.encode()) if way == "gzip" else text.encode(way or "utf-8")
    Path("o.json").write_bytes(written)
    wanted = [each["details"] for each in call("drift", "a.json", "b.json", "--json").results]
    for other in ("b.json", "b.csv"):
        assert [each["details"] for each in call("drift", "o.json", other, "--json").results] == wanted
    call("profile", "merge", "a.json", "b.json", "-o", "m.json")
    call("profile", "merge", "o.json", "b.json", "-o", "n.json")
    merged = [json.loads(Path(name).read_text())["columns"]["x"] for name in ("m.json", "n.json")]
    assert [*merged[0]["counts"].items()] == [*merged[1]["counts"].items()]


def test_a_profile_is_one_wherever_it_comes_from(call: Run, shell: Run) -> None:
    """Through a pipe, from standard input, and with its names sorted."""
    Path("a.csv").write_text("x,y\n1,a\n2,b\n")
    call("profile", "count", "a.csv", "-o", "a.json")
    Path("s.json").write_text(json.dumps(json.loads(Path("a.json").read_text()), sort_keys=True))
    whole = shell("$K profile merge a.json a.json").out
    assert shell("$K profile merge <(cat a.json) a.json").out == whole
    assert shell("cat a.json | $K profile merge - a.json").out == whole
    assert shell("$K profile merge s.json a.json").code == 0
    assert shell("$K profile count a.csv --like <(cat a.json)").out == Path("a.json").read_text()
    assert [each["details"]["js"] for each in call("drift", "s.json", "a.csv", "--json").results] == [0, 0]
    compared = [each["details"] for each in call("drift", "a.json", "a.json", "--json").results]
    for piped in (
        "cat a.json | $K drift - a.csv",
        "$K drift <(cat a.csv) <(cat a.json)",
        "$K drift - a.json < a.json",
    ):
        assert [each["details"] for each in shell(f"{piped} --json").results] == compared
    chosen = call("profile", "count", "a.json", "--columns", "x").out
    assert shell("cat a.json | $K profile count - --columns x").out == chosen.replace("a.json", "stdin")
    assert refused(shell("cat a.json | $K drift - a.json --null x")) == (
        "stdin: is a profile, counted already: leave --null out"
    )
    assert refused(shell("echo '{\"klcli_profile\":' | $K drift - a.csv")).startswith("stdin: no whole profile: ")
    for columns, what in (
        ("{}", "a profile without columns"),
        ("[]", "no whole profile: it is not as klcli profile writes it"),
        ('{"x": []}', "no whole profile: column x: it is not as klcli profile writes it"),
        ('{"x": {"kind": "text"}}', "no whole profile: column x: 'edges' is missing"),
        ('{"x": {"kind": "z", "edges": null, "counts": {}}}', "no whole profile: column x: no kind 'z'"),
    ):
        Path("no.json").write_text(f'{{"klcli_profile": 1, "rows": 1, "columns": {columns}}}')
        assert refused(call("drift", "no.json", "a.csv")) == f"no.json: {what}"
    assert refused(call("profile", "merge", "a.csv")) == "a.csv: is no profile: klcli profile count makes one"
    assert refused(call("profile", "merge", "b.json")).startswith("b.json: no such file")
    for command in (("profile", "merge", "-", "-"), ("profile", "count", "-", "--like", "-")):
        assert refused(call(*command)) == "standard input (-) can be read once only: give the other profile as a file"
    assert refused(call("profile", "count", "a.csv", "--like", "a.json", "--bins", "3")) == (
        "--like a.json has bins of its own: leave --bins out"
    )


def test_drift_is_written_in_ascii(call: Run) -> None:
    """Where it must be: signs of klcli are spelt, those of labels are escapes."""
    done = call("drift", MAY, JUNE, "--columns", "city", "--explain", encoding="ascii")
    assert r"note: city: drifted: Quito 0 -> 0.0333 (99 %), \u6771\u4eac 0.24 -> 0.23 (0 %)" in done.out


def test_a_column_that_the_model_lacks_is_not_counted(call: Run) -> None:
    """It is told of where it is left out, and for what it is where the profile is compared or put together."""
    Path("may.csv").write_text("a,b\n1,x\n2,y\n", encoding="utf-8")
    Path("june.csv").write_text("a,b,z\n1,x,u\n2,y,v\n2,y,v\n", encoding="utf-8")
    call("profile", "count", "may.csv", "-o", "may.json")
    done = call("profile", "count", "june.csv", "--like", "may.json", "-o", "june.json")
    assert done.err == "klcli: note: june.csv: not in may.json, so not counted: z\n"
    call("profile", "merge", "june.json", "june.json", "-o", "both.json")
    why = "z: not counted in {}, since the profile that was given by --like lacks it"
    for name in ("june.json", "both.json"):
        assert f"note: {why.format(name)}\n" in call("drift", name, "june.csv").out
        assert refused(call("drift", "june.csv", name, "--columns", "z")).endswith(why.format(name))
    assert "note: columns of june.json alone: z\n" in call("drift", "may.csv", "june.json").out


def test_two_tables_of_one_database_come_from_a_pipe(shell: Run) -> None:
    """What comes from a pipe is copied once, and read as often as it is needed."""
    with contextlib.closing(sqlite3.connect("s.db")) as database:
        database.executescript(
            "CREATE TABLE a(x INTEGER); INSERT INTO a VALUES (1), (2); CREATE TABLE b AS SELECT x FROM a"
        )
    compared = shell("$K drift s.db::a s.db::b --json").results
    piped = shell("cat s.db | $K drift -::a -::b --json").results
    assert [each["details"] for each in piped] == [each["details"] for each in compared]
    assert [each["details"]["n"] for each in piped] == [2]


@pytest.mark.parametrize(
    ("command", "option"),
    [
        (("profile", "count", "may.json", "--like", "may.json"), "--like"),
        (("profile", "count", "may.json", "--null", "x"), "--null"),
        (("drift", "may.json", "may.json", "--delimiter", ";"), "--delimiter"),
    ],
)
def test_what_is_counted_already_is_not_read_otherwise(call: Run, command: tuple[str, ...], option: str) -> None:
    """Options that say how rows are read are for tables, and not ignored."""
    call("profile", "count", MAY, "-o", "may.json")
    assert refused(call(*command)) == f"may.json: is a profile, counted already: leave {option} out"
    assert call("drift", "may.json", JUNE, "--delimiter", ",").code == 0


def test_profiles_in_bins_of_their_own_are_not_compared(call: Run) -> None:
    """The same table would seem to have moved; neither is a table beside the profile of another one."""
    call("profile", "count", MAY, "-o", "may.json")
    call("profile", "count", JUNE, "-o", "june.json")
    call("profile", "count", MAY, "--bins", "3", "-o", "few.json")
    told = "column day: other bins than in may.json: count one in those of the other, by profile count --like"
    assert refused(call("drift", "may.json", "june.json")) == f"june.json: {told}"
    assert refused(call("drift", "may.json", "few.json")) == f"few.json: {told}"
    assert refused(call("drift", MAY, "june.json")).startswith("june.json: column day: other bins than in orders_may")
    call("profile", "count", JUNE, "--like", "may.json", "-o", "june.json")
    assert call("drift", "may.json", "june.json").code == 0
    for name, cells in (("i", "0,1,0,1"), ("f", "0.0,1.0,0.0,1.0")):
        Path(f"{name}.csv").write_text("x,y\n" + "".join(f"{x},1\n" for x in cells.split(",")), encoding="utf-8")
        call("profile", "count", f"{name}.csv", "-o", f"{name}.json")
    for command in (["drift"], ["profile", "merge"]):
        assert "f.json: column x: other bins than in i.json" in refused(call(*command, "i.json", "f.json"))
    told = "may.json: was counted in bins of its own: leave --bins out"
    assert refused(call("drift", "may.json", JUNE, "--bins", "3")) == told


@pytest.mark.parametrize("form", ["table", "markdown", "html", "latex", "csv", "json"])
def test_a_column_without_a_name(call: Run, form: str) -> None:
    """As pandas writes its index: it is a column like any other."""
    Path("a.csv").write_text(",x\n0,1\n1,2\n", encoding="utf-8")
    done = call("drift", "a.csv", "a.csv", "-f", form)
    assert (done.code, "no name" in done.out) == (0, True)


def test_what_smoothing_makes_finite_is_not_called_infinite(call: Run) -> None:
    """The note on labels of one side says what holds without smoothing."""
    Path("a.csv").write_text("x\na\nb\n", encoding="utf-8")
    Path("b.csv").write_text("x\na\na\n", encoding="utf-8")
    found = call("drift", "a.csv", "b.csv", "--smooth", "laplace", "--json").result
    assert math.isfinite(found["details"]["psi"])
    assert (
        "x: absent from b.csv: b, with 0.5 of the other side: without smoothing, D(P‖Q) and PSI are infinite"
        in found["notes"]
    )


def test_profiles_that_do_not_fit(call: Run) -> None:
    """Other bins and other columns are refused, with what makes them fit."""
    call("profile", "count", MAY, "-o", "may.json")
    call("profile", "count", JUNE, "-o", "june.json")
    assert refused(call("profile", "merge", "may.json", "june.json")) == (
        "june.json: column day: other bins than in may.json: count one in those of the other, by profile count --like"
    )
    call("profile", "count", JUNE, "--exclude", "day", "-o", "less.json")
    assert refused(call("profile", "merge", "may.json", "less.json")) == (
        "less.json: its columns are not those of may.json: day: count each with --columns, of those that all have"
    )
    assert "is no profile: klcli profile count makes one" in refused(call("profile", "merge", MAY))
    assert "is no profile: klcli profile count makes one" in refused(call("profile", "count", MAY, "--like", JUNE))


def _of_one_column(kind: str, counts: str, edges: str) -> str:
    column = f'{{"kind": "{kind}", "counts": {counts}, "nulls": 0, "nans": 0, "edges": {edges}}}'
    return f'{{"klcli_profile": 1, "rows": 1, "columns": {{"x": {column}}}}}'


BROKEN = [
    '{"klcli_profile": 2}',
    '{"klcli_profile": 1, "rows": 1}',
    '{"klcli_profile": 1, "rows": -1, "columns": {}}',
    '{"klcli_profile": 1, "rows": 1, "columns": [',
    _of_one_column("text", '{"a": 0.5}', "null"),
    _of_one_column("word", "{}", "null"),
    _of_one_column("number", "{}", "[2, 1]"),
    _of_one_column("number", '{"a": 1}', "[1]"),
    _of_one_column("number", '{"(-inf, 1)": 1, "[2, inf)": 0}', "[1]"),
    _of_one_column("number", '{"a": 1, "b": 0}', "[NaN]"),
    _of_one_column("number", '{"a": 1, "b": 0}', "[1e400]"),
    _of_one_column("whole", '{"a": 1, "b": 0}', f"[{10**400}]"),
    _of_one_column("number", '{"a": 1, "b": 0}', "[true]"),
    _of_one_column("number", '{"a": 1, "b": 0}', '["1"]'),
    _of_one_column("text", '{"a": 1, "b": 0}', "[1]"),
    _of_one_column("truth", '{"a": 1, "b": 0}', "[1]"),
    _of_one_column("nested", '{"a": 1}', "null"),
    _of_one_column("text", f'{{"a": {10**400}}}', "null"),
    _of_one_column("text", '{"a": 2}', "null"),
    _of_one_column("text", '{"a": 1, "a": 1}', "null"),
    _of_one_column("text", "[" * 200_000, "null"),
    '{"klcli_profile": 1, "rows": 1, "columns": {"x": 1}}',
    '{"klcli_profile": 1, "rows": 1, "columns": {"x": {}}}',
]


@pytest.mark.parametrize("text", BROKEN)
def test_a_profile_that_is_not_whole(call: Run, text: str) -> None:
    """It is refused in one line, with the file."""
    Path("p.json").write_text(text)
    assert refused(call("drift", "p.json", MAY)).startswith("p.json: ")


@given(
    st.dictionaries(st.text(max_size=3), st.integers(0, 10**12), max_size=4),
    st.integers(0, 1),
    st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=3, unique=True).map(sorted),
)
def test_a_profile_is_read_as_it_was_written(counts: dict[str, int], nulls: int, edges: list[float]) -> None:
    """Labels, counts and edges come back to the last bit, and bins in their order though others have sorted them."""
    rows = sum(counts.values()) + nulls
    labels = engines.bins("number", edges)
    bins = dict.fromkeys(labels, 0) | {labels[0]: rows - nulls, "(no number)": 0}
    columns = {
        "a": Column("text", counts, nulls),
        "b": Column("number", bins, 0, nulls, edges, "timedelta64[ns]" * nulls),
        "c": Column("text", None),
    }
    given = Profile("name", rows, columns)
    for is_sorted in (False, True):
        text = json.dumps(profiles.to_tree(given), sort_keys=is_sorted)
        found = profiles.from_tree(json.loads(text), "name")
        assert found == given
        assert found.columns["b"].bins == labels
