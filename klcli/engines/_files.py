"""Files: which ones a source names, and of which format they are."""

from __future__ import annotations

import contextlib
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from klcli import litter, sources, streams
from klcli.columns import FormatError, as_asked
from klcli.distribution import listed
from klcli.errors import InputError, clipped

FORMATS = ("csv", "tsv", "ndjson", "parquet", "duckdb", "sqlite")
DATABASES = ("duckdb", "sqlite")
SAVE_ALIKE = ": save it alike in both"
_ENDINGS = {"csv": "csv", "txt": "csv", "tsv": "tsv", "tab": "tsv", "ndjson": "ndjson", "jsonl": "ndjson"}
_ENDINGS |= {"json": "ndjson", "parquet": "parquet", "pq": "parquet"}
_ENDINGS |= {"duckdb": "duckdb", "ddb": "duckdb", "sqlite": "sqlite", "sqlite3": "sqlite"}
_NO_TABLES = ("yaml", "yml", "npy", "npz", "safetensors", "xlsx", "xls", "html", "md")
_SIGNATURES = {  # up to bytes that no text has
    re.compile(rb"PAR1\x15"): "parquet",
    re.compile(rb"SQLite format 3\0"): "sqlite",
    re.compile(rb".{8}DUCK..\0{6}", re.DOTALL): "duckdb",
}

_CALLED = {"parquet": "a Parquet file", "sqlite": "an SQLite database", "duckdb": "a DuckDB database"}


class File(NamedTuple):
    """A file: where it lies, and what it is called in messages."""

    path: str
    name: str


@dataclass
class Place:
    """What a source names, and how its text is written.

    `name` is what it is called in outputs, and `typed` how it is asked for; the table is one in a database, and the
    column one of the table: until the database is open, `table` is all that was asked for. A first row that is said
    to be names may hold numbers. `notes` say how it was read.
    """

    name: str
    typed: str
    files: list[File]
    format: str
    table: str | None = None
    column: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    has_header: bool = True
    are_said_names: bool = False
    decimal: str = "."
    notes: tuple[str, ...] = ()


def named(source: str, relation: Callable[[str], str | None]) -> Place | None:
    """What the source names that is no file but known to the engine, a table or a storage, and a column of it."""
    path, names = _split(source)
    if path == sources.STDIN or os.path.exists(path):
        return None
    found = relation(path)
    return None if found is None else Place(path, path, [], "relation", found, "::".join(names) or None)


def located(
    source: str,
    stack: contextlib.ExitStack,
    *,
    input_format: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    decimal: str = ".",
    header: bool | None = None,
) -> Place:
    """What the source names: a file, all files of a pattern, or all data files of a folder, and what is in them.

    Behind :: stands a column, and in a database a table, or a table and :: and a column. What comes from a pipe is
    copied to a file, which the stack removes.

    Raises InputError where there is none, and where they are not of one format.
    """
    path, names = _split(source)
    matches = _matching(path)
    files = list(_found(path, matches.files, stack))
    formats = [input_format or _format(file, path, encoding) for file in files]
    odd = next((file.name for file, format_ in zip(files, formats, strict=True) if format_ != formats[0]), None)
    if odd is not None:
        raise InputError(f"{path}: holds files of several formats: {files[0].name}, {odd}")
    format_ = formats[0]
    if format_ in DATABASES:
        if len(files) > 1:
            held = listed([file.name for file in files])
            raise InputError(f"{path}: holds several databases: {held}: give one")
        files = [_with_a_name(file, stack) for file in files]
    if format_ == "tsv":
        format_, delimiter = "csv", delimiter or "\t"
    called = "stdin" if path == sources.STDIN else os.path.basename(path.rstrip("/")) or path
    asked = "::".join(names) if names else None
    table, column = (asked, None) if format_ in DATABASES else (None, asked)
    notes = matches.notes if format_ in DATABASES else (*matches.notes, *_of_other_encoding(files, encoding))
    return Place(
        called,
        path,
        files,
        format_,
        table,
        column,
        encoding,
        delimiter,
        header is not False,
        header is True,
        decimal,
        notes,
    )


