"""What fuzzing has found worth keeping: every piece of it is an answer or a refusal, and so are its neighbours."""

from __future__ import annotations

from pathlib import Path

import fuzz
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st


@pytest.mark.parametrize("name", fuzz.NAMES)
def test_what_was_found_is_read_or_refused(name: str, tmp_path: Path) -> None:
    """Every piece of the corpus is a Distribution, or is refused as a fault of the input."""
    pieces = sorted((fuzz.CORPUS / name).iterdir())
    assert len(pieces) >= 10
    for piece in pieces:
        fuzz.check(name, piece.read_bytes(), tmp_path)


@pytest.mark.parametrize("name", fuzz.NAMES)
@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_neighbours_of_what_was_found_are_read_or_refused(
    name: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A piece of the corpus with some bytes changed is one or the other too."""
    pieces = sorted((fuzz.CORPUS / name).iterdir())
    piece = bytearray(data.draw(st.sampled_from(pieces)).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(piece)))
        piece[start : start + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
    fuzz.check(name, bytes(piece), tmp_path_factory.getbasetemp())
