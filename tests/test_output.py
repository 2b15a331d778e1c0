"""The one place that writes: whole or not at all, and nothing left lying about."""

from __future__ import annotations

import csv
import errno
import io
import os
import re
import resource
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import Done, environment

import klcli
from klcli import output, rooms
from klcli.distribution import Distribution
from klcli.errors import InputError, OptionError, OutputError
from klcli.render import View, printable
from klcli.result import Result

OLD, NEW = b"old\n", b"new content\n" * 10_000


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A file that holds something worth keeping."""
    path = tmp_path / "report.json"
    path.write_bytes(OLD)
    return path


@pytest.fixture(autouse=True)
def _devices_are_safe(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing in /dev be replaced by a file, which root could do to the whole machine."""
    real = os.replace

    def replace(source: str, target: str) -> None:
        assert not str(target).startswith("/dev/")
        real(source, target)

    monkeypatch.setattr(os, "replace", replace)


def files(folder: Path) -> list[str]:
    """The names of what lies in the folder."""
    return sorted(path.name for path in folder.iterdir())


# A file


def test_a_new_file_has_the_content_and_the_usual_mode(tmp_path: Path) -> None:
    """A new file holds every byte, has the mode that the umask leaves, and is all that there is."""
    path = tmp_path / "new.html"
    mask = os.umask(0o027)
    try:
        output.write(NEW, str(path))
    finally:
        os.umask(mask)
    assert path.read_bytes() == NEW
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert files(tmp_path) == ["new.html"]


