"""HTML: one page without scripts or anything to load; notebooks show its inner part."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from klcli.render import Page, Table, View, groups, pages, text_rows
from klcli.render import _drawing as drawing
from klcli.result import Result

_PAGE = ":root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;margin:2em}"
_STYLE = (
    ".klcli p{white-space:pre-wrap}"
    ".klcli table{border-collapse:collapse;margin:.8em 0}"
    ".klcli td,.klcli th{padding:.15em .8em;text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}"
    ".klcli .words{text-align:left;white-space:normal}"
    ".klcli thead th{border-bottom:1px solid #888}.klcli tfoot td{border-top:1px solid #888;font-weight:600}"
    ".klcli .note{opacity:.75}" + drawing.STYLE
)


def render(results: Sequence[Result], view: View) -> bytes:
    """The results as a page of its own, in UTF-8."""
    head = f'<meta charset="utf-8"><title>{escape(results[0].title)}</title><style>{_PAGE}{_STYLE}</style>'
    text = f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head>\n<body>{_body(results, view)}</body></html>\n'
    return text.encode("utf-8", "backslashreplace")


def fragment(result: Result) -> str:
    """One result as a table to stand in a page, as a notebook shows it."""
    return f"<style>{_STYLE}</style>{_body([result], View(steps=True))}"


def _body(results: Sequence[Result], view: View) -> str:
    shown = zip(pages(results, view), groups(results), strict=True)
    return "".join(_section(page, drawing.drawing(group, view), view) for page, group in shown)


def _section(shown: Page, picture: str, view: View) -> str:
    parts = [f"<p><b>{escape(shown.title)}</b> &ensp; {escape(shown.formula)}<br>{escape(shown.sides)}</p>"]
    for caption, table in shown.tables:
        parts += [f"<p><b>{escape(caption)}</b></p>" if caption else "", _table(table, view)]
    parts.append(f"<p><b>{escape(shown.value)}</b></p>" if shown.value else "")
    parts.append(picture)
    parts += [f"<p>{escape(line)}</p>" for line in (shown.asides, *shown.explanation) if line]
    parts += [f'<p class="note">{escape(note)}</p>' for note in shown.notes]
    return f'<div class="klcli">{"".join(parts)}</div>'


def _table(table: Table, view: View) -> str:
    kinds = [' class="words"' if index in table.words else "" for index in range(len(table.names))]

    def row(cells: Sequence[str], tag: str = "td") -> str:
        written = (f"<{tag}{kind}>{escape(x)}</{tag}>" for kind, x in zip(kinds, cells, strict=True))
        return f"<tr>{''.join(written)}</tr>"

    rows = [row(cells) for cells in text_rows(table, view.digits)]
    foot = f"<tfoot>{rows.pop()}</tfoot>" if table.total is not None else ""
    return f"<table><thead>{row(table.headings, 'th')}</thead><tbody>{''.join(rows)}</tbody>{foot}</table>"
