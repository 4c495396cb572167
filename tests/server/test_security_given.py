"""What somebody of a role may give to a run: overrides and pins, expressions, code, pickles, files of the server."""

from __future__ import annotations

import json
import pickle
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from blake3 import blake3
from tests.support.people import People, settle
from tests.support.servers import RunningServer

from dalsegno.client.client import Client
from dalsegno.engine.bulk_request import BulkRequest
from dalsegno.errors import NotAllowed, Refusal
from dalsegno.replay.request import Expression, ReplayRequest

FLOW = """
id: hello
namespace: company.team
inputs:
  - {id: file, type: FILE, required: false}
  - {id: key, type: SECRET, defaults: a secret that stays one}
tasks:
  - {id: greet, type: core.debug.Return, value: hello}
  - {id: call, type: scripts.shell.Commands, commands: ["true"], env: {A: b}}
  - {id: ask, type: sql.Query, url: "duckdb://", sql: select 1 as x, fetchType: FETCH}
  - {id: say, type: core.log.Log, message: "{{ outputs.greet.value }}"}
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningServer, People]]:
    home = Path(tmp_path_factory.mktemp("given")) / "home"
    people = settle(home)
    with Client(home) as client:
        client.save_flow(FLOW)
    with RunningServer(home, "--login", "--log-level", "DEBUG") as server:
        with as_role(server, people, "operator") as client:
            client.execute(client.start_run("hello", ReplayRequest()).id)
        yield server, people


def as_role(server: RunningServer, people: People, role: str) -> Client:
    return Client(url=server.url, token=people.headers(role)["Authorization"].removeprefix("Bearer "))


@pytest.fixture
def operator(place: tuple[RunningServer, People]) -> Iterator[Client]:
    with as_role(*place, "operator") as client:
        yield client


@pytest.fixture
def editor(place: tuple[RunningServer, People]) -> Iterator[Client]:
    with as_role(*place, "editor") as client:
        yield client


def replaying(**given: Any) -> ReplayRequest:
    return ReplayRequest(origin="hello-1", start=("say",), **given)


def test_an_operator_overrides_and_pins(operator: Client) -> None:
    request = ReplayRequest(
        origin="hello-1", start=("greet",), task_inputs={"greet": {"value": "hi"}},
        outputs={"call": {"exitCode": 0, "vars": {}, "outputFiles": {}}}, reason="by hand",
    )  # fmt: skip
    run = operator.start_replay(request)
    assert run.author == "operator"


@pytest.mark.parametrize(
    "value", [Expression("{{ secret('KEY') }}"), "{{ envs.home }}", Expression("{% for a in b %}{% endfor %}"),
              ["x", {"y": "{{ 1 }}"}]],
)  # fmt: skip
def test_an_expression_needs_an_editor(operator: Client, editor: Client, value: Any) -> None:
    request = replaying(task_inputs={"say": {"message": value}})
    for attempt in (operator.plan_replay, operator.start_replay):
        with pytest.raises(
            NotAllowed, match=r"an override with an expression in it \(`say.message`\) needs the role editor"
        ):
            attempt(request)
    assert editor.plan_replay(request)


@pytest.mark.parametrize(
    ("task", "name", "value"),
    [("call", "commands", ["rm -rf /"]), ("call", "env", {"LD_PRELOAD": "x"}), ("call", "interpreter", ["sh"]),
     ("call", "beforeCommands", ["x"]), ("call", "inputFiles", {"a": "b"}), ("ask", "sql", "drop table x"),
     ("ask", "url", "sqlite:////etc/passwd")],
)  # fmt: skip
def test_what_is_code_needs_an_editor(operator: Client, editor: Client, task: str, name: str, value: Any) -> None:
    request = ReplayRequest(origin="hello-1", start=(task,), task_inputs={task: {name: value}})
    for attempt in (operator.plan_replay, operator.start_replay):
        with pytest.raises(NotAllowed, match=f"an override of `{task}.{name}`, which is code, needs the role editor"):
            attempt(request)
    fresh = ReplayRequest(task_inputs={task: {name: value}})
    with pytest.raises(NotAllowed):
        operator.start_run("hello", fresh)
    with pytest.raises(NotAllowed):
        operator.start_bulk_replay(BulkRequest(runs=("hello-1",), request=fresh))
    assert editor.plan_replay(request)


def test_a_flow_of_its_own_needs_an_editor(operator: Client, editor: Client) -> None:
    text = FLOW.replace("hello", "other")
    with pytest.raises(NotAllowed, match="a run with a flow or code of its own"):
        operator.start_run("other.yaml", ReplayRequest(), text=text)
    with pytest.raises(NotAllowed, match="a run with a flow or code of its own"):
        operator.plan_replay(replaying(), text=FLOW)
    with pytest.raises(NotAllowed):
        operator.save_flow(text)
    assert editor.plan_run("other.yaml", ReplayRequest(), text=text)


# pickles


class Evil:
    def __reduce__(self) -> Any:
        return Path.write_text, (Path("/tmp/dalsegno-evil"), "x")


PICKLE = pickle.dumps(Evil()) + (0).to_bytes(8, "little")
INLINE = {"$type": "pickle", "bytes": b64encode(PICKLE).decode()}


def uploaded(place: tuple[RunningServer, People], content: bytes) -> str:
    server, people = place
    digest = blake3(content).hexdigest()
    answer = httpx.put(f"{server.url}/api/v1/blobs/{digest}", content=content, headers=people.headers("operator"))
    assert answer.status_code == 201
    return digest


def forms(place: tuple[RunningServer, People]) -> list[Any]:
    digest = uploaded(place, PICKLE)
    hidden = json.dumps([{"$type": "tuple", "data": [{"$type": "pickle", "digest": digest, "size": 1}]}]).encode()
    whole = uploaded(place, hidden)
    return [
        INLINE,
        {"$type": "pickle", "digest": digest, "size": len(PICKLE)},
        [1, {"a": {"$type": "map", "data": [["k", INLINE]]}}],
        {"$type": "json", "digest": whole, "size": len(hidden), "needs": [digest]},
        {"$type": "sklearn", "digest": digest, "size": 1},
        {"$type": "my.kind", "by": "os:system", "digest": digest, "size": 1},
        {"$type": "dataclass", "class": "x:Y", "code": INLINE, "data": {}},
    ]


def test_no_pickle_is_taken_from_anybody(place: tuple[RunningServer, People]) -> None:
    server, people = place
    for role in ("operator", "editor", "admin"):
        with httpx.Client(base_url=f"{server.url}/api/v1/", headers=people.headers(role), timeout=60) as api:
            for form in forms(place):
                for given in (
                    {"task_inputs": {"greet": {"value": {"value": form}}}},
                    {"outputs": {"greet": {"value": form}}},
                    {"inputs": {"key": form}},
                ):
                    for body in (
                        {"request": {"origin": "hello-1", **given}},
                        {"request": {"origin": "hello-1", **given}, "queue": False},
                    ):
                        answer = api.post("runs/replay", json=body)
                        assert (answer.status_code, answer.json()["code"]) == (403, "unsafe-override"), (form, given)
                    answer = api.post("bulk-replays", json={"runs": ["hello-1"], "request": given})
                    assert (answer.status_code, answer.json()["code"]) == (403, "unsafe-override"), (form, given)
    assert not Path("/tmp/dalsegno-evil").exists()


def test_what_is_looked_into_has_to_be_there(place: tuple[RunningServer, People]) -> None:
    server, people = place
    gone = {"$type": "json", "digest": "1" * 64, "size": 1, "needs": []}
    body = {"request": {"origin": "hello-1", "task_inputs": {"greet": {"value": {"value": gone}}}}}
    with httpx.Client(base_url=f"{server.url}/api/v1/", headers=people.headers("operator"), timeout=60) as api:
        assert api.post("runs/replay/plan", json=body).status_code == 200
        answer = api.post("runs/replay", json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "artifact-missing")


def test_an_editor_may_debug_with_one_in_his_own_process(place: tuple[RunningServer, People]) -> None:
    server, people = place
    request = {"origin": "hello-1", "outputs": {"greet": {"value": INLINE}}, "debug": True}
    with httpx.Client(base_url=f"{server.url}/api/v1/", timeout=60) as api:
        for role, queue, status in (("operator", False, 403), ("editor", True, 403), ("editor", False, 201)):
            body = {"request": request, "queue": queue}
            answer = api.post("runs/replay", json=body, headers=people.headers(role))
            assert answer.status_code == status, (role, queue, answer.text)
        made = answer.json()["id"]
        # the server does not execute it, and no replay carries it over to one that the server executes
        for path, body in ((f"runs/{made}/execute", None), ("runs/replay", {"request": {"origin": made}})):
            refused = api.post(path, json=body, headers=people.headers("admin"))
            assert (refused.status_code, refused.json()["code"]) == (403, "unsafe-override")


# files of the server, secrets


def test_no_file_of_the_server_is_read_for_somebody(operator: Client, place: tuple[RunningServer, People]) -> None:
    server, _ = place
    with pytest.raises(Refusal, match="would be a file of the server"):
        operator.start_run("hello", ReplayRequest(inputs={"file": str(server.home / "secret.key")}))


def test_nothing_that_is_answered_or_logged_has_a_secret(tmp_path: Path) -> None:
    people = settle(tmp_path / "home")
    with Client(tmp_path / "home") as client:
        client.save_flow(FLOW)
    secret, password = "the-value-of-the-secret", "the-password-of-somebody"
    with RunningServer(tmp_path / "home", "--login", "--log-level", "DEBUG", "--log-format", "json") as server:
        said: list[str] = []
        with httpx.Client(base_url=f"{server.url}/api/v1/", headers=people.headers("admin"), timeout=60) as api:
            body = {"flow": "hello", "request": {"inputs": {"key": secret}}, "queue": False}
            made = api.post("runs", json=body)
            run = made.json()["id"]
            api.post("users", json={"name": "new", "role": "viewer", "password": password})
            api.post("users", json={"name": "new", "role": "viewr", "password": password})
            api.post("login", json={"name": "new", "password": password})
            api.post("login", json={"name": password, "password": "x"})
            token = api.post("tokens", json={"name": "x"}).json()["secret"]
            for path in (
                f"runs/{run}",
                f"runs/{run}/plan",
                "runs?full=true",
                "audit-log",
                "users",
                "tokens",
                "me",
                "flows/hello",
            ):
                answer = api.get(path)
                assert answer.status_code == 200, path
                said.append(answer.text)
            said += [made.text, api.get(f"runs/{run}/revision?compiled=true").text]
        with as_role(server, people, "operator") as client, pytest.raises(NotAllowed):
            client.evaluate(run, "{{ inputs.key }}")
        with as_role(server, people, "editor") as client:
            assert client.evaluate(run, "{{ inputs.key }}") == "******"
        server.stop()
        said.append(server.rest)
    for text in said:
        for each in (secret, password, token, *people.tokens.values()):
            assert each not in text


# what is written down


def test_the_audit_log_has_who_did_what_with_plan_and_overrides(place: tuple[RunningServer, People]) -> None:
    server, people = place
    with as_role(server, people, "operator") as client:
        request = replaying(task_inputs={"say": {"message": "bye"}}, inputs={"key": "hidden value"})
        plan = client.plan_replay(request)
        run = client.start_replay(request, digest=plan.digest)
        job = client.start_bulk_replay(
            BulkRequest(runs=(run.id,), request=ReplayRequest(reason="again"), fixed_too=True)
        )
        client.kill_run(run.id) if not run.state.ended else None
        with pytest.raises(NotAllowed):
            client.purge(0)
    with as_role(server, people, "admin") as client:
        entries = client.audit.list(user="operator", limit=20)
        replay = next(each for each in entries if each.detail.get("run") == run.id)
        assert (replay.operation, replay.status, replay.door, replay.address) == (
            "runs_replay",
            201,
            "token",
            "127.0.0.1",
        )
        assert replay.detail["plan_digest"] == plan.digest
        assert replay.detail["overrides"] == {
            "task_inputs": {"say": {"message": {"value": "bye"}}}, "inputs": {"key": "******"},
        }  # fmt: skip
        bulk = next(each for each in entries if each.detail.get("job") == job.id)
        assert bulk.detail["request"] == {"reason": "again"}
        assert next(each for each in entries if each.operation == "keeping_purge").status == 403
        assert not [each for each in entries if each.operation == "runs_plan_replay" and each.status == 200]
        assert client.get_bulk_replay(job.id).author == "operator"
    with as_role(server, people, "viewer") as client, pytest.raises(NotAllowed):
        client.audit.list()


def test_the_replays_of_a_bulk_job_are_of_who_made_it(place: tuple[RunningServer, People]) -> None:
    server, people = place
    with as_role(server, people, "operator") as client:
        job = client.start_bulk_replay(BulkRequest(runs=("hello-1",), fixed_too=True))
        client.drive_bulk_replay(job.id)
        made = [row.replay for row in client.bulk_rows(job.id)]
        assert [client.get_run(run or "").author for run in made] == ["operator"]
