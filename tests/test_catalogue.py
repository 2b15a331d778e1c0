"""Two catalogues, in tests/data: bad and odd inputs, and faults of what surrounds a process."""

from __future__ import annotations

import ast
import base64
import functools
import json
import os
import re
import resource
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, Done, environment, valid

from klcli.render import printable

HERE = Path(__file__).parent
Run = Callable[..., Done]
Case = dict[str, Any]


def catalogue(name: str) -> dict[str, Case]:
    """The lines of a catalogue by their ids."""
    lines = (HERE / "data" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return {case["id"]: case for case in map(json.loads, lines)}


INPUTS = catalogue("badinputs")
FAULTS = catalogue("faults")


def test_the_catalogues_are_whole() -> None:
    """Every line of a catalogue has an id of its own."""
    assert (len(INPUTS), len(FAULTS)) == (205, 22)


# Bad and odd inputs

# The catalogue writes their values in base 2 without asking for it; by design the base is e where none is named.
IN_BITS = {"num-subnormal", "json-int-big-ok", "yaml-1e-3", "yaml-escape-label", "dist-sum-overflow", "dist-p-zero"}
# These claim to be larger than what a process may take: they are given little.
CLAIMS = {
    "npy-huge-shape",
    "npy-mid-shape",
    "npy-header-4g",
    "st-header-2e63",
    "st-header-200mb",
    "st-shape-overflow",
}
LITTLE = 2**31  # bytes of address space, most of which the libraries reserve and do not use


def alone(*args: str, folder: Path, stdin: bytes, env: dict[str, str]) -> tuple[int, str, str]:
    """The exit code, the output and what was said by the command in a process of its own that has little memory."""
    done = subprocess.run(
        [sys.executable, "-m", "klcli", *args],
        cwd=folder,
        env=environment(OPENBLAS_NUM_THREADS="1", **env),
        input=stdin,
        capture_output=True,
        timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (LITTLE, LITTLE)),
    )
    out, err = (raw.decode("utf-8", "surrogateescape") for raw in (done.stdout, done.stderr))
    return done.returncode, out, err


def misjudged(case: Case, code: int, out: str, err: str) -> list[str]:
    """What is wrong with how a case was handled."""
    expected = case["expect_exit"]
    wrong = []
    if code == 0 if expected == "nonzero" else code != expected:
        wrong.append(f"exit {code} instead of {expected}")
    if not re.search(case["expect_stderr_regex"], err):
        wrong.append(f"stderr does not say {case['expect_stderr_regex']}")
    if not re.search(case.get("expect_stdout_regex", ""), out):
        wrong.append(f"stdout lacks {case['expect_stdout_regex']}")
    if "forbid_stdout_regex" in case and re.search(case["forbid_stdout_regex"], out):
        wrong.append(f"stdout has {case['forbid_stdout_regex']}")
    if case["policy"] and code in (0, 2):  # where more than one answer is safe, another one is as good
        wrong = []
    return wrong + [f"stderr has {word!r}" for word in ("Traceback", "Warning", "\x1b") if word in err]


@pytest.mark.parametrize("name", INPUTS)
def test_a_bad_or_odd_input(name: str, call: Run, tmp_path: Path) -> None:
    """An input of the catalogue is read or refused as the catalogue has it, in words that name what is wrong."""
    case = INPUTS[name]
    for file, data in case["files"].items():
        (tmp_path / file).write_bytes(base64.b64decode(data))
    args = [*case["argv"], *(["--base", "2"] if name in IN_BITS else [])]
    stdin = base64.b64decode(case["stdin_b64"] or "")
    if "env" in case or name in CLAIMS:
        code, out, err = alone(*args, folder=tmp_path, stdin=stdin, env=case.get("env", {}))
    else:
        done = call(*args, stdin=stdin)
        code, out, err = done.code, done.raw.decode("utf-8", "surrogateescape"), done.err
    assert misjudged(case, code, out, err) == [], f"{case['note']}: {err}"


def test_the_exceptions_are_cases() -> None:
    """Every case that is named here is one of the catalogue, and none of those in base 2 names a base itself."""
    assert INPUTS.keys() >= IN_BITS | CLAIMS
    assert not any("--base" in INPUTS[name]["argv"] for name in IN_BITS)