def test_an_old_file_stands_until_the_new_one_is_whole(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At no moment is there half a file: whoever has the old one open still reads it, and the name leads to one."""
    seen = []
    real = os.write

    def watching(descriptor: int, data: bytes) -> int:
        seen.append(old.read_bytes())
        return real(descriptor, bytes(data)[:50_000])

    monkeypatch.setattr(os, "write", watching)
    with old.open("rb") as reader:
        output.write(NEW, str(old))
        assert reader.read() == OLD
    assert seen == [OLD] * 3
    assert old.read_bytes() == NEW
    assert files(old.parent) == [old.name]


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o666, 0o755])
def test_the_mode_of_an_old_file_is_kept(old: Path, mode: int) -> None:
    """A file that is written again keeps its mode."""
    old.chmod(mode)
    output.write(NEW, str(old))
    assert stat.S_IMODE(old.stat().st_mode) == mode


@pytest.mark.parametrize("target", ["report.json", "{folder}/report.json", "sub/../report.json", "second"])
def test_a_link_is_written_through(old: Path, target: str) -> None:
    """A symbolic link stays one, and the file that it leads to, over others too, is written and keeps its mode."""
    (old.parent / "sub").mkdir()
    (old.parent / "second").symlink_to("report.json")
    old.chmod(0o640)
    link = old.parent / "link.json"
    link.symlink_to(target.format(folder=old.parent))
    output.write(NEW, str(link))
    assert link.is_symlink()
    assert old.read_bytes() == NEW
    assert stat.S_IMODE(old.stat().st_mode) == 0o640
    assert files(old.parent) == ["link.json", "report.json", "second", "sub"]


def test_a_link_to_nothing_makes_the_file(tmp_path: Path) -> None:
    """A link whose target is missing makes the target."""
    link = tmp_path / "link"
    link.symlink_to("made.json")
    output.write(NEW, str(link))
    assert link.is_symlink()
    assert (tmp_path / "made.json").read_bytes() == NEW


def test_a_name_as_long_as_names_may_be(tmp_path: Path) -> None:
    """A name that the file system takes is written, however long it is."""
    path = tmp_path / ("a" * 255)
    output.write(NEW, str(path))
    assert path.read_bytes() == NEW
    assert files(tmp_path) == [path.name]


@pytest.mark.parametrize("name", ["-x.json", " .json", "red\x1b[31m.json", "a\nb", "红.json", "\udcff.json"])
def test_names_of_every_kind(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name may begin with a dash, hold blanks, control characters, Chinese ones and bytes that are no UTF-8."""
    monkeypatch.chdir(tmp_path)
    output.write(NEW, name)
    assert (tmp_path / name).read_bytes() == NEW
    assert len(files(tmp_path)) == 1


def test_what_others_left_behind_is_theirs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that stands where the unfinished one would is neither in the way nor removed."""
    path = tmp_path / "report.json"
    taken: list[str] = []
    real = os.open

    def first(name: str, *args: int) -> int:
        if not taken:  # between the choice of a name and the opening somebody else takes it
            taken.append(os.path.basename(name))
            Path(name).write_bytes(OLD)
        return real(name, *args)

    monkeypatch.setattr(os, "open", first)
    output.write(NEW, str(path))
    assert path.read_bytes() == NEW
    assert (tmp_path / taken[0]).read_bytes() == OLD
    assert len(files(tmp_path)) == 2


# What is no file


def test_a_fifo_is_written_into(tmp_path: Path) -> None:
    """A FIFO stays one, and its reader gets every byte."""
    path = tmp_path / "fifo"
    os.mkfifo(path)
    found: list[bytes] = []
    reader = threading.Thread(target=lambda: found.append(path.read_bytes()))
    reader.start()
    output.write(NEW, str(path))
    reader.join(10)
    assert found == [NEW]
    assert stat.S_ISFIFO(path.stat().st_mode)
    assert files(tmp_path) == ["fifo"]


def test_dev_null_takes_everything_and_stays() -> None:
    """Writing to /dev/null is no error, and /dev/null is still a device."""
    output.write(NEW, "/dev/null")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("{folder}", "is a directory"),
        ("{folder}/", "is a directory"),
        ("{folder}/missing/report.json", "there is no folder {folder}/missing: make it first, as mkdir -p does"),
        (
            "{folder}/missing/../report.json",
            "there is no folder {folder}/missing/..: make it first, as mkdir -p does",
        ),
        ("{folder}/missing/", "is the name of a folder: name a file in one that is there"),
        ("{folder}/report.json/", "not a directory"),
        ("{folder}/report.json/.", "not a directory"),
        ("{folder}/report.json/x", "not a directory"),
        ("/dev/fd/99999999999", "no such file or directory"),
        ("/dev/fd/987654321", "bad file descriptor"),
        ("/proc/report.json", "no such file or directory|permission denied"),
        ("/dev/full", "no space left on device"),
        ("{folder}/" + "a" * 256, "file name too long"),
    ],
)
def test_what_cannot_be_written_says_why(old: Path, path: str, why: str) -> None:
    """What cannot be written is an OutputError with the path and the reason, and the folder is as it was."""
    name = path.format(folder=old.parent)
    said = f"^{re.escape(name)}: cannot be written: ({why.format(folder=old.parent)})$"
    with pytest.raises(OutputError, match=said) as caught:
        output.write(NEW, name)
    assert caught.value.exit_code == 74
    assert files(old.parent) == [old.name]
    assert old.read_bytes() == OLD


def test_a_loop_of_links_is_refused(old: Path) -> None:
    """Links that lead to each other lead to no file: that is refused, and they stay what they are."""
    for name, target in (("one", "two"), ("two", "one")):
        (old.parent / name).symlink_to(target)
    with pytest.raises(OutputError, match=r"one: cannot be written: too many levels of symbolic links$"):
        output.write(NEW, str(old.parent / "one"))
    assert files(old.parent) == ["one", "report.json", "two"]
    assert (old.parent / "one").is_symlink()


def test_an_empty_name_is_wrong_usage(call: Callable[..., Done], tmp_path: Path) -> None:
    """No name for the output is refused as wrong usage, before anything is read or made."""
    done = call("kl", "missing.csv", "1,3", "-o", "")
    assert done == Done(2, b"", "klcli: --output is empty: name a file, or - for standard output\n")
    assert files(tmp_path) == []


# Whose file it is


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that everybody may write to, made by root, who is nobody from then on; others stay who they are."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o777)
        yield Path(name)
        if os.getuid() == 0:
            os.seteuid(0)


def nobody() -> None:
    """Be nobody, if root runs the tests."""
    if os.getuid() == 0:
        os.seteuid(65534)


as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can make files of others")


def test_a_file_that_is_protected_is_refused(shared: Path) -> None:
    """A file that its owner has protected from writing stays as it is, although its folder could be written."""
    nobody()
    path = shared / "report.json"
    path.write_bytes(OLD)
    path.chmod(0o444)
    with pytest.raises(OutputError, match=r"report\.json: cannot be written: permission denied$"):
        output.write(NEW, str(path))
    assert path.read_bytes() == OLD
    assert files(shared) == ["report.json"]


@as_root
def test_a_file_of_another_that_may_not_be_written_is_refused(shared: Path) -> None:
    """A file of another owner that others may only read is not replaced, whatever the folder allows."""
    path = shared / "report.json"
    path.write_bytes(OLD)
    path.chmod(0o644)
    nobody()
    with pytest.raises(OutputError, match=r"report\.json: cannot be written: permission denied$"):
        output.write(NEW, str(path))
    assert (path.read_bytes(), path.stat().st_uid) == (OLD, 0)


@as_root
@pytest.mark.parametrize(("mode", "why"), [(0o755, "permission denied"), (0o1777, "operation not permitted")])
def test_a_folder_that_takes_no_new_file_is_named(shared: Path, mode: int, why: str) -> None:
    """Where the file may be written but its folder takes no new one, or is sticky, it is said to be the folder."""
    path = shared / "report.json"
    path.write_bytes(OLD)
    path.chmod(0o666)
    shared.chmod(mode)
    nobody()
    with pytest.raises(OutputError) as caught:
        output.write(NEW, str(path))
    assert str(caught.value) == (
        f"{path}: cannot be written whole: its folder takes no new file ({why}): "
        "write elsewhere, or to standard output with > in place of --output"
    )
    assert path.read_bytes() == OLD
    assert files(shared) == ["report.json"]


@as_root
def test_root_leaves_a_file_to_its_owner(old: Path) -> None:
    """What root writes anew still belongs to its owner and group, without the bits that would lend their rights."""
    os.chown(old, 65534, 65533)
    old.chmod(0o6640)
    output.write(NEW, str(old))
    found = old.stat()
    assert (found.st_uid, found.st_gid, oct(stat.S_IMODE(found.st_mode))) == (65534, 65533, "0o640")


def test_rights_that_a_file_lends_are_dropped(old: Path) -> None:
    """The bits for set-user-ID and set-group-ID are not kept, as the system drops them at a write."""
    old.chmod(0o4755)
    output.write(NEW, str(old))
    assert oct(stat.S_IMODE(old.stat().st_mode)) == "0o755"


# A link of our own stands for /dev/stdout, which is one too: nothing here could harm the machine's.
LINK = "ln -s /proc/self/fd/1 stdout"


@pytest.mark.parametrize(
    "line",
    [
        "$K tv 1,0 0,1 --json -o stdout | cat",
        "$K tv 1,0 0,1 --json -o /dev/fd/1 | cat",
        "$K tv 1,0 0,1 --json -o >(cat)",
        "$K tv 1,0 0,1 --json -o stdout > out; cat out",
        "$K tv 1,0 0,1 --json -o - | cat",
    ],
)
def test_the_other_names_of_standard_output(shell: Callable[..., Done], line: str) -> None:
    """The names that a system has for standard output, and bash's >(...), lead there."""
    done = shell(f"{LINK}; {line}")
    assert done.err == ""
    assert done.result["value"] == 1


@pytest.mark.parametrize("name", ["stdout", "/dev/fd/1"])
def test_a_log_that_is_appended_to_keeps_what_it_holds(shell: Callable[..., Done], name: str) -> None:
    """With >> log, writing to a name of standard output adds to the log and takes nothing out of it."""
    done = shell(f"{LINK}; echo first > log; $K tv 1,0 0,1 -f csv -o {name} >> log; cat log")
    assert done.out.startswith("first\noutcome,p,q,")


@pytest.mark.parametrize("name", ["stderr", "/dev/fd/2", "log"])
def test_a_log_of_errors_keeps_what_it_holds(shell: Callable[..., Done], name: str) -> None:
    """With 2>> log, writing to a name of standard error, or to the log itself, adds to it."""
    done = shell(f"ln -s /proc/self/fd/2 stderr; echo first > log; $K tv 1,0 0,1 -f csv -o {name} 2>> log; cat log")
    assert done.out.startswith("first\noutcome,p,q,")


def test_a_pipe_that_does_not_wait_gets_every_byte() -> None:
    """A pipe that was made non-blocking by another program, and is read slowly, gets everything."""
    big = ",".join(f"o{index}=1" for index in range(20_000))
    source, target = os.pipe()
    os.set_blocking(target, False)
    with (
        subprocess.Popen(
            [sys.executable, "-m", "klcli", "entropy", "-", "-f", "csv"],
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=target,
            stderr=subprocess.PIPE,
        ) as process,
        open(source, "rb") as reader,
    ):
        os.close(target)
        assert process.stdin is not None
        process.stdin.write(big.encode())
        process.stdin.close()
        time.sleep(1)  # until the pipe is full
        found = reader.read()
        assert process.wait(30) == 0
    assert found.count(b"\n") == 20_001


# Writes that fail


def test_writes_of_one_byte_arrive_whole(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that takes one byte at a time gets them all."""
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: real(descriptor, bytes(data[:1])))
    output.write(b"0123456789", str(old))
    assert old.read_bytes() == b"0123456789"


def failing(monkeypatch: pytest.MonkeyPatch, error: BaseException, after: int = 2) -> None:
    """Let os.write take 1,000 bytes a call, and fail after so many calls."""
    real, calls = os.write, []

    def write(descriptor: int, data: bytes) -> int:
        calls.append(1)
        if len(calls) > after:
            raise error
        return real(descriptor, bytes(data[:1000]))

    monkeypatch.setattr(os, "write", write)


@pytest.mark.parametrize("exists", [True, False])
@pytest.mark.parametrize("after", [0, 1, 2])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exists: bool, after: int, number: int
) -> None:
    """Where the disk is full, at whatever byte, the old file stands as it was, or there is none, and no litter."""
    path = tmp_path / "report.json"
    if exists:
        path.write_bytes(OLD)
    failing(monkeypatch, OSError(number, os.strerror(number)), after)
    with pytest.raises(OutputError, match=f"report.json: cannot be written: {os.strerror(number).lower()}"):
        output.write(NEW, str(path))
    assert files(tmp_path) == ["report.json"] * exists
    assert not exists or path.read_bytes() == OLD


@pytest.mark.parametrize("step", ["fsync", "replace", "fchmod", "close"])
def test_a_failure_at_the_end_leaves_the_old_file(old: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """A disk that fails when the file is made safe or named leaves the old file, and no litter."""
    real = getattr(os, step)

    def fail(*args: object) -> None:
        if step == "close":
            real(*args)
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, step, fail)
    with pytest.raises(OutputError, match="input/output error"):
        output.write(NEW, str(old))
    monkeypatch.undo()
    assert old.read_bytes() == OLD
    assert files(old.parent) == [old.name]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), MemoryError(), SystemExit(1)], ids=repr)
def test_whatever_stops_a_write_leaves_no_litter(
    old: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    """An interruption in the middle of a write passes through and leaves the old file alone."""
    failing(monkeypatch, error)
    with pytest.raises(type(error)):
        output.write(NEW, str(old))
    assert old.read_bytes() == OLD
    assert files(old.parent) == [old.name]


def test_after_a_failure_the_next_write_succeeds(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failed write leaves nothing behind that would hinder, or be taken for, the next one."""
    with monkeypatch.context() as patch:
        failing(patch, OSError(errno.ENOSPC, "No space left on device"))
        with pytest.raises(OutputError):
            output.write(NEW, str(old))
    output.write(NEW, str(old))
    assert old.read_bytes() == NEW


def test_a_real_limit_on_size(old: Path) -> None:
    """Where the system limits the size of files, the command ends with 74 and the old file stands."""
    big = ",".join(f"o{index}=1" for index in range(2000))
    done = subprocess.run(
        [sys.executable, "-m", "klcli", "kl", big, big, "--json", "-o", old.name],
        cwd=old.parent,
        env=environment(),
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)),
    )
    assert (done.returncode, done.stdout) == (74, "")
    assert done.stderr == "klcli: report.json: cannot be written: file too large\n"
    assert files(old.parent) == [old.name]
    assert old.read_bytes() == OLD


