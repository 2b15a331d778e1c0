"""Spark: the engine for what outgrows one machine; every query is Spark SQL, sent through SparkSession.sql().

Files must be where its workers find them. What is no file may be a table of its catalog.
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from klcli import litter
from klcli.columns import FormatError
from klcli.engines import Field, text_fields
from klcli.engines import _files as files
from klcli.engines import _records as records
from klcli.engines import _texts as texts
from klcli.engines._sql import EXACT, shortest
from klcli.errors import InputError, MissingExtraError, clipped

_SETTINGS = {
    "spark.app.name": "klcli",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.caseSensitive": "true",
    "spark.sql.shuffle.partitions": "8",
    "spark.sql.parquet.binaryAsString": "true",
    "spark.sql.csv.parser.columnPruning.enabled": "false",  # with it rows of too few or too many cells pass unseen
    "spark.sql.files.ignoreCorruptFiles": "false",
    "spark.sql.files.ignoreMissingFiles": "false",
}
_AT_HOME = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}  # where there is no cluster
_PATIENCE = 5  # seconds in which a session stops
_KINDS = {
    "text": "string|char.*|varchar.*|binary|void",
    "whole": r"tinyint|smallint|int|bigint|decimal\(\d+,0\)",
    "number": "float|double",
    "decimal": "decimal.*",
    "truth": "boolean",
    "date": "date",
    "time": "timestamp|timestamp_ntz",
}
_CSV = {
    "header": "false", "quote": '"', "escape": '"', "mode": "FAILFAST", "multiLine": "true", "encoding": "UTF-8",
    "ignoreLeadingWhiteSpace": "false", "ignoreTrailingWhiteSpace": "false", "inferSchema": "false",
    "maxCharsPerColumn": "-1", "emptyValue": "", "nullValue": "",
}  # fmt: skip


@contextlib.contextmanager
def started(url: str = "", jobs: int | None = None) -> Iterator[Spark]:
    """The engine: on this machine, in so many threads, or on the cluster that the URL names.

    Raises MissingExtraError where PySpark is not installed, InputError where Spark does not start.
    """
    try:
        from pyspark.logger import PySparkLogger
        from pyspark.sql import SparkSession
    except ImportError:
        raise MissingExtraError("--engine spark", "spark") from None
    PySparkLogger.getLogger("SQLQueryContextLogger").disabled = True  # it writes traces of the JVM to stderr
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(litter.folder())
        with contextlib.nullcontext() if _is_remote(url) else _launching(folder):
            session = _session(SparkSession.builder, url or f"local[{jobs or '*'}]")
        stack.enter_context(litter.cleared(lambda: _stop(session)))
        yield Spark(session, stack)


def _is_remote(url: str) -> bool:
    """Whether it is a server that has the JVM, and none is launched here."""
    return url.startswith("sc://")


@contextlib.contextmanager
def _launching(folder: str) -> Iterator[None]:
    """What is needed while Spark starts: its own files in the folder, and a signal that leaves no JVM behind.

    A JVM ends when the process ends that launched it; one that comes up later, and finds nowhere to say how it is
    reached, would wait for ever.
    """
    from pyspark import SparkContext, java_gateway

    launched: list[Any] = []

    class Popen(subprocess.Popen[bytes]):
        def __init__(self, *args: Any, **options: Any) -> None:
            launched.append(self)
            super().__init__(*args, **options)

    def end() -> None:
        for process in launched:
            if SparkContext._gateway is None and getattr(process, "pid", None):
                process.terminate()

    before, tempfile.tempdir = tempfile.tempdir, folder
    vars(java_gateway)["Popen"] = Popen
    try:
        with litter.cleared(end):
            yield
    finally:
        tempfile.tempdir = before
        vars(java_gateway)["Popen"] = subprocess.Popen


def _stop(session: Any) -> None:
    """Stop the session, or leave it after a while: a signal may come where Spark can do nothing else."""
    thread = threading.Thread(target=session.stop, daemon=True)
    thread.start()
    thread.join(_PATIENCE)


@contextlib.contextmanager
def _refusals() -> Iterator[None]:
    """Raise FormatError for what Spark refuses, be it found here or by the JVM."""
    from pyspark.errors import PySparkException

    try:
        yield
    except PySparkException as error:
        raise FormatError(reason(error)) from None
    except Exception as error:
        if type(error).__name__ != "Py4JJavaError":  # whose package is not there where the JVM is elsewhere
            raise
        raise FormatError(reason(error)) from None


_PORTS = {"sc": 15002, "spark": 7077}  # where there is one of Spark Connect, and a master


def _refuse_unreachable(url: str) -> None:
    """Raise InputError where nobody listens at an address of the URL: Spark itself would try for minutes."""
    kind, _, addresses = url.partition("://")
    fault = ""
    for address in re.split("[/;]", addresses)[0].split(",") if kind in _PORTS else ():
        try:
            found = urlsplit(f"//{address}")
            socket.create_connection((found.hostname, found.port or _PORTS[kind]), timeout=10).close()
            return
        except (OSError, ValueError) as error:
            fault = f"{clipped(address)}: {str(getattr(error, 'strerror', None) or error).lower()}"
    if fault:
        raise InputError(f"Spark ({clipped(url)}) does not answer at {fault}")


def _session(builder: Any, url: str) -> Any:
    _refuse_unreachable(url)
    builder = builder.remote(url) if _is_remote(url) else builder.master(url)
    settings = _SETTINGS if _is_remote(url) else _SETTINGS | (_AT_HOME if url.startswith("local") else {})
    for name, value in settings.items():
        builder = builder.config(name, value)
    with tempfile.TemporaryFile() as log:
        try:
            with _stderr_to(log.fileno()):  # on which the JVM tells much that is of no use
                with ThreadPoolExecutor(1) as other:  # in the main thread Spark makes of Ctrl-C an exception
                    session = other.submit(builder.getOrCreate).result()
                session.sql("SELECT 1").collect()
                return session
        except Exception as error:
            log.seek(0)
            said = [
                line
                for line in log.read().decode(errors="replace").splitlines()
                if "rror" in line or "xception" in line
            ]
            first = (said or str(error).splitlines() or [type(error).__name__])[0]
            cure = "" if _is_remote(url) else ": it needs Java 17"
            raise InputError(f"Spark ({clipped(url)}) does not start: {clipped(first, 200)}{cure}") from None


@contextlib.contextmanager
def _stderr_to(target: int) -> Iterator[None]:
    saved = os.dup(2)
    os.dup2(target, 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


# Spark wants seconds before a zone, 2024-01-01T00:00:00Z, and minutes in one.
_SECONDS_OF_TIME = (
    "CASE WHEN substr({0}, 17, 1) = ':' THEN {0} ELSE substr({0}, 1, 16) || ':00' || substr({0}, 17) END"
)
_MINUTES_OF_ZONE = "CASE WHEN substr({0}, length({0}) - 2, 1) IN ('+', '-') THEN {0} || ':00' ELSE {0} END"


class Spark:
    """A session that holds views of what was opened, in which columns are called c0, c1 and so on."""

    writes_otherwise = ("number", "time")
    time_text = _SECONDS_OF_TIME.format(_MINUTES_OF_ZONE)

    def __init__(self, session: Any, stack: contextlib.ExitStack) -> None:
        self._session, self.stack = session, stack

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What the query answers; FormatError where what it reads is not what it should be."""
        with _refusals():
            return [tuple(map(_whole, row)) for row in self._session.sql(query).collect()]

    def quoted(self, text: str) -> str:
        """The text as a literal."""
        return _quoted(text)

    def relation(self, source: str) -> str | None:
        """The table of the catalog that the source names, or the files in a storage; None where it names neither."""
        kind = source.rpartition(".")[2]
        if "://" in source and kind in ("parquet", "orc"):
            return f"{kind}.{_identifier(source)}"
        return source if re.fullmatch(r"\w+([.]\w+)*", source) and self._session.catalog.tableExists(source) else None

    def view(self, name: str, place: files.Place) -> list[Field]:
        """The fields of what is there, which has become a view of that name."""
        if place.format in files.DATABASES:
            raise FormatError(f"Spark reads no {place.format}: take --engine duckdb")
        fields: list[Field] = getattr(self, f"_{place.format}")(name, place)
        return fields

    def kept(self, view: str) -> str:
        """The name of a copy of the view, where Spark has room for it."""
        self.rows(f"CACHE TABLE {view}_kept AS SELECT * FROM {view}")
        return f"{view}_kept"

    def _relation(self, view: str, place: files.Place) -> list[Field]:
        return self._typed(view, str(place.table))

    def _parquet(self, view: str, place: files.Place) -> list[Field]:
        parts = [self._file(f"{view}_{index}", "parquet", file.path) for index, file in enumerate(place.files)]
        described = [self.rows(f"DESCRIBE {part}") for part in parts]
        tables = [[(row[0], _kind_of_column(row[1])) for row in each] for each in described]
        mixed = files.mixed_columns(place, tables, [[row[1] for row in each] for each in described])
        if mixed:
            parts = [_exact(part, table, mixed) for part, table in zip(parts, tables, strict=True)]
        return self._typed(view, self._together(parts))

    def _csv(self, view: str, place: files.Place) -> list[Field]:
        head = texts.head(place)
        paths = self._plain(place, head)
        options = _CSV | {"delimiter": head.delimiter, "header": str(place.has_header).lower()}
        columns = ", ".join(f"c{index} STRING" for index in range(len(head.names)))
        parts = [
            self._file(f"{view}_{index}", "csv", path, f"({columns})", **options) for index, path in enumerate(paths)
        ]
        if len(head.names) == 1:
            self._refuse_blank_lines(view, paths)
        cells = [f"nullif(c{index}, '')" for index in range(len(head.names))]
        if head.line_end == "\r\n":
            cells = [_refused(f"instr({x}, '\\n') > 0", _OF_SEVERAL_LINES, x) for x in cells]
        elif head.line_end == "\n":
            cells[-1] = _refused(f"endswith({cells[-1]}, '\\r')", _MIXED_ENDS, cells[-1])
        return self._of_text(view, self._together(parts), cells, head.names)

    def _refuse_blank_lines(self, view: str, paths: Sequence[str]) -> None:
        """Raise where a column has blank lines, which are missing values, and which Spark passes over."""
        texts = [self._file(f"{view}_text_{index}", "text", path) for index, path in enumerate(paths)]
        [(blank,)] = self.rows(f"SELECT count(*) FROM {self._together(texts)} WHERE value = ''")
        if blank:
            raise FormatError(
                f"{blank} blank lines, which Spark passes over: leave them out, or take --engine duckdb"
            )

    def _ndjson(self, view: str, place: files.Place) -> list[Field]:
        fault = texts.first_fault(place)  # Spark takes more for JSON than is JSON, and leaves out what it cannot read
        if fault:
            raise InputError(fault)
        plain = self._plain(place)
        parts = [self._file(f"{view}_{index}", "text", path) for index, path in enumerate(plain)]
        lines = f"(SELECT value FROM {self._together(parts)} WHERE trim(value) <> '')"
        names = records.names(self.rows, lines, "value", plain)
        members = [_member(_quoted(name)) for name in names]
        both = ", ".join(
            f"from_json({text}, 'map<string,string>') AS {name}"
            for text, name in (("value", "m"), (_written("value"), "written"))
        )
        record = f"(SELECT {both} FROM {lines})"
        return self._of_text(view, record, members, names)

    def _plain(self, place: files.Place, head: texts.Head | None = None) -> list[str]:
        """Where the files lie as Spark reads them: themselves, or copies of them, which the JVM finds."""
        paths = [self.stack.enter_context(texts.plain(file, place.encoding, head)) for file in place.files]
        return [path.replace("/dev/fd/", f"/proc/{os.getpid()}/fd/") for path in paths]

    def _file(self, name: str, kind: str, path: str, columns: str = "", **options: str) -> str:
        """The name of a view of a file; FormatError where Spark would pass over it, or not find it."""
        name_of_file = path.rpartition("/")[2]
        if "://" not in path and (name_of_file.startswith(("_", ".")) or ":" in path):
            raise FormatError("Spark reads none whose name begins with _ or . or has a colon: rename it")
        if "://" not in path:
            path = re.sub(r"([\[\]{}*?\\])", r"\\\1", path)  # in which Spark would see a pattern
        given = ", ".join(f"{key} {_quoted(value)}" for key, value in {"path": path, **options}.items())
        self.rows(f"CREATE TEMPORARY VIEW {name} {columns} USING {kind} OPTIONS ({given})")
        return name

    def _together(self, parts: Sequence[str]) -> str:
        return f"({' UNION ALL '.join(f'SELECT * FROM {part}' for part in parts)})"

    def _of_text(self, view: str, relation: str, columns: Sequence[str], names: Sequence[str]) -> list[Field]:
        """A view of columns of text, in which bytes that are no text are an error."""
        cells = ", ".join(f"{_undamaged(c)} AS c{index}" for index, c in enumerate(columns))
        self.rows(f"CREATE TEMPORARY VIEW {view} AS SELECT {cells} FROM {relation}")
        return text_fields(names)

    def _typed(self, view: str, relation: str) -> list[Field]:
        """A view of what has types, and each column as what its type says."""
        self.rows(f"CREATE TEMPORARY VIEW {view}_typed AS SELECT * FROM {relation}")
        described = self.rows(f"DESCRIBE {view}_typed")
        names, types = [row[0] for row in described], [row[1] for row in described]
        kinds = [files.kind_of(type_, _KINDS) for type_ in types]
        columns = ", ".join(f"c{index}" for index in range(len(kinds)))
        cells = ", ".join(f"{_cell(f'c{index}', kind)} AS c{index}" for index, kind in enumerate(kinds))
        self.rows(f"CREATE TEMPORARY VIEW {view} AS SELECT {cells} FROM {view}_typed AS t({columns})")
        return [
            Field(
                name,
                kind,
                f"c{index}",
                label=shortest(f"c{index}") if type_ == "float" else "",
                is_single=type_ == "float",
            )
            for index, (name, kind, type_) in enumerate(zip(names, kinds, types, strict=True))
        ]


