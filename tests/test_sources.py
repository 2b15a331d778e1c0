"""Sources: packed files, encodings and bounds, as bytes and as text."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import lzma
import math
import os
import select
import subprocess
import sys
import tarfile
import time
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from conftest import Done, environment
from hypothesis import given, settings
from hypothesis import strategies as st

import klcli
from klcli import engines, readers, sources
from klcli.columns import FormatError
from klcli.errors import InputError, MissingExtraError, OptionError

Run = Callable[..., Done]
TEXT = "label,p\n甲,0.5\n乙,0.25\n丙,0.25\n"


def zstd(data: bytes) -> bytes:
    """The data packed by zstd."""
    zstandard = pytest.importorskip("zstandard", reason="zstandard is not installed")
    packed: bytes = zstandard.ZstdCompressor().compress(data)
    return packed


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstd,
}
ENDINGS = dict(zip(PACKERS, sources.ENDINGS, strict=True))


# Packed files


@pytest.mark.parametrize("name", PACKERS)
@pytest.mark.parametrize("ending", [".csv", ""])
def test_a_packed_file_is_read_by_its_content(name: str, ending: str, tmp_path: Path) -> None:
    """What is packed is unpacked whatever it is called, and its format is that of the name before."""
    path = tmp_path / f"p{ending}{ENDINGS[name] if ending else ''}"
    path.write_bytes(PACKERS[name](TEXT.encode()))
    assert klcli.read(path).outcomes == ("甲", "乙", "丙")


@pytest.mark.parametrize("name", PACKERS)
def test_every_stream_of_a_packed_file_is_read(name: str) -> None:
    """Streams one after the other are one content, as cat makes it, and zeros after them are none."""
    half = len(TEXT.encode()) // 2
    packed = PACKERS[name](TEXT.encode()[:half]) + PACKERS[name](TEXT.encode()[half:])
    assert sources._unpacked(packed, 10**6) == TEXT.encode()
    assert sources._unpacked(packed + bytes(64), 10**6) == TEXT.encode()


@pytest.mark.parametrize("name", PACKERS)
def test_a_packed_file_that_is_cut_off_is_refused(name: str) -> None:
    """Wherever it is cut, a packed file is refused, even if its first rows can be had."""
    packed = PACKERS[name](TEXT.encode() * 50)
    for length in range(len(next(each.start for each in sources.PACKINGS if each.name == name)), len(packed)):
        with pytest.raises(FormatError, match=rf"^{name}: (cut off: its end is missing|broken: )"):
            sources._unpacked(packed[:length], 10**6)


@pytest.mark.parametrize("name", PACKERS)
def test_what_follows_a_packed_file_is_refused(name: str) -> None:
    """Nothing is lost after the end: what stands there is refused."""
    with pytest.raises(FormatError, match=rf"^{name}: its end is followed by other bytes \(5 of them\)$"):
        sources._unpacked(PACKERS[name](TEXT.encode()) + b"more!", 10**6)


def skipped(content: bytes) -> bytes:
    """A frame of zstd that holds no data: RFC 8878, section 3.1.2."""
    return b"\x5a\x2a\x4d\x18" + len(content).to_bytes(4, "little") + content


@pytest.mark.parametrize(
    "packed",
    [
        skipped(b"abcd") + zstd(b"0.5\n") + skipped(b"") + zstd(b"0.5\n") + skipped(b"end"),
        lzma.compress(b"0.5\n") + bytes(4) + lzma.compress(b"0.5\n") + bytes(8),
        gzip.compress(b"0.5\n") + bytes(1000) + gzip.compress(b"0.5\n"),
    ],
    ids=["frames of zstd to skip", "padding of xz", "zeros of a tape"],
)
def test_what_a_format_has_between_streams_is_passed_over(packed: bytes) -> None:
    """Frames that are to be skipped and padding hold no data, and what follows them is read."""
    assert sources._unpacked(packed, 10**6) == b"0.5\n0.5\n"


def test_a_frame_to_skip_that_is_cut_off_is_refused() -> None:
    """A frame that claims more than there is leads nowhere, and is no file that is packed."""
    with pytest.raises(FormatError, match="byte 0x"):
        sources.text(sources._unpacked(b"\x5a\x2a\x4d\x18\xff\xff\xff\xff" + zstd(b"0.5\n"), 10**6))


def test_a_frame_to_skip_at_the_end_that_is_cut_off_is_refused() -> None:
    """The end of the file is missing, though all data are there."""
    with pytest.raises(FormatError, match=r"^zstd: cut off: its end is missing$"):
        sources._unpacked(zstd(b"0.5\n") + b"\x5a\x2a\x4d\x18\xff\0\0\0ab", 10**6)


def test_the_tightest_bomb_is_stopped_in_bounded_memory() -> None:
    """Of bzip2, of which forty bytes may hold 46 MB, no more is held than may be read and a block."""
    packed = bz2.compress(bytes(46 * 10**6 * 4))
    assert len(packed) < 200
    tracemalloc.start()
    with pytest.raises(FormatError, match="unpacks to more than 1000000 bytes"):
        sources._unpacked(packed, 10**6)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10**7


@pytest.mark.parametrize("name", PACKERS)
def test_a_bomb_is_stopped(name: str) -> None:
    """What unpacks to more than may be is refused before it is held."""
    packed = PACKERS[name](bytes(10**8))
    assert len(packed) < 200_000
    with pytest.raises(FormatError, match=rf"^{name}: unpacks to more than 1000000 bytes: give --max-size "):
        sources._unpacked(packed, 10**6)
    with pytest.raises(FormatError, match=f"^{name}: packed twice: unpack it first$"):
        sources._unpacked(PACKERS[name](PACKERS[name](b"x")), 10**6)


@settings(deadline=None, max_examples=200)
@given(name=st.sampled_from(["gzip", "bzip2", "xz"]), place=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_a_packed_file_with_a_fault_is_refused_or_right(name: str, place: int, bit: int) -> None:
    """A bit that was turned is found, or is one that does not matter."""
    packed = bytearray(PACKERS[name](TEXT.encode()))
    packed[place % len(packed)] ^= 1 << bit
    with contextlib.suppress(FormatError):
        assert sources._unpacked(bytes(packed), 10**6) in (TEXT.encode(), bytes(packed))


def test_without_zstandard_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file packed with zstd says what to install where nothing unpacks it."""
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(MissingExtraError, match=r"^a file packed with zstd needs .*: pip install 'klcli\[data\]'$"):
        sources._unpacked(b"\x28\xb5\x2f\xfdrest", 10**6)


