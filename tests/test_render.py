"""Every format, as whole outputs; labels that would act, numbers that would hide, tables that would not line up."""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from conftest import SAMPLES, valid
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rich.cells import cell_len

import klcli
from klcli import readers, rooms
from klcli.closed_forms import CLOSED_FORMS
from klcli.crosscheck import implementations
from klcli.distribution import Distribution
from klcli.families import FAMILIES
from klcli.laws import laws
from klcli.measures import MEASURES
from klcli.parametric import verify
from klcli.prefix_codes import CODES
from klcli.render import MOST, View, bars, decimal, printable, table, writable
from klcli.render.html import POLICY
from klcli.render.latex import escaped, maths
from klcli.result import Result

P, Q1, Q2 = (klcli.read(f"{SAMPLES / 'balls.csv'}::{column}") for column in ("p", "q1", "q2"))
PEOPLE = ("table", "markdown", "latex", "html")  # what people read: rounded, escaped, at most 50 rows
MACHINES = ("csv", "tsv", "json", "ndjson")  # what programs read: everything, in full
PICTURES = ("bars", "png", "svg", "pdf")  # what eyes read: tests/test_charts.py


def rendered(name: str, results: Result | Sequence[Result], **view: Any) -> str:
    """The results in that format, as text; JSON holds to the schema."""
    results = [results] if isinstance(results, Result) else results
    content = rooms.load("render", name).render(results, View(**view))
    text = content if isinstance(content, str) else content.decode("utf-8")
    if name == "json":
        valid(text)
    if name == "ndjson":
        valid(f'{{"results": [{",".join(text.splitlines())}]}}')
    return text


def undrawn(text: str) -> str:
    """The page without its drawings, which tests/test_charts.py looks at."""
    return re.sub("<svg.*?</svg>", "", text)


def shortened(text: str) -> str:
    """The text with six digits in every long number: the last ones may differ between processors."""
    return re.sub(r"-?\d+\.\d{7,}(e-?\d+)?", lambda match: f"{float(match[0]):.6g}", text)


# The article's table


def test_formats_are_for_people_or_for_machines() -> None:
    """Every format is in one of the groups that tests are written for."""
    assert sorted((*PEOPLE, *MACHINES, *PICTURES)) == list(rooms.names("render"))


PIPED = """\
Kullback-Leibler divergence   D(P‖Q) = Σ p·log(p/q)
P = balls.csv::p    Q = balls.csv::q1    base e (nats)

outcome     p     q       p/q   log(p/q)  p·log(p/q)
红       0.15  0.14  1.071429   0.068993    0.010349
橙       0.13  0.14  0.928571  -0.074108   -0.009634
黄       0.23  0.25  0.920000  -0.083382   -0.019178
绿       0.09  0.08  1.125000   0.117783    0.010600
青       0.2   0.21  0.952381  -0.048790   -0.009758
蓝       0.05  0.06  0.833333  -0.182322   -0.009116
紫       0.15  0.12  1.250000   0.223144    0.033472
Σ        1     1                            0.006735  nats

H(P) 1.860779   H(P,Q) 1.867514   difference 0.006735
"""

WIDE = """\
Kullback-Leibler divergence   D(P‖Q) = Σ p·log(p/q)
P = balls.csv::p    Q = balls.csv::q1    base e (nats)

outcome     p     q       p/q   log(p/q)  p·log(p/q)
───────────────────────────────────────────────────────────────────
红       0.15  0.14  1.071429   0.068993    0.010349        █▉
橙       0.13  0.14  0.928571  -0.074108   -0.009634      ▐█
黄       0.23  0.25  0.920000  -0.083382   -0.019178    ▐███
绿       0.09  0.08  1.125000   0.117783    0.010600        █▉
青       0.2   0.21  0.952381  -0.048790   -0.009758      ▐█
蓝       0.05  0.06  0.833333  -0.182322   -0.009116      ▐█
紫       0.15  0.12  1.250000   0.223144    0.033472        ██████
───────────────────────────────────────────────────────────────────
Σ        1     1                            0.006735  nats

H(P) 1.860779   H(P,Q) 1.867514   difference 0.006735
"""

NARROW = """\
Kullback-Leibler divergence   D(P‖Q) = Σ p·log(p/q)
P = balls.csv::p    Q = balls.csv::q1    base e (nats)

outcome     p     q       p/q   log(p/q)  p·log(p/q)
───────────────────────────────────────────────────────────
红       0.15  0.14  1.071429   0.068993    0.010349
橙       0.13  0.14  0.928571  -0.074108   -0.009634
黄       0.23  0.25  0.920000  -0.083382   -0.019178
绿       0.09  0.08  1.125000   0.117783    0.010600
青       0.2   0.21  0.952381  -0.048790   -0.009758
蓝       0.05  0.06  0.833333  -0.182322   -0.009116
紫       0.15  0.12  1.250000   0.223144    0.033472
───────────────────────────────────────────────────────────
Σ        1     1                            0.006735  nats

H(P) 1.860779   H(P,Q) 1.867514   difference 0.006735
"""

TINY = """\
Kullback-Leibler
divergence   D(P‖Q)
= Σ p·log(p/q)
P = balls.csv::p
Q = balls.csv::q1
base e (nats)

outcome     p     q
────────────────────
红       0.15  0.14
橙       0.13  0.14
黄       0.23  0.25
绿       0.09  0.08
青       0.2   0.21
蓝       0.05  0.06
紫       0.15  0.12
────────────────────
Σ        1     1

outcome       p/q
──────────────────
红       1.071429
橙       0.928571
黄       0.920000
绿       1.125000
青       0.952381
蓝       0.833333
紫       1.250000
──────────────────
Σ

outcome   log(p/q)
───────────────────
红        0.068993
橙       -0.074108
黄       -0.083382
绿        0.117783
青       -0.048790
蓝       -0.182322
紫        0.223144
───────────────────
Σ

outcome  p·log(p/q)
────────────────────
红         0.010349
橙        -0.009634
黄        -0.019178
绿         0.010600
青        -0.009758
蓝        -0.009116
紫         0.033472
────────────────────
Σ          0.006735

H(P) 1.860779
H(P,Q) 1.867514
difference 0.006735
"""

ASCII = r"""Kullback-Leibler divergence   D(P||Q) = sum p*log(p/q)
P = balls.csv::p    Q = balls.csv::q1    base e (nats)

outcome     p     q       p/q   log(p/q)  p*log(p/q)
-------------------------------------------------------------------
\u7ea2   0.15  0.14  1.071429   0.068993    0.010349        #
\u6a59   0.13  0.14  0.928571  -0.074108   -0.009634       #
\u9ec4   0.23  0.25  0.920000  -0.083382   -0.019178     ###
\u7eff   0.09  0.08  1.125000   0.117783    0.010600        #
\u9752   0.2   0.21  0.952381  -0.048790   -0.009758       #
\u84dd   0.05  0.06  0.833333  -0.182322   -0.009116       #
\u7d2b   0.15  0.12  1.250000   0.223144    0.033472        ######
-------------------------------------------------------------------
sum      1     1                            0.006735  nats

H(P) 1.860779   H(P,Q) 1.867514   difference 0.006735
"""


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        ({}, PIPED),
        ({"width": 100}, WIDE),
        ({"width": 60}, NARROW),
        ({"width": 20}, TINY),
        ({"width": 100, "encoding": "ascii"}, ASCII),
    ],
    ids=["piped", "100", "60", "20", "ascii"],
)
def test_the_article_as_a_table(view: dict[str, Any], expected: str) -> None:
    """The article's table stands whole in a pipe, on terminals of every width and in ASCII."""
    assert rendered("table", klcli.kl(P, Q1), **view) == expected


STYLES = {"\x1b[0m": "</>", "\x1b[1m": "<b>", "\x1b[2m": "<dim>", "\x1b[33m": "<above>", "\x1b[36m": "<below>"}


def styled(text: str) -> str:
    """The text with its colours as marks, and none where one ends only to begin again."""
    for code, mark in STYLES.items():
        text = text.replace(code, mark)
    return text.replace("</><b>", "")


@pytest.mark.parametrize(("view", "plain"), [({"width": 100}, WIDE), ({"width": 60}, NARROW), ({}, PIPED)])
def test_colours_change_no_character(view: dict[str, Any], plain: str) -> None:
    """Without its colours a coloured table is the same as one that never had any."""
    text = re.sub("<[a-z]*>|</>", "", styled(rendered("table", klcli.kl(P, Q1), colour=True, **view)))
    assert "\x1b" not in text
    assert "".join(f"{line.rstrip()}\n" for line in text.splitlines()) == plain


