"""Pages of HTML as a browser has them: nothing is loaded, nothing goes wrong, and the figures are those of JSON."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import SAMPLES, Done

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")

Run = Callable[..., Done]
MAY, JUNE = (str(SAMPLES / f"orders_{month}.csv") for month in ("may", "june"))
BALLS = [f"{SAMPLES / 'balls.csv'}::{name}" for name in ("p", "q1", "q2")]
COMMANDS = {"drift": ["drift", MAY, JUNE], "compare": ["compare", *BALLS], "kl": ["kl", *BALLS[:2]]}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A Chromium without a window, for all tests."""
    with playwright.sync_playwright() as started:
        found = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def opened(run: Run, browser: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """The page of a command as the browser has it, where nothing else was asked for and nothing went wrong."""
    contexts = []

    def open_(*args: str, **settings: Any) -> Any:
        path = tmp_path / "report.html"
        assert run(*args, "-o", str(path)).code == 0
        contexts.append(browser.new_context(**settings))
        page, wrong, asked = contexts[-1].new_page(), [], []
        page.on("console", lambda message: wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        assert (wrong, asked) == ([], [path.as_uri()])
        return page

    yield open_
    for context in contexts:
        context.close()


def cells(page: Any, place: str) -> list[list[str]]:
    """The cells of the body of a table."""
    rows = page.locator(f"{place} tbody tr").all()
    return [row.locator("td").all_inner_texts() for row in rows]


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_a_page_loads_nothing_and_needs_no_script(opened: Any, command: list[str], script: bool) -> None:
    """Whatever it shows, a page opens without a word on the console; without script it is complete."""
    page = opened(*command, java_script_enabled=script)
    assert page.locator("h1").count() == 1
    assert page.locator("table").first.is_visible()
    assert page.locator("svg").first.is_visible()


def test_the_figures_of_a_report_are_those_of_json(opened: Any, run: Run) -> None:
    """Every column has its row and its part, with the terms that JSON has."""
    tree = json.loads(run("drift", MAY, JUNE, "--json").out)["results"]
    page = opened("drift", MAY, JUNE, "--digits", "17")

    def same(shown: str, x: float) -> bool:
        return float(shown.replace("∞", "inf")) == pytest.approx(float(x), rel=1e-15)

    rows = cells(page, "table.sortable")
    assert [row[0] for row in rows] == [each["label"] for each in tree]
    for row, each in zip(rows, tree, strict=True):
        details = each["details"]
        assert [row[2], row[3]] == [details["kind"], details["verdict"]]
        figures = [each["value"], *(details[name] for name in ("kl", "psi", "tv", "noise_floor", "q_value"))]
        assert all(same(shown, x) for shown, x in zip([row[1], *row[4:]], figures, strict=True))
    for index, each in enumerate(tree, 1):
        part = f"#part{index}"
        assert page.locator(f"{part} h2").inner_text() == each["label"]
        terms = [list(term.values()) for term in each["terms"]]
        found = cells(page, part)
        assert [row[0] for row in found] == [term[0] for term in terms]
        for row, term in zip(found, terms, strict=True):
            assert all(same(shown, x) for shown, x in zip(row[1:], term[1:], strict=True))
        assert page.locator(f"{part} svg rect").count() == 3 * len(terms) + 3  # p, q, what it adds, and three keys


def test_a_heading_sorts_the_summary(opened: Any) -> None:
    """A click on a heading puts numbers into order, the largest first and infinity above all; another turns it."""
    page = opened("drift", MAY, JUNE)
    heading = page.get_by_role("columnheader", name="D(P‖Q)")
    for _ in range(2):
        heading.get_by_role("button").click()
        order = heading.get_attribute("aria-sort")
        shown = [float(row[4].replace("∞", "inf")) for row in cells(page, "table.sortable")]
        assert shown == sorted(shown, reverse=order == "descending")
    assert order == "ascending"
    page.get_by_role("columnheader", name="column").get_by_role("button").press("Enter")
    names = [row[0] for row in cells(page, "table.sortable")]
    assert names == ["price", "member", "items", "day", "city"]
    assert heading.get_attribute("aria-sort") is None


def test_a_name_leads_to_its_part(opened: Any) -> None:
    """A column in the summary is a link to what is said of it, also after sorting."""
    page = opened("drift", MAY, JUNE)
    page.get_by_role("columnheader", name="column").get_by_role("button").click()
    page.get_by_role("link", name="city").click()
    part = page.evaluate("location.hash")
    assert page.locator(f"{part} h2").inner_text() == "city"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1200])
def test_a_page_fits_any_width_in_light_and_dark(opened: Any, width: int, scheme: str) -> None:
    """Wide tables scroll by themselves, the page never does; in the dark the ground is dark and the text light."""
    page = opened("drift", MAY, JUNE, viewport={"width": width, "height": 800}, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    text = page.evaluate("getComputedStyle(document.querySelector('svg text')).fill")
    assert text == ("rgb(0, 0, 0)" if scheme == "light" else "rgb(255, 255, 255)")


def test_a_page_can_be_printed(opened: Any) -> None:
    """On paper nothing is cut off for want of scrolling, and a chart is not parted."""
    page = opened("drift", MAY, JUNE)
    page.emulate_media(media="print")
    style = "(place) => getComputedStyle(document.querySelector(place))"
    assert page.evaluate(f"({style})('.wide').overflowX") == "visible"
    assert page.evaluate(f"({style})('svg').breakInside") == "avoid"
    assert page.pdf()[:5] == b"%PDF-"


def test_those_who_do_not_see_it_are_told(opened: Any) -> None:
    """The page has a language, a title, headings in order, names of columns, and words for every picture."""
    page = opened("drift", MAY, JUNE)
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.title() == "Drift"
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3')].map(each => each.tagName)")
    assert levels == ["H1", *["H2"] * 5]
    assert page.locator("main").count() == 1
    assert page.locator("th:not([scope])").count() == 0
    assert all(page.get_by_role("img").nth(index).get_attribute("aria-label") for index in range(5))


def test_what_a_label_holds_does_not_act(opened: Any, tmp_path: Path) -> None:
    """Markup in the names of columns and in their values is text, and a script in them would not run."""
    evil = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    for name, values in (("a.csv", "x\ny\n"), ("b.csv", "x\nz\n")):
        (tmp_path / name).write_text(f'"{evil}"\n"{evil}"\n{values}' * 1)
    page = opened("drift", str(tmp_path / "a.csv"), str(tmp_path / "b.csv"))
    assert page.locator("h2").inner_text() == evil
    assert page.locator("img[src]").count() == 0
    assert evil in [row[0] for row in cells(page, "#part1")]
