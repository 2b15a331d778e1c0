"""Matrices and the commands that read them: loss, vae, distill."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Done

from klcli import delimited
from klcli.errors import InputError
from klcli.matrices import Matrix, matched, read_matrix

Run = Callable[..., Done]


def written(tmp_path: Path, name: str, text: str) -> str:
    """The path of a file with that text."""
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return str(path)


# Matrices


@pytest.mark.parametrize(
    ("name", "text", "rows", "columns"),
    [
        ("m.csv", "a,b\n1,-2\n3,-inf\n", None, ("a", "b")),
        ("m.csv", "row,a,b\nx,1,-2\ny,3,-Infinity\n", ("x", "y"), ("a", "b")),
        ("m.csv", "1,-2\n3,-inf\n", None, None),
        ("m.tsv", "a\tb\n1\t-2\n3\t-inf\n", None, ("a", "b")),
        ("m.json", '[[1, -2], [3, "-Infinity"]]', None, None),
        ("m.json", '[{"a": 1, "b": -2}, {"a": 3, "b": -Infinity}]', None, ("a", "b")),
        ("m.json", '{"a": [1, 3], "b": [-2, "-Infinity"]}', None, ("a", "b")),
        ("m.yaml", "a: [1, 3]\nb: [-2, -inf]\n", None, ("a", "b")),
    ],
)
def test_every_format_holds_the_same_matrix(
    tmp_path: Path, name: str, text: str, rows: tuple[str, ...] | None, columns: tuple[str, ...] | None
) -> None:
    """A matrix is a table, a list of lists, a list of records or a mapping of columns; −inf is the logarithm of 0."""
    found = read_matrix(written(tmp_path, name, text))
    assert found.values.tolist() == [[1, -2], [3, -math.inf]]
    assert (found.rows, found.columns) == (rows, columns)


@pytest.mark.parametrize(
    ("source", "columns"), [("2,1,0", None), ("a=2,b=1,c=0", ("a", "b", "c")), ("col.csv", ("a", "b", "c"))]
)
def test_one_column_is_one_row(tmp_path: Path, source: str, columns: tuple[str, ...] | None) -> None:
    """Numbers on the command line, and a file with one column of them, are one row; labels are its classes."""
    if source == "col.csv":
        source = written(tmp_path, source, "class,logit\na,2\nb,1\nc,0\n")
    found = read_matrix(source)
    assert found.values.tolist() == [[2, 1, 0]]
    assert (found.rows, found.columns) == (None, columns)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "a,b\n1,1x\n2,0x3\n",
            "m.csv: line 2, column b: '1x' is not a number; if the column names the rows, call it row",
        ),
        ("a,b\n1,inf\n2,3\n", "m.csv: line 2, column b: 'inf' is not a finite number"),
        ("a,b\n1,2\n3\n", "m.csv: line 3: 1 cell where the first row has 2"),
        ("a,b\n1,NA\n2,3\n", "m.csv: line 2, column b: 'NA' is a missing value"),
        ("a,b,c\n1,2,3\n4,5,x\n", "m.csv: line 3, column c: 'x' is not a number"),
        (
            "a,b\nx,2\n3,4\n",
            "m.csv: line 2, column a: 'x' is not a number; if the column names the rows, call it row",
        ),
        ("0,1\n2,3\n", "m.csv: line 1: a header of numbers, 0, 1 ...? Name the columns, or leave the line out"),
    ],
)
def test_what_is_no_number_is_refused_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    """A cell that is no number is named with its line and column; +inf is none."""
    with pytest.raises(InputError) as caught:
        read_matrix(written(tmp_path, "m.csv", text))
    assert str(caught.value).removeprefix(f"{tmp_path}/").startswith(message)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("m.csv", "cat,dog,fox\n1,NaN,3\n", "line 2, column dog: 'NaN' is a missing value: it is not 0, "),
        ("m.csv", "cat,dog,fox\n1,,3\n", "column dog holds no numbers, or names rows; leave it out, or call it row"),
        ("m.csv", "cat,dog,fox\n1,50%,3\n", "line 2, column dog: '50%' is a percentage: divide it by 100"),
        ("m.csv", "a;b\n2,5;1\n", "line 2, column a: '2,5' is written with a comma: use a point for decimals"),
        ("m.csv", "0,1,2\n5,6,7\n", "line 1: is 0, 1, 2 a header?"),
        ("m.json", '{"mu": [1, 2], "logvar": [0]}', "columns of different lengths: mu has 2, logvar has 1"),
        ("m.json", "[[]]", "$[0]: empty"),
        ("m.json", "[[1, 2], [3]]", "$[1]: 1 number where the first row has 2"),
    ],
)
def test_no_class_is_lost_to_a_label(tmp_path: Path, name: str, text: str, message: str) -> None:
    """What may be a number that is missing, or a header of numbers, is refused and not taken for labels or data."""
    with pytest.raises(InputError) as caught:
        read_matrix(written(tmp_path, name, text))
    assert str(caught.value).removeprefix(f"{tmp_path}/").startswith(f"{name}: {message}")


@pytest.mark.parametrize("text", ["-inf", "-Inf", "-.inf", "-∞", "−∞", "-Infinity"])
def test_minus_infinity_is_written_in_many_ways(tmp_path: Path, text: str) -> None:
    """The logarithm of 0 is read as languages and klcli itself write it."""
    assert read_matrix(written(tmp_path, "m.csv", f"a,b\n1,{text}\n")).values.tolist() == [[1, -math.inf]]


@pytest.mark.parametrize("name", ["sample", "row", "id", "label", ""])
def test_numbers_that_name_samples_are_no_class(tmp_path: Path, name: str) -> None:
    """A column called sample, row or id names the rows though it holds numbers."""
    found = read_matrix(written(tmp_path, "m.csv", f"{name},a,b\n7,1,2\n8,3,4\n"))
    assert (found.rows, found.columns) == (("7", "8"), ("a", "b"))


@pytest.mark.parametrize("name", ["sample", "row"])
@pytest.mark.parametrize("text", ["{},a,b\n007,1,2\n1.10,3,4\n1.1,5,6\n", '{},"a",b\r\n007,1,2\r\n1.10,3,4\n1.1,5,6'])
def test_numbers_that_name_samples_are_what_is_written(tmp_path: Path, name: str, text: str) -> None:
    """1.10 is another row than 1.1, whichever way the table is read."""
    assert read_matrix(written(tmp_path, "m.csv", text.format(name))).rows == ("007", "1.10", "1.1")


def test_decimal_commas_are_numbers_in_every_column(tmp_path: Path) -> None:
    """What the first columns hold is judged as the numbers that they are."""
    found = read_matrix(written(tmp_path, "m.csv", "1,5;2\n3;4,5\n"), decimal=",")
    assert (found.values.tolist(), found.notes) == ([[1.5, 2], [3, 4.5]], ())
    message = r"column index may name the rows, and holds 0\.2: call it row if it does, or otherwise if"
    with pytest.raises(InputError, match=message):
        read_matrix(written(tmp_path, "m.csv", "index;a;b\n0,2;0,3;0,5\n0,1;0,4;0,5\n"), decimal=",")


def matrix(name: str, rows: str | None, columns: str | None) -> Matrix:
    """Two rows and two columns with names of one letter, or without names."""
    values = np.array([[1.0, 2.0], [3.0, 4.0]])
    return Matrix(name, values, tuple(rows) if rows else None, tuple(columns) if columns else None)


def test_columns_and_rows_are_matched_by_name() -> None:
    """Names in another order are put into that of the first, and a note says so; without names order is all."""
    _, b, notes = matched(matrix("a", "xy", "pq"), matrix("b", "yx", "qp"))
    assert b.values.tolist() == [[4, 3], [2, 1]]
    assert notes == (
        "b: rows put into the order of a, by their names",
        "b: columns put into the order of a, by their names",
    )
    assert matched(matrix("a", None, "pq"), matrix("b", "xy", None))[2] == (
        "rows matched by position, since a has no names for them",
        "columns matched by position, since b has no names for them",
    )


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        (("xy", "pq"), ("xz", "pq"), "a and b: rows on one side alone: y, z"),
        ((None, "pp"), (None, "pp"), "a: two columns are called 'p'"),
    ],
)
def test_names_that_do_not_match_are_refused(
    a: tuple[str | None, str], b: tuple[str | None, str], message: str
) -> None:
    """A name on one side alone, or twice on one, is refused."""
    with pytest.raises(InputError, match=f"^{message}$"):
        matched(matrix("a", *a), matrix("b", *b))


# Commands


def test_distill_of_the_known_example(call: Run) -> None:
    """Logits (2,1,0) by (1,1,0) at T = 4 have a divergence of 0.00748862 and a loss of 0.119818."""
    result = call("distill", "2,1,0", "1,1,0", "-T", "4", "--json").result
    assert result["details"]["kl"] == pytest.approx(0.007488615135, abs=1e-12)
    assert result["value"] == pytest.approx(0.119817842165, abs=1e-12)
    assert result["inputs"] == {"teacher": "2,1,0", "student": "1,1,0"}


@pytest.mark.parametrize(
    "text",
    [
        "mu,logvar\n0.5,0\n-1,-1.3862943611198906\n",
        "latent,logvar,mu\nz0,0,0.5\nz1,-1.3862943611198906,-1\n",
        "mu_0,mu_1,logvar_0,logvar_1\n0.5,-1,0,-1.3862943611198906\n",
        "mu0,logvar0,mu1,logvar1\n0.5,0,-1,-1.3862943611198906\n0.5,0,-1,-1.3862943611198906\n",
    ],
)
def test_vae_reads_latents_in_rows_or_samples_in_rows(call: Run, text: str) -> None:
    """Columns mu and logvar have a latent to a row, mu0 and its like a sample to a row."""
    result = call("vae", "--json", stdin=text).result
    assert call("vae", "-", "--json", stdin=text).result == result
    assert result["value"] == pytest.approx(0.943147180559945, abs=1e-15)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("mean,sd", "column mean: neither mu nor logvar: if it is the mean, call it mu"),
        ("mu,sigma", "column sigma: neither mu nor logvar, and logvar is 2·ln sigma"),
        ("mu,var", "column var: neither mu nor logvar, and logvar is ln var"),
        (
            "mu,logvar1",
            "the columns must be mu and logvar, or mu1, mu2 ... and logvar1, logvar2 ...; found mu, logvar1",
        ),
        ("mu,mu1", "the columns must be mu and logvar, or mu1, mu2 ... and logvar1, logvar2 ...; found mu, mu1"),
        ("mu1,mu_1,logvar1,logvar_1", "columns mu1 and mu_1 are both mu of one latent: leave one out"),
        ("mu,logvar,logvar_", "columns logvar and logvar_ are both logvar of one latent: leave one out"),
    ],
)
def test_vae_refuses_other_columns(call: Run, header: str, message: str) -> None:
    """Columns by other names are refused with those that it needs, and with what would make them of these."""
    row = ",".join("0.5" for _ in header.split(","))
    done = call("vae", "-", stdin=f"{header}\n{row}\n{row}\n")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"klcli: stdin: {message}")


def test_loss_matches_classes_and_rows_by_name(call: Run, tmp_path: Path) -> None:
    """Classes in another order are matched by name, and the reductions stand side by side."""
    written(tmp_path, "x.csv", "row,yes,no\na,0.5,0.5\nb,0.9,0.1\n")
    written(tmp_path, "t.csv", "row,no,yes\na,0.75,0.25\nb,0.1,0.9\n")
    done = call("loss", "x.csv", "t.csv", "--input-kind", "probs", "--json")
    assert [term["outcome"] for term in done.result["terms"]] == ["a, yes", "a, no", "b, yes", "b, no"]
    assert [term["target"] for term in done.result["terms"]] == [0.25, 0.75, 0.9, 0.1]
    exact = 0.25 * math.log(0.5) + 0.75 * math.log(1.5)
    details = done.result["details"]
    assert [details[name] for name in ("sum", "batchmean", "mean")] == pytest.approx([exact, exact / 2, exact / 4])
    assert done.result["notes"][0] == "t.csv: columns put into the order of x.csv, by their names"


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("row,x,y\n1,1,2\nrow 1,3,5\n", ["1, x", "1, y", "row 1, x", "row 1, y"]),
        ("row,x,y\n1,1,2\n2,3,5\n", ["row 1, x", "row 1, y", "row 2, x", "row 2, y"]),
        (
            'row,c,"b, c"\na,1,2\n"a, b",3,5\n',
            ["'a', 'c'", "'a', 'b, c'", "'a, b', 'c'", "'a, b', 'b, c'"],
        ),
    ],
)
def test_cells_are_told_apart_by_their_names(call: Run, text: str, cells: list[str]) -> None:
    """Numbers are those of rows unless another row is called so, and names are in quotes where in doubt."""
    Path("x.csv").write_text(text)
    assert [term["outcome"] for term in call("distill", "x.csv", "x.csv", "--json").result["terms"]] == cells


def test_loss_equals_the_article(call: Run) -> None:
    """KLDivLoss(log q1, p) of the article's balls is 0.0067, D(P‖Q1)."""
    logs = ",".join(str(math.log(x)) for x in (0.14, 0.14, 0.25, 0.08, 0.21, 0.06, 0.12))
    result = call("loss", logs, "0.15,0.13,0.23,0.09,0.2,0.05,0.15", "--reduction", "sum", "--json").result
    assert result["value"] == pytest.approx(0.00673502, abs=1e-8)


