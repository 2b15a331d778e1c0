"""Binary arrays: NumPy's .npy and .npz and safetensors, read from their bytes by their published formats.

Nothing is believed and nothing unpickled: what a header claims is held against the bytes that are there before any
memory is taken. The formats: numpy.lib.format in NumPy's manual, and "Format" in safetensors' README.
"""

from __future__ import annotations

import math
import re
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple

from klcli import sources
from klcli.columns import Column, FormatError, as_asked, as_typed, repeated
from klcli.distribution import listed
from klcli.errors import clipped
from klcli.lazy import np
from klcli.numerals import counted
from klcli.tables import LABEL_NAMES

if TYPE_CHECKING:
    from zipfile import ZipFile, ZipInfo

    from klcli.numerics import Array

    Bytes = bytes | bytearray | memoryview


class Tensor(NamedTuple):
    """One array of a file, of a size that its bytes have; its numbers are read only when they are asked for."""

    name: str  # "" in a .npy file, which holds one only
    dtype: str  # as NumPy writes it, or bfloat16, which NumPy lacks
    shape: tuple[int, ...]
    data: memoryview
    is_fortran: bool = False  # columns first
    unread: str = ""  # why its type is none that is read

    @property
    def fault(self) -> str:
        """Why it has no one or two dimensions of numbers, and the cure; "" where it has."""
        if self.unread:
            return self.unread
        if 0 in self.shape:
            return "empty: no values"
        if not self.shape:
            return "has 0 dimensions, a single number: save it with 1 or 2, such as x.reshape(1)"
        if len(self.shape) > 2:
            shown = clipped(" × ".join(map(str, self.shape)))
            cure = f"save it with 1 or 2, such as x.reshape(-1, {self.shape[-1]})"
            return f"has {len(self.shape)} dimensions ({shown}): {cure}"
        return ""

    def values(self, row: int | None = None) -> Array:
        """The numbers as float64, exactly, in 1 or 2 dimensions, or those of one row; NaN and infinities as they are.

        Raises FormatError, with the name, where the array has another type or other dimensions, where it is empty,
        and where an integer that is asked for is no float64.
        """
        if self.fault:
            raise _error(self.name, self.fault)
        stored = np.frombuffer(self.data, "<u2" if self.dtype == _BFLOAT16 else self.dtype)
        shaped = stored.reshape(self.shape, order="F" if self.is_fortran else "C")
        if row is not None:
            shaped = shaped[row]
        if self.dtype == _BFLOAT16:
            shaped = _bfloat16(shaped)
        if shaped.dtype.kind in "iu":
            _refuse_inexact(shaped, self.name if row is None else _row_name(self, row))
        with np.errstate(invalid="ignore"):  # a signalling NaN is a NaN
            values: Array = shaped.astype(np.float64, order="C")
        return values


_BFLOAT16 = "bfloat16"


def _bfloat16(stored: Any) -> Any:
    """The numbers as float32, of which bfloat16 is the upper half."""
    return (stored.astype(np.uint32) << 16).view(np.float32)


def _refuse_inexact(integers: Any, name: str) -> None:
    """Raise where an integer has more than 53 significant bits."""
    if integers.dtype.itemsize < 8:
        return
    native = integers.astype(integers.dtype.newbyteorder("="))
    size = native if native.dtype.kind == "u" else np.abs(native).view(np.uint64)  # −2^63 becomes 2^63, as it should
    far = np.argwhere(size > np.uint64(2**53))
    odd = size[tuple(far.T)]
    odd //= odd & (~odd + np.uint64(1))  # by the largest power of two that divides it
    inexact = far[odd > np.uint64(2**53)]
    if len(inexact):
        index = tuple(inexact[0].tolist())
        place = f"position {index[0]}" if len(index) == 1 else f"row {index[0]}, position {index[1]}"
        what = f"{native[index]} is beyond 2^53 and not exact in float64"
        raise _error(name, f"{place}: {what}: round it yourself, by saving the array as float64")


def _error(name: str, what: str) -> FormatError:
    return FormatError(f"{clipped(name)}: {what}" if name else what)


# The door


