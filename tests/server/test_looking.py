"""What only the REST API gives: drawings of large runs, previews, parts of files."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from tests.support.projects import Project
from tests.support.servers import RunningServer

from dalsegno.client.client import Client
from dalsegno.model.run import Run
from dalsegno.pipelines.running import coded
from dalsegno.pipelines.tracing import trace
from dalsegno.replay.request import ReplayRequest

LOOP = """
id: loops
namespace: demo
tasks:
  - {id: each, type: core.flow.ForEach, values: [a, b],
     tasks: [{id: say, type: core.log.Log, message: "item {{ taskrun.value }}"}]}
"""
COUNTS = """
    from dalsegno import pipeline, step

    @step
    def add(total: int) -> int:
        return total + 1

    @pipeline
    def count(times: int = 1) -> int:
        total = 0
        for _ in range(times):
            total = add(total)
        return total
"""
FILES = """
id: writes
namespace: demo
tasks:
  - {id: write, type: scripts.shell.Commands,
     commands: ["seq 30000 > n.txt", "printf 'zäh' > s.txt", "printf 'a\\\\000' > b.bin", "printf 'a,b\\n1,x\\n' > t.csv"],
     outputFiles: [n.txt, s.txt, b.bin, t.csv]}
"""


def run_of(client: Client, text: str) -> Run:
    return client.execute(client.start_run("flow.yaml", ReplayRequest(), text=text).id)


def test_the_bars_of_a_run_are_rows(server: RunningServer) -> None:
    with Client(url=server.url) as client:
        run = run_of(client, LOOP)
        found = httpx.get(f"{server.url}/api/v1/runs/{run.name}/gantt").json()
        assert (found["run"], found["state"]) == (run.id, "SUCCESS")
        assert (found["started"], found["ended"]) == pytest.approx((run.started, run.ended), abs=0.001)
        bars = [dict(zip(found["columns"], bar, strict=True)) for bar in found["bars"]]
        shown = {each.address: each for each in client.task_runs(run.id)}
    assert [bar["address"] for bar in bars] == ["each", "each[a].say", "each[b].say"]
    assert [bar["parent"] for bar in bars] == [None, "each", "each"]
    for bar in bars:
        each = shown[bar["address"]]
        assert (bar["id"], bar["state"], bar["action"], bar["type"]) == (each.id, "SUCCESS", "RUN", each.type)
        assert bar["started"] <= bar["ended"]


def test_a_run_has_the_graph_that_it_executes(server: RunningServer, tmp_path: Path) -> None:
    project = Project(tmp_path / "project")
    project.write({"count.py": COUNTS})
    with Client(url=server.url) as client, httpx.Client(base_url=f"{server.url}/api/v1/") as http:
        run = run_of(client, LOOP)
        drawn = http.get(f"runs/{run.name}/graph").json()
        assert [(each["id"], each["group"]) for each in drawn["nodes"]] == [("each", None), ("say", "each")]
        with project.imported("count") as module:
            made = [coded(module.count, trace(module.count, (n,), {}, store=client.values)) for n in (1, 3)]
            for each in made:
                client.start_run("count", ReplayRequest(), coded=each)
        graphs = [http.get(f"runs/count-{number}/graph").json() for number in (1, 2)]
    assert [[node["id"] for node in each["nodes"]] for each in graphs] == [["add"], ["add", "add_2", "add_3"]]
    assert [(edge["from"], edge["to"]) for edge in graphs[1]["edges"] if edge["kind"] == "data"] == [
        ("add", "add_2"),
        ("add_2", "add_3"),
    ]


def test_files_are_previewed_and_given_in_parts(server: RunningServer) -> None:
    with Client(url=server.url) as client:
        run = run_of(client, FILES)
        uris = client.outputs(run.id)["tasks"]["write"]["outputFiles"]
        whole = "".join(f"{n}\n" for n in range(1, 30001))
        with httpx.Client(base_url=f"{server.url}/api/v1/") as http:
            large = http.get("artifact/preview", params={"name": uris["n.txt"]}).json()
            assert (large["text"], large["complete"]) == (whole[: 64 * 1024], False)
            assert large["artifact"]["size"] == len(whole)
            small = http.get("artifact/preview", params={"name": uris["s.txt"]}).json()
            assert (small["text"], small["complete"]) == ("zäh", True)
            binary = http.get("artifact/preview", params={"name": uris["b.bin"]}).json()
            assert (binary["text"], binary["complete"], binary["table"]) == (None, False, None)
            table = http.get("artifact/preview", params={"name": uris["t.csv"]}).json()["table"]
            assert ([each["name"] for each in table["columns"]], table["rows"]) == (["a", "b"], [["1", "x"]])

            name, tag = {"name": uris["n.txt"]}, f'"{large["artifact"]["digest"]}"'
            part = http.get("artifact/content", params=name, headers={"Range": "bytes=2-5"})
            assert (part.status_code, part.text, part.headers["etag"]) == (206, whole[2:6], tag)
            same = http.get("artifact/content", params=name, headers={"Range": "bytes=-4", "If-Range": tag})
            assert (same.status_code, same.text) == (206, whole[-4:])
            other = http.get("artifact/content", params=name, headers={"Range": "bytes=2-5", "If-Range": '"other"'})
            assert (other.status_code, other.text) == (200, whole)


def test_the_graph_of_a_text_is_given_though_something_is_wrong_with_it(server: RunningServer) -> None:
    with httpx.Client(base_url=f"{server.url}/api/v1/") as http:
        wrong = LOOP.replace("message:", "mesage:")
        found = http.post("flows/validate", params={"graph": True}, json={"text": wrong}).json()
        assert [each["code"] for each in found["problems"]] == ["missing-property", "unknown-property"]
        assert [(each["id"], each["group"]) for each in found["graph"]["nodes"]] == [("each", None), ("say", "each")]
        assert http.post("flows/validate", params={"graph": True}, json={"text": "- no"}).json()["graph"] is None
        assert http.post("flows/validate", json={"text": wrong}).json().get("graph") is None
        assert http.get("flows").json()["flows"] == []


def test_flows_are_listed_with_their_newest_runs(server: RunningServer) -> None:
    with Client(url=server.url) as client:
        client.save_flow(LOOP)
        runs = [client.execute(client.start_run("loops", ReplayRequest()).id) for _ in range(3)]
        with httpx.Client(base_url=f"{server.url}/api/v1/") as http:
            [flow] = http.get("flows", params={"runs": 2}).json()["flows"]
            assert [run["id"] for run in flow["runs"]] == [runs[2].id, runs[1].id]
            assert [run["state"] for run in flow["runs"]] == ["SUCCESS", "SUCCESS"]
            assert http.get("flows").json()["flows"][0].get("runs") is None
