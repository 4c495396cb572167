"""Real processes, really killed: what the stops of `test_stops` stand for."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent

import pytest
from tests.crash.checks import doubled, lost, see
from tests.crash.harness import counting, opened, runs_of, tally
from tests.support.processes import PATIENCE, Process, start_cli, start_python, wait_until_gone
from tests.support.task_types import TALLY, marks

from dalsegno.client.client import Client
from dalsegno.errors import RunIsLive
from dalsegno.model.run import Run
from dalsegno.model.state import State
from dalsegno.store.port import RunFilter

ROOT = Path(__file__).parents[2]

EXECUTE = """
from dalsegno.client.client import Client
from dalsegno.model.progress import Logged
from dalsegno.replay.request import ReplayRequest
from tests.support import task_types

def tell(progress):
    if isinstance(progress, Logged):
        print("LOG " + progress.line.text + chr(10), end="", flush=True)

task_types.install()
with Client({home!r}) as client:
    run = client.start_run("killed.yaml", ReplayRequest(), text=open({flow!r}).read())
    print("END", client.execute(run.id, observer=tell).state, flush=True)
"""


@contextmanager
def executing(text: str, folder: Path) -> Generator[Process]:
    """Have another process execute a flow in `folder`."""
    home, flow = folder / "home", folder / "flow.yaml"
    home.mkdir(exist_ok=True)
    flow.write_text(dedent(text))
    code = EXECUTE.format(home=str(home), flow=str(flow))
    with start_python(
        code, cwd=folder, env={TALLY: str(tally(home)), "PYTHONPATH": f"{ROOT}:{os.environ.get('PYTHONPATH', '')}"}
    ) as process:
        yield process


def resume(folder: Path) -> Run:
    """Carry on the last run in this process."""
    with counting(folder / "home"), Client(folder / "home") as client:
        return client.execute("last")


def test_a_run_whose_process_was_killed_in_a_script_is_carried_on_by_another(tmp_path: Path) -> None:
    flow = f"""
        id: killed
        namespace: crash.tests
        tasks:
          - {{id: before, type: test.Mark, value: 1}}
          - id: script
            type: scripts.shell.Commands
            commands:
              - echo begun $$
              - if [ $DALSEGNO_ATTEMPT = 1 ]; then sleep 60; fi
              - echo done >> {tmp_path}/side
          - {{id: after, type: test.Mark, value: "{{{{ outputs.script.exitCode }}}}"}}
    """
    with executing(flow, tmp_path) as process:
        script = int(process.wait_for("LOG begun").split()[-1])
        process.kill9()

    assert resume(tmp_path).state is State.SUCCESS
    wait_until_gone(script)
    assert (tmp_path / "side").read_text() == "done\n"
    with Client(tmp_path / "home") as client:
        attempts = client.attempts("last", "script")
        assert [(attempt.number, attempt.state) for attempt in attempts] == [(1, State.KILLED), (2, State.SUCCESS)]
        assert attempts[0].error is not None
        assert attempts[0].error["code"] == "process-died"
        assert [line.line.text for line in client.logs("last", address="before")] == ["did before"]
    assert [address for _, address, _ in marks(tally(tmp_path / "home"))] == ["before", "after"]


def test_a_run_whose_process_was_killed_in_a_python_step_is_carried_on_by_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "steps_that_die.py").write_text(
        dedent(
            f"""
            import os, signal

            def work(number):
                print("begun", os.getpid(), flush=True)
                if os.environ["DALSEGNO_ATTEMPT"] == "1":
                    signal.pause()
                with open({str(tmp_path / "side")!r}, "a") as side:
                    side.write("done\\n")
                return number + 1
            """
        )
    )
    flow = """
        id: killed
        namespace: crash.tests
        tasks:
          - {id: step, type: python.Step, function: "steps_that_die:work", arguments: {number: 1}}
          - {id: after, type: test.Mark, value: "{{ outputs.step.value }}"}
    """
    with executing(flow, tmp_path) as process:
        worker = int(process.wait_for("LOG begun").split()[-1])
        process.kill9()
    wait_until_gone(worker)
    monkeypatch.chdir(tmp_path)

    assert resume(tmp_path).state is State.SUCCESS
    assert (tmp_path / "side").read_text() == "done\n"
    with Client(tmp_path / "home") as client:
        assert client.outputs("last")["tasks"]["after"]["value"] == 2


def test_a_group_whose_process_was_killed_keeps_to_its_time_in_another(tmp_path: Path) -> None:
    flow = """
        id: killed
        namespace: crash.tests
        tasks:
          - id: group
            type: core.flow.Sequential
            timeout: PT1S
            tasks:
              - id: script
                type: scripts.shell.Commands
                commands: [echo begun $$, sleep 60]
            errors: [{id: handled, type: test.Mark}]
        afterExecution:
          - {id: told, type: test.Mark, value: "{{ execution.state }}"}
    """
    with executing(flow, tmp_path) as process:
        script = int(process.wait_for("LOG begun").split()[-1])
        process.kill9()

    run = resume(tmp_path)

    wait_until_gone(script)
    assert (run.state, (run.error or {})["message"]) == (State.FAILED, "`group` took longer than its timeout of 1 s")
    with Client(tmp_path / "home") as client:
        found = {item.address: item for item in client.task_runs("last")}
        assert found["script"].state is State.KILLED
        assert 1 <= (found["group"].ended or 0) - (found["group"].started or 0) < 30
        assert client.outputs("last")["tasks"]["told"]["value"] == "FAILED"
    assert [address for _, address, _ in marks(tally(tmp_path / "home"))] == ["handled", "told"]


def test_the_batches_of_a_process_that_was_killed_are_carried_on_in_the_runs_that_they_had(tmp_path: Path) -> None:
    child = f"""
        id: batch
        namespace: crash.tests
        inputs: [{{id: rows, type: STRING}}]
        tasks:
          - {{id: one, type: test.Mark, value: "{{{{ read(inputs.rows) | trim }}}}"}}
          - id: script
            type: scripts.shell.Commands
            commands:
              - if [ "{{{{ outputs.one.value }}}}$DALSEGNO_ATTEMPT" = b1 ]; then {tmp_path}/wait; fi
              - echo "{{{{ outputs.one.value }}}}" >> {tmp_path}/side
        outputs: [{{id: row, type: STRING, value: "{{{{ outputs.one.value }}}}"}}]
    """
    flow = """
        id: killed
        namespace: crash.tests
        tasks:
          - {id: make, type: test.Mark, file: "a\\nb\\nc\\n"}
          - id: each
            type: core.flow.ForEachItem
            items: "{{ outputs.make.uri }}"
            namespace: crash.tests
            flowId: batch
            inputs: {rows: "{{ taskrun.items }}"}
          - {id: all, type: test.Mark, value: "{{ read(outputs.each_merge.subflowOutputs) }}"}
    """
    os.mkfifo(tmp_path / "begun")
    # its process has taken note of the script by then
    (tmp_path / "wait").write_text(f"#!/bin/sh\nsleep 0.5\necho $$ > {tmp_path}/begun\nsleep 60\n")
    (tmp_path / "wait").chmod(0o755)
    with counting(tmp_path / "home"), Client(tmp_path / "home") as client:
        client.save_flow(dedent(child))
    with executing(flow, tmp_path) as process:
        script = int((tmp_path / "begun").read_text())
        process.kill9()

    assert resume(tmp_path).state is State.SUCCESS
    wait_until_gone(script)
    assert set((tmp_path / "side").read_text().split()) == {"a", "b", "c"}
    with Client(tmp_path / "home") as client:
        assert client.outputs("last")["tasks"]["all"]["value"] == '{"row": "a"}\n{"row": "b"}\n{"row": "c"}\n'
        assert len(client.list_runs(RunFilter(flow="batch", limit=0))) == 3


def test_nobody_can_execute_a_run_whose_process_lives(tmp_path: Path) -> None:
    flow = """
        id: killed
        namespace: crash.tests
        tasks:
          - {id: script, type: scripts.shell.Commands, commands: [echo begun, sleep 60]}
    """
    with executing(flow, tmp_path) as process:
        process.wait_for("LOG begun")
        with Client(tmp_path / "home") as client:
            with pytest.raises(RunIsLive, match=f"process {process.pid} on"):
                client.execute("last")
            client.kill_run("last")
            process.wait_for("END KILLED")
            assert client.get_run("last").state is State.KILLED


@pytest.mark.parametrize("moment", ["each[1].a", "each[4].b", "each[8].a"])
def test_a_loop_whose_process_is_killed_at_any_moment_does_each_item_once(tmp_path: Path, moment: str) -> None:
    flow = """
        id: killed
        namespace: crash.tests
        tasks:
          - id: each
            type: core.flow.ForEach
            concurrencyLimit: 3
            values: [1, 2, 3, 4, 5, 6, 7, 8]
            tasks:
              - {id: a, type: test.Mark, value: "{{ taskrun.value }}"}
              - {id: b, type: test.Mark, value: "{{ outputs.a[taskrun.value].value }}"}
          - {id: all, type: test.Mark, value: "{{ outputs.b }}"}
    """
    home = tmp_path / "home"
    with executing(flow, tmp_path) as process:
        process.wait_for(f"LOG did {moment}")
        process.kill9()
    with opened(home) as at:
        left = runs_of(at)[-1]
        at_stop = see(at, left, marks(tally(home)))

    run = resume(tmp_path)

    with opened(home) as at:
        seen = see(at, run, marks(tally(home)))
        assert run.state is State.SUCCESS
        assert not doubled(seen, at_stop)
        assert len(seen.task_runs) == 18
        assert set(seen.task_runs["all"]["outputs"]["value"]) == {str(number) for number in range(1, 9)}


@pytest.mark.parametrize("moment", ["first", "each[1].again", "each[2].again", "beside"])
def test_a_process_is_killed_in_branches_retries_and_waits_and_nothing_is_done_twice(
    tmp_path: Path, moment: str
) -> None:
    flow = """
        id: killed
        namespace: crash.tests
        tasks:
          - id: if
            type: core.flow.If
            condition: true
            then:
              - {id: first, type: test.Mark}
              - id: side
                type: core.flow.Dag
                tasks:
                  - task:
                      id: each
                      type: core.flow.ForEach
                      values: [1, 2]
                      tasks:
                        - id: again
                          type: test.Mark
                          fail: "{{ taskrun.attemptsCount < 2 }}"
                          retry: {type: constant, interval: PT0.1S, maxAttempts: 9}
                  - {task: {id: wait, type: core.flow.Sleep, duration: PT0.2S}}
                  - {task: {id: beside, type: test.Mark}, dependsOn: [wait]}
            finally: [{id: last, type: test.Mark}]
          - {id: end, type: test.Mark, value: "{{ outputs.again }}"}
    """
    home = tmp_path / "home"
    with executing(flow, tmp_path) as process:
        process.wait_for(f"LOG did {moment}")
        process.kill9()
    with opened(home) as at:
        left = runs_of(at)[-1]
        at_stop = see(at, left, marks(tally(home)))

    run = resume(tmp_path)

    with opened(home) as at:
        seen = see(at, run, marks(tally(home)))
        assert run.state is State.SUCCESS
        assert not doubled(seen, at_stop)
        assert not lost(seen, seen, killed=False)
        assert {name for name, item in seen.task_runs.items() if item["state"] is not State.SUCCESS} == set()


def test_a_run_whose_process_was_killed_can_be_killed_itself(tmp_path: Path) -> None:
    flow = """
        id: killed
        namespace: crash.tests
        tasks:
          - {id: before, type: test.Mark}
          - id: each
            type: core.flow.ForEach
            values: [1, 2]
            tasks: [{id: script, type: scripts.shell.Commands, commands: [echo begun, sleep 60]}]
    """
    with executing(flow, tmp_path) as process:
        process.wait_for("LOG begun")
        process.kill9()

    with Client(tmp_path / "home") as client:
        assert client.kill_run("last").state is State.KILLED
        states = {item.address: item.state for item in client.task_runs("last")}
        assert states == {"before": State.SUCCESS, "each": State.KILLED, "each[1].script": State.KILLED}
        (attempt,) = client.attempts("last", "each[1].script")
        assert attempt.error is not None
        assert attempt.error["code"] == "process-died"


@pytest.fixture
def script_flow(tmp_path: Path) -> tuple[Path, Path]:
    """Give a flow whose script, in its first attempt, says its process id into a pipe and then waits; and the pipe."""
    pipe, flow = tmp_path / "pipe", tmp_path / "flow.yaml"
    os.mkfifo(pipe)
    text = f"""
        id: killed
        namespace: crash.tests
        tasks:
          - {{id: before, type: core.debug.Return, value: 1}}
          - id: script
            type: scripts.shell.Commands
            commands:
              - if [ $DALSEGNO_ATTEMPT = 1 ]; then echo $$ > {pipe}; sleep 60; fi
              - echo done >> {tmp_path}/side
          - {{id: after, type: core.debug.Return, value: "{{{{ outputs.before.value + 1 }}}}"}}
    """
    flow.write_text(dedent(text))
    return flow, pipe


def said(pipe: Path) -> int:
    """Wait until a number is written into a pipe."""
    descriptor = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert select.select([descriptor], [], [], PATIENCE)[0], "nothing was said"
        return int(os.read(descriptor, 100))
    finally:
        os.close(descriptor)


def test_the_command_line_carries_on_a_run_whose_process_was_killed(
    tmp_path: Path, script_flow: tuple[Path, Path]
) -> None:
    flow, pipe = script_flow
    home = tmp_path / "home"
    with start_cli("run", str(flow), home=home, cwd=tmp_path) as process:
        script = said(pipe)
        with start_cli("run", "resume", "last", home=home, cwd=tmp_path) as refused:
            code, _, err = refused.finish()
        assert code == 2
        assert f"process {process.pid} on" in " ".join(err.split())
        process.kill9()

    with start_cli("run", "resume", "last", home=home, cwd=tmp_path) as resumed:
        code, out, err = resumed.finish()

    assert code == 0, out + err
    wait_until_gone(script)
    assert (tmp_path / "side").read_text() == "done\n"


def test_ctrl_c_ends_a_run_cleanly_and_a_replay_ends_it_well(tmp_path: Path, script_flow: tuple[Path, Path]) -> None:
    flow, pipe = script_flow
    home = tmp_path / "home"
    with start_cli("run", str(flow), home=home, cwd=tmp_path) as process:
        script = said(pipe)
        process.signal(signal.SIGINT)
        assert process.finish()[0] == 130
    wait_until_gone(script)
    with Client(home) as client:
        assert client.get_run("last").state is State.KILLED
        assert [item.state for item in client.task_runs("last")] == [State.SUCCESS, State.KILLED]

    with start_cli("replay", "last", "--skip-successful", home=home, cwd=tmp_path) as replay:
        code, out, err = replay.finish()

    assert code == 0, out + err
    assert (tmp_path / "side").read_text() == "done\n"