def tensors(data: bytes, path: str, max_size: int) -> list[Tensor] | None:
    """The arrays that the bytes hold, in their order, or None where they are no file of arrays.

    Raises FormatError where they are one that is broken, where they are a sparse matrix, and as `npz` and `kind` do.
    """
    found = kind(data, path)
    if found == "npz":
        members = npz(data, max_size)
        _refuse_sparse({member.name for member in members})
        return members
    if found == "safetensors":
        return safetensors(data)
    return [npy(data)] if found == "npy" else None


def _refuse_sparse(names: set[str]) -> None:
    """Raise where the arrays are the parts of one matrix: its data, its shape, and where in it the data are."""
    if {"data", "shape"} <= names and not names.isdisjoint({"format", "indptr"}):
        raise FormatError("is a sparse matrix of SciPy's: save x.toarray(), or a row of it as x.toarray()[0]")


def kind(data: bytes, path: str) -> str | None:
    """npy, npz or safetensors, whichever the bytes are, whatever the file is called; None where they are none.

    Raises FormatError where the name ends as a NumPy file's, and the bytes are none.
    """
    if data.startswith(_NPY):
        return "npy"
    if data.startswith((_LOCAL, _END)):
        return "npz"
    ending = sources.ending(path)
    # The length of a header leaves its upper bytes 0, which no text has.
    if ending == "safetensors" or (data[8:10] == b'{"' and int.from_bytes(data[:8], "little") <= _MOST_JSON):
        return "safetensors"
    if ending in ("npy", "npz"):
        raise FormatError(_not_numpy(data))
    return None


def _not_numpy(data: Bytes) -> str:
    if not data:
        return "empty"
    if data[0] == 0x80:
        return "not a NumPy file but a pickle, which is never read: save the array with numpy.save"
    return "not a NumPy file: save the array with numpy.save or numpy.savez"


def columns(found: list[Tensor], wanted: str | None = None) -> list[Column]:
    """The distributions that arrays hold: an array of 1 dimension is one, and so is a row of 2 that is chosen.

    A row is called by its position, from 0, after the name of its array where that has one, as in logits.0. `wanted`
    is the name of an array or a row, and None means all arrays.

    Raises FormatError where there is no such name, where an array holds no numbers that are read, and where it has 2
    dimensions and no row of it is chosen.
    """
    if wanted is not None:
        tensor, row = _chosen(found, wanted)
        if row is None:
            _refuse_rows(tensor)
        notes = _told_of_labels(found, tensor, row, "the outcomes are numbered from 0")
        return [_column(tensor, row)._replace(notes=notes)]
    others = [tensor.name for tensor in found if not tensor.fault]
    _refuse_unread(found, f"choose another array, as in {as_asked('', others[0])}" if others else "")
    for tensor in found:
        _refuse_rows(tensor)
    return [_column(tensor) for tensor in found]


def _told_of_labels(found: list[Tensor], used: Tensor, row: int | None, numbered: str) -> tuple[str, ...]:
    """What is told of arrays beside the one that is used, or a row of it, that may say what its numbers belong to.

    They are as long as one of its axes, or have one more, as edges of bins do. `numbered` says what is instead.
    """
    axes = used.shape if row is None else used.shape[1:]
    sizes = {*axes, *(size + 1 for size in axes)}
    others = [each for each in found if each is not used]
    text = [each.name for each in others if each.unread == _TEXT]
    fitting = [each for each in others if each.name not in text and _length(each) in sizes]
    unread = [each.name for each in fitting if each.fault]
    doubtful = [each.name for each in fitting if not each.fault and each.name.lower() in _OF_LABELS]
    notes = [f"text, so not used: array {listed(text)}; {numbered}"] if text else []
    notes += [f"not read, so not used: array {listed(unread)}; {numbered}"] if unread else []
    if doubtful and used.name.lower() not in _OF_LABELS:
        notes.append(f"array {listed(doubtful)} may have its labels: save both as a table if so; {numbered}")
    return tuple(notes)


def _length(tensor: Tensor) -> int | None:
    """How many numbers the array has in its only axis of more than one."""
    size = math.prod(tensor.shape)
    return size if size in tensor.shape else None


EDGE_NAMES = ("edges", "bin_edges", "bins", "breaks")
_OF_LABELS = (
    *LABEL_NAMES, "outcomes", "categories", "names", "values", "value", "key", "keys", "id", "ids", "index",
    "indices", "classes", "class_names", "bin", "support", "x", *EDGE_NAMES,
)  # fmt: skip


