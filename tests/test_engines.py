"""Engines: one body of tests for all of them, since they give one answer: integers, and the edges they belong to."""

from __future__ import annotations

import contextlib
import gzip
import itertools
import math
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
from conftest import Done
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import rel_entr

from klcli import delimited, engines, profiles, readers, rooms
from klcli.drift import g_test
from klcli.engines import Counts, Engine, Table, _sqlite, _texts
from klcli.engines._kinds import tried_as
from klcli.errors import InputError, MissingExtraError, OptionError
from klcli.profiles import NESTED, Column, IncomparableError, Joint, Profile

duckdb = pytest.importorskip("duckdb", reason="duckdb is not installed")


@pytest.fixture(autouse=True)
def _in_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test works in a folder of its own, so that files have short names."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def duck() -> Iterator[Engine]:
    """The engine of which faults are looked at more closely."""
    with engines.started("duckdb") as found:
        yield found


def parquet(path: Path, query: str, **arrays: Any) -> Path:
    """A file with what the query answers; a column of an array is x['name']."""
    with duckdb.connect() as connection:
        for name, values in arrays.items():
            connection.register(name, {"v": values})
        connection.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
    return path


def counted(engine: Engine, source: Path | str, **options: Any) -> Counts:
    """The counts of a column by its labels."""
    table = engines.opened(engine, str(source), **options)
    return table.counts(table.field(table.column))


def binned(engine: Engine, source: Path | str, size: int) -> tuple[list[Any], Counts]:
    """The edges of so many bins, and the counts in them."""
    table = engines.opened(engine, str(source))
    (field,) = engines.typed(table, [table.field(table.column)])
    edges, found = engines.in_quantiles(table, field, size)
    assert found == table.histogram(field, edges)  # which counts them anew
    return edges, found


# What is counted


MESSY = """SELECT * FROM (VALUES
    (1.0::DOUBLE, 'a', 9007199254740992, 1.10::DECIMAL(6,2), 0.1::FLOAT, true, DATE '2026-01-01'),
    ('nan'::DOUBLE, '', 9007199254740993, 2.25, 0.1, false, DATE '2026-01-02'),
    (NULL, NULL, 9223372036854775807, 1.10, 0.2, NULL, DATE '1899-12-31'),
    ('inf'::DOUBLE, 'b', -9223372036854775807, 3.00, NULL, true, NULL),
    (-0.0::DOUBLE, 'b', 9007199254740992, NULL, 0.3, true, DATE '2026-01-01'),
    (0.0::DOUBLE, '01234', NULL, 2.25, 0.3, true, DATE '2026-01-01'),
    ('nan'::DOUBLE, 'NULL', 1, 2.25, 'nan'::FLOAT, true, DATE '2026-01-01')
    ) t(x, label, big, price, small, flag, day)"""
LABELS = {
    "x": (["0.0", "1.0", "inf"], [2, 1, 1], 1, 2),
    "label": (["b", "", "01234", "NULL", "a"], [2, 1, 1, 1, 1], 1, 0),
    "big": (
        ["9007199254740992", "-9223372036854775807", "1", "9007199254740993", "9223372036854775807"],
        [2, 1, 1, 1, 1],
        1,
        0,
    ),
    "price": (["2.25", "1.10", "3.00"], [3, 2, 1], 1, 0),
    "small": (["0.1", "0.3", "0.2"], [2, 2, 1], 1, 1),
    "flag": (["true", "false"], [5, 1], 1, 0),
    "day": (["2026-01-01", "1899-12-31", "2026-01-02"], [4, 1, 1], 1, 0),
}


@pytest.mark.parametrize("column", LABELS)
def test_labels_with_nulls_and_nans_apart(engine: Engine, tmp_path: Path, column: str) -> None:
    """NULL, NaN, the text NULL and blank text are four things; integers beyond 2^53 keep their last digit."""
    source = parquet(tmp_path / "t.parquet", MESSY)
    assert counted(engine, f"{source}::{column}") == Counts(*LABELS[column])


STATS = {
    "x": (7, 1, 2, 1, 0.0, 1.0),
    "big": (7, 1, 0, 0, -9223372036854775807, 9223372036854775807),
    "price": (7, 1, 0, 0, 1.1, 3.0),
    "small": (7, 1, 1, 0, 0.10000000149011612, 0.30000001192092896),
    "day": (7, 1, 0, 0, -25568, 20455),
    "label": (7, 1, 0, 0, None, None),
}


def test_stats_of_every_kind_in_one_pass(engine: Engine, tmp_path: Path) -> None:
    """Rows, NULLs, NaNs, infinities, and the ends of what is finite: NaN is not the largest number."""
    table = engines.opened(engine, str(parquet(tmp_path / "t.parquet", MESSY)))
    assert {
        name: tuple(stats) for name, stats in zip(STATS, table.stats(map(table.field, STATS)), strict=True)
    } == STATS


