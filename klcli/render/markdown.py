"""Markdown: a pipe table, with every label as plain text."""

from __future__ import annotations

import re
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

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|~$^])")


def render(results: Sequence[Result], view: View) -> str:
    """The results as Markdown, tables in the pipe syntax that GitHub and pandoc read."""
    (title, sides), first = headline(results), results[0]
    name, formula = title.split("   ", 1)
    blocks = [f"**{escaped(name)}** {escaped(formula)}", escaped(sides)]
    if is_list(results):
        blocks.append(_table(overview(results), view))
    for result in results if wants_steps(results, view) else ():
        if result.label:
            blocks.append(f"**{escaped(printable(result.label))}**")
        blocks.append(_table(steps_to_read(result, view), view))
    if not is_list(results):
        blocks.append(f"**{escaped(value_line(first, view.digits))}**")
        blocks.append(escaped("; ".join(asides(first, view.digits))))
    blocks += [f"> {escaped(note)}" for note in notes(results)]
    blocks += [escaped(line) for result in results if view.explain for line in result.explanation]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _table(table: Table, view: View) -> str:
    rows = [tuple(map(escaped, row)) for row in text_rows(table, view.digits)]
    words = table.names.index("label" if "label" in table.names else "outcome")
    rule = [":---" if index == words else "---:" for index in range(len(table.names))]
    if table.total is not None:
        rows[-1] = tuple(f"**{text}**" if text else "" for text in rows[-1])
    lines = [tuple(map(escaped, table.headings)), rule, *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def escaped(text: str) -> str:
    r"""The text with every sign that Markdown or HTML would act on taken literally.

    >>> escaped("[x](y) <b>")
    '\\[x\\]\\(y\\) &lt;b&gt;'
    """
    safe = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SPECIAL.sub(r"\\\1", safe)
