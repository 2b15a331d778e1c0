"""Numbers as people write and read them: 0.15, 1/3, 1e-3; and what is wrong with what is none."""

from __future__ import annotations

import contextlib
import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from klcli.errors import clipped
from klcli.lazy import np

if TYPE_CHECKING:
    from fractions import Fraction

    from klcli.numerics import Array

_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_WHOLE = re.compile(r"[+-]?[0-9]+")
_PLAIN = b"0123456789+-.eE \t|"  # what decimals with blanks around them and bars between them may hold


class NumeralError(ValueError):
    """Raised when text is not a number; `index` is its place where it came in a sequence."""

    def __init__(self, text: str, what: str) -> None:
        super().__init__(f"{clipped(text, 40)!r} is {what}")
        self.index = 0


class NoNumeralError(NumeralError):
    """Raised when text does not even look like a number."""


def number(text: str) -> float:
    """The number that the text writes: a decimal, or a fraction of two.

    Raises NumeralError, which says what else the text seems to be.

    >>> number("1/3"), number(" 2.5e-1 ")
    (0.3333333333333333, 0.25)
    >>> number("30%")
    Traceback (most recent call last):
    klcli.numerals.NumeralError: '30%' is a percentage: divide it by 100
    """
    stripped = text.strip(" \t")
    numerator, slash, denominator = (part.strip(" \t") for part in stripped.partition("/"))
    if not (slash and _DECIMAL.fullmatch(numerator) and _DECIMAL.fullmatch(denominator)):
        return _decimal(stripped)
    above, below = _decimal(numerator), _decimal(denominator)
    if below == 0:
        raise NumeralError(text, "a division by zero")
    if above == 0 or (above.is_integer() and below.is_integer() and max(abs(above), abs(below)) < 2**53):
        return above / below
    return _in_range(text, _rounded_once(numerator, denominator), is_zero=False)


def exact(text: str) -> Fraction:
    """The same number without rounding.

    >>> exact("0.1")
    Fraction(1, 10)
    """
    from fractions import Fraction

    if not number(text):
        return Fraction(0)  # whatever its exponent, of which Fraction would make that many digits
    numerator, _, denominator = text.partition("/")
    return Fraction(numerator.strip()) / Fraction(denominator.strip() or 1)


def _rounded_once(numerator: str, denominator: str) -> float:
    from fractions import Fraction

    try:
        return float(Fraction(numerator) / Fraction(denominator))
    except OverflowError:
        return math.inf
    except ValueError:  # more digits than Python turns into an integer
        return float(numerator) / float(denominator)


def short(x: float, digits: int = 6) -> str:
    """The number to so many significant digits, for a sentence.

    >>> short(1 / 3), short(2.0), short(math.inf)
    ('0.333333', '2', '∞')
    """
    return f"{float(x):.{digits}g}".replace("inf", "∞")


def operands(row: Mapping[str, float]) -> dict[str, str]:
    """The numbers of a term as they stand in a formula; p and q in full where they would read the same and are not.

    >>> operands({"p": 0.5, "q": 0.50000001, "x": -2})
    {'p': '0.5', 'q': '0.50000001', 'x': '(-2)'}
    """
    cells = {name: short(x) for name, x in row.items()}
    if "q" in row and cells["p"] == cells["q"] and row["p"] != row["q"]:
        cells |= {name: repr(float(row[name])) for name in ("p", "q")}
    return {name: f"({cell})" if row[name] < 0 else cell for name, cell in cells.items()}


def sum_in_words(step: Callable[[int], str], places: Sequence[int], most: int = 4) -> str:
    """The sum of the terms at these places with their numbers put in: of many the first ones and the last.

    >>> sum_in_words("p{}".format, range(9))
    'p0 + p1 + … + p8'
    """
    shown = places if len(places) <= most else [*places[: most - 2], places[-1]]
    steps = [step(place) for place in shown]
    if len(shown) < len(places):
        steps.insert(most - 2, "…")
    return " + ".join(steps)


def counted(count: int, word: str, plural: str = "") -> str:
    """The number with the word in its number.

    >>> counted(1, "row"), counted(2, "class", "classes")
    ('1 row', '2 classes')
    """
    return f"{count} {word if count == 1 else plural or word + 's'}"


def numbers(cells: Sequence[str]) -> Array:
    """The numbers that the cells write.

    Raises NumeralError with the index of the first cell that is no number.
    """
    joined = "|".join(cells)
    doubtful: Iterable[int] = range(len(cells))
    values = np.empty(len(cells))
    if joined.isascii() and not joined.encode().translate(None, _PLAIN):
        with contextlib.suppress(ValueError):
            values = np.fromiter(map(float, cells), np.float64, len(cells))
            # A zero or an infinity may stand for a number that float64 cannot hold: look at those one by one.
            doubtful = np.flatnonzero((values == 0) | np.isinf(values)).tolist()
    for index in doubtful:
        try:
            values[index] = number(cells[index])
        except NumeralError as error:
            error.index = index
            raise
    return values


def rounded(cells: Sequence[str], values: Array) -> int | None:
    """The index of the first whole number among the cells that is another one as float64, which the values are."""
    for index in np.flatnonzero(np.abs(values) >= 2**53).tolist():
        cell = cells[index].strip(" \t")
        if _WHOLE.fullmatch(cell) and int(cell.lstrip("+-0") or 0) != abs(int(values[index])):
            return int(index)
    return None


