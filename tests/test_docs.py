"""The documentation is true: every example prints what it shows, and nothing that exists goes unmentioned."""

from __future__ import annotations

import importlib.util
import re
import shutil
from pathlib import Path

import pytest

from klcli import __version__, cli, rooms
from klcli.measures import MEASURES

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def _docs(name: str):
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


examples = _docs("examples")
BLOCKS = [
    pytest.param(block, id=f"{page.relative_to(ROOT)}-{number}")
    for page in examples.PAGES
    for number, block in enumerate(examples.blocks(page.read_text(encoding="utf-8")), 1)
]


@pytest.mark.parametrize("block", BLOCKS)
def test_every_example_prints_what_it_shows(block):
    """Each console block is what its commands print now."""
    without = [name for name in examples.PROGRAMS if f"| {name} " in block and not shutil.which(name)]
    if without:
        pytest.skip(f"{without[0]} is not installed")
    assert examples.renewed(block) == block


def test_there_are_examples():
    """The pages are found, so that the test above tests something."""
    assert len(BLOCKS) > 20


@pytest.mark.parametrize("command", cli.klcli.commands)
def test_every_command_is_in_readme_and_reference(command):
    """A command has an example in the README and its help in the reference."""
    reference = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    assert re.search(rf"^\$ .*klcli {command} ", README, re.MULTILINE)
    assert f"\n## klcli {command}\n" in reference


@pytest.mark.parametrize(
    "option",
    sorted(
        {opt for name in cli.klcli.commands for option in cli.command(name).params[1:] for opt in option.opts} - {"q"}
    ),
)
def test_every_option_is_in_the_reference(option):
    """An option stands in the help that the reference shows."""
    assert option.lstrip("-") in (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", rooms.names("render"))
def test_every_format_is_in_the_readme(name):
    """A value of --format is named in the README."""
    assert f"`{name}`" in README


@pytest.mark.parametrize("measure", MEASURES.values(), ids=lambda measure: measure.name)
def test_every_formula_is_in_the_readme(measure):
    """The README states each measure's formula as the command does."""
    assert measure.formula.replace("|", r"\|") in README


def test_python_example_is_true(monkeypatch):
    """The Python block of the README runs, and the values in its comments are right."""
    block = re.search(r"```python\n(.*?)```", README, re.DOTALL)[1]
    names = {}
    monkeypatch.chdir(ROOT)
    for line in filter(None, block.splitlines()):
        code, _, comment = line.partition("  # ")
        if code.startswith(("import ", "p =", "result =")):
            exec(code, names)
        elif comment.startswith("("):
            assert eval(code, names) == eval(comment, names)
        else:
            eval(code, names)


def test_links_lead_somewhere():
    """A relative link in a page leads to a file that exists."""
    for page in [*examples.PAGES, ROOT / "CONTRIBUTING.md"]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_picture_is_that_of_today():
    """docs/kl.svg is what the renderer draws now."""
    assert (ROOT / "docs" / "kl.svg").read_text(encoding="utf-8") == _docs("picture").svg()


def test_version_is_that_of_the_package():
    """pyproject.toml and the package say the same version."""
    assert f'version = "{__version__}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


# Every number that the article behind the walkthrough prints, by the section it stands in.
ARTICLE = {
    "## The data": "0.15 0.13 0.23 0.09 0.2 0.05 0.14 0.25 0.08 0.21 0.06 0.12 0.11 0.22 0.16",
    "## Entropy": "4096×1 2048×2 1024×3 14336 1.75 2.000000 0 10 110 111 00 01 11",
    "## The formula": "0.250000 0.875000 1.750000 2.625000",
    "## In bits": "0.25 4096×3 2048×3 1024×1 1024×2 8192 2.625 0.875",
    "## Step by step": (
        "1.071429 0.928571 0.920000 1.125000 0.952381 0.833333 1.250000 "
        "0.068993 -0.074108 -0.083382 0.117783 -0.048790 -0.182322 0.223144 "
        "0.010349 -0.009634 -0.019178 0.010600 -0.009758 -0.009116 0.033472 0.006735 "
        "0.046523 0.021717 0.010224 -0.051783 0.057536 -0.058158 0.076624 0.102684"
    ),
    "## What it has and what it lacks": "0.006546875201112772 0 0.006735 0.006547 0.102684",
    "## As a loss function": "0.0067",
}
SECTIONS, CHINESE = (
    [f"## {part}" for part in (ROOT / "docs" / name).read_text(encoding="utf-8").split("\n## ")[1:]]
    for name in ("walkthrough.md", "walkthrough.zh-CN.md")
)


@pytest.mark.parametrize(("heading", "number"), [(h, n) for h, numbers in ARTICLE.items() for n in numbers.split()])
def test_every_number_of_the_article_is_printed(heading, number):
    """A number that the article prints is in the output of a command of its section, in both languages."""
    position = next(place for place, section in enumerate(SECTIONS) if section.startswith(f"{heading}\n"))
    for section in (SECTIONS[position], CHINESE[position]):
        printed = "".join(
            line for block in examples.blocks(section) for line in block.splitlines(True) if line[:2] != "$ "
        )
        assert re.search(rf"(?<![\d.-]){re.escape(number)}(?![\d.])", printed)


def test_both_walkthroughs_run_the_same_commands():
    """The walkthrough has the same commands, and so the same output, in English and in Chinese."""
    english, chinese = ([examples.blocks(section) for section in each] for each in (SECTIONS, CHINESE))
    assert english == chinese


def test_every_promise_has_its_tests():
    """The page of promises names tests that exist, and every promise names one."""
    page = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")
    tests = {
        name
        for path in (ROOT / "tests").glob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    rows = [row for row in page.splitlines() if row.startswith("| ") and "shown by" not in row]
    assert len(rows) > 20
    for row in rows:
        shown = re.findall(r"`(test_\w+)`", row)
        assert shown, row
        assert set(shown) <= tests, set(shown) - tests