def test_a_packed_file_of_another_name_in_a_pipe(call: Run) -> None:
    """Standard input is unpacked as a file is."""
    assert call("entropy", "--base", "2", "--json", stdin=gzip.compress(TEXT.encode())).result["value"] == 1.5


# Encodings


@pytest.mark.parametrize("name", ["gb18030", "GBK", "utf-16-le", "big5", "utf_8", "UTF-32-BE"])
def test_an_encoding_can_be_named(name: str, tmp_path: Path, call: Run) -> None:
    """A file in any encoding of text is read if its encoding is named, in Python and by the option."""
    (tmp_path / "p.csv").write_bytes(TEXT.encode(name))
    assert klcli.read(tmp_path / "p.csv", encoding=name).outcomes == ("甲", "乙", "丙")
    assert call("entropy", "p.csv", "--encoding", name, "--base", "2", "--json").result["value"] == 1.5


@pytest.mark.parametrize("name", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_mark_says_the_encoding(name: str) -> None:
    """A mark at the start is enough, and is no part of the text."""
    assert sources.text(TEXT.encode(name)) == TEXT


@pytest.mark.parametrize("name", ["hex", "rot13", "zip", "idna", "punycode", "nonsense", "utf-8\0", ""])
def test_what_is_no_encoding_of_text_is_refused(name: str, call: Run) -> None:
    """A name that is none, or that of a codec of bytes or of names of hosts, is wrong usage."""
    with pytest.raises(OptionError, match="is no encoding: utf-8, utf-16, gb18030"):
        klcli.read("0.5,0.5", encoding=name)
    if "\0" not in name and name:
        assert call("entropy", "0.5,0.5", "--encoding", name).code == 2


@pytest.mark.parametrize(
    ("text", "encoding", "likely"),
    [
        ("红,0.5\n橙,0.5\n", "gb18030", "gb18030 or big5 or euc-kr or cp1252"),
        ("ひらがな,1\n", "shift_jis", "gb18030 or shift_jis or cp1252"),
        ("トマト,3\nキャベツ,4\n", "shift_jis", "cp1252 or cp1251 or gb18030 or shift_jis"),
        ("性別,人數\n男,3\n女,4\n", "big5", "cp1252 or cp1250 or cp1251 or big5"),
        ("красный,1\n", "cp1251", "cp1252 or cp1251 or cp1250"),
        ("Straße;3\nWeg;4\n", "cp1252", "cp1252 or cp1250 or cp1251 or gb18030"),
        ("Málaga;3\nOrléans;4\n", "cp1252", "cp1252 or cp1250 or cp1251 or gb18030"),
        ("größer,3\n", "cp1252", "gb18030 or big5 or euc-kr or cp1252"),
        ("Łódź;3\n", "cp1250", "cp1252 or cp1251 or cp1250"),
    ],
)
def test_a_likely_encoding_is_named_and_not_taken(text: str, encoding: str, likely: str) -> None:
    """A file that is not UTF-8 is refused, with all the encodings that it may be in, the likelier ones first."""
    with pytest.raises(FormatError, match=f"line 1: byte 0x.. is not UTF-8: it may be {likely}"):
        sources.text(text.encode(encoding))


# Size


@pytest.mark.parametrize(
    ("size", "fits"),
    [
        ("8", True),
        ("7", False),
        ("1k", True),
        ("1kB", True),
        ("2KiB", True),
        ("2 MiB", True),
        ("3GB", True),
        ("0k", False),
    ],
)
def test_a_size_is_a_number_of_bytes(call: Run, size: str, fits: bool) -> None:
    """A size is written in bytes or in powers of 1000 or of 1024."""
    assert call("entropy", "--max-size", size, stdin="0.5\n0.5\n").code == (0 if fits else 2)


@pytest.mark.parametrize("size", ["", "1.5k", "-1", "5 apples", "1Pi", "k"])
def test_what_is_no_size_is_refused(call: Run, size: str) -> None:
    """Anything else is wrong usage."""
    done = call("entropy", "--max-size", size, stdin="0.5\n0.5\n")
    assert (done.code, "is no size: give bytes, or as 100MB or 2GiB" in done.err) == (2, True)


def test_more_than_may_be_is_refused(call: Run, tmp_path: Path) -> None:
    """A file, or standard input, that holds more bytes than may be read is refused with the option for it."""
    (tmp_path / "p.csv").write_text("1\n" * 600)
    for source, name in (("p.csv", "p.csv"), ("-", "stdin")):
        done = call("entropy", source, "--max-size", "1k", stdin="1\n" * 600)
        assert done.err == f"klcli: {name}: more than 1000 bytes: give --max-size to read it all the same\n"
    with pytest.raises(InputError, match="more than 1000 bytes"):
        klcli.read(tmp_path / "p.csv", max_size=1000)


# Delimiters and decimal signs


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("label;p\na;0,5\nb;0,5\n", {"decimal": ","}),
        ("a;0,5\nb;0,5\n", {"decimal": ","}),
        ("label\tp\na\t,5\nb\t5,0e-1\n", {"decimal": ","}),
        ("label:p\na:0.5\nb:0.5\n", {"delimiter": ":"}),
        ("label p\na 0.5\nb 0.5\n", {"delimiter": "blank"}),
        ("label|p\na|0,5\nb|+0,5\n", {"decimal": ",", "delimiter": "pipe"}),
        ("a,x;0,5\nb;0,5\n", {"decimal": ",", "delimiter": ";"}),
    ],
)
def test_how_a_table_is_written_can_be_said(text: str, options: dict[str, str], tmp_path: Path) -> None:
    """What separates columns, and the decimal sign, are taken as they are named; labels stay as they are."""
    (tmp_path / "p.csv").write_text(text)
    found = klcli.read(tmp_path / "p.csv", **options)
    assert found.weights.tolist() == [0.5, 0.5]
    assert found.outcomes in (("a", "b"), ("a,x", "b"))


