"""The commands of the measures, and several Qs against one P."""

from __future__ import annotations

import inspect
import re
from typing import Any

import click

from klcli import coding
from klcli.cli.engine import engine_option, summed
from klcli.cli.options import Names, Source, base_option, input_options, measure_options, option, output_options
from klcli.cli.show import Command, default_source, read, read_one, show
from klcli.comparison import COMPARABLE, USUAL, compare
from klcli.errors import InputError
from klcli.measure import Measure
from klcli.measures import MEASURES
from klcli.prefix_codes import CODES

SUMMED = ("kl", "entropy")  # of which an engine can make the sums


def measure_command(measure: Measure) -> click.Command:
    """The command of a measure: its sides are arguments, its parameters options, its docstring the help."""

    def run(**given: Any) -> int:
        sources = [default_source() if given[side] is None else given[side] for side in measure.sides]
        if given.get("engine") is not None:
            return show([summed(measure.name, sources, given)], given | {"top": None})
        data = read_one(sources, given)
        options = {name: given[name] for name in measure.options}
        return show([measure(*data, smooth=given["smooth"], **options)], given)

    alone = len(measure.sides) == 1
    return Command(
        measure.name,
        callback=run,
        params=[
            *(
                click.Argument([side], type=Source(), metavar="[P]" if alone else side.upper(), required=not alone)
                for side in measure.sides
            ),
            *measure_options(measure),
            *([engine_option()] if measure.name in SUMMED else []),
            *input_options(),
            *output_options(),
        ],
        help=_help(measure),
    )


def _help(measure: Measure) -> str:
    text = inspect.getdoc(measure.function) or ""
    text = re.sub(r"\s+Source: ", "\n\nSource: ", text.partition(">>>")[0])
    return f"{text}\n\n\b\n{measure.formula}"


@click.command(
    "compare",
    cls=Command,
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
)
def compare_command(sources: tuple[str, ...], measures: tuple[str, ...], by: str, base: float, **given: Any) -> int:
    """Every Q against P, nearest first: both directions of KL, cross-entropy, JS, TV and PSI.

    P is the first distribution and the Qs are the others, whether they stand in one file or in several. The ratio
    is that to the best Q. --steps shows the terms of every one.
    """
    p, *qs = (each for found in read(sources, given) for each in found)
    if not qs:
        raise InputError(f"{p.name}: is one distribution: compare needs P and at least one Q")
    return show(compare(p, *qs, measures=measures, by=by, base=base, smooth=given["smooth"]), given)


@click.command(
    "code",
    cls=Command,
    params=[
        click.Argument(["p"], type=Source(), metavar="[P]", required=False),
        click.Argument(["q"], type=Source(), metavar="[Q]", required=False),
        option("--code", type=click.Choice(tuple(CODES)), default="huffman", show_default=True, help="The code."),
        option("--total", type=click.IntRange(min=1), help="Length of the corpus, where P holds no counts."),
        *input_options(),
        *output_options(),
    ],
)
def code_command(p: str | None, q: str | None, code: str, total: int | None, **given: Any) -> int:
    """The codebook of P with its mean length in bits; with Q, what P takes in the code that was made for Q.

    Huffman's words are the shortest that can be told apart, Shannon's have ⌈log₂ 1/p⌉ bits, and ideal lengths are
    −log₂ p. Of equal weights the one that was made first is joined first, outcomes before groups; words of one
    length follow each other in the outcomes' order. Counts, or --total, give the length of the whole corpus too.
    """
    sources = [default_source() if p is None else p, *([] if q is None else [q])]
    data = read_one(sources, given)
    return show([coding.code(*data, code=code, total=total, smooth=given["smooth"])], given)


@click.command(
    "check",
    cls=Command,
    params=[
        click.Argument(["p"], type=Source(), metavar="P"),
        click.Argument(["q"], type=Source(), metavar="Q"),
        click.Argument(["r"], type=Source(), metavar="[R]", required=False),
        base_option(),
        *input_options(),
        *output_options(),
    ],
)
def check_command(p: str, q: str, r: str | None, base: float, **given: Any) -> int:
    """The same D(P‖Q) by plain Python, numpy, scipy, PyTorch and mpmath, and the laws that it must obey.

    Where they disagree by more than is stated, or a law is broken, the exit code is 1. With a third distribution R
    the triangle inequality is tried, which the divergence need not obey; where it holds for these three, a
    counterexample near them is shown.
    """
    from klcli.crosscheck import implementations  # which imports much, and this command alone needs
    from klcli.laws import laws

    sources = [p, q] if r is None else [p, q, r]
    data = read_one(sources, given)
    options = {"base": base, "smooth": given["smooth"]}
    return show([implementations(*data[:2], **options), laws(*data, **options)], given)


COMMANDS: list[click.Command] = [
    *map(measure_command, MEASURES.values()),
    compare_command,
    code_command,
    check_command,
]
