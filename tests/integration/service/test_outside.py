"""What expressions reach outside of a run: variables, secrets, the key-value store, files, the network; and `evaluate`."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from tests.integration.service.conftest import Home
from tests.support.kestra_cases import names

from dalsegno.engine.outside import Surroundings
from dalsegno.errors import NotFound, Refusal
from dalsegno.model.run import Run
from dalsegno.model.state import State
from dalsegno.settings import read_settings

CONTEXT = """
id: context
namespace: company.team
labels: {team: data, system.correlationId: abc}
inputs: [{id: who, type: STRING, defaults: Ada}]
variables: {greeting: hello}
tasks:
  - {id: first, type: core.debug.Return, value: 1}
  - id: outer
    type: core.flow.ForEach
    values: [2023, 2024]
    tasks:
      - id: each
        type: core.flow.ForEach
        values: [oslo, paris]
        tasks:
          - id: look
            type: core.debug.Return
            value: "{{ printContext() }}"
afterExecution:
  - {id: after, type: core.debug.Return, value: "{{ printContext() }}"}
outputs: [{id: who, value: "{{ inputs.who }}"}]
"""


def at(value: Any, path: str) -> Any:
    for part in path.split("."):
        value = value[part]
    return value


def test_every_variable_of_kestra_is_there_in_a_real_run(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENV_CITY", "Lyon")
    home.service.runs._planning.around = Surroundings(globals={"a": 1}, environment="test", url="http://localhost")
    run = home.run(CONTEXT)
    assert run.state is State.SUCCESS, run.error
    tasks = home.runs.outputs(run.id)["tasks"]
    found, after = tasks["outer[2024].each[paris].look"]["value"], tasks["after"]["value"]
    for named in names():
        if named.kind == "variable" and named.why is None:
            # the outputs of the flow are there when its run has ended
            seen = after if named.name == "execution.outputs" else found
            assert at(seen, named.name) is not None, named.name
    assert after["execution"]["state"] == "SUCCESS"
    assert "outputs" not in found["execution"]
    assert found["taskrun"]["value"] == "paris"
    assert found["taskrun"]["iteration"] == 1
    assert found["parent"] == {
        "task": {"id": "each"},
        "taskrun": {"value": 2024, "key": "2024", "iteration": 1},
        "outputs": {},
    }
    assert found["taskrun"]["parentId"] == task_run_id(home, run, "outer[2024].each")
    assert found["execution"]["state"] == "RUNNING"
    assert found["labels"]["system"] == {"correlationId": "abc"}
    assert (found["envs"], found["globals"]) == ({"city": "Lyon"}, {"a": 1})
    assert found["kestra"] == {"environment": "test", "url": "http://localhost"}
    assert found["tasks"]["first"] == {"state": "SUCCESS"}
    assert found["tasks"]["look"]["2024"] == {"oslo": {"state": "SUCCESS"}, "paris": {"state": "RUNNING"}}


def task_run_id(home: Home, run: Run, address: str) -> str:
    return home.runs.task_run(run.id, address).id


SECRET = """
id: secretive
namespace: company
tasks:
  - {id: tell, type: core.log.Log, message: "the key is {{ secret('API_KEY') }}"}
  - {id: length, type: core.debug.Return, value: "{{ secret('api_key') | length }}{{ secret('PARTS', subkey='a') | length }}"}
  - {id: bad, type: core.execution.Fail, errorMessage: "refused {{ secret('API_KEY') }}"}
"""


def test_a_secret_of_the_environment_is_masked_in_all_that_is_written(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_API_KEY", "hunter2-and-more")
    monkeypatch.setenv("SECRET_PARTS", '{"a": "tiptop"}')
    run = home.run(SECRET)
    assert home.runs.outputs(run.id)["tasks"]["length"] == {"value": "166"}
    assert run.error is not None
    assert run.error["message"] == "refused ******"
    assert [line.line.text for line in home.runs.logs(run.id)] == ["the key is ******", "refused ******"]
    assert home.runs.task_run(run.id, "tell").properties["message"] == "the key is ******"
    assert set(home.runs.task_run(run.id, "length").used) == {"secret.api_key", "secret.PARTS/a"}
    home.store.close()
    kept = [path for path in home.folder.rglob("*") if path.is_file()]
    assert not any(word in path.read_bytes() for path in kept for word in (b"hunter2", b"tiptop"))


def test_a_secret_that_has_changed_makes_its_task_run_again_and_no_other(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_A", "hunter2")
    monkeypatch.setenv("SECRET_B", "hunter3")
    text = """
id: two
namespace: company
tasks:
  - {id: a, type: core.debug.Return, value: "{{ secret('A') | length }}"}
  - {id: b, type: core.debug.Return, value: "{{ secret('B') | length }}"}
  - {id: c, type: core.debug.Return, value: "{{ now() | date('yyyy') }}"}
