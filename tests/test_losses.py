"""KL as a loss function: what PyTorch computes, what mpmath says is exact, and what is refused."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from mpmath import mp, mpf

from klcli import kl
from klcli.batches import KINDS
from klcli.errors import InputError, KlcliError, OptionError
from klcli.losses import REDUCTIONS, distill, loss, vae
from klcli.render import View, table
from klcli.result import Result

INF = math.inf
Array = np.ndarray

Q = np.array([[0.25, 0.5, 0.25], [0.1, 0.6, 0.3]])
P = np.array([[0.5, 0.5, 0.0], [0.2, 0.3, 0.5]])

LOGITS = arrays(np.float64, (3, 4), elements=st.floats(-30, 30))
TEMPERATURES = st.sampled_from([0.25, 1.0, 3.7, 20.0, 1e6])


def torch_or_skip() -> Any:
    """PyTorch, without which a test that needs it is skipped."""
    return pytest.importorskip("torch", reason="PyTorch is an optional package")


def softmax(logits: Array) -> Array:
    """The softmax of each row, as in any textbook."""
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def of_kind(probs: Array, kind: str) -> Array:
    """The probabilities as log-probabilities, or as logits that are off by a constant in each row."""
    with np.errstate(divide="ignore"):
        logs = np.log(probs)
    return {"probs": probs, "log-probs": logs, "logits": logs + 1.5}[kind]


def torch_input(torch: Any, values: Any, kind: str) -> Any:
    """What KLDivLoss takes as its input, from a tensor of that kind."""
    return {
        "log-probs": lambda x: x,
        "probs": lambda x: x.log(),
        "logits": lambda x: torch.log_softmax(x, dim=-1),
    }[kind](values)


def torch_loss(
    torch: Any, x: Any, t: Any, reduction: str, input_kind: str = "log-probs", target_kind: str = "probs"
) -> Any:
    """The tensor that torch.nn.KLDivLoss gives for input and target of these kinds."""
    if target_kind == "logits":
        t = torch.softmax(t, dim=-1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch warns of "mean" for the same reason as klcli
        criterion = torch.nn.KLDivLoss(reduction=reduction, log_target=target_kind == "log-probs")
        return criterion(torch_input(torch, x, input_kind), t)


def close(value: float, wanted: float, size: float = 1.0) -> bool:
    """Whether two numbers are equal but for the last bits of terms of that size."""
    return value == wanted or abs(value - wanted) <= 4e-16 * size


def batch(rows: int = 4, classes: int = 5, seed: int = 0) -> tuple[Array, Array]:
    """Probabilities of an input and a target, the target with zeros."""
    draw = np.random.default_rng(seed)
    q, p = softmax(draw.normal(0, 2, (rows, classes))), softmax(draw.normal(0, 2, (rows, classes)))
    p[:, 0] = 0
    return q, p / p.sum(axis=1, keepdims=True)


def exact_loss(x: Array, t: Array) -> mpf:
    """Σ t·(ln t − x) by the formula, of the float64 given."""
    pairs = zip(map(mpf, t.ravel().tolist()), map(mpf, x.ravel().tolist()), strict=True)
    return mpmath.fsum(p * (mpmath.log(p) - log) for p, log in pairs if p)


def exact_divergence(teacher: Any, student: Any, temperature: float = 1.0) -> mpf:
    """D(softmax(teacher/T)‖softmax(student/T)) of one row, by the formula, of the float64 given."""
    a, b = ([mpf(float(x)) / mpf(temperature) for x in side] for side in (teacher, student))
    log_a, log_b = (mpmath.log(mpmath.fsum(map(mpmath.exp, side))) for side in (a, b))
    return mpmath.fsum(
        mpmath.exp(x - log_a) * ((x - log_a) - (y - log_b)) for x, y in zip(a, b, strict=True) if x > -INF
    )


def relative_error(value: float, wanted: mpf) -> float:
    """How far the value is from the exact one, as a share of it."""
    return float(abs(mpf(value) - wanted) / wanted)


# What every loss keeps


EXAMPLES: dict[str, Callable[..., Result]] = {
    "loss": lambda **names: loss(np.log(Q), P, gradient=True, **names),
    "vae": lambda **names: vae([[0.5, -1.0, 0.0], [0.0, 2.0, 1.0]], [[0.0, -1.0, 0.5], [1.0, 0.0, -2.0]], **names),
    "distill": lambda **names: distill([[2.0, 1, 0], [0, 3, 1]], [[1.0, 1, 0], [1, 0, 2]], temperature=4, **names),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_terms_hold_to_the_contract(name: str) -> None:
    """Columns have equal lengths, "outcome" first and "contribution" last, which sums to details["sum"]."""
    result = EXAMPLES[name]()
    assert result.measure == name
    assert (next(iter(result.terms)), list(result.terms)[-1]) == ("outcome", "contribution")
    assert {len(column) for column in result.terms.values()} == {6}
    assert close(math.fsum(result.terms["contribution"]), result.details["sum"], 4)
    assert result.headings.keys() >= result.terms.keys() - {"outcome"}
    assert (result.base, result.unit) == (math.e, "nats")


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_loss_can_be_shown(name: str) -> None:
    """The table has a row for each element, the sum, the value and the details that have headings."""
    result = EXAMPLES[name]()
    shown = table.render([result], View(explain=True))
    text = shown if isinstance(shown, str) else shown.decode()
    assert sum(line.startswith("row ") for line in text.splitlines()) == 6
    assert f"{result.symbol} = {result.value:.6f} nats" in text
    assert result.explanation[0] in text
    assert all(heading in text for heading in result.headings.values())


@pytest.mark.parametrize("name", EXAMPLES)
def test_elements_are_called_by_row_and_column(name: str) -> None:
    """Rows and columns are counted from 0 unless they have names."""
    columns = "latents" if name == "vae" else "classes"
    word = "latent" if name == "vae" else "class"
    assert EXAMPLES[name]().terms["outcome"] == tuple(f"row {row}, {word} {i}" for row in (0, 1) for i in (0, 1, 2))
    named = EXAMPLES[name](rows=["img1", "img2"], **{columns: ["cat", "dog", "owl"]})
    assert named.terms["outcome"][:4] == ("img1, cat", "img1, dog", "img1, owl", "img2, cat")


@pytest.mark.parametrize(("name", "columns"), [("loss", "classes"), ("vae", "latents"), ("distill", "classes")])
def test_names_must_be_as_many_as_there_are(name: str, columns: str) -> None:
    """Too few or too many names are refused with both numbers."""
    with pytest.raises(InputError, match=r"^1 name for 2 rows: each needs one$"):
        EXAMPLES[name](rows=["only"])
    with pytest.raises(InputError, match=r"^4 names for 3 columns: each needs one$"):
        EXAMPLES[name](**{columns: list("abcd")})


@pytest.mark.parametrize(
    ("function", "names"),
    [(loss, ("input", "target")), (vae, ("mu", "logvar")), (distill, ("teacher", "student"))],
    ids=lambda x: getattr(x, "__name__", None),
)
def test_what_is_no_batch_is_refused(function: Callable[..., Result], names: tuple[str, str]) -> None:
    """Shapes that differ, nothing at all, and what is no table of numbers are refused by name, on either side."""
    first, second = names
    row = [-math.log(2)] * 2
    with pytest.raises(InputError, match=rf"^{first} is 1 × 2 and {second} is 1 × 3 \(rows × columns\)"):
        function(row, [0, 0, 0])
    with pytest.raises(InputError, match=rf"^{first} is 2 × 2 and {second} is 1 × 2"):
        function([row, row], row)
    for wrong, message in (
        ([], "empty: a batch needs"),
        ([[], []], "empty: a batch needs"),
        (0.5, "an array of 0 dimensions"),
        ([[[1.0]]], "an array of 3 dimensions"),
        ([["a", "b"]], "not an array of numbers: could not convert"),
        ([[1, 2], [3]], "not an array of numbers"),
        ([1j, 0], "not an array of numbers: complex"),
        ([10**400, 0], "not an array of numbers"),
        (None, "an array of 0 dimensions"),
    ):
        for place, sides in ((first, (wrong, row)), (second, (row, wrong))):
            with pytest.raises(InputError, match=f"^{place}: {message}"):
                function(*sides)


def test_tensors_are_taken_as_arrays_are() -> None:
    """A PyTorch tensor is as good as an array; one that carries its gradient is refused with the cure."""
    torch = torch_or_skip()
    x, t = torch.tensor(np.log(Q)), torch.tensor(P)
    assert loss(x, t).value == loss(np.log(Q), P).value
    with pytest.raises(InputError, match=r"^input: not an array of numbers: .*detach"):
        loss(x.requires_grad_(), t)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_arrays_given_stay_as_they_were(name: str) -> None:
    """No function writes into its arguments, and none gives one back that is shared with them."""
    first, second = np.log(Q), (P if name == "loss" else np.log(Q[::-1]))
    copies = first.copy(), second.copy()
    result = {"loss": loss, "vae": vae, "distill": distill}[name](first, second)
    for column in result.terms.values():
        assert not np.shares_memory(column, first)
        assert not np.shares_memory(column, second)
    np.testing.assert_array_equal(first, copies[0])
    np.testing.assert_array_equal(second, copies[1])


# KLDivLoss


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("target_kind", KINDS)
@pytest.mark.parametrize("input_kind", KINDS)
def test_the_loss_is_that_of_pytorch(input_kind: str, target_kind: str, reduction: str) -> None:
    """Value and elements are those of torch.nn.KLDivLoss in every reduction and for every kind, zeros included."""
    torch = torch_or_skip()
    q, p = batch()
    if target_kind == "log-probs":
        p = batch(seed=1)[0]  # a target of −∞ is nan in PyTorch
    x, t = of_kind(q, input_kind), of_kind(p, target_kind)
    result = loss(x, t, input_kind=input_kind, target_kind=target_kind, reduction=reduction)
    kinds = {"input_kind": input_kind, "target_kind": target_kind}
    tensors = torch.tensor(x), torch.tensor(t)
    wanted = torch_loss(torch, *tensors, reduction, **kinds).item()
    assert result.value == pytest.approx(wanted, rel=2e-15)
    assert result.value == result.details[reduction]
    elements = torch_loss(torch, *tensors, "none", **kinds).numpy().ravel()
    np.testing.assert_allclose(result.terms["contribution"], elements, rtol=0, atol=2e-15)


@pytest.mark.parametrize("input_kind", KINDS)
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_the_gradient_is_that_of_autograd(input_kind: str, reduction: str) -> None:
    """The gradient is the one that PyTorch's autograd finds for the input as it was given."""
    torch = torch_or_skip()
    q, p = batch()
    p[1] *= 1 - 9e-7  # the sum of a row counts, and it need not be exactly 1
    x = of_kind(q, input_kind)
    tensor = torch.tensor(x, requires_grad=True)
    torch_loss(torch, tensor, torch.tensor(p), reduction, input_kind).backward()
    result = loss(x, p, input_kind=input_kind, reduction=reduction, gradient=True)
    assert list(result.terms) == ["outcome", "input", "target", "gradient", "contribution"]
    np.testing.assert_allclose(result.terms["gradient"], tensor.grad.numpy().ravel(), rtol=1e-14, atol=1e-16)
    assert result.headings["gradient"] == {"log-probs": "∂L/∂x", "probs": "∂L/∂q", "logits": "∂L/∂z"}[input_kind]
    assert f"gradient: of {reduction}, with respect to the {KINDS[input_kind]} given" in result.notes


