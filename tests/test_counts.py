"""Counts: raw data to distributions, as `klcli count` does it."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import itertools
import json
import lzma
import math
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tarfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import SAMPLES, Done, environment
from hypothesis import given
from hypothesis import strategies as st

from klcli import readers, sources, streams
from klcli.columns import FormatError
from klcli.counts import counts
from klcli.errors import InputError, OptionError

duckdb = pytest.importorskip("duckdb", reason="duckdb is not installed")
zstandard = pytest.importorskip("zstandard", reason="zstandard is not installed")

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


# Outcomes and their counts


@given(st.dictionaries(st.text(max_size=3), st.integers(1, 9), min_size=1), st.integers(1, 5), st.integers(0, 9))
def test_no_row_is_lost(tally: dict[str, int], top: int, least: int) -> None:
    """However few outcomes are kept, the counts add up to all rows, and none that is left out exceeds one kept."""
    tally.pop("(others)", None)
    if not tally:
        return
    result = counts(tally, "data", top=top, least=least)
    shown = dict(zip(result.terms["outcome"], result.terms["count"], strict=True))
    assert sum(shown.values()) == result.value == sum(tally.values())
    others = shown.pop("(others)", 0)
    assert len(shown) <= top
    assert all(tally[label] == count >= least for label, count in shown.items())
    left = [count for label, count in tally.items() if label not in shown]
    assert others == sum(left)
    assert max(left, default=0) < max(least, min(shown.values(), default=math.inf) + 1)


def test_what_is_left_is_told_of() -> None:
    """A note says how many outcomes became (others), and how many rows that is."""
    assert counts({"a": 3, "b": 1, "c": 1}, "data", top=1).notes == ("data: (others) is 2 outcomes with 2 of 5 rows",)


def test_an_outcome_called_others() -> None:
    """What is left is not added to an outcome of that name."""
    assert counts({"(others)": 1, "b": 1}, "data").terms["outcome"] == ["(others)", "b"]
    with pytest.raises(
        OptionError, match=r"^data: an outcome is called \(others\), as those that are left are to be"
    ):
        counts({"(others)": 1, "b": 1}, "data", top=1)


def test_nothing_is_no_distribution() -> None:
    """Without rows there are no counts."""
    with pytest.raises(InputError, match=r"^data: nothing to count: no rows$"):
        counts({}, "data")


# The command


def test_the_table(call: Run) -> None:
    """What a person is shown: the outcomes, the most frequent first, with their sum."""
    assert call("count", f"{MAY}::city", "-f", "table").out == (
        "Counts   n = Σ count\n"
        "data = orders_may.csv::city\n"
        "\n"
        "outcome  count\n"
        "Berlin     246\n"
        "Lagos      149\n"
        "東京       144\n"
        "Lima        61\n"
        "Σ          600  rows\n"
    )


def test_in_a_pipe_it_is_csv(call: Run) -> None:
    """Where nobody reads it, the answer is what other commands read, and notes go to stderr."""
    done = call("count", f"{MAY}::price", "--bins", "3")
    assert done.out == 'outcome,count\n"(-inf, 15.12)",198\n"[15.12, 26.47)",198\n"[26.47, inf)",198\n'
    assert done.err == (
        "klcli: note: orders_may.csv::price: 6 rows without a value left out (--missing counts them)\n"
    )
    assert call("count", f"{MAY}::city", "--json").result["terms"][0] == {"outcome": "Berlin", "count": 246}
    assert call("count", f"{MAY}::city", "-o", "c.csv").out == ""
    assert Path("c.csv").read_text(encoding="utf-8").startswith("outcome,count\nBerlin,246\n")


@pytest.mark.parametrize("form", ["csv", "json", "ndjson", "tsv"])
def test_every_command_reads_it(call: Run, form: str) -> None:
    """What is counted is a distribution, with labels that may hold anything, whatever the format between."""
    Path("t.csv").write_text('a,b\n"x, ""y""\n",1\n 01 ,2\n 01 ,3\n5,4\n', encoding="utf-8")
    text = call("count", "t.csv::a", "-f", form).out
    Path(f"c.{form}").write_text(text, encoding="utf-8")
    found = readers.read(f"c.{form}")
    assert (found.outcomes, found.weights.tolist()) == ((" 01 ", "5", 'x, "y"\n'), [2, 1, 1])
    assert call("entropy", f"c.{form}", "--base", "2", "--json").result["value"] == 1.5


def test_counts_of_several_columns_put_together(call: Run) -> None:
    """Answers in one file are told apart by their order."""
    one, two = (call("count", f"{MAY}::{name}", "--json").out for name in ("city", "member"))
    Path("both.json").write_text(json.dumps({"results": json.loads(one)["results"] + json.loads(two)["results"]}))
    assert readers.read("both.json::count.1").outcomes == ("false", "true")


def test_missing_values_on_demand(call: Run) -> None:
    """--missing makes outcomes of what is missing, NULL and NaN apart."""
    Path("t.csv").write_text("x,y\n1,a\nNaN,a\n,a\n2,a\nNA,a\n")
    assert call("count", "t.csv::x", "--bins", "2", "--missing", "--null", "NA").out == (
        'outcome,count\n"(-inf, 2.0)",1\n"[2.0, inf)",1\n(missing),2\nNaN,1\n'
    )
    assert call("count", "t.csv::x", "--bins", "2", "--null", "NA").err == (
        "klcli: note: t.csv::x: 2 rows without a value and 1 row of NaN left out (--missing counts them)\n"
    )
    Path("t.csv").write_text("x,y\n-999,a\n1,a\n")
    assert call("count", "t.csv::x", "--null", "-999").out == "outcome,count\n1,1\n"
    Path("t.csv").write_text("x,y\n(missing),a\n,a\n")
    assert "a value is called (missing)" in refused(call("count", "t.csv::x", "--missing"))


def test_bins_keep_their_order_and_their_zeros(call: Run) -> None:
    """Bins stand in the order of their edges, and one that is empty between others is a bin all the same."""
    Path("t.csv").write_text("x,y\n5,a\n1,a\n5.5,a\n")
    done = call("count", "t.csv::x", "--width", "2")
    assert done.out == 'outcome,count\n"[0.0, 2.0)",1\n"[2.0, 4.0)",0\n"[4.0, 6.0)",2\n'
    assert done.err == ""
    assert call("count", "t.csv::x", "--width", "2", "--min-count", "1").out == (
        'outcome,count\n"[0.0, 2.0)",1\n"[4.0, 6.0)",2\n(others),0\n'
    )


REFUSED = {
    ("--bins", "3", "--width", "2"): "--bins and --width exclude each other",
    ("--width", "0"): "Invalid value for '--width': 0 is out of range: give a number > 0",
    ("--width", "0e99999999"): "Invalid value for '--width': 0e99999999 is out of range: give a number > 0",
    ("--width", "-1/2"): "Invalid value for '--width': -1/2 is out of range: give a number > 0",
    ("--width", "1cm"): "Invalid value for '--width': '1cm' is not a number: give a number > 0",
    ("--bins", "1"): "Invalid value for '--bins': 1 is not in the range 2<=x<=1000.",
    ("--engine", "pandas"): "Invalid value for '--engine': no engine 'pandas': duckdb, spark, or the URL of a Spark",
    ("--by", "chars", "--bins", "3"): "--by counts chars of a text, and --bins is for columns of a table",
    ("--by", "words"): "--by counts words of a whole text: leave ::price out",
}


@pytest.mark.parametrize("options", REFUSED, ids=" ".join)
def test_options_that_mean_nothing(call: Run, options: tuple[str, ...]) -> None:
    """They are refused before anything is counted."""
    assert refused(call("count", f"{MAY}::price", *options)).startswith(REFUSED[options])


def test_bins_of_words(call: Run) -> None:
    """Words have no order that bins could follow."""
    expected = "orders_may.csv::city: is text, which has no order: leave --bins or --width out"
    assert refused(call("count", f"{MAY}::city", "--bins", "3")) == expected


def test_the_engine_can_be_set_in_the_environment(call: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """KLCLI_ENGINE says which one counts."""
    monkeypatch.setenv("KLCLI_ENGINE", "polars")
    assert "no engine 'polars'" in refused(call("count", f"{MAY}::city"))


def test_spark_counts_the_same(run: Run) -> None:
    """--engine local[2] starts Spark, says so, and counts the same."""
    pytest.importorskip("pyspark", reason="pyspark is not installed")
    count = ("count", f"{MAY}::price", "--bins", "7")
    theirs, ours = run(*count, "--engine", "local[2]"), run(*count)
    assert (theirs.code, theirs.err) == (0, f"klcli: starting Spark (local[2])\n{ours.err}")
    assert theirs.raw == ours.raw


class Servers:
    """Processes of Spark on this machine, each with a log of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = Path(pytest.importorskip("pyspark", reason="pyspark is not installed").__file__).parent
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self, name: str, *arguments: str, awaited: str) -> str:
        """Start one, and return what its log says in the group of that pattern."""
        log = self.folder / name
        local = environment(SPARK_HOME=str(self.home), SPARK_LOCAL_IP="127.0.0.1", SPARK_WORKER_DIR=str(self.folder))
        with log.open("wb") as said:
            line = [str(self.home / "bin" / "spark-class"), f"org.apache.spark.deploy.{arguments[0]}", *arguments[1:]]
            self.processes.append(subprocess.Popen(line, env=local, cwd=self.folder, stdout=said, stderr=said))
        for _ in range(1200):
            found = re.search(awaited, log.read_text())
            if found:
                return found[1]
            time.sleep(0.1)
        raise AssertionError(log.read_text())

    def stop(self) -> None:
        """End all of them, the last one first."""
        while self.processes:
            process = self.processes.pop()
            process.terminate()
            process.wait(timeout=60)


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Servers of Spark that are ended with the tests of this file."""
    found = Servers(tmp_path_factory.mktemp("spark"))
    try:
        yield found
    finally:
        found.stop()


def cluster(servers: Servers) -> str:
    """The URL of a standalone Spark: a master and two workers."""
    ports = ("--host", "127.0.0.1", "--webui-port", "0")
    url = servers.start(
        "master", "master.Master", *ports, "--port", "0",
        awaited=r"Starting Spark master at (spark://127\.0\.0\.1:\d+)",
    )  # fmt: skip
    for name in ("worker-1", "worker-2"):
        servers.start(
            name, "worker.Worker", "-c", "1", "-m", "1g", *ports, url, awaited="(Successfully registered with master)"
        )
    return url


def connect(servers: Servers) -> str:
    """The URL of a server of Spark Connect."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {"grpc.binding.address": "127.0.0.1", "grpc.binding.port": port}
    options = [f"--conf=spark.connect.{name}={value}" for name, value in settings.items()]
    servers.start(
        "connect", "SparkSubmit", "--master", "local[2]", "--conf", "spark.ui.enabled=false", *options,
        "--class", "org.apache.spark.sql.connect.service.SparkConnectServer", "spark-internal",
        awaited="(Spark Connect server started)",
    )  # fmt: skip
    return f"sc://127.0.0.1:{port}"


