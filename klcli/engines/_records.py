"""Records of JSON, which stand one to a line, and lines, none of them longer than an engine takes."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, count
from typing import Any, TextIO

from klcli.columns import FormatError, repeated
from klcli.distribution import listed
from klcli.errors import clipped

LONGEST = 2**27  # bytes in a cell, of which an engine takes no longer one
TOO_LONG = f"longer than {LONGEST >> 20} MiB"
ROWS = 1000  # that are looked at before an engine reads all
_MOST_NAMES = 5000  # in records of JSON
JSON_NUMBER = "-?[0-9][-+0-9.eE]*"  # outside of strings
MARK = (
    "\ufdd0"  # before a number in quotes, that was none of the record: Unicode keeps it from being a sign of any text
)


def lines(text: TextIO) -> Iterator[str]:
    """The lines of a text, of which none may be longer than engines take, so that they are bounded too."""
    for number in count(1):
        line = text.readline(LONGEST)
        if not line:
            return
        if len(line) == LONGEST and line[-1] not in "\r\n":
            raise FormatError(f"line {number}: {TOO_LONG}")
        yield line


def names(
    ask: Callable[[str], Sequence[Sequence[Any]]], relation: str, record: str, paths: Iterable[str]
) -> list[str]:
    """The names in records of JSON: as the first records have them, and then those that none of these has.

    `ask` runs a query, `relation` and `record` are the SQL of the records, which lie in these files.

    Raises FormatError where one is no record or has a name twice, where there are no names, and where the only record
    is a table by its columns.
    """
    keys = f"json_object_keys({record})"
    [(records, wrong, twice)] = ask(
        f"SELECT count(*), count(CASE WHEN {keys} IS NULL THEN 1 END), "
        f"count(CASE WHEN size({keys}) <> size(array_distinct({keys})) THEN 1 END) FROM {relation}"
    )
    if wrong:
        raise FormatError(f"{wrong} of {records} lines are no record of JSON")
    if twice:
        raise FormatError(f"a name stands twice in {twice} of {records} records")
    found = [name for (name,) in ask(f"SELECT DISTINCT explode({keys}) AS name FROM {relation}")]
    if not found:
        raise FormatError("no records with names" if records else "empty")
    if records == 1:
        _refuse_columns(paths)
    first = [each for (each,) in ask(f"SELECT {keys} FROM {relation} LIMIT {ROWS}")]
    in_order = [*dict.fromkeys([*chain(*first), *sorted(found)])]
    if len(in_order) > _MOST_NAMES:  # to plan a query takes the square of their number
        several = f"{len(in_order)} different names, {listed(in_order)}"
        raise FormatError(f"records with {several}: save them as CSV or Parquet")
    return in_order


def _refuse_columns(paths: Iterable[str]) -> None:
    """Raise FormatError where the only record of JSON is a table by its columns: nothing but lists or mappings.

    What engines take for JSON, as they do a comma before a bracket, and Python does not, is passed over.
    """
    for path in paths:
        record: dict[str, Any] = {}
        with open(path, encoding="utf-8", newline="") as text, contextlib.suppress(ValueError, RecursionError):
            record = next((_loaded(line) for line in lines(text) if line.strip()), {})
        if record and all(isinstance(value, (list, dict)) for value in record.values()):
            raise FormatError(
                "one record of lists or mappings alone: if it is a table by its columns, write one record to a line, "
                "as pandas does by to_json(orient='records', lines=True)"
            )


_OPEN = "ends within a record of JSON: write one to a line, as jq -c . does, or copy what is cut off anew"


def check_records(text: TextIO) -> None:
    """Raise FormatError with the first line that is no record of JSON, as RFC 8259 has it, or holds a name twice."""
    import json

    for number, line in enumerate(lines(text), 1):
        if line.endswith("\r"):
            raise FormatError(f"line {number}: ends in CR alone: end lines in LF")
        try:
            record = _loaded(line) if line.strip() else {}
            if "\\u" in line:
                json.dumps(record, ensure_ascii=False).encode()  # half of a pair of surrogates is no sign
        except UnicodeError:
            raise FormatError(f"line {number}: no JSON: half of a surrogate pair, which is no sign") from None
        except (ValueError, RecursionError) as error:
            if getattr(error, "pos", -1) >= len(line.rstrip(" \t\r\n")):
                raise FormatError(f"line {number}: {_OPEN}") from None
            raise FormatError(f"line {number}: no JSON: {getattr(error, 'msg', error)}") from None
        if not isinstance(record, dict):
            raise FormatError(f"line {number}: no record of JSON")
        if isinstance(record, _Record) and record.twice is not None:
            raise FormatError(f"line {number}: two values are called {clipped(record.twice)!r}: leave one out")


def _loaded(line: str) -> Any:
    import json

    # A whole number may be of any length, for it is counted as text.
    return json.loads(line, parse_int=str, parse_constant=_no_constant, object_pairs_hook=_Record)


class _Record(dict[str, Any]):
    """A mapping in JSON, and the name that stands in it twice, if one does."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.twice = repeated(name for name, _ in pairs) if len(pairs) > len(self) else None


def _no_constant(word: str) -> None:
    raise ValueError(f"{word} is no number of JSON")


def json_pointer(name: str) -> str:
    """The pointer to a field of a record of JSON (RFC 6901), which any name can have."""
    return "/" + name.replace("~", "~0").replace("/", "~1")
