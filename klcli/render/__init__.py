"""What renderers share: the View, results as tables of cells, numbers as text, and text from files made inert.

A renderer is a module with `render(results, view)` that returns text, or bytes where the encoding belongs to the
format. The name of its file is the value of --format.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from klcli import numerics
from klcli.lazy import np
from klcli.result import Result

MOST = 50  # rows that people are shown unless they ask for more


class View(NamedTuple):
    """What user and terminal ask of a renderer.

    `steps` is None where it was not asked: then one answer shows its terms, and a list of them does not. `width`
    is that of the terminal in cells, None where there is no terminal and nothing may be wrapped. `encoding` says
    which signs the output can carry; `escape_formulas`, that text is to be marked where a spreadsheet would run it.
    """

    digits: int = 6
    steps: bool | None = None
    top: int | None = None
    explain: bool = False
    width: int | None = None
    colour: bool = False
    encoding: str = "utf-8"
    escape_formulas: bool = False

    @property
    def ascii(self) -> bool:
        """Whether lines and bars are to be of ASCII, and klcli's own signs spelt, as the output lacks some."""
        return not can_write("‖Σ·√½∞−–α×█▏▐▕─", self.encoding)

    def writable(self, text: str) -> str:
        """A text of klcli's own as the output can carry it."""
        return writable(text, self.encoding) if self.ascii else text

    def carried(self, text: str) -> str:
        """A text that was given as the output can carry it, which no other one is shown as."""
        return _escaped(text, self.encoding) if self.ascii else text

    def prose(self, text: str, given: Sequence[str]) -> str:
        """A text of klcli's own, in which there may be some that were given, as the output can carry it."""
        found = [each for each in given if each in text]
        if not found:
            return self.writable(text)
        parts = re.split(f"({'|'.join(map(re.escape, found))})", text)
        return "".join(self.carried(part) if index % 2 else self.writable(part) for index, part in enumerate(parts))


def groups(results: Sequence[Result]) -> list[list[Result]]:
    """The results that are shown together: labelled ones of one measure, to be compared; any other alone."""
    found: list[list[Result]] = []
    for result in results:
        if result.label and found and found[-1][0].label and found[-1][0].measure == result.measure:
            found[-1].append(result)
        else:
            found.append([result])
    return found


def wants_steps(group: Sequence[Result], view: View) -> bool:
    """Whether the terms of a group are to be shown where there is room for one table only."""
    return not group[0].label if view.steps is None else view.steps


class Table(NamedTuple):
    """A table without its layout; `rest` sums the rows left out, `total` all of them, None where nothing is due."""

    names: tuple[str, ...]
    headings: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    rest: tuple[Any, ...] | None = None
    total: tuple[Any, ...] | None = None
    unit: str = ""  # of the total, where that is the value
    is_given: bool = True  # its words are labels, and none of klcli's own

    @property
    def words(self) -> tuple[int, ...]:
        """The positions of the columns that hold words, not numbers; the first names the rows."""
        return tuple(index for index, cell in enumerate(self.rows[0]) if isinstance(cell, str))


class Page(NamedTuple):
    """What a person is shown, before any layout: the same for every format that people read."""

    title: str
    formula: str
    sides: str  # who P and Q are, and the base
    tables: list[tuple[str, Table]]  # each with its caption, "" for none
    value: str  # the answer in one line, "" for a list of them
    ends_with_value: bool  # whether the last table says it already, in its sum
    asides: str  # further numbers in one line, such as H(P)
    notes: list[str]
    explanation: list[str]
    given: list[str]  # the labels and names that klcli's own words are not to be taken for, the longest first


def pages(results: Sequence[Result], view: View) -> list[Page]:
    """The results as people are shown them: answers to be compared on one page, any other on its own."""
    return [_page(group, view) for group in groups(results)]


