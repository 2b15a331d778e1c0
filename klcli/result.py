"""Result: a number and the table of terms it came from, the one shape of every answer."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from klcli.errors import OptionError


@dataclass(frozen=True)
class Result:
    """One answer: its value, the terms behind it, and what was done on the way.

    `terms` holds equal-length columns, "outcome" first and "contribution" last; nan in a column means that the
    entry is not defined there. `details` holds further numbers of the same answer. `headings` says how a column
    or a detail is called in a table: a detail without a heading is for programs only. With `has_own_words` the
    outcomes are klcli's, as the parts of a formula are, and not labels that were given.

    Raises ValueError where the value is nan, which is never an answer.
    """

    measure: str
    title: str
    formula: str
    inputs: Mapping[str, str]
    value: float
    base: float | None = None
    unit: str = ""
    label: str = ""
    terms: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    headings: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    explanation: tuple[str, ...] = ()
    has_own_words: bool = False

    def __post_init__(self) -> None:
        if math.isnan(self.value):
            raise ValueError(f"{self.measure} came out as nan")

    @property
    def symbol(self) -> str:
        """What the value is called in its formula: the left-hand side, as in D(P‖Q)."""
        return self.formula.partition(" = ")[0]

    @property
    def cause(self) -> str:
        """Why the value is infinite, as a note says it, or "" where it is not."""
        return next((note.removeprefix("infinite: ") for note in self.notes if note.startswith("infinite: ")), "")

    @property
    def agrees(self) -> bool:
        """Whether what was compared agrees, true where nothing was: `agreement` in the details."""
        return bool(self.details.get("agreement", True))

    def _repr_html_(self) -> str:
        # The one import that goes up: a notebook asks the object itself for its picture.
        from klcli.render import html

        return html.fragment(self)


def require_base(base: float) -> None:
    """Raise OptionError unless logarithms to this base grow."""
    if not 1 < base < math.inf:
        raise OptionError(f"base is {base:g}: the base of a logarithm is a finite number above 1")


def unit_of(base: float) -> str:
    """The name of the unit that logarithms to this base count in.

    >>> unit_of(2), unit_of(math.e), unit_of(10), unit_of(3)
    ('bits', 'nats', 'hartleys', 'log-3 units')
    """
    return {2.0: "bits", math.e: "nats", 10.0: "hartleys"}.get(base, f"log-{base:.15g} units")