def test_the_article_in_colour() -> None:
    """Title, heading and sum are bold, terms above zero one colour, terms below it another, and nothing else is."""
    assert styled(rendered("table", klcli.kl(P, Q1), colour=True, width=60)) == (
        """\
<b>Kullback-Leibler divergence   D(P‖Q) = Σ p·log(p/q)</>
P = balls.csv::p    Q = balls.csv::q1    base e (nats)

<b>outcome </> <b>   p </> <b>   q </> <b>     p/q </> <b> log(p/q) </> <b>p·log(p/q) </> <b>     </>
───────────────────────────────────────────────────────────
红       0.15  0.14  1.071429   0.068993  <above>  0.010349</>
橙       0.13  0.14  0.928571  -0.074108  <below> -0.009634</>
黄       0.23  0.25  0.920000  -0.083382  <below> -0.019178</>
绿       0.09  0.08  1.125000   0.117783  <above>  0.010600</>
青       0.2   0.21  0.952381  -0.048790  <below> -0.009758</>
蓝       0.05  0.06  0.833333  -0.182322  <below> -0.009116</>
紫       0.15  0.12  1.250000   0.223144  <above>  0.033472</>
───────────────────────────────────────────────────────────
<b>Σ       </> <b>1    </> <b>1    </> <b>         </> <b>          </> <b>  0.006735 </> <b>nats </>

H(P) 1.860779   H(P,Q) 1.867514   difference 0.006735
"""
    )


CSV = """\
outcome,p,q,ratio,log,contribution
红,0.15,0.14,1.07143,0.0689929,0.0103489
橙,0.13,0.14,0.928571,-0.074108,-0.00963404
黄,0.23,0.25,0.92,-0.0833816,-0.0191778
绿,0.09,0.08,1.125,0.117783,0.0106005
青,0.2,0.21,0.952381,-0.0487902,-0.00975803
蓝,0.05,0.06,0.833333,-0.182322,-0.00911608
紫,0.15,0.12,1.25,0.223144,0.0334715
"""

JSON = """\
{
  "results": [{
    "measure": "kl",
    "title": "Kullback-Leibler divergence",
    "formula": "D(P‖Q) = Σ p·log(p/q)",
    "inputs": {"p": "balls.csv::p", "q": "balls.csv::q1"},
    "value": 0.00673502,
    "base": 2.71828,
    "unit": "nats",
    "terms": [
      {"outcome": "红", "p": 0.15, "q": 0.14, "ratio": 1.07143, "log": 0.0689929, "contribution": 0.0103489},
      {"outcome": "橙", "p": 0.13, "q": 0.14, "ratio": 0.928571, "log": -0.074108, "contribution": -0.00963404},
      {"outcome": "黄", "p": 0.23, "q": 0.25, "ratio": 0.92, "log": -0.0833816, "contribution": -0.0191778},
      {"outcome": "绿", "p": 0.09, "q": 0.08, "ratio": 1.125, "log": 0.117783, "contribution": 0.0106005},
      {"outcome": "青", "p": 0.2, "q": 0.21, "ratio": 0.952381, "log": -0.0487902, "contribution": -0.00975803},
      {"outcome": "蓝", "p": 0.05, "q": 0.06, "ratio": 0.833333, "log": -0.182322, "contribution": -0.00911608},
      {"outcome": "紫", "p": 0.15, "q": 0.12, "ratio": 1.25, "log": 0.223144, "contribution": 0.0334715}
    ],
    "notes": [],
    "details": {
      "entropy": 1.86078,
      "cross_entropy": 1.86751,
      "difference": 0.00673502,
      "sum_p": 1.0,
      "sum_q": 1.0
    }
  }]
}
"""

MARKDOWN = r"""**Kullback-Leibler divergence** D\(P‖Q\) = Σ p·log\(p/q\)

P = balls.csv::p    Q = balls.csv::q1    base e \(nats\)

| outcome | p | q | p/q | log\(p/q\) | p·log\(p/q\) |
| :--- | ---: | ---: | ---: | ---: | ---: |
| 红 | 0.15 | 0.14 | 1.071429 | 0.068993 | 0.010349 |
| 橙 | 0.13 | 0.14 | 0.928571 | -0.074108 | -0.009634 |
| 黄 | 0.23 | 0.25 | 0.920000 | -0.083382 | -0.019178 |
| 绿 | 0.09 | 0.08 | 1.125000 | 0.117783 | 0.010600 |
| 青 | 0.2 | 0.21 | 0.952381 | -0.048790 | -0.009758 |
| 蓝 | 0.05 | 0.06 | 0.833333 | -0.182322 | -0.009116 |
| 紫 | 0.15 | 0.12 | 1.250000 | 0.223144 | 0.033472 |
| **Σ** | **1** | **1** |  |  | **0.006735** |

**D\(P‖Q\) = 0.006735 nats**

H\(P\) 1.860779   H\(P,Q\) 1.867514   difference 0.006735
"""

LATEX = r"""% needs \usepackage{booktabs}
\textbf{Kullback-Leibler divergence} $D(P\,\|\,Q) = \sum p\cdot \log(p/q)$

P = balls.csv::p    Q = balls.csv::q1    base e (nats)

\begin{tabular}{lrrrrr}
  \toprule
  outcome & $p$ & $q$ & $p/q$ & $\log(p/q)$ & $p\cdot \log(p/q)$ \\
  \midrule
  红 & 0.15 & 0.14 & 1.071429 & 0.068993 & 0.010349 \\
  橙 & 0.13 & 0.14 & 0.928571 & -0.074108 & -0.009634 \\
  黄 & 0.23 & 0.25 & 0.920000 & -0.083382 & -0.019178 \\
  绿 & 0.09 & 0.08 & 1.125000 & 0.117783 & 0.010600 \\
  青 & 0.2 & 0.21 & 0.952381 & -0.048790 & -0.009758 \\
  蓝 & 0.05 & 0.06 & 0.833333 & -0.182322 & -0.009116 \\
  紫 & 0.15 & 0.12 & 1.250000 & 0.223144 & 0.033472 \\
  \midrule
  $\sum$ & 1 & 1 &  &  & 0.006735 \\
  \bottomrule
\end{tabular}

D(P$\,\|\,$Q) = 0.006735 nats

H(P) 1.860779   H(P,Q) 1.867514   difference 0.006735
"""

STYLE = (
    ".klcli h1{font-size:1.2em;margin:0}.klcli h2{font-size:1.1em;margin:1.6em 0 0}"
    ".klcli p{white-space:pre-wrap;overflow-wrap:anywhere}.klcli .wide{overflow-x:auto}"
    ".klcli a{color:inherit}.klcli .wide svg{min-width:40em}"
    ".klcli table{border-collapse:collapse;margin:.8em 0}"
    ".klcli td,.klcli th{padding:.15em .8em;text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}"
    ".klcli .words{text-align:left;white-space:normal}"
    ".klcli thead th{border-bottom:1px solid #888}.klcli tfoot td{border-top:1px solid #888;font-weight:600}"
    ".klcli .note{opacity:.8}"
    ".klcli svg{font-size:13px;max-width:100%;height:auto}.klcli svg text{fill:currentColor}"
    ".klcli .axis{stroke:currentColor;opacity:.5}"
    ".klcli .endless{fill-opacity:.2;stroke:currentColor;stroke-dasharray:2}"
    ".klcli .s0{fill:#0072B2}.klcli .s1{fill:#E69F00}.klcli .s2{fill:#009E73}.klcli .s3{fill:#D55E00}"
    ".klcli .s4{fill:#CC79A7}.klcli .s5{fill:#56B4E9}.klcli .s6{fill:#F0E442}.klcli .s7{fill:#999999}"
    ":root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;margin:min(2em,4vw)}"
    "th button{all:unset;cursor:pointer}th button:focus-visible{outline:2px solid}"
    "th[aria-sort=ascending] button::after{content:' \\25b2'}"
    "th[aria-sort=descending] button::after{content:' \\25bc'}"
    "@media print{body{margin:0}.klcli .wide{overflow:visible}"
    "section,tr,svg{break-inside:avoid}h2{break-after:avoid}}"
)
HTML = f"""\
<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">\
<meta http-equiv="Content-Security-Policy" content="{POLICY}">\
<meta name="viewport" content="width=device-width, initial-scale=1">\
<title>Kullback-Leibler divergence</title><style>{STYLE}</style></head>
<body><main><div class="klcli"><h1>Kullback-Leibler divergence</h1><p>D(P‖Q) = Σ p·log(p/q)<br>\
P = balls.csv::p    Q = balls.csv::q1    base e (nats)</p><div class="wide"><table><thead>\
<tr><th scope="col" class="words">outcome</th><th scope="col">p</th><th scope="col">q</th><th scope="col">p/q</th>\
<th scope="col">log(p/q)</th><th scope="col">p·log(p/q)</th></tr></thead>\
<tbody>\
<tr><td class="words">红</td><td>0.15</td><td>0.14</td><td>1.071429</td><td>0.068993</td><td>0.010349</td></tr>\
<tr><td class="words">橙</td><td>0.13</td><td>0.14</td><td>0.928571</td><td>-0.074108</td><td>-0.009634</td></tr>\
<tr><td class="words">黄</td><td>0.23</td><td>0.25</td><td>0.920000</td><td>-0.083382</td><td>-0.019178</td></tr>\
<tr><td class="words">绿</td><td>0.09</td><td>0.08</td><td>1.125000</td><td>0.117783</td><td>0.010600</td></tr>\
<tr><td class="words">青</td><td>0.2</td><td>0.21</td><td>0.952381</td><td>-0.048790</td><td>-0.009758</td></tr>\
<tr><td class="words">蓝</td><td>0.05</td><td>0.06</td><td>0.833333</td><td>-0.182322</td><td>-0.009116</td></tr>\
<tr><td class="words">紫</td><td>0.15</td><td>0.12</td><td>1.250000</td><td>0.223144</td><td>0.033472</td></tr>\
</tbody><tfoot>\
<tr><td class="words">Σ</td><td>1</td><td>1</td><td></td><td></td><td>0.006735</td></tr></tfoot></table></div>\
<p><b>D(P‖Q) = 0.006735 nats</b></p><div class="wide"></div>\
<p>H(P) 1.860779   H(P,Q) 1.867514   difference 0.006735</p></div></main></body></html>
"""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("csv", CSV),
        ("tsv", CSV.replace(",", "\t")),
        ("json", JSON),
        ("markdown", MARKDOWN),
        ("latex", LATEX),
        ("html", HTML),
    ],
)
def test_the_article_in_every_format(name: str, expected: str) -> None:
    """The article's table stands whole in every format that is not drawn."""
    assert undrawn(shortened(rendered(name, klcli.kl(P, Q1)))) == expected


