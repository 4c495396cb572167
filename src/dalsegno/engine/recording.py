"""What is to be recorded of a run that is executed, and told about it: gathered, and carried out in one commit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dalsegno.engine.frames import Frame
from dalsegno.engine.job import Job
from dalsegno.errors import NotFound
from dalsegno.model.flow import Task
from dalsegno.model.graph import parent_of
from dalsegno.model.plan import Decision
from dalsegno.model.progress import Progress, RunMoved, TaskMoved
from dalsegno.model.run import TaskRun
from dalsegno.model.state import State
from dalsegno.replay.fingerprint import definition_of, effective_digests
from dalsegno.store.port import KeepTaskRuns, Kept, LabelRun, MoveRun, NewName, NoteEnvironment, Write


class Recorder:
    """Gathers the writes of one run. What is told is told after it was recorded."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._secrets = job.tools.facts.secrets
        self._writes: list[Write] = []
        self._told: list[Progress] = []
        #: the run's, once what was gathered is committed
        self.state = job.run.state
        #: of the task run that failed first
        self.error: dict[str, Any] | None = None

    def add(self, *writes: Write) -> None:
        """Take what is to be recorded. A run that was paused goes on with it."""
        if self.state is State.PAUSED:
            self.move_run(State.RUNNING, self._job.tools.clock.now())
        self._writes.extend(self._secrets.masked_write(write) for write in writes)

    def label(self, labels: Mapping[str, str]) -> None:
        """Put labels on the run, which its tasks see from now on."""
        self._job.tools.facts.labels.update(labels)
        self.add(LabelRun(self._job.run.id, labels))

    def move_run(
        self, to: State, at: float, *, outputs: Mapping[str, Any] | None = None, error: Mapping[str, Any] | None = None
    ) -> None:
        """Move the run."""
        error = self._secrets.masked(error)
        self._writes.append(MoveRun(self._job.run.id, self.state, to, at, outputs=outputs, error=error))
        self._told.append(RunMoved(at, to, error))
        self.state = to

    def note_error(self, error: Mapping[str, Any] | None) -> None:
        """Take the error of something that failed; the first of a run is the run's."""
        if error is not None and self.error is None:
            self.error = dict(error)

    def tell(
        self, task: Task, decision: Decision, state: State, *, attempt: int, at: float, seconds: float | None = None,
        error: Any = None,
    ) -> None:  # fmt: skip
        """Take what an observer is to be told of a task run."""
        if self._job.observer is not None:
            error = self._secrets.masked(error)
            group = task.kind.is_group
            self._told.append(
                TaskMoved(
                    at, decision.address, task.id, task.type, state, attempt, decision.action, seconds, error, group
                )
            )

    def task_run(self, task: Task, frame: Frame, decision: Decision, *, at: float) -> TaskRun:
        """Give the record of a task run that begins."""
        overrides = self._job.resolved.overrides(task.id, frame.scope.keys)
        items = frame.scope.items
        return TaskRun(
            id=self._job.tools.ids.new(),
            run=self._job.run.id,
            address=decision.address,
            task=task.id,
            type=task.type,
            state=State.RUNNING,
            action=decision.action,
            reason=decision.reason,
            parent=_parent(frame),
            value=items[-1].value if items else None,
            attempt=self._job.expansion.last_attempt(decision) + 1,
            attempts=1,
            created=at,
            started=at,
            definition=definition_of(task, overrides),
            digests=effective_digests(task, overrides),
        )

    def keep(self, decision: Decision) -> State:
        """Keep the origin's result at an address that only the run could know."""
        found = self._job.store.task_runs.get(decision.origin_task_run) if decision.origin_task_run else None
        if found is None:
            raise NotFound(f"the result that `{decision.address}` was to keep is gone; start the replay there")
        parent = parent_of(decision.address, decision.task, self._job.tools.facts.nodes)
        other = (found.address, found.parent) != (decision.address, parent)
        name = NewName(decision.address, decision.task, parent) if other else None
        self.add(KeepTaskRuns(self._job.run.id, (Kept(self._job.tools.ids.new(), found.id, decision.reason, name),)))
        self._job.memory.keep_stored(decision.address, found.outputs)
        if found.keys is not None:
            self._job.memory.keep_keys(decision.address, found.keys)
        return found.state

    def commit(self) -> None:
        """Record what was gathered, then tell it."""
        if self._writes:
            # what a task logged is kept before its end is: a task that is recorded as ended is never made again
            self._job.logs.flush()
            writes, self._writes = self._writes, []
            environment = self._job.tools.packages.take()
            if environment is not None:
                writes.insert(0, NoteEnvironment(self._job.run.id, environment))
            self._job.store.commit(self._job.lease, writes)
        told, self._told = self._told, []
        if self._job.observer is not None:
            for progress in told:
                self._job.observer(progress)


def _parent(frame: Frame) -> str | None:
    at: Frame | None = frame
    while at is not None and at.owner is None:
        at = at.parent
    return at.owner.address if at is not None and at.owner is not None else None
