"""Sources: what a name leads to, as bytes: whole, within a bound, unpacked, and decoded as it was said to be.

Nothing is guessed: an encoding is UTF-8, what a mark at the start says, or the one that was named.
"""

from __future__ import annotations

import codecs
import contextlib
import errno
import functools
import os
import re
import select
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, BinaryIO, NamedTuple, Protocol, overload

from klcli.columns import FormatError, line_at
from klcli.errors import InputError, MissingExtraError, OptionError, clipped

STDIN = "-"
_STDIN = ("/dev/stdin", "/dev/fd/0", "/proc/self/fd/0")
MAX_SIZE = 2**31  # bytes, read or unpacked

_BLOCK = 2**20
_LONGEST_PATH = 4096  # on most systems


# Names


def split(source: str) -> tuple[str, str | None]:
    """The path of the source, - for standard input, and the column asked for, if any."""
    marks = [place for place in range(len(source)) if source.startswith("::", place)]
    for place in [len(source), *marks]:
        path, column = source[:place], source[place + 2 :] if place < len(source) else None
        if path in (STDIN, *_STDIN):
            return STDIN, column
        if os.path.exists(path):
            return path, column
    return source, None


def called_in_outputs(path: str) -> str:
    """What a source is called in outputs: the name of its file, or the inline text itself."""
    if path == STDIN:
        return "stdin"
    inline = path.removeprefix(" ") if path.startswith(" -") else path  # the blank kept it from being an option
    return os.path.basename(path) if os.path.exists(path) else clipped(inline, 40)


def called_in_messages(path: str) -> str:
    """What a source is called in messages: a path whole, or what is typed, cut where it is long."""
    if path == STDIN:
        return "stdin"
    is_path = not _may_be_numbers(path) or os.path.lexists(path) or os.path.isdir(os.path.dirname(path))
    return path if is_path and len(path) <= _LONGEST_PATH else clipped(path)


def _may_be_numbers(source: str) -> bool:
    return "," in source or "=" in source


def ending(path: str) -> str:
    """The ending of the path in small letters and without its dot; of what is packed, the one before.

    >>> ending("p.CSV"), ending("p.csv.gz"), ending("p")
    ('csv', 'csv', '')
    """
    root, last = os.path.splitext(path.lower())
    return (os.path.splitext(root)[1] if last in ENDINGS else last).lstrip(".")


def is_pipe(path: str) -> bool:
    """Whether what is in the file of this path comes once, as from <(command)."""
    try:
        return stat.S_ISFIFO(os.stat(path).st_mode)
    except (OSError, ValueError):
        return False


def refuse_stdin_twice(sources: Sequence[str], other: str) -> None:
    """Raise InputError, which says what else is to be given as a file, where standard input is meant twice.

    Columns of it may be: they are read together.
    """
    if [split(source) for source in sources].count((STDIN, None)) > 1:
        raise InputError(f"standard input (-) can be read once only: give the other {other} as a file")


# Bytes


def content(path: str, max_size: int = MAX_SIZE) -> bytes:
    """All that the file, or standard input, holds, unpacked where it is packed.

    Raises InputError where there is no such file, where it is no file, or where it holds more than `max_size` bytes,
    packed or unpacked; FormatError where what is packed is broken.
    """
    return _unpacked(_standard_input(max_size) if path == STDIN else _file(path, max_size), max_size)


def _file(path: str, max_size: int) -> bytes:
    try:
        found = os.stat(path)
        kind = found.st_mode
        if stat.S_ISDIR(kind):
            raise InputError(f"{called_in_messages(path)}: is a directory: name a file in it")
        if stat.S_ISFIFO(kind):
            return _pipe(path, found.st_dev, found.st_ino, max_size)
        if not stat.S_ISREG(kind):
            raise InputError(f"{called_in_messages(path)}: is a device or a socket, not a file")
        return _whole(path, max_size)
    except (OSError, ValueError) as error:
        raise InputError(missing(path, error)) from None


_kept: dict[tuple[str, int, int], bytes] | None = None


@contextlib.contextmanager
def pipes_kept() -> Iterator[None]:
    """A context in which a pipe is read once, so that <(command)::p may be asked for two of its columns."""
    global _kept
    before, _kept = _kept, {} if _kept is None else _kept
    try:
        yield
    finally:
        _kept = before


