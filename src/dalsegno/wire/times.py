"""Times that come over the wire, read."""

from __future__ import annotations

from datetime import datetime


def seconds(text: str | None) -> float | None:
    """Give a time as seconds since 1970."""
    return None if text is None else datetime.fromisoformat(text).timestamp()


def known_seconds(text: str) -> float:
    """Give a time that is always there."""
    return datetime.fromisoformat(text).timestamp()
