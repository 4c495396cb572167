"""Times as a person reads them: local, to the second."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo


def local(at: float | None, zone: tzinfo | None = None) -> datetime | None:
    """Give a time in a zone, by default the one of this machine."""
    return None if at is None else datetime.fromtimestamp(at, tz=UTC).astimezone(zone)


def stamp(at: float | None, zone: tzinfo | None = None) -> str:
    """Write `2026-08-01 14:03:11`."""
    time = local(at, zone)
    return "" if time is None else time.strftime("%Y-%m-%d %H:%M:%S")


def clock(at: float | None, zone: tzinfo | None = None) -> str:
    """Write `14:03:11.250`."""
    time = local(at, zone)
    return "" if time is None else f"{time.strftime('%H:%M:%S')}.{time.microsecond // 1000:03d}"


def span(started: float | None, ended: float | None) -> float | None:
    """Give the seconds between two times, where both are known."""
    return None if started is None or ended is None else ended - started
