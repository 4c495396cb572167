"""Executes one run: walks the frames, records, dispatches.

The walk is the same for a fresh run, a replay and a run whose process died: what is recorded as ended is passed by, what is
recorded as running is taken up again, everything else begins. The end of one task and the start of the next are one commit,
and a task's body starts only after the commit that says RUNNING.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from queue import Empty, SimpleQueue
from typing import Any

from dalsegno.engine.expansion import Expansion
from dalsegno.engine.frames import (
    Frame,
    GroupRun,
    ItemStart,
    frame_of_flow,
    frame_of_group,
    frame_of_item,
    frame_of_loop,
)
from dalsegno.engine.items import loop_values
from dalsegno.engine.logs import AttemptLog, LogWriter
from dalsegno.engine.memory import Memory
from dalsegno.engine.variables import expression_scope, render_properties, variables
from dalsegno.engine.worker import Attempted, Outcome, Tools, Waiting, attempt, stopped
from dalsegno.errors import DalSegnoError, NotFound, TaskFailed
from dalsegno.executors.port import Executor, WorkOrder
from dalsegno.model.address import item_keys
from dalsegno.model.flow import Flow, Kind, Task
from dalsegno.model.plan import Action, Decision
from dalsegno.model.progress import Observer, Progress, RunMoved, TaskMoved
from dalsegno.model.run import Result, Run, TaskRun
from dalsegno.model.state import State
from dalsegno.replay.edges import Scope
from dalsegno.replay.fingerprint import definition_of, effective_digests
from dalsegno.replay.resolve import Resolved
from dalsegno.store.port import (
    EndTask,
    EvaluateLoop,
    KeepTaskRuns,
    Kept,
    Lease,
    MoveRun,
    NewAttempt,
    RecordTask,
    SaveArtifact,
    StartTask,
    Store,
    Write,
)

_Ended = tuple[str, Outcome]

_PROCESS_DIED = {"code": "process-died", "message": "the process that ran this attempt died"}
#: what comes in from the executor's threads; an empty id only wakes
_Told = tuple[str, Outcome | Waiting | None]


@dataclass(frozen=True, slots=True)
class Job:
    """A run that is to be executed, and what it takes."""

    run: Run
    flow: Flow
    resolved: Resolved
    lease: Lease
    store: Store
    memory: Memory
    expansion: Expansion
    tools: Tools
    logs: LogWriter
    executor: Executor
    observer: Observer | None = None


@dataclass(slots=True)
class _Live:
    """A task run whose body runs, or is about to."""

    order: Attempted
    frame: Frame
    decision: Decision


class Runner:
    """Executes one job, on the calling thread and the executor's."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._tools = job.tools
        self._clock = job.tools.clock
        self._writes: list[Write] = []
        self._told: list[Progress] = []
        self._starting: list[_Live] = []
        self._live: dict[str, _Live] = {}
        self._told_by_threads: SimpleQueue[_Told] = SimpleQueue()
        self._waiting: list[tuple[float, str]] = []
        job.tools.stop.listen(lambda: self._told_by_threads.put(("", None)))
        self._error: dict[str, Any] | None = job.memory.first_error()
        #: what the process that died left running, until it is taken up again
        self._left: dict[str, Result] = {
            name: item for name, item in job.memory.recorded.items() if not item.state.ended
        }

    def execute(self) -> State:
        """Execute the run to its end, and give how it ended."""
        self._begin()
        root = frame_of_flow(self._job.flow.tasks)
        final = self._advance(root)
        self._commit()
        while final is None:
            self._dispatch()
            for task_run, outcome in self._take_ends():
                final = self._end(self._live.pop(task_run), outcome) or final
            if final is None:
                self._commit()
        return self._finish(final)

    # the run

    def _begin(self) -> None:
        run = self._job.run
        if run.state is State.CREATED:
            at = self._clock.now()
            self._writes.append(MoveRun(run.id, State.CREATED, State.RUNNING, at))
            self._told.append(RunMoved(at, State.RUNNING))

    def _finish(self, final: State) -> State:
        outputs: dict[str, Any] = {}
        if final in (State.SUCCESS, State.WARNING):
            try:
                outputs = self._flow_outputs()
            except DalSegnoError as error:
                final = State.FAILED
                self._error = {**error.as_json(), "message": f"the flow's outputs: {error.message}"}
        at = self._clock.now()
        self._writes.extend(self._never_taken_up(at))
        error = self._error if final is State.FAILED else None
        self._writes.append(MoveRun(self._job.run.id, State.RUNNING, final, at, outputs=outputs, error=error))
        self._told.append(RunMoved(at, final, error))
        self._commit()
        return final

    def _never_taken_up(self, at: float) -> Iterator[Write]:
        """End what was left running by a process that died, in a run that is stopped before its turn comes again."""
        for left in reversed(self._left.values()):
            died = _PROCESS_DIED if self._tools.facts.nodes[left.task].task.kind is Kind.WORK else None
            yield EndTask(left.id, State.KILLED, at, {}, None, {}, {}, died)

    def _flow_outputs(self) -> dict[str, Any]:
        facts = self._tools.facts
        scope = expression_scope(facts, variables(facts, Scope()))
        task = Task("outputs", "outputs", {item.id: item.value for item in self._job.flow.outputs})
        return render_properties(task, {}, scope)

    # the walk

    def _advance(self, frame: Frame) -> State | None:
        """Start what may start in a frame; give how it ended if it has."""
        while (entry := frame.next(stopping=self._tools.stop.wanted)) is not None:
            state = self._open_item(entry, frame) if isinstance(entry, ItemStart) else self._start(entry, frame)
            if state is not None:
                frame.ended(state)
        final = frame.final
        if final is not None and frame.owner is not None:
            self._end_group(frame.owner, final)
        return final

    def _child_ended(self, frame: Frame, state: State) -> State | None:
        """Carry the end of something up as far as it ends what is around it; give the run's final state at the top."""
        while True:
            frame.ended(state)
            final = self._advance(frame)
            if final is None or frame.parent is None:
                return final
            state, frame = final, frame.parent

    def _open_item(self, item: ItemStart, frame: Frame) -> State | None:
        return self._advance(frame_of_item(item, frame))

    def _start(self, task: Task, frame: Frame) -> State | None:
        address = frame.scope.prefix + task.id
        ended = self._job.memory.ended(address)
        if ended is not None:
            return ended
        decision = self._job.expansion.decision(address)
        if decision.action is Action.PIN:
            return self._pin(task, frame, decision)
        if decision.action is Action.REUSE:
            return self._keep(task, frame, decision)
        if task.kind is Kind.WORK:
            return self._start_work(task, frame, decision)
        return self._start_group(task, frame, decision)

    def _pin(self, task: Task, frame: Frame, decision: Decision) -> State:
        given = self._job.resolved.pin(task.id, frame.scope.keys) or {}
        at = self._clock.now()
        task_run = self._task_run(task, frame, decision, at=at)
        kept = self._tools.values.keep(given, run=self._job.run.id, task_run=task_run.id, mark="pin")
        self._writes.extend(SaveArtifact(artifact) for artifact in kept.artifacts)
        self._writes.append(RecordTask(replace(task_run, state=State.SUCCESS, ended=at, attempt=task_run.attempt - 1,
                                             attempts=0, outputs=kept.outputs, output_digest=kept.digest)))  # fmt: skip
        self._job.memory.keep(decision.address, given)
        self._tell(task, decision, State.SUCCESS, attempt=0, at=at, seconds=0.0)
        return State.SUCCESS

    def _keep(self, task: Task, frame: Frame, decision: Decision) -> State:
        """Keep the origin's result at an address that only the run could know."""
        found = self._job.store.task_runs.get(decision.origin_task_run or "")
        if found is None:
            raise NotFound(f"the result that `{decision.address}` was to keep is gone; start the replay there")
        self._writes.append(KeepTaskRuns(self._job.run.id, (Kept(self._tools.ids.new(), found.id, decision.reason),)))
        self._job.memory.keep_stored(decision.address, found.outputs)
        for child in task.tasks:
            self._start(child, frame)
        return found.state

    def _start_work(self, task: Task, frame: Frame, decision: Decision) -> None:
        at = self._clock.now()
        recorded = self._left.pop(decision.address, None)
        if recorded is None:
            task_run = self._task_run(task, frame, decision, at=at)
            self._writes.append(StartTask(task_run))
            identity, number, began = task_run.id, task_run.attempt, at
        else:
            identity, number = recorded.id, recorded.attempt + 1
            began = self._job.memory.began(decision.address) or at
            self._writes.append(NewAttempt(identity, number, at, State.KILLED, _PROCESS_DIED))
        log = AttemptLog(
            self._job.logs, self._clock, task_run=identity, address=decision.address, attempt=number,
            observer=self._job.observer,
        )  # fmt: skip
        overrides = self._job.resolved.overrides(task.id, frame.scope.keys)
        order = Attempted(
            task, frame.scope, identity, decision.address, number, at, overrides, log, self._tools, began=began
        )
        self._starting.append(_Live(order, frame, decision))
        self._tell(task, decision, State.RUNNING, attempt=number, at=at)

    def _start_group(self, task: Task, frame: Frame, decision: Decision) -> State | None:
        at = self._clock.now()
        address = decision.address
        recorded = self._left.pop(address, None)
        if recorded is None:
            task_run = self._task_run(task, frame, decision, at=at)
            self._writes.append(StartTask(task_run))
            owner = GroupRun(task, task_run.id, address, task_run.attempt, at)
        else:
            owner = GroupRun(task, recorded.id, address, recorded.attempt, at)
        self._tell(task, decision, State.RUNNING, attempt=owner.attempt, at=at)
        if task.kind is not Kind.LOOP:
            return self._advance(frame_of_group(owner, frame.scope, frame))
        return self._start_loop(owner, frame)

    def _start_loop(self, owner: GroupRun, frame: Frame) -> State | None:
        try:
            keys, values = self._items(owner, frame)
        except DalSegnoError as error:
            shown = {**error.as_json(), "address": owner.address}
            self._end_group(owner, State.FAILED, error=shown)
            return State.FAILED
        self._job.expansion.expand(owner.task, frame.scope, keys=keys, values=values)
        return self._advance(frame_of_loop(owner, frame.scope, frame, keys=keys, values=values))

    def _items(self, owner: GroupRun, frame: Frame) -> tuple[Sequence[str], Sequence[Any]]:
        """Give the items of a loop: those recorded before, or else what its expression gives now."""
        keys = self._job.memory.keys_of(owner.address)
        recorded = self._job.memory.values_of(owner.address) if keys is not None else None
        if keys is not None and recorded is not None:
            return keys, recorded
        overrides = self._job.resolved.overrides(owner.task.id, frame.scope.keys)
        values = loop_values(owner.task, frame.scope, overrides, self._tools.facts)
        keys = item_keys(values)
        self._job.memory.keep_keys(owner.address, keys)
        self._writes.append(EvaluateLoop(owner.task_run, tuple(keys), tuple(values)))
        return keys, values

    # ends

    def _end(self, live: _Live, outcome: Outcome) -> State | None:
        order = live.order
        self._job.logs.end_attempt(order.task_run, order.attempt)
        self._writes.extend(SaveArtifact(artifact) for artifact in outcome.artifacts)
        self._writes.append(
            EndTask(
                order.task_run,
                outcome.state,
                outcome.at,
                outcome.outputs,
                outcome.output_digest,
                outcome.used,
                outcome.properties,
                outcome.error,
            )
        )
        if outcome.state.has_result:
            self._job.memory.keep(order.address, outcome.plain)
        self._note_error(outcome.error)
        self._tell(order.task, live.decision, outcome.state, attempt=order.attempt, at=outcome.at,
                   seconds=outcome.at - order.started, error=outcome.error)  # fmt: skip
        return self._child_ended(live.frame, outcome.state)

    def _end_group(self, owner: GroupRun, state: State, *, error: dict[str, Any] | None = None) -> None:
        at = self._clock.now()
        self._note_error(error)
        self._writes.append(EndTask(owner.task_run, state, at, {}, None, {}, {}, error))
        decision = self._job.expansion.decision(owner.address)
        self._tell(owner.task, decision, state, attempt=owner.attempt, at=at, seconds=at - owner.started, error=error)

    def _note_error(self, error: Any) -> None:
        if error is not None and self._error is None:
            self._error = dict(error)

    # records

    def _task_run(self, task: Task, frame: Frame, decision: Decision, *, at: float) -> TaskRun:
        overrides = self._job.resolved.overrides(task.id, frame.scope.keys)
        items = frame.scope.items
        return TaskRun(
            id=self._tools.ids.new(),
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

    def _tell(
        self, task: Task, decision: Decision, state: State, *, attempt: int, at: float, seconds: float | None = None,
        error: Any = None,
    ) -> None:  # fmt: skip
        if self._job.observer is not None:
            group = task.kind is not Kind.WORK
            self._told.append(
                TaskMoved(
                    at, decision.address, task.id, task.type, state, attempt, decision.action, seconds, error, group
                )
            )

    def _commit(self) -> None:
        if self._writes:
            # what a task logged is kept before its end is: a task that is recorded as ended is never made again
            self._job.logs.flush()
            writes, self._writes = self._writes, []
            self._job.store.commit(self._job.lease, writes)
        told, self._told = self._told, []
        if self._job.observer is not None:
            for progress in told:
                self._job.observer(progress)

    # bodies

    def _dispatch(self) -> None:
        """Start the bodies of what was committed as RUNNING; a lone one runs on this thread."""
        starting, self._starting = self._starting, []
        alone = len(starting) == 1 and not self._live
        for live in starting:
            order = live.order
            self._live[order.task_run] = live
            if alone:
                self._told_by_threads.put((order.task_run, attempt(order)))
            else:
                self._submit(order)

    def _submit(self, order: Attempted) -> None:
        self._job.executor.submit(WorkOrder(order.task_run, attempt, order), self._done)

    def _done(self, task_run: str, outcome: Any, error: BaseException | None) -> None:
        if error is not None:
            order = self._live[task_run].order
            failure = TaskFailed(f"the attempt broke: {type(error).__name__}: {error}", code="attempt-broke").as_json()
            shown = {**failure, "address": order.address}
            outcome = Outcome(State.FAILED, self._clock.now(), {}, {}, None, {}, {}, (), shown)
        self._told_by_threads.put((task_run, outcome))

    def _take_ends(self) -> list[_Ended]:
        """Wait until something has ended, and take all that has. Meanwhile begin what has waited long enough."""
        ends: list[_Ended] = []
        while not ends:
            for task_run, outcome in self._take_told():
                if isinstance(outcome, Waiting):
                    heappush(self._waiting, (outcome.until, task_run))
                elif outcome is not None:
                    ends.append((task_run, outcome))
            ends += self._end_waits()
        return ends

    def _take_told(self) -> list[_Told]:
        timeout = max(0.0, self._waiting[0][0] - self._clock.now()) if self._waiting else None
        try:
            told = [self._told_by_threads.get(timeout=timeout)]
        except Empty:
            return []
        while not self._told_by_threads.empty():
            told.append(self._told_by_threads.get())
        return told

    def _end_waits(self) -> list[_Ended]:
        """Begin what has waited long enough; where tasks are to stop, end what waits."""
        ends: list[_Ended] = []
        while self._waiting and (self._tools.stop.wanted or self._waiting[0][0] <= self._clock.now()):
            _, task_run = heappop(self._waiting)
            order = self._live[task_run].order
            if self._tools.stop.wanted:
                ends.append((task_run, stopped(order)))
            else:
                self._submit(replace(order, waited=True))
        return ends


def _parent(frame: Frame) -> str | None:
    at: Frame | None = frame
    while at is not None and at.owner is None:
        at = at.parent
    return at.owner.address if at is not None and at.owner is not None else None
