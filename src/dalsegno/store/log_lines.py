"""Log lines: how they are added, in chunks, and how some are dropped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from dalsegno.errors import NotFound
from dalsegno.store import rows
from dalsegno.store import statements as sql
from dalsegno.store.jsontext import from_text, to_text
from dalsegno.store.reads import CHUNK

if TYPE_CHECKING:
    from dalsegno.store.port import AppendLogs, DropLines
    from dalsegno.store.writes import Step, Transaction


def append_logs(write: AppendLogs) -> Step:
    """Give the step that adds lines."""
    pieces = [write.lines[start : start + CHUNK] for start in range(0, len(write.lines), CHUNK)]
    chunks = [(len(piece), rows.lines_to_text(piece)) for piece in pieces]
    where = {"run": write.run, "task_run": write.task_run, "attempt": write.attempt}

    def step(transaction: Transaction) -> None:
        # without a lease two writers may meet here: the row's lock gives each its own positions
        if not transaction.fetch(transaction.dialect.lock_run, {"run": write.run}):
            raise NotFound(f"there is no run {write.run} in this store, so its log cannot be kept")
        last = next((row[0] for row in transaction.fetch(sql.LAST_LINE, {"run": write.run})), 0)
        for size, text in chunks:
            chunk = {**where, "first_line": last + 1, "last_line": last + size, "lines": text}
            transaction.change(sql.APPEND_LOGS, chunk)
            last += size

    return step


def drop_lines(write: DropLines) -> Step:
    """Give the step that drops lines. All others keep their positions, and no position is given twice."""
    dropped = frozenset(write.positions)

    def step(transaction: Transaction) -> None:
        run = {"run": write.run}
        if not transaction.fetch(transaction.dialect.lock_run, run):
            raise NotFound(f"there is no run {write.run} in this store")
        chunks = transaction.fetch(sql.CHUNKS_OF_RUN, run)
        for first, last, task_run, attempt, text in chunks:
            lines = from_text(text)
            left = [(first + at, line) for at, line in enumerate(lines) if first + at not in dropped]
            if len(left) == len(lines):
                continue
            transaction.change(sql.DELETE_CHUNK, {**run, "first_line": first})
            pieces = list(_pieces(left))
            if last == chunks[-1][1] and (not pieces or pieces[-1][0] + len(pieces[-1][1]) <= last):
                # what is added later goes on behind the last position, though nothing stands there any more
                pieces.append((last, []))
            for begin, kept in pieces:
                end = begin + max(len(kept), 1) - 1
                where = {**run, "task_run": task_run, "attempt": attempt}
                transaction.change(
                    sql.APPEND_LOGS, {**where, "first_line": begin, "last_line": end, "lines": to_text(kept)}
                )

    return step


def _pieces(left: Sequence[tuple[int, Any]]) -> Iterator[tuple[int, list[Any]]]:
    """Give the lines that are left as they follow each other without a gap."""
    for _, group in groupby(enumerate(left), key=lambda pair: pair[1][0] - pair[0]):
        found = [line for _, line in group]
        yield found[0][0], [line for _, line in found]