def _kind_of_column(type_: str) -> str:
    """What a column of the type holds, so that those that hold the same can be put together."""
    kind = files.kind_of(type_, _KINDS)
    return {"void": "nothing", "float": "numbers of 32 bits"}.get(type_) or (type_ if kind == "nested" else kind)


def _exact(part: str, table: Sequence[tuple[str, str]], mixed: set[int]) -> str:
    """The same, where whole numbers among others are an error if they would not stay what they are."""
    columns = [f"c{index}" for index in range(len(table))]
    is_whole = [index in mixed and kind == "whole" for index, (_, kind) in enumerate(table)]
    cells = [
        _refused(f"{x} NOT BETWEEN -{EXACT} AND {EXACT}", files.BEYOND, x) if odd else x
        for x, odd in zip(columns, is_whole, strict=True)
    ]
    named = ", ".join(f"{cell} AS {_identifier(name)}" for cell, (name, _) in zip(cells, table, strict=True))
    return f"(SELECT {named} FROM {part} AS t({', '.join(columns)}))"


def _whole(cell: Any) -> Any:
    """The cell, and as int what Spark has as a decimal without digits behind the point: whole numbers of 64 bits."""
    is_decimal = isinstance(cell, Decimal) and cell.as_tuple().exponent == 0
    return int(cell) if is_decimal else cell


