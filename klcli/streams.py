"""Streams: what a source of any size holds, a part at a time: its bytes, unpacked, and its text.

What comes once, from a pipe, is kept in a temporary file without a name, so that nothing is left of it.
"""

from __future__ import annotations

import codecs
import contextlib
import errno
import io
import itertools
import os
import stat
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import BinaryIO, overload

from klcli import litter, sources
from klcli.columns import FormatError
from klcli.errors import InputError
from klcli.lazy import np
from klcli.sources import STDIN

_held: dict[str, BinaryIO] = {}


@contextlib.contextmanager
def held(path: str) -> Iterator[BinaryIO]:
    """What `opened` gives for the path, which it gives again in this context, so that a pipe is read once."""
    if path in _held:
        yield _held[path]
        return
    with opened(path) as file:
        _held[path] = file
        try:
            yield file
        finally:
            del _held[path]


@contextlib.contextmanager
def opened(path: str) -> Iterator[BinaryIO]:
    """The file, or a copy of what comes from a pipe, or of the rest where others have read a part of standard input.

    Raises InputError where there is no such file, or where it is no file.
    """
    if path in _held:
        yield _held[path]
        return
    with contextlib.ExitStack() as stack:
        try:
            file = _stdin() if path == STDIN else stack.enter_context(open(path, "rb"))
            kind = os.fstat(file.fileno()).st_mode
        except IsADirectoryError:
            raise InputError(f"{sources.called_in_messages(path)}: is a directory: name a file in it") from None
        except (OSError, ValueError) as error:
            raise InputError(sources.missing(path, error, or_numbers=False)) from None
        if not stat.S_ISREG(kind) and not stat.S_ISFIFO(kind) and path != STDIN:
            raise InputError(f"{sources.called_in_messages(path)}: is a device or a socket, not a file")
        if not stat.S_ISREG(kind) or (path == STDIN and os.lseek(file.fileno(), 0, os.SEEK_CUR)):
            try:
                file = stack.enter_context(copied(sources.arriving(file)))
            except FormatError as error:
                raise InputError(f"{sources.called_in_messages(path)}: {error}") from None
        yield file


def _stdin() -> BinaryIO:
    file = sources.standard_input()
    try:
        os.read(file.fileno(), 0)  # which tells where it is open for writing alone, as nohup leaves it
    except OSError as error:
        raise sources.unreadable(error) from None
    return file