def _page(results: Sequence[Result], view: View) -> Page:
    first, many = results[0], bool(results[0].label)
    tables = [("", overview(results))] if many else []
    with_steps = wants_steps(results, view)
    if with_steps:
        tables += [(printable(result.label), steps_to_read(result, view)) for result in results]
    is_total = with_steps and "sum" not in first.details and adds_up(tuple(first.terms))
    return Page(
        title=first.title,
        formula=first.formula,
        sides=_sides(results),
        tables=tables,
        value="" if many else value_line(first, view.digits),
        ends_with_value=is_total,
        asides="" if many else "   ".join(_asides(first, view.digits)),
        notes=[printable(note) for note in dict.fromkeys(note for result in results for note in result.notes)],
        explanation=[printable(line) for result in results if view.explain for line in _explained(result)],
        given=_given(results) if view.ascii else [],
    )


def _given(results: Sequence[Result]) -> list[str]:
    """The texts that were given and have signs that are spelt where they are klcli's own, the longest first."""
    names = {name for result in results for name in (result.label, *result.inputs.values())}
    labels = {label for each in results if not each.has_own_words for label in each.terms.get("outcome", ())}
    return sorted({printable(text) for text in names | labels if _SPELT.search(text)}, key=len, reverse=True)


def _explained(result: Result) -> list[str]:
    """What the result means, with its label before it where it is one of several."""
    lines = list(result.explanation)
    return [f"{result.label}: {lines[0]}", *lines[1:]] if result.label and lines else lines


_SUMMED = ("p", "q", "m", "contribution", "count")
# Shown with as few digits as they have: what was given, and what is whole.
_AS_GIVEN = (
    "p", "q", "m", "length", "own_length", "input", "target", "teacher", "student", "mu", "logvar", "ulps",
)  # fmt: skip


def adds_up(names: Sequence[str]) -> bool:
    """Whether the last of these columns adds up to the value of the result."""
    return names[-1:] in (("contribution",), ("count",))


def steps(result: Result, top: int | None = None) -> Table:
    """The terms of a result; with `top`, that many of the largest contributions first.

    Terms without a column of contributions or of counts do not add up: they keep their order and have no total.
    """
    names = tuple(result.terms)
    headings = tuple(result.headings.get(name, name) for name in names)
    outcomes, *columns = result.terms.values()
    is_sum = adds_up(names)
    total = (*_sums(names[:-1], columns[:-1], "Σ"), result.details.get("sum", result.value)) if is_sum else None
    unit = "" if "sum" in result.details or not is_sum else result.unit
    if top is None:
        rows = list(zip(outcomes, *map(_cells, columns), strict=True))
        return Table(names, headings, rows, None, total, unit, not result.has_own_words)
    arrays = [np.asarray(column) for column in columns]
    order = np.argsort(-np.abs(arrays[-1]), kind="stable") if is_sum else np.arange(len(outcomes))
    shown = [outcomes[index] for index in order[:top].tolist()]
    rows = list(zip(shown, *(array[order[:top]].tolist() for array in arrays), strict=True))
    left = len(outcomes) - len(rows)
    rest = _sums(names, [array[order[top:]] for array in arrays], f"({left} more)") if left else None
    return Table(names, headings, rows, rest, total, unit, not result.has_own_words)


def steps_to_read(result: Result, view: View) -> Table:
    """The terms as people are shown them: the largest 50 of more, unless they ask otherwise."""
    many = len(result.terms["outcome"]) > MOST
    return steps(result, view.top or (MOST if many else None))


def _cells(column: Any) -> list[Any]:
    """The cells of a column: of counts, which are a list, without numpy, which takes its time to import."""
    return column if isinstance(column, list) else np.asarray(column).tolist()


def _sums(names: Sequence[str], columns: Sequence[Any], label: str) -> tuple[Any, ...]:
    pairs = zip(names[1:], columns, strict=True)
    return (label, *(numerics.sum_of(np.asarray(column)) if name in _SUMMED else None for name, column in pairs))


def overview(results: Sequence[Result]) -> Table:
    """One row a result: its rank if it has one, its label, its value and the details that have a heading."""
    first = results[0]
    details = [name for name in first.headings if name in first.details]
    leading = [name for name in details if name == "rank"]
    others = [name for name in details if name != "rank"]
    rows = [
        (
            *(result.details[name] for name in leading),
            result.label or ", ".join(result.inputs.values()),
            result.value,
            *(result.details.get(name) for name in others),
        )
        for result in results
    ]
    names = (*leading, "label", "value", *others)
    known = {"label": "Q", "value": first.symbol, **first.headings}
    return Table(names, tuple(known.get(name, name) for name in names), rows)


