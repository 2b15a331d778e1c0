"""Fuzzing of every reader by atheris: `make fuzz`, or `python tests/fuzz.py NAME SECONDS`.

What must hold is in `check`: bytes are a Distribution, or a KlcliError that says what is wrong with them. What was
found is kept in tests/data/corpus, and the suite checks all of it.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

CORPUS = Path(__file__).parent / "data" / "corpus"
TEXTS = ("csv", "tsv", "json", "ndjson", "yaml")
ARRAYS = {"npy": "p.npy", "npz": "p.npz", "safetensors": "p.safetensors"}
NAMES = (*TEXTS, *ARRAYS, "packed", "parquet")


def check(name: str, data: bytes) -> None:
    """Read the bytes as that reader does; anything but an answer or a refusal is raised."""
    from klcli import arrays, parquet, readers, sources
    from klcli.columns import FORMATS, FormatError, Reading
    from klcli.errors import KlcliError

    with contextlib.suppress(FormatError, KlcliError):
        if name == "packed":
            sources.text(sources._unpacked(data, 10**6))
            return
        if name in ARRAYS:
            columns = arrays.columns(arrays.tensors(data, ARRAYS[name], 10**6) or [])
        elif name == "parquet":
            columns = parquet.columns(data, 10**6)
        else:
            columns = FORMATS[name](sources.text(data), Reading())
        for column in columns:
            found = readers._distribution(column, "fuzz", True, "sum")
            assert abs(float(found.probs.sum()) - 1) < 1e-9


def main(name: str, seconds: str) -> None:
    """Fuzz one reader for so many seconds, from what is kept of it."""
    import atheris

    with atheris.instrument_imports(include=["klcli"]):
        check(name, b"")
    folder = CORPUS / name
    folder.mkdir(parents=True, exist_ok=True)
    # What is compared in csv costs atheris some 4 KB a run, for good; klcli's own memory does not grow.
    limits = ["-rss_limit_mb=8192", "-malloc_limit_mb=1024", "-timeout=60"]
    options = [f"-max_total_time={seconds}", "-max_len=4096", *limits]
    atheris.Setup([sys.argv[0], *options, str(folder)], lambda data: check(name, data))
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