@pytest.mark.parametrize("command", ["loss", "distill"])
def test_standard_input_is_read_once(call: Run, command: str) -> None:
    """Two sides cannot both be standard input."""
    assert "can be read once only" in call(command, "-", "-", stdin="1,2\n").err


# What a batch is


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("m.json", '[{"0": 1, "1": 2}, {"0": 3, "1": 4}]'),
        ("m.json", '{"0": [1, 3], "1": [2, 4]}'),
        ("m.csv", "Unnamed: 0,y0,y1\n0,1,2\n1,3,4\n"),
        ("m.csv", ",y0,y1\n0,1,2\n1,3,4\n"),
        ("m.csv", "sample,y0,y1\n0,1,2\n1,3,4\n"),
    ],
)
def test_names_that_are_numbers_are_names(tmp_path: Path, name: str, text: str) -> None:
    """Keys 0 and 1 name classes, and the index of pandas names rows."""
    found = read_matrix(written(tmp_path, name, text))
    assert found.values.tolist() == [[1, 2], [3, 4]]
    assert found.columns == (("0", "1") if name == "m.json" else ("y0", "y1"))
    assert found.rows == (None if name == "m.json" else ("0", "1"))


def test_classes_called_by_numbers_are_matched_by_them(call: Run, tmp_path: Path) -> None:
    """The same batch with its keys in another order is the same batch."""
    one = written(tmp_path, "a.json", '[{"0": 1, "1": 2, "2": 3}, {"0": 1, "1": 0, "2": 2}]')
    two = written(tmp_path, "b.json", '[{"2": 3, "1": 2, "0": 1}, {"2": 2, "1": 0, "0": 1}]')
    result = call("distill", one, two, "--json").result
    assert result["value"] == 0
    assert result["notes"] == ["b.json: columns put into the order of a.json, by their names"]
    assert result["terms"][0]["outcome"] == "row 0, class 0"


