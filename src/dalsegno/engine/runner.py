"""Executes one run: walks the frames, records, dispatches.

The walk is the same for a fresh run, a replay and a run whose process died: what is recorded as ended is passed by, what is
recorded as running is taken up again, everything else begins. The end of one task and the start of the next are one commit,
and a task's body starts only after the commit that says RUNNING.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dalsegno.engine.bodies import Bodies, Live
from dalsegno.engine.checking import has_moved, why_it_runs
from dalsegno.engine.ending import PROCESS_DIED, counts_as, flow_outputs, never_reached, never_taken_up
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
from dalsegno.engine.groups import Groups
from dalsegno.engine.job import Job
from dalsegno.engine.logs import AttemptLog
from dalsegno.engine.pausing import Asked, Delayed, Paused, Waits, ask, error_of, pause_of, preview, waits_here
from dalsegno.engine.phases import Phases
from dalsegno.engine.recording import Recorder
from dalsegno.engine.retries import TakenUp, delay_of, taken_up
from dalsegno.engine.starting import calling_of, timeout_of
from dalsegno.engine.turns import Turns
from dalsegno.engine.worker import Attempted, Outcome
from dalsegno.errors import DalSegnoError
from dalsegno.model.address import parse as parse_address
from dalsegno.model.flow import Kind, Task
from dalsegno.model.plan import Action, Decision
from dalsegno.model.run import Result, TaskRun
from dalsegno.model.state import State
from dalsegno.replay.resolve import keeps_origin
from dalsegno.store.port import (
    EndTask,
    LabelRun,
    MoveTask,
    NewAttempt,
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
        self._waits = Waits()
        self._bodies = Bodies(job.executor, job.tools.clock, job.tools.stop)
        self._turns = Turns(job, self._record)
        self._phases = Phases(job, self._bodies)
        self._groups = Groups(job, self._record, self._turns, self._phases)
        self._exit = Exiting(job.tools.stop, job.tools.facts.nodes, job.memory.recorded, job.store.task_runs)
        self._reached: set[str] = set()
        self._moved_before = job.expansion.moved_before(job.memory.recorded)
        self._error: dict[str, Any] | None = job.memory.first_error()
        #: what the process that died left running, until it is taken up again
        self._left: dict[str, Result] = {
            name: item for name, item in job.memory.recorded.items() if not item.state.ended
        }

    def execute(self) -> State:
        """Execute the run to its end, or until all that is left of it waits for a person, and give its state."""
        if self._record.state is State.CREATED:
            self._record.move_run(State.RUNNING, self._clock.now())
        final = self._exit.state or self._advance(frame_of_flow(self._job.flow))
        while True:
            final = self._end_waits() or final
            if final is not None:
                return self._finish(final)
            if self._bodies.idle and not self._waits.need_nobody:
                return self._rest()
            self._record.commit()
            until = self._waits.until
            self._bodies.start(here=until is None)
            for live, outcome in self._bodies.take_ends(until=until):
                final = self._end(live, outcome) or final

    # the run

    def _finish(self, final: State) -> State:
        outputs: dict[str, Any] = {}
        if final in (State.SUCCESS, State.WARNING):
            try:
                outputs = flow_outputs(self._job, exited=self._exit.state is not None)
            except DalSegnoError as error:
                final = State.FAILED
                self._error = {**error.as_json(), "message": f"the flow's outputs: {error.message}"}
        at = self._clock.now()
        for left in self._left.values():
            if self._tools.facts.nodes[left.task].task.kind is Kind.SUBFLOW:
                self._job.children.kill(left.id)
        self._record.add(*never_taken_up(self._job, self._left.values(), at, self._exit))
        error = self._exit.error or self._error if final is State.FAILED else None
        if final in (State.SUCCESS, State.WARNING) and (missed := never_reached(self._job, self._reached)) is not None:
            final, error = State.WARNING, missed
        settled = self._job.limits.settle(final, error, at)
        if settled.labels:
            self._record.add(LabelRun(self._job.run.id, settled.labels))
        final = settled.state
        self._record.move_run(final, at, outputs=outputs, error=settled.error)
        self._record.commit()
        return final

    def _rest(self) -> State:
        """Stop until somebody resumes the run: nothing of it is left in this process."""
        if self._record.state is not State.PAUSED:
            self._record.move_run(State.PAUSED, self._clock.now())
        self._record.commit()
        return State.PAUSED

    # the walk

    def _advance(self, frame: Frame) -> State | None:
        """Start what may start in a frame; give how it ended if it has."""
        while (entry := frame.next(stopping=self._exit.closing)) is not None:
            if isinstance(entry, NextTurn):
                self._note_error(self._turns.settle(frame))
            elif isinstance(entry, Phase):
                self._phases.start(entry, frame)
            elif isinstance(entry, ItemStart):
                if (ended := self._start_item(entry, frame)) is not None:
                    frame.ended(ended[0], moved=ended[1])
            elif (result := self._start(entry, frame)) is not None:
                frame.ended(result[0], task=entry.id, moved=result[1])
        final = frame.final
        if final is not None and frame.owner is not None:
            final = self._end_group(frame.owner, final, error=frame.error, exited=frame.exit is not None)
            self._phases.close(frame)
        return final

    def _start_item(self, item: ItemStart, frame: Frame) -> _Result | None:
        """Start an item of a loop, or have it wait for its time; give how it ended if it has."""
        if item.due > self._clock.now():
            self._waits.add(Delayed(frame, item))
            return None
        inside = frame_of_item(item, frame)
        state = self._advance(inside)
        return None if state is None else (state, inside.inside_moved)

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
        if self._is_held(task, frame, decision):
            return None
        if task.kind is Kind.PAUSE:
            return self._start_pause(task, frame, decision)
        if task.kind.is_group:
            return self._start_group(task, frame, decision)
        return self._start_work(task, frame, decision)

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

    def _start_work(self, task: Task, frame: Frame, decision: Decision) -> None:
        at = self._clock.now()
        recorded, tried = self._left.pop(decision.address, None), TakenUp()
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
        timeout, doomed = timeout_of(task, frame.scope, self._tools)
        order = Attempted(
            task, frame.scope, identity, decision.address, number, at, overrides, log, self._tools, began=began,
            timeout=timeout, doomed=doomed, parent=frame.around, folder=frame.folder,
            calling=calling_of(task, decision, identity, self._job.children),
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

    # what waits

    def _is_held(self, task: Task, frame: Frame, decision: Decision) -> bool:
        """Whether a breakpoint stands before a task that was about to begin. One that was resumed is recorded as RUNNING."""
        left = self._left.get(decision.address)
        if left is not None:
            held = self._job.store.task_runs.get(left.id) if left.state is State.PAUSED else None
            if held is None or waits_here(task, held):
                return False
            del self._left[decision.address]
            self._waits.add(Paused(task, frame, decision, held.id, held.attempt, held.created))
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
        self._waits.add(Paused(task, frame, decision, held.id, held.attempt, now))
        self._record.tell(task, decision, State.PAUSED, attempt=held.attempt, at=now)
        return True

    def _start_pause(self, task: Task, frame: Frame, decision: Decision) -> _Result | None:
        recorded = self._left.pop(decision.address, None)
        found = self._job.store.task_runs.get(recorded.id) if recorded is not None else None
        if found is not None and found.state is State.PAUSED:
            asked = Asked(pause_of(task, found), found.properties, found.used)
            self._waits.add(Paused(task, frame, decision, found.id, found.attempt, found.started or 0.0, asked))
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
            return self._end_pause(paused, State.FAILED, error={**error.as_json(), "address": decision.address}), True
        if asked is None:
            return self._end_pause(paused, State.SKIPPED), False
        self._record.add(MoveTask(task_run.id, State.PAUSED, at, asked.used, asked.properties))
        self._waits.add(replace(paused, asked=asked))
        self._record.tell(task, decision, State.PAUSED, attempt=task_run.attempt, at=at)
        return None

    def _end_waits(self) -> State | None:
        """End the waits whose time has passed, or all of them where the run is to stop."""
        final: State | None = None
        while True:
            stopping = self._exit.closing
            due = self._waits.take_all() if stopping else self._waits.take_due(self._clock.now())
            for paused in due:
                if isinstance(paused, Delayed):
                    ended = (State.KILLED, True) if stopping else self._start_item(paused.item, paused.frame)
                    final = (ended and self._child_ended(paused.frame, ended[0], None, moved=ended[1])) or final
                    continue
                state = self._end_pause(paused, State.KILLED) if stopping else self._go_on(paused)
                final = self._child_ended(paused.frame, state, paused.task.id, moved=True) or final
            if not due:
                return final

    def _go_on(self, paused: Paused) -> State:
        """End a pause whose time has passed."""
        due, asked = paused.due, paused.asked
        assert due is not None and asked is not None  # noqa: S101, PT018 - only such a one is taken
        if due.state is State.KILLED:
            self._tools.stop.set()
        if due.state is State.FAILED:
            return self._end_pause(paused, due.state, error=error_of(due, asked, paused.decision.address))
        answers = self._job.defaults(paused.task.id, asked.pause.inputs()) if due.state.has_result else {}
        return self._end_pause(paused, due.state, answers=answers)

    def _end_pause(
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
            self._note_error(error)
        seconds = at - paused.began
        self._record.tell(paused.task, paused.decision, state, attempt=paused.attempt, at=at, seconds=seconds,
                          error=error)  # fmt: skip
        return state

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
            began = self._job.memory.began(address) if task.repeats else None
            owner = GroupRun(task, recorded.id, address, recorded.attempt, began or at)
            if task.shares:
                self._phases.forget(task, frame.scope)
        self._record.tell(task, decision, State.RUNNING, attempt=owner.attempt, at=at)
        try:
            inside = self._groups.open(owner, frame)
        except DalSegnoError as error:
            return self._end_group(owner, State.FAILED, error={**error.as_json(), "address": address}), True
        if inside is None:
            state, origin = self._end_group(owner, State.SKIPPED), self._origin_of(decision)
            return state, origin is None or origin.state is not State.SKIPPED
        state = self._advance(inside)
        return None if state is None else (state, inside.inside_moved)

    # ends

    def _end(self, live: Live, outcome: Outcome) -> State | None:
        order = live.order
        if order.phase:
            self._phases.ended(live, outcome)
            self._note_error(outcome.error)
            return self._child_ended(live.frame, outcome.state, None, moved=False)
        if outcome.state is State.PAUSED:
            return self._rest_with(live, outcome)
        self._job.logs.end_attempt(order.task_run, order.attempt)
        if outcome.state is State.FAILED and not outcome.ends_run and self._try_again(live, outcome):
            return None
        if outcome.ends_run:
            self._exit.ask(outcome.state, order.address, live.frame)
        else:
            outcome = replace(outcome, state=counts_as(order.task, outcome.state, retried=live.failures > 0))
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
            )
        )
        if outcome.state.has_result:
            self._job.memory.keep(order.address, outcome.plain)
        if outcome.state is State.FAILED:
            self._note_error(outcome.error)
        self._record.tell(order.task, live.decision, outcome.state, attempt=order.attempt, at=outcome.at,
                   seconds=outcome.at - order.started, error=outcome.error)  # fmt: skip
        return self._child_ended(live.frame, outcome.state, order.task.id, moved=self._has_moved(live, outcome))

    def _rest_with(self, live: Live, outcome: Outcome) -> None:
        """Have a task run wait whose subflow waits for a person."""
        order = live.order
        self._record.add(MoveTask(order.task_run, State.PAUSED, outcome.at, outcome.used, outcome.properties))
        self._waits.add(Paused(order.task, live.frame, live.decision, order.task_run, order.attempt, order.began))
        self._record.tell(order.task, live.decision, State.PAUSED, attempt=order.attempt, at=outcome.at)

    def _has_moved(self, live: Live, outcome: Outcome) -> bool:
        if not self._job.resolved.changed:
            return True
        return has_moved(live.order.task, self._origin_of(live.decision), outcome.output_digest)

    def _try_again(self, live: Live, outcome: Outcome) -> bool:
        """Begin another attempt of a task that failed, if it has one left. The wait before it is part of it."""
        order, retry = live.order, live.order.task.retry
        if retry is None or retry.new_run or self._exit.closing:
            return False
        failures = live.failures + 1
        delay = delay_of(retry, failures, began=order.began, now=outcome.at, seed=self._seed(order.address))
        if delay is None:
            return False
        number = order.attempt + 1
        self._record.add(NewAttempt(order.task_run, number, outcome.at, State.FAILED, outcome.error))
        timeout, doomed = timeout_of(order.task, live.frame.scope, self._tools)
        log = AttemptLog(
            self._job.logs, self._clock, task_run=order.task_run, address=order.address, attempt=number,
            observer=self._job.observer, mask=self._tools.facts.secrets.mask,
        )  # fmt: skip
        again = replace(order, attempt=number, started=outcome.at, since=outcome.at + delay, log=log, waited=False,
                        timeout=timeout, doomed=doomed)  # fmt: skip
        self._bodies.add_later(Live(again, live.frame, live.decision, failures), outcome.at + delay)
        self._record.tell(order.task, live.decision, State.RETRYING, attempt=number, at=outcome.at, error=outcome.error)
        return True

    def _end_group(
        self, owner: GroupRun, state: State, *, error: dict[str, Any] | None = None, exited: bool = False
    ) -> State:
        at = self._clock.now()
        state = counts_as(owner.task, state, retried=False) if not exited else state
        if state is State.FAILED:
            self._note_error(error)
        plain = {} if state is State.SKIPPED else self._job.memory.given(owner.address)
        kept = self._tools.values.keep(plain, run=self._job.run.id, task_run=owner.task_run)
        digest = kept.digest if plain else None
        self._record.add(*(SaveArtifact(artifact) for artifact in kept.artifacts))
        self._record.add(EndTask(owner.task_run, state, at, kept.outputs, digest, {}, {}, error))
        decision = self._job.expansion.decided(owner.address)
        self._record.tell(
            owner.task, decision, state, attempt=owner.attempt, at=at, seconds=at - owner.started, error=error
        )
        return state

    def _note_error(self, error: Any) -> None:
        if error is not None and self._error is None:
            self._error = dict(error)
