"""The command line: every command and option, every exit code, and every place where a program may be run."""

from __future__ import annotations

import functools
import json
import math
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from conftest import ROOT, SAMPLES, Done, environment, valid
from fuzz import CORPUS
from rich.cells import cell_len

from klcli import cli, rooms
from klcli.cli.discrete import SUMMED
from klcli.cli.options import measure_options
from klcli.comparison import COMPARABLE, USUAL
from klcli.measure import Measure
from klcli.measures import MEASURES
from klcli.readers import FORMATS
from klcli.render import printable

Run = Callable[..., Done]
COMMANDS = (*MEASURES, "compare")
# Every command, with sources that it takes.
EVERY = tuple(name for name in cli.klcli.commands if name != "profile")  # which prints no answer
SOURCES = {
    "entropy": ["a=1/2,b=1/4,c=1/4"],
    "continuous": ["normal(0,1)", "normal(1,2)"],
    "loss": ["0,-inf,-inf", "1,0,0"],
    "vae": [str(SAMPLES / "latents.csv")],
    "distill": ["2,1,0", "1,1,0"],
    "count": [f"{SAMPLES / 'orders_may.csv'}::city"],
    "drift": [f"{SAMPLES / 'orders_may.csv'}", f"{SAMPLES / 'orders_june.csv'}", "--columns", "city"],
}
UNDRAWN = ("check",)  # whose terms do not add up
PAIRS = [name for name, measure in MEASURES.items() if len(measure.sides) == 2]
WITH_BASE = [name for name, measure in MEASURES.items() if "base" in measure.options] + ["compare"]
WITH_ALPHA = [name for name, measure in MEASURES.items() if "alpha" in measure.options]
BINARY = ("png", "pdf")
TEXT = [form for form in rooms.names("render") if form not in BINARY]
P, Q = "a=1/2,b=1/4,c=1/4", "a=1/4,b=1/4,c=1/2"


def args(name: str, *options: str, p: str = P, q: str = Q) -> list[str]:
    """A command with the sources and the options that it must have, and further ones."""
    sources = [p] if name == "entropy" else SOURCES.get(name, [p, q])
    return [name, *sources, *(["--alpha", "2"] if name in WITH_ALPHA else []), *options]


def one_line(done: Done) -> str:
    """What was said on stderr, which is one line with the name of the program and nothing that acts."""
    assert done.err.startswith("klcli: ")
    assert done.err.endswith("\n")
    assert done.err.count("\n") == 1
    assert done.err[:-1].isprintable()
    return done.err.removeprefix("klcli: ").rstrip("\n")


def refused(done: Done, code: int = 2) -> str:
    """The one line on stderr of a command that refuses: nothing on stdout, and that exit code."""
    assert (done.code, done.out) == (code, "")
    return one_line(done)


# What was asked for


@pytest.mark.parametrize(
    ("command", "value"),
    [
        (["kl", "balls.csv::p", "balls.csv::q1"], 0.006735),
        (["kl", "balls.csv::q1", "balls.csv::p"], 0.006547),
        (["kl", "balls.csv::p", "balls.csv::q2"], 0.102684),
        (["kl", "balls.csv::p", "balls.csv::p"], 0),
        (["kl", "balls.json::box_p", "balls.json::box_q1"], 0.006735),
        (["kl", "balls.yaml::p", "balls.yaml::q2"], 0.102684),
        (["entropy", "balls.csv::p"], 1.860779),
        (["cross-entropy", "balls.csv::p", "balls.csv::q1"], 1.867514),
        (["entropy", "abcd.json", "--base", "2"], 1.75),
        (["kl", "abcd.json", "abcd3.json", "--base", "2"], 0.875),
        (["kl", "abcd.csv::example1", "abcd.csv::example3", "-b", "2"], 0.875),
    ],
    ids=lambda x: " ".join(x) if isinstance(x, list) else "",
)
def test_the_numbers_of_the_articles(
    call: Run, monkeypatch: pytest.MonkeyPatch, command: list[str], value: float
) -> None:
    """The commands give the numbers of the articles, in a table to six digits and in JSON."""
    monkeypatch.chdir(SAMPLES)
    assert call(*command, "--json").result["value"] == pytest.approx(value, abs=0.5e-6)
    shown = f"{value:.6f}" if value else "0"
    assert f"= {shown} " in call(*command, "--no-steps").out


@pytest.mark.parametrize(
    ("command", "value"),
    [
        (["entropy", "1/2,1/4,1/8,1/8"], 1.75),
        (["kl", "4096,2048,1024,1024", "1024,1024,4096,2048"], 0.875),
        (["cross-entropy", "4096,2048,1024,1024", "1024,1024,4096,2048"], 2.625),
    ],
)
def test_powers_of_two_are_exact_in_bits(call: Run, command: list[str], value: float) -> None:
    """Distributions of powers of two have exact values in base 2, with not a digit too many in JSON."""
    done = call(*command, "--base", "2", "--json")
    assert done.result["value"] == value
    assert f'"value": {value},' in done.out


def test_infinity_is_said_and_why(call: Run) -> None:
    """D(P‖Q) of distributions with nothing in common is "Infinity", and the note says why; that is no failure."""
    done = call("kl", "1,0", "0,1", "--json")
    assert (done.code, done.err) == (0, "")
    assert done.result["value"] == "Infinity"
    assert done.result["notes"] == ["infinite: 1,0 and 0,1 have no outcome in common"]


def test_infinity_names_the_outcomes_and_their_mass(call: Run) -> None:
    """Where single outcomes make it infinite, the note names them and the mass they hold."""
    done = call("kl", "a=1/2,b=1/4,c=1/4", "a=1/2,b=1/2", "--json")
    assert done.result["value"] == "Infinity"
    assert any("no probability to c" in note and "0.25" in note for note in done.result["notes"])


def test_standard_input_through_a_pipe(shell: Run) -> None:
    """The entropy of a file on standard input is that of the file, in the program klcli as in python -m klcli."""
    expected = ("H(P) = 1.750000 bits", "P = stdin    base 2 (bits)")
    for program in ("$K", str(Path(sys.executable).parent / "klcli")):
        done = shell(f"cat '{SAMPLES}/abcd.json' | {program} entropy --base 2 --no-steps")
        assert (done.code, done.err) == (0, "")
        assert all(line in done.out.splitlines() for line in expected)


# Help


def options(name: str) -> list[click.Option]:
    """The options of a command."""
    return [each for each in cli.command(name).params if isinstance(each, click.Option)]


@pytest.mark.parametrize("flag", ["--help", "-h"])
@pytest.mark.parametrize("name", EVERY)
def test_help_names_the_formula_and_every_option(call: Run, name: str, flag: str) -> None:
    """Help says what the command is, its formula, its source, and every option with a sentence."""
    done = call(name, flag)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"Usage: klcli {name} [OPTIONS] ")
    assert done.out.replace("\n", "").isprintable()
    assert not re.search(r"\\b|--\w+-$|\S Source: ", done.out, re.MULTILINE)
    words = " ".join(done.out.split())
    for option in options(name):
        assert all(opt in words for opt in (*option.opts, *option.secondary_opts))
        assert (option.help or "").endswith(".")
        assert " ".join((option.help or "").split()) in words
    if name in MEASURES:
        assert f"\n  {MEASURES[name].formula}\n" in done.out
        assert "Source: " in done.out
    assert max(map(len, done.out.splitlines())) <= 100


@pytest.mark.parametrize("name", COMMANDS)
def test_every_parameter_of_a_measure_is_an_option(name: str) -> None:
    """A command takes every parameter of its measure, the options for inputs and outputs, and no other."""
    own = set(MEASURES[name].options) if name in MEASURES else {"base", "measures", "by"}
    shared = {
        "normalize", "smooth", "duplicates", "input_format", "encoding", "delimiter", "decimal", "max_size", "format",
        "as_json", "output", "digits", "steps", "top", "explain", "fail_above", "debug", "help", "escape_formulas",
    }  # fmt: skip
    summed = {"engine"} if name in SUMMED else set()
    assert {option.name for option in options(name)} == own | shared | summed


def test_help_of_profiles_shows_its_examples(call: Run) -> None:
    """Examples in a help text stand a line each, as they are typed."""
    assert "\n    klcli profile merge june-*.json -o june.json\n    klcli drift " in call("profile", "--help").out


def test_every_command_is_said_to_be_in_its_room() -> None:
    """What the program lists without importing it is what the rooms hold, each in its own, in the same order."""
    for room, commands in cli.ROOMS.items():
        assert [each.name for each in rooms.load("cli", room).COMMANDS] == list(commands)


def test_help_lists_every_command(call: Run) -> None:
    """The help of the program names every command with what it is, in their order."""
    done = call("--help")
    assert (done.code, done.err) == (0, "")
    listed = done.out.partition("Commands:\n")[2].splitlines()
    assert [line.split()[0] for line in listed] == list(cli.klcli.commands)
    for line, measure in zip(listed, MEASURES.values(), strict=False):
        assert measure.title in line
        assert measure.formula.partition(" = ")[0] in line


def test_the_version(call: Run) -> None:
    """--version says the program and its version, and nothing else."""
    done = call("--version")
    assert done.code == 0
    assert re.fullmatch(r"klcli \d+\.\d+\.\d+\n", done.out)