@pytest.mark.parametrize(
    ("name", "text", "values", "rows", "notes"),
    [
        ("m.json", "[[1], [2], [3]]", [[1], [2], [3]], None, ()),
        ("m.csv", "row,a\nx,1\ny,2\n", [[1], [2]], ("x", "y"), ()),
        ("m.csv", "a\n1\n2\n", [[1, 2]], None, ("m.csv: one column of 2 numbers, taken as one row of 2 classes",)),
        ("m.csv", "class,a\nx,1\ny,2\n", [[1, 2]], None, ()),
        ("m.csv", "label,a\n7,1\n8,2\n", [[1, 2]], None, ()),
        (
            "m.csv",
            "id,a\n7,1\n8,2\n",
            [[1, 2]],
            None,
            ("m.csv: one column of 2 numbers, taken as one row of 2 classes",),
        ),
        ("m.json", "[1, 2]", [[1, 2]], None, ()),
        (
            "m.csv",
            "idx,a\n0,5\n1,2\n2,7\n",
            [[0, 5], [1, 2], [2, 7]],
            None,
            ("m.csv: column idx counts the rows, and is taken as data: if it names them, call it row",),
        ),
    ],
)
def test_what_one_column_is(
    tmp_path: Path,
    name: str,
    text: str,
    values: list[list[float]],
    rows: tuple[str, ...] | None,
    notes: tuple[str, ...],
) -> None:
    """One column is one row, with a note where it might be meant otherwise; a list of lists is as it is written."""
    found = read_matrix(written(tmp_path, name, text))
    assert (found.values.tolist(), found.rows, found.notes) == (values, rows, notes)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b,c\n1,2,l0\n", "line 2, column c: 'l0' is not a number; if the column names the rows, call it row"),
        ("a,b,c\n1,2,1.5.2\n3,4,x\n", "line 2, column c: '1.5.2' is not a number; "),
        ("1,2,3x\n1,3,4x\n", "line 1, column 3: '3x' is not a number; "),
        ("a,b,c\n[1,2,3]\n", "column c holds no numbers, or names rows; leave it out, or call it row"),
        ("a,b\n1,2\n3\n", "line 3: 1 cell where the first row has 2 (separated by ',')"),
    ],
)
def test_no_class_goes_by_a_slip(tmp_path: Path, text: str, message: str) -> None:
    """A number that was mistyped is refused with its place: it does not turn its class into names of rows."""
    path = written(tmp_path, "m.csv", text)
    with pytest.raises(InputError) as caught:
        read_matrix(path)
    assert str(caught.value).removeprefix(f"{tmp_path}/").startswith(f"m.csv: {message}")


