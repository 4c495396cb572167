"""Pausing a run that is executed: what is running ends, nothing begins, and `resume` goes on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from dalsegno.client.client import Client
from dalsegno.errors import Refusal
from dalsegno.model.run import Run
from dalsegno.model.state import State
from dalsegno.replay.request import ReplayRequest

FLOW = """
id: work
namespace: company.team
tasks:
  - id: side
    type: core.flow.Parallel
    tasks:
      - {id: ask, type: core.flow.Pause, onResume: [{id: n, type: INT, defaults: 1}]}
      - {id: waits, type: scripts.shell.Commands, commands: ["false"],
         retry: {type: constant, interval: PT1H, maxAttempts: 2}, allowFailure: true}
      - {id: slow, type: scripts.shell.Commands, commands: ["echo begun > HERE/begun", "read line < HERE/go"]}
  - {id: last, type: core.debug.Return, value: done}
"""
PLAIN = """
id: plain
namespace: company.team
tasks:
  - {id: slow, type: scripts.shell.Commands, commands: ["echo begun > HERE/begun", "read line < HERE/go"]}
  - {id: last, type: core.debug.Return, value: done}
"""


class Begun:
    """A run that is executed while the test goes on, and stands in its slow task."""

    def __init__(self, client: Client, text: str, here: Path, pool: ThreadPoolExecutor) -> None:
        for name in ("begun", "go"):
            os.mkfifo(here / name)
        self._here = here
        self.run = client.start_run("work.yaml", ReplayRequest(), text=text.replace("HERE", str(here)))
        self.execution: Future[Run] = pool.submit(client.execute, self.run.id)
        assert (here / "begun").read_text() == "begun\n"

    def let_through(self) -> Run:
        """Have the slow task end; give the run as it is then."""
        (self._here / "go").write_text("go\n")
        return self.execution.result(30)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


def states(client: Client, run: Run) -> dict[str, State]:
    return {each.address: each.state for each in client.task_runs(run.id)}


def test_a_run_pauses_when_what_runs_has_ended_and_goes_on(
    client: Client, tmp_path: Path, pool: ThreadPoolExecutor
) -> None:
    begun = Begun(client, PLAIN, tmp_path, pool)
    assert client.pause_run(begun.run.id).state is State.RUNNING
    with pytest.raises(Refusal, match="plain-1 is about to pause: what is running in it ends first"):
        client.resume(begun.run.id)
    paused = begun.let_through()
    assert paused.state is State.PAUSED
    assert states(client, paused) == {"slow": State.SUCCESS}
    assert client.waits(paused.id) == []
    assert client.run_json(paused.id)["held"] is True
    with pytest.raises(Refusal, match="plain-1 waits already"):
        client.pause_run(paused.id)
    ended = client.resume(paused.id)
    assert ended.state is State.SUCCESS
    assert states(client, ended) == {"slow": State.SUCCESS, "last": State.SUCCESS}
    assert [each.state for each in client.attempts(ended.id, "slow")] == [State.SUCCESS]


def test_what_waits_in_a_paused_run_goes_on_waiting(client: Client, tmp_path: Path, pool: ThreadPoolExecutor) -> None:
    begun = Begun(client, FLOW, tmp_path, pool)
    client.pause_run(begun.run.id)
    paused = begun.let_through()
    assert paused.state is State.PAUSED
    before = {"side": State.RUNNING, "ask": State.PAUSED, "waits": State.RUNNING, "slow": State.SUCCESS}
    assert states(client, paused) == before
    # a run that nobody said anything else to goes on, and what it asked before it still asks
    told = Event()
    going = pool.submit(client.resume, paused.id, observer=lambda progress: told.set())
    assert told.wait(30)
    assert states(client, paused) == before
    assert client.kill_run(paused.id).id == paused.id
    assert going.result(30).state is State.KILLED


def test_a_run_that_is_about_to_pause_can_be_stopped(client: Client, tmp_path: Path, pool: ThreadPoolExecutor) -> None:
    begun = Begun(client, FLOW, tmp_path, pool)
    client.pause_run(begun.run.id)
    client.kill_run(begun.run.id)
    killed = begun.execution.result(30)
    assert killed.state is State.KILLED
    ended = states(client, killed)
    assert {ended.pop("waits")} <= {State.KILLED, State.WARNING}
    assert ended == {"side": State.KILLED, "ask": State.KILLED, "slow": State.KILLED}


def test_a_run_that_nobody_executes_is_paused_at_once_and_may_be_killed(client: Client, tmp_path: Path) -> None:
    run = client.start_run("work.yaml", ReplayRequest(), text=PLAIN)
    assert client.pause_run(run.id).state is State.PAUSED
    assert states(client, run) == {}
    assert client.kill_run(run.id).state is State.KILLED
    with pytest.raises(Refusal, match="plain-1 has ended already"):
        client.pause_run(run.id)


def test_a_run_that_waits_is_given_as_it_is_when_it_is_to_be_executed(client: Client) -> None:
    run = client.start_run("work.yaml", ReplayRequest(), text=PLAIN)
    client.pause_run(run.id)
    assert client.execute(run.id).state is State.PAUSED
