"""NDJSON: one result a line, each the object that the json format has in its list."""

from __future__ import annotations

from collections.abc import Sequence

from klcli.render import View
from klcli.render.json import dumps, encoded, fields
from klcli.result import Result


def render(results: Sequence[Result], view: View) -> bytes:
    """The results, a line each."""
    return encoded("".join(dumps(dict(fields(result, view))) + "\n" for result in results))
