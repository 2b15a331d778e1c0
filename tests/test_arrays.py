"""Arrays: the numbers of .npy, .npz and safetensors exactly, or a FormatError that says where; no pickles."""

from __future__ import annotations

import io
import json
import math
import pickle
import struct
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Done
from hypothesis import given, settings
from hypothesis import strategies as st

from klcli import arrays, readers
from klcli.arrays import Tensor, columns, kind, matrix, npy, npz, safetensors, tensors
from klcli.columns import FormatError, as_typed

Run = Callable[..., Done]
MAX = 2**31
NUMBERS = ["<f2", "<f4", "<f8", ">f2", ">f4", ">f8", "|i1", "|u1"]
NUMBERS += [f"{order}{letter}{size}" for order in "<>" for letter in "iu" for size in (2, 4, 8)]
SAFE = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "|i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "|u1",
}  # fmt: skip
PICKLED = (
    "an object array: it is stored as a pickle, which is never read: save numbers, as x.astype(float) makes them"
)
BOOLEAN = "truth values, not numbers: save them as numbers, as x.astype(float) makes them"
WORDS = "text, not numbers: save numbers, as x.astype(float) makes them"
NOT_THE_HEADER = "its header is not one that NumPy writes"
NOT_NUMPY = "not a NumPy file: save the array with numpy.save or numpy.savez"
A_PICKLE = "not a NumPy file but a pickle, which is never read: save the array with numpy.save"
OTHER_ZIP = "is a zip archive, not a NumPy one: unpack it and name a file that was in it, or save the sheet as CSV"
NOT_A_ZIP = "cut off or broken: not a whole zip archive"

fuzzed = settings(max_examples=400, deadline=None)


# What the tests write


def saved(array: Any, version: tuple[int, int] | None = None) -> bytes:
    """The bytes of a .npy file, as NumPy writes it."""
    file = io.BytesIO()
    np.lib.format.write_array(file, np.asanyarray(array), version=version)
    return file.getvalue()


def headed(header: str, data: bytes = b"", version: tuple[int, int] = (1, 0)) -> bytes:
    """The bytes of a .npy file with a header of one's own."""
    text = header.encode("utf-8" if version == (3, 0) else "latin-1")
    length = struct.pack("<H" if version == (1, 0) else "<I", len(text))
    return b"\x93NUMPY" + bytes(version) + length + text + data


def described(descr: str = "'<f8'", order: str = "False", shape: str = "(1,)", data: bytes = bytes(8)) -> bytes:
    """The bytes of a .npy file with one part of its header changed."""
    return headed(f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}\n", data)


def archived(packed: bool = True, **members: Any) -> bytes:
    """The bytes of a .npz file, as NumPy writes it."""
    file = io.BytesIO()
    (np.savez_compressed if packed else np.savez)(file, **members)
    return file.getvalue()


def zipped(members: list[tuple[str, bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """The bytes of a zip archive."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return file.getvalue()


def safe(header: Any, data: bytes = b"") -> bytes:
    """The bytes of a safetensors file with this header, as it is where it is text."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def entry(dtype: str, shape: list[int], begin: int, end: int) -> dict[str, Any]:
    """What a header of safetensors says of one tensor."""
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def safely(**members: Any) -> bytes:
    """The bytes of a safetensors file of NumPy's arrays."""
    names = {dtype: name for name, dtype in SAFE.items()}
    header: dict[str, Any] = {"__metadata__": {"format": "np"}}
    data = b""
    for name, array in members.items():
        end = len(data) + array.nbytes
        header[name] = entry(names[array.dtype.str], list(array.shape), len(data), end)
        data += array.tobytes()
    return safe(header, data)


def test_a_length_that_begins_as_gzip_does_is_one(tmp_path: Path) -> None:
    """A header of 0x8b1f bytes makes a file of safetensors that begins with the first two of gzip's."""
    header = json.dumps({"p": entry("F64", [2], 0, 16)}).ljust(0x8B1F).encode()
    path = tmp_path / "p.safetensors"
    path.write_bytes(safe(header, np.array([0.25, 0.75]).tobytes()))
    assert readers.read(path).weights.tolist() == [0.25, 0.75]


def samples(dtype: str) -> Any:
    """Numbers of the type, the ends of its range among them as far as float64 holds them."""
    kind_of = np.dtype(dtype)
    if kind_of.kind == "f":
        far = np.finfo(kind_of)
        return np.array([0, -0.0, 0.1, far.max, far.min, far.tiny, math.inf, -math.inf], dtype)
    limits = np.iinfo(kind_of)
    top = limits.max if kind_of.itemsize < 8 else 2**53
    return np.array([0, 1, 2, 3, limits.min, top, top - 1, 7], dtype)


def same(found: Any, wanted: Any) -> None:
    """Hold an array of float64 against another one, zeros with their signs."""
    assert found.dtype == np.dtype(np.float64)
    assert found.flags.c_contiguous
    assert found.shape == wanted.shape
    np.testing.assert_array_equal(found, wanted)
    np.testing.assert_array_equal(np.signbit(found), np.signbit(wanted))


def refusal(data: bytes, path: str = "x.npy", max_size: int = MAX) -> str:
    """What the FormatError says with which the only array in the bytes is refused."""

    def read() -> None:
        for tensor in tensors(data, path, max_size) or ():
            tensor.values()

    return said(read)


def said(read: Callable[[], Any]) -> str:
    """What the FormatError says with which that ends."""
    with pytest.raises(FormatError) as caught:
        read()
    return str(caught.value)


# NumPy, one array


@pytest.mark.parametrize("dtype", NUMBERS)
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("shape", [(8,), (2, 4), (1, 8), (8, 1)])
@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_npy_comes_back(dtype: str, order: Any, shape: tuple[int, ...], version: tuple[int, int]) -> None:
    """Every type, order of bytes and of dimensions, and version, comes back as it was saved."""
    array = np.asarray(samples(dtype).reshape(shape), order=order)
    found = npy(saved(array, version))
    assert (found.name, found.shape, found.fault) == ("", shape, "")
    same(found.values(), array.astype(np.float64))


def test_headers_that_others_write() -> None:
    """Other quotes, orders of keys and blanks are read, and the long integers of Python 2."""
    data = np.array([1.0, 2.0]).tobytes()
    for header in (
        '{"shape": (2,), "descr": "<f8", "fortran_order": False}',
        "{'descr':'<f8','fortran_order':True,'shape':(2,)}",
        "  {'descr': '<f8', 'fortran_order': False, 'shape': (2L,), }     \n",
    ):
        assert npy(headed(header, data)).values().tolist() == [1, 2]


def test_nan_is_not_judged_here() -> None:
    """NaN, a signalling one too, and the infinities are handed on."""
    signalling = np.array([0x7F800001, 0x7F800000, 0xFF800000], "<u4").view("<f4")
    assert str(npy(saved(signalling)).values().tolist()) == "[nan, inf, -inf]"


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.array([1, "a"], object), PICKLED),
        (np.array([True]), BOOLEAN),
        (np.array([1j]), "complex numbers: save real ones"),
        (np.array(["a"]), WORDS),
        (np.array([b"a"]), WORDS),
        (np.array([1], "M8[D]"), "dates or times, not numbers: save numbers"),
        (np.array([1], "m8[s]"), "dates or times, not numbers: save numbers"),
        (np.array([b"ab"], "V2"), "raw bytes without a type, as bfloat16 is saved by NumPy: save them as float32"),
        (
            np.zeros(2, [("p", "<f8"), ("q", "<f8")]),
            "a structured array of several fields (p, q): save each of them as an array of its own",
        ),
        (
            np.array([1.0], np.longdouble),
            "long doubles (float128), which float64 does not hold: save them as float64",
        ),
        (np.array(1.0), "has 0 dimensions, a single number: save it with 1 or 2, such as x.reshape(1)"),
        (
            np.zeros((2, 3, 4)),
            "has 3 dimensions (2 × 3 × 4): save it with 1 or 2, such as x.reshape(-1, 4)",
        ),
        (np.array([]), "empty: no values"),
        (np.zeros((3, 0)), "empty: no values"),
        (np.zeros((2, 0, 3), "<i4"), "empty: no values"),
    ],
)
def test_npy_of_no_numbers_is_refused(array: Any, words: str) -> None:
    """What holds no 1 or 2 dimensions of numbers is refused when it is asked for; in an archive with its name."""
    if array.dtype == np.longdouble and array.dtype.itemsize == 8:
        pytest.skip("a long double is a float64 here")
    assert refusal(saved(array)) == words
    assert refusal(archived(logits=array), "x.npz") == f"logits: {words}"


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.array([0, 2**53 + 1]), "position 1: 9007199254740993 is"),
        (np.array([-(2**53), -(2**53) - 1], ">i8"), "position 1: -9007199254740993 is"),
        (np.array([2**64 - 1, 0], "<u8"), "position 0: 18446744073709551615 is"),
        (np.array([[1, 2], [3, 2**63 - 1]]), "row 1, position 1: 9223372036854775807 is"),
        (np.array([[1, 2], [2**60 + 2**7, 3]], order="F"), "row 1, position 0: 1152921504606847104 is"),
    ],
)
def test_integers_that_are_no_float64_are_refused(array: Any, words: str) -> None:
    """An integer that float64 would round is refused with its place."""
    cure = " beyond 2^53 and not exact in float64: round it yourself, by saving the array as float64"
    assert refusal(saved(array)) == words + cure


