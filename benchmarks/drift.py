"""Counts and drift on two tables of 20 columns, beside SQL by hand, a loop over pandas, and evidently.

    python benchmarks/drift.py [ROWS]

Whole processes in turn, after a warm-up, each with its time and its peak memory; at last the same of a count as the
table grows, and Spark's time for the same answer. Evidently wants an older pandas, and
minutes: EVIDENTLY=/path/to/python names the interpreter that has it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from run import HERE, KLCLI, PYTHON, Case, compare, compared, run

MILLION = 1_000_000
ENGINES: tuple[tuple[list[str], str], ...] = (([], "duckdb.csv"), (["--engine", "local[2]"], "spark.csv"))


def cases() -> list[Case]:
    """The cases, in a folder that holds their files."""
    tables = ["reference.parquet", "current.parquet"]
    drift = [KLCLI, "drift", *tables, "--json", "--no-steps"]
    evidently = os.environ.get("EVIDENTLY")
    found = [
        *(counted(tables[0], column, what, 10) for column, what in (("s5", "labels"), ("n3", "whole numbers"))),
        Case("drift / a loop over pandas with scipy", drift, [PYTHON, str(HERE / "drift_scipy.py"), *tables], 3),
    ]
    if evidently:
        peer = [evidently, str(HERE / "drift_evidently.py"), *tables]
        found.append(Case("drift / evidently's DataDriftPreset", drift, peer, 1))
    return found


def counted(table: str, column: str, what: str, runs: int) -> Case:
    """The counts of a column beside those of SQL."""
    return Case(
        f"count of a column of {what} / the same SQL by hand",
        [KLCLI, "count", f"{table}::{column}", "-f", "csv"],
        [PYTHON, str(HERE / "count_sql.py"), table, column],
        runs,
    )


def main(rows: int) -> None:
    """Print a line for each case, and two for each size of a table that grows: DuckDB's count of it and Spark's."""
    with compared(cases(), "drift_files.py", rows):
        for size in (MILLION, 10 * MILLION, 50 * MILLION):
            run([PYTHON, str(HERE / "drift_files.py"), str(size), "grown.parquet"])
            print(compare(counted("grown.parquet", "s5", f"{size:,} labels", 5)), flush=True)
            for column, what in (("s5", "labels"), ("x0", "numbers in ten bins")):
                command = [KLCLI, "count", f"grown.parquet::{column}", *(["--bins", "10"] if column == "x0" else [])]
                found, on_spark = (run([*command, *engine, "-o", name]) for engine, name in ENGINES)
                is_same = len({Path(name).read_bytes() for _, name in ENGINES}) == 1
                print(
                    f"count of {size:>10,} rows, {what}: {found.seconds:.2f} s and {found.memory:.0f} MiB; Spark "
                    f"{on_spark.seconds:.1f} s, {'the same' if is_same else 'ANOTHER'} answer",
                    flush=True,
                )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5 * MILLION)
