"""Labels: very many of them in little memory."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from operator import eq, index
from typing import TYPE_CHECKING, Any, overload

from klcli.lazy import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MANY = 100_000  # from which on labels are kept so
_BLOCK = 2**16  # that are taken out at once


class Labels(Sequence[str]):
    """The labels of all parts, one after the other: their text joined, and where each one ends.

    Ten million of ten signs take 140 MB; as strings they would take 670 MB.

    >>> labels = Labels(["a", "bc"], Labels(["", "d"]))
    >>> labels[1], labels[-1], list(labels), labels == ("a", "bc", "", "d")
    ('bc', 'd', ['a', 'bc', '', 'd'], True)
    """

    def __init__(self, *parts: Sequence[str]) -> None:
        self._texts: list[str] = []  # of each block
        self._firsts = [0]  # the number of the first label of each block, and of all labels
        ends: list[NDArray[np.integer[Any]]] = [np.empty(0, np.int32)]  # within the text of its block
        for part in parts:
            if isinstance(part, Labels):
                self._texts += part._texts
                self._firsts += [self._firsts[-1] + first for first in part._firsts[1:]]
                ends.append(part._ends)
            else:
                text = "".join(part)
                self._texts.append(text)
                self._firsts.append(self._firsts[-1] + len(part))
                lengths = np.fromiter(map(len, part), np.int64, len(part))
                ends.append(np.cumsum(lengths, dtype=np.int32 if len(text) < 2**31 else np.int64))
        self._ends: NDArray[np.integer[Any]] = np.concatenate(ends)

    def __len__(self) -> int:
        return self._firsts[-1]

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> list[str]: ...
    def __getitem__(self, place: int | slice) -> str | list[str]:
        if isinstance(place, slice):
            return self.take(np.arange(len(self))[place])
        found = range(len(self))[index(place)]  # which raises IndexError, and counts from the end below 0
        return self.take(np.array([found]))[0]

    def __iter__(self) -> Iterator[str]:
        for text, (first, after) in zip(self._texts, pairwise(self._firsts), strict=True):
            yield from _cut(text, self._ends[first:after])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or isinstance(other, str):
            return NotImplemented
        if len(self) != len(other):
            return False
        if not isinstance(other, Labels):
            return all(map(eq, self, other))
        alike = np.array_equal(self._lengths(), other._lengths())
        return alike and "".join(self._texts) == "".join(other._texts)

    __hash__ = None  # type: ignore[assignment] # it may be equal to a tuple, whose hash it does not know

    def __add__(self, other: Sequence[str]) -> Labels:
        return Labels(self, other)

    def __radd__(self, other: Sequence[str]) -> Labels:
        return Labels(other, self)

    def _lengths(self) -> NDArray[np.integer[Any]]:
        lengths = np.diff(self._ends, prepend=0)
        firsts = [first for first in self._firsts if first < len(self)]
        lengths[firsts] = self._ends[firsts]  # each block has a text of its own
        return lengths

    def first_blank(self) -> int | None:
        """The place of the first label without a sign to be seen, if there is one."""
        for text, (first, after) in zip(self._texts, pairwise(self._firsts), strict=True):
            ends = self._ends[first:after]
            if re.search(r"\s", text) or (np.diff(ends, prepend=0) == 0).any():
                labels = enumerate(_cut(text, ends), first)
                found = next((place for place, label in labels if not label.strip()), None)
                if found is not None:
                    return found
        return None

    def take(self, places: NDArray[np.intp]) -> list[str]:
        """The labels at these places, none of them below 0."""
        blocks = np.searchsorted(self._firsts, places, side="right") - 1
        starts = np.where(places == np.take(self._firsts, blocks), 0, self._ends[places - 1])
        found = zip(blocks.tolist(), starts.tolist(), self._ends[places].tolist(), strict=True)
        return [self._texts[block][start:end] for block, start, end in found]


def _cut(text: str, ends: NDArray[np.integer[Any]]) -> list[str]:
    """The labels of a block: its text, cut where each one ends."""
    return [text[start:end] for start, end in pairwise([0, *ends.tolist()])]


def first_blank(labels: Sequence[str]) -> int | None:
    """The place of the first label without a sign to be seen, if there is one.

    >>> first_blank(Labels(["a b", "b"], [], ["  ", "c"])), first_blank(["a", ""]), first_blank(["a"])
    (2, 1, None)
    """
    if not isinstance(labels, Labels):
        return next((place for place, label in enumerate(labels) if not label.strip()), None)
    return labels.first_blank()


def taken(labels: Sequence[str], places: NDArray[np.intp]) -> Iterator[list[str]]:
    """The labels at these places, some thousands at a time."""
    for start in range(0, len(places), _BLOCK):
        some = places[start : start + _BLOCK]
        yield labels.take(some) if isinstance(labels, Labels) else [labels[place] for place in some.tolist()]