def test_tensors_by_name_are_a_batch(call: Run) -> None:
    """A mapping from names to lists of lists, as a dump of tensors is, has the columns mu1, mu2 and their like."""
    text = '{"mu": [[0.5, -1], [0.5, -1]], "logvar": [[0, -1.3862943611198906], [0, -1.3862943611198906]]}'
    assert call("vae", "--json", stdin=text).result["value"] == pytest.approx(0.943147180559945, abs=1e-15)


@pytest.mark.parametrize(
    ("kind", "row", "words"),
    [
        (
            "probs",
            "0.705,0.195,0.105",
            "they look like probabilities with few digits: divide each row by its sum, as float64",
        ),
        ("log-probs", "-0.34,-1.6,-2.3", "they look like log-probabilities with few digits: --input-kind logits "),
    ],
)
def test_rounded_probabilities_are_called_so(call: Run, kind: str, row: str, words: str) -> None:
    """Rows that sum to 1 within a few parts in a hundred are probabilities of few digits, as bfloat16 holds them."""
    done = call("loss", row, "0.7,0.2,0.1", "--input-kind", kind)
    assert (done.code, words in done.err) == (2, True), done.err


# Names


MAPPINGS = '{"cat": {"r0": 1, "r1": 2}, "dog": {"r1": 4, "r0": 3}}'


NESTED = "m.json: columns are cat, dog, the outer names, and rows r0, r1, the inner ones"