"""
    run = home.run(text)
    plan = home.runs.plan_of(home.replay(run, changed=True, skip_successful=False).id)
    assert [decision.action.value for decision in plan.decisions] == ["CHECK", "CHECK", "CHECK"]
    monkeypatch.setenv("SECRET_A", "hunter4")
    replay = home.replay(run, changed=True, skip_successful=False)
    found = [home.runs.task_run(replay.id, name) for name in "abc"]
    assert [item.action.value for item in found] == ["RUN", "REUSE", "REUSE"]
    assert found[0].reason == "`secret.A` differs"


def test_a_secret_that_is_not_there_is_told_with_the_closest_names(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_API_KEY", "hunter2")
    run = home.run(flow("{{ secret('API_KEI') }}"))
    assert run.error is not None
    assert run.error["code"] == "unknown-secret"
    assert "there is no secret `API_KEI`; did you mean `API_KEY`? In `{{ secret('API_KEI') }}`" in run.error["message"]
    assert run.error["hint"] == "set the variable SECRET_API_KEI where Dal Segno runs"


def flow(value: str, before: str = "") -> str:
    task = f"  - {{id: it, type: core.debug.Return, value: {json.dumps(value)}}}\n"
    return f"id: one\nnamespace: company.team\ntasks:\n{before}{task}"


def given(home: Home, value: str, before: str = "") -> Any:
    run = home.run(flow(value, before))
    assert run.state is State.SUCCESS, run.error
    return home.runs.outputs(run.id)["tasks"]["it"]["value"]


def test_a_value_of_the_store_is_found_in_the_namespace_and_above_it(home: Home) -> None:
    home.service.entries.set("day", {"n": 1}, namespace="company")
    home.service.entries.set("own", 2, namespace="company.team")
    assert given(home, "{{ kv('day').n + kv('own') }}") == 3
    assert given(home, "{{ kv('own', namespace='company', errorOnMissing=false) ?? 'none' }}") == "none"
    run = home.run(flow("{{ kv('dey') }}"))
    assert run.error is not None
    assert (run.error["code"], run.error["hint"]) == ("unknown-key", "set it, or write `errorOnMissing=false`")


FILE = "  - {id: made, type: serdes.csv.CsvToIon, from: '{{ inputs.trips }}'}\n"


def test_a_stored_file_is_read(home: Home) -> None:
    text = "inputs: [{id: trips, type: FILE}]\n" + flow(
        "{{ fromIon(read(outputs.made.uri), allRows=true) | length }} {{ fileSize(inputs.trips) }} "
        "{{ isFileEmpty(inputs.trips) }} {{ fileExists(inputs.trips) }} {{ fileExists('none.txt') }}",
        FILE,
    )
    run = home.run(text)
    assert run.state is State.SUCCESS, run.error
    assert home.runs.outputs(run.id)["tasks"]["it"]["value"] == "2 25 false true false"
    home.folder.joinpath("large.csv").write_bytes(b"x" * 10_000_001)
    large = home.run(text.replace("fromIon(read(outputs.made.uri), allRows=true)", "read(inputs.trips)"), trips=str(home.folder / "large.csv"))  # fmt: skip # noqa: E501
    assert large.error is not None
    assert large.error["code"] == "file-too-large"


@pytest.mark.parametrize(
    "path", ["file:///etc/passwd", "https://localhost/x", "/etc/passwd", "../secret.key", "dalsegno://x/y"]
)
def test_nothing_but_stored_files_is_read(home: Home, path: str) -> None:
    run = home.run(flow(f"{{{{ read('{path}') }}}}"))
    assert run.error is not None
    assert run.error["code"] in ("bad-uri", "bad-path", "unknown-file")


def test_what_failed_can_be_told(home: Home) -> None:
    run = home.run("""
id: failing
namespace: company
tasks:
  - {id: fine, type: core.debug.Return, value: 1}
  - {id: bad, type: core.execution.Fail, errorMessage: "out of order"}
errors:
  - {id: states, type: core.debug.Return, value: "{{ tasksWithState('FAILED') }}"}
  - {id: logs, type: core.debug.Return, value: "{{ errorLogs() }}"}
  - {id: one, type: core.debug.Return, value: "{{ tasks.fine.state }} {{ tasks.later.state ?? 'none' }}"}
