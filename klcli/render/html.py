"""HTML: a page that loads nothing, and can be read without its script, which sorts; notebooks show its inner part."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from html import escape

from klcli.render import Page, Table, View, groups, overview, pages, steps_to_read, text_rows
from klcli.render import _drawing as drawing
from klcli.render._chart import each_apart
from klcli.result import Result

_PAGE = (
    ":root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;margin:min(2em,4vw)}"
    "th button{all:unset;cursor:pointer}th button:focus-visible{outline:2px solid}"
    "th[aria-sort=ascending] button::after{content:' \\25b2'}"
    "th[aria-sort=descending] button::after{content:' \\25bc'}"
    "@media print{body{margin:0}.klcli .wide{overflow:visible}"
    "section,tr,svg{break-inside:avoid}h2{break-after:avoid}}"
)
_STYLE = (
    ".klcli h1{font-size:1.2em;margin:0}.klcli h2{font-size:1.1em;margin:1.6em 0 0}"
    ".klcli p{white-space:pre-wrap;overflow-wrap:anywhere}.klcli .wide{overflow-x:auto}"
    ".klcli a{color:inherit}.klcli .wide svg{min-width:40em}"
    ".klcli table{border-collapse:collapse;margin:.8em 0}"
    ".klcli td,.klcli th{padding:.15em .8em;text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}"
    ".klcli .words{text-align:left;white-space:normal}"
    ".klcli thead th{border-bottom:1px solid #888}.klcli tfoot td{border-top:1px solid #888;font-weight:600}"
    ".klcli .note{opacity:.8}" + drawing.STYLE
)
# Without it the tables stand as they are; with it a click on a heading puts them into order.
_SCRIPT = """
for (const table of document.querySelectorAll("table.sortable")) {
  const headings = [...table.tHead.rows[0].cells], body = table.tBodies[0];
  const key = (row, column) => row.cells[column].textContent.replace("\u221e", "Infinity");
  const compare = (x, y) => isNaN(x) || isNaN(y) ? x.localeCompare(y) : x - y || 0;
  headings.forEach((heading, column) => {
    const button = document.createElement("button");
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => {
      const turned = heading.ariaSort === "descending" ? 1 : -1;
      for (const each of headings) each.removeAttribute("aria-sort");
      heading.ariaSort = turned > 0 ? "ascending" : "descending";
      body.append(...[...body.rows].sort((a, b) => turned * compare(key(a, column), key(b, column))));
    });
  });
}
"""
_HASH = base64.b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{_HASH}'"  # whatever a label holds


def render(results: Sequence[Result], view: View) -> bytes:
    """The results as a page of its own, in UTF-8."""
    body = _body(results, view)
    script = f"<script>{_SCRIPT}</script>" if 'class="sortable"' in body else ""
    head = (
        f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(results[0].title)}</title><style>{_STYLE}{_PAGE}</style>"
    )
    text = f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head>\n<body><main>{body}</main>{script}</body></html>\n'
    return text.encode("utf-8", "backslashreplace")


def fragment(result: Result) -> str:
    """One result as a table to stand in a page, as a notebook shows it."""
    return f"<style>{_STYLE}</style>{_body([result], View(steps=True))}"


def _body(results: Sequence[Result], view: View) -> str:
    return "".join(_report(group, view) if each_apart(group) else _answer(group, view) for group in groups(results))


def _answer(group: Sequence[Result], view: View) -> str:
    """An answer, or several to be compared, with one chart of all."""
    (shown,) = pages(group, view)
    parts = [_head(shown)]
    for place, (caption, table) in enumerate(shown.tables):
        is_overview = place == 0 and bool(group[0].label)
        parts += [f"<h2>{escape(caption)}</h2>" if caption else "", _table(table, view, is_sortable=is_overview)]
    parts.append(f"<p><b>{escape(shown.value)}</b></p>" if shown.value else "")
    parts += [_picture(group, view), *_words(shown)]
    return f'<div class="klcli">{"".join(parts)}</div>'


def _report(group: Sequence[Result], view: View) -> str:
    """Answers with outcomes of their own: all of them in one table, and each with its chart and its terms."""
    (shown,) = pages(group, view._replace(steps=False))
    links = [f"#part{index}" for index in range(1, len(group) + 1)]
    parts = [_head(shown), _table(shown.tables[0][1], view, is_sortable=True, links=links), *_words(shown)]
    parts += [_part(f"part{index}", result, view) for index, result in enumerate(group, 1)]
    return f'<div class="klcli">{"".join(parts)}</div>'


def _part(anchor: str, result: Result, view: View) -> str:
    summary = overview([result])
    ((label, *cells),) = text_rows(summary, view.digits)
    facts = "   ".join(f"{heading} {x}" for heading, x in zip(summary.headings[1:], cells, strict=True))
    terms = "" if view.steps is False else _table(steps_to_read(result, view), view)
    return (
        f'<section id="{anchor}"><h2>{escape(label)}</h2><p>{escape(facts)}</p>'
        f"{_picture([result], view)}{terms}</section>"
    )


def _picture(group: Sequence[Result], view: View) -> str:
    picture = drawing.drawing(group, view)
    return f'<div class="wide">{picture}</div>' if picture else ""


def _head(shown: Page) -> str:
    return f"<h1>{escape(shown.title)}</h1><p>{escape(shown.formula)}<br>{escape(shown.sides)}</p>"


def _words(shown: Page) -> list[str]:
    """What is said below the tables."""
    said = [f"<p>{escape(line)}</p>" for line in (shown.asides, *shown.explanation) if line]
    return said + [f'<p class="note">{escape(note)}</p>' for note in shown.notes]


def _table(table: Table, view: View, is_sortable: bool = False, links: Sequence[str] = ()) -> str:
    """The table, which scrolls by itself where it is wider than the page; links lead from its words."""
    kinds = [' class="words"' if index in table.words else "" for index in range(len(table.names))]

    def row(cells: Sequence[str], tag: str) -> str:
        written = (f"<{tag}{kind}>{x}</{tag.split()[0]}>" for kind, x in zip(kinds, cells, strict=True))
        return f"<tr>{''.join(written)}</tr>"

    rows = [[*map(escape, cells)] for cells in text_rows(table, view.digits)]
    at = table.names.index("label") if links else 0
    for cells, link in zip(rows, links, strict=False):
        cells[at] = f'<a href="{link}">{cells[at]}</a>'
    foot = f"<tfoot>{row(rows.pop(), 'td')}</tfoot>" if table.total is not None else ""
    head = row([*map(escape, table.headings)], 'th scope="col"')
    kind = ' class="sortable"' if is_sortable and len(rows) > 1 else ""
    body = "".join(row(cells, "td") for cells in rows)
    return f'<div class="wide"><table{kind}><thead>{head}</thead><tbody>{body}</tbody>{foot}</table></div>'