@pytest.mark.parametrize("started", [cluster, connect])
def test_a_cluster_counts_the_same(started: Callable[[Servers], str], servers: Servers, shell: Run) -> None:
    """A master with two workers, and a server, print what DuckDB prints, to the last integer, and the same edges."""
    url = started(servers)
    for arguments in (f"count '{MAY}::price' --bins 7", f"drift '{MAY}' '{JUNE}' --json"):
        theirs = shell(f"$K {arguments} --engine {url}", SPARK_LOCAL_IP="127.0.0.1")
        assert (theirs.code, theirs.err.splitlines()[0]) == (0, f"klcli: starting Spark ({url})")
        assert theirs.out == shell(f"$K {arguments}").out
    servers.stop()


@pytest.mark.parametrize("url", ["sc://127.0.0.1:1", "spark://127.0.0.1:1", "sc://127.0.0.1:1/;token=x"])
def test_a_server_that_is_not_there(url: str, call: Run) -> None:
    """Where nobody listens it is said at once, and not after minutes."""
    pytest.importorskip("pyspark", reason="pyspark is not installed")
    done = call("count", f"{MAY}::city", "--engine", url)
    assert done.err.splitlines()[1:] == [f"klcli: Spark ({url}) does not answer at 127.0.0.1:1: connection refused"]
    assert done.code == 2


