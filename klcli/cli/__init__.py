"""The command line: every command reads, computes and shows; every error ends here, in one line."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from klcli import __version__, rooms
from klcli.cli.options import common_options, printing
from klcli.cli.show import SETTINGS, say, tell
from klcli.errors import KlcliError
from klcli.measures import MEASURES
from klcli.render import printable

_COMPLETING = "_KLCLI_COMPLETE"  # the variable by which a shell asks click for completions
ISSUES = "https://github.com/klcli/klcli/issues"


ROOMS = {  # where the commands are, in reading order, and what each is said to be
    "discrete": {
        **{each.name: f"{each.title}, {each.formula.partition(' = ')[0]}." for each in MEASURES.values()},
        "compare": "Several Qs against one P, ranked.",
        "code": "Codewords for P, or for Q used on P, and what they cost.",
        "check": "D(P‖Q) by independent implementations, and its laws.",
    },
    "families": {"continuous": "D(F‖G) between families: normal(0,1), gamma(2,1) ..."},
    "models": {
        "loss": "KLDivLoss of a batch: D(target‖input).",
        "vae": "The KL term of a VAE, latent by latent.",
        "distill": "The loss of distillation: T²·D(teacher‖student).",
    },
    "charts": {"plot": "Bars of P and the Qs, and what each outcome adds."},
    "counts": {"count": "How often each value stands in a column of data."},
    "drift": {
        "drift": "How far a table has moved from a reference, column by column.",
        "profile": "Tables as counts, to be kept and put together.",
    },
}


class Commands(click.Group):
    """The commands by their names, in reading order; the room of one is imported when it is run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names in reading order."""
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The name of the command that is asked for, the command itself, and its arguments."""
        name, said, rest = super().resolve_command(ctx, args)
        return name, said and command(str(name)), rest


def command(name: str) -> click.Command:
    """The command of that name, from its room."""
    room = next(room for room, names in ROOMS.items() if name in names)
    found: list[click.Command] = rooms.load("cli", room).COMMANDS
    return next(each for each in found if each.name == name)


_ABOUT = """Every divergence with its working shown: exact, explained and pipeable.

A SOURCE is a file (CSV, TSV, JSON, YAML), a column of one (balls.csv::p), numbers (0.5,1/4,1/4 or A=1/2,B=1/2) or -
for standard input. Distributions are matched by the labels of their outcomes.

\b
  klcli kl p.csv q.csv              how far is Q from P, term by term
  klcli entropy --base 2 < p.csv    how many bits a draw tells
  klcli kl p.csv q.csv --json       for other programs

Every option can be set in the environment: --base as KLCLI_BASE, --format as KLCLI_FORMAT.
"""


@click.group(cls=Commands, help=_ABOUT, context_settings=SETTINGS)
def klcli() -> None:
    """Hold the commands."""


klcli.params += [
    printing("--version", text=lambda _: f"klcli {__version__}", about="Show the version and exit."),
    *common_options(),
]


for _names in ROOMS.values():
    for _name, _said in _names.items():
        klcli.add_command(click.Command(_name, short_help=_said))


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

            for line in traceback.format_exc().splitlines():
                tell(f"{printable(line)}\n")
        code = _report(error)
        _let_go_of(sys.stdout)
    _let_go_of(sys.stderr)
    return code


def _run(args: Sequence[str]) -> int:
    if not args and _COMPLETING not in os.environ:
        tell(klcli.get_help(click.Context(klcli, info_name="klcli", **SETTINGS)) + "\n")
        return 2
    return int(klcli.main(args, prog_name="klcli", standalone_mode=False) or 0)


def _report(error: BaseException) -> int:
    """Say what went wrong and return the exit code for it."""
    match error:
        case SystemExit(code=1) | KeyError() | ValueError() if _COMPLETING in os.environ:
            say(f"{_COMPLETING} is set, but not as a shell asks: bash_source, zsh_source or fish_source says how")
            return 2
        case SystemExit(code=1):
            return 141  # click's way to end when nobody reads any more
        case SystemExit():
            return error.code if isinstance(error.code, int) else 1
        case click.UsageError():
            command = error.ctx.command_path if error.ctx else "klcli"
            say(f"{error.format_message()} ({_variable(error)}see {command} --help)")
            return 2
        case click.ClickException():
            say(error.format_message())
            return 2
        case KlcliError():
            say(str(error))
            return error.exit_code
        case BrokenPipeError():
            return 141
        case KeyboardInterrupt() | click.Abort():
            return 130
        case MemoryError():
            say("not enough memory for this input")
            return 71
        case ImportError() if "failed to map" in str(error) or "cannot allocate memory" in str(error).lower():
            say("not enough memory to load what this needs")
            return 71
        case OSError(errno=errno.EMFILE | errno.ENFILE):
            say("not enough open files are allowed: raise the limit, as with ulimit -n 64")
            return 71
        case OSError():
            say(f"cannot write: {error.strerror or error}")
            return 74
    say(f"a bug in klcli: {type(error).__name__}: {error}; please report it with --debug at {ISSUES}")
    return 70


def _variable(error: click.UsageError) -> str:
    """The variable of the environment that holds the value which is wrong, if it is from there."""
    if not isinstance(error, click.BadParameter) or error.ctx is None or error.param is None:
        return ""
    name = error.param.name or ""
    is_there = error.ctx.get_parameter_source(name) is click.core.ParameterSource.ENVIRONMENT
    named = error.param.envvar or f"KLCLI_{name.upper()}"
    return f"from {named if isinstance(named, str) else ' or '.join(named)}; " if is_there else ""


def _let_go_of(stream: Any) -> None:
    """Point a stream that cannot be written to where everything fits: at exit it would fail once more."""
    try:
        if stream is not None:
            stream.flush()
    except (OSError, ValueError):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
