"""Every divergence with its working shown: entropy, Kullback-Leibler and their kin, exact and explained.

>>> import klcli
>>> klcli.kl([1/2, 1/4, 1/4], [1/4, 1/4, 1/2], base=2).value
0.25
>>> klcli.kl({"a": 1, "b": 0}, {"a": 1, "c": 1}, base=2).notes[-1]
'absent from P, so p = 0 there: c'
"""

from __future__ import annotations

TYPE_CHECKING = False  # as in typing, whose import would delay the answer to Ctrl-C
if TYPE_CHECKING:
    from typing import Any

    from klcli.coding import code
    from klcli.comparison import compare
    from klcli.distribution import Distribution
    from klcli.errors import KlcliError
    from klcli.losses import distill, loss, vae
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
    from klcli.parametric import continuous
    from klcli.readers import read, read_all
    from klcli.result import Result

__version__ = "0.1.0"

__all__ = [
    "MEASURES",
    "Distribution",
    "KlcliError",
    "Result",
    "bhattacharyya",
    "chi2",
    "code",
    "compare",
    "continuous",
    "cross_entropy",
    "distill",
    "entropy",
    "hellinger",
    "jeffreys",
    "js",
    "js_distance",
    "kl",
    "loss",
    "psi",
    "read",
    "read_all",
    "renyi",
    "tsallis",
    "tv",
    "vae",
]

_HOMES = {
    "Distribution": "distribution",
    "KlcliError": "errors",
    "Result": "result",
    "code": "coding",
    "compare": "comparison",
    "continuous": "parametric",
    "distill": "losses",
    "loss": "losses",
    "read": "readers",
    "read_all": "readers",
    "vae": "losses",
}


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def __getattr__(name: str) -> Any:
    # On demand, so that `import klcli` is instant and the command can answer Ctrl-C from its first moment.
    import importlib

    if name not in __all__:
        raise AttributeError(f"module 'klcli' has no attribute {name!r}")
    return getattr(importlib.import_module(f"klcli.{_HOMES.get(name, 'measures')}"), name)