def test_nan_that_statistics_of_parquet_do_not_know(engine: Engine, tmp_path: Path) -> None:
    """As pyarrow writes files, their least and largest values leave NaN out; it is found all the same."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    values = np.arange(12.0)
    values[3] = math.nan
    pq.write_table(pa.table({"x": values}), tmp_path / "t.parquet")
    table = engines.opened(engine, str(tmp_path / "t.parquet"))
    assert tuple(table.stats([table.field()])[0]) == (12, 0, 1, 0, 0.0, 11.0)
    assert table.histogram(table.field(), [5.0]) == Counts(["(-inf, 5.0)", "[5.0, inf)"], [4, 7], 0, 1)
    assert counted(engine, tmp_path / "t.parquet").nans == 1


# Bins


RNG = np.random.default_rng(20261124)
SHAPES = {
    "normal": RNG.normal(size=120_000),
    "log-normal over 200 decades": RNG.lognormal(0, 50, 120_000),
    "all float64": np.frombuffer(RNG.bytes(8 * 120_000), dtype=np.float64),
    "two values next to each other": np.r_[np.zeros(80_000), np.full(40_000, 5e-324)],
    "far ends": np.r_[RNG.normal(size=120_000), -1.7e308, 1.7e308],
    "all int64": RNG.integers(-(2**63), 2**63 - 1, 120_000),
    "int64 beyond 2^53": RNG.integers(2**60, 2**60 + 100_000, 120_000),
    "a few": np.array([3.0, 1.0, 2.0]),
    "one": np.array([7]),
    "one value": np.full(100, 0.1),
    "one of twenty": np.r_[np.zeros(95), np.ones(5)],
    "mostly the least": np.r_[np.zeros(950, int), np.arange(1, 51)],
}


def edges_by_sorting(in_order: list[Any], size: int) -> list[Any]:
    """The values at the quantiles; of the least one what is behind it, and both of its sides if it is alone."""
    least, most = in_order[0], in_order[-1]
    if least == most:
        following = least + 1 if isinstance(least, int) else math.nextafter(least, math.inf)
        return [least, following] if following < math.inf else [least]
    at = {in_order[len(in_order) * part // size] for part in range(1, size)}
    behind = {next(x for x in in_order if x > least)} if least in at else set()
    return sorted((at | behind) - {least})


@pytest.mark.parametrize("shape", SHAPES)
def test_edges_are_exact_order_statistics(engine: Engine, tmp_path: Path, shape: str) -> None:
    """Bins are parted at the values that a sort would give, to the last bit, and hold what lies between them."""
    values = SHAPES[shape]
    source = parquet(tmp_path / "t.parquet", "SELECT v AS x FROM given", given=values)
    finite = np.sort(values[np.isfinite(values)])
    expected = edges_by_sorting([x + 0 for x in finite.tolist()], 10)
    edges, found = binned(engine, source, 10)
    assert edges == expected
    placed = Counter(np.searchsorted(expected, values[~np.isnan(values)], side="right").tolist())
    assert found.counts == [placed[index] for index in range(len(expected) + 1)]
    assert found.nulls + found.nans == np.isnan(values).sum()  # DuckDB takes NaN of numpy for NULL


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=40), st.integers(2, 9))
def test_edges_of_any_numbers(tmp_path_factory: pytest.TempPathFactory, values: list[float], size: int) -> None:
    """The same holds of any finite numbers, also where the engine may fetch none of them but the last."""
    path = tmp_path_factory.mktemp("any") / "t.parquet"
    parquet(path, "SELECT v AS x FROM given", given=np.array(values))
    in_order = sorted(value + 0.0 for value in values)
    with pytest.MonkeyPatch.context() as patch, engines.started("duckdb") as engine:
        patch.setattr(engines._ranks, "_FEW", 1)
        edges, _ = binned(engine, path, size)
    assert edges == edges_by_sorting(in_order, size)


@pytest.mark.parametrize("size", [1, 9, 100])
def test_bins_beside_what_is_in_none(engine: Engine, tmp_path: Path, size: int) -> None:
    """With few edges or many: infinities are in the ends, and NaN, blanks and what is no number are apart."""
    values = RNG.normal(size=500).tolist()
    cells = [*map(repr, values), "nan", "nan", "inf", "-inf", "", "", "", "n/a"]
    (tmp_path / "t.csv").write_text("\n".join(["x,y", *(f"{cell},1" for cell in cells)]))
    table = engines.opened(engine, str(tmp_path / "t.csv"))
    field = tried_as("number", table.field("x"), table.forms)
    edges = sorted(values[:size])
    found = table.histogram(field, edges)
    placed = Counter(np.searchsorted(edges, [*values, math.inf, -math.inf], side="right").tolist())
    assert found.counts == [placed[index] for index in range(size + 1)]
    assert (found.nulls, found.nans, found.unread) == (3, 2, 1)


def test_bins_of_a_width_begin_at_its_multiples(engine: Engine, tmp_path: Path) -> None:
    """Edges are the decimals that were meant, 0.3 and not 0.30000000000000004; 0.7 is in the bin that it begins."""
    source = parquet(tmp_path / "t.parquet", "SELECT unnest([0.3, 0.7, 0.69999999999999996, -0.05]) AS x")
    table = engines.opened(engine, str(source))
    (field,) = engines.typed(table, [table.field()])
    edges = engines.even_edges(table, field, Fraction(1, 10))
    assert edges == [-0.1, 0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]
    found = table.histogram(field, edges)
    assert dict(zip(found.labels, found.counts, strict=True))["[0.7, 0.8)"] == 2
    with pytest.raises(OptionError, match=r"^75001 bins of that width, at most 1000 are made"):
        engines.even_edges(table, field, Fraction(1, 100_000))
    with pytest.raises(OptionError, match=r"^more than a billion bins of that width, at most 1000 are made"):
        engines.even_edges(table, field, Fraction("1e-320"))


def test_days_and_times_in_bins(engine: Engine, tmp_path: Path) -> None:
    """Times are those of UTC, whatever their own zone, and edges are written as days and times."""
    rows = "2026-02-28,2026-02-28T23:30:00+05:30\n2026-03-01,2026-03-01 00:00\n2026-02-01,1969-12-31T23:59:59.5Z\n"
    (tmp_path / "t.csv").write_text(f"day,at\n{rows}")
    assert binned(engine, "t.csv::day", 3)[1].labels == [
        "(-inf, 2026-02-28)", "[2026-02-28, 2026-03-01)", "[2026-03-01, inf)",
    ]  # fmt: skip
    assert binned(engine, "t.csv::at", 3)[1].labels == [
        "(-inf, 2026-02-28 18:00:00)", "[2026-02-28 18:00:00, 2026-03-01 00:00:00)", "[2026-03-01 00:00:00, inf)",
    ]  # fmt: skip
    table = engines.opened(engine, "t.csv")
    (field,) = engines.typed(table, [table.field("day")])
    with pytest.raises(OptionError, match=r"t\.csv::day: is a date: give a --width of whole days$"):
        engines.even_edges(table, field, Fraction(1, 2))


def test_times_that_are_typed(engine: Engine, tmp_path: Path) -> None:
    """Columns of time in Parquet are times, of any precision and zone, and have bins."""
    seconds = "TIMESTAMP '2026-01-01' + to_seconds(i * 60)"
    source = parquet(
        tmp_path / "t.parquet", f"SELECT {seconds} AS a, ({seconds})::TIMESTAMPTZ AS b FROM range(4) r(i)"
    )
    for column in "ab":
        edges, found = binned(engine, f"{source}::{column}", 2)
        assert found.labels == ["(-inf, 2026-01-01 00:02:00)", "[2026-01-01 00:02:00, inf)"]
        assert (edges, found.counts) == ([1767225720000000], [2, 2])


def test_times_are_cut_to_microseconds(engine: Engine, tmp_path: Path) -> None:
    """Parts of one are dropped of text as of times in nanoseconds, before 1970 too, and a zone needs no seconds."""
    cells = [
        "1950-01-01 00:00:00.1234567",
        "2026-01-01 10:00Z",
        "2026-01-01 15:30+05:30",
        "2026-01-01 10:00:00.0000009",
    ]
    (tmp_path / "t.csv").write_text("a,b\n" + "".join(f"{cell},1\n" for cell in cells))
    assert binned(engine, "t.csv::a", 2)[0] == [1767261600000000]
    assert engines.opened(engine, "t.csv").stats([times_of(engine)])[0].least == -631151999876544


@pytest.mark.parametrize(
    "cell",
    [
        "2026-01-01 15:30:00+0530", "2026-01-01T15:30+0530", "2026-01-01 07:00:00.00-03", "2026-01-01 10:00+00",
        "2026-01-01 10:00:00 UTC", "2026-01-01 10:00 UTC", "2026-01-01T07:00-03:00",
        " 2026-01-01 10:00:00.000000+00 ",
    ],
)  # fmt: skip
def test_zones_as_databases_write_them(engine: Engine, tmp_path: Path, cell: str) -> None:
    """Whole hours without minutes, as PostgreSQL and DuckDB do, or in words."""
    (tmp_path / "t.csv").write_text(f"a,b\n{cell},1\n2026-01-01 10:00,1\n")
    stats = engines.opened(engine, "t.csv").stats([times_of(engine)])[0]
    assert stats.least == stats.most == 1767261600000000
    (tmp_path / "q.csv").write_text(f"a,b\n{cell},1\nno time,1\n")
    like = dict(engines.profile(engines.opened(engine, "t.csv"), ["a"], 2))
    found = dict(engines.profile(engines.opened(engine, "q.csv"), ["a"], 2, Profile("t", 2, like)))["a"].counts
    assert found is not None
    assert found["(no date)"] == 1
    assert sum(found.values()) == 2


def times_of(engine: Engine) -> Any:
    """The first column of t.csv, as what it holds."""
    table = engines.opened(engine, "t.csv")
    return engines.typed(table, [table.field("a")])[0]


@pytest.mark.parametrize("type_", ["UBIGINT", "DECIMAL(20, 0)"])
def test_whole_numbers_that_have_no_type_everywhere(engine: Engine, tmp_path: Path, type_: str) -> None:
    """Whole numbers of 64 bits without a sign, and decimals without digits behind the point, keep every digit."""
    most = 2**64 - 1
    source = parquet(tmp_path / "t.parquet", f"SELECT unnest([1, {most - 1}, {most}])::{type_} AS x")
    assert counted(engine, source).labels == ["1", str(most - 1), str(most)]
    assert binned(engine, source, 3)[0] == [most - 1, most]


NUMBERS_OF_32_BITS = {
    "some": [0.1, 0.2, 0.2, 0.7, 0.7, 0.7, 1e30, -1e-30],
    "one": [0.7] * 9,
    "most": [0.1] * 20 + [0.7],
    "infinities": [0.1, math.inf, -math.inf, 0.3, 0.7],
    "infinities alone": [math.inf, math.inf, -math.inf],
    "large": [16777217.0, 3e38, 1e-45, -3e38],
    "the largest": [3.4028235e38] * 3,
}


def test_numbers_of_32_bits_have_the_bins_of_text(engine: Engine, tmp_path: Path) -> None:
    """On every engine."""
    check_numbers_of_32_bits(engine, tmp_path, NUMBERS_OF_32_BITS["some"])


@pytest.mark.parametrize("values", NUMBERS_OF_32_BITS.values(), ids=NUMBERS_OF_32_BITS)
def test_numbers_of_32_bits_are_those_of_64(duck: Engine, tmp_path: Path, values: list[float]) -> None:
    """A table has the same counts in the same bins, be its numbers held in 32 bits, in 64 or as text."""
    check_numbers_of_32_bits(duck, tmp_path, values)


def check_numbers_of_32_bits(engine: Engine, tmp_path: Path, values: list[float]) -> None:
    """Each of them as the reference of the others."""
    single = np.array(values, np.float32)
    parquet(tmp_path / "single.parquet", "SELECT v AS x FROM given", given=single)
    parquet(tmp_path / "wide.parquet", "SELECT v AS x FROM given", given=single.astype(float))
    (tmp_path / "text.csv").write_text("x,y\n" + "".join(f"{x!s},1\n" for x in single))
    for pair in (("single.parquet", "text.csv"), ("single.parquet", "wide.parquet")):
        for reference, current in (pair, pair[::-1]):
            like = dict(engines.profile(engines.opened(engine, reference), ["x"], 4))
            found = dict(engines.profile(engines.opened(engine, current), ["x"], 4, Profile("p", 1, like)))
            assert list(found["x"].counts.values()) == list(like["x"].counts.values())
            assert max(like["x"].counts.values()) < len(values) or len(set(values)) == 1


def test_bins_of_a_width_of_numbers_of_32_bits(engine: Engine, tmp_path: Path) -> None:
    """0.7 is in the bin that it begins, and that bin has an end."""
    values = np.array([0.1, 0.2, 0.7, 0.7])
    parquet(tmp_path / "single.parquet", "SELECT v AS x FROM given", given=values.astype(np.float32))
    parquet(tmp_path / "double.parquet", "SELECT v AS x FROM given", given=values)
    found = []
    for name in ("single", "double"):
        table = engines.opened(engine, f"{name}.parquet")
        field = table.field()
        found.append(table.histogram(field, engines.even_edges(table, field, Fraction(1, 10))))
    assert found[0] == found[1]
    assert found[0].labels[-2:] == ["[0.7, 0.8)", "[0.8, inf)"]


@pytest.mark.parametrize("kind", ["SMALLINT", "INTEGER", "BIGINT"])
def test_whole_numbers_from_end_to_end_of_their_type(engine: Engine, tmp_path: Path, kind: str) -> None:
    """The difference of two whole numbers may be beyond their type, and their bins are right."""
    bits = {"SMALLINT": 16, "INTEGER": 32, "BIGINT": 64}[kind]
    least = -(2 ** (bits - 1))
    rows = f"i * {2**bits // 60_000}::HUGEINT + {least}"
    source = parquet(tmp_path / "t.parquet", f"SELECT ({rows})::{kind} AS x FROM range(60000) r(i)")
    edges, found = binned(engine, source, 2)
    assert (edges, found.counts) == ([30_000 * (2**bits // 60_000) + least], [30_000, 30_000])


def test_text_that_begins_as_binary_files_do(engine: Engine, tmp_path: Path) -> None:
    """A gene called PAR1, and a duck at the ninth byte, are data."""
    (tmp_path / "t.csv").write_text("species\nDUCK\nGOOSE\n")
    assert counted(engine, "t.csv").labels == ["DUCK", "GOOSE"]
    (tmp_path / "g.csv").write_text("PAR1\nPAR2\n")
    assert counted(engine, "g.csv", header=False).labels == ["PAR1", "PAR2"]


@pytest.mark.parametrize("name", ["_x.csv", ".x.csv", "a:b.csv", "x y.csv", "x[1]*.csv", "ü.csv"])
def test_names_that_an_engine_may_pass_over(engine: Engine, tmp_path: Path, name: str) -> None:
    """A file is read whatever it is called, or refused: Spark takes some for none of its files."""
    (tmp_path / name).write_text("a,b\nx,1\nx,2\n")
    is_refused = type(engine).__name__ == "Spark" and (name[0] in "_." or ":" in name)
    refusal = "Spark reads none whose name begins with _ or . or has a colon: rename it"
    with pytest.raises(InputError, match=refusal) if is_refused else contextlib.nullcontext():
        assert counted(engine, f"{name}::a") == Counts(["x"], [2], 0, 0)


def test_the_sign_for_what_is_no_text(engine: Engine, tmp_path: Path) -> None:
    """U+FFFD is a sign like any other where it is certain that no other bytes were there."""
    parquet(tmp_path / "t.parquet", "SELECT '\ufffd' AS x")
    assert counted(engine, "t.parquet").labels == ["\ufffd"]


def test_blank_lines_before_a_header(engine: Engine, tmp_path: Path) -> None:
    """They are passed over, and the header is no data; files of one table have as many."""
    if type(engine).__name__ != "Spark":
        (tmp_path / "one.csv").write_text("\na\nb\n\na\n")
        assert counted(engine, "one.csv", header=False).nulls == 2
    for ends in ("\n", "\r\n"):
        (tmp_path / "t1.csv").write_text(f"{ends}{ends}a,b{ends}x,1{ends}", newline="")
        assert counted(engine, "t1.csv::a") == Counts(["x"], [1], 0, 0)
    (tmp_path / "t2.csv").write_text("\r\na,b\r\nx,1\r\n", newline="")
    with pytest.raises(
        InputError, match=r"t2\.csv: does not begin as t1\.csv: 1 blank line before .*, and there 2: save"
    ):
        counted(engine, "t*.csv::a")
    (tmp_path / "s.csv").write_text("sep=;\na;b\nx;1\n")
    with pytest.raises(InputError, match=r"s\.csv: line 1: Excel's 'sep=;' line: delete it$"):
        counted(engine, "s.csv::a")


def test_a_first_row_without_an_end(duck: Engine, tmp_path: Path) -> None:
    """A first row of more than a million signs is refused; lines that end in CR are lines."""
    (tmp_path / "t.csv").write_text("x" * 2**20 + "\n1\n")
    with pytest.raises(InputError, match="the first row does not end within 1048576 characters"):
        counted(duck, "t.csv")
    (tmp_path / "t.csv").write_text("a,b\r" + "x,1\r" * 300_000, newline="")
    assert counted(duck, "t.csv::a").counts == [300_000]


def test_decimal_commas(engine: Engine, tmp_path: Path) -> None:
    """Numbers of CSV may be written with commas, where that is said; points are none of them then."""
    (tmp_path / "t.csv").write_text("x;y;n\n0,5;0.5;1\n1,25e1;2;2\n,75;3;3\n")
    table = engines.opened(engine, "t.csv", decimal=",")
    assert [field.kind for field in engines.typed(table, [*table.fields.values()])] == ["number", "text", "whole"]
    (field,) = engines.typed(table, [table.field("x")])
    assert engines.in_quantiles(table, field, 3) == (
        [0.75, 12.5], Counts(["(-inf, 0.75)", "[0.75, 12.5)", "[12.5, inf)"], [1, 1, 1], 0, 0),
    )  # fmt: skip
    assert table.counts(table.field("x")).labels == [",75", "0,5", "1,25e1"]
    (tmp_path / "t.csv").write_text("1,5;2\n2,5;3\n")
    with pytest.raises(InputError, match="line 1: 1,5 is a number: if the first row is data, put a header before it"):
        engines.opened(engine, "t.csv", decimal=",")


WRITTEN = {
    "whole": ["1", "-2", "+3", "0", "9223372036854775807", "-9223372036854775808"],
    "number": ["1", ".5", "2.", "-1e-3", "NaN", "inf"],
    "text": ["1", "01234"],
    "date": ["2026-01-01", "2024-02-29"],
    "time": ["2026-01-01T10:00", "2026-01-01 10:00Z", "2026-01-01T10:00+05:30", "2026-01-01 10:00:00.123456789Z"],
    "truth": ["true", "False", "TRUE"],
}


@pytest.mark.parametrize("kind", WRITTEN)
def test_the_kind_of_text_is_that_of_all_of_it(engine: Engine, tmp_path: Path, kind: str) -> None:
    """A column of CSV is of a kind if every cell is written so; blanks are missing, and one word makes it text."""
    cells = WRITTEN[kind]
    rows = [(cell, "" if index else "x", cell) for index, cell in enumerate(cells)] + [("", "", "word")]
    (tmp_path / "t.csv").write_text("a,b,c\n" + "".join(",".join(row) + "\n" for row in rows))
    table = engines.opened(engine, str(tmp_path / "t.csv"))
    kinds = [field.kind for field in engines.typed(table, [*table.fields.values()])]
    assert kinds == [kind, "text", "text"]


@pytest.mark.parametrize("kind", sorted(WRITTEN.keys() - {"text"}))
def test_blanks_beside_a_cell_are_no_part_of_what_it_says(engine: Engine, tmp_path: Path, kind: str) -> None:
    """After a comma people write a blank: numbers, days and truth values are the same with it and without."""
    cells = WRITTEN[kind]
    (tmp_path / "t.csv").write_text("a, b\n" + "".join(f"{cell}, {cell}\t\n" for cell in cells))
    table = engines.opened(engine, str(tmp_path / "t.csv"))
    a, b = engines.typed(table, [table.field("a"), table.field("b")])
    assert b.kind == kind
    is_same = f"CASE WHEN {a.sql} IS NOT DISTINCT FROM {b.sql} THEN 1 END"
    assert table.rows(f"SELECT count({is_same}), count({b.sql})") == [(len(cells), len(cells))]


@pytest.mark.parametrize(
    "cell",
    [
        "2026-02-30",
        "2026-13-01",
        "2026-01-01T24:00",
        "2026-01-01T10:00+19:00",
        "1_000",
        "-nan",
        "5\n",
        "0x10",
        "1,5",
        "٣",
        "1e",
        "--1",
    ],
)
def test_what_only_looks_like_a_kind_is_text(engine: Engine, tmp_path: Path, cell: str) -> None:
    """A day that no calendar has is text, and so are numbers that other programs would make of text."""
    (tmp_path / "t.csv").write_text(f'a,b\n"{cell}",1\n')
    table = engines.opened(engine, str(tmp_path / "t.csv"))
    assert engines.typed(table, [table.field("a")])[0].kind == "text"


def test_what_has_types_keeps_them(engine: Engine, tmp_path: Path) -> None:
    """What Parquet holds as text is text, whatever is written there; and a late word is seen as an early one is."""
    path = parquet(tmp_path / "t.parquet", "SELECT unnest(['1', '2']) AS x, unnest([1, 2]) AS y")
    table = engines.opened(engine, str(path))
    assert [field.kind for field in engines.typed(table, [*table.fields.values()])] == ["text", "whole"]
    (tmp_path / "t.csv").write_text("a,b,c\n" + ",1,1\n" * 3000 + "2026-01-01,word,2.5\n")
    table = engines.opened(engine, "t.csv")
    assert [field.kind for field in engines.typed(table, [*table.fields.values()])] == ["date", "text", "number"]


# Sources


def test_labels_of_csv_are_text(engine: Engine, tmp_path: Path) -> None:
    """01234 keeps its zero, 1.0 is not 1, quoted text may hold anything; a blank cell is missing, quoted or not."""
    (tmp_path / "t.csv").write_text('a,b\n01234,1\n1.0,2\n1,3\n"x,\n""y""",4\n,5\n"",6\n NA,7\n', encoding="utf-8")
    found = counted(engine, "t.csv::a")
    assert found == Counts([" NA", "01234", "1", "1.0", 'x,\n"y"'], [1] * 5, 2, 0)
    assert counted(engine, "t.csv::a", null=["1.0", " NA", "{}"]).nulls == 4
    parquet(tmp_path / "t.parquet", MESSY)
    stands = {"x": ["1", "x"], "label": ["NULL"], "big": ["9007199254740993"], "price": ["2.25"], "small": ["0.25"]}
    stands |= {"flag": ["true"], "day": ["2026-01-01"]}
    nulls = {column: counted(engine, f"t.parquet::{column}", null=texts).nulls for column, texts in stands.items()}
    assert nulls == {"x": 2, "label": 2, "big": 2, "price": 4, "small": 1, "flag": 6, "day": 5}
    assert counted(engine, "t.parquet::small", null=["0.3"]).nulls == 3
    assert counted(engine, "t.parquet::big", null=["9007199254740992", "0.5"]).nulls == 3
    assert counted(engine, "t.parquet::x", null=["NaN"])[2:] == (3, 0, 0)
    assert counted(engine, "t.parquet::x", null=["inf"]).nulls == 2
    assert counted(engine, "t.parquet::day", null=["2026-01-01 12:30", "20260101"]).nulls == 1
    time = "TIMESTAMPTZ '2024-01-01 12:00:00.5+00'"
    parquet(tmp_path / "at.parquet", f"SELECT {time} AS z, {time}::TIMESTAMP AS t")
    for column in "zt":
        assert counted(engine, f"at.parquet::{column}").labels == ["2024-01-01 12:00:00.5"]
        for null in ("2024-01-01 12:00:00.500000", "2024-01-01 12:00:00.5"):
            assert counted(engine, f"at.parquet::{column}", null=[null]).nulls == 1


