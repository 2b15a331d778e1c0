"""Parquet: the columns of a file with the types that it has there, or a FormatError that says why not."""

from __future__ import annotations

import gzip
import json
import re
import sys
import tempfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from conftest import Done

from klcli import engines, parquet, readers
from klcli.columns import Column, FormatError
from klcli.engines.duckdb import connected
from klcli.errors import InputError, MissingExtraError
from klcli.matrices import read_matrix
from klcli.parquet import columns, is_parquet

MAX = 2**31
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write what a query gives into a Parquet file, and give its path."""

    def write(query: str, name: str = "p.parquet", options: str = "") -> Path:
        path = tmp_path / name
        with duckdb.connect() as connection:
            connection.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet {options})")
        return path

    return write


def values(*rows: str) -> str:
    """The query that gives these rows, in columns called city, p and so on."""
    return f"SELECT * FROM (VALUES {', '.join(rows)}) t(city, p, q)"


CITIES = values("('a', 0.5::DOUBLE, 0.25::FLOAT)", "('b', 0.25, 0.25)", "('c', 0.25, 0.5)")


def found(path: Path, max_size: int = MAX) -> list[Column]:
    """The columns of the file."""
    return columns(path.read_bytes(), max_size)


# What is read


def test_a_table_of_labels_and_numbers(write: Write) -> None:
    """The column of text has the labels, and every column of numbers is a distribution."""
    p, q = readers.read_all(write(CITIES))
    assert p.name == "p.parquet::p"
    assert (p.outcomes, p.probs.tolist(), p.notes) == (("a", "b", "c"), [0.5, 0.25, 0.25], ())
    assert q.probs.tolist() == [0.25, 0.25, 0.5]


def test_one_column_by_its_name(write: Write) -> None:
    """::NAME chooses a column, and a misspelt name is answered by the one that is meant."""
    path = write(CITIES)
    assert readers.read(f"{path}::q").name == "p.parquet::q"
    with pytest.raises(InputError, match=r"p\.parquet: no column 'city2' among p, q$"):
        readers.read(f"{path}::city2")


@pytest.mark.parametrize("options", ["", ", COMPRESSION zstd", ", COMPRESSION uncompressed", ", ROW_GROUP_SIZE 2048"])
def test_however_it_is_packed(write: Write, options: str) -> None:
    """The packing inside of the file, and its row groups, leave rows and their order as they are."""
    (column,) = found(write("SELECT 'x' || i AS name, i + 1 AS n FROM range(10000) t(i)", options=options))
    assert column.labels == [f"x{i}" for i in range(10000)]
    assert list(map(int, column.cells)) == list(range(1, 10001))


def test_every_double_comes_back(write: Write) -> None:
    """A double is read to its last bit, be it subnormal."""
    bits = np.random.default_rng(4).integers(0, 0x7FF0000000000000, 20_000, dtype=np.uint64)
    expected = [*bits.view(np.float64).tolist(), 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 0.1, 1 / 3]
    listed = ", ".join(f"'{x!r}'" for x in expected)
    (column,) = found(write(f"SELECT unnest([{listed}]::DOUBLE[]) AS n"))
    assert list(map(float, column.cells)) == expected


def test_a_float32_is_what_it_is(write: Write) -> None:
    """0.1 stored as float32 is 0.100000001490116, the number that is there."""
    (column,) = found(write("SELECT 0.1::FLOAT AS n"))
    assert float(column.cells[0]) == float(np.float32(0.1))


@pytest.mark.parametrize(
    "kind",
    [
        *("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "HUGEINT"),
        *("DECIMAL(9, 2)", "DECIMAL(38, 10)", "FLOAT", "DOUBLE"),
    ],
)
def test_every_type_of_number_is_read(write: Write, kind: str) -> None:
    """Whole numbers, decimals and floating point of any size are weights."""
    assert readers.read(write(f"SELECT unnest([3, 1])::{kind} AS n")).probs.tolist() == [0.75, 0.25]


@pytest.mark.parametrize(
    ("label", "shown"),
    [
        ("'01234'", "01234"),
        ("'0.5'", "0.5"),
        ("DATE '2026-11-23'", "2026-11-23"),
        ("TIMESTAMPTZ '2026-11-23 10:00:00+02'", "2026-11-23 08:00:00"),
        ("true", "true"),
        ("encode('é')", "é"),
        ("''", ""),
        ("'a'::ENUM('a', 'b')", "a"),
    ],
)
def test_what_is_no_number_is_a_label(write: Write, label: str, shown: str) -> None:
    """Text is a label even where it could be read as a number, and so are dates, in UTC, and truth values."""
    (column,) = found(write(f"SELECT {label} AS what, 1 AS n"))
    assert (column.labels, column.label_name, column.cells) == ([shown], "what", ["1"])


def test_the_zone_of_times_is_told_of(call: Callable[..., Done], tmp_path: Path) -> None:
    """They are written as they are in UTC, be they in microseconds or in nanoseconds."""
    import pandas as pd

    hours = pd.date_range("2024-01-01", periods=3, freq="h", tz="Europe/Berlin")
    for unit in ("us", "ns"):
        pd.DataFrame({"hour": hours.as_unit(unit), "n": [1, 2, 3]}).to_parquet(tmp_path / f"{unit}.parquet")
    assert readers.read(tmp_path / "ns.parquet").outcomes[0] == "2023-12-31 23:00:00"
    told = "times of a zone, as they are in UTC"
    for engine in ([], ["--engine", "duckdb"]):
        found = call("kl", "us.parquet", "ns.parquet", "--json", *engine).result
        assert (found["value"], told in "".join(found["notes"])) == (0, True)
    assert told in call("count", "ns.parquet::hour").err
    assert call("drift", "us.parquet", "ns.parquet", "--json").results[0]["value"] == 0


def test_text_that_unpacks_to_more_than_there_is_room_for(tmp_path: Path) -> None:
    """It is neither fetched where it is not used, nor decoded to see whether it is text."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    n, options = 3000, {"compression": "zstd", "dictionary_pagesize_limit": 2**26, "store_schema": False}
    for name, value in (("user_id", pa.array(["a" * 10**6])), ("label", pa.array([b"a" * 10**6]))):
        column = pa.DictionaryArray.from_arrays(pa.array(np.zeros(n, "int32")), value)
        first = {} if name == "label" else {"city": [*map(str, range(n))]}
        table = pa.table({**first, name: column, "n": [1] * n})
        pq.write_table(table, tmp_path / f"{name}.parquet", **options)
    assert readers.read(tmp_path / "user_id.parquet", max_size=10**7).total == n
    with pytest.raises(InputError, match=r"label\.parquet: unpacks to more than"):
        readers.read(tmp_path / "label.parquet", max_size=10**7)


