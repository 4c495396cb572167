"""The end of a run that one of its tasks asked for: how it ends, and what around that task ends with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dalsegno.engine.frames import Frame
from dalsegno.engine.stopping import Stop
from dalsegno.model.graph import Node, runs_after
from dalsegno.model.run import Result
from dalsegno.model.state import State
from dalsegno.store.port import TaskRunReads

#: the code of the error that a task has which ended its run as FAILED
EXIT = "exit"


def exit_error(address: str) -> dict[str, Any]:
    """Give the error of a task that ended its run as FAILED, and of the run."""
    return {"code": EXIT, "message": f"`{address}` ended the run as FAILED", "address": address}


class Exiting:
    """Whether a task has ended the run, and as what. The first that does so counts.

    Parameters
    ----------
    recorded : the task runs that earlier processes recorded: the end of one of them may have been the end of the run.
    """

    def __init__(
        self, stop: Stop, nodes: Mapping[str, Node], recorded: Mapping[str, Result], task_runs: TaskRunReads
    ) -> None:
        self._stop = stop
        self._nodes = nodes
        self._recorded = recorded
        self._task_runs = task_runs
        self.state: State | None = None
        self._address = ""
        self._look_back(after=False)

    def begin_after(self) -> None:
        """Begin anew for what runs when it is settled how the run ends: an end there ends no more than that."""
        self.state, self._address = None, ""
        self._look_back(after=True)

    def _look_back(self, *, after: bool) -> None:
        """Find what earlier processes recorded as the end of the run."""
        for result in self._recorded.values():
            ends = self._nodes[result.task].task.ends and runs_after(result.task, self._nodes) == after
            if ends and _has_ended_the_run(result, self._task_runs):
                self.state, self._address = result.state, result.address

    @property
    def closing(self) -> bool:
        """Whether nothing may begin any more."""
        return self.state is not None or self._stop.wanted

    def ask(self, state: State, address: str, frame: Frame) -> None:
        """End the run as `state`; the groups around the task end so too."""
        if self.state is not None:
            return
        self.state, self._address = state, address
        around: Frame | None = frame
        while around is not None:
            around.exit, around = state, around.parent
        if state is State.KILLED:
            self._stop.set()

    def ends_as(self, group: Result) -> State | None:
        """Give how a group ends that was left running: as the run, if it stands around the task that ended it."""
        if self.state is None or group.task not in self._nodes[self._task].parents:
            return None
        return self.state if self._address.startswith(group.address.removesuffix(group.task)) else None

    @property
    def error(self) -> dict[str, Any] | None:
        """The error of a run that was ended as FAILED."""
        return exit_error(self._address) if self.state is State.FAILED else None

    @property
    def _task(self) -> str:
        return self._address.rpartition(".")[2]


def _has_ended_the_run(result: Result, task_runs: TaskRunReads) -> bool:
    if result.state in (State.SUCCESS, State.WARNING):
        return True
    found = task_runs.get(result.id) if result.state is State.FAILED else None
    return found is not None and found.error is not None and found.error.get("code") == EXIT
