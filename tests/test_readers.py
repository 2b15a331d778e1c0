"""Readers: a right Distribution, or an InputError that names the source, the place and the cure; nothing else."""

from __future__ import annotations

import contextlib
import errno
import io
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import duckdb
import numpy as np
import pytest
import yaml
from conftest import Done
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import klcli
from klcli import delimited as klcli_delimited
from klcli import readers, rooms, sources
from klcli.columns import FormatError
from klcli.counts import counts
from klcli.distribution import Distribution
from klcli.errors import InputError
from klcli.numerals import NumeralError, number
from klcli.readers import read, read_all, read_each
from klcli.render import View
from klcli.render import json as json_renderer
from klcli.tables import WEIGHT_NAMES

A_WEIGHT = "a weight is a finite number >= 0"
MISSING = "a missing value: it is not 0, so write the number or leave it out"
BLANK = "'' is blank: a missing value is not 0, so write the number or leave it out"
ADVICE = (
    "so they are neither probabilities (sum 1) nor counts (whole numbers): "
    "put them right, or give --normalize to divide them by their sum"
)
END = "a delimiter at its end? Leave it out; or, if it is data, put a header before it"
NOT_A_NAME = "is neither a number nor the name of a column: begin a name with a letter"
COMMA = "written with a comma: use a point for decimals, or --decimal , in a table; and nothing for thousands"
SEVERAL = "not one number: if blanks separate columns here, put commas or tabs there"
QUOTES = "leave out the quotes; or, if p holds labels, call it labels"
SEVERAL_TEXTS = (
    "several JSON texts, one after another: put each on one line and give --input-format ndjson, as jq -c writes them"
)
BEGIN = "or, if it is the name of a column, begin it with a letter"
SUM = "make them one, or give --duplicates sum"
DECIMAL_COMMAS = "; are these decimal commas? Put ; between the columns, or quotes around them, and give --decimal ,"
TRAILING_COMMA = (  # which json tells from other mistakes since 3.13
    "7: not JSON: expecting value"
    if sys.version_info < (3, 13)
    else "6: not JSON: illegal trailing comma before end of array"
)
OTHER_FIELDS = "its fields are not those of the first record"
UNCLOSED = "a quote is opened and never closed"
HEADERLESS = "no header: the first row is data"

# What a source held: the name, the outcomes and the weights of each distribution.
Held = list[tuple[str, tuple[str, ...], list[float]]]

fuzzed = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test works in a folder of its own, where sources have short names."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def _no_input_is_kept() -> Iterator[None]:
    """What standard input held in one test is forgotten in the next."""
    sources._standard_input.cache_clear()
    yield
    sources._standard_input.cache_clear()


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch) -> Callable[[str | bytes], None]:
    """A function that makes a text what standard input holds."""

    def put(text: str | bytes) -> None:
        data = text.encode() if isinstance(text, str) else text
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data)))

    return put


def write(name: str, text: str | bytes) -> str:
    """A file of that name that holds the text; its name again."""
    Path(name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return name


def held(found: list[Distribution]) -> Held:
    """The distributions as plain data."""
    return [(each.name, each.outcomes, each.weights.tolist()) for each in found]


def refusal(source: str, **options: Any) -> str:
    """What is said where the source is refused."""
    with pytest.raises(InputError) as caught:
        read_all(source, **options)
    return str(caught.value)


def own_json(results: list[klcli.Result], **view: Any) -> str:
    """The results as klcli writes them with --json."""
    return json_renderer.render(results, View(**view)).decode()


P = {"a": 0.5, "b": 0.25, "c": 0.25}
Q1 = {"a": 0.25, "b": 0.25, "c": 0.5}
Q2 = {"a": 0.25, "b": 0.5, "d": 0.25}


# The order in which a SOURCE is understood


def test_a_dash_is_standard_input_even_where_a_file_is_called_so(stdin: Callable[[str], None]) -> None:
    """`-` comes first: a file of that name is ./-."""
    write("-", "file,1\n")
    stdin("a,1\nb,3\n")
    assert read("-").outcomes == ("a", "b")
    assert read("./-").outcomes == ("file",)


@pytest.mark.parametrize("source", ["0.5,0.5", "A=1/2,B=1/2", "5", "1/2"])
def test_an_existing_path_is_no_inline_text(source: str) -> None:
    """A file whose name would be numbers is read, and the numbers are not."""
    if "/" in source:
        Path(source).parent.mkdir(parents=True)
    write(source, "file,7\nother,3\n")
    assert read(source).outcomes == ("file", "other")


def test_an_existing_path_is_no_path_with_a_column() -> None:
    """A file whose name has :: in it is read before a column of another file is."""
    write("p.csv", "label,q\nwrong,1\n")
    write("p.csv::q", "right,7\n")
    assert read("p.csv::q").outcomes == ("right",)


@pytest.mark.parametrize(
    ("file", "column"), [("p.csv", "q"), ("a::b.csv", "q"), ("p.csv", "a::b"), ("a::b.csv", "c::d"), ("p.csv", ":q")]
)
def test_a_path_with_a_column_is_that_column(file: str, column: str) -> None:
    """What follows :: after an existing path is the column, even where either has :: in it."""
    write(file, f"label,p,{column}\nx,1,3\ny,1,1\n")
    found = read(f"{file}::{column}")
    assert (found.name, found.outcomes, found.weights.tolist()) == (f"{file}::{column}", ("x", "y"), [3, 1])


@pytest.mark.parametrize(
    ("source", "outcomes", "weights"),
    [
        ("0.5,0.25,1/8,1/8", None, [0.5, 0.25, 0.125, 0.125]),
        ("A=1/2,B=1/4,C=1/4", ("A", "B", "C"), [0.5, 0.25, 0.25]),
        (" 3 , 1 ", None, [3, 1]),
        (" A = 3 , B = 1 ", ("A", "B"), [3, 1]),
        ("x=y=3,z=1", ("x=y", "z"), [3, 1]),
        ("红=3,橙=1", ("红", "橙"), [3, 1]),
        ("1", None, [1]),
        ("1e-1,.9", None, [0.1, 0.9]),
        ("a::b=1,c=1", ("a::b", "c"), [1, 1]),
        ("-0,1", None, [0, 1]),
    ],
)
def test_numbers_with_commas_are_inline_text(
    source: str, outcomes: tuple[str, ...] | None, weights: list[float]
) -> None:
    """Numbers and fractions stand for themselves, with labels or without; the text is the name."""
    found = read(source)
    assert found.weights.tolist() == weights
    assert (found.outcomes if found.labelled else None) == outcomes
    assert found.name == source


@pytest.mark.parametrize(
    "source",
    ["p.csv", "a,b", "0.5,x", "A=0.5,B", "0.5;0.5", "run 2,final.csv", "results 100%,b", "A:1,B:1", "::p", "p::q"],
)
def test_anything_else_is_no_such_file(source: str) -> None:
    """What is neither a path nor numbers is taken for a path that does not exist."""
    assert refusal(source).startswith(f"{source}: no such file")


@pytest.mark.parametrize("source", ["0.5,x", "A=0.5,B"])
def test_what_was_meant_as_numbers_is_told_how_to_write_them(source: str) -> None:
    """Commas and equals signs in a path that does not exist get an example of inline text."""
    assert refusal(source) == f"{source}: no such file, nor numbers such as 0.5,1/4,1/4 or A=1/2,B=1/2"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("A=30%,B=70%", "'30%' is a percentage: divide it by 100"),
        ("0.5,,0.5", BLANK),
        ("0.5,0.5,", BLANK),
        ("0.5,NA", f"'NA' is {MISSING}"),
        ("0.5,0.5_0", "'0.5_0' is written with an underscore: leave it out"),
        ("1e400,1", "'1e400' is out of range: the largest float64 is 1.8e308"),
        ("0.5,1/0", "'1/0' is a division by zero"),
        ("A=0.5,0.5", "either every number has a label, as in A=1/2,B=1/2, or none has"),
        ("A=0.5,B=-0.5", f"item 2: -0.5 is negative: {A_WEIGHT}"),
        ("A=1,B=1,A=1", "item 1 and item 3: duplicate outcome 'A': make them one, or give --duplicates sum"),
        ("0,0", "all values are zero: a distribution needs some mass"),
        ("0.5,0.25", f"the values sum to 0.75, {ADVICE}"),
    ],
)
def test_inline_text_is_refused_with_the_item(source: str, message: str) -> None:
    """Wrong numbers in inline text are refused for what they are."""
    assert refusal(source) == f"{source}: {message}"


def test_long_inline_text_has_a_short_name() -> None:
    """Inline text is cut to 40 characters where it is the name, and nothing of it is lost."""
    found = read(",".join(["1"] * 100))
    assert len(found.outcomes) == 100
    assert found.name == "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1"[:39] + "…"


def test_an_empty_source_is_refused_with_something_to_see() -> None:
    """An empty argument, as from an unset variable, is named so that it can be seen."""
    message = refusal("")
    assert re.match(r"\S.*: ", message), message


@pytest.mark.parametrize("source", ["data%", "データ３.csv"])
def test_a_name_that_is_no_number_is_no_such_file(source: str) -> None:
    """One word without commas is a file that is missing, whatever it has in common with a number."""
    assert "no such file" in refusal(source)


# Files that are none


def test_a_missing_file_may_have_been_another() -> None:
    """The nearest name in the same folder is offered."""
    Path("sub").mkdir()
    write("balls.csv", "a,1\n")
    write("sub/other.csv", "a,1\n")
    assert refusal("bals.csv") == "bals.csv: no such file: did you mean balls.csv?"
    assert refusal("sub/othr.csv") == "sub/othr.csv: no such file: did you mean sub/other.csv?"
    assert refusal("bals.csv::p") == "bals.csv::p: no such file: did you mean balls.csv?"
    assert refusal("nothing/like/it.csv") == "nothing/like/it.csv: no such file"


@pytest.mark.parametrize("name", ["data", "data::p", "data/"])
def test_a_directory_is_refused(name: str) -> None:
    """A directory is no file."""
    Path("data").mkdir()
    assert refusal(name) == f"{name.removesuffix('::p')}: is a directory: name a file in it"


@pytest.mark.parametrize("name", ["/dev/null", "/dev/zero", "/dev/urandom", "/dev/full", "/dev/null::p"])
def test_a_device_is_refused(name: str) -> None:
    """A device is not read: it may never end."""
    assert refusal(name) == f"{name.removesuffix('::p')}: is a device or a socket, not a file"


def test_a_socket_is_refused() -> None:
    """A socket is not read."""
    with socket.socket(socket.AF_UNIX) as endpoint:
        endpoint.bind("s")
        assert refusal("s") == "s: is a device or a socket, not a file"


def test_a_pipe_is_read() -> None:
    """A named pipe, as the shell's <(...) makes, is read to its end."""
    os.mkfifo("pipe")
    writer = threading.Thread(target=write, args=("pipe", "label,p\na,3\nb,1\n"))
    writer.start()
    assert held(read_all("pipe")) == [("pipe", ("a", "b"), [3, 1])]
    writer.join()


def test_advice_is_never_cut() -> None:
    """What is to be typed stands whole, and so do the names of files."""
    folder = "long/" * 30
    Path(folder).mkdir(parents=True)
    table, column = f"{folder}table_{'t' * 60}.csv", "c" * 90
    write(table, f"label,{column},{column}d\na,1,2\nb,3,4\n")
    with pytest.raises(InputError) as caught:
        read(table)
    assert str(caught.value).startswith(f"{table}: holds several distributions")
    assert str(caught.value).endswith(f"choose one, as in {table}::{column}")
    assert read(f"{table}::{column}").outcomes == ("a", "b")
    assert refusal(f"{table}::{column[:-1]}").endswith(f": did you mean ::{column}?")
    assert refusal(f"{folder}tabel.csv") == f"{folder}tabel.csv: no such file"
    assert refusal(f"other/{folder}p.csv") == f"other/{folder}p.csv: no such file"
    assert refusal(table[:-1]).endswith(f"t.cs: no such file: did you mean {table}?")
    write("n" * 100, "a,x\n")
    assert refusal("n" * 100).startswith(f"{'n' * 100}: ")


def test_a_link_is_followed_and_a_circle_refused() -> None:
    """A symbolic link is the file that it points to; one that points to itself is none."""
    write("p.csv", "a,3\n")
    Path("link.csv").symlink_to("p.csv")
    Path("loop").symlink_to("loop")
    Path("dangling").symlink_to("nowhere")
    assert read("link.csv").name == "link.csv"
    assert refusal("loop") == "loop: too many levels of symbolic links"
    assert refusal("dangling") == "dangling: a link to a file that is not there"
    assert refusal("dangling::p") == "dangling::p: a link to a file that is not there"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("x" * 300, f"{'x' * 300}: file name too long"),
        ("0.1," * 100 + "o.2", f"{'0.1,' * 19}0.1…: no such file, nor numbers such as 0.5,1/4,1/4 or A=1/2,B=1/2"),
        ("x/" * 5000, f"{'x/' * 39}x…: file name too long"),
        ("a\0b", "a\0b: not a file name: it holds a NUL"),
        ("file.csv/p.csv", "file.csv/p.csv: not a directory"),
    ],
)
def test_what_cannot_be_a_file_is_refused(source: str, message: str) -> None:
    """Names that no file can have are refused in the system's words."""
    write("file.csv", "a,1\n")
    assert refusal(source) == message


@pytest.mark.parametrize("number_of_error", [errno.EACCES, errno.EIO])
def test_a_file_that_cannot_be_read_is_refused(number_of_error: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the system says when a file is opened is said again, with the file's name."""

    def fail(*_: Any, **__: Any) -> None:
        raise OSError(number_of_error, os.strerror(number_of_error))

    write("p.csv", "a,1\n")
    monkeypatch.setattr("builtins.open", fail)
    assert refusal("p.csv") == f"p.csv: {os.strerror(number_of_error).lower()}"


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"\xd0\xcf\x11\xe0rest", "an old Excel workbook: save the sheet as CSV"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "a PDF"),
    ],
)
@pytest.mark.parametrize("name", ["p.csv", "p.json", "p.yaml", "p"])
def test_a_binary_file_is_known_by_its_first_bytes(data: bytes, what: str, name: str) -> None:
    """A file that is no text is refused as what it is, whatever it is called."""
    assert refusal(write(name, data)) == f"{name}: is {what}"


# Standard input


@pytest.mark.parametrize(
    "text",
    [
        "label,p\na,3\nb,1\n",
        "label;p\na;3\nb;1\n",
        "label\tp\na\t3\nb\t1\n",
        "label|p\na|3\nb|1\n",
        "a,3\nb,1\n",
        '{"a": 3, "b": 1}',
        ' \n [{"label": "a", "p": 3}, {"label": "b", "p": 1}]',
        "a: 3\nb: 1\n",
        "---\na: 3\nb: 1\n",
        "p:\n  a: 3\n  b: 1\n",
        "- label: a\n  p: 3\n- label: b\n  p: 1\n",
        "\ufefflabel,p\na,3\nb,1\n",
        "label,p\r\na,3\r\nb,1\r\n",
    ],
)
def test_standard_input_shows_its_format(text: str, stdin: Callable[[str], None]) -> None:
    """Without a file's ending, the first line tells JSON, YAML and CSV apart."""
    stdin(text)
    assert held(read_all("-")) == [("stdin", ("a", "b"), [3, 1])]


def test_the_format_may_be_said(stdin: Callable[[str], None]) -> None:
    """--input-format comes before the ending and the first line."""
    stdin("{a: 3, b: 1}")
    assert read("-", input_format="yaml").outcomes == ("a", "b")
    assert read(write("p.json", "a,3\nb,1\n"), input_format="csv").outcomes == ("a", "b")


@pytest.mark.parametrize("ending", ["csv", "CSV", "tsv", "tab", "TAB", "json", "JSON", "yaml", "yml", "YML"])
def test_the_ending_says_the_format(ending: str) -> None:
    """The ending is known in capitals too, and by its other names."""
    texts = {"c": '"a\tb",3\nc,1\n', "t": "a\t3\nc\t1\n", "j": '{"a": 3, "c": 1}', "y": "a: 3\nc: 1\n"}
    found = read(write(f"p.{ending}", texts[ending[0].lower()]))
    assert found.weights.tolist() == [3, 1]


def test_two_columns_of_one_input(stdin: Callable[[str], None]) -> None:
    """-::p and -::q are two columns of the same input, which is read once."""
    stdin("label,p,q\na,3,1\nb,1,3\n")
    (p,), (q,) = read_each(["-::p", "-::q"])
    assert (p.name, q.name) == ("stdin::p", "stdin::q")
    assert (p.weights.tolist(), q.weights.tolist()) == ([3, 1], [1, 3])


def test_standard_input_has_a_path_too(stdin: Callable[[str], None]) -> None:
    """/dev/stdin is the same input under another name."""
    stdin("label,p,q\na,3,1\nb,1,3\n")
    assert held(read_all("/dev/stdin::p")) == [("stdin::p", ("a", "b"), [3, 1])]
    assert held(read_all("-::q")) == [("stdin::q", ("a", "b"), [1, 3])]


@pytest.mark.parametrize("sources", [["-", "-"], ["-", "/dev/stdin"], ["/dev/stdin", "/dev/stdin"]])
def test_standard_input_twice_is_refused(sources: list[str], stdin: Callable[[str], None]) -> None:
    """Two distributions cannot both be the whole of one input."""
    stdin("a,3\nb,1\n")
    with pytest.raises(InputError) as caught:
        read_each(sources)
    assert str(caught.value) == "standard input (-) can be read once only: give the other distribution as a file"


def test_a_closed_standard_input_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a standard input there is nothing to read."""
    monkeypatch.setattr(sys, "stdin", None)
    assert refusal("-") == "stdin: is closed"


@pytest.mark.parametrize("number_of_error", [errno.EBADF, errno.EIO])
def test_a_standard_input_that_cannot_be_read_is_refused(
    number_of_error: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An input that is not open for reading, as after 0>file, is the input's fault and not the output's."""
    error = OSError(number_of_error, os.strerror(number_of_error))
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=mock.Mock(read=mock.Mock(side_effect=error))))
    assert refusal("-").startswith("stdin: ")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "stdin: empty"),
        (" \n\t\r\n", "stdin: empty"),
        ("label,p\na,x\n", "stdin: line 2, column p: 'x' is not a number"),
        ("label,p\na\n", "stdin: line 2: 1 cell where the first row has 2 (separated by ',')"),
        ('{"a": x}', "stdin: line 1, column 7: not JSON: expecting value"),
        ("a: -1\nb: 2", f"stdin: line 1: -1.0 is negative: {A_WEIGHT}"),
    ],
)
def test_standard_input_is_called_stdin_in_messages(text: str, message: str, stdin: Callable[[str], None]) -> None:
    """What is wrong with standard input is said of stdin."""
    stdin(text)
    assert refusal("-") == message


# Names


def test_names_are_as_short_as_they_can_be() -> None:
    """A source is called by its file's name, and by its path only where two files would be called the same."""
    Path("old").mkdir()
    Path("new").mkdir()
    for path in ("old/p.csv", "new/p.csv", "new/q.csv"):
        write(path, "label,x,y\na,3,1\nb,1,3\n")
    names = [[each.name for each in found] for found in read_each(["old/p.csv::x", "new/p.csv::x", "new/q.csv::y"])]
    assert names == [["old/p.csv::x"], ["new/p.csv::x"], ["q.csv::y"]]
    assert [each.name for each in read_all("new/q.csv")] == ["q.csv::x", "q.csv::y"]
    assert [found[0].name for found in read_each(["new/q.csv::x", "new/q.csv::x"])] == ["q.csv::x"] * 2


def test_inline_texts_keep_short_names_among_others() -> None:
    """Inline text that ends as another does is cut all the same: 40 characters name it."""
    names = [found[0].name for found in read_each(["1/2,1/2", "1/4," * 50 + "1/2"], normalize=True)]
    assert names[0] == "1/2,1/2"
    assert len(names[1]) <= 40


def test_one_of_several_must_be_chosen() -> None:
    """Where one distribution is wanted and several are there, they are listed with an example."""
    write("p.csv", "label,p,q1,q2\na,1,2,3\nb,3,2,1\n")
    with pytest.raises(InputError) as caught:
        read("p.csv")
    assert str(caught.value) == "p.csv: holds several distributions (p, q1, q2): choose one, as in p.csv::p"


@pytest.mark.parametrize("column", ["a::b", "::b", "b::"])
def test_the_choice_that_is_advised_can_be_made(column: str) -> None:
    """The example in the message is a source that can be read, also where a column has :: in its name."""
    write("p.csv", f"label,{column},q\nx,1,2\ny,3,4\n")
    with pytest.raises(InputError) as caught:
        read("p.csv")
    assert str(caught.value) == f"p.csv: holds several distributions ({column}, q): choose one, as in p.csv::{column}"
    assert read(str(caught.value).rpartition("as in ")[2]).weights.tolist() == [1, 3]


# Shapes

RECORDS = '[{"label": "a", "p": 3}, {"label": "b", "p": 1}]'
TWO_RECORDS = '[{"label": "a", "p": 3, "q": 1}, {"label": "b", "p": 1, "q": 3}]'
NESTED = '{"p": {"a": 3, "b": 1}, "q": {"b": 3, "a": 1}}'
ONE: Held = [("", ("a", "b"), [3, 1])]
NUMBERED: Held = [("", ("0", "1"), [3, 1])]
BOTH: Held = [("p", ("a", "b"), [3, 1]), ("q", ("a", "b"), [1, 3])]