def matrix(found: list[Tensor], wanted: str | None = None) -> tuple[Array, tuple[str, ...]]:
    """The numbers of one array in rows and columns, of which 1 dimension is one row, and what is told of others.

    `wanted` is the name of an array, or of one of its rows as `columns` calls it.

    Raises FormatError where there is no such name, where there are several and none is wanted, and where the array
    holds no numbers that are read.
    """
    if wanted is None and len(found) > 1:
        names = [tensor.name for tensor in found]
        raise FormatError(f"holds several arrays ({listed(names, 20)}): choose one, as in {as_asked('', names[0])}")
    tensor, row = (found[0], None) if wanted is None else _chosen(found, wanted)
    values: Array = np.atleast_2d(tensor.values(row))
    return values, _told_of_labels(found, tensor, row, "rows and columns are numbered from 0")


def side_by_side(found: list[Tensor], wanted: str | None = None) -> list[Column] | tuple[Array, tuple[str, ...]]:
    """The columns of several arrays, those of 2 dimensions called by their name and a number, from 1, as mu1, mu2.

    Of a single array it is its matrix. Raises FormatError as `matrix` does.
    """
    if wanted is not None or len(found) == 1:
        return matrix(found, wanted)
    _refuse_unread(found, "save the arrays that are needed without it")
    made = []
    for tensor in found:
        values = tensor.values()
        named = [(tensor.name, values)] if values.ndim == 1 else []
        named += [(f"{tensor.name}{index + 1}", each) for index, each in enumerate(values.T) if values.ndim == 2]
        made += [Column(name, None, (), _position, values=each) for name, each in named]
    return made


def _column(tensor: Tensor, row: int | None = None) -> Column:
    name = tensor.name if row is None else _row_name(tensor, row)
    return Column(name, None, (), _position, values=tensor.values(row), is_named=row is None or tensor.name != "")


def _refuse_rows(tensor: Tensor) -> None:
    """Raise where an array of 2 dimensions is to be one distribution; its shape says so, whatever its numbers."""
    if len(tensor.shape) == 2 and not tensor.fault:
        shown, row = " × ".join(map(str, tensor.shape)), _row_name(tensor, 0)
        cure = "save it as x.ravel()" if tensor.shape[1] == 1 else f"choose a row, as {as_asked('', row)}"
        what = f"has 2 dimensions ({shown}), and a distribution 1: {cure}"
        raise _error(tensor.name, what)


def _row_name(tensor: Tensor, row: int) -> str:
    return f"{_prefix(tensor)}{row}"


def _position(index: int) -> str:
    return f"position {index}"


def _prefix(tensor: Tensor) -> str:
    """What stands before the position of a row in its name."""
    return f"{tensor.name}." if tensor.name else ""


def _refuse_unread(found: list[Tensor], cure: str) -> None:
    """Raise where an array is not what is read, with another cure than to save it as it would be, if there is one."""
    for tensor in found:
        if tensor.fault:
            raise _error(tensor.name, f"{tensor.fault}; or {cure}" if cure else tensor.fault)


def _chosen(found: list[Tensor], wanted: str) -> tuple[Tensor, int | None]:
    """The array of that name, or the one that has the row of that name, and which."""
    whole = [(tensor, None) for tensor in found if tensor.name and tensor.name == wanted]
    rows = [(tensor, row) for tensor in found if (row := _row(tensor, wanted)) is not None]
    if len(whole) + len(rows) > 1:
        shown = clipped(wanted)
        raise FormatError(f"{shown!r} is an array and a row of another one: save one of them under another name")
    for each in (*whole, *rows):
        return each
    named = _as_named(found, wanted)
    if named != wanted:
        return _chosen(found, named)
    raise FormatError(_missing(found, wanted))


def _as_named(found: list[Tensor], wanted: str) -> str:
    """What is wanted by the name that the file has, where it is asked for as messages show it."""
    for tensor in found:
        typed = as_typed(tensor.name)
        if typed != tensor.name and (wanted == typed or wanted.startswith(f"{typed}.")):
            return tensor.name + wanted.removeprefix(typed)
    return wanted


def _row(tensor: Tensor, wanted: str) -> int | None:
    """Which row of the array is called that, if any."""
    prefix = _prefix(tensor)
    position = wanted.removeprefix(prefix)
    if len(tensor.shape) != 2 or not wanted.startswith(prefix) or not re.fullmatch("0|[1-9][0-9]{0,18}", position):
        return None
    return int(position) if int(position) < tensor.shape[0] else None