@pytest.mark.parametrize(
    ("code", "out", "err", "changes", "wrong"),
    [
        (2, "", "p.csv: line 3: bad", {}, 0),
        (0, "", "p.csv: line 3: bad", {}, 1),
        (0, "", "", {}, 2),
        (0, "", "", {"policy": True}, 0),
        (1, "", "", {"policy": True}, 2),
        (2, "", "line 3\nTraceback", {"policy": True}, 1),
        (2, "", "line 3 \x1b[31m Warning", {}, 2),
        (0, "", "line 3", {"expect_exit": "nonzero"}, 1),
        (70, "", "line 3", {"expect_exit": "nonzero"}, 0),
        (2, "PWNED", "line 3", {"expect_stdout_regex": "^$", "forbid_stdout_regex": "PWNED"}, 2),
    ],
)
def test_the_judge(code: int, out: str, err: str, changes: Case, wrong: int) -> None:
    """The judge of the cases sees each thing that can be wrong, and lets another safe answer pass where one is."""
    case = {"expect_exit": 2, "expect_stderr_regex": "line 3", "policy": False, **changes}
    assert len(misjudged(case, code, out, err)) == wrong


# Faults

SHELL = "test_catalogue.py::test_a_fault_that_a_shell_makes"

# Which tests cover a fault: those that a shell makes in one line are made here, line by line of the catalogue.
COVERED: dict[str, tuple[str, ...]] = {
    "pipe-head": (SHELL, "test_cli.py::test_a_closed_pipe_is_silent"),
    "pipe-slow-reader": (SHELL, "test_output.py::test_standard_output_gets_every_byte_in_order"),
    "full-table": (SHELL, "test_cli.py::test_a_full_disk_is_74"),
    "short-write-unbuffered": (SHELL, "test_cli.py::test_a_disk_that_fills_up_is_74"),
    "stdout-closed": (SHELL, "test_cli.py::test_a_closed_standard_output_is_74"),
    "report-disk-full": (
        "test_catalogue.py::test_a_disk_that_is_really_full",
        "test_output.py::test_a_real_limit_on_size",
        "test_output.py::test_a_full_disk_leaves_the_old_file",
    ),
    "report-symlink": (SHELL, "test_output.py::test_a_link_is_written_through"),
    "report-is-input": (SHELL, "test_output.py::test_the_command_refuses_to_overwrite_an_input"),
    "report-readonly-dir": (SHELL, "test_output.py::test_what_cannot_be_written_says_why"),
    "sigint-import": (
        "test_catalogue.py::test_ctrl_c_within_the_first_moments",
        "test_catalogue.py::test_ctrl_c_before_the_first_statement",
        "test_cli.py::test_ctrl_c_in_the_middle_of_an_import",
    ),
    "stdin-closed": (SHELL, "test_cli.py::test_no_standard_input_is_refused"),
    "stdin-endless": (SHELL, "test_cli.py::test_input_without_end_is_bounded"),
    "dev-zero": (SHELL, "test_readers.py::test_a_device_is_refused"),
    "truncate-mmap": ("test_catalogue.py::test_no_file_is_mapped_into_memory",),
    "changing-file": ("test_catalogue.py::test_a_file_that_grows_while_it_is_read",),
    "name-nonutf8-ok": (SHELL, "test_cli.py::test_files_of_every_name"),
    "x-dev": (SHELL,),
    "cwd-deleted": (
        "test_catalogue.py::test_files_are_read_from_a_folder_that_is_gone",
        "test_cli.py::test_a_working_directory_that_is_gone",
    ),
    "readonly-home": (SHELL, "test_cli.py::test_nothing_is_written_elsewhere"),
    "threads": ("test_cli.py::test_the_same_input_gives_the_same_bytes",),
    "no-network": (
        "test_catalogue.py::test_without_a_network_nothing_is_missing",
        "test_cli.py::test_the_system_is_not_asked_for_the_network",
        "test_cli.py::test_the_network_is_not_used",
    ),
    "import-time": (SHELL, "test_layers.py::test_help_version_and_completion_pay_for_click_alone"),
}


