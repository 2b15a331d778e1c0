"""Sums that engines make of distributions too big to be fetched: within 1e-9 of what the measures find."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pytest
from conftest import Done

import klcli
from klcli import engines, sums
from klcli.engines import Engine
from klcli.errors import InputError
from klcli.result import Result

Run = Callable[..., Done]
RNG = np.random.default_rng(5)
SIZE = 3000
NAMES = [f"k{index}" for index in range(SIZE)]
SHUFFLED = [NAMES[index] for index in RNG.permutation(SIZE)]


def table(path: Path, labels: list[str], weights: list[float] | list[int]) -> str:
    """A Parquet file of labels and weights."""
    with duckdb.connect() as connection:
        kind = "BIGINT" if isinstance(weights[0], int) else "DOUBLE"
        connection.execute(f"CREATE TABLE t (name VARCHAR, n {kind})")
        connection.execute("INSERT INTO t SELECT unnest($1), unnest($2)", [labels, weights])
        connection.execute(f"COPY t TO '{path}' (FORMAT parquet)")
    return str(path)


def summed(engine: Engine, *paths: str, top: int = 20, base: float = math.e, normalize: bool = False) -> Result:
    """The entropy of one table, or the divergence of two, from the sums of the engine."""
    sides = []
    for path in paths:
        opened = engines.opened(engine, path)
        sides.append(engines.weights(opened, normalize))
    found = engines.sums(sides[0], sides[1] if len(sides) > 1 else None, top)
    facts = [sums.Side(side.name, side.total, side.is_counted, side.notes) for side in sides]
    return sums.result("entropy" if len(sides) == 1 else "kl", facts, found, "it", base)


WEIGHTS = {
    "counts": tuple(RNG.zipf(1.3, SIZE).clip(max=10**9).tolist() for _ in "pq"),
    "probabilities": (RNG.dirichlet(np.ones(SIZE)).tolist(), RNG.dirichlet(np.ones(SIZE)).tolist()),
    "nearly equal": ([1e6 + 1e-3 * index for index in range(SIZE)], [1e6] * SIZE),
    "from 1e-300 to 1e300": ((10.0 ** RNG.uniform(-300, 300, SIZE)).tolist(), [1e-300] * SIZE),
}


@pytest.mark.parametrize("weights", WEIGHTS.values(), ids=WEIGHTS)
@pytest.mark.parametrize("base", [math.e, 2, 10])
def test_sums_are_what_the_measures_find(
    engine: Engine, tmp_path: Path, weights: tuple[list[float], list[float]], base: float
) -> None:
    """Values, entropies, notes and the named terms agree; the other terms are one, which makes the sum right."""
    p = table(tmp_path / "p.parquet", NAMES, weights[0])
    q = table(tmp_path / "q.parquet", SHUFFLED, [weights[1][NAMES.index(name)] for name in SHUFFLED])
    read = [klcli.read(path, normalize=True) for path in (p, q)]
    for found, expected in (
        (summed(engine, p, q, base=base, normalize=True), klcli.kl(*read, base=base)),
        (summed(engine, p, base=base, normalize=True), klcli.entropy(read[0], base=base)),
    ):
        assert found.value == pytest.approx(expected.value, rel=1e-9, abs=1e-9)
        assert found.value >= 0
        assert {name: found.details[name] for name in expected.details} == pytest.approx(expected.details, rel=1e-8)
        assert set(found.notes) >= set(expected.notes)
        assert (found.unit, found.headings, found.inputs) == (expected.unit, expected.headings, expected.inputs)
        places = {outcome: place for place, outcome in enumerate(expected.terms["outcome"])}
        for name in ("p", "log", "contribution"):
            exact = [expected.terms[name][places[outcome]] for outcome in found.terms["outcome"][:-1]]
            assert list(found.terms[name])[:-1] == pytest.approx(exact, rel=1e-12)
        largest = np.sort(np.abs(expected.terms["contribution"]))[-20:][::-1]
        assert np.abs(found.terms["contribution"][:-1]) == pytest.approx(largest, rel=1e-9)
        assert found.terms["outcome"][-1] == "(others)"
        assert sum(found.terms["contribution"]) == pytest.approx(found.value, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("top", [2, 20])
def test_outcomes_that_one_side_lacks(engine: Engine, tmp_path: Path, top: int) -> None:
    """A logarithm of 0 is no number that a sum passes over: D(P‖Q) is infinite and says why, D(Q‖P) is finite."""
    p = table(tmp_path / "p.parquet", [*"abcde"], [1, 2, 3, 0, 4])
    q = table(tmp_path / "q.parquet", [*"abdfg"], [5, 0, 6, 0, 7])
    for sides in ((p, q), (q, p)):
        found, expected = summed(engine, *sides, top=top), klcli.kl(*map(klcli.read, sides))
        assert (found.value, expected.value) == (math.inf, math.inf)
    found = summed(engine, p, q, top=top)
    assert found.notes[-3:] == (
        "absent from q.parquet, so q = 0 there: b, c, e",
        "absent from p.parquet, so p = 0 there: d, g",
        "infinite: q.parquet gives no probability to b, c, e, where p.parquet has 0.9 of its mass",
    )
    assert (found.terms["contribution"][-1] == math.inf) == (top == 2)
    r = table(tmp_path / "r.parquet", [*"abcexyz"], [1, 1, 1, 1, 1, 2, 0])
    found, expected = summed(engine, p, r, top=top), klcli.kl(klcli.read(p), klcli.read(r))
    assert found.value == pytest.approx(expected.value, rel=1e-12)
    assert list(found.terms["outcome"])[:2] == ["e", "c"]
    assert sum(found.terms["contribution"]) == pytest.approx(expected.value, rel=1e-12)
    assert summed(engine, p, p).value == 0


REFUSED = {
    "a missing number": ("('a', 1.5::DOUBLE), ('b', NULL)", "1 of 2 rows without a number"),
    "below 0": ("('a', 1.5::DOUBLE), ('b', -0.5)", "1 of 2 rows below 0"),
    "NaN": ("('a', 1.5::DOUBLE), ('b', 'nan')", "1 of 2 rows with NaN or an infinity"),
    "infinity": ("('a', 1.5::DOUBLE), ('b', 'inf')", "1 of 2 rows with NaN or an infinity"),
    "a missing label": ("('a', 1), (NULL, 3)", "1 of 2 rows without a label: give them one, or leave them out"),
    "twice": ("('a', 1), ('b', 3), ('b', 3)", "duplicate outcome 'b' (1 of them): make each of them one row"),
    "too much mass": ("('a', 1e308::DOUBLE), ('b', 1e308)", "its sum is beyond the largest float64, 1.8e308"),
    "no mass": ("('a', 0), ('b', 0)", "all values are zero"),
    "neither": ("('a', 1.5::DOUBLE), ('b', 2)", "the values sum to 3.5, so they are neither probabilities"),
    "no numbers": ("('a', 'x'), ('b', 'y')", "no column of numbers among name, n"),
}


@pytest.mark.parametrize(("values", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_distribution_is_refused(engine: Engine, tmp_path: Path, values: str, message: str) -> None:
    """NULL, NaN and labels that stand twice are never a part of a sum."""
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT * FROM (VALUES {values}) t(name, n)) TO '{tmp_path / 'p.parquet'}'")
    with pytest.raises(InputError) as caught:
        summed(engine, str(tmp_path / "p.parquet"))
    assert message in str(caught.value)


def test_a_share_that_no_ratio_can_hold_is_refused(engine: Engine, tmp_path: Path) -> None:
    """The plain way takes its logarithm all the same."""
    p = table(tmp_path / "p.parquet", ["a", "b"], [0.5, 0.5])
    q = table(tmp_path / "q.parquet", ["a", "b"], [1.0, 1e-310])
    with pytest.raises(InputError, match=r"q.parquet: 1 share below 1e-300, which no engine adds up: leave"):
        summed(engine, p, q)
    assert summed(engine, q, p).value == pytest.approx(math.log(2), rel=1e-12)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name,p,q\na,1,2\nb,3,4\n", "holds several distributions (p, q): choose one, as in"),
        ("name,n\na,1.000\nb,5\n", "1 number as 1.000 in doubt among whole numbers"),
        ("x,y\n1,2\n3,4\n", "no column of labels among x, y"),
        ("name,n\na,1\nb,\n", "1 of 2 rows without a number"),
        ("city,may,june\nA,12,500\nB,NA,400\n", "holds several distributions (may, june): choose one"),
        ('city,zip,n\nA,7,"1,234"\nB,9,766\n', "holds several distributions (zip, n): choose one, as in"),
        ('city,n\nA,"1,234"\nB,766\n', "t.csv: column n: '1,234' is written with a comma"),
        ("may,june\n12,500\nNA,400\n30,100\n", "no column of labels among may, june"),
        (
            "code,p\n0.5,3\nx,5\ny,4\n",
            "t.csv: column code: 'x' among numbers: put it right if it is a number mistyped",
        ),
        ("zone,n\nBerlin,1\n7,2\nNA,3\nZürich,4\n", "among numbers: put it right if it is a number mistyped"),
        ("label,id,n\na,0.5,3\nb,0.25,5\n", "column id holds fractions, no names of rows: name it, or leave it out"),
        ("city,n\nA,1/2\nB,1/3\n", "t.csv: column n: '1/3' is a fraction, which no engine reads"),
        ('label,n\n"Hello,3\nthere,2\nworld",1\nx,3\n', "t.csv: a quote is opened and closed 2 lines below"),
        ('"Hello,3\nthere,n\nworld",1\nx,3\n', "t.csv: "),
        ('Berlin,"1,234"\nHamburg,5\n', "t.csv: line 1, column 2: '1,234' is written with a comma"),
        ("a,NA\nb,2\nc,3\n", "t.csv: line 1, column 2: 'NA' is a missing value"),
        ("\nx,$12\ny,1\n", "t.csv: line 2, column 2: '$12' is neither a number nor the name of a column"),
        ("sep=;\na;n\nx;1\n", "t.csv: line 1: Excel's 'sep=;' line: delete it"),
        ("a | n\n---|---\nx | 1\n", "t.csv: line 2: a table drawn with lines"),
        ("A,3\nB,5\n", "line 1: 3 is a number: if the first row is data, put a header before it"),
    ],
)
def test_what_text_leaves_in_doubt_is_refused(engine: Engine, tmp_path: Path, text: str, message: str) -> None:
    """As it is in files that are read whole."""
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        summed(engine, str(tmp_path / "t.csv"))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("zip,city,n\n01001,Agawam,5\n01002,Amherst,3\n", ["Agawam", "Amherst"]),
        ("bin,count,note\n0,5,a\n1,3,b\n2+,2,c\n", ["0", "1", "2+"]),
        ("label,n\n007,05\n08,3\n", ["007", "08"]),
    ],
)
def test_labels_are_those_of_files_that_are_read_whole(
    engine: Engine, tmp_path: Path, text: str, labels: list[str]
) -> None:
    """What begins with a zero is a number where weights are looked for, and words may stand among numbers."""
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    source = str(tmp_path / "t.csv")
    assert sorted(summed(engine, source).terms["outcome"]) == list(klcli.read(source).outcomes) == labels


def test_the_beginning_of_text_is_that_of_files_that_are_read_whole(engine: Engine, tmp_path: Path) -> None:
    """Blank lines before a header are passed over, and one that may be data is told of."""
    path = tmp_path / "t.csv"
    path.write_text("\n\nx,n\na,1\nb,3\n", encoding="utf-8")
    assert summed(engine, str(path)).value == pytest.approx(klcli.entropy(klcli.read(path)).value)
    path = tmp_path / "u.csv"
    path.write_text("a,O.3\nb,0.7\nc,0.3\n", encoding="utf-8")
    doubt = "u.csv: the first row, a, O.3, was taken for the names of columns: put a header before it if it is data"
    assert doubt in summed(engine, str(path)).notes
    path = tmp_path / "v.csv"
    path.write_text('outcome,count\n"b,2\nc",1\na,3\n', encoding="utf-8")
    assert "v.csv: a quote is opened and closed 1 line below" in "".join(summed(engine, str(path)).notes)


def test_labels_that_look_like_numbers_are_told_of_as_they_are_written(engine: Engine, tmp_path: Path) -> None:
    """00123 is no 123."""
    path = tmp_path / "t.csv"
    path.write_text("id,n,user_id\n00123,1,1\n00124,3,2\n", encoding="utf-8")
    assert [note for note in summed(engine, str(path)).notes if "from" in note] == [
        "t.csv: the labels, 00123, 00124, are from column id: call another one label if it is"
    ]


@pytest.mark.parametrize("flag", ["true", "NULL::BOOLEAN", "NULL::VARCHAR"])
def test_columns_that_hold_no_labels(engine: Engine, tmp_path: Path, flag: str) -> None:
    """Truth values that repeat and columns that hold nothing are no labels where another column has them."""
    path = tmp_path / "t.parquet"
    with duckdb.connect() as connection:
        rows = "('a', 1), ('b', 3)"
        connection.execute(f"COPY (SELECT {flag} AS first, k, n FROM (VALUES {rows}) t(k, n)) TO '{path}'")
    assert summed(engine, str(path)).value == pytest.approx(klcli.entropy(klcli.read(path)).value)
    assert summed(engine, str(path)).terms["outcome"] == ["a", "b"]


def test_columns_that_number_the_rows(engine: Engine, tmp_path: Path) -> None:
    """Before the labels they are no weights, in whatever order the rows lie; lists beside them are told of."""
    path = tmp_path / "t.parquet"
    rows = "SELECT (i * 3) % 7 AS x, [1] AS l, 'x' || i AS k"
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({rows}, 2 * i AS n FROM range(7) r(i)) TO '{path}'")
        assert summed(engine, str(path)).notes[:2] == (
            "t.parquet: no numbers, so not used: column l",
            "t.parquet: told rows apart, so not used: column x",
        )
        connection.execute(f"COPY ({rows.replace('[1] AS l, ', '')} FROM range(7) r(i)) TO '{path}'")
        # As it is in small files: the only numbers may be weights all the same.
        assert summed(engine, str(path)).details["sum_p"] == 21


def test_labels_of_lists_are_refused(engine: Engine, tmp_path: Path) -> None:
    """A column of lists that is called label is what is meant, and no engine puts lists together."""
    path = tmp_path / "t.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT [1] AS label, 'a' AS k, 3 AS n) TO '{path}'")
    with pytest.raises(InputError, match=r"t\.parquet: column label: holds lists, .*: leave --engine out$"):
        summed(engine, str(path))


def test_numbers_as_labels(engine: Engine, tmp_path: Path) -> None:
    """Labels that an engine would write in its own way are refused beside text: they would be other outcomes."""
    path, text = tmp_path / "t.parquet", tmp_path / "t.csv"
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT unnest([1e-5, 1e10]) AS label, unnest([1, 2]) AS n) TO '{path}'")
    text.write_text("label,n\n1e-05,1\n10000000000.0,2\n", encoding="utf-8")
    assert summed(engine, str(path), str(path)).value == 0
    is_spark = type(engine).__name__ == "Spark"
    refusal = "the labels are number and text, and Spark writes numbers and times in its own way"
    with pytest.raises(InputError, match=refusal) if is_spark else contextlib.nullcontext():
        assert summed(engine, str(path), str(text)).value == 0


def test_what_is_told_of_a_folder_is_told_of_its_sums(engine: Engine, tmp_path: Path) -> None:
    """Folders that hold a part of the data in their names are named beside the answer."""
    (tmp_path / "t" / "year=2024").mkdir(parents=True)
    table(tmp_path / "t" / "year=2024" / "a.parquet", ["a", "b"], [1, 3])
    assert summed(engine, str(tmp_path / "t")).notes[0] == "t: what folders say, as year=2024, is no column"


def test_a_mapping_is_no_record(engine: Engine, tmp_path: Path) -> None:
    """One record of JSON may map outcomes to numbers, as it does in small files: it is not taken for a row."""
    path = tmp_path / "t.json"
    path.write_text('{"name": 30, "address": 12}\n', encoding="utf-8")
    with pytest.raises(InputError, match=r"one record of JSON: if it maps outcomes to numbers, leave --engine out$"):
        summed(engine, str(path))


@pytest.mark.parametrize("ending", ["csv", "ndjson", "parquet"])
def test_whole_numbers_that_float64_rounds_are_told_of(engine: Engine, tmp_path: Path, ending: str) -> None:
    """As they are in files that are fetched, where each has its place."""
    numbers = ["9007199254740993", "9007199254740992", "18446744073709551615", "9007199254740995"]
    rows = [*zip("abcd", numbers, strict=True)]
    path = tmp_path / f"t.{ending}"
    if ending == "parquet":
        with duckdb.connect() as connection:
            values = ", ".join(f"('{label}', {number}::UBIGINT)" for label, number in rows)
            connection.execute(f"COPY (SELECT * FROM (VALUES {values}) AS t(label, n)) TO '{path}'")
    elif ending == "csv":
        path.write_text("label,n\n" + "".join(f"{label},{number}\n" for label, number in rows))
    else:
        path.write_text("".join(f'{{"label": "{label}", "n": {number}}}\n' for label, number in rows))
    assert f"{path.name}: 3 whole numbers beyond 2^53 were rounded" in summed(engine, str(path)).notes
    place = {"parquet": "row 1", "csv": "line 2", "ndjson": "line 1"}[ending]
    assert any(f"{place}: 9007199254740993 is beyond 2^53 and was rounded" in note for note in klcli.read(path).notes)


@pytest.mark.parametrize("zone", ["", "TZ"])
def test_labels_that_are_times(zone: str, engine: Engine, tmp_path: Path) -> None:
    """The plain reader, an engine that adds up and one that counts write them alike, in UTC and without a last 0."""
    times = ["1969-12-31 23:59:59.000001", "2024-01-01 00:00:00", "2024-01-01 00:00:00.5"]
    path = tmp_path / "t.parquet"
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"COPY (SELECT unnest({times}::TIMESTAMP{zone}[]) AS label, 1 AS n) TO '{path}'")
    table = engines.opened(engine, f"{path}::label")
    labels = table.counts(table.field("label")).labels
    assert sorted(summed(engine, str(path)).terms["outcome"]) == list(klcli.read(path).outcomes) == labels == times


def test_labels_that_stand_for_months_in_pandas(call: Run, tmp_path: Path) -> None:
    """They are whole numbers in the file, and it is said so, whether they are counted or label weights."""
    import pandas as pd

    months = pd.period_range("2024-01", periods=2, freq="M", name="label")
    pd.DataFrame({"n": [3, 4]}, index=months).to_parquet(tmp_path / "t.parquet")
    told = "the labels are the whole numbers that stand for period[M] in label: save it as text\n"
    assert f"t.parquet: {told}" in call("entropy", str(tmp_path / "t.parquet"), "--engine", "duckdb").out
    assert call("count", f"{tmp_path / 't.parquet'}::label").err == f"klcli: note: t.parquet::label: {told}"
    assert call("count", f"{tmp_path / 't.parquet'}::n").err == ""


def test_labels_of_records_are_in_the_first_column_of_words(engine: Engine, tmp_path: Path) -> None:
    """The columns of JSON lines are in the order of the first records, not in that of their names."""
    records = [{"country": name, "code": name[:2], "n": n, "": 1} for name, n in (("France", 5), ("Spain", 3))]
    (tmp_path / "t.ndjson").write_text("".join(json.dumps(each) + "\n" for each in records), encoding="utf-8")
    assert sorted(summed(engine, str(tmp_path / "t.ndjson")).terms["outcome"]) == ["France", "Spain"]


@pytest.mark.parametrize("kind", ["FLOAT", "DOUBLE"])
def test_there_is_one_zero_among_labels(engine: Engine, tmp_path: Path, kind: str) -> None:
    """A divergence is not infinite for the sign of a zero, as rounding leaves it."""
    for name, zero in (("p", "-0.0"), ("q", "0.0")):
        with duckdb.connect() as connection:
            rows = f"SELECT unnest([{zero}, 1.5])::{kind} AS label, unnest([0.25, 0.75]) AS p"
            connection.execute(f"COPY ({rows}) TO '{tmp_path / name}.parquet' (FORMAT parquet)")
    paths = [str(tmp_path / f"{name}.parquet") for name in "pq"]
    assert summed(engine, *paths).value == 0
    assert klcli.kl(*map(klcli.read, paths)).value == 0


def test_labels_of_32_bits_are_those_of_64(engine: Engine, tmp_path: Path) -> None:
    """A label is the shortest decimal that leads to a number, in 32 bits too: 0.1 in both."""
    wide, narrow = tmp_path / "wide.parquet", tmp_path / "narrow.parquet"
    for path, kind in ((wide, "DOUBLE"), (narrow, "FLOAT")):
        rows = f"SELECT unnest([0.1, 0.2])::{kind} AS bin, unnest([3, 5]) AS n"
        with duckdb.connect() as connection:
            connection.execute(f"COPY ({rows}) TO '{path}'")
    assert summed(engine, str(narrow), str(wide)).value == 0


@pytest.mark.parametrize("label", ["Grand Total", "x", "NULL"])
def test_totals_are_told_of(engine: Engine, tmp_path: Path, label: str) -> None:
    """By their names or by their numbers, as they are of files that are fetched."""
    rows = table(tmp_path / "p.parquet", ["a", "b", "c", label], [3, 4, 5, 12])
    (told, *_) = summed(engine, rows).notes
    assert f": {label!r} is the sum of all the others, and was read as an outcome beside them: leave it out" in told
    (told, *_) = summed(engine, table(tmp_path / "q.parquet", ["a", "b", "c", label], [3, 4, 5, 11])).notes
    assert ("may be the sum of others" in told) == (label == "Grand Total")


@pytest.mark.parametrize(
    ("text", "outcomes", "told"),
    [
        ("Obs,name,n\n1,a,2\n2,b,3\n", ("b", "a"), "told rows apart, so not used: column Obs"),
        ("label,n,city\na,2,x\nb,3,y\n", ("b", "a"), "no numbers, so not used: column city"),
        ("item,n\nCola,2\n7,3\n7-Up,4\n", ("7-Up", "7", "Cola"), ""),
        ("label,n,may\n1,2,NA\n2,3,5\n::n", ("2", "1"), ""),
    ],
)
def test_other_columns_are_told_of(
    engine: Engine, tmp_path: Path, text: str, outcomes: tuple[str, ...], told: str
) -> None:
    """As they are of files that are fetched; what is a number but for a cell is none of the labels."""
    text, _, column = text.partition("::")
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    found = summed(engine, f"{tmp_path / 't.csv'}{'::' * bool(column)}{column}")
    assert sorted(found.terms["outcome"]) == sorted(outcomes)
    assert [note.partition(": ")[2] for note in found.notes if "not used" in note] == ([told] if told else [])


def test_threads_change_nothing(tmp_path: Path) -> None:
    """The sums are exact as decimals, so that they are the same in whatever order they are made."""
    with duckdb.connect() as connection:
        for name in "pq":
            rows = f"SELECT 'k' || i AS k, (hash('{name}' || i) % 99991) / 99991 AS n FROM range(300000) r(i)"
            connection.execute(f"COPY ({rows}) TO '{tmp_path / name}.parquet'")
    found = set()
    for jobs in (1, 2, 2, 4):
        with engines.started("duckdb", jobs) as engine:
            result = summed(engine, *(str(tmp_path / f"{name}.parquet") for name in "pq"), normalize=True)
            found.add((result.value, result.details["entropy"], *result.terms["outcome"]))
    assert len(found) == 1


# The command


def test_the_command(call: Run, tmp_path: Path) -> None:
    """The answer has the shape of any other, and says that it was added up, and how well."""
    p = table(tmp_path / "p.parquet", ["a", "b", "c"], [1, 1, 2])
    q = table(tmp_path / "q.parquet", ["c", "b", "a"], [1, 1, 2])
    done = call("kl", p, q, "--engine", "duckdb", "--base", "2", "--top", "2", "--explain")
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        """Kullback-Leibler divergence   D(P‖Q) = Σ p·log(p/q)
P = p.parquet    Q = q.parquet    base 2 (bits)