def _cell(column: str, kind: str) -> str:
    """The column as what the SQL of all engines counts on."""
    text = _decoded(f"CAST({column} AS STRING)")
    ways = {"text": text, "number": f"CAST({column} AS DOUBLE)", "time": f"CAST({column} AS TIMESTAMP)"}
    return ways.get(kind, column)


_MIXED_ENDS = "some lines end in CR LF and others do not: make them all alike"
_OF_SEVERAL_LINES = "cells of several lines where lines end in CR LF, which Spark rewrites: take --engine duckdb"


def _refused(where: str, fault: str, x: str) -> str:
    """What x is, save where that holds: there it is an error."""
    return f"CASE WHEN {where} THEN raise_error('klcli: {fault}') ELSE {x} END"


def _decoded(x: str) -> str:
    """The text, where it is UTF-8."""
    return _refused(f"NOT is_valid_utf8({x})", files.NOT_UTF_8, x)


def _undamaged(x: str) -> str:
    """The text of a file of text, where nothing of it is U+FFFD, which Spark puts where bytes are not UTF-8."""
    fault = f"{files.NOT_UTF_8}, or U+FFFD, which stands for such: take --engine duckdb"
    return _refused(f"instr({x}, '\ufffd') > 0", fault, _decoded(x))


_RENUMBERED = r"[\[:,\s]-?([0-9]+[.eE]|[0-9]{16}|0[^0-9.])"  # what Java may write in another way
_JSON_PARTS = r'"[^"\\]*(?:\\.[^"\\]*)*+"|[^"]+'  # without way back, for which Java has too small a stack