def test_a_footer_loses_no_rows(engine: Engine, tmp_path: Path) -> None:
    """A row of totals is a row: the readers that guess make one row of fifty of such a file."""
    rows = "".join(f"i{index % 5},{index}\n" for index in range(50))
    (tmp_path / "t.csv").write_text(f"item,n\n{rows}Total,1225\n")
    found = counted(engine, "t.csv::item")
    assert sum(found.counts) == 51
    (tmp_path / "t.csv").write_text(f"item,n\n{rows}Total\n")
    with pytest.raises(InputError, match=r"^t\.csv: line 52: 1 cell where the first row has 2$"):
        counted(engine, "t.csv::item")


ENCODED = {
    "mark of UTF-8": ("utf-8-sig", {}),
    "mark of UTF-16": ("utf-16", {}),
    "named": ("gb18030", {"encoding": "gb18030"}),
}


@pytest.mark.parametrize("way", ENCODED)
def test_encodings(engine: Engine, tmp_path: Path, way: str) -> None:
    """Text is read by its mark, or in the encoding that is named."""
    name, options = ENCODED[way]
    (tmp_path / "t.csv").write_bytes("色,n\n红,1\n红,2\n蓝,3\n".encode(name))
    assert counted(engine, "t.csv::色", **options) == Counts(["红", "蓝"], [2, 1], 0, 0)


@pytest.mark.parametrize("rows", [1, 200_000])
def test_what_is_not_utf_8_is_refused(engine: Engine, tmp_path: Path, rows: int) -> None:
    """Bytes of another encoding are refused, be it in the first rows or far below, and in whichever column."""
    (tmp_path / "t.csv").write_bytes(b"a,b\n" + b"xxxxxxx,1\n" * rows + b"\xe4,1\n")
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress((tmp_path / "t.csv").read_bytes()))
    for name, column in itertools.product(("t.csv", "t.csv.gz"), "ab"):
        with pytest.raises(InputError, match=rf"^{name}: line {rows + 2}: byte 0xe4 is not UTF-8: "):
            counted(engine, f"{name}::{column}")


def test_a_nul_byte_that_begins_a_line(duck: Engine, tmp_path: Path) -> None:
    """It is on that line, whatever ends the one before."""
    for end in (b"\r", b"\n", b"\r\n"):
        (tmp_path / "t.csv").write_bytes(b"a,b" + end + (b"xxxxxxxxx,1" + end) * 200_001 + b"\0y,1" + end)
        with pytest.raises(InputError, match=r"^t\.csv: line 200003: a NUL byte: "):
            counted(duck, "t.csv::b")


@pytest.mark.parametrize("way", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_records_of_json_are_known_without_an_ending(engine: Engine, tmp_path: Path, way: str) -> None:
    """A mark before them is none of them, nor does the encoding hide them."""
    options = {"encoding": way} if way == "utf-16-le" else {}
    (tmp_path / "t.log").write_bytes('{"x":1}\n{"x":2}\n{"x":2}\n'.encode(way))
    assert counted(engine, "t.log::x", **options) == Counts(["2", "1"], [2, 1], 0, 0)
    (tmp_path / "t.log").write_bytes('[{"x":1}]\n'.encode(way))
    with pytest.raises(InputError, match=r"^t\.log: a list in JSON: write one record to a line"):
        counted(engine, "t.log::x", **options)


@pytest.mark.parametrize("rows", [1, 200_000])
def test_a_nul_byte_is_refused(engine: Engine, tmp_path: Path, rows: int) -> None:
    """No text has one, be it in the first rows or far below, and in whichever column."""
    (tmp_path / "t.csv").write_bytes(b"a,b\n" + b"xxxxxxx,1\r\n" * rows + b"x\0y,1\n")
    for column in "ab":
        with pytest.raises(InputError, match=rf"^t\.csv: line {rows + 2}: a NUL byte: "):
            counted(engine, f"t.csv::{column}")


def test_a_sign_may_lie_across_blocks(engine: Engine, tmp_path: Path) -> None:
    """A file is looked through in blocks, of which each may begin within a sign; a sign that is cut off is none."""
    text = b"a\n" + b"x" * (2**20 - 3) + "é🎱\n".encode() + b"x" * 2**20 + "\n色\n".encode()
    (tmp_path / "t.csv").write_bytes(text)
    assert len(counted(engine, "t.csv::a").labels) == 3
    (tmp_path / "t.csv").write_bytes(text[:-2])
    with pytest.raises(InputError, match=r"^t\.csv: line 4: byte 0xe8 is not UTF-8: "):
        counted(engine, "t.csv::a")


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_ends_of_lines(engine: Engine, tmp_path: Path, ends: str) -> None:
    """Lines may end in LF, CR LF or CR, with or without the last one."""
    for last in ("", ends):
        (tmp_path / "t.csv").write_text(f"a;b{ends}x;1{ends}y;2{ends}x;3{last}", newline="")
        assert counted(engine, "t.csv::a") == Counts(["x", "y"], [2, 1], 0, 0)


REFUSED = {
    "": "empty",
    "a,b\nx,1\ny\n": "line 3: 1 cell where the first row has 2",
    "a,b\nx,1,\ny,2,\n": "line 2: 3 cells where the first row has 2",
    'a,b\nx,1\n"y,2\n': "line 3: a quote is opened and never closed",
    "a,b\nx\0y,1\n": "line 2: a NUL byte: is it binary, or UTF-16 without its mark? Name its --encoding",
    "a,a\nx,1\n": "line 1: two columns are called 'a'",
    "1,2\nx,1\n": "line 1: 1 is a number: if the first row is data, put a header before it (count, drift "
    "and profile take --no-header, and --header where these are names)",
    "a;b,c\nx;1,2\n": "line 1: which of ',' ';' separates the columns? Give --delimiter, and --decimal , if numbers "
    "have commas; or put labels with the others in quotes",
}


@pytest.mark.parametrize("text", REFUSED, ids=repr)
def test_faults_of_csv(engine: Engine, tmp_path: Path, text: str) -> None:
    """What a reader refuses an engine refuses, with the line where it is near the start."""
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(InputError) as caught:
        counted(engine, "t.csv::a")
    assert str(caught.value).partition("t.csv: ")[2] == REFUSED[text]


@pytest.mark.parametrize("far", ["", "x,1\n" * 300_000])
def test_blanks_beside_quotes_are_refused(engine: Engine, tmp_path: Path, far: str) -> None:
    """An engine would drop them, and take two labels for one; within quotes they are a part of the label."""
    line = far.count("\n") + 2
    for row, where in ((' "x",1\n', "before the quote that opens"), ('"x" ,1\n', "after the quote that closes")):
        (tmp_path / "t.csv").write_text(f"a,b\n{far}{row}")
        with pytest.raises(InputError) as caught:
            counted(engine, "t.csv::a")
        fault = f"a blank {where} a cell: leave it out"
        fault = fault if far or "opens" in where else delimited.after_quote(",")
        assert str(caught.value).partition("t.csv: ")[2] == f"line {line}: {fault}"
    (tmp_path / "t.csv").write_text(f'a,b\n{far}"x , ""y"" ,",1\n" ""z""",2\n"w, ",3\n')
    assert {'x , "y" ,', ' "z"', "w, "} <= {*counted(engine, "t.csv::a").labels}


def test_quotes_that_are_signs_change_nothing(duck: Engine, tmp_path: Path) -> None:
    """A quote within a cell opens nothing: what comes after it is seen as it is, beside blanks or not."""
    (tmp_path / "t.csv").write_text('x,y\n5" pipe,1\n"a, ""b"", c",1\n')
    assert counted(duck, "t.csv::x").labels == ['5" pipe', 'a, "b", c']
    (tmp_path / "t.csv").write_text('x\n5" pipe\n"a"\n "a"\n')
    with pytest.raises(InputError, match=r"line 4: a blank before the quote that opens a cell: leave it out"):
        counted(duck, "t.csv")


def test_blocks_part_no_cell(duck: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever a block of the file ends, the same cells are seen."""
    monkeypatch.setattr(_texts, "_SEAM", 3)
    rows = 'x,n\nThe "x" song,1\n"a, ""b"" ",2\n"c\nd , ""e"" , f",3\n'
    for size in range(1, 60):
        monkeypatch.setattr(_texts, "_BLOCK", size)
        (tmp_path / "t.csv").write_text(rows)
        assert counted(duck, "t.csv::x").labels == ['The "x" song', 'a, "b" ', 'c\nd , "e" , f']
        for loose, where in (
            (' "g",4\n', "before the quote that opens"),
            ('"g" ,4\n', "after the quote that closes"),
        ):
            (tmp_path / "t.csv").write_text(rows + loose)
            with (tmp_path / "t.csv").open("rb") as file:
                assert [*_texts._loose_quotes(file, b",")] == [(6, where)]


def test_a_column_of_nothing(duck: Engine, tmp_path: Path) -> None:
    """A column of Parquet that is missing throughout, which has a type of its own, is counted as missing."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"x": pa.nulls(3)}), "t.parquet")
    assert counted(duck, "t.parquet") == Counts([], [], 3, 0)


def test_times_beyond_all(duck: Engine, tmp_path: Path) -> None:
    """Infinite times are not missing, and times that differ by parts of a microsecond are no one label."""
    source = parquet(tmp_path / "t.parquet", "SELECT unnest(['infinity', '-infinity', '2026-01-01'])::TIMESTAMP AS x")
    assert (sum(counted(duck, source).counts), binned(duck, source, 3)[1].counts) == (3, [1, 1, 1])
    source = parquet(tmp_path / "n.parquet", "SELECT make_timestamp_ns(i * 500) AS x FROM range(4) r(i)")
    with pytest.raises(InputError, match="holds parts of a microsecond, which would be merged: round them, or write"):
        counted(duck, source)
    assert binned(duck, source, 2)[1].counts == [2, 2]


FAR = "x,1\n" * 300_000
BELOW = {
    FAR + "y,1,2\n" + FAR: "line 300002: 3 cells where the first row has 2",
    FAR + "y\n" + FAR: "line 300002: 1 cell where the first row has 2",
    FAR + '"y,1\n': "line 300002: a quote is opened and never closed",
    FAR + "y,1\r\n" + FAR: "some lines end in CR LF and others do not",
}


@pytest.mark.parametrize("text", BELOW, ids=BELOW.values())
def test_faults_far_below(duck: Engine, tmp_path: Path, text: str) -> None:
    """DuckDB finds them with the line, and says nothing of rows that it passed over, since it passes over none."""
    (tmp_path / "t.csv").write_text(f"a,b\n{text}", newline="")
    with pytest.raises(InputError, match=BELOW[text].replace("(", r"\(")):
        counted(duck, "t.csv::a")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("t.ndjson", '{"a": "x"}\n\n{"a": "y",\n', "t.ndjson: line 3: ends within a record of JSON"),
        ("t.ndjson", '{"a": "x"}\n[1]\n', "t.ndjson: line 2: no record of JSON"),
        ("t.csv", "a,b\n" + '"x\ny",1\n' * 1100 + "q,1,2\n", "t.csv: line 2202: 3 cells where the first row has 2"),
    ],
)
def test_a_fault_is_on_its_line(engine: Engine, tmp_path: Path, name: str, text: str, message: str) -> None:
    """Lines are those of the file, blank ones and those within quotes among them, and not what an engine counts."""
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        counted(engine, f"{name}::a")
    assert str(caught.value).startswith(message)


def test_without_a_header(engine: Engine, tmp_path: Path) -> None:
    """With header=False columns are called by their numbers, and the first row is counted."""
    (tmp_path / "t.csv").write_text("1,x\n2,x\n")
    assert counted(engine, "t.csv::2", header=False) == Counts(["x"], [2], 0, 0)
    (tmp_path / "words").write_text("apple\npear\napple\n")
    table = engines.opened(engine, str(tmp_path / "words"))
    assert table.notes == ("the first row, apple, names the column (--no-header: it is data)",)


def test_columns_that_differ_in_case_only(engine: Engine, tmp_path: Path) -> None:
    """One column may be called p and another one P."""
    (tmp_path / "t.csv").write_text("p,P\n1,a\n2,a\n")
    assert counted(engine, "t.csv::P").labels == ["a"]
    assert counted(engine, "t.csv::p").labels == ["1", "2"]


def test_json_lines(engine: Engine, tmp_path: Path) -> None:
    """A record to a line, with names that may hold anything; what a record lacks is missing, as null is."""
    (tmp_path / "t.jsonl").write_text(
        '{"a": 1, "b.\\"c": "x", "n": {"m": [1]}}\n\n{"a": 2.5}\n'
        '{"a": null, "b.\\"c": "y\\n"}\n{"a": "", "z": true}\n'
    )
    assert counted(engine, "t.jsonl::a") == Counts(["", "1", "2.5"], [1] * 3, 1, 0)
    assert counted(engine, 't.jsonl::b."c') == Counts(["x", "y\n"], [1] * 2, 2, 0)
    assert counted(engine, "t.jsonl::z") == Counts(["true"], [1], 3, 0)
    (tmp_path / "t.jsonl").write_text('{"a": 1, "a": 2}\n{"a": 3}\n')
    with pytest.raises(InputError, match=r"t\.jsonl: line 1: two values are called 'a': leave one out$"):
        counted(engine, "t.jsonl::a")
    (tmp_path / "t.json").write_text("[1, 2]")
    with pytest.raises(
        InputError, match=r"t\.json: a list in JSON: write one record to a line, as jq -c '\.\[\]' does$"
    ):
        counted(engine, "t.json::a")


