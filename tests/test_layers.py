"""The doors between the rooms: what every module imports, held against one table."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from conftest import ROOT, environment

import klcli

HERE = Path(klcli.__file__).parent

# Which rooms a room may import. render/ is one room; __init__ hands out the public names of others.
_BOTTOM = {"errors", "lazy"}
_ARITHMETIC = {*_BOTTOM, "numerics"}
_DISTRIBUTION = {*_ARITHMETIC, "labels", "numerals"}
_MEASURE = {*_DISTRIBUTION, "distribution", "result"}
_MEASURES = {*_MEASURE, "measure"}
DOORS: dict[str, set[str]] = {
    "errors": set(),
    "lazy": set(),
    "rooms": set(),
    "litter": set(),
    "memory": set(),
    "labels": {"lazy"},
    "result": {"errors"},
    "numerics": {"lazy"},
    "numerals": _ARITHMETIC,
    "distribution": _DISTRIBUTION,
    "measure": _MEASURE,
    "measures": _MEASURES,
    "comparison": {*_MEASURES, "measures"},
    "columns": {"numerals", "numerics"},
    "tables": {"columns", "distribution", "errors", "labels", "numerals"},
    "delimited": {"columns", "distribution", "errors", "labels", "lazy", "numerals", "tables"},
    "totals": {"columns", "distribution", "errors", "lazy", "numerics"},
    "prefix_codes": {*_DISTRIBUTION, "distribution"},
    "coding": {*_MEASURES, "prefix_codes"},
    "crosscheck": {*_MEASURES, "measures"},
    "laws": {*_MEASURES, "measures", "crosscheck"},
    "special": _ARITHMETIC,
    "families": {*_DISTRIBUTION, "special", "families"},
    "closed_forms": {*_ARITHMETIC, "special", "families"},
    "quadrature": {*_DISTRIBUTION, "special", "families"},
    "parametric": {*_BOTTOM, "numerals", "result", "families", "closed_forms", "quadrature"},
    "logits": _ARITHMETIC,
    "batches": {*_DISTRIBUTION, "distribution", "logits"},
    "losses": {*_DISTRIBUTION, "result", "logits", "batches"},
    "counts": {*_BOTTOM, "numerals", "result"},
    "profiles": {*_DISTRIBUTION, "distribution"},
    "drift": {*_MEASURES, "counts", "measures", "special", "profiles"},
    "sums": {*_MEASURES, "counts", "measures", "profiles"},
    "matrices": {"columns", "distribution", "errors", "lazy", "numerals", "numerics", "readers", "arrays", "tables"},
    "nodes": {"columns", "errors"},
    "shapes": {"columns", "distribution", "errors", "nodes", "numerals", "tables"},
    "answers": {"columns", "distribution", "nodes", "shapes"},
    "trees": {"answers", "columns", "errors", "nodes", "shapes", "tables"},
    "sources": {"columns", "errors"},
    "arrays": {*_DISTRIBUTION, "distribution", "columns", "sources", "tables"},
    "streams": {*_BOTTOM, "columns", "litter", "sources"},
    "engines": {"columns", "counts", "distribution", "errors", "lazy", "numerals", "profiles", "rooms", "sources",
                "streams", "litter", "memory", "delimited", "tables", "totals", "engines"},
    "parquet": {*_BOTTOM, "columns", "distribution", "labels", "numerics", "sources", "streams", "tables", "engines"},
    "readers": {*_DISTRIBUTION, "distribution", "columns", "sources", "arrays", "delimited", "parquet", "tables",
                "totals", "trees"},
    "output": {"errors", "litter"},
    "render": {"errors", "result", "numerics", "lazy", "render"},
    "cli": {
        *_DISTRIBUTION, *_MEASURES, "measures", "batches", "comparison", "coding", "parametric", "prefix_codes",
        "crosscheck", "laws", "families", "losses", "readers", "sources", "matrices", "output", "render", "rooms",
        "counts", "streams", "columns", "engines", "profiles", "drift", "sums", "memory",
        "cli", "__init__",
    },
    "__main__": {"cli"},
    "__init__": {
        "errors", "result", "distribution", "measures", "comparison", "coding", "losses", "parametric", "readers",
    },
}  # fmt: skip
# The one import that goes up: a notebook asks a Result for its picture.
UPWARD = ("result", "Result._repr_html_", "render")

PURE = {
    "errors", "lazy", "numerals", "numerics", "result", "distribution", "measure", "measures", "comparison", "coding",
    "special", "families", "closed_forms", "logits", "batches", "losses",
    "counts", "profiles", "drift", "sums", "labels",
}  # fmt: skip
MATHEMATICS = {
    "__future__", "abc", "bisect", "cmath", "collections", "contextlib", "dataclasses", "decimal", "difflib", "enum",
    "fractions", "functools", "heapq", "inspect", "itertools", "math", "numbers", "operator", "re", "statistics",
    "string", "typing", "unicodedata",
}  # fmt: skip
# Where a package of others may be imported, and whether at the top of a module or in a function only.
HOMES: dict[str, dict[str, str]] = {
    "numpy": {"lazy": "function"},
    "click": {"cli": "top"},
    "rich": {"render": "top"},
    "yaml": {"trees": "function"},
    "duckdb": {"engines": "function"},
    "pyspark": {"engines": "function"},
    "zstandard": {"sources": "function"},
    "matplotlib": {"render": "function"},
    "mpmath": {"crosscheck": "function"},
    "scipy": {"quadrature": "function", "crosscheck": "function"},
    "torch": {"parametric": "function", "crosscheck": "function"},
}


class Import(NamedTuple):
    """One import: the room and file it stands in, what it names, and where: top, typing or a function's name."""

    room: str
    file: str
    target: str
    where: str