@pytest.mark.parametrize("codec", ["uncompressed", "zstd"])
def test_two_files_one_behind_the_other(write: Write, call: Callable[..., Done], tmp_path: Path, codec: str) -> None:
    """The end of the second one leads to the pages of the first: its rows would be lost in silence."""
    parts = []
    for numbers in ("3, 5, 2", "1, 1, 8"):
        query = f"SELECT unnest(['a', 'b', 'c']) AS label, unnest([{numbers}]) AS n"
        with duckdb.connect() as connection:
            connection.execute(f"COPY ({query}) TO '{tmp_path}/one.parquet' (FORMAT parquet, COMPRESSION {codec})")
        parts.append((tmp_path / "one.parquet").read_bytes())
    (tmp_path / "two.parquet").write_bytes(b"".join(parts))
    said = "klcli: two.parquet: two Parquet files, one behind the other: take them apart\n"
    for command in (["entropy", "two.parquet"], ["count", "two.parquet::label"]):
        assert (call(*command).code, call(*command).err) == (2, said)
    parquet_of_text = write("SELECT unnest(['PAR1PAR1', 'x']) AS label, unnest([1, 2]) AS n")
    assert readers.read(parquet_of_text).total == 3


def test_times_of_96_bits_are_told_of(call: Callable[..., Done], tmp_path: Path) -> None:
    """DuckDB drops parts of a microsecond that they may have."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table({"label": pa.array([1500, 2600], pa.timestamp("ns")), "n": [3, 5]})
    pq.write_table(table, tmp_path / "t.parquet", use_deprecated_int96_timestamps=True)
    told = "times as INT96, of which parts of a microsecond are not read"
    assert f"t.parquet: label: {told}" in call("entropy", "t.parquet").out
    assert f"t.parquet: {told}" in call("entropy", "t.parquet", "--engine", "duckdb").out
    assert f"t.parquet::label: {told}" in call("count", "t.parquet::label").err


@pytest.mark.parametrize("name", ["id", "label", "__index_level_0__"])
def test_numbers_are_labels_in_a_column_that_is_called_so(write: Write, name: str) -> None:
    """A column of numbers holds the labels where its name says so, as that of pandas' index does."""
    (column,) = found(write(f'SELECT 2 AS n, 7 AS "{name}"'))
    assert (column.labels, column.cells) == (["7"], ["2"])


def test_labels_that_are_float32_are_written_short(write: Write) -> None:
    """The label 0.1 is 0.1, as it would be in CSV."""
    (column,) = found(write("SELECT 0.1::FLOAT AS label, 1 AS n"))
    assert column.labels == ["0.1"]