# Standard output


class _Full(io.RawIOBase):
    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        raise OSError(errno.ENOSPC, f"No space left on device for {data!r}")


def test_a_closed_standard_output_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where standard output was closed from the start, writing to it is an OutputError."""
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(OutputError, match="standard output is closed"):
        output.write(NEW)


def test_a_standard_output_closed_on_the_way_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the stream was closed in the meantime, writing to it is an OutputError too."""
    stream = io.TextIOWrapper(io.BytesIO())
    stream.close()
    monkeypatch.setattr(sys, "stdout", stream)
    with pytest.raises(OutputError, match="standard output"):
        output.write(NEW)


@pytest.mark.parametrize("path", [None, "-"])
def test_standard_output_gets_every_byte_in_order(monkeypatch: pytest.MonkeyPatch, path: str | None) -> None:
    """What was printed before comes first, and a pipe that takes little at a time gets every byte."""
    source, target = os.pipe()
    found: list[bytes] = []

    def read() -> None:
        with open(source, "rb") as file:
            found.append(file.read())

    reader = threading.Thread(target=read)
    reader.start()
    real = os.write
    with open(target, "w") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        stream.write("before\n")
        monkeypatch.setattr(os, "write", lambda descriptor, data: real(descriptor, bytes(data[:777])))
        output.write(NEW, path)
        monkeypatch.undo()
    reader.join(10)
    assert found == [b"before\n" + NEW]