@pytest.mark.parametrize(
    ("text", "note"),
    [
        (MAPPINGS, ("m.json: rows of dog put into the order of cat, by their names", NESTED)),
        ('{"cat": {"r0": 1, "r1": 2}, "dog": {"r0": 3, "r1": 4}}', (NESTED,)),
        (
            '{"cat": {"r0": 1, "r1": 2}, "dog": [3, 4]}',
            ("m.json: rows of dog matched by position, since it has no names for them",),
        ),
    ],
)
def test_columns_of_mappings_are_matched_by_their_labels(tmp_path: Path, text: str, note: tuple[str, ...]) -> None:
    """Every mapping of a mapping is put into the order of the first one, and a note says so."""
    found = read_matrix(written(tmp_path, "m.json", text))
    assert (found.values.tolist(), found.rows, found.columns) == ([[1, 3], [2, 4]], ("r0", "r1"), ("cat", "dog"))
    assert found.notes == note


@pytest.mark.parametrize(
    ("dog", "message"),
    [
        ('{"x": 4, "y": 3}', "m.json: cat and m.json: dog: rows on one side alone: r0, r1, x, y"),
        (
            '{"r0": 4, "r0": 3}',
            "m.json: dog: two rows are called 'r0': give each a name of its own, or leave their column out",
        ),
        ('{"r0": 4, "r1": 3, "r2": 1}', "m.json: columns of different lengths: cat has 2, dog has 3"),
    ],
)
def test_columns_of_other_rows_are_refused(tmp_path: Path, dog: str, message: str) -> None:
    """Mappings whose labels differ, or stand twice, are no columns of one batch."""
    with pytest.raises(InputError) as caught:
        read_matrix(written(tmp_path, "m.json", f'{{"cat": {{"r0": 1, "r1": 2}}, "dog": {dog}}}'))
    assert str(caught.value) == message


def test_mappings_by_rows_are_refused_where_the_outer_names_count(tmp_path: Path) -> None:
    """As pandas writes columns of rows, and by orient="index" rows of columns: a table transposed."""
    columns = read_matrix(written(tmp_path, "m.json", '{"cat": {"0": 1, "1": 2}, "dog": {"0": 3, "1": 4}}'))
    assert (columns.columns, columns.rows, columns.notes) == (("cat", "dog"), ("0", "1"), ())
    with pytest.raises(InputError) as caught:
        read_matrix(written(tmp_path, "m.json", '{"0": {"cat": 1, "dog": 3}, "1": {"cat": 2, "dog": 4}}'))
    assert str(caught.value) == (
        "m.json: the outer names, 0, 1, number rows: the outer ones must be those of columns, and cat, dog stand "
        "inside"
    )


@pytest.mark.parametrize(
    "text",
    [
        '{"row": [2, 1], "cat": [1, 3], "dog": [2, 4]}',
        '{"row": {"0": 2, "1": 1}, "cat": {"0": 1, "1": 3}, "dog": {"1": 4, "0": 2}}',
        '[{"row": 2, "cat": 1, "dog": 2}, {"row": 1, "cat": 3, "dog": 4}]',
    ],
)
def test_a_column_called_row_names_the_rows_in_every_shape(tmp_path: Path, text: str) -> None:
    """A table by its columns, as pandas writes it, is read as the same table by its records."""
    found = read_matrix(written(tmp_path, "m.json", text))
    assert (found.values.tolist(), found.rows, found.columns) == ([[1, 2], [3, 4]], ("2", "1"), ("cat", "dog"))
    assert "outer names" not in " ".join(found.notes)


@pytest.mark.parametrize(
    ("ending", "message"),
    [
        (
            "csv",
            "own.csv::p: its labels, row 0, cat, row 0, dog, row 1, cat, row 1, dog, name rows and columns, as the "
            "terms of a batch do, and are no classes of one row: give the matrix itself",
        ),
        (
            "json",
            "own.json: $.results[0].terms: the terms of a batch: a distribution for each of its rows, and none of "
            "them all",
        ),
    ],
)
def test_the_terms_of_a_batch_are_no_batch(call: Run, tmp_path: Path, ending: str, message: str) -> None:
    """What klcli wrote of several rows would be one row of all their classes."""
    batch = written(tmp_path, "m.csv", "cat,dog\n2,1\n0.5,1\n")
    own = written(tmp_path, f"own.{ending}", call("distill", batch, batch, "-f", ending).out)
    assert call("distill", f"{own}::p", f"{own}::q").err.endswith(f"{message}\n")


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        (
            {"epoch": np.array(7)},
            "epoch: has 0 dimensions, a single number: save it with 1 or 2, such as x.reshape(1)",
        ),
        ({"labels": np.array(["a", "b"])}, "labels: text, not numbers: save numbers, as x.astype(float) makes them"),
    ],
)
def test_arrays_beside_latents_are_to_be_left_out(call: Run, more: dict[str, Any], fault: str) -> None:
    """One of them alone would not do, so that no other one is to be chosen."""
    np.savez("v.npz", mu=np.ones((2, 3)), logvar=np.zeros((2, 3)), **more)
    done = call("vae", "v.npz")
    assert done.err == f"klcli: v.npz: {fault}; or save the arrays that are needed without it\n"


