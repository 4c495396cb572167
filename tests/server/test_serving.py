"""A server runs what it is given, tells what happens, and shares its data directory with the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from tests.support.servers import RunningServer

from dalsegno.client.client import Client
from dalsegno.errors import NotFound
from dalsegno.model.progress import Progress, RunMoved
from dalsegno.model.state import State
from dalsegno.replay.request import ReplayRequest

FLOW = """
id: hello
namespace: company.team
tasks:
  - {id: greet, type: core.debug.Return, value: hello}
  - {id: say, type: core.log.Log, message: "{{ outputs.greet.value }}"}
"""


def test_a_run_that_is_made_over_http_is_executed_by_the_server(server: RunningServer) -> None:
    told: list[Progress] = []
    with Client(url=server.url) as client:
        created = client.start_run("hello.yaml", ReplayRequest(), text=FLOW)
        assert created.state is State.CREATED
        ended = client.execute(created.id, observer=told.append)
    assert ended.state is State.SUCCESS
    assert [each.state for each in told if isinstance(each, RunMoved)] == [State.RUNNING, State.SUCCESS]
    with Client(server.home) as local:
        assert local.get_run("last").id == ended.id


def test_what_is_wrong_is_told_as_in_python(server: RunningServer) -> None:
    with Client(url=server.url) as client, pytest.raises(NotFound) as caught:
        client.get_run("hello-1")
    assert caught.value.code == "unknown-run"
    answer = httpx.get(f"{server.url}/api/v1/runs/hello-1")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json()["message"] == caught.value.message


def test_it_stops_when_it_is_told_to(server: RunningServer) -> None:
    assert server.stop() == 0


SLOW = """
id: slow
namespace: company.team
tasks:
  - {{id: first, type: core.debug.Return, value: one}}
  - {{id: work, type: scripts.shell.Commands, commands: ["echo begun > {here}/begun", "test -e {here}/again || sleep 60"]}}
  - {{id: last, type: core.debug.Return, value: three}}
"""


def test_what_runs_when_it_stops_is_carried_on_by_the_next_one(tmp_path: Path) -> None:
    home = tmp_path / "home"
    os.mkfifo(tmp_path / "begun")
    with RunningServer(home, "--grace", "0.2") as server, Client(url=server.url) as client:
        run = client.start_run("slow.yaml", ReplayRequest(), text=SLOW.format(here=tmp_path))
        httpx.post(f"{server.url}/api/v1/runs/{run.id}/execute")
        assert (tmp_path / "begun").read_text() == "begun\n"
        assert server.stop() == 0
    with Client(home) as local:
        assert local.get_run(run.id).state is State.RUNNING
        assert [each.address for each in local.task_runs(run.id)] == ["first", "work"]
    (tmp_path / "again").touch()
    with RunningServer(home) as server, Client(url=server.url) as client:
        assert (tmp_path / "begun").read_text() == "begun\n"
        assert client.execute(run.id).state is State.SUCCESS
        assert [(each.address, each.attempts) for each in client.task_runs(run.id)] == [
            ("first", 1), ("work", 2), ("last", 1),
        ]  # fmt: skip


def test_runs_that_take_long_make_room_for_more_than_are_begun_at_a_moment(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "begun")
    with RunningServer(tmp_path / "home") as server, Client(url=server.url) as client:
        client.save_flow(SLOW.format(here=tmp_path))
        for _ in range(9):
            httpx.post(f"{server.url}/api/v1/runs", json={"flow": "company.team.slow"}).raise_for_status()
        # each writes and then waits a minute, so that all of them are under way
        begun = 0
        while begun < 9:
            begun += (tmp_path / "begun").read_text().count("begun")
        server.kill()


def test_runs_that_wait_for_a_thread_are_all_executed(tmp_path: Path) -> None:
    text = "id: quick\nnamespace: company.team\ntasks:\n  - {id: only, type: core.debug.Return}\n"
    with RunningServer(tmp_path / "home", "--at-once", "1") as server, Client(url=server.url) as client:
        client.save_flow(text)
        posted = [httpx.post(f"{server.url}/api/v1/runs", json={"flow": "quick"}).json()["id"] for _ in range(25)]
        assert [client.execute(run).state for run in posted] == [State.SUCCESS] * 25
        ended = [client.get_run(run).ended for run in posted]
        assert ended == sorted(ended, key=lambda at: at or 0.0)


def test_it_tells_how_it_is(server: RunningServer) -> None:
    with Client(url=server.url) as client:
        client.execute(client.start_run("hello.yaml", ReplayRequest(), text=FLOW).id)
    assert httpx.get(f"{server.url}/healthz").json() == {"status": "ok"}
    assert httpx.get(f"{server.url}/readyz").json()["status"] == "ok"
    server.await_figure('dalsegno_runs_ended_total{state="SUCCESS"} 1.0')
    figures = httpx.get(f"{server.url}/metrics").text
    assert 'route="/runs/{run}/execute",status="200"' in figures
    assert "process_resident_memory_bytes" in figures


def test_it_writes_a_json_line_for_each_request_and_run(tmp_path: Path) -> None:
    with RunningServer(tmp_path, "--log-format", "json", "--log-level", "info") as server:
        with Client(url=server.url) as client:
            client.execute(client.start_run("hello.yaml", ReplayRequest(), text=FLOW).id)
        server.stop()
        lines = [json.loads(line) for line in server.rest.splitlines()]
    assert {"message": "hello-1 SUCCESS", "state": "SUCCESS"}.items() <= next(
        line for line in lines if line["logger"] == "dalsegno.engine"
    ).items()
    assert ("POST", "/api/v1/runs", 201) in [
        (line.get("method"), line.get("path"), line.get("status")) for line in lines
    ]


def test_a_port_that_is_taken_is_told(server: RunningServer, tmp_path: Path) -> None:
    command = [str(Path(sys.executable).with_name("dalsegno")), "server", "--port", str(server.port)]
    ended = subprocess.run(
        command, check=False, env={**os.environ, "DALSEGNO_HOME": str(tmp_path)}, capture_output=True, text=True
    )
    assert ended.returncode == 2
    assert f"cannot listen on 127.0.0.1:{server.port}" in ended.stderr
    assert "--port" in ended.stderr


def test_it_listens_on_no_other_address_without_an_admin(tmp_path: Path) -> None:
    command = [str(Path(sys.executable).with_name("dalsegno")), "server", "--host", "0.0.0.0", "--port", "0"]
    environ = {**os.environ, "DALSEGNO_HOME": str(tmp_path)}
    ended = subprocess.run(command, check=False, env=environ, capture_output=True, text=True)
    assert ended.returncode == 2
    assert "a server on 0.0.0.0, where others reach it, needs an admin" in " ".join(ended.stderr.split())
    assert "`dalsegno user add NAME --role admin` adds one" in " ".join(ended.stderr.split())


def test_a_name_of_elsewhere_that_leads_here_is_refused(server: RunningServer) -> None:
    answer = httpx.get(f"{server.url}/api/v1/runs", headers={"Host": "evil.example"})
    assert answer.status_code == 400