@pytest.mark.parametrize("input_kind", KINDS)
def test_the_gradient_where_the_input_has_no_probability(input_kind: str) -> None:
    """Where q = 0 the gradient is −t for log-probabilities and logits, and −∞ or, with t = 0 too, 0 for q itself."""
    x = of_kind(np.array([[0.0, 0.0, 1.0]]), input_kind)
    result = loss(x, [[0.25, 0.0, 0.75]], input_kind=input_kind, gradient=True)
    wanted = {"log-probs": (-0.25, 0.0, -0.75), "probs": (-INF, 0.0, -0.75), "logits": (-0.25, 0.0, 0.25)}[input_kind]
    assert tuple(result.terms["gradient"]) == wanted


def test_there_is_no_gradient_unless_it_is_asked_for() -> None:
    """Without `gradient` the table has neither the column nor a note of it."""
    result = loss(np.log(Q), P)
    assert "gradient" not in result.terms
    assert not any(note.startswith("gradient") for note in result.notes)


@pytest.mark.parametrize("gradient", [False, True])
def test_zero_has_no_sign(gradient: bool) -> None:
    """No column holds −0, which would be shown as such."""
    result = loss([[0.0, -INF, -INF]], [[1.0, -0.0, 0.0]], gradient=gradient)
    for name, column in result.terms.items():
        if name != "outcome":
            assert not any(x == 0 and math.copysign(1, x) < 0 for x in column), name


