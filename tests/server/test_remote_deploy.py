"""`dalsegno deploy`: code is stored where it is to run, and what is missing there is told before anything runs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.projects import Project
from tests.support.servers import RunningServer

from dalsegno.client.client import Client
from dalsegno.client.http.runs import code_as_json
from dalsegno.errors import NotFound, Refusal, StoreUnavailable
from dalsegno.pipelines.running import coded
from dalsegno.pipelines.tracing import trace
from dalsegno.replay.request import ReplayRequest

HELLO = """
    import os
    from pathlib import Path

    from dalsegno import pipeline, step

    with (Path("{folder}") / "imported").open("a") as file:
        file.write(f"{{os.getpid()}}\\n")

    @step
    def greet(name: str) -> str:
        return f"hello {{name}}"

    @pipeline
    def hello(name: str) -> str:
        return greet(name)
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("DALSEGNO_HOME", str(tmp_path / "laptop"))
    made = Project(tmp_path / "project")
    made.write({"hello.py": HELLO.format(folder=made.folder)})
    return made


@pytest.fixture
def hello(project: Project) -> Iterator[Any]:
    with project.imported("hello") as module:
        yield module.hello


def _dalsegno(project: Project, *words: str) -> tuple[int, str]:
    command = [str(Path(sys.executable).with_name("dalsegno")), *words]
    ended = subprocess.run(command, check=False, cwd=project.folder, capture_output=True, text=True)
    return ended.returncode, ended.stdout + ended.stderr


def test_what_was_deployed_is_run_by_the_server(server: RunningServer, project: Project) -> None:
    deploy = ("deploy", "hello.py:hello", "-i", "name=anybody", "--server", server.url)
    assert _dalsegno(project, *deploy) == (0, f"default.hello  revision 1 on {server.url}\n")
    assert _dalsegno(project, *deploy) == (0, f"default.hello  unchanged, still revision 1 on {server.url}\n")
    with Client(url=server.url) as client:
        assert client.list_runs(_all()) == []
        run = client.execute(client.start_run("hello", ReplayRequest(inputs={"name": "you"})).id)
        assert run.outputs == {"result": "hello you"}
    pids = {int(line) for line in (project.folder / "imported").read_text().splitlines()}
    assert not pids & {os.getpid(), server.process.pid}


def _all() -> Any:
    from dalsegno.store.port import RunFilter

    return RunFilter(limit=0)


def test_a_graph_needs_values(server: RunningServer, project: Project) -> None:
    code, said = _dalsegno(project, "deploy", "hello.py:hello", "--server", server.url)
    assert code == 2
    assert "`name`" in said
    with Client(url=server.url) as client, pytest.raises(NotFound):
        client.get_flow("hello")


def test_a_package_that_is_missing_is_told_with_its_version(server: RunningServer, hello: Any) -> None:
    with Client(url=server.url) as client:
        made = coded(hello, trace(hello, (), {"name": "x"}, store=client.values))
        with pytest.raises(Refusal) as caught:
            client.deploy(made, {"no-such-package": "2.1.0", "pydantic": "0.1"})
        assert caught.value.code == "missing-package"
        assert "`no-such-package` (2.1.0 where it was deployed from)" in caught.value.message
        assert "pip install no-such-package==2.1.0" in caught.value.message
        with pytest.raises(NotFound):
            client.get_flow("hello")
        saved = client.deploy(made, {"pydantic": "0.1"})
        assert [each.code for each in saved.warnings] == ["other-version"]


def test_a_module_that_is_missing_there_is_told(tmp_path: Path, project: Project) -> None:
    # the laptop has a module that the server has not
    installed = tmp_path / "lib" / "site-packages"
    installed.mkdir(parents=True)
    (installed / "onlyhere.py").write_text("NUMBER = 3\n")
    project.write({"uses.py": HELLO.format(folder=project.folder) + "    import onlyhere\n"})
    with RunningServer(tmp_path / "home") as server:
        command = [str(Path(sys.executable).with_name("dalsegno")), "deploy", "uses.py:hello", "-i", "name=x"]
        ended = subprocess.run(
            [*command, "--server", server.url],
            check=False,
            cwd=project.folder,
            env={**os.environ, "PYTHONPATH": str(installed)},
            capture_output=True,
            text=True,
        )
        assert ended.returncode == 2, ended.stderr
        assert "`onlyhere`" in ended.stderr
        with Client(url=server.url) as client, pytest.raises(NotFound):
            client.get_flow("hello")


def test_packages_are_those_that_modules_import(project: Project) -> None:
    from dalsegno.code import collect
    from dalsegno.code.packages import packages_of

    project.write(
        {
            "imports.py": HELLO.format(folder=project.folder)
            + """
    import json
    import pydantic
    from typing import TYPE_CHECKING

    try:
        import yaml
    except ImportError:
        yaml = None
    if TYPE_CHECKING:
        import httpx
    """
        }
    )
    with project.imported("imports") as module:
        found = packages_of(collect(module.hello))
    assert "pydantic" in found
    assert not {"httpx", "PyYAML", "json"} & set(found)


def test_a_server_that_is_killed_in_a_deploy_has_all_of_it_or_nothing(tmp_path: Path, project: Project) -> None:
    # the code is loaded before it is saved: then the server is killed
    os.mkfifo(project.folder / "loading")
    blocking = HELLO.format(folder=project.folder) + (
        f"""
    if os.environ.get("BLOCK"):
        (Path("{project.folder}") / "loading").write_text("loading")
        (Path("{project.folder}") / "never").read_text()
    """
    )
    os.mkfifo(project.folder / "never")
    project.write({"blocks.py": blocking})
    home = tmp_path / "home"
    deploy = [str(Path(sys.executable).with_name("dalsegno")), "deploy", "blocks.py:hello", "-i", "name=x", "--server"]
    with RunningServer(home, environ={"BLOCK": "yes"}) as server:
        started = subprocess.Popen(
            [*deploy, server.url], cwd=project.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert (project.folder / "loading").read_text() == "loading"
        server.kill()
        _, said = started.communicate()
        assert started.returncode == 1
        assert "cannot be reached" in said
    with RunningServer(home) as server:
        with Client(url=server.url) as client, pytest.raises(NotFound):
            client.get_flow("hello")
        assert _dalsegno(project, "deploy", "blocks.py:hello", "-i", "name=x", "--server", server.url)[0] == 0
        with Client(url=server.url) as client:
            run = client.execute(client.start_run("hello", ReplayRequest(inputs={"name": "you"})).id)
            assert run.outputs == {"result": "hello you"}


def test_a_server_that_is_not_there_is_told(project: Project, hello: Any) -> None:
    del project
    with Client(url="http://127.0.0.1:1") as client, pytest.raises(StoreUnavailable):
        client.deploy(coded(hello, trace(hello, (), {"name": "x"}, store=client.values)), {})
    assert code_as_json(None) is None