def _split(source: str) -> tuple[str, list[str]]:
    """The path or pattern of a source, and the names behind it, which :: parts from it."""
    import glob

    path, column = sources.split(source)
    if path == sources.STDIN:
        return path, [] if column is None else column.split("::")
    marks = [place for place in range(len(source)) if source.startswith("::", place)]
    for end in (len(source), *reversed(marks)):
        if os.path.exists(source[:end]) or (glob.has_magic(source[:end]) and glob.glob(source[:end], recursive=True)):
            return source[:end], source[end + 2 :].split("::") if end < len(source) else []
    path, *names = source.split("::")
    return path, names


def inputs(source: str) -> list[str]:
    """The paths of all that the source names."""
    path, _ = _split(source)
    return _matching(path).files or [path]


class _Matches(NamedTuple):
    """The files that a path stands for, none where it is neither a folder nor a pattern, and what is told of them."""

    files: list[str]
    notes: tuple[str, ...] = ()


def _matching(path: str) -> _Matches:
    """The data files in a folder, or the files that match a pattern.

    Raises InputError where some of them cannot be known or read.
    """
    import glob

    if os.path.isdir(path):
        every = [*_within(path.rstrip("/") or "/")]
        data = [each for each in every if sources.ending(each) in _ENDINGS]
        others = [os.path.relpath(each, path) for each in sorted({*every} - {*data})]
        told = f"left out, for no data have such an ending: {listed(others)}"
        return _Matches(_once_each(data), (told,) if others else ())
    if not _is_pattern(path):
        return _Matches([])
    _refuse_unlisted(path)
    found = glob.glob(path, recursive=True)
    folders = [] if path.endswith("**") else sorted(filter(os.path.isdir, found))
    told = f"left out, for they are folders: {listed(folders)}"
    return _Matches(_once_each(each for each in found if not os.path.isdir(each)), (told,) if folders else ())


def _within(folder: str) -> Iterator[str]:
    """The files in a folder and in those within it, links too, but for names that begin with a point or with _.

    Spark has such names for what is no data, as _temporary; _year=2024 is a name of a column.
    """
    for place, folders, names in os.walk(
        folder, onerror=lambda error: _look_into(str(error.filename)), followlinks=True
    ):
        _look_into(place, is_listed=False)  # which os.walk has done
        folders[:] = [
            each
            for each in folders
            if not _is_aside(each) and not _leads_back(folder, place, os.path.join(place, each))
        ]
        yield from (os.path.join(place, name) for name in names if not _is_aside(name))


def _leads_back(folder: str, place: str, path: str) -> bool:
    """Whether the path, which is in that place within the folder, leads to what it was reached by, or around that."""
    target = os.path.join(os.path.realpath(path), "")
    while not os.path.join(os.path.realpath(place), "").startswith(target):
        if place == folder:
            return False
        place = os.path.dirname(place)
    return True


def _is_aside(name: str) -> bool:
    return name.startswith(".") or (name.startswith("_") and "=" not in name)


def _refuse_unlisted(pattern: str) -> None:
    """Raise InputError where files may match in a folder that cannot be looked into: glob passes over it."""
    import glob

    parts = [*pattern.split("/"), *["*"] * pattern.endswith("**")]
    first = next(number for number, part in enumerate(parts) if glob.has_magic(part))
    for number in range(first, len(parts)):
        before = "/".join([*parts[:number], ""])
        for folder in glob.glob(before, recursive=True) if before else ["."]:
            _look_into(folder, is_listed=glob.has_magic(parts[number]))


def _look_into(folder: str, is_listed: bool = True) -> None:
    """Raise InputError where what is in the folder cannot be reached, or listed, if it is to be."""
    try:
        os.stat(os.path.join(folder, "."))
        if is_listed:
            os.listdir(folder)
    except OSError as error:
        raise InputError(sources.missing(folder.rstrip("/") or "/", error, or_numbers=False)) from None


def _once_each(paths: Iterable[str]) -> list[str]:
    """The files in their order, each by that path to it which is no link, if there is one.

    Raises InputError where one is not there, or no file that can be read as often as it takes.
    """
    found: dict[str, str] = {}
    for path in sorted(paths):
        try:
            is_file = stat.S_ISREG(os.stat(path).st_mode)
        except OSError as error:
            raise InputError(sources.missing(path, error, or_numbers=False)) from None
        if not is_file:
            raise InputError(
                f"{sources.called_in_messages(path)}: is a pipe, a device or a socket: name it by itself"
            )
        real = os.path.realpath(path)
        if real not in found or os.path.abspath(path) == real:
            found[real] = path
    return sorted(found.values())


