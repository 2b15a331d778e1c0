"""The one place that writes: whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
import sys
from collections.abc import Iterable, Iterator
from typing import IO, Any

from klcli import litter
from klcli.errors import InputError, OptionError, OutputError


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
        raise _refused("standard output" if to_stdout else str(path), error) from None


def _refused(name: str, error: Exception) -> OutputError:
    return OutputError(f"{name}: cannot be written: {_reason(error)}")


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error).lower()


def is_stdout(path: str | None) -> bool:
    """Whether the path is none, or leads to standard output, as a link to /dev/stdout does."""
    if path in (None, "-", "/dev/stdout"):
        return True
    try:
        return os.path.samestat(os.stat(path), os.fstat(sys.stdout.fileno()))
    except (OSError, ValueError, AttributeError):
        return False


def encoding(path: str | None = None) -> str:
    """The encoding of what is written there: UTF-8 in files, that of standard output on it and on any terminal."""
    name: str | None = None
    if is_stdout(path) or columns(path) is not None:
        name = getattr(sys.stdout, "encoding", None)
    return name if name and _is_of_signs(name) else "utf-8"


def _is_of_signs(name: str) -> bool:
    """Whether the encoding writes one sign after the other, as those of names on the network do not."""
    try:
        return "‖a".encode(name, "backslashreplace").endswith("a".encode(name)[-1:])
    except (LookupError, ValueError):
        return False


def columns(path: str | None = None) -> int | None:
    """How wide the terminal is that the path leads to: 0 where it does not say, None where it leads to none."""
    if is_stdout(path):
        return _columns(sys.stdout) if sys.stdout is not None and sys.stdout.isatty() else None
    try:
        if not stat.S_ISCHR(os.stat(str(path)).st_mode):
            return None
        with open(os.open(str(path), os.O_WRONLY | os.O_NOCTTY), "wb", buffering=0) as device:
            return _columns(device) if device.isatty() else None
    except (OSError, ValueError):
        return None


def _columns(terminal: IO[Any]) -> int:
    try:
        return os.get_terminal_size(terminal.fileno()).columns
    except OSError:
        return 0


def refuse_input(path: str, inputs: Iterable[str]) -> None:
    """Raise InputError where the file to write is one of the inputs, - being standard input.

    Raises OutputError where the path leads to no file that could be written.
    """
    if path == "-":
        return
    try:
        _, written = _target(path)
    except (OSError, ValueError) as error:
        raise _refused(path, error) from None
    if written is None or not stat.S_ISREG(written.st_mode):
        return
    for source in inputs:
        with contextlib.suppress(OSError, ValueError, AttributeError):
            given = os.fstat(sys.stdin.fileno()) if source == "-" else os.stat(source)
            if os.path.samestat(written, given):
                raise InputError(f"{path}: is also an input: write to another file")


def refuse_same(path: str, option: str, other: str | None, other_option: str) -> None:
    """Raise OptionError where both options name one place to write to.

    Raises OutputError where one leads to no file that could be written.
    """
    places = [_place(each) for each in (path, other)]
    if places[0] == places[1] is not None:
        raise OptionError(f"{path}: is where both {option} and {other_option} would write: name two files")


def _place(path: str | None) -> str | None:
    """The real file that is written at that path, - for standard output; None where what comes is not kept."""
    if is_stdout(path):
        return "-"
    try:
        real, found = _target(str(path))
    except (OSError, ValueError) as error:
        raise _refused(str(path), error) from None
    return os.path.realpath(real) if found is None or stat.S_ISREG(found.st_mode) else None


def _target(path: str) -> tuple[str, os.stat_result | None]:
    """The real file that is written where that path is asked for, over all links, and what is there by now.

    Raises OSError or OutputError where none can be there.
    """
    if not path:
        raise OptionError("--output is empty: name a file, or - for standard output")
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return _new_target(path), None
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    return os.path.realpath(path), found


def _new_target(path: str) -> str:
    """Where a file will be that is not there yet: there, or where links lead that lead to nothing."""
    real = path
    while os.path.islink(real):  # which end, or else the system would have said so
        real = os.path.join(os.path.dirname(real), os.readlink(real))
    folder, name = os.path.split(real)
    if name in ("", os.curdir, os.pardir):
        raise OutputError(f"{path}: cannot be written: is the name of a folder: name a file in one that is there")
    if not os.path.isdir(folder or os.curdir):
        raise OutputError(f"{path}: cannot be written: there is no folder {folder}: make it first, as mkdir -p does")
    return real


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
    opened = _opened(path)
    if opened is not None:
        _write_all(opened, content)
        return
    real, old = _target(path)
    if old is None or stat.S_ISREG(old.st_mode):
        _replace(content, path, real, old)  # a link stays, and what it leads to is written
        return
    descriptor = os.open(path, os.O_WRONLY | os.O_NOCTTY)
    try:
        _write_all(descriptor, content)
    finally:
        os.close(descriptor)


def _opened(path: str) -> int | None:
    """The descriptor that is open already where the path is a name of one, or leads to standard error."""
    numbered = re.fullmatch(r"/(?:dev|proc/self)/fd/(\d{1,9})", path)
    if numbered:
        return int(numbered[1])
    with contextlib.suppress(OSError, ValueError):
        if os.path.samestat(os.stat(path), os.fstat(2)):
            return 2
    return None


def _write_all(descriptor: int, content: bytes) -> None:
    # Not by way of a stream: an unbuffered one takes a short write for a whole one.
    rest = memoryview(content)
    while rest:
        try:
            rest = rest[os.write(descriptor, rest) :]
        except BlockingIOError:  # a pipe that another program has made so, as node and ssh do
            import select

            select.select([], [descriptor], [])


def _replace(content: bytes, path: str, real: str, old: os.stat_result | None) -> None:
    """Write a new file beside the real one and give it its name, and all that may be kept of the old one."""
    mode = 0o666
    if old is not None:
        if not os.access(real, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        mode = stat.S_IMODE(old.st_mode) & ~(stat.S_ISUID | stat.S_ISGID)  # which the system drops at a write, too
    with contextlib.ExitStack() as stack:
        with _named_if_folder(path, old), litter.held():
            descriptor, beside = _new_file(os.path.dirname(real), mode)
            stack.enter_context(litter.cleared(lambda: _unlink(beside)))
        try:
            _write_all(descriptor, content)
            if old is not None:
                _keep_owner(descriptor, old)
                os.fchmod(descriptor, mode)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        with _named_if_folder(path, old):
            os.replace(beside, real)


def _unlink(path: str) -> None:
    with contextlib.suppress(OSError):  # where it has got its name
        os.unlink(path)


@contextlib.contextmanager
def _named_if_folder(path: str, old: os.stat_result | None) -> Iterator[None]:
    """Say that it is the folder where that, and not the file, may not be written."""
    try:
        yield
    except PermissionError as error:
        if old is None:
            raise
        raise OutputError(
            f"{path}: cannot be written whole: its folder takes no new file ({_reason(error)}): "
            "write elsewhere, or to standard output with > in place of --output"
        ) from None


def _keep_owner(descriptor: int, old: os.stat_result) -> None:
    """Give the new file the group and the owner of the old one, as far as the system lets us."""
    new = os.fstat(descriptor)
    with contextlib.suppress(OSError):
        if new.st_gid != old.st_gid:
            os.fchown(descriptor, -1, old.st_gid)
    with contextlib.suppress(OSError):
        if new.st_uid != old.st_uid:
            os.fchown(descriptor, old.st_uid, -1)


def _new_file(folder: str, mode: int) -> tuple[int, str]:
    while True:
        path = os.path.join(folder, f".klcli-{os.getpid()}-{os.urandom(6).hex()}")
        with contextlib.suppress(FileExistsError):
            return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), path
