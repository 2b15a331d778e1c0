"""The command line: every command reads, computes and shows; every error ends here, in one line."""

from __future__ import annotations

import contextlib
import inspect
import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from klcli import __version__, output, readers, rooms
from klcli.comparison import COMPARABLE, USUAL, compare
from klcli.distribution import Distribution
from klcli.errors import InputError, KlcliError
from klcli.measure import Measure
from klcli.measures import MEASURES
from klcli.options import (
    Names,
    Source,
    base_option,
    common_options,
    input_options,
    measure_options,
    option,
    output_options,
    printing,
)
from klcli.render import View, decimal, printable
from klcli.result import Result

_COMPLETING = "_KLCLI_COMPLETE"  # the variable by which a shell asks click for completions
ISSUES = "https://github.com/klcli/klcli/issues"


# Reading and showing


def _read(sources: Sequence[str], given: dict[str, Any]) -> list[list[Distribution]]:
    if given["output"] is not None:
        output.refuse_input(given["output"], [readers.split(source)[0] for source in sources])
    names = ("normalize", "duplicates", "input_format")
    return readers.read_each(sources, **{name: given[name] for name in names})


def _show(results: Sequence[Result], given: dict[str, Any]) -> int:
    """Write the results as they were asked for; 1 where a value is above the limit, or else 0."""
    path = given["output"]
    encoding = output.encoding() if output.is_stdout(path) else "utf-8"
    renderer, view = rooms.load("render", _format(given)), _view(given, encoding)
    content = renderer.render(results, view)
    output.write(content if isinstance(content, bytes) else content.encode(encoding, "backslashreplace"), path)
    if not getattr(renderer, "CARRIES_NOTES", True):
        for note in dict.fromkeys(note for result in results for note in result.notes):
            _say(f"note: {note}")
    limit = given["fail_above"]
    above = [result for result in results if limit is not None and result.value > limit]
    for result in above:
        whose = f"{result.label}: " if result.label else ""
        _say(f"{whose}{result.symbol} = {decimal(result.value, 6)} is above {limit:g} (--fail-above)")
    return 1 if above else 0


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
    named = {"md": "markdown", "tex": "latex", "htm": "html"}.get(ending, ending)
    return named if source("format") is by_default and named in rooms.names("render") else str(given["format"])


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


# Commands


class Command(click.Command):
    """A command whose sources may begin with -::, a column of standard input, which click takes for options."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Give standard input its other name there."""
        return super().parse_args(ctx, [f"/dev/stdin{arg[1:]}" if arg.startswith("-::") else arg for arg in args])


class Commands(click.Group):
    """The commands in the order in which they were added."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names in reading order."""
        return list(self.commands)


_SETTINGS: dict[str, Any] = {
    "help_option_names": [],  # --help is an option of our own
    "auto_envvar_prefix": "KLCLI",  # one name for every command: KLCLI_BASE, KLCLI_FORMAT ...
    "max_content_width": 100,
}


_ABOUT = """Every divergence with its working shown: exact, explained and pipeable.

A SOURCE is a file (CSV, TSV, JSON, YAML), a column of one (balls.csv::p), numbers (0.5,1/4,1/4 or A=1/2,B=1/2) or -
for standard input. Distributions are matched by the labels of their outcomes.

\b
  klcli kl p.csv q.csv              how far is Q from P, term by term
  klcli entropy --base 2 < p.csv    how many bits a draw tells
  klcli kl p.csv q.csv --json       for other programs

Every option can be set in the environment: --base as KLCLI_BASE, --format as KLCLI_FORMAT.
"""


@click.group(cls=Commands, help=_ABOUT, context_settings=_SETTINGS)
def klcli() -> None:
    """Hold the commands."""


klcli.params += [
    printing("--version", text=lambda _: f"klcli {__version__}", about="Show the version and exit."),
    *common_options(),
]


def _measure_command(measure: Measure) -> click.Command:
    """The command of a measure: its sides are arguments, its parameters options, its docstring the help."""

    def run(**given: Any) -> int:
        sources = [_default_source() if given[side] is None else given[side] for side in measure.sides]
        found = _read(sources, given)
        data = [readers.only(each, source) for each, source in zip(found, sources, strict=True)]
        options = {name: given[name] for name in measure.options}
        return _show([measure(*data, smooth=given["smooth"], **options)], given)

    alone = len(measure.sides) == 1
    return Command(
        measure.name,
        callback=run,
        params=[
            *(
                click.Argument([side], type=Source(), metavar=side.upper(), required=not alone)
                for side in measure.sides
            ),
            *measure_options(measure),
            *input_options(),
            *output_options(),
        ],
        help=_help(measure),
        short_help=f"{measure.title}, {measure.formula.partition(' = ')[0]}.",
        context_settings=_SETTINGS,
    )