def _written(record: str) -> str:
    """The record with its numbers in quotes, as they are written, where Spark would rewrite them, or else NULL."""
    number, parts, renumbered = map(_quoted, (records.JSON_NUMBER, _JSON_PARTS, _RENUMBERED))
    quoted = f"""CASE WHEN startswith(x, '"') THEN x ELSE regexp_replace(x, {number}, '"{records.MARK}$0"') END"""
    whole = f"array_join(transform(regexp_extract_all({record}, {parts}, 0), x -> {quoted}), '')"
    return f"CASE WHEN rlike({record}, {renumbered}) THEN {whole} END"


def _member(name: str) -> str:
    """What the record has of that name, and of lists and records their JSON, with numbers as they are written."""
    bare = f"regexp_replace(written[{name}], '\"{records.MARK}([^\"]*)\"', '$1')"
    return f"CASE WHEN written IS NULL THEN m[{name}] ELSE regexp_replace({bare}, '^{records.MARK}', '') END"


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _identifier(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def reason(error: Exception) -> str:
    """What Spark complains of, in few words."""
    text = str(error)
    if "klcli: " in text:
        return re.split("['\n]| SQLSTATE", text.partition("klcli: ")[2])[0]
    illegal = re.search(r"Illegal Parquet type: (.+?)\. SQLSTATE", text)
    if illegal:
        return f"holds {illegal[1]}, which Spark does not read: save it as another type, or take --engine duckdb"
    if "MALFORMED" in text or "Malformed" in text:
        return (
            "a row has more or fewer cells than the first one, a quote is opened and never closed, or lines end in "
            "different ways"
        )
    cause = str(getattr(error, "java_exception", text)).splitlines()[0]
    return f"Spark cannot read it: {clipped(cause, 200)}: --engine duckdb may"
