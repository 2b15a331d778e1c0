"""Memory: whether a limit leaves enough, which is asked before what would end the process in its own words."""

from __future__ import annotations

import os

_AMPLE = 2**33  # bytes of address space with which nobody needs to be sparing


def require_memory(size: int) -> None:
    """Raise MemoryError where a limit on address space leaves fewer bytes than that."""
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if 0 <= limit < _AMPLE:  # without a limit it is negative, or too large to matter
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # each thread would want its own part
        bytes(size)