def _is_pattern(path: str) -> bool:
    import glob

    return path != sources.STDIN and not os.path.exists(path) and glob.has_magic(path)


def _found(path: str, matching: Sequence[str], stack: contextlib.ExitStack) -> Iterator[File]:
    if os.path.isfile(path):
        matching = [path]
    if matching:
        _refuse_packed_copies(path, matching)
        yield from (File(_named_in_utf_8(os.path.abspath(each), stack), each) for each in matching)
    elif os.path.isdir(path):
        raise InputError(f"{path}: a folder without files of data: {', '.join(FORMATS)}")
    elif _is_pattern(path):
        raise InputError(f"{path}: no file matches")
    else:
        copy = stack.enter_context(streams.opened(path))
        yield File(f"/dev/fd/{copy.fileno()}", "stdin" if path == sources.STDIN else path)


def _refuse_packed_copies(path: str, matching: Sequence[str]) -> None:
    """Raise InputError where a file lies beside its packed copy, as gzip -k leaves it: rows would count twice."""
    unpacked: dict[str, str] = {}
    for each in matching:
        root, last = os.path.splitext(each)
        name = root if last.lower() in sources.ENDINGS else each
        if name in unpacked:
            both = f"{unpacked[name]} and {each} may be the same rows"
            raise InputError(f"{path}: {both}: take one away, or give a pattern that leaves one out")
        unpacked[name] = each


def _with_a_name(file: File, stack: contextlib.ExitStack) -> File:
    """The file, or a copy of one that has no name, as what came from a pipe: databases are opened by theirs."""
    if os.stat(file.path).st_nlink:
        return file
    import shutil

    path = os.path.join(stack.enter_context(litter.folder()), "copy")
    shutil.copyfile(file.path, path)
    return file._replace(path=path)


def _of_other_encoding(files: Sequence[File], encoding: str | None) -> Iterator[str]:
    """What is told of files that are UTF-8, and were not to be."""
    for file in files:
        with streams.opened(file.path) as opened:
            for note in sources.of_other_encoding(streams.blocks(opened), encoding):
                yield f"{file.name}: {note}"


