"""Trees: JSON, NDJSON and YAML hold each number once, under a name and labels of its own, or are refused."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from conftest import Done
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import klcli
from klcli.columns import FORMATS, FormatError, Reading
from klcli.errors import InputError
from klcli.readers import read, read_all
from klcli.render import View
from klcli.render import json as json_renderer
from klcli.render import ndjson as ndjson_renderer

Run = Callable[..., Done]

MISSING = "a missing value: it is not 0, so write the number or leave it out"
WEIGHT = "a weight is a finite number >= 0"
IN_QUOTES = "if it is one, put it in quotes"
TWO = "is the name of two distributions: call one of them otherwise"
P, Q1, Q2 = {"a": 0.5, "b": 0.5}, {"a": 0.25, "b": 0.75}, {"a": 0.75, "b": 0.25}


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test works in a folder of its own, where sources have short names."""
    monkeypatch.chdir(tmp_path)


def write(name: str, text: str) -> str:
    """The name of a file with that text."""
    Path(name).write_text(text, encoding="utf-8")
    return name


def held(source: str) -> dict[str, dict[str, float]]:
    """The distributions of the source by their names, as mappings."""
    found = {each.name: dict(zip(each.outcomes, each.weights.tolist(), strict=True)) for each in read_all(source)}
    return {name.partition("::")[2]: weights for name, weights in found.items()}


def refusal(source: str) -> str:
    """What the source is refused with, without its name."""
    with pytest.raises(InputError) as caught:
        read_all(source)
    return str(caught.value).partition(": ")[2]


def own(*answers: list[klcli.Result]) -> str:
    """What klcli prints for each of the answers with --format ndjson."""
    return "".join(ndjson_renderer.render(each, View()).decode() for each in answers)


# Lists of lists


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("m.json", "[[1, 2, 5], [3, 4, 6]]"),
        ("m.yaml", "- [1, 2, 5]\n- [3, 4, 6]\n"),
        ("m.ndjson", "[1, 2, 5]\n[3, 4, 6]\n"),
    ],
)
def test_each_list_of_a_list_is_a_distribution(name: str, text: str) -> None:
    """It is called by its position from 0, as a row of an array is."""
    assert held(write(name, text)) == {"0": {"0": 1, "1": 2, "2": 5}, "1": {"0": 3, "1": 4, "2": 6}}
    assert read(f"{name}::1").weights.tolist() == [3, 4, 6]


def test_lists_of_a_named_list_are_called_after_it() -> None:
    """Its name alone means all of them, and labels are those of every list."""
    write("m.json", '{"labels": ["a", "b"], "t": [[1, 2], [3, 4]], "v": [5, 6]}')
    rows = {"t.0": {"a": 1, "b": 2}, "t.1": {"a": 3, "b": 4}}
    assert held("m.json") == {**rows, "v": {"a": 5, "b": 6}}
    assert held("m.json::t") == rows
    assert read("m.json::t.1").weights.tolist() == [3, 4]


def test_a_fault_in_a_list_of_lists_has_its_place() -> None:
    """The place is the path or the line with the item, and no row is called a column."""
    assert refusal(write("m.json", "[[1, 2], [3, -4]]") + "::1") == f"$[1][1]: -4.0 is negative: {WEIGHT}"
    assert refusal(write("m.ndjson", "[1, 2]\n[3, -4]\n") + "::1") == f"line 2, item 2: -4.0 is negative: {WEIGHT}"
    assert refusal(write("m.ndjson", "[1, 2]\n[null, 4]\n")) == "line 2, item 1: expected a number, found null"
    assert refusal(write("m.json", '[[1, 2], [3, "1/0"]]')) == "$[1][1]: '1/0' is a division by zero"


