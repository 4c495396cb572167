"""`dalsegno pull`: a run of a server is copied, with all that it needs to be looked at and replayed without that server."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.pipelines import actions
from tests.support.projects import Project
from tests.support.servers import RunningServer

from dalsegno.client.client import Client
from dalsegno.errors import NotFound, Refusal
from dalsegno.replay.request import ReplayRequest

LARGE = """
    from dalsegno import pipeline, step

    @step
    def load(n: int) -> list[int]:
        print("loading", n)
        return list(range(n))

    @step
    def train(rows: list[int], broken: bool) -> int:
        if broken:
            raise ValueError("bad rows")
        return sum(rows)

    @pipeline
    def large(n: int = 20000, broken: bool = False) -> int:
        return train(load(n), broken)
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("DALSEGNO_HOME", str(tmp_path / "client"))
    made = Project(tmp_path / "project")
    made.write({"large.py": LARGE})
    return made


@pytest.fixture
def large(project: Project) -> Iterator[Any]:
    with project.imported("large") as module:
        yield module.large


def test_a_run_is_copied_with_what_it_came_from(server: RunningServer, large: Any, tmp_path: Path) -> None:
    with Client(url=server.url) as client, client.use():
        failed = large(broken=True, raise_on_failure=False)
        fixed = large.replay(pipeline_run=failed, input_overrides={"broken": False}, start=["train"])
        there = client.run_json(fixed.id)
        lines = client.logs(failed.id)
    with Client(tmp_path / "laptop") as local:
        pulled = local.pull(fixed.name, url=server.url)
        assert [run.name for run in pulled.copied] == ["large-1", "large-2"]
        assert pulled.blobs > 0
        again = local.pull(fixed.name, url=server.url)
        assert (again.copied, again.blobs) == ((), 0)
        server.kill()
        assert local.run_json(fixed.id) == there
        told = [(each.position, each.address, each.attempt, each.line.level, each.line.text) for each in lines]
        copied = local.logs(failed.id)
        assert [(each.position, each.address, each.attempt, each.line.level, each.line.text) for each in copied] == told
        assert local.get_run(failed.id).fixed_by == fixed.id
        assert [each.number for each in local.attempts(fixed.id, "train")] == [2]
        assert local.get_pipeline_run(fixed.id).steps["load"].output.load() == list(range(20000))
        assert local.compare(failed.id, fixed.id).first == "train"
        replayed = local.replay_pipeline_run(fixed.id, {"start": ["train"]})
        assert (replayed.name, replayed.state, replayed.result) == ("large-3", "SUCCESS", sum(range(20000)))
        assert actions(replayed) == {"load": "REUSE", "train": "RUN"}
        with local.use():
            here = large.replay(pipeline_run="large-1", input_overrides={"broken": False}, start=["train"], debug=True)
        assert here.state == "SUCCESS"


TEXT = """
id: hello
namespace: company.team
tasks:
  - {id: greet, type: core.debug.Return, value: WHO}
"""


def test_a_name_that_is_taken_here_is_told(server: RunningServer, tmp_path: Path, project: Project) -> None:
    del project
    with Client(url=server.url) as client:
        client.execute(client.start_run("hello.yaml", ReplayRequest(), text=TEXT).id)
    home = tmp_path / "client"
    with Client(home) as local:
        own = local.execute(local.start_run("hello.yaml", ReplayRequest(), text=TEXT.replace("WHO", "me")).id)
    command = [str(Path(sys.executable).with_name("dalsegno")), "pull", "hello-1", "--from", server.url]
    ended = subprocess.run(command, check=False, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    assert "Copied: hello-2, called hello-1 there" in ended.stdout
    with Client(home) as local:
        pulled = local.get_run("hello-2")
        assert local.get_run("hello-1") == own
        # the revision has the next number here
        assert (pulled.revision, local.outputs("hello-2")["tasks"]) == (2, {"greet": {"value": "WHO"}})
        third = local.start_run("hello", ReplayRequest())
        assert third.name == "hello-3"
    again = subprocess.run(command, check=False, capture_output=True, text=True)
    assert again.stdout == "hello-2  is here already; nothing was copied\n"


def test_what_has_not_ended_or_is_not_there_is_refused(server: RunningServer, tmp_path: Path) -> None:
    with Client(url=server.url) as client:
        created = client.start_run("hello.yaml", ReplayRequest(), text=TEXT)
    with Client(tmp_path / "laptop") as local:
        with pytest.raises(Refusal) as caught:
            local.pull(created.id, url=server.url)
        assert caught.value.code == "not-ended"
        with pytest.raises(NotFound):
            local.pull("hello-7", url=server.url)
        assert local.list_flows() == []