def test_without_a_command_help_goes_to_stderr(call: Run) -> None:
    """Without a command the help is on stderr, nothing on stdout, and it is a usage error."""
    done = call()
    assert (done.code, done.out) == (2, "")
    assert done.err == call("--help").out


# Options


@pytest.mark.parametrize(("base", "value"), [("2", 2.0), ("e", math.e), ("10", 10.0), ("3/2", 1.5), ("1.5e1", 15.0)])
@pytest.mark.parametrize("name", WITH_BASE)
def test_base_is_the_unit(call: Run, name: str, base: str, value: float) -> None:
    """--base sets the base of the logarithms: the value is that in nats over log base, and the unit says so."""
    (nats, *_), (found, *_) = (call(*args(name, "--json", *each)).results for each in ([], ["--base", base]))
    assert found["base"] == value
    assert nats["base"] == math.e
    assert nats["unit"].endswith("nats")
    assert found["unit"].endswith({2.0: "bits", math.e: "nats", 10.0: "hartleys"}.get(value, f"log-{value:g} units"))
    power = 0.5 if name == "js-distance" else 1
    assert found["value"] == pytest.approx(nats["value"] / math.log(value) ** power, rel=1e-12)
    assert call(*args(name, "--json", "-b", base)).results[0] == found


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in WITH_BASE])
def test_base_is_refused_where_it_means_nothing(call: Run, name: str) -> None:
    """A measure without logarithms, or with a fixed base, takes no --base, and its unit is empty."""
    assert "No such option '--base'" in refused(call(*args(name, "--base", "2")))
    result = call(*args(name, "--json")).result
    assert (result["base"], result["unit"]) == (None, "")


@pytest.mark.parametrize(
    "base",
    [
        "1",
        "0",
        "-2",
        "0.5",
        "1/3",
        "inf",
        "-inf",
        "nan",
        "abc",
        "E",
        "1_0",
        "2,5",
        "1e999",
        "1e-400",
        "",
        " ",
        "２",
        "2 3",
    ],
)
def test_a_base_that_is_none_is_refused(call: Run, tmp_path: Path, base: str) -> None:
    """A base that is not a finite number above 1 is refused before anything is read or written."""
    line = refused(call("kl", "missing.csv", "-", "--base", base, "-o", "out.json"))
    assert "--base" in line
    assert base.strip() in line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("alpha", "value"), [("0", 0.0), ("1/2", 0.5), ("1", 1.0), ("2.5", 2.5), ("inf", "Infinity")]
)
def test_alpha_is_the_order(call: Run, alpha: str, value: float | str) -> None:
    """--alpha sets the order, a number from 0; for the Rényi divergence inf too."""
    result = call("renyi", P, Q, "--alpha", alpha, "--json").result
    assert result["details"]["alpha"] == value
    if value != "Infinity":
        assert call("tsallis", P, Q, "--alpha", alpha, "--json").result["details"]["alpha"] == value


@pytest.mark.parametrize("alpha", ["-1", "nan", "x", "", "1e999", "-inf"])
@pytest.mark.parametrize("name", WITH_ALPHA)
def test_an_alpha_that_is_none_is_refused(call: Run, name: str, alpha: str) -> None:
    """An order below 0, or that is no number, is refused."""
    assert "--alpha" in refused(call(name, P, Q, "--alpha", alpha))


@pytest.mark.parametrize("name", WITH_ALPHA)
def test_alpha_must_be_given(call: Run, name: str) -> None:
    """There is no order that is meant where none is given."""
    assert refused(call(name, P, Q)).startswith("Missing option '--alpha'")


def test_tsallis_has_no_infinite_order(call: Run) -> None:
    """The Tsallis relative entropy of infinite order is refused."""
    assert "finite order" in refused(call("tsallis", P, Q, "--alpha", "inf"))


@pytest.mark.parametrize("name", COMMANDS)
def test_normalize_takes_any_sum(call: Run, name: str) -> None:
    """Weights of any sum are refused with the sum and the advice, and with --normalize taken, with a note."""
    line = refused(call(*args(name, p="a=0.5,b=0.3,c=0.1", q="a=0.5,b=0.5")))
    assert "0.9" in line
    assert "--normalize" in line
    (result, *_) = call(*args(name, "--normalize", "--json", p="a=0.5,b=0.3,c=0.1", q="a=0.5,b=0.5")).results
    assert result["terms"][0]["p"] == pytest.approx(5 / 9)
    assert any("0.9" in note and "--normalize" in note for note in result["notes"])


@pytest.mark.parametrize(
    ("smooth", "value"),
    [
        ("laplace", 4 / 6 * math.log(4 / 6 / (1 / 6)) + 1 / 6 * math.log(1 / 6 / (4 / 6))),
        ("jeffreys", 3.5 / 4.5 * math.log(7) + 0.5 / 4.5 * math.log(1 / 7)),
        ("mix=0.3", 0.8 * math.log(8) + 0.1 * math.log(1 / 8)),
        ("floor=0.25", 1 / 1.5 * math.log(4) + 0.25 / 1.5 * math.log(1 / 4)),
    ],
)
def test_smooth_gives_every_outcome_mass(call: Run, smooth: str, value: float) -> None:
    """--smooth makes an infinite value finite, by its formula, and leaves a note that names the method."""
    command = ["kl", "a=3,b=0,c=0", "a=0,b=3,c=0", "--json"]
    assert call(*command).result["value"] == "Infinity"
    result = call(*command, "--smooth", smooth).result
    assert result["value"] == pytest.approx(value)
    assert any(smooth.partition("=")[0] in note for note in result["notes"])


@pytest.mark.parametrize(
    "smooth",
    ["", "none", "laplace=2", "mix", "mix=", "mix=0", "mix=1", "mix=-0.1", "mix=2", "mix=nan", "mix=x", "mix=0.0_5",
     "mix=０.5", "floor=1", "floor=inf", "Laplace", "mix=0.1,floor=0.1"],
)  # fmt: skip
def test_a_smoothing_that_is_none_is_refused(call: Run, smooth: str) -> None:
    """A smoothing that is no method, or whose amount is no number between 0 and 1, is refused with the choice."""
    line = refused(call("kl", "missing.csv", "-", "--smooth", smooth))
    for word in ("--smooth", "laplace", "jeffreys", "mix=X", "floor=X"):
        assert word in line


def test_counts_are_smoothed_by_counts_only(call: Run) -> None:
    """Probabilities have no count to add 1 to: that is refused with what would do."""
    assert "mix=X or floor=X" in refused(call("kl", "0.5,0.5", "3,1", "--smooth", "laplace"))


def test_duplicates_are_refused_or_added(call: Run, tmp_path: Path) -> None:
    """An outcome that stands twice is refused with both lines; --duplicates sum adds it up, with a note."""
    (tmp_path / "p.csv").write_text("l,w\na,0.25\nb,0.5\na,0.25\n")
    line = refused(call("entropy", "p.csv"))
    assert "line 2 and line 4" in line
    assert "--duplicates sum" in line
    result = call("entropy", "p.csv", "--duplicates", "sum", "--base", "2", "--json").result
    assert result["value"] == 1
    assert any("added" in note for note in result["notes"])
    assert "refuse" in refused(call("entropy", "p.csv", "--duplicates", "first"))


TEXTS = {
    "csv": "l,w\na,0.5\nb,0.5\n",
    "tsv": "l\tw\na\t0.5\nb\t0.5\n",
    "json": '{"a": 0.5, "b": 0.5}',
    "ndjson": '{"label": "a", "w": 0.5}\n{"label": "b", "w": 0.5}\n',
    "yaml": "a: 0.5\nb: 0.5\n",
}


@pytest.mark.parametrize("name", FORMATS)
def test_the_format_of_an_input_can_be_said(call: Run, tmp_path: Path, name: str) -> None:
    """--input-format reads every input in that format, whatever its name, standard input too."""
    (tmp_path / "data.txt").write_text(TEXTS[name])
    done = call("kl", "data.txt", "-", "--input-format", name, "--json", stdin=TEXTS[name])
    assert [term["outcome"] for term in done.result["terms"]] == ["a", "b"]
    other = "json" if name != "json" else "csv"
    refused(call("entropy", "data.txt", "--input-format", other))


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("form", rooms.names("render"))
def test_every_command_has_every_format(call: Run, name: str, form: str) -> None:
    """Every command answers in every format, named in small or capital letters, with nothing but notes on stderr."""
    done = call(*args(name, "--format", form))
    if name in UNDRAWN and form in ("bars", "png", "svg", "pdf"):
        assert "there are no bars to draw" in refused(done)
        return
    assert done.code == 0
    assert all(line.startswith("klcli: note: ") for line in done.err.splitlines())
    assert len(done.raw) > 20
    assert form in BINARY or done.out.endswith("\n")
    again = call(*args(name, "-f", form.upper()))
    assert again == done or name == "check"  # which says how long it took


@pytest.mark.parametrize("name", COMMANDS)
def test_json_is_short_for_its_format(call: Run, name: str) -> None:
    """--json is --format json; together with another format it is refused."""
    assert call(*args(name, "--json")) == call(*args(name, "--format", "json"))
    assert call(*args(name, "--json", "--format", "JSON")).results
    assert "exclude each other" in refused(call(*args(name, "--json", "--format", "csv")))