def _pipe(path: str, device: int, inode: int, max_size: int) -> bytes:
    kept = {} if _kept is None else _kept
    key = path, device, inode
    if key not in kept:
        kept[key] = _whole(path, max_size)
    return kept[key]


def _whole(path: str, max_size: int) -> bytes:
    with open(path, "rb") as file:
        return _bounded(file, path, max_size)


def _bounded(file: BinaryIO, path: str, max_size: int) -> bytes:
    data = bytearray()
    for block in arriving(file):
        data += block
        if len(data) > max_size:
            raise InputError(f"{called_in_messages(path)}: {too_large(max_size)}")
    return bytes(data)


def arriving(file: BinaryIO) -> Iterator[bytes]:
    """All that the file holds, part by part, waited for where it comes from a pipe.

    A pipe that another program has told not to wait gives None where nothing has come yet, which is not its end.
    """
    while (block := file.read(_BLOCK)) != b"":
        if block is None:
            select.select([file], [], [])
        else:
            yield block


def too_large(max_size: int) -> str:
    """What a message says of more bytes than may be read."""
    return f"more than {max_size} bytes: give --max-size to read it all the same"


@functools.cache
def _standard_input(max_size: int) -> bytes:
    # Kept for good, since it comes once: -::p and -::q may be two columns of it.
    try:
        return _bounded(standard_input(), STDIN, max_size)
    except OSError as error:
        raise unreadable(error) from None


def standard_input() -> BinaryIO:
    """Standard input; InputError where it is closed."""
    if sys.stdin is None:
        raise InputError("stdin: is closed")
    return sys.stdin.buffer


def unreadable(error: OSError) -> InputError:
    """What is said of standard input that cannot be read."""
    return InputError(f"stdin: cannot be read: {(error.strerror or str(error)).lower()}")


def missing(path: str, error: OSError | ValueError, *, or_numbers: bool = True) -> str:
    """Why there is no such file, and which one may be meant, or which numbers where those may stand there too.

    Raises the error itself where too few files may be open, of which the input is not to blame.
    """
    if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
        raise error
    path = path or "''"
    if not isinstance(error, OSError):
        what = "it holds a NUL" if "\0" in path else error
        return f"{called_in_messages(path)}: not a file name: {what}"
    are_numbers = _may_be_numbers(path)  # or were to be some, of any length
    if error.errno != errno.ENOENT and not (are_numbers and error.errno == errno.ENAMETOOLONG):
        return f"{called_in_messages(path)}: {(error.strerror or str(error)).lower()}"
    if os.path.islink(path) or os.path.islink(path.partition("::")[0]):
        return f"{called_in_messages(path)}: a link to a file that is not there"
    from difflib import get_close_matches

    folder, name = os.path.split(path.partition("::")[0])
    try:
        close = get_close_matches(name, os.listdir(folder or "."), 1)
    except OSError:
        close = []
    hint = f": did you mean {os.path.join(folder, close[0])}?" if close else ""
    file, colon, column = path.rpartition(":")
    if colon and not file.endswith(":") and os.path.isfile(file):
        hint = f": did you mean {file}::{column}?"
    if are_numbers:
        numbers = (
            ", nor numbers such as 0.5,1/4,1/4 or A=1/2,B=1/2" if or_numbers else ", and raw data come from files"
        )
        hint = f"{numbers}{hint}"
    return f"{called_in_messages(path)}: no such file{hint}"


# Packed bytes


class Bytes(Protocol):
    """Bytes, in memory or in a file."""

    def __len__(self) -> int:
        """How many there are."""

    @overload
    def __getitem__(self, place: int) -> int: ...
    @overload
    def __getitem__(self, place: slice) -> bytes | bytearray: ...


class Packing(NamedTuple):
    """A way to pack: how its bytes begin, what it is called, and what unpacks one stream of it and may fail so."""

    start: bytes
    name: str
    unpacker: Callable[[], tuple[Any, type[Exception]]]


def _gzip() -> tuple[Any, type[Exception]]:
    import zlib

    return zlib.decompressobj(wbits=31), zlib.error


