"""Executes one run: walks the frames, records, dispatches.

The walk is the same for a fresh run, a replay and a run whose process died: what is recorded as ended is passed by, what is
recorded as running is taken up again, everything else begins. The end of one task and the start of the next are one commit,
and a task's body starts only after the commit that says RUNNING.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dalsegno.engine.bodies import Bodies, Live
from dalsegno.engine.checking import has_moved, why_it_runs
from dalsegno.engine.context import Timeout
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
from dalsegno.engine.items import parts_of
from dalsegno.engine.logs import AttemptLog, LogWriter
from dalsegno.engine.memory import Memory
from dalsegno.engine.retries import delay_of
from dalsegno.engine.variables import expression_scope, render_properties, variables
from dalsegno.engine.worker import Attempted, Outcome, Tools, runs_at_all
from dalsegno.errors import DalSegnoError, NotFound, TaskFailed
from dalsegno.executors.port import Executor
from dalsegno.expressions import parse
from dalsegno.model.address import item_keys
from dalsegno.model.address import parse as parse_address
from dalsegno.model.flow import Flow, Kind, Task
from dalsegno.model.plan import Action, Decision
from dalsegno.model.progress import Observer, Progress, RunMoved, TaskMoved
from dalsegno.model.run import Result, Run, TaskRun
from dalsegno.model.state import State
from dalsegno.replay.edges import Scope
from dalsegno.replay.fingerprint import definition_of, effective_digests
from dalsegno.replay.resolve import Resolved, keeps_origin
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
from dalsegno.tasks.durations import parse_duration

#: how a task or a group has ended, and whether it left something else behind than in the origin
_Result = tuple[State, bool]

_PROCESS_DIED = {"code": "process-died", "message": "the process that ran this attempt died"}


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


class Runner:
    """Executes one job, on the calling thread and the executor's."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._tools = job.tools
        self._clock = job.tools.clock
        self._writes: list[Write] = []
        self._told: list[Progress] = []
        self._bodies = Bodies(job.executor, job.tools.clock, job.tools.stop)
        self._reached: set[str] = set()
        self._error: dict[str, Any] | None = job.memory.first_error()
        #: what the process that died left running, until it is taken up again
        self._left: dict[str, Result] = {
            name: item for name, item in job.memory.recorded.items() if not item.state.ended
        }

    def execute(self) -> State:
        """Execute the run to its end, and give how it ended."""
        self._begin()
        root = frame_of_flow(self._job.flow)
        final = self._advance(root)
        self._commit()
        while final is None:
            self._bodies.start()
            for live, outcome in self._bodies.take_ends():
                final = self._end(live, outcome) or final
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
        if final in (State.SUCCESS, State.WARNING) and (missed := self._never_reached()) is not None:
            final, error = State.WARNING, missed
        self._writes.append(MoveRun(self._job.run.id, State.RUNNING, final, at, outputs=outputs, error=error))
        self._told.append(RunMoved(at, final, error))
        self._commit()
        return final

    def _never_reached(self) -> dict[str, Any] | None:
        """What was skipped, overridden or pinned and never came about (rule 13)."""
        asked = self._job.resolved
        for address, task in self._job.memory.known() if asked.targets else ():
            if task in asked.touched:
                self._reach(task, tuple(str(key) for key in parse_address(address).keys))
        given = [*asked.skip.targets, *(target for target, _ in (*asked.task_inputs.given, *asked.pins.given))]
        missed = [target.text for target in given if target.text not in self._reached]
        if not missed:
            return None
        listed = ", ".join(f"`{text}`" for text in missed)
        return {"code": "never-reached", "message": f"the request names {listed}, which this run never reached"}

    def _never_taken_up(self, at: float) -> Iterator[Write]:
        """End what was left running by a process that died, in a run that is stopped before its turn comes again."""
        for left in reversed(self._left.values()):
            died = _PROCESS_DIED if self._tools.facts.nodes[left.task].task.kind.is_group is False else None
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
            if isinstance(entry, ItemStart):
                item = frame_of_item(entry, frame)
                state = self._advance(item)
                if state is not None:
                    frame.ended(state, moved=item.inside_moved)
            elif (result := self._start(entry, frame)) is not None:
                frame.ended(result[0], task=entry.id, moved=result[1])
        final = frame.final
        if final is not None and frame.owner is not None:
            final = self._end_group(frame.owner, final)
        return final

    def _child_ended(self, frame: Frame, state: State, task: str | None, *, moved: bool) -> State | None:
        """Carry the end of something up as far as it ends what is around it; give the run's final state at the top."""
        while True:
            frame.ended(state, task=task, moved=moved)
            final = self._advance(frame)
            if final is None or frame.parent is None:
                return final
            task = frame.owner.task.id if frame.owner is not None else None
            state, moved, frame = final, frame.inside_moved, frame.parent

    def _start(self, task: Task, frame: Frame) -> _Result | None:
        """Start a task or group; give how it ended if it has."""
        address = frame.scope.prefix + task.id
        if task.id in self._job.resolved.touched:
            self._reach(task.id, frame.scope.keys)
        ended = self._job.memory.ended(address)
        if ended is not None:
            return ended, self._job.memory.ran(address)
        decision = self._job.expansion.decision(address, task, frame.scope)
        if decision.action is Action.LEAVE:
            return State.SKIPPED, False
        if decision.action is Action.PIN:
            return self._pin(task, frame, decision), True
        if decision.action is Action.REUSE:
            return self._keep(task, frame, decision), False
        if decision.action is Action.CHECK:
            why = self._why_it_runs(task, frame, decision)
            decision = self._job.expansion.settle(decision, why)
            if why is None:
                return self._keep(task, frame, decision), False
        if not task.kind.is_group:
            self._start_work(task, frame, decision)
            return None
        return self._start_group(task, frame, decision)

    def _reach(self, task: str, keys: tuple[str, ...]) -> None:
        self._reached.update(target.text for target in self._job.resolved.naming(task, keys))

    def _why_it_runs(self, task: Task, frame: Frame, decision: Decision) -> str | None:
        origin = self._job.store.task_runs.get(decision.origin_task_run) if decision.origin_task_run else None
        return why_it_runs(task, frame.scope, origin, self._tools.facts, moved=frame.moved)

    def _pin(self, task: Task, frame: Frame, decision: Decision) -> State:
        given = self._job.resolved.pin(task.id, frame.scope.keys)
        if given is None or keeps_origin(given):
            # its own result in the origin stays, whatever has changed
            origin = self._job.store.task_runs.get(decision.origin_task_run or "")
            given = self._tools.values.read(origin.outputs) if origin is not None else {}
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
            identity, number, began, failures = task_run.id, task_run.attempt, at, 0
        else:
            identity, number = recorded.id, recorded.attempt + 1
            began = self._job.memory.began(decision.address) or at
            failures = self._failed_attempts(identity) if task.retry is not None else 0
            self._writes.append(NewAttempt(identity, number, at, State.KILLED, _PROCESS_DIED))
        log = AttemptLog(
            self._job.logs, self._clock, task_run=identity, address=decision.address, attempt=number,
            observer=self._job.observer,
        )  # fmt: skip
        overrides = self._job.resolved.overrides(task.id, frame.scope.keys)
        timeout, doomed = self._timeout_of(task, frame)
        order = Attempted(
            task, frame.scope, identity, decision.address, number, at, overrides, log, self._tools, began=began,
            timeout=timeout, doomed=doomed,
        )  # fmt: skip
        self._bodies.add(Live(order, frame, decision, failures))
        self._tell(task, decision, State.RUNNING, attempt=number, at=at)

    def _failed_attempts(self, task_run: str) -> int:
        return sum(1 for made in self._job.store.task_runs.attempts(task_run) if made.state is State.FAILED)

    def _timeout_of(self, task: Task, frame: Frame) -> tuple[Timeout | None, DalSegnoError | None]:
        """Give the limit of one attempt, or what is wrong with it."""
        if task.timeout is None:
            return None, None
        try:
            scope = expression_scope(self._tools.facts, variables(self._tools.facts, frame.scope, task))
            text = str(parse(task.timeout).evaluate(scope))
            return Timeout(self._tools.stop, parse_duration(text).total_seconds()), None
        except DalSegnoError as error:
            return None, error
        except ValueError as error:
            return None, TaskFailed(f"`timeout` of `{task.id}`: {error}", code="bad-property")

    def _start_group(self, task: Task, frame: Frame, decision: Decision) -> _Result | None:
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
        try:
            inside = self._open(owner, frame)
        except DalSegnoError as error:
            return self._end_group(owner, State.FAILED, error={**error.as_json(), "address": address}), True
        if inside is None:
            return self._end_group(owner, State.SKIPPED), False
        state = self._advance(inside)
        return None if state is None else (state, inside.inside_moved)

    def _open(self, owner: GroupRun, frame: Frame) -> Frame | None:
        """Give the frame of a group that begins; `None` where `runIf` skips it.

        Raises
        ------
        TaskFailed : what it is made of cannot be worked out, or leaves a start unreached (rule 15).
        """
        task, facts = owner.task, self._tools.facts
        if task.run_if is not None:
            scope = expression_scope(facts, variables(facts, frame.scope, task))
            if not runs_at_all(task, scope):
                return None
        if task.kind not in (Kind.LOOP, Kind.CHOICE):
            return frame_of_group(owner, frame.scope, frame)
        keys, values = self._parts(owner, frame)
        self._job.expansion.expand(task, frame.scope, keys=keys, values=values)
        if task.kind is Kind.CHOICE:
            self._refuse_unreached(owner, frame, keys[0])
            inside = frame_of_group(owner, frame.scope, frame, branch=keys[0])
        else:
            inside = frame_of_loop(owner, frame.scope, frame, keys=keys, values=values)
        inside.moved = inside.moved or self._job.expansion.came_out_otherwise(owner.address, keys)
        return inside

    def _refuse_unreached(self, owner: GroupRun, frame: Frame, branch: str) -> None:
        taken = owner.task.branches.get(branch, ())
        left = [task for child in owner.task.tasks if child.id not in taken for task in child.walk()]
        asked = self._job.resolved
        for task in left:
            start = asked.start.at(task.id, frame.scope.keys) or asked.only.at(task.id, frame.scope.keys)
            if start is not None and start.task == task.id:
                message = f"start `{start.text}` was not reached: `{owner.address}` now takes `{branch}`"
                raise TaskFailed(
                    message, code="start-not-reached", hint="start at the group itself, or without a start"
                )

    def _parts(self, owner: GroupRun, frame: Frame) -> tuple[Sequence[str], Sequence[Any]]:
        """Give the items or the branch of a group: those recorded before, or else what its expression gives now."""
        keys = self._job.memory.keys_of(owner.address)
        recorded = self._job.memory.values_of(owner.address) if keys is not None else None
        if keys is not None and recorded is not None:
            return keys, recorded
        overrides = self._job.resolved.overrides(owner.task.id, frame.scope.keys)
        values = parts_of(owner.task, frame.scope, overrides, self._tools.facts)
        keys = [str(value) for value in values] if owner.task.kind is Kind.CHOICE else item_keys(values)
        self._job.memory.keep_keys(owner.address, keys)
        self._writes.append(EvaluateLoop(owner.task_run, tuple(keys), tuple(values)))
        return keys, values

    # ends

    def _end(self, live: Live, outcome: Outcome) -> State | None:
        order = live.order
        self._job.logs.end_attempt(order.task_run, order.attempt)
        if outcome.state is State.FAILED and self._try_again(live, outcome):
            return None
        outcome = replace(outcome, state=_counts_as(order.task, outcome.state, retried=live.failures > 0))
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
        if outcome.state is State.FAILED:
            self._note_error(outcome.error)
        self._tell(order.task, live.decision, outcome.state, attempt=order.attempt, at=outcome.at,
                   seconds=outcome.at - order.started, error=outcome.error)  # fmt: skip
        return self._child_ended(live.frame, outcome.state, order.task.id, moved=self._has_moved(live, outcome))

    def _has_moved(self, live: Live, outcome: Outcome) -> bool:
        if not self._job.resolved.changed:
            return True
        reads, digest = self._job.store.task_runs, outcome.output_digest
        return has_moved(live.order.task, live.decision, digest, reads, outputs=bool(outcome.outputs))

    def _try_again(self, live: Live, outcome: Outcome) -> bool:
        """Begin another attempt of a task that failed, if it has one left. The wait before it is part of it."""
        order, retry = live.order, live.order.task.retry
        if retry is None or self._tools.stop.wanted:
            return False
        failures = live.failures + 1
        seed = f"{self._job.run.id}/{order.address}"
        delay = delay_of(retry, failures, began=order.began, now=outcome.at, seed=seed)
        if delay is None:
            return False
        number = order.attempt + 1
        self._writes.append(NewAttempt(order.task_run, number, outcome.at, State.FAILED, outcome.error))
        timeout, doomed = self._timeout_of(order.task, live.frame)
        log = AttemptLog(
            self._job.logs, self._clock, task_run=order.task_run, address=order.address, attempt=number,
            observer=self._job.observer,
        )  # fmt: skip
        again = replace(
            order, attempt=number, started=outcome.at, log=log, waited=False, timeout=timeout, doomed=doomed
        )
        self._bodies.add_later(Live(again, live.frame, live.decision, failures), outcome.at + delay)
        self._tell(order.task, live.decision, State.RETRYING, attempt=number, at=outcome.at, error=outcome.error)
        return True

    def _end_group(self, owner: GroupRun, state: State, *, error: dict[str, Any] | None = None) -> State:
        at = self._clock.now()
        state = _counts_as(owner.task, state, retried=False)
        if state is State.FAILED:
            self._note_error(error)
        self._writes.append(EndTask(owner.task_run, state, at, {}, None, {}, {}, error))
        decision = self._job.expansion.decided(owner.address)
        self._tell(owner.task, decision, state, attempt=owner.attempt, at=at, seconds=at - owner.started, error=error)
        return state

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
            group = task.kind.is_group
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


def _counts_as(task: Task, state: State, *, retried: bool) -> State:
    """Give the state that a task or group ends with, once it is settled how it went."""
    if state is State.FAILED and task.allow_failure:
        return State.WARNING
    if state is State.SUCCESS and retried and task.retry is not None and task.retry.warning:
        return State.WARNING
    return State.SUCCESS if state is State.WARNING and task.allow_warning else state


def _parent(frame: Frame) -> str | None:
    at: Frame | None = frame
    while at is not None and at.owner is None:
        at = at.parent
    return at.owner.address if at is not None and at.owner is not None else None