@pytest.mark.parametrize("kind", ["sqlite", "duckdb"])
def test_a_database_from_a_pipe(shell: Run, tmp_path: Path, kind: str) -> None:
    """It is copied to a file that has a name, by which databases are opened, and nothing is left of that."""
    import duckdb

    connect = sqlite3.connect if kind == "sqlite" else duckdb.connect
    with connect(tmp_path / f"t.{kind}") as base:
        base.execute("CREATE TABLE t(c VARCHAR)")
        base.execute("INSERT INTO t VALUES('a'), ('b'), ('a')")
    base.close()
    (tmp_path / "temporary").mkdir()
    done = shell(f"cat t.{kind} | $K count -::t::c && ls temporary | wc -l", TMPDIR=str(tmp_path / "temporary"))
    assert done == Done(0, b"outcome,count\na,2\nb,1\n0\n", "")


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "ndjson", "parquet", "duckdb", "sqlite"])
def test_a_name_that_is_no_utf_8(call: Run, tmp_path: Path, ending: str) -> None:
    """A file whose name holds bytes that are not UTF-8 is read as any other, of every format and as a reference."""
    name = f"n\udcff.{ending}"
    rows = "SELECT 'x' AS label, 2 AS n UNION ALL SELECT 'y', 2"
    if ending == "sqlite":
        with contextlib.closing(sqlite3.connect(tmp_path / "t")) as base:
            base.execute(f"CREATE TABLE t AS {rows}")
            base.commit()
    else:
        with duckdb.connect(str(tmp_path / "t") if ending == "duckdb" else ":memory:") as base:
            how = {"ndjson": "json", "csv.gz": "csv, COMPRESSION gzip"}.get(ending, ending)
            base.execute(
                f"CREATE TABLE t AS {rows}" if ending == "duckdb" else f"COPY ({rows}) TO 't' (FORMAT {how})"
            )
    os.rename("t", name)
    assert call("count", f"{name}::{'t::' * (ending in ('duckdb', 'sqlite'))}label").out == (
        "outcome,count\nx,1\ny,1\n"
    )
    if ending == "csv":
        assert call("count", "n*::label", "-o", "m\udcff.csv").code == 0
        assert json.loads(call("profile", "count", name).out)["name"] == name
        assert call("drift", name, name, "--save-profile", "p\udcff.json").code == 0
        assert call("profile", "merge", "p\udcff.json", "-o", "m\udcff.json").code == 0
        assert call("drift", "m\udcff.json", name).out.splitlines()[1].startswith("P = m\\udcff.json    Q = n\\udcff")
        assert call("kl", name, name, "--engine", "duckdb", "--json").result["value"] == 0


