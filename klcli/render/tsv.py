"""TSV: the table of the csv format with tabs between the cells."""

from __future__ import annotations

from collections.abc import Sequence

from klcli.render import View
from klcli.render.csv import aside, delimited
from klcli.result import Result

__all__ = ["aside", "render"]


def render(results: Sequence[Result], view: View) -> bytes:
    """The table with tabs between the cells."""
    return delimited(results, view, "\t")