# (name, text, what it holds); each is also read as UTF-16, with other ends of lines, and column by column.
SHAPES: list[tuple[str, str, Held]] = [
    ("one-column.csv", "3\n1\n", NUMBERED),
    ("one-column-header.csv", "p\n3\n1\n", NUMBERED),
    ("one-column.tsv", "3\n1\n", NUMBERED),
    ("one-column-header.tsv", "p\n3\n1\n", NUMBERED),
    ("header.csv", "label,p\na,3\nb,1\n", ONE),
    ("header.tsv", "label\tp\na\t3\nb\t1\n", ONE),
    ("semicolon.csv", "label;p\na;3\nb;1\n", ONE),
    ("tab.csv", "label\tp\na\t3\nb\t1\n", ONE),
    ("bar.csv", "label|p\na|3\nb|1\n", ONE),
    ("headerless.csv", "a,3\nb,1\n", ONE),
    ("headerless.tsv", "a\t3\nb\t1\n", ONE),
    ("headerless-semicolon.csv", "a;3\nb;1\n", ONE),
    ("headerless-numeric-labels.csv", "10,3\n20,1\n", [("", ("10", "20"), [3, 1])]),
    ("several.csv", "label,p,q\na,3,1\nb,1,3\n", BOTH),
    ("several.tsv", "label\tp\tq\na\t3\t1\nb\t1\t3\n", BOTH),
    ("several-without-labels.csv", "p,q\n3,1\n1,3\n", [("p", ("0", "1"), [3, 1]), ("q", ("0", "1"), [1, 3])]),
    ("several-headerless.csv", "a,3,1\nb,1,3\n", [("2", ("a", "b"), [3, 1]), ("3", ("a", "b"), [1, 3])]),
    ("labels-last.csv", "p,q,label\n3,1,a\n1,3,b\n", BOTH),
    ("labels-between.csv", "p,who,q\n3,a,1\n1,b,3\n", BOTH),
    ("quoted.csv", '"label","p"\n"a","3"\n"b","1"\n', ONE),
    ("list.json", "[3, 1]", NUMBERED),
    ("mapping.json", '{"a": 3, "b": 1}', ONE),
    ("records.json", RECORDS, ONE),
    ("records-without-labels.json", '[{"p": 3}, {"p": 1}]', NUMBERED),
    ("several-records.json", TWO_RECORDS, BOTH),
    ("named-mappings.json", NESTED, [BOTH[0], ("q", ("b", "a"), [3, 1])]),
    ("named-lists.json", '{"p": [3, 1], "q": [1, 3]}', [("p", ("0", "1"), [3, 1]), ("q", ("0", "1"), [1, 3])]),
    ("named-lists-with-labels.json", '{"labels": ["a", "b"], "p": [3, 1], "q": [1, 3]}', BOTH),
    ("named-lists-labels-last.json", '{"p": [3, 1], "q": [1, 3], "labels": ["a", "b"]}', BOTH),
    ("named-records.json", f'{{"p": {RECORDS}, "q": {{"a": 1, "b": 3}}}}', BOTH),
    ("named-mixed.json", '{"labels": ["a", "b"], "p": [3, 1], "q": {"a": 1, "b": 3}}', BOTH),
    ("one-named-list.json", '{"labels": ["a", "b"], "p": [3, 1]}', ONE),
    ("list.yaml", "- 3\n- 1\n", NUMBERED),
    ("flow-list.yaml", "[3, 1]\n", NUMBERED),
    ("mapping.yaml", "a: 3\nb: 1\n", ONE),
    ("flow-mapping.yaml", "{a: 3, b: 1}\n", ONE),
    ("records.yaml", "- label: a\n  p: 3\n- {label: b, p: 1}\n", ONE),
    ("several-records.yaml", "- {label: a, p: 3, q: 1}\n- {label: b, p: 1, q: 3}\n", BOTH),
    ("named-mappings.yaml", "p:\n  a: 3\n  b: 1\nq: {a: 1, b: 3}\n", BOTH),
    ("named-lists-with-labels.yaml", "labels: [a, b]\np: [3, 1]\nq:\n- 1\n- 3\n", BOTH),
    ("comments.yaml", "# first\n---\na: 3 # second\n\n# third\nb: 1\n...\n", ONE),
    ("is-json.yaml", TWO_RECORDS, BOTH),
    ("own-entropy.json", own_json([klcli.entropy({"a": 3, "b": 1})]), [("", ("a", "b"), [0.75, 0.25])]),
    (
        "own-kl.json",
        own_json([klcli.kl(P, Q1)]),
        [("p", tuple("abc"), [*P.values()]), ("q", tuple("abc"), [*Q1.values()])],
    ),
    (
        "own-kl-infinite.json",
        own_json([klcli.kl(P, Q2)]),
        [("p", tuple("abcd"), [0.5, 0.25, 0.25, 0]), ("q", tuple("abcd"), [0.25, 0.5, 0, 0.25])],
    ),
    (
        "own-compare.json",
        own_json(klcli.compare(P, Q2, Q1)),
        [
            ("p", tuple("abc"), [*P.values()]),
            ("Q2", tuple("abc"), [*Q1.values()]),
            ("Q1", tuple("abcd"), [0.25, 0.5, 0, 0.25]),
        ],
    ),
    (
        "own-compare.yaml",
        own_json(klcli.compare(P, Q1)),
        [("p", tuple("abc"), [*P.values()]), ("Q", tuple("abc"), [*Q1.values()])],
    ),
]
shapes = pytest.mark.parametrize(("name", "text", "expected"), SHAPES, ids=[name for name, _, _ in SHAPES])


def under(name: str, expected: Held) -> Held:
    """The same with the names that the distributions of that file have."""
    return [
        (f"{name}::{column}" if len(expected) > 1 else name, outcomes, weights)
        for column, outcomes, weights in expected
    ]


@shapes
def test_every_shape_is_read(name: str, text: str, expected: Held) -> None:
    """Each shape gives its distributions in their order, with their labels and their numbers as they are written."""
    assert held(read_all(write(name, text))) == under(name, expected)


@shapes
def test_every_column_can_be_chosen(name: str, text: str, expected: Held) -> None:
    """::NAME gives one of several distributions, and what there is once where there is but one with a name."""
    write(name, text)
    for column, outcomes, weights in expected:
        if column:
            assert held(read_all(f"{name}::{column}")) == [(f"{name}::{column}", outcomes, weights)]


@shapes
def test_a_column_that_is_not_there_is_refused(name: str, text: str, expected: Held) -> None:
    """Asking for another column is refused with those there are, or with the advice not to ask."""
    message = refusal(f"{write(name, text)}::no such thing")
    if len(expected) > 1:
        names = ", ".join(column for column, _, _ in expected)
        assert message == f"{name}: no column 'no such thing' among {names}"
    else:
        assert re.fullmatch(
            rf"{name}: (no column 'no such thing' among \w+|"
            "holds one distribution without a name: leave ::no such thing out)",
            message,
        )


@shapes
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_every_shape_is_read_in_every_encoding(name: str, text: str, expected: Held, encoding: str) -> None:
    """A byte-order mark is not part of the text, in UTF-8 or in UTF-16 of either order."""
    mark = "\ufeff" if encoding.endswith("e") else ""
    assert held(read_all(write(name, (mark + text).encode(encoding)))) == under(name, expected)


@shapes
@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_every_shape_is_read_with_every_end_of_line(name: str, text: str, expected: Held, end: str) -> None:
    """Lines may end as on Windows or as on an old Mac."""
    assert held(read_all(write(name, text.replace("\n", end)))) == under(name, expected)


@shapes
@pytest.mark.parametrize(("before", "after"), [("", ""), ("\n\n", ""), ("", "\n"), ("", "\n" * 1500)])
def test_blank_lines_around_the_whole_change_nothing(
    name: str, text: str, expected: Held, before: str, after: str
) -> None:
    """The last line needs no end, and blank lines before the first and after the last are passed over."""
    assert held(read_all(write(name, before + text.rstrip("\n") + after))) == under(name, expected)


@shapes
def test_every_shape_is_known_without_its_ending(
    name: str, text: str, expected: Held, stdin: Callable[[str], None]
) -> None:
    """Where the name says nothing, the first line does; YAML that starts with commas or brackets must be named."""
    first = text.partition("\n")[0]
    options = {"input_format": "yaml"} if name.endswith("yaml") and re.search("^{|,|#", first) else {}
    stdin(text)
    assert held(read_all("-", **options)) == under("stdin", expected)


# Tables: where the labels are


@pytest.mark.parametrize(
    ("text", "outcomes"),
    [
        ("label,p\n1,3\n2,1\n", ("1", "2")),
        ("p,Label\n3,1\n1,2\n", ("1", "2")),
        ("p,OUTCOME\n3,1\n1,2\n", ("1", "2")),
        ("p,category\n3,1\n1,2\n", ("1", "2")),
        ("p, Name \n3,1\n1,2\n", ("1", "2")),
        (",p\n1,3\n2,1\n", ("1", "2")),
        (" ,p\n1,3\n2,1\n", ("1", "2")),
        ('"",p\n1,3\n2,1\n', ("1", "2")),
        ("x,p\na,3\nb,1\n", ("a", "b")),
        ("p,x\n3,a\n1,b\n", ("a", "b")),
        ("x,p\n1,3\nb,1\n", ("1", "b")),
        ("x,p\na,3\n2,1\n", ("a", "2")),
        ("x,p\n,3\nb,1\n", ("", "b")),
        ("other,name,p\nx,a,3\ny,b,1\n", ("a", "b")),
        ("1/2,3\n1/4,1\n", ("1/2", "1/4")),
        ("label,p\nNA,3\nnull,1\n", ("NA", "null")),
        ("label,p\n01234,3\n1234,1\n", ("01234", "1234")),
        ("label,p\na,3\n a,1\n", ("a", " a")),
        ("label,p\n[red]x,3\n=1+1,1\n", ("[red]x", "=1+1")),
    ],
)
def test_the_label_column_is_found(text: str, outcomes: tuple[str, ...]) -> None:
    """Labels stand in a column of a known or blank name, else in the first that is not numeric; they stay text."""
    found = read(write("p.csv", text))
    assert (found.outcomes, found.weights.tolist()) == (outcomes, [3, 1])


@pytest.mark.parametrize("first", ["label", ""])
@pytest.mark.parametrize("years", [["2020"], ["2020", "2021"]], ids=["one", "two"])
def test_a_header_of_numbers_beside_a_label_is_no_data(first: str, years: list[str]) -> None:
    """Where the first cell is the name of a label column, years beside it are names or refused, never counts."""
    rows = [[first, *years], ["a", *("3" for _ in years)], ["b", *("1" for _ in years)]]
    found = refused_or_right(write("p.csv", "".join(",".join(row) + "\n" for row in rows)))
    assert {each.outcomes for each in found} <= {("a", "b")}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("x,y\n1,2\n3,4\n", ["x", "y"]),
        ("label,x,y,z\na,1,2,3\nb,4,5,6\n", ["x", "y", "z"]),
        ("a,3,2\nb,3,4\n", ["2", "3"]),
        ("1,2,3\n4,5,6\n", ["1", "2", "3"]),
    ],
)
def test_several_columns_of_numbers_are_refused_where_one_is_wanted(text: str, names: list[str]) -> None:
    """The columns of numbers are listed, and one of them must be chosen."""
    write("p.csv", text)
    with pytest.raises(InputError) as caught:
        read("p.csv")
    said, *doubts = str(caught.value).split("; ")
    assert said == f"p.csv: holds several distributions ({', '.join(names)}): choose one, as in p.csv::{names[0]}"
    assert bool(doubts) == (not text.startswith("label"))  # no column of labels, or a comma that may be decimal


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("label,colour,p\na,red,3\nb,blue,1\n", "colour"),
        ("colour,p,label\nred,3,a\nblue,1,b\n", "colour"),
        ("label,colour,p,size\na,red,3,big\nb,blue,1,small\n", "colour, size"),
    ],
)
def test_further_columns_of_text_are_noted(text: str, columns: str) -> None:
    """Text beside the labels is not used, and a note says so."""
    found = read(write("p.csv", text))
    assert (found.outcomes, found.weights.tolist()) == (("a", "b"), [3, 1])
    assert found.notes == (
        f"p.csv: no numbers, so not used: column {columns}",
        "p.csv: counts, divided by their total of 4",
    )


def test_a_column_of_numbers_that_may_be_labels_is_not_passed_over_in_silence() -> None:
    """Numbers that tell rows apart, such as ids or years, are not used as labels, and a note says so."""
    write("p.csv", "id,p\n2,0.2\n1,0.8\n")
    write("q.csv", "id,p\n1,0.8\n2,0.2\n")
    found = klcli.kl(read("p.csv::p"), read("q.csv::p"))
    assert found.value == 0 or found.notes


def test_a_column_of_text_that_is_asked_for_is_not_denied() -> None:
    """Asking for a column whose cells are no numbers says what is wrong with them, not that there is none."""
    write("p.csv", "label,n,p\na,3,75%\nb,1,25%\n")
    message = refusal("p.csv::p")
    assert "no column 'p'" not in message
    assert "75%" in message or "text" in message


@pytest.mark.parametrize(
    ("text", "notes"),
    [
        ("label,p\na,3\nb,1\n", ["counts, divided by their total of 4"]),
        ("a,3\nb,1\n", [HEADERLESS, "counts, divided by their total of 4"]),
        ("a,0.5\nb,0.5\n", [HEADERLESS]),
        ("1,0.5\n2,0.5\n", [f"{HEADERLESS}, the first column labels"]),
        ("3\n1\n", ["counts, divided by their total of 4"]),
        ("0.5\n0.5\n", []),
        ("p\n0.5\n0.5\n", []),
        ("label,p\na,0.5\nb,0.5000005\n", ["sums to 1.0000005, taken as 1"]),
    ],
)
def test_nothing_is_done_in_silence(text: str, notes: list[str]) -> None:
    """Counts, a missing header and a sum that is not quite 1 leave notes under the file's name."""
    assert read(write("p.csv", text)).notes == tuple(f"p.csv: {note}" for note in notes)


@pytest.mark.parametrize(
    ("text", "options", "note"),
    [
        ("label,p\na,0.5\nb,0.25\n", {"normalize": True}, "weights, divided by their sum of 0.75 (--normalize)"),
        ("label,p\na,3\nb,1\n", {"normalize": True}, "counts, divided by their total of 4"),
    ],
)
def test_normalize_reaches_the_distribution(text: str, options: dict[str, Any], note: str) -> None:
    """--normalize takes weights of any sum, with a note."""
    assert read(write("p.csv", text), **options).notes == (f"p.csv: {note}",)


# Tables: headers

LIKE_NUMBERS = [
    *("30%", "3‰", ".5x", "0.3.1", "1:30", "0x1F", "1_000", "3d-1", "-0,5", "+5kg", "1e400", "1e-400", "1/0"),
    *("NA", "na", "n/a", "NaN", "null", "inf", "-inf", "Infinity", "+nan", "", "０.３", "٣"),
    *("-", "?", "None", "#N/A", "∞", "−0.3", "=0.1+0.2", "½", "$0.3", "<0.1"),
]


@pytest.mark.parametrize("cell", LIKE_NUMBERS)
@pytest.mark.parametrize("name", ["p.csv", "p.tsv"])
def test_a_bad_number_in_the_first_row_is_no_header(cell: str, name: str) -> None:
    """A first row whose number is spoilt is refused: as a header it would vanish from the data."""
    text = f"a;{cell}\nb;0.5\nc;0.5\n".replace(";", "," if name == "p.csv" and "," not in cell else "\t")
    if name == "p.csv" and "," in cell:
        text = f'a,"{cell}"\nb,0.5\nc,0.5\n'
    message = refusal(write(name, text))
    assert message.startswith(f"{name}: line 1")


@pytest.mark.parametrize("cell", [cell for cell in LIKE_NUMBERS if cell and "," not in cell])
def test_a_bad_number_on_top_of_a_column_is_no_header(cell: str) -> None:
    """The same holds for a column alone."""
    assert refusal(write("p.csv", f"{cell}\n0.5\n0.5\n")).startswith("p.csv: line 1")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,30%\nb,70%\n", "line 1, column 2: '30%' is a percentage: divide it by 100"),
        ("30%\n70%\n", "line 1, column 1: '30%' is a percentage: divide it by 100"),
        ("      3 a\n      2 b\n", f"line 1, column 1: '3 a' is {SEVERAL}; {BEGIN}"),
        ("Country,2020 sales\nA,1\n", f"line 1, column 2: '2020 sales' is {SEVERAL}; {BEGIN}"),
        ("Country,%\nA,1\n", f"line 1, column 2: '%' {NOT_A_NAME}"),
        ("label,\na,1\n", f"line 1: the last column has no name: {END}"),
        ("label,p,\na,3,\n", f"line 1: the last column has no name: {END}"),
        ("city,n,,\na,3,,\n", f"line 1: the last columns have no names: {END}"),
        ("Berlin,\nLagos,5\n", f"line 1: the last column has no name: {END}"),
        ('""\n5.0\n6.0\n', f"line 1, column 1: blank {NOT_A_NAME}"),
        (" \n5.0\n6.0\n", f"line 1, column 1: blank {NOT_A_NAME}"),
        (",,p\na,x,3\n", f"line 1, column 2: blank {NOT_A_NAME}"),
        ("label,p,p\na,1,2\n", "line 1: two columns are called 'p'"),
        ("label,p, p \na,1,2\n", "line 1: two columns are called 'p'"),
        ('label,"p",p\na,1,2\n', "line 1: two columns are called 'p'"),
        ("label,p\n", "empty: a header and no rows"),
        ("label,p", "empty: a header and no rows"),
        ("label,p\n\n\n", "empty: a header and no rows"),
        ("label,p\r\n", "empty: a header and no rows"),
        ('"p"\n', "empty: a header and no rows"),
        ("p", "empty: a header and no rows"),
    ],
)
def test_a_header_that_is_none_is_refused(text: str, message: str) -> None:
    """Headers that leave columns in doubt, or have no rows under them, are refused."""
    assert refusal(write("p.csv", text)) == f"p.csv: {message}"


@pytest.mark.parametrize("text", ["p\n", "p\n\n", "p\n\n\n\n", "label\n"])
@pytest.mark.parametrize("name", ["p.csv", "p.tsv"])
def test_a_single_header_without_rows_is_empty(text: str, name: str) -> None:
    """One name and nothing under it is a header and no rows, however many lines end there."""
    assert refusal(write(name, text)) == f"{name}: empty: a header and no rows"


@pytest.mark.parametrize(
    ("text", "line"),
    [("\n\na,30%\nb,0.5\n", 3), ("\r\n\r\na,30%\r\n", 3), ("\n\nlabel,p,p\na,1,2\n", 3), ("\nlabel,\na,1\n", 2)],
)
def test_the_line_of_the_header_is_the_physical_one(text: str, line: int) -> None:
    """Blank lines before the header are counted."""
    assert refusal(write("p.csv", text)).startswith(f"p.csv: line {line}")


# Tables: what separates the columns


@pytest.mark.parametrize(
    ("text", "outcomes"),
    [
        ("label;p\na,b;3\nc;1\n", ("a,b", "c")),
        ("label\tp\na,b;c|d\t3\ne\t1\n", ("a,b;c|d", "e")),
        ("label|p\na;b|3\nc|1\n", ("a;b", "c")),
        ("label,p\na;b|c\td,3\ne,1\n", ("a;b|c\td", "e")),
        ('"a;b",3\nc,1\n', ("a;b", "c")),
        ('"a,b";"p, q"\nx;3\ny;1\n', ("x", "y")),
        ("\tp\na\t3\nb\t1\n", ("a", "b")),
        ("\n\tp\na\t3\nb\t1\n", ("a", "b")),
        (";p\na;3\nb;1\n", ("a", "b")),
        ("|p\na|3\nb|1\n", ("a", "b")),
    ],
)
def test_the_first_line_says_what_separates_the_columns(text: str, outcomes: tuple[str, ...]) -> None:
    """Comma, semicolon, tab or bar: the one that stands in the first line outside quotes, also at its start."""
    found = read(write("p.csv", text))
    assert (found.outcomes, found.weights.tolist()) == (outcomes, [3, 1])


CLOSED = (
    'or the end of a line: write one in a cell as two, and the cell in quotes, as """" is one, or give --delimiter '
    "if another sign separates the columns"
)
WHICH = "Give --delimiter; or put labels with the others in quotes"
COMMAS = "Give --delimiter, and --decimal , if numbers have commas; or put labels with the others in quotes"


@pytest.mark.parametrize("name", ["p.csv", "p.json", "p.yaml"])
def test_a_blank_label_is_told_of(name: str) -> None:
    """It may be what is left of merged cells of a spreadsheet."""
    texts = {
        "p.csv": "region,n\nNorth,10\n,20\nSouth,5\n",
        "p.json": '{"North": 10, "": 20, "South": 5}',
        "p.yaml": '"North": 10\n"": 20\nSouth: 5\n',
    }
    places = {"p.csv": "line 3", "p.json": "$.", "p.yaml": "line 2"}
    note = f"p: {places[name]}: a blank label, taken for an outcome of its own"
    assert note in readers.read(write(name, texts[name]), name="p").notes
    text = texts[name].replace(",20", "  ,20").replace('""', '"  "')  # as columns of CHAR have it
    assert note.replace("$.", "$.  ") in readers.read(write(name, text), name="p").notes


@pytest.mark.parametrize("text", ["wins,party,region\n1,a,x\n2,b,y\n3,c,z\n", "code,party,note\n1,a,\n2,b,\n3,c,\n"])
def test_numbers_of_rows_are_the_weights_where_no_others_are(text: str) -> None:
    """What stands beside them is text, or blank, and no other column that could hold them."""
    found = read(write("p.csv", text))
    assert (found.outcomes, list(found.weights)) == (("a", "b", "c"), [1, 2, 3])
    rows = [line.split(",") for line in text.splitlines()]
    records = [dict(zip(rows[0], [int(row[0]), *row[1:]], strict=True)) for row in rows[1:]]
    assert list(read(write("p.json", json.dumps(records))).weights) == [1, 2, 3]


def test_the_decimal_comma_is_not_between_numbers_of_a_command_line() -> None:
    """Whole numbers with commas between them may as well be half as many with commas in them."""
    said = refusal("1,5,8,5", decimal=",")
    assert said == (
        "1,5,8,5: ',' is the decimal sign, and cannot part numbers too: leave --decimal out, or put them in a file"
    )
    assert list(read("1/4,3/4", decimal=",").weights) == [0.25, 0.75]


@pytest.mark.parametrize("name", ["id", "text", "name", "prompt"])
def test_names_of_lists_are_no_labels_of_numbers(name: str) -> None:
    """Where there are as many lists as numbers in each, words may name either, unless their own name says which."""
    lists = '"probs": [[0.9, 0.1], [0.2, 0.8]]'
    place = f"b.json: $.{name}: may name the 2 lists of $.probs, or the 2 numbers in each: call it row or labels"
    write("b.json", f'{{"{name}": ["u1", "u2"], {lists}}}')
    assert refusal("b.json::probs.0") == place
    write("b.json", f'{{"{name}": ["u1", "u2"], "classes": ["neg", "pos"], {lists}}}')
    assert readers.read("b.json::probs.0").outcomes == ("neg", "pos")
    write("b.json", f'{{"row": ["u1", "u2"], {lists}}}')
    found = readers.read("b.json::probs.0", name="p")
    assert (found.labelled, found.notes) == (False, ("p::probs.0: names of lists, so not used: column row",))


