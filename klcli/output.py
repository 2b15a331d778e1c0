"""The one place that writes: whole or not at all."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Iterable

from klcli.errors import InputError, OutputError

_unfinished: set[str] = set()  # new files that have not got their names yet


def write(content: bytes, path: str | None = None) -> None:
    """Write the content to standard output, or to the path: then the old file stands until the new one is whole.

    Raises OutputError where not every byte arrives, BrokenPipeError where nobody reads any more.
    """
    if path is None or path == "-":
        _write_stdout(content)
        return
    target = os.path.realpath(path)  # a link stays and what it leads to is written
    try:
        if os.path.exists(target) and not stat.S_ISREG(os.stat(target).st_mode):
            _write_in_place(content, target)
        else:
            _replace(content, target)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {(error.strerror or str(error)).lower()}") from None


def refuse_input(path: str, inputs: Iterable[str]) -> None:
    """Raise InputError where the file to write is one of the inputs."""
    for source in inputs:
        with contextlib.suppress(OSError, ValueError):
            if os.path.samefile(path, source):
                raise InputError(f"{path}: is also an input: write to another file")


def discard_unfinished() -> None:
    """Remove the file that is being written, for a process that is about to end."""
    for path in _unfinished:
        with contextlib.suppress(OSError):
            os.unlink(path)


def _write_stdout(content: bytes) -> None:
    if sys.stdout is None:
        raise OutputError("standard output is closed")
    try:
        sys.stdout.flush()
        descriptor = sys.stdout.fileno()
    except BrokenPipeError:
        raise
    except (OSError, ValueError) as error:  # a stream without a descriptor, as in tests and notebooks
        if not hasattr(sys.stdout, "buffer"):
            raise OutputError(f"standard output cannot be written: {error}") from None
        sys.stdout.buffer.write(content)
        return
    try:
        _write_all(descriptor, content)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"standard output: cannot be written: {(error.strerror or str(error)).lower()}") from None


def _write_all(descriptor: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _write_in_place(content: bytes, path: str) -> None:
    descriptor = os.open(path, os.O_WRONLY)
    try:
        _write_all(descriptor, content)
    finally:
        os.close(descriptor)


def _replace(content: bytes, path: str) -> None:
    """Write a new file beside the path and give it its name."""
    beside = f"{path}.{os.getpid()}.tmp"
    mode = stat.S_IMODE(os.stat(path).st_mode) if os.path.exists(path) else None
    _unfinished.add(beside)
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666 if mode is None else mode)
        try:
            _write_all(descriptor, content)
            if mode is not None:
                os.fchmod(descriptor, mode)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(beside, path)
    except BaseException:
        discard_unfinished()
        raise
    finally:
        _unfinished.clear()
