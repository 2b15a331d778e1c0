"""What every parametric family is, and the registry of them.

A family is one class, whose fields are its parameters; an object of it is a distribution. Densities are natural
logarithms, vectorised, and −inf where there is no density, which counts the ends of a support in.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeVar, dataclass_transform

from klcli.errors import InputError, clipped

if TYPE_CHECKING:
    from klcli.numerics import Array


class ParameterError(InputError):
    """Raised when a parameter is not what its family takes; `what` says so without naming the distribution."""

    def __init__(self, subject: str, what: str) -> None:
        super().__init__(f"{clipped(subject)}: {what}")
        self.what = what


class Rule(NamedTuple):
    """What a parameter must be, as a test and in words."""

    holds: Callable[[float], bool]
    must: str


POSITIVE = Rule(lambda x: x > 0, "> 0")
NOT_NEGATIVE = Rule(lambda x: x >= 0, ">= 0")
SHARE = Rule(lambda x: 0 <= x <= 1, "from 0 to 1")
CHANCE = Rule(lambda x: 0 < x <= 1, "above 0 and at most 1")
COUNT = Rule(lambda x: x >= 1 and x.is_integer(), "a whole number of at least 1")


@dataclass(frozen=True)
class Family(ABC):
    """A distribution of a parametric family, whose fields are its parameters; str() writes it as `parse` reads it.

    Two of them have a divergence if both are `discrete` or neither is, and if they are over the same `space`.
    Raises ParameterError where a parameter is not what `rules` say.
    """

    name: ClassVar[str]
    rules: ClassVar[Mapping[str, Rule]] = {}
    discrete: ClassVar[bool] = False
    optional: ClassVar[tuple[str, ...]] = ()  # parameters that may be left out
    numbered: ClassVar[bool] = False  # its parameters are a1, a2, ..., as many as are given
    takes_lists: ClassVar[bool] = False  # or files, for parameters that are not single numbers
    torch_name: ClassVar[str] = ""  # in torch.distributions, where it is not the name of the class

    @property
    def space(self) -> str:
        """What a draw is."""
        return "numbers"

    @abstractmethod
    def log_density(self, x: Any) -> Array:
        """The logarithm of the density, or of the probability where it is discrete, at each x."""

    def parameters(self) -> dict[str, float]:
        """The parameters by their names."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    def __post_init__(self) -> None:
        for name, value in self.parameters().items():
            object.__setattr__(self, name, float(value))
        fault = self.fault()
        if fault:
            raise ParameterError(str(self), fault)

    def fault(self) -> str:
        """What is wrong with the parameters, "" where nothing is."""
        return fault_of(self.parameters(), self.rules)

    def __str__(self) -> str:
        return f"{self.name}({', '.join(plain(value) for value in self.parameters().values())})"

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """The names of its parameters, in order."""
        return tuple(each.name for each in fields(cls))

    @classmethod
    def usage(cls) -> str:
        """How it is written: normal(mean, sd)."""
        return f"{cls.name}({', '.join(cls.names())})"

    @classmethod
    def made(cls, values: Mapping[str, Any]) -> Family:
        """The distribution with these parameters as they were written: numbers, and lists where it takes them."""
        return cls(**values)

    def torch_parameters(self) -> tuple[Any, ...]:
        """The parameters in the order and with the meaning that they have in torch.distributions."""
        return tuple(self.parameters().values())


FAMILIES: dict[str, type[Family]] = {}  # by the name that is written, in the order in which they are defined

_Member = TypeVar("_Member", bound=Family)


@dataclass_transform(frozen_default=True)
def family(cls: type[_Member]) -> type[_Member]:
    """A decorator that makes a class a frozen dataclass and enters it under its own name in small letters."""
    made = dataclass(frozen=True)(cls)
    made.name = cls.__name__.lower()
    FAMILIES[made.name] = made
    return made


def plain(x: float) -> str:
    """The number in the fewest digits that write it exactly."""
    return repr(float(x)).removesuffix(".0")


def fault_of(parameters: Mapping[str, float], rules: Mapping[str, Rule]) -> str:
    """What is wrong with the first parameter that is not what the rules say, "" where none is."""
    for name, value in parameters.items():
        if not math.isfinite(value):
            return f"{name} is {value}: it must be a finite number"
        if name in rules and not rules[name].holds(value):
            return f"{name} is {plain(value)}: it must be {rules[name].must}"
    return ""
