"""The commands for models: KL as a loss, the KL term of a VAE, distillation."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click

from klcli import losses
from klcli.batches import KINDS
from klcli.cli.options import READING, Number, Source, option, output_options, reading_options
from klcli.cli.show import Command, default_source, refuse_inputs, show
from klcli.matrices import Matrix, matched, paired, read_matrix
from klcli.result import Result
from klcli.sources import pipes_kept, refuse_stdin_twice


def _read(sources: tuple[str, ...], given: dict[str, Any], *, several: bool = False) -> list[Matrix]:
    refuse_inputs(sources, given)
    with pipes_kept():
        return [read_matrix(source, several=several, **{name: given[name] for name in READING}) for source in sources]


def _pair(first: str, second: str, given: dict[str, Any]) -> tuple[Matrix, Matrix, tuple[str, ...]]:
    refuse_stdin_twice((first, second), "one")
    a, b = _read((first, second), given)
    return matched(a, b)


def _names(a: Matrix, b: Matrix, axis: str) -> tuple[str, ...] | None:
    found: tuple[str, ...] | None = getattr(a, axis) or getattr(b, axis)
    return found


def _kind(name: str, default: str) -> click.Option:
    return option(
        f"--{name}-kind",
        type=click.Choice(tuple(KINDS)),
        default=default,
        show_default=True,
        help=f"What the numbers of {name.upper()} are.",
    )


@click.command(
    "loss",
    cls=Command,
    params=[
        click.Argument(["input"], type=Source(), metavar="INPUT"),
        click.Argument(["target"], type=Source(), metavar="TARGET"),
        _kind("input", "log-probs"),
        _kind("target", "probs"),
        option(
            "--reduction",
            type=click.Choice(losses.REDUCTIONS),
            default="batchmean",
            show_default=True,
            help="Which one is the value; all are shown.",
        ),
        option("--gradient", is_flag=True, help="Add the gradient with respect to the input."),
        *reading_options(),
        *output_options(),
    ],
)
def loss_command(input: str, target: str, **given: Any) -> int:  # noqa: A002 (PyTorch's own name for it)
    """The loss of torch.nn.KLDivLoss on a batch, element by element, with its reductions side by side.

    INPUT and TARGET are files whose rows are samples and whose columns are classes, or one row of numbers. P is the
    target and Q the input: KLDivLoss(input, target) is D(target‖input).
    """
    x, t, notes = _pair(input, target, given)
    result = losses.loss(
        x.values,
        t.values,
        rows=_names(x, t, "rows"),
        classes=_names(x, t, "columns"),
        inputs=(x.name, t.name),
        **{name: given[name] for name in ("input_kind", "target_kind", "reduction", "gradient")},
    )
    return show([replace(result, notes=(*notes, *result.notes))], given)


@click.command(
    "vae",
    cls=Command,
    params=[
        click.Argument(["file"], type=Source(), metavar="[FILE]", required=False),
        *reading_options(),
        *output_options(),
    ],
)
def vae_command(file: str | None, **given: Any) -> int:
    """The KL term of a variational autoencoder: how far N(mu, exp(logvar)) is from N(0, 1), summed over latents.

    FILE has the columns mu and logvar, a latent to a row; or, for a batch, the columns mu1, mu2 ... and logvar1,
    logvar2 ..., a sample to a row; without it, standard input. logvar is the natural logarithm of the variance.
    """
    (matrix,) = _read((default_source() if file is None else file,), given, several=True)
    result = _vae(matrix)
    return show([replace(result, notes=(*matrix.notes, *result.notes))], given)


def _vae(matrix: Matrix) -> Result:
    mu, logvar = paired(matrix, "mu", "logvar")
    if mu.columns is None:  # a latent to a row
        inputs = (f"{matrix.name}::mu", f"{matrix.name}::logvar")
        return losses.vae(mu.values.T, logvar.values.T, latents=matrix.rows, inputs=inputs)
    latents = [f"latent {name}" for name in mu.columns]
    inputs = (f"{matrix.name}::mu{mu.columns[0]} ...", f"{matrix.name}::logvar{mu.columns[0]} ...")
    return losses.vae(mu.values, logvar.values, rows=matrix.rows, latents=latents, inputs=inputs)


@click.command(
    "distill",
    cls=Command,
    params=[
        click.Argument(["teacher"], type=Source(), metavar="TEACHER"),
        click.Argument(["student"], type=Source(), metavar="STUDENT"),
        option(
            "-T",
            "--temperature",
            type=Number("temperature", 0, above=True),
            default=1,
            show_default=True,
            help="What the logits of both are divided by.",
        ),
        *reading_options(),
        *output_options(),
    ],
)
def distill_command(teacher: str, student: str, temperature: float, **given: Any) -> int:
    """The loss of knowledge distillation: how far the student's softened classes are from the teacher's.

    TEACHER and STUDENT are files of logits, a sample to a row and a class to a column, or one row of numbers. P is
    the teacher and Q the student, both softmax(logits/T); the value is T² times D(P‖Q), which is shown beside it.
    """
    a, b, notes = _pair(teacher, student, given)
    result = losses.distill(
        a.values,
        b.values,
        temperature=temperature,
        rows=_names(a, b, "rows"),
        classes=_names(a, b, "columns"),
        inputs=(a.name, b.name),
    )
    return show([replace(result, notes=(*notes, *result.notes))], given)


COMMANDS: list[click.Command] = [loss_command, vae_command, distill_command]
