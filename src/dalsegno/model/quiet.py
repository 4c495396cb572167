"""Large plans make tens of thousands of small objects at once, none of which is garbage before the end."""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def without_collection() -> Generator[None]:
    """Let the collector of cycles rest: while much is made and nothing dropped, it only looks at the same things again."""
    rests = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if rests:
            gc.enable()
