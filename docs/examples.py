"""Run the examples in the documentation: every `$ command` in a console block, and what it prints.

python docs/examples.py            write what the commands print now into the documentation
python docs/examples.py --check    exit with 1 and a diff where that would change anything
"""

from __future__ import annotations

import difflib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("README*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "sample_data" / "README.md"])
PROGRAMS = ("jq",)  # what examples pipe into and not every machine has
_BLOCK = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.MULTILINE | re.DOTALL)


def commands(block: str) -> Iterator[str]:
    """The commands of a console block: the lines after a prompt, with their continuations."""
    return (match[1] for match in re.finditer(r"^\$ (.*(?:\\\n.*)*)", block, re.MULTILINE))


def output(command: str) -> str:
    """What the command prints, run by a shell in the project's folder: its output, its errors, its exit code."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("KLCLI", "COLUMNS"))}
    environment |= {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "LC_ALL": "C.UTF-8",
        "PYTHONIOENCODING": "utf-8",
        "COLUMNS": "100",
    }
    done = subprocess.run(
        ["sh", "-c", command], cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    return done.stdout + (f"[exit {done.returncode}]\n" if done.returncode else "")


def renewed(block: str) -> str:
    """The console block with what its commands print now; as it is, where a program that it pipes into is missing."""
    if any(f"| {name} " in block and not shutil.which(name) for name in PROGRAMS):
        return block
    return "".join(f"$ {command}\n{output(command)}" for command in commands(block))


def renewed_page(text: str) -> str:
    """The page with every console block renewed."""
    return _BLOCK.sub(lambda match: renewed(match[0]), text)


def blocks(text: str) -> list[str]:
    """The console blocks of a page."""
    return _BLOCK.findall(text)


def main() -> int:
    """Renew or check every page; 1 where a page that is checked is out of date."""
    check = "--check" in sys.argv[1:]
    stale = False
    for page in PAGES:
        old = page.read_text(encoding="utf-8")
        new = renewed_page(old)
        if check and new != old:
            stale = True
            name = str(page.relative_to(ROOT))
            sys.stdout.writelines(difflib.unified_diff(old.splitlines(True), new.splitlines(True), name, "now"))
        elif new != old:
            page.write_text(new, encoding="utf-8")
    return int(stale)


if __name__ == "__main__":
    sys.exit(main())
