"""The end of a run: how it ends is settled first, then the tasks run that are to know it, then it is recorded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dalsegno.engine.ending import flow_outputs, never_reached, never_taken_up
from dalsegno.engine.exiting import Exiting
from dalsegno.engine.frames import Frame, frame_of_after
from dalsegno.engine.job import Job
from dalsegno.engine.recording import Recorder
from dalsegno.errors import DalSegnoError
from dalsegno.model.flow import Kind
from dalsegno.model.graph import runs_after
from dalsegno.model.run import Result
from dalsegno.model.state import State
from dalsegno.store.port import LabelRun


@dataclass(frozen=True, slots=True)
class Settled:
    """How a run ends."""

    state: State
    outputs: Mapping[str, Any] = field(default_factory=dict[str, Any])
    error: Mapping[str, Any] | None = None
    labels: Mapping[str, str] = field(default_factory=dict[str, str])


class Settling:
    """Settles how a run ends, and records it."""

    def __init__(self, job: Job, record: Recorder, exiting: Exiting) -> None:
        self._job = job
        self._record = record
        self._exit = exiting
        self._nodes = job.tools.facts.nodes
        if any(runs_after(result.task, self._nodes) for result in job.memory.recorded.values()):
            # it was settled by the process that died: its time cannot run out any more
            job.limits.over()

    def settle(self, final: State, left: Iterable[Result], reached: set[str]) -> Settled:
        """Settle how a run ends whose tasks have ended as `final`.

        Parameters
        ----------
        left : what the process that died left running, and nobody has taken up.
        reached : what of the request's names was reached.
        """
        at, outputs, error = self._job.tools.clock.now(), dict[str, Any](), self._exit.error or self._record.error
        if final in (State.SUCCESS, State.WARNING):
            try:
                outputs = flow_outputs(self._job, exited=self._exit.state is not None)
            except DalSegnoError as broken:
                final, error = State.FAILED, {**broken.as_json(), "message": f"the flow's outputs: {broken.message}"}
        self.end(result for result in left if not runs_after(result.task, self._nodes))
        error = error if final is State.FAILED else None
        if final in (State.SUCCESS, State.WARNING):
            reached |= {target.text for target in self._job.resolved.targets if runs_after(target.task, self._nodes)}
            if (missed := never_reached(self._job, reached)) is not None:
                final, error = State.WARNING, missed
        settled = self._job.limits.settle(final, error, at)
        return Settled(settled.state, outputs, settled.error, settled.labels)

    def end(self, left: Iterable[Result], why: Mapping[str, Any] | None = None) -> None:
        """End what was left running, and what it has called.

        Parameters
        ----------
        why : the error of what ended, where that is not that its process died.
        """
        left = list(left)
        for result in left:
            if self._nodes[result.task].task.kind is Kind.SUBFLOW:
                self._job.children.kill(result.id)
        self._record.add(*never_taken_up(self._job, left, self._job.tools.clock.now(), self._exit, why))

    def after(self, settled: Settled) -> Frame | None:
        """Give the frame of what runs now that it is settled how the run ends; `None` where nothing does.

        In a run that is to stop nothing begins any more.
        """
        tools = self._job.tools
        if not self._job.flow.after or tools.stop.wanted:
            return None
        self._job.limits.over()
        self._exit.begin_after()
        tools.facts.ended.update(state=settled.state.value, outputs=settled.outputs)
        return frame_of_after(self._job.flow)

    def finish(self, settled: Settled, left: Iterable[Result]) -> State:
        """Record the end of the run."""
        self.end(result for result in left if runs_after(result.task, self._nodes))
        if settled.labels:
            self._record.add(LabelRun(self._job.run.id, settled.labels))
        at = self._job.tools.clock.now()
        self._record.move_run(settled.state, at, outputs=settled.outputs, error=settled.error)
        self._record.commit()
        return settled.state