@pytest.mark.parametrize("text", ["0,5,0,25,0,25\n", "\n0,05,0,95"])
def test_a_decimal_comma_parts_no_numbers(text: str) -> None:
    """Who gives --decimal , means no six whole numbers by 0,5,0,25,0,25; a number alone may have one."""
    said = "',' is the decimal sign, and cannot part numbers too: put ; between"
    assert said in refusal(write("p.csv", text), decimal=",")
    assert readers.read(write("p.csv", "3,4\n"), decimal=",", normalize=True).weights.tolist() == [3.4]


def test_an_id_among_outcomes_is_told_of() -> None:
    """A record of a database maps more to numbers than its counts."""
    for name in ("id", "year", "user_id"):
        note = f"p: an outcome for {name}: leave it out if it tells records apart"
        assert note in readers.read(write("r.json", f'{{"{name}": 2024, "yes": 5, "no": 7}}'), name="p").notes
    assert len(readers.read(write("r.json", '{"yes": 5, "no": 7}')).notes) == 1


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        ("p.csv", "label,n\na,9007199254740993\nb,0\n", "line 2"),
        ("p.csv", "a, 9007199254740993 \nb,0\n", "line 1"),
        ("p.csv", "label,n\na,9007199254740993\na,0\nb,0\n", "line 2"),
        ("p.json", '{"a": 9007199254740993, "b": 0}', "$.a"),
        ("p.yaml", "a: 9007199254740993\nb: 0\n", "line 1"),
    ],
)
def test_whole_numbers_that_float64_rounds_are_told_of(name: str, text: str, place: str) -> None:
    """Whoever counts so far counts on each of them; other decimals are rounded as all of them are."""
    told = f"p: {place}: 9007199254740993 is beyond 2^53 and was rounded"
    assert told in readers.read(write(name, text), name="p", duplicates="sum").notes
    long = write("long.csv", f"label,n\na,{'0' * 5000}9007199254740993\nb,0\n")
    assert readers.read(long).notes[0].endswith("is beyond 2^53 and was rounded")
    for near in (
        "9007199254740992",
        "9007199254740994",
        "9007199254740993.0",
        "9.007199254740993e15",
        "1" + "0" * 22,
    ):
        notes = readers.read(write(name, text.replace("9007199254740993", near)), duplicates="sum").notes
        assert "rounded" not in "".join(notes)
    (note,) = readers.read(write("q.csv", "label,n\na,9007199254740992\nb,1\n"), name="p").notes
    assert note == "p: counts, divided by their total of 9.00719925474e+15"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a;b|c\n1;2|3\n", f"line 1: which of ';' '|' separates the columns? {WHICH}"),
        ("a;b,3\nc,1\n", f"line 1: which of ',' ';' separates the columns? {COMMAS}"),
        (
            "a;b|c\td,e\n",
            rf"line 1: which of ',' ';' '\t' '|' separates the columns? {COMMAS}",
        ),
        ("sep=;\nlabel;p\na;1\n", "line 1: Excel's 'sep=;' line: delete it"),
        ("SEP=,\nlabel,p\na,1\n", "line 1: Excel's 'SEP=,' line: delete it"),
        ("\n\r\n\rlabel,n;m\na,3;4\n", f"line 4: which of ',' ';' separates the columns? {COMMAS}"),
        ("\n \nsep=;\nlabel;n\na;1\n", "line 3: Excel's 'sep=;' line: delete it"),
        ("\n\n# c\nlabel,n\na,1\n", "line 3: a comment? Leave it out: every line of a table is a row"),
        ("\n\n3,-5,7\n", "line 3, item 2: -5.0 is negative: a weight is a finite number >= 0"),
        ("\n\nSales\nlabel;n\na;1\n", "line 3: a title or a comment, and ';' in every line below? Leave it out"),
        (
            'label,n\n"a\\",b",1\n',
            "line 2: 3 cells where the first row has 2 (separated by ','); a backslash before a quote? CSV has two "
            "quotes for one, and the cell stands in quotes",
        ),
    ],
)
def test_a_line_that_leaves_doubt_is_refused(text: str, message: str) -> None:
    """Nothing is guessed: the message says what to change."""
    assert refusal(write("p.csv", text)) == f"p.csv: {message}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "label;p\na;0,5\nb;0,5\n",
            f"line 2, column p: '0,5' is {COMMA}",
        ),
        ("p\n0,5\n0,5\n", f"line 2: 2 cells where the first row has 1 (separated by ','){DECIMAL_COMMAS}"),
        ("0,5\n0,25\n0,25\n", f"line 1 and line 2: duplicate outcome '0': {SUM}{DECIMAL_COMMAS}"),
        ("label,p\na,1,234\n", f"line 2: 3 cells where the first row has 2 (separated by ','){DECIMAL_COMMAS}"),
        (
            'label,p\na,"1,234"\n',
            f"line 2, column p: '1,234' is {COMMA}",
        ),
    ],
)
def test_decimal_commas_are_refused(text: str, message: str) -> None:
    """A comma in a number is never a separator in silence."""
    assert refusal(write("p.csv", text)) == f"p.csv: {message}"


@pytest.mark.parametrize("mark", [";", "\t", "|"])
@pytest.mark.parametrize("header", ["", "label{}p (a, b)\n"])
def test_decimal_commas_do_not_separate_what_something_else_separates(mark: str, header: str) -> None:
    """a;0,5 is not the outcome "a;0" with the weight 5, whatever the first line is."""
    text = header.format(mark) + f"a{mark}0,5\nb{mark}0,25\nc{mark}0,25\n"
    assert refusal(write("p.csv", text)).startswith("p.csv: line 1")


# Tables: quotes, lines and places


@pytest.mark.parametrize(
    ("text", "outcomes"),
    [
        ('label,p\n"a,b",3\nc,1\n', ("a,b", "c")),
        ('label,p\n"say ""hi""",3\nc,1\n', ('say "hi"', "c")),
        ('label,p\n"two\nlines",3\nc,1\n', ("two\nlines", "c")),
        ('label,p\r\n"two\r\nlines",3\r\nc,1\r\n', ("two\r\nlines", "c")),
        ('label,p\n"two\n\nlines",3\nc,1\n', ("two\n\nlines", "c")),
        ('label,p\n"",3\n" ",1\n', ("", " ")),
        ('label,p\na "quoted" b,3\nc,1\n', ('a "quoted" b', "c")),
        ('"a,b",3\nc,1\n', ("a,b", "c")),
        ("label,p\na\u2028b,3\nc\x0bd,1\n", ("a\u2028b", "c\x0bd")),
        ("label,p\na\x85b,3\nc\x0cd,1\n", ("a\x85b", "c\x0cd")),
        ("label,p\n\na,3\n\n\nb,1\n\n", ("a", "b")),
    ],
)
def test_quotes_hold_anything(text: str, outcomes: tuple[str, ...]) -> None:
    """Commas, quotes and ends of lines within quotes belong to the label, and only CR and LF end a line."""
    found = read(write("p.csv", text))
    assert (found.outcomes, found.weights.tolist()) == (outcomes, [3, 1])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("label,p\na,1\nb,x\n", "line 3, column p: 'x' is not a number"),
        ('label,p\n"a\nb",1\nc,x\n', "line 4, column p: 'x' is not a number"),
        ('label,p\r\n"a\r\nb",1\r\nc,x\r\n', "line 4, column p: 'x' is not a number"),
        ('label,p\r"a\rb",1\rc,x\r', "line 4, column p: 'x' is not a number"),
        ('"la\nbel",p\na,1\nc,x\n', "line 4, column p: 'x' is not a number"),
        ("\n\nlabel,p\n\na,1\n\n\nb,x\n", "line 8, column p: 'x' is not a number"),
        ("a,1\nb,x\n", "line 2, column 2: 'x' is not a number"),
        ("\na,1\n\nb,x\n", "line 4, column 2: 'x' is not a number"),
        ("1\nx\n", "line 2: 'x' is not a number"),
        ("p\n1\nx\n", "line 3, column p: 'x' is not a number"),
        ("label,p,q\na,1,2\nb,3,\n", f"line 3, column q: {BLANK}"),
        ("label,p\na,1\nb,-1\n", f"line 3: -1.0 is negative: {A_WEIGHT}"),
        ('label,p\n"a\nb",1\nb,-1\n', f"line 4: -1.0 is negative: {A_WEIGHT}"),
        ("1\n-1\n", f"line 2: -1.0 is negative: {A_WEIGHT}"),
        ("p\n1\n-1\n", f"line 3: -1.0 is negative: {A_WEIGHT}"),
        (
            "label,p\na,1\nb,1,x\n",
            "line 3: 3 cells where the first row has 2 (separated by ','); a label with ',' in it stands in quotes",
        ),
        ("label,p\na,1\nb\n", "line 3: 1 cell where the first row has 2 (separated by ',')"),
        ("label,p\na,1\n  \nb,1\n", "line 3: 1 cell where the first row has 2 (separated by ',')"),
        ('label,p\n"a\nb",1\nc\n', "line 4: 1 cell where the first row has 2 (separated by ',')"),
        ("a;1;2\nb;1\n", "line 2: 2 cells where the first row has 3 (separated by ';')"),
        ("p\n1\n2,3\n", f"line 3: 2 cells where the first row has 1 (separated by ','){DECIMAL_COMMAS}"),
        ('label,p\na,1\n"b,1\nc,1\n', f"line 3: {UNCLOSED}"),
        ('label,p\n"a\nb",1\n\n"c,1\n', f"line 5: {UNCLOSED}"),
        ('"label,p\na,1\n', f"line 1: {UNCLOSED}"),
        ('label,p\na,1\nb\n"c,1\n', "line 3: 1 cell where the first row has 2 (separated by ',')"),
        ('label,p\n"a"x,1\n', f"line 2: a quote closes a cell only before ',' {CLOSED}"),
        ('label;p\n"a"x;1\n', f"line 2: a quote closes a cell only before ';' {CLOSED}"),
    ],
)
def test_the_line_is_the_physical_one(text: str, message: str) -> None:
    """A message names the line that an editor shows: blank lines and lines within quotes are counted."""
    source = "p.csv::q" if ", column q" in message else "p.csv"
    write("p.csv", text)
    assert refusal(source) == f"{source}: {message}"


@pytest.mark.parametrize(
    ("text", "line"),
    [("\n1\n-1\n2\n", 3), ("\n1\n-1\n", 3), ("\n\n1\n-1\n", 4), ("\n1\nx\n", 3), ("\n\n\n1\nx\n", 5)],
)
def test_blank_lines_before_a_single_column_are_counted(text: str, line: int) -> None:
    """The line is the physical one where a column of numbers starts after blank lines."""
    assert refusal(write("p.csv", text)).startswith(f"p.csv: line {line}: ")


@pytest.mark.parametrize(
    ("text", "line"),
    [('label,p\n"a\nb","1\n', 3), ('label,p\n"a\n\nb","c', 4), ('"a","b\nc","d\n', 2)],
)
def test_the_line_of_an_unclosed_quote_is_where_it_opens(text: str, line: int) -> None:
    """Where a row has several lines, the one on which the last quote opens is named."""
    assert refusal(write("p.csv", text)) == f"p.csv: line {line}: {UNCLOSED}"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("0.5\n\n0.5\n", 2),
        ("p\n0.5\n\n0.5\n", 3),
        ("0.5\r\n\r\n0.5\r\n", 2),
        ("0.5\r\r0.5", 2),
        ("\n0.5\n\n\n0.5\n", 3),
        ("p\n\n0.5\n0.5\n", 2),
        ('"a\nb"\n0.5\n\n0.5\n', 4),
    ],
)
def test_a_blank_line_within_one_column_is_a_missing_value(text: str, line: int) -> None:
    """In a column alone a blank line may be a value that is missing, so it is refused with its line."""
    assert refusal(write("p.csv", text)) == f"p.csv: line {line}: blank between numbers: a missing value is not 0"


@pytest.mark.parametrize("text", ["\n0.5\n0.5\n", "0.5\n0.5\n\n\n", "p\n0.5\n0.5\n\n", '"a\nb"\n0.5\n0.5\n\n'])
def test_blank_lines_around_one_column_are_none(text: str) -> None:
    """Before the first and after the last row nothing is missing, also under a header of two lines."""
    assert read(write("p.csv", text)).weights.tolist() == [0.5, 0.5]


@pytest.mark.parametrize("size", [10, 1023, 1024, 1025, 5000])
def test_a_ragged_row_is_found_wherever_it_stands(size: int) -> None:
    """Rows are read by the thousand, and each is looked at."""
    rows = [f'"outcome {index}",1' for index in range(size)]
    write("p.csv", "\n".join(["label,p", *rows, "short", *rows]))
    assert refusal("p.csv") == f"p.csv: line {size + 2}: 1 cell where the first row has 2 (separated by ',')"


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_big_table_is_read_whole(quote: str) -> None:
    """A table of several blocks loses no row at their edges, and its lines are counted right."""
    size = 60_000
    rows = [f"{quote}outcome {index}{quote},{index + 1}" for index in range(size)]
    write("p.csv", "\n".join(["label,p", *rows]) + "\n")
    found = read("p.csv")
    assert found.outcomes == tuple(f"outcome {index}" for index in range(size))
    assert found.weights.tolist() == list(range(1, size + 1))
    rows[50_000] = "wrong,-1"
    rows[55_000] = "worse,x"
    write("p.csv", "\n".join(["label,p", *rows]) + "\n")
    assert refusal("p.csv") == "p.csv: line 55002, column p: 'x' is not a number"
    rows[55_000] = "better,1"
    write("p.csv", "\n".join(["label,p", *rows]) + "\n")
    assert refusal("p.csv") == f"p.csv: line 50002: -1.0 is negative: {A_WEIGHT}"


@pytest.mark.parametrize("blanks", [" " * 200_000, "\t" * 200_000, " \n" * 100_000])
def test_blanks_at_the_start_are_passed_over_at_once(blanks: str) -> None:
    """Looking for the first line takes time in proportion to its length, however many blanks stand before it."""
    write("p.csv", f"{blanks}\nlabel,p\na,1\n")
    code = "from klcli import delimited; print(delimited.first_line(open('p.csv', encoding='utf-8').read()))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=5, check=True)
    assert run.stdout == "label,p\n"


def test_a_big_field_is_read() -> None:
    """A label may be longer than the 131072 characters that Python's csv takes by itself."""
    name = "x" * 200_000
    found = read(write("p.csv", f'label,p\n"{name}",3\ny,1\n'))
    assert found.outcomes == (name, "y")


# Bytes and text

GIVE = "give --encoding, or save it as UTF-8"
NAME = "save the file as UTF-8, or name its --encoding"
MARKED = "as the mark at its start says: save all of it as UTF-8, or leave the mark out and name its --encoding"
MANY = f"it may be cp1252 or cp1251 or cp1250: {GIVE}"
LATIN = f"it may be cp1252 or cp1250 or cp1251: {GIVE}"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"label,p\na,1\ncaf\xe9,1\n", f"line 3: byte 0xe9 is not UTF-8: {LATIN}"),
        (b"\xff", f"line 1: byte 0xff is not UTF-8: {LATIN}"),
        (
            b"a,1\n\xc3",
            f"line 2: byte 0xc3 is not UTF-8: it may be cp1252 or cp1250 or cp1251 or shift_jis: {GIVE}",
        ),
        (b"a,1\n\xed\xa0\x80,1\n", f"line 2: byte 0xed is not UTF-8: {MANY}"),
        (b"\xff\xfea\x00,\x001", "line 1: cut off in the middle of a character of UTF-16"),
        (b"\xef\xbb\xbflabel,p\na,\xff\n", f"line 2: byte 0xff is not UTF-8, {MARKED}"),
        (b"\xef\xbb\xbf\n\n\xff\n", f"line 3: byte 0xff is not UTF-8, {MARKED}"),
        (b"label,p\r\na,\xff\r\n", f"line 2: byte 0xff is not UTF-8: {LATIN}"),
        (b"label,p\ra,1\rb,\xff\r", f"line 3: byte 0xff is not UTF-8: {LATIN}"),
        (b"l\0a\0,\0p\0", "line 1: a NUL byte: is it binary, or UTF-16 without its mark? Name its --encoding"),
        (b"label,p\na\0b,1\n", "line 2: a NUL byte: is it binary, or UTF-16 without its mark? Name its --encoding"),
        (b"label,p\ra,1\r\0", "line 3: a NUL byte: is it binary, or UTF-16 without its mark? Name its --encoding"),
        (b"", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"\xff\xfe", "empty"),
        (b" \n\t\r\n", "empty"),
    ],
)
@pytest.mark.parametrize("name", ["p.csv", "p.json"])
def test_bytes_that_are_no_text_are_refused(data: bytes, message: str, name: str) -> None:
    """What is not UTF-8, or UTF-16 with its mark, is never guessed at: the byte and its line are named."""
    assert refusal(write(name, data)) == f"{name}: {message}"


@given(st.binary(max_size=60))
@fuzzed
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """No bytes at all make anything but a Distribution or an InputError."""
    for name in ("any.csv", "any.tsv", "any.json", "any.yaml", "any"):
        refused_or_right(write(name, data))


# Wrong numbers and wrong wholes, in every form

# How a form writes numbers for the outcomes a, b, c (where it has labels), and the place of the last one.
FORMS: dict[str, tuple[str, Callable[[list[str]], str], str]] = {
    "csv": ("p.csv", lambda x: "label,p\n" + "".join(f"{a},{n}\n" for a, n in zip("abc", x, strict=False)), "line 4"),
    "csv headerless": ("p.csv", lambda x: "".join(f"{a},{n}\n" for a, n in zip("abc", x, strict=False)), "line 3"),
    "csv quoted": (
        "p.csv",
        lambda x: '"label",p\n' + "".join(f"{a},{n}\n" for a, n in zip("abc", x, strict=False)),
        "line 4",
    ),
    "csv column": ("p.csv", lambda x: "p\n" + "\n".join(x), "line 4"),
    "semicolons": (
        "p.csv",
        lambda x: "label;p\n" + "".join(f"{a};{n}\n" for a, n in zip("abc", x, strict=False)),
        "line 4",
    ),
    "tsv": (
        "p.tsv",
        lambda x: "label\tp\n" + "".join(f"{a}\t{n}\n" for a, n in zip("abc", x, strict=False)),
        "line 4",
    ),
    "json list": ("p.json", lambda x: f"[{', '.join(x)}]", "$[2]"),
    "json mapping": (
        "p.json",
        lambda x: "{" + ", ".join(f'"{a}": {n}' for a, n in zip("abc", x, strict=False)) + "}",
        "$.c",
    ),
    "json records": (
        "p.json",
        lambda x: "[" + ", ".join(f'{{"label": "{a}", "p": {n}}}' for a, n in zip("abc", x, strict=False)) + "]",
        "$[2]",
    ),
    "json labels": ("p.json", lambda x: f'{{"labels": ["a", "b", "c"], "p": [{", ".join(x)}]}}', "$.p[2]"),
    "json names": (
        "p.json",
        lambda x: '{"p": {' + ", ".join(f'"{a}": {n}' for a, n in zip("abc", x, strict=False)) + "}}",
        "$.p.c",
    ),
    "yaml list": ("p.yaml", lambda x: "".join(f"- {n}\n" for n in x), "line 3"),
    "yaml mapping": ("p.yaml", lambda x: "".join(f"{a}: {n}\n" for a, n in zip("abc", x, strict=False)), "line 3"),
    "yaml records": (
        "p.yaml",
        lambda x: "".join(f"- label: {a}\n  p: {n}\n" for a, n in zip("abc", x, strict=False)),
        "line 6",
    ),
    "yaml names": (
        "p.yaml",
        lambda x: "p:\n" + "".join(f"  {a}: {n}\n" for a, n in zip("abc", x, strict=False)),
        "line 4",
    ),
}
# What numbers() refuses comes with the column's name, where it has one in the file.
COLUMN = {
    **dict.fromkeys(
        ("csv", "csv quoted", "csv column", "semicolons", "tsv", "json records", "yaml records"), ", column p"
    ),
    **dict.fromkeys(("json labels", "json names", "yaml names"), ", column p"),
    "csv headerless": ", column 2",
}
forms = pytest.mark.parametrize("form", FORMS)


def written(form: str, *numbers: str) -> str:
    """A file in that form with these numbers; its name."""
    name, text, _ = FORMS[form]
    return write(name, text(list(numbers)))


@forms
def test_every_form_holds_the_same_numbers(form: str) -> None:
    """0.5, 0.3 and 0.2 are those numbers in every form."""
    found = read(written(form, "0.5", "3e-1", "0.20"))
    assert found.weights.tolist() == [0.5, 0.3, 0.2]
    assert found.outcomes in (tuple("abc"), tuple("012"))


@forms
@pytest.mark.parametrize("digits", ["0." + "3" * 6000, "0.3" + "0" * 6000, "1" * 300])
def test_every_form_takes_many_digits(form: str, digits: str) -> None:
    """Digits that float64 cannot hold are rounded in every form."""
    assert read(written(form, "1", "1", digits), normalize=True).weights[2] == float(digits)


@forms
@pytest.mark.parametrize(
    ("wrong", "what", "named"),
    [
        ("1e400", "'1e400' is out of range: the largest float64 is 1.8e308", True),
        ("-1e400", "'-1e400' is out of range: the largest float64 is 1.8e308", True),
        ("1e-400", "'1e-400' is too small: it would underflow to 0 (the least float64 is 5e-324)", True),
        ("1" * 6000, f"'{'1' * 39}…' is out of range: the largest float64 is 1.8e308", True),
        ("NaN", f"'NaN' is {MISSING}", True),
        ("Infinity", "'Infinity' is not a finite number", True),
        ("-Infinity", "'-Infinity' is not a finite number", True),
        ("-0.5", f"-0.5 is negative: {A_WEIGHT}", False),
        ("-1", f"-1.0 is negative: {A_WEIGHT}", False),
    ],
)
def test_wrong_numbers_are_refused_in_every_form(form: str, wrong: str, what: str, named: bool) -> None:
    """A number that is none, or no weight, is refused with its place."""
    _, _, place = FORMS[form]
    name = written(form, "0.5", "0.5", wrong)
    assert refusal(name) == f"{name}: {place}{COLUMN.get(form, '') if named else ''}: {what}"