# Names


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('{"a": [[1, 2], [3, 4]], "a.1": [5, 6]}', "a.1"),
        ('{"a.1": [5, 6], "a": [[1, 2], [3, 4]]}', "a.1"),
        ('{"p": [{"x": 1, "y": 2}, {"x": 2, "y": 1}], "p.x": [5, 6]}', "p.x"),
        ('{"p.x": {"a": 1}, "p": [{"x": 1, "y": 2}, {"x": 2, "y": 1}]}', "p.x"),
    ],
)
def test_a_name_of_two_distributions_is_refused(text: str, name: str) -> None:
    """A name that a row or a field gets must not be that of another distribution, whichever comes first."""
    assert refusal(write("p.json", text)) == f"$: {name!r} {TWO}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '[{"label": null, "p": 1}, {"label": "b", "p": 1}]',
            f"$[0].label: expected a label, found null: {IN_QUOTES}",
        ),
        (
            '[{"label": "a", "p": 1}, {"label": true, "p": 1}]',
            f"$[1].label: expected a label, found true: {IN_QUOTES}",
        ),
        ('[{"who": "a", "p": 1}, {"who": null, "p": 1}]', f"$[1].who: expected a label, found null: {IN_QUOTES}"),
        ('{"labels": [null, "b"], "p": [1, 1]}', f"$.labels[0]: expected a label, found null: {IN_QUOTES}"),
        ('{"labels": ["a", false], "p": [1, 1]}', f"$.labels[1]: expected a label, found false: {IN_QUOTES}"),
        ('[{"city": "a", "n": 3}, {"city": NaN, "n": 5}]', f"$[1].city: expected a label, found NaN: {IN_QUOTES}"),
        ('{"label": ["a", -Infinity], "n": [1, 1]}', f"$.label[1]: expected a label, found -Infinity: {IN_QUOTES}"),
        (
            '{"bin": {"0": "a", "1": NaN}, "n": {"0": 1, "1": 1}}',
            f"$.bin.1: expected a label, found NaN: {IN_QUOTES}",
        ),
        ('{"label": [true, false], "n": [3, 4]}', f"$.label[0]: expected a label, found true: {IN_QUOTES}"),
        ('[{"_id": true, "n": 3}, {"_id": false, "n": 5}]', f"$[0]._id: expected a label, found true: {IN_QUOTES}"),
    ],
)
def test_null_is_no_label(text: str, message: str) -> None:
    """Null, true and false as labels are refused with their path."""
    assert refusal(write("p.json", text)) == message


@pytest.mark.parametrize("label", ["~", "null", "Null", "true", "False", "", ".nan", "-.inf"])
def test_null_is_no_label_in_yaml(label: str) -> None:
    """What YAML 1.2 has for null, true, false or no number is no label in records; in quotes, and as a key, it is."""
    message = refusal(write("p.yaml", f"- label: {label}\n  p: 1\n- label: b\n  p: 1\n"))
    assert message.startswith("line 1: expected a label, found ")
    write("p.yaml", f"- label: '{label}'\n  p: 1\n- label: b\n  p: 1\n")
    assert read("p.yaml").outcomes == (label, "b")


@pytest.mark.parametrize("missing", ["null", "true", '"-"', '"N/A"'])
def test_a_missing_number_turns_no_column_into_labels(missing: str) -> None:
    """A column of numbers stays one where a number is missing: it is refused there."""
    message = refusal(write("p.json", f'[{{"p": 0.5, "q": 0.4}}, {{"p": {missing}, "q": 0.6}}]'))
    assert message.startswith(
        ("$[1].p: expected a number, found ", "$[1], column p: ", "column p holds numbers and ")
    )


def test_fields_without_numbers_are_called_what_they_are() -> None:
    """Truth values and nulls are no text, wherever their field stands."""
    rows = '[{"on": true, "x": null, "p": 3}, {"on": false, "x": null, "p": 1}, {"on": true, "x": null, "p": 2}]'
    found = read(write("p.json", rows))
    assert found.weights.tolist() == [3, 1, 2]
    assert found.notes[:2] == (
        "p.json: truth values, so not used: column on",
        "p.json: null, so not used: column x",
    )
    assert refusal("p.json::x") == "column 'x' holds null alone"
    assert refusal(write("p.json", '[{"label": "a", "p": null}]')) == "$[0].p: expected a number, found null"


@pytest.mark.parametrize("half", ["\\ud800", "a\\uDfffb"])
def test_half_a_character_is_no_label(half: str) -> None:
    """A surrogate alone, which UTF-8 cannot hold, is refused in a label and in a name; a pair is a character."""
    for text in (
        f'{{"{half}": 1, "b": 2}}',
        f'{{"{half}": [1, 2], "b": [3, 4]}}',
        f'{{"labels": ["{half}"], "p": [1]}}',
    ):
        assert refusal(write("p.json", text)).endswith("is not Unicode: half of a character stands alone")
    assert read(write("p.json", '{"\\ud83d\\ude00": 1, "\\\\ud800": 2}')).outcomes == ("\U0001f600", "\\ud800")


