"""The engine that counts or adds up: how one is chosen and started, and the measures whose sums it makes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from klcli.cli.options import Checked, Text, option, text_options
from klcli.cli.show import refuse_inputs, say
from klcli.errors import OptionError
from klcli.sources import MAX_SIZE

if TYPE_CHECKING:
    from klcli.engines import Engine
    from klcli.result import Result

READING = ("input_format", "encoding", "delimiter", "decimal", "header", "null")  # the options of engines.opened
_NAMED = 20  # outcomes, of which the terms are shown


def engine_option() -> click.Option:
    """What adds up a measure whose distributions are too big to be fetched."""
    return option(
        "--engine",
        type=Checked("engine", known_engine),
        allow_from_autoenv=False,  # KLCLI_ENGINE is for data, and most distributions are small
        help="Have duckdb, spark or the Spark of a URL put outcomes together and add up, within 1e-9.",
    )


def data_options() -> tuple[click.Parameter, ...]:
    """How raw data are read, and what counts them."""
    from klcli.engines import FORMATS

    return (
        option(
            "--engine",
            type=Checked("engine", known_engine),
            default="duckdb",
            show_default=True,
            help="What counts: duckdb, spark, or the URL of a Spark: local[2], spark://host:7077, sc://host:15002.",
        ),
        option("--jobs", type=click.IntRange(min=1), help="Threads that count; as many as processors without it."),
        option("--input-format", type=click.Choice(FORMATS), help="Format of every input."),
        *text_options(),
        option("--header/--no-header", default=None, help="Whether the first row of a table names its columns."),
        option(
            "--null",
            multiple=True,
            type=Text(),
            help="Text that stands for a missing value, as NA does; of columns with types the value.",
        ),
    )


def known_engine(text: str) -> tuple[str, str]:
    """The name and the URL of the engine that is meant, or OptionError where there is no such engine."""
    from klcli.engines import chosen  # which imports much, and most commands do not need

    return chosen(text)


@contextlib.contextmanager
def started_engine(given: dict[str, Any]) -> Iterator[Engine]:
    """The engine that was asked for; of one that takes its time to start it is said so."""
    from klcli.engines import started

    name, url = known_engine(given["engine"])
    if name == "spark":
        say(f"starting Spark ({url or 'on this machine'})")
    with started(given["engine"], given.get("jobs")) as engine:
        yield engine


def summed(measure: str, sources: Sequence[str], given: dict[str, Any]) -> Result:
    """The measure of these tables, of which an engine makes the sums, and fetches the largest terms alone."""
    from klcli import engines, sums

    is_usual = {"smooth": None, "duplicates": "refuse", "decimal": ".", "max_size": MAX_SIZE}
    wrong = next((name for name, usual in is_usual.items() if given[name] != usual), None)
    if wrong is not None:
        raise OptionError(
            f"--{wrong.replace('_', '-')} is not for --engine, which adds up what is there: leave one of them out"
        )
    refuse_inputs(sources, given, engines.inputs)
    how = {name: given[name] for name in ("input_format", "encoding", "delimiter")}
    name, _ = known_engine(given["engine"])
    with started_engine(given) as engine:
        sides = []
        for source in sources:
            table = engines.opened(engine, source, **how)
            sides.append(engines.weights(table, given["normalize"]))
        found = engines.sums(sides[0], sides[1] if len(sides) > 1 else None, given["top"] or _NAMED)
    facts = [sums.Side(side.name, side.total, side.is_counted, side.notes) for side in sides]
    called = {"duckdb": "DuckDB", "spark": "Spark"}[name]
    return sums.result(measure, facts, found, called, given["base"])