@forms
@pytest.mark.parametrize("wrong", ["true", "false", "null", '""', '"x"', '"0.5"', "[0.5]", '{"x": 0.5}', "[]", "{}"])
def test_what_is_no_number_at_all_is_refused_in_every_form(form: str, wrong: str) -> None:
    """Truth values, null, text, lists and mappings in the place of a number are refused with that place."""
    name, _, place = FORMS[form]
    if name.endswith("sv") and wrong in ('"0.5"', '""'):
        wrong = "x"  # in a table, quotes are not part of a cell
    message = refusal(written(form, "0.5", "0.5", wrong))
    mixed = f"{name}: $.a: expected a list or a mapping, found 0.5"  # a mapping with a list in it holds columns
    assert message.startswith((f"{name}: {place}", f"{name}: line", mixed)), message


@forms
@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        (("0", "0.0", "-0"), "all values are zero: a distribution needs some mass"),
        (("0.5", "0.25", "0.125"), f"the values sum to 0.875, {ADVICE}"),
        (("0.5", "0.3", "0.2000011"), f"the values sum to 1.0000011, {ADVICE}"),
        (("1.5", "2", "3"), f"the values sum to 6.5, {ADVICE}"),
    ],
)
def test_wrong_wholes_are_refused_in_every_form(form: str, numbers: tuple[str, ...], message: str) -> None:
    """No mass, or a sum that makes neither probabilities nor counts, is refused under the file's name."""
    name = written(form, *numbers)
    assert refusal(name) == f"{name}: {message}"


@pytest.mark.parametrize(
    ("name", "text", "places"),
    [
        ("p.csv", "label,p\na,1\nb,2\na,3\n", "line 2 and line 4"),
        ("p.csv", 'label,p\n"a",1\n"x\ny",2\na,3\n', "line 2 and line 5"),
        ("p.csv", "a,1\nb,2\na,3\n", "line 1 and line 3"),
        ("p.tsv", "label\tp\na\t1\n\nb\t2\na\t3\n", "line 2 and line 5"),
        ("p.json", '{"a": 1, "b": 2, "a": 3}', "$.a and $.a"),
        ("p.json", '{"a": 1, "b": 2, "\\u0061": 3}', "$.a and $.a"),
        ("p.json", '{"p": {"a": 1, "b": 2, "a": 3}}', "$.p.a and $.p.a"),
        ("p.json", '[{"label": "a", "p": 1}, {"label": "b", "p": 2}, {"label": "a", "p": 3}]', "$[0] and $[2]"),
        ("p.json", '{"labels": ["a", "b", "a"], "p": [1, 2, 3]}', "$.labels[0] and $.labels[2]"),
        ("p.yaml", "a: 1\nb: 2\na: 3\n", "line 1 and line 3"),
        ("p.yaml", "a: 1\nb: 2\n'a': 3\n", "line 1 and line 3"),
        ("p.yaml", "p:\n  a: 1\n  b: 2\n  a: 3\n", "line 2 and line 4"),
        ("p.yaml", "labels: [a, b, a]\np:\n- 1\n- 2\n- 3\n", "line 1 and line 1"),
    ],
)
def test_duplicate_labels_are_refused_with_both_places(name: str, text: str, places: str) -> None:
    """An outcome that stands twice is refused with both places, and added up with --duplicates sum."""
    write(name, text)
    assert refusal(name) == f"{name}: {places}: duplicate outcome 'a': make them one, or give --duplicates sum"
    found = read(name, duplicates="sum")
    assert dict(zip(found.outcomes, found.weights.tolist(), strict=True))["a"] == 4
    assert (len(found.outcomes), found.total) == (2, 6)
    assert f"{name}: 1 row added to an outcome that stood before" in found.notes


def test_duplicates_are_added_within_each_column() -> None:
    """Every column has its own sums, and outcomes keep the order in which they first stand."""
    write("p.csv", "label,p,q\nb,1,10\na,2,20\nb,4,40\nb,8,80\n")
    found = read_all("p.csv", duplicates="sum")
    assert held(found) == [("p.csv::p", ("b", "a"), [13, 2]), ("p.csv::q", ("b", "a"), [130, 20])]
    assert found[0].notes[0] == "p.csv::p: 2 rows added to an outcome that stood before"


def test_no_duplicates_to_add_are_no_news() -> None:
    """--duplicates sum leaves no note where nothing stands twice."""
    assert read(write("p.csv", "label,p\na,0.5\nb,0.5\n"), duplicates="sum").notes == ()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("label,p\na,-0.2\na,0.7\nb,0.5\n", 2),
        ("label,p\na,0.7\na,-0.2\nb,0.5\n", 3),
        ("label,p\na,1\na,1\nb,-1\n", 4),
        ("label,p\na,1\na,1\na,-5\n", 4),
    ],
)
def test_adding_up_hides_no_negative_number(text: str, line: int) -> None:
    """A negative number is refused with its own line even where a sum would swallow it."""
    assert re.match(rf"p\.csv: line {line}: -\S+ is negative", refusal(write("p.csv", text), duplicates="sum"))


@pytest.mark.parametrize("text", ["label,p\na,1e308\nb,3\na,1e308\n", "label,p\nb,3\na,1e308\nb,1\na,1e308\n"])
def test_a_sum_of_duplicates_beyond_float64_names_a_row_of_it(text: str) -> None:
    """Where adding up overflows, the line is one of those that were added."""
    message = refusal(write("p.csv", text), duplicates="sum")
    lines = [index for index, line in enumerate(text.splitlines(), 1) if "1e308" in line]
    assert any(f"line {index}" in message for index in lines), message


def test_duplicates_are_added_exactly() -> None:
    """Ten times 0.1 is 1, as the exact sum of the ten numbers is to the last bit."""
    found = read(write("p.csv", "label,p\n" + "a,0.1\n" * 10), duplicates="sum")
    assert found.weights.tolist() == [float(10 * Fraction(0.1))]


# JSON


OF_LISTS = "expected a number or a label, found a list: write those of all records by themselves, as [[1, 2], [3, 4]]"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "line 1, column 2: not JSON: expecting property name enclosed in double quotes"),
        ('{"a": 1}x', "line 1, column 9: not JSON: extra data"),
        ('{"a": 1,\n"b": 2}\n{"a": 2}\n', f"line 3: {SEVERAL_TEXTS}"),
        ("[1, 2,]", f"line 1, column {TRAILING_COMMA}"),
        ("[01]", "line 1, column 3: not JSON: expecting ',' delimiter"),
        ("[.5, .5]", "line 1, column 2: not JSON: expecting value"),
        (
            '{"a": 0.5, // x\n"b": 0.5}',
            "line 1, column 12: not JSON: expecting property name enclosed in double quotes",
        ),
        ("{'a': 1}", "line 1, column 2: not JSON: expecting property name enclosed in double quotes"),
        ('{"a": 0x10}', "line 1, column 8: not JSON: expecting ',' delimiter"),
        ('{"a": 1', "line 1, column 8: not JSON: expecting ',' delimiter"),
        ('{"a\n": 1}', "line 1, column 4: not JSON: invalid control character: write it as \\u and its number"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a":' * 100_000, "nested too deeply"),
        ("0.5", "$: expected a list or a mapping of numbers, found 0.5"),
        ('"abc"', "$: expected a list or a mapping of numbers, found text, 'abc'"),
        ("true", "$: expected a list or a mapping of numbers, found true"),
        ("null", "$: expected a list or a mapping of numbers, found null"),
        ("[]", "empty: a distribution needs at least one outcome"),
        ("{}", "empty"),
        ('{"p": []}', "empty: a distribution needs at least one outcome"),
        ('{"labels": ["a"]}', "empty: labels and no numbers"),
        ('{"a": 0.5, "b": null}', "$.b: expected a number, found null"),
        ('{"a": 0.5, "b": true}', "$.b: expected a number, found true"),
        ('{"a": 0.5, "b": "0.5"}', "$.b: expected a number, found text, '0.5': leave out the quotes"),
        ('{"a": 0.5, "b": "x"}', "$.b: expected a number, found text, 'x'"),
        (
            '{"zip": ["01234", "02139"], "n": [3, 4]}',
            "$.zip[0]: expected a number, found text, '01234': if zip holds labels, call it labels",
        ),
        ("[0.5, [0.5]]", "$[1]: expected a number, found a list"),
        ('[0.5, {"a": 0.5}]', "$[1]: expected a number, found a mapping"),
        (
            '[["a", 0.5], ["b", 0.5]]',
            '$[0]: a label and a number: write such pairs as a mapping, {"a": 0.5, "b": 0.5}',
        ),
        ("[[0.5, 0.5], [0.5]]", "$[1]: 1 number where the first row has 2"),
        ('{"p": [0.5, 0.5], "q": 1}', "$.q: expected a list or a mapping, found 1: leave it out"),
        ('{"p": {"a": {"b": 1}}}', "$.p.a: expected a number, found a mapping"),
        ('{"p": [1], "p": [2]}', "$.p: duplicate name 'p'"),
        ('{"labels": ["a", "b"], "p": [1, 2, 3]}', "$.p: 3 numbers for 2 labels"),
        ('{"labels": ["a"], "p": [1], "q": [1, 2]}', "$.q: 2 numbers for 1 label"),
        ('{"labels": ["a", ["b"]], "p": [1, 2]}', "$.labels[1]: expected a number or a label, found a list"),
        ('[{"label": "a", "p": 1}, {"label": "b"}]', f"$[1]: {OTHER_FIELDS}: it lacks p"),
        ('[{"label": "a"}, {"label": "b", "p": 1}]', f"$[1]: {OTHER_FIELDS}: it has p"),
        ('[{"label": "a", "p": 1}, {"label": "b", "q": 1}]', f"$[1]: {OTHER_FIELDS}: it lacks p, and it has q"),
        ('[{"label": "a", "p": 1, "p": 2}]', "$[0].p: duplicate name 'p'"),
        ('[{"label": "a", "p": [1]}]', f"$[0].p: {OF_LISTS}"),
        ('[{"label": "a", "p": [1]}, {"label": "b", "p": 2}]', "$[0].p: expected a number or a label, found a list"),
        ('[{"label": "a", "p": null}]', "$[0].p: expected a number, found null"),
        ('[{"label": "a", "p": "0.5"}]', f"$[0].p: expected a number, found text, '0.5': {QUOTES}"),
    ],
)
def test_json_is_refused_with_the_place(text: str, message: str) -> None:
    """What is no JSON is refused with its line and column, what holds no numbers with its path."""
    assert refusal(write("p.json", text)) == f"p.json: {message}"


@pytest.mark.parametrize(
    ("text", "outcomes", "weights"),
    [
        ('{"a": "1/3", "b": "2/3"}', ("a", "b"), [1 / 3, 2 / 3]),
        ('["1/2", "1/2"]', ("0", "1"), [0.5, 0.5]),
        ('{"labels": ["a", "b"], "p": ["1/4", 0.75]}', ("a", "b"), [0.25, 0.75]),
        ('[{"label": "a", "p": "1/4"}, {"label": "b", "p": 0.75}]', ("a", "b"), [0.25, 0.75]),
        ('{"a": 1e3, "b": 12345678901234567890}', ("a", "b"), [1000.0, 12345678901234567890.0]),
        ('{"a\\u0000b": 3, "\\ud83d\\ude00": 1}', ("a\0b", "\U0001f600"), [3, 1]),
        ('{"": 3, "__proto__": 1}', ("", "__proto__"), [3, 1]),
        ('{"labels": 3, "results": 1}', ("labels", "results"), [3, 1]),
        ('{"labels": ["a", 7], "p": [3, 1]}', ("a", "7"), [3, 1]),
        ('[{"p": 3, "id": 1, "name": 10}, {"name": 20, "id": 1, "p": 1}]', ("10", "20"), [3, 1]),
    ],
)
def test_json_is_taken_at_its_word(text: str, outcomes: tuple[str, ...], weights: list[float]) -> None:
    """Fractions in quotes are numbers, whole numbers of any size are, and any text is a label."""
    write("p.json", text)
    found = read("p.json::p" if '"id"' in text else "p.json")
    assert (found.outcomes, found.weights.tolist()) == (outcomes, weights)


def test_fields_of_text_are_noted_in_records() -> None:
    """Records are a table: text beside the labels is not used, and a note says so."""
    found = read(write("p.json", '[{"label": "a", "on": true, "p": 3}, {"label": "b", "on": false, "p": 1}]'))
    assert found.notes[0] == "p.json: truth values, so not used: column on"


def test_several_columns_of_named_records_do_not_share_a_name() -> None:
    """A name that stands for records with two columns of numbers means neither of them: each has a longer one."""
    records = '[{"label": "a", "p": 3, "q": 1}, {"label": "b", "p": 1, "q": 3}]'
    write("p.json", f'{{"box": {records}}}')
    assert held(read_all("p.json")) == [
        ("p.json::box.p", ("a", "b"), [3, 1]),
        ("p.json::box.q", ("a", "b"), [1, 3]),
    ]
    assert refusal("p.json::box").startswith("p.json: no column 'box' among box.p, box.q")


# klcli's own output


def test_the_output_of_one_command_is_the_input_of_the_next(stdin: Callable[[str], None]) -> None:
    """The entropy of the p of a kl is the entropy of p, to the last bit."""
    p = {"a": 1 / 3, "b": 1 / 7, "c": 11 / 21}
    stdin(own_json([klcli.kl(p, {"a": 0.2, "b": 0.3, "c": 0.5})]))
    assert klcli.entropy(read("-::p")).value == klcli.entropy(p).value


@pytest.mark.parametrize("name", sorted(klcli.MEASURES))
def test_the_output_of_every_measure_is_read(name: str) -> None:
    """Every measure's JSON holds the distributions that it was made from."""
    measure = klcli.MEASURES[name]
    options = {"alpha": 2.0} if "alpha" in measure.options else {}
    sides = [P, Q1][: len(measure.sides)]
    found = read_all(write("own.json", own_json([measure(*sides, **options)])))
    assert [each.weights.tolist() for each in found] == [list(side.values()) for side in sides]
    assert {each.outcomes for each in found} == {("a", "b", "c")}


def test_output_without_steps_holds_no_distribution() -> None:
    """What was made with --no-steps is refused with that."""
    write("own.json", own_json([klcli.kl(P, Q1)], steps=False))
    assert refusal("own.json") == "own.json: $.results[0].terms: holds no terms: make it without --no-steps"


@pytest.mark.parametrize(
    ("p", "options"),
    [
        ({"a": 0.5, "b": 0.3, "c": 0.2}, {}),
        ({"a": 0.5, "b": 0.3, "c": 0.2}, {"normalize": True}),
        ({"a": 0.6, "b": 0.4, "c": 0}, {}),
        ({"a": 0.6, "b": 0.4 - 1e-8, "c": 1e-8}, {}),
    ],
)
def test_output_with_terms_left_out_is_no_distribution(p: dict[str, float], options: dict[str, bool]) -> None:
    """What was made with --top has lost rows: it is refused, even where what is left sums to 1 or is normalized."""
    write("own.json", own_json([klcli.entropy(p)], top=2))
    assert "--top" in refusal("own.json", **options)


def test_the_names_that_compare_gives_can_be_chosen() -> None:
    """The labels of compare's JSON, which have :: in them, are offered as they must be written."""
    write("b.csv", "label,p,q1,q2\na,0.5,0.25,0.75\nb,0.5,0.75,0.25\n")
    write("own.json", own_json(klcli.compare(*read_all("b.csv"))))
    with pytest.raises(InputError) as caught:
        read("own.json")
    assert "(p, b.csv::q1, b.csv::q2)" in str(caught.value)
    assert read("own.json::b.csv::q1").weights.tolist() == [0.25, 0.75]


def test_two_compared_under_one_name_are_told_apart() -> None:
    """Two Qs of the same name in compare's JSON are not both offered under it."""
    q1, q2 = (Distribution(("a", "b"), weights, name="q") for weights in ([1, 3], [3, 1]))
    write("own.json", own_json(klcli.compare({"a": 1, "b": 1}, q1, q2)))
    with pytest.raises(InputError):
        read("own.json::q")


@pytest.mark.parametrize(
    "text",
    [
        '{"results": [{"measure": "kl", "terms": [{"outcome": "a", "p": 1}], "terms": [{"outcome": "b", "p": 1}]}]}',
        '{"results": [{"measure": "kl", "terms": [{"outcome": "a", "p": 1}]}], "results": []}',
        '{"results": [], "results": [{"measure": "kl", "terms": [{"outcome": "a", "p": 1}]}]}',
        '{"results": [{"measure": "kl", "terms": [{"outcome": "a", "p": 1, "p": 0.5}]}]}',
    ],
)
def test_duplicate_names_in_own_output_are_refused(text: str) -> None:
    """A name that stands twice is refused at every depth: no part of a file is dropped in silence."""
    assert "duplicate name" in refusal(write("own.json", text))


@pytest.mark.parametrize("terms", ["null", "[]", "{}", "[1]", "[[]]", "[{}]", '[{"p": 1}, 2]', '[{"x": 1}]', '"x"'])
def test_broken_own_output_is_refused(terms: str) -> None:
    """Terms that are no records, or hold no distribution, are refused with their path."""
    write("own.json", f'{{"results": [{{"measure": "kl", "terms": {terms}}}]}}')
    assert refusal("own.json").startswith("own.json: $.results[0].terms")


# YAML


@pytest.mark.parametrize(
    ("text", "outcomes"),
    [
        ("NO: 3\nYES: 1\n", ("NO", "YES")),
        ("010: 3\n8: 1\n", ("010", "8")),
        ("12:30: 3\n12:31: 1\n", ("12:30", "12:31")),
        ("2024-01-01: 3\n2024-01-02: 1\n", ("2024-01-01", "2024-01-02")),
        ("1e3: 3\n1000: 1\n", ("1e3", "1000")),
        ("~: 3\nnull: 1\n", ("~", "null")),
        ("0o17: 3\n0x1F: 1\n", ("0o17", "0x1F")),
        ("\"NO\": 3\n'a: b': 1\n", ("NO", "a: b")),
        ("'': 3\n? b\n: 1\n", ("", "b")),
        ("a b: 3\n红: 1\n", ("a b", "红")),
        ("labels: [NO, 010]\np: [3, 1]\n", ("NO", "010")),
        ("- {label: NO, p: 3}\n- {label: 010, p: 1}\n", ("NO", "010")),
        ("a: 3.0\nb: 1e0\n", ("a", "b")),
        ("a: &x 3\nb: 1\n", ("a", "b")),
        ("<<: 3\n=: 1\n", ("<<", "=")),
    ],
)
def test_yaml_labels_are_text(text: str, outcomes: tuple[str, ...]) -> None:
    """NO is no truth value, 010 no number, 12:30 no sum of minutes and a date no date: labels are as written."""
    found = read(write("p.yaml", text))
    assert (found.outcomes, found.weights.tolist()) == (outcomes, [3, 1])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1:30\nb: 2\n", "line 1: '1:30' is not a number"),
        ("a: 0.5\nb: 190:20:30\n", "line 2: '190:20:30' is not a number"),
        ("a: 0.5\nb:\n", f"line 2: {BLANK}"),
        ("a: yes\nb: 0\n", "line 1: 'yes' is a truth value, not a number"),
        ("a: 1_000\n", "line 1: '1_000' is written with an underscore: leave it out"),
        ("a: 0o17\n", "line 1: '0o17' is not a decimal number"),
        ("a: 0x1F\n", "line 1: '0x1F' is not a decimal number"),
        ("a: 2024-01-01\n", "line 1: '2024-01-01' is not a number"),
        ("a: '0.5'\nb: 0.5\n", "line 1: expected a number, found text, '0.5': leave out the quotes"),
        ("a: >-\n  3\nb: 4\n", "line 1: expected a number, found text, '3': write it where the > stands"),
        ("a: 4\nb: |-\n  3\n", "line 2: expected a number, found text, '3': write it where the | stands"),
        ("a: |\n  0.5\n", "line 1: expected a number, found text, '0.5\\n'"),
        ("a: &x 0.5\nb: *x\n", "line 2: an alias, *x: write the values out"),
        ("&a [*a]\n", "line 1: an alias, *a: write the values out"),
        ("a: &x {y: 1}\nb: {<<: *x}\n", "line 2: an alias, *x: write the values out"),
        ("a: !!float 0.5\n", "line 1: a tag, tag:yaml.org,2002:float: write the value without it"),
        (
            "a: !!python/object/apply:os.system [ls]\n",
            "line 1: a tag, tag:yaml.org,2002:python/object/apply:os.system: write the value without it",
        ),
        ("a: ! 0.5\n", "line 1: a tag, !: write the value without it"),
        ("!x {a: 1}\n", "line 1: a tag, !x: write the value without it"),
        ("a: 1\n---\nb: 1\n", "line 2: a second document begins: keep one to a file"),
        ("---\n---\na: 1\n", "line 2: a second document begins: keep one to a file"),
        ("? [a, b]\n: 1\n", "line 1: a label must be plain text"),
        ("? {a: b}\n: 1\n", "line 1: a label must be plain text"),
        ("{[a]: 1}\n", "line 1: a label must be plain text"),
        ("a:\n- " + "[" * 60, "line 2: nested too deeply"),
        ("[" * 5000, "line 1: nested too deeply"),
        ("{a: " * 5000, "line 1: nested too deeply"),
        ("# only a comment\n", "empty"),
        ("# only\n\n# comments\n", "empty"),
        ("a: 1\n  b: 2\n", "line 2: not YAML: mapping values are not allowed in this context"),
        ("a: [1, 2\n", "line 1: not YAML: did not find expected ',' or ']' while parsing a flow sequence"),
        ("a: 'x\n", "line 1: not YAML: found unexpected end of stream while scanning a quoted scalar"),
        ("\ta: 1\n", "line 1: not YAML: found character that cannot start any token"),
        ("a: 1\nb\n", "line 2: not YAML: could not find expected ':' while scanning a simple key"),
        ("a\n", "line 1: expected a list or a mapping of numbers, found a"),
        ("0.5\n", "line 1: expected a list or a mapping of numbers, found 0.5"),
        ("{}\n", "empty"),
        ("[]\n", "empty: a distribution needs at least one outcome"),
        ("p: [1, 2]\nq: 3\n", "line 2: expected a list or a mapping, found 3: leave it out"),
        ("p: [1, 2]\np: [3, 4]\n", "line 2: duplicate name 'p'"),
        ("- label: a\n  p: 1\n- label: b\n", f"line 3: {OTHER_FIELDS}: it lacks p"),
        ("- label: a\n  label: b\n", "line 2: duplicate name 'label'"),
        ("- 0.5\n- - 0.5\n", "line 2: expected a number, found a list"),
        ("- 0.5\n- a: 0.5\n", "line 2: expected a number, found a mapping"),
        ("# one\u2028# two\x85\na: 1\nb: &x 2y\n", "line 3: an anchor, &x: leave it out, or put the label in quotes"),
        ("# one\u2029# two\r\na: 1\nb: @\n", "line 3: not YAML: found character that cannot start any token"),
    ],
)
def test_yaml_is_refused_with_the_line(text: str, message: str) -> None:
    """What YAML would turn into something else, or hide elsewhere, is refused with its line."""
    assert refusal(write("p.yaml", text)) == f"p.yaml: {message}"


