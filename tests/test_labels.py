"""Labels: the same as a tuple of strings, whatever is in them and however they came together."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import klcli
from klcli import delimited, parquet
from klcli.distribution import Distribution, align
from klcli.errors import OutcomeError
from klcli.labels import Labels, taken

TEXTS = st.lists(st.text(st.characters(codec=None, exclude_categories=()), max_size=4), max_size=12)


@given(st.lists(TEXTS, max_size=4), st.data())
def test_they_are_what_a_tuple_would_be(parts: list[list[str]], data: st.DataObject) -> None:
    """Length, places, slices, iteration, equality, sums and what is taken out, half a character alone included."""
    labels, expected = Labels(*parts), tuple(text for part in parts for text in part)
    assert (len(labels), bool(labels), tuple(labels)) == (len(expected), bool(expected), expected)
    assert labels == expected
    assert expected == labels
    assert labels == Labels(*map(Labels, parts)) == Labels(expected)  # in other blocks
    assert (labels == Labels([*expected[1:], *expected[:1]])) == (expected == (*expected[1:], *expected[:1]))
    all_in_first = ["".join(expected), *[""] * len(expected)][: len(expected)]
    assert (labels == Labels(all_in_first)) == (not any(expected[1:]))
    assert (labels != (*expected, "x"), labels != "x", labels != 3) == (True, True, True)
    for index in range(-len(expected), len(expected)):
        assert labels[index] == expected[index]
    start, stop, step = (data.draw(st.none() | st.integers(-15, 15).filter(bool)) for _ in range(3))
    assert labels[start:stop:step] == [*expected[start:stop:step]]
    more = ("x", "")
    assert labels + more == expected + more == labels + Labels(more)
    assert more + labels == more + expected
    places = np.array(
        data.draw(st.lists(st.integers(0, max(len(expected) - 1, 0)), max_size=9 * bool(expected))), int
    )
    for source in (labels, expected):
        assert [text for some in taken(source, places) for text in some] == [expected[i] for i in places.tolist()]


@pytest.mark.parametrize("index", [2, -3])
def test_a_place_beyond_them(index: int) -> None:
    """It is no place in them, as in any sequence, so that a loop over places ends."""
    with pytest.raises(IndexError):
        Labels(["a", "b"])[index]


def test_they_have_no_hash() -> None:
    """What is equal has an equal hash, and that of a tuple is not known to them."""
    with pytest.raises(TypeError, match="unhashable"):
        hash(Labels(["a"]))


SIDES = st.dictionaries(st.text("abé\U0001f3b2", max_size=2), st.integers(0, 9), min_size=1).filter(
    lambda side: sum(side.values()) > 1
)


@given(SIDES, SIDES)
def test_distributions_are_laid_side_by_side_alike(p: dict[str, int], q: dict[str, int]) -> None:
    """The same outcomes in the same order, the same weights and notes, be one side kept so or both."""

    def made(side: dict[str, int], name: str, is_packed: bool) -> Distribution:
        return Distribution(Labels([*side]) if is_packed else tuple(side), [*side.values()], name)

    expected = align(made(p, "P", False), made(q, "Q", False))
    for packed in ((True, True), (True, False), (False, True)):
        pair = align(made(p, "P", packed[0]), made(q, "Q", packed[1]))
        assert pair.outcomes == expected.outcomes
        assert (pair.p.tolist(), pair.q.tolist()) == (expected.p.tolist(), expected.q.tolist())
        assert pair.notes == expected.notes


def test_what_stands_twice_is_found() -> None:
    """An outcome that stands twice is refused with both its places."""
    with pytest.raises(OutcomeError, match="duplicate outcome 'b'") as caught:
        Distribution(Labels(["a", "b"], ["c", "b", "c"]), [1, 2, 3, 4, 5])
    assert caught.value.indices == (1, 3)


@pytest.fixture(params=["csv", "parquet"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A table of two distributions with labels in several scripts."""
    path = str(tmp_path / f"t.{request.param}")
    with duckdb.connect() as connection:
        connection.execute(
            "COPY (SELECT 'é' || i || repeat('红', i % 3) AS label, 1 + i % 7 AS p, i / 4 AS q "
            f"FROM range(1, 4001) r(i)) TO '{path}'"
        )
    return path


def test_a_table_of_many_rows_is_what_it_is_with_few(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """However labels are kept and however numbers come, the answer, its notes and its terms are the same."""
    few = [
        klcli.kl(klcli.read(f"{source}::p"), klcli.read(f"{source}::q", normalize=True)),
        klcli.entropy(klcli.read(f"{source}::p")),
    ]
    monkeypatch.setattr(delimited, "MANY", 100)
    monkeypatch.setattr(parquet, "MANY", 100)
    monkeypatch.setattr(parquet, "_BLOCK", 333)
    p = klcli.read(f"{source}::p")
    assert isinstance(p.outcomes, Labels)
    many = [klcli.kl(p, klcli.read(f"{source}::q", normalize=True)), klcli.entropy(klcli.read(f"{source}::p"))]
    for one, other in zip(few, many, strict=True):
        assert (one.value, one.notes, one.explanation) == (other.value, other.notes, other.explanation)
        assert one.terms.keys() == other.terms.keys()
        assert all(list(one.terms[name]) == list(other.terms[name]) for name in one.terms)


WRONG = {
    "a missing number": "CASE WHEN i < 900 THEN i END",
    "a NaN": "CASE WHEN i = 900 THEN 'nan'::DOUBLE ELSE i END",
    "an infinity": "CASE WHEN i = 900 THEN 'inf'::DOUBLE ELSE i END",
    "a negative number": "900.0::DOUBLE - i",
    "a number beyond 2**53": "9007199254740993 + i",
    "decimals": "(i / 8)::DECIMAL(9, 3)",
    "a large decimal": "i::HUGEINT * 1000000000000000000000",
}


@pytest.mark.parametrize("sql", WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("label", ["'k' || i", "'k' || (i % 900)", "CASE WHEN i <> 950 THEN 'k' || i END"])
def test_what_many_rows_have_wrong_is_said_as_of_few(
    sql: str, label: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The refusal, or the weights, of Parquet do not depend on how many rows there are."""

    def answer() -> object:
        try:
            found = klcli.read(str(tmp_path / "p.parquet"), normalize=True)
        except klcli.KlcliError as error:
            return str(error)
        return found.weights.tolist(), found.notes, [*found.outcomes]

    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT {label} AS label, {sql} AS n FROM range(1000) r(i)) TO '{tmp_path / 'p.parquet'}'"
        )
    few = answer()
    monkeypatch.setattr(parquet, "MANY", 100)
    monkeypatch.setattr(parquet, "_BLOCK", 100)
    assert answer() == few
