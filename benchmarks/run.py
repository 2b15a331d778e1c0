"""Times and memory of whole processes beside those of a peer: medians of interleaved runs after a warm-up.

    python benchmarks/run.py

Each line is klcli, its peer, and klcli/peer with the smallest and the largest ratio of one pair of runs. Everything
is compiled first; the ratios are what to compare between machines, not the seconds.
"""

from __future__ import annotations

import compileall
import contextlib
import os
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
PYTHON = sys.executable
KLCLI = str(Path(PYTHON).parent / "klcli")
ROWS = 1_000_000


class Case(NamedTuple):
    """A command of klcli, and the peer that it is held against."""

    name: str
    command: list[str]
    peer: list[str]
    runs: int


class Run(NamedTuple):
    """What one process took: seconds on the clock, and its peak memory in MiB."""

    seconds: float
    memory: float


def cases() -> list[Case]:
    """The cases, in a folder that holds their files."""
    return [
        Case("--help / import click", [KLCLI, "--help"], [PYTHON, "-c", "import click"], 20),
        Case(
            "kl of two small files / import click, numpy",
            [KLCLI, "kl", "p.csv", "q.csv", "--json"],
            [PYTHON, "-c", "import click, numpy"],
            20,
        ),
        Case(
            "kl of two small files / ten lines of scipy",
            [KLCLI, "kl", "p.csv", "q.csv", "--json"],
            [PYTHON, str(HERE / "small_scipy.py"), "p.csv", "q.csv"],
            10,
        ),
        *(
            Case(
                f"kl of 2 x {ROWS:,} {what} / pandas",
                [KLCLI, "kl", f"{stem}_p.csv", f"{stem}_q.csv", "--json", "--no-steps"],
                [PYTHON, str(HERE / "big_pandas.py"), f"{stem}_p.csv", f"{stem}_q.csv"],
                5,
            )
            for stem, what in (
                ("shuffled", "probabilities in another order"),
                ("sorted", "probabilities in one order"),
                ("counts", "counts in another order"),
            )
        ),
        Case(
            f"the table of 2 x {ROWS:,} probabilities / pandas",
            [KLCLI, "kl", "shuffled_p.csv", "shuffled_q.csv"],
            [PYTHON, str(HERE / "big_pandas.py"), "shuffled_p.csv", "shuffled_q.csv"],
            3,
        ),
    ]


def run(command: list[str]) -> Run:
    """Run the command to its end."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("OPENBLAS", "KLCLI"))}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} exited with {process.returncode}")
    return Run(seconds, usage.ru_maxrss / 1024)


def compare(case: Case) -> str:
    """A line with the medians of both and the spread of their ratio."""
    pairs = [(run(case.command), run(case.peer)) for _ in range(case.runs + 1)][1:]
    ratios = [ours.seconds / theirs.seconds for ours, theirs in pairs]
    ours, theirs = (statistics.median(pair[side].seconds for pair in pairs) for side in (0, 1))
    our_memory, their_memory = (max(pair[side].memory for pair in pairs) for side in (0, 1))
    return (
        f"{case.name:<62} {ours:7.3f} s {theirs:7.3f} s   {statistics.median(ratios):5.2f} "
        f"({min(ratios):.2f} to {max(ratios):.2f})   {our_memory:5.0f} MiB {their_memory:5.0f} MiB "
        f"{our_memory / their_memory:5.2f}"
    )


@contextlib.contextmanager
def compared(cases: list[Case], files: str, rows: int) -> Iterator[None]:
    """Compile all, write the inputs to a folder, and print a line for each case; the context is that folder."""
    compileall.compile_dir(sysconfig.get_paths()["purelib"], quiet=2)
    compileall.compile_dir(str(HERE.parent / "klcli"), quiet=2)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        run([PYTHON, str(HERE / files), str(rows)])
        print(f"{'':<62} {'klcli':>9} {'peer':>9}   time ratio (spread)     memory               ratio")
        for case in cases:
            print(compare(case), flush=True)
        yield
        os.chdir(HERE)


def main() -> None:
    """Print a line for each case."""
    with compared(cases(), "files.py", ROWS):
        pass


if __name__ == "__main__":
    main()