def test_large_integers_that_are_a_float64_are_read() -> None:
    """Integers beyond 2^53 with no more than 53 significant bits are exact."""
    assert npy(saved(np.array([2**53 + 2, -(2**63), 2**62 + 2**10]))).values().tolist() == [
        2**53 + 2,
        -(2**63),
        2**62 + 2**10,
    ]
    assert npy(saved(np.array([2**63 + 2**11], "<u8"))).values().tolist() == [2**63 + 2**11]


@given(
    st.lists(
        st.integers(-(2**63), 2**63 - 1) | st.builds(lambda n, k: n << k, st.integers(-9, 9), st.integers(0, 59))
    )
)
def test_integers_are_exact_or_refused(numbers: list[int]) -> None:
    """An integer is read if float64 holds it, and refused if not."""
    numbers.append(0)
    tensor = npy(saved(np.array(numbers, ">i8")))
    if all(int(float(number)) == number for number in numbers):
        assert tensor.values().tolist() == numbers
    else:
        with pytest.raises(FormatError, match=r"beyond 2\^53"):
            tensor.values()


WHOLE = saved(np.array([1.0, 2.0]))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"\x93NUM", NOT_NUMPY),
        (b"0.5,0.5\n", NOT_NUMPY),
        (b"\x80\x04\x95", A_PICKLE),
        (WHOLE[:7], "cut off: 7 bytes where the header says 12"),
        (WHOLE[:9], "cut off: 9 bytes where the header says 10"),
        (WHOLE[:50], "cut off: 50 bytes where the header says 128"),
        (WHOLE[:-1], f"cut off: {len(WHOLE) - 1} bytes where the header says {len(WHOLE)}"),
        (WHOLE + b"abc", "3 bytes follow its end"),
        (b"\x93NUMPY\4\0" + bytes(9), "version 4.0 of NumPy's format: 1.0, 2.0 and 3.0 are read"),
        (b"\x93NUMPY\2\0\xff\xff\xff\xff", "a header of 4294967295 bytes: 65536 at most are read"),
        (headed(""), NOT_THE_HEADER),
        (headed("[]"), NOT_THE_HEADER),
        (headed("{'descr': '<f8', 'fortran_order': False}"), NOT_THE_HEADER),
        (headed("{'descr': '<f8', 'fortran_order': False, 'shape': (), 'more': 1}"), NOT_THE_HEADER),
        (headed("{'descr': '<f8', 'fortran_order': False, 'shapes': (1,)}"), NOT_THE_HEADER),
        (headed("{'shape': (1,), 'descr': '<f8', 'fortran_order': False, 'shape': (2,)}"), NOT_THE_HEADER),
        (headed("{[1]: '<f8', 'fortran_order': False, 'shape': (2,)}"), NOT_THE_HEADER),
        (headed("(" * 60000), NOT_THE_HEADER),
        (headed("{'" + ")" * 400 + "': " + "(" * 199 + ", 'shape': ()}"), NOT_THE_HEADER),
        (headed("1" * 60000 + "?"), NOT_THE_HEADER),
        (headed("{'a': " + "-" * 60000 + "1}"), NOT_THE_HEADER),
        (headed("__import__('os').abort()"), NOT_THE_HEADER),
        (headed("{'descr': '<f8' + '', 'fortran_order': False, 'shape': (1,)}", bytes(8)), NOT_THE_HEADER),
        (b"\x93NUMPY\3\0\1\0\0\0\xff", NOT_THE_HEADER),
        (described(descr="8"), NOT_THE_HEADER),
        (described(order="0"), NOT_THE_HEADER),
        (described(shape="1"), NOT_THE_HEADER),
        (described(shape="[1]"), NOT_THE_HEADER),
        (described(shape="(True,)"), NOT_THE_HEADER),
        (described(shape="(-1,)"), NOT_THE_HEADER),
        (described(shape=f"({'9' * 5000},)"), NOT_THE_HEADER),
        (described(shape=f"({2**63},)"), NOT_THE_HEADER),
        (described(shape=f"({'1,' * 65})"), NOT_THE_HEADER),
        (described(descr="'f8'"), "type 'f8' is not read: save it as float64, '<f8'"),
        (described(descr="'=f8'"), "type '=f8' is not read: save it as float64, '<f8'"),
        (described(descr="'|f8'"), "type '|f8' is not read: save it as float64, '<f8'"),
        (described(descr="'<f3'"), "type '<f3' is not read: save it as float64, '<f8'"),
        (described(descr="'|O8'"), PICKLED),
        (described(descr="'<f16'"), "long doubles (float128), which float64 does not hold: save them as float64"),
        (described(descr="[]"), "a structured array of several fields: save each of them as an array of its own"),
    ],
)
def test_npy_that_is_broken_is_refused(data: bytes, words: str) -> None:
    """What is no .npy file, or a broken one, is refused with what is wrong."""
    assert refusal(data) == words


