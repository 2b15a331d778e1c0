"""What is not to be left lying about, however the process ends: by itself, by an error or by a signal."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGXCPU)
_last: list[Callable[[], object]] = []  # what is done before a signal ends the process, the newest first


@contextlib.contextmanager
def cleared(clear: Callable[[], object]) -> Iterator[None]:
    """Do that when the context is left, and also before a signal ends the process, where that is what it would do.

    The process ends by the signal itself, and nothing is raised: within the code of others, where a signal may come,
    an exception is taken for an error, or lost.
    """
    caught = [number for number in _ENDING if signal.getsignal(number) is signal.SIG_DFL]
    _last.insert(0, clear)
    try:
        with contextlib.suppress(ValueError):  # not the main thread, which alone may do so
            for number in caught:
                signal.signal(number, _end)
        yield
    finally:
        clear()
        _last.remove(clear)
        with contextlib.suppress(ValueError), held():  # one that came between would be lost
            for number in caught:
                signal.signal(number, signal.SIG_DFL)


def _end(number: int, _: object) -> None:
    for clear in list(_last):  # all of it once more where a second signal comes meanwhile
        with contextlib.suppress(Exception):
            clear()
    signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [number])
    os.kill(os.getpid(), number)


@contextlib.contextmanager
def held() -> Iterator[None]:
    """Let signals wait until the context is left, as between the making of a file and `cleared`."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def place() -> str:
    """The folder for temporary files, which Python tries with a file of its own at the first time."""
    import tempfile

    with held():
        return tempfile.gettempdir()


@contextlib.contextmanager
def folder() -> Iterator[str]:
    """A new folder for temporary files, of which nothing is left.

    What takes long to import is best imported before: as long as nothing is to be cleared a signal ends the process
    at once, and after that at the next moment at which Python runs.
    """
    import shutil
    import tempfile

    def remove() -> None:
        with contextlib.suppress(OSError):
            os.rename(path, f"{path}-")  # under which no thread of an engine puts more into it
        shutil.rmtree(f"{path}-", ignore_errors=True)

    with contextlib.ExitStack() as stack:
        with held():
            path = tempfile.mkdtemp(prefix="klcli-")
            stack.enter_context(cleared(remove))
        yield path