def _missing(found: list[Tensor], wanted: str) -> str:
    for tensor in found:
        if len(tensor.shape) == 2 and wanted.startswith(_prefix(tensor)):
            last = f"{_prefix(tensor)}{tensor.shape[0] - 1}"
            return (
                f"no row {clipped(wanted)!r} among {_prefix(tensor)}0 to {last}" if tensor.shape[0] else tensor.fault
            )
    if found[0].name == "":
        return f"holds one array without a name: leave ::{clipped(wanted)} out"
    from difflib import get_close_matches

    names = [tensor.name for tensor in found]
    close = get_close_matches(wanted, names, 1)
    hint = f": did you mean {as_asked('', close[0])}?" if close else ""
    return f"no array {clipped(wanted)!r} among {listed(names, 20)}{hint}"


# Types and sizes

_OBJECT = (
    "an object array: it is stored as a pickle, which is never read: save numbers, as x.astype(float) makes them"
)
_BOOL = "truth values, not numbers: save them as numbers, as x.astype(float) makes them"
_COMPLEX = "complex numbers: save real ones"
_TEXT = "text, not numbers: save numbers, as x.astype(float) makes them"
_NUMBERS = re.compile(r"[<>](?:f[248]|[iu][1248])|\|[iu]1")
_OTHERS = {  # by how NumPy writes them
    r"\|O.*": _OBJECT,
    r"[<>|]?b1": _BOOL,
    r"[<>]c\d+": _COMPLEX,
    r"[<>|][SaU]\d+": _TEXT,
    r"[<>][Mm]8.*": "dates or times, not numbers: save numbers",
    r"[<>]f(?:10|12|16)": "long doubles (float128), which float64 does not hold: save them as float64",
    r"[<>|]V\d+": "raw bytes without a type, as bfloat16 is saved by NumPy: save them as float32",
}
_MOST_DIMENSIONS = 64  # as in NumPy


def _shape(lengths: list[Any] | tuple[Any, ...]) -> tuple[int, ...] | None:
    """The lengths as a shape, or None where they are none."""
    is_shape = len(lengths) <= _MOST_DIMENSIONS and all(type(each) is int and 0 <= each < 2**63 for each in lengths)
    return tuple(lengths) if is_shape else None


def _cut_off(there: int, claimed: int, name: str = "") -> FormatError:
    return _error(name, f"cut off: {there} bytes where the header says {clipped(str(claimed), 30)}")


def _following(count: int, name: str = "") -> FormatError:
    return _error(name, f"{counted(count, 'byte')} {'follows' if count == 1 else 'follow'} its end")


# NumPy, one array

_NPY = b"\x93NUMPY"
_MOST_HEADER = 2**16  # bytes
_DEEPEST = 20
_TOKENS = re.compile(r"""(?:[ \n]|'[^'\\\n]*'|"[^"\\\n]*"|[0-9]++L?|True|False|[{}()\[\],:])*+""")


def npy(data: Bytes, name: str = "") -> Tensor:
    """The array that the bytes hold in NumPy's format 1.0, 2.0 or 3.0.

    Raises FormatError, with the name, where they are not in that format, and where they are fewer or more than the
    header says.
    """
    view = memoryview(data)
    if view[:6] != _NPY:
        raise _error(name, _not_numpy(data))
    version = tuple(view[6:8])
    if len(version) == 2 and version not in ((1, 0), (2, 0), (3, 0)):
        raise _error(name, f"version {version[0]}.{version[1]} of NumPy's format: 1.0, 2.0 and 3.0 are read")
    start = 10 if version == (1, 0) else 12
    length = int.from_bytes(view[8:start], "little")
    if len(view) < start or (length <= _MOST_HEADER and len(view) < start + length):
        raise _cut_off(len(view), start + (length if len(view) >= start else 0), name)
    if length > _MOST_HEADER:
        raise _error(name, f"a header of {length} bytes: {_MOST_HEADER} at most are read")
    header = _npy_header(bytes(view[start : start + length]), version)
    if header is None:
        raise _error(name, "its header is not one that NumPy writes")
    descr, is_fortran, shape = header
    unread = _unread(descr)
    if not unread:
        _refuse_other_size(len(view), start + length + int(descr[2:]) * math.prod(shape), name)
    return Tensor(name, str(descr), shape, view[start + length :], is_fortran, unread)