@pytest.mark.parametrize("option", ["--delimiter", "--null", "--encoding", "--engine", "--width"])
def test_bytes_that_are_no_text(call: Run, option: str) -> None:
    """Where an option takes text, bytes that are not UTF-8 are refused with the name of the option."""
    said = refused(call("count", f"{MAY}::city", option, "\udcff"))
    assert said.startswith(f"Invalid value for '{option}': \\udcff: is not UTF-8: write it in UTF-8 ")


def test_a_broken_database(call: Run) -> None:
    """A file that begins as a database of DuckDB and is none is refused with its name."""
    Path("broken.duckdb").write_bytes(b"checksumDUCK\x40" + bytes(7) + b"junk")
    assert refused(call("count", "broken.duckdb::t::x")).startswith("broken.duckdb: ")


def test_standard_input(shell: Run) -> None:
    """A pipe is read as a file is, of text or of Parquet."""
    done = shell(f"cat '{MAY}' | $K count -::member | $K entropy --base 2 --no-steps --json")
    assert json.loads(done.out)["results"][0]["details"]["n_p"] == 600
    assert shell(f"$K count ::x < '{MAY}'").code == 2


def test_what_it_leaves_behind(tmp_path: Path) -> None:
    """A signal while the engine counts ends it in silence, and nothing is left in the temporary folder."""
    big = tmp_path / "big.csv"
    big.write_bytes(b"a,b\n" + b"".join(b"%d,1\n" % index for index in range(3_000_000)))
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    for number, pause in itertools.product((signal.SIGINT, signal.SIGTERM, signal.SIGHUP), (0.2, 0.4, 0.6, 0.8, 1.2)):
        process = subprocess.Popen(
            [sys.executable, "-m", "klcli", "count", f"{big}::a", "-o", str(tmp_path / "out.csv")],
            env=environment(TMPDIR=str(temporary)),
            stderr=subprocess.PIPE,
        )
        time.sleep(pause)
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
        assert (process.returncode, said) in ((-number, b""), (0, b""))
        assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_while_an_engine_is_imported(tmp_path: Path, number: signal.Signals) -> None:
    """A signal ends the command at once and in silence also where what it imports takes any exception for its own."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "duckdb.py").write_text(f"""
import os
try:
    os.kill(os.getpid(), {number})
    [None for _ in range(1000)]
except BaseException:
    raise ImportError
