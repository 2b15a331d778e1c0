"""The folders whose file names are choices: their names, and the module behind one."""

from __future__ import annotations

import importlib
import os
from types import ModuleType


def names(folder: str) -> tuple[str, ...]:
    """The names of the modules in a folder of this package, sorted.

    >>> names("render")
    ('bars', 'csv', 'html', 'json', 'latex', 'markdown', 'ndjson', 'pdf', 'png', 'svg', 'table', 'tsv')
    """
    path = os.path.join(os.path.dirname(__file__), folder)
    files = (entry for entry in os.listdir(path) if entry.endswith(".py") and not entry.startswith("_"))
    return tuple(sorted(entry.removesuffix(".py") for entry in files))


def load(folder: str, name: str) -> ModuleType:
    """The module of that name in a folder of this package."""
    return importlib.import_module(f"klcli.{folder}.{name}")