def test_all_reductions_stand_side_by_side() -> None:
    """Whatever is chosen, sum, batchmean and mean are all in the details, each with a heading."""
    for reduction in REDUCTIONS:
        result = loss(np.log(Q), P, reduction=reduction)
        total = result.details["sum"]
        assert (result.details["batchmean"], result.details["mean"]) == (total / 2, total / 6)
        assert [result.headings[name] for name in ("sum", "batchmean", "mean")] == ["sum", "batchmean", "mean"]
        assert result.value == result.details[reduction]
    assert loss(np.log(Q), P).value == loss(np.log(Q), P, reduction="batchmean").value


def test_mean_is_not_the_divergence() -> None:
    """A note says always what mean and batchmean divide by, and which of them is the mean divergence."""
    note = (
        "mean divides the sum by the number of elements, 6 (rows × classes), and is not the divergence; "
        "batchmean divides it by the number of rows, 2, and is the mean divergence"
    )
    for reduction in REDUCTIONS:
        assert note in loss(np.log(Q), P, reduction=reduction).notes


def test_batchmean_is_the_mean_divergence_of_the_rows() -> None:
    """The batchmean of a batch is the mean of D(target‖input) over rows, and of one row it is D itself."""
    wanted = [kl(p, q).value for p, q in zip(P, Q, strict=True)]
    result = loss(np.log(Q), P)
    assert result.value == pytest.approx(sum(wanted) / 2, rel=1e-15)
    assert result.details["divergence"] == pytest.approx(sum(wanted) / 2, rel=1e-15)
    assert loss(np.log(Q[1:]), P[1:]).value == pytest.approx(wanted[1], rel=1e-15)


def test_lists_beside_lists_of_lists(tmp_path: Path) -> None:
    """Neither names of the lists nor other numbers are columns or classes of theirs: they are refused."""
    from klcli.matrices import read_matrix

    path = tmp_path / "a.json"
    path.write_text('{"sample": ["s1", "s2"], "logits": [[1, 2], [3, 1]]}')
    with pytest.raises(InputError, match=r"a\.json: sample names the lists, which have no names here: leave it out$"):
        read_matrix(str(path))
    path.write_text('{"logits": [[2, 1], [1, 3]], "targets": [0, 1]}')
    with pytest.raises(
        InputError, match=r"a\.json: holds several \(logits, targets\): choose one, as in .*::logits$"
    ):
        read_matrix(str(path))
    assert read_matrix(f"{path}::logits").values.tolist() == [[2, 1], [1, 3]]


def test_one_dimension_is_one_row() -> None:
    """A flat array is one row, where PyTorch's batchmean divides by its length: a note says so."""
    torch = torch_or_skip()
    flat, deep = loss(np.log(Q[1]), P[1]), loss(np.log(Q[1:]), P[1:])
    assert (flat.value, flat.terms["outcome"]) == (deep.value, ("class 0", "class 1", "class 2"))
    assert flat.value / 3 == pytest.approx(
        torch_loss(torch, torch.tensor(np.log(Q[1])), torch.tensor(P[1]), "batchmean").item(), rel=1e-15
    )
    note = (
        "one row, so batchmean is the sum: for a 1-D tensor PyTorch divides it by the length, 3; give it shape (1, 3)"
    )
    assert note in flat.notes
    assert note not in deep.notes


@pytest.mark.parametrize(
    ("x", "t", "kind", "elements", "torchs"),
    [
        ([-INF, 0.0], [0.0, 1.0], "probs", [0, 0], [math.nan, 0]),
        ([-INF, 0.0], [-INF, 0.0], "log-probs", [0, 0], [math.nan, 0]),
        ([-math.log(2), -math.log(2)], [-INF, 0.0], "log-probs", [0, math.log(2)], [math.nan, math.log(2)]),
        ([-math.log(2), -math.log(2)], [0.0, 1.0], "probs", [0, math.log(2)], [0, math.log(2)]),
        ([-INF, 0.0], [0.5, 0.5], "probs", [INF, -0.5 * math.log(2)], [INF, -0.5 * math.log(2)]),
        ([-INF, 0.0], [-800.0, 0.0], "log-probs", [INF, 0], [math.nan, 0]),
    ],
)
def test_where_there_is_no_probability(
    x: list[float], t: list[float], kind: str, elements: list[float], torchs: list[float]
) -> None:
    """A target of 0 brings 0, with a note where PyTorch has nan, and x = −∞ alone is infinite, however small t is."""
    torch = torch_or_skip()
    result = loss([x], [t], target_kind=kind)
    assert list(result.terms["contribution"]) == elements
    assert result.value == sum(elements)
    theirs = torch_loss(torch, torch.tensor([x]), torch.tensor([t]), "none", "log-probs", kind).numpy()[0]
    np.testing.assert_allclose(theirs, torchs, rtol=1e-6)  # PyTorch takes such a list as float32
    said = "0·∞ at class 0, taken as 0, which it is in the limit: PyTorch has nan there" in result.notes
    assert said == (math.isnan(torchs[0]) and elements[0] == 0)


def test_infinity_says_why() -> None:
    """The last note of an infinite loss names the elements, and the explanation ends with it."""
    result = loss([[-INF, 0.0], [0.0, -INF]], [[0.5, 0.5], [1.0, 0.0]], inputs=("net", "labels"))
    assert result.value == INF
    assert result.notes[-1] == "infinite: net gives no probability to row 0, class 0, where labels has 0.5"
    assert result.explanation == (
        "L = (0.5·(ln 0.5 − (-∞)) + 0.5·(ln 0.5 − 0) + 1·(ln 1 − 0) + 0·(ln 0 − (-∞))) / 2 = ∞",
        "It is infinite: net gives no probability to row 0, class 0, where labels has 0.5.",
    )
    many = loss([[-INF] * 7 + [0.0]], [[0.125] * 8])
    assert many.notes[-1] == (
        "infinite: input gives no probability to class 0; class 1; class 2; class 3; class 4 and 2 more, "
        "where target has some"
    )
    assert loss([-INF, 0.0], [-800.0, 0.0], target_kind="log-probs").notes[-1].endswith("where target has some")


def test_a_value_beyond_float64_is_refused() -> None:
    """A finite sum that float64 cannot hold is an error, not an infinity."""
    assert loss([[-1.7e308, 0.0]], [[0.5, 0.5]]).value == 8.5e307
    with pytest.raises(KlcliError, match=r"^KL divergence loss: the value is beyond the largest float64, 1\.8e308$"):
        loss([[-1.7e308, 0.0]] * 3, [[0.9, 0.1]] * 3)


