"""Loops that repeat: their turns, and what is settled between two of them.

The turns so far are recorded as the loop's items, each with the time at which it begins: whoever carries the run on finds the
same turns, and waits for what is left of the wait.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dalsegno.engine.frames import Frame, GroupRun, ItemStart, frame_of_loop
from dalsegno.engine.items import holds
from dalsegno.engine.job import Job
from dalsegno.engine.logs import AttemptLog
from dalsegno.engine.recording import Recorder
from dalsegno.engine.variables import expression_scope, render_properties, variables
from dalsegno.engine.worker import validate
from dalsegno.errors import DalSegnoError, TaskFailed
from dalsegno.model.state import State
from dalsegno.replay.edges import Scope
from dalsegno.replay.repeating import Limits, Turn, after_turn, key_of
from dalsegno.store.port import EvaluateLoop
from dalsegno.tasks.registry import load


class Turns:
    """Opens loops that repeat, and settles whether they do so once more."""

    def __init__(self, job: Job, record: Recorder) -> None:
        self._job = job
        self._record = record
        self._clock = job.tools.clock

    def open(self, owner: GroupRun, parent: Frame) -> Frame:
        """Give the frame of a loop that begins, or that is carried on at the turn that was recorded last."""
        address, task = owner.address, owner.task
        keys = self._job.memory.keys_of(address)
        times = self._job.memory.values_of(address) if keys else None
        if not keys or times is None:
            keys, times = [key_of(0)], [self._clock.now()]
            self._keep(owner, keys, times)
        self._job.memory.keep_keys(address, keys)
        self._job.memory.keep_times(address, times)
        self._count(owner, len(keys))
        self._job.expansion.expand(task, parent.scope, keys=keys, values=[None] * len(keys))
        frame = frame_of_loop(owner, parent.scope, parent, keys=keys, values=[None] * len(keys))
        frame.pending.clear()
        frame.pending.extend(ItemStart(task, key, None, turn, times[turn]) for turn, key in enumerate(keys))
        frame.repeats = True
        return frame

    def settle(self, frame: Frame) -> dict[str, Any] | None:
        """Settle what comes after a turn: the next one, or the end. Gives the error where the loop fails by that."""
        owner = frame.owner
        assert owner is not None  # noqa: S101 - only a group repeats
        address, task = owner.address, owner.task
        keys = list(self._job.memory.keys_of(address) or ())
        try:
            turn, fails = self._ask(owner, frame.scope, keys)
        except DalSegnoError as error:
            return self._end(frame, {**error.as_json(), "address": address})
        if turn.at is None:
            why = None if turn.limit is None else self._give_up(owner, turn.limit, fails=fails)
            return self._end(frame, why)
        index = len(keys)
        keys.append(key_of(index))
        times = [*(self._job.memory.times_of(address) or ()), turn.at]
        self._keep(owner, keys, times)
        self._count(owner, len(keys))
        self._job.expansion.expand(task, frame.scope, keys=keys[index:], values=[None], first=index)
        frame.pending.append(ItemStart(task, keys[index], None, index, turn.at))
        return None

    def _ask(self, owner: GroupRun, scope: Scope, keys: Sequence[str]) -> tuple[Turn, bool]:
        """Render the loop as its last turn sees it."""
        from dalsegno.tasks.groups import LoopUntil  # only where something repeats: its models take a while

        task, facts = owner.task, self._job.tools.facts
        inside = scope.enter(task.id, keys[-1], None, len(keys) - 1)
        overrides = self._job.resolved.overrides(task.id, scope.keys)
        found = expression_scope(facts, variables(facts, inside, task))
        loop = validate(load(task.type), render_properties(task, overrides, found))
        if not isinstance(loop, LoopUntil):
            raise TaskFailed(f"the task type `{task.type}` does not repeat, though it says so", code="task-type-broke")
        often = loop.check_frequency
        limits = Limits(often.max_iterations, often.max_duration.total_seconds(), often.interval.total_seconds())
        began, now = owner.started, self._clock.now()
        turn = after_turn(limits, holds=holds(loop.condition), turns=len(keys), began=began, now=now)
        return turn, loop.fail_on_max_reached

    def _end(self, frame: Frame, error: dict[str, Any] | None) -> dict[str, Any] | None:
        frame.repeats = False
        if error is not None:
            frame.states.add(State.FAILED)
            frame.error = error
        return error

    def _give_up(self, owner: GroupRun, limit: str, *, fails: bool) -> dict[str, Any] | None:
        """Say that the condition does not hold and the loop ends all the same; give the error where it fails by that."""
        message = f"the condition of `{owner.task.id}` does not hold {limit}"
        if fails:
            hint = "find out what it waits for, or give it more time in `checkFrequency`"
            error = TaskFailed(message, code="max-reached", hint=hint)
            return {**error.as_json(), "address": owner.address}
        log = AttemptLog(
            self._job.logs, self._clock, task_run=owner.task_run, address=owner.address, attempt=owner.attempt,
            observer=self._job.observer,
        )  # fmt: skip
        told = f"{message}; it goes on, for `failOnMaxReached` is false"
        log.warning(told)
        self._job.logs.end_attempt(owner.task_run, owner.attempt)
        return None

    def _keep(self, owner: GroupRun, keys: Sequence[str], times: Sequence[float]) -> None:
        self._job.memory.keep_keys(owner.address, keys)
        self._job.memory.keep_times(owner.address, times)
        self._record.add(EvaluateLoop(owner.task_run, tuple(keys), tuple(times)))

    def _count(self, owner: GroupRun, turns: int) -> None:
        """Let what is inside, and the condition, read how many turns there are."""
        self._job.memory.keep(owner.address, {"iterationCount": turns})
