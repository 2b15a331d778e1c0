"""What commands take: the types of values, and the options that commands share, each with one meaning everywhere."""

from __future__ import annotations

import functools
import math
import os
import re
from collections.abc import Callable
from typing import Any

import click
from click.shell_completion import CompletionItem

from klcli import output, rooms, sources
from klcli.distribution import Smoothing
from klcli.errors import KlcliError, clipped
from klcli.measure import Measure
from klcli.numerals import NumeralError, number

_UNDECODED = re.compile("[\udc80-\udcff]")  # how Python hands on bytes that are no text to the locale


class Source(click.ParamType):
    """A file, a column of one, inline text or - for standard input; completed as a file name."""

    name = "source"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The source, with labels and names of columns as text whatever the locale, or a usage error.

        Bytes that the locale cannot read are taken for the UTF-8 that they are in a file. Those of a file's name
        stay as they are, as that is how the file is found.
        """
        path, column = sources.split(value)
        try:
            if column is not None:
                return f"{path}::{_utf_8(column)}"
            is_inline = not os.path.exists(path) and ("=" in path or "," in path)
            return _utf_8(value) if is_inline else str(value)
        except UnicodeError:
            self.fail(
                f"{clipped(value)}: is not UTF-8: run klcli in a locale of UTF-8, or read it from a file", param, ctx
            )

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Leave it to the shell to complete a file name."""
        return [CompletionItem(incomplete, type="file")]


class Text(click.ParamType):
    """Any text; the name stands for it in the help."""

    def __init__(self, name: str = "text") -> None:
        self.name = name

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text, whatever the locale, or a usage error where it is no UTF-8."""
        try:
            return _utf_8(value)
        except UnicodeError:
            self.fail(f"{clipped(value)}: is not UTF-8: write it in UTF-8", param, ctx)


def _utf_8(text: str) -> str:
    """The text, decoded anew where the locale's encoding could not."""
    return text if text.isascii() or not _UNDECODED.search(text) else os.fsencode(text).decode("utf-8")


class Number(click.ParamType):
    """A number as everywhere: a decimal or a fraction, within limits; some words stand for numbers."""

    def __init__(
        self, name: str, least: float, *, most: float = math.inf, above: bool = False, **words: float
    ) -> None:
        self.name, self.least, self.most, self.above, self.words = name, least, most, above, words

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number, or a usage error that names the option."""
        if isinstance(value, int | float):
            return float(value)
        if value in self.words:
            return self.words[value]
        try:
            found = number(value)
        except NumeralError as error:
            self.fail(f"{error}: {self._right()}", param, ctx)
        if not self.least <= found <= self.most or (self.above and found == self.least):
            self.fail(f"{value.strip()} is out of range: {self._right()}", param, ctx)
        return found

    def _right(self) -> str:
        limits = [] if self.least == -math.inf else [f"{'>' if self.above else '>='} {self.least:g}"]
        limits += [] if self.most == math.inf else [f"<= {self.most:g}"]
        return " or ".join([" ".join(["give a number", " and ".join(limits)]).strip(), *self.words])


class Size(click.ParamType):
    """A number of bytes: 5000, 100MB, 2GiB."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number of bytes, or a usage error."""
        match = re.fullmatch(r"(\d{1,15})\s*([kKMGT]?)(i?)B?", str(value).strip(), re.ASCII)
        if match is None:
            self.fail(f"{value!r} is no size: give bytes, or as 100MB or 2GiB", param, ctx)
        factor: int = (1024 if match[3] else 1000) ** " KMGT".index(match[2].upper() or " ")
        return int(match[1]) * factor


class Names(click.ParamType):
    """Names with commas between them, each one of a few."""

    name = "names"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """The names, or a usage error that lists what there is."""
        from klcli.comparison import checked

        try:
            return checked(*(value.split(",") if isinstance(value, str) else value))
        except KlcliError as error:
            self.fail(str(error), param, ctx)