@settings(max_examples=40, deadline=None)
@given(LOGITS, LOGITS)
def test_the_loss_is_exact(z: Array, a: Array) -> None:
    """The sum is within the last bits of its terms of what mpmath finds for the same float64 numbers."""
    x, t = np.log(softmax(z)), softmax(a)
    with mp.workdps(50):
        wanted = exact_loss(x, t)
    result = loss(x, t)
    size = float(np.abs(t * x).sum() + np.abs(t * np.log(t)).sum())
    assert close(result.details["sum"], float(wanted), size)


def test_a_probability_too_small_for_float64_is_named() -> None:
    """A softened probability that is shown as 0 is not one: a note says so, and the value has it."""
    result = distill([3.0, 2.0, 0.0], [1.0, 2.0, 0.0], temperature=0.001)
    assert result.terms["q"].tolist() == [0.0, 1.0, 0.0]
    assert result.notes == (
        "the value is T² times D(P‖Q), the divergence at T = 0.001",
        "too small for float64, and shown as 0, at class 0; class 1; class 2: the value is from the logits",
    )
    assert result.value == pytest.approx(0.001, rel=1e-14)  # T²·(2 − 1)/T


@settings(max_examples=40, deadline=None)
@given(LOGITS, LOGITS)
def test_the_divergence_is_that_of_distillation(z: Array, a: Array) -> None:
    """With logits on both sides the normalised divergence is that of `distill` at T = 1, and batchmean is near it."""
    result = loss(z, a, input_kind="logits", target_kind="logits")
    assert result.details["divergence"] >= 0
    assert result.details["divergence"] == pytest.approx(distill(a, z).value, rel=1e-14, abs=0)
    assert result.value == pytest.approx(result.details["divergence"], abs=1e-13)


def test_a_divergence_that_batchmean_misses_is_noted() -> None:
    """Terms of nearly equal rows cancel to nothing in the loss: a note gives the divergence with its digits."""
    z = np.array([[0.3, 1.7, -0.4]])
    near = z + np.array([[1e-9, -2e-9, 0.5e-9]])
    result = loss(near, z, input_kind="logits", target_kind="logits")
    with mp.workdps(50):
        wanted = exact_divergence(z[0], near[0])
    assert relative_error(result.value, wanted) > 0.01
    assert relative_error(result.details["divergence"], wanted) < 1e-13
    assert any(
        note.startswith(f"of the rows normalised the mean divergence is {float(wanted):.6g}") for note in result.notes
    )
    assert not any("normalised" in note for note in loss(np.log(Q), P).notes)


# Kinds, and what they are mistaken for


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            [[0.5, 0.5], [0.2, 0.8]],
            "row 0, class 0: 0.5 is above 0, which no log-probability is: they look like probabilities: "
            "--input-kind probs",
        ),
        (
            [[2.0, 1.0], [0.2, -0.8]],
            "row 0, class 0: 2 is above 0, which no log-probability is: they look like logits: --input-kind logits",
        ),
        (
            [[0.0, -INF], [-1.5, -0.5]],
            "row 1: the exponentials of the row sum to 0.829660819861, not 1: they look like logits: "
            "--input-kind logits",
        ),
        (
            [[-1.0, -1.0], [-2.0, math.log2(0.75)]],
            "row 0: the exponentials of the row sum to 0.735758882343, not 1: they look like logarithms to base 2: "
            "multiply them by ln 2 and give --input-kind log-probs",
        ),
        (
            [[-1.0, math.log10(0.9)]] * 2,
            "row 0: the exponentials of the row sum to 1.32315303814, not 1: they look like logarithms to base 10: "
            "multiply them by ln 10 and give --input-kind log-probs",
        ),
        (
            [[0.0, -INF], [0.0, math.nan]],
            "row 1, class 1: nan is a missing value: log-probabilities are numbers below ∞",
        ),
        (
            [[0.0, INF], [0.0, -INF]],
            "row 0, class 1: +∞ is too large: log-probabilities are numbers below ∞",
        ),
        ([[0.0, -INF], [-INF, -INF]], "row 1: -∞ throughout: some class needs a probability"),
    ],
)
def test_an_input_of_another_kind_is_refused(values: list[list[float]], message: str) -> None:
    """What is no log-probabilities is refused with its place, and with what it looks like."""
    with pytest.raises(InputError) as caught:
        loss(values, [[0.5, 0.5]] * 2)
    assert str(caught.value) == f"input: {message}"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            [-math.log(2)] * 2,
            "class 0: -0.693147 is below 0, which no probability is: they look like log-probabilities: "
            "--target-kind log-probs",
        ),
        (
            [-3.0, 1.0],
            "class 0: -3 is below 0, which no probability is: they look like logits: --target-kind logits",
        ),
        (
            [3.0, 1.0],
            "the row sums to 4, not 1: they look like counts: divide each row by its sum; if they are logits: "
            "--target-kind logits",
        ),
        (
            [0.3, 0.3],
            "the row sums to 0.6, not 1: they look like weights: divide each row by its sum; if they are logits: "
            "--target-kind logits",
        ),
        (
            [-1.0, -1.0],
            "class 0: -1 is below 0, which no probability is: they look like logarithms to base 2: multiply them by "
            "ln 2 and give --target-kind log-probs",
        ),
        ([math.nan, 1.0], "class 0: nan is a missing value: probabilities are numbers below ∞"),
        ([0.0, INF], "class 1: +∞ is too large: probabilities are numbers below ∞"),
        (
            [0.5, -INF],
            "class 1: -∞ is below 0, which no probability is: they look like logits: --target-kind logits",
        ),
    ],
)
def test_a_target_of_another_kind_is_refused(values: list[float], message: str) -> None:
    """What is no probabilities is refused with its place, and with what it looks like."""
    with pytest.raises(InputError) as caught:
        loss([-math.log(2)] * 2, values)
    assert str(caught.value) == f"target: {message}"


def test_refusals_use_the_names_given() -> None:
    """A refusal names the file, the row and the class by their names."""
    with pytest.raises(InputError, match=r"^net\.csv: img2, dog: 1\.5 is above 0"):
        loss(
            [[0.0, -INF], [-1.0, 1.5]],
            [[0.5, 0.5]] * 2,
            rows=["img1", "img2"],
            classes=["cat", "dog"],
            inputs=("net.csv", "labels.csv"),
        )


