"""What is a number and what is not, with the whole message for everything refused."""

from __future__ import annotations

import math
import subprocess
import sys
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from klcli.numerals import NumeralError, number, numbers

MISSING = "a missing value: it is not 0, so write the number or leave it out"
BLANK = "blank: a missing value is not 0, so write the number or leave it out"
NOT_FINITE = "not a finite number"
TRUTH = "a truth value, not a number"
COMMA = "written with a comma: use a point for decimals, or --decimal , in a table; and nothing for thousands"
MARKS = "written with marks between thousands: leave them out, or put commas where blanks separate columns"
UNDERSCORE = "written with an underscore: leave it out"
DIGITS = "not written in plain ASCII digits"
DIGITS_AND_SIGNS = "not written in plain ASCII digits and signs"
MARKED = "a number with a unit or in brackets: write the number alone"
TOO_LARGE = "out of range: the largest float64 is 1.8e308"
TOO_SMALL = "too small: it would underflow to 0 (the least float64 is 5e-324)"
BLANKS = "not one number: if blanks separate columns here, put commas or tabs there"
BY_ZERO = "a division by zero"

TAKEN = {
    "0": 0.0,
    "-0": 0.0,
    "0.15": 0.15,
    "+1.5": 1.5,
    "-1.5": -1.5,
    ".5": 0.5,
    "5.": 5.0,
    "010": 10.0,
    "1e-3": 0.001,
    "1E+3": 1000.0,
    "0e999": 0.0,
    " 2.5e-1\t": 0.25,
    "5e-324": 5e-324,
    "1e-320": 1e-320,
    "1.7976931348623157e308": sys.float_info.max,
    "1/3": 1 / 3,
    " 1 / 3\t": 1 / 3,
    "-1/4": -0.25,
    "0/5": 0.0,
    "1./.5": 2.0,
    "1e300/1e-5": 1e305,
}

REFUSED = {
    "": BLANK,
    "30%": "a percentage: divide it by 100",
    "3‰": "per mille: divide it by 1000",
    "NA": MISSING,
    "na": MISSING,
    "NaN": MISSING,
    "-nan": MISSING,
    "null": MISSING,
    "None": MISSING,
    "N/A": MISSING,
    "n/a": MISSING,
    "#N/A": MISSING,
    "?": MISSING,
    "-": MISSING,
    "inf": NOT_FINITE,
    "-Infinity": NOT_FINITE,
    "∞": NOT_FINITE,
    "0x1p-2": "not a decimal number",
    "0b1": "not a decimal number",
    "0o17": "not a decimal number",
    "0.3_0": UNDERSCORE,
    "1_000": UNDERSCORE,
    "０.５": DIGITS_AND_SIGNS,
    "٣": DIGITS,
    "²3": DIGITS,
    "0,3": COMMA,
    "1,234.5": COMMA,
    "1.234,5": "written with marks between thousands: leave them out, and a table may have --decimal ,",
    "1,234,567": COMMA,
    "=0.1+0.2": "a spreadsheet formula: save the values",
    "=A1": "a spreadsheet formula: save the values",
    "3d-1": "not a number",
    "true": TRUTH,
    "False": TRUTH,
    "yes": TRUTH,
    "OFF": TRUTH,
    "1e400": TOO_LARGE,
    "-1e400": TOO_LARGE,
    "1e300/1e-300": TOO_LARGE,
    "1e-400": TOO_SMALL,
    "1e-300/1e300": TOO_SMALL,
    "1/0": BY_ZERO,
    "0/0": BY_ZERO,
    "1/0.0": BY_ZERO,
    "1/-0": BY_ZERO,
    "abc": "not a number",
    "1 234": MARKS,
    "1\u00a0234.5": MARKS,
    "#DIV/0!": "a spreadsheet's error",
    "\\N": MISSING,
    "<NA>": MISSING,
    "3 a": BLANKS,
    "1'234": MARKS,
    "$5": MARKED,
    "5 €": MARKED,
    "(5)": MARKED,
    "5％": DIGITS_AND_SIGNS,
    "−5": DIGITS_AND_SIGNS,
    "0.5\u00a0": DIGITS_AND_SIGNS,
    "1e": "not a number",
    "e5": "not a number",
    ".": MISSING,
    "+": "not a number",
    "--1": "not a number",
    "1:30": "not a number",
    "0.5\n": "not a number",
    "1.5.2": "not a number",
    "0.5|0.5": "not a number",
    "x" * 40: "not a number",
}

