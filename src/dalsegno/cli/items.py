"""Telling of loops with many items: the first few one by one, then how many there are by now."""

from __future__ import annotations

from collections import Counter

from dalsegno.cli.render.lines import Line
from dalsegno.cli.render.progress import ended_line, items_line
from dalsegno.model.progress import TaskMoved
from dalsegno.model.state import State

#: what ends well in the items of one loop and has a line of its own
_FIRST = 10
_QUIET = frozenset({State.SUCCESS, State.SKIPPED})


class ItemLines:
    """Decides what is told of what ends in the items of loops. What does not end well is always told.

    Parameters
    ----------
    words : whether states are spelt out.
    """

    def __init__(self, *, words: bool) -> None:
        self._ended = Counter[str]()
        self._words = words

    def line(self, event: TaskMoved) -> Line | None:
        """Give the line for a task that has ended; `None` for one of many."""
        loop = event.address.rpartition("[")[0]
        if not loop:
            return ended_line(event, words=self._words)
        self._ended[loop] += 1
        ended = self._ended[loop]
        if ended <= _FIRST or event.state not in _QUIET:
            return ended_line(event, words=self._words)
        return items_line(loop, ended, event.state, words=self._words) if _is_round(ended) else None

    def group_line(self, event: TaskMoved) -> Line | None:
        """Give the line for a loop that has ended, where it was not told one by one."""
        ended = self._ended.pop(event.address, 0) if event.state.ended else 0
        if ended <= _FIRST:
            return None
        return items_line(event.address, ended, event.state, words=self._words, took=event.seconds)


def _is_round(number: int) -> bool:
    """Whether a number is worth a line: 20, 50, 100, 200, 500, 1,000 and so on."""
    digits = str(number)
    return digits[0] in "125" and not digits[1:].strip("0")