@pytest.mark.parametrize("form", rooms.names("render"))
def test_output_writes_what_would_be_printed(call: Run, tmp_path: Path, form: str) -> None:
    """-o writes to the file what a pipe would get, and prints nothing."""
    printed = call("kl", P, Q, "-f", form)
    written = call("kl", P, Q, "-f", form, "-o", "out")
    assert (written.code, written.out, written.err) == (0, "", "")
    assert (tmp_path / "out").read_bytes() == printed.raw


@pytest.mark.parametrize("name", COMMANDS)
def test_digits_steps_top_and_explain(call: Run, name: str) -> None:
    """--digits, --no-steps, --steps, --top and --explain change what is shown as they say."""
    usual = call(*args(name)).out
    value = call(*args(name, "--json")).results[0]["value"]
    assert f"{value:.3f}" in call(*args(name, "--digits", "3")).out
    assert "outcome" not in call(*args(name, "--no-steps")).out
    assert "outcome" in call(*args(name, "--steps")).out
    assert ("outcome" in usual) == (name != "compare")
    assert "(2 more)" in call(*args(name, "--top", "1", "--steps")).out
    assert "largest term" in call(*args(name, "--explain")).out
    assert "largest term" not in usual


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--digits", "0"),
        ("--digits", "18"),
        ("--digits", "-1"),
        ("--digits", "x"),
        ("--digits", "1.5"),
        ("--top", "0"),
        ("--top", "-1"),
        ("--top", "x"),
        ("--format", "xml"),
        ("--format", ""),
        ("--input-format", "xls"),
        ("--duplicates", ""),
        ("--fail-above", "nan"),
        ("--fail-above", "x"),
        ("--fail-above", ""),
    ],
)
@pytest.mark.parametrize("name", ["entropy", "compare"])
def test_a_value_that_means_nothing_is_refused(call: Run, name: str, option: str, value: str) -> None:
    """An option's value that means nothing is refused with the name of the option."""
    assert option in refused(call(*args(name, option, value)))


# compare


def test_compare_ranks_the_guesses(call: Run) -> None:
    """The columns of one file are P and the Qs, nearest first, with the usual measures for each."""
    first, second = call("compare", str(SAMPLES / "balls.csv"), "--json").results
    assert (first["label"], first["details"]["rank"]) == ("balls.csv::q1", 1)
    assert (second["label"], second["details"]["rank"]) == ("balls.csv::q2", 2)
    assert second["details"]["ratio_to_best"] == pytest.approx(0.102684 / 0.006735, rel=1e-4)
    for measure in USUAL:
        assert measure.replace("-", "_") in first["details"]


def test_compare_takes_several_files(call: Run) -> None:
    """P is the first of all distributions, wherever the others stand, and names say which is which."""
    p, q, r = (str(SAMPLES / name) for name in ("abcd.json", "abcd2.json", "abcd3.json"))
    found = call("compare", p, r, q, "--base", "2", "--json").results
    assert [(each["label"], each["value"]) for each in found] == [("abcd2.json", 0.25), ("abcd3.json", 0.875)]


@pytest.mark.parametrize("by", COMPARABLE)
def test_compare_by_every_measure(call: Run, by: str) -> None:
    """--by ranks by that measure, and --measures says which others are shown."""
    found = call("compare", str(SAMPLES / "balls.csv"), "--by", by, "--measures", "tv,js-distance", "--json").results
    assert [each["details"]["rank"] for each in found] == [1, 2]
    assert found[0]["value"] < found[1]["value"]
    name = "kl" if by == "kl-reverse" else by
    pair = ["balls.csv::q1", "balls.csv::p"] if by == "kl-reverse" else ["balls.csv::p", "balls.csv::q1"]
    alone = call(name, *(str(SAMPLES / each) for each in pair), "--json").result
    assert found[0]["value"] == alone["value"]
    assert {"tv", "js_distance"} <= set(found[0]["details"])
    assert "psi" not in found[0]["details"]


def test_compare_needs_two(call: Run) -> None:
    """One distribution alone cannot be compared."""
    assert "at least one Q" in refused(call("compare", P))


@pytest.mark.parametrize(
    ("option", "value"), [("--by", "renyi"), ("--by", ""), ("--measures", "kl,x"), ("--measures", "")]
)
def test_compare_knows_its_measures(call: Run, option: str, value: str) -> None:
    """A measure that compare cannot rank by, or does not know, is refused with those it can."""
    line = refused(call("compare", P, Q, option, value))
    assert all(name in line for name in (option, *COMPARABLE))


# The environment


def variables() -> Iterator[Any]:
    """Every option of every command with the variable that its name promises; --engine of kl has none."""
    seen = set()
    for name in COMMANDS:
        for option in options(name):
            long = max(option.opts, key=len)
            if option.allow_from_autoenv and long not in seen and long != "--help":
                seen.add(long)
                yield pytest.param(name, option, "KLCLI_" + long[2:].upper().replace("-", "_"), id=long)


@pytest.mark.parametrize(("name", "option", "variable"), [*variables()])
def test_every_option_has_its_variable(
    call: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, option: click.Option, variable: str
) -> None:
    """KLCLI_ with an option's name stands for it: what means nothing there is refused by the option's name."""
    monkeypatch.setenv(variable, "?!")
    done = call(name, P, Q) if option.name == "alpha" else call(*args(name))
    if option.name == "output":
        assert (done.code, done.out) == (0, "")
        assert (tmp_path / "?!").stat().st_size > 100
    else:
        assert done.out == ""
        assert done.code == 2
        assert max(option.opts, key=len) in done.err.splitlines()[-1]


@pytest.mark.parametrize(
    ("variable", "value", "option"),
    [
        ("KLCLI_BASE", "2", ["--base", "2"]),
        ("KLCLI_FORMAT", "json", ["--format", "json"]),
        ("KLCLI_JSON", "1", ["--json"]),
        ("KLCLI_DIGITS", "3", ["--digits", "3"]),
        ("KLCLI_STEPS", "0", ["--no-steps"]),
        ("KLCLI_STEPS", "1", ["--steps"]),
        ("KLCLI_TOP", "1", ["--top", "1"]),
        ("KLCLI_EXPLAIN", "1", ["--explain"]),
        ("KLCLI_NORMALIZE", "1", ["--normalize"]),
        ("KLCLI_SMOOTH", "mix=0.1", ["--smooth", "mix=0.1"]),
        ("KLCLI_FAIL_ABOVE", "0.01", ["--fail-above", "0.01"]),
        ("KLCLI_BASE", "", []),
        ("KLCLI_PSI", "1", []),
        ("KLCLI_P", "1", []),
    ],
)
def test_variables_stand_for_options(
    call: Run, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, option: list[str]
) -> None:
    """A variable does what its option does; an empty one, or one of another name, does nothing."""
    expected = call(*args("kl", *option))
    monkeypatch.setenv(variable, value)
    assert call(*args("kl")) == expected


@pytest.mark.parametrize("env", [{"KLCLI_FORMAT": "csv"}, {"KLCLI_JSON": "1"}], ids=str)
def test_the_ending_of_the_file_is_stronger_than_the_environment(
    call: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, env: dict[str, str]
) -> None:
    """A file is of the kind that its name says, whatever format the environment wishes for everything else."""
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert call("kl", P, Q, "-o", "chart.svg") == Done(0, b"", "")
    assert (tmp_path / "chart.svg").read_bytes().startswith(b"<?xml")
    assert call("kl", P, Q, "-o", "x.md") == Done(0, b"", "")
    assert (tmp_path / "x.md").read_text(encoding="utf-8").startswith("**Kullback")
    assert call("kl", P, Q, "-o", "x.data") == Done(0, b"", "")
    assert (tmp_path / "x.data").read_bytes() == call("kl", P, Q).raw


@pytest.mark.parametrize(
    ("option", "form", "path", "noted"),
    [
        ("-f=csv", "csv", "chart.png", True),
        ("--json", "json", "x.csv", True),
        ("-f=table", "table", "x.xlsx", True),
        ("-f=csv", "csv", "x.csv", False),
        ("-f=latex", "latex", "x.tex", False),
        ("-f=csv", "csv", "x.txt", False),
    ],
)
def test_the_command_line_is_stronger_than_the_ending_and_says_so(
    call: Run, tmp_path: Path, option: str, form: str, path: str, noted: bool
) -> None:
    """A format that is asked for is written into a file of any ending, with a note where that says another one."""
    done = call("kl", P, Q, *option.split("="), "-o", path)
    note = f"klcli: note: {path}: holds {form}, as was asked for, whatever its ending says\n"
    assert done == Done(0, b"", note if noted else "")
    assert (tmp_path / path).read_bytes() == call("kl", P, Q, "-f", form).raw


