"""What the tests share: running the command in a process of its own, in this one, in a shell and on a terminal."""

from __future__ import annotations

import fcntl
import io
import json
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import settings
from jsonschema import Draft202012Validator

from klcli import cli, engines, rooms, sources
from klcli.engines import Engine

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "sample_data"
VALIDATOR = Draft202012Validator(json.loads((ROOT / "docs" / "schema.json").read_text(encoding="utf-8")))
UNWANTED = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "TERM", "PYTHONUNBUFFERED", "PYTHONDEVMODE")


class Done(NamedTuple):
    """What a command left behind: its exit code, its output and what it said on stderr."""

    code: int
    raw: bytes
    err: str

    @property
    def out(self) -> str:
        """The output as text."""
        return self.raw.decode("utf-8")

    @property
    def results(self) -> list[dict[str, Any]]:
        """The results of JSON output, which hold to the schema."""
        return valid(self.raw)

    @property
    def result(self) -> dict[str, Any]:
        """The one result of JSON output."""
        (result,) = self.results
        return result


def valid(text: str | bytes) -> list[dict[str, Any]]:
    """The results in a text of JSON, held against the schema; NaN and a bare Infinity are no JSON."""

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    found = json.loads(text, parse_constant=refuse)
    VALIDATOR.validate(found)
    return found["results"]


def checked(done: Done) -> Done:
    """The same, after every JSON in the output has been held against the schema."""
    if done.raw.startswith(b'{\n  "results"'):
        valid(done.raw)
    elif done.raw.startswith(b'{"measure"'):
        for line in done.raw.splitlines():
            valid(b'{"results": [' + line + b"]}")
    return done


def environment(**changes: str | None) -> dict[str, str]:
    """The environment of a command: UTF-8, nothing that would colour or widen it; None takes a variable out."""
    kept = {name: x for name, x in os.environ.items() if name not in UNWANTED and "KLCLI" not in name}
    wanted = kept | {"LC_ALL": "C.UTF-8"} | changes
    return {name: x for name, x in wanted.items() if x is not None}


settings.register_profile("klcli", deadline=None)  # how long an example takes says nothing of what it shows
settings.load_profile("klcli")


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*UNWANTED, *(name for name in os.environ if "KLCLI" in name)):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def balls() -> tuple[str, str, str]:
    """The three distributions of the article: P, Q1 and Q2."""
    p, q1, q2 = (f"{SAMPLES / 'balls.csv'}::{column}" for column in ("p", "q1", "q2"))
    return p, q1, q2


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Done]:
    """Run `python -m klcli` in a process of its own, in a new folder."""

    def run(*args: str, stdin: str | bytes = b"", env: dict[str, str | None] | None = None, python: Any = ()) -> Done:
        done = subprocess.run(
            [sys.executable, *python, "-m", "klcli", *args],
            cwd=tmp_path,
            env=environment(**(env or {})),
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            capture_output=True,
            timeout=300,
        )
        return checked(Done(done.returncode, done.stdout, done.stderr.decode("utf-8", "backslashreplace")))

    return run


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Done]:
    """Run the command line in this process, in a new folder: the same as `run`, and faster."""
    monkeypatch.chdir(tmp_path)

    def call(*args: str, stdin: str | bytes = b"", encoding: str = "utf-8", terminal: bool = False) -> Done:
        given = stdin.encode() if isinstance(stdin, str) else stdin
        out, err = io.BytesIO(), io.BytesIO()
        kind = _Terminal if terminal else io.TextIOWrapper
        for cached in vars(sources).values():
            if hasattr(cached, "cache_clear"):
                cached.cache_clear()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given), encoding="utf-8"))
            patch.setattr(sys, "stdout", kind(out, encoding=encoding, write_through=True))
            patch.setattr(sys, "stderr", io.TextIOWrapper(err, encoding="utf-8", write_through=True))
            code = cli.main(args)
            return checked(Done(code, out.getvalue(), err.getvalue().decode()))

    return call


class _Terminal(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def shell(tmp_path: Path) -> Callable[..., Done]:
    """Run a line of bash in a new folder; $K is the command."""

    def shell(line: str, **env: str | None) -> Done:
        done = subprocess.run(
            ["bash", "-c", line],
            cwd=tmp_path,
            env=environment(K=f"{sys.executable} -m klcli", **env),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=300,
        )
        return checked(Done(done.returncode, done.stdout, done.stderr.decode("utf-8", "backslashreplace")))

    return shell


@pytest.fixture
def terminal(tmp_path: Path) -> Callable[..., Done]:
    """Run the command on a terminal of its own, so many cells wide; stdout and stderr are one."""

    def terminal(*args: str, columns: int = 100, **env: str | None) -> Done:
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
        with subprocess.Popen(
            [sys.executable, "-m", "klcli", *args],
            cwd=tmp_path,
            env=environment(**{"TERM": "xterm-256color", **env}),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        ) as process:
            os.close(theirs)
            raw = b"".join(iter(lambda: _read(ours), b""))
            os.close(ours)
            code = process.wait(timeout=300)
        return checked(Done(code, raw.replace(b"\r\n", b"\n"), ""))

    return terminal


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # the other end is closed, which Linux reports as an error
        return b""


@pytest.fixture(scope="session")
def spark() -> Iterator[Engine]:
    """Spark on this machine. A process has but one: a second one would end with it."""
    pytest.importorskip("pyspark", reason="pyspark is not installed")
    with engines.started("local[2]") as found:
        yield found


@pytest.fixture(scope="session", params=rooms.names("engines"))
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """Every engine, started once."""
    if request.param == "spark":
        yield request.getfixturevalue("spark")
    else:
        with engines.started(request.param) as found:
            yield found