class NoRoomError(FormatError):
    """Raised where a copy of what is read cannot be written, of which that is not to blame."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"needs a temporary copy: {reason}: set TMPDIR")


@contextlib.contextmanager
def copied(blocks: Iterable[bytes]) -> Iterator[BinaryIO]:
    """A temporary file of these bytes, open and without a name; NoRoomError where there is no room for it."""
    import tempfile

    with contextlib.ExitStack() as stack:
        with _writing_a_copy():
            copy = tempfile.TemporaryFile(dir=litter.place())  # noqa: SIM115 - which _close closes
            stack.callback(_close, copy)
        for block in blocks:  # a fault in them is none of the copy
            with _writing_a_copy():
                copy.write(block)
        with _writing_a_copy():
            copy.flush()
            copy.seek(0)
        yield copy


@contextlib.contextmanager
def _writing_a_copy() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.EMFILE, errno.ENFILE):
            raise
        raise NoRoomError((error.strerror or str(error)).lower()) from None


def _close(copy: BinaryIO) -> None:
    with contextlib.suppress(OSError):  # what there is no room for is told of, and would be written once more
        copy.close()


UNITS = ("bytes", "chars", "words", "lines")


def tally(path: str, unit: str, encoding: str | None = None) -> Counter[str]:
    """How often each byte, character, word or line is in a file of any size.

    Bytes are those of the file as it lies there, as 0x41; characters, words, between blanks, and lines, without what
    ends them, are of its text, unpacked.

    Raises InputError, and FormatError where it is not the text that it should be.
    """
    with opened(path) as file:
        if unit == "bytes":
            return _bytes(sources.arriving(file))
        parts = text(blocks(file), encoding)
        found: Counter[str] = Counter()
        for items in parts if unit == "chars" else _words(parts) if unit == "words" else _lines(parts):
            found.update(items)
        return found


def _bytes(blocks: Iterable[bytes]) -> Counter[str]:
    counts = np.zeros(256, dtype=np.int64)
    for block in blocks:
        counts += np.bincount(np.frombuffer(block, dtype=np.uint8), minlength=256)
    return Counter({f"0x{value:02x}": count for value, count in enumerate(counts.tolist()) if count})


def _words(parts: Iterable[str]) -> Iterator[Iterable[str]]:
    pieces = ([*[""] * part[0].isspace(), *part.split(), *[""] * part[-1].isspace()] for part in parts)
    return (filter(None, words) for words in _joined(pieces))


def _lines(parts: Iterable[str]) -> Iterator[list[str]]:
    decoder = io.IncrementalNewlineDecoder(None, translate=True)
    ended = (decoder.decode(part, final=not part) for part in itertools.chain(parts, ("",)))
    return _joined(part.split("\n") for part in ended)


def _joined(parts: Iterable[list[str]]) -> Iterator[list[str]]:
    """The pieces of all parts, where the last one of each goes on in the next."""
    still_open: list[str] = []
    for first, *others in parts:
        still_open.append(first)
        if others:
            yield ["".join(still_open), *others[:-1]]
            still_open = others[-1:]
    last = "".join(still_open)
    if last:
        yield [last]


def blocks(file: BinaryIO) -> Iterator[bytes]:
    """All that the file holds, unpacked where it is packed: no part is empty, and the first has any mark whole.

    Raises FormatError where what is packed is broken.
    """
    data = _Content(file.fileno())
    packing = sources.packing_of(data)
    if packing is None:
        yield from sources.arriving(file)
        return
    parts = filter(None, sources.parts(data, packing))
    first = b""
    while len(first) < _MARK and (part := next(parts, b"")):
        first += part
    if sources.packing_of(first):
        raise FormatError(f"{packing.name}: packed twice: unpack it first")
    yield from itertools.chain(filter(None, (first,)), parts)


_MARK = 16  # bytes, more than a mark of an encoding or of what is packed has


class _Content:
    """The bytes of a file, read where they are looked at; it is not mapped, since it may shrink meanwhile."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor, self._size = descriptor, os.fstat(descriptor).st_size

    def __len__(self) -> int:
        return self._size

    @overload
    def __getitem__(self, place: int) -> int: ...
    @overload
    def __getitem__(self, place: slice) -> bytes: ...
    def __getitem__(self, place: int | slice) -> int | bytes:
        if isinstance(place, int):
            return self[place : place + 1][0]
        start, stop, _ = place.indices(self._size)
        return os.pread(self._descriptor, max(stop - start, 0), start)


def text(blocks: Iterator[bytes], encoding: str | None = None) -> Iterator[str]:
    """The blocks as text, in the encoding of their mark, in the one that was named, or else in UTF-8.

    Raises FormatError, with the line, where they are not.
    """
    first = next(blocks, b"")
    found = sources.encoding_of(sources.mark_of(first), encoding)
    decoder = codecs.getincrementaldecoder(found)()
    ends = io.IncrementalNewlineDecoder(None, translate=True)
    line, is_first = 1, True
    for block in itertools.chain((first,), blocks, (b"",)):
        state = decoder.getstate()
        try:
            part = decoder.decode(block, final=not block and not is_first)
        except UnicodeDecodeError as error:
            decoder.setstate(state)
            decoder.errors = "ignore"
            before = decoder.decode(block[: max(len(block) - len(error.object) + error.start, 0)])
            line += ends.decode(before, final=True).count("\n")
            odd = error.object[error.start]
            cure = (
                "name another --encoding" if encoding else "save it as UTF-8, or name the --encoding of every input"
            )
            raise FormatError(f"line {line}: byte 0x{odd:02x} is not {found.upper()}: {cure}") from None
        if encoding is not None and sources.HALF.search(part):
            raise FormatError(sources.half_alone(encoding))
        line += ends.decode(part).count("\n")
        part = part.removeprefix("\ufeff") if is_first else part
        is_first = False
        if part:
            yield part