def test_an_array_called_row_names_the_rows(call: Run) -> None:
    """As a column of that name does in a table; the names are exact."""
    np.savez("v.npz", mu=np.ones((2, 3)), logvar=np.zeros((2, 3)), row=np.array([12345678, 0.25]))
    assert read_matrix("v.npz", several=True).rows == ("12345678", "0.25")
    assert call("vae", "v.npz", "--json").result["value"] == 1.5
    np.savez("v.npz", mu=np.ones((2, 3)), logvar=np.zeros((2, 3)), row=np.arange(3))
    assert "columns of different lengths: mu1 has 2, " in call("vae", "v.npz").err


def test_a_column_called_row_that_names_nothing_is_to_be_left_out(call: Run) -> None:
    """It is not to be called row, as it is already."""
    done = call("vae", stdin='{"mu": {"a": 1, "b": 2}, "logvar": {"a": 0, "b": 1}, "row": {"a": 5, "b": 6}}')
    assert done.err == "klcli: stdin: column row: neither mu nor logvar: leave it out\n"


def test_latents_are_matched_by_name(call: Run) -> None:
    """Mappings of mu and logvar are paired by the names of their latents, and refused where these differ."""
    text = '{"mu": {"z1": 0.5, "z2": -1}, "logvar": {"z2": -1.3862943611198906, "z1": 0}}'
    result = call("vae", "--json", stdin=text).result
    assert result["value"] == pytest.approx(0.943147180559945, abs=1e-15)
    assert result["notes"][0] == "stdin: rows of logvar put into the order of mu, by their names"
    done = call("vae", stdin=text.replace("z2", "z3", 1))
    assert (done.code, done.err) == (2, "klcli: stdin: mu and stdin: logvar: rows on one side alone: z3, z2\n")


def test_one_of_several_batches_is_chosen_by_its_name(call: Run, tmp_path: Path) -> None:
    """A list of lists under a name is a batch of its own, as an array of an archive is, and a row of it is a row."""
    path = written(tmp_path, "m.json", '{"teacher": [[2, 1], [3, 4]], "student": [[1, 1], [3, 3]]}')
    one = read_matrix(f"{path}::teacher")
    assert (one.values.tolist(), one.columns) == ([[2, 1], [3, 4]], None)
    assert read_matrix(f"{path}::teacher.1").values.tolist() == [[3, 4]]
    assert read_matrix(path, several=True).columns == ("teacher1", "teacher2", "student1", "student2")
    with pytest.raises(
        InputError, match=r"^m\.json: holds several \(teacher, student\): choose one, as in .*::teacher$"
    ):
        read_matrix(path)
    assert call("distill", f"{path}::teacher", f"{path}::teacher", "--json").result["value"] == 0


def test_labels_name_the_classes_of_a_list_of_lists(tmp_path: Path) -> None:
    """Labels beside a list of lists are those of each list, as they are for distributions."""
    found = read_matrix(written(tmp_path, "m.json", '{"labels": ["a", "b"], "m": [[1, 2], [3, 4], [5, 6]]}'))
    assert (found.values.tolist(), found.columns) == ([[1, 2], [3, 4], [5, 6]], ("a", "b"))
    path = written(tmp_path, "m.json", '{"labels": ["x", "y"], "mu": [[1, 2]], "logvar": [[3, 4]]}')
    both = read_matrix(path, several=True)
    assert both.columns == ("mu_x", "mu_y", "logvar_x", "logvar_y")


def test_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    """A name that a column of a list of lists gets must not be that of another column."""
    a, a1 = f'"a": [{[1] * 11}, {[2] * 11}]', '"a1": [[5], [6]]'
    for text in (f"{{{a}, {a1}}}", f"{{{a1}, {a}}}"):
        with pytest.raises(InputError, match=r"^m\.json: two columns are called 'a11'$"):
            read_matrix(written(tmp_path, "m.json", text), several=True)


IN_DOUBT = {
    "day,month,year\n2.5,1,0.5\n0.3,1,-3.25\n": (
        "column year may name the rows, and holds 0.5: call it row if it does, or otherwise if it is of numbers"
    ),
    "sample,day,year\n1,2.5,3\n2,0.3,4\n": (
        "columns sample and year may both name the rows: leave one out, or call it otherwise if it is of numbers"
    ),
    "row,cat,year\nx,1,2\ny,3,4\n": (
        "column year holds no numbers, or names rows; leave it out, or call it otherwise if it is of numbers"
    ),
    "row,cat,note\nx,1,good\ny,3,bad\n": (
        "column note holds no numbers, or names rows; leave it out, or call it row"
    ),
    "label,x,y\na,1,2\na,3,4\n": ("two rows are called 'a': give each a name of its own, or leave their column out"),
}


@pytest.mark.parametrize("text", IN_DOUBT)
def test_a_column_that_may_be_a_class_or_name_the_rows_is_refused(call: Run, text: str) -> None:
    """Tokens are called year and id too, and one that is taken for names of rows would be no class."""
    Path("x.csv").write_text(text)
    assert call("distill", "x.csv", "x.csv").err == f"klcli: x.csv: {IN_DOUBT[text]}\n"


