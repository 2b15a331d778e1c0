"""The public names: what `import klcli` gives, and what it leaves alone until it is needed."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import klcli
from klcli import coding, comparison, distribution, errors, losses, measure, measures, parametric, readers, result

HEAVY = ("numpy", "rich", "yaml", "scipy", "torch", "duckdb", "matplotlib", "pandas", "pyspark")
PAIR = ([0.5, 0.5], [0.25, 0.75])


def loaded_after(statement: str, *names: str) -> list[str]:
    """Those of the modules that are loaded after the statement, in a process of its own."""
    code = f"import sys\n{statement}\nprint(*(name for name in {names!r} if name in sys.modules), file=sys.stderr)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    return run.stderr.split()


# Names


@pytest.mark.parametrize("name", klcli.__all__)
def test_every_public_name_is_there(name: str) -> None:
    """Every name in __all__ can be had, and is what the room it lives in calls so."""
    rooms = (measures, distribution, comparison, coding, losses, parametric, readers, result, errors)
    homes = [vars(room)[name] for room in rooms if name in vars(room)]
    assert homes
    assert all(getattr(klcli, name) is home for home in homes)


def test_public_names_are_sorted_and_said_once() -> None:
    """__all__ is in the order of ruff's sorting, and no name stands twice."""
    assert len(set(klcli.__all__)) == len(klcli.__all__)
    constants = [name for name in klcli.__all__ if name.isupper()]
    classes = [name for name in klcli.__all__ if not name.isupper() and name[0].isupper()]
    functions = [name for name in klcli.__all__ if name.islower()]
    assert klcli.__all__ == [*sorted(constants), *sorted(classes), *sorted(functions)]