def test_a_closed_pipe_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe that nobody reads is a BrokenPipeError, and no OutputError."""
    source, target = os.pipe()
    os.close(source)
    with open(target, "w") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        with pytest.raises(BrokenPipeError):
            output.write(NEW)
        monkeypatch.undo()


def test_a_full_device_as_standard_output(monkeypatch: pytest.MonkeyPatch) -> None:
    """A device that is full is an OutputError with the reason."""
    with open("/dev/full", "w") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        with pytest.raises(OutputError, match="standard output: cannot be written: no space left on device"):
            output.write(NEW)
        monkeypatch.undo()


def test_a_stream_without_a_descriptor_is_written_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a notebook or a test, where standard output is no file, its buffer gets the bytes."""
    out = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(out, write_through=True))
    output.write(NEW)
    assert out.getvalue() == NEW


def test_a_stream_without_a_descriptor_that_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream without a descriptor that takes nothing is an OutputError as well."""
    stream = io.TextIOWrapper(io.BufferedWriter(_Full(), buffer_size=1))
    monkeypatch.setattr(sys, "stdout", stream)
    with pytest.raises(OutputError, match="standard output"):
        output.write(NEW)


# The output is an input


@pytest.mark.parametrize("path", ["report.json", "./report.json", "link", "hard", "sub/../report.json"])
def test_an_input_is_not_overwritten(old: Path, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    """A file that is an input, under whatever name, is refused as an output."""
    monkeypatch.chdir(old.parent)
    (old.parent / "sub").mkdir()
    (old.parent / "link").symlink_to("report.json")
    (old.parent / "hard").hardlink_to(old)
    with pytest.raises(InputError, match=f"^{path}: is also an input: write to another file$"):
        output.refuse_input(path, ["1,2", "-", str(old)])


@pytest.mark.parametrize(
    "path", ["report.json/", "report.json/.", "missing/../report.json", "missing/x", "sub", "loop"]
)
def test_a_path_that_no_file_can_have_is_refused_before_anything_is_read(
    old: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """A path that leads to no file, though it leads to the input when its dots are taken out, is refused."""
    monkeypatch.chdir(old.parent)
    (old.parent / "sub").mkdir()
    (old.parent / "loop").symlink_to("loop")
    with pytest.raises(OutputError, match=f"^{path}: cannot be written: "):
        output.refuse_input(path, [str(old)])
    with pytest.raises(OutputError, match=f"^{path}: cannot be written: "):
        output.write(NEW, path)
    assert old.read_bytes() == OLD
    assert files(old.parent) == ["loop", "report.json", "sub"]


@pytest.mark.parametrize("source", ["-", "1/2,1/2", "missing.csv", "other.json", "a\0b"])
def test_another_file_is_no_input(old: Path, monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    """Another file, inline numbers and a name that cannot be one are not in the way."""
    monkeypatch.chdir(old.parent)
    (old.parent / "other.json").write_bytes(OLD)
    output.refuse_input("report.json", [source])
    output.refuse_input("new.json", [source])


@pytest.mark.parametrize(
    ("args", "stdin"),
    [
        (["kl", "p.csv", "q.csv", "-o", "p.csv"], None),
        (["kl", "p.csv", "q.csv", "-o", "q.csv"], None),
        (["kl", "p.csv::w", "q.csv::w", "-o", "./p.csv"], None),
        (["kl", "p.csv", "q.csv", "-o", "hard.csv"], None),
        (["kl", "p.csv", "q.csv", "-o", "link.csv"], None),
        (["compare", "q.csv", "q.csv", "p.csv", "-o", "p.csv"], None),
        (["entropy", "-o", "p.csv"], "p.csv"),
        (["entropy", "/dev/stdin", "-o", "p.csv"], "p.csv"),
    ],
    ids=lambda x: " ".join(x) if isinstance(x, list) else "",
)
def test_the_command_refuses_to_overwrite_an_input(tmp_path: Path, args: list[str], stdin: str | None) -> None:
    """The command does not write over a file that it reads: one line, 2, and the file is as it was."""
    data = b"l,w\na,0.5\nb,0.5\n"
    for name in ("p.csv", "q.csv"):
        (tmp_path / name).write_bytes(data)
    (tmp_path / "hard.csv").hardlink_to(tmp_path / "p.csv")
    (tmp_path / "link.csv").symlink_to("p.csv")
    with (tmp_path / stdin if stdin else Path(os.devnull)).open("rb") as source:
        done = subprocess.run(
            [sys.executable, "-m", "klcli", *args],
            cwd=tmp_path,
            env=environment(),
            stdin=source,
            capture_output=True,
            text=True,
        )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"klcli: {args[-1]}: is also an input: write to another file\n"
    assert {(tmp_path / name).read_bytes() for name in ("p.csv", "q.csv")} == {data}
    assert files(tmp_path) == ["hard.csv", "link.csv", "p.csv", "q.csv"]


@pytest.mark.parametrize(
    "args",
    [
        ["count", "g/*.csv::city", "-o", "g/1.csv"],
        ["count", "g::city", "-o", "g/deep/2.csv"],
        ["drift", "g/*.csv", "g/deep", "-o", "g/1.csv"],
        ["drift", "g/1.csv", "g/**/*.csv", "--save-profile", "g/deep/2.csv"],
        ["profile", "count", "g/*.csv", "-o", "g/1.csv"],
        ["kl", "g", "g", "--engine", "duckdb", "--format", "csv", "-o", "g/1.csv"],
    ],
    ids=" ".join,
)
def test_no_file_of_a_pattern_or_a_folder_is_overwritten(call: Callable[..., Done], args: list[str]) -> None:
    """Whatever a source leads to is an input: it is refused as an output before anything is read."""
    Path("g/deep").mkdir(parents=True)
    for name in ("g/1.csv", "g/deep/2.csv"):
        Path(name).write_text("city,n\na,1\n", encoding="utf-8")
    done = call(*args)
    assert (done.code, done.out) == (2, "")
    assert done.err == f"klcli: {args[-1]}: is also an input: write to another file\n"
    assert {Path(name).read_text(encoding="utf-8") for name in ("g/1.csv", "g/deep/2.csv")} == {"city,n\na,1\n"}


def test_one_place_for_two_outputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two outputs to one file, under any names, or both to standard output, are refused: one would be lost."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    (tmp_path / "link").symlink_to("new.json")
    for path, other in (("new.json", "./new.json"), ("sub/../link", "new.json"), ("-", "/dev/stdout"), ("-", None)):
        with pytest.raises(OptionError, match=f"^{path}: is where both --one and --two would write: name two files$"):
            output.refuse_same(path, "--one", other, "--two")
    for path, other in (("new.json", "sub/new.json"), ("/dev/null", "/dev/null"), ("-", "new.json")):
        output.refuse_same(path, "--one", other, "--two")


def test_a_matrix_of_a_family_is_not_written_over(call: Callable[..., Done], tmp_path: Path) -> None:
    """A file that a parameter names is an input like any other."""
    (tmp_path / "cov.csv").write_text("2,0\n0,1\n")
    done = call("continuous", "mvnormal(cov.csv)", "mvnormal([[1,0],[0,1]])", "-o", "cov.csv")
    assert (done.code, done.err) == (2, "klcli: cov.csv: is also an input: write to another file\n")
    assert (tmp_path / "cov.csv").read_text() == "2,0\n0,1\n"


@pytest.mark.parametrize("ending", ["jpg", "XLSX", "yaml", "parquet", "json.gz"])
def test_an_ending_of_another_kind_is_refused(call: Callable[..., Done], tmp_path: Path, ending: str) -> None:
    """A file is not given a table where its name says that it is a picture, a sheet or packed."""
    done = call("kl", "1,1", "1,3", "-o", f"x.{ending}")
    last = ending.lower().rpartition(".")[2]
    assert done.err == f"klcli: x.{ending}: klcli does not write .{last}: take .csv, .json, .html, .png, .svg ...\n"
    assert (done.code, files(tmp_path)) == (2, [])
    assert call("kl", "1,1", "1,3", "-f", "csv", "-o", f"x.{ending}").code == 0  # asked for by name


# Cells that act


def sample(*labels: str) -> Result:
    """The entropy of outcomes of that name, all as likely."""
    return klcli.entropy(Distribution(labels, [1 / len(labels)] * len(labels)))


@pytest.mark.parametrize("name", ["csv", "tsv"])
@pytest.mark.parametrize("sign", ["\ud800", "\0", "\n\ufeff"])
def test_a_label_that_would_not_come_back_is_refused(name: str, sign: str) -> None:
    """A label with a sign that no CSV or TSV can hold is refused with the format that can, and not altered."""
    with pytest.raises(OutputError) as caught:
        rooms.load("render", name).render([sample(f"a{sign}", "b")], View())
    shown = printable(sign)
    assert str(caught.value) == f"a{shown}: CSV and TSV cannot hold {shown} in a label: take --format json"
    assert b"a" in rooms.load("render", "json").render([sample(f"a{sign}", "b")], View())


@pytest.mark.parametrize("sign", "=+-@\t\r\n＝＋－＠")
def test_every_beginning_of_a_formula_is_told_of_and_marked(sign: str) -> None:
    """Every sign with which a spreadsheet begins a formula is warned of, and marked where that is asked for."""
    room = rooms.load("render", "csv")
    result = sample(f"{sign}1+1", "b")
    assert room.aside([result], View())[-1].startswith(f"a spreadsheet takes {printable(sign)}1+1 for a formula: ")
    rows = list(csv.reader(io.StringIO(room.render([result], View(escape_formulas=True)).decode(), newline="")))
    assert [row[0] for row in rows[1:]] == [f"'{sign}1+1", "b"]


@pytest.mark.parametrize("sign", ";\t\n\r")
def test_formulas_behind_what_may_part_cells_are_told_of_and_marked(sign: str) -> None:
    """Where commas are decimal signs spreadsheets part cells at semicolons, and begin rows within quotes too."""
    room = rooms.load("render", "csv")
    result = sample(f"x{sign}=1+1", f"a{sign}b", "a, -1")
    assert room.aside([result], View())[-1].startswith("a spreadsheet takes =1+1 for a formula: ")
    rows = list(csv.reader(io.StringIO(room.render([result], View(escape_formulas=True)).decode(), newline="")))
    assert [row[0] for row in rows[1:]] == [f"x{sign}'=1+1", f"a{sign}b", "a, -1"]
    assert not any(
        "spreadsheet" in note for note in room.aside([sample(f"a{sign}b", "a, -1", "[-2.0, -1.0)")], View())
    )


def test_marks_keep_labels_apart() -> None:
    """Labels that differ still differ where formulas are marked, those included that look marked already."""
    labels = ("=a", "'=a", "''=a", "'a", "a")
    text = rooms.load("render", "csv").render([sample(*labels)], View(escape_formulas=True)).decode()
    assert [line.split(",")[0] for line in text.splitlines()[1:]] == ["'=a", "''=a", "'" * 3 + "=a", "'a", "a"]


def test_what_is_marked_is_no_formula() -> None:
    """An apostrophe before it makes text of a cell, and what was marked is not told of again."""
    assert not any("spreadsheet" in note for note in rooms.load("render", "csv").aside([sample("'=a", "b")], View()))


def test_no_warning_of_words_that_are_not_of_the_input(call: Callable[..., Done]) -> None:
    """The relation = in the laws that check writes is klcli's own, and no formula."""
    done = call("check", "a=1/2,b=1/2", "a=1/4,b=3/4", "-f", "csv", "--escape-formulas")
    assert ",=," in done.out
    assert "spreadsheet" not in call("check", "a=1/2,b=1/2", "a=1/4,b=3/4", "-f", "csv").err