@pytest.mark.parametrize(
    ("text", "notes"),
    [
        ("id,x,y\n3,1,2\n5,3,4\n", ["x.csv: column id names the rows: call it otherwise if it is of numbers"]),
        ("row,x,y\n3,1,2\n5,3,4\n", []),
        (",x,y\n0,1,2\n1,3,4\n", []),
        ("id,logit\n3,1\n5,3\n", ["x.csv: one column of 2 numbers, taken as one row of 2 classes"]),
        ("label,logit\n3,1\n5,3\n", []),
        (
            "O.5,O.3,O.2\n0.2,0.3,0.7\n0.1,0.4,0.7\n",
            [
                "x.csv: the first row, O.5, O.3, O.2, was taken for the names of columns: put a header before it if "
                "it is data"
            ],
        ),
        ("1,2\n3,4\n", []),
        ("a,b\n9007199254740993,1\n", ["x.csv: line 2: 9007199254740993 is beyond 2^53 and was rounded"]),
    ],
)
def test_what_is_told_of_a_table_is_told_of_a_batch(call: Run, text: str, notes: list[str]) -> None:
    """What was taken for names in doubt, and what was rounded; that rows have no names is nothing to be told."""
    Path("x.csv").write_text(text)
    done = call("distill", "x.csv", "x.csv", "--json")
    assert list(dict.fromkeys(note for note in done.result["notes"] if note.startswith("x.csv"))) == notes


def test_decimal_commas_in_two_columns_without_a_header(call: Run) -> None:
    """The first one, which would have labels, has numbers in a batch, and no marks between thousands."""
    Path("c.csv").write_text("0,5;0,5\n0,25;0,75\n")
    done = call("loss", "c.csv", "c.csv", "--decimal", ",", "--input-kind", "probs", "--json")
    assert [term["target"] for term in done.result["terms"]] == [0.5, 0.5, 0.25, 0.75]
    Path("d.csv").write_text("1.500;2,5\n2.500;3,5\n")
    assert call("distill", "d.csv", "d.csv", "--decimal", ",").err == (
        "klcli: d.csv: line 1: '1.500' has a point, and the decimal sign is a comma\n"
    )


@pytest.mark.parametrize(
    ("mu", "logvar", "said"),
    [
        ([0.5, 1], [0.1, -math.inf], "note: infinite: the variance is 0 (logvar = -∞) at latent 1"),
        ([0.5, 1e20], [0.1, 0.2], "5.000000e+39"),
        ([0.5, 1], [0.1, -3.4028234663852886e38], "1.701412e+38"),
        ([0.5, math.inf], [0.1, 0.2], "v.npz::mu: latent 1: ∞ is not a finite number"),
        ([0.5, 1], [0.1, math.inf], "v.npz::logvar: latent 1: σ² = exp(∞) is beyond the largest float64"),
    ],
)
def test_a_vae_of_arrays_with_large_numbers(call: Run, mu: list[float], logvar: list[float], said: str) -> None:
    """An encoder that went astray has them, and arrays have no text that float64 could have rounded."""
    np.savez("v.npz", mu=np.array(mu), logvar=np.array(logvar))
    done = call("vae", "v.npz")
    assert said in done.out + done.err


