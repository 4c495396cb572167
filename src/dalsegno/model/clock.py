"""The one clock, and where new ids come from. Both are passed in, so that tests and replays can set them."""

from __future__ import annotations

from typing import Protocol


class Clock(Protocol):
    """Gives the time."""

    def now(self) -> float:
        """Give seconds since 1970, UTC."""
        ...


class Ids(Protocol):
    """Gives new ids."""

    def new(self) -> str:
        """Give an id that was never given before; later ones sort after earlier ones."""
        ...
