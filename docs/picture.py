"""Draw docs/kl.svg, the article's table as a terminal shows it, and docs/balls.png, its bars."""

from __future__ import annotations

import re
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI

import klcli
from klcli.render import View
from klcli.render.png import render
from klcli.render.table import draw

ROOT = Path(__file__).parent.parent
COMMAND = "klcli kl sample_data/balls.csv::p sample_data/balls.csv::q1 --explain"


def svg() -> str:
    """The picture, the same at every run."""
    sources = [str(ROOT / "sample_data" / "balls.csv") + column for column in ("::p", "::q1")]
    result = klcli.kl(*map(klcli.read, sources))
    view = View(width=88, colour=True, explain=True)
    with Path("/dev/null").open("w") as nowhere:
        console = Console(file=nowhere, record=True, width=88, force_terminal=True, highlight=False)
        draw([result], view, console)
        drawn = console.export_svg(title=COMMAND, theme=MONOKAI, unique_id="klcli")
    drawn = re.sub(r"\s*@font-face \{.*?\}\n", "\n", drawn, flags=re.DOTALL)  # nothing is loaded from elsewhere
    return "\n".join(line.rstrip() for line in drawn.splitlines()) + "\n"


def png() -> bytes:
    """The article's bars, as `klcli plot sample_data/balls.csv -o balls.png` draws them here."""
    p, *guesses = klcli.read_all(ROOT / "sample_data" / "balls.csv")
    return render(klcli.compare(p, *guesses), View())


if __name__ == "__main__":
    (ROOT / "docs" / "kl.svg").write_text(svg(), encoding="utf-8")
    (ROOT / "docs" / "balls.png").write_bytes(png())