@pytest.mark.parametrize("shape", [f"({2**50},)", f"({2**31}, {2**31})", f"({f'{2**62},' * 64})"])
def test_a_header_that_claims_petabytes_takes_nothing(shape: str) -> None:
    """What a header claims costs neither memory nor time."""
    packed = zipped([("p.npy", described(shape=shape))])
    tensors(saved([1.0]), "x.npy", MAX)  # imports what it needs
    tracemalloc.start()
    start = time.process_time()
    said = refusal(described(shape=shape))
    assert said.startswith("cut off: ")
    assert len(said) < 120
    assert refusal(packed, "x.npz").startswith("p: cut off: ")
    lengths = [int(length) for length in shape.strip("(),").split(",")]
    whole = safe({"p": entry("F64", lengths, 0, 8)}, bytes(8))
    assert refusal(whole, "x.safetensors").startswith("p: 8 bytes where its shape takes ")
    assert time.process_time() - start < 1
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * 2**20  # a block is a megabyte


class Trap:
    """An object whose pickle makes a file when it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("ending", ["npy", "npz", "safetensors"])
def test_pickles_are_never_loaded(ending: str, tmp_path: Path) -> None:
    """No pickle is loaded, be it a file, an array or a member: what it would do is not done."""
    trap = tmp_path / "sprung"
    bomb = pickle.dumps(Trap(trap))
    objects = np.empty(1, object)
    objects[0] = Trap(trap)
    file = io.BytesIO()
    np.save(file, objects, allow_pickle=True)
    pickled = file.getvalue()
    for data in (bomb, pickled, zipped([("a.npy", bomb)]), zipped([("a.npy", pickled)])):
        found = kind(data, "-")
        assert ("pickle" in refusal(data, f"x.{ending}")) or (found is None and ending == "safetensors")
    held(bomb, f"x.{ending}")
    assert not trap.exists()
    pickle.loads(bomb)
    assert trap.exists()


# NumPy, an archive


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("dtype", NUMBERS)
def test_npz_comes_back(dtype: str, packed: bool) -> None:
    """The arrays of an archive come back by their names and in their order."""
    array = samples(dtype)
    found = npz(archived(packed, q=array, p=array.reshape(2, 4), **{"a/b.c": array[:1]}), MAX)
    assert [each.name for each in found] == ["q", "p", "a/b.c"]
    for tensor, wanted in zip(found, [array, array.reshape(2, 4), array[:1]], strict=True):
        same(tensor.values(), wanted.astype(np.float64))


def test_an_array_that_is_not_chosen_is_not_judged() -> None:
    """Labels as text beside logits are no fault until they are asked for."""
    found = npz(archived(logits=np.eye(2), labels=np.array(["a", "b"])), MAX)
    assert matrix(found, "logits")[0].tolist() == [[1, 0], [0, 1]]
    assert [column.name for column in columns(found, "logits.1")] == ["logits.1"]
    for ask in (columns, matrix):
        with pytest.raises(FormatError) as caught:
            ask(found, "labels")
        assert str(caught.value) == f"labels: {WORDS}"
    assert said(lambda: columns(found)) == f"labels: {WORDS}; or choose another array, as in ::logits"


@pytest.mark.parametrize("name", ["p\u00a0q", "p\nq", "p\x1b[31mq"])
def test_arrays_are_chosen_as_messages_show_them(name: str) -> None:
    """A name that holds what cannot be seen is asked for as it is shown, and so are its rows."""
    typed = as_typed(name)
    found = npz(archived(**{name: np.array([[1, 3], [2, 2]]), "r": np.array([1.0])}), MAX)
    assert matrix(found, f"{typed}.1")[0].tolist() == [[2, 2]]
    assert columns(found, f"{typed}.1")[0].name == columns(found, f"{name}.1")[0].name == f"{name}.1"
    flat = npz(archived(**{name: np.array([1.0, 3.0]), "r": np.array([1.0])}), MAX)
    assert columns(flat, typed)[0].name == name


def test_a_row_that_is_not_chosen_is_not_judged() -> None:
    """An integer that float64 would round is no fault of another row; its own row names it."""
    found = npz(archived(m=np.array([[1, 3], [2**53 + 1, 2]])), MAX)
    (row,) = columns(found, "m.0")
    assert row.values is not None
    assert row.values.tolist() == [1, 3]
    assert matrix(found, "m.0")[0].tolist() == [[1, 3]]
    assert said(lambda: columns(found, "m.1")).startswith("m.1: position 0: 9007199254740993 is beyond 2^53")


def _ended(data: bytes, count: int) -> bytes:
    """The archive with an end that tells of so many members."""
    end = data.rfind(b"PK\x05\x06")
    return data[: end + 8] + struct.pack("<HH", count, count) + data[end + 12 :]


def _encrypted(data: bytes) -> bytes:
    """The archive with the bit set that says encrypted, in the member's header and in the directory."""
    return data.replace(b"PK\x03\x04\x14\x00\x00", b"PK\x03\x04\x14\x00\x01").replace(
        b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01"
    )


