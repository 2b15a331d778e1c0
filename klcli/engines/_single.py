"""Numbers of 32 bits beside those of 64: each is meant by its shortest decimal, and held as another float64.

0.1 is 0.10000000149011612 when it comes from 32 bits. Tables that hold the same numbers, in 32 bits, in 64 or as
text, are to have the same counts in the same bins.
"""

from __future__ import annotations

import math

from klcli.lazy import np


def nearest(x: float) -> float:
    """The number of 32 bits that is nearest, or an infinity."""
    with np.errstate(over="ignore"):
        return float(np.float32(x))


def shortest(x: float) -> float:
    """The shortest decimal that leads to the number of 32 bits.

    >>> shortest(0.10000000149011612)
    0.1
    """
    return float(str(np.float32(x)))


def next_above(x: float) -> float:
    """The number of 32 bits after x, which is one, or infinity."""
    with np.errstate(over="ignore"):
        return float(np.nextafter(np.float32(x), np.float32(math.inf)))


def edge(x: float) -> float:
    """The least number of 32 bits that is not below the edge x: by its shortest decimal, or if it is x itself.

    The edge behind a value that is alone is the next float64, and that value is below it in either reading.
    """
    found = nearest(x)
    is_behind = x == math.nextafter(found, math.inf)
    return found if found == x or (shortest(found) >= x and not is_behind) else next_above(found)
