"""Mistakes that a user can put right: every message says what is wrong, where, and what would be right."""

from __future__ import annotations


class KlcliError(Exception):
    """Base of every error that is the input's, the option's or the machine's fault, never a bug of ours."""

    exit_code = 2


class InputError(KlcliError):
    """Raised when a source cannot be read as what the command needs; the message names the source and the place."""


class OutcomeError(InputError):
    """Raised when single outcomes are wrong; whoever read them turns `indices` into rows of a file."""

    def __init__(self, name: str, what: str, *indices: int) -> None:
        places = " and ".join(f"position {index}" for index in indices)
        super().__init__(f"{name}: {places}: {what}")
        self.name, self.what, self.indices = name, what, indices


class OptionError(KlcliError):
    """Raised when an option's value, or two of them together, mean nothing."""


class MissingExtraError(KlcliError):
    """Raised when a package that is not a required dependency is needed and not installed."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs an optional package: pip install 'klcli[{extra}]'")


class BeyondFloat64Error(KlcliError):
    """Raised when a value is finite but no float64 holds it."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is beyond the largest float64, 1.8e308")


class OutputError(KlcliError):
    """Raised when the answer could not be written whole."""

    exit_code = 74


def clipped(text: str, most: int = 80) -> str:
    """The text, cut where it is too long for a message."""
    return text if len(text) <= most else text[: most - 1] + "…"