def _doubled() -> bytes:
    with pytest.warns(UserWarning, match="Duplicate"):
        return zipped([("p.npy", WHOLE), ("p.npy", WHOLE)])


ANEW = "save the arrays anew with numpy.savez"
STORED = zipped([("p.npy", WHOLE)], zipfile.ZIP_STORED)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (zipped([]), "empty: an archive of no arrays"),
        (
            zipped([("[Content_Types].xml", b"<a/>"), ("xl/workbook.xml", b"<a/>")]),
            "is an Excel workbook (.xlsx), not a NumPy archive: save the sheet as CSV",
        ),
        (
            zipped([("archive/data.pkl", b"\x80\x02}."), ("archive/data/0", b"1")]),
            "is a PyTorch file, stored as a pickle, which is never read: save it as safetensors",
        ),
        (zipped([("p.csv", b"0.5,0.5")]), OTHER_ZIP),
        (
            zipped([("p.npy", WHOLE), ("notes.txt", b"hello")]),
            "notes.txt: not an array (.npy), and an archive of arrays holds nothing else: take it out",
        ),
        (zipped([(".npy", WHOLE)]), "an array has no name: save it under one"),
        (_doubled(), "p: two arrays have this name: save one of them under another name"),
        (_encrypted(STORED), "p: is encrypted: save it without a password"),
        (
            zipped([("p.npy", WHOLE)], zipfile.ZIP_BZIP2),
            "p: packed by method 12: save it with numpy.savez_compressed",
        ),
        (zipped([("p.npy", b"0.5,0.5")]), f"p: {NOT_NUMPY}"),
        (zipped([("p.npy", b"")]), "p: empty"),
        (zipped([("p.npy", b"\x80\x04\x95")]), f"p: {A_PICKLE}"),
        (zipped([("p.npy", WHOLE[:-8])]), "p: cut off: 136 bytes where the header says 144"),
        (zipped([("p.npy", WHOLE + b"!!")]), "p: 2 bytes follow its end"),
        (STORED.replace(WHOLE, WHOLE[:-1] + b"\x41"), "p: broken: Bad CRC-32 for file 'p.npy'"),
        (STORED + b"xx", f"bytes follow the end of the archive: {ANEW}"),
        (STORED + bytes(60_000), f"bytes follow the end of the archive: {ANEW}"),
        (STORED + zipped([("q.npy", WHOLE)]), f"q: bytes before it are in no array: {ANEW}"),
        (b"PK\x03\x04" + STORED, f"p: bytes before it are in no array: {ANEW}"),
        (STORED.replace(b"PK\x01\x02", b"junkPK\x01\x02"), f"p: bytes before it are in no array: {ANEW}"),
        (_ended(STORED, 2), f"broken: 1 array where its end says 2: {ANEW}"),
        (_ended(STORED, 0), f"broken: 1 array where its end says 0: {ANEW}"),
        (STORED[:-1], NOT_A_ZIP),
        (STORED[:100], NOT_A_ZIP),
        (b"PK\x03\x04", NOT_A_ZIP),
    ],
    ids=lambda each: each if isinstance(each, str) else "",  # the bytes hold the time
)
def test_npz_that_is_broken_or_another_archive_is_refused(data: bytes, words: str) -> None:
    """What is no .npz file, or a broken one, is refused with the member and what is wrong."""
    assert refusal(data, "x.npz") == words


class Pipe(io.RawIOBase):
    """A file in which nobody can go back."""

    def __init__(self) -> None:
        self.data = b""

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, data: Any) -> int:
        """Take the bytes."""
        self.data += bytes(data)
        return len(data)


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("large", [True, False])
def test_an_archive_that_was_written_into_a_pipe_is_read(packed: bool, large: bool) -> None:
    """Such a writer puts sizes and checksum after each array; they are no stray bytes, and neither is a comment."""
    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as archive:
        archive.comment = b"made by a test"
        for name in "pq":
            with archive.open(f"{name}.npy", "w", force_zip64=large) as member:
                member.write(WHOLE)
    assert [tensor.values().tolist() for tensor in npz(pipe.data, MAX)] == [[1, 2], [1, 2]]
    assert said(lambda: npz(pipe.data + b"!", MAX)) == f"bytes follow the end of the archive: {ANEW}"


def test_what_an_archive_claims_is_held_against_what_it_unpacks_to() -> None:
    """A member that says it is larger than it is, is broken, even with the right checksum."""
    real, claimed = struct.pack("<I", len(WHOLE)), struct.pack("<I", len(WHOLE) + 9)
    packed = zipped([("p.npy", WHOLE)])
    directory = packed.index(b"PK\x01\x02")
    assert refusal(packed[:directory] + packed[directory:].replace(real, claimed), "x.npz") == (
        "p: broken: 144 bytes where the archive says 153"
    )


def test_zip_bombs_are_bounded() -> None:
    """What an archive unpacks to is bounded before it is there, in one member and in all of them together."""
    bomb = zipped([("p.npy", saved(np.zeros(2**22)))])
    assert len(bomb) < 2**16
    words = "p: unpacks to more than 1000000 bytes: give --max-size to read it all the same"
    tracemalloc.start()
    assert refusal(bomb, "x.npz", 10**6) == words
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**20
    several = zipped([(f"{name}.npy", WHOLE) for name in "abcd"])
    assert len(npz(several, 4 * len(WHOLE))) == 4
    with pytest.raises(FormatError, match=r"^d: unpacks to more than 575 bytes"):
        npz(several, 4 * len(WHOLE) - 1)


