"""How often `klcli drift` finds what was changed in real tables, and how often it finds anything else.

A table is split into two halves at random, 200 times, and some columns of the second half are perturbed, as `tables`
says. Printed are the share of the splits in which each of these is found, and the share of false ones among all that
are found, which is to be at most 0.05, and the same without any perturbation.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from klcli import engines
from klcli.drift import drift
from klcli.profiles import Profile

SPLITS = 200
Perturbation = Callable[[pd.Series, np.random.Generator], pd.Series]


def shifted(by: float) -> Perturbation:
    """Every value, moved by so many standard deviations."""
    return lambda column, _: column + by * column.std()


def scaled(by: float) -> Perturbation:
    """Every value, so many times as far from the mean."""
    return lambda column, _: column.mean() + by * (column - column.mean())


def lost(share: float) -> Perturbation:
    """The column with a share of its values missing."""
    return lambda column, rng: column.where(rng.random(len(column)) >= share)


def relabelled(share: float) -> Perturbation:
    """The column with a share of the most frequent label turned into the next one."""

    def change(column: pd.Series, rng: np.random.Generator) -> pd.Series:
        first, second = column.value_counts().index[:2]
        return column.mask((column == first) & (rng.random(len(column)) < share), second)

    return change


def tables() -> dict[str, tuple[pd.DataFrame, dict[str, Perturbation]]]:
    """Tables that packages bring along, with what is done to some of their columns."""
    from sklearn.datasets import load_breast_cancer
    from vega_datasets import data

    return {
        "breast cancer (scikit-learn)": (
            load_breast_cancer(as_frame=True).frame,
            {"mean radius": shifted(0.75), "worst texture": scaled(2.0), "symmetry error": lost(0.15)},
        ),
        "Seattle's weather (vega_datasets)": (
            data.seattle_weather(),
            {"temp_max": shifted(0.5), "weather": relabelled(0.3)},
        ),
    }


def profile(engine: engines.Engine, frame: pd.DataFrame, folder: str, like: Profile | None = None) -> Profile:
    """The profile of a frame, by way of a file as anyone would give it."""
    path = Path(folder) / "table.csv"
    frame.to_csv(path, index=False)
    table = engines.opened(engine, str(path))
    return Profile("table", len(frame), dict(engines.profile(table, [*table.fields], 10, like)))


def rates(
    frame: pd.DataFrame, perturbed: dict[str, Perturbation], seed: int
) -> tuple[dict[str, float], float, float]:
    """How often each perturbed column is found, the mean share of false ones, and how often there is one."""
    rng = np.random.default_rng(seed)
    found: Counter[str] = Counter()
    false: list[float] = []
    with engines.started("duckdb") as engine, tempfile.TemporaryDirectory() as folder:
        for _ in range(SPLITS):
            order = rng.permutation(len(frame))
            reference, current = frame.iloc[order[: len(frame) // 2]], frame.iloc[order[len(frame) // 2 :]].copy()
            for column, change in perturbed.items():
                current[column] = change(current[column], rng)
            p = profile(engine, reference, folder)
            results: list[Any] = drift(p, profile(engine, current, folder, p))
            drifted = [each.label for each in results if each.details["verdict"] == "drifted"]
            found.update(drifted)
            wrong = [label for label in drifted if label not in perturbed]
            false.append(len(wrong) / max(1, len(drifted)))
    return (
        {label: found[label] / SPLITS for label in perturbed},
        float(np.mean(false)),
        float(np.mean(np.array(false) > 0)),
    )


def main() -> None:
    """Print the rates of every table."""
    for name, (frame, perturbed) in tables().items():
        print(f"{name}: {len(frame)} rows, {len(frame.columns)} columns, {SPLITS} splits")
        for title, changes in (("perturbed", perturbed), ("untouched", {})):
            each, false, any_false = rates(frame, changes, seed=20261124)
            shown = ", ".join(f"{label} {share:.3f}" for label, share in each.items())
            print(
                f"  {title}: found {shown or '-'}; false among found {false:.4f}, in a split at all {any_false:.3f}"
            )


if __name__ == "__main__":
    main()