# Whose fault it is


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("p.json", '[[1], {"a": 1}]', "$[1]: expected a list, as the first one is, found a mapping"),
        ("p.json", '[{"a": 1}, [1]]', "$[1]: expected a mapping, as the first one is, found a list"),
        ("p.json", '[{"a": 1}, 2]', "$[1]: expected a mapping, as the first one is, found 2"),
        ("p.json", '{"x": [[1], {"a": 1}]}', "$.x[1]: expected a list, as the first one is, found a mapping"),
        (
            "p.json",
            '[[0.5, []], {"label": {"measure": {}}, "p": []}]',
            "$[1]: expected a list, as the first one is, found a mapping",
        ),
        ("p.json", '[{"label": {"a": 1}, "p": 1}]', "$[0].label: expected a number or a label, found a mapping"),
        ("p.ndjson", '{"a": 1}\n[1]\n', "line 2: expected a mapping, as the first one is, found a list"),
        ("p.ndjson", '[1]\n{"a": 1}\n', "line 2: expected a list, as the first one is, found a mapping"),
        ("p.yaml", "- [1]\n- {a: 1}\n", "line 2: expected a list, as the first one is, found a mapping"),
        (
            "p.json",
            '{"a": 0.5, "b": 0.3, "c": [0.2]}',
            "$.c: expected a number, found a list: leave it out, or what is beside it if it holds the distribution",
        ),
        (
            "p.json",
            '{"a": 0.5, "b": [0.3], "c": [0.2]}',
            "$.a: expected a list or a mapping, found 0.5: leave it out",
        ),
        (
            "p.json",
            '{"name": "x", "p": [1, 2]}',
            "$.name: expected a list or a mapping, found text, 'x': leave it out",
        ),
        ("p.json", "[{}]", "$[0]: empty: a record needs at least one field"),
        ("p.json", '[{"p": 1}, {}]', "$[1]: its fields are not those of the first record: it lacks p"),
        ("p.ndjson", '{"l": "a", "p": 1}\n{"l": "b", "p": null}\n', "line 2, field p: expected a number, found null"),
        ("p.json", "[[1, 2], [3]]", "$[1]: 1 number where the first row has 2"),
        (
            "p.json",
            '[["a", 0.5], ["b", 0.5]]',
            '$[0]: a label and a number: write such pairs as a mapping, {"a": 0.5, "b": 0.5}',
        ),
    ],
)
def test_the_fault_is_where_it_is_said_to_be(name: str, text: str, message: str) -> None:
    """Of several nodes the one that differs from the others is refused, with its place and its field."""
    assert refusal(write(name, text)) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 017\nb: 1\n", "line 1: '017' is octal to some readers of YAML: leave out the first zero"),
        ("a: 1\nb: -00\n", "line 2: '-00' is octal to some readers of YAML: leave out the first zero"),
        ("a: ~\n", f"line 1: '~' is {MISSING}"),
        ("a: .nan\n", f"line 1: '.nan' is {MISSING}"),
        ("- {p: ~, q: 1}\n- {p: 1, q: 1}\n", f"line 1: '~' is {MISSING}"),
        ("<<: {a: 1}\nb: 1\n", "line 1: a merge key, <<: write the values out"),
        ("{a:0.5}\n", "line 1: 'a:0.5' has no value, or no blank after its colon"),
        ("a:0.5\n", "line 1: expected a list or a mapping of numbers, found a:0.5: put a blank after the colon"),
        (
            "b: 1\na: [1, 2\nc: 3\n",
            "line 2: not YAML: did not find expected ',' or ']' while parsing a flow sequence",
        ),
        ("b: 1\na: 'x\nc: 3\n", "line 2: not YAML: found unexpected end of stream while scanning a quoted scalar"),
        ("b: 1\n" + "x" * 1030 + ": 1\n", "line 2: not YAML: a label of over 1024 characters: write it in JSON"),
        ("x" * 1030 + ": 1\n", "line 1: not YAML: a label of over 1024 characters: write it in JSON"),
        ("{a: 1, " + "x" * 1030 + ": 1}\n", "line 1: not YAML: a label of over 1024 characters: write it in JSON"),
    ],
)
def test_the_fault_in_yaml_is_where_it_was_made(text: str, message: str) -> None:
    """What is never closed is refused where it was opened, and what YAML reads in another way with that."""
    assert refusal(write("p.yaml", text)) == message


def test_zeros_that_are_decimal_are_read() -> None:
    """0, 0.5, -0.0 and 0e0 are no octal numbers, and 010 is one as a label only."""
    assert read(write("p.yaml", "010: 0\nb: 0.5\nc: 0e0\nd: 00.5\n")).weights.tolist() == [0, 0.5, 0, 0.5]


def test_one_line_of_ndjson_is_read_as_json_is() -> None:
    """A file of one line does not change its meaning with its ending."""
    for text in ('{"a": 0.5, "b": 0.5}', "[0.25, 0.75]", '{"p": [1, 2]}', "[[1, 2], [3, 4]]"):
        assert held(write("p.ndjson", text + "\n")) == held(write("p.json", text))