ACTING = "label,p\n=1+1,0.25\n@x,0.25\n-2,0.25\nplain,0.25\n"


@pytest.mark.parametrize("name", ["csv", "tsv"])
def test_cells_that_a_spreadsheet_would_run_are_told_of_and_marked(
    call: Callable[..., Done], tmp_path: Path, name: str
) -> None:
    """Labels stay exact, with a warning; --escape-formulas puts an apostrophe before those that would act."""
    (tmp_path / "p.csv").write_text(ACTING)
    done = call("entropy", "p.csv", "--format", name)
    assert done.err == (
        "klcli: note: a spreadsheet takes =1+1 for a formula: --escape-formulas marks such cells with an apostrophe\n"
    )
    mark = "," if name == "csv" else "\t"
    assert [line.split(mark)[0] for line in done.out.splitlines()[1:]] == ["=1+1", "@x", "-2", "plain"]
    done = call("entropy", "p.csv", "--format", name, "--escape-formulas")
    assert [line.split(mark)[0] for line in done.out.splitlines()[1:]] == ["'=1+1", "'@x", "'-2", "plain"]
    assert done.err == ""
    assert (
        call("entropy", "a=1,b=1", "--format", name).err
        == "klcli: note: a=1,b=1: counts, divided by their total of 2\n"
    )


