"""The command that counts: rows of raw data to a distribution."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from klcli import engines, output, sources, streams
from klcli.cli.engine import READING, data_options, started_engine
from klcli.cli.options import Checked, Source, option, output_options
from klcli.cli.show import Command, default_source, refuse_inputs, show
from klcli.columns import FormatError
from klcli.counts import counts
from klcli.engines import MOST_BINS, Counts, Field, Table
from klcli.errors import InputError, OptionError
from klcli.numerals import NumeralError, counted, exact
from klcli.result import Result

if TYPE_CHECKING:
    from fractions import Fraction

_WITHOUT = {"(missing)": "without a value", "NaN": "of NaN"}


@click.command(
    "count",
    cls=Command,
    params=[
        click.Argument(["data"], type=Source(), metavar="[DATA[::COLUMN]]", required=False),
        option("--bins", type=click.IntRange(2, MOST_BINS), help="Count in this many bins of equally many values."),
        option(
            "--width",
            type=Checked("number", lambda text: _width(text)),
            help="Count in bins of this width: of days for dates, of seconds for times.",
        ),
        option("--by", type=click.Choice(streams.UNITS), help="Count these in a text."),
        option("--top", type=click.IntRange(min=1), help="Keep this many outcomes: the others become (others)."),
        option(
            "--min-count",
            type=click.IntRange(min=0),
            default=0,
            help="Keep outcomes that were seen at least this often.",
        ),
        option("--missing", is_flag=True, help="Count missing values as outcomes: (missing), and NaN apart."),
        *data_options(),
        *(each for each in output_options(shown="table, and csv in a pipe") if each.name != "top"),
    ],
)
def count_command(data: str | None, by: str | None, **given: Any) -> int:
    """How often each value stands in a column of raw data, the most frequent first.

    DATA is a file of CSV, TSV, JSON lines or Parquet, a pattern or a folder of such files, a table of a DuckDB or
    SQLite database (shop.db::orders::item), or standard input. Numbers are counted in bins with --bins or --width.
    With --by, DATA is any text, and its bytes, characters, words or lines are counted. In a pipe the answer is CSV,
    which every other command reads.
    """
    data = default_source() if data is None else data
    refuse_inputs([data], given, engines.inputs)
    result = _of_table(data, given) if by is None else _of_text(data, by, given)
    is_default = click.get_current_context().get_parameter_source("format") is click.core.ParameterSource.DEFAULT
    format_ = "csv" if is_default and output.columns(given["output"]) is None else given["format"]
    return show([result], given | {"format": format_, "top": None})


def _width(text: str) -> Fraction:
    try:
        width = exact(text)
    except NumeralError as error:
        raise OptionError(f"{error}: give a number > 0") from None
    if width <= 0:
        raise OptionError(f"{text.strip()} is out of range: give a number > 0")
    return width


def _of_text(path: str, unit: str, given: dict[str, Any]) -> Result:
    refused = [f"--{name.replace('_', '-')}" for name in ("bins", "width", "missing", "null") if given[name]]
    if refused:
        raise OptionError(f"--by counts {unit} of a text, and {refused[0]} is for columns of a table")
    path, column = sources.split(path)
    if column is not None:
        raise OptionError(f"--by counts {unit} of a whole text: leave ::{column} out")
    name = sources.called_in_outputs(path)
    try:
        tally = streams.tally(path, unit, given["encoding"])
    except FormatError as error:
        raise InputError(f"{name}: {error}") from None
    return counts(tally, name, unit=unit, top=given["top"], least=given["min_count"])


def _of_table(source: str, given: dict[str, Any]) -> Result:
    with started_engine(given) as engine:
        table = engines.opened(engine, source, **{name: given[name] for name in READING})
        field = table.field(table.column)
        name = f"{table.name}::{field.name}"
        notes = [f"{table.name}: {note}" for note in table.notes]
        if given["bins"] is None and given["width"] is None:
            found, is_binned = table.counts(field), False
            notes += [f"{name}: {field.note}"] if field.note else []
        else:
            found, is_binned = _binned(table, field, given), True
            notes += [f"{name}: whole numbers that stand for {field.unit}"] if field.unit else []
    tally = dict(zip(found.labels, found.counts, strict=True))
    left_out = engines.labels_of_missing(found)
    if given["missing"]:
        twice = next((label for label in left_out if label in tally), None)
        if twice is not None:
            raise OptionError(f"{name}: a value is called {twice}, as what is missing is to be: leave --missing out")
        tally |= left_out
    elif left_out:
        which = " and ".join(f"{counted(count, 'row')} {_WITHOUT[label]}" for label, count in left_out.items())
        notes.append(f"{name}: {which} left out (--missing counts them)")
    ordered = is_binned or not given["missing"]  # by the engine, but for what is missing
    return counts(tally, name, top=given["top"], least=given["min_count"], ordered=ordered, notes=notes)


def _binned(table: Table, field: Field, given: dict[str, Any]) -> Counts:
    """The values of the field in bins, which are wanted by their number or by their width."""
    (field,) = engines.typed(table, [field])
    if field.kind not in engines.ORDERED:
        (stats,) = table.stats([field])
        if stats.nulls == stats.rows:
            raise InputError(f"{table.name}::{field.name}: holds no values, of which there are no bins")
        cure = engines.cure_of_commas(table, field) if field.kind == "text" else ""
        raise InputError(
            f"{table.name}::{field.name}: is {field.kind}, which has no order: leave --bins or --width out{cure}"
        )
    if given["width"] is None:
        return engines.in_quantiles(table, field, given["bins"])[1]
    if given["bins"] is not None:
        raise OptionError("--bins and --width exclude each other")
    found = table.histogram(field, engines.even_edges(table, field, _width(given["width"])))
    used = [index for index, count in enumerate(found.counts) if count or 0 < index < len(found.counts) - 1]
    return found._replace(labels=[found.labels[i] for i in used], counts=[found.counts[i] for i in used])


COMMANDS: list[click.Command] = [count_command]
