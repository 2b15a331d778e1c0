"""The commands for tables: how far one has moved from another, and tables kept as counts."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import chain
from typing import Any, BinaryIO, NamedTuple

import click

from klcli import engines, output, profiles, sources, streams
from klcli.cli.engine import READING, data_options, started_engine
from klcli.cli.options import Checked, Number, Source, Text, common_options, option, output_options
from klcli.cli.show import SETTINGS, Command, refuse_inputs, say, show, tell
from klcli.columns import FormatError, as_chosen, as_typed, repeated
from klcli.distribution import Smoothing, listed
from klcli.engines import MOST_BINS, Engine, Table
from klcli.errors import InputError, OptionError, clipped
from klcli.profiles import Joint, Profile
from klcli.render import printable


def _limits(text: str) -> dict[str, float]:
    from klcli.drift import limits

    return limits(text)


def _columns_options() -> tuple[click.Parameter, ...]:
    return (
        option("--columns", type=Text("names"), help="Compare these columns alone, with commas between them."),
        option("--exclude", type=Text("names"), help="Leave these columns out."),
        option(
            "--bins",
            type=click.IntRange(2, MOST_BINS),
            default=10,
            show_default=True,
            help="Bins of numbers, days and times, of equally many rows of the reference.",
        ),
    )


@click.command(
    "drift",
    cls=Command,
    params=[
        click.Argument(["reference"], type=Source(), metavar="REFERENCE"),
        click.Argument(["current"], type=Source(), metavar="CURRENT"),
        *_columns_options(),
        option(
            "--missing/--no-missing",
            default=True,
            show_default=True,
            help="Whether missing values are outcomes: (missing), and NaN apart.",
        ),
        option(
            "--fdr",
            type=Number("share", 0, most=1),
            default=0.05,
            show_default=True,
            help="False alarms among alarms.",
        ),
        option(
            "--effect",
            type=Number("nats", 0),
            default=0.01,
            show_default=True,
            help="The least JS(P,Q) that matters.",
        ),
        option(
            "--smooth",
            type=Checked("method", Smoothing.parse),
            help="Give every outcome mass: laplace, jeffreys, mix=X or floor=X.",
        ),
        option("--save-profile", type=click.Path(), help="Write the reference to this file, as counts without rows."),
        option(
            "--fail-above",
            type=Checked("limits", _limits),
            help="Exit with 1 where a column is above a limit: psi=0.2,js=0.05, or drifted=0 for any that drifted.",
        ),
        *data_options(),
        *(each for each in output_options() if each.name != "fail_above"),
    ],
)
def drift_command(reference: str, current: str, **given: Any) -> int:
    """How far each column of CURRENT is from REFERENCE, the worst first, beside what chance alone would do.

    P is the reference and Q the current table. Numbers, days and times are compared in bins of the reference, words
    and truth values by themselves, missing values as outcomes. A column has drifted where the divergence is larger
    than chance makes it (by a G-test, over all columns) and large enough to matter (--effect). REFERENCE, or both,
    may be a profile, as klcli profile and --save-profile write them.
    """
    from klcli.drift import drift, exceeded, limits

    sources.refuse_stdin_twice((reference, current), "table")
    for written in ("output", "save_profile"):
        refuse_inputs([reference, current], given, engines.inputs, written)
    kept = given["save_profile"]
    if kept is not None:
        output.refuse_same(kept, "--save-profile", given["output"], "--output")
    with contextlib.ExitStack() as stack:
        started = functools.cache(lambda: stack.enter_context(started_engine(given)))
        sides = [_side(source, stack, started, given) for source in (reference, current)]
        p = _profile(sides[0], given, beside=sides[1].columns)
        q = _profile(sides[1], given, beside=sides[0].columns, like=p)
        table, other = (side.table for side in sides)
        options = {name: given[name] for name in ("fdr", "effect", "smooth", "missing")}
        if table is None and other is None:
            _refuse_unused(p.name, READING)
        joined = (
            None if table is None or other is None else functools.partial(_joined, table, other, p, given["missing"])
        )
        if p.name == q.name and reference != current:  # files of two folders
            p, q = replace(p, name=reference), replace(q, name=current)
        results = drift(p, q, sensitivity=given["explain"], joined=joined, **options)
    code = show(results, given | {"fail_above": None}, {} if kept is None else {kept: _written(p)})
    above = exceeded(results, limits(given["fail_above"])) if given["fail_above"] else []
    for line in above:
        say(f"{line} (--fail-above)")
    return 1 if above else code


def _joined(p: Table, q: Table, kinds: Profile, missing: bool, title: str) -> Joint:
    """The comparison of a column whose labels are too many, as those of the kind that it is of in the profile."""
    kind = kinds.columns[title].kind
    x, y = (engines.as_label(kind, table.fields[title], table.forms) for table in (p, q))
    return engines.joint(p, x, q, y, missing)


class _Side(NamedTuple):
    """What a source names: a profile that was kept, or a table that is still to be counted."""

    name: str
    columns: list[str]
    kept: Profile | None = None
    table: Table | None = None


def _side(source: str, stack: contextlib.ExitStack, started: Callable[[], Engine], given: dict[str, Any]) -> _Side:
    """The profile that the source is, or the table that it names."""
    kept = _kept_profile(source, stack)
    if kept is not None:
        return _Side(kept.name, [*kept.columns], kept=kept)
    table = engines.opened(started(), source, **{name: given[name] for name in READING})
    if table.column is not None:
        raise InputError(f"{table.name}: ::{table.column} is a column: give --columns {as_chosen(table.column)}")
    return _Side(table.name, [*table.fields], table=table)


def _profile(side: _Side, given: dict[str, Any], beside: Iterable[str], like: Profile | None = None) -> Profile:
    """The profile of those columns that are wanted; what it is compared with has the names `beside`."""
    names = _chosen(side, given, beside)
    if not names and like is None:
        raise InputError(f"{side.name}: no column is left of {listed(side.columns, 20)}")
    if side.kept is not None:
        if like is None and _is_typed("bins"):
            raise OptionError(f"{side.name}: was counted in bins of its own: leave --bins out")
        return profiles.only(side.kept, names)
    assert side.table is not None
    columns = {}
    for name, column in engines.profile(side.table, names, given["bins"], like):
        columns[name] = column
        _progress(f"{side.name}: {len(columns)} of {len(names)} columns")
    _progress("")
    return Profile(side.name, side.table.rows("SELECT count(*)")[0][0], columns, side.table.notes)


def _refuse_unused(name: str, options: Iterable[str]) -> None:
    """Raise OptionError for one of these options that was given for a profile, whose rows are counted already."""
    given = next(filter(_is_typed, options), None)
    if given is not None:
        raise OptionError(f"{name}: is a profile, counted already: leave --{given.replace('_', '-')} out")


def _is_typed(option: str) -> bool:
    """Whether the option of this name stands on the command line."""
    return click.get_current_context().get_parameter_source(option) is click.core.ParameterSource.COMMANDLINE


def _progress(text: str) -> None:
    """Show how far it is, in one line that the next one takes the place of, on a terminal alone."""
    if sys.stderr is not None and sys.stderr.isatty():
        tell(f"\r\x1b[K{printable(text)}")


def _kept_profile(source: str, stack: contextlib.ExitStack) -> Profile | None:
    """The profile that the source is; None where it is none, or no file.

    What comes from a pipe is copied to a file, which engines open again until the stack is closed.
    """
    path, name = sources.split(source)
    if path == sources.STDIN or sources.is_pipe(path):
        path = f"/dev/fd/{stack.enter_context(streams.held(path)).fileno()}"
    if name is not None or not os.path.isfile(path):
        return None
    try:
        with open(path, "rb") as file:
            ends = _ends_of(file)
    except OSError as error:
        raise InputError(sources.missing(source, error, or_numbers=False)) from None
    names = ('"klcli_profile"'.encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be"))
    return _needed_profile(source, path) if any(name in ends for name in names) else None


def _ends_of(file: BinaryIO) -> bytes:
    """How the file begins and ends: names that were sorted put a profile's own name last.

    Where it is packed, and more than a profile is or none of JSON, its end is not looked for.
    """
    start = file.read(400)
    if sources.packing_of(start):
        unpacked = b""
        with contextlib.suppress(FormatError):  # whoever reads it will say so
            for block in streams.blocks(file):
                unpacked += block
                if len(unpacked) > _LARGEST or b"{" not in unpacked[:400]:
                    break
        return unpacked[:400] + unpacked[-400:]
    file.seek(max(os.fstat(file.fileno()).st_size - 400, 0))
    return start + file.read()


_LARGEST = 2**24  # bytes of a packed profile, to whose end it is looked through


def _needed_profile(source: str, path: str | None = None) -> Profile:
    """The profile that the source is to be, or what is in its copy; raises InputError where that is no whole one."""
    import json

    called = sources.called_in_messages(source)
    try:
        text = sources.text(sources.content(path or source))
    except FormatError as error:
        raise InputError(f"{called}: {error}") from None
    try:
        tree = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        if '"klcli_profile"' in text:
            raise InputError(f"{called}: no whole profile: {error}") from None
        tree = None
    if not profiles.is_profile(tree):
        raise InputError(f"{called}: is no profile: klcli profile count makes one")
    return profiles.from_tree(tree, sources.called_in_outputs(source))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The mapping of these names, of which none may stand twice."""
    twice = repeated(name for name, _ in pairs)
    if twice is not None:
        raise ValueError(f"two members called {clipped(twice)!r}")
    return dict(pairs)


