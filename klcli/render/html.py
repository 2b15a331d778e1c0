"""HTML: one page without scripts or anything to load; notebooks show its inner part."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

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

_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2em;color:#222;background:#fff}"
    ".klcli table{border-collapse:collapse;margin:.8em 0}"
    ".klcli td,.klcli th{padding:.15em .8em;text-align:right;font-variant-numeric:tabular-nums}"
    ".klcli td:first-child,.klcli th:first-child{text-align:left}"
    ".klcli thead th{border-bottom:1px solid #888}.klcli tfoot td{border-top:1px solid #888;font-weight:600}"
    ".klcli .note{color:#555}"
)


def render(results: Sequence[Result], view: View) -> bytes:
    """The results as a page of its own, in UTF-8."""
    head = f'<meta charset="utf-8"><title>{escape(results[0].title)}</title><style>{_STYLE}</style>'
    page = f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head>\n<body>{_body(results, view)}</body></html>\n'
    return page.encode("utf-8", "backslashreplace")


def fragment(result: Result) -> str:
    """One result as a table to stand in a page, as a notebook shows it."""
    return f"<style>{_STYLE.partition('}')[2]}</style>{_body([result], View(steps=True))}"


def _body(results: Sequence[Result], view: View) -> str:
    (title, sides), first = headline(results), results[0]
    name, formula = title.split("   ", 1)
    parts = [f"<p><b>{escape(name)}</b> &ensp; {escape(formula)}<br>{escape(sides)}</p>"]
    if is_list(results):
        parts.append(_table(overview(results), view))
    for result in results if wants_steps(results, view) else ():
        if result.label and is_list(results):
            parts.append(f"<p><b>{escape(printable(result.label))}</b></p>")
        parts.append(_table(steps_to_read(result, view), view))
    if not is_list(results) or len(results) == 1:
        parts.append(f"<p><b>{escape(value_line(first, view.digits))}</b></p>")
    if not is_list(results):
        parts.append(f"<p>{escape('; '.join(asides(first, view.digits)))}</p>")
    parts += [f'<p class="note">{escape(note)}</p>' for note in notes(results)]
    parts += [f"<p>{escape(line)}</p>" for result in results if view.explain for line in result.explanation]
    return f'<div class="klcli">{"".join(parts)}</div>'


def _table(table: Table, view: View) -> str:
    def row(cells: Sequence[str], tag: str = "td") -> str:
        return "<tr>" + "".join(f"<{tag}>{escape(text)}</{tag}>" for text in cells) + "</tr>"

    rows = [row(cells) for cells in text_rows(table, view.digits)]
    foot = f"<tfoot>{rows.pop()}</tfoot>" if table.total is not None else ""
    return f"<table><thead>{row(table.headings, 'th')}</thead><tbody>{''.join(rows)}</tbody>{foot}</table>"