class Checked(Text):
    """A text that a function checks, so that a wrong one is refused before anything is read.

    Where it `converts`, what the function returns is the value.
    """

    def __init__(self, name: str, check: Callable[[str], Any], *, converts: bool = False) -> None:
        super().__init__(name)
        self.check, self.converts = check, converts

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text, or a usage error that says what there is."""
        text = super().convert(value, param, ctx)
        try:
            found = self.check(text)
        except KlcliError as error:
            self.fail(str(error), param, ctx)
        return str(found) if self.converts else text


def option(*names: str, **facts: Any) -> click.Option:
    """A click option that keeps the name of its environment variable out of the help."""
    return click.Option(names, show_envvar=False, **facts)


def printing(*names: str, text: Callable[[click.Context], str], about: str) -> click.Option:
    """An option that prints a text and ends the command; written like any answer, whole or with an error."""

    def callback(ctx: click.Context, _: click.Parameter, asked: bool) -> None:
        if asked and not ctx.resilient_parsing:
            output.write(f"{text(ctx)}\n".encode(output.encoding(), "backslashreplace"))
            ctx.exit()

    return option(
        *names,
        is_flag=True,
        is_eager=True,
        expose_value=False,
        allow_from_autoenv=False,  # KLCLI_VERSION in the environment is not for us
        callback=callback,
        help=about,
    )


@functools.cache  # the same for all: help, which makes every command, is not to wait for each anew
def common_options() -> tuple[click.Parameter, ...]:
    """What every command takes."""
    return (
        option("--debug", is_flag=True, expose_value=False, help="Show the traceback of an error."),
        printing("-h", "--help", text=lambda ctx: ctx.get_help(), about="Show this message and exit."),
    )


@functools.cache
def base_option(default: float = math.e) -> click.Option:
    """The base of the logarithms."""
    return option(
        "-b",
        "--base",
        type=Number("base", 1, above=True, e=math.e),
        default="e" if default == math.e else default,
        show_default=True,
        help="Base of the logarithms: 2 for bits, e for nats, 10, or any number above 1.",
    )


def measure_options(measure: Measure) -> list[click.Parameter]:
    """The options that the parameters of a measure become: those of known names, or else plain numbers."""
    return [_measure_option(measure, name) for name in measure.options]


def _measure_option(measure: Measure, name: str) -> click.Option:
    default = measure.options[name]
    if name == "base":
        return base_option(default)
    facts = {"required": True} if name in measure.required else {"default": default, "show_default": True}
    if name == "alpha":
        kind = Number("order", 0, inf=math.inf)
        return option("--alpha", type=kind, help="Order of the divergence, a number from 0.", **facts)
    return option(f"--{name.replace('_', '-')}", type=Number("number", -math.inf), **facts)


@functools.cache
def input_options() -> tuple[click.Parameter, ...]:
    """What commands take that read distributions."""
    return (
        option("--normalize", is_flag=True, help="Take weights of any sum and divide them by it."),
        option(
            "--smooth",
            type=Checked("method", Smoothing.parse),
            help="Give every outcome mass: laplace, jeffreys, mix=X or floor=X.",
        ),
        option(
            "--duplicates",
            type=click.Choice(["refuse", "sum"]),
            default="refuse",
            show_default=True,
            help="What to do with outcomes that stand twice.",
        ),
        *reading_options(),
    )


@functools.cache
def text_options() -> tuple[click.Parameter, ...]:
    """How text is written, where that does not show."""
    return (
        option(
            "--encoding",
            type=Checked("name", sources.known_encoding),
            help="Encoding of every input that has no mark of its own; UTF-8 without it.",
        ),
        option(
            "--delimiter",
            type=Checked("sign", _known_delimiter, converts=True),
            help="What separates the columns of a table: a sign, or tab.",
        ),
        option(
            "--decimal",
            type=click.Choice([".", ","]),
            default=".",
            show_default=True,
            help="The decimal sign in tables.",
        ),
    )


def _known_delimiter(text: str) -> str:
    from klcli.readers import known_delimiter  # which imports much, and help and data do without

    return known_delimiter(text)


READING = ("input_format", "encoding", "delimiter", "decimal", "max_size")  # the options of readers.reading


@functools.cache
def reading_options() -> tuple[click.Parameter, ...]:
    """How what is read is written, where that does not show."""
    from klcli import readers

    return (
        option("--input-format", type=click.Choice(list(readers.FORMATS)), help="Format of every input."),
        *text_options(),
        option(
            "--max-size",
            type=Size(),
            envvar=["KLCLI_MAX_SIZE", "KLCLI_MAX_BYTES"],
            default="2GiB",
            show_default=True,
            help="The most that is read, or unpacked, from one input.",
        ),
    )


@functools.cache
def output_options(default: str = "table", shown: str | bool = True) -> tuple[click.Parameter, ...]:
    """What commands take that show results, in the format of that name unless they are asked otherwise."""
    return (
        option(
            "-f",
            "--format",
            type=click.Choice(rooms.names("render"), case_sensitive=False),
            default=default,
            show_default=shown,
            help="Format of the answer, whatever the ending of --output, which names it otherwise.",
        ),
        option("--json", "as_json", is_flag=True, envvar="KLCLI_JSON", help="Short for --format json."),
        option("-o", "--output", type=click.Path(), help="Write to this file, whole or not at all."),
        option(
            "--digits",
            type=click.IntRange(1, 17),
            default=6,
            show_default=True,
            help="Digits after the point, for reading; machine formats have them all.",
        ),
        option("--escape-formulas", is_flag=True, help="Mark text in CSV and TSV that a spreadsheet would run."),
        option("--steps/--no-steps", default=None, help="Show the terms, or the value alone."),
        option("--top", type=click.IntRange(min=1), help="Show this many terms, the largest contributions first."),
        option("--explain", is_flag=True, help="Say what it means, with the numbers put in."),
        option(
            "--fail-above",
            type=Number("number", -math.inf),
            help="Exit with 1 where the value is above this.",
        ),
        *common_options(),
    )