""")
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r}); " + COMMAND],
        env=environment(TMPDIR=str(tmp_path / "site")),
        capture_output=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert (done.returncode, done.stderr) == (-number, b"")
    assert [path.name for path in (tmp_path / "site").iterdir() if path.name != "__pycache__"] == ["duckdb.py"]


COMMAND = f"sys.argv[1:] = ['count', {MAY + '::city'!r}]; from klcli.__main__ import main; main()"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_while_spark_starts(tmp_path: Path, number: signal.Signals) -> None:
    """A signal while Spark starts ends the command at once, and neither a JVM nor a file is left of it."""
    pytest.importorskip("pyspark", reason="pyspark is not installed")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    with subprocess.Popen(
        [sys.executable, "-m", "klcli", "count", f"{MAY}::city", "--engine", "local[1]"],
        env=environment(TMPDIR=str(temporary)),
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as process:
        while process.poll() is None and not list(temporary.rglob("tmp*")):  # where the JVM says how it is reached
            time.sleep(0.01)
        time.sleep(0.5)
        process.send_signal(number)
        assert process.wait(timeout=5) == -number
        assert process.stderr is not None
        assert process.stderr.read() == b"klcli: starting Spark (local[1])\n"
    for _ in range(100):
        if not processes_of(temporary):
            break
        time.sleep(0.1)
    assert processes_of(temporary) == []
    assert list(temporary.iterdir()) == []


def processes_of(temporary: Path) -> list[str]:
    """The processes whose temporary files go into that folder."""
    found = []
    for each in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"TMPDIR={temporary}".encode() in each.read_bytes().split(b"\0"):
                found.append(each.parent.name)
        except OSError:
            continue
    return found


# Text


TEXT = "tick tock,\n tick\r\n東京 tick\t\n\nno end"


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("bytes", Counter(f"0x{byte:02x}" for byte in TEXT.encode())),
        ("chars", Counter(TEXT)),
        ("words", Counter(TEXT.split())),
        ("lines", Counter(["tick tock,", " tick", "東京 tick\t", "", "no end"])),
    ],
)
@pytest.mark.parametrize("block", [1, 2, 3, 7, 2**20])
def test_units_of_a_text(monkeypatch: pytest.MonkeyPatch, unit: str, expected: Counter[str], block: int) -> None:
    """Bytes, characters, words and lines are what they are wherever a block of the file ends."""
    Path("t.txt").write_bytes(TEXT.encode())
    monkeypatch.setattr(sources, "_BLOCK", block)
    assert streams.tally("t.txt", unit) == expected


PACKERS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": zstandard.ZstdCompressor().compress}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("pack", PACKERS.values(), ids=[*PACKERS])
def test_a_packed_text_is_what_it_is(call: Run, pack: Callable[[bytes], bytes], encoding: str) -> None:
    """Though some packers give nothing for the first bytes, or in the middle of a character."""
    words = [f"{word}{number * 7919 % 10_007}" for number in range(60_000) for word in ("東京", "大阪")]
    Path("t.csv").write_bytes(pack("\n".join(["city,n", *(f"{word},1" for word in words), ""]).encode(encoding)))
    Path("t.txt").write_bytes(pack("\n".join(words).encode(encoding)))
    assert streams.tally("t.txt", "words") == Counter(words)
    found = call("count", "t.csv::city", "--json").results[0]["terms"]
    assert {row["outcome"]: row["count"] for row in found} == Counter(words)
    Path("t.txt").write_bytes(pack(pack("\n".join(words).encode(encoding))))
    with pytest.raises(FormatError, match="packed twice"):
        streams.tally("t.txt", "words")


@pytest.mark.parametrize("pack", PACKERS.values(), ids=[*PACKERS])
def test_a_character_is_whole_in_whatever_parts_it_is_packed(pack: Callable[[bytes], bytes]) -> None:
    """A byte to a part, marks among them, and parts of nothing between."""
    for text in ("\ufeff東\n東\n".encode(), "東\n東\n".encode("utf-16"), "東\n東\n".encode()):
        Path("t.txt").write_bytes(b"".join(pack(bytes([byte])) + pack(b"") for byte in text))
        assert streams.tally("t.txt", "lines") == Counter(["東", "東"])
    Path("t.txt").write_bytes(pack(b"") + pack(b""))
    assert streams.tally("t.txt", "lines") == Counter()


@given(st.text(alphabet="a b\n\r\té", max_size=30), st.integers(1, 5))
def test_lines_and_words_as_python_has_them(tmp_path_factory: pytest.TempPathFactory, text: str, block: int) -> None:
    """Words are those of str.split, and lines those of a file that is read by lines."""
    path = tmp_path_factory.mktemp("text") / "t.txt"
    path.write_bytes(text.encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sources, "_BLOCK", block)
        assert streams.tally(str(path), "words") == Counter(text.split())
        with open(path, encoding="utf-8") as file:
            assert streams.tally(str(path), "lines") == Counter(line.rstrip("\n") for line in file)


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"label,p\ra,5\rb\xff,6\r", 3),
        (b"label,p\r\na,5\r\nb\xff,6\r\n", 3),
        (b"\n\nb\n\n\x1b$BK\\\x80\x1b(Bba\n", 5),
        ("\ufeffĊ,Ċ\nĊobb,5\nĊavetta,6".encode("utf-16-le") + b"\x00\xd8\n\0", 3),
    ],
)
@pytest.mark.parametrize("block", [2, 5, 2**20])
def test_the_line_of_what_is_no_text(monkeypatch: pytest.MonkeyPatch, data: bytes, line: int, block: int) -> None:
    """Lines are counted as they end, and not by the bytes that characters are made of, wherever a block ends."""
    Path("t.txt").write_bytes(data)
    monkeypatch.setattr(sources, "_BLOCK", block)
    with pytest.raises(FormatError, match=f"^line {line}: byte 0x"):
        streams.tally("t.txt", "words", "iso2022_jp" if b"\x1b" in data else None)


@pytest.mark.parametrize("unit", ["words", "lines"])
def test_a_word_of_many_blocks_takes_time_in_proportion(monkeypatch: pytest.MonkeyPatch, unit: str) -> None:
    """What goes on from block to block is put together once, where it ends, and not anew with each of them."""
    Path("t.txt").write_bytes(b"ACGT" * 2**20)
    monkeypatch.setattr(
        sources, "_BLOCK", 64
    )  # of which there are 65,536: their sum of squares would be a day's work
    assert streams.tally("t.txt", unit) == Counter(["ACGT" * 2**20])


@pytest.mark.parametrize("pack", [None, *PACKERS.values()], ids=["plain", *PACKERS])
def test_what_others_have_read_of_standard_input_is_not_read_again(
    shell: Run, pack: Callable[[bytes], bytes] | None
) -> None:
    """As a shell leaves it behind a title: the rest is what there is, for whoever counts."""
    rest = b"city\nA\nB\nA\n"
    Path("t.csv").write_bytes(b"a title\n" + (pack(rest) if pack else rest))
    Path("rest.csv").write_bytes(rest)
    for counting in ("count -", "count --by lines -", "profile count -"):
        done = shell(f"{{ read -r title; $K {counting}; }} < t.csv")
        assert (done.code, done.out) == (0, shell(f"cat rest.csv | $K {counting}").out)
    done = shell("{ read -r title; $K drift rest.csv - --json; } < t.csv")
    assert [(each["label"], each["value"], each["details"]["m"]) for each in done.results] == [("city", 0, 3)]


DECIMALS = "; or give --decimal , for its numbers have commas"
THOUSANDS = "; leave its commas out if they are marks between thousands"


@pytest.mark.parametrize(
    ("cells", "advice"),
    [
        (("1,5", "2,5"), DECIMALS),
        (("1,5", "2,500", ""), DECIMALS),
        (("1,200", "950", "12,000"), f"{THOUSANDS}; or give --decimal , if they are decimal signs"),
        (("1,200,000", "-1,200.50"), THOUSANDS),
        (("1,5", "2.5"), ""),
        (("5%", "n/a"), ""),
        (("02139", "10001"), ""),
        (("007,5", "1,5"), ""),
        (("2024-02-30", "2024-02-28"), ""),
    ],
)
def test_the_cure_of_commas_is_for_what_they_are(call: Run, cells: tuple[str, ...], advice: str) -> None:
    """A thousand is not to become 1, and of no commas there is no word; they are in CSV alone."""
    Path("t.csv").write_text("x;y\n" + "".join(f"{cell};1\n" for cell in cells))
    Path("t.ndjson").write_text("".join(f'{{"x": "{cell}"}}\n' for cell in cells))
    for name, cure in (("t.csv", advice), ("t.ndjson", "")):
        told = f"{name}::x: is text, which has no order: leave --bins or --width out{cure}"
        assert refused(call("count", f"{name}::x", "--bins", "2")) == told
    assert (call("count", "t.csv::x", "--bins", "2", "--decimal", ",").code == 0) == ("--decimal" in advice)


@pytest.mark.parametrize("command", [("count", "t.csv::c"), ("profile", "count", "t.csv")])
@pytest.mark.parametrize(("encoding", "is_told"), [("cp1252", True), ("utf-8", False), ("gb18030", True)])
def test_utf_8_that_is_read_as_something_else(
    call: Run, command: tuple[str, ...], encoding: str, is_told: bool
) -> None:
    """As beside an input that is, for which --encoding was given: it holds for all of them."""
    Path("t.csv").write_text("c\nCafé\n" + "a\n" * 70_000, encoding="utf-8")
    told = f"t.csv: it is UTF-8 as it stands, and was read as {encoding}, as was asked"
    assert (told in call(*command, "--encoding", encoding).err) is is_told
    for data in ("c\nCafé\n".encode("utf-8-sig"), b"c\na\n", "c\nCafé\n".encode("gb18030")):
        Path("t.csv").write_bytes(data)
        assert "it is UTF-8" not in call(*command, "--encoding", encoding).err


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("cat m.csv | $K count -::k", "stdin"),
        ("cat m.csv | $K profile count -", "stdin"),
        ("cat m.csv | $K drift - m.csv", "stdin"),
        ("cat m.csv | $K entropy - --normalize --engine duckdb", "stdin"),
        ("$K count m.csv.gz::k", "m.csv.gz"),
        ("$K kl m.csv.gz m.csv --normalize --engine duckdb", "m.csv.gz"),
        ("$K count m.db::t::k", "m.db::t"),
        ("cat m.db | $K count -::t::k", "stdin"),
    ],
)
def test_no_room_for_a_copy(shell: Run, command: str, name: str) -> None:
    """What cannot be written is the copy, of whatever there is to be one: not the answer, which is exit 74."""
    text = "k,n\n" + "".join(f"{k},1\n" for k in range(5000))
    Path("m.csv").write_text(text)
    Path("m.csv.gz").write_bytes(gzip.compress(text.encode()))
    with contextlib.closing(sqlite3.connect("m.db")) as base:
        base.execute("CREATE TABLE t(k)")
        base.executemany("INSERT INTO t VALUES(?)", [(f"{k}",) for k in range(5000)])
        base.commit()
    done = shell(f"ulimit -f 8; {command}")
    assert refused(done) == f"{name}: needs a temporary copy: file too large: set TMPDIR"


@pytest.mark.parametrize(
    "command",
    ["count -", "count --by lines -", "drift - m.csv", "profile count -", "entropy -", "entropy - --engine duckdb"],
)
@pytest.mark.parametrize("stdin", ["/dev/null", "new"])
def test_standard_input_that_is_open_for_writing_alone(shell: Run, command: str, stdin: str) -> None:
    """As nohup leaves it where it was a terminal."""
    Path("m.csv").write_text("k\n1\n")
    assert refused(shell(f"$K {command} 0>{stdin}")) == "stdin: cannot be read: bad file descriptor"


@pytest.mark.parametrize("options", [("--bins", "2"), ("--width", "2")])
def test_no_bins_of_nothing(call: Run, options: tuple[str, str]) -> None:
    """A column that happens to be empty is no text."""
    Path("t.csv").write_text("x,y\n,a\n,b\n")
    assert refused(call("count", "t.csv::x", *options)) == "t.csv::x: holds no values, of which there are no bins"
    Path("t.csv").write_text("x,y\n1.7976931348623157e308,a\n5,b\n")
    assert (call("count", "t.csv::x", *options).code == 0) == ("--bins" in options)


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("t.parquet.gz", "is a Parquet file packed by gzip: unpack it first"),
        ("s.db.gz", "is an SQLite database packed by gzip: unpack it first"),
        ("d.duckdb.bz2", "is a DuckDB database packed by bzip2: unpack it first"),
        ("t.tar.gz", "is a tar archive: unpack it, and name a file that was in it"),
        ("t.zip", "is a zip archive: unpack it and name a file that was in it, or save the sheet as CSV"),
        ("t.xlsx", "is a zip archive: unpack it and name a file that was in it, or save the sheet as CSV"),
        (
            "cut.parquet",
            "no end where it is to be: cut off, or followed by other bytes: copy it anew",
        ),
        (
            "more.parquet",
            "no end where it is to be: cut off, or followed by other bytes: copy it anew",
        ),
    ],
)
def test_what_holds_no_text_is_called_what_it_is(call: Run, shell: Run, name: str, what: str) -> None:
    """Another encoding would not help, nor would another copy."""
    Path("t.csv").write_text("c,n\na,1\n")
    with duckdb.connect("d.duckdb") as base:
        base.execute("CREATE TABLE t AS SELECT 'a' AS c; COPY t TO 't.parquet'")
    with contextlib.closing(sqlite3.connect("s.db")) as base:
        base.execute("CREATE TABLE t(c)")
    for packed in ("t.parquet", "s.db"):
        Path(f"{packed}.gz").write_bytes(gzip.compress(Path(packed).read_bytes()))
    Path("d.duckdb.bz2").write_bytes(bz2.compress(Path("d.duckdb").read_bytes()))
    with tarfile.open("t.tar.gz", "w:gz") as archive:
        archive.add("t.csv")
    for packed in ("t.zip", "t.xlsx"):
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as zipped:
            zipped.write("t.csv")
    Path("cut.parquet").write_bytes(Path("t.parquet").read_bytes()[:-1])
    Path("more.parquet").write_bytes(Path("t.parquet").read_bytes() + b"\n")
    for command in (("count", f"{name}::c"), ("drift", name, "t.csv"), ("profile", "count", name)):
        assert refused(call(*command)) == f"{name}: {what}"
    if "parquet" not in name:  # which is found by a few bytes at its start
        assert refused(shell(f"cat '{name}' | $K count -::c")) == f"stdin: {what}"
    if name in ("cut.parquet", "more.parquet"):
        assert refused(call("entropy", name)) == f"{name}: a Parquet file that DuckDB cannot read: {what}"


def test_the_corpus_of_the_article(call: Run, shell: Run) -> None:
    """The letters of 8192 in the article's proportions, and their entropy of 1.75 bits."""
    corpus = str(SAMPLES / "abcd.txt")
    assert call("count", "--by", "chars", corpus).out == "outcome,count\nA,4096\nB,2048\nC,1024\nD,1024\n"
    done = shell(f"$K count --by bytes {corpus} | $K entropy --base 2 --json --no-steps")
    assert json.loads(done.out)["results"][0]["value"] == 1.75


