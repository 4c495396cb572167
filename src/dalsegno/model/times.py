"""Times as text: ISO 8601 in UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import overload


@overload
def iso(at: float) -> str: ...
@overload
def iso(at: float | None) -> str | None: ...
def iso(at: float | None) -> str | None:
    """Give seconds since 1970 as people and programs read them, to the millisecond."""
    if at is None:
        return None
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def exactly(at: float | None) -> str | None:
    """Give a time to the microsecond: what is asked for is not to be rounded."""
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat()