@pytest.mark.parametrize("kind", ["FLOAT", "DOUBLE"])
def test_there_is_one_zero_among_labels(write: Write, kind: str) -> None:
    """-0.0, as rounding leaves it, is 0.0; in text it is what is written there."""
    (column,) = found(write(f"SELECT unnest([-0.0, -0.5])::{kind} AS label, 1 AS n"))
    assert column.labels == ["0.0", "-0.5"]


def test_without_a_column_of_labels(write: Write) -> None:
    """Where every column has numbers the outcomes are numbered, and a note says so."""
    (column, _) = found(write("SELECT 1 AS a, 2 AS b"))
    assert column.labels is None
    assert column.notes == (
        "no column of labels among a, b, so the outcomes are numbered from 0: call one label if it is",
    )


def test_text_beside_the_labels_is_told_of(write: Write) -> None:
    """A second column of text is not used, and a note says so."""
    (column,) = found(write("SELECT 'a' AS city, 'x' AS remark, 1 AS n"))
    assert (column.labels, column.notes) == (["a"], ("no numbers, so not used: column remark",))


def test_names_are_what_they_are(write: Write) -> None:
    """Names that DuckDB would count as one, or change, stay: p and P, 2020, and one with quotes."""
    query = """SELECT 'a' AS city, 1 AS x, 2 AS y, 3 AS "2020", 4 AS "it's so" """
    path = write(query)
    data = path.read_bytes().replace(b"\x01x", b"\x01p").replace(b"\x01y", b"\x01P")  # which DuckDB would not write
    assert [each.name for each in columns(data, MAX)] == ["p", "P", "2020", "it's so"]


def test_nested_columns_do_not_shift_the_names(write: Write) -> None:
    """What a column of structures or lists holds is no column of its own."""
    query = "SELECT {'x': 1, 'y': {'z': 2}} AS s, [[1]] AS l, MAP {'k': 1} AS m, 'a' AS label, 5 AS n"
    (column,) = found(write(query))
    assert (column.name, column.labels, column.cells) == ("n", ["a"], ["5"])
    assert column.notes == ("no numbers, so not used: column s, l, m",)


@pytest.mark.parametrize("value", ["[1, 2]", "{'x': 1}", "MAP {'k': 1}"])
def test_nested_columns_are_no_labels(write: Write, value: str) -> None:
    """Lists and structures are passed over, be they the first column or the only one beside the numbers."""
    (column,) = found(write(f"SELECT {value} AS s, 'a' AS city, 5 AS n"))
    assert (column.name, column.labels, column.notes) == ("n", ["a"], ("no numbers, so not used: column s",))
    (column,) = found(write(f"SELECT {value} AS s, 5 AS n"))
    assert (column.name, column.labels) == ("n", None)
    (column,) = found(write(f"SELECT {value} AS label, 5 AS n"))
    assert column.label_name == "label"


BYTES = r"('\xFF\xFE'::BLOB)"


@pytest.mark.parametrize("name", ["id", "photo", "user_id"])
def test_bytes_are_no_labels_and_no_numbers(write: Write, name: str) -> None:
    """A column of bytes, as of ids or of pictures, is told of and not used, wherever it stands."""
    for query in (f"SELECT {BYTES} AS {name}, 'a' AS city, 5 AS n", f"SELECT 'a' AS city, 5 AS n, {BYTES} AS {name}"):
        (column,) = found(write(query))
        assert (column.name, column.labels, len(column.notes)) == ("n", ["a"], 1)
        assert f"not used: column {name}" in column.notes[0]
    (column,) = found(write(f"SELECT {BYTES} AS {name}, 5 AS n"))
    assert (column.labels, column.beside) == (None, ((name, "holds no numbers: it is BLOB"),))


def test_bytes_called_label_are_refused_by_name(write: Write) -> None:
    """A name that asks for labels is not passed over."""
    with pytest.raises(FormatError, match=r"^column label: bytes that are not UTF-8: save it as text, or leave it"):
        found(write(f"SELECT {BYTES} AS label, 5 AS n"))


def test_bytes_that_are_text_are_labels(write: Write) -> None:
    """Older writers do not say that their bytes are text."""
    (column,) = found(write("SELECT encode('Zürich') AS city, 5 AS n"))
    assert (column.labels, column.notes) == (["Zürich"], ())


def test_a_column_of_null_alone_is_not_used(write: Write) -> None:
    """It is what a column of blanks is in CSV."""
    (column,) = found(write("SELECT 'a' AS city, NULL::INTEGER AS q, 5 AS n"))
    assert (column.name, column.notes) == ("n", ("no numbers, so not used: column q",))
    (column,) = found(write("SELECT 'a' AS city, NULL::INTEGER AS q"))
    assert (column.name, column.cells) == ("q", [""])


