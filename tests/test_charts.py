"""Charts: bars in a terminal, pictures by matplotlib, and drawings in a page of HTML."""

from __future__ import annotations

import re
import struct
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from conftest import SAMPLES, Done, environment
from rich.cells import cell_len

import klcli
from klcli import rooms
from klcli.errors import MissingExtraError, OptionError
from klcli.render import View, _figure
from klcli.render._chart import bars, chart, cut
from klcli.result import Result

P, Q1, Q2 = (klcli.read(f"{SAMPLES / 'balls.csv'}::{name}") for name in ("p", "q1", "q2"))
KL = klcli.kl(P, Q1)
BOTH = klcli.compare(P, Q1, Q2)
SIGNATURES = {"png": b"\x89PNG\r\n\x1a\n", "pdf": b"%PDF-", "svg": b"<?xml"}
Run = Callable[..., Done]


def drawn(name: str, *results: Result, **view: object) -> bytes:
    """The results in that format, as bytes."""
    content = rooms.load("render", name).render(results, View(**view))  # type: ignore[arg-type]
    return content if isinstance(content, bytes) else content.encode()


def texts(svg: bytes) -> list[str]:
    """Every text in a picture, in its order."""
    root = ElementTree.fromstring(svg)
    return ["".join(each.itertext()) for each in root.iter("{http://www.w3.org/2000/svg}text")]


# In a terminal

ARTICLE = """\
Kullback-Leibler divergence   D(P‖Q) = Σ
p·log(p/q)

probability
红 P ██████████████████████▊                0.15
   Q █████████████████████▎                 0.14
橙 P ███████████████████▊                   0.13
   Q █████████████████████▎                 0.14
黄 P ███████████████████████████████████    0.23
   Q ██████████████████████████████████████ 0.25
绿 P █████████████▋                         0.09
   Q ████████████▏                          0.08
青 P ██████████████████████████████▍        0.2
   Q ███████████████████████████████▉       0.21
蓝 P ███████▋                               0.05
   Q █████████▏                             0.06
紫 P ██████████████████████▊                0.15
   Q ██████████████████▎                    0.12
"""


def test_the_article_as_bars() -> None:
    """The article's two distributions stand side by side, and under them what every outcome adds."""
    text = drawn("bars", KL, width=48).decode()
    assert text.startswith(ARTICLE)
    assert text.endswith("\nD(P‖Q) = 0.006735 nats\n")
    assert [line.split()[-1] for line in text.splitlines()[-9:-2]] == [
        "0.010349", "-0.009634", "-0.019178", "0.010600", "-0.009758", "-0.009116", "0.033472",
    ]  # fmt: skip


@pytest.mark.parametrize("width", [20, 30, 48, 80, 200, None])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_bars_fit_the_terminal(width: int | None, encoding: str) -> None:
    """No line is wider than the terminal, and no bar than 80 where there is none; no number is cut."""
    lines = drawn("bars", *BOTH, width=width, encoding=encoding).decode().splitlines()
    assert max(cell_len(line) for line in lines if width or "█" in line or "##" in line) <= (width or 80)
    assert any(line.endswith(" -0.058158") for line in lines)


def test_bars_in_ascii() -> None:
    """Where there is ASCII alone bars are made of #, and labels are escapes."""
    text = drawn("bars", KL, encoding="ascii").decode()
    assert text.isascii()
    assert "\\u7ea2 P ####" in text


def test_many_outcomes_are_the_largest_contributions() -> None:
    """Of more than 50 outcomes the 50 that matter most are drawn in their order, and the others counted."""
    result = klcli.kl({f"o{i}": 1 for i in range(60)}, {f"o{i}": i + 1 for i in range(60)})
    found = chart([result], View())
    assert (len(found.outcomes), found.left_out) == (50, 10)
    assert found.outcomes == sorted(found.outcomes, key=lambda name: int(name[1:]))
    assert "(10 more)" in drawn("bars", result).decode()
    assert "10 more are not drawn" in " ".join(texts(drawn("svg", result)))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1.0, 0.5, 0.0], ["████", "██  ", "    "]),
        ([1.0, -1.0], ["  ██", "██  "]),
        ([float("inf"), 1.0], ["░░░░", "███▌"]),
        ([float("-inf"), 1.0], ["░░  ", "  █▊"]),
        ([float("nan"), 2.0], ["    ", "████"]),
        ([0.0, 0.0], ["    ", "    "]),
        ([8.0, 1.0], ["████", "▌   "]),
    ],
)
def test_bars_are_in_proportion(values: list[float], expected: list[str]) -> None:
    """A bar is as long as its number, the longest full; infinite ones are longer and shaded, nan is none."""
    assert bars(values, 4) == expected