@pytest.mark.parametrize("several", [False, True])
def test_a_line_of_ndjson_is_an_item_of_json(several: bool) -> None:
    """NDJSON is one result a line, and each is what JSON has in its list."""
    results = klcli.compare(P, Q1, Q2) if several else [klcli.kl(P, Q1)]
    lines = rendered("ndjson", results).splitlines()
    assert [json.loads(line) for line in lines] == json.loads(rendered("json", results))["results"]
    assert len(lines) == len(results)


# compare

COMPARE_TABLE = """\
Kullback-Leibler divergence   D(P‖Q) = Σ p·log(p/q)
P = balls.csv::p    base e (nats)

rank  Q                D(P‖Q)     × best    D(Q‖P)    H(P,Q)   JS(P,Q)   TV(P,Q)  PSI(P,Q)
   1  balls.csv::q1  0.006735   1.000000  0.006547  1.867514  0.001658  0.050000  0.013282
   2  balls.csv::q2  0.102684  15.246299  0.126763  1.963464  0.027714  0.180000  0.229448
"""

COMPARE_STEPS = """\

balls.csv::q1
outcome     p     q       p/q   log(p/q)  p·log(p/q)
红       0.15  0.14  1.071429   0.068993    0.010349
橙       0.13  0.14  0.928571  -0.074108   -0.009634
黄       0.23  0.25  0.920000  -0.083382   -0.019178
绿       0.09  0.08  1.125000   0.117783    0.010600
青       0.2   0.21  0.952381  -0.048790   -0.009758
蓝       0.05  0.06  0.833333  -0.182322   -0.009116
紫       0.15  0.12  1.250000   0.223144    0.033472
Σ        1     1                            0.006735  nats

balls.csv::q2
outcome     p     q       p/q   log(p/q)  p·log(p/q)
红       0.15  0.11  1.363636   0.310155    0.046523
橙       0.13  0.11  1.181818   0.167054    0.021717
黄       0.23  0.22  1.045455   0.044452    0.010224
绿       0.09  0.16  0.562500  -0.575364   -0.051783
青       0.2   0.15  1.333333   0.287682    0.057536
蓝       0.05  0.16  0.312500  -1.163151   -0.058158
紫       0.15  0.09  1.666667   0.510826    0.076624
Σ        1     1                            0.102684  nats
"""

COMPARE_CSV = """\
measure,label,p,q,value,base,unit,entropy,cross_entropy,difference,sum_p,sum_q,\
kl,kl_reverse,js,tv,psi,rank,ratio_to_best
kl,balls.csv::q1,balls.csv::p,balls.csv::q1,0.00673502,2.71828,nats,1.86078,1.86751,0.00673502,1.0,1.0,\
0.00673502,0.00654688,0.001658,0.05,0.0132819,1,1.0
kl,balls.csv::q2,balls.csv::p,balls.csv::q2,0.102684,2.71828,nats,1.86078,1.96346,0.102684,1.0,1.0,\
0.102684,0.126763,0.027714,0.18,0.229448,2,15.2463
"""

COMPARE_JSON = """\
{
  "results": [{
    "measure": "kl",
    "title": "Kullback-Leibler divergence",
    "formula": "D(P‖Q) = Σ p·log(p/q)",
    "inputs": {"p": "balls.csv::p", "q": "balls.csv::q1"},
    "label": "balls.csv::q1",
    "value": 0.00673502,
    "base": 2.71828,
    "unit": "nats",
    "notes": [],
    "details": {
      "entropy": 1.86078,
      "cross_entropy": 1.86751,
      "difference": 0.00673502,
      "sum_p": 1.0,
      "sum_q": 1.0,
      "kl": 0.00673502,
      "kl_reverse": 0.00654688,
      "js": 0.001658,
      "tv": 0.05,
      "psi": 0.0132819,
      "rank": 1,
      "ratio_to_best": 1.0
    }
  }, {
    "measure": "kl",
    "title": "Kullback-Leibler divergence",
    "formula": "D(P‖Q) = Σ p·log(p/q)",
    "inputs": {"p": "balls.csv::p", "q": "balls.csv::q2"},
    "label": "balls.csv::q2",
    "value": 0.102684,
    "base": 2.71828,
    "unit": "nats",
    "notes": [],
    "details": {
      "entropy": 1.86078,
      "cross_entropy": 1.96346,
      "difference": 0.102684,
      "sum_p": 1.0,
      "sum_q": 1.0,
      "kl": 0.102684,
      "kl_reverse": 0.126763,
      "js": 0.027714,
      "tv": 0.18,
      "psi": 0.229448,
      "rank": 2,
      "ratio_to_best": 15.2463
    }
  }]
}
"""

COMPARE_MARKDOWN = r"""**Kullback-Leibler divergence** D\(P‖Q\) = Σ p·log\(p/q\)

P = balls.csv::p    base e \(nats\)

| rank | Q | D\(P‖Q\) | × best | D\(Q‖P\) | H\(P,Q\) | JS\(P,Q\) | TV\(P,Q\) | PSI\(P,Q\) |
| ---: | :--- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
| 1 | balls.csv::q1 | 0.006735 | 1.000000 | 0.006547 | 1.867514 | 0.001658 | 0.050000 | 0.013282 |
| 2 | balls.csv::q2 | 0.102684 | 15.246299 | 0.126763 | 1.963464 | 0.027714 | 0.180000 | 0.229448 |
"""

COMPARE_LATEX = r"""\begin{tabular}{rlrrrrrrr}
  \toprule
  rank & $Q$ & $D(P\,\|\,Q)$ & $\times$ best & $D(Q\,\|\,P)$ & $H(P,Q)$ & $\mathrm{JS}(P,Q)$ & $\mathrm{TV}(P,Q)$ & $\mathrm{PSI}(P,Q)$ \\
  \midrule
  1 & balls.csv::q1 & 0.006735 & 1.000000 & 0.006547 & 1.867514 & 0.001658 & 0.050000 & 0.013282 \\
  2 & balls.csv::q2 & 0.102684 & 15.246299 & 0.126763 & 1.963464 & 0.027714 & 0.180000 & 0.229448 \\
  \bottomrule
\end{tabular}
"""  # noqa: E501

COMPARE_HTML = """\
<div class="klcli"><h1>Kullback-Leibler divergence</h1><p>D(P‖Q) = Σ p·log(p/q)<br>\
P = balls.csv::p    base e (nats)</p>\
<div class="wide"><table class="sortable"><thead><tr><th scope="col">rank</th><th scope="col" class="words">Q</th>\
\
<th scope="col">D(P‖Q)</th><th scope="col">× best</th><th scope="col">D(Q‖P)</th>\
<th scope="col">H(P,Q)</th><th scope="col">JS(P,Q)</th>\
<th scope="col">TV(P,Q)</th><th scope="col">PSI(P,Q)</th></tr>\
</thead><tbody><tr><td>1</td><td class="words">balls.csv::q1</td><td>0.006735</td><td>1.000000</td>\
<td>0.006547</td><td>1.867514</td><td>0.001658</td><td>0.050000</td><td>0.013282</td></tr>\
<tr><td>2</td><td class="words">balls.csv::q2</td><td>0.102684</td><td>15.246299</td>\
<td>0.126763</td><td>1.963464</td><td>0.027714</td><td>0.180000</td><td>0.229448</td></tr>\
</tbody></table></div><div class="wide"></div></div></main>"""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("table", COMPARE_TABLE),
        ("csv", COMPARE_CSV),
        ("tsv", COMPARE_CSV.replace(",", "\t")),
        ("json", COMPARE_JSON),
        ("markdown", COMPARE_MARKDOWN),
        ("latex", COMPARE_LATEX),
        ("html", COMPARE_HTML),
    ],
)
def test_compare_in_every_format(name: str, expected: str) -> None:
    """Two guesses at the article's box stand ranked in every format."""
    text = undrawn(shortened(rendered(name, klcli.compare(P, Q1, Q2), steps=False)))
    text, script, rest = text.partition("<script>")
    assert text.endswith(expected)
    assert not script or rest.endswith("}\n</script></body></html>\n")
    assert text == expected or name in ("latex", "html")


def test_compare_with_steps() -> None:
    """--steps puts every Q's own table under the ranking, with the headings of the measure."""
    assert rendered("table", klcli.compare(P, Q1, Q2), steps=True) == COMPARE_TABLE + COMPARE_STEPS