def test_an_index_without_a_name_numbers_rows_or_is_refused(write: Write) -> None:
    """What pandas writes for it is not used beside labels, unless it may be data."""
    query = "SELECT 'a' AS label, {} AS __index_level_0__, 5 AS n"
    (column,) = found(write(query.format(7)))
    assert (column.name, column.labels) == ("n", ["a"])
    with pytest.raises(FormatError, match="holds fractions, no names of rows"):
        found(write(query.format(0.5)))


@pytest.mark.parametrize("name", ["*.parquet", "[a].pq", "a?b", "k=v.parquet", "it's.parquet", "s3:", "数.parquet"])
def test_a_file_of_any_name(write: Write, tmp_path: Path, name: str) -> None:
    """The name is that of one file, and never a pattern or an address; the ending does not matter."""
    write(CITIES).rename(tmp_path / name)
    (tmp_path / "another.parquet").write_bytes(b"PAR1")
    assert len(readers.read(f"{tmp_path / name}::p").outcomes) == 3


def test_through_a_pipe_and_packed(write: Write, run: Any) -> None:
    """It is known by its content, on standard input too and unpacked by gzip."""
    data = write(CITIES).read_bytes()
    done = run("kl", "-::p", "-::q", "--json", stdin=gzip.compress(data))
    assert (done.code, done.err) == (0, "")
    assert done.result["value"] == pytest.approx(0.25 * np.log(2), rel=1e-15)


def test_a_matrix_of_numbers_is_a_batch(write: Write, tmp_path: Path, call: Any) -> None:
    """Where rows are samples it is read as any table is."""
    write("SELECT * FROM (VALUES (0.5::DOUBLE, 0.5::DOUBLE), (0.25, 0.75)) t(cat, dog)")
    (tmp_path / "p.csv").write_text("cat,dog\n0.5,0.5\n0.25,0.75\n")
    of_parquet, of_csv = (
        call("loss", name, name, "--json", "--input-kind", "probs") for name in ("p.parquet", "p.csv")
    )
    assert of_parquet.code == 0
    assert of_parquet.out == of_csv.out.replace("p.csv", "p.parquet")


@pytest.mark.parametrize("name", ["logits", "row"])
def test_lists_in_a_batch_are_called_lists(write: Write, name: str) -> None:
    """Nothing that is done with the column beside them would make a batch of them."""
    path = write(f"SELECT unnest([[1.5, 2], [3, 4]]) AS {name}, unnest([0, 1]) AS label")
    cure = "holds lists of numbers: save lists by themselves, as .npy with np.stack, or a number to a cell"
    for column, called in (("", name), (f"::{name}", repr(name))):
        with pytest.raises(InputError, match=rf"p\.parquet: column {called} {re.escape(cure)}$"):
            read_matrix(f"{path}{column}")


# What is refused

REFUSED = [
    ("SELECT 'a' AS city, 1 AS n WHERE false", "empty: no rows"),
    ("SELECT 'a' AS city, 'b' AS n", "no column of numbers: city is VARCHAR, n is VARCHAR"),
    ("SELECT 'a' AS city, true AS n", "no column of numbers: city is VARCHAR, n is BOOLEAN"),
    (
        "SELECT 'a' AS city, [0.5, 0.5] AS n",
        "no column of numbers: city is VARCHAR, n is DECIMAL(2,1)[]; save lists by themselves, as .npy with "
        "np.stack, or a number to a cell",
    ),
    (
        "SELECT unnest(['a', NULL]) AS city, 1 AS n",
        "row 2: no label (NULL): give it one, or leave the row out",
    ),
    (
        "SELECT 'a' AS city, unnest([1, NULL]) AS n",
        "row 2, column n: '' is blank: a missing value is not 0, so write the number or leave it out",
    ),
    (
        "SELECT unnest(['a', 'b']) AS city, unnest([1, 'nan'::DOUBLE]) AS n",
        "row 2, column n: 'nan' is a missing value: it is not 0, so write the number or leave it out",
    ),
    (
        "SELECT unnest(['a', 'b']) AS city, unnest([1, 'inf'::DOUBLE]) AS n",
        "row 2, column n: 'inf' is not a finite number",
    ),
    ("SELECT unnest(['a', 'b']) AS city, unnest([1, -1]) AS n", "row 2: -1.0 is negative"),
    ("SELECT unnest(['a', 'a']) AS city, 1 AS n", "row 1 and row 2: duplicate outcome 'a'"),
]


@pytest.mark.parametrize(("query", "message"), REFUSED, ids=[message for _, message in REFUSED])
def test_faults_are_refused_with_the_row(write: Write, query: str, message: str) -> None:
    """A missing label or number, and what is none, is refused as it would be in CSV; nothing is counted as 0."""
    with pytest.raises(InputError) as caught:
        readers.read(write(query))
    assert str(caught.value).split(": ", 1)[1].startswith(message)


