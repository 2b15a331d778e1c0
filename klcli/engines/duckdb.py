"""DuckDB: the engine that comes with the `data` extra and runs within the process."""

from __future__ import annotations

import contextlib
import errno
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from types import ModuleType
from typing import Any, NamedTuple

from klcli import litter
from klcli.columns import FormatError
from klcli.engines import Field, text_fields
from klcli.engines import _files as files
from klcli.engines import _records as records
from klcli.engines._sql import EXACT, shortest
from klcli.errors import MissingExtraError, clipped
from klcli.memory import require_memory
from klcli.streams import NoRoomError

_SETTINGS: dict[str, Any] = {  # nothing is fetched or kept
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_persistent_secrets": "false",
}
_NEEDED = 900 * 2**20  # bytes of address space that it takes before it does anything, and numpy beside it
_LARGE = 2**26  # bytes of a Parquet file, whose parts take longer to list than one column of it takes to count
# What Spark calls these functions is what the SQL of all engines calls them.
_MACROS = {
    "unix_date": "(x) AS CAST(x AS DATE) - DATE '1970-01-01'",
    # An infinite time is the first one or the last one, for by itself it would be missing. DuckDB takes pandas' last
    # time in nanoseconds, which stands for no end, for infinite.
    "unix_micros": "(x) AS CASE WHEN x IS NULL THEN NULL WHEN isfinite(x) THEN epoch_us(x) "
    "WHEN x > TIMESTAMP '1970-01-01' THEN 9223372036854775806 ELSE -9223372022400000000 END",
    "rlike": "(x, pattern) AS regexp_matches(x, pattern)",
    "json_object_keys": "(x) AS CASE WHEN json_type(x) = 'OBJECT' THEN json_keys(x) END",
    "size": "(x) AS len(x)",
    "explode": "(x) AS unnest(x)",
    "to_timestamp": "(x) AS CAST(x AS TIMESTAMPTZ)",
    "try_to_timestamp": "(x) AS TRY_CAST(x AS TIMESTAMPTZ)",
}
ZONED = {"TIMESTAMP WITH TIME ZONE": "TIMESTAMP", "TIMESTAMPTZ_NS": "TIMESTAMP_NS"}  # and what each is in UTC
_KINDS = {
    "time": "TIMESTAMP.*",
    "text": r'"NULL"|VARCHAR|UUID|ENUM\(.*\)|TIME.*|INTERVAL|BIT',
    "whole": r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DECIMAL\(\d+,0\)",
    "number": "FLOAT|DOUBLE",
    "decimal": r"DECIMAL\(.*\)",
    "truth": "BOOLEAN",
    "date": "DATE",
}


@contextlib.contextmanager
def connected(what: str, **settings: Any) -> Iterator[Any]:
    """A connection to a database of its own, which fetches nothing and keeps nothing.

    Raises MissingExtraError, which says what needs it, where DuckDB is not installed, and FormatError where DuckDB
    cannot read that.
    """
    duckdb = _package(what)
    try:
        with duckdb.connect(config=_SETTINGS | settings) as connection:
            connection.execute("SET TimeZone = 'UTC'; SET parquet_metadata_cache = true")
            yield connection
    except duckdb.Error as error:
        _refuse_want(error)
        raise FormatError(f"{what} that DuckDB cannot read: {reason(error)}") from None
    except RuntimeError as error:
        if "interrupted" in str(error).lower():  # which is what DuckDB makes of Ctrl-C
            raise KeyboardInterrupt from None
        raise


def _refuse_want(error: Exception) -> None:
    """Raise what says of which resource there was too little, where the input is not to blame."""
    if type(error).__name__ == "OutOfMemoryException":
        raise MemoryError(str(error)) from None
    if "Too many open files" in str(error):
        raise OSError(errno.EMFILE, "too many open files") from None
    if "No space left on device" in str(error):
        raise NoRoomError("no space left on device") from None


def _package(what: str) -> ModuleType:
    require_memory(_NEEDED)
    try:
        import duckdb
    except ImportError:
        raise MissingExtraError(what, "data") from None
    return duckdb


@contextlib.contextmanager
def started(_: str = "", jobs: int | None = None) -> Iterator[DuckDB]:
    """The engine, in so many threads, which leaves nothing behind."""
    threads = {"threads": jobs} if jobs else {}
    _package("data")
    with litter.folder() as folder, contextlib.ExitStack() as stack:
        yield DuckDB(stack.enter_context(connected("data", temp_directory=folder, **threads)), stack, folder)