def test_compare_with_steps_as_csv() -> None:
    """The steps of several answers are one table, in which the first column says whose they are."""
    lines = rendered("csv", klcli.compare(P, Q1, Q2), steps=True).splitlines()
    assert lines[0] == "result,outcome,p,q,ratio,log,contribution"
    assert [line.split(",")[0] for line in lines[1:]] == ["balls.csv::q1"] * 7 + ["balls.csv::q2"] * 7
    assert shortened(lines[8]) == "balls.csv::q2,红,0.15,0.11,1.36364,0.310155,0.0465232"


@pytest.mark.parametrize("by", [*(name for name in MEASURES if name not in ("entropy", "renyi", "tsallis"))])
def test_compare_has_no_column_twice(by: str) -> None:
    """Whatever they are ranked by, no two columns of a ranking have one heading, and none is a step's."""
    results = klcli.compare(P, Q1, Q2, by=by)
    heading = rendered("table", results).splitlines()[3]
    names = re.split(r" {2,}", heading.strip())
    assert len(set(names)) == len(names)
    assert names[:4] == ["rank", "Q", MEASURES[by].formula.partition(" = ")[0], "× best"]
    assert "p − q" not in names


def test_compare_by_the_reverse_says_its_direction() -> None:
    """Ranked by D(Q‖P), P is still P: the heading is D(Q‖P) and the D(P‖Q) beside it is the other number."""
    text = rendered("table", klcli.compare(P, Q1, Q2, by="kl-reverse"))
    title, sides, _, heading, first, _ = text.splitlines()
    assert "D(Q‖P) = " in title
    assert sides.startswith("P = balls.csv::p")
    names, cells = re.split(r" {2,}", heading.strip()), re.split(r" {2,}", first.strip())
    assert names[:4] == ["rank", "Q", "D(Q‖P)", "× best"]
    assert names.count("D(P‖Q)") == 1
    assert cells[names.index("D(Q‖P)")] == "0.006547"
    assert cells[names.index("D(P‖Q)")] == "0.006735"


@pytest.mark.parametrize("name", ["csv", "tsv"])
def test_every_line_of_a_ranking_has_the_same_cells(name: str) -> None:
    """A ranking of counts beside probabilities is still a table: every cell stands under its heading."""
    results = klcli.compare({"a": 0.5, "b": 0.5}, {"a": 3, "b": 4}, {"a": 0.1, "b": 0.9})
    heading, *lines = (line.split("\t" if name == "tsv" else ",") for line in rendered(name, results).splitlines())
    assert [len(line) for line in lines] == [len(heading)] * 2
    rows = [dict(zip(heading, line, strict=True)) for line in lines]
    assert [row["rank"] for row in rows] == ["1", "2"]
    for row, result in zip(rows, results, strict=True):
        assert float(row["kl"]) == result.value


# Tables that line up


LABELS = ["红色", "😀", "é", "é", "👍🏽", "a", "🇨🇳", "ﷺ", "한글", "ｗｉｄｅ", "नमस्ते", "x"]


@pytest.mark.parametrize(
    "view", [{}, {"width": 100}, {"width": 100, "colour": True}], ids=["piped", "drawn", "colour"]
)
def test_wide_characters_line_up(view: dict[str, Any]) -> None:
    """Labels of Chinese characters, emoji and combining signs leave every column's decimal points in line."""
    result = klcli.kl(dict.fromkeys(LABELS, 1), {label: index + 1 for index, label in enumerate(LABELS)})
    lines = re.sub(r"\x1b\[\d+m", "", rendered("table", result, **view)).splitlines()
    rows = [line for label in LABELS for line in lines if line.startswith(f"{label} ")]
    assert len(rows) == len(LABELS)
    points = [[cell_len(row[: match.start()]) for match in re.finditer(r"(?<=\d)\.(?=\d)", row)] for row in rows]
    assert [len(each) for each in points] == [5] * len(rows)
    assert {tuple(each) for each in points} == {tuple(points[0])}


def test_decimal_points_line_up_with_what_has_none() -> None:
    """A whole number, an infinity and a dash stand where the whole part of the others does."""
    text = rendered("table", klcli.kl({"a": 0.25, "b": 0.75, "c": 0, "d": 0}, {"a": 0.5, "b": 0, "c": 0.5, "d": 0}))
    assert text.splitlines()[3:9] == [
        "outcome     p    q       p/q   log(p/q)  p·log(p/q)",
        "a        0.25  0.5  0.500000  -0.693147   -0.173287",
        "b        0.75  0    ∞          ∞           ∞",
        "c        0     0.5  0         -∞           0",
        "d        0     0    –          –           0",
        "Σ        1     1                           ∞         nats",
    ]


@pytest.mark.parametrize("width", [60, 72, 80, 100, 200])
@pytest.mark.parametrize("label", ["a" * 200, "红" * 100, "word " * 30], ids=["long", "wide", "words"])
def test_long_labels_are_folded_and_lose_nothing(label: str, width: int) -> None:
    """On a terminal a long label is folded, no line is wider than the terminal, and no number or sign is lost."""
    text = rendered("table", klcli.kl({label: 1, "b": 2}, {label: 2, "b": 2}), width=width)
    lines = text.splitlines()
    assert max(map(cell_len, lines)) <= width
    column = "".join(line.split("  ")[0] for line in lines[5 : next(i for i, x in enumerate(lines) if x[:2] == "b ")])
    assert column.replace(" ", "") == label.replace(" ", "")
    for number in ("0.333333", "0.666667", "-0.405465", "-0.135155"):
        assert number in text


def test_nothing_is_folded_in_a_pipe() -> None:
    """In a pipe a line is as long as its label: programs read it."""
    label = "a" * 5000
    assert f"{label}  0.333333  0.5" in rendered("table", klcli.kl({label: 1, "b": 2}, {label: 2, "b": 2}))


@pytest.mark.parametrize("size", [9_990, 20_000])
def test_a_label_of_any_length_hides_no_number(size: int) -> None:
    """However long a label is, in a pipe it stands whole and so do the numbers beside it."""
    text = rendered("table", klcli.entropy({"a" * size: 1, "b": 1}))
    assert f"\n{'a' * size}  0.5  -0.693147  0.346574\n" in text


def test_ascii_keeps_labels_apart() -> None:
    """Where symbols are spelt out, labels that differ by a blank still differ."""
    text = rendered("table", klcli.entropy({"a  b": 1, "a b": 1}), encoding="ascii")
    assert [line.split(" 0.5")[0].rstrip() for line in text.splitlines()[4:6]] == ["a  b", "a b"]


@pytest.mark.parametrize(("label", "expected"), [("*b", "{*}b"), ("a--b", "a-{}-b"), ("---", "-{}-{}-")])
def test_latex_ligatures_and_stars_are_kept_from_acting(label: str, expected: str) -> None:
    """A star after the end of a row and dashes side by side stand as they are."""
    assert f"  {expected} & " in rendered("latex", klcli.entropy({label: 1, "c": 1}))


@pytest.mark.parametrize("width", [10, 20, 40])
def test_a_terminal_too_narrow_loses_no_number(width: int) -> None:
    """On a terminal narrower than the table, every number still stands whole in the output."""
    text = rendered("table", klcli.kl(P, Q1), width=width)
    for number in ("1.071429", "-0.074108", "0.033472", "0.006735", "1.860779"):
        assert number in text
    assert "…" not in text


@pytest.mark.parametrize("width", [80, 60, 40])
def test_a_comparison_goes_on_below_where_it_is_too_wide(width: int) -> None:
    """A table wider than the terminal goes on below, every part with its labels, and no line is too long."""
    table = rendered("table", klcli.compare(P, Q1, Q2), width=width).split("\n\n", 1)[1]
    assert max(map(cell_len, table.splitlines())) <= width
    parts = [part.splitlines() for part in table.split("\n\n")]
    assert len(parts) > 1
    assert all("balls.csv::q1" in lines[2] and "balls.csv::q2" in lines[3] for lines in parts)
    numbers = [word for lines in parts for word in lines[2].split()[1:] if "." in word and "csv" not in word]
    assert " ".join(numbers) == "0.006735 1.000000 0.006547 1.867514 0.001658 0.050000 0.013282"


def test_bars_show_the_contributions() -> None:
    """The longest bar is the largest contribution, the others are in proportion, below zero they grow to the left."""
    terms = {"a": 0.5, "b": 0.25, "c": 0.25}
    rows = rendered("table", klcli.kl(terms, {"a": 0.25, "b": 0.5, "c": 0.25}, base=2), width=80).splitlines()[5:8]
    assert [row[52:].rstrip() for row in rows] == ["        ██████", "     ███", ""]


# Which rows


def many(size: int = 60) -> Result:
    """D(P‖Q) of as many outcomes, of which the last ones matter most."""
    return klcli.kl({f"o{i}": 1 for i in range(size)}, {f"o{i}": i + 1 for i in range(size)})


def body(name: str, text: str) -> list[list[str]]:
    """The cells of the rows between the heading of a table and its end, as they are written in that format."""
    if name == "html":
        found = [re.findall("<td.*?>(.*?)</td>", row) for row in re.findall("<tr>(<td.*?)</tr>", text)]
    elif name == "latex":
        found = [line.strip(" \\").split(" & ") for line in text.splitlines() if " & " in line][1:]
    elif name == "markdown":
        found = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("|")][2:]
    else:
        lines = text.split("\n\n")[1].splitlines()[1:]
        found = [re.split(" {2,}", line.strip().removesuffix("nats").rstrip()) for line in lines]
    return [[cell.replace("*", "").replace("\\", "") for cell in row] for row in found]


