"""Markdown: a pipe table, with every label as plain text."""

from __future__ import annotations

import re
from collections.abc import Sequence

from klcli.render import Page, Table, View, can_write, pages, text_rows
from klcli.result import Result

_ADDRESS = re.compile(r":(?=//)|(?<=www)\.|@", re.IGNORECASE)
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|~$^])")


def render(results: Sequence[Result], view: View) -> str:
    """The results as Markdown, tables in the pipe syntax that GitHub and pandoc read."""
    blocks = [block for shown in pages(results, view) for block in _blocks(shown, view)]
    text = "\n\n".join(filter(None, blocks)) + "\n"
    if can_write(text, view.encoding):
        return text
    return "".join(sign if can_write(sign, view.encoding) else f"&#{ord(sign)};" for sign in text)


def _blocks(shown: Page, view: View) -> list[str]:
    blocks = [f"**{escaped(shown.title)}** {escaped(shown.formula)}", escaped(shown.sides)]
    for caption, table in shown.tables:
        blocks += [f"**{escaped(caption)}**" if caption else "", _table(table, view)]
    blocks += [f"**{escaped(shown.value)}**" if shown.value else "", escaped(shown.asides)]
    blocks += [f"> {escaped(note)}" for note in shown.notes]
    return [*blocks, *map(escaped, shown.explanation)]


def _table(table: Table, view: View) -> str:
    rows = [tuple(map(escaped, row)) for row in text_rows(table, view.digits)]
    rule = [":---" if index in table.words else "---:" for index in range(len(table.names))]
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
    safe = _SPECIAL.sub(r"\\\1", safe)
    return _ADDRESS.sub(lambda sign: f"&#{ord(sign[0])};", safe)  # of which GitHub would make a link
