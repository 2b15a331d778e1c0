"""Outcomes that may be the total of others: tables have such rows, and distributions do not."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from klcli.columns import Column
from klcli.distribution import TOLERANCE, listed
from klcli.errors import clipped
from klcli.lazy import np

if TYPE_CHECKING:
    from klcli.numerics import Array

# What totals are called, and hardly anything else is.
_SURE = re.compile(
    r"(.*\b)?(sub-?|eind|hoved|slut)?(tota(ls?|les?|len|lt|lsum|lsumm?a|ux|al)|toplam|yhteensä|ergebnis)\b.*|"
    r"sum of .*|gesamt(ergebnis|summe)?|summe gesamt|insgesamt|zwischensumme|(общий )?итог[ои]?|всего|всього|общо|"
    r"kopā|[合总總総小共][计計]|[总總]数|總數|총?합계|총계|소계|razem|ogółem|suma końcowa|celkem|celkový součet|"
    r"összesen|végösszeg|ukupno|ukupni zbroj|skupaj|skupna vsota|spolu|celkový súčet|σύνολο|γενικό άθροισμα|разом|"
    r"загальний підсумок|общ[аи]? (сума|сбор)|kopsumma|bendroji suma|üldkokkuvõte|jumlah|tổng cộng|i alt|"
    r"סכום כולל|סה[\"״]כ|(ال)?[إا]جمالي.*|المجموع|جمع کل|कुल योग|ผลรวมทั้งหมด",
    re.IGNORECASE | re.DOTALL,
)
# What may as well be an outcome, unless its number says so too.
_LIKELY = re.compile(
    r"\(?(all|both|overall|everyone|everything)\b.*|sum|summe|summa|suma|somme|somma|soma|ensemble|zusammen|alle|計|Σ|∑",
    re.IGNORECASE | re.DOTALL,
)
# What stands where there is no label, as in the last row of a ROLLUP.
_MISSING = re.compile(r"|\(?null\)?|<na>|n/?a|nan|none|\\n", re.IGNORECASE)
_NEAR = 0.02  # of the sum of the others: what rounding makes, or an outcome that is not listed
_FEWEST = 4  # outcomes, of which the first or the last is doubted for its number alone
_MANY = 10_000  # outcomes, of which the first, the last and the large ones are looked at
_LARGE = 0.01  # of the sum


def doubt(column: Column, values: Array) -> str:
    """What is told of outcomes that may be the total of others, by their labels and their numbers; "" of none.

    No one is where the weights sum to 1, nor, by its number alone, where each is a power of 1/2 of the sum, as in
    examples of codes.
    """
    size = len(values)
    with np.errstate(over="ignore", invalid="ignore"):
        total = float(values.sum())
    if size < 2 or not 0 < total < np.inf or abs(total - 1) <= TOLERANCE:
        return ""
    ends = {0, size - 1}
    is_doubted = size >= _FEWEST and not _is_dyadic(values)
    found = {}
    for place in sorted(ends) if column.labels is None else _likely_places(values, total):
        label = None if column.labels is None else column.labels[place]
        share = float(values[place] / total)
        by_number = place in ends and (is_doubted or (size > 2 and label is not None and _is_missing(label)))
        if _is_so_called(label or "", share) or (by_number and _is_half(share)):
            shown = column.place(place) if label is None else repr(clipped(label))
            found[shown] = _is_half(share)
    return _told(found)


def _likely_places(values: Array, total: float) -> Iterable[int]:
    """The places of outcomes whose labels are looked at: all of them, or of very many the ends and the large ones."""
    if len(values) <= _MANY:
        return range(len(values))
    large = np.flatnonzero(values >= _LARGE * total).tolist()
    return sorted({0, len(values) - 1, *large})


def doubt_among(shares: dict[str, float], size: int) -> str:
    """The same of very many outcomes, of which those with the largest shares are given."""
    if size < 2:
        return ""
    is_doubted = size >= _FEWEST
    return _told(
        {
            repr(clipped(label)): _is_half(share)
            for label, share in shares.items()
            if _is_so_called(label, share) or (is_doubted and _is_half(share))
        }
    )


def _is_half(share: float) -> bool:
    """Whether an outcome with that share is the sum of all the others."""
    return abs(2 * share - 1) <= 1e-9


def _is_so_called(label: str, share: float) -> bool:
    bare = _bare(label)
    return bool(_SURE.fullmatch(bare) or (_LIKELY.fullmatch(bare) and abs(2 * share - 1) < _NEAR))


def _is_missing(label: str) -> bool:
    return _MISSING.fullmatch(_bare(label)) is not None


def _bare(label: str) -> str:
    return label.replace("_", " ").strip(" :.…")


def _told(found: dict[str, bool]) -> str:
    """What is told of the outcomes that are shown so, each with whether it is the sum of all the others."""
    if not found:
        return ""
    if len(found) > 1:
        shown = listed([*found])
        return f"{shown} may be totals of others, and were read as outcomes beside them: leave them out if so"
    [(shown, is_sum)] = found.items()
    what = "is the sum of all the others" if is_sum else "may be the sum of others"
    return f"{shown} {what}, and was read as an outcome beside them: leave it out if it is their total"


def _is_dyadic(values: Array) -> bool:
    shares = values[values > 0] / values.sum()
    return bool((np.frexp(shares)[0] == 0.5).all())