# Pictures


@pytest.mark.parametrize("name", SIGNATURES)
@pytest.mark.parametrize("results", [[KL], BOTH, [klcli.entropy(P)]], ids=["kl", "compare", "entropy"])
def test_pictures_are_files_of_their_kind_and_always_the_same(name: str, results: list[Result]) -> None:
    """A picture is a file of its kind, and the same results give the same bytes."""
    content = drawn(name, *results)
    assert content.startswith(SIGNATURES[name])
    assert drawn(name, *results) == content


def test_bytes_are_the_same_in_another_process() -> None:
    """No hash seed and no time of day shows in a picture."""
    source = f"{SAMPLES / 'balls.csv'}"
    command = [sys.executable, "-m", "klcli", "plot", source, "--format"]
    for name in ("svg", "pdf", "png"):
        found = {subprocess.run([*command, name], capture_output=True, check=True).stdout for _ in range(2)}
        assert len(found) == 1


def test_a_png_has_pixels() -> None:
    """The picture has a size that a page has room for, and more for more outcomes."""
    sizes = []
    for many in (7, 40):
        content = drawn("png", klcli.entropy({f"o{i}": 1 for i in range(many)}))
        sizes.append(struct.unpack(">II", content[16:24]))
    assert sizes[0] == (1425, 960)
    assert sizes[1][0] > sizes[0][0]


def test_svg_keeps_the_text() -> None:
    """In SVG every label, name and value is text that can be searched and read aloud."""
    found = texts(drawn("svg", *BOTH))
    for text in ("红", "紫", "probability", "p·log(p/q) (nats)", "P = balls.csv::p", "Q = balls.csv::q2"):
        assert text in found
    assert "balls.csv::q2: D(P‖Q) = 0.102684 nats" in found


def test_labels_are_taken_literally() -> None:
    """A label that looks like mathematics, markup or a control sequence is drawn as its signs."""
    labels = ["$x^2$", "$10_$20", "$5%$", "$}$", "<b>", "a\x1b[31m", "\\frac{1}{2}", "100%"]
    found = texts(drawn("svg", klcli.entropy(dict.fromkeys(labels, 1))))
    assert {"$x^2$", "$10_$20", "$5%$", "$}$", "<b>", "a\\x1b[31m", "\\frac{1}{2}", "100%"} <= set(found)


@pytest.mark.parametrize("name", ["svg", "bars", "html"])
def test_infinite_terms_are_drawn_and_named(name: str) -> None:
    """An infinite term reaches the edge and says that it is infinite."""
    assert "∞" in drawn(name, klcli.kl([1, 0, 3], [0, 1, 3])).decode()


def test_bars_explain_and_tell_what_was_done() -> None:
    """Under the bars stand the notes and, if asked for, what it means, parted between words on a terminal."""
    result = klcli.kl([1, 0, 3], [0, 1, 3])
    text = drawn("bars", result, explain=True).decode()
    cause = "Q gives no probability to outcome 0, where P has 0.25 of its mass"
    assert f"note: infinite: {cause}\n\nD(P‖Q) = 0.25·log(0.25/0) + " in text
    assert text.endswith(f"\nIt is infinite: {cause}.\n")
    lines = drawn("bars", result, width=40).decode().splitlines()
    assert lines[-3:] == ["note: infinite: Q gives no probability", "to outcome 0, where P has 0.25 of its", "mass"]
    assert drawn("bars", result, steps=False).decode().splitlines()[1:3] == ["", "D(P‖Q) = ∞ nats"]


def test_the_largest_come_first_where_they_are_asked_for() -> None:
    """With --top the bars are in the order of the contributions, as the rows of the table are."""
    assert chart([KL], View(top=3)).outcomes == ["紫", "黄", "绿"]


def test_a_p_that_smoothing_changes_from_q_to_q_is_not_drawn_once() -> None:
    """Smoothing depends on the outcomes of both: where P is not the same beside each Q, one chart cannot show it."""
    p, qs = {"a": 1, "b": 1}, ({"a": 1, "b": 2}, {"a": 1, "c": 1})
    results = [klcli.kl(p, q, smooth="mix=0.3") for q in qs]
    with pytest.raises(OptionError, match=r"^--smooth gives P other probabilities beside each Q, as their outcomes"):
        drawn("bars", *results)
    assert drawn("bars", *(klcli.kl(p, q) for q in qs))


