"""Attempts: the tasks that have a body begin here, and begin again."""

from __future__ import annotations

from dataclasses import replace

from dalsegno.engine.bodies import Bodies, Live
from dalsegno.engine.ending import PROCESS_DIED
from dalsegno.engine.exiting import Exiting
from dalsegno.engine.frames import Frame
from dalsegno.engine.job import Job
from dalsegno.engine.logs import AttemptLog
from dalsegno.engine.phases import Phases
from dalsegno.engine.recording import Recorder
from dalsegno.engine.retries import TakenUp, delay_of, taken_up
from dalsegno.engine.starting import calling_of, timeout_of
from dalsegno.engine.worker import Attempted, Outcome
from dalsegno.model.flow import Kind, Task
from dalsegno.model.plan import Decision
from dalsegno.model.run import Result
from dalsegno.model.state import State
from dalsegno.store.port import MoveTask, NewAttempt, StartTask


class Attempts:
    """Begins the attempts of one run: records each, and hands it to where bodies run."""

    def __init__(self, job: Job, record: Recorder, bodies: Bodies, phases: Phases, exit: Exiting) -> None:
        self._job = job
        self._tools = job.tools
        self._clock = job.tools.clock
        self._record = record
        self._bodies = bodies
        self._phases = phases
        self._exit = exit

    def begin(self, task: Task, frame: Frame, decision: Decision, recorded: Result | None) -> None:
        """Begin a task, or take it up again.

        Parameters
        ----------
        recorded : what the process that died left running of it; `None` for what has not begun.
        """
        at, tried = self._clock.now(), TakenUp()
        again = self._phases.take(decision.address)
        if again is not None:
            identity, number, began = again.id, again.attempt + 1, at
            self._record.add(NewAttempt(identity, number, at, State.KILLED, again=True))
        elif recorded is None:
            task_run = self._record.task_run(task, frame, decision, at=at)
            self._record.add(StartTask(task_run))
            identity, number, began = task_run.id, task_run.attempt, at
        else:
            identity, number = recorded.id, recorded.attempt
            began = self._job.memory.began(decision.address) or at
            tried = self._taken_up(task, decision, identity, began=began, now=at)
            if recorded.state is State.PAUSED:
                self._record.add(MoveTask(identity, State.RUNNING, at))
            elif tried.until is None and task.kind is not Kind.SUBFLOW:
                # the run that a subflow called is carried on, and the attempt with it
                number += 1
                self._record.add(NewAttempt(identity, number, at, State.KILLED, PROCESS_DIED))
        log = AttemptLog(
            self._job.logs, self._clock, task_run=identity, address=decision.address, attempt=number,
            observer=self._job.observer, mask=self._tools.facts.secrets.mask,
        )  # fmt: skip
        overrides = self._job.resolved.overrides(task.id, frame.scope.keys)
        timeout, doomed = timeout_of(task, frame.scope, self._tools, frame.stop)
        order = Attempted(
            task, frame.scope, identity, decision.address, number, at, overrides, log, self._tools, began=began,
            timeout=timeout, doomed=doomed, stop=frame.stop, parent=frame.around, folder=frame.folder,
            calling=calling_of(task, decision, identity, self._job.children),
            last=self._is_last(task, decision.address, tried.failures, began=began, now=at),
        )  # fmt: skip
        live = Live(order, frame, decision, tried.failures)
        if tried.until is None:
            self._bodies.add(live)
        else:
            self._bodies.add_later(live, tried.until)
        self._record.tell(task, decision, State.RUNNING, attempt=number, at=at)

    def _taken_up(self, task: Task, decision: Decision, task_run: str, *, began: float, now: float) -> TakenUp:
        attempts = self._job.store.task_runs.attempts(task_run) if task.retry is not None else ()
        return taken_up(task.retry, attempts, began=began, now=now, seed=self._seed(decision.address))

    def _seed(self, address: str) -> str:
        """Give what a random wait of a task run is drawn from."""
        return f"{self._job.run.id}/{address}"

    def _is_last(self, task: Task, address: str, failures: int, *, began: float, now: float) -> bool:
        """Whether an attempt of a step in Python that fails is not followed by another one."""
        if task.retry is None or task.function is None:
            return True
        return delay_of(task.retry, failures + 1, began=began, now=now, seed=self._seed(address)) is None

    def try_again(self, live: Live, outcome: Outcome) -> bool:
        """Begin another attempt of a task that failed, if it has one left. The wait before it is part of it."""
        order, retry = live.order, live.order.task.retry
        if retry is None or retry.new_run or self._exit.closing or live.frame.closed:
            return False
        failures = live.failures + 1
        delay = delay_of(retry, failures, began=order.began, now=outcome.at, seed=self._seed(order.address))
        if delay is None:
            return False
        number = order.attempt + 1
        self._record.add(NewAttempt(order.task_run, number, outcome.at, State.FAILED, outcome.error))
        timeout, doomed = timeout_of(order.task, live.frame.scope, self._tools, live.frame.stop)
        log = AttemptLog(
            self._job.logs, self._clock, task_run=order.task_run, address=order.address, attempt=number,
            observer=self._job.observer, mask=self._tools.facts.secrets.mask,
        )  # fmt: skip
        again = replace(order, attempt=number, started=outcome.at, since=outcome.at + delay, log=log, waited=False,
                        timeout=timeout, doomed=doomed,
                        last=self._is_last(order.task, order.address, failures, began=order.began,
                                           now=outcome.at + delay))  # fmt: skip
        self._bodies.add_later(Live(again, live.frame, live.decision, failures), outcome.at + delay)
        self._record.tell(order.task, live.decision, State.RETRYING, attempt=number, at=outcome.at, error=outcome.error)
        return True
