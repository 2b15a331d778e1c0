"""LaTeX: a tabular with the rules of booktabs; labels beyond Latin want XeLaTeX or LuaLaTeX with a font for them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from klcli.render import SYMBOLS, Page, Table, View, can_write, pages, spelt, text_rows
from klcli.result import Result

_TEXT = str.maketrans(
    {
        "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
        "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}",
        "|": r"\textbar{}", '"': r"\textquotedbl{}", "`": r"\textasciigrave{}", "'": r"\textquotesingle{}",
        "–": "--", "…": r"\ldots{}", "[": "{[}", "]": "{]}", "*": "{*}",
        **{symbol: f"${maths.strip()}$" for symbol, (_, maths) in SYMBOLS.items() if len(symbol) == 1},
        "⁻": "$^-$", "¹": "$^1$",
    }
)  # fmt: skip


def render(results: Sequence[Result], view: View) -> str:
    r"""The results as tables that \usepackage{booktabs} sets."""
    blocks = [block for shown in pages(results, view) for block in _blocks(shown, view)]
    text = "\n\n".join(filter(None, blocks)) + "\n"
    written = _writable(text, view.encoding)
    numbered = "\\symbol{" in written  # which no text of a label can hold, whose braces and backslashes are spelt
    needs = "% needs XeLaTeX or LuaLaTeX for \\symbol\n" if numbered else ""
    return f"% needs \\usepackage{{booktabs}}\n{needs}{written}"


def _writable(text: str, encoding: str) -> str:
    """The text with every sign that the encoding lacks by its number, or as an accent."""
    if can_write(text, encoding):
        return text
    spelt_out = {"é": r"\'e"}  # of Rényi, in every LaTeX
    return "".join(
        sign if can_write(sign, encoding) else spelt_out.get(sign, f"\\symbol{{{ord(sign)}}}") for sign in text
    )


def _blocks(shown: Page, view: View) -> list[str]:
    blocks = [f"\\textbf{{{escaped(shown.title)}}} ${maths(shown.formula)}$", escaped(shown.sides)]
    for caption, table in shown.tables:
        blocks += [f"\\textbf{{{escaped(caption)}}}" if caption else "", _table(table, view)]
    return [*blocks, *map(escaped, (shown.value, shown.asides, *shown.notes, *shown.explanation))]


def _table(table: Table, view: View) -> str:
    columns = "".join("l" if index in table.words else "r" for index in range(len(table.names)))
    head = [
        f"${maths(h)}$" if len(h) == 1 or ("'" not in h and re.search("[(/√−]|^log |^ln | = ln ", h)) else escaped(h)
        for h in table.headings
    ]
    lines = [" & ".join(map(escaped, row)) + r" \\" for row in text_rows(table, view.digits)]
    if table.total is not None:
        lines.insert(-1, r"\midrule")
    body = "\n  ".join([r"\toprule", " & ".join(head) + r" \\", r"\midrule", *lines, r"\bottomrule"])
    return f"\\begin{{tabular}}{{{columns}}}\n  {body}\n\\end{{tabular}}"


def maths(text: str) -> str:
    r"""The formula in LaTeX's mathematics.

    >>> maths("Σ p·log(p/q)")
    '\\sum p\\cdot \\log(p/q)'
    """
    text = spelt(re.sub(r"\^\(([^)]*)\)", r"^{\1}", text), 1)
    text = re.sub(r"\b([A-Z])'s\b", r"\\textrm{\1's}", text)
    return re.sub(r"(?<![\\a-zA-Z])[a-zA-Z]{2,}(?: [a-z]{2,})*", lambda match: _word(match[0]), text)


def _word(word: str) -> str:
    """A function's name as LaTeX has it, another symbol of several letters upright, and words as text."""
    first, blank, others = word.partition(" ")
    if first in ("exp", "ln", "log", "max", "min"):
        return f"\\{first}{blank}{_word(others) if others else ''}"
    return rf"\mathrm{{{word}}}" if word[0].isupper() else rf"\textrm{{ {word} }}"


def escaped(text: str) -> str:
    """The text with every sign that LaTeX would act on taken literally."""
    return "{}".join(part.translate(_TEXT) for part in re.split("(?<=-)(?=-)", text))