def test_an_infinite_bar_looks_like_none_that_is_finite() -> None:
    """It is longer than all finite ones and of another texture, in every kind of drawing."""
    result = klcli.kl([1, 2, 3], [0, 3, 3])
    assert "0 Q         ░░░░░░░░ ∞\n1 Q  ███████  " in drawn("bars", result, width=30).decode()
    assert "0 Q         >>>>>>>> inf\n1 Q  #######  " in drawn("bars", result, width=30, encoding="ascii").decode()
    assert drawn("html", result).decode().count('class="s1 endless"') == 1
    assert "stroke-dasharray" in drawn("svg", result).decode()
    assert "stroke-dasharray" not in drawn("svg", KL).decode()


def test_long_labels_keep_beginning_and_end() -> None:
    """Labels that a picture has no room for are cut in their middle, so that they can still be told apart."""
    result = klcli.kl({f"{'x' * 60}{i}": 1 for i in range(3)}, {f"{'x' * 60}{i}": i + 1 for i in range(3)})
    assert f"{'x' * 20}…{'x' * 18}2" in texts(drawn("svg", result))
    assert "xxxxx…xxx2 Q" in drawn("bars", result, width=30).decode()
    assert f"{'x' * 60}2 Q" in drawn("bars", result).decode()  # a pipe has room


@pytest.mark.parametrize("cells", range(-1, 12))
def test_labels_are_cut_to_any_room(cells: int) -> None:
    """Labels of wide signs, of emoji and of signs upon signs are cut to any room, in cells and in signs."""
    labels = ["가나", "다라", "😀😀", "e" + "\u0301" * 5000, "", *(f"{'红' * 40}{i}{'绿' * 40}" for i in range(12))]
    found = cut(labels, cells)
    assert all(cell_len(label) <= max(cells, 5) for label in found)  # a number takes five
    assert max(map(len, found)) <= max(4 * cells + 1, 5)


@pytest.mark.parametrize("label", ["가나", "😀😀", "e" + "\u0301" * 5000])
def test_labels_of_any_script_are_drawn(label: str) -> None:
    """A page and a picture of labels of wide signs, or of many signs in one cell, are as large as of any others."""
    page = drawn("html", klcli.entropy({label: 1, "b": 1})).decode()
    assert f"<title>{label}</title>" in page
    content = drawn("png", klcli.entropy({label: 1, "b": 1}))
    assert struct.unpack(">II", content[16:24]) == (1425, 960)


def test_too_many_bars_for_a_picture_are_refused() -> None:
    """A picture of more bars than can be told apart is refused, with the --top that can be drawn."""
    result = klcli.kl({f"o{i}": 1 for i in range(400)}, {f"o{i}": i + 1 for i in range(400)})
    with pytest.raises(OptionError) as caught:
        drawn("png", result, top=400)
    assert str(caught.value) == "a picture has room for 1000 bars, and these are 1200: give --top 333 or less"
    assert drawn("svg", result, top=333)
    assert drawn("html", result, top=400)
    many = [replace(klcli.kl([1, 3], [2, 2]), label=f"q{i}") for i in range(1000)]
    with pytest.raises(OptionError, match=r"these are 4002: draw fewer of them$"):
        drawn("svg", *many)


def test_the_legend_names_every_series(call: Run, tmp_path: Path) -> None:
    """A file whose name begins with _, which matplotlib keeps for itself, is in the legend like the others."""
    (tmp_path / "_q.csv").write_text("label,q\na,0.25\nb,0.75\n")
    (tmp_path / "r.csv").write_text("label,q\na,0.4\nb,0.6\n")
    assert call("plot", "a=1/2,b=1/2", "_q.csv", "r.csv", "-o", "x.svg").code == 0
    found = texts((tmp_path / "x.svg").read_bytes())
    assert "_q.csv: D(P‖Q) = 0.143841 nats" in found
    assert "r.csv: D(P‖Q) = 0.020411 nats" in found


@pytest.mark.parametrize(
    ("settings", "env"),
    [
        (b"text.usetex: True\n", {}),
        (b"savefig.dpi: junk\n", {}),
        (b"savefig.bbox: tight\n", {}),
        (b"\xff\xfe", {}),
        (b"", {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}),
        (b"", {"MPLBACKEND": "Qt4Agg"}),
        (b"", {"MATPLOTLIBRC": "settings"}),
        (b"", {"HOME": "/proc/no", "XDG_CONFIG_HOME": "/proc/no", "XDG_CACHE_HOME": "/proc/no"}),
    ],
    ids=str,
)
def test_no_setting_of_matplotlib_changes_a_picture(
    run: Run, tmp_path: Path, settings: bytes, env: dict[str, str | None]
) -> None:
    """Whatever matplotlib is told by files and variables, a picture is the same, and nobody else says a word."""
    expected = run("plot", "a=1/2,b=1/2", "a=1/4,b=3/4", "-f", "png")
    assert (expected.code, expected.err) == (0, "")
    (tmp_path / "matplotlibrc").write_bytes(settings)
    (tmp_path / "settings").write_text("savefig.bbox: tight\n")
    assert run("plot", "a=1/2,b=1/2", "a=1/4,b=3/4", "-f", "png", env=env) == expected


