"""Write the files that the benchmarks read into the current folder; a process of its own, for its memory."""

from __future__ import annotations

import sys

import numpy as np


def main(rows: int) -> None:
    """Write two small files, and pairs of big ones: probabilities and counts, in the same order and in another."""
    write("p.csv", "p", ["a", "b"], [0.5, 0.5])
    write("q.csv", "p", ["a", "b"], [0.4, 0.6])
    rng = np.random.default_rng(20)
    labels = [f"item-{index}" for index in range(rows)]
    order = rng.permutation(rows).tolist()
    p = rng.dirichlet(np.ones(rows))
    q = p * (1 + 0.1 * rng.random(rows))
    q /= q.sum()
    counts = [rng.zipf(1.5, rows).clip(max=10**9).tolist() for _ in "pq"]
    for stem, mine, theirs in (("shuffled", p.tolist(), q.tolist()), ("counts", *counts)):
        write(f"{stem}_p.csv", "p", labels, mine)
        write(f"{stem}_q.csv", "q", [labels[index] for index in order], [theirs[index] for index in order])
    write("sorted_p.csv", "p", labels, p.tolist())
    write("sorted_q.csv", "q", labels, q.tolist())


def write(path: str, column: str, labels: list[str], values: list[float]) -> None:
    """Write a CSV of labels and values."""
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"label,{column}\n")
        file.writelines(f"{label},{value!r}\n" for label, value in zip(labels, values, strict=True))


if __name__ == "__main__":
    main(int(sys.argv[1]))