def test_entropy_of_bytes_as_ent_prints_it(shell: Run) -> None:
    """What `ent` says of a file is what the counts of its bytes give, to every digit that it prints."""
    if not shutil.which("ent"):
        pytest.skip("ent is not installed")
    Path("noise").write_bytes(os.urandom(5000) + bytes(3000) + TEXT.encode() * 100)
    ours = json.loads(shell("$K count --by bytes noise | $K entropy --base 2 --json --no-steps").out)
    said = shell("ent -t noise").out.splitlines()[1].split(",")[2]
    assert f"{ours['results'][0]['value']:f}" == said


def test_encodings_of_text(call: Run) -> None:
    """Text has an encoding, by its mark or by name; bytes have none."""
    Path("t.txt").write_bytes("äöä".encode("utf-16"))
    assert call("count", "--by", "chars", "t.txt").out == "outcome,count\nä,2\nö,1\n"
    Path("t.txt").write_bytes("äöä".encode("latin-1"))
    assert "t.txt: line 1: byte 0xe4 is not UTF-8" in refused(call("count", "--by", "chars", "t.txt"))
    assert call("count", "--by", "chars", "t.txt", "--encoding", "latin-1").out == "outcome,count\nä,2\nö,1\n"
    assert call("count", "--by", "bytes", "t.txt").out == "outcome,count\n0xe4,2\n0xf6,1\n"


@pytest.mark.parametrize("unit", streams.UNITS)
def test_memory_does_not_grow_with_the_file(unit: str) -> None:
    """Ten times the text takes the same memory."""
    peaks = []
    for size in (10, 100):
        Path("t.txt").write_bytes(b"tick tock\n" * (size * 100_000))
        code = (
            "import pathlib; from klcli import streams; "
            f"streams.tally('t.txt', {unit!r}); print(pathlib.Path('/proc/self/status').read_text())"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment(), capture_output=True, check=True, text=True
        )
        (peak,) = re.findall(
            r"VmHWM:\s*(\d+) kB", done.stdout
        )  # of it alone: ru_maxrss has that of who started it too
        peaks.append(int(peak))
    assert peaks[1] < peaks[0] + 4000  # kilobytes
