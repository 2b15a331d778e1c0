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
        {name for each in cli.klcli.commands.values() for option in each.params[1:] for name in option.opts} - {"q"}
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
