"""Pipelines over HTTP: their code goes to the server, and their steps run here under a lease, or there in worker processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.pipelines import actions
from tests.support.projects import Project
from tests.support.servers import RunningServer

from dalsegno.client.client import Client
from dalsegno.errors import RunFailed
from dalsegno.model.state import State
from dalsegno.replay.request import ReplayRequest

TRAIN = """
    import os
    from pathlib import Path

    from dalsegno import pipeline, step

    HERE = Path(__file__).parent

    @step
    def load(n: int) -> list[int]:
        return list(range(n))

    @step
    def train(rows: list[int], broken: bool) -> int:
        with (HERE / "pids").open("a") as file:
            file.write(f"{os.getpid()}\\n")
        print("training on", len(rows))
        if broken:
            raise ValueError("bad rows")
        return sum(rows)

    @step
    def report(total: int) -> str:
        return f"total {total}"

    @pipeline
    def training(n: int = 5, broken: bool = False) -> str:
        return report(train(load(n), broken))
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project on a machine that has a data directory of its own."""
    monkeypatch.setenv("DALSEGNO_HOME", str(tmp_path / "laptop"))
    made = Project(tmp_path / "project")
    made.write({"train.py": TRAIN})
    return made


@pytest.fixture
def training(project: Project) -> Iterator[Any]:
    with project.imported("train") as module:
        yield module.training


def _pids(project: Project) -> list[int]:
    return [int(line) for line in (project.folder / "pids").read_text().splitlines()]


def test_a_run_of_a_server_is_debugged_here(server: RunningServer, project: Project, training: Any) -> None:
    with Client(url=server.url) as client, client.use():
        with pytest.raises(RunFailed) as caught:
            training(broken=True)
        assert isinstance(caught.value.__cause__, ValueError)
        failed = client.get_pipeline_run("last-failed")
        before = client.run_json(failed.id)
        fixed = training.replay(
            pipeline_run="last-failed", input_overrides={"broken": False}, start=["train"], debug=True
        )
        assert (fixed.state, fixed.result, fixed.attempt) == ("SUCCESS", "total 10", 2)
        assert actions(fixed) == {"load": "REUSE", "train": "RUN", "report": "RUN"}
        assert fixed.steps["load"].output.load() == [0, 1, 2, 3, 4]
        assert [line.line.text for line in fixed.logs] == []
        assert client.run_json(failed.id) == before
        assert not fixed.model.whole
    assert _pids(project) == [os.getpid(), os.getpid()]
    with Client(server.home) as there:
        assert there.get_run(fixed.id).state is State.SUCCESS
        assert there.outputs(fixed.id)["tasks"]["report"] == {"output": "total 10"}
        assert there.get_pipeline_run(fixed.id).steps["train"].output.load() == 10
    assert not (project.folder.parent / "laptop" / "dalsegno.db").exists()


def test_what_steps_print_here_stands_on_the_server(server: RunningServer, training: Any) -> None:
    with Client(url=server.url) as client, client.use():
        run = training()
    with Client(server.home) as there:
        assert [line.line.text for line in there.logs(run.id)] == ["training on 5"]


def test_the_environment_may_name_the_server(
    server: RunningServer, training: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dalsegno.pipelines.session import close_all

    monkeypatch.setenv("DALSEGNO_SERVER", server.url)
    try:
        run = training()
    finally:
        close_all()
    with Client(server.home) as there:
        assert there.get_run(run.id).state is State.SUCCESS


def test_code_that_a_server_has_is_not_uploaded_again(server: RunningServer, training: Any) -> None:
    with Client(url=server.url) as client, client.use():
        training()
    uploads: list[str] = []
    with Client(url=server.url) as client, client.use():
        # the figures of the server tell how often something was uploaded
        uploads.append(_uploads(server))
        training()
        uploads.append(_uploads(server))
        assert client.get_run("last").revision == 1
    assert uploads[0] == uploads[1]
    assert int(uploads[0]) > 0


def _uploads(server: RunningServer) -> str:
    figures = httpx.get(f"{server.url}/metrics").text.splitlines()
    counts = [line for line in figures if "http_request_seconds_count" in line and 'method="PUT"' in line]
    return str(sum(int(float(line.rpartition(" ")[2])) for line in counts))


def test_the_server_runs_stored_code_in_worker_processes(
    server: RunningServer, project: Project, training: Any
) -> None:
    with Client(url=server.url) as client, client.use():
        run = training()
        again = client.replay_pipeline_run(run.id, {"start": ["train"]})
        assert (again.state, again.result) == ("SUCCESS", "total 10")
    here, there = _pids(project)
    assert here == os.getpid()
    assert there not in (os.getpid(), server.process.pid)


WAITING = """
    import os
    from pathlib import Path

    from dalsegno import pipeline, step

    HERE = Path(__file__).parent

    @step
    def first() -> int:
        with (HERE / "first").open("a") as file:
            file.write("first\\n")
        return 1

    @step
    def wait(number: int) -> int:
        if not (HERE / "again").exists():
            (HERE / "begun").write_text("begun\\n")
            (HERE / "gate").read_text()
        return number + 1

    @pipeline
    def waiting() -> int:
        return wait(first())

    if __name__ == "__main__":
        waiting()