def _bz2() -> tuple[Any, type[Exception]]:
    import bz2

    return bz2.BZ2Decompressor(), OSError


def _xz() -> tuple[Any, type[Exception]]:
    import lzma

    return lzma.LZMADecompressor(lzma.FORMAT_XZ), lzma.LZMAError


def _zstd() -> tuple[Any, type[Exception]]:
    try:
        import zstandard
    except ImportError:
        raise MissingExtraError("a file packed with zstd", "data") from None
    return zstandard.ZstdDecompressor().decompressobj(), zstandard.ZstdError


PACKINGS = (
    Packing(b"\x1f\x8b\x08", "gzip", _gzip),
    Packing(b"BZh", "bzip2", _bz2),
    Packing(b"\xfd7zXZ\0", "xz", _xz),
    Packing(b"\x28\xb5\x2f\xfd", "zstd", _zstd),
)
ENDINGS = (".gz", ".bz2", ".xz", ".zst")

_SLICE = 2**10  # packed bytes that are taken at once: of these gzip, xz and zstd make some megabytes at most


def _unpacked(data: bytes, max_size: int) -> bytes:
    """The bytes as they are, or, where they are packed, what is in them: every stream of it, to its end."""
    packing = packing_of(data)
    if packing is None:
        return data
    unpacked = bytearray()
    for part in parts(data, packing):
        unpacked += part
        if len(unpacked) > max_size:
            raise FormatError(f"{packing.name}: unpacks to {too_large(max_size)}")
    if packing_of(unpacked):
        raise FormatError(f"{packing.name}: packed twice: unpack it first")
    return bytes(unpacked)


def packing_of(data: Bytes) -> Packing | None:
    """The way in which the bytes are packed, None where they are not."""
    is_skipped = data[1:4] == _SKIPPABLE and data[0] >> 4 == 5
    start = _start(data, 0) if is_skipped else 0
    return next((each for each in PACKINGS if _starts(data, each, start) and not _is_text(data)), None)


def _starts(data: Bytes, packing: Packing, position: int) -> bool:
    return data[position : position + len(packing.start)] == packing.start


def _is_text(data: Bytes) -> bool:
    """Whether it begins as bzip2 does and goes on otherwise: text may do so, and nothing else that is packed."""
    return data[:3] == b"BZh" and not any(magic.startswith(bytes(data[4:10])) for magic in _OF_BZIP2)


_OF_BZIP2 = (b"1AY&SY", b"\x17\x72\x45\x38\x50\x90")  # of a block, and of the end


def parts(data: Bytes, packing: Packing) -> Iterator[bytes]:
    """What is packed, part by part; raises FormatError where its end is missing or something else follows."""
    position = _start(data, 0)
    while position < len(data):
        if not _starts(data, packing, position):
            raise FormatError(f"{packing.name}: its end is followed by other bytes ({len(data) - position} of them)")
        unpacker, error = packing.unpacker()
        while not unpacker.eof:
            if position == len(data):
                raise FormatError(f"{packing.name}: cut off: its end is missing")
            part = data[position : position + _SLICE]
            position += len(part)
            try:
                yield from _unpack(unpacker, part)
            except error as broken:
                is_wide = "too much memory" in str(broken)
                fault = "its window is too large: pack it without --long" if is_wide else f"broken: {broken}"
                raise FormatError(f"{packing.name}: {fault}") from None
        position = _start(data, position - len(unpacker.unused_data))
    if position > len(data):
        raise FormatError(f"{packing.name}: cut off: its end is missing")


def _unpack(unpacker: Any, part: Bytes) -> Iterator[bytes]:
    """What the unpacker makes of the part; bzip2 may make a gigabyte of a slice, and gives it block by block."""
    if not hasattr(unpacker, "needs_input"):
        yield unpacker.decompress(part)
        return
    yield unpacker.decompress(part, _BLOCK)
    while not (unpacker.needs_input or unpacker.eof):
        yield unpacker.decompress(b"", _BLOCK)


def _start(data: Bytes, position: int) -> int:
    """Where the next stream starts: after zeros, which fill tapes up and align streams, and zstd's frames to skip."""
    while True:
        while position < len(data) and data[position] == 0:
            position += 1
        if data[position + 1 : position + 4] != _SKIPPABLE or data[position] >> 4 != 5:
            return position
        position += 8 + int.from_bytes(data[position + 4 : position + 8], "little")