class DuckDB:
    """A connection that holds views of what was opened, in which columns are called c0, c1 and so on."""

    writes_otherwise: tuple[str, ...] = ()
    time_text = "{0}"

    def __init__(self, connection: Any, stack: contextlib.ExitStack, folder: str) -> None:
        self._connection, self.stack, self._folder = connection, stack, folder
        self._macros = dict(_MACROS)  # those that no query has asked for yet
        self._links: dict[str, str] = {}  # by the paths to which they lead

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What the query answers; FormatError where what it reads is not what it should be."""
        import duckdb

        called = query.lower()
        for name in [name for name in self._macros if name in called]:
            self._connection.execute(f"CREATE TEMP MACRO {name}{self._macros.pop(name)}")
        try:
            found: list[tuple[Any, ...]] = self._connection.execute(query).fetchall()
        except duckdb.Error as error:
            _refuse_want(error)
            raise FormatError(reason(error)) from None
        return found

    def quoted(self, text: str) -> str:
        """The text as a literal."""
        return _quoted(text)

    def _list(self, paths: Iterable[str]) -> str:
        return f"[{', '.join(map(self._path, paths))}]"

    def _path(self, path: str) -> str:
        r"""The path as a literal, or that of a link to the file where there are signs of a pattern in it.

        In what is escaped for it DuckDB takes \ for / and looks at all files beside, whatever they are called.
        """
        from glob import escape, has_magic

        if has_magic(path):
            if path not in self._links:
                self._links[path] = f"{self._folder}/{len(self._links)}"
                os.symlink(path, self._links[path])
            path = self._links[path]
        return _quoted(escape(path))

    def relation(self, _: str) -> None:
        """None: whatever is counted is a file."""

    def view(self, name: str, place: files.Place) -> list[Field]:
        """The fields of what is there, which has become a view of that name."""
        fields: list[Field] = getattr(self, f"_{place.format}")(name, place)
        return fields

    def kept(self, view: str) -> str:
        """The name of a copy of the view, on disk."""
        self.rows(f"ATTACH IF NOT EXISTS {_quoted(f'{self._folder}/kept.duckdb')} AS kept")
        self.rows(f"CREATE TABLE kept.{view} AS SELECT * FROM {view}")
        return f"kept.{view}"

    def _parquet(self, view: str, place: files.Place) -> list[Field]:
        wide: set[str] = set()
        notes: dict[str, str] = {}
        units: dict[str, str] = {}  # which are alike in all files that have some
        groups: dict[tuple[str, ...], list[str]] = {}  # the files whose columns have these types
        tables, all_types = [], []
        for file in place.files:
            schema = top_level(self.rows(f"{SCHEMA} FROM parquet_schema({self._path(file.path)})"))
            names = [node.name for node in schema]
            wide |= {node.name for node in schema if (node.digits or 0) > files.MOST_DIGITS}
            notes |= {node.name: NO_NANOSECONDS for node in schema if node.type == "INT96"}
            if os.path.getsize(file.path) < _LARGE:
                [(end,)] = self.rows(f"SELECT {END_OF_PAGES} FROM parquet_metadata({self._path(file.path)})")
                refuse_two_in_one(file.path, end)
            units_here = units_of(self.rows(writers_query(self._path(file.path))))
            units |= units_here
            types = [*self._types(f"read_parquet({self._path(file.path)}, {PARQUET})")]
            kinds = [units_here.get(name) or _kind_of_column(type_) for name, type_ in zip(names, types, strict=True)]
            tables.append([*zip(names, kinds, strict=True)])
            all_types.append(types)
            groups.setdefault(tuple(types), []).append(file.path)
        mixed = files.mixed_columns(place, tables, all_types)
        parts = [_part(self._list(paths), types, mixed) for types, paths in groups.items()]
        fields = self._typed(view, f"({' UNION ALL '.join(parts)})", names)
        notes |= {name: stands_for(name, units[name]) for name in units}
        fields = [
            field._replace(note=notes.get(field.name, field.note), unit=units.get(field.name, "")) for field in fields
        ]
        return [field._replace(sql=_too_wide(field.name)) if field.name in wide else field for field in fields]

    def _types(self, relation: str) -> Iterator[str]:
        return (str(row[1]) for row in self.rows(f"DESCRIBE SELECT * FROM {relation}"))

    def _csv(self, view: str, place: files.Place) -> list[Field]:
        from klcli.engines import _texts as texts

        head = texts.head(place)
        paths = [self.stack.enter_context(texts.plain(file, place.encoding, head)) for file in place.files]
        line_end = head.line_end.encode("unicode_escape").decode()
        skipped = head.blank if place.has_header or len(head.names) > 1 else 0  # else they are missing values
        how = f"skip = {skipped}, header = {place.has_header}, delim = {_quoted(head.delimiter)}"
        how = f"{how}, new_line = {_quoted(line_end)}"
        return self._of_text(view, paths, head.names, how)

    def _of_text(self, view: str, paths: Sequence[str], names: Sequence[str], how: str) -> list[Field]:
        """A view of CSV in a closed dialect, every cell as text: DuckDB's own guesses lose rows in silence."""
        columns = ", ".join(f"'c{index}': 'VARCHAR'" for index in range(len(names)))
        self.rows(
            f"CREATE TEMP VIEW {view} AS SELECT * FROM read_csv({self._list(paths)}, auto_detect = false, {how}, "
            f"quote = '\"', escape = '\"', columns = {{{columns}}}, max_line_size = {records.LONGEST})"
        )
        return text_fields(names)

    def _ndjson(self, view: str, place: files.Place) -> list[Field]:
        from klcli.engines import _texts as texts

        plain = [self.stack.enter_context(texts.plain(file, place.encoding)) for file in place.files]
        lines = f"read_ndjson_objects({self._list(plain)}, maximum_object_size = {records.LONGEST})"
        names = records.names(self.rows, lines, "json", plain)
        paths = [_quoted(records.json_pointer(name)) for name in names]
        fields = ", ".join(f"{_member(path)} AS c{index}" for index, path in enumerate(paths))
        self.rows(
            f"CREATE TEMP VIEW {view} AS SELECT {fields} FROM (SELECT json, {_written()} AS written FROM {lines})"
        )
        return text_fields(names)

    def _duckdb(self, view: str, place: files.Place) -> list[Field]:
        self.rows(f"ATTACH {_quoted(place.files[0].path)} AS {view}_file (READ_ONLY)")
        catalog = "SELECT table_schema, table_name FROM information_schema.tables WHERE table_catalog"
        found = self.rows(f"{catalog} = '{view}_file'")
        tables = {table if schema == "main" else f"{schema}.{table}": (schema, table) for schema, table in found}
        schema, table = tables[files.chosen_table(place, sorted(tables))]
        relation = f"{view}_file.{_identifier(schema)}.{_identifier(table)}"
        names = [row[0] for row in self.rows(f"DESCRIBE SELECT * FROM {relation}")]
        return self._typed(view, relation, names, collation='COLLATE "binary"')

    def _sqlite(self, view: str, place: files.Place) -> list[Field]:
        """A table of SQLite, copied: what reads it is no part of DuckDB, which would fetch it."""
        from klcli.engines import _sqlite as sqlite

        names, path, binary = self.stack.enter_context(sqlite.copied(place))
        null = f"nullstr = {_quoted(sqlite.NULL.decode())}, allow_quoted_nulls = false"
        fields = self._of_text(view, [path], names, f"header = false, delim = ',', new_line = '\\n', {null}")
        return [field._replace(kind="nested") if index in binary else field for index, field in enumerate(fields)]

    def _typed(self, view: str, relation: str, names: Sequence[str], collation: str = "") -> list[Field]:
        """A view of what has types, and each column as what its type says; text may have another collation there.

        By one of its own, as NOCASE, labels that differ would be one.
        """
        columns = ", ".join(f"c{index}" for index in range(len(names)))
        types = [*self._types(relation)]
        kinds = [files.kind_of(type_, _KINDS) for type_ in types]
        cells = ", ".join(
            f"{_cell(f'c{index}', kind, type_)} {collation * (kind == 'text')} AS c{index}"
            for index, (kind, type_) in enumerate(zip(kinds, types, strict=True))
        )
        self.rows(f"CREATE TEMP VIEW {view} AS SELECT {cells} FROM {relation} AS t({columns})")
        labels = {"TIMESTAMP_NS": _micros, "TIMESTAMPTZ_NS": _micros, "FLOAT": shortest}
        return [
            Field(
                name,
                kind,
                f"c{index}",
                label=labels[type_](f"c{index}") if type_ in labels else "",
                note=IN_UTC if type_ in ZONED else "",
                is_single=type_ == "FLOAT",
            )
            for index, (name, kind, type_) in enumerate(zip(names, kinds, types, strict=True))
        ]


