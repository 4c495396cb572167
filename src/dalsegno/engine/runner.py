"""Executes one run: walks the frames, records, dispatches.

The walk is the same for a fresh run, a replay and a run whose process died: what is recorded as ended is passed by, what is
recorded as running is taken up again, everything else begins. The end of one task and the start of the next are one commit,
and a task's body starts only after the commit that says RUNNING.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dalsegno.engine.attempts import Attempts
from dalsegno.engine.bodies import Bodies, Live
from dalsegno.engine.checking import has_moved, why_it_runs
from dalsegno.engine.ending import counts_as
from dalsegno.engine.exiting import Exiting
from dalsegno.engine.frames import (
    Frame,
    GroupRun,
    ItemStart,
    NextTurn,
    Phase,
    frame_of_flow,
    frame_of_item,
)
from dalsegno.engine.group_limits import GroupLimits
from dalsegno.engine.groups import Groups
from dalsegno.engine.job import Job
from dalsegno.engine.leaving import Left
from dalsegno.engine.pausing import Delayed
from dalsegno.engine.phases import Phases
from dalsegno.engine.recording import Recorder
from dalsegno.engine.settling import Settling
from dalsegno.engine.turns import Turns
from dalsegno.engine.waiting import Waiting
from dalsegno.engine.worker import Outcome
from dalsegno.errors import DalSegnoError
from dalsegno.model.address import parse as parse_address
from dalsegno.model.flow import Kind, Task
from dalsegno.model.plan import Action, Decision
from dalsegno.model.run import Result, TaskRun
from dalsegno.model.state import BEFORE, State
from dalsegno.replay.fingerprint import result_digest
from dalsegno.replay.resolve import keeps_origin
from dalsegno.store.port import (
    EndTask,
    RecordTask,
    SaveArtifact,
    StartTask,
)

#: how a task or a group has ended, and whether it left something else behind than in the origin
_Result = tuple[State, bool]


class Runner:
    """Executes one job, on the calling thread and the executor's."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._tools = job.tools
        self._clock = job.tools.clock
        self._record = Recorder(job)
        self._waiting = Waiting(job, self._record)
        self._bodies = Bodies(job.executor, job.tools.clock, job.tools.stop, job.leave, self._is_held)
        self._turns = Turns(job, self._record)
        self._phases = Phases(job, self._bodies)
        self._groups = Groups(job, self._record, self._turns, self._phases)
        self._limits = GroupLimits(job.tools)
        self._exit = Exiting(job.tools.stop, job.tools.facts.nodes, job.memory.recorded, job.store.task_runs)
        self._settling = Settling(job, self._record, self._exit)
        self._attempts = Attempts(job, self._record, self._bodies, self._phases, self._exit)
        self._reached: set[str] = set()
        #: what has ended while the run is to pause, until it is known whether anything follows
        self._ended_held: list[tuple[Frame, State, str | None, bool]] = []
        self._moved_before = job.expansion.moved_before(job.memory.recorded)
        self._record.note_error(job.memory.first_error())
        #: what the process that died left running, until it is taken up again
        self._left: dict[str, Result] = {
            name: item for name, item in job.memory.recorded.items() if not item.state.ended
        }

    def execute(self) -> State:
        """Execute the run to its end, or until all that is left of it waits for a person, and give its state.

        One that is to pause is given as PAUSED, as soon as what was running has ended.

        Raises
        ------
        Left : the run was let go of.
        """
        forget = self._job.leave.listen(self._bodies.wake)
        self._job.hold.listen(self._bodies.wake)
        try:
            return self._walk()
        finally:
            forget()

    def _walk(self) -> State:
        if self._record.state in BEFORE:
            self._record.move_run(State.RUNNING, self._clock.now())
        final = self._through(frame_of_flow(self._job.flow))
        if final is None:
            return self._rest()
        settled = self._settling.settle(final, self._left.values(), self._reached)
        after = self._settling.after(settled)
        if after is not None and self._through(after) is None:
            return self._rest()
        return self._settling.finish(settled, self._left.values())

    # the run

    def _through(self, frame: Frame) -> State | None:
        """Walk through an outermost frame to its end; `None` where all that is left of it waits for a person."""
        final = self._exit.state or (None if self._is_held() else self._begin(frame))
        while True:
            final = self._end_held() or self._end_waits() or final
            if final is not None:
                return final
            if self._is_at_rest():
                return None
            self._record.commit()
            until = min((at for at in (self._waiting.all.until, self._limits.until) if at is not None), default=None)
            self._bodies.start(here=until is None)
            if self._job.leave.by is not None:
                self._let_go(self._job.leave.by)
            for live, outcome in self._bodies.take_ends(until=until):
                final = self._end(live, outcome) or final

    def _is_held(self) -> bool:
        """Whether the run is to pause. One that comes to its end, or is to stop, does not."""
        return self._job.hold.wanted and not self._exit.closing

    def _is_at_rest(self) -> bool:
        """Whether nothing goes on by itself."""
        if self._is_held():
            return self._bodies.at_rest
        return self._bodies.idle and not self._waiting.all.need_nobody

    def _end_held(self) -> State | None:
        """Carry up what ended while the run was to pause, now that it is to stop; give its state if it ends with that."""
        final: State | None = None
        while self._ended_held and not self._is_held():
            frame, state, task, moved = self._ended_held.pop(0)
            final = self._child_ended(frame, state, task, moved=moved) or final
        return final

    def _let_go(self, by: float) -> None:
        """Record what still ends until a time, and let go of the run: nothing follows what has ended."""
        for live, outcome in self._bodies.take_last(by):
            self._end(live, outcome)
        self._record.commit()
        raise Left

    def _rest(self) -> State:
        """Stop until somebody resumes the run: nothing of it is left in this process."""
        if self._record.state is not State.PAUSED:
            self._record.move_run(State.PAUSED, self._clock.now())
        self._record.commit()
        return State.PAUSED

    # the walk

    def _begin(self, frame: Frame) -> State | None:
        """Go into a frame, past what has ended already: a replay costs what it runs, not what it keeps."""
        if self._job.memory.has_ended and not (self._exit.closing or frame.closed_around):
            passed = frame.pass_by(lambda task: self._has_ended(frame.scope.prefix + task))
            for task in self._job.resolved.touched.intersection(passed):
                self._reach(task, frame.scope.keys)
        return self._advance(frame)

    def _has_ended(self, address: str) -> State | None:
        """Give how something ended whose result was there before this engine began, and is as in the origin."""
        state = self._job.memory.ended(address)
        return state if state is not None and state.has_result and address not in self._moved_before else None

    def _advance(self, frame: Frame) -> State | None:
        """Start what may start in a frame; give how it ended if it has."""
        while (entry := frame.next(stopping=self._exit.closing or frame.closed_around)) is not None:
            if isinstance(entry, NextTurn):
                self._record.note_error(self._turns.settle(frame))
            elif isinstance(entry, Phase):
                if self._is_too_late(frame):
                    frame.ended(State.KILLED)
                else:
                    self._phases.start(entry, frame)
            elif isinstance(entry, ItemStart):
                if (ended := self._start_item(entry, frame)) is not None:
                    frame.ended(ended[0], moved=ended[1])
            elif (result := self._start(entry, frame)) is not None:
                frame.ended(result[0], task=entry.id, moved=result[1])
        final = frame.final
        if final is not None and frame.owner is not None:
            self._groups.close(frame)
            error = frame.error or (frame.why_stopped if final is State.KILLED else None)
            final = self._end_group(frame.owner, final, error=error, exited=frame.exit is not None)
            self._phases.close(frame)
        return final

    def _start_item(self, item: ItemStart, frame: Frame) -> _Result | None:
        """Start an item of a loop, or have it wait for its time; give how it ended if it has."""
        if item.due > self._clock.now():
            self._waiting.all.add(Delayed(frame, item))
            return None
        inside = frame_of_item(item, frame)
        state = self._begin(inside)
        return None if state is None else (state, inside.inside_moved)

    def _child_ended(self, frame: Frame, state: State, task: str | None, *, moved: bool) -> State | None:
        """Carry the end of something up as far as it ends what is around it; give the run's final state at the top."""
        if self._job.leave.by is not None:
            # whoever carries the run on finds out what follows
            return None
        if self._is_held():
            self._ended_held.append((frame, state, task, moved))
            return None
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
            return ended, address in self._moved_before
        decision = self._job.expansion.decision(address, task, frame.scope)
        if decision.action is Action.LEAVE:
            return State.SKIPPED, False
        if decision.action is Action.PIN:
            return self._pin(task, frame, decision)
        if decision.action is Action.REUSE:
            return self._keep(decision), False
        if decision.action is Action.CHECK:
            # what has begun, or was held before it began, is settled already
            why = decision.reason if address in self._left else self._why_it_runs(task, frame, decision)
            decision = self._job.expansion.settle(decision, why)
            if why is None:
                return self._keep(decision), False
        return self._execute(task, frame, decision)

    def _execute(self, task: Task, frame: Frame, decision: Decision) -> _Result | None:
        if self._is_too_late(frame):
            return State.KILLED, True
        if self._waiting.holds(task, frame, decision, self._left):
            return None
        if task.kind is Kind.PAUSE:
            return self._waiting.begin(task, frame, decision, self._left.pop(decision.address, None))
        if task.kind.is_group:
            return self._start_group(task, frame, decision)
        self._attempts.begin(task, frame, decision, self._left.pop(decision.address, None))
        return None

    def _reach(self, task: str, keys: tuple[str, ...]) -> None:
        self._reached.update(target.text for target in self._job.resolved.naming(task, keys))

    def _why_it_runs(self, task: Task, frame: Frame, decision: Decision) -> str | None:
        amended = self._job.resolved.task_inputs.at(task.id, frame.scope.keys)
        if amended:
            return f"input `{next(iter(amended))}` is overridden"
        return why_it_runs(task, frame.scope, self._origin_of(decision), self._tools.facts, moved=frame.moved)

    def _origin_of(self, decision: Decision) -> TaskRun | None:
        return self._job.store.task_runs.get(decision.origin_task_run) if decision.origin_task_run else None

    def _pin(self, task: Task, frame: Frame, decision: Decision) -> _Result:
        given, origin = self._job.resolved.pin(task.id, frame.scope.keys), self._origin_of(decision)
        if given is None or keeps_origin(given):
            # its own result in the origin stays, whatever has changed
            given = self._tools.values.read(origin.outputs) if origin is not None else {}
        at = self._clock.now()
        task_run = self._record.task_run(task, frame, decision, at=at)
        kept = self._tools.values.keep(given, run=self._job.run.id, task_run=task_run.id, mark="pin")
        kept = replace(kept, digest=result_digest(task, given))
        self._record.add(*(SaveArtifact(artifact) for artifact in kept.artifacts))
        self._record.add(RecordTask(replace(task_run, state=State.SUCCESS, ended=at, attempt=task_run.attempt - 1,
                                             attempts=0, outputs=kept.outputs, output_digest=kept.digest)))  # fmt: skip
        self._job.memory.keep(decision.address, given)
        self._record.tell(task, decision, State.SUCCESS, attempt=0, at=at, seconds=0.0)
        return State.SUCCESS, origin is None or origin.output_digest != kept.digest

    def _keep(self, decision: Decision) -> State:
        """Keep the origin's result at an address that only the run could know, with all inside it."""
        state = self._record.keep(decision)
        for inner in self._job.expansion.inside(decision.address):
            self._reach(inner.task, tuple(str(key) for key in parse_address(inner.address).keys))
            self._record.keep(inner)
        return state

    def _end_waits(self) -> State | None:
        """End the waits whose time has passed, or all of them where the run is to stop."""
        final: State | None = None
        for late in self._limits.take_due(self._clock) if not self._exit.closing else ():
            final = self._expire(late) or final
        while True:
            stopping = self._exit.closing
            due = self._waiting.all.take_all() if stopping else self._waiting.all.take_due(self._clock.now())
            for paused in due:
                if isinstance(paused, Delayed):
                    ended = (State.KILLED, True) if stopping else self._start_item(paused.item, paused.frame)
                    final = (ended and self._child_ended(paused.frame, ended[0], None, moved=ended[1])) or final
                    continue
                state = self._waiting.end(paused, State.KILLED) if stopping else self._waiting.go_on(paused)
                final = self._child_ended(paused.frame, state, paused.task.id, moved=True) or final
            if not due:
                return final

    # groups

    def _start_group(self, task: Task, frame: Frame, decision: Decision) -> _Result | None:
        at = self._clock.now()
        address = decision.address
        recorded = self._left.pop(address, None)
        if recorded is None:
            task_run = self._record.task_run(task, frame, decision, at=at)
            self._record.add(StartTask(task_run))
            owner = GroupRun(task, task_run.id, address, task_run.attempt, at)
        else:
            began = self._job.memory.began(address) if task.repeats or task.timeout is not None else None
            owner = GroupRun(task, recorded.id, address, recorded.attempt, began or at)
            if task.shares:
                self._phases.forget(task, frame.scope)
        self._record.tell(task, decision, State.RUNNING, attempt=owner.attempt, at=at)
        try:
            limit = self._limits.limit_of(owner, frame)
            inside = self._groups.open(owner, frame)
        except DalSegnoError as error:
            return self._end_group(owner, State.FAILED, error={**error.as_json(), "address": address}), True
        if inside is None:
            state, origin = self._end_group(owner, State.SKIPPED), self._origin_of(decision)
            return state, origin is None or origin.state is not State.SKIPPED
        if limit is not None:
            inside.limit_by(limit)
            self._limits.watch(inside, limit)
        state = self._begin(inside)
        return None if state is None else (state, inside.inside_moved)

    # limits of groups

    def _is_too_late(self, frame: Frame) -> bool:
        """Whether the time of a group is over in which something was about to begin; what it holds ends then."""
        late = frame.overdue(self._clock.now()) if frame.stop is not None else None
        if late is not None and not late.expired:
            self._expire(late)
        return late is not None

    def _expire(self, frame: Frame) -> State | None:
        """End what a group holds, for its time is over; give the run's final state if it ends with that."""
        frame.expire()
        self._bodies.stop_inside(frame)
        self._end_left_inside(frame)
        final: State | None = None
        for wait in self._waiting.all.take_inside(frame):
            if isinstance(wait, Delayed):
                state, task = State.KILLED, None
            else:
                why = {**(frame.why_inside or {}), "address": wait.decision.address}
                state, task = self._waiting.end(wait, State.KILLED, error=why), wait.task.id
            final = self._child_ended(wait.frame, state, task, moved=True) or final
        return final

    def _end_left_inside(self, frame: Frame) -> None:
        """End what the process that died left running in a group."""
        inside = [result for result in self._left.values() if frame.holds(result.address, self._tools.facts.nodes)]
        for result in inside:
            del self._left[result.address]
        self._settling.end(inside, frame.why_inside)

    # ends

    def _end(self, live: Live, outcome: Outcome) -> State | None:
        order = live.order
        if order.phase:
            self._phases.ended(live, outcome)
            self._record.note_error(outcome.error)
            return self._child_ended(live.frame, outcome.state, None, moved=False)
        if outcome.state is State.PAUSED:
            return self._waiting.rest_with(live, outcome)
        self._job.logs.end_attempt(order.task_run, order.attempt)
        if outcome.state is State.FAILED and not outcome.ends_run and self._attempts.try_again(live, outcome):
            return None
        if outcome.ends_run:
            self._exit.ask(outcome.state, order.address, live.frame)
        else:
            state = counts_as(order.task, outcome.state, retried=live.failures > 0)
            if state is not outcome.state:
                outcome = replace(outcome, state=state)
        if outcome.labels:
            self._record.label(outcome.labels)
        self._record.add(*(SaveArtifact(artifact) for artifact in outcome.artifacts))
        self._record.add(
            EndTask(
                order.task_run,
                outcome.state,
                outcome.at,
                outcome.outputs,
                outcome.output_digest,
                outcome.used,
                outcome.properties,
                outcome.error,
                outcome.metadata,
            )
        )
        if outcome.state.has_result:
            self._job.memory.keep(order.address, outcome.plain)
        if outcome.state is State.FAILED:
            self._record.note_error(outcome.error)
        self._record.tell(order.task, live.decision, outcome.state, attempt=order.attempt, at=outcome.at,
                   seconds=outcome.at - order.started, error=outcome.error)  # fmt: skip
        return self._child_ended(live.frame, outcome.state, order.task.id, moved=self._has_moved(live, outcome))

    def _has_moved(self, live: Live, outcome: Outcome) -> bool:
        if not self._job.resolved.changed:
            return True
        return has_moved(live.order.task, self._origin_of(live.decision), outcome.output_digest)

    def _end_group(
        self, owner: GroupRun, state: State, *, error: dict[str, Any] | None = None, exited: bool = False
    ) -> State:
        at = self._clock.now()
        state = counts_as(owner.task, state, retried=False) if not exited else state
        if state is State.FAILED:
            self._record.note_error(error)
        plain = {} if state is State.SKIPPED else self._job.memory.given(owner.address)
        kept = self._tools.values.keep(plain, run=self._job.run.id, task_run=owner.task_run)
        digest = kept.digest if plain else None
        self._record.add(*(SaveArtifact(artifact) for artifact in kept.artifacts))
        self._record.add(
            EndTask(owner.task_run, state, at, kept.outputs, digest, self._phases.used(owner.task_run), {}, error)
        )
        decision = self._job.expansion.decided(owner.address)
        self._record.tell(
            owner.task, decision, state, attempt=owner.attempt, at=at, seconds=at - owner.started, error=error
        )
        return state
