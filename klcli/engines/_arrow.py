"""Arrow's schema in a Parquet file: which of its whole numbers are lengths of time, of which Parquet has no type."""

from __future__ import annotations

import base64
import contextlib
import struct

_DURATION = 18  # among the types of Arrow (format/Schema.fbs)
_UNITS = ("s", "ms", "us", "ns")
_MILLISECONDS = 1  # where no unit is written


def durations(encoded: bytes) -> dict[str, str]:
    """The columns of lengths of time, each with what its whole numbers stand for, as NumPy calls it.

    What is written is a message of Arrow in base64, a FlatBuffer: of what is none, nothing is known.
    """
    with contextlib.suppress(ValueError, struct.error, IndexError):
        schema = _Schema(base64.b64decode(encoded, validate=True))
        return dict(schema.durations())
    return {}


class _Schema:
    """A FlatBuffer: tables, whose members are found by way of a list of where each one is."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def durations(self) -> list[tuple[str, str]]:
        start = 8 if self._data.startswith(b"\xff\xff\xff\xff") else 4  # behind how long the message is
        header = self._follow(self._member(self._follow(start), 2))
        fields = self._follow(self._member(header, 1))
        count = self._number("<I", fields)
        found = []
        for index in range(count):
            field = self._follow(fields + 4 + 4 * index)
            if self._data[self._member(field, 2)] == _DURATION:
                name = self._follow(self._member(field, 0))
                text = self._data[name + 4 : name + 4 + self._number("<I", name)].decode()
                place = self._member(self._follow(self._member(field, 3)), 0)
                unit = self._number("<h", place) if place else _MILLISECONDS
                found.append((text, f"timedelta64[{_UNITS[unit]}]"))
        return found

    def _number(self, kind: str, place: int) -> int:
        (found,) = struct.unpack_from(kind, self._data, place)
        return int(found)

    def _follow(self, place: int) -> int:
        return place + self._number("<I", place)

    def _member(self, table: int, index: int) -> int:
        """Where a member of the table is, 0 where it is not written."""
        members = table - self._number("<i", table)
        if 4 + 2 * index >= self._number("<H", members):
            return 0
        offset = self._number("<H", members + 4 + 2 * index)
        return table + offset if offset else 0