def test_a_bomb_that_lies_about_its_size_is_bounded() -> None:
    """A member that unpacks to more than it says is broken, and no more than it says is unpacked."""
    data = saved(np.zeros(2**22))
    packed = zipped([("p.npy", data)])
    lying = packed.replace(struct.pack("<I", len(data)), struct.pack("<I", 200))
    tracemalloc.start()
    assert refusal(lying, "x.npz", 10**6).startswith("p: ")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * 2**20  # some blocks


# safetensors


@pytest.mark.parametrize("dtype", SAFE.values())
def test_safetensors_come_back(dtype: str) -> None:
    """Tensors of every type come back by their names, in the order of the header."""
    array = samples(dtype)
    found = safetensors(safely(q=array, p=array.reshape(2, 4), a=array[:1]))
    assert [each.name for each in found] == ["q", "p", "a"]
    for tensor, wanted in zip(found, [array, array.reshape(2, 4), array[:1]], strict=True):
        same(tensor.values(), wanted.astype(np.float64))


def test_the_header_need_not_be_in_the_order_of_the_bytes() -> None:
    """Offsets say where a tensor is; its place in the header says when it comes."""
    data = np.array([1.0, 2.0, 3.0]).tobytes()
    header = {"b": entry("F64", [1], 16, 24), "none": entry("F32", [0], 16, 16), "a": entry("F64", [2], 0, 16)}
    found = safetensors(safe(json.dumps(header).encode() + b"   ", data))
    assert [each.name for each in found] == ["b", "none", "a"]
    assert [found[0].values().tolist(), found[2].values().tolist()] == [[3], [1, 2]]
    assert found[1].fault == "empty: no values"


def test_bfloat16_is_read_bit_by_bit() -> None:
    """All 65536 numbers of bfloat16 are the float32 of which they are the upper half."""
    bits = np.arange(2**16, dtype="<u2")
    (found,) = safetensors(safe({"p": entry("BF16", [2**16], 0, 2**17)}, bits.tobytes()))
    values = found.values()
    for index in (0x0000, 0x0001, 0x3F80, 0x3DCD, 0x7F7F, 0x7F80, 0x8000, 0xC049):
        (wanted,) = struct.unpack(">f", struct.pack(">HH", index, 0))
        assert (values[index], math.copysign(1, values[index])) == (wanted, math.copysign(1, wanted))
    assert np.isnan(values).sum() == 2 * 127


def test_the_real_writer_is_read(tmp_path: Path) -> None:
    """What the safetensors package writes is read."""
    package = pytest.importorskip("safetensors.numpy", reason="safetensors is not installed")
    wanted = {"logits": np.arange(6, dtype="<f4").reshape(2, 3), "p": np.array([0.5, 0.5]), "n": np.array([[1], [2]])}
    found = safetensors(package.save(wanted, {"made": "by a test"}))
    assert {each.name for each in found} == set(wanted)
    for tensor in found:
        same(tensor.values(), wanted[tensor.name].astype(np.float64))


ONE = entry("F64", [1], 0, 8)
FIELDS = "p: its entry is not a dtype, a shape and data_offsets"
SHAPE = "p: its shape is not a list of whole numbers >= 0"
OFFSETS = "p: its data_offsets are not where it begins and where it ends"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"1234", "cut off: 4 bytes where the header says 8"),
        (b"0.5,0.5,0", "not a safetensors file: it would have a header of 3185503095869484592 bytes"),
        (struct.pack("<Q", 10**8 + 1), "not a safetensors file: it would have a header of 100000001 bytes"),
        (struct.pack("<Q", 10**8) + b"{", "cut off: 9 bytes where the header says 100000008"),
        (safe(b""), "its header is not JSON"),
        (safe(b"\xff"), "its header is not JSON"),
        (safe(b"{'p': 1}"), "its header is not JSON"),
        (safe(b'{"p": NaN}'), "its header is not JSON"),
        (safe(b'{"p": -Infinity}'), "its header is not JSON"),
        (safe(b'{"p": ' + b"9" * 5000 + b"}"), "its header is not JSON"),
        (safe(b'{"p": ' + b"[" * 200000), "its header is nested too deeply"),
        (safe([]), "its header is not a mapping in JSON"),
        (safe(b" {}"), "its header is not a mapping in JSON"),
        (safe({}), "empty: a file of no tensors"),
        (safe({"__metadata__": {}}, b"1"), "empty: a file of no tensors"),
        (safe({"__metadata__": []}), "__metadata__: not a mapping of text to text"),
        (safe({"__metadata__": {"a": 1}, "p": ONE}, bytes(8)), "__metadata__: not a mapping of text to text"),
        (safe(b'{"p": {}, "p": {}}'), "its header has two members called 'p'"),
        (safe(b'{"p": {"dtype": "F64", "dtype": "F32"}}'), "its header has two members called 'dtype'"),
        (safe({"": ONE}, bytes(8)), "a tensor has no name: save it under one"),
        (safe({"\ud800": ONE}, bytes(8)), r"the name '\ud800' is not Unicode"),
        (safe({"p": []}), FIELDS),
        (safe({"p": {}}), FIELDS),
        (safe({"p": {**ONE, "more": 1}}), FIELDS),
        (safe({"p": {**ONE, "dtype": 64}}), FIELDS),
        (safe({"p": {**ONE, "shape": 1}}), SHAPE),
        (safe({"p": {**ONE, "shape": [-1]}}), SHAPE),
        (safe({"p": {**ONE, "shape": [1.0]}}), SHAPE),
        (safe({"p": {**ONE, "shape": [True]}}), SHAPE),
        (safe({"p": {**ONE, "shape": [2**63]}}), SHAPE),
        (safe({"p": {**ONE, "data_offsets": 8}}), OFFSETS),
        (safe({"p": {**ONE, "data_offsets": [8]}}), OFFSETS),
        (safe({"p": {**ONE, "data_offsets": [8, 0]}}), OFFSETS),
        (safe({"p": {**ONE, "data_offsets": [-8, 0]}}), OFFSETS),
        (safe({"p": {**ONE, "data_offsets": [0, 4]}}, bytes(4)), "p: 4 bytes where its shape takes 8"),
        (safe({"p": ONE}, bytes(7)), "cut off: 76 bytes where the header says 77"),
        (safe({"p": ONE}, bytes(9)), "1 byte follows its end"),
        (safe({"p": entry("F64", [1], 4, 12)}, bytes(12)), "p: a hole of 4 bytes before it, in no tensor"),
        (safe({"p": ONE, "q": entry("F64", [1], 4, 12)}, bytes(12)), "q: overlaps p"),
        (safe({"p": ONE, "q": ONE}, bytes(8)), "q: overlaps p"),
        (safe({"p": ONE, "q": entry("F64", [1], 9, 17)}, bytes(17)), "q: a hole of 1 byte before it, in no tensor"),
        (safe({"p": entry("BOOL", [2], 0, 2)}, bytes(2)), f"p: {BOOLEAN}"),
        (safe({"p": entry("C64", [1], 0, 8)}, bytes(8)), "p: complex numbers: save real ones"),
        (
            safe({"p": entry("F8_E4M3", [2], 0, 2)}, bytes(2)),
            "p: type F8_E4M3 is not read: save it as F32, or as one of "
            "F64, F32, F16, BF16, I64, I32, I16, I8, U64, U32, U16, U8",
        ),
        (
            safe({"p": entry("F64", [], 0, 8)}, bytes(8)),
            "p: has 0 dimensions, a single number: save it with 1 or 2, such as x.reshape(1)",
        ),
        (
            safe({"p": entry("F16", [1, 1, 2], 0, 4)}, bytes(4)),
            "p: has 3 dimensions (1 × 1 × 2): save it with 1 or 2, such as x.reshape(-1, 2)",
        ),
        (safe({"p": entry("F64", [0], 0, 0)}), "p: empty: no values"),
        (
            safe({"p": entry("U64", [1], 0, 8)}, b"\xff" * 8),
            "p: position 0: 18446744073709551615 is beyond 2^53 and not exact in float64: "
            "round it yourself, by saving the array as float64",
        ),
    ],
)
def test_safetensors_that_are_broken_are_refused(data: bytes, words: str) -> None:
    """What is no safetensors file, a broken one, or no numbers, is refused with the tensor and what is wrong."""
    assert refusal(data, "x.safetensors") == words


