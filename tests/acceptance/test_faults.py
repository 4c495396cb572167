"""Processes that are killed, interrupted or cut off, and disks that are full: nothing is lost, nothing runs twice."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from tests.integration.tasks.bad_server import BODY, BadServer, bad_server
from tests.support.desk import Desk, Ended
from tests.support.gates import Gate, gate, mark, stop
from tests.support.processes import Process, wait_until_gone

SHELL = "scripts.shell.Commands"
DALSEGNO = str(Path(sys.executable).with_name("dalsegno"))


@pytest.fixture
def gated(tmp_path: Path) -> Generator[Gate]:
    with gate(tmp_path) as made:
        yield made


@pytest.fixture
def desk(tmp_path: Path, gated: Gate) -> Desk:
    return Desk(tmp_path, env=gated.env)


def flow(*tasks: dict[str, Any]) -> str:
    """Give a flow's text; JSON is YAML."""
    return json.dumps({"id": "steps", "namespace": "work", "tasks": list(tasks)})


def script(id: str, *commands: str, **more: Any) -> dict[str, Any]:
    return {"id": id, "type": SHELL, "commands": list(commands), **more}


STEPS = flow(
    script("first", mark("first")),
    script("middle", *stop("middle")),
    script("last", mark("last")),
)


def task_runs(desk: Desk, run: str = "last") -> dict[str, dict[str, Any]]:
    return {each["address"]: each for each in desk.ask("show", run)["task_runs"]}


def killed_at_the_gate(desk: Desk, gated: Gate, *words: str, waits: str = "middle waits") -> None:
    """Start a command and kill it, and the script that it leaves, when that has come to the gate."""
    with desk.start(*words, "-v") as process:
        process.wait_for(waits)
        process.kill9()
    gated.end_scripts()


# kill -9


def test_a_run_that_was_killed_twice_is_carried_on_and_what_had_ended_is_not_run_again(desk: Desk, gated: Gate) -> None:
    killed_at_the_gate(desk, gated, "run", desk.write("steps.yaml", STEPS))
    before = task_runs(desk)
    assert {name: each["state"] for name, each in before.items()} == {"first": "SUCCESS", "middle": "RUNNING"}
    killed_at_the_gate(desk, gated, "run", "resume", "last")
    gated.open()
    desk.do("run", "resume", "last")
    after = task_runs(desk)
    assert gated.marks == ["first", "middle", "middle", "middle", "last"]
    assert {name: each["state"] for name, each in after.items()} == dict.fromkeys(
        ("first", "middle", "last"), "SUCCESS"
    )
    assert after["first"] == before["first"]
    assert [run["name"] for run in desk.ask("runs")["runs"]] == ["steps-1"]


def test_resuming_is_refused_while_the_process_lives(desk: Desk, gated: Gate) -> None:
    with desk.start("run", desk.write("steps.yaml", STEPS), "-v") as process:
        process.wait_for("middle waits")
        ended = desk.do("run", "resume", "last", "--json", code=2)
        assert ended.error["code"] == "run-is-live"
        assert f"process {process.pid} on " in ended.error["message"]
        gated.open()
        assert process.finish()[0] == 0
    assert gated.marks == ["first", "middle", "last"]
    assert desk.do("run", "resume", "last", "--json", code=2).error["code"] == "run-ended"


def test_of_a_loop_only_the_items_that_were_caught_running_are_run_again(desk: Desk, gated: Gate) -> None:
    commands = [mark("{{ taskrun.value }}"), "if [ {{ taskrun.value }} = b ]; then", *stop("again"), "fi"]
    loop = {
        "id": "each", "type": "core.flow.ForEach", "values": ["a", "b", "c"], "concurrencyLimit": 1,
        "tasks": [script("load", *commands)],
    }  # fmt: skip
    text = flow(loop, script("last", mark("last")))
    killed_at_the_gate(desk, gated, "run", desk.write("loop.yaml", text), waits="again waits")
    gated.open()
    desk.do("run", "resume", "last")
    assert gated.marks == ["a", "b", "again", "b", "again", "c", "last"]


