"""The command that draws: the article's bars, and what each outcome adds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click

from klcli.cli.options import Source, base_option, input_options, output_options
from klcli.cli.show import Command, default_source, read, show
from klcli.measures import entropy, kl


@click.command(
    "plot",
    cls=Command,
    params=[
        click.Argument(["sources"], type=Source(), metavar="[P] [Q...]", nargs=-1),
        base_option(),
        *input_options(),
        *output_options(default="bars"),
    ],
)
def plot_command(sources: tuple[str, ...], base: float, **given: Any) -> int:
    """The probabilities side by side, and the signed terms of D(P‖Q) for each Q; of H(P) where there is no Q.

    P is the first distribution and the Qs are the others, whether they stand in one file or in several. With
    --output the chart is drawn as PNG, SVG or PDF, by the ending of the file; without it, in the terminal.
    """
    p, *qs = (each for found in read(sources or (default_source(),), given) for each in found)
    smooth = given["smooth"]
    if not qs:
        return show([entropy(p, base=base, smooth=smooth)], given)
    results = [kl(p, q, base=base, smooth=smooth) for q in qs]
    several = len(qs) > 1
    return show([replace(each, label=each.inputs["q"]) if several else each for each in results], given)


COMMANDS: list[click.Command] = [plot_command]