def test_every_fault_is_covered() -> None:
    """The table names every fault of the catalogue, no other one, and tests that exist."""
    assert COVERED.keys() == FAULTS.keys()
    for name in {name for names in COVERED.values() for name in names}:
        file, _, test = name.partition("::")
        assert test in functions(file), name


@functools.cache
def functions(file: str) -> set[str]:
    """The names of the tests of a module."""
    nodes = ast.parse((HERE / file).read_text(encoding="utf-8")).body
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


ROWS = 200_000
SMALL = {"p.csv": "label,p\na,0.5\nb,0.3\nc,0.2\n", "q.csv": "label,q\na,0.4\nb,0.3\nc,0.3\n"}


@pytest.fixture(scope="session")
def big(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of two large files of counts, made once."""
    folder = tmp_path_factory.mktemp("big")
    for name, factor in (("bp.csv", 7), ("bq.csv", 11)):
        rows = "".join(f"o{index},{1 + index * factor % 97}\n" for index in range(ROWS))
        (folder / name).write_text(f"label,w\n{rows}")
    return folder


@pytest.fixture
def folder(tmp_path: Path, big: Path) -> Path:
    """The folder of a test, in which there are two small files and two large ones."""
    for name, text in SMALL.items():
        (tmp_path / name).write_text(text)
    for path in big.iterdir():
        (tmp_path / path.name).symlink_to(path)
    return tmp_path


def one_line(done: Done) -> str:
    """What was said in one line, beside nothing on stdout."""
    assert done.out == ""
    assert re.fullmatch(r"klcli: [^\n\x1b]+\n", done.err)
    return done.err


def says(*words: str) -> Callable[[Done, Path], None]:
    """A check that these words are said, in one line."""

    def check(done: Done, folder: Path) -> None:
        assert all(word in one_line(done).lower() for word in words)

    return check


def is_quiet(done: Done, folder: Path) -> None:
    """Nothing is said on stderr."""
    assert done.err == ""


def has_every_line(done: Done, folder: Path) -> None:
    """All lines, that of the header too, were counted, and beside them there are but the notes on the counts."""
    assert done.out.strip() == str(ROWS + 1)
    assert [line.partition(": counts")[0] for line in done.err.splitlines()] == [
        "klcli: note: bp.csv",
        "klcli: note: bq.csv",
    ]


def is_cut_off(done: Done, folder: Path) -> None:
    """No more than the limit was written, and that is said."""
    assert "file too large" in one_line(done).lower()
    assert (folder / "big.out").stat().st_size <= 1024


def is_written_through(done: Done, folder: Path) -> None:
    """The link is a link still, and what it leads to has the new content and the old mode."""
    assert (done.out, done.err) == ("", "")
    assert (folder / "l.json").is_symlink()
    assert len(valid((folder / "real.json").read_bytes())) == 1
    assert stat.S_IMODE((folder / "real.json").stat().st_mode) == 0o640


def is_untouched(done: Done, folder: Path) -> None:
    """The input is as it was, and it is said that it is one."""
    assert "is also an input" in one_line(done)
    assert (folder / "p.csv").read_text() == SMALL["p.csv"]


def is_escaped(done: Done, folder: Path) -> None:
    """The output is UTF-8 and names the file."""
    assert done.err == ""
    assert printable("ok\udcff.csv") in done.out


def leaves_nothing(done: Done, folder: Path) -> None:
    """No file was made anywhere that a home could be."""
    assert done.err == ""
    assert not Path("/nonexistent").exists()
    assert {path.name for path in folder.iterdir()} == {*SMALL, "bp.csv", "bq.csv"}


def imports_little(done: Done, folder: Path) -> None:
    """What takes long to import was not imported."""
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.err.splitlines()}
    assert "klcli" in loaded
    assert not loaded & {"numpy", "rich", "yaml", "duckdb", "matplotlib", "scipy", "torch"}


# What must hold beside the exit code.
MUST = {
    "pipe-head": is_quiet,
    "pipe-slow-reader": has_every_line,
    "full-table": says("no space left on device"),
    "short-write-unbuffered": is_cut_off,
    "stdout-closed": says("standard output"),
    "report-symlink": is_written_through,
    "report-is-input": is_untouched,
    "report-readonly-dir": says("/proc/r.html: cannot be written"),
    "stdin-closed": says("stdin: "),
    "stdin-endless": says("stdin: more than 100000000 bytes"),
    "dev-zero": says("/dev/zero: is a device"),
    "name-nonutf8-ok": is_escaped,
    "x-dev": is_quiet,
    "readonly-home": leaves_nothing,
    "import-time": imports_little,
}
# What must be there before.
BEFORE = {
    "report-symlink": "echo old > real.json; chmod 640 real.json",
    "stdin-endless": "ulimit -v 1000000",  # kilobytes
}


@pytest.mark.parametrize("name", [name for name, tests in COVERED.items() if SHELL in tests])
def test_a_fault_that_a_shell_makes(name: str, shell: Run, folder: Path) -> None:
    """The command meets a fault of the catalogue with the exit code that is written there, and no worse."""
    fault = FAULTS[name]
    line = fault["sh"].replace("$K ...", "$K kl p.csv q.csv")
    done = shell(f'python() {{ "$PYTHON" "$@"; }}; {BEFORE.get(name, ":")}; {line}', PYTHON=sys.executable)
    expected = fault["expect_exit"]
    assert done.code in (expected if isinstance(expected, list) else [expected]), done.err
    assert not re.search("Traceback|Warning|\x1b", done.err)
    MUST[name](done, folder)


@functools.cache
def permitted(*command: str) -> bool:
    """Whether the system has such a command, and lets it succeed."""
    return bool(shutil.which(command[0])) and subprocess.run(command, capture_output=True).returncode == 0


@pytest.mark.parametrize("pages", [0, 1], ids=["not a byte fits", "the beginning fits"])
def test_a_disk_that_is_really_full(shell: Run, folder: Path, pages: int) -> None:
    """On a disk without room for a report the old one stands as it was, without litter, and it is one line and 74."""
    (folder / "t").mkdir()
    if not permitted("unshare", "-rm", "mount", "-t", "tmpfs", "none", str(folder / "t")):
        pytest.skip("file systems may not be mounted here")
    (folder / "full").write_text(f"""
        mount -t tmpfs -o size=64k none t
        echo old > t/report.json
        head -c {4096 * pages} /dev/zero > t/room
        cat /dev/zero > t/rest 2>/dev/null
        rm t/room
        $K kl {",".join(["1"] * 500)} {",".join(["1"] * 500)} -o t/report.json
        echo $? $(ls -A t) $(cat t/report.json)
    """)
    done = shell("unshare -rm bash full")
    assert done.out.split() == [str(FAULTS["report-disk-full"]["expect_exit"]), "report.json", "rest", "old"]
    assert done.err == "klcli: t/report.json: cannot be written: no space left on device\n"


TELLING = """
import os, sys
from klcli.__main__ import main
os.write(1, b".")
sys.argv[1:] = ["kl", "p.csv", "fifo", "-o", "report.json"]
main()
"""


def heed_interrupts() -> None:
    """Give SIGINT its meaning, which a shell takes from what it runs in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def interrupted(code: str, folder: Path, seconds: float = 0) -> tuple[int, bytes]:
    """How a program ended, and what it said, that was interrupted so long after its first byte of output."""
    with subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=folder,
        env=environment(),
        preexec_fn=heed_interrupts,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        if process.stdout.read(1) == b".":
            time.sleep(seconds)
            process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=10)
    return process.returncode, said