def _decimal(text: str) -> float:
    if not _DECIMAL.fullmatch(text):
        raise refusal(text)
    mantissa = re.split("[eE]", text)[0]
    return _in_range(text, float(text), not re.search("[1-9]", mantissa))


def _in_range(text: str, value: float, is_zero: bool) -> float:
    if math.isinf(value):
        raise NumeralError(text, "out of range: the largest float64 is 1.8e308")
    if value == 0 and not is_zero:
        raise NumeralError(text, "too small: it would underflow to 0 (the least float64 is 5e-324)")
    return value


def refusal(text: str) -> NumeralError:
    """The error that says what a text is that is no number, without blanks around it."""
    if not text:
        return NoNumeralError(text, "blank: a missing value is not 0, so write the number or leave it out")
    fault = _fault(text)
    if fault:
        return NumeralError(text, fault)
    if text.lower() in ("true", "false", "yes", "no", "on", "off"):
        return NoNumeralError(text, "a truth value, not a number")
    if _MARKED.fullmatch(text):
        return NoNumeralError(text, "a number with a unit or in brackets: write the number alone")
    if len(text.split()) > 1 and any(map(_DECIMAL.fullmatch, text.split())):
        return NoNumeralError(text, "not one number: if blanks separate columns here, put commas or tabs there")
    return NoNumeralError(text, "not a number")


_MARKED = re.compile(r"[$€£¥₹]\s*-?[\d.,]+|-?[\d.,]+\s*[$€£¥₹]|\([\d.,]+\)")
_MISSING = {
    "nan", "na", "n/a", "n.a.", "#n/a", "<na>", "null", "(null)", "#null!", "\\n", "nil", "none", "missing",
    "?", "-", "--", "---", "–", "—", "~", ".", "[null]", "(blank)", "(empty)", "undefined", "n.a", "n.d.",
    "not available", "not applicable", "no data", ".nan", "1.#qnan", "1.#ind", "nan(ind)", "nan(snan)", "#n/a n/a",
}  # fmt: skip


def stands_for_none(text: str) -> bool:
    """Whether the text is what programs write where a number is missing or has failed.

    >>> stands_for_none("NULL"), stands_for_none("#DIV/0!"), stands_for_none("n")
    (True, True, False)
    """
    word = text.lower()
    is_counted = word == "missing"  # of which people count how many there are
    return text == "NaT" or bool(_SPREADSHEET_ERROR.fullmatch(word)) or (word in _MISSING and not is_counted)


# In any language: #VALUE!, #WERT!, #NOM?, #N/D, #NV, Err:502.
_SPREADSHEET_ERROR = re.compile(r"#[^\s#]+[!?]|#n/?[adv]|#getting_data|err:[0-9]+|loading\.\.\.")
_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(?:[ '’\u00a0\u2009\u202f][0-9]{3})+(?:\.[0-9]*)?")


def _fault(text: str) -> str:
    """What text that is not a number seems to be, and what would be right; "" where it is like none."""
    word = text.lower().lstrip("+-")
    if {text.lower(), word} & _MISSING or text == "NaT":
        return "a missing value: it is not 0, so write the number or leave it out"
    if word in ("inf", ".inf", "infinity", "∞"):
        return "not a finite number"
    if _SPREADSHEET_ERROR.fullmatch(word):
        return "a spreadsheet's error"
    if _THOUSANDS.fullmatch(text):
        return "written with marks between thousands: leave them out, or put commas where blanks separate columns"
    if re.fullmatch(r"[+-]?[0-9]{1,3}(\.[0-9]{3}){2,}", text):
        return "written with points between thousands: leave them out"
    if text.endswith(("%", "‰")) and _DECIMAL.fullmatch(text[:-1].rstrip().replace(",", ".", 1)):
        return "a percentage: divide it by 100" if text.endswith("%") else "per mille: divide it by 1000"
    if text.startswith("=") and not text.startswith('="'):
        return "a spreadsheet formula: save the values"
    if word.startswith(("0x", "0b", "0o")):
        return "not a decimal number"
    if re.fullmatch(r"[+-]?[0-9]{1,3}([.'’ \u00a0\u2009\u202f][0-9]{3})+,[0-9]*", text):
        return "written with marks between thousands: leave them out, and a table may have --decimal ,"
    if "," in text and re.fullmatch(r"[+-]?[0-9.,]+", text):
        return "written with a comma: use a point for decimals, or --decimal , in a table; and nothing for thousands"
    if "_" in text and _DECIMAL.fullmatch(text.replace("_", "")):
        return "written with an underscore: leave it out"
    # What is longer is no numeral; of many accents in a row the time to put them in order grows with the square.
    plain = unicodedata.normalize("NFKC", text).replace("−", "-").strip(" ") if len(text) < 400 else text
    is_raised = re.search("[²³¹⁰⁴-⁹₀-₉]", text)  # 10² is no 102
    if plain != text and not is_raised and (_DECIMAL.fullmatch(plain) or _fault(plain)):
        return "not written in plain ASCII digits and signs"
    is_word = not word[:1].isdigit() or any(sign.isalpha() and sign not in "eE" for sign in text)  # as CO₂ is
    if not is_word and any(sign.isdigit() and not sign.isascii() for sign in text):
        return "not written in plain ASCII digits"
    return ""