def _sides(results: Sequence[Result]) -> str:
    first = results[0]
    same = {side: name for side, name in first.inputs.items() if all(r.inputs.get(side) == name for r in results)}
    facts = [f"{side.upper() if len(side) == 1 else side} = {printable(name)}" for side, name in same.items()]
    if first.base is not None:
        base = "e" if first.base == math.e else f"{first.base:.15g}"
        facts.append(f"base {base} ({first.unit})")
    return "    ".join(facts)


def _asides(result: Result, digits: int) -> list[str]:
    return [
        f"{heading} {decimal(result.details[name], digits)}"
        for name, heading in result.headings.items()
        if result.details.get(name) is not None
    ]


def value_line(result: Result, digits: int) -> str:
    """The answer in one line: D(P‖Q) = 0.006735 nats."""
    return f"{result.symbol} = {decimal(result.value, digits)} {result.unit}".rstrip()


def aside(results: Sequence[Result], view: View) -> list[str]:
    """What a format without a place for notes leaves to be said on stderr: a renderer that has it names it."""
    notes = dict.fromkeys(note for result in results for note in result.notes)
    return [*notes, *(line for result in results if view.explain for line in _explained(result))]


# Numbers and text


def text_rows(table: Table, digits: int) -> Iterator[tuple[str, ...]]:
    """Every row as text, the total last: probabilities as they were given, computed numbers to so many digits."""
    for row in (*table.rows, table.rest, table.total):
        if row is not None:
            yield tuple(cell(x, digits, given=name in _AS_GIVEN) for name, x in zip(table.names, row, strict=True))


def cell(x: Any, digits: int, given: bool = False) -> str:
    """One entry as text: labels inert, numbers by `decimal`, nothing for None."""
    if x is None:
        return ""
    return printable(x) if isinstance(x, str) else decimal(x, digits, given=given)


def decimal(x: float, digits: int, given: bool = False) -> str:
    """The number with so many digits after the point, in powers of ten where that would hide it, 0 as itself.

    With `given`, a number that fewer digits write exactly keeps those.

    >>> decimal(0.15, 6), decimal(0.15, 6, given=True), decimal(2e-22, 3), decimal(float("nan"), 6)
    ('0.150000', '0.15', '2.000e-22', '–')
    """
    if math.isnan(x):
        return "–"
    if math.isinf(x):
        return "∞" if x > 0 else "-∞"
    if isinstance(x, int):
        return str(x)
    if given:
        near = round(x, 14) if digits < 14 else x  # 0.9999999999999999 is a sum of 1
        short = repr(near or x).removesuffix(".0")
        if "e" not in short and len(short.partition(".")[2]) <= digits:
            return short
    if x == 0:
        return "0"  # which it is to the last digit: anything else is written out
    if not 10.0 ** -max(digits - 1, 1) <= abs(x) < 1e15:
        return f"{x:.{digits}e}"
    return f"{x:.{digits}f}"


# What Unicode has a program show as nothing (Default_Ignorable_Code_Point), and Python calls printable.
_UNSEEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
# A sign; U+FE0F is one with a sign that it makes a picture of: an emoji that Unicode has as text without it.
_SIGNS = re.compile(
    "[©®‼⁉™ℹ↔-↙↩↪⌨⏏⏭-⏯⏱⏲⏸-⏺Ⓜ▪▫▶◀◻◼☀-☄☎☑☘☝☠☢☣☦☪☮☯☸-☺♀♂♟♠♣♥♦♨♻♾⚒⚔-⚗⚙⚛⚜⚠⚧⚰⚱⛈⛏⛑⛓⛩⛰⛱⛴⛷-⛹✂✈✉✌✍✏✒✔✖✝✡✳✴❄❇❣❤➡⤴⤵⬅-⬇〰〽㊗㊙"
    "🅰🅱🅾🅿🈂🈷🌡🌤-🌬🌶🍽🎖🎗🎙-🎛🎞🎟🏋-🏎🏔-🏟🏳🏵🏷🐿👁📽🕉🕊🕯🕰🕳-🕹🖇🖊-🖍🖐🖥🖨🖱🖲🖼🗂-🗄🗑-🗓🗜-🗞🗡🗣🗨🗯🗳🗺🛋🛍-🛏🛠-🛥🛩🛰🛳]\ufe0f|.",
    re.DOTALL,
)