def _kind_of_column(type_: str) -> str:
    """What a column of the type holds, so that those that hold the same can be put together."""
    apart = {'"NULL"': "nothing", "FLOAT": "numbers of 32 bits", "TIMESTAMP_NS": "times in nanoseconds"}
    type_, kind = ZONED.get(type_, type_), files.kind_of(type_, _KINDS)
    return apart.get(type_) or (type_ if kind == "nested" else kind)


# DuckDB makes 1.1 of 1.10, and 100000.0 of 1e5. A record in which it would do so is taken apart into strings and what
# is between them, and the numbers there are put in quotes; few need it, for it takes long.
_RENUMBERED = r"[\[:,\s](-?[0-9]+([.][0-9]*0[^0-9.]|[.]0000|([.][0-9]+)?[eE])|-0[^0-9.]|[-0-9.]{16})"
_JSON_PARTS = r'"[^"\\]*(?:\\.[^"\\]*)*"|[^"]+'


def _written() -> str:
    """The record with its numbers in quotes, as they are written, where the JSON of DuckDB would rewrite them."""
    number, parts, renumbered = map(_quoted, (records.JSON_NUMBER, _JSON_PARTS, _RENUMBERED))
    quoted = f"CASE WHEN x[1] = '\"' THEN x ELSE regexp_replace(x, {number}, '\"{records.MARK}\\0\"', 'g') END"
    text = "CAST(json AS VARCHAR)"
    whole = f"array_to_string(list_transform(regexp_extract_all({text}, {parts}), lambda x: {quoted}), '')"
    return f"CASE WHEN regexp_matches({text}, {renumbered}) THEN {whole} END"