@pytest.mark.parametrize(
    ("text", "weights"),
    [
        ("a: 9.99e-1\nb: 1e-3\n", [0.999, 0.001]),
        ("a: .5\nb: 5.e-1\n", [0.5, 0.5]),
        ("a: 1/3\nb: 2/3\n", [1 / 3, 2 / 3]),
        ('a: "1/3"\nb: 2/3\n', [1 / 3, 2 / 3]),
        ("a: +0.5\nb: 0.50\n", [0.5, 0.5]),
    ],
)
def test_yaml_numbers_are_numbers_as_everywhere(text: str, weights: list[float]) -> None:
    """1e-3 is a number in YAML too, and so are fractions."""
    assert read(write("p.yaml", text)).weights.tolist() == weights


@pytest.mark.parametrize("character", ["\x07", "\ufffe"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_control_character_in_yaml_is_refused_with_its_line(character: str, end: str) -> None:
    """A character that YAML does not allow is refused with the line on which it stands."""
    message = refusal(write("p.yaml", f"a: 0.5{end}b{character}: 0.5{end}"))
    assert message.startswith("p.yaml: line 2: ")


@pytest.mark.parametrize("text", ["---\n", "--- \n...\n", "p:\n- 1\nq:\n"])
def test_nothing_in_yaml_is_shown_as_something(text: str) -> None:
    """A message about a value that is missing does not end in a blank."""
    message = refusal(write("p.yaml", text))
    assert message == message.rstrip()


# Did you mean


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("p.csv", "label,box_p,box_q\na,1,2\n"),
        ("p.tsv", "label\tbox_p\tbox_q\na\t1\t2\n"),
        ("p.json", '{"box_p": {"a": 1, "b": 1}, "box_q": {"a": 2, "b": 1}}'),
        ("p.yaml", "box_p: {a: 1, b: 1}\nbox_q: {a: 2, b: 1}\n"),
    ],
)
def test_a_misspelt_column_may_have_been_another(name: str, text: str) -> None:
    """The nearest column is offered in every format."""
    write(name, text)
    assert refusal(f"{name}::bx_q") == f"{name}: no column 'bx_q' among box_p, box_q: did you mean ::box_q?"
    assert refusal(f"{name}::zzz") == f"{name}: no column 'zzz' among box_p, box_q"
    assert refusal(f"{name}::") == f"{name}: no column '' among box_p, box_q"


def test_many_columns_are_not_all_listed() -> None:
    """Twenty names are listed and the others counted."""
    write("p.csv", ",".join(["label", *(f"c{index}" for index in range(30))]) + "\na" + ",1" * 30 + "\n")
    assert refusal("p.csv::x").endswith("c18, c19 and 10 more")


# The fast path and the other one

cells = st.one_of(
    st.sampled_from(["a", "b", "p", "label", "name", "", " ", "x y", "é", "-1", "NA", "30%", "1e400", "0"]),
    st.integers(0, 99).map(str),
    st.text("0.15ab%- ", max_size=3),
)


@st.composite
def tables(draw: st.DrawFn) -> tuple[str, str, str]:
    """A text that is a table for the most part, what separates its columns, and its decimal sign."""
    mark = draw(st.sampled_from(",;\t|"))
    decimal = "." if mark == "," else draw(st.sampled_from(".,"))
    width = draw(st.integers(1, 4))
    header = draw(
        st.lists(st.sampled_from(["label", "p", "q", "x", "name", "sample", ""]), min_size=width, max_size=width)
    )
    numeric = st.one_of(st.integers(0, 9).map(str), st.sampled_from(["0.5", "1.10", "007", "1/2", " 1", "-1"]))
    columns = [draw(st.sampled_from([numeric, numeric, cells])) for _ in range(width)]
    rows = [[draw(column).replace(".", decimal) for column in columns] for _ in range(draw(st.integers(0, 5)))]
    rows = [header, *rows]
    text = draw(st.sampled_from(["", "", "", "\n"])) + "\n".join(map(mark.join, rows))
    text += draw(st.sampled_from(["\n", "\n", "", "\n\n", "x", ","]))
    assume(text.strip())  # what is blank is refused before it comes to a table
    return text, mark, decimal


def by(text: str, mark: str, decimal: str = ".", *, fast: bool) -> Any:
    """What a table holds by one way or the other: columns, numbers and the place of every row, or a refusal."""
    way = klcli_delimited._plain_table if fast else mock.Mock(return_value=None)
    try:
        with mock.patch.object(klcli_delimited, "_plain_table", way):
            columns = klcli_delimited._delimited(text, mark, decimal)
            found = [readers._distribution(column, column.name, True, "refuse") for column in columns]
    except (FormatError, InputError) as error:
        return type(error), str(error)
    places = [column.place(index) for column in columns for index in range(len(found[0].outcomes))]
    samples = [[*column.cells] for column in columns if column.name == "sample"]  # which may be names
    return held(found), [each.notes for each in found], [each.labelled for each in found], places, samples


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("label,p\na,1\n", ","),
        ("p\n1\n", ","),
        ("\n1\n2\n", ","),
        ("p\n1\n\n2\n", ","),
        ("a,p\n1,2\n3,4\n", ","),
        ("a,p\n1,2\nx,4\n", ","),
        ("a,p\nx,2\n3,4\n", ","),
        ("p,a\n2,x\n4,3\n", ","),
        ("a,b,p\nx,y,1\nz,w,2\n", ","),
        ("label,p\na,1\nb,1,2\n", ","),
        ("label,p\na,1,2\nb\n", ","),
        ("label,p\na\n1,b,1\n", ","),
        ("label,p\n,1\n,2", ","),
        ("a\tb\n1\t2\n", "\t"),
        ("p\n", ","),
        ("label,p\n", ","),
        (" \n1\n2\n", ","),
        ("label,p\na,1\n\n\n", ","),
        ("label,p\na,-1\n", ","),
    ],
)
def test_two_ways_to_read_a_table_agree_on_edges(text: str, mark: str) -> None:
    """The fast way gives what csv's way gives: the same columns and places, or the same refusal."""
    assert by(text, mark, fast=True) == by(text, mark, fast=False)


@settings(max_examples=600, deadline=None)
@given(tables())
def test_two_ways_to_read_a_table_agree(table: tuple[str, str, str]) -> None:
    """For any table the fast way gives what csv's way gives, or both refuse it."""
    fast, slow = by(*table, fast=True), by(*table, fast=False)
    assert fast == slow or (fast[0] is slow[0] is FormatError)


@fuzzed
@given(tables(), st.data())
def test_a_harmless_pair_of_quotes_changes_nothing(table: tuple[str, str, str], data: st.DataObject) -> None:
    """Quotes around a cell that needs none lead another way to the same answer."""
    text, mark, decimal = table
    lines = text.split("\n")
    row = data.draw(st.sampled_from([index for index, line in enumerate(lines) if line] or [0]))
    parts = lines[row].split(mark)
    place = data.draw(st.integers(0, len(parts) - 1))
    if not lines[row]:
        return
    parts[place] = f'"{parts[place]}"'
    quoted = "\n".join([*lines[:row], mark.join(parts), *lines[row + 1 :]])
    plain, other = by(text, mark, decimal, fast=True), by(quoted, mark, decimal, fast=True)
    assert plain == other or (plain[0] is other[0] is FormatError)


@pytest.mark.parametrize("length", [1, 7, 8191, 300_000])
def test_blocks_end_between_rows(length: int) -> None:
    """The edges of blocks fall between rows, whatever their length."""
    size = max(2, 600_000 // (length + 8))
    rows = "".join(f"{'x' * (length - 1)}{index},{index + 1}\n" for index in range(size))
    fast, slow = (read(write("p.csv", f"label,{p}\n{rows}")) for p in ("p", '"p"'))
    assert fast.outcomes == slow.outcomes
    assert fast.weights.tolist() == slow.weights.tolist() == list(range(1, size + 1))


# Anything at all

VALID = {
    "csv": [
        "label,p\na,0.5\nb,0.5\n",
        "a,0.5\nb,0.5\n",
        "0.5\n0.5\n",
        "p\n0.5\n0.5\n",
        '"a,b",0.5\n"c""d",0.5\n',
        "label,p,q\na,1,2\nb,3,4\n",
        "x;y\na;1\nb;2\n",
        "name|p|t\na|1|x\n",
    ],
    "tsv": ["label\tp\na\t0.5\nb\t0.5\n", "a\t0.5\nb\t0.5\n"],
    "json": ['{"a":0.5,"b":0.5}', "[0.5,0.5]", RECORDS, NESTED, TWO_RECORDS, '{"labels":["a","b"],"p":[0.5,"1/2"]}'],
    "yaml": [
        "a: 0.5\nb: 0.5\n",
        "- 0.5\n- 0.5\n",
        "p:\n  a: 1\n  b: 2\nq: {a: 1}\n",
        "labels: [a, b]\np: [1, 2]\n",
        "- label: a\n  p: 1\n- label: b\n  p: 2\n",
    ],
}
ALPHABET = ",;\"\n0.15ab%-:[]{}\t| \r'/_e+=#&*!?\ufeff\u2028\x85é−"
PLACE = re.compile(
    r"line [1-9]\d*|\$|: empty|: holds \d+ distributions of one|which tell rows apart: "
    r"|all values are zero|the values sum to"
    "|nested too deeply|not YAML: unacceptable|: is "
    "|: (gzip|bzip2|xz|zstd): |: cut off|: a Parquet file that"
)


@st.composite
def mutated(draw: st.DrawFn, texts: list[str]) -> str:
    """One of the texts after a few changes, or a text of the same characters."""
    text = draw(st.sampled_from([*texts, ""]))
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(text)))
        stop = draw(st.integers(start, min(len(text), start + 4)))
        text = text[:start] + draw(st.text(ALPHABET, max_size=3)) + text[stop:]
    return text


def refused_or_right(source: str, **options: Any) -> list[Distribution]:
    """What the source holds; nothing where it is refused as it should be. Anything else is a failure."""
    try:
        found = read_all(source, **options)
    except InputError as error:
        message = str(error)
    else:
        for each in found:
            assert np.isfinite(each.weights).all()
            assert (each.weights >= 0).all()
            assert each.weights.any()
            assert len(set(each.outcomes)) == len(each.outcomes) == len(each.weights)
        return found
    assert message.startswith(source), message
    assert PLACE.search(message), message
    assert ": : " not in message.replace("': : '", "")[: len(source) + 10], message
    return []


def numeral(node: Any) -> float:
    """The number that a node of an oracle's tree writes."""
    return number(node) if isinstance(node, str) else float(node)


def is_word(node: Any) -> bool:
    """Whether a node of an oracle's tree is text that writes no number."""
    try:
        numeral(node)
    except (TypeError, ValueError):
        return isinstance(node, str)
    return False


def check_tree(found: list[Distribution], tree: Any) -> None:
    """Hold what was read from a tree against the tree of another parser: nothing is lost and nothing is added."""
    if isinstance(tree, dict) and not any(isinstance(node, dict | list) for node in tree.values()):
        assert [dict(zip(each.outcomes, each.weights.tolist(), strict=True)) for each in found] == [
            {str(label): numeral(node) for label, node in tree.items()}
        ]
    elif isinstance(tree, list) and all(isinstance(node, list) for node in tree):
        assert [each.weights.tolist() for each in found] == [list(map(numeral, row)) for row in tree]
    elif isinstance(tree, list) and not any(isinstance(node, dict) for node in tree):
        assert [each.weights.tolist() for each in found] == [[numeral(node) for node in tree]]
    elif isinstance(tree, dict):
        named = [
            node
            for name, node in tree.items()
            if (name != "labels" and not any(map(is_word, node))) or isinstance(node, dict)
        ]
        assert len(found) >= len(named)
        if len(found) == len(named):
            assert [len(each.outcomes) for each in found] == [len(node) for node in named]
    else:
        assert {len(each.outcomes) for each in found} == {len(tree)}


@pytest.mark.parametrize("name", ["fuzz.csv", "fuzz.tsv"])
@fuzzed
@given(data=st.data())
def test_no_table_is_read_wrongly(name: str, data: st.DataObject) -> None:
    """A table is read row by row or refused: no row is lost, save a header without numbers."""
    text = data.draw(mutated(VALID[name[-3:]]))
    found = refused_or_right(write(name, text), normalize=data.draw(st.booleans()))
    rows = [row for row in re.split("\r\n|\r|\n", text.removeprefix("\ufeff")) if row]
    if found and '"' not in text:
        mark = "\t" if name.endswith("tsv") else next((mark for mark in ",;\t|" if mark in rows[0]), ",")
        header = rows[0].split(mark)
        if len(rows) == 1:  # a list
            sizes = [len(each.outcomes) for each in found]
            assert sizes == [len(header)] or set(sizes) == {1}  # or one row with a label and several columns
            return
        for each in found:
            assert len(each.outcomes) in (len(rows), len(rows) - 1)
            if len(each.outcomes) < len(rows):
                assert not any(re.fullmatch(r"\s*[-+]?[0-9.]+%?\s*", cell) for cell in header)


@fuzzed
@given(mutated(VALID["json"]), st.booleans())
def test_no_json_is_read_wrongly(text: str, normalize: bool) -> None:
    """JSON is read as another parser reads it, or refused."""
    found = refused_or_right(write("fuzz.json", text), normalize=normalize)
    if found:
        check_tree(found, json.loads(text.removeprefix("\ufeff")))


@fuzzed
@given(mutated(VALID["yaml"]), st.booleans())
def test_no_yaml_is_read_wrongly(text: str, normalize: bool) -> None:
    """YAML is read as another parser reads it, or refused."""
    found = refused_or_right(write("fuzz.yaml", text), normalize=normalize)
    if found:
        check_tree(found, yaml.load(text.removeprefix("\ufeff"), getattr(yaml, "CBaseLoader", yaml.BaseLoader)))


@fuzzed
@given(mutated([text for texts in VALID.values() for text in texts]), st.sampled_from([*VALID, "txt"]))
def test_no_text_breaks_a_reader(text: str, ending: str) -> None:
    """Text of any kind under any ending is read or refused."""
    refused_or_right(write(f"fuzz.{ending}", text), duplicates="sum")


@fuzzed
@given(st.text("0.15/,=ABe-+ %", max_size=14).filter(lambda source: not source.startswith("-")))
def test_no_inline_text_is_read_wrongly(source: str) -> None:
    """Inline text is read item by item or refused under its own name."""
    found = refused_inline(source)
    if found is not None:
        numbers = [number(part.rpartition("=")[2]) for part in source.split(",")]
        assert found.weights.tolist() == [weight + 0.0 for weight in numbers]


def refused_inline(source: str) -> Distribution | None:
    """What inline text holds, or nothing where it is refused."""
    try:
        return read(source, normalize=True)
    except InputError as error:
        message = str(error)
    assert message.startswith((source, repr(source), source.removeprefix(" "))), message
    return None


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
        min_size=1,
        max_size=6,
        unique=True,
    ),
    st.data(),
)
@fuzzed
def test_any_labels_come_back_from_every_format(names: list[str], data: st.DataObject) -> None:
    """Whatever the labels are, CSV, JSON and quoted YAML give them back with their counts."""
    counts = data.draw(st.lists(st.integers(1, 99), min_size=len(names), max_size=len(names)))
    pairs = dict(zip(names, counts, strict=True))
    table = "label,p\n" + "".join('"{}",{}\n'.format(name.replace('"', '""'), n) for name, n in pairs.items())
    tree = json.dumps(pairs)
    for name, text in (("any.csv", table), ("any.json", tree)):
        found = read(write(name, text))
        assert dict(zip(found.outcomes, found.weights.tolist(), strict=True)) == pairs


@given(st.lists(st.floats(0, 1e308), min_size=1, max_size=8).filter(any))
@fuzzed
def test_any_numbers_come_back_from_every_format(weights: list[float]) -> None:
    """Whatever the numbers are, every form gives them back to the last bit."""
    texts = {
        "any.csv": "p\n" + "".join(f"{x!r}\n" for x in weights),
        "any.json": json.dumps(weights),
        "any.yaml": "".join(f"- {x!r}\n" for x in weights),
    }
    for name, text in texts.items():
        assert read(write(name, text), normalize=True).weights.tolist() == weights
    assert read(",".join(map(repr, weights)), normalize=True).weights.tolist() == weights


def test_a_cell_that_is_refused_is_refused_by_number_too() -> None:
    """The readers have no idea of their own what a number is."""
    for cell in ("0.5 ", "\t0.5", "5e-1", "+.5", "1/2"):
        assert read(write("p.csv", f"label,p\na,{cell}\nb,0.5\n")).weights.tolist() == [number(cell), 0.5]
    for cell in ("0.5x", "\u00a00.5", "0.5f"):
        with pytest.raises(NumeralError):
            number(cell)
        assert refusal(write("p.csv", f"label,p\na,{cell}\nb,0.5\n")).startswith("p.csv: line 2, column p: ")


def test_labels_that_end_in_a_blank_are_shown_to() -> None:
    """A label that differs from another by a blank alone stands in quotes where it is said to be absent."""
    p, q = read(write("p.csv", "label,p\na,1\nb,1\n")), read(write("q.csv", "label,q\na ,1\nb,1\n"))
    assert klcli.kl(p, q).notes[2:4] == (
        "absent from q.csv, so q = 0 there: a",
        "absent from p.csv, so p = 0 there: 'a '",
    )


# What is meant: labels or numbers, a header or data, one row or many


def heads(text: str, name: str = "p.csv", **options: Any) -> list[tuple[str, Sequence[str] | None, list[float]]]:
    """Each column of the text: its name, its labels and its numbers."""
    columns = readers.read_columns(write(name, text), **options)
    return [
        (column.name, column.labels, list(map(float, column.cells if column.values is None else column.values)))
        for column in columns
    ]


AB = ["a", "b"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (",label,p\n0,a,0.9\n1,b,0.1\n", [("p", AB, [0.9, 0.1])]),
        ("Unnamed: 0,label,p\n0,a,0.9\n1,b,0.1\n", [("p", AB, [0.9, 0.1])]),
        ('"","Var1","Freq"\n"1","a",9\n"2","b",1\n', [("Freq", AB, [9, 1])]),
        (",Var1,Freq\n1,a,9\n2,b,1\n", [("Freq", AB, [9, 1])]),
        (",p\na,9\nb,1\n", [("p", AB, [9, 1])]),
        (",p\n5,9\n7,1\n", [("p", ["5", "7"], [9, 1])]),
        (",p,q\nx,9,1\ny,1,9\n", [("p", ["x", "y"], [9, 1]), ("q", ["x", "y"], [1, 9])]),
    ],
)
def test_a_column_without_a_name(text: str, expected: list[Any]) -> None:
    """It has the labels if no other one has them; beside labels it numbers the rows, as pandas and R write it."""
    assert heads(text) == expected


def test_years_in_the_first_row_are_doubted() -> None:
    """Two years above what are none may be a header; above years they are labels."""
    with pytest.raises(InputError, match="line 1: is 2001, 2002 a header"):
        heads("2001,2002\n5,6\n7,8\n")
    assert heads("2000,5\n3000,6\n4000,7\n") == [("2", ["2000", "3000", "4000"], [5, 6, 7])]
    assert heads("2001,1950\n2002,300\n") == [("2", ["2001", "2002"], [1950, 300])]


def test_numbers_of_rows_are_told_of() -> None:
    """What is not used is named."""
    (note,) = read(write("p.csv", ",label,p\n0,a,0.9\n1,b,0.1\n")).notes
    assert note == "p.csv: told rows apart, so not used: the column without a name"


@pytest.mark.parametrize("first", ["5\n8", "u\nv", "1\n0", "5\n5", "-1\n2", "1\n1.1", "5\nx", "5\n", "\n", "NA\n1"])
@pytest.mark.parametrize("quote", ["", '"'])
def test_a_column_without_a_name_that_names_the_rows(first: str, quote: str) -> None:
    """Words, blanks and numbers that are no fractions name or number rows, in every way that csv is read."""
    one, two = first.split("\n")
    assert heads(f"{quote}{quote},label,p\n{one},{quote}a{quote},9\n{two},b,1\n") == [("p", AB, [9, 1])]


@pytest.mark.parametrize("first", ["0.2\n0.8", "0\n0.5", "1/2\n1/2"])
@pytest.mark.parametrize("quote", ["", '"'])
def test_a_column_without_a_name_that_may_be_data(first: str, quote: str) -> None:
    """Fractions in it may be probabilities, and are not passed over."""
    one, two = first.split("\n")
    with pytest.raises(
        InputError, match="column without a name holds fractions, no names of rows: name it, or leave it out"
    ):
        heads(f"{quote}{quote},label,p\n{one},{quote}a{quote},9\n{two},b,1\n")


@pytest.mark.parametrize("first", ["NA,None,nan", "inf,5,6", "-,1,2"])
def test_labels_that_look_like_numbers_are_asked_for(first: str) -> None:
    """The refusal offers the column that can be read, and says how the other one would be the labels."""
    cells = first.split(",")
    text = "x,n\n" + "".join(f"{cell},{index}\n" for index, cell in enumerate(cells))
    cure = r"choose one, as in p.csv::n; no column of labels among x, n, so .*: call one label if it is$"
    with pytest.raises(InputError, match=cure):
        read(write("p.csv", text))
    assert heads(text.replace("x", "label", 1)) == [("n", cells, [0, 1, 2])]


def test_equal_tables_that_number_their_rows_are_equal(call: Callable[..., Done]) -> None:
    """The labels are matched, not the numbers of the rows."""
    write("a.csv", ",label,p\n0,a,0.9\n1,b,0.1\n")
    write("b.csv", ",label,p\n0,b,0.1\n1,a,0.9\n")
    assert call("kl", "a.csv", "b.csv", "--json").result["value"] == 0