@pytest.mark.parametrize("name", PEOPLE)
def test_over_fifty_outcomes_the_fifty_largest_and_the_rest(name: str) -> None:
    """Of more than 50 outcomes people see the 50 largest contributions, a row that sums the rest, and the sum."""
    result = many()
    rows = body(name, rendered(name, result, digits=9))
    assert len(rows) == MOST + 2
    order = sorted(range(60), key=lambda index: -abs(result.terms["contribution"][index]))
    assert [row[0] for row in rows[:50]] == [f"o{index}" for index in order[:50]]
    assert rows[50][0] == "(10 more)"
    last = [float(row[-1]) for row in rows[:51]]
    assert math.fsum(last) == pytest.approx(result.value, abs=51 * 0.5e-9)
    assert math.fsum(float(row[1]) for row in rows[:51]) == pytest.approx(1, abs=51 * 0.5e-9)
    assert math.fsum(float(row[2]) for row in rows[:51]) == pytest.approx(1, abs=51 * 0.5e-9)
    left = math.fsum(result.terms["contribution"][index] for index in order[50:])
    assert last[50] == pytest.approx(left, abs=1e-9)


@pytest.mark.parametrize("name", PEOPLE)
@pytest.mark.parametrize(("size", "top", "shown", "rest"), [(50, None, 50, 0), (51, 51, 51, 0), (60, 3, 3, 57)])
def test_top_says_how_many_rows(name: str, size: int, top: int | None, shown: int, rest: int) -> None:
    """Up to 50 outcomes are all shown, with --top as many as it says, and a row for the rest if there is one."""
    rows = body(name, rendered(name, many(size), top=top))
    assert len(rows) == shown + bool(rest) + 1
    assert (rows[shown][0] == f"({rest} more)") == bool(rest)


def test_without_top_the_rows_stand_in_their_own_order() -> None:
    """Without --top the outcomes stand as P has them; with it the largest contributions stand first."""
    assert [row[0] for row in body("table", rendered("table", klcli.kl(P, Q1)))] == [*"红橙黄绿青蓝紫Σ"]
    text = rendered("table", klcli.kl(P, Q1), top=3)
    assert [row[0] for row in body("table", text)] == ["紫", "黄", "绿", "(4 more)", "Σ"]
    assert "(4 more)  0.53  0.55                        -0.018159" in text


def test_top_takes_the_first_of_equal_ones() -> None:
    """Of equal contributions the one that stands first is shown first."""
    text = rendered("table", klcli.tv([1] * 100, [2, 0] * 50), top=7)
    assert [row[0] for row in body("table", text)][:9] == [*"0123456", "(93 more)", "Σ"]


@pytest.mark.parametrize(("top", "shown", "omitted"), [(None, 60, None), (60, 60, None), (3, 3, 57), (99, 60, None)])
def test_machines_get_every_row_or_are_told(top: int | None, shown: int, omitted: int | None) -> None:
    """Machine formats have every term; with --top they have that many, and JSON says how many it left out."""
    (result,) = json.loads(rendered("json", many(), top=top))["results"]
    assert (len(result["terms"]), result.get("omitted")) == (shown, omitted)
    assert len(rendered("csv", many(), top=top).splitlines()) == shown + 1


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("table", "D(P‖Q) = 0.250000 bits\nH(P) 1.500000   H(P,Q) 1.750000   difference 0.250000\n"),
        ("markdown", "**D\\(P‖Q\\) = 0.250000 bits**"),
        ("latex", "D(P$\\,\\|\\,$Q) = 0.250000 bits"),
        ("html", "<p><b>D(P‖Q) = 0.250000 bits</b></p>"),
        ("json", '"value": 0.25,\n'),
        ("ndjson", '"value": 0.25, '),
        ("csv", "kl,,P,Q,0.25,2,bits,1.5,1.75,0.25,1.0,1.0\n"),
        ("tsv", "kl\t\tP\tQ\t0.25\t2\tbits\t1.5\t1.75\t0.25\t1.0\t1.0\n"),
    ],
)
def test_no_steps_is_the_value_alone(name: str, expected: str) -> None:
    """--no-steps gives the value with what belongs to it, and no term."""
    result = klcli.kl({"a": 1 / 2, "b": 1 / 4, "c": 1 / 4}, {"a": 1 / 4, "b": 1 / 4, "c": 1 / 2}, base=2)
    text = rendered(name, result, steps=False)
    assert expected in text
    for sign in ('"terms"', "<table", "{tabular}", "| a |", "outcome"):
        assert sign not in text


def every_result() -> Iterator[Result]:
    """A result of every kind, with all headings and terms that klcli has names for."""
    p, q, r = [0.2, 0.3, 0.5], [0.3, 0.2, 0.5], [0.1, 0.4, 0.5]
    for name, each in MEASURES.items():
        sides = (p,) if len(each.sides) == 1 else (p, q)
        yield each(*sides, **dict.fromkeys(each.required, 0.5 if name != "renyi" else 2))
    yield from (klcli.code(p, q, code=kind) for kind in CODES)
    yield klcli.loss([p], [q], input_kind="probs", gradient=True)
    yield klcli.vae([p, q], [q, r])
    yield klcli.distill(p, q, temperature=2)
    yield from (implementations(p, q), laws(p, q, r), verify("normal(0,1)", "student(3,0,1)"))
    yield from (klcli.continuous(written(f), written(g)) for f, g in CLOSED_FORMS)


def written(family: str) -> str:
    """A distribution of that family."""
    particular = {"mvnormal": "[[2,1],[1,2]]", "dirichlet": "2,3", "binomial": "3,0.5", "negbinomial": "3,0.5"}
    usual = {1: "0.5", 2: "1,2", 3: "3,1,2"}[len(FAMILIES[family].names())]
    return f"{family}({particular.get(family, usual)})"


def test_all_that_klcli_writes_has_ascii_and_latex() -> None:
    """No formula, heading, name of a part or unit needs an escape in ASCII, or leaves a sign for LaTeX to miss."""
    for result in every_result():
        words = [
            result.formula,
            *result.headings.values(),
            *result.terms["outcome"],
            *result.explanation,
            *result.notes,
        ]
        assert "\\" not in "".join(map(writable, words)), words
        assert "\\" not in table.render([result], View(encoding="ascii", explain=True)), words
        assert maths(result.formula).isascii()
        assert "".join(map(escaped, words)).isascii()


@pytest.mark.parametrize(
    ("encoding", "labels", "shown"),
    [
        ("ascii", ("résumé", "resume"), ("r\\xe9sum\\xe9", "resume")),
        ("ascii", ("m²", "m^2", "½", "1/2 "), ("m\\xb2", "m^2", "\\xbd", "1/2")),
        ("cp1252", ("m²", "m^2", "½", "1/2"), ("m²", "m^2", "½", "1/2")),
        ("koi8-r", ("é", "e", "█", "#"), ("\\xe9", "e", "█", "#")),
        ("shift_jis", ("α", "alpha", "–", "-"), ("α", "alpha", "\\u2013", "-")),
        ("utf-8", ("é", "e", "²", "^2"), ("é", "e", "²", "^2")),
    ],
)
def test_a_label_is_never_spelt_as_another(encoding: str, labels: tuple[str, ...], shown: tuple[str, ...]) -> None:
    """What an encoding lacks of klcli's own signs is spelt; of a label it is an escape, in tables, bars and notes."""
    p = klcli.Distribution(labels, [1] * len(labels), name=labels[0])
    q = klcli.Distribution(labels[1:], [1] * len(labels[1:]), name=labels[1])
    found, view = [klcli.kl(p, q)], View(encoding=encoding)
    lines = table.render(found, view).splitlines()
    assert lines[1].startswith(f"P = {shown[0]}    Q = {shown[1]} ")
    rows = lines[lines.index("") + 2 :][: len(labels)]
    assert [row.split("  ")[0].strip() for row in rows] == [*shown]
    without = f"{shown[1]} gives no probability to {shown[0]}"
    assert lines[-1] == f"note: infinite: {without}, where {shown[0]} has {1 / len(labels)} of its mass"
    drawn = bars.render(found, view).splitlines()
    assert drawn[-1] == lines[-1]
    assert {f"P = {shown[0]}", f"Q = {shown[1]}"} <= {*drawn}
    assert all(any(line.startswith(f"{each} ") for line in drawn) for each in shown)


# Numbers


@given(x=st.floats(-1e307, 1e307), digits=st.integers(1, 17))
def test_no_number_hides(x: float, digits: int) -> None:
    """A number is shown as 0 only if it is 0, with its sign, and no further off than its digits say."""
    text = decimal(x, digits)
    shown = float(text)
    assert (shown == 0) == (x == 0)
    assert math.copysign(1, shown) == math.copysign(1, x) or x == 0
    assert shown == pytest.approx(x, rel=10.0**-digits, abs=0.5000001 * 10.0**-digits)
    assert (text == "0") == (x == 0)


