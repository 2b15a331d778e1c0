"""The one place that writes: whole or not at all."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import stat
import sys
from collections.abc import Iterable, Iterator

from klcli.errors import InputError, OutputError


def write(content: bytes, path: str | None = None) -> None:
    """Write the content to standard output, or to the path: then the old file stands until the new one is whole.

    Raises OutputError where not every byte arrives, BrokenPipeError where nobody reads any more.
    """
    to_stdout = is_stdout(path)
    try:
        if to_stdout:
            _write_stdout(content)
        else:
            _write_path(content, str(path))
    except BrokenPipeError:
        raise
    except (OSError, ValueError) as error:  # a closed stream is a ValueError
        reason = getattr(error, "strerror", None) or str(error)
        raise OutputError(
            f"{'standard output' if to_stdout else path}: cannot be written: {reason.lower()}"
        ) from None


def is_stdout(path: str | None) -> bool:
    """Whether the path is none, or leads to standard output, as a link to /dev/stdout does."""
    if path in (None, "-", "/dev/stdout"):
        return True
    try:
        return os.path.samestat(os.stat(path), os.fstat(sys.stdout.fileno()))
    except (OSError, ValueError, AttributeError):
        return False


def encoding() -> str:
    """The encoding of standard output."""
    return getattr(sys.stdout, "encoding", None) or "utf-8"


def refuse_input(path: str, inputs: Iterable[str]) -> None:
    """Raise InputError where the file to write is one of the inputs, - being standard input."""
    for source in inputs:
        with contextlib.suppress(OSError, ValueError, AttributeError):
            given = os.fstat(sys.stdin.fileno()) if source == "-" else os.stat(source)
            if stat.S_ISREG(given.st_mode) and os.path.samestat(os.stat(path), given):
                raise InputError(f"{path}: is also an input: write to another file")


def _write_stdout(content: bytes) -> None:
    if sys.stdout is None:
        raise OutputError("standard output is closed")
    sys.stdout.flush()
    try:
        descriptor = sys.stdout.fileno()
    except OSError:  # a stream without a descriptor, as in tests and notebooks
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    else:
        _write_all(descriptor, content)


def _write_path(content: bytes, path: str) -> None:
    open_already = re.fullmatch(r"/(?:dev|proc/self)/fd/(\d+)", path)
    if open_already:
        _write_all(int(open_already[1]), content)
    elif os.path.exists(path) and not stat.S_ISREG(os.stat(path).st_mode):
        descriptor = os.open(path, os.O_WRONLY)
        try:
            _write_all(descriptor, content)
        finally:
            os.close(descriptor)
    else:
        _replace(content, os.path.realpath(path))  # a link stays, and what it leads to is written


def _write_all(descriptor: int, content: bytes) -> None:
    # Not by way of a stream: an unbuffered one takes a short write for a whole one.
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _replace(content: bytes, path: str) -> None:
    """Write a new file beside the path and give it its name."""
    mode = stat.S_IMODE(os.stat(path).st_mode) if os.path.exists(path) else None
    descriptor, beside = _new_file(os.path.dirname(path), 0o666 if mode is None else mode)
    with _removed_on_signal(beside):
        try:
            try:
                _write_all(descriptor, content)
                if mode is not None:
                    os.fchmod(descriptor, mode)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            os.replace(beside, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(beside)
            raise


def _new_file(folder: str, mode: int) -> tuple[int, str]:
    while True:
        path = os.path.join(folder, f".klcli-{os.getpid()}-{os.urandom(6).hex()}")
        with contextlib.suppress(FileExistsError):
            return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), path


@contextlib.contextmanager
def _removed_on_signal(path: str) -> Iterator[None]:
    """Remove the file before a signal ends the process, where that is what the signal would do."""

    def end(number: int, _: object) -> None:
        with contextlib.suppress(OSError):
            os.unlink(path)
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    caught = [n for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP) if signal.getsignal(n) is signal.SIG_DFL]
    try:
        for number in caught:
            signal.signal(number, end)
    except ValueError:  # not the main thread, which alone may do so
        caught = []
    try:
        yield
    finally:
        for number in caught:
            signal.signal(number, signal.SIG_DFL)
