"""What is recorded, and when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from tests.integration.engine.lab import Lab

from dalsegno.engine import logs
from dalsegno.model.progress import Logged, RunMoved, TaskMoved
from dalsegno.model.state import State
from dalsegno.replay.request import ReplayRequest
from dalsegno.store.port import AppendLogs, EndTask, StartTask, Write

SIDE = """
- {id: a, type: test.Do, call: it}
- id: side
  type: core.flow.Parallel
  tasks:
    - {id: b, type: test.Do, call: it}
    - {id: c, type: test.Do, call: it}
"""


def test_a_task_begins_only_after_it_is_recorded_as_running(lab: Lab) -> None:
    seen: dict[str, State] = {}

    def look(context: Any, _: Any) -> None:
        found = lab.store.task_runs.at(context.run_id, context.address)
        assert found is not None
        seen[context.address] = found.state

    lab.doings["it"] = look
    lab.run(SIDE)

    assert seen == dict.fromkeys("abc", State.RUNNING)


def test_the_end_of_a_task_and_the_start_of_the_next_are_one_commit(lab: Lab) -> None:
    commits: list[list[type[Write]]] = []
    lab.store.after = lambda writes: commits.append([type(write) for write in writes])
    lab.doings["it"] = lambda context, value: None

    lab.run("- {id: a, type: test.Do, call: it}\n- {id: b, type: test.Do, call: it}")

    task_commits = [commit for commit in commits if StartTask in commit or EndTask in commit]
    assert [[kind.__name__ for kind in commit] for commit in task_commits] == [
        ["MoveRun", "StartTask"],
        ["EndTask", "StartTask"],
        ["EndTask", "MoveRun"],
    ]


def test_what_a_task_logs_is_kept_before_its_end_is(lab: Lab) -> None:
    commits: list[Sequence[Write]] = []
    lab.store.after = commits.append

    run = lab.run("- {id: a, type: test.Mark}")

    kinds = [type(write) for commit in commits for write in commit]
    assert kinds.index(AppendLogs) < kinds.index(EndTask)
    assert [line.line.text for line in lab.cases.logs(run.id)] == ["did a"]


def test_every_attempt_has_its_own_lines_in_order(lab: Lab) -> None:
    run = lab.run("""
        - id: side
          type: core.flow.ForEach
          concurrencyLimit: 0
          values: [1, 2, 3]
          tasks:
            - id: script
              type: scripts.shell.Commands
              commands: ["for n in 1 2 3 4 5; do echo {{ taskrun.value }}-$n; done", "echo wrong >&2"]
    """)

    for key in "123":
        lines = lab.cases.logs(run.id, address=f"side[{key}].script")
        out = [line.line.text for line in lines if line.line.stream == "stdout"]
        assert out == [f"{key}-{number}" for number in range(1, 6)]
        assert [(line.line.text, line.line.level) for line in lines if line.line.stream == "stderr"] == [
            ("wrong", "WARNING")
        ]
        assert {line.attempt for line in lines} == {1}


def test_of_a_long_log_the_beginning_and_the_end_are_kept_and_the_middle_is_told(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "KEEP_BYTES", 100)

    def chat(context: Any, _: Any) -> None:
        for number in range(100, 1000):
            context.log.stream("stdout", str(number))

    lab.doings["chat"] = chat
    run = lab.run("- {id: a, type: test.Do, call: chat}")

    texts = [line.line.text for line in lab.cases.logs(run.id)]
    assert texts[:25] == [str(number) for number in range(100, 125)]
    assert texts[26:] == [str(number) for number in range(975, 1000)]
    assert texts[25] == "... 850 lines left out: this attempt wrote more than is kept of one"


def test_who_watches_is_told_in_order_what_was_recorded(lab: Lab) -> None:
    told: list[Any] = []

    run = lab.run("- {id: a, type: test.Mark}\n- {id: b, type: test.Mark, fail: true}", observer=told.append)

    moved = [(item.address, item.state) for item in told if isinstance(item, TaskMoved)]
    assert moved == [("a", "RUNNING"), ("a", "SUCCESS"), ("b", "RUNNING"), ("b", "FAILED")]
    assert [item.state for item in told if isinstance(item, RunMoved)] == ["RUNNING", "FAILED"]
    assert next(item.line.text for item in told if isinstance(item, Logged)) == "did a"
    assert all(item.seconds is not None for item in told if isinstance(item, TaskMoved) and item.state.ended)
    events = [(event.address, event.state) for event in lab.store.events.after(run.id) if event.kind == "task_run"]
    assert events == moved


def test_what_a_task_used_and_how_it_was_defined_is_recorded(lab: Lab) -> None:
    tasks = '- {id: a, type: test.Mark, value: 1}\n- {id: b, type: test.Mark, value: "{{ outputs.a.value }}"}'
    first, second = lab.run(tasks), lab.run(tasks)
    third = lab.run(tasks, ReplayRequest(task_inputs={"a": {"value": 2}}))

    b = [lab.at(run, "b") for run in (first, second, third)]
    assert b[0].used == b[1].used != b[2].used
    assert set(b[0].used) == {"outputs.a.value"}
    assert b[0].output_digest == b[1].output_digest != b[2].output_digest
    assert len({item.definition for item in b}) == 1
    assert len({lab.at(run, "a").definition for run in (first, third)}) == 2
    assert b[0].properties == {"value": 1}


def test_files_and_large_values_are_recorded_as_artifacts(lab: Lab) -> None:
    run = lab.run("- {id: a, type: test.Mark, size: 20000, file: content}")

    a = lab.at(run, "a")
    found = {item.output: item for item in lab.store.artifacts.of_task_run(a.id)}
    assert {name: (item.kind, item.size, item.run) for name, item in found.items()} == {
        "text": ("json", 20_002, run.id),
        "uri": ("file", 7, run.id),
    }
    assert a.outputs["text"]["$artifact"] == found["text"].id
    assert lab.output(run, "a", "text") == "x" * 20_000
    with lab.service.artifacts.open(lab.output(run, "a", "uri")) as file:
        assert file.read() == b"content"


def test_a_task_that_reads_a_file_which_is_gone_says_what_to_do(lab: Lab) -> None:
    tasks = """
        - {id: a, type: test.Mark, file: content, size: 20000}
        - {id: b, type: scripts.shell.Commands, inputFiles: {f: "{{ outputs.a.uri }}"}, commands: [cat f]}
    """
    origin = lab.run(tasks)
    created = lab.cases.create_replay(ReplayRequest(origin=origin.id, start=("b",)))
    for blob in (lab.home / "artifacts" / "blobs").rglob("*"):
        if blob.is_file():
            blob.unlink()
    run = lab.cases.execute(created.id)

    assert run.error is not None
    assert (run.state, run.error["code"], run.error["address"]) == (State.FAILED, "artifact-missing", "b")
    assert "start the replay there" in run.error["hint"]


def test_of_a_large_property_the_beginning_is_recorded(lab: Lab) -> None:
    run = lab.run("""
        - {id: a, type: test.Mark, size: 50000}
        - {id: b, type: test.Mark, value: "{{ outputs.a.text }}"}
        - {id: c, type: test.Mark, value: ["{{ outputs.a.text }}", 1]}
        - {id: d, type: test.Mark, value: [1, {k: 2}]}
    """)

    assert lab.at(run, "b").properties == {"value": "x" * 1000 + "... (50000 characters)"}
    assert lab.at(run, "c").properties["value"].startswith('["xxx')
    assert lab.at(run, "c").properties["value"].endswith("... (50007 characters)")
    assert lab.at(run, "d").properties == {"value": [1, {"k": 2}]}
    assert len(lab.output(run, "b")) == 50_000


def test_an_element_of_a_list_is_a_value_that_is_used(lab: Lab) -> None:
    first = lab.run("""
- {id: a, type: core.debug.Return, value: [1, 2, [3]]}
- {id: b, type: core.debug.Return, value: "{{ outputs.a.value[0] + outputs.a.value[1] + outputs.a.value[2][0] }}"}
""")
    used = lab.at(first, "b").used
    assert set(used) == {"outputs.a.value.0", "outputs.a.value.1", "outputs.a.value.2.0"}
    assert len(set(used.values())) == 3