_SKIPPABLE = b"\x2a\x4d\x18"  # after a byte of 0x50 to 0x5f: RFC 8878, section 3.1.2


# Text

_SIGNATURES = {  # each of them up to what no text has: RDX is an explosive, and PDF and LZIP may be counted
    rb"\xd0\xcf\x11\xe0": "an old Excel workbook: save the sheet as CSV",
    rb"%PDF-\d\.\d[\t ]*([\r\n]|\Z)": "a PDF",
    rb"\x80[\x02-\x05]": "a pickle, which is never read: save the numbers as CSV",
    rb"\x89HDF\r\n\x1a\n": "an HDF5 file: save the numbers as CSV, JSON or .npy",
    rb"ARROW1\0": "an Arrow file: save it as Parquet",
    rb"ORC[\n\r]?[\0-\x08\x0e-\x1f]": "an ORC file: save it as Parquet",
    rb"SQLite format 3\0": "an SQLite database: write the query's answer to CSV",
    rb"[\s\S]{8}DUCK[\s\S]{2}\0{6}": "a DuckDB database: write the query's answer to CSV or Parquet",
    rb"PK\x03\x04": "a zip archive: unpack it and name a file that was in it, or save the sheet as CSV",
    rb"MATLAB \d\.\d[ -~]*[\0\x01]": "a MATLAB file: save the numbers as CSV",
    rb"RD[ABX]\d\n[ABX]\n": "an R data file: save the table with write.csv",
    rb"[\s\S]{257}ustar(\0|  \0)": "a tar archive: unpack it, and name a file that was in it",
    rb"\x04\x22\x4d\x18|7z\xbc\xaf\x27\x1c|Rar!\x1a\x07|\x1f[\x9d\xa0]|\x5d\0\0|LZIP[\0\x01]": (
        "packed in a way that is not read: unpack it, or pack it with gzip, bzip2, xz or zstd"
    ),
}
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",  # before that of UTF-16, with which it begins
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
    codecs.BOM_UTF8: "utf-8",
}
# Encodings that a message may name, where a file can be read in them: of signs beyond ASCII in a row, and of single
# ones among letters, as in Straße, where two bytes are no sign.
_OF_WORDS = ("gb18030", "big5", "shift_jis", "euc-kr", "cp1252", "cp1251", "cp1250")
_OF_ACCENTS = ("cp1252", "cp1250", "cp1251", "gb18030", "big5", "shift_jis", "euc-kr")


HALF = re.compile("[\ud800-\udfff]")  # of a pair of surrogates
NUL = "a NUL byte: is it binary, or UTF-16 without its mark? Name its --encoding"


def refuse_known(data: bytes, encoding: str | None = None) -> None:
    """Raise FormatError, with what it is, where the data begin as what is known to be no text."""
    is_wide = encoding is not None and encoding.startswith(("utf-16", "utf-32"))  # in which a pickle may begin as 考
    known = next((what for start, what in _SIGNATURES.items() if re.match(start, data)), None)
    if known is not None and not is_wide:
        raise FormatError(f"is {known}")


def text(data: bytes, encoding: str | None = None) -> str:
    """The bytes as text: in the encoding of their mark, in the one that was named, or else in UTF-8.

    Raises FormatError, with the line, where they are not, and where they are known to be no text, or are none.
    """
    refuse_known(data, encoding)
    marked = mark_of(data)
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        found = data.decode(encoding_of(marked, encoding)).removeprefix("\ufeff")
    except UnicodeError as error:
        raise FormatError(_undecodable(data, encoding, marked, error)) from None
    if encoding is not None and HALF.search(found):
        raise FormatError(half_alone(encoding))
    if "\0" in found:
        line = line_at(found, found.index("\0"))
        raise FormatError(f"line {line}: {NUL}")
    inner = re.search("[\r\n]\ufeff", found) if "\ufeff" in found else None  # which is found much sooner
    if inner is not None:
        line = line_at(found, inner.end())
        raise FormatError(f"line {line}: a byte-order mark: are these files put together? Leave the mark out")
    if not found or found.isspace():
        raise FormatError("empty")
    return found