outcome      p     q       p/q   log(p/q)  p·log(p/q)
c         0.5   0.25  2.000000   1.000000    0.500000
a         0.25  0.5   0.500000  -1.000000   -0.250000
(others)  0.25  0.25  –          –           0
Σ         1     1                            0.250000  bits

H(P) 1.500000   H(P,Q) 1.750000   difference 0.250000
note: p.parquet: counts, divided by their total of 4
note: q.parquet: counts, divided by their total of 4
note: Σ p·log(p/q) − p + q over 3 outcomes was added up by DuckDB, within 1e-09

D(P‖Q) = Σ p·log(p/q) = 0.25
Coding draws from p.parquet with the code that is ideal for q.parquet costs 0.25 bits a draw more than need be: \
H(P,Q) = 1.75 instead of H(P) = 1.5. The other direction, D(Q‖P), is as a rule another number.
"""
    )
    entropy = call("entropy", f"{p}::n", "--engine", "duckdb", "--json").results[0]
    assert entropy["value"] == pytest.approx(1.5 * math.log(2), rel=1e-15)
    assert entropy["inputs"] == {"p": "p.parquet::n"}


@pytest.mark.parametrize("option", ["--smooth=laplace", "--duplicates=sum", "--decimal=,", "--max-size=1GiB"])
def test_what_changes_the_data_is_not_for_an_engine(call: Run, tmp_path: Path, option: str) -> None:
    """It is refused rather than passed over."""
    p = table(tmp_path / "p.parquet", ["a", "b", "c"], [1, 1, 2])
    name = option.partition("=")[0]
    done = call("kl", p, p, "--engine=duckdb", option)
    assert (done.code, done.raw) == (2, b"")
    assert done.err == f"klcli: {name} is not for --engine, which adds up what is there: leave one of them out\n"


def test_labels_that_may_be_others_are_told_of_as_without_an_engine(call: Run, tmp_path: Path) -> None:
    """An engine looks at the first of them alone, so no number of them is given."""
    rows = "".join(f"{row * 7},{row % 9 + 1},{row % 5 + 1}\n" for row in range(4000))
    (tmp_path / "p.csv").write_text(f"id,n,m\n{rows}")
    sides = (f"{tmp_path}/p.csv::n", f"{tmp_path}/p.csv::m")
    for engine in ([], ["--engine", "duckdb"]):
        assert (
            "p.csv::n: the labels, 0, 7, 14, 21, 28, ..., are from column id: call another one label if it is"
            in (call("kl", *sides, *engine, "--json").results[0]["notes"])
        )
