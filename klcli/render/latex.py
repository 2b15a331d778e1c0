"""LaTeX: a tabular with the rules of booktabs; labels beyond Latin want XeLaTeX or LuaLaTeX with a font for them."""

from __future__ import annotations

from collections.abc import Sequence

from klcli.render import (
    Table,
    View,
    asides,
    headline,
    is_list,
    notes,
    overview,
    printable,
    steps_to_read,
    text_rows,
    value_line,
    wants_steps,
)
from klcli.result import Result

_TEXT = str.maketrans(
    {
        "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
        "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}",
        "|": r"\textbar{}", '"': r"\textquotedbl{}", "`": r"\textasciigrave{}", "'": r"\textquotesingle{}",
        "−": r"$-$", "–": "--", "∞": r"$\infty$", "Σ": r"$\sum$", "‖": r"$\|$", "·": r"$\cdot$", "√": r"$\surd$",
        "½": r"$\frac12$", "α": r"$\alpha$", "χ": r"$\chi$", "²": "$^2$", "×": r"$\times$", "…": r"\ldots{}",
        "[": "{[}", "]": "{]}",
    }
)  # fmt: skip
_MATHS = str.maketrans(
    {
        "Σ": r"\sum ", "‖": r"\,\|\,", "·": r"\cdot ", "√": r"\surd ", "½": r"\tfrac12 ", "−": "-", "∞": r"\infty ",
        "α": r"\alpha ", "χ": r"\chi ", "²": "^2", "×": r"\times ",
    }
)  # fmt: skip


def render(results: Sequence[Result], view: View) -> str:
    r"""The results as tables that \usepackage{booktabs} sets."""
    (title, sides), first = headline(results), results[0]
    name, formula = title.split("   ", 1)
    blocks = [
        f"% needs \\usepackage{{booktabs}}\n\\textbf{{{escaped(name)}}} ${maths(formula)}$",
        escaped(sides),
    ]
    if is_list(results):
        blocks.append(_table(overview(results), view))
    for result in results if wants_steps(results, view) else ():
        if result.label:
            blocks.append(f"\\textbf{{{escaped(printable(result.label))}}}")
        blocks.append(_table(steps_to_read(result, view), view))
    if not is_list(results):
        blocks.append(escaped(value_line(first, view.digits)))
        blocks.append(escaped("; ".join(asides(first, view.digits))))
    blocks += [escaped(note) for note in notes(results)]
    blocks += [escaped(line) for result in results if view.explain for line in result.explanation]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _table(table: Table, view: View) -> str:
    words = table.names.index("label" if "label" in table.names else "outcome")
    columns = "".join("l" if index == words else "r" for index in range(len(table.names)))
    head = [h if index == words else f"${maths(h)}$" for index, h in enumerate(table.headings)]
    lines = [" & ".join(map(escaped, row)) + r" \\" for row in text_rows(table, view.digits)]
    if table.total is not None:
        lines.insert(-1, r"\midrule")
    body = "\n  ".join([r"\toprule", " & ".join(head) + r" \\", r"\midrule", *lines, r"\bottomrule"])
    return f"\\begin{{tabular}}{{{columns}}}\n  {body}\n\\end{{tabular}}"


def maths(text: str) -> str:
    r"""The formula in LaTeX's mathematics.

    >>> maths("Σ p·log(p/q)")
    '\\sum  p\\cdot \\log(p/q)'
    """
    return text.translate(_MATHS).replace("log", r"\log").replace("ln(", r"\ln(").replace("max", r"\max")


def escaped(text: str) -> str:
    """The text with every sign that LaTeX would act on taken literally."""
    return text.translate(_TEXT)