def _member(path: str) -> str:
    """What stands there in a record, and of lists and records their JSON, with numbers as they are written."""
    bare = f"regexp_replace(written ->> {path}, '\"{records.MARK}([^\"]*)\"', '\\1', 'g')"
    return f"CASE WHEN written IS NULL THEN json ->> {path} ELSE regexp_replace({bare}, '^{records.MARK}', '') END"


def _micros(column: str) -> str:
    """The time in microseconds, as labels have it; those of parts of one would be merged, and are refused."""
    fault = "klcli: holds parts of a microsecond, which would be merged: round them, or write them as text"
    is_part = f"CASE WHEN isfinite({column}) THEN epoch_ns({column}) % 1000 <> 0 END"
    return f"CASE WHEN {is_part} THEN error({_quoted(fault)}) ELSE unix_micros({column}) END"


def _part(paths: str, types: Sequence[str], mixed: set[int]) -> str:
    """The files whose columns have these types, of which some are mixed with others."""
    columns = [f"c{index}" for index in range(len(types))]
    whole = {index for index in mixed if files.kind_of(types[index], _KINDS) == "whole"}
    cells = [_exact(column) if index in whole else column for index, column in enumerate(columns)]
    source = f"read_parquet({paths}, {PARQUET}) AS t({', '.join(columns)})"
    return f"SELECT {', '.join(cells)} FROM {source}"


def _exact(column: str) -> str:
    """The whole number, where it stays what it is among numbers that are not whole."""
    fault = _quoted(f"klcli: {files.BEYOND}")
    return f"CASE WHEN {column} NOT BETWEEN -{EXACT} AND {EXACT} THEN error({fault}) ELSE {column} END"


def _too_wide(name: str) -> str:
    """What is no number wherever it is asked for."""
    fault = f"klcli: column {clipped(name)}: {TOO_WIDE} or leave it out"
    return f"CAST(error({_quoted(fault)}) AS DOUBLE)"


PARQUET = "binary_as_string = true, hive_partitioning = false"


def _cell(column: str, kind: str, type_: str) -> str:
    """The column as what the SQL of all engines counts on.

    Statistics in Parquet know no NaN, and DuckDB believes them: it folds isnan(c0) to false. It knows none of a CASE.
    Texts and truth values, of which only counts are asked for, do without, and are counted sooner.
    """
    if kind in ("text", "truth"):
        return f"CAST({column} AS VARCHAR)" if kind == "text" else column
    is_decimal = kind == "whole" and type_.startswith("DECIMAL")
    wanted = "DOUBLE" if kind == "number" else "HUGEINT" if is_decimal else ZONED.get(type_)
    cell = f"CAST({column} AS {wanted})" if wanted else column
    return f"CASE WHEN {column} IS NULL THEN NULL ELSE {cell} END"


SCHEMA = "SELECT name, num_children, precision, type"
TOO_WIDE = "decimals of more than 38 digits, which would be rounded: save it as decimal(38, ...)"
IN_UTC = "times of a zone, as they are in UTC"
NO_NANOSECONDS = "times as INT96, of which parts of a microsecond are not read"