def test_many_names_take_no_square_of_time() -> None:
    """A header of many members is read in one go, and so is one in which the last stands twice."""
    names = b",".join(b'"%d":0' % index for index in range(100_000))
    start = time.process_time()
    assert (
        refusal(safe(b"{" + names + b',"99999":0}'), "x.safetensors") == "its header has two members called '99999'"
    )
    assert time.process_time() - start < 5


# The door


@pytest.mark.parametrize(
    ("data", "path", "wanted"),
    [
        (WHOLE, "x.npy", "npy"),
        (WHOLE, "x.csv", "npy"),
        (WHOLE, "-", "npy"),
        (STORED, "x.npy", "npz"),
        (STORED, "-", "npz"),
        (zipped([]), "-", "npz"),
        (safely(p=np.array([1.0])), "-", "safetensors"),
        (safely(p=np.array([1.0])), "x.npy", "safetensors"),
        (b"anything", "X.SAFETENSORS", "safetensors"),
        (b"anything", "x.safetensors.gz", "safetensors"),
        (b"0.5,0.5\n", "x.csv", None),
        (b'12345678{"', "-", None),
        ("1,2,3\n".encode("utf-32-le"), "-", None),
        (b"", "-", None),
        (b"\x80\x04", "x.pkl", None),
    ],
)
def test_the_kind_is_in_the_content(data: bytes, path: str, wanted: str | None) -> None:
    """The kind is what the bytes begin with, and the ending of the name only where they do not say."""
    assert kind(data, path) == wanted


@pytest.mark.parametrize("path", ["x.npy", "x.NPZ", "dir.csv/x.npy.gz", "x.npz.zst"])
def test_a_name_that_ends_as_numpys_needs_its_content(path: str) -> None:
    """A file that is called a NumPy file and is none is refused, not read as text."""
    for data, words in ((b"0.5,0.5", NOT_NUMPY), (b"\x80\x04\x95", A_PICKLE), (b"", "empty")):
        with pytest.raises(FormatError) as caught:
            kind(data, path)
        assert str(caught.value) == words


def test_what_is_no_array_is_left_to_others() -> None:
    """Text is none of ours."""
    assert tensors(b"0.5,0.5\n", "x.csv", MAX) is None


def test_columns_of_one_array() -> None:
    """One dimension is one distribution without a name; of two, one row is, called by its position."""
    (column,) = columns([npy(WHOLE)])
    assert (column.name, column.labels, column.cells, column.is_named) == ("", None, (), True)
    assert column.values is not None
    assert column.values.tolist() == [1, 2]
    assert column.place(1) == "position 1"
    flat = [npy(saved(np.array([[1, 2], [3, 4]])))]
    (row,) = columns(flat, "1")
    assert row.values is not None
    assert (row.name, row.values.tolist(), row.is_named) == ("1", [3, 4], False)
    assert said(lambda: columns(flat)) == "has 2 dimensions (2 × 2), and a distribution 1: choose a row, as ::0"


SEVERAL = [
    ("p", np.array([0.5, 0.5])),
    ("logits", np.arange(22.0).reshape(11, 2)),
    ("cube", np.zeros((1, 1, 1))),
]


def test_columns_by_their_names() -> None:
    """An array is chosen by its name, and a row after the name of its array."""
    found = npz(archived(True, **dict(SEVERAL)), MAX)
    flat = "logits: has 2 dimensions (11 × 2), and a distribution 1: choose a row, as ::logits.0"
    assert said(lambda: columns(found[:2])) == said(lambda: columns(found, "logits")) == flat
    assert [column.name for column in columns(found, "p")] == ["p"]
    (row,) = columns(found, "logits.10")
    assert row.values is not None
    assert (row.name, row.values.tolist(), row.is_named) == ("logits.10", [20, 21], True)
    assert [column.name for column in columns([npy(saved(np.eye(3)))], "2")] == ["2"]


def test_a_large_array_is_refused_by_its_shape() -> None:
    """That an array has rows is said without a look at any of them."""
    found = npz(archived(m=np.full((200_000, 2), np.nan)), MAX)
    start = time.process_time()
    assert said(lambda: columns(found, "m")).startswith("m: has 2 dimensions (200000 × 2)")
    assert time.process_time() - start < 0.5