@pytest.mark.parametrize("kind", ["probs", "log-probs"])
@pytest.mark.parametrize("side", ["input", "target"])
@pytest.mark.parametrize(("off", "taken"), [(9.9e-7, True), (-9.9e-7, True), (1.1e-6, False), (-1.1e-6, False)])
def test_sums_may_be_off_by_a_millionth(kind: str, side: str, off: float, taken: bool) -> None:
    """Rows that sum to 1 within 1e-6 are taken as they are, with a note; others are refused."""
    row = of_kind(np.array([[0.5, 0.5 + off]]), kind)
    fine = of_kind(np.array([[0.5, 0.5]]), kind)
    sides = {"input": (row, fine), "target": (fine, row)}[side]
    kinds = {"input_kind": kind, "target_kind": kind}
    if not taken:
        with pytest.raises(InputError, match=f"^{side}: "):
            loss(*sides, **kinds)
        return
    result = loss(*sides, **kinds)
    assert f"{side}: rows sum to 1 within 9.9e-07 only, and were taken as they are: the loss does not normalise" in (
        result.notes
    )
    assert any(note.startswith("of the rows normalised the mean divergence is ") for note in result.notes)


@pytest.mark.parametrize("kind", ["probs", "log-probs"])
def test_a_certain_class_may_be_off_too(kind: str) -> None:
    """One class with 1.0000001 for 1, as float32 rounds it, is within the tolerance of sums."""
    row = of_kind(np.array([[1.0000001, 0.0]]), kind)
    assert loss(row, [[1.0, 0.0]], input_kind=kind).value == pytest.approx(-1e-7, rel=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_one_class_is_no_batch(kind: str) -> None:
    """A column is refused, whatever its kind: its only class has probability 1, and the loss of anything is 0."""
    one = of_kind(np.array([[1.0], [1.0], [1.0]]), kind)
    words = "^input: one class only, whose probability is 1 whatever the numbers: .* transpose it$"
    with pytest.raises(InputError, match=words):
        loss(one, one, input_kind=kind, target_kind=kind)
    with pytest.raises(InputError, match=words.replace("input", "teacher")):
        distill([[2], [1], [0]], [[0], [1], [2]])
    assert vae([[0.5], [1.0]], [[0.0], [0.0]]).value == pytest.approx(0.3125)


@pytest.mark.parametrize(
    ("input_kind", "target_kind", "notes"),
    [
        ("log-probs", "probs", ()),
        ("probs", "probs", ("input: probabilities, of which the loss takes the logarithms",)),
        ("logits", "log-probs", ("input: logits, turned into log-probabilities by log_softmax",
                                 "target: log-probabilities, as with log_target=True")),
        ("log-probs", "logits", ("target: logits, turned into probabilities by softmax",)),
    ],
)  # fmt: skip
def test_what_was_done_first_is_noted(input_kind: str, target_kind: str, notes: tuple[str, ...]) -> None:
    """Kinds that KLDivLoss does not take are turned into those it does, and the notes begin with that."""
    q, p = of_kind(Q, input_kind), of_kind(Q[::-1], target_kind)
    result = loss(q, p, input_kind=input_kind, target_kind=target_kind)
    assert result.notes[: len(notes)] == notes
    assert result.notes[len(notes)].startswith("mean divides")
    np.testing.assert_allclose(result.terms["input"], np.log(Q).ravel(), rtol=1e-15)
    np.testing.assert_allclose(result.terms["target"], Q[::-1].ravel(), rtol=1e-15)


def test_probabilities_taken_as_logits_are_noted() -> None:
    """Rows of probabilities may be logits, so they are taken as such, with a note of what they look like."""
    result = loss(Q, P, input_kind="logits", target_kind="logits")
    for name in ("input", "target"):
        note = (
            f"{name}: the rows look like probabilities, and were taken as logits: if they are probabilities, "
            f"give --{name}-kind probs"
        )
        assert note in result.notes
    note = (
        "{}: the rows look like probabilities, and were taken as logits: if they are probabilities, "
        "take their logarithms"
    )
    assert distill(Q, P).notes == (note.format("teacher"), note.format("student"))
    assert distill(Q, np.log(Q[::-1])).notes == (note.format("teacher"),)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"input_kind": "log"}, "input kind 'log' is none of log-probs, probs, logits"),
        ({"target_kind": "labels"}, "target kind 'labels' is none of log-probs, probs, logits"),
        ({"reduction": "average"}, "reduction 'average' is none of batchmean, sum, mean"),
        (
            {"reduction": "none"},
            "reduction 'none': its elements are the terms of every answer: batchmean, sum, mean",
        ),
    ],
)
def test_an_unknown_option_is_refused(options: dict[str, str], message: str) -> None:
    """A kind or a reduction that there is not is refused with those there are."""
    with pytest.raises(OptionError) as caught:
        loss(np.log(Q), P, **options)
    assert str(caught.value) == message


def test_the_loss_in_full() -> None:
    """Title, formula, sides, columns and explanation of a batch are all there, and say which way round it is."""
    result = loss(np.log(Q), P, inputs=("net", "labels"), rows=["img1", "img2"])
    assert (result.title, result.symbol) == ("KL divergence loss", "L")
    assert result.formula == "L = Σ t·(ln t − x) / rows"
    assert loss(np.log(Q), P, reduction="sum").formula == "L = Σ t·(ln t − x)"
    assert loss(np.log(Q), P, reduction="mean").formula == "L = Σ t·(ln t − x) / (rows·classes)"
    assert result.inputs == {"target": "labels", "input": "net"}
    assert list(result.terms) == ["outcome", "input", "target", "contribution"]
    assert result.explanation == (
        "L = (0.5·(ln 0.5 − (-1.38629)) + 0.5·(ln 0.5 − (-0.693147)) + … + 0.5·(ln 0.5 − (-1.20397))) / 2 = 0.266336",
        "It is D(P‖Q) with P = labels and Q = net: what it costs to take net for labels. KLDivLoss(input, target) "
        "takes Q first; the other direction is as a rule another number.",
        "Over 2 rows and 3 classes the sum is 0.532672. batchmean divides it by the rows: 0.266336 is the mean "
        "divergence. mean divides it by all 6 elements: 0.0887786 is no divergence.",
        "The largest term is img1, class 0, with 0.346574.",
        "The row with the most is img1, with 0.346574.",
        "Terms below zero (img2, class 1) are classes that net overrates.",
    )


# The KL term of a variational autoencoder


def test_the_known_answer_of_a_vae() -> None:
    """Means of ½ and −1 with variances 1 and ¼ cost 0.943147… nats, of which 1/8 is the first latent's."""
    result = vae([0.5, -1], [0, math.log(0.25)])
    assert result.value == pytest.approx(0.943147180559945309, rel=1e-15)
    assert result.terms["outcome"] == ("latent 0", "latent 1")
    assert list(result.terms["sigma"]) == pytest.approx([1, 0.5], rel=1e-15)
    assert result.terms["contribution"][0] == 0.125
    assert "sum" not in result.details


