"""The real clock and real ids."""

from __future__ import annotations

import time


class SystemClock:
    """The clock of this machine."""

    def now(self) -> float:
        """Give seconds since 1970, UTC."""
        return time.time()  # noqa: TID251 - this is the one place


class RandomIds:
    """UUIDs, version 7: they sort by the time at which they were made."""

    def __init__(self) -> None:
        from uuid_utils import uuid7

        self._uuid7 = uuid7

    def new(self) -> str:
        """Give a new id."""
        return str(self._uuid7())
