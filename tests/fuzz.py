"""Fuzzing of every reader by atheris: `make fuzz`, or `python tests/fuzz.py NAME SECONDS`.

What must hold is in `check`: a file is Distributions, or a KlcliError that names it. What was found is kept in
tests/data/corpus, and the suite checks all of it.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

CORPUS = Path(__file__).parent / "data" / "corpus"
NAMES = ("csv", "tsv", "json", "ndjson", "yaml", "npy", "npz", "safetensors", "packed", "parquet")
ENDINGS = {"packed": "csv.gz"}


def check(name: str, data: bytes, folder: Path) -> None:
    """Read a file of these bytes; anything but Distributions, or a refusal that names the file, is raised."""
    from klcli import readers
    from klcli.errors import KlcliError

    path = folder / f"fuzz.{ENDINGS.get(name, name)}"
    path.write_bytes(data)
    try:
        found, said = readers.read_all(str(path), normalize=True, duplicates="sum", max_size=10**6), path.name
    except KlcliError as error:
        found, said = [], str(error)
    assert path.name in said
    assert all(abs(float(each.probs.sum()) - 1) < 1e-9 for each in found)


def main(name: str, seconds: str) -> None:
    """Fuzz one reader for so many seconds, from what is kept of it."""
    import atheris

    files = tempfile.TemporaryDirectory()
    with atheris.instrument_imports(include=["klcli"]):
        check(name, b"", Path(files.name))
    learnt = Path(".fuzz", name)  # what a run may begin with, and is not worth keeping in the project
    learnt.mkdir(parents=True, exist_ok=True)
    # What is compared in csv costs atheris some 4 KB a run, for good; klcli's own memory does not grow.
    limits = ["-rss_limit_mb=8192", "-malloc_limit_mb=1024", "-timeout=60"]
    options = [f"-max_total_time={seconds}", "-max_len=4096", f"-artifact_prefix={CORPUS / name}/", *limits]
    atheris.Setup(
        [sys.argv[0], *options, str(learnt), str(CORPUS / name)], lambda data: check(name, data, Path(files.name))
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
