"""KL as a loss function of deep learning: KLDivLoss on a batch, the KL term of a VAE, and distillation.

Arrays are two-dimensional, rows being the samples of a batch and columns classes or latents; a one-dimensional one
is a batch of one row. Everything is in nats, as the losses that frameworks minimise are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from klcli.batches import KINDS, Grid, Side, as_matrix, as_side, named_grid, require_same_shape
from klcli.errors import BeyondFloat64Error, InputError, OptionError
from klcli.lazy import np
from klcli.logits import Softened, softened
from klcli.numerals import counted, operands, short, sum_in_words
from klcli.numerics import exp_gap, sum_of
from klcli.result import Result

if TYPE_CHECKING:
    from klcli.numerics import Array, Mask

REDUCTIONS = ("batchmean", "sum", "mean")

# What the loss does first with another kind than its own, and what its gradient is called.
_INPUT_STEPS = {
    "log-probs": "",
    "probs": "{}: probabilities, of which the loss takes the logarithms",
    "logits": "{}: logits, turned into log-probabilities by log_softmax",
}
_TARGET_STEPS = {
    "probs": "",
    "log-probs": "{}: log-probabilities, as with log_target=True",
    "logits": "{}: logits, turned into probabilities by softmax",
}
_DIVIDED = {"sum": "", "batchmean": " / rows", "mean": " / (rows·classes)"}
_SYMBOLS = {"log-probs": "x", "probs": "q", "logits": "z"}


def loss(
    input: Any,  # noqa: A002 (PyTorch's own name for it)
    target: Any,
    *,
    input_kind: str = "log-probs",
    target_kind: str = "probs",
    reduction: str = "batchmean",
    gradient: bool = False,
    rows: Sequence[str] | None = None,
    classes: Sequence[str] | None = None,
    inputs: tuple[str, str] = ("input", "target"),
) -> Result:
    """The KL divergence loss of a batch as torch.nn.KLDivLoss has it: D(target‖input), P = target and Q = input.

    Both are arrays of rows × classes, or of classes for one row. KLDivLoss takes log-probabilities as its input and
    probabilities as its target; other kinds are turned into those first (logits by log_softmax and softmax). An
    element is t·(log t − x) in nats, 0 where t = 0 (where PyTorch has nan if x = −∞) and infinite where x = −∞ and
    t > 0. `reduction` chooses the value: batchmean divides the sum by the rows, mean by rows × classes; `details` has
    all three, and `divergence`, the mean over rows of D between the normalised rows, to the last digits. The
    elements themselves (reduction "none") are the contributions.

    `gradient` adds the column ∂L/∂ of the input as it was given: −t·c for log-probabilities x, −(t/q)·c for
    probabilities q and (q·Σt − t)·c for logits, where c is 1, 1/rows or 1/(rows × classes).
    `rows` and `classes` name rows and columns, `inputs` are the names of the two in what is shown.

    Raises InputError, with row and class, for shapes that differ, nan, +∞, and rows that are not of their kind,
    saying which kind they look like; OptionError for an unknown kind or reduction; KlcliError where the value is
    finite but beyond the largest float64.
    Source: PyTorch, torch.nn.KLDivLoss; Kullback and Leibler (1951), "On information and sufficiency", equation 2.4.

    >>> import math
    >>> result = loss([[math.log(0.25), math.log(0.75)]], [[0.5, 0.5]])
    >>> round(result.value, 12), result.terms["outcome"]
    (0.143841036226, ('class 0', 'class 1'))
    """
    _require("input kind", input_kind, tuple(KINDS))
    _require("target kind", target_kind, tuple(KINDS))
    if reduction == "none":
        raise OptionError(f"reduction 'none': its elements are the terms of every answer: {', '.join(REDUCTIONS)}")
    _require("reduction", reduction, REDUCTIONS)
    x, t = as_matrix(input, inputs[0]), as_matrix(target, inputs[1])
    require_same_shape(x, t, *inputs)
    grid = named_grid(x.shape, rows, classes, "class")
    q = as_side(x, input_kind, inputs[0], grid, "--input-kind")
    p = as_side(t, target_kind, inputs[1], grid, "--target-kind")
    elements = _elements(p, q)
    total = _sum(elements, np.isinf(elements), "KL divergence loss")
    divisors = {"sum": 1, "batchmean": len(x), "mean": x.size}
    details = {name: total / divisor for name, divisor in divisors.items()}
    details["divergence"] = sum_of(softened(p.logits, q.logits, 1.0).divergences) / len(x)
    columns = {"input": q.logs, "target": p.probs}
    if gradient:
        columns["gradient"] = _gradient(p, q, input_kind) / divisors[reduction]
    columns["contribution"] = elements
    result = Result(
        measure="loss",
        title="KL divergence loss",
        formula=f"L = Σ t·(ln t − x){_DIVIDED[reduction]}",
        inputs={"target": inputs[1], "input": inputs[0]},
        value=details[reduction],
        base=math.e,
        unit="nats",
        terms=_terms(grid, columns),
        headings={
            "input": "x = ln q",
            "target": "t",
            "gradient": f"∂L/∂{_SYMBOLS[input_kind]}",
            "contribution": "t·(ln t − x)",
            **{name: name for name in divisors},
        },
        notes=(
            *filter(None, (_INPUT_STEPS[input_kind].format(inputs[0]), _TARGET_STEPS[target_kind].format(inputs[1]))),
            *q.notes,
            *p.notes,
            *_reduction_notes(np.ndim(input) == np.ndim(target) == 1, *x.shape),
            *([f"gradient: of {reduction}, with respect to the {KINDS[input_kind]} given"] if gradient else []),
            *_torch_nan(p, q, target_kind, grid),
            *_normalised(details),
            *_infinite(elements, p.probs, grid, *inputs),
        ),
        details=details,
    )
    return _explained(result, _explain_loss(result, grid, divisors[reduction]))


def vae(
    mu: Any,
    logvar: Any,
    *,
    rows: Sequence[str] | None = None,
    latents: Sequence[str] | None = None,
    inputs: tuple[str, str] = ("mu", "logvar"),
) -> Result:
    """The KL term of a variational autoencoder: D(N(μ, σ²)‖N(0, 1)) in nats, summed over latents.

    `mu` and `logvar` = ln σ² are arrays of rows × latents, or of latents for one row. A latent brings
    ½(σ² + μ² − 1 − ln σ²) >= 0, with all its digits near 0; a variance of 0 (logvar = −∞) is infinite. The value of a
    batch is the mean over its rows, and `details` has the sum too.
    `rows` and `latents` name rows and columns, `inputs` are the names of the two in what is shown.

    Raises InputError, with row and latent, for shapes that differ, nan, +∞, and numbers whose σ² or μ² is beyond
    float64; KlcliError where their sum is.
    Source: Kingma and Welling (2014), "Auto-encoding variational Bayes", appendix B.

    >>> import math
    >>> round(vae([0.5, -1], [0, math.log(0.25)]).value, 15)
    0.943147180559945
    """
    means, logs = as_matrix(mu, inputs[0]), as_matrix(logvar, inputs[1])
    require_same_shape(means, logs, *inputs)
    grid = named_grid(means.shape, rows, latents, "latent")
    _refuse_wild(means, logs, inputs, grid)
    columns = {"mu": means, "logvar": logs, "sigma": np.exp(0.5 * logs)}
    columns["contribution"] = 0.5 * exp_gap(logs) + 0.5 * means * means
    many, size = len(means) > 1, len(means)
    total = _sum(columns["contribution"], logs == -math.inf, "KL term of a VAE")
    result = Result(
        measure="vae",
        title="KL term of a variational autoencoder",
        formula=f"D(N(μ,σ²)‖N(0,1)) = Σ ½(σ² + μ² − 1 − ln σ²){' / rows' if many else ''}",
        inputs={"mu": inputs[0], "logvar": inputs[1]},
        value=total / size,
        base=math.e,
        unit="nats",
        terms=_terms(grid, columns),
        headings={
            "mu": "μ",
            "logvar": "ln σ²",
            "sigma": "σ",
            "contribution": "½(σ² + μ² − 1 − ln σ²)",
            **({"sum": "sum over rows and latents", "mean_over_rows": "mean over rows"} if many else {}),
        },
        notes=tuple(_vae_notes(logs, grid)),
        details={"sum": total, "mean_over_rows": total / size} if many else {},
    )
    return _explained(result, _explain_vae(result, grid))


def distill(
    teacher: Any,
    student: Any,
    *,
    temperature: float = 1.0,
    rows: Sequence[str] | None = None,
    classes: Sequence[str] | None = None,
    inputs: tuple[str, str] = ("teacher", "student"),
) -> Result:
    """The loss of knowledge distillation: T²·D(P‖Q) in nats, P = softmax(teacher/T) and Q = softmax(student/T).

    Both are logits as arrays of rows × classes, or of classes for one row; a batch has the mean over its rows.
    −∞ is a class without probability: 0 where the teacher has it, infinite where the student alone does. The factor
    T² keeps the gradients, which shrink as 1/T², on one scale; `details` has D(P‖Q) without it as `kl`. Rows that
    differ little keep their digits, and shifting all logits of a row changes nothing.
    `rows` and `classes` name rows and columns, `inputs` are the names of the two in what is shown.

    Raises InputError, with row and class, for shapes that differ, nan, +∞, and rows without a finite logit;
    OptionError for a temperature that is not finite and above 0; KlcliError where the value is finite but beyond
    the largest float64.
    Source: Hinton, Vinyals and Dean (2015), "Distilling the knowledge in a neural network", section 2.

    >>> result = distill([2, 1, 0], [1, 1, 0], temperature=4)
    >>> round(result.details["kl"], 12), round(result.value, 12)
    (0.007488615135, 0.119817842165)
    """
    if not 0 < temperature < math.inf:
        raise OptionError(f"temperature is {temperature:g}: the logits are divided by a finite number above 0")
    a, b = as_matrix(teacher, inputs[0]), as_matrix(student, inputs[1])
    require_same_shape(a, b, *inputs)
    grid = named_grid(a.shape, rows, classes, "class")
    sides = [as_side(each, "logits", name, grid) for each, name in zip((a, b), inputs, strict=True)]
    pair = softened(a, b, temperature)
    value = _sum(pair.losses, np.isinf(pair.terms), "knowledge distillation loss") / len(a)
    result = Result(
        measure="distill",
        title="Knowledge distillation loss",
        formula=f"L = T²·Σ p·ln(p/q){' / rows' if len(a) > 1 else ''}, T = {temperature:.15g}",
        inputs={"teacher": inputs[0], "student": inputs[1]},
        value=value,
        base=math.e,
        unit="nats",
        terms=_terms(grid, {"teacher": a, "student": b, "p": pair.p, "q": pair.q, "contribution": pair.terms}),
        headings={
            "teacher": "teacher",
            "student": "student",
            "p": "p (teacher)",
            "q": "q (student)",
            "contribution": "p·ln(p/q)",
            "kl": "D(P‖Q) without T²",
        },
        notes=(
            *(note for side in sides for note in side.notes),
            *_distill_notes(pair, a, b, temperature, grid),
            *_infinite(pair.terms, pair.p, grid, inputs[1], inputs[0]),
        ),
        details={
            "kl": sum_of(pair.divergences) / len(a),
            "sum": sum_of(pair.divergences),
            "temperature": float(temperature),
        },
    )
    return _explained(result, _explain_distill(result, grid))


def _require(what: str, given: str, known: Sequence[str]) -> None:
    if given not in known:
        raise OptionError(f"{what} {given!r} is none of {', '.join(known)}")


def _refuse_wild(mu: Array, logvar: Array, names: Sequence[str], grid: Grid) -> None:
    """Raise for means and logarithms of variances that are none, or whose squares or exponentials overflow."""
    with np.errstate(over="ignore"):
        variance, square = np.exp(logvar), mu * mu
    largest = "the largest float64, 1.8e308"
    too_wide = f"σ² = exp({{}}) is beyond {largest}: if this is σ² itself, take its logarithm"
    faults = (
        (names[0], mu, ~np.isfinite(mu), "{} is not a finite number"),
        (names[0], mu, np.isinf(square), f"the square of {{}} is beyond {largest}"),
        (names[1], logvar, np.isnan(logvar), "{} is a missing value"),
        (names[1], logvar, np.isinf(variance), too_wide),
    )
    for name, given, wrong, what in faults:
        if wrong.any():
            index = int(np.argmax(wrong))
            raise InputError(f"{name}: {grid.cell(index)}: {what.format(short(given.flat[index]))}")


def _elements(target: Side, given: Side) -> Array:
    """t·(ln t − x), 0 where t is 0 and infinite where x alone is −∞; a t too small for float64 is not 0."""
    with np.errstate(invalid="ignore"):
        terms = target.probs * (target.logs - given.logs)
    held = target.logs > -math.inf
    result: Array = np.where(held & (given.logs == -math.inf), math.inf, np.where(held, terms, 0.0)) + 0.0
    return result


def _gradient(target: Side, given: Side, kind: str) -> Array:
    """∂/∂ of the sum of the elements, with respect to the input as it was given."""
    t, q = target.probs, given.probs
    if kind == "logits":
        slope = q * t.sum(axis=1, keepdims=True) - t
    elif kind == "probs":
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            slope = np.where(t > 0, -t / q, 0.0)
    else:
        slope = -t
    result: Array = slope + 0.0
    return result


def _sum(terms: Array, infinite: Mask, title: str) -> float:
    """The sum of all terms; raises KlcliError where it overflows though none of them is infinite."""
    total = sum_of(terms.ravel())
    if math.isinf(total) and not infinite.any():
        raise BeyondFloat64Error(f"{title}: the value")
    return total


def _terms(grid: Grid, columns: Mapping[str, Array]) -> dict[str, Any]:
    return {"outcome": grid.cells(), **{name: column.ravel() for name, column in columns.items()}}


# Words


def _vae_notes(logvar: Array, grid: Grid) -> Iterator[str]:
    """What logvar is, what was summed and what was averaged, and why the value is infinite."""
    rows, latents = logvar.shape
    yield "logvar is ln σ², the logarithm of the variance: neither σ nor σ² itself"
    if latents > 1:
        yield (
            f"summed over latents{' and averaged over rows' if rows > 1 else ''}: a mean over latents too would be "
            f"{latents} times smaller and is not the divergence"
        )
    if (logvar == -math.inf).any():
        yield f"infinite: the variance is 0 (logvar = -∞) at {grid.named(logvar == -math.inf)}"


def _distill_notes(pair: Softened, teacher: Array, student: Array, temperature: float, grid: Grid) -> Iterator[str]:
    """What the value is, and which probabilities float64 does not hold or nobody gives."""
    if temperature != 1:
        yield f"the value is T² times D(P‖Q), the divergence at T = {temperature:.15g}"
    lowest = -math.inf
    faint = ((pair.p == 0) & (teacher > lowest)) | ((pair.q == 0) & (student > lowest))
    if faint.any():
        yield f"too small for float64, and shown as 0, at {grid.named(faint)}: the value is from the logits"
    absent = (teacher == lowest) & (student == lowest)
    if absent.any():
        yield f"neither side gives any probability to {grid.named(absent)}: it counts as 0"


def _reduction_notes(flat: bool, height: int, width: int) -> Iterator[str]:
    """What the reductions divide by, which is where most mistakes are made."""
    yield (
        f"mean divides the sum by the number of elements, {height * width} (rows × classes), and is not the "
        f"divergence; batchmean divides it by the number of rows, {height}, and is the mean divergence"
    )
    if flat and width > 1:
        yield (
            f"one row, so batchmean is the sum: for a 1-D tensor PyTorch divides it by the length, {width}; give it "
            f"shape (1, {width})"
        )


def _torch_nan(target: Side, given: Side, target_kind: str, grid: Grid) -> Iterator[str]:
    """Where PyTorch computes 0·∞ and klcli says 0."""
    undefined = given.logs == -math.inf
    if target_kind == "log-probs":
        undefined = np.ones_like(undefined)  # PyTorch takes exp(t)·(t − x), which has t = −∞ in itself
    undefined &= target.logs == -math.inf
    if undefined.any():
        yield f"0·∞ at {grid.named(undefined)}, taken as 0, which it is in the limit: PyTorch has nan there"


def _normalised(details: Mapping[str, float]) -> Iterator[str]:
    """The divergence of the normalised rows, where the loss is another number."""
    mean, exact = details["batchmean"], details["divergence"]
    if short(mean) != short(exact):
        yield (
            f"of the rows normalised the mean divergence is {short(exact)}: batchmean, {short(mean)}, is off it "
            "since sums of rows are not exactly 1, and by rounding"
        )


def _infinite(terms: Array, p: Array, grid: Grid, without: str, holder: str) -> Iterator[str]:
    """Why the value is infinite."""
    lost = np.isinf(terms)
    if lost.any():
        mass = short(p[lost][0]) if lost.sum() == 1 and p[lost][0] > 0 else "some"
        yield f"infinite: {without} gives no probability to {grid.named(lost)}, where {holder} has {mass}"


def _explained(result: Result, lines: Iterable[str]) -> Result:
    """The result with its explanation, which ends with the cause where it is infinite."""
    first, *others = lines
    if math.isinf(result.value):
        others = [f"It is infinite: {result.cause}."]
    return replace(result, explanation=(first, *others))


def _explain_loss(result: Result, grid: Grid, divisor: int) -> Iterator[str]:
    target, given = result.inputs["target"], result.inputs["input"]
    sizes = f"{counted(len(grid.rows), 'row')} and {counted(len(grid.columns), 'class', 'classes')}"
    total, batchmean, mean = (short(result.details[name]) for name in ("sum", "batchmean", "mean"))
    yield _worked(result, lambda row: f"{row['target']}·(ln {row['target']} − {row['input']})", over=divisor)
    yield (
        f"It is D(P‖Q) with P = {target} and Q = {given}: what it costs to take {given} for {target}. "
        "KLDivLoss(input, target) takes Q first; the other direction is as a rule another number."
    )
    yield (
        f"Over {sizes} the sum is {total}. batchmean divides it by the rows: {batchmean} is the mean divergence. "
        f"mean divides it by all {len(result.terms['outcome'])} elements: {mean} is no divergence."
    )
    yield from _largest(result, grid)
    negative = np.asarray(result.terms["contribution"]) < 0
    if negative.any():
        yield f"Terms below zero ({grid.named(negative)}) are classes that {given} overrates."


def _explain_vae(result: Result, grid: Grid) -> Iterator[str]:
    yield _worked(result, lambda row: f"½({row['sigma']}² + {row['mu']}² − 1 − {row['logvar']})", over=len(grid.rows))
    yield (
        "P is the encoder's N(μ, σ²) and Q the prior N(0, 1): what it costs to take the prior for it is "
        f"{short(result.value)} nats{' a row' if len(grid.rows) > 1 else ''}. The other direction is as a rule "
        "another number."
    )
    yield "A latent with μ = 0 and ln σ² = 0 is the prior itself: it costs 0 and tells nothing (posterior collapse)."
    yield from _largest(result, grid)


def _explain_distill(result: Result, grid: Grid) -> Iterator[str]:
    teacher, student = result.inputs["teacher"], result.inputs["student"]
    temperature = result.details["temperature"]
    square = f"{short(temperature)}²"
    yield _worked(result, lambda row: f"{row['p']}·ln({row['p']}/{row['q']})", square, len(grid.rows))
    yield (
        f"P is {teacher} and Q is {student}, both softened by T = {short(temperature)}: D(P‖Q) = "
        f"{short(result.details['kl'])} nats{' a row' if len(grid.rows) > 1 else ''}. The other direction is as a "
        "rule another number."
    )
    yield (
        "The gradients of D(P‖Q) shrink as 1/T²: times T² they keep their size, so that this loss can be added to "
        "one on hard labels."
    )
    yield from _largest(result, grid)


def _worked(result: Result, step: Callable[[dict[str, str]], str], factor: str = "", over: int = 1) -> str:
    """The formula with the numbers of the first and the last terms put in."""
    columns = {name: column for name, column in result.terms.items() if name != "outcome"}
    total = sum_in_words(
        lambda place: step(operands({name: column[place] for name, column in columns.items()})),
        range(len(result.terms["outcome"])),
    )
    if factor or over > 1:
        total = f"({total})"
    product = f"{factor}·{total}" if factor else total
    return f"{result.symbol} = {product}{f' / {over}' if over > 1 else ''} = {short(result.value)}"


def _largest(result: Result, grid: Grid) -> Iterator[str]:
    """Which term is the largest, and which row of a batch."""
    terms = np.asarray(result.terms["contribution"]).reshape(len(grid.rows), len(grid.columns))
    if terms.max() > 0 and terms.size > 1:
        yield f"The largest term is {grid.cell(int(terms.argmax()))}, with {short(terms.max())}."
    sums = terms.sum(axis=1)
    if len(grid.rows) > 1 and sums.max() > 0:
        yield f"The row with the most is {grid.rows[int(sums.argmax())]}, with {short(sums.max())}."