@pytest.mark.parametrize("fault", ["NA", "", "30%", "0,5", "nan", "-", "n/a", "inf", "#DIV/0!", "1'000"])
@pytest.mark.parametrize("row", [0, 1, 2])
def test_a_faulty_number_does_not_make_a_column_one_of_labels(fault: str, row: int) -> None:
    """Where the first column has fractions, or what are numbers mistyped, it is one of numbers."""
    cells = ["0.5", "0.25", "0.25"]
    cells[row] = f'"{fault}"'
    text = "p,q1,q2\n" + "".join(f"{cell},{i}.5,0.3\n" for i, cell in enumerate(cells))
    write("p.csv", text)
    assert refusal("p.csv").startswith(f"p.csv::p: line {row + 2}, column p: {fault!r} is ")
    assert len(readers.read_columns("p.csv")) == 3


@pytest.mark.parametrize(
    ("cells", "is_label"),
    [
        (["a", "b", "c"], True),
        (["1", "2", "more"], True),
        (["0-9", "10-19", "20+"], True),
        (["US", "NA", "DE"], True),
        (["2026-11-23", "2026-11-24", "x"], True),
        (["1", "2", "3"], False),
        (["10%", "20%", "70%"], False),
        (["1", "NA", "3"], False),
    ],
)
def test_what_a_first_column_holds(cells: list[str], is_label: bool) -> None:
    """Words are labels, also beside whole numbers; numbers are none, be some of them missing or mistyped."""
    found = readers.read_columns(write("p.csv", "what,p\n" + "".join(f"{cell},1\n" for cell in cells)))
    assert found[-1].labels == (cells if is_label else None)


@pytest.mark.parametrize(
    ("cells", "word"), [(["6.5", "7", "XL"], "XL"), (["0.5", "0.3x", "0.2"], "0.3x"), (["1", "NA", "more"], "more")]
)
def test_words_among_fractions_are_refused(cells: list[str], word: str) -> None:
    """They may be labels, or one a number mistyped: neither is guessed, and the cure for labels works."""
    write("p.csv", "size,n\n" + "".join(f"{cell},1\n" for cell in cells))
    line = cells.index(word) + 2
    assert refusal("p.csv").startswith(f"p.csv: line {line}, column size: {word!r} among numbers: put it right if it")
    write("p.csv", "label,n\n" + "".join(f"{cell},1\n" for cell in cells))
    assert read("p.csv").outcomes == tuple(cells)


def test_a_column_of_blanks_is_left_aside() -> None:
    """A column without anything in it, as spreadsheets leave them, is no distribution."""
    found = read(write("p.csv", "name,p,note\nA,0.5,\nB,0.5,\n"))
    assert (found.weights.tolist(), found.notes) == ([0.5, 0.5], ("p.csv: no numbers, so not used: column note",))


@pytest.mark.parametrize("label", ["P(X=1|Y)", "X=1 (odd)", "x=1", "a b"])
def test_labels_with_equals_signs_are_labels(label: str) -> None:
    """What is in brackets is no item of its own."""
    assert read(f"{label}=0.5,b=0.5").outcomes == (label, "b")


@pytest.mark.parametrize("fault", ["30%", "0,5", "NA"])
def test_a_column_of_faulty_numbers_is_not_text(fault: str) -> None:
    """A column of percentages is neither dropped nor read: where it is asked for, it is refused."""
    write("p.csv", f'label,p,q\na,0.5,"{fault}"\nb,0.5,"{fault}"\n')
    assert refusal("p.csv").startswith(f"p.csv::q: line 2, column q: {fault!r} is ")
    assert read("p.csv::p").notes == ()


@pytest.mark.parametrize("mark", [";", "\t", "|", ","])
@pytest.mark.parametrize("quote", ["", '"'])
@pytest.mark.parametrize("numbers", [["3", "7"], ["3", "7", "2"]])
def test_a_table_of_one_row_is_a_list(mark: str, quote: str, numbers: list[str]) -> None:
    """Numbers in one line are one distribution, whatever separates them."""
    found = read(write("p.txt", mark.join(f"{quote}{number}{quote}" for number in numbers) + "\n"))
    assert (found.labelled, found.weights.tolist()) == (False, list(map(float, numbers)))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("0.5,0.5,", f"line 1: {BLANK}"),
        ("0.3,30%,0.4", "line 1: '30%' is a percentage: divide it by 100"),
        ("0.5,nan,0.5", f"line 1: 'nan' is {MISSING}"),
        ("1,,2", f"line 1: {BLANK}"),
        ("1,000,000", "line 1: '000' after a comma: write a decimal as 0.5, and nothing between thousands"),
        ("a=0.5,b=50%", "line 1: '50%' is a percentage: divide it by 100"),
        ("NA;5", f"line 1, item 1: 'NA' is {MISSING}"),
        ("a=3;b=7,c=1", "line 1: the label 'a=3;b' holds a number: put commas between, as in A=1/2,B=1/2"),
    ],
)
def test_a_line_of_numbers_with_a_fault(line: str, message: str) -> None:
    """It is refused as the list that it is, and not read as a table of some of it."""
    assert refusal(write("p.txt", line + "\n")) == f"p.txt: {message}"


@pytest.mark.parametrize(
    "line", ["A=3;B=7", "A=3 B=7", "A=3|B=7", "A=3\tB=7", "A=0.5; B=0.5", "A=3，B=5", "A=3、B=5"]
)
def test_items_that_no_comma_separates(line: str) -> None:
    """A label that would be a whole item is refused: it is never an outcome."""
    assert "holds a number: put commas between, as in A=1/2,B=1/2" in refusal(line)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("0,1,2\n3,7,1\n5,9,1\n", "0, 1, 2"),
        ("0,1,2,3,4\n3,7,1,1,1\n5,9,1,1,1\n", "0, 1, 2, ..."),
        ("region,2020\nnorth,5\nsouth,5\n", "region, 2020"),
        ("region,2020,2021\nnorth,5,6\nsouth,5,6\n", "region, 2020, 2021"),
    ],
)
def test_a_header_of_numbers_is_not_data(text: str, shown: str) -> None:
    """What pandas and pivots write above columns is refused, with both cures."""
    message = f"line 1: is {shown} a header? Begin the names of columns with letters; or, if it is data, put a header"
    assert refusal(write("p.csv", text)) == f"p.csv: {message} before it"


@pytest.mark.parametrize("text", ["0,1\n1,3\n", "north,1990\nsouth,2010\n", "0,2\n1,5\n2,3\n", "1,2,3\n4,5,6\n"])
def test_data_without_a_header_stay_data(text: str) -> None:
    """Numbers that may well be data are read, and a note says that there is no header."""
    assert any(HEADERLESS in note for note in read_all(write("p.csv", text), normalize=True)[0].notes)


@pytest.mark.parametrize("name", ["1st", "50%", "#", "$p$", "∑", "=p", "NA"])
def test_any_name_beside_one_of_labels(name: str) -> None:
    """Where a column is called label there is no doubt that the row is a header."""
    assert read(write("p.csv", f"label,{name}\na,3\nb,1\n")).weights.tolist() == [3, 1]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('label\tn\n"\t50\nthe\t30\nof\t20\n."\t7\nb\t2\n', "line 2: a quote is opened and closed 3 lines below"),
        ('label\tn\na\t1\n"\t50\n"\t30\nb\t2\n', "line 3: a quote is opened and closed 1 line below"),
        ('"\t50\nthe\t30\n"\t7\n', "line 1: a quote is opened and closed 2 lines below"),
        ('label\tp\tq\n"\t50\t1\nthe\t30\t2\n"\t7\t3\n', "line 2: a quote is opened and closed 2 lines below"),
    ],
)
def test_a_bare_quote_takes_no_rows(text: str, line: str) -> None:
    """Rows between two quotes that were meant as themselves are not lost in one cell."""
    assert refusal(write("p.tsv", text)).startswith(f"p.tsv: {line}, with whole rows between: ")


@pytest.mark.parametrize("label", ["Main St 5, 62701\nUSA", "\ufeffab", "x\rb, 1\nc, 2"])
@pytest.mark.parametrize("format_", ["csv", "tsv"])
def test_what_klcli_wrote_itself_comes_back(label: str, format_: str) -> None:
    """A label of lines that look like rows, or with a byte-order mark, comes back from klcli's own tables."""
    label = label if format_ == "csv" else label.replace(", ", "\t")
    text = rooms.load("render", format_).render([counts({"a": 1, label: 3}, "data")], View()).decode()
    found = read(write(f"own.{format_}", text))
    assert found.outcomes == (label, "a")
    assert any("with whole rows between" in note for note in found.notes) == ("62701" in label)


TABLES = [
    "x,w|a,1e-05|b,1.234|c,500|",
    "x,w|a,007|b,1.234|",
    "x,w|a,1/3|b,1.234|c,200|",
    "x,w|a,1.5|b,2|c,0.25",
    "expected,word,seen,model|1.0,a,2,1|2.0,b,2,3|3.0,c,2,4|",
    "expected,word,seen|1,a,2|2,b,2|3,c,2|",
    "expected,word,seen|0,a,2|1,b,2|02,c,2|",
    "n,word|1,a|2,b|3,c|",
    "x,w|a,1.000|b,5|",
    "x,w|a,b|b,2|",
    "x,w|1.5,2|a,2|",
    'x,w|a,"2|b",2|',
    ",w|,2|b,2|",
]


@pytest.mark.parametrize("rows", TABLES)
@pytest.mark.parametrize("decimal", [".", ","])
def test_ends_of_lines_and_quotes_change_no_answer(rows: str, decimal: str) -> None:
    """What the quick way to read a table gives, which CR alone does not take, is what the other one gives."""
    said = []
    if decimal == ",":
        rows = rows.replace(",", ";").replace(".", ",")
    mark = ";" if decimal == "," else ","
    quoted = "|".join(mark.join(f'"{cell}"' for cell in row.split(mark)) if row else "" for row in rows.split("|"))
    for text in (rows, quoted) if '"' not in rows else (rows,):
        for end in ("\n", "\r\n", "\r"):
            write("p.csv", text.replace("|", end))
            try:
                found = readers.read_all("p.csv", normalize=True, decimal=decimal)
                said.append([(each.name, each.outcomes, each.weights.tolist(), each.notes) for each in found])
            except InputError as error:
                said.append(str(error))
    assert said == [said[0]] * len(said)


@pytest.mark.parametrize(
    "text", ["Words\nthe\t5\nof\t7\n", "# by x\nlabel\tp\na\t5\nb\t7\n", "Words\n\nlabel|p\na|5\n"]
)
@pytest.mark.parametrize("name", ["p.txt", "p.csv"])
def test_a_title_above_another_delimiter(text: str, name: str) -> None:
    """A first line without the sign that separates all others is told of, with what to do."""
    mark = "'|'" if "|" in text else r"'\t'"
    said = f"{name}: line 1: a title or a comment, and {mark} in every line below? Leave it out"
    assert refusal(write(name, text)) == said
    assert len(read(write(name, text.partition("\n")[2].lstrip())).outcomes) == text.count("\n") - text.count(
        "\n\n"
    ) - (2 if "label" in text else 1)


@pytest.mark.parametrize(
    ("text", "cure"),
    [
        ("[2024-01-01,2024-02-01)|5\n[2024-02-01,2024-03-01)|7\n", "csv"),
        ("[0-10),5\n[10-20),7\n", "csv"),
        ("[1]\t5\n[2]\t7\n", "tsv"),
    ],
)
def test_intervals_and_brackets_may_be_labels(text: str, cure: str, call: Callable[..., Done]) -> None:
    """A table that begins with a bracket is refused with the cure, and read by it."""
    assert call("entropy", stdin=text).err.rstrip().endswith("; or, if it is a table, give --input-format csv")
    arguments = ["--input-format", cure, *(["--delimiter", "|"] if "|" in text else [])]
    assert call("entropy", *arguments, "--json", stdin=text).result["details"]["n_p"] == 12


@pytest.mark.parametrize(
    ("text", "column", "why"),
    [
        (
            "city,spend,visits\na,$5,1\nb,$7,2\n",
            "spend",
            "holds no numbers: line 2: '$5' is a number with a unit or in",
        ),
        ("city,note,visits\na,x,1\nb,y,2\n", "note", "holds no numbers: line 2: 'x' is not a number"),
        ("x,label,n\n1,a,5\n2,b,6\n3,c,7\n", "x", "tells rows apart, and holds no weights: call it count if it does"),
        ("x,label,m\n1,a,5\n2,b,6\n3,c,7\n", "x", "tells rows apart, and holds no weights: call it n if it does"),
    ],
)
def test_a_column_that_is_not_used_says_why(text: str, column: str, why: str) -> None:
    """What is said where it is asked for leads to the number, and not to the same words again."""
    assert refusal(write("p.csv", text) + f"::{column}").startswith(f"p.csv: column {column!r} {why}")
    if "call it" in why:
        name = why.split()[-4]
        write("p.csv", text.replace(f"{column},", f"{name},", 1))
        assert read(f"p.csv::{name}").weights.tolist() == [1, 2, 3]


def test_every_name_of_weights_may_be_taken() -> None:
    """There is none left to call another column, and nothing is said of it."""
    names = WEIGHT_NAMES
    write("p.csv", f"label,{','.join(names)}\n" + "".join(f"{label}{',1' * len(names)}\n" for label in "ab"))
    assert read("p.csv::n").weights.tolist() == [1, 1]


def test_very_long_first_lines_of_ndjson(call: Callable[..., Done]) -> None:
    """Answers of klcli of more than 100,000 characters a line come back, one after the other."""
    rows = "".join(f"outcome_{index},{index + 1},{900 - index},{index * 7 % 900 + 1}\n" for index in range(900))
    write("c.csv", "label,p,q,r\n" + rows)
    lines = call("compare", "c.csv", "--format", "ndjson").out
    assert len(lines.partition("\n")[0]) > 100_000
    assert call("entropy", "-::p", "--json", stdin=lines).result["terms"][899]["outcome"] == "outcome_899"


def test_names_may_begin_with_an_underscore() -> None:
    """Spark calls columns _1 and _2, which are no numbers."""
    assert heads("_1,_2\nA,3\nB,4\n", "p.csv") == [("_2", ["A", "B"], [3, 4])]


@pytest.mark.parametrize("text", ["%Yield\n3\n1\n", "Size: [cm],n\na,3\nb,1\n", "- foo,3\n- bar,1\n"])
def test_tables_that_begin_a_little_as_yaml_does(text: str, call: Callable[..., Done]) -> None:
    """A first row is YAML only where nothing else can be."""
    assert call("entropy", "--json", stdin=text).result["details"]["n_p"] == 4


@pytest.mark.parametrize(
    "text", ["p: [3, 1]\n", "- {label: a, n: 3}\n- {label: b, n: 1}\n", "%YAML 1.2\n---\na: 3\nb: 1\n", "? a\n: 3\n"]
)
def test_yaml_in_one_line(text: str, call: Callable[..., Done]) -> None:
    """Lists and mappings in one line have commas, and are YAML all the same."""
    assert call("entropy", "--json", stdin=text).code == 0


def test_an_interval_is_no_list_of_json() -> None:
    """Text that begins with a bracket and is no JSON has the cure, which is to name its format."""
    write("p.txt", "[0,10)\t3\n[10,20)\t4\n")
    assert refusal("p.txt").endswith(
        "not JSON: expecting ',' delimiter; or, if it is a table, give --input-format csv"
    )
    assert read("p.txt", input_format="tsv").outcomes == ("[0,10)", "[10,20)")


def test_quoted_lines_that_are_no_rows_stay() -> None:
    """An address of two lines is one label, with its commas."""
    found = read(write("p.csv", 'label,p\n"Main St, x\nBerlin",3\n"a\n\nb",1\n'))
    assert found.outcomes == ("Main St, x\nBerlin", "a\n\nb")


def test_a_quote_written_as_two_is_read() -> None:
    """The cure that the message names."""
    assert read(write("p.tsv", 'label\tn\n""""\t50\nthe\t30\n')).outcomes == ('"', "the")


@pytest.mark.parametrize("name", ["p.csv", "p.txt"])
def test_a_comment_above_a_table(name: str) -> None:
    """It is called what it is; nothing is skipped in silence."""
    said = "line 1: a comment? Leave it out: every line of a table is a row"
    assert refusal(write(name, "# from R\nlabel,p\na,1\n")) == f"{name}: {said}"


def test_several_are_told_of_before_one_is_blamed(call: Callable[..., Done]) -> None:
    """Where one is to be chosen it is said so, whatever is wrong with those that were not meant."""
    write("p.csv", "label,p,cum\na,0.25,0.25\nb,0.75,1\n")
    assert refusal("p.csv").startswith("p.csv::cum: the values sum to 1.25")
    done = call("entropy", "p.csv")
    assert (done.code, done.err) == (
        2,
        "klcli: p.csv: holds several distributions (p, cum): choose one, as in p.csv::p\n",
    )
    own = call("entropy", "a=1,b=3", "--format", "csv").raw
    assert "choose one, as in -::p" in call("entropy", stdin=own).err


@pytest.mark.parametrize("place", [0, 5000, 10_001, 10_002])
def test_totals_in_large_files_are_told_of(place: int) -> None:
    """Wherever they stand, as in small ones."""
    rows = [f"w{index},5" for index in range(10_001)] + ["z,3"]
    rows.insert(place, f"Total,{5 * 10_001}")
    write("p.csv", "label,n\n" + "\n".join(rows) + "\n")
    assert "'Total' may be the sum of others" in "".join(read("p.csv").notes)


def test_a_word_far_below_numbers_is_told_of() -> None:
    """A number mistyped makes labels of a column of weights, in whatever row it stands."""
    rows = [f"{index},5" for index in range(100_001)]
    write("p.csv", "word,n\n" + "\n".join(rows) + "\nzz,5\n")
    assert "with 'zz' among numbers" in "".join(read("p.csv").notes)


@pytest.mark.parametrize("name", ["Obs", "zip", "code", "S.No", "fips"])
def test_what_numbers_rows_by_its_name_is_no_weight(name: str) -> None:
    """Where nothing else is, as that of ids is none."""
    write("p.csv", f"{name},city\n1,Berlin\n2,Bonn\n3,Ulm\n")
    assert f"no numbers but those of column {name}, which tell rows apart" in refusal("p.csv")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le"])
def test_a_wide_encoding_that_is_cut_off(encoding: str) -> None:
    """It is said so where it was named, and not that it may be what it was said to be."""
    Path("p.csv").write_bytes("label,n\na,5\nb,6\n".encode(encoding)[:-1])
    told = f"p.csv: line 3: cut off in the middle of a character of {encoding.upper()}"
    with pytest.raises(InputError, match=told):
        read("p.csv", encoding=encoding)


@pytest.mark.parametrize("name", ["p.csv", "p.json"])
def test_a_sample_beside_a_population_is_counted(name: str) -> None:
    """It is a distribution as that is, and tells rows apart only where another column is called as weights are."""
    texts = {"p.csv": "sample,population\n0.2,0.25\n0.8,0.75\n"}
    texts["p.json"] = '[{"sample": 0.2, "population": 0.25}, {"sample": 0.8, "population": 0.75}]'
    write(name, texts[name])
    assert read(f"{name}::sample").weights.tolist() == [0.2, 0.8]
    with pytest.raises(InputError, match=r"holds several distributions \(sample, population\)"):
        read(name)
    write("p.csv", "sample,count\n3,25\n4,75\n")
    assert read("p.csv").outcomes == ("3", "4")


@pytest.mark.parametrize("name", ["p.csv", "p.json", "p.parquet"])
def test_a_sample_of_fractions_is_no_column_of_labels(name: str, call: Callable[..., Done]) -> None:
    """It is another distribution, whatever the one beside it is called, in every format and to every reader."""
    write("p.csv", "p,sample\n0.5,0.4\n0.3,0.35\n0.2,0.25\n")
    write("p.json", '[{"p":0.5,"sample":0.4},{"p":0.3,"sample":0.35},{"p":0.2,"sample":0.25}]')
    duckdb.sql("COPY (FROM 'p.csv') TO 'p.parquet'")
    assert held(read_all(name)) == [
        (f"{name}::p", ("0", "1", "2"), [0.5, 0.3, 0.2]),
        (f"{name}::sample", ("0", "1", "2"), [0.4, 0.35, 0.25]),
    ]
    for engine in [] if name == "p.json" else [("--engine", "duckdb")]:
        assert "no column of labels among p, sample" in call("entropy", f"{name}::p", *engine).err


@pytest.mark.parametrize(
    "labels",
    [["12", "NA", "15"], ["12%", "43%", "45%"], ["1", "2", "-"], ["1,234", "2,345", "3,456"], ["1", "2", "3"]],
)
def test_keys_that_are_numbers_missing_or_mistyped_are_told_of(labels: list[str]) -> None:
    """As those are that are numbers: they may not be what the outcomes are called."""
    rows = "".join(f'{row + 20},{row + 5},"{label}"\n' for row, label in enumerate(labels))
    path = write("p.csv", f"age,n,sample\n{rows}")
    note, *_ = read(f"{path}::n").notes
    assert (
        note == f"p.csv::n: the labels, {', '.join(labels)}, are from column sample: call another one label if it is"
    )


def test_a_column_of_labels_is_no_distribution() -> None:
    """Who asks for the labels is told so."""
    write("p.csv", "label,p\na,1\n")
    assert refusal("p.csv::label") == "p.csv: column 'label' holds the labels"


def test_decimal_commas_in_quotes() -> None:
    """R and pandas write a decimal comma between commas so, and it is read so."""
    text = 'label,p\na,"0,5"\nb,"0,5"\n'
    assert read(write("p.csv", text), decimal=",").weights.tolist() == [0.5, 0.5]
    assert read("p.csv", decimal=",", delimiter=",").weights.tolist() == [0.5, 0.5]
    assert "--decimal ," in refusal("p.csv")


@pytest.mark.parametrize(
    "text", ["label;p\na;0,5\nb;0,5\n", "a;0,5\nb;0,5\n", "label,p\na,0,5\nb,0,5\n", '"";"p"\n"a";0,5\n"b";0,5\n']
)
def test_decimal_commas_are_called_so(text: str) -> None:
    """However a table with decimal commas looks, the advice is --decimal , and it works."""
    assert "--decimal ," in refusal(write("p.csv", text))
    if ";" in text:
        assert read("p.csv", decimal=",").weights.tolist() == [0.5, 0.5]


def test_json_that_is_called_csv() -> None:
    """It is known as what it is."""
    assert (
        refusal(write("p.csv", '{"a": 1,\n"b": 2}')) == "p.csv: is JSON: give --input-format json, or call it .json"
    )