NOWHERE = """
import sys, tempfile
def refuse(*args, **kwargs):
    raise FileNotFoundError(2, "No usable temporary directory found")
tempfile.mkdtemp = refuse
from klcli.__main__ import main
sys.argv[1:] = ["plot", "a=1/2,b=1/2", "-f", "svg"]
main()
"""


def test_without_any_folder_for_its_fonts_the_variable_is_named() -> None:
    """Where matplotlib can write nowhere, one line says which variable names a folder for it."""
    env = environment(MPLCONFIGDIR="/proc/nowhere")
    done = subprocess.run([sys.executable, "-c", NOWHERE], env=env, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (74, "")
    assert done.stderr == (
        "klcli: matplotlib finds no folder that it may write its list of fonts to: name one, as MPLCONFIGDIR=FOLDER\n"
    )


def test_a_font_that_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no font can write the labels, one line says which signs and what to install; SVG needs none."""
    monkeypatch.setattr(_figure, "_installed", set)
    assert drawn("png", KL).startswith(SIGNATURES["png"])  # with boxes in it, and without a warning
    (line,) = _figure.font_aside([KL], View())
    assert line == (
        "no font here can write 橙紫红绿蓝青黄: install one that can, as with apt-get install fonts-wqy-microhei, "
        "or write SVG, which keeps the text"
    )
    assert rooms.load("render", "svg").aside([KL], View()) == []
    assert _figure.font_aside([klcli.entropy({"a": 1, "b": 1})], View()) == ["P: counts, divided by their total of 2"]


def test_without_matplotlib_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without matplotlib a picture is refused with what to install; bars and HTML need nothing."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError) as caught:
        drawn("png", KL)
    assert str(caught.value) == "a chart needs an optional package: pip install 'klcli[plot]'"
    assert drawn("bars", KL)
    assert b"<svg" in drawn("html", KL)


def test_what_does_not_add_up_has_no_bars() -> None:
    """Terms without contributions cannot be drawn, and say so; a page of HTML goes without the drawing."""
    result = Result("check", "Check", "D = x", {"p": "P"}, 0.0, terms={"outcome": ["a"], "value": [1.0]})
    for name in ("svg", "bars"):
        with pytest.raises(OptionError, match="check: its terms do not add up"):
            drawn(name, result)
    assert b"<svg" not in drawn("html", result)


# In a page


def test_the_drawing_in_a_page() -> None:
    """A page has a bar for every number, with the number as text, and takes its colours from the page."""
    page = drawn("html", *BOTH).decode()
    (svg,) = re.findall("<svg.*?</svg>", page)
    assert svg.count("<rect") == 7 * 3 + 7 * 2 + 5  # the bars, and the marks of the legend
    assert all(f">{number}</text>" in svg for number in ("0.15", "0.033472", "-0.058158"))
    assert "fill:currentColor" in page
    assert ":root{color-scheme:light dark}" in page
    assert not re.search("https?:|<script(?!>)|src=|url\\(|@import", page)
    assert page.count("<script>") == 1  # of klcli itself, which the policy of the page knows


# The command


def test_plot_draws_in_the_order_given(call: Run) -> None:
    """The order of the Qs is kept; without a Q it draws P and its entropy."""
    path = str(SAMPLES / "balls.csv")
    lines = call("plot", f"{path}::p", f"{path}::q2", f"{path}::q1").out.splitlines()
    assert lines[-2:] == ["balls.csv::q2: D(P‖Q) = 0.102684 nats", "balls.csv::q1: D(P‖Q) = 0.006735 nats"]
    assert call("plot", f"{path}::p").out.splitlines()[-1] == "H(P) = 1.860779 nats"
    assert call("plot", path, "--json").results[0]["measure"] == "kl"
    assert call("plot", stdin='{"a": 1, "b": 3}').out.splitlines()[-2] == "H(P) = 0.562335 nats"


@pytest.mark.parametrize("name", SIGNATURES)
def test_the_ending_of_the_file_names_the_picture(call: Run, tmp_path: object, name: str) -> None:
    """With -o chart.png a command writes PNG, and so for SVG and PDF."""
    path = str(SAMPLES / "balls.csv")
    for command in (("plot", path), ("kl", f"{path}::p", f"{path}::q1")):
        done = call(*command, "-o", f"chart.{name}")
        assert (done.code, done.raw, done.err) == (0, b"", "")
        with open(f"chart.{name}", "rb") as file:
            assert file.read().startswith(SIGNATURES[name])