def _room(path: Path) -> str:
    return path.relative_to(HERE).parts[0].removesuffix(".py")


def _targets(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    assert node.level == 0, "imports are absolute"
    module = str(node.module)
    if module != "klcli":
        yield module
        return
    rooms = {_room(path) for path in HERE.rglob("*.py")}
    yield from (f"klcli.{alias.name}" if alias.name in rooms else "klcli.__init__" for alias in node.names)


def _imports(tree: ast.AST, where: str = "top") -> Iterator[tuple[str, str]]:
    """Every import in the tree with the place where it stands."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from ((target, where) for target in _targets(node))
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            yield from _imports(ast.Module(node.body, []), "typing")
            yield from _imports(ast.Module(node.orelse, []), where)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield from _imports(node, node.name if where == "top" else f"{where}.{node.name}")
        else:
            yield from _imports(node, where)


def _all_imports() -> list[Import]:
    return [
        Import(_room(path), str(path.relative_to(HERE)), target, where)
        for path in sorted(HERE.rglob("*.py"))
        for target, where in _imports(ast.parse(path.read_text(encoding="utf-8")))
    ]


IMPORTS = _all_imports()
OURS = [each for each in IMPORTS if each.target.split(".")[0] == "klcli"]
STANDARD = [each for each in IMPORTS if each.target.split(".")[0] in sys.stdlib_module_names]
OTHERS = [each for each in IMPORTS if each not in OURS and each not in STANDARD]


def _in_function(each: Import) -> bool:
    """Whether the import runs only when a function is called: its place ends in a lower-case name."""
    return each.where not in ("top", "typing") and each.where.split(".")[-1].lstrip("_")[0].islower()


def test_every_room_is_in_the_table() -> None:
    """Every room has its row in the table of doors, here and in docs/design.md, and every row has its room."""
    rooms = {_room(path) for path in HERE.rglob("*.py")}
    assert rooms == set(DOORS)
    page = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+)(?:\.py|/)` \|", page, re.MULTILINE)) == rooms - {"__init__"}


@pytest.mark.parametrize("room", DOORS)
def test_a_room_imports_through_its_doors_only(room: str) -> None:
    """A room imports no room but those that the table names for it."""
    found = {
        each.target.split(".")[1]
        for each in OURS
        if each.room == room and (each.room, each.where, each.target.split(".")[1]) != UPWARD
    }
    assert found <= DOORS[room]


def test_one_import_goes_up() -> None:
    """The one import that goes up is Result's picture, and it runs only when a notebook asks for it."""
    (up,) = [each for each in OURS if each.room == "result" and each.target != "klcli.errors"]
    assert (up.room, up.where, up.target.split(".")[1]) == UPWARD


def test_the_doors_lead_down() -> None:
    """No chain of doors leads back to the room it began in."""

    def reachable(room: str, passed: tuple[str, ...] = ()) -> set[str]:
        assert room not in passed, f"{' -> '.join((*passed, room))}"
        below = DOORS[room] - {room, "__init__"}
        return below.union(*(reachable(each, (*passed, room)) for each in below))

    for room in DOORS:
        reachable(room)


def test_nothing_imports_the_command_line() -> None:
    """Only `python -m klcli` imports cli."""
    found = {each.room for each in OURS if each.target.split(".")[1] == "cli"}
    assert found == {"__main__", "cli"}


def test_renderers_know_no_measures() -> None:
    """A renderer imports results and what renderers share, and neither measures nor distributions."""
    found = {each.target.split(".")[1] for each in OURS if each.room == "render"}
    assert {"render", "result"} <= found
    assert not found & {"distribution", "measure", "measures", "comparison", "readers", "output", "cli"}


@pytest.mark.parametrize("room", sorted(PURE))
def test_pure_rooms_know_mathematics_alone(room: str) -> None:
    """A pure room imports modules of mathematics and data only: no terminal, file, process or database."""
    found = {each.target.split(".")[0] for each in STANDARD if each.room == room}
    assert found <= MATHEMATICS
    packages = {(each.target.split(".")[0], each.where) for each in OTHERS if each.room == room}
    assert packages <= {("numpy", "typing"), ("numpy", "_Numpy.__getattr__")}


@pytest.mark.parametrize("package", sorted({each.target.split(".")[0] for each in OTHERS} | set(HOMES)))
def test_packages_stay_in_their_homes(package: str) -> None:
    """A package of others is imported in its home alone, and where the table says: at the top or in functions."""
    for each in OTHERS:
        if each.target.split(".")[0] != package or each.where == "typing":
            continue
        place = HOMES[package][each.room]
        assert place == "top" or _in_function(each), f"{each.file} imports {each.target} at its top"


def test_the_scan_sees_what_there_is() -> None:
    """The scan knows an import at the top, for types, in a function and in a method from each other."""
    source = (
        "import os\nif TYPE_CHECKING:\n    import numpy as np\nelse:\n    import math\n"
        "def f():\n    from klcli import cli, __version__\nclass C:\n    def g(self):\n        import yaml.nodes\n"
    )
    assert list(_imports(ast.parse(source))) == [
        ("os", "top"),
        ("numpy", "typing"),
        ("math", "top"),
        ("klcli.cli", "f"),
        ("klcli.__init__", "f"),
        ("yaml.nodes", "C.g"),
    ]


def test_names_are_looked_up_in_one_place_each() -> None:
    """Imports by name, which this scan cannot read, are made by rooms and by the package itself alone."""
    assert {each.room for each in STANDARD if each.target.split(".")[0] == "importlib"} == {"rooms", "__init__"}
    texts = {path: path.read_text(encoding="utf-8") for path in HERE.rglob("*.py")}
    assert [path.name for path, text in texts.items() if "__import__" in text] == []


HEAVY = {"numpy", "rich", "yaml", "scipy", "torch", "duckdb", "pyspark", "matplotlib"}


def _loaded(*command: str, **env: str) -> set[str]:
    """The top-level names of every module that a command imports."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *command], env=environment(**env), capture_output=True, text=True
    )
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    assert len(lines) > 50
    return {line.rpartition("|")[2].strip().split(".")[0] for line in lines}


@pytest.mark.parametrize(
    ("command", "env"),
    [
        (("-c", "import klcli.cli"), {}),
        (("-m", "klcli"), {}),
        (("-m", "klcli", "--help"), {}),
        (("-m", "klcli", "--version"), {}),
        (("-m", "klcli", "kl", "--help"), {}),
        (("-m", "klcli", "compare", "--help"), {}),
        (("-m", "klcli"), {"_KLCLI_COMPLETE": "bash_source"}),
        (("-m", "klcli"), {"_KLCLI_COMPLETE": "bash_complete", "COMP_WORDS": "klcli k", "COMP_CWORD": "1"}),
    ],
    ids=lambda x: " ".join(x) if isinstance(x, tuple) else "_".join(x.values()),
)
def test_help_version_and_completion_pay_for_click_alone(command: tuple[str, ...], env: dict[str, str]) -> None:
    """Importing the command line, help, version and completion import no package but click."""
    loaded = _loaded(*command, **env)
    assert not loaded & HEAVY
    assert {"click", "klcli"} <= loaded


def test_json_needs_no_rich() -> None:
    """A table in JSON is made without rich and yaml, and numpy is there for the arithmetic."""
    loaded = _loaded("-m", "klcli", "kl", "1/2,1/2", "1/4,3/4", "--json")
    assert loaded & HEAVY == {"numpy"}


@pytest.mark.parametrize("name", sorted(klcli.__all__))
def test_public_names_come_on_demand(name: str) -> None:
    """Every public name is there when it is asked for."""
    assert getattr(klcli, name) is not None


def test_a_name_that_is_not_public_is_an_attribute_error() -> None:
    """What is not public is an AttributeError that names it."""
    with pytest.raises(AttributeError, match="'klcli' has no attribute 'divergence'"):
        _ = klcli.divergence