def test_numbers_of_json_stay_as_they_are_written(engine: Engine, tmp_path: Path) -> None:
    """1.10 is no 1.1, and what looks like a number within a text or a list is none of it."""
    (tmp_path / "t.ndjson").write_text(
        '{"a": 1.10, "b": " : 1.50 ", "c": [1.5]}\n{"a":1e+05,"b":"\\", : 7e3","c":[1.50, 2]}\n'
        '{"a": -0, "b": 20.0}\n{"a":12345678901234567890123 ,"b":0.00000012}\n{"a":0.5,"b":true}\n',
        encoding="utf-8",
    )
    assert counted(engine, "t.ndjson::a").labels == ["-0", "0.5", "1.10", "12345678901234567890123", "1e+05"]
    assert counted(engine, "t.ndjson::b").labels == [" : 1.50 ", '", : 7e3', "0.00000012", "20.0", "true"]
    assert counted(engine, "t.ndjson::c") == Counts(["[1.50,2]", "[1.5]"], [1, 1], 3, 0)


NO_JSON = {
    "{": "line 2: ends within a record of JSON: write one to a line, as jq -c . does, or copy what is cut off anew$",
    '{"a":"x",': "line 2: ends within a record of JSON",
    '{"a":"x"': "line 2: ends within a record of JSON",
    '{"a":"x"}{"a":"y"}': "line 2: no JSON",
    '{"a":"x"} x': "line 2: no JSON",
    "{'a':'x'}": "line 2: no JSON",
    '{"a":"x\ty"}': "line 2: no JSON",
    '{"a":"\\ud83d"}': "line 2: no JSON",
    '{"a":"x"}\u00a0': "line 2: no JSON: Extra data",
    "[1]": "line 2: no record of JSON",
}


@pytest.mark.parametrize("line", NO_JSON, ids=NO_JSON)
def test_lines_that_are_no_json(engine: Engine, tmp_path: Path, line: str) -> None:
    """They are refused with the line, and nothing of them is read or left out."""
    (tmp_path / "t.ndjson").write_text(f'{{"a":"z"}}\n{line}\n{{"a":"z"}}\n')
    with pytest.raises(InputError, match=rf"^t\.ndjson: {NO_JSON[line]}"):
        counted(engine, "t.ndjson::a")


@pytest.mark.parametrize("value", ["NaN", "-Infinity", "nan", "1,", "1" * 5000, "[" * 1000 + "]" * 1000])
def test_what_duckdb_takes_for_json_is_counted(duck: Engine, tmp_path: Path, value: str) -> None:
    """Though not all take it: one record is counted as many are."""
    for lines in (1, 2):
        (tmp_path / "t.ndjson").write_text(f'{{"n":1,"a":{value}}}\n' * lines)
        for name in "na" if value[0] != "[" else "n":
            assert counted(duck, f"t.ndjson::{name}").counts == [lines]