def test_a_replay_that_was_killed_keeps_what_it_kept(desk: Desk, gated: Gate) -> None:
    name = desk.write("steps.yaml", STEPS.replace("read line", "exit 3; read line"))
    desk.do("run", name, code=1)
    desk.write("steps.yaml", STEPS)
    killed_at_the_gate(desk, gated, "replay", "last-failed", "--from", "middle", "--file", name)
    gated.open()
    desk.do("run", "resume", "last")
    assert gated.marks == ["first", "middle", "middle", "middle", "last"]
    run = desk.ask("show", "last")
    assert (run["name"], run["state"], run["attempt"], run["revision"]) == ("steps-2", "SUCCESS", 2, 2)
    assert {each["address"]: each["action"] for each in run["task_runs"]} == {
        "first": "REUSE", "middle": "RUN", "last": "RUN",
    }  # fmt: skip


# signals


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_run_and_its_scripts_and_the_printed_command_goes_on(
    desk: Desk, gated: Gate, number: signal.Signals, code: int
) -> None:
    with desk.start("run", desk.write("steps.yaml", STEPS), "-v") as process:
        process.wait_for("middle waits")
        process.signal(number)
        ended = Ended(*process.finish())
    assert ended.code == code
    for pid in gated.pids():
        wait_until_gone(pid)
    run = desk.ask("show", "last")
    assert (run["state"], [each["state"] for each in run["task_runs"]]) == ("KILLED", ["SUCCESS", "KILLED"])
    command = ended.err.splitlines()[-1].split()
    assert command[:2] == ["dalsegno", "replay"]
    gated.open()
    desk.do(*command[1:])
    assert gated.marks == ["first", "middle", "middle", "last"]
    assert desk.ask("show", "last")["state"] == "SUCCESS"


# streams that close


def piped(desk: Desk, line: str) -> tuple[list[int], str]:
    """Carry out a line of bash, and give the exit codes of its parts and what was written to standard error."""
    script = f"{line}\ncodes=(${{PIPESTATUS[@]}}); echo ${{codes[@]}} > codes"
    with Process(["bash", "-c", script], cwd=desk.folder, env={**_environ(desk), "PATH": _path()}) as process:
        _, _, err = process.finish()
    return [int(code) for code in (desk.folder / "codes").read_text().split()], err


def _environ(desk: Desk) -> dict[str, str]:
    return {"DALSEGNO_HOME": str(desk.home), "HOME": str(desk.folder)}


def _path() -> str:
    return f"{Path(DALSEGNO).parent}:/usr/bin:/bin"


def test_a_run_whose_output_nobody_reads_runs_to_its_end(desk: Desk) -> None:
    text = flow(*(script(f"t{number}", "seq 300") for number in range(4)))
    desk.write("talk.yaml", text)
    for line in (
        "dalsegno run talk.yaml | true",
        "dalsegno run talk.yaml --json | head -c 1",
        "dalsegno run talk.yaml -v 2>&1 | head -1",
        "dalsegno run talk.yaml -v 2>&1 | true",
        "dalsegno run talk.yaml -v 2>&1 >&- | true",
        "dalsegno run talk.yaml <&- >&- 2>&-",
    ):
        codes, err = piped(desk, line)
        run = desk.ask("show", "last")
        assert (line, run["state"], len(run["task_runs"])) == (line, "SUCCESS", 4)
        assert (line, codes[0]) == (line, 0)
        assert "Traceback" not in err
        assert "Exception ignored" not in err


def test_the_exit_code_is_that_of_the_run_also_where_nobody_reads(desk: Desk) -> None:
    desk.write("fail.yaml", flow({"id": "fail", "type": "core.execution.Fail"}))
    for line, code in (
        ("dalsegno run fail.yaml 2>&1 | true", 1),
        ("dalsegno replay last 2>&1 | true", 1),
        ("dalsegno show nosuch 2>&1 | true", 2),
        ("dalsegno show last | true", 0),
        ("dalsegno logs last --json | head -c 1", 0),
        ("dalsegno --help | true", 0),
    ):
        codes, err = piped(desk, line)
        assert (line, codes[0], err) == (line, code, "")
    assert [run["state"] for run in desk.ask("runs")["runs"]] == ["FAILED", "FAILED"]


# full disks


@pytest.fixture
def server() -> Generator[BadServer]:
    with bad_server() as running:
        yield running


def limited(desk: Desk, command: str, kilobytes: int) -> Ended:
    """Carry out a command that may write no file larger than this: it fails as on a full disk."""
    script = f"ulimit -f {kilobytes} && exec {command}"
    with Process(["bash", "-c", script], cwd=desk.folder, env={**_environ(desk), "PATH": _path()}) as process:
        return Ended(*process.finish())