@pytest.mark.parametrize("milliseconds", range(0, 301, 15))
def test_ctrl_c_within_the_first_moments(folder: Path, milliseconds: int) -> None:
    """From the first statement on Ctrl-C ends the command silently, with the signal, of which a shell makes 130."""
    os.mkfifo(folder / "fifo")  # nobody writes into it: the command cannot end by itself
    before = sorted(folder.iterdir())
    code, said = interrupted(TELLING, folder, milliseconds / 1000)
    assert (code, said) in [(-signal.SIGINT, b""), (130, b"")]
    assert sorted(folder.iterdir()) == before


BEGINNING = """
import posix, sys
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name != "klcli" and not name.startswith("klcli."):
            posix.kill(posix.getpid(), 2)
for name in ("signal", "enum"):  # which a python may have imported at its start, and another one not
    sys.modules.pop(name, None)
import klcli
sys.meta_path.insert(0, Finder())
from klcli.__main__ import main
sys.argv[1:] = ["--version"]
main()
"""


def test_ctrl_c_before_the_first_statement(folder: Path) -> None:
    """Nothing is imported from a file before Ctrl-C is dealt with: at the first such import it ends us silently."""
    code, said = interrupted(BEGINNING, folder)
    assert (code, said) in [(-signal.SIGINT, b""), (130, b"")]