def test_the_vae_is_that_of_pytorch() -> None:
    """The value is the mean over rows of what torch.distributions sums over latents."""
    torch = torch_or_skip()
    draw = np.random.default_rng(2)
    mu, logvar = draw.normal(0, 2, (5, 3)), draw.normal(0, 2, (5, 3))
    posterior = torch.distributions.Normal(torch.tensor(mu), torch.exp(0.5 * torch.tensor(logvar)))
    prior = torch.distributions.Normal(torch.zeros(5, 3, dtype=torch.float64), torch.ones(5, 3, dtype=torch.float64))
    elements = torch.distributions.kl_divergence(posterior, prior)
    result = vae(mu, logvar)
    np.testing.assert_allclose(result.terms["contribution"], elements.numpy().ravel(), rtol=1e-13)
    assert result.value == pytest.approx(elements.sum(dim=1).mean().item(), rel=1e-14)
    assert result.details["sum"] == pytest.approx(elements.sum().item(), rel=1e-14)
    assert result.details["mean_over_rows"] == result.value


@pytest.mark.parametrize("logvar", [1e-150, -1e-100, 1e-8, -1e-8, 0.3, -0.49999, 0.5, -0.5, 0.51, 3.0, -40.0, 709.0])
@pytest.mark.parametrize("mu", [0.0, 1e-12, -3.0])
def test_a_latent_is_exact(mu: float, logvar: float) -> None:
    """A term keeps its digits, however near to the prior the latent is."""
    with mp.workdps(400):
        wanted = (mpmath.expm1(mpf(logvar)) - mpf(logvar) + mpf(mu) ** 2) / 2
    assert relative_error(vae([mu], [logvar]).value, wanted) < 1e-15


def test_the_prior_itself_costs_nothing() -> None:
    """Means of 0 with variances of 1 cost 0 exactly."""
    assert vae([[0, -0.0]] * 3, [[0, -0.0]] * 3).value == 0.0


def test_the_vae_in_full() -> None:
    """The notes say what logvar is and what is summed; formula and explanation say which way round it is."""
    result = vae([[0.5, -1], [0, 0]], [[0, math.log(0.25)], [0, 1]], inputs=("m", "v"), latents=["size", "hue"])
    assert result.formula == "D(N(μ,σ²)‖N(0,1)) = Σ ½(σ² + μ² − 1 − ln σ²) / rows"
    assert vae([1], [0]).formula == "D(N(μ,σ²)‖N(0,1)) = Σ ½(σ² + μ² − 1 − ln σ²)"
    assert result.inputs == {"mu": "m", "logvar": "v"}
    assert list(result.terms) == ["outcome", "mu", "logvar", "sigma", "contribution"]
    assert result.notes == (
        "logvar is ln σ², the logarithm of the variance: neither σ nor σ² itself",
        "summed over latents and averaged over rows: a mean over latents too would be 2 times smaller and is not the "
        "divergence",
    )
    assert result.explanation == (
        "D(N(μ,σ²)‖N(0,1)) = (½(1² + 0.5² − 1 − 0) + ½(0.5² + (-1)² − 1 − (-1.38629)) + ½(1² + 0² − 1 − 0) + "
        "½(1.64872² + 0² − 1 − 1)) / 2 = 0.651144",
        "P is the encoder's N(μ, σ²) and Q the prior N(0, 1): what it costs to take the prior for it is 0.651144 "
        "nats a row. The other direction is as a rule another number.",
        "A latent with μ = 0 and ln σ² = 0 is the prior itself: it costs 0 and tells nothing (posterior collapse).",
        "The largest term is row 0, hue, with 0.818147.",
        "The row with the most is row 0, with 0.943147.",
    )


def test_no_variance_is_infinite() -> None:
    """A variance of 0 has no density, so its divergence from the prior is infinite, with the place."""
    result = vae([[0, 1], [1, 1]], [[0, -INF], [0, 0]])
    assert result.value == INF
    assert list(result.terms["contribution"]) == [0.0, INF, 0.5, 0.5]
    assert result.notes[-1] == "infinite: the variance is 0 (logvar = -∞) at row 0, latent 1"
    assert result.explanation[-1] == "It is infinite: the variance is 0 (logvar = -∞) at row 0, latent 1."


@pytest.mark.parametrize(
    ("mu", "logvar", "message"),
    [
        (math.nan, 0, "mu: row 1, latent 0: nan is not a finite number"),
        (-INF, 0, "mu: row 1, latent 0: -∞ is not a finite number"),
        (1e200, 0, "mu: row 1, latent 0: the square of 1e+200 is beyond the largest float64, 1.8e308"),
        (0, math.nan, "logvar: row 1, latent 0: nan is a missing value"),
        (0, 1000, "logvar: row 1, latent 0: σ² = exp(1000) is beyond the largest float64, 1.8e308: if this is σ² "
         "itself, take its logarithm"),
        (0, INF, "logvar: row 1, latent 0: σ² = exp(∞) is beyond the largest float64, 1.8e308: if this is σ² itself, "
         "take its logarithm"),
    ],
)  # fmt: skip
def test_a_latent_that_is_none_is_refused(mu: float, logvar: float, message: str) -> None:
    """nan, infinities and squares beyond float64 are refused with their place."""
    with pytest.raises(InputError) as caught:
        vae([[0, 0], [mu, 0]], [[0, 0], [logvar, 0]])
    assert str(caught.value) == message


def test_files_of_one_name_are_told_apart() -> None:
    """The number cited is that of the wrong side even where both sides have one name."""
    with pytest.raises(InputError, match=r"^x: latent 0: σ² = exp\(800\)"):
        vae([7], [800], inputs=("x", "x"))


def test_a_vae_beyond_float64_is_refused() -> None:
    """Terms that float64 holds and whose sum it does not are an error, not an infinity."""
    with pytest.raises(KlcliError, match=r"^KL term of a VAE: the value is beyond the largest float64, 1\.8e308$"):
        vae([1.3e154] * 4, [0] * 4)


# Distillation


def test_the_known_answer_of_distillation() -> None:
    """Logits (2, 1, 0) taught to (1, 1, 0) at T = 4 have D(teacher‖student) = 0.0074886, times 16 0.1198178."""
    result = distill([2, 1, 0], [1, 1, 0], temperature=4)
    assert result.details["kl"] == pytest.approx(0.00748861513529793, rel=1e-14)
    assert result.value == pytest.approx(0.119817842164766958, rel=1e-14)
    assert result.value == 16 * result.details["kl"]
    assert distill([1, 1, 0], [2, 1, 0], temperature=4).details["kl"] != pytest.approx(0.0074886, abs=1e-7)
    assert result.details["temperature"] == 4.0


