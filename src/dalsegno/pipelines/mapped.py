"""What is passed to mapped steps as it is."""

from __future__ import annotations

from typing import Any


class Unmapped:
    """A value that every item of a mapped step gets whole."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __repr__(self) -> str:
        return f"unmapped({self.value!r})"


def unmapped(value: Any) -> Any:
    """Say of an argument of `.map` or `.product` that every item gets it whole."""
    return Unmapped(value)