# What klcli writes


@pytest.mark.parametrize("p", [{"0": 0.9, "1": 0.1}, {"1": 0.9, "0": 0.1}, {"0": 0.5, "1": 0.25, "2": 0.25}])
def test_labels_that_are_numbers_come_back_as_labels(p: dict[str, float]) -> None:
    """0, 1, 2 ... are labels in klcli's own JSON, so that a detour through it changes no divergence."""
    q = {"1": 0.5, "0": 0.5}
    found = read(write("p.json", json_renderer.render([klcli.entropy(p)], View()).decode()))
    assert found.labelled
    assert klcli.kl(found, q).value == klcli.kl(p, q).value


def test_a_detour_keeps_the_order_of_what_has_no_labels() -> None:
    """Without labels it is compared with itself, and with numbers on the command line, as before."""
    p, q = read("0.9,0.1"), read("0.4,0.6")
    found = read(write("p.json", json_renderer.render([klcli.entropy(p)], View()).decode()))
    assert klcli.kl(found, q).value == klcli.kl(p, q).value
    assert klcli.kl(q, found).value == klcli.kl(q, p).value
    assert klcli.kl(found, p).value == klcli.kl(found, found).value == 0


def test_answers_that_differ_are_told_apart() -> None:
    """Several answers in one file keep every distribution once, with the position of its answer where two differ."""
    write("own.ndjson", own([klcli.entropy(P)], [klcli.entropy(Q1)], [klcli.entropy(P)]))
    assert held("own.ndjson") == {"p.0": P, "p.1": Q1}
    assert refusal("own.ndjson::p").startswith("no column 'p' among p.0, p.1")
    write("own.ndjson", own([klcli.kl(P, Q1)], [klcli.kl(P, Q2)]))
    assert held("own.ndjson") == {"p": P, "q.0": Q1, "q.1": Q2}
    write("own.ndjson", own(klcli.compare(P, Q1, Q2), klcli.compare(Q1, P)))
    assert {name: each["a"] for name, each in held("own.ndjson").items()}["p.2"] == 0.25


def test_the_same_p_is_kept_once_whatever_it_was_compared_with() -> None:
    """An outcome of another distribution, where p is 0, does not make it another p."""
    wide = {"a": 0.5, "b": 0.25, "c": 0.25}
    write("own.ndjson", own(klcli.compare(P, Q1, wide)))
    assert [name for name in held("own.ndjson") if name.startswith("p")] == ["p"]


@pytest.mark.parametrize("name", ["own.ndjson", "own.json", "own", "own.yaml"])
def test_one_answer_is_read_as_it_is(name: str) -> None:
    """A line of NDJSON, and the list of answers by itself, hold what the whole output holds."""
    line = own([klcli.kl(P, Q1)])
    for text in (line, f"[{line.strip()}]\n"):
        assert held(write(name, text)) == {"p": P, "q": Q1}


@pytest.mark.parametrize(
    ("result", "measure"),
    [
        (klcli.continuous("normal(0,1)", "normal(1,1)"), "continuous"),
        (klcli.loss([[-1.0, -0.5]], [[0.5, 0.5]], input_kind="logits"), "loss"),
    ],
)
def test_answers_of_no_distributions_are_called_so(result: klcli.Result, measure: str) -> None:
    """What was not made of distributions is refused with what it is the answer of."""
    words = f"no p and no q: the answers of {measure} hold no distribution"
    assert (
        refusal(write("own.json", json_renderer.render([result], View()).decode())) == f"$.results[0].terms: {words}"
    )
    assert refusal(write("own.ndjson", own([result]))) == f"$.terms: {words}"
    assert refusal(write("own.ndjson", own([result], [result]))) == f"line 1, field terms: {words}"


def test_a_field_called_measure_is_data() -> None:
    """Tidy data may have a field measure: an answer of klcli has terms or a formula too."""
    for name, text in (
        ("p.ndjson", '{"measure": "height", "p": 0.5}\n{"measure": "weight", "p": 0.5}\n'),
        ("p.json", '[{"measure": "height", "p": 0.5}, {"measure": "weight", "p": 0.5}]'),
        ("p.json", '{"results": [{"measure": "height", "p": 0.5}, {"measure": "weight", "p": 0.5}]}'),
        ("p.json", '{"measure": ["height", "weight"], "formula": ["x", "y"], "value": [1, 1]}'),
    ):
        assert read(write(name, text)).outcomes == ("height", "weight")


