"""What the tests of the implementations and those of the laws share: rows of a result, and weights to try."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from klcli import Result


def rows(result: Result) -> dict[str, dict[str, Any]]:
    """The rows of a result by their outcome."""
    names = list(result.terms)
    return {row[0]: dict(zip(names, row, strict=True)) for row in zip(*result.terms.values(), strict=True)}


def property_test(examples: int) -> settings:
    """The settings of a property test: the same examples every time, however slow the machine."""
    return settings(deadline=None, derandomize=True, max_examples=examples, database=None)


@st.composite
def weights(draw: st.DrawFn, sides: int = 2, size: int = 6) -> list[list[float]]:
    """Weights of several distributions over the same outcomes, some of them near each other, some 0."""
    length = draw(st.integers(1, size))
    numbers = st.one_of(st.sampled_from([0.0, 1.0, 1e-9, 1e-300]), st.floats(0.01, 1))
    found = [draw(st.lists(numbers, min_size=length, max_size=length).filter(any)) for _ in range(sides)]
    if draw(st.booleans()):
        nudges = st.floats(-1e-7, 1e-7)
        found[1] = [x * (1 + draw(nudges)) for x in found[0]]
    return found
