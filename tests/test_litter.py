"""What is not left lying about: it is cleared however the process ends, and a signal ends it as it would anyway."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
from conftest import environment

from klcli import litter

ENDING = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGXCPU]
BEGUN = "import os, signal, sys, threading\nsignal.signal(signal.SIGINT, signal.SIG_DFL)\nfrom klcli import litter\n"


def ended(code: str, folder: Path) -> tuple[int, str, str]:
    """The exit code of a program, its output and what it said, where temporary files go into that folder."""
    done = subprocess.run(
        [sys.executable, "-c", BEGUN + code], env=environment(TMPDIR=str(folder)), capture_output=True, text=True
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("number", ENDING)
def test_a_signal_ends_the_process_after_all_is_cleared(tmp_path: Path, number: signal.Signals) -> None:
    """What is to be cleared is so, the newest first, nothing is said or raised, and the signal ends the process."""
    code = f"""
say = lambda text: os.write(1, text.encode())
with litter.cleared(lambda: say("old")), litter.cleared(lambda: 1 / 0), litter.cleared(lambda: say("new ")):
    try:
        os.kill(os.getpid(), {number})
    except BaseException:
        say("raised")
"""
    assert ended(code, tmp_path) == (-number, "new old", "")


@pytest.mark.parametrize("number", ENDING)
def test_a_signal_that_comes_while_a_folder_is_made(tmp_path: Path, number: signal.Signals) -> None:
    """A signal in the moment in which a folder is made, or Python tries where to make one, leaves nothing there."""
    for place in ("tempfile.mkdtemp", "tempfile._get_default_tempdir"):
        code = f"""
import tempfile
real = {place}
def make(*args, **options):
    tempfile.open = open
    made = real(*args, **options)
    os.kill(os.getpid(), {number})
    return made
{place} = make
with litter.folder():
    print("here")
"""
        assert ended(code, tmp_path) == (-number, "", "")
        assert list(tmp_path.iterdir()) == []


def test_a_folder_that_threads_still_write_into(tmp_path: Path) -> None:
    """A folder is removed though the threads of an engine put files into it until the process has ended."""
    code = """
def write():
    for index in range(10**6):
        try:
            open(f"{folder}/{index}", "w").close()
        except FileNotFoundError:
            pass
with litter.folder() as folder:
    threads = [threading.Thread(target=write, daemon=True) for _ in range(4)]
    [thread.start() for thread in threads]
    signal.pause() if os.fork() else os._exit((threading.Event().wait(0.2), os.kill(os.getppid(), 15))[0])
"""
    assert ended(code, tmp_path) == (-signal.SIGTERM, "", "")
    assert list(tmp_path.iterdir()) == []


def test_what_is_cleared_without_a_signal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a folder nothing is left after an error either, and signals mean what they did before."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = [signal.getsignal(number) for number in ENDING]
    with pytest.raises(FileExistsError), litter.folder() as folder:
        os.makedirs(folder)
    assert list(tmp_path.iterdir()) == []
    assert [signal.getsignal(number) for number in ENDING] == before


def test_handlers_of_others_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that does something else at a signal than to end keeps doing it, in any thread."""
    cleared: list[str] = []

    def clear() -> None:
        with litter.cleared(lambda: cleared.append("once")):
            assert signal.getsignal(signal.SIGINT) is signal.default_int_handler

    clear()
    thread = threading.Thread(target=clear)
    thread.start()
    thread.join()
    assert cleared == ["once", "once"]
