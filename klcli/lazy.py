"""numpy, imported when it is first used: --help, --version and shell completion answer without it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__all__ = ["np"]

if TYPE_CHECKING:
    import numpy as np
else:

    class _Numpy:
        def __getattr__(self, name: str) -> Any:
            import numpy

            attribute = getattr(numpy, name)
            setattr(self, name, attribute)  # the next look-up finds it without this detour
            return attribute

    np = _Numpy()