"""


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[RunningServer]:
    """A server that lets go of silent clients soon."""
    with RunningServer(tmp_path / "home", "--silence", "2") as running:
        yield running


def _laptop(project: Project, server: RunningServer) -> subprocess.Popen[str]:
    """Begin the pipeline that waits in a process of its own, and give that once it does."""
    project.write({"waits.py": WAITING})
    for name in ("begun", "gate"):
        os.mkfifo(project.folder / name)
    started = subprocess.Popen(
        [sys.executable, "-B", "waits.py"],
        cwd=project.folder,
        env={**os.environ, "DALSEGNO_SERVER": server.url},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert (project.folder / "begun").read_text() == "begun\n"
    return started


def test_a_run_goes_on_after_its_client_was_killed(quick: RunningServer, project: Project) -> None:
    laptop = _laptop(project, quick)
    with Client(url=quick.url) as client:
        run = client.get_run("waiting-1")
        taken = httpx.post(f"{quick.url}/api/v1/runs/{run.id}/lease", json={"owner": "another"})
        assert (taken.status_code, taken.json()["kind"]) == (409, "RunIsLive")
        laptop.kill()
        laptop.communicate()
        (project.folder / "again").touch()
        # the engine of the server takes it as soon as its lease is free
        ended = client.execute(run.id)
        assert ended.state is State.SUCCESS
        assert [(each.address, each.attempts) for each in client.task_runs(run.id)] == [("first", 1), ("wait", 2)]
    assert (project.folder / "first").read_text() == "first\n"


def test_a_client_that_comes_late_writes_nothing(quick: RunningServer, project: Project) -> None:
    laptop = _laptop(project, quick)
    laptop.send_signal(signal.SIGSTOP)
    (project.folder / "again").touch()
    with Client(url=quick.url) as client:
        ended = client.execute("waiting-1")
        before = client.run_json(ended.id)
        laptop.send_signal(signal.SIGCONT)
        (project.folder / "gate").write_text("go on\n")
        _, said = laptop.communicate()
        assert "LeaseLost" in said
        assert client.run_json(ended.id) == before
        assert before["state"] == "SUCCESS"


def _created(server: RunningServer) -> str:
    """Make a run that nobody executes, and give its id."""
    text = "id: hello\nnamespace: a\ntasks:\n  - {id: t, type: core.debug.Return}\n"
    with Client(url=server.url) as client:
        return client.start_run("hello.yaml", ReplayRequest(), text=text).id


def test_a_lease_takes_writes_of_its_run_alone(server: RunningServer) -> None:
    mine, other = _created(server), _created(server)
    base = f"{server.url}/api/v1"
    key = httpx.post(f"{base}/runs/{mine}/lease", json={"owner": "me"}).json()["key"]

    def commit(*writes: dict[str, Any]) -> tuple[int, str]:
        answer = httpx.post(f"{base}/leases/{key}/commit", json={"writes": list(writes)})
        return answer.status_code, answer.json().get("code", "")

    moved = {"write": "MoveRun", "expected": "CREATED", "to": "RUNNING", "at": 1.0}
    line = {"at": 1.0, "level": "INFO", "text": "x", "stream": "log"}
    assert commit({**moved, "run": other}) == (409, "lease-lost")
    assert commit({"write": "DeleteRun", "run": mine, "at": 1.0}) == (422, "not-remote")
    assert commit({"write": "AppendLogs", "run": other, "task_run": "t", "attempt": 1, "lines": [line]}) == (
        422, "not-remote",
    )  # fmt: skip
    assert commit({**moved, "run": mine, "to": "NOWHERE"}) == (422, "bad-request")
    assert commit({**moved, "run": mine, "more": 1}) == (422, "bad-request")
    assert commit({**moved, "run": mine, "at": "soon"}) == (422, "bad-request")
    assert commit({**moved, "run": mine}) == (200, "")
    # all or nothing
    assert commit({"write": "LabelRun", "run": mine, "labels": {"a": "b"}}, {**moved, "run": mine})[0] == 409
    shown = httpx.get(f"{base}/runs/{mine}").json()
    assert (shown["state"], shown["labels"]) == ("RUNNING", {})
    assert httpx.delete(f"{base}/leases/{key}").status_code == 204
    assert commit({**moved, "run": mine}) == (409, "lease-lost")
    assert httpx.get(f"{base}/runs/{other}").json()["state"] == "CREATED"


def test_nothing_but_what_an_engine_reads_is_read(server: RunningServer) -> None:
    def read(noun: str, method: str, **given: Any) -> str:
        body = {"noun": noun, "method": method, "with": given}
        return httpx.post(f"{server.url}/api/v1/reads", json=body).json()["code"]

    assert read("entries", "list") == "not-remote"
    assert read("runs", "_fetch") == "bad-request"
    assert read("runs", "get", name="x") == "bad-request"
    assert read("runs", "get", id=1) == "bad-request"
    assert read("runs", "get") == "bad-request"


MARKED = """
    import os
    from pathlib import Path

    from dalsegno import pipeline, step

    HERE = Path("{folder}")

    def mark(name: str) -> None:
        with (HERE / name).open("a") as file:
            file.write(f"{{os.getpid()}}\\n")

    mark("imported")

    class Marked:
        def __init__(self) -> None:
            self.number = 3

        def __setstate__(self, state) -> None:
            mark("loaded")
            self.__dict__.update(state)

    @step
    def make() -> Marked:
        return Marked()

    @step
    def use(given: Marked, factor: int) -> int:
        return given.number * factor

    @pipeline
    def marking(factor: int = 2) -> int:
        return use(make(), factor)