def test_the_command_line_is_stronger_than_the_environment(call: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands on the command line holds, whatever the environment says."""
    expected = call(*args("kl", "--base", "10", "--format", "csv"))
    for variable, value in {"KLCLI_BASE": "2", "KLCLI_FORMAT": "json", "KLCLI_AS_JSON": "1"}.items():
        monkeypatch.setenv(variable, value)
    assert call(*args("kl", "--base", "10", "--format", "csv")) == expected
    assert call(*args("kl", "--json")).result["base"] == 2


@pytest.mark.parametrize(
    ("variable", "value"), [("KLCLI_VERSION", "0.1.0"), ("KLCLI_HELP", "1"), ("KLCLI_VERSION", "1")]
)
def test_a_version_in_the_environment_is_no_order(
    call: Run, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    """A variable that says which version is installed, or asks for help, does not stop the work."""
    expected = call(*args("kl"))
    monkeypatch.setenv(variable, value)
    assert call(*args("kl")) == expected


# Wrong usage


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    """A folder with files that are right and files that are wrong."""
    (tmp_path / "p.csv").write_text("l,p\na,0.5\nb,0.5\n")
    (tmp_path / "two.csv").write_text("l,p,q\na,0.5,0.4\nb,0.5,0.6\n")
    (tmp_path / "bad.csv").write_text("l,p\na,0.5\nb,-0.5\n")
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "folder").mkdir()
    (tmp_path / "binary.csv").write_bytes(b"\x93NUMPY\x01\0")
    return tmp_path


USAGE = {
    "no such command": ["kll", "p.csv"],
    "no source": ["kl"],
    "one source": ["kl", "p.csv"],
    "three sources": ["kl", "p.csv", "p.csv", "p.csv"],
    "no such option": ["kl", "p.csv", "p.csv", "--bas", "2"],
    "no value": ["kl", "p.csv", "p.csv", "--base"],
    "no such file": ["kl", "p.csv", "q.csv"],
    "no such column": ["kl", "p.csv", "two.csv::r"],
    "which column": ["kl", "p.csv", "two.csv"],
    "folder": ["kl", "p.csv", "folder"],
    "device": ["kl", "p.csv", "/dev/zero"],
    "null": ["kl", "p.csv", "/dev/null"],
    "empty file": ["kl", "p.csv", "empty.csv"],
    "binary": ["kl", "p.csv", "binary.csv"],
    "negative": ["kl", "p.csv", "bad.csv"],
    "lengths": ["kl", "1/2,1/2", "1/3,1/3,1/3"],
    "empty name": ["entropy", ""],
    "empty name of two": ["kl", "p.csv", ""],
    "blank name": ["kl", "p.csv", " "],
    "standard input twice": ["kl", "-", "-"],
    "an argument that acts": ["kl", "p.csv", "a\x1b[31m\nb\r\u202e"],
    "an option that acts": ["kl", "p.csv", "p.csv", "--a\x1b[31m\nb"],
    "a value that acts": ["kl", "p.csv", "p.csv", "--base", "a\x1b[31m\nb"],
    "a method that acts": ["kl", "p.csv", "p.csv", "--smooth", "a\x1b[31m\nb"],
    "a command that acts": ["a\x1b[31m\nb"],
    "bytes that are no text": ["kl", "p.csv", "\udcff.csv"],
    "a long argument": ["kl", "p.csv", "x" * 100_000],
    "a long value": ["kl", "p.csv", "p.csv", "--base", "9" * 100_000],
    "compare one": ["compare", "p.csv"],
    "output is input": ["kl", "p.csv", "two.csv::p", "-o", "p.csv"],
    "too few for compare": ["compare"],
}  # fmt: skip


@pytest.mark.parametrize("command", USAGE.values(), ids=USAGE)
def test_wrong_usage_is_one_line(call: Run, inputs: Path, command: list[str]) -> None:
    """Wrong usage is one line on stderr, nothing on stdout, 2, and no output file is left or touched."""
    before = {path: path.read_bytes() for path in inputs.iterdir() if path.is_file()}
    if "-o" not in command and command[0] in COMMANDS:
        command = [command[0], "-o", "out.json", *command[1:]]
    line = refused(call(*command, stdin="0.5\n0.5\n"))
    assert len(line) < 1000
    assert {path: path.read_bytes() for path in inputs.iterdir() if path.is_file()} == before


@pytest.mark.parametrize("name", COMMANDS)
def test_a_wrong_input_leaves_the_old_output(call: Run, inputs: Path, name: str) -> None:
    """Where an input is wrong, the output file that is there stays as it was."""
    (inputs / "out.json").write_text("old")
    refused(call(*args(name, "--json", "-o", "out.json", p="bad.csv")))
    assert (inputs / "out.json").read_text() == "old"


@pytest.mark.parametrize(("wrong", "right"), [("kll", "kl"), ("entrpy", "entropy"), ("compar", "compare")])
def test_a_misspelt_command_is_told_what_it_may_have_meant(call: Run, wrong: str, right: str) -> None:
    """A command that does not exist is refused with the one whose name is nearest."""
    line = refused(call(wrong))
    assert re.search(rf"Did you mean .*'{right}'", line)


def test_nothing_is_read_before_the_options_are_right(call: Run, inputs: Path) -> None:
    """An option that is wrong is refused before a file is looked at."""
    assert "--digits" in refused(call("kl", "missing.csv", "bad.csv", "--digits", "0"))


# Exit codes


@pytest.mark.parametrize(
    ("limit", "shown"),
    [("0.1732", "0.1732"), ("0", "0"), ("-1", "-1"), ("1/10", "0.1"), ("0.1733", ""), ("1e300", "")],
)
def test_fail_above_is_1_with_the_answer(call: Run, limit: str, shown: str) -> None:
    """Above the limit the exit code is 1, the answer is printed all the same, and stderr says which value it was."""
    done = call("kl", P, Q, "--fail-above", limit)
    assert (done.code, done.out) == (1 if shown else 0, call("kl", P, Q).out)
    assert done.err == (f"klcli: D(P‖Q) = 0.173287 is above {shown} (--fail-above)\n" if shown else "")


def test_fail_above_counts_infinity_and_equality(call: Run) -> None:
    """Infinity is above every limit, and a value at the limit is not above it."""
    assert call("kl", "1,0", "0,1", "--fail-above", "1e308").code == 1
    assert call("tv", "1/2,1/2", "1/4,3/4", "--fail-above", "0.25").code == 0
    assert call("tv", "1/2,1/2", "1/4,3/4", "--fail-above", "0.2499").code == 1


def test_fail_above_of_several_names_each(call: Run, tmp_path: Path) -> None:
    """Of several answers every one above the limit is named, and a file is written all the same."""
    done = call("compare", str(SAMPLES / "balls.csv"), "--fail-above", "0.1", "--json", "-o", "out.json")
    assert (done.code, done.out) == (1, "")
    assert one_line(done) == "balls.csv::q2: D(P‖Q) = 0.102684 is above 0.1 (--fail-above)"
    assert len(valid((tmp_path / "out.json").read_bytes())) == 2
    assert call("compare", str(SAMPLES / "balls.csv"), "--fail-above", "0").err.count("\n") == 2


def broken(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Let the measure kl fail with that error."""

    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(MEASURES["kl"], "function", fail)


@pytest.mark.parametrize(
    "error",
    [ZeroDivisionError("division by zero"), RecursionError("deep"), AssertionError("\x1b[31m\n"), KeyError("x")],
    ids=repr,
)
def test_a_bug_is_70_and_how_to_report_it(call: Run, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """A mistake of ours is one line with what to do about it, and no traceback."""
    broken(monkeypatch, error)
    line = refused(call("kl", P, Q), 70)
    assert type(error).__name__ in line
    assert "--debug" in line
    assert cli.ISSUES in line


@pytest.mark.parametrize("command", [["--debug", "kl", P, Q], ["kl", P, Q, "--debug"], ["kl", "--debug", P, Q]])
def test_debug_shows_the_traceback(call: Run, monkeypatch: pytest.MonkeyPatch, command: list[str]) -> None:
    """With --debug, before the command or after it, the traceback stands before the line."""
    broken(monkeypatch, ZeroDivisionError("division by zero"))
    done = call(*command)
    assert (done.code, done.out) == (70, "")
    assert done.err.startswith("Traceback (most recent call last):\n")
    assert "ZeroDivisionError: division by zero\nklcli: a bug in klcli" in done.err


@pytest.mark.parametrize(("value", "shown"), [("1", True), ("true", True), ("0", False), ("no", False), ("", False)])
def test_debug_in_the_environment(call: Run, monkeypatch: pytest.MonkeyPatch, value: str, shown: bool) -> None:
    """KLCLI_DEBUG shows the traceback where it says yes, and not where it says no."""
    broken(monkeypatch, ZeroDivisionError("division by zero"))
    monkeypatch.setenv("KLCLI_DEBUG", value)
    done = call("kl", P, Q)
    assert done.code == 70
    assert ("Traceback" in done.err) == shown


def test_debug_changes_nothing_that_is_right(call: Run) -> None:
    """With --debug a right answer is the same, and a wrong input is still 2."""
    assert call("--debug", "kl", P, Q, "--debug") == call("kl", P, Q)
    done = call("kl", "missing.csv", Q, "--debug")
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines()[-1].startswith("klcli: missing.csv: no such file")


def test_too_little_memory_is_71(call: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where memory does not suffice, it is one line and 71."""
    broken(monkeypatch, MemoryError())
    assert refused(call("kl", P, Q), 71) == "not enough memory for this input"


@pytest.mark.parametrize("kilobytes", range(40_000, 320_000, 20_000))
@pytest.mark.parametrize("options", ["", "-o x.png"])
def test_any_limit_on_memory_is_71_or_enough(shell: Run, kilobytes: int, options: str) -> None:
    """However little memory a limit leaves, there is an answer, or one line of ours and 71."""
    done = shell(f"ulimit -v {kilobytes}; $K kl a=1/2,b=1/2 a=1/4,b=3/4 {options}")
    if done.code:
        assert refused(done, 71).startswith("not enough memory ")
    else:
        assert done.err == ""


def test_too_few_open_files_is_71(shell: Run) -> None:
    """Where too few files may be open, that is what is said, and not that something could not be written."""
    done = shell("ulimit -n 5; $K kl a=1/2,b=1/2 a=1/4,b=3/4 -o x.png")
    assert refused(done, 71) == "not enough open files are allowed: raise the limit, as with ulimit -n 64"


def test_an_interruption_is_130(call: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """An interruption in the middle of the arithmetic is 130, without a word."""
    broken(monkeypatch, KeyboardInterrupt())
    done = call("kl", P, Q)
    assert (done.code, done.out) == (130, "")
    assert done.err.strip() == ""


def test_a_pipe_that_breaks_is_141(call: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe that nobody reads any more is 141, without a word."""
    broken(monkeypatch, BrokenPipeError(32, "Broken pipe"))
    assert call("kl", P, Q) == Done(141, b"", "")


# Where the output goes


FULL = [
    f"$K kl {P} {Q}",
    f"$K kl {P} {Q} --json",
    f"$K kl {P} {Q} -f html",
    f"$K compare {P} {Q} -f csv",
    "$K --help",
    "$K kl --help",
    "$K --version",
    "_KLCLI_COMPLETE=bash_source $K",
]


@pytest.mark.parametrize("unbuffered", [None, "1"], ids=["", "unbuffered"])
@pytest.mark.parametrize("line", FULL)
def test_a_full_disk_is_74(shell: Run, line: str, unbuffered: str | None) -> None:
    """Where the disk is full, it is one line and 74, whatever was to be written, buffered or not."""
    done = shell(f"{line} > /dev/full", PYTHONUNBUFFERED=unbuffered)
    assert done.code == 74
    assert "no space left on device" in one_line(done).lower()


@pytest.mark.parametrize("unbuffered", [None, "1"], ids=["", "unbuffered"])
@pytest.mark.parametrize("line", [FULL[1], "$K kl --help"])
def test_a_disk_that_fills_up_is_74(shell: Run, tmp_path: Path, line: str, unbuffered: str | None) -> None:
    """Where only the first part fits, the short write is seen, buffered or not, for help as for an answer."""
    big = ",".join(["1"] * 99)
    done = shell(
        f"ulimit -f 1; trap '' XFSZ; {line.replace(P, big).replace(Q, big)} > out", PYTHONUNBUFFERED=unbuffered
    )
    assert (tmp_path / "out").stat().st_size <= 1024
    assert done.code == 74
    assert "file too large" in one_line(done).lower()


@pytest.mark.parametrize("line", FULL[:7])
def test_a_closed_standard_output_is_74(shell: Run, line: str) -> None:
    """Where standard output is closed, nothing can be said on it, and that is 74."""
    done = shell(f"{line} >&-")
    assert done.code == 74
    one_line(done)


def test_a_closed_standard_output_does_not_matter_to_a_file(shell: Run, tmp_path: Path) -> None:
    """With -o a closed standard output is no error, and neither is a closed stderr."""
    assert shell(f"$K kl {P} {Q} --json -o out.json >&- 2>&-").code == 0
    assert len(valid((tmp_path / "out.json").read_bytes())) == 1


@pytest.mark.parametrize("to", ["2>&-", "2>/dev/full"])
@pytest.mark.parametrize(
    ("line", "code"), [("$K kl missing.csv x", 2), ("$K kl", 2), ("$K", 2), (f"$K kl {P} {Q} -o /proc/x", 74)]
)
def test_an_error_that_cannot_be_said_has_its_code(shell: Run, line: str, code: int, to: str) -> None:
    """Where stderr is closed or full, the exit code is the same."""
    assert shell(f"{line} {to}") == Done(code, b"", "")


BIG = "; ".join([
    "seq 1 20000 | sed 's/.*/o&,&/; 1i l,p' > p.csv",
    "seq 1 20000 | sed 's/.*/o&,1/; 1i l,q' > q.csv",
])  # fmt: skip


@pytest.mark.parametrize("form", ["csv", "json", "ndjson", "html --top 20000"])
def test_a_closed_pipe_is_silent(shell: Run, form: str) -> None:
    """`| head` gets its part, stderr stays empty, and the exit code is 0 or 141."""
    done = shell(f"{BIG}; $K kl p.csv q.csv -f {form} | head -c 9 | wc -c; echo ${{PIPESTATUS[0]}}")
    assert done.err == ""
    assert done.out.split() in (["9", "0"], ["9", "141"])


@pytest.mark.parametrize("line", ["$K --help", f"$K kl {P} {Q}", "$K --version"])
def test_a_pipe_that_was_never_read_is_silent(shell: Run, line: str) -> None:
    """A pipe whose reader has gone before the first byte is silent too."""
    done = shell(f"{{ sleep 0.4; {line}; echo $? >&2; }} 2> said | true; cat said")
    assert done.out.splitlines()[-1] in ("0", "141")
    assert len(done.out.splitlines()) == 1


def test_a_slow_reader_gets_every_line(shell: Run) -> None:
    """A reader that begins late gets all lines."""
    done = shell(f"{BIG}; $K kl p.csv q.csv -f csv | (sleep 0.5; wc -l); echo ${{PIPESTATUS[0]}}")
    assert done.out.split() == ["20001", "0"]


# Signals


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    """A FIFO, of which nothing comes as long as nobody writes."""
    path = tmp_path / "fifo"
    os.mkfifo(path)
    return path


def ended(process: subprocess.Popen[bytes], number: signal.Signals) -> str:
    """What a process said that was to end by the signal, and did so soon."""
    begun = time.monotonic()
    _, said = process.communicate(timeout=10)
    assert time.monotonic() - begun < 5
    assert process.returncode in (128 + number, -number)
    return said.decode()


def heed_interrupts() -> None:
    """Give SIGINT its meaning, which a shell takes from what it runs in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_reading_ends_it(fifo: Path, number: signal.Signals) -> None:
    """Ctrl-C and termination while a FIFO is read end the command at once, and it says nothing."""
    with (
        subprocess.Popen(
            [sys.executable, "-m", "klcli", "entropy", fifo.name],
            cwd=fifo.parent,
            env=environment(),
            preexec_fn=heed_interrupts,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process,
        fifo.open("wb"),
    ):  # opens only when the command has opened it for reading
        time.sleep(0.3)  # until it waits in the system: a signal on the way there is seen only after the next byte
        process.send_signal(number)
        assert ended(process, number) == ""


@pytest.mark.parametrize("milliseconds", [20, 60, 120, 200, 300])
def test_ctrl_c_at_any_moment(fifo: Path, milliseconds: int) -> None:
    """Whenever Ctrl-C comes, no traceback leads through our modules or those of others.

    In its first moments Python itself is not ready for it, and nothing of ours is there yet.
    """
    with subprocess.Popen(
        [sys.executable, "-m", "klcli", "kl", fifo.name, "1/2,1/2"],
        cwd=fifo.parent,
        env=environment(),
        preexec_fn=heed_interrupts,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        time.sleep(milliseconds / 1000)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=10)
    assert process.returncode in (130, -signal.SIGINT) or b"Fatal Python error" in said or b"runpy" in said
    assert b"site-packages/" not in said or b"Fatal Python error" in said
    assert b"klcli/cli" not in said


IMPORTING = """
import os, signal, sys
wanted = sys.argv[1]
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == wanted:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Finder())
from klcli.__main__ import main
sys.argv[1:] = ["kl", "p.yaml", "1/2,1/2"]
main()
"""


@pytest.mark.parametrize(
    "module", ["click", "klcli.cli", "klcli.measures", "numpy", "numpy.linalg", "yaml", "rich", "rich.table"]
)
def test_ctrl_c_in_the_middle_of_an_import(tmp_path: Path, module: str) -> None:
    """Ctrl-C in the middle of importing anything that we import ends the command without a traceback."""
    (tmp_path / "p.yaml").write_text("[0.5, 0.5]")
    with subprocess.Popen(
        [sys.executable, "-c", IMPORTING, module],
        cwd=tmp_path,
        env=environment(),
        preexec_fn=heed_interrupts,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert ended(process, signal.SIGINT) == ""


def test_until_it_can_answer_nothing_is_imported() -> None:
    """`import klcli` costs next to nothing, so that Ctrl-C is dealt with before anything that takes time."""
    code = "import sys; before = set(sys.modules); import klcli; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], env=environment(PYTHONPATH=str(ROOT)), capture_output=True, text=True
    )
    loaded = set(done.stdout.split())
    assert "klcli" in loaded
    assert not loaded & {"typing", "re", "enum", "collections", "functools", "contextlib", "dataclasses"}


# Completion


@pytest.mark.parametrize("kind", ["bash", "zsh", "fish"])
def test_completion_is_a_script(shell: Run, kind: str) -> None:
    """The script that a shell evaluates is printed for every shell, with nothing on stderr."""
    done = shell(f"_KLCLI_COMPLETE={kind}_source $K")
    assert (done.code, done.err) == (0, "")
    assert f"_KLCLI_COMPLETE={kind}_complete" in done.out


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("klcli ent", {"plain,entropy"}),
        ("klcli js", {"plain,js", "plain,js-distance"}),
        ("klcli kl p.csv q.csv --dig", {"plain,--digits"}),
        ("klcli kl p.csv q.csv --format js", {"plain,json"}),
        ("klcli kl ba", {"file,ba"}),
    ],
)
def test_words_are_completed(run: Run, words: str, expected: set[str]) -> None:
    """Commands, options and choices are completed by their names, and sources as files."""
    last = str(words.count(" "))
    done = run(env={"_KLCLI_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": last})
    assert (done.code, done.err) == (0, "")
    assert set(done.out.split()) == expected


@pytest.mark.parametrize(
    "env",
    [
        {"_KLCLI_COMPLETE": "bash_complete"},
        {"_KLCLI_COMPLETE": "bash_complete", "COMP_WORDS": "klcli k", "COMP_CWORD": "x"},
        {"_KLCLI_COMPLETE": "bash_other"},
        {"_KLCLI_COMPLETE": "other"},
    ],
    ids=str,
)
def test_what_no_shell_asks_for_is_refused(run: Run, env: dict[str, str | None]) -> None:
    """A variable of completion that is set by no shell is wrong usage, with what can be asked for."""
    said = "_KLCLI_COMPLETE is set, but not as a shell asks: bash_source, zsh_source or fish_source says how"
    assert refused(run(env=env)) == said


# Standard input


@pytest.mark.parametrize("sources", [[], ["-"], ["/dev/stdin"]], ids=["default", "dash", "device"])
def test_entropy_reads_standard_input(call: Run, sources: list[str]) -> None:
    """Entropy without a source, and with -, reads standard input, and says so."""
    result = call("entropy", *sources, "--base", "2", "--json", stdin="a,1\nb,1\n").result
    assert (result["value"], result["inputs"]) == (1, {"p": "stdin"})


@pytest.mark.parametrize("sources", [["-", "1/2,1/2"], ["1/2,1/2", "-"]])
def test_either_side_may_be_standard_input(call: Run, sources: list[str]) -> None:
    """P or Q may be standard input."""
    result = call("kl", *sources, "--json", stdin="0.25\n0.75\n").result
    assert "stdin" in result["inputs"].values()


def test_columns_of_standard_input(call: Run) -> None:
    """-::NAME is a column of standard input, and both sides may be columns of it."""
    data = (SAMPLES / "balls.csv").read_bytes()
    result = call("kl", "-::p", "-::q1", "--json", stdin=data).result
    assert result["value"] == pytest.approx(0.006735, abs=0.5e-6)
    assert result["inputs"] == {"p": "stdin::p", "q": "stdin::q1"}


@pytest.mark.parametrize("form", ["json", "csv"])
def test_commands_pipe_into_each_other(shell: Run, form: str) -> None:
    """What one command writes, the next one reads by the name of a side, to the last bit."""
    first = shell(f"$K kl {P} {Q} --json").result["value"]
    done = shell(f"$K kl {P} {Q} -f {form} | $K kl -::p -::q --json")
    assert done.result["value"] == first
    assert [term["outcome"] for term in done.result["terms"]] == ["a", "b", "c"]


@pytest.mark.parametrize(
    "line", ["$K entropy <&-", "$K entropy - <&-", "$K entropy < /dev/null", "$K kl - 1/2,1/2 </dev/null"]
)
def test_no_standard_input_is_refused(shell: Run, line: str) -> None:
    """A closed or empty standard input is refused."""
    assert refused(shell(line)).startswith("stdin: ")


def test_on_a_terminal_entropy_says_what_to_give(terminal: Run) -> None:
    """On a terminal, where nothing would come, entropy without a source does not wait but says what to give."""
    done = terminal("entropy", "--base", "2")
    assert done.code == 2
    assert done.out.startswith("klcli: nothing to read: name a file or numbers")
    assert done.out.count("\n") == 1


def test_input_without_end_is_bounded(shell: Run) -> None:
    """More bytes than KLCLI_MAX_BYTES are refused, so that input without end does not fill the memory."""
    many = "seq 1 20000 | sed 's/.*/a&,1/'"
    assert shell(f"{many} | $K entropy -", KLCLI_MAX_BYTES="1000000").code == 0
    assert refused(shell(f"{many} | $K entropy -", KLCLI_MAX_BYTES="10000")).startswith("stdin: ")


def test_fifos_are_read(shell: Run) -> None:
    """A FIFO, and bash's <(...), is read to its end like a file."""
    done = shell("mkfifo f; (printf '1\\n1\\n' > f &); $K kl f <(printf '1\\n3\\n') --base 2 --json")
    assert (done.code, done.err) == (0, "")
    assert done.result["value"] == pytest.approx(0.5 * math.log2(4 / 3))


def test_a_part_is_not_taken_for_the_whole(shell: Run) -> None:
    """The JSON of --top lacks terms, so it is refused as an input, also with --normalize."""
    refused(shell(f"$K kl {P} {Q} --top 2 --json | $K entropy -::p --normalize"))


# On a terminal


ON_ITS_OWN = """
import fcntl, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from klcli.__main__ import main
main()
"""  # a session whose terminal is standard input


def plain(text: str) -> str:
    """The text without its colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def test_a_terminal_gets_rules_bars_and_colours(terminal: Run, balls: tuple[str, str, str]) -> None:
    """On a terminal the table has rules, bars and colours."""
    done = terminal("kl", *balls[:2])
    assert done.code == 0
    for sign in ("\x1b[1m", "\x1b[33m", "───", "██████", "▐███"):
        assert sign in done.out


@pytest.mark.parametrize(
    "env",
    [{"NO_COLOR": "1"}, {"TERM": "dumb"}, {"NO_COLOR": "1", "FORCE_COLOR": "1"}, {"NO_COLOR": "1", "TERM": "xterm"}],
    ids=str,
)
def test_colour_is_left_out_where_it_is_not_wanted(
    terminal: Run, balls: tuple[str, str, str], env: dict[str, str]
) -> None:
    """With NO_COLOR, whatever else is said, and on a dumb terminal, there is no escape sequence at all."""
    done = terminal("kl", *balls[:2], **env)
    assert done.code == 0
    assert "\x1b" not in done.out
    assert "───" in done.out


def test_an_empty_no_color_means_nothing(terminal: Run, balls: tuple[str, str, str]) -> None:
    """NO_COLOR counts where it is not empty."""
    assert "\x1b[1m" in terminal("kl", *balls[:2], NO_COLOR="").out


@pytest.mark.parametrize(("value", "coloured"), [("1", True), ("3", True), ("0", False), ("", False)])
def test_colour_can_be_forced_into_a_pipe(
    call: Run, monkeypatch: pytest.MonkeyPatch, value: str, coloured: bool
) -> None:
    """FORCE_COLOR colours a table in a pipe, where it is not 0, and changes nothing else."""
    usual = call("kl", P, Q).out
    monkeypatch.setenv("FORCE_COLOR", value)
    forced = call("kl", P, Q).out
    assert ("\x1b[1m" in forced) == coloured
    assert [line.rstrip() for line in plain(forced).splitlines()] == usual.splitlines()
    assert call("kl", P, Q, "--json").out.count("\x1b") == 0


def test_a_file_has_no_colours(call: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A file gets plain text, also where the command is run on a terminal and colours are forced."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    call("kl", P, Q, "-o", "out.txt", terminal=True)
    text = (tmp_path / "out.txt").read_text(encoding="utf-8")
    assert "\x1b" not in text
    assert "───" not in text


@pytest.mark.parametrize(
    ("columns", "width"),
    [
        ("20", 20),
        ("120", 120),
        ("500", None),
        ("0", 100),
        ("abc", 100),
        ("", 100),
        ("-5", 100),
        ("1e3", 100),
        ("²", 100),
        ("9" * 30, None),
        ("9" * 5000, None),
    ],
    ids=lambda x: str(x)[:10],
)
def test_columns_set_the_width(terminal: Run, balls: tuple[str, str, str], columns: str, width: int | None) -> None:
    """COLUMNS sets the width where it is a number above 0, or else the terminal's own counts; no number is cut."""
    done = terminal("kl", *balls[:2], "--explain", COLUMNS=columns)
    assert done.code == 0
    for number in ("1.071429", "-0.074108", "0.033472", "0.006735"):
        assert number in done.out
    prose = max(map(len, plain(done.out).split("\n\n")[-1].splitlines()))
    assert width is None or width * 0.6 < prose <= width
    assert ("██████" in done.out) == (width != 20)


@pytest.mark.parametrize("columns", [0, 1, 20, 60, 80, 300])
def test_terminals_of_every_width(terminal: Run, balls: tuple[str, str, str], columns: int) -> None:
    """A terminal of any width, and one that does not say its width, gets every number whole."""
    done = terminal("kl", *balls[:2], columns=columns)
    assert done.code == 0
    for number in ("1.071429", "-0.074108", "0.033472", "0.006735"):
        assert number in done.out


@pytest.mark.parametrize("form", BINARY)
def test_a_terminal_gets_no_binary(call: Run, form: str) -> None:
    """A picture that is no text is refused on a terminal, with what to give instead."""
    expected = f"{form} is no text for a terminal: name a file, as in --output chart.{form}"
    assert refused(call("kl", P, Q, "-f", form, terminal=True)) == expected


ACTIVE = {"a\x1b[31mX\x07": 0.5, "\x9b2J": 0.5}


@pytest.mark.parametrize("form", ["table", "csv", "tsv", "json"])
@pytest.mark.parametrize("name", ["/dev/tty", "/dev/stderr", "/dev/fd/2", "{own}"])
def test_a_terminal_is_one_by_every_name(form: str, name: str, tmp_path: Path) -> None:
    """A terminal that --output names gets what it would as standard output: nothing that acts, and no picture."""
    (tmp_path / "p.json").write_text(json.dumps(ACTIVE))
    ours, theirs = pty.openpty()
    path = name.format(own=os.ttyname(theirs))
    done = []
    for chosen in (form, "png"):
        with subprocess.Popen(
            [sys.executable, "-c", ON_ITS_OWN, "entropy", "p.json", "-f", chosen, "-o", path],
            cwd=tmp_path,
            env=environment(NO_COLOR="1"),
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=theirs,
            start_new_session=True,
        ) as process:
            out, _ = process.communicate(timeout=60)
            done.append((process.returncode, out))
    text = os.read(ours, 65536).decode()
    os.close(ours)
    os.close(theirs)
    assert done == [(0, b""), (2, b"")]
    assert {sign for sign in text if not sign.isprintable()} <= {"\n", "\r", "\t"}
    assert "1b[31mX" in text
    assert "klcli: png is no text for a terminal: name a file, as in --output chart.png" in text


@pytest.mark.parametrize("form", [form for form in TEXT if form != "table"])
def test_other_formats_are_the_same_on_a_terminal(call: Run, form: str) -> None:
    """What programs read is the same on a terminal as in a pipe."""
    assert call("kl", P, Q, "-f", form, terminal=True) == call("kl", P, Q, "-f", form)


@pytest.mark.parametrize("form", TEXT)
def test_no_label_acts_on_a_terminal(call: Run, tmp_path: Path, form: str) -> None:
    """On a terminal no label can send a control sequence, in whatever format."""
    (tmp_path / "p.json").write_text(json.dumps({"a\x1b]0;x\x07\x9b31m": 0.5, "\u202eb\x1b[2J": 0.5}))
    done = call("kl", "p.json", "p.json", "-f", form, "--explain", terminal=True)
    assert done.code == 0
    assert {sign for sign in plain(done.out) if not sign.isprintable()} <= {"\n", "\t"}


# Locales and encodings


LOCALES = [
    {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    {"PYTHONIOENCODING": "ascii"},
    {"PYTHONIOENCODING": "gbk"},
    {"PYTHONIOENCODING": "latin-1"},
    {"PYTHONIOENCODING": "ascii:strict"},
    {"PYTHONIOENCODING": "utf-16"},
]


@pytest.mark.parametrize("env", LOCALES, ids=str)
def test_no_locale_makes_it_crash(shell: Run, env: dict[str, str]) -> None:
    """In any locale the table, help and an error message come through, with escapes for what cannot be written."""
    p, q = (f"'{SAMPLES}/balls.csv::{column}'" for column in ("p", "q1"))
    done = shell(
        f"$K kl {p} {q} --explain && $K renyi {p} {q} --alpha 2 --explain && $K --help && $K chi2 --help", **env
    )
    assert (done.code, done.err) == (0, "")
    assert len(done.raw) > 3000
    done = shell("$K kl 红.csv x", **env)
    assert done.code == 2
    assert "Traceback" not in done.err


@pytest.mark.parametrize(("encoding", "start"), [("ascii", "\\u7ea2"), ("latin-1", "\\u7ea2"), ("gbk", "红")])
def test_a_table_in_an_encoding_that_lacks_signs_is_ascii(
    call: Run, balls: tuple[str, str, str], encoding: str, start: str
) -> None:
    """Where the encoding lacks a sign of the table, signs are spelt, labels kept if it has them, and all aligned."""
    done = call("kl", *balls[:2], encoding=encoding)
    assert (done.code, done.err) == (0, "")
    text = done.raw.decode(encoding)
    assert "D(P||Q) = sum p*log(p/q)" in text
    assert "?" not in text
    assert "0.006735" in text
    rows = text.splitlines()[4:11]
    assert rows[0].startswith(start)
    assert len({cell_len(line[: line.index(".")]) for line in rows}) == 1


@pytest.mark.parametrize("encoding", ["idna", "punycode", "undefined"])
def test_an_encoding_that_is_none_of_text_is_not_used(run: Run, encoding: str) -> None:
    """Where Python was given an encoding that does not write sign by sign, answers, help and errors are in UTF-8."""
    env: dict[str, str | None] = {"PYTHONIOENCODING": encoding}
    for command in (["kl", P, Q], ["--help"], ["--version"]):
        assert run(*command, env=env) == run(*command)
    for wrong in (["kl", "missing.csv", Q], []):
        done = run(*wrong, env=env)
        assert (done.code, done.raw) == (2, b"")
        assert "missing.csv: no such file" in done.err or "Usage: klcli" in done.err


UNREADING = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


def test_labels_on_the_command_line_are_text_in_every_locale(shell: Run, tmp_path: Path) -> None:
    """In a locale that cannot read them, labels and names of columns are those of files, and files are found."""
    (tmp_path / "列.csv").write_text("label,红,黄\n红,0.5,0.4\nb,0.5,0.6\n", encoding="utf-8")
    done = shell("$K js 红=0.5,b=0.5 列.csv::红 --json", **UNREADING)
    assert (done.code, done.err) == (0, "")
    assert done.result["value"] == 0
    assert [term["outcome"] for term in done.result["terms"]] == ["红", "b"]
    assert shell("$K kl 列.csv::红 列.csv::黄 --json -o 出.json", **UNREADING) == Done(0, b"", "")
    assert valid((tmp_path / "出.json").read_bytes())[0]["value"] == pytest.approx(0.020411, abs=1e-6)


@pytest.mark.parametrize("env", [UNREADING, {}], ids=["C", "UTF-8"])
@pytest.mark.parametrize("source", ["$'\\xff=1,b=1'", "p.csv::$'\\xff'"])
def test_a_label_that_is_no_text_is_refused(shell: Run, tmp_path: Path, env: dict[str, str], source: str) -> None:
    """Bytes on the command line that are no UTF-8 make no label and no name of a column: what to do is said."""
    (tmp_path / "p.csv").write_text("a,0.5\nb,0.5\n")
    said = refused(shell(f"$K kl {source} p.csv", **env))
    assert "is not UTF-8: run klcli in a locale of UTF-8, or read it from a file" in said


@pytest.mark.parametrize(("form", "spelt"), [("latex", r"\symbol{32418} & 0.15"), ("markdown", "| &#32418; | 0.15")])
def test_what_is_typeset_has_signs_by_their_numbers(
    call: Run, balls: tuple[str, str, str], form: str, spelt: str
) -> None:
    """Where the output cannot carry a sign, LaTeX and Markdown write it by its number, which sets the same sign."""
    text = call("kl", *balls[:2], "-f", form, encoding="ascii").out
    assert text.isascii()
    assert spelt in text
    assert "u7ea2" not in text
    assert ("% needs XeLaTeX or LuaLaTeX for \\symbol" in text) == (form == "latex")
    assert "symbol" not in call("kl", *balls[:2], "-f", form).out
    assert r"R\'enyi" in call("renyi", P, Q, "--alpha", "2", "-f", "latex", encoding="ascii").out


@pytest.mark.parametrize("form", ["json", "ndjson", "csv", "tsv", "html"])
def test_machines_get_utf_8_whatever_the_locale(call: Run, balls: tuple[str, str, str], form: str) -> None:
    """Formats with an encoding of their own are UTF-8 in every locale."""
    assert call("kl", *balls[:2], "-f", form, encoding="ascii") == call("kl", *balls[:2], "-f", form)


def test_a_file_is_utf_8_whatever_the_locale(run: Run, tmp_path: Path, balls: tuple[str, str, str]) -> None:
    """What -o writes is UTF-8 in every locale."""
    assert run("kl", *balls[:2], "-o", "out.txt", env={"PYTHONIOENCODING": "ascii"}).code == 0
    assert (tmp_path / "out.txt").read_text(encoding="utf-8") == run("kl", *balls[:2]).out


# Wherever it is run


def test_no_resource_is_left_open(run: Run, tmp_path: Path) -> None:
    """Python's development mode finds nothing to warn of, for files of every kind, an output file and an error."""
    for name, text in TEXTS.items():
        (tmp_path / f"p.{name}").write_text(text)
        done = run(
            "kl", f"p.{name}", "-", "-o", "out.json", "--json", stdin="a,1\nb,1", python=("-X", "dev", "-W", "error")
        )
        assert (done.code, done.err) == (0, "")
    done = run("kl", "p.csv", "missing.csv", python=("-X", "dev", "-W", "error"))
    assert refused(done).startswith("missing.csv: no such file")


def test_a_working_directory_that_is_gone(shell: Run) -> None:
    """In a folder that was removed the command works all the same."""
    done = shell(f"mkdir d; cd d; rmdir ../d; $K kl {P} {Q} --json")
    assert (done.code, done.err) == (0, "")
    assert done.result["value"] > 0
    done = shell(f"mkdir d; cd d; rmdir ../d; $K kl missing.csv {Q}")
    assert refused(done).startswith("missing.csv: no such file")


def test_nothing_is_written_elsewhere(tmp_path: Path, shell: Run) -> None:
    """Without a home the command works, and it leaves no file in its home or in the folder where it is run."""
    home = tmp_path / "home"
    home.mkdir()
    assert shell(f"$K kl {P} {Q}", HOME="/nonexistent", XDG_CACHE_HOME=None).code == 0
    assert shell(f"$K kl {P} {Q}", HOME=str(home), XDG_CACHE_HOME=None).code == 0
    assert [path for path in tmp_path.rglob("*") if path != home] == []


ONE = {"PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., bytes]:
    """The JSON of a large divergence, computed in a process with that environment."""
    folder = tmp_path_factory.mktemp("outputs")
    for name, step in (("p", 7), ("q", 11)):
        rows = "".join(f"o{index * step % 30011},{1 + index * step % 97}\n" for index in range(30_000))
        (folder / f"{name}.csv").write_text(f"l,w\n{rows}")

    @functools.cache
    def outputs(**env: str) -> bytes:
        command = [sys.executable, "-m", "klcli", "kl", "p.csv", "q.csv", "--smooth", "laplace", "--json"]
        return subprocess.run(command, cwd=folder, env=environment(**env), capture_output=True, check=True).stdout

    return outputs


@pytest.mark.parametrize(
    "env",
    [
        {"PYTHONHASHSEED": "1"},
        {"PYTHONHASHSEED": "4711"},
        {"OMP_NUM_THREADS": "8", "OPENBLAS_NUM_THREADS": "8", "MKL_NUM_THREADS": "8"},
        {"PYTHONUNBUFFERED": "1"},
        {"PYTHONOPTIMIZE": "2"},
        {"LC_ALL": "C"},
    ],
    ids=str,
)
def test_the_same_input_gives_the_same_bytes(outputs: Callable[..., bytes], env: dict[str, str]) -> None:
    """The output does not depend on the seed of hashes, the number of threads or other settings of the machine."""
    expected = outputs(**ONE)
    assert len(expected) > 1_000_000
    assert outputs(**{**ONE, **env}) == expected


NO_NETWORK = """
import socket, sys
def refuse(*args, **kwargs):
    raise AssertionError("the network was used")
socket.socket = socket.create_connection = socket.getaddrinfo = refuse
sys.addaudithook(lambda event, args: refuse() if event.startswith("socket.") else None)
from klcli.__main__ import main
main()
"""


def test_the_network_is_not_used(tmp_path: Path) -> None:
    """No command opens a socket or looks up a name."""
    for command in (
        ["kl", P, Q],
        ["compare", str(SAMPLES / "balls.yaml"), "-f", "html"],
        ["entropy", f"{CORPUS / 'parquet' / 'table'}::p"],
        ["--help"],
    ):
        done = subprocess.run(
            [sys.executable, "-c", NO_NETWORK, *command], cwd=tmp_path, env=environment(), capture_output=True
        )
        assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is optional: the test above needs nothing")
@pytest.mark.parametrize("sources", [f"{P} {Q}", f"{CORPUS}/parquet/table::p {CORPUS}/parquet/table::q"])
def test_the_system_is_not_asked_for_the_network(shell: Run, tmp_path: Path, sources: str) -> None:
    """No system call of the command, nor of what it starts, is for the network; not even where DuckDB reads."""
    done = shell(f"strace -f -qq -e trace=network -e signal=none -o calls $K kl {sources}")
    assert done.code == 0
    assert (tmp_path / "calls").read_text() == ""


@pytest.mark.parametrize(
    "name", ["-p.csv", "a b.csv", "红.csv", "a::b.csv", "x=1,2.csv", "ok\udcff.csv", "'q'.csv", "0.5,0.5"]
)
def test_files_of_every_name(run: Run, tmp_path: Path, name: str) -> None:
    """A file of any name is read, and its name is shown, with an escape for a byte that is no text."""
    (tmp_path / name).write_text("a,0.5\nb,0.5\n")
    done = run("kl", "--json", "--", name, "a=1,b=1")
    assert (done.code, done.err) == (0, "")
    assert done.result["value"] == 0
    table = run("kl", "--", name, "a=1,b=1")
    assert (table.code, table.err) == (0, "")
    assert f"P = {printable(name)}    Q = a=1,b=1" in table.out


@pytest.mark.parametrize("program", ["klcli", "python -m klcli"])
def test_the_program_and_the_module_are_one(shell: Run, program: str) -> None:
    """The program klcli and python -m klcli print the same, help included."""
    folder = Path(sys.executable).parent
    for line in (f"kl {P} {Q}", "kl --help", "--version"):
        assert shell(f"{folder}/{program} {line}") == shell(f"$K {line}")


@pytest.mark.parametrize("named", ["csv", "tsv"])
def test_what_a_format_cannot_carry_is_said_aside(call: Run, named: str) -> None:
    """CSV and TSV have no place for notes, so these go to stderr."""
    done = call("kl", "8,2,0", "5,0,5", "--smooth", "laplace", "--format", named)
    assert done.err.splitlines() == [
        "klcli: note: 8,2,0: counts, divided by their total of 10",
        "klcli: note: 5,0,5: counts, divided by their total of 10",
        "klcli: note: smoothed (laplace): 1 added to each of 3 counts on every side",
    ]
    assert "note" not in done.out


def test_any_parameter_of_a_measure_becomes_an_option() -> None:
    """A parameter of an unknown name is a number, required where it has no default."""

    def odd(p: object, q: object, *, power: float, base: float = 2, least: float = 0) -> None: ...

    made = Measure(odd, title="", formula="", headings={}, step="", meaning="")  # type: ignore[arg-type]
    power, base, least = measure_options(made)
    command = click.Command("odd", params=[power, base, least], callback=lambda **given: given)
    run = functools.partial(command.main, standalone_mode=False)
    assert run(["--power", "1/4"]) == {"power": 0.25, "base": 2.0, "least": 0.0}
    with pytest.raises(click.MissingParameter):
        run([])


def test_debug_shows_text_inert(call: Run) -> None:
    """The traceback repeats the message, and what a file holds acts in neither."""
    Path("p.csv").write_text("label,a\033[2Jb\nx,0.5\ny,zz\n")
    done = call("entropy", "p.csv", "--debug")
    assert done.err.startswith("Traceback")
    assert done.err.count(r"column a\x1b[2Jb: 'zz'") == 2
    assert "\033" not in done.err


@pytest.mark.parametrize("form", ["csv", "tsv"])
@pytest.mark.parametrize(
    ("steps", "top", "is_told"), [((), "2", True), ((), "3", False), (("--no-steps",), "2", False)]
)
def test_what_top_leaves_out_of_csv_is_told(
    call: Run, form: str, steps: tuple[str, ...], top: str, is_told: bool
) -> None:
    """A table of numbers has no place to say that there are more."""
    done = call("kl", P, Q, "-f", form, "--top", top, *steps)
    assert (f"klcli: note: not all outcomes: {top} of 3 (--top)\n" in done.err) == is_told


def test_what_explain_says_is_on_stderr_beside_csv(call: Run) -> None:
    """It has no place in a table of numbers either."""
    done, table = (call("kl", P, Q, "-f", form, "--explain") for form in ("csv", "table"))
    assert "klcli: note: The largest term is a" in done.err
    assert "The largest term is a" in table.out.replace("\n", " ")


@pytest.mark.parametrize(
    ("name", "value"),
    [("KLCLI_FORMAT", "xyz"), ("KLCLI_JSON", "maybe"), ("KLCLI_BASE", "abc"), ("KLCLI_MAX_SIZE", "x")],
)
def test_a_wrong_value_of_the_environment_names_its_variable(
    call: Run, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """Nobody has typed the option that the message is of."""
    monkeypatch.setenv(name, value)
    assert f"(from {name}" in refused(call("kl", P, Q))
    monkeypatch.delenv(name)
    assert "(see klcli kl --help)" in refused(call("kl", P, Q, "--digits", "x"))


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (("kl", P, Q, "--no-steps"), "stdin: answers of klcli without their terms: make them with --format json, "),
        (
            ("compare", P, Q, Q, "--steps"),
            "stdin: several answers of klcli, one after another: make them with --format",
        ),
    ],
)
def test_own_csv_that_holds_no_distribution(call: Run, command: tuple[str, ...], message: str) -> None:
    """What klcli wrote itself is known, and the cure is another way to write it."""
    written = call(*command, "-f", "csv").out
    assert refused(call("entropy", "-", stdin=written)).startswith(message)


def test_one_colon_before_a_column(call: Run) -> None:
    """It takes two."""
    Path("p.csv").write_text("label,p\na,1\n")
    assert refused(call("entropy", "p.csv:p")) == "p.csv:p: no such file: did you mean p.csv::p?"


def test_own_answers_that_were_put_together(call: Run) -> None:
    """As jq -s and a file of lines do, whatever a Q is called."""
    answer = json.loads(call("kl", P, Q, "--json").out)
    for text in (json.dumps([answer, answer]), f"{json.dumps(answer)}\n{json.dumps(answer)}\n"):
        Path("own.ndjson" if text[0] == "{" else "own.json").write_text(text)
    for name in ("own.json", "own.ndjson"):
        assert call("kl", f"{name}::p", f"{name}::q", "--json").result["value"] == answer["results"][0]["value"]


def test_an_own_answer_with_a_q_called_p(call: Run) -> None:
    """The name of a file is no name of P."""
    Path("p").write_text("label,x\na,2\nb,2\n")
    Path("P.csv").write_text("label,x\na,1\nb,3\n")
    written = call("compare", "P.csv", "p", "--json").out
    assert call("entropy", "-::q", "--json", "--base", "2", stdin=written).result["value"] == 1
