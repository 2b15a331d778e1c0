"""Write the tables of the drift benchmark: normal numbers, whole numbers, words, truth values and days."""

from __future__ import annotations

import sys

import duckdb


def main(rows: int, *names: str) -> None:
    """Write a reference and a current table whose first column has moved, or one table of that name."""
    with duckdb.connect() as connection:
        for index, name in enumerate(names or ("reference.parquet", "current.parquet")):
            connection.execute(f"SELECT setseed({0.1 * (index + 1)})")
            connection.execute(f"COPY (SELECT {', '.join(columns(index))} FROM range({rows})) TO '{name}'")


def columns(index: int) -> list[str]:
    """The columns as SQL."""
    normal = "sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random())"
    return [
        *(f"{normal} * {k + 1} + {0.1 * index * (k == 0)} AS x{k}" for k in range(8)),
        *(f"CAST(random() * {10 ** (k + 1)} AS INT) AS n{k}" for k in range(4)),
        *(f"'label ' || CAST(power(random(), 2) * {20 * (k + 1)} AS INT) AS s{k}" for k in range(6)),
        "random() < 0.3 AS b0",
        "DATE '2026-01-01' + CAST(random() * 300 AS INT) AS d0",
    ]


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