MAPPING = {"memmap", "fromfile", "open_memmap", "mmap", "mmap_mode"}


def maps(text: str) -> set[str]:
    """The names in a Python source by which a file is mapped into memory, or read by numpy itself."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Import(names=names):
                found |= {each.name.partition(".")[0] for each in names} & MAPPING
            case ast.ImportFrom(module=str(module), names=names):
                found |= ({module, *(each.name for each in names)}) & MAPPING
                found |= {each.name for each in names if module.split(".")[0] == "numpy" and each.name == "load"}
            case ast.Attribute(value=ast.Name(id="np" | "numpy"), attr="load"):
                found.add("load")
            case ast.Attribute(attr=name) | ast.keyword(arg=str(name)):
                found |= {name} & MAPPING
    return found


@pytest.mark.parametrize("path", sorted((ROOT / "klcli").rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_is_mapped_into_memory(path: Path) -> None:
    """No module maps a file or lets numpy read one: a file that is cut while it is read is an error, and no crash."""
    assert maps(path.read_text(encoding="utf-8")) == set()


@pytest.mark.parametrize(
    "text",
    [
        "import mmap",
        "from mmap import mmap",
        "np.load(path)",
        "from numpy import load",
        "numpy.memmap(path)",
        "from numpy.lib.format import open_memmap",
        "np.fromfile(path)",
        "f(path, mmap_mode='r')",
    ],
)
def test_what_maps_a_file_is_found(text: str) -> None:
    """Every way to map a file is found in a source, and reading JSON or bytes is none."""
    assert maps(text)
    assert maps("json.load(file); np.frombuffer(data); yaml.load(text)") == set()


def test_a_file_that_grows_while_it_is_read(run: Run, tmp_path: Path) -> None:
    """A file to which rows are added is read once, whole rows up to some moment, and that is no error."""
    path = tmp_path / "log.csv"

    def row(label: str, value: object) -> str:
        return f"{label},{value:>{62 - len(label)}}\n"  # 64 bytes: where a page ends, so does a row

    path.write_text(row("label", "p") + "".join(row(f"o{index}", 1) for index in range(2**14)))
    stop = threading.Event()

    def grow() -> None:
        with path.open("a") as file:
            for index in range(10**5):
                os.write(file.fileno(), row(f"x{index}", 0).encode())
                if stop.wait(1e-4):
                    return

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        done = run("entropy", path.name, "-f", "csv")
    finally:
        stop.set()
        writer.join()
    assert done.code == FAULTS["changing-file"]["expect_exit"], done.err
    found = [line.partition(",")[0] for line in done.out.splitlines()[1:]]
    added = len(found) - 2**14
    assert 0 < added < path.stat().st_size // 64 - 1 - 2**14
    assert found == [f"o{index}" for index in range(2**14)] + [f"x{index}" for index in range(added)]


def test_files_are_read_from_a_folder_that_is_gone(shell: Run, folder: Path) -> None:
    """In a folder that was removed, files that are named in full are read all the same."""
    line = 'mkdir d; cd d; rmdir ../d; $K kl "$OLDPWD/p.csv" "$OLDPWD/q.csv"'
    assert shell(line) == shell("$K kl p.csv q.csv")
    assert shell(line).code == FAULTS["cwd-deleted"]["expect_exit"]


def test_without_a_network_nothing_is_missing(shell: Run, folder: Path) -> None:
    """Where there is no network at all the command prints the same."""
    if not permitted("unshare", "-rn", "true"):
        pytest.skip("the network may not be taken away here")
    assert shell("unshare -rn $K kl p.csv q.csv") == shell("$K kl p.csv q.csv")
    assert shell("unshare -rn $K kl p.csv q.csv -f html").code == FAULTS["no-network"]["expect_exit"]
