"""Groups whose tasks share a folder: what comes before the first of them, and after the last.

Both are bodies of their own, which run where those of tasks do. Where the process died the folder is gone: all that had ended
in the group begins anew.
"""

from __future__ import annotations

import shutil
from collections import deque
from collections.abc import Mapping

from dalsegno.engine.bodies import Bodies, Live
from dalsegno.engine.frames import Entry, Frame, GroupRun, Phase, frame_of_group
from dalsegno.engine.job import Job
from dalsegno.engine.logs import AttemptLog
from dalsegno.engine.worker import Attempted, Outcome
from dalsegno.model.flow import Task
from dalsegno.model.plan import Action
from dalsegno.model.run import Result
from dalsegno.replay.edges import Scope


class Phases:
    """Begins and ends groups whose tasks share a folder."""

    def __init__(self, job: Job, bodies: Bodies) -> None:
        self._job = job
        self._bodies = bodies
        #: what had ended in such a group when the process died, until it begins anew
        self._again: dict[str, Result] = {}
        self._used: dict[str, dict[str, str]] = {}

    def open(self, owner: GroupRun, parent: Frame) -> Frame:
        """Give the frame of a group that begins."""
        frame = frame_of_group(owner, parent.scope, parent)
        frame.pending = deque[Entry]([Phase("begin"), *frame.pending, Phase("end")])
        frame.folder = self._job.tools.artifacts.scratch() / f"shared-{self._job.tools.ids.new()}"
        frame.folder.mkdir(parents=True)
        return frame

    def start(self, phase: Phase, frame: Frame) -> None:
        """Have what stands before or after the tasks be done."""
        owner, tools = frame.owner, self._job.tools
        assert owner is not None  # noqa: S101 - only a group has phases
        log = AttemptLog(
            self._job.logs, tools.clock, task_run=owner.task_run, address=owner.address, attempt=owner.attempt,
            observer=self._job.observer,
        )  # fmt: skip
        overrides = self._job.resolved.overrides(owner.task.id, frame.scope.keys)
        order = Attempted(
            owner.task, frame.scope, owner.task_run, owner.address, owner.attempt, tools.clock.now(), overrides, log, tools,
            began=owner.started, folder=frame.folder, phase=phase.name, stop=frame.stop,
        )  # fmt: skip
        self._bodies.add(Live(order, frame, self._job.expansion.decided(owner.address)))

    def ended(self, live: Live, outcome: Outcome) -> None:
        """Take what came of it."""
        order = live.order
        self._job.logs.end_attempt(order.task_run, order.attempt)
        self._used.setdefault(order.task_run, {}).update(outcome.used)
        if outcome.error is not None and not live.frame.expired:
            live.frame.error = dict(outcome.error)
        elif order.phase == "end" and outcome.state.has_result:
            self._job.memory.keep(order.address, outcome.plain)

    def used(self, task_run: str) -> Mapping[str, str]:
        """Give what a group used that has ended; nothing for one without phases."""
        return self._used.pop(task_run, {})

    def close(self, frame: Frame) -> None:
        """Remove the folder of a group that has ended."""
        if frame.folder is not None and frame.owner is not None:
            shutil.rmtree(frame.folder, ignore_errors=True)

    # after a crash

    def forget(self, group: Task, scope: Scope) -> None:
        """Take what had ended in a group as not done: the folder that it was done in is gone."""
        for task in group.walk():
            address = scope.prefix + task.id
            found = self._job.memory.recorded.get(address)
            if task is not group and found is not None and found.state.ended and found.action is Action.RUN:
                self._again[address] = found
                del self._job.memory.recorded[address]

    def take(self, address: str) -> Result | None:
        """Give what is to begin anew at an address."""
        return self._again.pop(address, None)
