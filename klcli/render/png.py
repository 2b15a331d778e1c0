"""PNG: a chart of the terms, probabilities above and contributions below."""

from __future__ import annotations

from collections.abc import Sequence

from klcli.render import View
from klcli.render._figure import font_aside as aside
from klcli.render._figure import picture
from klcli.result import Result

__all__ = ["aside", "render"]


def render(results: Sequence[Result], view: View) -> bytes:
    """The chart as a file of its own."""
    return picture(results, view, "png")