def test_two_columns_of_one_name(write: Write) -> None:
    """Where a name does not tell which column is meant, none is read."""
    data = write("SELECT 1 AS x, 2 AS y").read_bytes().replace(b"\x01x", b"\x01p").replace(b"\x01y", b"\x01p")
    with pytest.raises(FormatError, match=r"^two columns are called 'p'$"):
        columns(data, MAX)


def test_a_file_that_is_cut_off_or_broken(write: Write) -> None:
    """Every part of a file from its start is refused, in a line that does not name the copy that DuckDB was given."""
    data = write(CITIES).read_bytes()
    for end in range(4, len(data), 7):
        with pytest.raises(FormatError, match=r"^a Parquet file that DuckDB cannot read: [^\n]*$") as caught:
            columns(data[:end], MAX)
        assert "/dev" not in str(caught.value)


@pytest.mark.parametrize("rows", [1, 4, 63])
def test_the_number_of_rows_is_held_against_the_row_groups(write: Write, rows: int) -> None:
    """Where the end of the file says another number than its parts, none is believed and no row is lost."""
    data = write(CITIES).read_bytes()
    said = b"\x16\x06\x19\x1c"  # in Thrift: 3 as an integer, and after it a list of structures
    assert data.count(said) == 1
    message = f"^broken: its row groups hold 3 rows where its end says {rows}: write it anew$"
    with pytest.raises(FormatError, match=message):
        columns(data.replace(said, bytes([0x16, 2 * rows, 0x19, 0x1C])), MAX)


@pytest.mark.parametrize(("data", "message"), [(b"", "empty"), (b"a,0.5\nb,0.5\n", "not a Parquet file")])
def test_what_is_called_parquet_and_is_none(tmp_path: Path, data: bytes, message: str) -> None:
    """The ending is believed so far that nothing else is read under it."""
    (tmp_path / "p.parquet").write_bytes(data)
    with pytest.raises(InputError, match=rf"p\.parquet: {message}$"):
        readers.read(tmp_path / "p.parquet")
    assert not is_parquet(data, "p.csv")


@pytest.mark.parametrize(
    "query",
    ["SELECT 1 AS n FROM range(3000000)", "SELECT repeat('x', 1000000) || i AS name, 1 AS n FROM range(3) t(i)"],
    ids=["rows", "text"],
)
def test_more_than_may_be_is_refused(write: Write, query: str) -> None:
    """A small file that unpacks to many rows, or to long text, is refused before they are in memory."""
    path = write(query)
    assert path.stat().st_size < 300_000
    with pytest.raises(FormatError, match=r"^unpacks to more than 2000000 bytes: give --max-size to read it all"):
        found(path, 2_000_000)


def test_one_long_text_is_refused_by_its_size(write: Write) -> None:
    """DuckDB is given no more memory than may be read, and what it cannot hold in it is more."""
    path = write("SELECT repeat('x', 400000000) AS name, 1 AS n")
    with pytest.raises(FormatError, match=r"^unpacks to more than 2000000 bytes: give --max-size to read it all"):
        found(path, 2_000_000)


@pytest.mark.parametrize("cell", ["1", "true", "'01/02/2020'", "'/'", "''::BLOB", "0.0::DOUBLE", "'1'"])
def test_many_columns_are_asked_for_together(write: Write, monkeypatch: pytest.MonkeyPatch, cell: str) -> None:
    """A query for each of them would take the square of their number, for each one knows all of them."""
    many = ", ".join(f"{cell} AS c{index}_id" for index in range(250))
    queries = []
    ask = parquet._Table._execute
    monkeypatch.setattr(parquet._Table, "_execute", lambda table, query: queries.append(query) or ask(table, query))
    assert [column.name for column in found(write(f"SELECT 'a' AS label, {many}, 0.5 AS p"))][-1] == "p"
    assert len(queries) < 30


def test_any_number_of_bytes_may_be_allowed(write: Write) -> None:
    """A bound beyond what DuckDB counts in is none."""
    assert len(found(write(CITIES), 2**80)) == 2