def _written(profile: Profile) -> bytes:
    import json

    from klcli.render.json import encoded

    return encoded(json.dumps(profiles.to_tree(profile), ensure_ascii=False, allow_nan=False, indent=1) + "\n")


def _chosen(side: _Side, given: dict[str, Any], beside: Iterable[str]) -> list[str]:
    """The names of the columns to count; those that only the other side has are not, but they may be named."""
    known = [*side.columns, *beside]
    options = ("columns", "exclude")
    named = {option: _named(given[option], known) for option in options if given[option] is not None}
    for name in chain(*named.values()):
        if name not in known:
            raise InputError(f"{side.name}: no column {clipped(name)!r} among {listed(side.columns, 20)}")
    wanted, left_out = {*named.get("columns", known)}, {*named.get("exclude", ())}
    return [name for name in side.columns if name in wanted and name not in left_out]


def _named(text: str, known: list[str]) -> list[str]:
    """The columns that an option names: one, or several with commas between, in quotes where a name has a comma."""
    import csv

    if text in known:
        return [text]
    try:
        (cells,) = csv.reader([text], strict=True) if '"' in text else [text.split(",")]
    except (csv.Error, ValueError):
        cells = text.split(",")
    typed = {as_typed(name): name for name in known}
    return [cell if cell in known else typed.get(cell, cell) for cell in cells]