def _named_in_utf_8(path: str, stack: contextlib.ExitStack) -> str:
    """The path, or another one that leads to the same file: engines take no bytes for a name that are not UTF-8."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return f"/dev/fd/{stack.enter_context(streams.opened(path)).fileno()}"
    return path


def _format(file: File, path: str, encoding: str | None) -> str:
    """The format of a file, by what it begins with, or by its ending."""
    try:
        with open(file.path, "rb") as opened:
            start = opened.read(1024)
            packing = sources.packing_of(start)
            unpacked = start if packing is None else _first(streams.blocks(opened))
    except OSError as error:
        raise InputError(sources.missing(file.name, error, or_numbers=False)) from None
    except FormatError as error:
        raise InputError(f"{file.name}: {error}") from None
    found = next((name for signature, name in _SIGNATURES.items() if signature.match(unpacked)), None)
    if found is not None and packing is not None:
        raise InputError(f"{file.name}: is {_CALLED[found]} packed by {packing.name}: unpack it first")
    if found is not None:
        return found
    try:
        sources.refuse_known(unpacked, encoding)
    except FormatError as error:
        raise InputError(f"{file.name}: {error}") from None
    ending = sources.ending(path if file.name == path else file.name)
    text = unpacked.decode(sources.mark_of(unpacked) or encoding or "utf-8", "ignore").removeprefix("\ufeff").lstrip()
    named = _ENDINGS.get(ending, "ndjson" if text.startswith("{") else "csv")
    if named in ("parquet", *DATABASES):
        raise InputError(f"{file.name}: {'empty' if not unpacked else f'no {named} file'}")
    if ending in _NO_TABLES:
        raise InputError(f"{file.name}: is no table of data: give {', '.join(FORMATS)}")
    if text.startswith("[") and ending not in ("csv", "tsv", "txt"):
        raise InputError(f"{file.name}: a list in JSON: write one record to a line, as jq -c '.[]' does")
    return named


def _first(blocks: Iterator[bytes]) -> bytes:
    """The first of the bytes, as many as a signature takes."""
    start = b""
    while len(start) < 1024 and (block := next(blocks, b"")):
        start += block
    return start


NOT_UTF_8 = "holds bytes that are not UTF-8"
MOST_DIGITS = 38  # of a decimal that engines have
BEYOND = "holds whole numbers beyond 2^53 in one file, and others in another: save them alike in both"


def kind_of(type_: str, kinds: Mapping[str, str]) -> str:
    """The kind whose pattern the name of a type matches, or nested, as what ends in [] is."""
    matching = (kind for kind, pattern in kinds.items() if re.fullmatch(pattern, type_, re.DOTALL))
    return "nested" if type_.endswith("]") else next(matching, "nested")


def mixed_columns(
    place: Place, tables: Sequence[Sequence[tuple[str, str]]], types: Sequence[Sequence[str]]
) -> set[int]:
    """The columns that hold whole numbers in some files and others in others, by names, kinds and types of all.

    Raises InputError where the files are no one table.

    By position names would be mixed up, and a column would be made what it is in one of them: whole numbers may
    stand beside others, as pandas has them where some are missing, and a column of nothing beside any.
    """
    models = [("nothing", "")] * len(tables[0])  # the kinds that are to be held to, and the files that have them
    for file, columns in zip(place.files, tables, strict=True):
        called = file.name
        if [name for name, _ in columns] != [name for name, _ in tables[0]]:
            raise InputError(f"{called}: its columns are not those of {place.files[0].name}")
        for index, (name, kind) in enumerate(columns):
            other, there = models[index]
            if other == "nothing":
                models[index] = kind, called
            elif kind not in (other, "nothing") and {kind, other} != {"whole", "number"}:
                what = f"column {clipped(name)} holds {kind}, and {other} in {there}"
                raise InputError(f"{called}: {what}{SAVE_ALIKE}")
    for (name, _), of_column in zip(tables[0], zip(*types, strict=True), strict=True):
        _refuse_rounded(place, name, of_column)
    kinds = [{kind for _, kind in columns} for columns in zip(*tables, strict=True)]
    return {index for index, several in enumerate(kinds) if {"whole", "number"} <= several}


def _refuse_rounded(place: Place, name: str, types: Sequence[str]) -> None:
    """Raise InputError for decimals that no one type holds: engines would round them to one of their types."""
    found = [re.fullmatch(r"decimal\((\d+),(\d+)\)", type_.lower()) for type_ in types]
    digits = {(int(each[1]) - int(each[2]), int(each[2])) for each in found if each}
    if digits and sum(map(max, zip(*digits, strict=True))) > MOST_DIGITS:
        odd = {type_: file.name for type_, each, file in zip(types, found, place.files, strict=True) if each}
        both = ", ".join(f"{type_.lower()} in {file}" for type_, file in [*odd.items()][:2])
        raise InputError(f"{place.typed}: column {clipped(name)} is {both}: save it alike in all files")


def chosen_table(place: Place, names: Sequence[str]) -> str:
    """The table that is asked for, or the only one, which is the one that the place has from then on.

    Raises FormatError, with those that there are, where there is no such table, or where none is chosen of several.
    """
    asked = place.table
    if asked is None and len(names) == 1:
        place.table, place.typed = names[0], f"{place.typed}::{names[0]}"
        return names[0]
    found = max((name for name in names if f"{asked}::".startswith(f"{name}::")), key=len, default=None)
    if asked is not None and found is not None:
        place.table, place.column = found, asked[len(found) + 2 :] or None
        place.name, place.typed = f"{place.name}::{found}", f"{place.typed}::{found}"
        return found
    if not names:
        raise FormatError("holds no tables")
    if asked is None:
        raise FormatError(
            f"holds several tables ({listed(names, 20)}): choose one, as in {as_asked(place.typed, names[0])}"
        )
    raise FormatError(f"no table {clipped(asked.partition('::')[0])!r} among {listed(names, 20)}")
