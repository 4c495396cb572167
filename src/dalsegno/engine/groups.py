"""How a group begins: what it is made of in this run, and the frame in which it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from dalsegno.engine.frames import Frame, GroupRun, frame_of_group, frame_of_loop
from dalsegno.engine.items import choice_of, parts_of
from dalsegno.engine.job import Job
from dalsegno.engine.phases import Phases
from dalsegno.engine.recording import Recorder
from dalsegno.engine.turns import Turns
from dalsegno.engine.unreached import refuse_other_branch, refuse_other_items, refuse_skipped
from dalsegno.engine.variables import expression_scope, variables
from dalsegno.engine.worker import runs_at_all
from dalsegno.model.address import item_keys
from dalsegno.model.flow import Kind
from dalsegno.store.port import EvaluateLoop


class Groups:
    """Opens groups."""

    def __init__(self, job: Job, record: Recorder, turns: Turns, phases: Phases) -> None:
        self._job = job
        self._record = record
        self._turns = turns
        self._phases = phases

    def open(self, owner: GroupRun, frame: Frame) -> Frame | None:
        """Give the frame of a group that begins; `None` where `runIf` skips it.

        Raises
        ------
        TaskFailed : what it is made of cannot be worked out, or leaves a start unreached (rule 15).
        """
        task, facts = owner.task, self._job.tools.facts
        if task.run_if is not None:
            scope = expression_scope(facts, variables(facts, frame.scope, task))
            if not runs_at_all(task, scope):
                refuse_skipped(self._job.resolved, task, frame.scope)
                return None
        if task.repeats:
            return self._turns.open(owner, frame)
        if task.shares:
            return self._phases.open(owner, frame)
        if task.kind not in (Kind.LOOP, Kind.CHOICE):
            return frame_of_group(owner, frame.scope, frame)
        keys, values = self._parts(owner, frame)
        if task.kind is Kind.CHOICE and isinstance(values[0], Mapping):
            # what is inside may read how the choice came out
            self._job.memory.keep(owner.address, dict(cast("Mapping[str, Any]", values[0])))
        self._job.expansion.expand(task, frame.scope, keys=keys, values=values)
        if task.kind is Kind.CHOICE:
            refuse_other_branch(self._job.resolved, task, frame.scope, keys[0])
            inside = frame_of_group(owner, frame.scope, frame, branch=keys[0])
        else:
            refuse_other_items(self._job.resolved, task, frame.scope, keys)
            inside = frame_of_loop(owner, frame.scope, frame, keys=keys, values=values)
        inside.otherwise = self._job.expansion.came_out_otherwise(owner.address, keys)
        return inside

    def close(self, frame: Frame) -> None:
        """Keep what can be read of a group that has ended: of batches, how many there were, and how they ended."""
        owner = frame.owner
        if owner is not None and owner.task.batches:
            ended = {state.value: count for state, count in frame.counts.items()}
            count = len(self._job.memory.keys_of(owner.address) or ())
            self._job.memory.keep(owner.address, {"numberOfBatches": count, "iterations": ended})

    def _parts(self, owner: GroupRun, frame: Frame) -> tuple[Sequence[str], Sequence[Any]]:
        """Give the items or the branch of a group: those recorded before, or else what its expression gives now."""
        keys = self._job.memory.keys_of(owner.address)
        recorded = self._job.memory.values_of(owner.address) if keys is not None else None
        if keys is not None and recorded is not None:
            return keys, recorded
        overrides = self._job.resolved.overrides(owner.task.id, frame.scope.keys)
        if owner.task.kind is Kind.CHOICE:
            choice = choice_of(owner.task, frame.scope, overrides, self._job.tools.facts)
            keys, values = [choice.branch], [choice.outputs]
        else:
            values = parts_of(owner.task, frame.scope, overrides, self._job.tools.facts)
            keys = item_keys(values)
        self._job.memory.keep_keys(owner.address, keys)
        self._record.add(EvaluateLoop(owner.task_run, tuple(keys), tuple(values)))
        return keys, values