# Texts near enough to numbers for every branch to be met.
numerals = st.text("0123456789.eE+-/ \t|_,%ax٣", max_size=8)
decimals = st.decimals(allow_nan=False, allow_infinity=False, min_value=-1000, max_value=1000, places=3).map(str)


def first_fault(cells: list[str]) -> tuple[list[float], int, str]:
    """What `number` makes of the cells one by one: the numbers, or the place and the message of the first fault."""
    values = []
    for index, cell in enumerate(cells):
        try:
            values.append(number(cell))
        except NumeralError as error:
            return [], index, str(error)
    return values, -1, ""


@pytest.mark.parametrize("text", TAKEN)
def test_decimals_and_fractions_are_numbers(text: str) -> None:
    """A decimal or a fraction of two, with blanks around it or not, is the number that it writes."""
    assert number(text) == TAKEN[text]
    assert numbers([text, text]).tolist() == [TAKEN[text]] * 2


@pytest.mark.parametrize("text", REFUSED)
def test_everything_else_is_refused_with_what_it_seems_to_be(text: str) -> None:
    """Text that is no number is refused with the text and what it seems to be, alone and in a column."""
    with pytest.raises(NumeralError) as alone:
        number(text)
    with pytest.raises(NumeralError) as among:
        numbers(["0.5", "1/2", text, "x"])
    assert str(alone.value) == str(among.value) == f"{text!r} is {REFUSED[text]}"
    assert (alone.value.index, among.value.index) == (0, 2)


def test_a_unicode_minus_is_refused() -> None:
    """A minus sign that is not the ASCII one is refused, never taken for the number without it."""
    with pytest.raises(NumeralError, match=r"^'−0\.3' is not "):
        number("−0.3")


@pytest.mark.parametrize("text", ["\u00a00.3", "0.3\u00a0", "\u20090.3", "\ufeff0.3", "0.3\u200b", "\x0b0.3"])
def test_blanks_that_are_not_ascii_are_refused(text: str) -> None:
    """Only spaces and tabs are taken off: float() would strip a no-break space in silence."""
    with pytest.raises(NumeralError, match=" is not "):
        number(text)


@pytest.mark.parametrize("text", ["1/", "/2", "/", "1/x", "x/2", "1/2/3", "1//2", "1/1e400", "1/nan", "50%/2"])
def test_half_a_fraction_is_none(text: str) -> None:
    """A fraction needs two decimals and one bar."""
    with pytest.raises(NumeralError):
        number(text)


def test_a_long_text_is_cut_in_the_message() -> None:
    """More than 40 characters are cut to 39 and an ellipsis."""
    with pytest.raises(NumeralError) as caught:
        number("x" * 41)
    assert str(caught.value) == f"'{'x' * 39}…' is not a number"


def test_a_fraction_of_decimals_is_rounded_once() -> None:
    """0.1/0.3 is the float64 nearest to 1/3, which the quotient of the two float64 is not."""
    assert number("0.1/0.3") == 1 / 3 != 0.1 / 0.3


def test_a_fraction_of_integers_beyond_53_bits_is_rounded_once() -> None:
    """9007199254740993 is no float64, yet a third of it is and comes out whole."""
    assert number("9007199254740993/3") == 3002399751580331.0


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0." + "3" * 6000, 1 / 3),
        ("0.3" + "0" * 6000, 0.3),
        ("0" * 6000 + "7", 7.0),
        ("1" + "0" * 6000 + "e-6000", 1.0),
        ("0." + "0" * 6000 + "1e6001", 1.0),
    ],
)
def test_six_thousand_digits_are_no_trouble(text: str, value: float) -> None:
    """Digits beyond what float64 holds are rounded, however many there are."""
    assert number(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (f"0.{'3' * 6000}/0.5", 2 / 3),
        (f"0.5/0.{'3' * 6000}", 1.5),
        (f"1{'0' * 6000}e-6000/0.5", 2.0),
    ],
)
def test_six_thousand_digits_in_a_fraction_are_no_trouble_either(text: str, value: float) -> None:
    """Python's limit of 4300 digits for an int is not met by fractions of long decimals."""
    assert number(text) == pytest.approx(value, rel=1e-15)


