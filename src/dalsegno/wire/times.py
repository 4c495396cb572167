"""Times over the wire: ISO 8601 in UTC, to the millisecond."""

from __future__ import annotations

from datetime import UTC, datetime


def seconds(text: str | None) -> float | None:
    """Give a time as seconds since 1970."""
    return None if text is None else datetime.fromisoformat(text).timestamp()


def known_seconds(text: str) -> float:
    """Give a time that is always there."""
    return datetime.fromisoformat(text).timestamp()


def exactly(at: float | None) -> str | None:
    """Give a time as text, to the microsecond: what is asked for is not to be rounded."""
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat()


def time_text(at: float | None) -> str | None:
    """Give seconds since 1970 as a time."""
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