@pytest.mark.parametrize("name", ["csv", "tsv"])
def test_text_that_a_terminal_may_obey_is_told_of(call: Callable[..., Done], tmp_path: Path, name: str) -> None:
    """CSV and TSV keep labels as they are, and a note shows what is in them; on a terminal they are shown so too."""
    (tmp_path / "p.csv").write_text("label,n\na\x1b]0;x\x07,1\nb,1\n")
    note = (
        r"klcli: note: a\x1b]0;x\x07 is kept as it is, with characters that a terminal may obey: --format json shows "
        "them as escapes\n"
    )
    for command in ("entropy", "count"):
        done = call(command, "p.csv" if command == "entropy" else "p.csv::label", "--format", name)
        assert (done.err.endswith(note), "a\x1b]0;x\x07" in done.out) == (True, True)
    assert "obey" not in call("entropy", "p.csv", "--format", "json").err


# Signals

SLOW = """
import os, sys, time
real = os.write
def slow(descriptor, data):
    sent = real(descriptor, bytes(data)[:100])
    if descriptor > 2:
        print("writing", file=sys.stderr, flush=True)
        time.sleep(20)
    return sent
os.write = slow
from klcli.__main__ import main
sys.argv[1:] = ["kl", "1/2,1/2", "1/4,3/4", "--json", "-o", "report.json"]
main()
"""


@pytest.mark.parametrize(
    ("number", "ignored"),
    [(signal.SIGINT, False), (signal.SIGTERM, False), (signal.SIGTERM, True)],
    ids=["interrupted", "terminated", "terminated in the background"],
)
def test_a_signal_in_the_middle_of_a_write_leaves_no_litter(old: Path, number: signal.Signals, ignored: bool) -> None:
    """Ctrl-C and termination, also of a job in the background, leave the old file and no litter."""

    def background() -> None:  # a shell without job control ignores SIGINT for what it puts there
        signal.signal(signal.SIGINT, signal.SIG_IGN if ignored else signal.SIG_DFL)

    with subprocess.Popen(
        [sys.executable, "-c", SLOW], cwd=old.parent, env=environment(), stderr=subprocess.PIPE, preexec_fn=background
    ) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == b"writing\n"
        assert len(files(old.parent)) == 2
        process.send_signal(number)
        begun = time.monotonic()
        assert process.wait(10) in (128 + number, -number)
        assert time.monotonic() - begun < 5
        assert process.stderr.read() == b""
    assert files(old.parent) == [old.name]
    assert old.read_bytes() == OLD