def test_a_point_where_the_sign_is_a_comma_is_refused(tmp_path: Path) -> None:
    """1.234 may be thousands where the decimal sign is a comma: it is refused."""
    (tmp_path / "p.csv").write_text("label;p\na;1.234\nb;1\n")
    with pytest.raises(
        InputError, match=r"p\.csv: line 2, column p: '1\.234' has a point, and the decimal sign is a comma$"
    ):
        klcli.read(tmp_path / "p.csv", decimal=",")


@pytest.mark.parametrize("delimiter", ["", "ab", "a", "1", '"', "\n", "."])
def test_what_separates_no_columns_is_refused(delimiter: str) -> None:
    """A delimiter is one sign that no number and no name begins with."""
    with pytest.raises(OptionError, match="separates no columns: give one sign, or comma, semicolon, tab"):
        klcli.read("0.5,0.5", delimiter=delimiter)


def test_a_mark_wins_over_the_encoding_that_was_named(tmp_path: Path) -> None:
    """What a mark says is sure, so that one file with a mark and one without are read together."""
    with_mark, without = tmp_path / "a.csv", tmp_path / "b.csv"
    with_mark.write_bytes("label,p\nä,0.5\nb,0.5\n".encode("utf-8-sig"))
    without.write_bytes("label,p\nä,0.5\nb,0.5\n".encode("cp1252"))
    one, other = (klcli.read(path, encoding="cp1252") for path in (with_mark, without))
    assert one.outcomes == other.outcomes == ("ä", "b")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_lines_are_counted_as_they_are_encoded(encoding: str) -> None:
    """Where UTF-16 is cut off, the line is that of the text: no byte of it is taken for the end of one."""
    text = "label,p\r\n\u0d0a\u0d0d,0.5\r\nb,0.5\r\nc,0.0\r\n".encode(encoding)
    with pytest.raises(FormatError, match=rf"^line 4: cut off in the middle of a character of {encoding.upper()}$"):
        sources.text(text[: -len("\r\n".encode(f"{encoding}-le")) - 1])


