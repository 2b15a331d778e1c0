"""What every command does besides computing: read its sources, and show its results as they were asked for."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Sequence
from typing import Any

import click

from klcli import output, readers, rooms
from klcli.cli.options import READING
from klcli.distribution import Distribution
from klcli.errors import InputError
from klcli.render import View, decimal, printable
from klcli.result import Result

SETTINGS: dict[str, Any] = {
    "help_option_names": [],  # --help is an option of our own
    "auto_envvar_prefix": "KLCLI",  # one name for every command: KLCLI_BASE, KLCLI_FORMAT ...
    "max_content_width": 100,
}


_BINARY = ("png", "pdf")
_ENDINGS = {"md": "markdown", "tex": "latex", "htm": "html", "jsonl": "ndjson"}
_NOT_WRITTEN = (
    "jpg", "jpeg", "gif", "webp", "bmp", "tif", "tiff", "eps", "ps", "yaml", "yml", "xlsx", "xls", "ods", "docx",
    "parquet", "feather", "npy", "npz", "pkl", "gz", "bz2", "xz", "zst", "zip",
)  # fmt: skip


class Command(click.Command):
    """A command as klcli has them; its sources may begin with a minus: -::q1 of standard input, or -1,0,2."""

    def __init__(self, name: str, **facts: Any) -> None:
        super().__init__(name, context_settings=SETTINGS, **facts)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep those from being taken for options."""
        return super().parse_args(ctx, list(map(_no_option, args)))


def _no_option(arg: str) -> str:
    if arg.startswith("-::"):
        return f"/dev/stdin{arg[1:]}"
    return f" {arg}" if re.match(r"-(\d|\.\d|inf)", arg) else arg  # numbers have blanks around them taken off


def refuse_inputs(sources: Sequence[str], given: dict[str, Any]) -> None:
    """Raise InputError where the answer would be written over one of the sources."""
    if given["output"] is not None:
        output.refuse_input(given["output"], [readers.split(source)[0] for source in sources])


def read(sources: Sequence[str], given: dict[str, Any]) -> list[list[Distribution]]:
    """The distributions that each source holds, read as the options say."""
    refuse_inputs(sources, given)
    names = ("normalize", "duplicates", *READING)
    return readers.read_each(sources, **{name: given[name] for name in names})


def show(results: Sequence[Result], given: dict[str, Any]) -> int:
    """Write the results as they were asked for; 1 where one is above the limit or does not agree, or else 0."""
    path = given["output"]
    encoding = output.encoding() if output.is_stdout(path) else "utf-8"
    chosen = _format(given)
    renderer, view = rooms.load("render", chosen), _view(given, encoding)
    if chosen in _BINARY and view.width is not None:
        raise InputError(f"{chosen} is no text for a terminal: name a file, as in --output chart.{chosen}")
    content = renderer.render(results, view)
    output.write(content if isinstance(content, bytes) else content.encode(encoding, "backslashreplace"), path)
    if hasattr(renderer, "aside"):
        for line in renderer.aside(results, view):
            say(f"note: {line}")
    limit = given["fail_above"]
    above = [result for result in results if limit is not None and result.value > limit]
    for result in above:
        whose = f"{result.label}: " if result.label else ""
        say(f"{whose}{result.symbol} = {decimal(result.value, 6)} is above {limit:g} (--fail-above)")
    return 0 if not above and all(result.agrees for result in results) else 1


def _format(given: dict[str, Any]) -> str:
    """The format that was asked for, or else the one that the ending of the output file names."""
    by_default, typed = click.core.ParameterSource.DEFAULT, click.core.ParameterSource.COMMANDLINE
    source = click.get_current_context().get_parameter_source
    if given["as_json"] and given["format"] != "json" and source("format") is typed:
        if source("as_json") is typed:
            raise click.UsageError(f"--json and --format {given['format']} exclude each other.")
        return str(given["format"])
    if given["as_json"]:
        return "json"
    ending = os.path.splitext(given["output"] or "")[1].lower().lstrip(".")
    named = _ENDINGS.get(ending, ending)
    if source("format") is not by_default:
        return str(given["format"])
    if ending in _NOT_WRITTEN:
        raise InputError(
            f"{given['output']}: klcli does not write .{ending}: take .csv, .json, .html, .png, .svg ..."
        )
    return named if named in rooms.names("render") else str(given["format"])


def _view(given: dict[str, Any], encoding: str) -> View:
    """What the options and the terminal ask of a renderer."""
    to_stdout = output.is_stdout(given["output"])
    to_terminal = to_stdout and sys.stdout is not None and sys.stdout.isatty()
    environ = os.environ
    plain = bool(environ.get("NO_COLOR")) or (environ.get("TERM") == "dumb" and not environ.get("FORCE_COLOR"))
    forced = to_stdout and environ.get("FORCE_COLOR", "0") not in ("", "0")
    return View(
        digits=given["digits"],
        steps=given["steps"],
        top=given["top"],
        explain=given["explain"],
        width=_width() if to_terminal else None,
        colour=(to_terminal or forced) and not plain,
        escape_formulas=given["escape_formulas"],
        ascii=not _can_write("‖Σ·√½∞−–α×█▏▐▕─", encoding),
    )


def _width() -> int:
    columns = os.environ.get("COLUMNS", "")
    if columns.isascii() and columns.isdigit() and 0 < len(columns.lstrip("0")) < 6:
        return int(columns)
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or 80
    except OSError:
        return 80


def _can_write(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def default_source() -> str:
    """Standard input, where it is not a terminal; InputError with what to give instead where it is."""
    if sys.stdin is not None and sys.stdin.isatty():
        raise InputError("nothing to read: name a file or numbers, as in klcli entropy 1/2,1/4,1/4, or pipe data in")
    return readers.STDIN


def say(message: str) -> None:
    """Write one line to stderr, where there is one."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        sys.stderr.write(f"klcli: {printable(message)}\n")
        sys.stderr.flush()