def test_a_table_by_its_rows_takes_time_in_proportion() -> None:
    """A member of a mapping is looked up once a row, and not once a row for each row."""
    rows = range(30_000)
    columns = {"label": {str(row): f"w{row}" for row in rows}, "n": {str(row): row + 1 for row in rows}}
    code = "import klcli; print(len(klcli.read('p.json').outcomes))"
    write("p.json", json.dumps(columns))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "30000\n"


def test_nothing_beside_the_answers_is_dropped() -> None:
    """A member beside the results is no part of klcli's output, and is not passed over."""
    results = json.loads(json_renderer.render([klcli.entropy(P)], View()))["results"]
    assert refusal(write("own.json", json.dumps({"results": results, "p": [1, 2]}))).startswith("$.results[0].")


# Commands


def test_one_answer_goes_through_a_pipe(call: Run) -> None:
    """What --format ndjson prints for one answer can be piped into the next command."""
    line = call("kl", "a=1,b=3", "a=1,b=1", "--format", "ndjson").out
    assert call("entropy", "-::p", "--json", stdin=line).result["value"] == klcli.entropy({"a": 1, "b": 3}).value


# Anything at all

TREES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9) | st.sampled_from(["a", "1/2", "", "measure"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "a.0", "labels", "p", "measure", "terms", "results"]), inner)
    ),
    max_leaves=12,
)


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TREES, st.sampled_from(["json", "ndjson", "yaml"]), st.integers(1, 3))
def test_every_tree_is_read_or_refused(tree: Any, name: str, lines: int) -> None:
    """Whatever is in whatever, there are columns with names of their own, or a FormatError."""
    text = (json.dumps(tree) + "\n") * (lines if name == "ndjson" else 1)
    with contextlib.suppress(FormatError):
        columns = FORMATS[name](text, Reading())
        assert len({column.name for column in columns}) == len(columns)


def test_many_labels_take_no_square_of_time() -> None:
    """A hundred thousand records, and as many answers of klcli as there may be, are read in one go."""
    start = time.process_time()
    read(write("p.json", json.dumps([{"label": f"x{index}", "p": index + 1} for index in range(100_000)])))
    line = own([klcli.entropy(P)])
    assert held(write("own.ndjson", line * 3000)) == {"": P}
    assert time.process_time() - start < 10


def test_a_table_by_its_rows_is_not_many_distributions(tmp_path: Path) -> None:
    """Rows of one field each, as pandas writes them by index, would be distributions of one outcome: 0 in silence."""
    path = tmp_path / "t.json"
    path.write_text('{"a": {"count": 3}, "b": {"count": 1}}')
    with pytest.raises(InputError) as caught:
        read_all(str(path))
    assert str(caught.value).endswith(
        "t.json: $: 2 mappings of one number each, all called 'count': if they are one distribution, "
        'write {"a": 3, ...}'
    )
    path.write_text('{"a": {"x": 3}, "b": {"y": 1}}')
    assert [found.outcomes for found in read_all(str(path))] == [("x",), ("y",)]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('{"age": {"0": 30, "1": 20, "2": 40}, "count": {"0": 5, "1": 3, "2": 2}}', "age, count, keys"),
        ('{"stars": {"0": 4.0, "1": 3.0, "2": 5.0}, "n": {"0": 5, "1": 3, "2": 2}}', "stars, n, keys"),
        ('{"temp": {"3": -1, "2": 0, "0": 1}, "n": {"3": 5, "2": 3, "0": 2}}', "temp, n, keys"),
        ('{"zip": {"0": "01234", "1": "10001"}, "n": {"0": 5, "1": 3}}', "zip, n, keys"),
        ('{"n": [3, 5, 9], "grade": ["A", "B", "10"]}', "n, grade, from 0"),
        ('{"token": [5, 3, 9], "prob": [0.5, 0.3, 0.2]}', "token, prob, from 0"),
        ('{"sample": [5, 3], "n": [50, 3]}', "sample, n, from 0"),
        ('{"train": {"0": 5, "1": 3}, "n": {"0": 5, "1": 2}}', "train, n, keys"),
        ('{"p": [5, 3], "n": [50, 3]}', ""),
        ('{"a": [0.5, 0.5], "b": [0.25, 0.75]}', ""),
        ('{"a": [5, 3, 1], "n": [50, 3]}', ""),
        ('{"a": {"x": 5, "y": 3}, "n": {"x": 4, "y": 2}}', ""),
    ],
)
def test_columns_that_may_have_labels(text: str, named: str) -> None:
    """Columns of the same rows of which none is called label are told of, as in a table by its rows."""
    source = write("p.json", text)
    name = next(name for name in ("count", "prob", "n", "b") if f'"{name}"' in text)
    notes = [note.partition(": ")[2] for note in read(f"{source}::{name}").notes]
    names, _, how = named.rpartition(", ")
    where = "numbered from 0" if how == "from 0" else "the keys"
    told = f"no column of labels among {names}, so the outcomes are {where}: call one label if it is"
    assert [note for note in notes if "labels" in note] == ([told] if named else [])