def test_a_number_of_six_thousand_digits_is_out_of_range() -> None:
    """An integer beyond float64 is refused with the largest one there is."""
    with pytest.raises(NumeralError) as caught:
        number("1" * 6000)
    assert str(caught.value) == f"'{'1' * 39}…' is {TOO_LARGE}"


@pytest.mark.parametrize("text", ["0e100000000/0.5", "0.0e-100000000/0.5", "0e100000000/1"])
def test_a_zero_with_a_huge_exponent_is_read_at_once(text: str) -> None:
    """No power of ten is written out for a zero: its exponent may be anything."""
    code = f"from klcli.numerals import number; print(number({text!r}))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=5, check=True)
    assert run.stdout == "0.0\n"


@pytest.mark.parametrize(
    "text", ["'1' * n + 'x'", "'.' + '1' * n + 'x'", "'1,' * n", "'1' * n + 'e' + '1' * n + 'x'"]
)
def test_long_garbage_is_refused_at_once(text: str) -> None:
    """What only begins like a number takes time in proportion to its length, not to the square of it."""
    code = f"from klcli.columns import is_number; n = 50_000; print(is_number({text}))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=5, check=True)
    assert run.stdout == "False\n"


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_float_reads_back(x: float) -> None:
    """What repr writes, number reads: every finite float64, to the last bit."""
    assert number(repr(x)) == x


@given(numerals)
def test_number_takes_less_than_float_and_agrees_with_it(text: str) -> None:
    """Whatever is taken is finite, and without a bar it is what float() makes of it."""
    try:
        value = number(text)
    except NumeralError:
        return
    assert math.isfinite(value)
    assert "/" in text or value == float(text)


@given(decimals, decimals)
def test_fractions_are_correctly_rounded(above: str, below: str) -> None:
    """a/b is the float64 nearest to the exact quotient of the two decimals as they are written."""
    if Fraction(below) == 0:
        with pytest.raises(NumeralError, match=BY_ZERO):
            number(f"{above}/{below}")
    else:
        assert number(f"{above}/{below}") == float(Fraction(above) / Fraction(below))


@settings(max_examples=400)
@given(st.lists(st.one_of(decimals, numerals, st.sampled_from([*TAKEN, *REFUSED])), max_size=6))
def test_numbers_agrees_with_number_cell_by_cell(cells: list[str]) -> None:
    """A column is the numbers of its cells, or the fault of its first wrong cell with its index."""
    values, index, message = first_fault(cells)
    if message:
        with pytest.raises(NumeralError) as caught:
            numbers(cells)
        assert (caught.value.index, str(caught.value)) == (index, message)
    else:
        assert numbers(cells).tolist() == values


@pytest.mark.parametrize("wrong", ["", "1e400", "1e-400", "nan", "0.3_0", "٣", "1/0", "0.5|0.5"])
@pytest.mark.parametrize("place", [0, 1, 999])
def test_the_first_wrong_cell_is_named(wrong: str, place: int) -> None:
    """The index is that of the first cell that is no number, whatever comes after it."""
    cells = ["0.5"] * 1000
    cells[place] = wrong
    cells.append("worse")
    with pytest.raises(NumeralError) as caught:
        numbers(cells)
    assert caught.value.index == place


def test_no_cells_are_no_numbers() -> None:
    """An empty column is an empty array."""
    assert numbers([]).tolist() == []


def test_accents_in_a_row_take_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long cell is not put into a normal form, the time of which grows with the square of its accents."""
    monkeypatch.delattr("klcli.numerals.unicodedata")
    with pytest.raises(NumeralError, match="is not a number"):
        number("1" + "\u0316\u0301" * 1000)
