"""Runs a scenario on files, stops it at a write, and recovers it as a new process would."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, cast

from tests.crash.checks import Opened, Seen, doubled, lost, see
from tests.crash.scenarios import Scenario
from tests.support.stopping_store import Stopped, StoppingStore
from tests.support.task_types import DOINGS, TALLY, marks

from dalsegno.artifacts.local import LocalArtifacts
from dalsegno.engine.clock import RandomIds, SystemClock
from dalsegno.errors import RequestRefused
from dalsegno.model.run import Run
from dalsegno.model.state import State
from dalsegno.replay.request import ReplayRequest
from dalsegno.service.resuming import Resumption
from dalsegno.service.service import Service
from dalsegno.store.open import open_store
from dalsegno.store.port import RunFilter

Mode = Literal["before", "after"]


@contextmanager
def opened(home: Path, *, stop_at: int | None = None, mode: Mode = "before") -> Generator[Opened]:
    """Open a home anew; with `stop_at`, on a store that stops at this write."""
    clock = SystemClock()
    inner = open_store(home / "dalsegno.db", now=clock.now)
    store = inner if stop_at is None else StoppingStore(inner, stop_at, mode=mode)
    try:
        yield Opened(Service(store, LocalArtifacts(home / "artifacts"), clock=clock, ids=RandomIds()), store)
    finally:
        inner.close()


def prepare(scenario: Scenario, home: Path) -> None:
    """Bring a home into the state in which the scenario begins."""
    with opened(home) as at:
        if scenario.called:
            at.service.flows.save(f"id: called\nnamespace: crash.tests\n{scenario.called}")
        last = ""
        for number, request in enumerate(scenario.before):
            run = _create(at.service, scenario, replace(request, origin=last or None), fixed=False)
            last = run.id
            _execute(at, scenario, run, kill=number == 0)
    tally(home).unlink(missing_ok=True)


def runs_of(at: Opened) -> list[Run]:
    """Give all runs but those that others called, oldest first."""
    return sorted(at.store.runs.list(RunFilter(limit=0, top=True)), key=lambda run: run.id)


def play(at: Opened, scenario: Scenario) -> Run:
    """Do what the scenario is about: carry on its run, or create it if it is not there."""
    runs = runs_of(at)
    if len(runs) > len(scenario.before):
        run = runs[-1]
    else:
        origin = runs[-1].id if runs else None
        run = _create(at.service, scenario, replace(scenario.request, origin=origin), fixed=True)
    return _execute(at, scenario, run, kill=not scenario.before)


def _create(service: Service, scenario: Scenario, request: ReplayRequest, *, fixed: bool) -> Run:
    try:
        return _asked(service, scenario, request, fixed=fixed)
    except RequestRefused:
        if scenario.otherwise is None:
            raise
    again = scenario.otherwise if fixed else replace(scenario.otherwise, revision="original")
    return _asked(service, scenario, replace(again, origin=request.origin), fixed=fixed)


def _asked(service: Service, scenario: Scenario, request: ReplayRequest, *, fixed: bool) -> Run:
    text = scenario.text(scenario.tasks)
    if request.origin is None:
        return service.runs.create_fresh("stopped.yaml", request, text=text)
    after = scenario.text(scenario.fixed) if fixed and scenario.fixed else None
    return service.runs.create_replay(request, text=after, file="fixed.yaml")


def _execute(at: Opened, scenario: Scenario, run: Run, *, kill: bool) -> Run:
    if not kill or scenario.kill is None:
        return _say(at, scenario, at.service.runs.execute(run.id))
    DOINGS["wait"] = lambda context, _: context.wait(60)

    def by_request(context: Any, _: Any) -> None:
        at.service.runs.kill(run.id)
        context.wait(60)

    def here(stop: Callable[[], None]) -> None:
        def ask(context: Any, _: Any) -> None:
            stop()
            context.wait(60)

        DOINGS["kill"] = ask

    if scenario.kill == "stop":
        return at.service.runs.execute(run.id, stop=here)
    DOINGS["kill"] = by_request
    return at.service.runs.execute(run.id)


def _say(at: Opened, scenario: Scenario, run: Run) -> Run:
    """Resume a run each time that it waits."""
    while run.state is State.PAUSED:
        first = at.service.runs.waits(run.id)[0].address
        run = at.service.runs.resume(run.id, scenario.said.get(first, Resumption()))
    return run


def tally(home: Path) -> Path:
    """Give the file of marks of a home."""
    return home / "tally.txt"


@contextmanager
def counting(home: Path) -> Generator[None]:
    """Let tasks leave their marks in this home."""
    before = os.environ.get(TALLY)
    os.environ[TALLY] = str(tally(home))
    try:
        yield
    finally:
        os.environ.pop(TALLY) if before is None else os.environ.__setitem__(TALLY, before)


@dataclass
class Tried:
    """What came of stopping a scenario at every write."""

    stops: int = 0
    lost: list[str] = field(default_factory=list[str])
    doubled: list[str] = field(default_factory=list[str])


class Trial:
    """Stops one scenario at each of its writes."""

    def __init__(self, scenario: Scenario, folder: Path) -> None:
        self._scenario = scenario
        self._folder = folder
        self._base = folder / "base"
        prepare(scenario, self._base)
        self.expected = self._undisturbed()

    def _undisturbed(self) -> Seen:
        home = self._home("undisturbed")
        with counting(home), opened(home) as at:
            seen = see(at, play(at, self._scenario), marks(tally(home)))
        shutil.rmtree(home)
        wrong = [*lost(seen, seen, killed=False), *doubled(seen, None)]
        assert not wrong, wrong
        return seen

    def _home(self, name: str) -> Path:
        home = self._folder / name
        shutil.copytree(self._base, home, ignore=shutil.ignore_patterns("tmp"))
        return home

    def stop_everywhere(self, mode: Mode) -> Tried:
        """Stop at write 1, 2, ... until the run gets through."""
        tried = Tried()
        while self._stop(tried.stops + 1, mode, tried):
            tried.stops += 1
        return tried

    def _stop(self, number: int, mode: Mode, tried: Tried) -> bool:
        home = self._home(f"{mode}-{number}")
        stopped = False
        with counting(home):
            with opened(home, stop_at=number, mode=mode) as at, suppress(Stopped):
                try:
                    play(at, self._scenario)
                finally:
                    stopped = cast("StoppingStore", at.store).stopped
            if stopped:
                self._recover(home, f"stopped {mode} write {number}", tried)
        shutil.rmtree(home)
        return stopped

    def _recover(self, home: Path, what: str, tried: Tried) -> None:
        with opened(home) as at:
            runs = runs_of(at)
            left = runs[-1] if len(runs) > len(self._scenario.before) else None
            at_stop = see(at, left, marks(tally(home))) if left else None
            seen = see(at, play(at, self._scenario), marks(tally(home)))
        killed = self._scenario.kill is not None
        tried.lost += [f"{what}: {problem}" for problem in lost(self.expected, seen, killed=killed)]
        tried.doubled += [f"{what}: {problem}" for problem in doubled(seen, at_stop)]