def _npy_header(data: bytes, version: tuple[int, ...]) -> tuple[Any, bool, tuple[int, ...]] | None:
    """What a header says of the type, of the order and of the shape, or None where it is none."""
    try:
        header = _literal(data.decode("utf-8" if version == (3, 0) else "latin-1"))
        descr, is_fortran, lengths = header["descr"], header["fortran_order"], header["shape"]
    except (KeyError, TypeError, ValueError):
        return None
    shape = _shape(lengths) if isinstance(lengths, tuple) else None
    if not isinstance(descr, str | list) or not isinstance(is_fortran, bool) or shape is None:
        return None
    return descr, is_fortran, shape


def _literal(text: str) -> dict[str, Any]:
    """The dictionary of three different names that a header writes; raises ValueError or TypeError where it is none.

    Python's own parser reads it, which deep or odd code could keep busy or bring down: so it is given brackets,
    numbers and strings only.
    """
    import ast

    depths = accumulate((character in "([{") - (character in ")]}") for character in text)
    if not _TOKENS.fullmatch(text) or max(depths, default=0) > _DEEPEST:
        raise ValueError
    try:
        tree = ast.parse(re.sub(r"(?<=[0-9])L(?=[,)])", "", text).strip(), mode="eval").body  # 3L is of Python 2
    except (SyntaxError, MemoryError):  # which is what its stack ends in
        raise ValueError from None
    if not isinstance(tree, ast.Dict) or len(tree.keys) != 3:
        raise ValueError
    found: dict[str, Any] = ast.literal_eval(tree)
    return found


def _unread(descr: str | list[Any]) -> str:
    """Why a type is none that is read, and the cure; "" where it is."""
    if isinstance(descr, list):
        fields = [str(field[0]) for field in descr if isinstance(field, tuple) and field]
        shown = f" ({clipped(', '.join(fields))})" if fields else ""
        return f"a structured array of several fields{shown}: save each of them as an array of its own"
    if _NUMBERS.fullmatch(descr):
        return ""
    for pattern, what in _OTHERS.items():
        if re.fullmatch(pattern, descr):
            return what
    return f"type {clipped(descr, 40)!r} is not read: save it as float64, '<f8'"


def _refuse_other_size(there: int, claimed: int, name: str) -> None:
    if there < claimed:
        raise _cut_off(there, claimed, name)
    if there > claimed:
        raise _following(there - claimed, name)


# NumPy, an archive

_BLOCK = 2**20  # bytes that are unpacked at once


def npz(data: bytes, max_size: int) -> list[Tensor]:
    """The arrays of NumPy's archive, which is a zip of .npy files, in its order, by their names without .npy.

    Raises FormatError where it is broken, another archive, or encrypted, where two arrays have one name, where
    something else is in it, be it a byte before, between or after its members, and where it unpacks to more than
    `max_size` bytes. What a member holds behind the end of what is packed in it is passed over, as zipfile does.
    """
    import io
    import struct
    import zipfile

    # What zipfile raises depends on where it stumbles.
    broken = (zipfile.BadZipFile, struct.error, EOFError, LookupError, OSError, RuntimeError, ValueError)
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except broken:
        raise FormatError("cut off or broken: not a whole zip archive") from None
    members = archive.infolist()
    _refuse_other_archive([member.filename for member in members])
    _refuse_members(members)
    _refuse_strays(data, archive)
    found = []
    left = max_size
    for member in members:
        name = member.filename.removesuffix(".npy")
        try:
            unpacked = _unpacked(archive, member, left)
        except broken as error:
            raise _error(name, f"broken: {clipped(str(error)) or 'its end is missing'}") from None
        if unpacked is None:
            raise _error(name, f"unpacks to more than {max_size} bytes: give --max-size to read it all the same")
        left -= len(unpacked)
        found.append(npy(unpacked, name))
    return found