def printable(text: str) -> str:
    r"""The text with every character that could act, or that cannot be seen, shown as its escape.

    U+FE0F is seen where it makes a picture of a sign, as of the heart. What joins pictures to one, U+200D, is not.

    >>> printable("a\x1b[31m\u202eb"), printable("红 é")
    ('a\\x1b[31m\\u202eb', '红 é')
    """
    if text.isprintable() and not _UNSEEN.search(text):
        return text
    return "".join(sign if len(sign) > 1 or _is_seen(sign) else _escape(sign) for sign in _SIGNS.findall(text))


def _is_seen(sign: str) -> bool:
    return sign == "\u3000" or (sign.isprintable() and not _UNSEEN.match(sign))


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


# Every sign that klcli itself writes beyond ASCII, spelt in ASCII and in LaTeX's mathematics.
SYMBOLS: dict[str, tuple[str, str]] = {
    "‖": ("||", r"\,\|\,"), "·": ("*", r"\cdot "), "−": ("-", "-"), "×": ("x", r"\times "), "∞": ("inf", r"\infty "),
    "Σ": ("sum ", r"\sum "), "∫": ("int ", r"\int "), "√": ("sqrt ", r"\surd "), "½": ("1/2 ", r"\tfrac12 "),
    "∂": ("d", r"\partial "), "≤": ("<=", r"\le "), "≥": (">=", r"\ge "), "≠": ("!=", r"\neq "),
    "⌈": ("ceil(", r"\lceil "), "⌉": (")", r"\rceil "), "²": ("^2", "^2"), "⁻¹": ("^-1", "^{-1}"), "ᵀ": ("^T", "^T"),
    "₀": ("0", "_0"), "₁": ("1", "_1"), "₂": ("2", "_2"), "Γ": ("Gamma", r"\Gamma "), "Δ": ("Delta", r"\Delta "),
    "α": ("alpha", r"\alpha "), "β": ("beta", r"\beta "), "γ": ("gamma", r"\gamma "), "κ": ("kappa", r"\kappa "),
    "λ": ("lambda", r"\lambda "), "μ": ("mu", r"\mu "), "π": ("pi", r"\pi "), "σ": ("sigma", r"\sigma "),
    "χ": ("chi", r"\chi "), "ψ": ("psi", r"\psi "), "→": ("->", r"\to "),
}  # fmt: skip
COVARIANCE = ("S", r"\Sigma ")  # what Σ is where an index follows
_PROSE = {"–": "-", "…": "...", "Rényi": "Renyi", "█": "#"}
_SPELT = re.compile("|".join(map(re.escape, (*SYMBOLS, *_PROSE))))


def spelt(text: str, way: int) -> str:
    """The text with its symbols spelt in ASCII (0) or in LaTeX's mathematics (1)."""
    text = re.sub("Σ(?=[₁₂])", lambda _: COVARIANCE[way], text)
    for symbol, ways in SYMBOLS.items():
        one = text.replace(f"{symbol} ", symbol) if ways[0].endswith(" ") else text
        text = one.replace(symbol, ways[way])
    return text


def writable(text: str, encoding: str = "ascii") -> str:
    """A text of klcli's own with its symbols spelt in ASCII, and what else the encoding lacks as escapes.

    >>> writable("D(P‖Q) = Σ p·log(p/q)")
    'D(P||Q) = sum p*log(p/q)'
    """
    if text.isascii():
        return text
    text = spelt(text, 0)
    for own, plain in _PROSE.items():
        text = text if can_write(own, encoding) else text.replace(own, plain)
    return _escaped(text, encoding)


def _escaped(text: str, encoding: str) -> str:
    # Sign by sign, and read back: Shift_JIS makes of a yen sign the byte that is a backslash.
    return text if text.isascii() else "".join(x if can_write(x, encoding) else _escape(x) for x in text)


def can_write(text: str, encoding: str) -> bool:
    """Whether the encoding has every sign of the text."""
    try:
        return text.encode(encoding).decode(encoding) == text
    except UnicodeError:
        return False
