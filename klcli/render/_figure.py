"""A chart as a picture, drawn by matplotlib: never pyplot, the same bytes at every run."""

from __future__ import annotations

import contextlib
import io
import logging
import math
import os
import re
import sys
import warnings
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from rich.cells import cell_len

from klcli.errors import MissingExtraError, OptionError, OutputError
from klcli.render import View, aside
from klcli.render._chart import COLOURS, Chart, Series, chart, cut, reach
from klcli.result import Result

# Fonts that can write Chinese, Japanese or Korean, wherever one is from.
FONTS = (
    "Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei",
    "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Droid Sans Fallback", "Arial Unicode MS",
)  # fmt: skip
_CJK = re.compile("[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]")
_HATCHES = ("", "///", "...", "xxx", "\\\\\\", "+++", "ooo", "---")  # tell bars apart without colours
_LONGEST = 40  # cells of a label
_NAME = 100  # cells of a name in the legend
_MOST = 1000  # bars, more than which nobody could tell apart, and of which each takes its time
_METADATA: dict[str, dict[str, None]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


def picture(results: Sequence[Result], view: View, kind: str) -> bytes:
    """The results drawn as a file of that kind: png, svg or pdf.

    Raises MissingExtraError without matplotlib, OptionError where there are no bars to draw, or too many.
    """
    drawn = chart(results, view)
    _refuse_crowd(drawn)
    with _undisturbed():
        return _picture(drawn, kind)


def _refuse_crowd(drawn: Chart) -> None:
    """Raise OptionError where there are more bars than a picture has room for."""
    groups = len(drawn.probabilities) + len(drawn.contributions)
    bars = groups * len(drawn.outcomes)
    if bars > _MOST:
        fits = _MOST // groups
        cure = f"give --top {fits} or less" if fits else "draw fewer of them"
        raise OptionError(f"a picture has room for {_MOST} bars, and these are {bars}: {cure}")


def _picture(drawn: Chart, kind: str) -> bytes:
    matplotlib = _matplotlib()
    from matplotlib.figure import Figure

    style = {
        **{name: value for name, value in matplotlib.rcParamsDefault.items() if name != "backend"},
        "font.family": _fonts(),  # by name: of a generic family the first font alone would be used
        "axes.unicode_minus": False,
        "text.parse_math": False,  # a $ in a label is a $
        "svg.fonttype": "none",  # text stays text
        "svg.hashsalt": "klcli",
        "hatch.linewidth": 0.4,
    }
    with matplotlib.rc_context(style):
        outcomes = cut(drawn.outcomes, _LONGEST)
        panels = 1 + bool(drawn.probabilities)
        width = 2.5 + min(24.0, max(7.0, 0.22 * len(drawn.outcomes) * max(2, len(drawn.probabilities))))
        upright = 0.1 * max(map(cell_len, outcomes)) if _is_crowded(outcomes) else 0.0  # inches under each panel
        figure = Figure(figsize=(width, (3.2 + upright) * panels), dpi=150, layout="constrained")
        axes = figure.subplots(panels, 1, squeeze=False)[:, 0]
        if drawn.probabilities:
            _bars(axes[0], outcomes, drawn.probabilities, 0)
            axes[0].set_ylabel("probability")
        first = 1 if len(drawn.probabilities) > 1 else 0  # a Q has the same colour in both panels
        _bars(axes[-1], outcomes, drawn.contributions, first)
        axes[-1].axhline(0, color="#444444", linewidth=0.8)
        axes[-1].set_ylabel(drawn.heading)
        figure.suptitle(_title(drawn), fontsize="medium")
        out = io.BytesIO()
        figure.savefig(out, format=kind, metadata=_METADATA[kind])
    return out.getvalue()


def _title(drawn: Chart) -> str:
    left_out = f"\nthe {len(drawn.outcomes)} largest contributions; {drawn.left_out} more are not drawn"
    return drawn.title + (left_out if drawn.left_out else "")


def _bars(axes: Any, outcomes: Sequence[str], groups: Sequence[Series], first: int) -> None:
    """Grouped bars over the outcomes; what is infinite reaches the edge and says so."""
    width = 0.8 / len(groups)
    edge = reach(groups)
    drawn = []
    for position, series in enumerate(groups):
        places = [index + (position - (len(groups) - 1) / 2) * width for index in range(len(outcomes))]
        heights = [0.0 if math.isinf(x) else x for x in series.values]
        look = first + position
        colour, hatch = COLOURS[look % len(COLOURS)], _HATCHES[(look + look // len(COLOURS)) % len(_HATCHES)]
        drawn.append(axes.bar(places, heights, width, color=colour, hatch=hatch, edgecolor="white", linewidth=0))
        for place, x in zip(places, series.values, strict=True):
            if math.isinf(x):
                end = math.copysign(edge, x)
                axes.bar(place, end, width, facecolor="none", edgecolor=colour, linestyle=":", linewidth=1.2)
                axes.annotate("∞" if x > 0 else "-∞", (place, end), ha="center", va="bottom")
    axes.set_xticks(range(len(outcomes)), outcomes, rotation=90 if _is_crowded(outcomes) else 0)
    axes.set_xlim(-0.6, len(outcomes) - 0.4)
    axes.spines[["top", "right"]].set_visible(False)
    names = cut([series.name for series in groups], _NAME)
    legend = axes.legend(
        drawn, ["?"] * len(names), frameon=False, fontsize="small", loc="upper left", bbox_to_anchor=(1, 1)
    )
    for text, name in zip(legend.get_texts(), names, strict=True):
        text.set_text(name)  # here, as a legend leaves out what is called _ at its beginning


def _is_crowded(outcomes: Sequence[str]) -> bool:
    """Whether the labels would run into each other if they were not turned."""
    return max(map(cell_len, outcomes)) * len(outcomes) > 90


# Matplotlib


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Let matplotlib say nothing on stderr, where font_aside tells of missing glyphs in one line."""
    logger = logging.getLogger("matplotlib")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def _matplotlib() -> Any:
    """Matplotlib, whose fonts are known.

    Raises MissingExtraError where it is not installed, OutputError where it finds no folder for its list of fonts.
    """
    try:
        with _no_settings():
            import matplotlib
    except ModuleNotFoundError:
        raise MissingExtraError("a chart", "plot") from None
    try:
        from matplotlib import font_manager  # noqa: F401 - which reads its list of fonts, or makes it
    except OSError as error:
        if error.errno is not None:  # an error of the system, and none of its own
            raise
        raise OutputError(
            "matplotlib finds no folder that it may write its list of fonts to: name one, as MPLCONFIGDIR=FOLDER"
        ) from None
    return matplotlib


@contextlib.contextmanager
def _no_settings() -> Iterator[None]:
    """Let matplotlib, which reads settings when it is imported, find none: its defaults are what a picture is of.

    It looks for them in the working directory first, so that this is another one for that time.
    """
    if "matplotlib" in sys.modules:
        yield
        return
    here = os.open(os.curdir, getattr(os, "O_PATH", os.O_RDONLY))
    backend, settings = (os.environ.pop(name, None) for name in ("MPLBACKEND", "MATPLOTLIBRC"))
    os.environ["MATPLOTLIBRC"] = os.devnull
    try:
        os.chdir(os.sep)
        yield
    finally:
        os.fchdir(here)
        os.close(here)
        del os.environ["MATPLOTLIBRC"]
        given = {"MPLBACKEND": backend, "MATPLOTLIBRC": settings}
        os.environ.update({name: value for name, value in given.items() if value is not None})


# Fonts


def font_aside(results: Sequence[Result], view: View) -> list[str]:
    """The notes of the results, and a line where no font that is installed can write all of their text."""
    drawn = chart(results, view)
    text = "".join([drawn.title, *drawn.outcomes, *(s.name for s in (*drawn.probabilities, *drawn.contributions))])
    missing = _unwritable(text)
    known = ", as with apt-get install fonts-wqy-microhei" if _CJK.search(missing) else ""
    advice = f"install one that can{known}, or write SVG, which keeps the text"
    return aside(results, view) + ([f"no font here can write {missing}: {advice}"] if missing else [])


def _unwritable(text: str) -> str:
    """The first characters that no font of ours has, a few of them."""
    from matplotlib import font_manager, ft2font

    wanted = sorted({character for character in text if ord(character) > 127})
    with _undisturbed():
        for name in _fonts():
            if not wanted:
                break
            cover = ft2font.FT2Font(font_manager.findfont(name)).get_charmap()
            wanted = [character for character in wanted if ord(character) not in cover]
    return "".join(wanted[:10])


def _fonts() -> list[str]:
    """Matplotlib's own font, which has all symbols, and after it those that write what it cannot."""
    installed = _installed()
    return ["DejaVu Sans", *(name for name in FONTS if name in installed)]


def _installed() -> set[str]:
    from matplotlib import font_manager

    entries: Iterable[Any] = font_manager.fontManager.ttflist
    return {entry.name for entry in entries}