def _help(measure: Measure) -> str:
    text = inspect.getdoc(measure.function) or ""
    return text.partition(">>>")[0].replace("\nSource: ", "\n\nSource: ") + f"\n\n\b\n{measure.formula}"


def _default_source() -> str:
    if sys.stdin is not None and sys.stdin.isatty():
        raise InputError("nothing to read: name a file or numbers, as in klcli entropy 1/2,1/4,1/4, or pipe data in")
    return readers.STDIN


for _measure in MEASURES.values():
    klcli.add_command(_measure_command(_measure))


@klcli.command(
    "compare",
    cls=Command,
    short_help="Several Qs against one P, ranked.",
    params=[
        click.Argument(["sources"], type=Source(), metavar="P Q...", nargs=-1, required=True),
        option(
            "--measures",
            type=Names(),
            default=",".join(USUAL),
            show_default=True,
            help="What to compute for every Q.",
        ),
        option(
            "--by",
            type=click.Choice(tuple(COMPARABLE)),
            default="kl",
            show_default=True,
            help="The measure to rank by.",
        ),
        base_option(),
        *input_options(),
        *output_options(),
    ],
    context_settings=_SETTINGS,
)
def _compare(sources: tuple[str, ...], measures: tuple[str, ...], by: str, base: float, **given: Any) -> int:
    """Every Q against P, nearest first: both directions of KL, cross-entropy, JS, TV and PSI.

    P is the first distribution and the Qs are the others, whether they stand in one file or in several. The ratio
    is that to the best Q. --steps shows the terms of every one.
    """
    p, *qs = (each for found in _read(sources, given) for each in found)
    if not qs:
        raise InputError(f"{p.name}: is one distribution: compare needs P and at least one Q")
    return _show(compare(p, *qs, measures=measures, by=by, base=base, smooth=given["smooth"]), given)


# Errors and the end


def main(args: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; whatever goes wrong is said in one line on stderr."""
    args = sys.argv[1:] if args is None else args
    try:
        code = _run(args)
        if sys.stdout is not None:
            sys.stdout.flush()
    except BaseException as error:
        if "--debug" in args or os.environ.get("KLCLI_DEBUG", "").lower() in ("1", "true", "yes", "on"):
            import traceback

            with contextlib.suppress(OSError, ValueError):
                traceback.print_exc()
        code = _report(error)
        _let_go_of(sys.stdout)
    _let_go_of(sys.stderr)
    return code


def _run(args: Sequence[str]) -> int:
    if not args and _COMPLETING not in os.environ:
        with contextlib.suppress(OSError, AttributeError):  # a closed stderr is None to some versions of click
            click.echo(klcli.get_help(click.Context(klcli, info_name="klcli", **_SETTINGS)), err=True)
        return 2
    return int(klcli.main(args, prog_name="klcli", standalone_mode=False) or 0)


def _report(error: BaseException) -> int:
    """Say what went wrong and return the exit code for it."""
    match error:
        case SystemExit(code=1) if _COMPLETING not in os.environ:
            return 141  # click's way to end when nobody reads any more
        case SystemExit():
            return error.code if isinstance(error.code, int) else 1
        case click.UsageError():
            command = error.ctx.command_path if error.ctx else "klcli"
            _say(f"{error.format_message()} (see {command} --help)")
            return 2
        case click.ClickException():
            _say(error.format_message())
            return 2
        case KlcliError():
            _say(str(error))
            return error.exit_code
        case BrokenPipeError():
            return 141
        case KeyboardInterrupt() | click.Abort():
            return 130
        case MemoryError():
            _say("not enough memory for this input")
            return 71
        case OSError():
            _say(f"cannot write: {error.strerror or error}")
            return 74
    _say(f"a bug in klcli: {type(error).__name__}: {error}; please report it with --debug at {ISSUES}")
    return 70


def _say(message: str) -> None:
    with contextlib.suppress(OSError, ValueError, AttributeError):
        sys.stderr.write(f"klcli: {printable(message)}\n")
        sys.stderr.flush()


def _let_go_of(stream: Any) -> None:
    """Point a stream that cannot be written to where everything fits: at exit it would fail once more."""
    try:
        if stream is not None:
            stream.flush()
    except (OSError, ValueError):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
