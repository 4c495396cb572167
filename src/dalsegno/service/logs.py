"""Use cases about log lines: looking for them, and reading all of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dalsegno.errors import Refusal, closest, did_you_mean
from dalsegno.service.finding import find_run, find_task_run
from dalsegno.store.port import Store, StoredLine

#: levels, the least important first
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_PAGE = 1000
#: lines that one search looks at; where there are more, it gives what it has found and where to go on
_LOOKED_AT = 200_000


@dataclass(frozen=True, slots=True)
class LineFilter:
    """Which lines are wanted; parts combine.

    Parameters
    ----------
    address : of one task run alone; a kept one's lines are those of where it really ran.
    attempt : of one attempt alone.
    level : this important or more.
    text : that stands in the line, whatever its letters' case.
    """

    address: str | None = None
    attempt: int | None = None
    level: str | None = None
    text: str | None = None

    def lets_through(self, stored: StoredLine) -> bool:
        """Whether a line is wanted."""
        if self.attempt is not None and stored.attempt != self.attempt:
            return False
        if self.level is not None and _rank(stored.line.level) < _rank(self.level):
            return False
        return self.text is None or self.text.casefold() in stored.line.text.casefold()


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines that were found; `next` is the position to go on after, `None` at the end of what is there."""

    lines: tuple[StoredLine, ...]
    next: int | None


class LogCases:
    """Look for log lines."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def find(self, run: str, wanted: LineFilter, *, after: int = 0, limit: int = 1000) -> Lines:
        """Give lines after a position, oldest first.

        Raises
        ------
        NotFound : no such run, or no such task run in it; with the closest.
        Refusal : the level is none.
        """
        self.check(run, wanted)
        found: list[StoredLine] = []
        for looked_at, stored in enumerate(self._from(run, wanted.address, after), 1):
            if wanted.lets_through(stored):
                if len(found) == limit:
                    return Lines(tuple(found), found[-1].position)
                found.append(stored)
            if looked_at >= _LOOKED_AT:
                return Lines(tuple(found), stored.position)
        return Lines(tuple(found), None)

    def check(self, run: str, wanted: LineFilter) -> None:
        """Refuse a filter that can let nothing through: no such run or task run, no such level."""
        found = find_run(self._store, run)
        if wanted.address is not None:
            find_task_run(self._store, found, wanted.address)
        if wanted.level is not None:
            _check_level(wanted.level)

    def all(self, run: str, wanted: LineFilter) -> Iterator[StoredLine]:
        """Give all lines that are wanted, read as they are taken. What is wrong is told at once."""
        self.check(run, wanted)
        return filter(wanted.lets_through, self._from(run, wanted.address, 0))

    def _from(self, run: str, address: str | None, after: int) -> Iterator[StoredLine]:
        found = find_run(self._store, run)
        task_run = None if address is None else find_task_run(self._store, found, address)
        return self._read(found.id, None if task_run is None else task_run.reused_from or task_run.id, after)

    def _read(self, run: str, task_run: str | None, after: int) -> Iterator[StoredLine]:
        while True:
            if task_run is None:
                page = self._store.logs.of_run(run, after, _PAGE)
            else:
                page = self._store.logs.of_task_run(task_run, after, _PAGE)
            yield from page
            if len(page) < _PAGE:
                return
            after = page[-1].position


def _rank(level: str) -> int:
    return LEVELS.index(level) if level in LEVELS else LEVELS.index("INFO")


def _check_level(level: str) -> None:
    if level not in LEVELS:
        near = closest(level, LEVELS)
        hint = did_you_mean(near) or f"; there are {', '.join(f'`{each}`' for each in LEVELS)}"
        raise Refusal(f"there is no level `{level}`{hint}", code="unknown-level", closest=near)
