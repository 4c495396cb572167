"""What waits in a run: pauses, what a breakpoint holds, and subflows that wait themselves, as it is recorded and told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dalsegno.engine.bodies import Live
from dalsegno.engine.ending import counts_as
from dalsegno.engine.frames import Frame
from dalsegno.engine.job import Job
from dalsegno.engine.pausing import Asked, Paused, Waits, ask, error_of, pause_of, preview, waits_here
from dalsegno.engine.recording import Recorder
from dalsegno.engine.worker import Outcome
from dalsegno.errors import DalSegnoError
from dalsegno.model.flow import Kind, Task
from dalsegno.model.plan import Decision
from dalsegno.model.run import Result
from dalsegno.model.state import State
from dalsegno.store.port import EndTask, MoveTask, RecordTask, SaveArtifact, StartTask


class Waiting:
    """Begins and ends the waits of one run.

    Attributes
    ----------
    all : what waits now.
    """

    def __init__(self, job: Job, record: Recorder) -> None:
        self._job = job
        self._tools = job.tools
        self._clock = job.tools.clock
        self._record = record
        self.all = Waits()

    def holds(self, task: Task, frame: Frame, decision: Decision, left: dict[str, Result]) -> bool:
        """Whether a breakpoint stands before a task that was about to begin. One that was resumed is recorded as RUNNING.

        Parameters
        ----------
        left : what the process that died left running or waiting, by address; what is held here is taken out of it.
        """
        recorded = left.get(decision.address)
        if recorded is not None:
            held = self._job.store.task_runs.get(recorded.id) if recorded.state is State.PAUSED else None
            if held is None or waits_here(task, held):
                return False
            del left[decision.address]
            self.all.add(Paused(task, frame, decision, held.id, held.attempt, held.created))
            return True
        at = self._job.resolved.breakpoints.at(task.id, frame.scope.keys)
        if at is None or at.task != task.id:
            return False
        now = self._clock.now()
        task_run = self._record.task_run(task, frame, decision, at=now)
        overrides = self._job.resolved.overrides(task.id, frame.scope.keys)
        held = replace(task_run, state=State.PAUSED, started=None, attempt=task_run.attempt - 1, attempts=0,
                       properties=preview(task, frame.scope, overrides, self._tools.facts))  # fmt: skip
        self._record.add(RecordTask(held))
        self.all.add(Paused(task, frame, decision, held.id, held.attempt, now))
        self._record.tell(task, decision, State.PAUSED, attempt=held.attempt, at=now)
        return True

    def begin(self, task: Task, frame: Frame, decision: Decision, recorded: Result | None) -> tuple[State, bool] | None:
        """Begin a pause, or take it up again; give how it ended if it has, and whether it moved."""
        found = self._job.store.task_runs.get(recorded.id) if recorded is not None else None
        if found is not None and found.state is State.PAUSED:
            asked = Asked(pause_of(task, found), found.properties, found.used)
            self.all.add(Paused(task, frame, decision, found.id, found.attempt, found.started or 0.0, asked))
            return None
        at = self._clock.now()
        task_run = found or self._record.task_run(task, frame, decision, at=at)
        if found is None:
            self._record.add(StartTask(task_run))
        paused = Paused(task, frame, decision, task_run.id, task_run.attempt, task_run.started or at)
        overrides = self._job.resolved.overrides(task.id, frame.scope.keys)
        try:
            asked = ask(task, frame.scope, overrides, self._tools.facts)
        except DalSegnoError as error:
            return self.end(paused, State.FAILED, error={**error.as_json(), "address": decision.address}), True
        if asked is None:
            return self.end(paused, State.SKIPPED), False
        self._record.add(MoveTask(task_run.id, State.PAUSED, at, asked.used, asked.properties))
        self.all.add(replace(paused, asked=asked))
        self._record.tell(task, decision, State.PAUSED, attempt=task_run.attempt, at=at)
        return None

    def go_on(self, paused: Paused) -> State:
        """End a pause whose time has passed."""
        due, asked = paused.due, paused.asked
        assert due is not None and asked is not None  # noqa: S101, PT018 - only such a one is taken
        if due.state is State.KILLED:
            self._tools.stop.set()
        if due.state is State.FAILED:
            return self.end(paused, due.state, error=error_of(due, asked, paused.decision.address))
        answers = self._job.defaults(paused.task.id, asked.pause.inputs()) if due.state.has_result else {}
        return self.end(paused, due.state, answers=answers)

    def end(
        self, paused: Paused, state: State, *, answers: Mapping[str, Any] | None = None, error: Any = None
    ) -> State:
        """Record the end of what waited. What nobody has answered has the answers that were to count then."""
        at, address = self._clock.now(), paused.decision.address
        if paused.task.kind is Kind.SUBFLOW:
            self._job.children.kill(paused.task_run)
        plain = {"onResume": dict(answers), "resumed": None} if answers is not None else {}
        kept = self._tools.values.keep(plain, run=self._job.run.id, task_run=paused.task_run)
        asked = paused.asked
        used, properties = ({}, {}) if asked is None else (asked.used, asked.properties)
        state = counts_as(paused.task, state, retried=False)
        self._record.add(*(SaveArtifact(artifact) for artifact in kept.artifacts))
        digest = kept.digest if state.has_result else None
        self._record.add(EndTask(paused.task_run, state, at, kept.outputs, digest, used, properties, error))
        if state.has_result:
            self._job.memory.keep(address, plain)
        if state is State.FAILED:
            self._record.note_error(error)
        seconds = at - paused.began
        self._record.tell(paused.task, paused.decision, state, attempt=paused.attempt, at=at, seconds=seconds,
                          error=error)  # fmt: skip
        return state

    def rest_with(self, live: Live, outcome: Outcome) -> None:
        """Have a task run wait whose subflow waits for a person."""
        order = live.order
        self._record.add(MoveTask(order.task_run, State.PAUSED, outcome.at, outcome.used, outcome.properties))
        self.all.add(Paused(order.task, live.frame, live.decision, order.task_run, order.attempt, order.began))
        self._record.tell(order.task, live.decision, State.PAUSED, attempt=order.attempt, at=outcome.at)
