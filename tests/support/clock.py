"""A clock that stands until it is set, and ids that count."""

from __future__ import annotations

from threading import Lock

from dalsegno.engine.clock import SystemClock

#: 2024-08-15T12:00:00Z
NOON = 1_723_723_200.0


class SetClock:
    """A clock for tests. Each look at it moves it on by `tick` seconds, so that what follows each other differs."""

    def __init__(self, seconds: float = NOON, *, tick: float = 0.0) -> None:
        self.seconds = seconds
        self._tick = tick
        self._lock = Lock()

    def now(self) -> float:
        with self._lock:
            self.seconds += self._tick
            return self.seconds

    def move(self, seconds: float) -> None:
        """Set it on by so many seconds."""
        with self._lock:
            self.seconds += seconds


class MovedClock:
    """The clock of the machine, which can be set on."""

    def __init__(self) -> None:
        self._inner = SystemClock()
        self._moved = 0.0

    def now(self) -> float:
        return self._inner.now() + self._moved

    def move(self, seconds: float) -> None:
        """Set it on by so many seconds."""
        self._moved += seconds


class CountedIds:
    """Ids in the shape of UUIDs that count up from 1."""

    def __init__(self, start: int = 0) -> None:
        self._last = start
        self._lock = Lock()

    def new(self) -> str:
        with self._lock:
            self._last += 1
            return f"00000000-0000-7000-8000-{self._last:012x}"
