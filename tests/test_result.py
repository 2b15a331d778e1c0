"""Result: what it holds, what it refuses, and how a notebook shows it."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest

from klcli import MEASURES, Distribution, Result, kl
from klcli.result import unit_of


def result(**fields: Any) -> Result:
    """A Result of which only some fields are of interest."""
    usual = {"measure": "kl", "title": "Kullback-Leibler divergence", "formula": "D(P‖Q) = Σ p·log(p/q)"}
    return Result(**{**usual, "inputs": {"p": "P", "q": "Q"}, "value": 0.5, **fields})


@pytest.mark.parametrize("value", [math.nan, -math.nan, float("nan")])
def test_nan_is_refused(value: float) -> None:
    """A Result whose value is nan cannot be made, and the error says of which measure."""
    with pytest.raises(ValueError, match=r"^kl came out as nan$"):
        result(value=value)


@pytest.mark.parametrize("value", [0.0, math.inf, 5e-324, 1.7976931348623157e308])
def test_every_other_value_is_kept(value: float) -> None:
    """Infinity is an answer as 0 is."""
    assert result(value=value).value == value


def test_nan_is_refused_in_a_changed_copy_too() -> None:
    """No way round: a copy with another value is checked as well."""
    with pytest.raises(ValueError, match="came out as nan"):
        dataclasses.replace(result(), value=math.nan)


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(Result)])
def test_a_result_is_frozen(name: str) -> None:
    """No field can be set once the Result exists."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(result(), name, None)


@pytest.mark.parametrize(
    ("formula", "symbol"),
    [
        ("D(P‖Q) = Σ p·log(p/q)", "D(P‖Q)"),
        ("JS(P,Q) = ½D(P‖M) + ½D(Q‖M), M = ½(P+Q)", "JS(P,Q)"),
        ("H(P)", "H(P)"),
    ],
)
def test_the_symbol_is_the_left_hand_side(formula: str, symbol: str) -> None:
    """The symbol is what stands before the first equals sign of the formula."""
    assert result(formula=formula).symbol == symbol


@pytest.mark.parametrize(
    ("name", "symbol"), [("entropy", "H(P)"), ("kl", "D(P‖Q)"), ("tv", "TV(P,Q)"), ("chi2", "χ²(P‖Q)")]
)
def test_every_measure_gives_a_symbol(name: str, symbol: str) -> None:
    """The symbols of the measures are those of the field."""
    measure = MEASURES[name]
    assert measure(*[[1, 3], [1, 1]][: len(measure.sides)]).symbol == symbol


@pytest.mark.parametrize(
    ("base", "unit"),
    [
        (2, "bits"),
        (2.0, "bits"),
        (math.e, "nats"),
        (10, "hartleys"),
        (3, "log-3 units"),
        (1.5, "log-1.5 units"),
        (2.718, "log-2.718 units"),
    ],
)
def test_units_have_names(base: float, unit: str) -> None:
    """Bits, nats and hartleys are called by their names, other units after their base."""
    assert unit_of(base) == unit


def test_a_notebook_shows_the_table() -> None:
    """The HTML of a Result has the title, the formula, every outcome with its numbers, the total and the notes."""
    shown = kl({"red": 3, "blue": 1}, {"red": 0.5, "blue": 0.5}, base=2)._repr_html_()
    assert "<table" in shown
    assert "Kullback-Leibler divergence" in shown
    assert "D(P‖Q)" in shown
    assert ">red</" in shown
    assert ">blue</" in shown
    assert "0.438722" in shown  # 3/4·log2(3/2)
    assert "0.188722" in shown
    assert "bits" in shown
    assert "P: counts, divided by their total of 4" in shown


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "<b>bold</b>", "a & b", "</td></table>", '"quoted"'])
def test_a_notebook_shows_labels_as_text(text: str) -> None:
    """What looks like HTML in an outcome is escaped, and never reaches the page as a tag."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    shown = kl({text: 1, "other": 1}, {text: 1, "other": 3})._repr_html_()
    assert f">{escaped}</" in shown
    assert text not in shown


def test_a_notebook_shows_names_and_notes_as_text() -> None:
    """The names of distributions and the notes that cite outcomes are escaped as well."""
    p = Distribution(("<i>", "b"), [1, 1], name="<script>p")
    q = Distribution(("b", "<u>"), [1, 1], name="<script>q")
    shown = kl(p, q)._repr_html_()
    assert "&lt;script&gt;p" in shown
    assert "&lt;script&gt;q" in shown
    assert not any(tag in shown for tag in ("<script>", "<i>", "<u>"))


def test_a_notebook_shows_an_infinite_result() -> None:
    """Infinity is shown as such, with its cause, and nan nowhere."""
    shown = kl({"a": 1, "b": 1}, {"b": 1})._repr_html_()
    assert "∞" in shown
    assert "Q gives no probability to a," in shown
    assert "nan" not in shown


@pytest.mark.parametrize("name", [name for name, measure in MEASURES.items() if "alpha" not in measure.options])
def test_a_notebook_shows_every_measure(name: str) -> None:
    """Each measure's Result has an HTML table with a row for each outcome."""
    measure = MEASURES[name]
    shown = measure(*[{"a": 1, "b": 3}, {"a": 2, "b": 2}][: len(measure.sides)])._repr_html_()
    assert all(f">{outcome}</" in shown for outcome in "ab")
    assert measure.title in shown