def test_a_disk_without_room_is_no_fault_of_the_input(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What an engine writes are copies of its own."""
    (tmp_path / "t.csv").write_text("a\nx\n")
    full = duckdb.IOException("IO Error: Could not write file: No space left on device")
    with engines.started("duckdb") as engine:
        table = engines.opened(engine, "t.csv")
        monkeypatch.setattr(engine, "_connection", mock.Mock(execute=mock.Mock(side_effect=full)))
        with pytest.raises(
            InputError, match=r"^t\.csv: needs a temporary copy: no space left on device: set TMPDIR$"
        ):
            table.kept()


def test_a_line_of_json_that_is_no_text(engine: Engine, tmp_path: Path) -> None:
    """It is on its line, and named as in any other text."""
    (tmp_path / "t.ndjson").write_bytes(b'{"a":"x"}\n{"a":"\xff"}\n')
    with pytest.raises(InputError, match=r"t\.ndjson: line 2: byte 0xff is not UTF-8: save it as UTF-8, or name"):
        counted(engine, "t.ndjson::a")


def test_many_escapes_in_a_text_of_json(engine: Engine, tmp_path: Path) -> None:
    """A long text is read beside a number that stays as it is written."""
    (tmp_path / "t.ndjson").write_text('{"a":"' + r"\n" * 5000 + '","n":1.10}\n{"a":"b","n":0.0005}\n')
    assert counted(engine, "t.ndjson::n").labels == ["0.0005", "1.10"]
    assert counted(engine, "t.ndjson::a").labels == ["\n" * 5000, "b"]


def test_numbers_of_json_that_java_writes_otherwise(engine: Engine, tmp_path: Path) -> None:
    """Whatever an engine would make of them."""
    numbers = ["0.0005", "0.1", "10000000.5", "12345678.5", "12345678901.25", "1e22", "5E-3"]
    lines = [f'{{"n":{x}}}\n{{"n": {x} , "k":"y"}}\n' for x in numbers]
    (tmp_path / "t.ndjson").write_text("".join(lines))
    assert counted(engine, "t.ndjson::n") == Counts(numbers, [2] * len(numbers), 0, 0)


def test_line_ends_within_cells(engine: Engine, tmp_path: Path) -> None:
    """They are a part of the cell, or the file is refused where an engine would rewrite them."""
    (tmp_path / "t.csv").write_text('a,b\r\n"p\nq",1\r\n"p\r\nq",2\r\n', newline="")
    is_spark = type(engine).__name__ == "Spark"
    with pytest.raises(InputError, match="of several lines where") if is_spark else contextlib.nullcontext():
        assert counted(engine, "t.csv::a").labels == ["p\nq", "p\r\nq"]
    (tmp_path / "t.csv").write_text("a,b\nx,1\ny,2\r\nz,2\n", newline="")
    with pytest.raises(InputError, match="some lines end in CR LF and others do not"):
        counted(engine, "t.csv::b")


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ("1", "1.5::DOUBLE", ""),
        ("1::TINYINT", "1000::BIGINT", ""),
        ("1.5::DECIMAL(10,1)", "1.54::DECIMAL(10,2)", ""),
        ("1", "'007'", r"^2\.parquet: column x holds text, and whole in 1\.parquet: save it alike in both$"),
        ("DATE '2024-01-01'", "TIMESTAMP '2024-01-01 23:30:00'", "column x holds time, and date in"),
        ("true", "5", "column x holds whole, and truth in"),
        ("0.5::FLOAT", "0.123456789::DOUBLE", "column x holds number, and numbers of 32 bits in"),
    ],
)
def test_files_of_other_types(engine: Engine, tmp_path: Path, first: str, second: str, message: str) -> None:
    """Nothing is rounded to what the first file holds: types that hold the same are put together, others refused."""
    for name, value in (("1", first), ("2", second)):
        parquet(tmp_path / f"{name}.parquet", f"SELECT {value} AS x")
    if message:
        with pytest.raises(InputError, match=message):
            counted(engine, "*.parquet")
    else:
        table = engines.opened(engine, "*.parquet")
        (stats,) = table.stats([table.field()])
        assert [stats.least, stats.most] == [float(text.partition("::")[0]) for text in (first, second)]


def test_whole_numbers_that_others_would_round(engine: Engine, tmp_path: Path) -> None:
    """Ids beyond 2^53 stay what they are, or the files are refused where others hold numbers that are not whole."""
    parquet(tmp_path / "1.parquet", f"SELECT unnest([{2**53}, {2**53 + 1}]) AS x")
    parquet(tmp_path / "2.parquet", "SELECT 0.5::DOUBLE AS x")
    with pytest.raises(InputError, match="holds whole numbers beyond 2\\^53 in one file, and others in another"):
        counted(engine, "*.parquet")
    assert counted(engine, "1.parquet").labels == [str(2**53), str(2**53 + 1)]
    for kind, least in (("TINYINT", -(2**7)), ("SMALLINT", -(2**15)), ("INTEGER", -(2**31))):  # which has no abs()
        parquet(tmp_path / "1.parquet", f"SELECT unnest([{least}, 20])::{kind} AS x")
        assert sorted(map(float, counted(engine, "*.parquet").labels)) == [least, 0.5, 20]
    parquet(tmp_path / "1.parquet", f"SELECT ({-(2**63)})::BIGINT AS x")
    with pytest.raises(InputError, match="holds whole numbers beyond 2\\^53 in one file, and others in another"):
        counted(engine, "*.parquet")


def test_large_whole_numbers_beside_a_cell_that_is_none(engine: Engine, tmp_path: Path) -> None:
    """They are in the bins of the reference to the last digit, whatever stands beside them."""
    for low in (2**53, 2**63 + 5):
        parquet(tmp_path / f"p{low}.parquet", f"SELECT unnest([{low}, {low + 1}])::UBIGINT AS x")
        rows = [f" {low}", f"{low + 1}", f"{low + 1}", "-1.5", "x", ""]
        (tmp_path / f"q{low}.csv").write_text("x,y\n" + "".join(f"{row},1\n" for row in rows))
        like = dict(engines.profile(engines.opened(engine, f"p{low}.parquet"), ["x"], 4))
        found = dict(engines.profile(engines.opened(engine, f"q{low}.csv"), ["x"], 4, Profile("p", 2, like)))["x"]
        assert list((found.counts or {}).values()) == [2, 2, 1]
        assert (found.edges, found.nulls) == ([low + 1], 1)


def test_whole_numbers_at_the_ends_of_their_types(duck: Engine, tmp_path: Path) -> None:
    """They are counted in bins whose last edge no number of the type can be compared with, in profiles too."""
    ends = {"HUGEINT": 2**127 - 1, "UHUGEINT": 2**128 - 1, "UBIGINT": 2**64 - 1, "BIGINT": -(2**63)}
    with duckdb.connect(str(tmp_path / "t.duckdb")) as base:
        for kind, end in ends.items():
            base.execute(f"CREATE TABLE {kind}_ AS SELECT ({end})::{kind} AS x FROM range(20)")
        base.execute(f"CREATE TABLE several AS SELECT {2**127 - 1}::HUGEINT - i AS x FROM range(20) r(i)")
    for kind, end in ends.items():
        table = engines.opened(duck, f"t.duckdb::{kind}_")
        found = dict(engines.profile(table, ["x"], 4))
        assert found["x"].edges == [end, end + 1]
        assert [*(found["x"].counts or {}).values()] == [0, 20, 0]
        like = profiles.from_tree(profiles.to_tree(Profile("p", 20, found)), "p")
        assert dict(engines.profile(table, ["x"], 4, like)) == found
    table = engines.opened(duck, "t.duckdb::several")
    edges = engines.even_edges(table, table.field("x"), Fraction(10))
    assert table.histogram(table.field("x"), edges).counts[1:-1] == [2, 10, 8]
    large = Profile("p", 20, dict(engines.profile(table, ["x"], 4)))
    (tmp_path / "u.csv").write_text("x,y\n1,2\n")
    with pytest.raises(InputError, match=r"^u\.csv: column x: the bins of the reference have more than the 38"):
        dict(engines.profile(engines.opened(duck, "u.csv"), ["x"], 4, large))


@pytest.mark.parametrize(
    ("start", "what"),
    [
        (b"ARROW1\0\0\xff", "is an Arrow file: save it as Parquet"),
        (b"ORC\n\x06\x12\x04\x08", "is an ORC file: save it as Parquet"),
        (b"\x80\x04\x95", "is a pickle, which is never read: save the numbers as CSV"),
        (b"%PDF-1.7\n%\xb5", "is a PDF"),
    ],
)
@pytest.mark.parametrize("encoding", [None, "latin-1"])
def test_what_is_no_text_is_called_what_it_is(
    duck: Engine, tmp_path: Path, start: bytes, what: str, encoding: str | None
) -> None:
    """Where raw data are read as where distributions are, whatever encoding is named."""
    (tmp_path / "t.csv").write_bytes(start + b"label,n\na,1\n")
    for reads in (
        lambda: engines.opened(duck, "t.csv", encoding=encoding),
        lambda: readers.read("t.csv", encoding=encoding),
    ):
        with pytest.raises(InputError, match=rf"^t\.csv: {re.escape(what)}$"):
            reads()


@pytest.mark.parametrize(
    "text",
    [
        '{"p": {"0": 1, "1": 2}}',
        '{"p": [1, 2], "c": ["a", "b"]}\n',
        '\n{"columns": ["p"], "index": [0], "data": [[1]]}',
    ],
)
def test_a_table_by_its_columns_is_no_record(engine: Engine, tmp_path: Path, text: str) -> None:
    """As pandas writes one, unless it is told otherwise: all of it would be one row."""
    (tmp_path / "t.json").write_text(text)
    with pytest.raises(InputError, match=r"^t\.json: one record of lists or mappings alone: if it is a table by"):
        engines.opened(engine, "t.json")
    (tmp_path / "t.json").write_text(text.strip() + "\n" + text.strip())
    assert engines.opened(engine, "t.json").rows("SELECT count(*)") == [(2,)]


@pytest.mark.parametrize(
    ("cells", "width"), [("1,1.7976931348623157e308", 1e306), ("-1.7976931348623157e308,2", 1e307)]
)
def test_bins_beyond_float64_are_refused(duck: Engine, tmp_path: Path, cells: str, width: float) -> None:
    """The largest float64 stands for what is missing in some files, and no edge is above it."""
    (tmp_path / "t.csv").write_text("x,y\n" + "".join(f"{cell},1\n" for cell in cells.split(",")))
    table = engines.opened(duck, "t.csv")
    (field,) = engines.typed(table, [table.field("x")])
    with pytest.raises(OptionError, match=r"^bins of that width go beyond the largest float64, 1\.8e308: give --b"):
        engines.even_edges(table, field, Fraction(width))


def test_days_among_times(engine: Engine, tmp_path: Path) -> None:
    """A day is the time at which it begins, and a time is in its day, where the reference has the other."""
    parquet(tmp_path / "t.parquet", "SELECT unnest(['2024-01-01', '2024-01-02 10:00'])::TIMESTAMP AS x")
    parquet(tmp_path / "d.parquet", "SELECT unnest(['2024-01-01', '2024-01-02'])::DATE AS x")
    (tmp_path / "q.csv").write_text("x,y\n2024-01-01,1\n2024-01-02 10:00:00,1\n")
    for name in "td":
        like = dict(engines.profile(engines.opened(engine, f"{name}.parquet"), ["x"], 2))
        found = dict(engines.profile(engines.opened(engine, "q.csv"), ["x"], 2, Profile("p", 2, like)))
        assert found["x"].counts == like["x"].counts


def test_folders_hold_each_file_once(engine: Engine, tmp_path: Path) -> None:
    """Links lead to no second one, and what Spark writes aside is no data."""
    for day in ("1", "2"):
        (tmp_path / "d" / day).mkdir(parents=True)
        (tmp_path / "d" / day / "e.csv").write_text(f"c,x\n{day},1\n")
    (tmp_path / "d" / "latest").symlink_to("2")
    (tmp_path / "d" / "2" / "self").symlink_to(".")
    (tmp_path / "d" / "1" / "next").symlink_to("../2")
    (tmp_path / "d" / "2" / "last").symlink_to("../1")
    for name in ("_temporary", ".hidden", "1/_delta_log"):
        (tmp_path / "d" / name).mkdir()
        (tmp_path / "d" / name / "e.csv").write_text("c,x\n3,1\n")
    (tmp_path / "d" / "_SUCCESS").touch()
    (tmp_path / "d" / "_e.csv").write_text("c,x\n3,1\n")
    (tmp_path / "d" / "_c=1").mkdir()
    (tmp_path / "d" / "_c=1" / "e.csv").write_text("c,x\n4,1\n")
    assert counted(engine, "d::c").labels == ["1", "2", "4"]
    assert counted(engine, "d/[12l]*/e.csv::c").labels == ["1", "2"]
    assert engines.inputs("d") == engines.inputs("d/") == ["d/1/e.csv", "d/2/e.csv", "d/_c=1/e.csv"]


@pytest.mark.parametrize("source", ["d", "d/*.csv", "d/**/*.csv"])
def test_what_a_folder_holds_and_is_not_there_is_refused(duck: Engine, tmp_path: Path, source: str) -> None:
    """A link without its file, as where content was not fetched, and what is no file: it may be half of the data."""
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "a.csv").write_text("c,x\n1,1\n")
    (tmp_path / "d" / "b.csv").symlink_to("../objects/b")
    (tmp_path / "d" / "b.md").symlink_to("../objects/b")
    with pytest.raises(InputError, match=r"^d/b\.csv: a link to a file that is not there$"):
        counted(duck, f"{source}::c")
    (tmp_path / "d" / "b.csv").unlink()
    os.mkfifo(tmp_path / "d" / "c.csv")
    with pytest.raises(InputError, match=r"^d/c\.csv: is a pipe, a device or a socket: name it by itself$"):
        counted(duck, f"{source}::c")
    (tmp_path / "d" / "c.csv").unlink()
    assert counted(duck, f"{source}::c").counts == [1]


@pytest.mark.parametrize("mode", [0o000, 0o444, 0o311])
@pytest.mark.parametrize("source", ["d", "d/june", "d/*/*.csv", "d/**/*.csv", "d/**", "*/june/*.csv", "d/ju*/y.csv"])
def test_a_folder_that_cannot_be_read_is_refused(monkeypatch: pytest.MonkeyPatch, source: str, mode: int) -> None:
    """Its files would be left out, and nobody would know."""
    with tempfile.TemporaryDirectory() as name:
        monkeypatch.chdir(name)
        os.chmod(name, 0o755)
        for place in ("d", "d/may", "d/june"):
            os.mkdir(place)
        for file in ("d/z.csv", "d/may/x.csv", "d/june/y.csv"):
            Path(file).write_text("c,x\n1,1\n")
        os.chmod("d/june", mode)
        is_root = os.geteuid() == 0
        try:
            if is_root:
                os.chown("d/june", 65534, -1)
                os.seteuid(65534)
            if (source, mode) == ("d/ju*/y.csv", 0o311):  # which can be reached, as is wanted
                assert engines.inputs(source) == ["d/june/y.csv"]
            else:
                with pytest.raises(InputError, match=r"^d/june: permission denied$"):
                    engines.inputs(source)
        finally:
            if is_root:
                os.seteuid(0)
            os.chmod("d/june", 0o755)


def test_what_is_left_out_of_a_folder_is_told_of(duck: Engine, tmp_path: Path) -> None:
    """A part without an ending may be data."""
    (tmp_path / "d" / "sub").mkdir(parents=True)
    for file in ("d/a.csv", "d/sub/b.csv"):
        (tmp_path / file).write_text("c,x\n1,1\n")
    assert engines.opened(duck, "d").notes == ()
    for file in ("d/part-0001", "d/sub/README.md", "d/_SUCCESS", "d/.a.crc"):
        (tmp_path / file).touch()
    told = "left out, for no data have such an ending: part-0001, sub/README.md"
    assert engines.opened(duck, "d").notes == (told,)
    assert engines.opened(duck, "d/*.csv").notes == engines.opened(duck, "d/**/*.csv").notes == ()
    for file in ("d/part-0001", "d/_SUCCESS"):
        (tmp_path / file).unlink()
    assert engines.opened(duck, "d/*").notes == ("left out, for they are folders: d/sub",)


@pytest.mark.parametrize("packed", ["e.csv.gz", "e.csv.zst"])
@pytest.mark.parametrize("source", ["d::c", "d/*::c"])
def test_a_file_beside_its_packed_copy_is_refused(engine: Engine, tmp_path: Path, source: str, packed: str) -> None:
    """As gzip -k leaves it: its rows would count twice."""
    (tmp_path / "d").mkdir()
    for name in ("e.csv", packed):
        (tmp_path / "d" / name).write_text("c,x\na,1\n")
    with pytest.raises(InputError, match=rf"^d.*: d/e\.csv and d/{re.escape(packed)} may be the same rows: take"):
        counted(engine, source)
    assert counted(engine, "d/*.csv::c").counts == [1]
    (tmp_path / "d" / packed).rename(tmp_path / "d" / "f.csv")
    assert counted(engine, "d::c").counts == [2]


@pytest.mark.parametrize("ending", ["gz", "bz2", "xz", "zst", "lz4", "snappy"])
def test_what_is_packed_is_known_by_its_content(engine: Engine, tmp_path: Path, ending: str) -> None:
    """A text that is called as packed ones are is read as it is, as after a download that was unpacked on the way."""
    for name, text in (("p.csv", "c,n\na,1\n"), ("p.jsonl", '{"c": "a"}\n')):
        (tmp_path / f"{name}.{ending}").write_text(text)
        if ending in ("gz", "bz2", "xz", "zst"):
            assert counted(engine, f"{name}.{ending}::c").labels == ["a"]
    assert counted(engine, f"p.csv.{ending}::c").labels == ["a"]


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("a" * 2**27 + ",1\n", "longer than 128 MiB"),
        ('"' + "a" * 2**27 + '",1\n', "longer than 128 MiB"),
        ('"' + ("a" * 2**20 + "\n") * 2**7 + '",1\n', "a cell longer than 128 MiB: is a quote never closed?"),
    ],
    ids=["plain", "quoted", "quoted, of many lines"],
)
def test_a_row_that_is_too_long_is_refused(duck: Engine, tmp_path: Path, row: str, fault: str) -> None:
    """As what it is, and before an engine wants many times the memory."""
    (tmp_path / "p.csv").write_text(f"c,n\n{row}b,2\n")
    with pytest.raises(InputError, match=rf"^p\.csv: line 2: {re.escape(fault)}$"):
        counted(duck, "p.csv::n")


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("row", ["Smith, John,", "x,1,,", 'x,1,""', ",,"])
def test_blank_cells_too_many_are_seen_in_any_row(engine: Engine, tmp_path: Path, row: str, line_end: str) -> None:
    """Engines drop them, and a comma without quotes would make of one cell two."""
    rows = ["name,city", *['Ann,"Rome, Lazio"'] * 2000, row, "Bob,Oslo"]
    (tmp_path / "t.csv").write_bytes(line_end.join(rows).encode())
    with pytest.raises(InputError, match=r"^t\.csv: line 2002: [34] cells where the first row has 2$"):
        counted(engine, "t.csv::city")
    (tmp_path / "u.csv").write_bytes(line_end.join([*rows[:2001], "x,", "", "", "Bob,Oslo", "", ""]).encode())
    if type(engine).__name__ == "DuckDB":
        assert counted(engine, "u.csv::city") == Counts(["Rome, Lazio", "Oslo"], [2000, 1], 1, 0)


MIXED = [("BOOLEAN", "BIGINT"), ("FLOAT", "DOUBLE"), ("DECIMAL(3, 2)", "DOUBLE"), ("DATE", "TIMESTAMP")]


@pytest.mark.parametrize("kinds", MIXED)
def test_a_file_of_nothing_hides_no_types(duck: Engine, tmp_path: Path, kinds: tuple[str, str]) -> None:
    """The first file that holds something is what the others are held to."""
    (tmp_path / "f").mkdir()
    parquet(tmp_path / "f" / "1.parquet", "SELECT NULL AS x")
    for index, kind in enumerate(kinds, 2):
        value = "DATE '2024-01-01'" if kind in ("DATE", "TIMESTAMP") else "1"
        parquet(tmp_path / "f" / f"{index}.parquet", f"SELECT CAST({value} AS {kind}) AS x")
    with pytest.raises(InputError, match=r"f/3\.parquet: column x holds .* in f/2\.parquet: save it alike in both"):
        counted(duck, "f::x")
    (tmp_path / "f" / "3.parquet").unlink()
    assert counted(duck, "f::x").nulls == 1


@pytest.mark.parametrize("name", ["a", "z"])
def test_a_file_of_nothing_hides_no_unit(duck: Engine, tmp_path: Path, name: str) -> None:
    """What whole numbers stand for in one file they stand for, be another file without any."""
    import pandas as pd

    pd.DataFrame({"x": pd.to_timedelta([1, 2], "s").astype("timedelta64[ns]")}).to_parquet("m.parquet")
    pd.DataFrame({"x": [None]}).to_parquet(f"{name}.parquet")
    assert engines.opened(duck, "*.parquet").field("x").unit == "timedelta64[ns]"


@pytest.mark.parametrize("kind", ["TIMESTAMP[]", "TIME[]", "TIMESTAMPTZ[][]", "BIGINT[]"])
def test_lists_of_anything_are_nested(duck: Engine, tmp_path: Path, kind: str) -> None:
    """Lists of times are no times."""
    parquet(tmp_path / "t.parquet", f"SELECT NULL::{kind} AS l, 1 AS x")
    with pytest.raises(InputError, match=NESTED):
        counted(duck, "t.parquet::l")


def test_numbers_within_lists_are_as_they_are_written(engine: Engine, tmp_path: Path) -> None:
    """1.10 is no 1.1 there either, and strings are what they are."""
    cells = ["[1.10]", "[1.1]", '["1.10"]', '{"b":1.00}', '{"b":[-0,1e5,"[1.10]"]}', "1.10", "1.1"]
    (tmp_path / "t.ndjson").write_text("".join(f'{{"a": {cell}, "c": 1.10}}\n' for cell in cells))
    found = counted(engine, "t.ndjson::a")
    assert (found.labels, found.counts) == (sorted(cells), [1] * len(cells))


@pytest.mark.parametrize("name", ["data[1]", "x*", "x?", "[!a]", "{a,b}"])
@pytest.mark.parametrize("ending", ["csv", "ndjson", "parquet"])
def test_a_name_is_no_pattern(engine: Engine, tmp_path: Path, name: str, ending: str) -> None:
    """A file is the one that is called so, be its name a pattern that others match; all are found by a pattern."""
    for index, each in enumerate((name, "data1", "xy", "b", "a")):
        path = tmp_path / f"{each}.{ending}"
        rows = f"SELECT 'c{index}' AS city FROM range({index + 1})"
        if ending == "parquet":
            parquet(path, rows)
        else:
            line = f"c{index}\n" if ending == "csv" else f'{{"city": "c{index}"}}\n'
            path.write_text("city\n" * (ending == "csv") + line * (index + 1))
    assert counted(engine, f"{name}.{ending}::city") == Counts(["c0"], [1], 0, 0)
    assert sum(counted(engine, f"*.{ending}::city").counts) == 15


@pytest.mark.parametrize("ending", ["csv", "parquet", "jsonl"])
@pytest.mark.parametrize("folder", ["", "d\\e[1]/"])
@pytest.mark.parametrize("name", ["data\\s[1]", "[1]s", "s"])
def test_what_stands_beside_a_name_matters_not(
    engine: Engine, tmp_path: Path, ending: str, folder: str, name: str
) -> None:
    """Not where a backslash would be taken for a folder, nor where a name beside is not UTF-8 or begins with one."""
    files = [f"{folder}{name}", f"{folder}{name}".replace("\\", "/")]
    for index, each in enumerate(dict.fromkeys(files)):
        path = tmp_path / f"{each}.{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        if ending == "parquet":
            parquet(path, f"SELECT 'c{index}' AS city")
        else:
            path.write_text(f"city\nc{index}\n" if ending == "csv" else f'{{"city": "c{index}"}}\n')
    for beside in (b"d\xe9", b"\xb1\xa8\xb1\xed.csv", b"\\x"):
        for place in (tmp_path, tmp_path / folder):
            (Path(os.fsdecode(os.fsencode(place) + b"/" + beside))).mkdir(exist_ok=True)
    assert counted(engine, f"{files[0]}.{ending}::city").labels == ["c0"]


@pytest.mark.parametrize("inner", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("outer", ["\n", "\r\n"])
def test_a_line_break_in_a_header(duck: Engine, tmp_path: Path, inner: str, outer: str) -> None:
    """What ends a line in a name in quotes, as Excel has it, ends none of the rows."""
    text = '"Net\nprice",city\n' + "1,A\n2,B\n" * 20_000
    text = text.replace("\n", outer).replace(f"Net{outer}price", f"Net{inner}price")
    (tmp_path / "t.csv").write_bytes(text.encode())
    assert counted(duck, "t.csv::city") == Counts(["A", "B"], [20_000, 20_000], 0, 0)
    assert engines.opened(duck, "t.csv").field(f"Net{inner}price")


def test_blank_lines_that_end_otherwise(engine: Engine, tmp_path: Path) -> None:
    """They are refused: engines would not pass over them."""
    (tmp_path / "t.csv").write_bytes(b"\r\na,b\n1,2\n")
    with pytest.raises(InputError, match=r"^t\.csv: line 1: blank, and does not end as the lines below it"):
        counted(engine, "t.csv::a")


def test_records_that_end_in_cr(engine: Engine, tmp_path: Path) -> None:
    """No engine parts records there, and it is said so."""
    (tmp_path / "t.ndjson").write_bytes(b'{"a":1}\r{"a":2}\r')
    with pytest.raises(InputError, match=r"^t\.ndjson: line 1: ends in CR alone: end lines in LF$"):
        counted(engine, "t.ndjson::a")


def test_nan_and_infinities_beside_large_whole_numbers(engine: Engine, tmp_path: Path) -> None:
    """In bins whose edges float64 would round they are what they are beside others."""
    (tmp_path / "t.csv").write_text("id,n\n" + "".join(f"{2**60 + i},1\n" for i in range(8)))
    table = engines.opened(engine, "t.csv")
    like = Profile("like", 8, dict(engines.profile(table, ["id"], 2)))
    cells = ["nan", "NaN", "inf", "1e40", "-1e40", "oops", str(2**60), "", f"0{2**60}"]
    (tmp_path / "u.csv").write_text("id,n\n" + "".join(f"{cell},1\n" for cell in cells))
    [(_, found)] = engines.profile(engines.opened(engine, "u.csv"), ["id"], 2, like)
    edge = 2**60 + 4
    counts = {f"(-inf, {edge})": 2, f"[{edge}, inf)": 2, "(no number)": 2}
    assert found == Column("whole", counts, 1, 2, [edge])


def test_wide_tables(duck: Engine, tmp_path: Path) -> None:
    """What is found of many columns at once is what is found of each."""
    names = [f"c{index}" for index in range(250)]
    rows = [[str((row + index) % 7) if index % 3 else f"w{row % 2}" for index in range(250)] for row in range(20)]
    (tmp_path / "t.csv").write_text("\n".join(map(",".join, [names, *rows])) + "\n")
    parquet(tmp_path / "t.parquet", "SELECT * FROM read_csv('t.csv')")
    found = [dict(engines.profile(engines.opened(duck, f"t.{each}"), names, 3)) for each in ("csv", "parquet")]
    assert found[0] == found[1]
    assert [found[0][name].kind for name in names] == ["whole" if index % 3 else "text" for index in range(250)]
    (alone,) = dict(engines.profile(engines.opened(duck, "t.csv"), ["c249"], 3)).values()
    assert found[0]["c249"] == alone


def test_words_beside_truth_values(engine: Engine, tmp_path: Path) -> None:
    """They are labels as they are written, and Yes is no yes; none of them is lost."""
    (tmp_path / "p.csv").write_text("f,y\ntrue,1\nFalse,1\n")
    (tmp_path / "q.csv").write_text("f,y\nTrue,1\nYes,1\nyes,1\nYes,1\n")
    like = dict(engines.profile(engines.opened(engine, "p.csv"), ["f"], 2))
    found = dict(engines.profile(engines.opened(engine, "q.csv"), ["f"], 2, Profile("p", 2, like)))
    assert found["f"] == Column("truth", {"Yes": 2, "true": 1, "yes": 1})


def test_columns_of_one_name(engine: Engine, tmp_path: Path) -> None:
    """Neither is taken for the other."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.Table.from_arrays([pa.array([1, 2]), pa.array(["u", "v"])], names=["x", "x"]), "t.parquet")
    with pytest.raises(InputError):
        counted(engine, "t.parquet::x")


def test_what_folders_say_is_told_of(engine: Engine, tmp_path: Path) -> None:
    """A folder for each year, as pandas and Spark write them, holds a column that no file has."""
    (tmp_path / "t" / "year=2024").mkdir(parents=True)
    parquet(tmp_path / "t" / "year=2024" / "a.parquet", "SELECT 1 AS x")
    assert engines.opened(engine, "t").notes == ("what folders say, as year=2024, is no column",)


def test_labels_of_numbers_are_named_alike(engine: Engine, tmp_path: Path) -> None:
    """Each engine has its own way to write numbers of 32 bits, and decimals without a digit before the point."""
    values = np.array([1050004.25, 100018632.0, 1e9, 2.0**-12, 1e-45, 0.1, 16777217.0], np.float32)
    source = parquet(tmp_path / "t.parquet", "SELECT v AS x FROM given", given=values)
    assert counted(engine, source).labels == sorted(str(float(str(x))) for x in values)
    source = parquet(tmp_path / "d.parquet", "SELECT unnest([0.1234, 0.5, -0.2])::DECIMAL(4,4) AS x")
    assert counted(engine, source).labels == ["-0.2000", "0.1234", "0.5000"]


def test_times_of_which_some_are_missing(engine: Engine, tmp_path: Path) -> None:
    """A blank is no time, and stops no others."""
    for rows in (
        "2024-01-01 00:00,1\n,2\n2024-01-02 00:00,3\n",
        "2024-01-01 00:00:00,1\n,2\n2024-01-02 00:00:00,3\n",
    ):
        (tmp_path / "t.csv").write_text(f"t,k\n{rows}")
        edges, found = binned(engine, "t.csv::t", 2)
        assert (edges, found.counts, found.nulls) == ([1704153600000000], [1, 1], 1)


def test_several_files_are_one_table(engine: Engine, tmp_path: Path) -> None:
    """A pattern, or a folder, is all of its files, which must have the same columns; brackets may be of a name."""
    for day, labels in (("01", "'a', 'b'"), ("02", "'a', 'c'")):
        parquet(tmp_path / f"2026-11-{day} [x].parquet", f"SELECT unnest([{labels}]) AS s")
    both = Counts(["a", "b", "c"], [2, 1, 1], 0, 0)
    assert counted(engine, "2026-11-*.parquet") == both
    assert counted(engine, ".::s") == both
    assert counted(engine, "2026-11-01 [x].parquet::s") == Counts(["a", "b"], [1, 1], 0, 0)
    parquet(tmp_path / "2026-11-03.parquet", "SELECT 'a' AS t")
    with pytest.raises(
        InputError, match=r"2026-11-03\.parquet: its columns are not those of .*2026-11-01 \[x\]\.parquet$"
    ):
        counted(engine, "2026-11-*.parquet::s")
    (tmp_path / "2026-11-03.parquet").unlink()
    (tmp_path / "c.csv").write_text("s\na\n")
    with pytest.raises(InputError, match=r": holds files of several formats: .*parquet, .*c\.csv$"):
        counted(engine, ".::s")


def test_several_files_of_csv(engine: Engine, tmp_path: Path) -> None:
    """Each has its header, and the same one."""
    (tmp_path / "a.csv").write_text("x,y\n1,2\n")
    (tmp_path / "b.csv").write_text("x,y\n3,4\n")
    assert counted(engine, ".::x").labels == ["1", "3"]
    (tmp_path / "b.csv").write_text("y,x\n3,4\n")
    with pytest.raises(
        InputError, match=r"b\.csv: does not begin as .*a\.csv: its columns are y, x, and there x, y: save"
    ):
        counted(engine, ".::x")


def test_packed_text(engine: Engine, tmp_path: Path) -> None:
    """What is packed is unpacked into a copy, of which nothing is left."""
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(b"a,b\nx,1\nx,2\n"))
    assert counted(engine, "t.csv.gz::a") == Counts(["x"], [2], 0, 0)
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(b"a,b\nx,1\nx,2\n")[:-9])
    with pytest.raises(InputError, match=r"t\.csv\.gz: gzip: cut off: its end is missing$"):
        counted(engine, "t.csv.gz::a")


