"""Tables of SQLite, as copies that an engine reads: nothing is left beside the database."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import quote

from klcli import litter, streams
from klcli.columns import FormatError
from klcli.engines._files import Place, chosen_table

NULL = b"\\N"  # what stands for NULL in a copy; text is in quotes


@contextlib.contextmanager
def copied(place: Place) -> Iterator[tuple[list[str], str, set[int]]]:
    """The names of the columns of a table of SQLite, a copy of it in CSV, and which of the columns hold bytes.

    NULL stands for nothing there, and so it does for bytes.
    """
    import sqlite3

    (file,) = place.files
    with contextlib.ExitStack() as stack:
        try:
            real = os.path.realpath(file.path)  # beside which its log lies
            _refuse_part_of_a_page(real)
            path, how = stack.enter_context(_left_alone(real))
            uri = f"file:{quote(os.fsencode(path))}?{how}"
            base = stack.enter_context(contextlib.closing(sqlite3.connect(uri, uri=True)))
            found = base.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name")
            table = chosen_table(place, [row[0] for row in found]).replace('"', '""')
            rows = base.execute(f'SELECT * FROM "{table}"')
            binary: set[int] = set()
            with streams.copied(_csv_rows(rows, binary)) as copy:
                stack.close()
                yield [each[0] for each in rows.description], f"/dev/fd/{copy.fileno()}", binary
        except sqlite3.Error as error:
            is_left = os.path.exists(f"{real}-journal") and "readonly" in str(error)
            what = "a write to it was never ended: open it once by sqlite3, beside its -journal" if is_left else error
            raise FormatError(f"SQLite cannot read it: {what}") from None


def _refuse_part_of_a_page(path: str) -> None:
    """Raise FormatError where the last page of a database is not whole: SQLite has zeros where there is nothing."""
    with open(path, "rb") as file:
        start = file.read(18)
    size = int.from_bytes(start[16:], "big")
    size = 65536 if size == 1 else size
    if start.startswith(b"SQLite") and size and os.path.getsize(path) % size:
        raise FormatError("cut off in the middle of a page: copy it once more")


@contextlib.contextmanager
def _left_alone(path: str) -> Iterator[tuple[str, str]]:
    """The path by which SQLite is to open a database, and how, so that it leaves no file beside it.

    Beside one that keeps a log of what is to be written (WAL) it leaves -wal and -shm where nobody else has it open.
    There it is read as what does not change, or, with a log that somebody has left, as a copy of both.

    Raises FormatError where it has changed by the end.
    """
    with open(path, "rb") as file:
        is_logged = file.read(20)[18:19] == b"\2"
    if not is_logged or os.path.exists(f"{path}-shm"):
        yield path, "mode=ro"
        return
    before = _as_it_is(path)
    if not os.path.exists(f"{path}-wal"):
        yield path, "mode=ro&immutable=1"
    else:
        with litter.folder() as folder:
            for ending in ("", "-wal"):
                shutil.copyfile(f"{path}{ending}", f"{folder}/copy{ending}")
            yield f"{folder}/copy", "mode=ro"
    if _as_it_is(path) != before:
        raise FormatError("was written to while it was read: try again")


def _as_it_is(path: str) -> list[tuple[int, int] | None]:
    """Of the database and its log: how large it is, and when it was written to."""
    found = (os.stat(each) if os.path.exists(each) else None for each in (path, f"{path}-wal"))
    return [each and (each.st_size, each.st_mtime_ns) for each in found]


def _csv_rows(rows: Iterable[Sequence[Any]], binary: set[int]) -> Iterator[bytes]:
    for row in rows:
        binary.update(index for index, cell in enumerate(row) if isinstance(cell, bytes))
        yield b",".join(map(_csv_cell, row)) + b"\n"


def _csv_cell(cell: Any) -> bytes:
    if cell is None or isinstance(cell, bytes):
        return NULL
    return b'"' + str(cell).encode().replace(b'"', b'""') + b'"'