def test_a_table_of_many_columns_is_read_at_once() -> None:
    """Names are compared in one pass, so that fifty thousand columns, a vocabulary, do not take minutes."""
    width = 50_000
    write("p.csv", ",".join(f"t{i}" for i in range(width)) + "\n" + ",".join(["1"] * width) + "\n")
    assert len(readers.read_columns("p.csv")) == width


def test_a_sum_beyond_float64_is_called_so() -> None:
    """Where outcomes are added up the sum must be a number too."""
    write("p.csv", "label,p\na,1e308\na,1e308\n")
    assert refusal("p.csv", normalize=True, duplicates="sum") == (
        "p.csv: line 2 and line 3: add up to more than the largest float64, 1.8e308"
    )


@pytest.mark.parametrize("name", ["p.npy", "p.parquet"])
def test_an_input_format_is_that_of_text(name: str, call: Callable[..., Done]) -> None:
    """Beside a text in a format of its own, an array or a Parquet file is read as what it is."""
    import duckdb
    import numpy as np

    np.save("p.npy", [0.25, 0.75])
    duckdb.sql("COPY (SELECT unnest([0.25, 0.75]) AS p) TO 'p.parquet' (FORMAT parquet)")
    write("q.dat", "0.5\n0.5\n")
    assert call("kl", name, "q.dat", "--input-format", "csv").code == 0


# What programs write where a number is missing, where the row is the first one.


@pytest.mark.parametrize(
    "first",
    ["\\N", "(null)", "n.a.", "nil", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#NULL!", "N/A"],
)
def test_a_first_row_whose_number_is_missing_is_no_header(first: str) -> None:
    """Without a header, the row would be lost as one."""
    assert refusal(write("p.tsv", f"a\t{first}\nb\t3\nc\t7\n")).startswith("p.tsv: line 1, column 2: ")
    assert heads(f"label,{first}\na,3\n")  # it is a header for certain


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('"","Var1","Freq"\n"1",1,5\n"2",3,5\n', "1, 2, are from the column without a name"),
        (",age,Freq\n0,18,5\n1,19,5\n2,20,7\n", "0, 1, 2, are from the column without a name"),
        ("id,age,Freq\n1,18,5\n2,19,5\n", "1, 2, are from column id"),
        ("id,age,Freq\n7,18,5\n9,19,5\n", "7, 9, are from column id"),
        (",age,Freq\n2,18,5\n0,19,6\n", "2, 0, are from the column without a name"),
        ("label,age,Freq\n1,18,5\n2,19,6\n", None),
        ("id,Freq\n1,18\n2,19\n", None),
        (",Freq\n0,18\n1,19\n", None),
    ],
)
def test_labels_that_are_numbers_of_rows_are_told_of(text: str, told: str | None) -> None:
    """Another column of numbers may be the labels that were meant."""
    write("p.csv", text)
    notes = read("p.csv::Freq").notes
    assert [note for note in notes if "labels" in note] == (
        [f"p.csv::Freq: the labels, {told}: call another one label if it is"] if told else []
    )


@pytest.mark.parametrize("header", ["", "p\n"])
def test_a_bare_column_with_decimal_commas(header: str) -> None:
    """The comma is in the numbers, be there a header or not."""
    ((_, labels, values),) = heads(f"{header}12,5\n7,5\n80,0\n", decimal=",")
    assert (labels, values) == (None, [12.5, 7.5, 80])


@pytest.mark.parametrize(
    ("text", "decimal"),
    [
        ("label;n\nA;1.000\nB;2.000\nC;500\n", "."),
        ("A;1.000\nB;2.345\nC;500\n", "."),
        ("label,n\nA,500\nB,1.000\nC,300\n", "."),
        ("label;n\nA;87\nB;45\nC;1.234\nD;2.500\n", "."),
        ("500;1.000;300", "."),
        ("500,1.000,300", "."),
        ("n\n1.000\n2\n", "."),
        ('label,n\nA,"1,000"\nB,"2,000"\nC,500\n', ","),
    ],
)
def test_thousands_among_whole_numbers_are_doubted(text: str, decimal: str) -> None:
    """1.000 beside 500 may be a thousand, and 1.234 beside 87."""
    with pytest.raises(
        InputError, match=r"'1[.,](000|234)' is in doubt among whole numbers: leave out the marks between thou"
    ):
        read(write("p.csv", text), decimal=decimal)


@pytest.mark.parametrize("column", ["1.000 2.000 3.000", "1.000 0 0", "1.000 2.5 3", "1000 2.000 0.5", "1.5 2 3"])
def test_decimals_that_are_no_thousands(column: str) -> None:
    """All with as many digits, or some of them not in threes: they are what they are."""
    cells = column.split()
    found = read(write("p.csv", "n\n" + "\n".join(cells) + "\n"), normalize=True)
    assert found.weights.tolist() == list(map(float, cells))


@pytest.mark.parametrize("label", ["Total", "total", "Grand Total", "Sum", "All", "合计", '""'])
@pytest.mark.parametrize("is_first", [True, False])
def test_a_row_of_totals_is_told_of(label: str, is_first: bool) -> None:
    """It is an outcome as it stands, and no one is in doubt of it."""
    total = [f"{label},10\n"]
    rows = "".join([*(total if is_first else []), "A,3\n", "B,7\n", *([] if is_first else total)])
    (note, _) = read(write("p.csv", f"state,pop\n{rows}")).notes
    assert note.endswith(
        "is the sum of all the others, and was read as an outcome beside them: leave it out if it is their total"
    )
    less = read(write("p.csv", f"state,pop\n{rows.replace('10', '8')}")).notes  # no sum of the others
    assert len(less) == 1 + (label in ("Total", "total", "Grand Total", "合计", '""'))


def test_columns_of_one_number_each_are_no_distributions() -> None:
    """A wide row, and numbers in boxes as R writes them, would each have the entropy 0."""
    message = (
        "holds 3 distributions of one number each: if they are one, write it as a column, a list or a mapping of"
    )
    rows = ("A,B,C\n3,4,5\n", ",A,B,C\ncount,3,4,5\n")
    for name, text in (*(("p.csv", row) for row in rows), ("p.json", '{"a": [3], "b": [4], "c": [5]}')):
        for several in (True, False):
            with pytest.raises(InputError, match=message):
                read_all(write(name, text), several=several)


@pytest.mark.parametrize("text", ["0,15,0,05,0,8", "0,00,1", "1,000"])
def test_decimal_commas_in_inline_numbers(text: str) -> None:
    """A first zero tells them from whole numbers."""
    with pytest.raises(InputError, match=r"after a comma: write a decimal as 0.5, and nothing between thousands"):
        read(text)


def test_the_column_of_labels_is_named_where_it_was_guessed() -> None:
    """A remark may be taken for labels; what stands twice in it says so."""
    write("p.csv", "id,p,comment\n1,.5,ok\n2,.3,ok\n3,.2,bad\n")
    with pytest.raises(InputError, match=r"duplicate outcome 'ok': .* \(labels are from column comment\)$"):
        read("p.csv::p")


def test_a_header_that_is_one_short() -> None:
    """R's write.table leaves the name of its first column out."""
    with pytest.raises(InputError, match=r"a header that is one short, as R's write.table makes it"):
        heads('"p" "q"\n"a" 1 2\n"b" 2 3\n', delimiter=" ")


def test_dates_with_points_beside_decimal_commas() -> None:
    """The decimal sign is that of the columns that are read as numbers."""
    text = "label;n;share\n01.05;3;0,3\n02.05;7;0,7\n"
    assert heads(text, decimal=",") == [("n", ["01.05", "02.05"], [3, 7]), ("share", ["01.05", "02.05"], [0.3, 0.7])]


@pytest.mark.parametrize(
    "text",
    [
        '{"bin": [5, 6], "p": [0.5, 0.25]}',
        '{"p": [0.5, 0.25], "label": [5, 6]}',
        '{"bin": {"0": 5, "1": 6}, "p": {"1": 0.25, "0": 0.5}}',
        "category: [5, 6]\np: [0.5, 0.25]\n",
    ],
)
def test_a_table_by_its_columns_has_labels(text: str) -> None:
    """As pandas and R write it, be they lists or mappings from the number of the row."""
    ((name, labels, values),) = heads(text, "p.json" if text[0] == "{" else "p.yaml")
    assert (name, dict(zip(labels or (), values, strict=True))) == ("p", {"5": 0.5, "6": 0.25})


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('{"category": {"a": 0.2, "b": 0.8}, "q": {"a": 0.5, "b": 0.5}}', ["category", "q"]),
        ('{"category": {"a": 2, "b": 8}, "q": {"a": 5, "b": 5}}', ["category", "q"]),
        ('{"query": [0.5, 0.5], "key": [0.25, 0.75]}', ["query", "key"]),
        (
            '{"category": {"books": 0.5, "toys": 0.5}, "region": {"north": 0.25, "south": 0.75}}',
            ["category", "region"],
        ),
        ('{"row": [1, 2], "p": [1, 2]}', ["row", "p"]),
        ('{"row": ["a", "b"], "p": [1, 2]}', ["p"]),
    ],
)
def test_what_may_be_a_distribution_is_no_column_of_labels(text: str, names: list[str]) -> None:
    """Words are labels, and so are numbers that are no shares of 1, under a name that says so."""
    assert [name for name, _, _ in heads(text, "p.json")] == names


def test_lists_of_numbers_are_distributions() -> None:
    """A sample and a population are two; labels that are not those of a mapping are refused."""
    assert [name for name, _, _ in heads('{"sample": [1, 2], "population": [3, 4]}', "p.json")] == [
        "sample",
        "population",
    ]
    assert heads('{"labels": ["b"], "p": {"b": 1}}', "p.json") == [("p", ["b"], [1])]
    write("p.json", '{"labels": ["a"], "p": {"b": 1}}')
    assert refusal("p.json") == "p.json: $.p: its keys are not those of $.labels"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '{"columns": [0, 1], "index": [0, 1], "data": [[1, 2], [3, 4]]}',
            r"in parts, .* as pandas does by reset_index\(\)\.to_json\(orient='records'\)$",
        ),
        ('{"columns": ["rating", "count"], "data": [[1, 10], [2, 20]]}', "in parts, its rows apart"),
        ('{"columns": ["rating", "count"], "rows": [[1, 10], [2, 20]]}', "in parts, its rows apart"),
        ('{"label": {"0": "a", "0": "b"}, "p": {"0": 0.2, "0": 0.5}}', r"\$\.label\.0: duplicate name '0'"),
        ('{"bin": {"0": 5, "1": 6}, "p": {"0": 1, "2": 3}}', r"\$.p: its keys are not those of \$.bin"),
    ],
)
def test_tables_of_pandas_that_are_refused(text: str, message: str) -> None:
    """What cannot be told is not guessed."""
    with pytest.raises(InputError, match=message):
        heads(text, "p.json")


def test_lines_of_json_may_be_called_json() -> None:
    """DuckDB and BigQuery call them so."""
    assert heads('{"label": "a", "p": 1}\n{"label": "b", "p": 3}\n', "p.json") == [("p", ["a", "b"], [1, 3])]


def test_a_control_character_in_json_has_a_cure() -> None:
    """The sentence is whole."""
    assert refusal(write("p.json", '{"a\033[31m": 1}')) == (
        "p.json: line 1, column 4: not JSON: invalid control character: write it as \\u and its number"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2023\n120\n80\n", "line 1: is 2023 a header?"),
        ("movie,1,2,3\na,10,5,3\n", "line 1: is movie, 1, 2, 3 a header?"),
        ("r,0,1\na,1,1\nb,2,0\n", "line 1: is r, 0, 1 a header?"),
        ("index,0\na,10\nb,2\n", "line 1: is index, 0 a header?"),
        (
            "12,05\n37,5\n",
            "line 1: '12,05' may be one number: put a header before it if it is two; are these decimal",
        ),
        ("1,234\n5,678\n", "line 1: '1,234' may be one number"),
        ("Kat;Anz\nA;1.234\nB;200\n", "line 2, column Anz: '1.234' is in doubt among whole numbers"),
        (
            "k,v\na,3,\nb,2,\n",
            "line 2: 3 cells where the first row has 2 (separated by ','); a ',' at its end? Leave",
        ),
        ("k,v\na,0.3,\nb,0.7,\n", "line 2: 3 cells where the first row has 2 (separated by ','); a ',' at its end?"),
        (
            "My report\nk,v\na,3\n",
            "line 2: 2 cells where the first row has 1 (separated by ','); if the first row is",
        ),
        ("Var1,Freq\n(0,1],3\n", "line 2: 3 cells where the first row has 2 (separated by ','); a label with ',' in"),
        ('"k,v\na",3\nd,4\n', "line 1: a quote is opened and closed 1 line below"),
        ('label,p\na,"30,5%"\n', "line 2, column p: '30,5%' is a percentage: divide it by 100"),
        (
            "[UNK],3\n[CLS],2\n",
            "line 1, column 2: not JSON: expecting value; or, if it is a table, give --input-format csv",
        ),
    ],
)
def test_what_looks_like_something_else_is_refused(text: str, message: str) -> None:
    """Headers of numbers, thousands, commas within numbers, quotes over several rows: each with what it may be."""
    name = "p" if text[0] == "[" else "p.csv"
    write(name, text)
    with pytest.raises(InputError, match="^" + re.escape(f"{name}: {message}")):
        read(name)


def test_rows_that_a_quote_has_taken_are_seen_with_decimal_commas() -> None:
    """The numbers in them are read as all others are."""
    write("p.csv", 'k;v\n"a;1,5\nb";2,5\nc;7,5\n')
    with pytest.raises(InputError, match="line 2: a quote is opened and closed 1 line below"):
        read("p.csv", decimal=",", normalize=True)


def test_a_first_zero_may_be_the_name_of_the_column() -> None:
    """So pandas calls the column of a Series without a name."""
    write("p.csv", "0\n0.2\n0.8\n")
    assert read("p.csv").notes == (
        "p.csv: no header: 0 was read as the first number; leave it out if it is the name of the column",
    )
    write("p.csv", "0\n3\n5\n")
    assert read("p.csv").notes[1:] == ("p.csv: counts, divided by their total of 8",)


def test_two_columns_without_a_name_are_read_alike_whatever_ends_the_lines() -> None:
    """Which of them has the labels is told by all rows, not by the first one."""
    text = ",Unnamed: 0,n\n0,a,3\n1,7,2\n"
    assert heads(text) == heads(text.replace("\n", "\r\n"))


def test_the_line_of_a_blank_label_is_looked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """All columns of a table have it, and to look through the text for each of them would take long."""
    looked = []
    lines = klcli_delimited._lines
    monkeypatch.setattr(klcli_delimited, "_lines", lambda *given: looked.append(given) or lines(*given))
    write("p.csv", f"k,{','.join(f'c{index}' for index in range(99))}\na{',1' * 99}\n{',1' * 99}\n")
    notes = {note for each in read_all("p.csv") for note in each.notes}
    assert "p.csv::c98: line 3: a blank label, taken for an outcome of its own" in notes
    assert len(looked) == 1


def test_many_columns_take_no_square_of_time() -> None:
    """A vocabulary stands in the columns of a batch."""
    names = ",".join(f"c{index}" for index in range(50_000))
    cells = ",".join(["0.5"] * 50_000)
    start = time.process_time()
    write("p.csv", f"k,{names}\na,{cells}\nb,{cells}\n")
    assert read("p.csv::c7").probs.tolist() == [0.5, 0.5]
    assert time.process_time() - start < 10


def test_the_column_that_is_proposed_is_one_of_weights() -> None:
    """Whoever follows the advice gets no divergence of ages."""
    write("p.csv", "age,count\n30,5\n40,6\n")
    with pytest.raises(InputError, match=r"choose one, as in p\.csv::count"):
        read("p.csv")


N = "123456789012345"
HALVES = [0.5, 0.5]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            '{"labels": {"pos": 10, "neg": 6}, "preds": {"pos": 9, "neg": 7}}',
            [("labels", ["pos", "neg"], [10, 6]), ("preds", ["pos", "neg"], [9, 7])],
        ),
        ('{"labels": [0.3, 0.7], "preds": [0.4, 0.6]}', [("labels", None, [0.3, 0.7]), ("preds", None, [0.4, 0.6])]),
        ('{"labels": {"a": 0.5, "b": 0.5}}', [("labels", ["a", "b"], [0.5, 0.5])]),
        ('{"labels": {"0": "b", "1": "a"}, "p": [0.25, 0.75]}', [("p", ["b", "a"], [0.25, 0.75])]),
        ('{"labels": ["b", "a"], "p": {"0": 0.25, "1": 0.75}}', [("p", ["b", "a"], [0.25, 0.75])]),
        ('{"Label": ["b", "a"], "p": [0.25, 0.75]}', [("p", ["b", "a"], [0.25, 0.75])]),
        ('{"country": ["c", "d"], "p": [0.25, 0.75]}', [("p", ["c", "d"], [0.25, 0.75])]),
        ('{"country": {"0": "c", "1": "d"}, "p": {"0": 1, "1": 3}}', [("p", ["c", "d"], [1, 3])]),
        ('{"word": ["3.5 kg", "-"], "p": [0.5, 0.5]}', [("p", ["3.5 kg", "-"], [0.5, 0.5])]),
        ('{"id": [12345678901234567, 12345678901234568], "n": [1, 3]}', [("n", [f"{N}67", f"{N}68"], [1, 3])]),
        ('{"rows": [0.5, 0.5], "columns": [0.25, 0.75]}', [("rows", None, HALVES), ("columns", None, [0.25, 0.75])]),
        ('{"label": {"0": 1, "1": 0}, "count": {"0": 30, "1": 10}}', [("count", ["1", "0"], [30, 10])]),
        ('{"label": [-1, 0, 1], "count": [30, 20, 10]}', [("count", ["-1", "0", "1"], [30, 20, 10])]),
        ('{"labels": [0.5, 1.5, 2.5], "count": [3, 2, 1]}', [("count", ["0.5", "1.5", "2.5"], [3, 2, 1])]),
        ('{"year": {"0": 2019.0, "1": 2020.0}, "n": {"0": 3, "1": 1}}', [("n", ["2019.0", "2020.0"], [3, 1])]),
        ('{"country": ["DE", "FR"], "city": ["B", "P"], "n": [3, 4]}', [("n", ["DE", "FR"], [3, 4])]),
    ],
)
def test_labels_of_a_mapping(text: str, found: list[tuple[str, list[str] | None, list[float]]]) -> None:
    """They are words, by position or by the numbers of the rows; what holds fractions is a distribution."""
    assert heads(text, "p.json") == found


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "p.json",
            '{"label": {"0": "a", "0": "c", "1": "b"}, "p": {"0": 1, "1": 2}}',
            "$.label.0: duplicate name '0'",
        ),
        ("p.json", '{"labels": {"0": "a", "7": "b"}, "p": [1, 2]}', "$.p: its keys are not those of $.labels"),
        (
            "p.json",
            '{"label": {"0": "a", "1": null}, "p": {"0": 1, "1": 2}}',
            "$.label.1: expected a label, found null",
        ),
        ("p.yaml", "&x: 0.5\nb: 0.5\n", "line 1: an anchor, &x: leave it out, or put the label in quotes"),
        (
            "p.yaml",
            "labels: [&a b, c]\np: [1, 2]\n",
            "line 1: an anchor, &a: leave it out, or put the label in quotes",
        ),
        ("p.yaml", "a: .inf\nb: 1\n", "line 1: '.inf' is not a finite number"),
        (
            "p.yaml",
            "- a: 0.5\n- b: 0.5\n",
            "line 2: its fields are not those of the first record: it lacks a, and it",
        ),
    ],
)
def test_labels_of_a_mapping_are_refused_with_their_place(name: str, text: str, message: str) -> None:
    """Those that stand twice, that number other rows, that are missing, and that YAML would shorten."""
    write(name, text)
    assert refusal(name).startswith(f"{name}: {message}")


# What programs write in a cell that has no number, in any language.
NO_NUMBERS = [
    "Err:502", "#SPILL!", "#CALC!", "#GETTING_DATA", "#NV", "#N/D", "#WERT!", "#BEZUG!", "#VALEUR!", "#NOM?",
    "#ERROR!", "Loading...", "NaT", "undefined", "nan(ind)", "-nan(ind)", "#N/A N/A", "[NULL]", "(blank)", "n.d.",
    ".",
]  # fmt: skip


@pytest.mark.parametrize("cell", NO_NUMBERS)
@pytest.mark.parametrize("text", ["a,{}\nb,5\nc,3\n", "label,p\na,{}\nb,5\n", "x,y\n1,{}\n2,5\n"])
def test_what_programs_write_for_no_number(tmp_path, text, cell):
    """It is refused with its line, and makes no header of the first row."""
    (tmp_path / "p.csv").write_text(text.format(cell))
    with pytest.raises(InputError, match=r"p\.csv(::y)?: line [12], column \w+: '"):
        list(readers.read_all(tmp_path / "p.csv"))


@pytest.mark.parametrize("cell", NO_NUMBERS)
def test_what_is_no_number_makes_no_labels(tmp_path, cell):
    """A column of numbers with such a cell in it is one of numbers."""
    (tmp_path / "p.csv").write_text(f"before,after\n10,20\n{cell},30\n14,25\n")
    with pytest.raises(InputError, match=r"p\.csv::before: line 3, column before: '"):
        list(readers.read_all(tmp_path / "p.csv"))


def test_one_word_among_numbers_that_are_labels(tmp_path):
    """It may be a bin as `more` is, or a number mistyped: a note tells of it."""
    (tmp_path / "p.csv").write_text("size,n\n1,2\n2,3\nmore,5\n")
    note = "p.csv: the labels are from column {}, with {!r} among numbers: put it right if it was to be one"
    assert readers.read(tmp_path / "p.csv").notes[0] == note.format("size", "more")
    (tmp_path / "p.csv").write_text("a;1\n1,5;2\n1,6;3\n")
    assert readers.read(tmp_path / "p.csv", decimal=",").notes[0] == note.format("1", "a")
    (tmp_path / "p.csv").write_text("1,5;2\n3;4,5\n4;6\n")
    found = readers.read(tmp_path / "p.csv", decimal=",", normalize=True)
    assert (found.outcomes, "among" in "".join(found.notes)) == (("1,5", "3", "4"), False)