def test_a_logit_that_masks_is_one_in_batches_of_many_rows(call: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The least float32 among more rows than are read as text."""
    monkeypatch.setattr(delimited, "MANY", 10)
    rows = "".join(f"0.5,{row}\n" for row in range(20))
    Path("a.csv").write_text(f"a,b\n{rows}0.5,-3.4028234663852886e38\n", encoding="utf-8")
    many = call("distill", "a.csv", "a.csv")
    monkeypatch.setattr(delimited, "MANY", 100)
    assert (many.code, many.out) == (0, call("distill", "a.csv", "a.csv").out)


def test_a_list_beside_lists_is_no_side_of_a_vae(call: Run) -> None:
    """Both are to be matrices, and to choose one of them would not do."""
    Path("v.json").write_text('{"mu":[[0.5,1]],"logvar":[0,1]}')
    assert call("vae", "v.json").err == "klcli: v.json: holds several (mu, logvar): make them all lists of lists\n"


def test_many_names_take_no_square_of_time(tmp_path: Path) -> None:
    """The tokens of a vocabulary are matched by name in one go."""
    tokens = [f"t{index}" for index in range(50_000)]
    one = written(tmp_path, "a.json", json.dumps(dict.fromkeys(tokens, 1)))
    two = written(tmp_path, "b.json", json.dumps(dict.fromkeys(reversed(tokens), 1)))
    start = time.process_time()
    assert matched(read_matrix(one), read_matrix(two))[2] == (
        "b.json: columns put into the order of a.json, by their names",
    )
    assert time.process_time() - start < 5


# Means and covariances


COVARIANCE = "a,b\n2,0.5\n0.5,1\n"
OF_D = "d.csv: components put into the order of c.csv, by their names"


def notes_of(call: Run, tmp_path: Path, f: str, g: str, **files: str) -> list[str]:
    """The notes on D(F‖G), which is 0, where these are the files."""
    for name, text in files.items():
        written(tmp_path, f"{name}.csv", text)
    result = call("continuous", f, g, "--json").result
    assert result["value"] == 0
    notes: list[str] = result["notes"]
    assert notes[-1].startswith("closed form")
    return notes[:-1]


@pytest.mark.parametrize(
    "d",
    ["b,a\n1,0.5\n0.5,2\n", ",b,a\nb,1,0.5\na,0.5,2\n", ",b,a\na,0.5,2\nb,1,0.5\n", ",a,b\nb,0.5,1\na,2,0.5\n"],
)
def test_covariances_are_matched_by_name(call: Run, tmp_path: Path, d: str) -> None:
    """One covariance in two orders, of columns alone or of rows too, is one distribution."""
    assert notes_of(call, tmp_path, "mvnormal(c.csv)", "mvnormal(d.csv)", c=COVARIANCE, d=d) == [OF_D]


@pytest.mark.parametrize("mean", ["label,mu\na,1\nb,2\n", "row,mu\na,1\nb,2\n", "a,b\n1,2\n"])
def test_a_mean_and_its_covariance_are_matched_by_name(call: Run, tmp_path: Path, mean: str) -> None:
    """The names of a mean, in a row or in a column, put its covariance into their order, and the other side too."""
    files = {"m": mean, "c": ",b,a\nb,1,0.5\na,0.5,2\n", "n": "b,a\n2,1\n"}
    notes = notes_of(call, tmp_path, "mvnormal(m.csv, c.csv)", "mvnormal(n.csv, c.csv)", **files)
    assert notes == [f"{name}.csv: components put into the order of m.csv, by their names" for name in "cn"]
    notes = notes_of(call, tmp_path, "mvnormal(m.csv, c.csv)", "mvnormal([1, 2], [[2, 0.5], [0.5, 1]])", **files)
    assert notes[-1] == (
        "components matched by position, since mvnormal([1, 2], [[2, 0.5], [0.5, 1]]) has no names for them"
    )


def test_a_list_beside_a_file_in_another_order_is_refused(call: Run, tmp_path: Path) -> None:
    """It has no names by which it could be put into the order of the first file, as the file beside it is."""
    written(tmp_path, "c.csv", COVARIANCE)
    written(tmp_path, "d.csv", "b,a\n1,0.5\n0.5,2\n")
    assert call("continuous", "mvnormal([1,2],c.csv)", "mvnormal([1,2],d.csv)").err == (
        "klcli: mvnormal([1,2],d.csv): its list has no names, and d.csv has its components in another order than "
        "c.csv: put the list in a file with names, or all in one order\n"
    )
    assert call("continuous", "mvnormal([1,2],c.csv)", "mvnormal([1,2],c.csv)", "--json").result["value"] == 0


def test_without_names_components_go_by_position(call: Run, tmp_path: Path) -> None:
    """Where a file has no names a note says so; where none has, there is nothing to say."""
    files = {"c": COVARIANCE, "d": "2,0.5\n0.5,1\n"}
    words = "components matched by position, since d.csv has no names for them"
    assert notes_of(call, tmp_path, "mvnormal(d.csv)", "mvnormal(c.csv)", **files) == [words]
    assert notes_of(call, tmp_path, "mvnormal(d.csv)", "mvnormal(d.csv)", **files) == []


@pytest.mark.parametrize(
    ("d", "message"),
    [
        ("b,x\n1,0.5\n0.5,2\n", "c.csv and d.csv: components on one side alone: a, x"),
        (
            ",a,b\n0,2,0.5\n1,0.5,1\n",
            "d.csv: its columns and its rows: names on one side alone: a, b, 0, 1",
        ),
    ],
)
def test_components_of_other_names_are_refused(call: Run, tmp_path: Path, d: str, message: str) -> None:
    """Names that differ, between two files or between rows and columns, are refused with those on one side alone."""
    written(tmp_path, "c.csv", COVARIANCE)
    written(tmp_path, "d.csv", d)
    done = call("continuous", "mvnormal(c.csv)", "mvnormal(d.csv)")
    assert (done.code, done.err) == (2, f"klcli: {message}\n")


def test_a_covariance_of_mappings_is_symmetric_by_its_names(call: Run, tmp_path: Path) -> None:
    """A mapping of mappings is a covariance in whatever order its members are."""
    written(tmp_path, "e.json", '{"a": {"a": 2, "b": 0.5}, "b": {"b": 1, "a": 0.5}}')
    assert notes_of(call, tmp_path, "mvnormal(e.json)", "mvnormal(c.csv)", c=COVARIANCE) == [
        "e.json: rows of b put into the order of a, by their names"
    ]
