"""What the tests of the engine work with: a service on files, whose store can be wrapped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from textwrap import dedent
from typing import Any, Self

from tests.support.clock import MovedClock, SetClock
from tests.support.task_types import DOINGS, marks
from tests.support.watched_store import WatchedStore

from dalsegno.artifacts.local import LocalArtifacts
from dalsegno.engine.clock import RandomIds
from dalsegno.model.progress import Observer
from dalsegno.model.run import Run, TaskRun
from dalsegno.model.state import State
from dalsegno.replay.request import ReplayRequest
from dalsegno.service.sealing import Sealing
from dalsegno.service.service import Service
from dalsegno.store.open import open_store

FRESH = ReplayRequest()


class Lab:
    """A home, opened.

    Attributes
    ----------
    clock : moves a millisecond at each look, unless another one is given.
    doings : what `test.Do` does, by name.
    """

    def __init__(self, home: Path, tally: Path, clock: SetClock | MovedClock | None = None) -> None:
        self.home = home
        self.tally = tally
        self.doings = DOINGS
        self.clock = clock or SetClock(tick=0.001)
        self.store = WatchedStore(open_store(home / "dalsegno.db", now=self.clock.now))
        artifacts = LocalArtifacts(home / "artifacts")
        self.service = Service(
            self.store, artifacts, clock=self.clock, ids=RandomIds(), sealing=Sealing(home / "secret.key")
        )
        self.cases = self.service.runs

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.service.close()

    def create(self, tasks: str, request: ReplayRequest = FRESH, *, rest: str = "") -> Run:
        """Create a fresh run of a flow with these tasks."""
        return self.cases.create_fresh("lab.yaml", request, text=_text(tasks, rest))

    def run(
        self, tasks: str, request: ReplayRequest = FRESH, *, rest: str = "", observer: Observer | None = None
    ) -> Run:
        """Create and execute a fresh run."""
        return self.cases.execute(self.create(tasks, request, rest=rest).id, observer=observer)

    def begin_replay(self, origin: Run, tasks: str | None = None, *, rest: str = "", **request: Any) -> Run:
        """Create a replay of a run, on a new revision where `tasks` are given."""
        wanted = replace(ReplayRequest(origin=origin.id), **request)
        text = None if tasks is None else _text(tasks, rest)
        return self.cases.create_replay(wanted, text=text, file="lab.yaml")

    def replay(self, origin: Run, tasks: str | None = None, *, rest: str = "", **request: Any) -> Run:
        """Replay a run, on a new revision where `tasks` are given."""
        return self.cases.execute(self.begin_replay(origin, tasks, rest=rest, **request).id)

    def states(self, run: Run) -> Mapping[str, State]:
        """Give the state of each task run by its address."""
        return {item.address: item.state for item in self.cases.task_runs(run.id)}

    def at(self, run: Run, address: str) -> TaskRun:
        """Give a task run."""
        return self.cases.task_run(run.id, address)

    def output(self, run: Run, address: str, name: str = "value") -> Any:
        """Give an output of a task run."""
        return self.cases.outputs(run.id)["tasks"][address][name]

    def executed(self, run: Run) -> list[str]:
        """Give the addresses of a run that were executed, in order."""
        return [address for owner, address, _ in marks(self.tally) if owner == run.id]


def _text(tasks: str, rest: str) -> str:
    return f"id: lab\nnamespace: tests\n{dedent(rest)}\ntasks:\n{dedent(tasks)}\n"