def test_a_name_that_goes_on_in_the_next_line(tmp_path):
    """What separates the columns is looked for in the whole first row, which quotes may carry over lines."""
    (tmp_path / "p.csv").write_text('"my\nlabel";"p"\n"a";0.5\n"b";0.5\n')
    assert readers.read(tmp_path / "p.csv").outcomes == ("a", "b")
    (tmp_path / "p.csv").write_text('height 5" ;n\na;1\nb;2\n')
    assert readers.read(tmp_path / "p.csv").outcomes == ("a", "b")


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_fraction_says_nothing_of_thousands(tmp_path, end):
    """1.234 beside 200 is in doubt however lines end, and whether or not there is 1/3 too."""
    (tmp_path / "p.csv").write_text(f"_a{end}200{end}1/3{end}1.234{end}", newline="")
    with pytest.raises(InputError, match=r"line 4, column _a: '1\.234' is in doubt .*write whole numbers as 100\.0$"):
        readers.read(tmp_path / "p.csv", normalize=True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            'label,n\n"a,5\n\nb",3\nc,2\n',
            "line 2: a quote is opened and closed 1 line below, with whole rows between",
        ),
        ("P(A|B)\n0.5\n0.5\n", "line 2: 1 cell where .*; if '|' is in a name, give --delimiter comma"),
        ('p, label\n0.5, "a,b"\n0.5, "c"\n', "line 2: 3 cells .*; a quote counts at the very start of a cell"),
        ("label,p,\na,0.5,\n", f"line 1: the last column has no name: {END}"),
    ],
)
def test_messages_name_the_fault(tmp_path, text, message):
    """What is wrong is said where it is, with what puts it right."""
    (tmp_path / "p.csv").write_text(text)
    with pytest.raises(InputError, match=re.escape(message).replace(re.escape(".*"), ".*")):
        readers.read(tmp_path / "p.csv")


@pytest.mark.parametrize("text", ["A=1{}(=0.5,B=0.5", "{}=0.5,B=0.5", "A=1{};B=0.5", "A{}=1;(B=0.5,C=1"])
def test_a_long_label_takes_no_time(tmp_path, text):
    """A megabyte of blanks, or of equals signs, in a label is looked at once."""
    for filling in (" ", "=", "=x "):
        (tmp_path / "p.csv").write_text(text.format(filling * (10**6 // len(filling))))
        with contextlib.suppress(InputError):
            readers.read(tmp_path / "p.csv")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("p.csv", 'p, label\n0.5, "a"\n0.5, "b"\n', "line 2: ' \"a\"': leave out the blank before the quote"),
        ("p.csv", '"label", "p"\n"a", 0.5\n"b", 0.5\n', "line 1: ' \"p\"': leave out the blank before the quote"),
        ("p.csv", 'p, label\n0.5, "a\n0.25, b"\n0.25, c\n', "line 2: ' \"a': leave out the blank before the quote"),
        ("p.csv", '"w,n"\n"a,3"\n"b,5"\n', "line 1: quotes around the whole row, its ',' too: leave them out"),
        ("p.csv", '\n"w;n"\r\n"a;3"\r\n', "line 2: quotes around the whole row, its ';' too: leave them out"),
        ("p.tsv", '"w\tn"\n"""a""\t3"\n', "line 1: quotes around the whole row, its '\\t' too: leave them out"),
        (
            "p.tsv",
            "label,p\na,0.5\nb,0.5\n",
            "line 1: no '\\t' in any line, and ',' in every one: give another --delimiter, or leave that and "
            "--input-format out",
        ),
        (
            "p.csv",
            '{"label":"a","p":1}\n{"label":"b","p":1}\n',
            "is JSON, a record to a line: give --input-format",
        ),
    ],
)
def test_what_another_reader_would_take_otherwise(tmp_path, name, text, message):
    """Quotes after a blank, another delimiter and JSON lines are refused with what puts them right."""
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=re.escape(message)):
        readers.read(tmp_path / name)


def test_a_label_may_begin_with_a_blank_and_a_quote(tmp_path):
    """In quotes of its own it is what it is, as klcli writes it."""
    (tmp_path / "p.csv").write_text('label,p\n" ""a""",0.5\n"x, ""y",0.5\n')
    assert readers.read(tmp_path / "p.csv").outcomes == (' "a"', 'x, "y')


def test_a_table_of_many_columns_of_words(tmp_path):
    """A hundred thousand columns of words beside the numbers are passed over, each looked at once."""
    wide = 100_000
    names, words = (",".join(f"{sign}{index}" for index in range(wide)) for sign in "cw")
    (tmp_path / "p.csv").write_text(f"label,n,{names}\na,3,{words}\nb,7,{words}\n")
    assert readers.read(tmp_path / "p.csv").weights.tolist() == [3, 7]


@pytest.mark.parametrize("label", ["", "label", "Name"])
def test_a_first_row_with_a_decimal_comma_is_no_header(tmp_path: Path, label: str) -> None:
    """Its number is named as it is written, beside a blank label or one that is called as columns of labels are."""
    path = tmp_path / "p.csv"
    path.write_text(f"{label};0,5\na;0,5\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"a header with the number 0,5\? Begin the name of a column with a letter"):
        klcli.read(str(path), decimal=",")


def test_words_with_small_digits_are_labels(tmp_path: Path) -> None:
    """CO₂ and km² are no numbers mistyped, so that rows in another order are matched by them."""
    (tmp_path / "p.csv").write_text("gas,share\nCO₂,0.25\nH₂O,0.75\n", encoding="utf-8")
    (tmp_path / "q.csv").write_text("gas,share\nH₂O,0.75\nCO₂,0.25\n", encoding="utf-8")
    p, q = (klcli.read(str(tmp_path / name)) for name in ("p.csv", "q.csv"))
    assert p.outcomes == ("CO₂", "H₂O")
    assert klcli.kl(p, q).value == 0


@pytest.mark.parametrize(
    "text",
    [
        "O.5\n0.25\n0.75\n",
        "Berlin,O.5\nLagos,0.5\n",
        "Berlin,l5\nLagos,5\n",
        "Berlin,USD 5\nLagos,5\n",
        "Berlin,ca. 5\nLagos,5\n",
        "Berlin,e5\nLagos,5\n",
        "Berlin,unknown\nLagos,5\n",
        "Berlin,missing\nLagos,5\n",
        "Berlin,k.A.\nLagos,5\n",
        "Berlin,FALSE\nLagos,5\n",
        'Berlin,"no"\nLagos,5\n',
        "Berlin,not reported\nLagos,5\n",
        "Berlin,less than 5\nLagos,5\n",
        "Berlin,under 5\nLagos,5\n",
        "Berlin,N/R\nLagos,5\n",
        "Berlin,below the limit\nLagos,5\n",
        "Berlin,Confidential\nLagos,5\n",
        "Berlin,zero\nLagos,5\n",
    ],
)
def test_a_first_row_that_may_be_data_is_told_of(text: str) -> None:
    """A number mistyped, or a word where one is missing, may have made it a header."""
    names = text.split("\n")[0].replace(",", ", ").replace('"', "")
    first, *_ = read(write("p.csv", text), normalize=True).notes
    cure = "was taken for the names of columns: put a header before it if it is data"
    assert first == f"p.csv: the first row, {names}, {cure}"


@pytest.mark.parametrize("header", ["city,n", "x", "label,missing", "city,p1", "q1", "city,pop2020", ",no", "id,e5"])
def test_names_of_columns_are_not_doubted(header: str) -> None:
    """What is usual as a name, or stands beside one of labels, has no note."""
    row = ",".join(["a", "5"][-1 - header.count(",") :])
    assert [*read(write("p.csv", f"{header}\n{row}\n{row.replace('a', 'b')}\n")).notes] == [
        "p.csv: counts, divided by their total of 10"
    ]


@pytest.mark.parametrize("name", ["", "Unnamed: 0", "index", "rank", "id", "year", "user_id", "row"])
@pytest.mark.parametrize("suffix", ["csv", "json", "parquet"])
def test_what_tells_rows_apart_is_no_distribution(name: str, suffix: str) -> None:
    """Where nothing else is a number it is refused with what to do; beside others a note says it is left aside."""
    called = f"column {name}" if name else "the column without a name"
    rows = [(2001, "Berlin", 5, 0.5), (2002, "Lagos", 6, 0.5)]

    def table(width: int) -> str:
        names = [name, "city", "n", "p"][:width]
        if suffix == "parquet":
            import duckdb

            values = ", ".join(str(row[:width]) for row in rows)
            columns = ", ".join(f'"{each or "__index_level_0__"}"' for each in names)
            duckdb.sql(f"COPY (SELECT * FROM (VALUES {values}) AS t({columns})) TO 'p.parquet' (FORMAT parquet)")
            return "p.parquet"
        if suffix == "json":
            return write("p.json", json.dumps([dict(zip(names, row, strict=False)) for row in rows]))
        return write("p.csv", "".join(",".join(map(str, row[:width])) + "\n" for row in (names, *rows)))

    if suffix == "parquet" and not name:
        called = "column __index_level_0__"
    assert refusal(table(2)) == (
        f"p.{suffix}: no numbers but those of {called}, which tell rows apart: call a column n if it holds weights; "
        "klcli count makes counts of rows"
    )
    both = read_all(table(4))
    assert [(each.name, each.outcomes) for each in both] == [
        (f"p.{suffix}::n", ("Berlin", "Lagos")),
        (f"p.{suffix}::p", ("Berlin", "Lagos")),
    ]
    assert both[0].notes[0] == f"p.{suffix}::n: told rows apart, so not used: {called}"


def test_compare_takes_no_index_for_p(call: Callable[..., Done]) -> None:
    """P is the first distribution, and not what stands before it."""
    write("p.csv", "Unnamed: 0.1,Unnamed: 0,city,p,q\n0,0,a,0.5,0.25\n1,1,b,0.5,0.75\n")
    found = call("compare", "p.csv", "--json").result
    assert found["inputs"] == {"p": "p.csv::p", "q": "p.csv::q"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("p,q\n5,4\n3O,4\nl2,2\n7,3\n", "'3O', 'l2'"),
        ("size,n\n1,2\n2,3\nmore,5\n", "'more'"),
        ("size,n\n1,2\nmore,5\n", "'more'"),
        ("p,q\n5,3\nO,2\n", "'O'"),
        ("size,n\n1,2\n2-3,5\n4+,3\n", None),
    ],
)
def test_words_among_numbers_that_are_labels_are_told_of(text: str, words: str | None) -> None:
    """They may be numbers mistyped, in what was to be a column of weights."""
    notes = read(write("p.csv", text)).notes[:-1]
    assert [note.partition("with ")[2].partition(" among")[0] for note in notes] == ([words] if words else [])


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("0,5\n0,5\n", DECIMAL_COMMAS),
        ("a,5,3\nb,2,1\n", DECIMAL_COMMAS),
        ("0.5,0.25\n0.5,0.75\n", "; put a header before it if the first column is none of labels"),
        ("5;3\n5;2\n", "; put a header before it if the first column is none of labels"),
        ("5\t3\n5\t2\n", "; put a header before it if the first column is none of labels"),
        ("a;5;3\nb;2;1\n", "choose one, as in p.csv::2"),
        ("a\t5\t3\nb\t2\t1\n", "choose one, as in p.csv::2"),
    ],
)
def test_decimal_commas_are_asked_about_where_commas_part_the_columns(text: str, what: str) -> None:
    """Anywhere else the advice would not help."""
    with pytest.raises(InputError) as caught:
        read(write("p.csv", text))
    assert str(caught.value).endswith(what)


def test_a_wide_row_with_a_label_is_no_list_of_distributions(call: Callable[..., Done]) -> None:
    """Each of its numbers would be a distribution of one outcome, and all of them equal."""
    write("p.csv", "name,a,b,c\ntrain,5,3,2\n")
    done = call("compare", "p.csv")
    assert (done.code, "holds 3 distributions of one number each" in done.err) == (2, True)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("state,pop\nA,3\nB,7.5\nTotal,10.6\n", "'Total' may be the sum of others"),
        ("state,pop\nA,3\nB,7\nTotal Europe,10\nC,5\n", "'Total Europe' may be the sum of others"),
        ("state,pop\nTotal,5\nA,5\n", "'Total' is the sum of all the others"),
        ("state,pop\nBayern,3\nBerlin,7\nInsgesamt,10\n", "'Insgesamt' is the sum of all the others"),
        ("state,pop\nA,3\nB,7\n總計,10\n", "'總計' is the sum of all the others"),
        ("state,pop\nA,3\nB,7\nОбщий итог,10\n", "'Общий итог' is the sum of all the others"),
        ("state,pop\nA,3\nB,7\n합계,10\n", "'합계' is the sum of all the others"),
        ("state,pop\nA,3\nB,7\nSuma,10\n", "'Suma' is the sum of all the others"),
        ("state,pop\nA,300\nB,700\nBoth sexes,1001\n", "'Both sexes' may be the sum of others"),
        *(
            (f"sex,n\nm,13\nf,15\n{name},28\n", f"'{name}' is the sum of all the others")
            for name in (
                "Totale complessivo",
                "Eindtotaal",
                "Totaal generaal",
                "Suma końcowa",
                "Totalsumma",
                "Hovedtotal",
                "Genel Toplam",
                "Celkový součet",
                "Végösszeg",
                "Kaikki yhteensä",
                "Totaux",
                "Totalsum",
                "共计",
                "总数",
                "計",
                "Общо",
                "Kopā",
                "Summe gesamt",
                "Gesamtergebnis",
                "Alle",
                "Total général",
                "Grand Total",
            )
        ),
        (
            "regione;n\nA;3\nB;4\nTotale Nord;7\nC;5\nTotale Sud;5\n",
            "'Totale Nord', 'Totale Sud' may be totals of others",
        ),
        ("state,pop\nGermany,18\nA,5\nB,6\nC,7\n", "'Germany' is the sum of all the others"),
        ("5\n6\n7\n18\n", "line 4 is the sum of all the others"),
        ("city,n\na,30\ngrand_total,112\nb,4\n", "'grand_total' may be the sum of others"),
        *(
            (f"city\tn\na\t3\nb\t5\n{label}\t8\n", f"{label!r} is the sum of all the others")
            for label in ("NULL", "(null)", "<NA>", "\\N", "Total_Count", "Celkový súčet", "סכום כולל", "कुल योग")
        ),
        ("city\tn\nNULL\t3\nb\t5\na\t9\n", None),
        ("5,6,7,18\n", "line 1, item 4 is the sum of all the others"),
        ("city,n\nA,1\nNorth total,1\nB,2\nSubtotal,2\n", "'North total', 'Subtotal' may be totals of others"),
        ("x,n\nA,5\nAll,3\nB,1\n", None),
        ("label,n\nA,4\nB,2\nC,1\nD,1\n", None),
        ("label,n\nA,1\nB,2\nC,3\n", None),
        ("label,p\nA,0.5\nB,0.25\nC,0.125\nD,0.125\n", None),
    ],
)
def test_totals_are_told_of(text: str, told: str | None) -> None:
    """By their names, by their numbers, or by both; a half beside quarters is none."""
    notes = read(write("p.csv", text), normalize=True).notes
    found = [note.removeprefix("p.csv: ") for note in notes if "of others" in note or "of all" in note]
    assert [note.partition(", and was")[0].partition(", and were")[0] for note in found] == ([told] if told else [])


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_files_that_were_put_together_with_their_marks(end: str) -> None:
    """A byte-order mark within would be a part of a label."""
    write("p.csv", f"\ufefflabel,n{end}a,1{end}\ufeffb,2{end}")
    assert refusal("p.csv") == "p.csv: line 3: a byte-order mark: are these files put together? Leave the mark out"


@pytest.mark.parametrize(
    ("name", "text", "decimal", "message"),
    [
        ("p.csv", "a;1,500\nb;200\n", ",", "'1,500' is in doubt .* or write whole numbers as 100,0$"),
        ("p.csv", '"p","q"\n"a",1,2\n"b",2,3\n', ".", "a header that is one short, as R's write.table makes it"),
        ("p.csv", "p,q\n0,5,0,5\n", ".", "are these decimal commas"),
        ("p.tsv", "city\tn\nA\t5\n(1 row affected)\n", ".", "line 3: 1 cell .*; a title or a footer. Leave it out"),
        ("p.csv", "city,n\nA,5\nSource: a book\n", ".", "line 3: 1 cell .*; a title or a footer. Leave it out"),
        ("p", "Title: a,\nlabel,n\na,5\n", ".", "line 1: the last column has no name"),
        ("p", "Title: a\nlabel,n\na,5\n", ".", "or, if it is a table, give --input-format csv$"),
        ("p.csv", "city,n\nA,5\nB,(5)\n", ".", r"line 3, column n: '\(5\)' is a number with a unit or in brackets"),
        ("p.csv", "city,n\nA,5\nB,5\u00a0\n", ".", "not written in plain ASCII digits and signs"),
    ],
)
def test_messages_have_a_cure_that_works(name: str, text: str, decimal: str, message: str) -> None:
    """What is wrong is told as it is, with what puts it right."""
    with pytest.raises(InputError, match=message):
        read(write(name, text), decimal=decimal, normalize=True)


def test_labels_that_excel_keeps_as_text() -> None:
    """They are words, and no formulas that would be numbers."""
    found = read(write("p.csv", 'code,n\n"=""Berlin""",5\n"=""Lagos""",3\n'))
    assert found.outcomes == ('="Berlin"', '="Lagos"')


@pytest.mark.parametrize(
    ("text", "used", "aside"),
    [
        ('"Obs","city","may","june"\n"1","A",5,6\n"2","B",7,8\n"3","C",9,9\n', ["may", "june"], "Obs"),
        ("No,City,n\n12,A,5\n13,B,7\n", ["n"], "No"),
        ("S.No,City,n\n1,A,5\n2,B,7\n", ["n"], "S.No"),
        ("code,country,exports 2020\n7,A,5\n9,B,7\n", ["exports 2020"], "code"),
        ("x,City,y\n0,A,5\n1,B,7\n2,C,7\n", ["y"], "x"),
        ("1|A|5\n2|B|7\n3|C|9\n", ["3"], "1"),
        ("p,City,q\n1,A,5\n2,B,7\n3,C,7\n", ["p", "q"], ""),
        ("City,x,y\nA,1,5\nB,2,7\nC,3,7\n", ["x", "y"], ""),
        ("x,City\n1,A\n2,B\n3,C\n", ["x"], ""),
        ("x,City,y\n1,A,5\n2,B,7\n", ["x", "y"], ""),
    ],
)
@pytest.mark.parametrize("is_quoted", [False, True])
def test_numbers_of_rows_before_their_names(text: str, used: list[str], aside: str, is_quoted: bool) -> None:
    """They are no weights, and it is told, where there are others; two rows, or a name of weights, may be some."""
    text = text.replace("B", '"B"').replace('""', '"') if is_quoted else text  # which is read another way
    found = readers.read_columns(write("p.csv", text))
    assert [column.name for column in found] == used
    told = [note for note in found[0].notes if "rows apart" in note]
    assert told == ([f"told rows apart, so not used: column {aside}"] if aside else [])
    free = "count" if "n" in used else "n"
    if aside:
        assert (
            refusal(f"p.csv::{aside}")
            == f"p.csv: column {aside!r} tells rows apart, and holds no weights: call it {free} if it does"
        )


def test_a_name_with_a_line_break_can_be_asked_for() -> None:
    """As it is shown in the advice, and as it is."""
    write("p.csv", 'city,"n\n(2020)","m\n(x)"\na,3,4\nb,5,6\n')
    with pytest.raises(InputError) as caught:
        read("p.csv")
    assert str(caught.value).endswith(r"choose one, as in 'p.csv::n\n(2020)'")
    for name in ("n\\n(2020)", "n\n(2020)"):
        assert read(f"p.csv::{name}").weights.tolist() == [3, 5]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (" city | n\n------+---\n a    | 3\n(1 row)\n", 2),
        ("+------+---+\n| city | n |\n+------+---+\n", 1),
        ("| city | n |\n|---|---:|\n| a | 3 |\n", 2),
        ("┌──────┬───┐\n│ city │ n │\n", 1),
        ("city  n\n====  ===\na     3\n", 2),
    ],
)
def test_tables_drawn_with_lines(text: str, line: int) -> None:
    """As psql, mysql and duckdb show them: with what writes CSV instead."""
    assert refusal(write("p.txt", text)).startswith(
        f"p.txt: line {line}: a table drawn with lines: write it as CSV, without bars or blanks beside its cells, as "
    )


def test_the_weights_are_proposed_whatever_is_wrong_with_them() -> None:
    """Their fault is told of when they are asked for; another column would be taken without a word."""
    write("p.csv", 'city,year_built,count\nA,1950,"1,234"\nB,1960,766\n')
    with pytest.raises(InputError, match=r"\(year_built, count\): choose one, as in p.csv::count$"):
        read("p.csv")
    assert "'1,234' is written with a comma" in refusal("p.csv::count")


def test_numbers_before_their_labels_need_a_header() -> None:
    """As git shortlog and du write them."""
    message = "p.tsv: line 1: numbers before their labels: put a header before them, n and label"
    assert refusal(write("p.tsv", "  12\tA\n   5\tB\n")) == message
    assert read(write("p.tsv", "n\tlabel\n  12\tA\n   5\tB\n")).outcomes == ("A", "B")
    for rows in ("120\tthe\n40\tof\n5\t1984\n", "44\t./x\n16\t./y\n64\t.\n", "5\t\n7\ta\n3\tb\n"):
        assert refusal(write("p.tsv", rows)) == message
    assert refusal(write("p.tsv", "1\t0.5\n2\tx\n3\t0.25\n")) == "p.tsv: line 2, column 2: 'x' is not a number"


def test_open_answers_take_time_in_proportion() -> None:
    """Each row with a line break and a comma in a cell is looked at once, however many such cells it has."""
    columns = 4000
    names = ",".join(f'"q,\n{index}"' for index in range(columns))
    assert len(read_all(write("p.csv", f"label,{names}\na{',1' * columns}\nb{',2' * columns}\n"))) == columns


def test_what_is_asked_for_may_be_typed_whatever_a_file_is_called(shell: Callable[..., Done], tmp_path: Path) -> None:
    """Advice is a word of a command line, be there signs in it that no terminal shows."""
    for name in ("a b.csv", "it's.csv", "n\nl\\.csv", os.fsdecode(b"\xff\xe4.csv"), "\u202e\x1b[1m.csv"):
        (tmp_path / name).write_text("label,p,q\na,0.5,0.25\nb,0.5,0.75\n")
        said = shell('$K entropy "$NAME"', NAME=name).err
        assert "choose one, as in " in said
        assert shell(f"$K entropy {said.split('choose one, as in ')[1]}").code == 0
