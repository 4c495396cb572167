"""Lets go of the leases that the server holds for those of whom nothing is heard any more."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress

from dalsegno.errors import DalSegnoError
from dalsegno.service.leasing import LeaseCases

#: how often it looks, in seconds
_LOOK_EVERY = 0.5


@contextmanager
def letting_go(leases: LeaseCases) -> Generator[None]:
    """Look now and then, on a thread of its own."""
    over = threading.Event()

    def work() -> None:
        while not over.wait(_LOOK_EVERY):
            # the store may be away for a moment
            with suppress(DalSegnoError):
                leases.let_go()

    thread = threading.Thread(target=work, name="dalsegno-silence", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