"""


def test_the_server_loads_nothing_of_what_users_store(server: RunningServer, project: Project) -> None:
    project.write({"marks.py": MARKED.format(folder=project.folder)})
    with project.imported("marks") as module, Client(url=server.url) as client, client.use():
        run = module.marking()
    for name in ("imported", "loaded"):
        (project.folder / name).unlink(missing_ok=True)
        (project.folder / name).touch()
    base = f"{server.url}/api/v1/runs"
    asked = {"request": {"origin": run.id, "start": ["use"], "effects": "reuse"}}
    for answer in (
        httpx.get(base),
        httpx.get(f"{base}/{run.id}"),
        httpx.get(f"{base}/{run.id}/plan"),
        httpx.post(f"{base}/replay/plan", json=asked),
    ):
        assert answer.is_success
    assert (project.folder / "loaded").read_text() == ""
    with Client(url=server.url) as client:
        assert client.replay_pipeline_run(run.id, {"start": ["use"]}).result == 6
    for name in ("imported", "loaded"):
        pids = {int(line) for line in (project.folder / name).read_text().splitlines()}
        assert pids
        assert server.process.pid not in pids


def test_an_upload_that_breaks_off_or_is_changed_leaves_nothing(server: RunningServer, tmp_path: Path) -> None:
    from blake3 import blake3

    digest = blake3(b"whole").hexdigest()
    url = f"{server.url}/api/v1/blobs/{digest}"
    answer = httpx.put(url, content=b"something else")
    assert (answer.status_code, answer.json()["code"]) == (422, "other-digest")

    def breaking() -> Iterator[bytes]:
        yield b"wh"
        raise ConnectionError

    with pytest.raises(ConnectionError):
        httpx.put(url, content=breaking())
    assert httpx.get(url).json()["code"] == "artifact-missing"
    assert httpx.put(url, content=b"whole").status_code == 201
    assert httpx.get(url, headers={"Range": "bytes=1-3"}).content == b"hol"
    assert [path.name for path in (server.home / "artifacts" / "tmp").glob("*/*") if path.is_file()] == []


def test_a_server_that_is_killed_in_an_upload_has_nothing_of_it(tmp_path: Path) -> None:
    from blake3 import blake3

    home = tmp_path / "home"
    data = b"x" * 3_000_000
    digest = blake3(data).hexdigest()
    with RunningServer(home) as server:

        def breaking() -> Iterator[bytes]:
            yield data[:2_000_000]
            server.kill()
            yield data[2_000_000:]

        with pytest.raises(httpx.TransportError):
            httpx.put(f"{server.url}/api/v1/blobs/{digest}", content=breaking())
    with RunningServer(home) as server:
        url = f"{server.url}/api/v1/blobs/{digest}"
        assert httpx.get(url).status_code == 404
        assert httpx.put(url, content=data).status_code == 201
        assert httpx.get(url).content == data


def test_code_that_was_not_uploaded_is_refused(server: RunningServer, training: Any) -> None:
    from dalsegno.client.http.runs import code_as_json
    from dalsegno.pipelines.running import coded
    from dalsegno.pipelines.tracing import trace

    with Client(url=server.url) as client:
        traced = trace(training, (), {}, store=client.values)
        made = coded(training, traced)
    code = code_as_json(made)
    assert code is not None
    body = {"flow": traced.flow.id, "code": code}
    answer = httpx.post(f"{server.url}/api/v1/runs", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "code-missing")
    code["source"] = "{}"
    answer = httpx.post(f"{server.url}/api/v1/runs", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad-code")
    assert httpx.get(f"{server.url}/api/v1/runs").json()["runs"] == []