@given(x=st.floats(0, 1), digits=st.integers(1, 17))
def test_given_numbers_keep_their_digits(x: float, digits: int) -> None:
    """A probability that its digits write exactly stands as it was given, and any other is shown like the rest."""
    text = decimal(x, digits, given=True)
    near = round(x, 14) if digits < 14 else x  # the sum of what should add up to 1 may be 0.9999999999999999
    exact = round(near, digits) == near and near >= 1e-4
    assert text == (repr(near).removesuffix(".0") if exact and "e" not in repr(near) else decimal(x, digits))


@pytest.mark.parametrize("digits", range(1, 18))
def test_digits_are_digits_after_the_point(digits: int) -> None:
    """--digits sets the digits of computed numbers, in every format for people; given probabilities stay."""
    result = klcli.kl(P, Q1)
    for name in PEOPLE:
        rows = body(name, rendered(name, result, digits=digits))
        assert [len(row[0]) for row in rows] == [1 if name != "latex" or row[0] != "$sum$" else 5 for row in rows]
        for row, term in zip(rows[:-1], result.terms["contribution"], strict=True):
            mantissa = row[-1].partition("e")[0]
            assert len(mantissa.partition(".")[2]) == digits
            assert float(row[-1]) == pytest.approx(term, rel=10.0**-digits, abs=10.0**-digits)
        if digits >= 2:
            assert [row[1] for row in rows] == ["0.15", "0.13", "0.23", "0.09", "0.2", "0.05", "0.15", "1"]
    assert rendered("json", result, digits=digits) == rendered("json", result)
    assert rendered("csv", result, digits=digits) == rendered("csv", result)


@pytest.mark.parametrize("digits", [1, 2, 3])
def test_few_digits_are_still_read_as_numbers(digits: int) -> None:
    """With few digits a number near 1 is written as one, not in powers of ten."""
    for x in (0.15, 0.5, 0.952381, 1.071429, 1.860779):
        assert "e" not in decimal(x, digits)


EXTREME: dict[str, tuple[str, Any, Any]] = {
    "tiny": ("kl", {"a": 1e-300, "b": 1 - 1e-16}, {"a": 2e-300, "b": 1 - 1e-16}),
    "least": ("kl", {"a": 5e-324, "b": 1.0}, {"a": 0.5, "b": 0.5}),
    "large": ("chi2", {"a": 0.5, "b": 0.5}, {"a": 1e-100, "b": 1.0}),
    "huge": ("chi2", {"a": 0.5, "b": 0.5}, {"a": 1e-300, "b": 1.0}),
    "near": ("kl", [0.5, 0.5], [0.5 + 1e-12, 0.5 - 1e-12]),
    "counts": ("kl", {"a": 1e308, "b": 1e308}, {"a": 1e308, "b": 1e307}),
    "whole": ("kl", {"a": 2**53, "b": 1}, {"a": 1, "b": 2**53}),
}


@pytest.mark.parametrize(("measure", "p", "q"), EXTREME.values(), ids=EXTREME)
@pytest.mark.parametrize("name", PEOPLE)
def test_tiny_and_huge_numbers_are_seen(name: str, measure: str, p: Any, q: Any) -> None:
    """A number that is not 0 never reads 0, and its size is right, however small or large it is."""
    result = MEASURES[measure](p, q)
    rows = body(name, rendered(name, result))
    columns = [list(column) for column in result.terms.values()]
    for row, outcome in zip(rows[:-1], range(len(columns[0])), strict=True):
        for text, column in zip(row[1:], columns[1:], strict=True):
            assert float(text) == pytest.approx(column[outcome], rel=1e-6, abs=0.5e-6)
            assert (float(text) == 0) == (column[outcome] == 0)
    assert float(rows[-1][-1]) == pytest.approx(result.value, rel=1e-6, abs=0.5e-6)
    assert result.value > 0
    assert float(rows[-1][-1]) > 0


def test_the_details_of_near_equal_distributions_do_not_contradict_the_value() -> None:
    """The difference H(P,Q) − H(P) under a table is the D(P‖Q) in it, however near the two are."""
    for shift in (1e-3, 1e-6, 1e-8, 1e-10):
        result = klcli.kl([0.3, 0.7], [0.3 + shift, 0.7 - shift])
        assert result.details["difference"] == pytest.approx(result.value, rel=1e-6, abs=0)


UNDEFINED = klcli.kl({"a": 1, "b": 0}, {"a": 1, "b": 0}, base=2)
INFINITE = klcli.kl({"a": 1, "b": 0}, {"a": 0, "b": 1}, base=2)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("table", "b        0  0  –                –           0\n"),
        ("csv", "b,0.0,0.0,,,0.0\n"),
        ("tsv", "b\t0.0\t0.0\t\t\t0.0\n"),
        ("json", '{"outcome": "b", "p": 0.0, "q": 0.0, "ratio": null, "log": null, "contribution": 0.0}\n'),
        ("ndjson", '{"outcome": "b", "p": 0.0, "q": 0.0, "ratio": null, "log": null, "contribution": 0.0}]'),
        ("markdown", "| b | 0 | 0 | – | – | 0 |\n"),
        ("latex", "  b & 0 & 0 & -- & -- & 0 \\\\\n"),
        ("html", '<tr><td class="words">b</td><td>0</td><td>0</td><td>–</td><td>–</td><td>0</td></tr>'),
    ],
)
def test_what_is_not_defined_is_a_dash_or_null(name: str, expected: str) -> None:
    """An entry that has no value, as 0/0 has none, is a dash for people, null in JSON and nothing in CSV."""
    text = rendered(name, UNDEFINED)
    assert expected in text
    assert "nan" not in text.lower()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "table",
            "a        1  0    ∞         ∞           ∞\nb        0  1    0        -∞           0\n",
        ),
        ("csv", "a,1.0,0.0,Infinity,Infinity,Infinity\nb,0.0,1.0,0.0,-Infinity,0.0\n"),
        ("json", '"ratio": "Infinity", "log": "Infinity", "contribution": "Infinity"}'),
        ("markdown", "| a | 1 | 0 | ∞ | ∞ | ∞ |\n| b | 0 | 1 | 0 | -∞ | 0 |\n"),
        ("latex", "  a & 1 & 0 & $\\infty$ & $\\infty$ & $\\infty$ \\\\\n"),
        ("html", '<tr><td class="words">a</td><td>1</td><td>0</td><td>∞</td><td>∞</td><td>∞</td></tr>'),
    ],
)
def test_infinity_is_an_answer_and_says_why(name: str, expected: str) -> None:
    """An infinite value is shown as one in every format, and for people the note says what makes it so."""
    text = rendered(name, INFINITE)
    assert expected in text
    assert ("no outcome in common" in text) == (name != "csv")


# Formulas


@pytest.mark.parametrize("alpha", [0, 0.5, 1, 2, math.inf])
@pytest.mark.parametrize("measure", ["renyi", "tsallis"])
def test_the_headings_of_an_order_are_those_of_its_formula(measure: str, alpha: float) -> None:
    """At α = 1 and ∞, where the formula is another, the headings and the worked line follow it."""
    if measure == "tsallis" and math.isinf(alpha):
        return
    result = MEASURES[measure](P, Q2, alpha=alpha)
    text = rendered("table", result, explain=True)
    heading = re.split(" {2,}", text.splitlines()[3])
    assert "log" not in heading
    if alpha == 1:
        assert heading[-1] in ("p·log(p/q)", "p·ln(p/q)")
        assert "/ (α − 1)" not in text.split("\n\n")[-1].splitlines()[0]
    if math.isinf(alpha):
        assert "α" not in heading[-1]


def test_a_power_in_latex_takes_its_whole_exponent() -> None:
    """An exponent of more than one sign is grouped, so that LaTeX raises all of it."""
    for measure in ("renyi", "tsallis"):
        text = rendered("latex", MEASURES[measure](P, Q2, alpha=2))
        assert "^(" not in text
        assert re.search(r"\^\{.*?\\alpha.*?\}", text)


@pytest.mark.parametrize("measure", MEASURES)
def test_braces_and_dollars_of_latex_are_balanced(measure: str) -> None:
    """Every measure's LaTeX has as many opening as closing braces and pairs of dollars."""
    sides = [P, Q2][: len(MEASURES[measure].sides)]
    options = {"alpha": 0.5} if "alpha" in MEASURES[measure].options else {}
    for line in rendered("latex", MEASURES[measure](*sides, **options), explain=True).splitlines():
        bare = re.sub(r"\\[{}$]", "", line)
        assert bare.count("{") == bare.count("}")
        assert bare.count("$") % 2 == 0


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("name", PEOPLE)
def test_every_measure_explains_itself_in_every_format(measure: str, name: str) -> None:
    """--explain gives the formula with the numbers put in and what they mean, and nothing of it without."""
    sides = [P, Q2][: len(MEASURES[measure].sides)]
    options = {"alpha": 0.5} if "alpha" in MEASURES[measure].options else {}
    result = MEASURES[measure](*sides, **options)
    text = rendered(name, result, explain=True)
    assert "The largest term is " in text
    assert "The largest term is " not in rendered(name, result)
    assert "{" not in text or name == "latex" or name == "html"


# Labels that would act