# Profiles


_ABOUT_PROFILES = """Tables as counts, a column at a time, without rows: what klcli drift compares,
to be kept and put together.

\b
  klcli profile count may.parquet -o may.json
  klcli profile count june-1.csv --like may.json -o june-1.json
  klcli profile merge june-*.json -o june.json
  klcli drift may.json june.json
"""


@click.group(
    "profile",
    help=_ABOUT_PROFILES,
    context_settings=SETTINGS,
)
def profile_group() -> None:
    """Hold the commands."""


@click.command(
    "count",
    cls=Command,
    short_help="The profile of a table.",
    params=[
        click.Argument(["data"], type=Source(), metavar="DATA"),
        option("--like", type=click.Path(), help="Count in the bins of this profile, so that both can be compared."),
        *_columns_options(),
        *data_options(),
        option("-o", "--output", type=click.Path(), help="Write to this file, whole or not at all."),
        *common_options(),
    ],
)
def profile_count_command(data: str, like: str | None, **given: Any) -> None:
    """The profile of a table: how often each value of a column comes, or how many are in each bin, as JSON."""
    read = [data, *([like] if like else [])]
    refuse_inputs(read, given, engines.inputs)
    sources.refuse_stdin_twice(read, "profile")
    if like and _is_typed("bins"):
        raise OptionError(f"--like {like} has bins of its own: leave --bins out")
    model = _needed_profile(like) if like else None
    with contextlib.ExitStack() as stack:
        side = _side(data, stack, lambda: stack.enter_context(started_engine(given)), given)
        found = _profile(side, given, beside=model.columns if model else (), like=model)
    if side.table is None:
        _refuse_unused(found.name, ("like", *READING))
    output.write(_written(found), given["output"])
    uncounted = [name for name, column in found.columns.items() if column.kind == profiles.UNCOUNTED]
    if model is not None and uncounted:
        say(f"note: {found.name}: not in {model.name}, so not counted: {listed(uncounted, 20)}")
    for note in found.notes:
        say(f"note: {found.name}: {note}")


@click.command(
    "merge",
    cls=Command,
    short_help="One profile of the rows of several.",
    params=[
        click.Argument(["files"], type=click.Path(), metavar="PROFILE...", nargs=-1, required=True),
        option("-o", "--output", type=click.Path(), help="Write to this file, whole or not at all."),
        *common_options(),
    ],
)
def profile_merge_command(files: tuple[str, ...], **given: Any) -> None:
    """One profile of all the rows that several have counted in the same bins, as a day at a time, anywhere."""
    refuse_inputs(files, given)
    sources.refuse_stdin_twice(files, "profile")
    found = [_needed_profile(file) for file in files]
    name = os.path.basename(given["output"] or "merged")
    output.write(_written(profiles.merged(found, name)), given["output"])


for _command in (profile_count_command, profile_merge_command):
    profile_group.add_command(_command)
profile_group.params += common_options()

COMMANDS: list[click.Command] = [drift_command, profile_group]