def test_nothing_is_left_behind(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The copy that DuckDB is given is in no folder, be it read or refused, and the input is as it was."""
    path = write(CITIES)
    data = path.read_bytes()
    folder = tmp_path / "temporary"
    folder.mkdir()
    seen: list[list[Path]] = []
    table = parquet._Table
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(parquet, "_Table", lambda *given: seen.append(list(folder.iterdir())) or table(*given))
    found(path)
    with pytest.raises(FormatError):
        columns(data[:-9], MAX)
    assert seen == [[], []]
    assert sorted(each.name for each in tmp_path.iterdir()) == ["p.parquet", "temporary"]
    assert (list(folder.iterdir()), path.read_bytes()) == ([], data)


def test_without_room_for_the_copy(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no temporary file can be made it is said so, with the cure."""
    path = write(CITIES)
    monkeypatch.setattr(tempfile, "tempdir", "/no/such/folder")
    with pytest.raises(FormatError, match=r"^needs a temporary copy: .*: set TMPDIR"):
        found(path)


def test_without_duckdb(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where DuckDB is not installed, what to install is said."""
    path = write(CITIES)
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(MissingExtraError, match=r"^a Parquet file needs .*: pip install 'klcli\[data\]'$"):
        readers.read(path)


def test_duckdb_fetches_nothing(write: Write) -> None:
    """DuckDB neither installs nor loads extensions for a file, keeps no secrets and spills nowhere."""
    wanted = {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "allow_persistent_secrets": "false",
        "temp_directory": "",
    }
    with connected("a Parquet file", temp_directory="") as connection:
        kept = "SELECT name, value FROM duckdb_settings() WHERE name IN (SELECT unnest($names)) ORDER BY name"
        settings = dict(connection.execute(kept, {"names": list(wanted)}).fetchall())
    assert {name: value or "" for name, value in settings.items()} == wanted


def test_a_table_of_thousands_of_columns(write: Write) -> None:
    """The logits of a vocabulary are as wide as that, and a column is not unpacked before it is asked for."""
    numbers = ", ".join(f"{index} AS x{index}" for index in range(9001))
    columns = found(write(f"SELECT {numbers}"), 1_000_000)
    assert [column.cells for column in columns] == [[str(index)] for index in range(9001)]


def test_numbers_of_rows_before_their_names(write: Write) -> None:
    """As in CSV they are no weights, if there are others."""
    rows = "SELECT i + {first} AS x, 'l' || i AS city, i * i AS y FROM range(4) t(i)"
    for first in (0, 1):
        (column,) = found(write(rows.format(first=first)))
        assert (column.name, column.notes) == ("y", ("told rows apart, so not used: column x",))
    assert [column.name for column in found(write(rows.format(first=2)))] == ["x", "y"]


@pytest.mark.parametrize("name", ["file_row_number", "File_Row_Number", "FILE_ROW_NUMBER"])
def test_numbers_of_rows_as_duckdb_calls_them(write: Write, name: str) -> None:
    """DuckDB adds a column of that name to count them, and adds none where there is one."""
    rows = "SELECT i + {first} AS {name}, 'l' || i AS city, i * i AS y FROM range(4) t(i)"
    assert [column.name for column in found(write(rows.format(first=0, name=name)))] == ["y"]
    assert [column.name for column in found(write(rows.format(first=2, name=name)))] == [name, "y"]
    (column,) = found(write(f"SELECT i + 1 AS x, 'l' || i AS city, i * i AS {name} FROM range(4) t(i)"))
    assert (column.name, column.notes) == (name, ("told rows apart, so not used: column x",))


def test_columns_are_asked_for_together(write: Write) -> None:
    """One by one, thousands of them would take time with the square of their number; their cells are their own."""
    names = [f"x{index}" for index in range(5000)]
    numbers = ", ".join(f"i + {index} AS {name}" for index, name in enumerate(names))
    for query in (f"'l' || i AS label, {numbers}", f"{numbers}, 'l' || i AS taxon"):
        columns = found(write(f"SELECT {query} FROM range(300) t(i)"))
        assert [column.name for column in columns] == (
            names if "label" in query else names[2:]
        )  # x0 and x1 count rows
        assert [column.cells[299] for column in columns] == [str(299 + int(each.name[1:])) for each in columns]


def test_decimals_of_many_digits_before_the_labels(write: Write) -> None:
    """They are no numbers of rows, and no number of a row would fit into them."""
    query = "SELECT (1 / (i + 1))::DECIMAL(38, 37) AS p, 'l' || i AS word FROM range(200) t(i)"
    (column,) = found(write(query))
    assert (column.name, len(column.cells)) == ("p", 200)


def test_columns_of_bytes_are_looked_at_together(write: Write) -> None:
    """One that is no text tells nothing of the others, and time is in proportion to their number."""
    texts = ", ".join(f"'x'::BLOB AS b{index}" for index in range(3000))
    rows = f"SELECT 'a' AS label, 5 AS n, '\\xFF'::BLOB AS odd, {texts} UNION ALL BY NAME SELECT 'b' AS label, 3 AS n"
    (column,) = found(write(rows))
    assert (column.name, column.cells) == ("n", ["5", "3"])


@pytest.mark.parametrize(
    ("index", "labels"),
    [
        ({"name": "stars", "start": 0, "stop": 3, "step": 1}, ["0", "1", "2"]),
        ({"name": None, "start": 1, "stop": 4, "step": 1}, ["1", "2", "3"]),
        ({"name": None, "start": 2000, "stop": 2030, "step": 10}, ["2000", "2010", "2020"]),
        ({"name": None, "start": 0, "stop": 3, "step": 1}, None),
        ({"name": "stars", "start": 0, "stop": 9, "step": 1}, None),
    ],
)
def test_an_index_of_pandas_that_is_a_range(tmp_path: Path, index: dict[str, Any], labels: list[str] | None) -> None:
    """It stands beside the table, and has the labels if it has a name, or does not count the rows from 0."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    pandas = json.dumps({"index_columns": [{"kind": "range", **index}]})
    table = pa.table({"n": [3, 1, 2]}).replace_schema_metadata({"pandas": pandas})
    pq.write_table(table, tmp_path / "p.parquet")
    (column,) = found(tmp_path / "p.parquet")
    assert (column.labels, column.cells) == (labels, ["3", "1", "2"])


@pytest.mark.parametrize(
    "told", ["[" * 100_000, '{"index_columns": [{"kind": "range", "name": null, "start": 0, "stop": %s}]}']
)
def test_what_pandas_has_not_told_is_passed_over(tmp_path: Path, told: str) -> None:
    """A note on the index that is none, or that no table can have, changes nothing."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    told = told.replace("%s}", f'{10**30}, "step": 1}}')
    pq.write_table(pa.table({"n": [3, 1]}).replace_schema_metadata({"pandas": told}), tmp_path / "p.parquet")
    (column,) = found(tmp_path / "p.parquet")
    assert (column.labels, column.cells) == (None, ["3", "1"])


def test_the_column_that_pandas_calls_the_index(tmp_path: Path) -> None:
    """It has the labels where no words do, though its name is one of no labels and it holds numbers."""
    import pandas as pd

    pd.Series([34, 34, 51], name="age").value_counts().to_frame().to_parquet(tmp_path / "p.parquet")
    (column,) = found(tmp_path / "p.parquet")
    assert (column.labels, column.label_name, column.cells) == (["34", "51"], "age", ["2", "1"])


@pytest.mark.parametrize("name", [None, "x"])
@pytest.mark.parametrize("kind", ["range", "words", "numbers", "months", "days", "lengths", "categories"])
def test_every_index_of_pandas(tmp_path: Path, name: str | None, kind: str) -> None:
    """With a name or without one, it has the labels of the only other column."""
    import pandas as pd

    indices = {
        "range": pd.RangeIndex(5, 7),
        "words": pd.Index(["a", "b"]),
        "numbers": pd.Index([7, 3]),
        "months": pd.period_range("2024-01", periods=2, freq="M"),
        "days": pd.date_range("2024-01-01", periods=2),
        "lengths": pd.to_timedelta([1, 2], unit="s"),
        "categories": pd.CategoricalIndex(["c", "d"]),
    }
    pd.DataFrame({"n": [3, 4]}, index=indices[kind].rename(name)).to_parquet(tmp_path / "p.parquet")
    (column,) = found(tmp_path / "p.parquet")
    assert (column.labels or [])[0] in ("5", "a", "7", "648", "2024-01-01 00:00:00", "1000000", "c")
    assert column.cells == ["3", "4"]
    assert any("stand for" in note for note in column.notes) == (kind in ("months", "lengths"))


def test_decimals_as_labels(tmp_path: Path) -> None:
    """They are written as in any other file, with a digit before the point."""
    with duckdb.connect() as connection:
        rows = "SELECT unnest([0.10, -0.35])::DECIMAL(2, 2) AS label, unnest([1, 2]) AS n"
        connection.execute(f"COPY ({rows}) TO '{tmp_path / 'p.parquet'}'")
    assert found(tmp_path / "p.parquet")[0].labels == ["0.10", "-0.35"]


def test_the_range_of_pandas_is_told_of_beside_other_columns(tmp_path: Path) -> None:
    """Rows of a part of a table are labelled by their numbers, though another column may have the labels."""
    import pandas as pd

    table = pd.DataFrame({"age": [17, 18, 19, 20], "n": [4, 3, 2, 1]})
    table[1:].to_parquet(tmp_path / "p.parquet")
    column = found(tmp_path / "p.parquet")[1]
    assert (column.labels, column.notes) == (
        ["1", "2", "3"],
        ("the labels, 1, 2, 3, are from the index of pandas, which is a range: call a column label if it has them",),
    )
    table[["n"]][1:].to_parquet(tmp_path / "p.parquet")
    assert found(tmp_path / "p.parquet")[0].notes == ()


def test_labels_that_stand_for_something_else_in_pandas(tmp_path: Path) -> None:
    """Months are whole numbers in the file, and pandas alone knows which: it is said so. Days are days."""
    import pandas as pd

    indices = {
        "period[M]": pd.period_range("2024-01", periods=2, freq="M", name="x"),
        "timedelta64": pd.to_timedelta([1, 2], unit="h").rename("x"),
        "datetime64": pd.date_range("2024-01-01", periods=2, name="x"),
    }
    told = {}
    for kind, index in indices.items():
        pd.DataFrame({"n": [3, 4]}, index=index).to_parquet(tmp_path / "p.parquet")
        (column,) = found(tmp_path / "p.parquet")
        told[kind] = [note for note in column.notes if "stand for" in note and kind in note and "x: save it" in note]
    assert {kind: len(notes) for kind, notes in told.items()} == {"period[M]": 1, "timedelta64": 1, "datetime64": 0}


def test_values_that_stand_for_something_else_in_pandas(tmp_path: Path) -> None:
    """Of lengths of time the numbers are read, and it is said of what."""
    import pandas as pd

    table = pd.DataFrame({"label": ["a", "b"], "n": [3, 4], "wait": pd.to_timedelta([1, 2], unit="h").as_unit("ns")})
    table.to_parquet(tmp_path / "p.parquet")
    n, wait = found(tmp_path / "p.parquet")
    assert (n.notes, len(wait.notes), wait.cells) == ((), 1, ["3600000000000", "7200000000000"])
    assert wait.notes[0].startswith("whole numbers that stand for timedelta64")


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("null", ["NULL", "NULL::VARCHAR"])
def test_columns_without_values_are_no_labels(write: Write, place: int, null: str) -> None:
    """They are told of, as in JSON, wherever they stand."""
    columns = ["'a' AS city", "5 AS n"]
    columns.insert(place, f"{null} AS note")
    (column,) = found(write(f"SELECT {', '.join(columns)}"))
    assert (column.name, column.labels) == ("n", ["a"])
    assert dict(column.beside)["note"].startswith("holds no numbers: it is ")
    (column,) = found(write(f"SELECT {null} AS note, 5 AS n UNION ALL SELECT NULL, 6"))
    assert (column.name, column.labels, column.cells) == ("n", None, ["5", "6"])


def test_truth_values_are_labels_where_nothing_else_is(write: Write) -> None:
    """Where rows share one they are told of and not used."""
    rows = [(1, True, 3), (2, False, 4), (3, True, 5)]

    def table(rows: list[tuple[int, bool, int]], names: str) -> str:
        return f"SELECT {names} FROM (VALUES {', '.join(map(str, rows))}) AS t(id, active, n)"

    (column,) = found(write(table(rows, "id, active, n")))
    assert (column.name, column.labels, column.label_name) == ("n", ["1", "2", "3"], "id")
    (column,) = found(write(table(rows, "active, n")))
    assert (column.name, column.labels) == ("n", None)
    assert dict(column.beside) == {"active": "holds no numbers: it is BOOLEAN"}
    (column,) = found(write(table(rows[:2], "active, n")))
    assert (column.name, column.labels) == ("n", ["true", "false"])


@pytest.mark.parametrize("column", ["label", "n"])
def test_decimals_that_would_be_rounded_are_refused(tmp_path: Path, column: str) -> None:
    """DuckDB reads those of more than 38 digits as float64: two labels would become one, and whole numbers broken."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    wide = pa.array([Decimal(12345678901234567890), Decimal(12345678901234567891)], pa.decimal256(39, 0))
    pq.write_table(pa.table({"label": ["a", "b"], "n": [1, 2], "m": [3, 4]} | {column: wide}), tmp_path / "p.parquet")
    said = rf"column {column}: decimals of more than 38 digits, which would be rounded: save it as decimal\(38, ...\)"
    with pytest.raises(InputError, match=rf"{said}{' or as text' if column == 'label' else ''}$"):
        readers.read(f"{tmp_path / 'p.parquet'}::n")
    if column == "n":
        assert readers.read(f"{tmp_path / 'p.parquet'}::m").weights.tolist() == [3, 4]
    with engines.started("duckdb") as engine:
        table = engines.opened(engine, f"{tmp_path / 'p.parquet'}::n")
        with pytest.raises(InputError, match=rf"^p\.parquet: {said} or leave it out$"):
            table.counts(table.field(column))
        with pytest.raises(InputError, match=rf"^p\.parquet: {said} or leave it out$"):
            [*engines.profile(table, [column], 10)]
        with pytest.raises(InputError, match=rf"^p\.parquet: {said} or leave it out$"):
            engines.sums(engines.weights(table, False), None, 5)