@pytest.mark.parametrize("kept", [-1, -1000, -4095, 9000])
@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_a_database_of_sqlite_that_is_cut_off(duck: Engine, tmp_path: Path, kept: int, mode: str) -> None:
    """SQLite takes what is not there for zeros, and of 0 and NULL it makes values."""
    with contextlib.closing(sqlite3.connect(tmp_path / "s.db")) as base:
        base.execute(f"PRAGMA journal_mode = {mode}")
        base.execute("CREATE TABLE t(city TEXT, n INT)")
        base.executemany("INSERT INTO t VALUES(?, ?)", [("Berlin", index % 3) for index in range(2000)])
        base.commit()
    assert counted(duck, "s.db::t::n").counts == [667, 667, 666]
    (tmp_path / "s.db").write_bytes((tmp_path / "s.db").read_bytes()[:kept])
    with pytest.raises(InputError, match=r"^s\.db: cut off in the middle of a page: copy it once more$"):
        counted(duck, "s.db::t::n")


def test_a_write_to_sqlite_that_never_ended(duck: Engine, tmp_path: Path) -> None:
    """What is to be taken back stands in a file beside it, and may only be taken back by who may write."""
    script = (
        "import os, sqlite3; base = sqlite3.connect('s.db'); base.execute('PRAGMA cache_size = 1');"
        "base.execute('CREATE TABLE t(c)'); base.commit();"
        "base.executemany('INSERT INTO t VALUES(?)', [('x' * 500,)] * 5000); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True)
    cure = r"a write to it was never ended: open it once by sqlite3, beside its -journal$"
    with pytest.raises(InputError, match=rf"^s\.db: SQLite cannot read it: {cure}"):
        counted(duck, "s.db::t::c")
    with contextlib.closing(sqlite3.connect(tmp_path / "s.db")) as base:
        base.execute("SELECT * FROM t").fetchall()
    assert counted(duck, "s.db::t::c").counts == []


def test_tables_of_every_schema(duck: Engine, tmp_path: Path) -> None:
    """As dbt makes them; main is where those are that are called by their name alone."""
    with duckdb.connect(str(tmp_path / "s.duckdb")) as base:
        base.execute("CREATE SCHEMA marts; CREATE TABLE marts.orders AS SELECT 'a' AS item")
    assert counted(duck, "s.duckdb").labels == ["a"]
    assert counted(duck, "s.duckdb::marts.orders::item").labels == ["a"]
    with duckdb.connect(str(tmp_path / "both.duckdb")) as base:
        base.execute("CREATE SCHEMA marts; CREATE TABLE marts.orders AS SELECT 'a' AS item")
        base.execute("CREATE TABLE orders AS SELECT 'b' AS item; CREATE VIEW seen AS SELECT 'c' AS item")
    with pytest.raises(InputError, match=r"^both\.duckdb: no table 'order' among marts\.orders, orders, seen$"):
        counted(duck, "both.duckdb::order::item")
    for name, label in (("marts.orders", "a"), ("orders", "b"), ("seen", "c")):
        assert counted(duck, f"both.duckdb::{name}::item").labels == [label]


def test_tables_of_any_name(duck: Engine, tmp_path: Path) -> None:
    """The one that the most of what was typed names is meant, and the rest names a column."""
    with contextlib.closing(sqlite3.connect(tmp_path / "s.db")) as base:
        base.execute('CREATE TABLE "a::b"("x::y")')
        base.execute("CREATE TABLE a(b)")
        base.executescript("""INSERT INTO "a::b" VALUES('of both'); INSERT INTO a VALUES('of a')""")
    assert counted(duck, "s.db::a::b").labels == counted(duck, "s.db::a::b::x::y").labels == ["of both"]
    assert counted(duck, "s.db::a").labels == ["of a"]
    with pytest.raises(InputError, match=r"^s\.db: holds several tables \(a, a::b\): choose one, as in s\.db::a$"):
        counted(duck, "s.db")


def test_a_database_that_is_open_elsewhere(duck: Engine, tmp_path: Path) -> None:
    """As in a notebook: the cure stands where the lock is."""
    script = (
        "import duckdb, sys; base = duckdb.connect('s.duckdb');"
        "base.execute('CREATE TABLE t(c INT)'); print(flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        told = rf"another program \(PID {other.pid}\) has it open to write: close it there, or give a copy of it$"
        with pytest.raises(InputError, match=rf"^s\.duckdb: {told}"):
            counted(duck, "s.duckdb::t::c")
        other.communicate()


def test_tables_of_sqlite(duck: Engine, tmp_path: Path) -> None:
    """A table of SQLite by its name: NULL is missing and blank text is not; names may hold quotes."""
    with sqlite3.connect(tmp_path / "b.db") as base:
        base.execute("CREATE TABLE t(name TEXT, image BLOB)")
        base.executemany("INSERT INTO t VALUES(?, ?)", [("a", b"\0\xff"), ("b", None)])
    base.close()
    assert counted(duck, "b.db::t::name").labels == ["a", "b"]
    with pytest.raises(InputError, match=rf"^b\.db::t::image: {NESTED}$"):
        counted(duck, "b.db::t::image")
    with sqlite3.connect(tmp_path / "shop.db") as base:
        base.execute('CREATE TABLE orders(item TEXT, price REAL, "od""d" INT)')
        base.executemany("INSERT INTO orders VALUES(?, ?, ?)", [("a", 1.5, 1), ("", None, 2), (None, math.inf, 3)])
        base.execute("CREATE TABLE other(x INT)")
    base.close()
    assert counted(duck, "shop.db::orders::item") == Counts(["", "a"], [1, 1], 1, 0)
    assert counted(duck, 'shop.db::orders::od"d').labels == ["1", "2", "3"]
    assert binned(duck, "shop.db::orders::price", 2)[1].nulls == 1
    with pytest.raises(
        InputError, match=r"^shop\.db: holds several tables \(orders, other\): choose one, as in shop\.db::orders$"
    ):
        counted(duck, "shop.db")
    with pytest.raises(InputError, match=r"^shop\.db: no table 'nope' among orders, other$"):
        counted(duck, "shop.db::nope::x")
    with pytest.raises(InputError, match=r"^b\.db: holds several columns .*: choose one, as in b\.db::t::name$"):
        counted(duck, "b.db")


@pytest.mark.parametrize(("one", "other"), [("(38,2)", "(38,3)"), ("(5,2)", "(38,1)"), ("(20,10)", "(38,9)")])
def test_decimals_that_would_be_rounded_together_are_refused(
    engine: Engine, tmp_path: Path, one: str, other: str
) -> None:
    """No type has the digits of both, and labels that differ would be one; others are put together."""
    (tmp_path / "d").mkdir()
    for name, digits in (("a", one), ("b", other)):
        parquet(tmp_path / "d" / f"{name}.parquet", f"SELECT 1::DECIMAL{digits} AS x")
    types = f"decimal{one} in d/a.parquet, decimal{other} in d/b.parquet"
    with pytest.raises(InputError, match=rf"^d: column x is {re.escape(types)}: save it alike in all files$"):
        counted(engine, "d::x")
    parquet(tmp_path / "d" / "a.parquet", "SELECT 1.25::DECIMAL(20,2) AS x")
    parquet(tmp_path / "d" / "b.parquet", "SELECT 1.254::DECIMAL(38,18) AS x")
    assert sorted(map(float, counted(engine, "d::x").labels)) == [1.25, 1.254]


def test_a_collation_makes_no_labels_one(duck: Engine, tmp_path: Path) -> None:
    """Text is what it is, however a database compares it."""
    with duckdb.connect(str(tmp_path / "c.duckdb")) as base:
        base.execute("CREATE TABLE t(x VARCHAR COLLATE NOCASE, y VARCHAR COLLATE NOACCENT)")
        base.execute("INSERT INTO t VALUES('Red', 'é'), ('red', 'e'), ('RED', 'e')")
    assert counted(duck, "c.duckdb::t::x") == Counts(["RED", "Red", "red"], [1, 1, 1], 0, 0)
    assert counted(duck, "c.duckdb::t::y") == Counts(["e", "é"], [2, 1], 0, 0)
    table = engines.opened(duck, "c.duckdb::t::x", null=["RED"])
    assert table.counts(table.field("x")).nulls == 1


def test_several_databases_are_refused(engine: Engine, tmp_path: Path) -> None:
    """One of them would be counted alone, for each has tables of its own."""
    (tmp_path / "d").mkdir()
    for name in "ab":
        with contextlib.closing(sqlite3.connect(tmp_path / "d" / f"{name}.sqlite")) as base:
            base.execute("CREATE TABLE t(x)")
        duckdb.connect(str(tmp_path / f"{name}.duckdb")).close()
    for source, found in (("d::t::x", "d/a.sqlite, d/b.sqlite"), ("*.duckdb::t::x", "a.duckdb, b.duckdb")):
        with pytest.raises(InputError, match=rf"^.*: holds several databases: {re.escape(found)}: give one$"):
            counted(engine, source)


def test_records_of_thousands_of_names_are_refused(engine: Engine, tmp_path: Path) -> None:
    """Names that are data would be columns, whose number makes a query long."""
    rows = "".join(f'{{"id": {index}, "k{index}": 1}}\n' for index in range(5001))
    (tmp_path / "t.ndjson").write_text(rows)
    with pytest.raises(InputError, match=r"^t\.ndjson: records with 5002 different names, id, k0, k1, .*: save them"):
        counted(engine, "t.ndjson::id")


def _logged(path: Path) -> sqlite3.Connection:
    """A database that writes to a log, with two rows in it and a third one in the log."""
    base = sqlite3.connect(path)
    base.execute("PRAGMA journal_mode = WAL")
    base.execute("CREATE TABLE t(a)")
    base.executemany("INSERT INTO t VALUES(?)", [("x",), ("y",)])
    base.commit()
    base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    base.execute("INSERT INTO t VALUES('z')")
    base.commit()
    return base


@pytest.mark.parametrize("state", ["open", "closed", "left", "alone"])
def test_nothing_is_left_beside_a_database_with_a_log(duck: Engine, tmp_path: Path, state: str) -> None:
    """What is in the log is counted, and whoever has the database open finds it as it was."""
    (tmp_path / "d").mkdir()
    base = _logged(tmp_path / "w.db")
    if state == "closed":
        base.close()
    for ending in {"left": ("", "-wal", "-shm"), "alone": ("", "-wal"), "closed": ("",)}.get(state, ()):
        (tmp_path / "d" / f"w.db{ending}").write_bytes((tmp_path / f"w.db{ending}").read_bytes())
    source = "w.db" if state == "open" else "d/w.db"
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".db-shm"}
    names = sorted(tmp_path.rglob("*"))
    assert counted(duck, f"{source}::t::a").counts == [1, 1, 1]
    assert sorted(tmp_path.rglob("*")) == names
    assert {path: path.read_bytes() for path in before} == before
    base.close()


@pytest.mark.parametrize("name", ["link", "ä.db", b"\xff.db"])
def test_the_log_of_a_database_is_found_by_any_name(duck: Engine, tmp_path: Path, name: str | bytes) -> None:
    """It lies beside the file that a link leads to, whatever that is called."""
    target = tmp_path / os.fsdecode(name if name != "link" else "target.db")
    base = _logged(tmp_path / "w.db")
    for ending in ("", "-wal"):
        (tmp_path / f"{target.name}{ending}").write_bytes((tmp_path / f"w.db{ending}").read_bytes())
    base.close()
    if name == "link":
        (tmp_path / "d").mkdir()
        (tmp_path / "d" / "link").symlink_to(target)
    source = "d/link" if name == "link" else target.name
    assert counted(duck, f"{source}::t::a").counts == [1, 1, 1]


def test_a_database_that_changes_is_refused(duck: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it is written to while it is read, as one that nobody had open, rows of before and after may be mixed."""
    _logged(tmp_path / "w.db").close()
    rows = _sqlite._csv_rows

    def slowly(found: Any, binary: set[int]) -> Iterator[bytes]:
        with contextlib.closing(sqlite3.connect(tmp_path / "w.db")) as base:
            base.execute("INSERT INTO t VALUES('late')")
            base.commit()
        yield from rows(found, binary)

    monkeypatch.setattr(_sqlite, "_csv_rows", slowly)
    with pytest.raises(InputError, match=r"^w\.db::t: was written to while it was read: try again$"):
        counted(duck, "w.db::t::a")


def test_line_breaks_in_cells_of_sqlite(duck: Engine, tmp_path: Path) -> None:
    """A database has no lines: whatever its cells hold, its rows are its rows."""
    cells = ["x\r\ny", "z", "\r", "\n", 'a"\r', "\r\n"]
    with sqlite3.connect(tmp_path / "b.db") as base:
        base.execute("CREATE TABLE t(a, b)")
        base.executemany("INSERT INTO t VALUES(?, 1)", [(cell,) for cell in cells])
    base.close()
    assert counted(duck, "b.db::t::a").labels == sorted(cells)


def test_tables_of_duckdb(duck: Engine, tmp_path: Path) -> None:
    """A table of a DuckDB database, which is opened for reading alone."""
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as connection:
        connection.execute("CREATE TABLE orders AS SELECT 'a' AS item, range AS n FROM range(3)")
    before = (tmp_path / "shop.duckdb").read_bytes()
    assert counted(duck, "shop.duckdb::orders::item") == Counts(["a"], [3], 0, 0)
    with pytest.raises(InputError, match=r"^shop\.duckdb: holds .*: choose one, as in shop\.duckdb::orders::item$"):
        counted(duck, "shop.duckdb")
    assert (tmp_path / "shop.duckdb").read_bytes() == before


COLUMNS = {
    "t.parquet": r"^t\.parquet: holds several columns \(x, label, .*\): choose one, as in t\.parquet::x$",
    "t.parquet::prise": r"^t\.parquet: no column 'prise' among x, label, .*: did you mean ::price\?$",
    "nested.parquet": rf"^nested\.parquet::l: {NESTED}$",
    "bytes.parquet::b": (r"^bytes\.parquet: column b: bytes that are not UTF-8: save it as text, or leave it out$"),
    "nothing.parquet": r"nothing\.parquet: no such file: did you mean t\.parquet\?$",
    "n*.csv": r"n\*\.csv: no file matches$",
    "folder": r"folder: a folder without files of data: csv, tsv, ndjson, parquet, duckdb, sqlite$",
    "text.parquet": r"text\.parquet: no parquet file$",
    "p.yaml": r"p\.yaml: is no table of data: give csv, tsv, ndjson, parquet, duckdb, sqlite$",
}


@pytest.mark.parametrize("source", COLUMNS)
def test_what_cannot_be_counted(engine: Engine, tmp_path: Path, source: str) -> None:
    """Of what is missing, or is none of the things that are counted, it is said what there is instead."""
    parquet(tmp_path / "t.parquet", MESSY)
    parquet(tmp_path / "nested.parquet", "SELECT [1] AS l")
    parquet(tmp_path / "bytes.parquet", r"SELECT 1 AS n, 'a' AS a, '\xFF'::BLOB AS b")
    (tmp_path / "folder").mkdir()
    (tmp_path / "text.parquet").write_text("a,b\n")
    (tmp_path / "p.yaml").write_text("a: 1\n")
    with pytest.raises(InputError, match=COLUMNS[source]):
        counted(engine, source)


def test_of_many_files_the_one_that_cannot_be_read_is_named(engine: Engine, tmp_path: Path) -> None:
    """Wherever in it the fault is, and whatever holds the others."""
    (tmp_path / "f").mkdir()
    for name in "abc":
        parquet(tmp_path / "f" / f"{name}.parquet", "SELECT 'a' AS x, hash(range) AS n FROM range(100000)")
    odd = tmp_path / "f" / "b.parquet"
    whole = odd.read_bytes()
    two_in_one = [] if type(engine).__name__ == "Spark" else [whole + whole]  # of which Spark takes the last one
    for broken in (whole[:-30], whole[:5000] + bytes(500_000) + whole[505_000:], *two_in_one):
        odd.write_bytes(broken)
        with pytest.raises(InputError, match=r"^f/b\.parquet: "):
            counted(engine, "f::n")
    parquet(odd, r"SELECT '\xFF'::BLOB AS x, 1::UBIGINT AS n")
    with pytest.raises(InputError, match=r"^f/b\.parquet: column x\b"):
        counted(engine, "f/*.parquet::x")


@pytest.mark.parametrize("kilobytes", range(150_000, 1_300_000, 150_000))
def test_an_engine_has_enough_memory_or_it_is_71(shell: Callable[..., Done], tmp_path: Path, kilobytes: int) -> None:
    """However little a limit leaves, there is an answer, or one line of ours, and the input is not to blame."""
    parquet(tmp_path / "t.parquet", "SELECT unnest(['a', 'b']) AS label, 0.5 AS p")
    for command in ("count t.parquet::label", "entropy t.parquet::p", "drift t.parquet t.parquet --columns label"):
        done = shell(f"ulimit -v {kilobytes}; $K {command}")
        assert done.code in (0, 71), (command, done)
        assert (done.code == 71) == done.err.startswith("klcli: not enough memory "), (command, done)


@pytest.mark.parametrize("number", range(5, 12))
def test_too_few_open_files_for_an_engine_are_71(shell: Callable[..., Done], tmp_path: Path, number: int) -> None:
    """The input is not to blame."""
    parquet(tmp_path / "t.parquet", "SELECT unnest(['a', 'b']) AS label, 0.5 AS p")
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(b"label,p\na,1\n"))
    for command in ("count t.parquet::label", "entropy t.parquet::p", "drift t.csv.gz t.csv.gz"):
        done = shell(f"ulimit -n {number}; $K {command}")
        assert done.code in (0, 71), (command, done)


def test_a_table_of_the_catalog(spark: Engine) -> None:
    """A source that is no file is a table of Spark's catalog."""
    spark.rows("CREATE TEMPORARY VIEW orders AS SELECT * FROM VALUES ('a', 1), ('b', 2), ('a', 3) AS t(item, n)")
    assert counted(spark, "orders::item") == Counts(["a", "b"], [2, 1], 0, 0)
    with pytest.raises(InputError, match=r"^nothing: no such file"):
        counted(spark, "nothing::item")


# The engines themselves


def test_engines_by_name_and_by_url() -> None:
    """An engine is the name of a file, or the URL of a Spark."""
    assert rooms.names("engines") == ("duckdb", "spark")
    for url in ("local", "local[*]", "local[2]", "spark://host:7077", "sc://host:15002", "yarn", "k8s://host"):
        assert engines.chosen(url) == ("spark", url)
    with pytest.raises(OptionError, match=r"^no engine 'polars': duckdb, spark, or the URL of a Spark$"):
        engines.chosen("polars")


@pytest.mark.parametrize(("name", "package", "extra"), [("duckdb", "duckdb", "data"), ("spark", "pyspark", "spark")])
def test_without_its_package(monkeypatch: pytest.MonkeyPatch, name: str, package: str, extra: str) -> None:
    """Where the package of an engine is not installed, what to install is said."""
    monkeypatch.setitem(__import__("sys").modules, package, None)
    if package == "pyspark":
        monkeypatch.setitem(__import__("sys").modules, "pyspark.sql", None)
    with (
        pytest.raises(MissingExtraError, match=rf"needs an optional package: pip install 'klcli\[{extra}\]'$"),
        engines.started(name),
    ):
        pass


def test_nothing_is_left_of_an_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What DuckDB needs beside memory lies in a folder that is removed with it."""
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with engines.started("duckdb") as engine:
        (folder,) = tmp_path.iterdir()
        [(setting,)] = engine.rows("SELECT value FROM duckdb_settings() WHERE name = 'temp_directory'")
        assert Path(setting) == folder
    assert list(tmp_path.iterdir()) == []


def test_one_sql_for_all(duck: Engine, spark: Engine, tmp_path: Path) -> None:
    """What an engine is asked is the same text for all of them, but for the name of the view."""
    source = str(parquet(tmp_path / "t.parquet", MESSY))
    asked: dict[str, list[str]] = {}

    class Recorder:
        def __init__(self, engine: Engine) -> None:
            self.engine, self.queries = engine, []

        def rows(self, query: str) -> list[tuple[Any, ...]]:
            self.queries.append(query)
            return self.engine.rows(query)

    for name, engine in (("duckdb", duck), ("spark", spark)):
        table: Table = engines.opened(engine, source)
        recorder = Recorder(engine)
        table.engine = recorder  # type: ignore[assignment]
        for field in (table.field("x"), table.field("day")):
            edges, _ = engines.in_quantiles(table, field, 3)
            table.histogram(field, edges)
            table.counts(field)
        asked[name] = [query.replace(table.view, "t") for query in recorder.queries]
    assert asked["duckdb"] == asked["spark"]


PROFILE = """day,label,x,n,flag
2026-01-01,a,1.5,1,true
2026-01-02,b,,2,false
2026-01-03,a,-2e3,3,TRUE
2026-01-04,,NaN,4,true
"""


def test_a_profile_of_every_kind(engine: Engine, tmp_path: Path) -> None:
    """Every column of a table of text is counted as what all of it is written as, from a copy that is made once."""
    (tmp_path / "t.csv").write_text(PROFILE)
    table = engines.opened(engine, "t.csv")
    assert dict(engines.profile(table, [*table.fields], 2)) == {
        "day": Column("date", {"(-inf, 2026-01-03)": 2, "[2026-01-03, inf)": 2}, 0, 0, [20456]),
        "label": Column("text", {"a": 2, "b": 1}, 1),
        "x": Column("number", {"(-inf, 1.5)": 1, "[1.5, inf)": 1}, 1, 1, [1.5]),
        "n": Column("whole", {"(-inf, 3)": 2, "[3, inf)": 2}, 0, 0, [3]),
        "flag": Column("truth", {"true": 3, "false": 1}),
    }


def test_a_profile_in_the_bins_of_another(engine: Engine, tmp_path: Path) -> None:
    """What is not of the kind of the other column is an outcome, and a column that the other lacks is not counted."""
    (tmp_path / "t.csv").write_text(PROFILE)
    table = engines.opened(engine, "t.csv")
    like = Profile("like", 4, dict(engines.profile(table, ["day", "x", "n"], 2)))
    (tmp_path / "u.csv").write_text("day,x,n,more\n2026-01-02,oops,2.5,a\nsoon,7,1,b\n,,,\n")
    other = engines.opened(engine, "u.csv")
    assert dict(engines.profile(other, [*other.fields], 2, like)) == {
        "day": Column("date", {"(-inf, 2026-01-03)": 1, "[2026-01-03, inf)": 0, "(no date)": 1}, 1, 0, [20456]),
        "x": Column("number", {"(-inf, 1.5)": 0, "[1.5, inf)": 1, "(no number)": 1}, 1, 0, [1.5]),
        "n": Column("whole", {"(-inf, 3)": 2, "[3, inf)": 0}, 1, 0, [3]),
        "more": Column("uncounted", None),
    }


@pytest.mark.parametrize(
    ("reference", "current", "expected"),
    [
        ("1,2,3", ",,", Column("whole", {"(-inf, 2)": 0, "[2, 3)": 0, "[3, inf)": 0}, 3, 0, [2, 3])),
        ("1,2", "a,b", Column("whole", {"(-inf, 2)": 0, "[2, inf)": 0, "(no number)": 2}, 0, 0, [2])),
        (",,", "5,6,6", Column("text", {"6": 2, "5": 1})),
        ("True,False,True", "True,False,unknown", Column("truth", {"false": 1, "true": 1, "unknown": 1})),
        ("True,False,unknown", "True,False,True", Column("text", {"True": 2, "False": 1})),
        ("4,3.5,n/a", "4,3.5,5.0", Column("text", {"3.5": 1, "4": 1, "5.0": 1})),
        (
            "1152921504606846977,1152921504606846978", "1152921504606846977,1152921504606846977",
            Column("whole", {"(-inf, 1152921504606846978)": 2, "[1152921504606846978, inf)": 0}, 0, 0, [2**60 + 2]),
        ),
        (
            "2026-01-01,2026-01-02,2026-01-03",
            "2026-01-01T10:00,2026-01-02 00:00,2026-01-03T23:59:59",
            Column("date", {"(-inf, 2026-01-02)": 1, "[2026-01-02, 2026-01-03)": 1, "[2026-01-03, inf)": 1}, 0, 0,
                   [20455, 20456]),
        ),
    ],
)  # fmt: skip
def test_a_column_that_is_of_another_kind_than_before(
    engine: Engine, tmp_path: Path, reference: str, current: str, expected: Column
) -> None:
    """Labels are held against each other as they are written, and a column without values has none in any bin."""
    for name, cells in (("p", reference), ("q", current)):
        (tmp_path / f"{name}.csv").write_text("x,y\n" + "".join(f"{cell},1\n" for cell in cells.split(",")))
    (p, q) = (engines.opened(engine, f"{name}.csv") for name in "pq")
    like = Profile("p", 3, dict(engines.profile(p, ["x"], 10)))
    assert dict(engines.profile(q, ["x"], 10, like)) == {"x": expected}


@pytest.mark.parametrize("values", ["NULL, NULL", "'NaN', NULL", "'NaN', 'NaN'"])
def test_numbers_of_which_there_are_none(engine: Engine, tmp_path: Path, values: str) -> None:
    """They have one bin with nothing in it, and what is compared with them is in that bin."""
    empty = parquet(tmp_path / "p.parquet", f"SELECT unnest([{values}])::DOUBLE AS x")
    full = parquet(tmp_path / "q.parquet", "SELECT unnest([1.0, 2.0])::DOUBLE AS x")
    (p, q) = (engines.opened(engine, str(path)) for path in (empty, full))
    found = dict(engines.profile(p, ["x"], 10))
    assert (found["x"].counts, found["x"].edges, found["x"].nulls + found["x"].nans) == ({"(-inf, inf)": 0}, [], 2)
    assert engines.in_quantiles(p, p.field(), 4)[1].counts == [0]
    assert dict(engines.profile(q, ["x"], 10, Profile("p", 2, found)))["x"].counts == {"(-inf, inf)": 2}


def test_too_many_labels_are_not_kept(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a column of names there is no profile, and NULL and NaN count for none of its labels."""
    monkeypatch.setattr("klcli.engines._profile.MOST_LABELS", 2)
    (tmp_path / "t.csv").write_text("a,b\nx,u\ny,v\nz,\n,v\n")
    table = engines.opened(engine, "t.csv")
    assert dict(engines.profile(table, ["a", "b"], 2)) == {
        "a": Column("text", None, 1),
        "b": Column("text", {"v": 2, "u": 1}, 1),
    }


def test_jobs_are_threads() -> None:
    """--jobs is how many threads an engine takes on this machine; where a URL says it, it is refused."""
    with engines.started("duckdb", 1) as engine:
        assert engine.rows("SELECT current_setting('threads')") == [(1,)]
    with pytest.raises(OptionError, match=r"^--jobs is for this machine, and local\[2\] says itself how much"):
        engines.started("local[2]", 1).__enter__()


# Two columns together


JOINT = {
    "apart": ("['a', 'a', 'b', NULL, 'only p']", "['b', 'b', 'c', 'only q', NULL, NULL]"),
    "alike": ("['a', 'b', 'a']", "['b', 'a', 'a']"),
    "nothing in common": ("['a', 'b']", "['c']"),
    "one has more": ("['a', 'a', 'b']", "['a', 'b', 'c', '']"),
}


@pytest.mark.parametrize("missing", [True, False])
@pytest.mark.parametrize("case", JOINT)
def test_what_is_joined_is_what_is_counted(engine: Engine, tmp_path: Path, case: str, missing: bool) -> None:
    """The sums of the engine are those of the measures on the counts; NULL is one label, and is not doubled."""
    p, q = (
        parquet(tmp_path / f"{name}.parquet", f"SELECT unnest({rows}) AS x")
        for name, rows in zip("pq", JOINT[case], strict=True)
    )
    tables = [engines.opened(engine, str(path)) for path in (p, q)]
    found = engines.joint(tables[0], tables[0].field(), tables[1], tables[1].field(), missing)
    sides = [table.counts(table.field()) for table in tables]
    tallies = [dict(zip(side.labels, side.counts, strict=True)) for side in sides]
    if missing:
        tallies = [
            tally | ({"(missing)": side.nulls} if side.nulls else {})
            for tally, side in zip(tallies, sides, strict=True)
        ]
    compared(found, *tallies)


def compared(found: Joint, a: dict[str, int], b: dict[str, int]) -> None:
    """Hold what was found against the measures on the same counts."""
    labels = sorted({*a, *b})
    n, m = sum(a.values()), sum(b.values())
    assert (found.n, found.m, found.keys) == (n, m, len(labels))
    assert found.lost == sum(count for label, count in a.items() if label not in b)
    assert found.gained == sum(count for label, count in b.items() if label not in a)
    p = np.array([a.get(label, 0) / n for label in labels])
    q = np.array([b.get(label, 0) / m for label in labels])
    both = (p > 0) & (q > 0)
    middle = (p + q) / 2
    assert found.common == pytest.approx(np.sum(p[both] * np.log(p[both] / q[both])), abs=1e-12)
    assert found.psi == pytest.approx(np.sum((p - q)[both] * np.log(p[both] / q[both])), abs=1e-12)
    assert found.js == pytest.approx((rel_entr(p, middle) + rel_entr(q, middle)).sum() / 2, abs=1e-12)
    assert found.tv == pytest.approx(abs(p - q).sum() / 2, abs=1e-12)
    assert {label: (x, y) for label, x, y in found.top} == {
        label: (a.get(label, 0), b.get(label, 0)) for label in labels
    }


def test_what_would_be_joined_by_other_texts(engine: Engine, tmp_path: Path) -> None:
    """Times beside text have other labels in SQL than elsewhere, and so has a text called as what is missing is."""
    parquet(tmp_path / "p.parquet", "SELECT TIMESTAMP '2024-01-01' AS x, '(missing)' AS y")
    parquet(tmp_path / "q.parquet", "SELECT '2024-01-01 00:00:00' AS x, NULL::VARCHAR AS y")
    p, q = (engines.opened(engine, f"{name}.parquet") for name in "pq")
    with pytest.raises(IncomparableError, match="numbers or times beside text"):
        engines.joint(p, p.fields["x"], q, q.fields["x"], True)
    with pytest.raises(IncomparableError, match=r"a value is called \(missing\)"):
        engines.joint(p, p.fields["y"], q, q.fields["y"], True)


@pytest.mark.parametrize("case", ["many", "one", "all", "one of two"])
def test_rare_labels_are_taken_together_as_in_the_test(engine: Engine, tmp_path: Path, case: str) -> None:
    """G and its cells are those of the test on counts, where many labels are rare, and where they are few."""
    rng = np.random.default_rng(3)
    common = np.repeat(np.arange(50), 20)
    sides = {
        "many": [np.minimum(rng.zipf(1.3, size), 10**6) for size in (4000, 9000)],
        "one": [np.r_[common, [99], [7] * 3], np.r_[common, [99, 99], [8] * 3]],
        "all": [np.array([1, 2]), np.array([2, 3, 3])],
        "one of two": [np.r_[[1] * 400, [2]], np.r_[[1] * 24, [2] * 3]],
    }[case]
    paths = [
        parquet(tmp_path / f"{i}.parquet", "SELECT CAST(v AS VARCHAR) AS x FROM a", a=s) for i, s in enumerate(sides)
    ]
    p, q = (engines.opened(engine, str(path)) for path in paths)
    found = engines.joint(p, p.field(), q, q.field(), True)
    labels = sorted({*sides[0].tolist(), *sides[1].tolist()})
    a, b = (np.array([float(np.sum(side == label)) for label in labels]) for side in sides)
    test = g_test(a, b)
    assert found.keys == len(labels)
    assert (found.g, found.cells) == (pytest.approx(test.g, rel=1e-12, abs=1e-12), test.freedom + 1)


@pytest.mark.parametrize("name", ["tab", "pipe", "comma"])
def test_a_delimiter_by_its_name(name: str, tmp_path: Path, call: Callable[..., Any]) -> None:
    """What counts takes the names of signs that what reads distributions takes."""
    sign = {"tab": "\t", "pipe": "|", "comma": ","}[name]
    (tmp_path / "t.txt").write_text(f"label{sign}p\na{sign}1\nb{sign}2\n", encoding="utf-8")
    data = str(tmp_path / "t.txt")
    given = ["--delimiter", name]
    for command in (
        ["count", f"{data}::label"],
        ["drift", data, data],
        ["profile", "count", data],
        ["entropy", data, "--engine", "duckdb"],
    ):
        assert call(*command, *given).code == 0


def test_lists_alone_are_refused_as_distributions(tmp_path: Path, call: Callable[..., Any]) -> None:
    """Where no column is left that may be one of labels, it is said what there is."""
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT [1, 2] AS items) TO '{tmp_path / 'p.parquet'}'")
    done = call("entropy", str(tmp_path / "p.parquet"), "--engine", "duckdb")
    assert (done.code, "no column of labels among items" in done.err) == (2, True)


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (("1e-400", "1"), "1 of 2 rows with less than the least float64, 5e-324: a weight is a finite number >= 0"),
        (("0.0", "1"), ""),
        ((" 1", "\t3 "), ""),
        ((" 1", " 3 x"), "column n: '3 x' is not one number"),
        (("1", "x"), "column n: 'x' is not a number"),
    ],
)
def test_weights_of_text_are_what_is_written(
    cells: tuple[str, str], message: str, tmp_path: Path, call: Callable[..., Any]
) -> None:
    """A number that float64 cannot hold is no 0, and a cell that is none is named as it stands."""
    (tmp_path / "p.csv").write_text("label,n\n" + "".join(f"{a},{n}\n" for a, n in zip("ab", cells, strict=True)))
    done = call("entropy", str(tmp_path / "p.csv"), "--engine", "duckdb")
    assert (done.code == 0) == (not message)
    assert message in done.err