def test_type_checkers_see_the_same_names() -> None:
    """What is imported for type checkers is what __all__ names."""
    tree = ast.parse(Path(klcli.__file__).read_text(encoding="utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    names = {
        alias.name: each.module
        for each in imports
        for alias in each.names
        if (each.module or "").startswith("klcli.")
    }
    assert set(names) == set(klcli.__all__)
    for name, module in names.items():
        assert getattr(sys.modules[str(module)], name) is getattr(klcli, name)


def test_all_names_come_with_a_star() -> None:
    """`from klcli import *` gives every public name."""
    given: dict[str, Any] = {}
    exec("from klcli import *", given)
    assert set(klcli.__all__) == {name for name in given if not name.startswith("__")}


@pytest.mark.parametrize("name", ["nothing", "Kl", "_private", "cross-entropy"])
def test_another_name_is_an_attribute_error(name: str) -> None:
    """A name that is none is said to be none."""
    with pytest.raises(AttributeError) as caught:
        getattr(klcli, name)
    assert str(caught.value) == f"module 'klcli' has no attribute {name!r}"


def test_the_version_is_a_string() -> None:
    """The version is that of the project's metadata."""
    text = (Path(klcli.__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8")
    assert f'version = "{klcli.__version__}"' in text


# Measures


@pytest.mark.parametrize("name", klcli.MEASURES)
def test_every_measure_is_public(name: str) -> None:
    """Every measure of the registry is a public name, under the name of its command with underscores."""
    public = name.replace("-", "_")
    assert public in klcli.__all__
    assert getattr(klcli, public) is klcli.MEASURES[name]
    assert klcli.MEASURES[name].name == name


def test_every_public_measure_is_registered() -> None:
    """No measure is public that the registry lacks."""
    public = [getattr(klcli, name) for name in klcli.__all__]
    assert {each.name for each in public if isinstance(each, measure.Measure)} == set(klcli.MEASURES)


@pytest.mark.parametrize("name", klcli.MEASURES)
@pytest.mark.parametrize(
    "made",
    [
        list,
        tuple,
        np.array,
        iter,
        lambda x: dict(zip("ab", x, strict=True)),
        lambda x: distribution.as_distribution(x),
    ],
    ids=["list", "tuple", "array", "iterator", "mapping", "distribution"],
)
def test_measures_take_any_kind_of_data(name: str, made: Callable[[list[float]], Any]) -> None:
    """Lists, tuples, arrays, iterators, mappings and Distributions give one and the same value."""
    each = klcli.MEASURES[name]
    options = {"alpha": 2.0} if "alpha" in each.options else {}
    sides = PAIR[: len(each.sides)]
    found = each(*map(made, sides), **options)
    assert isinstance(found, klcli.Result)
    assert found.value == each(*sides, **options).value
    assert found.measure == name


def test_kl_of_a_list_and_a_mapping() -> None:
    """A list is matched with a mapping by position, and a note says so."""
    found = klcli.kl([0.5, 0.25, 0.25], {"a": 0.25, "b": 0.25, "c": 0.5}, base=2)
    assert found.value == 0.25
    assert found.terms["outcome"] == ("a", "b", "c")
    assert found.inputs == {"p": "P", "q": "Q"}
    assert found.notes == ("matched by position, since P has no labels",)


def test_kl_of_two_mappings() -> None:
    """Mappings are matched by their keys in any order, and what is absent is noted."""
    found = klcli.kl({"a": 1, "b": 1}, {"c": 2, "b": 1, "a": 1}, base=2)
    assert found.value == 1
    assert found.terms["outcome"] == ("a", "b", "c")
    assert found.notes == (
        "P: counts, divided by their total of 2",
        "Q: counts, divided by their total of 4",
        "absent from P, so p = 0 there: c",
    )


def test_wrong_data_are_a_klcli_error() -> None:
    """One class catches whatever is wrong with data, sources and options."""
    for call in (
        lambda: klcli.kl([0.5, 0.25], [0.5, 0.5]),
        lambda: klcli.kl([0.5, 0.5], [1, 1, 1]),
        lambda: klcli.kl("p.csv", "q.csv"),
        lambda: klcli.read("no such file.csv"),
        lambda: klcli.kl([1, 1], [1, 1], smooth="nothing"),
        lambda: klcli.Distribution((), []),
        lambda: klcli.compare([1, 1], [1, 1], by="nothing"),
    ):
        with pytest.raises(klcli.KlcliError):
            call()


@pytest.mark.parametrize("arguments", [([1, 1],), ([1, 1], [1, 1], [1, 1])])
def test_a_wrong_count_of_arguments_is_a_type_error(arguments: tuple[Any, ...]) -> None:
    """Calling a measure with too few or too many distributions is a mistake of the program."""
    with pytest.raises(TypeError) as caught:
        klcli.kl(*arguments)
    assert str(caught.value) == f"kl takes 2 distributions, not {len(arguments)}"


# Distributions, reading, comparing


def test_measures_take_weights_of_any_sum_when_asked() -> None:
    """With normalize=True measures and compare divide what is given by its sum, and say so."""
    p, q = [0.2, 0.6], {"0": 3.5, "1": 1.5}
    result = klcli.kl(p, q, normalize=True)
    assert result.value == pytest.approx(klcli.kl([0.25, 0.75], [0.7, 0.3]).value, rel=1e-14)
    assert result.notes[0] == "P: weights, divided by their sum of 0.8 (--normalize)"
    assert klcli.compare(p, q, normalize=True)[0].value == result.value
    with pytest.raises(klcli.KlcliError, match=r"sum to 0\.8"):
        klcli.kl(p, q)


def test_a_series_keeps_its_index() -> None:
    """What has items, as a pandas Series has, is matched by their names; a set has no order and is refused."""

    class Series:
        def items(self) -> zip[tuple[str, float]]:
            return zip("cab", (0.2, 0.5, 0.3), strict=True)

    assert klcli.kl({"a": 0.5, "b": 0.3, "c": 0.2}, Series()).value == 0
    with pytest.raises(klcli.KlcliError, match="a set has no order"):
        klcli.entropy({0.25, 0.75})


@pytest.mark.parametrize("name", measures.MEASURES)
def test_a_measure_says_how_it_is_called(name: str) -> None:
    """The signature of a measure has its sides, its options, normalize and smooth."""
    made = measures.MEASURES[name]
    parameters = inspect.signature(made).parameters
    assert list(parameters) == [*made.sides, *made.options, "normalize", "smooth"]


def test_a_distribution_can_be_made() -> None:
    """Distribution takes outcomes and weights, and measures take it under its name."""
    p = klcli.Distribution(("a", "b"), [3, 1], name="draws")
    assert p.probs.tolist() == [0.75, 0.25]
    assert klcli.entropy(p).inputs == {"p": "draws"}


def test_read_reads_what_the_command_line_reads(tmp_path: Path) -> None:
    """`read` gives the one distribution of a source and `read_all` all of them."""
    file = tmp_path / "p.csv"
    file.write_text("label,p,q\na,3,1\nb,1,3\n", encoding="utf-8")
    assert klcli.read("a=3,b=1").weights.tolist() == [3, 1]
    assert klcli.read(f"{file}::q").weights.tolist() == [1, 3]
    assert [each.name for each in klcli.read_all(str(file))] == ["p.csv::p", "p.csv::q"]
    with pytest.raises(klcli.KlcliError, match="holds several distributions"):
        klcli.read(str(file))


@pytest.mark.parametrize(
    "options",
    [{"input_format": "xml"}, {"duplicates": "drop"}],
)
def test_an_option_of_read_that_means_nothing_is_refused(tmp_path: Path, options: dict[str, str]) -> None:
    """A format or a treatment of duplicates that is none is refused as the mistake that it is."""
    file = tmp_path / "p.csv"
    file.write_text("label,p\na,3\nb,1\n", encoding="utf-8")
    with pytest.raises(klcli.KlcliError):
        klcli.read(str(file), **options)  # type: ignore[arg-type] # which is what is tested


def test_compare_gives_a_result_for_every_q() -> None:
    """`compare` ranks the Qs, the nearest first."""
    found = klcli.compare({"a": 1, "b": 1}, {"a": 1, "b": 9}, {"a": 4, "b": 6})
    assert [(each.label, each.details["rank"]) for each in found] == [("Q2", 1), ("Q1", 2)]


# What is loaded when


def test_importing_klcli_loads_nothing_heavy() -> None:
    """`import klcli` is instant: neither numpy nor any other package is loaded, and no room of ours but this one."""
    assert loaded_after("import klcli", *HEAVY, "click", "klcli.numerics", "klcli.measures", "klcli.cli") == []


def test_the_command_line_pays_for_click_alone() -> None:
    """After `import klcli.cli` click is loaded, and none of the packages that only some commands need."""
    assert loaded_after("import klcli.cli", *HEAVY, "click") == ["click"]


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["kl", "--help"], ["compare", "--help"]])
def test_help_is_given_without_numpy(arguments: list[str]) -> None:
    """Help and version are shown without loading what computes."""
    assert loaded_after(f"from klcli import cli\nassert cli.main({arguments!r}) == 0", *HEAVY) == []


@pytest.mark.parametrize(
    ("arguments", "idle"),
    [
        (["--help"], ["discrete", "families", "models", "charts", "data"]),
        (["kl", "0.5,0.5", "0.4,0.6"], ["families", "models", "charts", "data"]),
        (["count", "--help"], ["discrete", "families", "models", "charts"]),
    ],
)
def test_a_command_waits_for_no_room_of_others(arguments: list[str], idle: list[str]) -> None:
    """The help of the program loads no command, and a command no other room than its own, nor what counts rows."""
    rooms = [*(f"klcli.cli.{room}" for room in idle), *([] if "data" not in idle else ["klcli.engines"])]
    assert loaded_after(f"from klcli import cli\nassert cli.main({arguments!r}) == 0", *rooms) == []


def test_computing_loads_numpy_alone() -> None:
    """A divergence of two lists needs numpy and neither a terminal nor a file format."""
    heavy = loaded_after("import klcli\nklcli.kl([1, 1], [1, 3])", *HEAVY, "click")
    assert heavy == ["numpy"]


def test_yaml_is_loaded_for_yaml_alone(tmp_path: Path) -> None:
    """Reading CSV or JSON does not load the package that YAML needs."""
    for name, text in (("p.csv", "a,3\nb,1\n"), ("p.json", '{"a": 3, "b": 1}'), ("p.yaml", "a: 3\nb: 1\n")):
        file = tmp_path / name
        file.write_text(text, encoding="utf-8")
        expected = ["yaml"] if name.endswith("yaml") else []
        assert loaded_after(f"import klcli\nklcli.read({str(file)!r})", "yaml", "rich", "scipy") == expected