def test_a_matrix() -> None:
    """Two dimensions are as they are, one is one row, and so is a row that was chosen."""
    found = npz(archived(True, **dict(SEVERAL)), MAX)
    assert matrix(found, "logits")[0].shape == (11, 2)
    assert matrix(found, "logits.10")[0].tolist() == [[20, 21]]
    assert matrix(found, "p")[0].tolist() == [[0.5, 0.5]]
    assert matrix([npy(WHOLE)])[0].tolist() == [[1, 2]]
    assert said(lambda: matrix(found)) == "holds several arrays (p, logits, cube): choose one, as in ::p"


def test_names_to_be_typed_are_whole() -> None:
    """An array of a long name is advised by all of it."""
    name = "decoder." * 12 + "weight"
    found = [npy(saved(np.eye(2)), name), npy(saved(np.array("a")), f"{name}2")]
    assert said(lambda: columns(found[:1])).endswith(f"choose a row, as ::{name}.0")
    assert said(lambda: columns(found)).endswith(f"; or choose another array, as in ::{name}")
    assert said(lambda: matrix(found)).endswith(f"choose one, as in ::{name}")
    assert said(lambda: columns(found, name[1:])).endswith(f"did you mean ::{name}?")


def test_names_to_be_typed_are_in_quotes_where_a_shell_needs_them() -> None:
    """So that they can be put behind the name of the file as they are shown."""
    found = [npy(saved(np.eye(2)), "$HOME"), npy(saved(np.eye(2)), "a b")]
    assert said(lambda: columns(found[:1])).endswith("choose a row, as '::$HOME.0'")
    assert said(lambda: matrix(found)).endswith("choose one, as in '::$HOME'")
    assert said(lambda: columns(found, "a c")).endswith("did you mean '::a b'?")


@pytest.mark.parametrize(
    ("members", "wanted", "words"),
    [
        (SEVERAL, "logit", "no array 'logit' among p, logits, cube: did you mean ::logits?"),
        (SEVERAL, "x", "no array 'x' among p, logits, cube"),
        (SEVERAL, "", "no array '' among p, logits, cube"),
        (SEVERAL, "logits.11", "no row 'logits.11' among logits.0 to logits.10"),
        (SEVERAL, "logits.01", "no row 'logits.01' among logits.0 to logits.10"),
        (SEVERAL, "logits.-1", "no row 'logits.-1' among logits.0 to logits.10"),
        (SEVERAL, "cube", "cube: has 3 dimensions (1 × 1 × 1): save it with 1 or 2, such as x.reshape(-1, 1)"),
        ([("", np.array([1, 2]))], "p", "holds one array without a name: leave ::p out"),
        ([("", np.array([1, 2]))], "", "holds one array without a name: leave :: out"),
        ([("", np.eye(3))], "3", "no row '3' among 0 to 2"),
        ([("", np.zeros((0, 3)))], "3", "empty: no values"),
        (
            [("a", np.eye(2)), ("a.1", np.array([1]))],
            "a.1",
            "'a.1' is an array and a row of another one: save one of them under another name",
        ),
        (
            [("a", np.eye(2)), ("a.1", np.array([1]))],
            None,
            "a: has 2 dimensions (2 × 2), and a distribution 1: choose a row, as ::a.0",
        ),
    ],
)
def test_names_that_choose_nothing_are_refused(
    members: list[tuple[str, Any]], wanted: str | None, words: str
) -> None:
    """A name that is none, or that is two, is refused with those that there are."""
    found = [npy(saved(array), name) for name, array in members]
    assert said(lambda: columns(found, wanted)) == words


# Whatever the bytes

VALID = [
    WHOLE,
    saved(np.asfortranarray(np.arange(6, dtype=">i8").reshape(2, 3))),
    saved(np.array([1.5], "<f2"), (3, 0)),
    saved(np.array(["a"])),
    archived(True, p=np.array([0.5, 0.5]), q=np.eye(2, dtype="<f4")),
    archived(False, p=np.array([0.5, 0.5])),
    safely(p=np.array([0.5, 0.5]), q=np.eye(2, dtype="<f4"), n=np.arange(3, dtype="<u8")),
    safe({"p": entry("BF16", [2, 1], 0, 4)}, b"\x80\x3f\x00\x40"),
]
ENDINGS = st.sampled_from(["x.npy", "x.npz", "x.safetensors", "-"])


def held(data: bytes, path: str) -> None:
    """Read all there is in the bytes, which gives numbers or FormatErrors with short words."""
    readers: list[Callable[[], list[Tensor] | None]] = [
        lambda: tensors(data, path, 10**6),
        lambda: npz(data, 10**6),
        lambda: [npy(data)],
        lambda: safetensors(data),
    ]
    for read in readers:
        words = "none"
        try:
            for column in columns(read() or []):
                assert column.values is not None
                assert column.values.dtype == np.float64
        except FormatError as error:
            words = str(error)
        assert 4 <= len(words) < 400


@fuzzed
@given(st.sampled_from([b"", b"\x93NUMPY\1\0", b"PK\x03\x04", b"\x30" + bytes(7) + b'{"']), st.binary(), ENDINGS)
def test_random_bytes_are_refused(start: bytes, rest: bytes, path: str) -> None:
    """Random bytes give numbers or FormatErrors and nothing else."""
    held(start + rest, path)


@fuzzed
@given(st.sampled_from(VALID), st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=4), st.data())
def test_damaged_files_are_refused(data: bytes, flips: list[tuple[int, int]], more: st.DataObject) -> None:
    """A file with bytes changed, cut off or put in gives numbers or FormatErrors and nothing else."""
    damaged = bytearray(data)
    for place, byte in flips:
        damaged[place % len(damaged)] = byte
    cut = more.draw(st.none() | st.integers(0, len(damaged)))
    held(bytes(damaged[:cut]), more.draw(ENDINGS))


@fuzzed
@given(st.sampled_from(VALID[:4]), st.integers(0, 200), st.integers(0, 255))
def test_damaged_members_are_refused(data: bytes, place: int, byte: int) -> None:
    """A member with a byte changed, of the right checksum, gives numbers or FormatErrors and nothing else."""
    damaged = bytearray(data)
    damaged[place % len(data)] = byte
    held(zipped([("p.npy", bytes(damaged))]), "x.npz")