def test_labels_that_are_told_of_are_labels() -> None:
    """Keys match outcomes whatever else they may be."""
    a = write("a.json", '{"train": {"0": 5, "1": 3}, "test": {"0": 4, "1": 2}}')
    b = write("b.json", '{"1": 3, "0": 5, "2": 1}')
    found = klcli.kl(read(f"{a}::train"), read(b))
    assert found.terms["outcome"] == ("0", "1", "2")
    assert klcli.kl(read(f"{a}::train"), read(write("c.json", '{"1": 3, "0": 5}'))).value == 0


@pytest.mark.parametrize("form", ["records", "list", "split by rows"])
def test_years_that_stand_twice_are_labels(form: str) -> None:
    """In every form of a table."""
    columns = {"year": [2019, 2019, 2020], "count": [4, 2, 4]}
    forms = {
        "records": [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)],
        "list": columns,
        "split by rows": {name: dict(zip("012", column, strict=True)) for name, column in columns.items()},
    }
    found = read(write("p.json", json.dumps(forms[form])), duplicates="sum")
    assert (found.outcomes, found.weights.tolist()) == (("2019", "2020"), [6, 4])


def test_truth_values_that_may_be_the_labels_are_refused() -> None:
    """By position they would be compared with those of another table, whatever their order there."""
    cure = "expected a label, found true: if it is one, put it in quotes"
    write("p.ndjson", '{"m": true, "count": 5}\n{"m": false, "count": 3}\n')
    assert refusal("p.ndjson") == f"line 1, field m: {cure}"
    assert refusal(write("p.json", '[{"x": true, "n": 3}, {"x": null, "n": 4}]')) == f"$[0].x: {cure}"
    assert held(write("p.json", '[{"l": "a", "x": true, "n": 3}, {"l": "b", "x": false, "n": 4}]')) == {
        "": {"a": 3, "b": 4}
    }


def test_a_line_of_ndjson_is_a_record_by_the_names_of_its_fields() -> None:
    """As it is where a second line follows; without such names it is a mapping, as in JSON."""
    assert held(write("p.ndjson", '{"year": 2020, "count": 5}\n')) == {"": {"2020": 5}}
    assert held(write("p.ndjson", '{"a": 2020, "count": 5}\n')) == {"": {"a": 2020, "count": 5}}
    assert held(write("p.json", '{"year": 2020, "count": 5}\n')) == {"": {"year": 2020, "count": 5}}


@pytest.mark.parametrize(
    "text",
    [
        '[{"x": "a", "n": 3, "m": null}, {"x": "b", "n": 4, "m": 2}]',
        '{"x": {"0": "a", "1": "b"}, "n": {"0": 3, "1": 4}, "m": {"0": null, "1": 2}}',
        '{"n": {"a": 3, "b": 4}, "m": {"a": null, "b": 2}}',
    ],
)
def test_a_fault_elsewhere_is_told_of_where_it_is_asked_for(text: str) -> None:
    """As in CSV: ::NAME is read whatever stands beside it."""
    assert held(f"{write('p.json', text)}::n") == {"n": {"a": 3, "b": 4}}
    assert refusal("p.json::m").endswith("expected a number, found null")
    assert refusal("p.json").endswith("expected a number, found null")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '{"errors": 0, "others": 0, "buckets": [{"key": "a", "n": 3}]}',
            "$.buckets: expected a number, found a list: leave it out, or what is beside it if it holds the "
            "distribution",
        ),
        (
            '[[{"label": "a", "score": 0.9}, {"label": "b", "score": 0.1}]]',
            "$[0]: a list of mappings within a list: write it by itself, without the list around it",
        ),
        (
            '{"0": {"colour": "red", "n": 3}, "1": {"colour": "blue", "n": 5}}',
            "$: a table by its rows: write it as a list of records, as pandas does by to_json(orient='records')",
        ),
        (
            '{"cat": {"n": "3"}, "dog": {"n": "5"}}',
            "$.cat.n: expected a number, found text, '3': leave out the quotes",
        ),
        (
            '[{"a": 3, "b": 1}, {"a": 3, "c": 4}]',
            "$[1]: its fields are not those of the first record: it lacks b, and it has c: if each is a "
            'distribution, name them, as in {"p": {...}, "q": {...}}',
        ),
    ],
)
def test_what_puts_a_tree_right(text: str, message: str) -> None:
    """Trees as other programs write them are refused with what would be read."""
    assert refusal(write("p.json", text)) == message


