"""Outcomes that may be the total of others: tables have such rows, and distributions do not."""

from __future__ import annotations

import re
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
_MANY = 10_000  # outcomes, of which only the first and the last are looked at


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
    for place in range(size) if column.labels is not None and size <= _MANY else sorted(ends):
        label = None if column.labels is None else column.labels[place].replace("_", " ").strip(" :.…")
        off = abs(2 * (values[place] / total) - 1) if values[place] else 1.0  # 0 where it is the sum of the others
        is_sum = off <= 1e-9
        is_so_called = label and (_SURE.fullmatch(label) or (_LIKELY.fullmatch(label) and off < _NEAR))
        if is_so_called or (
            is_sum
            and place in ends
            and (is_doubted or (size > 2 and label is not None and _MISSING.fullmatch(label)))
        ):
            found[place] = is_sum
    if not found:
        return ""
    shown = [column.place(place) if column.labels is None else repr(clipped(column.labels[place])) for place in found]
    if len(found) > 1:
        return f"{listed(shown)} may be totals of others, and were read as outcomes beside them: leave them out if so"
    what = "is the sum of all the others" if all(found.values()) else "may be the sum of others"
    return f"{shown[0]} {what}, and was read as an outcome beside them: leave it out if it is their total"


def _is_dyadic(values: Array) -> bool:
    shares = values[values > 0] / values.sum()
    return bool((np.frexp(shares)[0] == 0.5).all())