""")
    outputs = home.runs.outputs(run.id)["tasks"]
    assert outputs["states"]["value"] == [{"taskId": "bad", "state": "FAILED"}]
    [line] = outputs["logs"]["value"]
    assert (line["taskId"], line["level"], line["message"]) == ("bad", "ERROR", "out of order")
    assert outputs["one"]["value"] == "SUCCESS none"


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps({"path": self.path, "as": self.headers["X-As"]}).encode() if "json" in self.path else b"plain"
        self.send_response(404 if "gone" in self.path else 200)
        self.send_header("content-type", "application/json" if "json" in self.path else "text/plain")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_something_small_is_fetched(home: Home, server: str) -> None:
    call = f"http('{server}/json', query={{'a': 1}}, headers={{'X-As': 'me'}})"
    assert given(home, f"{{{{ {call} }}}}") == {"path": "/json?a=1", "as": "me"}
    assert given(home, f"{{{{ http('{server}/') }}}}") == "plain"
    for expression, code in (
        (f"http('{server}/gone')", "http-status"), (f"http('{server}/', method='POST')", "bad-request"),
        ("http('http://127.0.0.1:1/')", "http-failed"),
    ):  # fmt: skip
        run = home.run(flow(f"{{{{ {expression} }}}}"))
        assert run.error is not None
        assert run.error["code"] == code


def test_what_is_random_differs_and_a_free_port_is_one(home: Home) -> None:
    found = given(home, "{{ [uuid(), uuid(), id(), ksuid(), nanoId(), randomInt(1, 1000000), randomPort()] }}")
    assert len(set(found)) == 7
    assert 1024 <= found[-1] <= 65535


@pytest.mark.parametrize(
    "call", ["uuid()", "id()", "ksuid()", "nanoId()", "randomInt(1, 2)", "randomPort()", "now()", "secret('A')", "kv('a')",
             "http('x')", "errorLogs()", "encrypt('a', 'b')", "env('a')", "envs.a", "printContext()"],
)  # fmt: skip
def test_a_task_that_reads_something_new_each_time_is_volatile_in_the_plan(home: Home, call: str) -> None:
    plan = home.runs.plan_fresh("x.yaml", replace_request(), text=flow(f"{{{{ {call} }}}}"))
    assert [warning for decision in plan.decisions for warning in decision.warnings if "volatile" in warning]


def replace_request() -> Any:
    from dalsegno.replay.request import ReplayRequest

    return ReplayRequest()


# evaluate


@pytest.fixture
def looked(home: Home, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("SECRET_API_KEY", "hunter2")
    run = home.run(CONTEXT)
    assert run.state is State.SUCCESS
    return run


@pytest.mark.parametrize(
    ("text", "task", "wanted"),
    [
        ("{{ outputs.first.value + 1 }}", None, 2),
        ("{{ inputs.who | upper }} in {{ execution.state }}", None, "ADA in SUCCESS"),
        ("{{ taskrun.value }} {{ parent.taskrun.value }}", "outer[2024].each[paris].look", "paris 2024"),
        ("{{ taskrun.iteration }}", "outer[2024].each[paris].look", 1),
        ("{{ outputs.look[parent.taskrun.value][taskrun.value].value.taskrun.value }}", "outer[2023].each[oslo].look", "oslo"),
        ("{{ task.id }}", "outer[2023].each", "each"),
        ("{{ tasks.look.2024.oslo.state }}", None, "SUCCESS"),
        ("{{ secret('API_KEY') | upper }} {{ 'hunter' ~ '2' }}", None, "****** ******"),
        ("{{ is_replay }}", None, False),
        ("{{ outputs.first }}", None, {"value": 1}),
        ("{% for i in [1, 2] %}{{ i }}{% endfor %}", None, "12"),
    ],
)  # fmt: skip
def test_an_expression_is_rendered_as_the_run_sees_it(
    home: Home, looked: Run, text: str, task: str | None, wanted: Any
) -> None:
    assert home.runs.evaluate(looked.id, text, task=task) == wanted


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("outputs.first", 'write it as in a flow, such as "{{ outputs.first }}"'),
        ("{{ outputs.frist }}", "there is no `frist` in `outputs`; did you mean `first`?"),
        ("{{ outputs.first | uper }}", "no filter `uper`; did you mean `upper`"),
        ("{{ secret('API_KEI') }}", "did you mean `API_KEY`?"),
        ("{{ taskrun.value }}", "there is no `taskrun` in the variables"),
    ],
)
def test_what_cannot_be_rendered_is_refused(home: Home, looked: Run, text: str, part: str) -> None:
    with pytest.raises(Refusal) as caught:
        home.runs.evaluate(looked.id, text)
    assert part in caught.value.message


def test_a_task_run_that_is_not_there_is_told_with_the_closest(home: Home, looked: Run) -> None:
    with pytest.raises(NotFound, match=r"outer\[2024\]"):
        home.runs.evaluate(looked.id, "{{ 1 }}", task="outer[2024].each[pari].look")


def test_globals_must_be_a_map() -> None:
    assert read_settings({"DALSEGNO_GLOBALS": '{"a": 1}', "DALSEGNO_URL": "u", "HOME": "/"}).globals == {"a": 1}
    for wrong in ("{", "[1]"):
        with pytest.raises(Refusal, match="DALSEGNO_GLOBALS"):
            read_settings({"DALSEGNO_GLOBALS": wrong, "HOME": "/"})
