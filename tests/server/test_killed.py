"""A server that is killed: what it was doing is carried on by the next one, and nothing is done twice that had ended."""

from __future__ import annotations

import json
import os
import select
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
from tests.support.servers import RunningServer

from dalsegno.client.client import Client
from dalsegno.model.state import State
from dalsegno.replay.request import ReplayRequest
from dalsegno.store.port import RunFilter

FLOW = """
id: work
namespace: company.team
tasks:
  - {{id: first, type: scripts.shell.Commands, commands: ["echo first >> {here}/done"]}}
  - {{id: second, type: scripts.shell.Commands, commands: ["echo begun > {here}/begun", "test -e {here}/again || sleep 60",
     "echo second >> {here}/done"]}}
"""


QUICK = """
id: hello
namespace: company.team
tasks:
  - {id: greet, type: core.debug.Return, value: hello}
"""


def test_a_run_goes_on_after_the_server_was_killed(tmp_path: Path) -> None:
    home = tmp_path / "home"
    os.mkfifo(tmp_path / "begun")
    with RunningServer(home) as server, Client(url=server.url) as client:
        run = client.start_run("work.yaml", ReplayRequest(), text=FLOW.format(here=tmp_path))
        httpx.post(f"{server.url}/api/v1/runs/{run.id}/execute")
        assert (tmp_path / "begun").read_text() == "begun\n"
        server.kill()
    (tmp_path / "again").touch()
    with RunningServer(home) as server, Client(url=server.url) as client:
        assert (tmp_path / "begun").read_text() == "begun\n"
        ended = client.execute(run.id)
        assert ended.state is State.SUCCESS
    assert (tmp_path / "done").read_text() == "first\nsecond\n"


def test_an_engine_that_is_killed_is_started_again_and_carries_on(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "begun")
    with RunningServer(tmp_path / "home") as server, Client(url=server.url) as client:
        run = client.start_run("work.yaml", ReplayRequest(), text=FLOW.format(here=tmp_path))
        httpx.post(f"{server.url}/api/v1/runs/{run.id}/execute")
        assert (tmp_path / "begun").read_text() == "begun\n"
        killed = server.engine
        os.kill(killed, signal.SIGKILL)
        # requests are answered all the while
        assert client.get_run(run.id).state is State.RUNNING
        (tmp_path / "again").touch()
        assert (tmp_path / "begun").read_text() == "begun\n"
        assert client.execute(run.id).state is State.SUCCESS
        assert server.engine != killed
        assert httpx.get(f"{server.url}/readyz").status_code == 200
        server.await_figure('dalsegno_runs_ended_total{state="SUCCESS"} 1.0')
        server.stop()
        assert "the engine has died (-9) and is started again" in server.rest
    assert (tmp_path / "done").read_text() == "first\nsecond\n"


def test_an_engine_that_hangs_is_told_and_holds_up_no_answer(tmp_path: Path) -> None:
    with RunningServer(tmp_path) as server, Client(url=server.url) as client:
        client.save_flow(QUICK)
        os.kill(server.engine, signal.SIGSTOP)
        posted = [httpx.post(f"{server.url}/api/v1/runs", json={"flow": "hello"}).json()["id"] for _ in range(5)]
        assert httpx.get(f"{server.url}/readyz").status_code == 503
        os.kill(server.engine, signal.SIGCONT)
        assert [client.execute(run).state for run in posted] == [State.SUCCESS] * 5
        assert httpx.get(f"{server.url}/readyz").status_code == 200


def test_the_engine_ends_with_a_server_that_is_killed(tmp_path: Path) -> None:
    with RunningServer(tmp_path) as server:
        engine = os.pidfd_open(server.engine)
        server.kill()
        # readable once the process has ended
        assert select.select([engine], [], [], 30)[0]
        os.close(engine)


def test_runs_that_waited_for_an_engine_are_taken_by_the_next_one(tmp_path: Path) -> None:
    home = tmp_path / "home"
    os.mkfifo(tmp_path / "begun")
    with RunningServer(home, "--at-once", "1") as server, Client(url=server.url) as client:
        first = client.start_run("work.yaml", ReplayRequest(), text=FLOW.format(here=tmp_path))
        second = client.start_run(
            "hello.yaml",
            ReplayRequest(),
            text="id: hello\nnamespace: a\ntasks:\n  - {id: t, type: core.debug.Return}\n",
        )
        for run in (first, second):
            httpx.post(f"{server.url}/api/v1/runs/{run.id}/execute")
        assert (tmp_path / "begun").read_text() == "begun\n"
        assert client.get_run(second.id).state is State.QUEUED
        server.kill()
    (tmp_path / "again").touch()
    with RunningServer(home) as server, Client(url=server.url) as client:
        assert (tmp_path / "begun").read_text() == "begun\n"
        assert [client.execute(run.id).state for run in (first, second)] == [State.SUCCESS, State.SUCCESS]


def test_a_run_that_was_about_to_pause_is_paused_by_the_next_server(tmp_path: Path) -> None:
    home = tmp_path / "home"
    os.mkfifo(tmp_path / "begun")
    with RunningServer(home) as server, Client(url=server.url) as client:
        run = client.start_run("work.yaml", ReplayRequest(), text=FLOW.format(here=tmp_path))
        httpx.post(f"{server.url}/api/v1/runs/{run.id}/execute")
        assert (tmp_path / "begun").read_text() == "begun\n"
        assert httpx.post(f"{server.url}/api/v1/runs/{run.id}/pause").json()["state"] == "RUNNING"
        server.kill()
    (tmp_path / "again").touch()
    with RunningServer(home) as server, Client(url=server.url) as client:
        # the engine takes up what is left behind before it takes anything else, and may be there already
        assert client.execute(run.id).state is State.PAUSED
        assert {each.address: each.state for each in client.task_runs(run.id)}["second"] is State.RUNNING
        with ThreadPoolExecutor(1) as pool:
            going = pool.submit(client.resume, run.id)
            assert (tmp_path / "begun").read_text() == "begun\n"
            assert going.result(30).state is State.SUCCESS
        assert [each.state for each in client.attempts(run.id, "second")] == [State.KILLED, State.SUCCESS]
    assert (tmp_path / "done").read_text() == "first\nsecond\n"


AGAIN = """
id: again
namespace: company.team
retry: {type: constant, interval: PT2S, maxAttempts: 2, behavior: CREATE_NEW_EXECUTION}
tasks:
  - {id: fail, type: core.execution.Fail, condition: "{{ labels.system.retry ?? '0' == '0' }}"}
"""


def test_a_run_is_made_again_though_the_server_was_killed_before_its_time_had_come(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with RunningServer(home) as server, Client(url=server.url) as client:
        run = client.start_run("again.yaml", ReplayRequest(), text=AGAIN)
        assert client.execute(run.id).state is State.FAILED
        server.kill()
    with RunningServer(home) as server, Client(url=server.url) as client:
        for event in events(server.url):
            if (event["run"]["name"], event["state"]) == ("again-2", "SUCCESS"):
                break
        again = client.get_run("again-2")
        assert again.origin == run.id
        assert (again.started or 0.0) >= (client.get_run(run.id).ended or 0.0) + 2
        assert len(client.list_runs(RunFilter())) == 2


def events(url: str) -> Iterator[dict[str, Any]]:
    """Give what happens to runs, from when the server was started."""
    with httpx.stream("GET", f"{url}/api/v1/events", headers={"Last-Event-ID": "0"}, timeout=30) as stream:
        for line in stream.iter_lines():
            if line.startswith("data:") and "state" in line:
                yield json.loads(line[5:])