def test_a_pipe_may_be_asked_for_two_of_its_columns(shell: Run) -> None:
    """A FIFO, a process substitution and standard input under any name are read once and kept."""
    table = "label,p,q\\na,0.5,0.25\\nb,0.5,0.75\\n"
    for line in (
        f"mkfifo f; printf '{table}' >f & $K kl f::p f::q --json",
        f"printf '{table}' | $K kl /dev/fd/0::p /proc/self/fd/0::q --json",
        f"printf '{table}' | $K kl -::p /dev/stdin::q --json",
    ):
        assert shell(line).result["value"] == pytest.approx(0.14384103622589045)


@pytest.mark.parametrize("command", [("entropy", "-"), ("count", "-::city"), ("count", "-", "--by", "lines")])
def test_a_pipe_that_does_not_wait_is_read_to_its_end(run: Run, command: tuple[str, ...]) -> None:
    """Where another program has set a pipe so that it gives nothing for what is still to come, that is waited for."""
    source, sink = os.pipe()
    os.set_blocking(source, False)
    waiting = subprocess.Popen(
        [sys.executable, "-m", "klcli", *command], stdin=source, stdout=subprocess.PIPE, env=environment()
    )
    with waiting as process:
        for part in (b"city,n\na,1\n", b"b,3\n"):
            os.write(sink, part)
            while select.select([source], [], [], 0)[0] and process.poll() is None:
                time.sleep(0.01)  # until it is read
            time.sleep(0.2)
        os.close(sink)
        os.close(source)
        out = process.communicate(timeout=60)[0]
    assert (process.returncode, out) == (0, run(*command, stdin="city,n\na,1\nb,3\n").raw)


def test_a_pipe_that_is_opened_anew_is_read_anew(tmp_path: Path) -> None:
    """What it gave is kept while the sources of one command are read, and no longer."""
    pipe = tmp_path / "f"
    os.mkfifo(pipe)
    for weights in (b"1,3", b"5,7"):
        with ThreadPoolExecutor(1) as pool:
            pool.submit(pipe.write_bytes, weights)
            ((first,), (second,)) = readers.read_each([str(pipe)] * 2)
        assert first.weights.tolist() == second.weights.tolist() == list(map(int, weights.split(b",")))


def test_a_tar_archive_is_called_one(tmp_path: Path) -> None:
    """What was packed with tar is no table."""
    (tmp_path / "p.csv").write_text("a,1\n")
    packed = tmp_path / "p.tar.gz"
    with tarfile.open(packed, "w:gz") as archive:
        archive.add(tmp_path / "p.csv", "p.csv")
    with pytest.raises(InputError, match=r"is a tar archive: unpack it, and name a file that was in it$"):
        klcli.read(packed)


def test_another_decimal_sign_is_refused() -> None:
    """There are two in use."""
    with pytest.raises(OptionError, match=r"^decimal is \. or , and not ';'$"):
        klcli.read("0.5,0.5", decimal=";")


# Lines of JSON