def _refuse_other_archive(names: list[str]) -> None:
    if not names:
        raise FormatError("empty: an archive of no arrays")
    if any(name.endswith(".npy") for name in names):
        return
    if any(name.startswith("xl/") for name in names):
        raise FormatError("is an Excel workbook (.xlsx), not a NumPy archive: save the sheet as CSV")
    if any(name.endswith("/data.pkl") for name in names):
        raise FormatError("is a PyTorch file, stored as a pickle, which is never read: save it as safetensors")
    raise FormatError(
        "is a zip archive, not a NumPy one: unpack it and name a file that was in it, or save the sheet as CSV"
    )


def _refuse_members(members: list[ZipInfo]) -> None:
    """Raise where a member is no array that can be unpacked under a name of its own."""
    seen = set()
    for member in members:
        name = member.filename.removesuffix(".npy")
        if name == member.filename:
            raise _error(name, "not an array (.npy), and an archive of arrays holds nothing else: take it out")
        if not name:
            raise FormatError("an array has no name: save it under one")
        if name in seen:
            raise _error(name, "two arrays have this name: save one of them under another name")
        seen.add(name)
        if member.flag_bits & 0x1:
            raise _error(name, "is encrypted: save it without a password")
        if member.compress_type not in (0, 8):  # stored and deflated
            raise _error(name, f"packed by method {member.compress_type}: save it with numpy.savez_compressed")


_LOCAL, _ENTRY, _END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"  # what the parts of a zip begin with
_ANEW = "save the arrays anew with numpy.savez"


def _refuse_strays(data: bytes, archive: ZipFile) -> None:
    """Raise where bytes are in no array: before the archive, which zipfile passes over, within it, or after its end.

    The arrays stand one after the other from the first byte on, then their directory, then its end with the comment.
    """
    end = len(data) - 22 - len(archive.comment)
    if data[end : end + 4] != _END or data[end + 20 : end + 22] != len(archive.comment).to_bytes(2, "little"):
        raise FormatError(f"bytes follow the end of the archive: {_ANEW}")
    members = sorted(archive.infolist(), key=lambda member: member.header_offset)
    count = int.from_bytes(data[end + 10 : end + 12], "little")
    if count not in (len(members), 0xFFFF):  # the latter stands for more than two bytes hold
        raise FormatError(f"broken: {counted(len(members), 'array')} where its end says {count}: {_ANEW}")
    position = 0
    for member in members:
        if member.header_offset != position:
            fault = (
                "overlaps the one before" if member.header_offset < position else "bytes before it are in no array"
            )
            raise _error(member.filename.removesuffix(".npy"), f"{fault}: {_ANEW}")
        position = _member_end(data, member)
    if position != archive.start_dir:
        raise FormatError(f"bytes after the last array are in none: {_ANEW}")


def _member_end(data: bytes, member: ZipInfo) -> int:
    """Where the packed bytes of a member end, or the sizes after them which a writer that cannot go back leaves."""
    start = member.header_offset
    lengths = (int.from_bytes(data[start + place : start + place + 2], "little") for place in (26, 28))
    end = start + 30 + sum(lengths) + member.compress_size
    if not member.flag_bits & 0x08:
        return end
    checksum = member.CRC.to_bytes(4, "little")
    signed = 4 if data[end : end + 8] == b"PK\x07\x08" + checksum else 0
    after = (end + signed + 12, end + signed + 20)  # sizes of 4 bytes each or of 8
    return next((each for each in after if data[each : each + 4] in (_LOCAL, _ENTRY)), end)


def _unpacked(archive: ZipFile, member: ZipInfo, most: int) -> bytearray | None:
    """The bytes of a member, or None where they are more than `most`; raises as zipfile does, ValueError among it."""
    import zlib

    if member.file_size > most:
        return None
    unpacked = bytearray()
    try:
        with archive.open(member) as file:
            while block := file.read(_BLOCK):
                unpacked += block
                if len(unpacked) > most:
                    return None
    except zlib.error as error:
        raise ValueError(str(error)) from None
    if len(unpacked) != member.file_size:
        raise ValueError(f"{len(unpacked)} bytes where the archive says {member.file_size}")
    return unpacked


# safetensors

_MOST_JSON = 100_000_000  # bytes, as in the format's own implementation
_SAFE_TYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": _BFLOAT16,
    "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "|i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "|u1",
}  # fmt: skip
_SAFE_OTHERS = {"BOOL": _BOOL, "C64": _COMPLEX, "C128": _COMPLEX}
_FIELDS = {"dtype", "shape", "data_offsets"}