class Node(NamedTuple):
    """What SCHEMA tells of a column, or of a part of one."""

    name: str
    children: int | None
    digits: int | None
    type: str | None


# Where the last of the pages ends that the end of a Parquet file tells of.
END_OF_PAGES = (
    "max(coalesce(least(dictionary_page_offset, data_page_offset), data_page_offset) + total_compressed_size)"
)


def refuse_two_in_one(path: str, end_of_pages: int | None) -> None:
    """Raise FormatError where another file begins behind the pages: by the end of that one the first one is read.

    Before its beginning the other file has an end, which says how long it is.
    """
    start = max(end_of_pages or 0, 4)
    with open(path, "rb") as file:
        file.seek(-8, os.SEEK_END)
        stop = file.tell() - int.from_bytes(file.read(4), "little")
        file.seek(start)
        between = file.read(max(stop - start, 0))
    for found in re.finditer(b"PAR1PAR1", between):
        length = between[max(found.start() - 4, 0) : found.start()]
        if 0 < int.from_bytes(length, "little") < start + found.start():
            raise FormatError("two Parquet files, one behind the other: take them apart")


def top_level(schema: Iterable[Sequence[Any]]) -> list[Node]:
    """The columns: the nodes that are in no other one but the first, which is the table itself."""
    found: list[Node] = []
    left: list[int] = []  # of the nodes that are open: how many children are still to come
    for node in [Node(*each) for each in schema][1:]:
        if left:
            left[-1] -= 1
        else:
            found.append(node)
        if node.children:
            left.append(node.children)
        while left and not left[-1]:
            left.pop()
    return found


def writers_query(path: str) -> str:
    """What asks a file in Parquet for what pandas and Arrow have told of it; the path is SQL."""
    return f"SELECT decode(key), value FROM parquet_kv_metadata({path}) WHERE key IN ('pandas', 'ARROW:schema')"


def pandas_of(told: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """What pandas has told of a table in Parquet, if it has written it; `told` is what `writers_query` found."""
    import json

    with contextlib.suppress(ValueError, LookupError, TypeError, RecursionError):
        return dict(json.loads(_by_key(told)["pandas"]))
    return {}


def _by_key(told: Sequence[Sequence[Any]]) -> dict[str, bytes]:
    return {str(row[0]): row[1] for row in told}


def units_of(told: Sequence[Sequence[Any]]) -> dict[str, str]:
    """What whole numbers stand for in columns that hold lengths of time or months for pandas, or for Arrow."""
    from klcli.engines._arrow import durations

    units = durations(_by_key(told).get("ARROW:schema", b""))
    with contextlib.suppress(LookupError, TypeError):  # an index without a name has one in the file
        kinds = {each["field_name"]: str(each["numpy_type"]) for each in pandas_of(told)["columns"]}
        units |= {name: kind for name, kind in kinds.items() if kind.startswith(("period", "timedelta"))}
    return {name: clipped(unit) for name, unit in units.items()}


def stands_for(name: str, unit: str) -> str:
    """What is told of such a column where its values are labels."""
    return f"the labels are the whole numbers that stand for {unit} in {name}: save it as text"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def reason(error: Exception) -> str:
    """What DuckDB complains of, in few words, with the line where there is one."""
    text = str(error)
    if "klcli: " in text:
        return text.partition("klcli: ")[2].splitlines()[0]
    line = re.search(r"CSV Error on Line: (\d+)", text)
    widths = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", text)
    place = f"line {line[1]}: " if line else ""
    if widths:
        return f"{place}{widths[2]} cells where the first row has {widths[1]}"
    faults = {
        "unterminated quote": "a quote is opened and never closed, or some lines end otherwise than the first",
        "detected in value construction": "says of itself what is no text, as where a part is encrypted",
        "Invalid unicode": files.NOT_UTF_8,
        "No magic bytes found at end": "no end where it is to be: cut off, or followed by other bytes: copy it anew",
        "state machine reached an invalid state": "some lines end in CR LF and others do not: make them all alike",
        "Invalid string encoding found": files.NOT_UTF_8,
    }
    known = next((fault for words, fault in faults.items() if words in text), None)
    lock = re.search(r"Conflicting lock is held.*?(PID \d+)", text)
    if lock:
        return f"another program ({lock[1]}) has it open to write: close it there, or give a copy of it"
    first = re.sub(' *(in file )?"?/[^" ]*"?', "", text.splitlines()[0])  # where it lies is no name of it
    return f"{place}{known}" if known else clipped(first, 200)