ACTING = {
    "markup": "[red]x[/red]",
    "emoji": ":smile:",
    "colour": "\x1b[31mred\x1b[0m",
    "link": "\x1b]8;;https://example.org\x1b\\text\x1b]8;;\x1b\\",
    "bell": "\x07ding",
    "c1": "\x9b31mred",
    "backspace": "abc\x08\x08\x08xyz",
    "return": "abc\rxyz",
    "newline": "abc\n\n# xyz",
    "tab": "a\tb",
    "form feed": "a\x0cb\x0bc\x1cd\x85e",
    "separator": "a\u2028b\u2029c",
    "bidi": "\u202eabc\u202c\u2066x\u2069",
    "zero width": "a\u200bb\u200dc\ufeff",
    "ignorable": "a\u034fb\u115f\u3164\ufe0f\U000e0101",
    "script": "<script>alert(1)</script>",
    "entity": "&lt;b&gt; &#60;",
    "attribute": "\" onload='x'",
    "pipe": "a|b|c",
    "md link": "[x](y) ![i](j)",
    "md bold": "**b** _i_ ~~s~~ `c` # h",
    "md list": "- [ ] x",
    "autolink": "<https://example.org>",
    "url": "https://example.org/?a=1",
    "backslash": "a\\|b\\",
    "tex input": "\\input{x}",
    "tex specials": "50% of $x_1^2 & #1~{y}",
    "tex brackets": "[2ex] \\\\",
    "quotes": "'a' \"b\" `c`",
    "formula": "=cmd|' /C calc'!A0",
    "braces": "{P} {} {outcome} {0}",
    "percent": "%s %(x)s",
    "comma": 'a,b;"c"',
    "spaces": "  a  ",
    "empty": "",
    "sigma": "Σ",
    "digits": "0.5",
    "surrogate": "\ud800x",
}


def acting(label: str) -> Result:
    """A result in which the label is an outcome, both names, an answer's label, and in every note and sentence."""
    p = Distribution((label, "other", "p only"), [0.5, 0.25, 0.25], name=label or "P")
    q = Distribution((label, "other"), [0.25, 0.75], name=label or "Q")
    return klcli.kl(p, q)


def finite(label: str) -> Result:
    """The same without an infinite term, so that every sentence of the explanation is there."""
    p = Distribution((label, "other"), [0.75, 0.25], name=label or "P")
    return klcli.kl(p, Distribution(("other", label), [0.75, 0.25], name=label or "Q"))


CASES = [pytest.param(label, id=name) for name, label in ACTING.items()]


def test_labels_that_differ_are_shown_otherwise() -> None:
    """What Unicode shows as nothing is an escape; U+FE0F is none where it makes a picture of what was text."""
    unseen = [*range(0xFE00, 0xFE10), 0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180F, 0x3164, 0xFFA0, 0xE0100, 0xE01EF]
    for sign in map(chr, unseen):
        assert printable(f"a{sign}") == f"a{sign.encode('unicode_escape').decode()}"
    assert printable("❤\ufe0f ❤ 🏳\ufe0f") == "❤\ufe0f ❤ 🏳\ufe0f"
    assert printable("★\ufe0f 😀\ufe0f ❤\ufe0f\ufe0f ❤\ufe0e") == "★\\ufe0f 😀\\ufe0f ❤\ufe0f\\ufe0f ❤\\ufe0e"
    assert printable("👨\u200d👩") == "👨\\u200d👩"


def test_a_sign_that_an_encoding_turns_into_a_backslash() -> None:
    """Shift_JIS has for a yen sign the byte of a backslash, which would take the meaning from klcli's own ones."""
    assert "\n| &#165;\\*a | " in rendered("markdown", finite("¥*a"), encoding="shift_jis")
    assert "\\xa5*a" in rendered("table", finite("¥*a"), encoding="shift_jis")


@pytest.mark.parametrize("label", CASES)
@pytest.mark.parametrize("name", PEOPLE)
@pytest.mark.parametrize("make", [acting, finite])
def test_no_sign_that_acts_reaches_a_reader(label: str, name: str, make: Callable[[str], Result]) -> None:
    """What people read holds no control, bidirectional or invisible character, in a label, a name or a sentence."""
    text = rendered(name, make(label), explain=True)
    assert {sign for sign in text if not sign.isprintable()} <= {"\n"}
    assert text.encode("utf-8").decode() == text
    listed = klcli.compare(
        make(label).terms and Distribution((label, "other"), [0.5, 0.5], name=label or "P"),
        Distribution((label, "other"), [0.25, 0.75], name=label or "Q"),
    )
    text = rendered(name, listed, explain=True, steps=True)
    assert {sign for sign in text if not sign.isprintable()} <= {"\n"}


@pytest.mark.parametrize("label", CASES)
@pytest.mark.parametrize(
    "view", [{}, {"width": 200}, {"width": 200, "colour": True}], ids=["piped", "drawn", "colour"]
)
def test_a_table_shows_a_label_as_it_is(label: str, view: dict[str, Any]) -> None:
    """A table shows the label sign by sign, with what cannot be seen as its escape, in the cell and in the words."""
    text = rendered("table", finite(label), explain=True, **view)
    bare = re.sub(r"\x1b\[[0-9;]*m", "", text) if view.get("colour") else text
    shown = printable(label)
    lines = bare.splitlines()
    assert any(line.startswith(f"{shown} ") for line in lines)
    assert lines[1].startswith(f"P = {shown or 'P'}    Q = {shown or 'Q'}    ")
    assert f"The largest term is {shown}: Q gives it" in bare
    assert "\x1b" not in bare


@pytest.mark.parametrize("label", CASES)
def test_markdown_makes_nothing_of_a_label(label: str) -> None:
    """In Markdown, with tables and strikethrough, a label is the text that a table would show, and no element."""
    text = rendered("markdown", finite(label), explain=True)
    tokens = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(text)
    blocks = {token.type.removesuffix("_open").removesuffix("_close") for token in tokens}
    assert blocks <= {"paragraph", "table", "thead", "tbody", "tr", "th", "td", "inline", "blockquote"}
    inlines = [child.type for token in tokens for child in token.children or ()]
    assert set(inlines) <= {"text", "text_special", "strong_open", "strong_close", "softbreak"}
    cells = [
        "".join(child.content for child in token.children or ())
        for before, token in itertools.pairwise(tokens)
        if before.type == "td_open"
    ]
    assert len(cells) == 3 * 6
    assert cells[0] == printable(label).strip()


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: set[tuple[str, str | None]] = set()
        self.drawn: set[tuple[str, str | None]] = set()  # those of a drawing
        self.cells: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(attrs)
        if tag in ("svg", "rect", "line", "text"):
            self.drawn.update(attrs)
        if tag == "td":
            self.cells.append("")

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.cells:
            self.cells[-1] += data


@pytest.mark.parametrize("label", CASES)
def test_html_makes_nothing_of_a_label(label: str) -> None:
    """In HTML a label is the text that a table would show: no element, no attribute, no script, nothing loaded."""
    page = _Page()
    page.feed(rendered("html", finite(label), explain=True))
    assert page.tags == {
        "html", "head", "meta", "title", "style", "body", "main", "h1", "div", "p", "b", "br", "table", "thead",
        "tbody", "tfoot", "tr", "th", "td", "svg", "rect", "line", "text",
    }  # fmt: skip
    assert page.attributes - page.drawn <= {
        ("lang", "en"), ("charset", "utf-8"), ("class", "klcli"), ("class", "words"), ("class", "wide"),
        ("http-equiv", "Content-Security-Policy"), ("content", POLICY), ("name", "viewport"),
        ("content", "width=device-width, initial-scale=1"), ("scope", "col"),
    }  # fmt: skip
    assert {name for name, _ in page.drawn} <= {
        "aria-label", "class", "font-size", "height", "role", "text-anchor", "viewbox", "width",
        "x", "x1", "x2", "y", "y1", "y2",
    }  # fmt: skip
    assert page.cells[0] == printable(label)
    assert f"The largest term is {printable(label)}: Q gives it" in page.text


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("\\input{x}", r"\textbackslash{}input\{x\}"),
        ("50% of $x_1^2 & #1~{y}", r"50\% of \$x\_1\textasciicircum{}2 \& \#1\textasciitilde{}\{y\}"),
        ("[2ex] \\\\", r"{[}2ex{]} \textbackslash{}\textbackslash{}"),
        ("a|b", r"a\textbar{}b"),
        ("<b>", r"\textless{}b\textgreater{}"),
        ("\x1b[31m", r"\textbackslash{}x1b{[}31m"),
        ("a\nb", r"a\textbackslash{}nb"),
    ],
)
def test_latex_makes_nothing_of_a_label(label: str, expected: str) -> None:
    """In LaTeX every sign that would act is written as the sign itself."""
    lines = rendered("latex", finite(label), explain=True).splitlines()
    assert lines[3].startswith(f"P = {expected}    Q = {expected}    ")
    assert lines[9].startswith(f"  {expected} & 0.75 & ")
    assert any(line.startswith(f"The largest term is {expected}: ") for line in lines)


@pytest.mark.parametrize("label", CASES)
def test_json_has_no_sign_that_acts(label: str) -> None:
    """In JSON a sign that acts is written as its escape, and read back it is the same label."""
    for name in ("json", "ndjson"):
        text = rendered(name, acting(label), explain=True)
        assert {sign for sign in text if not sign.isprintable() and sign != "\n"} == set()
        found = json.loads(text)
        result = found["results"][0] if name == "json" else found
        assert result["terms"][0]["outcome"] == label
        assert result["inputs"]["p"] == (label or "P")