def half_alone(encoding: str) -> str:
    """What is said of text in that encoding where half of a character is alone."""
    return f"half of a character stands alone in it: it is not {encoding.upper()}, or not Unicode"


def mark_of(data: bytes) -> str | None:
    """The encoding that the mark at the start says, if there is one."""
    return next((name for mark, name in _MARKS.items() if data.startswith(mark)), None)


def encoding_of(marked: str | None, named: str | None) -> str:
    """The encoding of the mark, the one that was named, or else UTF-8.

    Raises FormatError for one that leaves the order of bytes to a mark, where there is none.
    """
    if marked is None and named in ("utf-16", "utf-32"):
        raise FormatError(
            f"no mark at its start says in which order its bytes are: give --encoding {named}-le or -be"
        )
    return marked or named or "utf-8"


def is_utf8(blocks: Iterable[bytes]) -> bool:
    """Whether all of it is UTF-8 without its mark, with characters beyond ASCII: hardly ever so by chance."""
    decoder, is_ascii = codecs.getincrementaldecoder("utf-8")(), True
    with contextlib.suppress(UnicodeDecodeError):
        for number, block in enumerate(blocks):
            if not number and block.startswith(codecs.BOM_UTF8):
                return False
            decoder.decode(block)
            is_ascii = is_ascii and block.isascii()
        decoder.decode(b"", final=True)
        return not is_ascii
    return False


def of_other_encoding(blocks: Iterable[bytes], encoding: str | None) -> Iterator[str]:
    """What is told of text that is UTF-8, and was to be read in another encoding."""
    if encoding is not None and "utf" not in encoding and is_utf8(blocks):
        yield f"it is UTF-8 as it stands, and was read as {encoding}, as was asked"


def _undecodable(data: bytes, named: str | None, marked: str | None, error: UnicodeError) -> str:
    """Which byte is not of the encoding, on which line, and what it may be instead."""
    encoding = marked or named or "utf-8"
    start = min(getattr(error, "start", 0), len(data) - 1)
    before = data[:start].decode(encoding, "ignore")
    line = line_at(before, len(before))
    is_utf8_so_far = encoding == "utf-8" and not before.isascii()
    is_wide = encoding.startswith(("utf-16", "utf-32"))
    if (is_wide or marked or is_utf8_so_far) and getattr(error, "reason", "") in (
        "truncated data",
        "unexpected end of data",
    ):
        return f"line {line}: cut off in the middle of a character of {encoding.upper()}"
    what = f"line {line}: byte 0x{data[start]:02x} is not {encoding.upper()}"
    if marked is not None:
        cure = "save all of it as UTF-8, or leave the mark out and name its --encoding"
        return f"{what}, as the mark at its start says: {cure}"
    if not is_wide and data.count(0) > len(data) / 4:
        return f"{what}: it may be UTF-16 without its mark: give --encoding utf-16-le or utf-16-be"
    runs = re.findall(b"[\x80-\xff]+", data)
    names = _OF_ACCENTS if 2 * sum(len(run) == 1 for run in runs) > len(runs) else _OF_WORDS
    likely = [name for name in names if name != encoding and _is_likely(data, name)]
    if likely:
        return f"{what}: it may be {' or '.join(likely)}: give --encoding, or save it as UTF-8"
    return f"{what}: {'name another --encoding' if named else 'save the file as UTF-8, or name its --encoding'}"


def _is_likely(data: bytes, encoding: str) -> bool:
    """Whether the bytes are text in that encoding, none of it control characters."""
    try:
        found = data.decode(encoding)
    except UnicodeError:
        return False
    return all(character.isprintable() or character.isspace() for character in found)


def known_encoding(name: str) -> str:
    """The name as Python has it.

    Raises OptionError where it names no encoding of text.
    """
    try:
        found = codecs.lookup(name)
        "".encode(found.name)  # which other codecs than those of text refuse
        if found.name in ("idna", "punycode"):  # of the names of hosts, which say no place of a fault
            raise LookupError
    except (LookupError, ValueError, TypeError):
        raise OptionError(
            f"{clipped(name)!r} is no encoding: utf-8, utf-16, gb18030, big5, shift_jis, euc-kr, cp1252, latin-1 ..."
        ) from None
    return found.name
