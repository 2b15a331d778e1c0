"""Distributions as text: normal(0, 1), gamma(shape=2, rate=1/3), mvnormal([[2, 1], [1, 2]])."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from klcli.errors import InputError, clipped
from klcli.families.family import FAMILIES, Family, ParameterError
from klcli.numerals import NumeralError, counted, number

Load = Callable[[str], Sequence[Sequence[float]]]  # from the name of a file to its rows of numbers

_BY_NAME = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)\s*=(.*)", re.DOTALL)


def parse(text: str, load: Load | None = None) -> Family:
    """The distribution that the text writes, as normal(0, 1) or gamma(shape=2, rate=1/3).

    Parameters come by position or by name. mvnormal takes lists of numbers, or names of files, which `load` reads:
    it gets the name and returns the rows of numbers there. Quotes let a name hold commas and brackets.

    Raises InputError, which says what would be right, for an unknown family or for parameters that it does not take.

    >>> str(parse("gamma(rate=1/4, shape=2)"))
    'gamma(2, 0.25)'
    >>> parse("normal(0,-1)")
    Traceback (most recent call last):
    klcli.families.family.ParameterError: normal(0,-1): sd is -1: it must be > 0
    """
    text = text.strip()
    name, bracket, inner = text.partition("(")
    cls = _known(name.strip())
    if not bracket or not inner.endswith(")"):
        raise InputError(f"{clipped(text)}: write the parameters in brackets: {cls.usage()}")
    try:
        return cls.made({name: _value(cls, name, each, load) for name, each in _bound(cls, inner[:-1]).items()})
    except ParameterError as error:
        raise ParameterError(text, error.what) from None


def _known(name: str) -> type[Family]:
    if name.lower() in FAMILIES:
        return FAMILIES[name.lower()]
    from difflib import get_close_matches

    close = get_close_matches(name.lower(), FAMILIES, 1) or [
        each for each in FAMILIES if each.startswith(name.lower())
    ]
    hint = f": did you mean {close[0]}?" if name and close else "."
    raise InputError(f"{clipped(name)!r} is not a family{hint} There are {', '.join(FAMILIES)}")


def _bound(cls: type[Family], text: str) -> dict[str, str]:
    """The text of each parameter by its name, in the family's order."""
    positional: list[str] = []
    named: dict[str, str] = {}
    for each in _split(text) if text.strip() else []:
        match = _BY_NAME.fullmatch(each)
        if not match and named:
            raise ParameterError("", f"{each.strip()} has no name and comes after one that has: {cls.usage()}")
        if not match:
            positional.append(each)
        elif match[1] in named:
            raise ParameterError("", f"{match[1]} is given twice")
        else:
            named[match[1]] = match[2]
    given = len(positional) + len(named)
    names = tuple(f"a{index}" for index in range(1, given + 1)) if cls.numbered else cls.names()
    free = [name for name in names if name not in named]
    if len(positional) < len(free):
        free = [name for name in free if name not in cls.optional]
    unknown = [name for name in named if name not in names]
    if unknown:
        raise ParameterError("", f"{unknown[0]} is none of its parameters: {cls.usage()}")
    if len(positional) != len(free):
        raise ParameterError("", f"{counted(given, 'parameter')} given: it is written {cls.usage()}")
    named |= dict(zip(free, positional, strict=True))
    return {name: named[name] for name in names if name in named}


def _split(text: str) -> list[str]:
    """The text in pieces, at the commas that stand in no brackets and no quotes."""
    pieces, depth, quote = [""], 0, ""
    for character in text:
        if quote or character in "\"'":
            quote = "" if character == quote else quote or character
        elif character in "[]":
            depth += 1 if character == "[" else -1
        if character == "," and not depth and not quote:
            pieces.append("")
        else:
            pieces[-1] += character
        if depth < 0:
            break
    if depth or quote:
        raise ParameterError("", f"a {quote or '[ or ]'} stands alone")
    return pieces


def _value(cls: type[Family], name: str, text: str, load: Load | None) -> Any:
    """What a parameter is: a number or, where the family takes them, a list or the rows of a file."""
    text = text.strip()
    if not text:
        raise ParameterError("", f"{name} is blank")
    if not cls.takes_lists or text.startswith("["):
        return _numbers(name, text, 2 if cls.takes_lists else 0)
    if text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1]
    if load is None:
        raise ParameterError("", f"{name} is the file {clipped(text)!r}, and files are not read here")
    return [[float(x) for x in row] for row in load(text)]


def _numbers(name: str, text: str, depth: int) -> Any:
    """A number, or a list of numbers or of lists of them, as deep as may be."""
    text = text.strip()
    if text.startswith("["):
        if not depth:
            raise ParameterError("", f"{name} has a list where a number belongs")
        if not text.endswith("]"):
            raise ParameterError("", f"{name} has {clipped(text, 40)!r} where a list or a number belongs")
        return [_numbers(name, each, depth - 1) for each in _split(text[1:-1])] if text[1:-1].strip() else []
    try:
        return number(text)
    except NumeralError as error:
        raise ParameterError("", f"{name}: {error}") from None
