"""What the tests of the implementations and those of the laws share: rows of a result, and weights to try."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
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


# Weights as far apart, as near each other and as many as they come. A law is tried a thousand times and more, so they
# are made of few draws; a failing example shows them as plain numbers, to the last digit.

Side = list[float]

SEEDS = st.integers(0, 2**32 - 1)
EDGES = np.array([5e-324, 1e-323, 2.2250738585072014e-308, 1e-200, 1e-16, 0.1, 0.5, 1, 10, 2.0**53, 1e200, 1e308])
KINDS = ("counts", "probabilities", "doubles")


def made_of(bits: np.ndarray, kind: str) -> np.ndarray:
    """A weight of each 64 bits: a count from 1 to 2^53, a probability, or any double from 5e-324 to 1e308."""
    if kind == "counts":
        return 1.0 + (bits >> 11 >> bits % 54)
    if kind == "probabilities":
        return 1e-3 + (bits >> 11) * 2.0**-53
    doubles = (1 + bits % EDGES[-1:].view(np.uint64)).view(np.float64)
    return np.where(bits % 5 == 0, EDGES[bits % 12], doubles)


def by_the_hundred(size: int, random: np.random.Generator) -> np.ndarray:
    """So many weights of one kind: shares at random, Zipf's law, counts, probabilities, or any doubles."""
    kind = random.integers(2 + len(KINDS))
    if kind == 0:
        return random.dirichlet(np.full(size, 0.1)) + 5e-324
    if kind == 1:
        return np.arange(1.0, size + 1) ** -random.uniform(0.5, 3)
    return made_of(random.integers(2**64, size=size, dtype=np.uint64), KINDS[kind - 2])


def beside(side: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Weights near or like those: some ulps away, a small share of themselves away, a multiple, or another order."""
    kinds = (
        lambda: np.maximum(side + random.integers(-3, 4, side.size) * np.spacing(side), 5e-324),
        lambda: np.maximum(side * (1 + 10.0 ** -random.uniform(1, 15) * random.uniform(-1, 1, side.size)), 5e-324),
        lambda: np.where(random.random(side.size) < 0.5, side, np.maximum(side / 3, 5e-324)),
        lambda: side * multiple(side, random),
        lambda: random.permutation(side),
    )
    return kinds[random.integers(len(kinds))]()


def multiple(side: np.ndarray, random: np.random.Generator) -> float:
    """A whole number by which counts may be multiplied and stay exact; a power of two for any other weights."""
    largest = float(side.max())
    if largest <= 2.0**52 and (side == np.floor(side)).all():
        return float(random.integers(1, int(2.0**53 / largest), endpoint=True))
    return 2.0 ** random.integers(min(1000, 1024 - math.frexp(largest)[1]), endpoint=True)


def without_some(sides: Sequence[np.ndarray], random: np.random.Generator) -> list[np.ndarray]:
    """The same with zeros in one side, in another or in all; no side loses everything."""
    lost = random.random((len(sides), sides[0].size)) < 0.3
    if random.random() < 0.3:
        lost[:] = lost[0]
    kept = [np.where(gone, 0.0, side) for gone, side in zip(lost, sides, strict=True)]
    return [left if left.any() else side for left, side in zip(kept, sides, strict=True)]


@st.composite
def hard(draw: st.DrawFn, sides: int = 2, size: int = 6, many: int = 300) -> list[Side]:
    """Weights of several distributions over the same outcomes: one, a few or hundreds, of any magnitude.

    The sides are far apart, near each other, or equal but for a factor; zeros are in none, in some or in all.
    """
    seed = draw(SEEDS)
    random = np.random.default_rng(seed)
    if seed % 10 == 9:
        length = random.integers(size, many, endpoint=True)
        found = [by_the_hundred(length, random) for _ in range(sides)]
    else:
        room = 8 * sides * draw(st.integers(1, size))
        bits = np.frombuffer(draw(st.binary(min_size=room, max_size=room)), np.uint64)
        found = [made_of(side, KINDS[seed % 3]) for side in bits.reshape(sides, -1)]
    if draw(st.booleans()):
        found = [found[0], *(beside(found[0], random) for _ in found[1:])]
    if draw(st.booleans()):
        found = without_some(found, random)
    return [side.tolist() for side in found]


def cut(weight: float, share: float) -> tuple[float, float]:
    """The weight in two parts, about that share of it first, whose sum is the weight without rounding."""
    unit = math.ulp(weight)
    whole = round(weight / unit)
    first = int(whole * share)
    return first * unit, (whole - first) * unit


@st.composite
def in_parts(draw: st.DrawFn, sides: int = 2, size: int = 6, many: int = 60) -> list[list[Side]]:
    """For each side, for each outcome, the parts of its weight; their sum is the weight without rounding.

    The parts of all sides are of the same number, and the whole of each side is as hard as they come.
    """
    wholes = draw(hard(sides, size, many))
    random = np.random.default_rng(draw(SEEDS))
    found: list[list[Side]] = [[] for _ in wholes]
    for weights in zip(*wholes, strict=True):
        parts = [[weight] for weight in weights]
        for _ in range(random.integers(0, 4)):
            shares = [
                (0.0, 1.0, 0.5, random.random(), 2.0 ** -random.integers(1, 53))[k]
                for k in random.integers(5, size=sides)
            ]
            if random.random() < 0.5:
                shares = shares[:1] * sides
            for each, share in zip(parts, shares, strict=True):
                each[-1:] = cut(each[-1], share)
        for side, each in zip(found, parts, strict=True):
            side.append(each)
    return found


@st.composite
def of_one_total(draw: st.DrawFn, sides: int = 2, totals: int = 2) -> list[Side]:
    """Weights of several distributions with exactly one total, which can be mixed in parts of 128 without rounding.

    Shares from 2^-45 to 1, zeros among them, and further down where a second total stands beside the first.
    """
    random = np.random.default_rng(draw(SEEDS))
    found: list[Side] = [[] for _ in range(sides)]
    exponents = random.choice([-1074, -500, -60, 0, 900], totals, replace=False).tolist()
    for exponent in exponents[: draw(st.integers(1, totals))]:
        size = draw(st.integers(0, 5))
        marks = [2.0**45 * 2 ** -random.uniform(0, 46, size) for _ in range(sides)]
        if draw(st.booleans()):
            marks = [marks[0] + random.integers(-3, 4, size) for _ in range(sides)]
        mirrored = random.random(size) < 0.5
        for side, mine in zip(found, marks, strict=True):
            ends = np.clip(np.where(mirrored, 2.0**45 - mine, mine).round(), 0, 2.0**45)
            side.extend(np.ldexp(np.diff(np.sort(ends), prepend=0.0, append=2.0**45), exponent).tolist())
    return found


def short(weight: float) -> float:
    """The weight with 26 binary digits and a square that float64 holds: products of two are not rounded."""
    mantissa, exponent = math.frexp(weight)
    return math.ldexp(math.floor(mantissa * 2**26), min(max(exponent, -511), 506) - 26)