@pytest.mark.parametrize("name", ["p.ndjson", "p.jsonl", "p", "p.ndjson.gz"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_lines_of_json_are_records(name: str, end: str, tmp_path: Path) -> None:
    """A record a line is a table, by its ending or by its first line."""
    data = end.join(['{"label": "a", "p": 0.5}', "", '{"label": "b", "p": 1/2}'.replace("1/2", '"1/2"'), ""]).encode()
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    found = klcli.read(tmp_path / name)
    assert (found.outcomes, found.weights.tolist()) == (("a", "b"), [0.5, 0.5])


def test_own_lines_of_json_are_read_back(call: Run) -> None:
    """The results that klcli writes a line each are distributions again."""
    lines = call("compare", "a=1,b=1", "a=1,b=3", "a=3,b=1", "--format", "ndjson", "--steps").out
    assert len(lines.splitlines()) == 2
    assert [each["label"] for each in call("compare", "-", "--json", stdin=lines).results] == [
        "stdin::a=1,b=3",
        "stdin::a=3,b=1",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"label": "a", "p": 1}\n{"label": "b", "p": }\n', "line 2, column 21: not JSON: expecting value"),
        ('{"label": "a", "p": 1}\n3\n', "line 2: expected a record or a list, found 3"),
        ('{"label": "a", "p": 1}\n{"label": "b"}\n', "line 2: its fields are not those of the first record"),
        ('{"label": "a", "p": 1}\n\n{"label": "b", "p": "x"}\n', "line 3, field p: expected a number, found text"),
        ('{"label": "a", "p": 1, "p": 2}\n{"label": "b", "p": 1}\n', "line 1: duplicate name 'p'"),
        ('{"label": "a", "p": NaN}\n{"label": "b", "p": 1}\n', "line 1, column p: 'NaN' is a missing value"),
        ("[1, 2]\n[1]\n", "line 2: 1 number where the first row has 2"),
    ],
)
def test_lines_of_json_are_refused_with_the_line(text: str, message: str, tmp_path: Path) -> None:
    """What is wrong in a line is said with its number."""
    (tmp_path / "p.ndjson").write_text(text)
    with pytest.raises(InputError) as caught:
        klcli.read_all(tmp_path / "p.ndjson")
    assert str(caught.value).removeprefix(f"{tmp_path}/").startswith(f"p.ndjson: {message}")


# Arrays


def test_arrays_are_distributions_and_batches(call: Run, tmp_path: Path) -> None:
    """A vector is a distribution, a row of a matrix is one, and a matrix is a batch; in .npy and .npz alike."""
    matrix = np.array([[0.5, 0.25, 0.25], [0.25, 0.25, 0.5]])
    np.save(tmp_path / "v.npy", matrix[0].astype(">f4"))
    np.save(tmp_path / "m.npy", np.asfortranarray(matrix))
    np.savez_compressed(tmp_path / "m.npz", teacher=matrix, student=matrix[::-1])
    assert call("kl", "v.npy", "m.npy::1", "--base", "2", "--json").result["value"] == 0.25
    assert call("kl", "m.npz::teacher.0", "m.npz::student.0", "--base", "2", "--json").result["value"] == 0.25
    batch = call("loss", "m.npz::student", "m.npz::teacher", "--input-kind", "probs", "--json").result
    assert batch["details"]["divergence"] == pytest.approx(0.25 * math.log(2), rel=1e-15)
    assert call("entropy", "m.npy").err == (
        "klcli: m.npy: has 2 dimensions (2 × 3), and a distribution 1: choose a row, as ::0\n"
    )
    (tmp_path / "v.npy.gz").write_bytes(gzip.compress((tmp_path / "v.npy").read_bytes()))
    assert call("entropy", "v.npy.gz", "--base", "2", "--json").result["value"] == 1.5
    assert call("entropy", "--base", "2", "--json", stdin=(tmp_path / "v.npy").read_bytes()).result["value"] == 1.5


def test_a_missing_value_in_an_array_is_refused_with_its_place(call: Run, tmp_path: Path) -> None:
    """NaN in an array is no probability, and its position is said."""
    np.save(tmp_path / "v.npy", np.array([0.5, np.nan, 0.5]))
    done = call("entropy", "v.npy")
    assert (done.code, done.err.startswith("klcli: v.npy: position 1: ")) == (2, True), done.err


def test_what_is_utf8_and_read_otherwise_is_told_of(tmp_path: Path) -> None:
    """An encoding is that of every input, and one of them may be UTF-8 all the same."""
    path = tmp_path / "p.csv"
    path.write_text("label,n\né,3\nb,1\n")
    assert klcli.read(path, encoding="cp1252").notes[0] == (
        "p.csv: it is UTF-8 as it stands, and was read as cp1252, as was asked"
    )
    for encoding in ("utf-8", "UTF8", "utf-8-sig"):
        assert len(klcli.read(path, encoding=encoding).notes) == 1
    path.write_text("\ufefflabel,n\né,3\nb,1\n")
    assert len(klcli.read(path, encoding="cp1252").notes) == 1  # its mark has won
    path.write_bytes("label,n\né,3\nb,1\n".encode("cp1252"))
    (note,) = klcli.read(path, encoding="cp1252").notes
    assert "counts" in note