@pytest.mark.parametrize("size", [10_000, 80_000])
def test_time_in_proportion_to_fields(size: int) -> None:
    """Many fields that differ, and many that are not used beside many that are: a square of them would take hours."""
    bags = [{f"{side}{index}": 1 for index in range(size)} for side in "ab"]
    assert "it lacks a0, a1, a2, a3, a4 and" in refusal(write("p.json", json.dumps(bags)))
    numbers, nulls = (
        {f"{name}{index}": value for index in range(size // 4)} for name, value in (("f", 1), ("x", None))
    )
    rows = [{"label": label, **numbers, **nulls} for label in "ab"]
    found = read(write("p.json", json.dumps(rows)) + "::f0")
    assert found.notes[0] == f"p.json::f0: null, so not used: column x0, x1, x2, x3, x4 and {size // 4 - 5} more"


def test_keys_are_labels_beside_truth_values() -> None:
    """Columns of truth values are no labels, whatever stands in them, and the keys of the others are theirs."""
    for end in ("", "+"):
        p = write("p.json", f'{{"n": {{"5{end}": 12, "4": 8}}, "small": {{"5{end}": false, "4": true}}}}')
        found = read(p)
        assert (found.outcomes, found.weights.tolist()) == ((f"5{end}", "4"), [12, 8])
        assert found.notes[0] == "p.json: truth values, so not used: column small"
    assert (
        read(write("q.json", '{"n": [12, 8], "x": [null, null]}')).notes[0] == "q.json: null, so not used: column x"
    )


@pytest.mark.parametrize(
    "beside",
    [
        '"params": {"alpha": 1}',
        '"bounds": [0, 1, 2]',
        '"seeds": {"a": 1, "b": 2}',
        '"runs": [{"n": 1}, {"n": 2}, {"n": 3}]',
    ],
)
@pytest.mark.parametrize(
    "labels", ['"category": ["b", "a"]', '"year": [2018, 2019]', '"city": ["x", "y"]', '"labels": ["b", "a"]']
)
@pytest.mark.parametrize("is_first", [False, True])
def test_what_has_other_rows_takes_no_labels_away(labels: str, beside: str, is_first: bool) -> None:
    """Members with the same rows are a table, whatever stands beside them in the file."""
    table = f'{labels}, "p": [9, 1]'
    whole = read(write("p.json", f"{{{table}}}"))
    text = f"{{{beside}, {table}}}" if is_first else f"{{{table}, {beside}}}"
    found = read(write("p.json", text) + "::p")
    assert (found.outcomes, found.weights.tolist()) == (whole.outcomes, whole.weights.tolist())


@pytest.mark.parametrize("beside", ['"config": {"x": 1}', '"prior": [0.3, 0.7]', '"prior": [0.3, 0.7], "seed": [1]'])
@pytest.mark.parametrize("rows", ["[0.5, 0.5], [0.1, 0.9]", "[0.5, 0.5], [0.1, 0.9], [1, 0]"])
def test_lists_of_lists_have_labels_beside_what_is_none(beside: str, rows: str) -> None:
    """Rows of lists are called by the list of as many words, though a mapping or a table stands beside them."""
    write("p.json", f'{{"classes": ["a", "b"], {beside}, "probs": [{rows}]}}')
    assert read("p.json::probs.1").outcomes == ("a", "b")
    if "prior" in beside:
        assert read("p.json::prior").outcomes == ("a", "b")


@pytest.mark.parametrize("outcomes", ["ny", "ACDNP", ["yes", "no"], ["name", "verb"]])
def test_distributions_that_are_called_by_numbers(outcomes: Sequence[str]) -> None:
    """Letters by themselves are no names of columns, nor are words that no weight stands beside."""
    write("p.json", json.dumps({str(k): dict.fromkeys(outcomes, k + 1) for k in range(3)}))
    assert read("p.json::1").outcomes == tuple(outcomes)


@pytest.mark.parametrize("ending", ["", "\n"])
def test_a_counter_in_one_long_line_is_one_mapping(ending: str) -> None:
    """Of more than 100,000 characters too, whatever its words are."""
    words = {"name": 3, **{f"word{index}": index + 1 for index in range(9000)}}
    assert read(write("p.json", json.dumps(words) + ending)).weights.sum() == 3 + 9000 * 9001 / 2
    assert len(read(write("p.txt", json.dumps(words) + ending)).outcomes) == 9001


def test_what_stands_in_another_table_says_why() -> None:
    """Each table of a file has its own labels, and what is not used in it."""
    write("p.json", '{"city": ["a", "b", "c"], "n": [1, 2, 3], "item": ["x", "y"], "m": [3, 4], "on": [true, false]}')
    for name, said in (
        ("city", "holds the labels"),
        ("item", "holds the labels"),
        ("on", "holds truth values alone"),
    ):
        assert refusal(f"p.json::{name}") == f"column {name!r} {said}"


def test_columns_without_labels_are_told_of_beside_other_rows() -> None:
    """The note names the columns of which one may have the labels, and no other."""
    found = read(write("p.json", '{"age": [18, 19], "n": [9, 1], "version": [1, 0, 2]}') + "::n")
    assert any("no column of labels among age, n, so" in note for note in found.notes)


@pytest.mark.parametrize(
    "text",
    [
        '{"0": {"age": 3, "count": 3}, "1": {"age": 2, "count": 2}, "2": {"age": 1, "count": 1}}',
        '{"0": {"index": 3, "count": 3}, "1": {"index": 2, "count": 2}}',
        '{"0": {"label": 1, "p": 3}, "1": {"label": 2, "p": 5}}',
        '{"4": {"year": 2018, "n": 3}, "9": {"year": 2019, "n": 5}}',
    ],
)
def test_a_table_by_its_rows_is_refused(text: str) -> None:
    """Rows whose keys are names of columns are no distributions, even where all of them are numbers."""
    assert refusal(write("p.json", text)).startswith("$: a table by its rows: ")
    assert refusal("p.json::0").startswith("$: a table by its rows: ")


def test_a_pivot_with_a_missing_cell_is_no_table_by_its_rows() -> None:
    """Years are distributions, of which one that lacks a number is refused by itself."""
    write("p.json", '{"2020": {"a": 2.0, "b": null}, "2021": {"a": 1.0, "b": 2.0}}')
    assert read("p.json::2021").weights.tolist() == [1, 2]
    assert refusal("p.json::2020") == "$.2020.b: expected a number, found null"


@pytest.mark.parametrize(
    "text", ['[["name", "n"], ["a", 3], ["b", 4]]', '[["a", 3, 1], ["b", 4, 5]]', '[[null, 3], ["a", 1], ["b", 2]]']
)
def test_tables_in_lists_have_a_cure(text: str) -> None:
    """Rows that begin with words are those of a table, and not distributions."""
    assert refusal(write("p.json", text)).startswith("$[0]: a table in lists: write its rows as records")


def test_a_fault_in_records_of_yaml_has_its_line() -> None:
    """It stands where the number stands, and not where its record begins."""
    text = "- name: a\n  city: q\n  n: 3\n- name: b\n  city: q\n  n: 1_000\n"
    assert refusal(write("p.yaml", text)).startswith("line 6, column n: '1_000'")


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ('{"labels": ["a", "", "a"], "p": [1, 2, 3]}', "$.labels[0] and $.labels[2]"),
        ('{"labels": {"0": "a", "1": "a"}, "p": {"0": 1, "1": 2}}', "$.labels.0 and $.labels.1"),
        ('{"labels": ["a", "a"], "p": [1, 2], "q": {"0": 3, "1": 4}}', "$.labels[0] and $.labels[1]"),
        ("labels:\n- a\n- b\n- a\np:\n- 1\n- 2\n- 3\n", "line 2 and line 4"),
        ('[{"label": "a", "p": 1}, {"label": "a", "p": 1}]', "$[0] and $[1]"),
    ],
)
def test_labels_that_stand_apart_are_found_where_they_stand(tmp_path: Path, text: str, places: str) -> None:
    """And not where the numbers do."""
    path = tmp_path / ("p.json" if text[0] in "{[" else "p.yaml")
    path.write_text(text)
    with pytest.raises(InputError, match=f": {re.escape(places)}: duplicate outcome 'a'"):
        read(f"{path}::p" if "q" in text else path)


def test_a_blank_label_is_told_of_where_it_stands(tmp_path: Path) -> None:
    """Among the labels, in JSON and in YAML."""
    for name, text, place in (
        ("p.json", '{"labels": ["a", "", "c"], "p": [1, 2, 3]}', "$.labels[1]"),
        ("p.yaml", "labels:\n- a\n- ''\n- c\np:\n- 1\n- 2\n- 3\n", "line 3"),
    ):
        (tmp_path / name).write_text(text)
        told = f"{name}: {place}: a blank label, taken for an outcome of its own"
        assert read(tmp_path / name).notes[0] == told