def test_a_download_that_finds_no_room_fails_in_words_and_the_printed_command_goes_on(
    desk: Desk, server: BadServer
) -> None:
    desk.write("steps.yaml", flow({"id": "get", "type": "core.http.Download", "uri": f"{server.url}/file"}))
    desk.do("runs")
    ended = limited(desk, "dalsegno run steps.yaml", kilobytes=len(BODY) // 1024 - 100)
    assert ended.code == 1, ended.err
    told = " ".join(ended.err.split())
    assert "get failed on attempt 1: " in told
    assert "there is no space left to write the file: File too large" in told
    assert "what to do: free some space" in told
    assert desk.files() == set()
    assert task_runs(desk)["get"]["outputs"] == {}
    desk.do(*ended.err.splitlines()[-1].split()[1:])
    (kept,) = desk.files()
    assert kept.read_bytes() == BODY


def test_an_input_that_finds_no_room_makes_no_run(desk: Desk) -> None:
    text = json.loads(flow(script("first", mark("first"))))
    desk.write("steps.yaml", json.dumps({**text, "inputs": [{"id": "file", "type": "FILE"}]}))
    (desk.folder / "large").write_bytes(BODY)
    desk.do("runs")
    with desk.unchanged():
        ended = limited(desk, "dalsegno run steps.yaml -i file=large --json", kilobytes=len(BODY) // 1024 - 100)
    assert ended.code == 1
    assert ended.error["code"] == "disk-full"
    assert "nothing of it was kept" in ended.error["message"]


def may_mount() -> bool:
    return subprocess.run(["unshare", "-rm", "true"], check=False, capture_output=True).returncode == 0


needs_mount = pytest.mark.skipif(not may_mount(), reason="NOT TESTED: this machine lets nobody mount a disk of his own")


def on_a_disk_of(desk: Desk, size: str, *lines: str) -> str:
    """Carry out lines of a shell with the data directory on a disk of this size, and give what they write."""
    desk.home.mkdir()
    script = "\n".join([f"mount -t tmpfs -o size={size} tmpfs $DALSEGNO_HOME || exit 9", *lines])
    env = {**desk.env, **_environ(desk), "PATH": _path()}
    with Process(["unshare", "-rm", "bash", "-c", script], cwd=desk.folder, env=env) as process:
        code, out, err = process.finish()
    assert code == 0, err
    return f"{out}\n{err}"


@needs_mount
def test_a_disk_that_a_file_fills_fails_the_task_and_keeps_what_was_whole(desk: Desk, server: BadServer) -> None:
    desk.write(
        "steps.yaml",
        flow(
            {"id": "get", "type": "core.http.Download", "uri": f"{server.url}/file"},
            script("more", "head -c 1500000 /dev/zero > made", outputFiles=["made"]),
        ),
    )
    told = on_a_disk_of(
        desk, "2m",
        "dalsegno run steps.yaml",
        'echo "code $?"',
        "dalsegno show last --json > show.json",
        'find $DALSEGNO_HOME/artifacts -type f ! -name "*.lock" -printf "left %s\\n"',
    )  # fmt: skip
    assert "code 1" in told
    assert "No space left on device" in told
    assert [line for line in told.splitlines() if line.startswith("left ")] == [f"left {len(BODY)}"]
    run = json.loads((desk.folder / "show.json").read_text())
    assert (run["state"], [each["state"] for each in run["task_runs"]]) == ("FAILED", ["SUCCESS", "FAILED"])


@needs_mount
def test_a_run_whose_store_finds_no_room_is_carried_on_when_there_is_some(desk: Desk, gated: Gate) -> None:
    fill = "[ $(wc -l < $MARKS) = 3 ] || cat /dev/zero > $DALSEGNO_HOME/filler || true"
    desk.write(
        "steps.yaml",
        flow(script("first", mark("first")), script("fill", mark("fill"), fill), script("last", mark("last"))),
    )
    told = on_a_disk_of(
        desk, "2m",
        "dalsegno run steps.yaml",
        'echo "code $?"',
        "rm $DALSEGNO_HOME/filler",
        "dalsegno show last --json > stopped.json",
        "dalsegno run resume last || exit 8",
    )  # fmt: skip
    assert "code 1" in told
    assert "the disk is full. Free some space and try again" in " ".join(told.split())
    assert "✓ SUCCESS  steps-1" in told
    stopped = json.loads((desk.folder / "stopped.json").read_text())
    assert stopped["state"] == "RUNNING"
    assert gated.marks == ["first", "fill", "fill", "last"]
