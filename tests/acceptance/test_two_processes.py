"""Several processes on one data directory."""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from tests.support.desk import Desk, Ended
from tests.support.gates import Gate, gate, mark, stop

SHELL = "scripts.shell.Commands"
AT_ONCE = 4


@pytest.fixture
def gated(tmp_path: Path) -> Generator[Gate]:
    with gate(tmp_path) as made:
        yield made


@pytest.fixture
def desk(tmp_path: Path, gated: Gate) -> Desk:
    return Desk(tmp_path, env=gated.env)


def script(id: str, *commands: str) -> dict[str, Any]:
    return {"id": id, "type": SHELL, "commands": list(commands)}


def write(desk: Desk, *tasks: dict[str, Any], id: str = "steps") -> str:
    """Write a flow, as JSON, which is YAML."""
    return desk.write(f"{id}.yaml", json.dumps({"id": id, "namespace": "work", "tasks": list(tasks)}))


def gated_flow(desk: Desk) -> str:
    return write(
        desk, script("first", mark("first")), script("middle", *stop("middle")), script("last", mark("last"))
    )  # fmt: skip


@pytest.mark.parametrize("turn", ["a new store", "a store that is there"])
def test_runs_at_once_all_succeed_under_names_of_their_own(desk: Desk, turn: str) -> None:
    loop = {
        "id": "each", "type": "core.flow.ForEach", "values": list(range(20)),
        "tasks": [{"id": "say", "type": "core.log.Log", "message": "{{ taskrun.value }}"}],
    }  # fmt: skip
    name = write(desk, loop, {"id": "end", "type": "core.debug.Return", "format": "{{ execution.id }}"})
    before = 0
    if turn != "a new store":
        desk.do("run", name)
        before = 1
    runs = at_once(desk, "run", name)
    assert sorted(run["name"] for run in runs) == [f"steps-{before + number}" for number in range(1, AT_ONCE + 1)]
    assert {run["state"] for run in runs} == {"SUCCESS"}
    for run in runs:
        assert len(run["task_runs"]) == 22
        assert {each["state"] for each in run["task_runs"]} == {"SUCCESS"}
        assert run["task_runs"][-1]["outputs"] == {"value": run["id"]}
    assert [revision["revision"] for revision in desk.ask("flow", "revisions", "steps")["revisions"]] == [1]
    assert desk.ask("show", "last") in runs


def at_once(desk: Desk, *words: str) -> list[Any]:
    """Call a command, which has to succeed, in several processes at once, and give what each answers."""
    with ExitStack() as stack:
        processes = [stack.enter_context(desk.start(*words, "--json")) for _ in range(AT_ONCE)]
        ended = [Ended(*process.finish()) for process in processes]
    assert [each.code for each in ended] == [0] * AT_ONCE, [each.err + each.out for each in ended if each.code]
    return [each.document for each in ended]


def test_replays_of_one_run_at_once_are_runs_of_their_own(desk: Desk) -> None:
    name = write(desk, script("first", mark("first")), {"id": "fail", "type": "core.execution.Fail"})
    desk.do("run", name, code=1)
    write(desk, script("first", mark("first")), {"id": "fail", "type": "core.log.Log", "message": "mended"})
    runs = at_once(desk, "replay", "steps-1", "--from", "fail", "--file", name)
    origin = desk.ask("show", "steps-1")
    assert sorted(run["name"] for run in runs) == [f"steps-{number}" for number in range(2, AT_ONCE + 2)]
    assert {(run["state"], run["origin"], run["attempt"], run["revision"]) for run in runs} == {
        ("SUCCESS", origin["id"], 2, 2)
    }
    assert len(desk.ask("flow", "revisions", "steps")["revisions"]) == 2


def test_a_run_that_still_runs_is_replayed_by_another_process_which_keeps_what_has_finished(
    desk: Desk, gated: Gate
) -> None:
    with desk.start("run", gated_flow(desk), "-v") as running:
        running.wait_for("middle waits")
        pin = 'middle={"exitCode": 0, "vars": {}, "outputFiles": {}}'
        replay = desk.do("replay", "last", "--skip-successful", "--pin", pin, "--json").document
        actions = {each["address"]: each["action"] for each in replay["task_runs"]}
        assert actions == {"first": "REUSE", "middle": "PIN", "last": "RUN"}
        assert replay["state"] == "SUCCESS"
        origin = desk.ask("show", "steps-1")
        assert (origin["state"], len(origin["task_runs"])) == ("RUNNING", 2)
        gated.open()
        assert running.finish()[0] == 0
    assert gated.marks == ["first", "middle", "last", "last"]
    assert desk.ask("show", "steps-1")["state"] == "SUCCESS"


def test_a_replay_runs_beside_the_run_of_another_process(desk: Desk, gated: Gate) -> None:
    quick = write(desk, script("a", mark("a")), script("b", mark("b")), id="quick")
    desk.do("run", quick)
    with desk.start("run", gated_flow(desk), "-v") as running:
        running.wait_for("middle waits")
        desk.do("replay", "quick-1", "--from", "b")
        gated.open()
        assert running.finish()[0] == 0
    assert gated.marks == ["a", "b", "first", "middle", "b", "last"]


def test_a_log_is_followed_from_another_process_line_by_line_until_the_run_ends(desk: Desk, gated: Gate) -> None:
    flow = write(desk, script("talk", "echo one", *stop("talk"), "echo two", "seq 2000"), script("last", "echo three"))
    with desk.start("run", flow, "-v") as running:
        running.wait_for("talk waits")
        with desk.start("logs", "last", "-f") as following, desk.start("logs", "last", "talk", "-f") as narrow:
            following.wait_for("one")
            narrow.wait_for("talk waits")
            assert "two" not in following.out
            gated.open()
            assert running.finish()[0] == 0
            whole, narrowed = following.finish(), narrow.finish()
    assert (whole[0], narrowed[0]) == (0, 0)
    talked = ["one", "talk waits", "two", *map(str, range(1, 2001))]
    assert _end_with(whole[1], [*talked, "three"])
    assert _end_with(narrowed[1], talked)


def _end_with(written: str, texts: list[str]) -> bool:
    """Whether there is a line for each text, in their order, and no other."""
    lines = written.splitlines()
    return len(lines) == len(texts) and all(line.endswith(f" {text}") for line, text in zip(lines, texts, strict=True))


def test_a_run_is_stopped_from_another_process(desk: Desk, gated: Gate) -> None:
    with desk.start("run", gated_flow(desk), "-v") as running:
        running.wait_for("middle waits")
        desk.do("kill", "last")
        code, out, err = running.finish()
    assert code == 1
    assert "■ KILLED  steps-1" in out
    assert "dalsegno replay steps-1 --skip-successful" in err
    assert gated.marks == ["first", "middle"]
