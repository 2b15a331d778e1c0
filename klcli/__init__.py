"""Every divergence with its working shown: entropy, Kullback-Leibler and their relatives, exact and explained.

>>> import klcli
>>> klcli.kl([0.5, 0.5], [0.25, 0.75], base=2).value
0.20751874963942193
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from klcli.compare import compare
    from klcli.distribution import Distribution
    from klcli.errors import KlcliError
    from klcli.measures import (
        MEASURES,
        bhattacharyya,
        chi2,
        cross_entropy,
        entropy,
        hellinger,
        jeffreys,
        js,
        js_distance,
        kl,
        psi,
        renyi,
        tsallis,
        tv,
    )
    from klcli.readers import read, read_all
    from klcli.result import Result
