"""A chart as a picture, drawn by matplotlib: never pyplot, the same bytes at every run."""

from __future__ import annotations

import io
import math
import re
import warnings
from collections.abc import Iterable, Sequence
from typing import Any

from klcli.errors import MissingExtraError
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
_METADATA: dict[str, dict[str, None]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


def picture(results: Sequence[Result], view: View, kind: str) -> bytes:
    """The results drawn as a file of that kind: png, svg or pdf.

    Raises MissingExtraError without matplotlib, OptionError where there are no bars to draw.
    """
    drawn = chart(results, view)
    matplotlib = _matplotlib()
    from matplotlib.figure import Figure

    style = {
        "font.family": _fonts(),  # by name: of a generic family the first font alone would be used
        "axes.unicode_minus": False,
        "svg.fonttype": "none",  # text stays text
        "svg.hashsalt": "klcli",
        "hatch.linewidth": 0.4,
    }
    with matplotlib.rc_context(style):
        outcomes = cut(drawn.outcomes, _LONGEST)
        panels = 1 + bool(drawn.probabilities)
        width = 2.5 + min(24.0, max(7.0, 0.22 * len(drawn.outcomes) * max(2, len(drawn.probabilities))))
        upright = 0.1 * max(map(len, outcomes)) if _is_crowded(outcomes) else 0.0  # inches under each panel
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
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of missing glyphs, which font_aside tells in one line
            _take_text_literally(figure)
            figure.savefig(out, format=kind, metadata=_METADATA[kind])
    return out.getvalue()


def _title(drawn: Chart) -> str:
    left_out = f"\nthe {len(drawn.outcomes)} largest contributions; {drawn.left_out} more are not drawn"
    return drawn.title + (left_out if drawn.left_out else "")


def _bars(axes: Any, outcomes: Sequence[str], groups: Sequence[Series], first: int) -> None:
    """Grouped bars over the outcomes; what is infinite reaches the edge and says so."""
    width = 0.8 / len(groups)
    edge = reach(groups)
    for position, series in enumerate(groups):
        places = [index + (position - (len(groups) - 1) / 2) * width for index in range(len(outcomes))]
        heights = [0.0 if math.isinf(x) else x for x in series.values]
        look = first + position
        colour, hatch = COLOURS[look % len(COLOURS)], _HATCHES[(look + look // len(COLOURS)) % len(_HATCHES)]
        axes.bar(places, heights, width, label=series.name, color=colour, hatch=hatch, edgecolor="white", linewidth=0)
        for place, x in zip(places, series.values, strict=True):
            if math.isinf(x):
                end = math.copysign(edge, x)
                axes.bar(place, end, width, facecolor="none", edgecolor=colour, linestyle=":", linewidth=1.2)
                axes.annotate("∞" if x > 0 else "-∞", (place, end), ha="center", va="bottom")
    axes.set_xticks(range(len(outcomes)), outcomes, rotation=90 if _is_crowded(outcomes) else 0)
    axes.set_xlim(-0.6, len(outcomes) - 0.4)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize="small", loc="upper left", bbox_to_anchor=(1, 1))


def _is_crowded(outcomes: Sequence[str]) -> bool:
    """Whether the labels would run into each other if they were not turned."""
    return max(map(len, outcomes)) * len(outcomes) > 90


def _take_text_literally(figure: Any) -> None:
    from matplotlib.text import Text

    figure.draw_without_rendering()  # tick labels exist from here on
    for text in figure.findobj(Text):
        text.set_parse_math(False)  # a $ in a label is a $


def _matplotlib() -> Any:
    try:
        import matplotlib
    except ImportError:
        raise MissingExtraError("a chart", "plot") from None
    return matplotlib


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
