"""What every command does besides computing: read its sources, and show its results as they were asked for."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click

from klcli import output, rooms, sources
from klcli.cli.options import READING
from klcli.distribution import Distribution
from klcli.errors import InputError
from klcli.memory import require_memory
from klcli.render import View, decimal, printable
from klcli.result import Result

SETTINGS: dict[str, Any] = {
    "help_option_names": [],  # --help is an option of our own
    "auto_envvar_prefix": "KLCLI",  # one name for every command: KLCLI_BASE, KLCLI_FORMAT ...
    "max_content_width": 100,
}


_BINARY = ("png", "pdf")
_DRAWN = (*_BINARY, "svg")  # by matplotlib
_NUMPY, _MATPLOTLIB = 120 * 2**20, 110 * 2**20  # bytes of address space that they take before they do anything
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
        """Keep those from being taken for options; what follows an option that takes a value is that value."""
        valued = {name for each in self.params if _takes_value(each) for name in each.opts}
        before = ("", *args)
        shown = [arg if last in valued else _no_option(arg) for last, arg in zip(before, args, strict=False)]
        return super().parse_args(ctx, shown)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command, if there is memory for the arithmetic."""
        require_memory(_NUMPY)
        return super().invoke(ctx)


def _takes_value(parameter: click.Parameter) -> bool:
    return isinstance(parameter, click.Option) and not parameter.is_flag


def _no_option(arg: str) -> str:
    if arg.startswith("-::"):
        return f"/dev/stdin{arg[1:]}"
    return f" {arg}" if re.match(r"-(\d|\.\d|inf)", arg) else arg  # numbers have blanks around them taken off


def _path(source: str) -> list[str]:
    return [sources.split(source)[0]]


def refuse_inputs(
    sources: Sequence[str], given: dict[str, Any], paths: Callable[[str], list[str]] = _path, option: str = "output"
) -> None:
    """Raise InputError where that option would write over one of the paths that the sources lead to."""
    if given[option] is not None:
        output.refuse_input(given[option], [path for source in sources for path in paths(source)])


def read(sources: Sequence[str], given: dict[str, Any], several: bool = True) -> list[list[Distribution]]:
    """The distributions that each source holds, read as the options say."""
    from klcli import readers

    refuse_inputs(sources, given)
    names = ("normalize", "duplicates", *READING)
    return readers.read_each(sources, several=several, **{name: given[name] for name in names})


def read_one(sources: Sequence[str], given: dict[str, Any]) -> list[Distribution]:
    """The one distribution that each source holds."""
    return [found for (found,) in read(sources, given, several=False)]


def show(results: Sequence[Result], given: dict[str, Any], beside: Mapping[str, bytes] | None = None) -> int:
    """Write the results as they were asked for; 1 where one is above the limit or does not agree, or else 0.

    What is to be written beside them, by its path, is so before them and after all that may be refused.
    """
    path = given["output"]
    chosen, contradicted = _format(given)
    renderer, view = rooms.load("render", chosen), _view(given)
    if chosen in _BINARY and view.width is not None:
        raise InputError(f"{chosen} is no text for a terminal: name a file, as in --output chart.{chosen}")
    if chosen in _DRAWN:
        require_memory(_MATPLOTLIB)
    content = renderer.render(results, view)
    for each, kept in (beside or {}).items():
        output.write(kept, each)
    output.write(content if isinstance(content, bytes) else content.encode(view.encoding, "backslashreplace"), path)
    if contradicted:
        say(f"note: {path}: holds {chosen}, as was asked for, whatever its ending says")
    if hasattr(renderer, "aside"):
        for line in renderer.aside(results, view):
            say(f"note: {line}")
    limit = given["fail_above"]
    above = [result for result in results if limit is not None and result.value > limit]
    for result in above:
        whose = f"{result.label}: " if result.label else ""
        say(f"{whose}{result.symbol} = {decimal(result.value, 6)} is above {limit:g} (--fail-above)")
    return 0 if not above and all(result.agrees for result in results) else 1


def _format(given: dict[str, Any]) -> tuple[str, bool]:
    """The format, and whether the ending of the output file says another one.

    The command line is stronger than the ending of the file, and that is stronger than the environment.
    """
    typed = click.core.ParameterSource.COMMANDLINE
    source = click.get_current_context().get_parameter_source
    ending = os.path.splitext(given["output"] or "")[1].lower().lstrip(".")
    named = _ENDINGS.get(ending, ending)
    is_written = named in rooms.names("render")
    wants_json = given["as_json"] and source("as_json") is typed
    if wants_json and given["format"] != "json" and source("format") is typed:
        raise click.UsageError(f"--json and --format {given['format']} exclude each other.")
    if wants_json or source("format") is typed:
        asked = "json" if wants_json else str(given["format"])
        return asked, asked != named and (is_written or ending in _NOT_WRITTEN)
    if ending in _NOT_WRITTEN:
        raise InputError(
            f"{given['output']}: klcli does not write .{ending}: take .csv, .json, .html, .png, .svg ..."
        )
    by_environment = "json" if given["as_json"] else str(given["format"])
    return named if is_written else by_environment, False


def _view(given: dict[str, Any]) -> View:
    """What the options and the terminal ask of a renderer."""
    path, environ = given["output"], os.environ
    columns = output.columns(path)
    plain = bool(environ.get("NO_COLOR")) or (environ.get("TERM") == "dumb" and not environ.get("FORCE_COLOR"))
    forced = output.is_stdout(path) and environ.get("FORCE_COLOR", "0") not in ("", "0")
    return View(
        digits=given["digits"],
        steps=given["steps"],
        top=given["top"],
        explain=given["explain"],
        width=None if columns is None else _width(columns),
        colour=(columns is not None or forced) and not plain,
        encoding=output.encoding(path),
        escape_formulas=given["escape_formulas"],
    )


def _width(columns: int) -> int:
    """How wide people want it, or else the terminal is."""
    wanted = os.environ.get("COLUMNS", "")
    is_width = wanted.isascii() and wanted.isdigit() and 0 < len(wanted.lstrip("0")) < 6
    return int(wanted) if is_width else columns or 80


def default_source() -> str:
    """Standard input, where it is not a terminal; InputError with what to give instead where it is."""
    if sys.stdin is not None and sys.stdin.isatty():
        raise InputError("nothing to read: name a file or numbers, as in klcli entropy 1/2,1/4,1/4, or pipe data in")
    return sources.STDIN


def say(message: str) -> None:
    """Write one line to stderr, where there is one."""
    tell(f"klcli: {printable(message)}\n")


def tell(text: str) -> None:
    """Write the text to stderr, where there is one."""
    with contextlib.suppress(OSError, ValueError, AttributeError):  # a closed stderr is None
        try:
            sys.stderr.write(text)
        except UnicodeError:  # of an encoding that is none of text, such as idna
            sys.stderr.buffer.write(text.encode())
        sys.stderr.flush()
