"""Families of shares and of vectors."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from klcli.families.family import POSITIVE, Family, ParameterError, family, fault_of, plain
from klcli.families.line import Normal
from klcli.families.positive import Beta
from klcli.lazy import np
from klcli.numerals import counted
from klcli.special import LOG_2PI

if TYPE_CHECKING:
    from klcli.numerics import Array


@family
class Dirichlet(Family):
    """Dirichlet distribution of the shares of two or more parts, with means a_i/Σa."""

    a: tuple[float, ...]
    numbered: ClassVar = True

    @property
    def space(self) -> str:
        """As many shares as parameters."""
        return f"{len(self.a)} shares"

    def __post_init__(self) -> None:
        object.__setattr__(self, "a", tuple(map(float, self.a)))
        parameters = {f"a{index}": value for index, value in enumerate(self.a, 1)}
        fault = fault_of(parameters, dict.fromkeys(parameters, POSITIVE))
        if fault or len(self.a) < 2:
            raise ParameterError(str(self), fault or "there must be at least two parameters")

    def __str__(self) -> str:
        return f"{self.name}({', '.join(map(plain, self.a))})"

    @classmethod
    def usage(cls) -> str:
        """How it is written."""
        return f"{cls.name}(a1, a2, ...)"

    @classmethod
    def made(cls, values: Mapping[str, Any]) -> Dirichlet:
        """The distribution with these parameters, which are all of one kind."""
        return cls(tuple(values.values()))

    def log_density(self, x: Any) -> Array:
        """The log-density at each row of shares, with respect to all of them but the last."""
        a = np.array(self.a)
        constant = math.lgamma(a.sum()) - math.fsum(map(math.lgamma, self.a))
        with np.errstate(divide="ignore"):
            result: Array = ((a - 1) * np.log(np.asarray(x, float))).sum(axis=-1) + constant
        return result

    def factors(self, other: Dirichlet) -> list[tuple[Family, Family]]:
        """Pairs on the line whose divergences add up to that of self and the other.

        Each share, as a fraction of what the ones before it have left, is a beta distribution, independent of the
        others. Source: Connor and Mosimann (1969), "Concepts of independence for proportions".
        """
        sides = [[Beta(x, math.fsum(each.a[i + 1 :])) for i, x in enumerate(each.a[:-1])] for each in (self, other)]
        return list(zip(*sides, strict=True))

    def torch_parameters(self) -> tuple[Any, ...]:
        """All of them together."""
        return (self.a,)


@family
class MvNormal(Family):
    """Normal distribution of vectors, with their mean (None for 0) and their covariance matrix.

    Raises ParameterError where the covariance is not square, not symmetric to 1e-12 of its entries, or not positive
    definite.
    """

    mean: Sequence[float] | None
    cov: Sequence[Sequence[float]]
    optional: ClassVar = ("mean",)
    takes_lists: ClassVar = True
    torch_name: ClassVar = "MultivariateNormal"

    @property
    def space(self) -> str:
        """Vectors as long as the mean."""
        return f"vectors of length {len(self.cov)}"

    def __post_init__(self) -> None:
        object.__setattr__(self, "cov", tuple(tuple(map(float, row)) for row in self.cov))
        mean = (0.0,) * len(self.cov) if self.mean is None else tuple(map(float, self.mean))
        object.__setattr__(self, "mean", mean)
        fault = self.fault()
        if fault:
            raise ParameterError(str(self), fault)

    def fault(self) -> str:
        """What is wrong with the parameters, "" where nothing is."""
        mean, size = self.centre, len(self.cov)
        for row, numbers in enumerate(self.cov, 1):
            if len(numbers) != size:
                rows, found = counted(size, "row"), counted(len(numbers), "number")
                return f"cov has {rows} and {found} in row {row}: it must be square"
        if len(mean) != size:
            return f"mean has {counted(len(mean), 'number')} and cov has {counted(size, 'row')}: they must agree"
        if not size:
            return "cov is empty"
        if not all(map(math.isfinite, [*mean, *(x for row in self.cov for x in row)])):
            return "every number must be finite"
        return _not_a_covariance(np.array(self.cov))

    @property
    def centre(self) -> Sequence[float]:
        """The mean, which is never None once it is made."""
        return self.mean or ()

    @functools.cached_property
    def matrix(self) -> Array:
        """The covariance, symmetric to the last bit."""
        given = np.array(self.cov)
        result: Array = 0.5 * (given + given.T)
        return result

    def __str__(self) -> str:
        rows = ", ".join(f"[{', '.join(map(plain, row))}]" for row in self.cov)
        return f"{self.name}([{', '.join(map(plain, self.centre))}], [{rows}])"

    @classmethod
    def usage(cls) -> str:
        """How it is written."""
        return f"{cls.name}(mean, cov), {cls.name}(cov) or {cls.name}(FILE)"

    @classmethod
    def made(cls, values: Mapping[str, Any]) -> MvNormal:
        """The distribution with these parameters, each one number, a list of numbers, or a list of rows."""
        cov, mean = values["cov"], values.get("mean")
        if not _are_rows(cov):
            raise ParameterError(cls.name, "cov must be rows of numbers, as [[2, 0.5], [0.5, 1]]")
        if mean is not None:
            if _are_rows(mean) and (len(mean) == 1 or {len(row) for row in mean} == {1}):  # a row or a column
                mean = [x for row in mean for x in row]
            if not all(isinstance(x, float) for x in mean):
                raise ParameterError(cls.name, "mean must be a list of numbers, as [0, 1]")
        return cls(mean, cov)

    def log_density(self, x: Any) -> Array:
        """The log-density at each row of numbers."""
        root = np.linalg.cholesky(self.matrix)
        z = np.linalg.solve(root, (np.asarray(x, float) - self.centre)[..., None])[..., 0]
        result: Array = -0.5 * (z * z).sum(axis=-1) - np.log(np.diag(root)).sum() - 0.5 * len(self.cov) * LOG_2PI
        return result

    def factors(self, other: MvNormal) -> list[tuple[Family, Family]]:
        """Pairs on the line whose divergences add up to that of self and the other.

        The linear map that makes the other standard and self diagonal leaves the divergence as it is.
        """
        spread, turn, moved = standardised(self, other)
        pairs = zip((turn.T @ moved).tolist(), np.sqrt(spread).tolist(), strict=True)
        return [(Normal(mean, sd), Normal(0.0, 1.0)) for mean, sd in pairs]

    def torch_parameters(self) -> tuple[Any, ...]:
        """The mean and the covariance."""
        return (self.centre, self.cov)


def _are_rows(value: list[Any]) -> bool:
    """Whether this is a list of lists."""
    return all(isinstance(row, list) for row in value)


def _not_a_covariance(given: Array) -> str:
    """Why the matrix is not a covariance of full rank, "" where it is."""
    scale = np.sqrt(np.abs(np.diag(given)))
    apart = np.abs(given - given.T) > 1e-12 * np.outer(scale, scale)
    if apart.any():
        i, j = np.argwhere(apart)[0].tolist()
        entries = f"{plain(given[i, j])} in row {i + 1}, column {j + 1} and {plain(given[j, i])} across"
        return f"cov has {entries}: it must be symmetric"
    try:
        np.linalg.cholesky(0.5 * (given + given.T))
    except np.linalg.LinAlgError:
        least = float(np.linalg.eigvalsh(0.5 * (given + given.T))[0])
        return f"cov has the eigenvalue {least:.3g}: it must be positive definite, all > 0"
    return ""


def standardised(f: MvNormal, g: MvNormal) -> tuple[Array, Array, Array]:
    """Variances and axes of F where the map that makes G standard takes it, and its mean there.

    The map is made of the eigenvectors of the correlations of G: the closed form has its Cholesky factor.
    """
    scale = np.sqrt(np.diag(g.matrix))
    values, vectors = np.linalg.eigh(g.matrix / scale / scale[:, None])
    standard = (vectors / np.sqrt(values)).T / scale
    turn, widths, _ = np.linalg.svd(standard @ np.linalg.cholesky(f.matrix))
    return widths**2, turn, standard @ np.subtract(f.centre, g.centre)


def condition(each: MvNormal) -> float:
    """How much larger errors become where the covariance is solved: the condition of the matrix of correlations.

    The scales of the numbers do not matter to a Cholesky factor. Source: Higham (2002), "Accuracy and stability of
    numerical algorithms", section 10.1.
    """
    scale = np.sqrt(np.diag(each.matrix))
    return float(np.linalg.cond(each.matrix / scale / scale[:, None]))
