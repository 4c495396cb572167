"""The time limits of groups: when each is over, counted from the recorded start of its group, and what it says then.

None of them holds a thread: the runner asks when the first is due, and looks whenever something is about to begin.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush

from dalsegno.engine.frames import Frame, GroupRun
from dalsegno.engine.starting import seconds_of
from dalsegno.engine.stopping import GROUP_TIMEOUT, GroupStop
from dalsegno.engine.worker import Tools
from dalsegno.errors import TaskFailed
from dalsegno.model.clock import Clock

_HINT = "give it more time with `timeout`, or find out with `dalsegno gantt` what took so long"


class GroupLimits:
    """The limits of the groups of one run that have begun."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._due: list[tuple[float, int, Frame]] = []
        self._count = 0

    def limit_of(self, owner: GroupRun, around: Frame) -> GroupStop | None:
        """Give the limit of a group that begins, or that is taken up again.

        Raises
        ------
        DalSegnoError : it cannot be rendered, or is no duration.
        """
        seconds = seconds_of(owner.task, around.scope, self._tools)
        if seconds is None:
            return None
        text = f"`{owner.address}` took longer than its timeout of {seconds:g} s"
        why = {"code": GROUP_TIMEOUT, "message": f"stopped: {text}"}
        error = TaskFailed(text, code="timeout", hint=_HINT)
        told = {**error.as_json(), "address": owner.address}
        return GroupStop(around.stop or self._tools.stop, due=owner.started + seconds, error=told, why_inside=why)

    def watch(self, frame: Frame, limit: GroupStop) -> None:
        """Take note of the limit of a group that has begun."""
        self._count += 1
        heappush(self._due, (limit.due, self._count, frame))

    @property
    def until(self) -> float | None:
        """When the first of them is over."""
        self._drop()
        return self._due[0][0] if self._due else None

    def take_due(self, clock: Clock) -> Iterator[Frame]:
        """Take the groups whose time is over."""
        while (until := self.until) is not None and until <= clock.now():
            yield heappop(self._due)[2]

    def _drop(self) -> None:
        """Forget those whose tasks have ended."""
        while self._due and (self._due[0][2].limit_stop is None or self._due[0][2].final is not None):
            heappop(self._due)