ROUND = {name: label for name, label in ACTING.items() if name != "surrogate"}  # no file in UTF-8 can hold one


@pytest.mark.parametrize("label", ROUND.values(), ids=ROUND)
@pytest.mark.parametrize("name", ["csv", "tsv", "json"])
def test_labels_come_back_as_they_were(label: str, name: str, tmp_path: Path) -> None:
    """What a machine format writes, klcli reads back with the same labels, whatever they hold."""
    path = tmp_path / f"out.{name}"
    path.write_bytes(rooms.load("render", name).render([finite(label)], View()))
    p = readers.read(f"{path}::p")
    assert p.outcomes == (label, "other")
    assert p.weights.tolist() == [0.75, 0.25]


PRINTABLE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
WEIGHTS = st.floats(min_value=0, max_value=1e300) | st.integers(0, 2**53)


@pytest.mark.parametrize("name", ["csv", "tsv", "json"])
@given(mass=st.dictionaries(PRINTABLE, WEIGHTS, min_size=1, max_size=20).filter(lambda mass: any(mass.values())))
def test_probabilities_come_back_to_the_last_bit(name: str, tmp_path_factory: Any, mass: Mapping[str, float]) -> None:
    """Labels and probabilities that were written are read back to the last bit."""
    p = Distribution(tuple(mass), list(mass.values()), normalize=True)
    path = tmp_path_factory.mktemp("back") / f"out.{name}"
    path.write_bytes(rooms.load("render", name).render([klcli.kl(p, p)], View()))
    back = readers.read(f"{path}::p")
    assert back.outcomes == p.outcomes
    assert back.weights.tolist() == p.probs.tolist()


def test_a_ranking_in_json_comes_back_with_every_side(tmp_path: Path) -> None:
    """The JSON of compare is read as P and every Q under its name."""
    path = tmp_path / "ranking.json"
    path.write_text(rendered("json", klcli.compare(P, Q1, Q2)), encoding="utf-8")
    back = readers.read_all(str(path))
    assert [each.name for each in back] == [
        "ranking.json::p",
        "ranking.json::balls.csv::q1",
        "ranking.json::balls.csv::q2",
    ]
    assert [each.weights.tolist() for each in back] == [each.weights.tolist() for each in (P, Q1, Q2)]


def test_bytes_do_not_depend_on_the_locale() -> None:
    """Formats with an encoding of their own are bytes in UTF-8; what a terminal shows is text."""
    for name in rooms.names("render"):
        content = rooms.load("render", name).render([klcli.kl(P, Q1)], View())
        assert isinstance(content, bytes) == (name in (*MACHINES, "html", "png", "svg", "pdf"))


# The contract of JSON


KEYS = ["measure", "title", "formula", "inputs", "value", "base", "unit", "terms", "notes", "details"]
ALPHAS = {"renyi": (0.0, 0.5, 1.0, 2.0, math.inf), "tsallis": (0.0, 0.5, 1.0, 2.0)}
PAIRS: dict[str, tuple[Any, Any]] = {
    "article": (P, Q1),
    "equal": ([0.5, 0.5], [0.5, 0.5]),
    "disjoint": ({"a": 1, "b": 0}, {"a": 0, "b": 1}),
    "absent": ({"a": 0.5, "b": 0.5}, {"b": 0.5, "c": 0.5}),
    "both zero": ([1.0, 0.0], [1.0, 0.0]),
    "counts": ([3, 1], [1, 4]),
    "beyond": ([1e308, 1e308], [1e308, 1e307]),
    "least": ([5e-324, 1.0], [0.5, 0.5]),
    "single": ([1], [1]),
}


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
@pytest.mark.parametrize("measure", MEASURES)
def test_every_measure_holds_to_the_schema(measure: str, pair: tuple[Any, Any]) -> None:
    """The JSON of every measure holds to the schema, its keys in their order and its numbers in full."""
    made = MEASURES[measure]
    for alpha in ALPHAS.get(measure, (None,)):
        options = {} if alpha is None else {"alpha": alpha}
        result = made(*pair[: len(made.sides)], **options)
        (found,) = valid(rendered("json", result))
        assert list(found) == KEYS
        assert found["value"] == (result.value if math.isfinite(result.value) else "Infinity")
        assert list(found["inputs"]) == list(made.sides)
        assert list(found["terms"][0]) == list(result.terms)
        assert next(iter(found["terms"][0])) == "outcome"
        assert list(found["terms"][0])[-1] == "contribution"
        for name, column in result.terms.items():
            for term, x in zip(found["terms"], column, strict=True):
                assert term[name] == (x if isinstance(x, str) or math.isfinite(x) else _word(x))
        rendered("ndjson", result)


def _word(x: float) -> str | None:
    return None if math.isnan(x) else "Infinity" if x > 0 else "-Infinity"


def test_the_keys_of_every_kind_of_answer_stand_in_order() -> None:
    """The label follows inputs, omitted follows terms, explanation stands last, and terms leave with --no-steps."""
    listed = json.loads(rendered("json", klcli.compare(P, Q1, Q2), top=2, explain=True))["results"]
    expected = [*KEYS[:4], "label", *KEYS[4:8], "omitted", *KEYS[8:], "explanation"]
    assert [list(each) for each in listed] == [expected, expected]
    single = json.loads(rendered("json", klcli.kl(P, Q1), steps=False))["results"]
    assert [list(each) for each in single] == [[key for key in KEYS if key != "terms"]]


def test_a_term_of_kl_has_the_names_that_were_promised() -> None:
    """A term of kl is outcome, p, q, ratio, log, contribution."""
    (result,) = json.loads(rendered("json", klcli.kl(P, Q1)))["results"]
    assert list(result["terms"][0]) == ["outcome", "p", "q", "ratio", "log", "contribution"]


def test_the_schema_describes_every_field() -> None:
    """Every property and every definition in the schema has a description."""
    schema = json.loads((SAMPLES.parent / "docs" / "schema.json").read_text(encoding="utf-8"))

    def bare(node: Any, place: str) -> list[str]:
        if not isinstance(node, dict) or set(node) == {"$ref"}:
            return []
        described = [place] if "description" not in node else []
        children = [
            *((f"{place}.{name}", {"": "", **child}) for name, child in node.get("properties", {}).items()),
            *((f"{place}[]", node.get(name)) for name in ("items", "additionalProperties")),
            *((f"#{name}", child) for name, child in node.get("$defs", {}).items()),
            *((f"{place}|{index}", child) for index, child in enumerate(node.get("oneOf", ()))),
        ]
        return [*described, *(found for where, child in children for found in bare(child, where))]

    assert bare(schema, "$") == []
    assert bare({"properties": {"x": {"$ref": "#"}}, "description": "d"}, "$") == ["$.x"]


@pytest.mark.parametrize(
    "change",
    [
        {"extra": 1},
        {"value": None},
        {"value": "NaN"},
        {"value": "inf"},
        {"base": 1},
        {"notes": [""]},
        {"terms": []},
        {"terms": [{"outcome": "a", "p": 2, "contribution": 0}]},
        {"terms": [{"p": 0.5}]},
        {"terms": [{"outcome": "a", "p": 0.5, "contribution": "much"}]},
        {"terms": [{"outcome": "a", "p": 0.5, "contribution": None}]},
        {"omitted": 0},
        {"inputs": {}},
        {"details": {"x": "1"}},
    ],
    ids=str,
)
def test_the_schema_refuses_what_is_wrong(change: dict[str, Any]) -> None:
    """The schema is strict: further keys, null or NaN for the value and numbers out of range do not pass it."""
    found = json.loads(rendered("json", klcli.kl(P, Q1)))
    found["results"][0] |= change
    with pytest.raises(Exception, match=r"(?s)."):
        valid(json.dumps(found))


@pytest.mark.parametrize("measure", MEASURES)
def test_the_schema_knows_every_name(measure: str) -> None:
    """Every column and every detail of a measure has its own description in the schema."""
    schema = json.loads((SAMPLES.parent / "docs" / "schema.json").read_text(encoding="utf-8"))["$defs"]
    made = MEASURES[measure]
    result = made(*[[3, 1], [1, 4]][: len(made.sides)], **{name: 2.0 for name in made.options if name == "alpha"})
    assert set(result.terms) <= set(schema["term"]["properties"])
    assert set(result.details) <= set(schema["details"]["properties"])


# Notebooks


def test_a_notebook_shows_the_table() -> None:
    """A notebook shows the result as a fragment of HTML: the same table, and no page of its own."""
    fragment = klcli.kl(P, Q1)._repr_html_()
    assert HTML.partition("<main>")[2].partition("</main>")[0] in undrawn(fragment)
    for word in ("<html", "<body", "<script", "body{"):
        assert word not in fragment


def test_addresses_are_no_links_in_markdown() -> None:
    """GitHub would make one of a label that is an address, a name or a mail."""
    found = klcli.entropy({"http://a.b/c": 1, "WWW.a.b": 1, "x@y.z": 2})
    text = rendered("markdown", found)
    assert all(each in text for each in ("http&#58;//a.b/c", "WWW&#46;a.b", "x&#64;y.z"))