@pytest.mark.parametrize("temperature", [0.5, 1, 4, 20])
def test_distillation_is_that_of_pytorch(temperature: float) -> None:
    """The value is T² times what KLDivLoss with batchmean gives for the softened logits."""
    torch = torch_or_skip()
    teacher, student = np.random.default_rng(3).normal(0, 3, (2, 5, 4))
    a, b = torch.tensor(teacher) / temperature, torch.tensor(student) / temperature
    softened = torch.softmax(a, dim=-1)
    wanted = torch_loss(torch, torch.log_softmax(b, dim=-1), softened, "batchmean").item()
    result = distill(teacher, student, temperature=temperature)
    assert result.details["kl"] == pytest.approx(wanted, rel=1e-12)
    assert result.value == pytest.approx(temperature**2 * wanted, rel=1e-12)
    np.testing.assert_allclose(result.terms["p"], softened.numpy().ravel(), rtol=1e-14)
    np.testing.assert_allclose(result.terms["q"], torch.softmax(b, dim=-1).numpy().ravel(), rtol=1e-14)


ROWS = {
    "nearly equal": ([0.3, 1.7, -0.4, 2.2], [0.3 + 1e-8, 1.7 - 2e-8, -0.4, 2.2 + 1e-8]),
    "hardly different": ([0.3, 1.7, -0.4], [0.3, 1.7 + 4e-16, -0.4]),
    "shifted by a million": ([0.3, 1.7, -0.4], [1e6 + 0.3, 1e6 + 1.7, 1e6 - 0.4 + 1e-9]),
    "far above": ([-900.0, 0.0, 1.0], [900.0, 0.0, 1.0]),
    "far below": ([900.0, 0.0, 1.0], [-900.0, 0.0, 1.0]),
    "far in a class without mass": ([-2000.0, 0.0, 0.1], [-1000.0, 0.0, 0.1001]),
    "from tiny to small": ([-600.0, 0.0], [-10.0, 0.0]),
    "a certain teacher": ([800.0, 0.0, 0.0], [1.0, 0.0, -3.0]),
    "a class the student alone has": ([-INF, 0.0, 1.0], [-5.0, 0.0, 1.0]),
    "a certain one the student alone has": ([-INF, 0.0, 1.0], [900.0, 0.0, 1.0]),
    "absent on both sides": ([-INF, 0.0, 1.0], [-INF, 1e-9, 1.0]),
    "masked with the least float64": ([np.finfo(float).min, 0.0, 1.0], [np.finfo(float).min, 0.0, 1.5]),
}


@pytest.mark.parametrize("temperature", [1.0, 4.0, 0.1, 1e5])
@pytest.mark.parametrize("name", ROWS)
def test_distillation_is_exact(name: str, temperature: float) -> None:
    """D keeps its digits for logits that are nearly equal, shifted, or hundreds apart, at any temperature."""
    teacher, student = ROWS[name]
    with mp.workdps(100):
        wanted = exact_divergence(teacher, student, temperature)
    result = distill(teacher, student, temperature=temperature)
    assert relative_error(result.details["kl"], wanted) < 2e-14
    assert relative_error(result.value, wanted * mpf(temperature) ** 2) < 2e-14
    assert close(math.fsum(result.terms["contribution"]), result.details["kl"], 10 * max(1, result.details["kl"]))


@settings(max_examples=50, deadline=None)
@given(LOGITS, LOGITS, TEMPERATURES)
def test_distillation_is_the_mean_of_exact_rows(teacher: Array, student: Array, temperature: float) -> None:
    """A batch is the mean over its rows of what mpmath finds for each, times T²."""
    with mp.workdps(100):
        wanted = [exact_divergence(a, b, temperature) for a, b in zip(teacher, student, strict=True)]
    result = distill(teacher, student, temperature=temperature)
    total = mpmath.fsum(wanted)
    if total > mpf("1e-80"):  # what is less may be the rounding of 100 digits
        assert relative_error(result.details["sum"], total) < 2e-14
        assert relative_error(result.value, total * mpf(temperature) ** 2 / 3) < 2e-14
    assert result.details["kl"] == result.details["sum"] / 3 >= 0


@settings(max_examples=50, deadline=None)
@given(LOGITS, st.floats(-1e3, 1e3), TEMPERATURES)
def test_equal_logits_cost_nothing(logits: Array, shift: float, temperature: float) -> None:
    """The student that says the same has a loss of exactly 0, and one shifted as a whole of nearly nothing."""
    assert distill(logits, logits, temperature=temperature).value == 0.0
    assert 0 <= distill(logits, logits + shift, temperature=temperature).value < 1e-20


@pytest.mark.parametrize(("temperature", "wanted"), [(1e300, 0.5), (1e100, 0.5), (1e-300, 1e-300)])
def test_extreme_temperatures_have_their_limits(temperature: float, wanted: float) -> None:
    """As T grows, T²·D nears half the variance of the gaps, though D itself is too small for float64."""
    assert distill([0, 1], [1, 0], temperature=temperature).value == pytest.approx(wanted, rel=1e-15)


def test_gradients_scale_as_the_source_says() -> None:
    """Without T² the gradient shrinks as 1/T²; with it, it stays of one size, which is why the value has it."""

    def slope(temperature: float, name: str) -> float:
        step = 1e-5
        ahead, behind = (distill([2, 1, 0], [1 + x, 1, 0], temperature=temperature) for x in (step, -step))
        pick = {"loss": lambda result: result.value, "kl": lambda result: result.details["kl"]}[name]
        return (pick(ahead) - pick(behind)) / (2 * step)

    assert slope(100, "loss") == pytest.approx(slope(50, "loss"), rel=0.02)
    assert slope(100, "kl") == pytest.approx(slope(50, "kl") / 4, rel=0.02)


def test_a_class_that_the_student_alone_lacks_is_infinite() -> None:
    """−∞ against a finite logit is infinite with its name; −∞ on both sides counts as 0, with a note."""
    result = distill(
        [[2, 1, 0], [1, 0, -INF]],
        [[1, 1, 0], [1, -INF, -INF]],
        rows=["img1", "img2"],
        classes=["cat", "dog", "owl"],
    )
    assert result.value == result.details["kl"] == result.details["sum"] == INF
    assert result.notes == (
        "neither side gives any probability to img2, owl: it counts as 0",
        "infinite: student gives no probability to img2, dog, where teacher has 0.268941",
    )
    p = 1 / (1 + math.exp(-1))
    assert list(result.terms["contribution"][3:]) == pytest.approx([p * math.log(p), INF, 0], rel=1e-15)
    assert math.fsum(result.terms["contribution"][:3]) == pytest.approx(
        distill([2, 1, 0], [1, 1, 0]).value, rel=1e-14
    )
    assert result.explanation[-1] == f"It is infinite: {result.notes[-1].removeprefix('infinite: ')}."