@pytest.mark.parametrize(("text", "encoding"), [("+2AA-", "utf-7"), ("\\ud800", "unicode_escape")])
def test_half_a_character_is_refused(tmp_path: Path, text: str, encoding: str) -> None:
    """Some encodings of Python's let one through."""
    path = tmp_path / "p.csv"
    path.write_text(f"label,p\n{text},0.5\nb,0.5\n")
    with pytest.raises(InputError, match="half of a character stands alone"):
        klcli.read(path, encoding=encoding)
    with engines.started("duckdb") as engine, pytest.raises(InputError, match="half of a character stands alone"):
        engines.opened(engine, str(path), encoding=encoding)


@pytest.mark.parametrize(
    ("start", "what"),
    [
        (b"\x80\x04\x95", "a pickle, which is never read"),
        (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
        (b"ARROW1\0\0", "an Arrow file"),
        (b"SQLite format 3\0", "an SQLite database"),
        (b"\x86\xf3\x1d\x02\x9b\0\0\0DUCK\x40" + bytes(7), "a DuckDB database"),
        (b"MATLAB 5.0 MAT-file", "a MATLAB file"),
        (b"RDX3\nX\n", "an R data file"),
        (b"RDA3\nA\n3\n262657\n", "an R data file"),
        (b"LZIP\1", "packed in a way that is not read"),
    ],
)
def test_known_binary_files_are_called_what_they_are(tmp_path: Path, start: bytes, what: str) -> None:
    """Another encoding would not help."""
    path = tmp_path / "p.bin"
    path.write_bytes(start + bytes(20))
    with pytest.raises(InputError, match=f"is {what}: "):
        klcli.read(path)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("RDX,12\nHMX,7\n", None),
        ("RDX: 12\nHMX: 7\n", None),
        ("RDA3\n1\n3\n", None),
        ("LZIP,12\nGZIP,7\n", None),
        ("PAR1,PAR2\n1,2\n", None),
        ("MATLAB 5.0,3\nR,5\n", None),
        ("%PDF,3\n%PDF-1.4,5\n", None),
        ("%PDF-1.7,3\nPDF,5\n", None),
        ("SQLite format 3,1\nARROW1,2\n", None),
        ("label,n\n" + "ab,1\n" * 50 + "ustar,2\n", None),
        ("‰HDF,n\na,1\n", "cp1252"),
        ("者,3\n考,5\n", "utf-16-be"),
    ],
)
def test_text_that_begins_as_binary_files_do_is_text(tmp_path: Path, text: str, encoding: str | None) -> None:
    """Genes, explosives and names of formats are labels: a binary file is known by bytes that text has not."""
    path = tmp_path / "p.csv"
    path.write_bytes(text.encode(encoding or "utf-8"))
    assert sources.text(path.read_bytes(), encoding) == text
    assert readers.read_columns(str(path), encoding=encoding, input_format="yaml" if ": " in text else None)


@pytest.mark.parametrize(
    ("data", "encoding", "message"),
    [
        ("k,v\n日本,3\n珠".encode()[:-1], None, "line 3: cut off in the middle of a character of UTF-8"),
        ("é,1\nb,2\n".encode("utf-16-le"), None, "line 1: byte 0xe9 is not UTF-8: it may be UTF-16 without its mark"),
        ("a,1\nb,2\n".encode("utf-16-be"), "utf-16", "no mark at its start says in which order its bytes are: give"),
        (b"\x04\x22\x4d\x18abc", None, "is packed in a way that is not read: unpack it, or pack it with gzip,"),
    ],
)
def test_bytes_that_are_no_text_say_what_they_may_be(data: bytes, encoding: str | None, message: str) -> None:
    """A cut, a mark that is missing, a packing that is not read."""
    with pytest.raises(FormatError, match=f"^{message}"):
        sources.text(data, encoding)


def test_text_that_begins_as_bzip2_does(tmp_path: Path) -> None:
    """What follows tells them apart."""
    path = tmp_path / "p.csv"
    path.write_bytes(b"BZhName,v\na,1\nb,2\n")
    assert sources.content(str(path)) == path.read_bytes()