def safetensors(data: bytes) -> list[Tensor]:
    """The tensors of a safetensors file, in the order of its header.

    Raises FormatError where the header is broken, and where the tensors do not fill the bytes after it, each of them
    once.
    """
    if not data:
        raise FormatError("empty")
    view = memoryview(data)
    length = int.from_bytes(view[:8], "little")
    if len(view) >= 8 and length > _MOST_JSON:
        raise FormatError(f"not a safetensors file: it would have a header of {length} bytes")
    start = 8 + length
    if len(view) < max(start, 8):
        raise _cut_off(len(view), start if len(view) >= 8 else 8)
    spans = {}
    found = []
    for name, entry in _safe_header(bytes(view[8:start])).items():
        dtype, shape, begin, end = _safe_entry(name, entry)
        spans[name] = (begin, end)
        unread = "" if dtype in _SAFE_TYPES else _SAFE_OTHERS.get(dtype, _other_type(dtype))
        found.append(
            Tensor(name, _SAFE_TYPES.get(dtype, dtype), shape, view[start + begin : start + end], False, unread)
        )
    if not found:
        raise FormatError("empty: a file of no tensors")
    _refuse_gaps(spans, start, len(view))
    return found


def _other_type(dtype: str) -> str:
    return f"type {clipped(dtype, 40)} is not read: save it as F32, or as one of {', '.join(_SAFE_TYPES)}"


def _safe_header(data: bytes) -> dict[str, Any]:
    """The tensors that a header tells of, by name."""
    import json

    try:
        header = json.loads(data.decode(), object_pairs_hook=_members, parse_constant=_no_number)
    except RecursionError:
        raise FormatError("its header is nested too deeply") from None
    except ValueError:  # of which those of JSON and UTF-8 are
        raise FormatError("its header is not JSON") from None
    if not isinstance(header, dict) or not data.startswith(b"{"):
        raise FormatError("its header is not a mapping in JSON")
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise FormatError("__metadata__: not a mapping of text to text")
    return header


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    twice = repeated(name for name, _ in pairs)
    if twice is not None:
        raise FormatError(f"its header has two members called {clipped(twice)!r}")
    return dict(pairs)


def _no_number(_: str) -> None:
    raise ValueError


def _safe_entry(name: str, entry: Any) -> tuple[str, tuple[int, ...], int, int]:
    """What a header says of one tensor: its type, its shape, and where it begins and ends."""
    if not name:
        raise FormatError("a tensor has no name: save it under one")
    if re.search("[\ud800-\udfff]", name):
        raise FormatError(f"the name {clipped(ascii(name))} is not Unicode")
    if not isinstance(entry, dict) or entry.keys() != _FIELDS or not isinstance(entry["dtype"], str):
        raise _error(name, "its entry is not a dtype, a shape and data_offsets")
    dtype, shape = entry["dtype"], _lengths(entry["shape"])
    if shape is None:
        raise _error(name, "its shape is not a list of whole numbers >= 0")
    offsets = _lengths(entry["data_offsets"])
    if offsets is None or len(offsets) != 2 or offsets[0] > offsets[1]:
        raise _error(name, "its data_offsets are not where it begins and where it ends")
    begin, end = offsets
    if dtype in _SAFE_TYPES:
        itemsize = 2 if dtype == "BF16" else int(_SAFE_TYPES[dtype][2:])
        claimed = itemsize * math.prod(shape)
        if claimed != end - begin:
            raise _error(name, f"{end - begin} bytes where its shape takes {clipped(str(claimed), 30)}")
    return dtype, shape, begin, end


def _lengths(found: Any) -> tuple[int, ...] | None:
    return _shape(found) if isinstance(found, list) else None


def _refuse_gaps(spans: dict[str, tuple[int, int]], start: int, size: int) -> None:
    """Raise where the tensors, from `start` on, leave a byte out, share one, or end before or after the last."""
    furthest = start + max(end for _, end in spans.values())
    if furthest > size:
        raise _cut_off(size, furthest)
    position, before = 0, ""
    for name, (begin, end) in sorted(spans.items(), key=lambda each: each[1]):
        if begin > position:
            raise _error(name, f"a hole of {counted(begin - position, 'byte')} before it, in no tensor")
        if begin < position:
            raise _error(name, f"overlaps {clipped(before)}")
        position, before = end, name
    if start + position < size:
        raise _following(size - start - position)