def test_a_class_too_rare_for_float64_is_missed_all_the_same() -> None:
    """A teacher's probability that underflows is not 0: the student that has none is infinitely far."""
    result = distill([0, -2000], [0, -INF])
    assert result.value == INF
    assert result.notes[-1] == "infinite: student gives no probability to class 1, where teacher has some"


@pytest.mark.parametrize(
    ("value", "what"),
    [(math.nan, "nan is a missing value"), (INF, "+∞ is too large")],
)
def test_logits_that_are_none_are_refused(value: float, what: str) -> None:
    """A logit that is nan or +∞ is refused with side, row and class."""
    fine, wrong = [[0, 1], [1, 0]], [[0, 1], [value, 0]]
    for sides, name in (((wrong, fine), "teacher"), ((fine, wrong), "student")):
        with pytest.raises(InputError) as caught:
            distill(*sides)
        assert str(caught.value) == f"{name}: row 1, class 0: {what}: logits are numbers below ∞"


def test_a_row_without_any_class_is_refused() -> None:
    """A row that is −∞ throughout has no softmax, on either side."""
    fine, wrong = [[0, 1], [1, 0]], [[0, 1], [-INF, -INF]]
    for sides, name in (((wrong, fine), "teacher"), ((fine, wrong), "student")):
        with pytest.raises(InputError) as caught:
            distill(*sides)
        assert str(caught.value) == f"{name}: row 1: -∞ throughout: some class needs a probability"


@pytest.mark.parametrize("temperature", [0, -1, INF, -INF, math.nan])
def test_a_temperature_is_finite_and_above_zero(temperature: float) -> None:
    """Nothing can be divided by another temperature."""
    with pytest.raises(OptionError) as caught:
        distill([0, 1], [1, 0], temperature=temperature)
    assert str(caught.value) == (f"temperature is {temperature:g}: the logits are divided by a finite number above 0")


@pytest.mark.parametrize(
    ("teacher", "student", "temperature"),
    [([0, 1.7e308], [1.7e308, -1.7e308], 1), ([0, 1e300], [1e300, 0], 1e-10), ([0, 1e200], [1e200, 0], 1e300)],
)
def test_logits_beyond_float64_are_refused(teacher: list[float], student: list[float], temperature: float) -> None:
    """Where a loss is beyond float64 there is an error, not an infinity or nan."""
    with pytest.raises(KlcliError, match="beyond the largest float64"):
        distill(teacher, student, temperature=temperature)


LARGEST = float(np.finfo(float).max)


@pytest.mark.parametrize(
    ("teacher", "student", "temperature"),
    [
        ([1, 2, 3], [1, 2, -LARGEST], 1),
        ([0, 1.7e308], [0, -1.7e308], 1),
        ([1e308, -1e308], [0, 0], 1),
        ([-1e308, 1e308], [-0.5, 1], 1),
        ([-1e308, 1e308, 5e307], [-0.0005, 0.001, 0], 1e-3),
        ([-LARGEST, 1, 2], [1, LARGEST, -LARGEST], 1e3),
        ([1e308, 1, 2], [-1e308, 1, LARGEST], 1e3),
    ],
)
def test_logits_as_far_apart_as_float64_goes(teacher: list[float], student: list[float], temperature: float) -> None:
    """Differences of logits may be beyond float64 where the loss is not: masks are such numbers."""
    with mp.workdps(700):
        wanted = exact_divergence(teacher, student, temperature)
        if wanted * max(temperature, 1) ** 2 > LARGEST:
            with pytest.raises(KlcliError, match="beyond the largest float64"):
                distill(teacher, student, temperature=temperature)
        else:
            result = distill(teacher, student, temperature=temperature)
            assert relative_error(result.value, wanted * mpf(temperature) ** 2) < 2e-14
            assert relative_error(result.details["kl"], wanted) < 2e-14


@pytest.mark.parametrize("mask", [-1e4, -1e15, -1e20, -3.4028234663852886e38, -LARGEST])
@pytest.mark.parametrize("teacher", [[1, 2, 3], [30, 31, 0], [-2, 40, -1]])
def test_a_class_that_is_masked_leaves_the_terms_of_others_exact(teacher: list[float], mask: float) -> None:
    """However large the term of that class is, and however little is left to it."""
    result = distill(teacher, [*teacher[:2], mask])
    assert result.terms is not None
    with mp.workdps(100):
        masses = [mpmath.exp(x) for x in teacher]
        left = mpmath.log(mpmath.fsum(masses[:2]) / mpmath.fsum(masses))  # ln(p/q) of the others
        for mass, found in zip(masses[:2], result.terms["contribution"], strict=False):
            assert relative_error(found, mass / mpmath.fsum(masses) * left) < 1e-14


def test_distillation_in_full() -> None:
    """Formula, sides, columns, headings, notes and explanation say which way round it is, and with and without T²."""
    result = distill([2, 1, 0], [1, 1, 0], temperature=4, inputs=("big", "small"))
    assert result.formula == "L = T²·Σ p·ln(p/q), T = 4"
    assert result.inputs == {"teacher": "big", "student": "small"}
    assert list(result.terms) == ["outcome", "teacher", "student", "p", "q", "contribution"]
    assert result.headings["kl"] == "D(P‖Q) without T²"
    assert result.notes == ("the value is T² times D(P‖Q), the divergence at T = 4",)
    assert result.explanation == (
        "L = 4²·(0.419229·ln(0.419229/0.359867) + 0.326496·ln(0.326496/0.359867) + "
        "0.254275·ln(0.254275/0.280265)) = 0.119818",
        "P is big and Q is small, both softened by T = 4: D(P‖Q) = 0.00748862 nats. The other direction is as a rule "
        "another number.",
        "The gradients of D(P‖Q) shrink as 1/T²: times T² they keep their size, so that this loss can be added to "
        "one on hard labels.",
        "The largest term is class 0, with 0.0640085.",
    )
    many = EXAMPLES["distill"]()
    assert many.formula == "L = T²·Σ p·ln(p/q) / rows, T = 4"
    assert many.explanation[0].startswith("L = 4²·(")
    assert many.explanation[0].endswith(f") / 2 = {many.value:.6g}")
    assert distill([2, 1, 0], [1, 1, 0]).notes == ()