@fuzzed
@given(st.text("{}()[]:,'\" \n0123456789LTrueFalse<>|fiuOdescrshapeo_ \\-+", max_size=200))
def test_odd_headers_are_refused(header: str) -> None:
    """A header of the right characters in the wrong order gives a FormatError and nothing else."""
    held(headed(header, bytes(8)), "x.npy")


@fuzzed
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["F64", "BF16", "BOOL", ""]),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["p", *arrays._FIELDS]), inner),
        max_leaves=12,
    )
)
def test_odd_json_is_refused(tree: Any) -> None:
    """A header of the right words in the wrong places gives a FormatError and nothing else."""
    held(safe({"p": tree}, bytes(8)), "x.safetensors")


def test_a_column_is_no_row() -> None:
    """Of n × 1, a row would be one number: the cure is another one."""
    found = [arrays.npy(saved(np.array([[5], [3], [2]])))]
    with pytest.raises(FormatError, match=r"\(3 × 1\), and a distribution 1: save it as x.ravel\(\)$"):
        arrays.columns(found)


def test_text_beside_an_array_is_told_of() -> None:
    """Labels in an .npz are not used, and its outcomes are numbered."""
    data = io.BytesIO()
    np.savez(data, labels=np.array(["a", "b"]), p=[0.5, 0.5])
    (column,) = arrays.columns(arrays.npz(data.getvalue(), 2**20), "p")
    assert column.notes == ("text, so not used: array labels; the outcomes are numbered from 0",)


@pytest.mark.parametrize("layout", ["bsr", "coo", "csc", "csr", "dia"])
def test_a_sparse_matrix_is_no_distribution(call: Run, layout: str) -> None:
    """Its array called data has the values without their places, and no array of it is a matrix."""
    sparse = pytest.importorskip("scipy.sparse", reason="scipy is not installed")
    sparse.save_npz("s.npz", sparse.coo_matrix([[0, 5], [3, 2]]).asformat(layout))
    for command in (
        ("entropy", "s.npz"),
        ("entropy", "s.npz::data"),
        ("loss", "s.npz::data", "0.5,0.5"),
        ("vae", "s.npz"),
    ):
        done = call(*command)
        assert (done.code, done.raw) == (2, b"")
        assert done.err.startswith("klcli: s.npz: is a sparse matrix of SciPy's: save x.toarray()")


def test_several_arrays_side_by_side() -> None:
    """Those of two dimensions are columns with a number after the name, as in JSON; one alone is its matrix."""
    data = io.BytesIO()
    np.savez(data, mu=[[1.0, 2.0], [3.0, 4.0]], v=[5.0, 6.0])
    found = arrays.npz(data.getvalue(), 2**20)
    columns = arrays.side_by_side(found)
    assert [(each.name, list(each.values)) for each in columns] == [("mu1", [1, 3]), ("mu2", [2, 4]), ("v", [5, 6])]
    assert np.array_equal(arrays.side_by_side(found, "mu")[0], [[1, 2], [3, 4]])


def test_numbers_that_may_be_labels_are_told_of(tmp_path: Path, call: Run) -> None:
    """An array beside another one, as long and called as labels are, or as edges of bins, is told of; no other is."""
    path = tmp_path / "u.npz"
    np.savez(path, values=np.array([10, 20]), counts=np.array([5, 2]), q=np.array([1, 2]), edges=np.array([1, 2, 3]))
    cure = "save both as a table if so; the outcomes are numbered from 0"
    told = f"u.npz::counts: array values, edges may have its labels: {cure}"
    assert call("entropy", f"{path}::counts", "--json").result["notes"][0] == told
    assert not any("may have" in note for note in call("entropy", f"{path}::values", "--json").result["notes"])


BESIDE = {
    "object": np.array(["a", "b", "c"], dtype=object),
    "days": np.array(["2024-01-01", "2024-01-02", "2024-01-03"], dtype="M8[D]"),
    "truth values": np.array([True, False, True]),
}


@pytest.mark.parametrize("case", BESIDE)
def test_what_is_not_read_and_fits_is_told_of(tmp_path: Path, call: Run, case: str) -> None:
    """Labels of pandas are objects, and those of days and truth values are no numbers either."""
    np.savez(tmp_path / "u.npz", p=np.array([7, 2, 1]), other=BESIDE[case], seed=np.array([None], dtype=object))
    told = "u.npz::p: not read, so not used: array other; the outcomes are numbered from 0"
    assert told in call("entropy", "u.npz::p", "--json").result["notes"]


def test_labels_beside_a_matrix_and_its_rows_are_told_of(tmp_path: Path, call: Run) -> None:
    """Of classes, as words or as numbers, in one column too."""
    probs = np.array([[0.7, 0.2, 0.1], [0.1, 0.2, 0.7]])
    np.savez(tmp_path / "w.npz", probs=probs, classes=np.array(["a", "b", "c"]))
    np.savez(tmp_path / "n.npz", probs=probs, classes=np.array([[1], [2], [3]]), ids=np.array([5, 6]), other=probs[0])
    words = "text, so not used: array classes; "
    numbers_of = {"probs": "array classes, ids", "probs.0": "array classes"}
    cure = "may have its labels: save both as a table if so; "
    for chosen, command in (("probs", "distill"), ("probs.0", "entropy"), ("probs.0", "distill")):
        what = "the outcomes are" if command == "entropy" else "rows and columns are"
        for name, told in (("w", words), ("n", f"{numbers_of[chosen]} {cure}")):
            sides = [f"{name}.npz::{chosen}"] * (2 if command == "distill" else 1)
            notes = call(command, *sides, "--json").result["notes"]
            assert f"{sides[0]}: {told}{what} numbered from 0" in notes


@pytest.mark.parametrize("name", ["edges", "bin_edges", "breaks"])
def test_edges_of_bins_in_json_are_told_of(tmp_path: Path, call: Run, name: str) -> None:
    """They have one number more than the counts, and bins that are others are compared by position."""
    (tmp_path / "h.json").write_text(f'{{"counts": [3, 1], "{name}": [0, 1, 2]}}')
    told = f"h.json::counts: {name} may have the edges of its bins; the outcomes are numbered from 0"
    assert told in call("entropy", "h.json::counts", "--json").result["notes"]
