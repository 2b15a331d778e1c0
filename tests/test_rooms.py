"""The folders whose file names are choices."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import klcli
from klcli import rooms
from klcli.readers import FORMATS

HERE = Path(klcli.__file__).parent


def test_names_are_the_files_of_the_folder() -> None:
    """The names are those of the files, sorted, without the ones that begin with an underscore."""
    files = sorted(path.stem for path in (HERE / "render").glob("*.py") if not path.name.startswith("_"))
    assert rooms.names("render") == tuple(files)
    assert len(files) >= 8


def test_a_new_file_is_a_new_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A file that is put into the folder is a choice at once; folders, caches and other files are none."""
    folder = tmp_path / "engines"
    (folder / "__pycache__").mkdir(parents=True)
    for name in ("b.py", "a.py", "__init__.py", "_shared.py", "notes.txt", "a.pyc"):
        (folder / name).touch()
    monkeypatch.setattr(rooms, "__file__", str(tmp_path / "rooms.py"))
    assert rooms.names("engines") == ("a", "b")


@pytest.mark.parametrize("name", rooms.names("render"))
def test_load_gives_the_renderer_of_that_name(name: str) -> None:
    """Every name loads the module of its file, and that can render."""
    module = rooms.load("render", name)
    assert module.__name__ == f"klcli.render.{name}"
    assert Path(str(module.__file__)) == HERE / "render" / f"{name}.py"
    assert callable(module.render)
    assert (module.__doc__ or "").endswith(".")


def test_load_refuses_a_name_that_is_no_file() -> None:
    """A name without a file is a ModuleNotFoundError that says which."""
    with pytest.raises(ModuleNotFoundError, match=r"klcli\.render\.xlsx"):
        rooms.load("render", "xlsx")


def test_the_choices_of_format_are_the_files(call: Callable[..., object]) -> None:
    """--format takes what lies in render/ and --input-format what the readers have entered, and nothing else."""
    done = call("kl", "1,0", "1,0", "--format", "xlsx")
    assert done.code == 2
    assert ", ".join(map(repr, rooms.names("render"))) in done.err
    done = call("kl", "1,0", "1,0", "--input-format", "xlsx")
    assert done.code == 2
    assert ", ".join(map(repr, FORMATS)) in done.err
